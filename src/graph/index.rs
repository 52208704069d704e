//! From ids to positions. The ids themselves stand in the chunks: the index holds positions alone,
//! in shards that the next graph shares unless they change.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::EntityIx;

/// Shards there are: at ten million entities one holds ten thousand, and copying it to add an id
/// takes microseconds.
const SHARDS: usize = 1024;

/// Positions by id. Cloning shares the shards.
#[derive(Clone, Debug)]
pub(super) struct IdIndex {
    shards: Vec<Arc<HashTable<EntityIx>>>,
    hasher: DefaultHashBuilder,
}

impl IdIndex {
    pub(super) fn new() -> IdIndex {
        IdIndex { shards: vec![Arc::default(); SHARDS], hasher: DefaultHashBuilder::default() }
    }

    fn shard(hash: u64) -> usize {
        // The table inside uses the low and the highest bits.
        (hash >> 32) as usize % SHARDS
    }

    /// The position of `id`; `id_of` tells the id at a position.
    pub(super) fn get<'i>(&self, id: &str, id_of: impl Fn(EntityIx) -> &'i str) -> Option<EntityIx> {
        let hash = self.hasher.hash_one(id);
        self.shards[Self::shard(hash)].find(hash, |ix| id_of(*ix) == id).copied()
    }

    /// A position whose id may be `id`, if there is one: where a look-up begins.
    pub(super) fn candidate(&self, id: &str) -> Option<EntityIx> {
        let hash = self.hasher.hash_one(id);
        self.shards[Self::shard(hash)].find(hash, |_| true).copied()
    }

    /// Adds an id that is not there.
    pub(super) fn insert<'i>(&mut self, id: &str, ix: EntityIx, id_of: impl Fn(EntityIx) -> &'i str) {
        let hash = self.hasher.hash_one(id);
        let hasher = &self.hasher;
        let shard = Arc::make_mut(&mut self.shards[Self::shard(hash)]);
        shard.insert_unique(hash, ix, |ix| hasher.hash_one(id_of(*ix)));
    }

    /// Removes the position of an id.
    pub(super) fn remove(&mut self, id: &str, ix: EntityIx) {
        let hash = self.hasher.hash_one(id);
        let shard = Arc::make_mut(&mut self.shards[Self::shard(hash)]);
        if let Ok(entry) = shard.find_entry(hash, |at| *at == ix) {
            entry.remove();
        }
    }

    /// Every position, for whoever looks for an id like another.
    pub(super) fn iter(&self) -> impl Iterator<Item = EntityIx> + '_ {
        self.shards.iter().flat_map(|shard| shard.iter().copied())
    }
}
