//! A graph as bytes and back: its chunks as they lie in memory, so that opening one again neither
//! parses nor admits anything. Integers are little-endian; texts and lists have their length before
//! them. Positions mean what they mean under one ontology, whose hash is told first.
//!
//! What comes in may be anything: every position and every boundary is checked before anyone
//! follows it.

use std::collections::BTreeMap;

use super::apply::Transaction;
use super::chunks::{Cell, EntityDetails, EntityRow, EvidenceRow, LinkRow, NO_CELL, Tag};
use super::records::LinkDetails;
use super::*;
use crate::ontology::{Datatype, Date, DateKind, EnumIx, FuzzyDate, Property, PropertyIx, Value};

/// Something that is written down as bytes.
trait Imaged: Sized {
    fn put(&self, out: &mut Vec<u8>);
    /// Takes it off the front; none where the bytes are something else.
    fn take(from: &mut &[u8]) -> Option<Self>;
}

macro_rules! integers {
    ($($type:ty),*) => { $(
        impl Imaged for $type {
            #[inline]
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            #[inline]
            fn take(from: &mut &[u8]) -> Option<$type> {
                let (bytes, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(<$type>::from_le_bytes(*bytes))
            }
        }
    )* };
}
integers!(u8, u16, u32, u64);

macro_rules! positions {
    ($($type:ident),*) => { $(
        impl Imaged for $type {
            #[inline]
            fn put(&self, out: &mut Vec<u8>) {
                self.0.put(out);
            }
            #[inline]
            fn take(from: &mut &[u8]) -> Option<$type> {
                Some($type(Imaged::take(from)?))
            }
        }
    )* };
}
positions!(EntityIx, KindIx, PropertyIx, RelationIx, EnumIx);

macro_rules! structures {
    ($($type:ident { $($field:ident),* })*) => { $(
        impl Imaged for $type {
            #[inline]
            fn put(&self, out: &mut Vec<u8>) {
                $( self.$field.put(out); )*
            }
            #[inline]
            fn take(from: &mut &[u8]) -> Option<$type> {
                $( let $field = Imaged::take(from)?; )*
                Some($type { $($field),* })
            }
        }
    )* };
}
structures! {
    EvidenceRow { source, end, flags }
    Block { rows, text, properties }
    Cell { property, tag, words }
    EntityRow { first, text_end, name_bytes, cells_end, evidence_end, kind, id_bytes, plain_name }
    EntityDetails { identifiers, text, merged_from }
    EntityChunk { rows, cells, members, text, evidence, details, hash }
    LinkRow { from, to, evidence_end, relation }
    LinkDetails { date, valid_from, valid_until, properties }
    LinkChunk { rows, evidence, details, hash }
    Identifier { scheme, value }
    SourceText { file, sha256, status, checked }
    CompletenessStatement { completeness, evidence }
    DataVersion { sequence, content, ontology }
}

/// What is written as the place it has in a list.
macro_rules! listed {
    ($($type:ident of $all:expr, $item:pat => $one:expr;)*) => { $(
        impl Imaged for $type {
            fn put(&self, out: &mut Vec<u8>) {
                let at = $all.iter().position(|$item| *$one == *self);
                (at.unwrap_or_default() as u8).put(out);
            }
            fn take(from: &mut &[u8]) -> Option<$type> {
                let $item = $all.get(u8::take(from)? as usize)?;
                Some(*$one)
            }
        }
    )* };
}
listed! {
    bool of [false, true], one => one;
    Tag of TAGS, one => one;
    Direction of [Direction::Forward, Direction::Inverse], one => one;
    Completeness of Completeness::ALL, (one, _) => one;
    QuoteStatus of QuoteStatus::ALL, (one, _) => one;
    DateKind of DateKind::ALL, (one, _) => one;
}
const TAGS: [Tag; 8] =
    [Tag::Text, Tag::Int, Tag::Float, Tag::Boolean, Tag::Date, Tag::FuzzyDate, Tag::Symbol, Tag::List];

fn put_text(text: &str, out: &mut Vec<u8>) {
    chunks::small(text.len()).put(out);
    out.extend_from_slice(text.as_bytes());
}
fn take_text<'b>(from: &mut &'b [u8]) -> Option<&'b str> {
    let length = u32::take(from)? as usize;
    let (text, rest) = from.split_at_checked(length)?;
    *from = rest;
    std::str::from_utf8(text).ok()
}

