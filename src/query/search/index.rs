//! The inverted index: which words stand where, how often. tantivy writes and reads it, in memory;
//! a shard holds a run of entities, so that two threads can build and a document's number plus the
//! first of its shard is the entity's position.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use tantivy::directory::RamDirectory;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::SegmentReader;
use tantivy::postings::TermInfo;
use tantivy::query::{DfaWrapper, FuzzyTermQuery};
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{Index, InvertedIndexReader, TantivyDocument, Term};

use super::words::{Closeness, Wanted, Words};
use crate::graph::{Datum, EntityIx, Graph, Owner};
use crate::ontology::{Direction, Ontology, PropertyIx};
use crate::query::{Budget, Exhausted};

/// The weight of a quote, whatever the ontology: the words are a source's, not the entity's.
const QUOTE_WEIGHT: f32 = 0.5;
/// What is left of the name's weight in its acronym.
const ACRONYM_FACTOR: f32 = 0.8;
/// Words of one field that an unfinished or mistyped one may stand for.
const MAX_VARIANTS: usize = 2_048;
/// BM25's constants, at their usual values: how soon repetition stops counting, how much length does.
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// What making the automaton of a mistyped word costs: about a millisecond.
const AUTOMATON_STEPS: u64 = 10_000;
/// Postings that cost as much as looking at one entity: they are read in blocks, in a row.
const POSTINGS_A_STEP: u64 = 16;
/// Entities below which a second thread costs more than it saves.
const TWO_THREADS: usize = 4_096;
/// Entities of one shard at most: a writer addresses 4 GB.
const SHARD_ENTITIES: usize = 1_000_000;
/// What a writer sizes its table of words by, in bytes.
const WRITER_MEMORY: usize = 100_000_000;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// The values of a property.
    Property(PropertyIx),
    /// The acronyms of the names.
    Acronyms,
    /// The quotes of the entity and of its links.
    Quotes,
}

/// A field, its weight and whether it holds names.
#[derive(Clone, Copy, Debug)]
struct IndexedField {
    holds: Holds,
    field: Field,
    weight: f32,
    of_names: bool,
}

/// Which words stand where.
pub(super) struct Postings {
    places: Vec<IndexedField>,
    shards: Vec<Shard>,
    /// By place, how long the text of an entity that has one is.
    mean_lengths: Vec<f32>,
}

struct Shard {
    first: u32,
    size: u32,
    /// Reader and lengths by place.
    fields: Vec<(Arc<InvertedIndexReader>, FieldNormReader)>,
    /// By place, how many entities have a text there.
    filled: Vec<u64>,
}

impl Postings {
    /// How many shards a graph of that size is cut into.
    pub(super) fn shards_of(entities: usize) -> usize {
        match entities {
            0..TWO_THREADS => 1,
            _ => 2 * entities.div_ceil(2 * SHARD_ENTITIES),
        }
    }

    /// Indexes every entity, in so many shards of one size; what is found does not depend on how many.
    /// Cost: linear in all texts and quotes; two threads share the shards.
    pub(super) fn build(graph: &Graph, words: &Words, shards: usize) -> Postings {
        let (places, schema) = places(graph.ontology());
        let count = graph.entity_count();
        let ends: Vec<u32> = (0..=shards).map(|at| (count * at / shards.max(1)) as u32).collect();
        let runs: Vec<Range<u32>> = ends.windows(2).map(|w| w[0]..w[1]).filter(|r| !r.is_empty()).collect();
        #[expect(clippy::expect_used, reason = "it writes into memory, and no text is refused")]
        let write = |runs: &[Range<u32>]| -> Vec<Shard> {
            let written = runs.iter().map(|run| write(graph, words, &places, &schema, run.clone()));
            written.collect::<tantivy::Result<_>>().expect("memory takes every word")
        };
        let shards = std::thread::scope(|scope| {
            let (one, other) = runs.split_at(runs.len().div_ceil(2));
            let other = (!other.is_empty()).then(|| scope.spawn(|| write(other)));
            let mut shards = write(one);
            #[expect(clippy::expect_used, reason = "it panics only where the same work here would")]
            shards.extend(other.into_iter().flat_map(|o| o.join().expect("it is written like this one")));
            shards
        });
        let mean = |at: usize| {
            let words: u64 = shards.iter().map(|s| s.fields[at].0.total_num_tokens()).sum();
            let filled: u64 = shards.iter().map(|s| s.filled[at]).sum();
            (words as f32 / filled.max(1) as f32).max(1.0)
        };
        let mean_lengths = (0..places.len()).map(mean).collect();
        Postings { places, shards, mean_lengths }
    }

    /// The greatest weight times the greatest that repetition can make of it.
    pub(super) fn best_possible(&self) -> f32 {
        self.places.iter().map(|p| p.weight).fold(0.0, f32::max) * (K1 + 1.0)
    }

