//! Neighbourhoods: what stands around some entities, few enough to draw.

use std::collections::{HashMap, HashSet};

use crate::graph::{EntityIx, Graph, LinkIx, Linked};
use crate::ontology::{Direction, KindIx, RelationIx};
use crate::query::filter::LinkFilter;
use crate::query::{Budget, Exhausted};

/// Which neighbourhood.
#[derive(Clone, Copy, Debug)]
pub struct NeighborhoodRequest<'a> {
    /// Around whom; these are always in it, whatever the limits, once each.
    pub of: &'a [EntityIx],
    /// How many links away at most.
    pub depth: u32,
    /// How many entities at most, those it is around among them.
    pub limit_nodes: usize,
    /// How many links of one relation, in one direction, are followed from one entity at most: the
    /// first that pass the other conditions.
    pub limit_per_relation: usize,
    /// Only along these relations.
    pub relations: Option<&'a [RelationIx]>,
    /// Only neighbours of these kinds.
    pub kinds: Option<&'a [KindIx]>,
    /// Only links that pass.
    pub links: Option<&'a LinkFilter>,
    /// Whether it goes on past hubs, and along relations that paths do not follow unasked.
    pub through_hubs: bool,
}

/// An entity of a neighbourhood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbor {
    /// Which.
    pub entity: EntityIx,
    /// How many of the links that were followed lead to it at least.
    pub distance: u32,
}

/// What is right beside a neighbourhood and not in it. An entity counts once, under the first reason
/// that holds for it; what lies beyond is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Omitted {
    /// Entities of kinds that were not asked for.
    pub by_kind: usize,
    /// Entities for which there was no room, in all or along one relation.
    pub by_limit: usize,
    /// Entities one link too far.
    pub by_depth: usize,
    /// Links that were not followed because they lead past a hub or along a relation that paths do not
    /// follow unasked, and are not drawn. Nobody looked at them: they are of any basis, to any kind, and
    /// some may end at one entity.
    pub by_hub: usize,
}

/// What stands around some entities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighborhood {
    /// Once each, as they were found: nearest first.
    pub nodes: Vec<Neighbor>,
    /// Every link between two of them along the relations asked for that passes, followed or
    /// not, once each, in insertion order.
    pub links: Vec<LinkIx>,
    /// What is missing.
    pub omitted: Omitted,
}

/// The neighbourhood of some entities: breadth first along links in both directions; within one
/// entity by relation in the order of the ontology, forward before inverse, then by insertion.
///
/// A hub is found and not looked past, and a relation whose `throughHub` is false leads nowhere but
/// from the entities asked about, unless `through_hubs` says otherwise, or `relations` names the
/// relation. A hub that is asked about is looked past.
///
/// Cost: a step for each link of its entities along the relations asked for. Lists that are not
/// followed cost one step, however long, unless links within the neighbourhood may be in them at both
/// ends; then the shorter side is looked through.
///
/// # Errors
/// When the budget does not suffice.
pub fn neighborhood(
    graph: &Graph,
    request: &NeighborhoodRequest<'_>,
    budget: &Budget,
) -> Result<Neighborhood, Exhausted> {
    let mut walk = Walk {
        graph,
        request,
        budget,
        nodes: Vec::new(),
        members: HashSet::new(),
        lists: Vec::new(),
        closed: Vec::new(),
        met: Vec::new(),
        missing: HashMap::new(),
    };
    for of in request.of {
        walk.add(*of, 0);
    }
    for ix in graph.ontology().relation_indexes() {
        if request.relations.is_none_or(|all| all.contains(&ix)) {
            walk.lists.extend(graph.ontology().relation(ix).directions().iter().map(|d| (ix, *d)));
        }
    }
    walk.run()
}

/// Why an entity is not there, in the order in which reasons count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Kind,
    Limit,
    Depth,
}

/// A list that is not followed.
struct Closed<'a> {
    relation: RelationIx,
    direction: Direction,
    links: &'a [Linked],
}

