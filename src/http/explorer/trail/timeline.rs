//! A trail in the order of its dates.

use axum::response::Response;
use maud::Markup;
use serde_json::{Value as Json, json};

use super::super::Visit;
use super::super::ask::{Answer, items, words};
use super::super::{parts, timeline};

/// Asks when the entities of a trail came about.
pub(super) async fn ask(visit: &Visit, trail: &Json) -> Result<Answer, Response> {
    let ids: Vec<&str> = items(&trail["nodes"]).iter().map(|node| words(&node["entity"]["id"])).collect();
    let query = [timeline::QUERY, parts::LINK, parts::ENTITY, parts::WORDS].concat();
    visit.ask(&query, json!({ "of": ids, "first": timeline::STEPS })).await
}

/// The steps in order, with how long it was from one to the next, and what has no date.
pub(super) fn told(visit: &Visit, dates: &Answer) -> Markup {
    timeline::steps(visit, &dates["timeline"])
}
