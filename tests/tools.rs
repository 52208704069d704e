//! Tools for assistants: what there are under which ontology, what they answer with, and over HTTP. A client of
//! the protocol drives them in `tests/mcp`.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Map, Value as Json, json};
use throughline::app::tools::{Told, Tools};
use throughline::app::{App, Origin};
use throughline::graphql::Limits;
use throughline::http::{self, Settings};
use tower::ServiceExt as _;

fn opened(origin: &Origin) -> Arc<App> {
    Arc::new(App::open(origin, Limits::default()).expect("it is sound"))
}

fn call(tools: &Tools, app: &App, name: &str, arguments: Json) -> Told {
    let arguments: Map<String, Json> = arguments.as_object().cloned().expect("an object");
    tools.call(name, &arguments, &app.budget())
}

#[test]
fn every_ontology_has_every_tool() {
    let transport = Origin {
        schema: vec!["examples/transport/transport.graphql".into()],
        data: vec!["examples/transport/transport.jsonl".into()],
    };
    for (origin, has_questions) in [(Origin::default(), true), (transport, false)] {
        let app = opened(&origin);
        let tools = Tools::new(app.clone());
        let names: Vec<String> = tools.list().into_iter().map(|tool| tool.name).collect();
        for expected in [
            "search",
            "resolve",
            "entity",
            "trail",
            "paths",
            "neighborhood",
            "gaps",
            "compare",
            "timeline",
            "query",
        ] {
            assert!(names.iter().any(|name| name == expected), "{expected} of {names:?}");
        }
        assert_eq!(names.iter().any(|name| name == "ask_question"), has_questions || !app.saved().is_empty());
        for tool in tools.list() {
            let schema = Json::Object(tool.input);
            jsonschema::meta::validate(&schema).expect("a JSON Schema");
            assert!(tool.description.len() > tool.title.len(), "{}", tool.name);
        }
        assert!(tools.instructions().contains(&app.version().to_string()));
    }
}

#[test]
fn what_an_answer_names_is_cited_whether_it_was_asked_or_not() {
    let app = opened(&Origin::default());
    let tools = Tools::new(app.clone());
    let query = "{ initiative(id: \"initiative/ahem\") { ledBy { edges { node { name } } } } }";
    let told = call(&tools, &app, "query", json!({ "query": query }));
    assert!(!told.failed, "{}", told.text);
    let links = told.structured["evidence"].as_array().expect("a list").iter();
    let sentences: Vec<&str> = links.filter_map(|node| node["sentence"].as_str()).collect();
    assert_eq!(sentences.len(), 1, "{sentences:?}");
    let piece = &told.structured["evidence"][0]["evidence"][0];
    let words = piece["quote"].as_str().expect("words");
    assert!(
        told.text.starts_with(sentences[0]) && told.text.contains(words) && told.text.contains("VERIFIED")
    );
    assert_eq!(told.structured["answer"]["initiative"].as_object().map(Map::len), Some(1), "as it was asked");

    let many = call(
        &tools,
        &app,
        "query",
        json!({"query": "{ links(first: 100) { nodes { sentence } } entities(first: 5) { nodes { name } } }"}),
    );
    assert_eq!(many.structured["evidenceLeftOut"], 5, "as many as one request may name");
    assert!(many.text.contains("The evidence of 5 more"), "and it says so");
}

#[test]
fn what_cannot_be_answered_says_the_way_out() {
    let app = opened(&Origin::default());
    let tools = Tools::new(app.clone());
    for (name, arguments, expected) in [
        ("none", json!({}), "there is no tool `none`"),
        ("entity", json!({"di": "x"}), "`entity` has no argument `di`; did you mean `id`?"),
        ("entity", json!({}), "id"),
        ("ask_question", json!({"question": "weak"}), "there is no question `weak`"),
        (
            "describe_types",
            json!({"names": ["Initiativ"]}),
            "there are Initiative, InitiativeInput, InitiativeConnection",
        ),
        ("describe_types", json!({}), "`names` is a list"),
        ("query", json!({"query": "{ nothing }"}), "nothing"),
        ("query", json!({}), "query"),
    ] {
        let told = call(&tools, &app, name, arguments.clone());
        assert!(told.failed && told.text.contains(expected), "{name} {arguments}: {}", told.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_are_there_over_http_for_hosts_that_the_server_is() {
    let asked = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "resolve", "arguments": {"names": ["HHS"]}}});
    for (host, status, expected) in
        [("localhost", StatusCode::OK, "agency/hhs"), ("evil.example", StatusCode::MISDIRECTED_REQUEST, "")]
    {
        let router = http::router(opened(&Origin::default()), &Settings::default());
        let request = Request::post("/mcp")
            .header("host", host)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-06-18")
            .body(Body::from(asked.to_string()))
            .expect("a request");
        let (parts, body) = router.oneshot(request).await.expect("it never fails").into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a whole body");
        let body = String::from_utf8_lossy(&body);
        assert!(parts.status == status && body.contains(expected), "{host}: {} {body}", parts.status);
    }
}
