//! GraphML (<http://graphml.graphdrawing.org/specification.html>), for Gephi, yEd, networkx and igraph.

use std::io::{self, Write};

use super::Selection;
use super::columns::{Cell, Column, Columns, Sort};
use super::xml::escaped;
use crate::graph::Graph;
use crate::io::tables::BETWEEN_IN_GRAPHS;

pub(super) fn write(graph: &Graph, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    let columns = Columns::of(graph, selection);
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n")?;
    writeln!(out, "  <desc>{}</desc>", escaped(&selection.title))?;
    // Ids and ends are attributes of their elements.
    let keys = [("node", "n", &columns.of_entities, 1), ("edge", "e", &columns.of_links, 1)];
    for (of, letter, all, first) in keys {
        for (at, column) in all.iter().enumerate().skip(first).filter(|(_, column)| !is_end(of, column)) {
            let name = escaped(&column.name);
            let sort = sort(column);
            writeln!(
                out,
                "  <key id=\"{letter}{at}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{sort}\"/>"
            )?;
        }
    }
    out.write_all(b"  <graph id=\"G\" edgedefault=\"directed\">\n")?;
    for ix in &selection.entities {
        let cells = columns.entity(graph, *ix);
        writeln!(out, "    <node id=\"{}\">", escaped(graph.entity(*ix).id()))?;
        data(out, "n", &columns.of_entities, &cells, |_| true)?;
        out.write_all(b"    </node>\n")?;
    }
    for ix in &selection.links {
        let cells = columns.link(graph, *ix);
        let (from, to) = graph.link(*ix).ends();
        writeln!(
            out,
            "    <edge id=\"{}\" source=\"{}\" target=\"{}\">",
            escaped(&graph.link_id(*ix)),
            escaped(graph.entity(from).id()),
            escaped(graph.entity(to).id())
        )?;
        data(out, "e", &columns.of_links, &cells, |column| !is_end("edge", column))?;
        out.write_all(b"    </edge>\n")?;
    }
    out.write_all(b"  </graph>\n</graphml>\n")
}

fn is_end(of: &str, column: &Column) -> bool {
    of == "edge" && matches!(column.name.as_str(), "from" | "to")
}

fn sort(column: &Column) -> &'static str {
    match column.sort {
        _ if column.list => "string",
        Sort::Text => "string",
        Sort::Integer => "int",
        Sort::Number => "double",
        Sort::Truth => "boolean",
    }
}

fn data(
    out: &mut dyn Write,
    letter: &str,
    columns: &[Column],
    cells: &[Cell],
    wanted: impl Fn(&Column) -> bool,
) -> io::Result<()> {
    for (at, (column, cell)) in columns.iter().zip(cells).enumerate().skip(1) {
        if let Some(values) = cell.as_ref().filter(|_| wanted(column)) {
            writeln!(
                out,
                "      <data key=\"{letter}{at}\">{}</data>",
                escaped(&values.join(BETWEEN_IN_GRAPHS))
            )?;
        }
    }
    Ok(())
}
