//! Comparisons: what entities have in common and what only one of them has, and which items of one
//! plan answer to which of another.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::graph::{EntityIx, Graph, LinkIx, Linked};
use crate::ontology::{Direction, RelationIx};
use crate::query::{Budget, Exhausted};

/// The relation that says that two things are nearly the same, as a full IRI. It is not transitive
/// (<https://www.w3.org/TR/skos-reference/#mapping>), and is not treated as if it were.
const CLOSE_MATCH: &str = "http://www.w3.org/2004/02/skos/core#closeMatch";

/// That one of the entities compared has a neighbour, or one that is close to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Holder {
    /// Which of the entities, by its place among them.
    pub of: usize,
    /// The link between it and its neighbour.
    pub link: LinkIx,
    /// None where that is the neighbour meant; else the link that says that the two are close.
    pub close_match: Option<LinkIx>,
}

/// A neighbour and who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The neighbour.
    pub neighbor: EntityIx,
    /// Who has it, by place among the entities compared; for each those that have it itself first.
    pub held: Vec<Holder>,
}

/// The neighbours of the entities compared along one relation in one direction. Each is in exactly
/// one of the lists, in insertion order; of two that are close to each other both are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationComparison {
    /// Along which relation.
    pub relation: RelationIx,
    /// Read from which end.
    pub direction: Direction,
    /// What all have, if there are two or more.
    pub by_all: Vec<Shared>,
    /// What several have and not all.
    pub by_some: Vec<Shared>,
    /// What one alone has.
    pub unique: Vec<Shared>,
}

/// What entities have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The entities compared, once each, in the order they were given.
    pub of: Vec<EntityIx>,
    /// The relations along which any has neighbours, in the order of the ontology, forward first.
    pub relations: Vec<RelationComparison>,
}

/// Compares entities by their neighbours. A neighbour counts as shared with whoever has one that a
/// symmetric relation with the IRI `skos:closeMatch` joins to it; the holder says by which link.
///
/// Cost: a step for each link of the entities, and for each close match of their neighbours.
///
/// # Errors
/// When the budget does not suffice.
pub fn compare(graph: &Graph, of: &[EntityIx], budget: &Budget) -> Result<Comparison, Exhausted> {
    let mut seen = HashSet::new();
    let of: Vec<EntityIx> = of.iter().copied().filter(|ix| seen.insert(*ix)).collect();
    let close = CloseMatches::new(graph);
    let mut relations = Vec::new();
    for relation in graph.ontology().relation_indexes() {
        for direction in graph.ontology().relation(relation).directions() {
            let mut held: BTreeMap<EntityIx, Vec<Holder>> = BTreeMap::new();
            for (at, entity) in of.iter().enumerate() {
                let links = graph.along(*entity, relation, *direction);
                budget.spend(1 + links.len() as u64)?;
                for linked in links {
                    let holder = Holder { of: at, link: linked.link, close_match: None };
                    held.entry(linked.to).or_default().push(holder);
                }
            }
            let mut close_ones = Vec::new();
            for (neighbor, holders) in &held {
                for other in close.of(*neighbor, budget)? {
                    budget.spend(holders.len() as u64)?;
                    if held.contains_key(&other.to) {
                        let by = holders.iter().map(|h| Holder { close_match: Some(other.link), ..*h });
                        close_ones.push((other.to, by.collect::<Vec<_>>()));
                    }
                }
            }
            for (neighbor, mut holders) in close_ones {
                held.entry(neighbor).or_default().append(&mut holders);
            }
            if held.is_empty() {
                continue;
            }
            let mut lists = [Vec::new(), Vec::new(), Vec::new()];
            for (neighbor, mut held) in held {
                held.sort_by_key(|h| (h.of, h.close_match, h.link));
                let count = held.iter().map(|h| h.of).collect::<BTreeSet<_>>().len();
                let list = if count == 1 { 2 } else { usize::from(count < of.len()) };
                lists[list].push(Shared { neighbor, held });
            }
            let [by_all, by_some, unique] = lists;
            relations.push(RelationComparison { relation, direction: *direction, by_all, by_some, unique });
        }
    }
    Ok(Comparison { of, relations })
}

/// The relations that say that two things are close.
struct CloseMatches<'a> {
    graph: &'a Graph,
    relations: Vec<RelationIx>,
}

