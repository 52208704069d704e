//! What lies around every route: ids and logs, the Host check, cross-origin reads, compression,
//! and a net under panics.

use std::any::Any;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::Authority;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use super::settings::{COMPRESS_FROM, URI_BYTES};
use super::{Shared, access, refusal, shorten};
use crate::graphql::Code;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Letters a request id or an operation's name may have to be repeated and logged.
const WORD: usize = 64;
/// Seconds a browser may keep the answer to a preflight: a day.
const PREFLIGHT_AGE: HeaderValue = HeaderValue::from_static("86400");
/// What a page may send along, and what it may see of the answer.
const SEND: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, accept, if-none-match, last-event-id, x-request-id, mcp-protocol-version, mcp-method, mcp-name",
);
const SEE: HeaderValue = HeaderValue::from_static("etag, retry-after, x-request-id");
/// For answers that bring no policy of their own: they are data, and load nothing.
const DATA_CSP: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Puts everything around the routes. One layer of ours and not three, and all in one call: each
/// call and each such function costs a boxed copy of everything inside it, at every request.
pub(super) fn around(router: Router<Shared>, shared: &Shared) -> Router<Shared> {
    let worth_it = SizeAbove::new(COMPRESS_FROM)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::SSE)
        .and(as_it_is);
    router.layer((
        from_fn_with_state(shared.clone(), around_one),
        CatchPanicLayer::custom(panicked),
        CompressionLayer::new().compress_when(worth_it),
    ))
}

/// What happens to every request, in this order: it gets its line in the log, its host and whoever
/// asks are looked at, and what pages of other origins may see of the answer is said.
async fn around_one(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let log = Log::begin(&request, shared);
    let shared = &log.open.0;
    let own = shared.settings.private || request.headers().contains_key(header::AUTHORIZATION);
    let asks = Asks::of(&request);
    // A browser asks first, and without the token it asks for.
    let refused = foreign_host(shared, &request)
        .or_else(|| if asks.preflight { None } else { access::admit(shared, &mut request) });
    let response = match refused {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    let mut response = asks.answer(shared, response);
    if own {
        access::keep_private(&mut response);
    }
    log.end(response)
}

/// Marks an answer that is sent as it is, since packing it anew for everyone costs too much.
#[derive(Clone, Copy)]
pub(super) struct AsItIs;

fn as_it_is(_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions) -> bool {
    extensions.get::<AsItIs>().is_none()
}

// -- logs ------------------------------------------------------------------------------------

/// The name of the operation that an answer is of, for the log.
#[derive(Clone)]
pub(super) struct Operation(Option<String>);

impl Operation {
    /// What the client says it asks for, if it is a name.
    pub(super) fn named(name: Option<&str>) -> Operation {
        Operation(name.filter(|n| is_word(n)).map(str::to_owned))
    }
}

fn is_word(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= WORD && text.bytes().all(plain)
}

/// A request that is counted as open for as long as anything of it is there, whether it is answered or its client
/// leaves.
struct Open(Shared);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.settings.metrics.close();
    }
}

/// What is known of a request before it is answered.
struct Log {
    open: Open,
    route: &'static str,
    began: Instant,
    id: String,
    method: Method,
    path: String,
}

impl Log {
    fn begin(request: &Request, shared: Shared) -> Log {
        let pattern = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let mut routes = shared.addresses.iter().map(|(path, ..)| *path);
        let route = routes.find(|path| Some(*path) == pattern).unwrap_or("other");
        shared.settings.metrics.begin();
        Log {
            open: Open(shared),
            route,
            began: Instant::now(),
            id: request_id(request.headers()),
            method: request.method().clone(),
            path: shorten(request.uri().path()),
        }
    }

    /// An id in and out, the headers that every answer carries, and one line when the last byte of
    /// the answer has been handed on.
    fn end(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(DATA_CSP);
        if let Ok(value) = HeaderValue::from_str(&self.id) {
            headers.insert(REQUEST_ID.clone(), value);
        }
        let operation = response.extensions_mut().remove::<Operation>().and_then(|o| o.0);
        let line = Line { log: self, status: response.status(), operation, bytes: 0 };
        response.map(|body| Body::new(Counted { body, line }))
    }
}

/// What is logged of a request, once, when it goes.
struct Line {
    log: Log,
    status: StatusCode,
    operation: Option<String>,
    bytes: u64,
}

impl Drop for Line {
    fn drop(&mut self) {
        let Line { log, status, operation, bytes } = self;
        let Log { open, route, began, id, method, path } = log;
        let took = began.elapsed();
        open.0.settings.metrics.end(route, method.as_str(), *status, took);
        let ms = (took.as_secs_f64() * 100_000.0).round() / 100.0;
        let (status, operation) = (status.as_u16(), operation.as_deref());
        tracing::info!(target: "request", id, %method, path, status, bytes, ms, operation);
    }
}

/// A body that counts what leaves: its length is not known before it is compressed.
struct Counted {
    body: Body,
    line: Line,
}

impl hyper::body::Body for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            self.line.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The client's id where it is a plain word, else one of ours.
fn request_id(headers: &HeaderMap) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let given = headers.get(&REQUEST_ID).and_then(|v| v.to_str().ok());
    match given.filter(|id| is_word(id)) {
        Some(id) => id.to_owned(),
        None => format!("{:x}-{:x}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)),
    }
}

