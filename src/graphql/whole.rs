//! What is computed over a whole graph, once for each, when first asked for.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use crate::graph::{EntityIx, Graph};
use crate::query::quality::SourceGroups;
use crate::query::related::{centrality, communities};
use crate::query::search::SearchIndex;
use crate::query::{Budget, Exhausted};

/// Of the graph that was asked last.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Option<(Weak<Graph>, Arc<Whole>)>>);

/// Of one graph.
#[derive(Debug, Default)]
pub struct Whole {
    search: OnceLock<SearchIndex>,
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
    /// The words. Built at the first call; linear in all text.
    pub fn search(&self, graph: &Graph) -> &SearchIndex {
        self.search.get_or_init(|| SearchIndex::build(graph))
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
