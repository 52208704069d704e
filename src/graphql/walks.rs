//! What leads from where to where: paths, trails and neighbourhoods.

use super::arguments::Arguments;
use super::error::GraphqlError;
use super::records::{
    HOP, NEIGHBOR, NEIGHBORHOOD, NEIGHBORHOOD_OMITTED, PATH, PATH_LIST, TRAIL, TRAIL_LINK, TRAIL_NODE,
    TRAIL_OMITTED, list,
};
use super::resolvers::{Answer, Context, Object, Resolved, entity, int};
use crate::graph::{EntityIx, LinkIx};
use crate::ontology::Direction;
use crate::query::grade::Grade;
use crate::query::neighborhood::{NeighborhoodRequest, neighborhood as around};
use crate::query::paths::{Hop, Path, PathOrder, PathRequest, Traversal, paths as find_paths};
use crate::query::trail::{TrailDirection, TrailRequest, trail as follow};

/// Ids that an argument of a walk takes.
pub(super) const IDS: usize = 100;
/// Paths, if nobody says, and at most.
pub(super) const PATHS: (usize, usize) = (3, 100);
/// Hops of a path, if nobody says, and at most.
pub(super) const HOPS: (usize, usize) = (6, 12);
/// Nodes of a trail or neighbourhood, if nobody says, and at most.
pub(super) const WALK_NODES: (usize, usize) = (100, 500);
/// Links that are shown for each node asked for.
pub(super) const LINKS_PER_NODE: usize = 5;
/// Links between a node of a walk and the one it is of.
const DEPTH: (usize, usize) = (10, 20);

fn link(ix: LinkIx) -> Resolved<'static> {
    Resolved::Object(Object::Link(ix))
}

pub(super) fn direction(direction: Direction) -> Resolved<'static> {
    Resolved::Plain(match direction {
        Direction::Forward => "OUTGOING",
        Direction::Inverse => "INCOMING",
    })
}

/// The paths between some entities.
pub(super) fn paths<'c>(c: &'c Context, _: &Object, a: &Arguments) -> Answer<'c> {
    let graph = &c.graph;
    let ids = |name: &str| -> Result<Vec<EntityIx>, GraphqlError> {
        Ok(a.entities(graph, name, IDS)?.unwrap_or_default())
    };
    let (from, to, via, except) = (ids("from")?, ids("to")?, ids("via")?, ids("except")?);
    let relations = a.relations(c.ontology());
    let links = a.links(c.ontology())?;
    let request = PathRequest {
        from: &from,
        to: &to,
        via: &via,
        except: &except,
        relations: relations.as_deref(),
        direction: a.word("direction", &Traversal::ALL).unwrap_or(Traversal::Any),
        max_hops: a.count("maxHops", 1, HOPS.0, HOPS.1)?,
        k: a.count("first", 0, PATHS.0, PATHS.1)?,
        links: links.as_ref(),
        through_hubs: a.flag("throughHubs", false),
        order: a.word("orderBy", &PathOrder::ALL).unwrap_or(PathOrder::Shortest),
    };
    let found = find_paths(graph, &request, &c.budget)?;
    let all = found.paths.iter().map(|path| path_record(c, path));
    Ok(PATH_LIST.of([list(all), Resolved::Boolean(found.more)]))
}

fn path_record(c: &Context, path: &Path) -> Resolved<'static> {
    let mut from = path.start;
    let hops = path.hops.iter().map(|hop| {
        let record = hop_record(c, from, hop);
        from = hop.to;
        record
    });
    let hops = list(hops);
    PATH.of([
        entity(Some(path.start)),
        entity(Some(path.end())),
        int(path.hops.len()),
        Resolved::Plain(path.grade.name()),
        hops,
    ])
}

fn hop_record(c: &Context, from: EntityIx, hop: &Hop) -> Resolved<'static> {
    let graph = &c.graph;
    let relation = c.ontology().relation(graph.link(hop.link).relation());
    let sentence = if relation.symmetric {
        // It reads alike from both ends; it is told from the one the path comes from.
        relation.say(Direction::Forward, graph.entity(from).name(), graph.entity(hop.to).name())
    } else {
        graph.sentence_read(hop.link, hop.direction)
    };
    HOP.of([
        entity(Some(from)),
        link(hop.link),
        entity(Some(hop.to)),
        direction(hop.direction),
        Resolved::Plain(Grade::of_link(graph, hop.link).name()),
        Resolved::Made(sentence),
    ])
}

