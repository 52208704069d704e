//! From one graph to the next: drafts are admitted against the ontology, links against what is
//! there, and what must hold is asked of the outcome as a whole. All refusals are collected; a
//! refused entity still counts as known, so that it does not drag its links into the list.

use std::collections::{BTreeMap, HashMap, HashSet};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::change::*;
use super::*;
use crate::ontology::{Property, admit, admit_fuzzy_date, admit_text, admit_url, nearest, suggest};

/// Bytes an id may have; long enough for any readable slug, short enough for an address.
const ID_BYTES: usize = 120;

/// How many dangling ids get a suggestion; each costs a walk over all ids.
const SUGGESTIONS: usize = 20;

/// How many names a circle is shown with.
const CIRCLE_SHOWN: usize = 8;

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
struct Next {
    ontology: Arc<Ontology>,
    entities: Vec<Option<Arc<Entity>>>,
    /// The kind each slot has or will have; none where its draft names no kind.
    kinds: Vec<Option<KindIx>>,
    links: Vec<Option<(EntityIx, EntityIx, Arc<Link>)>>,
    by_id: HashMap<Arc<str>, EntityIx>,
    merged: HashMap<Arc<str>, EntityIx>,
    triples: HashMap<(EntityIx, RelationIx, EntityIx), LinkIx>,
    completeness: HashMap<(EntityIx, RelationIx, Direction), CompletenessStatement>,
    refusals: Vec<Refusal>,
    /// Which change last touched a link or an entity, to name in refusals about the outcome.
    touched_links: HashMap<LinkIx, usize>,
    touched_entities: HashMap<EntityIx, usize>,
    touched_relations: HashSet<RelationIx>,
    removed: Vec<(usize, EntityIx, String)>,
    /// Slots of each entity change, by the change's position.
    slots: HashMap<usize, EntityIx>,
    texts_changed: bool,
}

