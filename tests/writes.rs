//! Changes from the outside: who may make them, what they come to, what is wrong with those that are refused, and
//! what the past still says. Over the garden, in a folder that is opened again.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use serde_json::{Value as Json, json};
use throughline::app::access::Access;
use throughline::app::{App, Origin, Timestamp};
use throughline::graphql::{self, Asking, Caller, Limits, Scope};
use throughline::http::{self, Settings};
use throughline::io::tokens::{self, Tokens};
use tower::ServiceExt as _;

const APPLY: &str = "mutation($input: ApplyChangesInput!) { applyChanges(input: $input) {
  applied replayed version { sequence label } nodes { id } faults { code message help path } } }";

/// A server over a folder, and a token of each scope.
struct Garden {
    router: Router,
    app: Arc<App>,
    /// By the scope's word.
    tokens: Vec<(&'static str, String)>,
}

fn open(dir: &Path) -> Arc<App> {
    let garden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/garden.graphql");
    let origin = Origin { schema: vec![garden.into()], data: Vec::new() };
    Arc::new(App::durable(&origin, dir, Limits::default(), Timestamp(1)).expect("it opens"))
}

impl Garden {
    fn in_folder(dir: &Path) -> Garden {
        let app = open(dir);
        let path = dir.join(tokens::FILE);
        let scopes = ["read", "suggest", "write", "admin"];
        let token = |scope| Tokens::create(&path, &format!("{scope}r"), scope, 1, None).expect("made");
        let tokens = scopes.map(|scope| (scope, token(scope))).to_vec();
        let settings = Settings { access: Arc::new(Access::by(path)), ..Settings::default() };
        Garden { router: http::router(app.clone(), &settings), app, tokens }
    }

    fn token(&self, scope: &str) -> &str {
        &self.tokens.iter().find(|(word, _)| *word == scope).expect("a scope").1
    }

    /// The answer to a request of whoever has that scope; nobody if it is empty.
    async fn ask(&self, scope: &str, query: &str, variables: Json) -> (StatusCode, Json) {
        self.send(scope, json!({"query": query, "variables": variables})).await
    }

    async fn send(&self, scope: &str, body: Json) -> (StatusCode, Json) {
        let (status, bytes) = self.bytes(scope, body).await;
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    async fn bytes(&self, scope: &str, body: Json) -> (StatusCode, Vec<u8>) {
        let mut request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        if !scope.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token(scope)));
        }
        let request = request.body(Body::from(body.to_string())).expect("a request");
        let (parts, body) = self.router.clone().oneshot(request).await.expect("never fails").into_parts();
        (parts.status, to_bytes(body, usize::MAX).await.expect("whole").to_vec())
    }

    /// What comes of a batch by a writer.
    async fn apply(&self, input: Json) -> Json {
        let (_, answer) = self.ask("write", APPLY, json!({"input": input})).await;
        let payload = answer["data"]["applyChanges"].clone();
        assert!(payload.is_object(), "{answer}");
        payload
    }

    /// A batch that is taken.
    async fn applied(&self, changes: Json) -> u64 {
        let payload = self.apply(json!({"changes": changes})).await;
        assert_eq!(payload["applied"], true, "{payload}");
        payload["version"]["sequence"].as_u64().expect("a number")
    }
}

fn plant(n: u32) -> Json {
    json!({"create": {"plant": {"id": format!("plant/{n}"), "name": format!("Plant {n}")}}})
}

fn book() -> Json {
    json!({"create": {"book": {"id": "book/1", "name": "A book"}}})
}

fn near(a: u32, b: u32, quote: &str) -> Json {
    let evidence = json!([{"source": "book/1", "quote": quote, "basis": "STATED"}]);
    json!({"link": {"from": format!("plant/{a}"), "relation": "NEAR", "to": format!("plant/{b}"), "evidence": evidence}})
}

