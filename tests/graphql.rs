//! Queries as files: `tests/graphql/NAME.graphql` beside its answer `NAME.json`, over the seed.
//! A first line `# variables: {…}` gives variables. `UPDATE=1 cargo test` writes answers anew.
//! Every query runs on both roads; where async-graphql is known to be wrong the file says so
//! with `# slow road differs: why`.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Map, Value as Json};
use throughline::app::{App, Origin};
use throughline::graphql::{Code, Limits, Outcome, Request, Response};

static SEED: LazyLock<App> =
    LazyLock::new(|| App::open(&Origin::default(), Limits::default()).expect("the seed is sound"));

fn request(query: &str) -> Request {
    Request { query: query.to_owned(), ..Request::default() }
}

fn ask(query: &str) -> Response {
    SEED.execute(&request(query), &SEED.budget())
}

fn json(response: &Response) -> Json {
    serde_json::from_slice(&response.body).expect("answers are JSON")
}

fn header<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().take_while(|l| l.starts_with('#')).find_map(|l| l.strip_prefix(&format!("# {key}: ")))
}

/// Versions change with the data; goldens should not.
fn check(path: &Path) {
    let text = std::fs::read_to_string(path).expect("readable");
    let variables: Map<String, Json> = header(&text, "variables")
        .map(|v| serde_json::from_str(v).expect("variables are JSON"))
        .unwrap_or_default();
    let request = Request { variables, ..request(&text) };
    let response = SEED.execute(&request, &SEED.budget());
    let answer = serde_json::to_string_pretty(&json(&response)).expect("JSON") + "\n";
    let golden = path.with_extension("json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &answer).expect("writable");
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(answer, expected, "{} differs; UPDATE=1 writes it anew", golden.display());

    let view = SEED.view();
    let slow = SEED.api().execute_slowly(&view, &request, &SEED.budget());
    let same = serde_json::to_string(&json(&slow)).expect("JSON")
        == serde_json::to_string(&json(&response)).expect("JSON");
    let differs = header(&text, "slow road differs");
    assert!(
        same || differs.is_some(),
        "{}: the slow road says {}",
        path.display(),
        String::from_utf8_lossy(&slow.body)
    );
    assert!(!(same && differs.is_some()), "{}: the slow road agrees now; remove the note", path.display());
}

#[test]
fn every_query_file_gets_its_answer_on_both_roads() {
    let mut paths: Vec<_> = std::fs::read_dir("tests/graphql")
        .expect("there")
        .map(|e| e.expect("readable").path())
        .filter(|p| p.extension().is_some_and(|e| e == "graphql"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 10, "only {} files", paths.len());
    paths.iter().for_each(|path| check(path));
}

#[test]
fn the_printed_schema_is_the_golden_small_and_described() {
    let sdl = SEED.sdl();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write("schema/schema.graphql", sdl).expect("writable");
    }
    let golden = std::fs::read_to_string("schema/schema.graphql").unwrap_or_default();
    assert!(sdl == golden, "schema/schema.graphql differs; UPDATE=1 writes it anew");
    // What can be asked takes 357 KB, what can be changed the rest (DESIGN.md).
    assert!(sdl.len() < 400_000, "{} bytes", sdl.len());
    let response = ask(
        "{ __schema { types { name description fields(includeDeprecated: true) { name description args { name description } }
           inputFields { name description } enumValues { name description } } } }",
    );
    let types = json(&response);
    let types = types["data"]["__schema"]["types"].as_array().expect("types").clone();
    assert!(types.len() > 150);
    let mut bare = Vec::new();
    let described = |v: &Json| v["description"].as_str().is_some_and(|d| !d.trim().is_empty());
    for ty in types.iter().filter(|t| !t["name"].as_str().unwrap_or("__").starts_with("__")) {
        let name = ty["name"].as_str().unwrap_or_default();
        if !described(ty) && !["ID", "String", "Int", "Float", "Boolean"].contains(&name) {
            bare.push(name.to_owned());
        }
        for list in ["fields", "inputFields", "enumValues"] {
            for member in ty[list].as_array().into_iter().flatten() {
                if !described(member) {
                    bare.push(format!("{name}.{}", member["name"]));
                }
                for arg in member["args"].as_array().into_iter().flatten().filter(|a| !described(a)) {
                    bare.push(format!("{name}.{}({})", member["name"], arg["name"]));
                }
            }
        }
    }
    assert!(bare.is_empty(), "without description: {bare:?}");
}

