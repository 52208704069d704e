//! Documents in which other tools keep our entities and links: tables, GraphML and RDF, as `export` writes
//! them or as others do with the same names. They are read by the ontology, with no program.

mod cells;
mod graphml;
mod rdf;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use self::cells::Cells;
use super::rows::{Broken, Format, Layout, Next};
use super::{Mapping, decode, rows};
use crate::io::{fault_of_file, read_text};
use crate::ontology::{Datatype, Fault, Location, Ontology, Property};

/// A line of ours, with the file and the row that it stands in; 0 where there are no rows.
pub(super) struct Stated {
    pub(super) file: Arc<str>,
    pub(super) row: usize,
    pub(super) line: Map<String, Json>,
}

/// What documents say.
#[derive(Default)]
pub(super) struct Documents {
    pub(super) lines: Vec<Stated>,
    /// Rows and subjects read.
    pub(super) rows: usize,
    /// What was left out and why, for people.
    pub(super) notes: Vec<String>,
}

/// The descriptor of a data package, which names its tables.
const DESCRIPTOR: &str = "datapackage.json";

/// Whether a file is one of these: it has no program, and a format that is a document or a table.
pub(super) fn is_document(mapping: &Mapping, path: &Path) -> bool {
    mapping.program.is_none()
        && (is_package(path)
            || mapping.format.or_else(|| Format::of(path)).is_some_and(|format| {
                !matches!(format, Format::Json | Format::JsonLines | Format::Yaml | Format::Xml)
            }))
}

fn is_package(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == DESCRIPTOR)
}

/// Reads documents, each format by its rules; tables are read together. Memory: what they hold.
///
/// # Errors
/// Every fault of a file that can be told at once.
pub(super) fn read(
    mapping: &Mapping,
    files: &[PathBuf],
    ontology: &Ontology,
) -> Result<Documents, Vec<Fault>> {
    let (mut documents, mut faults) = (Documents::default(), Vec::new());
    let mut cells = Cells::new(ontology);
    for path in tables_of(files)? {
        let shown: Arc<str> = path.display().to_string().into();
        let whole = |what: String, help: &str| vec![fault_of_file(&shown, what, help)];
        let format = mapping.format.filter(|_| !is_package(&path)).or_else(|| Format::of(&path));
        let format = format.ok_or_else(|| {
            whole(
                "its ending tells no format".to_owned(),
                &format!("name one by --format: {}", Format::names()),
            )
        })?;
        let mut opened = decode::open(&path, mapping.encoding)
            .map_err(|e| whole(format!("cannot be read: {e}"), "check the path"))?;
        let placed = |Broken { line, column, what, help }: Broken| {
            vec![Fault { place: Location { file: shown.to_string(), line, column }, what, help }]
        };
        match format {
            Format::Turtle | Format::TriG | Format::NTriples | Format::NQuads | Format::JsonLd => {
                let read = rdf::read(format, &mut opened.reader, ontology, &mapping.args).map_err(placed)?;
                documents.rows += read.subjects;
                documents.notes.extend(read.notes.into_iter().map(|note| format!("{shown}: {note}")));
                let line = |line| Stated { file: shown.clone(), row: 0, line };
                documents.lines.extend(read.lines.into_iter().map(line));
                faults.extend(read.faults.into_iter().flat_map(|(what, help)| whole(what, help)));
            }
            _ => {
                let delimiter = mapping.delimiter;
                let layout = Layout { format: format.rows(), path: Vec::new(), delimiter };
                let mut number = 0;
                let mut refused = Vec::new();
                let read = rows::read(&layout, &mut *opened.reader, &mut |row| {
                    number += 1;
                    let taken = row.map_err(|what| (number, what)).and_then(|row| match format {
                        Format::GraphMl => graphml::read(&row, &shown, &mut cells),
                        _ => cells.row(&shown, number, &row).map_err(|what| (number, what)),
                    });
                    match taken {
                        Ok(()) => Next::More,
                        Err(why) => {
                            refused.push(why);
                            // What is wrong with one row of a foreign table is wrong with all.
                            if refused.len() < FAULTS { Next::More } else { Next::Enough }
                        }
                    }
                });
                let reason = |(row, what): (usize, String)| fault_of_file(&shown, at_row(row, &what), "");
                faults.extend(refused.into_iter().map(reason));
                read.map_err(placed)?;
            }
        }
    }
    documents.rows += cells.count();
    match cells.lines() {
        Ok((lines, left)) => {
            documents.lines.extend(lines);
            if !left.is_empty() {
                documents.notes.push(left_out(&left));
            }
        }
        Err(more) => faults.extend(more),
    }
    if faults.is_empty() { Ok(documents) } else { Err(faults) }
}

