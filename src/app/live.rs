//! Where the events of a subscription come from: batch after batch of the history, from wherever one left off. What
//! is told is pulled, so that whoever reads slowly is behind, and costs nobody memory.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value as Json};

use super::App;
use crate::graph::Graph;
use crate::graphql::conformance;
use crate::graphql::ledger::Ledger as _;
use crate::graphql::past;
use crate::graphql::subscribe::{Interest, Subscription, answer_event, change_event};
use crate::graphql::{Code, Request, Response, SavedQuery};
use crate::query::Budget;

/// What a subscription tells, one event after the other.
#[derive(Debug)]
pub struct Feed {
    app: Arc<App>,
    subscription: Subscription,
    source: Source,
    /// The version that was looked at last.
    at: Arc<Graph>,
}

#[derive(Debug)]
enum Source {
    Changes(Interest),
    Answer {
        query: Box<Request>,
        said: Option<Vec<u8>>,
        ids: BTreeSet<String>,
    },
    /// For the judges of transports.
    Ticks(conformance::Ticks),
}

/// What comes next.
#[derive(Debug)]
pub enum Next {
    /// An event.
    Event(Response),
    /// Nothing, until something is committed.
    Nothing,
    /// Nothing, for so long.
    Later(Duration),
    /// Nothing any more; with the reason, where it is a fault.
    End(Option<Response>),
}

impl App {
    /// Begins to tell what a request subscribes to.
    ///
    /// # Errors
    /// The answer that says what is wrong with it.
    pub fn subscribe(self: &Arc<App>, request: &Request) -> Result<Feed, Response> {
        let newest = self.view();
        let subscription = self.api.subscribe(&newest, request)?;
        let bad = |message: String| Response::request_error(Code::BadArgument, message);
        let arguments = &subscription.arguments;
        let after = match arguments.text("after") {
            Some(version) => {
                let seen = past::view(self.history.as_ref(), &version);
                Some(seen.map_err(|error| Response::request_error(error.code, error.message))?)
            }
            None => None,
        };
        let source = match subscription.field.as_str() {
            "changes" => Source::Changes(Interest::of(arguments, newest.ontology())),
            "answer" => {
                let name = arguments.text("question").unwrap_or_default();
                let query = self.saved.get(&name).ok_or_else(|| {
                    bad(format!("there is no saved question `{name:.60}`; /q lists those there are"))
                })?;
                let query =
                    question(query, &arguments.text("parameters").unwrap_or_default()).map_err(bad)?;
                let (said, ids) = match &after {
                    Some(graph) => {
                        let (body, named, _) = self.answered(&query, graph, &self.budget());
                        (Some(body), named)
                    }
                    None => (None, BTreeSet::new()),
                };
                Source::Answer { query: Box::new(query), said, ids }
            }
            _ => Source::Ticks(conformance::ticks(arguments)),
        };
        Ok(Feed { app: self.clone(), subscription, source, at: after.unwrap_or(newest) })
    }

    /// An answer over one version: its bytes, the ids that it names, and itself.
    fn answered(
        &self,
        query: &Request,
        graph: &Arc<Graph>,
        budget: &Arc<Budget>,
    ) -> (Vec<u8>, BTreeSet<String>, Json) {
        let (_, answer, ids) = self.api.execute_and_name(graph, query, budget);
        (answer.to_string().into_bytes(), ids.into_iter().collect(), answer)
    }
}

/// A saved question with its parameters.
fn question(query: &SavedQuery, parameters: &str) -> Result<Request, String> {
    let variables: Map<String, Json> =
        serde_json::from_str(parameters).map_err(|e| format!("`parameters` is no JSON object: {e}"))?;
    if let Some(name) = variables.keys().find(|name| !query.parameters.iter().any(|p| p.name == **name)) {
        let names: Vec<&str> = query.parameters.iter().map(|p| p.name.as_str()).collect();
        return Err(format!("`{}` has no parameter `{name:.60}`; it has {}", query.name, names.join(", ")));
    }
    Ok(Request { query: query.text.clone(), variables, read_only: true, ..Request::default() })
}

impl Feed {
    /// The next event, if there is one already. Blocking, and bound to the CPU: call it off the async threads.
    pub fn next(&mut self, budget: &Arc<Budget>) -> Next {
        loop {
            match &mut self.source {
                Source::Ticks(ticks) => {
                    return match ticks.tick() {
                        conformance::Tick::Value(value) => {
                            Next::Event(self.app.api.event(&self.subscription, &self.at, value, budget))
                        }
                        conformance::Tick::Later(time) => Next::Later(time),
                        conformance::Tick::End => Next::End(None),
                    };
                }
                Source::Answer { query, said, ids } => {
                    let newest = self.app.view();
                    if said.is_some() && newest.version() == self.at.version() {
                        return Next::Nothing;
                    }
                    // What lies between two looks is not told: an answer is the newest there is.
                    let (body, named, answer) = self.app.answered(query, &newest, budget);
                    self.at = newest;
                    if said.as_ref() == Some(&body) {
                        continue;
                    }
                    let event = answer_event(&answer, ids, &named, &self.at);
                    (*said, *ids) = (Some(body), named);
                    return Next::Event(self.app.api.event(&self.subscription, &self.at, event, budget));
                }
                Source::Changes(interest) => {
                    let next = self.at.version().sequence + 1;
                    let history = &self.app.history;
                    let followed = history.batch(next).and_then(|batch| {
                        let batch = batch.filter(|_| next <= history.extent().1);
                        batch.map(|batch| Ok((history.follow(&self.at, &batch)?, batch))).transpose()
                    });
                    let (after, batch) = match followed {
                        Ok(Some(followed)) => followed,
                        Ok(None) => return Next::Nothing,
                        Err(e) => {
                            return Next::End(Some(Response::request_error(Code::Internal, e.to_string())));
                        }
                    };
                    let event = change_event(interest, &batch, &self.at, &after);
                    self.at = after;
                    if let Some(event) = event {
                        return Next::Event(self.app.api.event(&self.subscription, &self.at, event, budget));
                    }
                }
            }
        }
    }
}