/// What is introspected is what is printed: interfaces keep their own interfaces, and no type is
/// printed that nothing leads to.
#[test]
fn introspection_says_what_the_sdl_says() {
    let answer = json(&ask("{ __schema { types { name kind interfaces { name } } } }"));
    let types = answer["data"]["__schema"]["types"].as_array().expect("types").clone();
    let mut seen = 0;
    for line in SEED.sdl().lines() {
        let mut words = line.split([' ', '{', '@', '&']).filter(|w| !w.is_empty());
        let (Some("type" | "interface" | "input" | "enum" | "scalar"), Some(name)) =
            (words.next(), words.next())
        else {
            continue;
        };
        let found =
            types.iter().find(|t| t["name"] == name).unwrap_or_else(|| panic!("{name} is printed only"));
        let above: Vec<&str> = words.skip_while(|w| *w != "implements").skip(1).collect();
        let told = found["interfaces"].as_array().into_iter().flatten();
        let mut told: Vec<&str> = told.filter_map(|i| i["name"].as_str()).collect();
        let mut printed = above.clone();
        told.sort_unstable();
        printed.sort_unstable();
        assert_eq!(told, printed, "{name}");
        seen += 1;
    }
    assert!(seen > 150);
}

/// async-graphql's schema is built from ours; both must say the same.
#[test]
fn both_roads_declare_the_same_schema() {
    let slow = SEED.api().slow_schema().sdl();
    for line in SEED
        .sdl()
        .lines()
        .filter(|l| l.starts_with("type ") || l.starts_with("input ") || l.starts_with("enum "))
    {
        let head = line.split(['{', '@']).next().unwrap_or(line).trim();
        let name = head.split_whitespace().nth(1).unwrap_or_default();
        assert!(slow.contains(&format!(" {name} ")), "the slow road lacks {name}");
    }
}

fn refuse(query: &str, code: Code, part: &str) {
    let response = ask(query);
    let shown: String = query.chars().take(100).collect();
    let answer = json(&response);
    assert_eq!(response.outcome, Outcome::RequestError, "{shown}: {answer}");
    assert!(answer.get("data").is_none(), "{shown}");
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], code.text(), "{shown}: {answer}");
    assert!(error["message"].as_str().unwrap_or_default().contains(part), "{shown}: {error}");
}

fn bomb(links: usize) -> String {
    let mut text = String::from("{ ...f0 } ");
    for i in 0..links {
        text += &format!("fragment f{i} on Query {{ ...f{} ...f{} }} ", i + 1, i + 1);
    }
    text + &format!("fragment f{links} on Query {{ version {{ label }} }}")
}

#[test]
fn documents_made_to_cost_are_refused_with_the_limit_that_they_pass() {
    let deep = |open: &str, close: &str| {
        format!("{{ node(id: {}1{}) {{ id }} }}", open.repeat(2000), close.repeat(2000))
    };
    refuse(&deep("[", "]"), Code::LimitExceeded, "nested brackets");
    refuse(&deep("{a:", "}"), Code::LimitExceeded, "nested brackets");
    refuse(
        &format!("query($v: Int = {}1{}) {{ version {{ label }} }}", "[".repeat(2000), "]".repeat(2000)),
        Code::LimitExceeded,
        "nested brackets",
    );
    refuse(
        &format!("{{ version @skip(if: {}1{}) {{ label }} }}", "[".repeat(2000), "]".repeat(2000)),
        Code::LimitExceeded,
        "nested brackets",
    );
    refuse(&bomb(24), Code::LimitExceeded, "fields with fragments unfolded");
    refuse(&bomb(120), Code::LimitExceeded, "fields with fragments unfolded");
    refuse(&format!("{{ {} }}", "version { label } ".repeat(1000)), Code::LimitExceeded, "tokens");
    refuse(
        &format!("{{ {} }}", (0..40).map(|i| format!("a{i}: version {{ label }} ")).collect::<String>()),
        Code::LimitExceeded,
        "aliases of `version`",
    );
    refuse(
        &format!("{{ version {} {{ label }} }}", "@skip(if: false) ".repeat(150)),
        Code::LimitExceeded,
        "directives",
    );
    let chain = "reports { nodes { recommends { nodes { recommendedBy { nodes { ... on Report { ".repeat(4);
    refuse(&format!("{{ {chain} id {} }}", "} ".repeat(28)), Code::LimitExceeded, "depth");
    refuse(
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
        Code::LimitExceeded,
        "introspection",
    );
    refuse(
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        Code::ValidationFailed,
        "spreads itself",
    );
    let wide = "{ entities(first: 100) { nodes { links(first: 100) { nodes { to { links(first: 100) { nodes { to { links { nodes { id } } } } } } } } } } }";
    refuse(wide, Code::LimitExceeded, "nodes in one answer");
}

