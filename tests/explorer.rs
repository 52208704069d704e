//! The explorer's pages through the router, without a socket and without a browser: what is on them, that no
//! link of theirs is dead, that their queries are what they say, and that nothing of the data becomes markup.
//! `UPDATE=1 cargo test --test explorer` writes the goldens in `tests/explorer` anew.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::io::Write as _;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use regex::Regex;
use serde_json::{Value as Json, json};
use throughline::app::{App, Origin};
use throughline::graphql::Limits;
use throughline::http::{self, Settings};
use throughline::ontology::Ontology;
use tower::ServiceExt as _;

/// Bytes that a page of the seed may have, packed as it is sent, and unpacked.
const PAGE_BYTES: (usize, usize) = (30_000, 250_000);

/// Addresses that a crawl follows at most: the seed has about four thousand.
const CRAWLED: usize = 8_000;

fn router(schema: &[&str], data: &[&str]) -> Router {
    let paths = |files: &[&str]| {
        files.iter().map(|file| format!("{}/{file}", env!("CARGO_MANIFEST_DIR")).into()).collect()
    };
    let origin = Origin { schema: paths(schema), data: paths(data) };
    let app = App::open(&origin, Limits::default()).expect("ontology and data are sound");
    http::router(Arc::new(app), &Settings::default())
}

fn seed() -> Router {
    router(&[], &[])
}

struct Page {
    status: u16,
    headers: HashMap<String, String>,
    text: String,
}

