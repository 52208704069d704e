//! What the rooms cost, over the seed: `cargo bench`. DESIGN.md quotes these by name.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use throughline::app::{self, App, Origin};
use throughline::graph::Graph;
use throughline::graphql::guard::{Limits, measure};
use throughline::graphql::{Outcome, Request};

const OPENING: &str = include_str!("../tests/graphql/opening.graphql");

fn request(query: impl Into<String>) -> Request {
    Request { query: query.into(), ..Request::default() }
}

fn bomb(links: usize) -> String {
    let fragment = |i: usize| format!("fragment f{i} on Query {{ ...f{} ...f{} }} ", i + 1, i + 1);
    let chain: String = (0..links).map(fragment).collect();
    format!("{{ ...f0 }} {chain}fragment f{links} on Query {{ version {{ label }} }}")
}

/// Documents made to cost: how long until they are refused.
fn guard(c: &mut Criterion) {
    let app = App::open(&Origin::default(), Limits::default()).expect("the seed is sound");
    let nested = format!("{{ node(id: {}1{}) {{ id }} }}", "[".repeat(2000), "]".repeat(2000));
    c.bench_function("guard/4 kB nested literal, measured", |b| {
        b.iter(|| measure(black_box(&nested), &Limits::default()));
    });
    for (name, query) in [("4 kB nested literal", nested.clone()), ("1 kB fragment bomb", bomb(24))] {
        let request = request(query);
        assert_eq!(app.execute(&request, &app.budget()).outcome, Outcome::RequestError);
        c.bench_function(&format!("guard/{name}, answered"), |b| {
            b.iter(|| app.execute(black_box(&request), &app.budget()));
        });
    }
}

/// The opening query, by both roads, from text to bytes.
fn roads(c: &mut Criterion) {
    let app = App::open(&Origin::default(), Limits::default()).expect("the seed is sound");
    let (view, request) = (app.view(), request(OPENING));
    assert_eq!(app.execute(&request, &app.budget()).outcome, Outcome::Executed);
    c.bench_function("roads/opening query, own", |b| {
        b.iter(|| app.execute(black_box(&request), &app.budget()));
    });
    c.bench_function("roads/opening query, slow", |b| {
        b.iter(|| app.api().execute_slowly(&view, black_box(&request), &app.budget()));
    });
}

/// From files to an instance that answers.
fn load(c: &mut Criterion) {
    c.bench_function("load/ontology", |b| b.iter(|| Origin::default().ontology()));
    let ontology = Arc::new(Origin::default().ontology().expect("sound"));
    let changes = Origin::default().batch().changes;
    c.bench_function("load/seed admitted", |b| {
        b.iter(|| Graph::empty(ontology.clone()).apply(black_box(changes.clone())));
    });
    c.bench_function("load/instance opened", |b| {
        b.iter(|| App::over(app::load(&Origin::default()).expect("sound"), Limits::default()));
    });
}

criterion_group!(benches, guard, roads, load);
criterion_main!(benches);
