//! Which relation two things that one sentence names may stand in: by the verbs of the relation,
//! by their kinds, and by how links of other pages were put into words.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use indexmap::IndexSet;

use super::english::{is_function_word, stem};
use super::names::{Mention, Names};
use super::phrases::Cut;
use super::{Example, Known, MOST_NAMES, Pattern};
use crate::io::words::words;

/// How many examples a belief without examples is worth.
const BELIEF: f64 = 2.0;
/// How much likelier a link is whose relation's verb stands between the names.
const VERB: f64 = 8.0;
/// How far learned words may raise or lower the odds, in all.
const MOST_WORDS: f64 = 6.0;
/// Without examples: the share of pairs of fitting kinds in a sentence that a relation joins, for
/// names beside and inside one another. "Improve the health of children" is about children.
const UNLEARNED: [f64; 2] = [0.06, 0.3];
/// Without examples: how much less is believed of a relation for each tenfold of kinds it joins.
const VAGUE: f64 = 0.1;

/// How two names stand to each other in a sentence, seen from the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stand {
    /// The subject first.
    Before,
    /// The object first.
    After,
    /// The object's name inside the subject's.
    Around,
    /// The subject's inside the object's.
    Inside,
    /// The subject in the heading over the object.
    Over,
}

impl Stand {
    /// Whether one name is inside the other.
    pub(crate) fn is_nested(self) -> bool {
        matches!(self, Stand::Around | Stand::Inside)
    }
}

/// Two names of a sentence, as a possible subject and object.
#[derive(Clone, Debug)]
pub(crate) struct Pair<'a> {
    pub(crate) from_kind: &'a str,
    pub(crate) to_kind: &'a str,
    pub(crate) stand: Stand,
    /// The words between them, as stems, in order.
    pub(crate) between: Vec<String>,
}

#[derive(Debug, Default)]
struct Tally {
    pairs: f64,
    links: HashMap<usize, f64>,
}

/// What was learned of each relation.
#[derive(Debug)]
pub(crate) struct Relations {
    patterns: Vec<Rule>,
    by_kinds: HashMap<(String, String), Tally>,
    by_stand: HashMap<(String, String, Stand), Tally>,
    /// For each relation, pairs of fitting kinds beside and inside one another.
    fitting: Vec<[Tally; 2]>,
    /// Of each relation and of none, how often a word stood between.
    words: Vec<HashMap<String, f64>>,
    word_totals: Vec<f64>,
    all_words: HashMap<String, f64>,
    all_total: f64,
    far: [[f64; 4]; 2],
}

/// A pattern made ready.
#[derive(Debug)]
struct Rule {
    relation: String,
    from: HashSet<String>,
    to: HashSet<String>,
    forward: Option<Verb>,
    backward: Option<Verb>,
}

/// The words of a sentence pattern between its two names: those that tell something, as stems.
#[derive(Debug)]
struct Verb {
    stems: Vec<String>,
    by: bool,
}

impl Relations {
    /// Learns from examples. Cost: for each example the pairs of names in its quote.
    pub(crate) fn new(
        known: &[Known],
        names: &Names,
        patterns: &[Pattern],
        examples: &[Example],
    ) -> Relations {
        let mut learned = Relations {
            patterns: patterns.iter().map(Rule::new).collect(),
            by_kinds: HashMap::new(),
            by_stand: HashMap::new(),
            fitting: patterns.iter().map(|_| Default::default()).collect(),
            words: vec![HashMap::new(); patterns.len()],
            word_totals: vec![0.0; patterns.len()],
            all_words: HashMap::new(),
            all_total: 0.0,
            far: [[1.0; 4]; 2],
        };
        let numbers: HashMap<&str, usize> =
            patterns.iter().enumerate().map(|(i, p)| (p.relation.as_str(), i)).collect();
        let mut linked: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for example in examples {
            if let Some(number) = numbers.get(example.relation.as_str()) {
                linked.entry((&example.from, &example.to)).or_default().push(*number);
            }
        }
        // Several links are drawn from one quote; a pair of names in it is one case all the same.
        let quotes: IndexSet<&str> = examples.iter().map(|e| e.quote.as_str()).collect();
        let mut seen: HashSet<(usize, usize, Stand)> = HashSet::new();
        for quote in quotes {
            let spans = words(quote);
            let cut = Cut { text: quote, words: &spans };
            let parts: Vec<&str> = (0..spans.len()).map(|at| cut.word(at)).collect();
            let mentions = names.find(&parts);
            for (a, b) in pairs(&mentions[..mentions.len().min(MOST_NAMES)]) {
                let Some(stand) = stand(&a.words, &b.words) else { continue };
                if a.entity == b.entity || !seen.insert((a.entity, b.entity, stand)) {
                    continue;
                }
                let (from, to) = (&known[a.entity], &known[b.entity]);
                let pair = Pair {
                    from_kind: &from.kind,
                    to_kind: &to.kind,
                    stand,
                    between: between(&cut, &a.words, &b.words),
                };
                let relations =
                    linked.get(&(from.id.as_str(), to.id.as_str())).map_or(&[][..], Vec::as_slice);
                learned.count(&pair, relations);
            }
        }
        learned
    }

