//! Writes the workload: `cargo bench --bench generate -- DIR [SCALE] [--tables] [--requests N]`.
//! DIR/graph.jsonl is ours; DIR/nodes.tsv and DIR/edges.tsv are what other servers are fed with;
//! DIR/chain.jsonl, lookup.jsonl and evidenced.jsonl are N request bodies each, a line one, every
//! one with random starts of its own. The same SCALE and N give the same bytes.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program of its own")]

mod workload;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::json;
use workload::{CHAIN, EVIDENCED, LOOKUP, Out, starts};

const USAGE: &str = "usage: cargo bench --bench generate -- DIR [SCALE] [--tables] [--requests N]";

fn main() -> std::io::Result<()> {
    let arguments = workload::arguments();
    let Some(dir) = arguments.first() else {
        println!("{USAGE}");
        return Ok(());
    };
    let scale = match arguments.get(1).filter(|a| !a.starts_with("--")).map(|a| a.parse::<f64>()) {
        None => 1.0,
        Some(Ok(scale)) if scale > 0.0 && scale.is_finite() => scale,
        Some(_) => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
    };
    let requests =
        arguments.iter().skip_while(|a| *a != "--requests").nth(1).and_then(|n| n.parse::<usize>().ok());
    let file =
        |name: &str| File::create(Path::new(dir).join(name)).map(|f| BufWriter::with_capacity(1 << 20, f));
    std::fs::create_dir_all(dir)?;
    let mut lines = file("graph.jsonl")?;
    let counts = if arguments.iter().any(|a| a == "--tables") {
        let (mut nodes, mut edges) = (file("nodes.tsv")?, file("edges.tsv")?);
        let counts =
            workload::write(&mut Out { lines: &mut lines, tables: Some((&mut nodes, &mut edges)) }, scale)?;
        nodes.flush()?;
        edges.flush()?;
        counts
    } else {
        workload::write(&mut Out { lines: &mut lines, tables: None }, scale)?
    };
    lines.flush()?;
    for (name, query, at_once) in [("chain", CHAIN, 10), ("evidenced", EVIDENCED, 10), ("lookup", LOOKUP, 1)]
    {
        let Some(count) = requests else { break };
        let mut bodies = file(&format!("{name}.jsonl"))?;
        for ids in starts("report", scale, 7, count * at_once).chunks(at_once) {
            let variables = if at_once == 1 { json!({"id": ids[0]}) } else { json!({"ids": ids}) };
            writeln!(bodies, "{}", json!({"query": query, "variables": variables}))?;
        }
        bodies.flush()?;
    }
    println!("{} entities, {} links", counts.entities, counts.links);
    Ok(())
}
