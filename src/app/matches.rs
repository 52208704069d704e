//! Which entities of several data sets may be one: what shares an identifier is, what shares a name may
//! be. Suggestions for a file that people review; nothing is merged here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value as Json, json};

use crate::graph::{Change, EntityDraft};
use crate::io::json_lines::DECISIONS;
use crate::io::{self, Input};
use crate::ontology::{Faults, Ontology};

/// Entities of one name beyond which the name says nothing.
const OF_ONE_NAME: usize = 20;

/// Suggested matches, and how many pairs were decided before.
#[derive(Debug, Default)]
pub struct Matches {
    /// Lines for the match file, the surest first.
    pub lines: Vec<Json>,
    /// Pairs that the data decide already, one way or the other.
    pub decided: usize,
}

/// Why two may be one, and how sure that is, from 0 to 1.
struct Reasons {
    score: f64,
    reasons: Vec<String>,
}

/// Looks through data for entities of one kind that may be one. Pairs that share an identifier are
/// decided SAME, all others are UNDECIDED; pairs that a match or a merge of the data decides are left
/// out. The first of a pair is the one that comes first. Cost: linear in the data, but for names that up
/// to 20 entities share. Memory: names and identifiers.
///
/// # Errors
/// What cannot be read.
pub fn suggest(ontology: &Ontology, inputs: Vec<Input>) -> Result<Matches, Faults> {
    let apart = io::told_apart(&inputs);
    let long_forms = long_forms(ontology);
    let mut drafts: Vec<(String, String)> = Vec::new();
    let mut by_identifier: HashMap<(String, String, String), Vec<usize>> = HashMap::new();
    let mut by_name: BTreeMap<(String, String), Vec<(usize, bool)>> = BTreeMap::new();
    let mut merged: Vec<(String, String)> = Vec::new();
    let reading = io::read(inputs, |block, _| {
        for (_, change) in block {
            match change {
                Change::AddEntity(draft) => {
                    let at = drafts.len();
                    for (scheme, value) in identifiers(ontology, &draft) {
                        by_identifier.entry((draft.kind.clone(), scheme, value)).or_default().push(at);
                    }
                    for (name, is_alias) in names(&draft) {
                        let words = readable(ontology, &long_forms, &name);
                        if !words.is_empty() {
                            by_name.entry((draft.kind.clone(), words)).or_default().push((at, is_alias));
                        }
                    }
                    drafts.push((draft.id.clone(), draft.kind.clone()));
                }
                Change::Merge { from, into } => merged.push((into, from)),
                _ => {}
            }
        }
    });
    if !reading.faults.is_empty() {
        return Err(Faults(reading.faults));
    }
    let decided = Decided::of(&merged);
    let mut pairs: BTreeMap<(usize, usize), Reasons> = BTreeMap::new();
    let mut add = |a: usize, b: usize, score: f64, reason: String| {
        if a == b || drafts[a].0 == drafts[b].0 {
            return;
        }
        let pair = pairs.entry((a.min(b), a.max(b)));
        let reasons = pair.or_insert(Reasons { score: 0.0, reasons: Vec::new() });
        reasons.score = reasons.score.max(score);
        reasons.reasons.push(reason);
    };
    for ((_, scheme, value), all) in &by_identifier {
        let first = all[0];
        all[1..]
            .iter()
            .for_each(|at| add(first, *at, 1.0, format!("both have the identifier {scheme} {value}")));
    }
    for ((_, words), all) in &by_name {
        let distinct: BTreeSet<usize> = all.iter().map(|(at, _)| *at).collect();
        if distinct.len() > OF_ONE_NAME {
            continue;
        }
        for (place, (a, a_alias)) in all.iter().enumerate() {
            for (b, b_alias) in &all[place + 1..] {
                // A short form alone says less than a name, and a name of one word less than a longer one.
                let long = words.contains(' ');
                let score = match (a_alias | b_alias, long) {
                    (false, true) => 0.9,
                    (false, false) | (true, true) => 0.7,
                    (true, false) => 0.5,
                };
                add(*a, *b, score, format!("both are called “{words}”"));
            }
        }
    }
    let mut all: Vec<_> = pairs.into_iter().collect();
    all.sort_by(|(a, first), (b, second)| second.score.total_cmp(&first.score).then(a.cmp(b)));
    let mut matches = Matches::default();
    for ((a, b), mut found) in all {
        let ids = (&*drafts[a].0, &*drafts[b].0);
        let is_apart = |a: &str, b: &str| apart.contains(&[a.to_owned(), b.to_owned()]);
        if decided.same(ids.0, ids.1) || is_apart(ids.0, ids.1) || is_apart(ids.1, ids.0) {
            matches.decided += 1;
            continue;
        }
        found.reasons.sort();
        found.reasons.dedup();
        let decision = DECISIONS[if found.score < 1.0 { 2 } else { 0 }];
        let mut line = Map::new();
        line.insert("match".into(), json!([ids.0, ids.1]));
        line.insert("decision".into(), json!(decision));
        line.insert("score".into(), json!(found.score));
        line.insert("reasons".into(), json!(found.reasons));
        matches.lines.push(Json::Object(line));
    }
    Ok(matches)
}

