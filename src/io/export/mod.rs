//! Export: a graph, or a part of it, as other people's documents. [`FORMATS`] is the one list of what can be
//! written: the command, the routes, their media types and the tests read it.

mod answer;
mod citations;
mod columns;
mod drawing;
mod gexf;
mod graphml;
mod network_json;
pub(super) mod rdf;
mod research_object;
mod tables;
pub mod xml;

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, Write};
use std::path::Path;

use jaq_json::Val;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

pub use answer::Answer;

use super::program::{Compiled, Purpose, text};
use super::{cannot_be_written, fault_of_file, json_lines, replace, stratml};
use crate::graph::{Completeness, EntityIx, Graph, LinkIx, Owner};
use crate::ontology::{Direction, Fault, Faults, RelationIx};

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

/// Writes a selection.
type Writer = fn(&Graph, &Selection, &Options, &mut dyn Write) -> io::Result<()>;

/// A file of a format that has several.
#[derive(Debug)]
struct File {
    name: &'static str,
    media_type: &'static str,
    title: &'static str,
    /// Whether it is there only where the selection is an answer.
    of_answer: bool,
    write: Writer,
}

#[derive(Debug)]
enum How {
    /// Our own lines: of all data.
    Lines,
    /// One document.
    One(Writer),
    /// One document of an answer.
    OfAnswer(Writer),
    /// Several files: a folder, or a ZIP archive.
    Several(&'static [File]),
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

/// What is written of a graph: entities, and links between them.
#[derive(Clone, Debug)]
pub struct Selection {
    /// What it is, for people.
    pub title: String,
    /// The entities, each once, in the order they are written.
    pub entities: Vec<EntityIx>,
    /// The links, each once; both ends are among the entities.
    pub links: Vec<LinkIx>,
    /// The answer that speaks of them, where they are what an answer speaks of.
    pub answer: Option<Answer>,
}

impl Selection {
    /// All there is.
    pub fn whole(graph: &Graph) -> Selection {
        Selection {
            title: graph.ontology().title.clone(),
            entities: graph.entities().collect(),
            links: graph.links().collect(),
            answer: None,
        }
    }

    /// The same with the sources that its evidence quotes, without which it cannot be read as data. Cost: linear
    /// in it.
    fn with_sources(&self, graph: &Graph) -> Cow<'_, Selection> {
        if self.entities.len() == graph.entity_count() {
            return Cow::Borrowed(self);
        }
        let mut within: HashSet<EntityIx> = self.entities.iter().copied().collect();
        let owners = self.entities.iter().map(|ix| Owner::Entity(*ix));
        let owners = owners.chain(self.links.iter().map(|ix| Owner::Link(*ix)));
        let quoted = owners.flat_map(|owner| graph.evidence(owner).iter().map(|piece| piece.source()));
        let missing: Vec<EntityIx> = quoted.filter(|source| within.insert(*source)).collect();
        Cow::Owned(Selection { entities: [missing, self.entities.clone()].concat(), ..self.clone() })
    }

    /// The files of several that it has.
    fn files(&self, all: &'static [File]) -> impl Iterator<Item = &'static File> {
        let answered = self.answer.is_some();
        all.iter().filter(move |file| answered || !file.of_answer)
    }

    /// What is said of the completeness of lists of its entities.
    fn statements<'g>(&self, graph: &'g Graph) -> impl Iterator<Item = (ListIx, Completeness)> + use<'g> {
        let within: HashSet<EntityIx> = self.entities.iter().copied().collect();
        graph.completeness_statements().filter(move |((of, ..), _)| within.contains(of))
    }
}

/// A list: whose, and along which relation.
type ListIx = (EntityIx, RelationIx, Direction);