/// Each of these once took seconds or gigabytes: introspection that multiplies, and filters,
/// orders and lists that come in variables, where no token of the text is counted.
#[test]
fn what_costs_elsewhere_than_in_fields_is_refused_too() {
    let wide = "__schema { types { interfaces { possibleTypes { fields { name args { name type { kind ofType { kind } } } } } } } }";
    refuse(&format!("{{ {wide} }}"), Code::LimitExceeded, "introspection");
    let aliased = |n: usize| {
        (0..n)
            .map(|i| format!("s{i}: __schema {{ types {{ fields {{ args {{ name type {{ ofType {{ ofType {{ name kind }} }} }} }} }} }} }} "))
            .collect::<String>()
    };
    refuse(&format!("{{ {} }}", aliased(30)), Code::LimitExceeded, "elements of introspection");
    refuse(
        &format!("{{ version {{ label }} {} }}", aliased(30)),
        Code::LimitExceeded,
        "elements of introspection",
    );
    refuse("{ a...F...F...F } fragment F on Query { version { label } }", Code::ValidationFailed, "");
    let spreads = format!("{{ a{} }} fragment F on Query {{ version {{ label }} }}", "...F".repeat(1500));
    refuse(&spreads, Code::LimitExceeded, "tokens");

    let test = serde_json::json!({"name": {"matches": "\\w{2}x"}});
    let filter = serde_json::json!({"or": vec![test; 4_000]});
    let nested = (0..60).fold(serde_json::json!({}), |inner, _| serde_json::json!({"not": inner}));
    for (name, value, ty, part) in [
        ("where", filter, "EntityFilter", "values in variables"),
        ("where", nested, "EntityFilter", "nesting in variables"),
        (
            "orderBy",
            serde_json::json!(vec![serde_json::json!({"field": "NAME"}); 5_000]),
            "[EntityOrder!]",
            "values in variables",
        ),
        ("kinds", serde_json::json!(vec!["REPORT"; 60_000]), "[KindName!]", "values in variables"),
    ] {
        let query = format!("query($v: {ty}) {{ entities({name}: $v) {{ totalCount }} }}");
        let request = Request { variables: Map::from_iter([("v".to_owned(), value)]), ..request(&query) };
        let answer = json(&SEED.execute(&request, &SEED.budget()));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "LIMIT_EXCEEDED", "{answer}");
        assert!(answer["errors"][0]["message"].as_str().is_some_and(|m| m.contains(part)), "{answer}");
    }
}

