//! How a page asks: a GraphQL document through the server's own executors, with the limits of any client. The
//! answer keeps its question, so that what a page shows as its query is what it asked.

use std::ops::Index;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value as Json};

use super::Visit;
use crate::graphql::{Code, Outcome, Request};
use crate::http::executors::NotRun;
use crate::http::graphql_route::execute;

/// What was asked, and the `data` that came back.
pub(super) struct Answer {
    /// The document.
    pub(super) query: String,
    /// Its variables, by name.
    pub(super) variables: Map<String, Json>,
    data: Json,
}

/// A field of the answer's `data`; null where there is none.
impl Index<&str> for Answer {
    type Output = Json;

    fn index(&self, field: &str) -> &Json {
        &self.data[field]
    }
}

impl Visit {
    /// Asks. `variables` is an object; those that are null are left out.
    ///
    /// # Errors
    /// The page that tells why there is no answer: a wrong value in the address, or a server with too
    /// much to do.
    pub(super) async fn ask(&self, query: &str, variables: Json) -> Result<Answer, Response> {
        let request = request(query, variables);
        let (query, variables) = (request.query.clone(), request.variables.clone());
        let (outcome, mut body) = match execute(&self.shared, request).await {
            Ok(answer) => (answer.outcome, serde_json::from_slice::<Json>(&answer.body).unwrap_or_default()),
            Err(NotRun::Panicked) => {
                return Err(self.failed(StatusCode::INTERNAL_SERVER_ERROR, &NotRun::Panicked.to_string()));
            }
            Err(not_run) => return Err(self.failed(StatusCode::SERVICE_UNAVAILABLE, &not_run.to_string())),
        };
        match (outcome, body["errors"][0]["message"].as_str()) {
            (Outcome::TimedOut, _) => {
                Err(self.failed(StatusCode::SERVICE_UNAVAILABLE, &NotRun::Overdue.to_string()))
            }
            (_, Some(message)) => {
                let later = body["errors"][0]["extensions"]["code"] == Code::Overloaded.text();
                let status = if later { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::BAD_REQUEST };
                Err(self.failed(status, message))
            }
            _ => Ok(Answer { query, variables, data: body["data"].take() }),
        }
    }

    fn failed(&self, status: StatusCode, why: &str) -> Response {
        self.refuse(status, self.text.say("failed.title"), why)
    }
}

impl Answer {
    /// All of it.
    pub(super) fn data(&self) -> &Json {
        &self.data
    }
}

/// What a page asks: `variables` is an object; those that are null are left out.
pub(super) fn request(query: &str, variables: Json) -> Request {
    let mut variables = match variables {
        Json::Object(variables) => variables,
        _ => Map::new(),
    };
    variables.retain(|_, value| !value.is_null());
    Request { query: query.trim().to_owned(), variables, read_only: true, ..Request::default() }
}

/// The text of a field; empty where there is none.
pub(super) fn words(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

/// The items of a list; nothing where there is none.
pub(super) fn items(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], Vec::as_slice)
}

/// A count; 0 where there is none.
pub(super) fn number(json: &Json) -> u64 {
    json.as_u64().unwrap_or_default()
}
