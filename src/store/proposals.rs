//! Changes that somebody proposes and somebody else decides on. What is proposed is no part of the graph.

use serde_json::{Value as Json, json};

use super::records::{Signature, read_sheet, sheet, signature_json, signature_of};
use super::{Put, Table, key_of};
use crate::graph::Change;

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
    /// What keeps it, in the place of what it was before.
    pub(super) fn put(&self) -> Put {
        Put::Value(Table::Proposals, key_of(self.number), self.encode())
    }

    fn encode(&self) -> Vec<u8> {
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
        sheet(head, &self.changes)
    }

    /// The proposal of a value.
    ///
    /// # Errors
    /// A clause that says what is wrong with it.
    pub(super) fn decode(value: &[u8]) -> Result<Proposal, String> {
        let (head, changes) = read_sheet(value)?;
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
            changes,
            decision,
        })
    }
}
