//! What is kept of a batch: who, when, why, which changes, and the hash of what came of them, chained to the batch
//! before.
//!
//! The value under a batch's sequence is the chain (32 bytes: SHA-256 over the chain before and the body), then the
//! body: a line of JSON about the batch, and a line for each [change](crate::io::changes).

use std::fmt;

use data_encoding::HEXLOWER;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::graph::Change;
use crate::io::changes;

/// A moment, in milliseconds since 1970 in UTC. It comes from outside: below the transport there is no clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

/// As RFC 3339 has it, to the millisecond.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = i64::try_from(self.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        match moment {
            Some(moment) => write!(f, "{moment:.3}"),
            None => write!(f, "{} ms", self.0),
        }
    }
}

/// Who did something, when and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// As the caller is called; none where nobody said.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// In the caller's words.
    pub reason: Option<String>,
}

/// What tells a request that is sent again from a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The caller's word for it.
    pub text: String,
    /// SHA-256 of what was asked under it.
    pub asked: [u8; 32],
}

/// One commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The sequence of the version that it made.
    pub sequence: u64,
    /// Who, when, why.
    pub signature: Signature,
    /// Under which idempotency key.
    pub key: Option<Key>,
    /// The proposal that it accepts.
    pub proposal: Option<u64>,
    /// What was changed, in order.
    pub changes: Vec<Change>,
    /// The content hash of the version that it made.
    pub content: [u8; 32],
}

/// The hash that what comes next is chained to.
pub(super) type Chain = [u8; 32];

/// The chain after `body`.
pub(super) fn chained(before: &Chain, body: &[u8]) -> Chain {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(body);
    hash.finalize().into()
}

impl Batch {
    /// The value that is kept, and the chain after it.
    pub(super) fn encode(&self, before: &Chain) -> (Vec<u8>, Chain) {
        let mut head = signature_json(&self.signature);
        head.insert("sequence".into(), json!(self.sequence));
        head.insert("content".into(), json!(HEXLOWER.encode(&self.content)));
        if let Some(key) = &self.key {
            head.insert("key".into(), json!([key.text, HEXLOWER.encode(&key.asked)]));
        }
        if let Some(proposal) = self.proposal {
            head.insert("proposal".into(), json!(proposal));
        }
        let body = sheet(head, &self.changes);
        let chain = chained(before, &body);
        ([&chain[..], &body].concat(), chain)
    }

    /// The batch of a value, and its chain, which must follow from `before` where that is known.
    ///
    /// # Errors
    /// A clause that says what is wrong with the value.
    pub(super) fn decode(value: &[u8], before: Option<&Chain>) -> Result<(Batch, Chain), String> {
        let (chain, body) = value.split_first_chunk::<32>().ok_or("it is too short")?;
        if before.is_some_and(|before| chained(before, body) != *chain) {
            return Err("its hash does not follow from what it holds and what came before".to_owned());
        }
        let (head, changes) = read_sheet(body)?;
        let number = |name: &str| head.get(name).and_then(Json::as_u64);
        let key = head.get("key").and_then(|key| {
            Some(Key { text: key.get(0)?.as_str()?.to_owned(), asked: hash_of(key.get(1)?)? })
        });
        let batch = Batch {
            sequence: number("sequence").ok_or("its head has no sequence")?,
            content: head.get("content").and_then(hash_of).ok_or("its head has no content hash")?,
            signature: signature_of(&head),
            key,
            proposal: number("proposal"),
            changes,
        };
        Ok((batch, *chain))
    }
}

/// A line of JSON about changes, and a line for each.
pub(super) fn sheet(head: Map<String, Json>, changes: &[Change]) -> Vec<u8> {
    let mut sheet = Json::Object(head).to_string().into_bytes();
    sheet.push(b'\n');
    sheet.extend_from_slice(&changes::lines(changes));
    sheet
}

/// What a sheet says.
///
/// # Errors
/// A clause that says what is wrong with it.
pub(super) fn read_sheet(sheet: &[u8]) -> Result<(Map<String, Json>, Vec<Change>), String> {
    let text = std::str::from_utf8(sheet).map_err(|e| format!("it is not UTF-8: {e}"))?;
    let mut lines = text.lines();
    let head =
        serde_json::from_str(lines.next().unwrap_or_default()).map_err(|e| format!("its head: {e}"))?;
    Ok((head, lines.map(changes::read).collect::<Result<_, _>>()?))
}

/// A signature as JSON; what is not there is left out.
pub(super) fn signature_json(signature: &Signature) -> Map<String, Json> {
    let mut map = Map::new();
    map.insert("at".into(), json!(signature.at.0));
    for (name, text) in [("by", &signature.by), ("reason", &signature.reason)] {
        if let Some(text) = text {
            map.insert(name.into(), json!(text));
        }
    }
    map
}

pub(super) fn signature_of(map: &Map<String, Json>) -> Signature {
    let text = |name: &str| map.get(name).and_then(Json::as_str).map(str::to_owned);
    let at = Timestamp(map.get("at").and_then(Json::as_u64).unwrap_or_default());
    Signature { by: text("by"), at, reason: text("reason") }
}

pub(super) fn hash_of(json: &Json) -> Option<[u8; 32]> {
    HEXLOWER.decode(json.as_str()?.as_bytes()).ok()?.try_into().ok()
}
