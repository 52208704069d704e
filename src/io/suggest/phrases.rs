//! Phrases of a sentence that may name something new.

use std::ops::Range;

use super::english::{is_address, is_common_verb, is_date_word, is_function_word, is_verb, singular};
use super::names::{Habits, Position, is_acronym};

/// The longest phrase, in words: a longer one is a text in capitals, or a clause without marks.
const LONGEST: usize = 25;

/// How a new name was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Words with capitals.
    Proper,
    /// Words in small letters.
    Common,
    /// Words that begin like known names: "improve …", "ensure …".
    Begun,
    /// A whole item or short paragraph.
    Item,
    /// The words of a link.
    LinkWords,
}

/// A phrase: where its words stand in the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    pub(crate) words: Range<usize>,
    pub(crate) shape: Shape,
    /// An acronym that follows it in brackets.
    pub(crate) acronym: Option<usize>,
}

/// A sentence, cut into words.
pub(crate) struct Cut<'a> {
    pub(crate) text: &'a str,
    pub(crate) words: &'a [Range<usize>],
}

impl<'a> Cut<'a> {
    pub(crate) fn word(&self, at: usize) -> &'a str {
        &self.text[self.words[at].clone()]
    }

    /// What stands between a word and the next.
    fn after(&self, at: usize) -> &'a str {
        let end = self.words.get(at + 1).map_or(self.text.len(), |w| w.start);
        &self.text[self.words[at].end..end]
    }

    pub(crate) fn phrase(&self, words: Range<usize>) -> &'a str {
        if words.is_empty() {
            return "";
        }
        &self.text[self.words[words.start].start..self.words[words.end - 1].end]
    }

    /// Whether a phrase may go on from a word to the next: nothing but a space or hyphen between.
    fn goes_on(&self, at: usize) -> bool {
        matches!(self.after(at), " " | "-" | "‑" | " & " | "’" | "'")
    }
}

/// The phrases with capitals: "Office of Health Equity", "2023 Equity Action Plan". A capital at
/// the start of the sentence alone makes none.
pub(crate) fn proper(cut: &Cut<'_>) -> Vec<Phrase> {
    let count = cut.words.len();
    let capital = |at: usize| cut.word(at).starts_with(char::is_uppercase);
    let starts = |at: usize| capital(at) && !is_function_word(cut.word(at)) || is_year(cut.word(at));
    let mut phrases = Vec::new();
    let mut at = 0;
    while at < count {
        if at + 1 < count && is_section(cut.word(at), cut.word(at + 1)) {
            phrases.push(Phrase { words: at..at + 2, shape: Shape::Proper, acronym: None });
            at += 2;
            continue;
        }
        if !starts(at) {
            at += 1;
            continue;
        }
        let start = at;
        let mut end = at + 1;
        let mut next = end;
        while next < count && cut.goes_on(next - 1) {
            let word = cut.word(next);
            if word == "s" {
                break;
            }
            if capital(next) && (is_joint(word) || !is_function_word(word))
                || is_year(word) && (capital(next - 1) || cut.word(next - 1) == "of")
            {
                end = next + 1;
            } else if !is_joint(word) || next - end >= 2 {
                break;
            }
            next += 1;
        }
        let capitals = (start..end).filter(|i| capital(*i)).count();
        let opens = start == 0 && end - start == 1;
        if capitals > 0 && !opens && end - start <= LONGEST && !is_date_word(cut.word(start)) {
            let acronym = Some(end)
                .filter(|e| *e < count && cut.after(end - 1).trim() == "(" && is_acronym(cut.word(*e)));
            phrases.push(Phrase { words: start..end, shape: Shape::Proper, acronym });
        }
        at = end.max(at + 1);
    }
    phrases
}

/// Runs of two to five content words that end in small letters, with what adjectives or "with" join
/// to them: "rural areas", "regional and racial equity", "persons with disabilities".
pub(crate) fn common(cut: &Cut<'_>) -> Vec<Phrase> {
    let runs = runs(cut);
    let is_small = |run: &Range<usize>| cut.word(run.end - 1).starts_with(char::is_lowercase);
    let mut found: Vec<Range<usize>> = Vec::new();
    for (i, run) in runs.iter().enumerate().filter(|(_, run)| is_small(run)) {
        if (2..=5).contains(&run.len()) {
            found.push(run.clone());
        }
        let joined = |last: &Range<usize>, by: &str| {
            last.end + 1 == run.start && cut.word(last.end) == by && cut.after(last.end - 1) == " "
        };
        let Some(last) = i.checked_sub(1).map(|i| &runs[i]) else { continue };
        let adjectives = joined(last, "and") && last.len() == 1 && is_adjective(cut.word(last.start));
        if adjectives || joined(last, "with") && last.len() < 3 && is_small(last) {
            found.push(last.start..run.end);
        }
    }
    found.into_iter().map(|words| Phrase { words, shape: Shape::Common, acronym: None }).collect()
}

/// The longest runs of words that may name something, with nothing but spaces between them.
fn runs(cut: &Cut<'_>) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = None;
    for at in 0..cut.words.len() {
        let word = cut.word(at);
        let before = at > 0 && cut.after(at - 1) == "-";
        let hyphened = before || at + 1 < cut.words.len() && cut.after(at) == "-";
        let is_verb = is_common_verb(word) || word.ends_with("ed") && start.is_none();
        let breaks =
            word.len() < 2 || (is_function_word(word) || is_verb || word.ends_with("ly")) && !hyphened;
        if breaks {
            runs.extend(start.take().map(|start| start..at));
            continue;
        }
        start.get_or_insert(at);
        if at + 1 == cut.words.len() || !cut.goes_on(at) {
            runs.extend(start.take().map(|start| start..at + 1));
        }
    }
    runs
}

