//! What mutations do. Each root field is one batch: its input is read, the ledger changes the graph or says why
//! not, and what is selected is answered from the version that it made.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::arguments::{Arguments, given, text};
use super::caller::Scope;
use super::drafts::{Drafts, Fault, subject};
use super::error::{Code, GraphqlError};
use super::ledger::{Ledger, NotWritten, Write, Written};
use super::past;
use super::records::{CHANGE_FAULT, CHANGES_PAYLOAD, PROPOSAL_PAYLOAD, list};
use super::resolvers::{Context, NODES_MAX, Object, Resolved, entity, made};
use crate::graph::{Change, Graph, Owner, Refusal, RefusalCode};
use crate::ontology::{KindIx, Ontology};
use crate::store::{Key, Proposal};

/// Faults that one payload lists; the last one counts the rest.
pub const FAULTS: usize = 100;
/// Changes of one batch: a batch is admitted while other writers wait.
pub const CHANGES: usize = 10_000;
/// Letters of a reason, and of an idempotency key.
const REASON: usize = 2_000;
const KEY: usize = 200;

/// A field of the root of mutations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// A batch of changes.
    Apply,
    /// The same, for somebody else to decide on.
    Propose,
    /// Deciding on that.
    Decide,
    /// A new entity of a kind.
    Create(KindIx),
    /// Parts of an entity of a kind.
    Update(KindIx),
    /// A link.
    Link,
    /// A link taken away.
    Unlink,
    /// Two entities made one.
    Merge,
    /// Anything taken back.
    Retract,
    /// How complete a list is.
    State,
}

