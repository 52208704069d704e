//! What pages have in common: names of entities, quotes with their verification, cards of links, pages of a
//! list, the query that was asked. Each part has the GraphQL fragment that it reads.

use std::collections::HashMap;
use std::sync::LazyLock;

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::Visit;
use super::ask::{Answer, items, number, words};
use crate::http::front::encode;
use crate::ontology::{Ontology, upper_snake};

/// What [`entity`] reads.
pub(super) const ENTITY: &str = "
fragment Named on Entity { id name kind { name } }";

/// What [`quote`] reads.
pub(super) const WORDS: &str = "
fragment Words on Evidence { id basis status quote prefix suffix url href fragment note source { id name } }";

/// What [`link_card`] reads; it needs [`ENTITY`] and [`WORDS`].
pub(super) const LINK: &str = "
fragment Card on Link {
  id sentence basis
  relation { name inverse }
  from { ...Named }
  to { ...Named }
  evidence { ...Words }
}";

// -- words and icons ---------------------------------------------------------------------------

/// How a kind looks.
pub(super) struct Look {
    /// Its symbol in `icons.svg`.
    pub(super) icon: String,
    /// What sort of thing it is, which gives it its colour.
    pub(super) tone: String,
    /// Its outline in drawings.
    pub(super) shape: String,
}

/// How a kind looks: by its name, or as any kind of another ontology.
pub(super) fn look(kind: &str) -> &'static Look {
    static KINDS: LazyLock<HashMap<String, Look>> = LazyLock::new(|| {
        let read: HashMap<String, Json> =
            serde_json::from_str(include_str!("../web/kinds.json")).unwrap_or_default();
        let part = |look: &Json, name: &str| words(&look[name]).to_owned();
        let look = |look: &Json| Look {
            icon: part(look, "icon"),
            tone: part(look, "tone"),
            shape: part(look, "shape"),
        };
        read.iter().map(|(kind, read)| (kind.clone(), look(read))).collect()
    });
    static OTHER: LazyLock<Look> = LazyLock::new(|| Look {
        icon: "entity".to_owned(),
        tone: "other".to_owned(),
        shape: "rounded".to_owned(),
    });
    KINDS.get(kind).or_else(|| KINDS.get("*")).unwrap_or(&OTHER)
}

/// A symbol of the sprite; words stand beside it.
pub(super) fn icon(name: &str) -> Markup {
    html! { svg class="icon" aria-hidden="true" focusable="false" { use href={ "/assets/icons.svg#" (name) } {} } }
}

/// A name of the ontology as words: `partOf` is “part of”, `SourceDocument` “source document”, `SINGLE_SOURCED`
/// “single sourced”.
pub(super) fn spaced(name: &str) -> String {
    let mut words = String::new();
    let mut after_small = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && after_small {
            words.push(' ');
        }
        words.push(if c == '_' { ' ' } else { c.to_ascii_lowercase() });
        after_small = !c.is_ascii_uppercase() && c != '_';
    }
    words
}

