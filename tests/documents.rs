//! Documents of other tools that hold entities and links by the ontology's own names or by standard terms:
//! what they say, what is left out, and what is wrong with them.

use std::path::Path;

use throughline::io::import::{Mapping, map};
use throughline::ontology::Ontology;

/// Imports files, given by name and text, and gives the lines, or what was said.
fn imported(files: &[(&str, &str)], args: &[(&str, &str)]) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = files.iter().map(|(name, text)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("writable");
        path
    });
    let ontology = "schema/ontology.graphql";
    let sdl = std::fs::read_to_string(ontology).expect("it is there");
    let ontology = Ontology::read(&[(ontology.to_owned(), sdl)]).expect("it is sound");
    let args = args.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let mapping = Mapping { args, ..Mapping::default() };
    // A package names the tables beside it itself.
    let paths: Vec<_> = paths.collect();
    let paths = if paths[0].ends_with("datapackage.json") { &paths[..1] } else { &paths };
    let mut out = Vec::new();
    let bare = |text: String, folder: &Path| text.replace(&format!("{}/", folder.display()), "");
    match map(&mapping, paths, &ontology, &mut out) {
        Ok(made) => (
            String::from_utf8(out).expect("UTF-8"),
            made.notes.into_iter().map(|note| bare(note, folder.path())).collect(),
        ),
        Err(faults) => {
            let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
            (bare(said.join("\n"), folder.path()), Vec::new())
        }
    }
}

fn check(files: &[(&str, &str)], args: &[(&str, &str)], expected: &str, notes: &[&str]) {
    let (came, noted) = imported(files, args);
    assert_eq!(came.trim(), expected.trim(), "{files:?}");
    assert_eq!(noted, notes, "{files:?}");
}

const TURTLE: &str = r#"
@prefix schema: <http://schema.org/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix tl: <https://throughline.dev/ontology/policy#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://ror.org/04m01e293> a schema:GovernmentOrganization, tl:Agency ; schema:name "Health"@es, "Health"@en ;
  foaf:nick "H" ; tl:carriesOut <https://example.org/p/1> .
<https://example.org/p/1> a tl:Program ; schema:name "Screening" .
"#;

#[test]
fn rdf_of_others_is_read_by_standard_terms() {
    check(
        &[("a.ttl", TURTLE)],
        &[("source", "source/ror")],
        r#"
{"entity":"agency/ror-org-04m01e293","kind":"Agency","name":"Health"}
{"entity":"program/example-org-p-1","kind":"Program","name":"Screening"}
{"link":["agency/ror-org-04m01e293","carriesOut","program/example-org-p-1"],"evidence":[{"source":"source/ror","url":"https://ror.org/04m01e293","basis":"STATED","note":"stated as <https://throughline.dev/ontology/policy#carriesOut>"}]}
"#,
        &["a.ttl: left out, since the ontology has no word for them: 1 <http://xmlns.com/foaf/0.1/nick>"],
    );
}

#[test]
fn rdf_that_cannot_be_taken_says_why() {
    let turtle = |text: &str| format!("@prefix tl: <https://throughline.dev/ontology/policy#> . {text}");
    let clash = "<x> a <https://schema.org/GovernmentOrganization>, <http://schema.org/GovernmentService> .";
    for (name, text, expected) in [
        ("a.ttl", "<x> a\n  nonsense .".to_owned(), "a.ttl:2:3: nonsense is not a valid RDF object"),
        ("a.nq", "<a> <b> <c> .".to_owned(), "a.nq:1:1: No scheme found in an absolute IRI"),
        (
            "a.jsonld",
            r#"{"@context": "https://schema.org", "@type": "Thing"}"#.to_owned(),
            "help: contexts are not fetched; write them into the document",
        ),
        (
            "a.ttl",
            turtle("<a> a tl:Agency ; tl:carriesOut <p> . <p> a tl:Program ."),
            "<https://x.org/a> <https://throughline.dev/ontology/policy#carriesOut> <https://x.org/p> has no evidence\n  help: annotate it (oa:hasBody names the resource whose rdf:subject, rdf:predicate and rdf:object it is), or name the source that this document is by --arg source=ID",
        ),
        (
            "a.ttl",
            clash.to_owned(),
            "<https://x.org/x> may be of several kinds: Agency, Program\n  help: give it the class of one of them",
        ),
        (
            "a.ttl",
            "<l> a <http://www.w3.org/1999/02/22-rdf-syntax-ns#Statement> .".to_owned(),
            "<https://x.org/l> is no whole statement",
        ),
    ] {
        let (said, _) = imported(&[(name, &text)], &[("base", "https://x.org/")]);
        assert!(said.contains(expected), "{text}\n  said {said}\n  not  {expected}");
    }
}

