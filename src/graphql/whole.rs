//! What is computed over a whole graph, once for each, when first asked for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::error::{Code, GraphqlError};
use crate::graph::{EntityIx, Graph};
use crate::query::quality::SourceGroups;
use crate::query::related::{centrality, communities};
use crate::query::search::SearchIndex;
use crate::query::{Budget, Exhausted};

/// Of the graph that was asked last.
#[derive(Debug)]
pub struct Kept {
    last: Mutex<Option<(Weak<Graph>, Arc<Whole>)>>,
    index_at_once: usize,
    /// Whether a thread builds an index: of however many graphs, one at a time.
    building: Arc<AtomicBool>,
}

/// Of one graph.
#[derive(Debug)]
pub struct Whole {
    search: OnceLock<SearchIndex>,
    index_at_once: usize,
    building: Arc<AtomicBool>,
    sources: OnceLock<SourceGroups>,
    ranks: OnceLock<Ranks>,
    communities: OnceLock<Communities>,
}

/// How central each entity is.
#[derive(Debug)]
pub struct Ranks {
    /// By position: the rank, and how many rank before it, and one.
    pub of: Vec<(f64, usize)>,
}

/// Which entities hang together.
#[derive(Debug)]
pub struct Communities {
    /// The largest first.
    pub all: Vec<Vec<EntityIx>>,
    /// By position, the place among these.
    pub of: Vec<usize>,
}

/// Held by the thread that builds, and given back however it ends.
struct Building(Arc<AtomicBool>);

impl Drop for Building {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Kept {
    /// Nothing yet. `index_at_once` entities' words are indexed while the first to ask waits.
    pub fn new(index_at_once: usize) -> Kept {
        Kept { last: Mutex::default(), index_at_once, building: Arc::default() }
    }

    /// What there is of a graph.
    pub fn of(&self, graph: &Arc<Graph>) -> Arc<Whole> {
        let mut kept = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            // The allocation lives as long as the weak pointer: no other graph can have its address.
            Some((of, whole)) if of.as_ptr() == Arc::as_ptr(graph) => whole.clone(),
            _ => {
                let whole = Arc::new(Whole {
                    search: OnceLock::new(),
                    index_at_once: self.index_at_once,
                    building: self.building.clone(),
                    sources: OnceLock::new(),
                    ranks: OnceLock::new(),
                    communities: OnceLock::new(),
                });
                *kept = Some((Arc::downgrade(graph), whole.clone()));
                whole
            }
        }
    }
}

impl Whole {
    /// The words. Built at the first call, linear in all text; where that takes longer than a request
    /// may, on a thread of its own.
    ///
    /// # Errors
    /// While that thread is at it.
    pub fn search(self: &Arc<Self>, graph: &Arc<Graph>) -> Result<&SearchIndex, Box<GraphqlError>> {
        if let Some(index) = self.search.get() {
            return Ok(index);
        }
        if graph.entity_count() <= self.index_at_once {
            return Ok(self.search.get_or_init(|| SearchIndex::build(graph)));
        }
        if !self.building.swap(true, Ordering::AcqRel) {
            let (whole, graph, building) = (self.clone(), graph.clone(), Building(self.building.clone()));
            let build = move || {
                let _held = building;
                whole.search.get_or_init(|| SearchIndex::build(&graph));
            };
            // Where no thread is to be had now, whoever asks next tries again.
            drop(std::thread::Builder::new().name("index".to_owned()).spawn(build));
        }
        let message = "the index of words is being built, for the first time since the data were loaded; ask again in a while";
        Err(GraphqlError::new(Code::Overloaded, message).into())
    }

    /// Which sources depend on each other.
    ///
    /// # Errors
    /// When the budget does not suffice; so below.
    pub fn sources(&self, graph: &Graph, budget: &Budget) -> Result<&SourceGroups, Exhausted> {
        kept(&self.sources, || SourceGroups::new(graph, budget))
    }

    /// How central each entity is.
    pub fn ranks(&self, graph: &Graph, budget: &Budget) -> Result<&Ranks, Exhausted> {
        kept(&self.ranks, || {
            let mut of = vec![(0.0, 0); graph.entity_count()];
            for (before, (ix, rank)) in centrality(graph, None, budget)?.into_iter().enumerate() {
                of[ix.0 as usize] = (rank, before + 1);
            }
            Ok(Ranks { of })
        })
    }

    /// Which entities hang together.
    pub fn communities(&self, graph: &Graph, budget: &Budget) -> Result<&Communities, Exhausted> {
        kept(&self.communities, || {
            let all = communities(graph, budget)?;
            let mut of = vec![0; graph.entity_count()];
            for (at, members) in all.iter().enumerate() {
                members.iter().for_each(|ix| of[ix.0 as usize] = at);
            }
            Ok(Communities { all, of })
        })
    }
}

/// What is kept, made if it is not there. Who asks at the same time may make it too; one is kept.
fn kept<T>(slot: &OnceLock<T>, make: impl FnOnce() -> Result<T, Exhausted>) -> Result<&T, Exhausted> {
    match slot.get() {
        Some(kept) => Ok(kept),
        None => {
            let made = make()?;
            Ok(slot.get_or_init(|| made))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_index_is_built_beside_the_requests_that_want_it() {
        let graph = crate::app::load(&crate::app::Origin::default()).expect("the seed is sound");
        let (graph, kept) = (Arc::new(graph), Kept::new(0));
        let whole = kept.of(&graph);
        let refused = whole.search(&graph).expect_err("it is not there yet");
        assert_eq!(refused.code, Code::Overloaded);
        assert_eq!(whole.search.wait().version(), graph.version());
        assert!(kept.of(&graph).search(&graph).is_ok());
        let other = Arc::new(Graph::empty(graph.ontology().clone()));
        assert!(!Arc::ptr_eq(&kept.of(&other), &whole), "another graph has its own");
    }
}
