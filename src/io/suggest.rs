//! Proposals of entities and links for a page, each with the words it was drawn from. Nothing here
//! asserts anything: a person reads the quote and decides.
//!
//! All knowledge comes in as data: names that are known, the relations with their sentence
//! patterns, and links of other pages as examples. What is built in is a little English
//! (`english`) and the shape of a page.

mod blocks;
mod english;
mod links;
mod names;
mod phrases;
mod relations;
mod table;

use std::ops::Range;

use crate::io::sentences::sentences;
use crate::io::words::words;
use blocks::{Block, Sort, blocks};
use english::{is_address, is_function_word, singular};
use names::{Habits, Mention, Names, Position};
pub use phrases::Shape;
use phrases::{Cut, Phrase};
use relations::Relations;
use table::{Table, key_of};

/// Links less likely than this are not proposed.
pub const LEAST_SCORE: f64 = 0.1;
/// The most names of one sentence that are paired: a sentence of more is a list of everything.
const MOST_NAMES: usize = 40;
/// The most links of one block whose words are taken for names: a block of more is an index.
const MOST_LINKS: usize = 64;
/// The longest item or paragraph that may be one name, in words.
const LONGEST_ITEM: usize = 25;

/// An entity that is known, with all its names.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// What it is called.
    pub names: Vec<String>,
}

/// A relation, with all kinds it may join and the ways it is put into words.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Its name.
    pub relation: String,
    /// The kinds of its subjects, interfaces resolved.
    pub from_kinds: Vec<String>,
    /// The kinds of its objects.
    pub to_kinds: Vec<String>,
    /// Such as `{from} led to {to}`.
    pub sentence: String,
    /// Such as `{to} is a result of {from}`.
    pub inverse_sentence: Option<String>,
}

/// A link that is known, with the words that support it.
#[derive(Clone, Debug)]
pub struct Example {
    /// The id of the subject.
    pub from: String,
    /// The relation.
    pub relation: String,
    /// The id of the object.
    pub to: String,
    /// The words.
    pub quote: String,
}

/// An entity that a page may speak of.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityProposal {
    /// The id, for a known one.
    pub known: Option<String>,
    /// Its name as the page has it.
    pub name: String,
    /// An acronym that the page gives for it.
    pub acronym: Option<String>,
    /// The kind, where it is known or a naming habit tells it.
    pub kind: Option<String>,
    /// How it was come by; `None` for a known one.
    pub shape: Option<Shape>,
    /// Where it is linked to.
    pub address: Option<String>,
    /// How likely it is to be one, from 0 to 1.
    pub score: f64,
    /// The sentence it was first found in.
    pub quote: String,
}

/// A link that a page may speak of.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkProposal {
    /// Which of the proposed entities is the subject.
    pub from: usize,
    /// The relation.
    pub relation: String,
    /// Which is the object.
    pub to: usize,
    /// How likely it is, from [`LEAST_SCORE`] to 1.
    pub score: f64,
    /// The sentence both stand in, or the item below the heading that names the subject.
    pub quote: String,
}

/// What may be drawn from a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposals {
    /// Entities, in the order of the page.
    pub entities: Vec<EntityProposal>,
    /// Links, likeliest first.
    pub links: Vec<LinkProposal>,
}

/// What proposals are made by: built once, used for many pages.
#[derive(Debug)]
pub struct Guide {
    known: Vec<Known>,
    names: Names,
    habits: Habits,
    relations: Relations,
}

/// A sentence with the names in it; entities are numbered in the table of the page.
struct Named<'a> {
    block: usize,
    text: &'a str,
    words: Vec<Range<usize>>,
    mentions: Vec<Mention>,
}

impl Guide {
    /// Learns from what is known. Cost: linear in names and examples, and quadratic in the names of
    /// one quote.
    pub fn new(known: Vec<Known>, patterns: &[Pattern], examples: &[Example]) -> Guide {
        let names = Names::new(&known);
        let habits = Habits::new(&known);
        let relations = Relations::new(&known, &names, patterns, examples);
        Guide { known, names, habits, relations }
    }

    /// The proposals for the text of a source, as it is kept (Markdown links and all). Every quote
    /// stands in the text view of it word for word. Cost: linear in the text, and quadratic in the
    /// names of one sentence.
    ///
    /// ```
    /// use throughline::io::suggest::{Guide, Known, Pattern};
    /// let known = |id: &str, kind: &str, name: &str| Known {
    ///     id: id.to_owned(),
    ///     kind: kind.to_owned(),
    ///     names: vec![name.to_owned()],
    /// };
    /// let pattern = Pattern {
    ///     relation: "funds".to_owned(),
    ///     from_kinds: vec!["Body".to_owned()],
    ///     to_kinds: vec!["Scheme".to_owned()],
    ///     sentence: "{from} funds {to}".to_owned(),
    ///     inverse_sentence: Some("{to} is funded by {from}".to_owned()),
    /// };
    /// let known = vec![known("body/dop", "Body", "DOP"), known("scheme/x", "Scheme", "park schemes")];
    /// let found = Guide::new(known, &[pattern], &[]).propose("All park schemes are funded by the DOP.");
    /// assert_eq!(found.links[0].relation, "funds");
    /// assert_eq!(found.entities[found.links[0].from].known.as_deref(), Some("body/dop"));
    /// ```
    pub fn propose(&self, source: &str) -> Proposals {
        let blocks = blocks(source);
        let mut table = Table::default();
        let mut named: Vec<Named<'_>> = Vec::new();
        for (block, content) in blocks.iter().enumerate() {
            for range in sentences(&content.text) {
                let text = &content.text[range];
                named.push(self.read(block, text, content, &mut table));
            }
        }
        self.parallel(&blocks, &mut named, &mut table);
        let links = links::links(&self.relations, &self.habits, &blocks, &named, &table.entities);
        Proposals { entities: table.entities, links }
    }