impl Imaged for String {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(self, out);
    }
    fn take(from: &mut &[u8]) -> Option<String> {
        take_text(from).map(str::to_owned)
    }
}

impl Imaged for Arc<str> {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(self, out);
    }
    fn take(from: &mut &[u8]) -> Option<Arc<str>> {
        take_text(from).map(Arc::from)
    }
}

impl<const N: usize> Imaged for [u32; N] {
    #[inline]
    fn put(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|word| word.put(out));
    }
    #[inline]
    fn take(from: &mut &[u8]) -> Option<[u32; N]> {
        let mut words = [0; N];
        for word in &mut words {
            *word = u32::take(from)?;
        }
        Some(words)
    }
}

impl Imaged for [u8; 32] {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn take(from: &mut &[u8]) -> Option<[u8; 32]> {
        let (bytes, rest) = from.split_first_chunk()?;
        *from = rest;
        Some(*bytes)
    }
}

impl<T: Imaged> Imaged for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        chunks::small(self.len()).put(out);
        out.reserve(size_of::<T>() * self.len());
        self.iter().for_each(|one| one.put(out));
    }
    fn take(from: &mut &[u8]) -> Option<Vec<T>> {
        let count = u32::take(from)? as usize;
        // Everything takes a byte at least: a false count claims no memory that is not there.
        let mut all = Vec::with_capacity(count.min(from.len()));
        for _ in 0..count {
            all.push(T::take(from)?);
        }
        Some(all)
    }
}

impl<T: Imaged> Imaged for Box<[T]> {
    fn put(&self, out: &mut Vec<u8>) {
        chunks::small(self.len()).put(out);
        self.iter().for_each(|one| one.put(out));
    }
    fn take(from: &mut &[u8]) -> Option<Box<[T]>> {
        Vec::take(from).map(Vec::into_boxed_slice)
    }
}

impl<T: Imaged> Imaged for Box<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (**self).put(out);
    }
    fn take(from: &mut &[u8]) -> Option<Box<T>> {
        T::take(from).map(Box::new)
    }
}

impl<T: Imaged> Imaged for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        self.iter().for_each(|one| one.put(out));
    }
    fn take(from: &mut &[u8]) -> Option<Option<T>> {
        if bool::take(from)? { T::take(from).map(Some) } else { Some(None) }
    }
}

impl<T: Imaged> Imaged for OnceLock<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.get().is_some().put(out);
        self.get().iter().for_each(|one| one.put(out));
    }
    fn take(from: &mut &[u8]) -> Option<OnceLock<T>> {
        let once = OnceLock::new();
        if let Some(value) = <Option<T> as Imaged>::take(from)? {
            drop(once.set(value));
        }
        Some(once)
    }
}

impl<A: Imaged, B: Imaged> Imaged for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }
    fn take(from: &mut &[u8]) -> Option<(A, B)> {
        Some((A::take(from)?, B::take(from)?))
    }
}

impl<K: Imaged + Ord, V: Imaged> Imaged for BTreeMap<K, V> {
    fn put(&self, out: &mut Vec<u8>) {
        chunks::small(self.len()).put(out);
        for (key, value) in self {
            key.put(out);
            value.put(out);
        }
    }
    fn take(from: &mut &[u8]) -> Option<BTreeMap<K, V>> {
        (0..u32::take(from)?).map(|_| <(K, V)>::take(from)).collect()
    }
}

impl Imaged for List {
    fn put(&self, out: &mut Vec<u8>) {
        (self.0, (self.1, self.2)).put(out);
    }
    fn take(from: &mut &[u8]) -> Option<List> {
        let (entity, (relation, direction)) = Imaged::take(from)?;
        Some((entity, relation, direction))
    }
}

