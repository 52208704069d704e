//! Trails: what an entity rests on and what came of it, as a graph of support ready to draw.

use std::collections::{HashMap, HashSet};

use crate::graph::{EntityIx, Graph, LinkIx, Linked};
use crate::ontology::RelationIx;
use crate::query::filter::LinkFilter;
use crate::query::flow::{Flows, is_stop, strong_components};
use crate::query::grade::Grade;
use crate::query::{Budget, Exhausted};

/// Which way a trail leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrailDirection {
    /// To what the entity rests on.
    Upstream,
    /// To what came of it.
    Downstream,
    /// Both: two walks, one each way; what only shares a cause or an outcome is not on it.
    Both,
}

impl TrailDirection {
    /// The words of the API.
    pub const ALL: [(TrailDirection, &str); 3] = [
        (TrailDirection::Upstream, "UPSTREAM"),
        (TrailDirection::Downstream, "DOWNSTREAM"),
        (TrailDirection::Both, "BOTH"),
    ];

    /// The word.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
    /// The direction of that word.
    pub fn parse(word: &str) -> Option<TrailDirection> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(direction, _)| *direction)
    }
}

/// Which trail.
#[derive(Clone, Copy, Debug)]
pub struct TrailRequest<'a> {
    /// Where it begins.
    pub of: EntityIx,
    /// Which way it leads.
    pub direction: TrailDirection,
    /// How many links it goes at most, each way.
    pub depth: u32,
    /// Only along these relations; those without flow are never followed, named or not.
    pub relations: Option<&'a [RelationIx]>,
    /// Only links that pass.
    pub links: Option<&'a LinkFilter>,
    /// How many nodes at most; the first is always there.
    pub limit: usize,
}

/// An entity on a trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailNode {
    /// Which.
    pub entity: EntityIx,
    /// The column of its kind.
    pub layer: Option<u8>,
    /// How many links from the beginning, by the shortest way; negative upstream. Where circles make
    /// it both, the nearer counts, and upstream where they are equal.
    pub distance: i32,
    /// Whether no link of those asked for brings it support, on the trail or off it.
    pub root: bool,
    /// Whether the trail ends here because too much hangs together through it, or it is a source.
    pub stop: bool,
}

/// A link on a trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailLink {
    /// Which.
    pub link: LinkIx,
    /// The end that support comes from.
    pub from_upstream: EntityIx,
    /// The end that is supported.
    pub to_downstream: EntityIx,
    /// How good its evidence is.
    pub grade: Grade,
    /// Whether it closes a circle: it lies on one and does not lead away from its beginning, from a
    /// smaller distance to a greater. Without these links a trail has no circles.
    pub back: bool,
}

/// How many entities right beside a trail are not on it. One that both reasons kept off counts under
/// the first; what lies beyond them is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrailOmitted {
    /// For there were enough nodes.
    pub by_limit: usize,
    /// For they are one link too far.
    pub by_depth: usize,
}

/// What an entity rests on and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// Once each: by layer (those without come last), then distance, then insertion.
    pub nodes: Vec<TrailNode>,
    /// Every link asked for between two nodes of which at least one is no stop, once each: by the
    /// place of its upper end among the nodes, then of its lower end, then insertion.
    pub links: Vec<TrailLink>,
    /// The least grade among the links; none where there are none.
    pub weakest: Option<Grade>,
    /// What is missing.
    pub omitted: TrailOmitted,
}

/// The trail of an entity: breadth first along the relations whose flow leads that way, level by
/// level, upstream before downstream, so that a limit leaves out what is farthest. Hubs and sources are
/// on it and end it, unless it begins there.
///
/// Circles in the data end where they close. Cost: the links of its nodes, one step each; memory
/// likewise.
///
/// # Errors
/// When the budget does not suffice.
pub fn trail(graph: &Graph, request: &TrailRequest<'_>, budget: &Budget) -> Result<Trail, Exhausted> {
    let flows = Flows::new(graph.ontology(), request.relations);
    let mut walk = Walk { graph, request, flows, budget, distance: HashMap::new(), order: Vec::new() };
    walk.distance.insert(request.of, 0);
    walk.order.push(request.of);
    let omitted = walk.run()?;
    let (links, roots) = walk.links()?;
    Ok(walk.lay_out(links, &roots, omitted))
}

