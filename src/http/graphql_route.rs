//! `/graphql` by GET and POST, as the GraphQL over HTTP specification has it
//! (<https://graphql.github.io/graphql-over-http/draft/>).

use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::access::{Visitor, asking};
use super::executors::NotRun;
use super::layers::{Operation, foreign_origin};
use super::live::{self, Carrier};
use super::negotiate::{Media, list, negotiate, prefers_html};
use super::settings::{BRIEF_STEPS, Settings};
use super::{PUBLIC, Shared, not_modified, shorten, socket, trusted};
use crate::graphql::{self, Code, Outcome};
use crate::ontology::describe;

/// A fault of the request as HTTP, before GraphQL begins.
pub(super) struct Fault {
    status: StatusCode,
    code: Code,
    message: String,
}

fn fault(status: StatusCode, code: Code, message: impl Into<String>) -> Fault {
    Fault { status, code, message: message.into() }
}

fn bad(message: impl Into<String>) -> Fault {
    fault(StatusCode::BAD_REQUEST, Code::BadRequest, message)
}

/// Answers one request.
pub(super) async fn handle(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if socket::asked(&parts.method, &parts.headers) {
        return socket::open(shared, parts).await;
    }
    let accept = list(&parts.headers, header::ACCEPT);
    let carrier = Carrier::asked(accept.as_deref());
    let get = parts.method != Method::POST;
    if get && parts.uri.query().is_none_or(str::is_empty) && prefers_html(accept.as_deref()) {
        return ([(header::VARY, "Accept")], Redirect::to("/graphiql")).into_response();
    }
    let negotiated = negotiate(accept.as_deref()).or(carrier.map(|_| Media::Json));
    let Some(media) = negotiated else {
        let message =
            "this address answers application/graphql-response+json and application/json; accept one of them";
        return refuse(Media::Json, fault(StatusCode::NOT_ACCEPTABLE, Code::NotAcceptable, message));
    };
    let etag = if get { etag(&shared, media, parts.uri.query().unwrap_or_default()) } else { String::new() };
    if get && carrier.is_none() && not_modified(&parts.headers, &etag) {
        return cacheable(StatusCode::NOT_MODIFIED.into_response(), &etag);
    }
    let parsed = if get {
        from_query_string(parts.uri.query().unwrap_or_default())
    } else {
        from_body(&parts.headers, body, &shared.settings).await
    };
    let mut request = match parsed {
        Ok(request) => request,
        Err(fault) => return refuse(media, fault),
    };
    // Any page may read; a page of somebody else's must not write with its visitor's reach.
    let foreign = foreign_origin(&parts.headers, &shared.settings.origins);
    request.read_only |= foreign.is_some();
    request.asking = asking(&parts.extensions);
    let visitor = Visitor::of(&parts.extensions);
    if let Err(refused) = trusted::admit(&shared, &mut request) {
        return send(media, status_of(refused.outcome, media), refused);
    }
    let operation = Operation::named(request.operation_name.as_deref());
    let streams = match carrier {
        // Apollo's clients accept parts with every request; only a subscription is told in parts.
        Some(Carrier::Multipart) => shared.app.api().is_subscription(&request),
        Some(Carrier::Events) => true,
        None => false,
    };
    if let Some(carrier) = carrier.filter(|_| streams) {
        let mut response = match live::respond(&shared, carrier, visitor, request).await {
            Ok(response) => response,
            Err(not_run) => refuse_to_run(media, not_run),
        };
        response.extensions_mut().insert(operation);
        return response;
    }
    let answer = execute(&shared, request).await;
    if let Ok(answer) = &answer {
        visitor.charge(&shared, answer.cost);
    }
    let mut response = match (answer, foreign) {
        (Ok(answer), Some(origin)) if !get && answer.outcome == Outcome::MutationRefused => {
            let message = format!(
                "pages of {} may read here and not change anything; the server names those that may",
                shorten(&origin)
            );
            refuse(media, fault(StatusCode::FORBIDDEN, Code::MethodNotAllowed, message))
        }
        (Ok(answer), _) => {
            let outcome = answer.outcome;
            let whole = !answer.body.starts_with(b"{\"errors\"");
            let response = send(media, status_of(outcome, media), answer);
            match outcome {
                Outcome::Executed if get && whole => cacheable(response, &etag),
                Outcome::MutationRefused => with(response, header::ALLOW, "POST"),
                _ => response,
            }
        }
        (Err(not_run), _) => refuse_to_run(media, not_run),
    };
    response.extensions_mut().insert(operation);
    response
}

