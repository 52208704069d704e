//! Documents that have been asked before: guarded, validated and planned once. A document is found
//! by its text, and the cache belongs to one schema.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use apollo_compiler::executable::{ExecutableDocument, Operation};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::{Map, Value as Json};

use super::cost::Formula;
use super::error::GraphqlError;
use super::plan::{ExecutionPlan, Planner};

/// Plans that one operation keeps: it has one for each combination of what `@skip` and `@include`
/// ask, and a client uses few.
const PLANS: usize = 8;

/// Fields that all plans that are kept may have together, at some 300 bytes each: interfaces within
/// interfaces may multiply them.
const PLANNED_FIELDS: usize = 200_000;

/// The length that a document counts at least: what is kept of it is larger than its text.
const LEAST_BYTES: usize = 1024;

/// Valid documents by their text, and texts by their hash for clients that send the hash alone, both
/// bounded by the bytes of the texts.
pub(super) struct Documents {
    by_text: Cache<String, Arc<Checked>, Bytes>,
    by_hash: Cache<[u8; 32], Arc<str>, Bytes>,
    /// Fields of all plans there are.
    planned: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<String, Arc<Checked>> for Bytes {
    fn weight(&self, text: &String, _: &Arc<Checked>) -> u64 {
        text.len().max(LEAST_BYTES) as u64
    }
}

impl Weighter<[u8; 32], Arc<str>> for Bytes {
    fn weight(&self, _: &[u8; 32], text: &Arc<str>) -> u64 {
        text.len().max(LEAST_BYTES) as u64
    }
}

impl Documents {
    /// Room for so many bytes of text; for none, nothing is kept.
    pub(super) fn new(bytes: usize) -> Documents {
        let (items, bytes) = (bytes / LEAST_BYTES, bytes as u64);
        Documents {
            by_text: Cache::with_weighter(items, bytes, Bytes),
            by_hash: Cache::with_weighter(items, bytes, Bytes),
            planned: Arc::default(),
        }
    }

    /// A document that has been asked before. Where plans have come to more than there is room for, all
    /// is forgotten: it is made anew as it is asked for.
    pub(super) fn get(&self, text: &str) -> Option<Arc<Checked>> {
        if self.planned.load(Ordering::Relaxed) > PLANNED_FIELDS {
            self.by_text.clear();
        }
        self.by_text.get(text)
    }

    /// The count that every plan is part of.
    pub(super) fn planned(&self) -> Arc<AtomicUsize> {
        self.planned.clone()
    }

    /// The text of a document by its hash.
    pub(super) fn named(&self, hash: &[u8; 32]) -> Option<Arc<str>> {
        self.by_hash.get(hash)
    }

    /// Lets a document be asked by its hash.
    pub(super) fn name(&self, hash: [u8; 32], text: &str) {
        self.by_hash.insert(hash, text.into());
    }

    pub(super) fn keep(&self, text: &str, document: Checked) -> Arc<Checked> {
        let document = Arc::new(document);
        self.by_text.insert(text.to_owned(), document.clone());
        document
    }
}

/// A document that fits the schema and the guard.
pub(super) struct Checked {
    pub(super) valid: Valid<ExecutableDocument>,
    operations: RwLock<HashMap<Option<Name>, Arc<Prepared>>>,
}

impl Checked {
    pub(super) fn new(valid: Valid<ExecutableDocument>) -> Checked {
        Checked { valid, operations: RwLock::default() }
    }

    /// What is known of one of its operations, by `prepare` when first asked.
    ///
    /// # Errors
    /// What `prepare` gives.
    pub(super) fn prepared(
        &self,
        of: &Operation,
        prepare: impl FnOnce() -> Result<Prepared, GraphqlError>,
    ) -> Result<Arc<Prepared>, GraphqlError> {
        let known = self.operations.read().unwrap_or_else(PoisonError::into_inner).get(&of.name).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let prepared = Arc::new(prepare()?);
        let mut operations = self.operations.write().unwrap_or_else(PoisonError::into_inner);
        Ok(operations.entry(of.name.clone()).or_insert(prepared).clone())
    }
}

/// An operation with what follows from its text alone.
pub(super) struct Prepared {
    pub(super) definition: Node<Operation>,
    /// What it asks of `__schema` and `__type`, and nothing else; none where it asks neither.
    pub(super) introspection: Option<Operation>,
    pub(super) formula: Formula,
    /// The variables that `@skip` and `@include` ask.
    pub(super) switches: Vec<Name>,
    /// Whether an argument is a `@oneOf` input.
    pub(super) one_of: bool,
    /// See [`Documents::planned`].
    pub(super) planned: Arc<AtomicUsize>,
    /// By the switches that are on.
    pub(super) plans: RwLock<Vec<(HashSet<Name>, Arc<ExecutionPlan>)>>,
}

impl Prepared {
    /// The plan for these variables; none for an operation whose type the schema lacks.
    pub(super) fn plan(
        &self,
        planner: Planner<'_>,
        variables: &Map<String, Json>,
    ) -> Option<Arc<ExecutionPlan>> {
        let on = |name: &&Name| variables.get(name.as_str()).and_then(Json::as_bool) == Some(true);
        let truths: HashSet<Name> = self.switches.iter().filter(on).cloned().collect();
        let plans = self.plans.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, plan)) = plans.iter().find(|(of, _)| *of == truths) {
            return Some(plan.clone());
        }
        drop(plans);
        let plan = ExecutionPlan::new(planner, &self.definition, truths.clone(), self.planned.clone())?;
        let plan = Arc::new(plan);
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        if plans.len() < PLANS {
            plans.push((truths, plan.clone()));
        }
        Some(plan)
    }
}
