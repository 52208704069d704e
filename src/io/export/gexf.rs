//! GEXF 1.3 (<https://gexf.net/>), for Gephi and Gephi Lite: with the times that links hold as spells.

use std::io::{self, Write};

use super::Selection;
use super::columns::{Cell, Column, Columns, Sort};
use super::xml::{attribute, escaped};
use crate::graph::{Graph, LinkIx};
use crate::io::tables::BETWEEN_IN_GRAPHS;

pub(super) fn write(graph: &Graph, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    let columns = Columns::of(graph, selection);
    let dynamic = selection.links.iter().any(|ix| spell(graph, *ix).is_some());
    let mode = if dynamic {
        "mode=\"dynamic\" timeformat=\"date\" timerepresentation=\"interval\""
    } else {
        "mode=\"static\""
    };
    out.write_all(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gexf xmlns=\"http://gexf.net/1.3\" version=\"1.3\">\n",
    )?;
    writeln!(
        out,
        "  <meta><creator>Throughline</creator><description>{}</description></meta>",
        escaped(&selection.title)
    )?;
    writeln!(out, "  <graph defaultedgetype=\"directed\" {mode}>")?;
    for (class, all) in [("node", &columns.of_entities), ("edge", &columns.of_links)] {
        writeln!(out, "    <attributes class=\"{class}\">")?;
        for (at, column) in all.iter().enumerate().filter(|(_, column)| !is_own(column)) {
            let (title, sort) = (escaped(&column.name), sort(column));
            writeln!(out, "      <attribute id=\"{at}\" title=\"{title}\" type=\"{sort}\"/>")?;
        }
        out.write_all(b"    </attributes>\n")?;
    }
    out.write_all(b"    <nodes>\n")?;
    for ix in &selection.entities {
        let entity = graph.entity(*ix);
        writeln!(out, "      <node id=\"{}\" label=\"{}\">", escaped(entity.id()), attribute(entity.name()))?;
        values(out, &columns.of_entities, &columns.entity(graph, *ix))?;
        out.write_all(b"      </node>\n")?;
    }
    out.write_all(b"    </nodes>\n    <edges>\n")?;
    for ix in &selection.links {
        let (from, to) = graph.link(*ix).ends();
        let relation = escaped(&graph.ontology().relation(graph.link(*ix).relation()).name).into_owned();
        writeln!(
            out,
            "      <edge id=\"{}\" source=\"{}\" target=\"{}\" kind=\"{relation}\" label=\"{relation}\">",
            escaped(&graph.link_id(*ix)),
            escaped(graph.entity(from).id()),
            escaped(graph.entity(to).id()),
        )?;
        values(out, &columns.of_links, &columns.link(graph, *ix))?;
        if let Some((start, end)) = spell(graph, *ix) {
            let bound = |name: &str, day: Option<String>| {
                day.map_or(String::new(), |day| format!(" {name}=\"{day}\""))
            };
            writeln!(out, "        <spells><spell{}{}/></spells>", bound("start", start), bound("end", end))?;
        }
        out.write_all(b"      </edge>\n")?;
    }
    out.write_all(b"    </edges>\n  </graph>\n</gexf>\n")
}

/// From when until when a link holds, as far as a source says; none if none does.
fn spell(graph: &Graph, ix: LinkIx) -> Option<(Option<String>, Option<String>)> {
    let link = graph.link(ix);
    let start = link.valid_from().and_then(|date| date.earliest()).map(|day| day.to_string());
    let end = link.valid_until().and_then(|date| date.latest()).map(|day| day.to_string());
    (start.is_some() || end.is_some()).then_some((start, end))
}

/// Columns that are attributes of the elements themselves.
fn is_own(column: &Column) -> bool {
    matches!(column.name.as_str(), "id" | "name" | "from" | "to")
}

fn sort(column: &Column) -> &'static str {
    match column.sort {
        _ if column.list => "string",
        Sort::Text => "string",
        Sort::Integer => "integer",
        Sort::Number => "double",
        Sort::Truth => "boolean",
    }
}

fn values(out: &mut dyn Write, columns: &[Column], cells: &[Cell]) -> io::Result<()> {
    out.write_all(b"        <attvalues>\n")?;
    for (at, (_, cell)) in columns.iter().zip(cells).enumerate().filter(|(_, (column, _))| !is_own(column)) {
        if let Some(values) = cell {
            writeln!(
                out,
                "          <attvalue for=\"{at}\" value=\"{}\"/>",
                attribute(&values.join(BETWEEN_IN_GRAPHS))
            )?;
        }
    }
    out.write_all(b"        </attvalues>\n")
}