/// Which ids the data make one already.
struct Decided<'a>(HashMap<&'a str, &'a str>);

impl<'a> Decided<'a> {
    fn of(merged: &'a [(String, String)]) -> Decided<'a> {
        Decided(merged.iter().map(|(into, from)| (&**from, &**into)).collect())
    }
    fn last<'s>(&'s self, id: &'s str) -> &'s str {
        let mut at = id;
        // A merge into what is merged itself; the bound is for data that go in circles.
        for _ in 0..=self.0.len() {
            match self.0.get(at) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }
    fn same(&self, a: &str, b: &str) -> bool {
        self.last(a) == self.last(b)
    }
}

fn identifiers(ontology: &Ontology, draft: &EntityDraft) -> Vec<(String, String)> {
    let mut all = draft.identifiers.clone();
    let Some(kind) = ontology.kind_named(&draft.kind) else { return all };
    for (name, value) in &draft.properties {
        let property = ontology.property_of(kind, name).map(|ix| ontology.property(ix));
        let Some(scheme) = property.and_then(|p| p.identifier.clone()) else { continue };
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        all.extend(values.iter().filter_map(Json::as_str).map(|v| (scheme.clone(), v.to_owned())));
    }
    all
}

/// Its name and its other names, and whether each is one of the latter.
fn names(draft: &EntityDraft) -> Vec<(String, bool)> {
    let name = draft.properties.get("name").and_then(Json::as_str).map(|name| (name.to_owned(), false));
    let aliases = draft.properties.get("aliases").and_then(Json::as_array);
    let aliases = aliases.into_iter().flatten().filter_map(Json::as_str);
    name.into_iter().chain(aliases.map(|alias| (alias.to_owned(), true))).collect()
}

/// What each short form stands for, where it stands for one thing.
fn long_forms(ontology: &Ontology) -> HashMap<&str, &str> {
    let mut forms: HashMap<&str, &str> = HashMap::new();
    let mut several = HashSet::new();
    for abbreviation in &ontology.abbreviations {
        for form in &abbreviation.forms {
            if forms.insert(form, &abbreviation.of).is_some() {
                several.insert(form.as_str());
            }
        }
    }
    forms.retain(|form, _| !several.contains(form));
    forms
}

/// A name as it is compared: words in lower case without signs and stop words, short forms written out,
/// in alphabetical order.
fn readable(ontology: &Ontology, long_forms: &HashMap<&str, &str>, name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words = words.flat_map(|word| long_forms.get(word).copied().unwrap_or(word).split(' '));
    let mut words: Vec<&str> =
        words.filter(|word| !ontology.stop_words.iter().any(|stop| stop == word)).collect();
    words.sort_unstable();
    words.join(" ")
}
