//! Rows of a file, one after the other: records of a table, elements of an array, lines, documents,
//! elements of a tree.

mod json;
mod table;
mod xml;
mod yaml;

use std::io::{self, BufRead};
use std::path::Path;

use jaq_json::Val;

use super::{object, text, words};

/// What a file is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, with a header.
    Csv,
    /// The same with tabs.
    Tsv,
    /// One document.
    Json,
    /// A document a line.
    JsonLines,
    /// Documents.
    Yaml,
    /// One document.
    Xml,
    /// A graph, as an XML document.
    GraphMl,
    /// RDF.
    Turtle,
    /// RDF with named graphs.
    TriG,
    /// RDF, a triple a line.
    NTriples,
    /// RDF with named graphs, a quad a line.
    NQuads,
    /// RDF as a JSON document.
    JsonLd,
}

impl Format {
    /// Each with the words that name it: the first in options, all as endings of files.
    pub const ALL: [(Format, &[&str]); 12] = [
        (Format::Csv, &["csv"]),
        (Format::Tsv, &["tsv", "tab"]),
        (Format::Json, &["json"]),
        (Format::JsonLines, &["jsonl", "ndjson"]),
        (Format::Yaml, &["yaml", "yml"]),
        (Format::Xml, &["xml"]),
        (Format::GraphMl, &["graphml"]),
        (Format::Turtle, &["turtle", "ttl"]),
        (Format::TriG, &["trig"]),
        (Format::NTriples, &["ntriples", "nt"]),
        (Format::NQuads, &["nquads", "nq"]),
        (Format::JsonLd, &["json-ld", "jsonld"]),
    ];

    /// The format of its rows, for a graph that is XML.
    pub(super) fn rows(self) -> Format {
        if self == Format::GraphMl { Format::Xml } else { self }
    }

    /// The words for options, all of them.
    pub fn names() -> String {
        Self::ALL.map(|(_, words)| words[0]).join(", ")
    }

    /// The format of a file by the ending of its name, `.gz` aside.
    pub fn of(path: &Path) -> Option<Format> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let ending = name.rsplit_once('.')?.1;
        Self::ALL.iter().find(|(_, words)| words.contains(&ending)).map(|(format, _)| *format)
    }
}

/// What a reader gives: a row, or why there is none in its place.
pub(super) type Row = Result<Val, String>;

/// Whether the reader is to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Read on.
    More,
    /// Whoever takes the rows has had enough.
    Enough,
}

/// What ends the reading of a file.
#[derive(Debug)]
pub(super) struct Broken {
    /// The line, from 1; 0 for the whole file.
    pub line: usize,
    /// The column, from 1; 0 for the whole line.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// The way out, or nothing.
    pub help: String,
}

impl Broken {
    pub(super) fn at(line: usize, column: usize, what: impl Into<String>) -> Broken {
        Broken { line, column, what: what.into(), help: String::new() }
    }
    pub(super) fn help(self, help: impl Into<String>) -> Broken {
        Broken { help: help.into(), ..self }
    }
}

impl From<io::Error> for Broken {
    fn from(e: io::Error) -> Broken {
        Broken::at(0, 0, format!("cannot be read: {e}"))
    }
}

/// How rows are told apart.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// What the file is made of.
    pub format: Format,
    /// Where the rows stand within a document: names of keys or elements, from the outside in.
    pub path: Vec<String>,
    /// What stands between cells, where it is not what the format says.
    pub delimiter: Option<u8>,
}

