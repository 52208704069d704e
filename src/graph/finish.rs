//! From a transaction whose changes hold to a graph: edited rows are laid down, gaps closed, indexes
//! and adjacency brought up to date, the whole asked whether it holds, and the content hashed.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::adjacency::Row;
use super::apply::Transaction;
use super::change::*;
use super::chunks::{Block, EntityChunk, LinkChunk, NO_KIND, Quoting, tail};
use super::records::EvidenceRecord;
use super::*;

impl Transaction {
    pub(super) fn finish(mut self) -> Result<Graph, Refusals> {
        let gone = self.edited_entities.values().any(Option::is_none);
        // What was removed may be missed by what was refused: nothing can be asked of such a whole.
        if self.refusals.is_empty() {
            self.check_removed();
        }
        if gone && !self.refusals.is_empty() {
            return self.outcome();
        }
        let unlinked = gone || self.edited_links.values().any(Option::is_none);
        self.forget_identifiers();
        let moved = if unlinked { Some(self.close_gaps()) } else { None };
        match &moved {
            Some(_) if self.graph.by_identifier.is_empty() => {}
            Some(moved) => {
                let index = Arc::make_mut(&mut self.graph.by_identifier);
                index.values_mut().for_each(|ix| *ix = moved[ix.0 as usize]);
            }
            None => self.lay_edits(),
        }
        if !self.resealed.is_empty() {
            self.restatus();
        }
        self.link_up(unlinked);
        self.check_identifiers();
        self.check_cardinality();
        self.check_circles();
        self.outcome()
    }

    /// A graph of which only the rows are there, with adjacency, lists by kind and counts.
    pub(super) fn relink(rows: Graph) -> Graph {
        let mut transaction = Transaction::on(&empty_of(&rows));
        transaction.graph = rows;
        transaction.link_up(true);
        transaction.graph
    }

    fn outcome(mut self) -> Result<Graph, Refusals> {
        if !self.refusals.is_empty() {
            self.refusals.sort_by_key(|refusal| refusal.change);
            return Err(Refusals(self.refusals));
        }
        self.graph.version.sequence += 1;
        self.graph.version.content = hash::content_hash(&self.graph);
        Ok(self.graph)
    }

    /// Takes the identifiers of edited entities out of the index; those that stay take theirs again with
    /// those that were touched. Where none has any, the index stays shared.
    fn forget_identifiers(&mut self) {
        for (ix, edited) in &self.edited_entities {
            if ix.0 < self.base.entity_count {
                for identifier in self.base.entity(*ix).identifiers() {
                    Arc::make_mut(&mut self.graph.by_identifier).remove(identifier);
                }
            }
            if edited.is_some() {
                self.touched_entities.entry(*ix).or_insert(0);
            }
        }
    }

    /// Lays down every chunk anew that has an edited row. Nothing is to go.
    fn lay_edits(&mut self) {
        let Graph { entity_chunks, dates, .. } = &mut self.graph;
        for at in chunks_of(self.edited_entities.keys().map(|ix| ix.0)) {
            let old = entity_chunks[at].clone();
            let mut chunk = EntityChunk::default();
            for row in 0..old.rows.len() {
                let ix = EntityIx((at * CHUNK_ROWS + row) as u32);
                match self.edited_entities.get(&ix) {
                    Some(Some(edited)) => chunk.push(edited, dates),
                    _ => {
                        let record = Entity { chunk: &old, row, dates }.record();
                        chunk.push(&record, dates);
                    }
                }
            }
            entity_chunks[at] = Arc::new(chunk);
        }
        for at in chunks_of(self.edited_links.keys().map(|ix| ix.0)) {
            let old = self.graph.link_chunks[at].clone();
            let mut chunk = LinkChunk::default();
            for row in 0..old.rows.len() {
                match self.edited_links.get(&LinkIx((at * CHUNK_ROWS + row) as u32)) {
                    Some(Some(edited)) => chunk.push(edited),
                    _ => chunk.push(&old.record(row)),
                }
            }
            self.graph.link_chunks[at] = Arc::new(chunk);
        }
    }