    /// Writes into `best`, by entity, how well `wanted` stands in the place where it stands best: the
    /// place's weight, times what is left of it for a word that is only close, times BM25's factor for
    /// frequency and length (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009, 3.4).
    /// 0 where it stands nowhere. Cost: linear in the postings of all words that are close to it.
    ///
    /// # Errors
    /// When the budget is spent.
    pub(super) fn best(
        &self,
        wanted: &Wanted,
        names_only: bool,
        best: &mut [f32],
        budget: &Budget,
    ) -> Result<(), Exhausted> {
        best.fill(0.0);
        // Schulz and Mihov, Fast string correction with Levenshtein automata, 2002, two neighbouring
        // letters in the wrong order counting as one error.
        let letters = || {
            FuzzyTermQuery::new(Term::from_field_text(self.places[0].field, &wanted.raw), wanted.typos, true)
        };
        let mistyped = if wanted.typos > 0 { letters().automaton().ok() } else { None };
        budget.spend(if wanted.typos > 0 { AUTOMATON_STEPS } else { 0 })?;
        for (at, place) in self.places.iter().enumerate() {
            if names_only && !place.of_names {
                continue;
            }
            let mut norms = [0.0f32; 256];
            for (id, norm) in norms.iter_mut().enumerate() {
                let length = FieldNormReader::id_to_fieldnorm(id as u8) as f32;
                *norm = K1 * (1.0 - B + B * length / self.mean_lengths[at]);
            }
            for shard in &self.shards {
                let (index, lengths) = &shard.fields[at];
                let best = &mut best[shard.first as usize..][..shard.size as usize];
                for (term, closeness) in variants(index, place, wanted, mistyped.as_ref()) {
                    budget.spend(1 + u64::from(term.doc_freq) / POSTINGS_A_STEP)?;
                    let weight = place.weight * closeness.factor() * (K1 + 1.0);
                    let read = index.read_block_postings_from_terminfo(&term, IndexRecordOption::WithFreqs);
                    let Ok(mut block) = read else { continue };
                    while !block.docs().is_empty() {
                        for (doc, frequency) in block.docs().iter().zip(block.freqs()) {
                            let frequency = *frequency as f32;
                            let norm = norms[lengths.fieldnorm_id(*doc) as usize];
                            let score = weight * frequency / (frequency + norm);
                            let best = &mut best[*doc as usize];
                            *best = best.max(score);
                        }
                        block.advance();
                    }
                }
            }
        }
        Ok(())
    }

    /// The entities one of whose names has that acronym.
    pub(super) fn of_acronym(&self, acronym: &str) -> Vec<EntityIx> {
        let mut found = Vec::new();
        let Some(at) = self.places.iter().position(|p| p.holds == Holds::Acronyms) else { return found };
        for shard in &self.shards {
            let index = &shard.fields[at].0;
            let Some(term) = index.terms().get(acronym).ok().flatten() else { continue };
            let read = index.read_block_postings_from_terminfo(&term, IndexRecordOption::Basic);
            let Ok(mut block) = read else { continue };
            while !block.docs().is_empty() {
                found.extend(block.docs().iter().map(|doc| EntityIx(shard.first + doc)));
                block.advance();
            }
        }
        found
    }
}

/// The words of a field that are close to the one wanted, each once, as close as it is. Of those that
/// only begin alike, or are mistyped, the first in the order of the alphabet, [`MAX_VARIANTS`] of each.
fn variants(
    index: &InvertedIndexReader,
    place: &IndexedField,
    wanted: &Wanted,
    mistyped: Option<&DfaWrapper>,
) -> Vec<(TermInfo, Closeness)> {
    let terms = index.terms();
    let mut found = Vec::new();
    let mut seen: BTreeSet<Vec<u8>> = BTreeSet::new();
    if place.holds == Holds::Acronyms {
        let term = terms.get(&wanted.raw).ok().flatten();
        return term.map(|t| (t, Closeness::Exact)).into_iter().collect();
    }
    for word in &wanted.exact {
        if let Ok(Some(term)) = terms.get(word) {
            seen.insert(word.as_bytes().to_vec());
            found.push((term, Closeness::Exact));
        }
    }
    if wanted.prefix
        && let Ok(mut stream) = terms.range().ge(&wanted.raw).into_stream()
    {
        for _ in 0..MAX_VARIANTS {
            match stream.next() {
                Some((word, term)) if word.starts_with(wanted.raw.as_bytes()) => {
                    if seen.insert(word.to_vec()) {
                        found.push((term.clone(), Closeness::Prefix));
                    }
                }
                _ => break,
            }
        }
    }
    if let Some(automaton) = mistyped
        && let Ok(mut stream) = terms.search(automaton).into_stream()
    {
        for _ in 0..MAX_VARIANTS {
            let Some((word, term)) = stream.next() else { break };
            let Ok(text) = std::str::from_utf8(word) else { continue };
            if !seen.contains(word) {
                let errors = strsim::osa_distance(&wanted.raw, text) as u8;
                found.push((term.clone(), Closeness::Typo(errors)));
            }
        }
    }
    found
}