impl Imaged for Arc<FuzzyDate> {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(self.edtf(), out);
        self.kind().put(out);
    }
    fn take(from: &mut &[u8]) -> Option<Arc<FuzzyDate>> {
        let text = take_text(from)?;
        FuzzyDate::parse(text, Imaged::take(from)?).ok().map(Arc::new)
    }
}

impl Imaged for Date {
    fn put(&self, out: &mut Vec<u8>) {
        put_text(&self.to_string(), out);
    }
    fn take(from: &mut &[u8]) -> Option<Date> {
        take_text(from)?.parse().ok()
    }
}

impl Imaged for Value {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Value::Text(text) => (Tag::Text, text.clone()).put(out),
            Value::Int(number) => (Tag::Int, *number as u32).put(out),
            Value::Float(number) => (Tag::Float, number.to_bits()).put(out),
            Value::Boolean(truth) => (Tag::Boolean, *truth).put(out),
            Value::Date(day) => (Tag::Date, *day).put(out),
            Value::FuzzyDate(date) => (Tag::FuzzyDate, date.clone()).put(out),
            Value::Symbol(enumeration, word) => (Tag::Symbol, (*enumeration, *word)).put(out),
            Value::List(values) => (Tag::List, values.to_vec()).put(out),
        }
    }
    fn take(from: &mut &[u8]) -> Option<Value> {
        Some(match Tag::take(from)? {
            Tag::Text => Value::Text(Imaged::take(from)?),
            Tag::Int => Value::Int(u32::take(from)? as i32),
            Tag::Float => Value::Float(f64::from_bits(u64::take(from)?)),
            Tag::Boolean => Value::Boolean(Imaged::take(from)?),
            Tag::Date => Value::Date(Imaged::take(from)?),
            Tag::FuzzyDate => Value::FuzzyDate(Imaged::take(from)?),
            Tag::Symbol => Value::Symbol(Imaged::take(from)?, Imaged::take(from)?),
            Tag::List => {
                // Lists hold no lists: what comes next may not nest.
                let (count, mut values) = (u32::take(from)?, Vec::new());
                for _ in 0..count {
                    let nested = from.first().copied() == Some(Tag::List as u8);
                    values.push((!nested).then(|| Value::take(from))??);
                }
                Value::List(values.into())
            }
        })
    }
}

/// What a piece of an image is, by its first byte.
const HEAD: u8 = 0;
const ENTITIES: u8 = 1;
const LINKS: u8 = 2;
const STATEMENTS: u8 = 3;

impl Graph {
    /// The whole graph as pieces in order, one a chunk, for [`Reopening`]. They hold as
    /// long as the ontology is the same, whose hash the version tells.
    pub fn image(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        let piece = |tag: u8, put: &dyn Fn(&mut Vec<u8>)| {
            let mut piece = vec![tag];
            put(&mut piece);
            piece
        };
        let dates: Vec<_> = self.dates.iter().cloned().collect();
        let head = ((self.version, dates), (self.entity_count, self.link_count));
        std::iter::once(piece(HEAD, &|out| head.put(out)))
            .chain(self.entity_chunks.iter().map(move |chunk| piece(ENTITIES, &|out| chunk.put(out))))
            .chain(self.link_chunks.iter().map(move |chunk| piece(LINKS, &|out| chunk.put(out))))
            .chain(std::iter::once_with(move || piece(STATEMENTS, &|out| self.completeness.put(out))))
    }
}

/// A graph on its way back from its [image](Graph::image).
#[derive(Debug)]
pub struct Reopening {
    graph: Graph,
    /// What the head promised; none before it came.
    promised: Option<(DataVersion, (u32, u32))>,
    stated: bool,
}

/// Why an image is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageFault {
    /// It was made under another ontology.
    OtherOntology,
    /// It is not what [`Graph::image`] gave.
    Damaged,
}

