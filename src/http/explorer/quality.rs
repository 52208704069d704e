//! `/quality`: how far it can be trusted, counted: links by basis, evidence by how far it is checked, links that
//! are weak in one way or another, and what ought to be there and is not.

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{items, number, words};
use super::parts;
use super::text::grouped;
use super::{Answered, Page, Visit};

/// The ways to be weak, as the API names them, and the fields of the query that count them.
const WEAKNESSES: &[(&str, &str)] = &[
    ("INFERRED", "inferred"),
    ("UNVERIFIED", "unverified"),
    ("STALE", "stale"),
    ("SINGLE_SOURCED", "singleSourced"),
];

/// Links of a weakness that a page lists.
const LINKS: u64 = 20;

pub(super) const COUNTS: &str = "
query Quality {
  links(first: 0) {
    totalCount
    facets(by: [{ link: BASIS }, { link: STATUS }]) { groups { keys { value } count } }
  }
  inferred: weakLinks(weakness: [INFERRED], first: 0) { totalCount }
  unverified: weakLinks(weakness: [UNVERIFIED], first: 0) { totalCount }
  stale: weakLinks(weakness: [STALE], first: 0) { totalCount }
  singleSourced: weakLinks(weakness: [SINGLE_SOURCED], first: 0) { totalCount }
  ontology { gaps { name description of { name } entities(first: 0) { totalCount } } }
}";

const WEAK: &str = "
query Weak($weakness: [Weakness!], $first: Int, $after: String, $last: Int, $before: String) {
  weakLinks(weakness: $weakness, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { ...Card }
  }
}";

pub(super) async fn page(visit: Visit) -> Answered {
    match visit.get("weakness") {
        None => counts(&visit).await,
        Some(weakness) => weak(&visit, weakness).await,
    }
}

async fn counts(visit: &Visit) -> Answered {
    let text = visit.text;
    let answer = visit.ask(COUNTS, json!({})).await?;
    let total = number(&answer["links"]["totalCount"]);
    let facets = items(&answer["links"]["facets"]);
    let main = html! {
        header class="page-head" { h1 { (text.say("quality.title")) } p class="lead" { (text.say("quality.lead")) } }
        @for (name, facet) in ["BASIS", "STATUS"].iter().zip(facets) {
            section aria-labelledby=(name) {
                h2 id=(name) { (text.say(&format!("facet.{name}"))) }
                table class="counts" {
                    thead { tr { th scope="col" { (text.say(&format!("facet.{name}"))) } th scope="col" class="number" { (text.say("quality.links")) } th scope="col" class="number" { "%" } } }
                    tbody { @for group in items(&facet["groups"]) {
                        @let count = number(&group["count"]);
                        tr {
                            @let word = words(&group["keys"][0]["value"]);
                            th scope="row" { @if *name == "BASIS" { (parts::basis(visit, word)) } @else { (parts::verification(visit, word)) } }
                            td class="number" { (grouped(count)) }
                            td class="number" { (percent(count, total)) }
                        }
                    } }
                }
            }
        }
        section aria-labelledby="weak" {
            h2 id="weak" { (text.say("quality.weak")) }
            p class="note" { (text.say("quality.weak.why")) }
            ul { @for (name, field) in WEAKNESSES {
                @let count = number(&answer[field]["totalCount"]);
                li {
                    (text.say(&format!("weakness.{name}"))) " "
                    @if count > 0 { a href=(visit.href("/quality", &[("weakness", name)])) { (text.count("count.links", count)) } } @else { (text.say("none")) }
                }
            } }
        }
        section aria-labelledby="gaps" {
            h2 id="gaps" { (text.say("quality.gaps")) }
            p class="note" { (text.say("quality.gaps.why")) }
            dl { @for gap in items(&answer["ontology"]["gaps"]) { (gap_line(visit, gap)) } }
        }
    };
    let title = text.say("quality.title");
    Ok(visit
        .show(&Page { title, about: text.say("quality.lead"), main, answers: &[&answer], ..Page::default() })
        .await)
}

fn gap_line(visit: &Visit, gap: &Json) -> Markup {
    let name = words(&gap["name"]);
    html! {
        div {
            dt { a href=(visit.href("/gaps", &[("name", name)])) { (parts::titled(name)) } }
            dd { span class="count" { (grouped(number(&gap["entities"]["totalCount"]))) } " " (words(&gap["description"])) }
        }
    }
}

async fn weak(visit: &Visit, weakness: &str) -> Answered {
    let text = visit.text;
    let (first, after, last, before) = parts::page_of(visit, LINKS);
    let variables =
        json!({ "weakness": [weakness], "first": first, "after": after, "last": last, "before": before });
    let answer = visit.ask(&[WEAK, parts::LINK, parts::ENTITY, parts::WORDS].concat(), variables).await?;
    let links = &answer["weakLinks"];
    // The server has taken the word: it is one of the closed list.
    let title = text.say(&format!("weakness.{weakness}")).to_owned();
    let main = html! {
        header class="page-head" {
            p class="eyebrow" { a href=(visit.href("/quality", &[])) { (text.say("quality.title")) } }
            h1 { (title) }
            p { (text.count("count.links", number(&links["totalCount"]))) ". " (text.say("quality.weak.why")) }
        }
        ol class="links" { @for link in items(&links["nodes"]) { li { (parts::link_card(visit, link)) } } }
        (parts::pager(visit, &links["pageInfo"]))
    };
    Ok(visit.show(&Page { title: &title, main, answers: &[&answer], ..Page::default() }).await)
}

fn percent(count: u64, of: u64) -> String {
    if of == 0 { String::new() } else { format!("{:.1}", count as f64 * 100.0 / of as f64) }
}
