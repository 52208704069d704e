//! Side by side: comparisons, crosswalks, timelines, and what is computed of an entity among all.

use super::arguments::{Arguments, bad};
use super::error::GraphqlError;
use super::records::{
    COMMUNITY, COMPARED_NEIGHBOR, COMPARISON, COUNTERPART, COUNTERPART_REASON, CROSSWALK, HOLDER, LAG,
    RELATED, TIMELINE, TIMELINE_STEP, list,
};
use super::resolvers::{Answer, Context, DateOf, Object, Resolved, entity, float, int};
use super::walks::direction;
use crate::graph::{EntityIx, LinkIx};
use crate::ontology::{Common, KindIx, RelationIx};
use crate::query::compare::{Comparison, Counterpart, Reason, RelationComparison, Shared};
use crate::query::filter::Evaluation;
use crate::query::timeline::{DATE, Dated, Step, timeline as in_order};
use crate::query::{compare as compared, flow, related as akin};

/// Entities that are compared at once.
pub(super) const COMPARED: usize = 10;
/// Neighbours of the compared, pairs of a crosswalk, steps of a timeline: if nobody says, and at most.
pub(super) const SIDES: (usize, usize) = (100, 500);
/// By what those who share a neighbour have it.
pub(super) const HOLDERS: usize = 20;
/// Why two items may answer to each other, or two entities be related.
pub(super) const REASONS: usize = 5;
/// Links of one such reason.
pub(super) const REASON_LINKS: usize = 3;
/// Entities of one source that a timeline is of.
const TIMELINE_IDS: usize = 500;
/// Items of the two sides of a crosswalk.
const ITEMS: usize = 5_000;
/// Members of a community or related entities, if nobody says.
const MEMBERS: usize = 20;

type Made = Resolved<'static>;

fn link(ix: LinkIx) -> Made {
    Resolved::Object(Object::Link(ix))
}
fn entities<'a>(all: impl IntoIterator<Item = &'a EntityIx>) -> Made {
    list(all.into_iter().map(|ix| entity(Some(*ix))))
}

/// What entities have in common, neighbour by neighbour.
pub(super) fn compare<'c>(c: &'c Context, _: &Object, a: &Arguments) -> Answer<'c> {
    let of = a.entities(&c.graph, "ids", COMPARED)?.unwrap_or_default();
    let first = a.count("first", 0, SIDES.0, SIDES.1)?;
    let wanted = a.text("share");
    let Comparison { of, relations } = compared::compare(&c.graph, &of, &c.budget)?;
    let shares = |r: &RelationComparison| {
        [("ALL", r.by_all.len()), ("SOME", r.by_some.len()), ("ONE", r.unique.len())]
    };
    let asked = |share: &str| wanted.as_deref().is_none_or(|wanted| wanted == share);
    let total: usize =
        relations.iter().flat_map(shares).filter(|(share, _)| asked(share)).map(|(_, count)| count).sum();
    let mut neighbors = Vec::new();
    for share in ["ALL", "SOME", "ONE"].into_iter().filter(|share| asked(share)) {
        for relation in &relations {
            let all = match share {
                "ALL" => &relation.by_all,
                "SOME" => &relation.by_some,
                _ => &relation.unique,
            };
            let room = first - neighbors.len();
            neighbors.extend(all.iter().take(room).map(|shared| neighbor(&of, relation, share, shared)));
        }
    }
    Ok(COMPARISON.of([entities(&of), list(neighbors), int(total)]))
}

fn neighbor(of: &[EntityIx], along: &RelationComparison, share: &'static str, shared: &Shared) -> Made {
    let held = shared.held.iter().take(HOLDERS).map(|holder| {
        HOLDER.of([
            entity(of.get(holder.of).copied()),
            link(holder.link),
            holder.close_match.map_or(Resolved::Null, link),
        ])
    });
    COMPARED_NEIGHBOR.of([
        Resolved::Object(Object::Relation(along.relation)),
        direction(along.direction),
        entity(Some(shared.neighbor)),
        Resolved::Plain(share),
        list(held),
    ])
}

