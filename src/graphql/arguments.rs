//! From arguments, as JSON after coercion, to filters, orders and pages. What their types allow
//! and their meaning does not is refused with the argument's name.

use std::sync::OnceLock;

use regex::RegexBuilder;
use serde_json::{Map, Value as Json};

use super::error::{Code, GraphqlError};
use crate::graph::{Basis, QuoteStatus};
use crate::ontology::{
    Common, Datatype, Date, DateKind, Direction, FuzzyDate, KindIx, Ontology, Property, PropertyIx,
    RelationIx, upper_snake,
};
use crate::query::filter::{Comparison, DateRelation, EntityFilter, LinkFilter, Test, TextOp, TextTest};
use crate::query::order::{Sort, SortKey};
use crate::query::page::{OrderTag, PageRequest, order_tag};

/// Items a page has if nobody says.
pub const PAGE_DEFAULT: usize = 20;
/// Items a page may have, unless configured: what a reader scrolls through.
pub const PAGE_MAX: usize = 100;
/// Bytes a compiled regular expression may take.
const REGEX_BYTES: usize = 1 << 18;

/// The arguments of one field, and what they mean to a list once one has been asked for: a field
/// that is answered for many objects reads its arguments once.
#[derive(Debug, Default)]
pub struct Arguments {
    given: Map<String, Json>,
    list: OnceLock<Result<Box<ListRequest>>>,
}

/// What is asked of a list.
#[derive(Debug)]
pub struct ListRequest {
    /// Which part of it.
    pub page: PageRequest,
    /// Which entities, by `where`.
    pub entities: Option<EntityFilter>,
    /// Which links, by `where`.
    pub links: Option<LinkFilter>,
    /// Of which kinds.
    pub kinds: Option<Vec<KindIx>>,
    /// Along which relations.
    pub relations: Option<Vec<RelationIx>>,
    /// Which way.
    pub direction: Option<Direction>,
    /// On which basis.
    pub basis: Option<Basis>,
    /// In which order.
    pub sorts: Vec<Sort>,
    /// What a cursor is bound to: the list's name and its order.
    pub tag: OrderTag,
}

impl ListRequest {
    /// Whether everything is meant, in insertion order.
    pub fn is_plain(&self) -> bool {
        self.entities.is_none()
            && self.links.is_none()
            && self.kinds.is_none()
            && self.relations.is_none()
            && self.direction.is_none()
            && self.basis.is_none()
            && self.sorts.is_empty()
    }
}

type Result<T> = std::result::Result<T, GraphqlError>;

fn bad(message: String) -> GraphqlError {
    GraphqlError::new(Code::BadArgument, message)
}

/// Given and not null.
fn given<'a>(map: &'a Map<String, Json>, key: &str) -> Option<&'a Json> {
    map.get(key).filter(|value| !value.is_null())
}

