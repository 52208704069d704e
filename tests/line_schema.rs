//! The JSON Schema of a line: every line that loads fits it, and single mistakes do not.

use serde_json::{Value, json};
use throughline::io::line_schema::line_schema;
use throughline::ontology::Ontology;

fn schema(path: &str) -> jsonschema::Validator {
    let sdl = std::fs::read_to_string(path).expect("the ontology is there");
    let ontology = Ontology::read(&[(path.to_owned(), sdl)]).expect("it is sound");
    jsonschema::draft202012::new(&line_schema(&ontology)).expect("a sound schema")
}

fn lines(path: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("the data are there");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn what_loads_fits() {
    for (ontology, files) in [
        (
            "schema/ontology.graphql",
            &[
                "seed/hhs-eap-2023.jsonl",
                "seed/mass-gov-ahem.jsonl",
                "examples/climate/climate.jsonl",
                "examples/us/matches.jsonl",
            ][..],
        ),
        ("examples/transport/transport.graphql", &["examples/transport/transport.jsonl"]),
    ] {
        let schema = schema(ontology);
        for file in files {
            for (at, line) in lines(file).iter().enumerate() {
                assert!(schema.is_valid(line), "{file}:{}: {line}", at + 1);
            }
        }
    }
}

#[test]
fn single_mistakes_do_not() {
    let schema = schema("schema/ontology.graphql");
    let quote = json!({"source": "source/s", "quote": "words", "basis": "STATED"});
    let link = json!({"link": ["agency/a", "hasGoal", "goal/b"], "evidence": [quote]});
    let goal = json!({"entity": "goal/b", "kind": "Goal", "name": "B", "evidence": [quote]});
    let matched = json!({"match": ["goal/a", "goal/b"], "decision": "SAME"});
    let accepted = json!({"proposal": goal, "decision": "ACCEPTED", "score": 0.4});
    let open = json!({"proposal": {"entity": "?/b", "kind": "?", "name": "B"}, "decision": "UNDECIDED"});
    assert!(schema.is_valid(&open), "{open}");
    [&link, &goal, &matched, &accepted].iter().for_each(|line| assert!(schema.is_valid(line), "{line}"));
    for (line, pointer, value) in [
        (&link, "/link/1", json!("hasGaol")),
        (&link, "/link/0", json!("agency")),
        (&link, "/link/0", json!("agncy/a")),
        (&link, "/evidence", json!([])),
        (&link, "/evidence/0/basis", json!("SAID")),
        (&link, "/evidence/0/quote", json!(null)),
        (&link, "/evidence/0/source", json!("goal/b")),
        (&goal, "/entity", json!("agency/b")),
        (&goal, "/kind", json!("Gaol")),
        (&goal, "/name", json!(7)),
        (&matched, "/decision", json!("PERHAPS")),
        (&accepted, "/decision", json!("PERHAPS")),
        (&accepted, "/proposal/entity", json!("?/b")),
        (&open, "/decision", json!("ACCEPTED")),
    ] {
        let mut wrong = line.clone();
        *wrong.pointer_mut(pointer).expect("it is there") = value;
        assert!(!schema.is_valid(&wrong), "{pointer}: {wrong}");
    }
    let mut unknown = goal;
    unknown["colour"] = json!("blue");
    assert!(!schema.is_valid(&unknown), "{unknown}");
}
