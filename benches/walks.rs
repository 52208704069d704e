//! What one request costs in process, from text to bytes, with random starts in the workload:
//! `cargo bench --bench walks`. No answer is cached; the documents are, as they are in a server.

mod workload;

use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Map, Value as Json, json};
use throughline::app::{App, Origin};
use throughline::graph::Graph;
use throughline::graphql::{Limits, Outcome, Request};
use throughline::io::json_lines;
use workload::{CHAIN, EVIDENCED, LOOKUP, Out, starts};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A fifth of scale 1, which fits a bench that everyone runs, unless WALKS_SCALE says otherwise.
static SCALE: LazyLock<f64> =
    LazyLock::new(|| std::env::var("WALKS_SCALE").ok().and_then(|s| s.parse().ok()).unwrap_or(0.2));

fn app() -> App {
    let mut lines = Vec::new();
    workload::write(&mut Out { lines: &mut lines, tables: None }, *SCALE).expect("memory takes it");
    let ontology = Origin::default().ontology().expect("the ontology is sound");
    let batch = json_lines::read("workload", &lines);
    let graph = Graph::empty(Arc::new(ontology)).apply(batch.changes).expect("the workload is sound");
    App::over(graph, Limits::default()).expect("names do not clash")
}

/// A request for each of many random starts.
fn requests(query: &str, variables: impl Fn(&[String]) -> Json, at_once: usize) -> Vec<Request> {
    let variables = |ids: &[String]| match variables(ids) {
        Json::Object(map) => map,
        _ => Map::new(),
    };
    starts("report", *SCALE, 7, 1_000 * at_once)
        .chunks(at_once)
        .map(|ids| Request { query: query.to_owned(), variables: variables(ids), ..Request::default() })
        .collect()
}

fn walks(c: &mut Criterion) {
    let app = app();
    let of_ten = |ids: &[String]| json!({"ids": ids});
    let of_one = |ids: &[String]| json!({"id": ids[0]});
    let hub = "{ place(id: \"place/0\") { regionOf(first: 20) { totalCount nodes { id name } } } }";
    let small = "{ agency(id: \"agency/1\") { published(first: 20) { totalCount nodes { id name } } } }";
    let cases = [
        ("chain", requests(CHAIN, of_ten, 10)),
        ("evidenced", requests(EVIDENCED, of_ten, 10)),
        ("lookup", requests(LOOKUP, of_one, 1)),
        ("first 20 of a hub", requests(hub, |_| json!({}), 1)),
        ("first 20 of an agency", requests(small, |_| json!({}), 1)),
    ];
    let mut group = c.benchmark_group("walks");
    for (name, requests) in cases {
        let answers: Vec<_> = requests.iter().map(|request| app.execute(request, &app.budget())).collect();
        assert!(answers.iter().all(|a| a.outcome == Outcome::Executed && !a.body.starts_with(b"{\"errors")));
        let bytes: usize = answers.iter().map(|answer| answer.body.len()).sum();
        group.throughput(Throughput::Bytes((bytes / answers.len()) as u64));
        let mut next = requests.iter().cycle();
        group.bench_function(name, |b| {
            b.iter(|| app.execute(black_box(next.next().expect("it goes round")), &app.budget()));
        });
    }
}

criterion_group!(benches, walks);
criterion_main!(benches);
