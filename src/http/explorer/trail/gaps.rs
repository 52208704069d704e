//! What is missing along a trail: entities of it that the ontology lists under a gap.

use std::collections::HashMap;

use axum::response::Response;
use serde_json::{Value as Json, json};

use super::super::Visit;
use super::super::ask::{Answer, items, words};

const GAPS: &str = "
query Missing($ids: [ID!]!, $first: Int!) {
  gaps { name description missing entities(where: { id: { in: $ids } }, first: $first) { nodes { id } } }
}";

/// What is missing, by entity.
pub(super) struct Missing {
    answer: Option<Answer>,
}

/// Asks for what is missing of the entities of a trail.
pub(super) async fn ask(visit: &Visit, trail: &Json) -> Result<Missing, Response> {
    let ids: Vec<&str> = items(&trail["nodes"]).iter().map(|node| words(&node["entity"]["id"])).collect();
    // Of an ontology without gaps there is nothing to ask.
    if visit.shared.app.view().ontology().gaps.is_empty() {
        return Ok(Missing { answer: None });
    }
    let answer = visit.ask(GAPS, json!({ "ids": ids, "first": visit.at_most(ids.len() as u64) })).await?;
    Ok(Missing { answer: Some(answer) })
}

/// Something that ought to be there: what its absence means, and the fields of which one link would do.
pub(super) struct Gap<'a> {
    pub(super) name: &'a str,
    pub(super) description: &'a str,
    pub(super) fields: Vec<&'a str>,
}

impl Missing {
    pub(super) fn answer(&self) -> Option<&Answer> {
        self.answer.as_ref()
    }

    /// By id of the entity.
    pub(super) fn by_entity(&self) -> HashMap<&str, Vec<Gap<'_>>> {
        let mut missing: HashMap<&str, Vec<Gap<'_>>> = HashMap::new();
        let gaps = self.answer.as_ref().map_or(&[][..], |answer| items(&answer["gaps"]));
        for gap in gaps {
            for entity in items(&gap["entities"]["nodes"]) {
                missing.entry(words(&entity["id"])).or_default().push(Gap {
                    name: words(&gap["name"]),
                    description: words(&gap["description"]),
                    fields: items(&gap["missing"]).iter().map(words).collect(),
                });
            }
        }
        missing
    }
}
