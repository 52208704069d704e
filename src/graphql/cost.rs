//! What an operation may cost at most, known before it runs: page sizes multiplied down the
//! selections, each bounded by the longest such list that the graph holds. Never below what the
//! answer will hold in nodes.

use apollo_compiler::ast::Value as AstValue;
use apollo_compiler::executable::{ExecutableDocument, Field, Operation, Selection, SelectionSet};
use apollo_compiler::response::JsonMap;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Schema};
use serde_json::{Map, Value as Json};

use super::arguments::PAGE_DEFAULT;
use super::found::{CANDIDATES, HIGHLIGHTS, NAMES, PARTS};
use super::groups::{FACETS, GROUP_KEYS};
use super::mutations::FAULTS;
use super::past::{CHANGES_SHOWN, DIFFERENCES};
use super::resolvers::NODES_MAX;
use super::sides::{self, COMPARED, HOLDERS, REASON_LINKS, SIDES};
use super::support::{self, LOSSES};
use super::walks::{HOPS, LINKS_PER_NODE, PATHS, WALK_NODES};
use crate::graph::Graph;
use crate::ontology::{Direction, KindIx, Ontology, RelationIx};

/// The cost of an operation as a formula over variables and graph, worked out once a document.
#[derive(Debug)]
pub struct Formula(Vec<Weight>);

/// So many objects, and what is selected of each.
#[derive(Debug)]
struct Weight {
    size: Size,
    under: Vec<Weight>,
}

#[derive(Debug)]
enum Size {
    One,
    /// A connection: itself, and what its items multiply.
    Page {
        first: Count,
        last: Count,
        longest: Longest,
    },
    /// Itself, and what is under it as often as was asked for: so many if nothing was, so many at most.
    Answer {
        first: Count,
        otherwise: usize,
        most: usize,
    },
    /// So many times the items of the page or answer around it.
    Items(u64),
    Longest(Longest),
    /// As many as an argument says, or gives; else so many.
    Given(Count, u64),
}

/// A number that an argument gives.
#[derive(Debug)]
enum Count {
    Absent,
    Number(u64),
    Variable(Name),
}

/// Types of answers that hold lists as long as the field's `first` says: how long if nobody says, and at
/// most.
const ANSWERS: &[(&str, usize, usize)] = &[
    ("PathList", PATHS.0, PATHS.1),
    ("Trail", WALK_NODES.0, WALK_NODES.1),
    ("Neighborhood", WALK_NODES.0, WALK_NODES.1),
    ("Impact", LOSSES.0, LOSSES.1),
    ("Comparison", SIDES.0, SIDES.1),
    ("Crosswalk", SIDES.0, SIDES.1),
    ("Timeline", SIDES.0, SIDES.1),
    ("Community", PAGE_DEFAULT, usize::MAX),
    ("Diff", DIFFERENCES.0, DIFFERENCES.1),
];

/// How long a list is.
enum Bound {
    /// So many times as long as the answer around it was asked for.
    Asked(usize),
    /// So long at most.
    Most(usize),
}

/// Values of one entity or link that two versions may have otherwise: its properties and what else it has.
const DIFF_VALUES: usize = 100;

/// The lists within such answers.
const LISTS: &[(&str, &str, Bound)] = &[
    ("NameResolution", "candidates", Bound::Most(CANDIDATES)),
    ("Highlight", "parts", Bound::Most(PARTS)),
    ("PathList", "paths", Bound::Asked(1)),
    ("Path", "hops", Bound::Most(HOPS.1)),
    ("Trail", "nodes", Bound::Asked(1)),
    ("Trail", "links", Bound::Asked(LINKS_PER_NODE)),
    ("Neighborhood", "nodes", Bound::Asked(1)),
    ("Neighborhood", "links", Bound::Asked(LINKS_PER_NODE)),
    ("Impact", "sources", Bound::Asked(1)),
    ("Impact", "evidence", Bound::Asked(1)),
    ("Impact", "support", Bound::Asked(1)),
    ("SupportLoss", "reasons", Bound::Most(support::REASONS)),
    ("Comparison", "of", Bound::Most(COMPARED)),
    ("Comparison", "neighbors", Bound::Asked(1)),
    ("ComparedNeighbor", "heldBy", Bound::Most(HOLDERS)),
    ("Crosswalk", "pairs", Bound::Asked(1)),
    ("Crosswalk", "onlyA", Bound::Asked(1)),
    ("Crosswalk", "onlyB", Bound::Asked(1)),
    ("Counterpart", "reasons", Bound::Most(sides::REASONS)),
    ("CounterpartReason", "links", Bound::Most(REASON_LINKS)),
    ("Timeline", "steps", Bound::Asked(1)),
    ("Timeline", "undated", Bound::Asked(1)),
    ("Community", "entities", Bound::Asked(1)),
    ("Diff", "entries", Bound::Asked(1)),
    ("DiffEntry", "values", Bound::Most(DIFF_VALUES)),
    ("Revision", "changes", Bound::Most(CHANGES_SHOWN)),
    ("ChangesPayload", "faults", Bound::Most(FAULTS)),
    ("ProposalPayload", "faults", Bound::Most(FAULTS)),
    ("Related", "reasons", Bound::Most(sides::REASONS)),
];

