//! A Research Object Crate (<https://www.researchobject.org/ro-crate/specification/1.1/>): what a selection holds
//! as a data package, the words it rests on, its references, and, where it is the answer to a query, the query
//! and how to ask it again. Equal data and questions give equal bytes.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::json;

use super::citations::{Reference, references};
use super::{File, Options, Selection, answer, citations, tables};
use crate::graph::Graph;

/// What is in it.
pub(super) const FILES: &[File] = &[
    File {
        name: "README.md",
        media_type: "text/markdown",
        title: "What this is, in words",
        of_answer: false,
        write: readme,
    },
    File {
        name: "query.graphql",
        media_type: "application/graphql",
        title: "The query",
        of_answer: true,
        write: answer::query,
    },
    File {
        name: "variables.json",
        media_type: "application/json",
        title: "Its variables",
        of_answer: true,
        write: answer::variables,
    },
    File {
        name: "answer.json",
        media_type: "application/json",
        title: "The answer as it came",
        of_answer: true,
        write: answer::json,
    },
    File {
        name: "answer.csv",
        media_type: "text/csv",
        title: "The answer as a table",
        of_answer: true,
        write: answer::csv,
    },
    File {
        name: "brief.md",
        media_type: "text/markdown",
        title: "Every link in words, its quotes as footnotes",
        of_answer: false,
        write: |graph, selection, _, out| citations::brief(graph, selection, out),
    },
    File {
        name: "references.bib",
        media_type: "application/x-bibtex",
        title: "The sources, for BibTeX",
        of_answer: false,
        write: |graph, selection, _, out| citations::bibtex(graph, selection, out),
    },
    File {
        name: "references.json",
        media_type: "application/vnd.citationstyles.csl+json",
        title: "The sources, as CSL-JSON",
        of_answer: false,
        write: |graph, selection, _, out| citations::csl_json(graph, selection, out),
    },
    tables::ENTITIES,
    tables::LINKS,
    tables::EVIDENCE,
    tables::COMPLETENESS,
    tables::MERGED,
    tables::DESCRIPTOR,
    File {
        name: DESCRIPTOR,
        media_type: "application/ld+json",
        title: "What is in this crate",
        of_answer: false,
        write: descriptor,
    },
];

/// What the program that asked is called within, and the name of the descriptor.
const PROGRAM: &str = "#program";
const DESCRIPTOR: &str = "ro-crate-metadata.json";

fn descriptor(graph: &Graph, selection: &Selection, _: &Options, out: &mut dyn Write) -> io::Result<()> {
    // The descriptor is no part of what it describes.
    let files: Vec<&File> = selection.files(FILES).filter(|file| file.name != DESCRIPTOR).collect();
    let sources = references(graph, selection);
    let file = |file: &&File| json!({"@id": file.name, "@type": "File", "name": file.title, "encodingFormat": file.media_type});
    let id = |id: &str| json!({"@id": id});
    let source_id = |source: &Reference| source.url.clone().unwrap_or_else(|| format!("#{}", source.key));
    let mut items = vec![
        json!({
            "@id": DESCRIPTOR, "@type": "CreativeWork", "about": id("./"),
            "conformsTo": id("https://w3id.org/ro/crate/1.1"),
        }),
        json!({
            "@id": "./", "@type": "Dataset", "name": selection.title,
            "description": format!(
                "{}, {}, and the words they rest on in {}",
                counted(selection.entities.len(), "entity", "entities"),
                counted(selection.links.len(), "link", "links"),
                counted(sources.len(), "source", "sources"),
            ),
            "version": graph.version().to_string(),
            "license": "The quotes belong to their sources and are given as evidence; see the terms of each source.",
            "hasPart": files.iter().map(|file| id(file.name)).collect::<Vec<_>>(),
            "citation": sources.iter().map(source_id).collect::<BTreeSet<_>>().iter().map(|of| id(of)).collect::<Vec<_>>(),
            "mentions": selection.answer.iter().map(|_| id("#asked")).collect::<Vec<_>>(),
        }),
        json!({
            "@id": PROGRAM, "@type": "SoftwareApplication", "name": env!("CARGO_PKG_NAME"),
            "softwareVersion": env!("CARGO_PKG_VERSION"),
        }),
    ];
    // The day of its newest source: the answer is as old as what it rests on, and asking on another day gives
    // the same bytes.
    if let Some(day) = sources.iter().filter_map(|source| source.accessed.as_deref()).max() {
        items[1]["datePublished"] = json!(day);
    }
    if selection.answer.is_some() {
        items.push(json!({
            "@id": "#asked", "@type": "CreateAction", "name": selection.title, "instrument": id(PROGRAM),
            "object": [id("query.graphql"), id("variables.json")],
            "result": [id("answer.json"), id("answer.csv")],
        }));
    }
    items.extend(files.iter().map(file));
    let mut seen = BTreeSet::new();
    for source in sources.iter().filter(|source| seen.insert(source_id(source))) {
        let mut work = json!({"@id": source_id(source), "@type": "CreativeWork", "name": source.title});
        for (name, value) in
            [("url", &source.url), ("datePublished", &source.issued), ("archivedAt", &source.archive)]
        {
            if let Some(value) = value {
                work[name] = json!(value);
            }
        }
        items.push(work);
    }
    let whole = json!({"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": items});
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    out.write_all(b"\n")
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn readme(graph: &Graph, selection: &Selection, _: &Options, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", selection.title)?;
    writeln!(out, "Data version `{}`, Throughline {}.\n", graph.version(), env!("CARGO_PKG_VERSION"))?;
    for file in selection.files(FILES) {
        writeln!(out, "- `{}`: {}", file.name, file.title)?;
    }
    if selection.answer.is_some() {
        out.write_all(
            b"\nTo ask again, over the data of the same version (`--data`, or the seed that comes with the program):\n\n    throughline query query.graphql --variables \"$(cat variables.json)\"\n",
        )?;
    }
    out.write_all(b"\nTo cite it, cite the data version above and `references.bib`; each quote stands in `evidence.csv` with its source and whether it was found there.\n")
}
