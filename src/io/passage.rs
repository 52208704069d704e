//! Passages of a source's text view: where quotes stand, how to say which of several places is
//! meant, what a user's few words refer to, and what became of words that are no longer there.
//!
//! Everything works on the folded text and gives ranges of bytes in it; what stands in a range is
//! always the text's own words, never the user's.

mod moved;

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use indexmap::IndexSet;

pub use moved::{How, LEAST_SCORE, Suggestion};

use super::sentences;
use super::words::{fold, plain, words};

/// The longest prefix or suffix, in characters: a line of words tells most places apart.
pub const LONGEST_CONTEXT: usize = 60;

/// How much stands around a quote in evidence by habit, in characters. More than uniqueness needs,
/// so that a quote whose own words change can be found again by what stands around it.
pub const USUAL_CONTEXT: usize = 30;

/// A folded text, ready to be searched for many quotes.
#[derive(Debug)]
pub struct Text {
    text: String,
    words: Vec<Range<usize>>,
    /// For each word, which of the distinct ones it is.
    ids: Vec<u32>,
    vocabulary: IndexSet<String>,
    /// For each distinct word, where its places begin in `places`; one more at the end.
    starts: Vec<u32>,
    places: Vec<u32>,
}

/// A passage that a user's words refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The words themselves.
    pub words: Range<usize>,
    /// The sentences they stand in.
    pub sentence: Range<usize>,
}

