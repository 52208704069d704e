//! In which order. The default is insertion order, which is free; every other order falls back
//! to it where its keys are equal, so that pages are stable. Absent values come last, both ways.

use std::cmp::Ordering;

use super::{Budget, Exhausted};
use crate::graph::{Datum, Entity, EntityIx, Graph};
use crate::ontology::{Direction, FuzzyDate, PropertyIx, RelationIx};

/// What to order by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SortKey {
    /// The id.
    Id,
    /// The name, without regard to case.
    Name,
    /// A property; several indexes where kinds declare properties of one name.
    Property(Vec<PropertyIx>),
    /// How many links it has along a relation.
    Links(RelationIx, Direction),
    /// A key of the entities it is linked to along a relation: of several the one that comes first in
    /// the order, so the least where the least come first.
    Linked(RelationIx, Direction, Box<SortKey>),
}

/// A key and its direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// Whether the greatest come first.
    pub descending: bool,
}

/// What an entity has for a key.
#[derive(Clone, Copy)]
enum Standing<'g> {
    Count(usize),
    Exact(&'g str),
    Value(Datum<'g>),
    Absent,
}

/// Sorts items by the keys of their entities, items of equal keys in insertion order of the entities.
/// Cost: one look at each key of each entity, and at each link where links are asked; then a sort.
///
/// # Errors
/// The end of the budget.
pub fn sort<T: Copy>(
    graph: &Graph,
    sorts: &[Sort],
    items: &mut Vec<T>,
    entity: impl Fn(&T) -> EntityIx,
    budget: &Budget,
) -> Result<(), Exhausted> {
    if sorts.is_empty() {
        return Ok(());
    }
    let mut keyed = Vec::with_capacity(items.len());
    for item in items.iter() {
        let ix = entity(item);
        let mut places = Vec::with_capacity(sorts.len());
        for sort in sorts {
            places.push(place(graph, &sort.key, sort.descending, ix, budget)?);
        }
        keyed.push((places, ix, *item));
    }
    keyed.sort_by(|(a, a_ix, _), (b, b_ix, _)| {
        let keys = sorts.iter().zip(a.iter().zip(b));
        let differing = keys.map(|(sort, (a, b))| compare(sort.descending, a, b)).find(|o| o.is_ne());
        differing.unwrap_or_else(|| a_ix.cmp(b_ix))
    });
    items.clear();
    items.extend(keyed.into_iter().map(|(.., item)| item));
    Ok(())
}

fn place<'g>(
    graph: &'g Graph,
    key: &SortKey,
    descending: bool,
    ix: EntityIx,
    budget: &Budget,
) -> Result<Standing<'g>, Exhausted> {
    budget.spend(1)?;
    let entity = graph.entity(ix);
    Ok(match key {
        SortKey::Id => Standing::Exact(entity.id()),
        SortKey::Name => Standing::Value(Datum::Text(entity.name())),
        SortKey::Property(properties) => value(properties, entity).map_or(Standing::Absent, Standing::Value),
        SortKey::Links(relation, direction) => Standing::Count(graph.along(ix, *relation, *direction).len()),
        SortKey::Linked(relation, direction, key) => {
            let mut first = Standing::Absent;
            for linked in graph.along(ix, *relation, *direction) {
                let there = place(graph, key, descending, linked.to, budget)?;
                if compare(descending, &there, &first).is_lt() {
                    first = there;
                }
            }
            first
        }
    })
}

fn compare(descending: bool, a: &Standing<'_>, b: &Standing<'_>) -> Ordering {
    let ordering = match (a, b) {
        (Standing::Absent, Standing::Absent) => return Ordering::Equal,
        (Standing::Absent, _) => return Ordering::Greater,
        (_, Standing::Absent) => return Ordering::Less,
        (Standing::Count(a), Standing::Count(b)) => a.cmp(b),
        (Standing::Exact(a), Standing::Exact(b)) => a.cmp(b),
        (Standing::Value(a), Standing::Value(b)) => compare_values(*a, *b),
        _ => Ordering::Equal,
    };
    if descending { ordering.reverse() } else { ordering }
}

fn value<'g>(properties: &[PropertyIx], entity: Entity<'g>) -> Option<Datum<'g>> {
    properties.iter().find_map(|p| entity.property(*p))
}

/// Values of one datatype; lists by their members in order. Fuzzy dates by their first day, open
/// ones first, then by their last, open ones last.
pub(super) fn compare_values(a: Datum<'_>, b: Datum<'_>) -> Ordering {
    match (a, b) {
        (Datum::Text(a), Datum::Text(b)) => without_case(a, b),
        (Datum::Int(a), Datum::Int(b)) => a.cmp(&b),
        (Datum::Float(a), Datum::Float(b)) => a.total_cmp(&b),
        (Datum::Boolean(a), Datum::Boolean(b)) => a.cmp(&b),
        (Datum::Date(a), Datum::Date(b)) => a.cmp(&b),
        (Datum::FuzzyDate(a), Datum::FuzzyDate(b)) => {
            let last = |d: &FuzzyDate| (d.latest().is_none(), d.latest());
            a.earliest().cmp(&b.earliest()).then(last(a).cmp(&last(b)))
        }
        (Datum::Symbol(_, a), Datum::Symbol(_, b)) => a.cmp(&b),
        (Datum::List(a), Datum::List(b)) => {
            let members = (0..a.len().min(b.len())).map(|at| compare_values(a.get(at), b.get(at)));
            members.into_iter().find(|o| o.is_ne()).unwrap_or(a.len().cmp(&b.len()))
        }
        _ => Ordering::Equal,
    }
}

/// As `to_lowercase` of both would compare, letter by letter.
fn without_case(a: &str, b: &str) -> Ordering {
    a.chars().flat_map(char::to_lowercase).cmp(b.chars().flat_map(char::to_lowercase))
}
