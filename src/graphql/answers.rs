//! Answers that have been given before, for as long as the data are the same. What an answer follows
//! from is its key: the document, the operation, the variables and the version of the data; so
//! nothing ever has to be thrown out but for room.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::Request;
use crate::graph::{DataVersion, Graph};

/// What an answer follows from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    version: DataVersion,
    query: String,
    operation_name: Option<String>,
    /// As JSON: variables and extensions.
    given: [String; 2],
    read_only: bool,
    as_of: Option<String>,
    /// Of the ledger: histories and proposals are more than the newest graph.
    revision: u64,
}

impl Key {
    pub(super) fn of(request: &Request, graph: &Graph, revision: u64) -> Key {
        Key {
            version: graph.version(),
            query: request.query.clone(),
            operation_name: request.operation_name.clone(),
            given: [&request.variables, &request.extensions]
                .map(|map| serde_json::to_string(map).unwrap_or_default()),
            read_only: request.read_only,
            as_of: request.as_of.clone(),
            revision,
        }
    }

    fn bytes(&self) -> usize {
        self.query.len() + self.given.iter().map(String::len).sum::<usize>()
    }
}

/// Answers without errors, bounded by their bytes and those of their questions.
pub(super) struct Answers(Option<Cache<Key, Arc<Vec<u8>>, Bytes>>);

#[derive(Clone)]
struct Bytes;

impl Weighter<Key, Arc<Vec<u8>>> for Bytes {
    fn weight(&self, key: &Key, body: &Arc<Vec<u8>>) -> u64 {
        (key.bytes() + body.len()).max(1) as u64
    }
}

/// Bytes that an answer is thought to have, to size the table.
const USUAL_BYTES: usize = 4 << 10;

impl Answers {
    /// Room for so many bytes; for none, every request is executed.
    pub(super) fn new(bytes: usize) -> Answers {
        Answers((bytes > 0).then(|| Cache::with_weighter(bytes / USUAL_BYTES + 1, bytes as u64, Bytes)))
    }

    /// The key of a request, where answers are kept at all.
    pub(super) fn key(&self, request: &Request, graph: &Graph, revision: u64) -> Option<Key> {
        self.0.as_ref().map(|_| Key::of(request, graph, revision))
    }

    pub(super) fn get(&self, key: &Key) -> Option<Vec<u8>> {
        Some(self.0.as_ref()?.get(key)?.to_vec())
    }

    pub(super) fn keep(&self, key: Key, body: &[u8]) {
        if let Some(cache) = &self.0 {
            cache.insert(key, Arc::new(body.to_vec()));
        }
    }
}