struct Walk<'a> {
    graph: &'a Graph,
    request: &'a NeighborhoodRequest<'a>,
    budget: &'a Budget,
    nodes: Vec<Neighbor>,
    members: HashSet<EntityIx>,
    /// What is looked along, in order.
    lists: Vec<(RelationIx, Direction)>,
    closed: Vec<Closed<'a>>,
    /// Links that were looked at and may turn out to lie within.
    met: Vec<Linked>,
    missing: HashMap<EntityIx, Reason>,
}

impl<'a> Walk<'a> {
    fn add(&mut self, entity: EntityIx, distance: u32) {
        if self.members.insert(entity) {
            self.nodes.push(Neighbor { entity, distance });
        }
    }

    /// Whether a list of a node may be followed at all.
    fn leads_on(&self, node: Neighbor, relation: RelationIx) -> bool {
        let ontology = self.graph.ontology();
        self.request.through_hubs
            || node.distance == 0
            || !ontology.kind(self.graph.entity(node.entity).kind()).hub
                && (ontology.relation(relation).through_hub || self.request.relations.is_some())
    }

    fn is_asked(&self, linked: &Linked) -> bool {
        LinkFilter::passes(self.request.links, self.graph, linked.link)
    }

    fn is_wanted(&self, entity: EntityIx) -> bool {
        self.members.contains(&entity)
            || self.request.kinds.is_none_or(|kinds| kinds.contains(&self.graph.entity(entity).kind()))
    }

    fn run(mut self) -> Result<Neighborhood, Exhausted> {
        let mut next = 0;
        // The nodes are a queue: whatever is found is looked at in its turn.
        while let Some(node) = self.nodes.get(next).copied() {
            next += 1;
            for at in 0..self.lists.len() {
                let (relation, direction) = self.lists[at];
                let links = self.graph.along(node.entity, relation, direction);
                if self.leads_on(node, relation) {
                    self.budget.spend(1 + links.len() as u64 * LinkFilter::price(self.request.links))?;
                    self.follow(node, links);
                } else {
                    self.budget.spend(1)?;
                    self.closed.push(Closed { relation, direction, links });
                }
            }
        }
        self.look_within()?;
        let within: HashSet<LinkIx> =
            self.met.iter().filter(|l| self.members.contains(&l.to)).map(|l| l.link).collect();
        let by_hub = self.not_drawn(&within)?;
        let mut links: Vec<LinkIx> = within.into_iter().collect();
        links.sort_unstable();
        let off = self.missing.iter().filter(|(entity, _)| !self.members.contains(entity));
        let mut omitted = Omitted { by_hub, ..Omitted::default() };
        for (_, reason) in off {
            match reason {
                Reason::Kind => omitted.by_kind += 1,
                Reason::Limit => omitted.by_limit += 1,
                Reason::Depth => omitted.by_depth += 1,
            }
        }
        Ok(Neighborhood { nodes: self.nodes, links, omitted })
    }

    fn follow(&mut self, node: Neighbor, links: &[Linked]) {
        let mut followed = 0;
        for linked in links {
            if !self.is_asked(linked) {
                continue;
            }
            self.met.push(*linked);
            let room = self.nodes.len() < self.request.limit_nodes || self.members.contains(&linked.to);
            let reason = if !self.is_wanted(linked.to) {
                Reason::Kind
            } else if node.distance >= self.request.depth {
                Reason::Depth
            } else if followed >= self.request.limit_per_relation || !room {
                Reason::Limit
            } else {
                followed += 1;
                self.add(linked.to, node.distance + 1);
                continue;
            };
            let kept = self.missing.entry(linked.to).or_insert(reason);
            *kept = reason.min(*kept);
        }
    }

    /// A link between two nodes that stands in a closed list at both ends has been met nowhere: of
    /// each relation the side with fewer links is looked through.
    fn look_within(&mut self) -> Result<(), Exhausted> {
        let mut lengths: HashMap<(RelationIx, Direction), usize> = HashMap::new();
        for list in &self.closed {
            *lengths.entry((list.relation, list.direction)).or_default() += list.links.len();
        }
        let length = |relation, direction| lengths.get(&(relation, direction)).copied().unwrap_or(0);
        let mut met = Vec::new();
        for list in &self.closed {
            let (mine, other) =
                (length(list.relation, list.direction), length(list.relation, list.direction.opposite()));
            let symmetric = self.graph.ontology().relation(list.relation).symmetric;
            let shorter = symmetric || mine < other || mine == other && list.direction == Direction::Forward;
            if shorter {
                self.budget.spend(list.links.len() as u64 * LinkFilter::price(self.request.links))?;
                met.extend(list.links.iter().filter(|l| self.is_asked(l)).copied());
            }
        }
        self.met.append(&mut met);
        Ok(())
    }

