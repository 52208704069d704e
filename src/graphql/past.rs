//! Record time: what was changed when, by whom and why, what two versions have otherwise, and what waits for a
//! decision.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::arguments::Arguments;
use super::error::{Code, GraphqlError};
use super::ledger::Ledger;
use super::records::{DIFF, DIFF_ENTRY, DIFF_VALUE, PROPOSAL, RECORDED_CHANGE, REVISION, list};
use super::resolvers::{Answer, Context, Object, Resolved, int, made};
use crate::graph::{Change, DataVersion, Datum, Graph, Owner};
use crate::ontology::{Direction, Ontology};
use crate::store::{Batch, Decision, Proposal, Signature, StoreError, ids_of};

/// Revisions and proposals of one answer, if nobody says, and at most.
pub(super) const REVISIONS: (usize, usize) = (20, 100);
/// Changes that one revision or proposal lists.
pub(super) const CHANGES_SHOWN: usize = 100;
/// What a difference lists, if nobody says, and at most.
pub(super) const DIFFERENCES: (usize, usize) = (100, 500);

/// The sequence that a version is named by: its number, or its label.
///
/// # Errors
/// What is neither.
pub(super) fn sequence_of(version: &str) -> Result<u64, GraphqlError> {
    let number = version.split('-').next().unwrap_or_default();
    number.parse().map_err(|_| {
        let shown: String = version.chars().take(60).collect();
        let message =
            format!("`{shown}` names no version; give a number, or what `version {{ label }}` gives");
        GraphqlError::new(Code::BadArgument, message)
    })
}

/// Whether a number or label names that version; a label is that of no other history.
pub(crate) fn is_named(version: DataVersion, text: &str) -> bool {
    if text.contains('-') { version.to_string() == text } else { text.parse() == Ok(version.sequence) }
}

/// The graph of a version that is named by its number or label.
///
/// # Errors
/// What names none, or one that is not kept, or one of another history.
pub(crate) fn view(ledger: &dyn Ledger, version: &str) -> Result<Arc<Graph>, GraphqlError> {
    let graph = ledger.view(sequence_of(version)?)?;
    if !is_named(graph.version(), version) {
        let message =
            format!("version {version} is of another history or ontology: here it is {}", graph.version());
        return Err(GraphqlError::new(Code::VersionNotFound, message));
    }
    Ok(graph)
}

fn ledger(c: &Context) -> Result<&dyn Ledger, Box<GraphqlError>> {
    c.ledger.as_deref().ok_or_else(|| {
        let message = "this instance has no history; a server has one";
        GraphqlError::new(Code::ReadOnly, message).into()
    })
}

fn failed(e: StoreError) -> Box<GraphqlError> {
    GraphqlError::new(Code::Internal, format!("the history cannot be read: {e}")).into()
}

/// The revisions that touched something, or all, newest first.
pub(super) fn history<'c>(c: &'c Context, _: &Object, a: &Arguments) -> Answer<'c> {
    let ledger = ledger(c)?;
    let first = a.count("first", 0, REVISIONS.0, REVISIONS.1)?;
    let newest = c.graph.version().sequence;
    let before = match a.text("before") {
        Some(version) => sequence_of(&version)?.min(newest + 1),
        None => newest + 1,
    };
    let (oldest, _) = ledger.extent();
    c.budget.begin_walk().map_err(GraphqlError::from)?;
    let sequences: Vec<u64> = match a.text("id") {
        Some(id) => {
            let id = c.graph.find(&id).map_or(id, |ix| c.graph.entity(ix).id().to_owned());
            let mut all = ledger.touching(&id).map_err(failed)?;
            all.retain(|sequence| *sequence < before);
            all.reverse();
            all.truncate(first);
            all
        }
        None => (oldest + 1..before).rev().take(first).collect(),
    };
    let mut out = Vec::new();
    for sequence in sequences {
        c.budget.spend(1_000).map_err(GraphqlError::from)?;
        if let Some(batch) = ledger.batch(sequence).map_err(failed)? {
            out.push(revision(&c.graph, &batch, a.text("id").as_deref()));
        }
    }
    Ok(list(out))
}

