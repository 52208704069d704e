//! Sentences of a text. Knows abbreviations, initials, figures and quotation marks; knows nothing
//! of grammar.

use std::ops::Range;

/// Abbreviations that a name or figure follows, so that a capital after them begins no sentence.
const BEFORE_NAMES: &[&str] = &[
    "adm", "art", "ave", "capt", "cf", "ch", "col", "dr", "fig", "gen", "gov", "hon", "lt", "maj", "messrs",
    "mr", "mrs", "ms", "mt", "no", "nos", "p", "par", "pp", "pres", "prof", "pt", "rep", "reps", "rev",
    "sec", "sen", "sens", "sgt", "st", "supt", "v", "viz", "vol", "vs",
];
/// Abbreviations inside or at the end of sentences; a capital after them does begin one.
const INSIDE: &[&str] = &[
    "al", "approx", "apr", "aug", "co", "corp", "dec", "dept", "ed", "est", "etc", "feb", "inc", "jan", "jr",
    "jul", "jun", "ltd", "mar", "nov", "oct", "sept", "sr", "univ",
];

/// Where the sentences of a text stand, in order, without the white space between them. Every
/// character that is no white space belongs to exactly one. Cost: linear.
///
/// ```
/// let text = "Dr. Lee of the U.S. Senate spoke, e.g. on 3.5 percent. “It rose.” Then she left.";
/// let found: Vec<&str> = throughline::io::sentences::sentences(text).into_iter().map(|s| &text[s]).collect();
/// assert_eq!(found[1], "“It rose.”");
/// assert_eq!(found.len(), 3);
/// ```
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？') {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some((i, d)) = chars.next_if(|(_, d)| closes(*d)) {
            end = i + d.len_utf8();
        }
        let wide = matches!(c, '。' | '！' | '？');
        if wide || ends(&text[start..at], c, &text[end..]) {
            found.extend(trimmed(text, start..end));
            start = end;
        }
    }
    found.extend(trimmed(text, start..text.len()));
    found
}

/// The sentences that a range of the text touches, from the start of the first to the end of the
/// last. Cost: linear in the text.
pub fn around(text: &str, range: Range<usize>) -> Range<usize> {
    let mut touched = sentences(text)
        .into_iter()
        .filter(|s| s.start < range.end.max(range.start + 1) && range.start < s.end);
    match touched.next() {
        Some(first) => first.start..touched.next_back().map_or(first.end, |last| last.end),
        None => range,
    }
}

/// Whether the mark `mark` between `before` and `after` ends a sentence.
fn ends(before: &str, mark: char, after: &str) -> bool {
    if after.is_empty() {
        return true;
    }
    if !after.starts_with(char::is_whitespace) {
        return false;
    }
    let next = after.trim_start().trim_start_matches(|c: char| !c.is_alphanumeric() && !c.is_whitespace());
    let Some(first) = next.chars().next() else { return true };
    if first.is_lowercase() {
        return false;
    }
    if mark != '.' {
        return true;
    }
    let word = before.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '“' | '"')).next();
    let word = word.unwrap_or_default();
    let small = word.to_lowercase();
    if BEFORE_NAMES.contains(&small.as_str()) {
        // "no." and "sec." at the end of a sentence are rarer than before a name or figure.
        return false;
    }
    let figure = first.is_numeric();
    if INSIDE.contains(&small.as_str()) {
        return !figure && small != "dept" && small != "univ";
    }
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    if letters == 1 && word.chars().count() == 1 {
        // An initial: "J. Smith". "Plan B. Then" reads the same; a lost boundary is the lesser evil.
        return !word.chars().all(char::is_uppercase);
    }
    if word.contains('.') && letters > 0 && letters * 2 <= word.chars().count() + 1 {
        // "U.S. Senate", "e.g. Boston", "a.m. Then": a sentence only before a word that opens one.
        return opens(next);
    }
    true
}

/// Whether a text begins with a word that is capital only because it opens a sentence.
fn opens(text: &str) -> bool {
    const OPENERS: &[&str] = &[
        "A", "After", "An", "As", "At", "But", "For", "He", "However", "If", "In", "It", "Its", "On", "She",
        "Since", "Some", "That", "The", "Then", "These", "They", "This", "Those", "To", "We", "When",
        "While",
    ];
    let word = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    OPENERS.contains(&word)
}

fn closes(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '*')
}

fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    let end = start + part.trim().len();
    (start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_ends_where_a_reader_would_end_it() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("No end", &["No end"]),
            ("One. Two.", &["One.", "Two."]),
            ("The U.S. Senate met. It voted.", &["The U.S. Senate met.", "It voted."]),
            ("They live in the U.S. The law binds them.", &["They live in the U.S.", "The law binds them."]),
            ("Dr. Ann B. Lee spoke.", &["Dr. Ann B. Lee spoke."]),
            ("See sec. 504 and No. 7 of it.", &["See sec. 504 and No. 7 of it."]),
            (
                "Some, e.g. Boston, did. Others, i.e. Lynn, did not.",
                &["Some, e.g. Boston, did.", "Others, i.e. Lynn, did not."],
            ),
            ("It rose 3.5 percent.", &["It rose 3.5 percent."]),
            (
                "“Left behind,” he said. “It helps.” Then he left.",
                &["“Left behind,” he said.", "“It helps.”", "Then he left."],
            ),
            ("Acme Inc. Then came more.", &["Acme Inc.", "Then came more."]),
            ("Why? Because! well.", &["Why?", "Because! well."]),
            ("**Done.** Next", &["**Done.**", "Next"]),
            ("衛生。公平。", &["衛生。", "公平。"]),
            ("... What?", &["...", "What?"]),
        ];
        for (text, expected) in cases {
            let found: Vec<&str> = sentences(text).into_iter().map(|s| &text[s]).collect();
            assert_eq!(&found, expected, "{text:?}");
        }
    }

    #[test]
    fn a_passage_is_widened_to_its_sentences() {
        let text = "One two. Three four. Five.";
        for (range, expected) in [(4..5, "One two."), (4..11, "One two. Three four."), (21..21, "Five.")] {
            assert_eq!(&text[around(text, range)], expected);
        }
    }
}
