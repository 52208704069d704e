//! What size costs: loads a workload file by the ordinary road and prints how fast that was, what an
//! entity takes in memory, and what requests cost in process with random starts. usage: `cargo bench
//! --bench scale -- FILE SCALE`, with a FILE that `--bench generate` wrote at that scale.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is what it is for")]

mod workload;

use std::time::Instant;

use serde_json::{Map, Value as Json, json};
use throughline::app::{self, App, Origin};
use throughline::graph::EntityIx;
use throughline::graphql::{Limits, Outcome, Request};
use throughline::io;
use throughline::query::paths::{PathOrder, PathRequest, Traversal, paths};
use workload::{CHAIN, EVIDENCED, LOOKUP, starts};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Requests of one run, runs of which the median is told.
const REQUESTS: usize = 2_000;
const RUNS: usize = 5;
/// Pairs of entities between which paths are looked for.
const PAIRS: usize = 1_000;

/// A line of /proc/self/status, in bytes; 0 where there is no such file.
fn status(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<usize>().ok()).unwrap_or(0) * 1024
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Median microseconds of one request.
fn time(app: &App, query: &str, variables: impl Fn(usize) -> Json) -> f64 {
    let request = |i| Request {
        query: query.to_owned(),
        variables: variables(i).as_object().cloned().unwrap_or_else(Map::new),
        ..Request::default()
    };
    let requests: Vec<Request> = (0..REQUESTS).map(request).collect();
    let run = |_| {
        let began = Instant::now();
        for request in &requests {
            assert_eq!(app.execute(request, &app.budget()).outcome, Outcome::Executed);
        }
        began.elapsed().as_secs_f64() * 1e6 / REQUESTS as f64
    };
    median((0..RUNS).map(run).collect())
}

/// How long so many of the best paths between random entities take, hubs stopped; every search ends
/// within the budget of one request, or is counted as stopped.
fn time_paths(app: &App, k: usize, max_hops: usize) {
    let graph = app.view();
    let count = graph.entity_count() as u64;
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        EntityIx(((seed >> 33) % count) as u32)
    };
    let (mut times, mut found, mut stopped) = (Vec::new(), 0, 0);
    for _ in 0..PAIRS {
        let (from, to) = ([random()], [random()]);
        let request = PathRequest {
            from: &from,
            to: &to,
            via: &[],
            except: &[],
            relations: None,
            direction: Traversal::Any,
            max_hops,
            k,
            links: None,
            through_hubs: false,
            order: PathOrder::Shortest,
        };
        let began = Instant::now();
        match paths(&graph, &request, &app.budget()) {
            Ok(paths) => found += usize::from(!paths.paths.is_empty()),
            Err(_) => stopped += 1,
        }
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let (half, p99) = (times[PAIRS / 2], times[PAIRS * 99 / 100]);
    println!(
        "{k} paths of {max_hops} hops at most between random entities: median {half:.2} ms, p99 {p99:.2} ms, most {:.2} ms; {found} of {PAIRS} pairs are joined, {stopped} searches were stopped",
        times[PAIRS - 1]
    );
}

fn main() {
    let arguments = workload::arguments();
    let [file, scale] = arguments.as_slice() else {
        println!("usage: cargo bench --bench scale -- FILE SCALE");
        return;
    };
    let scale: f64 = scale.parse().expect("a scale");
    let origin = Origin { data: vec![file.into()], ..Origin::default() };
    let (empty, began) = (status("VmRSS"), Instant::now());
    let graph = app::load(&origin).expect("the workload is sound");
    let seconds = began.elapsed().as_secs_f64();
    let (entities, lines) = (graph.entity_count(), graph.entity_count() + graph.link_count());
    println!("scale {scale}: {entities} entities, {} links", graph.link_count());
    println!("loaded in {seconds:.1} s: {:.0} lines a second", lines as f64 / seconds);
    println!(
        "{} bytes an entity with its two links; {:.2} times that at most",
        (status("VmRSS") - empty) / entities,
        (status("VmHWM") - empty) as f64 / (status("VmRSS") - empty) as f64
    );
    let quoted = |owner| graph.evidence(owner).iter().filter_map(|e| e.quote()).map(str::len).sum::<usize>();
    let quotes: usize = graph.owners().map(quoted).sum();
    println!("{} of them are quotes", quotes / entities);
    let app = App::over(graph, Limits::default()).expect("names do not clash");
    let reports = starts("report", scale, 7, REQUESTS * 10);
    let ten = |i: usize| json!({"ids": reports[i * 10..][..10]});
    println!("chain {:.1} µs", time(&app, CHAIN, ten));
    println!("evidenced {:.1} µs", time(&app, EVIDENCED, ten));
    println!("lookup {:.2} µs", time(&app, LOOKUP, |i| json!({"id": reports[i]})));
    let hub = "{ place(id: \"place/0\") { regionOf(first: 20) { totalCount nodes { id name } } } }";
    let small = "{ agency(id: \"agency/1\") { published(first: 20) { totalCount nodes { id name } } } }";
    println!("first 20 of a hub {:.2} µs", time(&app, hub, |_| json!({})));
    println!("first 20 of an agency {:.2} µs", time(&app, small, |_| json!({})));
    for max_hops in [6, 12] {
        time_paths(&app, 1, max_hops);
        time_paths(&app, 10, max_hops);
    }
    let snapshot = std::path::Path::new(file).with_extension("snapshot");
    let began = Instant::now();
    let bytes = io::snapshot::write(&app.view(), &snapshot).expect("writable");
    println!("snapshot of {bytes} bytes written in {:.1} s", began.elapsed().as_secs_f64());
    let again = Origin { data: vec![snapshot.clone()], ..Origin::default() };
    let reopen = |_| {
        let began = Instant::now();
        let opened = app::load(&again).expect("as it was written");
        assert_eq!(opened.version(), app.version());
        began.elapsed().as_secs_f64()
    };
    let reopened = median((0..3).map(reopen).collect());
    println!("reopened in {reopened:.2} s: importing takes {:.1} times that", seconds / reopened);
    drop(std::fs::remove_file(snapshot));
}
