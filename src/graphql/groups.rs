//! Counts over the whole list behind a page: by one thing or by several at once, with statistics of
//! numbers.

use std::sync::Arc;

use super::arguments::{Arguments, PAGE_DEFAULT, properties_named};
use super::error::GraphqlError;
use super::found;
use super::lists::Connection;
use super::resolvers::{Answer, Context, List, Object, Resolved, mismatch};
use crate::query::group::{Group, GroupBy, Key, Statistics, group};

/// Things that one grouping may be by at once.
pub(super) const GROUP_KEYS: usize = 3;
/// Groupings that one field gives.
pub(super) const FACETS: usize = 10;

/// A list in groups.
#[derive(Debug)]
pub struct Grouping {
    of: Arc<Connection>,
    /// What each key is called.
    names: Vec<String>,
    groups: Vec<Group>,
}

type Named = Vec<(GroupBy, String)>;

fn read(
    c: &Context,
    of: &Arc<Connection>,
    arguments: &Arguments,
    most: usize,
) -> Result<Named, Box<GraphqlError>> {
    let (entities, linked) = of.holds();
    Ok(arguments.groups(c.ontology(), linked, entities, most)?)
}

fn grouping(c: &Context, of: &Arc<Connection>, by: &[(GroupBy, String)]) -> Answer<'static> {
    let of = &found::whole(c, of)?;
    let (by, names): (Vec<GroupBy>, Vec<String>) = by.iter().cloned().unzip();
    let groups = group(&c.graph, &by, of.items(&c.graph), &c.budget)?;
    Ok(Resolved::Object(Object::Grouping(Arc::new(Grouping { of: of.clone(), names, groups }))))
}

/// One grouping for each thing named.
pub(super) fn facets(c: &Context, of: &Arc<Connection>, arguments: &Arguments) -> Answer<'static> {
    let all = read(c, of, arguments, FACETS)?;
    let made: Result<Vec<_>, _> = all.iter().map(|by| grouping(c, of, std::slice::from_ref(by))).collect();
    Ok(Resolved::List(List::Made(made?)))
}

/// One grouping by all things named at once.
pub(super) fn group_by(c: &Context, of: &Arc<Connection>, arguments: &Arguments) -> Answer<'static> {
    grouping(c, of, &read(c, of, arguments, GROUP_KEYS)?)
}

impl Grouping {
    /// What it is by, in words.
    pub(super) fn name(&self) -> String {
        self.names.join(", ")
    }
    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }
    fn group(&self, at: u32) -> &Group {
        &self.groups[at as usize]
    }
}

/// The largest groups, as many as are asked for.
pub(super) fn groups(c: &Context, of: &Arc<Grouping>, arguments: &Arguments) -> Answer<'static> {
    let first = arguments.page(c.page_max)?.first.unwrap_or(PAGE_DEFAULT).min(of.groups.len());
    c.budget.spend(first as u64)?;
    let group = |at| Resolved::Object(Object::Group(of.clone(), at));
    Ok(Resolved::List(List::Made((0..first as u32).map(group).collect())))
}

/// How many items a group has.
pub(super) fn count(of: &Grouping, at: u32) -> usize {
    of.group(at).members.len()
}

/// What the items of a group share.
pub(super) fn keys(of: &Arc<Grouping>, at: u32) -> Resolved<'static> {
    let key = |key| Resolved::Object(Object::GroupKey(of.clone(), at, key));
    Resolved::List(List::Made((0..of.group(at).keys.len() as u32).map(key).collect()))
}

/// The statistics of a property over the entities of a group.
pub(super) fn statistics(c: &Context, of: &Grouping, at: u32, arguments: &Arguments) -> Answer<'static> {
    let name = arguments.text("property").unwrap_or_default();
    let properties = properties_named(c.ontology(), &name)?;
    let members = &of.group(at).members;
    c.budget.spend(members.len() as u64)?;
    let entities = of.of.entities_at(&c.graph, members);
    Ok(Resolved::Object(Object::Statistics(Statistics::of(&c.graph, &properties, entities))))
}

/// A field of a key.
pub(super) fn key<'c>(c: &'c Context, object: &'c Object, field: KeyField) -> Answer<'c> {
    let Object::GroupKey(of, at, key) = object else { return mismatch() };
    let ontology = c.ontology();
    let value = &of.group(*at).keys[*key as usize];
    Ok(match (field, value) {
        (KeyField::By, _) => Resolved::Text(&of.names[*key as usize]),
        (KeyField::Entity, Key::Entity(ix)) => Resolved::Object(Object::Entity(*ix)),
        (KeyField::Kind, Key::Kind(ix)) => Resolved::Object(Object::Kind(*ix)),
        (KeyField::Value, Key::Kind(ix)) => Resolved::Text(&ontology.kind(*ix).name),
        (KeyField::Value, Key::Relation(ix)) => Resolved::Text(&ontology.relation(*ix).name),
        (KeyField::Value, Key::Entity(ix)) => Resolved::Text(c.graph.entity(*ix).name()),
        (KeyField::Value, Key::Symbol(ix, word)) => {
            Resolved::Text(&ontology.enumeration(*ix).words[*word as usize].name)
        }
        (KeyField::Value, Key::Text(text)) => Resolved::Text(text),
        _ => Resolved::Null,
    })
}

/// The fields of a key.
#[derive(Clone, Copy)]
pub(super) enum KeyField {
    By,
    Value,
    Entity,
    Kind,
}