/// Which items of two plans answer to each other; null where either is not there.
pub(super) fn crosswalk<'c>(c: &'c Context, _: &Object, arguments: &Arguments) -> Answer<'c> {
    let find = |name: &str| arguments.text(name).and_then(|id| c.graph.find(&id));
    let (Some(a), Some(b)) = (find("a"), find("b")) else { return Ok(Resolved::Null) };
    let first = arguments.count("first", 0, SIDES.0, SIDES.1)?;
    let (relations, kinds) = (arguments.relations(c.ontology()), arguments.kinds(c.ontology()));
    let items = |of| items(c, of, relations.as_deref(), kinds.as_deref());
    let found = compared::crosswalk(&c.graph, &items(a)?, &items(b)?, &c.budget)?;
    Ok(CROSSWALK.of([
        list(found.pairs.iter().take(first).map(counterpart)),
        int(found.pairs.len()),
        entities(found.only_a.iter().take(first)),
        int(found.only_a.len()),
        entities(found.only_b.iter().take(first)),
        int(found.only_b.len()),
    ]))
}

/// What a plan holds: what its links lead to, but for hubs, sources and what merely lies near.
fn items(
    c: &Context,
    of: EntityIx,
    relations: Option<&[RelationIx]>,
    kinds: Option<&[KindIx]>,
) -> Result<Vec<EntityIx>, Box<GraphqlError>> {
    let (graph, ontology) = (&c.graph, c.ontology());
    let mut items = Vec::new();
    for (relation, direction) in ontology.relations_of(graph.entity(of).kind()) {
        let unasked = || ontology.relation(relation).through_hub;
        if !relations.map_or_else(unasked, |all| all.contains(&relation)) {
            continue;
        }
        let links = graph.along(of, relation, direction);
        c.budget.spend(1 + links.len() as u64)?;
        let wanted = |ix: &EntityIx| {
            !flow::is_stop(graph, *ix) && kinds.is_none_or(|kinds| kinds.contains(&graph.entity(*ix).kind()))
        };
        items.extend(links.iter().map(|linked| linked.to).filter(wanted));
    }
    items.sort_unstable();
    items.dedup();
    if items.len() > ITEMS {
        let help = "name `relations` or `kinds` of the items that are meant";
        return Err(GraphqlError::limit("items of a plan", items.len() as u64, ITEMS as u64, help).into());
    }
    Ok(items)
}

fn counterpart(pair: &Counterpart) -> Made {
    let reason = |reason: &Reason| {
        let (word, neighbor, links) = match *reason {
            Reason::Same => ("SAME", None, Vec::new()),
            Reason::Linked(ix) => ("LINKED", None, vec![link(ix)]),
            Reason::CloseNeighbors { a, close_match, b } => {
                ("CLOSE_MATCH", None, vec![link(a), link(close_match), link(b)])
            }
            Reason::SharedNeighbor { neighbor, a, b } => {
                ("SHARED_NEIGHBOR", Some(neighbor), vec![link(a), link(b)])
            }
        };
        COUNTERPART_REASON.of([Resolved::Plain(word), entity(neighbor), list(links)])
    };
    let asserted = pair.reasons.first().is_some_and(|reason| reason.is_asserted());
    COUNTERPART.of([
        entity(Some(pair.a)),
        entity(Some(pair.b)),
        Resolved::Boolean(asserted),
        list(pair.reasons.iter().take(REASONS).map(reason)),
        int(pair.reasons.len()),
    ])
}

/// Things in the order of their dates: of some entities and their links.
pub(super) fn timeline<'c>(c: &'c Context, _: &Object, a: &Arguments) -> Answer<'c> {
    let (graph, ontology) = (&c.graph, c.ontology());
    let first = a.count("first", 0, SIDES.0, SIDES.1)?;
    let (kinds, filter) = (a.kinds(ontology), a.entity_filter(ontology, Common::Family(ontology.root))?);
    let given = a.entities(graph, "of", TIMELINE_IDS)?;
    if given.is_none() && kinds.is_none() && filter.is_none() {
        let message = "say whose timeline: by `of`, `kinds` or `where`";
        return Err(bad(message.to_owned()).into());
    }
    c.budget.begin_walk()?;
    let evaluation = Evaluation::new(graph, &c.budget);
    let mut all = Vec::new();
    for ix in given.unwrap_or_else(|| graph.entities().collect()) {
        c.budget.spend(1)?;
        let wanted = kinds.as_ref().is_none_or(|kinds| kinds.contains(&graph.entity(ix).kind()));
        if wanted && filter.as_ref().map_or(Ok(true), |filter| evaluation.holds(filter, ix))? {
            all.push(ix);
        }
    }
    let found = in_order(graph, &all, &c.budget)?;
    Ok(TIMELINE.of([
        list(found.steps.iter().take(first).map(|step| step_record(c, step))),
        int(found.steps.len()),
        entities(found.undated.iter().take(first)),
        int(found.undated.len()),
    ]))
}