fn revision(graph: &Graph, batch: &Batch, of: Option<&str>) -> Resolved<'static> {
    let ontology = graph.ontology();
    let about = |change: &&Change| {
        of.is_none_or(|id| ids_of([*change], &[graph]).iter().any(|touched| touched == id))
    };
    let mut changes: Vec<&Change> = batch.changes.iter().filter(about).collect();
    if changes.is_empty() {
        // Named otherwise then, by an id that was merged since.
        changes = batch.changes.iter().collect();
    }
    revision_of(ontology, batch, &changes)
}

/// A batch as the API has it, with some of its changes.
pub(super) fn revision_of(ontology: &Ontology, batch: &Batch, changes: &[&Change]) -> Resolved<'static> {
    let Signature { by, at, reason } = &batch.signature;
    REVISION.of([
        int(batch.sequence as usize),
        Resolved::Made(at.to_string()),
        made(by.clone()),
        made(reason.clone()),
        batch.proposal.map_or(Resolved::Null, |number| int(number as usize)),
        list(changes.iter().take(CHANGES_SHOWN).map(|change| recorded(ontology, change))),
        int(changes.len()),
    ])
}

/// A change in words.
fn recorded(ontology: &Ontology, change: &Change) -> Resolved<'static> {
    let names =
        |map: &serde_json::Map<String, serde_json::Value>| map.keys().cloned().collect::<Vec<_>>().join(", ");
    let name = |draft: &crate::graph::EntityDraft| {
        draft.properties.get("name").and_then(|n| n.as_str()).unwrap_or(&draft.id).to_owned()
    };
    let said = |from: &str, relation: &str, to: &str| match ontology.relation_named(relation) {
        Some((ix, Direction::Forward)) => ontology.relation(ix).say(Direction::Forward, from, to),
        _ => format!("{from} {relation} {to}"),
    };
    let (action, ids, words): (&'static str, Vec<String>, String) = match change {
        Change::AddEntity(draft) => {
            ("ADDED", vec![draft.id.clone()], format!("{} {} was added", draft.kind, name(draft)))
        }
        Change::PutEntity(draft) => {
            ("REPLACED", vec![draft.id.clone()], format!("{} {} was written anew", draft.kind, name(draft)))
        }
        Change::UpdateEntity(patch) => (
            "UPDATED",
            vec![patch.id.clone()],
            match patch.properties.is_empty() {
                true => format!("evidence or identifiers of {} were changed", patch.id),
                false => format!("{} of {} changed", names(&patch.properties), patch.id),
            },
        ),
        Change::RemoveEntity { id } => ("RETRACTED", vec![id.clone()], format!("{id} was retracted")),
        Change::AddLink(draft) => (
            "LINKED",
            [
                ontology_link(ontology, &draft.from, &draft.relation, &draft.to),
                vec![draft.from.clone(), draft.to.clone()],
            ]
            .concat(),
            said(&draft.from, &draft.relation, &draft.to),
        ),
        Change::RemoveLink { from, relation, to } => (
            "UNLINKED",
            [ontology_link(ontology, from, relation, to), vec![from.clone(), to.clone()]].concat(),
            format!("no longer: {}", said(from, relation, to)),
        ),
        Change::RemoveEvidence { id } => {
            ("EVIDENCE_RETRACTED", vec![id.clone()], format!("{id} was retracted"))
        }
        Change::StateCompleteness { entity, relation, completeness, .. } => {
            ("COMPLETENESS_STATED", vec![entity.clone()], format!("{relation} of {entity} is {completeness}"))
        }
        Change::Merge { from, into } => {
            ("MERGED", vec![from.clone(), into.clone()], format!("{from} was merged into {into}"))
        }
    };
    RECORDED_CHANGE.of([
        Resolved::Plain(action),
        list(ids.into_iter().map(Resolved::Made)),
        Resolved::Made(words),
    ])
}

