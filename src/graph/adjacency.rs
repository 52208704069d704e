//! Links grouped by entity and, within, by relation in insertion order, in one direction: following
//! one relation never pays for the others, and the far end stands beside the link, so that a walk
//! does not touch the links at all.

use std::sync::Arc;

use super::chunks::{CHUNK_ROWS, fit, place, small};
use super::{EntityIx, LinkIx, Linked};
use crate::ontology::RelationIx;

/// The groups of every entity, by chunks of entities. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub(super) struct Adjacency {
    pub(super) chunks: Vec<Arc<AdjacencyChunk>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct AdjacencyChunk {
    /// Where the groups of each entity end.
    pub(super) ends: Vec<u32>,
    /// (relation, where its links end), sorted by relation within an entity.
    pub(super) groups: Vec<(RelationIx, u32)>,
    pub(super) links: Vec<Linked>,
}

/// A row to be added: whose list, along which relation, and what.
pub(super) type Row = (EntityIx, RelationIx, Linked);

impl AdjacencyChunk {
    fn groups_of(&self, row: usize) -> std::ops::Range<usize> {
        row.checked_sub(1).map_or(0, |before| self.ends[before] as usize)..self.ends[row] as usize
    }
    fn start_of(&self, group: usize) -> usize {
        group.checked_sub(1).map_or(0, |before| self.groups[before].1 as usize)
    }

    fn lay(rows: &[(u16, RelationIx, Linked)], entities: usize) -> AdjacencyChunk {
        let mut chunk = AdjacencyChunk {
            ends: Vec::with_capacity(entities),
            groups: Vec::new(),
            links: rows.iter().map(|(.., linked)| *linked).collect(),
        };
        let mut at = 0;
        for entity in 0..entities as u16 {
            while at < rows.len() && rows[at].0 == entity {
                let relation = rows[at].1;
                while at < rows.len() && rows[at].0 == entity && rows[at].1 == relation {
                    at += 1;
                }
                chunk.groups.push((relation, small(at)));
            }
            chunk.ends.push(small(chunk.groups.len()));
        }
        fit(&mut chunk.groups);
        chunk
    }

    fn rows(&self) -> impl Iterator<Item = (u16, RelationIx, Linked)> + '_ {
        (0..self.ends.len()).flat_map(move |row| {
            self.groups_of(row).flat_map(move |group| {
                let (relation, end) = self.groups[group];
                let links = &self.links[self.start_of(group)..end as usize];
                links.iter().map(move |linked| (row as u16, relation, *linked))
            })
        })
    }
}

impl Adjacency {
    /// The links of an entity along one relation.
    pub(super) fn along(&self, entity: EntityIx, relation: RelationIx) -> &[Linked] {
        let (chunk, row) = place(entity.0);
        let chunk = &*self.chunks[chunk];
        for group in chunk.groups_of(row) {
            if chunk.groups[group].0 == relation {
                return &chunk.links[chunk.start_of(group)..chunk.groups[group].1 as usize];
            }
        }
        &[]
    }

    /// Where the groups of an entity end: a load that others do not wait for.
    pub(super) fn end_of(&self, entity: EntityIx) -> u32 {
        let (chunk, row) = place(entity.0);
        self.chunks[chunk].ends[row]
    }

    /// The end of an entity's last group, likewise, and its first link.
    pub(super) fn first_group(&self, entity: EntityIx) -> u32 {
        let (chunk, row) = place(entity.0);
        let chunk = &*self.chunks[chunk];
        let start = chunk.start_of(chunk.groups_of(row).start);
        chunk.links.get(start).map_or(0, |linked| linked.to.0)
    }

    /// All links of an entity, by relation.
    pub(super) fn of(&self, entity: EntityIx) -> &[Linked] {
        let (chunk, row) = place(entity.0);
        let chunk = &*self.chunks[chunk];
        let groups = chunk.groups_of(row);
        &chunk.links[chunk.start_of(groups.start)..chunk.start_of(groups.end)]
    }

    /// How long each list is that there is, in the order of memory.
    pub(super) fn lengths(&self) -> impl Iterator<Item = (RelationIx, u32)> + '_ {
        self.chunks.iter().flat_map(|chunk| {
            let mut start = 0;
            chunk
                .groups
                .iter()
                .map(move |(relation, end)| (*relation, end - std::mem::replace(&mut start, *end)))
        })
    }

    /// How many links an entity has.
    pub(super) fn degree(&self, entity: EntityIx) -> usize {
        self.of(entity).len()
    }

    /// The same with more rows, in any order, for so many entities. Cost: linear in the chunks
    /// that get rows, and a look at every chunk's length.
    pub(super) fn with(&self, rows: Vec<Row>, entities: usize) -> Adjacency {
        let count = entities.div_ceil(CHUNK_ROWS);
        // A counting sort by chunk keeps each chunk's sort within the cache.
        let mut starts = vec![0usize; count + 1];
        rows.iter().for_each(|(entity, ..)| starts[place(entity.0).0 + 1] += 1);
        for at in 0..count {
            starts[at + 1] += starts[at];
        }
        let mut by_chunk =
            vec![(0u16, RelationIx(0), Linked { link: LinkIx(0), to: EntityIx(0) }); rows.len()];
        let mut free = starts.clone();
        for (entity, relation, linked) in rows {
            let (chunk, row) = place(entity.0);
            by_chunk[free[chunk]] = (row as u16, relation, linked);
            free[chunk] += 1;
        }
        let mut chunks = Vec::with_capacity(count);
        for at in 0..count {
            let inside = CHUNK_ROWS.min(entities - at * CHUNK_ROWS);
            let new = &mut by_chunk[starts[at]..starts[at + 1]];
            let old = self.chunks.get(at);
            chunks.push(match old {
                Some(old) if new.is_empty() && old.ends.len() == inside => old.clone(),
                old => {
                    let key = |row: &(u16, RelationIx, Linked)| (row.0, row.1, row.2.link);
                    match old.filter(|old| !old.links.is_empty()) {
                        Some(old) => {
                            let mut all: Vec<_> = old.rows().chain(new.iter().copied()).collect();
                            all.sort_unstable_by_key(key);
                            Arc::new(AdjacencyChunk::lay(&all, inside))
                        }
                        None => {
                            new.sort_unstable_by_key(key);
                            Arc::new(AdjacencyChunk::lay(new, inside))
                        }
                    }
                }
            });
        }
        Adjacency { chunks }
    }
}
