//! Proposals for a page: from what is known to lines that people decide, and what becomes of those.

use std::path::PathBuf;

use serde_json::{Value, json};
use throughline::app::suggest::{Rate, compare, suggest};
use throughline::app::{self, Origin};
use throughline::io::Input;

const KNOWN: &str = r#"
{"source":"source/old","kind":"SourceDocument","name":"Old page"}
{"entity":"agency/parks","kind":"Agency","name":"Department of Parks","aliases":["DOP"]}
{"entity":"agency/roads","kind":"Agency","name":"Office of Roads"}
{"entity":"report/trees","kind":"Report","name":"Tree Report"}
{"entity":"report/paths","kind":"Report","name":"Path Report"}
{"link":["agency/parks","published","report/trees"],"evidence":[{"source":"source/old","quote":"The Department of Parks published the Tree Report.","basis":"STATED"}]}
"#;

const PAGE: &str = "# New page\n\nThe Office of Roads published the Path Report. The Department of Bridges (DOB) \
    wrote to the Department of Parks.\n\n* Please call us.\n";

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Case {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("known.jsonl"), KNOWN.trim_start()).expect("writable");
        std::fs::write(folder.path().join("page.txt"), PAGE).expect("writable");
        Case { folder }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn proposals(&self) -> Vec<Value> {
        let ontology = Origin::default().ontology().expect("ours is sound");
        let known = vec![Input::File(self.path("known.jsonl"))];
        suggest(&ontology, known, &self.path("page.txt"), "source/new").expect("it can be read").lines
    }
    /// How the known data load together with decided proposals.
    fn load(&self, lines: &[Value]) -> Result<Vec<String>, String> {
        let source = json!({"source": "source/new", "kind": "SourceDocument", "name": "New page"});
        let lines: String = lines.iter().chain([&source]).map(|line| format!("{line}\n")).collect();
        std::fs::write(self.path("decided.jsonl"), lines).expect("writable");
        let data = vec![self.path("known.jsonl"), self.path("decided.jsonl")];
        let graph = app::load(&Origin { data, ..Origin::default() });
        let faults =
            |e: throughline::ontology::Faults| e.0.iter().map(ToString::to_string).collect::<Vec<_>>();
        let graph = graph.map_err(|e| faults(e).join("\n"))?;
        Ok(graph.links().map(|ix| graph.sentence(ix)).collect())
    }
}

#[test]
fn a_page_gives_proposals_with_their_words() {
    let proposals = Case::new().proposals();
    let link = proposals.iter().find(|line| !line["proposal"]["link"].is_null()).expect("a link");
    assert_eq!(link["proposal"]["link"], json!(["agency/roads", "published", "report/paths"]));
    assert_eq!(link["reads"], "Office of Roads published Path Report");
    let entity =
        proposals.iter().find(|line| line["proposal"]["name"] == "Department of Bridges").expect("a name");
    assert_eq!(entity["proposal"]["entity"], "agency/department-of-bridges");
    assert_eq!(entity["proposal"]["aliases"], json!(["DOB"]));
    for line in &proposals {
        assert_eq!(line["decision"], "UNDECIDED");
        let quote = line["proposal"]["evidence"][0]["quote"].as_str().expect("a quote");
        assert!(PAGE.contains(quote), "{quote}");
        assert_eq!(line["proposal"]["evidence"][0]["source"], "source/new");
        assert_ne!(line["proposal"]["kind"], "SourceDocument", "a page is no source of its own making");
    }
}

#[test]
fn only_what_is_accepted_is_a_fact() {
    let case = Case::new();
    let mut proposals = case.proposals();
    let before = "Department of Parks published Tree Report".to_owned();
    assert_eq!(case.load(&proposals), Ok(vec![before.clone()]));
    proposals.iter_mut().for_each(|line| line["decision"] = json!("REJECTED"));
    assert_eq!(case.load(&proposals), Ok(vec![before.clone()]));
    for line in proposals.iter_mut().filter(|line| line["proposal"]["kind"] != "?") {
        line["decision"] = json!("ACCEPTED");
    }
    assert_eq!(case.load(&proposals), Ok(vec![before, "Office of Roads published Path Report".to_owned()]));
}

#[test]
fn what_is_decided_wrongly_is_told() {
    let case = Case::new();
    let entity = json!({"entity": "?/x", "kind": "?", "name": "X"});
    for (line, expected) in [
        (json!({"proposal": entity, "decision": "ACCEPTED"}), "`?`"),
        (json!({"proposal": entity, "decision": "YES"}), "write ACCEPTED, REJECTED, UNDECIDED"),
        (json!({"proposal": entity}), "the decision is none"),
        (json!({"proposal": 3, "decision": "ACCEPTED"}), "`proposal` holds no line"),
        (json!({"proposal": entity, "decision": "REJECTED", "who": "me"}), "unknown key `who`"),
    ] {
        let said = case.load(std::slice::from_ref(&line)).expect_err("refused");
        assert!(said.contains("decided.jsonl:1") && said.contains(expected), "{line}\n  said {said}");
    }
}

#[test]
fn proposals_are_compared_with_what_people_drew() {
    let case = Case::new();
    let ontology = Origin::default().ontology().expect("ours is sound");
    let known = vec![Input::File(case.path("known.jsonl"))];
    let suggested = suggest(&ontology, known, &case.path("page.txt"), "source/new").expect("it can be read");
    let drawn = r#"
{"entity":"agency/bridges","kind":"Agency","name":"Department of Bridges"}
{"entity":"topic/tolls","kind":"Topic","name":"tolls"}
{"link":["agency/roads","published","report/paths"],"evidence":[{"source":"source/new","quote":"The Office of Roads published the Path Report.","basis":"STATED"}]}
{"link":["agency/bridges","published","report/paths"],"evidence":[{"source":"source/new","quote":"wrote","basis":"STATED"}]}
"#;
    std::fs::write(case.path("drawn.jsonl"), drawn.trim_start()).expect("writable");
    let comparison =
        compare(&ontology, &suggested, vec![Input::File(case.path("drawn.jsonl"))]).expect("it can be read");
    // Three of the four are named in the page: two known ones, and one by its name alone.
    let entities = comparison.entities;
    assert_eq!((entities.found, entities.there), (3, 4));
    assert_eq!(entities.right, 3);
    let links = comparison.links["0.10"];
    assert_eq!(links, Rate { right: 1, proposed: links.proposed, found: 1, there: 2 });
}
