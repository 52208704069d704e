//! Names: where known ones stand in a sentence, and what new ones are likely to name.

use std::collections::HashMap;
use std::ops::Range;

use super::english::{is_function_word, is_verb, singular};
use super::{Known, Shape};
use crate::io::words::words;

/// The longest name, in words, inside of which other names are not looked for: "Department of
/// Public Health" speaks of no public health. Longer ones are sentences.
const LONGEST_PROPER: usize = 8;
/// The least share of the names with a word that a kind must have for the word to tell the kind.
const LEAST_SHARE: f64 = 0.5;

/// A tree of words: each path from its root is a name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    nodes: Vec<Node>,
    spelled: Vec<Spelled>,
}

#[derive(Debug, Default)]
struct Node {
    next: HashMap<String, usize>,
    names: Vec<usize>,
}

/// A name as it is spelled, and whose it is.
#[derive(Debug)]
struct Spelled {
    entity: usize,
    case: Case,
    is_proper: bool,
}

/// How much the capitals of a name matter.
#[derive(Debug, PartialEq, Eq)]
enum Case {
    /// An acronym: letter for letter.
    Exact(String),
    /// One capitalised word, which may be an ordinary one too: a capital at its start.
    Capital,
    /// Not at all.
    Any,
}

/// Where a name stands, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) words: Range<usize>,
    pub(crate) entity: usize,
}

impl Names {
    /// Cost: linear in the names.
    pub(crate) fn new(known: &[Known]) -> Names {
        let mut names = Names { nodes: vec![Node::default()], spelled: Vec::new() };
        for (entity, known) in known.iter().enumerate() {
            for name in &known.names {
                names.add(name, entity);
            }
        }
        names
    }

    fn add(&mut self, name: &str, entity: usize) {
        let parts: Vec<&str> = words(name).into_iter().map(|w| &name[w]).collect();
        if parts.is_empty() || parts.iter().all(|p| is_function_word(p) && !is_acronym(p)) {
            return;
        }
        let case = match parts.as_slice() {
            [one] if is_acronym(one) => Case::Exact((*one).to_owned()),
            [one] if one.starts_with(char::is_uppercase) => Case::Capital,
            _ => Case::Any,
        };
        let mut node = 0;
        for part in &parts {
            let key = singular(part);
            node = match self.nodes[node].next.get(&key) {
                Some(next) => *next,
                None => {
                    self.nodes.push(Node::default());
                    let new = self.nodes.len() - 1;
                    self.nodes[node].next.insert(key, new);
                    new
                }
            };
        }
        let is_proper = is_proper(&parts) && parts.len() <= LONGEST_PROPER;
        self.nodes[node].names.push(self.spelled.len());
        self.spelled.push(Spelled { entity, case, is_proper });
    }

    /// Every name among the words, from left to right, longer ones first; names inside longer
    /// proper names are left out. Cost: the words times the longest name.
    pub(crate) fn find(&self, words: &[&str]) -> Vec<Mention> {
        let keys: Vec<String> = words.iter().map(|w| singular(w)).collect();
        let mut mentions = Vec::new();
        let mut proper_until = 0;
        for start in 0..words.len() {
            let mut here: Vec<(Mention, bool)> = Vec::new();
            let mut node = 0;
            for end in start + 1..=words.len() {
                let Some(next) = self.nodes[node].next.get(&keys[end - 1]) else { break };
                node = *next;
                let fits =
                    self.nodes[node].names.iter().map(|n| &self.spelled[*n]).filter(|s| match &s.case {
                        Case::Exact(spelled) => spelled == words[start],
                        Case::Capital => words[start].starts_with(char::is_uppercase),
                        Case::Any => true,
                    });
                here.extend(fits.map(|s| (Mention { words: start..end, entity: s.entity }, s.is_proper)));
            }
            let longest_proper = here.iter().filter(|(_, p)| *p).map(|(m, _)| m.words.end).max().unwrap_or(0);
            let until = proper_until.max(longest_proper);
            let free = |m: &Mention| m.words.end > until || (m.words.end == until && until > proper_until);
            mentions.extend(here.into_iter().rev().map(|(m, _)| m).filter(free));
            proper_until = until;
        }
        mentions.dedup();
        mentions
    }
}

/// Which words of a name tell its kind, learned from names of known kind.
#[derive(Debug, Default)]
pub(crate) struct Habits {
    /// How often a kind has a word in a place of its names.
    counts: HashMap<(Position, String), HashMap<String, usize>>,
    /// How often names of a kind have a shape.
    shapes: HashMap<Shape, HashMap<String, usize>>,
}

/// A place in a name whose word tells something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Position {
    /// The word that says what it is, with a capital: "Office" of "Office of Equity".
    ProperHead,
    /// The same in small letters: "communities" of "rural communities".
    Head,
    /// The verb at the start of a name of many words: "improve" of "improve the health of all".
    First,
}

impl Habits {
    /// Cost: linear in the names.
    pub(crate) fn new(known: &[Known]) -> Habits {
        let mut habits = Habits::default();
        for known in known {
            let mut seen: Vec<(Position, String)> = known.names.iter().filter_map(|n| telling(n)).collect();
            seen.sort_by(|a, b| (a.0 as u8, &a.1).cmp(&(b.0 as u8, &b.1)));
            seen.dedup();
            for key in seen {
                *habits.counts.entry(key).or_default().entry(known.kind.clone()).or_default() += 1;
            }
            for shape in known.names.iter().filter_map(|n| shape_of(n)) {
                *habits.shapes.entry(shape).or_default().entry(known.kind.clone()).or_default() += 1;
            }
        }
        habits
    }

