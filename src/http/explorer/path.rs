//! `/path?from=&to=`: how two entities are connected: the best paths between them, every hop with the words that
//! support it.

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{Answer, items, number, words};
use super::choose::{self, Chosen};
use super::parts;
use super::views::{self, Controls};
use super::{Answered, Page, Visit};

/// Paths shown, and with more of them.
const PATHS: (u64, u64) = (3, 12);
/// Hops of a path, if nobody says, and the choices.
const HOPS: u64 = 6;

const QUERY: &str = "
query Paths($from: ID!, $to: ID!, $maxHops: Int!, $direction: Traversal! = ANY, $basis: Basis, $hubs: Boolean!, $order: PathOrder! = SHORTEST, $first: Int!) {
  paths(from: [$from], to: [$to], maxHops: $maxHops, direction: $direction, basis: $basis, throughHubs: $hubs, orderBy: $order, first: $first) {
    hasMore
    paths {
      length
      grade
      start { ...Named }
      hops { sentence to { ...Named } link { ...Card } }
    }
  }
}";

pub(super) async fn page(visit: Visit) -> Answered {
    let text = visit.text;
    let ends = ["from", "to"].map(|end| Chosen::of(&visit, end, visit.get(end).unwrap_or_default()));
    let [from, to] = &ends;
    let meant = choose::meant(&visit, &ends).await?;
    let found = match (from.id(), to.id()) {
        (Some(from), Some(to)) => Some(ask(&visit, from, to).await?),
        _ => None,
    };
    let title = match found {
        Some(_) => text.tell("path.title.of", &[("from", &from.name()), ("to", &to.name())]),
        None => text.say("path.title").to_owned(),
    };
    let main = html! {
        header class="page-head" {
            p class="eyebrow" { (parts::icon("path")) " " (text.say("nav.path")) }
            h1 { (title) }
            p class="lead" { (text.say("path.lead")) }
            @if found.is_some() { p class="actions" { (parts::permalink(&visit)) } }
        }
        (controls(&visit, &ends))
        @if let Some(meant) = &meant { (choose::unknown(&visit, &ends, meant)) }
        (views::place(&title, &html! { @if let Some(found) = &found { (paths(&visit, found)) } }))
    };
    let answers: Vec<&Answer> = found.iter().chain(&meant).collect();
    let exports =
        ["markdown", "csv-links", "csv-evidence", "json", "json-ld", "graphml", "mermaid", "bibtex"];
    let exports = if found.is_some() { visit.formats(&exports) } else { Vec::new() };
    let (about, embed) = (text.say("path.lead"), found.is_some());
    let page = Page { title: &title, about, main, answers: &answers, exports, embed, ..Page::default() };
    Ok(visit.show(&page).await)
}

async fn ask(visit: &Visit, from: &str, to: &str) -> Result<Answer, axum::response::Response> {
    let hops = visit.number("hops", HOPS)?;
    let first = if visit.get("more").is_some() { PATHS.1 } else { PATHS.0 };
    let variables = json!({
        "from": from, "to": to, "maxHops": hops, "direction": visit.get("direction"), "basis": visit.get("basis"),
        "hubs": visit.get("hubs").is_some(), "order": visit.get("order"), "first": first,
    });
    visit.ask(&[QUERY, parts::LINK, parts::ENTITY, parts::WORDS].concat(), variables).await
}

fn controls(visit: &Visit, [from, to]: &[Chosen<'_>; 2]) -> Markup {
    let text = visit.text;
    let said = |word: &str| (word.to_owned(), text.say(&format!("path.{word}")).to_owned());
    let hops: Vec<_> = [HOPS, 1, 2, 3, 4, 8].map(|hops| (hops.to_string(), hops.to_string())).to_vec();
    let fields = html! {
        (from.field(visit, 0, text.say("path.from")))
        (to.field(visit, 0, text.say("path.to")))
        (views::select(visit, "hops", "path.hops", &hops))
        (views::select(visit, "order", "path.order", &["SHORTEST", "BEST_EVIDENCED"].map(said)))
        (views::select(visit, "direction", "path.direction", &["ANY", "FORWARD", "DOWNSTREAM", "UPSTREAM"].map(said)))
        (views::choices(visit, "basis", "trail.basis", &[("", "trail.basis.all"), ("STATED", "trail.basis.stated")]))
        div class="field choices" { label { input type="checkbox" name="hubs" value="1" checked[visit.get("hubs").is_some()]; " " (text.say("path.hubs")) } }
    };
    let sets = &["from", "to", "hops", "order", "direction", "basis", "hubs"];
    views::controls(visit, &Controls { sets, fields })
}

fn paths(visit: &Visit, answer: &Answer) -> Markup {
    let text = visit.text;
    let found = &answer["paths"];
    let has_more = found["hasMore"] == true;
    html! {
        @if items(&found["paths"]).is_empty() { p class="nothing" { (text.say("path.none")) } }
        @for (at, path) in items(&found["paths"]).iter().enumerate() { (one(visit, at + 1, path)) }
        @if !items(&found["paths"]).is_empty() {
            p class="note" {
                (text.say(if has_more { "path.more" } else { "path.all" }))
                @if has_more && visit.get("more").is_none() { " " a data-in-place="view" href=(visit.here(&[("more", Some("1"))])) { (text.say("path.more.show")) } }
            }
        }
    }
}

fn one(visit: &Visit, at: usize, path: &Json) -> Markup {
    let text = visit.text;
    let hops = number(&path["length"]);
    let form = if hops == 1 { "path.nth.one" } else { "path.nth.other" };
    html! {
        section class="path" aria-labelledby={ "path-" (at) } {
            h3 id={ "path-" (at) } { (text.tell(form, &[("at", &at), ("count", &hops)])) " " (parts::grade(visit, words(&path["grade"]))) }
            ol class="hops" {
                li class="stop" { (parts::entity(visit, &path["start"])) }
                @for hop in items(&path["hops"]) {
                    @let link = &hop["link"];
                    li class={ "hop basis-" (parts::kebab(words(&link["basis"]))) } {
                        p class="say" {
                            a href=(visit.link(words(&link["id"]))) { (words(&hop["sentence"])) }
                            @if link["basis"] == "INFERRED" { " " (parts::basis(visit, "INFERRED")) }
                        }
                        (parts::best_quote(visit, link))
                    }
                    li class="stop" { (parts::entity(visit, &hop["to"])) }
                }
            }
        }
    }
}
