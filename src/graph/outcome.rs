//! What must hold of a graph as a whole, whatever the single changes were: nothing dangles, no
//! list is too long, nothing goes in circles, identifiers are unique.

use std::collections::{BTreeMap, HashMap, HashSet};

use petgraph::algo::kosaraju_scc;

use super::apply::Transaction;
use super::change::*;
use super::topology::Topology;
use super::*;

/// How many names a circle is shown with.
const CIRCLE_SHOWN: usize = 8;

impl Transaction {
    /// Whatever was removed must not be named any more. Cost: linear in the whole graph, where
    /// something was removed.
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
        for ix in self.graph.links() {
            match self.edited_links.get(&ix) {
                Some(None) => {}
                Some(Some(link)) => {
                    let sources = link.evidence.iter().map(|e| e.source);
                    [link.from, link.to].into_iter().chain(sources).for_each(&mut used);
                }
                None => {
                    let link = self.graph.link(ix);
                    let sources = link.evidence().iter().map(|e| e.source());
                    <[_; 2]>::from(link.ends()).into_iter().chain(sources).for_each(&mut used);
                }
            }
        }
        for ix in self.graph.entities() {
            match self.edited_entities.get(&ix) {
                Some(edited) => edited.iter().flat_map(|e| &e.evidence).for_each(|e| used(e.source)),
                None => self.graph.entity(ix).evidence().iter().for_each(|e| used(e.source())),
            }
        }
        for ((entity, ..), statement) in &*self.graph.completeness {
            let sources = statement.evidence.rows.iter().map(|e| e.source);
            [*entity].into_iter().chain(sources).for_each(&mut used);
        }
        for (i, (id, count)) in uses {
            self.refuse(
                i,
                RefusalCode::InUse,
                format!("`{id}` is still named {count} times by links, evidence or statements"),
                "remove those first, or merge it into another",
            );
        }
    }

    /// Every entity that was touched and has identifiers takes them; a name that another has is
    /// refused.
    pub(super) fn check_identifiers(&mut self) {
        let mut touched: Vec<(EntityIx, usize)> =
            std::mem::take(&mut self.touched_entities).into_iter().collect();
        touched.sort_unstable();
        let change_of: HashMap<EntityIx, usize> = touched.iter().copied().collect();
        for (ix, change) in touched {
            for identifier in self.graph.entity(ix).identifiers().to_vec() {
                let Some(other) = Arc::make_mut(&mut self.graph.by_identifier)
                    .insert(identifier.clone(), ix)
                    .filter(|other| *other != ix)
                else {
                    continue;
                };
                let (first, second) = (other.min(ix), other.max(ix));
                let change = change.max(change_of.get(&other).copied().unwrap_or(0));
                let what = format!(
                    "`{}` and `{}` both have the identifier {} {}",
                    self.graph.entity(first).id(),
                    self.graph.entity(second).id(),
                    identifier.scheme,
                    identifier.value
                );
                let help = "they are one entity (merge them), or one identifier is wrong".to_owned();
                self.refusals.push(Refusal { change, field: None, code: RefusalCode::Taken, what, help });
            }
        }
    }

    /// No list is longer than its relation allows.
    pub(super) fn check_cardinality(&mut self) {
        let ontology = self.ontology.clone();
        let mut lists: BTreeMap<(RelationIx, EntityIx), usize> = BTreeMap::new();
        for (ix, change) in &self.touched_links {
            let link = self.graph.link(*ix);
            if ontology.relation(link.relation()).max.is_some() {
                let last = lists.entry((link.relation(), link.ends().0)).or_default();
                *last = (*last).max(*change);
            }
        }
        for ((relation, from), change) in lists {
            let count = self.graph.along(from, relation, Direction::Forward).len();
            let relation = ontology.relation(relation);
            let max = relation.max.map_or(usize::MAX, |max| max as usize);
            if count > max {
                let id = self.graph.entity(from).id();
                let what = format!("`{id}` has {count} links `{}`", relation.name);
                let help = format!("at most {max} may be; remove {}", count - max);
                self.refuse(change, RefusalCode::Cardinality, what, &help);
            }
        }
    }

    /// No chain of an acyclic relation comes back to where it began. Cost: linear in the entities and
    /// the links of each such relation that was touched.
    pub(super) fn check_circles(&mut self) {
        let ontology = self.ontology.clone();
        let change_of: HashMap<LinkIx, usize> = self.touched_links.iter().copied().collect();
        let mut relations: Vec<RelationIx> = change_of
            .keys()
            .map(|ix| self.graph.link(*ix).relation())
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        relations.sort();
        relations.retain(|relation| ontology.relation(*relation).acyclic);
        for relation in relations {
            // Kosaraju's, since petgraph's Tarjan recurses once a link and a long chain would end the
            // process.
            let graph = &self.graph;
            let circles = kosaraju_scc(Topology { graph, relation }).into_iter().filter(|scc| scc.len() > 1);
            let mut found = Vec::new();
            for circle in circles {
                let within: HashSet<u32> = circle.iter().copied().collect();
                let links =
                    circle.iter().flat_map(|at| graph.along(EntityIx(*at), relation, Direction::Forward));
                let closing = links.filter(|linked| within.contains(&linked.to.0));
                let last = closing.filter_map(|linked| change_of.get(&linked.link)).max().copied();
                let shown = circle.iter().rev().take(CIRCLE_SHOWN);
                let mut ids: Vec<String> =
                    shown.map(|at| format!("`{}`", graph.entity(EntityIx(*at)).id())).collect();
                if circle.len() > CIRCLE_SHOWN {
                    ids.push(format!("{} more", circle.len() - CIRCLE_SHOWN));
                }
                found.push((last.unwrap_or(0), ids.join(", ")));
            }
            let name = &ontology.relation(relation).name;
            for (change, ids) in found {
                let what = format!("links `{name}` close a circle through {ids}");
                self.refuse(change, RefusalCode::Cycle, what, "remove one of them");
            }
        }
    }
}
