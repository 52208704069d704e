//! `/changes.atom`: what was changed, as a feed for people (RFC 4287), made of the answer to a query that any client
//! may ask.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::graphql_route::execute;
use super::{SITE_CSP, Shared, access, document, layers, refusal, refusal_to_run};
use crate::app::export::escaped;
use crate::graphql::{self, Code, Outcome};

/// Entries of a feed: a reader that comes once a day misses nothing of a busy one.
const ENTRIES: usize = 50;

/// What the feed asks.
const QUERY: &str = "query Feed($id: ID, $first: Int!) { ontology { title iri } version { label }
  history(id: $id, first: $first) { sequence at by reason changeCount changes { words ids } } }";

/// About what.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    id: Option<String>,
}

/// The feed.
pub(super) async fn changes(
    State(shared): State<Shared>,
    Query(Asked { id }): Query<Asked>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let variables = Map::from_iter([("id".to_owned(), json!(id)), ("first".to_owned(), json!(ENTRIES))]);
    let asking = access::asking(request.extensions());
    let asked = graphql::Request {
        query: QUERY.to_owned(),
        variables,
        asking,
        read_only: true,
        ..Default::default()
    };
    let answer = match execute(&shared, asked).await {
        Ok(answer) if answer.outcome == Outcome::Executed => answer,
        Ok(_) => {
            return refusal(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, "the history cannot be told");
        }
        Err(not_run) => return refusal_to_run(not_run),
    };
    let answer: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
    let host = layers::host(&headers).unwrap_or("localhost");
    document(
        &headers,
        "application/atom+xml; charset=utf-8",
        SITE_CSP,
        feed(&answer["data"], host, id.as_deref()),
    )
}

fn feed(data: &Json, host: &str, id: Option<&str>) -> String {
    fn text(json: &Json) -> Cow<'_, str> {
        escaped(json.as_str().unwrap_or_default())
    }
    let query: String = id
        .map(|id| format!("?id={}", url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>()))
        .unwrap_or_default();
    let entries = data["history"].as_array().map_or(&[][..], Vec::as_slice);
    let (title, iri) = (text(&data["ontology"]["title"]), text(&data["ontology"]["iri"]));
    let about = id.map(|id| format!(": {}", escaped(id))).unwrap_or_default();
    // A feed with no entries was changed when time began, as far as it knows.
    let updated = entries.first().map_or("1970-01-01T00:00:00Z".into(), |entry| text(&entry["at"]));
    let (host, query) = (escaped(host), escaped(&query));
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<title>{title}{about}: changes</title>\n<id>{iri}changes{query}</id>\n<updated>{updated}</updated>\n<link rel=\"self\" href=\"http://{host}/changes.atom{query}\"/>\n<link rel=\"alternate\" href=\"http://{host}/\"/>\n"
    );
    for entry in entries {
        let sequence = &entry["sequence"];
        let changes = entry["changes"].as_array().map_or(&[][..], Vec::as_slice);
        let words: Vec<&str> = changes.iter().filter_map(|change| change["words"].as_str()).collect();
        let title = match (words.first(), words.len()) {
            (Some(first), 1) => escaped(first).into_owned(),
            (Some(first), n) => format!("{} and {} more", escaped(first), n - 1),
            (None, _) => format!("version {sequence}"),
        };
        let who = entry["by"].as_str().map_or("unknown".into(), escaped);
        let reason =
            entry["reason"].as_str().map(|reason| format!("{}\n", escaped(reason))).unwrap_or_default();
        let first_id =
            changes.first().and_then(|change| change["ids"][0].as_str()).map(escaped).unwrap_or_default();
        let page = if first_id.starts_with("link/") {
            format!("/{first_id}")
        } else {
            format!("/entity/{first_id}")
        };
        // Writing into memory does not fail.
        let _ = write!(
            out,
            "<entry>\n<title>{title}</title>\n<id>{iri}changes/{sequence}</id>\n<updated>{}</updated>\n<author><name>{who}</name></author>\n<link href=\"http://{host}{page}\"/>\n<content type=\"text\">{reason}{}</content>\n</entry>\n",
            text(&entry["at"]),
            escaped(&words.join("\n"))
        );
    }
    out.push_str("</feed>\n");
    out
}