/// The longest list of a sort.
#[derive(Debug)]
enum Longest {
    Links,
    Kind(KindIx),
    Entities,
    Along(RelationIx, Direction),
    OfOne,
    Evidence,
    List,
    Number(usize),
}

impl Formula {
    /// The formula of a valid operation whose unfolded size has been guarded. Cost: one walk over
    /// the unfolded selections.
    pub fn new(
        schema: &Schema,
        document: &ExecutableDocument,
        operation: &Operation,
        ontology: &Ontology,
    ) -> Formula {
        let walk = Walk { schema, document, ontology };
        let mut under = Vec::new();
        walk.selections(&operation.selection_set, false, &mut under);
        Formula(under)
    }

    /// Nodes the answer may hold at most. Cost: a multiplication a selection.
    pub fn cost(&self, variables: &Map<String, Json>, graph: &Graph, page_max: usize) -> u64 {
        Evaluation { variables, graph, page_max: page_max as u64 }.sum(&self.0, 0)
    }
}

struct Evaluation<'a> {
    variables: &'a Map<String, Json>,
    graph: &'a Graph,
    page_max: u64,
}

impl Evaluation<'_> {
    fn sum(&self, weights: &[Weight], page: u64) -> u64 {
        weights.iter().map(|weight| self.weight(weight, page)).fold(0, u64::saturating_add)
    }

    fn weight(&self, weight: &Weight, page: u64) -> u64 {
        let of = |size: u64| size.saturating_mul(self.sum(&weight.under, 0).saturating_add(1));
        match &weight.size {
            Size::One => of(1),
            Size::Items(times) => of(page.saturating_mul(*times)),
            Size::Answer { first, otherwise, most } => {
                let size = self.count(first).unwrap_or(*otherwise as u64).min(*most as u64);
                self.sum(&weight.under, size).saturating_add(1)
            }
            Size::Longest(longest) => of(self.longest(longest)),
            Size::Given(count, otherwise) => of(self.count(count).unwrap_or(*otherwise)),
            Size::Page { first, last, longest } => {
                let asked = match (self.count(first), self.count(last)) {
                    (None, None) => PAGE_DEFAULT as u64,
                    (Some(one), None) | (None, Some(one)) => one,
                    (Some(first), Some(last)) => first.min(last),
                };
                let size = asked.min(self.page_max).min(self.longest(longest));
                self.sum(&weight.under, size).saturating_add(1)
            }
        }
    }

    fn count(&self, count: &Count) -> Option<u64> {
        match count {
            Count::Absent => None,
            Count::Number(n) => Some(*n),
            Count::Variable(name) => match self.variables.get(name.as_str())? {
                Json::Array(items) => Some(items.len() as u64),
                Json::String(_) => Some(1),
                other => other.as_i64().map(|n| n.max(0) as u64),
            },
        }
    }

    fn longest(&self, longest: &Longest) -> u64 {
        let graph = self.graph;
        (match longest {
            Longest::Links => graph.link_count(),
            Longest::Kind(kind) => graph.of_kind(*kind).len(),
            Longest::Entities => graph.entity_count(),
            Longest::Along(relation, direction) => graph.max_degree_along(*relation, *direction),
            Longest::OfOne => graph.max_degree(),
            Longest::Evidence => graph.max_evidence(),
            Longest::List => graph.max_list(),
            Longest::Number(n) => *n,
        }) as u64
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    ontology: &'a Ontology,
}

