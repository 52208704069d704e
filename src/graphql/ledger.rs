//! What is behind the view that a request sees: the door for changes, and the past. The instance that runs gives
//! it; without one, nothing can be changed and only the present is known.

use std::fmt;
use std::sync::Arc;

use super::caller::Caller;
use super::error::{Code, GraphqlError};
use crate::graph::{Change, DataVersion, Graph, Refusals};
use crate::store::{Batch, Key, Proposal, Signature, StoreError, Timestamp};

/// Changes that somebody asks for.
#[derive(Clone, Debug, Default)]
pub struct Write {
    /// All of them, or none.
    pub changes: Vec<Change>,
    /// Who, when, why.
    pub signature: Signature,
    /// Asked before under that key, it is not done again.
    pub key: Option<Key>,
    /// Only if this is still the newest version: its number, or its label, which no other history has.
    pub expected: Option<String>,
    /// Whether it is only tried.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Written {
    /// The version that it made, or would make.
    pub graph: Arc<Graph>,
    /// Whether the graph is changed now.
    pub applied: bool,
    /// Whether this was done before, under the same key.
    pub replayed: bool,
}

/// Why nothing was changed.
#[derive(Debug)]
pub enum NotWritten {
    /// What is wrong with the changes.
    Refused(Refusals),
    /// Somebody else was first; the newest version has that sequence.
    Stale(DataVersion),
    /// Something else was asked under that key, which led to the version of that sequence.
    KeyTaken(u64),
    /// There is no such proposal, or it was decided.
    NoProposal(String),
    /// The store failed: until the server is started again, it only reads.
    ReadOnly(String),
}

impl From<StoreError> for NotWritten {
    fn from(e: StoreError) -> NotWritten {
        NotWritten::ReadOnly(e.to_string())
    }
}

/// Why a version is not shown.
#[derive(Debug)]
pub enum NotSeen {
    /// It is not there: the oldest and newest that are.
    Unknown(u64, u64),
    /// Making it would take more than the server gives to one request; so many entities and links.
    TooLarge(usize),
    /// The store failed.
    Failed(String),
}

impl fmt::Display for NotSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotSeen::Unknown(oldest, newest) => {
                write!(
                    f,
                    "there is no such version; the oldest that is kept is {oldest}, the newest {newest}"
                )
            }
            NotSeen::TooLarge(size) => write!(
                f,
                "a graph of {size} entities and links is too large to be made anew for one request; make it beside this one: throughline restore --from DIR --until VERSION --data-dir NEW, and serve that"
            ),
            NotSeen::Failed(why) => f.write_str(why),
        }
    }
}

impl From<StoreError> for NotSeen {
    fn from(e: StoreError) -> NotSeen {
        NotSeen::Failed(e.to_string())
    }
}

impl From<NotSeen> for GraphqlError {
    fn from(not_seen: NotSeen) -> GraphqlError {
        let code = match not_seen {
            NotSeen::Unknown(..) => Code::VersionNotFound,
            NotSeen::TooLarge(_) => Code::LimitExceeded,
            NotSeen::Failed(_) => Code::Internal,
        };
        GraphqlError::new(code, not_seen.to_string())
    }
}

/// The past of a graph, and the way to its future.
pub trait Ledger: Send + Sync + fmt::Debug {
    /// Changes the graph, or says why not. Blocking: it is back when the store has it.
    ///
    /// # Errors
    /// See [`NotWritten`]; the graph is as it was.
    fn write(&self, write: Write) -> Result<Written, NotWritten>;

    /// Files changes for somebody else to decide on; they are tried first.
    ///
    /// # Errors
    /// See [`NotWritten`].
    fn propose(&self, write: Write) -> Result<Proposal, NotWritten>;

    /// Decides on a proposal; accepted, it is applied to the newest version.
    ///
    /// # Errors
    /// See [`NotWritten`]; the proposal is pending as before.
    fn decide(
        &self,
        number: u64,
        accept: bool,
        signature: Signature,
    ) -> Result<(Proposal, Arc<Graph>), NotWritten>;

    /// Proposals from that number on, in order, until `take` says no.
    ///
    /// # Errors
    /// What the store says.
    fn proposals(&self, from: u64, take: &mut dyn FnMut(Proposal) -> bool) -> Result<(), StoreError>;

    /// The graph as it was at a version.
    ///
    /// # Errors
    /// See [`NotSeen`].
    fn view(&self, sequence: u64) -> Result<Arc<Graph>, NotSeen>;

    /// The oldest and the newest version.
    fn extent(&self) -> (u64, u64);

    /// The batch that made a version; none for the oldest.
    ///
    /// # Errors
    /// What the store says.
    fn batch(&self, sequence: u64) -> Result<Option<Batch>, StoreError>;

    /// The versions that changed something about an id, oldest first.
    ///
    /// # Errors
    /// What the store says.
    fn touching(&self, id: &str) -> Result<Vec<u64>, StoreError>;

    /// A number that is another after whatever was written.
    fn revision(&self) -> u64;
}

/// Who asks, and when: what a change is signed with.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// Who.
    pub caller: Caller,
    /// When, by the transport's clock.
    pub at: Timestamp,
}

impl Asking {
    /// The signature of something done for that reason.
    pub fn sign(&self, reason: Option<String>) -> Signature {
        Signature { by: self.caller.name.clone(), at: self.at, reason }
    }
}
