//! What became of a quote whose words no longer stand in the text.
//!
//! Four ways, surest first: the same words among others; the same words with other marks or
//! capitals; what stands between the same surroundings; and the place that shares most words with
//! the quote, found by votes of its rare words and measured by an edit distance over words.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::{Text, USUAL_CONTEXT};
use crate::io::sentences;
use crate::io::words::{plain_words, words};

/// Suggestions below this are not given. Of the seed's 127 quotes, looked for in the page they are
/// not from, 5 come above it: short ones, or such as differ by a name.
pub const LEAST_SCORE: f64 = 0.5;

/// Quotes of more words are not looked for by likeness: the time grows with their square.
const MOST_WORDS: usize = 4_000;
/// How many places are measured, and how many cells of the measure's table in all.
const MOST_PLACES: usize = 8;
const MOST_CELLS: usize = 1 << 26;
/// How many places of words may vote; the rarest words vote first.
const MOST_VOTES: usize = 1 << 16;
/// How much of a score is what stands around the words, where a prefix or suffix was given.
const CONTEXT_SHARE: f64 = 0.2;
/// What a word that was put in costs, beside one that was left out: texts grow more than they shrink.
const ADDED: f32 = 0.4;

/// How a suggestion was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// Nothing moved: the words stand there, between their prefix and suffix.
    Same,
    /// The words stand there, in other surroundings.
    Surroundings,
    /// The same words stand there with other capitals or marks.
    Spelling,
    /// It stands between the same surroundings.
    Between,
    /// It shares most of its words.
    Words,
}

/// What a quote may have become: words of the text, to be judged by a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// Where it stands.
    pub range: Range<usize>,
    /// The words of the text.
    pub quote: String,
    /// What tells the place, before.
    pub prefix: String,
    /// What tells the place, after.
    pub suffix: String,
    /// How like it is, from [`LEAST_SCORE`] to 1.
    pub score: f64,
    /// How it was come by.
    pub how: How,
}

/// How like a passage is, where it stands, and how it was come by.
type Candidate = (f64, Range<usize>, How);

/// The quote, as the text numbers its words.
struct Wanted {
    ids: Vec<Option<u32>>,
    plain: Vec<String>,
    weights: Vec<f32>,
    total: f32,
    before: Vec<Option<u32>>,
    after: Vec<Option<u32>>,
    is_sentence: bool,
}

impl Text {
    /// The passage that a quote became, or where it went; `None` where nothing is like enough.
    /// Prefix and suffix may be empty. It never says that the passage means the same.
    ///
    /// Cost: linear in the text and in the occurrences of the quote's words, and quadratic in the
    /// words of the quote.
    ///
    /// ```
    /// use throughline::io::passage::{How, Text};
    /// let text = Text::new("In July 2023 the Department released its long awaited report on deaths.");
    /// let found = text.moved("the Department released a report on deaths", "", "").unwrap();
    /// assert_eq!(found.quote, "the Department released its long awaited report on deaths");
    /// assert_eq!(found.how, How::Words);
    /// assert!(text.moved("nothing of the sort was ever said", "", "").is_none());
    /// ```
    pub fn moved(&self, quote: &str, prefix: &str, suffix: &str) -> Option<Suggestion> {
        if let Some(range) = self.find(quote, prefix, suffix).first() {
            return Some(self.suggestion(range.clone(), 1.0, How::Same));
        }
        let wanted = self.wanted(quote, prefix, suffix);
        let surest = [Text::elsewhere, Text::spelled, Text::alike].iter().find_map(|stage| {
            let scored = stage(self, &wanted, quote).into_iter().map(|(likeness, range, how)| {
                let score = likeness * self.around_likeness(&wanted, &self.run_of(&range));
                (score, range, how)
            });
            let enough = scored.filter(|(score, _, _)| *score >= LEAST_SCORE);
            enough.reduce(|best, next| if next.0 > best.0 { next } else { best })
        });
        surest.map(|(score, range, how)| self.suggestion(range, score, how))
    }

    fn elsewhere(&self, _: &Wanted, quote: &str) -> Vec<Candidate> {
        self.find(quote, "", "").into_iter().map(|range| (1.0, range, How::Surroundings)).collect()
    }

    fn spelled(&self, _: &Wanted, quote: &str) -> Vec<Candidate> {
        let ranges = self.runs(quote).into_iter().map(|run| self.dressed(run, quote, quote));
        let likeness = |range: &Range<usize>| strsim::sorensen_dice(quote, &self.text[range.clone()]);
        ranges.map(|range| (0.9 + 0.09 * likeness(&range), range, How::Spelling)).collect()
    }

