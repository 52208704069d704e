//! Room 2: what does exist. Entities and links, each link with the evidence it rests on, laid down
//! in chunks that one graph shares with the next; petgraph's algorithms run over them, and its
//! types do not leave this room.
//!
//! A [`Graph`] is immutable. A [`Transaction`] takes [`Change`]s, the only door for writes, and
//! gives the next graph or every reason why not; readers of the old one go on undisturbed.

mod adjacency;
mod admit;
mod apply;
mod change;
mod chunks;
mod connect;
mod evidence;
mod finish;
mod hash;
mod image;
mod index;
mod merge;
#[cfg(test)]
mod model_test;
mod outcome;
mod records;
mod topology;
mod update;
mod views;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, OnceLock};

use data_encoding::HEXLOWER;

use crate::ontology::{Direction, KindIx, Ontology, Relation, RelationIx};
use adjacency::Adjacency;
use chunks::{Block, CHUNK_ROWS, Dates, EntityChunk, LinkChunk, place};
use index::IdIndex;

pub use apply::Transaction;
pub use change::{
    Change, EntityDraft, EntityPatch, EvidenceDraft, LinkDraft, Refusal, RefusalCode, Refusals,
    SourceTextDraft,
};
pub use chunks::{Datum, Members};
pub use evidence::{
    Basis, Fingerprint, QuoteStatus, Seal, SourceText, fingerprint_from_text, fingerprint_to_text, seal,
    seal_from_text, seal_to_text,
};
pub use image::{ImageFault, Reopening};
pub use views::{Entity, Evidence, EvidenceList, Link};

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

/// A link as it stands in the list of one of its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The link.
    pub link: LinkIx,
    /// Its other end.
    pub to: EntityIx,
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
#[derive(Clone, Debug)]
struct CompletenessStatement {
    completeness: Completeness,
    /// Empty only where nothing is said.
    evidence: Block,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// An entity's own properties.
    Entity(EntityIx),
    /// A link.
    Link(LinkIx),
    /// A statement of completeness about a list.
    List(EntityIx, RelationIx, Direction),
}

/// An immutable graph under one ontology. Cloning shares everything.
#[derive(Clone, Debug)]
pub struct Graph {
    ontology: Arc<Ontology>,
    entity_chunks: Vec<Arc<EntityChunk>>,
    entity_count: u32,
    link_chunks: Vec<Arc<LinkChunk>>,
    link_count: u32,
    dates: Arc<Dates>,
    ids: IdIndex,
    merged: Arc<HashMap<Arc<str>, EntityIx>>,
    by_identifier: Arc<HashMap<Identifier, EntityIx>>,
    by_kind: Vec<Arc<Vec<EntityIx>>>,
    completeness: Arc<BTreeMap<List, CompletenessStatement>>,
    forward: Adjacency,
    inverse: Adjacency,
    counts: Counts,
    version: DataVersion,
    lazy: Arc<Lazy>,
}

/// A list of links: of whom, along what, which way.
type List = (EntityIx, RelationIx, Direction);

/// How much there is, and how long the longest lists are.
#[derive(Clone, Debug, Default)]
struct Counts {
    by_relation: Vec<usize>,
    /// The most links one entity has along each relation, forward and inverse.
    max_degrees: Vec<[u32; 2]>,
    max_degree: usize,
    max_evidence: usize,
    max_list: usize,
}

/// Indexes that are built when first asked.
#[derive(Debug, Default)]
struct Lazy {
    by_name: OnceLock<HashMap<String, Vec<EntityIx>>>,
    /// The first bytes of fingerprints, sorted, with what they may be of.
    link_ids: OnceLock<Vec<(u64, LinkIx)>>,
    evidence_ids: OnceLock<Vec<(u64, Owner, u32)>>,
}

impl Graph {
    /// A graph that holds nothing yet, at sequence 0.
    pub fn empty(ontology: Arc<Ontology>) -> Graph {
        apply::empty(ontology)
    }

    /// Begins a transaction on top of this graph, which stays as it is.
    pub fn begin(&self) -> Transaction {
        Transaction::on(self)
    }

