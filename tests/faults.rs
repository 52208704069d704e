//! Bad input: ontologies and data with mistakes. All are found at once, each with file, line,
//! column where there is one, and the way out; nothing is half-loaded.

use throughline::app;
use throughline::graph::Graph;
use throughline::io::json_lines;
use throughline::ontology::{Faults, Ontology};

fn read(sdl: &str) -> Result<Ontology, Faults> {
    Ontology::read(&[("mine.graphql".to_owned(), sdl.to_owned())])
}

/// The garden with one thing changed has the fault named, on the line that was changed or the one
/// below it; a fault of the file as a whole has no line.
fn check(change: (&str, &str), what: &str) {
    let sdl = include_str!("fixtures/garden.graphql");
    let at = sdl.find(change.0).unwrap_or_else(|| panic!("the fixture has no {:?}", change.0));
    let line = sdl[..at].lines().count().max(1);
    let Faults(faults) = read(&sdl.replacen(change.0, change.1, 1)).expect_err(what);
    let all: String = faults.iter().map(|f| format!("{f}\n")).collect();
    let fault = faults
        .iter()
        .find(|f| f.to_string().contains(what))
        .unwrap_or_else(|| panic!("expected {what:?} in:\n{all}"));
    assert_eq!(fault.place.file, "mine.graphql");
    let near = fault.place.line.abs_diff(line) <= 1 && fault.place.column > 0;
    assert!(near || fault.place.line == 0 && fault.place.column == 0, "line {line} was changed:\n{all}");
}

