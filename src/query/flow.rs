//! Support as it flows: which links bring it to an entity and which carry it on, and the circles
//! that such links close.

use std::collections::HashMap;

use crate::graph::{EntityIx, Graph, LinkIx, Linked};
use crate::ontology::{Direction, Flow, Ontology, RelationIx};

/// The relations along which support flows, each with the direction it is read in from the entity
/// that is supported; from the one that supports it is the opposite.
#[derive(Clone, Debug)]
pub struct Flows {
    relations: Vec<(RelationIx, Direction)>,
}

impl Flows {
    /// Those of the ontology, of them only `relations` where given: naming a relation without flow
    /// does not give it one. A symmetric relation has none, for its links have no first end.
    pub fn new(ontology: &Ontology, relations: Option<&[RelationIx]>) -> Flows {
        let wanted = |ix: &RelationIx| relations.is_none_or(|all| all.contains(ix));
        let upstream = |ix: RelationIx| match ontology.relation(ix) {
            relation if relation.symmetric => None,
            relation => match relation.flow {
                Flow::Forward => Some((ix, Direction::Inverse)),
                Flow::Backward => Some((ix, Direction::Forward)),
                Flow::None => None,
            },
        };
        Flows { relations: ontology.relation_indexes().filter(wanted).filter_map(upstream).collect() }
    }

    /// From whom and to whom a link carries support; none where it carries none.
    pub fn carried(&self, graph: &Graph, link: LinkIx) -> Option<(EntityIx, EntityIx)> {
        let relation = graph.link(link).relation();
        let (subject, object) = graph.ends(link);
        match self.relations.iter().find(|(ix, _)| *ix == relation)?.1 {
            Direction::Inverse => Some((subject, object)),
            Direction::Forward => Some((object, subject)),
        }
    }

    /// The links that bring support to `at`, each with what it comes from: by relation in the order
    /// of the ontology, then by insertion.
    pub fn upstream<'a>(&'a self, graph: &'a Graph, at: EntityIx) -> impl Iterator<Item = Linked> + 'a {
        self.relations.iter().flat_map(move |(ix, direction)| graph.along(at, *ix, *direction)).copied()
    }

    /// The links that carry support from `at`, each with what it goes to, in the same order.
    pub fn downstream<'a>(&'a self, graph: &'a Graph, at: EntityIx) -> impl Iterator<Item = Linked> + 'a {
        self.relations
            .iter()
            .flat_map(move |(ix, direction)| graph.along(at, *ix, direction.opposite()))
            .copied()
    }
}

/// Whether walks end at an entity: it is of a kind through which too much hangs together, or of
/// the one that evidence quotes.
pub fn is_stop(graph: &Graph, at: EntityIx) -> bool {
    let kind = graph.ontology().kind(graph.entity(at).kind());
    kind.hub || kind.is_source
}

/// The strongly connected component of each of `nodes`, as a number that is equal for nodes that
/// reach each other along `edges` (pairs of positions in `nodes`, which are `count`).
///
/// Source: R. Tarjan, "Depth-first search and linear graph algorithms", SIAM Journal on Computing 1
/// (1972), with a stack of its own, so that a long chain does not overflow the thread's. Cost:
/// linear in nodes and edges. An edge that names a node past `count` is left out.
pub(super) fn strong_components(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    const UNSEEN: usize = usize::MAX;
    let mut next: HashMap<usize, Vec<usize>> = HashMap::new();
    for (from, to) in edges.iter().filter(|(from, to)| *from < count && *to < count) {
        next.entry(*from).or_default().push(*to);
    }
    let of = |node: usize| next.get(&node).map_or(&[][..], Vec::as_slice);
    let (mut index, mut low) = (vec![UNSEEN; count], vec![UNSEEN; count]);
    let mut component = vec![UNSEEN; count];
    let (mut seen, mut found) = (0, 0);
    let mut open = Vec::new();
    for start in 0..count {
        if index[start] != UNSEEN {
            continue;
        }
        let mut path = vec![(start, 0)];
        while let Some((node, at)) = path.pop() {
            if at == 0 {
                (index[node], low[node]) = (seen, seen);
                seen += 1;
                open.push(node);
            } else {
                // Back from the successor before this one.
                low[node] = low[node].min(low[of(node)[at - 1]]);
            }
            let further = of(node)[at..].iter().position(|to| {
                if index[*to] != UNSEEN && component[*to] == UNSEEN {
                    low[node] = low[node].min(index[*to]);
                }
                index[*to] == UNSEEN
            });
            match further {
                Some(skipped) => {
                    path.push((node, at + skipped + 1));
                    path.push((of(node)[at + skipped], 0));
                }
                None if low[node] == index[node] => {
                    while let Some(member) = open.pop() {
                        component[member] = found;
                        if member == node {
                            break;
                        }
                    }
                    found += 1;
                }
                None => {}
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::random_graphs::{carries, graphs};

    proptest! {
        #[test]
        fn components_are_what_reaches_each_other(
            edges in prop::collection::vec((0..8usize, 0..8usize), 0..20),
        ) {
            let mut reach = [[false; 8]; 8];
            (0..8).for_each(|at| reach[at][at] = true);
            edges.iter().for_each(|(a, b)| reach[*a][*b] = true);
            for (k, a, b) in (0..512).map(|n| (n / 64, n / 8 % 8, n % 8)) {
                reach[a][b] |= reach[a][k] && reach[k][b];
            }
            let component = strong_components(8, &edges);
            for (a, b) in (0..64).map(|n| (n / 8, n % 8)) {
                prop_assert_eq!(component[a] == component[b], reach[a][b] && reach[b][a]);
            }
        }

        #[test]
        fn support_flows_as_the_ontology_says(case in graphs()) {
            let graph = &case.graph;
            let flows = Flows::new(graph.ontology(), None);
            for link in graph.links() {
                prop_assert_eq!(flows.carried(graph, link), carries(graph, link));
            }
            for at in graph.entities() {
                let mut up: Vec<_> = flows.upstream(graph, at).map(|l| (l.link, l.to, at)).collect();
                let mut down: Vec<_> = flows.downstream(graph, at).map(|l| (l.link, at, l.to)).collect();
                up.sort();
                down.sort();
                let all = || graph.links().filter_map(|l| carries(graph, l).map(|(from, to)| (l, from, to)));
                prop_assert_eq!(up, all().filter(|(.., to)| *to == at).collect::<Vec<_>>());
                prop_assert_eq!(down, all().filter(|(_, from, _)| *from == at).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_chain_of_many_does_not_overflow() {
        let edges: Vec<(usize, usize)> = (0..200_000).map(|at| (at, at + 1)).collect();
        assert_eq!(strong_components(200_001, &edges)[0], 200_000);
    }
}
