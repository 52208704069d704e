//! Room 6: GraphQL. The ontology is declared as a schema, requests are guarded, validated,
//! weighed and executed, and what comes back are bytes with an outcome that a transport can
//! turn into a status.

pub mod arguments;
pub mod cost;
pub mod declare;
pub mod error;
pub mod guard;
pub mod resolvers;
mod slow;

use std::sync::Arc;

use apollo_compiler::ast::Document;
use apollo_compiler::executable::Operation;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::DiagnosticList;
use serde_json::{Map, Value as Json, json};

pub use error::{Code, GraphqlError};
pub use guard::Limits;

use crate::graph::Graph;
use crate::ontology::Ontology;
use crate::query::Budget;
use resolvers::Context;

/// Errors that one answer lists; a document with more has one cause.
const ERRORS_SHOWN: usize = 20;

/// One request, already parsed from its transport.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The document.
    pub query: String,
    /// Which operation, where there are several.
    pub operation_name: Option<String>,
    /// By name, as JSON.
    pub variables: Map<String, Json>,
    /// `{"cost": true}` asks for the cost in the answer's `extensions`.
    pub extensions: Map<String, Json>,
    /// Whether the transport promises to change nothing: mutations are refused.
    pub read_only: bool,
}

/// How a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It never began: there is no `data`.
    RequestError,
    /// It asked for a change over a transport that promises none.
    MutationRefused,
    /// It ran; `data` may be null, and there may be errors.
    Executed,
    /// It was stopped at its deadline.
    TimedOut,
}

/// An answer: the JSON bytes and how it went.
#[derive(Clone, Debug)]
pub struct Response {
    /// How it went.
    pub outcome: Outcome,
    /// The whole answer, UTF-8 JSON.
    pub body: Vec<u8>,
}

impl Response {
    /// An answer with one error and no data.
    pub fn request_error(code: Code, message: impl Into<String>) -> Response {
        Response::refused(Outcome::RequestError, &[GraphqlError::new(code, message)])
    }

    fn refused(outcome: Outcome, errors: &[GraphqlError]) -> Response {
        let body = json!({"errors": errors_json(errors)}).to_string().into_bytes();
        Response { outcome, body }
    }
}

fn errors_json(errors: &[GraphqlError]) -> Vec<Json> {
    errors.iter().take(ERRORS_SHOWN).map(GraphqlError::to_json).collect()
}