/// How it is written, where a format leaves a choice.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether tables begin with a byte order mark, by which Excel knows UTF-8.
    pub bom: bool,
    /// Whether text that a spreadsheet would run is made text by an apostrophe.
    pub guard: bool,
    /// What a program finds in its `$args`.
    pub args: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Options {
        Options { bom: false, guard: true, args: Vec::new() }
    }
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
        name: "cytoscape",
        title: "elements for Cytoscape.js",
        media_type: "application/json",
        ending: "cyjs",
        how: How::One(|graph, selection, _, out| network_json::cytoscape(graph, selection, out)),
    },
    Format {
        name: "graphology",
        title: "a graph for graphology and sigma.js",
        media_type: "application/json",
        ending: "json",
        how: How::One(|graph, selection, _, out| network_json::graphology(graph, selection, out)),
    },
    Format {
        name: "node-link",
        title: "nodes and edges for networkx and D3",
        media_type: "application/json",
        ending: "json",
        how: How::One(|graph, selection, _, out| network_json::node_link(graph, selection, out)),
    },
    Format {
        name: "graphml",
        title: "GraphML, for Gephi, yEd, networkx, igraph",
        media_type: "application/graphml+xml",
        ending: "graphml",
        how: How::One(|graph, selection, _, out| graphml::write(graph, selection, out)),
    },
    Format {
        name: "gexf",
        title: "GEXF 1.3, for Gephi and Gephi Lite, with times",
        media_type: "application/gexf+xml",
        ending: "gexf",
        how: How::One(|graph, selection, _, out| gexf::write(graph, selection, out)),
    },
    Format {
        name: "dot",
        title: "DOT, for Graphviz",
        media_type: "text/vnd.graphviz",
        ending: "dot",
        how: How::One(|graph, selection, _, out| drawing::dot(graph, selection, out)),
    },
    Format {
        name: "mermaid",
        title: "a Mermaid flowchart",
        media_type: "text/vnd.mermaid",
        ending: "mmd",
        how: How::One(|graph, selection, _, out| drawing::mermaid(graph, selection, out)),
    },
    Format {
        name: "markdown",
        title: "a brief in Markdown, the words as footnotes",
        media_type: "text/markdown",
        ending: "md",
        how: How::One(|graph, selection, _, out| citations::brief(graph, selection, out)),
    },
    Format {
        name: "bibtex",
        title: "the sources it rests on, as BibTeX",
        media_type: "application/x-bibtex",
        ending: "bib",
        how: How::One(|graph, selection, _, out| citations::bibtex(graph, selection, out)),
    },
    Format {
        name: "ris",
        title: "the sources it rests on, as RIS",
        media_type: "application/x-research-info-systems",
        ending: "ris",
        how: How::One(|graph, selection, _, out| citations::ris(graph, selection, out)),
    },
    Format {
        name: "csl-json",
        title: "the sources it rests on, as CSL-JSON",
        media_type: "application/vnd.citationstyles.csl+json",
        ending: "json",
        how: How::One(|graph, selection, _, out| citations::csl_json(graph, selection, out)),
    },
    Format {
        name: "turtle",
        title: "RDF as Turtle, evidence as Web Annotations",
        media_type: "text/turtle",
        ending: "ttl",
        how: How::One(rdf::turtle),
    },
    Format {
        name: "trig",
        title: "RDF as TriG, each link a named graph",
        media_type: "application/trig",
        ending: "trig",
        how: How::One(rdf::trig),
    },
    Format {
        name: "nquads",
        title: "RDF as N-Quads, each link a named graph",
        media_type: "application/n-quads",
        ending: "nq",
        how: How::One(rdf::nquads),
    },
    Format {
        name: "json-ld",
        title: "RDF as JSON-LD, each link a named graph",
        media_type: "application/ld+json",
        ending: "jsonld",
        how: How::One(rdf::json_ld),
    },
    Format {
        name: "csv-entities",
        title: "a table of entities, with Neo4j's headers",
        media_type: "text/csv",
        ending: "csv",
        how: How::One(tables::entities),
    },
    Format {
        name: "csv-links",
        title: "a table of links, with Neo4j's headers",
        media_type: "text/csv",
        ending: "csv",
        how: How::One(tables::links),
    },
    Format {
        name: "csv-evidence",
        title: "a table of evidence: a row a piece",
        media_type: "text/csv",
        ending: "csv",
        how: How::One(tables::evidence),
    },
    Format {
        name: "datapackage",
        title: "the tables as a Frictionless Data Package",
        media_type: "application/zip",
        ending: "zip",
        how: How::Several(&[
            tables::ENTITIES,
            tables::LINKS,
            tables::EVIDENCE,
            tables::COMPLETENESS,
            tables::MERGED,
            tables::DESCRIPTOR,
        ]),
    },
    Format {
        name: "ro-crate",
        title: "all of that with words, references and the query, as a Research Object Crate",
        media_type: "application/zip",
        ending: "zip",
        how: How::Several(research_object::FILES),
    },
    Format {
        name: "csv",
        title: "the answer to a query as a table",
        media_type: "text/csv",
        ending: "csv",
        how: How::OfAnswer(answer::csv),
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

    /// Whether it is several files: a folder, or an archive.
    pub fn is_folder(&self) -> bool {
        matches!(self.how, How::Several(_))
    }

    /// Whether it can be written of a part of a graph.
    pub fn takes_selection(&self) -> bool {
        matches!(self.how, How::One(_) | How::Several(_))
    }

    /// Whether it is written of answers to queries alone.
    pub fn needs_answer(&self) -> bool {
        matches!(self.how, How::OfAnswer(_))
    }

    /// Writes a selection of a graph; all data where the format is of all, what `options.args` ask for
    /// where a program writes it. Memory: a position for each entity and link, and one row; what a program
    /// gives is in memory as a whole.
    ///
    /// # Errors
    /// What `out` gives; [`Faults`] within an error, as by [`write_by`]; that there is no answer where the
    /// format is of one.
    pub fn write(
        &self,
        graph: &Graph,
        selection: &Selection,
        options: &Options,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match self.how {
            How::Lines => json_lines::write(graph, &mut &mut *out),
            How::One(write) | How::OfAnswer(write) => write(graph, selection, options, out),
            How::Several(files) => archive(selection.files(files), graph, selection, options, out),
            How::Script { file, code, args: own, shape } => {
                let own = own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
                let args: Vec<_> = options.args.iter().cloned().chain(own).collect();
                write_by((file, code), shape, graph, &args, out)
            }
        }
    }

    /// Writes the files of a format that has several into a folder, which is made if it is not there; each
    /// is replaced as a whole.
    ///
    /// # Errors
    /// The system's; that the format is one file.
    pub fn write_folder(
        &self,
        graph: &Graph,
        selection: &Selection,
        options: &Options,
        folder: &Path,
    ) -> Result<(), Vec<Fault>> {
        let How::Several(files) = self.how else {
            let what = format!("{} is one file", self.name);
            return Err(vec![fault_of_file("export", what, "name a file for it")]);
        };
        std::fs::create_dir_all(folder).map_err(|e| vec![cannot_be_written(folder.display(), &e)])?;
        for file in selection.files(files) {
            let path = folder.join(file.name);
            let buffered = |out: &mut dyn Write| {
                let mut out = io::BufWriter::with_capacity(1 << 18, out);
                (file.write)(graph, selection, options, &mut out).and_then(|()| out.flush())
            };
            replace(&path, buffered).map_err(|e| vec![cannot_be_written(path.display(), &e)])?;
        }
        Ok(())
    }
}

