//! From one graph to the next: drafts are admitted against the ontology, links against what is
//! there, and what must hold is asked of the outcome as a whole. All refusals are collected; a
//! refused entity still counts as known, so that it does not drag its links into the list.

use std::collections::{HashMap, HashSet};

use super::change::*;
use super::*;
use crate::ontology::suggest;

/// Bytes an id may have; long enough for any readable slug, short enough for an address.
const ID_BYTES: usize = 120;

pub(super) fn empty(ontology: Arc<Ontology>) -> Graph {
    Next::new(ontology).finish(0)
}

pub(super) fn apply(graph: &Graph, changes: Vec<Change>) -> Result<Graph, Refusals> {
    let mut next = Next::from(graph);
    next.register(&changes);
    next.admit_entities(&changes);
    next.admit_links(&changes);
    next.check_outcome();
    if !next.refusals.is_empty() {
        next.refusals.sort_by_key(|refusal| refusal.change);
        return Err(Refusals(next.refusals));
    }
    Ok(next.finish(graph.version.sequence + 1))
}

/// A graph in the making. Slots are never reused; removed ones are `None` until `finish`.
pub(super) struct Next {
    pub(super) ontology: Arc<Ontology>,
    pub(super) entities: Vec<Option<Arc<Entity>>>,
    /// The kind each slot has or will have; none where its draft names no kind.
    pub(super) kinds: Vec<Option<KindIx>>,
    pub(super) links: Vec<Option<(EntityIx, EntityIx, Arc<Link>)>>,
    pub(super) by_id: HashMap<Arc<str>, EntityIx>,
    pub(super) merged: HashMap<Arc<str>, EntityIx>,
    pub(super) triples: HashMap<(EntityIx, RelationIx, EntityIx), LinkIx>,
    pub(super) completeness: HashMap<(EntityIx, RelationIx, Direction), CompletenessStatement>,
    pub(super) refusals: Vec<Refusal>,
    /// Which change last touched a link or an entity, to name in refusals about the outcome.
    pub(super) touched_links: HashMap<LinkIx, usize>,
    pub(super) touched_entities: HashMap<EntityIx, usize>,
    pub(super) touched_relations: HashSet<RelationIx>,
    pub(super) removed: Vec<(usize, EntityIx, String)>,
    /// Slots of each entity change, by the change's position.
    pub(super) slots: HashMap<usize, EntityIx>,
    pub(super) texts_changed: bool,
}

impl Next {
    pub(super) fn new(ontology: Arc<Ontology>) -> Next {
        Next {
            ontology,
            entities: Vec::new(),
            kinds: Vec::new(),
            links: Vec::new(),
            by_id: HashMap::new(),
            merged: HashMap::new(),
            triples: HashMap::new(),
            completeness: HashMap::new(),
            refusals: Vec::new(),
            touched_links: HashMap::new(),
            touched_entities: HashMap::new(),
            touched_relations: HashSet::new(),
            removed: Vec::new(),
            slots: HashMap::new(),
            texts_changed: false,
        }
    }

    pub(super) fn from(graph: &Graph) -> Next {
        let mut next = Next::new(graph.ontology.clone());
        next.entities = graph.entities.iter().cloned().map(Some).collect();
        next.kinds = graph.entities.iter().map(|e| Some(e.kind)).collect();
        next.links = graph
            .links()
            .map(|ix| {
                let (from, to) = graph.ends(ix);
                Some((from, to, graph.links[ix.0 as usize].clone()))
            })
            .collect();
        next.by_id = graph.by_id.clone();
        next.merged = graph.merged.clone();
        next.completeness = graph.completeness.clone();
        for ix in graph.links() {
            let (from, to) = graph.ends(ix);
            let relation = graph.link(ix).relation;
            next.triples.insert(next.triple(from, relation, to), ix);
        }
        next
    }

    pub(super) fn refuse(&mut self, change: usize, code: RefusalCode, what: String, help: &str) {
        self.refusals.push(Refusal { change, code, what, help: help.to_owned() });
    }

    pub(super) fn find(&self, id: &str) -> Option<EntityIx> {
        self.by_id.get(id).or_else(|| self.merged.get(id)).copied()
    }

    /// The key under which a link is unique: a symmetric one is the same from both ends.
    pub(super) fn triple(
        &self,
        from: EntityIx,
        relation: RelationIx,
        to: EntityIx,
    ) -> (EntityIx, RelationIx, EntityIx) {
        if self.ontology.relation(relation).symmetric && from > to {
            (to, relation, from)
        } else {
            (from, relation, to)
        }
    }

    // -- first, every id that will be there --------------------------------------------------

