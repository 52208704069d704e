//! The command as a user runs it: help, exit codes, answers without a server, and a server on a
//! free port that says where it is, answers, and stops when asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

/// The binary, with nothing in its environment that would change what it does.
fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_throughline"));
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("THROUGHLINE_"))
    {
        command.env_remove(name);
    }
    command
}

fn throughline(args: &[&str]) -> Output {
    bare().args(args).env("COLUMNS", "100").stdin(Stdio::null()).output().expect("the binary runs")
}

/// Exit code, and parts of stdout and stderr.
fn check(args: &[&str], code: i32, stdout: &str, stderr: &str) {
    let out = throughline(args);
    let (said, complained) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.status.code(), Some(code), "{args:?}\n{said}\n{complained}");
    assert!(said.contains(stdout), "{args:?}: expected {stdout:?} in\n{said}");
    assert!(complained.contains(stderr), "{args:?}: expected {stderr:?} in\n{complained}");
}

#[test]
fn help_is_the_golden() {
    let mut all = String::new();
    for args in [
        vec!["--help"],
        vec!["serve", "--help"],
        vec!["check", "--help"],
        vec!["schema", "--help"],
        vec!["query", "--help"],
        vec!["snapshot", "--help"],
        vec!["import", "--help"],
        vec!["source", "add", "--help"],
        vec!["quote", "--help"],
        vec!["suggest", "--help"],
        vec!["match", "--help"],
        vec!["diff", "--help"],
        vec!["export", "--help"],
    ] {
        all += &format!(
            "$ throughline {}\n{}\n",
            args.join(" "),
            String::from_utf8_lossy(&throughline(&args).stdout)
        );
    }
    let path = "tests/cli_help.txt";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &all).expect("writable");
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    assert!(all == golden, "{path} differs; UPDATE=1 writes it anew:\n{all}");
}

#[test]
fn each_command_says_what_is_wrong_and_exits_so() {
    check(&["serv"], 2, "", "serve");
    check(&["check", "--write"], 2, "", "--sources");
    check(&["check", "--data", "nowhere.jsonl"], 1, "", "nowhere.jsonl: cannot be read");
    check(&["check", "--schema", "nowhere.graphql"], 1, "", "nowhere.graphql: cannot be read");
    check(&["check", "--schema", "Cargo.toml"], 1, "", "Cargo.toml:1:1: syntax error");
    check(&["check", "--data", "Cargo.toml"], 1, "", "Cargo.toml:1:");
    check(&["serve", "--listen", "nowhere"], 2, "", "invalid");
    check(&["query", "nowhere.graphql"], 1, "", "cannot be read");
    check(
        &["query", "--variables", "[]", "tests/graphql/opening.graphql"],
        1,
        "",
        "--variables takes a JSON object",
    );
    check(&["query", "tests/graphql/bad_cursor.graphql"], 1, "BAD_CURSOR", "");
    check(&["check"], 0, "199 entities", "");
    check(&["schema"], 0, "interface Entity implements Node", "");
    check(&["query", "--compact", "tests/graphql/opening.graphql"], 0, "{\"data\":{\"recommendations\"", "");
}

/// Another ontology, other data, the same program.
const TRANSPORT: [&str; 4] =
    ["--schema", "examples/transport/transport.graphql", "--data", "examples/transport/transport.jsonl"];

/// Every word of the second graph stands in its texts.
#[test]
fn the_invented_graph_says_what_its_sources_say() {
    let data = ["check", "--data", "examples/climate/climate.jsonl"];
    let said = [&data[..], &["--sources", "examples/climate/sources"]].concat();
    check(&said, 0, "46 entities, 71 links", "");
    check(&said, 0, "NOT_FOUND                  0\nSOURCE_UNAVAILABLE         0\n", "");
}

#[test]
fn a_different_ontology_runs_with_nothing_recompiled() {
    let with = |first: &[&'static str], last: &[&'static str]| [first, &TRANSPORT[..], last].concat();
    check(
        &with(&["check"], &["--sources", "examples/transport/sources"]),
        0,
        "NOT_FOUND                  0",
        "",
    );
    let dir = tempfile::tempdir().expect("a folder");
    let query = dir.path().join("q.graphql");
    let text = "{ inquiries { nodes { requestedBy { nodes { name } } proposes { completeness nodes { name goesTo { nodes { name } } } } } } }";
    std::fs::write(&query, text).expect("writable");
    let query = query.display().to_string();
    let out = throughline(&[&["query", "--compact", &query], &TRANSPORT[..]].concat());
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && said.contains("City council") && said.contains("AT_LEAST"), "{said}");
    let sdl = throughline(&["schema", TRANSPORT[0], TRANSPORT[1]]);
    let sdl = String::from_utf8_lossy(&sdl.stdout);
    assert!(sdl.contains("type Inquiry implements") && !sdl.contains("Recommendation"), "only its own kinds");
}

/// A server on a free port; killed when dropped, should a test end early.
struct Server(Child, String);

