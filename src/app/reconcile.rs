//! Reconciliation: which of our entities the names of a table mean, for OpenRefine and other clients of the
//! Reconciliation Service API 0.2
//! (<https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/>). Types are the
//! ontology's kinds, properties are their properties and relations, read in either direction.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::App;
use crate::graph::{Datum, EntityIx, Graph};
use crate::graphql::Request;
use crate::io::json_lines;
use crate::ontology::{Direction, KindIx, Ontology, suggest, upper_snake};
use crate::query::Budget;

/// Queries of one batch, and entities whose values are asked at once.
const BATCH: usize = 200;
/// Candidates of a query: unless it says how many, and at most.
const CANDIDATES: (usize, usize) = (10, 50);
/// What is proposed as one types.
const SUGGESTED: usize = 20;
/// What a certain match scores, and what the best of those that only share words does.
const SCORES: (f64, f64) = (100.0, 40.0);

/// What is wrong with what was asked: everything at once.
pub type Wrong = Vec<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    query: Option<String>,
    #[serde(default)]
    r#type: Option<OneOrMany<String>>,
    limit: Option<f64>,
    #[serde(default)]
    properties: Vec<Condition>,
    r#type_strict: Option<Strict>,
}

/// How several types are meant; an entity has one, so all ways but `all` of several are one.
#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Strict {
    Any,
    Should,
    All,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    pid: String,
    v: OneOrMany<Json>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn all(&self) -> &[T] {
        match self {
            OneOrMany::One(one) => std::slice::from_ref(one),
            OneOrMany::Many(many) => many,
        }
    }
}

#[derive(Deserialize)]
struct Extension {
    ids: Vec<String>,
    properties: Vec<Wanted>,
}

#[derive(Deserialize)]
struct Wanted {
    id: String,
}

/// What the service is and where its parts are; `base` is the address of the server.
pub fn manifest(app: &App, base: &str) -> Json {
    let graph = app.view();
    let ontology = graph.ontology();
    let at = |path: &str| json!({"service_url": base, "service_path": format!("/reconcile/{path}")});
    let mut entity = at("suggest/entity");
    entity["flyout_service_url"] = json!(base);
    entity["flyout_service_path"] = json!("/reconcile/flyout?id=${id}");
    json!({
        "versions": ["0.2"],
        "name": ontology.title,
        "identifierSpace": format!("{base}/"),
        "schemaSpace": ontology.iri,
        "serviceVersion": env!("CARGO_PKG_VERSION"),
        "view": {"url": format!("{base}/entity/{{{{id}}}}")},
        "preview": {"url": format!("{base}/reconcile/preview?id={{{{id}}}}"), "width": 430, "height": 300},
        "defaultTypes": filled(&graph).map(|ix| kind(ontology, ix)).collect::<Vec<_>>(),
        "suggest": {"entity": entity, "type": at("suggest/type"), "property": at("suggest/property")},
        "extend": {"propose_properties": at("properties"), "property_settings": []},
    })
}

/// Kinds that have entities.
fn filled(graph: &Graph) -> impl Iterator<Item = KindIx> + '_ {
    graph.ontology().kind_indexes().filter(|ix| !graph.of_kind(*ix).is_empty())
}

fn kind(ontology: &Ontology, ix: KindIx) -> Json {
    let kind = ontology.kind(ix);
    json!({"id": kind.name, "name": kind.name, "description": kind.description})
}

fn kind_of(graph: &Graph, ix: EntityIx) -> Json {
    let name = &graph.ontology().kind(graph.entity(ix).kind()).name;
    json!({"id": name, "name": name})
}

fn described(graph: &Graph, ix: EntityIx) -> Map<String, Json> {
    let entity = graph.entity(ix);
    let mut told = Map::new();
    told.insert("id".to_owned(), json!(entity.id()));
    told.insert("name".to_owned(), json!(entity.name()));
    let described =
        graph.ontology().property_of(entity.kind(), "description").and_then(|p| entity.property(p));
    told.extend(described.and_then(Datum::as_text).map(|text| ("description".to_owned(), json!(text))));
    told
}

