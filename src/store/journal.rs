//! A graph over time: where it began, and every batch since. Each batch is one transaction of the store, numbered by
//! the version it makes and chained by a hash to the one before, so that what is missing, added or altered anywhere
//! shows. An image of the graph saves replaying them; it can be thrown away.

use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use serde_json::{Map, Value as Json, json};

use super::records::{Batch, Chain, Signature, chained, hash_of, signature_json, signature_of};
use super::{Memory, Proposal, Put, Store, StoreError, Table, key_of, number_of};
use crate::graph::{Change, Graph, Reopening, link_id_of};
use crate::io::json_lines;
use crate::ontology::Ontology;

/// The format of what is kept: a change of keys, values or hashes is a new one.
const FORMAT: u64 = 1;
/// Bytes of a piece of the base, and of transactions that write it.
const PIECE_BYTES: usize = 1 << 20;
const TRANSACTION_BYTES: usize = 16 << 20;
/// Batches after which an image is worth writing: replaying so many takes about as long as reading one.
const IMAGE_AFTER: u64 = 1_000;

const FORMAT_KEY: &[u8] = b"format";
const BASE_KEY: &[u8] = b"base";
const IMAGE_KEY: &[u8] = b"image";

/// The history of a graph.
#[derive(Debug)]
pub struct Journal {
    store: Box<dyn Store>,
    /// Where it began; what comes before is not known.
    base: Base,
    /// The graph there, where it is kept in memory and not in the store.
    beginning: Option<Arc<Graph>>,
    head: Mutex<Head>,
}

/// The newest version.
#[derive(Debug)]
struct Head {
    sequence: u64,
    chain: Chain,
    image: u64,
    proposals: u64,
    /// Why nothing more is taken. A store that failed once may have done what it said it had not: only opening it
    /// again can tell.
    failed: Option<String>,
}

/// Where a history begins.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub(super) sequence: u64,
    pub(super) signature: Signature,
    pub(super) chain: Chain,
    content: [u8; 32],
    pieces: u64,
}

/// A journal and the newest graph it tells of.
#[derive(Debug)]
pub struct Opened {
    /// The history.
    pub journal: Journal,
    /// The newest version.
    pub graph: Graph,
    /// How many batches were replayed over an image or the beginning.
    pub replayed: u64,
}

impl Journal {
    /// A history that begins with `graph` and ends with the process.
    pub fn in_memory(graph: Arc<Graph>) -> Journal {
        let version = graph.version();
        let base = Base {
            sequence: version.sequence,
            signature: Signature::default(),
            chain: version.content,
            content: version.content,
            pieces: 0,
        };
        let head =
            Head { sequence: version.sequence, chain: base.chain, image: 0, proposals: 0, failed: None };
        Journal { store: Box::<Memory>::default(), base, beginning: Some(graph), head: Mutex::new(head) }
    }

    /// Begins a history in a store that has none: all of `graph` is written. A store in which this was once begun
    /// and not finished is begun anew.
    ///
    /// # Errors
    /// What the store says. Cost: linear in the graph.
    pub fn begin(store: Box<dyn Store>, graph: &Graph, signature: Signature) -> Result<Journal, StoreError> {
        let version = graph.version();
        store.commit(&Table::ALL.map(|(table, _)| Put::Clear(table)))?;
        let mut pieces = Pieces {
            store: &*store,
            piece: Vec::new(),
            puts: Vec::new(),
            written: 0,
            chain: [0; 32],
            failed: None,
        };
        if json_lines::write(graph, &mut pieces).is_err() {
            return Err(pieces
                .failed
                .unwrap_or_else(|| StoreError::Failed("the graph could not be written".to_owned())));
        }
        pieces.cut()?;
        pieces.flush()?;
        let mut head = signature_json(&signature);
        head.insert("sequence".into(), json!(version.sequence));
        head.insert("content".into(), json!(HEXLOWER.encode(&version.content)));
        head.insert("pieces".into(), json!(pieces.written));
        let (body, count) = (Json::Object(head).to_string().into_bytes(), pieces.written);
        let chain = chained(&pieces.chain, &body);
        // With the format the history is there: before that, it is no history yet.
        store.commit(&[
            Put::Value(Table::Meta, BASE_KEY.to_vec(), [&chain[..], &body].concat()),
            Put::Value(Table::Meta, FORMAT_KEY.to_vec(), FORMAT.to_string().into_bytes()),
        ])?;
        let base =
            Base { sequence: version.sequence, signature, chain, content: version.content, pieces: count };
        let head = Head { sequence: base.sequence, chain, image: 0, proposals: 0, failed: None };
        let journal = Journal { store, base, beginning: None, head: Mutex::new(head) };
        journal.image(graph)?;
        Ok(journal)
    }

