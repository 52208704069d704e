//! Where the words that were asked stand in an entity that was found.

use super::index::quotes;
use super::words::{Wanted, Words, cut};
use super::{FoundIn, Highlight, SearchIndex, SearchRequest};
use crate::graph::{Datum, EntityIx, Graph};

/// Quotes of one entity that are looked at, and of these, that are shown.
const QUOTES_READ: usize = 1_000;
const QUOTES_SHOWN: usize = 3;

impl SearchIndex {
    /// The texts of `entity` that hold words which `request` asks for: name, aliases, other properties
    /// in the order of the ontology, then of the first 1,000 quotes the three with the most different
    /// words, the first where equal, none twice. A name whose acronym is asked shows its first letters. Kinds,
    /// filter and limit of the request do not matter. Cost: linear in those texts; meant for the hits
    /// that are shown.
    pub fn highlights(&self, graph: &Graph, entity: EntityIx, request: &SearchRequest<'_>) -> Vec<Highlight> {
        let wanted = self.words.wanted(request.text, request.prefix_last, request.fuzzy);
        let ontology = graph.ontology();
        let view = graph.entity(entity);
        let searched = |ix| ontology.property(ix).search > 0.0;
        let mut found = Vec::new();
        let mut look = |found_in: FoundIn, text: &str, is_name: bool| {
            let mut ranges = marked(&self.words, &wanted, text).0;
            if is_name {
                ranges.extend(initials(&self.words, &wanted, text));
                ranges.sort_unstable();
                ranges.dedup_by(|next, before| next.0 < before.1);
            }
            if !ranges.is_empty() {
                found.push(Highlight { found_in, text: text.to_owned(), ranges });
            }
        };
        if searched(ontology.name_property()) {
            look(FoundIn::Name, view.name(), true);
        }
        for (ix, value) in view.properties().filter(|(ix, _)| searched(*ix)) {
            let is_alias = ix == ontology.aliases_property();
            let found_in = if is_alias { FoundIn::Alias } else { FoundIn::Property(ix) };
            value.members().filter_map(Datum::as_text).for_each(|text| look(found_in, text, is_alias));
        }
        let mut quoted: Vec<(usize, Highlight)> = Vec::new();
        for (owner, at, text) in quotes(graph, entity).take(QUOTES_READ) {
            let (ranges, words) = marked(&self.words, &wanted, text);
            if words > 0 {
                let highlight =
                    Highlight { found_in: FoundIn::Quote(owner, at), text: text.to_owned(), ranges };
                quoted.push((words, highlight));
            }
        }
        quoted.sort_by_key(|(words, _)| std::cmp::Reverse(*words));
        // One sentence may support many links.
        let mut seen = std::collections::HashSet::new();
        quoted.retain(|(_, highlight)| seen.insert(highlight.text.clone()));
        found.extend(quoted.into_iter().take(QUOTES_SHOWN).map(|(_, highlight)| highlight));
        found
    }
}

/// The words of a text that answer to any that is wanted, and how many of those are answered.
fn marked(words: &Words, wanted: &[Wanted], text: &str) -> (Vec<(usize, usize)>, usize) {
    let mut ranges = Vec::new();
    let mut answered = vec![false; wanted.len()];
    for word in cut(text) {
        let written = words.written_out(&word.text);
        let mut any = false;
        for (wanted, answered) in wanted.iter().zip(&mut answered) {
            if written.iter().any(|w| wanted.closeness(w).is_some()) {
                (any, *answered) = (true, true);
            }
        }
        if any {
            ranges.push(word.range);
        }
    }
    (ranges, answered.iter().filter(|a| **a).count())
}

/// The first letters of a name whose acronym is wanted.
fn initials(words: &Words, wanted: &[Wanted], name: &str) -> Vec<(usize, usize)> {
    let acronym = words.acronym(name);
    if !wanted.iter().any(|w| acronym.as_ref() == Some(&w.raw)) {
        return Vec::new();
    }
    let letters =
        |(from, _): (usize, usize)| (from, from + name[from..].chars().next().map_or(0, char::len_utf8));
    words.initials(name).into_iter().flatten().map(|found| letters(found.range)).collect()
}
