//! What each field answers, as plain synchronous functions over one graph. Fields that
//! `schema/api.graphql` declares are rows of [`TABLE`], checked against it at start, both ways;
//! properties and relations of kinds follow from the ontology.

use std::sync::Arc;

use super::arguments::Arguments;
use super::error::{Code, GraphqlError};
use super::groups::{self, Grouping, KeyField};
use super::ledger::{Asking, Ledger};
use super::lists::{Connection, along, entities, gap_list, link_list, of_kind, weak_links};
use super::mutations::Mutation;
use super::nodes::{entity_by, entity_evidence, evidence_href, evidence_list, node, nodes};
use super::records::{self, Record};
use super::whole::{Kept, Whole};
use super::{conformance, found, past, sides, support, walks};
use crate::graph::{
    Completeness, Datum, Entity, EntityIx, Evidence, Graph, Identifier, LinkIx, Owner, SourceText,
};
use crate::ontology::{
    Common, Direction, FuzzyDate, KindIx, Ontology, Property, PropertyIx, RelationIx, lower_first, sdl_type,
    upper_snake,
};
use crate::query::Budget;
use crate::query::group::Statistics;

/// Ids that `nodes` takes at once.
pub const NODES_MAX: usize = 100;

/// What a resolver reads: one graph, under one budget.
#[derive(Clone, Debug)]
pub struct Context {
    /// The view this operation sees.
    pub graph: Arc<Graph>,
    /// What it may still spend.
    pub budget: Arc<Budget>,
    /// Items a page may have.
    pub page_max: usize,
    /// What is computed over whole graphs.
    pub kept: Arc<Kept>,
    /// The past and the door for changes, where there are any.
    pub ledger: Option<Arc<dyn Ledger>>,
    /// Who asks, and when.
    pub asking: Asking,
}

impl Context {
    pub(super) fn ontology(&self) -> &Ontology {
        self.graph.ontology()
    }

    /// What is computed over the graph as a whole.
    pub(super) fn whole(&self) -> Arc<Whole> {
        self.kept.of(&self.graph)
    }
}

/// An object of the API: a handle to something in the graph, cheap to clone.
#[derive(Clone, Debug)]
pub enum Object {
    /// The root.
    Query,
    /// An entity of whichever kind.
    Entity(EntityIx),
    /// A link.
    Link(LinkIx),
    /// A piece of evidence, by its owner and place.
    Evidence(Owner, u32),
    /// A page.
    Connection(Arc<Connection>),
    /// An item of a page, by its place.
    Edge(Arc<Connection>, u32),
    /// Where a page stands.
    PageInfo(Arc<Connection>),
    /// A date, by where it stands: not by a count that all threads would share.
    FuzzyDate(DateOf),
    /// A name in another scheme, by its place.
    Identifier(EntityIx, u32),
    /// A value of a link's property, by its place.
    PropertyValue(LinkIx, u32),
    /// The text of a source.
    SourceText(EntityIx),
    /// Which data answers.
    DataVersion,
    /// What may exist.
    Ontology,
    /// A kind.
    Kind(KindIx),
    /// A relation.
    Relation(RelationIx),
    /// A property of a kind.
    Property(PropertyIx),
    /// A property of a relation.
    LinkProperty(RelationIx, u16),
    /// A gap, by its place.
    Gap(usize),
    /// A list in groups.
    Grouping(Arc<Grouping>),
    /// One of its groups, by its place.
    Group(Arc<Grouping>, u32),
    /// One of the things that the items of a group share.
    GroupKey(Arc<Grouping>, u32, u32),
    /// What numbers come to.
    Statistics(Statistics),
    /// Made for this answer.
    Record(Arc<Record>),
    /// What is computed of an entity.
    Computed(EntityIx),
}

/// Where a date stands.
#[derive(Clone, Copy, Debug)]
pub enum DateOf {
    /// In a property of an entity; in a list, at that place.
    Property(EntityIx, PropertyIx, u32),
    /// When a link came about.
    Link(LinkIx),
    /// From when it holds.
    LinkFrom(LinkIx),
    /// Until when it holds.
    LinkUntil(LinkIx),
}

impl Object {
    /// The concrete type's name, where the declared type is an interface.
    pub fn type_name<'a>(&self, graph: &'a Graph) -> Option<&'a str> {
        match self {
            Object::Entity(ix) => Some(&graph.ontology().kind(graph.entity(*ix).kind()).name),
            Object::Link(_) => Some("Link"),
            Object::Evidence(..) => Some("Evidence"),
            _ => None,
        }
    }
}

