//! The graph over time, as one instance holds it: the newest version for everybody, those before it for whoever
//! asks, and one writer at a time.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use arc_swap::ArcSwap;

use super::passages::Texts;
use crate::graph::{Change, Graph, Refusal, RefusalCode, Refusals, seal, seal_to_text};
use crate::graphql::ledger::{Ledger, NotSeen, NotWritten, Write, Written};
use crate::graphql::past;
use crate::store::{Batch, Decision, Journal, Proposal, Signature, StoreError, ids_of};

/// Versions that are kept in memory beside the newest: each shares nearly all of its memory with the next.
const KEPT: usize = 16;

/// Entities and links of a graph that is made anew from where its history begins: about a second.
const MADE_ANEW: usize = 250_000;

/// Batches that are replayed for one request: about a second.
const REPLAYED: u64 = 5_000;

type Tell = Box<dyn Fn() + Send + Sync>;

/// See the head of this file.
pub(super) struct History {
    newest: ArcSwap<Graph>,
    journal: Journal,
    /// Held while a batch is applied; readers go on with the view there is.
    writing: Mutex<()>,
    /// Older versions, the one that was asked last at the end.
    kept: Mutex<VecDeque<Arc<Graph>>>,
    /// Whatever was written counts.
    revision: AtomicU64,
    texts: OnceLock<Arc<Texts>>,
    told: RwLock<Vec<Tell>>,
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("journal", &self.journal).finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl History {
    pub(super) fn new(newest: Arc<Graph>, journal: Journal) -> History {
        History {
            newest: ArcSwap::new(newest),
            journal,
            writing: Mutex::default(),
            kept: Mutex::default(),
            revision: AtomicU64::new(0),
            texts: OnceLock::new(),
            told: RwLock::default(),
        }
    }

    pub(super) fn newest(&self) -> Arc<Graph> {
        self.newest.load_full()
    }

    pub(super) fn failed(&self) -> Option<String> {
        self.journal.failed()
    }

    /// From now on, quotes of new evidence are looked for in these texts.
    pub(super) fn check_quotes_in(&self, texts: Arc<Texts>) {
        // The first ones stay: an instance is given its texts once, before it answers.
        let _ = self.texts.set(texts);
    }

    pub(super) fn on_change(&self, tell: Tell) {
        self.told.write().unwrap_or_else(PoisonError::into_inner).push(tell);
    }

    pub(super) fn unimaged(&self) -> u64 {
        self.journal.unimaged()
    }

    pub(super) fn wants_image(&self) -> bool {
        self.journal.wants_image()
    }

    pub(super) fn keep_image(&self) {
        // It saves time at the next start, and nothing depends on it.
        let _ = self.journal.image(&self.newest());
    }

    /// Something was written: whoever waits for that is told.
    fn tell(&self) {
        self.revision.fetch_add(1, Ordering::Release);
        self.told.read().unwrap_or_else(PoisonError::into_inner).iter().for_each(|tell| tell());
    }

    /// Looks for the quotes of new evidence where the texts are, and seals those that are found.
    fn check_quotes(&self, changes: &mut [Change]) -> Result<(), Refusals> {
        let Some(texts) = self.texts.get() else { return Ok(()) };
        let mut refusals = Vec::new();
        for (at, change) in changes.iter_mut().enumerate() {
            for piece in change.evidence_mut() {
                let Some(text) = texts.text(&piece.source) else { continue };
                let words = [&piece.quote, &piece.prefix, &piece.suffix, &piece.url].map(Option::as_deref);
                let [quote, prefix, suffix, _] = words;
                match text.find(quote, prefix, suffix, None) {
                    Ok(()) if quote.is_some() => {
                        piece.verified = Some(seal_to_text(&seal(text.sha256(), words)));
                    }
                    Ok(()) => {}
                    Err(clause) => refusals.push(Refusal {
                        change: at,
                        field: Some("evidence".to_owned()),
                        code: RefusalCode::BadEvidence,
                        what: format!("{}: {clause}", piece.source),
                        help: "quote the source word for word".to_owned(),
                    }),
                }
            }
        }
        if refusals.is_empty() { Ok(()) } else { Err(Refusals(refusals)) }
    }

    /// The next version, tried.
    fn next(&self, changes: &mut [Change]) -> Result<Graph, NotWritten> {
        let quoted = self.check_quotes(changes);
        let applied = self.newest().apply(changes.to_vec());
        match (quoted, applied) {
            (Ok(()), Ok(next)) => Ok(next),
            (Ok(()), Err(refusals)) | (Err(refusals), Ok(_)) => Err(NotWritten::Refused(refusals)),
            (Err(of_quotes), Err(of_graph)) => {
                let mut all = [of_quotes.0, of_graph.0].concat();
                all.sort_by_key(|refusal| refusal.change);
                Err(NotWritten::Refused(Refusals(all)))
            }
        }
    }

    /// Keeps a version and makes it the newest. Under the writing lock.
    fn keep(
        &self,
        next: Graph,
        mut batch: Batch,
        proposal: Option<&Proposal>,
    ) -> Result<Arc<Graph>, NotWritten> {
        let before = self.newest();
        batch.sequence = next.version().sequence;
        batch.content = next.version().content;
        let ids = ids_of(&batch.changes, &[&before, &next]);
        self.journal.append(&batch, &ids, proposal)?;
        let next = Arc::new(next);
        self.newest.store(next.clone());
        self.remember(before);
        self.tell();
        Ok(next)
    }

    /// The version after `graph`, which `batch` made: from memory where it is still there.
    pub(super) fn follow(&self, graph: &Arc<Graph>, batch: &Batch) -> Result<Arc<Graph>, StoreError> {
        let is_it = |one: &Arc<Graph>| one.version().sequence == batch.sequence;
        let newest = Some(self.newest()).filter(is_it);
        match newest.or_else(|| locked(&self.kept).iter().find(|one| is_it(one)).cloned()) {
            Some(known) => Ok(known),
            None => crate::store::apply(graph, batch).map(Arc::new),
        }
    }

    fn remember(&self, graph: Arc<Graph>) {
        let mut kept = locked(&self.kept);
        kept.retain(|one| one.version() != graph.version());
        kept.push_back(graph);
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }
}

impl Ledger for History {
    fn write(&self, mut write: Write) -> Result<Written, NotWritten> {
        let _writing = locked(&self.writing);
        if let Some(why) = self.failed() {
            return Err(NotWritten::ReadOnly(why));
        }
        if let Some(key) = &write.key
            && let Some((sequence, asked)) = self.journal.under_key(&key.text)?
        {
            if asked != key.asked {
                return Err(NotWritten::KeyTaken(sequence));
            }
            let graph = self.view(sequence).unwrap_or_else(|_| self.newest());
            return Ok(Written { graph, applied: true, replayed: true });
        }
        let newest = self.newest();
        if write.expected.is_some_and(|expected| !past::is_named(newest.version(), &expected)) {
            return Err(NotWritten::Stale(newest.version()));
        }
        let next = self.next(&mut write.changes)?;
        if write.dry_run {
            return Ok(Written { graph: Arc::new(next), applied: false, replayed: false });
        }
        let Write { changes, signature, key, .. } = write;
        let batch = Batch { sequence: 0, signature, key, proposal: None, changes, content: [0; 32] };
        Ok(Written { graph: self.keep(next, batch, None)?, applied: true, replayed: false })
    }