    /// Opens the history of a store under an ontology; none where there is no history yet. Everything that is kept
    /// is looked at: every hash of the chain, the content hash of every version that is replayed.
    ///
    /// # Errors
    /// A format that this program does not know, damage with the version where it begins, changes that the ontology
    /// does not admit (any more). Nothing is changed. Cost: linear in the store.
    pub fn open(store: Box<dyn Store>, ontology: &Arc<Ontology>) -> Result<Option<Opened>, StoreError> {
        Journal::open_with(store, ontology, true)
    }

    /// The same, by replaying all there is: what it tells was made from the first line on.
    ///
    /// # Errors
    /// As for [`Journal::open`].
    pub fn replay(store: Box<dyn Store>, ontology: &Arc<Ontology>) -> Result<Option<Opened>, StoreError> {
        Journal::open_with(store, ontology, false)
    }

    fn open_with(
        store: Box<dyn Store>,
        ontology: &Arc<Ontology>,
        by_image: bool,
    ) -> Result<Option<Opened>, StoreError> {
        let Some(base) = read_base(&*store)? else { return Ok(None) };
        let image = if by_image { read_image(&*store, ontology)? } else { None };
        let imaged = image.as_ref().map_or(0, |graph| graph.version().sequence);
        let mut graph = match image {
            Some(graph) => graph,
            None => read_beginning(&*store, &base, ontology)?,
        };
        let mut step = Step { sequence: base.sequence, chain: base.chain };
        let (mut replayed, mut outcome) = (0, Ok(()));
        store.scan(Table::Batches, &[], &mut |key, value| {
            outcome = next_batch(key, value, &mut step).and_then(|batch| {
                if batch.sequence > graph.version().sequence {
                    graph = apply(&graph, &batch)?;
                    replayed += 1;
                }
                Ok(())
            });
            outcome.is_ok()
        })?;
        outcome?;
        let Step { sequence, chain } = step;
        if graph.version().sequence != sequence {
            let what = format!("batches up to {} are missing at its end", graph.version().sequence);
            return Err(StoreError::Damaged { version: Some(sequence + 1), what });
        }
        let mut proposals = 0;
        store.scan(Table::Proposals, &[], &mut |key, _| {
            proposals = number_of(key).unwrap_or(proposals);
            true
        })?;
        let head = Head { sequence, chain, image: imaged, proposals, failed: None };
        let journal = Journal { store, base, beginning: None, head: Mutex::new(head) };
        Ok(Some(Opened { journal, graph, replayed }))
    }

    fn head(&self) -> std::sync::MutexGuard<'_, Head> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sequences of the oldest and the newest version that it can tell of.
    pub fn extent(&self) -> (u64, u64) {
        (self.base.sequence, self.head().sequence)
    }

    /// Why nothing more is taken; none while all is well.
    pub fn failed(&self) -> Option<String> {
        self.head().failed.clone()
    }

    /// Adds a batch that made `graph`, and what it does to a proposal. When it is back, the batch is as safe as the
    /// store promises. One writer at a time.
    ///
    /// # Errors
    /// [`StoreError::Failed`], and from then on always: the journal takes nothing more until it is opened again.
    pub fn append(
        &self,
        batch: &Batch,
        ids: &[String],
        proposal: Option<&Proposal>,
    ) -> Result<(), StoreError> {
        let mut head = self.head();
        let (value, chain) = batch.encode(&head.chain);
        let sequence = key_of(batch.sequence);
        let mut puts = vec![Put::Value(Table::Batches, sequence.clone(), value)];
        if let Some(key) = &batch.key {
            let led = [&sequence[..], &key.asked].concat();
            puts.push(Put::Value(Table::Keys, key.text.clone().into_bytes(), led));
        }
        for id in ids {
            puts.push(Put::Value(Table::Touched, [id.as_bytes(), &[0], &sequence].concat(), Vec::new()));
        }
        puts.extend(proposal.map(Proposal::put));
        self.put(&mut head, &puts)?;
        (head.sequence, head.chain) = (batch.sequence, chain);
        Ok(())
    }

