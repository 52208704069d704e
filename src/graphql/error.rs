//! The closed list of error codes that `extensions.code` may have, and what carries them.

use serde_json::{Map, Value as Json, json};

use crate::query::Exhausted;
use crate::query::page::BadCursor;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal,)*) => {
        /// What sort of fault an error is. Clients may rely on the texts; new ones may come.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[doc = $doc])* $name,)* }

        impl Code {
            /// Every code with its text and what it means.
            pub const ALL: &'static [(Code, &'static str, &'static str)] =
                &[$((Code::$name, $text, concat!($($doc),*)),)*];
        }
    };
}
codes! {
    /// The request is no GraphQL request: malformed JSON, wrong types of its parameters, no query.
    BadRequest = "BAD_REQUEST",
    /// No document of that hash is known here: send its text with the hash.
    PersistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND",
    /// Persisted queries of another version than 1.
    PersistedQueryNotSupported = "PERSISTED_QUERY_NOT_SUPPORTED",
    /// The document does not parse.
    ParseFailed = "GRAPHQL_PARSE_FAILED",
    /// The document does not fit the schema.
    ValidationFailed = "GRAPHQL_VALIDATION_FAILED",
    /// `operationName` picks no operation, or several are there and none is picked.
    OperationResolution = "OPERATION_RESOLUTION_FAILURE",
    /// A variable's value does not fit its type.
    BadVariable = "BAD_VARIABLE",
    /// An argument has a value that its type allows and its meaning does not.
    BadArgument = "BAD_ARGUMENT",
    /// A cursor that is none, or of another list.
    BadCursor = "BAD_CURSOR",
    /// The document or what it asks for is larger than a limit.
    LimitExceeded = "LIMIT_EXCEEDED",
    /// The operation was stopped at its deadline.
    Timeout = "TIMEOUT",
    /// The server has as much to do as it takes on; come back.
    Overloaded = "OVERLOADED",
    /// The client has asked more in a while than it may; `Retry-After` says when to come back.
    RateLimited = "RATE_LIMITED",
    /// The body is larger than a limit.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE",
    /// The body is of a media type that is not taken.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE",
    /// No media type that the client accepts can be given.
    NotAcceptable = "NOT_ACCEPTABLE",
    /// The method is not taken here, or not for this operation.
    MethodNotAllowed = "METHOD_NOT_ALLOWED",
    /// No version of that name is kept.
    VersionNotFound = "VERSION_NOT_FOUND",
    /// The caller is not known.
    Unauthenticated = "UNAUTHENTICATED",
    /// The caller may not do this.
    Forbidden = "FORBIDDEN",
    /// The document is none of those that this server executes.
    NotAllowed = "OPERATION_NOT_ALLOWED",
    /// Nothing can be changed here, or not any more.
    ReadOnly = "READ_ONLY",
    /// There is nothing at this address.
    NotFound = "NOT_FOUND",
    /// The request names a host that this server is not.
    Misdirected = "MISDIRECTED",
    /// Our fault.
    Internal = "INTERNAL",
}

impl Code {
    /// The text in `extensions.code`.
    pub fn text(self) -> &'static str {
        Self::ALL.iter().find(|(code, ..)| *code == self).map_or("INTERNAL", |(_, text, _)| text)
    }
}

/// An error as a client sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphqlError {
    /// Of what sort.
    pub code: Code,
    /// Who, what, where and the way out.
    pub message: String,
    /// (line, column) in the document, from 1.
    pub locations: Vec<(usize, usize)>,
    /// Response keys and list positions; empty for request errors.
    pub path: Vec<Json>,
    /// More for `extensions`, such as the limit and the size asked.
    pub details: Vec<(String, Json)>,
}

impl GraphqlError {
    /// An error without a place.
    pub fn new(code: Code, message: impl Into<String>) -> GraphqlError {
        GraphqlError {
            code,
            message: message.into(),
            locations: Vec::new(),
            path: Vec::new(),
            details: Vec::new(),
        }
    }

    /// The same with a place in the document.
    pub fn at(mut self, line: usize, column: usize) -> GraphqlError {
        self.locations.push((line, column));
        self
    }

    /// A limit that was passed: its name, how much was asked, how much is allowed, what to change.
    pub fn limit(name: &str, asked: u64, allowed: u64, help: &str) -> GraphqlError {
        let message = format!("the limit on {name} is {allowed}, and this asks for {asked}; {help}");
        let mut error = GraphqlError::new(Code::LimitExceeded, message);
        // The marks are for those who read the message.
        let limit = json!({"name": name.replace('`', ""), "asked": asked, "allowed": allowed});
        error.details.push(("limit".to_owned(), limit));
        error
    }

    /// As in section 7.1.2 of the GraphQL specification.
    pub fn to_json(&self) -> Json {
        let mut map = Map::new();
        map.insert("message".into(), json!(self.message));
        if !self.locations.is_empty() {
            let locations =
                self.locations.iter().map(|(line, column)| json!({"line": line, "column": column}));
            map.insert("locations".into(), locations.collect());
        }
        if !self.path.is_empty() {
            map.insert("path".into(), json!(self.path));
        }
        let mut extensions = Map::new();
        extensions.insert("code".into(), json!(self.code.text()));
        extensions.extend(self.details.clone());
        map.insert("extensions".into(), Json::Object(extensions));
        Json::Object(map)
    }
}

impl From<BadCursor> for GraphqlError {
    fn from(error: BadCursor) -> GraphqlError {
        GraphqlError::new(Code::BadCursor, error.to_string())
    }
}

impl From<BadCursor> for Box<GraphqlError> {
    fn from(error: BadCursor) -> Box<GraphqlError> {
        Box::new(error.into())
    }
}

impl From<Exhausted> for Box<GraphqlError> {
    fn from(error: Exhausted) -> Box<GraphqlError> {
        Box::new(error.into())
    }
}

impl From<Exhausted> for GraphqlError {
    fn from(error: Exhausted) -> GraphqlError {
        let code = match error {
            Exhausted::Steps => Code::LimitExceeded,
            Exhausted::Cancelled => Code::Timeout,
        };
        GraphqlError::new(code, format!("{error}; ask for less, or for pages of it"))
    }
}