/// Answers a batch of queries: its text, as it came.
///
/// # Errors
/// Everything that is wrong with it.
pub fn answer(app: &App, text: &str, budget: &Arc<Budget>) -> Result<Json, Wrong> {
    let graph = app.view();
    let batch: Map<String, Json> =
        serde_json::from_str(text).map_err(|e| vec![format!("`queries` is no JSON object: {e}")])?;
    if batch.len() > BATCH {
        return Err(vec![format!("{} queries; a batch has {BATCH} at most", batch.len())]);
    }
    let (mut asked, mut wrong) = (Vec::new(), Vec::new());
    for (key, query) in &batch {
        let read = Asked::deserialize(query).map_err(|e| e.to_string());
        match read.and_then(|query| kinds_of(graph.ontology(), &query).map(|kinds| (key, query, kinds))) {
            Ok(all) if all.1.query.is_none() && all.1.properties.is_empty() => {
                wrong.push(format!("{key}: neither `query` nor `properties`"));
            }
            Ok(all) => asked.push(all),
            Err(why) => wrong.push(format!("{key}: {why}")),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut results = Map::new();
    for (key, query, kinds) in asked {
        let found =
            candidates(app, &graph, &query, &kinds, budget).map_err(|why| vec![format!("{key}: {why}")])?;
        results.insert(key.clone(), json!({ "result": found }));
    }
    Ok(Json::Object(results))
}

fn kinds_of(ontology: &Ontology, query: &Asked) -> Result<Vec<KindIx>, String> {
    let names = query.r#type.as_ref().map_or(&[][..], OneOrMany::all);
    let known = || ontology.kinds.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>();
    let one = |name: &String| {
        // Clients keep what the manifest's schema space and a name make together.
        let bare = name.strip_prefix(&ontology.iri).unwrap_or(name);
        ontology
            .kind_named(bare)
            .ok_or_else(|| format!("there is no type `{name}`; {}", suggest(bare, known())))
    };
    names.iter().map(one).collect()
}

/// The candidates of a query, best first.
fn candidates(
    app: &App,
    graph: &Arc<Graph>,
    query: &Asked,
    kinds: &[KindIx],
    budget: &Arc<Budget>,
) -> Result<Vec<Json>, String> {
    if query.r#type_strict == Some(Strict::All) && kinds.len() > 1 {
        return Ok(Vec::new());
    }
    let limit = query.limit.map_or(CANDIDATES.0, |limit| (limit.max(1.0) as usize).min(CANDIDATES.1));
    // Without a name, what identifies may be among the values.
    let texts = query.properties.iter().flat_map(|condition| condition.v.all()).map(text_of);
    let name = query.query.clone().filter(|name| !name.trim().is_empty()).or_else(|| texts.clone().next());
    let Some(name) = name else { return Ok(Vec::new()) };
    let kind_names: Vec<String> =
        kinds.iter().map(|ix| upper_snake(&graph.ontology().kind(*ix).name)).collect();
    let kind_names = (!kind_names.is_empty()).then_some(kind_names);
    let asked = "query ($names: [String!]!, $text: String!, $kinds: [KindName!], $first: Int) { \
         resolve(names: $names, kinds: $kinds) { candidates { score reason certain entity { id } } } \
         search(text: $text, kinds: $kinds, first: $first, prefix: false) { edges { score node { id } } } }";
    let variables = json!({"names": [name], "text": name, "kinds": kind_names, "first": limit});
    let data = ask(app, graph, asked, variables, budget)?;
    let mut found: Vec<(EntityIx, f64, bool, String)> = Vec::new();
    for candidate in data["resolve"][0]["candidates"].as_array().into_iter().flatten() {
        let Some(ix) = candidate["entity"]["id"].as_str().and_then(|id| graph.find(id)) else { continue };
        let score = candidate["score"].as_f64().unwrap_or_default() * SCORES.0;
        let reason = candidate["reason"].as_str().unwrap_or_default().to_lowercase();
        found.push((ix, score, candidate["certain"] == true, reason));
    }
    let hits = data["search"]["edges"].as_array().into_iter().flatten();
    let best = hits.clone().filter_map(|hit| hit["score"].as_f64()).fold(0.0, f64::max);
    for hit in hits {
        let Some(ix) = hit["node"]["id"].as_str().and_then(|id| graph.find(id)) else { continue };
        if !found.iter().any(|(known, ..)| *known == ix) {
            let score = hit["score"].as_f64().unwrap_or_default() / best * SCORES.1;
            found.push((ix, score, false, "words".to_owned()));
        }
    }
    let mut all: Vec<(f64, Json)> = found
        .into_iter()
        .map(|(ix, score, certain, reason)| candidate(graph, query, ix, score, certain, &reason))
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(all.into_iter().take(limit).map(|(_, candidate)| candidate).collect())
}

/// A candidate with what speaks for it. Where conditions are given, half its score is how many it fulfils.
fn candidate(
    graph: &Graph,
    query: &Asked,
    ix: EntityIx,
    score: f64,
    certain: bool,
    reason: &str,
) -> (f64, Json) {
    let mut features = vec![json!({"id": reason, "value": score})];
    let mut held = 0;
    for condition in &query.properties {
        let values = values(graph, ix, &condition.pid);
        let wanted: Vec<String> = condition.v.all().iter().map(text_of).collect();
        let holds = values.iter().any(|value| wanted.iter().any(|wanted| value.is(wanted)));
        features.push(json!({"id": condition.pid, "value": holds}));
        held += usize::from(holds);
    }
    let asked = query.properties.len();
    let score = if asked == 0 { score } else { score * (0.5 + 0.5 * held as f64 / asked as f64) };
    let mut told = described(graph, ix);
    told.insert("score".to_owned(), json!((score * 100.0).round() / 100.0));
    told.insert("match".to_owned(), json!(certain && held == asked));
    told.insert("type".to_owned(), json!([kind_of(graph, ix)]));
    told.insert("features".to_owned(), json!(features));
    (score, Json::Object(told))
}

/// A value that a condition gives, as text; of an entity its id.
fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Object(entity) => entity.get("id").and_then(Json::as_str).unwrap_or_default().to_owned(),
        other => other.to_string(),
    }
}

