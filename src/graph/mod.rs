//! Room 2: what does exist. Entities and links over a petgraph, each link with the evidence it
//! rests on; petgraph's types do not leave this room.
//!
//! A [`Graph`] is immutable. [`Graph::apply`] takes a batch of [`Change`]s, the only door for
//! writes, and gives the next graph or every reason why not; readers of the old one go on
//! undisturbed.

mod admit;
mod apply;
mod change;
mod connect;
mod evidence;
mod finish;
mod merge;
#[cfg(test)]
mod model_test;
mod outcome;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use data_encoding::HEXLOWER;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};

use crate::ontology::{Direction, FuzzyDate, KindIx, Ontology, PropertyIx, RelationIx, Value};

pub use change::{
    Change, EntityDraft, EvidenceDraft, LinkDraft, Refusal, RefusalCode, Refusals, SourceTextDraft,
};
pub use evidence::{
    Basis, Evidence, Fingerprint, QuoteStatus, Seal, SourceText, fingerprint_from_text, fingerprint_to_text,
    seal, seal_from_text, seal_to_text,
};

/// Position of an [`Entity`] in one graph; means nothing in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityIx(pub u32);

/// Position of a [`Link`] in one graph; means nothing in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkIx(pub u32);

/// A name in a scheme of others, such as a ROR id or an agency code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identifier {
    /// The scheme.
    pub scheme: Arc<str>,
    /// The name in it.
    pub value: Arc<str>,
}

/// Something that exists, as far as the sources say.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// `prefix/slug`, for ever.
    pub id: Arc<str>,
    /// What it is.
    pub kind: KindIx,
    /// Its name.
    pub name: Arc<str>,
    /// Its other properties, sorted by index; absent ones are not there.
    pub properties: Box<[(PropertyIx, Value)]>,
    /// Its names in other schemes.
    pub identifiers: Box<[Identifier]>,
    /// What supports its properties.
    pub evidence: Box<[Evidence]>,
    /// The text behind it, where it is a source.
    pub text: Option<SourceText>,
    /// Ids of entities that were merged into it.
    pub merged_from: Box<[Arc<str>]>,
}

impl Entity {
    /// The value of a property other than the name; none where it is not given. Cost: a binary
    /// search over the properties that are given.
    pub fn property(&self, ix: PropertyIx) -> Option<&Value> {
        let at = self.properties.binary_search_by_key(&ix, |(ix, _)| *ix).ok()?;
        Some(&self.properties[at].1)
    }
}

/// What a link carries besides its two ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// What it says.
    pub relation: RelationIx,
    /// When it came about, with the kind of that date.
    pub date: Option<FuzzyDate>,
    /// From when it holds.
    pub valid_from: Option<FuzzyDate>,
    /// Until when it holds.
    pub valid_until: Option<FuzzyDate>,
    /// The properties its relation declares, by position there.
    pub properties: Box<[(u16, Value)]>,
    /// What it rests on; never empty.
    pub evidence: Box<[Evidence]>,
}

impl Link {
    /// Stated if any of its evidence states it.
    pub fn basis(&self) -> Basis {
        self.evidence.iter().map(|e| e.basis).min().unwrap_or(Basis::Inferred)
    }
}

/// How much of a list of links is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Completeness {
    /// A source says that these are all.
    Complete,
    /// A source says that there are more.
    AtLeast,
    /// No source says whether these are all.
    NotStated,
}

impl Completeness {
    /// The words of the format and the API.
    pub const ALL: [(Completeness, &str); 3] = [
        (Completeness::Complete, "COMPLETE"),
        (Completeness::AtLeast, "AT_LEAST"),
        (Completeness::NotStated, "NOT_STATED"),
    ];
    /// The word.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
    /// The completeness of that word.
    pub fn parse(word: &str) -> Option<Completeness> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(c, _)| *c)
    }
}

/// What is said about the completeness of one list, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct CompletenessStatement {
    /// What is said.
    pub completeness: Completeness,
    /// Where; empty only where nothing is said.
    pub evidence: Box<[Evidence]>,
}

/// Which graph an answer was read from: the number of the commit, the hash of all content in
/// order, and the hash of the ontology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DataVersion {
    /// How many batches have been applied.
    pub sequence: u64,
    /// SHA-256 over every entity, link and statement in order.
    pub content: [u8; 32],
    /// SHA-256 of the ontology's files.
    pub ontology: [u8; 32],
}

