//! Filters of our own for programs that write: what they may ask a graph for.

use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Exn, ValX};
use jaq_json::Val;
use serde::Deserialize as _;
use serde_json::Value as Json;

use super::filters::refused;
use super::{Cv, Kind, text, words};
use crate::graph::Graph;
use crate::io::json_lines::{entity_line, link_line};
use crate::ontology::{Date, Direction, FuzzyDate, suggest};

type Values<'a> = BoxIter<'a, ValX<'a, Val>>;

/// `get($id)`, `linked($id; $relation)`, `ids($kind)`, `first_day` and `last_day`.
pub(super) fn of_graph() -> Vec<Fun<Kind>> {
    vec![
        run(("get", v(1), |mut cv: Cv<'_>| {
            let id = cv.0.pop_var();
            bome(with_graph(&cv).and_then(|graph| get(graph, &words(&id))))
        })),
        run(("linked", v(2), |mut cv: Cv<'_>| {
            let (relation, id) = (cv.0.pop_var(), cv.0.pop_var());
            all_of(with_graph(&cv).and_then(|graph| linked(graph, &words(&id), &words(&relation))))
        })),
        run(("ids", v(1), |mut cv: Cv<'_>| {
            let kind = cv.0.pop_var();
            all_of(with_graph(&cv).and_then(|graph| ids(graph, &words(&kind))))
        })),
        run(("first_day", v(0), |cv: Cv<'_>| bome(day(&cv.1, FuzzyDate::earliest)))),
        run(("last_day", v(0), |cv: Cv<'_>| bome(day(&cv.1, FuzzyDate::latest)))),
    ]
}

fn with_graph<'a>(cv: &Cv<'a>) -> Result<&'a Graph, jaq_json::Error> {
    cv.0.data().graph.ok_or_else(|| refused("there is no graph to ask".to_owned()))
}

fn all_of<'a>(values: Result<Vec<Val>, jaq_json::Error>) -> Values<'a> {
    match values {
        Ok(values) => Box::new(values.into_iter().map(Ok)),
        Err(e) => box_once(Err(Exn::from(e))),
    }
}

fn value(json: Json) -> jaq_json::ValR {
    Val::deserialize(json).map_err(|e| refused(e.to_string()))
}

/// The line of an entity, its id under `id`; null if there is none. Ids that were merged are followed.
fn get(graph: &Graph, id: &str) -> jaq_json::ValR {
    let Some(ix) = graph.find(id) else { return Ok(Val::Null) };
    let mut line = entity_line(graph, ix);
    line.shift_remove("source");
    line.shift_remove("entity");
    line.insert("id".to_owned(), graph.entity(ix).id().into());
    value(Json::Object(line))
}

/// The links of an entity along a relation, by the name it has from there: the other end under `id`,
/// and the rest as in the link's line.
fn linked(graph: &Graph, id: &str, name: &str) -> Result<Vec<Val>, jaq_json::Error> {
    let ontology = graph.ontology();
    let Some((relation, direction)) = ontology.relation_named(name) else {
        let relations = ontology.relation_indexes().map(|ix| ontology.relation(ix));
        let names: Vec<&str> = relations.flat_map(|r| [r.name.as_str(), r.inverse.as_str()]).collect();
        let help = suggest(name, names.iter().copied());
        return Err(refused(format!("`{name}` is no relation of this ontology; {help}")));
    };
    let ix = graph.find(id).ok_or_else(|| refused(format!("there is no `{id}`")))?;
    let symmetric = ontology.relation(relation).symmetric;
    let directions: &[Direction] =
        if symmetric { &[Direction::Forward, Direction::Inverse] } else { &[direction] };
    let links = directions.iter().flat_map(|direction| graph.along(ix, relation, *direction));
    links
        .map(|linked| {
            let mut line = link_line(graph, linked.link);
            line.shift_remove("link");
            line.insert("id".to_owned(), graph.entity(linked.to).id().into());
            value(Json::Object(line))
        })
        .collect()
}

/// The ids of a kind, in order.
fn ids(graph: &Graph, name: &str) -> Result<Vec<Val>, jaq_json::Error> {
    let ontology = graph.ontology();
    let Some(kind) = ontology.kind_named(name) else {
        let names: Vec<&str> = ontology.kind_indexes().map(|ix| ontology.kind(ix).name.as_str()).collect();
        let help = suggest(name, names.iter().copied());
        return Err(refused(format!("`{name}` is no kind of this ontology; {help}")));
    };
    Ok(graph.of_kind(kind).iter().map(|ix| text(graph.entity(*ix).id())).collect())
}

/// A day of a date as lines have it, in EDTF or with its kind; null where there is none.
fn day(date: &Val, pick: fn(&FuzzyDate) -> Option<Date>) -> jaq_json::ValR {
    let edtf = match date {
        Val::Null => return Ok(Val::Null),
        Val::Obj(members) => members.get(&text("edtf")).map(words).unwrap_or_default(),
        other => words(other),
    };
    let date = FuzzyDate::parse(&edtf, None).map_err(refused)?;
    Ok(pick(&date).map_or(Val::Null, |day| text(day.to_string())))
}