/// Writes files as a ZIP archive, one after the other; it has no times, so that equal data give equal bytes.
fn archive(
    files: impl Iterator<Item = &'static File>,
    graph: &Graph,
    selection: &Selection,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut archive = zip::ZipWriter::new_stream(out);
    // The quickest level: half as much again in size, a quarter of the time.
    let how = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .large_file(true);
    for file in files {
        archive.start_file(file.name, how)?;
        let mut buffered = io::BufWriter::with_capacity(1 << 18, &mut archive);
        (file.write)(graph, selection, options, &mut buffered)?;
        buffered.flush()?;
    }
    archive.finish()?;
    Ok(())
}

/// Writes what a program makes of a graph. `program` is what faults call it, and its text; `args` are
/// what it finds in `$args`. Cost: what the program asks for; what it gives is in memory.
///
/// # Errors
/// What `out` gives. [`Faults`] within an error: every fault of the program that shows at once; the first
/// error while it runs, with the place where it arose; what cannot be written in that shape.
pub fn write_by(
    program: (&str, &str),
    shape: Shape,
    graph: &Graph,
    args: &[(String, String)],
    out: &mut dyn Write,
) -> io::Result<()> {
    let (file, code) = program;
    let failed = |what: String| refused(vec![fault_of_file(file, what, "")]);
    let compiled = Compiled::compile(file, code, Purpose::Graph).map_err(refused)?;
    let args = args.iter().map(|(name, value)| (text(name.as_str()), text(value.as_str())));
    let given = compiled.over_graph(Val::obj(args.collect()), graph).map_err(failed)?;
    match shape {
        Shape::JsonLines => given.iter().try_for_each(|value| writeln!(out, "{value}")),
        Shape::Xml => match given.as_slice() {
            [root] => xml::write(root, out).map_err(failed),
            others => Err(failed(format!("{} values; XML is one element", others.len()))),
        },
    }
}

/// What is wrong with what was asked for, as an error of writing.
fn refused(faults: Vec<Fault>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Faults(faults))
}
