//! In which order. The default is insertion order, which is free; every other order falls back
//! to it where its keys are equal, so that pages are stable. Absent values come last, both ways.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::Range;

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

/// Items with the keys of their entities, to be put in order as far as somebody looks.
pub struct Keyed<'g, T> {
    sorts: &'g [Sort],
    items: Vec<T>,
    keys: Vec<Key<'g>>,
}

/// The keys of an item: the first, and those that tell apart what the first leaves equal.
struct Key<'g> {
    first: Standing<'g>,
    others: Vec<Standing<'g>>,
    entity: EntityIx,
    /// The place of the item among those given.
    at: usize,
}

impl<'g, T: Copy> Keyed<'g, T> {
    /// Looks at the keys of items; there is at least one of `sorts`. Cost: one look at each key of each entity, and
    /// at each link where links are asked.
    ///
    /// # Errors
    /// The end of the budget.
    pub fn of(
        graph: &'g Graph,
        sorts: &'g [Sort],
        items: Vec<T>,
        entity: impl Fn(&T) -> EntityIx,
        budget: &Budget,
    ) -> Result<Keyed<'g, T>, Exhausted> {
        let mut keys = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let entity = entity(item);
            let mut standings =
                sorts.iter().map(|sort| place(graph, &sort.key, sort.descending, entity, budget));
            let first = standings.next().unwrap_or(Ok(Standing::Absent))?;
            keys.push(Key { first, others: standings.collect::<Result<_, _>>()?, entity, at });
        }
        Ok(Keyed { sorts, items, keys })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The place in the order of an entity's item; none if it is not here. Cost: linear.
    pub fn position(&self, entity: EntityIx) -> Option<usize> {
        let key = self.keys.iter().find(|key| key.entity == entity)?;
        Some(self.keys.iter().filter(|other| self.compare(other, key).is_lt()).count())
    }

    /// The items, those of `range` where they belong in the order, items of equal keys in insertion order of the
    /// entities; the others as they were given. Cost: linear, and a sort of the range.
    pub fn arranged(mut self, range: Range<usize>) -> Vec<T> {
        let mut keys = std::mem::take(&mut self.keys);
        if range.is_empty() {
            return self.items;
        }
        let by = |a: &Key<'_>, b: &Key<'_>| self.compare(a, b);
        let mut part = keys.as_mut_slice();
        if range.start > 0 {
            part = part.select_nth_unstable_by(range.start - 1, by).2;
        }
        if range.len() < part.len() {
            part = part.select_nth_unstable_by(range.len(), by).0;
        }
        part.sort_unstable_by(by);
        let wanted: HashSet<usize> = part.iter().map(|key| key.at).collect();
        let others = self.items.iter().enumerate().filter(|(at, _)| !wanted.contains(at));
        let mut arranged: Vec<T> = others.map(|(_, item)| *item).collect();
        arranged.splice(range.start..range.start, part.iter().map(|key| self.items[key.at]));
        arranged
    }

    fn compare(&self, a: &Key<'_>, b: &Key<'_>) -> Ordering {
        let Some((sort, others)) = self.sorts.split_first() else { return a.entity.cmp(&b.entity) };
        let others = || {
            let both = others.iter().zip(a.others.iter().zip(&b.others));
            both.map(|(sort, (a, b))| compare(sort.descending, a, b)).find(|order| order.is_ne())
        };
        let first = compare(sort.descending, &a.first, &b.first);
        first.then_with(|| others().unwrap_or(Ordering::Equal)).then_with(|| a.entity.cmp(&b.entity))
    }
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
    // Most begin alike and are ASCII.
    let alike = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b && a.is_ascii()).count();
    let (a, b) = (&a[alike..], &b[alike..]);
    a.chars().flat_map(char::to_lowercase).cmp(b.chars().flat_map(char::to_lowercase))
}
