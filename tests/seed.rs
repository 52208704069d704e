//! The seed: what is promised of it, and what the check of quotes catches.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use throughline::app::{self, Origin, SEED};
use throughline::graph::{Basis, Graph, QuoteStatus};
use throughline::io::json_lines;

static GRAPH: LazyLock<Graph> = LazyLock::new(|| app::load(&Origin::default()).expect("the seed is sound"));

#[test]
fn the_seed_holds_every_fact_with_its_evidence() {
    let overview = app::overview(&GRAPH);
    assert!(overview.entities >= 199 && overview.links >= 328, "{overview:?}");
    assert_eq!(overview.sources.len(), 2);
    assert!(overview.sources.iter().all(|s| s.status == Some(QuoteStatus::Verified) && s.checked.is_some()));
    assert_eq!(overview.evidence.get("NOT_FOUND"), None);
    assert_eq!(
        overview.evidence.get("SOURCE_UNAVAILABLE"),
        None,
        "run `throughline check --sources DIR --write`"
    );
    for ix in GRAPH.links() {
        assert!(!GRAPH.link(ix).evidence().is_empty());
        for evidence in GRAPH.link(ix).evidence().iter().filter(|e| e.status() == QuoteStatus::UrlOnly) {
            assert!(evidence.quote().is_none() && evidence.url().is_some());
        }
    }
    for ix in GRAPH.entities() {
        assert!(!GRAPH.entity(ix).evidence().is_empty(), "{} rests on nothing", GRAPH.entity(ix).id());
    }
}

/// From a report's review to the goals of what it informed, over links that a source states.
#[test]
fn the_chain_holds_over_stated_links() {
    let step = |from: &[&str], relation: &str| -> Vec<String> {
        let (ix, direction) = GRAPH.ontology().relation_named(relation).expect(relation);
        let stated = |id: &&str| {
            let entity = GRAPH.find(id).unwrap_or_else(|| panic!("{id} is there"));
            let links: Vec<_> = GRAPH
                .along(entity, ix, direction)
                .iter()
                .filter(|l| GRAPH.link(l.link).basis() == Basis::Stated)
                .collect();
            links.into_iter().map(move |l| GRAPH.entity(l.to).id().to_string()).collect::<Vec<_>>()
        };
        let mut found: Vec<String> = from.iter().flat_map(stated).collect();
        found.dedup();
        assert!(!found.is_empty(), "no stated {relation} from {from:?}");
        found
    };
    fn refs(ids: &[String]) -> Vec<&str> {
        ids.iter().map(String::as_str).collect()
    }
    let reviews = step(&["person/healey"], "ordered");
    let reports = step(&refs(&reviews), "resultedIn");
    let advice = step(&refs(&reports), "recommends");
    let initiatives = step(&refs(&advice), "informs");
    assert!(initiatives.contains(&"initiative/ahem".to_owned()), "{initiatives:?}");
    let leaders = step(&refs(&initiatives), "ledBy");
    assert_eq!(leaders, ["agency/massachusetts-eohhs"]);
    step(&refs(&initiatives), "hasGoal");
}

/// Traps of the two pages that must not be fallen into.
#[test]
fn what_must_stay_apart_stays_apart() {
    let hhs = GRAPH.named("HHS");
    assert_eq!(hhs.len(), 1, "one body is called HHS");
    let ma = GRAPH.named("executive office of  health and human services");
    assert_eq!(ma.len(), 1);
    assert_ne!(hhs[0], ma[0]);
    let maternal: Vec<&str> = GRAPH
        .named("maternal health")
        .iter()
        .map(|ix| GRAPH.ontology().kind(GRAPH.entity(*ix).kind()).name.as_str())
        .collect();
    assert!(maternal.contains(&"Topic") && maternal.contains(&"Initiative"), "{maternal:?}");
}

#[test]
fn what_is_written_reads_back_the_same() {
    let mut bytes = Vec::new();
    json_lines::write(&GRAPH, &mut bytes).expect("memory");
    let batch = json_lines::read("written", &bytes);
    let again = Graph::empty(GRAPH.ontology().clone()).apply(batch.changes).expect("sound");
    let mut second = Vec::new();
    json_lines::write(&again, &mut second).expect("memory");
    assert!(bytes == second, "byte-stable");
    assert_eq!(again.entity_count(), GRAPH.entity_count());
    for ix in GRAPH.links() {
        assert!(again.find_link(&GRAPH.link_id(ix)).is_some());
    }
}