    fn count(&mut self, pair: &Pair<'_>, relations: &[usize]) {
        let fits: Vec<usize> = (0..self.patterns.len()).filter(|r| self.patterns[*r].fits(pair)).collect();
        if fits.is_empty() {
            return;
        }
        let kinds = (pair.from_kind.to_owned(), pair.to_kind.to_owned());
        let of_stand = self.by_stand.entry((kinds.0.clone(), kinds.1.clone(), pair.stand)).or_default();
        of_stand.pairs += 1.0;
        relations.iter().for_each(|r| *of_stand.links.entry(*r).or_default() += 1.0);
        let of_kinds = self.by_kinds.entry(kinds).or_default();
        of_kinds.pairs += 1.0;
        relations.iter().for_each(|r| *of_kinds.links.entry(*r).or_default() += 1.0);
        for r in fits {
            let of_fitting = &mut self.fitting[r][usize::from(pair.stand.is_nested())];
            of_fitting.pairs += 1.0;
            *of_fitting.links.entry(r).or_default() += f64::from(u8::from(relations.contains(&r)));
        }
        self.far[usize::from(!relations.is_empty())][farness(pair.between.len())] += 1.0;
        let words: HashSet<&String> = pair.between.iter().collect();
        for word in words {
            *self.all_words.entry(word.clone()).or_default() += 1.0;
            for r in relations {
                *self.words[*r].entry(word.clone()).or_default() += 1.0;
            }
        }
        self.all_total += 1.0;
        relations.iter().for_each(|r| self.word_totals[*r] += 1.0);
    }

    /// The likeliest relation of a pair and how likely it is, from 0 to 1; `None` where no relation
    /// joins such kinds.
    pub(crate) fn likeliest(&self, pair: &Pair<'_>) -> Option<(&str, f64)> {
        let fits = (0..self.patterns.len()).filter(|r| self.patterns[*r].fits(pair));
        let scored = fits.map(|r| (r, self.likelihood(r, pair)));
        let (best, score) = scored.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
        Some((self.patterns[best].relation.as_str(), score))
    }

    fn likelihood(&self, r: usize, pair: &Pair<'_>) -> f64 {
        let share = |tally: Option<&Tally>, belief: f64| {
            let (links, pairs) =
                tally.map_or((0.0, 0.0), |t| (t.links.get(&r).copied().unwrap_or(0.0), t.pairs));
            (links + BELIEF * belief) / (pairs + BELIEF)
        };
        let kinds = (pair.from_kind.to_owned(), pair.to_kind.to_owned());
        let rule = &self.patterns[r];
        let nested = pair.stand.is_nested();
        let kinds_joined = (rule.from.len() * rule.to.len()).max(1) as f64;
        let unlearned = UNLEARNED[usize::from(nested)] * (1.0 - VAGUE * kinds_joined.log10());
        let any = share(Some(&self.fitting[r][usize::from(nested)]), unlearned);
        let of_kinds = share(self.by_kinds.get(&kinds), any);
        let prior = share(self.by_stand.get(&(kinds.0, kinds.1, pair.stand)), of_kinds);
        let said = match pair.stand {
            Stand::Before | Stand::Over => rule.forward.as_ref().is_some_and(|v| v.stands_in(&pair.between)),
            Stand::After => rule.backward.as_ref().is_some_and(|v| v.stands_in(&pair.between)),
            Stand::Around | Stand::Inside => false,
        };
        let far = {
            let at = farness(pair.between.len());
            let of = |row: &[f64; 4]| row[at] / row.iter().sum::<f64>();
            of(&self.far[1]) / of(&self.far[0])
        };
        let odds = prior / (1.0 - prior).max(1e-6)
            * if said { VERB } else { 1.0 }
            * if nested { 1.0 } else { far * self.by_words(r, &pair.between) };
        odds / (1.0 + odds)
    }

