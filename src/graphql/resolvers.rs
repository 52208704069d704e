//! What each field answers, as plain synchronous functions over one graph. Fields that
//! `schema/api.graphql` declares are rows of [`TABLE`], checked against it at start, both ways;
//! properties and relations of kinds follow from the ontology.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::arguments::Arguments;
use super::error::{Code, GraphqlError};
use crate::graph::{Basis, Completeness, Entity, EntityIx, Evidence, Graph, Identifier, LinkIx, Owner};
use crate::ontology::{
    Common, Direction, FuzzyDate, KindIx, Ontology, Property, PropertyIx, RelationIx, Value, lower_first,
    sdl_type, upper_snake,
};
use crate::query::Budget;
use crate::query::filter::{EntityFilter, LinkFilter};
use crate::query::order::{Sort, compare};
use crate::query::page::{OrderTag, Page, cursor, order_tag, paginate};

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
}

impl Context {
    fn ontology(&self) -> &Ontology {
        self.graph.ontology()
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
    /// An item of a page.
    Edge(Arc<Connection>, usize),
    /// Where a page stands.
    PageInfo(Arc<Connection>),
    /// A date.
    FuzzyDate(Arc<FuzzyDate>),
    /// A name in another scheme.
    Identifier(Identifier),
    /// A value of a link's property.
    PropertyValue(RelationIx, u16, Value),
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
}

impl Object {
    /// The concrete type's name, where the declared type is an interface.
    pub fn type_name<'a>(&self, graph: &'a Graph) -> Option<&'a str> {
        match self {
            Object::Entity(ix) => Some(&graph.ontology().kind(graph.entity(*ix).kind).name),
            Object::Link(_) => Some("Link"),
            Object::Evidence(..) => Some("Evidence"),
            _ => None,
        }
    }
}

/// What a field resolves to.
#[derive(Clone, Debug)]
pub enum Resolved {
    /// Nothing.
    Null,
    /// A scalar or an enum value, or a list of those.
    Leaf(Json),
    /// An object.
    Object(Object),
    /// A list of objects, with holes where the type allows them.
    List(Vec<Resolved>),
}

type Answer = Result<Resolved, GraphqlError>;

/// Answers one field of one object.
pub type Resolver = fn(&Context, &Object, &Arguments) -> Answer;

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
}

