//! What is missing, what is weak, and what falls with what.

use super::arguments::{Arguments, bad, shown};
use super::lists::{Connection, Told};
use super::records::{EVIDENCE_LOSS, IMPACT, LINK_QUALITY, SUPPORT_LOSS, list};
use super::resolvers::{Answer, Context, List, Object, Resolved, entity, int, mismatch, objects};
use crate::graph::{Completeness, LinkIx, Owner};
use crate::ontology::suggest;
use crate::query::grade::Grade;
use crate::query::impact::{EvidenceLoss, SupportLoss, impact as falls};
use crate::query::quality::{Quality, quality as quality_of};

/// What falls, of each sort, if nobody says, and at most.
pub(super) const LOSSES: (usize, usize) = (50, 500);
/// Links that are named as the reason of one loss.
pub(super) const REASONS: usize = 10;

/// The gaps of those names; all if none are named.
pub(super) fn gaps<'c>(c: &'c Context, _: &Object, a: &Arguments) -> Answer<'c> {
    let gaps = &c.ontology().gaps;
    let Some(names) = a.texts("names") else { return Ok(objects((0..gaps.len()).map(Object::Gap))) };
    let mut found = Vec::new();
    for name in &names {
        let Some(at) = gaps.iter().position(|gap| gap.name == *name) else {
            let known: Vec<&str> = gaps.iter().map(|gap| gap.name.as_str()).collect();
            return Err(bad(format!("there is no gap `{}`; {}", shown(name), suggest(name, known))).into());
        };
        if !found.contains(&at) {
            found.push(at);
        }
    }
    Ok(objects(found.into_iter().map(Object::Gap)))
}

/// The relations that a gap misses, or that its entities have, as names of fields.
pub(super) fn gap_relations(c: &Context, at: usize, having: bool) -> Answer<'_> {
    let ontology = c.ontology();
    let gap = &ontology.gaps[at];
    let all = if having { &gap.having } else { &gap.missing };
    let name = |(ix, direction): &(_, _)| Resolved::Text(ontology.relation(*ix).name_in(*direction));
    Ok(Resolved::List(List::Made(all.iter().map(name).collect())))
}

/// Whether a source says that there are none, or nobody says anything.
pub(super) fn absence(c: &Context, of: &Connection, i: usize) -> Answer<'static> {
    let (Told::Gap(at), Some(ix)) = (&of.told, of.entity(&c.graph, i)) else { return mismatch() };
    let gap = &c.ontology().gaps[*at];
    let said = |(relation, direction): &(_, _)| c.graph.completeness(ix, *relation, *direction);
    let stated = gap.missing.iter().all(|list| said(list) == Some(Completeness::Complete));
    Ok(Resolved::Plain(if stated { "STATED" } else { "NOT_STATED" }))
}

/// What is weak about a link.
pub(super) fn quality(c: &Context, ix: LinkIx) -> Answer<'static> {
    let whole = c.whole();
    let sources = whole.sources(&c.graph, &c.budget)?;
    let quality = quality_of(&c.graph, sources, ix);
    Ok(LINK_QUALITY.of([
        Resolved::Plain(Grade::of_link(&c.graph, ix).name()),
        Resolved::Boolean(quality.single_sourced),
        Resolved::Boolean(quality.inferred),
        Resolved::Boolean(quality.stale),
        Resolved::Boolean(quality.unverified),
        int(sources.independent_sources(&c.graph, ix)),
    ]))
}

/// Whether a link has any of the weaknesses that are named; any at all if none are.
pub(super) fn is_weak(quality: Quality, wanted: Option<&[String]>) -> bool {
    let Some(wanted) = wanted else { return quality.is_weak() };
    wanted.iter().any(|word| match word.as_str() {
        "SINGLE_SOURCED" => quality.single_sourced,
        "INFERRED" => quality.inferred,
        "STALE" => quality.stale,
        "UNVERIFIED" => quality.unverified,
        _ => false,
    })
}

/// What falls with an entity; null where there is none of that id.
pub(super) fn impact<'c>(c: &'c Context, _: &Object, a: &Arguments) -> Answer<'c> {
    let Some(of) = a.text("of").and_then(|id| c.graph.find(&id)) else { return Ok(Resolved::Null) };
    let first = a.count("first", 0, LOSSES.0, LOSSES.1)?;
    let found = falls(&c.graph, of, &c.budget)?;
    Ok(IMPACT.of([
        entity(Some(of)),
        list(found.sources.iter().take(first).map(|ix| entity(Some(*ix)))),
        int(found.sources.len()),
        list(found.evidence.iter().take(first).map(|loss| evidence_loss(c, loss))),
        int(found.evidence.len()),
        list(found.support.iter().take(first).map(support_loss)),
        int(found.support.len()),
    ]))
}

fn evidence_loss(c: &Context, loss: &EvidenceLoss) -> Resolved<'static> {
    let (of, link, field) = match loss.owner {
        Owner::Entity(ix) => (Some(ix), Resolved::Null, Resolved::Null),
        Owner::Link(ix) => (None, Resolved::Object(Object::Link(ix)), Resolved::Null),
        Owner::List(ix, relation, direction) => {
            let name = c.ontology().relation(relation).name_in(direction);
            (Some(ix), Resolved::Null, Resolved::Made(name.to_owned()))
        }
    };
    let pieces = loss.pieces.iter().map(|at| Object::Evidence(loss.owner, *at as u32));
    EVIDENCE_LOSS.of([entity(of), link, field, Resolved::Plain(loss.loss.name()), objects(pieces)])
}

fn support_loss(loss: &SupportLoss) -> Resolved<'static> {
    SUPPORT_LOSS.of([
        entity(Some(loss.entity)),
        Resolved::Plain(loss.loss.name()),
        Resolved::Int(loss.distance.into()),
        objects(loss.reasons.iter().take(REASONS).copied().map(Object::Link)),
    ])
}