impl<'a> CloseMatches<'a> {
    fn new(graph: &'a Graph) -> CloseMatches<'a> {
        let ontology = graph.ontology();
        let says = |ix: &RelationIx| {
            let relation = ontology.relation(*ix);
            relation.symmetric
                && relation.iri.as_deref().is_some_and(|iri| ontology.expand(iri) == CLOSE_MATCH)
        };
        CloseMatches { graph, relations: ontology.relation_indexes().filter(says).collect() }
    }

    fn of(&self, entity: EntityIx, budget: &Budget) -> Result<Vec<Linked>, Exhausted> {
        let lists = self.relations.iter().map(|ix| self.graph.along(entity, *ix, Direction::Forward));
        let all: Vec<Linked> = lists.flatten().copied().collect();
        budget.spend(1 + all.len() as u64)?;
        Ok(all)
    }
}

/// Why an item may be the counterpart of another. Stronger reasons order first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// They are the same.
    Same,
    /// A link joins them, whichever it is.
    Linked(LinkIx),
    /// Along one relation in one direction, each has a neighbour, and the two are close.
    CloseNeighbors {
        /// The link of the first item.
        a: LinkIx,
        /// The link between the neighbours.
        close_match: LinkIx,
        /// The link of the second item.
        b: LinkIx,
    },
    /// Along one relation in one direction, both have the same neighbour.
    SharedNeighbor {
        /// The neighbour.
        neighbor: EntityIx,
        /// The link of the first item.
        a: LinkIx,
        /// The link of the second item.
        b: LinkIx,
    },
}

impl Reason {
    /// Whether somebody says so, or we only suggest it.
    pub fn is_asserted(self) -> bool {
        matches!(self, Reason::Same | Reason::Linked(_))
    }
}

/// A pair of items that may answer to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// Of the first plan.
    pub a: EntityIx,
    /// Of the second.
    pub b: EntityIx,
    /// Why, strongest first; never empty. If the first is not asserted, the pair is a suggestion.
    pub reasons: Vec<Reason>,
}

/// Which items of two plans may answer to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crosswalk {
    /// Asserted pairs first; then those with a close match; then by how many reasons there are, most
    /// first; then by the order in which items were given.
    pub pairs: Vec<Counterpart>,
    /// Items of the first plan in no pair, in the order given.
    pub only_a: Vec<EntityIx>,
    /// Items of the second plan in no pair, in the order given.
    pub only_b: Vec<EntityIx>,
}