/// What a field resolves to: borrowed from the graph wherever it can be.
#[derive(Clone, Debug)]
pub enum Resolved<'g> {
    /// Nothing.
    Null,
    /// Text that is held somewhere.
    Text(&'g str),
    /// The same, where nothing in it is to be escaped: ids, words of enums, dates, most names.
    Plain(&'g str),
    /// The same, made for this answer.
    Made(String),
    /// A whole number.
    Int(i64),
    /// A finite double.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// An object.
    Object(Object),
    /// A list.
    List(List<'g>),
}

/// A list whose items are told one by one.
#[derive(Clone, Debug)]
pub enum List<'g> {
    /// The nodes of a page.
    Nodes(Arc<Connection>),
    /// The edges of a page.
    Edges(Arc<Connection>),
    /// So many pieces of evidence of one owner.
    Evidence(Owner, u32),
    /// So many members of a property's value.
    Members(EntityIx, PropertyIx, u32),
    /// Any others, with holes where the type allows them.
    Made(Vec<Resolved<'g>>),
}

impl<'g> List<'g> {
    /// How many items.
    pub fn len(&self) -> usize {
        match self {
            List::Nodes(connection) | List::Edges(connection) => connection.len(),
            List::Evidence(_, count) => *count as usize,
            List::Members(.., count) => *count as usize,
            List::Made(items) => items.len(),
        }
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The entity that the item at `at` is or leads to.
    pub fn entity(&self, graph: &Graph, at: usize) -> Option<EntityIx> {
        let item = match self {
            List::Nodes(connection) | List::Edges(connection) => connection.node(graph, at),
            List::Made(items) => items[at].clone(),
            List::Evidence(..) | List::Members(..) => return None,
        };
        if let Resolved::Object(Object::Entity(ix)) = item { Some(ix) } else { None }
    }
    /// The item at `at`, which is less than [`len`](List::len).
    pub fn get(&self, context: &'g Context, at: usize) -> Resolved<'g> {
        match self {
            List::Nodes(connection) => connection.node(&context.graph, at),
            List::Edges(connection) => Resolved::Object(Object::Edge(connection.clone(), at as u32)),
            List::Evidence(owner, _) => Resolved::Object(Object::Evidence(*owner, at as u32)),
            List::Members(ix, property, _) => match context.graph.entity(*ix).property(*property) {
                Some(Datum::List(members)) => {
                    value_of(context.ontology(), *ix, *property, at as u32, members.get(at))
                }
                _ => Resolved::Null,
            },
            List::Made(items) => items[at].clone(),
        }
    }
}

/// What a resolver gives.
pub type Answer<'c> = Result<Resolved<'c>, Box<GraphqlError>>;

/// Answers one field of one object.
pub type Resolver = for<'c> fn(&'c Context, &'c Object, &Arguments) -> Answer<'c>;

/// How a field is answered.
#[derive(Clone, Copy)]
pub enum Field {
    /// By a row of the table.
    Table(Resolver),
    /// The value of a property.
    Property(PropertyIx),
    /// The entities along a relation.
    Along(RelationIx, Direction, Common),
    /// The root list of a kind.
    OfKind(KindIx),
    /// The root look-up in a kind.
    OneOfKind(KindIx),
    /// A value of a made object, by its place.
    Made(usize),
    /// What is told as it happens: by events, and not by whoever asks a field.
    Event,
    /// A change: executed by the operation, one after the other, and not by whoever asks a field.
    Mutation(Mutation),
}

impl Field {
    /// Answers the field.
    ///
    /// # Errors
    /// Arguments that say nothing sensible, bad cursors, and the end of the budget.
    pub fn resolve<'c>(&self, context: &'c Context, object: &'c Object, arguments: &Arguments) -> Answer<'c> {
        match self {
            Field::Table(resolver) => resolver(context, object, arguments),
            Field::Property(ix) => property(context, entity_of(object)?, *ix),
            Field::Along(relation, direction, to) => {
                along(context, entity_of(object)?, *relation, *direction, *to, arguments)
            }
            Field::OfKind(kind) => of_kind(context, *kind, arguments),
            Field::Made(place) => records::value(object, *place),
            Field::Mutation(_) | Field::Event => mismatch(),
            Field::OneOfKind(kind) => {
                let found = arguments.text("id").and_then(|id| context.graph.find(&id));
                Ok(entity(found.filter(|ix| context.graph.entity(*ix).kind() == *kind)))
            }
        }
    }

    /// The field `name` of the type `of`, from the table or the ontology.
    pub fn lookup(ontology: &Ontology, of: &str, name: &str) -> Option<Field> {
        let row =
            |of: &str| TABLE.iter().find(|(t, f, _)| *t == of && *f == name).map(|(.., r)| Field::Table(*r));
        if of == "Query" {
            let kind = |ix: &KindIx| {
                let kind = ontology.kind(*ix);
                kind.plural == name || lower_first(&kind.name) == name
            };
            return row(of).or_else(|| conformance::field(name)).or_else(|| {
                let ix = ontology.kind_indexes().find(kind)?;
                Some(if ontology.kind(ix).plural == name { Field::OfKind(ix) } else { Field::OneOfKind(ix) })
            });
        }
        if of == "Subscription" {
            return Some(Field::Event);
        }
        if of == "Mutation" {
            return Mutation::named(ontology, name).map(Field::Mutation);
        }
        if let Some(kind) = ontology.kind_named(of) {
            return row("Entity")
                .or_else(|| ontology.property_of(kind, name).map(Field::Property))
                .or_else(|| {
                    let (ix, direction) = ontology.relation_named(name)?;
                    Some(Field::Along(
                        ix,
                        direction,
                        ontology.narrowest(ontology.relation(ix).targets(direction)),
                    ))
                })
                .or_else(|| (name == "text").then_some(Field::Table(source_text)));
        }
        let shared = match of {
            "LinkEdge" => "Edge",
            _ if of.ends_with("Connection") => "Connection",
            _ if of.ends_with("Edge") => "Edge",
            _ => of,
        };
        row(shared).or_else(|| records::place(of, name).map(Field::Made))
    }
}

/// Every field that is written by hand: type, field, resolver. `Entity` stands for all kinds,
/// `Connection` and `Edge` for all pages.
pub const TABLE: &[(&str, &str, Resolver)] = &[
    ("Query", "node", |c, _, a| a.text("id").map_or(Ok(Resolved::Null), |id| node(c, &id))),
    ("Query", "nodes", nodes),
    ("Query", "entity", entity_by),
    ("Query", "entities", entities),
    ("Query", "links", |c, _, a| link_list(c, None, a)),
    ("Query", "search", found::search),
    ("Query", "resolve", found::resolve),
    ("Query", "paths", walks::paths),
    ("Query", "trail", walks::trail),
    ("Query", "neighborhood", walks::neighborhood),
    ("Query", "gaps", support::gaps),
    ("Query", "impact", support::impact),
    ("Query", "weakLinks", |c, _, a| weak_links(c, a)),
    ("Query", "compare", sides::compare),
    ("Query", "crosswalk", sides::crosswalk),
    ("Query", "timeline", sides::timeline),
    ("Query", "history", past::history),
    ("Query", "diff", past::diff),
    ("Query", "changeProposals", past::proposals),
    ("Query", "ontology", |_, _, _| Ok(Resolved::Object(Object::Ontology))),
    ("Query", "version", |_, _, _| Ok(Resolved::Object(Object::DataVersion))),
    ("Entity", "id", |c, o, _| of_entity(c, o, |e| Resolved::Plain(e.id()))),
    ("Entity", "kind", |c, o, _| Ok(Resolved::Object(Object::Kind(c.graph.entity(entity_of(o)?).kind())))),
    ("Entity", "name", |c, o, _| of_entity(c, o, |e| text(e.name(), e.has_plain_name()))),
    ("Entity", "identifiers", |c, o, _| {
        let ix = entity_of(o)?;
        let count = c.graph.entity(ix).identifiers().len() as u32;
        Ok(objects((0..count).map(|at| Object::Identifier(ix, at))))
    }),
    ("Entity", "mergedFrom", |c, o, _| of_entity(c, o, |e| texts(e.merged_from().iter().map(|id| &**id)))),
    ("Entity", "evidence", entity_evidence),
    ("Entity", "links", |c, o, a| link_list(c, Some(entity_of(o)?), a)),
    ("Entity", "computed", |_, o, _| Ok(Resolved::Object(Object::Computed(entity_of(o)?)))),
    ("Computed", "pageRank", |c, o, _| sides::page_rank(c, computed_of(o)?)),
    ("Computed", "pageRankPlace", |c, o, _| sides::page_rank_place(c, computed_of(o)?)),
    ("Computed", "community", |c, o, a| sides::community(c, computed_of(o)?, a)),
    ("Computed", "related", |c, o, a| sides::related(c, computed_of(o)?, a)),
    ("Link", "id", |c, o, _| Ok(Resolved::Made(c.graph.link_id(link_of(o)?)))),
    ("Link", "relation", |c, o, _| {
        Ok(Resolved::Object(Object::Relation(c.graph.link(link_of(o)?).relation())))
    }),
    ("Link", "from", |c, o, _| Ok(entity(Some(c.graph.ends(link_of(o)?).0)))),
    ("Link", "to", |c, o, _| Ok(entity(Some(c.graph.ends(link_of(o)?).1)))),
    ("Link", "sentence", |c, o, _| Ok(Resolved::Made(c.graph.sentence(link_of(o)?)))),
    ("Link", "basis", |c, o, _| Ok(Resolved::Plain(c.graph.link(link_of(o)?).basis().name()))),
    ("Link", "quality", |c, o, _| support::quality(c, link_of(o)?)),
    ("Link", "evidence", |c, o, _| evidence_list(c, Owner::Link(link_of(o)?))),
    ("Link", "date", |c, o, _| link_date(c, DateOf::Link(link_of(o)?))),
    ("Link", "validFrom", |c, o, _| link_date(c, DateOf::LinkFrom(link_of(o)?))),
    ("Link", "validUntil", |c, o, _| link_date(c, DateOf::LinkUntil(link_of(o)?))),
    ("Link", "properties", |c, o, _| {
        let ix = link_of(o)?;
        let count = c.graph.link(ix).properties().len() as u32;
        Ok(objects((0..count).map(|at| Object::PropertyValue(ix, at))))
    }),
    ("Evidence", "id", |c, o, _| of_evidence(c, o, |owner, e| Resolved::Made(c.graph.evidence_id(owner, e)))),
    ("Evidence", "source", |c, o, _| Ok(entity(Some(evidence_of(c, o)?.1.source())))),
    ("Evidence", "quote", |c, o, _| {
        of_evidence(c, o, |_, e| e.quote().map_or(Resolved::Null, |q| text(q, e.has_plain_quote())))
    }),
    ("Evidence", "prefix", |c, o, _| of_evidence(c, o, |_, e| optional(e.prefix()))),
    ("Evidence", "suffix", |c, o, _| of_evidence(c, o, |_, e| optional(e.suffix()))),
    ("Evidence", "url", |c, o, _| of_evidence(c, o, |_, e| optional(e.url()))),
    ("Evidence", "fragment", |c, o, _| of_evidence(c, o, |_, e| optional(e.fragment()))),
    ("Evidence", "basis", |c, o, _| of_evidence(c, o, |_, e| Resolved::Plain(e.basis().name()))),
    ("Evidence", "status", |c, o, _| of_evidence(c, o, |_, e| Resolved::Plain(e.status().name()))),
    ("Evidence", "note", |c, o, _| of_evidence(c, o, |_, e| optional(e.note()))),
    ("Evidence", "href", evidence_href),
    ("Evidence", "properties", |c, o, _| {
        of_evidence(c, o, |_, e| {
            texts(e.properties().iter().map(|p| c.ontology().property(*p).name.as_str()))
        })
    }),
    ("Connection", "edges", |_, o, _| Ok(Resolved::List(List::Edges(connection_of(o)?.clone())))),
    ("Connection", "nodes", |_, o, _| Ok(Resolved::List(List::Nodes(connection_of(o)?.clone())))),
    ("Connection", "pageInfo", |_, o, _| Ok(Resolved::Object(Object::PageInfo(connection_of(o)?.clone())))),
    ("Connection", "totalCount", |_, o, _| Ok(int(connection_of(o)?.page.total))),
    ("Connection", "allWords", |_, o, _| found::all_words(connection_of(o)?)),
    ("Connection", "kinds", |_, o, _| found::kinds(connection_of(o)?)),
    ("Connection", "completeness", |c, o, _| {
        let said = connection_of(o)?.list.and_then(|(e, r, d)| c.graph.completeness(e, r, d));
        Ok(Resolved::Plain(said.unwrap_or(Completeness::NotStated).name()))
    }),
    ("Connection", "completenessEvidence", |c, o, _| match connection_of(o)?.list {
        Some((e, r, d)) => evidence_list(c, Owner::List(e, r, d)),
        None => Ok(Resolved::List(List::Made(Vec::new()))),
    }),
    ("Connection", "facets", |c, o, a| groups::facets(c, connection_of(o)?, a)),
    ("Connection", "groupBy", |c, o, a| groups::group_by(c, connection_of(o)?, a)),
    ("Grouping", "by", |_, o, _| Ok(Resolved::Made(grouping_of(o)?.name()))),
    ("Grouping", "totalCount", |_, o, _| Ok(int(grouping_of(o)?.len()))),
    ("Grouping", "groups", |c, o, a| groups::groups(c, grouping_of(o)?, a)),
    ("Group", "keys", |_, o, _| group_of(o).map(|(of, at)| groups::keys(of, at))),
    ("Group", "count", |_, o, _| group_of(o).map(|(of, at)| int(groups::count(of, at)))),
    ("Group", "statistics", |c, o, a| group_of(o).and_then(|(of, at)| groups::statistics(c, of, at, a))),
    ("GroupKey", "by", |c, o, _| groups::key(c, o, KeyField::By)),
    ("GroupKey", "value", |c, o, _| groups::key(c, o, KeyField::Value)),
    ("GroupKey", "entity", |c, o, _| groups::key(c, o, KeyField::Entity)),
    ("GroupKey", "kind", |c, o, _| groups::key(c, o, KeyField::Kind)),
    ("Statistics", "count", |_, o, _| Ok(int(statistics_of(o)?.count))),
    ("Statistics", "min", |_, o, _| Ok(float(statistics_of(o)?.min))),
    ("Statistics", "max", |_, o, _| Ok(float(statistics_of(o)?.max))),
    ("Statistics", "sum", |_, o, _| Ok(float(Some(statistics_of(o)?.sum)))),
    ("Statistics", "mean", |_, o, _| Ok(float(statistics_of(o)?.mean()))),
    ("Edge", "cursor", |c, o, _| {
        let (connection, i) = edge_of(o)?;
        Ok(Resolved::Made(connection.cursor(&c.graph, i)))
    }),
    ("Edge", "node", |c, o, _| {
        let (connection, i) = edge_of(o)?;
        Ok(connection.node(&c.graph, i))
    }),
    ("Edge", "score", found::score),
    ("Edge", "highlights", found::highlights),
    ("Edge", "absence", |c, o, _| {
        let (connection, i) = edge_of(o)?;
        support::absence(c, connection, i)
    }),
    ("Edge", "link", |c, o, _| Ok(Resolved::Object(Object::Link(linked_of(c, o)?)))),
    ("Edge", "evidence", |c, o, _| evidence_list(c, Owner::Link(linked_of(c, o)?))),
    ("PageInfo", "hasNextPage", |_, o, _| Ok(Resolved::Boolean(page_info_of(o)?.page.has_next))),
    ("PageInfo", "hasPreviousPage", |_, o, _| Ok(Resolved::Boolean(page_info_of(o)?.page.has_previous))),
    ("PageInfo", "startCursor", |c, o, _| {
        let connection = page_info_of(o)?;
        let first = (connection.len() > 0).then_some(0);
        Ok(first.map_or(Resolved::Null, |i| Resolved::Made(connection.cursor(&c.graph, i))))
    }),
    ("PageInfo", "endCursor", |c, o, _| {
        let connection = page_info_of(o)?;
        let last = connection.len().checked_sub(1);
        Ok(last.map_or(Resolved::Null, |i| Resolved::Made(connection.cursor(&c.graph, i))))
    }),
    ("FuzzyDate", "edtf", |c, o, _| of_date(c, o, "edtf")),
    ("FuzzyDate", "kind", |c, o, _| of_date(c, o, "kind")),
    ("FuzzyDate", "precision", |c, o, _| of_date(c, o, "precision")),
    ("FuzzyDate", "approximate", |c, o, _| of_date(c, o, "approximate")),
    ("FuzzyDate", "earliest", |c, o, _| of_date(c, o, "earliest")),
    ("FuzzyDate", "latest", |c, o, _| of_date(c, o, "latest")),
    ("Identifier", "scheme", |c, o, _| of_identifier(c, o, |i| Resolved::Text(&i.scheme))),
    ("Identifier", "value", |c, o, _| of_identifier(c, o, |i| Resolved::Text(&i.value))),
    ("PropertyValue", "property", |c, o, _| {
        let (relation, at, _) = property_value_of(c, o)?;
        Ok(Resolved::Object(Object::LinkProperty(relation, at)))
    }),
    ("PropertyValue", "value", |c, o, _| {
        Ok(Resolved::Made(value_text(c.ontology(), property_value_of(c, o)?.2)))
    }),
    ("SourceText", "sha256", |c, o, _| of_text(c, o, |t| optional(t.sha256.as_deref()))),
    ("SourceText", "status", |c, o, _| of_text(c, o, |t| optional(t.status.map(|s| s.name())))),
    ("SourceText", "checked", |c, o, _| of_text(c, o, |t| made(t.checked.map(|d| d.to_string())))),
    ("DataVersion", "sequence", |c, _, _| Ok(int(c.graph.version().sequence as usize))),
    ("DataVersion", "contentHash", |c, _, _| Ok(Resolved::Made(c.graph.version().content_hex()))),
    ("DataVersion", "ontologyHash", |c, _, _| Ok(Resolved::Made(c.graph.version().ontology_hex()))),
    ("DataVersion", "label", |c, _, _| Ok(Resolved::Made(c.graph.version().to_string()))),
    ("Ontology", "title", |c, _, _| Ok(Resolved::Text(c.ontology().title.as_str()))),
    ("Ontology", "iri", |c, _, _| Ok(Resolved::Text(c.ontology().iri.as_str()))),
    ("Ontology", "version", |c, _, _| Ok(Resolved::Text(c.ontology().version.as_str()))),
    ("Ontology", "kinds", |c, _, _| Ok(objects(c.ontology().kind_indexes().map(Object::Kind)))),
    ("Ontology", "relations", |c, _, _| Ok(objects(c.ontology().relation_indexes().map(Object::Relation)))),
    ("Ontology", "gaps", |c, _, _| Ok(objects((0..c.ontology().gaps.len()).map(Object::Gap)))),
    ("Kind", "name", |c, o, _| Ok(Resolved::Text(c.ontology().kind(kind_of(o)?).name.as_str()))),
    ("Kind", "enumName", |c, o, _| Ok(Resolved::Made(upper_snake(&c.ontology().kind(kind_of(o)?).name)))),
    ("Kind", "plural", |c, o, _| Ok(Resolved::Text(c.ontology().kind(kind_of(o)?).plural.as_str()))),
    ("Kind", "description", |c, o, _| {
        Ok(Resolved::Text(c.ontology().kind(kind_of(o)?).description.as_str()))
    }),
    ("Kind", "iri", |c, o, _| Ok(Resolved::Made(c.ontology().expand(&c.ontology().kind(kind_of(o)?).iri)))),
    ("Kind", "prefix", |c, o, _| Ok(Resolved::Text(c.ontology().kind(kind_of(o)?).prefix.as_str()))),
    ("Kind", "layer", |c, o, _| {
        Ok(c.ontology().kind(kind_of(o)?).layer.map_or(Resolved::Null, |n| Resolved::Int(n.into())))
    }),
    ("Kind", "hub", |c, o, _| Ok(Resolved::Boolean(c.ontology().kind(kind_of(o)?).hub))),
    ("Kind", "isSource", |c, o, _| Ok(Resolved::Boolean(c.ontology().kind(kind_of(o)?).is_source))),
    ("Kind", "interfaces", |c, o, _| {
        let families = &c.ontology().kind(kind_of(o)?).families;
        Ok(texts(families.iter().map(|f| c.ontology().family(*f).name.as_str())))
    }),
    ("Kind", "properties", |c, o, _| {
        Ok(objects(c.ontology().kind(kind_of(o)?).properties.iter().copied().map(Object::Property)))
    }),
    ("Kind", "count", |c, o, _| Ok(int(c.graph.of_kind(kind_of(o)?).len()))),
    ("Property", "name", |c, o, _| of_property(c, o, |p| Resolved::Text(&p.name))),
    ("Property", "description", |c, o, _| of_property(c, o, |p| Resolved::Text(&p.description))),
    ("Property", "type", |c, o, _| of_property(c, o, |p| Resolved::Made(sdl_type(p, &c.ontology().enums)))),
    ("Property", "iri", |c, o, _| of_property(c, o, |p| Resolved::Made(c.ontology().expand(&p.iri)))),
    ("Relation", "name", |c, o, _| Ok(Resolved::Text(c.ontology().relation(relation_of(o)?).name.as_str()))),
    ("Relation", "enumName", |c, o, _| {
        Ok(Resolved::Made(upper_snake(&c.ontology().relation(relation_of(o)?).name)))
    }),
    ("Relation", "inverse", |c, o, _| {
        Ok(Resolved::Text(c.ontology().relation(relation_of(o)?).inverse.as_str()))
    }),
    ("Relation", "description", |c, o, _| {
        Ok(Resolved::Text(c.ontology().relation(relation_of(o)?).description.as_str()))
    }),
    ("Relation", "iri", |c, o, _| {
        let iri = c.ontology().relation(relation_of(o)?).iri.as_deref();
        Ok(made(iri.map(|iri| c.ontology().expand(iri))))
    }),
    ("Relation", "from", |c, o, _| {
        Ok(objects(c.ontology().relation(relation_of(o)?).from.iter().copied().map(Object::Kind)))
    }),
    ("Relation", "to", |c, o, _| {
        Ok(objects(c.ontology().relation(relation_of(o)?).to.iter().copied().map(Object::Kind)))
    }),
    ("Relation", "flow", |c, o, _| Ok(Resolved::Text(c.ontology().relation(relation_of(o)?).flow.name()))),
    ("Relation", "symmetric", |c, o, _| {
        Ok(Resolved::Boolean(c.ontology().relation(relation_of(o)?).symmetric))
    }),
    ("Relation", "acyclic", |c, o, _| Ok(Resolved::Boolean(c.ontology().relation(relation_of(o)?).acyclic))),
    ("Relation", "max", |c, o, _| {
        Ok(c.ontology().relation(relation_of(o)?).max.map_or(Resolved::Null, |n| Resolved::Int(n.into())))
    }),
    ("Relation", "sentence", |c, o, _| {
        Ok(Resolved::Text(c.ontology().relation(relation_of(o)?).sentence.as_str()))
    }),
    ("Relation", "inverseSentence", |c, o, _| {
        Ok(Resolved::Text(c.ontology().relation(relation_of(o)?).inverse_sentence.as_str()))
    }),
    ("Relation", "inverseDescription", |c, o, _| {
        Ok(Resolved::Text(c.ontology().relation(relation_of(o)?).inverse_description.as_str()))
    }),
    ("Relation", "properties", |c, o, _| {
        let ix = relation_of(o)?;
        Ok(objects(
            (0..c.ontology().relation(ix).properties.len() as u16).map(|at| Object::LinkProperty(ix, at)),
        ))
    }),
    ("Relation", "count", |c, o, _| Ok(int(c.graph.count_of(relation_of(o)?)))),
    ("Gap", "name", |c, o, _| Ok(Resolved::Text(c.ontology().gaps[gap_of(o)?].name.as_str()))),
    ("Gap", "description", |c, o, _| Ok(Resolved::Text(c.ontology().gaps[gap_of(o)?].description.as_str()))),
    ("Gap", "missing", |c, o, _| support::gap_relations(c, gap_of(o)?, false)),
    ("Gap", "having", |c, o, _| support::gap_relations(c, gap_of(o)?, true)),
    ("Gap", "entities", |c, o, a| gap_list(c, gap_of(o)?, a)),
    ("Gap", "of", |c, o, _| Ok(objects(c.ontology().gaps[gap_of(o)?].of.iter().copied().map(Object::Kind)))),
];

/// What is read of a date.
pub type DateReader = for<'d> fn(&'d FuzzyDate) -> Resolved<'d>;

/// The fields of a date.
const DATE_TABLE: &[(&str, DateReader)] = &[
    ("edtf", |d| Resolved::Plain(d.edtf())),
    ("kind", |d| optional(d.kind().map(|k| k.name()))),
    ("precision", |d| Resolved::Plain(d.precision().name())),
    ("approximate", |d| Resolved::Boolean(d.approximate())),
    ("earliest", |d| made(d.earliest().map(|d| d.to_string()))),
    ("latest", |d| made(d.latest().map(|d| d.to_string()))),
];

/// How a field of a date is read.
pub fn date_reader(name: &str) -> Option<DateReader> {
    DATE_TABLE.iter().find(|(field, _)| *field == name).map(|(_, read)| *read)
}

// -- small conversions -------------------------------------------------------------------------

pub(super) fn int(n: usize) -> Resolved<'static> {
    Resolved::Int(n as i64)
}
/// Of too many or too large numbers the sum is no number.
pub(super) fn float(n: Option<f64>) -> Resolved<'static> {
    n.filter(|n| n.is_finite()).map_or(Resolved::Null, Resolved::Float)
}
pub(super) fn text(text: &str, plain: bool) -> Resolved<'_> {
    if plain { Resolved::Plain(text) } else { Resolved::Text(text) }
}
fn optional(text: Option<&str>) -> Resolved<'_> {
    text.map_or(Resolved::Null, Resolved::Text)
}
pub(super) fn made(text: Option<String>) -> Resolved<'static> {
    text.map_or(Resolved::Null, Resolved::Made)
}
fn texts<'g>(all: impl Iterator<Item = &'g str>) -> Resolved<'g> {
    Resolved::List(List::Made(all.map(Resolved::Text).collect()))
}
pub(super) fn objects(all: impl Iterator<Item = Object>) -> Resolved<'static> {
    Resolved::List(List::Made(all.map(Resolved::Object).collect()))
}
pub(super) fn entity(ix: Option<EntityIx>) -> Resolved<'static> {
    ix.map_or(Resolved::Null, |ix| Resolved::Object(Object::Entity(ix)))
}
fn link_date(c: &Context, of: DateOf) -> Answer<'static> {
    Ok(date_at(c, of).map_or(Resolved::Null, |_| Resolved::Object(Object::FuzzyDate(of))))
}

