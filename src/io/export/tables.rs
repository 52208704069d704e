//! Tables: entities, links and evidence as CSV (RFC 4180) with the headers of `neo4j-admin database import`,
//! and the three together as a Frictionless Data Package (<https://datapackage.org/>).

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use super::columns::{Cell, Column, Columns, Sort};
use super::{Options, Selection};
use crate::graph::{Evidence, Graph, Owner};

/// What Neo4j takes for the end of one value of a list; it cannot be escaped, so a comma stands for it
/// within values.
const BETWEEN: &str = ";";

/// Columns of evidence.
const EVIDENCE: [(&str, &str); 11] = [
    ("link", "The link it supports, or nothing."),
    ("entity", "The entity it supports, or nothing."),
    ("source", "The source it quotes."),
    ("quote", "The words, as they stand there."),
    ("prefix", "What stands before them."),
    ("suffix", "What stands behind them."),
    ("url", "The address that says it itself."),
    ("fragment", "Where in the source they stand."),
    ("basis", "STATED or INFERRED."),
    ("note", "Why it was concluded."),
    ("status", "Whether the words were found in the source."),
];

/// Spreadsheets run what begins so; an apostrophe makes it text.
fn guarded(text: String, guard: bool) -> String {
    let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if guard && runs { format!("'{text}") } else { text }
}

fn text_of(column: &Column, cell: Cell, options: &Options) -> String {
    let Some(values) = cell else { return String::new() };
    let text = if column.list {
        let values: Vec<String> = values.into_iter().map(|value| value.replace(BETWEEN, ",")).collect();
        values.join(BETWEEN)
    } else {
        values.into_iter().next().unwrap_or_default()
    };
    if column.sort == Sort::Text { guarded(text, options.guard) } else { text }
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

fn table<'o>(out: &'o mut dyn Write, options: &Options) -> io::Result<csv::Writer<&'o mut dyn Write>> {
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
    let columns = Columns::of(graph, selection);
    let mut table = table(out, options)?;
    table.write_record(columns.of_entities.iter().map(|column| header(column, false)))?;
    for ix in &selection.entities {
        let cells = columns.of_entities.iter().zip(columns.entity(graph, *ix));
        table.write_record(cells.map(|(column, cell)| text_of(column, cell, options)))?;
    }
    table.flush()
}

pub(super) fn links(
    graph: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = Columns::of(graph, selection);
    let mut table = table(out, options)?;
    table.write_record(columns.of_links.iter().map(|column| header(column, true)))?;
    for ix in &selection.links {
        let cells = columns.of_links.iter().zip(columns.link(graph, *ix));
        table.write_record(cells.map(|(column, cell)| text_of(column, cell, options)))?;
    }
    table.flush()
}

pub(super) fn evidence(
    graph: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = table(out, options)?;
    table.write_record(EVIDENCE.map(|(name, _)| name))?;
    let mut row = |link: &str, entity: &str, piece: Evidence<'_>| {
        let optional = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let cells = [
            link.to_owned(),
            entity.to_owned(),
            graph.entity(piece.source()).id().to_owned(),
            optional(piece.quote()),
            optional(piece.prefix()),
            optional(piece.suffix()),
            optional(piece.url()),
            optional(piece.fragment()),
            piece.basis().name().to_owned(),
            optional(piece.note()),
            piece.status().name().to_owned(),
        ];
        table.write_record(cells.map(|cell| guarded(cell, options.guard)))
    };
    for ix in &selection.entities {
        for piece in graph.evidence(Owner::Entity(*ix)).iter() {
            row("", graph.entity(*ix).id(), piece)?;
        }
    }
    for ix in &selection.links {
        let id = graph.link_id(*ix);
        for piece in graph.evidence(Owner::Link(*ix)).iter() {
            row(&id, "", piece)?;
        }
    }
    table.flush()
}

/// The descriptor of the three tables.
pub(super) fn descriptor(
    graph: &Graph,
    selection: &Selection,
    _: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = Columns::of(graph, selection);
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
    let resource = |name: &str, schema: Json| {
        json!({
            "name": name, "path": format!("{name}.csv"), "type": "table", "format": "csv",
            "mediatype": "text/csv", "encoding": "utf-8", "schema": schema,
        })
    };
    let key = |field: &str, to: &str, other: &str| json!({"fields": [field], "reference": {"resource": to, "fields": [other]}});
    let of_evidence: Vec<Json> = EVIDENCE
        .iter()
        .map(|(name, description)| json!({"name": name, "type": "string", "description": description}))
        .collect();
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
                "fields": of_evidence,
                "foreignKeys": [key("link", "links", "id"), key("entity", "entities", "id:ID")],
            })),
        ],
    });
    serde_json::to_writer_pretty(&mut *out, &package)?;
    out.write_all(b"\n")
}
