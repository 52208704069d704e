//! Export: a graph as other people's documents. [`FORMATS`] is the one list of what can be written.

mod xml;

use std::io::{self, Write};

use jaq_json::Val;

use super::program::{Compiled, Purpose, text};
use super::{cannot_be_written, fault_of_file, json_lines, stratml};
use crate::graph::Graph;
use crate::ontology::Fault;

/// One way of writing a graph.
#[derive(Debug)]
pub struct Format {
    /// What users call it.
    pub name: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// The ending of its files, without the full stop.
    pub ending: &'static str,
    how: How,
}

#[derive(Debug)]
enum How {
    /// Our own lines.
    Lines,
    /// A program over the graph, and values for its `$args`.
    Script {
        file: &'static str,
        code: &'static str,
        args: &'static [(&'static str, &'static str)],
        shape: Shape,
    },
}

/// What the values that a program gives are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A line of JSON each.
    JsonLines,
    /// One element, as a document.
    Xml,
}

/// All formats.
pub const FORMATS: &[Format] = &[
    Format {
        name: "jsonl",
        title: "JSON Lines, our own format",
        media_type: "application/jsonl",
        ending: "jsonl",
        how: How::Lines,
    },
    Format {
        name: "stratml-1",
        title: "StratML Part 1: a strategic plan (ISO 17469-1)",
        media_type: "application/xml",
        ending: "xml",
        how: stratml(&[("part", "1")]),
    },
    Format {
        name: "stratml-2",
        title: "StratML Part 2: a performance plan or report",
        media_type: "application/xml",
        ending: "xml",
        how: stratml(&[("part", "2")]),
    },
];

const fn stratml(args: &'static [(&'static str, &'static str)]) -> How {
    How::Script { file: stratml::WRITE.0, code: stratml::WRITE.1, args, shape: Shape::Xml }
}

impl Format {
    /// The format of a name.
    pub fn named(name: &str) -> Option<&'static Format> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// Writes a graph, or what the arguments ask for of it.
    ///
    /// # Errors
    /// As [`write_by`]; an argument that the format has no use for.
    pub fn write(
        &self,
        graph: &Graph,
        args: &[(String, String)],
        out: &mut dyn Write,
    ) -> Result<(), Vec<Fault>> {
        match self.how {
            How::Lines if !args.is_empty() => {
                let what = format!("{} is always the whole graph", self.name);
                Err(vec![fault_of_file("export", what, "leave --of and --arg out, or take another format")])
            }
            How::Lines => json_lines::write(graph, &mut &mut *out).map_err(cannot),
            How::Script { file, code, args: own, shape } => {
                let own = own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
                let args: Vec<_> = args.iter().cloned().chain(own).collect();
                write_by((file, code), shape, graph, &args, out)
            }
        }
    }
}

/// Writes what a program makes of a graph. `program` is what faults call it, and its text; `args` are
/// what it finds in `$args`. Cost: what the program asks for; what it gives is in memory.
///
/// # Errors
/// Every fault of the program that shows at once; the first error while it runs, with the place where it
/// arose; what cannot be written in that shape.
pub fn write_by(
    program: (&str, &str),
    shape: Shape,
    graph: &Graph,
    args: &[(String, String)],
    out: &mut dyn Write,
) -> Result<(), Vec<Fault>> {
    let (file, code) = program;
    let failed = |what: String| vec![fault_of_file(file, what, "")];
    let compiled = Compiled::compile(file, code, Purpose::Graph)?;
    let args = args.iter().map(|(name, value)| (text(name.as_str()), text(value.as_str())));
    let given = compiled.over_graph(Val::obj(args.collect()), graph).map_err(failed)?;
    match shape {
        Shape::JsonLines => given.iter().try_for_each(|value| writeln!(out, "{value}").map_err(cannot)),
        Shape::Xml => match given.as_slice() {
            [root] => xml::write(root, out).map_err(failed),
            others => Err(failed(format!("{} values; XML is one element", others.len()))),
        },
    }
}

fn cannot(e: io::Error) -> Vec<Fault> {
    vec![cannot_be_written("export", &e)]
}
