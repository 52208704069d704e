//! From a draft that holds to a graph: positions without gaps, indexes, the content hash.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::apply::Next;
use super::*;

impl Next {
    pub(super) fn finish(mut self, sequence: u64) -> Graph {
        if self.texts_changed {
            self.restatus();
        }
        self.close_gaps();
        let ontology = self.ontology;
        let entities: Vec<Arc<Entity>> = self.entities.into_iter().flatten().collect();
        let mut topology = DiGraph::with_capacity(entities.len(), self.links.len());
        for _ in &entities {
            topology.add_node(());
        }
        let mut links = Vec::with_capacity(self.links.len());
        for (from, to, link) in self.links.into_iter().flatten() {
            topology.add_edge(node(from), node(to), link.relation);
            links.push(link);
        }
        let mut by_kind = vec![Vec::new(); ontology.kinds.len()];
        let mut by_identifier = HashMap::new();
        for (at, entity) in entities.iter().enumerate() {
            let ix = EntityIx(at as u32);
            by_kind[entity.kind.0 as usize].push(ix);
            by_identifier.extend(entity.identifiers.iter().map(|identifier| (identifier.clone(), ix)));
        }
        let mut count_by_relation = vec![0; ontology.relations.len()];
        links.iter().for_each(|link: &Arc<Link>| count_by_relation[link.relation.0 as usize] += 1);
        let sizes = entities.iter().map(|e| e.evidence.len()).chain(links.iter().map(|l| l.evidence.len()));
        let max_evidence =
            sizes.chain(self.completeness.values().map(|s| s.evidence.len())).max().unwrap_or(0);
        let adjacency = |direction| adjacency(&ontology, entities.len(), &topology, direction);
        let (forward, inverse) = (adjacency(Direction::Forward), adjacency(Direction::Inverse));
        let mut max_degrees = vec![[0; 2]; ontology.relations.len()];
        for (side, adjacency) in [&forward, &inverse].into_iter().enumerate() {
            for at in 0..entities.len() as u32 {
                for along in adjacency.of(EntityIx(at)).chunk_by(|a, b| a.0 == b.0) {
                    let max = &mut max_degrees[along[0].0.0 as usize][side];
                    *max = along.len().max(*max);
                }
            }
        }
        let degree = |at: u32| forward.of(EntityIx(at)).len() + inverse.of(EntityIx(at)).len();
        let max_degree = (0..entities.len() as u32).map(degree).max().unwrap_or(0);
        let lists = |e: &Arc<Entity>| {
            let longest = e.properties.iter().map(|(_, v)| v.members().len()).max().unwrap_or(0);
            longest.max(e.identifiers.len())
        };
        let max_list = entities.iter().map(lists).max().unwrap_or(0);
        let mut graph = Graph {
            version: DataVersion { sequence, content: [0; 32], ontology: ontology.hash },
            ontology,
            entities,
            links,
            topology,
            by_id: self.by_id,
            merged: self.merged,
            by_identifier,
            by_kind,
            completeness: self.completeness,
            forward,
            inverse,
            count_by_relation,
            max_degrees,
            max_degree,
            max_evidence,
            max_list,
            by_name: OnceLock::new(),
            by_link_id: OnceLock::new(),
            by_evidence_id: OnceLock::new(),
        };
        graph.version.content = content_hash(&graph);
        graph
    }

    /// Statuses anew, where a source's text has come or changed.
    pub(super) fn restatus(&mut self) {
        let texts: HashMap<EntityIx, Option<Arc<str>>> = self
            .entities
            .iter()
            .enumerate()
            .filter_map(|(at, e)| e.as_ref().map(|e| (at, e)))
            .filter(|(_, e)| self.ontology.kind(e.kind).is_source)
            .map(|(at, e)| (EntityIx(at as u32), e.text.as_ref().and_then(|t| t.sha256.clone())))
            .collect();
        let status = |e: &Evidence| e.status_under(texts.get(&e.source).and_then(|sha| sha.as_deref()));
        let stale = |evidence: &[Evidence]| evidence.iter().any(|e| e.status != status(e));
        let restatus = |evidence: &mut [Evidence]| evidence.iter_mut().for_each(|e| e.status = status(e));
        for entity in self.entities.iter_mut().flatten().filter(|e| stale(&e.evidence)) {
            restatus(&mut Arc::make_mut(entity).evidence);
        }
        for (_, _, link) in self.links.iter_mut().flatten().filter(|(_, _, l)| stale(&l.evidence)) {
            restatus(&mut Arc::make_mut(link).evidence);
        }
        for statement in self.completeness.values_mut() {
            restatus(&mut statement.evidence);
        }
    }

