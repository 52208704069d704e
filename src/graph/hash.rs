//! The content hash: SHA-256 over everything a graph says, in order. Each chunk's hash is kept with
//! the chunk, so that a small change costs a small hash; the whole is the hash of those.
//!
//! What is hashed are names and ids, never positions: the same data under an ontology that has grown
//! since give the same hash. Every part is closed off by its length and every list by its count.

use sha2::{Digest, Sha256};

use super::*;

/// A row being written down for hashing.
#[derive(Default)]
struct Sheet(Vec<u8>);

impl Sheet {
    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }
    fn optional(&mut self, text: Option<&str>) {
        self.0.push(u8::from(text.is_some()));
        self.text(text.unwrap_or_default());
    }
    fn count(&mut self, n: usize) {
        self.0.extend_from_slice(&(n as u32).to_le_bytes());
    }
}

/// The hash of all content. Cost: linear in the chunks that have none yet; two threads share them.
pub(super) fn content_hash(graph: &Graph) -> [u8; 32] {
    let entities = graph.entity_chunks.iter().enumerate();
    let links = graph.link_chunks.iter().enumerate();
    let entities: Vec<_> = entities.filter(|(_, chunk)| chunk.hash.get().is_none()).collect();
    let links: Vec<_> = links.filter(|(_, chunk)| chunk.hash.get().is_none()).collect();
    let half = links.len() / 2;
    let hash_links = |all: &[(usize, &Arc<LinkChunk>)]| {
        let mut sheet = Sheet::default();
        for (at, chunk) in all {
            chunk.hash.get_or_init(|| of_links(graph, &mut sheet, *at, chunk));
        }
    };
    let hash_rest = || {
        let mut sheet = Sheet::default();
        for (at, chunk) in &entities {
            chunk.hash.get_or_init(|| of_entities(graph, &mut sheet, *at, chunk));
        }
        hash_links(&links[half..]);
    };
    if entities.len() + links.len() < WORTH_A_THREAD {
        hash_links(&links[..half]);
        hash_rest();
    } else {
        std::thread::scope(|scope| {
            scope.spawn(|| hash_links(&links[..half]));
            hash_rest();
        });
    }
    let mut whole = Sha256::new();
    whole.update((graph.entity_chunks.len() as u64).to_le_bytes());
    let entities = graph.entity_chunks.iter().filter_map(|c| c.hash.get());
    entities.chain(graph.link_chunks.iter().filter_map(|c| c.hash.get())).for_each(|hash| whole.update(hash));
    let mut sheet = Sheet::default();
    sheet.count(graph.completeness.len());
    for ((entity, relation, direction), statement) in &*graph.completeness {
        sheet.text(graph.entity(*entity).id());
        sheet.text(graph.ontology.relation(*relation).name_in(*direction));
        sheet.text(statement.completeness.name());
        evidence(graph, &mut sheet, statement.evidence.list());
    }
    whole.update(&sheet.0);
    whole.finalize().into()
}

/// Chunks below which a second thread costs more than it saves.
const WORTH_A_THREAD: usize = 8;

fn of_entities(graph: &Graph, sheet: &mut Sheet, at: usize, chunk: &EntityChunk) -> [u8; 32] {
    let mut hash = Sha256::new();
    for row in 0..chunk.rows.len() {
        let entity = graph.entity(EntityIx((at * CHUNK_ROWS + row) as u32));
        sheet.0.clear();
        sheet.text(entity.id());
        sheet.text(entity.name());
        sheet.count(entity.properties().count());
        for (ix, datum) in entity.properties() {
            sheet.text(&graph.ontology.property(ix).name);
            value(graph, sheet, datum);
        }
        sheet.count(entity.identifiers().len());
        for identifier in entity.identifiers() {
            sheet.text(&identifier.scheme);
            sheet.text(&identifier.value);
        }
        sheet.count(entity.merged_from().len());
        entity.merged_from().iter().for_each(|id| sheet.text(id));
        sheet.0.push(u8::from(entity.text().is_some()));
        if let Some(text) = entity.text() {
            sheet.optional(text.file.as_deref());
            sheet.optional(text.sha256.as_deref());
            sheet.optional(text.status.map(QuoteStatus::name));
            sheet.optional(text.checked.map(|day| day.to_string()).as_deref());
        }
        evidence(graph, sheet, entity.evidence());
        hash.update(&sheet.0);
    }
    hash.finalize().into()
}

fn of_links(graph: &Graph, sheet: &mut Sheet, at: usize, chunk: &LinkChunk) -> [u8; 32] {
    let mut hash = Sha256::new();
    for row in 0..chunk.rows.len() {
        let link = graph.link(LinkIx((at * CHUNK_ROWS + row) as u32));
        let (from, to) = link.ends();
        let relation = graph.ontology.relation(link.relation());
        sheet.0.clear();
        sheet.text(graph.entity(from).id());
        sheet.text(&relation.name);
        sheet.text(graph.entity(to).id());
        for date in [link.date(), link.valid_from(), link.valid_until()] {
            sheet.0.push(u8::from(date.is_some()));
            if let Some(date) = date {
                value(graph, sheet, Datum::FuzzyDate(date));
            }
        }
        sheet.count(link.properties().len());
        for (at, datum) in link.properties() {
            sheet.text(&relation.properties[at as usize].name);
            value(graph, sheet, datum);
        }
        evidence(graph, sheet, link.evidence());
        hash.update(&sheet.0);
    }
    hash.finalize().into()
}

fn evidence(graph: &Graph, sheet: &mut Sheet, all: EvidenceList<'_>) {
    sheet.count(all.len());
    for e in all.iter() {
        sheet.text(graph.entity(e.source()).id());
        [e.quote(), e.prefix(), e.suffix(), e.url(), e.fragment(), e.note()]
            .into_iter()
            .for_each(|t| sheet.optional(t));
        sheet.text(e.basis().name());
        sheet.text(e.status().name());
        sheet.count(e.properties().len());
        e.properties().iter().for_each(|p| sheet.text(&graph.ontology.property(*p).name));
    }
}

fn value(graph: &Graph, sheet: &mut Sheet, datum: Datum<'_>) {
    let mut tagged = |tag: u8, bytes: &[u8]| {
        sheet.0.push(tag);
        sheet.0.extend_from_slice(bytes);
    };
    match datum {
        Datum::Text(text) => {
            tagged(0, &[]);
            sheet.text(text);
        }
        Datum::Int(number) => tagged(1, &number.to_le_bytes()),
        Datum::Float(number) => tagged(2, &number.to_bits().to_le_bytes()),
        Datum::Boolean(truth) => tagged(3, &[u8::from(truth)]),
        Datum::Date(day) => {
            tagged(4, &[]);
            sheet.text(&day.to_string());
        }
        Datum::FuzzyDate(date) => {
            tagged(5, &[]);
            sheet.text(date.edtf());
            sheet.optional(date.kind().map(|kind| kind.name()));
        }
        Datum::Symbol(ix, at) => {
            tagged(6, &[]);
            sheet.text(&graph.ontology.enumeration(ix).words[at as usize].name);
        }
        list @ Datum::List(_) => {
            tagged(7, &(list.members().len() as u32).to_le_bytes());
            list.members().for_each(|member| value(graph, sheet, member));
        }
    }
}
