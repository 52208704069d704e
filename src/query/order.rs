//! In which order. The default is insertion order, which is free; every other order falls back
//! to it where its keys are equal, so that pages are stable. Absent values come last, both ways.

use std::cmp::Ordering;

use crate::graph::{Datum, Entity, EntityIx, Graph};
use crate::ontology::PropertyIx;

/// What to order by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SortKey {
    /// The id.
    Id,
    /// The name, without regard to case.
    Name,
    /// A property; several indexes where kinds declare properties of one name.
    Property(Vec<PropertyIx>),
}

/// A key and its direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// Whether the greatest come first.
    pub descending: bool,
}

/// Compares two entities by `sorts`, then by insertion.
pub fn compare(graph: &Graph, sorts: &[Sort], a: EntityIx, b: EntityIx) -> Ordering {
    for sort in sorts {
        let ordering = by_key(graph, sort, a, b);
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    a.cmp(&b)
}

fn by_key(graph: &Graph, sort: &Sort, a: EntityIx, b: EntityIx) -> Ordering {
    let turn = |ordering: Ordering| if sort.descending { ordering.reverse() } else { ordering };
    let (a, b) = (graph.entity(a), graph.entity(b));
    match &sort.key {
        SortKey::Id => turn(a.id().cmp(b.id())),
        SortKey::Name => turn(without_case(a.name(), b.name())),
        SortKey::Property(properties) => match (value(properties, a), value(properties, b)) {
            (Some(a), Some(b)) => turn(compare_values(a, b)),
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (None, None) => Ordering::Equal,
        },
    }
}

fn value<'g>(properties: &[PropertyIx], entity: Entity<'g>) -> Option<Datum<'g>> {
    properties.iter().find_map(|p| entity.property(*p))
}

/// Values of one datatype; lists by their members in order. Fuzzy dates by their first day, open
/// ones first, then by their last, open ones last.
fn compare_values(a: Datum<'_>, b: Datum<'_>) -> Ordering {
    match (a, b) {
        (Datum::Text(a), Datum::Text(b)) => without_case(a, b),
        (Datum::Int(a), Datum::Int(b)) => a.cmp(&b),
        (Datum::Float(a), Datum::Float(b)) => a.total_cmp(&b),
        (Datum::Boolean(a), Datum::Boolean(b)) => a.cmp(&b),
        (Datum::Date(a), Datum::Date(b)) => a.cmp(&b),
        (Datum::FuzzyDate(a), Datum::FuzzyDate(b)) => {
            let last = |d: &crate::ontology::FuzzyDate| (d.latest().is_none(), d.latest());
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