fn ontology_link(ontology: &Ontology, from: &str, relation: &str, to: &str) -> Vec<String> {
    crate::graph::link_id_of(ontology, from, relation, to).into_iter().collect()
}

/// What a version has otherwise than another.
pub(super) fn diff<'c>(c: &'c Context, _: &Object, a: &Arguments) -> Answer<'c> {
    let ledger = ledger(c)?;
    let first = a.count("first", 0, DIFFERENCES.0, DIFFERENCES.1)?;
    c.budget.begin_walk().map_err(GraphqlError::from)?;
    let from = view(ledger, &a.text("from").unwrap_or_default())?;
    let to = match a.text("to") {
        Some(to) => view(ledger, &to)?,
        None => c.graph.clone(),
    };
    let [one, other] = [&from, &to].map(|graph| graph.version().sequence);
    let (low, high) = (one.min(other), one.max(other));
    let mut ids = BTreeSet::new();
    for sequence in low + 1..=high {
        c.budget.spend(1_000).map_err(GraphqlError::from)?;
        if let Some(batch) = ledger.batch(sequence).map_err(failed)? {
            ids.extend(ids_of(&batch.changes, &[&from, &to]));
        }
    }
    // A merge moves links that no change names.
    let moved: Vec<String> =
        ids.iter().flat_map(|id| [links_of(&from, id), links_of(&to, id)]).flatten().collect();
    ids.extend(moved);
    let mut entries = Vec::new();
    for id in ids.iter().filter(|id| !id.starts_with("evidence/")) {
        c.budget.spend(100).map_err(GraphqlError::from)?;
        entries.extend(difference(&from, &to, id));
    }
    let count = entries.len();
    entries.truncate(first);
    Ok(DIFF.of([
        Resolved::Made(from.version().to_string()),
        Resolved::Made(to.version().to_string()),
        list(entries),
        int(count),
    ]))
}

/// The links of an entity, where it is one that was merged.
fn links_of(graph: &Graph, id: &str) -> Vec<String> {
    let Some(ix) = graph.find(id) else { return Vec::new() };
    let merged = graph.entity(ix).id() != id || !graph.entity(ix).merged_from().is_empty();
    let both = [Direction::Forward, Direction::Inverse].into_iter().filter(|_| merged);
    both.flat_map(|way| graph.links_of(ix, way)).map(|linked| graph.link_id(linked.link)).collect()
}

/// What one id is otherwise.
fn difference(from: &Graph, to: &Graph, id: &str) -> Option<Resolved<'static>> {
    let (before, after) = (Seen::of(from, id), Seen::of(to, id));
    let (change, shown) = match (&before, &after) {
        (None, Some(seen)) => ("ADDED", seen),
        (Some(seen), None) => ("REMOVED", seen),
        (Some(one), Some(other)) if one.values != other.values => ("CHANGED", other),
        _ => return None,
    };
    let values = |seen: &Option<Seen>| seen.as_ref().map(|seen| seen.values.clone()).unwrap_or_default();
    let (old, new) = (values(&before), values(&after));
    let mut names: Vec<&String> = old.iter().chain(&new).map(|(name, _)| name).collect();
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.as_str()));
    let find =
        |all: &[(String, String)], name: &str| all.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let changed = names.into_iter().filter_map(|name| {
        let (old, new) = (find(&old, name), find(&new, name));
        (old != new).then(|| DIFF_VALUE.of([Resolved::Made(name.clone()), made(old), made(new)]))
    });
    Some(DIFF_ENTRY.of([
        Resolved::Made(id.to_owned()),
        Resolved::Plain(change),
        Resolved::Made(shown.words.clone()),
        list(changed.collect::<Vec<_>>()),
    ]))
}

/// An entity or link of one version, in words.
struct Seen {
    words: String,
    values: Vec<(String, String)>,
}

