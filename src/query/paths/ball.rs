//! What lies around the starts and the ends, and between them.

use std::collections::VecDeque;
use std::ops::Range;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::super::{Budget, Exhausted};
use super::Hop;
use super::rules::{Rules, Side};
use crate::graph::{EntityIx, Graph, LinkIx, Linked};
use crate::ontology::Direction;

/// Everything within a radius of the starts, or of the ends, and every link that was looked at.
pub(super) struct Ball {
    side: Side,
    pub(super) radius: usize,
    pub(super) reached: HashMap<EntityIx, Reached>,
    pub(super) edges: Vec<Edge>,
    /// What is reached and to be looked at next.
    pub(super) frontier: Vec<EntityIx>,
    /// How many links the frontier has.
    pub(super) weight: usize,
}

/// An entity in a ball.
pub(super) struct Reached {
    /// How far out.
    depth: usize,
    /// Whether a path that comes this way does not go on.
    pub(super) stop: bool,
    /// The last edge that leads here, or none.
    last: usize,
    /// The edges that lead on; none yet in the frontier, none ever at a stop.
    pub(super) on: Option<Range<usize>>,
}

/// A link that a ball has recorded, from its inner end to its outer.
pub(super) struct Edge {
    inner: EntityIx,
    pub(super) outer: EntityIx,
    pub(super) link: LinkIx,
    direction: Direction,
    /// The edge to the same outer end that was recorded before.
    before: usize,
}

impl Edge {
    /// The hop along it that leads there.
    fn hop(&self, to: EntityIx) -> Hop {
        Hop { link: self.link, to, direction: self.direction }
    }
}

/// No edge.
const NONE: usize = usize::MAX;
/// How many entities are brought near the processor at once.
const BATCH: usize = 32;

impl Ball {
    pub(super) fn new(side: Side, center: impl Iterator<Item = EntityIx>, graph: &Graph) -> Ball {
        let mut ball = Ball {
            side,
            radius: 0,
            reached: HashMap::new(),
            edges: Vec::new(),
            frontier: center.collect(),
            weight: 0,
        };
        for ix in &ball.frontier {
            ball.reached.insert(*ix, Reached { depth: 0, stop: false, last: NONE, on: None });
            ball.weight += degree(graph, *ix);
        }
        ball
    }

    /// Looks at the frontier; what is reached by it is the next. Tells what it has in common with
    /// the other ball and had not before.
    pub(super) fn grow(
        &mut self,
        rules: &Rules<'_>,
        budget: &Budget,
        other: &Ball,
    ) -> Result<Vec<EntityIx>, Exhausted> {
        let mut next = Vec::new();
        self.radius += 1;
        for batch in std::mem::take(&mut self.frontier).chunks(BATCH) {
            rules.graph.touch(batch.iter().copied());
            for at in batch {
                let first = self.edges.len();
                rules.links(*at, self.side, budget, |linked, direction| {
                    let (edge, depth) = (self.edges.len(), self.radius);
                    let before = match self.reached.entry(linked.to) {
                        Entry::Occupied(mut there) => std::mem::replace(&mut there.get_mut().last, edge),
                        Entry::Vacant(free) => {
                            free.insert(Reached { depth, stop: false, last: edge, on: None });
                            next.push(linked.to);
                            NONE
                        }
                    };
                    let Linked { link, to: outer } = linked;
                    self.edges.push(Edge { inner: *at, outer, link, direction, before });
                })?;
                if let Some(at) = self.reached.get_mut(at) {
                    at.on = Some(first..self.edges.len());
                }
            }
        }
        self.weight = 0;
        let mut common = Vec::new();
        for batch in next.chunks(BATCH) {
            rules.graph.touch(batch.iter().copied());
            for ix in batch {
                let stop = !rules.passes(*ix);
                if stop {
                    self.reached.entry(*ix).and_modify(|reached| reached.stop = true);
                } else {
                    self.frontier.push(*ix);
                    self.weight += degree(rules.graph, *ix);
                }
                if other.depth(*ix).is_some_and(|depth| depth == 0 || !stop) {
                    common.push(*ix);
                }
            }
        }
        Ok(common)
    }

    fn depth(&self, ix: EntityIx) -> Option<usize> {
        self.reached.get(&ix).map(|reached| reached.depth)
    }

    /// The edges that lead to an entity from within.
    fn edges_to(&self, ix: EntityIx) -> impl Iterator<Item = &Edge> {
        let last = self.reached.get(&ix).and_then(|reached| self.edges.get(reached.last));
        std::iter::successors(last, |edge| self.edges.get(edge.before))
    }
}

fn degree(graph: &Graph, ix: EntityIx) -> usize {
    [Direction::Forward, Direction::Inverse].map(|direction| graph.links_of(ix, direction).len()).iter().sum()
}

