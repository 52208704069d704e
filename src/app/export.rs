//! What part of a graph is exported.

use crate::graph::{EntityIx, Graph};
pub use crate::io::export::{FORMATS, Format, Options, Selection};
use crate::query::neighborhood::{NeighborhoodRequest, neighborhood};
use crate::query::trail::{TrailDirection, TrailRequest, trail};
use crate::query::{Budget, Exhausted};

/// Which part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// What lies around these entities, so many links away at most.
    Neighborhood {
        /// Their ids.
        of: Vec<String>,
        /// How many links.
        depth: u32,
    },
    /// The chain of evidence of an entity, so many links each way at most.
    Trail {
        /// Its id.
        of: String,
        /// How many links.
        depth: u32,
    },
}

/// Why there is no such part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPart {
    /// There is nothing of this id.
    Unknown(String),
    /// The budget does not suffice, or was cancelled.
    Exhausted(Exhausted),
}

impl std::fmt::Display for NoPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoPart::Unknown(id) => write!(f, "there is no `{id}`"),
            NoPart::Exhausted(_) => write!(f, "the part is too large; ask for fewer links from it"),
        }
    }
}

/// The entities and links of a part, `most` entities at most. Links are in the order of the graph.
///
/// # Errors
/// Which id is not there; when the budget does not suffice.
pub fn select(graph: &Graph, part: &Part, most: usize, budget: &Budget) -> Result<Selection, NoPart> {
    let find = |id: &String| graph.find(id).ok_or_else(|| NoPart::Unknown(id.clone()));
    let name = |ix: EntityIx| graph.entity(ix).name();
    match part {
        Part::Whole => Ok(Selection::whole(graph)),
        Part::Neighborhood { of, depth } => {
            let of: Vec<EntityIx> = of.iter().map(find).collect::<Result<_, _>>()?;
            let request = NeighborhoodRequest {
                of: &of,
                depth: *depth,
                limit_nodes: most,
                limit_per_relation: most,
                relations: None,
                kinds: None,
                links: None,
                through_hubs: false,
            };
            let found = neighborhood(graph, &request, budget).map_err(NoPart::Exhausted)?;
            let names: Vec<&str> = of.iter().map(|ix| name(*ix)).collect();
            Ok(Selection {
                title: format!("Around {}", names.join(", ")),
                entities: found.nodes.iter().map(|node| node.entity).collect(),
                links: found.links,
            })
        }
        Part::Trail { of, depth } => {
            let of = find(of)?;
            let request = TrailRequest {
                of,
                direction: TrailDirection::Both,
                depth: *depth,
                relations: None,
                links: None,
                limit: most,
            };
            let found = trail(graph, &request, budget).map_err(NoPart::Exhausted)?;
            Ok(Selection {
                title: format!("The evidence of {}", name(of)),
                entities: found.nodes.iter().map(|node| node.entity).collect(),
                links: found.links.iter().map(|link| link.link).collect(),
            })
        }
    }
}