    /// How many links of closed lists are not among those within.
    fn not_drawn(&self, within: &HashSet<LinkIx>) -> Result<usize, Exhausted> {
        self.budget.spend(within.len() as u64)?;
        let all: usize = self.closed.iter().map(|list| list.links.len()).sum();
        let distance: HashMap<EntityIx, u32> = self.nodes.iter().map(|n| (n.entity, n.distance)).collect();
        let closed = |entity: EntityIx, relation| {
            let distance = distance.get(&entity).copied().unwrap_or_default();
            !self.leads_on(Neighbor { entity, distance }, relation)
        };
        let drawn = within.iter().map(|ix| {
            let (relation, (from, to)) = (self.graph.link(*ix).relation(), self.graph.ends(*ix));
            usize::from(closed(from, relation)) + usize::from(closed(to, relation))
        });
        Ok(all.saturating_sub(drawn.sum()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::graph::Basis;
    use crate::query::random_graphs::{graph_of, graphs, kind, links_along, relation};

    fn ample() -> Budget {
        Budget::new(1_000_000)
    }

    fn request(of: &[EntityIx]) -> NeighborhoodRequest<'_> {
        NeighborhoodRequest {
            of,
            depth: 1,
            limit_nodes: 100,
            limit_per_relation: 100,
            relations: None,
            kinds: None,
            links: None,
            through_hubs: false,
        }
    }

    /// The same by the words of the contract, looking at every link for every entity.
    fn naive(graph: &Graph, request: &NeighborhoodRequest<'_>) -> Neighborhood {
        let ontology = graph.ontology();
        let asked = |ix: &LinkIx| {
            request.relations.is_none_or(|all| all.contains(&graph.link(*ix).relation()))
                && LinkFilter::passes(request.links, graph, *ix)
        };
        let mut nodes: Vec<Neighbor> = Vec::new();
        for of in request.of {
            if !nodes.iter().any(|n| n.entity == *of) {
                nodes.push(Neighbor { entity: *of, distance: 0 });
            }
        }
        let (mut closed, mut by) = (Vec::new(), Vec::new());
        let mut next = 0;
        while next < nodes.len() {
            let node = nodes[next];
            next += 1;
            for ix in ontology.relation_indexes() {
                if request.relations.is_some_and(|all| !all.contains(&ix)) {
                    continue;
                }
                let hub = ontology.kind(graph.entity(node.entity).kind()).hub;
                let unasked = request.relations.is_none() && !ontology.relation(ix).through_hub;
                let open = request.through_hubs || node.distance == 0 || !hub && !unasked;
                for direction in [Direction::Forward, Direction::Inverse] {
                    let links = links_along(graph, node.entity, ix, direction);
                    if !open {
                        closed.extend(links.iter().map(|(link, _)| *link));
                        continue;
                    }
                    let mut followed = 0;
                    for (_, to) in links.into_iter().filter(|(link, _)| asked(link)) {
                        let known = nodes.iter().any(|n| n.entity == to);
                        let kind_of = graph.entity(to).kind();
                        if !known && request.kinds.is_some_and(|kinds| !kinds.contains(&kind_of)) {
                            by.push((0, to));
                        } else if node.distance == request.depth {
                            by.push((2, to));
                        } else if followed == request.limit_per_relation
                            || !known && nodes.len() >= request.limit_nodes
                        {
                            by.push((1, to));
                        } else {
                            followed += 1;
                            if !known {
                                nodes.push(Neighbor { entity: to, distance: node.distance + 1 });
                            }
                        }
                    }
                }
            }
        }
        let inside = |at: EntityIx| nodes.iter().any(|n| n.entity == at);
        let within = |ix: &LinkIx| asked(ix) && inside(graph.ends(*ix).0) && inside(graph.ends(*ix).1);
        let links: Vec<LinkIx> = graph.links().filter(within).collect();
        by.retain(|(_, to)| !inside(*to));
        by.sort_unstable_by_key(|(reason, to)| (*to, *reason));
        by.dedup_by_key(|(_, to)| *to);
        let count = |reason: i32| by.iter().filter(|(r, _)| *r == reason).count();
        let omitted = Omitted {
            by_kind: count(0),
            by_limit: count(1),
            by_depth: count(2),
            by_hub: closed.iter().filter(|link| !links.contains(link)).count(),
        };
        Neighborhood { nodes, links, omitted }
    }

    proptest! {
        #[test]
        fn a_neighbourhood_is_what_its_contract_says(
            case in graphs(),
            of in prop::collection::vec(0..12usize, 0..3),
            (depth, limit_nodes, limit_per_relation) in (0..4u32, 0..14usize, 0..5usize),
            (some_kinds, some_relations, through_hubs) in any::<(bool, bool, bool)>(),
            basis in prop::option::of((0..2usize).prop_map(|at| Basis::ALL[at].0)),
        ) {
            let graph = &case.graph;
            let of: Vec<_> = of.iter().map(|at| EntityIx((at % graph.entity_count()) as u32)).collect();
            let (kinds, relations) =
                ([kind("Item"), kind("Crossing")], [relation("lies"), relation("alike"), relation("causes")]);
            let basis = basis.map(|basis| LinkFilter::Basis(vec![basis]));
            let asked = NeighborhoodRequest {
                of: &of,
                depth,
                limit_nodes,
                limit_per_relation,
                relations: some_relations.then_some(&relations[..]),
                kinds: some_kinds.then_some(&kinds[..]),
                links: basis.as_ref(),
                through_hubs,
            };
            prop_assert_eq!(neighborhood(graph, &asked, &ample()).unwrap(), naive(graph, &asked));
        }
    }

    #[test]
    fn a_hub_is_found_and_not_looked_past() {
        let graph = graph_of(&[
            "item/0 causes crossing/0",
            "item/1 lies crossing/0",
            "item/2 lies crossing/0",
            "crossing/0 lies crossing/1",
            "item/0 lies crossing/1",
            "crossing/0 alike crossing/1",
        ]);
        let of = [graph.find("item/0").unwrap()];
        let found =
            neighborhood(&graph, &NeighborhoodRequest { depth: 3, ..request(&of) }, &ample()).unwrap();
        let names: Vec<_> = found.nodes.iter().map(|n| graph.entity(n.entity).id()).collect();
        assert_eq!(names, ["item/0", "crossing/0", "crossing/1"]);
        assert_eq!(found.links.len(), 4, "the links between the two hubs are drawn");
        assert_eq!(found.omitted, Omitted { by_hub: 2, ..Omitted::default() });
        let all = NeighborhoodRequest { depth: 3, through_hubs: true, ..request(&of) };
        assert_eq!(neighborhood(&graph, &all, &ample()).unwrap().nodes.len(), 5);
        assert_eq!(neighborhood(&graph, &all, &Budget::new(3)), Err(Exhausted::Steps));
    }

    #[test]
    fn the_seed_can_be_drawn() {
        let graph = crate::app::load(&crate::app::Origin::default()).expect("the seed is sound");
        let of = [graph.find("initiative/ahem").unwrap()];
        let drawn = NeighborhoodRequest { depth: 2, limit_nodes: 20, ..request(&of) };
        let found = neighborhood(&graph, &drawn, &ample()).unwrap();
        assert_eq!(found.nodes.len(), 20);
        assert!(found.omitted.by_limit > 0 && found.omitted.by_hub > 0);
        let few = NeighborhoodRequest { limit_per_relation: 2, ..request(&of) };
        let few = neighborhood(&graph, &few, &ample()).unwrap();
        assert!(few.nodes.len() > 10 && few.omitted.by_limit > 0);
    }
}
