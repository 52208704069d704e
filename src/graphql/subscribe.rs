//! Subscriptions: an operation that is prepared once and answered for each event. Where events come from and how
//! they are carried is for others; here is what one asks for, and what one says.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::arguments::{Arguments, text};
use super::documents::{Checked, Prepared};
use super::error::{Code, GraphqlError};
use super::filters::{kind_of_word, relation_of_word};
use super::mutations::subjects;
use super::past::revision_of;
use super::records::{ANSWER_EVENT, CHANGE_EVENT, list};
use super::resolvers::{NODES_MAX, Object, Resolved};
use super::*;
use crate::graph::{Change, Owner};
use crate::store::{Batch, ids_of};

/// A subscription that can be answered.
pub struct Subscription {
    document: Arc<Checked>,
    operation: Arc<Prepared>,
    variables: Variables,
    asking: Asking,
    /// The name of its root field.
    pub field: String,
    /// What is given to it.
    pub arguments: Arguments,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("field", &self.field).finish_non_exhaustive()
    }
}

/// Which changes are asked about.
#[derive(Clone, Debug, Default)]
pub struct Interest {
    kinds: Option<Vec<String>>,
    relations: Option<Vec<String>>,
    of: Option<Vec<String>>,
}

impl Interest {
    /// The interest that the arguments of `changes` name.
    pub fn of(arguments: &Arguments, ontology: &Ontology) -> Interest {
        let words = |name: &str| -> Option<Vec<String>> {
            let all = arguments.given().get(name).filter(|value| !value.is_null())?;
            Some(arguments::items(all).iter().map(text).collect())
        };
        let kind = |word: &String| kind_of_word(ontology, word).map(|ix| ontology.kind(ix).name.clone());
        let relation =
            |word: &String| relation_of_word(ontology, word).map(|ix| ontology.relation(ix).name.clone());
        Interest {
            kinds: words("kinds").map(|all| all.iter().filter_map(kind).collect()),
            relations: words("relations").map(|all| all.iter().filter_map(relation).collect()),
            of: words("of"),
        }
    }

    /// Whether a change between two versions is one that is asked about.
    fn holds(&self, change: &Change, before: &Graph, after: &Graph) -> bool {
        let kind_of = |id: &str| {
            [after, before].into_iter().find_map(|graph| Some(graph.entity(graph.find(id)?).kind()))
        };
        let named = |id: &str| kind_of(id).map(|ix| after.ontology().kind(ix).name.clone());
        let ids = || ids_of([change], &[before, after]);
        let relation = match change {
            Change::AddLink(draft) => Some(&draft.relation),
            Change::RemoveLink { relation, .. } => Some(relation),
            _ => None,
        };
        self.relations.as_ref().is_none_or(|all| relation.is_some_and(|relation| all.contains(relation)))
            && self
                .kinds
                .as_ref()
                .is_none_or(|all| ids().iter().filter_map(|id| named(id)).any(|kind| all.contains(&kind)))
            && self.of.as_ref().is_none_or(|all| ids().iter().any(|id| all.contains(id)))
    }
}

impl Api {
    /// Prepares a subscription: everything that is refused is refused here.
    ///
    /// # Errors
    /// The answer that says what is wrong; also for what is no subscription.
    pub fn subscribe(&self, graph: &Arc<Graph>, request: &Request) -> Result<Subscription, Response> {
        self.prepare(graph, request).map_err(|refusal| Response::refused(refusal.outcome, &refusal.errors))
    }

    /// Whether a request picks a subscription; not where it cannot be read.
    pub fn is_subscription(&self, request: &Request) -> bool {
        if request.query.is_empty() {
            // By its hash alone: what it is, its text tells.
            return matches!(self.named(request), Ok((Some(named), _)) if self.is_subscription(&named));
        }
        // Most documents have no such word.
        if !request.query.contains("subscription") {
            return false;
        }
        let name = request.operation_name.as_deref();
        if let Some(document) = self.documents.get(&request.query) {
            return document.valid.operations.get(name).is_ok_and(|operation| operation.is_subscription());
        }
        let text = guard::without_descriptions(&request.query);
        guard::measure(&text, &self.limits).is_ok()
            && Document::parse(&*text, "query").is_ok_and(|document| {
                operation_of(&document, name)
                    .is_some_and(|operation| operation.operation_type == OperationType::Subscription)
            })
    }

