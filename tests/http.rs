//! The outside, request by request: a table of what is asked and what comes back. The router
//! needs no socket for most of it; the last tests listen on a port the system picks.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use throughline::app::{App, Origin};
use throughline::graphql::Limits;
use throughline::http::{self, Settings, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tower::ServiceExt as _;

const NEW: &str = "application/graphql-response+json";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// What is asked and what must come back. `headers` not in the answer are written with the
/// value `-`; of the others, the value contains the text.
#[derive(Default)]
struct Case {
    ask: &'static str,
    send: &'static [(&'static str, &'static str)],
    body: &'static str,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    contains: &'static [&'static str],
}

fn settings() -> Settings {
    Settings {
        hosts: vec!["graph.example".to_owned()],
        origins: Vec::new(),
        body_bytes: 1000,
        ..Settings::default()
    }
}

fn router(settings: &Settings) -> Router {
    let garden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/garden.graphql");
    let origin = Origin { schema: vec![garden.into()], data: Vec::new() };
    let app = App::open(&origin, Limits::default()).expect("the garden is well");
    http::router(Arc::new(app), settings)
}

fn request(ask: &str, send: &[(&str, &str)], body: &str) -> Request<Body> {
    let (method, path) = ask.split_once(' ').expect("METHOD /path");
    let mut request =
        Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).expect("a request");
    for (name, value) in send {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        request.headers_mut().append(name, HeaderValue::from_str(value).expect("a header's value"));
    }
    request
}

async fn answer(router: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let (parts, body) = router.clone().oneshot(request).await.expect("the router never fails").into_parts();
    (parts.status, parts.headers, to_bytes(body, usize::MAX).await.expect("a whole body").to_vec())
}

async fn check_with(settings: &Settings, cases: &[Case]) {
    check_over(&router(settings), cases).await;
}

async fn check_over(router: &Router, cases: &[Case]) {
    for case in cases {
        let (status, headers, body) = answer(router, request(case.ask, case.send, case.body)).await;
        let text = String::from_utf8_lossy(&body);
        let said =
            format!("{} {:?} {:?}\n-> {status} {headers:?}\n{text:.600}", case.ask, case.send, case.body);
        assert_eq!(status.as_u16(), case.status, "{said}");
        for (name, part) in case.headers {
            let values: Vec<&str> = headers.get_all(*name).iter().filter_map(|v| v.to_str().ok()).collect();
            let value = if values.is_empty() { "-".to_owned() } else { values.join(", ") };
            assert!(
                value.to_ascii_lowercase().contains(&part.to_ascii_lowercase()),
                "{name} contains {part}\n{said}"
            );
            assert!(*part != "-" || value == "-", "{name} is absent\n{said}");
        }
        for part in case.contains {
            assert!(text.contains(part), "it contains {part}\n{said}");
        }
    }
}

async fn check(cases: &[Case]) {
    check_with(&settings(), cases).await;
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const JSON_NEW: &[(&str, &str)] = &[("content-type", "application/json"), ("accept", NEW)];
const GOOD: &str = r#"{"query":"{__typename}"}"#;

#[tokio::test]
async fn a_good_query_is_answered_in_the_media_type_that_is_liked_best() {
    check(&[
        Case {
            ask: "POST /graphql",
            send: JSON,
            body: GOOD,
            status: 200,
            headers: &[("content-type", "application/json; charset=utf-8"), ("vary", "accept")],
            contains: &[r#"{"data":{"__typename":"Query"}}"#],
        },
        Case { ask: "POST /graphql", send: JSON_NEW, body: GOOD, status: 200, headers: &[("content-type", NEW)], ..Case::default() },
        Case {
            ask: "POST /graphql",
            send: &[("content-type", "application/json"), ("accept", "application/graphql-response+json;q=0.1, application/json")],
            body: GOOD,
            status: 200,
            headers: &[("content-type", "application/json;")],
            ..Case::default()
        },
        Case {
            ask: "GET /graphql?query=%7B__typename%7D",
            send: &[("accept", BROWSER)],
            status: 200,
            headers: &[("content-type", "application/json;")],
            contains: &["Query"],
            ..Case::default()
        },
        Case {
            ask: "POST /graphql",
            send: &[("content-type", "application/json"), ("accept", "image/png")],
            body: GOOD,
            status: 406,
            contains: &["NOT_ACCEPTABLE"],
            ..Case::default()
        },
        Case {
            ask: "POST /graphql",
            send: &[("content-type", "application/json; charset=UTF-8")],
            body: r#"{"query":"query A{__typename}","operationName":"A","variables":null,"extensions":null,"zzz":1}"#,
            status: 200,
            ..Case::default()
        },
    ])
    .await;
}

#[tokio::test]
async fn every_malformed_post_is_told_what_is_wrong_with_it() {
    let bad = |body: &'static str, says: &'static [&'static str]| Case {
        ask: "POST /graphql",
        send: JSON,
        body,
        status: 400,
        headers: &[("content-type", "application/json")],
        contains: says,
    };
    check(&[
        bad("", &["the body is no JSON", "BAD_REQUEST"]),
        bad("NONSENSE", &["the body is no JSON"]),
        bad("[{\"query\":\"{__typename}\"}]", &["batches"]),
        bad("7", &["the body is the number 7"]),
        bad("{}", &["there is no `query`"]),
        bad(r#"{"query":null}"#, &["there is no `query`"]),
        bad(r#"{"query":1}"#, &["`query` is the number 1"]),
        bad(r#"{"query":"{__typename}","variables":[7]}"#, &["`variables` is a list of 1"]),
        bad(r#"{"query":"{__typename}","variables":"{}"}"#, &["`variables` is the text"]),
        bad(r#"{"query":"{__typename}","operationName":1}"#, &["`operationName` is the number 1"]),
        bad(r#"{"query":"{__typename}","extensions":"x"}"#, &["`extensions` is the text"]),
    ])
    .await;
}

#[tokio::test]
async fn a_body_that_is_not_utf8_is_refused_with_the_place() {
    let mut bytes = GOOD.as_bytes().to_vec();
    bytes[10] = 0xff;
    let mut request = request("POST /graphql", JSON, "");
    *request.body_mut() = Body::from(bytes);
    let (status, _, body) = answer(&router(&settings()), request).await;
    assert_eq!(status, 400);
    assert!(String::from_utf8_lossy(&body).contains("not UTF-8 at byte 10"));
}

#[tokio::test]
async fn every_malformed_get_is_told_what_is_wrong_with_it() {
    let bad =
        |ask, says: &'static [&'static str]| Case { ask, status: 400, contains: says, ..Case::default() };
    check(&[
        bad("GET /graphql", &["there is no `query`"]),
        bad("GET /graphql?query=", &["there is no `query`"]),
        bad("GET /graphql?query=%7B__typename%7D&variables=x", &["`variables` is no JSON"]),
        bad("GET /graphql?query=%7B__typename%7D&variables=%5B%5D", &["`variables` is a list"]),
        bad("GET /graphql?query=%7B__typename%7D&extensions=7", &["`extensions` is the number 7"]),
        bad("GET /graphql?query=%7B__typename%7D&query=x", &["`query` is given twice"]),
    ])
    .await;
}

#[tokio::test]
async fn only_json_is_read_so_that_no_form_of_another_page_can_ask() {
    let refused = |send, says: &'static [&'static str]| Case {
        ask: "POST /graphql",
        send,
        body: GOOD,
        status: 415,
        contains: says,
        ..Case::default()
    };
    check(&[
        refused(&[], &["no Content-Type", "UNSUPPORTED_MEDIA_TYPE"]),
        refused(&[("content-type", "text/plain")], &["text/plain"]),
        refused(&[("content-type", "application/x-www-form-urlencoded")], &["urlencoded"]),
        refused(&[("content-type", "multipart/form-data; boundary=x")], &["multipart"]),
        refused(&[("content-type", "application/json; charset=latin1")], &["send UTF-8"]),
        refused(&[("content-type", "application/json"), ("content-encoding", "gzip")], &["packed as gzip"]),
    ])
    .await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_announced_or_not() {
    let long = format!("{{\"query\":\"# {}\"}}", "x".repeat(1000));
    let router = router(&settings());
    for send in [JSON, &[("content-type", "application/json"), ("content-length", "1015")][..]] {
        let (status, _, body) = answer(&router, request("POST /graphql", send, &long)).await;
        assert_eq!(status, 413);
        assert!(String::from_utf8_lossy(&body).contains("larger than 1000 bytes"));
    }
}

#[tokio::test]
async fn a_long_address_is_refused() {
    let ask = format!("GET /graphql?query=%7B__typename%7D&x={}", "y".repeat(62_000));
    let (status, ..) = answer(&router(&settings()), request(&ask, &[], "")).await;
    assert_eq!(status, 414);
}

#[tokio::test]
async fn the_status_of_a_request_error_depends_on_the_media_type_and_it_has_no_data() {
    let wrong = r#"{"query":"{ noSuchField }"}"#;
    check(&[
        Case {
            ask: "POST /graphql",
            send: JSON_NEW,
            body: wrong,
            status: 400,
            contains: &[r#"{"errors":"#],
            ..Case::default()
        },
        Case {
            ask: "POST /graphql",
            send: JSON,
            body: wrong,
            status: 200,
            contains: &[r#"{"errors":"#],
            ..Case::default()
        },
        Case {
            ask: "POST /graphql",
            send: JSON_NEW,
            body: r#"{"query":"{"}"#,
            status: 400,
            ..Case::default()
        },
    ])
    .await;
}

#[tokio::test]
async fn a_method_that_is_not_taken_is_told_which_are() {
    let refused = |ask, allow: &'static [(&'static str, &'static str)]| Case {
        ask,
        send: JSON,
        body: GOOD,
        status: 405,
        headers: allow,
        contains: &["METHOD_NOT_ALLOWED"],
    };
    check(&[
        refused("PUT /graphql", &[("allow", "GET, HEAD, POST, OPTIONS")]),
        refused("DELETE /graphql", &[("allow", "GET, HEAD, POST, OPTIONS")]),
        refused("PATCH /graphql", &[("allow", "POST")]),
        refused("POST /", &[("allow", "GET, HEAD, OPTIONS")]),
        refused("POST /schema.graphql", &[("allow", "GET, HEAD, OPTIONS")]),
    ])
    .await;
}

#[tokio::test]
async fn nothing_changes_by_get_or_by_a_page_of_others() {
    let change = r#"{"query":"mutation{__typename}"}"#;
    const ELSEWHERE: &[(&str, &str)] = &[
        ("content-type", "application/json"),
        ("host", "localhost:4000"),
        ("origin", "https://elsewhere.example"),
    ];
    check(&[
        Case {
            ask: "GET /graphql?query=mutation%7B__typename%7D",
            status: 405,
            headers: &[("allow", "POST")],
            contains: &["METHOD_NOT_ALLOWED"],
            ..Case::default()
        },
        Case {
            ask: "POST /graphql",
            send: ELSEWHERE,
            body: change,
            status: 403,
            contains: &["pages of https://elsewhere.example may read here"],
            ..Case::default()
        },
        Case { ask: "POST /graphql", send: ELSEWHERE, body: GOOD, status: 200, ..Case::default() },
    ])
    .await;
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_options_lists_the_methods() {
    check(&[
        Case {
            ask: "HEAD /",
            status: 200,
            headers: &[
                ("content-type", "text/html"),
                ("etag", "W/"),
                ("content-security-policy", "style-src 'self'"),
            ],
            ..Case::default()
        },
        Case {
            ask: "HEAD /graphql?query=%7B__typename%7D",
            status: 200,
            headers: &[("etag", "W/")],
            ..Case::default()
        },
        Case {
            ask: "OPTIONS /graphql",
            status: 204,
            headers: &[("allow", "GET, HEAD, POST, OPTIONS"), ("access-control-allow-methods", "-")],
            ..Case::default()
        },
        Case {
            ask: "OPTIONS /healthz",
            status: 204,
            headers: &[("allow", "GET, HEAD, OPTIONS")],
            ..Case::default()
        },
    ])
    .await;
    let (_, _, body) = answer(&router(&settings()), request("HEAD /", &[], "")).await;
    assert!(body.is_empty());
}

#[tokio::test]
async fn pages_of_all_origins_may_read_without_credentials() {
    check(&[
        Case {
            ask: "OPTIONS /graphql",
            send: &[
                ("origin", "https://elsewhere.example"),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "content-type"),
            ],
            status: 204,
            headers: &[
                ("access-control-allow-origin", "*"),
                ("access-control-allow-methods", "POST"),
                ("access-control-allow-headers", "content-type"),
                ("access-control-max-age", "86400"),
                ("access-control-allow-credentials", "-"),
            ],
            ..Case::default()
        },
        Case {
            ask: "POST /graphql",
            send: &[("origin", "https://elsewhere.example"), ("content-type", "application/json")],
            body: GOOD,
            status: 200,
            headers: &[
                ("access-control-allow-origin", "*"),
                ("access-control-expose-headers", "etag"),
                ("access-control-expose-headers", "x-request-id"),
            ],
            ..Case::default()
        },
    ])
    .await;
}

#[tokio::test]
async fn where_origins_are_listed_only_their_pages_may_read() {
    let settings = Settings { origins: vec!["https://listed.example".to_owned()], ..settings() };
    let from = |send, headers| Case { ask: "GET /healthz", send, status: 200, headers, ..Case::default() };
    check_with(
        &settings,
        &[
            from(
                &[("origin", "https://listed.example")],
                &[("access-control-allow-origin", "https://listed.example"), ("vary", "origin")],
            ),
            from(
                &[("origin", "https://elsewhere.example")],
                &[("access-control-allow-origin", "-"), ("vary", "origin")],
            ),
            from(&[], &[("access-control-allow-origin", "-"), ("vary", "origin")]),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_name_this_server_does_not_have_is_misdirected() {
    let host =
        |send, status, contains| Case { ask: "GET /healthz", send, status, contains, ..Case::default() };
    check(&[
        host(&[("host", "127.0.0.1:4000")], 200, &[]),
        host(&[("host", "[::1]:4000")], 200, &[]),
        host(&[("host", "localhost")], 200, &[]),
        host(&[("host", "Graph.Example:443")], 200, &[]),
        host(&[("host", "rebound.example:4000")], 421, &["MISDIRECTED", "--host rebound.example if"]),
    ])
    .await;
}

#[tokio::test]
async fn every_answer_has_an_id_and_the_headers_of_caution() {
    check(&[Case {
        ask: "GET /healthz",
        send: &[("x-request-id", "abc-1.2_3")],
        status: 200,
        headers: &[
            ("x-request-id", "abc-1.2_3"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
        ],
        contains: &["alive"],
        ..Case::default()
    }])
    .await;
    let router = router(&settings());
    for given in ["has space", "<b>", &"x".repeat(65)] {
        let (_, headers, _) = answer(&router, request("GET /nowhere", &[("x-request-id", given)], "")).await;
        let id = headers.get("x-request-id").expect("one of ours");
        assert_ne!(id, given);
    }
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let router = router(&settings());
    for ask in [
        "GET /",
        "GET /developers",
        "GET /graphiql",
        "GET /schema.graphql",
        "GET /assets/explorer.css",
        "GET /graphql?query=%7B__typename%7D",
    ] {
        let (status, first, _) = answer(&router, request(ask, &[], "")).await;
        assert_eq!(status, 200, "{ask}");
        let etag = first.get("etag").and_then(|v| v.to_str().ok()).expect("an ETag");
        assert!(etag.starts_with("W/\""), "{ask}: {etag}");
        let (status, again, body) =
            answer(&router, request(ask, &[("if-none-match", &format!("\"x\", {etag}"))], "")).await;
        assert_eq!((status.as_u16(), body.len()), (304, 0), "{ask}");
        for name in ["etag", "vary", "cache-control"] {
            assert_eq!(
                first.get(name).is_some(),
                again.get(name).is_some(),
                "{ask}: {name} as in the answer before"
            );
        }
        let (status, ..) = answer(&router, request(ask, &[("if-none-match", "\"x\"")], "")).await;
        assert_eq!(status, 200, "{ask}");
    }
}

#[tokio::test]
async fn an_etag_is_of_one_media_type_and_no_error_has_one() {
    let router = router(&settings());
    let ask = "GET /graphql?query=%7B__typename%7D";
    let (_, old, _) = answer(&router, request(ask, &[], "")).await;
    let (_, new, _) = answer(&router, request(ask, &[("accept", NEW)], "")).await;
    assert_ne!(old.get("etag"), new.get("etag"));
    for ask in ["GET /graphql?query=%7B", "GET /graphql?query=", "GET /nowhere"] {
        let (_, headers, _) = answer(&router, request(ask, &[], "")).await;
        assert!(!headers.contains_key("etag"), "{ask}");
    }
}

#[tokio::test]
async fn pages_bring_their_policy_and_need_no_script_of_others() {
    check(&[
        Case {
            ask: "GET /",
            send: &[("host", "graph.example"), ("accept", BROWSER)],
            status: 200,
            headers: &[
                ("content-type", "text/html; charset=utf-8"),
                ("content-security-policy", "script-src 'self'"),
                ("vary", "Accept-Language"),
            ],
            contains: &["<html lang=\"en\">", "/graphiql?query=", "http://graph.example/graphql"],
            ..Case::default()
        },
        Case {
            ask: "GET /developers",
            send: &[("host", "graph.example"), ("accept", BROWSER)],
            status: 200,
            headers: &[
                ("content-type", "text/html; charset=utf-8"),
                ("content-security-policy", "default-src 'none'"),
            ],
            contains: &[
                "<html lang=\"en\">",
                "/graphiql?query=",
                "http://graph.example/graphql",
                "/schema.graphql",
                "/readyz",
            ],
            ..Case::default()
        },
        Case {
            ask: "GET /graphiql",
            status: 200,
            headers: &[("content-security-policy", "script-src 'self'"), ("content-type", "text/html")],
            contains: &["/assets/graphiql/graphiql.js"],
            ..Case::default()
        },
        Case {
            ask: "GET /graphql",
            send: &[("accept", BROWSER)],
            status: 303,
            headers: &[("location", "/graphiql"), ("vary", "accept")],
            ..Case::default()
        },
        Case {
            ask: "GET /schema.graphql",
            status: 200,
            headers: &[("content-type", "text/plain; charset=utf-8")],
            contains: &["type Query"],
            ..Case::default()
        },
        Case {
            ask: "GET /readyz",
            status: 200,
            contains: &[r#""ready":true,"draining":false,"readOnly":false,"version":""#],
            ..Case::default()
        },
    ])
    .await;
    let (_, _, body) = answer(&router(&settings()), request("GET /", &[], "")).await;
    let page = String::from_utf8_lossy(&body);
    assert!(!page.contains("<script>") && !page.contains("style="), "no script and no style in the page");
}

#[tokio::test]
async fn there_is_a_page_or_an_error_where_there_is_nothing() {
    check(&[
        Case {
            ask: "GET /no%3Cb%3Ewhere",
            send: &[("accept", BROWSER)],
            status: 404,
            headers: &[("content-type", "text/html"), ("vary", "accept")],
            contains: &["There is nothing at this address"],
            ..Case::default()
        },
        Case {
            ask: "GET /nowhere",
            status: 404,
            headers: &[
                ("content-type", "application/json"),
                ("content-security-policy", "default-src 'none'"),
            ],
            contains: &["there is nothing at /nowhere", "NOT_FOUND"],
            ..Case::default()
        },
        Case { ask: "GET /assets/../Cargo.toml", status: 404, ..Case::default() },
        Case {
            ask: "GET /assets/nothing.js",
            status: 404,
            contains: &["no file /assets/nothing.js"],
            ..Case::default()
        },
    ])
    .await;
}

#[tokio::test]
async fn answers_are_packed_for_whoever_unpacks_and_never_twice() {
    let coded = |ask, accepts: &'static [(&'static str, &'static str)], headers| Case {
        ask,
        send: accepts,
        status: 200,
        headers,
        ..Case::default()
    };
    const SCRIPT: &str = "GET /assets/graphiql/graphiql.js";
    check(&[
        coded(
            "GET /schema.graphql",
            &[("accept-encoding", "gzip")],
            &[("content-encoding", "gzip"), ("vary", "accept-encoding")],
        ),
        coded("GET /schema.graphql", &[("accept-encoding", "gzip, br")], &[("content-encoding", "br")]),
        coded("GET /schema.graphql", &[], &[("content-encoding", "-")]),
        coded("GET /healthz", &[("accept-encoding", "gzip")], &[("content-encoding", "-")]),
        coded(
            SCRIPT,
            &[("accept-encoding", "gzip, br")],
            &[("content-encoding", "br"), ("vary", "accept-encoding")],
        ),
        coded(
            SCRIPT,
            &[("accept-encoding", "gzip")],
            &[("content-encoding", "-"), ("vary", "accept-encoding")],
        ),
        coded(
            SCRIPT,
            &[("accept-encoding", "br;q=0")],
            &[("content-encoding", "-"), ("content-type", "text/javascript")],
        ),
    ])
    .await;
}

// -- with a socket ---------------------------------------------------------------------------

/// Serves until told to stop; gives the address, the way to stop it, and its end.
async fn listen(
    settings: Settings,
) -> (std::net::SocketAddr, tokio::sync::oneshot::Sender<()>, impl Future<Output = ()>) {
    let listener = serve::bind(([127, 0, 0, 1], 0).into()).await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let served = tokio::spawn(async move {
        serve::serve(listener, router(&settings), &settings, async { drop(stopped.await) }).await;
    });
    (address, stop, async { served.await.expect("it does not panic") })
}

/// Sends `bytes` and gives all that comes back until the server closes.
async fn until_closed(stream: &mut TcpStream, bytes: &str) -> String {
    stream.write_all(bytes.as_bytes()).await.expect("it is sent");
    let mut out = Vec::new();
    // Cut or closed in order: both are an end.
    let _ = stream.read_to_end(&mut out).await;
    String::from_utf8_lossy(&out).into_owned()
}

const SOON: Duration = Duration::from_millis(20);
const HALF_A_POST: &str = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{";

#[tokio::test]
async fn clients_that_do_not_get_on_are_cut_or_answered() {
    let settings = Settings { header_time: SOON, body_time: SOON, ..settings() };
    let (address, _stop, _served) = listen(settings).await;
    for (sent, answered) in [
        ("", ""),
        ("GET / HT", ""),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", ""),
        (HALF_A_POST, "HTTP/1.1 408"),
    ] {
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        let got = until_closed(&mut stream, sent).await;
        assert!(
            got.starts_with(answered) && (!answered.is_empty() || got.is_empty() || got.contains(" 408 ")),
            "{sent:?} -> {got:?}"
        );
    }
}

/// A request for that address, passed on by a proxy for that client.
fn passed_on(path: &str, client: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {client}\r\nConnection: close\r\n\r\n"
    )
}

#[tokio::test]
async fn a_client_that_asks_too_much_waits_and_others_do_not() {
    for (requests, cost, name) in [(1, 0, "requests"), (0, 1, "nodes by static cost")] {
        let rates = Arc::new(http::rates::Rates::of(requests, cost));
        let (address, _stop, _served) = listen(Settings { rates, proxies: 1, ..settings() }).await;
        let ask = async |request: String| {
            let mut stream = TcpStream::connect(address).await.expect("it listens");
            until_closed(&mut stream, &request).await
        };
        let mut asked = 0;
        let refused = loop {
            // Another one each time: an answer that is known costs nothing.
            let path = format!("/graphql?query=%7Ba{asked}:plants%7Bnodes%7Bid%7D%7D%7D");
            let answer = ask(passed_on(&path, "192.0.2.1")).await;
            asked += 1;
            if !answer.starts_with("HTTP/1.1 200") {
                break answer;
            }
            assert!(asked < 1000, "one request takes less than a second");
        };
        assert!(refused.starts_with("HTTP/1.1 429") && asked > 2, "after {asked}: {refused}");
        let path = "/graphql?query=%7B__typename%7D";
        for part in ["retry-after: ", "RATE_LIMITED", &format!("\"name\":\"{name}\""), "\"retryAfter\":"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        // Probes are answered always, other clients in their turn, this machine itself without counting.
        assert!(ask(passed_on("/healthz", "192.0.2.1")).await.starts_with("HTTP/1.1 200"));
        assert!(ask(passed_on(path, "192.0.2.2")).await.starts_with("HTTP/1.1 200"));
        let own = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        for _ in 0..20 {
            assert!(ask(own.clone()).await.starts_with("HTTP/1.1 200"));
        }
    }
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let (address, _stop, _served) = listen(settings()).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let sent =
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: {}", "y".repeat(http::settings::HEADER_BYTES));
    assert!(until_closed(&mut stream, &sent).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn at_the_end_idle_clients_are_let_go_and_requests_that_have_begun_are_answered() {
    let (address, stop, served) = listen(settings()).await;
    let mut idle = TcpStream::connect(address).await.expect("it listens");
    let mut busy = TcpStream::connect(address).await.expect("it listens");
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        GOOD.len()
    );
    busy.write_all(head.as_bytes()).await.expect("it is sent");
    // `100 Continue` comes when the handler reads: the request has begun.
    let mut go_on = [0; 12];
    busy.read_exact(&mut go_on).await.expect("it goes on");
    assert_eq!(&go_on, b"HTTP/1.1 100");
    stop.send(()).expect("it still serves");
    assert_eq!(until_closed(&mut idle, "").await, "");
    let got = until_closed(&mut busy, GOOD).await;
    assert!(got.contains("HTTP/1.1 200") && got.contains("\"Query\""), "{got}");
    served.await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn what_does_not_end_is_cut_at_the_deadline() {
    let settings = Settings { drain_time: SOON, ..settings() };
    let (address, stop, served) = listen(settings).await;
    let mut stuck = TcpStream::connect(address).await.expect("it listens");
    let head = HALF_A_POST.replace("\r\n\r\n{", "\r\nExpect: 100-continue\r\n\r\n");
    stuck.write_all(head.as_bytes()).await.expect("it is sent");
    let mut go_on = [0; 12];
    stuck.read_exact(&mut go_on).await.expect("it goes on");
    stop.send(()).expect("it still serves");
    served.await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_the_way_out() {
    let listener = serve::bind(([127, 0, 0, 1], 0).into()).await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    let error = serve::bind(address).await.expect_err("it is taken").to_string();
    assert!(error.contains(&address.to_string()) && error.contains("another port"), "{error}");
}

/// Questions offered to a reader can be asked: the policy examples make way under another ontology.
#[tokio::test]
async fn the_questions_that_are_offered_fit_the_ontology_in_force() {
    let router = router(&settings());
    let get = |path: &str| request(&format!("GET {path}"), &[("host", "localhost")], "");
    let (status, _, body) = answer(&router, get("/assets/graphiql/examples.json")).await;
    assert_eq!(status, StatusCode::OK);
    let examples: Vec<serde_json::Value> = serde_json::from_slice(&body).expect("a list");
    let titles: Vec<&str> = examples.iter().filter_map(|e| e["title"].as_str()).collect();
    assert_eq!(
        titles,
        ["Links, with the words they rest on", "What can be asked: kinds and relations", "Search by words"]
    );
    for example in &examples {
        let body = serde_json::json!({"query": example["query"]}).to_string();
        let send = [("host", "localhost"), ("content-type", "application/json"), ("accept", NEW)];
        let (status, _, body) = answer(&router, request("POST /graphql", &send, &body)).await;
        assert!(status == StatusCode::OK && !String::from_utf8_lossy(&body).contains("errors"), "{example}");
    }
    let (_, _, page) = answer(&router, get("/developers")).await;
    let page = String::from_utf8_lossy(&page);
    assert!(
        page.contains(titles[0]) && !page.contains("Who recommended what"),
        "the page for programs offers the same"
    );
}

#[tokio::test]
async fn an_address_that_is_not_utf8_is_refused_as_a_body_is() {
    let router = router(&settings());
    let ask = |query: &str| {
        request(&format!("GET /graphql?query={query}"), &[("host", "localhost"), ("accept", NEW)], "")
    };
    let (status, _, body) = answer(&router, ask("%7B__typename%20%23%FF%0A%7D")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(String::from_utf8_lossy(&body).contains("is not UTF-8"));
    let (status, ..) = answer(&router, ask("%7B__typename%20%23%EF%BF%BD%0A%7D")).await;
    assert_eq!(status, StatusCode::OK, "the replacement character itself is a character");
}

#[tokio::test]
async fn a_saved_question_is_a_plain_link() {
    let app = App::open(&Origin::default(), Limits::default()).expect("the seed is sound");
    let router = http::router(Arc::new(app), &Settings::default());
    const AS_JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
    check_over(
        &router,
        &[
            Case {
                ask: "GET /q",
                status: 200,
                headers: &[AS_JSON, ("vary", "accept"), ("etag", "W/")],
                contains: &[r#""name":"crosswalk""#, r#""type":"ID!""#],
                ..Case::default()
            },
            Case {
                ask: "GET /q",
                send: &[("accept", BROWSER)],
                status: 200,
                headers: &[("content-type", "text/html")],
                contains: &[r#"href="/q/weak-links""#],
                ..Case::default()
            },
            Case {
                ask: "GET /q/what-followed?of=review%2Fregional-access",
                status: 200,
                headers: &[
                    AS_JSON,
                    ("etag", "W/"),
                    ("cache-control", "public"),
                    ("access-control-allow-origin", "*"),
                ],
                contains: &[r#"{"data":{"trail":"#, "report/regional-and-maternal-health-access"],
                ..Case::default()
            },
            Case {
                ask: "GET /q/what-followed?of=review%2Fregional-access",
                send: &[("accept", BROWSER)],
                status: 200,
                headers: &[
                    ("content-type", "text/html"),
                    ("vary", "accept"),
                    ("content-security-policy", "default-src 'none'"),
                ],
                contains: &[
                    "What followed from",
                    r#"value="review/regional-access""#,
                    "Regional and Maternal Health Access Reports",
                ],
                ..Case::default()
            },
            Case {
                ask: "GET /q/what-followed.html?of=review%2Fnone",
                status: 200,
                headers: &[("content-type", "text/html")],
                contains: &["not stated"],
                ..Case::default()
            },
            Case {
                ask: "GET /q/what-followed.json?basis=GUESSED&of=a&of=b&zzz=1",
                send: &[("accept", BROWSER)],
                status: 400,
                headers: &[AS_JSON, ("etag", "-")],
                contains: &[
                    "`basis` is a Basis, and `GUESSED` is none",
                    "`of` is given twice",
                    "has no parameter `zzz`",
                    "BAD_ARGUMENT",
                ],
                ..Case::default()
            },
            Case {
                ask: "GET /q/what-followed.html?basis=%3Cscript%3E",
                status: 400,
                contains: &["&lt;script&gt;", r#"role="alert""#],
                ..Case::default()
            },
            Case {
                ask: "GET /q/how-two-are-connected?from=nobody",
                status: 200,
                headers: &[AS_JSON, ("etag", "-")],
                contains: &["`from` names what is not there: `nobody`"],
                ..Case::default()
            },
            Case {
                ask: "GET /q/what-folowed",
                status: 404,
                headers: &[AS_JSON],
                contains: &["did you mean `what-followed`", "NOT_FOUND"],
                ..Case::default()
            },
            Case {
                ask: "POST /q/what-followed",
                status: 405,
                headers: &[("allow", "GET")],
                ..Case::default()
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_saved_question_is_not_sent_twice() {
    let app = App::open(&Origin::default(), Limits::default()).expect("the seed is sound");
    let router = http::router(Arc::new(app), &Settings::default());
    let (_, headers, _) = answer(&router, request("GET /q/crosswalk?first=1", &[], "")).await;
    let etag = headers["etag"].to_str().expect("text").to_owned();
    let ask = |path: &'static str| request(path, &[("if-none-match", &etag)], "");
    assert_eq!(answer(&router, ask("GET /q/crosswalk?first=1")).await.0, StatusCode::NOT_MODIFIED);
    assert_eq!(answer(&router, ask("GET /q/crosswalk?first=2")).await.0, StatusCode::OK);
    assert_eq!(answer(&router, ask("GET /q/crosswalk.html?first=1")).await.0, StatusCode::OK);
}

/// A client that left before its answer was once counted as open for ever.
#[tokio::test]
async fn a_request_whose_client_has_left_is_open_no_more() {
    let settings = settings();
    let router = router(&settings);
    let open = async || {
        let app = App::open(&Origin::default(), Limits::default()).expect("the seed is well");
        let counts = http::metrics::router(Arc::new(app), settings.metrics.clone());
        let (_, _, body) = answer(&counts, request("GET /metrics", &[], "")).await;
        let text = String::from_utf8(body).expect("text");
        let line = text.lines().find(|line| line.starts_with("throughline_requests_open "));
        line.expect("it is counted").to_owned()
    };
    assert_eq!(open().await, "throughline_requests_open 0.0");
    // A body that never comes: the request waits for it until its client leaves.
    let body = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let waits = Request::post("/graphql").header("content-type", "application/json").body(body);
    let mut asked = Box::pin(router.clone().oneshot(waits.expect("a request")));
    assert!(futures_util::FutureExt::now_or_never(&mut asked).is_none(), "it waits");
    assert_eq!(open().await, "throughline_requests_open 1.0");
    drop(asked);
    assert_eq!(open().await, "throughline_requests_open 0.0");
}
