//! Impact: what loses its support, wholly or in part, if one entity falls.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::graph::{EntityIx, Graph, LinkIx, Owner};
use crate::query::flow::Flows;
use crate::query::{Budget, Exhausted};

/// How much of its support something loses. Greater losses order first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Loss {
    /// All of it.
    All,
    /// Some of it; the rest stands.
    Part,
    /// None of its own; but something farther upstream loses a part.
    Indirect,
}

impl Loss {
    /// The words of the API.
    pub const ALL: [(Loss, &str); 3] =
        [(Loss::All, "ALL"), (Loss::Part, "PART"), (Loss::Indirect, "INDIRECT")];

    /// The word.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
    /// The loss of that word.
    pub fn parse(word: &str) -> Option<Loss> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(loss, _)| *loss)
    }
}

/// Something that loses evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceLoss {
    /// An entity, a link, or a statement of completeness.
    pub owner: Owner,
    /// All of its evidence or a part.
    pub loss: Loss,
    /// Which pieces fall, by their place among its evidence.
    pub pieces: Vec<usize>,
}

/// An entity that loses support from upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportLoss {
    /// Which.
    pub entity: EntityIx,
    /// How much.
    pub loss: Loss,
    /// How many links from what falls, by the shortest way. A link that falls itself counts as one.
    pub distance: u32,
    /// The links that carry the loss to it: those of its support that are lost (for `Indirect`, those
    /// from entities that are in the list too), in insertion order.
    pub reasons: Vec<LinkIx>,
}

/// What falls with an entity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// The sources that fall: the entity itself if it is one, and every source derived from it. None
    /// where it is no source.
    pub sources: Vec<EntityIx>,
    /// What rests on evidence out of these: entities other than these sources, links, statements, in
    /// that order, each in insertion order.
    pub evidence: Vec<EvidenceLoss>,
    /// What loses support from upstream: greatest losses first, then nearest, then insertion.
    pub support: Vec<SupportLoss>,
}

/// What loses all or part of its support if `of` falls: if it is withdrawn, say, or wrong.
///
/// Evidence falls with its source. If `of` is a source, it falls itself, and with it every source
/// derived from it: every one that support flows to from it by way of sources alone. A link all of
/// whose evidence falls is lost.
///
/// Support flows along the relations whose flow says so. What is lost is the least that must be so:
/// `of`, if it supports anything, and lost links give no more support; an entity downstream
/// keeps support while a link that is not lost brings it from an entity that is not downstream at all, or
/// keeps support itself (the least fixed point of that sentence). All others downstream lose
/// everything: what only supports one another in a circle does too. An entity that
/// keeps some loses a part if a link of its support is lost or comes from what lost everything. Nothing
/// is said of entities that never had upstream support, and walks do not stop at hubs.
///
/// Cost: for a source, linear in all evidence of the graph; then the links of all that is downstream,
/// a few times.
///
/// # Errors
/// When the budget does not suffice, or is brief.
pub fn impact(graph: &Graph, of: EntityIx, budget: &Budget) -> Result<Impact, Exhausted> {
    budget.begin_walk()?;
    let flows = Flows::new(graph.ontology(), None);
    let mut fall = Fall { graph, flows, budget, fallen: HashSet::from([of]), lost: HashSet::new() };
    let kind = graph.ontology().source_kind();
    if graph.entity(of).kind() != kind {
        let support = fall.support()?;
        return Ok(Impact { support, ..Impact::default() });
    }
    let sources = fall.derived(of)?;
    let evidence = fall.evidence()?;
    let support = fall.support()?;
    Ok(Impact { sources, evidence, support })
}

struct Fall<'a> {
    graph: &'a Graph,
    flows: Flows,
    budget: &'a Budget,
    /// What falls of itself.
    fallen: HashSet<EntityIx>,
    /// Links without evidence that stands.
    lost: HashSet<LinkIx>,
}

