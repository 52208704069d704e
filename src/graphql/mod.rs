//! Room 6: GraphQL. The ontology is declared as a schema, requests are guarded, validated,
//! weighed and executed, and what comes back are bytes with an outcome that a transport can
//! turn into a status.

mod ahead;
mod answers;
pub mod arguments;
pub mod caller;
#[cfg_attr(feature = "conformance", path = "conformance/enabled.rs")]
#[cfg_attr(not(feature = "conformance"), path = "conformance/disabled.rs")]
pub mod conformance;
pub mod cost;
pub mod declare;
mod documents;
pub mod drafts;
pub mod error;
mod execute;
mod filters;
mod found;
mod groups;
pub mod guard;
pub mod ledger;
mod lists;
mod mentions;
pub mod mutations;
mod nodes;
mod nulls;
pub(crate) mod past;
mod persisted;
mod plan;
mod records;
pub mod resolvers;
pub mod saved;
mod sides;
mod slow;
pub mod subscribe;
mod support;
mod walks;
mod whole;

use std::sync::{Arc, LazyLock, OnceLock, RwLock};

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, OperationDefinition, OperationType, Selection};
use apollo_compiler::collections::HashMap;
use apollo_compiler::diagnostic::Diagnostic;
use apollo_compiler::executable::Operation;
use apollo_compiler::introspection::partial_execute;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::response::JsonMap;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::schema::Implementers;
use apollo_compiler::validation::{DiagnosticData, DiagnosticList, Valid};
use regex::Regex;
use serde_json::{Map, Value as Json, json};

pub use caller::{Caller, Scope};
pub use error::{Code, GraphqlError};
pub use guard::Limits;
pub use ledger::{Asking, Ledger};
pub use saved::{Parameter, SavedQuery};

use crate::graph::{DataVersion, Graph};
use crate::ontology::{Fault, Ontology, nearest, upper_snake};
use crate::query::Budget;
use answers::Answers;
use cost::Formula;
use documents::{Checked, Documents, Prepared};
use execute::Execution;
use plan::{Planner, Types};
use resolvers::Context;

/// Errors that one answer lists one by one; the last entry counts the rest.
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
    /// Who asks, as far as the transport knows, and when.
    pub asking: Asking,
    /// Which version is asked, by its number or label; the newest if none is named here or by `@asOf`.
    pub as_of: Option<String>,
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
    /// Whether it was asked to change something: such an answer is given once.
    pub changes: bool,
    /// Nodes that it could have held, by static cost; 0 where it never began, or was known.
    pub cost: u64,
}

impl Response {
    /// An answer with one error and no data.
    pub fn request_error(code: Code, message: impl Into<String>) -> Response {
        Response::refused(Outcome::RequestError, &[GraphqlError::new(code, message)])
    }

    fn refused(outcome: Outcome, errors: &[GraphqlError]) -> Response {
        let body = json!({"errors": errors_json(errors)}).to_string().into_bytes();
        Response { outcome, body, changes: false, cost: 0 }
    }
}

fn errors_json(errors: &[GraphqlError]) -> Vec<Json> {
    let mut shown: Vec<Json> = errors.iter().take(ERRORS_SHOWN).map(GraphqlError::to_json).collect();
    if errors.len() > ERRORS_SHOWN {
        let message = format!("and {} more errors, not listed", errors.len() - ERRORS_SHOWN);
        shown.push(GraphqlError::new(Code::LimitExceeded, message).to_json());
    }
    shown
}

