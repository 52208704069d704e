//! What the shape of the graph suggests and nobody says: which entities are related, which are central,
//! which hang together. All of it is computed from the links, and is to be shown as such.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::graph::{EntityIx, Graph, Linked};
use crate::ontology::{Direction, KindIx};
use crate::query::{Budget, Exhausted};

/// How likely a random walk is to start afresh at each step.
const RESTART: f64 = 0.15;
/// How much residual mass, for each link of an entity, is left where it lies.
const EPSILON: f64 = 1e-5;
/// Power iteration ends when ranks change by less, or after so many rounds.
const TOLERANCE: f64 = 1e-10;
const ROUNDS: usize = 200;

/// An entity that is related to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    /// Which.
    pub entity: EntityIx,
    /// How closely; more than 0. The same from both ends, but for rounding; means nothing by itself.
    pub score: f64,
    /// The neighbours that both have, best first: those with the fewest links, for what many have
    /// says little; then by insertion. None where the two are farther apart.
    pub reasons: Vec<EntityIx>,
    /// Whether a link joins the two already.
    pub linked: bool,
}

/// Every link of an entity, from either end.
fn links(graph: &Graph, at: EntityIx) -> impl Iterator<Item = Linked> + '_ {
    let [forward, inverse] = [Direction::Forward, Direction::Inverse].map(|d| graph.links_of(at, d));
    forward.iter().chain(inverse).copied()
}

fn degree(graph: &Graph, at: EntityIx) -> usize {
    graph.links_of(at, Direction::Forward).len() + graph.links_of(at, Direction::Inverse).len()
}

/// The `k` entities most closely related to `of`, closest first, ties by insertion; only of some kinds
/// if given; `of` itself is not among them.
///
/// The score is a personalised PageRank over links in both directions, damped by degree at both ends:
/// `p(v)·√(d(of)/d(v))`, the entry of the kernel `α(I − (1−α)D^-½AD^-½)^-1`, which is symmetric. A hub
/// passes little on to each of its neighbours and is no relation of everybody.
///
/// Source: `p` by the forward push of R. Andersen, F. Chung, K. Lang, "Local graph partitioning using
/// PageRank vectors", FOCS 2006, with walks that are not lazy: `p` is at most `ε·d(v)` too small. Local:
/// at most `1/(αε)` links are looked at, however large the graph.
///
/// # Errors
/// When the budget does not suffice.
pub fn related(
    graph: &Graph,
    of: EntityIx,
    k: usize,
    kinds: Option<&[KindIx]>,
    budget: &Budget,
) -> Result<Vec<Related>, Exhausted> {
    let mass = push(graph, of, EPSILON, budget)?;
    let own = degree(graph, of) as f64;
    let wanted =
        |ix: &EntityIx| *ix != of && kinds.is_none_or(|kinds| kinds.contains(&graph.entity(*ix).kind()));
    let mut scored: Vec<(f64, EntityIx)> = mass
        .into_iter()
        .filter(|(ix, _)| wanted(ix))
        .map(|(ix, p)| (p * (own / degree(graph, ix) as f64).sqrt(), ix))
        .collect();
    budget.spend(scored.len() as u64)?;
    scored.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.truncate(k);
    budget.spend(own as u64)?;
    let neighbors: HashSet<EntityIx> = links(graph, of).map(|l| l.to).collect();
    let mut all = Vec::with_capacity(scored.len());
    for (score, entity) in scored {
        budget.spend(1 + degree(graph, entity) as u64)?;
        let shared: HashSet<EntityIx> =
            links(graph, entity).map(|l| l.to).filter(|to| neighbors.contains(to)).collect();
        let mut reasons: Vec<EntityIx> = shared.into_iter().collect();
        reasons.sort_unstable_by_key(|ix| (degree(graph, *ix), *ix));
        all.push(Related { entity, score, reasons, linked: neighbors.contains(&entity) });
    }
    Ok(all)
}

