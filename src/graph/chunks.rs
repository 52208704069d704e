//! How entities, links and evidence lie in memory: rows of fixed size beside one run of text, so
//! many to a chunk. A graph is a list of shared chunks: the next graph shares all but those it
//! changes, and reading one row touches a few neighbouring lines of memory.
//!
//! What few rows have (identifiers, dates of links, properties that evidence names) stands in a
//! small map beside the rows and costs the others nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use indexmap::IndexSet;

use super::evidence::{Basis, QuoteStatus, SourceText, seal_from_text, seal_to_text};
use super::records::{EntityRecord, EvidenceRecord, LinkDetails, LinkRecord};
use super::views::EvidenceList;
use super::{EntityIx, Identifier};
use crate::ontology::{Date, EnumIx, FuzzyDate, KindIx, PropertyIx, RelationIx, Value};

/// Rows of a chunk: few enough that editing one (the chunk is laid down anew) stays well under a
/// millisecond, many enough that the list of chunks stays in the second-level cache.
pub(super) const CHUNK_ROWS: usize = 1024;

/// Every fuzzy date that occurs, once: there are few, and many entities share them.
pub(super) type Dates = IndexSet<Arc<FuzzyDate>>;

/// The kind of a row whose draft has been refused; never in a graph that anyone sees.
pub(super) const NO_KIND: KindIx = KindIx(u16::MAX);

/// Gives back what a list has grown beyond what it holds. A copy: allocators shrink in place, and keep
/// as much as half of it.
pub(super) fn fit<T: Copy>(all: &mut Vec<T>) {
    *all = all.as_slice().to_vec();
}

/// The same of text.
fn fit_text(text: &mut String) {
    *text = text.as_str().to_owned();
}

/// A position that is known to fit: whatever is pushed has been measured.
pub(super) fn small(n: usize) -> u32 {
    debug_assert!(u32::try_from(n).is_ok());
    n as u32
}

// -- evidence ---------------------------------------------------------------------------------

/// The evidence of the rows of one chunk, one piece after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub(super) rows: Vec<EvidenceRow>,
    /// The parts of each piece, [`NUL`] between them: no admitted text has one.
    pub(super) text: String,
    /// The properties that a piece supports, where it names some.
    pub(super) properties: BTreeMap<u32, Box<[PropertyIx]>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct EvidenceRow {
    pub(super) source: EntityIx,
    /// Where its text ends.
    pub(super) end: u32,
    /// Which [parts](Part) are there, and in the bits above them basis, status and outcome.
    pub(super) flags: u16,
}

const NUL: char = '\0';

/// The parts that a piece of evidence may have, in the order in which they stand.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Quote,
    Prefix,
    Suffix,
    Url,
    Fragment,
    Note,
    Seal,
}
const PARTS: u16 = 7;
const INFERRED: u16 = 1 << PARTS;
const FOUND: u16 = 1 << (PARTS + 1);
const STATUS_SHIFT: u16 = PARTS + 2;
const PLAIN: u16 = 1 << (STATUS_SHIFT + 2);

/// Whether text stands in JSON as it is.
pub(super) fn is_plain(text: &str) -> bool {
    !text.bytes().any(|b| b < 0x20 || b == b'"' || b == b'\\')
}

impl Block {
    pub(super) const EMPTY: Block =
        Block { rows: Vec::new(), text: String::new(), properties: BTreeMap::new() };

    pub(super) fn of(all: &[EvidenceRecord]) -> Block {
        let mut block = Block::default();
        all.iter().for_each(|piece| block.push(piece));
        block
    }

