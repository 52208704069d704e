//! From `where`, as JSON after coercion, to filters. What the types of a schema allow and their meaning
//! does not is refused with the argument's name.

use regex::RegexBuilder;
use serde_json::{Map, Value as Json};

use super::arguments::{Result, bad, given, items, text};
use super::error::GraphqlError;
use crate::graph::{Basis, QuoteStatus};
use crate::ontology::{
    Common, Datatype, Date, DateKind, FuzzyDate, KindIx, Ontology, Property, PropertyIx, RelationIx,
    upper_snake,
};
use crate::query::filter::{
    Comparison, DateRelation, EntityFilter, LinkFilter, LinksTest, Quantifier, Test, TextOp, TextTest,
};

/// Bytes a compiled regular expression may take.
const REGEX_BYTES: usize = 1 << 18;
/// Letters a regular expression may have: one is parsed whole, some hundred bytes a letter, before its size is known.
const REGEX_LETTERS: usize = 1_000;

/// The kind of an enum value.
pub(super) fn kind_of_word(ontology: &Ontology, word: &str) -> Option<KindIx> {
    ontology.kind_indexes().find(|ix| upper_snake(&ontology.kind(*ix).name) == word)
}

/// The relation of an enum value.
pub(super) fn relation_of_word(ontology: &Ontology, word: &str) -> Option<RelationIx> {
    ontology.relation_indexes().find(|ix| upper_snake(&ontology.relation(*ix).name) == word)
}

pub(super) fn properties(ontology: &Ontology, of: Common) -> impl Iterator<Item = (PropertyIx, &Property)> {
    let all = match of {
        Common::Kind(ix) => &ontology.kind(ix).properties,
        Common::Family(ix) => &ontology.family(ix).properties,
    };
    all.iter().map(|ix| (*ix, ontology.property(*ix)))
}

pub(super) fn entity_filter(
    ontology: &Ontology,
    of: Common,
    map: &Map<String, Json>,
) -> Result<EntityFilter> {
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
                    all.extend(links_tests(ontology, key, object)?);
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

/// The tests of the links along the relation that `name` reads.
fn links_tests(ontology: &Ontology, name: &str, map: &Map<String, Json>) -> Result<Vec<EntityFilter>> {
    let Some((relation, direction)) = ontology.relation_named(name) else { return Ok(Vec::new()) };
    let to = ontology.narrowest(ontology.relation(relation).targets(direction));
    let link = given(map, "link").and_then(Json::as_object).map(|m| link_filter(ontology, m)).transpose()?;
    let inner = |key: &str| -> Result<Option<EntityFilter>> {
        given(map, key).and_then(Json::as_object).map(|m| entity_filter(ontology, to, m)).transpose()
    };
    let count = given(map, "count").and_then(Json::as_object).map(|m| Quantifier::Count(number_tests(m)));
    let quantifiers = [
        inner("some")?.map(Quantifier::Some),
        inner("none")?.map(Quantifier::None),
        inner("every")?.map(Quantifier::Every),
        count,
    ];
    let test = |quantifier| {
        EntityFilter::Links(Box::new(LinksTest { relation, direction, link: link.clone(), quantifier }))
    };
    let mut all: Vec<EntityFilter> = quantifiers.into_iter().flatten().map(test).collect();
    // A link filter by itself means that such a link is there.
    if all.is_empty() && link.is_some() {
        all.push(test(Quantifier::Some(EntityFilter::And(Vec::new()))));
    }
    Ok(all)
}

pub(super) fn link_filter(ontology: &Ontology, map: &Map<String, Json>) -> Result<LinkFilter> {
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
            "validFrom" => all.extend(fuzzy_tests(object)?.into_iter().map(LinkFilter::ValidFrom)),
            "validUntil" => all.extend(fuzzy_tests(object)?.into_iter().map(LinkFilter::ValidUntil)),
            "validAt" => all.push(LinkFilter::ValidAt(day(value, key)?)),
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
                let letters = text(value).chars().count();
                if letters > REGEX_LETTERS {
                    let help = "use `in`, `contains` or `or`, or ask for less at once";
                    let name = format!("letters of `{of}.matches`");
                    return Err(GraphqlError::limit(&name, letters as u64, REGEX_LETTERS as u64, help));
                }
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
