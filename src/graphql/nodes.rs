//! Nodes by their ids, and the evidence of what they say.

use super::arguments::Arguments;
use super::error::{Code, GraphqlError};
use super::resolvers::{
    Answer, Context, List, NODES_MAX, Object, Resolved, entity, entity_of, evidence_of, made, objects,
};
use crate::graph::{Datum, Owner};

pub(super) fn node(c: &Context, id: &str) -> Answer<'static> {
    let graph = &c.graph;
    if let Some(ix) = graph.find(id) {
        return Ok(Resolved::Object(Object::Entity(ix)));
    }
    if !id.starts_with("link/") && !id.starts_with("evidence/") {
        return Ok(Resolved::Null);
    }
    // The first to ask builds an index.
    c.budget.begin_walk()?;
    if let Some(ix) = graph.find_link(id) {
        return Ok(Resolved::Object(Object::Link(ix)));
    }
    let found = graph.find_evidence(id);
    Ok(found.map_or(Resolved::Null, |(owner, at)| Resolved::Object(Object::Evidence(owner, at as u32))))
}

pub(super) fn nodes<'c>(c: &'c Context, _: &Object, arguments: &Arguments) -> Answer<'c> {
    let ids = arguments.texts("ids").unwrap_or_default();
    if ids.len() > NODES_MAX {
        return Err(GraphqlError::limit(
            "`nodes(ids:)`",
            ids.len() as u64,
            NODES_MAX as u64,
            "ask in several requests",
        )
        .into());
    }
    let found: Result<Vec<_>, _> = ids.iter().map(|id| node(c, id)).collect();
    Ok(Resolved::List(List::Made(found?)))
}

pub(super) fn entity_by<'c>(c: &'c Context, _: &Object, arguments: &Arguments) -> Answer<'c> {
    let by = Arguments::new(arguments.object("by").cloned().unwrap_or_default());
    if let Some(id) = by.text("id") {
        return Ok(entity(c.graph.find(&id)));
    }
    let Some(identifier) = by.object("identifier").cloned().map(Arguments::new) else {
        return Err(GraphqlError::new(
            Code::BadArgument,
            "`by` takes exactly one of id, identifier, not null",
        )
        .into());
    };
    let (scheme, value) =
        (identifier.text("scheme").unwrap_or_default(), identifier.text("value").unwrap_or_default());
    Ok(entity(c.graph.find_identifier(&scheme, &value)))
}

pub(super) fn evidence_list(c: &Context, owner: Owner) -> Answer<'_> {
    let all = c.graph.evidence(owner).len();
    c.budget.spend(all as u64)?;
    Ok(Resolved::List(List::Evidence(owner, all as u32)))
}

pub(super) fn entity_evidence<'c>(c: &'c Context, object: &Object, arguments: &Arguments) -> Answer<'c> {
    let ix = entity_of(object)?;
    let Some(name) = arguments.text("property") else { return evidence_list(c, Owner::Entity(ix)) };
    let entity = c.graph.entity(ix);
    let Some(property) = c.ontology().property_of(entity.kind(), &name) else {
        let kind = c.ontology().kind(entity.kind());
        let known: Vec<&str> =
            kind.properties.iter().map(|p| c.ontology().property(*p).name.as_str()).collect();
        let help = crate::ontology::suggest(&name, known);
        return Err(GraphqlError::new(
            Code::BadArgument,
            format!("{} has no property `{name}`; {help}", kind.name),
        )
        .into());
    };
    let supporting = entity.evidence().iter().enumerate().filter(|(_, e)| e.properties().contains(&property));
    Ok(objects(supporting.map(|(at, _)| Object::Evidence(Owner::Entity(ix), at as u32))))
}

pub(super) fn evidence_href<'c>(c: &'c Context, object: &Object, _: &Arguments) -> Answer<'c> {
    let (_, evidence) = evidence_of(c, object)?;
    let source = c.graph.entity(evidence.source());
    let url = c
        .ontology()
        .property_of(source.kind(), "url")
        .and_then(|ix| source.property(ix))
        .and_then(Datum::as_text);
    Ok(made(evidence.href(url)))
}
