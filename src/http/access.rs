//! Who a request comes from: a bearer token by RFC 6750 in the `Authorization` header, and nothing else. Whatever
//! is wrong with one is answered alike, so that an answer tells nothing about the tokens there are.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::{Shared, refusal};
use crate::app::Timestamp;
use crate::graphql::{Asking, Caller, Code, Scope};

/// Addresses that answer everybody, on a closed server too: probes, and what the page of a refusal looks like.
const OPEN: [&str; 2] = ["/healthz", "/readyz"];
const OPEN_BELOW: &str = "/assets/";

/// Letters of a token that are looked at.
const TOKEN: usize = 8 << 10;

/// The moment, by the system's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis().try_into().unwrap_or(u64::MAX))
}

/// Finds out who asks and puts it beside the request; or says that it is not answered.
pub(super) fn admit(shared: &Shared, request: &mut Request) -> Option<Response> {
    let bearer = match bearer(request.headers()) {
        Ok(bearer) => bearer,
        Err(()) => return Some(unauthenticated("a header that is no bearer token")),
    };
    let asks_by_address = request.uri().query().is_some_and(|query| {
        query.split('&').any(|pair| pair.starts_with("access_token=") || pair.starts_with("token="))
    });
    if asks_by_address {
        let message = "a token does not belong into an address, where logs keep it; send it as `Authorization: Bearer …`, and make a new one";
        return Some(refusal(StatusCode::BAD_REQUEST, Code::BadRequest, message));
    }
    let caller = match caller(shared, bearer) {
        Ok(caller) => caller,
        Err(why) => return Some(unauthenticated(why)),
    };
    let path = request.uri().path();
    if caller.scope < Scope::Read && !OPEN.contains(&path) && !path.starts_with(OPEN_BELOW) {
        return Some(unauthenticated("no token"));
    }
    if caller.name.is_some() {
        request.extensions_mut().insert(caller);
    }
    None
}

/// Who brings that token, or none.
///
/// # Errors
/// Why it is worth nothing, for the log alone.
pub(super) fn caller(shared: &Shared, bearer: Option<&str>) -> Result<Caller, &'static str> {
    match bearer {
        None if shared.settings.private => Ok(Caller { name: None, scope: Scope::Nothing }),
        None => Ok(Caller::default()),
        Some(token) => {
            shared.settings.access.caller(token, now()).ok_or("a token that is unknown, expired or revoked")
        }
    }
}

/// Who a request that was admitted comes from, and when.
pub(super) fn asking(extensions: &axum::http::Extensions) -> Asking {
    Asking { caller: extensions.get::<Caller>().cloned().unwrap_or_default(), at: now() }
}

/// The token of the header; none where there is no header.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ()> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let Some(first) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(());
    }
    let text = first.to_str().map_err(|_| ())?;
    let (scheme, token) = text.split_once(' ').ok_or(())?;
    let token = token.trim();
    let plain = token.len() <= TOKEN && !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && plain).then_some(Some(token)).ok_or(())
}

/// The one answer to whoever is not known.
fn unauthenticated(why: &str) -> Response {
    tracing::warn!(target: "access", why, "refused");
    let message =
        "this needs a token that is known here and has not ended; send it as `Authorization: Bearer …`";
    let mut response = refusal(StatusCode::UNAUTHORIZED, Code::Unauthenticated, message);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// Answers that are for one caller are kept by that caller alone.
pub(super) fn keep_private(response: &mut Response) {
    if let Some(kept) = response.headers().get(header::CACHE_CONTROL).and_then(|v| v.to_str().ok()) {
        let own = kept.replace("public", "private");
        if let Ok(value) = HeaderValue::from_str(&own) {
            response.headers_mut().insert(header::CACHE_CONTROL, value);
        }
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Authorization"));
}