/// The crosswalk between the items of two plans, each item once.
///
/// A shared neighbour suggests something only where it is in the same relation to both; hubs and sources
/// suggest nothing, nor do relations that paths do not follow unasked.
///
/// Cost: a step for each link of the items, for each close match of their neighbours, and for each
/// reason found.
///
/// # Errors
/// When the budget does not suffice.
pub fn crosswalk(
    graph: &Graph,
    a: &[EntityIx],
    b: &[EntityIx],
    budget: &Budget,
) -> Result<Crosswalk, Exhausted> {
    let places = |items: &[EntityIx]| {
        let mut places = HashMap::new();
        for item in items {
            let next = places.len();
            places.entry(*item).or_insert(next);
        }
        places
    };
    let (place_a, place_b) = (places(a), places(b));
    let close = CloseMatches::new(graph);
    let mut reasons: BTreeMap<(usize, usize), (EntityIx, EntityIx, BTreeSet<Reason>)> = BTreeMap::new();
    let mut add = |x: EntityIx, y: EntityIx, reason: Reason| {
        if let (Some(at), Some(other)) = (place_a.get(&x), place_b.get(&y)) {
            reasons.entry((*at, *other)).or_insert_with(|| (x, y, BTreeSet::new())).2.insert(reason);
        }
    };
    // Who of the second plan has which neighbour, and how.
    let mut holders: HashMap<(RelationIx, Direction, EntityIx), Vec<(EntityIx, LinkIx)>> = HashMap::new();
    for item in place_b.keys() {
        for (relation, direction, linked) in suggesting(graph, *item, budget)? {
            holders.entry((relation, direction, linked.to)).or_default().push((*item, linked.link));
        }
    }
    for item in place_a.keys() {
        if place_b.contains_key(item) {
            add(*item, *item, Reason::Same);
        }
        for direction in [Direction::Forward, Direction::Inverse] {
            let links = graph.links_of(*item, direction);
            budget.spend(links.len() as u64)?;
            for linked in links {
                add(*item, linked.to, Reason::Linked(linked.link));
            }
        }
        for (relation, direction, linked) in suggesting(graph, *item, budget)? {
            let of = |neighbor| holders.get(&(relation, direction, neighbor)).map_or(&[][..], Vec::as_slice);
            budget.spend(of(linked.to).len() as u64)?;
            for (other, link) in of(linked.to).iter().filter(|(other, _)| other != item) {
                let reason = Reason::SharedNeighbor { neighbor: linked.to, a: linked.link, b: *link };
                add(*item, *other, reason);
            }
            for near in close.of(linked.to, budget)? {
                budget.spend(of(near.to).len() as u64)?;
                for (other, link) in of(near.to).iter().filter(|(other, _)| other != item) {
                    // Where the relation is the close match itself, three links are three.
                    if near.link != linked.link && near.link != *link {
                        let reason =
                            Reason::CloseNeighbors { a: linked.link, close_match: near.link, b: *link };
                        add(*item, *other, reason);
                    }
                }
            }
        }
    }
    let pair = |(a, b, reasons): (_, _, BTreeSet<Reason>)| Counterpart {
        a,
        b,
        reasons: reasons.into_iter().collect(),
    };
    let mut pairs: Vec<Counterpart> = reasons.into_values().map(pair).collect();
    let rank = |pair: &Counterpart| match pair.reasons.first() {
        Some(reason) if reason.is_asserted() => 0,
        Some(Reason::CloseNeighbors { .. }) => 1,
        _ => 2,
    };
    // Stable: what is equal stays in the order given.
    pairs.sort_by_key(|pair| (rank(pair), std::cmp::Reverse(pair.reasons.len())));
    let only = |places: &HashMap<EntityIx, usize>, paired: HashSet<EntityIx>| {
        let mut left: Vec<_> = places.iter().filter(|(item, _)| !paired.contains(item)).collect();
        left.sort_unstable_by_key(|(_, place)| **place);
        left.into_iter().map(|(item, _)| *item).collect()
    };
    let only_a = only(&place_a, pairs.iter().map(|pair| pair.a).collect());
    let only_b = only(&place_b, pairs.iter().map(|pair| pair.b).collect());
    Ok(Crosswalk { pairs, only_a, only_b })
}

