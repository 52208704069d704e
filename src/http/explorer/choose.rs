//! Entities that an address names by a parameter, and whom it may mean where nothing has that id: without scripts a
//! reader types a name.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::json;

use super::Visit;
use super::ask::{Answer, items, words};
use super::{parts, views};

const RESOLVE: &str = "
query Resolve($names: [String!]!) {
  resolve(names: $names) { name candidates { entity { ...Named } } }
}";

/// What an address says for one place of a form.
pub(super) struct Chosen<'a> {
    parameter: &'a str,
    /// What it says; empty if nothing.
    pub(super) given: &'a str,
    /// The entity's id and name, if there is one of that id.
    pub(super) entity: Option<(String, String)>,
}

impl<'a> Chosen<'a> {
    pub(super) fn of(visit: &Visit, parameter: &'a str, given: &'a str) -> Chosen<'a> {
        let view = visit.shared.app.view();
        let named = |ix| (view.entity(ix).id().to_owned(), view.entity(ix).name().to_owned());
        Chosen { parameter, given, entity: view.find(given).map(named) }
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.entity.as_ref().map(|(id, _)| id.as_str())
    }

    pub(super) fn name(&self) -> &str {
        self.entity.as_ref().map_or(self.given, |(_, name)| name)
    }

    /// The field of the form; `nth` tells several of one parameter apart.
    pub(super) fn field(&self, visit: &Visit, nth: usize, label: &str) -> Markup {
        let id = format!("{}-{nth}", self.parameter);
        let name = self.entity.as_ref().map_or("", |(_, name)| name);
        views::entity_field(visit, &id, self.parameter, label, self.given, name)
    }
}

/// Whom those may mean that are no id; none if all are.
pub(super) async fn meant(visit: &Visit, chosen: &[Chosen<'_>]) -> Result<Option<Answer>, Response> {
    let unknown = chosen.iter().filter(|one| one.entity.is_none() && !one.given.is_empty());
    let names: Vec<&str> = unknown.map(|one| one.given).collect();
    if names.is_empty() {
        return Ok(None);
    }
    Ok(Some(visit.ask(&[RESOLVE, parts::ENTITY].concat(), json!({ "names": names })).await?))
}

/// Says so, with the addresses that name one of them instead.
pub(super) fn unknown(visit: &Visit, chosen: &[Chosen<'_>], meant: &Answer) -> Markup {
    html! {
        @for found in items(&meant["resolve"]) {
            @let given = words(&found["name"]);
            div class="notice" role="status" {
                p { (visit.text.tell("choose.unknown", &[("id", &crate::http::shorten(given))])) }
                ul {
                    @for candidate in items(&found["candidates"]) {
                        @let named = &candidate["entity"];
                        li { a href=(instead(visit, chosen, given, words(&named["id"]))) { (words(&named["name"])) } " " (parts::kind_chip(words(&named["kind"]["name"]))) }
                    }
                }
            }
        }
    }
}

/// This page with that id in place of what was typed.
fn instead(visit: &Visit, chosen: &[Chosen<'_>], given: &str, id: &str) -> String {
    let own: Vec<&str> = chosen.iter().map(|one| one.parameter).collect();
    let kept = visit.given.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
    let others = chosen.iter().map(|one| (one.parameter, if one.given == given { id } else { one.given }));
    super::address(&visit.path, kept.chain(others).filter(|(_, value)| !value.is_empty()))
}