/// The introspection that tools send stays well below its limits.
#[test]
fn the_standard_introspection_is_answered() {
    let query = "query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name } subscriptionType { name }
        types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
      fragment FullType on __Type { kind name description specifiedByURL isOneOf
        fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
        inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
        enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
      fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
      fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";
    let answer = json(&ask(query));
    assert!(answer.get("errors").is_none(), "{}", answer["errors"]);
    let one_of = answer["data"]["__schema"]["types"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|t| t["name"] == "EntityBy");
    assert_eq!(one_of.map(|t| &t["isOneOf"]), Some(&Json::Bool(true)));
}

#[test]
fn the_longest_page_can_be_configured() {
    let limits = Limits { page: 5, ..Limits::default() };
    let app = App::open(&Origin::default(), limits).expect("the seed is sound");
    let count = |query: &str| {
        let answer = json(&app.execute(&request(query), &app.budget()));
        answer["data"]["topics"]["nodes"]
            .as_array()
            .map(Vec::len)
            .ok_or(answer["errors"][0]["message"].to_string())
    };
    assert_eq!(count("{ topics { nodes { id } } }"), Ok(5), "the default follows");
    assert_eq!(count("{ topics(first: 4) { nodes { id } } }"), Ok(4));
    assert!(
        count("{ topics(first: 6) { nodes { id } } }")
            .is_err_and(|m| m.contains("is 5, and this asks for 6"))
    );
}

#[test]
fn an_answer_that_grows_beyond_its_limit_stops() {
    let limits = Limits { answer_bytes: 10_000, ..Limits::default() };
    let app = App::open(&Origin::default(), limits).expect("the seed is sound");
    let answer =
        json(&app.execute(
            &request("{ links(first: 100) { nodes { sentence evidence { quote } } } }"),
            &app.budget(),
        ));
    assert_eq!(answer["data"], Json::Null);
    assert!(
        answer["errors"][0]["message"].as_str().is_some_and(|m| m.contains("bytes of one answer")),
        "{answer}"
    );
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "told once");
}

/// 2^24 fields behind 900 bytes once held a server for a quarter of a minute, and 2^120 would hold
/// it for ever: that this test ends is the proof.
#[test]
fn a_fragment_bomb_of_any_size_ends() {
    for links in [24, 60, 200] {
        refuse(&bomb(links), Code::LimitExceeded, "");
    }
}

#[test]
fn broken_documents_say_what_where_and_the_way_out() {
    refuse("{", Code::ParseFailed, "expected");
    refuse("{ version { label }", Code::ParseFailed, "expected");
    refuse("{ version { label } } \u{0}", Code::ParseFailed, "");
    refuse("{ versoin { label } }", Code::ValidationFailed, "did you mean `version`?");
    refuse("{ recommendaton(id: \"x\") { name } }", Code::ValidationFailed, "did you mean `recommendation`?");
    refuse("{ entities(kinds: [Report]) { totalCount } }", Code::ValidationFailed, "did you mean `REPORT`?");
    refuse(
        "{ reports(where: {nmae: {eq: \"x\"}}) { totalCount } }",
        Code::ValidationFailed,
        "did you mean `name`?",
    );
    refuse(" \n", Code::ParseFailed, "the query is empty");
    refuse("{ report { name } }", Code::ValidationFailed, "id");
    refuse("{ report(id: \"x\", wat: 1) { name } }", Code::ValidationFailed, "wat");
    refuse("query A { version { label } } query B { version { label } }", Code::OperationResolution, "A, B");
    refuse("query($id: ID!) { report(id: $id) { name } }", Code::BadVariable, "id");
    refuse("{ entity(by: {}) { id } }", Code::ValidationFailed, "exactly one");
    refuse(
        "{ entity(by: {id: \"a\", identifier: {scheme: \"b\", value: \"c\"}}) { id } }",
        Code::ValidationFailed,
        "exactly one",
    );
    refuse("{ links(relations: [NOPE]) { totalCount } }", Code::ValidationFailed, "NOPE");
}

/// The groups of one item are the product of its values: they are paid for before they are made.
#[test]
fn groups_that_multiply_end_with_the_budget() {
    let by = "{relation: CONCERNS_REGION, direction: INCOMING}";
    let query = format!("{{ places {{ groupBy(by: [{by}, {by}, {by}]) {{ totalCount }} }} }}");
    let request = Request { query, ..Request::default() };
    let answer = json(&SEED.execute(&request, &std::sync::Arc::new(throughline::app::Budget::new(10_000))));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "LIMIT_EXCEEDED", "{answer}");
}

