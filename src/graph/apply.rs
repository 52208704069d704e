//! From one graph to the next. A [`Transaction`] is pushed changes one by one and admits each at
//! once where everything it names is there already, so that a load of millions of lines never
//! stands in memory as drafts; what names something that comes later waits for the end. What must
//! hold is asked of the outcome as a whole. All refusals are collected; a refused entity still
//! counts as known, so that it does not drag its links into the list.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::change::*;
use super::chunks::{NO_KIND, tail};
use super::records::{EntityRecord, LinkRecord};
use super::*;
use crate::ontology::suggest;

/// Bytes an id may have; long enough for any readable slug, short enough for an address.
const ID_BYTES: usize = 120;

/// Bytes that all texts of one entity or link may have together: chunks count them in 32 bits.
pub(super) const ROW_BYTES: usize = 2 << 20;

pub(super) fn empty(ontology: Arc<Ontology>) -> Graph {
    let mut graph = Graph {
        version: DataVersion { sequence: 0, content: [0; 32], ontology: ontology.hash },
        entity_chunks: Vec::new(),
        entity_count: 0,
        link_chunks: Vec::new(),
        link_count: 0,
        dates: Arc::default(),
        ids: IdIndex::new(),
        merged: Arc::default(),
        by_identifier: Arc::default(),
        by_kind: vec![Arc::default(); ontology.kinds.len()],
        completeness: Arc::default(),
        forward: Adjacency::default(),
        inverse: Adjacency::default(),
        counts: Counts {
            by_relation: vec![0; ontology.relations.len()],
            max_degrees: vec![[0; 2]; ontology.relations.len()],
            ..Counts::default()
        },
        lazy: Arc::default(),
        ontology,
    };
    graph.version.content = hash::content_hash(&graph);
    graph
}

pub(super) fn apply(graph: &Graph, changes: Vec<Change>) -> Result<Graph, Refusals> {
    let mut transaction = Transaction::on(graph);
    // Ids that are given up and taken again in one batch are told apart only once all are known.
    transaction.entities_wait =
        changes.iter().any(|change| matches!(change, Change::PutEntity(_) | Change::RemoveEntity { .. }));
    transaction.links_wait = transaction.entities_wait;
    changes.into_iter().for_each(|change| transaction.push(change));
    transaction.commit()
}

/// A graph in the making. Dropping it leaves everything as it was.
#[derive(Debug)]
pub struct Transaction {
    /// The graph it began on; its adjacency stands for all links that were there.
    pub(super) base: Graph,
    /// Rows are pushed here as they come; adjacency and indexes follow in `finish`.
    pub(super) graph: Graph,
    pub(super) ontology: Arc<Ontology>,
    pub(super) refusals: Vec<Refusal>,
    /// How many changes have been pushed.
    pushed: usize,
    entities_wait: bool,
    links_wait: bool,
    /// Changes that wait for the end, each with its position.
    waiting: Vec<(usize, Change)>,
    /// The row of each entity that waits, by the position of its change.
    pub(super) slots: HashMap<usize, EntityIx>,
    /// Rows that hold an id and a kind and nothing else yet.
    hollow: HashSet<EntityIx>,
    /// The entity being admitted, which has no row yet and may quote itself.
    pub(super) pending: Option<(Arc<str>, EntityIx, Option<KindIx>)>,
    /// Rows to be laid down anew, or to go.
    pub(super) edited_entities: HashMap<EntityIx, Option<Box<EntityRecord>>>,
    pub(super) edited_links: HashMap<LinkIx, Option<Box<LinkRecord>>>,
    /// The links of this transaction by what they join, and those that a merge has moved.
    triples: HashTable<LinkIx>,
    hasher: DefaultHashBuilder,
    /// The links of this transaction by their ends, once a merge has asked.
    pub(super) incident: Option<HashMap<EntityIx, Vec<LinkIx>>>,
    /// Where entities that were merged away have gone.
    pub(super) forwarded: HashMap<EntityIx, EntityIx>,
    pub(super) removed: Vec<(usize, EntityIx, String)>,
    /// Which change last touched a link whose relation has a rule, or an entity with identifiers,
    /// to name in refusals about the outcome.
    pub(super) touched_links: Vec<(LinkIx, usize)>,
    pub(super) touched_entities: HashMap<EntityIx, usize>,
    /// Sources whose text came or changed after something may have quoted them.
    pub(super) resealed: HashSet<EntityIx>,
}

