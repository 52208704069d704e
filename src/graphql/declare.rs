//! From the ontology to the schema: one SDL text, made of `schema/api.graphql` and what follows
//! from kinds, properties, relations and vocabularies. Everything else (validation, the slow
//! road, the printed SDL) reads the schema that comes out; nothing names a kind.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use apollo_compiler::Schema;
use apollo_compiler::ast::{Definition, Document};
use apollo_compiler::validation::Valid;

use super::conformance;
use crate::ontology::{
    Common, Datatype, Direction, Family, Ontology, Property, PropertyIx, ROOT, RelationIx, lower_first,
    sdl_type, upper_snake,
};

/// The hand-written part of the API.
pub const API: &str = include_str!("../../schema/api.graphql");

/// What api.graphql calls the kind that evidence quotes, whatever its name.
const SOURCE_KIND: &str = "SourceKind";

/// The arguments of every list of entities, after what is its own.
const PAGE_ARGUMENTS: &str = r#"
    "How many; 20 by default." first: Int
    "After this one." after: String
    "From the end." last: Int
    "Before this one." before: String"#;

/// The schema and its text.
#[derive(Debug)]
pub struct Declaration {
    /// For validation and planning.
    pub schema: Valid<Schema>,
    /// What is printed: definitions sorted by name, every one described.
    pub sdl: String,
}

/// Declares the schema of an ontology.
///
/// # Errors
/// Where names of the ontology meet names of the API; each as apollo-compiler words it.
pub fn declare(ontology: &Ontology) -> Result<Declaration, String> {
    let text = full_text(ontology);
    let schema = Schema::parse_and_validate(&text, "schema.graphql")
        .map_err(|e| format!("the ontology and the API do not go together:\n{}", e.errors))?;
    Ok(Declaration { schema, sdl: sorted(&text) })
}

/// Definitions sorted by name, the schema definition first; fields stay in reading order.
fn sorted(text: &str) -> String {
    let Ok(mut document) = Document::parse(text, "schema.graphql") else { return text.to_owned() };
    document.definitions.retain(|d| !matches!(d, Definition::DirectiveDefinition(d) if d.name == "oneOf"));
    document.definitions.sort_by_cached_key(|d| {
        (!matches!(d, Definition::SchemaDefinition(_)), d.name().map(|n| n.to_string()))
    });
    with_packed_arguments(&with_short_descriptions(&document.to_string()))
}

/// What begins and ends a description of several lines.
const QUOTES: &str = "\"\"\"";

/// Columns that a line of packed arguments has at most.
const COLUMNS: usize = 110;

/// The lines, with a description of one line in one quote at each end.
fn with_short_descriptions(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = Vec::with_capacity(lines.len());
    let mut at = 0;
    while at < lines.len() {
        let inner = lines[at].trim_start();
        let closing = |line: &&str| line.trim() == QUOTES;
        let end = if inner == QUOTES {
            lines[at + 1..].iter().position(closing).map_or(at, |n| at + 1 + n)
        } else {
            at
        };
        let told = match end - at {
            2 => Some(lines[at + 1].trim()),
            _ => inner.strip_prefix(QUOTES).and_then(|rest| rest.strip_suffix(QUOTES)),
        };
        match told.filter(|told| !told.is_empty() && !told.contains(['"', '\\'])) {
            Some(told) => out.push(format!("{}\"{told}\"", &lines[at][..lines[at].len() - inner.len()])),
            None => out.extend(lines[at..=end].iter().map(|line| (*line).to_owned())),
        }
        at = end + 1;
    }
    out
}

/// The text of lines, with several arguments to a line, each behind its description: a field at one
/// glance.
fn with_packed_arguments(lines: &[String]) -> String {
    let mut sdl = String::new();
    let mut lines = lines.iter();
    while let Some(line) = lines.next() {
        let _ = writeln!(sdl, "{line}");
        if !line.ends_with('(') {
            continue;
        }
        let (mut row, mut described) = (String::new(), String::new());
        for line in lines.by_ref() {
            let inner = line.trim();
            if inner.starts_with(')') {
                let _ = writeln!(sdl, "    {}\n{line}", row.trim_end_matches(','));
                break;
            }
            if inner.starts_with('"') {
                described = format!("{inner} ");
                continue;
            }
            if !row.is_empty() && row.len() + described.len() + inner.len() + 5 > COLUMNS {
                let _ = writeln!(sdl, "    {row}");
                row.clear();
            }
            if !row.is_empty() {
                row.push(' ');
            }
            row += &described;
            row += inner;
            described.clear();
        }
    }
    sdl
}