async fn get(router: &Router, address: &str, send: &[(&str, &str)]) -> Page {
    let mut request = Request::get(address).header("host", "localhost").header("accept", "text/html");
    for (name, value) in send {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let (parts, body) = router.clone().oneshot(request).await.expect("it never fails").into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("a whole body");
    let headers =
        parts.headers.iter().filter_map(|(n, v)| Some((n.to_string(), v.to_str().ok()?.to_owned())));
    Page {
        status: parts.status.as_u16(),
        headers: headers.collect(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// What maud writes escaped, as it was.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The values of an attribute, in order.
fn attributes(page: &str, name: &str) -> Vec<String> {
    let pattern = Regex::new(&format!(r#"<[^>]*?\s{name}="([^"]*)""#)).expect("a pattern");
    pattern.captures_iter(page).map(|found| unescaped(&found[1])).collect()
}

/// The text of a page, without its tags.
fn read(page: &str) -> String {
    static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new("<[^>]*>").expect("a pattern"));
    unescaped(&TAG.replace_all(page, ""))
}

/// What holds of every page of ours, whatever it shows.
fn well_made(address: &str, page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            faults.push(format!("{address}: {what}"));
        }
    };
    let count = |part: &str| page.matches(part).count();
    must(count("<h1") == 1, "one h1");
    must(count("<main") == 1, "one main");
    let head = page.split("</head>").next().unwrap_or_default();
    must(head.matches("<title>").count() == 1, "one title");
    must(!page.contains(" style=") && !page.contains("<style"), "no style within the page");
    must(
        count("<script")
            == count("<script type=\"application/ld+json\"")
                + count("<script type=\"application/json\" id=")
                + count("<script type=\"module\" src="),
        "no script within the page",
    );
    static HANDLER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"<[^>]*\son[a-z]+="#).expect("a pattern"));
    must(!HANDLER.is_match(page), "no handler within the page");
    let ids = attributes(page, "id");
    let once: BTreeSet<&String> = ids.iter().collect();
    must(once.len() == ids.len(), &format!("ids stand once: {:?}", twice(&ids)));
    let names = ["aria-labelledby", "aria-describedby", "for"].map(|name| attributes(page, name)).concat();
    for id in names.iter().flat_map(|ids| ids.split(' ')) {
        must(ids.iter().any(|known| known == id), &format!("`{id}` labels something and is not there"));
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let sent =
        packed.write_all(page.as_bytes()).and_then(|()| packed.finish()).map_or(0, |bytes| bytes.len());
    must(sent <= PAGE_BYTES.0 && page.len() <= PAGE_BYTES.1, &format!("{sent} bytes of {}", page.len()));
    faults
}

fn twice(ids: &[String]) -> Vec<&String> {
    ids.iter().filter(|id| ids.iter().filter(|other| other == id).count() > 1).collect()
}

/// Follows every link to this site from its home page; of exports and queries, which are tested elsewhere, one
/// for each path and format.
async fn crawl(router: &Router) -> (usize, Vec<String>) {
    let mut waiting = VecDeque::from(["/".to_owned()]);
    let mut known: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut parts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (mut wanted, mut faults, mut pages) = (Vec::new(), Vec::new(), 0);
    while let Some(address) = waiting.pop_front() {
        assert!(pages < CRAWLED, "the site has no end: {address}");
        pages += 1;
        let page = get(router, &address, &[]).await;
        if page.status != 200 {
            faults.push(format!("{address}: {}", page.status));
            continue;
        }
        if !page.headers["content-type"].starts_with("text/html") || address.starts_with("/graphiql") {
            continue;
        }
        let ours = page.text.contains("/assets/explorer.css");
        if ours {
            faults.extend(well_made(&address, &page.text));
        }
        parts.insert(address.clone(), attributes(&page.text, "id").into_iter().collect());
        let symbols =
            attributes(&page.text, "href").into_iter().filter(|href| href.starts_with("/assets/icons.svg#"));
        wanted.extend(symbols.map(|symbol| (address.clone(), symbol)));
        for href in attributes(&page.text, "href").into_iter().chain(attributes(&page.text, "src")) {
            let (path, part) = href.split_once('#').map_or((href.as_str(), ""), |(path, part)| (path, part));
            let path = if path.is_empty() { address.clone() } else { path.to_owned() };
            if !path.starts_with('/') {
                continue;
            }
            if !part.is_empty() && !path.starts_with("/assets") {
                wanted.push((address.clone(), format!("{path}#{part}")));
            }
            if known.insert(essence(&path)) {
                waiting.push_back(path);
            }
        }
    }
    let sprite = include_str!("../src/http/web/icons.svg");
    let symbols: BTreeSet<String> = attributes(sprite, "id").into_iter().collect();
    for (on, href) in wanted {
        let Some((path, part)) = href.split_once('#') else { continue };
        let there = if path.starts_with("/assets/") {
            symbols.contains(part)
        } else {
            parts.get(path).is_none_or(|ids| ids.contains(part))
        };
        if !there {
            faults.push(format!("{on}: nothing at {href}"));
        }
    }
    (pages, faults)
}

/// What tells an address from others that need not be tried beside it.
fn essence(address: &str) -> String {
    let Some((path, query)) = address.split_once('?') else { return address.to_owned() };
    // Of each sort of page one in each format, and one in each order.
    if let Some(part) = query.split('&').find(|part| part.starts_with("format=") || part.starts_with("sort="))
    {
        return format!("{}?{part}", path.split('/').take(2).collect::<Vec<_>>().join("/"));
    }
    let kept = query.split('&').filter(|part| match path {
        "/graphiql" | "/graphql" => false,
        "/export" => part.starts_with("format="),
        _ => !part.starts_with("lang=") && !part.starts_with("v="),
    });
    format!("{path}?{}", kept.collect::<Vec<_>>().join("&"))
}

#[tokio::test]
async fn no_link_of_the_seed_is_dead_and_every_page_is_well_made() {
    let (pages, faults) = crawl(&seed()).await;
    assert!(pages > 500, "the crawl saw {pages} pages alone");
    assert!(
        faults.is_empty(),
        "{} faults on {pages} pages:\n{}",
        faults.len(),
        faults[..faults.len().min(40)].join("\n")
    );
}

#[tokio::test]
async fn nor_of_other_data_and_of_other_ontologies() {
    let climate = router(&["schema/ontology.graphql"], &["examples/climate/climate.jsonl"]);
    let transport =
        router(&["examples/transport/transport.graphql"], &["examples/transport/transport.jsonl"]);
    let empty = router(&["tests/fixtures/garden.graphql"], &[]);
    for (name, router, least) in
        [("climate", climate, 50), ("transport", transport, 30), ("garden", empty, 8)]
    {
        let (pages, faults) = crawl(&router).await;
        assert!(pages > least, "{name}: the crawl saw {pages} pages alone");
        assert!(faults.is_empty(), "{name}, {pages} pages:\n{}", faults[..faults.len().min(40)].join("\n"));
    }
}

/// The documents and variables that a page shows as its query.
fn shown_queries(page: &str) -> Vec<(String, Json)> {
    static QUERY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"href="/graphiql\?query=([^"&]*)&amp;variables=([^"]*)""#).expect("a pattern")
    });
    let decoded = |text: &str| {
        url::form_urlencoded::parse(format!("x={text}").as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
            .expect("one value")
    };
    QUERY
        .captures_iter(page)
        .map(|found| (decoded(&found[1]), serde_json::from_str(&decoded(&found[2])).expect("JSON")))
        .collect()
}

/// Every text of an answer that a reader should find on the page, given the names of its fields. Names of kinds and relations
/// stand there as words.
fn told<'a>(json: &'a Json, fields: &[&str], out: &mut Vec<&'a str>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| told(item, fields, out)),
        Json::Object(map) => map.iter().for_each(|(key, value)| match value.as_str() {
            Some(text) if fields.contains(&key.as_str()) => out.push(text),
            _ if key == "kind" || key == "relation" => {}
            _ => told(value, fields, out),
        }),
        _ => {}
    }
}

#[tokio::test]
async fn the_query_that_a_page_shows_gives_what_the_page_tells() {
    let router = seed();
    let link = first_link(&router).await;
    for (address, fields) in [
        ("/", &["title"][..]),
        ("/entity/initiative/ahem", &["name", "description"]),
        ("/source/mass-gov-ahem", &["name", "quote", "sentence", "sha256"]),
        (&format!("/{link}"), &["sentence", "quote", "name", "note", "url"]),
        ("/search?q=maternal+health&kind=REPORT", &["name"]),
        ("/schema", &["description", "iri"]),
        ("/quality", &["description"]),
        ("/about", &["label", "contentHash", "ontologyHash"]),
    ] {
        let page = get(&router, address, &[]).await;
        assert_eq!(page.status, 200, "{address}");
        let text = read(&page.text);
        let queries = shown_queries(&page.text);
        assert!(!queries.is_empty(), "{address} shows no query");
        for (query, variables) in queries {
            assert!(text.contains(&query), "{address}: the query stands on the page");
            let data = ask(&router, &query, &variables).await;
            let mut texts = Vec::new();
            told(&data, fields, &mut texts);
            assert!(!texts.is_empty(), "{address}: {data}");
            for part in texts {
                assert!(text.contains(part), "{address} does not tell {part:?}");
            }
        }
    }
}

async fn ask(router: &Router, query: &str, variables: &Json) -> Json {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let request =
        Request::post("/graphql").header("host", "localhost").header("content-type", "application/json");
    let request = request.body(Body::from(body)).expect("a request");
    let body = router.clone().oneshot(request).await.expect("it never fails").into_body();
    let mut answer: Json =
        serde_json::from_slice(&to_bytes(body, usize::MAX).await.expect("a whole body")).expect("JSON");
    assert!(answer["errors"].is_null(), "{query}\n{answer}");
    answer["data"].take()
}

async fn first_link(router: &Router) -> String {
    let data = ask(router, "{ links(relations: [INFORMS], first: 1) { nodes { id } } }", &json!({})).await;
    data["links"]["nodes"][0]["id"].as_str().expect("there is one").to_owned()
}

#[tokio::test]
async fn the_page_of_a_link_is_as_it_was() {
    let router = seed();
    let page = get(&router, &format!("/{}", first_link(&router).await), &[]).await;
    let version = Regex::new("[0-9]+-[0-9a-f]{8}-[0-9a-f]{8}|v=[0-9a-f]{8}").expect("a pattern");
    let text = version.replace_all(&page.text.replace("><", ">\n<"), "VERSION").into_owned() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explorer/link.html");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).expect("writable");
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    assert!(text == golden, "{path} differs; UPDATE=1 writes it anew:\n{text}");
}

#[tokio::test]
async fn what_nobody_says_is_told_apart_from_none_and_what_is_concluded_from_what_is_stated() {
    let router = seed();
    let page = get(&router, "/entity/recommendation/workforce-investments", &[]).await.text;
    let recommended = section(&page, "recommendedBy");
    assert!(
        recommended.contains("badge basis-stated") && recommended.contains("badge basis-inferred"),
        "{recommended}"
    );
    assert!(read(&recommended).contains("No source says whether these are all."), "{recommended}");
    let absent = page.split("<details class=\"absent\"").nth(1).expect("relations of which nothing is known");
    assert!(read(absent).contains("Acted on by") && read(absent).contains("unknown, never no"), "{absent}");
    let topic = get(&router, "/entity/topic/cardiometabolic-diseases", &[]).await.text;
    assert!(read(&section(&topic, "narrower")).contains("a source says that there are more"), "{topic}");
}

/// The section that its id labels.
fn section(page: &str, id: &str) -> String {
    let begin = page.find(&format!("aria-labelledby=\"{id}\"")).unwrap_or_else(|| panic!("no section {id}"));
    page[begin..].split("</section>").next().expect("its text").to_owned()
}

#[tokio::test]
async fn a_long_list_is_had_page_by_page_and_whole() {
    let router = seed();
    let all = ask(&router, "{ entities(first: 0) { totalCount } }", &json!({})).await;
    let link = Regex::new(r#"rel="next" href="([^"]*)""#).expect("a pattern");
    let (mut address, mut seen) = (Some("/search?q=&kind=".to_owned()), BTreeSet::new());
    while let Some(next) = address {
        let page = get(&router, &next, &[]).await;
        let found = page.text.split("class=\"hits\"").skip(1).flat_map(|part| attributes(part, "href"));
        let found: Vec<String> = found.filter(|href| href.starts_with("/entity/")).collect();
        assert!(!found.is_empty(), "{next}");
        seen.extend(found);
        address = link.captures(&page.text).map(|found| unescaped(&found[1]));
    }
    assert_eq!(seen.len() as u64, all["entities"]["totalCount"].as_u64().expect("a count"));
}

#[tokio::test]
async fn the_address_or_the_browser_says_the_language_and_links_keep_it() {
    let router = seed();
    for (address, accept, lang) in [
        ("/", "", "en"),
        ("/", "es-MX,es;q=0.9,en;q=0.8", "es"),
        ("/", "en;q=0.5, es;q=0.4", "en"),
        ("/", "fr", "en"),
        ("/?lang=es", "en", "es"),
        ("/?lang=xx", "", "en"),
    ] {
        let page = get(&router, address, &[("accept-language", accept)]).await;
        assert!(page.text.contains(&format!("<html lang=\"{lang}\">")), "{address} {accept}");
        assert!(page.headers["vary"].contains("Accept-Language"));
    }
    let page = get(&router, "/entity/initiative/ahem?lang=es", &[]).await.text;
    for href in attributes(&page, "href")
        .iter()
        .filter(|href| href.starts_with("/entity/") || href.starts_with("/link/"))
    {
        assert!(href.contains("lang="), "{href}");
    }
}

#[tokio::test]
async fn a_link_that_was_made_with_other_data_says_so() {
    let router = seed();
    let page = get(&router, "/entity/initiative/ahem?v=00000000", &[]).await.text;
    assert!(read(&page).contains("This link was made with data 00000000"), "{page:.2000}");
    let now =
        attributes(&page, "href").into_iter().find(|href| href.contains("v=")).expect("the address of now");
    assert!(!get(&router, &now, &[]).await.text.contains("This link was made"), "{now}");
}

#[tokio::test]
async fn nothing_of_data_or_address_becomes_markup() {
    const EVIL: &str = "<img src=x onerror=alert(1)>\\\"'</script><script>alert(2)</script>";
    let line = |kind: &str, id: &str| {
        format!(
            "{{\"entity\":\"{id}\",\"kind\":\"{kind}\",\"name\":\"{EVIL}\",\"description\":\"{EVIL}\"}}\n"
        )
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("evil.jsonl");
    std::fs::write(&path, line("Bed", "bed/x")).expect("writable");
    let garden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/garden.graphql");
    let app = App::open(&Origin { schema: vec![garden.into()], data: vec![path] }, Limits::default());
    let router =
        http::router(Arc::new(app.unwrap_or_else(|faults| panic!("{faults}"))), &Settings::default());
    for address in [
        "/entity/bed/x",
        "/search?q=img",
        "/search?kind=BED",
        "/search?q=%3Cscript%3Ealert(3)%3C/script%3E",
        "/entity/%3Cscript%3Ealert(3)%3C%2Fscript%3E",
        "/?v=%3Cscript%3Ealert(3)%3C/script%3E",
        "/search?lang=%22%3E%3Cscript%3E",
    ] {
        let page = get(&router, address, &[]).await.text;
        assert!(page.contains("&lt;") || page.contains("%3C"), "{address} shows nothing of it:\n{page}");
        for part in ["<img", "<script>", "alert(2)</script>"] {
            assert!(!page.contains(part), "{address}: {part}");
        }
    }
}

// -- the words of the interface --------------------------------------------------------------------

const ENGLISH: &str = include_str!("../src/http/web/text.en.json");
const SPANISH: &str = include_str!("../src/http/web/text.es.json");

fn phrases(json: &str) -> BTreeMap<String, String> {
    serde_json::from_str(json).expect("phrases by key")
}

/// The source text of the explorer.
fn source() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/explorer");
    let (mut waiting, mut source) = (vec![std::path::PathBuf::from(folder)], String::new());
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let inside = std::fs::read_dir(path).expect("the folder is there");
            waiting.extend(inside.map(|file| file.expect("readable").path()));
        } else {
            source += &std::fs::read_to_string(path).expect("UTF-8");
        }
    }
    source
}

