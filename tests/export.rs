//! Formats that other tools read: each over the seed counts what there is, each over hard texts is a golden,
//! and the server sends the same bytes as the command writes.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use throughline::app::export::{FORMATS, Format, Options, Part, Selection, answer, select};
use throughline::app::{self, App, Budget, Origin};
use throughline::graph::Graph;
use throughline::graphql::{self, Api, Limits};
use throughline::http::{self, Settings};
use throughline::io::shacl;
use throughline::ontology::Ontology;
use tower::ServiceExt as _;

/// Texts that formats stumble over: marks of XML, JSON, CSV, DOT and Mermaid, formulas, line breaks.
const HARD: &str = r#"
{"source":"source/a-page","kind":"SourceDocument","name":"A <page> & \"more\""}
{"entity":"agency/formula","kind":"Agency","name":"=HYPERLINK(\"http://x\")","aliases":["@one","two; three"],"description":"line one\nline \\ two"}
{"entity":"program/unicode","kind":"Program","name":"Café 健康; #1 `code`"}
{"entity":"measure/of-it","kind":"Measure","name":"-5 is less","baseline":-5,"target":0.1,"period":"2024"}
{"entity":"goal/plain","kind":"Goal","name":"plain","deadline":{"edtf":"2025-06","kind":"DUE"}}
{"link":["agency/formula","carriesOut","program/unicode"],"validFrom":"2023-05","validUntil":"2024","evidence":[{"source":"source/a-page","quote":"says \"so\", <twice>","basis":"STATED"}]}
{"link":["agency/formula","funds","program/unicode"],"properties":{"amount":1.5,"currency":"USD"},"evidence":[{"source":"source/a-page","quote":"+pays","basis":"INFERRED","note":"from the budget"}]}
{"link":["measure/of-it","tracks","goal/plain"],"evidence":[{"source":"source/a-page","quote":"tracks","prefix":"it ","basis":"STATED"}]}
"#;

fn hard() -> Graph {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hard.jsonl");
    std::fs::write(&file, HARD.trim_start()).expect("writable");
    app::load(&Origin { data: vec![file], ..Origin::default() }).expect("it loads")
}

fn seed() -> Graph {
    app::load(&Origin::default()).expect("the seed loads")
}

fn written(graph: &Graph, format: &Format, options: &Options) -> String {
    let mut out = Vec::new();
    format.write(graph, &Selection::whole(graph), options, &mut out).expect("it is written");
    String::from_utf8(out).expect("UTF-8")
}

fn named(name: &str) -> &'static Format {
    Format::named(name).expect("it is in the list")
}

#[test]
fn every_format_writes_everything() {
    let graph = seed();
    let (entities, links) = (graph.entity_count(), graph.link_count());
    let evidence: usize = graph.owners().map(|owner| graph.evidence(owner).len()).sum();
    let count = |text: &str, part: &str| text.matches(part).count();
    let json = |text: &str, path: [&str; 2]| -> usize {
        let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let at = if path[0].is_empty() { &value[path[1]] } else { &value[path[0]][path[1]] };
        at.as_array().map_or(0, Vec::len)
    };
    let rows = |text: &str| -> usize {
        let mut table = csv::Reader::from_reader(text.as_bytes());
        table.records().filter(|record| record.as_ref().is_ok_and(|r| !r.is_empty())).count()
    };
    let text = |name: &str| written(&graph, named(name), &Options::default());
    for (name, found, expected) in [
        ("cytoscape", json(&text("cytoscape"), ["elements", "nodes"]), entities),
        ("cytoscape", json(&text("cytoscape"), ["elements", "edges"]), links),
        ("graphology", json(&text("graphology"), ["", "nodes"]), entities),
        ("graphology", json(&text("graphology"), ["", "edges"]), links),
        ("node-link", json(&text("node-link"), ["", "nodes"]), entities),
        ("node-link", json(&text("node-link"), ["", "edges"]), links),
        ("graphml", count(&text("graphml"), "<node "), entities),
        ("graphml", count(&text("graphml"), "<edge "), links),
        ("gexf", count(&text("gexf"), "<node "), entities),
        ("gexf", count(&text("gexf"), "<edge "), links),
        ("dot", count(&text("dot"), " -> "), links),
        ("mermaid", count(&text("mermaid"), "[\""), entities),
        ("csv-entities", rows(&text("csv-entities")), entities),
        ("csv-links", rows(&text("csv-links")), links),
        ("turtle", count(&text("turtle"), " a rdf:Statement"), links),
        ("turtle", count(&text("turtle"), " a oa:Annotation"), rows(&text("csv-evidence"))),
        ("nquads", count(&text("nquads"), "22-rdf-syntax-ns#Statement>"), links),
        ("json-ld", count(&text("json-ld"), "22-rdf-syntax-ns#Statement\""), links),
        ("jsonl", text("jsonl").lines().filter(|line| line.starts_with("{\"link\"")).count(), links),
    ] {
        assert_eq!(found, expected, "{name}");
    }
    // Evidence of statements that a list is complete belongs to neither.
    assert!(rows(&text("csv-evidence")) <= evidence && rows(&text("csv-evidence")) > links);
}

