//! What part of a graph is exported.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::graph::{EntityIx, Graph, Owner};
use crate::graphql::{Api, Outcome, Request};
pub use crate::io::export::xml::escaped;
pub use crate::io::export::{Answer, FORMATS, Format, Options, Selection};
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
    /// These entities and links, and the ends of the links.
    Items {
        /// Their ids.
        of: Vec<String>,
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
    /// The query has no whole answer: what is wrong with it.
    NoAnswer(Vec<String>),
}

impl std::fmt::Display for NoPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoPart::Unknown(id) => write!(f, "there is no `{id}`"),
            NoPart::NoAnswer(errors) => write!(f, "{}", errors.join("; ")),
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
                answer: None,
            })
        }
        Part::Items { of } => {
            let unknown = of.iter().find(|id| graph.find(id).is_none() && graph.find_link(id).is_none());
            if let Some(id) = unknown {
                return Err(NoPart::Unknown(id.clone()));
            }
            let title = of.iter().map(|id| match (graph.find(id), graph.find_link(id)) {
                (None, Some(link)) => graph.sentence(link),
                (ix, _) => ix.map(name).unwrap_or_default().to_owned(),
            });
            Ok(Selection { title: title.collect::<Vec<_>>().join("; "), ..items(graph, of) })
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
                answer: None,
            })
        }
    }
}

/// Entities and links by id, each once, in that order; the ends of links, and what pieces of evidence
/// support, with them. Other ids are passed over.
fn items(graph: &Graph, ids: &[String]) -> Selection {
    let (mut entities, mut links) = (Vec::new(), Vec::new());
    for id in ids {
        if let Some(ix) = graph.find(id) {
            entities.push(ix);
        } else if let Some(ix) = graph.find_link(id) {
            links.push(ix);
        } else if let Some((owner, _)) = graph.find_evidence(id) {
            match owner {
                Owner::Entity(ix) | Owner::List(ix, ..) => entities.push(ix),
                Owner::Link(ix) => links.push(ix),
            }
        }
    }
    let mut seen = HashSet::new();
    links.retain(|ix| seen.insert(*ix));
    entities.extend(links.iter().flat_map(|ix| <[EntityIx; 2]>::from(graph.ends(*ix))));
    let mut seen = HashSet::new();
    entities.retain(|ix| seen.insert(*ix));
    Selection { title: String::new(), entities, links, answer: None }
}

/// The answer to a query, and what of the graph it speaks of: entities and links as it names them, the ends
/// of those links with them. `title` is what the query asks.
///
/// # Errors
/// What is wrong with the query, or with its answer.
pub fn answer(
    api: &Api,
    graph: &Arc<Graph>,
    title: String,
    request: &Request,
    budget: &Arc<Budget>,
) -> Result<Selection, NoPart> {
    let (outcome, mut answer, named) = api.execute_and_name(graph, request, budget);
    if outcome == Outcome::TimedOut {
        return Err(NoPart::Exhausted(Exhausted::Cancelled));
    }
    if let Some(errors) = answer["errors"].as_array() {
        let message = |error: &Json| error["message"].as_str().unwrap_or_default().to_owned();
        return Err(NoPart::NoAnswer(errors.iter().map(message).collect()));
    }
    let data = match answer["data"].take() {
        Json::Object(data) => data,
        _ => Map::new(),
    };
    let answer = Answer { query: request.query.clone(), variables: request.variables.clone(), data };
    Ok(Selection { title, answer: Some(answer), ..items(graph, &named) })
}
