//! `/crosswalk?a=&b=`: which items of one plan answer to which of another, said or suggested, and which have no
//! counterpart.

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{Answer, items, number, words};
use super::choose::{self, Chosen};
use super::parts;
use super::views::{self, Controls};
use super::{Answered, Page, Visit};

/// Pairs, and items without counterpart.
const PAIRS: u64 = 100;

const QUERY: &str = "
query Crosswalk($a: ID!, $b: ID!, $kinds: [KindName!], $first: Int!) {
  crosswalk(a: $a, b: $b, kinds: $kinds, first: $first) {
    pairCount
    pairs {
      asserted
      a { ...Named }
      b { ...Named }
      reasons { reason entity { ...Named } links { id sentence } }
    }
    onlyACount
    onlyA { ...Named }
    onlyBCount
    onlyB { ...Named }
  }
}";

pub(super) async fn page(visit: Visit) -> Answered {
    let text = visit.text;
    let ends = ["a", "b"].map(|end| Chosen::of(&visit, end, visit.get(end).unwrap_or_default()));
    let meant = choose::meant(&visit, &ends).await?;
    let found = match (ends[0].id(), ends[1].id()) {
        (Some(a), Some(b)) => {
            let kinds: Vec<&str> = visit.all("kind").collect();
            let kinds = if kinds.is_empty() { Json::Null } else { json!(kinds) };
            let variables = json!({ "a": a, "b": b, "kinds": kinds, "first": PAIRS });
            Some(visit.ask(&[QUERY, parts::ENTITY].concat(), variables).await?)
        }
        _ => None,
    };
    let title = text.say("crosswalk.title");
    let main = html! {
        header class="page-head" {
            p class="eyebrow" { (parts::icon("crosswalk")) " " (text.say("nav.compare")) }
            h1 { (title) }
            p class="lead" { (text.say("crosswalk.lead")) }
            @if found.is_some() { p class="actions" { (parts::permalink(&visit)) } }
        }
        (controls(&visit, &ends))
        @if let Some(meant) = &meant { (choose::unknown(&visit, &ends, meant)) }
        (views::place(title, &html! { @if let Some(found) = &found { (walked(&visit, &found["crosswalk"], &ends)) } }))
    };
    let answers: Vec<&Answer> = found.iter().chain(&meant).collect();
    let exports = if found.is_some() {
        visit.formats(&["json", "csv-entities", "csv-links", "markdown", "json-ld"])
    } else {
        Vec::new()
    };
    let about = text.say("crosswalk.lead");
    Ok(visit.show(&Page { title, about, main, answers: &answers, exports, ..Page::default() }).await)
}

fn controls(visit: &Visit, ends: &[Chosen<'_>; 2]) -> Markup {
    let all = std::iter::once((String::new(), visit.text.say("search.kinds.all").to_owned()));
    let kinds: Vec<_> = all.chain(parts::kind_values(visit.shared.app.view().ontology())).collect();
    let fields = html! {
        @for (nth, end) in ends.iter().enumerate() { (end.field(visit, 0, &visit.text.tell("compare.of", &[("count", &(nth + 1))]))) }
        (views::select(visit, "kind", "crosswalk.kind", &kinds))
    };
    views::controls(visit, &Controls { sets: &["a", "b", "kind"], fields })
}

fn walked(visit: &Visit, found: &Json, ends: &[Chosen<'_>; 2]) -> Markup {
    let text = visit.text;
    html! {
        @if items(&found["pairs"]).is_empty() { p class="nothing" { (text.say("crosswalk.none")) } } @else {
            div class="scroll" role="group" aria-labelledby="view-title" tabindex="0" {
                table class="grid crosswalk" {
                    thead { tr { th scope="col" { (ends[0].name()) } th scope="col" { (text.say("crosswalk.how")) } th scope="col" { (ends[1].name()) } } }
                    tbody { @for pair in items(&found["pairs"]) { (row(visit, pair)) } }
                }
            }
            (left_out(visit, number(&found["pairCount"]), items(&found["pairs"])))
        }
        @for (end, chosen) in ["onlyA", "onlyB"].iter().zip(ends) {
            @let only = items(&found[*end]);
            section aria-labelledby=(end) {
                h3 id=(end) { (text.tell("crosswalk.only", &[("name", &chosen.name())])) " " span class="count" { (number(&found[format!("{end}Count")])) } }
                ul class="slots" { @for entity in only { li class="slot" { (parts::entity(visit, entity)) } } }
                (left_out(visit, number(&found[format!("{end}Count")]), only))
            }
        }
    }
}

fn left_out(visit: &Visit, count: u64, shown: &[Json]) -> Markup {
    let more = count.saturating_sub(shown.len() as u64);
    html! { @if more > 0 { p class="note" { (visit.text.count("compare.more", more)) } } }
}

fn row(visit: &Visit, pair: &Json) -> Markup {
    let how = if pair["asserted"] == true { "asserted" } else { "suggested" };
    html! {
        tr class=(how) {
            td { (parts::entity(visit, &pair["a"])) }
            td {
                span class={ "badge " (how) } { (visit.text.say(&format!("crosswalk.{how}"))) }
                @for reason in items(&pair["reasons"]) { (because(visit, reason)) }
            }
            td { (parts::entity(visit, &pair["b"])) }
        }
    }
}

fn because(visit: &Visit, reason: &Json) -> Markup {
    html! {
        p class="note" {
            (visit.text.say(&format!("reason.{}", words(&reason["reason"]))))
            @if !reason["entity"].is_null() { " " (parts::entity(visit, &reason["entity"])) }
            @for (at, link) in items(&reason["links"]).iter().enumerate() {
                " " a class="ref" href=(visit.link(words(&link["id"]))) title=(words(&link["sentence"])) { span class="visually-hidden" { (words(&link["sentence"])) " " } (at + 1) }
            }
        }
    }
}