/// A list; one value stands for a list of one, as in the coercion rules.
fn items(value: &Json) -> &[Json] {
    match value {
        Json::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// Text; ids may come as numbers.
fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Arguments {
    /// Arguments as JSON after coercion.
    pub fn new(given: Map<String, Json>) -> Arguments {
        Arguments { given, list: OnceLock::new() }
    }

    /// What is asked of a list, read by `read` when first asked.
    ///
    /// # Errors
    /// What `read` gives, each time.
    pub fn list(&self, read: impl FnOnce(&Arguments) -> Result<ListRequest>) -> Result<&ListRequest> {
        let list = self.list.get_or_init(|| read(self).map(Box::new));
        list.as_deref().map_err(Clone::clone)
    }

    /// What is asked of a list of entities that is called `name`.
    ///
    /// # Errors
    /// Page sizes over `max` and values that say nothing.
    pub fn entity_list(
        &self,
        ontology: &Ontology,
        max: usize,
        of: Common,
        name: &str,
    ) -> Result<ListRequest> {
        let page = self.page(max)?;
        let entities = self.entity_filter(ontology, of)?;
        let sorts = self.sorts(ontology, of);
        let tag = order_tag(&format!("{name} {sorts:?}"));
        let (kinds, basis) = (self.kinds(ontology), self.basis());
        Ok(ListRequest {
            page,
            entities,
            links: None,
            kinds,
            relations: None,
            direction: None,
            basis,
            sorts,
            tag,
        })
    }

    /// What is asked of a list of links that is called `name`.
    ///
    /// # Errors
    /// As for entities.
    pub fn link_list(&self, ontology: &Ontology, max: usize, name: &str) -> Result<ListRequest> {
        let page = self.page(max)?;
        let links = self.link_filter(ontology)?;
        let sorts = Vec::new();
        let tag = order_tag(&format!("{name} {sorts:?}"));
        let direction = match self.text("direction").as_deref() {
            Some("OUTGOING") => Some(Direction::Forward),
            Some("INCOMING") => Some(Direction::Inverse),
            _ => None,
        };
        let (relations, basis) = (self.relations(ontology), self.basis());
        Ok(ListRequest { page, entities: None, links, kinds: None, relations, direction, basis, sorts, tag })
    }

    /// The text of an argument.
    pub fn text(&self, name: &str) -> Option<String> {
        given(&self.given, name).map(text)
    }

    /// The texts of a list argument.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        given(&self.given, name).map(|v| items(v).iter().map(text).collect())
    }

    /// The object of an argument.
    pub fn object(&self, name: &str) -> Option<&Map<String, Json>> {
        given(&self.given, name).and_then(Json::as_object)
    }

    /// `first`, `after`, `last` and `before`; `max` is how many items a page may have.
    ///
    /// # Errors
    /// A negative or too large number of items.
    pub fn page(&self, max: usize) -> Result<PageRequest> {
        let count = |name: &str| -> Result<Option<usize>> {
            let Some(n) = given(&self.given, name).and_then(Json::as_i64) else { return Ok(None) };
            let n = usize::try_from(n).map_err(|_| bad(format!("`{name}` is {n}; give 0 to {max}")))?;
            if n > max {
                return Err(GraphqlError::limit(
                    &format!("`{name}`"),
                    n as u64,
                    max as u64,
                    "ask for pages, each with the `endCursor` of the one before as `after`",
                ));
            }
            Ok(Some(n))
        };
        let (first, last) = (count("first")?, count("last")?);
        let first = if first.is_none() && last.is_none() { Some(PAGE_DEFAULT.min(max)) } else { first };
        Ok(PageRequest { first, after: self.text("after"), last, before: self.text("before") })
    }

    /// `basis`.
    pub fn basis(&self) -> Option<Basis> {
        self.text("basis").and_then(|word| Basis::parse(&word))
    }

    /// `kinds`.
    pub fn kinds(&self, ontology: &Ontology) -> Option<Vec<KindIx>> {
        self.texts("kinds").map(|words| words.iter().filter_map(|w| kind_of_word(ontology, w)).collect())
    }

    /// `relations`.
    pub fn relations(&self, ontology: &Ontology) -> Option<Vec<RelationIx>> {
        self.texts("relations")
            .map(|words| words.iter().filter_map(|w| relation_of_word(ontology, w)).collect())
    }

    /// `where` of a list of entities.
    ///
    /// # Errors
    /// Values that say nothing: a pattern that does not compile, text that is no date.
    pub fn entity_filter(&self, ontology: &Ontology, of: Common) -> Result<Option<EntityFilter>> {
        self.object("where").map(|map| entity_filter(ontology, of, map)).transpose()
    }

    /// `where` of a list of links.
    ///
    /// # Errors
    /// As for entities.
    pub fn link_filter(&self, ontology: &Ontology) -> Result<Option<LinkFilter>> {
        self.object("where").map(|map| link_filter(ontology, map)).transpose()
    }

    /// `orderBy`.
    pub fn sorts(&self, ontology: &Ontology, of: Common) -> Vec<Sort> {
        let Some(value) = given(&self.given, "orderBy") else { return Vec::new() };
        let sort = |item: &Json| {
            let map = item.as_object()?;
            let word = text(given(map, "field")?);
            let key = match word.as_str() {
                "ID" => SortKey::Id,
                word => {
                    let (ix, _) = properties(ontology, of).find(|(_, p)| upper_snake(&p.name) == word)?;
                    if ix == ontology.name_property() { SortKey::Name } else { SortKey::Property(vec![ix]) }
                }
            };
            Some(Sort { key, descending: given(map, "direction").map(text).as_deref() == Some("DESC") })
        };
        let mut sorts: Vec<Sort> = Vec::new();
        for sort in items(value).iter().filter_map(sort) {
            // A key that comes again can never change the order.
            if !sorts.iter().any(|s| s.key == sort.key) {
                sorts.push(sort);
            }
        }
        sorts
    }
}

/// The kind of an enum value.
pub fn kind_of_word(ontology: &Ontology, word: &str) -> Option<KindIx> {
    ontology.kind_indexes().find(|ix| upper_snake(&ontology.kind(*ix).name) == word)
}

/// The relation of an enum value.
pub fn relation_of_word(ontology: &Ontology, word: &str) -> Option<RelationIx> {
    ontology.relation_indexes().find(|ix| upper_snake(&ontology.relation(*ix).name) == word)
}

fn properties(ontology: &Ontology, of: Common) -> impl Iterator<Item = (PropertyIx, &Property)> {
    let all = match of {
        Common::Kind(ix) => &ontology.kind(ix).properties,
        Common::Family(ix) => &ontology.family(ix).properties,
    };
    all.iter().map(|ix| (*ix, ontology.property(*ix)))
}

fn entity_filter(ontology: &Ontology, of: Common, map: &Map<String, Json>) -> Result<EntityFilter> {
    let mut all = Vec::new();
    for (key, value) in map.iter().filter(|(_, v)| !v.is_null()) {
        let nested = |value: &Json| match value.as_object() {
            Some(map) => entity_filter(ontology, of, map),
            None => Ok(EntityFilter::And(Vec::new())),
        };
        let empty = Map::new();
        let object = value.as_object().unwrap_or(&empty);
        match key.as_str() {
            "and" => all.push(EntityFilter::And(items(value).iter().map(nested).collect::<Result<_>>()?)),
            "or" => all.push(EntityFilter::Or(items(value).iter().map(nested).collect::<Result<_>>()?)),
            "not" => all.push(EntityFilter::Not(Box::new(nested(value)?))),
            "id" => all.extend(text_tests(object, key)?.into_iter().map(EntityFilter::Id)),
            "kind" => {
                for (positive, words) in memberships(object) {
                    let kinds = words.iter().filter_map(|w| kind_of_word(ontology, w)).collect();
                    let filter = EntityFilter::Kind(kinds);
                    all.push(if positive { filter } else { EntityFilter::Not(Box::new(filter)) });
                }
            }
            "identifiers" => {
                let part = |name: &str| -> Result<Vec<TextTest>> {
                    let tests = given(object, name).and_then(Json::as_object).map(|m| text_tests(m, name));
                    Ok(tests.transpose()?.unwrap_or_default())
                };
                all.push(EntityFilter::Identifier(part("scheme")?, part("value")?));
            }
            _ => {
                let Some((ix, property)) = properties(ontology, of).find(|(_, p)| p.name == *key) else {
                    continue;
                };
                if ix == ontology.name_property() {
                    all.extend(text_tests(object, key)?.into_iter().map(EntityFilter::Name));
                    all.extend(
                        given(object, "isNull")
                            .and_then(Json::as_bool)
                            .filter(|absent| *absent)
                            .map(|_| EntityFilter::Or(Vec::new())),
                    );
                } else {
                    let tests = property_tests(ontology, property, object)?;
                    all.extend(tests.into_iter().map(|test| EntityFilter::Property(vec![ix], test)));
                }
            }
        }
    }
    Ok(EntityFilter::And(all))
}

fn link_filter(ontology: &Ontology, map: &Map<String, Json>) -> Result<LinkFilter> {
    let mut all = Vec::new();
    for (key, value) in map.iter().filter(|(_, v)| !v.is_null()) {
        let nested = |value: &Json| match value.as_object() {
            Some(map) => link_filter(ontology, map),
            None => Ok(LinkFilter::And(Vec::new())),
        };
        let empty = Map::new();
        let object = value.as_object().unwrap_or(&empty);
        match key.as_str() {
            "and" => all.push(LinkFilter::And(items(value).iter().map(nested).collect::<Result<_>>()?)),
            "or" => all.push(LinkFilter::Or(items(value).iter().map(nested).collect::<Result<_>>()?)),
            "not" => all.push(LinkFilter::Not(Box::new(nested(value)?))),
            "from" => all.extend(text_tests(object, key)?.into_iter().map(LinkFilter::From)),
            "to" => all.extend(text_tests(object, key)?.into_iter().map(LinkFilter::To)),
            "source" => all.extend(text_tests(object, key)?.into_iter().map(LinkFilter::Source)),
            "quote" => {
                all.extend(text_tests(object, key)?.into_iter().map(LinkFilter::Quote));
                all.extend(given(object, "isNull").and_then(Json::as_bool).map(LinkFilter::QuoteIsNull));
            }
            "date" => all.extend(fuzzy_tests(object)?.into_iter().map(LinkFilter::Date)),
            _ => {
                for (positive, words) in memberships(object) {
                    let filter = match key.as_str() {
                        "relation" => LinkFilter::Relation(
                            words.iter().filter_map(|w| relation_of_word(ontology, w)).collect(),
                        ),
                        "basis" => LinkFilter::Basis(words.iter().filter_map(|w| Basis::parse(w)).collect()),
                        _ => LinkFilter::Status(words.iter().filter_map(|w| QuoteStatus::parse(w)).collect()),
                    };
                    all.push(if positive { filter } else { LinkFilter::Not(Box::new(filter)) });
                }
            }
        }
    }
    Ok(LinkFilter::And(all))
}

/// `eq`, `ne`, `in` and `notIn` as (whether it must be one of, the words).
fn memberships(map: &Map<String, Json>) -> Vec<(bool, Vec<String>)> {
    [("eq", true), ("in", true), ("ne", false), ("notIn", false)]
        .into_iter()
        .filter_map(|(key, positive)| {
            given(map, key).map(|v| (positive, items(v).iter().map(text).collect()))
        })
        .collect()
}

fn text_tests(map: &Map<String, Json>, of: &str) -> Result<Vec<TextTest>> {
    let ignore_case = given(map, "ignoreCase").and_then(Json::as_bool).unwrap_or(false);
    let fold = |text: String| if ignore_case { text.to_lowercase() } else { text };
    let mut ops = Vec::new();
    for (key, value) in map.iter().filter(|(_, v)| !v.is_null()) {
        let one = || fold(text(value));
        let many = || items(value).iter().map(|v| fold(text(v))).collect();
        ops.push(match key.as_str() {
            "eq" | "in" => TextOp::In(many()),
            "ne" | "notIn" => TextOp::NotIn(many()),
            "contains" => TextOp::Contains(one()),
            "startsWith" => TextOp::StartsWith(one()),
            "endsWith" => TextOp::EndsWith(one()),
            "matches" => {
                let pattern = RegexBuilder::new(&text(value))
                    .case_insensitive(ignore_case)
                    .size_limit(REGEX_BYTES)
                    .dfa_size_limit(REGEX_BYTES)
                    .build();
                let reason = |e: regex::Error| {
                    if let regex::Error::CompiledTooBig(_) = e {
                        return bad(format!(
                            "`{of}.matches` compiles to more than {REGEX_BYTES} bytes; ask for less at once"
                        ));
                    }
                    bad(format!(
                        "`{of}.matches` is no regular expression: {}",
                        e.to_string().lines().last().unwrap_or_default()
                    ))
                };
                TextOp::Matches(pattern.map_err(reason)?)
            }
            _ => continue,
        });
    }
    Ok(ops.into_iter().map(|op| TextTest { op, ignore_case }).collect())
}

fn property_tests(ontology: &Ontology, property: &Property, map: &Map<String, Json>) -> Result<Vec<Test>> {
    let mut tests: Vec<Test> = match property.datatype {
        Datatype::String | Datatype::Url => {
            text_tests(map, &property.name)?.into_iter().map(Test::Text).collect()
        }
        Datatype::Int | Datatype::Float => number_tests(map),
        Datatype::Boolean => {
            given(map, "eq").and_then(Json::as_bool).map(Test::Boolean).into_iter().collect()
        }
        Datatype::Date => date_tests(map, &property.name)?,
        Datatype::FuzzyDate => return fuzzy_tests(map),
        Datatype::Enum(ix) => {
            let at = |word: &String| {
                ontology.enumeration(ix).words.iter().position(|w| w.name == *word).map(|at| at as u16)
            };
            memberships(map)
                .iter()
                .map(|(positive, words)| {
                    let words = words.iter().filter_map(at).collect();
                    if *positive { Test::SymbolIn(words) } else { Test::SymbolNotIn(words) }
                })
                .collect()
        }
    };
    tests.extend(given(map, "isNull").and_then(Json::as_bool).map(Test::IsNull));
    Ok(tests)
}

const COMPARISONS: [(&str, Comparison); 4] =
    [("lt", Comparison::Lt), ("lte", Comparison::Lte), ("gt", Comparison::Gt), ("gte", Comparison::Gte)];

fn number_tests(map: &Map<String, Json>) -> Vec<Test> {
    let numbers =
        |key: &str| given(map, key).map(|v| items(v).iter().filter_map(Json::as_f64).collect::<Vec<f64>>());
    let mut tests: Vec<Test> = ["eq", "in"].into_iter().filter_map(numbers).map(Test::NumberIn).collect();
    tests.extend(numbers("ne").map(Test::NumberNotIn));
    for (key, comparison) in COMPARISONS {
        tests.extend(given(map, key).and_then(Json::as_f64).map(|n| Test::Number(comparison, n)));
    }
    tests
}

fn day(value: &Json, of: &str) -> Result<Date> {
    let text = text(value);
    text.parse().map_err(|_| bad(format!("`{of}`: {text:?} is no day; write YYYY-MM-DD")))
}

fn date_tests(map: &Map<String, Json>, of: &str) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for key in ["eq", "in"] {
        if let Some(value) = given(map, key) {
            tests.push(Test::DateIn(items(value).iter().map(|v| day(v, of)).collect::<Result<_>>()?));
        }
    }
    for (key, comparison) in COMPARISONS {
        if let Some(value) = given(map, key) {
            tests.push(Test::Date(comparison, day(value, of)?));
        }
    }
    Ok(tests)
}

fn fuzzy_tests(map: &Map<String, Json>) -> Result<Vec<Test>> {
    let relations = [
        ("before", DateRelation::Before),
        ("after", DateRelation::After),
        ("overlaps", DateRelation::Overlaps),
        ("possiblyBefore", DateRelation::PossiblyBefore),
        ("possiblyAfter", DateRelation::PossiblyAfter),
        ("possiblyOverlaps", DateRelation::PossiblyOverlaps),
    ];
    let mut tests = Vec::new();
    for (key, relation) in relations {
        if let Some(value) = given(map, key) {
            let date =
                FuzzyDate::parse(&text(value), None).map_err(|reason| bad(format!("`{key}`: {reason}")))?;
            tests.push(Test::FuzzyDate(relation, date));
        }
    }
    if let Some(value) = given(map, "kind") {
        tests.push(Test::FuzzyDateKind(
            items(value).iter().filter_map(|v| DateKind::parse(&text(v))).collect(),
        ));
    }
    tests.extend(given(map, "isNull").and_then(Json::as_bool).map(Test::IsNull));
    Ok(tests)
}