/// The API of one ontology: executes requests over whichever graph it is given.
pub struct Api {
    declaration: declare::Declaration,
    types: Types,
    documents: Documents,
    answers: Answers,
    widths: guard::Widths,
    /// Built when first asked: only the newest introspection, and tests against it, need it.
    slow: OnceLock<async_graphql::dynamic::Schema>,
    ontology: Arc<Ontology>,
    limits: Limits,
    implementers: HashMap<Name, Implementers>,
    kept: Arc<whole::Kept>,
    ledger: Option<Arc<dyn Ledger>>,
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
    pub fn new(ontology: &Arc<Ontology>, limits: Limits) -> Result<Api, String> {
        let declaration = declare::declare(ontology)?;
        let types = Types::new(&declaration.schema, ontology)?;
        let widths = guard::Widths::new(&declaration.schema);
        let implementers = declaration.schema.implementers_map();
        let ontology = ontology.clone();
        let documents = Documents::new(limits.cache_bytes);
        let answers = Answers::new(limits.answer_cache_bytes);
        let slow = OnceLock::new();
        let kept = Arc::new(whole::Kept::new(limits.index_at_once));
        let ledger = None;
        Ok(Api {
            declaration,
            types,
            documents,
            answers,
            widths,
            slow,
            ontology,
            limits,
            implementers,
            kept,
            ledger,
        })
    }