/// What was left out, most frequent first.
pub(super) fn left_out(left: &BTreeMap<String, usize>) -> String {
    let mut left: Vec<(&String, &usize)> = left.iter().collect();
    left.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let shown: Vec<String> = left.iter().take(10).map(|(what, count)| format!("{count} {what}")).collect();
    format!("left out, since the ontology has no word for them: {}", shown.join(", "))
}

/// Rows refused of one table before it is given up.
const FAULTS: usize = 20;

/// A reason with its row, where there is one.
pub fn at_row(row: usize, what: &str) -> String {
    if row == 0 { what.to_owned() } else { format!("row {row}: {what}") }
}

/// The files, those of a data package instead of its descriptor.
fn tables_of(files: &[PathBuf]) -> Result<Vec<PathBuf>, Vec<Fault>> {
    let mut all = Vec::with_capacity(files.len());
    for path in files {
        if !is_package(path) {
            all.push(path.clone());
            continue;
        }
        let (shown, text) = read_text(path).map_err(|fault| vec![fault])?;
        let package: Json = serde_json::from_str(&text).map_err(|e| {
            let place = Location { file: shown.clone(), line: e.line(), column: e.column() };
            vec![Fault { place, what: e.to_string(), help: String::new() }]
        })?;
        let paths = package["resources"].as_array().into_iter().flatten().map(|resource| &resource["path"]);
        let beside = path.parent().unwrap_or(Path::new(""));
        for named in paths {
            // A package may not reach outside its folder (https://datapackage.org/standard/security/).
            let inside = |named: &&str| {
                let mut parts = Path::new(named).components();
                parts.all(|part| matches!(part, std::path::Component::Normal(_)))
            };
            let named = named.as_str().filter(inside).ok_or_else(|| {
                vec![fault_of_file(
                    &shown,
                    format!("the path {named} is none"),
                    "name a file of the same folder",
                )]
            })?;
            all.push(beside.join(named));
        }
    }
    Ok(all)
}

/// Texts as the value of a property: numbers and truths as JSON has them; where they are none, the text, so
/// that whoever admits it says what was expected.
pub(super) fn typed(property: &Property, texts: Vec<String>, kind_of_date: Option<&str>) -> Json {
    let one = |text: String| match property.datatype {
        // Some tools know one sort of number alone.
        Datatype::Int => {
            text.strip_suffix(".0").unwrap_or(&text).parse::<i64>().map_or(json!(text), Json::from)
        }
        Datatype::Float => text.parse::<f64>().map_or(json!(text), Json::from),
        Datatype::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => json!(true),
            "false" | "0" => json!(false),
            _ => json!(text),
        },
        Datatype::FuzzyDate => dated(text, kind_of_date),
        _ => json!(text),
    };
    let mut values: Vec<Json> = texts.into_iter().map(one).collect();
    match values.pop() {
        Some(only) if values.is_empty() && !property.list => only,
        last => Json::Array(values.into_iter().chain(last).collect()),
    }
}

/// A date as our lines have it.
pub(super) fn dated(edtf: String, kind: Option<&str>) -> Json {
    kind.map_or_else(|| json!(edtf), |kind| json!({"edtf": edtf, "kind": kind}))
}