/// The answer when a handler panics: nothing of the cause, which goes to the log.
fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text =
        cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = text.unwrap_or("unknown"), "a handler panicked");
    refusal(
        StatusCode::INTERNAL_SERVER_ERROR,
        Code::Internal,
        "the request failed for a reason of ours; it has been logged",
    )
}

// -- hosts -----------------------------------------------------------------------------------

/// Refuses names this server does not have. A page on a foreign name that points at our address
/// (DNS rebinding) could otherwise read what only this machine should; an address as Host cannot
/// be rebound.
fn foreign_host(shared: &Shared, request: &Request) -> Option<Response> {
    if request.uri().path_and_query().is_some_and(|p| p.as_str().len() > URI_BYTES) {
        let message = format!("the address is longer than {URI_BYTES} bytes; send a POST");
        return Some(refusal(StatusCode::URI_TOO_LONG, Code::BadRequest, &message));
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    if hosts.next().is_some_and(|first| first.to_str().is_err()) || hosts.next().is_some() {
        let message = "a request has one Host header, in plain letters"; // RFC 9112 section 3.2
        return Some(refusal(StatusCode::BAD_REQUEST, Code::BadRequest, message));
    }
    let named = request.uri().authority().map(Authority::as_str).or_else(|| host(request.headers()));
    if let Some(host) = named
        && !known_host(host, &shared.settings.hosts)
    {
        let host = shorten(host);
        let message =
            format!("this server is not known as {host}; start it with --host {} if it is", name_of(&host));
        return Some(refusal(StatusCode::MISDIRECTED_REQUEST, Code::Misdirected, &message));
    }
    None
}

/// The Host header: what the client calls this server.
pub(super) fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST).and_then(|v| v.to_str().ok())
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    name.trim_start_matches('[').trim_end_matches(']')
}

fn known_host(host: &str, configured: &[String]) -> bool {
    let name = name_of(host).to_ascii_lowercase();
    let local =
        name == "localhost" || name.ends_with(".localhost") || name.parse::<std::net::IpAddr>().is_ok();
    local || configured.iter().any(|c| c.eq_ignore_ascii_case(&name) || c.eq_ignore_ascii_case(host))
}

// -- other origins ---------------------------------------------------------------------------

/// What a page of another origin asks.
struct Asks {
    origin: Option<HeaderValue>,
    /// Whether a browser asks before it sends the request itself.
    preflight: bool,
}

impl Asks {
    fn of(request: &Request) -> Asks {
        let headers = request.headers();
        let preflight = request.method() == Method::OPTIONS
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        Asks { origin: headers.get(header::ORIGIN).cloned(), preflight }
    }

    /// Lets pages of other origins read, without credentials. A preflight is an OPTIONS like any
    /// other, answered by the route with the methods it takes; this adds what the browser asks.
    fn answer(self, shared: &Shared, mut response: Response) -> Response {
        let Asks { origin, preflight } = self;
        let listed = &shared.settings.origins;
        let allowed = match &origin {
            // The same for all, whether they ask or not: caches may give it to anyone.
            _ if listed.is_empty() => Some(HeaderValue::from_static("*")),
            Some(origin) => {
                Some(origin.clone()).filter(|o| listed.iter().any(|l| l.as_bytes() == o.as_bytes()))
            }
            None => None,
        };
        let methods = response.headers().get(header::ALLOW).cloned();
        let headers = response.headers_mut();
        if !listed.is_empty() {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        let Some(allowed) = allowed else { return response };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, SEE);
        if let Some(methods) = methods.filter(|_| preflight) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, SEND);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE);
        }
        response
    }
}

/// The origin of the page that sends a request, where it is neither ours nor one of `listed`.
/// What is sent by no page has none.
pub(super) fn foreign_origin(headers: &HeaderMap, listed: &[String]) -> Option<String> {
    let origin = headers.get(header::ORIGIN)?.to_str().unwrap_or("null");
    let ours = origin
        .split_once("://")
        .is_some_and(|(_, name)| host(headers).is_some_and(|h| h.eq_ignore_ascii_case(name)));
    (!ours && !listed.iter().any(|l| l == origin)).then(|| origin.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_local_names_are_known_and_others_only_if_configured() {
        for (host, known) in [
            ("127.0.0.1:4000", true),
            ("[::1]:4000", true),
            ("localhost", true),
            ("x.localhost:1", true),
            ("graph.example", true),
            ("GRAPH.example:443", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("x", false),
        ] {
            assert_eq!(known_host(host, &["graph.example".to_owned()]), known, "{host}");
        }
    }

    #[test]
    fn a_page_is_foreign_unless_it_is_ours_or_listed() {
        for (origin, foreign) in [
            (None, false),
            (Some("http://localhost:4000"), false),
            (Some("http://localhost:4001"), true),
            (Some("https://listed.example"), false),
            (Some("https://evil.example"), true),
            (Some("null"), true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("localhost:4000"));
            origin.map(|o| headers.insert(header::ORIGIN, HeaderValue::from_static(o)));
            let found = foreign_origin(&headers, &["https://listed.example".to_owned()]);
            assert_eq!(found.is_some(), foreign, "{origin:?}");
        }
    }

    #[test]
    fn an_id_is_repeated_if_it_is_a_plain_word() {
        for (given, repeated) in [("abc-1.2_3", true), ("", false), ("a b", false), ("<script>", false)] {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID.clone(), HeaderValue::from_static(given));
            assert_eq!(request_id(&headers) == given, repeated, "{given:?}");
        }
    }
}
