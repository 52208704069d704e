//! `/graphql` by GET and POST, as the GraphQL over HTTP specification has it
//! (<https://graphql.github.io/graphql-over-http/draft/>).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Map, Value as Json};
use tokio::sync::Semaphore;

use super::negotiate::{Media, negotiate, prefers_html};
use super::settings::{BODY_TIME, QUEUE, Settings};
use super::{Shared, not_modified};
use crate::app::App;
use crate::graphql::{self, Code, Outcome};

/// A fault of the request as HTTP, before GraphQL begins.
struct Fault {
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
    let accept = parts
        .headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .collect::<Vec<_>>()
        .join(",");
    let accept = (!accept.is_empty()).then_some(accept);
    let get = matches!(parts.method, Method::GET | Method::HEAD);
    if get && parts.uri.query().is_none_or(str::is_empty) && prefers_html(accept.as_deref()) {
        return Redirect::to("/graphiql").into_response();
    }
    let Some(media) = negotiate(accept.as_deref()) else {
        let message =
            "this address answers application/graphql-response+json and application/json; accept one of them";
        return answer(
            Media::Json,
            StatusCode::NOT_ACCEPTABLE,
            graphql::Response::request_error(Code::NotAcceptable, message),
        );
    };
    let etag = format!("W/\"{}-{}\"", shared.app.version(), if media == Media::Json { "j" } else { "g" });
    if get && not_modified(&parts.headers, &etag) {
        return ([(header::ETAG, etag)], StatusCode::NOT_MODIFIED).into_response();
    }
    let request = if get {
        from_query_string(parts.uri.query().unwrap_or_default())
    } else {
        from_body(&parts.headers, body, &shared.settings).await
    };
    let request = match request {
        Ok(request) => request,
        Err(fault) => {
            return answer(media, fault.status, graphql::Response::request_error(fault.code, fault.message));
        }
    };
    let response = match execute(&shared, request).await {
        Ok(response) => response,
        Err(fault) => {
            let mut response =
                answer(media, fault.status, graphql::Response::request_error(fault.code, fault.message));
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            return response;
        }
    };
    let outcome = response.outcome;
    let mut response = answer(media, status_of(outcome, media), response);
    if outcome == Outcome::MutationRefused {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    if get && outcome == Outcome::Executed {
        if let Ok(value) = HeaderValue::from_str(&etag) {
            response.headers_mut().insert(header::ETAG, value);
        }
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    }
    response
}

/// The one place that turns an outcome into a status. The released audit wants 400 for request
/// errors under the new media type and 200 under the old; the draft of August 2026 would have 422
/// for some of them and 294 for partial answers, both as SHOULD.
fn status_of(outcome: Outcome, media: Media) -> StatusCode {
    match (outcome, media) {
        (Outcome::Executed, _) | (Outcome::RequestError, Media::Json) => StatusCode::OK,
        (Outcome::RequestError, Media::GraphqlResponse) => StatusCode::BAD_REQUEST,
        (Outcome::MutationRefused, _) => StatusCode::METHOD_NOT_ALLOWED,
        (Outcome::TimedOut, _) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn answer(media: Media, status: StatusCode, response: graphql::Response) -> Response {
    let headers = [(header::CONTENT_TYPE, media.content_type()), (header::VARY, "Accept")];
    (status, headers, Body::from(response.body)).into_response()
}

// -- reading a request -----------------------------------------------------------------------

fn from_query_string(query: &str) -> Result<graphql::Request, Fault> {
    let mut request = graphql::Request { read_only: true, ..graphql::Request::default() };
    let mut seen: Vec<String> = Vec::new();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if !matches!(&*key, "query" | "operationName" | "variables" | "extensions") {
            continue;
        }
        if seen.contains(&key.to_string()) {
            return Err(bad(format!("the parameter `{key}` is given twice; give it once")));
        }
        let object = |value: &str| -> Result<Map<String, Json>, Fault> {
            if value.is_empty() {
                return Ok(Map::new());
            }
            let json = serde_json::from_str(value)
                .map_err(|e| bad(format!("`{key}` is no JSON: {e}; give an object, percent-encoded")))?;
            object_of(&key, Some(json))
        };
        match &*key {
            "query" => request.query = value.into_owned(),
            "operationName" => request.operation_name = Some(value.into_owned()).filter(|n| !n.is_empty()),
            "variables" => request.variables = object(&value)?,
            _ => request.extensions = object(&value)?,
        }
        seen.push(key.into_owned());
    }
    if request.query.is_empty() {
        return Err(bad("there is no `query`; give it as ?query=… or send a POST. GraphiQL is at /graphiql"));
    }
    Ok(request)
}

async fn from_body(headers: &HeaderMap, body: Body, settings: &Settings) -> Result<graphql::Request, Fault> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut parts = content_type.split(';').map(|p| p.trim().to_ascii_lowercase());
    if parts.next().as_deref() != Some("application/json") {
        let found = if content_type.is_empty() {
            "no Content-Type".to_owned()
        } else {
            format!("Content-Type {content_type}")
        };
        let message = format!("a POST here has Content-Type application/json; this has {found}");
        return Err(fault(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::UnsupportedMediaType, message));
    }
    if let Some(charset) =
        parts.find_map(|p| p.strip_prefix("charset=").map(|c| c.trim_matches('"').to_owned()))
        && !matches!(charset.as_str(), "utf-8" | "utf8")
    {
        let message = format!("the body is in {charset}; send UTF-8");
        return Err(fault(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::UnsupportedMediaType, message));
    }
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
    let bytes = match tokio::time::timeout(BODY_TIME, to_bytes(body, limit)).await {
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
    let json: Json = serde_json::from_str(text).map_err(|e| bad(format!("the body is no JSON: {e}")))?;
    from_json(json)
}

fn from_json(json: Json) -> Result<graphql::Request, Fault> {
    let mut map = match json {
        Json::Object(map) => map,
        Json::Array(_) => {
            return Err(bad(
                "batches are not taken; send one request, or several operations as aliases of one",
            ));
        }
        other => {
            return Err(bad(format!(
                "the body is {}; send an object with `query`",
                crate::ontology::describe(&other)
            )));
        }
    };
    let mut take = |key: &str| map.shift_remove(key).filter(|v| !v.is_null());
    let query = match take("query") {
        Some(Json::String(query)) if !query.is_empty() => query,
        Some(Json::String(_)) | None => return Err(bad("there is no `query`; send {\"query\": \"{ … }\"}")),
        Some(other) => {
            return Err(bad(format!("`query` is {}; it is text", crate::ontology::describe(&other))));
        }
    };
    let operation_name = match take("operationName") {
        None => None,
        Some(Json::String(name)) => Some(name),
        Some(other) => {
            return Err(bad(format!("`operationName` is {}; it is text", crate::ontology::describe(&other))));
        }
    };
    let variables = object_of("variables", take("variables"))?;
    let extensions = object_of("extensions", take("extensions"))?;
    Ok(graphql::Request { query, operation_name, variables, extensions, read_only: false })
}

fn object_of(key: &str, value: Option<Json>) -> Result<Map<String, Json>, Fault> {
    match value {
        None | Some(Json::Null) => Ok(Map::new()),
        Some(Json::Object(map)) => Ok(map),
        Some(other) => Err(bad(format!("`{key}` is {}; it is an object", crate::ontology::describe(&other)))),
    }
}

// -- running it ------------------------------------------------------------------------------

/// The threads that execute: as many operations at once as there are processors, so many waiting,
/// no more.
#[derive(Debug)]
pub(super) struct Executors {
    running: Semaphore,
    waiting: AtomicUsize,
}

impl Executors {
    pub(super) fn new() -> Executors {
        let processors = std::thread::available_parallelism().map_or(2, |n| n.get());
        Executors { running: Semaphore::new(processors), waiting: AtomicUsize::new(0) }
    }
}

/// Runs a request on a blocking thread, under the deadline.
async fn execute(shared: &Shared, request: graphql::Request) -> Result<graphql::Response, Fault> {
    let executors = &shared.executors;
    let overloaded = || {
        fault(
            StatusCode::SERVICE_UNAVAILABLE,
            Code::Overloaded,
            "the server has as much to do as it takes on; try again in a second",
        )
    };
    if executors.waiting.fetch_add(1, Ordering::Relaxed) >= QUEUE {
        executors.waiting.fetch_sub(1, Ordering::Relaxed);
        return Err(overloaded());
    }
    let permit = tokio::time::timeout(shared.settings.operation_time, executors.running.acquire()).await;
    executors.waiting.fetch_sub(1, Ordering::Relaxed);
    let Ok(Ok(_permit)) = permit else { return Err(overloaded()) };
    let app: Arc<App> = shared.app.clone();
    let budget = app.budget();
    let flag = budget.cancel_handle();
    let mut task = tokio::task::spawn_blocking(move || app.execute(&request, &budget));
    let joined = match tokio::time::timeout(shared.settings.operation_time, &mut task).await {
        Ok(joined) => joined,
        Err(_) => {
            flag.store(true, Ordering::Relaxed);
            task.await // every loop looks at the flag: this is soon
        }
    };
    joined.map_err(|e| {
        tracing::error!(error = %e, "an operation panicked");
        fault(
            StatusCode::INTERNAL_SERVER_ERROR,
            Code::Internal,
            "the operation failed for a reason of ours; it has been logged",
        )
    })
}