    fn propose(&self, mut write: Write) -> Result<Proposal, NotWritten> {
        let _writing = locked(&self.writing);
        self.next(&mut write.changes)?;
        let Write { changes, signature, .. } = write;
        let proposal = Proposal { number: 0, signature, changes, decision: Decision::Pending };
        let filed = self.journal.propose(proposal)?;
        self.tell();
        Ok(filed)
    }

    fn decide(
        &self,
        number: u64,
        accept: bool,
        signature: Signature,
    ) -> Result<(Proposal, Arc<Graph>), NotWritten> {
        let _writing = locked(&self.writing);
        let mut found = None;
        self.journal.proposals(number, &mut |proposal| {
            found = Some(proposal).filter(|proposal| proposal.number == number);
            false
        })?;
        let Some(mut proposal) = found else {
            return Err(NotWritten::NoProposal(format!("there is no proposal {number}")));
        };
        match &proposal.decision {
            Decision::Pending => {}
            Decision::Accepted(sequence, _) => {
                let what = format!("proposal {number} was accepted, and made version {sequence}");
                return Err(NotWritten::NoProposal(what));
            }
            Decision::Rejected(_) => {
                return Err(NotWritten::NoProposal(format!("proposal {number} was rejected")));
            }
        }
        if !accept {
            proposal.decision = Decision::Rejected(signature);
            self.journal.decide(&proposal)?;
            self.tell();
            return Ok((proposal, self.newest()));
        }
        let next = self.next(&mut proposal.changes)?;
        proposal.decision = Decision::Accepted(next.version().sequence, signature.clone());
        // The one who proposed it is in the proposal; the one who let it in answers for it.
        let signature =
            Signature { reason: signature.reason.or_else(|| proposal.signature.reason.clone()), ..signature };
        let changes = proposal.changes.clone();
        let batch =
            Batch { sequence: 0, signature, key: None, proposal: Some(number), changes, content: [0; 32] };
        let graph = self.keep(next, batch, Some(&proposal))?;
        Ok((proposal, graph))
    }

    fn proposals(&self, from: u64, take: &mut dyn FnMut(Proposal) -> bool) -> Result<(), StoreError> {
        self.journal.proposals(from, take)
    }

    fn view(&self, sequence: u64) -> Result<Arc<Graph>, NotSeen> {
        let newest = self.newest();
        if newest.version().sequence == sequence {
            return Ok(newest);
        }
        let (oldest, latest) = self.extent();
        if sequence < oldest || sequence > latest {
            return Err(NotSeen::Unknown(oldest, latest));
        }
        let near = locked(&self.kept)
            .iter()
            .filter(|graph| graph.version().sequence <= sequence)
            .max_by_key(|graph| graph.version().sequence)
            .cloned();
        let from = near.as_ref().map_or(oldest, |graph| graph.version().sequence);
        let size = newest.entity_count() + newest.link_count();
        let anew = near.is_none() && !self.journal.is_in_memory();
        if anew && size > MADE_ANEW || sequence - from > REPLAYED {
            return Err(NotSeen::TooLarge(size));
        }
        match self.journal.view(sequence, near.as_ref(), newest.ontology())? {
            Some(graph) => {
                self.remember(graph.clone());
                Ok(graph)
            }
            None => Err(NotSeen::Unknown(oldest, latest)),
        }
    }

    fn extent(&self) -> (u64, u64) {
        self.journal.extent()
    }

    fn batch(&self, sequence: u64) -> Result<Option<Batch>, StoreError> {
        self.journal.batch(sequence)
    }

    fn touching(&self, id: &str) -> Result<Vec<u64>, StoreError> {
        self.journal.touching(id)
    }

    fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }
}
