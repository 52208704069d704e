//! `/q/<name>`: a saved query as a plain link. Its parameters are those of the address, and its
//! answer is JSON, or a page where the client would rather have one; `/q/<name>.json` and `.html` say which.
//! `/q/<name>.csv` is the answer as a table, and `/q/<name>.` with the name of any format what it speaks of.

use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::explorer::{self, Visit};
use super::export::{self, Asked, What};
use super::graphql_route::execute;
use super::negotiate::{list, prefers_html};
use super::{PUBLIC, SITE_CSP, Shared, document, not_modified, refusal, refusal_to_run, shorten};
use crate::app::export::{FORMATS, Format, Options};
use crate::graphql::{self, Code, GraphqlError, Outcome, Parameter, SavedQuery};
use crate::ontology::suggest;

/// What an answer depends on beside its address.
const VARY: &str = "Accept, Accept-Encoding, Accept-Language";

/// What an answer is given as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Page,
}

impl Form {
    fn content_type(self) -> &'static str {
        match self {
            Form::Json => "application/json; charset=utf-8",
            Form::Page => "text/html; charset=utf-8",
        }
    }

    fn policy(self) -> &'static str {
        match self {
            Form::Json => SITE_CSP,
            Form::Page => explorer::CSP,
        }
    }

    fn liked(headers: &HeaderMap) -> Form {
        if prefers_html(list(headers, header::ACCEPT).as_deref()) { Form::Page } else { Form::Json }
    }
}

/// The questions there are.
pub(super) async fn index(visit: Visit, State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let form = Form::liked(&headers);
    let saved = shared.app.saved();
    let body = match form {
        Form::Json => {
            let of = |query: &SavedQuery| {
                json!({
                    "name": query.name, "title": query.title, "description": query.description,
                    "parameters": query.parameters.iter().map(told).collect::<Vec<_>>(),
                })
            };
            json!({ "queries": saved.values().map(of).collect::<Vec<_>>() }).to_string()
        }
        Form::Page => visit.questions(saved.values()),
    };
    let mut response = document(&headers, form.content_type(), form.policy(), body);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static(VARY));
    response
}

fn told(parameter: &Parameter) -> Json {
    json!({
        "name": parameter.name, "type": parameter.of, "default": parameter.default,
        "required": parameter.required, "words": parameter.words,
    })
}

/// The answer to one of them.
pub(super) async fn answer(
    visit: Visit,
    State(shared): State<Shared>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (request, _) = request.into_parts();
    let headers = &request.headers;
    let (name, ending) = name.split_once('.').map_or((name.as_str(), None), |(name, e)| (name, Some(e)));
    let saved = shared.app.saved();
    let Some(query) = saved.get(name) else {
        let name = shorten(name);
        let way = suggest(&name, saved.keys().map(String::as_str).collect::<Vec<_>>());
        let message = format!("there is no question `{name}`; {way}. /q lists them");
        return refusal(StatusCode::NOT_FOUND, Code::NotFound, &message);
    };
    let asked = request.uri.query().unwrap_or_default();
    let form = match ending {
        None => Form::liked(headers),
        Some("json") => Form::Json,
        Some("html") => Form::Page,
        Some(ending) => return written(&visit, &shared, query, ending, &request).await,
    };
    let etag = etag(&shared, query, asked, if form == Form::Json { "json" } else { visit.language() });
    if not_modified(headers, &etag) {
        return sent(StatusCode::NOT_MODIFIED, form, String::new(), Some(&etag));
    }
    let variables = match query.variables(&given(query, asked)) {
        Ok(variables) => variables,
        Err(errors) => return refused(&visit, query, form, &errors),
    };
    let request =
        graphql::Request { query: query.text.clone(), variables, read_only: true, ..Default::default() };
    let answer = match execute(&shared, request).await {
        Ok(answer) => answer,
        Err(not_run) => return refusal_to_run(not_run),
    };
    let status = match answer.outcome {
        Outcome::Executed => StatusCode::OK,
        Outcome::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
        Outcome::RequestError | Outcome::MutationRefused => StatusCode::BAD_REQUEST,
    };
    let whole = status == StatusCode::OK && !answer.body.starts_with(b"{\"errors\"");
    let text = String::from_utf8(answer.body).unwrap_or_default();
    let body = match form {
        Form::Json => text,
        Form::Page => visit.question(query, asked, &serde_json::from_str(&text).unwrap_or_default()),
    };
    sent(status, form, body, whole.then_some(etag.as_str()))
}