/// The fields that follow from the ontology.
fn places(ontology: &Ontology) -> (Vec<IndexedField>, Schema) {
    let mut schema = Schema::builder();
    let options = |tokenizer: &str| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(tokenizer)
            .set_index_option(IndexRecordOption::WithFreqs)
            .set_fieldnorms(true);
        TextOptions::default().set_indexing_options(indexing)
    };
    let names = [ontology.name_property(), ontology.aliases_property()];
    let mut places = Vec::new();
    let mut add = |name: &str, tokenizer: &str, holds: Holds, weight: f32, of_names: bool| {
        let field = schema.add_text_field(name, options(tokenizer));
        places.push(IndexedField { holds, field, weight, of_names });
    };
    for (at, property) in ontology.properties.iter().enumerate().filter(|(_, p)| p.search > 0.0) {
        let ix = PropertyIx(at as u16);
        add(&format!("p{at}"), "words", Holds::Property(ix), property.search as f32, names.contains(&ix));
    }
    let of_name = ontology.property(ontology.name_property()).search as f32;
    add("acronyms", "raw", Holds::Acronyms, of_name * ACRONYM_FACTOR, true);
    add("quotes", "words", Holds::Quotes, QUOTE_WEIGHT, false);
    (places, schema.build())
}

fn write(
    graph: &Graph,
    words: &Words,
    places: &[IndexedField],
    schema: &Schema,
    range: Range<u32>,
) -> tantivy::Result<Shard> {
    let tokenizers = TokenizerManager::default();
    tokenizers.register("words", words.analyzer());
    let builder = Index::builder().schema(schema.clone()).tokenizers(tokenizers);
    let mut writer = builder.single_segment_index_writer(RamDirectory::create(), WRITER_MEMORY)?;
    let mut filled = vec![0; places.len()];
    for ix in range.clone().map(EntityIx) {
        let mut document = TantivyDocument::default();
        for (place, filled) in places.iter().zip(&mut filled) {
            let mut any = false;
            texts(graph, words, ix, place.holds, |text| {
                document.add_text(place.field, text);
                any = true;
            });
            *filled += u64::from(any);
        }
        writer.add_document(document)?;
    }
    let index = writer.finalize()?;
    let mut fields = Vec::new();
    for segment in index.searchable_segments()? {
        let reader = SegmentReader::open(&segment)?;
        for place in places {
            fields.push((reader.inverted_index(place.field)?, reader.get_fieldnorms_reader(place.field)?));
        }
    }
    Ok(Shard { first: range.start, size: range.end - range.start, fields, filled })
}

/// Every text of an entity in one place.
fn texts(graph: &Graph, words: &Words, ix: EntityIx, holds: Holds, mut give: impl FnMut(&str)) {
    let entity = graph.entity(ix);
    match holds {
        Holds::Property(p) if p == graph.ontology().name_property() => give(entity.name()),
        Holds::Property(p) => {
            let members = entity.property(p).into_iter().flat_map(Datum::members);
            members.filter_map(Datum::as_text).for_each(give);
        }
        Holds::Acronyms => {
            names(graph, ix).filter_map(|name| words.acronym(name)).for_each(|acronym| give(&acronym));
        }
        Holds::Quotes => quotes(graph, ix).for_each(|(.., quote)| give(quote)),
    }
}

/// The quotes of an entity and of its links, with whose they are and which of its evidence.
pub(super) fn quotes(graph: &Graph, ix: EntityIx) -> impl Iterator<Item = (Owner, usize, &str)> {
    let links = [Direction::Forward, Direction::Inverse].into_iter().flat_map(move |direction| {
        let links = graph.links_of(ix, direction).iter();
        // A link to itself stands in both lists.
        let links = links.filter(move |l| direction == Direction::Forward || l.to != ix);
        links.map(|l| Owner::Link(l.link))
    });
    std::iter::once(Owner::Entity(ix)).chain(links).flat_map(move |owner| {
        let evidence = graph.evidence(owner).iter().enumerate();
        evidence.filter_map(move |(at, e)| Some((owner, at, e.quote()?)))
    })
}

/// The name of an entity and its aliases.
pub(super) fn names(graph: &Graph, ix: EntityIx) -> impl Iterator<Item = &str> {
    let entity = graph.entity(ix);
    let aliases = entity.property(graph.ontology().aliases_property());
    std::iter::once(entity.name())
        .chain(aliases.into_iter().flat_map(Datum::members).filter_map(Datum::as_text))
}