impl Mutation {
    /// Those whose names do not follow from the ontology.
    const ALL: [(Mutation, &'static str); 8] = [
        (Mutation::Apply, "applyChanges"),
        (Mutation::Propose, "proposeChanges"),
        (Mutation::Decide, "decideProposal"),
        (Mutation::Link, "link"),
        (Mutation::Unlink, "unlink"),
        (Mutation::Merge, "merge"),
        (Mutation::Retract, "retract"),
        (Mutation::State, "stateCompleteness"),
    ];

    /// The mutation that a field of the root is.
    pub fn named(ontology: &Ontology, name: &str) -> Option<Mutation> {
        let of_kind = |prefix: &str| {
            let kind = name.strip_prefix(prefix)?;
            ontology.kind_indexes().find(|ix| ontology.kind(*ix).name == kind)
        };
        Self::ALL
            .iter()
            .find(|(_, word)| *word == name)
            .map(|(mutation, _)| *mutation)
            .or_else(|| of_kind("create").map(Mutation::Create))
            .or_else(|| of_kind("update").map(Mutation::Update))
    }

    /// How far a caller must be let to go.
    fn scope(self) -> Scope {
        if self == Mutation::Propose { Scope::Suggest } else { Scope::Write }
    }
}

/// What a mutation came to: the view to answer from, and the payload.
pub(super) type Done = (Arc<Graph>, Resolved<'static>);

/// Does what a root field asks for.
///
/// # Errors
/// A caller that may not, a server that cannot, an input that says nothing sensible. What is wrong with the changes
/// themselves is in the payload.
pub(super) fn perform(
    context: &Context,
    mutation: Mutation,
    arguments: &Arguments,
) -> Result<Done, GraphqlError> {
    let caller = &context.asking.caller;
    if caller.scope < mutation.scope() {
        let needed = mutation.scope().name().unwrap_or_default();
        let who =
            caller.name.as_deref().map_or("whoever brings no token".to_owned(), |name| format!("`{name}`"));
        let hint = if mutation.scope() == Scope::Write && caller.scope == Scope::Suggest {
            "; `proposeChanges` files them for somebody else to decide on"
        } else {
            "; send a token of that scope as `Authorization: Bearer …`"
        };
        return Err(GraphqlError::new(
            Code::Forbidden,
            format!("this needs the scope `{needed}`, which {who} has not{hint}"),
        ));
    }
    let Some(ledger) = &context.ledger else {
        return Err(GraphqlError::new(
            Code::ReadOnly,
            "this server only reads; start one with: throughline serve --data-dir DIR",
        ));
    };
    let empty = Map::new();
    let input = arguments.given().get("input").and_then(Json::as_object).unwrap_or(&empty);
    if mutation == Mutation::Decide {
        return decide(context, &**ledger, input);
    }
    let mut drafts = Drafts::over(&context.graph);
    let changes: Vec<(Option<Change>, Vec<String>)> = match mutation {
        Mutation::Apply | Mutation::Propose => {
            let all = input.get("changes").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
            if all.len() > CHANGES {
                let help = "send them in several batches";
                return Err(GraphqlError::limit(
                    "changes of one batch",
                    all.len() as u64,
                    CHANGES as u64,
                    help,
                ));
            }
            let one = |(at, item): (usize, &Json)| {
                let at = at.to_string();
                let change = drafts.change(item, &["input", "changes", &at]);
                let mut path = vec!["input".to_owned(), "changes".to_owned(), at];
                // Into the input of the one thing that is changed.
                if let Some((word, value)) = first_of(item) {
                    path.push(word.clone());
                    let of_kind = matches!(word.as_str(), "create" | "update");
                    path.extend(first_of(value).filter(|_| of_kind).map(|(kind, _)| kind.clone()));
                }
                (change, path)
            };
            all.iter().enumerate().map(one).collect()
        }
        _ => {
            let change = match mutation {
                Mutation::Create(kind) => Some(drafts.create(kind, input)),
                Mutation::Update(_) => Some(drafts.update(input)),
                Mutation::Link => drafts.link(input),
                Mutation::Unlink => drafts.unlink(input),
                Mutation::Merge => Some(drafts.merge(input)),
                Mutation::Retract => {
                    drafts.retract(&input.get("id").map(text).unwrap_or_default(), &["input"])
                }
                _ => drafts.state(input),
            };
            vec![(change, vec!["input".to_owned()])]
        }
    };
    let mut faults = std::mem::take(&mut drafts.faults);
    if let Mutation::Update(kind) = mutation {
        faults.extend(other_kind(&context.graph, kind, input));
    }
    let (changes, paths): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
    let changes: Vec<Change> = changes.into_iter().flatten().collect();
    if changes.is_empty() && faults.is_empty() {
        faults.push(Fault {
            code: "BAD_INPUT",
            message: "there are no changes".into(),
            help: "give at least one".into(),
            path: vec!["input".into(), "changes".into()],
        });
    }
    let options = match mutation {
        Mutation::Apply | Mutation::Propose => Some(input),
        _ => given(input, "commit").and_then(Json::as_object),
    };
    let write = write_of(context, mutation, changes, options.unwrap_or(&empty), input)?;
    // What could not be read has no place among the changes: only where all could, are they judged further.
    if !faults.is_empty() {
        return Ok((context.graph.clone(), payload(&context.graph, false, false, &[], &faults)));
    }
    let path = |at: usize| paths.get(at).cloned();
    if mutation == Mutation::Propose {
        let proposed = ledger.propose(write).map(|proposal| (proposal, context.graph.clone()));
        return proposed_payload(context, proposed, &path);
    }
    let changes = write.changes.clone();
    match ledger.write(write) {
        Ok(Written { graph, applied, replayed }) => {
            let done = payload(&graph, applied, replayed, &changes, &[]);
            Ok((graph, done))
        }
        Err(not_written) => {
            let faults = faults_of(not_written, &path)?;
            Ok((context.graph.clone(), payload(&context.graph, false, false, &[], &faults)))
        }
    }
}

/// The first key of an object, with its value.
fn first_of(value: &Json) -> Option<(&String, &Json)> {
    value.as_object()?.iter().next()
}

/// Changes, with the options of their commit.
fn write_of(
    context: &Context,
    mutation: Mutation,
    changes: Vec<Change>,
    options: &Map<String, Json>,
    input: &Map<String, Json>,
) -> Result<Write, GraphqlError> {
    let expected = given(options, "expectedVersion").map(text);
    expected.as_deref().map(past::sequence_of).transpose()?;
    let key = match given(options, "idempotencyKey").map(text) {
        Some(key) if key.is_empty() || key.chars().count() > KEY => {
            return Err(GraphqlError::new(
                Code::BadArgument,
                format!("`idempotencyKey` has 1 to {KEY} letters"),
            ));
        }
        Some(key) => {
            // Whoever asks has keys of their own; what was asked is all of the input.
            let owner = context.asking.caller.name.as_deref().unwrap_or_default();
            let asked = format!("{mutation:?} {}", Json::Object(input.clone()));
            Some(Key { text: format!("{owner}\n{key}"), asked: Sha256::digest(asked.as_bytes()).into() })
        }
        None => None,
    };
    let reason = given(input, "reason").or_else(|| given(options, "reason")).map(text);
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > REASON) {
        return Err(GraphqlError::new(Code::BadArgument, format!("`reason` has at most {REASON} letters")));
    }
    let signature = context.asking.sign(reason.filter(|reason| !reason.trim().is_empty()));
    let dry_run = given(options, "dryRun").and_then(Json::as_bool).unwrap_or(false);
    Ok(Write { changes, signature, key, expected, dry_run })
}

fn decide(context: &Context, ledger: &dyn Ledger, input: &Map<String, Json>) -> Result<Done, GraphqlError> {
    let number = input.get("number").and_then(Json::as_u64).unwrap_or_default();
    let accept = input.get("accept").and_then(Json::as_bool).unwrap_or(false);
    let signature = context.asking.sign(given(input, "reason").map(text));
    let path = |at: usize| Some(vec!["proposal".to_owned(), "changes".to_owned(), at.to_string()]);
    proposed_payload(context, ledger.decide(number, accept, signature), &path)
}

/// What came of a proposal, or of a decision on one.
fn proposed_payload(
    context: &Context,
    done: Result<(Proposal, Arc<Graph>), NotWritten>,
    path: &PathOf<'_>,
) -> Result<Done, GraphqlError> {
    match done {
        Ok((proposal, graph)) => Ok((graph, PROPOSAL_PAYLOAD.of([past::proposal(&proposal), list([])]))),
        Err(not_written) => {
            let faults = faults_of(not_written, path)?;
            Ok((context.graph.clone(), PROPOSAL_PAYLOAD.of([Resolved::Null, told(&faults)])))
        }
    }
}

/// Where a change stands in what was asked, by its position.
type PathOf<'p> = dyn Fn(usize) -> Option<Vec<String>> + 'p;

/// An entity of another kind than the mutation is about.
fn other_kind(graph: &Graph, kind: KindIx, input: &Map<String, Json>) -> Option<Fault> {
    let id = given(input, "id").map(text)?;
    let found = graph.entity(graph.find(&id)?).kind();
    (found != kind).then(|| Fault {
        code: "CONFLICT",
        message: format!("`{id}` is of kind {}", graph.ontology().kind(found).name),
        help: format!("use update{}", graph.ontology().kind(found).name),
        path: vec!["input".into(), "id".into()],
    })
}

/// The faults that say why nothing was changed.
///
/// # Errors
/// A server that does not write any more.
fn faults_of(not_written: NotWritten, path_of: &PathOf<'_>) -> Result<Vec<Fault>, GraphqlError> {
    let one = |code, message: String, help: &str, path: &[&str]| {
        let path = path.iter().map(|step| (*step).to_owned()).collect();
        Ok(vec![Fault { code, message, help: help.to_owned(), path }])
    };
    match not_written {
        NotWritten::Refused(refusals) => {
            Ok(refusals.0.iter().map(|refusal| fault_of(refusal, path_of)).collect())
        }
        NotWritten::Stale(newest) => one(
            "STALE_VERSION",
            format!("the newest version is {newest}: somebody else was first"),
            "read it, decide again, and send its version",
            &["input", "expectedVersion"],
        ),
        NotWritten::KeyTaken(sequence) => one(
            "KEY_TAKEN",
            format!("something else was asked under this key; it made version {sequence}"),
            "use a new key for a new request",
            &["input", "idempotencyKey"],
        ),
        NotWritten::NoProposal(what) => {
            one("DANGLING", what, "ask for `changeProposals(state: PENDING)`", &["input", "number"])
        }
        NotWritten::ReadOnly(_) => {
            // The reason is for the log of whoever runs the server, not for clients.
            let message = "the server only reads now: its store failed, and what was asked may or may not be kept; it recovers when it is started again";
            Err(GraphqlError::new(Code::ReadOnly, message))
        }
    }
}

fn fault_of(refusal: &Refusal, path_of: &PathOf<'_>) -> Fault {
    let mut path = path_of(refusal.change).unwrap_or_else(|| vec!["input".to_owned()]);
    path.extend(refusal.field.clone());
    Fault { code: code_of(refusal.code), message: refusal.what.clone(), help: refusal.help.clone(), path }
}

/// A word of `ChangeFaultCode`.
fn code_of(code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::BadId => "BAD_ID",
        RefusalCode::Taken => "TAKEN",
        RefusalCode::Dangling => "DANGLING",
        RefusalCode::Unknown => "UNKNOWN",
        RefusalCode::BadValue => "BAD_VALUE",
        RefusalCode::Missing => "MISSING",
        RefusalCode::BadEvidence => "BAD_EVIDENCE",
        RefusalCode::OutOfRange => "OUT_OF_RANGE",
        RefusalCode::Cardinality => "CARDINALITY",
        RefusalCode::Cycle => "CYCLE",
        RefusalCode::InUse => "IN_USE",
        RefusalCode::Conflict => "CONFLICT",
    }
}