#[test]
fn hard_texts_are_goldens() {
    let graph = hard();
    for format in FORMATS.iter().filter(|f| f.takes_selection() && !f.is_folder()) {
        let path = format!("tests/fixtures/export/{}.{}", format.name, format.ending);
        let text = written(&graph, format, &Options::default());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &text).expect("writable");
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(text == golden, "{path} differs; UPDATE=1 writes it anew:\n{text}");
        if format.media_type.ends_with("+xml") {
            let mut reader = quick_xml::Reader::from_str(&text);
            while !matches!(reader.read_event().expect("well-formed"), quick_xml::events::Event::Eof) {}
        }
    }
}

#[test]
fn tables_are_safe_to_open() {
    let graph = hard();
    let text = written(&graph, named("csv-entities"), &Options::default());
    let mut table = csv::Reader::from_reader(text.as_bytes());
    for record in table.records() {
        let record = record.expect("CSV");
        let risky: Vec<&str> = record
            .iter()
            .filter(|cell| cell.starts_with(['=', '@', '+']) || cell.starts_with("-5 is"))
            .collect();
        assert!(risky.is_empty(), "{risky:?}");
    }
    assert!(text.contains(",-5.0,"), "numbers stay numbers: {text}");
    let bare =
        written(&graph, named("csv-entities"), &Options { guard: false, bom: true, ..Options::default() });
    assert!(bare.starts_with('\u{FEFF}') && bare.contains("\"=HYPERLINK("), "{bare}");
}

#[test]
fn a_part_has_both_ends_of_its_links() {
    let graph = seed();
    let budget = Budget::new(u64::MAX);
    let id = || "initiative/ahem".to_owned();
    for part in [Part::Neighborhood { of: vec![id()], depth: 1 }, Part::Trail { of: id(), depth: 3 }] {
        let selection = select(&graph, &part, 1_000, &budget).expect("it is there");
        assert!(selection.entities.len() > 5 && selection.entities.len() < graph.entity_count());
        for link in &selection.links {
            let (from, to) = graph.link(*link).ends();
            assert!(selection.entities.contains(&from) && selection.entities.contains(&to));
        }
    }
    let none = select(&graph, &Part::Trail { of: "agency/none".into(), depth: 1 }, 1_000, &budget);
    assert_eq!(none.expect_err("it is not there").to_string(), "there is no `agency/none`");
}

fn answered(graph: &Graph, query: &str) -> Result<Selection, String> {
    let graph = Arc::new(graph.clone());
    let api = Api::new(graph.ontology(), Limits::default()).expect("it is sound");
    let request = graphql::Request { query: query.to_owned(), ..Default::default() };
    let budget = Arc::new(Budget::new(u64::MAX));
    answer(&api, &graph, "Asked".to_owned(), &request, &budget).map_err(|why| why.to_string())
}

#[test]
fn what_an_answer_speaks_of_is_what_its_objects_are() {
    let graph = hard();
    for (query, entities, links) in [
        ("{ agencies { nodes { name } } }", &["agency/formula"][..], 0),
        // A list has the links on which its items stand.
        (
            "{ agency(id: \"agency/formula\") { carriesOut { edges { node { ...on Program { n: name } } } } } }",
            &["agency/formula", "program/unicode"],
            1,
        ),
        ("{ agencies { totalCount } }", &[], 0),
        // A link brings its ends.
        (
            "query Q { links(first: 1, where: {relation: {in: [TRACKS]}}) { nodes { ...F } } } fragment F on Link { sentence }",
            &["measure/of-it", "goal/plain"],
            1,
        ),
    ] {
        let selection = answered(&graph, query).expect("it has an answer");
        let found: Vec<&str> = selection.entities.iter().map(|ix| graph.entity(*ix).id()).collect();
        assert_eq!((found.as_slice(), selection.links.len()), (entities, links), "{query}");
        let came = serde_json::to_string(&selection.answer.expect("it has one").data).expect("JSON");
        assert!(!came.contains("throughline"), "nothing is added to what was asked: {came}");
    }
    assert!(answered(&graph, "{ agency(id: 3.5) { name } }").is_err_and(|why| why.contains("ID")));
}