    /// The same API over a graph that can be changed and has a past.
    pub fn with_ledger(self, ledger: Arc<dyn Ledger>) -> Api {
        Api { ledger: Some(ledger), ..self }
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

    /// A saved query of this API.
    ///
    /// # Errors
    /// As for [`SavedQuery::read`].
    pub fn saved(&self, name: &str, file: &str, text: &str) -> Result<SavedQuery, Vec<Fault>> {
        SavedQuery::read(&self.declaration.schema, name, file, text)
    }

    /// Whether a document fits the schema.
    pub fn accepts(&self, query: &str) -> bool {
        let schema = &self.declaration.schema;
        let document =
            Document::parse(query, "query").ok().and_then(|d| d.to_executable_validate(schema).ok());
        document.is_some_and(|document| {
            document.operations.iter().all(|operation| {
                let switches = plan::switches(&document, operation);
                nulls::check_defaults(schema, &document, operation, &switches).is_ok()
            })
        })
    }

    /// Executes a request, and tells what the answer speaks of: the ids of nodes and links, each once, in
    /// order. The answer is the same as by [`Api::execute`], parsed; the ids are asked beside it, and cost.
    pub fn execute_and_name(
        &self,
        graph: &Arc<Graph>,
        request: &Request,
        budget: &Arc<Budget>,
    ) -> (Outcome, Json, Vec<String>) {
        let asking = mentions::asking(&self.declaration.schema, &request.query);
        let query = asking.unwrap_or_else(|| request.query.clone());
        let response = self.execute(graph, &Request { query, ..request.clone() }, budget);
        let mut answer = serde_json::from_slice(&response.body).unwrap_or_default();
        let named = mentions::mentioned(&mut answer);
        (response.outcome, answer, named)
    }

    /// async-graphql's schema over the same resolvers.
    pub fn slow_schema(&self) -> &async_graphql::dynamic::Schema {
        self.slow.get_or_init(|| {
            #[expect(clippy::panic, reason = "every field has an answer since `new`; every test builds it")]
            slow::build(&self.declaration.schema, &self.ontology).unwrap_or_else(|e| panic!("{e}"))
        })
    }

    /// Executes one request over one graph: guard, parse, validation, variables, cost, and only
    /// then the fields. A document that has been asked before is only executed, and one that is asked
    /// by its hash need not be sent. Blocking, and bound to the CPU.
    pub fn execute(&self, graph: &Arc<Graph>, request: &Request, budget: &Arc<Budget>) -> Response {
        let (named, hash) = match self.named(request) {
            Ok(named) => named,
            Err(error) => return Response::refused(Outcome::RequestError, &[error]),
        };
        let request = named.as_ref().unwrap_or(request);
        let revision = self.ledger.as_ref().map_or(0, |ledger| ledger.revision());
        let key = self.answers.key(request, graph, revision);
        if let Some(body) = key.as_ref().and_then(|key| self.answers.get(key)) {
            return Response { outcome: Outcome::Executed, body, changes: false, cost: 0 };
        }
        let response = self.along(Road::Own, graph, request, budget);
        if let Some(hash) = hash
            && self.documents.get(&request.query).is_some()
        {
            self.documents.name(hash, &request.query);
        }
        if let Some(key) = key
            && response.outcome == Outcome::Executed
            && !response.changes
            && response.body.starts_with(DATA)
        {
            self.answers.keep(key, &response.body);
        }
        response
    }

    /// The request with the text that its hash names, where it has only the hash; and the hash under
    /// which its text is to be known, where it has both.
    fn named(&self, request: &Request) -> Result<(Option<Request>, Option<[u8; 32]>), GraphqlError> {
        match persisted::hash(&request.extensions)? {
            None => Ok((None, None)),
            Some(hash) if request.query.is_empty() => {
                let text = self.documents.named(&hash).ok_or_else(persisted::not_found)?;
                Ok((Some(Request { query: text.to_string(), ..request.clone() }), None))
            }
            Some(hash) => {
                persisted::check(&hash, &request.query)?;
                Ok((None, Some(hash)))
            }
        }
    }

    /// The same, where it takes at most `steps` and nothing of unknown length: a document that has been
    /// checked before, and no walks. None where it takes more; nothing is lost by asking.
    pub fn execute_briefly(&self, graph: &Arc<Graph>, request: &Request, steps: u64) -> Option<Response> {
        if !request.query.is_empty() {
            self.documents.get(&request.query)?;
        }
        let budget = Arc::new(Budget::brief(steps));
        let response = self.execute(graph, request, &budget);
        (!budget.is_exceeded()).then_some(response)
    }

    /// The same by async-graphql's resolvers: slower, with the faults that DESIGN.md lists; what
    /// our own execution is compared with.
    pub fn execute_slowly(&self, graph: &Arc<Graph>, request: &Request, budget: &Arc<Budget>) -> Response {
        self.along(Road::Slow, graph, request, budget)
    }

    fn along(&self, road: Road, graph: &Arc<Graph>, request: &Request, budget: &Arc<Budget>) -> Response {
        let context = self.context(graph, &request.asking, budget);
        let done = self.answer(road, &context, request);
        match done {
            // What was changed is changed, however late it is: it must not be told otherwise.
            ref late if budget.is_cancelled() && !late.as_ref().is_ok_and(|answered| answered.changes) => {
                let message = "the operation took longer than it may; ask for less, or for pages of it";
                Response::refused(Outcome::TimedOut, &[GraphqlError::new(Code::Timeout, message)])
            }
            Ok(Answered { body, errors, cost, changes, version }) => {
                let asked = request.extensions.get("cost") == Some(&Json::Bool(true));
                let extensions = asked.then(|| {
                    json!({
                        "cost": {"nodes": cost, "limit": self.limits.cost},
                        "version": version.to_string(),
                    })
                });
                Response {
                    outcome: Outcome::Executed,
                    body: body_of(body, &errors, extensions),
                    changes,
                    cost,
                }
            }
            Err(Refusal { outcome, errors }) => Response::refused(outcome, &errors),
        }
    }

    fn context(&self, graph: &Arc<Graph>, asking: &Asking, budget: &Arc<Budget>) -> Context {
        Context {
            graph: graph.clone(),
            budget: budget.clone(),
            page_max: self.limits.page,
            kept: self.kept.clone(),
            ledger: self.ledger.clone(),
            asking: asking.clone(),
        }
    }

    fn planner<'a>(&'a self, document: &'a Checked) -> Planner<'a> {
        Planner { schema: &self.declaration.schema, types: &self.types, document: &document.valid }
    }

    /// The static cost of an operation over a graph.
    fn weigh(&self, operation: &Prepared, variables: &Variables, graph: &Graph) -> Result<u64, Refusal> {
        let cost = operation.formula.cost(&variables.plain, graph, self.limits.page);
        if cost > self.limits.cost {
            let help = "ask for smaller pages with `first`, or for fewer lists within lists";
            return Err(GraphqlError::limit("nodes in one answer", cost, self.limits.cost, help).into());
        }
        Ok(cost)
    }

    fn answer(&self, road: Road, context: &Context, request: &Request) -> Result<Answered, Refusal> {
        let name = request.operation_name.as_deref();
        let refuse_mutation = |ty: OperationType| match ty {
            OperationType::Mutation if request.read_only => {
                let message = "GET changes nothing; send a mutation by POST";
                let errors = vec![GraphqlError::new(Code::MethodNotAllowed, message)];
                Err(Refusal { outcome: Outcome::MutationRefused, errors })
            }
            _ => Ok(()),
        };
        let document = match self.documents.get(&request.query) {
            Some(document) => document,
            None => {
                let text = guard::without_descriptions(&request.query);
                let parsed = self.parse(&text)?;
                if let Some(operation) = operation_of(&parsed, name) {
                    refuse_mutation(operation.operation_type)?;
                }
                let introspects = only_introspects(&parsed, name);
                match parsed.to_executable_validate(&self.declaration.schema) {
                    Ok(document) => self.documents.keep(&request.query, Checked::new(document)),
                    // What apollo-compiler does not know of introspection, async-graphql may.
                    Err(invalid) => {
                        let refusal = self.diagnostics(Code::ValidationFailed, &invalid.errors);
                        guard::values(&request.variables, &self.limits)?;
                        if !introspects {
                            return Err(refusal);
                        }
                        let answer = self.slowly(context, &text, name, &request.variables);
                        let (body, errors) = answer.map_err(|_| refusal)?;
                        let version = context.graph.version();
                        return Ok(Answered { body, errors, cost: 0, changes: false, version });
                    }
                }
            }
        };
        let operation = self.operation(&document, name)?;
        refuse_mutation(operation.definition.operation_type)?;
        if operation.definition.operation_type == OperationType::Subscription {
            let message = "a subscription is told as it happens: open a WebSocket (graphql-transport-ws), or accept text/event-stream or multipart/mixed;subscriptionSpec=\"1.0\"";
            return Err(GraphqlError::new(Code::BadRequest, message).into());
        }
        let variables = self.coerce(&document, &operation, &request.variables)?;
        nulls::check_switches(&operation.switches, &variables.plain)?;
        let past = self.as_of(context, request, &operation.definition, &variables.plain)?;
        let context = past.as_ref().unwrap_or(context);
        let cost = self.weigh(&operation, &variables, &context.graph)?;
        let changes = operation.definition.operation_type == OperationType::Mutation;
        let version = context.graph.version();
        let (body, errors) = match road {
            Road::Slow => {
                let text = guard::without_descriptions(&request.query);
                self.slowly(context, &text, name, &variables.plain)?
            }
            Road::Own => self.run(context, &document, &operation, &variables)?,
        };
        Ok(Answered { body, errors, cost, changes, version })
    }

    /// The same over the version that is asked for, by the request or by `@asOf`; none for the newest.
    fn as_of(
        &self,
        context: &Context,
        request: &Request,
        operation: &Operation,
        variables: &Map<String, Json>,
    ) -> Result<Option<Context>, Refusal> {
        let directive =
            operation.directives.get("asOf").and_then(|d| d.specified_argument_by_name("version"));
        let by_document = directive.and_then(|value| plan::value(value, variables));
        let named = by_document.map(|value| arguments::text(&value)).or_else(|| request.as_of.clone());
        let Some(named) = named else { return Ok(None) };
        if operation.operation_type == OperationType::Mutation {
            let message = "the past cannot be changed; leave the version out";
            return Err(GraphqlError::new(Code::BadRequest, message).into());
        }
        let Some(ledger) = &self.ledger else {
            let message = "this instance has no history; a server has one";
            return Err(GraphqlError::new(Code::VersionNotFound, message).into());
        };
        if past::sequence_of(&named)? != context.graph.version().sequence {
            // Making it may take long.
            context.budget.begin_walk().map_err(GraphqlError::from)?;
        }
        let graph = past::view(&**ledger, &named)?;
        Ok(Some(Context { graph, ..context.clone() }))
    }

    fn parse(&self, text: &str) -> Result<Document, Refusal> {
        if text.trim().is_empty() {
            return Err(GraphqlError::new(
                Code::ParseFailed,
                "the query is empty; write for example { version { label } }",
            )
            .into());
        }
        guard::measure(text, &self.limits)?;
        let document = Document::parser()
            .recursion_limit(self.limits.nesting as usize * 4)
            .token_limit(self.limits.tokens as usize * 4)
            .parse_ast(text, "query")
            .map_err(|e| self.diagnostics(Code::ParseFailed, &e.errors))?;
        guard::unfold(&document, &self.limits, &self.widths)?;
        Ok(document)
    }

    /// apollo-compiler's diagnostics, each with its place, and with what was meant where something
    /// near exists.
    fn diagnostics(&self, code: Code, list: &DiagnosticList) -> Refusal {
        let error = |diagnostic: Diagnostic<'_, DiagnosticData>| {
            let message = diagnostic.error.to_string();
            let meant = self.meant(&message).map(|near| format!("; did you mean `{near}`?"));
            let mut error = GraphqlError::new(code, message + &meant.unwrap_or_default());
            if let Some(range) = diagnostic.line_column_range() {
                error.locations.push((range.start.line, range.start.column));
            }
            error
        };
        Refusal { outcome: Outcome::RequestError, errors: list.iter().map(error).collect() }
    }

