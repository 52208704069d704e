//! `/`: what this is, where to begin, and how much there is.

use maud::html;
use serde_json::json;

use super::ask::{items, number, words};
use super::parts::{icon, look, search_form, titled};
use super::text::grouped;
use super::{Answered, Page, Visit};

const QUERY: &str = "
query WhatIsHere($sources: [KindName!]!, $first: Int!) {
  entities(first: 0) { totalCount }
  links(first: 0) { totalCount }
  inferred: links(basis: INFERRED, first: 0) { totalCount }
  ontology {
    title
    kinds { name enumName description count isSource }
  }
  sources: entities(kinds: $sources, first: $first) { totalCount nodes { id name description } }
}";

/// Ways in beside search: address, symbol, name and what it is for.
const WAYS: &[(&str, &str, &str, &str)] = &[
    ("/path", "path", "nav.path", "home.ways.path"),
    ("/compare", "compare", "nav.compare", "home.ways.compare"),
    ("/matrix", "view-matrix", "nav.matrix", "home.ways.matrix"),
    ("/gaps", "gap", "nav.gaps", "home.ways.gaps"),
    ("/timeline", "view-timeline", "nav.timeline", "home.ways.timeline"),
    ("/overview", "view-graph", "nav.overview", "home.ways.overview"),
];

/// Sources that the page names.
const SOURCES: u64 = 12;

/// Questions that the page offers; `/q` has them all.
const QUESTIONS: usize = 8;

pub(super) async fn page(visit: Visit) -> Answered {
    let text = visit.text;
    let answer = visit
        .ask(QUERY, json!({ "sources": [visit.source_kind()], "first": visit.at_most(SOURCES) }))
        .await?;
    let (entities, links) =
        (number(&answer["entities"]["totalCount"]), number(&answer["links"]["totalCount"]));
    let inferred = number(&answer["inferred"]["totalCount"]);
    let kinds = items(&answer["ontology"]["kinds"]).iter().filter(|kind| number(&kind["count"]) > 0);
    let saved = visit.shared.app.saved();
    let main = html! {
        header class="hero" {
            h1 { (text.say("home.title")) }
            p class="lead" { (text.say("home.lead")) }
            (search_form(&visit, "search"))
        }
        @if !saved.is_empty() {
            section aria-labelledby="questions" {
                h2 id="questions" { (text.say("home.questions")) }
                ul class="questions" {
                    @for query in saved.values().take(QUESTIONS) { li { a href={ "/q/" (query.name) } { (query.title) } } }
                }
                p { a href="/q" { (text.tell("home.questions.all", &[("count", &saved.len())])) } }
            }
        }
        section aria-labelledby="ways" {
            h2 id="ways" { (text.say("home.ways")) }
            ul class="ways" {
                @for (path, symbol, name, why) in WAYS {
                    li { a href=(visit.href(path, &[])) { (icon(symbol)) " " span class="name" { (text.say(name)) } } p class="note" { (text.say(why)) } }
                }
            }
        }
        section aria-labelledby="kinds" {
            h2 id="kinds" { (text.say("home.kinds")) }
            p {
                (text.count("count.entities", entities)) ", " (text.count("count.links", links)) ". "
                (text.tell("home.basis", &[("stated", &grouped(links - inferred)), ("inferred", &grouped(inferred))]))
            }
            ul class="kinds" {
                @for kind in kinds {
                    li {
                        a href=(visit.href("/search", &[("kind", words(&kind["enumName"]))])) {
                            (icon(&look(words(&kind["name"])).icon)) " " span class="name" { (titled(words(&kind["name"]))) } " "
                            span class="count" { (grouped(number(&kind["count"]))) }
                        }
                        p class="note" { (words(&kind["description"])) }
                    }
                }
            }
        }
        section aria-labelledby="sources" {
            h2 id="sources" { (text.say("home.sources")) }
            ul class="sources" {
                @for source in items(&answer["sources"]["nodes"]) {
                    li { a href=(visit.source(words(&source["id"]))) { (words(&source["name"])) } p class="note" { (words(&source["description"])) } }
                }
            }
            p { a href=(visit.href("/search", &[("kind", &visit.source_kind())])) { (text.count("home.sources.all", number(&answer["sources"]["totalCount"]))) } }
        }
    };
    let about = text.say("home.lead");
    Ok(visit
        .show(&Page {
            title: &spaced_site(&visit, words(&answer["ontology"]["title"])),
            about,
            main,
            answers: &[&answer],
            ..Page::default()
        })
        .await)
}

fn spaced_site(visit: &Visit, ontology: &str) -> String {
    format!("{} · {ontology}", visit.text.say("site.name"))
}
