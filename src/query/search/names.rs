//! Whom a name means: names, aliases and identifiers by what they come down to, and the likeness of
//! names that come down to different things.

use std::collections::{BTreeSet, HashSet};

use super::index::names;
use super::words::{Words, cut};
use super::{Candidate, Reason, SearchIndex};
use crate::graph::{EntityIx, Graph};
use crate::ontology::KindIx;
use crate::query::{Budget, Exhausted};

/// Entities that are compared with a name, of those whose names share words with it.
const COMPARED: usize = 128;
/// Pairs of letters that cost as much to compare as looking at one entity.
const LETTERS_A_STEP: u64 = 64;
/// The least likeness that is worth saying.
const LEAST_LIKENESS: f32 = 0.5;

/// How a text is a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sameness {
    /// It is an identifier.
    Identifier,
    /// It is the name.
    Name,
    /// It is an alias.
    Alias,
    /// It is the name or an alias but for what does not count.
    Normalized,
}

/// Every reading of every name, and every identifier, by hash, sorted: what is found is looked at in
/// the graph, so that no text is kept twice.
pub(super) struct Names {
    readings: Vec<(u64, EntityIx)>,
    identifiers: Vec<(u64, EntityIx)>,
}

impl Names {
    /// Cost: linear in all names, and sorting them.
    pub(super) fn build(graph: &Graph, words: &Words) -> Names {
        let (mut readings, mut identifiers) = (Vec::new(), Vec::new());
        for ix in graph.entities() {
            for name in names(graph, ix) {
                readings.extend(words.readings(name).iter().map(|reading| (hash(reading), ix)));
            }
            identifiers.extend(graph.entity(ix).identifiers().iter().map(|id| (hash(&id.value), ix)));
        }
        for all in [&mut readings, &mut identifiers] {
            all.sort_unstable();
            all.dedup();
            all.shrink_to_fit();
        }
        Names { readings, identifiers }
    }

    /// The entities that `text` names, each once, in order, with how and by what.
    pub(super) fn same<'g>(
        &self,
        graph: &'g Graph,
        words: &Words,
        text: &str,
    ) -> Vec<(EntityIx, Sameness, &'g str)> {
        let text = text.trim();
        let readings = words.readings(text);
        let mut found: Vec<(EntityIx, Sameness, &'g str)> = Vec::new();
        for ix in with_hash(&self.identifiers, hash(text)) {
            let identifiers = graph.entity(ix).identifiers();
            let same = identifiers.iter().filter(|id| &*id.value == text);
            found.extend(same.map(|id| (ix, Sameness::Identifier, &*id.value)));
        }
        for ix in readings.iter().flat_map(|reading| with_hash(&self.readings, hash(reading))) {
            for (at, name) in names(graph, ix).enumerate() {
                let sameness = match (name.trim() == text, at) {
                    (true, 0) => Sameness::Name,
                    (true, _) => Sameness::Alias,
                    _ if words.readings(name).iter().any(|r| readings.contains(r)) => Sameness::Normalized,
                    _ => continue,
                };
                found.push((ix, sameness, name));
            }
        }
        found.sort_by_key(|(ix, sameness, _)| (*ix, *sameness));
        found.dedup_by_key(|(ix, ..)| *ix);
        found
    }
}