impl Fall<'_> {
    /// `of` and every source to which support flows from it by way of sources alone.
    fn derived(&mut self, of: EntityIx) -> Result<Vec<EntityIx>, Exhausted> {
        let kind = self.graph.ontology().source_kind();
        let mut queue = VecDeque::from([of]);
        while let Some(at) = queue.pop_front() {
            for next in self.flows.downstream(self.graph, at) {
                self.budget.spend(1)?;
                if self.graph.entity(next.to).kind() == kind && self.fallen.insert(next.to) {
                    queue.push_back(next.to);
                }
            }
        }
        let mut all: Vec<EntityIx> = self.fallen.iter().copied().collect();
        all.sort_unstable();
        Ok(all)
    }

    /// Everything that loses evidence.
    fn evidence(&mut self) -> Result<Vec<EvidenceLoss>, Exhausted> {
        let mut losses = Vec::new();
        for owner in self.graph.owners() {
            let evidence = self.graph.evidence(owner);
            self.budget.spend(1 + evidence.len() as u64)?;
            if matches!(owner, Owner::Entity(ix) if self.fallen.contains(&ix)) {
                continue;
            }
            let falls = evidence.iter().enumerate().filter(|(_, e)| self.fallen.contains(&e.source()));
            let pieces: Vec<usize> = falls.map(|(at, _)| at).collect();
            if pieces.is_empty() {
                continue;
            }
            let loss = if pieces.len() == evidence.len() { Loss::All } else { Loss::Part };
            if let (Owner::Link(ix), Loss::All) = (owner, loss) {
                self.lost.insert(ix);
            }
            losses.push(EvidenceLoss { owner, loss, pieces });
        }
        Ok(losses)
    }

    /// Everything that loses support, from what has fallen.
    fn support(&self) -> Result<Vec<SupportLoss>, Exhausted> {
        let distance = self.downstream()?;
        let kept = self.kept(&distance)?;
        let gone =
            |at: EntityIx| self.fallen.contains(&at) || distance.contains_key(&at) && !kept.contains(&at);
        let mut losses = Vec::new();
        for (entity, distance_of) in &distance {
            let (mut direct, mut indirect) = (Vec::new(), Vec::new());
            for up in self.flows.upstream(self.graph, *entity) {
                self.budget.spend(1)?;
                if self.lost.contains(&up.link) || gone(up.to) {
                    direct.push(up.link);
                } else if distance.contains_key(&up.to) {
                    indirect.push(up.link);
                }
            }
            let (loss, mut reasons) = if gone(*entity) {
                (Loss::All, direct)
            } else if direct.is_empty() {
                (Loss::Indirect, indirect)
            } else {
                (Loss::Part, direct)
            };
            reasons.sort_unstable();
            losses.push(SupportLoss { entity: *entity, loss, distance: *distance_of, reasons });
        }
        losses.sort_unstable_by_key(|l| (l.loss, l.distance, l.entity));
        Ok(losses)
    }

    /// Every entity downstream of what has fallen, without that itself, with its distance.
    fn downstream(&self) -> Result<HashMap<EntityIx, u32>, Exhausted> {
        let mut distance: HashMap<EntityIx, u32> = HashMap::new();
        let mut frontier: Vec<EntityIx> = self.fallen.iter().copied().collect();
        let mut first: Vec<EntityIx> = Vec::new();
        for link in &self.lost {
            self.budget.spend(1)?;
            first.extend(self.flows.carried(self.graph, *link).map(|(_, to)| to));
        }
        let mut level = 1;
        while !frontier.is_empty() || !first.is_empty() {
            let mut next = Vec::new();
            for at in frontier {
                for down in self.flows.downstream(self.graph, at) {
                    self.budget.spend(1)?;
                    first.push(down.to);
                }
            }
            for to in first.drain(..) {
                if !self.fallen.contains(&to) && !distance.contains_key(&to) {
                    distance.insert(to, level);
                    next.push(to);
                }
            }
            frontier = next;
            level += 1;
        }
        Ok(distance)
    }

    /// Those downstream that keep support.
    fn kept(&self, downstream: &HashMap<EntityIx, u32>) -> Result<HashSet<EntityIx>, Exhausted> {
        let mut kept = HashSet::new();
        let mut queue = Vec::new();
        for at in downstream.keys() {
            for up in self.flows.upstream(self.graph, *at) {
                self.budget.spend(1)?;
                let outside = !self.fallen.contains(&up.to) && !downstream.contains_key(&up.to);
                if outside && !self.lost.contains(&up.link) && kept.insert(*at) {
                    queue.push(*at);
                }
            }
        }
        while let Some(at) = queue.pop() {
            for down in self.flows.downstream(self.graph, at) {
                self.budget.spend(1)?;
                let carries = downstream.contains_key(&down.to) && !self.lost.contains(&down.link);
                if carries && kept.insert(down.to) {
                    queue.push(down.to);
                }
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::random_graphs::{Case, carries, graph_of, graphs};

    fn ample() -> Budget {
        Budget::new(1_000_000)
    }

    /// The same by looking at every link until nothing changes.
    fn naive(case: &Case, of: EntityIx) -> Impact {
        let graph = &case.graph;
        let kind = graph.ontology().source_kind();
        let is_source = |at: EntityIx| graph.entity(at).kind() == kind;
        let flows: Vec<_> =
            graph.links().filter_map(|ix| carries(graph, ix).map(|(from, to)| (ix, from, to))).collect();
        let mut fallen = vec![of];
        let mut impact = Impact::default();
        let mut lost = Vec::new();
        if is_source(of) {
            for _ in graph.entities() {
                for (_, from, to) in &flows {
                    if fallen.contains(from) && is_source(*from) && is_source(*to) && !fallen.contains(to) {
                        fallen.push(*to);
                    }
                }
            }
            fallen.sort();
            impact.sources = fallen.clone();
            for ix in graph.links() {
                let evidence = graph.link(ix).evidence();
                let pieces: Vec<_> =
                    (0..evidence.len()).filter(|at| fallen.contains(&evidence.get(*at).source())).collect();
                let whole = case.quoted[ix.0 as usize].iter().all(|text| fallen.contains(text));
                if whole {
                    lost.push(ix);
                }
                if !pieces.is_empty() {
                    let loss = if whole { Loss::All } else { Loss::Part };
                    impact.evidence.push(EvidenceLoss { owner: Owner::Link(ix), loss, pieces });
                }
            }
        }
        // Downstream, with distances, round by round.
        let mut far: HashMap<EntityIx, u32> = HashMap::new();
        for round in 0..20 {
            for (ix, from, to) in &flows {
                let begins = round == 0 && (fallen.contains(from) || lost.contains(ix));
                if (begins || far.get(from) == Some(&round)) && !fallen.contains(to) {
                    far.entry(*to).or_insert(round + 1);
                }
            }
        }
        let mut kept: Vec<EntityIx> = graph.entities().filter(|at| !far.contains_key(at)).collect();
        kept.retain(|at| !fallen.contains(at));
        for _ in graph.entities() {
            for (ix, from, to) in &flows {
                if kept.contains(from) && !lost.contains(ix) && !fallen.contains(to) && !kept.contains(to) {
                    kept.push(*to);
                }
            }
        }
        for (entity, distance) in far.clone() {
            let own = || flows.iter().filter(|(.., to)| *to == entity);
            let direct: Vec<LinkIx> = own()
                .filter(|(ix, from, _)| lost.contains(ix) || !kept.contains(from))
                .map(|l| l.0)
                .collect();
            let indirect: Vec<LinkIx> =
                own().filter(|(_, from, _)| far.contains_key(from)).map(|l| l.0).collect();
            let (loss, reasons) = match (kept.contains(&entity), direct.is_empty()) {
                (false, _) => (Loss::All, direct),
                (true, false) => (Loss::Part, direct),
                (true, true) => (Loss::Indirect, indirect),
            };
            impact.support.push(SupportLoss { entity, loss, distance, reasons });
        }
        impact.support.sort_by_key(|l| (l.loss as u8, l.distance, l.entity));
        impact
    }

    proptest! {
        #[test]
        fn what_falls_is_what_trying_every_link_finds(case in graphs()) {
            for of in case.graph.entities() {
                let found = impact(&case.graph, of, &ample()).unwrap();
                for loss in &found.support {
                    prop_assert!(!loss.reasons.is_empty());
                    let all = case.graph.links().filter_map(|ix| carries(&case.graph, ix));
                    let own = all.filter(|(_, to)| *to == loss.entity).count();
                    prop_assert_eq!(loss.loss == Loss::All, loss.loss == Loss::All && loss.reasons.len() == own);
                }
                prop_assert_eq!(found, naive(&case, of));
            }
        }
    }

    fn losses(graph: &Graph, of: &str) -> Vec<(String, Loss, u32)> {
        let found = impact(graph, graph.find(of).unwrap(), &ample()).unwrap().support;
        found.iter().map(|l| (graph.entity(l.entity).id().to_owned(), l.loss, l.distance)).collect()
    }

    #[test]
    fn what_only_supports_one_another_falls_together() {
        let graph = graph_of(&[
            "item/0 causes item/1",
            "item/1 causes item/2",
            "item/2 causes item/1",
            "item/2 causes aim/3",
            "item/4 causes aim/3",
            "aim/5 restsOn aim/3",
        ]);
        let expected = [
            ("item/1", Loss::All, 1),
            ("item/2", Loss::All, 2),
            ("aim/3", Loss::Part, 3),
            ("aim/5", Loss::Indirect, 4),
        ];
        assert_eq!(losses(&graph, "item/0"), expected.map(|(id, loss, far)| (id.to_owned(), loss, far)));
        assert_eq!(losses(&graph, "aim/5"), []);
        assert_eq!(impact(&graph, EntityIx(0), &Budget::brief(1_000)), Err(Exhausted::Steps));
    }

    #[test]
    fn what_cites_a_source_that_falls_falls_with_it() {
        let graph = graph_of(&["text/1 cites text/0", "text/2 cites text/1", "text/2 causes item/0"]);
        let found = impact(&graph, graph.find("text/1").unwrap(), &ample()).unwrap();
        assert_eq!(found.sources.len(), 2);
        assert_eq!(found.evidence, []);
        assert_eq!(losses(&graph, "text/0"), [("item/0".to_owned(), Loss::All, 1)]);
    }

    #[test]
    fn without_its_report_the_seed_loses_advice_and_without_a_page_its_links() {
        let graph = crate::app::load(&crate::app::Origin::default()).expect("the seed is sound");
        let lost = losses(&graph, "report/regional-and-maternal-health-access");
        // The challenge that the advice addresses stands, and so does some of its support.
        let advice = ("recommendation/next-steps-in-equitable-care".to_owned(), Loss::Part, 1);
        assert!(lost.contains(&advice), "{lost:?}");
        assert!(lost.contains(&("initiative/ahem".to_owned(), Loss::Indirect, 2)));
        let page = graph.find("source/mass-gov-ahem").unwrap();
        let found = impact(&graph, page, &ample()).unwrap();
        let whole = found.evidence.iter().filter(|l| l.loss == Loss::All).count();
        assert!(whole > 200 && found.evidence.len() < graph.owners().count());
        for loss in &found.evidence {
            let evidence = graph.evidence(loss.owner);
            assert!(loss.pieces.iter().all(|at| evidence.get(*at).source() == page));
            assert_eq!(loss.loss == Loss::All, evidence.len() == loss.pieces.len());
        }
    }
}