impl Server {
    fn start(args: &[&str]) -> Server {
        let mut child = bare()
            .args([&["serve", "--listen", "127.0.0.1:0"], args].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a first line");
        let address = line.trim().strip_prefix("http://").expect("the base URL comes first").to_owned();
        Server(child, address)
    }

    /// One request on a connection of its own.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.1).expect("it listens before it says so");
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}", self.1)
            .expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself: then there is nothing to kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_snapshot_opens_as_the_data_it_was_written_from() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    let (snapshot, query, more) = (path("seed.snapshot"), path("q.graphql"), path("more.jsonl"));
    check(&["snapshot", "-o", &snapshot], 0, "version 1-", "");
    std::fs::write(&query, "{ version { label contentHash } topics { totalCount } links { totalCount } }")
        .expect("writable");
    let seed = throughline(&["query", &query]);
    let opened = throughline(&["query", "--data", &snapshot, &query]);
    assert_eq!(seed.stdout, opened.stdout);
    assert!(opened.status.success());
    // Data may follow it, and nothing else may stand before.
    std::fs::write(&more, r#"{"entity":"topic/snapshots","kind":"Topic","name":"Snapshots"}"#)
        .expect("writable");
    check(&["check", "--data", &snapshot, &more], 0, "version 2-", "");
    check(&["check", "--data", &more, &snapshot], 1, "", "name it first");
    check(&["check", "--data", &snapshot, "--sources", "seed"], 1, "", "name the data it was written from");
    // Under another ontology, cut short, changed, or of another version: refused, with the way out.
    let way_out = "write it again from its data";
    check(
        &["check", "--schema", "tests/fixtures/garden.graphql", "--data", &snapshot],
        1,
        "",
        "under another ontology",
    );
    let whole = std::fs::read(&snapshot).expect("readable");
    for length in [10, 23, 30, 1000, whole.len() - 8, whole.len() - 1] {
        std::fs::write(&more, &whole[..length]).expect("writable");
        check(&["check", "--data", &more], 1, "", if length < 21 { "" } else { way_out });
    }
    for (at, what) in [
        (21, "another version"),
        (40, "checksum"),
        (whole.len() / 2, "checksum"),
        (whole.len(), "follows its end"),
    ] {
        let mut changed = whole.clone();
        changed.push(b'x');
        changed[at] ^= 8;
        changed.truncate(whole.len().max(at + 1));
        std::fs::write(&more, &changed).expect("writable");
        check(&["check", "--data", &more], 1, "", what);
    }
    // A file that cannot be written leaves nothing behind.
    check(&["snapshot", "-o", &path("no/such/folder")], 1, "", "cannot write");
}

/// Looking whether a pipe is a snapshot once took its first bytes.
#[test]
fn data_come_through_a_pipe_whole() {
    let mut child = bare()
        .args(["check", "--data", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let line = b"{\"entity\":\"topic/pipes\",\"kind\":\"Topic\",\"name\":\"Pipes\"}\n";
    child.stdin.take().expect("piped").write_all(line).expect("somebody reads");
    let out = child.wait_with_output().expect("it ends");
    assert!(out.status.success());
    assert!(String::from_utf8_lossy(&out.stdout).starts_with("1 entities, 0 links"));
}

#[test]
fn a_server_answers_from_its_first_line_on_and_stops_when_asked() {
    let mut server = Server::start(&[]);
    let json = "Content-Type: application/json\r\n";
    let answer = server.ask(
        "POST",
        "/graphql",
        json,
        r#"{"query":"{ person(id: \"person/healey\") { ordered { totalCount } } }"}"#,
    );
    assert!(
        answer.starts_with("HTTP/1.1 200")
            && answer.contains(r#"{"data":{"person":{"ordered":{"totalCount":2}}}}"#),
        "{answer}"
    );
    let etag = |answer: &str| answer.lines().find_map(|l| l.strip_prefix("etag: ").map(str::to_owned));
    let get = server.ask("GET", "/graphql?query=%7B__typename%7D", "", "");
    let tag = etag(&get).expect("an ETag on GET");
    let again =
        server.ask("GET", "/graphql?query=%7B__typename%7D", &format!("If-None-Match: {tag}\r\n"), "");
    assert!(again.starts_with("HTTP/1.1 304"), "{again}");
    for path in [
        "/",
        "/graphiql",
        "/schema.graphql",
        "/healthz",
        "/readyz",
        "/assets/explorer.css",
        "/assets/graphiql/graphiql.js",
    ] {
        let answer = server.ask("GET", path, "", "");
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {}", answer.lines().next().unwrap_or_default());
    }
    let deep = format!(r#"{{"query":"{{ node(id: {}1{}) {{ id }} }}"}}"#, "[".repeat(2000), "]".repeat(2000));
    for _ in 0..8 {
        let answer = server.ask("POST", "/graphql", json, &deep);
        assert!(answer.contains("LIMIT_EXCEEDED"), "{answer}");
    }
    let status =
        Command::new("kill").args(["-TERM", &server.0.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
    assert_eq!(server.0.wait().expect("it ends").code(), Some(0), "a stop that was asked for is no failure");
}