/// What a linked list or a root list holds: its type name, its properties and whether it is of one kind.
struct Target<'a> {
    name: &'a str,
    properties: &'a [PropertyIx],
    /// What is a field of it.
    relations: Vec<(RelationIx, Direction)>,
    one_kind: bool,
}

fn target(ontology: &Ontology, common: Common) -> Target<'_> {
    match common {
        Common::Kind(ix) => {
            let kind = ontology.kind(ix);
            let relations = ontology.relations_of(ix).collect();
            Target { name: &kind.name, properties: &kind.properties, relations, one_kind: true }
        }
        Common::Family(ix) => {
            let family = ontology.family(ix);
            let relations = relations_of_family(ontology, family);
            Target { name: &family.name, properties: &family.properties, relations, one_kind: false }
        }
    }
}

fn full_text(ontology: &Ontology) -> String {
    let source_name = &ontology.kind(ontology.source_kind()).name;
    let api = API.replace(SOURCE_KIND, source_name);
    let entity_fields = fields_of(&api, ROOT, &[]);
    // What pages of links have, all pages have, but for the items.
    let page_fields = fields_of(&api, "LinkConnection", &["edges", "nodes"]);
    let mut out = api;
    out.push_str(conformance::SDL);
    out.push_str("\n\"Exactly one field of the input must be given.\"\ndirective @oneOf on INPUT_OBJECT\n");

    // Every common target of a relation gets a linked connection; kinds and those targets get filters.
    let mut linked: BTreeSet<Common> = BTreeSet::new();
    for ix in ontology.relation_indexes() {
        let relation = ontology.relation(ix);
        linked.extend(relation.directions().iter().map(|d| ontology.narrowest(relation.targets(*d))));
    }
    let mut targets: BTreeSet<Common> = linked.clone();
    targets.extend(ontology.kind_indexes().map(Common::Kind));
    targets.insert(Common::Family(ontology.root));

    families(ontology, &entity_fields, &mut out);
    kinds(ontology, &entity_fields, &mut out);
    names(ontology, &mut out);
    inputs(ontology, &mut out);
    for common in &targets {
        let target = target(ontology, *common);
        // Root lists are of one kind or of all; families in between are reached through links.
        if target.one_kind || *common == Common::Family(ontology.root) {
            connection(&target, "", &page_fields, &mut out);
        }
        if linked.contains(common) {
            connection(&target, "Linked", &page_fields, &mut out);
            links_filter(&target, &mut out);
        }
        filter_and_order(ontology, &target, &mut out);
    }
    out
}

