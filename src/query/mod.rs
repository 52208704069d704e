//! Room 3: how to ask, with no protocol: filters, orders, groups, pages, words, what follows from the
//! graph as a whole (paths, trails, neighbourhoods, impact, comparisons, timelines), and the budget
//! they run under. Everything here reads one [`Graph`](crate::graph::Graph) and gives positions back.

pub mod compare;
pub mod filter;
pub mod flow;
pub mod grade;
pub mod group;
pub mod impact;
pub mod neighborhood;
pub mod order;
pub mod page;
pub mod paths;
pub mod quality;
#[cfg(test)]
mod random_graphs;
pub mod related;
pub mod search;
pub mod timeline;
pub mod trail;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How much one operation may do. Sizes and the deadline come from outside: this room has no
/// clock, it only looks at a flag that whoever holds the clock may set.
#[derive(Debug)]
pub struct Budget {
    left: AtomicU64,
    cancelled: Arc<AtomicBool>,
    brief: bool,
    exceeded: AtomicBool,
}

/// Why an operation was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exhausted {
    /// It took more steps than allowed.
    #[error("the operation looked at more of the graph than one operation may")]
    Steps,
    /// Whoever asked gave up, or the time ran out.
    #[error("the operation took longer than it may")]
    Cancelled,
}

impl Budget {
    /// A budget of so many steps; a step is one entity or link looked at.
    pub fn new(max_steps: u64) -> Budget {
        Budget {
            left: AtomicU64::new(max_steps),
            cancelled: Arc::new(AtomicBool::new(false)),
            brief: false,
            exceeded: AtomicBool::new(false),
        }
    }

    /// A budget for what is done at once or not at all: few steps, and none of the things whose
    /// length nobody knows before, such as filters over lists and indexes that are still to be built.
    pub fn brief(max_steps: u64) -> Budget {
        Budget { brief: true, ..Budget::new(max_steps) }
    }

    /// Begins something whose length nobody knows.
    ///
    /// # Errors
    /// Where the budget is brief.
    pub fn begin_walk(&self) -> Result<(), Exhausted> {
        if !self.brief {
            return Ok(());
        }
        self.exceeded.store(true, Ordering::Relaxed);
        Err(Exhausted::Steps)
    }

    /// Whether more was asked than there was.
    pub fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    /// The flag that stops the operation soon after it is set.
    pub fn cancel_handle(&self) -> Arc<AtomicBool> {
        self.cancelled.clone()
    }

    /// Whether the flag has been set.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Takes `steps`. An operation runs on one thread at a time: two that spent at once might
    /// lose a step between them, never gain a cancelled one.
    ///
    /// # Errors
    /// When there are not so many left, or the flag is set.
    pub fn spend(&self, steps: u64) -> Result<(), Exhausted> {
        if self.is_cancelled() {
            return Err(Exhausted::Cancelled);
        }
        match self.left.load(Ordering::Relaxed).checked_sub(steps) {
            Some(left) => {
                self.left.store(left, Ordering::Relaxed);
                Ok(())
            }
            None => {
                self.exceeded.store(true, Ordering::Relaxed);
                Err(Exhausted::Steps)
            }
        }
    }
}
