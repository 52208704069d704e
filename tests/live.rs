//! What is told as it happens: over server-sent events and through the feed itself. The protocol of sockets is judged
//! from outside (`conformance` in .ci/run).

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Map, Value as Json, json};
use sha2::Digest as _;
use throughline::app::access::Access;
use throughline::app::live::Next;
use throughline::app::{App, Origin};
use throughline::graph::{Change, EntityDraft, EvidenceDraft, LinkDraft};
use throughline::graphql::ledger::Write;
use throughline::graphql::{self, Limits};
use throughline::http::{self, Settings, serve};
use throughline::io::tokens::{self, Tokens};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tower::ServiceExt as _;

fn garden() -> Arc<App> {
    let sdl = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/garden.graphql");
    let origin = Origin { schema: vec![sdl.into()], data: Vec::new() };
    Arc::new(App::open(&origin, Limits::default()).expect("the garden is well"))
}

fn entity(id: &str, kind: &str) -> Change {
    let properties = Map::from_iter([("name".to_owned(), json!(id))]);
    Change::AddEntity(Box::new(EntityDraft {
        id: id.into(),
        kind: kind.into(),
        properties,
        ..Default::default()
    }))
}

fn near(a: &str, b: &str) -> Change {
    let evidence = EvidenceDraft {
        source: "book/1".into(),
        quote: Some("near".into()),
        basis: "STATED".into(),
        ..Default::default()
    };
    Change::AddLink(Box::new(LinkDraft {
        from: a.into(),
        relation: "near".into(),
        to: b.into(),
        evidence: vec![evidence],
        ..Default::default()
    }))
}

fn commit(app: &App, changes: Vec<Change>) {
    app.ledger().write(Write { changes, ..Write::default() }).expect("it fits");
}

fn subscription(query: &str) -> graphql::Request {
    graphql::Request { query: query.into(), ..Default::default() }
}

/// All that there is to tell now.
fn told(feed: &mut throughline::app::live::Feed, app: &App) -> Vec<Json> {
    let mut all = Vec::new();
    while let Next::Event(response) = feed.next(&app.budget()) {
        all.push(serde_json::from_slice::<Json>(&response.body).expect("JSON")["data"].clone());
    }
    all
}

/// What the changes of a topic come to, after a history of three batches.
fn check(arguments: &str, expected: Json) {
    let app = garden();
    let query = format!(
        "subscription {{ changes{arguments} {{ version {{ sequence }} nodes {{ id }} revision {{ changes {{ words }} }} }} }}"
    );
    let mut feed = app.subscribe(&subscription(&query)).expect("a good subscription");
    commit(&app, vec![entity("book/1", "Book"), entity("plant/1", "Plant")]);
    commit(&app, vec![entity("bed/1", "Bed")]);
    commit(&app, vec![entity("plant/2", "Plant"), near("plant/1", "plant/2")]);
    let found: Vec<Json> = told(&mut feed, &app)
        .iter()
        .map(|event| {
            let ids: Vec<&Json> =
                event["changes"]["nodes"].as_array().expect("nodes").iter().map(|n| &n["id"]).collect();
            let words = event["changes"]["revision"]["changes"].as_array().expect("changes").len();
            assert_eq!(words, ids.len(), "{event}");
            json!([event["changes"]["version"]["sequence"], ids.len()])
        })
        .collect();
    assert_eq!(Json::Array(found), expected, "{arguments}");
}

#[test]
fn what_is_asked_about_is_told_and_nothing_else() {
    check("", json!([[1, 2], [2, 1], [3, 2]]));
    check("(kinds: [PLANT])", json!([[1, 1], [3, 2]]));
    check("(kinds: [BED])", json!([[2, 1]]));
    check("(relations: [NEAR])", json!([[3, 1]]));
    check("(relations: [GROWS_IN])", json!([]));
    check("(of: [\"plant/1\"])", json!([[1, 1], [3, 1]]));
    check("(of: [\"bed/1\", \"plant/2\"])", json!([[2, 1], [3, 2]]));
    check("(kinds: [PLANT], relations: [NEAR])", json!([[3, 1]]));
}