    /// All of it.
    pub(super) fn list(&self) -> EvidenceList<'_> {
        EvidenceList { block: self, range: (0, small(self.rows.len())) }
    }

    pub(super) fn push(&mut self, e: &EvidenceRecord) {
        let seal = e.checked.map(|(seal, _)| seal_to_text(&seal));
        let text = |t: &Option<Arc<str>>| t.clone();
        let parts = [
            text(&e.quote),
            text(&e.prefix),
            text(&e.suffix),
            text(&e.url),
            text(&e.fragment),
            text(&e.note),
            seal.map(Arc::from),
        ];
        let mut flags = 0;
        for (at, part) in parts.iter().enumerate() {
            let Some(part) = part else { continue };
            if flags != 0 {
                self.text.push(NUL);
            }
            flags |= 1 << at;
            self.text.push_str(part);
        }
        if e.quote.as_deref().is_some_and(is_plain) {
            flags |= PLAIN;
        }
        if e.basis == Basis::Inferred {
            flags |= INFERRED;
        }
        if e.checked.is_some_and(|(_, found)| found) {
            flags |= FOUND;
        }
        flags |= (e.status as u16) << STATUS_SHIFT;
        if !e.properties.is_empty() {
            self.properties.insert(small(self.rows.len()), e.properties.clone());
        }
        self.rows.push(EvidenceRow { source: e.source, end: small(self.text.len()), flags });
    }

    pub(super) fn part(&self, at: u32, part: Part) -> Option<&str> {
        let flags = self.rows[at as usize].flags & ((1 << PARTS) - 1);
        let bit = 1 << part as u16;
        if flags & bit == 0 {
            return None;
        }
        let from = at.checked_sub(1).map_or(0, |before| self.rows[before as usize].end);
        let text = &self.text[from as usize..self.rows[at as usize].end as usize];
        if flags == bit {
            return Some(text);
        }
        text.split(NUL).nth((flags & (bit - 1)).count_ones() as usize)
    }

    pub(super) fn basis(&self, at: u32) -> Basis {
        if self.rows[at as usize].flags & INFERRED == 0 { Basis::Stated } else { Basis::Inferred }
    }

    pub(super) fn status(&self, at: u32) -> QuoteStatus {
        QuoteStatus::ALL[(self.rows[at as usize].flags >> STATUS_SHIFT & 3) as usize].0
    }

    /// Whether the quote stands in JSON as it is.
    pub(super) fn has_plain_quote(&self, at: u32) -> bool {
        self.rows[at as usize].flags & PLAIN != 0
    }

    pub(super) fn set_status(&mut self, at: usize, status: QuoteStatus) {
        let flags = &mut self.rows[at].flags;
        *flags = *flags & !(3 << STATUS_SHIFT) | (status as u16) << STATUS_SHIFT;
    }

    pub(super) fn found(&self, at: u32) -> bool {
        self.rows[at as usize].flags & FOUND != 0
    }

    pub(super) fn record(&self, at: u32) -> EvidenceRecord {
        let part = |part| self.part(at, part).map(Arc::from);
        EvidenceRecord {
            source: self.rows[at as usize].source,
            quote: part(Part::Quote),
            prefix: part(Part::Prefix),
            suffix: part(Part::Suffix),
            url: part(Part::Url),
            fragment: part(Part::Fragment),
            basis: self.basis(at),
            note: part(Part::Note),
            properties: self.properties.get(&at).cloned().unwrap_or_default(),
            checked: self.part(at, Part::Seal).and_then(seal_from_text).map(|seal| (seal, self.found(at))),
            status: self.status(at),
        }
    }

    pub(super) fn records(&self, range: std::ops::Range<u32>) -> Vec<EvidenceRecord> {
        range.map(|at| self.record(at)).collect()
    }

    fn shrink(&mut self) {
        fit(&mut self.rows);
        fit_text(&mut self.text);
    }
}

/// A chunk whose rows rest on evidence.
pub(super) trait Quoting: Clone {
    fn block(&self) -> &Block;
    /// To be changed: the hash of what the chunk said is forgotten.
    fn block_mut(&mut self) -> &mut Block;
}

macro_rules! quoting {
    ($chunk:ty) => {
        impl Quoting for $chunk {
            fn block(&self) -> &Block {
                &self.evidence
            }
            fn block_mut(&mut self) -> &mut Block {
                self.hash = OnceLock::new();
                &mut self.evidence
            }
        }
    };
}
quoting!(EntityChunk);
quoting!(LinkChunk);

// -- entities ---------------------------------------------------------------------------------