impl Walk<'_> {
    /// `paged` where these selections are of a connection.
    fn selections(&self, set: &SelectionSet, paged: bool, out: &mut Vec<Weight>) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => out.extend(self.field(field, set.ty.as_str(), paged)),
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set, paged, out),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = spread.fragment_def(self.document) {
                        self.selections(&fragment.selection_set, paged, out);
                    }
                }
            }
        }
    }

    fn field(&self, field: &Field, parent: &str, paged: bool) -> Option<Weight> {
        let ty = field.ty();
        let named = ty.inner_named_type().as_str();
        let composite = matches!(
            self.schema.types.get(named),
            Some(ExtendedType::Object(_) | ExtendedType::Interface(_))
        );
        if !composite || field.name.starts_with("__") {
            return None;
        }
        let count = |name: &str| field.specified_argument_by_name(name).map_or(Count::Absent, |v| count(v));
        let page = named.ends_with("Connection");
        let size = if page {
            Size::Page {
                first: count("first"),
                last: count("last"),
                longest: self.longest(parent, &field.name),
            }
        } else if paged && matches!(field.name.as_str(), "edges" | "nodes") {
            Size::Items(1)
        } else if let Some((_, otherwise, most)) = ANSWERS.iter().find(|(name, ..)| *name == named) {
            Size::Answer { first: count("first"), otherwise: *otherwise, most: *most }
        } else if !ty.is_list() {
            Size::One
        } else if named == "Node" {
            Size::Given(count("ids"), NODES_MAX as u64)
        } else if named == "Grouping" {
            Size::Given(count("by"), FACETS as u64)
        } else if named == "Group" {
            Size::Given(count("first"), PAGE_DEFAULT as u64)
        } else if named == "NameResolution" {
            Size::Given(count("names"), NAMES as u64)
        } else if matches!(named, "Related" | "Revision" | "ChangeProposal") {
            Size::Given(count("first"), PAGE_DEFAULT as u64)
        } else if let Some((.., bound)) =
            LISTS.iter().find(|(of, name, _)| *of == parent && field.name == *name)
        {
            match bound {
                Bound::Asked(times) => Size::Items(*times as u64),
                Bound::Most(most) => Size::Longest(Longest::Number(*most)),
            }
        } else {
            Size::Longest(self.list(named))
        };
        let mut under = Vec::new();
        self.selections(&field.selection_set, page, &mut under);
        Some(Weight { size, under })
    }

    /// The longest list that a connection can be a page of.
    fn longest(&self, parent: &str, name: &str) -> Longest {
        match (parent, name) {
            ("Query", "links" | "weakLinks") => Longest::Links,
            ("Gap", _) => Longest::Entities,
            ("Query", plural) => match self.ontology.kinds.iter().position(|k| k.plural == plural) {
                Some(at) => Longest::Kind(KindIx(at as u16)),
                None => Longest::Entities,
            },
            (_, relation) => match self.ontology.relation_named(relation) {
                Some((ix, direction)) => Longest::Along(ix, direction),
                None => Longest::OfOne,
            },
        }
    }

    /// Lists that are no pages.
    fn list(&self, named: &str) -> Longest {
        let ontology = self.ontology;
        let of_relations = ontology.relations.iter().map(|r| r.properties.len());
        Longest::Number(match named {
            "Evidence" => return Longest::Evidence,
            "Kind" | "KindCount" => ontology.kinds.len(),
            "Highlight" => HIGHLIGHTS,
            "Relation" => ontology.relations.len(),
            "Gap" => ontology.gaps.len(),
            "GroupKey" => GROUP_KEYS,
            "Property" => {
                ontology.kinds.iter().map(|k| k.properties.len()).chain(of_relations).max().unwrap_or(0)
            }
            "PropertyValue" => of_relations.max().unwrap_or(0),
            _ => return Longest::List,
        })
    }
}

/// The number that a literal or a variable gives; of a list, how long it is.
fn count(value: &AstValue) -> Count {
    match value {
        AstValue::Variable(name) => Count::Variable(name.clone()),
        AstValue::List(items) => Count::Number(items.len() as u64),
        AstValue::String(_) => Count::Number(1),
        other => other.to_i32().map_or(Count::Absent, |n| Count::Number(n.max(0) as u64)),
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
                AstValue::Object(given) => match given.as_slice() {
                    [(key, value)] if value.is_null() => return refuse(&format!("`{key}`: null")),
                    // Whether a variable is null shows when it is read; the field answers for it.
                    [_] => {}
                    [] => return refuse("none"),
                    all => return refuse(&all.len().to_string()),
                },
                AstValue::Variable(name) => {
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

/// Whether any argument of an operation is a `@oneOf` input.
pub fn has_one_of(schema: &Schema, document: &ExecutableDocument, operation: &Operation) -> bool {
    operation.all_fields(document).any(|field| {
        field.arguments.iter().any(|argument| {
            let definition = field.definition.argument_by_name(&argument.name);
            let input = definition.and_then(|d| schema.get_input_object(d.ty.inner_named_type()));
            input.is_some_and(|input| input.directives.has("oneOf"))
        })
    })
}
