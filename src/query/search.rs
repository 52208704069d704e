//! Finding entities by words, and telling which entity a name means.
//!
//! A [`SearchIndex`] is built from one graph and says which entities hold which words, in their
//! names, in the properties that the ontology gives a weight, and in the quotes they and their links
//! rest on. [`SearchIndex::search`] ranks entities by words, [`SearchIndex::highlights`] shows where
//! the words stand, and [`SearchIndex::resolve`] says whom a name may mean and how sure that is. How
//! words are shortened, and which tell nothing, is read from the ontology.
//!
//! tantivy's index lies underneath; its types do not leave this folder.

mod highlight;
mod index;
mod names;
mod rank;
#[cfg(test)]
mod search_test;
mod words;

use crate::graph::{DataVersion, EntityIx, Graph, Owner};
use crate::ontology::{KindIx, PropertyIx};
use crate::query::filter::EntityFilter;

/// What is asked of the words of a graph.
#[derive(Clone, Copy, Debug)]
pub struct SearchRequest<'a> {
    /// The words, in any order. Of more than 32 the first count.
    pub text: &'a str,
    /// Only entities of these kinds.
    pub kinds: Option<&'a [KindIx]>,
    /// Only entities that pass.
    pub filter: Option<&'a EntityFilter>,
    /// Whether the last word may be unfinished, as while somebody types.
    pub prefix_last: bool,
    /// Whether words may be mistyped: one error in a word of 4 to 7 letters, two in a longer one, none
    /// in a shorter one or one with digits. Two neighbouring letters in the wrong order are one error.
    pub fuzzy: bool,
    /// How many of the best hits are wanted.
    pub limit: usize,
}

impl<'a> SearchRequest<'a> {
    /// Asks for the best `limit` entities with exactly these words.
    pub fn new(text: &'a str, limit: usize) -> SearchRequest<'a> {
        SearchRequest { text, kinds: None, filter: None, prefix_last: false, fuzzy: false, limit }
    }
}

/// An entity that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Which.
    pub entity: EntityIx,
    /// How well it answers: below 1 for words, and 4, 3 or 2 more where the whole text is its name, an
    /// alias, or one of these but for case, short forms and stop words. Comparable within one answer.
    pub score: f32,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hits {
    /// How many entities there are in all.
    pub total: usize,
    /// The best of them, by score and then by position.
    pub hits: Vec<Hit>,
    /// How many there would be of each kind if kinds were not asked for, the most first, then by
    /// position; the filter applies.
    pub facets: Vec<(KindIx, usize)>,
    /// Whether every word was found in each of them; false where no entity has all words, and those
    /// with some are given.
    pub all_words: bool,
}

/// Where words stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FoundIn {
    /// In the name.
    Name,
    /// In an alias.
    Alias,
    /// In another property.
    Property(PropertyIx),
    /// In the quote of a piece of evidence, by whose it is and its place there.
    Quote(Owner, usize),
}

/// A text of an entity with the words that were asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Highlight {
    /// Where it stands.
    pub found_in: FoundIn,
    /// All of it.
    pub text: String,
    /// The bytes of each word, from and to, in order, none overlapping.
    pub ranges: Vec<(usize, usize)>,
}

/// Why a name may mean an entity, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// It is its id, or that of one merged into it.
    Id,
    /// It is its name in another scheme, alone or as `scheme:name`.
    Identifier,
    /// It is its name, letter by letter.
    ExactName,
    /// It is an alias, letter by letter.
    Alias,
    /// It is its name or an alias but for case, accents, punctuation, short forms and stop words.
    Normalized,
    /// It is made of the first letters of its name or of an alias.
    Acronym,
    /// It is like its name or an alias.
    Similar,
}

/// An entity that a name may mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Which.
    pub entity: EntityIx,
    /// How likely, from 0 to 1: what is surer for a better reason is never less.
    pub score: f32,
    /// Why.
    pub reason: Reason,
    /// Whether it is the one meant: it alone has the best reason there is, and that is neither the
    /// acronym nor likeness.
    pub certain: bool,
    /// The id, identifier, name or alias that it was found by.
    pub matched: String,
}

/// The words of one graph. Immutable; whoever has another graph builds another.
pub struct SearchIndex {
    words: words::Words,
    postings: index::Postings,
    names: names::Names,
    version: DataVersion,
}

impl SearchIndex {
    /// Indexes every entity of `graph`: its names with their acronyms, its properties of text that the
    /// ontology gives a weight, and the quotes of its evidence and of its links. The same graph gives
    /// the same index. Cost: linear in all of that text, over two threads where there is much of it.
    pub fn build(graph: &Graph) -> SearchIndex {
        SearchIndex::in_shards(graph, index::Postings::shards_of(graph.entity_count()))
    }

    fn in_shards(graph: &Graph, shards: usize) -> SearchIndex {
        let words = words::Words::of(graph.ontology());
        let postings = index::Postings::build(graph, &words, shards);
        let names = names::Names::build(graph, &words);
        SearchIndex { words, postings, names, version: graph.version() }
    }

    /// Which graph it was built from. Every `graph` below must be that one: positions mean nothing in
    /// another.
    pub fn version(&self) -> DataVersion {
        self.version
    }
}

impl std::fmt::Debug for SearchIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SearchIndex of {}", self.version)
    }
}
