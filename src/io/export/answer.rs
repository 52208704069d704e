//! The answer to a query: as it came, and as a table.

use std::io::{self, Write};

use indexmap::IndexSet;
use serde_json::{Map, Value as Json};

use super::tables::table;
use super::{Options, Selection};
use crate::graph::Graph;
use crate::io::tables::guarded;

/// An answer, with what was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The document.
    pub query: String,
    /// Its variables.
    pub variables: Map<String, Json>,
    /// What came back as `data`.
    pub data: Map<String, Json>,
}

impl Selection {
    /// The answer, which formats of answers need.
    pub(super) fn answered(&self) -> io::Result<&Answer> {
        let none = || io::Error::new(io::ErrorKind::InvalidInput, "there is no query to give the answer of");
        self.answer.as_ref().ok_or_else(none)
    }
}

pub(super) fn query(_: &Graph, selection: &Selection, _: &Options, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(selection.answered()?.query.as_bytes())
}

pub(super) fn variables(
    _: &Graph,
    selection: &Selection,
    _: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &selection.answered()?.variables)?;
    out.write_all(b"\n")
}

pub(super) fn json(_: &Graph, selection: &Selection, _: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut answer = Map::new();
    answer.insert("data".to_owned(), Json::Object(selection.answered()?.data.clone()));
    serde_json::to_writer_pretty(&mut *out, &answer)?;
    out.write_all(b"\n")
}

/// A row for each object in which no other stands in a list; beside its own values it has those of all around
/// it, so that a filter on any column finds the rows it concerns. Columns are paths.
pub(super) fn csv(
    _: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rows = Vec::new();
    flatten(&selection.answered()?.data, "", Vec::new(), &mut rows);
    let columns: IndexSet<&str> = rows.iter().flatten().map(|(path, _)| path.as_str()).collect();
    let mut table = table(out, options)?;
    table.write_record(&columns)?;
    for row in &rows {
        let cell = |column: &&str| {
            let found = row.iter().find(|(path, _)| path == column);
            found.map_or_else(String::new, |(_, value)| match value {
                Json::String(text) => guarded(text.clone(), options.guard),
                Json::Null => String::new(),
                other => other.to_string(),
            })
        };
        table.write_record(columns.iter().map(cell))?;
    }
    table.flush()
}

/// Steps of a path that tell a reader nothing.
const SILENT: [&str; 3] = ["edges", "nodes", "node"];

type Row<'a> = Vec<(String, &'a Json)>;

fn flatten<'a>(object: &'a Map<String, Json>, within: &str, around: Row<'a>, rows: &mut Vec<Row<'a>>) {
    let (mut own, mut lists) = (around, Vec::new());
    values(object, within, &mut own, &mut lists);
    let before = rows.len();
    for (path, items) in lists {
        for item in items {
            match item {
                Json::Object(item) => flatten(item, &path, own.clone(), rows),
                value => rows.push(own.iter().cloned().chain([(path.clone(), value)]).collect()),
            }
        }
    }
    // Where nothing stands in its lists it is a row itself.
    if rows.len() == before && !own.is_empty() {
        rows.push(own);
    }
}

/// The values of an object and of objects within it, and its lists of objects.
fn values<'a>(
    object: &'a Map<String, Json>,
    within: &str,
    own: &mut Row<'a>,
    lists: &mut Vec<(String, &'a [Json])>,
) {
    for (key, value) in object {
        let path = match (within, SILENT.contains(&key.as_str())) {
            (_, true) => within.to_owned(),
            ("", _) => key.clone(),
            _ => format!("{within}.{key}"),
        };
        match value {
            Json::Object(inner) => values(inner, &path, own, lists),
            Json::Array(items) if items.iter().any(Json::is_object) => lists.push((path, items)),
            value => own.push((path, value)),
        }
    }
}