    /// How much the words between speak for a relation: the two that say most.
    fn by_words(&self, r: usize, between: &[String]) -> f64 {
        let told = between.iter().collect::<HashSet<_>>().into_iter().map(|word| {
            let base = (self.all_words.get(word).copied().unwrap_or(0.0) + 0.5) / (self.all_total + 1.0);
            let here = (self.words[r].get(word).copied().unwrap_or(0.0) + base) / (self.word_totals[r] + 1.0);
            (here / base).ln()
        });
        let mut told: Vec<f64> = told.collect();
        told.sort_by(|a, b| b.abs().total_cmp(&a.abs()).then(a.total_cmp(b)));
        told.iter().take(2).sum::<f64>().exp().clamp(1.0 / MOST_WORDS, MOST_WORDS)
    }
}

impl Rule {
    fn new(pattern: &Pattern) -> Rule {
        let verb = |template: &str| {
            let (a, b) = (template.find("{from}")?, template.find("{to}")?);
            let between = if a < b { &template[a + 6..b] } else { &template[b + 4..a] };
            Verb::new(between)
        };
        let forward = verb(&pattern.sentence);
        let backward = pattern.inverse_sentence.as_deref().and_then(verb);
        Rule {
            relation: pattern.relation.clone(),
            from: pattern.from_kinds.iter().cloned().collect(),
            to: pattern.to_kinds.iter().cloned().collect(),
            forward,
            backward,
        }
    }

    fn fits(&self, pair: &Pair<'_>) -> bool {
        self.from.contains(pair.from_kind) && self.to.contains(pair.to_kind)
    }
}

impl Verb {
    fn new(text: &str) -> Option<Verb> {
        let parts: Vec<&str> = words(text).into_iter().map(|w| &text[w]).collect();
        let stems: Vec<String> = parts.iter().filter(|p| !is_function_word(p)).map(|p| stem(p)).collect();
        (!stems.is_empty()).then(|| Verb { stems, by: parts.last() == Some(&"by") })
    }

    fn stands_in(&self, between: &[String]) -> bool {
        let at =
            self.stems.iter().map(|s| between.iter().position(|b| b == s)).collect::<Option<Vec<usize>>>();
        let Some(last) = at.and_then(|at| at.into_iter().max()) else { return false };
        // "Funded by", "paid for by".
        self.by == between.iter().skip(last + 1).take(2).any(|word| word == "by")
    }
}

/// Every two mentions, in both orders.
pub(crate) fn pairs(mentions: &[Mention]) -> impl Iterator<Item = (&Mention, &Mention)> {
    mentions.iter().flat_map(move |a| mentions.iter().map(move |b| (a, b)))
}

/// How the words of a subject stand to those of an object; `None` where they are the same or cross.
pub(crate) fn stand(from: &Range<usize>, to: &Range<usize>) -> Option<Stand> {
    if from.end <= to.start {
        Some(Stand::Before)
    } else if to.end <= from.start {
        Some(Stand::After)
    } else if from == to {
        None
    } else if from.start <= to.start && to.end <= from.end {
        Some(Stand::Around)
    } else if to.start <= from.start && from.end <= to.end {
        Some(Stand::Inside)
    } else {
        None
    }
}

/// Whether two names stand in one list, joined by "and" or "or" and nothing else.
pub(crate) fn is_joined(stand: Stand, between: &[String]) -> bool {
    let only = between.iter().all(|w| matches!(w.as_str(), "and" | "or" | "the" | "a" | "an"));
    matches!(stand, Stand::Before | Stand::After)
        && only
        && between.iter().any(|w| matches!(w.as_str(), "and" | "or"))
}

/// The stems of the words between two stretches of a sentence.
pub(crate) fn between(cut: &Cut<'_>, a: &Range<usize>, b: &Range<usize>) -> Vec<String> {
    let (start, end) = (a.end.min(b.end), a.start.max(b.start));
    (start..end.max(start)).map(|at| stem(cut.word(at))).collect()
}

/// How far apart, in four steps.
fn farness(words: usize) -> usize {
    match words {
        0..=2 => 0,
        3..=6 => 1,
        7..=14 => 2,
        _ => 3,
    }
}