/// Entities, [`CHUNK_ROWS`] of them or, in the last chunk, fewer.
#[derive(Clone, Debug, Default)]
pub(super) struct EntityChunk {
    pub(super) rows: Vec<EntityRow>,
    /// The values of properties but the first, sorted by property within a row.
    pub(super) cells: Vec<Cell>,
    /// The members of list values.
    pub(super) members: Vec<Cell>,
    /// Of each row its id, its name and its values that are text, without anything between.
    pub(super) text: String,
    pub(super) evidence: Block,
    pub(super) details: BTreeMap<u16, Box<EntityDetails>>,
    pub(super) hash: OnceLock<[u8; 32]>,
}

/// Half a line of memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntityRow {
    /// The value of its first property, [`NO_CELL`] where it has none: most have one.
    pub(super) first: Cell,
    pub(super) text_end: u32,
    pub(super) name_bytes: u32,
    pub(super) cells_end: u32,
    pub(super) evidence_end: u32,
    pub(super) kind: KindIx,
    pub(super) id_bytes: u8,
    /// Whether the name stands in JSON as it is.
    pub(super) plain_name: bool,
}

/// What only some entities have.
#[derive(Clone, Debug, Default)]
pub(super) struct EntityDetails {
    pub(super) identifiers: Box<[Identifier]>,
    pub(super) text: Option<SourceText>,
    pub(super) merged_from: Box<[Arc<str>]>,
}

/// A value in twelve bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) property: PropertyIx,
    pub(super) tag: Tag,
    pub(super) words: [u32; 2],
}

/// The cell of a row without properties.
pub(super) const NO_CELL: Cell = Cell { property: PropertyIx(u16::MAX), tag: Tag::Boolean, words: [0; 2] };

/// What the two words of a cell are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// Start and length in the chunk's text.
    Text,
    Int,
    /// The bits, low half first.
    Float,
    Boolean,
    /// Year, month and day.
    Date,
    /// Place in [`Dates`].
    FuzzyDate,
    /// Enumeration and word.
    Symbol,
    /// Start and length in the chunk's members.
    List,
}

impl EntityChunk {
    pub(super) fn push(&mut self, e: &EntityRecord, dates: &mut Arc<Dates>) {
        self.hash = OnceLock::new();
        self.text.push_str(&e.id);
        self.text.push_str(&e.name);
        let mut first = NO_CELL;
        for (at, (property, value)) in e.properties.iter().enumerate() {
            let cell = self.cell(*property, value, dates);
            if at == 0 {
                first = cell;
            } else {
                self.cells.push(cell);
            }
        }
        e.evidence.iter().for_each(|piece| self.evidence.push(piece));
        if !e.identifiers.is_empty() || e.text.is_some() || !e.merged_from.is_empty() {
            let details = EntityDetails {
                identifiers: e.identifiers.as_slice().into(),
                text: e.text.clone(),
                merged_from: e.merged_from.as_slice().into(),
            };
            self.details.insert(self.rows.len() as u16, Box::new(details));
        }
        self.rows.push(EntityRow {
            first,
            text_end: small(self.text.len()),
            name_bytes: small(e.name.len()),
            cells_end: small(self.cells.len()),
            evidence_end: small(self.evidence.rows.len()),
            kind: e.kind,
            id_bytes: e.id.len() as u8,
            plain_name: is_plain(&e.name),
        });
        if self.rows.len() == CHUNK_ROWS {
            fit(&mut self.rows);
            fit(&mut self.cells);
            fit(&mut self.members);
            fit_text(&mut self.text);
            self.evidence.shrink();
        }
    }