/// The same with a capital.
pub(super) fn titled(name: &str) -> String {
    let words = spaced(name);
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A kind: its symbol and its name.
pub(super) fn kind_chip(kind: &str) -> Markup {
    let look = look(kind);
    html! { span class={ "kind tone-" (look.tone) } { (icon(&look.icon)) " " (titled(kind)) } }
}

/// An entity by its name, with the symbol of its kind.
pub(super) fn entity(visit: &Visit, named: &Json) -> Markup {
    let kind = words(&named["kind"]["name"]);
    html! {
        a class={ "entity tone-" (look(kind).tone) } href=(visit.entity(words(&named["id"]))) {
            (icon(&look(kind).icon)) span class="visually-hidden" { (titled(kind)) ": " } (words(&named["name"]))
        }
    }
}

/// The kinds there are entities of, as values for a form: as the API names them, and in words.
pub(super) fn kind_values(ontology: &Ontology) -> Vec<(String, String)> {
    let mut values: Vec<_> =
        ontology.kinds.iter().map(|kind| (upper_snake(&kind.name), titled(&kind.name))).collect();
    values.sort_by(|a, b| a.1.cmp(&b.1));
    values
}

/// Copies the address that names the version of the data; scripts show it.
pub(super) fn permalink(visit: &Visit) -> Markup {
    let address = visit.here(&[("v", Some(&visit.version))]);
    html! { button class="copy" type="button" data-copy-text=(address) hidden { (icon("permalink")) " " (visit.text.say("action.permalink")) } }
}

// -- evidence ------------------------------------------------------------------------------------

/// Whether a source says it or it is concluded.
pub(super) fn basis(visit: &Visit, basis: &str) -> Markup {
    html! { span class={ "badge basis-" (basis.to_lowercase()) } { (visit.text.say(&format!("basis.{basis}"))) } }
}

/// How well a link is supported.
pub(super) fn grade(visit: &Visit, grade: &str) -> Markup {
    let class = kebab(grade);
    html! { span class={ "badge grade-" (class) } { (icon(&format!("grade-{class}"))) " " (visit.text.say(&format!("grade.short.{grade}"))) } }
}

/// A word of the API as a part of a class.
pub(super) fn kebab(word: &str) -> String {
    word.to_lowercase().replace('_', "-")
}

/// How far a quote has been checked.
pub(super) fn verification(visit: &Visit, status: &str) -> Markup {
    let class = kebab(status);
    html! { span class={ "badge status-" (class) } { (icon(&class)) " " (visit.text.say(&format!("status.{status}"))) } }
}

/// The words of a source in what stands around them, with their source and how far they are checked.
pub(super) fn quote(visit: &Visit, evidence: &Json) -> Markup {
    quote_of(visit, evidence, None, true)
}

/// The same beside a link, whose basis stands there already; `anchored` where it stands once on the page.
pub(super) fn quote_of(visit: &Visit, evidence: &Json, link: Option<&Json>, anchored: bool) -> Markup {
    let text = visit.text;
    let source = &evidence["source"];
    let part = |name: &str| evidence[name].as_str().filter(|part| !part.is_empty());
    html! {
        figure class={ "quote status-" (kebab(words(&evidence["status"]))) " basis-" (kebab(words(&evidence["basis"]))) } id=[anchored.then(|| words(&evidence["id"]).replace('/', "-"))] {
            blockquote {
                @if let Some(quote) = part("quote") {
                    p {
                        @if let Some(before) = part("prefix") { span class="context" { "… " (before) } }
                        mark { (quote) }
                        @if let Some(after) = part("suffix") { span class="context" { (after) " …" } }
                    }
                }
                @if let Some(url) = part("url") { p class="address" { (url) } }
            }
            figcaption {
                cite { a href=(visit.source(words(&source["id"]))) { (words(&source["name"])) } }
                @if link.is_none_or(|link| link["basis"] != evidence["basis"]) { " " (basis(visit, words(&evidence["basis"]))) }
                " " (verification(visit, words(&evidence["status"])))
                @if let Some(place) = part("fragment") { " " span class="place" { (text.say("quote.place")) " " code { (place) } } }
                @if let Some(href) = part("href") { " " a class="outward" href=(href) rel="noreferrer" { (text.say("quote.read")) } }
                @if let Some(note) = part("note") { p class="note" { (text.say("quote.note")) " " (note) } }
            }
        }
    }
}

/// The quote that says most for a link, the others being on the page of the link: a verified one first.
pub(super) fn best_quote(visit: &Visit, link: &Json) -> Markup {
    let evidence = items(&link["evidence"]);
    let rank = |piece: &&Json| (piece["basis"] != "STATED", piece["status"] != "VERIFIED");
    let others = evidence.len().saturating_sub(1) as u64;
    html! {
        @if let Some(best) = evidence.iter().min_by_key(rank) { (quote_of(visit, best, Some(link), false)) }
        @if others > 0 { p class="note" { (visit.text.count("quote.others", others)) } }
    }
}

/// How much of a list is there, with the words that say so.
pub(super) fn completeness(visit: &Visit, list: &Json) -> Markup {
    let word = match (words(&list["completeness"]), number(&list["totalCount"])) {
        ("COMPLETE", 0) => "NONE",
        (word, _) => word,
    };
    html! {
        p class={ "completeness " (kebab(word)) } { (visit.text.say(&format!("completeness.{word}"))) }
        @for evidence in items(&list["completenessEvidence"]) { (quote(visit, evidence)) }
    }
}

/// A date as its source gives it, with what it is the date of.
pub(super) fn date(visit: &Visit, date: &Json) -> Markup {
    html! {
        span class="date" { (words(&date["edtf"])) }
        @if let Some(kind) = date["kind"].as_str() { " (" (visit.text.say(&format!("date.{kind}"))) ")" }
    }
}

/// The id of a source without what the ids of its kind begin with: `/source/` stands for it.
pub(super) fn source_slug(id: &str) -> String {
    super::encode_path(id.split_once('/').map_or(id, |(_, slug)| slug))
}

/// A link: its sentence, its ends, and the words it rests on.
pub(super) fn link_card(visit: &Visit, link: &Json) -> Markup {
    let stated = words(&link["basis"]);
    html! {
        article class={ "link-card basis-" (stated.to_lowercase()) } {
            p class="sentence" { a href=(visit.link(words(&link["id"]))) { (words(&link["sentence"])) } " " (basis(visit, stated)) }
            p class="ends" { (entity(visit, &link["from"])) " " span class="verb" { (spaced(words(&link["relation"]["name"]))) } " " (entity(visit, &link["to"])) }
            @for evidence in items(&link["evidence"]) { (quote_of(visit, evidence, Some(link), true)) }
        }
    }
}

// -- lists ---------------------------------------------------------------------------------------

/// The ways to the pages before and after, by the connection's cursors.
pub(super) fn pager(visit: &Visit, page: &Json) -> Markup {
    let text = visit.text;
    let has = |which: &str| page[which] == true;
    html! {
        @if has("hasPreviousPage") || has("hasNextPage") {
            nav class="pager" aria-label=(text.say("pager.label")) {
                @if has("hasPreviousPage") {
                    a rel="prev" href=(visit.here(&[("before", page["startCursor"].as_str()), ("after", None)])) { (text.say("pager.previous")) }
                }
                @if has("hasNextPage") {
                    a rel="next" href=(visit.here(&[("after", page["endCursor"].as_str()), ("before", None)])) { (text.say("pager.next")) }
                }
            }
        }
    }
}

/// The arguments of the page of a list that the address asks for, as variables.
pub(super) fn page_of(visit: &Visit, size: u64) -> (Json, Json, Json, Json) {
    let size = visit.at_most(size);
    match visit.get("before") {
        Some(before) => (Json::Null, Json::Null, json!(size), json!(before)),
        None => (json!(size), visit.get("after").map_or(Json::Null, Json::from), Json::Null, Json::Null),
    }
}

// -- the frame's parts -----------------------------------------------------------------------------

/// Where one types what one looks for.
pub(super) fn search_form(visit: &Visit, id: &str) -> Markup {
    let text = visit.text;
    html! {
        form class="search" role="search" action="/search" method="get" data-combobox {
            label for=(id) class="visually-hidden" { (text.say("search.label")) }
            input id=(id) type="search" name="q" value=[visit.get("q")] placeholder=(text.say("search.placeholder")) autocomplete="off" maxlength="500";
            @if let Some(lang) = &visit.lang { input type="hidden" name="lang" value=(lang); }
            button type="submit" { (text.say("search.button")) }
        }
    }
}

/// The same for other tools.
pub(super) fn exports(visit: &Visit, exports: &[(&str, String)]) -> Markup {
    html! {
        section class="exports" aria-labelledby="exports" {
            h2 id="exports" { (visit.text.say("exports.title")) }
            ul { @for (format, href) in exports { li { a href=(href) download { (format) } } } }
        }
    }
}

/// What was asked for the page, to change, to repeat and to copy.
pub(super) fn queries(visit: &Visit, answers: &[&Answer]) -> Markup {
    let text = visit.text;
    html! {
        section class="asked" aria-labelledby="asked" {
            h2 id="asked" { (text.say("asked.title")) }
            p { (text.say("asked.lead")) }
            @for answer in answers {
                @let variables = Json::Object(answer.variables.clone());
                details {
                    summary { "GraphQL" }
                    (code(&answer.query))
                    @if !answer.variables.is_empty() { (code(&format!("{variables:#}"))) }
                    p { a href={ "/graphiql?query=" (encode(&answer.query)) "&variables=" (encode(&variables.to_string())) } { (text.say("asked.graphiql")) } }
                    p { (text.say("asked.curl")) }
                    (code(&curl(visit.host(), &answer.query, &variables)))
                }
            }
        }
    }
}

/// Text to take along as it stands.
pub(super) fn code(text: &str) -> Markup {
    html! { div class="code" data-copy { pre tabindex="0" { code { (text) } } } }
}

/// The command that asks the same from a terminal, for a POSIX shell.
fn curl(host: &str, query: &str, variables: &Json) -> String {
    let body = json!({ "query": query, "variables": variables }).to_string().replace('\'', r"'\''");
    format!("curl -H 'content-type: application/json' \\\n  -d '{body}' \\\n  http://{host}/graphql")
}