#[test]
fn groups_and_orders_that_say_nothing_are_refused_with_the_way_out() {
    for (query, part) in [
        ("{ goals { facets(by: [{property: \"nmae\"}]) { by } } }", "did you mean `name`?"),
        (
            "{ goals { facets(by: [{property: \"name\", relation: HAS_GOAL}]) { by } } }",
            "one of property, relation, link",
        ),
        ("{ goals { facets(by: []) { by } } }", "give 1 to 10"),
        ("{ goals { groupBy(by: [{link: BASIS}]) { by } } }", "of entities by themselves"),
        ("{ links { groupBy(by: [{property: \"name\"}]) { by } } }", "by `link`"),
        ("{ links { groupBy(by: [{}]) { by } } }", "by which attribute"),
        ("{ goals { groupBy(by: [{}, {}, {}, {}]) { by } } }", "give 1 to 3"),
        ("{ goals { groupBy(by: [{}]) { groups(first: -1) { count } } } }", "`first` is -1"),
        (
            "{ goals { groupBy(by: [{}]) { groups { statistics(property: \"valeu\") { sum } } } } }",
            "did you mean `value`?",
        ),
        (
            "{ goals(orderBy: [{field: NAME, links: {relation: HAS_GOAL}}]) { totalCount } }",
            "exactly one of field, links",
        ),
        ("{ goals(orderBy: [{}]) { totalCount } }", "exactly one of field, links"),
        (
            "{ goals(orderBy: [{links: {relation: HAS_GOAL, property: \"colour\"}}]) { totalCount } }",
            "no kind has a property `colour`",
        ),
    ] {
        let answer = json(&ask(query));
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains(part), "{query}: expected {part:?} in {answer}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_ARGUMENT", "{answer}");
    }
}

#[test]
fn walks_and_comparisons_that_say_nothing_are_refused_with_the_way_out() {
    let ids = |n: usize| vec!["\"agency/hhs\""; n].join(", ");
    let (many, eleven) = (ids(101), ids(11));
    let names = vec!["\"x\""; 101].join(", ");
    let long_text = format!("{{ search(text: \"{}\") {{ totalCount }} }}", "ab".repeat(50_000));
    let long_name = format!("{{ resolve(names: [\"{}\"]) {{ name }} }}", "dept comm sec ".repeat(20_000));
    for (query, code, part) in [
        (
            "{ paths(from: [\"a/b\", \"c/d\"], to: [\"agency/hhs\"]) { hasMore } }",
            "BAD_ARGUMENT",
            "`from` names what is not there: `a/b`, `c/d`; `search` and `resolve` find ids",
        ),
        (
            "{ paths(from: [\"agency/hhs\"], to: [\"agency/hhs\"], maxHops: 13) { hasMore } }",
            "LIMIT_EXCEEDED",
            "`maxHops` is 12",
        ),
        (
            "{ paths(from: [\"agency/hhs\"], to: [\"agency/hhs\"], maxHops: 0) { hasMore } }",
            "BAD_ARGUMENT",
            "`maxHops` is 0; give 1 to 12",
        ),
        (&format!("{{ paths(from: [{many}], to: []) {{ hasMore }} }}"), "LIMIT_EXCEEDED", "`from` is 100"),
        ("{ trail(of: \"agency/hhs\", first: 501) { weakest } }", "LIMIT_EXCEEDED", "`first` is 500"),
        (
            "{ trail(of: \"agency/hhs\", depth: -1) { weakest } }",
            "BAD_ARGUMENT",
            "`depth` is -1; give 0 to 20",
        ),
        (
            "{ trail(of: \"agency/hhs\", link: {quote: {matches: \"(\"}}) { weakest } }",
            "BAD_ARGUMENT",
            "`quote.matches` is no regular expression",
        ),
        (
            "{ neighborhood(of: [\"agency/hhs\"], first: 0) { nodes { distance } } }",
            "BAD_ARGUMENT",
            "`first` is 0; give 1 to 500",
        ),
        (
            "{ gaps(names: [\"GOAL_WITHOUT_MEASUR\"]) { name } }",
            "BAD_ARGUMENT",
            "did you mean `GOAL_WITHOUT_MEASURE`?",
        ),
        (&format!("{{ compare(ids: [{eleven}]) {{ neighborCount }} }}"), "LIMIT_EXCEEDED", "`ids` is 10"),
        ("{ timeline { stepCount } }", "BAD_ARGUMENT", "say whose timeline"),
        (&format!("{{ resolve(names: [{names}]) {{ name }} }}"), "LIMIT_EXCEEDED", "`names` is 100"),
        (&long_text, "LIMIT_EXCEEDED", "letters of `text` is 500, and this asks for 100000"),
        (&long_name, "LIMIT_EXCEEDED", "letters of `names`"),
        ("{ search(text: \"a\", after: \"x\") { totalCount } }", "BAD_CURSOR", "cursor"),
        (
            "{ goals(first: 1) { nodes { computed { related(first: 101) { score } } } } }",
            "LIMIT_EXCEEDED",
            "`first` is 100",
        ),
    ] {
        let answer = json(&ask(query));
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains(part), "{query}: expected {part:?} in {answer}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
    }
}