const GRAPHML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="node" attr.name="kind" attr.type="string"/>
  <key id="d1" for="node" attr.name="name" attr.type="string"/>
  <key id="d2" for="node" attr.name="aliases" attr.type="string"/>
  <key id="d3" for="node" attr.name="size" attr.type="double"/>
  <key id="d4" for="node" attr.name="nameInText" attr.type="boolean"/>
  <key id="e0" for="edge" attr.name="relation" attr.type="string"/>
  <key id="e1" for="edge" attr.name="source" attr.type="string"/>
  <key id="e2" for="edge" attr.name="quote" attr.type="string"/>
  <key id="e3" for="edge" attr.name="basis" attr.type="string"/>
  <graph id="G" edgedefault="directed">
    <node id="agency/a"><data key="d0">Agency</data><data key="d1">A &amp; B</data><data key="d2">one | two</data><data key="d3">3.5</data><data key="d4">True</data></node>
    <node id="program/p"><data key="d0">Program</data><data key="d1">P</data></node>
    <node id="source/s"><data key="d0">SourceDocument</data><data key="d1">S</data></node>
    <edge source="agency/a" target="program/p"><data key="e0">carriesOut</data><data key="e1">source/s</data><data key="e2">A carries out P</data><data key="e3">STATED</data></edge>
  </graph>
</graphml>"#;

#[test]
fn graphs_are_read_by_the_names_of_their_data() {
    check(
        &[("a.graphml", GRAPHML)],
        &[],
        r#"
{"entity":"agency/a","kind":"Agency","name":"A & B","aliases":["one","two"],"nameInText":true}
{"entity":"program/p","kind":"Program","name":"P"}
{"source":"source/s","kind":"SourceDocument","name":"S"}
{"link":["agency/a","carriesOut","program/p"],"evidence":[{"source":"source/s","quote":"A carries out P","basis":"STATED"}]}
"#,
        &["left out, since the ontology has no word for them: 1 size"],
    );
    check(&[("a.graphml", "<svg/>")], &[], "a.graphml: the root is `svg`, not `graphml`", &[]);
    let kind = GRAPHML.replace(">Program<", ">Progam<");
    check(&[("a.graphml", &kind)], &[], "a.graphml: `Progam` is no kind; did you mean `Program`?", &[]);
}

#[test]
fn tables_are_told_by_their_columns() {
    let entities = "id,kind,name,aliases,description\nagency/a,Agency,'=A,one;two,\nprogram/p,Program,P,,\nsource/s,SourceDocument,S,,\n";
    let links = "from,relation,to,source,quote,basis\nagency/a,carriesOut,program/p,source/s,A carries out P,STATED\n";
    check(
        &[("a.csv", entities), ("b.csv", links)],
        &[],
        r#"
{"entity":"agency/a","kind":"Agency","name":"=A","aliases":["one","two"]}
{"entity":"program/p","kind":"Program","name":"P"}
{"source":"source/s","kind":"SourceDocument","name":"S"}
{"link":["agency/a","carriesOut","program/p"],"evidence":[{"source":"source/s","quote":"A carries out P","basis":"STATED"}]}
"#,
        &[],
    );
    let package = r#"{"resources":[{"path":"entities.csv"},{"path":"c.csv"}]}"#;
    check(
        &[
            ("datapackage.json", package),
            ("entities.csv", "id,kind,name\nagency/a,Agency,A\n"),
            ("c.csv", "merged,into\nagency/b,agency/a\n"),
        ],
        &[],
        "{\"entity\":\"agency/a\",\"kind\":\"Agency\",\"name\":\"A\"}\n{\"merged\":\"agency/b\",\"into\":\"agency/a\"}",
        &[],
    );
    for (text, expected) in [
        (
            "goal,budget\nx,3\n",
            "a.csv: row 1: the columns `goal`, `budget` are of no table of ours: entities have id, kind, name; links from, relation, to; evidence source and link or entity; a program makes lines of other tables: --map",
        ),
        (
            "id,kind,name,alias\nagency/a,Agency,A,B\n",
            "a.csv: row 1: `alias` is no property of it; did you mean `aliases`?",
        ),
        ("id,kind,name\nagency/a,Agency,\n", "a.csv: row 1: `name` is empty"),
        (
            "from,relation,to\nagency/a,carriesOu,program/p\n",
            "a.csv: row 1: `carriesOu` is no relation; did you mean `carriesOut`?",
        ),
        (
            "link,source,quote,basis\nlink/x,source/s,Q,STATED\n",
            "a.csv: row 1: it supports nothing that these tables have",
        ),
        (
            "link,entity,source\nlink/x,agency/a,source/s\n",
            "a.csv: row 1: evidence supports one thing: a `link`, an `entity`, or the list of an `entity` along a `relation`",
        ),
    ] {
        check(&[("a.csv", text)], &[], expected, &[]);
    }
    let outside = r#"{"resources":[{"path":"../a.csv"}]}"#;
    check(
        &[("datapackage.json", outside)],
        &[],
        "datapackage.json: the path \"../a.csv\" is none\n  help: name a file of the same folder",
        &[],
    );
}
