//! What must hold of a graph as a whole, whatever the single changes were: nothing dangles, no
//! list is too long, nothing goes in circles, identifiers are unique.

use std::collections::{BTreeMap, HashMap};

use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use super::apply::Next;
use super::change::*;
use super::*;

/// How many names a circle is shown with.
const CIRCLE_SHOWN: usize = 8;

impl Next {
    pub(super) fn check_outcome(&mut self) {
        // What was removed may be missed by what was refused; the rest concerns what was taken.
        if self.refusals.is_empty() {
            self.check_removed();
        }
        self.check_cardinality();
        self.check_circles();
        self.check_identifiers();
    }

    pub(super) fn check_removed(&mut self) {
        if self.removed.is_empty() {
            return;
        }
        let removed: HashMap<EntityIx, (usize, String)> =
            self.removed.drain(..).map(|(i, slot, id)| (slot, (i, id))).collect();
        let mut uses: BTreeMap<usize, (String, usize)> = BTreeMap::new();
        let mut used = |slot: EntityIx| {
            if let Some((i, id)) = removed.get(&slot) {
                uses.entry(*i).or_insert_with(|| (id.clone(), 0)).1 += 1;
            }
        };
        let links = self.links.iter().flatten();
        links.for_each(|(from, to, link)| {
            [*from, *to].into_iter().chain(link.evidence.iter().map(|e| e.source)).for_each(&mut used);
        });
        self.entities.iter().flatten().flat_map(|e| e.evidence.iter()).for_each(|e| used(e.source));
        self.completeness.iter().for_each(|((entity, ..), statement)| {
            [*entity].into_iter().chain(statement.evidence.iter().map(|e| e.source)).for_each(&mut used);
        });
        for (i, (id, count)) in uses {
            self.refuse(
                i,
                RefusalCode::InUse,
                format!("`{id}` is still named {count} times by links, evidence or statements"),
                "remove those first, or merge it into another",
            );
        }
    }

    pub(super) fn check_cardinality(&mut self) {
        let ontology = self.ontology.clone();
        let mut counts: HashMap<(RelationIx, EntityIx), (u32, usize)> = HashMap::new();
        for (at, (from, _, link)) in
            self.links.iter().enumerate().filter_map(|(at, l)| l.as_ref().map(|l| (at, l)))
        {
            if ontology.relation(link.relation).max.is_some()
                && self.touched_relations.contains(&link.relation)
            {
                let count = counts.entry((link.relation, *from)).or_default();
                count.0 += 1;
                count.1 = count.1.max(self.touched_links.get(&LinkIx(at as u32)).copied().unwrap_or(0));
            }
        }
        let mut over: Vec<_> = counts.into_iter().collect();
        over.sort();
        for ((relation, from), (count, change)) in over {
            let relation = ontology.relation(relation);
            let max = relation.max.unwrap_or(u32::MAX);
            if count > max {
                let id = self.id_of(from);
                self.refuse(
                    change,
                    RefusalCode::Cardinality,
                    format!("`{id}` has {count} links `{}`", relation.name),
                    &format!("at most {max} may be; remove {}", count - max),
                );
            }
        }
    }

    pub(super) fn check_circles(&mut self) {
        let ontology = self.ontology.clone();
        let mut relations: Vec<RelationIx> =
            self.touched_relations.iter().copied().filter(|r| ontology.relation(*r).acyclic).collect();
        relations.sort();
        for relation in relations {
            let mut graph: DiGraphMap<u32, usize> = DiGraphMap::new();
            for (at, link) in self.links.iter().enumerate() {
                if let Some((from, to, link)) = link
                    && link.relation == relation
                {
                    graph.add_edge(
                        from.0,
                        to.0,
                        self.touched_links.get(&LinkIx(at as u32)).copied().unwrap_or(0),
                    );
                }
            }
            // Kosaraju's, since petgraph's Tarjan recurses once a link and a long chain would end the
            // process.
            let circles: Vec<Vec<u32>> =
                kosaraju_scc(&graph).into_iter().filter(|scc| scc.len() > 1).collect();
            let circle_of: HashMap<u32, usize> = circles
                .iter()
                .enumerate()
                .flat_map(|(at, circle)| circle.iter().map(move |ix| (*ix, at)))
                .collect();
            let mut last = vec![0; circles.len()];
            for (a, b, change) in graph.all_edges() {
                if let (Some(x), Some(y)) = (circle_of.get(&a), circle_of.get(&b))
                    && x == y
                {
                    last[*x] = last[*x].max(*change);
                }
            }
            for (circle, change) in circles.into_iter().zip(last) {
                let mut ids: Vec<String> = circle
                    .iter()
                    .rev()
                    .take(CIRCLE_SHOWN)
                    .map(|ix| format!("`{}`", self.id_of(EntityIx(*ix))))
                    .collect();
                if circle.len() > CIRCLE_SHOWN {
                    ids.push(format!("{} more", circle.len() - CIRCLE_SHOWN));
                }
                let name = &ontology.relation(relation).name;
                self.refuse(
                    change,
                    RefusalCode::Cycle,
                    format!("links `{name}` close a circle through {}", ids.join(", ")),
                    "remove one of them",
                );
            }
        }
    }

    pub(super) fn check_identifiers(&mut self) {
        let mut seen: HashMap<Identifier, EntityIx> = HashMap::new();
        let mut clashes = Vec::new();
        for (at, entity) in self.entities.iter().enumerate().filter_map(|(at, e)| e.as_ref().map(|e| (at, e)))
        {
            let ix = EntityIx(at as u32);
            for identifier in &entity.identifiers {
                if let Some(first) = seen.insert(identifier.clone(), ix)
                    && first != ix
                {
                    clashes.push((identifier.clone(), first, ix));
                }
            }
        }
        for (identifier, first, second) in clashes {
            let change = [first, second]
                .iter()
                .filter_map(|ix| self.touched_entities.get(ix))
                .max()
                .copied()
                .unwrap_or(0);
            let what = format!(
                "`{}` and `{}` both have the identifier {} {}",
                self.id_of(first),
                self.id_of(second),
                identifier.scheme,
                identifier.value
            );
            self.refuse(
                change,
                RefusalCode::Taken,
                what,
                "they are one entity (merge them), or one identifier is wrong",
            );
        }
    }

    pub(super) fn id_of(&self, ix: EntityIx) -> String {
        self.entities[ix.0 as usize].as_ref().map(|e| e.id.to_string()).unwrap_or_default()
    }
}
