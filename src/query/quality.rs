//! What is weak about a link's evidence, and which sources stand on their own.

use std::collections::HashSet;

use crate::graph::{Basis, EntityIx, Graph, LinkIx, QuoteStatus};
use crate::query::filter::LinkFilter;
use crate::query::{Budget, Exhausted};

/// Which sources depend on each other. Two do where a link joins them, of whatever relation and
/// whichever way it reads: one text that cites, replaces, contains or retells another is no second
/// witness. Dependence is passed on: all that hang together are one group.
#[derive(Clone, Debug)]
pub struct SourceGroups {
    /// Of each source, by its position among the sources, one that stands for its group.
    parents: Vec<usize>,
    /// The sources, sorted.
    sources: Vec<EntityIx>,
}

impl SourceGroups {
    /// The groups of a graph's sources: the entities of the kind that evidence quotes.
    ///
    /// Source: union-find, with union by index and path halving (R. Tarjan, J. van Leeuwen, "Worst-case
    /// analysis of set union algorithms", JACM 31, 1984). Cost: the sources, and their links along
    /// relations that can join two of them.
    ///
    /// # Errors
    /// When the budget does not suffice, or is brief.
    pub fn new(graph: &Graph, budget: &Budget) -> Result<SourceGroups, Exhausted> {
        budget.begin_walk()?;
        let ontology = graph.ontology();
        let kind = ontology.source_kind();
        let sources = graph.of_kind(kind).to_vec();
        let joins = |ix: &_| {
            let relation = ontology.relation(*ix);
            relation.from.contains(&kind) && relation.to.contains(&kind)
        };
        let relations: Vec<_> = ontology.relation_indexes().filter(joins).collect();
        let mut groups = SourceGroups { parents: (0..sources.len()).collect(), sources };
        for at in 0..groups.sources.len() {
            budget.spend(1)?;
            for relation in &relations {
                let links = graph.along(groups.sources[at], *relation, crate::ontology::Direction::Forward);
                budget.spend(links.len() as u64)?;
                for linked in links {
                    if let Some(other) = groups.position(linked.to) {
                        let (a, b) = (groups.find(at), groups.find(other));
                        let (low, high) = (a.min(b), a.max(b));
                        groups.parents[high] = low;
                    }
                }
            }
        }
        // From here on every source knows its group at once.
        for at in 0..groups.parents.len() {
            groups.parents[at] = groups.find(at);
        }
        Ok(groups)
    }

    fn position(&self, source: EntityIx) -> Option<usize> {
        self.sources.binary_search(&source).ok()
    }

    fn find(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    /// The source that stands for the group of `source`: the first of it. What is no source stands
    /// for itself.
    pub fn group_of(&self, source: EntityIx) -> EntityIx {
        self.position(source).map_or(source, |at| self.sources[self.parents[at]])
    }

    /// How many sources that do not depend on each other support a link. Cost: its evidence.
    pub fn independent_sources(&self, graph: &Graph, link: LinkIx) -> usize {
        let evidence = graph.link(link).evidence();
        evidence.iter().map(|e| self.group_of(e.source())).collect::<HashSet<_>>().len()
    }
}

/// What is weak about a link. Nothing of it says that the link is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Quality {
    /// All its evidence is from one source, or from sources that depend on each other.
    pub single_sourced: bool,
    /// No source states it.
    pub inferred: bool,
    /// Some of its words were looked for and not found, or come from a source whose text did not pass
    /// its last check, or was not checked.
    pub stale: bool,
    /// None of its words were found in their source.
    pub unverified: bool,
}

impl Quality {
    /// Whether anything is weak.
    pub fn is_weak(self) -> bool {
        self.single_sourced || self.inferred || self.stale || self.unverified
    }
}

/// The quality of one link. Cost: its evidence.
pub fn quality(graph: &Graph, groups: &SourceGroups, link: LinkIx) -> Quality {
    let evidence = graph.link(link).evidence();
    let passed =
        |source| graph.entity(source).text().is_some_and(|text| text.status == Some(QuoteStatus::Verified));
    Quality {
        single_sourced: groups.independent_sources(graph, link) <= 1,
        inferred: graph.link(link).basis() == Basis::Inferred,
        stale: evidence.iter().any(|e| e.status() == QuoteStatus::NotFound || !passed(e.source())),
        unverified: evidence.iter().all(|e| e.status() != QuoteStatus::Verified),
    }
}

