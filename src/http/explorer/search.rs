//! `/search?q=&kind=`: what was found, under the kinds it is of, with the words that were asked where they
//! stand; without words, all of a kind by name.

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{Answer, items, number, words};
use super::parts::{self, titled};
use super::text::grouped;
use super::{Answered, Page, Visit};

/// Entities a page shows.
const FOUND: u64 = 30;

/// Texts with hits that are shown of one entity.
const HIGHLIGHTS: usize = 2;

const SEARCH: &str = "
query Search($text: String!, $kinds: [KindName!], $first: Int, $after: String, $last: Int, $before: String) {
  found: search(text: $text, kinds: $kinds, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    allWords
    kinds { kind { name enumName } count }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges {
      node { ...Named description }
      highlights { field parts { text matched } }
    }
  }
}";

const LIST: &str = "
query List($kinds: [KindName!], $first: Int, $after: String, $last: Int, $before: String) {
  found: entities(kinds: $kinds, orderBy: [{ field: NAME }], first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { node { ...Named description } }
  }
  ontology { kinds { name enumName count } }
}";

pub(super) async fn page(visit: Visit) -> Answered {
    let text = visit.text;
    let kinds: Vec<&str> = visit.all("kind").collect();
    let (first, after, last, before) = parts::page_of(&visit, FOUND);
    let kinds_asked = if kinds.is_empty() { Json::Null } else { json!(kinds) };
    let variables = json!({
        "text": visit.get("q"), "kinds": kinds_asked, "first": first, "after": after, "last": last, "before": before,
    });
    let query = if visit.get("q").is_some() { SEARCH } else { LIST };
    let answer = visit.ask(&[query, parts::ENTITY].concat(), variables).await?;
    let found = &answer["found"];
    let count = number(&found["totalCount"]);
    let title = match visit.get("q") {
        Some(words) => text.tell("search.title.of", &[("words", &words)]),
        None => text.say("search.title").to_owned(),
    };
    let main = html! {
        header class="page-head" {
            h1 { (title) }
            (parts::search_form(&visit, "search"))
            p role="status" { (text.count("search.found", count)) @if found["allWords"] == false && count > 0 { " " (text.say("search.some")) } }
        }
        (facets(&visit, &answer, &kinds))
        @if count == 0 { p class="nothing" { (text.say("search.nothing")) } }
        @for (kind, edges) in by_kind(items(&found["edges"])) {
            section class="found" aria-labelledby=(kind) {
                h2 id=(kind) { (parts::kind_chip(kind)) }
                ul class="hits" { @for edge in edges { li { (hit(&visit, edge)) } } }
            }
        }
        (parts::pager(&visit, &found["pageInfo"]))
    };
    Ok(visit.show(&Page { title: &title, main, answers: &[&answer], ..Page::default() }).await)
}

/// The kinds there are, with how many of each, to look through one alone.
fn facets(visit: &Visit, answer: &Answer, asked: &[&str]) -> Markup {
    let text = visit.text;
    let of_search =
        items(&answer["found"]["kinds"]).iter().map(|group| (&group["kind"], number(&group["count"])));
    let of_all = items(&answer["ontology"]["kinds"]).iter().map(|kind| (kind, number(&kind["count"])));
    let narrowed = |kind| visit.here(&[("kind", kind), ("after", None), ("before", None)]);
    html! {
        nav class="facets" aria-label=(text.say("search.kinds")) {
            ul {
                li { a href=(narrowed(None)) aria-current=[asked.is_empty().then_some("true")] { (text.say("search.kinds.all")) } }
                @for (kind, count) in of_search.chain(of_all).filter(|(_, count)| *count > 0) {
                    @let name = words(&kind["enumName"]);
                    li {
                        a href=(narrowed(Some(name))) aria-current=[asked.contains(&name).then_some("true")] {
                            (parts::icon(&parts::look(words(&kind["name"])).icon)) " " (titled(words(&kind["name"]))) " " span class="count" { (grouped(count)) }
                        }
                    }
                }
            }
        }
    }
}

/// In groups by kind, the kind of the best first; within a group, the best first.
fn by_kind(edges: &[Json]) -> Vec<(&str, Vec<&Json>)> {
    let mut groups: Vec<(&str, Vec<&Json>)> = Vec::new();
    for edge in edges {
        let kind = words(&edge["node"]["kind"]["name"]);
        match groups.iter_mut().find(|(of, _)| *of == kind) {
            Some((_, group)) => group.push(edge),
            None => groups.push((kind, vec![edge])),
        }
    }
    groups
}

fn hit(visit: &Visit, edge: &Json) -> Markup {
    let node = &edge["node"];
    let (of_name, others): (Vec<&Json>, Vec<&Json>) =
        items(&edge["highlights"]).iter().partition(|highlight| highlight["field"] == "name");
    html! {
        p class="name" {
            a class="entity" href=(visit.entity(words(&node["id"]))) {
                @match of_name.first() { Some(highlight) => { (marked(highlight)) } None => { (words(&node["name"])) } }
            }
        }
        @if others.is_empty() {
            @if let Some(description) = node["description"].as_str() { p class="note" { (description) } }
        }
        @for highlight in others.into_iter().take(HIGHLIGHTS) {
            p class="snippet" { span class="field" { (parts::spaced(words(&highlight["field"]))) ": " } (marked(highlight)) }
        }
    }
}

fn marked(highlight: &Json) -> Markup {
    html! {
        @for part in items(&highlight["parts"]) {
            @if part["matched"] == true { mark { (words(&part["text"])) } } @else { (words(&part["text"])) }
        }
    }
}