/// A field was asked of an object of another type: a fault of ours, reported as such.
pub(super) fn mismatch<T>() -> Result<T, Box<GraphqlError>> {
    Err(GraphqlError::new(Code::Internal, "a field was asked of an object that does not have it").into())
}

macro_rules! handle {
    ($name:ident, $pattern:pat => $out:expr, $ty:ty) => {
        pub(super) fn $name(object: &Object) -> Result<$ty, Box<GraphqlError>> {
            match object {
                $pattern => Ok($out),
                _ => mismatch(),
            }
        }
    };
}
handle!(entity_of, Object::Entity(ix) => *ix, EntityIx);
handle!(link_of, Object::Link(ix) => *ix, LinkIx);
handle!(kind_of, Object::Kind(ix) => *ix, KindIx);
handle!(relation_of, Object::Relation(ix) => *ix, RelationIx);
handle!(computed_of, Object::Computed(ix) => *ix, EntityIx);
handle!(gap_of, Object::Gap(at) => *at, usize);
handle!(connection_of, Object::Connection(connection) => connection, &Arc<Connection>);
handle!(page_info_of, Object::PageInfo(connection) => connection, &Arc<Connection>);
handle!(grouping_of, Object::Grouping(of) => of, &Arc<Grouping>);
handle!(group_of, Object::Group(of, at) => (of, *at), (&Arc<Grouping>, u32));
handle!(statistics_of, Object::Statistics(statistics) => *statistics, Statistics);
handle!(edge_of, Object::Edge(connection, i) => (connection, *i as usize), (&Arc<Connection>, usize));

