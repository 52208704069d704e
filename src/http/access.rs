//! Who a request comes from: a bearer token by RFC 6750 in the `Authorization` header, and nothing else. Whatever
//! is wrong with one is answered alike, so that an answer tells nothing about the tokens there are.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::json;

use super::rates::{Client, TooMuch};
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
    let bearer = bearer(request.headers());
    let asks_by_address = request.uri().query().is_some_and(|query| {
        query.split('&').any(|pair| pair.starts_with("access_token=") || pair.starts_with("token="))
    });
    if asks_by_address {
        let message = "a token does not belong into an address, where logs keep it; send it as `Authorization: Bearer …`, and make a new one";
        return Some(refusal(StatusCode::BAD_REQUEST, Code::BadRequest, message));
    }
    let caller = bearer.and_then(|bearer| caller(shared, bearer));
    let path = request.uri().path();
    let open = OPEN.contains(&path) || path.starts_with(OPEN_BELOW);
    // Before anybody is sent away: whoever guesses is counted too.
    let client =
        Client::of(request.extensions(), request.headers(), shared.settings.proxies, caller.as_ref().ok());
    let visitor = Visitor { token: bearer.ok().flatten().map(Arc::from), client };
    if let Err(too_much) = visitor.count(shared)
        && !open
    {
        return Some(too_many(too_much));
    }
    let caller = match caller {
        Ok(caller) => caller,
        Err(why) => return Some(unauthenticated(why)),
    };
    // A page cannot send the header with a socket: it says who it is in its first message, and is asked there.
    let says_later = path == socket::PATH && socket::asked(request.method(), request.headers());
    if caller.scope < Scope::Read && !open && !says_later {
        return Some(unauthenticated("no token"));
    }
    // Most requests bring nothing, and nothing is put beside them.
    if caller != Caller::default() {
        request.extensions_mut().insert(caller);
    }
    if visitor.token.is_some() || visitor.client.is_some() {
        request.extensions_mut().insert(visitor);
    }
    None
}

/// Who a request came from, for what outlives it: the token, of which is asked again what it is worth, and whom to
/// count for.
#[derive(Clone, Debug, Default)]
pub(super) struct Visitor {
    token: Option<Arc<str>>,
    client: Option<Client>,
}

impl Visitor {
    /// What a request was admitted with.
    pub(super) fn of(extensions: &Extensions) -> Visitor {
        extensions.get().cloned().unwrap_or_default()
    }

    /// The same with the token that it says it has.
    pub(super) fn with(self, token: &str) -> Visitor {
        Visitor { token: Some(token.into()), ..self }
    }

    /// Counts one more thing that it asks.
    ///
    /// # Errors
    /// What it has asked too much of.
    pub(super) fn count(&self, shared: &Shared) -> Result<(), TooMuch> {
        match &self.client {
            Some(client) => shared.settings.rates.admit(client, Instant::now()),
            None => Ok(()),
        }
    }

    /// Counts what an operation of its own words cost.
    pub(super) fn charge(&self, shared: &Shared, cost: u64) {
        if let Some(client) = &self.client {
            shared.settings.rates.charge(client, cost, Instant::now());
        }
    }

    /// Who brings it, at this moment. Cost: a look at the name of the file of tokens.
    ///
    /// # Errors
    /// Why it is worth nothing any more; written to the log.
    pub(super) fn caller(&self, shared: &Shared) -> Result<Caller, &'static str> {
        caller(shared, self.token.as_deref())
            .inspect_err(|why| tracing::warn!(target: "access", why, "refused"))
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
            let access = &shared.settings.access;
            let known = access.caller(token, now());
            if let Some(keys) = &shared.settings.keys
                && access.wants_keys()
            {
                keys.wanted.notify_one();
            }
            let mut caller = known.ok_or("a token that is unknown, expired or revoked")?;
            if !shared.settings.private {
                // Who is known may do what anyone may.
                caller.scope = caller.scope.max(Scope::Read);
            }
            Ok(caller)
        }
    }
}

/// Who a request that was admitted comes from, and when.
pub(super) fn asking(extensions: &Extensions) -> Asking {
    Asking { caller: extensions.get::<Caller>().cloned().unwrap_or_default(), at: now() }
}

/// The token of the header; none where there is no header.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, &'static str> {
    const NONE: &str = "a header that is no bearer token";
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let Some(first) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(NONE);
    }
    let text = first.to_str().map_err(|_| NONE)?;
    let (scheme, token) = text.split_once(' ').ok_or(NONE)?;
    let token = token.trim();
    let plain = token.len() <= TOKEN && !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && plain).then_some(Some(token)).ok_or(NONE)
}

/// That a client has asked too much, and when to come again.
fn too_many(too_much: TooMuch) -> Response {
    let error = too_much.error();
    let body = json!({"errors": [error.to_json()]}).to_string();
    let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, error.code, &error.message);
    *response.body_mut() = body.into();
    // Whole seconds, rounded up: whoever comes a moment early is sent away again.
    let after = too_much.after.as_secs() + 1;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after));
    response
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
