//! Which entities and links are meant: closed trees of tests, built from any protocol's input, and
//! the evaluation that asks them. To add an operator: a variant here, its line in the evaluation, and
//! its key in `graphql/filters.rs`.

use std::cell::RefCell;

use regex::Regex;

use super::{Budget, Exhausted};
use crate::graph::{Basis, Datum, EntityIx, Graph, LinkIx, QuoteStatus};
use crate::ontology::{Date, DateKind, Direction, FuzzyDate, KindIx, PropertyIx, RelationIx};

/// A test of text. With `ignore_case` both sides are folded to lower case first.
#[derive(Clone, Debug)]
pub struct TextTest {
    /// What is asked.
    pub op: TextOp,
    /// Whether upper and lower case are the same.
    pub ignore_case: bool,
}

/// What may be asked of text.
#[derive(Clone, Debug)]
pub enum TextOp {
    /// Equal to one of these.
    In(Vec<String>),
    /// Equal to none of these.
    NotIn(Vec<String>),
    /// Holds this.
    Contains(String),
    /// Begins with this.
    StartsWith(String),
    /// Ends with this.
    EndsWith(String),
    /// Matches somewhere; linear in the text.
    Matches(Regex),
}

impl TextTest {
    /// What it costs: a list of words is compared word by word.
    fn size(&self) -> u64 {
        match &self.op {
            TextOp::In(words) | TextOp::NotIn(words) => words.len().max(1) as u64,
            _ => 1,
        }
    }

    fn holds(&self, text: &str) -> bool {
        let folded;
        let text = if self.ignore_case && !matches!(self.op, TextOp::Matches(_)) {
            folded = text.to_lowercase();
            folded.as_str()
        } else {
            text
        };
        match &self.op {
            TextOp::In(words) => words.iter().any(|w| w == text),
            TextOp::NotIn(words) => !words.iter().any(|w| w == text),
            TextOp::Contains(part) => text.contains(part.as_str()),
            TextOp::StartsWith(part) => text.starts_with(part.as_str()),
            TextOp::EndsWith(part) => text.ends_with(part.as_str()),
            TextOp::Matches(pattern) => pattern.is_match(text),
        }
    }
}

/// How two comparable things may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Less than.
    Lt,
    /// At most.
    Lte,
    /// Greater than.
    Gt,
    /// At least.
    Gte,
}

impl Comparison {
    fn holds<T: PartialOrd>(self, a: T, b: T) -> bool {
        match self {
            Comparison::Lt => a < b,
            Comparison::Lte => a <= b,
            Comparison::Gt => a > b,
            Comparison::Gte => a >= b,
        }
    }
}

/// What may be asked of a fuzzy date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateRelation {
    /// Certainly before.
    Before,
    /// Certainly after.
    After,
    /// Certainly sharing a day.
    Overlaps,
    /// Perhaps before.
    PossiblyBefore,
    /// Perhaps after.
    PossiblyAfter,
    /// Perhaps sharing a day.
    PossiblyOverlaps,
}

/// A test of a value. A list passes if any member does; an absent value passes no test but
/// `IsNull(true)` and the negative ones (`NotIn`).
#[derive(Clone, Debug)]
pub enum Test {
    /// Of text, or an address.
    Text(TextTest),
    /// Equal to one of these numbers.
    NumberIn(Vec<f64>),
    /// Equal to none of these numbers.
    NumberNotIn(Vec<f64>),
    /// Compared with a number.
    Number(Comparison, f64),
    /// True or false.
    Boolean(bool),
    /// Equal to one of these days.
    DateIn(Vec<Date>),
    /// Compared with a day.
    Date(Comparison, Date),
    /// Against a fuzzy date.
    FuzzyDate(DateRelation, FuzzyDate),
    /// The date of one of these kinds of event.
    FuzzyDateKind(Vec<DateKind>),
    /// One of these words of its enum.
    SymbolIn(Vec<u16>),
    /// None of these words of its enum.
    SymbolNotIn(Vec<u16>),
    /// Absent (true) or given (false).
    IsNull(bool),
}

