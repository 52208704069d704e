//! Objects that the graph does not hold: what a search, a walk or a comparison came to, field by field.

use std::sync::Arc;

use super::resolvers::{Answer, List, Object, Resolved, mismatch};

/// The fields of a type whose objects are made for one answer, in the order of their values.
pub(super) struct Shape<const N: usize>(&'static str, [&'static str; N]);

/// The values of one such object.
#[derive(Debug)]
pub struct Record(Box<[Resolved<'static>]>);

impl<const N: usize> Shape<N> {
    /// An object of this type.
    pub(super) fn of(&self, values: [Resolved<'static>; N]) -> Resolved<'static> {
        Resolved::Object(Object::Record(Arc::new(Record(values.into()))))
    }

    const fn row(&'static self) -> (&'static str, &'static [&'static str]) {
        (self.0, &self.1)
    }
}

/// The value at `place` of a made object.
pub(super) fn value(object: &Object, place: usize) -> Answer<'static> {
    match object {
        Object::Record(record) => record.0.get(place).cloned().map_or_else(mismatch, Ok),
        _ => mismatch(),
    }
}

/// Where the value of a field stands in an object of a type.
pub(super) fn place(of: &str, field: &str) -> Option<usize> {
    let (_, fields) = SHAPES.iter().find(|(name, _)| *name == of)?;
    fields.iter().position(|name| *name == field)
}

/// Objects as a list.
pub(super) fn list(all: impl IntoIterator<Item = Resolved<'static>>) -> Resolved<'static> {
    Resolved::List(List::Made(all.into_iter().collect()))
}

macro_rules! shapes {
    ($($name:ident $ty:literal [$($field:literal)*],)*) => {
        $(pub(super) const $name: Shape<{ [$($field),*].len() }> = Shape($ty, [$($field),*]);)*
        /// Every type whose objects are made, with its fields.
        pub(super) const SHAPES: &[(&str, &[&str])] = &[$($name.row()),*];
    };
}
shapes! {
    KIND_COUNT "KindCount" ["kind" "count"],
    HIGHLIGHT "Highlight" ["field" "evidence" "parts"],
    TEXT_PART "TextPart" ["text" "matched"],
    NAME_RESOLUTION "NameResolution" ["name" "entity" "candidates"],
    CANDIDATE "Candidate" ["entity" "score" "reason" "certain" "matched"],
    PATH_LIST "PathList" ["paths" "hasMore"],
    PATH "Path" ["start" "end" "length" "grade" "hops"],
    HOP "Hop" ["from" "link" "to" "direction" "grade" "sentence"],
    TRAIL "Trail" ["of" "nodes" "links" "weakest" "omitted"],
    TRAIL_NODE "TrailNode" ["entity" "layer" "distance" "root" "stop"],
    TRAIL_LINK "TrailLink" ["link" "upstream" "downstream" "grade" "closesCircle"],
    TRAIL_OMITTED "TrailOmitted" ["byLimit" "byDepth" "links"],
    NEIGHBORHOOD "Neighborhood" ["nodes" "links" "omitted"],
    NEIGHBOR "Neighbor" ["entity" "distance"],
    NEIGHBORHOOD_OMITTED "NeighborhoodOmitted" ["byKind" "byLimit" "byDepth" "byHub" "links"],
    IMPACT "Impact" ["of" "sources" "sourceCount" "evidence" "evidenceCount" "support" "supportCount"],
    EVIDENCE_LOSS "EvidenceLoss" ["entity" "link" "list" "loss" "evidence"],
    SUPPORT_LOSS "SupportLoss" ["entity" "loss" "distance" "reasons"],
    LINK_QUALITY "LinkQuality" ["grade" "singleSourced" "inferred" "stale" "unverified" "independentSources"],
    COMPARISON "Comparison" ["of" "neighbors" "neighborCount"],
    COMPARED_NEIGHBOR "ComparedNeighbor" ["relation" "direction" "entity" "share" "heldBy"],
    HOLDER "Holder" ["entity" "link" "closeMatch"],
    CROSSWALK "Crosswalk" ["pairs" "pairCount" "onlyA" "onlyACount" "onlyB" "onlyBCount"],
    COUNTERPART "Counterpart" ["a" "b" "asserted" "reasons" "reasonCount"],
    COUNTERPART_REASON "CounterpartReason" ["reason" "entity" "links"],
    TIMELINE "Timeline" ["steps" "stepCount" "undated" "undatedCount"],
    TIMELINE_STEP "TimelineStep" ["entity" "link" "date" "lag"],
    LAG "Lag" ["minDays" "maxDays"],
    COMMUNITY "Community" ["number" "size" "entities"],
    CHANGES_PAYLOAD "ChangesPayload" ["version" "applied" "replayed" "nodes" "faults"],
    CHANGE_FAULT "ChangeFault" ["code" "message" "help" "path"],
    PROPOSAL_PAYLOAD "ProposalPayload" ["proposal" "faults"],
    PROPOSAL "ChangeProposal" ["number" "state" "at" "by" "reason" "lines" "changeCount" "decidedAt" "decidedBy" "decidedReason" "sequence"],
    REVISION "Revision" ["sequence" "at" "by" "reason" "proposal" "changes" "changeCount"],
    RECORDED_CHANGE "RecordedChange" ["action" "ids" "words"],
    CHANGE_EVENT "ChangeEvent" ["version" "revision" "nodes"],
    ANSWER_EVENT "AnswerEvent" ["version" "answer" "added" "removed"],
    DIFF "Diff" ["from" "to" "entries" "entryCount"],
    DIFF_ENTRY "DiffEntry" ["id" "change" "words" "values"],
    DIFF_VALUE "DiffValue" ["name" "before" "after"],
    RELATED "Related" ["entity" "score" "linked" "reasons" "reasonCount" "sentence"],
}