// -- the check of quotes, over a made-up source, as a user runs it -----------------------------

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a temporary folder"));
        folder.put("garden.graphql", include_str!("fixtures/garden.graphql"));
        folder.put("a.txt", "# Roses\n\nThe [old rose](https://garden.example/</rose>) grows in the\nlong bed, beside the pear.");
        let lines = [
            r#"{"source":"book/a","kind":"Book","name":"A","text":{"file":"a.txt"}}"#,
            r#"{"entity":"plant/rose","kind":"Plant","name":"Old rose","evidence":[{"source":"book/a","quote":"The old rose","suffix":" grows in","basis":"STATED"},{"source":"book/a","url":"https://garden.example/rose","basis":"STATED"}]}"#,
            r#"{"entity":"bed/long","kind":"Bed","name":"Long bed","evidence":[{"source":"book/a","quote":"long bed","basis":"STATED"}]}"#,
            r##"{"link":["plant/rose","growsIn","bed/long"],"evidence":[{"source":"book/a","quote":"The old rose grows in the long bed","prefix":"# Roses ","suffix":", beside","basis":"STATED"}]}"##,
        ];
        folder.put("garden.jsonl", &(lines.join("\n") + "\n"));
        folder
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("writable");
    }
    fn get(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("readable")
    }
    fn check(&self, more: &[&str]) -> (bool, String) {
        let schema = self.path("garden.graphql");
        let data = self.path("garden.jsonl");
        let mut command = Command::new(env!("CARGO_BIN_EXE_throughline"));
        command.arg("check").arg("--schema").arg(schema).arg("--data").arg(data).args(more);
        let Output { status, stdout, stderr } = command.output().expect("the command runs");
        (status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
    }
    fn verify(&self, more: &[&str]) -> (bool, String) {
        let dir = self.0.path().display().to_string();
        self.check(&[&["--sources", &dir], more].concat())
    }
}

#[test]
fn every_quote_is_found_word_for_word_and_recorded() {
    let folder = Folder::new();
    let before = folder.get("garden.jsonl");
    let (ok, said) = folder.verify(&[]);
    assert!(ok, "{said}");
    for line in [
        "VERIFIED                   3",
        "NOT_FOUND                  0",
        "SOURCE_UNAVAILABLE         0",
        "URL_ONLY                   1",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert_eq!(folder.get("garden.jsonl"), before, "without --write nothing is written");

    let (ok, said) = folder.verify(&["--write", "--today", "2026-11-22"]);
    assert!(ok && said.contains("recorded in"), "{said}");
    let written = folder.get("garden.jsonl");
    assert!(
        written.contains(r#""status":"VERIFIED","checked":"2026-11-22"}"#)
            && written.contains(r#""verified":""#),
        "{written}"
    );
    let (_, said) = folder.verify(&["--write", "--today", "2026-11-23"]);
    assert!(!said.contains("recorded in"), "what says the same keeps its bytes: {said}");

    // A fresh machine without the sources still knows.
    let (ok, said) = folder.check(&[]);
    assert!(ok && said.contains("VERIFIED                   3  (as recorded)"), "{said}");
}

#[test]
fn one_changed_word_in_a_quote_is_caught_with_and_without_the_source() {
    let folder = Folder::new();
    folder.verify(&["--write", "--today", "2026-11-22"]);
    let changed = folder
        .get("garden.jsonl")
        .replace("The old rose grows in the long bed", "The old rose grew in the long bed");
    folder.put("garden.jsonl", &changed);
    let (ok, said) = folder.verify(&[]);
    assert!(
        !ok && said.contains("garden.jsonl:4: NOT_FOUND in `book/a`") && said.contains("they agree up to"),
        "{said}"
    );
    let (ok, said) = folder.check(&[]);
    assert!(!ok && said.contains("SOURCE_UNAVAILABLE         1"), "the seal has fallen off: {said}");
    assert!(said.contains("garden.jsonl:4: ") && said.contains("has changed since"), "{said}");
    folder.verify(&["--write", "--today", "2026-11-22"]);
    let (ok, said) = folder.check(&[]);
    assert!(!ok && said.contains("NOT_FOUND                  1"), "{said}");
    assert!(said.contains("is recorded as NOT_FOUND"), "{said}");
}

#[test]
fn a_changed_source_and_a_missing_one_are_told() {
    let folder = Folder::new();
    folder.verify(&["--write", "--today", "2026-11-22"]);
    folder.put("a.txt", "The old rose grows in the short bed.");
    let (ok, said) = folder.verify(&[]);
    assert!(!ok && said.contains("NOT_FOUND"), "{said}");
    std::fs::remove_file(folder.path("a.txt")).expect("there");
    let (ok, said) = folder.verify(&[]);
    assert!(
        !ok && said.contains("SOURCE_UNAVAILABLE         4") && said.contains("cannot be read"),
        "{said}"
    );
}

/// The real quotes against the real pages, where they are at hand.
#[test]
fn the_seeds_quotes_stand_in_their_sources() {
    let dir = Path::new("../shared/sources");
    if !dir.is_dir() {
        #[expect(clippy::print_stderr, reason = "whoever reads the log should know")]
        let () = eprintln!("skipped: ../shared/sources is not there");
        return;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_throughline"));
    command.arg("check").args(SEED.iter().flat_map(|(path, _)| ["--data", path])).arg("--sources").arg(dir);
    let Output { status, stdout, stderr } = command.output().expect("runs");
    let said = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
    assert!(status.success() && said.contains("NOT_FOUND                  0"), "{said}");
}
