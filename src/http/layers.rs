//! What lies around every route: ids and logs, the Host check, cross-origin reads, compression,
//! and a net under panics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::settings::URI_BYTES;
use super::{Shared, refusal, shorten};
use crate::graphql::Code;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long a browser may keep the answer to a preflight.
const PREFLIGHT_AGE: Duration = Duration::from_secs(86_400);

/// Puts everything around the routes, the outermost last.
pub(super) fn around(router: Router<Shared>, shared: &Shared) -> Router<Shared> {
    let origins = &shared.settings.origins;
    let allowed = if origins.is_empty() {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|o| HeaderValue::from_str(o).ok()))
    };
    let cors = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::ACCEPT, header::IF_NONE_MATCH, REQUEST_ID.clone()])
        .expose_headers([header::ETAG, header::RETRY_AFTER, REQUEST_ID.clone()])
        .max_age(PREFLIGHT_AGE);
    router
        .layer(CompressionLayer::new())
        .layer(cors)
        .layer(from_fn_with_state(shared.clone(), check_host))
        .layer(CatchPanicLayer::custom(|_panic| {
            refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                Code::Internal,
                "the request failed for a reason of ours; it has been logged",
            )
        }))
        .layer(from_fn(log))
}

/// One line a request, an id in and out, and the headers that every answer carries.
async fn log(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(&request);
    let (method, path) = (request.method().clone(), shorten(request.uri().path()));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID.clone(), value);
    }
    let bytes = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).unwrap_or("-").to_owned();
    let ms = began.elapsed().as_secs_f64() * 1000.0;
    tracing::info!(target: "request", id, %method, path, status = response.status().as_u16(), bytes, ms = (ms * 100.0).round() / 100.0);
    response
}

/// The client's id where it is a plain word, else one of ours.
fn request_id(request: &Request) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let given = request.headers().get(&REQUEST_ID).and_then(|v| v.to_str().ok());
    let plain = |id: &&str| {
        !id.is_empty()
            && id.len() <= 64
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    match given.filter(plain) {
        Some(id) => id.to_owned(),
        None => format!("{:x}-{:x}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)),
    }
}

/// Refuses names this server does not have. A page on a foreign name that points at our address
/// (DNS rebinding) could otherwise read what only this machine should; an address as Host cannot
/// be rebound.
async fn check_host(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|p| p.as_str().len() > URI_BYTES) {
        return refusal(
            StatusCode::URI_TOO_LONG,
            Code::BadRequest,
            &format!("the address is longer than {URI_BYTES} bytes; send a POST"),
        );
    }
    let host = request
        .uri()
        .authority()
        .map(|a| a.as_str())
        .or_else(|| request.headers().get(header::HOST).and_then(|v| v.to_str().ok()));
    if let Some(host) = host
        && !known_host(host, &shared.settings.hosts)
    {
        let message = format!(
            "this server is not known as {}; start it with --host {} if it is",
            shorten(host),
            shorten(host)
        );
        return refusal(StatusCode::MISDIRECTED_REQUEST, Code::Misdirected, &message);
    }
    next.run(request).await
}

fn known_host(host: &str, configured: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let local =
        name == "localhost" || name.ends_with(".localhost") || name.parse::<std::net::IpAddr>().is_ok();
    local || configured.iter().any(|c| c.eq_ignore_ascii_case(&name) || c.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
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
            ("x", false),
        ] {
            assert_eq!(super::known_host(host, &["graph.example".to_owned()]), known, "{host}");
        }
    }
}
