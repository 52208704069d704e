//! Tables: entities, links, evidence, and what is said of lists and of ids that are no more, as CSV (RFC 4180)
//! with the headers of `neo4j-admin database import`; together a Frictionless Data Package
//! (<https://datapackage.org/>). `import` reads them back.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::columns::{Cell, Column, Columns, Sort};
use super::{File, Options, Selection};
use crate::graph::{Evidence, Graph, Owner, seal_to_text};
use crate::io::tables::{self, BETWEEN, Named, guarded};

fn text_of(column: &Column, cell: Cell, options: &Options) -> String {
    let Some(values) = cell else { return String::new() };
    let text = if column.list { joined(values) } else { values.into_iter().next().unwrap_or_default() };
    if column.sort == Sort::Text { guarded(text, options.guard) } else { text }
}

fn joined(values: Vec<String>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.replace(BETWEEN, ",")).collect();
    values.join(BETWEEN)
}

/// A header as Neo4j reads it: the name, and what the column is.
fn header(column: &Column, of_links: bool) -> String {
    let role = match (column.name.as_str(), of_links) {
        ("id", false) => ":ID",
        ("kind", false) => ":LABEL",
        ("from", true) => ":START_ID",
        ("to", true) => ":END_ID",
        ("relation", true) => ":TYPE",
        _ => match (column.sort, column.list) {
            (Sort::Text, false) => "",
            (Sort::Text, true) => ":string[]",
            (Sort::Integer, false) => ":int",
            (Sort::Integer, true) => ":int[]",
            (Sort::Number, false) => ":double",
            (Sort::Number, true) => ":double[]",
            (Sort::Truth, false) => ":boolean",
            (Sort::Truth, true) => ":boolean[]",
        },
    };
    format!("{}{role}", column.name)
}

/// The tables as files, in the order of a data package.
const fn of_tables(name: &'static str, title: &'static str, write: super::Writer) -> File {
    File { name, media_type: "text/csv", title, of_answer: false, write }
}
pub(super) const ENTITIES: File = of_tables("entities.csv", "The entities", entities);
pub(super) const LINKS: File = of_tables("links.csv", "The links between them", links);
pub(super) const EVIDENCE: File = of_tables("evidence.csv", "The words that each rests on", evidence);
pub(super) const COMPLETENESS: File =
    of_tables("completeness.csv", "Which lists are said to be complete", completeness);
pub(super) const MERGED: File = of_tables("merged.csv", "Ids that are no more", merged);
pub(super) const DESCRIPTOR: File = File {
    name: "datapackage.json",
    media_type: "application/json",
    title: "What the columns of the tables mean",
    of_answer: false,
    write: descriptor,
};

type Table<'o> = csv::Writer<&'o mut dyn Write>;

pub(super) fn table<'o>(out: &'o mut dyn Write, options: &Options) -> io::Result<Table<'o>> {
    if options.bom {
        out.write_all("\u{FEFF}".as_bytes())?;
    }
    Ok(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out))
}

pub(super) fn entities(
    graph: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let selection = selection.with_sources(graph);
    let columns = Columns::of(graph, &selection);
    let rows = selection.entities.iter().map(|ix| columns.entity(graph, *ix));
    rows_of(&columns.of_entities, false, rows, options, out)
}

pub(super) fn links(
    graph: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = Columns::of(graph, selection);
    let rows = selection.links.iter().map(|ix| columns.link(graph, *ix));
    rows_of(&columns.of_links, true, rows, options, out)
}

fn rows_of(
    columns: &[Column],
    of_links: bool,
    rows: impl Iterator<Item = Vec<Cell>>,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = table(out, options)?;
    table.write_record(columns.iter().map(|column| header(column, of_links)))?;
    for cells in rows {
        let cells = columns.iter().zip(cells);
        table.write_record(cells.map(|(column, cell)| text_of(column, cell, options)))?;
    }
    table.flush()
}

fn begin<'o>(columns: &[Named], options: &Options, out: &'o mut dyn Write) -> io::Result<Table<'o>> {
    let mut table = table(out, options)?;
    table.write_record(columns.iter().map(|(name, _)| name))?;
    Ok(table)
}