    /// The field or enum value nearest to the one that a message says is not there.
    fn meant(&self, message: &str) -> Option<String> {
        let schema = &self.declaration.schema;
        if let Some(names) = NO_FIELD.captures(message) {
            let fields: Vec<&str> = match schema.types.get(&names[1])? {
                ExtendedType::Object(ty) => ty.fields.keys().map(|f| f.as_str()).collect(),
                ExtendedType::Interface(ty) => ty.fields.keys().map(|f| f.as_str()).collect(),
                _ => return None,
            };
            return nearest(&names[2], fields).map(str::to_owned);
        }
        let names = NO_VALUE.captures(message)?;
        let values: Vec<&str> = match schema.types.get(&names[2])? {
            ExtendedType::Enum(ty) => ty.values.keys().map(|v| v.as_str()).collect(),
            ExtendedType::InputObject(ty) => ty.fields.keys().map(|f| f.as_str()).collect(),
            _ => return None,
        };
        let upper = upper_snake(&names[1]);
        let same = values.iter().find(|v| **v == upper).copied();
        same.or_else(|| nearest(&names[1], values)).map(str::to_owned)
    }

    /// The operation that a request picks, ready to be planned.
    fn operation(&self, document: &Checked, name: Option<&str>) -> Result<Arc<Prepared>, Refusal> {
        let valid = &document.valid;
        let definition = valid.operations.get(name).map_err(|_| {
            let names: Vec<&str> = valid.operations.named.keys().map(|n| n.as_str()).collect();
            let unnamed = names.is_empty();
            let names = names.join(", ");
            let message = match name {
                Some(name) if unnamed => format!(
                    "there is no operation `{name}` in the document: its only one has no name; leave `operationName` out"
                ),
                Some(name) => format!("there is no operation `{name}` in the document; it has {names}"),
                None => format!("the document has several operations; name one in `operationName`: {names}"),
            };
            GraphqlError::new(Code::OperationResolution, message)
        })?;
        let schema = &self.declaration.schema;
        let prepared = document.prepared(definition, || {
            let switches = plan::switches(valid, definition);
            nulls::check_defaults(schema, valid, definition, &switches)?;
            Ok(Prepared {
                definition: definition.clone(),
                introspection: plan::introspection(valid, definition),
                formula: Formula::new(schema, valid, definition, &self.ontology),
                switches,
                one_of: cost::has_one_of(schema, valid, definition),
                planned: self.documents.planned(),
                plans: RwLock::default(),
            })
        });
        Ok(prepared?)
    }