    pub(super) fn register(&mut self, changes: &[Change]) {
        for (i, change) in changes.iter().enumerate() {
            match change {
                Change::AddEntity(draft) | Change::PutEntity(draft) => {
                    let kind = self.kind_of(i, draft);
                    self.check_id(i, &draft.id, kind);
                    let adds = matches!(change, Change::AddEntity(_));
                    match self.by_id.get(draft.id.as_str()).copied() {
                        Some(_) if adds => self.refuse(
                            i,
                            RefusalCode::Taken,
                            format!("the id `{}` is taken", draft.id),
                            "ids are unique for ever; give this entity another, or leave it out",
                        ),
                        Some(slot) => {
                            if let (Some(new), Some(old)) = (kind, self.kinds[slot.0 as usize])
                                && new != old
                            {
                                let names = (&self.ontology.kind(old).name, &self.ontology.kind(new).name);
                                let what = format!(
                                    "`{}` is of kind {} and cannot become {}",
                                    draft.id, names.0, names.1
                                );
                                self.refuse(
                                    i,
                                    RefusalCode::Conflict,
                                    what,
                                    "give it a new id and merge by hand",
                                );
                            }
                            self.slots.insert(i, slot);
                        }
                        None if self.merged.contains_key(draft.id.as_str()) => self.refuse(
                            i,
                            RefusalCode::Taken,
                            format!("the id `{}` was merged into another", draft.id),
                            "use the id it was merged into",
                        ),
                        None => {
                            let slot = EntityIx(self.entities.len() as u32);
                            self.entities.push(None);
                            self.kinds.push(kind);
                            self.by_id.insert(draft.id.as_str().into(), slot);
                            self.slots.insert(i, slot);
                        }
                    }
                }
                Change::RemoveEntity { id } => match self.by_id.remove(id.as_str()) {
                    Some(slot) => {
                        self.entities[slot.0 as usize] = None;
                        self.slots.retain(|_, s| *s != slot);
                        self.removed.push((i, slot, id.clone()));
                        self.merged.retain(|_, into| *into != slot);
                    }
                    None => self.refuse(
                        i,
                        RefusalCode::Dangling,
                        format!("nothing has the id `{id}`"),
                        "nothing to remove",
                    ),
                },
                _ => {}
            }
        }
    }

    pub(super) fn kind_of(&mut self, i: usize, draft: &EntityDraft) -> Option<KindIx> {
        let kind = self.ontology.kind_named(&draft.kind);
        if kind.is_none() {
            let ontology = self.ontology.clone();
            let help =
                suggest(&draft.kind, ontology.kinds.iter().map(|k| k.name.as_str()).collect::<Vec<_>>());
            self.refuse(
                i,
                RefusalCode::Unknown,
                format!("`{}` has the unknown kind `{}`", draft.id, draft.kind),
                &help,
            );
        }
        kind
    }

    pub(super) fn check_id(&mut self, i: usize, id: &str, kind: Option<KindIx>) {
        let (prefix, slug) = id.split_once('/').unwrap_or((id, ""));
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'~');
        if slug.is_empty() || !slug.bytes().all(plain) || id.len() > ID_BYTES {
            let help = format!("write prefix/slug, the slug of a-z 0-9 - _ ~, {ID_BYTES} bytes at most");
            self.refuse(i, RefusalCode::BadId, format!("`{}` is no id", shorten(id)), &help);
            return;
        }
        if let Some(kind) = kind {
            let expected = self.ontology.kind(kind).prefix.clone();
            if prefix != expected {
                let what = format!(
                    "`{id}` is of kind {} but does not begin with `{expected}/`",
                    self.ontology.kind(kind).name
                );
                self.refuse(i, RefusalCode::BadId, what, &format!("write {expected}/{slug}"));
            }
        }
    }
}

/// What both lists say, each once.
pub(super) fn union(a: &[Evidence], b: &[Evidence]) -> Box<[Evidence]> {
    a.iter().chain(b.iter().filter(|e| !a.iter().any(|f| f.same_words(e)))).cloned().collect()
}

/// A prefix or suffix is kept as it is, spaces too; control characters have no place in a text view.
pub(super) fn raw_text(text: &Option<String>) -> Option<Arc<str>> {
    text.as_deref().filter(|t| !t.is_empty() && !t.chars().any(char::is_control)).map(Arc::from)
}

/// A name as it appears in a message: never longer than a line.
pub(super) fn shorten(name: &str) -> String {
    const SHOWN: usize = ID_BYTES;
    let clean: String = name.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    match clean.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &clean[..at]),
        None => clean,
    }
}