#[test]
fn both_languages_have_the_same_phrases_with_the_same_places() {
    let place = Regex::new(r"\{[a-z]+\}").expect("a pattern");
    let shape = |json| -> BTreeMap<String, BTreeSet<String>> {
        let places = |phrase: &str| place.find_iter(phrase).map(|found| found.as_str().to_owned()).collect();
        phrases(json).iter().map(|(key, phrase)| (key.clone(), places(phrase))).collect()
    };
    let (english, spanish) = (shape(ENGLISH), shape(SPANISH));
    let differing: Vec<_> =
        english.keys().chain(spanish.keys()).filter(|key| english.get(*key) != spanish.get(*key)).collect();
    assert!(differing.is_empty(), "in one language alone, or with other places: {differing:?}");
    assert!(phrases(SPANISH).iter().all(|(key, phrase)| !phrase.trim().is_empty() && !key.is_empty()));
}

#[test]
fn every_phrase_is_used_and_every_phrase_that_is_used_is_there() {
    let source = source();
    let there = phrases(ENGLISH);
    let families = Regex::new(r#"format!\(\s*"([a-z.]+\.)\{"#).expect("a pattern");
    let families: Vec<&str> =
        families.captures_iter(&source).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    let is_used = |key: &str| {
        let stem = key.strip_suffix(".one").or_else(|| key.strip_suffix(".other")).unwrap_or(key);
        source.contains(&format!("\"{key}\""))
            || source.contains(&format!("\"{stem}\""))
            || families.iter().any(|family| key.starts_with(family))
    };
    // Those of scripts are sent to them whole; their modules are tested on their own.
    let unused: Vec<&String> = there.keys().filter(|key| !key.starts_with("js.") && !is_used(key)).collect();
    assert!(unused.is_empty(), "no page says {unused:?}");
    let said = Regex::new(r#"\b(say|tell|count)\(\s*"([^"]+)""#).expect("a pattern");
    for found in said.captures_iter(&source) {
        let keys = match &found[1] {
            "count" => vec![format!("{}.one", &found[2]), format!("{}.other", &found[2])],
            _ => vec![found[2].to_owned()],
        };
        keys.iter().for_each(|key| assert!(there.contains_key(key), "there is no phrase {key}"));
    }
}

#[tokio::test]
async fn every_word_of_the_api_that_a_page_says_has_a_phrase() {
    let router = seed();
    let there = phrases(ENGLISH);
    for (of, family) in [
        ("Basis", "basis"),
        ("QuoteStatus", "status"),
        ("Completeness", "completeness"),
        ("DateKind", "date"),
        ("Grade", "grade"),
        ("Weakness", "weakness"),
        ("Flow", "flow"),
    ] {
        let query = format!("{{ __type(name: \"{of}\") {{ enumValues {{ name }} }} }}");
        let data = ask(&router, &query, &json!({})).await;
        let words = data["__type"]["enumValues"].as_array().expect("an enum");
        for word in words.iter().filter_map(|word| word["name"].as_str()) {
            assert!(there.contains_key(&format!("{family}.{word}")), "no phrase for {of} {word}");
        }
    }
}

#[test]
fn every_kind_has_an_icon_of_its_own() {
    let sdl = std::fs::read_to_string("schema/ontology.graphql").expect("it is there");
    let ontology = Ontology::read(&[("schema/ontology.graphql".to_owned(), sdl)]).expect("it is sound");
    let looks: Json = serde_json::from_str(include_str!("../src/http/web/kinds.json")).expect("JSON");
    let symbols: BTreeSet<String> =
        attributes(include_str!("../src/http/web/icons.svg"), "id").into_iter().collect();
    let icons: BTreeSet<&str> =
        ontology.kinds.iter().filter_map(|kind| looks[&kind.name]["icon"].as_str()).collect();
    assert_eq!(icons.len(), ontology.kinds.len(), "one each: {icons:?}");
    assert!(icons.iter().chain(["entity"].iter()).all(|icon| symbols.contains(*icon)));
    let known = |name: &String| name == "*" || ontology.kind_named(name).is_some();
    assert!(looks.as_object().expect("an object").keys().all(known), "no look for what is no kind");
}

// -- views of one thing ------------------------------------------------------------------------------

/// Addresses of links that a page leads to, each once.
fn links_on(page: &str) -> BTreeSet<String> {
    let links = attributes(page, "href").into_iter().filter(|href| href.starts_with("/link/"));
    links.map(|href| href.split(['?', '#']).next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn every_view_of_a_chain_tells_the_same_links() {
    let router = seed();
    let outline = get(&router, "/trail/initiative/ahem", &[]).await.text;
    let told = links_on(&outline);
    assert!(told.len() > 10, "{told:?}");
    for view in ["graph", "table"] {
        let page = get(&router, &format!("/trail/initiative/ahem?view={view}"), &[]).await.text;
        let differing: Vec<_> = links_on(&page).symmetric_difference(&told).cloned().collect();
        assert!(differing.is_empty(), "{view}: {differing:?}");
    }
    let markdown = get(&router, "/trail/initiative/ahem?view=markdown", &[]).await.text;
    let taken = get(&router, "/trail/initiative/ahem?format=markdown", &[]).await.text;
    assert!(read(&markdown).contains(taken.trim()), "the view is the file:\n{taken:.800}");
    let stated = get(&router, "/trail/initiative/ahem?basis=STATED", &[]).await.text;
    assert!(!stated.contains("step basis-inferred"), "what is inferred stands among what is stated");
}

#[tokio::test]
async fn what_ought_to_follow_and_is_not_recorded_has_a_place() {
    let router = seed();
    let drawing = get(&router, "/trail/initiative/ahem?view=graph", &[]).await.text;
    assert!(
        drawing.contains("class=\"node slot") && drawing.contains("edge basis-absent"),
        "no dotted place"
    );
    let outline = get(&router, "/trail/initiative/ahem", &[]).await.text;
    let gaps =
        ask(&router, "{ gaps(names: [\"RECOMMENDATION_WITHOUT_ACTION\"]) { description } }", &json!({}))
            .await;
    let description = gaps["gaps"][0]["description"].as_str().expect("a gap of the seed's ontology");
    let slots: Vec<String> = outline.split("class=\"slots\"").skip(1).map(read).collect();
    assert!(slots.iter().any(|slot| slot.contains(description)), "{description}: {slots:.300?}");
}

#[tokio::test]
async fn a_drawing_is_a_file_that_needs_nothing_else() {
    let router = seed();
    let file = get(&router, "/trail/initiative/ahem?view=graph&format=svg", &[]).await;
    assert_eq!(file.headers["content-type"], "image/svg+xml");
    let svg = file.text;
    assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"));
    let own: BTreeSet<String> = attributes(&svg, "id").into_iter().collect();
    for href in attributes(&svg, "href") {
        let there = href.strip_prefix('#').is_some_and(|id| own.contains(id));
        assert!(there || href.starts_with("http://localhost/"), "{href}");
    }
    assert!(!svg.contains("<script") && !svg.contains("<style") && svg.contains("<desc"));
    let version = Regex::new("[0-9]+-[0-9a-f]{8}-[0-9a-f]{8}").expect("a pattern");
    let text = version.replace_all(&svg.replace("><", ">\n<"), "VERSION").into_owned();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explorer/trail.svg");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).expect("writable");
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    assert!(text == golden, "{path} differs; UPDATE=1 writes it anew");
}

#[tokio::test]
async fn pages_in_other_formats_hold_what_the_page_tells() {
    let router = seed();
    for (address, format, media_type, part) in [
        ("/trail/initiative/ahem", "csv-links", "text/csv", "initiative/ahem"),
        ("/trail/initiative/ahem", "json", "application/json", "\"weakest\""),
        (
            "/path?from=report/severe-maternal-morbidity-2023&to=initiative/ahem",
            "markdown",
            "text/markdown",
            "Severe",
        ),
        (
            "/compare?of=initiative/ahem&of=initiative/ahem-maternal-health",
            "json",
            "application/json",
            "heldBy",
        ),
        ("/matrix", "csv-links", "text/csv", "link/"),
        ("/gaps", "json", "application/json", "totalCount"),
        ("/search?q=maternal", "csv-entities", "text/csv", "maternal"),
        ("/source/mass-gov-ahem", "bibtex", "application/x-bibtex", "Advancing Health Equity"),
        ("/schema", "svg", "image/svg+xml", "<svg"),
    ] {
        let mark = if address.contains('?') { '&' } else { '?' };
        let page = get(&router, &format!("{address}{mark}format={format}"), &[]).await;
        assert_eq!(page.status, 200, "{address} {format}: {}", page.text);
        assert!(page.headers["content-type"].starts_with(media_type), "{address}: {:?}", page.headers);
        assert!(page.text.contains(part), "{address} {format}: {:.600}", page.text);
    }
    let none = get(&router, "/trail/initiative/ahem?format=docx", &[]).await;
    assert_eq!(none.status, 400);
    assert!(read(&none.text).contains("cannot be given as docx"), "{}", none.text);
}

#[tokio::test]
async fn a_wrong_value_in_an_address_is_told_with_the_way_out() {
    let router = seed();
    for (address, told) in [
        ("/trail/initiative/ahem?depth=x", "depth is a whole number; x is none"),
        ("/trail/initiative/ahem?depth=999", "the limit on `depth` is 20"),
        ("/trail/initiative/ahem?dir=sideways", "dir is one of both, up, down"),
        ("/trail/initiative/ahem?view=map", "view is one of outline, graph, table, timeline, markdown"),
        ("/trail/initiative/ahem?view=table&sort=size", "sort is one of from, -from"),
        ("/trail/initiative/ahem?at=soon", "write YYYY-MM-DD"),
        ("/path?from=initiative/ahem&to=initiative/ahem-maternal-health&hops=many", "hops is a whole number"),
        ("/matrix?rows=FOO", "FOO is none of them"),
        ("/timeline?kind=FOO", "kind is one of SOURCE_DOCUMENT"),
        ("/overview?kind=FOO", "FOO is none of them"),
        ("/overview.json?kind=FOO", "FOO is none of them"),
        ("/schema?kind=FOO", "FOO is none of them"),
        ("/gaps?name=FOO", "there is no gap `FOO`"),
        ("/source/mass-gov-ahem?view=FOO", "view is one of text"),
    ] {
        let page = get(&router, address, &[]).await;
        assert_eq!(page.status, 400, "{address}");
        assert!(read(&page.text).contains(told), "{address}: {}", read(&page.text));
    }
}

#[tokio::test]
async fn a_server_with_short_pages_has_all_pages() {
    let limits = Limits { page: 10, ..Limits::default() };
    let app = App::open(&Origin::default(), limits).expect("the seed is sound");
    let router = http::router(Arc::new(app), &Settings::default());
    for address in [
        "/",
        "/search?q=health",
        "/search?kind=GOAL",
        "/entity/initiative/ahem",
        "/entity/initiative/ahem?list=hasGoal",
        "/source/mass-gov-ahem",
        "/trail/initiative/ahem?more=1",
        "/trail/initiative/ahem?view=timeline",
        "/matrix",
        "/gaps",
        "/gaps?name=GOAL_WITHOUT_MEASURE",
        "/quality",
        "/quality?weakness=INFERRED",
        "/timeline",
        "/schema",
        "/overview",
    ] {
        let page = get(&router, address, &[]).await;
        assert_eq!(page.status, 200, "{address}: {:.600}", read(&page.text));
    }
}

#[tokio::test]
async fn paths_tell_their_hops_and_names_are_taken_for_ids() {
    let router = seed();
    let page =
        get(&router, "/path?from=report/severe-maternal-morbidity-2023&to=initiative/ahem", &[]).await.text;
    assert!(page.contains("class=\"hops\"") && page.contains("<mark>"), "no path");
    let typed =
        get(&router, "/path?from=severe+maternal+morbidity+report&to=initiative/ahem", &[]).await.text;
    let offered = attributes(&typed, "href");
    let meant = "/path?to=initiative%2Fahem&from=report%2Fsevere-maternal-morbidity-2023";
    let same = |href: &String| {
        let pairs = |address: &str| -> BTreeSet<String> {
            address.replace('?', "&").split('&').map(str::to_owned).collect()
        };
        pairs(href) == pairs(meant)
    };
    assert!(offered.iter().any(same), "{offered:?}");
    let apart = get(
        &router,
        "/path?from=report/severe-maternal-morbidity-2023&to=initiative/ahem&hops=1&basis=STATED",
        &[],
    )
    .await;
    assert!(
        read(&apart.text).contains("That does not mean that there is none"),
        "an empty answer says what it means"
    );
}

#[tokio::test]
async fn the_cells_of_a_matrix_are_the_links_between_its_kinds() {
    let router = seed();
    let page = get(&router, "/matrix?rows=INITIATIVE&columns=GOAL", &[]).await.text;
    let full = page.matches("class=\"cell n-").count();
    let empty = page.matches("class=\"cell empty\"").count();
    let counts = ask(&router, "{ i: entities(kinds: [INITIATIVE], first: 0) { totalCount } g: entities(kinds: [GOAL], first: 0) { totalCount } initiatives(first: 50) { nodes { hasGoal(first: 100) { edges { node { id } } } } } }", &json!({})).await;
    let all = counts["i"]["totalCount"].as_u64().expect("a count")
        * counts["g"]["totalCount"].as_u64().expect("a count");
    assert_eq!((full + empty) as u64, all);
    let goals: usize = counts["initiatives"]["nodes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|of| of["hasGoal"]["edges"].as_array().map_or(0, Vec::len))
        .sum();
    assert!(full >= 1 && full <= goals + 20, "{full} cells of {goals} goals");
    let only = get(&router, "/matrix?rows=INITIATIVE&columns=GOAL&only=1", &[]).await.text;
    assert_eq!(only.matches("class=\"cell n-").count(), full);
    assert!(only.matches("class=\"cell empty\"").count() < empty);
}

#[tokio::test]
async fn the_text_of_a_source_is_shown_whole_with_what_rests_on_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (text, data) = (folder.path().join("leaflet.txt"), folder.path().join("data.jsonl"));
    std::fs::write(&text, "The  office\n\nThe office runs the <b>garden</b>.\nIt <i>opens</i> at noon.\n")
        .expect("writable");
    let lines = [
        r#"{"entity":"source/leaflet","kind":"SourceDocument","name":"A leaflet","text":{"file":"leaflet.txt"}}"#,
        r#"{"entity":"agency/office","kind":"Agency","name":"The office"}"#,
        r#"{"entity":"program/garden","kind":"Program","name":"the garden"}"#,
        r#"{"link":["agency/office","carriesOut","program/garden"],"evidence":[{"source":"source/leaflet","quote":"The office runs the <b>garden</b>.","basis":"STATED"}]}"#,
    ];
    std::fs::write(&data, lines.join("\n")).expect("writable");
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/ontology.graphql");
    let origin = Origin { schema: vec![schema.into()], data: vec![data] };
    let app = App::open(&origin, Limits::default()).unwrap_or_else(|faults| panic!("{faults}"));
    let app = app.with_sources(folder.path()).unwrap_or_else(|faults| panic!("{faults}"));
    let router = http::router(Arc::new(app), &Settings::default());
    let page = get(&router, "/source/leaflet?view=text", &[]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("<p>The office</p>"), "{}", page.text);
    assert!(
        page.text.contains("1</a>The office runs the &lt;b&gt;garden&lt;/b&gt;.</mark></p>"),
        "{}",
        page.text
    );
    assert!(read(&page.text).contains("The office carries out the garden"), "{}", page.text);
    assert_eq!(well_made("text", &page.text), Vec::<String>::new());
    let about = get(&router, "/source/leaflet", &[]).await.text;
    assert!(about.contains("view=text"), "the way to it");
    assert_eq!(get(&router, "/source/leaflet?view=text&part=9", &[]).await.status, 404);
    assert_eq!(get(&seed(), "/source/mass-gov-ahem?view=text", &[]).await.status, 404, "no folder, no text");
}

#[tokio::test]
async fn pages_of_others_may_show_what_is_made_for_them_and_nothing_else() {
    let router = seed();
    let embedded = get(&router, "/embed/trail/initiative/ahem?view=graph", &[]).await;
    assert!(
        !embedded.headers["content-security-policy"].contains("frame-ancestors"),
        "{:?}",
        embedded.headers
    );
    assert!(!embedded.headers.contains_key("x-frame-options"), "{:?}", embedded.headers);
    assert!(
        !embedded.text.contains("site-head")
            && embedded.text.contains("href=\"/trail/initiative/ahem?view=graph\"")
    );
    let page = get(&router, "/trail/initiative/ahem?view=graph", &[]).await;
    assert!(page.headers["content-security-policy"].contains("frame-ancestors 'none'"), "{:?}", page.headers);
    let found = attributes(&page.text, "href").into_iter().find(|href| href.contains("/oembed?url="));
    let address = found.expect("the page says how it is shown").replace("http://localhost", "");
    let answer: Json = serde_json::from_str(&get(&router, &address, &[]).await.text).expect("JSON");
    assert_eq!((&answer["type"], &answer["version"]), (&json!("rich"), &json!("1.0")));
    let frame = attributes(answer["html"].as_str().expect("a frame"), "src").remove(0);
    assert_eq!(frame, "http://localhost/embed/trail/initiative/ahem?view=graph");
    for (query, status) in [
        ("", 400),
        ("?url=http%3A%2F%2Fexample.org%2Ftrail%2Finitiative%2Fahem", 404),
        ("?url=http%3A%2F%2Flocalhost%2Ftrail%2Finitiative%2Fnobody", 404),
        ("?url=http%3A%2F%2Flocalhost%2Fgraphiql", 404),
        ("?url=http%3A%2F%2Flocalhost%2Ftrail%2Finitiative%2Fahem&format=xml", 501),
    ] {
        assert_eq!(get(&router, &format!("/oembed{query}"), &[]).await.status, status, "{query}");
    }
}

#[tokio::test]
async fn no_page_asks_anything_of_any_other_address() {
    static ASKED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"<(?:script|img|iframe|source|video|audio|object|embed|link rel="(?:stylesheet|preload|icon)")[^>]*?(?:src|href|data)="([^"]*)""#).expect("a pattern")
    });
    let elsewhere = Regex::new(r#"(?:import|fetch|from)\s*\(?["'`]https?:"#).expect("a pattern");
    let router = seed();
    let link = first_link(&router).await;
    for address in [
        "/",
        "/search?q=equity",
        "/entity/initiative/ahem",
        &format!("/{link}"),
        "/source/mass-gov-ahem",
        "/trail/initiative/ahem?view=graph",
        "/path",
        "/compare",
        "/matrix",
        "/gaps",
        "/timeline",
        "/schema",
        "/quality",
        "/about",
        "/q",
        "/developers",
    ] {
        let page = get(&router, address, &[]).await;
        let policy = &page.headers["content-security-policy"];
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("http") && !policy.contains('*'),
            "{address}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{address}: {policy}");
        let asked = ASKED.captures_iter(&page.text).map(|found| found[1].to_owned());
        for href in asked {
            assert!(href.starts_with("/assets/") || href.starts_with("data:"), "{address} asks {href}");
        }
    }
    for module in
        ["explorer", "combobox", "copy", "dom", "graph-keys", "in-place", "pan-zoom", "picture", "overview"]
    {
        let script = get(&router, &format!("/assets/{module}.mjs"), &[]).await.text;
        assert!(!elsewhere.is_match(&script), "{module} asks elsewhere");
    }
    let css = get(&router, "/assets/explorer.css", &[]).await.text;
    assert!(!css.contains("@import") && !css.contains("url(http"), "the style sheet asks elsewhere");
}