#[test]
fn each_mistake_in_an_ontology_is_named_with_its_place() {
    check(
        ("type Plant implements Outdoors", "type Plant implements Indoors"),
        "implements `Indoors`, which is no interface here",
    );
    check(("@kind(iri: \"g:Plant\")", ""), "type `Plant` has no @kind");
    check(("iri: \"g:Plant\"", "iri: \"h:Plant\""), "prefix `h` of `h:Plant` is not declared");
    check(("light: Light", "light: Lihgt"), "unknown datatype `Lihgt`");
    check(("light: Light", "light: [Light]"), "a list is written [T!]!");
    check(("light: Light @property(iri: \"g:light\")", "light: Light"), "has no @property");
    check(("\"What it needs.\"\n", ""), "has no description");
    check(("count: Int", "Count: Int"), "is not in camelCase");
    check(("count: Int", "links: Int"), "belongs to the API");
    check(("seen: Date", "name: Date"), "declared twice, or inherited already");
    check(("hub: true", "hubb: true"), "did you mean `hub`?");
    check(("hub: true", "hub: \"yes\""), "it takes Boolean");
    check((", role: SOURCE", ""), "no kind has role SOURCE");
    check(("hub: true", "role: SOURCE"), "several kinds have role SOURCE");
    check(
        ("type Plant implements", "type Light implements"),
        "`Light` is declared twice; first at mine.graphql:30:6",
    );
    check(("type Bed", "type BedConnection"), "belong to the API");
    check(("hub: true", "prefix: \"plant\""), "share the prefix `plant`");
    check(("inverse: \"grows\"", "inverse: \"growsIn\""), "a symmetric relation is its own inverse");
    check(
        ("inverse: \"grows\"", "inverse: \"hasPart\""),
        "the name `hasPart` is already taken by relation `growsIn`",
    );
    check(("from: [\"Plant\"]", "from: [\"Plnat\"]"), "did you mean `Plant`?");
    check(("{from} grows in {to}", "grows"), "lacks {from} or {to}");
    check(("max: 1", "max: 0"), "at most 0");
    check(("properties: \"Planting\"", "properties: \"Planning\""), "did you mean `Planting`?");
    check(("inverse: \"mentionedIn\"", "inverse: \"light\""), "has the name of a property of `Plant`");
    check(("missing: [\"growsIn\"]", "missing: [\"mentions\"]"), "which `Plant` never has");
    check(("@ontology(title: \"A garden\", ", "@ontology("), "lacks `title`");
    check(("interface Entity", "interface Thing"), "no interface `Entity`");
    check(("SUN\n", "sun\n"), "write SUN");
    check(
        ("@linkProperties {", "@linkProperties @kind(iri: \"g:P\") {"),
        "both a kind and a list of link properties",
    );
    check(("type Bed", "scalar Bad\n\"A bed.\"\ntype Bed"), "does not belong in an ontology");
    check(("type Bed", "type Bed {"), "syntax error");
    let words = |statement: &str| format!("{statement}\n  @gap(name: \"UNPLACED\"");
    for (statement, what) in [
        (r#"@abbreviation(of: "", forms: ["dept"])"#, "`` cannot be what an abbreviation stands for"),
        (r#"@abbreviation(of: "A  bed", forms: ["b"])"#, "`A  bed` cannot be what"),
        (r#"@abbreviation(of: "department", forms: [])"#, "of `department` has no forms"),
        (r#"@abbreviation(of: "department", forms: ["dept."])"#, "`dept.` cannot be an abbreviation"),
        (r#"@abbreviation(of: "department", forms: ["dept", "dept"])"#, "`dept` is declared twice"),
        (r#"@abbreviation(of: "department", forms: ["department"])"#, "`department` is declared twice"),
        (
            r#"@abbreviation(of: "bed", forms: ["b"]) @abbreviation(of: "b and c", forms: ["bc"])"#,
            "`b and c` uses `b`, which is an abbreviation itself",
        ),
        (r#"@stopwords(words: ["the", ""])"#, "`` cannot be a stop word"),
        (r#"@stopwords(words: ["the"]) @stopwords(words: ["the"])"#, "stop word `the` is declared twice"),
    ] {
        check(("@gap(name: \"UNPLACED\"", &words(statement)), what);
    }
}

#[test]
fn an_ontology_without_what_the_api_reads_is_refused() {
    let sdl = include_str!("fixtures/garden.graphql").replace("url: URL", "web: URL");
    let faults = read(&sdl).expect_err("no url").to_string();
    assert!(faults.contains("mine.graphql:12:11: interface `Entity` lacks `url: URL`"), "{faults}");
}

#[test]
fn twenty_mistakes_are_reported_at_once() {
    let mut sdl = include_str!("fixtures/garden.graphql").to_owned();
    for (from, to) in [
        ("iri: \"g:Plant\"", "iri: \"h:Plant\""),
        ("light: Light", "light: Lihgt"),
        ("count: Int", "Count: Int"),
        ("hub: true", "hubb: true"),
        ("{from} grows in {to}", "grows"),
        ("max: 1", "max: 0"),
        ("\"What it needs.\"\n", ""),
        ("missing: [\"growsIn\"]", "missing: [\"nothing\"]"),
        ("{from} mentions {to}", "mentions"),
        ("to: [\"Plant\", \"Bed\"]", "to: [\"Plnat\", \"Bde\"]"),
        ("perennial: Boolean", "perennial: Bool"),
        ("planted: FuzzyDate", "planted: Fuzzy"),
        ("\"Its width in metres.\"\n", ""),
        ("by: [String!]!", "by: [String]"),
        ("describe: \"Plants beside each other.\"", "describe: \"\""),
        ("SUN\n", "sun\n"),
        ("seen: Date @property(iri: \"g:seen\")", "seen: Date"),
        ("iri: \"g:catalogue\"", "iri: \"catalogue\""),
        ("acyclic: true", "acyclic: 1"),
        ("iri: \"g:Bed\"", "iri: \"g:Bed\", layer: 1000"),
    ] {
        assert!(sdl.contains(from), "the fixture has no {from:?}");
        sdl = sdl.replacen(from, to, 1);
    }
    let Faults(faults) = read(&sdl).expect_err("twenty mistakes");
    assert!(faults.len() >= 20, "{}:\n{}", faults.len(), Faults(faults));
}

fn load(lines: &str) -> Result<Graph, Faults> {
    let ontology = read(include_str!("fixtures/garden.graphql"));
    app::admit(ontology, json_lines::read("mine.jsonl", lines.as_bytes()))
}

const BOOK: &str = r#"{"source":"book/a","kind":"Book","name":"A"}"#;
const ROSE: &str = r#"{"entity":"plant/rose","kind":"Plant","name":"Rose"}"#;
const BED: &str = r#"{"entity":"bed/a","kind":"Bed","name":"A"}"#;
const SAYS: &str = r#""evidence":[{"source":"book/a","quote":"words","basis":"STATED"}]"#;

/// A line after a book, a rose and a bed has the fault named, on line 4.
fn check_line(line: &str, what: &str) {
    let line = line.replace("SAYS", SAYS);
    let faults = load(&format!("{BOOK}\n{ROSE}\n{BED}\n{line}\n"))
        .err()
        .unwrap_or_else(|| panic!("taken: {line}"))
        .to_string();
    assert!(faults.contains(what), "{line}: expected {what:?} in:\n{faults}");
    assert!(faults.contains("mine.jsonl:4"), "{faults}");
}

#[test]
fn each_mistake_in_data_is_named_with_its_line() {
    check_line("{", "no JSON object");
    check_line("[1]", "no JSON object");
    check_line(r#"{"entity":"plant/a","entity":"plant/b"}"#, "comes twice");
    check_line(r#"{"thing":"plant/a"}"#, "the line is none of ours");
    check_line(r#"{"entity":"plant/a","name":"A"}"#, "`kind` is missing");
    check_line(r#"{"entity":"plant/a","kind":"Plnat","name":"A"}"#, "did you mean `Plant`?");
    check_line(r#"{"entity":"plant/a","kind":"Plant"}"#, "lacks the required property `name`");
    check_line(r#"{"entity":"plant/a","kind":"Plant","name":"  "}"#, "blank text");
    check_line(r#"{"entity":"plant/a","kind":"Plant","name":"A\u0000"}"#, "control character U+0000");
    check_line(r#"{"entity":"plant/a","kind":"Plant","name":"A","nmae":"B"}"#, "did you mean `name`?");
    check_line(r#"{"entity":"plant/a","kind":"Plant","name":"A","light":"DARK"}"#, "is no word of Light");
    check_line(
        r#"{"entity":"plant/a","kind":"Plant","name":"A","count":3000000000}"#,
        "does not fit a 32-bit Int",
    );
    check_line(r#"{"entity":"plant/a","kind":"Plant","name":"A","planted":"July"}"#, "is no date");
    check_line(
        r#"{"entity":"plant/a","kind":"Plant","name":"A","planted":{"edtf":"2023","kind":"PLANTED"}}"#,
        "is no kind of date",
    );
    check_line(r#"{"entity":"plant/a","kind":"Plant","name":"A","seen":"2023-02-30"}"#, "expected a day");
    check_line(
        r#"{"entity":"plant/a","kind":"Plant","name":"A","url":"javascript:alert(1)"}"#,
        "only http and https",
    );
    check_line(
        r#"{"entity":"plant/a","kind":"Plant","name":"A","perennial":"yes"}"#,
        "expected true or false",
    );
    check_line(r#"{"entity":"plant/rose","kind":"Plant","name":"A"}"#, "the id `plant/rose` is taken");
    check_line(r#"{"entity":"bed/b","kind":"Plant","name":"A"}"#, "write plant/b");
    check_line(r#"{"entity":"plant/Ä","kind":"Plant","name":"A"}"#, "is no id");
    check_line(
        r#"{"entity":"plant/a","kind":"Plant","name":"A","evidence":[{"source":"plant/rose","quote":"w","basis":"STATED"}]}"#,
        "quote an entity of kind Book",
    );
    check_line(
        r#"{"entity":"plant/a","kind":"Plant","name":"A","evidence":[{"source":"book/a","basis":"STATED"}]}"#,
        "neither quote nor url",
    );
    check_line(
        r#"{"entity":"plant/a","kind":"Plant","name":"A","evidence":[{"source":"book/a","quote":"w","basis":"SAID"}]}"#,
        "has the basis `SAID`",
    );
    check_line(
        r#"{"entity":"plant/a","kind":"Plant","name":"A","evidence":[{"source":"book/a","quote":"w","basis":"STATED","propertys":[]}]}"#,
        "unknown field `propertys`",
    );
    check_line(r#"{"link":["plant/rose","growsIn","bed/a"]}"#, "has no evidence");
    check_line(r#"{"link":["plant/rose","growsIn","bed/b"],SAYS}"#, "did you mean `bed/a`?");
    check_line(r#"{"link":["plant/rose","growIn","bed/a"],SAYS}"#, "did you mean `growsIn`?");
    check_line(r#"{"link":["bed/a","grows","plant/rose"],SAYS}"#, "swap the ends and write `growsIn`");
    check_line(r#"{"link":["bed/a","growsIn","bed/a"],SAYS}"#, "goes from Bed");
    check_line(r#"{"link":["plant/rose","near","plant/rose"],SAYS}"#, "joins an entity to itself");
    check_line(
        r#"{"link":["plant/rose","growsIn","bed/a"],"properties":{"width":1},SAYS}"#,
        "unknown property `width`",
    );
    check_line(
        r#"{"link":["plant/rose","growsIn","bed/a"],"validFrom":"2023","validUntil":"2022",SAYS}"#,
        "ends (2022) before it begins (2023)",
    );
    check_line(
        r#"{"about":["plant/rose","growsIn"],"completeness":"ALL",SAYS}"#,
        "COMPLETE, AT_LEAST or NOT_STATED",
    );
    check_line(r#"{"about":["plant/rose","hasPart"],"completeness":"COMPLETE",SAYS}"#, "is about a Plant");
    check_line(r#"{"merged":"plant/rose","into":"bed/a"}"#, "joins two kinds");
}

#[test]
fn circles_crowds_and_twins_are_refused() {
    let bed = |id: &str| format!(r#"{{"entity":"bed/{id}","kind":"Bed","name":"{id}"}}"#);
    let part = |a: &str, b: &str| format!(r#"{{"link":["bed/{a}","partOf","bed/{b}"],{SAYS}}}"#);
    let circle = [BOOK.into(), bed("a"), bed("b"), bed("c"), part("a", "b"), part("b", "c"), part("c", "a")]
        .join("\n");
    let faults = load(&circle).expect_err("a circle").to_string();
    assert!(faults.contains("mine.jsonl:7: links `partOf` close a circle"), "{faults}");

    let grows = |b: &str| format!(r#"{{"link":["plant/rose","growsIn","bed/{b}"],{SAYS}}}"#);
    let crowd = [BOOK.into(), ROSE.into(), bed("a"), bed("b"), grows("a"), grows("b")].join("\n");
    let faults = load(&crowd).expect_err("two beds").to_string();
    assert!(
        faults.contains("`plant/rose` has 2 links `growsIn`") && faults.contains("at most 1 may be"),
        "{faults}"
    );

    let twin =
        |id: &str| format!(r#"{{"entity":"plant/{id}","kind":"Plant","name":"{id}","catalogue":"7"}}"#);
    let faults = load(&[twin("a"), twin("b")].join("\n")).expect_err("one number").to_string();
    assert!(faults.contains("both have the identifier catalogue 7"), "{faults}");
}

#[test]
fn a_dangling_link_on_line_forty_thousand_is_found_there() {
    let mut lines = vec![BOOK.to_owned()];
    lines.extend((0..39_998).map(|i| format!(r#"{{"entity":"bed/{i}","kind":"Bed","name":"Bed {i}"}}"#)));
    lines.push(format!(r#"{{"link":["bed/1","partOf","bed/nowhere"],{SAYS}}}"#));
    assert_eq!(lines.len(), 40_000);
    let faults = load(&lines.join("\n")).expect_err("dangling").to_string();
    assert!(
        faults.starts_with(
            "mine.jsonl:40000: link `bed/1 partOf bed/nowhere` names `bed/nowhere`, which is not there"
        ),
        "{faults}"
    );
    assert!(faults.ends_with("1 fault"), "{faults}");
}

#[test]
fn bytes_that_are_no_text_are_named_with_line_and_column() {
    let broken = [BOOK.as_bytes(), b"\n{\"entity\":\"plant/\xFF\"}"].concat();
    let faults = json_lines::read("mine.jsonl", &broken).reading.faults;
    assert_eq!(
        faults[0].to_string(),
        "mine.jsonl:2:18: the line is not UTF-8\n  help: save the file as UTF-8"
    );
    let utf16 = json_lines::read("mine.jsonl", b"\xFF\xFE{\0").reading.faults;
    assert!(utf16[0].what.contains("UTF-16"));
    let marked = json_lines::read("mine.jsonl", format!("\u{FEFF}{BOOK}\r\n\r\n{ROSE}").as_bytes());
    assert!(marked.changes.len() == 2 && marked.reading.faults.is_empty());
}

/// One line that cannot be read hides no other fault, and draws none after it.
#[test]
fn faults_of_reading_and_of_meaning_come_together() {
    let lines = [
        BOOK.to_owned(),
        BED.to_owned(),
        r#"{"entity":"plant/rose","kind":7,"name":"Rose"}"#.to_owned(),
        format!(r#"{{"link":["plant/rose","growsIn","bed/a"],{SAYS}}}"#),
        format!(r#"{{"link":["bed/a","partOf","bed/nowhere"],{SAYS}}}"#),
        r#"{"link":["bed/a","partOf","bed/a"]}"#.to_owned(),
    ];
    let faults = load(&lines.join("\n")).expect_err("three lines are wrong").to_string();
    for part in [
        "mine.jsonl:3: `kind` is the number 7",
        "mine.jsonl:5:",
        "`bed/nowhere`, which is not there",
        "mine.jsonl:6:",
    ] {
        assert!(faults.contains(part), "expected {part:?} in:\n{faults}");
    }
    assert!(!faults.contains("mine.jsonl:4"), "the rose is there, only not readable:\n{faults}");
}

/// Once a chain this long ended the process: its length was the depth of a recursion.
#[test]
fn a_very_long_chain_is_no_circle_and_no_overflow() {
    let mut lines = vec![BOOK.to_owned()];
    lines.extend((0..100_000).map(|i| format!(r#"{{"entity":"bed/{i}","kind":"Bed","name":"{i}"}}"#)));
    lines.extend((1..100_000).map(|i| format!(r#"{{"link":["bed/{i}","partOf","bed/{}"],{SAYS}}}"#, i - 1)));
    assert!(load(&lines.join("\n")).is_ok());
}
