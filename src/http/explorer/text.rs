//! The words of the interface, in each language a file of phrases by key. What the data and the ontology say
//! stays in the language it is in.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::sync::LazyLock;

use serde_json::Value as Json;

use axum::http::{HeaderMap, header};

use crate::http::negotiate::{list, quality};

/// The phrases of a language.
#[derive(Debug)]
pub(super) struct Text {
    /// The language, as HTML names it.
    pub(super) lang: &'static str,
    phrases: LazyLock<HashMap<String, String>>,
}

/// The languages there are; the first is for who wants none of them.
pub(super) static LANGUAGES: [Text; 2] = [
    Text { lang: "en", phrases: LazyLock::new(|| read(include_str!("../web/text.en.json"))) },
    Text { lang: "es", phrases: LazyLock::new(|| read(include_str!("../web/text.es.json"))) },
];

/// Our own files; a test reads them.
fn read(json: &str) -> HashMap<String, String> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The language of the address, or else the one that the client likes best.
pub(super) fn chosen(lang: Option<&str>, headers: &HeaderMap) -> &'static Text {
    let named = LANGUAGES.iter().find(|text| lang.is_some_and(|lang| lang == text.lang));
    let accept = list(headers, header::ACCEPT_LANGUAGE).unwrap_or_default();
    let liked = LANGUAGES.iter().rev().max_by_key(|text| liking(&accept, text.lang));
    named.or(liked).unwrap_or(&LANGUAGES[0])
}

/// How well a client likes a language, in thousandths, whatever its region.
fn liking(accept: &str, lang: &str) -> u32 {
    let range = |item: &str| {
        let mut parts = item.split(';').map(str::trim);
        let language = parts.next()?.split('-').next()?;
        language.eq_ignore_ascii_case(lang).then(|| parts.find_map(quality).unwrap_or(1000))
    };
    accept.split(',').filter_map(range).max().unwrap_or(0)
}

impl Text {
    /// The phrase of a key; the key itself where there is none, which no test lets be.
    pub(super) fn say<'a>(&'a self, key: &'a str) -> &'a str {
        self.phrases.get(key).map_or(key, String::as_str)
    }

    /// The phrase with its `{places}` filled.
    pub(super) fn tell(&self, key: &str, places: &[(&str, &dyn Display)]) -> String {
        let mut phrase = self.say(key).to_owned();
        for (name, value) in places {
            phrase = phrase.replace(&format!("{{{name}}}"), &value.to_string());
        }
        phrase
    }

    /// The phrases that scripts say, by key.
    pub(super) fn of_scripts(&self) -> Json {
        let own = self.phrases.iter().filter(|(key, _)| key.starts_with("js."));
        let sorted: BTreeMap<&str, &str> = own.map(|(key, phrase)| (key.as_str(), phrase.as_str())).collect();
        sorted.into_iter().map(|(key, phrase)| (key.to_owned(), Json::from(phrase))).collect()
    }

    /// So many of something: the phrase `key.one` or `key.other`.
    pub(super) fn count(&self, key: &str, count: u64) -> String {
        let form = if count == 1 { "one" } else { "other" };
        self.tell(&format!("{key}.{form}"), &[("count", &grouped(count))])
    }
}

/// A number with a thin space between thousands, as in any language.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}
