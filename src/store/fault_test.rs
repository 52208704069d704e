//! What survives a crash. Storage that forgets, tears and refuses is put under redb; a history is written to it and
//! cut off at every operation in turn, then opened again. What was acknowledged must be there; the batch that was
//! under way may be there whole or not at all; nothing else may.

use std::sync::{Arc, Mutex, MutexGuard};

use redb::StorageBackend;

use super::store_test::{add, garden, signature};
use super::*;
use crate::graph::Graph;

/// What goes wrong at the chosen operation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Power is lost: of what was not synced, any part may have reached the disk, in any order, the last write torn.
    PowerLoss,
    /// The device fails, once; the process lives.
    Eio,
    /// The disk is full from here on; the process lives.
    Enospc,
    /// A write takes a part of its bytes and fails.
    ShortWrite,
}

/// One operation that is not synced yet.
#[derive(Clone, Debug)]
enum Unsynced {
    Write(u64, Vec<u8>),
    Length(u64),
}

#[derive(Debug, Default)]
struct State {
    /// What a reader sees now.
    seen: Vec<u8>,
    /// What is on the disk for certain.
    synced: Vec<u8>,
    unsynced: Vec<Unsynced>,
    operations: usize,
    /// The operation at which what goes wrong.
    at: Option<(usize, Fault)>,
    dead: bool,
    full: bool,
    seed: u64,
}

impl State {
    /// xorshift64: what falls out is decided by the seed alone.
    fn random(&mut self) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed
    }

    fn apply(bytes: &mut Vec<u8>, one: &Unsynced) {
        match one {
            Unsynced::Length(length) => bytes.resize(*length as usize, 0),
            Unsynced::Write(at, data) => {
                let end = *at as usize + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*at as usize..end].copy_from_slice(data);
            }
        }
    }

    /// What is on the disk when power comes back.
    fn after_power_loss(&mut self) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        let mut left = std::mem::take(&mut self.unsynced);
        while !left.is_empty() {
            let at = self.random() as usize % left.len();
            let mut one = left.swap_remove(at);
            match self.random() % 3 {
                0 => continue, // never arrived
                1 => {
                    if let Unsynced::Write(_, data) = &mut one {
                        let kept = self.random() as usize % (data.len() + 1);
                        data.truncate(kept);
                    }
                }
                _ => {}
            }
            State::apply(&mut bytes, &one);
        }
        bytes
    }
}

#[derive(Clone, Debug, Default)]
struct Faulty(Arc<Mutex<State>>);

impl Faulty {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics in here")
    }

    /// Counts an operation that changes the storage, and says whether it goes wrong.
    fn step(&self) -> (MutexGuard<'_, State>, Option<Fault>) {
        let mut state = self.state();
        state.operations += 1;
        let fault = match state.at {
            _ if state.dead => Some(Fault::PowerLoss),
            _ if state.full => Some(Fault::Enospc),
            Some((at, fault)) if at == state.operations => Some(fault),
            _ => None,
        };
        state.dead |= fault == Some(Fault::PowerLoss);
        state.full |= fault == Some(Fault::Enospc);
        (state, fault)
    }
}

fn failed(code: i32) -> std::io::Error {
    std::io::Error::from_raw_os_error(code)
}
const EIO: i32 = 5;
const ENOSPC: i32 = 28;