/// The mass that a walk from `of` leaves at each entity it reaches, at most `epsilon` for each of its
/// links too small.
fn push(
    graph: &Graph,
    of: EntityIx,
    epsilon: f64,
    budget: &Budget,
) -> Result<HashMap<EntityIx, f64>, Exhausted> {
    let mut mass: HashMap<EntityIx, f64> = HashMap::new();
    let mut residual: HashMap<EntityIx, f64> = HashMap::from([(of, 1.0)]);
    let mut queue = VecDeque::from([of]);
    let full = |at: EntityIx, residual: f64| residual > epsilon * degree(graph, at) as f64;
    while let Some(at) = queue.pop_front() {
        let count = degree(graph, at);
        budget.spend(1 + count as u64)?;
        let here = residual.insert(at, 0.0).unwrap_or_default();
        if count == 0 {
            // The walk goes nowhere.
            *mass.entry(at).or_default() += here;
            continue;
        }
        *mass.entry(at).or_default() += RESTART * here;
        let share = (1.0 - RESTART) * here / count as f64;
        for linked in links(graph, at) {
            let there = residual.entry(linked.to).or_default();
            let before = full(linked.to, *there);
            *there += share;
            if !before && full(linked.to, *there) {
                queue.push_back(linked.to);
            }
        }
    }
    Ok(mass)
}

/// The entities, or those of some kinds, by PageRank, greatest first, ties by insertion. The ranks of
/// all entities together are 1.
///
/// A walk takes links from either end, for which end is the subject is a matter of wording. The rank
/// is computed and says where much hangs together, not what matters.
///
/// Source: S. Brin, L. Page, "The anatomy of a large-scale hypertextual Web search engine", 1998, by
/// power iteration until ranks change by less than 1e-10 in all, or 200 rounds. Cost: all links twice,
/// each round.
///
/// # Errors
/// When the budget does not suffice, or is brief.
pub fn centrality(
    graph: &Graph,
    kinds: Option<&[KindIx]>,
    budget: &Budget,
) -> Result<Vec<(EntityIx, f64)>, Exhausted> {
    budget.begin_walk()?;
    let count = graph.entity_count();
    let mut ranks = vec![1.0 / count.max(1) as f64; count];
    for _ in 0..ROUNDS {
        budget.spend(count as u64 + 2 * graph.link_count() as u64)?;
        // Who has no links passes his rank to all alike.
        let alone = graph.entities().filter(|ix| degree(graph, *ix) == 0).map(|ix| ranks[ix.0 as usize]);
        let base = (RESTART + (1.0 - RESTART) * alone.sum::<f64>()) / count as f64;
        let mut next = vec![base; count];
        for ix in graph.entities() {
            let share = (1.0 - RESTART) * ranks[ix.0 as usize] / degree(graph, ix) as f64;
            links(graph, ix).for_each(|linked| next[linked.to.0 as usize] += share);
        }
        let change: f64 = ranks.iter().zip(&next).map(|(a, b)| (a - b).abs()).sum();
        ranks = next;
        if change < TOLERANCE {
            break;
        }
    }
    let wanted = |ix: &EntityIx| kinds.is_none_or(|kinds| kinds.contains(&graph.entity(*ix).kind()));
    let mut all: Vec<_> = graph.entities().filter(wanted).map(|ix| (ix, ranks[ix.0 as usize])).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(all)
}

