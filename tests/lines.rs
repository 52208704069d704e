//! Our own format: whatever graph there is, what is written reads back as the same graph, and writes the
//! same bytes. The graphs are made from the ontology itself, so that every datatype, relation and kind of
//! line comes up, with texts that are hard on formats.

use std::collections::HashSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use throughline::graph::Graph;
use throughline::io::export::{Format, Options, Selection};
use throughline::io::import::{self, Mapping};
use throughline::io::{json_lines, snapshot};
use throughline::ontology::{Datatype, KindIx, Ontology, Property, Relation};

const ONTOLOGIES: [&str; 3] =
    ["schema/ontology.graphql", "examples/transport/transport.graphql", "tests/fixtures/garden.graphql"];

/// Words that a format may stumble over.
const TEXTS: [&str; 12] = [
    "plain",
    "two words",
    "\"quoted\" \\ and back",
    "tab\tand\nline",
    "naïve café — “dash”",
    "健康、平等",
    "🜚 𝔘nicode",
    "null",
    "עברית",
    "{\"entity\":\"not/this\"}",
    "=1+1",
    "'-5",
];
const DATES: [&str; 8] =
    ["2024", "2023-09~", "2024-02-29", "2020/2024-06", "../2021", "2019-05-01/..", "1998?", "2001-01%"];

/// A stream of choices that shrinks to its beginning.
struct Choices<'a> {
    left: std::slice::Iter<'a, u16>,
}

impl Choices<'_> {
    fn below(&mut self, n: usize) -> usize {
        usize::from(self.left.next().copied().unwrap_or(0)) % n.max(1)
    }
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }
}

fn value(ontology: &Ontology, property: &Property, choices: &mut Choices<'_>) -> Json {
    let one = |choices: &mut Choices<'_>| match property.datatype {
        Datatype::String => json!(format!("{} {}", choices.of(&TEXTS), choices.below(50))),
        Datatype::Int => json!(choices.of(&[0, -1, i32::MAX, i32::MIN, 42])),
        Datatype::Float => json!(choices.of(&[0.0, -0.1, 1e300, 5e-324, 1.0 / 3.0, 1234567.0])),
        Datatype::Boolean => json!(choices.one_in(2)),
        Datatype::Url => json!(format!("https://example.org/{}?q=%C3%A4#f", choices.below(50))),
        Datatype::Date => json!(choices.of(&["2024-02-29", "0001-01-01", "9999-12-31"])),
        Datatype::FuzzyDate if choices.one_in(2) => json!({"edtf": choices.of(&DATES), "kind": "PUBLISHED"}),
        Datatype::FuzzyDate => json!(choices.of(&DATES)),
        Datatype::Enum(ix) => {
            let words = &ontology.enumeration(ix).words;
            json!(words[choices.below(words.len())].name)
        }
    };
    if property.list {
        let many = choices.below(3);
        return (0..many).map(|_| one(choices)).collect();
    }
    one(choices)
}

fn properties<'p>(
    ontology: &Ontology,
    all: impl Iterator<Item = &'p Property>,
    choices: &mut Choices<'_>,
) -> Map<String, Json> {
    let mut map = Map::new();
    for property in all {
        // What identifies would have to differ from all others; the tests of the graph see to that.
        if property.identifier.is_none() && (property.required && !property.list || choices.one_in(3)) {
            map.insert(property.name.clone(), value(ontology, property, choices));
        }
    }
    map
}