impl StorageBackend for Faulty {
    fn len(&self) -> Result<u64, std::io::Error> {
        Ok(self.state().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        let state = self.state();
        let from = offset as usize;
        let bytes = state.seen.get(from..from + out.len()).ok_or_else(|| failed(EIO))?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), std::io::Error> {
        let (mut state, fault) = self.step();
        match fault {
            Some(Fault::Enospc) if length <= state.seen.len() as u64 => {}
            Some(Fault::Enospc) => return Err(failed(ENOSPC)),
            Some(_) => return Err(failed(EIO)),
            None => {}
        }
        let one = Unsynced::Length(length);
        State::apply(&mut state.seen, &one);
        state.unsynced.push(one);
        Ok(())
    }

    fn sync_data(&self) -> Result<(), std::io::Error> {
        let (mut state, fault) = self.step();
        match fault {
            // A failed sync may have dropped what it was to write, and a later one does not bring it back.
            Some(Fault::Eio | Fault::ShortWrite) => {
                state.unsynced.clear();
                Err(failed(EIO))
            }
            Some(Fault::PowerLoss) => Err(failed(EIO)),
            Some(Fault::Enospc) => Err(failed(ENOSPC)),
            None => {
                state.synced = state.seen.clone();
                state.unsynced.clear();
                Ok(())
            }
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        let (mut state, fault) = self.step();
        let (kept, outcome) = match fault {
            None => (data.len(), Ok(())),
            Some(Fault::ShortWrite) => (data.len() / 2, Err(failed(EIO))),
            Some(Fault::Enospc) => (0, Err(failed(ENOSPC))),
            // The write that power was lost in may have reached the disk in part.
            Some(Fault::PowerLoss) => (data.len() / 3, Err(failed(EIO))),
            Some(Fault::Eio) => (0, Err(failed(EIO))),
        };
        if kept > 0 {
            let one = Unsynced::Write(offset, data[..kept].to_vec());
            State::apply(&mut state.seen, &one);
            state.unsynced.push(one);
        }
        outcome
    }
}

/// The versions of a small history, from the one it begins with.
fn history() -> (Vec<Graph>, Vec<Vec<crate::graph::Change>>) {
    let mut graphs = vec![Graph::empty(garden()).apply(vec![add(0), add(1)]).expect("sound")];
    let mut batches = Vec::new();
    for n in 2..7 {
        let changes: Vec<_> = (0..n).map(|m| add(n * 10 + m)).collect();
        graphs.push(graphs[graphs.len() - 1].apply(changes.clone()).expect("sound"));
        batches.push(changes);
    }
    (graphs, batches)
}

/// Writes the history to `storage`, which may fail at any moment. How many versions were acknowledged, the
/// beginning counted as the first.
fn write(storage: &Faulty, graphs: &[Graph], batches: &[Vec<crate::graph::Change>]) -> usize {
    let Ok(disk) = Disk::over(storage.clone()) else { return 0 };
    let Ok(journal) = Journal::begin(Box::new(disk), &graphs[0], signature()) else { return 0 };
    let mut acknowledged = 1;
    for (changes, graph) in batches.iter().zip(&graphs[1..]) {
        let version = graph.version();
        let batch = Batch {
            sequence: version.sequence,
            signature: signature(),
            key: Some(Key { text: format!("key {}", version.sequence), asked: [7; 32] }),
            proposal: None,
            changes: changes.clone(),
            content: version.content,
        };
        match journal.append(&batch, &[format!("plant/{acknowledged}")], None) {
            Ok(()) => acknowledged += 1,
            Err(_) => {
                assert!(journal.failed().is_some(), "a journal that failed says so");
                let again = journal.append(&batch, &[], None);
                assert!(matches!(again, Err(StoreError::Failed(_))), "and takes nothing more");
                break;
            }
        }
    }
    acknowledged
}

/// What there is after `fault` at operation `at`; how many operations there were.
fn check(at: usize, fault: Fault, seed: u64) -> usize {
    let (graphs, batches) = history();
    let storage = Faulty::default();
    {
        let mut state = storage.state();
        (state.at, state.seed) = (Some((at, fault)), seed);
    }
    let acknowledged = write(&storage, &graphs, &batches);
    let (operations, bytes) = {
        let mut state = storage.state();
        // Where the process lives on, what it wrote is in the system's memory; a crash may follow any time.
        let bytes = state.after_power_loss();
        (state.operations, bytes)
    };
    let after = Faulty::default();
    {
        let mut state = after.state();
        (state.seen, state.synced) = (bytes.clone(), bytes);
    }
    let context = format!("{fault:?} at operation {at}, seed {seed}, {acknowledged} acknowledged");
    let opened = Disk::over(after).and_then(|disk| Journal::open(Box::new(disk), &garden()));
    if acknowledged == 0 && opened.is_err() {
        // A file that is not begun to the end has another name, and is begun anew (`store::create`).
        return operations;
    }
    let opened = opened.unwrap_or_else(|e| panic!("{context}: {e}"));
    let Some(opened) = opened else {
        assert_eq!(acknowledged, 0, "{context}: the history is gone");
        return operations;
    };
    let found = opened.graph.version();
    let at = graphs.iter().position(|graph| graph.version() == found);
    let at = at.unwrap_or_else(|| panic!("{context}: version {found} was never made"));
    assert!(at + 1 >= acknowledged, "{context}: only {} are there", at + 1);
    assert!(at <= acknowledged, "{context}: {} are there", at + 1);
    for (n, graph) in graphs.iter().enumerate().take(at + 1).skip(1) {
        let sequence = graph.version().sequence;
        let kept = opened.journal.batch(sequence).expect("readable").expect("there");
        assert_eq!(kept.changes, batches[n - 1], "{context}");
        let key = opened.journal.under_key(&format!("key {sequence}")).expect("readable");
        assert_eq!(key, Some((sequence, [7; 32])), "{context}");
        let touched = opened.journal.touching(&format!("plant/{n}")).expect("readable");
        assert_eq!(touched, [sequence], "{context}");
    }
    operations
}

/// Cuts the history off at every operation.
fn at_every_operation(fault: Fault, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let operations = check(usize::MAX, fault, 1);
        assert!(operations > 40, "the history has only {operations} operations");
        for at in 1..=operations {
            check(at, fault, seed * 7919 + at as u64);
        }
    }
}

#[test]
fn power_may_go_at_any_operation() {
    at_every_operation(Fault::PowerLoss, 1..4);
}

#[test]
fn a_device_may_fail_at_any_operation() {
    at_every_operation(Fault::Eio, 1..2);
}

#[test]
fn a_disk_may_be_full_at_any_operation() {
    at_every_operation(Fault::Enospc, 1..2);
}

#[test]
fn a_write_may_be_short_at_any_operation() {
    at_every_operation(Fault::ShortWrite, 1..2);
}

/// A bit of the file flipped, at many places: either nothing shows, since nothing was kept there, or it is refused;
/// a history that is told is always the one that was written.
#[test]
fn what_rots_on_the_disk_is_refused_or_was_nothing() {
    let (graphs, batches) = history();
    let storage = Faulty::default();
    assert_eq!(write(&storage, &graphs, &batches), graphs.len());
    let bytes = storage.state().synced.clone();
    let mut refused = 0;
    for n in 0..400 {
        let mut rotten = bytes.clone();
        // Most of the file is empty: places with something in them, spread over all of it.
        let full: Vec<usize> = (0..rotten.len()).filter(|at| rotten[*at] != 0).collect();
        let at = full[n * full.len() / 400];
        rotten[at] ^= 1 << (n % 8);
        let after = Faulty::default();
        {
            let mut state = after.state();
            (state.seen, state.synced) = (rotten.clone(), rotten);
        }
        let opened = Disk::over(after).and_then(|disk| Journal::open(Box::new(disk), &garden()));
        match opened {
            Ok(Some(opened)) => {
                let newest = graphs[graphs.len() - 1].version();
                let older = graphs[graphs.len() - 2].version();
                // One of redb's two roots may rot: the other, one commit older, is whole.
                assert!([newest, older].contains(&opened.graph.version()), "byte {at}");
            }
            Ok(None) => panic!("byte {at}: the history is gone and nobody says so"),
            Err(e) => {
                assert!(!e.to_string().is_empty());
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "no place of 400 was one that counts");
}
