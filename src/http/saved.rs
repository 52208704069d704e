//! `/q/<name>`: a saved query as a plain link. Its parameters are those of the address, and its
//! answer is JSON, or a page where the client would rather have one; `/q/<name>.json` and `.html` say which.
//! `/q/<name>.csv` is the answer as a table, and `/q/<name>.` with the name of any format what it speaks of.

use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::export::{self, Asked, What};
use super::front::{encode, page_of};
use super::graphql_route::execute;
use super::negotiate::{list, prefers_html};
use super::{PUBLIC, SITE_CSP, Shared, document, not_modified, refusal, refusal_to_run, shorten};
use crate::app::export::{FORMATS, Format, Options};
use crate::graphql::{self, Code, GraphqlError, Outcome, Parameter, SavedQuery};
use crate::ontology::suggest;

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

    fn liked(headers: &HeaderMap) -> Form {
        if prefers_html(list(headers, header::ACCEPT).as_deref()) { Form::Page } else { Form::Json }
    }
}

/// The questions there are.
pub(super) async fn index(State(shared): State<Shared>, headers: HeaderMap) -> Response {
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
        Form::Page => index_page(saved.values()),
    };
    let mut response = document(&headers, form.content_type(), SITE_CSP, body);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
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
        Some(ending) => return written(&shared, query, ending, asked, &request).await,
    };
    let etag = etag(&shared, query, asked, if form == Form::Json { "json" } else { "html" });
    if not_modified(headers, &etag) {
        return sent(StatusCode::NOT_MODIFIED, form, String::new(), Some(&etag));
    }
    let given: Vec<(String, String)> = url::form_urlencoded::parse(asked.as_bytes()).into_owned().collect();
    let variables = match query.variables(&given) {
        Ok(variables) => variables,
        Err(errors) => return refused(query, &given, form, &errors),
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
        Form::Page => page(query, &given, asked, &serde_json::from_str(&text).unwrap_or_default()),
    };
    sent(status, form, body, whole.then_some(etag.as_str()))
}

/// What the answer speaks of, in a format of other tools.
async fn written(
    shared: &Shared,
    query: &SavedQuery,
    format: &str,
    asked: &str,
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
    let mut given: Vec<(String, String)> =
        url::form_urlencoded::parse(asked.as_bytes()).into_owned().collect();
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
        Err(errors) => return refused(query, &given, Form::Json, &errors),
    };
    let etag = etag(shared, query, asked, format.name);
    let asked =
        graphql::Request { query: query.text.clone(), variables, read_only: true, ..Default::default() };
    let asked = Asked { format, what: What::Answer(query.title.clone(), asked), options };
    export::send(shared, &request.method, &request.headers, &etag, &query.name, asked).await
}

fn refused(query: &SavedQuery, given: &[(String, String)], form: Form, errors: &[GraphqlError]) -> Response {
    let errors = json!({ "errors": errors.iter().map(GraphqlError::to_json).collect::<Vec<_>>() });
    let body = match form {
        Form::Json => errors.to_string(),
        Form::Page => page(query, given, "", &errors),
    };
    sent(StatusCode::BAD_REQUEST, form, body, None)
}

fn sent(status: StatusCode, form: Form, body: String, etag: Option<&str>) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, Some(form.content_type())),
        (header::CONTENT_SECURITY_POLICY, Some(SITE_CSP)),
        (header::VARY, Some("Accept, Accept-Encoding")),
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

// -- pages -------------------------------------------------------------------------------------

fn index_page<'a>(all: impl Iterator<Item = &'a SavedQuery>) -> String {
    page_of(
        "Questions · Throughline",
        &html! {
            header {
                p class="mark" { a href="/" { "Throughline" } }
                h1 { "Questions with an address" }
                p class="lead" { "Each answers as a page here, and as JSON to programs. Parameters stand in the address: a link can be shared." }
            }
            ul class="questions" {
                @for query in all { li { a href={ "/q/" (query.name) } { (query.title) } } }
            }
        },
    )
}

