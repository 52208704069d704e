//! What an operation may cost at most, known before it runs: page sizes multiplied down the
//! selections, each bounded by the longest such list that the graph holds. Never below what the
//! answer will hold in nodes.

use apollo_compiler::executable::{ExecutableDocument, Field, Operation, Selection, SelectionSet};
use apollo_compiler::response::JsonMap;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Schema, ast};

use super::arguments::PAGE_DEFAULT;
use super::resolvers::NODES_MAX;
use crate::graph::Graph;

/// Nodes the answer may hold at most. The document is valid, and its unfolded size has been
/// guarded. Cost: one walk over the unfolded selections.
pub fn cost(
    schema: &Schema,
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &JsonMap,
    graph: &Graph,
    page_max: usize,
) -> u64 {
    Walk { schema, document, variables, graph, page_max }.selections(&operation.selection_set, None)
}

struct Walk<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
    graph: &'a Graph,
    page_max: usize,
}

impl Walk<'_> {
    /// `page` is the size of the page whose connection these selections are of.
    fn selections(&self, set: &SelectionSet, page: Option<u64>) -> u64 {
        let cost = |selection: &Selection| match selection {
            Selection::Field(field) => self.field(field, set.ty.as_str(), page),
            Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set, page),
            Selection::FragmentSpread(spread) => {
                spread.fragment_def(self.document).map_or(0, |f| self.selections(&f.selection_set, page))
            }
        };
        set.selections.iter().map(cost).fold(0, u64::saturating_add)
    }

    fn field(&self, field: &Field, parent: &str, page: Option<u64>) -> u64 {
        let ty = field.ty();
        let named = ty.inner_named_type().as_str();
        let composite = matches!(
            self.schema.types.get(named),
            Some(ExtendedType::Object(_) | ExtendedType::Interface(_))
        );
        if !composite || field.name.starts_with("__") {
            return 0;
        }
        if named.ends_with("Connection") {
            let size = self.page_size(field).min(self.longest(parent, field));
            return self.selections(&field.selection_set, Some(size)).saturating_add(1);
        }
        let size = match (page, field.name.as_str()) {
            (Some(size), "edges" | "nodes") => size,
            _ if ty.is_list() => self.list_size(field, named),
            _ => 1,
        };
        size.saturating_mul(self.selections(&field.selection_set, None).saturating_add(1))
    }

    fn page_size(&self, field: &Field) -> u64 {
        let given = |name: &str| field.specified_argument_by_name(name).and_then(|v| self.integer(v));
        let size = match (given("first"), given("last")) {
            (None, None) => PAGE_DEFAULT as u64,
            (Some(one), None) | (None, Some(one)) => one,
            (Some(first), Some(last)) => first.min(last),
        };
        size.min(self.page_max as u64)
    }

    fn integer(&self, value: &ast::Value) -> Option<u64> {
        match value {
            ast::Value::Variable(name) => {
                self.variables.get(name.as_str())?.as_i64().map(|n| n.max(0) as u64)
            }
            other => other.to_i32().map(|n| n.max(0) as u64),
        }
    }

    /// The longest list that this connection can be a page of.
    fn longest(&self, parent: &str, field: &Field) -> u64 {
        let (graph, ontology) = (self.graph, self.graph.ontology());
        let name = field.name.as_str();
        let longest = match (parent, name) {
            ("Query", "links") => graph.link_count(),
            ("Query", plural) => match ontology.kinds.iter().position(|k| k.plural == plural) {
                Some(at) => graph.of_kind(crate::ontology::KindIx(at as u16)).len(),
                None => graph.entity_count(),
            },
            (_, relation) => match ontology.relation_named(relation) {
                Some((ix, direction)) => graph.max_degree_along(ix, direction),
                None => graph.max_degree(),
            },
        };
        longest as u64
    }

    /// Lists that are no pages.
    fn list_size(&self, field: &Field, named: &str) -> u64 {
        let ontology = self.graph.ontology();
        let size = match (field.name.as_str(), named) {
            ("nodes", "Node") => match field.specified_argument_by_name("ids").map(|v| v.as_ref()) {
                Some(ast::Value::List(ids)) => ids.len(),
                _ => NODES_MAX,
            },
            (_, "Evidence") => self.graph.max_evidence(),
            (_, "Kind") => ontology.kinds.len(),
            (_, "Relation") => ontology.relations.len(),
            (_, "Gap") => ontology.gaps.len(),
            (_, "Property") => {
                let of_kinds = ontology.kinds.iter().map(|k| k.properties.len());
                of_kinds.chain(ontology.relations.iter().map(|r| r.properties.len())).max().unwrap_or(0)
            }
            (_, "PropertyValue") => ontology.relations.iter().map(|r| r.properties.len()).max().unwrap_or(0),
            _ => self.graph.max_list(),
        };
        size as u64
    }
}

/// The input fields of a `@oneOf` input must be exactly one, and not null. Looks through the
/// literal arguments of an operation and its coerced variables.
///
/// # Errors
/// A sentence that names the input.
pub fn check_one_of(
    schema: &Schema,
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &JsonMap,
) -> Result<(), String> {
    let is_one_of = |name: &str| schema.get_input_object(name).filter(|t| t.directives.has("oneOf"));
    for field in operation.all_fields(document) {
        for argument in &field.arguments {
            let Some(definition) = field.definition.argument_by_name(&argument.name) else { continue };
            let Some(input) = is_one_of(definition.ty.inner_named_type()) else { continue };
            let choices = || input.fields.keys().map(|k| k.as_str()).collect::<Vec<_>>().join(", ");
            let refuse = |found: &str| {
                Err(format!(
                    "give `{}` of `{}` exactly one of {}, and not null; this gives {found}",
                    argument.name,
                    field.name,
                    choices()
                ))
            };
            match argument.value.as_ref() {
                ast::Value::Object(given) => match given.as_slice() {
                    [(key, value)] if value.is_null() => return refuse(&format!("`{key}`: null")),
                    // Whether a variable is null shows when it is read; the field answers for it.
                    [_] => {}
                    [] => return refuse("none"),
                    all => return refuse(&all.len().to_string()),
                },
                ast::Value::Variable(name) => {
                    if let Some(given) = variables.get(name.as_str()).and_then(|v| v.as_object())
                        && (given.len() != 1 || given.values().any(|v| v.is_null()))
                    {
                        return refuse(&format!("{} in ${name}", given.len()));
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}