    /// CoerceVariableValues.
    fn coerce(
        &self,
        document: &Checked,
        operation: &Prepared,
        given: &Map<String, Json>,
    ) -> Result<Variables, Refusal> {
        let schema = &self.declaration.schema;
        let definition = &operation.definition;
        if definition.variables.is_empty() && !operation.one_of {
            return Ok(Variables { plain: Map::new(), coerced: None });
        }
        guard::values(given, &self.limits)?;
        let given: JsonMap = serde_json::from_value(Json::Object(given.clone()))
            .map_err(|e| GraphqlError::new(Code::BadVariable, e.to_string()))?;
        let coerced = coerce_variable_values(schema, definition, &given).map_err(|e| {
            let graphql = e.to_graphql_error(&document.valid.sources);
            let mut error = GraphqlError::new(Code::BadVariable, graphql.message);
            error.locations = graphql.locations.iter().map(|l| (l.line, l.column)).collect();
            error
        })?;
        if operation.one_of {
            cost::check_one_of(schema, &document.valid, definition, &coerced)
                .map_err(|message| GraphqlError::new(Code::ValidationFailed, message))?;
        }
        let plain = match serde_json::to_value(&*coerced) {
            Ok(Json::Object(map)) => map,
            _ => Map::new(),
        };
        Ok(Variables { plain, coerced: Some(coerced) })
    }

