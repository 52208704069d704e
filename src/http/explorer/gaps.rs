//! `/gaps`: what ought to be there, as the ontology has it, and is not recorded: each gap with who has it; `name=`
//! shows one alone, page by page.

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{items, number, words};
use super::parts::{self, spaced, titled};
use super::text::grouped;
use super::{Answered, Page, Visit};

/// Entities of each gap, and of one alone.
const SHOWN: u64 = 8;
const LISTED: u64 = 60;

const QUERY: &str = "
query Gaps($names: [String!], $first: Int, $after: String, $last: Int, $before: String) {
  gaps(names: $names) {
    name description missing
    entities(first: $first, after: $after, last: $last, before: $before) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      nodes { ...Named }
    }
  }
}";

pub(super) async fn page(visit: Visit) -> Answered {
    let text = visit.text;
    let only = visit.get("name");
    let (first, after, last, before) = parts::page_of(&visit, if only.is_some() { LISTED } else { SHOWN });
    let names = only.map_or(Json::Null, |name| json!([name]));
    let variables = json!({ "names": names, "first": first, "after": after, "last": last, "before": before });
    let answer = visit.ask(&[QUERY, parts::ENTITY].concat(), variables).await?;
    let gaps = items(&answer["gaps"]);
    let title = text.say("gaps.title");
    let main = html! {
        header class="page-head" {
            p class="eyebrow" { (parts::icon("gap")) " " @if only.is_some() { a href=(visit.href("/gaps", &[])) { (title) } } @else { (text.say("nav.gaps")) } }
            h1 { @match (only, gaps.first()) { (Some(_), Some(gap)) => { (titled(words(&gap["name"]))) } _ => { (title) } } }
            p class="lead" { (text.say("gaps.lead")) }
        }
        @if gaps.is_empty() { p class="nothing" { (text.say("gaps.nothing")) } }
        @for gap in gaps { (one(&visit, gap, only.is_some())) }
    };
    let exports = visit.formats(&["json", "csv-entities", "markdown"]);
    let about = text.say("gaps.lead");
    Ok(visit.show(&Page { title, about, main, answers: &[&answer], exports, ..Page::default() }).await)
}

fn one(visit: &Visit, gap: &Json, alone: bool) -> Markup {
    let text = visit.text;
    let (name, found) = (words(&gap["name"]), &gap["entities"]);
    let count = number(&found["totalCount"]);
    let missing: Vec<String> = items(&gap["missing"]).iter().map(|field| spaced(words(field))).collect();
    html! {
        section class="gap" aria-labelledby=(name) {
            h2 id=(name) { (titled(name)) " " span class="count" { (grouped(count)) } }
            p class="note" { (words(&gap["description"])) " " (text.say("gaps.lacks")) " " (missing.join(", ")) }
            @if count == 0 { p { (text.say("gaps.none")) } }
            ul class="slots" { @for entity in items(&found["nodes"]) { li class="slot" { (parts::entity(visit, entity)) } } }
            @if alone { (parts::pager(visit, &found["pageInfo"])) }
            @else if count > SHOWN { p { a href=(visit.href("/gaps", &[("name", name)])) { (text.tell("gaps.all", &[("count", &grouped(count))])) } } }
        }
    }
}