    /// Lays down everything anew without what has gone. Gives where each entity is now; one that has
    /// gone is where the next one is.
    fn close_gaps(&mut self) -> Vec<EntityIx> {
        let gone: HashSet<EntityIx> =
            self.edited_entities.iter().filter(|(_, edited)| edited.is_none()).map(|(ix, _)| *ix).collect();
        let kept = |ix: EntityIx| !gone.contains(&ix);
        let mut position = 0;
        let mut moved = Vec::with_capacity(self.graph.entity_count());
        for ix in self.graph.entities() {
            moved.push(EntityIx(position));
            position += u32::from(kept(ix));
        }
        let to = |ix: EntityIx| moved[ix.0 as usize];
        let requote =
            |evidence: &mut [EvidenceRecord]| evidence.iter_mut().for_each(|e| e.source = to(e.source));
        let (mut entities, mut links) = (Vec::new(), Vec::new());
        let mut dates = self.graph.dates.clone();
        let mut ids = IdIndex::new();
        for ix in self.graph.entities().filter(|ix| kept(*ix)) {
            let mut record = match self.edited_entities.remove(&ix) {
                Some(Some(edited)) => *edited,
                _ => self.graph.entity(ix).record(),
            };
            requote(&mut record.evidence);
            tail(&mut entities, |chunk: &EntityChunk| chunk.rows.len()).push(&record, &mut dates);
            ids.insert(&record.id, to(ix), |ix| Entity::at(&entities, &dates, ix).id());
        }
        let mut link_moved = HashMap::new();
        let mut count = 0;
        for ix in self.graph.links() {
            let mut record = match self.edited_links.remove(&ix) {
                Some(None) => continue,
                Some(Some(edited)) => *edited,
                None => self.graph.link(ix).record(),
            };
            (record.from, record.to) = (to(record.from), to(record.to));
            requote(&mut record.evidence);
            tail(&mut links, |chunk: &LinkChunk| chunk.rows.len()).push(&record);
            link_moved.insert(ix, LinkIx(count));
            count += 1;
        }
        self.touched_links = std::mem::take(&mut self.touched_links)
            .into_iter()
            .filter_map(|(ix, change)| Some((*link_moved.get(&ix)?, change)))
            .collect();
        let touched = std::mem::take(&mut self.touched_entities).into_iter().filter(|(ix, _)| kept(*ix));
        self.touched_entities = touched.map(|(ix, change)| (to(ix), change)).collect();
        let resealed = std::mem::take(&mut self.resealed).into_iter().filter(|ix| kept(*ix));
        self.resealed = resealed.map(to).collect();
        let merged = std::mem::take(Arc::make_mut(&mut self.graph.merged)).into_iter();
        let merged = merged.map(|(id, ix)| (id, to(self.now(ix)))).collect();
        let statements = std::mem::take(Arc::make_mut(&mut self.graph.completeness)).into_iter();
        let statements: BTreeMap<_, _> = statements
            .map(|((entity, relation, direction), statement)| {
                let mut evidence = statement.evidence.list().records();
                requote(&mut evidence);
                (
                    (to(entity), relation, direction),
                    CompletenessStatement { evidence: Block::of(&evidence), ..statement },
                )
            })
            .collect();
        self.graph.merged = Arc::new(merged);
        self.graph.completeness = Arc::new(statements);
        self.graph.entity_chunks = entities;
        self.graph.entity_count = position;
        self.graph.link_chunks = links;
        self.graph.link_count = count;
        self.graph.dates = dates;
        self.graph.ids = ids;
        moved
    }

    /// Statuses anew, where a source's text has come or changed.
    fn restatus(&mut self) {
        let resealed = &self.resealed;
        let sha: HashMap<EntityIx, Option<Arc<str>>> = resealed
            .iter()
            .map(|ix| (*ix, self.graph.entity(*ix).text().and_then(|t| t.sha256.clone())))
            .collect();
        let restatus = |block: &Block| -> Vec<(usize, QuoteStatus)> {
            let quoting = block.rows.iter().enumerate().filter(|(_, e)| resealed.contains(&e.source));
            let status = quoting.map(|(at, e)| {
                let sha = sha.get(&e.source).and_then(|sha| sha.as_deref());
                (at, block.record(at as u32).status_under(sha))
            });
            status.filter(|(at, status)| block.status(*at as u32) != *status).collect()
        };
        set_statuses(&mut self.graph.entity_chunks, restatus);
        set_statuses(&mut self.graph.link_chunks, restatus);
        let stale = |statement: &CompletenessStatement| !restatus(&statement.evidence).is_empty();
        if self.graph.completeness.values().any(stale) {
            for statement in Arc::make_mut(&mut self.graph.completeness).values_mut() {
                for (at, status) in restatus(&statement.evidence) {
                    statement.evidence.set_status(at, status);
                }
            }
        }
    }