impl Seen {
    fn of(graph: &Graph, id: &str) -> Option<Seen> {
        let ontology = graph.ontology();
        let value = |datum: Datum<'_>| super::resolvers::value_text(ontology, datum);
        let quoted = |owner: Owner| {
            let one = |e: crate::graph::Evidence<'_>| {
                let words = e.quote().or(e.url()).unwrap_or_default();
                format!("{} {} \"{words}\"", e.basis().name(), graph.entity(e.source()).id())
            };
            let all: Vec<String> = graph.evidence(owner).iter().map(one).collect();
            ("evidence".to_owned(), all.join("; "))
        };
        if let Some(ix) = graph.find_link(id) {
            let link = graph.link(ix);
            let dates =
                [("date", link.date()), ("validFrom", link.valid_from()), ("validUntil", link.valid_until())];
            let mut values: Vec<(String, String)> = dates
                .iter()
                .filter_map(|(name, date)| Some(((*name).to_owned(), date.as_ref()?.edtf().to_owned())))
                .collect();
            let relation = ontology.relation(link.relation());
            values.extend(
                link.properties()
                    .map(|(at, datum)| (relation.properties[at as usize].name.clone(), value(datum))),
            );
            values.push(quoted(Owner::Link(ix)));
            return Some(Seen { words: graph.sentence(ix), values });
        }
        let ix = graph.find(id).filter(|ix| graph.entity(*ix).id() == id)?;
        let entity = graph.entity(ix);
        let mut values = vec![("name".to_owned(), entity.name().to_owned())];
        values.extend(
            entity.properties().map(|(at, datum)| (ontology.property(at).name.clone(), value(datum))),
        );
        let identifiers: Vec<String> =
            entity.identifiers().iter().map(|i| format!("{}:{}", i.scheme, i.value)).collect();
        values.push(("identifiers".to_owned(), identifiers.join(", ")));
        values.push(("mergedFrom".to_owned(), entity.merged_from().join(", ")));
        values.push(quoted(Owner::Entity(ix)));
        values.retain(|(_, value)| !value.is_empty());
        Some(Seen { words: format!("{} {}", ontology.kind(entity.kind()).name, entity.name()), values })
    }
}

/// A word of `ProposalState`, and what there is of a decision: who made it, and the version that came of it.
fn decided(decision: &Decision) -> (&'static str, Option<&Signature>, Option<u64>) {
    match decision {
        Decision::Pending => ("PENDING", None, None),
        Decision::Accepted(sequence, by) => ("ACCEPTED", Some(by), Some(*sequence)),
        Decision::Rejected(by) => ("REJECTED", Some(by), None),
    }
}

/// A proposal as the API has it.
pub(super) fn proposal(proposal: &Proposal) -> Resolved<'static> {
    let (state, decision, sequence) = decided(&proposal.decision);
    let Signature { by, at, reason } = &proposal.signature;
    let lines = proposal
        .changes
        .iter()
        .take(CHANGES_SHOWN)
        .map(|change| Resolved::Made(crate::store::line_of(change)));
    PROPOSAL.of([
        int(proposal.number as usize),
        Resolved::Plain(state),
        Resolved::Made(at.to_string()),
        made(by.clone()),
        made(reason.clone()),
        list(lines),
        int(proposal.changes.len()),
        made(decision.map(|d| d.at.to_string())),
        made(decision.and_then(|d| d.by.clone())),
        made(decision.and_then(|d| d.reason.clone())),
        sequence.map_or(Resolved::Null, |n| int(n as usize)),
    ])
}

/// Proposals in a state, or all, in order of their numbers.
pub(super) fn proposals<'c>(c: &'c Context, _: &Object, a: &Arguments) -> Answer<'c> {
    let first = a.count("first", 0, REVISIONS.0, REVISIONS.1)?;
    let after = a.text("after").and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    let state = a.text("state");
    c.budget.begin_walk().map_err(GraphqlError::from)?;
    let mut out = Vec::new();
    let mut take = |one: Proposal| {
        let (word, ..) = decided(&one.decision);
        if out.len() < first && state.as_ref().is_none_or(|state| state == word) {
            out.push(proposal(&one));
        }
        out.len() < first
    };
    ledger(c)?.proposals(after + 1, &mut take).map_err(failed)?;
    Ok(list(out))
}
