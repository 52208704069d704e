//! The ontology as a drawing: kinds in the columns that trails have, joined by the relations along which support
//! flows; or one kind between those that are linked to it and those it is linked to.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Visit;
use super::ask::{items, number, words};
use super::drawing::{Drawing, Edge, Node, Sort};
use super::parts::{spaced, titled};

/// Kinds with a column, and support flowing from one to the next.
pub(super) fn of_support(visit: &Visit, kinds: &[Json], relations: &[Json]) -> Drawing {
    let mut layers: Vec<u64> = kinds.iter().filter_map(|kind| kind["layer"].as_u64()).collect();
    layers.sort_unstable();
    layers.dedup();
    let layered: Vec<&Json> = kinds.iter().filter(|kind| !kind["layer"].is_null()).collect();
    let column = |kind: &Json| layers.iter().position(|layer| kind["layer"] == *layer).unwrap_or_default();
    let nodes = layered.iter().map(|kind| node(visit, kind, "", column(kind))).collect();
    let mut joined: Joined<'_> = BTreeMap::new();
    for relation in relations {
        let (from, to, name, sentence) = match words(&relation["flow"]) {
            "FORWARD" => ("from", "to", "name", "sentence"),
            "BACKWARD" => ("to", "from", "inverse", "inverseSentence"),
            _ => continue,
        };
        for a in positions(&layered, &relation[from]) {
            for b in positions(&layered, &relation[to]).into_iter().filter(|b| *b != a) {
                let (first, last) = if from == "from" { (a, b) } else { (b, a) };
                let (name, sentence) = (words(&relation[name]), words(&relation[sentence]));
                let read = Read::of(relation, name, sentence, layered[first], layered[last]);
                joined.entry((a, b)).or_default().push(read);
            }
        }
    }
    drawn(visit, visit.text.say("schema.drawing").to_owned(), nodes, joined, layers.len(), None)
}

/// A kind between the kinds that relations lead from and those they lead to.
pub(super) fn of_kind(visit: &Visit, kinds: &[Json], relations: &[Json], kind: &Json) -> Drawing {
    let name = &kind["name"];
    let has = |list: &Json| items(list).iter().any(|other| other["name"] == *name);
    let mut nodes = vec![node(visit, kind, "", 1)];
    let mut joined: Joined<'_> = BTreeMap::new();
    let all: Vec<&Json> = kinds.iter().collect();
    let mut beside: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for relation in relations {
        for (own, others, column) in [("to", "from", 0), ("from", "to", 2)] {
            if !has(&relation[own]) {
                continue;
            }
            for other in positions(&all, &relation[others]) {
                let at = *beside.entry((column, other)).or_insert_with(|| {
                    let side = if column == 0 { "from" } else { "to" };
                    nodes.push(node(visit, all[other], side, column));
                    nodes.len() - 1
                });
                let ends = if column == 0 { (at, 0) } else { (0, at) };
                let (name, sentence) = (words(&relation["name"]), words(&relation["sentence"]));
                let (from, to) = if column == 0 { (all[other], kind) } else { (kind, all[other]) };
                joined.entry(ends).or_default().push(Read::of(relation, name, sentence, from, to));
            }
        }
    }
    let title = visit.text.tell("schema.drawing.of", &[("kind", &titled(words(name)))]);
    drawn(visit, title, nodes, joined, 3, Some(0))
}

/// Relations between two nodes, by their positions.
type Joined<'a> = BTreeMap<(usize, usize), Vec<Read<'a>>>;

/// A relation as it is read from one end.
struct Read<'a> {
    relation: &'a Json,
    name: &'a str,
    sentence: String,
}

impl<'a> Read<'a> {
    /// The sentence tells of the kinds at the ends of the relation.
    fn of(relation: &'a Json, name: &'a str, sentence: &str, from: &Json, to: &Json) -> Read<'a> {
        let told = sentence.replace("{from}", &titled(words(&from["name"])));
        Read { relation, name, sentence: told.replace("{to}", &titled(words(&to["name"]))) }
    }
}

fn node(visit: &Visit, kind: &Json, side: &str, column: usize) -> Node {
    let name = words(&kind["name"]);
    Node {
        id: format!("{name} {side}"),
        href: Some(visit.here(&[("kind", Some(name)), ("format", None)])),
        kind: name.to_owned(),
        caption: visit.text.count("count.entities", number(&kind["count"])),
        name: titled(name),
        column,
        stops: false,
    }
}

/// Where the kinds of a list stand among those that are drawn.
fn positions(drawn: &[&Json], list: &Json) -> Vec<usize> {
    let names = items(list).iter().map(|kind| words(&kind["name"]));
    names.filter_map(|name| drawn.iter().position(|kind| kind["name"] == name)).collect()
}

fn drawn(
    visit: &Visit,
    title: String,
    nodes: Vec<Node>,
    joined: Joined<'_>,
    columns: usize,
    origin: Option<usize>,
) -> Drawing {
    let edge = |((from, to), relations): ((usize, usize), Vec<Read<'_>>)| {
        let names: Vec<String> = relations.iter().map(|read| spaced(read.name)).collect();
        Edge {
            href: Some(format!(
                "{}#{}",
                visit.here(&[("format", None)]),
                words(&relations[0].relation["name"])
            )),
            from,
            to,
            label: names.join(", "),
            sentence: relations.iter().map(|read| read.sentence.as_str()).collect::<Vec<_>>().join("; "),
            sort: Sort::Stated,
        }
    };
    let edges: Vec<Edge> = joined.into_iter().map(edge).collect();
    let description = visit.text.tell("schema.desc", &[("kinds", &nodes.len()), ("pairs", &edges.len())]);
    Drawing { title, description, nodes, edges, columns, origin }
}
