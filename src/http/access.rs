//! Who a request comes from: a bearer token by RFC 6750 in the `Authorization` header, and nothing else. Whatever
//! is wrong with one is answered alike, so that an answer tells nothing about the tokens there are.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::{Shared, refusal, socket};
use crate::app::Timestamp;
use crate::graphql::{Asking, Caller, Code, Scope};

/// Addresses that answer everybody, on a closed server too: probes, and what the page of a refusal looks like.
const OPEN: [&str; 2] = ["/healthz", "/readyz"];
const OPEN_BELOW: &str = "/assets/";

/// What whoever is not known is told, whatever the reason.
pub(super) const UNKNOWN: &str =
    "this needs a token that is known here and has not ended; send it as `Authorization: Bearer …`";

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
    let open = OPEN.contains(&path) || path.starts_with(OPEN_BELOW);
    // A page cannot send the header with a socket: it says who it is in its first message, and is asked there.
    let says_later = path == socket::PATH && socket::asked(request.method(), request.headers());
    if caller.scope < Scope::Read && !open && !says_later {
        return Some(unauthenticated("no token"));
    }
    let bearer = bearer.map(|token| Bearer(Some(token.into())));
    // Most requests bring nothing, and nothing is put beside them.
    if caller != Caller::default() {
        request.extensions_mut().insert(caller);
    }
    if let Some(bearer) = bearer {
        request.extensions_mut().insert(bearer);
    }
    None
}

/// The token that a request came with, or none: what outlives its request asks again what that is worth.
#[derive(Clone, Debug, Default)]
pub(super) struct Bearer(Option<Arc<str>>);

impl Bearer {
    /// What a request was admitted with.
    pub(super) fn of(extensions: &Extensions) -> Bearer {
        extensions.get().cloned().unwrap_or_default()
    }

    /// What a client says it has.
    pub(super) fn said(token: &str) -> Bearer {
        Bearer(Some(token.into()))
    }

    /// Who brings it, at this moment. Cost: a look at the name of the file of tokens.
    ///
    /// # Errors
    /// Why it is worth nothing any more; written to the log.
    pub(super) fn caller(&self, shared: &Shared) -> Result<Caller, &'static str> {
        caller(shared, self.0.as_deref()).inspect_err(|why| tracing::warn!(target: "access", why, "refused"))
    }
}

/// Who brings that token, or none.
///
/// # Errors
/// Why it is worth nothing, for the log alone.
fn caller(shared: &Shared, bearer: Option<&str>) -> Result<Caller, &'static str> {
    match bearer {
        None if shared.settings.private => Ok(Caller { name: None, scope: Scope::Nothing }),
        None => Ok(Caller::default()),
        Some(token) => {
            shared.settings.access.caller(token, now()).ok_or("a token that is unknown, expired or revoked")
        }
    }
}

/// Who a request that was admitted comes from, and when.
pub(super) fn asking(extensions: &Extensions) -> Asking {
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
    let mut response = refusal(StatusCode::UNAUTHORIZED, Code::Unauthenticated, UNKNOWN);
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

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt as _;

    use super::*;
    use crate::app::{App, Origin};
    use crate::graphql::Limits;
    use crate::http::{Settings, router, routes};

    /// Every address of the list, so that one which is added later is looked at too.
    #[tokio::test]
    async fn a_closed_server_answers_nobody_it_does_not_know() {
        let app = Arc::new(App::open(&Origin::default(), Limits::default()).expect("the seed is well"));
        let router = router(app, &Settings { private: true, ..Settings::default() });
        let mut open = Vec::new();
        for route in routes() {
            let path = route.path.replace("{*path}", "x").replace("{name}", "x").replace("{of}", "x");
            for method in route.methods {
                let request = Request::builder().method(method).uri(&path).body(Body::empty());
                let request = request.expect("a request");
                let response = router.clone().oneshot(request).await.expect("never fails");
                if response.status() != StatusCode::UNAUTHORIZED {
                    open.push(route.path);
                }
            }
        }
        open.dedup();
        assert_eq!(open, ["/healthz", "/readyz", "/assets/{*path}"]);
    }
}
