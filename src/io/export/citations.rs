//! References to the sources that a selection rests on: BibTeX, RIS and CSL-JSON, each with the version of
//! the data; and a brief in Markdown, whose sentences have the words they rest on as footnotes.

use std::collections::HashSet;
use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use super::Selection;
use crate::graph::{Basis, Datum, EntityIx, Evidence, Graph, Owner};
use crate::io::json_lines::value_text;
use crate::ontology::{DateKind, PropertyIx};

/// A source as it is cited. What it is called in the ontology is told by standard terms.
pub(super) struct Reference {
    /// The last part of its id.
    pub(super) key: String,
    pub(super) title: String,
    pub(super) url: Option<String>,
    /// In EDTF.
    pub(super) issued: Option<String>,
    /// The day it was read, or its text was last checked.
    pub(super) accessed: Option<String>,
    pub(super) archive: Option<String>,
    /// The version of the data; of a single link also its sentence, and its words in this source.
    note: String,
}

/// The property of a kind that a standard term is the IRI of.
fn by_term(graph: &Graph, ix: EntityIx, term: &str) -> Option<PropertyIx> {
    let ontology = graph.ontology();
    let kind = ontology.kind(graph.entity(ix).kind());
    kind.properties.iter().copied().find(|property| ontology.property(*property).iri == term)
}

fn text(graph: &Graph, ix: EntityIx, term: &str) -> Option<String> {
    let datum = graph.entity(ix).property(by_term(graph, ix, term)?)?;
    Some(value_text(graph, datum))
}

/// When it was published, in EDTF; a date of something else is none.
fn published(graph: &Graph, ix: EntityIx) -> Option<String> {
    match graph.entity(ix).property(by_term(graph, ix, "dcterms:date")?)? {
        Datum::FuzzyDate(date) if matches!(date.kind(), None | Some(DateKind::Published)) => {
            Some(date.edtf().to_owned())
        }
        _ => None,
    }
}

/// The sources that evidence of a selection quotes, and those in it, once each, as they come.
pub(super) fn references(graph: &Graph, selection: &Selection) -> Vec<Reference> {
    let owners = selection
        .entities
        .iter()
        .map(|ix| Owner::Entity(*ix))
        .chain(selection.links.iter().map(|ix| Owner::Link(*ix)));
    let quoted = owners.flat_map(|owner| graph.evidence(owner).iter().map(|piece| piece.source()));
    let source_kind = graph.ontology().source_kind();
    let itself = selection.entities.iter().copied().filter(|ix| graph.entity(*ix).kind() == source_kind);
    let mut seen = HashSet::new();
    let all = itself.chain(quoted).filter(|ix| seen.insert(*ix));
    all.map(|ix| Reference {
        key: graph.entity(ix).id().rsplit('/').next().unwrap_or_default().to_owned(),
        title: graph.entity(ix).name().to_owned(),
        url: text(graph, ix, "schema:url"),
        issued: published(graph, ix),
        accessed: text(graph, ix, "prov:generatedAtTime")
            .or_else(|| graph.entity(ix).text()?.checked.map(|day| day.to_string())),
        note: note(graph, selection, Some(ix)),
        archive: text(graph, ix, "schema:archivedAt"),
    })
    .collect()
}

/// Year, month and day of a date in EDTF, as far as it tells them; of an interval its beginning.
fn parts(edtf: &str) -> Vec<u32> {
    let first = edtf.split('/').find(|part| *part != "..").unwrap_or_default();
    first.trim_end_matches(['~', '?', '%']).split('-').map_while(|part| part.parse().ok()).collect()
}

fn note(graph: &Graph, selection: &Selection, source: Option<EntityIx>) -> String {
    let version = format!("Data version {}", graph.version());
    let ([link], Some(source)) = (selection.links.as_slice(), source) else { return version };
    let pieces = graph.link(*link).evidence();
    let words: Vec<String> = pieces
        .iter()
        .filter(|piece| piece.source() == source)
        .filter_map(|piece| Some(format!("“{}”", piece.quote()?)))
        .collect();
    if words.is_empty() {
        version
    } else {
        format!("{}: {} {version}", graph.sentence(*link), words.join(" "))
    }
}

/// Text of BibTeX.
fn tex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