/// Reads rows and gives each, in order, until `give` has had enough. Memory: one row; for YAML one
/// document, for JSON without a path the array's element.
///
/// The rows of a table are objects of its columns, each value text. Of a document, they are the elements
/// of the array at `path`; an object there is one row where the path is empty, and otherwise a row
/// `{key, value}` for each of its members. The rows of XML are the elements at `path`, the root if it is
/// empty, each as `{t: name, a: {attributes}, c: [children]}`, text as text.
///
/// # Errors
/// What is not of the format, with its place.
pub(super) fn read(
    layout: &Layout,
    reader: &mut dyn BufRead,
    give: &mut dyn FnMut(Row) -> Next,
) -> Result<(), Broken> {
    match layout.format {
        Format::Csv => table::read(reader, layout.delimiter.unwrap_or(b','), give),
        Format::Tsv => table::read(reader, layout.delimiter.unwrap_or(b'\t'), give),
        Format::Json => json::read(reader, &layout.path, give),
        Format::JsonLines => json::read_lines(reader, &layout.path, give),
        Format::Yaml => yaml::read(reader, &layout.path, give),
        Format::Xml | Format::GraphMl => xml::read(reader, &layout.path, give),
        Format::Turtle | Format::TriG | Format::NTriples | Format::NQuads | Format::JsonLd => {
            Err(Broken::at(0, 0, "RDF has no rows for a program")
                .help("leave --map out: the ontology reads it"))
        }
    }
}

/// The rows of a document in memory; what [`read`] says of `path`.
fn rows_of(document: Val, path: &[String], give: &mut dyn FnMut(Row) -> Next) -> Result<Next, String> {
    let mut at = document;
    for key in path {
        let members = match &at {
            Val::Obj(members) => members.clone(),
            _ => return Err(format!("there is no `{key}` where an object was expected")),
        };
        at = match members.get(&text(key.as_str())) {
            Some(found) => found.clone(),
            None => return Err(absent(key, members.keys().map(words))),
        };
    }
    match at {
        Val::Arr(elements) => {
            for element in elements.iter() {
                if give(Ok(element.clone())) == Next::Enough {
                    return Ok(Next::Enough);
                }
            }
        }
        Val::Obj(members) if !path.is_empty() => {
            for (key, value) in members.iter() {
                if give(Ok(member(key.clone(), value.clone()))) == Next::Enough {
                    return Ok(Next::Enough);
                }
            }
        }
        Val::Null if path.is_empty() => {} // an empty document
        one => return Ok(give(Ok(one))),
    }
    Ok(Next::More)
}

fn member(key: Val, value: Val) -> Val {
    object([("key", key), ("value", value)])
}