/// A value of an entity: of a property, or the entity that a link leads to.
enum Value {
    Plain(Json),
    Entity(String, String),
}

impl Value {
    fn is(&self, wanted: &str) -> bool {
        let same = |text: &str| text.to_lowercase() == wanted.trim().to_lowercase();
        match self {
            Value::Plain(Json::String(text)) => same(text),
            Value::Plain(other) => same(&other.to_string()),
            Value::Entity(id, name) => same(id) || same(name),
        }
    }

    /// As clients take it.
    fn told(&self) -> Json {
        match self {
            Value::Plain(Json::String(text)) => json!({"str": text}),
            Value::Plain(Json::Number(number)) if number.is_i64() => json!({"int": number}),
            Value::Plain(Json::Number(number)) => json!({"float": number}),
            // A date with what kind of date it is.
            Value::Plain(Json::Object(date)) => json!({"str": date.get("edtf")}),
            Value::Plain(other) => json!({"str": other.to_string()}),
            Value::Entity(id, name) => json!({"id": id, "name": name}),
        }
    }
}

/// The values that an entity has for a property or along a relation.
fn values(graph: &Graph, ix: EntityIx, of: &str) -> Vec<Value> {
    if let Some((relation, direction)) = graph.ontology().relation_named(of) {
        let linked = graph.along(ix, relation, direction).iter().map(|linked| graph.entity(linked.to));
        return linked.map(|to| Value::Entity(to.id().to_owned(), to.name().to_owned())).collect();
    }
    match json_lines::entity_line(graph, ix).remove(of) {
        Some(Json::Array(all)) => all.into_iter().map(Value::Plain).collect(),
        Some(one) if of != "kind" && of != "evidence" && of != "text" => vec![Value::Plain(one)],
        _ => Vec::new(),
    }
}

/// The values of properties of entities: what was asked, as it came.
///
/// # Errors
/// Everything that is wrong with it.
pub fn extend(app: &App, text: &str) -> Result<Json, Wrong> {
    let graph = app.view();
    let ontology = graph.ontology();
    let asked: Extension = serde_json::from_str(text).map_err(|e| vec![format!("`extend`: {e}")])?;
    if asked.ids.len() > BATCH || asked.properties.len() > SUGGESTED {
        let what = format!("at most {BATCH} ids and {SUGGESTED} properties are taken at once");
        return Err(vec![what]);
    }
    let wrong: Vec<String> = asked
        .properties
        .iter()
        .filter(|wanted| !all_properties(ontology).any(|(id, _)| id == wanted.id))
        .map(|wanted| {
            let known: Vec<&str> = all_properties(ontology).map(|(id, _)| id).collect();
            format!("there is no property `{}`; {}", wanted.id, suggest(&wanted.id, known))
        })
        .collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let meta = asked.properties.iter().map(|wanted| {
        let mut told = json!({"id": wanted.id, "name": wanted.id});
        if let Some((relation, direction)) = ontology.relation_named(&wanted.id)
            && let [only] = ontology.relation(relation).targets(direction)
        {
            told["type"] = json!({"id": ontology.kind(*only).name, "name": ontology.kind(*only).name});
        }
        told
    });
    let rows = asked.ids.iter().map(|id| {
        let of = |wanted: &Wanted| {
            let found = graph.find(id).map(|ix| values(&graph, ix, &wanted.id)).unwrap_or_default();
            (wanted.id.clone(), found.iter().map(Value::told).collect())
        };
        (id.clone(), Json::Object(asked.properties.iter().map(of).collect()))
    });
    Ok(json!({"meta": meta.collect::<Vec<_>>(), "rows": rows.collect::<Map<_, _>>()}))
}

