//! Links between the names of a sentence, or between a heading and the items under it.

use std::collections::HashMap;

use super::blocks::{Block, Sort};
use super::names::{Habits, Mention};
use super::phrases::Cut;
use super::relations::{Pair, Relations, Stand, between, is_joined, pairs, stand};
use super::{EntityProposal, LEAST_SCORE, LinkProposal, MOST_NAMES, Named};

/// The likeliest link of each pair of entities, likeliest first.
pub(super) fn links<'a>(
    relations: &Relations,
    habits: &'a Habits,
    blocks: &[Block],
    named: &[Named<'_>],
    entities: &'a [EntityProposal],
) -> Vec<LinkProposal> {
    let mut best: HashMap<(usize, usize), LinkProposal> = HashMap::new();
    let mut offer = |from: usize, to: usize, stand: Stand, between: Vec<String>, quote: &str| {
        let (subject, object) = (&entities[from], &entities[to]);
        if from == to || is_joined(stand, &between) {
            return;
        }
        // Without a habit a name leans to the kind that most names of its shape have.
        let kind = |e: &'a EntityProposal| match &e.kind {
            Some(kind) => Some((kind.as_str(), 1.0)),
            None => habits.leaning(e.shape?),
        };
        let (Some((from_kind, from_share)), Some((to_kind, to_share))) = (kind(subject), kind(object)) else {
            return;
        };
        let pair = Pair { from_kind, to_kind, stand, between };
        let Some((relation, likely)) = relations.likeliest(&pair) else { return };
        // Ends that hang together are right or wrong together, so their doubts count once.
        let score = likely * (subject.score * object.score).sqrt() * from_share * to_share;
        let before = best.get(&(from, to)).or_else(|| best.get(&(to, from)));
        if score < LEAST_SCORE || before.is_some_and(|before| before.score >= score) {
            return;
        }
        best.remove(&(to, from));
        let link = LinkProposal { from, to, relation: relation.to_owned(), score, quote: quote.to_owned() };
        best.insert((from, to), link);
    };
    let mut headings: HashMap<usize, Vec<&Mention>> = HashMap::new();
    for sentence in named.iter().filter(|n| matches!(blocks[n.block].sort, Sort::Heading(_))) {
        headings.entry(sentence.block).or_default().extend(&sentence.mentions);
    }
    for sentence in named.iter().filter(|n| n.mentions.len() <= MOST_NAMES) {
        let cut = Cut { text: sentence.text, words: &sentence.words };
        for (a, b) in pairs(&sentence.mentions) {
            if let Some(stand) = stand(&a.words, &b.words) {
                offer(a.entity, b.entity, stand, between(&cut, &a.words, &b.words), sentence.text);
            }
        }
        let block = &blocks[sentence.block];
        let heading = block.heading.filter(|_| block.sort == Sort::Item);
        for a in heading.and_then(|heading| headings.get(&heading)).into_iter().flatten() {
            for b in &sentence.mentions {
                offer(a.entity, b.entity, Stand::Over, Vec::new(), sentence.text);
            }
        }
    }
    let mut links: Vec<LinkProposal> = best.into_values().collect();
    links.sort_by(|a, b| b.score.total_cmp(&a.score).then((a.from, a.to).cmp(&(b.from, b.to))));
    links
}