    fn cell(&mut self, property: PropertyIx, value: &Value, dates: &mut Arc<Dates>) -> Cell {
        let (tag, words) = match value {
            Value::Text(text) => {
                let from = small(self.text.len());
                self.text.push_str(text);
                (Tag::Text, [from, small(text.len())])
            }
            Value::Int(number) => (Tag::Int, [*number as u32, 0]),
            Value::Float(number) => {
                let bits = number.to_bits();
                (Tag::Float, [bits as u32, (bits >> 32) as u32])
            }
            Value::Boolean(truth) => (Tag::Boolean, [u32::from(*truth), 0]),
            Value::Date(day) => (Tag::Date, [day_to_bits(*day), 0]),
            Value::FuzzyDate(date) => {
                let at = match dates.get_index_of(date) {
                    Some(at) => at,
                    None => Arc::make_mut(dates).insert_full(date.clone()).0,
                };
                (Tag::FuzzyDate, [small(at), 0])
            }
            Value::Symbol(enumeration, word) => (Tag::Symbol, [u32::from(enumeration.0), u32::from(*word)]),
            Value::List(values) => {
                // Lists hold no lists.
                let cells: Vec<Cell> = values.iter().map(|v| self.cell(property, v, dates)).collect();
                let from = small(self.members.len());
                self.members.extend(cells);
                (Tag::List, [from, small(values.len())])
            }
        };
        Cell { property, tag, words }
    }

    pub(super) fn value<'g>(&'g self, cell: Cell, dates: &'g Dates) -> Datum<'g> {
        let [a, b] = cell.words;
        match cell.tag {
            Tag::Text => Datum::Text(&self.text[a as usize..(a + b) as usize]),
            Tag::Int => Datum::Int(a as i32),
            Tag::Float => Datum::Float(f64::from_bits(u64::from(b) << 32 | u64::from(a))),
            Tag::Boolean => Datum::Boolean(a != 0),
            Tag::Date => Datum::Date(day_from_bits(a)),
            Tag::FuzzyDate => Datum::FuzzyDate(&dates[a as usize]),
            Tag::Symbol => Datum::Symbol(EnumIx(a as u16), b as u16),
            Tag::List => {
                let members = &self.members[a as usize..(a + b) as usize];
                Datum::List(Members(MembersIn::Cells(self, members, dates)))
            }
        }
    }
}

/// A value as it is read: borrowed, and free to copy.
#[derive(Clone, Copy, Debug)]
pub enum Datum<'g> {
    /// Text, or an address.
    Text(&'g str),
    /// A whole number.
    Int(i32),
    /// A finite double.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A day.
    Date(Date),
    /// A fuzzy date.
    FuzzyDate(&'g Arc<FuzzyDate>),
    /// A word of an enum, by its position there.
    Symbol(EnumIx, u16),
    /// Several of one datatype.
    List(Members<'g>),
}

/// The members of a list value.
#[derive(Clone, Copy, Debug)]
pub struct Members<'g>(MembersIn<'g>);

#[derive(Clone, Copy, Debug)]
enum MembersIn<'g> {
    Cells(&'g EntityChunk, &'g [Cell], &'g Dates),
    Values(&'g [Value]),
}

impl<'g> Members<'g> {
    /// How many; never none.
    #[expect(clippy::len_without_is_empty, reason = "an empty list is an absent value")]
    pub fn len(&self) -> usize {
        match self.0 {
            MembersIn::Cells(_, cells, _) => cells.len(),
            MembersIn::Values(values) => values.len(),
        }
    }
    /// The member at `at`, which is less than [`len`](Members::len).
    pub fn get(&self, at: usize) -> Datum<'g> {
        match self.0 {
            MembersIn::Cells(chunk, cells, dates) => chunk.value(cells[at], dates),
            MembersIn::Values(values) => Datum::of(&values[at]),
        }
    }
}

impl<'g> Datum<'g> {
    /// A value that is held elsewhere.
    pub fn of(value: &'g Value) -> Datum<'g> {
        match value {
            Value::Text(text) => Datum::Text(text),
            Value::Int(number) => Datum::Int(*number),
            Value::Float(number) => Datum::Float(*number),
            Value::Boolean(truth) => Datum::Boolean(*truth),
            Value::Date(day) => Datum::Date(*day),
            Value::FuzzyDate(date) => Datum::FuzzyDate(date),
            Value::Symbol(enumeration, word) => Datum::Symbol(*enumeration, *word),
            Value::List(values) => Datum::List(Members(MembersIn::Values(values))),
        }
    }

    /// The members of a list; anything else is a list of one.
    pub fn members(self) -> impl ExactSizeIterator<Item = Datum<'g>> {
        let count = if let Datum::List(members) = self { members.len() } else { 1 };
        (0..count).map(move |at| if let Datum::List(members) = self { members.get(at) } else { self })
    }

    /// The text, where it is text.
    pub fn as_text(self) -> Option<&'g str> {
        if let Datum::Text(text) = self { Some(text) } else { None }
    }

    /// The same, held by itself.
    pub fn to_value(self) -> Value {
        match self {
            Datum::Text(text) => Value::Text(text.into()),
            Datum::Int(number) => Value::Int(number),
            Datum::Float(number) => Value::Float(number),
            Datum::Boolean(truth) => Value::Boolean(truth),
            Datum::Date(day) => Value::Date(day),
            Datum::FuzzyDate(date) => Value::FuzzyDate(date.clone()),
            Datum::Symbol(enumeration, word) => Value::Symbol(enumeration, word),
            list @ Datum::List(_) => Value::List(list.members().map(Datum::to_value).collect()),
        }
    }
}

