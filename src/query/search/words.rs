//! From text to words: how both the indexed and the asked are cut, folded and written out, and when
//! two words count as one.
//!
//! A word is a run of letters and digits, in lower case, without accents. A short form that the
//! ontology declares is replaced by what it stands for; where that is several, by all of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tantivy::tokenizer::{
    AsciiFoldingFilter, LowerCaser, SimpleTokenizer, TextAnalyzer, Token, TokenFilter, TokenStream, Tokenizer,
};

use crate::ontology::Ontology;

/// Words of one request that are looked at; whoever asks for more asks for these.
const MAX_WORDS: usize = 32;
/// Ways to read one name that are told apart, where several of its short forms are ambiguous.
const MAX_READINGS: usize = 8;
/// Letters of a word that errors of typing are forgiven in: the automaton of a longer one takes time and
/// memory, and nobody types such a word.
const MAX_MISTYPED: usize = 32;
/// Words of a name whose short forms are told apart; longer texts are no names.
const MAX_NAME_WORDS: usize = 64;
/// Names longer than this have no acronym that anybody would write.
const MAX_ACRONYM: usize = 8;

/// A word where it stands in a text: its bytes, and itself, folded.
pub(super) struct Found {
    pub(super) range: (usize, usize),
    pub(super) text: String,
}

/// What a short form stands for: word by word, each with its alternatives, and all of them in a row.
#[derive(Debug)]
struct Expansion {
    slots: Vec<Vec<String>>,
    words: Vec<String>,
}

/// What the ontology knows of words.
#[derive(Debug)]
pub(super) struct Words {
    expansions: Arc<HashMap<String, Expansion>>,
    stop: HashSet<String>,
}

/// How a word of a text answers to one that is asked, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closeness {
    /// It is the word.
    Exact,
    /// It begins like the word.
    Prefix,
    /// It is the word but for so many typing errors.
    Typo(u8),
}

impl Closeness {
    /// What is left of the weight of the place where it stands: an exact word anywhere outweighs a
    /// mistyped one in a name.
    pub(super) fn factor(self) -> f32 {
        match self {
            Closeness::Exact => 1.0,
            Closeness::Prefix => 0.5,
            Closeness::Typo(0 | 1) => 0.05,
            Closeness::Typo(_) => 0.025,
        }
    }
}

/// A word that is asked: any of `exact` will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// As it was written, folded.
    pub(super) raw: String,
    /// Itself, or what it stands for.
    pub(super) exact: Vec<String>,
    /// Whether words that begin like `raw` will do.
    pub(super) prefix: bool,
    /// How many errors of typing will do.
    pub(super) typos: u8,
}

impl Wanted {
    /// How `word`, which stands in a text, folded and written out, answers to it.
    pub(super) fn closeness(&self, word: &str) -> Option<Closeness> {
        if self.exact.iter().any(|e| e == word) {
            return Some(Closeness::Exact);
        }
        if self.prefix && word.starts_with(&self.raw) {
            return Some(Closeness::Prefix);
        }
        if self.typos == 0 || word.chars().count().abs_diff(self.raw.chars().count()) > self.typos as usize {
            return None;
        }
        let errors = strsim::osa_distance(&self.raw, word);
        (errors <= self.typos as usize).then_some(Closeness::Typo(errors as u8))
    }
}

/// Errors of typing forgiven in a word: the usual bounds, by its length. Numbers have none: 2022 is
/// not 2023.
fn typos_of(word: &str) -> u8 {
    match word.chars().count() {
        _ if word.chars().any(char::is_numeric) => 0,
        0..4 => 0,
        4..8 => 1,
        8..=MAX_MISTYPED => 2,
        _ => 0,
    }
}

impl Words {
    pub(super) fn of(ontology: &Ontology) -> Words {
        let mut slots: HashMap<String, Vec<Vec<String>>> = HashMap::new();
        for abbreviation in &ontology.abbreviations {
            let long: Vec<String> = cut(&abbreviation.of).into_iter().map(|f| f.text).collect();
            for form in abbreviation.forms.iter().flat_map(|f| cut(f)) {
                let slots = slots.entry(form.text).or_default();
                slots.resize_with(slots.len().max(long.len()), Vec::new);
                for (slot, word) in slots.iter_mut().zip(&long) {
                    if !slot.contains(word) {
                        slot.push(word.clone());
                    }
                }
            }
        }
        let whole = |slots: Vec<Vec<String>>| Expansion { words: slots.concat(), slots };
        let expansions = slots.into_iter().map(|(form, slots)| (form, whole(slots))).collect();
        let stop = ontology.stop_words.iter().flat_map(|w| cut(w)).map(|f| f.text).collect();
        Words { expansions: Arc::new(expansions), stop }
    }

    /// What tantivy is to cut texts with: the words as [`Words::written_out`] gives them.
    pub(super) fn analyzer(&self) -> TextAnalyzer {
        TextAnalyzer::builder(SimpleTokenizer::default())
            .filter(LowerCaser)
            .filter(AsciiFoldingFilter)
            .filter(WriteOut(self.expansions.clone()))
            .build()
    }

    /// What a folded word stands for in the index: itself, or the words it is short for.
    pub(super) fn written_out<'a>(&'a self, word: &'a String) -> &'a [String] {
        self.expansions.get(word).map_or(std::slice::from_ref(word), |e| &e.words)
    }