#[test]
fn an_answer_is_a_table() {
    let graph = hard();
    let query = "{ agencies { totalCount nodes { name aliases carriesOut { edges { node { name } } } funds { edges { node { name } } } } } programs { nodes { id description } } }";
    let mut out = Vec::new();
    let selection = answered(&graph, query).expect("it has an answer");
    named("csv").write(&graph, &selection, &Options::default(), &mut out).expect("it is written");
    let expected = [
        "agencies.totalCount,agencies.name,agencies.aliases,agencies.carriesOut.name,agencies.funds.name,programs.id,programs.description",
        "1,\"'=HYPERLINK(\"\"http://x\"\")\",\"[\"\"@one\"\",\"\"two; three\"\"]\",Café 健康; #1 `code`,,,",
        "1,\"'=HYPERLINK(\"\"http://x\"\")\",\"[\"\"@one\"\",\"\"two; three\"\"]\",,Café 健康; #1 `code`,,",
        "1,,,,,program/unicode,",
        "",
    ];
    assert_eq!(String::from_utf8_lossy(&out), expected.join("\r\n"));
}

#[test]
fn a_link_is_cited_with_its_words_and_the_version_of_the_data() {
    let graph = hard();
    let link = graph.link_id(graph.links().last().expect("there are links"));
    let budget = Budget::new(u64::MAX);
    let selection = select(&graph, &Part::Items { of: vec![link] }, 10, &budget).expect("it is there");
    let version = graph.version().to_string();
    for name in ["bibtex", "ris", "csl-json"] {
        let mut out = Vec::new();
        named(name).write(&graph, &selection, &Options::default(), &mut out).expect("it is written");
        let text = String::from_utf8(out).expect("UTF-8");
        assert!(text.contains("-5 is less tracks plain: “tracks”") && text.contains(&version), "{text}");
    }
}

#[test]
fn a_package_is_a_folder_that_can_be_written_again() {
    let (graph, folder) = (hard(), tempfile::tempdir().expect("a folder"));
    let (format, path) = (named("datapackage"), folder.path().join("package"));
    for _ in 0..2 {
        format.write_folder(&graph, &Selection::whole(&graph), &Options::default(), &path).expect("written");
    }
    let mut names: Vec<String> = std::fs::read_dir(&path)
        .expect("it is there")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let expected =
        ["completeness.csv", "datapackage.json", "entities.csv", "evidence.csv", "links.csv", "merged.csv"];
    assert_eq!(names, expected);
    let descriptor = std::fs::read_to_string(path.join("datapackage.json")).expect("it is there");
    let descriptor: serde_json::Value = serde_json::from_str(&descriptor).expect("JSON");
    for resource in descriptor["resources"].as_array().expect("three") {
        let file = path.join(resource["path"].as_str().expect("a path"));
        let mut table = csv::Reader::from_path(file).expect("it is there");
        let header: Vec<String> = table.headers().expect("CSV").iter().map(str::to_owned).collect();
        let fields = resource["schema"]["fields"].as_array().expect("fields");
        let fields: Vec<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
        assert_eq!(header, fields);
    }
}

