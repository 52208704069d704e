//! Groups: what a list comes to when its items are counted by what they have in common.

use std::hash::Hash;

use hashbrown::DefaultHashBuilder;
use indexmap::IndexMap;

use super::{Budget, Exhausted};
use crate::graph::{Datum, EntityIx, Graph, LinkIx};
use crate::ontology::{Direction, EnumIx, FuzzyDate, KindIx, PropertyIx, RelationIx};

/// What part of a date items share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatePart {
    /// The year.
    Year,
    /// The month of a year.
    Month,
}

/// By what to group.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupBy {
    /// The kind.
    Kind,
    /// The value of a property, or a part of it where it is a date; several indexes where kinds declare
    /// properties of one name. Of a list, each of its values.
    Property(Vec<PropertyIx>, Option<DatePart>),
    /// Each entity that a link of this relation leads to.
    Linked(RelationIx, Direction),
    /// The relation of the link.
    Relation,
    /// Whether the link is stated.
    Basis,
    /// Each source that the link quotes.
    Source,
    /// Each status that its evidence has.
    Status,
    /// Its date, or a part of that.
    LinkDate(Option<DatePart>),
}

/// What the items of a group share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// They have nothing there, or a date that may be in several parts.
    Absent,
    /// Their kind.
    Kind(KindIx),
    /// Their relation.
    Relation(RelationIx),
    /// An entity.
    Entity(EntityIx),
    /// A word of an enum.
    Symbol(EnumIx, u16),
    /// Any other value as text.
    Text(Box<str>),
}

/// An item of a list: an entity, a link, or an entity with the link that led to it.
pub type Item = (Option<EntityIx>, Option<LinkIx>);

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// What its items share, in the order of what was asked.
    pub keys: Vec<Key>,
    /// Positions of its items in the list.
    pub members: Vec<u32>,
}

/// Steps that a group costs by itself: it takes some hundred bytes, and what steps are bounded by bounds
/// these too.
const GROUP_STEPS: u64 = 16;

/// Groups items by several things at once, largest groups first, equal ones in the order in which they
/// turned up. An item that has several values is in several groups, for each combination
/// of them. Cost: a look at each item and at each of its links where links are asked, and what each
/// combination and each group takes, all of it from the budget.
///
/// # Errors
/// The end of the budget.
pub fn group(
    graph: &Graph,
    by: &[GroupBy],
    items: impl Iterator<Item = Item>,
    budget: &Budget,
) -> Result<Vec<Group>, Exhausted> {
    budget.begin_walk()?;
    let mut groups: IndexMap<Vec<Key>, Vec<u32>, DefaultHashBuilder> = IndexMap::default();
    let mut keys: Vec<Vec<Key>> = vec![Vec::new(); by.len()];
    for (at, item) in items.enumerate() {
        for (by, keys) in by.iter().zip(&mut keys) {
            keys.clear();
            keys_of(graph, by, item, keys);
            if keys.is_empty() {
                keys.push(Key::Absent);
            }
        }
        let combinations = keys.iter().fold(1u64, |product, keys| product.saturating_mul(keys.len() as u64));
        // Each of several may be a group of its own, and is paid for before it is made.
        budget.spend(if combinations == 1 {
            by.len() as u64
        } else {
            combinations.saturating_mul(GROUP_STEPS)
        })?;
        let before = groups.len();
        let mut take = |keys: &[Key]| match groups.get_mut(keys) {
            Some(members) => members.push(at as u32),
            None => drop(groups.insert(keys.to_vec(), vec![at as u32])),
        };
        match keys.as_slice() {
            // Nothing to combine, and nothing to copy.
            [only] => only.iter().for_each(|key| take(std::slice::from_ref(key))),
            several => each_combination(several, &mut Vec::new(), &mut take),
        }
        budget.spend((groups.len() - before) as u64 * GROUP_STEPS)?;
    }
    let mut groups: Vec<Group> = groups.into_iter().map(|(keys, members)| Group { keys, members }).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.members.len()));
    Ok(groups)
}

fn each_combination(keys: &[Vec<Key>], chosen: &mut Vec<Key>, take: &mut impl FnMut(&[Key])) {
    let Some((first, rest)) = keys.split_first() else { return take(chosen) };
    for key in first {
        chosen.push(key.clone());
        each_combination(rest, chosen, take);
        chosen.pop();
    }
}