/// The specification of September 2025 allows them; places in errors stay true.
#[test]
fn operations_and_fragments_may_be_described() {
    let query = "\"Q: ünï\" query Q { ...F }\n\"\"\"\nof the data\n\"\"\" fragment F on Query { version { sequence } }";
    assert_eq!(json(&ask(query))["data"]["version"]["sequence"], 1, "{}", json(&ask(query)));
    let wrong = json(&ask(&query.replace("sequence", "sequenz")));
    assert_eq!(wrong["errors"][0]["locations"][0]["line"], 4, "{wrong}");
    refuse("\"of nothing\" { version { label } }", Code::ParseFailed, "");
    let quoted = json(&ask("{ entities(where: {name: {eq: \"query\"}}) { totalCount } }"));
    assert_eq!(quoted["data"]["entities"]["totalCount"], 0);
}

#[test]
fn the_cost_is_told_to_whoever_asks() {
    let extensions = Map::from_iter([("cost".to_owned(), Json::Bool(true))]);
    let request = Request { extensions, ..request("{ reviews(first: 1) { nodes { name } } }") };
    let answer = json(&SEED.execute(&request, &SEED.budget()));
    assert_eq!(answer["extensions"]["cost"]["nodes"], 2, "{answer}");
    assert_eq!(answer["extensions"]["cost"]["limit"], 100_000);
}

#[test]
fn what_runs_out_of_budget_stops_and_says_so() {
    let budget = std::sync::Arc::new(throughline::app::Budget::new(10));
    let answer = json(&SEED.execute(&request("{ entities(first: 100) { nodes { name } } }"), &budget));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "LIMIT_EXCEEDED", "{answer}");
    let budget = std::sync::Arc::new(throughline::app::Budget::new(1_000_000));
    budget.cancel_handle().store(true, std::sync::atomic::Ordering::Relaxed);
    let response = SEED.execute(&request("{ version { label } }"), &budget);
    assert_eq!(response.outcome, Outcome::TimedOut);
}

/// The README's first query, taken from the README, gives what the README says; so do its counts.
#[test]
fn the_readme_is_true() {
    let readme = std::fs::read_to_string("README.md").expect("readable");
    let body = readme.split("-d '").nth(1).and_then(|rest| rest.split("'\n").next()).expect("a curl line");
    let asked: Json = serde_json::from_str(body).expect("its body is JSON");
    let answer = json(&ask(asked["query"].as_str().expect("a query"))).to_string();
    let shown = readme.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("an answer");
    let shown: Json = serde_json::from_str(shown).expect("it is JSON");
    fn texts(json: &Json, out: &mut Vec<String>) {
        match json {
            Json::String(text) => out.push(text.replace(" […]", "")),
            Json::Array(items) => items.iter().for_each(|item| texts(item, out)),
            Json::Object(map) => map.values().for_each(|value| texts(value, out)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    texts(&shown, &mut all);
    assert!(all.len() > 8);
    for text in all {
        let quoted = Json::from(text.as_str()).to_string();
        assert!(answer.contains(quoted.trim_matches('"')), "{text:?} is not in the answer {answer}");
    }
    let overview = SEED.overview();
    for count in [
        format!("{} entities", overview.entities),
        format!("{} links", overview.links),
        format!("{} quotes found", overview.evidence["VERIFIED"]),
    ] {
        assert!(readme.contains(&count), "the README does not say {count:?}");
    }
}
