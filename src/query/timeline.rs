//! Timelines: in which order things came about, and how long from one to the next, as far as dates
//! that are not exact allow to say.

use std::collections::HashSet;
use std::sync::Arc;

use crate::graph::{Datum, EntityIx, Graph, LinkIx};
use crate::ontology::{Direction, FuzzyDate};
use crate::query::{Budget, Exhausted};

/// The property whose value is an entity's own date, where its kind has one of that name.
pub const DATE: &str = "date";

/// What has a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dated {
    /// An entity, by its own date.
    Entity(EntityIx),
    /// A link, by when it came about.
    Link(LinkIx),
}

/// How many days lie between two dates, at least and at most, whatever days were meant. Negative
/// where the later in order may be the earlier in truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// From the last day of the first to the first of the second; none where either is open.
    pub min: Option<i64>,
    /// From the first day of the first to the last of the second; none where either is open.
    pub max: Option<i64>,
}

impl Lag {
    /// The lag from `first` to `second`.
    pub fn between(first: &FuzzyDate, second: &FuzzyDate) -> Lag {
        let days = |from: Option<crate::ontology::Date>, to: Option<crate::ontology::Date>| {
            Some(to?.duration_since(from?).as_hours() / 24)
        };
        Lag { min: days(first.latest(), second.earliest()), max: days(first.earliest(), second.latest()) }
    }
}

/// A step of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What has the date.
    pub what: Dated,
    /// The date, with its precision and what it is the date of.
    pub date: Arc<FuzzyDate>,
    /// How long since the step before; none for the first.
    pub lag: Option<Lag>,
}

/// Things in the order of their dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// By first day, those that begin in the open first; then by last day, those that end in the open
    /// last; then entities before links, each in insertion order.
    pub steps: Vec<Step>,
    /// The entities that have no date, in the order they were given.
    pub undated: Vec<EntityIx>,
}

/// The timeline of some entities, once each, and of their links that have a date, once each.
///
/// Cost: the entities and their links, a step each, and sorting what has dates.
///
/// # Errors
/// When the budget does not suffice.
pub fn timeline(graph: &Graph, entities: &[EntityIx], budget: &Budget) -> Result<Timeline, Exhausted> {
    let (mut seen, mut steps, mut undated) = (HashSet::new(), Vec::new(), Vec::new());
    let mut add = |what: Dated, date: &Arc<FuzzyDate>| {
        steps.push(Step { what, date: date.clone(), lag: None });
    };
    for ix in entities {
        if !seen.insert(Dated::Entity(*ix)) {
            continue;
        }
        budget.spend(1)?;
        let entity = graph.entity(*ix);
        let property = graph.ontology().property_of(entity.kind(), DATE);
        match property.and_then(|property| entity.property(property)) {
            Some(Datum::FuzzyDate(date)) => add(Dated::Entity(*ix), date),
            _ => undated.push(*ix),
        }
        for direction in [Direction::Forward, Direction::Inverse] {
            let links = graph.links_of(*ix, direction);
            budget.spend(links.len() as u64)?;
            for linked in links {
                if let Some(date) = graph.link(linked.link).date()
                    && seen.insert(Dated::Link(linked.link))
                {
                    add(Dated::Link(linked.link), date);
                }
            }
        }
    }
    budget.spend(steps.len() as u64)?;
    steps.sort_by(|a, b| {
        let key = |step: &Step| {
            let (first, last) = (step.date.earliest(), step.date.latest());
            (first, last.is_none(), last, step.what)
        };
        key(a).cmp(&key(b))
    });
    for at in 1..steps.len() {
        steps[at].lag = Some(Lag::between(&steps[at - 1].date, &steps[at].date));
    }
    Ok(Timeline { steps, undated })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::random_graphs::graphs;

    fn ample() -> Budget {
        Budget::new(1_000_000)
    }

    fn date(text: &str) -> FuzzyDate {
        FuzzyDate::parse(text, None).unwrap()
    }

    #[test]
    fn lags_are_ranges() {
        for (first, second, min, max) in [
            ("2023-07-14", "2023-07-20", Some(6), Some(6)),
            ("2023-07", "2023-09", Some(32), Some(91)),
            ("2023", "2023-06-01", Some(-213), Some(151)),
            ("2021/..", "2022", None, Some(729)),
            ("2021", "2022/..", Some(1), None),
            ("../2020-02", "2020-03-01", Some(1), None),
        ] {
            assert_eq!(Lag::between(&date(first), &date(second)), Lag { min, max }, "{first} {second}");
        }
    }

    proptest! {
        #[test]
        fn every_date_is_there_once_and_in_order(
            case in graphs(), of in prop::collection::vec(0..12usize, 0..6),
        ) {
            let graph = &case.graph;
            let of: Vec<_> = of.iter().map(|at| EntityIx((at % graph.entity_count()) as u32)).collect();
            let found = timeline(graph, &of, &ample()).unwrap();
            let date_of = |ix: EntityIx| {
                graph.entity(ix).properties().find_map(|(_, value)| match value {
                    Datum::FuzzyDate(date) => Some(date.clone()),
                    _ => None,
                })
            };
            let mut expected: Vec<(Dated, Arc<FuzzyDate>)> = Vec::new();
            for ix in graph.entities().filter(|ix| of.contains(ix)) {
                expected.extend(date_of(ix).map(|date| (Dated::Entity(ix), date)));
            }
            for ix in graph.links() {
                let (from, to) = graph.ends(ix);
                if of.contains(&from) || of.contains(&to) {
                    expected.extend(graph.link(ix).date().map(|date| (Dated::Link(ix), date.clone())));
                }
            }
            let mut listed: Vec<_> = found.steps.iter().map(|s| (s.what, s.date.clone())).collect();
            listed.sort_by_key(|(what, _)| *what);
            prop_assert_eq!(listed, expected);
            for pair in found.steps.windows(2) {
                let (one, next) = (&pair[0], &pair[1]);
                let day = |date: Option<crate::ontology::Date>, open: &str| {
                    date.map_or(open.to_owned(), |day| day.to_string())
                };
                let key = |step: &Step| {
                    (day(step.date.earliest(), "0"), day(step.date.latest(), "9999"), step.what)
                };
                prop_assert!(key(one) < key(next));
                prop_assert!(!pair[0].date.after(&pair[1].date));
                let lag = pair[1].lag.unwrap();
                prop_assert_eq!(lag, Lag::between(&pair[0].date, &pair[1].date));
                prop_assert!(lag.min.zip(lag.max).is_none_or(|(min, max)| min <= max));
                // Certainly before is a lag of a day at least.
                prop_assert_eq!(pair[0].date.before(&pair[1].date), lag.min.is_some_and(|min| min > 0));
            }
            let undated: HashSet<_> = of.iter().filter(|ix| date_of(**ix).is_none()).copied().collect();
            prop_assert_eq!(found.undated.len(), undated.len());
            prop_assert!(found.undated.iter().all(|ix| undated.contains(ix)));
        }
    }

    #[test]
    fn the_seed_has_a_history() {
        let graph = crate::app::load(&crate::app::Origin::default()).expect("the seed is sound");
        let all: Vec<_> = graph.entities().collect();
        let found = timeline(&graph, &all, &ample()).unwrap();
        let links = found.steps.iter().filter(|s| matches!(s.what, Dated::Link(_))).count();
        assert_eq!(links, graph.links().filter(|ix| graph.link(*ix).date().is_some()).count());
        assert!(links > 5 && found.steps.len() > links);
        assert_eq!(timeline(&graph, &all, &Budget::new(10)), Err(Exhausted::Steps));
    }
}