fn keys_of(graph: &Graph, by: &GroupBy, (entity, link): Item, keys: &mut Vec<Key>) {
    match (by, entity, link) {
        (GroupBy::Kind, Some(ix), _) => keys.push(Key::Kind(graph.entity(ix).kind())),
        (GroupBy::Property(properties, part), Some(ix), _) => {
            let entity = graph.entity(ix);
            let name = graph.ontology().name_property();
            for property in properties {
                if *property == name {
                    keys.push(Key::Text(entity.name().into()));
                    return;
                }
                if let Some(value) = entity.property(*property) {
                    value.members().for_each(|value| keys.push(key_of(value, *part)));
                    break;
                }
            }
            once_each(keys);
        }
        (GroupBy::Linked(relation, direction), Some(ix), _) => {
            let all = graph.along(ix, *relation, *direction);
            keys.extend(all.iter().map(|linked| Key::Entity(linked.to)));
        }
        (GroupBy::Relation, _, Some(ix)) => keys.push(Key::Relation(graph.link(ix).relation())),
        (GroupBy::Basis, _, Some(ix)) => keys.push(Key::Text(graph.link(ix).basis().name().into())),
        (GroupBy::Source, _, Some(ix)) => {
            keys.extend(graph.link(ix).evidence().iter().map(|e| Key::Entity(e.source())));
            once_each(keys);
        }
        (GroupBy::Status, _, Some(ix)) => {
            keys.extend(graph.link(ix).evidence().iter().map(|e| Key::Text(e.status().name().into())));
            once_each(keys);
        }
        (GroupBy::LinkDate(part), _, Some(ix)) => {
            let date = graph.link(ix).date();
            keys.extend(date.map(|date| key_of(Datum::FuzzyDate(date), *part)));
        }
        _ => {}
    }
}

fn once_each<T: PartialEq>(all: &mut Vec<T>) {
    let mut at = 1;
    while at < all.len() {
        if all[..at].contains(&all[at]) {
            all.remove(at);
        } else {
            at += 1;
        }
    }
}

fn key_of(value: Datum<'_>, part: Option<DatePart>) -> Key {
    Key::Text(match (value, part) {
        (Datum::FuzzyDate(date), Some(part)) => return shared_part(date, part),
        (Datum::Date(day), Some(DatePart::Year)) => format!("{:04}", day.year()).into(),
        (Datum::Date(day), Some(DatePart::Month)) => format!("{:04}-{:02}", day.year(), day.month()).into(),
        (Datum::Symbol(enumeration, word), _) => return Key::Symbol(enumeration, word),
        (Datum::Text(text), _) => text.into(),
        (Datum::Int(number), _) => number.to_string().into(),
        (Datum::Float(number), _) => number.to_string().into(),
        (Datum::Boolean(truth), _) => truth.to_string().into(),
        (Datum::Date(day), None) => day.to_string().into(),
        (Datum::FuzzyDate(date), None) => date.edtf().into(),
        (Datum::List(_), _) => return Key::Absent,
    })
}

/// The year or month that a date is certainly in.
fn shared_part(date: &FuzzyDate, part: DatePart) -> Key {
    match (date.earliest(), date.latest()) {
        (Some(a), Some(b)) if a.year() == b.year() => match part {
            DatePart::Year => Key::Text(format!("{:04}", a.year()).into()),
            DatePart::Month if a.month() == b.month() => {
                Key::Text(format!("{:04}-{:02}", a.year(), a.month()).into())
            }
            DatePart::Month => Key::Absent,
        },
        _ => Key::Absent,
    }
}

/// What the numbers of a property come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// How many numbers there are.
    pub count: usize,
    /// The least; none without numbers.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// All together.
    pub sum: f64,
}

impl Statistics {
    /// Over the numeric values that entities have for any of these properties; what has none does not
    /// count. Cost: a look at each entity.
    pub fn of(
        graph: &Graph,
        properties: &[PropertyIx],
        entities: impl Iterator<Item = EntityIx>,
    ) -> Statistics {
        let mut statistics = Statistics::default();
        for ix in entities {
            let entity = graph.entity(ix);
            let value = properties.iter().find_map(|property| entity.property(*property));
            for value in value.into_iter().flat_map(Datum::members) {
                let number = match value {
                    Datum::Int(number) => f64::from(number),
                    Datum::Float(number) => number,
                    _ => continue,
                };
                statistics.count += 1;
                statistics.sum += number;
                statistics.min = Some(statistics.min.map_or(number, |min| min.min(number)));
                statistics.max = Some(statistics.max.map_or(number, |max| max.max(number)));
            }
        }
        statistics
    }

    /// The arithmetic mean; none without numbers.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}
