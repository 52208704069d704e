//! Random valid documents, asked along both roads: our own execution and async-graphql's over the
//! same resolvers must say the same, but for the known faults listed in `known_difference`. Each
//! answer is judged by its document too: its shape, where null went, and that it holds no more
//! objects than its cost foretold.
//!
//! `PROPTEST_CASES=5000 cargo test --test random_queries -- --nocapture` asks more and shows what
//! was compared. A failure prints the smallest document that still fails.

#[path = "random_queries/document.rs"]
mod document;
#[path = "random_queries/generate.rs"]
mod generate;
#[path = "random_queries/judge.rs"]
mod judge;
#[path = "random_queries/world.rs"]
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;

use document::Document;
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use serde_json::{Map, Value as Json};
use throughline::app::Origin;
use throughline::graphql::{Outcome, Request, Response};
use world::World;

/// What must be met with now and then, and how a document shows it.
const FEATURES: &[&str] = &[
    "\nfragment ",
    "... on ",
    "... {",
    "@skip",
    "@include",
    "$",
    " = ",
    ": null",
    "where: {",
    "orderBy: ",
    "first: ",
    "last: ",
    "after: ",
    "before: ",
    "property: ",
    "link/",
    "evidence/",
    "matches: ",
    "__type(",
    "__schema",
    "query Other",
    "\"\"\"",
    "by: {",
    "ids: [",
    "search(",
    "resolve(",
    "paths(",
    "trail(",
    "neighborhood(",
    "gaps",
    "impact(",
    "weakLinks",
    "compare(",
    "crosswalk(",
    "timeline",
    "computed {",
    "and: [",
];

/// Documents if `PROPTEST_CASES` does not say.
const CASES: u32 = 1500;

/// An answer, taken apart.
struct Answer {
    outcome: Outcome,
    body: Vec<u8>,
    data: Option<Json>,
    errors: Vec<Json>,
    cost: u64,
}

impl Answer {
    fn of(response: Response) -> Result<Answer, String> {
        let json: Json = serde_json::from_slice(&response.body)
            .map_err(|e| format!("{e} in {}", String::from_utf8_lossy(&response.body)))?;
        Ok(Answer {
            outcome: response.outcome,
            data: json.get("data").cloned(),
            errors: json["errors"].as_array().cloned().unwrap_or_default(),
            cost: json["extensions"]["cost"]["nodes"].as_u64().unwrap_or_default(),
            body: response.body,
        })
    }

    /// (path, code and message) of each error.
    fn faults(&self) -> Vec<(String, String)> {
        let fault =
            |e: &Json| (e["path"].to_string(), format!("{} {}", e["extensions"]["code"], e["message"]));
        self.errors.iter().map(fault).collect()
    }
}

/// Why the two roads may differ on this document, where async-graphql is known to be wrong; none
/// where they must agree.
fn known_difference(own: &Answer, slow: &Answer, document: &Document) -> Option<&'static str> {
    if (own.outcome, slow.outcome) == (Outcome::Executed, Outcome::RequestError) {
        let message = slow.errors[0]["message"].as_str().unwrap_or_default();
        // Section 5.8.4: `query($v: Boolean!) { __typename @skip(if: $v) }` uses its variable.
        if message.contains("is not used") && document.text().contains("__typename @") {
            return Some("a variable used on __typename alone is taken for unused");
        }
        // Section 6.4.1: null from a variable where null may not stand is an error of that field,
        // not of the request.
        if message.starts_with("Invalid value for argument") && document.nulled {
            return Some("null by a variable refuses the request");
        }
    }
    let (Some(data), Some(Json::Null)) = (&own.data, &slow.data) else { return None };
    let [only] = slow.faults().try_into().ok()?;
    // Section 6.4.4: null goes up to the nearest place that may be null. async-graphql's dynamic
    // resolvers take the first error all the way up, and merge fields only after executing each, so
    // that another error may be the first.
    if own.faults().contains(&only) {
        return Some("the first error nulls all of data");
    }
    if data.is_null() && document.repeated {
        return Some("another error is the first where fields merge");
    }
    // Section 6.4.3: null may stand in `[Node]!`, as it does for an unknown id in `nodes(ids:)`; for
    // async-graphql a list of an interface cannot hold it.
    let nullable = |key: &str| document.keys.get(key).is_some_and(|(_, _, ty)| ty.to_string() == "[Node]!");
    if only.1.starts_with("\"INTERNAL\" \"internal: invalid value for interface")
        && let Some([Json::String(key), Json::Number(at)]) =
            slow.errors[0]["path"].as_array().map(Vec::as_slice)
        && nullable(key)
        && (data.is_null() || data[key][at.as_u64().unwrap_or_default() as usize].is_null())
    {
        return Some("null in a list of an interface");
    }
    None
}