impl Transaction {
    pub(super) fn on(graph: &Graph) -> Transaction {
        Transaction {
            base: graph.clone(),
            graph: Graph { lazy: Arc::default(), ..graph.clone() },
            ontology: graph.ontology.clone(),
            refusals: Vec::new(),
            pushed: 0,
            entities_wait: false,
            links_wait: false,
            waiting: Vec::new(),
            slots: HashMap::new(),
            hollow: HashSet::new(),
            pending: None,
            edited_entities: HashMap::new(),
            edited_links: HashMap::new(),
            triples: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            incident: None,
            forwarded: HashMap::new(),
            removed: Vec::new(),
            touched_links: Vec::new(),
            touched_entities: HashMap::new(),
            resealed: HashSet::new(),
        }
    }

    /// Brings near the processor what pushing these changes will look up: the memory behind one id is
    /// far from that of the next, and asking for many places at once takes hardly longer than asking
    /// for one. Changes nothing.
    pub fn look_ahead<'c>(&self, changes: impl Iterator<Item = &'c Change>) {
        let ids = changes.flat_map(|change| match change {
            Change::AddEntity(draft) | Change::PutEntity(draft) => [Some(&draft.id), None],
            Change::AddLink(draft) => [Some(&draft.from), Some(&draft.to)],
            _ => [None, None],
        });
        let found: Vec<EntityIx> = ids.flatten().filter_map(|id| self.graph.ids.candidate(id)).collect();
        self.graph.touch_rows(found.iter().copied());
    }

    /// Takes one change. What is wrong with it shows at [`commit`](Transaction::commit).
    ///
    /// Entities may be named before they are pushed; from the first link that does so, links wait
    /// in memory until the end, as do entities that quote a source which is not there yet. Putting
    /// and removing entities make everything after them wait.
    pub fn push(&mut self, change: Change) {
        let i = self.pushed;
        self.pushed += 1;
        match &change {
            Change::AddEntity(draft) | Change::PutEntity(draft) => {
                let kind = self.kind_of(i, draft);
                self.check_id(i, &draft.id, kind);
                let adds = matches!(change, Change::AddEntity(_));
                let Some(slot) = self.slot(i, draft, kind, adds) else { return };
                let new = slot.0 == self.graph.entity_count;
                self.entities_wait |= !new;
                self.links_wait |= !new;
                if self.entities_wait || !self.knows_sources(&draft.evidence, Some(&draft.id)) {
                    if new {
                        self.push_hollow(&draft.id, kind);
                    }
                    self.slots.insert(i, slot);
                    self.waiting.push((i, change));
                    return;
                }
                self.pending = Some((draft.id.as_str().into(), slot, kind));
                let admitted = self.admit_entity(i, draft, slot);
                self.pending = None;
                match admitted {
                    Some(record) => self.push_entity(&record, i),
                    None => self.push_hollow(&draft.id, kind),
                }
            }
            Change::RemoveEntity { id } => {
                (self.entities_wait, self.links_wait) = (true, true);
                self.remove_entity(i, id);
            }
            Change::AddLink(draft) => {
                let known = |id: &str| self.find(id).is_some();
                self.links_wait |= !known(&draft.from) || !known(&draft.to);
                self.links_wait |= !self.knows_sources(&draft.evidence, None);
                if self.links_wait {
                    self.waiting.push((i, change));
                } else {
                    self.add_link(i, draft);
                }
            }
            Change::StateCompleteness { entity, evidence, .. } => {
                self.links_wait |= self.find(entity).is_none() || !self.knows_sources(evidence, None);
                if self.links_wait {
                    self.waiting.push((i, change));
                } else {
                    self.connect(i, &change);
                }
            }
            Change::UpdateEntity(_) => self.waiting.push((i, change)),
            Change::RemoveLink { .. } | Change::RemoveEvidence { .. } | Change::Merge { .. } => {
                self.links_wait = true;
                self.waiting.push((i, change));
            }
        }
    }

    /// The next graph, where everything holds.
    ///
    /// # Errors
    /// Every refusal, sorted by change.
    ///
    /// Cost: linear in the chunks that were touched; with removals or merges, in the whole graph.
    pub fn commit(mut self) -> Result<Graph, Refusals> {
        if self.pushed == 0 {
            return Ok(self.base);
        }
        let waiting = std::mem::take(&mut self.waiting);
        for (i, change) in &waiting {
            let (Change::AddEntity(draft) | Change::PutEntity(draft)) = change else { continue };
            let Some(slot) = self.slots.get(i).copied() else { continue };
            let gone = matches!(self.edited_entities.get(&slot), Some(None));
            if let Some(record) = self.admit_entity(*i, draft, slot).filter(|_| !gone) {
                if self.ontology.kind(record.kind).is_source {
                    self.resealed.insert(slot);
                }
                self.touched_entities.insert(slot, *i);
                self.hollow.remove(&slot);
                self.edited_entities.insert(slot, Some(Box::new(record)));
            }
        }
        for (i, change) in &waiting {
            if let Change::UpdateEntity(patch) = change {
                self.update_entity(*i, patch);
            }
        }
        for (i, change) in &waiting {
            self.connect(*i, change);
        }
        drop(waiting);
        self.finish()
    }

    /// Whether every source that evidence quotes is there, with its text.
    fn knows_sources(&self, evidence: &[EvidenceDraft], but: Option<&str>) -> bool {
        let known =
            |id: &str| self.find(id).is_some_and(|ix| self.hollow.is_empty() || !self.hollow.contains(&ix));
        evidence.iter().all(|e| but == Some(&e.source) || known(&e.source))
    }

    /// The row that an entity's change is about: the one that has its id, or the next one.
    fn slot(&mut self, i: usize, draft: &EntityDraft, kind: Option<KindIx>, adds: bool) -> Option<EntityIx> {
        if draft.id.len() > ID_BYTES {
            return None; // refused already, and no row could hold it
        }
        let found = self.graph.ids.get(&draft.id, |ix| self.graph.entity(ix).id());
        match found {
            Some(_) if adds => {
                let help = "ids are unique for ever; give this entity another, or leave it out";
                self.refuse_field(
                    i,
                    "id",
                    RefusalCode::Taken,
                    format!("the id `{}` is taken", draft.id),
                    help,
                );
                None
            }
            Some(slot) => {
                if let (Some(new), Some(old)) = (kind, self.kind_at(slot))
                    && new != old
                {
                    let names = (&self.ontology.kind(old).name, &self.ontology.kind(new).name);
                    let what = format!("`{}` is of kind {} and cannot become {}", draft.id, names.0, names.1);
                    self.refuse(i, RefusalCode::Conflict, what, "give it a new id and merge by hand");
                }
                Some(slot)
            }
            None if self.graph.merged.contains_key(draft.id.as_str()) => {
                let what = format!("the id `{}` was merged into another", draft.id);
                self.refuse(i, RefusalCode::Taken, what, "use the id it was merged into");
                None
            }
            None => Some(EntityIx(self.graph.entity_count)),
        }
    }

    fn push_entity(&mut self, record: &EntityRecord, i: usize) {
        let ix = EntityIx(self.graph.entity_count);
        let Graph { entity_chunks, dates, ids, .. } = &mut self.graph;
        tail(entity_chunks, |chunk| chunk.rows.len()).push(record, dates);
        ids.insert(&record.id, ix, |ix| Entity::at(entity_chunks, dates, ix).id());
        self.graph.entity_count += 1;
        if !record.identifiers.is_empty() {
            self.touched_entities.insert(ix, i);
        }
    }

    /// A row for an entity that is known by name alone as yet.
    fn push_hollow(&mut self, id: &str, kind: Option<KindIx>) {
        self.hollow.insert(EntityIx(self.graph.entity_count));
        let record = EntityRecord {
            id: id.into(),
            kind: kind.unwrap_or(NO_KIND),
            name: "".into(),
            properties: Vec::new(),
            identifiers: Vec::new(),
            evidence: Vec::new(),
            text: None,
            merged_from: Vec::new(),
        };
        self.push_entity(&record, 0);
    }

    pub(super) fn push_link(&mut self, record: &LinkRecord, i: usize) {
        let ix = LinkIx(self.graph.link_count);
        tail(&mut self.graph.link_chunks, |chunk| chunk.rows.len()).push(record);
        self.graph.link_count += 1;
        self.index_triple(ix, record.from, record.relation, record.to);
        self.touch(ix, record.relation, i);
        if let Some(incident) = &mut self.incident {
            incident.entry(record.from).or_default().push(ix);
            incident.entry(record.to).or_default().push(ix);
        }
    }

    fn remove_entity(&mut self, i: usize, id: &str) {
        match self.graph.ids.get(id, |ix| self.graph.entity(ix).id()) {
            Some(slot) => {
                let merged_from = match self.edited_entities.get(&slot) {
                    Some(Some(edited)) => edited.merged_from.clone(),
                    _ => self.graph.entity(slot).merged_from().to_vec(),
                };
                self.graph.ids.remove(id, slot);
                if !merged_from.is_empty() {
                    let merged = Arc::make_mut(&mut self.graph.merged);
                    for old in &merged_from {
                        merged.remove(old);
                    }
                }
                self.edited_entities.insert(slot, None);
                self.removed.push((i, slot, id.to_owned()));
            }
            None => {
                let what = format!("nothing has the id `{}`", shorten(id));
                self.refuse(i, RefusalCode::Dangling, what, "nothing to remove");
            }
        }
    }

    // -- what there is, edits included ---------------------------------------------------------

    pub(super) fn refuse(&mut self, change: usize, code: RefusalCode, what: String, help: &str) {
        self.refusals.push(Refusal { change, field: None, code, what, help: help.to_owned() });
    }

    /// The same, for a part of the change.
    pub(super) fn refuse_field(
        &mut self,
        change: usize,
        field: &str,
        code: RefusalCode,
        what: String,
        help: &str,
    ) {
        self.refuse(change, code, what, help);
        if let Some(last) = self.refusals.last_mut() {
            last.field = Some(field.to_owned());
        }
    }

    pub(super) fn find(&self, id: &str) -> Option<EntityIx> {
        if let Some((pending, ix, _)) = &self.pending
            && **pending == *id
        {
            return Some(*ix);
        }
        self.graph.find(id).map(|ix| self.now(ix))
    }

    /// Where an entity is after the merges so far.
    pub(super) fn now(&self, mut ix: EntityIx) -> EntityIx {
        while let Some(to) = self.forwarded.get(&ix) {
            ix = *to;
        }
        ix
    }

    /// The kind of a row; none where its draft names no kind.
    pub(super) fn kind_at(&self, ix: EntityIx) -> Option<KindIx> {
        match &self.pending {
            Some((_, pending, kind)) if *pending == ix => *kind,
            _ => Some(self.graph.entity(ix).kind()).filter(|kind| *kind != NO_KIND),
        }
    }

    pub(super) fn entity_now(&self, ix: EntityIx) -> Option<EntityRecord> {
        match self.edited_entities.get(&ix) {
            Some(edited) => edited.as_deref().cloned(),
            None => Some(self.graph.entity(ix).record()).filter(|_| !self.hollow.contains(&ix)),
        }
    }

    pub(super) fn link_now(&self, ix: LinkIx) -> Option<LinkRecord> {
        match self.edited_links.get(&ix) {
            Some(edited) => edited.as_deref().cloned(),
            None => Some(self.graph.link(ix).record()),
        }
    }

    /// The ends and the relation of a link; none where it has gone.
    pub(super) fn ends_now(&self, ix: LinkIx) -> Option<(EntityIx, RelationIx, EntityIx)> {
        match self.edited_links.get(&ix) {
            Some(edited) => edited.as_ref().map(|l| (l.from, l.relation, l.to)),
            None => {
                let link = self.graph.link(ix);
                let (from, to) = link.ends();
                Some((from, link.relation(), to))
            }
        }
    }

    /// The text's hash of a source.
    pub(super) fn sha_of(&self, source: EntityIx) -> Option<&str> {
        let text = match self.edited_entities.get(&source) {
            Some(edited) => edited.as_ref()?.text.as_ref(),
            None if source.0 < self.graph.entity_count => self.graph.entity(source).text(),
            None => None,
        };
        text?.sha256.as_deref()
    }

    /// The key under which a link is unique: a symmetric one is the same from both ends.
    fn triple(&self, from: EntityIx, relation: RelationIx, to: EntityIx) -> (EntityIx, RelationIx, EntityIx) {
        if self.ontology.relation(relation).symmetric && from > to {
            (to, relation, from)
        } else {
            (from, relation, to)
        }
    }

    /// The link that joins two entities by a relation. Cost: a look-up, and a walk over the links of
    /// that relation at whichever end had fewer when the transaction began.
    pub(super) fn joined(&self, from: EntityIx, relation: RelationIx, to: EntityIx) -> Option<LinkIx> {
        let key = self.triple(from, relation, to);
        let same = |ix: LinkIx| self.ends_now(ix).is_some_and(|(f, r, t)| self.triple(f, r, t) == key);
        let hash = self.hasher.hash_one(key);
        if let Some(ix) = self.triples.find(hash, |ix| same(*ix)) {
            return Some(*ix);
        }
        let known = self.base.entity_count;
        if from.0 >= known || to.0 >= known {
            return None;
        }
        let back =
            if self.ontology.relation(relation).symmetric { Direction::Forward } else { Direction::Inverse };
        let (a, b) =
            (self.base.along(from, relation, Direction::Forward), self.base.along(to, relation, back));
        let found = if a.len() <= b.len() {
            a.iter().find(|linked| linked.to == to)
        } else {
            b.iter().find(|linked| linked.to == from)
        };
        found.map(|linked| linked.link).filter(|ix| same(*ix))
    }

    pub(super) fn index_triple(&mut self, ix: LinkIx, from: EntityIx, relation: RelationIx, to: EntityIx) {
        let hash = self.hasher.hash_one(self.triple(from, relation, to));
        let mut triples = std::mem::take(&mut self.triples);
        triples.insert_unique(hash, ix, |ix| {
            // A link that has gone is never looked for again: it may stand anywhere.
            self.ends_now(*ix).map_or(0, |(f, r, t)| self.hasher.hash_one(self.triple(f, r, t)))
        });
        self.triples = triples;
    }

    pub(super) fn touch(&mut self, link: LinkIx, relation: RelationIx, change: usize) {
        let relation = self.ontology.relation(relation);
        if relation.max.is_some() || relation.acyclic {
            self.touched_links.push((link, change));
        }
    }

    pub(super) fn kind_of(&mut self, i: usize, draft: &EntityDraft) -> Option<KindIx> {
        let kind = self.ontology.kind_named(&draft.kind);
        if kind.is_none() {
            let ontology = self.ontology.clone();
            let help =
                suggest(&draft.kind, ontology.kinds.iter().map(|k| k.name.as_str()).collect::<Vec<_>>());
            self.refuse(
                i,
                RefusalCode::Unknown,
                format!("`{}` has the unknown kind `{}`", draft.id, draft.kind),
                &help,
            );
        }
        kind
    }

    pub(super) fn check_id(&mut self, i: usize, id: &str, kind: Option<KindIx>) {
        let (prefix, slug) = id.split_once('/').unwrap_or((id, ""));
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'~');
        if slug.is_empty() || !slug.bytes().all(plain) || id.len() > ID_BYTES {
            let help = format!("write prefix/slug, the slug of a-z 0-9 - _ ~, {ID_BYTES} bytes at most");
            self.refuse_field(i, "id", RefusalCode::BadId, format!("`{}` is no id", shorten(id)), &help);
            return;
        }
        if let Some(kind) = kind {
            let expected = self.ontology.kind(kind).prefix.clone();
            if prefix != expected {
                let what = format!(
                    "`{id}` is of kind {} but does not begin with `{expected}/`",
                    self.ontology.kind(kind).name
                );
                self.refuse_field(i, "id", RefusalCode::BadId, what, &format!("write {expected}/{slug}"));
            }
        }
    }
}

/// A name as it appears in a message: never longer than a line.
pub(super) fn shorten(name: &str) -> String {
    const SHOWN: usize = ID_BYTES;
    let clean: String = name.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    match clean.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &clean[..at]),
        None => clean,
    }
}