    /// The names of one sentence, known and new.
    fn read<'a>(&self, block: usize, text: &'a str, content: &Block, table: &mut Table) -> Named<'a> {
        let spans = words(text);
        let cut = Cut { text, words: &spans };
        let parts: Vec<&str> = (0..spans.len()).map(|at| cut.word(at)).collect();
        let mut mentions = Vec::new();
        for found in self.names.find(&parts) {
            let entity = table.known(&self.known[found.entity], cut.phrase(found.words.clone()), text);
            mentions.push(Mention { entity, ..found });
        }
        if !content.is_repeated {
            // How far the known names reach that begin at a word or before it.
            let mut reach = vec![0; spans.len() + 1];
            mentions.iter().for_each(|m| reach[m.words.start] = reach[m.words.start].max(m.words.end));
            (1..reach.len()).for_each(|at| reach[at] = reach[at].max(reach[at - 1]));
            for phrase in self.phrases(&cut, content) {
                // A part of a known name is no news, but a longer name around it may be.
                let inside = reach[phrase.words.start] >= phrase.words.end;
                if !inside {
                    let entity = table.new_name(&self.habits, &cut, &phrase, content);
                    mentions.push(Mention { words: phrase.words, entity });
                }
            }
        }
        if mentions.len() <= MOST_NAMES {
            // "Health equity" speaks of health equity, not of equity too.
            let kind = |m: &Mention| table.entities[m.entity].kind.as_deref();
            let inside = |a: &Mention, b: &Mention| {
                let within = b.words.start <= a.words.start && a.words.end <= b.words.end;
                within && a.words != b.words && kind(a) == kind(b)
            };
            let all = mentions.clone();
            mentions.retain(|m| kind(m).is_none() || !all.iter().any(|longer| inside(m, longer)));
        }
        Named { block, text, words: spans, mentions }
    }

    fn phrases(&self, cut: &Cut<'_>, content: &Block) -> Vec<Phrase> {
        let mut phrases = if content.is_links { Vec::new() } else { phrases::proper(cut) };
        if !content.is_links && !phrases::is_notice(cut) {
            phrases.extend(phrases::common(cut));
            phrases.extend(phrases::begun(cut, &self.habits));
        }
        let keys: Vec<String> = (0..cut.words.len()).map(|at| singular(cut.word(at))).collect();
        for (name, _) in content.links.iter().take(MOST_LINKS) {
            let wanted: Vec<String> = words(name).into_iter().map(|w| singular(&name[w])).collect();
            if wanted.len() < 2 || !name.starts_with(char::is_uppercase) {
                continue;
            }
            if let Some(at) = keys.windows(wanted.len()).position(|window| window == wanted) {
                let words = at..at + wanted.len();
                let acronym = phrases.iter().find(|p| p.words == words).and_then(|p| p.acronym);
                phrases.retain(|p| p.words.end <= words.start || words.end <= p.words.start);
                phrases.push(Phrase { words, shape: Shape::LinkWords, acronym });
            }
        }
        phrases
    }

    /// Items and short paragraphs that stand in a row name things of one kind: where the beginning
    /// of one tells its kind, the others have it too.
    fn parallel(&self, blocks: &[Block], named: &mut [Named<'_>], table: &mut Table) {
        let fits = |i: usize| {
            let block = &blocks[i];
            let count = words(&block.text).len();
            let first = block.text.split(' ').next().unwrap_or_default();
            !matches!(block.sort, Sort::Heading(_))
                && !block.is_repeated
                && (3..=LONGEST_ITEM).contains(&count)
                && sentences(&block.text).len() == 1
                && first.starts_with(char::is_uppercase)
                && first.chars().all(char::is_alphabetic)
                && !is_function_word(first)
                && !words(&block.text).into_iter().any(|w| is_address(&block.text[w]))
        };
        let numbers: Vec<usize> = (0..blocks.len()).collect();
        for run in numbers.chunk_by(|a, b| fits(*a) && fits(*b) && blocks[*a].heading == blocks[*b].heading) {
            let told = run.iter().filter_map(|i| {
                let first = words(&blocks[*i].text).into_iter().next()?;
                self.habits.told(Position::First, &singular(&blocks[*i].text[first]))
            });
            let Some((kind, sure)) = told.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|_| run.len() > 2) else {
                continue;
            };
            let first = named.partition_point(|n| n.block < run[0]);
            let last = named.partition_point(|n| n.block < run[0] + run.len());
            for sentence in &mut named[first..last] {
                let all = 0..sentence.words.len();
                if sentence.mentions.iter().any(|m| m.words == all) {
                    continue;
                }
                let cut = Cut { text: sentence.text, words: &sentence.words };
                let entity = table.put(key_of(cut.phrase(all.clone())), || EntityProposal {
                    known: None,
                    name: cut.phrase(all.clone()).to_owned(),
                    acronym: None,
                    kind: Some(kind.clone()),
                    shape: Some(Shape::Item),
                    address: None,
                    score: 0.3 + 0.4 * sure,
                    quote: sentence.text.to_owned(),
                });
                sentence.mentions.push(Mention { words: all, entity });
            }
        }
    }
}

#[cfg(test)]
mod suggest_test;
