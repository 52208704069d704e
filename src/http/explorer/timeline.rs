//! `/timeline`: what came about when, in the order of the dates as sources give them, however exactly, and how long
//! it was from one to the next; then what has no date.

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{items, number, words};
use super::parts;
use super::views::{self, Controls};
use super::{Answered, Page, Visit};
use crate::ontology::upper_snake;

/// Steps of a timeline.
pub(super) const STEPS: u64 = 150;

/// What [`steps`] reads.
pub(super) const QUERY: &str = "
query Timeline($of: [ID!], $kinds: [KindName!], $first: Int!) {
  timeline(of: $of, kinds: $kinds, first: $first) {
    stepCount
    steps { entity { ...Named } link { ...Card } date { edtf kind approximate } lag { minDays maxDays } }
    undatedCount
    undated { ...Named }
  }
}";

/// What has no date is named up to so many.
const UNDATED: usize = 60;

/// Days of a month and of a year, about.
const MONTH: f64 = 30.44;
const YEAR: f64 = 365.25;

pub(super) async fn page(visit: Visit) -> Answered {
    let text = visit.text;
    let chosen = visit.kinds("kind")?;
    let view = visit.shared.app.view();
    let every = parts::kind_values(view.ontology());
    let is_chosen = |kind: &&str| {
        chosen.is_empty() || chosen.iter().any(|ix| upper_snake(&view.ontology().kind(*ix).name) == **kind)
    };
    let kinds: Vec<&str> = every.iter().map(|(kind, _)| kind.as_str()).filter(is_chosen).collect();
    let (query, variables) = asked(&kinds);
    let answer = visit.ask(&query, variables).await?;
    let found = &answer["timeline"];
    let title = text.say("timeline.title");
    let all = std::iter::once((String::new(), text.say("search.kinds.all").to_owned()));
    let values: Vec<_> = all.chain(every.iter().cloned()).collect();
    let fields = views::select(&visit, "kind", "timeline.kind", &values);
    let main = html! {
        header class="page-head" {
            p class="eyebrow" { (parts::icon("view-timeline")) " " (text.say("view.timeline")) }
            h1 { (title) }
            p class="lead" { (text.say("timeline.lead")) }
            p class="summary" { (text.count("timeline.steps", number(&found["stepCount"]))) ", " (text.count("timeline.undated.count", number(&found["undatedCount"]))) }
        }
        (views::controls(&visit, &Controls { sets: &["kind"], fields }))
        (views::place(title, &steps(&visit, found)))
    };
    let exports = visit.formats(&["json", "csv-links", "csv-entities", "markdown", "turtle", "bibtex"]);
    let about = text.say("timeline.lead");
    Ok(visit.show(&Page { title, about, main, answers: &[&answer], exports, ..Page::default() }).await)
}

/// The question for the timeline of these kinds.
pub(super) fn asked(kinds: &[&str]) -> (String, Json) {
    let query = [QUERY, parts::LINK, parts::ENTITY, parts::WORDS].concat();
    (query, json!({ "kinds": kinds, "first": STEPS }))
}

/// The steps in order, with how long it was from one to the next, and what has no date.
pub(super) fn steps(visit: &Visit, found: &Json) -> Markup {
    let text = visit.text;
    let undated = items(&found["undated"]);
    let more = number(&found["undatedCount"]).saturating_sub(undated.len().min(UNDATED) as u64);
    let all = items(&found["steps"]);
    html! {
        @if all.is_empty() { p class="nothing" { (text.say("timeline.none")) } }
        ol class="timeline" {
            @for step in all {
                @if let Some(lag) = lag(visit, &step["lag"]) { li class="lag" { (lag) } }
                (moment(visit, step))
            }
        }
        @if number(&found["stepCount"]) > all.len() as u64 { p class="note" { (text.count("timeline.more", number(&found["stepCount"]) - all.len() as u64)) } }
        @if !undated.is_empty() {
            section class="undated" aria-labelledby="undated" {
                h3 id="undated" { (text.say("timeline.undated")) }
                ul class="slots" { @for entity in undated.iter().take(UNDATED) { li class="slot" { (parts::entity(visit, entity)) } } }
                @if more > 0 { p class="note" { (text.count("timeline.undated.more", more)) } }
            }
        }
    }
}

fn moment(visit: &Visit, step: &Json) -> Markup {
    let (entity, link, date) = (&step["entity"], &step["link"], &step["date"]);
    let subject = if entity.is_null() { &link["from"] } else { entity };
    let tone = &parts::look(words(&subject["kind"]["name"])).tone;
    html! {
        li class={ "moment tone-" (tone) } {
            p class="when" { (parts::date(visit, date)) }
            div class="what" {
                @if link.is_null() {
                    p { (parts::entity(visit, entity)) }
                } @else {
                    p { a href=(visit.link(words(&link["id"]))) { (words(&link["sentence"])) } }
                    (parts::best_quote(visit, link))
                }
            }
        }
    }
}

/// How long after the step before, if that is certainly a day or more.
fn lag(visit: &Visit, lag: &Json) -> Option<String> {
    let (least, most) = (lag["minDays"].as_f64()?, lag["maxDays"].as_f64()?);
    if least < 1.0 {
        return None;
    }
    let (least, most) = (span(visit, least), span(visit, most));
    Some(match least == most {
        true => visit.text.tell("timeline.lag", &[("time", &most)]),
        false => visit.text.tell("timeline.lag.between", &[("least", &least), ("most", &most)]),
    })
}

/// Days in the largest unit of which there is at least two.
fn span(visit: &Visit, days: f64) -> String {
    let (key, count) = match days {
        days if days >= 2.0 * YEAR => ("time.years", days / YEAR),
        days if days >= 2.0 * MONTH => ("time.months", days / MONTH),
        days => ("time.days", days),
    };
    // Days of dates that can be written are far within the bounds.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = count.round() as u64;
    visit.text.count(key, count)
}