/// The links of an item along which a neighbour that another has too suggests something.
fn suggesting(
    graph: &Graph,
    item: EntityIx,
    budget: &Budget,
) -> Result<Vec<(RelationIx, Direction, Linked)>, Exhausted> {
    let ontology = graph.ontology();
    let mut all = Vec::new();
    for (relation, direction) in ontology.relations_of(graph.entity(item).kind()) {
        if !ontology.relation(relation).through_hub {
            continue;
        }
        let links = graph.along(item, relation, direction);
        budget.spend(1 + links.len() as u64)?;
        let says = |linked: &&Linked| !crate::query::flow::is_stop(graph, linked.to);
        all.extend(links.iter().filter(says).map(|linked| (relation, direction, *linked)));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::flow::is_stop;
    use crate::query::random_graphs::{graph_of, graphs, links_along, relation};

    fn ample() -> Budget {
        Budget::new(1_000_000)
    }

    /// The links that say that two are close.
    fn close(graph: &Graph, a: EntityIx, b: EntityIx) -> Vec<LinkIx> {
        let all = links_along(graph, a, relation("alike"), Direction::Forward);
        all.into_iter().filter(|(_, to)| *to == b).map(|(link, _)| link).collect()
    }

    fn some(graph: &Graph, of: &[usize]) -> Vec<EntityIx> {
        of.iter().map(|at| EntityIx((at % graph.entity_count()) as u32)).collect()
    }

    fn naive_reasons(graph: &Graph, x: EntityIx, y: EntityIx) -> Vec<Reason> {
        let mut reasons = BTreeSet::new();
        if x == y {
            reasons.insert(Reason::Same);
        }
        for ix in graph.links() {
            let (from, to) = graph.ends(ix);
            if (from, to) == (x, y) || (to, from) == (x, y) {
                reasons.insert(Reason::Linked(ix));
            }
        }
        for ix in graph.ontology().relation_indexes() {
            for direction in [Direction::Forward, Direction::Inverse] {
                if !graph.ontology().relation(ix).through_hub || x == y {
                    continue;
                }
                for (a, of_x) in links_along(graph, x, ix, direction) {
                    for (b, of_y) in links_along(graph, y, ix, direction) {
                        if is_stop(graph, of_x) || is_stop(graph, of_y) {
                            continue;
                        }
                        if of_x == of_y {
                            reasons.insert(Reason::SharedNeighbor { neighbor: of_x, a, b });
                        }
                        for close_match in close(graph, of_x, of_y) {
                            if close_match != a && close_match != b {
                                reasons.insert(Reason::CloseNeighbors { a, close_match, b });
                            }
                        }
                    }
                }
            }
        }
        reasons.into_iter().collect()
    }

    proptest! {
        #[test]
        fn comparisons_are_what_looking_at_every_link_finds(
            case in graphs(), of in prop::collection::vec(0..12usize, 1..5),
        ) {
            let graph = &case.graph;
            let of = some(graph, &of);
            let found = compare(graph, &of, &ample()).unwrap();
            let mut once = of;
            once.sort();
            once.dedup();
            let mut listed = found.of.clone();
            listed.sort();
            prop_assert_eq!(&listed, &once);
            for ix in graph.ontology().relation_indexes() {
                for direction in [Direction::Forward, Direction::Inverse] {
                    let there = found.relations.iter().find(|r| (r.relation, r.direction) == (ix, direction));
                    let own: Vec<(usize, LinkIx, EntityIx)> = (0..found.of.len())
                        .flat_map(|at| {
                            let links = links_along(graph, found.of[at], ix, direction);
                            links.into_iter().map(move |(link, to)| (at, link, to))
                        })
                        .collect();
                    prop_assert_eq!(there.is_none(), own.is_empty());
                    let Some(there) = there else { continue };
                    let mut neighbors: Vec<EntityIx> = own.iter().map(|(.., to)| *to).collect();
                    neighbors.sort();
                    neighbors.dedup();
                    let mut expected = [Vec::new(), Vec::new(), Vec::new()];
                    for neighbor in neighbors {
                        let mut held = Vec::new();
                        for (of, link, to) in own.iter().copied() {
                            if to == neighbor {
                                held.push(Holder { of, link, close_match: None });
                            }
                            let by = close(graph, to, neighbor).into_iter();
                            held.extend(by.map(|link_of| Holder { of, link, close_match: Some(link_of) }));
                        }
                        held.sort_by_key(|h| (h.of, h.close_match, h.link));
                        let who: HashSet<usize> = held.iter().map(|h| h.of).collect();
                        let list = match who.len() {
                            1 => 2,
                            n if n == found.of.len() => 0,
                            _ => 1,
                        };
                        expected[list].push(Shared { neighbor, held });
                    }
                    prop_assert_eq!([&there.by_all, &there.by_some, &there.unique], expected.each_ref());
                }
            }
        }

        #[test]
        fn crosswalks_are_what_looking_at_every_pair_finds(
            case in graphs(),
            a in prop::collection::vec(0..12usize, 0..6),
            b in prop::collection::vec(0..12usize, 0..6),
        ) {
            let graph = &case.graph;
            let (a, b) = (some(graph, &a), some(graph, &b));
            let found = crosswalk(graph, &a, &b, &ample()).unwrap();
            let mut pairs = HashMap::new();
            for (x, y) in a.iter().flat_map(|x| b.iter().map(move |y| (*x, *y))) {
                let reasons = naive_reasons(graph, x, y);
                if !reasons.is_empty() {
                    pairs.insert((x, y), reasons);
                }
            }
            prop_assert_eq!(found.pairs.len(), pairs.len());
            for pair in &found.pairs {
                prop_assert_eq!(Some(&pair.reasons), pairs.get(&(pair.a, pair.b)));
            }
            let asserted: Vec<bool> = found.pairs.iter().map(|p| !p.reasons[0].is_asserted()).collect();
            prop_assert!(asserted.is_sorted());
            let alone = |items: &[EntityIx], paired: &dyn Fn(EntityIx) -> bool| {
                let mut left: Vec<EntityIx> = Vec::new();
                for item in items {
                    if !paired(*item) && !left.contains(item) {
                        left.push(*item);
                    }
                }
                left
            };
            prop_assert_eq!(found.only_a, alone(&a, &|x| pairs.keys().any(|(a, _)| *a == x)));
            prop_assert_eq!(found.only_b, alone(&b, &|y| pairs.keys().any(|(_, b)| *b == y)));
        }
    }

    #[test]
    fn a_close_match_counts_as_shared_and_says_so() {
        let graph = graph_of(&["aim/0 notes item/2", "aim/1 notes item/3", "item/2 alike item/3"]);
        let at = |id: &str| graph.find(id).unwrap();
        let found = compare(&graph, &[at("aim/0"), at("aim/1")], &ample()).unwrap();
        let notes = &found.relations[0];
        assert_eq!((notes.by_all.len(), notes.by_some.len(), notes.unique.len()), (2, 0, 0));
        assert_eq!(notes.by_all[0].held[1].close_match, Some(LinkIx(2)));
        let walk = crosswalk(&graph, &[at("aim/0")], &[at("aim/1"), at("item/2")], &ample()).unwrap();
        let reasons: Vec<_> = walk.pairs.iter().map(|p| p.reasons[0]).collect();
        assert_eq!(reasons[0], Reason::Linked(LinkIx(0)));
        assert!(matches!(reasons[1], Reason::CloseNeighbors { close_match: LinkIx(2), .. }));
        assert_eq!((walk.only_a, walk.only_b), (vec![], vec![]));
        assert_eq!(crosswalk(&graph, &[at("aim/0")], &[], &Budget::new(0)), Err(Exhausted::Steps));
    }

    #[test]
    fn the_two_plans_of_the_seed_have_goals_that_answer_to_each_other() {
        let graph = crate::app::load(&crate::app::Origin::default()).expect("the seed is sound");
        let has_goal = graph.ontology().relation_named("hasGoal").unwrap().0;
        let goals = |id: &str| -> Vec<EntityIx> {
            let of = graph.find(id).unwrap();
            graph.along(of, has_goal, Direction::Forward).iter().map(|l| l.to).collect()
        };
        let (state, federal) = (goals("initiative/ahem"), goals("plan/hhs-eap-2023"));
        assert!(!state.is_empty() && !federal.is_empty());
        let walk = crosswalk(&graph, &state, &federal, &ample()).unwrap();
        let pairs: Vec<_> =
            walk.pairs.iter().map(|p| (graph.entity(p.a).id(), graph.entity(p.b).id())).collect();
        let answer = "goal/hhs-maternal-health-outcomes";
        let suggested = ["goal/eliminate-disparities-in-health-outcomes", "goal/improve-health-outcomes"];
        assert_eq!(pairs, suggested.map(|goal| (goal, answer)));
        assert!(walk.pairs.iter().all(|pair| !pair.reasons[0].is_asserted()));
        assert_eq!((walk.only_a.len(), walk.only_b.len()), (2, 4));
    }

    #[test]
    fn close_topics_of_the_seed_count_as_shared() {
        let graph = crate::app::load(&crate::app::Origin::default()).expect("the seed is sound");
        let close = CloseMatches::new(&graph);
        let match_of = |ix: &LinkIx| close.relations.contains(&graph.link(*ix).relation());
        let link = graph.links().find(match_of).unwrap();
        // Two things about either of two close topics share both.
        let (one, other) = graph.ends(link);
        let about = |topic| {
            let ends = graph.links_of(topic, Direction::Inverse).iter();
            ends.map(|l| (graph.link(l.link).relation(), l.to)).collect::<Vec<_>>()
        };
        for (relation, a) in about(one) {
            for (_, b) in about(other).into_iter().filter(|(r, b)| *r == relation && *b != a) {
                let found = compare(&graph, &[a, b], &ample()).unwrap();
                let there = found.relations.iter().find(|r| r.relation == relation).unwrap();
                let shared = |ix| there.by_all.iter().find(|s| s.neighbor == ix).unwrap();
                for topic in [one, other] {
                    assert!(shared(topic).held.iter().any(|h| h.close_match == Some(link)));
                }
            }
        }
    }
}