    /// The one way to the store for what is acknowledged: after a failure it is closed.
    fn put(&self, head: &mut Head, puts: &[Put]) -> Result<(), StoreError> {
        if let Some(why) = &head.failed {
            return Err(StoreError::Failed(why.clone()));
        }
        let done = self.store.commit(puts);
        if let Err(e) = &done {
            head.failed = Some(e.to_string());
        }
        done
    }

    /// The batch that made a version; none for the oldest one and beyond.
    ///
    /// # Errors
    /// What the store says.
    pub fn batch(&self, sequence: u64) -> Result<Option<Batch>, StoreError> {
        let damaged = |what| StoreError::Damaged { version: Some(sequence), what };
        let value = self.store.get(Table::Batches, &key_of(sequence))?;
        value.map(|value| Batch::decode(&value, None).map(|(batch, _)| batch).map_err(damaged)).transpose()
    }

    /// The sequences of the batches that touched an id, oldest first.
    ///
    /// # Errors
    /// What the store says.
    pub fn touching(&self, id: &str) -> Result<Vec<u64>, StoreError> {
        let prefix = [id.as_bytes(), &[0]].concat();
        let mut found = Vec::new();
        self.store.scan(Table::Touched, &prefix, &mut |key, _| match key.strip_prefix(&prefix[..]) {
            Some(sequence) => {
                found.extend(number_of(sequence));
                true
            }
            None => false,
        })?;
        Ok(found)
    }

    /// The sequence that an idempotency key led to, and the hash of what was asked under it.
    ///
    /// # Errors
    /// What the store says.
    pub fn under_key(&self, key: &str) -> Result<Option<(u64, [u8; 32])>, StoreError> {
        let value = self.store.get(Table::Keys, key.as_bytes())?;
        Ok(value.and_then(|value| {
            let (sequence, asked) = value.split_first_chunk::<8>()?;
            Some((u64::from_be_bytes(*sequence), asked.try_into().ok()?))
        }))
    }

    /// Files a proposal under the next number, which it gives.
    ///
    /// # Errors
    /// As for [`Journal::append`].
    pub fn propose(&self, mut proposal: Proposal) -> Result<Proposal, StoreError> {
        let mut head = self.head();
        proposal.number = head.proposals + 1;
        self.put(&mut head, &[proposal.put()])?;
        head.proposals = proposal.number;
        Ok(proposal)
    }

    /// Writes a proposal anew.
    ///
    /// # Errors
    /// As for [`Journal::append`].
    pub fn decide(&self, proposal: &Proposal) -> Result<(), StoreError> {
        self.put(&mut self.head(), &[proposal.put()])
    }

    /// Proposals from a number on, in order, until `take` says no.
    ///
    /// # Errors
    /// What the store says.
    pub fn proposals(&self, from: u64, take: &mut dyn FnMut(Proposal) -> bool) -> Result<(), StoreError> {
        let mut fault = None;
        self.store.scan(
            Table::Proposals,
            &key_of(from),
            &mut |key, value| match Proposal::decode(value) {
                Ok(proposal) => take(proposal),
                Err(what) => {
                    let what = format!("proposal {}: {what}", number_of(key).unwrap_or_default());
                    fault = Some(StoreError::Damaged { version: None, what });
                    false
                }
            },
        )?;
        fault.map_or(Ok(()), Err)
    }