impl Field {
    /// Answers the field.
    ///
    /// # Errors
    /// Arguments that say nothing sensible, bad cursors, and the end of the budget.
    pub fn resolve(&self, context: &Context, object: &Object, arguments: &Arguments) -> Answer {
        match self {
            Field::Table(resolver) => resolver(context, object, arguments),
            Field::Property(ix) => property(context, entity_of(object)?, *ix),
            Field::Along(relation, direction, to) => {
                along(context, entity_of(object)?, *relation, *direction, *to, arguments)
            }
            Field::OfKind(kind) => {
                let all = context.graph.of_kind(*kind);
                entity_list(
                    context,
                    all,
                    None,
                    Common::Kind(*kind),
                    &context.ontology().kind(*kind).plural,
                    arguments,
                )
            }
            Field::OneOfKind(kind) => {
                let found = arguments.text("id").and_then(|id| context.graph.find(&id));
                Ok(entity(found.filter(|ix| context.graph.entity(*ix).kind == *kind)))
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
            return row(of).or_else(|| {
                let ix = ontology.kind_indexes().find(kind)?;
                Some(if ontology.kind(ix).plural == name { Field::OfKind(ix) } else { Field::OneOfKind(ix) })
            });
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
        row(shared)
    }
}

/// Every field that is written by hand: type, field, resolver. `Entity` stands for all kinds,
/// `Connection` and `Edge` for all pages.
pub const TABLE: &[(&str, &str, Resolver)] = &[
    ("Query", "node", |c, _, a| Ok(a.text("id").map_or(Resolved::Null, |id| node(c, &id)))),
    ("Query", "nodes", nodes),
    ("Query", "entity", entity_by),
    ("Query", "entities", entities),
    ("Query", "links", |c, _, a| link_list(c, None, a)),
    ("Query", "ontology", |_, _, _| Ok(Resolved::Object(Object::Ontology))),
    ("Query", "version", |_, _, _| Ok(Resolved::Object(Object::DataVersion))),
    ("Entity", "id", |c, o, _| of_entity(c, o, |e| json!(*e.id))),
    ("Entity", "kind", |c, o, _| Ok(Resolved::Object(Object::Kind(c.graph.entity(entity_of(o)?).kind)))),
    ("Entity", "name", |c, o, _| of_entity(c, o, |e| json!(*e.name))),
    ("Entity", "identifiers", |c, o, _| {
        Ok(objects(c.graph.entity(entity_of(o)?).identifiers.iter().cloned().map(Object::Identifier)))
    }),
    ("Entity", "mergedFrom", |c, o, _| {
        of_entity(c, o, |e| e.merged_from.iter().map(|id| json!(**id)).collect())
    }),
    ("Entity", "evidence", entity_evidence),
    ("Entity", "links", |c, o, a| link_list(c, Some(entity_of(o)?), a)),
    ("Link", "id", |c, o, _| Ok(leaf(c.graph.link_id(link_of(o)?)))),
    ("Link", "relation", |c, o, _| {
        Ok(Resolved::Object(Object::Relation(c.graph.link(link_of(o)?).relation)))
    }),
    ("Link", "from", |c, o, _| Ok(entity(Some(c.graph.ends(link_of(o)?).0)))),
    ("Link", "to", |c, o, _| Ok(entity(Some(c.graph.ends(link_of(o)?).1)))),
    ("Link", "sentence", |c, o, _| Ok(leaf(c.graph.sentence(link_of(o)?)))),
    ("Link", "basis", |c, o, _| Ok(leaf(c.graph.link(link_of(o)?).basis().name()))),
    ("Link", "evidence", |c, o, _| evidence_list(c, Owner::Link(link_of(o)?))),
    ("Link", "date", |c, o, _| Ok(date(&c.graph.link(link_of(o)?).date))),
    ("Link", "validFrom", |c, o, _| Ok(date(&c.graph.link(link_of(o)?).valid_from))),
    ("Link", "validUntil", |c, o, _| Ok(date(&c.graph.link(link_of(o)?).valid_until))),
    ("Link", "properties", |c, o, _| {
        let link = c.graph.link(link_of(o)?);
        Ok(objects(
            link.properties.iter().map(|(at, v)| Object::PropertyValue(link.relation, *at, v.clone())),
        ))
    }),
    ("Evidence", "id", |c, o, _| of_evidence(c, o, |owner, e| json!(c.graph.evidence_id(owner, e)))),
    ("Evidence", "source", |c, o, _| Ok(entity(Some(evidence_of(c, o)?.1.source)))),
    ("Evidence", "quote", |c, o, _| of_evidence(c, o, |_, e| json!(e.quote.as_deref()))),
    ("Evidence", "prefix", |c, o, _| of_evidence(c, o, |_, e| json!(e.prefix.as_deref()))),
    ("Evidence", "suffix", |c, o, _| of_evidence(c, o, |_, e| json!(e.suffix.as_deref()))),
    ("Evidence", "url", |c, o, _| of_evidence(c, o, |_, e| json!(e.url.as_deref()))),
    ("Evidence", "basis", |c, o, _| of_evidence(c, o, |_, e| json!(e.basis.name()))),
    ("Evidence", "status", |c, o, _| of_evidence(c, o, |_, e| json!(e.status.name()))),
    ("Evidence", "note", |c, o, _| of_evidence(c, o, |_, e| json!(e.note.as_deref()))),
    ("Evidence", "href", evidence_href),
    ("Evidence", "properties", |c, o, _| {
        of_evidence(c, o, |_, e| e.properties.iter().map(|p| json!(c.ontology().property(*p).name)).collect())
    }),
    ("Connection", "edges", |_, o, _| {
        let connection = connection_of(o)?;
        let all = (0..connection.items.len()).map(|i| Resolved::Object(Object::Edge(connection.clone(), i)));
        Ok(Resolved::List(all.collect()))
    }),
    ("Connection", "nodes", |_, o, _| {
        let connection = connection_of(o)?;
        Ok(Resolved::List((0..connection.items.len()).map(|i| connection.node(i)).collect()))
    }),
    ("Connection", "pageInfo", |_, o, _| Ok(Resolved::Object(Object::PageInfo(connection_of(o)?.clone())))),
    ("Connection", "totalCount", |_, o, _| Ok(leaf(connection_of(o)?.page.total))),
    ("Connection", "completeness", |c, o, _| {
        let said = connection_of(o)?.list.and_then(|(e, r, d)| c.graph.completeness(e, r, d));
        Ok(leaf(said.map_or(Completeness::NotStated, |s| s.completeness).name()))
    }),
    ("Connection", "completenessEvidence", |c, o, _| match connection_of(o)?.list {
        Some((e, r, d)) => evidence_list(c, Owner::List(e, r, d)),
        None => Ok(Resolved::List(Vec::new())),
    }),
    ("Edge", "cursor", |c, o, _| {
        let (connection, i) = edge_of(o)?;
        Ok(leaf(connection.cursor(&c.graph, i)))
    }),
    ("Edge", "node", |_, o, _| {
        let (connection, i) = edge_of(o)?;
        Ok(connection.node(i))
    }),
    ("Edge", "link", |_, o, _| Ok(Resolved::Object(Object::Link(linked_of(o)?)))),
    ("Edge", "evidence", |c, o, _| evidence_list(c, Owner::Link(linked_of(o)?))),
    ("PageInfo", "hasNextPage", |_, o, _| Ok(leaf(page_info_of(o)?.page.has_next))),
    ("PageInfo", "hasPreviousPage", |_, o, _| Ok(leaf(page_info_of(o)?.page.has_previous))),
    ("PageInfo", "startCursor", |c, o, _| {
        let connection = page_info_of(o)?;
        Ok(if connection.items.len() == 0 { Resolved::Null } else { leaf(connection.cursor(&c.graph, 0)) })
    }),
    ("PageInfo", "endCursor", |c, o, _| {
        let connection = page_info_of(o)?;
        let last = connection.items.len().checked_sub(1);
        Ok(last.map_or(Resolved::Null, |i| leaf(connection.cursor(&c.graph, i))))
    }),
    ("FuzzyDate", "edtf", |_, o, _| of_date(o, |d| json!(d.edtf()))),
    ("FuzzyDate", "kind", |_, o, _| of_date(o, |d| json!(d.kind().map(|k| k.name())))),
    ("FuzzyDate", "precision", |_, o, _| of_date(o, |d| json!(d.precision().name()))),
    ("FuzzyDate", "approximate", |_, o, _| of_date(o, |d| json!(d.approximate()))),
    ("FuzzyDate", "earliest", |_, o, _| of_date(o, |d| json!(d.earliest().map(|d| d.to_string())))),
    ("FuzzyDate", "latest", |_, o, _| of_date(o, |d| json!(d.latest().map(|d| d.to_string())))),
    ("Identifier", "scheme", |_, o, _| of_identifier(o, |i| json!(*i.scheme))),
    ("Identifier", "value", |_, o, _| of_identifier(o, |i| json!(*i.value))),
    ("PropertyValue", "property", |_, o, _| match o {
        Object::PropertyValue(relation, at, _) => Ok(Resolved::Object(Object::LinkProperty(*relation, *at))),
        _ => mismatch(),
    }),
    ("PropertyValue", "value", |c, o, _| match o {
        Object::PropertyValue(_, _, value) => Ok(leaf(value_text(c.ontology(), value))),
        _ => mismatch(),
    }),
    ("SourceText", "sha256", |c, o, _| of_text(c, o, |t| json!(t.sha256.as_deref()))),
    ("SourceText", "status", |c, o, _| of_text(c, o, |t| json!(t.status.map(|s| s.name())))),
    ("SourceText", "checked", |c, o, _| of_text(c, o, |t| json!(t.checked.map(|d| d.to_string())))),
    ("DataVersion", "sequence", |c, _, _| Ok(leaf(c.graph.version().sequence))),
    ("DataVersion", "contentHash", |c, _, _| Ok(leaf(c.graph.version().content_hex()))),
    ("DataVersion", "ontologyHash", |c, _, _| Ok(leaf(c.graph.version().ontology_hex()))),
    ("DataVersion", "label", |c, _, _| Ok(leaf(c.graph.version().to_string()))),
    ("Ontology", "title", |c, _, _| Ok(leaf(c.ontology().title.as_str()))),
    ("Ontology", "iri", |c, _, _| Ok(leaf(c.ontology().iri.as_str()))),
    ("Ontology", "version", |c, _, _| Ok(leaf(c.ontology().version.as_str()))),
    ("Ontology", "kinds", |c, _, _| Ok(objects(c.ontology().kind_indexes().map(Object::Kind)))),
    ("Ontology", "relations", |c, _, _| Ok(objects(c.ontology().relation_indexes().map(Object::Relation)))),
    ("Ontology", "gaps", |c, _, _| Ok(objects((0..c.ontology().gaps.len()).map(Object::Gap)))),
    ("Kind", "name", |c, o, _| Ok(leaf(c.ontology().kind(kind_of(o)?).name.as_str()))),
    ("Kind", "enumName", |c, o, _| Ok(leaf(upper_snake(&c.ontology().kind(kind_of(o)?).name)))),
    ("Kind", "plural", |c, o, _| Ok(leaf(c.ontology().kind(kind_of(o)?).plural.as_str()))),
    ("Kind", "description", |c, o, _| Ok(leaf(c.ontology().kind(kind_of(o)?).description.as_str()))),
    ("Kind", "iri", |c, o, _| Ok(leaf(c.ontology().expand(&c.ontology().kind(kind_of(o)?).iri)))),
    ("Kind", "prefix", |c, o, _| Ok(leaf(c.ontology().kind(kind_of(o)?).prefix.as_str()))),
    ("Kind", "layer", |c, o, _| Ok(Resolved::Leaf(json!(c.ontology().kind(kind_of(o)?).layer)))),
    ("Kind", "hub", |c, o, _| Ok(leaf(c.ontology().kind(kind_of(o)?).hub))),
    ("Kind", "isSource", |c, o, _| Ok(leaf(c.ontology().kind(kind_of(o)?).is_source))),
    ("Kind", "interfaces", |c, o, _| {
        let families = &c.ontology().kind(kind_of(o)?).families;
        Ok(Resolved::Leaf(families.iter().map(|f| json!(c.ontology().family(*f).name)).collect()))
    }),
    ("Kind", "properties", |c, o, _| {
        Ok(objects(c.ontology().kind(kind_of(o)?).properties.iter().copied().map(Object::Property)))
    }),
    ("Kind", "count", |c, o, _| Ok(leaf(c.graph.of_kind(kind_of(o)?).len()))),
    ("Property", "name", |c, o, _| of_property(c, o, |p| json!(p.name))),
    ("Property", "description", |c, o, _| of_property(c, o, |p| json!(p.description))),
    ("Property", "type", |c, o, _| of_property(c, o, |p| json!(sdl_type(p, &c.ontology().enums)))),
    ("Property", "iri", |c, o, _| of_property(c, o, |p| json!(c.ontology().expand(&p.iri)))),
    ("Relation", "name", |c, o, _| Ok(leaf(c.ontology().relation(relation_of(o)?).name.as_str()))),
    ("Relation", "enumName", |c, o, _| Ok(leaf(upper_snake(&c.ontology().relation(relation_of(o)?).name)))),
    ("Relation", "inverse", |c, o, _| Ok(leaf(c.ontology().relation(relation_of(o)?).inverse.as_str()))),
    ("Relation", "description", |c, o, _| {
        Ok(leaf(c.ontology().relation(relation_of(o)?).description.as_str()))
    }),
    ("Relation", "iri", |c, o, _| {
        let iri = c.ontology().relation(relation_of(o)?).iri.as_deref();
        Ok(Resolved::Leaf(json!(iri.map(|iri| c.ontology().expand(iri)))))
    }),
    ("Relation", "from", |c, o, _| {
        Ok(objects(c.ontology().relation(relation_of(o)?).from.iter().copied().map(Object::Kind)))
    }),
    ("Relation", "to", |c, o, _| {
        Ok(objects(c.ontology().relation(relation_of(o)?).to.iter().copied().map(Object::Kind)))
    }),
    ("Relation", "flow", |c, o, _| Ok(leaf(c.ontology().relation(relation_of(o)?).flow.name()))),
    ("Relation", "symmetric", |c, o, _| Ok(leaf(c.ontology().relation(relation_of(o)?).symmetric))),
    ("Relation", "acyclic", |c, o, _| Ok(leaf(c.ontology().relation(relation_of(o)?).acyclic))),
    ("Relation", "max", |c, o, _| Ok(Resolved::Leaf(json!(c.ontology().relation(relation_of(o)?).max)))),
    ("Relation", "sentence", |c, o, _| Ok(leaf(c.ontology().relation(relation_of(o)?).sentence.as_str()))),
    ("Relation", "properties", |c, o, _| {
        let ix = relation_of(o)?;
        Ok(objects(
            (0..c.ontology().relation(ix).properties.len() as u16).map(|at| Object::LinkProperty(ix, at)),
        ))
    }),
    ("Relation", "count", |c, o, _| Ok(leaf(c.graph.count_of(relation_of(o)?)))),
    ("Gap", "name", |c, o, _| Ok(leaf(c.ontology().gaps[gap_of(o)?].name.as_str()))),
    ("Gap", "description", |c, o, _| Ok(leaf(c.ontology().gaps[gap_of(o)?].description.as_str()))),
    ("Gap", "of", |c, o, _| Ok(objects(c.ontology().gaps[gap_of(o)?].of.iter().copied().map(Object::Kind)))),
];

// -- small conversions -------------------------------------------------------------------------

fn leaf(value: impl Into<Json>) -> Resolved {
    Resolved::Leaf(value.into())
}
fn objects(all: impl Iterator<Item = Object>) -> Resolved {
    Resolved::List(all.map(Resolved::Object).collect())
}
fn entity(ix: Option<EntityIx>) -> Resolved {
    ix.map_or(Resolved::Null, |ix| Resolved::Object(Object::Entity(ix)))
}
fn date(date: &Option<FuzzyDate>) -> Resolved {
    date.as_ref().map_or(Resolved::Null, |d| Resolved::Object(Object::FuzzyDate(Arc::new(d.clone()))))
}

/// A field was asked of an object of another type: a fault of ours, reported as such.
fn mismatch<T>() -> Result<T, GraphqlError> {
    Err(GraphqlError::new(Code::Internal, "a field was asked of an object that does not have it"))
}

macro_rules! handle {
    ($name:ident, $pattern:pat => $out:expr, $ty:ty) => {
        fn $name(object: &Object) -> Result<$ty, GraphqlError> {
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
handle!(gap_of, Object::Gap(at) => *at, usize);
handle!(connection_of, Object::Connection(connection) => connection, &Arc<Connection>);
handle!(page_info_of, Object::PageInfo(connection) => connection, &Arc<Connection>);
handle!(edge_of, Object::Edge(connection, i) => (connection, *i), (&Arc<Connection>, usize));

fn linked_of(object: &Object) -> Result<LinkIx, GraphqlError> {
    let (connection, i) = edge_of(object)?;
    match &connection.items {
        Items::Linked(all) => Ok(all[i].0),
        _ => mismatch(),
    }
}
fn evidence_of<'c>(c: &'c Context, object: &Object) -> Result<(Owner, &'c Evidence), GraphqlError> {
    match object {
        Object::Evidence(owner, at) => Ok((*owner, &c.graph.evidence(*owner)[*at as usize])),
        _ => mismatch(),
    }
}
fn of_entity(c: &Context, object: &Object, read: impl Fn(&Entity) -> Json) -> Answer {
    Ok(Resolved::Leaf(read(c.graph.entity(entity_of(object)?))))
}
fn of_evidence(c: &Context, object: &Object, read: impl Fn(Owner, &Evidence) -> Json) -> Answer {
    let (owner, evidence) = evidence_of(c, object)?;
    Ok(null_or_leaf(read(owner, evidence)))
}
fn of_date(object: &Object, read: impl Fn(&FuzzyDate) -> Json) -> Answer {
    match object {
        Object::FuzzyDate(date) => Ok(null_or_leaf(read(date))),
        _ => mismatch(),
    }
}
fn of_identifier(object: &Object, read: impl Fn(&Identifier) -> Json) -> Answer {
    match object {
        Object::Identifier(identifier) => Ok(Resolved::Leaf(read(identifier))),
        _ => mismatch(),
    }
}
fn of_text(c: &Context, object: &Object, read: impl Fn(&crate::graph::SourceText) -> Json) -> Answer {
    match object {
        Object::SourceText(ix) => {
            Ok(c.graph.entity(*ix).text.as_ref().map_or(Resolved::Null, |t| null_or_leaf(read(t))))
        }
        _ => mismatch(),
    }
}
fn of_property(c: &Context, object: &Object, read: impl Fn(&Property) -> Json) -> Answer {
    match object {
        Object::Property(ix) => Ok(Resolved::Leaf(read(c.ontology().property(*ix)))),
        Object::LinkProperty(relation, at) => {
            Ok(Resolved::Leaf(read(&c.ontology().relation(*relation).properties[*at as usize])))
        }
        _ => mismatch(),
    }
}
fn null_or_leaf(json: Json) -> Resolved {
    if json.is_null() { Resolved::Null } else { Resolved::Leaf(json) }
}

// -- nodes and evidence ------------------------------------------------------------------------

fn node(c: &Context, id: &str) -> Resolved {
    let graph = &c.graph;
    if let Some(ix) = graph.find(id) {
        return Resolved::Object(Object::Entity(ix));
    }
    if let Some(ix) = graph.find_link(id) {
        return Resolved::Object(Object::Link(ix));
    }
    match graph.find_evidence(id) {
        Some((owner, evidence)) => {
            let at = graph.evidence(owner).iter().position(|e| std::ptr::eq(e, evidence)).unwrap_or(0);
            Resolved::Object(Object::Evidence(owner, at as u32))
        }
        None => Resolved::Null,
    }
}

fn nodes(c: &Context, _: &Object, arguments: &Arguments) -> Answer {
    let ids = arguments.texts("ids").unwrap_or_default();
    if ids.len() > NODES_MAX {
        return Err(GraphqlError::limit(
            "`nodes(ids:)`",
            ids.len() as u64,
            NODES_MAX as u64,
            "ask in several requests",
        ));
    }
    Ok(Resolved::List(ids.iter().map(|id| node(c, id)).collect()))
}

fn entity_by(c: &Context, _: &Object, arguments: &Arguments) -> Answer {
    let by = Arguments(arguments.object("by").cloned().unwrap_or_default());
    if let Some(id) = by.text("id") {
        return Ok(entity(c.graph.find(&id)));
    }
    let Some(identifier) = by.object("identifier").cloned().map(Arguments) else {
        return Err(GraphqlError::new(
            Code::BadArgument,
            "`by` takes exactly one of id, identifier, not null",
        ));
    };
    let (scheme, value) =
        (identifier.text("scheme").unwrap_or_default(), identifier.text("value").unwrap_or_default());
    Ok(entity(c.graph.find_identifier(&scheme, &value)))
}

fn evidence_list(c: &Context, owner: Owner) -> Answer {
    let all = c.graph.evidence(owner).len();
    c.budget.spend(all as u64)?;
    Ok(objects((0..all as u32).map(|at| Object::Evidence(owner, at))))
}

fn entity_evidence(c: &Context, object: &Object, arguments: &Arguments) -> Answer {
    let ix = entity_of(object)?;
    let Some(name) = arguments.text("property") else { return evidence_list(c, Owner::Entity(ix)) };
    let entity = c.graph.entity(ix);
    let Some(property) = c.ontology().property_of(entity.kind, &name) else {
        let kind = c.ontology().kind(entity.kind);
        let known: Vec<&str> =
            kind.properties.iter().map(|p| c.ontology().property(*p).name.as_str()).collect();
        let help = crate::ontology::suggest(&name, known);
        return Err(GraphqlError::new(
            Code::BadArgument,
            format!("{} has no property `{name}`; {help}", kind.name),
        ));
    };
    let supporting = entity.evidence.iter().enumerate().filter(|(_, e)| e.properties.contains(&property));
    Ok(objects(supporting.map(|(at, _)| Object::Evidence(Owner::Entity(ix), at as u32))))
}

fn evidence_href(c: &Context, object: &Object, _: &Arguments) -> Answer {
    let (_, evidence) = evidence_of(c, object)?;
    let source = c.graph.entity(evidence.source);
    let url = c
        .ontology()
        .property_of(source.kind, "url")
        .and_then(|ix| source.property(ix))
        .and_then(Value::as_text);
    Ok(evidence.href(url).map_or(Resolved::Null, leaf))
}

fn source_text(c: &Context, object: &Object, _: &Arguments) -> Answer {
    let ix = entity_of(object)?;
    Ok(if c.graph.entity(ix).text.is_some() {
        Resolved::Object(Object::SourceText(ix))
    } else {
        Resolved::Null
    })
}

fn property(c: &Context, ix: EntityIx, property: PropertyIx) -> Answer {
    let declared = c.ontology().property(property);
    match c.graph.entity(ix).property(property) {
        None if declared.list => Ok(Resolved::List(Vec::new())),
        None => Ok(Resolved::Null),
        Some(Value::List(values)) => {
            Ok(Resolved::List(values.iter().map(|v| value_of(c.ontology(), v)).collect()))
        }
        Some(value) => Ok(value_of(c.ontology(), value)),
    }
}

fn value_of(ontology: &Ontology, value: &Value) -> Resolved {
    match value {
        Value::Text(text) => leaf(&**text),
        Value::Int(number) => leaf(*number),
        Value::Float(number) => leaf(*number),
        Value::Boolean(truth) => leaf(*truth),
        Value::Date(day) => leaf(day.to_string()),
        Value::FuzzyDate(date) => Resolved::Object(Object::FuzzyDate(date.clone())),
        Value::Symbol(ix, at) => leaf(ontology.enumeration(*ix).words[*at as usize].name.as_str()),
        Value::List(values) => Resolved::List(values.iter().map(|v| value_of(ontology, v)).collect()),
    }
}

fn value_text(ontology: &Ontology, value: &Value) -> String {
    match value {
        Value::FuzzyDate(date) => date.edtf().to_owned(),
        Value::List(values) => values.iter().map(|v| value_text(ontology, v)).collect::<Vec<_>>().join(", "),
        other => match value_of(ontology, other) {
            Resolved::Leaf(Json::String(text)) => text,
            Resolved::Leaf(json) => json.to_string(),
            _ => String::new(),
        },
    }
}

// -- lists -------------------------------------------------------------------------------------

/// A page of a list with what its fields need.
#[derive(Debug)]
pub struct Connection {
    items: Items,
    page: Page,
    tag: OrderTag,
    /// The list this page is of, where links made it.
    list: Option<(EntityIx, RelationIx, Direction)>,
}

/// The items of one page.
#[derive(Debug)]
enum Items {
    Entities(Vec<EntityIx>),
    Linked(Vec<(LinkIx, EntityIx)>),
    Links(Vec<LinkIx>),
}

impl Items {
    fn len(&self) -> usize {
        match self {
            Items::Entities(all) => all.len(),
            Items::Linked(all) => all.len(),
            Items::Links(all) => all.len(),
        }
    }
}

impl Connection {
    fn node(&self, i: usize) -> Resolved {
        Resolved::Object(match &self.items {
            Items::Entities(all) => Object::Entity(all[i]),
            Items::Linked(all) => Object::Entity(all[i].1),
            Items::Links(all) => Object::Link(all[i]),
        })
    }

    fn cursor(&self, graph: &Graph, i: usize) -> String {
        match &self.items {
            Items::Entities(all) => cursor(self.tag, &graph.entity(all[i]).id),
            Items::Linked(all) => cursor(self.tag, &graph.entity(all[i].1).id),
            Items::Links(all) => cursor(self.tag, &graph.link_id(all[i])),
        }
    }
}

fn connection(
    items: Items,
    page: Page,
    tag: OrderTag,
    list: Option<(EntityIx, RelationIx, Direction)>,
) -> Answer {
    Ok(Resolved::Object(Object::Connection(Arc::new(Connection { items, page, tag, list }))))
}

/// What a cursor is bound to: the list's name and its order.
fn tag_of(list: &str, sorts: &[Sort]) -> OrderTag {
    order_tag(&format!("{list} {sorts:?}"))
}

fn entities(c: &Context, _: &Object, arguments: &Arguments) -> Answer {
    let of = Common::Family(c.ontology().root);
    let all: Vec<EntityIx> = c.graph.entities().collect();
    entity_list(c, &all, arguments.kinds(c.ontology()), of, "entities", arguments)
}

/// How many items are looked at between two looks at the clock's flag.
const STRIDE: usize = 1024;

/// The items that pass. Takes from the budget for each item as it is looked at, `tests` steps a
/// piece, so that a walk over many stops soon after it is told to.
fn keep<T: Copy>(
    c: &Context,
    tests: u64,
    items: impl Iterator<Item = T>,
    passes: impl Fn(&T) -> bool,
) -> Result<Vec<T>, GraphqlError> {
    let mut kept = Vec::new();
    for (i, item) in items.enumerate() {
        if i.is_multiple_of(STRIDE) {
            c.budget.spend(0)?;
        }
        c.budget.spend(tests)?;
        if passes(&item) {
            kept.push(item);
        }
    }
    Ok(kept)
}

/// A page of `all`, which is in insertion order. Without a filter or order of its own a page
/// costs a binary search; with them, a walk over all.
fn entity_list(
    c: &Context,
    all: &[EntityIx],
    kinds: Option<Vec<KindIx>>,
    of: Common,
    name: &str,
    arguments: &Arguments,
) -> Answer {
    let graph = &c.graph;
    let request = arguments.page(c.page_max)?;
    let filter = arguments.entity_filter(c.ontology(), of)?;
    let sorts = arguments.sorts(c.ontology(), of);
    let tag = tag_of(name, &sorts);
    let mut kept;
    let mut list = all;
    if filter.is_some() || kinds.is_some() || !sorts.is_empty() {
        let tests = 1 + filter.as_ref().map_or(0, EntityFilter::size) + sorts.len() as u64;
        let of_kind = |ix: &EntityIx| kinds.as_ref().is_none_or(|k| k.contains(&graph.entity(*ix).kind));
        let passes = |ix: &EntityIx| of_kind(ix) && filter.as_ref().is_none_or(|f| f.holds(graph, *ix));
        kept = keep(c, tests, all.iter().copied(), passes)?;
        if !sorts.is_empty() {
            kept.sort_by(|a, b| compare(graph, &sorts, *a, *b));
        }
        list = &kept;
    }
    let position = |id: &str| {
        let ix = graph.find(id)?;
        if sorts.is_empty() { list.binary_search(&ix).ok() } else { list.iter().position(|i| *i == ix) }
    };
    let page = paginate(&request, tag, list.len(), position)?;
    let items = list[page.range.clone()].to_vec();
    c.budget.spend(items.len() as u64)?;
    connection(Items::Entities(items), page, tag, None)
}

/// A page of the entities along one relation, with the links that lead there.
fn along(
    c: &Context,
    from: EntityIx,
    relation: RelationIx,
    direction: Direction,
    to: Common,
    arguments: &Arguments,
) -> Answer {
    let graph = &c.graph;
    let request = arguments.page(c.page_max)?;
    let filter = arguments.entity_filter(c.ontology(), to)?;
    let sorts = arguments.sorts(c.ontology(), to);
    let basis = arguments.basis();
    let tag = tag_of(c.ontology().relation(relation).name_in(direction), &sorts);
    let links = graph.along(from, relation, direction);
    let tests = 1 + filter.as_ref().map_or(0, EntityFilter::size);
    let linked = links.map(|link| (link, graph.far_end(link, from)));
    let mut list: Vec<(LinkIx, EntityIx)> = keep(c, tests, linked, |(link, ix)| {
        basis.is_none_or(|b| graph.link(*link).basis() == b)
            && filter.as_ref().is_none_or(|f| f.holds(graph, *ix))
    })?;
    if !sorts.is_empty() {
        list.sort_by(|a, b| compare(graph, &sorts, a.1, b.1));
    }
    let position = |id: &str| graph.find(id).and_then(|ix| list.iter().position(|(_, i)| *i == ix));
    let page = paginate(&request, tag, list.len(), position)?;
    let items = list[page.range.clone()].to_vec();
    connection(Items::Linked(items), page, tag, Some((from, relation, direction)))
}

/// A page of all links, or of those of one entity.
fn link_list(c: &Context, of: Option<EntityIx>, arguments: &Arguments) -> Answer {
    let graph = &c.graph;
    let request = arguments.page(c.page_max)?;
    let filter = arguments.link_filter(c.ontology())?;
    let relations = arguments.relations(c.ontology());
    let basis: Option<Basis> = arguments.basis();
    let passes = |ix: &LinkIx| {
        relations.as_ref().is_none_or(|r| r.contains(&graph.link(*ix).relation))
            && basis.is_none_or(|b| graph.link(*ix).basis() == b)
            && filter.as_ref().is_none_or(|f| f.holds(graph, *ix))
    };
    let tests = 1 + filter.as_ref().map_or(0, LinkFilter::size);
    let list: Vec<LinkIx> = match of {
        None => keep(c, tests, graph.links(), passes)?,
        Some(ix) => {
            let wanted = arguments.text("direction");
            let mut list = Vec::new();
            for (word, direction) in [("OUTGOING", Direction::Forward), ("INCOMING", Direction::Inverse)] {
                if wanted.as_deref().is_none_or(|w| w == word) {
                    let links = graph.links_of(ix, direction);
                    list.extend(keep(c, tests, links, passes)?);
                }
            }
            // A symmetric link is both ways; it is listed forward, and incoming shows it too.
            if wanted.as_deref() == Some("INCOMING") {
                let symmetric = |l: &LinkIx| c.ontology().relation(graph.link(*l).relation).symmetric;
                list.extend(graph.links_of(ix, Direction::Forward).filter(symmetric).filter(passes));
            }
            list.sort_unstable();
            list
        }
    };
    let tag = tag_of(if of.is_some() { "entity links" } else { "links" }, &[]);
    let page = paginate(&request, tag, list.len(), |id| list.binary_search(&graph.find_link(id)?).ok())?;
    let items = list[page.range.clone()].to_vec();
    connection(Items::Links(items), page, tag, None)
}
