//! The saved questions, asked over the seed and over an invented second graph under the same ontology,
//! and the cookbook that is made of them: `UPDATE=1 cargo test --test questions` writes both anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::{Map, Value as Json};
use throughline::app::{App, Origin, QUERIES};
use throughline::graphql::{Limits, Outcome, Request, SavedQuery};

/// What researchers ask, by number: the saved question that answers it, or what it waits for.
const QUESTIONS: &[(u8, Result<&str, &str>)] = &[
    (1, Ok("words-behind-a-link")),
    (2, Ok("reports-behind-a-recommendation")),
    (3, Ok("what-followed")),
    (4, Ok("why-an-initiative-exists")),
    (5, Ok("who-recommended-what")),
    (6, Ok("status-of-recommendations")),
    (7, Ok("recommendations-without-action")),
    (8, Ok("efforts-without-evidence")),
    (9, Ok("goals-without-effort-or-measure")),
    (10, Ok("what-addresses-a-population")),
    (11, Ok("populations-without-target")),
    (12, Ok("coverage")),
    (13, Ok("who-stands-behind-an-effort")),
    (14, Ok("what-a-person-committed-to")),
    (15, Ok("who-works-on-the-same")),
    (16, Ok("crosswalk")),
    (17, Err("What changed between two versions of a plan or a source? Waits for a record of versions.")),
    (18, Ok("compare")),
    (19, Ok("timeline")),
    (
        20,
        Err(
            "What was on record at a date? Waits for a record of versions; `validAt` tells what held in the world.",
        ),
    ),
    (21, Ok("progress-toward-a-goal")),
    (22, Ok("how-two-are-connected")),
    (23, Ok("what-falls-with")),
    (24, Ok("weak-links")),
    (
        25,
        Err(
            "Give me a citable bundle of an answer: `/q/<name>.ro-crate` for each of these questions, `throughline export --query FILE --format ro-crate` for any.",
        ),
    ),
];

/// A graph that questions are asked over.
struct Asked {
    title: &'static str,
    app: App,
    /// By question, what it is asked there; with nothing where the defaults will do.
    parameters: BTreeMap<String, Vec<(String, String)>>,
}

static GRAPHS: LazyLock<Vec<Asked>> = LazyLock::new(|| {
    let over = |name, title, data: &[&str]| {
        let origin = Origin { schema: Vec::new(), data: data.iter().map(Into::into).collect() };
        let app = App::open(&origin, Limits::default()).expect("the data are sound");
        let text = std::fs::read_to_string(format!("tests/questions/{name}.json")).expect("readable");
        let given: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(&text).expect("JSON");
        let parameters = given.into_iter().map(|(name, of)| (name, of.into_iter().collect())).collect();
        Asked { title, app, parameters }
    };
    vec![
        over("seed", "the seed", &[]),
        over("climate", "the invented graph", &["examples/climate/climate.jsonl"]),
    ]
});

impl Asked {
    /// The answer to a question, the same on both roads and without errors.
    fn answer(&self, query: &SavedQuery) -> Json {
        let given = self.parameters.get(&query.name).map_or(&[][..], Vec::as_slice);
        let variables = query.variables(given).unwrap_or_else(|e| panic!("{}: {e:?}", query.name));
        let request = Request { query: query.text.clone(), variables, ..Request::default() };
        let own = self.app.execute(&request, &self.app.budget());
        let slow = self.app.api().execute_slowly(&self.app.view(), &request, &self.app.budget());
        let json = |body: &[u8]| serde_json::from_slice::<Json>(body).expect("answers are JSON");
        let answer = json(&own.body);
        assert!(
            own.outcome == Outcome::Executed && answer.get("errors").is_none(),
            "{}: {answer}",
            query.name
        );
        let same = serde_json::to_string(&answer).ok() == serde_json::to_string(&json(&slow.body)).ok();
        assert!(same, "{}: the slow road says {}", query.name, String::from_utf8_lossy(&slow.body));
        answer["data"].clone()
    }
}

/// Whether an answer names anything.
fn says_something(answer: &Json) -> bool {
    match answer {
        Json::Object(fields) => {
            fields.iter().any(|(key, value)| match value {
                Json::String(_) => matches!(key.as_str(), "id" | "sentence" | "quote"),
                other => says_something(other),
            }) || fields.get("name").is_some_and(Json::is_string) && fields.len() == 1
        }
        Json::Array(items) => items.iter().any(says_something),
        _ => false,
    }
}