    /// Adjacency, lists by kind and counts, for what was added or, `anew`, for everything.
    fn link_up(&mut self, anew: bool) {
        let base = if anew { empty_of(&self.base) } else { self.base.clone() };
        let ontology = &*self.ontology;
        let (graph, links) = (&self.graph, base.link_count..self.graph.link_count);
        let entities = graph.entity_count();
        let rows = |direction: Direction| {
            let mut rows: Vec<Row> = Vec::with_capacity(links.len());
            for ix in links.clone().map(LinkIx) {
                let link = graph.link(ix);
                let (from, to) = link.ends();
                let relation = link.relation();
                let there = (from, relation, Linked { link: ix, to });
                let back = (to, relation, Linked { link: ix, to: from });
                match (direction, ontology.relation(relation).symmetric) {
                    (Direction::Forward, true) => rows.extend([there, back]),
                    (Direction::Forward, false) => rows.push(there),
                    (Direction::Inverse, true) => {}
                    (Direction::Inverse, false) => rows.push(back),
                }
            }
            rows
        };
        let forward = || base.forward.with(rows(Direction::Forward), entities);
        let inverse = || base.inverse.with(rows(Direction::Inverse), entities);
        let (forward, inverse) = if links.len() < WORTH_A_THREAD {
            (forward(), inverse())
        } else {
            std::thread::scope(|scope| {
                let other = scope.spawn(inverse);
                let forward = forward();
                #[expect(clippy::expect_used, reason = "it panics only where the same work here would")]
                (forward, other.join().expect("the other half is laid down like this one"))
            })
        };
        let mut counts = base.counts.clone();
        // Where much was added, one look at every list in order is less than one at each list's end for
        // each link, all over the memory.
        let all = links.len() >= WORTH_A_THREAD;
        for (direction, adjacency) in [(Direction::Forward, &forward), (Direction::Inverse, &inverse)] {
            let mut longest = |relation: RelationIx, length: u32| {
                let max = &mut counts.max_degrees[relation.0 as usize][direction as usize];
                *max = (*max).max(length);
            };
            if all {
                adjacency.lengths().for_each(|(relation, length)| longest(relation, length));
                continue;
            }
            for link in links.clone().map(|ix| graph.link(LinkIx(ix))) {
                for end in <[EntityIx; 2]>::from(link.ends()) {
                    longest(link.relation(), adjacency.along(end, link.relation()).len() as u32);
                }
            }
        }
        let degree = |ix: EntityIx| forward.degree(ix) + inverse.degree(ix);
        for link in links.clone().map(|ix| graph.link(LinkIx(ix))) {
            counts.by_relation[link.relation().0 as usize] += 1;
            counts.max_evidence = counts.max_evidence.max(link.evidence().len());
            if !all {
                let (from, to) = link.ends();
                counts.max_degree = counts.max_degree.max(degree(from)).max(degree(to));
            }
        }
        if all {
            counts.max_degree = graph.entities().map(degree).max().unwrap_or(0);
        }
        let mut by_kind = base.by_kind.clone();
        let edited = self.edited_entities.keys().copied().filter(|ix| ix.0 < base.entity_count);
        for ix in (base.entity_count..graph.entity_count).map(EntityIx).chain(edited) {
            let entity = graph.entity(ix);
            if entity.kind() != NO_KIND && ix.0 >= base.entity_count {
                Arc::make_mut(&mut by_kind[entity.kind().0 as usize]).push(ix);
            }
            counts.max_evidence = counts.max_evidence.max(entity.evidence().len());
            let lists = entity.properties().map(|(_, value)| value.members().len());
            counts.max_list = counts.max_list.max(lists.max().unwrap_or(0)).max(entity.identifiers().len());
        }
        let edited = self.edited_links.keys().map(|ix| graph.link(*ix).evidence().len());
        let said = graph.completeness.values().map(|s| s.evidence.rows.len());
        counts.max_evidence = edited.chain(said).fold(counts.max_evidence, usize::max);
        (self.graph.forward, self.graph.inverse) = (forward, inverse);
        self.graph.counts = counts;
        self.graph.by_kind = by_kind;
    }
}

/// Links below which a second thread costs more than it saves.
const WORTH_A_THREAD: usize = 10_000;

fn empty_of(graph: &Graph) -> Graph {
    apply::empty(graph.ontology.clone())
}

/// Gives evidence the statuses that `stale` tells; chunks where it tells none stay shared.
fn set_statuses<C: Quoting>(chunks: &mut [Arc<C>], stale: impl Fn(&Block) -> Vec<(usize, QuoteStatus)>) {
    for chunk in chunks {
        let stale = stale(chunk.block());
        if !stale.is_empty() {
            let block = Arc::make_mut(chunk).block_mut();
            stale.iter().for_each(|(at, status)| block.set_status(*at, *status));
        }
    }
}

/// The chunks that hold these rows, each once.
fn chunks_of(rows: impl Iterator<Item = u32>) -> Vec<usize> {
    let mut chunks: Vec<usize> = rows.map(|row| row as usize / CHUNK_ROWS).collect();
    chunks.sort_unstable();
    chunks.dedup();
    chunks
}