fn absent(key: &str, there: impl Iterator<Item = String>) -> String {
    let there: Vec<String> = there.take(20).map(|k| format!("`{k}`")).collect();
    match there.is_empty() {
        true => format!("there is no `{key}`"),
        false => format!("there is no `{key}`; there are {}", there.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a text and writes what came: a row a line, refusals behind `!`, the end behind `#`.
    fn check(format: Format, path: &[&str], text: &str, expected: &[&str]) {
        let layout = Layout { format, path: path.iter().map(|s| (*s).to_owned()).collect(), delimiter: None };
        let mut came = Vec::new();
        let done = read(&layout, &mut text.as_bytes(), &mut |row| {
            came.push(row.map_or_else(|e| format!("! {e}"), |row| row.to_string()));
            Next::More
        });
        if let Err(e) = done {
            came.push(format!("# {}:{} {}", e.line, e.column, e.what));
        }
        assert_eq!(came, expected, "{format:?} {path:?} {text:?}");
    }

    #[test]
    fn tables() {
        let two = [r#"{"a":"1","b":"x"}"#, r#"{"a":"2","b":"y"}"#];
        for ends in ["\n", "\r\n", "\r"] {
            check(Format::Csv, &[], &["a,b", "1,x", "2,y", ""].join(ends), &two);
        }
        check(Format::Tsv, &[], "a\tb\n1\tx\n2\ty", &two);
        check(Format::Csv, &[], "a\n\"1\n2\"\n", &["{\"a\":\"1\\n2\"}"]);
        check(
            Format::Csv,
            &[],
            "a,b\n1\n1,2,3\n\n3,4\n",
            &[
                "! the row has 1 cell and the header 2 (line 2)",
                "! the row has 3 cells and the header 2 (line 3)",
                r#"{"a":"3","b":"4"}"#,
            ],
        );
        check(Format::Csv, &[], "a,a,\n1,2,3\n", &[r#"{"a":"1","a (2)":"2","column 3":"3"}"#]);
        check(Format::Csv, &[], "", &["# 1:0 the table has no header"]);
        check(Format::Csv, &["x"], "a\n1\n", &[r#"{"a":"1"}"#]);
    }

    #[test]
    fn documents() {
        check(Format::Json, &[], r#"[{"a":1}, 2.50, "x"]"#, &[r#"{"a":1}"#, "2.5", r#""x""#]);
        check(Format::Json, &[], r#"{"a":[1]}"#, &[r#"{"a":[1]}"#]);
        check(Format::Json, &["a"], r#"{"b":{"c":0},"a":[1,2],"d":3}"#, &["1", "2"]);
        check(
            Format::Json,
            &["a", "b"],
            r#"{"a":{"b":{"k":1,"l":2}}}"#,
            &[r#"{"key":"k","value":1}"#, r#"{"key":"l","value":2}"#],
        );
        check(Format::Json, &["x"], r#"{"a":1,"b":2}"#, &["# 0:0 there is no `x`; there are `a`, `b`"]);
        check(Format::Json, &[], "[1,\n 2,\n oops]", &["1", "2", "# 3:2 expected value"]);
        check(Format::Json, &[], "[1] [2]", &["1", "# 1:5 trailing characters"]);
        check(
            Format::JsonLines,
            &[],
            "{\"a\":1}\r\r\n[2\n3",
            &[r#"{"a":1}"#, "! EOF while parsing a list at column 2 (line 3)", "3"],
        );
        check(Format::Yaml, &[], "- a: 1\n  b: 007\n- no\n", &[r#"{"a":1,"b":"007"}"#, r#""no""#]);
        check(Format::Yaml, &[], "a: 1\n---\na: 2\n", &[r#"{"a":1}"#, r#"{"a":2}"#]);
        check(
            Format::Yaml,
            &["a"],
            "a:\n  x: [1]\n  y: 2020-01-02\n",
            &[r#"{"key":"x","value":[1]}"#, r#"{"key":"y","value":"2020-01-02"}"#],
        );
    }

    #[test]
    fn trees() {
        let text = "<?xml version='1.0'?><!-- c --><a x='1 &amp; 2'><b>p &lt; q&#33;</b><c/><b><![CDATA[<z>]]></b></a>";
        check(
            Format::Xml,
            &[],
            text,
            &[
                r#"{"t":"a","a":{"x":"1 & 2"},"c":[{"t":"b","c":["p < q!"]},{"t":"c"},{"t":"b","c":["<z>"]}]}"#,
            ],
        );
        check(Format::Xml, &["a", "b"], text, &[r#"{"t":"b","c":["p < q!"]}"#, r#"{"t":"b","c":["<z>"]}"#]);
        check(Format::Xml, &["a", "z"], text, &["# 0:0 there is no element `a/z`"]);
        check(Format::Xml, &[], "<a>\n<b>\n</a>", &["# 3:1 expected `</b>`, but `</a>` was found"]);
        check(Format::Xml, &[], "<a>\nx & y</a>", &["# 2:3 a bare `&`; write `&amp;`"]);
        check(Format::Xml, &[], "<a>\n&nope;</a>", &["# 2:1 the entity `&nope;` is not one of XML's own"]);
        check(Format::Xml, &[], "<a/><b/>", &[r#"{"t":"a"}"#, "# 1:5 a second root element"]);
        check(Format::Xml, &[], "<a><b>", &["# 1:7 the document ends within `<b>`"]);
        check(Format::Xml, &[], "", &["# 1:1 the document has no element"]);
    }
}
