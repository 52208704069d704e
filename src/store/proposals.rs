//! Changes that somebody proposes and somebody else decides on. What is proposed is no part of the graph.

use serde_json::{Map, Value as Json, json};

use super::records::{Signature, signature_json, signature_of};
use crate::graph::Change;
use crate::io::changes;

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Nobody has decided.
    Pending,
    /// Its changes were applied, and made the version of that sequence.
    Accepted(u64, Signature),
    /// It was turned down.
    Rejected(Signature),
}

/// Changes that wait for a decision, or had one.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Its number, from 1.
    pub number: u64,
    /// Who proposes it, when and why.
    pub signature: Signature,
    /// What is to be changed.
    pub changes: Vec<Change>,
    /// What became of it.
    pub decision: Decision,
}

impl Proposal {
    /// The value that is kept.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut head = signature_json(&self.signature);
        head.insert("number".into(), json!(self.number));
        let decided = match &self.decision {
            Decision::Pending => None,
            Decision::Accepted(sequence, by) => Some((Some(*sequence), by)),
            Decision::Rejected(by) => Some((None, by)),
        };
        if let Some((sequence, by)) = decided {
            let mut map = signature_json(by);
            if let Some(sequence) = sequence {
                map.insert("sequence".into(), json!(sequence));
            }
            head.insert("decided".into(), Json::Object(map));
        }
        let mut value = Json::Object(head).to_string().into_bytes();
        value.push(b'\n');
        value.extend_from_slice(&changes::lines(&self.changes));
        value
    }

    /// The proposal of a value.
    ///
    /// # Errors
    /// A clause that says what is wrong with it.
    pub(super) fn decode(value: &[u8]) -> Result<Proposal, String> {
        let text = std::str::from_utf8(value).map_err(|e| format!("it is not UTF-8: {e}"))?;
        let mut lines = text.lines();
        let head: Map<String, Json> =
            serde_json::from_str(lines.next().unwrap_or_default()).map_err(|e| e.to_string())?;
        let decision = match head.get("decided").and_then(Json::as_object) {
            None => Decision::Pending,
            Some(map) => match map.get("sequence").and_then(Json::as_u64) {
                Some(sequence) => Decision::Accepted(sequence, signature_of(map)),
                None => Decision::Rejected(signature_of(map)),
            },
        };
        Ok(Proposal {
            number: head.get("number").and_then(Json::as_u64).ok_or("it has no number")?,
            signature: signature_of(&head),
            changes: lines.map(changes::read).collect::<Result<_, _>>()?,
            decision,
        })
    }
}