/// The API of one ontology: executes requests over whichever graph it is given.
pub struct Api {
    declaration: declare::Declaration,
    slow: async_graphql::dynamic::Schema,
    limits: Limits,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Api {
    /// Declares the API of `ontology`.
    ///
    /// # Errors
    /// Where names of the ontology meet names of the API.
    pub fn new(ontology: &Ontology, limits: Limits) -> Result<Api, String> {
        let declaration = declare::declare(ontology)?;
        let slow = slow::build(&declaration.schema, ontology)?;
        Ok(Api { declaration, slow, limits })
    }

    /// The schema as SDL, every element described.
    pub fn sdl(&self) -> &str {
        &self.declaration.sdl
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The schema, for whoever walks it.
    pub fn schema(&self) -> &apollo_compiler::Schema {
        &self.declaration.schema
    }

    /// Executes one request over one graph: guard, parse, validation, variables, cost, and only
    /// then the fields. Blocking, and bound to the CPU.
    pub fn execute(&self, graph: &Arc<Graph>, request: &Request, budget: &Arc<Budget>) -> Response {
        match self.prepare(graph, request) {
            Ok(prepared) => self.run(graph, request, budget, prepared),
            Err(Refusal { outcome, errors }) => Response::refused(outcome, &errors),
        }
    }

    fn prepare(&self, graph: &Graph, request: &Request) -> Result<Prepared, Refusal> {
        guard::measure(&request.query, &self.limits)?;
        let document = Document::parser()
            .recursion_limit(self.limits.nesting * 4)
            .token_limit(self.limits.tokens * 4)
            .parse_ast(request.query.as_str(), "query")
            .map_err(|e| diagnostics(Code::ParseFailed, &e.errors))?;
        guard::unfold(&document, &self.limits)?;
        let schema = &self.declaration.schema;
        let document = document
            .to_executable_validate(schema)
            .map_err(|e| diagnostics(Code::ValidationFailed, &e.errors))?;
        let operation = document.operations.get(request.operation_name.as_deref()).map_err(|_| {
            let names: Vec<&str> = document.operations.named.keys().map(|n| n.as_str()).collect();
            let message = match &request.operation_name {
                Some(name) => {
                    format!("there is no operation `{name}` in the document; it has {}", names.join(", "))
                }
                None => format!(
                    "the document has several operations; name one in `operationName`: {}",
                    names.join(", ")
                ),
            };
            GraphqlError::new(Code::OperationResolution, message)
        })?;
        if request.read_only && operation.is_mutation() {
            let error =
                GraphqlError::new(Code::MethodNotAllowed, "GET changes nothing; send a mutation by POST");
            return Err(Refusal { outcome: Outcome::MutationRefused, errors: vec![error] });
        }
        let given: JsonMap = serde_json::from_value(Json::Object(request.variables.clone()))
            .map_err(|e| GraphqlError::new(Code::BadVariable, e.to_string()))?;
        let variables = coerce_variable_values(schema, operation, &given).map_err(|e| {
            let graphql = e.to_graphql_error(&document.sources);
            let mut error = GraphqlError::new(Code::BadVariable, graphql.message);
            error.locations = graphql.locations.iter().map(|l| (l.line, l.column)).collect();
            error
        })?;
        cost::check_one_of(schema, &document, operation, &variables)
            .map_err(|message| GraphqlError::new(Code::ValidationFailed, message))?;
        let cost = cost::cost(schema, &document, operation, &variables, graph);
        if cost > self.limits.cost {
            let help = "ask for smaller pages with `first`, or for fewer lists within lists";
            return Err(GraphqlError::limit("nodes in one answer", cost, self.limits.cost, help).into());
        }
        let variables = serde_json::to_value(&*variables).unwrap_or_default();
        Ok(Prepared { variables, cost, name: operation_name(operation) })
    }

    fn run(
        &self,
        graph: &Arc<Graph>,
        request: &Request,
        budget: &Arc<Budget>,
        prepared: Prepared,
    ) -> Response {
        let context = Context { graph: graph.clone(), budget: budget.clone() };
        let Prepared { variables, cost, name } = prepared;
        let (data, errors) = slow::execute(&self.slow, context, &request.query, name.as_deref(), variables);
        if budget.is_cancelled() {
            let error = GraphqlError::new(
                Code::Timeout,
                "the operation took longer than it may; ask for less, or for pages of it",
            );
            return Response::refused(Outcome::TimedOut, &[error]);
        }
        let Some(data) = data else {
            return Response::refused(Outcome::RequestError, &errors);
        };
        let mut body = Vec::with_capacity(data.len() + 64);
        body.push(b'{');
        if !errors.is_empty() {
            body.extend_from_slice(b"\"errors\":");
            body.extend_from_slice(Json::Array(errors_json(&errors)).to_string().as_bytes());
            body.push(b',');
        }
        body.extend_from_slice(b"\"data\":");
        body.extend_from_slice(&data);
        if request.extensions.get("cost") == Some(&Json::Bool(true)) {
            let extensions = json!({"cost": {"nodes": cost, "limit": self.limits.cost}, "version": graph.version().to_string()});
            body.extend_from_slice(format!(",\"extensions\":{extensions}").as_bytes());
        }
        body.push(b'}');
        Response { outcome: Outcome::Executed, body }
    }
}

fn operation_name(operation: &Operation) -> Option<String> {
    operation.name.as_ref().map(|n| n.to_string())
}

/// What a request has become once it may run.
struct Prepared {
    variables: Json,
    cost: u64,
    name: Option<String>,
}

/// Why it may not.
struct Refusal {
    outcome: Outcome,
    errors: Vec<GraphqlError>,
}

impl From<GraphqlError> for Refusal {
    fn from(error: GraphqlError) -> Refusal {
        Refusal { outcome: Outcome::RequestError, errors: vec![error] }
    }
}

/// apollo-compiler's diagnostics, each with its place.
fn diagnostics(code: Code, list: &DiagnosticList) -> Refusal {
    let errors = list
        .iter()
        .map(|diagnostic| {
            let mut error = GraphqlError::new(code, diagnostic.error.to_string());
            if let Some(range) = diagnostic.line_column_range() {
                error.locations.push((range.start.line, range.start.column));
            }
            error
        })
        .collect();
    Refusal { outcome: Outcome::RequestError, errors }
}