impl Text {
    /// Folds and indexes a text. Cost: linear; some 40 bytes per word beside the text.
    ///
    /// ```
    /// use throughline::io::passage::Text;
    /// let text = Text::new("The plan  was made.\nThe plan was read.");
    /// assert_eq!(text.find("The plan was", "", " read"), [19..31]);
    /// assert_eq!(text.context(19..31, 0), (String::new(), " read.".to_owned()));
    /// ```
    pub fn new(text: &str) -> Text {
        let text = fold(text);
        let words = words(&text);
        let mut vocabulary: IndexSet<String> = IndexSet::new();
        let ids: Vec<u32> =
            words.iter().map(|w| vocabulary.insert_full(plain(&text[w.clone()])).0 as u32).collect();
        let mut starts = vec![0u32; vocabulary.len() + 1];
        for id in &ids {
            starts[*id as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut free = starts.clone();
        let mut places = vec![0; ids.len()];
        for (at, id) in ids.iter().enumerate() {
            let slot = &mut free[*id as usize];
            places[*slot as usize] = at as u32;
            *slot += 1;
        }
        Text { text, words, ids, vocabulary, starts, places }
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Every place where the quote stands word for word between its prefix and suffix, overlapping
    /// ones too; none for an empty quote. Cost: linear in the text and the quote.
    pub fn find(&self, quote: &str, prefix: &str, suffix: &str) -> Vec<Range<usize>> {
        if quote.is_empty() {
            return Vec::new();
        }
        let whole = format!("{prefix}{quote}{suffix}");
        let at = |start: usize| start + prefix.len()..start + prefix.len() + quote.len();
        // Not `str::find` from each hit on: that is quadratic where a quote overlaps itself.
        match AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build([&whole]) {
            Ok(search) => search.find_overlapping_iter(&self.text).map(|m| at(m.start())).collect(),
            Err(_) => self.text.match_indices(&whole).map(|(i, _)| at(i)).collect(),
        }
    }

    /// What to keep around a passage as its prefix and suffix: whole words, at most
    /// [`LONGEST_CONTEXT`] characters each, together as short as tells the passage from all others
    /// of the same words, and each at least `least` characters where that many are to be had
    /// (rounded down to words). [`USUAL_CONTEXT`] is what evidence has by habit.
    ///
    /// The longest where even that is not enough; two empty texts where the range is none of this
    /// text. Cost: linear in the text.
    pub fn context(&self, range: Range<usize>, least: usize) -> (String, String) {
        let Some(quote) = self.text.get(range.clone()) else { return Default::default() };
        let (before, after) = (&self.text[..range.start], &self.text[range.end..]);
        let befores: Vec<usize> = prefixes(before);
        let afters: Vec<usize> = suffixes(after);
        let rivals: Vec<(usize, usize)> = self
            .find(quote, "", "")
            .into_iter()
            .filter(|other| other.start != range.start)
            .map(|o| (same_end(before, &self.text[..o.start]), same_start(after, &self.text[o.end..])))
            .collect();
        let short = |piece: &str| piece.chars().count() <= least;
        let first = befores.iter().rposition(|p| short(&before[before.len() - p..])).unwrap_or(0);
        let second = afters.iter().rposition(|s| short(&after[..*s])).unwrap_or(0);
        let mut best: Option<(usize, usize, usize)> = None;
        for p in &befores[first..] {
            // The suffix must be longer than what any rival with this prefix shares after it.
            let shared = rivals.iter().filter(|(b, _)| b >= p).map(|(_, a)| a + 1).max().unwrap_or(0);
            if let Some(s) = afters[second..].iter().find(|s| **s >= shared)
                && best.is_none_or(|(total, _, _)| p + s < total)
            {
                best = Some((p + s, *p, *s));
            }
        }
        let longest = |cuts: &[usize]| cuts.last().copied().unwrap_or(0);
        let (_, p, s) = best.unwrap_or((0, longest(&befores), longest(&afters)));
        (before[before.len() - p..].to_owned(), after[..s].to_owned())
    }

    /// Whether a passage's words stand once, or its prefix and suffix tell it from the others.
    pub fn is_unique(&self, quote: &str, prefix: &str, suffix: &str) -> bool {
        self.find(quote, prefix, suffix).len() == 1
    }

    /// The passages that a user's words refer to, each with its sentences: the same words in the
    /// same order, whatever their case and whatever marks or white space stand between them. Three
    /// dots between words stand for any words of the same sentence. Cost: linear.
    ///
    /// ```
    /// let text = throughline::io::passage::Text::new("So it is. “Nobody – in this country’s towns – is left.”");
    /// let found = text.locate("in this country's towns - is");
    /// assert_eq!(&text.as_str()[found[0].words.clone()], "in this country’s towns – is");
    /// assert_eq!(text.locate("nobody ... left")[0].sentence, found[0].sentence);
    /// ```
    pub fn locate(&self, words: &str) -> Vec<Located> {
        let parts: Vec<&str> = words
            .split("...")
            .flat_map(|p| p.split('…'))
            .filter(|p| p.contains(char::is_alphanumeric))
            .collect();
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return Vec::new() };
        let hits: Vec<Vec<Range<usize>>> = parts.iter().map(|part| self.runs(part)).collect();
        let bounds = sentences::sentences(&self.text);
        let mut sentence = 0;
        let mut found = Vec::new();
        let mut next = vec![0; parts.len()];
        for run in &hits[0] {
            let start = self.words[run.start].start;
            while bounds[sentence].end <= start {
                sentence += 1;
            }
            let mut end = run.end;
            let mut reached = true;
            for (part, hits) in hits.iter().enumerate().skip(1) {
                while hits.get(next[part]).is_some_and(|h| h.start < end) {
                    next[part] += 1;
                }
                let limit = bounds[sentence].end;
                match hits.get(next[part]).filter(|h| self.words[h.start].start < limit) {
                    Some(hit) => end = hit.end,
                    None => reached = false,
                }
            }
            if reached {
                let words = self.dressed(run.start..end, first, last);
                let closing = bounds[sentence..].iter().find(|s| words.end <= s.end);
                let wide = bounds[sentence].start..closing.map_or(words.end, |s| s.end);
                found.push(Located { words, sentence: wide });
            }
        }
        found
    }

    /// Where the words of a phrase stand one after the other, as ranges of words.
    fn runs(&self, phrase: &str) -> Vec<Range<usize>> {
        let wanted: Option<Vec<u32>> = self.known(phrase).into_iter().collect();
        let Some(wanted) = wanted.filter(|w| !w.is_empty()) else { return Vec::new() };
        let rarest = (0..wanted.len()).min_by_key(|i| self.places_of(wanted[*i]).len()).unwrap_or(0);
        self.places_of(wanted[rarest])
            .iter()
            .filter_map(|at| (*at as usize).checked_sub(rarest))
            .filter(|start| self.ids[*start..].starts_with(&wanted))
            .map(|start| start..start + wanted.len())
            .collect()
    }

    /// The words of a phrase as this text numbers them; `None` for a word that it does not have.
    fn known(&self, phrase: &str) -> Vec<Option<u32>> {
        words(phrase)
            .into_iter()
            .map(|w| self.vocabulary.get_index_of(&plain(&phrase[w])).map(|id| id as u32))
            .collect()
    }

    fn word(&self, id: u32) -> &str {
        self.vocabulary.get_index(id as usize).map_or("", String::as_str)
    }

    fn places_of(&self, id: u32) -> &[u32] {
        let id = id as usize;
        &self.places[self.starts[id] as usize..self.starts[id + 1] as usize]
    }

    /// The bytes of some words, with the marks before and after them where `first` and `last`, the
    /// words they answer, begin or end with marks too. The range must not be empty.
    fn dressed(&self, run: Range<usize>, first: &str, last: &str) -> Range<usize> {
        let (mut start, mut end) = (self.words[run.start].start, self.words[run.end - 1].end);
        let mark = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
        if first.trim_start().starts_with(mark) {
            start = self.text[..start].trim_end_matches(mark).len();
        }
        if last.trim_end().ends_with(mark) {
            end = self.text.len() - self.text[end..].trim_start_matches(mark).len();
        }
        start..end
    }
}

/// The lengths of the pieces before a passage that begin with a word, shortest (nothing) first.
fn prefixes(before: &str) -> Vec<usize> {
    let mut cuts = vec![0];
    for (at, c) in before.char_indices().rev().take(LONGEST_CONTEXT) {
        let begins = at == 0 || before[..at].ends_with(' ');
        if begins && c != ' ' {
            cuts.push(before.len() - at);
        }
    }
    cuts
}

/// The lengths of the pieces after a passage that end with a word, shortest (nothing) first.
fn suffixes(after: &str) -> Vec<usize> {
    let mut cuts = vec![0];
    for (at, c) in after.char_indices().take(LONGEST_CONTEXT) {
        let end = at + c.len_utf8();
        let ends = end == after.len() || after[end..].starts_with(' ');
        if ends && c != ' ' {
            cuts.push(end);
        }
    }
    cuts
}

/// How many bytes two texts share at their ends, as far as a prefix reaches.
fn same_end(a: &str, b: &str) -> usize {
    let pairs = a.chars().rev().zip(b.chars().rev()).take(LONGEST_CONTEXT);
    pairs.take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum()
}

/// How many bytes two texts share at their starts, as far as a suffix reaches.
fn same_start(a: &str, b: &str) -> usize {
    let pairs = a.chars().zip(b.chars()).take(LONGEST_CONTEXT);
    pairs.take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum()
}

#[cfg(test)]
mod passage_test;
