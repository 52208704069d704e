//! Which entities hold the words that are asked, best first.

use std::cmp::Ordering;

use super::names::Sameness;
use super::words::Wanted;
use super::{Hit, Hits, SearchIndex, SearchRequest};
use crate::graph::{EntityIx, Graph};
use crate::ontology::KindIx;
use crate::query::filter::Evaluation;
use crate::query::{Budget, Exhausted};

/// Entities that cost as much to pass by as looking at one: their scores lie in a row.
const PASSED_A_STEP: u64 = 64;

/// What the words say of every entity.
struct Ranking {
    /// By entity, how many of the words stand in it.
    matched: Vec<u8>,
    /// By entity, the sum over the words, as a part of what is possible.
    sums: Vec<f32>,
    words: usize,
    /// The entities of which the whole text is a name, in order, with what that is worth.
    named: Vec<(EntityIx, f32)>,
}

impl Ranking {
    /// From how many words match, then how well, to one number below 1; above it where the text is a
    /// name.
    fn score(&self, ix: EntityIx) -> f32 {
        let at = ix.0 as usize;
        let words = (f32::from(self.matched[at]) + self.sums[at]) / (self.words as f32 + 1.0);
        let named = self.named.binary_search_by_key(&ix, |(named, _)| *named);
        named.map_or(0.0, |at| self.named[at].1) + words
    }
}

impl SearchIndex {
    /// Ranks entities by the words of a text. Those with every word are given, or, where there is none
    /// such among what `kinds` and `filter` let through, those with any, by how many they have. Each
    /// word counts in the place where it stands best: an exact word before one that begins like it
    /// before a mistyped one, and names before other properties before quotes, by their weights; words
    /// that few entities have count more. An entity whose name or alias is the whole text comes first.
    /// Stop words count only in names that are the whole text, or where nothing else is asked.
    ///
    /// # Errors
    /// When the budget is brief or spent.
    ///
    /// Cost: linear in how many entities hold each of the words, and one pass over all entities; the
    /// filter is asked of every entity that has the words. Of the words that an unfinished or mistyped
    /// one may stand for, 2,048 are followed in each property and shard (a million entities).
    pub fn search(
        &self,
        graph: &Graph,
        request: &SearchRequest<'_>,
        budget: &Budget,
    ) -> Result<Hits, Exhausted> {
        budget.begin_walk()?;
        let wanted = self.words.wanted(request.text, request.prefix_last, request.fuzzy);
        let ranking = self.rank(graph, &wanted, request.text, false, budget)?;
        let all = choose(graph, request, &ranking, ranking.words.max(1), budget)?;
        if all.total > 0 || wanted.len() < 2 {
            return Ok(all);
        }
        Ok(Hits { all_words: false, ..choose(graph, request, &ranking, 1, budget)? })
    }

    /// The entities, at most `limit`, whose names hold most of the words of `name` or mistyped ones.
    pub(super) fn alike(
        &self,
        graph: &Graph,
        name: &str,
        kinds: Option<&[KindIx]>,
        limit: usize,
        budget: &Budget,
    ) -> Result<Vec<EntityIx>, Exhausted> {
        let wanted = self.words.wanted(name, false, true);
        let ranking = self.rank(graph, &wanted, name, true, budget)?;
        let request = SearchRequest { kinds, fuzzy: true, ..SearchRequest::new(name, limit) };
        Ok(choose(graph, &request, &ranking, 1, budget)?.hits.iter().map(|h| h.entity).collect())
    }

    fn rank(
        &self,
        graph: &Graph,
        wanted: &[Wanted],
        text: &str,
        names_only: bool,
        budget: &Budget,
    ) -> Result<Ranking, Exhausted> {
        let count = graph.entity_count();
        let (mut matched, mut sums, mut best) = (vec![0u8; count], vec![0.0f32; count], vec![0.0f32; count]);
        let mut possible = f32::MIN_POSITIVE;
        for word in wanted {
            budget.spend(count as u64 / PASSED_A_STEP)?;
            self.postings.best(word, names_only, &mut best, budget)?;
            let holders = best.iter().filter(|b| **b > 0.0).count() as f32;
            // The inverse document frequency of BM25, over every way in which the word may stand there.
            let rarity = (1.0 + (count as f32 - holders + 0.5) / (holders + 0.5)).ln();
            possible += rarity * self.postings.best_possible();
            for ((best, matched), sum) in best.iter().zip(&mut matched).zip(&mut sums) {
                *matched += u8::from(*best > 0.0);
                *sum += *best * rarity;
            }
        }
        // Below 1, so that one word more is worth more than any.
        sums.iter_mut().for_each(|sum| *sum = (*sum / possible).min(0.999));
        let mut named = Vec::new();
        for (entity, sameness, _) in self.names.same(graph, &self.words, text) {
            let more = match sameness {
                Sameness::Identifier => continue,
                Sameness::Name => 4.0,
                Sameness::Alias => 3.0,
                Sameness::Normalized => 2.0,
            };
            matched[entity.0 as usize] = wanted.len().max(1) as u8;
            named.push((entity, more));
        }
        Ok(Ranking { matched, sums, words: wanted.len(), named })
    }
}

/// The best of the entities with at least so many words.
fn choose(
    graph: &Graph,
    request: &SearchRequest<'_>,
    ranking: &Ranking,
    at_least: usize,
    budget: &Budget,
) -> Result<Hits, Exhausted> {
    let ontology = graph.ontology();
    let asked: Vec<bool> =
        ontology.kind_indexes().map(|k| request.kinds.is_none_or(|kinds| kinds.contains(&k))).collect();
    let mut counts = vec![0usize; ontology.kinds.len()];
    let mut hits: Vec<Hit> = Vec::new();
    let evaluation = Evaluation::new(graph, budget);
    budget.spend(ranking.matched.len() as u64 / PASSED_A_STEP)?;
    let mut looked = 0;
    for (at, matched) in ranking.matched.iter().enumerate() {
        if usize::from(*matched) < at_least {
            continue;
        }
        looked += 1;
        if looked % PASSED_A_STEP == 0 {
            budget.spend(8)?;
        }
        let ix = EntityIx(at as u32);
        if let Some(filter) = request.filter
            && !evaluation.holds(filter, ix)?
        {
            continue;
        }
        let kind = graph.entity(ix).kind().0 as usize;
        counts[kind] += 1;
        if asked[kind] {
            hits.push(Hit { entity: ix, score: ranking.score(ix) });
        }
    }
    let total = hits.len();
    let before = |a: &Hit, b: &Hit| -> Ordering { b.score.total_cmp(&a.score).then(a.entity.cmp(&b.entity)) };
    if request.limit == 0 {
        hits.clear();
    } else if request.limit < total {
        hits.select_nth_unstable_by(request.limit - 1, before);
        hits.truncate(request.limit);
    }
    hits.sort_unstable_by(before);
    hits.shrink_to_fit();
    let mut facets: Vec<(KindIx, usize)> =
        ontology.kind_indexes().zip(counts).filter(|(_, count)| *count > 0).collect();
    facets.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    Ok(Hits { total, hits, facets, all_words: true })
}