#[test]
fn whoever_goes_on_after_a_version_misses_nothing_and_hears_nothing_twice() {
    let app = garden();
    let query = "subscription($after: String) { changes(after: $after) { version { label sequence } nodes { id ... on Plant { name } } } }";
    let begin = |after: Option<&Json>| {
        let variables = Map::from_iter([("after".to_owned(), after.cloned().unwrap_or(Json::Null))]);
        app.subscribe(&graphql::Request { query: query.into(), variables, ..Default::default() })
            .expect("a good subscription")
    };
    let mut whole = begin(None);
    let mut heard = Vec::new();
    let mut last: Option<Json> = None;
    for n in 0..40 {
        commit(&app, vec![entity(&format!("plant/{n}"), "Plant")]);
        // Every third time, it comes again and goes on after what it heard last.
        if n % 3 == 2 {
            let mut again = match &last {
                Some(label) => begin(Some(label)),
                None => begin(Some(&json!("0"))),
            };
            heard.extend(told(&mut again, &app));
            last = heard.last().map(|event| event["changes"]["version"]["label"].clone());
        }
    }
    heard.extend(told(&mut begin(last.as_ref()), &app));
    let sequences: Vec<u64> =
        heard.iter().filter_map(|e| e["changes"]["version"]["sequence"].as_u64()).collect();
    assert_eq!(sequences, (1..=40).collect::<Vec<_>>());
    // Who was there all the time, and read nothing until now, is told the very same.
    assert_eq!(told(&mut whole, &app), heard);
}