fn evidence(source: &str, choices: &mut Choices<'_>) -> Json {
    let mut piece = Map::new();
    piece.insert("source".into(), json!(source));
    if choices.one_in(5) {
        piece.insert("url".into(), json!(format!("https://example.org/{}", choices.below(50))));
    } else {
        // A quote is folded text.
        let text = |choices: &mut Choices<'_>| {
            let words = format!("{} {}", choices.of(&TEXTS), choices.below(50));
            json!(words.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        piece.insert("quote".into(), text(choices));
        for key in ["prefix", "suffix"] {
            if choices.one_in(4) {
                piece.insert(key.into(), text(choices));
            }
        }
    }
    if choices.one_in(4) {
        piece.insert("fragment".into(), json!(format!("row={}", choices.below(9) + 1)));
    }
    let inferred = choices.one_in(4);
    piece.insert("basis".into(), json!(if inferred { "INFERRED" } else { "STATED" }));
    if inferred || choices.one_in(6) {
        piece.insert("note".into(), json!(choices.of(&TEXTS)));
    }
    Json::Object(piece)
}

/// Lines of a graph. Some may be refused together with others, such as links that close a circle: those are
/// left out one by one until the rest is admitted.
fn lines(ontology: &Ontology, choices: &mut Choices<'_>) -> Vec<Json> {
    // A few relations and the kinds that they join, so that links find their ends.
    let relations: Vec<&Relation> =
        (0..4).map(|_| &ontology.relations[choices.below(ontology.relations.len())]).collect();
    let kinds: Vec<KindIx> =
        relations.iter().flat_map(|r| [choices.of(&r.from), choices.of(&r.to)]).collect();
    let source = format!("{}/s", ontology.kind(ontology.source_kind()).prefix);
    let mut lines = vec![];
    let mut ids: Vec<(String, KindIx)> = vec![];
    for number in 0..9 + choices.below(9) {
        let ix = if number == 0 { ontology.source_kind() } else { kinds[number % kinds.len()] };
        let kind = ontology.kind(ix);
        let id = if number == 0 { source.clone() } else { format!("{}/{number}", kind.prefix) };
        let mut line = Map::new();
        line.insert(if kind.is_source { "source" } else { "entity" }.into(), json!(id));
        line.insert("kind".into(), json!(kind.name));
        let all = kind.properties.iter().map(|p| ontology.property(*p));
        line.extend(properties(ontology, all, choices));
        if choices.one_in(3) {
            line.insert("identifiers".into(), json!([{"scheme": "test", "value": format!("{number}")}]));
        }
        if choices.one_in(3) {
            line.insert("evidence".into(), json!([evidence(&source, choices)]));
        }
        if kind.is_source && choices.one_in(2) {
            line.insert("text".into(), json!({"file": "s.txt", "sha256": "ab".repeat(32)}));
        }
        lines.push(Json::Object(line));
        ids.push((id, ix));
    }
    for _ in 0..choices.below(30) {
        let relation = choices.of(&relations);
        let ends = |of: &[KindIx]| -> Vec<&str> {
            ids.iter().filter(|(_, kind)| of.contains(kind)).map(|(id, _)| id.as_str()).collect()
        };
        let (from, to) = (ends(&relation.from), ends(&relation.to));
        if from.is_empty() || to.is_empty() {
            continue;
        }
        let (from, to) = (choices.of(&from), choices.of(&to));
        let mut line = Map::new();
        line.insert("link".into(), json!([from, relation.name, to]));
        for key in ["date", "validFrom", "validUntil"] {
            if choices.one_in(6) {
                line.insert(key.into(), json!(choices.of(&["2024", "2024-03"])));
            }
        }
        let own = properties(ontology, relation.properties.iter(), choices);
        if !own.is_empty() {
            line.insert("properties".into(), Json::Object(own));
        }
        let pieces = 1 + choices.below(3);
        line.insert("evidence".into(), (0..pieces).map(|_| evidence(&source, choices)).collect());
        lines.push(Json::Object(line));
        if choices.one_in(5) {
            let completeness = choices.of(&["COMPLETE", "AT_LEAST"]);
            let evidence = json!([evidence(&source, choices)]);
            lines.push(
                json!({"about": [from, relation.name], "completeness": completeness, "evidence": evidence}),
            );
        }
    }
    if choices.one_in(3) {
        let twins: Vec<&str> =
            ids.iter().filter(|(_, kind)| *kind == ids[1].1).map(|(id, _)| id.as_str()).collect();
        if let [one, .., other] = twins.as_slice() {
            lines.push(json!({"merged": other, "into": one}));
        }
    }
    lines
}

fn read(ontology: &Arc<Ontology>, text: &[u8]) -> Result<Graph, Vec<usize>> {
    let batch = json_lines::read("lines.jsonl", text);
    assert!(batch.reading.faults.is_empty(), "{:?}", batch.reading.faults);
    let refused = |refusals: throughline::graph::Refusals| refusals.0.iter().map(|r| r.change).collect();
    Graph::empty(ontology.clone()).apply(batch.changes).map_err(refused)
}

fn text(lines: &[Json]) -> Vec<u8> {
    lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

fn written(graph: &Graph) -> Vec<u8> {
    let mut out = Vec::new();
    json_lines::write(graph, &mut out).expect("memory can be written");
    out
}

/// The lines of a graph that was written in a format and imported again.
fn there_and_back(graph: &Graph, ontology: &Ontology, name: &str) -> Vec<u8> {
    let format = Format::named(name).expect("it is in the list");
    let folder = tempfile::tempdir().expect("a folder");
    let (selection, options) = (Selection::whole(graph), Options::default());
    let file = if format.is_folder() {
        format.write_folder(graph, &selection, &options, folder.path()).expect("it is written");
        folder.path().join("datapackage.json")
    } else {
        let mut out = Vec::new();
        format.write(graph, &selection, &options, &mut out).expect("it is written");
        let file = folder.path().join(format!("graph.{}", format.ending));
        std::fs::write(&file, out).expect("writable");
        file
    };
    let mut out = Vec::new();
    import::map(&Mapping::default(), &[file], ontology, &mut out).expect("it can be read");
    out
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn what_is_written_reads_back_the_same(which in 0..3_usize, choices in prop::collection::vec(any::<u16>(), 0..3_000)) {
        let sdl = std::fs::read_to_string(ONTOLOGIES[which]).expect("it is there");
        let ontology = Arc::new(Ontology::read(&[(ONTOLOGIES[which].to_owned(), sdl)]).expect("it is sound"));
        let mut lines = lines(&ontology, &mut Choices { left: choices.iter() });
        let graph = loop {
            match read(&ontology, &text(&lines)) {
                Ok(graph) => break graph,
                Err(refused) => {
                    let refused: HashSet<usize> = refused.into_iter().collect();
                    prop_assert!(!refused.is_empty());
                    let mut at = 0..;
                    lines.retain(|_| !refused.contains(&at.next().unwrap_or_default()));
                }
            }
        };
        let first = written(&graph);
        let again = read(&ontology, &first);
        prop_assert!(again.is_ok(), "{:?}\n{}", again.err(), String::from_utf8_lossy(&first));
        let again = again.unwrap_or_else(|_| Graph::empty(ontology.clone()));
        prop_assert_eq!(again.version().content_hex(), graph.version().content_hex());
        let second = written(&again);
        prop_assert_eq!(String::from_utf8_lossy(&second), String::from_utf8_lossy(&first));
        // So does what others read, where it can be read back whole.
        for name in ["turtle", "trig", "nquads", "json-ld", "datapackage"] {
            let came = there_and_back(&graph, &ontology, name);
            let came = read(&ontology, &came).map(|graph| written(&graph)).unwrap_or(came);
            prop_assert_eq!(String::from_utf8_lossy(&came), String::from_utf8_lossy(&first), "{}", name);
        }
        // The snapshot of it says the same.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("graph.snapshot");
        snapshot::write(&graph, &path).expect("it can be written");
        let opened = snapshot::open(&path, ontology);
        prop_assert!(opened.is_ok());
        prop_assert_eq!(opened.map(|graph| written(&graph)).unwrap_or_default(), first);
    }
}