fn day_to_bits(day: Date) -> u32 {
    (day.year() as u16 as u32) << 16 | (day.month() as u32) << 8 | day.day() as u32
}
fn day_from_bits(bits: u32) -> Date {
    Date::new((bits >> 16) as u16 as i16, (bits >> 8) as u8 as i8, bits as u8 as i8).unwrap_or(Date::ZERO)
}

// -- links ------------------------------------------------------------------------------------

/// Links, [`CHUNK_ROWS`] of them or, in the last chunk, fewer.
#[derive(Clone, Debug, Default)]
pub(super) struct LinkChunk {
    pub(super) rows: Vec<LinkRow>,
    pub(super) evidence: Block,
    pub(super) details: BTreeMap<u16, Box<LinkDetails>>,
    pub(super) hash: OnceLock<[u8; 32]>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct LinkRow {
    pub(super) from: EntityIx,
    pub(super) to: EntityIx,
    pub(super) evidence_end: u32,
    pub(super) relation: RelationIx,
}

impl LinkChunk {
    pub(super) fn push(&mut self, link: &LinkRecord) {
        self.hash = OnceLock::new();
        link.evidence.iter().for_each(|piece| self.evidence.push(piece));
        if link.details != LinkDetails::NONE {
            self.details.insert(self.rows.len() as u16, Box::new(link.details.clone()));
        }
        self.rows.push(LinkRow {
            from: link.from,
            to: link.to,
            evidence_end: small(self.evidence.rows.len()),
            relation: link.relation,
        });
        if self.rows.len() == CHUNK_ROWS {
            fit(&mut self.rows);
            self.evidence.shrink();
        }
    }

    /// The places in the block of the evidence of one row.
    pub(super) fn evidence_of(&self, row: usize) -> std::ops::Range<u32> {
        row.checked_sub(1).map_or(0, |before| self.rows[before].evidence_end)..self.rows[row].evidence_end
    }

    pub(super) fn record(&self, row: usize) -> LinkRecord {
        let LinkRow { from, to, relation, .. } = self.rows[row];
        LinkRecord {
            from,
            to,
            relation,
            details: self.details.get(&(row as u16)).map(|d| (**d).clone()).unwrap_or_default(),
            evidence: self.evidence.records(self.evidence_of(row)),
        }
    }
}

// -- rows of all chunks -----------------------------------------------------------------------

/// Where row `at` is: its chunk, and its place there.
pub(super) fn place(at: u32) -> (usize, usize) {
    (at as usize / CHUNK_ROWS, at as usize % CHUNK_ROWS)
}

/// The last chunk, to push a row to; a new one where it is full.
pub(super) fn tail<C: Clone + Default>(chunks: &mut Vec<Arc<C>>, rows: impl Fn(&C) -> usize) -> &mut C {
    if chunks.last().is_none_or(|chunk| rows(chunk) == CHUNK_ROWS) {
        chunks.push(Arc::default());
    }
    match chunks.last_mut() {
        Some(chunk) => Arc::make_mut(chunk),
        None => unreachable!("one has just been pushed where there was none"),
    }
}
