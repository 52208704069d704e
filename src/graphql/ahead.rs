//! Looks ahead of the execution: which entities it will come to, level by level, so that their
//! memory is asked for all at once and not one after the other as each turns up. What is missed
//! costs only time.

use super::plan::{ExecutionPlan, Field, Planner, What};
use super::resolvers::{Context, Field as Answer, Object};
use crate::graph::EntityIx;

/// Entities of one level that are asked for at once: their memory still fits the second-level cache.
const AT_ONCE: usize = 1024;

/// Levels, so that looking ends before it costs more than it saves.
const LEVELS: usize = 8;

/// Asks for the memory of entities that `field` gives, and of those that their selections lead to
/// along relations. Whether that was all: if not, it is worth looking again further down.
pub(super) fn look<'a>(
    planner: Planner<'_>,
    plan: &'a ExecutionPlan,
    context: &Context,
    field: &'a Field,
    entities: impl Iterator<Item = EntityIx>,
) -> bool {
    let graph = &*context.graph;
    let mut level: Vec<(EntityIx, &'a Field)> = entities.take(AT_ONCE).map(|ix| (ix, field)).collect();
    let mut next = Vec::new();
    for _ in 0..LEVELS {
        graph.touch(level.iter().map(|(ix, _)| *ix));
        for (ix, field) in &level {
            let Some(selected) = plan.below(planner, field, &Object::Entity(*ix), graph) else { continue };
            for field in &selected.fields {
                let What::Answer(Answer::Along(relation, direction, _)) = &field.what else { continue };
                let Some((first, items)) = field.first.zip(items_of(planner, plan, context, field)) else {
                    continue;
                };
                let links = graph.along(*ix, *relation, *direction).iter().take(first as usize);
                next.extend(links.map(|linked| (linked.to, items)));
                if next.len() > AT_ONCE {
                    return false;
                }
            }
        }
        std::mem::swap(&mut level, &mut next);
        next.clear();
        if level.is_empty() {
            return true;
        }
    }
    false
}

/// The field whose objects are the entities of a connection: `nodes`, or `node` of its `edges`.
fn items_of<'a>(
    planner: Planner<'_>,
    plan: &'a ExecutionPlan,
    context: &Context,
    connection: &'a Field,
) -> Option<&'a Field> {
    let child = |name| child(planner, plan, context, connection, name);
    child("nodes").or_else(|| node_of(planner, plan, context, child("edges")?))
}

/// `node` of a list of edges.
pub(super) fn node_of<'a>(
    planner: Planner<'_>,
    plan: &'a ExecutionPlan,
    context: &Context,
    edges: &'a Field,
) -> Option<&'a Field> {
    child(planner, plan, context, edges, "node")
}

/// Connections and edges are of one type each, whatever the object.
fn child<'a>(
    planner: Planner<'_>,
    plan: &'a ExecutionPlan,
    context: &Context,
    of: &'a Field,
    name: &str,
) -> Option<&'a Field> {
    let selected = plan.below(planner, of, &Object::Query, &context.graph)?;
    selected.fields.iter().find(|field| field.nodes[0].name == *name)
}