impl Test {
    fn size(&self) -> u64 {
        match self {
            Test::Text(test) => test.size(),
            Test::NumberIn(all) | Test::NumberNotIn(all) => all.len().max(1) as u64,
            Test::DateIn(all) => all.len().max(1) as u64,
            _ => 1,
        }
    }

    fn negative(&self) -> bool {
        let none_of = matches!(self, Test::Text(TextTest { op: TextOp::NotIn(_), .. }));
        none_of || matches!(self, Test::NumberNotIn(_) | Test::SymbolNotIn(_))
    }

    /// Whether the test passes on a value that may be absent.
    pub fn holds(&self, value: Option<Datum<'_>>) -> bool {
        match (self, value) {
            (Test::IsNull(absent), value) => value.is_none() == *absent,
            (_, None) => self.negative(),
            (_, Some(value)) if self.negative() => value.members().all(|v| self.holds_one(v)),
            (_, Some(value)) => value.members().any(|v| self.holds_one(v)),
        }
    }

    fn holds_one(&self, value: Datum<'_>) -> bool {
        let number = |value: Datum<'_>| match value {
            Datum::Int(n) => Some(f64::from(n)),
            Datum::Float(n) => Some(n),
            _ => None,
        };
        match (self, value) {
            (Test::Text(test), Datum::Text(text)) => test.holds(text),
            (Test::NumberIn(numbers), value) => number(value).is_some_and(|n| numbers.contains(&n)),
            (Test::NumberNotIn(numbers), value) => number(value).is_some_and(|n| !numbers.contains(&n)),
            (Test::Number(comparison, bound), value) => {
                number(value).is_some_and(|n| comparison.holds(n, *bound))
            }
            (Test::Boolean(wanted), Datum::Boolean(truth)) => *wanted == truth,
            (Test::DateIn(days), Datum::Date(day)) => days.contains(&day),
            (Test::Date(comparison, bound), Datum::Date(day)) => comparison.holds(day, *bound),
            (Test::FuzzyDate(relation, other), Datum::FuzzyDate(date)) => date_holds(*relation, date, other),
            (Test::FuzzyDateKind(kinds), Datum::FuzzyDate(date)) => {
                date.kind().is_some_and(|k| kinds.contains(&k))
            }
            (Test::SymbolIn(words), Datum::Symbol(_, word)) => words.contains(&word),
            (Test::SymbolNotIn(words), Datum::Symbol(_, word)) => !words.contains(&word),
            _ => false,
        }
    }
}

fn date_holds(relation: DateRelation, date: &FuzzyDate, other: &FuzzyDate) -> bool {
    match relation {
        DateRelation::Before => date.before(other),
        DateRelation::After => date.after(other),
        DateRelation::Overlaps => date.overlaps(other),
        DateRelation::PossiblyBefore => date.possibly_before(other),
        DateRelation::PossiblyAfter => date.possibly_after(other),
        DateRelation::PossiblyOverlaps => date.possibly_overlaps(other),
    }
}

/// Which entities.
#[derive(Clone, Debug)]
pub enum EntityFilter {
    /// All of these; of none, every entity.
    And(Vec<EntityFilter>),
    /// Any of these; of none, no entity.
    Or(Vec<EntityFilter>),
    /// Not this.
    Not(Box<EntityFilter>),
    /// By id.
    Id(TextTest),
    /// Of one of these kinds.
    Kind(Vec<KindIx>),
    /// By name.
    Name(TextTest),
    /// By a property. Where kinds declare properties of one name, each has its own index; an
    /// entity is asked for the one its kind has.
    Property(Vec<PropertyIx>, Test),
    /// By an identifier whose scheme passes the first tests and whose value passes the second.
    Identifier(Vec<TextTest>, Vec<TextTest>),
    /// By its links along one relation.
    Links(Box<LinksTest>),
}

