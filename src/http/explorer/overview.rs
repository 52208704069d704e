//! `/overview`: all entities on one map, as far as there are not too many: the list of the best linked of each kind,
//! and beside it a drawing that is made when the reader asks for it. `/overview.json` is what it draws.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::Response;
use maud::html;
use serde_json::{Value as Json, json};

use super::ask::{items, number, words};
use super::parts::{self, look, titled};
use super::text::grouped;
use super::views::{self, Controls};
use super::{Answered, CSP, Page, Visit};
use crate::graphql::Code;
use crate::http::{document, refusal};
use crate::ontology::{Direction, KindIx, Ontology};

/// Entities of a map at most.
const ENTITIES: usize = 5_000;
/// Entities that the list has of each kind.
const LISTED: usize = 12;

const QUERY: &str = "
query Overview {
  ontology { kinds { name enumName description count } }
}";

pub(super) async fn page(visit: Visit) -> Answered {
    let text = visit.text;
    let answer = visit.ask(QUERY, json!({})).await?;
    let view = visit.shared.app.view();
    let chosen = chosen(&visit, view.ontology())?;
    let count: usize = chosen.iter().map(|kind| view.of_kind(*kind).len()).sum();
    let best = |kind: KindIx| {
        let degree = |ix: &_| {
            [Direction::Forward, Direction::Inverse]
                .map(|way| view.links_of(*ix, way).len())
                .iter()
                .sum::<usize>()
        };
        let mut all: Vec<_> = view.of_kind(kind).iter().map(|ix| (degree(ix), ix)).collect();
        // Of entities alike linked the first recorded come first: numbers are quicker to compare than names.
        if all.len() > LISTED {
            all.select_nth_unstable_by_key(LISTED, |(links, ix)| (std::cmp::Reverse(*links), **ix));
            all.truncate(LISTED);
        }
        all.sort_by_key(|(links, ix)| (std::cmp::Reverse(*links), **ix));
        all.into_iter().map(|(links, ix)| (links, view.entity(*ix))).collect::<Vec<_>>()
    };
    let data =
        visit.href("/overview.json", &visit.all("kind").map(|kind| ("kind", kind)).collect::<Vec<_>>());
    let all = std::iter::once((String::new(), text.say("search.kinds.all").to_owned()));
    let values: Vec<_> = all.chain(parts::kind_values(view.ontology())).collect();
    let title = text.say("overview.title");
    let main = html! {
        header class="page-head" {
            h1 { (title) }
            p class="lead" { (text.say("overview.lead")) }
            p class="summary" { (text.count("count.entities", count as u64)) }
        }
        (views::controls(&visit, &Controls { sets: &["kind"], fields: views::select(&visit, "kind", "timeline.kind", &values) }))
        section class="wide view" id="view" aria-labelledby="view-title" {
            h2 id="view-title" class="visually-hidden" { (text.say("overview.map")) }
            @if count > ENTITIES { p class="notice" { (text.tell("overview.many", &[("most", &grouped(ENTITIES as u64))])) } } @else {
                figure class="overview" data-overview=(data) {
                    button class="button" type="button" data-overview-start hidden { (parts::icon("view-graph")) " " (text.say("overview.draw")) }
                    div class="overview-frame" hidden {}
                    noscript { p class="note" { (text.say("overview.noscript")) } }
                }
            }
            @for kind in items(&answer["ontology"]["kinds"]) {
                @let found = chosen.iter().find(|ix| view.ontology().kind(**ix).name == words(&kind["name"])).map(|ix| best(*ix));
                @if let Some(found) = found.filter(|found| !found.is_empty()) {
                    section class="found" aria-labelledby=(words(&kind["name"])) {
                        h3 id=(words(&kind["name"])) { (parts::kind_chip(words(&kind["name"]))) " " span class="count" { (grouped(number(&kind["count"]))) } }
                        ul class="twin" {
                            @for (links, entity) in &found {
                                li { a class={ "entity tone-" (look(words(&kind["name"])).tone) } href=(visit.entity(entity.id())) { (entity.name()) } " " span class="count" { (links) } }
                            }
                        }
                        @if number(&kind["count"]) > LISTED as u64 { p { a href=(visit.href("/search", &[("kind", words(&kind["enumName"]))])) { (text.count("count.entities", number(&kind["count"]))) } } }
                    }
                }
            }
        }
    };
    let about = text.say("overview.lead");
    Ok(visit.show(&Page { title, about, main, answers: &[&answer], ..Page::default() }).await)
}

/// The kinds that the address names; all, if it names none.
fn chosen(visit: &Visit, ontology: &Ontology) -> Result<Vec<KindIx>, Response> {
    let named = visit.kinds("kind")?;
    Ok(if named.is_empty() { ontology.kind_indexes().collect() } else { named })
}

/// Nodes, and links between them by their numbers: from, to, how many, and whether all are inferred.
pub(super) async fn data(visit: Visit) -> Answered {
    let view = visit.shared.app.view();
    let ontology = view.ontology();
    let chosen = chosen(&visit, ontology)?;
    if chosen.iter().map(|kind| view.of_kind(*kind).len()).sum::<usize>() > ENTITIES {
        let message = format!("a map has at most {ENTITIES} entities; name a kind with `kind`");
        return Err(refusal(StatusCode::BAD_REQUEST, Code::LimitExceeded, &message));
    }
    let mut numbers = BTreeMap::new();
    let mut nodes: Vec<Json> = Vec::new();
    for kind in &chosen {
        let name = &ontology.kind(*kind).name;
        for ix in view.of_kind(*kind) {
            numbers.insert(*ix, nodes.len());
            let entity = view.entity(*ix);
            nodes.push(json!({ "id": entity.id(), "name": entity.name(), "kind": titled(name), "tone": look(name).tone, "links": 0 }));
        }
    }
    let mut pairs: BTreeMap<(usize, usize), (u64, bool)> = BTreeMap::new();
    for ix in view.links() {
        let (from, to) = view.ends(ix);
        let (Some(from), Some(to)) = (numbers.get(&from), numbers.get(&to)) else { continue };
        let (count, inferred) = pairs.entry((*from.min(to), *from.max(to))).or_insert((0, true));
        *count += 1;
        *inferred &= view.link(ix).basis().name() == "INFERRED";
    }
    for ((from, to), (count, _)) in &pairs {
        for end in [from, to] {
            nodes[*end]["links"] = json!(number(&nodes[*end]["links"]) + count);
        }
    }
    let links: Vec<Json> =
        pairs.iter().map(|((a, b), (count, inferred))| json!([a, b, count, inferred])).collect();
    let body = json!({ "nodes": nodes, "links": links }).to_string();
    Ok(document(&visit.headers, "application/json; charset=utf-8", CSP, body))
}
