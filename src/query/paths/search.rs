//! The paths in order, by parting those that are still to be found.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use super::super::grade::Grade;
use super::super::{Budget, Exhausted};
use super::ball::{Ball, Core, Reached};
use super::rules::{Rules, Side};
use super::{Hop, Path};
use crate::graph::{EntityIx, LinkIx};

/// The paths that begin with these hops, go on, and do not take one of these links next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Subspace {
    start: EntityIx,
    hops: Vec<Hop>,
    taken: Vec<LinkIx>,
}

impl Subspace {
    /// Where the paths part.
    fn spur(&self) -> EntityIx {
        self.hops.last().map_or(self.start, |hop| hop.to)
    }
    /// What they have entered before they part, and the spur.
    fn entered(&self) -> impl Iterator<Item = EntityIx> + '_ {
        std::iter::once(self.start).chain(self.hops.iter().map(|hop| hop.to))
    }
    /// Whether they may take a link there.
    fn may_take(&self, from: EntityIx, link: LinkIx) -> bool {
        from != self.spur() || !self.taken.contains(&link)
    }
}

/// The best path of a subspace. The first is the best of all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    length: usize,
    grade: Reverse<Grade>,
    start: EntityIx,
    hops: Vec<Hop>,
    of: Subspace,
}

impl Candidate {
    /// What is left of its subspace without it: the path itself, gone on with, comes last.
    fn split(&self) -> impl Iterator<Item = Subspace> + '_ {
        (self.of.hops.len()..=self.length).map(|kept| {
            let mut taken = if kept == self.of.hops.len() { self.of.taken.clone() } else { Vec::new() };
            taken.extend(self.hops.get(kept).map(|hop| hop.link));
            Subspace { start: self.start, hops: self.hops[..kept].to_vec(), taken }
        })
    }
}

/// A search under one set of rules.
pub(super) struct Search<'a> {
    rules: &'a Rules<'a>,
    budget: &'a Budget,
    start: Ball,
    end: Ball,
    /// What both balls have reached, as far as a path may go through it.
    common: Vec<EntityIx>,
}