/// A test of the links of an entity along one relation.
#[derive(Clone, Debug)]
pub struct LinksTest {
    /// Along which relation.
    pub relation: RelationIx,
    /// Read in which direction.
    pub direction: Direction,
    /// Only these links are looked at; all if none.
    pub link: Option<LinkFilter>,
    /// What must hold of them.
    pub quantifier: Quantifier,
}

/// What may be asked of many links at once.
#[derive(Clone, Debug)]
pub enum Quantifier {
    /// At least one leads to such an entity.
    Some(EntityFilter),
    /// None does.
    None(EntityFilter),
    /// All do; so it is where there is none.
    Every(EntityFilter),
    /// Their number passes all of these.
    Count(Vec<Test>),
}

impl EntityFilter {
    /// What looking at one entity costs, without the filters within and without what links lead to.
    fn size(&self) -> u64 {
        match self {
            EntityFilter::And(_) | EntityFilter::Or(_) | EntityFilter::Not(_) | EntityFilter::Links(_) => 0,
            EntityFilter::Id(test) | EntityFilter::Name(test) => test.size(),
            EntityFilter::Kind(_) => 1,
            EntityFilter::Property(_, test) => test.size(),
            EntityFilter::Identifier(scheme, value) => scheme.iter().chain(value).map(TextTest::size).sum(),
        }
    }

    /// Whether it lets everything through.
    fn is_empty(&self) -> bool {
        matches!(self, EntityFilter::And(all) if all.iter().all(EntityFilter::is_empty))
    }

    /// The entities among which all that pass are, where an index tells: by id, name or identifier.
    /// None where only a walk can. In insertion order, each once.
    pub fn candidates(&self, graph: &Graph) -> Option<Vec<EntityIx>> {
        let exactly = |test: &TextTest| match &test.op {
            TextOp::In(words) if !test.ignore_case => Some(words.clone()),
            _ => None,
        };
        let mut found: Vec<EntityIx> = match self {
            EntityFilter::And(all) => return all.iter().find_map(|filter| filter.candidates(graph)),
            EntityFilter::Id(test) => exactly(test)?.iter().filter_map(|id| graph.find(id)).collect(),
            EntityFilter::Name(test) => {
                exactly(test)?.iter().flat_map(|name| graph.named(name)).copied().collect()
            }
            EntityFilter::Identifier(schemes, values) => {
                let (schemes, values) = (exactly(schemes.first()?)?, exactly(values.first()?)?);
                let pairs = schemes.iter().flat_map(|scheme| values.iter().map(move |value| (scheme, value)));
                pairs.filter_map(|(scheme, value)| graph.find_identifier(scheme, value)).collect()
            }
            _ => return None,
        };
        found.sort_unstable();
        found.dedup();
        Some(found)
    }
}

/// Which links.
#[derive(Clone, Debug)]
pub enum LinkFilter {
    /// All of these.
    And(Vec<LinkFilter>),
    /// Any of these.
    Or(Vec<LinkFilter>),
    /// Not this.
    Not(Box<LinkFilter>),
    /// Along one of these relations.
    Relation(Vec<RelationIx>),
    /// Stated (any evidence states it) or inferred (none does).
    Basis(Vec<Basis>),
    /// Its subject.
    From(TextTest),
    /// Its object.
    To(TextTest),
    /// Quoting one of these sources.
    Source(TextTest),
    /// With a quote of one of these statuses.
    Status(Vec<QuoteStatus>),
    /// With a quote that passes.
    Quote(TextTest),
    /// With evidence that has a quote (false) or only evidence without (true).
    QuoteIsNull(bool),
    /// By its date.
    Date(Test),
    /// By the date from which it holds.
    ValidFrom(Test),
    /// By the date until which it holds.
    ValidUntil(Test),
    /// Not certainly beginning after that day, nor ending before it. A link that states no validity
    /// passes: not stated is not no.
    ValidAt(Date),
}

