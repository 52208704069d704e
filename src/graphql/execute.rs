//! Our own execution: synchronous, over one view, JSON bytes written straight into the answer.
//! Functions carry the names of section 6 of the GraphQL specification
//! (<https://spec.graphql.org/September2025/#sec-Execution>); CollectFields and
//! CoerceArgumentValues stand in [`plan`](super::plan), where they are done ahead. What could not
//! be written is rolled back to a mark when null propagates.

use std::rc::Rc;
use std::sync::atomic::Ordering;

use serde_json::{Map, Value as Json};

use super::ahead;
use super::arguments::Arguments;
use super::error::{Code, GraphqlError};
use super::mutations::perform;
use super::plan::{ExecutionPlan, Field, Fields, Planner, Shape, What};
use super::resolvers::{Context, DateOf, Field as Answer, List, Object, Resolved, date_at};

/// Errors kept of one answer: more than are listed, so that the rest is counted up to here.
const ERRORS_KEPT: usize = 1_000;

/// Bytes an answer begins with room for, at least and at most.
const FIRST_BYTES: usize = 1 << 10;
const MOST_BYTES: usize = 1 << 20;

/// A null that has to go to the parent: the position is non-null.
struct Propagated;
type Written = Result<(), Propagated>;

/// One execution of one operation.
#[derive(Clone, Copy)]
pub(super) struct Execution<'a> {
    /// The schema and document it was planned from.
    pub(super) planner: Planner<'a>,
    /// What is to be answered.
    pub(super) plan: &'a ExecutionPlan,
    /// Coerced.
    pub(super) variables: &'a Map<String, Json>,
    /// What the fields read.
    pub(super) context: &'a Context,
    /// Answers to `__schema` and `__type`, by response key.
    pub(super) introspection: &'a Map<String, Json>,
    /// Bytes `data` may have.
    pub(super) answer_bytes: usize,
}

impl<'a> Execution<'a> {
    /// ExecuteQuery: `data` as JSON bytes behind `lead` (`null` where null went all the way up), and
    /// the errors.
    pub(super) fn execute_query(&self, lead: &[u8]) -> (Vec<u8>, Vec<GraphqlError>) {
        let bytes = self.plan.bytes.load(Ordering::Relaxed);
        let mut out = Vec::with_capacity((bytes + bytes / 8).clamp(FIRST_BYTES, MOST_BYTES));
        out.extend_from_slice(lead);
        let (path, bound) = (Vec::new(), Vec::new());
        let mut run =
            Run { of: self, out, errors: Vec::new(), path, bound, steps: 0, looking: true, full: false };
        if run.execute_selection_set(&self.plan.root, &Object::Query).is_err() {
            run.out.truncate(lead.len());
            run.out.extend_from_slice(b"null");
        }
        self.plan.bytes.store(run.out.len(), Ordering::Relaxed);
        (run.out, run.errors)
    }
}

impl<'a> Execution<'a> {
    /// ExecuteMutation: its root fields one after the other, each answered from the version that it made.
    pub(super) fn execute_mutation(&self, lead: &[u8]) -> (Vec<u8>, Vec<GraphqlError>) {
        let mut out = lead.to_vec();
        let mut errors = Vec::new();
        let mut graph = self.context.graph.clone();
        out.push(b'{');
        for (i, field) in self.plan.root.fields.iter().enumerate() {
            out.extend_from_slice(&field.lead[usize::from(i == 0)..]);
            let mut context = Context { graph: graph.clone(), ..self.context.clone() };
            let done = match &field.what {
                What::Answer(Answer::Mutation(mutation)) => {
                    let arguments = field.coerce_argument_values(self.planner.schema, self.variables);
                    arguments.and_then(|arguments| perform(&context, *mutation, &arguments))
                }
                What::TypeName => {
                    write_plain(&mut out, &self.plan.root.type_name);
                    continue;
                }
                _ => {
                    Err(GraphqlError::new(Code::Internal, "a field that changes nothing among those that do"))
                }
            };
            if let Ok((after, _)) = &done {
                graph = after.clone();
                context.graph = after.clone();
            }
            let execution = Execution { context: &context, ..*self };
            let of_field;
            (out, of_field) = execution.execute_root_field(out, field, done.map(|(_, resolved)| resolved));
            errors.extend(of_field);
        }
        out.push(b'}');
        (out, errors)
    }

    /// ExecuteSubscriptionEvent: the one root field, answered with what the event is.
    pub(super) fn execute_event(&self, lead: &[u8], event: Resolved<'_>) -> (Vec<u8>, Vec<GraphqlError>) {
        let mut out = lead.to_vec();
        out.push(b'{');
        let mut errors = Vec::new();
        let mut event = Some(event);
        for (i, field) in self.plan.root.fields.iter().enumerate() {
            out.extend_from_slice(&field.lead[usize::from(i == 0)..]);
            let none = || GraphqlError::new(Code::Internal, "an event answers one field");
            let of_field;
            (out, of_field) = self.execute_root_field(out, field, event.take().ok_or_else(none));
            errors.extend(of_field);
        }
        out.push(b'}');
        (out, errors)
    }

