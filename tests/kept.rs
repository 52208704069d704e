//! What the server keeps between requests: documents by their hash, and answers for as long as the
//! data are the same. Neither may ever change what comes back.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use throughline::app::{App, Origin};
use throughline::graph::{Change, EntityDraft, EvidenceDraft};
use throughline::graphql::ledger::Write;
use throughline::graphql::{Limits, Outcome, Request, Response};

const QUERY: &str = "query Count($n: Int!) { agencies(first: $n) { totalCount nodes { name } } }";

fn app(answer_cache_bytes: usize) -> App {
    App::open(&Origin::default(), Limits { answer_cache_bytes, ..Limits::default() })
        .expect("the seed is sound")
}

fn map(json: Json) -> Map<String, Json> {
    json.as_object().cloned().unwrap_or_default()
}

fn persisted(hash: &str) -> Map<String, Json> {
    map(json!({"persistedQuery": {"version": 1, "sha256Hash": hash}}))
}

fn hash(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

fn ask(app: &App, query: &str, extensions: Map<String, Json>) -> Response {
    let variables = map(json!({"n": 2}));
    let request = Request { query: query.to_owned(), variables, extensions, ..Request::default() };
    app.execute(&request, &app.budget())
}

fn code(response: &Response) -> String {
    let json: Json = serde_json::from_slice(&response.body).expect("JSON");
    json["errors"][0]["extensions"]["code"].as_str().unwrap_or("none").to_owned()
}

#[test]
fn a_document_is_asked_by_its_hash_once_its_text_has_been_sent() {
    let app = app(0);
    let (whole, hash) = (ask(&app, QUERY, Map::new()), hash(QUERY));
    assert_eq!(code(&ask(&app, "", persisted(&hash))), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(ask(&app, QUERY, persisted(&hash)).body, whole.body);
    assert_eq!(ask(&app, "", persisted(&hash)).body, whole.body);
    let request =
        Request { variables: map(json!({"n": 2})), extensions: persisted(&hash), ..Request::default() };
    let brief = app.execute_briefly(&request, 10_000).expect("it is short");
    assert_eq!(brief.body, whole.body);
}

#[test]
fn a_hash_of_another_text_is_refused_and_not_kept() {
    let app = app(0);
    let other = hash("{ version { label } }");
    assert_eq!(code(&ask(&app, QUERY, persisted(&other))), "BAD_REQUEST");
    assert_eq!(code(&ask(&app, "", persisted(&other))), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(code(&ask(&app, QUERY, persisted("abc"))), "BAD_REQUEST");
    let version = map(json!({"persistedQuery": {"version": 2, "sha256Hash": hash(QUERY)}}));
    assert_eq!(code(&ask(&app, QUERY, version)), "PERSISTED_QUERY_NOT_SUPPORTED");
}

/// Nobody fills the cache with what is no document.
#[test]
fn what_is_refused_is_not_kept_by_its_hash() {
    let app = app(0);
    let broken = "{ no_such_field }";
    assert_eq!(ask(&app, broken, persisted(&hash(broken))).outcome, Outcome::RequestError);
    assert_eq!(code(&ask(&app, "", persisted(&hash(broken)))), "PERSISTED_QUERY_NOT_FOUND");
}

#[test]
fn a_kept_answer_is_the_same_until_the_data_change() {
    let (keeps, executes) = (app(1 << 20), app(0));
    let agencies = |app: &App| ask(app, QUERY, Map::new()).body;
    let first = agencies(&keeps);
    assert_eq!(first, agencies(&executes));
    assert_eq!(agencies(&keeps), first);
    // The second answer came from the cache: a budget of nothing could not have paid for it.
    let request = Request { query: QUERY.to_owned(), variables: map(json!({"n": 2})), ..Request::default() };
    let nothing = Arc::new(throughline::app::Budget::new(0));
    assert_eq!(keeps.execute(&request, &nothing).body, first);
    let more = Change::AddEntity(Box::new(EntityDraft {
        id: "agency/new".to_owned(),
        kind: "Agency".to_owned(),
        properties: map(json!({"name": "A new office"})),
        evidence: vec![EvidenceDraft {
            source: "source/mass-gov-ahem".to_owned(),
            url: Some("https://www.mass.gov/new".to_owned()),
            basis: "STATED".to_owned(),
            ..EvidenceDraft::default()
        }],
        ..EntityDraft::default()
    }));
    let write = |changes| Write { changes, ..Write::default() };
    keeps.ledger().write(write(vec![more.clone()])).expect("it fits");
    executes.ledger().write(write(vec![more])).expect("it fits");
    assert_ne!(agencies(&keeps), first);
    assert_eq!(agencies(&keeps), agencies(&executes));
}

#[test]
fn other_variables_operations_and_extensions_are_other_answers() {
    let (keeps, executes) = (app(1 << 20), app(0));
    let two = "query A($n: Int! = 1) { agencies(first: $n) { nodes { id } } } query B { version { label } }";
    for (name, n, cost) in
        [("A", 1, false), ("A", 3, false), ("B", 1, false), ("A", 1, true), ("A", 1, false)]
    {
        let request = Request {
            query: two.to_owned(),
            operation_name: Some(name.to_owned()),
            variables: map(json!({"n": n})),
            extensions: map(json!({"cost": cost})),
            ..Request::default()
        };
        let [kept, executed] = [&keeps, &executes].map(|app| app.execute(&request, &app.budget()).body);
        assert_eq!(String::from_utf8_lossy(&kept), String::from_utf8_lossy(&executed));
    }
}

/// Interfaces within interfaces multiply plans: what is kept of them has a bound, and passing it only
/// costs planning again.
#[test]
fn documents_over_interfaces_are_answered_alike_whatever_is_still_kept() {
    let app = app(0);
    let ask = |i: usize| {
        let kinds: String = (0..3).fold("name".to_owned(), |inner, _| {
            format!("links(first: 3) {{ nodes {{ from {{ id {inner} }} to {{ id {inner} }} }} }} name")
        });
        let query = format!("{{ a{i}: entities(first: 20) {{ nodes {{ {kinds} }} }} }}");
        let request = Request { query, ..Request::default() };
        app.execute(&request, &app.budget())
    };
    let first = ask(0);
    assert_eq!(first.outcome, Outcome::Executed, "{}", String::from_utf8_lossy(&first.body));
    for i in 0..40 {
        assert_eq!(ask(i).body.len(), first.body.len() + i.to_string().len() - 1);
    }
    assert_eq!(ask(0).body, first.body);
}
