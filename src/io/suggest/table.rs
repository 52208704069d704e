//! The entities of a page, and where they are by id or by the words of their names.

use std::collections::HashMap;

use super::blocks::Block;
use super::english::singular;
use super::names::{Habits, Position};
use super::phrases::{Cut, Phrase, Shape};
use super::{EntityProposal, Known};
use crate::io::words::words;

/// The entities found so far.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) entities: Vec<EntityProposal>,
    places: HashMap<String, usize>,
}

impl Table {
    /// The number of the entity of that key, which is made if there is none.
    pub(super) fn put(&mut self, key: String, new: impl FnOnce() -> EntityProposal) -> usize {
        let entities = &mut self.entities;
        *self.places.entry(key).or_insert_with(|| {
            entities.push(new());
            entities.len() - 1
        })
    }

    pub(super) fn known(&mut self, known: &Known, name: &str, quote: &str) -> usize {
        self.put(known.id.clone(), || EntityProposal {
            known: Some(known.id.clone()),
            name: name.to_owned(),
            acronym: None,
            kind: Some(known.kind.clone()),
            shape: None,
            address: None,
            score: 1.0,
            quote: quote.to_owned(),
        })
    }

    pub(super) fn new_name(
        &mut self,
        habits: &Habits,
        cut: &Cut<'_>,
        phrase: &Phrase,
        content: &Block,
    ) -> usize {
        let name = cut.phrase(phrase.words.clone());
        let guess = match phrase.shape {
            Shape::Begun => habits.told(Position::First, &singular(cut.word(phrase.words.start))),
            _ => habits.guess(name),
        };
        // How often such phrases name something at all, where no habit says so.
        let base = match phrase.shape {
            Shape::LinkWords => 0.6,
            Shape::Proper => 0.5,
            Shape::Begun | Shape::Item => 0.3,
            Shape::Common => 0.25,
        };
        let sure = guess.as_ref().map_or(0.0, |(_, sure)| *sure);
        let score = base + 0.35 * sure + if phrase.acronym.is_some() { 0.05 } else { 0.0 };
        let address =
            content.links.iter().find(|(words, _)| words == name).map(|(_, address)| address.clone());
        let acronym = phrase.acronym.map(|at| cut.word(at).to_owned());
        let at = self.put(key_of(name), || EntityProposal {
            known: None,
            name: name.to_owned(),
            acronym: acronym.clone(),
            kind: guess.map(|(kind, _)| kind),
            shape: Some(phrase.shape),
            address,
            score,
            quote: cut.text.to_owned(),
        });
        if let Some(acronym) = acronym {
            // From here on the acronym means this.
            self.places.entry(key_of(&acronym)).or_insert(at);
        }
        at
    }
}

/// What names of new entities are compared by; no id has such a form.
pub(super) fn key_of(name: &str) -> String {
    let parts: Vec<String> = words(name).into_iter().map(|w| singular(&name[w])).collect();
    format!("={}", parts.join(" "))
}