impl<'a> Search<'a> {
    pub(super) fn new(rules: &'a Rules<'a>, budget: &'a Budget) -> Search<'a> {
        let (starts, ends) = (rules.starts.iter().copied(), rules.ends.iter().copied());
        Search {
            rules,
            budget,
            start: Ball::new(Side::Start, starts.clone(), rules.graph),
            end: Ball::new(Side::End, ends, rules.graph),
            common: starts.filter(|ix| rules.ends_at(*ix)).collect(),
        }
    }

    /// Adds the shortest paths of a grade that is wanted, until there are as many as are asked for.
    /// Tells whether there may be others.
    pub(super) fn run(
        mut self,
        found: &mut Vec<Path>,
        wanted: impl Fn(Grade) -> bool,
    ) -> Result<bool, Exhausted> {
        let Rules { request, starts, .. } = self.rules;
        let open = |start: &EntityIx| Subspace { start: *start, hops: Vec::new(), taken: Vec::new() };
        let mut waiting: Vec<Subspace> = starts.iter().map(open).collect();
        for limit in 1..=request.max_hops {
            self.drop_sealed(&mut waiting)?;
            if waiting.is_empty() {
                break;
            }
            self.cover(limit)?;
            let core =
                Core::between([&self.start, &self.end], &self.common, limit, request.via, self.budget)?;
            if core.hops.is_empty() {
                continue;
            }
            let mut heap = BinaryHeap::new();
            let mut open = std::mem::take(&mut waiting);
            loop {
                for subspace in open.drain(..) {
                    match self.best(&core, &subspace, limit)? {
                        Some((hops, grade)) => heap.push(Reverse(Candidate {
                            length: hops.len(),
                            grade: Reverse(grade),
                            start: subspace.start,
                            hops,
                            of: subspace,
                        })),
                        None => waiting.push(subspace),
                    }
                }
                if found.len() == request.k {
                    if !heap.is_empty() || limit == request.max_hops {
                        return Ok(!heap.is_empty());
                    }
                    self.drop_sealed(&mut waiting)?;
                    return Ok(!waiting.is_empty());
                }
                let Some(Reverse(first)) = heap.pop() else { break };
                open.extend(first.split());
                let path = Path { start: first.start, hops: first.hops, grade: first.grade.0 };
                if !self.rules.passes(path.end()) {
                    open.pop();
                }
                if wanted(path.grade) && request.via.iter().all(|ix| path.enters(*ix)) {
                    found.push(path);
                }
            }
        }
        Ok(false)
    }

    /// Lets the balls grow until they hold every path of so many hops. A ball that has nothing
    /// more to look at holds all paths there are.
    fn cover(&mut self, limit: usize) -> Result<(), Exhausted> {
        let Search { rules, budget, start, end, common } = self;
        while start.radius + end.radius < limit && !start.frontier.is_empty() && !end.frontier.is_empty() {
            let (ball, other) =
                if start.weight <= end.weight { (&mut *start, &*end) } else { (&mut *end, &*start) };
            common.extend(ball.grow(rules, budget, other)?);
        }
        Ok(())
    }

    /// The best path of a subspace that has so many hops at most, and its grade.
    fn best(
        &self,
        core: &Core,
        subspace: &Subspace,
        limit: usize,
    ) -> Result<Option<(Vec<Hop>, Grade)>, Exhausted> {
        let Rules { graph, request, .. } = *self.rules;
        let (spur, Some(room)) = (subspace.spur(), limit.checked_sub(subspace.hops.len())) else {
            return Ok(None);
        };
        // Layer by layer up to the first with an end; all of them where `via` is still ahead.
        let mut depths: HashMap<EntityIx, usize> = subspace.entered().map(|ix| (ix, usize::MAX)).collect();
        let ahead: Vec<_> = request.via.iter().filter(|ix| !depths.contains_key(*ix)).collect();
        depths.insert(spur, 0);
        let mut layers = vec![vec![spur]];
        let mut length = None;
        for depth in 1..=room {
            let mut layer = Vec::new();
            for from in &layers[depth - 1] {
                if depth > 1 && !self.rules.passes(*from) {
                    continue;
                }
                self.budget.spend(1 + core.from(*from).len() as u64)?;
                for hop in core.from(*from).iter().filter(|hop| subspace.may_take(*from, hop.link)) {
                    let left = core.to_end.get(&hop.to).is_some_and(|left| depth + left <= room);
                    if let (true, Entry::Vacant(free)) = (left, depths.entry(hop.to)) {
                        free.insert(depth);
                        layer.push(hop.to);
                    }
                }
            }
            if length.is_none() && layer.iter().any(|ix| self.rules.ends_at(*ix)) {
                length = Some(depth);
            }
            if layer.is_empty() || length.is_some() && ahead.is_empty() {
                layers.push(layer);
                break;
            }
            layers.push(layer);
        }
        let reaches = |ix: &EntityIx| match (depths.get(ix), core.to_end.get(ix)) {
            (Some(depth), Some(left)) => depth + left <= room,
            _ => false,
        };
        let Some(length) = length.filter(|_| ahead.into_iter().all(reaches)) else { return Ok(None) };
        // From the ends back: the best grade that a path can still have from each entity.
        let grade_of = |hop: &Hop| Grade::of_link(graph, hop.link);
        let kept = subspace.hops.iter().map(grade_of).min().unwrap_or(Grade::QuotedVerified);
        let mut grades: HashMap<EntityIx, Grade> =
            layers[length].iter().filter(|ix| self.rules.ends_at(**ix)).map(|ix| (*ix, kept)).collect();
        let onward = |from: EntityIx, depth: usize| {
            let depths = &depths;
            let hops = core.from(from).iter().filter(move |hop| subspace.may_take(from, hop.link));
            hops.filter(move |hop| depths.get(&hop.to) == Some(&(depth + 1)))
        };
        for (depth, layer) in layers[..length].iter().enumerate().rev() {
            for from in layer.iter().filter(|ix| depth == 0 || self.rules.passes(**ix)) {
                let via =
                    onward(*from, depth).filter_map(|hop| Some(grade_of(hop).min(*grades.get(&hop.to)?)));
                if let Some(grade) = via.max() {
                    grades.insert(*from, grade);
                }
                self.budget.spend(core.from(*from).len() as u64)?;
            }
        }
        let Some(grade) = grades.get(&spur).copied() else { return Ok(None) };
        // And on again: the first path of that grade.
        let mut hops = subspace.hops.clone();
        let mut at = spur;
        for depth in 0..length {
            let good = |hop: &&Hop| grades.get(&hop.to) >= Some(&grade) && grade_of(hop) >= grade;
            let Some(hop) = onward(at, depth).find(good) else { return Ok(None) };
            hops.push(*hop);
            at = hop.to;
        }
        Ok(Some((hops, grade)))
    }

    /// Drops the subspaces that have no path, as far as the balls know.
    fn drop_sealed(&self, waiting: &mut Vec<Subspace>) -> Result<(), Exhausted> {
        let mut open = Vec::with_capacity(waiting.len());
        for subspace in waiting.drain(..) {
            let room = subspace.hops.len() < self.rules.request.max_hops;
            if room && self.leads_out(&subspace, Side::Start)? && self.leads_out(&subspace, Side::End)? {
                open.push(subspace);
            }
        }
        *waiting = open;
        Ok(())
    }

    /// Whether, past what the paths of a subspace have entered already, one gets from one side to
    /// the other or to the edge of what that side's ball knows. The way there is mostly short.
    fn leads_out(&self, subspace: &Subspace, side: Side) -> Result<bool, Exhausted> {
        let spur = subspace.spur();
        let mut seen: HashSet<EntityIx> = subspace.entered().collect();
        let (ball, mut open) = match side {
            Side::Start => (&self.start, vec![spur]),
            Side::End => (&self.end, self.rules.ends.iter().copied().filter(|ix| seen.insert(*ix)).collect()),
        };
        while let Some(at) = open.pop() {
            self.budget.spend(1)?;
            let edges = match ball.reached.get(&at) {
                Some(Reached { on: Some(on), .. }) => &ball.edges[on.clone()],
                Some(Reached { stop: true, .. }) => continue,
                _ => return Ok(true),
            };
            for edge in edges {
                self.budget.spend(1)?;
                let arrives = match side {
                    Side::Start if !subspace.may_take(at, edge.link) => continue,
                    Side::Start => self.rules.ends_at(edge.outer) && !seen.contains(&edge.outer),
                    Side::End => edge.outer == spur && subspace.may_take(spur, edge.link),
                };
                if arrives {
                    return Ok(true);
                }
                if seen.insert(edge.outer) {
                    open.push(edge.outer);
                }
            }
        }
        Ok(false)
    }
}