fn linked_of(c: &Context, object: &Object) -> Result<LinkIx, Box<GraphqlError>> {
    let (connection, i) = edge_of(object)?;
    connection.link(&c.graph, i).map_or_else(mismatch, Ok)
}
pub(super) fn evidence_of<'c>(
    c: &'c Context,
    object: &Object,
) -> Result<(Owner, Evidence<'c>), Box<GraphqlError>> {
    match object {
        Object::Evidence(owner, at) => Ok((*owner, c.graph.evidence(*owner).get(*at as usize))),
        _ => mismatch(),
    }
}
fn property_value_of<'c>(
    c: &'c Context,
    object: &Object,
) -> Result<(RelationIx, u16, Datum<'c>), Box<GraphqlError>> {
    let Object::PropertyValue(ix, at) = object else { return mismatch() };
    let link = c.graph.link(*ix);
    match link.properties().nth(*at as usize) {
        Some((at, value)) => Ok((link.relation(), at, value)),
        None => mismatch(),
    }
}
fn of_entity<'c>(c: &'c Context, object: &Object, read: impl Fn(Entity<'c>) -> Resolved<'c>) -> Answer<'c> {
    Ok(read(c.graph.entity(entity_of(object)?)))
}
fn of_evidence<'c>(
    c: &'c Context,
    object: &Object,
    read: impl Fn(Owner, Evidence<'c>) -> Resolved<'c>,
) -> Answer<'c> {
    let (owner, evidence) = evidence_of(c, object)?;
    Ok(read(owner, evidence))
}
pub(super) fn date_at(c: &Context, of: DateOf) -> Option<&FuzzyDate> {
    match of {
        DateOf::Property(ix, property, at) => {
            match c.graph.entity(ix).property(property)?.members().nth(at as usize)? {
                Datum::FuzzyDate(date) => Some(date),
                _ => None,
            }
        }
        DateOf::Link(ix) => c.graph.link(ix).date().map(|date| &**date),
        DateOf::LinkFrom(ix) => c.graph.link(ix).valid_from().map(|date| &**date),
        DateOf::LinkUntil(ix) => c.graph.link(ix).valid_until().map(|date| &**date),
    }
}
fn of_date<'c>(c: &'c Context, object: &Object, name: &str) -> Answer<'c> {
    match (object, date_reader(name)) {
        (Object::FuzzyDate(of), Some(read)) => date_at(c, *of).map_or_else(mismatch, |date| Ok(read(date))),
        _ => mismatch(),
    }
}
fn of_identifier<'c>(
    c: &'c Context,
    object: &Object,
    read: impl Fn(&'c Identifier) -> Resolved<'c>,
) -> Answer<'c> {
    match object {
        Object::Identifier(ix, at) => Ok(read(&c.graph.entity(*ix).identifiers()[*at as usize])),
        _ => mismatch(),
    }
}
fn of_text<'c>(c: &'c Context, object: &Object, read: impl Fn(&'c SourceText) -> Resolved<'c>) -> Answer<'c> {
    match object {
        Object::SourceText(ix) => Ok(c.graph.entity(*ix).text().map_or(Resolved::Null, read)),
        _ => mismatch(),
    }
}
fn of_property<'c>(
    c: &'c Context,
    object: &Object,
    read: impl Fn(&'c Property) -> Resolved<'c>,
) -> Answer<'c> {
    match object {
        Object::Property(ix) => Ok(read(c.ontology().property(*ix))),
        Object::LinkProperty(relation, at) => {
            Ok(read(&c.ontology().relation(*relation).properties[*at as usize]))
        }
        _ => mismatch(),
    }
}