impl LinkFilter {
    /// Whether a link passes a filter that may not be there.
    pub fn passes(filter: Option<&LinkFilter>, graph: &Graph, ix: LinkIx) -> bool {
        filter.is_none_or(|filter| filter.holds(graph, ix))
    }

    /// What looking at one link costs under a filter that may not be there, in steps.
    pub fn price(filter: Option<&LinkFilter>) -> u64 {
        filter.map_or(1, |filter| 1 + filter.size())
    }

    /// How many tests it has: what looking at one link costs.
    pub fn size(&self) -> u64 {
        match self {
            LinkFilter::And(all) | LinkFilter::Or(all) => 1 + all.iter().map(LinkFilter::size).sum::<u64>(),
            LinkFilter::Not(not) => 1 + not.size(),
            LinkFilter::From(test) | LinkFilter::To(test) => test.size(),
            LinkFilter::Source(test) | LinkFilter::Quote(test) => test.size(),
            _ => 1,
        }
    }

    /// Whether it lets the link through.
    pub fn holds(&self, graph: &Graph, ix: LinkIx) -> bool {
        let link = || graph.link(ix);
        match self {
            LinkFilter::And(all) => all.iter().all(|f| f.holds(graph, ix)),
            LinkFilter::Or(any) => any.iter().any(|f| f.holds(graph, ix)),
            LinkFilter::Not(not) => !not.holds(graph, ix),
            LinkFilter::Relation(relations) => relations.contains(&link().relation()),
            LinkFilter::Basis(bases) => bases.contains(&link().basis()),
            LinkFilter::From(test) => test.holds(graph.entity(graph.ends(ix).0).id()),
            LinkFilter::To(test) => test.holds(graph.entity(graph.ends(ix).1).id()),
            LinkFilter::Source(test) => {
                link().evidence().iter().any(|e| test.holds(graph.entity(e.source()).id()))
            }
            LinkFilter::Status(statuses) => link().evidence().iter().any(|e| statuses.contains(&e.status())),
            LinkFilter::Quote(test) => {
                link().evidence().iter().any(|e| e.quote().is_some_and(|q| test.holds(q)))
            }
            LinkFilter::QuoteIsNull(absent) => {
                link().evidence().iter().all(|e| e.quote().is_none()) == *absent
            }
            LinkFilter::Date(test) => test.holds(link().date().map(Datum::FuzzyDate)),
            LinkFilter::ValidFrom(test) => test.holds(link().valid_from().map(Datum::FuzzyDate)),
            LinkFilter::ValidUntil(test) => test.holds(link().valid_until().map(Datum::FuzzyDate)),
            LinkFilter::ValidAt(day) => {
                let begun = link().valid_from().and_then(|from| from.earliest()).is_none_or(|d| d <= *day);
                begun && link().valid_until().and_then(|until| until.latest()).is_none_or(|d| d >= *day)
            }
        }
    }
}

/// Entities that one page of the memory of answers is about.
const MEMO_ROWS: usize = 1024;

/// What a filter has answered, by entity: a page is there once anything on it has been asked.
type Memo = Vec<Option<Box<[Option<bool>; MEMO_ROWS]>>>;

/// Asks filters about entities of one graph. What a link leads to is asked once for each filter,
/// however many links lead there.
#[derive(Debug)]
pub struct Evaluation<'a> {
    graph: &'a Graph,
    budget: &'a Budget,
    /// By the place of a filter in memory, which is borrowed for as long.
    memos: RefCell<Vec<(*const EntityFilter, Memo)>>,
}

