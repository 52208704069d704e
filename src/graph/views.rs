//! What is read: entities, links and evidence as views of a graph, free to copy.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::chunks::{Block, Cell, Dates, EntityChunk, LinkChunk, NO_CELL, Part, place};
use super::evidence::{Basis, QuoteStatus, Seal, SourceText, seal_from_text};
use super::records::{EntityRecord, LinkDetails, LinkRecord};
use super::{Datum, EntityIx, Identifier};
use crate::ontology::{FuzzyDate, KindIx, PropertyIx, RelationIx};

/// Something that exists, as far as the sources say.
#[derive(Clone, Copy)]
pub struct Entity<'g> {
    pub(super) chunk: &'g EntityChunk,
    pub(super) row: usize,
    pub(super) dates: &'g Dates,
}

impl<'g> Entity<'g> {
    pub(super) fn at(chunks: &'g [Arc<EntityChunk>], dates: &'g Dates, ix: EntityIx) -> Entity<'g> {
        let (chunk, row) = place(ix.0);
        Entity { chunk: &chunks[chunk], row, dates }
    }

    fn before(&self) -> (usize, usize, u32) {
        match self.row.checked_sub(1) {
            Some(before) => {
                let row = &self.chunk.rows[before];
                (row.text_end as usize, row.cells_end as usize, row.evidence_end)
            }
            None => (0, 0, 0),
        }
    }

    /// A few bytes of what is read of it, to bring the rest near.
    pub(super) fn first_bytes(&self) -> u32 {
        let (start, ..) = self.before();
        let (text, end) = (self.chunk.text.as_bytes(), self.chunk.rows[self.row].text_end as usize);
        let byte = |at: usize| text.get(at).copied().map_or(0, u32::from);
        byte(start) ^ byte(start + 64) ^ byte(end.saturating_sub(1))
    }

    /// `prefix/slug`, for ever.
    pub fn id(&self) -> &'g str {
        let start = self.before().0;
        &self.chunk.text[start..start + self.chunk.rows[self.row].id_bytes as usize]
    }
    /// What it is.
    pub fn kind(&self) -> KindIx {
        self.chunk.rows[self.row].kind
    }
    /// Its name.
    pub fn name(&self) -> &'g str {
        let row = &self.chunk.rows[self.row];
        let start = self.before().0 + row.id_bytes as usize;
        &self.chunk.text[start..start + row.name_bytes as usize]
    }
    /// Whether the name stands in JSON as it is: nothing in it is to be escaped.
    pub fn has_plain_name(&self) -> bool {
        self.chunk.rows[self.row].plain_name
    }
    /// The value of a property other than the name; none where it is not given. Cost: a walk over
    /// the properties that are given.
    pub fn property(&self, ix: PropertyIx) -> Option<Datum<'g>> {
        let cell = self.cells().find(|cell| cell.property == ix)?;
        Some(self.chunk.value(*cell, self.dates))
    }
    /// Its properties other than the name, sorted by index; absent ones are not there.
    pub fn properties(&self) -> impl Iterator<Item = (PropertyIx, Datum<'g>)> + use<'g> {
        let Entity { chunk, dates, .. } = *self;
        self.cells().map(move |cell| (cell.property, chunk.value(*cell, dates)))
    }
    fn cells(&self) -> impl Iterator<Item = &'g Cell> + use<'g> {
        let row = &self.chunk.rows[self.row];
        let first = Some(&row.first).filter(|cell| cell.property != NO_CELL.property);
        let rest = &self.chunk.cells[self.before().1..row.cells_end as usize];
        first.into_iter().chain(rest)
    }
    /// Its names in other schemes.
    pub fn identifiers(&self) -> &'g [Identifier] {
        self.chunk.details.get(&(self.row as u16)).map_or(&[], |d| &d.identifiers)
    }
    /// What supports its properties.
    pub fn evidence(&self) -> EvidenceList<'g> {
        let range = self.before().2..self.chunk.rows[self.row].evidence_end;
        EvidenceList { block: &self.chunk.evidence, range: (range.start, range.end) }
    }
    /// The text behind it, where it is a source.
    pub fn text(&self) -> Option<&'g SourceText> {
        self.chunk.details.get(&(self.row as u16))?.text.as_ref()
    }
    /// Ids of entities that were merged into it.
    pub fn merged_from(&self) -> &'g [Arc<str>] {
        self.chunk.details.get(&(self.row as u16)).map_or(&[], |d| &d.merged_from)
    }

    pub(super) fn record(&self) -> EntityRecord {
        EntityRecord {
            id: self.id().into(),
            kind: self.kind(),
            name: self.name().into(),
            properties: self.properties().map(|(ix, value)| (ix, value.to_value())).collect(),
            identifiers: self.identifiers().to_vec(),
            evidence: self.evidence().records(),
            text: self.text().cloned(),
            merged_from: self.merged_from().to_vec(),
        }
    }
}

impl fmt::Debug for Entity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id())
    }
}

/// What a link says.
#[derive(Clone, Copy)]
pub struct Link<'g> {
    pub(super) chunk: &'g LinkChunk,
    pub(super) row: usize,
}

