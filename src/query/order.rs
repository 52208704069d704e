//! In which order. The default is insertion order, which is free; every other order falls back
//! to it where its keys are equal, so that pages are stable. Absent values come last, both ways.

use std::cmp::Ordering;

use crate::graph::{EntityIx, Graph};
use crate::ontology::{PropertyIx, Value};

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
        SortKey::Id => turn(a.id.cmp(&b.id)),
        SortKey::Name => turn(a.name.to_lowercase().cmp(&b.name.to_lowercase())),
        SortKey::Property(properties) => {
            let value =
                |entity: &crate::graph::Entity| properties.iter().find_map(|p| entity.property(*p).cloned());
            match (value(a), value(b)) {
                (Some(a), Some(b)) => turn(compare_values(&a, &b)),
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (None, None) => Ordering::Equal,
            }
        }
    }
}

/// Values of one datatype; lists by their members in order. Fuzzy dates by their first day, open
/// ones first, then by their last, open ones last.
fn compare_values(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.total_cmp(b),
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::FuzzyDate(a), Value::FuzzyDate(b)) => {
            let last = |d: &crate::ontology::FuzzyDate| (d.latest().is_none(), d.latest());
            a.earliest().cmp(&b.earliest()).then(last(a).cmp(&last(b)))
        }
        (Value::Symbol(_, a), Value::Symbol(_, b)) => a.cmp(b),
        (Value::List(a), Value::List(b)) => a
            .iter()
            .zip(b.iter())
            .map(|(a, b)| compare_values(a, b))
            .find(|o| o.is_ne())
            .unwrap_or(a.len().cmp(&b.len())),
        _ => Ordering::Equal,
    }
}
