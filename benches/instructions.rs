//! Executes so many requests of one sort and does nothing else: what `benches/instructions.sh` counts
//! the instructions of. usage: `cargo bench --bench instructions -- chain|evidenced|lookup COUNT`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is what it is for")]

mod workload;

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use throughline::app::{App, Origin};
use throughline::graph::Graph;
use throughline::graphql::{Limits, Outcome, Request};
use throughline::io::json_lines;
use workload::{CHAIN, EVIDENCED, LOOKUP, Out, starts};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Small, since what is counted does not depend on it and loading is counted too before it is
/// subtracted.
const SCALE: f64 = 0.01;

fn main() {
    let arguments = workload::arguments();
    let [name, count] = arguments.as_slice() else {
        println!("usage: cargo bench --bench instructions -- chain|evidenced|lookup COUNT");
        return;
    };
    let count: usize = count.parse().expect("a number of requests");
    let (query, at_once) = match name.as_str() {
        "chain" => (CHAIN, 10),
        "evidenced" => (EVIDENCED, 10),
        _ => (LOOKUP, 1),
    };
    let mut lines = Vec::new();
    workload::write(&mut Out { lines: &mut lines, tables: None }, SCALE).expect("memory takes it");
    let ontology = Origin::default().ontology().expect("the ontology is sound");
    let changes = json_lines::read("workload", &lines).changes;
    let graph = Graph::empty(Arc::new(ontology)).apply(changes).expect("the workload is sound");
    let app = App::over(graph, Limits::default()).expect("names do not clash");
    let ids = starts("report", SCALE, 7, 64 * at_once);
    let mut bytes = 0;
    for i in 0..count {
        let ids = &ids[i % 64 * at_once..][..at_once];
        let variables = if at_once == 1 { json!({"id": ids[0]}) } else { json!({"ids": ids}) };
        let variables: Map<String, Json> = variables.as_object().cloned().unwrap_or_default();
        let request = Request { query: query.to_owned(), variables, ..Request::default() };
        let answer =
            app.execute_briefly(&request, u64::MAX).unwrap_or_else(|| app.execute(&request, &app.budget()));
        assert_eq!(answer.outcome, Outcome::Executed);
        bytes += answer.body.len();
    }
    println!("{count} answers, {bytes} bytes");
}
