//! Links and statements of completeness, admitted against the ontology and what is there.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use serde_json::Value as Json;

use super::admit::weight;
use super::apply::{Transaction, shorten};
use super::change::*;
use super::records::{EvidenceRecord, LinkDetails, LinkRecord, union};
use super::*;
use crate::ontology::{FuzzyDate, Value, admit_fuzzy_date, nearest, suggest};

/// How many dangling ids get a suggestion; each costs a walk over all ids.
const SUGGESTIONS: usize = 20;

/// A link as messages call it.
struct LinkName<'d>(&'d str, &'d str, &'d str);

impl Display for LinkName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", shorten(self.0), shorten(self.1), shorten(self.2))
    }
}

impl Transaction {
    /// Admits whatever is about entities that are there.
    pub(super) fn connect(&mut self, i: usize, change: &Change) {
        match change {
            Change::AddLink(draft) => self.add_link(i, draft),
            Change::RemoveLink { from, relation, to } => self.remove_link(i, from, relation, to),
            Change::StateCompleteness { entity, relation, completeness, evidence } => {
                self.state_completeness(i, entity, relation, completeness, evidence);
            }
            Change::Merge { from, into } => self.merge(i, from, into),
            Change::RemoveEvidence { id } => self.retract_evidence(i, id),
            Change::AddEntity(_)
            | Change::PutEntity(_)
            | Change::UpdateEntity(_)
            | Change::RemoveEntity { .. } => {}
        }
    }

    pub(super) fn relation_forward(&mut self, i: usize, of: &dyn Display, name: &str) -> Option<RelationIx> {
        let ontology = self.ontology.clone();
        match ontology.relation_named(name) {
            Some((ix, Direction::Forward)) => Some(ix),
            Some((ix, Direction::Inverse)) => {
                let forward = &ontology.relation(ix).name;
                self.refuse(
                    i,
                    RefusalCode::Unknown,
                    format!("link `{of}` uses `{name}`, the inverse of `{forward}`"),
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
                    format!("link `{of}` uses the unknown relation `{}`", shorten(name)),
                    &help,
                );
                None
            }
        }
    }

