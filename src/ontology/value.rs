//! The closed list of datatypes and the values they admit.

use std::sync::Arc;

use serde_json::Value as Json;

use super::date::{Date, DateKind, FuzzyDate};
use super::fault::suggest;
use super::{EnumIx, Enumeration};

/// What a property's values are. To add one: a variant here, and the compiler shows the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Datatype {
    /// Unicode text without control characters other than line breaks and tabs.
    String,
    /// A whole number of 32 bits, as in GraphQL.
    Int,
    /// A finite double.
    Float,
    /// True or false.
    Boolean,
    /// An absolute http or https address.
    Url,
    /// A calendar day.
    Date,
    /// A date as its source gives it.
    FuzzyDate,
    /// One of the words of an enum of the ontology.
    Enum(EnumIx),
}

impl Datatype {
    /// The built-in datatypes and their names in an ontology file.
    pub const BUILT_IN: [(Datatype, &str); 7] = [
        (Datatype::String, "String"),
        (Datatype::Int, "Int"),
        (Datatype::Float, "Float"),
        (Datatype::Boolean, "Boolean"),
        (Datatype::Url, "URL"),
        (Datatype::Date, "Date"),
        (Datatype::FuzzyDate, "FuzzyDate"),
    ];
}

/// A value that has been admitted. Cloning is cheap.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text, or an address.
    Text(Arc<str>),
    /// A whole number.
    Int(i32),
    /// A finite double.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A day.
    Date(Date),
    /// A fuzzy date.
    FuzzyDate(Arc<FuzzyDate>),
    /// A word of an enum, by its position there.
    Symbol(EnumIx, u16),
    /// Several of one datatype.
    List(Arc<[Value]>),
}

impl Value {
    /// The text, where it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The members of a list; anything else is a list of one.
    pub fn members(&self) -> &[Value] {
        match self {
            Value::List(values) => values,
            one => std::slice::from_ref(one),
        }
    }
}

/// Reads `json` as one value of `datatype`.
///
/// # Errors
/// A clause that says what was found, what was expected and, where it can, what was meant.
pub fn admit(datatype: Datatype, json: &Json, enums: &[Enumeration]) -> Result<Value, String> {
    let expected = |what: &str| Err(format!("expected {what}, found {}", describe(json)));
    match datatype {
        Datatype::String => match json {
            Json::String(text) => admit_text(text).map(Value::Text),
            _ => expected("text"),
        },
        Datatype::Int => match json.as_i64().map(i32::try_from) {
            Some(Ok(number)) => Ok(Value::Int(number)),
            Some(Err(_)) => Err(format!("{json} does not fit a 32-bit Int; declare the property Float")),
            None => expected("a whole number"),
        },
        Datatype::Float => match json.as_f64().filter(|f| f.is_finite()) {
            Some(number) => Ok(Value::Float(number)),
            None => expected("a number"),
        },
        Datatype::Boolean => match json {
            Json::Bool(b) => Ok(Value::Boolean(*b)),
            _ => expected("true or false"),
        },
        Datatype::Url => match json {
            Json::String(text) => admit_url(text).map(Value::Text),
            _ => expected("an address as text"),
        },
        Datatype::Date => match json.as_str().map(str::parse::<Date>) {
            Some(Ok(day)) if json.as_str().is_some_and(|s| s.len() == 10) => Ok(Value::Date(day)),
            _ => expected("a day as \"YYYY-MM-DD\""),
        },
        Datatype::FuzzyDate => admit_fuzzy_date(json).map(|date| Value::FuzzyDate(Arc::new(date))),
        Datatype::Enum(ix) => {
            let words = &enums[ix.0 as usize].words;
            match json {
                Json::String(word) => match words.iter().position(|w| w.name == *word) {
                    Some(position) => Ok(Value::Symbol(ix, position as u16)),
                    None => Err(format!(
                        "`{word}` is no word of {}; {}",
                        enums[ix.0 as usize].name,
                        suggest(word, words.iter().map(|w| w.name.as_str()).collect::<Vec<_>>())
                    )),
                },
                _ => expected("a word as text"),
            }
        }
    }
}