/// The links about which anything is weak, in insertion order, as they are asked for; of all links,
/// or of those that pass a filter. Cost: a step for each link looked at and each test of the filter.
/// After an error there is nothing more.
pub fn weak_links<'a>(
    graph: &'a Graph,
    groups: &'a SourceGroups,
    filter: Option<&'a LinkFilter>,
    budget: &'a Budget,
) -> impl Iterator<Item = Result<(LinkIx, Quality), Exhausted>> + 'a {
    let price = 1 + filter.map_or(0, LinkFilter::size);
    let mut links = graph.links();
    std::iter::from_fn(move || {
        loop {
            let link = links.next()?;
            if let Err(exhausted) = budget.spend(price) {
                links = graph.links();
                links.nth(graph.link_count());
                return Some(Err(exhausted));
            }
            if filter.is_some_and(|filter| !filter.holds(graph, link)) {
                continue;
            }
            let quality = quality(graph, groups, link);
            if quality.is_weak() {
                return Some(Ok((link, quality)));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::random_graphs::{Piece, graph_of, graphs};

    fn ample() -> Budget {
        Budget::new(1_000_000)
    }

    /// Whether two sources hang together, by spreading over links until nothing changes.
    fn together(graph: &Graph, a: EntityIx, b: EntityIx) -> bool {
        let kind = graph.ontology().source_kind();
        let mut reached = vec![a];
        for _ in graph.entities() {
            for (from, to) in graph.links().map(|ix| graph.ends(ix)) {
                if graph.entity(from).kind() == kind && graph.entity(to).kind() == kind {
                    match (reached.contains(&from), reached.contains(&to)) {
                        (true, false) => reached.push(to),
                        (false, true) => reached.push(from),
                        _ => {}
                    }
                }
            }
        }
        reached.contains(&b)
    }

    proptest! {
        #[test]
        fn quality_is_what_was_written(case in graphs()) {
            let graph = &case.graph;
            let groups = SourceGroups::new(graph, &ample()).unwrap();
            let sources = graph.of_kind(graph.ontology().source_kind());
            for (a, b) in sources.iter().flat_map(|a| sources.iter().map(move |b| (*a, *b))) {
                prop_assert_eq!(groups.group_of(a) == groups.group_of(b), together(graph, a, b));
            }
            let mut weak = Vec::new();
            for ix in graph.links() {
                let (pieces, quoted) = (&case.pieces[ix.0 as usize], &case.quoted[ix.0 as usize]);
                let found = quality(graph, &groups, ix);
                let mut apart: Vec<EntityIx> = Vec::new();
                for source in quoted {
                    if !apart.iter().any(|other| together(graph, *other, *source)) {
                        apart.push(*source);
                    }
                }
                prop_assert_eq!(groups.independent_sources(graph, ix), apart.len());
                let read = |source: &EntityIx| graph.entity(*source).id() == "text/0";
                let expected = Quality {
                    single_sourced: apart.len() == 1,
                    inferred: pieces.iter().all(|p| *p == Piece::Concluded),
                    stale: pieces.contains(&Piece::NotFound) || !quoted.iter().all(read),
                    unverified: !pieces.contains(&Piece::Verified),
                };
                prop_assert_eq!(found, expected);
                if expected.is_weak() {
                    weak.push((ix, expected));
                }
            }
            let budget = ample();
            let listed: Result<Vec<_>, _> = weak_links(graph, &groups, None, &budget).collect();
            prop_assert_eq!(listed.unwrap(), weak);
        }
    }

    #[test]
    fn an_empty_budget_ends_the_list_with_an_error() {
        let graph = graph_of(&["item/0 causes item/1", "item/1 causes item/2"]);
        let groups = SourceGroups::new(&graph, &ample()).unwrap();
        let budget = Budget::new(1);
        let listed: Vec<_> = weak_links(&graph, &groups, None, &budget).collect();
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[1], Err(Exhausted::Steps));
        assert!(SourceGroups::new(&graph, &Budget::brief(1_000)).is_err());
    }

    #[test]
    fn in_the_seed_every_text_passed_its_check() {
        let graph = crate::app::load(&crate::app::Origin::default()).expect("the seed is sound");
        let groups = SourceGroups::new(&graph, &ample()).unwrap();
        let budget = ample();
        let all = weak_links(&graph, &groups, None, &budget).map(Result::unwrap);
        let (mut single, mut inferred) = (0, 0);
        for (_, quality) in all {
            assert!(!quality.stale);
            single += usize::from(quality.single_sourced);
            inferred += usize::from(quality.inferred);
        }
        assert!(single > graph.link_count() / 2 && inferred > 0);
    }
}