/// What an entity rests on and what came of it; null where there is none of that id.
pub(super) fn trail<'c>(c: &'c Context, _: &Object, a: &Arguments) -> Answer<'c> {
    let Some(of) = a.text("of").and_then(|id| c.graph.find(&id)) else { return Ok(Resolved::Null) };
    let relations = a.relations(c.ontology());
    let limit = a.count("first", 1, WALK_NODES.0, WALK_NODES.1)?;
    let links = a.links(c.ontology())?;
    let request = TrailRequest {
        of,
        direction: a.word("direction", &TrailDirection::ALL).unwrap_or(TrailDirection::Both),
        depth: a.count("depth", 0, DEPTH.0, DEPTH.1)? as u32,
        relations: relations.as_deref(),
        links: links.as_ref(),
        limit,
    };
    c.budget.begin_walk()?;
    let found = follow(&c.graph, &request, &c.budget)?;
    let nodes = found.nodes.iter().map(|node| {
        TRAIL_NODE.of([
            entity(Some(node.entity)),
            node.layer.map_or(Resolved::Null, |layer| Resolved::Int(layer.into())),
            Resolved::Int(node.distance.into()),
            Resolved::Boolean(node.root),
            Resolved::Boolean(node.stop),
        ])
    });
    let nodes = list(nodes);
    let shown = found.links.len().min(limit * LINKS_PER_NODE);
    let links = found.links[..shown].iter().map(|one| {
        TRAIL_LINK.of([
            link(one.link),
            entity(Some(one.from_upstream)),
            entity(Some(one.to_downstream)),
            Resolved::Plain(one.grade.name()),
            Resolved::Boolean(one.back),
        ])
    });
    let omitted = TRAIL_OMITTED.of([
        int(found.omitted.by_limit),
        int(found.omitted.by_depth),
        int(found.links.len() - shown),
    ]);
    let weakest = found.weakest.map_or(Resolved::Null, |grade| Resolved::Plain(grade.name()));
    Ok(TRAIL.of([entity(Some(of)), nodes, list(links), weakest, omitted]))
}

/// What stands around some entities.
pub(super) fn neighborhood<'c>(c: &'c Context, _: &Object, a: &Arguments) -> Answer<'c> {
    let limit_nodes = a.count("first", 1, WALK_NODES.0, WALK_NODES.1)?;
    let of = a.entities(&c.graph, "of", limit_nodes.min(IDS))?.unwrap_or_default();
    let (relations, kinds) = (a.relations(c.ontology()), a.kinds(c.ontology()));
    let links = a.links(c.ontology())?;
    let request = NeighborhoodRequest {
        of: &of,
        depth: a.count("depth", 0, 1, DEPTH.1)? as u32,
        limit_nodes,
        limit_per_relation: a.count("perRelation", 0, 20, WALK_NODES.1)?,
        relations: relations.as_deref(),
        kinds: kinds.as_deref(),
        links: links.as_ref(),
        through_hubs: a.flag("throughHubs", false),
    };
    c.budget.begin_walk()?;
    let found = around(&c.graph, &request, &c.budget)?;
    let node = |node: &crate::query::neighborhood::Neighbor| {
        NEIGHBOR.of([entity(Some(node.entity)), Resolved::Int(node.distance.into())])
    };
    let shown = found.links.len().min(limit_nodes * LINKS_PER_NODE);
    let omitted = NEIGHBORHOOD_OMITTED.of([
        int(found.omitted.by_kind),
        int(found.omitted.by_limit),
        int(found.omitted.by_depth),
        int(found.omitted.by_hub),
        int(found.links.len() - shown),
    ]);
    let links = list(found.links[..shown].iter().map(|ix| link(*ix)));
    Ok(NEIGHBORHOOD.of([list(found.nodes.iter().map(node)), links, omitted]))
}