    /// Moves what stands after a removed slot forward, so that positions are without gaps again.
    pub(super) fn close_gaps(&mut self) {
        if self.entities.iter().all(Option::is_some) {
            return;
        }
        let mut position = 0;
        let moved: Vec<EntityIx> = self
            .entities
            .iter()
            .map(|e| {
                let ix = EntityIx(position);
                position += u32::from(e.is_some());
                ix
            })
            .collect();
        let to = |ix: EntityIx| moved[ix.0 as usize];
        let requote = |evidence: &mut [Evidence]| evidence.iter_mut().for_each(|e| e.source = to(e.source));
        self.entities.retain(Option::is_some);
        for entity in self.entities.iter_mut().flatten() {
            requote(&mut Arc::make_mut(entity).evidence);
        }
        for (from, end, link) in self.links.iter_mut().flatten() {
            (*from, *end) = (to(*from), to(*end));
            requote(&mut Arc::make_mut(link).evidence);
        }
        self.by_id.values_mut().chain(self.merged.values_mut()).for_each(|ix| *ix = to(*ix));
        self.completeness = std::mem::take(&mut self.completeness)
            .into_iter()
            .map(|((e, r, d), mut statement)| {
                requote(&mut statement.evidence);
                ((to(e), r, d), statement)
            })
            .collect();
    }
}

/// Links by entity and relation in one direction; symmetric ones forward from both ends.
fn adjacency(
    ontology: &Ontology,
    entities: usize,
    topology: &DiGraph<(), RelationIx, u32>,
    direction: Direction,
) -> Adjacency {
    let mut rows: Vec<(EntityIx, RelationIx, LinkIx)> = Vec::with_capacity(topology.edge_count());
    for (at, edge) in topology.raw_edges().iter().enumerate() {
        let (from, to) = (EntityIx(edge.source().index() as u32), EntityIx(edge.target().index() as u32));
        let link = LinkIx(at as u32);
        match (direction, ontology.relation(edge.weight).symmetric) {
            (Direction::Forward, true) => rows.extend([(from, edge.weight, link), (to, edge.weight, link)]),
            (Direction::Forward, false) => rows.push((from, edge.weight, link)),
            (Direction::Inverse, true) => {}
            (Direction::Inverse, false) => rows.push((to, edge.weight, link)),
        }
    }
    rows.sort_unstable();
    let mut starts = vec![0u32; entities + 1];
    for (entity, ..) in &rows {
        starts[entity.0 as usize + 1] += 1;
    }
    for i in 0..entities {
        starts[i + 1] += starts[i];
    }
    Adjacency { starts, links: rows.into_iter().map(|(_, relation, link)| (relation, link)).collect() }
}

/// SHA-256 over everything the graph says, in order, each part closed off by its length.
fn content_hash(graph: &Graph) -> [u8; 32] {
    let ontology = &graph.ontology;
    let mut hash = Sha256::new();
    let mut put = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    let evidence = |put: &mut dyn FnMut(&[u8]), all: &[Evidence]| {
        put(&(all.len() as u64).to_le_bytes());
        for e in all {
            put(graph.entity(e.source).id.as_bytes());
            for part in [&e.quote, &e.prefix, &e.suffix, &e.url, &e.note] {
                put(part.as_deref().unwrap_or("").as_bytes());
            }
            put(e.basis.name().as_bytes());
            put(e.status.name().as_bytes());
            e.properties.iter().for_each(|p| put(ontology.property(*p).name.as_bytes()));
        }
    };
    for entity in &graph.entities {
        put(entity.id.as_bytes());
        put(entity.name.as_bytes());
        for (ix, value) in &entity.properties {
            put(ontology.property(*ix).name.as_bytes());
            put(format!("{value:?}").as_bytes());
        }
        entity.identifiers.iter().for_each(|id| {
            put(id.scheme.as_bytes());
            put(id.value.as_bytes());
        });
        entity.merged_from.iter().for_each(|id| put(id.as_bytes()));
        put(format!("{:?}", entity.text).as_bytes());
        evidence(&mut put, &entity.evidence);
    }
    for ix in graph.links() {
        let (from, to) = graph.ends(ix);
        let link = graph.link(ix);
        put(graph.entity(from).id.as_bytes());
        put(ontology.relation(link.relation).name.as_bytes());
        put(graph.entity(to).id.as_bytes());
        for date in [&link.date, &link.valid_from, &link.valid_until] {
            put(date.as_ref().map_or("", |d| d.edtf()).as_bytes());
            put(date.as_ref().and_then(|d| d.kind()).map_or("", |k| k.name()).as_bytes());
        }
        for (at, value) in &link.properties {
            put(&at.to_le_bytes());
            put(format!("{value:?}").as_bytes());
        }
        evidence(&mut put, &link.evidence);
    }
    for ((entity, relation, direction), statement) in graph.completeness_statements() {
        put(graph.entity(entity).id.as_bytes());
        put(ontology.relation(relation).name_in(direction).as_bytes());
        put(statement.completeness.name().as_bytes());
        evidence(&mut put, &statement.evidence);
    }
    hash.finalize().into()
}