    pub(super) fn end(&mut self, i: usize, of: &dyn Display, id: &str) -> Option<EntityIx> {
        let found = self.find(id);
        if found.is_none() {
            let ids = || self.graph.ids.iter().map(|ix| self.graph.entity(ix).id());
            let near = (self.refusals.len() < SUGGESTIONS)
                .then(|| nearest(id, ids().filter(|k| k.len().abs_diff(id.len()) <= 2)))
                .flatten();
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

    fn end_of_link(&mut self, i: usize, side: &str, of: &dyn Display, id: &str) -> Option<EntityIx> {
        let found = self.end(i, &format_args!("link `{of}`"), id);
        if let (None, Some(last)) = (found, self.refusals.last_mut()) {
            last.field = Some(side.to_owned());
        }
        found
    }

    pub(super) fn add_link(&mut self, i: usize, draft: &LinkDraft) {
        let ontology = self.ontology.clone();
        let of = LinkName(&draft.from, &draft.relation, &draft.to);
        let before = self.refusals.len();
        let relation_ix = self.relation_forward(i, &of, &draft.relation);
        let from = self.end_of_link(i, "from", &of, &draft.from);
        let to = self.end_of_link(i, "to", &of, &draft.to);
        if let (Some(ix), Some(from), Some(to)) = (relation_ix, from, to) {
            let relation = ontology.relation(ix);
            for (end, allowed, side) in [(from, &relation.from, "from"), (to, &relation.to, "to")] {
                if let Some(kind) = self.kind_at(end)
                    && !allowed.contains(&kind)
                {
                    let names: Vec<&str> = allowed.iter().map(|k| ontology.kind(*k).name.as_str()).collect();
                    self.refuse(
                        i,
                        RefusalCode::OutOfRange,
                        format!("link `{of}` goes {side} {}", ontology.kind(kind).name),
                        &format!("`{}` goes {side} {}", relation.name, names.join(", ")),
                    );
                }
            }
            if from == to {
                self.refuse(
                    i,
                    RefusalCode::OutOfRange,
                    format!("link `{of}` joins an entity to itself"),
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
            Ok(date) => date.map(Arc::new),
            Err(reason) => {
                self.refusals.push(Refusal {
                    change: i,
                    field: Some(name.to_owned()),
                    code: RefusalCode::BadValue,
                    what: format!("`{name}` of link `{of}`: {reason}"),
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
                format!("link `{of}` ends ({until}) before it begins ({from})"),
                "swap or mend the dates",
            );
        }
        let properties = match relation_ix {
            Some(ix) => {
                let declared = ontology.relation(ix).properties.iter().enumerate();
                let declared = declared.map(|(at, p)| (at as u16, p));
                self.admit_properties(i, &of, &draft.properties, declared)
            }
            None => Vec::new(),
        };
        if draft.evidence.is_empty() {
            self.refuse_field(
                i,
                "evidence",
                RefusalCode::BadEvidence,
                format!("link `{of}` has no evidence"),
                "every link carries at least one piece: the source, and its words or address",
            );
        }
        let evidence = self.admit_evidence(i, &of, &draft.evidence, None);
        self.weigh(i, &of, weight(&evidence));
        let (Some(relation), Some(from), Some(to)) = (relation_ix, from, to) else { return };
        if self.refusals.len() > before {
            return;
        }
        let details = LinkDetails { date: when, valid_from, valid_until, properties };
        match self.joined(from, relation, to) {
            Some(ix) => self.join_links(i, &of, ix, &details, &evidence),
            None => self.push_link(&LinkRecord { from, to, relation, details, evidence }, i),
        }
    }

    /// Adds to the link at `ix` what more is said of the same triple; what contradicts is refused.
    pub(super) fn join_links(
        &mut self,
        i: usize,
        of: &dyn Display,
        ix: LinkIx,
        more: &LinkDetails,
        evidence: &[EvidenceRecord],
    ) {
        let Some(mut joined) = self.link_now(ix) else { return };
        let details = &mut joined.details;
        type When = Option<Arc<FuzzyDate>>;
        let conflict = |a: &When, b: &When| a.is_some() && b.is_some() && a != b;
        let clash = |p: &(u16, Value)| details.properties.iter().any(|q| p.0 == q.0 && p.1 != q.1);
        if conflict(&details.date, &more.date)
            || conflict(&details.valid_from, &more.valid_from)
            || conflict(&details.valid_until, &more.valid_until)
            || more.properties.iter().any(clash)
        {
            self.refuse(
                i,
                RefusalCode::Conflict,
                format!("link `{of}` is there with other dates or properties"),
                "there is one link for each subject, relation and object; make them agree",
            );
            return;
        }
        details.date = details.date.take().or_else(|| more.date.clone());
        details.valid_from = details.valid_from.take().or_else(|| more.valid_from.clone());
        details.valid_until = details.valid_until.take().or_else(|| more.valid_until.clone());
        let mut properties: BTreeMap<u16, Value> =
            std::mem::take(&mut details.properties).into_iter().collect();
        properties.extend(more.properties.iter().cloned());
        details.properties = properties.into_iter().collect();
        joined.evidence = union(&joined.evidence, evidence);
        self.weigh(i, of, weight(&joined.evidence));
        self.touch(ix, joined.relation, i);
        self.edited_links.insert(ix, Some(Box::new(joined)));
    }

    fn remove_link(&mut self, i: usize, from: &str, relation: &str, to: &str) {
        let of = LinkName(from, relation, to);
        let Some(relation) = self.relation_forward(i, &of, relation) else { return };
        let found = self.find(from).zip(self.find(to)).and_then(|(f, t)| self.joined(f, relation, t));
        match found {
            Some(ix) => drop(self.edited_links.insert(ix, None)),
            None => {
                let what = format!("there is no link `{of}`");
                self.refuse(i, RefusalCode::Dangling, what, "nothing to remove");
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
        let of = format!("{} {}", shorten(entity), shorten(relation));
        let before = self.refusals.len();
        let found = self.end(i, &format_args!("the statement about `{of}`"), entity);
        let Some((ix, direction)) = ontology.relation_named(relation) else {
            let names = ontology
                .relations
                .iter()
                .flat_map(|r| [r.name.as_str(), r.inverse.as_str()])
                .collect::<Vec<_>>();
            self.refuse(
                i,
                RefusalCode::Unknown,
                format!("the statement about `{of}` names no relation"),
                &suggest(relation, names),
            );
            return;
        };
        let completeness = Completeness::parse(word);
        if completeness.is_none() {
            self.refuse(
                i,
                RefusalCode::BadValue,
                format!("the completeness of `{of}` is `{}`", shorten(word)),
                "write COMPLETE, AT_LEAST or NOT_STATED",
            );
        }
        if let Some(kind) = found.and_then(|e| self.kind_at(e)) {
            let relation = ontology.relation(ix);
            if !relation.holders(direction).contains(&kind) {
                let names: Vec<&str> =
                    relation.holders(direction).iter().map(|k| ontology.kind(*k).name.as_str()).collect();
                self.refuse(
                    i,
                    RefusalCode::OutOfRange,
                    format!("the statement about `{of}` is about a {}", ontology.kind(kind).name),
                    &format!("`{}` is a list of {}", relation.name_in(direction), names.join(", ")),
                );
            }
        }
        if evidence.is_empty() && completeness != Some(Completeness::NotStated) {
            self.refuse(
                i,
                RefusalCode::BadEvidence,
                format!("the statement about `{of}` has no evidence"),
                "quote the words that say so, such as \"and more\"",
            );
        }
        let evidence = self.admit_evidence(i, &of, evidence, None);
        if let (Some(entity), Some(completeness), true) = (found, completeness, self.refusals.len() == before)
        {
            let statement = CompletenessStatement { completeness, evidence: Block::of(&evidence) };
            Arc::make_mut(&mut self.graph.completeness).insert((entity, ix, direction), statement);
        }
    }
}
