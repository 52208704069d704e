//! What the tables that are written and read have in common: names of columns, and how cells hold lists and
//! text that a spreadsheet would run.

/// What Neo4j takes for the end of one value of a list; it cannot be escaped, so a comma stands for it
/// within values.
pub(super) const BETWEEN: &str = ";";

/// The same in formats of graphs, which have no lists.
pub(super) const BETWEEN_IN_GRAPHS: &str = " | ";

/// A column by its name, and what it says.
pub(super) type Named = (&'static str, &'static str);

/// Columns that every entity has.
pub(super) const ENTITY: [Named; 3] = [
    ("id", "Where the entity is found for ever."),
    ("kind", "Which kind of the ontology it is."),
    ("name", "What the sources call it."),
];

/// Columns that every link has.
pub(super) const LINK: [Named; 14] = [
    ("id", "Where the link is found for ever."),
    ("from", "The id of its subject."),
    ("relation", "Which relation of the ontology it is."),
    ("to", "The id of its object."),
    ("sentence", "The link in words."),
    ("basis", "STATED if any piece of evidence states it, else INFERRED."),
    ("date", "When it came about, in EDTF."),
    ("validFrom", "From when it holds, in EDTF."),
    ("validUntil", "Until when it holds, in EDTF."),
    ("quote", "The words of the piece of evidence that carries the basis."),
    ("source", "The id of the source that they stand in."),
    ("url", "The address that says it itself."),
    ("note", "Why it was concluded."),
    ("evidence", "How many pieces of evidence it has."),
];

/// Columns of evidence.
pub(super) const EVIDENCE: [Named; 15] = [
    ("link", "The link it supports, or nothing."),
    ("entity", "The entity it supports, or nothing."),
    ("relation", "The list of that entity whose completeness it supports, or nothing."),
    ("source", "The source it quotes."),
    ("quote", "The words, as they stand there."),
    ("prefix", "What stands before them."),
    ("suffix", "What stands behind them."),
    ("url", "The address that says it itself."),
    ("fragment", "Where in the source they stand."),
    ("basis", "STATED or INFERRED."),
    ("note", "Why it was concluded."),
    ("properties", "The properties of the entity that it supports; all if none."),
    ("status", "Whether the words were found in the source."),
    ("verified", "The seal of the check that found them."),
    ("notFound", "The seal of the check that did not."),
];

/// Columns of what is said of lists.
pub(super) const COMPLETENESS: [Named; 3] = [
    ("entity", "Whose list it is."),
    ("relation", "Along which relation."),
    ("completeness", "COMPLETE if there are no others, AT_LEAST if there may be."),
];

/// Columns of ids that are no more.
pub(super) const MERGED: [Named; 2] = [("merged", "The id that is no more."), ("into", "What it is now.")];

/// The name of the column that says what kind of date another column's is.
pub(super) fn kind_of_date(column: &str) -> String {
    format!("{column}.kind")
}

/// The name of the column of a part of a source's text.
pub(super) fn text_part(part: &str) -> String {
    format!("text.{part}")
}

/// Identifiers, each with its scheme before a colon.
pub(super) const IDENTIFIERS: &str = "identifiers";

/// Whether a spreadsheet would run it, or it looks as if it were guarded already.
fn runs(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// Spreadsheets run what begins so; an apostrophe makes it text.
pub(super) fn guarded(text: String, guard: bool) -> String {
    if guard && runs(&text) { format!("'{text}") } else { text }
}

/// The text as it was before it was guarded.
pub(super) fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|_| runs(text)).unwrap_or(text)
}