/// JSON with what is short on one line.
fn printed(value: &Json, indent: usize, out: &mut String) {
    let flat = flat(value);
    let room = 108usize.saturating_sub(indent);
    if flat.chars().count() <= room || !(value.is_object() || value.is_array()) {
        out.push_str(&flat);
        return;
    }
    let pad = " ".repeat(indent + 2);
    let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
    out.push(open);
    let empty = Map::new();
    let fields = value.as_object().unwrap_or(&empty).iter().map(|(key, value)| (Some(key), value));
    let items = value.as_array().into_iter().flatten().map(|value| (None, value));
    for (at, (key, value)) in fields.chain(items).enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.push_str(&pad);
        if let Some(key) = key {
            let _ = write!(out, "{key:?}: ");
        }
        printed(value, indent + 2, out);
    }
    let _ = write!(out, "\n{}{close}", " ".repeat(indent));
}

fn flat(value: &Json) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match value {
        Json::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| format!("{key:?}: {}", flat(value)));
            format!("{{ {} }}", joined(fields.collect()))
        }
        Json::Array(items) => format!("[{}]", joined(items.iter().map(flat).collect())),
        other => other.to_string(),
    }
}

fn blessed(path: &str, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, text).expect("writable");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == text, "{path} differs; UPDATE=1 cargo test --test questions writes it anew");
}

#[test]
fn the_cookbook_says_what_is_answered() {
    let mut book = String::from(
        "# Cookbook\nWhat researchers ask, each with its query and the real answers over the pages that come with the program and over [an invented second graph](examples/climate). Each has an address: `throughline serve` (with `--data examples/climate/climate.jsonl` for the latter), then `/q/<name>`. This file is made by `UPDATE=1 cargo test --test questions`, and the test fails where it is not what is answered.\n",
    );
    for (number, question) in QUESTIONS {
        let name = match question {
            Ok(name) => name,
            Err(waits) => {
                let _ = write!(book, "\n## {number}. {}\n", waits.replacen("? ", "?\n", 1));
                continue;
            }
        };
        let query = &GRAPHS[0].app.saved()[*name];
        let _ = write!(book, "\n## {number}. {}\n", query.title);
        if !query.description.is_empty() {
            let _ = writeln!(book, "{}", query.description);
        }
        let code: Vec<&str> = query.text.lines().filter(|line| !line.starts_with('#')).collect();
        let _ = write!(book, "\n```graphql\n{}\n```\n", code.join("\n").trim());
        let mut answered = false;
        for graph in GRAPHS.iter() {
            let answer = graph.answer(query);
            if !says_something(&answer) {
                continue;
            }
            answered = true;
            let given = graph.parameters.get(*name).map_or(&[][..], Vec::as_slice);
            let given: String = url_of(given);
            let _ = write!(book, "\nOver {} (`/q/{name}{given}`):\n\n```json\n", graph.title);
            printed(&answer, 0, &mut book);
            book.push_str("\n```\n");
        }
        assert!(answered, "{name}: neither graph has an answer");
    }
    blessed("COOKBOOK.md", &book);
}

fn url_of(given: &[(String, String)]) -> String {
    let pairs: Vec<String> = given.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

#[test]
fn every_saved_question_is_in_the_list_and_has_a_file() {
    let mut listed: Vec<&str> = QUESTIONS.iter().filter_map(|(_, q)| q.ok()).collect();
    listed.sort_unstable();
    let embedded: Vec<&str> = QUERIES.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, embedded, "QUESTIONS and app::QUERIES name the same");
    let files = std::fs::read_dir("seed/queries").expect("there").map(|e| e.expect("readable").path());
    let mut names: Vec<String> =
        files.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, embedded, "each file of seed/queries has a row in app::QUERIES, in order");
    for (name, text) in QUERIES {
        if let Err(faults) = GRAPHS[0].app.api().saved(name, name, text) {
            panic!("{faults:?}");
        }
    }
}