impl Reopening {
    /// Under the ontology under which the image was made.
    pub fn under(ontology: Arc<Ontology>) -> Reopening {
        Reopening { graph: Graph::empty(ontology), promised: None, stated: false }
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// What is wrong with the image. Cost: linear in the piece.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), ImageFault> {
        let mut from = piece;
        let taken = self.take_piece(&mut from)?;
        if taken.is_some() && from.is_empty() { Ok(()) } else { Err(ImageFault::Damaged) }
    }

    fn take_piece(&mut self, from: &mut &[u8]) -> Result<Option<()>, ImageFault> {
        let tag = u8::take(from);
        let Some((_, (entities, links))) = self.promised else {
            let head: Option<((DataVersion, Vec<_>), _)> =
                if tag == Some(HEAD) { Imaged::take(from) } else { None };
            let Some(((version, dates), counts)) = head else { return Ok(None) };
            if version.ontology != self.graph.version.ontology {
                return Err(ImageFault::OtherOntology);
            }
            self.graph.dates = Arc::new(dates.into_iter().collect());
            self.promised = Some((version, counts));
            return Ok(Some(()));
        };
        Ok(match tag {
            Some(ENTITIES) => EntityChunk::take(from).and_then(|chunk| self.take_entities(chunk, entities)),
            Some(LINKS) => LinkChunk::take(from).and_then(|chunk| self.take_links(chunk, entities, links)),
            Some(STATEMENTS) if !self.stated => {
                Imaged::take(from).and_then(|said| self.take_statements(said, entities))
            }
            _ => None,
        })
    }

    fn take_entities(&mut self, chunk: EntityChunk, promised: u32) -> Option<()> {
        let graph = &mut self.graph;
        let begins = graph.entity_count;
        fills(begins, chunk.rows.len(), promised)?;
        let sound = Soundness { ontology: &graph.ontology, dates: &graph.dates, entities: promised };
        sound.entities(&chunk)?;
        graph.entity_chunks.push(Arc::new(chunk));
        let chunk = graph.entity_chunks.last()?.clone();
        for row in 0..chunk.rows.len() {
            let ix = EntityIx(begins + row as u32);
            let entity = Entity { chunk: &chunk, row, dates: &graph.dates };
            let (chunks, dates) = (&graph.entity_chunks, &graph.dates);
            graph.ids.insert(entity.id(), ix, |ix| Entity::at(chunks, dates, ix).id());
            if !entity.identifiers().is_empty() {
                let index = Arc::make_mut(&mut graph.by_identifier);
                index.extend(entity.identifiers().iter().map(|identifier| (identifier.clone(), ix)));
            }
            if !entity.merged_from().is_empty() {
                let merged = Arc::make_mut(&mut graph.merged);
                merged.extend(entity.merged_from().iter().map(|id| (id.clone(), ix)));
            }
        }
        graph.entity_count += chunk.rows.len() as u32;
        Some(())
    }

    fn take_links(&mut self, chunk: LinkChunk, entities: u32, promised: u32) -> Option<()> {
        let graph = &mut self.graph;
        fills(graph.link_count, chunk.rows.len(), promised)?;
        let sound = Soundness { ontology: &graph.ontology, dates: &graph.dates, entities };
        sound.links(&chunk)?;
        graph.link_count += chunk.rows.len() as u32;
        graph.link_chunks.push(Arc::new(chunk));
        Some(())
    }

    fn take_statements(&mut self, said: BTreeMap<List, CompletenessStatement>, entities: u32) -> Option<()> {
        let graph = &mut self.graph;
        let sound = Soundness { ontology: &graph.ontology, dates: &graph.dates, entities };
        for ((entity, relation, _), statement) in &said {
            sound.is(entity.0 < entities && (relation.0 as usize) < graph.ontology.relations.len())?;
            sound.block(&statement.evidence)?;
        }
        graph.completeness = Arc::new(said);
        self.stated = true;
        Some(())
    }