pub(super) fn evidence(
    graph: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let selection = selection.with_sources(graph);
    let mut table = begin(&tables::EVIDENCE, options, out)?;
    let mut row = |link: &str, entity: &str, relation: &str, piece: Evidence<'_>| {
        let optional = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let seal = |found: bool| {
            let seal = piece.checked().filter(|(_, is)| *is == found);
            seal.map(|(seal, _)| seal_to_text(&seal)).unwrap_or_default()
        };
        let properties = piece.properties().iter().map(|ix| graph.ontology().property(*ix).name.clone());
        let cells: [String; tables::EVIDENCE.len()] = [
            link.to_owned(),
            entity.to_owned(),
            relation.to_owned(),
            graph.entity(piece.source()).id().to_owned(),
            optional(piece.quote()),
            optional(piece.prefix()),
            optional(piece.suffix()),
            optional(piece.url()),
            optional(piece.fragment()),
            piece.basis().name().to_owned(),
            optional(piece.note()),
            joined(properties.collect()),
            piece.status().name().to_owned(),
            seal(true),
            seal(false),
        ];
        table.write_record(cells.map(|cell| guarded(cell, options.guard)))
    };
    for ix in &selection.entities {
        for piece in graph.evidence(Owner::Entity(*ix)).iter() {
            row("", graph.entity(*ix).id(), "", piece)?;
        }
    }
    for ix in &selection.links {
        let id = graph.link_id(*ix);
        for piece in graph.evidence(Owner::Link(*ix)).iter() {
            row(&id, "", "", piece)?;
        }
    }
    for ((entity, relation, direction), _) in selection.statements(graph) {
        let name = graph.ontology().relation(relation).name_in(direction);
        for piece in graph.evidence(Owner::List(entity, relation, direction)).iter() {
            row("", graph.entity(entity).id(), name, piece)?;
        }
    }
    table.flush()
}

/// What is said of the completeness of lists.
pub(super) fn completeness(
    graph: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = begin(&tables::COMPLETENESS, options, out)?;
    for ((entity, relation, direction), completeness) in selection.statements(graph) {
        let name = graph.ontology().relation(relation).name_in(direction);
        table.write_record([graph.entity(entity).id(), name, completeness.name()])?;
    }
    table.flush()
}

/// Ids that are no more, and what they are merged into.
pub(super) fn merged(
    graph: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = begin(&tables::MERGED, options, out)?;
    for ix in &selection.entities {
        for old in graph.entity(*ix).merged_from() {
            table.write_record([&**old, graph.entity(*ix).id()])?;
        }
    }
    table.flush()
}

/// The descriptor of the tables.
pub(super) fn descriptor(
    graph: &Graph,
    selection: &Selection,
    _: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = Columns::of(graph, &selection.with_sources(graph));
    let field = |name: String, column: &Column| {
        // A list is one cell of text; its separator is told.
        let sort = match (column.list, column.sort) {
            (true, _) => "list",
            (_, Sort::Text) => "string",
            (_, Sort::Integer) => "integer",
            (_, Sort::Number) => "number",
            (_, Sort::Truth) => "boolean",
        };
        let mut field = json!({"name": name, "type": sort, "description": column.description});
        if column.list {
            field["delimiter"] = json!(BETWEEN);
        }
        field
    };
    let fields = |all: &[Column], of_links: bool| -> Vec<Json> {
        all.iter().map(|column| field(header(column, of_links), column)).collect()
    };
    let named = |all: &[Named]| -> Vec<Json> {
        let field = |(name, told): &Named| json!({"name": name, "type": "string", "description": told});
        all.iter().map(field).collect()
    };
    let resource = |name: &str, schema: Json| {
        json!({
            "name": name, "path": format!("{name}.csv"), "type": "table", "format": "csv",
            "mediatype": "text/csv", "encoding": "utf-8", "schema": schema,
        })
    };
    let key = |field: &str, to: &str, other: &str| json!({"fields": [field], "reference": {"resource": to, "fields": [other]}});
    let package = json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "throughline",
        "title": selection.title,
        "version": graph.version().to_string(),
        "resources": [
            resource("entities", json!({"fields": fields(&columns.of_entities, false), "primaryKey": ["id:ID"]})),
            resource("links", json!({
                "fields": fields(&columns.of_links, true), "primaryKey": ["id"],
                "foreignKeys": [key("from:START_ID", "entities", "id:ID"), key("to:END_ID", "entities", "id:ID")],
            })),
            resource("evidence", json!({
                "fields": named(&tables::EVIDENCE),
                "foreignKeys": [key("link", "links", "id"), key("entity", "entities", "id:ID")],
            })),
            resource("completeness", json!({
                "fields": named(&tables::COMPLETENESS),
                "foreignKeys": [key("entity", "entities", "id:ID")],
            })),
            resource("merged", json!({
                "fields": named(&tables::MERGED),
                "foreignKeys": [key("into", "entities", "id:ID")],
            })),
        ],
    });
    serde_json::to_writer_pretty(&mut *out, &package)?;
    out.write_all(b"\n")
}