/// Phrases that begin with a word that known names of one kind begin with, up to where the clause
/// ends or the next of the kind begins.
pub(crate) fn begun(cut: &Cut<'_>, habits: &Habits) -> Vec<Phrase> {
    let count = cut.words.len();
    let begins = |at: usize| {
        let led_in = at == 0
            || matches!(cut.word(at - 1), "to" | "and" | "or" | "will" | "also" | "for" | "by")
            || cut.after(at - 1).contains([',', ';', ':']);
        led_in
            && is_base(cut.word(at))
            && is_verb(cut.word(at))
            && habits.told(Position::First, &singular(cut.word(at))).is_some()
    };
    let mut phrases = Vec::new();
    for start in (0..count).filter(|at| begins(*at)) {
        let mut end = start + 1;
        while end < count && end - start < LONGEST && !closes(cut, end - 1) && !is_turn(cut.word(end)) {
            if cut.word(end) == "and" && end + 1 < count && begins(end + 1) {
                break;
            }
            end += 1;
        }
        if end - start > 2 {
            phrases.push(Phrase { words: start..end, shape: Shape::Begun, acronym: None });
        }
    }
    phrases
}

/// Whether a sentence speaks to the reader.
pub(crate) fn is_notice(cut: &Cut<'_>) -> bool {
    (0..cut.words.len()).any(|at| is_address(cut.word(at)))
}

/// Whether a clause ends after a word. A comma in a list of adjectives does not end it.
fn closes(cut: &Cut<'_>, at: usize) -> bool {
    let after = cut.after(at);
    if after.contains(['.', ';', ':', '”', '(', ')', '–', '—']) {
        return true;
    }
    let lists = (at + 1..cut.words.len().min(at + 5)).any(|next| {
        matches!(cut.word(next), "and" | "or")
            && !is_common_verb(cut.word((next + 1).min(cut.words.len() - 1)))
    });
    after.contains(',') && !lists
}

/// Whether a word looks like an adjective.
fn is_adjective(word: &str) -> bool {
    ["able", "al", "ary", "ic", "ing", "ive", "ous"].iter().any(|end| word.ends_with(end))
}

fn is_joint(word: &str) -> bool {
    matches!(word, "of" | "and" | "for" | "the" | "on" | "in" | "to" | "at")
}

/// Words with which another clause begins.
fn is_turn(word: &str) -> bool {
    matches!(
        word,
        "that" | "which" | "because" | "while" | "when" | "where" | "who" | "so" | "since" | "through" | "by"
    )
}

/// Whether two words cite a part of a law: "section 504".
fn is_section(word: &str, next: &str) -> bool {
    let named =
        ["article", "chapter", "part", "section", "title"].iter().any(|n| word.eq_ignore_ascii_case(n));
    named && next.starts_with(|c: char| c.is_ascii_digit())
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.parse::<u16>().is_ok_and(|year| (1700..2200).contains(&year))
}

/// Whether a word may be the plain form of a verb.
fn is_base(word: &str) -> bool {
    !["ed", "ing", "es"].iter().any(|end| word.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::suggest::Known;
    use crate::io::words::words;

    fn check(find: impl Fn(&Cut<'_>) -> Vec<Phrase>, cases: &[(&str, &[&str])]) {
        for (text, expected) in cases {
            let words = words(text);
            let cut = Cut { text, words: &words };
            let found: Vec<&str> = find(&cut).into_iter().map(|p| cut.phrase(p.words)).collect();
            assert_eq!(&found, expected, "{text}");
        }
    }

    #[test]
    fn capitals_make_names() {
        check(
            proper,
            &[
                (
                    "In July 2023, the Department of Public Health (DPH) spoke.",
                    &["Department of Public Health", "DPH"],
                ),
                ("The 2023 Equity Action Plan of the state.", &["2023 Equity Action Plan"]),
                ("Governor Healey’s plan for Boston and Lynn.", &["Governor Healey", "Boston and Lynn"]),
                ("Ensuring that all people thrive.", &[]),
                ("Healey-Driscoll Administration", &["Healey-Driscoll Administration"]),
                (
                    "Under section 504 of the Rehabilitation Act of 1973.",
                    &["section 504", "Rehabilitation Act of 1973"],
                ),
            ],
        );
    }

    #[test]
    fn content_words_that_stand_together_may_be_names() {
        check(
            common,
            &[
                ("visits to minority communities, and more", &["minority communities"]),
                ("they helped the well-known tribal communities there", &["well-known tribal communities"]),
                ("for persons with disabilities", &["persons with disabilities"]),
                ("its regional and racial equity", &["racial equity", "regional and racial equity"]),
                ("the plan was made", &[]),
            ],
        );
    }

    #[test]
    fn habits_tell_where_aims_begin() {
        let names = ["improve public health", "rural communities", "ensure fair access for all"];
        let known: Vec<Known> = names
            .iter()
            .enumerate()
            .map(|(i, n)| Known {
                id: i.to_string(),
                kind: format!("K{}", i % 2),
                names: vec![(*n).to_owned()],
            })
            .collect();
        let habits = Habits::new(&known);
        check(
            |cut| begun(cut, &habits),
            &[
                ("Improve maternal, infant and child care.", &["Improve maternal, infant and child care"]),
                (
                    "It aims to improve all schools and ensure good roads for all, because",
                    &["improve all schools", "ensure good roads for all"],
                ),
                ("He will improve things which", &[]),
            ],
        );
    }
}
