//! The house rules, checked: which room may use which, what may not be below `app`, and that no
//! Rust file names a kind. Each failure is a sentence that says what to do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use throughline::ontology::Ontology;

/// Rooms in dependency order, and which rooms each may use.
const ROOMS: &[(&str, &[&str])] = &[
    ("ontology", &[]),
    ("graph", &["ontology"]),
    ("query", &["ontology", "graph"]),
    ("io", &["ontology", "graph"]),
    ("graphql", &["ontology", "graph", "query", "store"]),
    ("store", &["ontology", "graph", "io"]),
    ("app", &["ontology", "graph", "query", "io", "store", "graphql"]),
    ("http", &["app", "graphql", "ontology"]),
    ("cli", &["app", "graphql", "http", "io", "ontology", "store"]),
    ("main", &["cli"]),
    ("lib", &["ontology", "graph", "query", "io", "store", "graphql", "app", "http", "cli"]),
];

/// Words that may stand only in some rooms, with the reason.
const ONLY_IN: &[(&str, &[&str], &str)] = &[
    ("tokio", &["http", "cli"], "what is below the transport does not wait"),
    ("axum", &["http"], "HTTP types stay outside"),
    ("hyper", &["http"], "HTTP types stay outside"),
    (".await", &["http", "cli", "graphql"], "the core is synchronous"),
    ("async fn", &["http", "cli", "graphql"], "the core is synchronous"),
    ("std::fs", &["io", "store"], "files are read and written in io (and store)"),
    ("Instant::now", &["http", "cli"], "the core has no clock; budgets come in from outside"),
    ("SystemTime", &["http", "cli"], "the core has no clock; budgets come in from outside"),
    ("petgraph", &["graph"], "petgraph's types do not leave the graph room"),
    ("redb", &["store"], "what keeps the bytes stays in its room"),
    ("tantivy", &["query"], "the index of words stays in query/search"),
    ("apollo_compiler", &["ontology", "graphql"], "syntax trees stay where they are read"),
    ("async_graphql", &["graphql"], "execution types stay in their room"),
    ("Serialize", &["io"], "io owns wire shapes; core types do not derive them"),
    ("std::env", &["cli"], "settings are read in one place"),
    ("println!", &[], "answers go through writers, logs through tracing"),
    ("panic!(", &["graphql", "ontology"], "data never panics; the two that stand guard embedded files"),
];

fn files() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, out: &mut Vec<(PathBuf, String)>) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(dir).expect("src is there").map(|e| e.expect("readable").path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                out.push((path, text));
            }
        }
    }
    let mut out = Vec::new();
    walk(Path::new("src"), &mut out);
    assert!(out.len() > 20, "the walk found only {} files", out.len());
    out
}

fn room(path: &Path) -> String {
    let inside = path.strip_prefix("src").expect("below src");
    let first = inside.components().next().expect("not empty").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Lines of code with their numbers: no comments, no test modules.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    text[..end]
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(i, line)| (i + 1, line))
}

fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|s| s.to_string_lossy().ends_with("_test"))
}

#[test]
fn rooms_depend_downward_only() {
    let mut faults = Vec::new();
    for (path, text) in files().iter().filter(|(p, _)| !is_test(p)) {
        let room = room(path);
        let (_, allowed) = ROOMS
            .iter()
            .find(|(r, _)| *r == room)
            .unwrap_or_else(|| panic!("{} is in no room; add it to ROOMS", path.display()));
        for (line, code) in code(text) {
            for (other, _) in ROOMS.iter().filter(|(r, _)| *r != room && !allowed.contains(r)) {
                if code.contains(&format!("crate::{other}::")) || code.contains(&format!("crate::{other};")) {
                    faults.push(format!(
                        "{}:{line}: room {room} may not use {other}; it may use {allowed:?}",
                        path.display()
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_belongs_outside_stays_outside() {
    let mut faults = Vec::new();
    for (path, text) in files().iter().filter(|(p, _)| !is_test(p)) {
        let room = room(path);
        for (line, code) in code(text) {
            for (word, rooms, why) in ONLY_IN {
                if code.contains(word) && !rooms.contains(&room.as_str()) {
                    faults.push(format!(
                        "{}:{line}: `{word}` does not belong in {room}: {why}",
                        path.display()
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_rust_file_names_a_kind() {
    let sdl = std::fs::read_to_string("schema/ontology.graphql").expect("the ontology is there");
    let ontology = Ontology::read(&[("schema/ontology.graphql".into(), sdl)]).expect("it is sound");
    let kinds: BTreeSet<&str> = ontology.kinds.iter().map(|k| k.name.as_str()).collect();
    let mut faults = Vec::new();
    for (path, text) in files().iter().filter(|(p, _)| !is_test(p)) {
        for (line, code) in code(text) {
            let words = code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            for word in words.filter(|w| kinds.contains(w)) {
                faults.push(format!(
                    "{}:{line}: names the kind {word}; ask the ontology instead",
                    path.display()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_is_for_and_is_one_room() {
    let mut faults = Vec::new();
    for (path, text) in files() {
        if !text.starts_with("//! ") {
            faults.push(format!("{}: begin with `//!` and what the file is for", path.display()));
        }
        let lines = text.lines().count();
        if lines > 800 {
            faults.push(format!("{}: {lines} lines; a file of over 800 is two", path.display()));
        }
    }
    let lines = std::fs::read_to_string("ARCHITECTURE.md").expect("ARCHITECTURE.md is there").lines().count();
    if lines > 150 {
        faults.push(format!("ARCHITECTURE.md has {lines} lines; 150 at most, so that it is read"));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
