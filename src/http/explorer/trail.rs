//! `/trail/<id>`: the chain of evidence of an entity as an outline: what it rests on, step by step back to where
//! nothing earlier is recorded, and what came of it, each link with its words.

use std::collections::HashSet;

use axum::extract::Path;
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{items, number, words};
use super::parts;
use super::{Answered, Page, Visit};

/// Nodes of a trail: as the page shows it, and with more of it.
const NODES: (u64, u64) = (24, 60);
/// Links it goes each way.
const DEPTH: u64 = 6;

const TRAIL: &str = "
query Trail($of: ID!, $depth: Int!, $first: Int!) {
  trail(of: $of, depth: $depth, first: $first) {
    of { ...Named }
    weakest
    omitted { byLimit byDepth links }
    links { closesCircle upstream { ...Named } downstream { ...Named } link { ...Card } }
  }
}";

/// Which way a branch leads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Way {
    /// The ends of a link of a trail: the one it is reached from, and the one it leads to.
    fn ends(self, link: &Json) -> (&Json, &Json) {
        match self {
            Way::Up => (&link["downstream"], &link["upstream"]),
            Way::Down => (&link["upstream"], &link["downstream"]),
        }
    }
}

pub(super) async fn page(Path(id): Path<String>, visit: Visit) -> Answered {
    let text = visit.text;
    let first = if visit.get("more").is_some() { NODES.1 } else { NODES.0 };
    let query = [TRAIL, parts::LINK, parts::ENTITY, parts::WORDS].concat();
    let answer = visit.ask(&query, json!({ "of": id, "depth": DEPTH, "first": first })).await?;
    let trail = &answer["trail"];
    if trail.is_null() {
        return Err(visit.missing(&id));
    }
    let (links, omitted) = (items(&trail["links"]), &trail["omitted"]);
    let left_out = ["byLimit", "byDepth"].iter().map(|why| number(&omitted[why])).sum::<u64>();
    let main = html! {
        header class="page-head" {
            p class="eyebrow" { (text.say("trail.title")) }
            h1 { (parts::entity(&visit, &trail["of"])) }
            @if let Some(grade) = trail["weakest"].as_str() {
                p { (text.say("trail.weakest")) " " (text.say(&format!("grade.{grade}"))) }
            }
        }
        @for (way, part) in [(Way::Up, "up"), (Way::Down, "down")] {
            section aria-labelledby=(part) {
                h2 id=(part) { (text.say(&format!("trail.{part}"))) }
                @let own = words(&trail["of"]["id"]);
                @if links.iter().any(|link| words(&way.ends(link).0["id"]) == own) {
                    (branch(&visit, links, way, own, &mut HashSet::new()))
                } @else {
                    p class="absent" { (text.say(&format!("trail.{part}.none"))) }
                }
            }
        }
        @if left_out > 0 {
            p class="note" {
                (text.count("trail.omitted", left_out))
                @if first == NODES.0 { " " a href=(visit.here(&[("more", Some("1"))])) { (text.say("trail.more")) } }
            }
        }
    };
    let name = words(&trail["of"]["name"]);
    let exports = ["markdown", "mermaid", "gexf", "csv-links", "bibtex", "trig"];
    let exports = exports.iter().map(|format| (*format, visit.export_trail(format, &id, DEPTH))).collect();
    let title = format!("{} · {name}", text.say("trail.title"));
    Ok(visit.show(&Page { title: &title, main, answers: &[&answer], exports, ..Page::default() }))
}

/// The links from an entity that way, each with what follows it. What has been told before is only named.
fn branch(visit: &Visit, links: &[Json], way: Way, from: &str, told: &mut HashSet<String>) -> Markup {
    let is_new = told.insert(from.to_owned());
    let mut here: Vec<&Json> = links.iter().collect();
    here.retain(|link| is_new && words(&way.ends(link).0["id"]) == from);
    html! {
        @if !here.is_empty() {
            ul class="trail" {
                @for found in here {
                    @let link = &found["link"];
                    @let to = words(&way.ends(found).1["id"]);
                    li {
                        p class="sentence" {
                            (parts::entity(visit, way.ends(found).1)) ": "
                            a href=(visit.link(words(&link["id"]))) { (words(&link["sentence"])) }
                            " " (parts::basis(visit, words(&link["basis"])))
                        }
                        (parts::best_quote(visit, items(&link["evidence"])))
                        @if told.contains(to) { p class="note" { (visit.text.say("trail.told")) } }
                        (branch(visit, links, way, to, told))
                    }
                }
            }
        }
    }
}
