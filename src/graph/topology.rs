//! The links of one relation as petgraph sees a graph, so that its algorithms run over ours without
//! a copy. Nodes are positions of entities.

use fixedbitset::FixedBitSet;
use petgraph::Direction as Side;
use petgraph::visit::{
    GraphBase, GraphRef, IntoNeighbors, IntoNeighborsDirected, IntoNodeIdentifiers, Visitable,
};

use super::{EntityIx, Graph, Linked};
use crate::ontology::{Direction, RelationIx};

/// Every entity that such a link begins or ends at, and the links between them.
#[derive(Clone, Copy)]
pub(super) struct Topology<'g> {
    pub(super) graph: &'g Graph,
    pub(super) relation: RelationIx,
}

impl<'g> Topology<'g> {
    fn links(self, at: u32, side: Side) -> &'g [Linked] {
        let direction = match side {
            Side::Outgoing => Direction::Forward,
            Side::Incoming => Direction::Inverse,
        };
        self.graph.along(EntityIx(at), self.relation, direction)
    }
}

impl GraphBase for Topology<'_> {
    type NodeId = u32;
    type EdgeId = u32;
}
impl GraphRef for Topology<'_> {}

impl<'g> IntoNeighbors for Topology<'g> {
    type Neighbors = Box<dyn Iterator<Item = u32> + 'g>;
    fn neighbors(self, at: u32) -> Self::Neighbors {
        self.neighbors_directed(at, Side::Outgoing)
    }
}
impl<'g> IntoNeighborsDirected for Topology<'g> {
    type NeighborsDirected = Box<dyn Iterator<Item = u32> + 'g>;
    fn neighbors_directed(self, at: u32, side: Side) -> Self::NeighborsDirected {
        Box::new(self.links(at, side).iter().map(|linked| linked.to.0))
    }
}
impl<'g> IntoNodeIdentifiers for Topology<'g> {
    type NodeIdentifiers = Box<dyn Iterator<Item = u32> + 'g>;
    fn node_identifiers(self) -> Self::NodeIdentifiers {
        let joined =
            move |at: &u32| [Side::Outgoing, Side::Incoming].iter().any(|s| !self.links(*at, *s).is_empty());
        Box::new((0..self.graph.entity_count).filter(joined))
    }
}
impl Visitable for Topology<'_> {
    type Map = FixedBitSet;
    fn visit_map(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.graph.entity_count())
    }
    fn reset_map(&self, map: &mut FixedBitSet) {
        map.clear();
        map.grow(self.graph.entity_count());
    }
}