pub(super) fn bibtex(graph: &Graph, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    for reference in references(graph, selection) {
        writeln!(out, "@misc{{{},\n  title = {{{{{}}}}},", reference.key, tex(&reference.title))?;
        if let Some(year) = reference.issued.as_deref().map(parts).and_then(|parts| parts.first().copied()) {
            writeln!(out, "  year = {{{year}}},")?;
        }
        if let Some(url) = &reference.url {
            // An address stands as it is, but for what would end the field.
            writeln!(out, "  howpublished = {{\\url{{{}}}}},", url.replace(['{', '}'], ""))?;
        }
        if let Some(day) = &reference.accessed {
            writeln!(out, "  urldate = {{{day}}},")?;
        }
        let archived = reference.archive.iter().map(|url| format!(". Archived at \\url{{{url}}}"));
        writeln!(out, "  note = {{{}{}}}\n}}", tex(&reference.note), archived.collect::<String>())?;
    }
    Ok(())
}

pub(super) fn ris(graph: &Graph, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    // A line holds one value, and no line breaks.
    let mut line = |tag: &str, value: &str| write!(out, "{tag}  - {}\r\n", value.replace(['\r', '\n'], " "));
    for reference in references(graph, selection) {
        line("TY", "ELEC")?;
        line("ID", &reference.key)?;
        line("TI", &reference.title)?;
        if let Some(year) = reference.issued.as_deref().and_then(|date| parts(date).first().copied()) {
            line("PY", &year.to_string())?;
        }
        for (tag, date) in [("DA", &reference.issued), ("Y2", &reference.accessed)] {
            if let Some(date) = date {
                let parts: Vec<String> = parts(date).iter().map(|part| format!("{part:02}")).collect();
                // Four places, whether they are known or not.
                line(
                    tag,
                    &format!("{}{}", parts.join("/"), "/".repeat(4_usize.saturating_sub(parts.len().max(1)))),
                )?;
            }
        }
        for (tag, value) in [("UR", &reference.url), ("L2", &reference.archive)] {
            if let Some(value) = value {
                line(tag, value)?;
            }
        }
        line("N1", &reference.note)?;
        line("ER", "")?;
    }
    Ok(())
}

pub(super) fn csl_json(graph: &Graph, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    let one = |reference: &Reference| {
        let mut item = Map::new();
        item.insert("id".into(), json!(reference.key));
        item.insert("type".into(), json!("webpage"));
        item.insert("title".into(), json!(reference.title));
        let date = |edtf: &Option<String>| edtf.as_deref().map(|edtf| json!({"date-parts": [parts(edtf)]}));
        let members = [
            ("URL", reference.url.as_ref().map(|url| json!(url))),
            ("issued", date(&reference.issued)),
            ("accessed", date(&reference.accessed)),
            ("archive_location", reference.archive.as_ref().map(|url| json!(url))),
            ("note", Some(json!(reference.note))),
        ];
        item.extend(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        Json::Object(item)
    };
    let all: Vec<Json> = references(graph, selection).iter().map(one).collect();
    serde_json::to_writer_pretty(&mut *out, &all)?;
    out.write_all(b"\n")
}

/// Text of Markdown, its marks made letters.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&' => out.extend(['\\', c]),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Every link in words, in order, and behind all the words that each rests on.
pub(super) fn brief(graph: &Graph, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", markdown(&selection.title))?;
    let mut number = 0;
    for ix in &selection.links {
        let link = graph.link(*ix);
        let basis = if link.basis() == Basis::Inferred { " *(inferred)*" } else { "" };
        write!(out, "- {}{basis}", markdown(&graph.sentence(*ix)))?;
        for _ in link.evidence().iter() {
            number += 1;
            write!(out, "[^{number}]")?;
        }
        out.write_all(b"\n")?;
    }
    out.write_all(b"\n")?;
    let evidence = selection.links.iter().flat_map(|ix| graph.link(*ix).evidence().iter());
    for (at, piece) in evidence.enumerate() {
        writeln!(out, "[^{}]: {}", at + 1, footnote(graph, piece))?;
    }
    writeln!(out, "\n*{}.*", note(graph, selection, None))
}

fn footnote(graph: &Graph, piece: Evidence<'_>) -> String {
    let source = piece.source();
    let words = piece.quote().map(|quote| format!("“{}” ", markdown(quote))).unwrap_or_default();
    let name = markdown(graph.entity(source).name());
    let place = piece.href(text(graph, source, "schema:url").as_deref());
    let place = place.map_or(name.clone(), |href| format!("[{name}](<{}>)", href.replace(['<', '>'], "")));
    let note = piece.note().map(|note| format!(" {}", markdown(note))).unwrap_or_default();
    format!("{words}{place}.{note}")
}