#[test]
fn a_saved_question_is_answered_again_when_its_answer_is_another() {
    let app = Arc::new(App::open(&Origin::default(), Limits::default()).expect("the seed is well"));
    let query = r#"subscription($p: String!) { answer(question: "why-an-initiative-exists", parameters: $p) { version { sequence } added { id } removed } }"#;
    let variables = Map::from_iter([("p".to_owned(), json!(r#"{"initiative": "initiative/ahem"}"#))]);
    let request = graphql::Request { query: query.into(), variables, ..Default::default() };
    let mut feed = app.subscribe(&request).expect("a good subscription");
    let first = told(&mut feed, &app);
    assert_eq!(first.len(), 1, "the answer there is");
    assert!(!first[0]["answer"]["added"].as_array().expect("nodes").is_empty());
    commit(&app, vec![entity("agency/nobody-asks", "Agency")]);
    assert_eq!(told(&mut feed, &app), Vec::<Json>::new(), "what does not change the answer is not told");
    let evidence = EvidenceDraft {
        source: "source/mass-gov-ahem".into(),
        quote: Some("new".into()),
        basis: "STATED".into(),
        ..Default::default()
    };
    let (from, to) = ("recommendation/new-one".into(), "initiative/ahem".into());
    let informs =
        LinkDraft { from, relation: "informs".into(), to, evidence: vec![evidence], ..Default::default() };
    commit(
        &app,
        vec![entity("recommendation/new-one", "Recommendation"), Change::AddLink(Box::new(informs))],
    );
    let event = told(&mut feed, &app).pop().expect("a new recommendation informs it");
    let added = event["answer"]["added"].as_array().expect("nodes");
    assert!(added.contains(&json!({"id": "recommendation/new-one"})), "{event}");
    for (arguments, said) in [
        (r#"question: "nothing""#, "there is no saved question"),
        (r#"question: "timeline", parameters: "{\"x\": 1}""#, "has no parameter `x`"),
        (r#"question: "timeline", parameters: "[]""#, "no JSON object"),
        (r#"question: "timeline", after: "99""#, "no such version"),
    ] {
        let refused = app
            .subscribe(&subscription(&format!("subscription {{ answer({arguments}) {{ answer }} }}")))
            .expect_err(arguments);
        assert!(
            String::from_utf8_lossy(&refused.body).contains(said),
            "{arguments}: {}",
            String::from_utf8_lossy(&refused.body)
        );
    }
}

async fn streamed(router: &Router, accept: &str, query: &str) -> (u16, String, Body) {
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, accept)
        .body(Body::from(json!({"query": query}).to_string()));
    let response = router.clone().oneshot(request.expect("a request")).await.expect("never fails");
    let (parts, body) = response.into_parts();
    let kind =
        parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    (parts.status.as_u16(), kind, body)
}

#[tokio::test]
async fn events_reach_whoever_listens_and_end_when_the_server_does() {
    let app = garden();
    let settings = Settings::default();
    let router = http::router(app.clone(), &settings);
    let query = "subscription { changes { version { sequence } } }";
    let (status, kind, body) = streamed(&router, "text/event-stream", query).await;
    assert_eq!((status, kind.as_str()), (200, "text/event-stream; charset=utf-8"));
    let mut events = body.into_data_stream();
    commit(&app, vec![entity("plant/1", "Plant")]);
    let next = events.next().await.expect("an event").expect("readable");
    assert_eq!(&next[..], b"event: next\ndata: {\"data\":{\"changes\":{\"version\":{\"sequence\":1}}}}\n\n");
    let (_, kind, parts) =
        streamed(&router, "multipart/mixed;subscriptionSpec=1.0, application/json", query).await;
    assert!(kind.starts_with("multipart/mixed; boundary=\"graphql\""), "{kind}");
    let mut parts = parts.into_data_stream();
    commit(&app, vec![entity("plant/2", "Plant")]);
    let part = parts.next().await.expect("a part").expect("readable");
    assert!(
        String::from_utf8_lossy(&part)
            .ends_with("{\"payload\":{\"data\":{\"changes\":{\"version\":{\"sequence\":2}}}}}")
    );
    assert!(events.next().await.expect("an event").is_ok());
    settings.draining.send_replace(true);
    let end = events.next().await.expect("the end").expect("readable");
    assert_eq!(&end[..], b"event: complete\ndata:\n\n");
    assert!(events.next().await.is_none());
    assert_eq!(&parts.next().await.expect("the end").expect("readable")[..], b"\r\n--graphql--\r\n");
}

#[tokio::test]
async fn a_subscription_is_refused_where_nothing_can_carry_it() {
    let router = http::router(garden(), &Settings::default());
    for (accept, query, status, said) in [
        ("application/json", "subscription { changes { version { label } } }", 200, "open a WebSocket"),
        (
            "application/graphql-response+json",
            "subscription { changes { version { label } } }",
            400,
            "open a WebSocket",
        ),
        ("text/event-stream", "subscription { changes { nothing } }", 400, "does not have a field `nothing`"),
        ("text/event-stream", "subscription { __typename }", 400, "introspection field"),
        (
            "text/event-stream",
            "subscription { a: changes { version { label } } b: changes { version { label } } }",
            400,
            "root field",
        ),
        (
            "text/event-stream",
            "subscription { changes(after: \"77\") { version { label } } }",
            400,
            "no such version",
        ),
        (
            "text/event-stream",
            "subscription { changes(after: \"0-00000000\") { version { label } } }",
            400,
            "is of another history",
        ),
        (
            "text/event-stream",
            "{ __typename }",
            200,
            "event: next\ndata: {\"data\":{\"__typename\":\"Query\"}}",
        ),
    ] {
        let (found, _, body) = streamed(&router, accept, query).await;
        let text =
            String::from_utf8(to_bytes(body, usize::MAX).await.expect("whole").to_vec()).expect("text");
        assert!(found == status && text.contains(said), "{accept} {query}: {found} {text}");
    }
}

#[test]
fn a_subscription_is_one_by_its_hash_alone_too() {
    let app = garden();
    let query = "subscription { changes { version { sequence } } }";
    let hash = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(query));
    let persisted = json!({"version": 1, "sha256Hash": hash});
    let asked = |query: &str| graphql::Request {
        extensions: Map::from_iter([("persistedQuery".to_owned(), persisted.clone())]),
        ..subscription(query)
    };
    let unknown = app.subscribe(&asked("")).expect_err("nobody has said what it is");
    assert!(String::from_utf8_lossy(&unknown.body).contains("PERSISTED_QUERY_NOT_FOUND"));
    assert!(!app.api().is_subscription(&asked("")));
    app.subscribe(&asked(query)).expect("text and hash");
    assert!(app.api().is_subscription(&asked("")));
    let mut feed = app.subscribe(&asked("")).expect("the hash alone");
    commit(&app, vec![entity("bed/1", "Bed")]);
    assert_eq!(told(&mut feed, &app), [json!({"changes": {"version": {"sequence": 1}}})]);
}

#[tokio::test]
async fn a_feed_of_changes_is_there_for_people() {
    let app = garden();
    let router = http::router(app.clone(), &Settings::default());
    commit(&app, vec![entity("plant/1", "Plant")]);
    commit(&app, vec![entity("bed/1", "Bed"), entity("bed/2", "Bed")]);
    let get = async |address: &str| {
        let request =
            Request::get(address).header(header::HOST, "localhost").body(Body::empty()).expect("a request");
        let response = router.clone().oneshot(request).await.expect("never fails");
        let (parts, body) = response.into_parts();
        assert_eq!(parts.headers[header::CONTENT_TYPE], "application/atom+xml; charset=utf-8");
        String::from_utf8(to_bytes(body, usize::MAX).await.expect("whole").to_vec()).expect("text")
    };
    let all = get("/changes.atom").await;
    assert_eq!(all.matches("<entry>").count(), 2, "{all}");
    assert!(all.contains("<title>Bed bed/1 was added and 1 more</title>"), "{all}");
    let one = get("/changes.atom?id=plant%2F1").await;
    assert_eq!(one.matches("<entry>").count(), 1, "{one}");
}

/// A socket to a server that knows the tokens of that folder, and what it says, read for as long as a test may take.
struct Socket(tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>);

impl Socket {
    async fn open(address: std::net::SocketAddr) -> Socket {
        let mut request = format!("ws://{address}/graphql").into_client_request().expect("an address");
        request
            .headers_mut()
            .insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a word"));
        Socket(tokio_tungstenite::connect_async(request).await.expect("it opens").0)
    }

    async fn say(&mut self, message: Json) {
        self.0.send(Message::text(message.to_string())).await.expect("sent");
    }

    /// The next message, or the code that the socket is closed with.
    async fn hear(&mut self) -> Result<Json, u16> {
        let heard = tokio::time::timeout(std::time::Duration::from_secs(30), self.0.next()).await;
        match heard.expect("in time").expect("not yet gone").expect("readable") {
            Message::Text(text) => Ok(serde_json::from_str(&text).expect("JSON")),
            Message::Close(frame) => Err(frame.expect("a reason").code.into()),
            other => panic!("not looked for: {other:?}"),
        }
    }

    /// Says who it is: what comes of that.
    async fn init(&mut self, token: Option<&str>) -> Result<Json, u16> {
        self.say(json!({"type": "connection_init", "payload": token.map(|token| json!({"token": token}))}))
            .await;
        self.hear().await
    }
}

async fn listening(app: &Arc<App>, dir: &Path, private: bool) -> std::net::SocketAddr {
    let access = Arc::new(Access::by(dir.join(tokens::FILE)));
    let settings = Settings { access, private, ..Settings::default() };
    let listener = serve::bind(([127, 0, 0, 1], 0).into()).await.expect("a free port");
    let address = listener.local_addr().expect("it has one");
    let router = http::router(app.clone(), &settings);
    tokio::spawn(async move { serve::serve(listener, router, &settings, std::future::pending()).await });
    address
}

#[tokio::test]
async fn a_closed_server_hears_who_somebody_is_in_the_first_message() {
    let dir = tempfile::tempdir().expect("a folder");
    let token = Tokens::create(&dir.path().join(tokens::FILE), "Ada", "read", 1, None).expect("made");
    let address = listening(&garden(), dir.path(), true).await;
    for (token, expected) in [
        (Some(token.as_str()), Ok("connection_ack")),
        (Some("throughline_unknown"), Err(4403)),
        (None, Err(4403)),
    ] {
        let mut socket = Socket::open(address).await;
        let heard = socket.init(token).await;
        assert_eq!(heard.as_ref().map(|m| m["type"].as_str().expect("a word")).map_err(|c| *c), expected);
    }
    // Whoever asks before it said who it is hears nothing.
    let mut socket = Socket::open(address).await;
    socket.say(json!({"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}})).await;
    assert_eq!(socket.hear().await, Err(4401));
}

#[tokio::test]
async fn a_token_that_is_taken_back_tells_and_does_nothing_on_open_sockets() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(tokens::FILE);
    let token = Tokens::create(&path, "Ada", "write", 1, None).expect("made");
    let app = garden();
    let address = listening(&app, dir.path(), false).await;
    let (mut listens, mut writes) = (Socket::open(address).await, Socket::open(address).await);
    for socket in [&mut listens, &mut writes] {
        assert_eq!(socket.init(Some(&token)).await.expect("known")["type"], "connection_ack");
    }
    let subscribe =
        |id: &str, query: &str| json!({"type": "subscribe", "id": id, "payload": {"query": query}});
    let create = |n: u32| {
        format!("mutation {{ createPlant(input: {{id: \"plant/{n}\", name: \"{n}\"}}) {{ applied }} }}")
    };
    // From a version on: whether it begins before or after the change does not matter.
    let feed =
        format!("subscription {{ changes(after: \"{}\") {{ version {{ sequence }} }} }}", app.version());
    listens.say(subscribe("feed", &feed)).await;
    writes.say(subscribe("1", &create(1))).await;
    assert_eq!(writes.hear().await.expect("done")["payload"]["data"]["createPlant"]["applied"], true);
    assert_eq!(writes.hear().await.expect("and over")["type"], "complete");
    let told = listens.hear().await.expect("told");
    assert_eq!(told["type"], "next", "{told}");

    Tokens::revoke(&path, "Ada", 2).expect("taken back");
    writes.say(subscribe("2", &create(2))).await;
    assert_eq!(writes.hear().await, Err(4403));
    commit(&app, vec![entity("plant/3", "Plant")]);
    let refused = listens.hear().await.expect("told why");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "UNAUTHENTICATED", "{refused}");
    assert_eq!(app.version().sequence, 2, "the refused change was not made");
}
