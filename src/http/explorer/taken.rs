//! `?format=`: what a page shows, for other tools: its drawing, the answer it is made of, or what that answer
//! speaks of in any format that takes a part of the graph.

use axum::body::to_bytes;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::ask::Answer;
use super::{CSP, Page, Visit};
use crate::app::export::{Format, Options};
use crate::graphql::Request;
use crate::http::export::{self, Asked, What};
use crate::http::{document, shorten};

/// Bytes that a page shows of what it gives to others.
const SHOWN_BYTES: usize = 1 << 20;

impl Visit {
    /// Links to this page in other formats.
    pub(super) fn formats<'a>(&self, names: &[&'a str]) -> Vec<(&'a str, String)> {
        names.iter().map(|name| (*name, self.here(&[("format", Some(name))]))).collect()
    }

    /// The page in that format.
    pub(super) async fn taken(&self, format: &str, page: &Page<'_>) -> Response {
        if let Some(drawing) = page.drawing.filter(|_| format == "svg") {
            return document(&self.headers, "image/svg+xml", CSP, drawing.file(self));
        }
        let Some(answer) = page.answers.first() else { return self.no_format(format) };
        match Format::named(format) {
            _ if format == "json" => {
                let body = json!({ "data": answer.data() }).to_string();
                document(&self.headers, "application/json; charset=utf-8", CSP, body)
            }
            Some(format) if format.takes_selection() => self.written(format, page.title, answer).await,
            _ => self.no_format(format),
        }
    }

    async fn written(&self, format: &'static Format, title: &str, answer: &Answer) -> Response {
        let (query, variables) = (answer.query.clone(), answer.variables.clone());
        let request = Request { query, variables, read_only: true, ..Request::default() };
        let asked = Asked {
            format,
            what: What::Answer(title.to_owned(), Box::new(request)),
            options: Options::default(),
        };
        let etag = export::etag(&self.shared, format, &self.here(&[]));
        export::send(&self.shared, &Method::GET, &self.headers, &etag, "throughline", asked).await
    }

    /// What a page gives to others in a format of text, to be shown on it.
    ///
    /// # Errors
    /// The answer that tells why there is none, or that it is too long to be shown.
    pub(super) async fn text_of(
        &self,
        format: &str,
        title: &str,
        answer: &Answer,
    ) -> Result<String, Response> {
        let Some(format) = Format::named(format) else { return Err(self.no_format(format)) };
        let response = self.written(format, title, answer).await;
        if response.status() != StatusCode::OK {
            return Err(response);
        }
        let bytes = to_bytes(response.into_body(), SHOWN_BYTES).await;
        let bytes = bytes.map_err(|_| self.no_format(format.name))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn no_format(&self, format: &str) -> Response {
        let why = self.text.tell("format.none", &[("format", &shorten(format))]);
        self.refuse(StatusCode::BAD_REQUEST, self.text.say("failed.title"), &why)
    }
}