/// Asks one document along both roads and judges what comes back. Gives what is to be counted.
fn check(world: &World, document: &Document) -> Result<Vec<&'static str>, String> {
    let request = document.request();
    let app = &world.app;
    let (api, view) = (app.api(), app.view());
    let own = Answer::of(api.execute(&view, &request, &app.budget()))?;
    let again = api.execute(&view, &request, &app.budget());
    if own.body != again.body {
        return Err("asked twice, it answers twice".to_owned());
    }
    let slow = Answer::of(api.execute_slowly(&view, &request, &app.budget()))?;
    let shown = |a: &Answer| String::from_utf8_lossy(&a.body).chars().take(1500).collect::<String>();
    let differ = |what: &str| Err(format!("{what}\nown:  {}\nslow: {}", shown(&own), shown(&slow)));
    if own.outcome == Outcome::RequestError {
        let code = own.errors[0]["extensions"]["code"].as_str().unwrap_or_default();
        // `@skip` and `@include` take no null.
        if document.nulled && code == "BAD_VARIABLE" {
            return Ok(vec!["asked", "refused for null"]);
        }
        if own.body != slow.body {
            return differ("the request errors differ");
        }
        return match code {
            "LIMIT_EXCEEDED" => Ok(vec!["asked", "refused for a limit"]),
            "OPERATION_RESOLUTION_FAILURE" => Ok(vec!["asked", "refused for no operation"]),
            _ => differ("the document should be valid"),
        };
    }
    let data = own.data.as_ref().ok_or("no data")?;
    judge::shape(world, document, data)?;
    judge::propagation(document, data, &own.errors)?;
    let objects = judge::objects(document, data);
    if objects > own.cost {
        return Err(format!("{objects} objects at a cost of {}\n{}", own.cost, shown(&own)));
    }
    let mut counts = vec!["asked", "executed"];
    counts.extend(FEATURES.iter().filter(|feature| request.query.contains(**feature)));
    if !own.errors.is_empty() {
        counts.push("with field errors");
    }
    if objects > 0 {
        counts.push("with objects");
    }
    let text = |answer: &Answer| answer.data.as_ref().map(Json::to_string);
    let mut faults = [own.faults(), slow.faults()];
    faults.iter_mut().for_each(|f| f.sort());
    if text(&own) == text(&slow) && faults[0] == faults[1] {
        counts.push("the same");
    } else if let Some(why) = known_difference(&own, &slow, document) {
        counts.push(why);
    } else {
        return differ("the roads differ");
    }
    Ok(counts)
}

/// Section 6.4.1: "if … argumentType is a Non-Nullable type, and either hasValue is not true or
/// value is null, raise an execution error".
#[test]
fn null_by_a_variable_where_null_may_not_stand_is_an_error_of_the_field() {
    let world = World::open(&Origin::default());
    for (query, key) in [
        ("query($v: ID = \"x\") { person(id: $v) { id } version { label } }", "person"),
        ("query($v: [ID!] = [\"x\"]) { nodes(ids: $v) { id } }", "nodes"),
        ("query($v: ID = \"x\") { nodes(ids: [$v]) { id } }", "nodes"),
        (
            "query($v: OrderDirection) { reports(first: 1, orderBy: {field: NAME, direction: $v}) { totalCount } }",
            "reports",
        ),
        (
            "query($v: String = \"x\") { entity(by: {identifier: {scheme: $v, value: \"u\"}}) { id } }",
            "entity",
        ),
    ] {
        let variables = Map::from_iter([("v".to_owned(), Json::Null)]);
        let request = Request { query: query.to_owned(), variables, ..Request::default() };
        let answer = Answer::of(world.app.execute(&request, &world.app.budget())).expect("JSON");
        let paths: Vec<&Json> = answer.errors.iter().map(|e| &e["path"][0]).collect();
        assert_eq!(paths, [key], "{query}: {}", String::from_utf8_lossy(&answer.body));
    }
}

/// Section 5.8.5: only a default that is not null lets a nullable variable stand there.
#[test]
fn a_default_of_null_is_no_default_for_what_may_not_be_null() {
    let world = World::open(&Origin::default());
    for query in [
        "query($v: ID = null) { person(id: $v) { id } }",
        "query($v: Boolean = null) { version { label @include(if: $v) } }",
        "query($v: RelationName = null) { goals(orderBy: {links: {relation: $v}}) { totalCount } }",
    ] {
        assert!(!world.app.api().accepts(query), "{query}");
    }
}

#[expect(clippy::print_stderr, reason = "the counts are for whoever asks with --nocapture")]
fn ask_random_documents(origin: &Origin, share: u32) {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES);
    let world = World::open(origin);
    let counts: RefCell<BTreeMap<&str, u32>> = RefCell::default();
    let config = ProptestConfig {
        cases: (cases / share).max(1),
        failure_persistence: None,
        max_shrink_iters: 4000,
        ..Default::default()
    };
    let choices = prop::collection::vec(any::<u16>(), 0..400);
    let outcome = TestRunner::new(config).run(&choices, |choices| {
        let document = generate::document(&world, &choices);
        let shown = || {
            let request = document.request();
            format!("{}\nvariables: {}", request.query, Json::Object(request.variables))
        };
        let found = check(&world, &document)
            .map_err(|why| TestCaseError::fail(format!("{why}\nin the document\n{}", shown())))?;
        found.into_iter().for_each(|what| *counts.borrow_mut().entry(what).or_default() += 1);
        Ok(())
    });
    if let Err(TestError::Fail(why, _)) = outcome {
        panic!("{}", why.message());
    }
    let counts = counts.into_inner();
    eprintln!("{counts:#?}");
    let of = |what: &str| counts.get(what).copied().unwrap_or_default();
    let absent: Vec<_> = FEATURES.iter().filter(|feature| of("asked") >= CASES && of(feature) == 0).collect();
    assert!(absent.is_empty(), "never asked for: {absent:?}");
    let order = of("another error is the first where fields merge");
    assert!(order * 100 <= of("executed"), "too many are not compared: {counts:?}");
    assert!(of("executed") * 10 >= of("asked") * 9, "too few are executed: {counts:?}");
    assert!(of("the same") * 10 >= of("executed") * 8, "too few are compared: {counts:?}");
    assert!(of("with objects") * 2 >= of("executed"), "too few answers hold anything: {counts:?}");
}

#[test]
fn both_roads_say_the_same_of_the_seed() {
    ask_random_documents(&Origin::default(), 1);
}

#[test]
fn both_roads_say_the_same_under_another_ontology() {
    let file = |name: &str| vec![format!("examples/transport/{name}").into()];
    ask_random_documents(&Origin { schema: file("transport.graphql"), data: file("transport.jsonl") }, 4);
}
