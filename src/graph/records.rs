//! Rows as they are admitted and edited, before they are laid down in [chunks](super::chunks).

use std::sync::Arc;

use super::evidence::{Basis, QuoteStatus, Seal, SourceText, seal};
use super::{EntityIx, Identifier};
use crate::ontology::{FuzzyDate, KindIx, PropertyIx, RelationIx, Value};

/// An entity.
#[derive(Clone, Debug)]
pub(super) struct EntityRecord {
    pub(super) id: Arc<str>,
    pub(super) kind: KindIx,
    pub(super) name: Arc<str>,
    /// Properties other than the name, sorted by index; absent ones are not there.
    pub(super) properties: Vec<(PropertyIx, Value)>,
    pub(super) identifiers: Vec<Identifier>,
    pub(super) evidence: Vec<EvidenceRecord>,
    pub(super) text: Option<SourceText>,
    pub(super) merged_from: Vec<Arc<str>>,
}

impl EntityRecord {
    pub(super) fn property(&self, ix: PropertyIx) -> Option<&Value> {
        self.properties.iter().find(|(p, _)| *p == ix).map(|(_, value)| value)
    }
}

/// A link with its ends.
#[derive(Clone, Debug)]
pub(super) struct LinkRecord {
    pub(super) from: EntityIx,
    pub(super) to: EntityIx,
    pub(super) relation: RelationIx,
    pub(super) details: LinkDetails,
    pub(super) evidence: Vec<EvidenceRecord>,
}

/// What only some links have.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LinkDetails {
    pub(super) date: Option<Arc<FuzzyDate>>,
    pub(super) valid_from: Option<Arc<FuzzyDate>>,
    pub(super) valid_until: Option<Arc<FuzzyDate>>,
    /// By position in the relation's declaration, sorted.
    pub(super) properties: Vec<(u16, Value)>,
}

impl LinkDetails {
    pub(super) const NONE: LinkDetails =
        LinkDetails { date: None, valid_from: None, valid_until: None, properties: Vec::new() };
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EvidenceRecord {
    pub(super) source: EntityIx,
    pub(super) quote: Option<Arc<str>>,
    pub(super) prefix: Option<Arc<str>>,
    pub(super) suffix: Option<Arc<str>>,
    pub(super) url: Option<Arc<str>>,
    pub(super) fragment: Option<Arc<str>>,
    pub(super) basis: Basis,
    pub(super) note: Option<Arc<str>>,
    pub(super) properties: Box<[PropertyIx]>,
    /// What the last check left: the seal, and whether the words were found.
    pub(super) checked: Option<(Seal, bool)>,
    pub(super) status: QuoteStatus,
}

impl EvidenceRecord {
    /// The status that follows from the seal when the source's text has the hash `sha256`.
    pub(super) fn status_under(&self, sha256: Option<&str>) -> QuoteStatus {
        let seal = || {
            let words = [&self.quote, &self.prefix, &self.suffix, &self.url].map(Option::as_deref);
            sha256.map(|sha| seal(sha, words))
        };
        match (&self.quote, self.checked) {
            (_, Some((mark, false))) if Some(mark) == seal() => QuoteStatus::NotFound,
            (None, _) => QuoteStatus::UrlOnly,
            (Some(_), Some((mark, true))) if Some(mark) == seal() => QuoteStatus::Verified,
            (Some(_), _) => QuoteStatus::SourceUnavailable,
        }
    }

    /// Whether two pieces are the same words of the same source, read the same way.
    pub(super) fn same_words(&self, other: &EvidenceRecord) -> bool {
        self.source == other.source
            && self.quote == other.quote
            && self.prefix == other.prefix
            && self.suffix == other.suffix
            && self.url == other.url
            && self.fragment == other.fragment
            && self.basis == other.basis
            && self.properties == other.properties
    }
}

/// What both lists say, each once.
pub(super) fn union(a: &[EvidenceRecord], b: &[EvidenceRecord]) -> Vec<EvidenceRecord> {
    let mut all: Vec<EvidenceRecord> = Vec::with_capacity(a.len() + b.len());
    for piece in a.iter().chain(b) {
        if !all.iter().any(|e| e.same_words(piece)) {
            all.push(piece.clone());
        }
    }
    all
}