    fn prepare(&self, graph: &Arc<Graph>, request: &Request) -> Result<Subscription, Refusal> {
        let (named, name) = self.named(request)?;
        let request = named.as_ref().unwrap_or(request);
        let document = match self.documents.get(&request.query) {
            Some(document) => document,
            None => {
                let parsed = self.parse(&guard::without_descriptions(&request.query))?;
                let valid = parsed
                    .to_executable_validate(&self.declaration.schema)
                    .map_err(|invalid| self.diagnostics(Code::ValidationFailed, &invalid.errors))?;
                self.documents.keep(&request.query, Checked::new(valid))
            }
        };
        if let Some(hash) = name {
            self.documents.name(hash, &request.query);
        }
        let operation = self.operation(&document, request.operation_name.as_deref())?;
        if operation.definition.operation_type != OperationType::Subscription {
            return Err(GraphqlError::new(Code::BadRequest, "this is no subscription").into());
        }
        let variables = self.coerce(&document, &operation, &request.variables)?;
        nulls::check_switches(&operation.switches, &variables.plain)?;
        self.weigh(&operation, &variables, graph)?;
        let plan = operation.plan(self.planner(&document), &variables.plain);
        let root = plan.as_ref().and_then(|plan| plan.root.fields.first());
        let Some(root) = root.filter(|root| matches!(root.what, plan::What::Answer(_))) else {
            return Err(GraphqlError::new(
                Code::ValidationFailed,
                "a subscription asks for one field of what is told",
            )
            .into());
        };
        let field = root.nodes[0].name.to_string();
        let arguments = root.coerce_argument_values(&self.declaration.schema, &variables.plain)?;
        drop(plan);
        Ok(Subscription { document, operation, variables, asking: request.asking.clone(), field, arguments })
    }

    /// The answer to one event, over the version that it made.
    pub fn event(
        &self,
        of: &Subscription,
        graph: &Arc<Graph>,
        event: Resolved<'_>,
        budget: &Arc<Budget>,
    ) -> Response {
        let context = self.context(graph, &of.asking, budget);
        let planner = self.planner(&of.document);
        let Some(plan) = of.operation.plan(planner, &of.variables.plain) else {
            return Response::request_error(Code::Internal, "an operation of no type");
        };
        let execution = Execution {
            planner,
            plan: &plan,
            variables: &of.variables.plain,
            context: &context,
            introspection: &Map::new(),
            answer_bytes: self.limits.answer_bytes,
        };
        let (body, errors) = execution.execute_event(DATA, event);
        Response { outcome: Outcome::Executed, body: body_of(body, &errors, None), changes: true, cost: 0 }
    }
}

/// The event of a batch, as far as somebody has an interest in it; none where nobody has.
pub fn change_event(
    interest: &Interest,
    batch: &Batch,
    before: &Graph,
    after: &Graph,
) -> Option<Resolved<'static>> {
    let held: Vec<&Change> =
        batch.changes.iter().filter(|change| interest.holds(change, before, after)).collect();
    let event = || {
        CHANGE_EVENT.of([
            Resolved::Object(Object::DataVersion),
            revision_of(after.ontology(), batch, &held),
            subjects(held.iter().copied(), after),
        ])
    };
    (!held.is_empty()).then(event)
}

/// The event of an answer that is another than before; `before` and `now` are the ids that it speaks of.
pub fn answer_event(
    answer: &Json,
    before: &BTreeSet<String>,
    now: &BTreeSet<String>,
    graph: &Graph,
) -> Resolved<'static> {
    let node = |id: &String| -> Option<Resolved<'static>> {
        let owner = graph.find(id).map(Owner::Entity).or_else(|| graph.find_link(id).map(Owner::Link))?;
        Some(mutations::node(owner))
    };
    let added = now.difference(before).filter_map(node).take(NODES_MAX);
    let removed = before.difference(now).take(NODES_MAX).cloned().map(Resolved::Made);
    ANSWER_EVENT.of([
        Resolved::Object(Object::DataVersion),
        Resolved::Made(answer.to_string()),
        list(added),
        list(removed),
    ])
}