/// Every property and relation by its name, with what it says, once each.
fn all_properties(ontology: &Ontology) -> impl Iterator<Item = (&str, &str)> {
    let mut seen = std::collections::HashSet::new();
    let properties = ontology.kind_indexes().flat_map(|ix| properties_of(ontology, ix));
    properties.filter(move |(id, _)| seen.insert(*id))
}

/// The properties of a kind, and its relations as it reads them.
fn properties_of(ontology: &Ontology, kind: KindIx) -> impl Iterator<Item = (&str, &str)> {
    let own = ontology.kind(kind).properties.iter().map(|ix| ontology.property(*ix));
    let own = own.map(|property| (property.name.as_str(), property.description.as_str()));
    own.chain(ontology.relations_of(kind).map(|(ix, direction)| {
        let relation = ontology.relation(ix);
        let told = match direction {
            Direction::Forward => &relation.description,
            Direction::Inverse => &relation.inverse_description,
        };
        (relation.name_in(direction), told.as_str())
    }))
}

/// Properties of a type that are worth fetching.
///
/// # Errors
/// That there is no such type.
pub fn propose(app: &App, of: &str, limit: Option<usize>) -> Result<Json, Wrong> {
    let graph = app.view();
    let ontology = graph.ontology();
    let kind = ontology.kind_named(of).ok_or_else(|| {
        let known: Vec<&str> = ontology.kinds.iter().map(|kind| kind.name.as_str()).collect();
        vec![format!("there is no type `{of}`; {}", suggest(of, known))]
    })?;
    let all = properties_of(ontology, kind).take(limit.unwrap_or(usize::MAX));
    let all: Vec<Json> = all.map(|(id, told)| json!({"id": id, "name": id, "description": told})).collect();
    Ok(json!({"type": of, "limit": limit.unwrap_or(all.len()), "properties": all}))
}

/// Entities whose names begin so, or have such words; `skip` of them aside.
///
/// # Errors
/// What the search says.
pub fn suggest_entities(app: &App, prefix: &str, skip: usize, budget: &Arc<Budget>) -> Result<Json, Wrong> {
    let graph = app.view();
    let asked = "query ($text: String!, $first: Int) { search(text: $text, first: $first) { nodes { id } } }";
    let first = (skip + SUGGESTED).min(100);
    let data =
        ask(app, &graph, asked, json!({"text": prefix, "first": first}), budget).map_err(|why| vec![why])?;
    let ids = data["search"]["nodes"].as_array().into_iter().flatten().filter_map(|node| node["id"].as_str());
    let told = ids.skip(skip).filter_map(|id| graph.find(id)).map(|ix| {
        let mut told = described(&graph, ix);
        told.insert("notable".to_owned(), json!([kind_of(&graph, ix)]));
        Json::Object(told)
    });
    Ok(json!({"result": told.collect::<Vec<_>>()}))
}

/// Types whose names have such a part.
pub fn suggest_types(app: &App, prefix: &str) -> Json {
    let graph = app.view();
    let ontology = graph.ontology();
    let fits = |ix: &KindIx| has(&ontology.kind(*ix).name, prefix);
    let all = ontology.kind_indexes().filter(fits).take(SUGGESTED).map(|ix| kind(ontology, ix));
    json!({"result": all.collect::<Vec<_>>()})
}

/// Properties and relations whose names have such a part.
pub fn suggest_properties(app: &App, prefix: &str) -> Json {
    let graph = app.view();
    let all = all_properties(graph.ontology()).filter(|(id, _)| has(id, prefix)).take(SUGGESTED);
    let all = all.map(|(id, told)| json!({"id": id, "name": id, "description": told}));
    json!({"result": all.collect::<Vec<_>>()})
}

fn has(name: &str, part: &str) -> bool {
    name.to_lowercase().contains(&part.trim().to_lowercase())
}

/// Asks the API over a view.
fn ask(
    app: &App,
    graph: &Arc<Graph>,
    query: &str,
    variables: Json,
    budget: &Arc<Budget>,
) -> Result<Json, String> {
    let variables = variables.as_object().cloned().unwrap_or_default();
    let request = Request { query: query.to_owned(), variables, read_only: true, ..Request::default() };
    let response = app.api().execute(graph, &request, budget);
    let mut answer: Json = serde_json::from_slice(&response.body).map_err(|e| e.to_string())?;
    match answer["errors"][0]["message"].as_str() {
        Some(message) => Err(message.to_owned()),
        None => Ok(answer["data"].take()),
    }
}
