//! What exports cost: writes a file of data in every format into nothing and prints how fast that was, in bytes
//! that come out, and what it took in memory. usage: `cargo bench --bench exports -- FILE`; `exports.sh` makes
//! the file and asks a server for the same.

#![allow(clippy::print_stdout, reason = "what it prints is what it is for")]

mod workload;

use std::io::{self, Write};
use std::time::Instant;

use throughline::app::export::{FORMATS, Options, Selection};
use throughline::app::{self, Origin};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs of which the median is told.
const RUNS: usize = 3;

/// Takes bytes and counts them.
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A line of /proc/self/status, in MB; 0 where there is no such file.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Lets the peak of memory begin anew (proc_pid_clear_refs(5)).
fn forget_peak() {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}

fn main() {
    let arguments = workload::arguments();
    let [file] = arguments.as_slice() else {
        println!("usage: cargo bench --bench exports -- FILE");
        return;
    };
    let graph = app::load(&Origin { data: vec![file.into()], ..Origin::default() }).expect("it is sound");
    println!("{} entities, {} links", graph.entity_count(), graph.link_count());
    println!("{:<14}{:>10}{:>10}{:>16}", "format", "MB", "MB/s", "MB of memory");
    let selection = Selection::whole(&graph);
    // A plan is a small part of a graph, and an answer none.
    for format in FORMATS.iter().filter(|format| format.takes_selection() || format.name == "jsonl") {
        let (mut rates, mut megabytes) = (Vec::new(), 0.0);
        let before = status("VmRSS");
        forget_peak();
        for _ in 0..RUNS {
            let (mut out, began) = (Counted(0), Instant::now());
            format.write(&graph, &selection, &Options::default(), &mut out).expect("it is written");
            megabytes = out.0 as f64 / 1e6;
            rates.push(megabytes / began.elapsed().as_secs_f64());
        }
        rates.sort_by(f64::total_cmp);
        let grown = status("VmHWM").saturating_sub(before);
        println!("{:<14}{megabytes:>10.1}{:>10.0}{grown:>16}", format.name, rates[RUNS / 2]);
    }
}
