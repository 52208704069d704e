//! `/reconcile`: the Reconciliation Service API 0.2 over HTTP. What it answers is made in `app`.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use serde_json::{Value as Json, json};

use super::{Shared, layers, refusal_to_run, shorten};
use crate::app::reconcile::{self as api, Wrong};
use crate::app::{App, Budget};
use crate::graphql;

/// Other people's pages show previews within theirs.
const PREVIEW_CSP: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *";

/// What stands around an entity in its preview.
const PREVIEW: &str = "query Preview($id: ID!) { node(id: $id) { id ... on Entity { name description url \
     kind { name } links(first: 4) { totalCount nodes { sentence evidence { quote source { name } } } } } } }";

/// Parameters of an address or a form, the last of a name.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(text: &[u8]) -> Parameters {
        Parameters(url::form_urlencoded::parse(text).into_owned().collect())
    }
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The manifest, a batch of queries, or an extension.
pub(super) async fn service(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let parameters = match parameters(&shared, &parts, body).await {
        Ok(parameters) => parameters,
        Err(refused) => return refused,
    };
    let text = |name: &str| parameters.get(name).map(str::to_owned);
    match (text("queries"), text("extend")) {
        (Some(queries), _) => told(&shared, move |app, budget| api::answer(app, &queries, budget)).await,
        (_, Some(extend)) => told(&shared, move |app, _| api::extend(app, &extend)).await,
        _ => {
            let base = base(&parts);
            told(&shared, move |app, _| Ok(api::manifest(app, &base))).await
        }
    }
}

async fn parameters(shared: &Shared, parts: &Parts, body: Body) -> Result<Parameters, Response> {
    if parts.method != Method::POST {
        return Ok(Parameters::read(parts.uri.query().unwrap_or_default().as_bytes()));
    }
    let limit = shared.settings.body_bytes;
    let body = to_bytes(body, limit).await;
    body.map(|body| Parameters::read(&body)).map_err(|_| {
        failed(StatusCode::PAYLOAD_TOO_LARGE, vec![format!("a batch has {limit} bytes at most")])
    })
}

/// What the client calls this server.
fn base(parts: &Parts) -> String {
    let forwarded = parts.headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    let scheme = if forwarded == Some("https") { "https" } else { "http" };
    format!("{scheme}://{}", layers::host(&parts.headers).unwrap_or("localhost:4000"))
}

/// Entities, types and properties for who types, and properties of a type.
pub(super) async fn suggest(
    State(shared): State<Shared>,
    Path(of): Path<String>,
    request: Request,
) -> Response {
    let parameters = Parameters::read(request.uri().query().unwrap_or_default().as_bytes());
    let prefix = parameters.get("prefix").unwrap_or_default().to_owned();
    let skip = parameters.get("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    match of.as_str() {
        "entity" => told(&shared, move |app, budget| api::suggest_entities(app, &prefix, skip, budget)).await,
        "type" => told(&shared, move |app, _| Ok(api::suggest_types(app, &prefix))).await,
        "property" => told(&shared, move |app, _| Ok(api::suggest_properties(app, &prefix))).await,
        other => {
            let what = format!("`{}` is not suggested; entity, type and property are", shorten(other));
            failed(StatusCode::NOT_FOUND, vec![what])
        }
    }
}

/// Properties of a type that are worth fetching.
pub(super) async fn properties(State(shared): State<Shared>, request: Request) -> Response {
    let parameters = Parameters::read(request.uri().query().unwrap_or_default().as_bytes());
    let of = parameters.get("type").unwrap_or_default().to_owned();
    let limit = parameters.get("limit").and_then(|limit| limit.parse().ok());
    told(&shared, move |app, _| api::propose(app, &of, limit)).await
}

/// An entity in a few words, as a page for frames.
pub(super) async fn preview(State(shared): State<Shared>, uri: Uri) -> Response {
    match entity(&shared, &uri).await {
        Ok(node) => {
            let page = html! {
                (DOCTYPE)
                html lang="en" {
                    head {
                        meta charset="utf-8";
                        meta name="color-scheme" content="light dark";
                        title { (node["name"].as_str().unwrap_or_default()) }
                        link rel="stylesheet" href="/assets/explorer.css";
                    }
                    body class="embed" { main { (brief(&node)) } }
                }
            };
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, PREVIEW_CSP),
            ];
            (headers, page.into_string()).into_response()
        }
        Err(refused) => refused,
    }
}

/// The same as a piece of a page, for those who put it into theirs.
pub(super) async fn flyout(State(shared): State<Shared>, uri: Uri) -> Response {
    match entity(&shared, &uri).await {
        Ok(node) => sent(StatusCode::OK, &json!({"id": node["id"], "html": brief(&node).into_string()})),
        Err(refused) => refused,
    }
}

async fn entity(shared: &Shared, uri: &Uri) -> Result<Json, Response> {
    let parameters = Parameters::read(uri.query().unwrap_or_default().as_bytes());
    let id = parameters.get("id").unwrap_or_default().to_owned();
    let variables = [("id".to_owned(), json!(id))].into_iter().collect();
    let asked =
        graphql::Request { query: PREVIEW.to_owned(), variables, read_only: true, ..Default::default() };
    let answer = super::graphql_route::execute(shared, asked).await.map_err(refusal_to_run)?;
    let mut answer: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
    let node = answer["data"]["node"].take();
    if node["name"].is_string() {
        return Ok(node);
    }
    Err(failed(StatusCode::NOT_FOUND, vec![format!("there is no entity `{}`", shorten(&id))]))
}

fn brief(node: &Json) -> Markup {
    let text = |key: &str| node[key].as_str().unwrap_or_default();
    html! {
        h1 { (text("name")) }
        p class="facts" { (node["kind"]["name"].as_str().unwrap_or_default()) " · " code { (text("id")) } }
        @if !text("description").is_empty() { p { (text("description")) } }
        @for link in node["links"]["nodes"].as_array().into_iter().flatten() {
            p { (link["sentence"].as_str().unwrap_or_default()) }
            @for piece in link["evidence"].as_array().into_iter().flatten().take(1) {
                @if let Some(quote) = piece["quote"].as_str() {
                    blockquote { (quote) " — " (piece["source"]["name"].as_str().unwrap_or_default()) }
                }
            }
        }
    }
}

/// Runs what makes an answer and sends it, or all that is wrong.
async fn told(
    shared: &Shared,
    make: impl FnOnce(&App, &Arc<Budget>) -> Result<Json, Wrong> + Send + 'static,
) -> Response {
    let (app, budget) = (shared.app.clone(), shared.app.budget());
    let stop = budget.cancel_handle();
    match shared.executors.run(shared.settings.operation_time, stop, move || make(&app, &budget)).await {
        Ok(Ok(answer)) => sent(StatusCode::OK, &answer),
        Ok(Err(wrong)) => failed(StatusCode::BAD_REQUEST, wrong),
        Err(not_run) => refusal_to_run(not_run),
    }
}

/// An error as clients of this protocol look for it.
fn failed(status: StatusCode, wrong: Wrong) -> Response {
    sent(status, &json!({"status": "error", "message": wrong.join("; "), "details": wrong}))
}

fn sent(status: StatusCode, answer: &Json) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], answer.to_string()).into_response()
}