/// Bytes one text may have: a long section of a report, not a report.
const TEXT_BYTES: usize = 100_000;

/// Text without control characters (line breaks and tabs are none of those) and not blank.
///
/// # Errors
/// The first control character by code point, or that the text is blank.
pub fn admit_text(text: &str) -> Result<Arc<str>, String> {
    // Printable ASCII, as nearly all text is, has none of what is looked for below.
    let printable = text.bytes().fold(true, |all, byte| all & (0x20..0x7F).contains(&byte));
    if printable && text.len() <= TEXT_BYTES && text.bytes().any(|byte| byte != b' ') {
        return Ok(text.into());
    }
    if let Some(control) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(format!("control character U+{:04X} in text; remove it", control as u32));
    }
    // Overrides of reading direction make a text look like another (Unicode TR 36).
    if let Some(override_) =
        text.chars().find(|c| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
    {
        return Err(format!(
            "character U+{:04X} in text, which changes its reading direction; remove it",
            override_ as u32
        ));
    }
    if text.len() > TEXT_BYTES {
        return Err(format!("text of {} bytes; {TEXT_BYTES} at most", text.len()));
    }
    if text.trim().is_empty() {
        return Err("blank text; leave the key out instead".to_owned());
    }
    Ok(text.into())
}

/// An absolute http or https address, kept as it was written.
///
/// # Errors
/// Why it is none.
pub fn admit_url(text: &str) -> Result<Arc<str>, String> {
    // The parser drops some of these and goes on; kept as written, they would reach whoever reads it.
    if let Some(bad) = text.chars().find(|c| c.is_control() || c.is_whitespace()) {
        return Err(format!("character U+{:04X} in an address; percent-encode it", bad as u32));
    }
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(text.into()),
        Ok(url) => Err(format!("address with scheme `{}`; only http and https are taken", url.scheme())),
        Err(reason) => Err(format!("`{text}` is no absolute address: {reason}")),
    }
}

/// A fuzzy date: EDTF text, or `{"edtf": …, "kind": …}`.
///
/// # Errors
/// Which part is wrong and what is taken.
pub fn admit_fuzzy_date(json: &Json) -> Result<FuzzyDate, String> {
    match json {
        Json::String(text) => FuzzyDate::parse(text, None),
        Json::Object(map) => {
            if let Some(key) = map.keys().find(|k| !matches!(k.as_str(), "edtf" | "kind")) {
                return Err(format!("unknown key `{key}` in a date; it has edtf and kind"));
            }
            let text = map.get("edtf").and_then(Json::as_str).ok_or("a date needs `edtf` as text")?;
            let kind = match map.get("kind") {
                None | Some(Json::Null) => None,
                Some(Json::String(name)) => Some(DateKind::parse(name).ok_or_else(|| {
                    format!("`{name}` is no kind of date; {}", suggest(name, DateKind::ALL.map(|(_, n)| n)))
                })?),
                Some(other) => {
                    return Err(format!("expected a kind of date as text, found {}", describe(other)));
                }
            };
            FuzzyDate::parse(text, kind)
        }
        _ => Err(format!("expected a date, found {}", describe(json))),
    }
}

/// What a JSON value is, in a word or two, for messages.
pub fn describe(json: &Json) -> String {
    match json {
        Json::Null => "null".to_owned(),
        Json::Bool(b) => b.to_string(),
        Json::Number(n) => format!("the number {n}"),
        Json::String(s) if s.chars().count() <= 40 => format!("the text {s:?}"),
        Json::String(_) => "a long text".to_owned(),
        Json::Array(a) => format!("a list of {}", a.len()),
        Json::Object(_) => "an object".to_owned(),
    }
}