impl Next {
    fn new(ontology: Arc<Ontology>) -> Next {
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

    fn from(graph: &Graph) -> Next {
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

    fn refuse(&mut self, change: usize, code: RefusalCode, what: String, help: &str) {
        self.refusals.push(Refusal { change, code, what, help: help.to_owned() });
    }

    fn find(&self, id: &str) -> Option<EntityIx> {
        self.by_id.get(id).or_else(|| self.merged.get(id)).copied()
    }

    /// The key under which a link is unique: a symmetric one is the same from both ends.
    fn triple(&self, from: EntityIx, relation: RelationIx, to: EntityIx) -> (EntityIx, RelationIx, EntityIx) {
        if self.ontology.relation(relation).symmetric && from > to {
            (to, relation, from)
        } else {
            (from, relation, to)
        }
    }

    // -- first, every id that will be there --------------------------------------------------

    fn register(&mut self, changes: &[Change]) {
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

    fn kind_of(&mut self, i: usize, draft: &EntityDraft) -> Option<KindIx> {
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

    fn check_id(&mut self, i: usize, id: &str, kind: Option<KindIx>) {
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

    // -- then what the entities say ----------------------------------------------------------

    fn admit_entities(&mut self, changes: &[Change]) {
        for (i, change) in changes.iter().enumerate() {
            let (Change::AddEntity(draft) | Change::PutEntity(draft)) = change else { continue };
            let slot = self.slots.get(&i).copied();
            let Some(kind) = self.ontology.kind_named(&draft.kind) else { continue };
            let before = self.refusals.len();
            let ontology = self.ontology.clone();
            let declared: Vec<(PropertyIx, &Property)> =
                ontology.kind(kind).properties.iter().map(|ix| (*ix, ontology.property(*ix))).collect();
            let mut properties = self.admit_properties(i, &draft.id, &draft.properties, &declared);
            let name_ix = ontology.name_property();
            let name = match properties.iter().position(|(ix, _)| *ix == name_ix) {
                Some(at) => match properties.remove(at).1 {
                    Value::Text(text) => text,
                    _ => continue,
                },
                None => "".into(), // missing: refused by admit_properties
            };
            let mut identifiers = Vec::new();
            for (scheme, value) in &draft.identifiers {
                match (admit_text(scheme), admit_text(value)) {
                    (Ok(scheme), Ok(value)) => identifiers.push(Identifier { scheme, value }),
                    (Err(reason), _) | (_, Err(reason)) => {
                        self.refuse(
                            i,
                            RefusalCode::BadValue,
                            format!("identifier of `{}`: {reason}", draft.id),
                            "write {\"scheme\": …, \"value\": …}",
                        );
                    }
                }
            }
            for (ix, value) in &properties {
                if let Some(scheme) = &ontology.property(*ix).identifier {
                    let values = value.members().iter().filter_map(Value::as_text);
                    identifiers.extend(
                        values.map(|v| Identifier { scheme: scheme.as_str().into(), value: v.into() }),
                    );
                }
            }
            let text = match (&draft.text, ontology.kind(kind).is_source) {
                (None, _) => None,
                (Some(text), true) => self.admit_source_text(i, &draft.id, text),
                (Some(_), false) => {
                    let help = format!(
                        "only {} has a text that quotes are checked against",
                        ontology.kind(ontology.source_kind()).name
                    );
                    self.refuse(i, RefusalCode::BadValue, format!("`{}` has a `text`", draft.id), &help);
                    None
                }
            };
            let evidence = self.admit_evidence(i, &draft.id, &draft.evidence, Some(kind));
            let Some(slot) = slot else { continue };
            if self.refusals.len() > before {
                continue;
            }
            let old = self.entities[slot.0 as usize].clone();
            if ontology.kind(kind).is_source && old.as_ref().is_some_and(|e| e.text != text) {
                self.texts_changed = true;
            }
            self.entities[slot.0 as usize] = Some(Arc::new(Entity {
                id: draft.id.as_str().into(),
                kind,
                name,
                properties: properties.into(),
                identifiers: identifiers.into(),
                evidence,
                text,
                merged_from: old.map(|e| e.merged_from.clone()).unwrap_or_default(),
            }));
            self.touched_entities.insert(slot, i);
        }
        // Sources may be named before their line: statuses follow once all texts are known.
        self.texts_changed |= self
            .slots
            .values()
            .any(|slot| self.kinds[slot.0 as usize].is_some_and(|kind| self.ontology.kind(kind).is_source));
    }

    /// Admits `given` against what is `declared`: unknown names, values that do not fit and
    /// required ones that are absent are refused. What comes back is sorted by index.
    fn admit_properties<Ix: Copy + Ord>(
        &mut self,
        i: usize,
        of: &str,
        given: &Map<String, Json>,
        declared: &[(Ix, &Property)],
    ) -> Vec<(Ix, Value)> {
        let ontology = self.ontology.clone();
        let mut admitted = Vec::with_capacity(given.len());
        for (name, json) in given {
            let Some((ix, property)) = declared.iter().find(|(_, p)| p.name == *name) else {
                let help = suggest(name, declared.iter().map(|(_, p)| p.name.as_str()).collect::<Vec<_>>());
                self.refuse(
                    i,
                    RefusalCode::Unknown,
                    format!("`{of}` has the unknown property `{}`", shorten(name)),
                    &help,
                );
                continue;
            };
            let value = match (json, property.list) {
                (Json::Null, _) => continue,
                (Json::Array(items), true) if items.is_empty() => continue,
                (Json::Array(items), true) => items
                    .iter()
                    .map(|item| admit(property.datatype, item, &ontology.enums))
                    .collect::<Result<Vec<_>, _>>()
                    .map(|values| Value::List(values.into())),
                (_, true) => Err("expected a list".to_owned()),
                (json, false) => admit(property.datatype, json, &ontology.enums),
            };
            match value {
                Ok(value) => admitted.push((*ix, value)),
                Err(reason) => {
                    self.refuse(
                        i,
                        RefusalCode::BadValue,
                        format!("property `{name}` of `{of}`: {reason}"),
                        "",
                    );
                }
            }
        }
        for (ix, property) in declared {
            if property.required
                && !given.get(&property.name).is_some_and(|v| !v.is_null())
                && !admitted.iter().any(|(a, _)| a == ix)
            {
                self.refuse(
                    i,
                    RefusalCode::Missing,
                    format!("`{of}` lacks the required property `{}`", property.name),
                    &format!("add it: {}", property.description),
                );
            }
        }
        admitted.sort_by_key(|(ix, _)| *ix);
        admitted
    }

    fn admit_source_text(&mut self, i: usize, of: &str, draft: &SourceTextDraft) -> Option<SourceText> {
        let before = self.refusals.len();
        let mut bad = |what: &str, help: &str| {
            self.refuse(i, RefusalCode::BadValue, format!("`text.{what}` of `{of}` is not one"), help);
        };
        let hex = |s: &str| s.len() == 64 && s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if draft.sha256.as_deref().is_some_and(|s| !hex(s)) {
            bad("sha256", "write 64 lower-case hex digits, or let `throughline check --write` do it");
        }
        if draft
            .file
            .as_deref()
            .is_some_and(|f| f.is_empty() || f.starts_with('.') || f.contains(['/', '\\']))
        {
            bad("file", "write a plain file name; its folder is given on the command line");
        }
        let status = draft.status.as_deref().map(QuoteStatus::parse);
        if status == Some(None) {
            bad("status", "write VERIFIED, NOT_FOUND, SOURCE_UNAVAILABLE or URL_ONLY");
        }
        let checked = draft.checked.as_deref().map(|day| day.parse().ok());
        if checked == Some(None) {
            bad("checked", "write a day as YYYY-MM-DD");
        }
        (self.refusals.len() == before).then(|| SourceText {
            file: draft.file.as_deref().map(Arc::from),
            sha256: draft.sha256.as_deref().map(Arc::from),
            status: status.flatten(),
            checked: checked.flatten(),
        })
    }

    fn admit_evidence(
        &mut self,
        i: usize,
        of: &str,
        drafts: &[EvidenceDraft],
        kind: Option<KindIx>,
    ) -> Box<[Evidence]> {
        let ontology = self.ontology.clone();
        let mut admitted: Vec<Evidence> = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let before = self.refusals.len();
            let mut refuse = |what: String, help: &str| {
                self.refusals.push(Refusal {
                    change: i,
                    code: RefusalCode::BadEvidence,
                    what,
                    help: help.to_owned(),
                });
            };
            let mut text =
                |name: &str, text: &Option<String>| match text.as_deref().map(admit_text).transpose() {
                    Ok(text) => text,
                    Err(reason) => {
                        refuse(format!("`{name}` of evidence of `{of}`: {reason}"), "");
                        None
                    }
                };
            let quote = text("quote", &draft.quote);
            let (prefix, suffix) = (raw_text(&draft.prefix), raw_text(&draft.suffix));
            let note = text("note", &draft.note);
            let url = match draft.url.as_deref().map(admit_url).transpose() {
                Ok(url) => url,
                Err(reason) => {
                    refuse(format!("`url` of evidence of `{of}`: {reason}"), "");
                    None
                }
            };
            if draft.quote.is_none() && draft.url.is_none() {
                refuse(
                    format!("evidence of `{of}` has neither quote nor url"),
                    "give the source's exact words, or the address that is the evidence",
                );
            }
            if draft.quote.is_none() && (prefix.is_some() || suffix.is_some()) {
                refuse(
                    format!("evidence of `{of}` has a prefix or suffix but no quote"),
                    "they stand right before and after the quote",
                );
            }
            let basis = Basis::parse(&draft.basis);
            if basis.is_none() {
                refuse(
                    format!("evidence of `{of}` has the basis `{}`", shorten(&draft.basis)),
                    "write STATED if the words say it, INFERRED if we conclude it",
                );
            }
            let mut seal_of = |name: &str, text: &Option<String>| {
                let seal = text.as_deref().map(seal_from_text);
                if seal == Some(None) {
                    refuse(
                        format!("`{name}` of evidence of `{of}` is no seal"),
                        "remove it; `throughline check --sources DIR --write` sets it",
                    );
                }
                seal.flatten()
            };
            let checked = match (seal_of("verified", &draft.verified), seal_of("notFound", &draft.not_found))
            {
                (Some(seal), _) => Some((seal, true)),
                (None, Some(seal)) => Some((seal, false)),
                (None, None) => None,
            };
            let mut properties = Vec::new();
            for name in &draft.properties {
                match kind.and_then(|kind| ontology.property_of(kind, name)) {
                    Some(ix) => properties.push(ix),
                    None => refuse(
                        format!("evidence of `{of}` supports the unknown property `{}`", shorten(name)),
                        if kind.is_some() {
                            "name properties of its kind"
                        } else {
                            "only an entity's evidence names properties"
                        },
                    ),
                }
            }
            properties.sort();
            properties.dedup();
            let source = self.find(&draft.source);
            match source.map(|s| self.kinds[s.0 as usize]) {
                None => self.refuse(
                    i,
                    RefusalCode::Dangling,
                    format!("evidence of `{of}` quotes `{}`, which is not there", shorten(&draft.source)),
                    "add the source, or mend its id",
                ),
                Some(Some(kind)) if !ontology.kind(kind).is_source => self.refuse(
                    i,
                    RefusalCode::BadEvidence,
                    format!(
                        "evidence of `{of}` quotes `{}`, which is of kind {}",
                        draft.source,
                        ontology.kind(kind).name
                    ),
                    &format!("quote an entity of kind {}", ontology.kind(ontology.source_kind()).name),
                ),
                Some(_) => {}
            }
            let (Some(source), Some(basis)) = (source, basis) else { continue };
            if self.refusals.len() > before {
                continue;
            }
            let mut evidence = Evidence {
                source,
                quote,
                prefix,
                suffix,
                url,
                basis,
                note,
                properties: properties.into(),
                checked,
                status: QuoteStatus::SourceUnavailable,
            };
            let sha = self.entities[source.0 as usize]
                .as_ref()
                .and_then(|e| e.text.as_ref())
                .and_then(|t| t.sha256.clone());
            evidence.status = evidence.status_under(sha.as_deref());
            if admitted.iter().any(|e| e.same_words(&evidence)) {
                self.refuse(
                    i,
                    RefusalCode::BadEvidence,
                    format!("`{of}` has the same evidence twice"),
                    "remove one",
                );
            } else {
                admitted.push(evidence);
            }
        }
        admitted.into()
    }

    // -- then links, statements and merges, in the order of the batch -------------------------

    fn admit_links(&mut self, changes: &[Change]) {
        for (i, change) in changes.iter().enumerate() {
            match change {
                Change::AddLink(draft) => self.add_link(i, draft),
                Change::RemoveLink { from, relation, to } => self.remove_link(i, from, relation, to),
                Change::StateCompleteness { entity, relation, completeness, evidence } => {
                    self.state_completeness(i, entity, relation, completeness, evidence);
                }
                Change::Merge { from, into } => self.merge(i, from, into),
                Change::AddEntity(_) | Change::PutEntity(_) | Change::RemoveEntity { .. } => {}
            }
        }
    }

    fn relation_forward(&mut self, i: usize, of: &str, name: &str) -> Option<RelationIx> {
        let ontology = self.ontology.clone();
        match ontology.relation_named(name) {
            Some((ix, Direction::Forward)) => Some(ix),
            Some((ix, Direction::Inverse)) => {
                let forward = &ontology.relation(ix).name;
                self.refuse(
                    i,
                    RefusalCode::Unknown,
                    format!("link {of} uses `{name}`, the inverse of `{forward}`"),
                    &format!("swap the ends and write `{forward}`"),
                );
                None
            }
            None => {
                let help =
                    suggest(name, ontology.relations.iter().map(|r| r.name.as_str()).collect::<Vec<_>>());
                self.refuse(
                    i,
                    RefusalCode::Unknown,
                    format!("link {of} uses the unknown relation `{}`", shorten(name)),
                    &help,
                );
                None
            }
        }
    }

    fn end(&mut self, i: usize, of: &str, id: &str) -> Option<EntityIx> {
        let found = self.find(id);
        if found.is_none() {
            let near = (self.refusals.len() < SUGGESTIONS)
                .then(|| self.by_id.keys().map(|k| &**k).filter(|k| k.len().abs_diff(id.len()) <= 2))
                .and_then(|candidates| nearest(id, candidates));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "add the entity, or mend the id".to_owned(),
            };
            self.refuse(
                i,
                RefusalCode::Dangling,
                format!("{of} names `{}`, which is not there", shorten(id)),
                &help,
            );
        }
        found
    }

    fn add_link(&mut self, i: usize, draft: &LinkDraft) {
        let ontology = self.ontology.clone();
        let of = format!("`{} {} {}`", shorten(&draft.from), shorten(&draft.relation), shorten(&draft.to));
        let before = self.refusals.len();
        let relation_ix = self.relation_forward(i, &of, &draft.relation);
        let (from, to) =
            (self.end(i, &format!("link {of}"), &draft.from), self.end(i, &format!("link {of}"), &draft.to));
        if let (Some(ix), Some(from), Some(to)) = (relation_ix, from, to) {
            let relation = ontology.relation(ix);
            for (end, allowed, side) in [(from, &relation.from, "from"), (to, &relation.to, "to")] {
                if let Some(kind) = self.kinds[end.0 as usize]
                    && !allowed.contains(&kind)
                {
                    let names: Vec<&str> = allowed.iter().map(|k| ontology.kind(*k).name.as_str()).collect();
                    self.refuse(
                        i,
                        RefusalCode::OutOfRange,
                        format!("link {of} goes {side} {}", ontology.kind(kind).name),
                        &format!("`{}` goes {side} {}", relation.name, names.join(", ")),
                    );
                }
            }
            if from == to {
                self.refuse(
                    i,
                    RefusalCode::OutOfRange,
                    format!("link {of} joins an entity to itself"),
                    "remove it",
                );
            }
        }
        let mut date = |name: &str, json: &Option<Json>| match json
            .as_ref()
            .filter(|j| !j.is_null())
            .map(admit_fuzzy_date)
            .transpose()
        {
            Ok(date) => date,
            Err(reason) => {
                self.refusals.push(Refusal {
                    change: i,
                    code: RefusalCode::BadValue,
                    what: format!("`{name}` of link {of}: {reason}"),
                    help: String::new(),
                });
                None
            }
        };
        let (when, valid_from, valid_until) = (
            date("date", &draft.date),
            date("validFrom", &draft.valid_from),
            date("validUntil", &draft.valid_until),
        );
        if let (Some(from), Some(until)) = (&valid_from, &valid_until)
            && until.before(from)
        {
            self.refuse(
                i,
                RefusalCode::BadValue,
                format!("link {of} ends ({until}) before it begins ({from})"),
                "swap or mend the dates",
            );
        }
        let declared: Vec<(u16, &Property)> = relation_ix
            .map(|ix| {
                ontology.relation(ix).properties.iter().enumerate().map(|(at, p)| (at as u16, p)).collect()
            })
            .unwrap_or_default();
        let properties = match relation_ix {
            Some(_) => self.admit_properties(i, &of, &draft.properties, &declared),
            None => Vec::new(),
        };
        if draft.evidence.is_empty() {
            self.refuse(
                i,
                RefusalCode::BadEvidence,
                format!("link {of} has no evidence"),
                "every link carries at least one piece: the source, and its words or address",
            );
        }
        let evidence = self.admit_evidence(i, &of, &draft.evidence, None);
        let (Some(relation), Some(from), Some(to)) = (relation_ix, from, to) else { return };
        if self.refusals.len() > before {
            return;
        }
        let link =
            Link { relation, date: when, valid_from, valid_until, properties: properties.into(), evidence };
        let key = self.triple(from, relation, to);
        match self.triples.get(&key).copied() {
            Some(ix) => self.join_links(i, &of, ix, &link),
            None => {
                let ix = LinkIx(self.links.len() as u32);
                self.links.push(Some((from, to, Arc::new(link))));
                self.triples.insert(key, ix);
                self.touch(ix, relation, i);
            }
        }
    }

    fn touch(&mut self, link: LinkIx, relation: RelationIx, change: usize) {
        self.touched_links.insert(link, change);
        self.touched_relations.insert(relation);
    }

    /// Adds to the link at `ix` what `more` says of the same triple; what contradicts is refused.
    fn join_links(&mut self, i: usize, of: &str, ix: LinkIx, more: &Link) {
        let Some((from, to, link)) = self.links[ix.0 as usize].clone() else { return };
        let conflict = |a: &Option<FuzzyDate>, b: &Option<FuzzyDate>| a.is_some() && b.is_some() && a != b;
        let clash = |p: &(u16, Value)| link.properties.iter().any(|q| p.0 == q.0 && p.1 != q.1);
        if conflict(&link.date, &more.date)
            || conflict(&link.valid_from, &more.valid_from)
            || conflict(&link.valid_until, &more.valid_until)
            || more.properties.iter().any(clash)
        {
            self.refuse(
                i,
                RefusalCode::Conflict,
                format!("link {of} is there with other dates or properties"),
                "there is one link for each subject, relation and object; make them agree",
            );
            return;
        }
        let mut joined = (*link).clone();
        joined.date = joined.date.or_else(|| more.date.clone());
        joined.valid_from = joined.valid_from.or_else(|| more.valid_from.clone());
        joined.valid_until = joined.valid_until.or_else(|| more.valid_until.clone());
        let mut properties: BTreeMap<u16, Value> = joined.properties.into_vec().into_iter().collect();
        properties.extend(more.properties.iter().cloned());
        joined.properties = properties.into_iter().collect();
        joined.evidence = union(&joined.evidence, &more.evidence);
        let relation = joined.relation;
        self.links[ix.0 as usize] = Some((from, to, Arc::new(joined)));
        self.touch(ix, relation, i);
    }

    fn remove_link(&mut self, i: usize, from: &str, relation: &str, to: &str) {
        let of = format!("`{from} {relation} {to}`");
        let Some(relation) = self.relation_forward(i, &of, relation) else { return };
        let found = self
            .find(from)
            .zip(self.find(to))
            .and_then(|(f, t)| self.triples.remove(&self.triple(f, relation, t)));
        match found {
            Some(ix) => {
                self.links[ix.0 as usize] = None;
                self.touched_links.remove(&ix);
            }
            None => {
                self.refuse(i, RefusalCode::Dangling, format!("there is no link {of}"), "nothing to remove")
            }
        }
    }

    fn state_completeness(
        &mut self,
        i: usize,
        entity: &str,
        relation: &str,
        word: &str,
        evidence: &[EvidenceDraft],
    ) {
        let ontology = self.ontology.clone();
        let of = format!("`{} {}`", shorten(entity), shorten(relation));
        let before = self.refusals.len();
        let found = self.end(i, &format!("the statement about {of}"), entity);
        let Some((ix, direction)) = ontology.relation_named(relation) else {
            let names = ontology
                .relations
                .iter()
                .flat_map(|r| [r.name.as_str(), r.inverse.as_str()])
                .collect::<Vec<_>>();
            self.refuse(
                i,
                RefusalCode::Unknown,
                format!("the statement about {of} names no relation"),
                &suggest(relation, names),
            );
            return;
        };
        let completeness = Completeness::parse(word);
        if completeness.is_none() {
            self.refuse(
                i,
                RefusalCode::BadValue,
                format!("the completeness of {of} is `{}`", shorten(word)),
                "write COMPLETE, AT_LEAST or NOT_STATED",
            );
        }
        if let Some(kind) = found.and_then(|e| self.kinds[e.0 as usize]) {
            let relation = ontology.relation(ix);
            if !relation.holders(direction).contains(&kind) {
                let names: Vec<&str> =
                    relation.holders(direction).iter().map(|k| ontology.kind(*k).name.as_str()).collect();
                self.refuse(
                    i,
                    RefusalCode::OutOfRange,
                    format!("the statement about {of} is about a {}", ontology.kind(kind).name),
                    &format!("`{}` is a list of {}", relation.name_in(direction), names.join(", ")),
                );
            }
        }
        if evidence.is_empty() && completeness != Some(Completeness::NotStated) {
            self.refuse(
                i,
                RefusalCode::BadEvidence,
                format!("the statement about {of} has no evidence"),
                "quote the words that say so, such as \"and more\"",
            );
        }
        let evidence = self.admit_evidence(i, &of, evidence, None);
        if let (Some(entity), Some(completeness), true) = (found, completeness, self.refusals.len() == before)
        {
            self.completeness
                .insert((entity, ix, direction), CompletenessStatement { completeness, evidence });
        }
    }

    fn merge(&mut self, i: usize, from_id: &str, into_id: &str) {
        let of = format!("the merge of `{}` into `{}`", shorten(from_id), shorten(into_id));
        let Some(into) = self.end(i, &of, into_id) else { return };
        let Some(from) = self.find(from_id) else {
            return self.alias(i, from_id, into);
        };
        if from == into {
            self.refuse(i, RefusalCode::Conflict, format!("{of} joins an entity to itself"), "remove it");
            return;
        }
        if self.kinds[from.0 as usize] != self.kinds[into.0 as usize] {
            self.refuse(
                i,
                RefusalCode::Conflict,
                format!("{of} joins two kinds"),
                "merge entities of one kind only",
            );
            return;
        }
        let (Some(old), Some(kept)) =
            (self.entities[from.0 as usize].clone(), self.entities[into.0 as usize].clone())
        else {
            return;
        };
        let mut one = (*kept).clone();
        let aliases_ix = self.ontology.aliases_property();
        let names = |e: &Entity| -> Vec<Value> {
            e.property(aliases_ix).map(|v| v.members().to_vec()).unwrap_or_default()
        };
        let mut aliases = names(&one);
        for alias in [Value::Text(old.name.clone())].into_iter().chain(names(&old)) {
            if alias != Value::Text(one.name.clone()) && !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
        let mut properties: BTreeMap<PropertyIx, Value> = old.properties.iter().cloned().collect();
        properties.extend(one.properties.iter().cloned());
        if !aliases.is_empty() {
            properties.insert(aliases_ix, Value::List(aliases.into()));
        }
        one.properties = properties.into_iter().collect();
        one.identifiers = one
            .identifiers
            .iter()
            .chain(old.identifiers.iter().filter(|id| !one.identifiers.contains(id)))
            .cloned()
            .collect();
        one.evidence = union(&one.evidence, &old.evidence);
        one.text = one.text.or_else(|| old.text.clone());
        one.merged_from =
            one.merged_from.iter().chain(old.merged_from.iter()).chain([&old.id]).cloned().collect();

        // What pointed at the old entity points at the kept one.
        let moved = |e: EntityIx| if e == from { into } else { e };
        let requote = |evidence: &[Evidence]| -> Box<[Evidence]> {
            evidence.iter().map(|e| Evidence { source: moved(e.source), ..e.clone() }).collect()
        };
        one.evidence = requote(&one.evidence);
        self.entities[from.0 as usize] = None;
        self.entities[into.0 as usize] = Some(Arc::new(one));
        self.touched_entities.insert(into, i);
        self.by_id.remove(&old.id);
        for target in self.merged.values_mut() {
            *target = moved(*target);
        }
        self.merged.insert(old.id.clone(), into);
        if self.kinds[from.0 as usize].is_some_and(|k| self.ontology.kind(k).is_source) {
            self.texts_changed = true;
            for entity in self.entities.iter_mut().flatten() {
                if entity.evidence.iter().any(|e| e.source == from) {
                    let requoted = requote(&entity.evidence);
                    Arc::make_mut(entity).evidence = requoted;
                }
            }
            for (_, _, link) in self.links.iter_mut().flatten() {
                if link.evidence.iter().any(|e| e.source == from) {
                    let requoted = requote(&link.evidence);
                    Arc::make_mut(link).evidence = requoted;
                }
            }
            for statement in self.completeness.values_mut() {
                statement.evidence = requote(&statement.evidence);
            }
        }
        let at_old: Vec<(RelationIx, Direction, CompletenessStatement)> = self
            .completeness
            .iter()
            .filter(|((e, ..), _)| *e == from)
            .map(|((_, r, d), s)| (*r, *d, s.clone()))
            .collect();
        for (relation, direction, statement) in at_old {
            self.completeness.remove(&(from, relation, direction));
            self.completeness.entry((into, relation, direction)).or_insert(statement);
        }
        for at in 0..self.links.len() {
            let Some((a, b, link)) = self.links[at].clone() else { continue };
            if a != from && b != from {
                continue;
            }
            let relation = link.relation;
            self.triples.remove(&self.triple(a, relation, b));
            self.links[at] = None;
            let (a, b) = (moved(a), moved(b));
            if a == b {
                if !self.ontology.relation(relation).symmetric {
                    let name = &self.ontology.relation(relation).name;
                    self.refuse(
                        i,
                        RefusalCode::Conflict,
                        format!("{of} would leave a link `{name}` from the entity to itself"),
                        "remove that link first",
                    );
                }
                continue;
            }
            match self.triples.get(&self.triple(a, relation, b)).copied() {
                Some(ix) => self.join_links(i, &of, ix, &link),
                None => {
                    let ix = LinkIx(at as u32);
                    self.links[at] = Some((a, b, link));
                    self.triples.insert(self.triple(a, relation, b), ix);
                    self.touch(ix, relation, i);
                }
            }
        }
    }

    /// An id that nothing has, and that resolves to `into` from now on: a merge whose old entity is
    /// no longer kept.
    fn alias(&mut self, i: usize, old: &str, into: EntityIx) {
        self.check_id(i, old, self.kinds[into.0 as usize]);
        if let Some(entity) = self.entities[into.0 as usize].as_mut() {
            let id: Arc<str> = old.into();
            let entity = Arc::make_mut(entity);
            entity.merged_from = entity.merged_from.iter().chain([&id]).cloned().collect();
            self.merged.insert(id, into);
        }
    }

    // -- last, what must hold of the whole ----------------------------------------------------

    fn check_outcome(&mut self) {
        if !self.refusals.is_empty() {
            return; // what is missing would be reported twice
        }
        self.check_removed();
        self.check_cardinality();
        self.check_circles();
        self.check_identifiers();
    }

    fn check_removed(&mut self) {
        if self.removed.is_empty() {
            return;
        }
        let removed: HashMap<EntityIx, (usize, String)> =
            self.removed.drain(..).map(|(i, slot, id)| (slot, (i, id))).collect();
        let mut uses: BTreeMap<usize, (String, usize)> = BTreeMap::new();
        let mut used = |slot: EntityIx| {
            if let Some((i, id)) = removed.get(&slot) {
                uses.entry(*i).or_insert_with(|| (id.clone(), 0)).1 += 1;
            }
        };
        let links = self.links.iter().flatten();
        links.for_each(|(from, to, link)| {
            [*from, *to].into_iter().chain(link.evidence.iter().map(|e| e.source)).for_each(&mut used);
        });
        self.entities.iter().flatten().flat_map(|e| e.evidence.iter()).for_each(|e| used(e.source));
        self.completeness.iter().for_each(|((entity, ..), statement)| {
            [*entity].into_iter().chain(statement.evidence.iter().map(|e| e.source)).for_each(&mut used);
        });
        for (i, (id, count)) in uses {
            self.refuse(
                i,
                RefusalCode::InUse,
                format!("`{id}` is still named {count} times by links, evidence or statements"),
                "remove those first, or merge it into another",
            );
        }
    }

    fn check_cardinality(&mut self) {
        let ontology = self.ontology.clone();
        let mut counts: HashMap<(RelationIx, EntityIx), (u32, usize)> = HashMap::new();
        for (at, (from, _, link)) in
            self.links.iter().enumerate().filter_map(|(at, l)| l.as_ref().map(|l| (at, l)))
        {
            if ontology.relation(link.relation).max.is_some()
                && self.touched_relations.contains(&link.relation)
            {
                let count = counts.entry((link.relation, *from)).or_default();
                count.0 += 1;
                count.1 = count.1.max(self.touched_links.get(&LinkIx(at as u32)).copied().unwrap_or(0));
            }
        }
        let mut over: Vec<_> = counts.into_iter().collect();
        over.sort();
        for ((relation, from), (count, change)) in over {
            let relation = ontology.relation(relation);
            let max = relation.max.unwrap_or(u32::MAX);
            if count > max {
                let id = self.id_of(from);
                self.refuse(
                    change,
                    RefusalCode::Cardinality,
                    format!("`{id}` has {count} links `{}`", relation.name),
                    &format!("at most {max} may be; remove {}", count - max),
                );
            }
        }
    }

    fn check_circles(&mut self) {
        let ontology = self.ontology.clone();
        let mut relations: Vec<RelationIx> =
            self.touched_relations.iter().copied().filter(|r| ontology.relation(*r).acyclic).collect();
        relations.sort();
        for relation in relations {
            let mut graph: DiGraphMap<u32, usize> = DiGraphMap::new();
            for (at, link) in self.links.iter().enumerate() {
                if let Some((from, to, link)) = link
                    && link.relation == relation
                {
                    graph.add_edge(
                        from.0,
                        to.0,
                        self.touched_links.get(&LinkIx(at as u32)).copied().unwrap_or(0),
                    );
                }
            }
            for circle in tarjan_scc(&graph).into_iter().filter(|scc| scc.len() > 1) {
                let change = graph
                    .all_edges()
                    .filter(|(a, b, _)| circle.contains(a) && circle.contains(b))
                    .map(|(.., i)| *i)
                    .max()
                    .unwrap_or(0);
                let mut ids: Vec<String> = circle
                    .iter()
                    .rev()
                    .take(CIRCLE_SHOWN)
                    .map(|ix| format!("`{}`", self.id_of(EntityIx(*ix))))
                    .collect();
                if circle.len() > CIRCLE_SHOWN {
                    ids.push(format!("{} more", circle.len() - CIRCLE_SHOWN));
                }
                let name = &ontology.relation(relation).name;
                self.refuse(
                    change,
                    RefusalCode::Cycle,
                    format!("links `{name}` close a circle through {}", ids.join(", ")),
                    "remove one of them",
                );
            }
        }
    }

    fn check_identifiers(&mut self) {
        let mut seen: HashMap<Identifier, EntityIx> = HashMap::new();
        let mut clashes = Vec::new();
        for (at, entity) in self.entities.iter().enumerate().filter_map(|(at, e)| e.as_ref().map(|e| (at, e)))
        {
            let ix = EntityIx(at as u32);
            for identifier in &entity.identifiers {
                if let Some(first) = seen.insert(identifier.clone(), ix)
                    && first != ix
                {
                    clashes.push((identifier.clone(), first, ix));
                }
            }
        }
        for (identifier, first, second) in clashes {
            let change = [first, second]
                .iter()
                .filter_map(|ix| self.touched_entities.get(ix))
                .max()
                .copied()
                .unwrap_or(0);
            let what = format!(
                "`{}` and `{}` both have the identifier {} {}",
                self.id_of(first),
                self.id_of(second),
                identifier.scheme,
                identifier.value
            );
            self.refuse(
                change,
                RefusalCode::Taken,
                what,
                "they are one entity (merge them), or one identifier is wrong",
            );
        }
    }

    fn id_of(&self, ix: EntityIx) -> String {
        self.entities[ix.0 as usize].as_ref().map(|e| e.id.to_string()).unwrap_or_default()
    }

    // -- and the next graph -------------------------------------------------------------------

    fn finish(mut self, sequence: u64) -> Graph {
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
    fn restatus(&mut self) {
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
    fn close_gaps(&mut self) {
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

/// What both lists say, each once.
fn union(a: &[Evidence], b: &[Evidence]) -> Box<[Evidence]> {
    a.iter().chain(b.iter().filter(|e| !a.iter().any(|f| f.same_words(e)))).cloned().collect()
}

/// A prefix or suffix is kept as it is, spaces too; control characters have no place in a text view.
fn raw_text(text: &Option<String>) -> Option<Arc<str>> {
    text.as_deref().filter(|t| !t.is_empty() && !t.chars().any(char::is_control)).map(Arc::from)
}

/// A name as it appears in a message: never longer than a line.
fn shorten(name: &str) -> String {
    const SHOWN: usize = 80;
    let clean: String = name.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    match clean.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &clean[..at]),
        None => clean,
    }
}