impl DataVersion {
    /// The content hash in hex.
    pub fn content_hex(&self) -> String {
        HEXLOWER.encode(&self.content)
    }
    /// The ontology's hash in hex.
    pub fn ontology_hex(&self) -> String {
        HEXLOWER.encode(&self.ontology)
    }
}

/// `sequence-content-ontology`, each hash by its first eight hex digits.
impl fmt::Display for DataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |hash: &[u8; 32]| HEXLOWER.encode(&hash[..4]);
        write!(f, "{}-{}-{}", self.sequence, short(&self.content), short(&self.ontology))
    }
}

/// A piece of evidence and what it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// An entity's own properties.
    Entity(EntityIx),
    /// A link.
    Link(LinkIx),
    /// A statement of completeness about a list.
    List(EntityIx, RelationIx, Direction),
}

/// Links grouped by entity and, within, by relation in insertion order: following one relation
/// costs a binary search among the relations an entity has, never a walk over the others.
#[derive(Clone, Debug, Default)]
struct Adjacency {
    /// Where each entity's links begin in `links`; one more than there are entities.
    starts: Vec<u32>,
    /// (relation, link), sorted by entity, relation, link.
    links: Vec<(RelationIx, LinkIx)>,
}

impl Adjacency {
    fn of(&self, entity: EntityIx) -> &[(RelationIx, LinkIx)] {
        &self.links[self.starts[entity.0 as usize] as usize..self.starts[entity.0 as usize + 1] as usize]
    }
    fn along(&self, entity: EntityIx, relation: RelationIx) -> &[(RelationIx, LinkIx)] {
        let all = self.of(entity);
        let from = all.partition_point(|(r, _)| *r < relation);
        &all[from..from + all[from..].partition_point(|(r, _)| *r == relation)]
    }
}

/// An immutable graph under one ontology. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Graph {
    ontology: Arc<Ontology>,
    entities: Vec<Arc<Entity>>,
    links: Vec<Arc<Link>>,
    /// Ends and relations; node and edge indexes equal ours.
    topology: DiGraph<(), RelationIx, u32>,
    by_id: HashMap<Arc<str>, EntityIx>,
    merged: HashMap<Arc<str>, EntityIx>,
    by_identifier: HashMap<Identifier, EntityIx>,
    by_kind: Vec<Vec<EntityIx>>,
    completeness: HashMap<(EntityIx, RelationIx, Direction), CompletenessStatement>,
    forward: Adjacency,
    inverse: Adjacency,
    version: DataVersion,
    count_by_relation: Vec<usize>,
    /// The most links one entity has along each relation, forward and inverse.
    max_degrees: Vec<[usize; 2]>,
    max_degree: usize,
    max_evidence: usize,
    max_list: usize,
    by_name: OnceLock<HashMap<String, Vec<EntityIx>>>,
    by_link_id: OnceLock<HashMap<Fingerprint, LinkIx>>,
    by_evidence_id: OnceLock<HashMap<Fingerprint, (Owner, u32)>>,
}

impl Graph {
    /// A graph that holds nothing yet, at sequence 0.
    pub fn empty(ontology: Arc<Ontology>) -> Graph {
        apply::empty(ontology)
    }

    /// The graph after `changes`, taken as one: entities may be named before they are added, and
    /// what must hold (no dangling ends, no circles, cardinalities, unique identifiers) is asked
    /// of the outcome. This graph stays as it is.
    ///
    /// # Errors
    /// Every refusal, each with the position of its change. Nothing is applied then.
    ///
    /// Cost: linear in the whole graph (tables are copied, adjacency is rebuilt, content hashed);
    /// entities and links themselves are shared, not copied.
    pub fn apply(&self, changes: Vec<Change>) -> Result<Graph, Refusals> {
        apply::apply(self, changes)
    }

    /// The ontology it is under.
    pub fn ontology(&self) -> &Arc<Ontology> {
        &self.ontology
    }
    /// Which graph this is.
    pub fn version(&self) -> DataVersion {
        self.version
    }