    fn alike(&self, wanted: &Wanted, quote: &str) -> Vec<Candidate> {
        if !(1..=MOST_WORDS).contains(&wanted.ids.len()) {
            return Vec::new();
        }
        let between = self.between(wanted).into_iter().map(|run| (run, How::Between));
        let voted = self.voted(wanted).into_iter().map(|window| (window, How::Words));
        let measured = between.chain(voted).filter_map(|(stretch, how)| {
            let (cost, run) = self.align(wanted, stretch, how == How::Words)?;
            let range = self.dressed(run, quote, quote);
            let widen = how == How::Words && wanted.is_sentence;
            let range = if widen { self.whole_sentence(range, wanted) } else { range };
            Some((1.0 - f64::from(cost / wanted.total), range, how))
        });
        measured.collect()
    }

    fn suggestion(&self, range: Range<usize>, score: f64, how: How) -> Suggestion {
        let (prefix, suffix) = self.context(range.clone(), USUAL_CONTEXT);
        Suggestion { quote: self.text[range.clone()].to_owned(), range, prefix, suffix, score, how }
    }

    fn wanted(&self, quote: &str, prefix: &str, suffix: &str) -> Wanted {
        let plain = plain_words(quote);
        let weights: Vec<f32> = plain.iter().map(|w| if w.chars().count() > 3 { 1.0 } else { 0.5 }).collect();
        let ends = quote.trim_end().ends_with(['.', '!', '?', '”', '"']);
        Wanted {
            ids: self.known(quote),
            plain,
            total: weights.iter().sum(),
            weights,
            before: self.known(prefix),
            after: self.known(suffix),
            is_sentence: ends
                && quote.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(char::is_uppercase),
        }
    }

    /// The words in a range of bytes.
    fn run_of(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.words.partition_point(|w| w.end <= range.start);
        start..self.words.partition_point(|w| w.start < range.end).max(start)
    }

    /// What likeness is multiplied with for what stands around it: 1 where the surroundings are the
    /// same or none were given.
    fn around_likeness(&self, wanted: &Wanted, run: &Range<usize>) -> f64 {
        let all = wanted.before.len() + wanted.after.len();
        if all == 0 {
            return 1.0;
        }
        let near = |range: Range<usize>, of: &[Option<u32>]| {
            let here: HashSet<u32> = self.ids[range].iter().copied().collect();
            of.iter().flatten().filter(|id| here.contains(id)).count()
        };
        let room = |words: usize| words + words / 2 + 1;
        let before = run.start.saturating_sub(room(wanted.before.len()))..run.start;
        let after = run.end..self.ids.len().min(run.end + room(wanted.after.len()));
        let same = near(before, &wanted.before) + near(after, &wanted.after);
        1.0 - CONTEXT_SHARE + CONTEXT_SHARE * (same as f64 / all as f64).min(1.0)
    }

    /// What stands between the nearest words of the prefix and of the suffix.
    fn between(&self, wanted: &Wanted) -> Vec<Range<usize>> {
        let longest = |words: &[Option<u32>], at_end: bool| -> (Vec<usize>, usize) {
            for count in (1..=words.len().min(6)).rev() {
                let part = if at_end { &words[words.len() - count..] } else { &words[..count] };
                let part: Option<Vec<u32>> = part.iter().copied().collect();
                let places = part.map(|p| self.places_of_all(&p)).unwrap_or_default();
                if !places.is_empty() {
                    return (places, count);
                }
            }
            (Vec::new(), 0)
        };
        let (befores, count) = longest(&wanted.before, true);
        let (afters, more) = longest(&wanted.after, false);
        if count + more < 3 {
            // Single words before and after stand around anything.
            return Vec::new();
        }
        let most = wanted.ids.len() * 3 + 12;
        let gaps = befores.iter().filter_map(|before| {
            let start = before + count;
            let end = *afters.get(afters.partition_point(|after| *after <= start))?;
            (end - start <= most).then_some(start..end)
        });
        gaps.take(MOST_PLACES).collect()
    }

    fn places_of_all(&self, ids: &[u32]) -> Vec<usize> {
        let Some(first) = ids.first() else { return Vec::new() };
        let places = self.places_of(*first).iter().map(|p| *p as usize);
        places.filter(|p| self.ids[*p..].starts_with(ids)).collect()
    }

