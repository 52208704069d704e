//! A trail as a drawing: a column for each layer of the ontology, from sources to goals, and dotted places for
//! what ought to be there and is not recorded.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::super::Visit;
use super::super::ask::{items, words};
use super::super::drawing::{Drawing, Edge, Node, Sort};
use super::super::parts::{spaced, titled};
use super::gaps::Missing;
use crate::ontology::{Direction, Flow, Kind, Ontology};

/// The drawing of a trail.
pub(super) fn drawing(visit: &Visit, trail: &Json, missing: &Missing) -> Drawing {
    let text = visit.text;
    let view = visit.shared.app.view();
    let ontology = view.ontology();
    let layers = layers(ontology);
    let column = |layer: Option<u64>| layer.and_then(|layer| layers.iter().position(|known| *known == layer));
    let found = items(&trail["nodes"]);
    let beside = layers.len();
    let mut nodes: Vec<Node> = found
        .iter()
        .map(|node| {
            let (entity, kind) = (&node["entity"], words(&node["entity"]["kind"]["name"]));
            Node {
                id: words(&entity["id"]).to_owned(),
                href: Some(visit.entity(words(&entity["id"]))),
                kind: kind.to_owned(),
                caption: titled(kind),
                name: words(&entity["name"]).to_owned(),
                column: column(node["layer"].as_u64()).unwrap_or(beside),
                stops: node["stop"] == true,
            }
        })
        .collect();
    let at: HashMap<&str, usize> =
        found.iter().enumerate().map(|(at, node)| (words(&node["entity"]["id"]), at)).collect();
    let mut edges: Vec<Edge> = Vec::new();
    for found in items(&trail["links"]) {
        let end = |which: &str| at.get(words(&found[which]["id"])).copied();
        let (Some(from), Some(to)) = (end("upstream"), end("downstream")) else { continue };
        let link = &found["link"];
        // Drawn the way support flows; a relation that points the other way is read from its other end.
        let forward = link["from"]["id"] == found["upstream"]["id"];
        let name = words(&link["relation"][if forward { "name" } else { "inverse" }]);
        edges.push(Edge {
            href: Some(visit.link(words(&link["id"]))),
            from,
            to,
            label: spaced(name),
            sentence: words(&link["sentence"]).to_owned(),
            sort: if link["basis"] == "INFERRED" { Sort::Inferred } else { Sort::Stated },
        });
    }
    let (count, links) = (nodes.len(), edges.len());
    let mut missing: Vec<_> = missing.by_entity().into_iter().collect();
    missing.sort_unstable_by_key(|(id, _)| *id);
    for (id, gaps) in missing {
        let Some(beside) = at.get(id).copied() else { continue };
        for gap in gaps {
            let Some((kind, downstream)) = absent(ontology, &gap.fields) else { continue };
            let slot = nodes.len();
            nodes.push(Node {
                id: format!("{id}\n{}", gap.description),
                href: None,
                kind: kind.name.clone(),
                caption: text.say("graph.absent").to_owned(),
                name: titled(gap.name),
                column: column(kind.layer.map(u64::from)).unwrap_or(nodes[beside].column),
                stops: false,
            });
            let (from, to) = if downstream { (beside, slot) } else { (slot, beside) };
            let sort = Sort::Absent;
            let sentence = gap.description.to_owned();
            edges.push(Edge { href: None, from, to, label: String::new(), sentence, sort });
        }
    }
    let mut columns: Vec<usize> = nodes.iter().map(|node| node.column).collect();
    columns.sort_unstable();
    columns.dedup();
    let description = text.tell(
        "graph.desc",
        &[
            ("nodes", &text.count("count.entities", count as u64)),
            ("columns", &columns.len()),
            ("links", &text.count("count.links", links as u64)),
        ],
    );
    Drawing {
        title: text.tell("trail.title.of", &[("name", &words(&trail["of"]["name"]))]),
        description,
        nodes,
        edges,
        columns: layers.len() + 1,
        origin: at.get(words(&trail["of"]["id"])).copied(),
    }
}

/// The layers that kinds have, in order.
fn layers(ontology: &Ontology) -> Vec<u64> {
    let mut layers: Vec<u64> = ontology.kinds.iter().filter_map(|kind| kind.layer).map(u64::from).collect();
    layers.sort_unstable();
    layers.dedup();
    layers
}

/// What kind of thing is missing, and whether support would flow to it; none if none would flow.
fn absent<'a>(ontology: &'a Ontology, fields: &[&str]) -> Option<(&'a Kind, bool)> {
    let all = ontology
        .relations
        .iter()
        .flat_map(|relation| relation.directions().iter().map(move |direction| (relation, *direction)));
    let (relation, direction) =
        all.into_iter().find(|(relation, direction)| fields.contains(&relation.name_in(*direction)))?;
    let downstream = match relation.flow {
        Flow::Forward => direction == Direction::Forward,
        Flow::Backward => direction == Direction::Inverse,
        Flow::None => return None,
    };
    Some((ontology.kind(*relation.targets(direction).first()?), downstream))
}