    /// The kind that names like this have most often, and how sure that is; `None` where no known
    /// name is like it, or those that are have many kinds.
    pub(crate) fn guess(&self, name: &str) -> Option<(String, f64)> {
        let (place, word) = telling(name)?;
        self.told(place, &word)
    }

    /// The kind that most names of a shape have, and which share of them.
    pub(crate) fn leaning(&self, shape: Shape) -> Option<(&str, f64)> {
        let counts = self.shapes.get(&if shape == Shape::LinkWords { Shape::Proper } else { shape })?;
        let total: usize = counts.values().sum();
        let (kind, count) = counts.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))?;
        Some((kind, *count as f64 / total as f64))
    }

    /// The kind that one word in one place tells.
    pub(crate) fn told(&self, place: Position, word: &str) -> Option<(String, f64)> {
        let counts = self.counts.get(&(place, word.to_owned()))?;
        let total: usize = counts.values().sum();
        let (kind, count) = counts.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))?;
        let share = *count as f64 / total as f64;
        // One name is a beginning of a habit; five are one.
        (share > LEAST_SHARE).then(|| (kind.clone(), *count as f64 / (total as f64 + 0.7)))
    }
}

/// The shape that a name would be found by; `None` for single words, acronyms and sentences.
fn shape_of(name: &str) -> Option<Shape> {
    let parts: Vec<&str> = words(name).into_iter().map(|w| &name[w]).collect();
    if !(2..=LONGEST_PROPER).contains(&parts.len()) {
        return None;
    }
    if is_proper(&parts) {
        return Some(Shape::Proper);
    }
    (!is_verb(parts[0])).then_some(Shape::Common)
}

/// The words of a name that tell its kind: its first where it begins with a verb, its head where it
/// is no sentence.
fn telling(name: &str) -> Option<(Position, String)> {
    let parts: Vec<&str> = words(name).into_iter().map(|w| &name[w]).collect();
    let first = parts.first()?;
    if parts.len() > 2 && is_verb(first) && !is_proper(&parts) {
        return Some((Position::First, singular(first)));
    }
    let head = head(&parts).filter(|_| parts.len() <= LONGEST_PROPER)?;
    let proper = head.starts_with(char::is_uppercase) && !is_acronym(head);
    Some((if proper { Position::ProperHead } else { Position::Head }, singular(head)))
}

/// The word that says what the name names: the last before a word such as "of", or the last.
fn head<'a>(parts: &[&'a str]) -> Option<&'a str> {
    let joint = parts.iter().skip(1).position(|p| is_function_word(p) && !matches!(*p, "and" | "or"));
    let before = joint.map_or(parts, |at| &parts[..=at]);
    before.iter().rev().find(|p| p.contains(char::is_alphabetic)).copied()
}

/// Two or more capitals and no small letter.
pub(crate) fn is_acronym(word: &str) -> bool {
    word.chars().filter(|c| c.is_uppercase()).count() > 1 && !word.contains(char::is_lowercase)
}

/// Whether all words but those that hold it together have capitals.
pub(crate) fn is_proper(parts: &[&str]) -> bool {
    let capital = |p: &&&str| !p.starts_with(char::is_lowercase);
    let mut content = parts.iter().filter(|p| !is_function_word(p)).peekable();
    content.peek().is_some()
        && content.clone().all(|p| capital(&p))
        && parts.iter().any(|p| p.starts_with(char::is_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Known> {
        let known = |id: &str, kind: &str, names: &[&str]| Known {
            id: id.to_owned(),
            kind: kind.to_owned(),
            names: names.iter().map(|n| (*n).to_owned()).collect(),
        };
        vec![
            known("a/dph", "Agency", &["Department of Public Health", "DPH"]),
            known("t/public-health", "Topic", &["public health"]),
            known("p/healey", "Person", &["Healey"]),
            known("p/rural", "Population", &["rural communities"]),
            known("a/us", "Agency", &["US"]),
            known("s/one", "Statement", &["public health is for rural communities, we believe"]),
            known("o/hill", "Agency", &["Office of Hills"]),
            known("g/help", "Goal", &["improve health for all"]),
        ]
    }

    #[test]
    fn known_names_are_found_whole_and_as_they_are_spelled() {
        let cases: &[(&str, &[&str])] = &[
            ("the department of public health (DPH)", &["a/dph", "a/dph"]),
            ("public health and dph for us", &["t/public-health"]),
            ("US health", &["a/us"]),
            ("Healey’s rural community", &["p/healey", "p/rural"]),
            ("healey", &[]),
            ("republic healthy", &[]),
            ("Public health is for rural communities, we believe", &["s/one", "t/public-health", "p/rural"]),
        ];
        let known = known();
        let names = Names::new(&known);
        for (text, expected) in cases {
            let parts: Vec<&str> = words(text).into_iter().map(|w| &text[w]).collect();
            let found: Vec<&str> = names.find(&parts).iter().map(|m| known[m.entity].id.as_str()).collect();
            assert_eq!(&found, expected, "{text}");
        }
    }

    #[test]
    fn a_kind_is_guessed_only_by_a_known_habit() {
        let habits = Habits::new(&known());
        let cases = [
            ("Department of Transportation", Some("Agency")),
            ("tribal communities", Some("Population")),
            ("Office for Civil Rights", Some("Agency")),
            ("improve schools for children", Some("Goal")),
            ("Rehabilitation Act", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(habits.guess(name).map(|(kind, _)| kind).as_deref(), expected, "{name}");
        }
    }
}
