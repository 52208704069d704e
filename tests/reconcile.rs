//! Reconciliation: what the service answers has the shape that the specification wants (its requirements are
//! written as JSON Schemas in `tests/fixtures/reconcile`), and the right entities come first. A client of the
//! protocol drives it in `tests/reconcile`.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value as Json, json};
use throughline::app::{App, Origin};
use throughline::graphql::Limits;
use throughline::http::{self, Settings};
use tower::ServiceExt as _;

async fn asked(method: &str, path: &str, form: &[(&str, String)]) -> (StatusCode, String) {
    let app = App::open(&Origin::default(), Limits::default()).expect("the seed is sound");
    let router = http::router(Arc::new(app), &Settings::default());
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let (path, body) = match method {
        "POST" => (path.to_owned(), form),
        _ if form.is_empty() => (path.to_owned(), form),
        _ => (format!("{path}?{form}"), String::new()),
    };
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let response =
        router.oneshot(request.body(Body::from(body)).expect("a request")).await.expect("never fails");
    let (parts, body) = response.into_parts();
    assert_eq!(parts.headers["access-control-allow-origin"], "*", "{}", parts.status);
    let body = to_bytes(body, usize::MAX).await.expect("a whole body");
    (parts.status, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

/// Asks, and holds the answer against the schema of that name.
async fn fits(schema: &str, method: &str, path: &str, form: &[(&str, String)]) -> Json {
    let (status, text) = asked(method, path, form).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let answer: Json = serde_json::from_str(&text).expect("JSON");
    let file =
        std::fs::read_to_string(format!("tests/fixtures/reconcile/{schema}.json")).expect("it is there");
    let validator = jsonschema::validator_for(&serde_json::from_str(&file).expect("JSON")).expect("a schema");
    let faults: Vec<String> =
        validator.iter_errors(&answer).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{path}: {faults:?}\n{answer:#}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manifest_says_what_there_is() {
    let manifest = fits("manifest", "GET", "/reconcile", &[]).await;
    assert_eq!(manifest["preview"]["url"], "http://localhost/reconcile/preview?id={{id}}");
    let types = manifest["defaultTypes"].as_array().expect("a list");
    assert!(types.iter().any(|of| of["id"] == "Agency") && types.iter().all(|of| of["id"] != "Measure"));
    for (part, prefix) in [("entity", "heal"), ("type", "plan"), ("property", "Alias")] {
        let path = manifest["suggest"][part]["service_path"].as_str().expect("a path");
        let schema = if part == "entity" { "suggested-entities" } else { "suggested" };
        let found = fits(schema, "GET", path, &[("prefix", prefix.to_owned())]).await;
        assert!(!found["result"].as_array().expect("a list").is_empty(), "{part}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_find_their_entities() {
    for (query, expected, is_match) in [
        (json!({"query": "HHS"}), "agency/hhs", true),
        (json!({"query": "Department of Health and Human Services"}), "agency/hhs", true),
        (json!({"query": "Department of Health and Human Services", "type": "Agency"}), "agency/hhs", true),
        (json!({"query": "maternal health", "type": ["Topic"], "limit": 1}), "topic/maternal-health", true),
        (
            json!({"query": "maternal health", "type": "https://throughline.dev/ontology/policy#Initiative"}),
            "initiative/ahem-maternal-health",
            true,
        ),
        // A condition tells namesakes apart; where it does not hold nothing is certain.
        (
            json!({"query": "maternal health", "properties": [{"pid": "kind", "v": "x"}]}),
            "initiative/ahem-maternal-health",
            false,
        ),
        (
            json!({"query": "Equity Action Plan", "properties": [{"pid": "publishedBy", "v": {"id": "agency/hhs"}}]}),
            "plan/hhs-eap-2022",
            false,
        ),
        (
            json!({"properties": [{"pid": "name", "v": "Department of Health and Human Services"}]}),
            "agency/hhs",
            true,
        ),
        (json!({"query": "zzzzzz"}), "", false),
        (json!({"query": "HHS", "type": ["Agency", "Topic"], "type_strict": "all"}), "", false),
    ] {
        for method in ["GET", "POST"] {
            let batch = json!({ "q0": query }).to_string();
            let answer = fits("results", method, "/reconcile", &[("queries", batch)]).await;
            let results = answer["q0"]["result"].as_array().expect("a list");
            let first = results.first().cloned().unwrap_or(json!({"id": "", "match": false}));
            assert_eq!(
                (&first["id"], &first["match"]),
                (&json!(expected), &json!(is_match)),
                "{query}\n{answer:#}"
            );
            let scores: Vec<f64> = results.iter().filter_map(|one| one["score"].as_f64()).collect();
            assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
            if let Some(limit) = query["limit"].as_u64() {
                assert!(results.len() as u64 <= limit);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_entities_are_given() {
    let asked = json!({"ids": ["agency/hhs", "agency/none"], "properties": [{"id": "aliases"}, {"id": "url"}, {"id": "published"}]});
    let answer = fits("extension", "POST", "/reconcile", &[("extend", asked.to_string())]).await;
    assert_eq!(answer["rows"]["agency/hhs"]["aliases"][0], json!({"str": "HHS"}));
    assert!(answer["rows"]["agency/hhs"]["published"][0]["id"].is_string(), "{answer:#}");
    assert_eq!(answer["rows"]["agency/none"], json!({"aliases": [], "url": [], "published": []}));
    let proposed = fits(
        "proposal",
        "GET",
        "/reconcile/properties",
        &[("type", "Agency".to_owned()), ("limit", "5".to_owned())],
    )
    .await;
    assert_eq!(proposed["properties"].as_array().map(Vec::len), Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_at_once() {
    let queries = |batch: Json| vec![("queries", batch.to_string())];
    let many: serde_json::Map<String, Json> =
        (0..201).map(|n| (format!("q{n}"), json!({"query": "x"}))).collect();
    for (path, form, status, expected) in [
        (
            "/reconcile",
            queries(json!({"a": {"query": "x", "type": "Agncy"}, "b": {}})),
            400,
            "a: there is no type `Agncy`; did you mean `Agency`?; b: neither `query` nor `properties`",
        ),
        ("/reconcile", queries(json!({"a": {"query": "x", "typ": "Agency"}})), 400, "unknown field `typ`"),
        ("/reconcile", vec![("queries", "[".to_owned())], 400, "`queries` is no JSON object"),
        ("/reconcile", queries(Json::Object(many)), 400, "201 queries; a batch has 200 at most"),
        (
            "/reconcile",
            vec![("extend", json!({"ids": [], "properties": [{"id": "alias"}]}).to_string())],
            400,
            "there is no property `alias`; did you mean `aliases`?",
        ),
        ("/reconcile/suggest/thing", vec![], 404, "entity, type and property are"),
        ("/reconcile/properties", vec![("type", "Agenc".to_owned())], 400, "did you mean `Agency`?"),
        (
            "/reconcile/preview",
            vec![("id", "agency/none".to_owned())],
            404,
            "there is no entity `agency/none`",
        ),
    ] {
        let (found, text) = asked("GET", path, &form).await;
        assert!(found.as_u16() == status && text.contains(expected), "{path} {form:?}: {found} {text}");
        assert!(text.starts_with("{\"status\":\"error\""), "as clients look for it: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_tells_an_entity_with_its_words() {
    let id = [("id", "agency/hhs".to_owned())];
    let (status, page) = asked("GET", "/reconcile/preview", &id).await;
    assert!(
        status == StatusCode::OK && page.contains("<h1>Department of Health and Human Services</h1>"),
        "{page}"
    );
    assert!(page.contains("<blockquote>"), "{page}");
    let (_, flyout) = asked("GET", "/reconcile/flyout", &id).await;
    let flyout: Json = serde_json::from_str(&flyout).expect("JSON");
    assert_eq!(flyout["id"], "agency/hhs");
    assert!(flyout["html"].as_str().is_some_and(|html| html.starts_with("<h1>")));
}