/// The links on walks of so many hops at most, and how far it is from them at least.
#[derive(Default)]
pub(super) struct Core {
    /// From each entity, in the order of [`Hop`].
    pub(super) hops: HashMap<EntityIx, Vec<Hop>>,
    from_start: HashMap<EntityIx, usize>,
    pub(super) to_end: HashMap<EntityIx, usize>,
}

impl Core {
    /// The core of so many hops between two balls that hold them, with what they have in common. An entity halfway along such a walk is in both balls; from there
    /// the recorded edges lead back to the starts and on to the ends, and the distance that one
    /// ball does not know is counted on the way.
    pub(super) fn between(
        [start, end]: [&Ball; 2],
        common: &[EntityIx],
        limit: usize,
        via: &[EntityIx],
        budget: &Budget,
    ) -> Result<Core, Exhausted> {
        let mut core = Core::default();
        let mut layers = [Side::Start, Side::End].map(|_| vec![Vec::new(); limit + 1]);
        for ix in common {
            let (Some(before), Some(after)) = (start.depth(*ix), end.depth(*ix)) else { continue };
            if before + after <= limit {
                core.from_start.insert(*ix, before);
                core.to_end.insert(*ix, after);
                layers[0][after].push(*ix);
                layers[1][before].push(*ix);
            }
        }
        let [mut toward, mut onward] = layers;
        for far in 0..limit {
            for to in std::mem::take(&mut toward[far]) {
                for edge in start.edges_to(to) {
                    budget.spend(1)?;
                    let Some(before) = start.depth(edge.inner).filter(|d| d + 1 + far <= limit) else {
                        continue;
                    };
                    core.from_start.insert(edge.inner, before);
                    core.hops.entry(edge.inner).or_default().push(edge.hop(to));
                    if let Entry::Vacant(free) = core.to_end.entry(edge.inner) {
                        free.insert(far + 1);
                        toward[far + 1].push(edge.inner);
                    }
                }
            }
            for from in std::mem::take(&mut onward[far]) {
                for edge in end.edges_to(from) {
                    budget.spend(1)?;
                    let Some(after) = end.depth(edge.inner).filter(|d| d + 1 + far <= limit) else {
                        continue;
                    };
                    core.to_end.insert(edge.inner, after);
                    core.hops.entry(from).or_default().push(edge.hop(edge.inner));
                    if let Entry::Vacant(free) = core.from_start.entry(edge.inner) {
                        free.insert(far + 1);
                        onward[far + 1].push(edge.inner);
                    }
                }
            }
        }
        for hops in core.hops.values_mut() {
            hops.sort_unstable();
            hops.dedup();
        }
        if !via.is_empty() {
            budget.spend(core.hops.len() as u64)?;
            core.narrow(via, limit);
        }
        Ok(core)
    }

    pub(super) fn from(&self, ix: EntityIx) -> &[Hop] {
        self.hops.get(&ix).map_or(&[], Vec::as_slice)
    }

    /// Keeps the hops that lie on a walk of so many hops through each of these.
    fn narrow(&mut self, via: &[EntityIx], limit: usize) {
        for through in via {
            let (Some(start), Some(end)) = (self.from_start.get(through), self.to_end.get(through)) else {
                self.hops.clear();
                return;
            };
            let mut against: HashMap<EntityIx, Vec<EntityIx>> = HashMap::new();
            for (from, hops) in &self.hops {
                hops.iter().for_each(|hop| against.entry(hop.to).or_default().push(*from));
            }
            let before = distances(*through, |ix| against.get(&ix).into_iter().flatten().copied());
            let after = distances(*through, |ix| self.from(ix).iter().map(|hop| hop.to));
            let within = |parts: [Option<&usize>; 3]| {
                parts.into_iter().try_fold(1, |sum, part| Some(sum + *part?)).is_some_and(|sum| sum <= limit)
            };
            self.hops.retain(|from, hops| {
                hops.retain(|hop| {
                    within([self.from_start.get(from), before.get(&hop.to), Some(end)])
                        || within([Some(start), after.get(from), self.to_end.get(&hop.to)])
                });
                !hops.is_empty()
            });
        }
    }
}

/// How far it is from one entity to all others.
fn distances<I: Iterator<Item = EntityIx>>(
    from: EntityIx,
    next: impl Fn(EntityIx) -> I,
) -> HashMap<EntityIx, usize> {
    let mut found = HashMap::from([(from, 0)]);
    let mut queue = VecDeque::from([(from, 0)]);
    while let Some((ix, distance)) = queue.pop_front() {
        for to in next(ix) {
            if let Entry::Vacant(free) = found.entry(to) {
                free.insert(distance + 1);
                queue.push_back((to, distance + 1));
            }
        }
    }
    found
}
