//! Paths between entities: the k best that enter none twice, shortest or best evidenced first.
//!
//! Two balls grow in turn, from the starts along the links and from the ends against them, always
//! the one whose next layer has fewer links (I. Pohl, *Bi-directional search*, 1971). Once their
//! radii add up to L, every path of up to L hops runs along links that one of them has recorded;
//! those that lie on a walk of L hops at most are the core of L, small beside the balls.
//!
//! Within it, paths are told apart as by J. Y. Yen (*Finding the K shortest loopless paths*, 1971)
//! and E. L. Lawler (1972): the paths still to be found are parted into subspaces, each of one
//! beginning and with first links it may not take, and the best path of a subspace splits what is
//! left of it. As in L. Chang et al. (*Efficiently computing top-k shortest path join*, 2015), a
//! subspace without a path of L hops waits for L + 1; one that cannot reach an end is dropped
//! before the balls grow for it.

mod ball;
#[cfg(test)]
mod model_test;
mod rules;
mod search;

use super::filter::LinkFilter;
use super::grade::Grade;
use super::{Budget, Exhausted};
use crate::graph::{EntityIx, Graph, LinkIx};
use crate::ontology::{Direction, RelationIx};
use rules::Rules;
use search::Search;

/// Which way links may be followed. A symmetric relation reads alike from both ends: where one of
/// its directions is followed, both are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Traversal {
    /// Either way.
    Any,
    /// From subject to object only.
    Forward,
    /// Where support flows to, along relations that carry it; others not at all.
    Downstream,
    /// Where support comes from, likewise.
    Upstream,
}

impl Traversal {
    /// The words of the API.
    pub const ALL: [(Traversal, &str); 4] = [
        (Traversal::Any, "ANY"),
        (Traversal::Forward, "FORWARD"),
        (Traversal::Downstream, "DOWNSTREAM"),
        (Traversal::Upstream, "UPSTREAM"),
    ];
}

/// Which paths come first. Paths that are equal in both respects are ordered by the position of
/// their start and then of each link in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathOrder {
    /// Those of fewer hops; among them, those with the better weakest link.
    Shortest,
    /// Those with the better weakest link; among them, those of fewer hops.
    BestEvidenced,
}

impl PathOrder {
    /// The words of the API.
    pub const ALL: [(PathOrder, &str); 2] =
        [(PathOrder::Shortest, "SHORTEST"), (PathOrder::BestEvidenced, "BEST_EVIDENCED")];
}

/// Which paths are asked for. Positions are of the graph that is searched; naming one twice changes
/// nothing.
#[derive(Clone, Copy, Debug)]
pub struct PathRequest<'a> {
    /// A path begins at any of these.
    pub from: &'a [EntityIx],
    /// And ends at any of these, but not where it began. It may pass through others of either.
    pub to: &'a [EntityIx],
    /// It passes through all of these in any order, or begins or ends there.
    pub via: &'a [EntityIx],
    /// It enters none of these, nor begins or ends there.
    pub except: &'a [EntityIx],
    /// It follows these relations only, whatever their `throughHub`; if none, all whose
    /// `throughHub` is not false.
    pub relations: Option<&'a [RelationIx]>,
    /// It follows links this way only.
    pub direction: Traversal,
    /// It has so many hops at most.
    pub max_hops: usize,
    /// So many paths at most.
    pub k: usize,
    /// It follows links that pass only.
    pub links: Option<&'a LinkFilter>,
    /// Whether it passes through hubs and sources, and follows relations whose `throughHub` is
    /// false. If not, they may stand at its ends only, or where `via` names them.
    pub through_hubs: bool,
    /// Which come first.
    pub order: PathOrder,
}

/// One hop of a path. Ordered by link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hop {
    /// The link that is followed.
    pub link: LinkIx,
    /// Where it leads.
    pub to: EntityIx,
    /// Which way it is read; a link of a symmetric relation always forward.
    pub direction: Direction,
}

/// A path of at least one hop that enters no entity twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// Where it begins.
    pub start: EntityIx,
    /// The way, hop by hop.
    pub hops: Vec<Hop>,
    /// The grade of its weakest link.
    pub grade: Grade,
}

impl Path {
    /// Where it ends.
    pub fn end(&self) -> EntityIx {
        self.hops.last().map_or(self.start, |hop| hop.to)
    }
    /// Whether it begins there, passes through or ends there. Cost: linear in its hops.
    pub fn enters(&self, ix: EntityIx) -> bool {
        self.start == ix || self.hops.iter().any(|hop| hop.to == ix)
    }
}

/// The paths that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The best, in order; as many as were asked for, or all there are.
    pub paths: Vec<Path>,
    /// Whether there may be others. Where it is false there are none; it is always false where
    /// fewer were found than asked for.
    pub more: bool,
}

/// The `k` first paths in the order asked for.
///
/// Hubs (kinds that the ontology marks so), and sources, are not passed through, and their links
/// are not looked at unless they are an end and the search from the other end has more to look at.
///
/// # Errors
/// Where the budget is brief, or spent before the last path is found or known not to exist. Paths
/// found until then are not given, for others might come before them.
///
/// Cost: with n the links within about half the length of the longest path found, from both ends:
/// O(n) for the balls, and for each path of h hops h + 1 searches in the core. BestEvidenced
/// does this for each grade until there are enough, looking at the evidence of each link. With
/// `via`, paths that pass by are found too and thrown away where lengths alone do not rule
/// them out: the budget is what bounds their number.
pub fn paths(graph: &Graph, request: &PathRequest<'_>, budget: &Budget) -> Result<Paths, Exhausted> {
    budget.begin_walk()?;
    let mut found = Paths { paths: Vec::new(), more: request.k == 0 };
    if request.k == 0 || request.via.iter().any(|v| request.except.contains(v)) {
        return Ok(found);
    }
    match request.order {
        PathOrder::Shortest => {
            let rules = Rules::new(graph, request, Grade::Inferred);
            found.more = Search::new(&rules, budget).run(&mut found.paths, |_| true)?;
        }
        PathOrder::BestEvidenced => {
            for (floor, _) in Grade::ALL.into_iter().rev() {
                let rules = Rules::new(graph, request, floor);
                let more = Search::new(&rules, budget).run(&mut found.paths, |grade| grade == floor)?;
                if found.paths.len() == request.k {
                    found.more = more || floor > Grade::Inferred;
                    break;
                }
            }
        }
    }
    Ok(found)
}