    /// How many entities there are.
    pub fn entity_count(&self) -> usize {
        self.entities.len()
    }
    /// How many links there are.
    pub fn link_count(&self) -> usize {
        self.links.len()
    }
    /// How many links of one relation there are.
    pub fn count_of(&self, relation: RelationIx) -> usize {
        self.count_by_relation[relation.0 as usize]
    }
    /// The most links that one entity has along a relation in that direction.
    pub fn max_degree_along(&self, relation: RelationIx, direction: Direction) -> usize {
        self.max_degrees[relation.0 as usize][direction as usize]
    }
    /// The most links that one entity has, both directions together.
    pub fn max_degree(&self) -> usize {
        self.max_degree
    }
    /// The longest list of identifiers or of a property's values that one entity has.
    pub fn max_list(&self) -> usize {
        self.max_list
    }
    /// How many pieces of evidence the best supported entity, link or statement has.
    pub fn max_evidence(&self) -> usize {
        self.max_evidence
    }
    /// Every entity in insertion order.
    pub fn entities(&self) -> impl ExactSizeIterator<Item = EntityIx> + use<> {
        (0..self.entities.len() as u32).map(EntityIx)
    }
    /// Every link in insertion order.
    pub fn links(&self) -> impl ExactSizeIterator<Item = LinkIx> + use<> {
        (0..self.links.len() as u32).map(LinkIx)
    }
    /// The entities of one kind, in insertion order.
    pub fn of_kind(&self, kind: KindIx) -> &[EntityIx] {
        &self.by_kind[kind.0 as usize]
    }
    /// The entity at `ix`.
    pub fn entity(&self, ix: EntityIx) -> &Entity {
        &self.entities[ix.0 as usize]
    }
    /// The link at `ix`.
    pub fn link(&self, ix: LinkIx) -> &Link {
        &self.links[ix.0 as usize]
    }
    /// The subject and object of a link.
    pub fn ends(&self, ix: LinkIx) -> (EntityIx, EntityIx) {
        match self.topology.edge_endpoints(EdgeIndex::new(ix.0 as usize)) {
            Some((from, to)) => (EntityIx(from.index() as u32), EntityIx(to.index() as u32)),
            None => unreachable!("every LinkIx this graph gave out is an edge of its topology"),
        }
    }
    /// The end of a link that is not `entity`.
    pub fn far_end(&self, ix: LinkIx, entity: EntityIx) -> EntityIx {
        let (from, to) = self.ends(ix);
        if from == entity { to } else { from }
    }

    /// The entity of that id, or the one it was merged into.
    pub fn find(&self, id: &str) -> Option<EntityIx> {
        self.by_id.get(id).or_else(|| self.merged.get(id)).copied()
    }
    /// The entity that has that name in that scheme.
    pub fn find_identifier(&self, scheme: &str, value: &str) -> Option<EntityIx> {
        self.by_identifier.get(&Identifier { scheme: scheme.into(), value: value.into() }).copied()
    }
    /// The entities of that name or alias, whatever its case and spacing. The first call builds
    /// the index, linear in all names.
    pub fn named(&self, name: &str) -> &[EntityIx] {
        let index = self.by_name.get_or_init(|| {
            let mut index: HashMap<String, Vec<EntityIx>> = HashMap::new();
            for ix in self.entities() {
                let entity = self.entity(ix);
                let aliases = entity.property(self.ontology.aliases_property());
                let names = aliases.into_iter().flat_map(Value::members).filter_map(Value::as_text);
                for name in names.chain([&*entity.name]) {
                    let found = index.entry(fold(name)).or_default();
                    if found.last() != Some(&ix) {
                        found.push(ix);
                    }
                }
            }
            index
        });
        index.get(&fold(name)).map_or(&[], Vec::as_slice)
    }

