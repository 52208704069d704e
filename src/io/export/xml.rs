//! XML out of values: elements, attributes and text.

use std::borrow::Cow;
use std::io;

use jaq_json::Val;
use quick_xml::escape::{escape, partial_escape};

use crate::io::program::{self, text};

/// Elements within elements; deeper is no document but a circle.
const DEPTH: usize = 1_000;

/// Writes an element, `{t: name, a: {attributes}, c: [elements and text]}`, as a document. Attributes
/// and children may be left out; what is neither text, number, truth nor an element is refused.
/// Characters that XML cannot hold, such as U+0001, become U+FFFD.
///
/// # Errors
/// What is no element, and where; what `out` gives.
pub(super) fn write(root: &Val, out: &mut dyn io::Write) -> Result<(), String> {
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").map_err(|e| e.to_string())?;
    write_element(root, "", 0, out)?;
    out.write_all(b"\n").map_err(|e| e.to_string())
}

fn write_element(value: &Val, parent: &str, depth: usize, out: &mut dyn io::Write) -> Result<(), String> {
    let failed = |e: io::Error| e.to_string();
    let Val::Obj(members) = value else {
        return match words(value) {
            Some(words) => out.write_all(partial_escape(words.as_str()).as_bytes()).map_err(failed),
            None => Err(format!("in `{parent}`: {value} is neither an element nor text")),
        };
    };
    let member = |key: &str| members.get(&text(key));
    let name = member("t").and_then(words).filter(|name| is_name(name));
    let name = name.ok_or_else(|| format!("in `{parent}`: {value} has no `t` that names an element"))?;
    if depth > DEPTH {
        return Err(format!("more than {DEPTH} elements within each other"));
    }
    let path = format!("{parent}/{name}");
    write!(out, "<{name}").map_err(failed)?;
    if let Some(Val::Obj(attributes)) = member("a") {
        for (key, value) in attributes.iter() {
            let (key, value) = (words(key).filter(|key| is_name(key)), words(value));
            let (Some(key), Some(value)) = (key, value) else {
                return Err(format!("in `{path}`: an attribute is no text under a name"));
            };
            write!(out, " {key}=\"{}\"", escape(value.as_str())).map_err(failed)?;
        }
    }
    let children = match member("c") {
        Some(Val::Arr(children)) => children.as_slice(),
        None | Some(Val::Null) => &[],
        Some(other) => return Err(format!("in `{path}`: `c` is {other}, not an array")),
    };
    if children.is_empty() {
        return out.write_all(b"/>").map_err(failed);
    }
    // Elements stand on lines of their own unless text stands between them.
    let lines = children.iter().all(|child| matches!(child, Val::Obj(_)));
    let indent = |depth: usize| format!("\n{}", "  ".repeat(depth));
    out.write_all(b">").map_err(failed)?;
    for child in children {
        if lines {
            out.write_all(indent(depth + 1).as_bytes()).map_err(failed)?;
        }
        write_element(child, &path, depth + 1, out)?;
    }
    if lines {
        out.write_all(indent(depth).as_bytes()).map_err(failed)?;
    }
    write!(out, "</{name}>").map_err(failed)
}

/// What may stand as text; none for what has parts, and for null.
fn words(value: &Val) -> Option<String> {
    match value {
        Val::TStr(_) | Val::Num(_) | Val::Bool(_) => {
            Some(program::words(value).replace(|c| !is_allowed(c), "\u{FFFD}"))
        }
        _ => None,
    }
}

fn is_name(name: &str) -> bool {
    let first = name.chars().next();
    first.is_some_and(|c| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))
}

/// Text for an element, or for an attribute without line breaks.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_allowed) {
        return escape(text);
    }
    Cow::Owned(escape(text.replace(|c| !is_allowed(c), "\u{FFFD}").as_str()).into_owned())
}

/// Text for an attribute whose line breaks and tabs must stay: readers make spaces of bare ones.
pub(super) fn attribute(text: &str) -> String {
    escaped(text).replace('\n', "&#10;").replace('\t', "&#9;").replace('\r', "&#13;")
}

/// Char of XML 1.0, section 2.2.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}