// -- properties ------------------------------------------------------------------------------

fn source_text<'c>(c: &'c Context, object: &Object, _: &Arguments) -> Answer<'c> {
    let ix = entity_of(object)?;
    let text = c.graph.entity(ix).text();
    Ok(text.map_or(Resolved::Null, |_| Resolved::Object(Object::SourceText(ix))))
}

fn property(c: &Context, ix: EntityIx, property: PropertyIx) -> Answer<'_> {
    Ok(match c.graph.entity(ix).property(property) {
        None if c.ontology().property(property).list => Resolved::List(List::Made(Vec::new())),
        None => Resolved::Null,
        Some(value) => value_of(c.ontology(), ix, property, 0, value),
    })
}

fn value_of<'g>(
    ontology: &'g Ontology,
    ix: EntityIx,
    property: PropertyIx,
    at: u32,
    value: Datum<'g>,
) -> Resolved<'g> {
    match value {
        Datum::Text(text) => Resolved::Text(text),
        Datum::Int(number) => Resolved::Int(number.into()),
        Datum::Float(number) => Resolved::Float(number),
        Datum::Boolean(truth) => Resolved::Boolean(truth),
        Datum::Date(day) => Resolved::Made(day.to_string()),
        Datum::FuzzyDate(_) => Resolved::Object(Object::FuzzyDate(DateOf::Property(ix, property, at))),
        Datum::Symbol(ix, at) => Resolved::Plain(&ontology.enumeration(ix).words[at as usize].name),
        Datum::List(members) => Resolved::List(List::Members(ix, property, members.len() as u32)),
    }
}

pub(super) fn value_text(ontology: &Ontology, value: Datum<'_>) -> String {
    match value {
        Datum::Text(text) => text.to_owned(),
        Datum::Int(number) => number.to_string(),
        // As JSON has it.
        Datum::Float(number) => serde_json::Value::from(number).to_string(),
        Datum::Boolean(truth) => truth.to_string(),
        Datum::Date(day) => day.to_string(),
        Datum::FuzzyDate(date) => date.edtf().to_owned(),
        Datum::Symbol(ix, at) => ontology.enumeration(ix).words[at as usize].name.clone(),
        list @ Datum::List(_) => {
            list.members().map(|v| value_text(ontology, v)).collect::<Vec<_>>().join(", ")
        }
    }
}
