//! A history as one file, and histories made of others: of a backup, of an older version, of what is whole of a
//! damaged store.
//!
//! The file is [`MAGIC`], then [frames]: the table's number (one byte), the length of the key (four bytes,
//! little-endian), key and value.
//! What can be made anew of the batches is not in it: images, ids, keys.

use std::io::{BufReader, ErrorKind, Read, Write};
use std::path::Path;
use std::sync::Arc;

use super::journal::{Step, apply, next_batch, read_base, read_beginning};
use super::{Decision, Disk, Journal, Memory, Proposal, Put, Store, StoreError, Table, ids_of};
use crate::graph::Graph;
use crate::io::frames;
use crate::ontology::Ontology;

/// How a backup begins; the number is the version of the format.
pub const MAGIC: &[u8] = b"THROUGHLINE BACKUP 1\n";
/// The part of it that every version has.
const NAME: &[u8] = b"THROUGHLINE BACKUP ";
/// What a backup holds. Proposals come before batches: one that is accepted meanwhile is told so by its batch.
const TABLES: [Table; 4] = [Table::Meta, Table::Base, Table::Proposals, Table::Batches];
/// Bytes that a frame may claim: beyond what a store takes.
const FRAME_BYTES: u32 = 3 << 30;

/// Writes what a store keeps to `out`; gives how many keys there were. The store may be written to meanwhile.
///
/// # Errors
/// What the store or the system says.
pub fn write(store: &dyn Store, out: &mut dyn Write) -> Result<u64, StoreError> {
    let failed = |e: std::io::Error| StoreError::Failed(format!("the backup cannot be written: {e}"));
    let mut keys = 0;
    out.write_all(MAGIC).map_err(failed)?;
    for table in TABLES {
        let mut outcome = Ok(());
        store.scan(table, &[], &mut |key, value| {
            let mut body = vec![table as u8];
            body.extend_from_slice(&(key.len() as u32).to_le_bytes());
            body.extend_from_slice(key);
            body.extend_from_slice(value);
            outcome = frames::put(out, &body).map(drop);
            keys += 1;
            outcome.is_ok()
        })?;
        outcome.map_err(failed)?;
    }
    frames::put(out, &[]).and_then(|_| out.flush()).map_err(failed)?;
    Ok(keys)
}

/// What a backup holds, in memory.
///
/// # Errors
/// What is no backup, one of another format, damage.
pub fn read(from: impl Read) -> Result<Memory, StoreError> {
    let damaged = |what: &str| StoreError::Damaged { version: None, what: format!("the backup {what}") };
    let mut from = BufReader::new(from);
    let mut head = [0; MAGIC.len()];
    from.read_exact(&mut head).map_err(|_| damaged("is too short"))?;
    if head != MAGIC {
        let what = if head.starts_with(NAME) { "is of another format" } else { "is none" };
        return Err(StoreError::Unfit(format!(
            "the backup {what}; this program reads {:?}",
            String::from_utf8_lossy(MAGIC).trim_end()
        )));
    }
    let memory = Memory::default();
    loop {
        let body = frames::take(&mut from, FRAME_BYTES).map_err(|e| match e.kind() {
            ErrorKind::UnexpectedEof => damaged("ends too early"),
            _ => damaged(&format!("is something else: {e}")),
        })?;
        let Some((table, rest)) = body.split_first() else { return Ok(memory) };
        let place = rest.split_first_chunk::<4>().and_then(|(length, rest)| {
            let length = u32::from_le_bytes(*length) as usize;
            let (key, value) = rest.split_at_checked(length)?;
            Some((Table::ALL.get(*table as usize)?.0, key, value))
        });
        let Some((table, key, value)) = place else { return Err(damaged("has a frame that is none")) };
        memory.commit(&[Put::Value(table, key.to_vec(), value.to_vec())])?;
    }
}

/// A store to read from: of a folder, or of a backup.
///
/// # Errors
/// What is neither, damage, what the system says.
pub fn open(place: &Path) -> Result<Box<dyn Store>, StoreError> {
    if place.is_dir() {
        return Ok(Box::new(Disk::open_to_read(place)?));
    }
    let file =
        std::fs::File::open(place).map_err(|e| StoreError::Failed(format!("{}: {e}", place.display())))?;
    Ok(Box::new(read(file)?))
}

/// How much of a history is taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Part {
    /// Nothing after that version.
    pub until: Option<u64>,
    /// What comes before damage is taken, and damage is no error.
    pub salvage: bool,
}

/// What was made of a history.
#[derive(Debug)]
pub struct Restored {
    /// Its newest version.
    pub graph: Graph,
    /// Why it ends there, where that is damage.
    pub damage: Option<StoreError>,
}

/// Makes a store in a new folder of the history of another. Every version is made anew, and must be what it was.
///
/// # Errors
/// A folder that holds a store, damage, what the ontology does not admit, what the system says: then there is no
/// store in the folder. Cost: that of all batches.
pub fn restore(
    from: &dyn Store,
    ontology: &Arc<Ontology>,
    dir: &Path,
    part: Part,
) -> Result<Restored, StoreError> {
    let nothing = || StoreError::Unfit("there is no history in it".to_owned());
    let base = read_base(from)?.ok_or_else(nothing)?;
    let mut graph = read_beginning(from, &base, ontology)?;
    let journal = Journal::begin(Box::new(Disk::create(dir)?), &graph, base.signature.clone())?;
    let mut accepted = Vec::new();
    let mut step = Step { sequence: base.sequence, chain: base.chain };
    let mut outcome = Ok(());
    from.scan(Table::Batches, &[], &mut |key, value| {
        if part.until.is_some_and(|until| step.sequence >= until) {
            return false;
        }
        outcome = next_batch(key, value, &mut step).and_then(|batch| {
            let next = apply(&graph, &batch)?;
            let ids = ids_of(&batch.changes, &[&graph, &next]);
            accepted.extend(batch.proposal.map(|number| (number, batch.sequence, batch.signature.clone())));
            journal.append(&batch, &ids, None)?;
            graph = next;
            Ok(())
        });
        outcome.is_ok()
    })?;
    let damage = match outcome {
        Err(e @ StoreError::Damaged { .. }) if part.salvage => Some(e),
        Err(e) => return Err(e),
        Ok(()) => None,
    };
    if let Some(until) = part.until.filter(|until| *until > step.sequence || *until < base.sequence) {
        let (oldest, newest) = (base.sequence, step.sequence);
        return Err(StoreError::Unfit(format!(
            "there is no version {until}; the oldest that is kept is {oldest}, the newest {newest}"
        )));
    }
    let mut fault = Ok(());
    from.scan(Table::Proposals, &[], &mut |_, value| {
        fault = match Proposal::decode(value) {
            Ok(mut proposal) => {
                let by = accepted.iter().find(|(number, ..)| *number == proposal.number);
                proposal.decision = match (by, proposal.decision) {
                    (Some((_, sequence, signature)), _) => Decision::Accepted(*sequence, signature.clone()),
                    // Its version is not among those that were taken.
                    (None, Decision::Accepted(..)) => Decision::Pending,
                    (None, other) => other,
                };
                journal.decide(&proposal)
            }
            Err(_) if part.salvage => Ok(()),
            Err(what) => Err(StoreError::Damaged { version: None, what }),
        };
        fault.is_ok()
    })?;
    fault?;
    journal.image(&graph)?;
    drop(journal);
    Disk::publish(dir)?;
    Ok(Restored { graph, damage })
}