async fn get(path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let app = App::open(&Origin::default(), Limits::default()).expect("the seed is sound");
    let router = http::router(Arc::new(app), &Settings::default());
    let mut request = Request::get(path).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let (parts, body) = router.oneshot(request).await.expect("it never fails").into_parts();
    (parts.status, parts.headers, to_bytes(body, usize::MAX).await.expect("a whole body").to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_sends_what_the_command_writes() {
    let graph = seed();
    for format in FORMATS.iter().filter(|f| f.takes_selection() && !f.is_folder()) {
        let (status, headers, body) = get(&format!("/export?format={}", format.name), &[]).await;
        assert_eq!(status, StatusCode::OK, "{}", format.name);
        assert!(headers["content-type"].to_str().is_ok_and(|it| it.starts_with(format.media_type)));
        assert!(headers["content-disposition"].to_str().is_ok_and(|it| it.contains(format.ending)));
        assert_eq!(headers["access-control-allow-origin"], "*");
        let expected = written(&graph, format, &Options::default());
        assert!(body == expected.into_bytes(), "{}", format.name);
        let etag = headers["etag"].to_str().expect("ASCII").to_owned();
        let again = get(&format!("/export?format={}", format.name), &[("if-none-match", &etag)]).await;
        assert_eq!((again.0, again.2.len()), (StatusCode::NOT_MODIFIED, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_decides_what_is_sent() {
    let xml = [("accept", "application/gexf+xml, application/json;q=0.5")];
    for (path, headers, status, part) in [
        ("/export", &xml[..], 200, "<gexf"),
        ("/export", &[("accept", "text/csv")], 200, "id:ID,kind:LABEL"),
        ("/export", &[("accept", "*/*")], 200, "{\"source\""),
        ("/export", &[("accept", "image/png")], 406, "`format` is one of jsonl, cytoscape"),
        ("/export?format=mermaid&trail=initiative/ahem&depth=1", &[], 200, "flowchart LR"),
        ("/export?format=dot&neighborhood=agency/hhs", &[], 200, "digraph \\\"Around"),
        ("/export?format=stratml-2&of=plan/hhs-eap-2023", &[], 200, "<PerformancePlanOrReport"),
        ("/export?format=stratml-2&of=plan/none", &[], 400, "there is no `plan/none`"),
        ("/export?format=pdf", &[], 400, "there is no format `pdf`"),
        ("/export?format=dot&trail=agency/none", &[], 404, "there is no `agency/none`"),
        ("/export?format=dot&depth=99", &[], 400, "a number from 1 to 12"),
        ("/export?format=dot&dept=2", &[], 400, "there is no parameter `dept`"),
        ("/export?format=jsonl&trail=agency/hhs", &[], 400, "jsonl is not written of a part"),
        ("/export?format=datapackage", &[], 200, "entities.csv"),
        ("/export?format=csv", &[], 400, "csv is of an answer; give a `query`, or take /q/<name>.csv"),
        ("/export?format=csv&query={__typename}", &[], 200, "__typename\r\nQuery\r\n"),
        ("/export?format=csv&query={nme}", &[], 400, "nme"),
        ("/export?format=jsonl&query={__typename}", &[], 400, "jsonl is not written of an answer"),
        ("/export?format=dot&variables={}", &[], 400, "`variables` are those of a `query`"),
        ("/export?format=csv&query={__typename}&variables=x", &[], 400, "`variables` is a JSON object"),
        ("/export?format=csv-entities&item=agency/hhs&item=goal/none", &[], 404, "there is no `goal/none`"),
        ("/export?format=csv-entities&item=agency/hhs", &[], 200, "agency/hhs,Agency,"),
        ("/q/compare.gexf", &[], 200, "<gexf"),
        ("/q/compare.csv?bom=true", &[], 200, "\u{FEFF}"),
        ("/q/compare.ro-crate", &[], 200, "ro-crate-metadata.json"),
        ("/q/compare.ttl", &[], 404, "there is no format `ttl` of answers; there are json, html, cytoscape"),
        ("/q/compare.csv?off=agency/hhs", &[], 400, "has no parameter `off`"),
        ("/export?format=csv-links&bom=maybe", &[], 400, "`bom` is true or false"),
        ("/export?format=dot&trail=agency/hhs&neighborhood=agency/hhs", &[], 400, "name one"),
    ] {
        let (found, _, body) = get(path, headers).await;
        let body = String::from_utf8_lossy(&body).into_owned();
        let part = part.replace("\\\"", "\"");
        assert!(
            found.as_u16() == status && body.contains(&part),
            "{path} {headers:?}: {found}\n{}",
            &body[..body.len().min(500)]
        );
    }
}

#[test]
fn shapes_are_turtle_for_every_ontology() {
    for path in
        ["schema/ontology.graphql", "examples/transport/transport.graphql", "tests/fixtures/garden.graphql"]
    {
        let sdl = std::fs::read_to_string(path).expect("it is there");
        let ontology = Ontology::read(&[(path.to_owned(), sdl)]).expect("it is sound");
        let written = || {
            let mut out = Vec::new();
            shacl::write(&ontology, &mut out).expect("it is written");
            out
        };
        let text = written();
        assert_eq!(text, written(), "equal ontologies give equal bytes");
        let triples = oxttl::TurtleParser::new().for_slice(&text);
        let targets = triples
            .map(|triple| triple.expect("Turtle"))
            .filter(|triple| triple.predicate.as_str() == "http://www.w3.org/ns/shacl#targetClass");
        assert_eq!(targets.count(), ontology.kinds.len() + 2, "{path}");
    }
}
