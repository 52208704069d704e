//! `/trail/<id>`: the chain of evidence of an entity: what it rests on, step by step back to where nothing earlier
//! is recorded, and what came of it, each link with its words. At one address, by `view=`: an outline that
//! reads as prose, a drawing in columns, a table, a timeline, and Markdown.

mod gaps;
mod graph;
mod outline;
mod table;
mod timeline;

use axum::extract::Path;
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{Answer, items, number, words};
use super::parts;
use super::views::{self, Controls};
use super::{Answered, Page, Visit, encode_path};

/// Nodes of a trail: as the page shows it, and with more of it, as many as a page of what is missing of them has.
const NODES: (u64, u64) = (24, 100);
/// Links it goes each way, if nobody says, and the choices.
const DEPTH: u64 = 6;
const DEPTHS: &[u64] = &[DEPTH, 1, 2, 3, 4, 12];
/// The most that the API goes.
const DEEPEST: u64 = 20;

/// The views; the first is for who names none.
const VIEWS: &[&str] = &["outline", "graph", "table", "timeline", "markdown"];

/// What other tools take of it.
const FORMATS: &[&str] = &[
    "svg",
    "markdown",
    "csv-links",
    "csv-evidence",
    "json",
    "json-ld",
    "trig",
    "graphml",
    "gexf",
    "mermaid",
    "cytoscape",
    "bibtex",
    "ris",
];

const TRAIL: &str = "
query Trail($of: ID!, $direction: TrailDirection! = BOTH, $depth: Int!, $basis: Basis, $link: LinkFilter, $first: Int!) {
  trail(of: $of, direction: $direction, depth: $depth, basis: $basis, link: $link, first: $first) {
    of { ...Named }
    weakest
    omitted { byLimit byDepth links }
    nodes { entity { ...Named } layer root stop }
    links { grade closesCircle upstream { ...Named } downstream { ...Named } link { ...Card } }
  }
}";

pub(super) async fn page(Path(id): Path<String>, visit: Visit) -> Answered {
    let answer = ask(&visit, &id).await?;
    let trail = &answer["trail"];
    if trail.is_null() {
        return Err(visit.missing(&id));
    }
    let text = visit.text;
    let view = visit.one_of("view", VIEWS)?.unwrap_or(VIEWS[0]);
    let missing = gaps::ask(&visit, trail).await?;
    let drawing = graph::drawing(&visit, trail, &missing);
    let title = text.tell("trail.title.of", &[("name", &words(&trail["of"]["name"]))]);
    let mut dates = None;
    let shown = match view {
        "graph" => drawing.figure(&visit),
        "table" => table::rows(&visit, trail)?,
        "timeline" => timeline::told(&visit, dates.insert(timeline::ask(&visit, trail).await?)),
        "markdown" => parts::code(&visit.text_of("markdown", &title, &answer).await?),
        _ => outline::told(&visit, trail, &missing),
    };
    let main = html! {
        (head(&visit, trail))
        (views::tabs(&visit, VIEWS, view))
        (controls(&visit))
        (views::place(text.say(&format!("view.{view}")), &html! { (shown) (left_out(&visit, trail)) }))
    };
    let about = drawing.description.clone();
    let answers: Vec<&Answer> = std::iter::once(&answer).chain(missing.answer()).chain(&dates).collect();
    let page = Page {
        title: &title,
        about: &about,
        main,
        answers: &answers,
        exports: visit.formats(FORMATS),
        drawing: Some(&drawing),
        embed: true,
        ..Page::default()
    };
    Ok(visit.show(&page).await)
}

async fn ask(visit: &Visit, id: &str) -> Result<Answer, axum::response::Response> {
    let direction = match visit.get("dir") {
        Some("up") => "UPSTREAM",
        Some("down") => "DOWNSTREAM",
        _ => "BOTH",
    };
    visit.one_of("dir", &["both", "up", "down"])?;
    let depth = visit.number("depth", DEPTH)?;
    let first = if visit.get("more").is_some() { NODES.1 } else { NODES.0 };
    let link = visit.get("at").map_or(Json::Null, |day| json!({ "validAt": day }));
    let variables = json!({
        "of": id, "direction": direction, "depth": depth, "basis": visit.get("basis"), "link": link, "first": first,
    });
    let query = [TRAIL, parts::LINK, parts::ENTITY, parts::WORDS].concat();
    visit.ask(&query, variables).await
}

fn head(visit: &Visit, trail: &Json) -> Markup {
    let (text, of) = (visit.text, &trail["of"]);
    let id = words(&of["id"]);
    html! {
        header class="page-head" {
            p class="eyebrow" { (parts::icon("trail")) " " (text.say("trail.title")) }
            h1 { (parts::entity(visit, of)) }
            p class="lead" { (text.say("trail.lead")) }
            p class="summary" {
                @if let Some(grade) = trail["weakest"].as_str() { (text.say("trail.weakest")) " " (parts::grade(visit, grade)) " · " }
                (text.count("count.entities", items(&trail["nodes"]).len() as u64)) ", " (text.count("count.links", items(&trail["links"]).len() as u64))
            }
            p class="actions" {
                (parts::permalink(visit))
                a class="button plain" href=(visit.href("/path", &[("from", id)])) { (parts::icon("path")) " " (text.say("action.path")) }
                a class="button plain" href=(visit.href(&format!("/embed/trail/{}", encode_path(id)), &[("view", "graph")])) { (parts::icon("embed")) " " (text.say("action.embed")) }
            }
        }
    }
}

fn controls(visit: &Visit) -> Markup {
    let said = |key: &str| visit.text.say(key).to_owned();
    let ways = ["both", "up", "down"].map(|way| (way.to_owned(), said(&format!("trail.dir.{way}"))));
    let depths: Vec<_> = DEPTHS.iter().map(|depth| (depth.to_string(), depth.to_string())).collect();
    let fields = html! {
        (views::select(visit, "dir", "trail.dir", &ways))
        (views::select(visit, "depth", "trail.depth", &depths))
        (views::choices(visit, "basis", "trail.basis", &[("", "trail.basis.all"), ("STATED", "trail.basis.stated")]))
        div class="field" { label for="at" { (visit.text.say("trail.at")) } input id="at" type="date" name="at" value=[visit.get("at")]; }
    };
    views::controls(visit, &Controls { sets: &["dir", "depth", "basis", "at"], fields })
}

fn left_out(visit: &Visit, trail: &Json) -> Markup {
    let count = ["byLimit", "byDepth"].iter().map(|why| number(&trail["omitted"][why])).sum::<u64>();
    // It has been asked with that depth.
    let depth = visit.number("depth", DEPTH).unwrap_or(DEPTH);
    let farther =
        (number(&trail["omitted"]["byDepth"]) > 0 && depth < DEEPEST).then(|| (depth + 1).to_string());
    let more = visit.get("more").is_none() && number(&trail["omitted"]["byLimit"]) > 0;
    html! {
        @if count > 0 {
            p class="note more" {
                (visit.text.count("trail.omitted", count))
                @if more { " " a data-in-place="view" href=(visit.here(&[("more", Some("1"))])) { (visit.text.say("trail.more")) } }
                @if let Some(farther) = &farther { " " a data-in-place="view" href=(visit.here(&[("depth", Some(farther))])) { (visit.text.say("trail.farther")) } }
            }
        }
    }
}