    /// The links of `entity` along one relation, read in that direction, in insertion order.
    /// A symmetric relation is read forward from both ends.
    pub fn along(
        &self,
        entity: EntityIx,
        relation: RelationIx,
        direction: Direction,
    ) -> impl DoubleEndedIterator<Item = LinkIx> + ExactSizeIterator + '_ {
        self.adjacency(direction).along(entity, relation).iter().map(|(_, link)| *link)
    }
    /// The links of `entity` in one direction, by relation and then in insertion order.
    pub fn links_of(
        &self,
        entity: EntityIx,
        direction: Direction,
    ) -> impl DoubleEndedIterator<Item = LinkIx> + ExactSizeIterator + '_ {
        self.adjacency(direction).of(entity).iter().map(|(_, link)| *link)
    }
    fn adjacency(&self, direction: Direction) -> &Adjacency {
        match direction {
            Direction::Forward => &self.forward,
            Direction::Inverse => &self.inverse,
        }
    }

    /// What is said about the completeness of a list; none where nothing is.
    pub fn completeness(
        &self,
        entity: EntityIx,
        relation: RelationIx,
        direction: Direction,
    ) -> Option<&CompletenessStatement> {
        self.completeness.get(&(entity, relation, direction))
    }
    /// Every statement of completeness, ordered by entity, relation, direction.
    pub fn completeness_statements(
        &self,
    ) -> Vec<((EntityIx, RelationIx, Direction), &CompletenessStatement)> {
        let mut all: Vec<_> = self.completeness.iter().map(|(key, statement)| (*key, statement)).collect();
        all.sort_by_key(|(key, _)| *key);
        all
    }

    /// The id of a link; follows from its ends and relation alone.
    pub fn link_id(&self, ix: LinkIx) -> String {
        format!("link/{}", fingerprint_to_text(&self.link_fingerprint(ix)))
    }
    fn link_fingerprint(&self, ix: LinkIx) -> Fingerprint {
        let (from, to) = self.ends(ix);
        let relation = self.ontology.relation(self.link(ix).relation);
        let (mut a, mut b) = (&self.entity(from).id, &self.entity(to).id);
        if relation.symmetric && a > b {
            (a, b) = (b, a);
        }
        evidence::fingerprint([&**a, &relation.name, &**b])
    }
    /// The link of that id. The first call builds the index, linear in all links.
    pub fn find_link(&self, id: &str) -> Option<LinkIx> {
        let fingerprint = fingerprint_from_text(id.strip_prefix("link/")?)?;
        let index =
            self.by_link_id.get_or_init(|| self.links().map(|ix| (self.link_fingerprint(ix), ix)).collect());
        index.get(&fingerprint).copied()
    }

    /// The evidence that `owner` rests on.
    pub fn evidence(&self, owner: Owner) -> &[Evidence] {
        match owner {
            Owner::Entity(ix) => &self.entity(ix).evidence,
            Owner::Link(ix) => &self.link(ix).evidence,
            Owner::List(entity, relation, direction) => {
                self.completeness(entity, relation, direction).map_or(&[], |s| &s.evidence)
            }
        }
    }
    /// The id of a piece of evidence; follows from what it belongs to and its words.
    pub fn evidence_id(&self, owner: Owner, evidence: &Evidence) -> String {
        format!("evidence/{}", fingerprint_to_text(&self.evidence_fingerprint(owner, evidence)))
    }
    fn evidence_fingerprint(&self, owner: Owner, evidence: &Evidence) -> Fingerprint {
        let owner = match owner {
            Owner::Entity(ix) => self.entity(ix).id.to_string(),
            Owner::Link(ix) => self.link_id(ix),
            Owner::List(entity, relation, direction) => {
                format!("{} {}", self.entity(entity).id, self.ontology.relation(relation).name_in(direction))
            }
        };
        let text = |t: &Option<Arc<str>>| t.clone().unwrap_or_else(|| "".into());
        let words = [&evidence.quote, &evidence.prefix, &evidence.suffix, &evidence.url].map(text);
        let properties: String = evidence
            .properties
            .iter()
            .map(|p| self.ontology.property(*p).name.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        let source = &self.entity(evidence.source).id;
        let parts = [
            &owner,
            &**source,
            &words[0],
            &words[1],
            &words[2],
            &words[3],
            evidence.basis.name(),
            &properties,
        ];
        evidence::fingerprint(parts)
    }
    /// The piece of evidence of that id. The first call builds the index, linear in all evidence.
    pub fn find_evidence(&self, id: &str) -> Option<(Owner, &Evidence)> {
        let fingerprint = fingerprint_from_text(id.strip_prefix("evidence/")?)?;
        let index = self.by_evidence_id.get_or_init(|| {
            let owners =
                self.entities().map(Owner::Entity).chain(self.links().map(Owner::Link)).chain(
                    self.completeness_statements().into_iter().map(|((e, r, d), _)| Owner::List(e, r, d)),
                );
            owners
                .flat_map(|owner| self.evidence(owner).iter().enumerate().map(move |(i, e)| (owner, i, e)))
                .map(|(owner, i, e)| (self.evidence_fingerprint(owner, e), (owner, i as u32)))
                .collect()
        });
        let (owner, i) = index.get(&fingerprint)?;
        Some((*owner, &self.evidence(*owner)[*i as usize]))
    }

    /// A link in words, from subject to object.
    pub fn sentence(&self, ix: LinkIx) -> String {
        let (from, to) = self.ends(ix);
        self.ontology.relation(self.link(ix).relation).say(&self.entity(from).name, &self.entity(to).name)
    }
}

/// A name without case and with single spaces, for looking up.
fn fold(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn node(ix: EntityIx) -> NodeIndex<u32> {
    NodeIndex::new(ix.0 as usize)
}