    /// The graph as it was at a version: `near`, where that is not newer, and what was changed since; else the
    /// beginning. None for a version that is not there.
    ///
    /// # Errors
    /// What the store says. Cost: linear in the batches between, and in the graph where it begins at the beginning.
    pub fn view(
        &self,
        sequence: u64,
        near: Option<&Arc<Graph>>,
        ontology: &Arc<Ontology>,
    ) -> Result<Option<Arc<Graph>>, StoreError> {
        let (oldest, newest) = self.extent();
        if sequence < oldest || sequence > newest {
            return Ok(None);
        }
        let near = near.filter(|graph| graph.version().sequence <= sequence);
        let mut graph = match (near, &self.beginning) {
            (Some(near), _) => near.clone(),
            (None, Some(beginning)) => beginning.clone(),
            (None, None) => Arc::new(read_beginning(&*self.store, &self.base, ontology)?),
        };
        while graph.version().sequence < sequence {
            let next = graph.version().sequence + 1;
            let missing = || StoreError::Damaged { version: Some(next), what: "it is not there".to_owned() };
            graph = Arc::new(apply(&graph, &self.batch(next)?.ok_or_else(missing)?)?);
        }
        Ok(Some(graph))
    }

    /// Whether it begins with a graph that is kept in memory.
    pub fn is_in_memory(&self) -> bool {
        self.beginning.is_some()
    }

    /// Batches that were added since the last image, or the beginning.
    pub fn unimaged(&self) -> u64 {
        let head = self.head();
        head.sequence - head.image.max(self.base.sequence)
    }

    /// Whether enough has been added since the last image to write another.
    pub fn wants_image(&self) -> bool {
        self.beginning.is_none() && self.failed().is_none() && self.unimaged() >= IMAGE_AFTER
    }

    /// Keeps an image of `graph`, a version of this history, in the place of the one there is.
    ///
    /// # Errors
    /// What the store says. Cost: linear in the graph.
    pub fn image(&self, graph: &Graph) -> Result<(), StoreError> {
        let version = graph.version();
        let mut puts = vec![Put::Clear(Table::Image), Put::Nothing(Table::Meta, IMAGE_KEY.to_vec())];
        let (mut pieces, mut bytes) = (0, 0);
        for piece in graph.image() {
            bytes += piece.len();
            puts.push(Put::Value(Table::Image, key_of(pieces), piece));
            pieces += 1;
            if bytes > TRANSACTION_BYTES {
                self.store.commit(&std::mem::take(&mut puts))?;
                bytes = 0;
            }
        }
        let told = json!({
            "sequence": version.sequence, "pieces": pieces,
            "content": HEXLOWER.encode(&version.content), "ontology": HEXLOWER.encode(&version.ontology),
        });
        puts.push(Put::Value(Table::Meta, IMAGE_KEY.to_vec(), told.to_string().into_bytes()));
        self.store.commit(&puts)?;
        self.head().image = version.sequence;
        Ok(())
    }

    /// The same history without what is older than `graph`, which it begins with then.
    ///
    /// # Errors
    /// What the store says.
    pub fn compacted(self, graph: &Graph, forget: bool) -> Result<Journal, StoreError> {
        let mut journal = if forget && graph.version().sequence > self.base.sequence {
            // Proposals and keys are kept; what they led to may be older than what can be asked.
            let mut kept = Vec::new();
            for table in [Table::Keys, Table::Proposals] {
                self.store.scan(table, &[], &mut |key, value| {
                    kept.push(Put::Value(table, key.to_vec(), value.to_vec()));
                    true
                })?;
            }
            let proposals = self.head().proposals;
            let journal = Journal::begin(self.store, graph, self.base.signature)?;
            journal.store.commit(&kept)?;
            journal.head().proposals = proposals;
            journal
        } else {
            self.image(graph)?;
            self
        };
        journal.store.compact()?;
        Ok(journal)
    }
}

/// Writes lines as pieces of the base, chained.
struct Pieces<'s> {
    store: &'s dyn Store,
    piece: Vec<u8>,
    puts: Vec<Put>,
    written: u64,
    chain: Chain,
    failed: Option<StoreError>,
}

impl Pieces<'_> {
    fn cut(&mut self) -> Result<(), StoreError> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::take(&mut self.piece);
        self.chain = chained(&self.chain, &piece);
        self.puts.push(Put::Value(Table::Base, key_of(self.written), piece));
        self.written += 1;
        if self.puts.len() * PIECE_BYTES >= TRANSACTION_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.store.commit(&std::mem::take(&mut self.puts))
    }
}

