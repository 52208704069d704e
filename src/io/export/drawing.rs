//! Drawings as text: DOT for Graphviz (<https://graphviz.org/doc/info/lang.html>), and Mermaid flowcharts
//! for pages that render them.

use std::collections::HashMap;
use std::io::{self, Write};

use super::Selection;
use crate::graph::{Basis, EntityIx, Graph};

/// A quoted string of DOT.
fn dot_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

pub(super) fn dot(graph: &Graph, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "digraph {} {{", dot_string(&selection.title))?;
    out.write_all(b"  rankdir=LR;\n  node [shape=box, style=rounded];\n")?;
    for ix in &selection.entities {
        let entity = graph.entity(*ix);
        let kind = &graph.ontology().kind(entity.kind()).name;
        let [id, label, class] = [entity.id(), entity.name(), kind].map(dot_string);
        writeln!(out, "  {id} [label={label}, class={class}];")?;
    }
    for ix in &selection.links {
        let link = graph.link(*ix);
        let (from, to) = link.ends();
        let [from, to] = [from, to].map(|end| dot_string(graph.entity(end).id()));
        let label = dot_string(&graph.ontology().relation(link.relation()).name);
        let tooltip = dot_string(&graph.sentence(*ix));
        let style = if link.basis() == Basis::Inferred { ", style=dashed" } else { "" };
        writeln!(out, "  {from} -> {to} [label={label}, tooltip={tooltip}{style}];")?;
    }
    out.write_all(b"}\n")
}

/// Text in a label of Mermaid: its own marks as entities by number.
fn mermaid_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | '\\' | ';' => out.push_str(&format!("#{};", u32::from(c))),
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

pub(super) fn mermaid(graph: &Graph, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    let numbers: HashMap<EntityIx, usize> =
        selection.entities.iter().enumerate().map(|(at, ix)| (*ix, at)).collect();
    out.write_all(b"flowchart LR\n")?;
    for (at, ix) in selection.entities.iter().enumerate() {
        writeln!(out, "  n{at}[\"{}\"]", mermaid_text(graph.entity(*ix).name()))?;
    }
    for ix in &selection.links {
        let link = graph.link(*ix);
        let (from, to) = link.ends();
        let (Some(from), Some(to)) = (numbers.get(&from), numbers.get(&to)) else { continue };
        let label = mermaid_text(&graph.ontology().relation(link.relation()).name);
        let arrow = if link.basis() == Basis::Inferred { "-.->" } else { "-->" };
        writeln!(out, "  n{from} {arrow}|\"{label}\"| n{to}")?;
    }
    Ok(())
}