#[tokio::test]
async fn who_may_do_what_follows_from_the_token() {
    let dir = tempfile::tempdir().expect("a folder");
    let garden = Garden::in_folder(dir.path());
    let create = r#"mutation { createPlant(input: {id: "plant/1", name: "One"}) { applied } }"#;
    let propose = r#"mutation { proposeChanges(input: {changes: [{retract: {id: "plant/1"}}]}) { proposal { number by } } }"#;
    let decide =
        "mutation { decideProposal(input: {number: 1, accept: false}) { proposal { state decidedBy } } }";
    for (scope, query, allowed) in [
        ("", create, false),
        ("read", create, false),
        ("suggest", create, false),
        ("write", create, true),
        ("", propose, false),
        ("read", propose, false),
        ("suggest", propose, true),
        ("suggest", decide, false),
        ("admin", decide, true),
    ] {
        let (_, answer) = garden.ask(scope, query, json!({})).await;
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        assert_eq!(code, (!allowed).then_some("FORBIDDEN"), "{scope:?} {query} {answer}");
    }
    // By GET nothing is changed, whoever asks.
    let request = Request::get(
        "/graphql?query=mutation%7BcreatePlant(input%3A%7Bid%3A%22plant%2F2%22%7D)%7Bapplied%7D%7D",
    )
    .header(header::AUTHORIZATION, format!("Bearer {}", garden.token("admin")));
    let response = garden
        .router
        .clone()
        .oneshot(request.body(Body::empty()).expect("a request"))
        .await
        .expect("never fails");
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_is_answered_alike() {
    let dir = tempfile::tempdir().expect("a folder");
    let garden = Garden::in_folder(dir.path());
    let path = dir.path().join(tokens::FILE);
    let ended = Tokens::create(&path, "ended", "write", 1, Some(2)).expect("made");
    let revoked = Tokens::create(&path, "revoked", "write", 1, None).expect("made");
    let ask = async |authorization: String| {
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, authorization)
            .body(Body::from(r#"{"query":"{ version { sequence } }"}"#));
        let response = garden.router.clone().oneshot(request.expect("a request")).await.expect("never fails");
        let (parts, body) = response.into_parts();
        let told =
            parts.headers.get(header::WWW_AUTHENTICATE).and_then(|v| v.to_str().ok()).map(str::to_owned);
        (parts.status.as_u16(), told, to_bytes(body, usize::MAX).await.expect("whole").to_vec())
    };
    assert_eq!(ask(format!("Bearer {revoked}")).await.0, 200, "it is good until it is revoked");
    Tokens::revoke(&path, "revoked", 2).expect("there");
    let wrong = ask("Bearer throughline_nobody".to_owned()).await;
    assert_eq!((wrong.0, wrong.1.as_deref()), (401, Some("Bearer")));
    assert!(String::from_utf8_lossy(&wrong.2).contains("UNAUTHENTICATED"));
    for other in [
        format!("Bearer {ended}"),
        format!("Bearer {revoked}"),
        "Basic YTpi".to_owned(),
        "Bearer ".to_owned(),
        "x".to_owned(),
    ] {
        assert_eq!(ask(other.clone()).await, wrong, "{other:.12}");
    }
    let request =
        Request::get(format!("/graphql?query=%7B__typename%7D&access_token={revoked}")).body(Body::empty());
    let response = garden.router.clone().oneshot(request.expect("a request")).await.expect("never fails");
    assert_eq!(response.status(), StatusCode::BAD_REQUEST, "a token in an address");
}

#[tokio::test]
async fn a_closed_server_answers_nobody_without_a_token() {
    let dir = tempfile::tempdir().expect("a folder");
    let open = Garden::in_folder(dir.path());
    let path = dir.path().join(tokens::FILE);
    let settings = Settings { access: Arc::new(Access::by(path)), private: true, ..Settings::default() };
    let router = http::router(open.app.clone(), &settings);
    for (address, answered) in [
        ("/", false),
        ("/graphql?query=%7B__typename%7D", false),
        ("/q/timeline", false),
        ("/export?format=jsonl", false),
        ("/schema.graphql", false),
        ("/developers", false),
        ("/reconcile", false),
        ("/nothing/here", false),
        ("/healthz", true),
        ("/readyz", true),
        ("/assets/site.css", true),
    ] {
        let ask = async |token: Option<&str>| {
            let mut request = Request::get(address);
            if let Some(token) = token {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            let request = request.body(Body::empty()).expect("a request");
            router.clone().oneshot(request).await.expect("never fails")
        };
        let refused = ask(None).await.status() == StatusCode::UNAUTHORIZED;
        assert_eq!(!refused, answered, "{address}");
        let known = ask(Some(open.token("read"))).await;
        assert_ne!(known.status(), StatusCode::UNAUTHORIZED, "{address}");
        let kept =
            known.headers().get(header::CACHE_CONTROL).and_then(|v| v.to_str().ok()).unwrap_or_default();
        assert!(!kept.contains("public"), "{address}: {kept}");
    }
}

#[tokio::test]
async fn a_batch_is_done_whole_or_says_everything_that_is_wrong() {
    let dir = tempfile::tempdir().expect("a folder");
    let garden = Garden::in_folder(dir.path());
    assert_eq!(garden.applied(json!([book(), plant(1), plant(2), near(1, 2, "beside")])).await, 1);
    for (changes, code, path, message) in [
        (json!([plant(1)]), "TAKEN", "input.changes.0.create.plant.id", "is taken"),
        (
            json!([plant(3), {"create": {"plant": {"id": "bed/3", "name": "x"}}}]),
            "BAD_ID",
            "input.changes.1.create.plant.id",
            "does not begin with",
        ),
        (
            json!([{"create": {"plant": {"id": "plant/4"}}}]),
            "MISSING",
            "input.changes.0.create.plant.name",
            "lacks the required",
        ),
        (
            json!([{"create": {"plant": {"id": "plant/4", "name": "x", "planted": {"edtf": "last week"}}}}]),
            "BAD_VALUE",
            "input.changes.0.create.plant.planted",
            "planted",
        ),
        (json!([near(1, 9, "beside")]), "DANGLING", "input.changes.0.link.to", "plant/9"),
        (
            json!([{"link": {"from": "plant/1", "relation": "NEAR", "to": "plant/2", "evidence": []}}]),
            "BAD_EVIDENCE",
            "input.changes.0.link.evidence",
            "no evidence",
        ),
        (
            json!([{"link": {"from": "plant/1", "relation": "MENTIONS", "to": "plant/2", "evidence": [{"source": "book/1", "quote": "x", "basis": "STATED"}]}}]),
            "OUT_OF_RANGE",
            "input.changes.0.link",
            "goes from",
        ),
        (
            json!([{"update": {"plant": {"id": "plant/1", "name": null}}}]),
            "MISSING",
            "input.changes.0.update.plant.name",
            "lacks the required",
        ),
        (json!([{"retract": {"id": "plant/1"}}]), "IN_USE", "input.changes.0.retract", ""),
        (
            json!([{"retract": {"id": "link/nothing"}}]),
            "BAD_INPUT",
            "input.changes.0.retract.id",
            "nothing has the id",
        ),
        (
            json!([{"unlink": {"from": "plant/2", "relation": "GROWS_IN", "to": "plant/1"}}]),
            "DANGLING",
            "input.changes.0.unlink",
            "no link",
        ),
        (json!([{}]), "BAD_INPUT", "input.changes.0", "exactly one"),
        (
            json!([{"create": {"plant": {"id": "plant/5", "name": "x", "commit": {"reason": "x"}}}}]),
            "BAD_INPUT",
            "input.changes.0.create.plant.commit",
            "batch",
        ),
        (json!([]), "BAD_INPUT", "input.changes", "no changes"),
    ] {
        let payload = garden.apply(json!({"changes": changes})).await;
        assert_eq!(
            (&payload["applied"], &payload["version"]["sequence"]),
            (&json!(false), &json!(1)),
            "{payload}"
        );
        let faults = payload["faults"].as_array().expect("a list");
        let told = faults.iter().any(|fault| {
            let steps: Vec<&str> =
                fault["path"].as_array().expect("steps").iter().filter_map(Json::as_str).collect();
            fault["code"] == code
                && steps.join(".") == path
                && fault["message"].as_str().is_some_and(|m| m.contains(message))
        });
        assert!(told, "{code} {path} {message:?} in {payload}");
    }
    // All that is wrong is said at once.
    let payload = garden.apply(json!({"changes": [plant(1), near(1, 8, "x"), plant(2)]})).await;
    assert_eq!(payload["faults"].as_array().map(Vec::len), Some(3), "{payload}");
    let (_, answer) = garden.ask("", "{ plants { totalCount } }", json!({})).await;
    assert_eq!(answer["data"]["plants"]["totalCount"], 2, "nothing of a refused batch is there");
}

#[tokio::test]
async fn each_sort_of_change_does_what_it_says() {
    let dir = tempfile::tempdir().expect("a folder");
    let garden = Garden::in_folder(dir.path());
    garden
        .applied(json!([book(), plant(1), plant(2), plant(3), near(1, 2, "beside"), near(1, 2, "not far")]))
        .await;
    let ask = async |query: &str| {
        let (_, answer) = garden.ask("write", query, json!({})).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].clone()
    };
    let done = ask(r#"mutation { updatePlant(input: {id: "plant/1", light: SUN, count: 3, aliases: ["One"], catalogue: "c-1"}) { faults { message } nodes { ... on Plant { name light count aliases identifiers { scheme value } } } } }"#).await;
    assert_eq!(
        done["updatePlant"]["nodes"],
        json!([{"name": "Plant 1", "light": "SUN", "count": 3, "aliases": ["One"], "identifiers": [{"scheme": "catalogue", "value": "c-1"}]}])
    );
    let done = ask(r#"mutation { updatePlant(input: {id: "plant/1", light: null, catalogue: "c-2"}) { nodes { ... on Plant { light count identifiers { value } } } } }"#).await;
    assert_eq!(
        done["updatePlant"]["nodes"],
        json!([{"light": null, "count": 3, "identifiers": [{"value": "c-2"}]}])
    );
    let done =
        ask(r#"mutation { updateBed(input: {id: "plant/1", name: "x"}) { applied faults { code help } } }"#)
            .await;
    assert_eq!(done["updateBed"]["faults"], json!([{"code": "CONFLICT", "help": "use updatePlant"}]));
    // One of two pieces of evidence goes, and the last one stays.
    let links = ask("{ links { nodes { id evidence { id quote } } } }").await;
    let pieces = links["links"]["nodes"][0]["evidence"].as_array().expect("two").clone();
    let retract = |id: &Json| {
        format!(
            r#"mutation {{ retract(input: {{id: {id}, reason: "misread"}}) {{ applied faults {{ code }} }} }}"#
        )
    };
    assert_eq!(ask(&retract(&pieces[0]["id"])).await["retract"], json!({"applied": true, "faults": []}));
    assert_eq!(ask(&retract(&pieces[1]["id"])).await["retract"]["faults"], json!([{"code": "BAD_EVIDENCE"}]));
    let done = ask(r#"mutation { merge(input: {from: "plant/2", into: "plant/3"}) { applied } }"#).await;
    assert_eq!(done["merge"]["applied"], true);
    let found = ask(r#"{ plant(id: "plant/2") { id mergedFrom near { nodes { id } } } }"#).await;
    assert_eq!(
        found["plant"],
        json!({"id": "plant/3", "mergedFrom": ["plant/2"], "near": {"nodes": [{"id": "plant/1"}]}})
    );
    let done = ask(r#"mutation { stateCompleteness(input: {of: "plant/1", relation: NEAR, completeness: COMPLETE, evidence: [{source: "book/1", quote: "that is all", basis: STATED}]}) { applied faults { message } } }"#).await;
    assert_eq!(done["stateCompleteness"]["applied"], true, "{done}");
    let done =
        ask(r#"mutation { unlink(input: {from: "plant/1", relation: NEAR, to: "plant/3"}) { applied } }"#)
            .await;
    assert_eq!(done["unlink"]["applied"], true);
    // Several in one operation are done one after the other, each over the one before.
    let done = ask(r#"mutation { a: createPlant(input: {id: "plant/7", name: "Seven"}) { version { sequence } } b: updatePlant(input: {id: "plant/7", name: "VII"}) { version { sequence } nodes { ... on Plant { name } } } }"#).await;
    assert_eq!(
        (&done["b"]["nodes"][0]["name"], done["b"]["version"]["sequence"].as_u64()),
        (&json!("VII"), done["a"]["version"]["sequence"].as_u64().map(|n| n + 1))
    );
}

#[tokio::test]
async fn the_same_is_not_done_twice_and_nobody_overwrites_what_they_have_not_seen() {
    let dir = tempfile::tempdir().expect("a folder");
    let garden = Garden::in_folder(dir.path());
    let input = json!({"changes": [plant(1)], "idempotencyKey": "once", "reason": "first"});
    let first = garden.apply(input.clone()).await;
    let again = garden.apply(input).await;
    assert_eq!(
        (&first["applied"], &first["replayed"], &again["applied"], &again["replayed"]),
        (&json!(true), &json!(false), &json!(true), &json!(true))
    );
    assert_eq!((&first["version"], &first["nodes"]), (&again["version"], &again["nodes"]));
    let other = garden.apply(json!({"changes": [plant(2)], "idempotencyKey": "once"})).await;
    assert_eq!(other["faults"][0]["code"], "KEY_TAKEN");
    let stale = garden.apply(json!({"changes": [plant(2)], "expectedVersion": "0"})).await;
    assert_eq!(stale["faults"][0]["code"], "STALE_VERSION");
    let label = first["version"]["label"].as_str().expect("text");
    // The same number of another history: what stands behind it tells them apart.
    let elsewhere = format!("{}-{}", first["version"]["sequence"], "0".repeat(32));
    let stale = garden.apply(json!({"changes": [plant(2)], "expectedVersion": elsewhere})).await;
    assert_eq!(stale["faults"][0]["code"], "STALE_VERSION");
    assert_eq!(
        stale["faults"][0]["message"],
        format!("the newest version is {label}: somebody else was first")
    );
    assert_eq!(
        garden.apply(json!({"changes": [plant(2)], "expectedVersion": label, "dryRun": true})).await["applied"],
        false
    );
    assert_eq!(garden.apply(json!({"changes": [plant(2)], "expectedVersion": label})).await["applied"], true);
    // The keys of others are others.
    let (_, by_another) =
        garden.ask("admin", APPLY, json!({"input": {"changes": [plant(3)], "idempotencyKey": "once"}})).await;
    assert_eq!(by_another["data"]["applyChanges"]["replayed"], false, "{by_another}");
}

#[tokio::test]
async fn what_is_proposed_is_nothing_until_somebody_accepts_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let garden = Garden::in_folder(dir.path());
    let propose = "mutation($changes: [ChangeInput!]!) { proposeChanges(input: {changes: $changes, reason: \"see the book\"}) { proposal { number state by changeCount } faults { code path } } }";
    let decide = "mutation($n: Int!, $accept: Boolean!) { decideProposal(input: {number: $n, accept: $accept, reason: \"read it\"}) { proposal { state decidedBy decidedReason sequence } faults { code message } } }";
    let (_, filed) = garden.ask("suggest", propose, json!({"changes": [plant(1)]})).await;
    assert_eq!(
        filed["data"]["proposeChanges"]["proposal"],
        json!({"number": 1, "state": "PENDING", "by": "suggestr", "changeCount": 1})
    );
    let (_, bad) = garden.ask("suggest", propose, json!({"changes": [near(1, 2, "x")]})).await;
    assert!(
        bad["data"]["proposeChanges"]["proposal"].is_null(),
        "what could not be applied is not filed: {bad}"
    );
    garden.ask("suggest", propose, json!({"changes": [plant(2)]})).await;
    let count = async || {
        garden.ask("", "{ plants { totalCount } }", json!({})).await.1["data"]["plants"]["totalCount"].clone()
    };
    assert_eq!(count().await, 0);
    let (_, accepted) = garden.ask("write", decide, json!({"n": 1, "accept": true})).await;
    assert_eq!(
        accepted["data"]["decideProposal"]["proposal"],
        json!({"state": "ACCEPTED", "decidedBy": "writer", "decidedReason": "read it", "sequence": 1})
    );
    let (_, twice) = garden.ask("write", decide, json!({"n": 1, "accept": false})).await;
    assert_eq!(twice["data"]["decideProposal"]["faults"][0]["code"], "DANGLING", "{twice}");
    let (_, rejected) = garden.ask("write", decide, json!({"n": 2, "accept": false})).await;
    assert_eq!(rejected["data"]["decideProposal"]["proposal"]["state"], "REJECTED");
    assert_eq!(count().await, 1);
    let (_, all) = garden.ask("", "{ pending: changeProposals(state: PENDING) { number } all: changeProposals { number state } history { sequence proposal by } }", json!({})).await;
    assert_eq!(all["data"]["pending"], json!([]));
    assert_eq!(
        all["data"]["all"],
        json!([{"number": 1, "state": "ACCEPTED"}, {"number": 2, "state": "REJECTED"}])
    );
    assert_eq!(all["data"]["history"], json!([{"sequence": 1, "proposal": 1, "by": "writer"}]));
}

#[tokio::test]
async fn an_answer_cited_with_its_version_is_the_same_later_and_after_a_restart() {
    let dir = tempfile::tempdir().expect("a folder");
    let garden = Garden::in_folder(dir.path());
    garden.applied(json!([book(), plant(1), plant(2), near(1, 2, "beside")])).await;
    let query = "{ plants { nodes { id name near { edges { node { name } evidence { id quote } } } } pageInfo { endCursor } totalCount } links { nodes { id sentence } } version { label sequence } }";
    let mut told = Vec::new();
    for n in 3..8 {
        garden.applied(json!([plant(n), near(1, n, "by it"), {"update": {"plant": {"id": "plant/2", "name": format!("Two, {n}")}}}])).await;
        told.push((garden.app.version(), garden.bytes("", json!({"query": query})).await.1));
    }
    garden.applied(json!([{"merge": {"from": "plant/3", "into": "plant/2"}}, {"unlink": {"from": "plant/1", "relation": "NEAR", "to": "plant/7"}}])).await;
    let label = told[1].0.to_string();
    let check = async |garden: &Garden| {
        for (version, bytes) in &told {
            let by_label = format!("query @asOf(version: \"{version}\") {query}");
            assert_eq!(&garden.bytes("", json!({"query": by_label})).await.1, bytes);
            let by_extension = json!({"query": query, "extensions": {"asOfVersion": version.sequence}});
            assert_eq!(&garden.bytes("", by_extension).await.1, bytes);
            let by_variable = json!({"query": format!("query($v: String!) @asOf(version: $v) {query}"), "variables": {"v": version.to_string()}});
            assert_eq!(&garden.bytes("", by_variable).await.1, bytes);
        }
    };
    check(&garden).await;
    let newest = garden.app.version();
    drop(garden);
    let app = open(dir.path());
    assert_eq!(app.version(), newest, "opened again, it is the same to the last bit");
    let settings =
        Settings { access: Arc::new(Access::by(dir.path().join(tokens::FILE))), ..Settings::default() };
    let again = Garden { router: http::router(app.clone(), &settings), app, tokens: Vec::new() };
    check(&again).await;
    for (version, code) in [
        ("99", "VERSION_NOT_FOUND"),
        ("soon", "BAD_ARGUMENT"),
        (&label.replace(['a', '1', 'e'], "0"), "VERSION_NOT_FOUND"),
    ] {
        let (status, answer) = again
            .ask("", &format!("query @asOf(version: \"{version}\") {{ plants {{ totalCount }} }}"), json!({}))
            .await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{status} {version} {answer}");
    }
    let (_, history) = again.ask("", "{ history(id: \"plant/2\", first: 2) { sequence changes { action words } } diff(from: \"5\", to: \"6\") { entries { id change values { name before after } } } }", json!({})).await;
    let recent = history["data"]["history"].as_array().expect("two");
    assert_eq!((recent.len(), recent[0]["changes"][0]["action"].as_str()), (2, Some("MERGED")), "{history}");
    let entries = history["data"]["diff"]["entries"].as_array().expect("some");
    let renamed = entries.iter().find(|entry| entry["id"] == "plant/2").expect("it was renamed");
    assert_eq!(renamed["values"], json!([{"name": "name", "before": "Two, 6", "after": "Two, 7"}]));
    assert!(entries.iter().any(|entry| entry["id"] == "plant/7" && entry["change"] == "ADDED"), "{history}");
}

#[tokio::test]
async fn only_saved_questions_are_executed_where_that_is_asked_for() {
    let app = Arc::new(App::open(&Origin::default(), Limits::default()).expect("the seed is well"));
    let text = app.saved()["timeline"].text.clone();
    let hash = data_encoding::HEXLOWER.encode(&<sha2::Sha256 as sha2::Digest>::digest(&text));
    let by_hash = |hash: &str| {
        json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash}}}).to_string()
    };
    let settings = Settings { only_saved_queries: true, ..Settings::default() };
    let router = http::router(app, &settings);
    for (address, body, taken) in [
        ("/graphql", json!({"query": text}).to_string(), true),
        ("/graphql", by_hash(&hash), true),
        ("/graphql", json!({"query": "{ __typename }"}).to_string(), false),
        ("/graphql", json!({"query": "{ __schema { types { name } } }"}).to_string(), false),
        ("/graphql", json!({"query": "subscription { changes { version { label } } }"}).to_string(), false),
        ("/graphql", by_hash(&"0".repeat(64)), false),
        ("/mcp", json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string(), false),
        ("/export?format=csv&query=%7B__typename%7D", String::new(), false),
        ("/q/timeline.json", String::new(), true),
        ("/", String::new(), true),
    ] {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let request =
            Request::builder().method(method).uri(address).header(header::CONTENT_TYPE, "application/json");
        let response =
            router.clone().oneshot(request.body(Body::from(body.clone())).expect("a request")).await;
        let bytes = to_bytes(response.expect("never fails").into_body(), usize::MAX).await.expect("whole");
        let refused = String::from_utf8_lossy(&bytes).contains("OPERATION_NOT_ALLOWED");
        assert_eq!(!refused, taken, "{address} {body:.80}");
    }
}

/// The deadline once came between the commit and the answer, and the client was told that it was too late.
#[test]
fn what_was_changed_is_told_so_however_late_it_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let app = open(dir.path());
    let budget = app.budget();
    let stop = budget.cancel_handle();
    app.on_change(move || stop.store(true, std::sync::atomic::Ordering::Relaxed));
    let caller = Caller { name: Some("ada".into()), scope: Scope::Write };
    let query = r#"mutation { createPlant(input: {id: "plant/1", name: "One"}) { applied } }"#.to_owned();
    let request =
        graphql::Request { query, asking: Asking { caller, at: Timestamp(1) }, ..Default::default() };
    let response = app.execute(&request, &budget);
    assert_eq!(String::from_utf8_lossy(&response.body), r#"{"data":{"createPlant":{"applied":true}}}"#);
    assert_eq!(
        app.execute(&request, &budget).outcome,
        graphql::Outcome::TimedOut,
        "and later nothing is begun"
    );
    assert_eq!(app.version().sequence, 1);
}
