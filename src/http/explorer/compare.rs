//! `/compare?of=&of=`: what several entities are linked to: what all have, what some have, and what one alone has.

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{Answer, items, number, words};
use super::choose::{self, Chosen};
use super::parts::{self, titled};
use super::views::{self, Controls};
use super::{Answered, Page, Visit};

/// Entities that are compared at most, and fields the form shows at least.
const COMPARED: usize = 6;
const FIELDS: usize = 2;
/// Rows of the table.
const ROWS: u64 = 100;

const QUERY: &str = "
query Compare($ids: [ID!]!, $share: Share, $first: Int!) {
  compare(ids: $ids, share: $share, first: $first) {
    neighborCount
    of { ...Named }
    neighbors {
      relation { name inverse }
      direction
      share
      entity { ...Named }
      heldBy { entity { id } closeMatch { id } link { id basis sentence } }
    }
  }
}";

pub(super) async fn page(visit: Visit) -> Answered {
    let text = visit.text;
    let given: Vec<Chosen<'_>> =
        visit.all("of").take(COMPARED).map(|id| Chosen::of(&visit, "of", id)).collect();
    let meant = choose::meant(&visit, &given).await?;
    let ids: Vec<&str> = given.iter().filter_map(Chosen::id).collect();
    let found = match ids.len() {
        2.. => {
            let variables = json!({ "ids": ids, "share": visit.get("share"), "first": ROWS });
            Some(visit.ask(&[QUERY, parts::ENTITY].concat(), variables).await?)
        }
        _ => None,
    };
    let title = text.say("compare.title");
    let main = html! {
        header class="page-head" {
            p class="eyebrow" { (parts::icon("compare")) " " (text.say("nav.compare")) }
            h1 { (title) }
            p class="lead" { (text.say("compare.lead")) }
            @if let [a, b] = ids[..] {
                p class="actions" {
                    (parts::permalink(&visit))
                    a class="button plain" href=(visit.href("/crosswalk", &[("a", a), ("b", b)])) { (parts::icon("crosswalk")) " " (text.say("crosswalk.title")) }
                    a class="button plain" href=(visit.href("/path", &[("from", a), ("to", b)])) { (parts::icon("path")) " " (text.say("nav.path")) }
                }
            }
        }
        (controls(&visit, &given))
        @if let Some(meant) = &meant { (choose::unknown(&visit, &given, meant)) }
        (views::place(title, &html! { @if let Some(found) = &found { (table(&visit, &found["compare"])) } @else { p class="nothing" { (text.say("compare.none")) } } }))
    };
    let answers: Vec<&Answer> = found.iter().chain(&meant).collect();
    let exports = if found.is_some() {
        visit.formats(&["json", "csv-links", "csv-evidence", "markdown", "json-ld", "graphml"])
    } else {
        Vec::new()
    };
    let about = text.say("compare.lead");
    Ok(visit.show(&Page { title, about, main, answers: &answers, exports, ..Page::default() }).await)
}

fn controls(visit: &Visit, given: &[Chosen<'_>]) -> Markup {
    let text = visit.text;
    let shares: Vec<_> = ["ANY", "ALL", "SOME", "ONE"]
        .map(|share| (share.to_owned(), text.say(&format!("compare.share.{share}")).to_owned()))
        .to_vec();
    let places = (given.len() + 1).clamp(FIELDS, COMPARED);
    let fields = html! {
        @for nth in 0..places {
            @let empty = Chosen::of(visit, "of", "");
            (given.get(nth).unwrap_or(&empty).field(visit, nth, &text.tell("compare.of", &[("count", &(nth + 1))])))
        }
        (views::select(visit, "share", "compare.share", &shares))
    };
    views::controls(visit, &Controls { sets: &["of", "share"], fields })
}

fn table(visit: &Visit, compared: &Json) -> Markup {
    let text = visit.text;
    let (of, rows) = (items(&compared["of"]), items(&compared["neighbors"]));
    let more = number(&compared["neighborCount"]).saturating_sub(rows.len() as u64);
    html! {
        @if rows.is_empty() { p class="nothing" { (text.say("compare.nothing")) } } @else {
            div class="scroll" role="group" aria-labelledby="view-title" tabindex="0" {
                table class="compare" {
                    thead { tr { th scope="col" { (text.say("compare.with")) } @for entity in of { th scope="col" { (parts::entity(visit, entity)) } } } }
                    @for (relation, rows) in by_relation(rows) {
                        tbody {
                            tr class="group" { th scope="rowgroup" colspan=(of.len() + 1) { (titled(relation)) } }
                            @for row in rows {
                                tr class=[(row["share"] == "ALL").then_some("shared")] {
                                    th scope="row" { (parts::entity(visit, &row["entity"])) }
                                    @for entity in of { (cell(visit, row, words(&entity["id"]))) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if more > 0 { p class="note" { (text.count("compare.more", more)) } }
    }
}

/// Rows under the relation they are of, as it is read from those compared; those that all have first.
fn by_relation(rows: &[Json]) -> Vec<(&str, Vec<&Json>)> {
    let mut groups: Vec<(&str, Vec<&Json>)> = Vec::new();
    for row in rows {
        let end = if row["direction"] == "OUTGOING" { "name" } else { "inverse" };
        let name = words(&row["relation"][end]);
        match groups.iter_mut().find(|(of, _)| *of == name) {
            Some((_, group)) => group.push(row),
            None => groups.push((name, vec![row])),
        }
    }
    groups
}

fn cell(visit: &Visit, row: &Json, id: &str) -> Markup {
    let text = visit.text;
    let held = items(&row["heldBy"]).iter().find(|held| held["entity"]["id"] == id);
    html! {
        @match held {
            Some(held) => {
                @let basis = words(&held["link"]["basis"]);
                td class={ "has basis-" (parts::kebab(basis)) } {
                    a href=(visit.link(words(&held["link"]["id"]))) title=(words(&held["link"]["sentence"])) { (parts::icon("verified")) " " (text.say("compare.has")) } " " (parts::basis(visit, basis))
                    @if let Some(close) = held["closeMatch"]["id"].as_str() { " " a class="note" href=(visit.link(close)) { (text.say("compare.close")) } }
                }
            }
            None => { td class="lacks" { span class="absent" { (text.say("absent")) } } }
        }
    }
}