fn page(query: &SavedQuery, given: &[(String, String)], asked: &str, answer: &Json) -> String {
    let value = |name: &str| {
        let of_name = given.iter().filter(|(key, _)| key == name).map(|(_, text)| text.as_str());
        let texts: Vec<&str> = of_name.collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    };
    let mark = if asked.is_empty() { "" } else { "?" };
    page_of(
        &format!("{} · Throughline", query.title),
        &html! {
            header {
                p class="mark" { a href="/" { "Throughline" } " · " a href="/q" { "Questions" } }
                h1 { (query.title) }
                @if !query.description.is_empty() { p class="lead" { (prose(&query.description)) } }
            }
            @if !query.parameters.is_empty() {
                form method="get" action={ "/q/" (query.name) } class="parameters" {
                    @for parameter in &query.parameters {
                        @let id = format!("p-{}", parameter.name);
                        @let stands = value(&parameter.name);
                        div {
                            label for=(id) { (words(&parameter.name)) @if parameter.list { span class="note" { " (several, with commas between)" } } }
                            @if parameter.words.is_empty() || parameter.list {
                                input id=(id) name=(parameter.name) value=[stands] placeholder=[parameter.default.as_deref()] required[parameter.required];
                            } @else {
                                select id=(id) name=(parameter.name) {
                                    option value="" { (parameter.default.as_deref().unwrap_or("any")) }
                                    @for word in &parameter.words {
                                        option value=(word) selected[stands.as_ref() == Some(word)] { (word) }
                                    }
                                }
                            }
                        }
                    }
                    button class="button" type="submit" { "Ask" }
                }
            }
            @for error in answer["errors"].as_array().into_iter().flatten() {
                p class="fault" role="alert" { (error["message"].as_str().unwrap_or_default()) }
            }
            @if !answer["data"].is_null() {
                section class="answer" aria-labelledby="answer" {
                    h2 id="answer" { "Answer" }
                    (shown("", &answer["data"]))
                }
            }
            section aria-labelledby="question" {
                h2 id="question" { "The query behind it" }
                p {
                    a href={ "/q/" (query.name) ".json" (mark) (asked) } { "The answer as JSON" } " · "
                    @if answer["errors"].is_null() {
                        a href={ "/q/" (query.name) ".csv" (mark) (asked) } { "as a table" } " · "
                        a href={ "/q/" (query.name) ".ro-crate" (mark) (asked) } { "with all it rests on, to cite" } " · "
                    }
                    a href={ "/graphiql?query=" (encode(&query.text)) } { "Change it in GraphiQL" }
                }
                details { summary { "GraphQL" } pre tabindex="0" { code { (query.text) } } }
            }
        },
    )
}

/// A piece of an answer: an object begins with its name or sentence, then tells its facts in a row, its
/// quote, and what is within it one step in.
fn shown(key: &str, value: &Json) -> Markup {
    html! {
        @match value {
            Json::Array(items) if items.is_empty() => { p class="facts" { "none recorded" } }
            Json::Array(items) if items.iter().all(|item| !item.is_object()) => {
                p class="facts" { @for (at, item) in items.iter().enumerate() { @if at > 0 { "; " } (told_in_row(key, item)) } }
            }
            Json::Array(items) => { ul { @for item in items { li { (shown(key, item)) } } } }
            Json::Object(fields) => {
                @let facts: Vec<_> = fields.iter().filter(|(key, value)| is_fact(key, value)).collect();
                @for (key, value) in fields.iter().filter(|(key, _)| LEADS.contains(&key.as_str())) {
                    p { strong { (told_in_row(key, value)) } }
                }
                @if !facts.is_empty() {
                    p class="facts" {
                        @for (at, (key, value)) in facts.iter().enumerate() {
                            @if at > 0 { " · " }
                            @if !TELLING.contains(&key.as_str()) { (words(key)) ": " }
                            (told_in_row(key, value))
                        }
                    }
                }
                @for (_, value) in fields.iter().filter(|(key, value)| *key == "quote" && value.is_string()) {
                    blockquote { (value.as_str().unwrap_or_default()) }
                }
                @for (key, value) in fields.iter().filter(|(_, value)| value.is_object() || value.is_array()) {
                    @if SILENT.contains(&key.as_str()) { (shown(key, value)) }
                    @else { div class="within" { p class="term" { (words(key)) } (shown(key, value)) } }
                }
            }
            other => { p { (told_in_row(key, other)) } }
        }
    }
}

/// Fields that say what an object is.
const LEADS: &[&str] = &["name", "sentence"];
/// Fields whose name tells a reader nothing that the value does not.
const SILENT: &[&str] = &["edges", "nodes", "node", "link", "entity", "links", "kind", "property"];
/// Fields whose value needs no name.
const TELLING: &[&str] = &["id", "edtf", "basis", "url", "href", "completeness", "absence", "grade"];

/// Whether a field is told in the row of an object's facts.
fn is_fact(key: &str, value: &Json) -> bool {
    match value {
        Json::Object(_) | Json::Array(_) => false,
        Json::Null => !SILENT.contains(&key),
        _ => key != "quote" && !LEADS.contains(&key),
    }
}

fn told_in_row(key: &str, value: &Json) -> Markup {
    html! {
        @match (key, value) {
            (_, Json::Null) => { "not stated" }
            (_, Json::Bool(truth)) => { (if *truth { "yes" } else { "no" }) }
            ("completeness", Json::String(word)) if word == "NOT_STATED" => { "not stated whether there are more" }
            ("completeness", Json::String(word)) if word == "AT_LEAST" => { "at least these" }
            ("completeness", Json::String(_)) => { "these are all" }
            ("absence", Json::String(word)) if word == "NOT_STATED" => { "nothing is said: there may be some" }
            ("absence", Json::String(_)) => { "a source says that there is none" }
            ("id", Json::String(id)) => { code { (id) } }
            (_, Json::String(text)) if text.starts_with("https://") || text.starts_with("http://") => {
                a href=(text) rel="noreferrer" { (text) }
            }
            (_, Json::String(text)) if is_word(text) => { (text.to_lowercase().replace('_', " ")) }
            (_, Json::String(text)) => { (text) }
            (_, other) => { (other) }
        }
    }
}

/// Whether a text is a word of an enum.
fn is_word(text: &str) -> bool {
    text.len() > 3 && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

/// Prose in which names of the API stand between backticks.
fn prose(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A name of the API as words.
fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}