impl std::io::Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES
            && let Err(e) = self.cut()
        {
            self.failed = Some(e);
            return Err(std::io::ErrorKind::Other.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Where the history of a store begins; none where there is none yet.
pub(super) fn read_base(store: &dyn Store) -> Result<Option<Base>, StoreError> {
    let Some(format) = store.get(Table::Meta, FORMAT_KEY)? else { return Ok(None) };
    let format = std::str::from_utf8(&format).ok().and_then(|text| text.parse::<u64>().ok());
    match format {
        Some(FORMAT) => {}
        Some(other) if other > FORMAT => {
            return Err(StoreError::Unfit(format!(
                "the store has format {other}, and this program knows {FORMAT} and older ones; use a newer program, or restore a backup of that time into a new folder"
            )));
        }
        _ => return Err(StoreError::Damaged { version: None, what: "its format is not told".to_owned() }),
    }
    let damaged = |what: &str| StoreError::Damaged { version: None, what: format!("its beginning: {what}") };
    let value = store.get(Table::Meta, BASE_KEY)?.ok_or_else(|| damaged("it is not there"))?;
    let (chain, body) = value.split_first_chunk::<32>().ok_or_else(|| damaged("it is too short"))?;
    let head: Map<String, Json> = serde_json::from_slice(body).map_err(|e| damaged(&e.to_string()))?;
    let number =
        |name: &str| head.get(name).and_then(Json::as_u64).ok_or_else(|| damaged("a number is missing"));
    let base = Base {
        sequence: number("sequence")?,
        pieces: number("pieces")?,
        content: head.get("content").and_then(hash_of).ok_or_else(|| damaged("its hash is missing"))?,
        signature: signature_of(&head),
        chain: *chain,
    };
    let (mut through, mut count) = ([0; 32], 0);
    store.scan(Table::Base, &[], &mut |_, piece| {
        through = chained(&through, piece);
        count += 1;
        true
    })?;
    if count != base.pieces || chained(&through, body) != base.chain {
        return Err(StoreError::Damaged {
            version: Some(base.sequence),
            what: "the hash of where it begins does not follow from what it holds".to_owned(),
        });
    }
    Ok(Some(base))
}

/// The graph that a history begins with.
pub(super) fn read_beginning(
    store: &dyn Store,
    base: &Base,
    ontology: &Arc<Ontology>,
) -> Result<Graph, StoreError> {
    let mut transaction = Graph::empty(ontology.clone()).begin();
    let (mut rest, mut fault) = (Vec::new(), None);
    let mut take = |lines: &[u8]| {
        let mut give = |line| match line {
            json_lines::Line::Change(_, change) => transaction.push(change),
            json_lines::Line::Fault(found, _) => fault = fault.take().or(Some(found)),
        };
        // Memory can be read.
        drop(json_lines::read_from("the store", &mut &*lines, &mut give));
    };
    store.scan(Table::Base, &[], &mut |_, piece| {
        // A piece ends where it is full, and that may be within a line.
        let end = piece.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        rest.extend_from_slice(&piece[..end]);
        if end > 0 {
            take(&rest);
            rest.clear();
        }
        rest.extend_from_slice(&piece[end..]);
        true
    })?;
    take(&rest);
    if let Some(fault) = fault {
        return Err(StoreError::Damaged { version: Some(base.sequence), what: fault.to_string() });
    }
    let graph = transaction.commit().map_err(|refusals| unfit(base.sequence, &refusals.to_string()))?;
    whole(graph.numbered(base.sequence), &base.content)
}

/// The graph, if it is what its version says.
fn whole(graph: Graph, content: &[u8; 32]) -> Result<Graph, StoreError> {
    if graph.version().content == *content {
        return Ok(graph);
    }
    let what = "the graph that it makes has another content hash".to_owned();
    Err(StoreError::Damaged { version: Some(graph.version().sequence), what })
}

fn unfit(sequence: u64, why: &str) -> StoreError {
    StoreError::Unfit(format!(
        "version {sequence} cannot be made under this ontology; name the one it was made under with --schema, or one that admits as much:\n{why}"
    ))
}

/// The version after `graph`, which `batch` made.
///
/// # Errors
/// What the ontology does not admit, or another version than it was.
pub fn apply(graph: &Graph, batch: &Batch) -> Result<Graph, StoreError> {
    let next = graph
        .apply(batch.changes.clone())
        .map_err(|refusals| unfit(batch.sequence, &refusals.to_string()))?;
    whole(next.numbered(batch.sequence), &batch.content)
}

/// Where one is in a history.
pub(super) struct Step {
    pub(super) sequence: u64,
    pub(super) chain: Chain,
}

/// The batch under a key, if it is the one that follows; goes on to it then.
pub(super) fn next_batch(key: &[u8], value: &[u8], step: &mut Step) -> Result<Batch, StoreError> {
    let wanted = step.sequence + 1;
    let damaged = |what: String| StoreError::Damaged { version: Some(wanted), what };
    match number_of(key) {
        Some(sequence) if sequence == wanted => {}
        Some(sequence) => return Err(damaged(format!("it is not there; the next one is {sequence}"))),
        None => return Err(damaged("its key is no number".to_owned())),
    }
    let (batch, chain) = Batch::decode(value, Some(&step.chain)).map_err(damaged)?;
    if batch.sequence != wanted {
        return Err(damaged(format!("it says that it is {}", batch.sequence)));
    }
    *step = Step { sequence: wanted, chain };
    Ok(batch)
}

/// The graph of the newest image, if there is one of this ontology and it is whole.
fn read_image(store: &dyn Store, ontology: &Arc<Ontology>) -> Result<Option<Graph>, StoreError> {
    let Some(told) = store.get(Table::Meta, IMAGE_KEY)? else { return Ok(None) };
    let told: Map<String, Json> = serde_json::from_slice(&told).unwrap_or_default();
    if told.get("ontology").and_then(hash_of) != Some(ontology.hash) {
        return Ok(None);
    }
    let mut reopening = Reopening::under(ontology.clone());
    let (mut count, mut sound) = (0, true);
    store.scan(Table::Image, &[], &mut |_, piece| {
        count += 1;
        sound = reopening.take(piece).is_ok();
        sound
    })?;
    let wanted = |name: &str| told.get(name).and_then(Json::as_u64);
    if !sound || Some(count) != wanted("pieces") {
        return Ok(None);
    }
    let graph = reopening.finish().ok();
    Ok(graph.filter(|g| Some(g.version().sequence) == wanted("sequence")))
}

/// The ids that changes touch: of entities, links and evidence, each once, as each of the graphs resolves them.
pub fn ids_of<'c>(changes: impl IntoIterator<Item = &'c Change> + Clone, seen_in: &[&Graph]) -> Vec<String> {
    let mut ids = Vec::new();
    for graph in seen_in {
        touched(changes.clone(), graph, &mut ids);
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn touched<'c>(changes: impl IntoIterator<Item = &'c Change>, graph: &Graph, ids: &mut Vec<String>) {
    let ontology = graph.ontology();
    let resolved = |id: &str| graph.find(id).map(|ix| graph.entity(ix).id().to_owned());
    for change in changes {
        match change {
            Change::AddEntity(draft) | Change::PutEntity(draft) => ids.push(draft.id.clone()),
            Change::UpdateEntity(patch) => ids.extend(resolved(&patch.id).or_else(|| Some(patch.id.clone()))),
            Change::RemoveEntity { id } => ids.push(id.clone()),
            Change::Merge { from, into } => {
                ids.push(from.clone());
                ids.extend(resolved(into).or_else(|| Some(into.clone())));
            }
            Change::StateCompleteness { entity, .. } => {
                ids.extend(resolved(entity).or_else(|| Some(entity.clone())));
            }
            Change::RemoveEvidence { id } => {
                ids.push(id.clone());
                ids.extend(graph.find_evidence(id).map(|(owner, _)| graph.owner_id(owner)));
            }
            Change::AddLink(draft) => {
                link(ontology, [&draft.from, &draft.relation, &draft.to], &resolved, ids);
            }
            Change::RemoveLink { from, relation, to } => {
                link(ontology, [from, relation, to], &resolved, ids);
            }
        }
    }
}

fn link(
    ontology: &Ontology,
    [from, relation, to]: [&str; 3],
    resolved: &dyn Fn(&str) -> Option<String>,
    ids: &mut Vec<String>,
) {
    let (from, to) = (resolved(from).unwrap_or(from.to_owned()), resolved(to).unwrap_or(to.to_owned()));
    ids.extend(link_id_of(ontology, &from, relation, &to));
    ids.extend([from, to]);
}