    fn run(
        &self,
        context: &Context,
        document: &Checked,
        operation: &Prepared,
        variables: &Variables,
    ) -> Result<Answer, Refusal> {
        let (introspection, mut errors) = match &operation.introspection {
            Some(definition) => {
                context.budget.begin_walk().map_err(GraphqlError::from)?;
                self.introspection(document, definition, variables)?
            }
            None => (Map::new(), Vec::new()),
        };
        let planner = self.planner(document);
        let Some(plan) = operation.plan(planner, &variables.plain) else {
            return Err(GraphqlError::new(Code::Internal, "an operation of no type").into());
        };
        let execution = Execution {
            planner,
            plan: &plan,
            variables: &variables.plain,
            context,
            introspection: &introspection,
            answer_bytes: self.limits.answer_bytes,
        };
        let (data, of_fields) = match operation.definition.operation_type {
            OperationType::Mutation => {
                // What may be tried and given up half-way changes nothing.
                context.budget.begin_walk().map_err(GraphqlError::from)?;
                // Nor is what is too late already begun.
                context.budget.spend(1).map_err(GraphqlError::from)?;
                execution.execute_mutation(DATA)
            }
            _ => execution.execute_query(DATA),
        };
        errors.extend(of_fields);
        Ok((data, errors))
    }

    /// `__schema` and `__type` of a document, by response key, over our own schema, and the errors.
    fn introspection(
        &self,
        document: &Checked,
        definition: &Operation,
        variables: &Variables,
    ) -> Result<(Map<String, Json>, Vec<GraphqlError>), Refusal> {
        let schema = &self.declaration.schema;
        let none = Valid::assume_valid(JsonMap::new());
        let coerced = variables.coerced.as_ref().unwrap_or(&none);
        let answer = partial_execute(schema, &self.implementers, &document.valid, definition, coerced)
            .map_err(|e| GraphqlError::new(Code::ValidationFailed, e.message().to_string()))?;
        let error = |e: &apollo_compiler::response::GraphQLError| GraphqlError {
            locations: e.locations.iter().map(|at| (at.line, at.column)).collect(),
            path: serde_json::to_value(&e.path).ok().and_then(|p| p.as_array().cloned()).unwrap_or_default(),
            ..GraphqlError::new(Code::BadVariable, e.message.clone())
        };
        let data = match serde_json::to_value(answer.data) {
            Ok(Json::Object(data)) => data,
            _ => Map::new(),
        };
        Ok((data, answer.errors.iter().map(error).collect()))
    }

