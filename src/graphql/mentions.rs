//! What an answer speaks of. A document is made to ask for the ids of all that it names, beside what it asks;
//! from what comes back the ids are taken out again, so that the answer is as it was asked.

use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, Schema, name};
use serde_json::Value as Json;

/// Under which names the ids come back; documents may not use them.
const ID: Name = name!("throughline_id");
const LINK: Name = name!("throughline_link");

/// Whether a field is one of those that are asked beside what is asked: however often they stand, they ask for
/// what the document names anyhow.
pub(super) fn is_ours(alias: &Name) -> bool {
    *alias == ID || *alias == LINK
}

/// The document that asks for ids too: of each node, and of the link on which each item of a list that has
/// one stands. None where it does not fit the schema.
pub(super) fn asking(schema: &Valid<Schema>, text: &str) -> Option<String> {
    let document = ExecutableDocument::parse_and_validate(schema, text, "query").ok()?;
    let mut document = document.into_inner();
    let operations = &mut document.operations;
    for operation in operations.anonymous.iter_mut().chain(operations.named.values_mut()) {
        ask(schema, &mut operation.make_mut().selection_set);
    }
    for fragment in document.fragments.values_mut() {
        ask(schema, &mut fragment.make_mut().selection_set);
    }
    Some(document.to_string())
}

fn ask(schema: &Valid<Schema>, set: &mut SelectionSet) {
    for selection in &mut set.selections {
        match selection {
            Selection::Field(field) => ask(schema, &mut field.make_mut().selection_set),
            Selection::InlineFragment(fragment) => ask(schema, &mut fragment.make_mut().selection_set),
            Selection::FragmentSpread(_) => {}
        }
    }
    // A leaf has no fields.
    if set.selections.is_empty() {
        return;
    }
    if let Some(id) = field(schema, set, name!("id"), "ID!") {
        set.push(id.with_alias(ID));
    }
    if let Some(mut link) = field(schema, set, name!("link"), "Link!") {
        if let Some(id) = field(schema, &link.selection_set, name!("id"), "ID!") {
            link.selection_set.push(id.with_alias(ID));
        }
        set.push(link.with_alias(LINK));
    }
}

/// The field of that name, if it is of that type and needs nothing.
fn field(schema: &Valid<Schema>, set: &SelectionSet, name: Name, of: &str) -> Option<Field> {
    let field = set.new_field(schema, name).ok()?;
    let fits = field.definition.arguments.is_empty() && field.definition.ty.to_string() == of;
    fits.then_some(field)
}

/// Takes the ids out of an answer: each once, in the order in which the answer names them.
pub(super) fn mentioned(data: &mut Json) -> Vec<String> {
    let mut ids = indexmap::IndexSet::new();
    take(data, &mut ids);
    ids.into_iter().collect()
}

fn take(value: &mut Json, ids: &mut indexmap::IndexSet<String>) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(|item| take(item, ids)),
        Json::Object(members) => {
            if let Some(Json::String(id)) = members.shift_remove(ID.as_str()) {
                ids.insert(id);
            }
            if let Some(mut link) = members.shift_remove(LINK.as_str()) {
                take(&mut link, ids);
            }
            members.values_mut().for_each(|member| take(member, ids));
        }
        _ => {}
    }
}
