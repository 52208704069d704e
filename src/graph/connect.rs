//! Links and statements of completeness, admitted against the ontology and what is there.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::apply::{Next, shorten, union};
use super::change::*;
use super::*;
use crate::ontology::{Property, admit_fuzzy_date, nearest, suggest};

/// How many dangling ids get a suggestion; each costs a walk over all ids.
const SUGGESTIONS: usize = 20;

impl Next {
    pub(super) fn admit_links(&mut self, changes: &[Change]) {
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

    pub(super) fn relation_forward(&mut self, i: usize, of: &str, name: &str) -> Option<RelationIx> {
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

    pub(super) fn end(&mut self, i: usize, of: &str, id: &str) -> Option<EntityIx> {
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

    pub(super) fn add_link(&mut self, i: usize, draft: &LinkDraft) {
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

    pub(super) fn touch(&mut self, link: LinkIx, relation: RelationIx, change: usize) {
        self.touched_links.insert(link, change);
        self.touched_relations.insert(relation);
    }

    /// Adds to the link at `ix` what `more` says of the same triple; what contradicts is refused.
    pub(super) fn join_links(&mut self, i: usize, of: &str, ix: LinkIx, more: &Link) {
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

    pub(super) fn remove_link(&mut self, i: usize, from: &str, relation: &str, to: &str) {
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
                self.refuse(i, RefusalCode::Dangling, format!("there is no link {of}"), "nothing to remove");
            }
        }
    }

    pub(super) fn state_completeness(
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
}