    /// Writes what a root field came to. What happened has happened: an answer that cannot be written is null, and
    /// the rest stands.
    fn execute_root_field(
        &self,
        out: Vec<u8>,
        field: &'a Field,
        done: Result<Resolved<'_>, GraphqlError>,
    ) -> (Vec<u8>, Vec<GraphqlError>) {
        let (path, bound) = (vec![Step::Key(&field.key)], Vec::new());
        let mark = out.len();
        let mut run =
            Run { of: self, out, errors: Vec::new(), path, bound, steps: 0, looking: true, full: false };
        let written = match done {
            Ok(resolved) => run.complete_value(&field.shape, field, resolved),
            Err(error) => {
                run.error(error, field);
                Err(Propagated)
            }
        };
        if written.is_err() {
            run.out.truncate(mark);
            run.out.extend_from_slice(b"null");
        }
        (run.out, run.errors)
    }
}

/// Fields between two looks at the budget and the length of the answer.
const STRIDE: u64 = 32;

/// The arguments of a field under this request's variables.
type Bound = Result<Rc<Arguments>, Box<GraphqlError>>;

/// Where the execution is.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

struct Run<'a> {
    of: &'a Execution<'a>,
    out: Vec<u8>,
    errors: Vec<GraphqlError>,
    path: Vec<Step<'a>>,
    /// Arguments that variables had a part in, by field, each coerced once.
    bound: Vec<(*const Field, Bound)>,
    /// Fields since the last look at the budget.
    steps: u64,
    /// Whether it is worth looking ahead: not below what has been seen already.
    looking: bool,
    /// Whether the answer has grown beyond its limit: nothing is written any more.
    full: bool,
}

