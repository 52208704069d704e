//! What is computed over a whole graph, once for each, when first asked for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use super::error::{Code, GraphqlError};
use crate::graph::{EntityIx, Graph};
use crate::query::quality::SourceGroups;
use crate::query::related::{centrality, communities};
use crate::query::search::SearchIndex;
use crate::query::{Budget, Exhausted};

/// Entities whose words are indexed while the first to ask waits: some second's worth, well within a deadline.
const AT_ONCE: usize = 100_000;

/// Of the graph that was asked last.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Option<(Weak<Graph>, Arc<Whole>)>>);

/// Of one graph.
#[derive(Debug, Default)]
pub struct Whole {
    search: OnceLock<SearchIndex>,
    /// Whether a thread builds it.
    building: AtomicBool,
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

impl Kept {
    /// What there is of a graph.
    pub fn of(&self, graph: &Arc<Graph>) -> Arc<Whole> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            // The allocation lives as long as the weak pointer: no other graph can have its address.
            Some((of, whole)) if of.as_ptr() == Arc::as_ptr(graph) => whole.clone(),
            _ => {
                let whole = Arc::new(Whole::default());
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
        self.search_within(graph, AT_ONCE)
    }

    fn search_within(
        self: &Arc<Self>,
        graph: &Arc<Graph>,
        at_once: usize,
    ) -> Result<&SearchIndex, Box<GraphqlError>> {
        if let Some(index) = self.search.get() {
            return Ok(index);
        }
        if graph.entity_count() <= at_once {
            return Ok(self.search.get_or_init(|| SearchIndex::build(graph)));
        }
        if !self.building.swap(true, Ordering::AcqRel) {
            let (whole, graph) = (self.clone(), graph.clone());
            std::thread::spawn(move || drop(whole.search.set(SearchIndex::build(&graph))));
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
        let (graph, kept) = (Arc::new(graph), Kept::default());
        let whole = kept.of(&graph);
        let refused = whole.search_within(&graph, 0).expect_err("it is not there yet");
        assert_eq!(refused.code, Code::Overloaded);
        assert_eq!(whole.search.wait().version(), graph.version());
        assert!(kept.of(&graph).search_within(&graph, 0).is_ok());
        let other = Arc::new(Graph::empty(graph.ontology().clone()));
        assert!(!Arc::ptr_eq(&kept.of(&other), &whole), "another graph has its own");
    }
}