    /// The words that are asked by `text`, each once. Stop words count only where there are no
    /// others. With `prefix_last` the last word may be unfinished, whatever it is so far.
    pub(super) fn wanted(&self, text: &str, prefix_last: bool, fuzzy: bool) -> Vec<Wanted> {
        let mut found = cut(text);
        found.truncate(MAX_WORDS);
        let only_stop = found.iter().all(|f| self.stop.contains(&f.text));
        let last = found.len().saturating_sub(1);
        let mut wanted: Vec<Wanted> = Vec::new();
        for (at, Found { text, .. }) in found.into_iter().enumerate() {
            let prefix = prefix_last && at == last;
            if self.stop.contains(&text) && !only_stop && !prefix {
                continue;
            }
            let mut add = |word: Wanted| {
                if !wanted.contains(&word) {
                    wanted.push(word);
                }
            };
            match self.expansions.get(&text) {
                None => {
                    let typos = if fuzzy { typos_of(&text) } else { 0 };
                    add(Wanted { exact: vec![text.clone()], raw: text, prefix, typos });
                }
                Some(expansion) => {
                    let prefix = prefix && expansion.slots.len() == 1;
                    for slot in &expansion.slots {
                        add(Wanted { raw: text.clone(), exact: slot.clone(), prefix, typos: 0 });
                    }
                }
            }
        }
        wanted
    }

    /// What is left of a name when case, accents, punctuation, short forms and stop words are taken
    /// for nothing: several readings where short forms are ambiguous. Two names are the same where
    /// they share a reading. Never none.
    pub(super) fn readings(&self, name: &str) -> Vec<String> {
        let found = cut(name);
        let keep_stop = found.iter().all(|f| self.stop.contains(&f.text));
        if found.len() > MAX_NAME_WORDS {
            let words: Vec<&str> = found.iter().map(|f| f.text.as_str()).collect();
            return vec![words.join(" ")];
        }
        let mut readings = vec![String::new()];
        let mut add = |alternatives: &[String]| {
            let kept = alternatives.iter().filter(|w| keep_stop || !self.stop.contains(*w));
            let mut next: Vec<String> = Vec::new();
            for word in kept {
                for reading in &readings {
                    let gap = if reading.is_empty() { "" } else { " " };
                    next.push(format!("{reading}{gap}{word}"));
                }
            }
            next.truncate(MAX_READINGS);
            if !next.is_empty() {
                readings = next;
            }
        };
        for word in &found {
            match self.expansions.get(&word.text) {
                None => add(std::slice::from_ref(&word.text)),
                Some(expansion) => expansion.slots.iter().for_each(|slot| add(slot)),
            }
        }
        if found.is_empty() {
            return vec![name.trim().to_lowercase()];
        }
        readings
    }

    /// The words of a name whose first letters make its acronym: those that are not stop words, of
    /// two to eight.
    pub(super) fn initials(&self, name: &str) -> Option<Vec<Found>> {
        let mut found = cut(name);
        found.retain(|f| !self.stop.contains(&f.text));
        (2..=MAX_ACRONYM).contains(&found.len()).then_some(found)
    }

    /// The acronym of a name, in lower case; none where it is one word or too many.
    pub(super) fn acronym(&self, name: &str) -> Option<String> {
        Some(self.initials(name)?.iter().filter_map(|f| f.text.chars().next()).collect())
    }
}

/// Every word of a text in order, folded, not written out.
pub(super) fn cut(text: &str) -> Vec<Found> {
    let mut analyzer = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build();
    let mut stream = analyzer.token_stream(text);
    let mut found = Vec::new();
    while let Some(token) = stream.next() {
        found.push(Found { range: (token.offset_from, token.offset_to), text: token.text.clone() });
    }
    found
}

/// Replaces short forms by all the words they may stand for.
#[derive(Clone)]
struct WriteOut(Arc<HashMap<String, Expansion>>);

impl TokenFilter for WriteOut {
    type Tokenizer<T: Tokenizer> = WritingOut<T>;

    fn transform<T: Tokenizer>(self, inner: T) -> WritingOut<T> {
        WritingOut { expansions: self.0, inner }
    }
}

#[derive(Clone)]
struct WritingOut<T> {
    expansions: Arc<HashMap<String, Expansion>>,
    inner: T,
}

impl<T: Tokenizer> Tokenizer for WritingOut<T> {
    type TokenStream<'a> = WrittenOut<'a, T::TokenStream<'a>>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        WrittenOut { expansions: &self.expansions, inner: self.inner.token_stream(text), pending: &[] }
    }
}

struct WrittenOut<'a, S> {
    expansions: &'a HashMap<String, Expansion>,
    inner: S,
    pending: &'a [String],
}

impl<S: TokenStream> TokenStream for WrittenOut<'_, S> {
    fn advance(&mut self) -> bool {
        if self.pending.is_empty() {
            if !self.inner.advance() {
                return false;
            }
            match self.expansions.get(&self.inner.token().text) {
                Some(expansion) => self.pending = &expansion.words,
                None => return true,
            }
        }
        if let Some((word, rest)) = self.pending.split_first() {
            self.pending = rest;
            let text = &mut self.inner.token_mut().text;
            text.clear();
            text.push_str(word);
        }
        true
    }

    fn token(&self) -> &Token {
        self.inner.token()
    }

    fn token_mut(&mut self) -> &mut Token {
        self.inner.token_mut()
    }
}
