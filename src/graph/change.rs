//! Changes and refusals: what may be asked of a graph, and why it may say no.

use std::fmt;

use serde_json::{Map, Value as Json};

/// An entity as somebody wrote it, not admitted yet. `properties` holds name and aliases too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntityDraft {
    /// `prefix/slug`.
    pub id: String,
    /// The kind's name.
    pub kind: String,
    /// (scheme, value).
    pub identifiers: Vec<(String, String)>,
    /// By name.
    pub properties: Map<String, Json>,
    /// What supports them.
    pub evidence: Vec<EvidenceDraft>,
    /// The text behind a source.
    pub text: Option<SourceTextDraft>,
}

/// What a source's line says of its text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceTextDraft {
    /// File name in the sources folder.
    pub file: Option<String>,
    /// Hex.
    pub sha256: Option<String>,
    /// A word of [`QuoteStatus`](super::QuoteStatus).
    pub status: Option<String>,
    /// `YYYY-MM-DD`.
    pub checked: Option<String>,
}

/// A link as somebody wrote it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkDraft {
    /// The subject's id.
    pub from: String,
    /// The relation's name; an inverse name is refused, so that a link reads one way in files.
    pub relation: String,
    /// The object's id.
    pub to: String,
    /// EDTF text or an object of edtf and kind.
    pub date: Option<Json>,
    /// Likewise.
    pub valid_from: Option<Json>,
    /// Likewise.
    pub valid_until: Option<Json>,
    /// By name, as the relation declares them.
    pub properties: Map<String, Json>,
    /// At least one.
    pub evidence: Vec<EvidenceDraft>,
}

/// What is to be otherwise about an entity; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntityPatch {
    /// Its id.
    pub id: String,
    /// By name, name and aliases too; null clears.
    pub properties: Map<String, Json>,
    /// (scheme, value), in the place of those there are, but for those that follow from properties.
    pub identifiers: Option<Vec<(String, String)>>,
    /// Added to what there is.
    pub evidence: Vec<EvidenceDraft>,
    /// The text behind a source, in the place of what was known of it.
    pub text: Option<SourceTextDraft>,
}

/// Evidence as somebody wrote it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EvidenceDraft {
    /// The source's id.
    pub source: String,
    /// The exact words.
    pub quote: Option<String>,
    /// The words before.
    pub prefix: Option<String>,
    /// The words after.
    pub suffix: Option<String>,
    /// An address in the source.
    pub url: Option<String>,
    /// Where in the source, such as `row=12`.
    pub fragment: Option<String>,
    /// STATED or INFERRED.
    pub basis: String,
    /// Ours.
    pub note: Option<String>,
    /// Names of the entity's properties that it supports.
    pub properties: Vec<String>,
    /// The seal of a check that found the words.
    pub verified: Option<String>,
    /// The seal of a check that did not.
    pub not_found: Option<String>,
}

/// The only door for writes.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Adds an entity; refused if the id is taken.
    AddEntity(Box<EntityDraft>),
    /// Puts an entity in the place of the one that has its id, or adds it. Links stay.
    PutEntity(Box<EntityDraft>),
    /// Changes parts of an entity, after whatever the batch adds or puts.
    UpdateEntity(Box<EntityPatch>),
    /// Removes an entity that no link, evidence or statement needs any more.
    RemoveEntity {
        /// Its id.
        id: String,
    },
    /// Adds a link, or its evidence to the link that is there already.
    AddLink(Box<LinkDraft>),
    /// Removes a link with its evidence.
    RemoveLink {
        /// The subject's id.
        from: String,
        /// The relation's name.
        relation: String,
        /// The object's id.
        to: String,
    },
    /// Takes a piece of evidence away from what it supports. The last one of a link stays: the link goes, or nothing.
    RemoveEvidence {
        /// Its id.
        id: String,
    },
    /// Says how complete a list is, in the place of what was said.
    StateCompleteness {
        /// The entity whose list it is.
        entity: String,
        /// The relation's name or inverse name.
        relation: String,
        /// COMPLETE, AT_LEAST or NOT_STATED.
        completeness: String,
        /// Where it says so.
        evidence: Vec<EvidenceDraft>,
    },
    /// Makes two entities of one kind one: links, names, identifiers and evidence go over, and the
    /// old id keeps resolving. Where nothing has the old id, it is only made to resolve.
    Merge {
        /// The id that is given up.
        from: String,
        /// The id that stays.
        into: String,
    },
}

impl Change {
    /// The evidence that it brings.
    pub fn evidence(&self) -> &[EvidenceDraft] {
        match self {
            Change::AddEntity(draft) | Change::PutEntity(draft) => &draft.evidence,
            Change::UpdateEntity(patch) => &patch.evidence,
            Change::AddLink(draft) => &draft.evidence,
            Change::StateCompleteness { evidence, .. } => evidence,
            Change::RemoveEntity { .. }
            | Change::RemoveLink { .. }
            | Change::RemoveEvidence { .. }
            | Change::Merge { .. } => &[],
        }
    }

    /// The same, to be marked.
    pub fn evidence_mut(&mut self) -> &mut [EvidenceDraft] {
        match self {
            Change::AddEntity(draft) | Change::PutEntity(draft) => &mut draft.evidence,
            Change::UpdateEntity(patch) => &mut patch.evidence,
            Change::AddLink(draft) => &mut draft.evidence,
            Change::StateCompleteness { evidence, .. } => evidence,
            Change::RemoveEntity { .. }
            | Change::RemoveLink { .. }
            | Change::RemoveEvidence { .. }
            | Change::Merge { .. } => &mut [],
        }
    }
}

/// Why a change was refused. A closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// The id is not of the form `prefix/slug`, or its prefix belongs to another kind.
    BadId,
    /// The id is taken.
    Taken,
    /// Nothing has that id.
    Dangling,
    /// The ontology has no such kind, relation or property.
    Unknown,
    /// A value does not fit its property.
    BadValue,
    /// A required property is not given.
    Missing,
    /// Evidence is absent or says nothing.
    BadEvidence,
    /// The relation does not join these kinds.
    OutOfRange,
    /// More objects than the relation allows.
    Cardinality,
    /// The link would close a circle.
    Cycle,
    /// Something else still needs what would go.
    InUse,
    /// It contradicts what is there.
    Conflict,
}

/// One reason why a batch was not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The position of the change in its batch.
    pub change: usize,
    /// The part of the change that is at fault, as the format calls it, where it is one.
    pub field: Option<String>,
    /// Of which sort.
    pub code: RefusalCode,
    /// What is wrong, naming the thing.
    pub what: String,
    /// The way out.
    pub help: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "change {}: {}", self.change, self.what)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "; {}", self.help) }
    }
}

/// Every reason, in the order of the changes.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusals(pub Vec<Refusal>);

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for refusal in &self.0 {
            writeln!(f, "{refusal}")?;
        }
        write!(f, "{} refused, nothing applied", self.0.len())
    }
}