impl<'g> Link<'g> {
    /// What it says.
    pub fn relation(&self) -> RelationIx {
        self.chunk.rows[self.row].relation
    }
    /// Its subject and its object.
    pub fn ends(&self) -> (EntityIx, EntityIx) {
        let row = &self.chunk.rows[self.row];
        (row.from, row.to)
    }
    fn details(&self) -> &'g LinkDetails {
        static NONE: LinkDetails = LinkDetails::NONE;
        self.chunk.details.get(&(self.row as u16)).map_or(&NONE, |d| d)
    }
    /// When it came about, with the kind of that date.
    pub fn date(&self) -> Option<&'g Arc<FuzzyDate>> {
        self.details().date.as_ref()
    }
    /// From when it holds.
    pub fn valid_from(&self) -> Option<&'g Arc<FuzzyDate>> {
        self.details().valid_from.as_ref()
    }
    /// Until when it holds.
    pub fn valid_until(&self) -> Option<&'g Arc<FuzzyDate>> {
        self.details().valid_until.as_ref()
    }
    /// The properties its relation declares, by position there; absent ones are not there.
    pub fn properties(&self) -> impl ExactSizeIterator<Item = (u16, Datum<'g>)> + use<'g> {
        self.details().properties.iter().map(|(at, value)| (*at, Datum::of(value)))
    }
    /// What it rests on; never empty.
    pub fn evidence(&self) -> EvidenceList<'g> {
        let Range { start, end } = self.chunk.evidence_of(self.row);
        EvidenceList { block: &self.chunk.evidence, range: (start, end) }
    }
    pub(super) fn record(&self) -> LinkRecord {
        self.chunk.record(self.row)
    }
    /// Stated if any of its evidence is.
    pub fn basis(&self) -> Basis {
        self.evidence().iter().map(|e| e.basis()).min().unwrap_or(Basis::Inferred)
    }
}

impl fmt::Debug for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} {:?}", self.ends().0, self.relation(), self.ends().1)
    }
}

/// The evidence that one thing rests on.
#[derive(Clone, Copy)]
pub struct EvidenceList<'g> {
    pub(super) block: &'g Block,
    pub(super) range: (u32, u32),
}

impl<'g> EvidenceList<'g> {
    /// How many pieces.
    pub fn len(&self) -> usize {
        (self.range.1 - self.range.0) as usize
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The piece at `at`.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn get(&self, at: usize) -> Evidence<'g> {
        assert!(at < self.len());
        Evidence { block: self.block, at: self.range.0 + at as u32 }
    }
    /// Every piece in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Evidence<'g>> + use<'g> {
        let block = self.block;
        (self.range.0..self.range.1).map(move |at| Evidence { block, at })
    }
    pub(super) fn records(&self) -> Vec<super::records::EvidenceRecord> {
        self.block.records(self.range.0..self.range.1)
    }
}

/// One piece of evidence.
#[derive(Clone, Copy)]
pub struct Evidence<'g> {
    block: &'g Block,
    at: u32,
}

impl<'g> Evidence<'g> {
    /// The source it quotes.
    pub fn source(&self) -> EntityIx {
        self.block.rows[self.at as usize].source
    }
    /// Its exact words.
    pub fn quote(&self) -> Option<&'g str> {
        self.block.part(self.at, Part::Quote)
    }
    /// Whether the quote stands in JSON as it is: nothing in it is to be escaped.
    pub fn has_plain_quote(&self) -> bool {
        self.block.has_plain_quote(self.at)
    }
    /// The words right before.
    pub fn prefix(&self) -> Option<&'g str> {
        self.block.part(self.at, Part::Prefix)
    }
    /// The words right after.
    pub fn suffix(&self) -> Option<&'g str> {
        self.block.part(self.at, Part::Suffix)
    }
    /// An address that stands in the source; alone it is the evidence itself.
    pub fn url(&self) -> Option<&'g str> {
        self.block.part(self.at, Part::Url)
    }
    /// Where in the source it stands: `row=12` of a table (as in RFC 7111), a path in a document.
    pub fn fragment(&self) -> Option<&'g str> {
        self.block.part(self.at, Part::Fragment)
    }
    /// How the words are to be read, in ours.
    pub fn note(&self) -> Option<&'g str> {
        self.block.part(self.at, Part::Note)
    }
    /// Said or concluded.
    pub fn basis(&self) -> Basis {
        self.block.basis(self.at)
    }
    /// How far the quote has been checked; follows from the seal and the source's text.
    pub fn status(&self) -> QuoteStatus {
        self.block.status(self.at)
    }
    /// Which properties of its entity it supports; empty for all of it.
    pub fn properties(&self) -> &'g [PropertyIx] {
        self.block.properties.get(&self.at).map_or(&[], |all| all)
    }
    /// What the last check left: the seal, and whether the words were found.
    pub fn checked(&self) -> Option<(Seal, bool)> {
        let seal = self.block.part(self.at, Part::Seal).and_then(seal_from_text)?;
        Some((seal, self.block.found(self.at)))
    }

    /// Where a reader finds the words: the address that is the evidence, or the source's address
    /// with a text fragment (<https://wicg.github.io/scroll-to-text-fragment/>) for the quote.
    pub fn href(&self, source_url: Option<&str>) -> Option<String> {
        match (self.quote(), self.url()) {
            (None, Some(url)) => Some(url.to_owned()),
            (Some(quote), _) => source_url.map(|url| {
                // An address that has a fragment of its own keeps it: the directive stands behind it.
                let join = if url.contains('#') { "" } else { "#" };
                format!("{url}{join}:~:text={}", super::evidence::text_directive(quote))
            }),
            (None, None) => None,
        }
    }
}

/// Equal where every word and every mark is.
impl PartialEq for Evidence<'_> {
    fn eq(&self, other: &Evidence<'_>) -> bool {
        self.block.record(self.at) == other.block.record(other.at)
    }
}

impl fmt::Debug for Evidence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.block.record(self.at).fmt(f)
    }
}