/// The one place that turns an outcome into a status.
///
/// The released audit wants 400 for request errors under the new media type and 200 under the
/// old. The draft of August 2026 would have 422 for those that parse and fail validation, and 294
/// for answers with both data and errors; both are SHOULD, no client knows 294, and the audit
/// counts them as faults. When it changes, this function does.
///
/// An operation stopped at its deadline has no `data`, so 2xx is out (MUST, for the new type). It
/// is 503 and not 504, which is for gateways, under both types: an old client that only looks
/// at the status must not take it for an answer. No Retry-After: the same would happen again.
fn status_of(outcome: Outcome, media: Media) -> StatusCode {
    match (outcome, media) {
        (Outcome::Executed, _) | (Outcome::RequestError, Media::Json) => StatusCode::OK,
        (Outcome::RequestError, Media::GraphqlResponse) => StatusCode::BAD_REQUEST,
        (Outcome::MutationRefused, _) => StatusCode::METHOD_NOT_ALLOWED,
        (Outcome::TimedOut, _) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

// -- answering -------------------------------------------------------------------------------

fn send(media: Media, status: StatusCode, answer: graphql::Response) -> Response {
    let headers = [(header::CONTENT_TYPE, media.content_type()), (header::VARY, "Accept")];
    (status, headers, Body::from(answer.body)).into_response()
}

fn refuse(media: Media, fault: Fault) -> Response {
    send(media, fault.status, graphql::Response::request_error(fault.code, fault.message))
}

fn refuse_to_run(media: Media, not_run: NotRun) -> Response {
    let (status, code) = not_run.told();
    let response = refuse(media, fault(status, code, not_run.to_string()));
    if not_run == NotRun::Overloaded { with(response, header::RETRY_AFTER, "1") } else { response }
}

fn with(mut response: Response, name: header::HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// An answer to a GET, or word that it is the same as before: they have the same headers (RFC
/// 9110 section 15.4.5).
fn cacheable(response: Response, etag: &str) -> Response {
    let response = with(response, header::ETAG, etag);
    with(with(response, header::CACHE_CONTROL, PUBLIC), header::VARY, "Accept, Accept-Encoding")
}

/// What an answer follows from: the data, this program, the media type and what was asked. What was
/// asked is part of it so that only an address that was once answered can be answered "not
/// modified", and a wrong one is told so.
fn etag(shared: &Shared, media: Media, query: &str) -> String {
    let asked = data_encoding::HEXLOWER.encode(&Sha256::digest(query)[..6]);
    let media = if media == Media::Json { "j" } else { "g" };
    let (version, revision) = (shared.app.version(), shared.app.ledger().revision());
    format!("W/\"{version}-{revision}-{}-{asked}-{media}\"", env!("CARGO_PKG_VERSION"))
}

// -- reading a request -----------------------------------------------------------------------

fn from_query_string(query: &str) -> Result<graphql::Request, Fault> {
    let mut request = graphql::Request { read_only: true, ..graphql::Request::default() };
    let mut seen: Vec<String> = Vec::new();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if !matches!(&*key, "query" | "operationName" | "variables" | "extensions" | "asOfVersion") {
            continue;
        }
        if value.contains('\u{FFFD}') && !query.to_ascii_uppercase().contains("%EF%BF%BD") {
            return Err(bad(format!("the parameter `{key}` is not UTF-8; percent-encode UTF-8 bytes")));
        }
        if seen.iter().any(|s| *s == *key) {
            return Err(bad(format!("the parameter `{key}` is given twice; give it once")));
        }
        match &*key {
            "query" => request.query = value.into_owned(),
            "operationName" => request.operation_name = Some(value.into_owned()).filter(|n| !n.is_empty()),
            "variables" => request.variables = object_in(&key, &value)?,
            "asOfVersion" => request.as_of = Some(value.into_owned()),
            _ => request.extensions = object_in(&key, &value)?,
        }
        seen.push(key.into_owned());
    }
    request.as_of = request.as_of.or_else(|| as_of_in(&request.extensions));
    if request.query.is_empty() && !request.extensions.contains_key("persistedQuery") {
        return Err(bad("there is no `query`; give it as ?query=… or send a POST. GraphiQL is at /graphiql"));
    }
    Ok(request)
}

async fn from_body(headers: &HeaderMap, body: Body, settings: &Settings) -> Result<graphql::Request, Fault> {
    content_type_is_json(headers)?;
    let limit = settings.body_bytes;
    let too_large = || {
        let message = format!("the body is larger than {limit} bytes; put long values into several requests");
        fault(StatusCode::PAYLOAD_TOO_LARGE, Code::PayloadTooLarge, message)
    };
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if announced.is_some_and(|n| n > limit as u64) {
        return Err(too_large());
    }
    let bytes = match tokio::time::timeout(settings.body_time, to_bytes(body, limit)).await {
        Err(_) => {
            return Err(fault(
                StatusCode::REQUEST_TIMEOUT,
                Code::BadRequest,
                "the body took too long; send it at once",
            ));
        }
        Ok(Err(e))
            if std::error::Error::source(&e).is_some_and(|s| s.is::<http_body_util::LengthLimitError>()) =>
        {
            return Err(too_large());
        }
        Ok(Err(_)) => return Err(bad("the body ended early")),
        Ok(Ok(bytes)) => bytes,
    };
    let text = std::str::from_utf8(&bytes)
        .map_err(|e| bad(format!("the body is not UTF-8 at byte {}", e.valid_up_to())))?;
    from_json(serde_json::from_str(text).map_err(|e| bad(format!("the body is no JSON: {e}")))?)
}

/// JSON in UTF-8 and nothing else: a form or plain text can be sent by any page without the
/// browser asking us first.
fn content_type_is_json(headers: &HeaderMap) -> Result<(), Fault> {
    let refuse =
        |message| Err(fault(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::UnsupportedMediaType, message));
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut parts = content_type.split(';').map(|p| p.trim().to_ascii_lowercase());
    if parts.next().as_deref() != Some("application/json") {
        let found = if content_type.is_empty() {
            "no Content-Type".to_owned()
        } else {
            format!("Content-Type {}", shorten(content_type))
        };
        return refuse(format!("a POST here has Content-Type application/json; this has {found}"));
    }
    let charset = parts.find_map(|p| p.strip_prefix("charset=").map(|c| c.trim_matches('"').to_owned()));
    if let Some(charset) = charset.filter(|c| !matches!(c.as_str(), "utf-8" | "utf8")) {
        return refuse(format!("the body is in {}; send UTF-8", shorten(&charset)));
    }
    let coding = headers.get(header::CONTENT_ENCODING).map(|v| v.to_str().unwrap_or("unknown"));
    if let Some(coding) = coding.filter(|c| !c.eq_ignore_ascii_case("identity")) {
        return refuse(format!("the body is packed as {}; send it as it is", shorten(coding)));
    }
    Ok(())
}

pub(super) fn from_json(json: Json) -> Result<graphql::Request, Fault> {
    let mut map = match json {
        Json::Object(map) => map,
        Json::Array(_) => {
            return Err(bad("batches are not taken; send one request, or several fields in one operation"));
        }
        other => return Err(bad(format!("the body is {}; send an object with `query`", describe(&other)))),
    };
    let mut take = |key: &str| map.remove(key).filter(|v| !v.is_null());
    let query = match take("query") {
        Some(Json::String(query)) => query,
        None => String::new(),
        Some(other) => return Err(bad(format!("`query` is {}; it is text", describe(&other)))),
    };
    let operation_name = match take("operationName") {
        None => None,
        Some(Json::String(name)) => Some(name).filter(|name| !name.is_empty()),
        Some(other) => return Err(bad(format!("`operationName` is {}; it is text", describe(&other)))),
    };
    let variables = object_of("variables", take("variables"))?;
    let extensions = object_of("extensions", take("extensions"))?;
    if query.is_empty() && !extensions.contains_key("persistedQuery") {
        return Err(bad("there is no `query`; send {\"query\": \"{ … }\"}"));
    }
    let as_of = as_of_in(&extensions);
    Ok(graphql::Request {
        query,
        operation_name,
        variables,
        extensions,
        as_of,
        ..graphql::Request::default()
    })
}

/// The version that the extensions of a request name.
fn as_of_in(extensions: &Map<String, Json>) -> Option<String> {
    match extensions.get("asOfVersion") {
        None | Some(Json::Null) => None,
        Some(Json::String(version)) => Some(version.clone()),
        Some(other) => Some(other.to_string()),
    }
}

fn object_in(key: &str, text: &str) -> Result<Map<String, Json>, Fault> {
    if text.is_empty() {
        return Ok(Map::new());
    }
    let json = serde_json::from_str(text)
        .map_err(|e| bad(format!("`{key}` is no JSON: {e}; give an object, percent-encoded")))?;
    object_of(key, Some(json))
}

fn object_of(key: &str, value: Option<Json>) -> Result<Map<String, Json>, Fault> {
    match value {
        None | Some(Json::Null) => Ok(Map::new()),
        Some(Json::Object(map)) => Ok(map),
        Some(other) => Err(bad(format!("`{key}` is {}; it is an object", describe(&other)))),
    }
}

// -- running it ------------------------------------------------------------------------------

/// Runs a request at once where that takes less than handing it on, else on a thread of its own, under
/// the deadline.
pub(super) async fn execute(shared: &Shared, request: graphql::Request) -> Result<graphql::Response, NotRun> {
    let began = Instant::now();
    let metrics = &shared.settings.metrics;
    let done = match shared.app.execute_briefly(&request, BRIEF_STEPS) {
        Some(response) => Ok(response),
        None => {
            let app = shared.app.clone();
            let budget = app.budget();
            let stop = budget.cancel_handle();
            shared
                .executors
                .run(shared.settings.operation_time, stop, move || app.execute(&request, &budget))
                .await
        }
    };
    match &done {
        Ok(response) if response.outcome == Outcome::Executed => {
            // What clients call their operations is theirs: only what they do is told apart.
            let sort = if response.changes { "mutation" } else { "query" };
            metrics.operation(sort, began.elapsed(), Some(response.cost).filter(|cost| *cost > 0));
        }
        Ok(response) => {
            let answer: Json = serde_json::from_slice(&response.body).unwrap_or_default();
            metrics.refused(answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("INTERNAL"));
        }
        Err(not_run) => metrics.refused(not_run.told().1.text()),
    }
    done
}