/// Entities grouped so that more links join them within than chance would: every entity is in one
/// group. Largest first, ties by the first member; members in insertion order.
///
/// The groups are computed; nobody says that there are such. They follow from the links alone, and from
/// the order of insertion where two ways are equally good.
///
/// Source: the first level of V. Blondel and others, "Fast unfolding of communities in large networks",
/// 2008: in insertion order, each entity moves to the group among its neighbours' that raises
/// modularity most, until none would. In whole numbers, so that no rounding decides. Cost: all links
/// twice, each round; rounds are few.
///
/// # Errors
/// When the budget does not suffice, or is brief.
pub fn communities(graph: &Graph, budget: &Budget) -> Result<Vec<Vec<EntityIx>>, Exhausted> {
    budget.begin_walk()?;
    let count = graph.entity_count();
    let twice = 2 * graph.link_count() as i128;
    let mut group: Vec<usize> = (0..count).collect();
    let mut total: Vec<i128> = graph.entities().map(|ix| degree(graph, ix) as i128).collect();
    loop {
        budget.spend(count as u64 + 2 * graph.link_count() as u64)?;
        let mut moved = false;
        for ix in graph.entities() {
            let (at, own) = (ix.0 as usize, degree(graph, ix) as i128);
            let home = group[at];
            // How many links lead to each group; in order, so that ties are decided.
            let mut towards: BTreeMap<usize, i128> = BTreeMap::from([(home, 0)]);
            for linked in links(graph, ix) {
                *towards.entry(group[linked.to.0 as usize]).or_default() += 1;
            }
            total[home] -= own;
            // Up to a factor, the modularity gained by joining a group.
            let gain = |to: usize, links: i128| links * twice - total[to] * own;
            let mut best = (gain(home, towards[&home]), home);
            for (to, links) in &towards {
                let gain = gain(*to, *links);
                if gain > best.0 {
                    best = (gain, *to);
                }
            }
            total[best.1] += own;
            moved |= best.1 != home;
            group[at] = best.1;
        }
        if !moved {
            break;
        }
    }
    let mut members: BTreeMap<usize, Vec<EntityIx>> = BTreeMap::new();
    for ix in graph.entities() {
        members.entry(group[ix.0 as usize]).or_default().push(ix);
    }
    let mut all: Vec<Vec<EntityIx>> = members.into_values().collect();
    all.sort_by_key(|group| (std::cmp::Reverse(group.len()), group.first().copied()));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::random_graphs::{graph_of, graphs, kind};

    fn ample() -> Budget {
        Budget::new(10_000_000)
    }

    /// How many links join each two, both ways.
    fn matrix(graph: &Graph) -> Vec<Vec<f64>> {
        let n = graph.entity_count();
        let mut matrix = vec![vec![0.0; n]; n];
        for ix in graph.links() {
            let (from, to) = graph.ends(ix);
            matrix[from.0 as usize][to.0 as usize] += 1.0;
            matrix[to.0 as usize][from.0 as usize] += 1.0;
        }
        matrix
    }

    /// Where a walk ends that starts afresh from `start`, by many steps of the dense matrix.
    fn dense(graph: &Graph, start: impl Fn(usize) -> f64, stays: bool) -> Vec<f64> {
        let matrix = matrix(graph);
        let n = matrix.len();
        let mut ranks: Vec<f64> = (0..n).map(&start).collect();
        for _ in 0..400 {
            let mut next: Vec<f64> = (0..n).map(|at| RESTART * start(at)).collect();
            for from in 0..n {
                let degree: f64 = matrix[from].iter().sum();
                for to in 0..n {
                    let alone = if stays { f64::from(u8::from(from == to)) } else { 1.0 / n as f64 };
                    let share = if degree > 0.0 { matrix[from][to] / degree } else { alone };
                    next[to] += (1.0 - RESTART) * ranks[from] * share;
                }
            }
            ranks = next;
        }
        ranks
    }

    fn modularity(graph: &Graph, group: &[usize]) -> f64 {
        let matrix = matrix(graph);
        let degree = |at: usize| matrix[at].iter().sum::<f64>();
        let twice = 2.0 * graph.link_count() as f64;
        let mut sum = 0.0;
        for a in 0..group.len() {
            for b in (0..group.len()).filter(|b| group[a] == group[*b]) {
                sum += matrix[a][b] / twice - degree(a) * degree(b) / twice / twice;
            }
        }
        sum
    }

    proptest! {
        #[test]
        fn pushing_comes_near_to_the_walk(case in graphs(), of in 0..12usize, epsilon in 1e-6..1e-2) {
            let graph = &case.graph;
            let of = EntityIx((of % graph.entity_count()) as u32);
            let exact = dense(graph, |at| f64::from(u8::from(at == of.0 as usize)), true);
            let mass = push(graph, of, epsilon, &ample()).unwrap();
            for ix in graph.entities() {
                let (p, exact) = (mass.get(&ix).copied().unwrap_or_default(), exact[ix.0 as usize]);
                let error = exact - p;
                prop_assert!(error > -1e-9 && error < epsilon * degree(graph, ix) as f64 + 1e-9, "{error}");
            }
        }

        #[test]
        fn relations_are_ranked_with_their_reasons(case in graphs(), of in 0..12usize, some in any::<bool>()) {
            let graph = &case.graph;
            let of = EntityIx((of % graph.entity_count()) as u32);
            let kinds = [kind("Item"), kind("Crossing")];
            let found = related(graph, of, 5, some.then_some(&kinds[..]), &ample()).unwrap();
            prop_assert!(found.len() <= 5 && found.is_sorted_by(|a, b| a.score >= b.score));
            let matrix = matrix(graph);
            let joined = |a: EntityIx, b: EntityIx| matrix[a.0 as usize][b.0 as usize] > 0.0;
            for one in &found {
                prop_assert!(one.entity != of && one.score > 0.0);
                prop_assert!(!some || kinds.contains(&graph.entity(one.entity).kind()));
                prop_assert_eq!(one.linked, joined(of, one.entity));
                let mut shared: Vec<EntityIx> =
                    graph.entities().filter(|ix| joined(of, *ix) && joined(one.entity, *ix)).collect();
                shared.sort_by_key(|ix| matrix[ix.0 as usize].iter().sum::<f64>() as usize);
                prop_assert_eq!(&one.reasons, &shared);
                // The same from the other end, up to what is left lying.
                let back = related(graph, one.entity, 100, None, &ample()).unwrap();
                let back = back.iter().find(|r| r.entity == of).map_or(0.0, |r| r.score);
                prop_assert!((back - one.score).abs() < 1e-3);
            }
        }

        #[test]
        fn centrality_is_the_walk_over_all(case in graphs()) {
            let graph = &case.graph;
            let n = graph.entity_count() as f64;
            let exact = dense(graph, |_| 1.0 / n, false);
            let found = centrality(graph, None, &ample()).unwrap();
            prop_assert_eq!(found.len(), graph.entity_count());
            prop_assert!(found.is_sorted_by(|a, b| a.1 >= b.1));
            for (ix, rank) in found {
                prop_assert!((rank - exact[ix.0 as usize]).abs() < 1e-8);
            }
            let only = centrality(graph, Some(&[kind("Text")]), &ample()).unwrap();
            prop_assert_eq!(only.len(), 3);
        }

        #[test]
        fn no_entity_would_rather_be_in_another_community(case in graphs()) {
            let graph = &case.graph;
            let found = communities(graph, &ample()).unwrap();
            let mut group = vec![usize::MAX; graph.entity_count()];
            for (at, members) in found.iter().enumerate() {
                prop_assert!(members.is_sorted());
                members.iter().for_each(|ix| group[ix.0 as usize] = at);
            }
            prop_assert_eq!(found.iter().map(Vec::len).sum::<usize>(), graph.entity_count());
            prop_assert!(!group.contains(&usize::MAX));
            if graph.link_count() > 0 {
                let best = modularity(graph, &group);
                let alone: Vec<usize> = (0..group.len()).collect();
                prop_assert!(best >= modularity(graph, &alone) - 1e-9);
                for ix in graph.entities() {
                    for linked in links(graph, ix) {
                        let mut other = group.clone();
                        other[ix.0 as usize] = group[linked.to.0 as usize];
                        prop_assert!(modularity(graph, &other) <= best + 1e-9);
                    }
                }
            }
        }
    }

    #[test]
    fn two_cliques_are_two_communities_and_budgets_hold() {
        let graph = graph_of(&[
            "item/0 causes item/1",
            "item/1 causes item/2",
            "item/0 causes item/2",
            "item/3 causes item/4",
            "item/4 causes item/5",
            "item/3 causes item/5",
            "item/2 causes item/3",
        ]);
        let found = communities(&graph, &ample()).unwrap();
        let size: Vec<_> = found.iter().map(Vec::len).collect();
        assert_eq!(size, [3, 3, 1, 1, 1], "and the texts, which nothing joins");
        let of = graph.find("item/0").unwrap();
        assert_eq!(related(&graph, of, 3, None, &Budget::new(5)), Err(Exhausted::Steps));
        assert_eq!(centrality(&graph, None, &Budget::brief(1_000)), Err(Exhausted::Steps));
        assert_eq!(communities(&graph, &Budget::new(5)), Err(Exhausted::Steps));
    }

    #[test]
    fn in_the_seed_what_shares_most_comes_first() {
        let graph = crate::app::load(&crate::app::Origin::default()).expect("the seed is sound");
        let of = graph.find("initiative/ahem").unwrap();
        let found = related(&graph, of, 20, None, &ample()).unwrap();
        assert_eq!(found.len(), 20);
        assert!(found.iter().any(|one| !one.linked || !one.reasons.is_empty()));
        let central = centrality(&graph, None, &ample()).unwrap();
        assert!(central[..5].iter().any(|(ix, _)| *ix == of));
        let groups = communities(&graph, &ample()).unwrap();
        assert!(groups.len() > 3 && groups[0].len() < graph.entity_count() / 2);
    }
}
