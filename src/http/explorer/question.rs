//! `/q` and `/q/<name>`: saved questions as pages: a form for the parameters of each, and its answer told piece by
//! piece, as it is nested.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::ask::items;
use super::parts::{self, spaced};
use super::{Page, Visit};
use crate::graphql::SavedQuery;
use crate::http::front::encode;

impl Visit {
    /// The questions there are.
    pub(in crate::http) fn questions<'a>(&self, all: impl Iterator<Item = &'a SavedQuery>) -> String {
        let text = self.text;
        let main = html! {
            header class="page-head" { h1 { (text.say("questions.title")) } p class="lead" { (text.say("questions.lead")) } }
            section aria-labelledby="questions" {
                h2 id="questions" { (text.say("nav.questions")) }
                ul class="questions" {
                    @for query in all { li { a href=(self.href(&format!("/q/{}", query.name), &[])) { (query.title) } } }
                }
            }
        };
        let (title, about) = (text.say("questions.title"), text.say("questions.lead"));
        self.framed(&Page { title, about, main, ..Page::default() }).into_string()
    }

    /// A question with its answer, or with what is wrong with it.
    pub(in crate::http) fn question(&self, query: &SavedQuery, asked: &str, answer: &Json) -> String {
        let text = self.text;
        let mark = if asked.is_empty() { "" } else { "?" };
        let take = |form: &str| format!("/q/{}.{form}{mark}{asked}", query.name);
        let main = html! {
            header class="page-head" {
                p class="eyebrow" { a href=(self.href("/q", &[])) { (text.say("nav.questions")) } }
                h1 { (query.title) }
                @if !query.description.is_empty() { p class="lead" { (prose(&query.description)) } }
            }
            @if !query.parameters.is_empty() { (self.parameters(query)) }
            @for error in items(&answer["errors"]) {
                p class="notice warning" role="alert" { (error["message"].as_str().unwrap_or_default()) }
            }
            @if !answer["data"].is_null() {
                section class="answer" aria-labelledby="answer" {
                    h2 id="answer" { (text.say("question.answer")) }
                    div { (self.shown("", &answer["data"])) }
                }
            }
            section class="asked" aria-labelledby="asked" {
                h2 id="asked" { (text.say("asked.title")) }
                p {
                    a href=(take("json")) { (text.say("question.json")) } " · "
                    @if answer["errors"].is_null() {
                        a href=(take("csv")) { (text.say("question.csv")) } " · "
                        a href=(take("ro-crate")) { (text.say("question.crate")) } " · "
                    }
                    a href={ "/graphiql?query=" (encode(&query.text)) } { (text.say("asked.graphiql")) }
                }
                details { summary { "GraphQL" } (parts::code(&query.text)) }
            }
        };
        self.framed(&Page { title: &query.title, about: &query.description, main, ..Page::default() })
            .into_string()
    }

    fn parameters(&self, query: &SavedQuery) -> Markup {
        let text = self.text;
        let value = |name: &str| {
            let texts: Vec<&str> = self.all(name).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        };
        html! {
            form class="controls parameters" method="get" action={ "/q/" (query.name) } {
                @if let Some(lang) = &self.lang { input type="hidden" name="lang" value=(lang); }
                @for parameter in &query.parameters {
                    @let id = format!("p-{}", parameter.name);
                    @let stands = value(&parameter.name);
                    div class="field" {
                        label for=(id) { (spaced(&parameter.name)) @if parameter.list { " " span class="note" { (text.say("question.several")) } } }
                        @if parameter.words.is_empty() || parameter.list {
                            input id=(id) name=(parameter.name) value=[stands] placeholder=[parameter.default.as_deref()] required[parameter.required];
                        } @else {
                            select id=(id) name=(parameter.name) {
                                option value="" { (parameter.default.as_deref().unwrap_or(text.say("question.any"))) }
                                @for word in &parameter.words {
                                    option value=(word) selected[stands.as_ref() == Some(word)] { (word) }
                                }
                            }
                        }
                    }
                }
                button type="submit" { (text.say("question.ask")) }
            }
        }
    }

    /// A piece of an answer: an object begins with its name or sentence, then tells its facts in a row, its
    /// quote, and what is within it one step in.
    fn shown(&self, key: &str, value: &Json) -> Markup {
        html! {
            @match value {
                Json::Array(items) if items.is_empty() => { p class="facts" { (self.text.say("question.none")) } }
                Json::Array(items) if items.iter().all(|item| !item.is_object()) => {
                    p class="facts" { @for (at, item) in items.iter().enumerate() { @if at > 0 { "; " } (self.told_in_row(key, item)) } }
                }
                Json::Array(items) => { ul { @for item in items { li { (self.shown(key, item)) } } } }
                Json::Object(fields) => {
                    @let facts: Vec<_> = fields.iter().filter(|(key, value)| is_fact(key, value)).collect();
                    @for (key, value) in fields.iter().filter(|(key, _)| LEADS.contains(&key.as_str())) {
                        p { strong { (self.told_in_row(key, value)) } }
                    }
                    @if !facts.is_empty() {
                        p class="facts" {
                            @for (at, (key, value)) in facts.iter().enumerate() {
                                @if at > 0 { " · " }
                                @if !TELLING.contains(&key.as_str()) { (spaced(key)) ": " }
                                (self.told_in_row(key, value))
                            }
                        }
                    }
                    @for (_, value) in fields.iter().filter(|(key, value)| *key == "quote" && value.is_string()) {
                        blockquote { (value.as_str().unwrap_or_default()) }
                    }
                    @for (key, value) in fields.iter().filter(|(_, value)| value.is_object() || value.is_array()) {
                        @if SILENT.contains(&key.as_str()) { (self.shown(key, value)) }
                        @else { div class="within" { p class="term" { (spaced(key)) } (self.shown(key, value)) } }
                    }
                }
                other => { p { (self.told_in_row(key, other)) } }
            }
        }
    }

    fn told_in_row(&self, key: &str, value: &Json) -> Markup {
        html! {
            @match (key, value) {
                (_, Json::Null) => { (self.text.say("absent")) }
                (_, Json::Bool(truth)) => { (self.text.say(if *truth { "yes" } else { "no" })) }
                ("completeness" | "absence", Json::String(word)) => { (self.text.say(&format!("{key}.{word}"))) }
                    ("id", Json::String(id)) => { (self.place_of(id)) }
                (_, Json::String(text)) if text.starts_with("https://") || text.starts_with("http://") => {
                    a href=(text) rel="noreferrer" { (text) }
                }
                (_, Json::String(text)) if is_word(text) => { (spaced(text)) }
                (_, Json::String(text)) => { (text) }
                (_, other) => { (other) }
            }
        }
    }

    /// An id, leading to the page of what it is the id of, if that has one.
    fn place_of(&self, id: &str) -> Markup {
        let view = self.shared.app.view();
        let href = match (view.find(id), view.find_link(id)) {
            (Some(_), _) => Some(self.entity(id)),
            (_, Some(_)) => Some(self.link(id)),
            _ => None,
        };
        html! { @match href { Some(href) => { a href=(href) { code { (id) } } } None => { code { (id) } } } }
    }
}

/// Fields that say what an object is.
const LEADS: &[&str] = &["name", "sentence"];
/// Fields whose name tells a reader nothing that the value does not.
const SILENT: &[&str] = &["edges", "nodes", "node", "link", "entity", "links", "kind", "property"];
/// Fields whose value needs no name.
const TELLING: &[&str] = &["id", "edtf", "basis", "url", "href", "completeness", "absence", "grade"];

/// Whether a field is told in the row of an object's facts.
fn is_fact(key: &str, value: &Json) -> bool {
    match value {
        Json::Object(_) | Json::Array(_) => false,
        Json::Null => !SILENT.contains(&key),
        _ => key != "quote" && !LEADS.contains(&key),
    }
}

/// Whether a text is a word of an enum.
fn is_word(text: &str) -> bool {
    text.len() > 3 && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

/// Prose in which names of the API stand between backticks.
fn prose(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