impl<'a> Run<'a> {
    fn execute_selection_set(&mut self, selected: &'a Fields, object: &Object) -> Written {
        self.out.push(b'{');
        let graph = &*self.of.context.graph;
        let entity = if let Object::Entity(ix) = object { Some(graph.entity(*ix)) } else { None };
        for (i, field) in selected.fields.iter().enumerate() {
            self.out.extend_from_slice(&field.lead[usize::from(i == 0)..]);
            match &field.what {
                What::Answer(answer) => self.execute_field(object, field, answer)?,
                What::Id => write_plain(&mut self.out, entity.map_or("", |e| e.id())),
                What::Name => match entity {
                    Some(entity) if entity.has_plain_name() => write_plain(&mut self.out, entity.name()),
                    _ => write_text(&mut self.out, entity.map_or("", |e| e.name())),
                },
                What::Date(answer, _) => self.execute_field(object, field, answer)?,
                What::TypeName => write_plain(&mut self.out, &selected.type_name),
                What::Introspection => {
                    let answer = self.of.introspection.get(field.key.as_str());
                    self.write_json(answer.unwrap_or(&Json::Null));
                }
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    fn execute_field(&mut self, object: &Object, field: &'a Field, answer: &Answer) -> Written {
        let mark = self.out.len();
        let resolved = match self.resolve_field_value(object, field, answer) {
            // What most fields are: nothing can go wrong with them any more.
            Ok(Resolved::Plain(text)) => {
                write_plain(&mut self.out, text);
                return Ok(());
            }
            Ok(Resolved::Object(Object::FuzzyDate(of))) => match self.write_date(field, of) {
                true => return Ok(()),
                false => Ok(Resolved::Object(Object::FuzzyDate(of))),
            },
            resolved => resolved,
        };
        self.path.push(Step::Key(&field.key));
        let written = match resolved {
            Ok(resolved) => self.complete_value(&field.shape, field, resolved),
            Err(error) => {
                self.error(*error, field);
                Err(Propagated)
            }
        };
        self.path.pop();
        self.settle(written, &field.shape, mark)
    }

    /// Null where the type allows it, else the parent's problem.
    fn settle(&mut self, written: Written, shape: &Shape, mark: usize) -> Written {
        match written {
            Err(Propagated) if !shape.non_null && !self.full => {
                self.out.truncate(mark);
                self.out.extend_from_slice(b"null");
                Ok(())
            }
            other => other,
        }
    }

    /// Writes a date of which only texts are asked that need no escaping. Whether it was one.
    fn write_date(&mut self, field: &'a Field, of: DateOf) -> bool {
        let Execution { planner, plan, context, .. } = *self.of;
        let Some(selected) = plan.below(planner, field, &Object::FuzzyDate(of), &context.graph) else {
            return false;
        };
        let Some(date) = date_at(context, of) else { return false };
        let mark = self.out.len();
        self.out.push(b'{');
        for (i, field) in selected.fields.iter().enumerate() {
            match &field.what {
                What::Date(_, read) if let Resolved::Plain(text) = read(date) => {
                    self.out.extend_from_slice(&field.lead[usize::from(i == 0)..]);
                    write_plain(&mut self.out, text);
                }
                _ => {
                    self.out.truncate(mark);
                    return false;
                }
            }
        }
        self.out.push(b'}');
        self.steps += selected.fields.len() as u64;
        true
    }

    fn resolve_field_value<'o>(
        &mut self,
        object: &'o Object,
        field: &'a Field,
        answer: &Answer,
    ) -> Result<Resolved<'o>, Box<GraphqlError>>
    where
        'a: 'o,
    {
        let context = self.of.context;
        self.steps += 1;
        if self.steps >= STRIDE {
            context.budget.spend(STRIDE)?;
            self.steps = 0;
            if self.out.len() > self.of.answer_bytes {
                self.full = true;
                let (bytes, most) = (self.out.len() as u64, self.of.answer_bytes as u64);
                let help = "ask for smaller pages or fewer fields";
                return Err(GraphqlError::limit("bytes of one answer", bytes, most, help).into());
            }
        }
        match field.fixed_arguments() {
            Some(arguments) => answer.resolve(context, object, arguments),
            None => {
                let arguments = self.arguments(field)?;
                answer.resolve(context, object, &arguments)
            }
        }
    }

    /// The arguments of a field that takes variables, coerced when first asked.
    fn arguments(&mut self, field: &'a Field) -> Bound {
        if let Some((_, bound)) = self.bound.iter().find(|(of, _)| std::ptr::eq(*of, field)) {
            return bound.clone();
        }
        let arguments = field.coerce_argument_values(self.of.planner.schema, self.of.variables);
        let bound = arguments.map(Rc::new).map_err(Box::new);
        self.bound.push((field, bound.clone()));
        bound
    }

    fn complete_value(&mut self, shape: &Shape, field: &'a Field, resolved: Resolved<'_>) -> Written {
        match resolved {
            Resolved::Text(text) => write_text(&mut self.out, text),
            Resolved::Plain(text) => write_plain(&mut self.out, text),
            Resolved::Made(text) => write_text(&mut self.out, &text),
            Resolved::Int(number) => self.write_json(&Json::from(number)),
            Resolved::Float(number) => self.write_json(&Json::from(number)),
            Resolved::Boolean(truth) => self.write_json(&Json::from(truth)),
            Resolved::Object(object) => return self.complete_object(field, &object),
            Resolved::Null if shape.non_null => {
                let what = "there is no value where there must be one";
                self.error(GraphqlError::new(Code::Internal, what), field);
                return Err(Propagated);
            }
            Resolved::Null => self.out.extend_from_slice(b"null"),
            Resolved::List(items) => {
                let Some(inner) = &shape.items else {
                    self.error(GraphqlError::new(Code::Internal, "a list where one value belongs"), field);
                    return Err(Propagated);
                };
                let looked = self.look_ahead(field, &items);
                self.out.push(b'[');
                for i in 0..items.len() {
                    if i > 0 {
                        self.out.push(b',');
                    }
                    self.path.push(Step::Index(i));
                    let mark = self.out.len();
                    let written = self.complete_value(inner, field, items.get(self.of.context, i));
                    let written = self.settle(written, inner, mark);
                    self.path.pop();
                    written?;
                }
                self.out.push(b']');
                if looked {
                    self.looking = true;
                }
            }
        }
        Ok(())
    }

    /// Looks ahead where a list of entities begins; whether everything below has been seen.
    fn look_ahead(&mut self, field: &'a Field, items: &List<'_>) -> bool {
        if !self.looking || items.len() < 2 {
            return false;
        }
        let Execution { planner, plan, context, .. } = *self.of;
        let field = match items {
            List::Edges(_) => match ahead::node_of(planner, plan, context, field) {
                Some(node) => node,
                None => return false,
            },
            _ => field,
        };
        let entities = (0..items.len()).filter_map(|at| items.entity(&context.graph, at));
        self.looking = !ahead::look(planner, plan, context, field, entities);
        !self.looking
    }

    fn complete_object(&mut self, field: &'a Field, object: &Object) -> Written {
        match self.of.plan.below(self.of.planner, field, object, &self.of.context.graph) {
            Some(selected) => self.execute_selection_set(selected, object),
            None => {
                self.error(GraphqlError::new(Code::Internal, "an object of no type"), field);
                Err(Propagated)
            }
        }
    }

    fn error(&mut self, mut error: GraphqlError, field: &Field) {
        if self.errors.len() >= ERRORS_KEPT {
            return;
        }
        let step = |step: &Step<'_>| match step {
            Step::Key(key) => Json::from(*key),
            Step::Index(at) => Json::from(*at),
        };
        error.path = self.path.iter().map(step).collect();
        let sources = &self.of.planner.document.sources;
        if let Some(at) = field.nodes[0].location().and_then(|span| span.line_column(sources)) {
            error.locations.push((at.line, at.column));
        }
        self.errors.push(error);
    }

    fn write_json(&mut self, value: &Json) {
        // Writing into memory fails only for maps with keys that are no text; JSON has none.
        let _ = serde_json::to_writer(&mut self.out, value);
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    // Writing into memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

/// Text in which nothing is to be escaped.
fn write_plain(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}