    /// By async-graphql's own execution.
    fn slowly(
        &self,
        context: &Context,
        text: &str,
        name: Option<&str>,
        variables: &Map<String, Json>,
    ) -> Result<Answer, Refusal> {
        match slow::execute(self.slow_schema(), context.clone(), text, name, variables) {
            (Some(data), errors) => Ok(([DATA, &data].concat(), errors)),
            (None, errors) => Err(Refusal { outcome: Outcome::RequestError, errors }),
        }
    }
}

/// apollo-compiler's words for a field that a type does not have, and for a value that an enum or
/// input does not have; where they change, only the suggestion is lost, and a test tells.
#[expect(clippy::unwrap_used, reason = "constant patterns, compiled by every test")]
static NO_FIELD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("type `(\\w+)` does not have a field `(\\w+)`").unwrap());
#[expect(clippy::unwrap_used, reason = "constant patterns, compiled by every test")]
static NO_VALUE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("`(\\w+)` does not exist on `(\\w+)`").unwrap());

/// An operation that ran.
struct Answered {
    body: Vec<u8>,
    errors: Vec<GraphqlError>,
    cost: u64,
    changes: bool,
    /// What it read.
    version: DataVersion,
}

/// The answer up to the end of `data`, if all went well; and the errors.
type Answer = (Vec<u8>, Vec<GraphqlError>);

/// How an answer without errors begins.
const DATA: &[u8] = b"{\"data\":";

/// Who answers.
#[derive(Clone, Copy)]
enum Road {
    Own,
    Slow,
}

/// A response by section 7.1 of the specification: errors first, so that a reader sees them.
fn body_of(mut answer: Vec<u8>, errors: &[GraphqlError], extensions: Option<Json>) -> Vec<u8> {
    if !errors.is_empty() {
        let mut body = b"{\"errors\":".to_vec();
        body.extend_from_slice(Json::Array(errors_json(errors)).to_string().as_bytes());
        body.push(b',');
        body.extend_from_slice(&answer[1..]);
        answer = body;
    }
    if let Some(extensions) = extensions {
        answer.extend_from_slice(format!(",\"extensions\":{extensions}").as_bytes());
    }
    answer.push(b'}');
    answer
}

/// The operation that a request picks; none where it picks none.
fn operation_of<'d>(document: &'d Document, name: Option<&str>) -> Option<&'d OperationDefinition> {
    let mut operations = document.definitions.iter().filter_map(|d| match d {
        Definition::OperationDefinition(o) => Some(o.as_ref()),
        _ => None,
    });
    match name {
        Some(name) => operations.find(|o| o.name.as_ref().is_some_and(|n| n == name)),
        None => operations.next().filter(|_| operations.next().is_none()),
    }
}

/// Whether the operation's root fields are `__schema` and `__type` alone. The guard has found the
/// fragments free of circles.
fn only_introspects(document: &Document, name: Option<&str>) -> bool {
    fn only(document: &Document, selections: &[Selection]) -> bool {
        selections.iter().all(|selection| match selection {
            Selection::Field(field) => matches!(field.name.as_str(), "__schema" | "__type"),
            Selection::InlineFragment(fragment) => only(document, &fragment.selection_set),
            Selection::FragmentSpread(spread) => document.definitions.iter().any(|d| match d {
                Definition::FragmentDefinition(f) => {
                    f.name == spread.fragment_name && only(document, &f.selection_set)
                }
                _ => false,
            }),
        })
    }
    operation_of(document, name).is_some_and(|o| {
        o.operation_type == OperationType::Query
            && !o.selection_set.is_empty()
            && only(document, &o.selection_set)
    })
}

/// Variables after coercion.
struct Variables {
    plain: Map<String, Json>,
    /// As apollo-compiler has them; none where the operation has no variables.
    coerced: Option<Valid<JsonMap>>,
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