/// What the answer speaks of, in a format of other tools.
async fn written(
    visit: &Visit,
    shared: &Shared,
    query: &SavedQuery,
    format: &str,
    request: &Parts,
) -> Response {
    let fits = |format: &&Format| format.takes_selection() || format.needs_answer();
    let Some(format) = Format::named(format).filter(fits) else {
        let names: Vec<&str> = FORMATS.iter().filter(fits).map(|format| format.name).collect();
        let message = format!(
            "there is no format `{}` of answers; there are json, html, {}",
            shorten(format),
            names.join(", ")
        );
        return refusal(StatusCode::NOT_FOUND, Code::NotFound, &message);
    };
    let mut options = Options::default();
    let asked = request.uri.query().unwrap_or_default();
    let mut given = given(query, asked);
    // Where the question has no such parameter, it is the table's.
    let is_own = |name: &str| query.parameters.iter().any(|parameter| parameter.name == name);
    given.retain(|(name, value)| match name.as_str() {
        "bom" if !is_own(name) => {
            options.bom = value == "true";
            false
        }
        _ => true,
    });
    let variables = match query.variables(&given) {
        Ok(variables) => variables,
        Err(errors) => return refused(visit, query, Form::Json, &errors),
    };
    let etag = etag(shared, query, asked, format.name);
    let asked =
        graphql::Request { query: query.text.clone(), variables, read_only: true, ..Default::default() };
    let asked = Asked { format, what: What::Answer(query.title.clone(), Box::new(asked)), options };
    export::send(shared, &request.method, &request.headers, &etag, &query.name, asked).await
}

/// What an address gives the parameters of a question; those of all pages are none of its own.
fn given(query: &SavedQuery, asked: &str) -> Vec<(String, String)> {
    let is_own = |name: &str| query.parameters.iter().any(|parameter| parameter.name == name);
    let all = url::form_urlencoded::parse(asked.as_bytes()).into_owned();
    all.filter(|(name, _)| is_own(name) || !["lang", "v"].contains(&name.as_str())).collect()
}

fn refused(visit: &Visit, query: &SavedQuery, form: Form, errors: &[GraphqlError]) -> Response {
    let errors = json!({ "errors": errors.iter().map(GraphqlError::to_json).collect::<Vec<_>>() });
    let body = match form {
        Form::Json => errors.to_string(),
        Form::Page => visit.question(query, "", &errors),
    };
    sent(StatusCode::BAD_REQUEST, form, body, None)
}

fn sent(status: StatusCode, form: Form, body: String, etag: Option<&str>) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, Some(form.content_type())),
        (header::CONTENT_SECURITY_POLICY, Some(form.policy())),
        (header::VARY, Some(VARY)),
        (header::ETAG, etag),
        (header::CACHE_CONTROL, etag.map(|_| PUBLIC)),
    ] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
    response
}

/// What an answer follows from: data, program, question, parameters and form.
fn etag(shared: &Shared, query: &SavedQuery, asked: &str, form: &str) -> String {
    let mut hash = Sha256::new();
    [&query.text, asked].iter().for_each(|part| {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    });
    let hash = data_encoding::HEXLOWER.encode(&hash.finalize()[..6]);
    format!("W/\"{}-{}-{hash}-q-{form}\"", shared.app.version(), env!("CARGO_PKG_VERSION"))
}