fn step_record(c: &Context, step: &Step) -> Made {
    let (of, by, date) = match step.what {
        Dated::Entity(ix) => {
            let property = c.ontology().property_of(c.graph.entity(ix).kind(), DATE);
            (Some(ix), None, property.map(|property| DateOf::Property(ix, property, 0)))
        }
        Dated::Link(ix) => (None, Some(ix), Some(DateOf::Link(ix))),
    };
    let days = |days: Option<i64>| days.map_or(Resolved::Null, Resolved::Int);
    TIMELINE_STEP.of([
        entity(of),
        by.map_or(Resolved::Null, link),
        date.map_or(Resolved::Null, |date| Resolved::Object(Object::FuzzyDate(date))),
        step.lag.map_or(Resolved::Null, |lag| LAG.of([days(lag.min), days(lag.max)])),
    ])
}

/// How central an entity is.
pub(super) fn page_rank(c: &Context, ix: EntityIx) -> Answer<'static> {
    let whole = c.whole();
    Ok(float(Some(whole.ranks(&c.graph, &c.budget)?.of[ix.0 as usize].0)))
}

/// Its place among all.
pub(super) fn page_rank_place(c: &Context, ix: EntityIx) -> Answer<'static> {
    let whole = c.whole();
    Ok(int(whole.ranks(&c.graph, &c.budget)?.of[ix.0 as usize].1))
}

/// With whom it hangs together.
pub(super) fn community(c: &Context, ix: EntityIx, a: &Arguments) -> Answer<'static> {
    let first = a.count("first", 0, MEMBERS, c.page_max)?;
    let whole = c.whole();
    let communities = whole.communities(&c.graph, &c.budget)?;
    let number = communities.of[ix.0 as usize];
    let members = &communities.all[number];
    c.budget.spend(first.min(members.len()) as u64)?;
    Ok(COMMUNITY.of([int(number + 1), int(members.len()), entities(members.iter().take(first))]))
}

/// What is like it.
pub(super) fn related(c: &Context, ix: EntityIx, a: &Arguments) -> Answer<'static> {
    let graph = &c.graph;
    let first = a.count("first", 0, MEMBERS, c.page_max)?;
    let kinds = a.kinds(c.ontology());
    c.budget.begin_walk()?;
    let found = akin::related(graph, ix, first, kinds.as_deref(), &c.budget)?;
    let name = |ix: EntityIx| graph.entity(ix).name();
    let record = |one: &akin::Related| {
        let shared: Vec<&str> = one.reasons.iter().take(REASONS).map(|ix| name(*ix)).collect();
        let (ours, theirs) = (name(ix), name(one.entity));
        let more = one.reasons.len() - shared.len();
        let and = if more > 0 { format!(" and {more} more") } else { String::new() };
        let sentence = match (one.linked, shared.is_empty()) {
            (true, true) => format!("A link joins {ours} and {theirs}."),
            (true, false) => {
                format!(
                    "A link joins {ours} and {theirs}, and both are linked to {}{and}.",
                    shared.join("; ")
                )
            }
            (false, false) => format!("{ours} and {theirs} are both linked to {}{and}.", shared.join("; ")),
            (false, true) => format!("Many short ways lead from {ours} to {theirs}."),
        };
        RELATED.of([
            entity(Some(one.entity)),
            float(Some(one.score)),
            Resolved::Boolean(one.linked),
            entities(one.reasons.iter().take(REASONS)),
            int(one.reasons.len()),
            Resolved::Made(sentence),
        ])
    };
    Ok(list(found.iter().map(record)))
}
