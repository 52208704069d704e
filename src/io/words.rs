//! Words: what texts, quotes and names are compared by.
//!
//! A word is a run of letters and digits; a character of Chinese, Japanese or Korean stands for a
//! word of its own. Words are equal whatever their case and whatever invisible characters stand in
//! them. All that stands between words, typographic or not, is no part of the comparison.

use std::ops::Range;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Bytes an id's slug is cut to, of the 120 that an id may have.
const SLUG_BYTES: usize = 90;

/// Where the words of a text stand, in order. Cost: linear.
///
/// ```
/// let text = "HHS’ wellness-care";
/// let words: Vec<&str> = throughline::io::words::words(text).into_iter().map(|w| &text[w]).collect();
/// assert_eq!(words, ["HHS", "wellness", "care"]);
/// ```
pub fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::with_capacity(text.len() / 6);
    let mut open: Option<usize> = None;
    for (at, c) in text.char_indices() {
        if stands_alone(c) {
            words.extend(open.take().map(|start| start..at));
            words.push(at..at + c.len_utf8());
        } else if c.is_alphanumeric() {
            open.get_or_insert(at);
        } else if !(open.is_some() && joins(c)) {
            words.extend(open.take().map(|start| start..at));
        }
    }
    words.extend(open.map(|start| start..text.len()));
    words
}

/// The form in which words are compared: small letters, nothing invisible.
pub fn plain(word: &str) -> String {
    word.chars().filter(|c| !joins(*c)).flat_map(char::to_lowercase).collect()
}

/// The plain words of a text, in order.
pub fn plain_words(text: &str) -> Vec<String> {
    words(text).into_iter().map(|w| plain(&text[w])).collect()
}

/// One space for each run of white space, ends trimmed.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// Invisible inside a word: accents that follow their letter, soft hyphens, joiners.
fn joins(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Characters of scripts that put no space between words.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
        && c.is_alphanumeric()
}

/// The part of an id behind its slash: lower-case ASCII letters and digits, one hyphen for all else,
/// apostrophes left out, letters of other alphabets written in Latin. A long one is
/// cut and marked.
///
/// ```
/// assert_eq!(throughline::io::words::slug("Ann’s Café (No. 2)"), "anns-cafe-no-2");
/// ```
pub fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let latin = deunicode::deunicode(text);
    for c in latin.chars().filter(|c| !matches!(c, '\'' | '`')) {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    if out.len() > SLUG_BYTES {
        // What was cut still tells two long names apart.
        let mark = HEXLOWER.encode(&Sha256::digest(out.as_bytes())[..4]);
        out.truncate(SLUG_BYTES - mark.len() - 1);
        out.truncate(out.trim_end_matches('-').len());
        out = format!("{out}-{mark}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("—“”  ", &[]),
            ("Governor Healey’s plan", &["governor", "healey", "s", "plan"]),
            ("stroke,and 42 states", &["stroke", "and", "42", "states"]),
            ("co\u{ad}operate", &["cooperate"]),
            ("**AHEM**", &["ahem"]),
            ("U.S. Ärzte", &["u", "s", "ärzte"]),
            ("健康公平 plan", &["健", "康", "公", "平", "plan"]),
        ];
        for (text, expected) in cases {
            assert_eq!(&plain_words(text), expected, "{text:?}");
        }
    }
}
