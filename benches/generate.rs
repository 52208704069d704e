//! Writes the workload: `cargo bench --bench generate -- DIR [SCALE] [--tables]`. DIR/graph.jsonl is
//! ours, DIR/nodes.tsv and DIR/edges.tsv are what other servers are fed with.

mod workload;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use workload::Out;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let Some(dir) = arguments.first() else {
        println!("usage: cargo bench --bench generate -- DIR [SCALE] [--tables]");
        return Ok(());
    };
    let scale = arguments.get(1).and_then(|s| s.parse().ok()).unwrap_or(1.0);
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
    println!("{} entities, {} links", counts.entities, counts.links);
    Ok(())
}