    /// The graph, with its adjacency and its lists by kind.
    ///
    /// # Errors
    /// Where pieces are missing, or the content is not what its version says. Cost: linear in the
    /// links.
    pub fn finish(self) -> Result<Graph, ImageFault> {
        let Reopening { graph, promised, stated } = self;
        let Some((version, counts)) = promised else { return Err(ImageFault::Damaged) };
        if !stated || (graph.entity_count, graph.link_count) != counts {
            return Err(ImageFault::Damaged);
        }
        let mut graph = Transaction::relink(graph);
        graph.version = version;
        // From the hashes of the chunks, and anew for a chunk without.
        if hash::content_hash(&graph) != version.content {
            return Err(ImageFault::Damaged);
        }
        Ok(graph)
    }
}

/// Whether a chunk of so many rows comes next: all are full but the last.
fn fills(begins: u32, rows: usize, promised: u32) -> Option<()> {
    let expected = promised.checked_sub(begins)?.min(CHUNK_ROWS as u32);
    (rows > 0 && rows == expected as usize).then_some(())
}

/// Whether what was read can be followed: none wherever it cannot.
struct Soundness<'a> {
    ontology: &'a Ontology,
    dates: &'a Dates,
    /// How many there will be.
    entities: u32,
}

impl Soundness<'_> {
    fn is(&self, sound: bool) -> Option<()> {
        sound.then_some(())
    }

    fn entities(&self, chunk: &EntityChunk) -> Option<()> {
        let (mut text, mut cells, mut evidence) = (0, 0, 0);
        for row in &chunk.rows {
            let name = text + row.id_bytes as usize;
            let end = row.text_end as usize;
            self.is(name.checked_add(row.name_bytes as usize)? <= end)?;
            for at in [name, name + row.name_bytes as usize, end] {
                self.is(chunk.text.is_char_boundary(at))?;
            }
            self.is(cells <= row.cells_end && evidence <= row.evidence_end)?;
            self.is((row.kind.0 as usize) < self.ontology.kinds.len())?;
            if row.first.property != NO_CELL.property {
                self.cell(chunk, &row.first, None)?;
            }
            (text, cells, evidence) = (end, row.cells_end, row.evidence_end);
        }
        self.is(text == chunk.text.len() && cells as usize == chunk.cells.len())?;
        self.is(evidence as usize == chunk.evidence.rows.len())?;
        chunk.cells.iter().try_for_each(|cell| self.cell(chunk, cell, None))?;
        self.is(chunk.details.keys().all(|row| (*row as usize) < chunk.rows.len()))?;
        self.block(&chunk.evidence)
    }

    /// A cell, or a member of the list of a property.
    fn cell(&self, chunk: &EntityChunk, cell: &Cell, of: Option<PropertyIx>) -> Option<()> {
        let [a, b] = cell.words;
        let property = self.ontology.properties.get(cell.property.0 as usize)?;
        self.is(of.is_none_or(|of| of == cell.property))?;
        if cell.tag == Tag::List {
            self.is(property.list && of.is_none() && b > 0)?;
            let members = chunk.members.get(a as usize..a.checked_add(b)? as usize)?;
            return members.iter().try_for_each(|member| self.cell(chunk, member, Some(cell.property)));
        }
        self.is(property.list == of.is_some())?;
        match (cell.tag, property.datatype) {
            (Tag::Text, Datatype::String | Datatype::Url) => {
                chunk.text.get(a as usize..a.checked_add(b)? as usize).map(|_| ())
            }
            (Tag::Int, Datatype::Int) | (Tag::Boolean, Datatype::Boolean) | (Tag::Date, Datatype::Date) => {
                Some(())
            }
            (Tag::Float, Datatype::Float) => {
                self.is(f64::from_bits(u64::from(b) << 32 | u64::from(a)).is_finite())
            }
            (Tag::FuzzyDate, Datatype::FuzzyDate) => self.is((a as usize) < self.dates.len()),
            (Tag::Symbol, Datatype::Enum(enumeration)) => {
                self.is(a == u32::from(enumeration.0) && (b as usize) < self.words(enumeration))
            }
            _ => None,
        }
    }

    fn words(&self, enumeration: EnumIx) -> usize {
        self.ontology.enumeration(enumeration).words.len()
    }

    fn links(&self, chunk: &LinkChunk) -> Option<()> {
        let mut evidence = 0;
        for row in &chunk.rows {
            self.is(row.from.0 < self.entities && row.to.0 < self.entities)?;
            self.is((row.relation.0 as usize) < self.ontology.relations.len())?;
            self.is(evidence <= row.evidence_end)?;
            evidence = row.evidence_end;
        }
        self.is(evidence as usize == chunk.evidence.rows.len())?;
        for (row, details) in &chunk.details {
            let relation = self.ontology.relation(chunk.rows.get(*row as usize)?.relation);
            for (at, value) in &details.properties {
                self.value(relation.properties.get(*at as usize)?, value)?;
            }
        }
        self.block(&chunk.evidence)
    }

    fn value(&self, property: &Property, value: &Value) -> Option<()> {
        self.is(property.list == matches!(value, Value::List(_)))?;
        value.members().iter().try_for_each(|member| match (member, property.datatype) {
            (Value::Text(_), Datatype::String | Datatype::Url)
            | (Value::Int(_), Datatype::Int)
            | (Value::Boolean(_), Datatype::Boolean)
            | (Value::Date(_), Datatype::Date)
            | (Value::FuzzyDate(_), Datatype::FuzzyDate) => Some(()),
            (Value::Float(number), Datatype::Float) => self.is(number.is_finite()),
            (Value::Symbol(of, word), Datatype::Enum(enumeration)) => {
                self.is(*of == enumeration && (*word as usize) < self.words(enumeration))
            }
            _ => None,
        })
    }

    fn block(&self, block: &Block) -> Option<()> {
        let mut text = 0;
        for row in &block.rows {
            self.is(row.source.0 < self.entities && text <= row.end)?;
            self.is(block.text.is_char_boundary(row.end as usize))?;
            text = row.end;
        }
        self.is(text as usize == block.text.len())?;
        let known = |property: &PropertyIx| (property.0 as usize) < self.ontology.properties.len();
        let row = |at: &u32| (*at as usize) < block.rows.len();
        self.is(block.properties.iter().all(|(at, all)| row(at) && all.iter().all(known)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::{self, Origin};

    /// Reads everything that can be read, by every road.
    fn read_all(graph: &Graph) {
        let mut out = Vec::new();
        crate::io::json_lines::write(graph, &mut out).expect("memory takes it");
        for ix in graph.entities() {
            assert!(graph.find(graph.entity(ix).id()).is_some());
            let _ = graph.named(graph.entity(ix).name());
            for direction in [Direction::Forward, Direction::Inverse] {
                graph.links_of(ix, direction).iter().for_each(|linked| drop(graph.sentence(linked.link)));
            }
        }
    }

    proptest! {
        /// No checksum here: whatever stands in the pieces, it is refused or can be read.
        #[test]
        fn an_image_with_any_byte_changed_is_refused_or_can_be_read(
            at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in prop::bool::weighted(0.1)
        ) {
            static SEED: std::sync::LazyLock<Graph> =
                std::sync::LazyLock::new(|| app::load(&Origin::default()).expect("the seed is sound"));
            let mut pieces: Vec<Vec<u8>> = SEED.image().collect();
            let mut at = at.index(pieces.iter().map(Vec::len).sum());
            for piece in &mut pieces {
                if at < piece.len() {
                    piece[at] = byte;
                    if cut {
                        piece.truncate(at);
                    }
                    break;
                }
                at -= piece.len();
            }
            let mut reopening = Reopening::under(SEED.ontology().clone());
            if pieces.iter().all(|piece| reopening.take(piece).is_ok()) && let Ok(graph) = reopening.finish() {
                read_all(&graph);
            }
        }
    }
}
