//! What a path may do: which links it follows from either side, what it passes through, where it
//! begins and ends.

use hashbrown::HashSet;

use super::super::filter::LinkFilter;
use super::super::grade::Grade;
use super::super::{Budget, Exhausted};
use super::{PathRequest, Traversal};
use crate::graph::{EntityIx, Graph, Linked};
use crate::ontology::{Direction, Flow, Kind, RelationIx};

/// From where one looks at a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// As a path leaves an entity.
    Start,
    /// As it arrives there.
    End,
}

/// What a path may do.
pub(super) struct Rules<'a> {
    pub(super) graph: &'a Graph,
    pub(super) request: &'a PathRequest<'a>,
    /// Links of a lower grade are not followed.
    floor: Grade,
    /// For each side and kind, the lists of links that are followed, and how a hop is read.
    lists: [Vec<Vec<List>>; 2],
    /// Whether entities of a kind are passed through.
    passable: Vec<bool>,
    /// Sorted, as the ends are.
    pub(super) starts: Vec<EntityIx>,
    pub(super) ends: Vec<EntityIx>,
    via: HashSet<EntityIx>,
    except: HashSet<EntityIx>,
}

/// A list of links: along which relation, in whose direction it stands there, and how it is read
/// on the path.
type List = (RelationIx, Direction, Direction);

impl<'a> Rules<'a> {
    pub(super) fn new(graph: &'a Graph, request: &'a PathRequest<'a>, floor: Grade) -> Rules<'a> {
        let ontology = graph.ontology();
        let lists = [Side::Start, Side::End].map(|side| {
            let of = |kind| {
                let all = ontology.relations_of(kind).map(|(relation, list)| match side {
                    Side::End if !ontology.relation(relation).symmetric => (relation, list, list.opposite()),
                    _ => (relation, list, list),
                });
                all.filter(|(relation, _, read)| follows(graph, request, *relation, *read)).collect()
            };
            ontology.kind_indexes().map(of).collect()
        });
        let passable = |kind: &Kind| request.through_hubs || !(kind.hub || kind.is_source);
        let except: HashSet<_> = request.except.iter().copied().collect();
        let allowed = |all: &[EntityIx]| {
            let mut allowed: Vec<_> = all.iter().copied().filter(|ix| !except.contains(ix)).collect();
            allowed.sort_unstable();
            allowed.dedup();
            allowed
        };
        Rules {
            graph,
            request,
            floor,
            lists,
            passable: ontology.kinds.iter().map(passable).collect(),
            starts: allowed(request.from),
            ends: allowed(request.to),
            via: request.via.iter().copied().collect(),
            except,
        }
    }

    /// Whether a path may arrive at an entity and leave it again.
    pub(super) fn passes(&self, ix: EntityIx) -> bool {
        self.passable[self.graph.entity(ix).kind().0 as usize] || self.via.contains(&ix)
    }

    /// Whether a path may end there.
    pub(super) fn ends_at(&self, ix: EntityIx) -> bool {
        self.ends.binary_search(&ix).is_ok()
    }

    fn admits(&self, linked: &Linked) -> bool {
        !self.except.contains(&linked.to)
            && LinkFilter::passes(self.request.links, self.graph, linked.link)
            && (self.floor == Grade::Inferred || Grade::of_link(self.graph, linked.link) >= self.floor)
    }

    /// Every link that leads from an entity, or to it, and the way it is read on the path.
    pub(super) fn links(
        &self,
        at: EntityIx,
        side: Side,
        budget: &Budget,
        mut each: impl FnMut(Linked, Direction),
    ) -> Result<(), Exhausted> {
        budget.spend(1)?;
        for (relation, list, read) in &self.lists[side as usize][self.graph.entity(at).kind().0 as usize] {
            for part in self.graph.along(at, *relation, *list).chunks(1024) {
                budget.spend(part.len() as u64 * LinkFilter::price(self.request.links))?;
                part.iter().filter(|linked| self.admits(linked)).for_each(|linked| each(*linked, *read));
            }
        }
        Ok(())
    }
}

/// Whether paths follow a relation, read in that direction.
fn follows(graph: &Graph, request: &PathRequest<'_>, ix: RelationIx, read: Direction) -> bool {
    let relation = graph.ontology().relation(ix);
    let asked = match request.relations {
        Some(relations) => relations.contains(&ix),
        None => relation.through_hub || request.through_hubs,
    };
    let along = |wanted: Direction| relation.symmetric || read == wanted;
    asked
        && match (request.direction, relation.flow) {
            (Traversal::Any, _) => true,
            (Traversal::Forward, _) => along(Direction::Forward),
            (_, Flow::None) => false,
            (Traversal::Downstream, Flow::Forward) | (Traversal::Upstream, Flow::Backward) => {
                along(Direction::Forward)
            }
            (Traversal::Downstream, Flow::Backward) | (Traversal::Upstream, Flow::Forward) => {
                along(Direction::Inverse)
            }
        }
}