    /// Stretches of words that hold many words of the quote in about its order, best first.
    fn voted(&self, wanted: &Wanted) -> Vec<Range<usize>> {
        let count = wanted.ids.len();
        let bucket = (count / 2).max(6) as i64;
        let mut positions: Vec<(usize, u32)> =
            wanted.ids.iter().enumerate().filter_map(|(i, id)| Some((i, (*id)?))).collect();
        positions.sort_by_key(|(i, id)| (self.places_of(*id).len(), *i));
        let mut votes: HashMap<i64, f32> = HashMap::new();
        let mut cast = 0;
        for (i, id) in positions {
            let places = self.places_of(id);
            cast += places.len();
            if cast > MOST_VOTES {
                break;
            }
            let rarity = (1.0 + self.ids.len() as f32 / places.len() as f32).ln();
            for place in places {
                // Each place votes for two stretches that overlap by half, so that none is cut in two.
                let stretch = (i64::from(*place) - i as i64).div_euclid(bucket);
                *votes.entry(stretch).or_default() += rarity;
                *votes.entry(stretch - 1).or_default() += rarity;
            }
        }
        let mut best: Vec<(i64, f32)> = votes.into_iter().collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let most = (MOST_CELLS / (count * count * 3)).clamp(1, MOST_PLACES);
        let clip = |at: i64| at.clamp(0, self.ids.len() as i64) as usize;
        let windows = best.into_iter().take(most).map(|(stretch, _)| {
            let start = stretch * bucket;
            clip(start - bucket / 2)..clip(start + 2 * bucket + count as i64 + bucket / 2)
        });
        windows.filter(|w| !w.is_empty()).collect()
    }

    /// The least cost of making the quote into words of the stretch, and into which: all of them,
    /// or where `free` any run of them.
    fn align(&self, wanted: &Wanted, stretch: Range<usize>, free: bool) -> Option<(f32, Range<usize>)> {
        let text = &self.ids[stretch.clone()];
        let weight_of = |id: u32| if self.word(id).chars().count() > 3 { ADDED } else { ADDED / 2.0 };
        let added: Vec<f32> = text.iter().map(|id| weight_of(*id)).collect();
        // A cell: the cost so far, and where in the stretch it began.
        let mut row: Vec<(f32, usize)> = vec![(0.0, 0); text.len() + 1];
        for j in 1..row.len() {
            row[j] = if free { (0.0, j) } else { (row[j - 1].0 + added[j - 1], 0) };
        }
        for (i, weight) in wanted.weights.iter().enumerate() {
            let mut diagonal = row[0];
            row[0].0 += weight;
            for j in 1..row.len() {
                let swap = diagonal.0 + weight * self.unlikeness(wanted, i, text[j - 1]);
                let (left_out, put_in) = (row[j].0 + weight, row[j - 1].0 + added[j - 1]);
                // Equal costs take the swap: a rewritten beginning then belongs to the passage.
                let next = if swap <= left_out && swap <= put_in {
                    (swap, diagonal.1)
                } else if left_out <= put_in {
                    (left_out, row[j].1)
                } else {
                    (put_in, row[j - 1].1)
                };
                diagonal = std::mem::replace(&mut row[j], next);
            }
        }
        let last = row.len() - 1;
        let end = if free { (0..=last).min_by(|a, b| row[*a].0.total_cmp(&row[*b].0))? } else { last };
        let (cost, start) = row[end];
        (start < end).then(|| (cost, stretch.start + start..stretch.start + end))
    }
    /// 0 for the same word, 1 for another, between for one that differs by little.
    fn unlikeness(&self, wanted: &Wanted, at: usize, id: u32) -> f32 {
        if wanted.ids[at] == Some(id) {
            return 0.0;
        }
        let (a, b) = (wanted.plain[at].as_bytes(), self.word(id).as_bytes());
        let longest = a.len().max(b.len());
        if a.first() != b.first() || a.len().min(b.len()) < 4 {
            return 1.0;
        }
        // Not an edit distance: this is asked for every cell of a table.
        let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let rest = a[same..].iter().rev().zip(b[same..].iter().rev()).take_while(|(a, b)| a == b).count();
        if (same + rest) * 10 >= longest * 7 { 0.3 } else { 1.0 }
    }

    /// A passage that answers a whole sentence, widened to its sentence where little is missing.
    fn whole_sentence(&self, range: Range<usize>, wanted: &Wanted) -> Range<usize> {
        let whole = sentences::around(&self.text, range.clone());
        let most = (wanted.ids.len() / 4).max(2);
        let little = |missing: Range<usize>| words(&self.text[missing]).len() <= most;
        let start = if little(whole.start..range.start) { whole.start } else { range.start };
        start..if little(range.end..whole.end) { whole.end } else { range.end }
    }
}