impl<'a> Evaluation<'a> {
    /// Over one graph, under one budget.
    pub fn new(graph: &'a Graph, budget: &'a Budget) -> Evaluation<'a> {
        Evaluation { graph, budget, memos: RefCell::default() }
    }

    /// Whether `filter` lets the entity through. Takes from the budget for every test, and for every
    /// link that is followed.
    ///
    /// # Errors
    /// The end of the budget.
    pub fn holds(&self, filter: &'a EntityFilter, ix: EntityIx) -> Result<bool, Exhausted> {
        self.budget.spend(filter.size())?;
        let entity = self.graph.entity(ix);
        Ok(match filter {
            EntityFilter::And(all) => !self.any_is(false, all, ix)?,
            EntityFilter::Or(any) => self.any_is(true, any, ix)?,
            EntityFilter::Not(not) => !self.holds(not, ix)?,
            EntityFilter::Links(test) => self.links_hold(test, ix)?,
            EntityFilter::Id(test) => test.holds(entity.id()),
            EntityFilter::Kind(kinds) => kinds.contains(&entity.kind()),
            EntityFilter::Name(test) => test.holds(entity.name()),
            EntityFilter::Property(properties, test) => {
                test.holds(properties.iter().find_map(|p| entity.property(*p)))
            }
            EntityFilter::Identifier(scheme, value) => entity.identifiers().iter().any(|id| {
                scheme.iter().all(|t| t.holds(&id.scheme)) && value.iter().all(|t| t.holds(&id.value))
            }),
        })
    }

    /// Whether any of the filters says `wanted`; those behind it are not asked.
    fn any_is(&self, wanted: bool, filters: &'a [EntityFilter], ix: EntityIx) -> Result<bool, Exhausted> {
        for filter in filters {
            if self.holds(filter, ix)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn links_hold(&self, test: &'a LinksTest, ix: EntityIx) -> Result<bool, Exhausted> {
        let all = self.graph.along(ix, test.relation, test.direction);
        let (filter, wanted) = match &test.quantifier {
            Quantifier::Count(tests) => {
                let mut count = all.len();
                if let Some(link) = &test.link {
                    self.budget.spend(all.len() as u64 * link.size())?;
                    count = all.iter().filter(|linked| link.holds(self.graph, linked.link)).count();
                }
                self.budget.spend(1)?;
                return Ok(tests.iter().all(|test| test.holds(Some(Datum::Int(count as i32)))));
            }
            Quantifier::Some(filter) | Quantifier::None(filter) => (filter, true),
            Quantifier::Every(filter) => (filter, false),
        };
        let mut found = false;
        for linked in all {
            self.budget.spend(1)?;
            if let Some(link) = &test.link {
                self.budget.spend(link.size())?;
                if !link.holds(self.graph, linked.link) {
                    continue;
                }
            }
            if self.remembered(filter, linked.to)? == wanted {
                found = true;
                break;
            }
        }
        // Some looks for one that passes; none must not find one, every must not find one that fails.
        Ok(found == matches!(test.quantifier, Quantifier::Some(_)))
    }

    /// What `filter` says of an entity that others may lead to as well.
    fn remembered(&self, filter: &'a EntityFilter, ix: EntityIx) -> Result<bool, Exhausted> {
        if filter.is_empty() {
            return Ok(true);
        }
        let (page, row) = (ix.0 as usize / MEMO_ROWS, ix.0 as usize % MEMO_ROWS);
        let at = self.memo_of(filter);
        if let Some(holds) = self.memos.borrow()[at].1[page].as_ref().and_then(|page| page[row]) {
            return Ok(holds);
        }
        let holds = self.holds(filter, ix)?;
        self.memos.borrow_mut()[at].1[page].get_or_insert_with(|| Box::new([None; MEMO_ROWS]))[row] =
            Some(holds);
        Ok(holds)
    }

    /// Where the memo of a filter is; it is there from the first question on.
    fn memo_of(&self, filter: &'a EntityFilter) -> usize {
        let mut memos = self.memos.borrow_mut();
        memos.iter().position(|(of, _)| std::ptr::eq(*of, filter)).unwrap_or_else(|| {
            memos.push((filter, vec![None; self.graph.entity_count().div_ceil(MEMO_ROWS)]));
            memos.len() - 1
        })
    }
}