    /// The graph after `changes`, taken as one: entities may be named before they are added, and
    /// what must hold (no dangling ends, no circles, cardinalities, unique identifiers) is asked
    /// of the outcome. This graph stays as it is.
    ///
    /// # Errors
    /// Every refusal, each with the position of its change. Nothing is applied then.
    ///
    /// Cost: linear in the changes, in the chunks they touch and in the number of chunks; removing
    /// anything, or giving a source another text, is linear in the whole graph.
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

    /// The same graph under another number of its version.
    pub fn numbered(mut self, sequence: u64) -> Graph {
        self.version.sequence = sequence;
        self
    }

    /// How many entities there are.
    pub fn entity_count(&self) -> usize {
        self.entity_count as usize
    }
    /// How many links there are.
    pub fn link_count(&self) -> usize {
        self.link_count as usize
    }
    /// How many links of one relation there are.
    pub fn count_of(&self, relation: RelationIx) -> usize {
        self.counts.by_relation[relation.0 as usize]
    }
    /// The most links that one entity has along a relation in that direction.
    pub fn max_degree_along(&self, relation: RelationIx, direction: Direction) -> usize {
        self.counts.max_degrees[relation.0 as usize][direction as usize] as usize
    }
    /// The most links that one entity has, both directions together, or more.
    pub fn max_degree(&self) -> usize {
        self.counts.max_degree
    }
    /// The longest list of identifiers or of a property's values that one entity has.
    pub fn max_list(&self) -> usize {
        self.counts.max_list
    }
    /// How many pieces of evidence the best supported entity, link or statement has.
    pub fn max_evidence(&self) -> usize {
        self.counts.max_evidence
    }
    /// Every entity in insertion order.
    pub fn entities(&self) -> impl ExactSizeIterator<Item = EntityIx> + use<> {
        (0..self.entity_count).map(EntityIx)
    }
    /// Every link in insertion order.
    pub fn links(&self) -> impl ExactSizeIterator<Item = LinkIx> + use<> {
        (0..self.link_count).map(LinkIx)
    }
    /// The entities of one kind, in insertion order.
    pub fn of_kind(&self, kind: KindIx) -> &[EntityIx] {
        &self.by_kind[kind.0 as usize]
    }
    /// The entity at `ix`.
    pub fn entity(&self, ix: EntityIx) -> Entity<'_> {
        Entity::at(&self.entity_chunks, &self.dates, ix)
    }
    /// The link at `ix`.
    pub fn link(&self, ix: LinkIx) -> Link<'_> {
        let (chunk, row) = place(ix.0);
        Link { chunk: &self.link_chunks[chunk], row }
    }
    /// The subject and object of a link.
    pub fn ends(&self, ix: LinkIx) -> (EntityIx, EntityIx) {
        self.link(ix).ends()
    }

    /// Brings what is read of entities, and of their links, near the processor: the memory of one
    /// entity is far from that of the next, and asking for many places at once takes hardly longer
    /// than asking for one. Changes nothing. Cost: a few loads an entity.
    pub fn touch(&self, entities: impl Iterator<Item = EntityIx> + Clone) {
        self.touch_with(entities, |ix| self.forward.end_of(ix), |ix| self.forward.first_group(ix));
    }

    /// The same for the rows alone, where there is no adjacency yet.
    fn touch_rows(&self, entities: impl Iterator<Item = EntityIx> + Clone) {
        self.touch_with(entities, |_| 0, |_| 0);
    }

    /// Loads of rows, and with each the loads that `near` does; then what those lead to, with `far`.
    fn touch_with(
        &self,
        entities: impl Iterator<Item = EntityIx> + Clone,
        near: impl Fn(EntityIx) -> u32,
        far: impl Fn(EntityIx) -> u32,
    ) {
        let mut seen = 0;
        for ix in entities.clone() {
            let (chunk, row) = place(ix.0);
            seen ^= self.entity_chunks[chunk].rows[row].text_end ^ near(ix);
        }
        for ix in entities {
            seen ^= self.entity(ix).first_bytes() ^ far(ix);
        }
        std::hint::black_box(seen);
    }

    /// The entity of that id, or the one it was merged into.
    pub fn find(&self, id: &str) -> Option<EntityIx> {
        self.ids.get(id, |ix| self.entity(ix).id()).or_else(|| self.merged.get(id).copied())
    }
    /// The entity that has that name in that scheme.
    pub fn find_identifier(&self, scheme: &str, value: &str) -> Option<EntityIx> {
        self.by_identifier.get(&Identifier { scheme: scheme.into(), value: value.into() }).copied()
    }
    /// The entities of that name or alias, whatever its case and spacing. The first call builds
    /// the index, linear in all names.
    pub fn named(&self, name: &str) -> &[EntityIx] {
        let index = self.lazy.by_name.get_or_init(|| {
            let mut index: HashMap<String, Vec<EntityIx>> = HashMap::new();
            for ix in self.entities() {
                let entity = self.entity(ix);
                let aliases = entity.property(self.ontology.aliases_property());
                let names = aliases.into_iter().flat_map(Datum::members).filter_map(Datum::as_text);
                for name in names.chain([entity.name()]) {
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

    /// The links of `entity` along one relation, read in that direction, in insertion order, each
    /// with its other end. A symmetric relation is read forward from both ends. Cost: a walk over
    /// the relations that the entity has.
    pub fn along(&self, entity: EntityIx, relation: RelationIx, direction: Direction) -> &[Linked] {
        self.adjacency(direction).along(entity, relation)
    }
    /// The links of `entity` in one direction, by relation and then in insertion order.
    pub fn links_of(&self, entity: EntityIx, direction: Direction) -> &[Linked] {
        self.adjacency(direction).of(entity)
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
    ) -> Option<Completeness> {
        self.completeness.get(&(entity, relation, direction)).map(|s| s.completeness)
    }
    /// Every statement of completeness, ordered by entity, relation, direction.
    pub fn completeness_statements(
        &self,
    ) -> impl ExactSizeIterator<Item = ((EntityIx, RelationIx, Direction), Completeness)> + '_ {
        self.completeness.iter().map(|(list, statement)| (*list, statement.completeness))
    }

    /// The id of a link; follows from its ends and relation alone.
    pub fn link_id(&self, ix: LinkIx) -> String {
        format!("link/{}", fingerprint_to_text(&self.link_fingerprint(ix)))
    }
    fn link_fingerprint(&self, ix: LinkIx) -> Fingerprint {
        let (from, to) = self.ends(ix);
        let relation = self.ontology.relation(self.link(ix).relation());
        triple_fingerprint(relation, self.entity(from).id(), self.entity(to).id())
    }
    /// The link of that id. The first call builds the index, linear in all links.
    pub fn find_link(&self, id: &str) -> Option<LinkIx> {
        let fingerprint = fingerprint_from_text(id.strip_prefix("link/")?)?;
        let index = self.lazy.link_ids.get_or_init(|| {
            let mut all: Vec<_> = self.links().map(|ix| (head(&self.link_fingerprint(ix)), ix)).collect();
            all.sort_unstable();
            all
        });
        let found = same_head(index, head(&fingerprint), |entry| entry.0);
        found.iter().map(|(_, ix)| *ix).find(|ix| self.link_fingerprint(*ix) == fingerprint)
    }

    /// The evidence that `owner` rests on.
    pub fn evidence(&self, owner: Owner) -> EvidenceList<'_> {
        static NONE: Block = Block::EMPTY;
        match owner {
            Owner::Entity(ix) => self.entity(ix).evidence(),
            Owner::Link(ix) => self.link(ix).evidence(),
            Owner::List(entity, relation, direction) => {
                let said = self.completeness.get(&(entity, relation, direction));
                said.map_or(&NONE, |s| &s.evidence).list()
            }
        }
    }
    /// The id of what evidence belongs to: of the entity whose list it is, for a statement about a list.
    pub fn owner_id(&self, owner: Owner) -> String {
        match owner {
            Owner::Entity(ix) | Owner::List(ix, ..) => self.entity(ix).id().to_owned(),
            Owner::Link(ix) => self.link_id(ix),
        }
    }
    /// The id of a piece of evidence; follows from what it belongs to and its words.
    pub fn evidence_id(&self, owner: Owner, evidence: Evidence<'_>) -> String {
        format!("evidence/{}", fingerprint_to_text(&self.evidence_fingerprint(owner, evidence)))
    }
    fn evidence_fingerprint(&self, owner: Owner, evidence: Evidence<'_>) -> Fingerprint {
        let owner = match owner {
            Owner::Entity(ix) => self.entity(ix).id().to_owned(),
            Owner::Link(ix) => self.link_id(ix),
            Owner::List(entity, relation, direction) => {
                let name = self.ontology.relation(relation).name_in(direction);
                format!("{} {name}", self.entity(entity).id())
            }
        };
        let names = evidence.properties().iter().map(|p| self.ontology.property(*p).name.as_str());
        let properties: String = names.collect::<Vec<_>>().join(" ");
        let words = [evidence.quote(), evidence.prefix(), evidence.suffix(), evidence.url()];
        let [quote, prefix, suffix, url] = words.map(Option::unwrap_or_default);
        let source = self.entity(evidence.source()).id();
        let basis = evidence.basis().name();
        // What has no fragment keeps the id it had before there were any.
        let parts = [&*owner, source, quote, prefix, suffix, url, basis, &properties];
        evidence::fingerprint(parts.into_iter().chain(evidence.fragment()))
    }
    /// The piece of evidence of that id: what it belongs to, and its place there. The first call
    /// builds the index, linear in all evidence.
    pub fn find_evidence(&self, id: &str) -> Option<(Owner, usize)> {
        let fingerprint = fingerprint_from_text(id.strip_prefix("evidence/")?)?;
        let of = |owner: Owner, at: usize| self.evidence_fingerprint(owner, self.evidence(owner).get(at));
        let index = self.lazy.evidence_ids.get_or_init(|| {
            let pieces = self.owners().flat_map(|o| (0..self.evidence(o).len()).map(move |at| (o, at)));
            let mut all: Vec<_> = pieces.map(|(o, at)| (head(&of(o, at)), o, at as u32)).collect();
            all.sort_unstable();
            all
        });
        let found = same_head(index, head(&fingerprint), |entry| entry.0).iter();
        found.map(|(_, owner, at)| (*owner, *at as usize)).find(|(owner, at)| of(*owner, *at) == fingerprint)
    }
    /// Everything that rests on evidence: entities, links, statements.
    pub fn owners(&self) -> impl Iterator<Item = Owner> + '_ {
        let lists = self.completeness.keys().map(|(e, r, d)| Owner::List(*e, *r, *d));
        self.entities().map(Owner::Entity).chain(self.links().map(Owner::Link)).chain(lists)
    }

    /// A link in words, from subject to object.
    pub fn sentence(&self, ix: LinkIx) -> String {
        self.sentence_read(ix, Direction::Forward)
    }

    /// A link in words, as it reads from the end that `direction` begins at.
    pub fn sentence_read(&self, ix: LinkIx, direction: Direction) -> String {
        let (from, to) = self.ends(ix);
        let relation = self.ontology.relation(self.link(ix).relation());
        relation.say(direction, self.entity(from).name(), self.entity(to).name())
    }
}

/// The id of the link that joins two entities, given by their ids, along a relation, given by its name; none where
/// there is no such relation. Whether the link is there is another question.
pub fn link_id_of(ontology: &Ontology, from: &str, relation: &str, to: &str) -> Option<String> {
    let (ix, _) = ontology.relation_named(relation).filter(|(_, way)| *way == Direction::Forward)?;
    Some(format!("link/{}", fingerprint_to_text(&triple_fingerprint(ontology.relation(ix), from, to))))
}

fn triple_fingerprint(relation: &Relation, from: &str, to: &str) -> Fingerprint {
    let (a, b) = if relation.symmetric && from > to { (to, from) } else { (from, to) };
    evidence::fingerprint([a, &relation.name, b])
}

/// A name without case and with single spaces, for looking up.
fn fold(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The first bytes of a fingerprint, to sort and search by.
fn head(fingerprint: &Fingerprint) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&fingerprint[..8]);
    u64::from_be_bytes(bytes)
}

/// The entries of a sorted index that begin alike: one, but for a collision.
fn same_head<T>(index: &[T], wanted: u64, head: impl Fn(&T) -> u64) -> &[T] {
    let from = index.partition_point(|entry| head(entry) < wanted);
    &index[from..from + index[from..].partition_point(|entry| head(entry) == wanted)]
}