impl PartialOrd for Common {
    fn partial_cmp(&self, other: &Common) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Common {
    fn cmp(&self, other: &Common) -> std::cmp::Ordering {
        let key = |c: &Common| match c {
            Common::Family(f) => (0, f.0),
            Common::Kind(k) => (1, k.0),
        };
        key(self).cmp(&key(other))
    }
}

/// The fields that api.graphql gives to a type, as SDL, but for some.
fn fields_of(api: &str, of: &str, but: &[&str]) -> String {
    let Ok(document) = Document::parse(api, "api.graphql") else { return String::new() };
    let fields = document.definitions.iter().find_map(|d| match d {
        Definition::InterfaceTypeDefinition(i) if i.name == of => Some(&i.fields),
        Definition::ObjectTypeDefinition(o) if o.name == of => Some(&o.fields),
        _ => None,
    });
    let wanted = fields.into_iter().flatten().filter(|f| !but.contains(&f.name.as_str()));
    wanted.map(|f| format!("{f}\n")).collect()
}

fn families(ontology: &Ontology, entity_fields: &str, out: &mut String) {
    for (at, family) in ontology.families.iter().enumerate() {
        if at == ontology.root.0 as usize {
            let _ = writeln!(out, "extend interface {ROOT} {{");
            properties(ontology, &family.properties, out);
            out.push_str("}\n");
            continue;
        }
        describe(&family.description, out);
        let above: Vec<&str> = family.families.iter().map(|f| ontology.family(*f).name.as_str()).collect();
        let _ = writeln!(
            out,
            "interface {} implements Node & {} {{\n{entity_fields}",
            family.name,
            above.join(" & ")
        );
        properties(ontology, &family.properties, out);
        for (ix, direction) in relations_of_family(ontology, family) {
            relation_field(ontology, ix, direction, out);
        }
        out.push_str("}\n");
    }
}

/// The relations that all kinds of a family have.
fn relations_of_family(ontology: &Ontology, family: &Family) -> Vec<(RelationIx, Direction)> {
    let all = ontology
        .relation_indexes()
        .flat_map(|ix| ontology.relation(ix).directions().iter().map(move |direction| (ix, *direction)));
    let shared = |(ix, direction): &(RelationIx, Direction)| {
        family.kinds.iter().all(|kind| ontology.relation(*ix).holders(*direction).contains(kind))
    };
    all.filter(shared).collect()
}

fn kinds(ontology: &Ontology, entity_fields: &str, out: &mut String) {
    let mut roots = String::new();
    for ix in ontology.kind_indexes() {
        let kind = ontology.kind(ix);
        describe(&kind.description, out);
        let families: Vec<&str> = kind.families.iter().map(|f| ontology.family(*f).name.as_str()).collect();
        let _ = writeln!(
            out,
            "type {} implements Node & {} {{\n{entity_fields}",
            kind.name,
            families.join(" & ")
        );
        properties(ontology, &kind.properties, out);
        if kind.is_source {
            out.push_str("\"The text behind it and when its quotes were last checked.\"\ntext: SourceText\n");
        }
        for (relation, direction) in ontology.relations_of(ix) {
            relation_field(ontology, relation, direction, out);
        }
        out.push_str("}\n");

        let singular = lower_first(&kind.name);
        describe(
            &format!(
                "The {} of that id; null if there is none, or it is of another kind (`node` takes any).",
                kind.name
            ),
            &mut roots,
        );
        let _ = writeln!(
            roots,
            "{singular}(\"Such as `{}/…`; ids that were merged still resolve.\" id: ID!): {}",
            kind.prefix, kind.name
        );
        describe(&format!("Every {}, page by page. {}", kind.name, kind.description), &mut roots);
        let _ = writeln!(
            roots,
            "{}(\"Which ones.\" where: {name}Filter\n\"In which order.\" orderBy: [{name}Order!]{PAGE_ARGUMENTS}): {name}Connection!",
            kind.plural,
            name = kind.name
        );
    }
    let _ = writeln!(out, "extend type Query {{\n{roots}}}");
}

fn properties(ontology: &Ontology, all: &[PropertyIx], out: &mut String) {
    for ix in all {
        let property = ontology.property(*ix);
        describe(&property.description, out);
        let _ = writeln!(out, "{}: {}", property.name, sdl_type(property, &ontology.enums));
    }
}

fn relation_field(ontology: &Ontology, ix: RelationIx, direction: Direction, out: &mut String) {
    let relation = ontology.relation(ix);
    let name = target(ontology, ontology.narrowest(relation.targets(direction))).name;
    let description = match direction {
        Direction::Forward => &relation.description,
        Direction::Inverse => &relation.inverse_description,
    };
    describe(description, out);
    let _ = writeln!(
        out,
        "{}(\"Which ones.\" where: {name}Filter\n\"In which order.\" orderBy: [{name}Order!]\n\"By link.\" link: LinkFilter\n\"Stated or inferred.\" basis: Basis{PAGE_ARGUMENTS}): Linked{name}Connection!",
        relation.name_in(direction)
    );
}

/// What mutations take of entities and links: an input a kind, and one that is any of them.
fn inputs(ontology: &Ontology, out: &mut String) {
    let (mut fields, mut any) = (String::new(), String::new());
    for kind in &ontology.kinds {
        let name = &kind.name;
        let _ = writeln!(
            out,
            "\"A {name} as it is written; what an update does not give stays, and null clears.\"\ninput {name}Input {{\n\"`{}/…`, unique for ever.\"\nid: ID!",
            kind.prefix
        );
        for ix in &kind.properties {
            let property = ontology.property(*ix);
            let need = if property.required { " Needed." } else { "" };
            describe(&format!("See `{}`.{need}", property.name), out);
            let _ = writeln!(out, "{}: {}", property.name, input_type(property, ontology));
        }
        out.push_str("\"Names in other schemes.\"\nidentifiers: [IdentifierInput!]\n\"What supports it.\"\nevidence: [EvidenceInput!]\n\"Options; not within a batch.\"\ncommit: CommitInput\n}\n");
        for (verb, doing) in [("create", "Adds a new"), ("update", "Sets parts of a")] {
            let _ = writeln!(
                fields,
                "\"{doing} {name}.\"\n{verb}{name}(\"The {name}.\" input: {name}Input!): ChangesPayload"
            );
        }
        let _ = writeln!(any, "\"A {name}.\"\n{}: {name}Input", lower_first(name));
    }
    let _ = writeln!(
        out,
        "extend type Mutation {{\n{fields}}}\n\"An entity: exactly one of these.\"\ninput EntityInput @oneOf {{\n{any}}}"
    );
    out.push_str(
        "\"Properties of links, of whichever relation: each takes its own.\"\ninput LinkPropertiesInput {\n",
    );
    let mut taken = BTreeSet::new();
    for property in ontology.relations.iter().flat_map(|relation| &relation.properties) {
        if taken.insert(property.name.clone()) {
            describe(&property.description, out);
            let _ = writeln!(out, "{}: {}", property.name, input_type(property, ontology));
        }
    }
    if taken.is_empty() {
        out.push_str("\"There are none.\"\nnone: Boolean\n");
    }
    out.push_str("}\n");
}

/// The type of a property where it is given, never required: an update need not give it.
fn input_type(property: &Property, ontology: &Ontology) -> String {
    let ty = sdl_type(property, &ontology.enums);
    let named = ty.replace("FuzzyDate", "FuzzyDateInput");
    if property.list { named.trim_end_matches('!').to_owned() } else { named.trim_matches('!').to_owned() }
}

/// The enums of names and vocabularies, and the filters of vocabularies.
fn names(ontology: &Ontology, out: &mut String) {
    out.push_str("\"The kinds, as words.\"\nenum KindName {\n");
    for kind in &ontology.kinds {
        describe(&kind.description, out);
        let _ = writeln!(out, "{}", upper_snake(&kind.name));
    }
    out.push_str("}\n\"The relations, as words.\"\nenum RelationName {\n");
    for relation in &ontology.relations {
        describe(&relation.description, out);
        let _ = writeln!(out, "{}", upper_snake(&relation.name));
    }
    out.push_str("}\n");
    for enumeration in &ontology.enums {
        let name = &enumeration.name;
        describe(&enumeration.description, out);
        let _ = writeln!(out, "enum {name} {{");
        for word in &enumeration.words {
            describe(&word.description, out);
            let _ = writeln!(out, "{}", word.name);
        }
        let _ = writeln!(
            out,
            "}}\n\"Tests of a {name}. All that is given must hold.\"\ninput {name}Filter {{\n\"This one.\" eq: {name}\n\"Not this one.\" ne: {name}\n\"One of these.\" in: [{name}!]\n\"None of these.\" notIn: [{name}!]\n\"Absent (true) or given (false).\" isNull: Boolean\n}}"
        );
    }
}

fn connection(target: &Target<'_>, prefix: &str, page_fields: &str, out: &mut String) {
    let name = target.name;
    let linked = prefix == "Linked";
    let (page, edge) = if linked {
        (
            format!("A page of {name} nodes reached through links."),
            format!("One {name} node and the link to it."),
        )
    } else {
        (format!("A page of {name} nodes."), format!("One {name} node and its cursor."))
    };
    describe(&page, out);
    let _ = writeln!(
        out,
        "type {prefix}{name}Connection {{\n\"The nodes with their cursors.\" edges: [{prefix}{name}Edge!]!\n\"The nodes alone.\" nodes: [{name}!]!\n{page_fields}"
    );
    if linked {
        out.push_str("\"How much of the whole list is there.\" completeness: Completeness!\n\"Where that is said; empty if nothing is.\" completenessEvidence: [Evidence!]!\n");
    }
    out.push_str("}\n");
    describe(&edge, out);
    let _ = writeln!(
        out,
        "type {prefix}{name}Edge {{\n\"For `after` and `before`.\" cursor: String!\n\"The node.\" node: {name}!"
    );
    if linked {
        out.push_str(
            "\"The link to it.\" link: Link!\n\"The words the link rests on.\" evidence: [Evidence!]!\n",
        );
    }
    out.push_str("}\n");
}

fn filter_and_order(ontology: &Ontology, target: &Target<'_>, out: &mut String) {
    let name = target.name;
    let _ = writeln!(
        out,
        "\"Which {name} nodes. All that is given must hold.\"\ninput {name}Filter {{\n\"All of these.\" and: [{name}Filter!]\n\"Any of these.\" or: [{name}Filter!]\n\"Not this.\" not: {name}Filter\n\"The id.\" id: IDFilter\n\"A name in another scheme.\" identifiers: IdentifierFilter"
    );
    if !target.one_kind {
        out.push_str("\"The kind.\" kind: KindNameFilter\n");
    }
    let all: Vec<&Property> = target.properties.iter().map(|ix| ontology.property(*ix)).collect();
    for property in &all {
        let _ =
            writeln!(out, "\"By `{0}`.\"\n{0}: {1}", property.name, filter_of(ontology, property.datatype));
    }
    for (relation, direction) in &target.relations {
        let relation = ontology.relation(*relation);
        let to = self::target(ontology, ontology.narrowest(relation.targets(*direction))).name;
        let name = relation.name_in(*direction);
        let _ = writeln!(out, "\"By links.\"\n{name}: {to}LinksFilter");
    }
    let _ =
        writeln!(out, "}}\n\"By what to order {name} nodes.\"\nenum {name}OrderField {{\n\"The id.\"\nID");
    for property in all.iter().filter(|p| !p.list) {
        let _ = writeln!(out, "\"By `{}`.\"\n{}", property.name, upper_snake(&property.name));
    }
    let _ = writeln!(
        out,
        "}}\n\"An order of {name} nodes; absent values come last, equal ones in insertion order.\"\ninput {name}Order {{\n\"By what of its own.\" field: {name}OrderField\n\"Or by its links.\" links: LinksOrder\n\"Which way.\" direction: OrderDirection! = ASC\n}}"
    );
}

fn links_filter(target: &Target<'_>, out: &mut String) {
    let name = target.name;
    let _ = writeln!(
        out,
        "\"Tests of links to {name} nodes. All that is given must hold.\"\ninput {name}LinksFilter {{\n\"Only these links are looked at.\" link: LinkFilter\n\"At least one leads to such a node.\" some: {name}Filter\n\"None does.\" none: {name}Filter\n\"All do, if there are any.\" every: {name}Filter\n\"How many there are.\" count: IntFilter\n}}"
    );
}

/// The filter type of a datatype.
fn filter_of(ontology: &Ontology, datatype: Datatype) -> String {
    match datatype {
        Datatype::String | Datatype::Url => "StringFilter".to_owned(),
        Datatype::Int => "IntFilter".to_owned(),
        Datatype::Float => "FloatFilter".to_owned(),
        Datatype::Boolean => "BooleanFilter".to_owned(),
        Datatype::Date => "DateFilter".to_owned(),
        Datatype::FuzzyDate => "FuzzyDateFilter".to_owned(),
        Datatype::Enum(ix) => format!("{}Filter", ontology.enumeration(ix).name),
    }
}

/// A description on its own line, escaped as a GraphQL string.
fn describe(text: &str, out: &mut String) {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let escaped: String =
        folded.chars().flat_map(|c| if matches!(c, '"' | '\\') { vec!['\\', c] } else { vec![c] }).collect();
    let _ = writeln!(out, "\"{escaped}\"");
}