#[test]
fn what_a_saved_question_may_not_be_is_told_with_its_place() {
    let api = GRAPHS[0].app.api();
    let check = |name: &str, text: &str, what: &str| {
        let faults = api.saved(name, "mine.graphql", text).expect_err("it is refused");
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|fault| fault.contains(what)), "{told:?} lacks {what}");
    };
    let good = "# What is there?\n{ entities { totalCount } }";
    assert!(api.saved("mine", "mine.graphql", good).is_ok());
    check("a b", good, "mine.graphql: `a b` cannot be the name");
    check("mine", "{ entities { totalCount } }", "mine.graphql:1:1: a saved query begins with its title");
    check("mine", "# What?\n{ entitie { totalCount } }", "mine.graphql:2:3");
    check("mine", "# What?\n{ entities { totalCount", "mine.graphql:2");
    check("mine", "# What?\nquery A { version { label } } query B { version { label } }", "has 2");
    check("mine", "# What?\nfragment F on Query { version { label } }", "mine.graphql:");
}

#[test]
fn parameters_are_read_as_their_types_say() {
    let text = "# What?
query Q($id: ID!, $first: Int = 3, $flag: Boolean! = false, $kinds: [KindName!], $by: EntityFilter) {
  node(id: $id) { id }
  entities(first: $first, kinds: $kinds, where: $by) { totalCount }
  version @include(if: $flag) { label }
}";
    let query = GRAPHS[0].app.api().saved("mine", "mine.graphql", text).expect("it is sound");
    let check = |given: &[(&str, &str)], expected: Result<Json, &str>| {
        let given: Vec<_> = given.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        match (query.variables(&given), expected) {
            (Ok(variables), Ok(expected)) => assert_eq!(Json::Object(variables), expected),
            (Err(errors), Err(what)) => {
                let told: Vec<&str> = errors.iter().map(|e| e.message.as_str()).collect();
                assert!(told.iter().any(|told| told.contains(what)), "{told:?} lacks {what}");
            }
            (got, expected) => panic!("{given:?}: {got:?}, not {expected:?}"),
        }
    };
    check(&[("id", "7")], Ok(serde_json::json!({"id": "7"})));
    check(
        &[
            ("id", "goal/x"),
            ("first", " 5 "),
            ("flag", "true"),
            ("kinds", "GOAL"),
            ("kinds", "PLAN"),
            ("by", "{}"),
        ],
        Ok(
            serde_json::json!({"id": "goal/x", "first": 5, "flag": true, "kinds": ["GOAL", "PLAN"], "by": {}}),
        ),
    );
    check(
        &[("id", "7"), ("kinds", "GOAL, PLAN")],
        Ok(serde_json::json!({"id": "7", "kinds": ["GOAL", "PLAN"]})),
    );
    check(&[], Err("the parameter `id` is missing; it is an ID!"));
    check(&[("id", "")], Err("the parameter `id` is missing"));
    check(&[("id", "a"), ("id", "b")], Err("`id` is given twice"));
    check(&[("id", "a"), ("frist", "3")], Err("did you mean `first`"));
    check(&[("id", "a"), ("first", "many")], Err("`first` is an Int, and `many` is none; give a number"));
    check(&[("id", "a"), ("flag", "yes")], Err("`flag` is a Boolean!"));
    check(&[("id", "a"), ("kinds", "GAOL")], Err("did you mean `GOAL`"));
    check(&[("id", "a"), ("by", "[1]")], Err("give a JSON object"));
}

#[test]
fn a_folder_of_ones_own_adds_questions() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("writable");
    let open = || App::open(&Origin::default(), Limits::default()).expect("the seed is sound");
    write("mine.graphql", "# How many links are there?\nquery Mine { links { totalCount } }");
    write("weak-links.graphql", "# My own?\n# Said in two\n# lines.\n{ version { label } }");
    write("notes.txt", "nothing to do with it");
    let app = open().with_queries(folder.path()).expect("they are sound");
    assert_eq!(app.saved().len(), QUERIES.len() + 1);
    assert_eq!(app.saved()["mine"].title, "How many links are there?");
    assert_eq!(app.saved()["weak-links"].description, "Said in two lines.");
    write("broken.graphql", "# Broken?\n{ link }");
    write("also broken.graphql", "{ links { totalCount } }");
    let faults = open().with_queries(folder.path()).expect_err("two are broken").to_string();
    for part in ["broken.graphql:2:3", "begins with its title", "`also broken` cannot be the name"] {
        assert!(faults.contains(part), "{faults} lacks {part}");
    }
    assert!(open().with_queries(&folder.path().join("none")).is_err());
}