/// Faults as the API has them.
fn told(faults: &[Fault]) -> Resolved<'static> {
    let one = |fault: &Fault| {
        let path = fault.path.iter().map(|step| Resolved::Made(step.clone()));
        CHANGE_FAULT.of([
            Resolved::Plain(fault.code),
            Resolved::Made(fault.message.clone()),
            made(Some(fault.help.clone()).filter(|help| !help.is_empty())),
            list(path),
        ])
    };
    let rest = faults.len().saturating_sub(FAULTS);
    let more = (rest > 0).then(|| {
        let message = format!("and {} more, not listed", rest + 1);
        one(&Fault { code: "BAD_INPUT", message, help: String::new(), path: vec!["input".into()] })
    });
    let shown = if rest > 0 { FAULTS - 1 } else { faults.len() };
    list(faults[..shown].iter().map(one).chain(more))
}

fn payload(
    graph: &Graph,
    applied: bool,
    replayed: bool,
    changes: &[Change],
    faults: &[Fault],
) -> Resolved<'static> {
    CHANGES_PAYLOAD.of([
        Resolved::Object(Object::DataVersion),
        Resolved::Boolean(applied),
        Resolved::Boolean(replayed),
        subjects(changes, graph),
        told(faults),
    ])
}

/// What changes are about, as it is after them, each once.
pub(super) fn subjects<'c>(
    changes: impl IntoIterator<Item = &'c Change>,
    after: &Graph,
) -> Resolved<'static> {
    let mut owners: Vec<Owner> = Vec::new();
    for owner in changes.into_iter().filter_map(|change| subject(change, after)) {
        if !owners.contains(&owner) && owners.len() < NODES_MAX {
            owners.push(owner);
        }
    }
    list(owners.into_iter().map(node))
}

/// An entity or link as a node.
pub(super) fn node(owner: Owner) -> Resolved<'static> {
    match owner {
        Owner::Link(ix) => Resolved::Object(Object::Link(ix)),
        Owner::Entity(ix) | Owner::List(ix, ..) => entity(Some(ix)),
    }
}