/// The two ways to walk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Up,
    Down,
}

struct Walk<'a> {
    graph: &'a Graph,
    request: &'a TrailRequest<'a>,
    flows: Flows,
    budget: &'a Budget,
    /// Every node with its distance.
    distance: HashMap<EntityIx, i32>,
    /// The nodes as they were found.
    order: Vec<EntityIx>,
}

impl Walk<'_> {
    fn stops(&self, at: EntityIx) -> bool {
        at != self.request.of && is_stop(self.graph, at)
    }

    /// The links asked for that lead on from `at` on one side. Spends a step each, asked for or not.
    fn beyond(&self, at: EntityIx, side: Side) -> Result<Vec<Linked>, Exhausted> {
        let all: Vec<Linked> = match side {
            Side::Up => self.flows.upstream(self.graph, at).collect(),
            Side::Down => self.flows.downstream(self.graph, at).collect(),
        };
        self.budget.spend(1 + all.len() as u64 * LinkFilter::price(self.request.links))?;
        let asked = |l: &Linked| LinkFilter::passes(self.request.links, self.graph, l.link);
        Ok(all.into_iter().filter(asked).collect())
    }

    /// Finds the nodes.
    fn run(&mut self) -> Result<TrailOmitted, Exhausted> {
        let sides: &[Side] = match self.request.direction {
            TrailDirection::Upstream => &[Side::Up],
            TrailDirection::Downstream => &[Side::Down],
            TrailDirection::Both => &[Side::Up, Side::Down],
        };
        let mut walks: Vec<(Side, HashSet<EntityIx>, Vec<EntityIx>)> = sides
            .iter()
            .map(|side| (*side, HashSet::from([self.request.of]), vec![self.request.of]))
            .collect();
        let (mut over, mut beyond) = (HashSet::new(), HashSet::new());
        let mut level = 0;
        while walks.iter().any(|(.., frontier)| !frontier.is_empty()) {
            for (side, seen, frontier) in &mut walks {
                for at in std::mem::take(frontier) {
                    if self.stops(at) {
                        continue;
                    }
                    for next in self.beyond(at, *side)? {
                        let known = self.distance.contains_key(&next.to);
                        if level == self.request.depth {
                            beyond.insert(next.to);
                        } else if !known && self.order.len() >= self.request.limit.max(1) {
                            over.insert(next.to);
                        } else if seen.insert(next.to) {
                            frontier.push(next.to);
                            if !known {
                                let far = i32::try_from(level).unwrap_or(i32::MAX).saturating_add(1);
                                self.distance.insert(next.to, if *side == Side::Up { -far } else { far });
                                self.order.push(next.to);
                            }
                        }
                    }
                }
            }
            level += 1;
        }
        let off = |at: &&EntityIx| !self.distance.contains_key(at);
        Ok(TrailOmitted {
            by_limit: over.iter().filter(off).count(),
            by_depth: beyond.iter().filter(off).filter(|at| !over.contains(*at)).count(),
        })
    }

    /// The links between the nodes, and which nodes nothing supports.
    fn links(&self) -> Result<(Vec<TrailLink>, HashSet<EntityIx>), Exhausted> {
        let (mut links, mut roots) = (Vec::new(), HashSet::new());
        let mut add = |link: LinkIx, from_upstream: EntityIx, to_downstream: EntityIx| {
            let grade = Grade::of_link(self.graph, link);
            links.push(TrailLink { link, from_upstream, to_downstream, grade, back: false });
        };
        let any_stop = self.order.iter().any(|at| self.stops(*at));
        for at in &self.order {
            // A link is met at its lower end, or at its upper one where trails stop at the lower.
            if self.stops(*at) {
                if !self.is_supported(*at)? {
                    roots.insert(*at);
                }
                continue;
            }
            let above = self.beyond(*at, Side::Up)?;
            if above.is_empty() {
                roots.insert(*at);
            }
            for l in above.iter().filter(|l| self.distance.contains_key(&l.to)) {
                add(l.link, l.to, *at);
            }
            let below = if any_stop { self.beyond(*at, Side::Down)? } else { Vec::new() };
            for l in below {
                if self.distance.contains_key(&l.to) && self.stops(l.to) {
                    add(l.link, *at, l.to);
                }
            }
        }
        Ok((links, roots))
    }

    /// Whether a link asked for brings it support; looks no further than the first.
    fn is_supported(&self, at: EntityIx) -> Result<bool, Exhausted> {
        for l in self.flows.upstream(self.graph, at) {
            self.budget.spend(LinkFilter::price(self.request.links))?;
            if LinkFilter::passes(self.request.links, self.graph, l.link) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn lay_out(self, mut links: Vec<TrailLink>, roots: &HashSet<EntityIx>, omitted: TrailOmitted) -> Trail {
        let node = |entity: &EntityIx| TrailNode {
            entity: *entity,
            layer: self.graph.ontology().kind(self.graph.entity(*entity).kind()).layer,
            distance: self.distance.get(entity).copied().unwrap_or_default(),
            root: roots.contains(entity),
            stop: self.stops(*entity),
        };
        let mut nodes: Vec<TrailNode> = self.order.iter().map(node).collect();
        nodes.sort_by_key(|n| (n.layer.is_none(), n.layer, n.distance, n.entity));
        let place: HashMap<EntityIx, usize> =
            nodes.iter().enumerate().map(|(at, n)| (n.entity, at)).collect();
        let ends = |l: &TrailLink| (place[&l.from_upstream], place[&l.to_downstream]);
        links.sort_by_key(|l| (ends(l), l.link));
        let edges: Vec<(usize, usize)> = links.iter().map(ends).collect();
        let component = strong_components(nodes.len(), &edges);
        for (link, (from, to)) in links.iter_mut().zip(edges) {
            link.back = component[from] == component[to] && nodes[from].distance >= nodes[to].distance;
        }
        let weakest = links.iter().map(|l| l.grade).min();
        Trail { nodes, links, weakest, omitted }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::graph::Basis;
    use crate::query::random_graphs::{carries, graph_of, graphs, relation};

    fn ample() -> Budget {
        Budget::new(1_000_000)
    }

    fn request(of: EntityIx, direction: TrailDirection) -> TrailRequest<'static> {
        TrailRequest { of, direction, depth: 100, relations: None, links: None, limit: 1000 }
    }

    /// The links asked for, each from whom to whom, found by looking at every link.
    fn asked(graph: &Graph, request: &TrailRequest<'_>) -> Vec<(LinkIx, EntityIx, EntityIx)> {
        let wanted = |ix: &LinkIx| {
            request.relations.is_none_or(|all| all.contains(&graph.link(*ix).relation()))
                && LinkFilter::passes(request.links, graph, *ix)
        };
        let links = graph.links().filter(wanted);
        links.filter_map(|ix| carries(graph, ix).map(|(from, to)| (ix, from, to))).collect()
    }

    /// The shortest distances on one side, by trying every link until nothing changes.
    fn distances(
        graph: &Graph,
        request: &TrailRequest<'_>,
        links: &[(LinkIx, EntityIx, EntityIx)],
        up: bool,
    ) -> HashMap<EntityIx, i32> {
        let mut far = HashMap::from([(request.of, 0)]);
        for round in 0..request.depth.min(20) as i32 {
            for (_, from, to) in links {
                let (near, next) = if up { (to, from) } else { (from, to) };
                let open = *near == request.of || !is_stop(graph, *near);
                if open && far.get(near) == Some(&round) {
                    far.entry(*next).or_insert(round + 1);
                }
            }
        }
        far
    }

    fn naive(graph: &Graph, request: &TrailRequest<'_>) -> (HashMap<EntityIx, i32>, usize) {
        let links = asked(graph, request);
        let (mut nodes, mut ends) = (HashMap::new(), BTreeSet::new());
        for up in [true, false] {
            let skipped = if up { TrailDirection::Downstream } else { TrailDirection::Upstream };
            if request.direction == skipped {
                continue;
            }
            let far = distances(graph, request, &links, up);
            for (_, from, to) in &links {
                let (near, next) = if up { (to, from) } else { (from, to) };
                if far.contains_key(near) && (*near == request.of || !is_stop(graph, *near)) {
                    ends.insert(*next);
                }
            }
            for (node, distance) in far {
                let kept = nodes.entry(node).or_insert(if up { -distance } else { distance });
                if distance < kept.abs() {
                    *kept = distance;
                }
            }
        }
        let beyond = ends.iter().filter(|end| !nodes.contains_key(end)).count();
        (nodes, beyond)
    }

    fn requests() -> impl Strategy<Value = (usize, TrailDirection, u32, u8, Option<Basis>, usize)> {
        let direction = (0..3usize).prop_map(|at| TrailDirection::ALL[at].0);
        let basis = prop::option::of((0..2usize).prop_map(|at| Basis::ALL[at].0));
        (0..12usize, direction, 0..5u32, 0..3u8, basis, 0..15usize)
    }

    proptest! {
        #[test]
        fn a_trail_is_what_trying_every_link_finds(
            case in graphs(), (of, direction, depth, only, basis, limit) in requests(),
        ) {
            let graph = &case.graph;
            let chosen = [relation("causes"), relation("lies")];
            let relations = (only == 0).then_some(&chosen[..]);
            let of = EntityIx((of % graph.entity_count()) as u32);
            let basis = basis.map(|basis| LinkFilter::Basis(vec![basis]));
            let links = basis.as_ref();
            let whole = TrailRequest { of, direction, depth, relations, links, limit: 1000 };
            let found = trail(graph, &whole, &ample()).unwrap();
            let (nodes, beyond) = naive(graph, &whole);
            let found_nodes: HashMap<_, _> = found.nodes.iter().map(|n| (n.entity, n.distance)).collect();
            prop_assert_eq!(found.nodes.len(), found_nodes.len());
            prop_assert_eq!(&found_nodes, &nodes);
            prop_assert_eq!(found.omitted, TrailOmitted { by_limit: 0, by_depth: beyond });
            prop_assert!(found.nodes.is_sorted_by_key(|n| (n.layer.unwrap_or(u8::MAX), n.distance, n.entity)));

            // Links, roots and the weakest, under a limit too.
            let limited = TrailRequest { limit, ..whole };
            let short = trail(graph, &limited, &ample()).unwrap();
            prop_assert_eq!(short.nodes.len(), limit.max(1).min(found.nodes.len()));
            let farthest = short.nodes.iter().map(|n| n.distance.abs()).max().unwrap_or(0);
            for node in &short.nodes {
                prop_assert_eq!(nodes.get(&node.entity), Some(&node.distance));
            }
            let nearer = nodes.values().filter(|d| d.abs() < farthest).count();
            prop_assert_eq!(short.nodes.iter().filter(|n| n.distance.abs() < farthest).count(), nearer);
            prop_assert_eq!(short.omitted.by_limit > 0, short.nodes.len() < found.nodes.len());
            for trail in [&found, &short] {
                let on = |at: EntityIx| trail.nodes.iter().find(|n| n.entity == at);
                let all = asked(graph, &whole);
                let mut expected: Vec<_> = all
                    .iter()
                    .filter(|(_, a, b)| matches!((on(*a), on(*b)), (Some(a), Some(b)) if !(a.stop && b.stop)))
                    .copied()
                    .collect();
                expected.sort();
                let mut links: Vec<_> =
                    trail.links.iter().map(|l| (l.link, l.from_upstream, l.to_downstream)).collect();
                links.sort();
                prop_assert_eq!(links, expected);
                for node in &trail.nodes {
                    prop_assert_eq!(node.root, all.iter().all(|(.., to)| *to != node.entity));
                    prop_assert_eq!(node.stop, node.entity != of && is_stop(graph, node.entity));
                }
                let grades = trail.links.iter().map(|l| Grade::of_link(graph, l.link));
                prop_assert_eq!(trail.weakest, grades.min());

                // Without the links that are flagged there is no circle; each flagged one is on one.
                let at = |e: EntityIx| e.0 as usize;
                let edges = |back: bool| -> Vec<(usize, usize)> {
                    let kept = trail.links.iter().filter(|l| back || !l.back);
                    kept.map(|l| (at(l.from_upstream), at(l.to_downstream))).collect()
                };
                let apart = strong_components(graph.entity_count(), &edges(false));
                prop_assert_eq!(apart.iter().collect::<BTreeSet<_>>().len(), graph.entity_count());
                let together = strong_components(graph.entity_count(), &edges(true));
                for l in trail.links.iter().filter(|l| l.back) {
                    prop_assert_eq!(together[at(l.from_upstream)], together[at(l.to_downstream)]);
                }
            }
        }

        #[test]
        fn a_small_budget_ends_it(case in graphs()) {
            let of = EntityIx((case.graph.entity_count() - 1) as u32);
            let whole = request(of, TrailDirection::Both);
            prop_assert_eq!(trail(&case.graph, &whole, &Budget::new(0)).err(), Some(Exhausted::Steps));
        }
    }

    #[test]
    fn a_circle_ends_where_it_closes() {
        let graph = graph_of(&["item/0 causes item/1", "item/1 causes item/2", "item/2 causes item/0"]);
        let of = graph.find("item/0").unwrap();
        let found = trail(&graph, &request(of, TrailDirection::Downstream), &ample()).unwrap();
        let distances: Vec<_> = found.nodes.iter().map(|n| (n.distance, n.root)).collect();
        assert_eq!(distances, [(0, false), (1, false), (2, false)]);
        let back: Vec<_> = found.links.iter().map(|l| l.back).collect();
        assert_eq!(back, [false, false, true]);
    }

    #[test]
    fn two_as_far_that_support_each_other_do_it_both_backwards() {
        let graph = graph_of(&[
            "item/0 causes item/1",
            "item/0 causes item/2",
            "item/1 causes item/2",
            "item/2 causes item/1",
        ]);
        let of = graph.find("item/0").unwrap();
        let found = trail(&graph, &request(of, TrailDirection::Downstream), &ample()).unwrap();
        let back: Vec<_> = found.links.iter().map(|l| (l.link.0, l.back)).collect();
        assert_eq!(back, [(0, false), (1, false), (2, true), (3, true)]);
    }

    #[test]
    fn hubs_and_sources_end_a_trail_that_does_not_begin_there() {
        let graph = graph_of(&[
            "item/0 restsOn text/1",
            "text/1 cites text/2",
            "crossing/1 causes item/0",
            "item/2 causes crossing/1",
        ]);
        let upstream = |id: &str| {
            let asked = request(graph.find(id).unwrap(), TrailDirection::Upstream);
            let found = trail(&graph, &asked, &ample()).unwrap();
            let names = found.nodes.iter().map(|n| (graph.entity(n.entity).id().to_owned(), n.stop, n.root));
            names.collect::<Vec<_>>()
        };
        let node = |id: &str, stop, root| (id.to_owned(), stop, root);
        let expected =
            [node("text/1", true, false), node("crossing/1", true, false), node("item/0", false, false)];
        assert_eq!(upstream("item/0"), expected);
        assert_eq!(upstream("text/1"), [node("text/2", true, true), node("text/1", false, false)]);
        assert_eq!(upstream("crossing/1"), [node("crossing/1", false, false), node("item/2", false, true)]);
    }

    #[test]
    fn the_seed_tells_what_an_initiative_rests_on() {
        let graph = crate::app::load(&crate::app::Origin::default()).expect("the seed is sound");
        let of = graph.find("initiative/ahem").unwrap();
        let found = trail(&graph, &request(of, TrailDirection::Upstream), &ample()).unwrap();
        let at = |id: &str| found.nodes.iter().find(|n| graph.entity(n.entity).id() == id).copied();
        let advice = at("recommendation/next-steps-in-equitable-care").unwrap();
        assert_eq!((advice.distance, advice.layer, advice.root), (-1, Some(3), false));
        assert_eq!(at("report/regional-and-maternal-health-access").unwrap().distance, -2);
        assert_eq!(at("review/maternity-services-2023").unwrap().distance, -3);
        assert!(found.nodes.iter().any(|n| n.root));
        assert_eq!(found.weakest, Some(Grade::Inferred));
    }
}
