//! Room 5: how it survives. A [`Store`] keeps bytes under keys, whole transactions or nothing of them; a
//! [`Journal`] over it keeps a graph: where it began, every batch since, numbered and chained by hashes, and what
//! saves replaying them.

pub mod backup;
mod disk;
#[cfg(test)]
mod fault_test;
mod journal;
mod memory;
mod proposals;
mod records;
#[cfg(test)]
mod store_test;

use std::fmt;
use std::path::Path;

use crate::graph::Graph;

pub use disk::Disk;
pub use journal::{Journal, Opened, apply, ids_of};
pub use memory::Memory;
pub use proposals::{Decision, Proposal};
pub use records::{Batch, Key, Signature, Timestamp};

pub use crate::io::changes::line as line_of;

/// The name of the store's file in its folder.
pub const FILE: &str = "throughline.redb";

/// What a store keeps apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// What the store is, by name.
    Meta,
    /// The graph that the first batch was applied to: pieces of lines, by number.
    Base,
    /// Batches, by sequence.
    Batches,
    /// Idempotency keys, each with the sequence it led to and the hash of what was asked.
    Keys,
    /// Ids, each with the sequences that touched it.
    Touched,
    /// Pieces of the newest image of the graph, by number.
    Image,
    /// Proposals, by number.
    Proposals,
}

impl Table {
    /// All there are, with the names that they have in files.
    pub const ALL: [(Table, &str); 7] = [
        (Table::Meta, "meta"),
        (Table::Base, "base"),
        (Table::Batches, "batches"),
        (Table::Keys, "keys"),
        (Table::Touched, "touched"),
        (Table::Image, "image"),
        (Table::Proposals, "proposals"),
    ];
    /// The name.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// One part of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// Puts a value under a key, in the place of what was there.
    Value(Table, Vec<u8>, Vec<u8>),
    /// Removes a key, if it is there.
    Nothing(Table, Vec<u8>),
    /// Removes every key of a table.
    Clear(Table),
}

/// Why a store did not do what it was asked.
#[derive(Debug)]
pub enum StoreError {
    /// The system said no: a full disk, a device that fails. Nothing more is taken; what is there can be read.
    Failed(String),
    /// What is there is not what was written. `version` is the first that is not whole, where one can be named.
    Damaged {
        /// The sequence of the first batch that is not whole.
        version: Option<u64>,
        /// What is wrong with it.
        what: String,
    },
    /// What is there is whole and cannot be used so; the sentence says why, and the way out.
    Unfit(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Failed(why) => write!(f, "the store failed: {why}"),
            StoreError::Damaged { version: Some(version), what } => write!(
                f,
                "the store is damaged at version {version}: {what}; nothing was changed. What comes before it can be saved: throughline restore --from DIR --salvage --data-dir NEW, or restore a backup"
            ),
            StoreError::Damaged { version: None, what } => write!(
                f,
                "the store is damaged: {what}; nothing was changed. Save what can be read with throughline restore --from DIR --salvage --data-dir NEW, or restore a backup"
            ),
            StoreError::Unfit(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for StoreError {}

/// What a visitor of keys and values says: go on, or stop there.
pub type Visit<'v> = &'v mut dyn FnMut(&[u8], &[u8]) -> bool;

/// Bytes under keys, in order of keys, in transactions. All stores pass one conformance suite.
pub trait Store: Send + Sync + fmt::Debug {
    /// Does all of `puts`, in order, or nothing of them. When it is back without an error, they are as safe as this
    /// store promises.
    ///
    /// # Errors
    /// [`StoreError::Failed`]; whether they were done shows only when the store is opened again.
    fn commit(&self, puts: &[Put]) -> Result<(), StoreError>;

    /// The value under a key.
    ///
    /// # Errors
    /// What the system says, or damage.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Shows keys from `from` on, in order, with their values, until `visit` says no.
    ///
    /// # Errors
    /// What the system says, or damage.
    fn scan(&self, table: Table, from: &[u8], visit: Visit<'_>) -> Result<(), StoreError>;

    /// Gives room back to the system, where the store keeps any that it does not need.
    ///
    /// # Errors
    /// What the system says.
    fn compact(&mut self) -> Result<(), StoreError>;
}

/// The key of a number: keys are ordered as numbers are.
fn key_of(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// The number of a key.
fn number_of(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.try_into().ok()?))
}

/// Begins a history with `graph` in a folder that has none.
///
/// # Errors
/// A store there, what the system says: then there is none as before. Cost: linear in the graph.
pub fn create(dir: &Path, graph: &Graph, signature: Signature) -> Result<Journal, StoreError> {
    let journal = Journal::begin(Box::new(Disk::create(dir)?), graph, signature)?;
    Disk::publish(dir)?;
    Ok(journal)
}

/// Whether a folder holds a store.
pub fn is_there(dir: &Path) -> bool {
    dir.join(FILE).exists()
}
