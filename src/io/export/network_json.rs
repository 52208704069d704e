//! Nodes and links as JSON, in the three shapes that libraries of graphs read as they are: Cytoscape.js
//! (`elements`), graphology (`Graph.import`) and node-link (networkx, D3).

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use super::Selection;
use crate::graph::{EntityIx, Graph, LinkIx};
use crate::io::json_lines::{entity_line, link_line};

/// What everything of an entity is called beside its id: as in its line, without evidence.
fn entity(graph: &Graph, ix: EntityIx) -> Map<String, Json> {
    let mut line = entity_line(graph, ix);
    ["source", "entity", "evidence", "text"].iter().for_each(|key| drop(line.shift_remove(*key)));
    line
}

/// The same of a link, with its evidence, and what it says in words.
fn link(graph: &Graph, ix: LinkIx) -> Map<String, Json> {
    let mut line = link_line(graph, ix);
    line.shift_remove("link");
    let link = graph.link(ix);
    let mut map = Map::new();
    map.insert("relation".into(), json!(graph.ontology().relation(link.relation()).name));
    map.insert("sentence".into(), json!(graph.sentence(ix)));
    map.insert("basis".into(), json!(link.basis().name()));
    map.extend(line);
    map
}

fn ends(graph: &Graph, ix: LinkIx) -> [(String, Json); 3] {
    let (from, to) = graph.link(ix).ends();
    [
        ("id", graph.link_id(ix)),
        ("source", graph.entity(from).id().to_owned()),
        ("target", graph.entity(to).id().to_owned()),
    ]
    .map(|(key, id)| (key.to_owned(), json!(id)))
}

/// Writes members of an array, one a line.
fn array(out: &mut dyn Write, members: impl Iterator<Item = Json>) -> io::Result<()> {
    out.write_all(b"[")?;
    for (at, member) in members.enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &member)?;
    }
    out.write_all(b"\n]")
}

/// <https://js.cytoscape.org/#notation/elements-json>
pub(super) fn cytoscape(graph: &Graph, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    let data = |own: Map<String, Json>, first: Vec<(String, Json)>| json!({"data": first.into_iter().chain(own).collect::<Map<_, _>>()});
    let nodes = selection
        .entities
        .iter()
        .map(|ix| data(entity(graph, *ix), vec![("id".to_owned(), json!(graph.entity(*ix).id()))]));
    write!(out, "{{\"data\":{},\"elements\":{{\"nodes\":", json!({"name": selection.title}))?;
    array(out, nodes)?;
    out.write_all(b",\"edges\":")?;
    array(out, selection.links.iter().map(|ix| data(link(graph, *ix), ends(graph, *ix).to_vec())))?;
    out.write_all(b"}}\n")
}

/// <https://graphology.github.io/serialization.html>
pub(super) fn graphology(graph: &Graph, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    let nodes = selection.entities.iter().map(|ix| {
        let mut attributes = entity(graph, *ix);
        attributes.insert("label".into(), json!(graph.entity(*ix).name()));
        json!({"key": graph.entity(*ix).id(), "attributes": attributes})
    });
    let edges = selection.links.iter().map(|ix| {
        let [(_, key), (_, source), (_, target)] = ends(graph, *ix);
        json!({"key": key, "source": source, "target": target, "attributes": link(graph, *ix)})
    });
    let head = json!({"type": "directed", "multi": true, "allowSelfLoops": true});
    write!(out, "{{\"attributes\":{},\"options\":{head},\"nodes\":", json!({"name": selection.title}))?;
    array(out, nodes)?;
    out.write_all(b",\"edges\":")?;
    array(out, edges)?;
    out.write_all(b"}\n")
}

/// As `networkx.node_link_data(graph, edges="edges")` gives it.
pub(super) fn node_link(graph: &Graph, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    let nodes = selection.entities.iter().map(|ix| {
        let id = [("id".to_owned(), json!(graph.entity(*ix).id()))];
        Json::Object(id.into_iter().chain(entity(graph, *ix)).collect())
    });
    let edges = selection.links.iter().map(|ix| {
        let [(_, key), source, target] = ends(graph, *ix);
        let first = [source, target, ("key".to_owned(), key)];
        Json::Object(first.into_iter().chain(link(graph, *ix)).collect())
    });
    write!(
        out,
        "{{\"directed\":true,\"multigraph\":true,\"graph\":{},\"nodes\":",
        json!({"name": selection.title})
    )?;
    array(out, nodes)?;
    out.write_all(b",\"edges\":")?;
    array(out, edges)?;
    out.write_all(b"}\n")
}