impl SearchIndex {
    /// Whom `name` may mean among the entities of `kinds`, at most `limit`, the likeliest first and
    /// then by position, each once, by its best reason. The text may be an id, an identifier, a name or
    /// alias, one of these written otherwise, an acronym, or something like a name.
    ///
    /// # Errors
    /// When the budget is brief or spent.
    ///
    /// Cost: a few look-ups where what is certain is enough for `limit`; otherwise that of a search in
    /// names for mistyped words, and comparing the best 128.
    pub fn resolve(
        &self,
        graph: &Graph,
        name: &str,
        kinds: Option<&[KindIx]>,
        limit: usize,
        budget: &Budget,
    ) -> Result<Vec<Candidate>, Exhausted> {
        budget.begin_walk()?;
        let name = name.trim();
        let mut found: Vec<Candidate> = Vec::new();
        let mut seen: HashSet<EntityIx> = HashSet::new();
        let mut add =
            |found: &mut Vec<Candidate>, entity: EntityIx, reason: Reason, likeness: f32, by: &str| {
                let asked = kinds.is_none_or(|kinds| kinds.contains(&graph.entity(entity).kind()));
                if asked && seen.insert(entity) {
                    let score = likeness * worth(reason);
                    found.push(Candidate { entity, score, reason, certain: false, matched: by.to_owned() });
                }
            };
        if let Some(ix) = graph.find(name) {
            add(&mut found, ix, Reason::Id, 1.0, name);
        }
        if let Some((scheme, value)) = name.split_once(':')
            && let Some(ix) = graph.find_identifier(scheme, value)
        {
            add(&mut found, ix, Reason::Identifier, 1.0, name);
        }
        let same = self.names.same(graph, &self.words, name);
        budget.spend(1 + same.len() as u64)?;
        for (ix, sameness, by) in same {
            let reason = match sameness {
                Sameness::Identifier => Reason::Identifier,
                Sameness::Name => Reason::ExactName,
                Sameness::Alias => Reason::Alias,
                Sameness::Normalized => Reason::Normalized,
            };
            add(&mut found, ix, reason, 1.0, by);
        }
        if let Some(acronym) = as_acronym(name) {
            let of = self.postings.of_acronym(&acronym);
            budget.spend(of.len() as u64)?;
            for ix in of {
                let mut names = names(graph, ix);
                if let Some(by) = names.find(|n| self.words.acronym(n).as_ref() == Some(&acronym)) {
                    add(&mut found, ix, Reason::Acronym, 1.0, by);
                }
            }
        }
        if found.len() < limit {
            for ix in self.alike(graph, name, kinds, COMPARED, budget)? {
                // A comparison costs the one name's letters times the other's.
                let letters: usize = names(graph, ix).map(str::len).sum();
                budget.spend(16 + (letters * name.len()) as u64 / LETTERS_A_STEP)?;
                let compared = names(graph, ix).map(|n| (self.likeness(name, n), n));
                let best = compared.reduce(|a, b| if b.0 > a.0 { b } else { a });
                if let Some((likeness, by)) = best.filter(|(likeness, _)| *likeness >= LEAST_LIKENESS) {
                    add(&mut found, ix, Reason::Similar, likeness, by);
                }
            }
        }
        found.sort_by(|a, b| {
            a.reason.cmp(&b.reason).then(b.score.total_cmp(&a.score)).then(a.entity.cmp(&b.entity))
        });
        let best = found.first().map(|c| c.reason).filter(|r| *r <= Reason::Normalized);
        let alone = found.iter().filter(|c| Some(c.reason) == best).count() == 1;
        if let Some(first) = found.first_mut().filter(|_| alone) {
            first.certain = true;
        }
        found.truncate(limit);
        Ok(found)
    }

    /// How alike two names are, from 0 to 1: as rows of letters (one less the share of letters that
    /// must change), or as sets of words (Dice), whichever says more.
    fn likeness(&self, a: &str, b: &str) -> f32 {
        let (a, b) = (self.words.readings(a), self.words.readings(b));
        let (Some(a), Some(b)) = (a.first(), b.first()) else { return 0.0 };
        let length = a.chars().count().max(b.chars().count()).max(1);
        let by_letter = 1.0 - strsim::osa_distance(a, b) as f32 / length as f32;
        let (a, b): (BTreeSet<&str>, BTreeSet<&str>) = (a.split(' ').collect(), b.split(' ').collect());
        let by_word = 2.0 * a.intersection(&b).count() as f32 / (a.len() + b.len()) as f32;
        by_letter.max(by_word).min(1.0)
    }
}

/// What a name that matches for that reason is worth where nothing else is known.
fn worth(reason: Reason) -> f32 {
    match reason {
        Reason::Id | Reason::Identifier | Reason::ExactName => 1.0,
        Reason::Alias => 0.98,
        Reason::Normalized => 0.95,
        Reason::Acronym => 0.8,
        Reason::Similar => 0.75,
    }
}

/// A text that can be an acronym: one word, or letters one by one (`D.P.H.`).
fn as_acronym(text: &str) -> Option<String> {
    let mut found = cut(text);
    match found.len() {
        0 => None,
        1 => found.pop().map(|f| f.text),
        _ if found.iter().all(|f| f.text.chars().count() == 1) => {
            Some(found.into_iter().map(|f| f.text).collect())
        }
        _ => None,
    }
}

/// FNV-1a, 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>. The same everywhere; what it finds is
/// compared.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn with_hash(all: &[(u64, EntityIx)], wanted: u64) -> impl Iterator<Item = EntityIx> {
    let from = all.partition_point(|(hash, _)| *hash < wanted);
    all[from..].iter().take_while(move |(hash, _)| *hash == wanted).map(|(_, ix)| *ix)
}
