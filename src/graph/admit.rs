//! What entities and evidence say, admitted against the ontology: unknown names, values that do
//! not fit and evidence that says nothing are refused, each with the way out.

use std::fmt::Display;

use serde_json::{Map, Value as Json};

use super::apply::{ROW_BYTES, Transaction, shorten};
use super::change::*;
use super::records::{EntityRecord, EvidenceRecord};
use super::update::implied;
use super::*;
use crate::ontology::{Property, Value, admit, admit_text, admit_url, suggest};

impl Transaction {
    /// The record of an entity that will have the row `slot`; none where something is refused.
    pub(super) fn admit_entity(
        &mut self,
        i: usize,
        draft: &EntityDraft,
        slot: EntityIx,
    ) -> Option<EntityRecord> {
        let kind = self.ontology.kind_named(&draft.kind)?;
        let before = self.refusals.len();
        let ontology = self.ontology.clone();
        let declared = ontology.kind(kind).properties.iter().map(|ix| (*ix, ontology.property(*ix)));
        let mut properties = self.admit_properties(i, &draft.id, &draft.properties, declared);
        let name_ix = ontology.name_property();
        let name = match properties.iter().position(|(ix, _)| *ix == name_ix) {
            Some(at) => match properties.remove(at).1 {
                Value::Text(text) => text,
                _ => return None,
            },
            None => "".into(), // missing: refused by admit_properties
        };
        let mut identifiers = self.identifiers_of(i, &draft.id, &draft.identifiers);
        identifiers.extend(implied(&ontology, &properties));
        let text = match (&draft.text, ontology.kind(kind).is_source) {
            (None, _) => None,
            (Some(text), true) => self.admit_source_text(i, &draft.id, text),
            (Some(_), false) => {
                let source = &ontology.kind(ontology.source_kind()).name;
                let help = format!("only {source} has a text that quotes are checked against");
                self.refuse(i, RefusalCode::BadValue, format!("`{}` has a `text`", draft.id), &help);
                None
            }
        };
        let mut evidence = self.admit_evidence(i, &draft.id, &draft.evidence, Some(kind));
        // A source may quote itself, and its own text is only known here.
        let sha = text.as_ref().and_then(|t| t.sha256.as_deref());
        for piece in evidence.iter_mut().filter(|e| e.source == slot) {
            piece.status = piece.status_under(sha);
        }
        let merged_from = match slot.0 < self.graph.entity_count {
            true => self.entity_now(slot).map(|e| e.merged_from).unwrap_or_default(),
            false => Vec::new(),
        };
        let id = draft.id.as_str().into();
        let record = EntityRecord { id, kind, name, properties, identifiers, evidence, text, merged_from };
        self.weigh_entity(i, &record);
        (self.refusals.len() == before).then_some(record)
    }

    /// Refuses an entity whose texts chunks cannot count.
    pub(super) fn weigh_entity(&mut self, i: usize, record: &EntityRecord) {
        let of_values = record.properties.iter().flat_map(|(_, v)| v.members()).filter_map(Value::as_text);
        let bytes = weight(&record.evidence) + record.name.len() + of_values.map(str::len).sum::<usize>();
        self.weigh(i, &record.id, bytes);
    }

    /// Refuses what chunks cannot count.
    pub(super) fn weigh(&mut self, i: usize, of: &dyn Display, bytes: usize) {
        if bytes > ROW_BYTES {
            let what = format!("the texts of `{of}` have {bytes} bytes together");
            let help = format!("{ROW_BYTES} is the most; quote less, or split it");
            self.refuse(i, RefusalCode::BadValue, what, &help);
        }
    }

    /// Admits `given` against what is `declared`: unknown names, values that do not fit and
    /// required ones that are absent are refused. What comes back is sorted by index.
    pub(super) fn admit_properties<'o, Ix: Copy + Ord>(
        &mut self,
        i: usize,
        of: &dyn Display,
        given: &Map<String, Json>,
        declared: impl Iterator<Item = (Ix, &'o Property)> + Clone,
    ) -> Vec<(Ix, Value)> {
        let ontology = self.ontology.clone();
        let mut admitted = Vec::with_capacity(given.len());
        for (name, json) in given {
            let Some((ix, property)) = declared.clone().find(|(_, p)| p.name == *name) else {
                let names = declared.clone().map(|(_, p)| p.name.as_str());
                let help = suggest(name, names.collect::<Vec<_>>());
                self.refuse_field(
                    i,
                    name,
                    RefusalCode::Unknown,
                    format!("`{of}` has the unknown property `{}`", shorten(name)),
                    &help,
                );
                continue;
            };
            let value = match (json, property.list) {
                (Json::Null, _) => continue,
                (Json::Array(items), true) if items.is_empty() => continue,
                (Json::Array(items), true) => items
                    .iter()
                    .map(|item| admit(property.datatype, item, &ontology.enums))
                    .collect::<Result<Vec<_>, _>>()
                    .map(|values| Value::List(values.into())),
                (_, true) => Err("expected a list".to_owned()),
                (json, false) => admit(property.datatype, json, &ontology.enums),
            };
            match value {
                Ok(value) => admitted.push((ix, value)),
                Err(reason) => {
                    self.refuse_field(
                        i,
                        name,
                        RefusalCode::BadValue,
                        format!("property `{name}` of `{of}`: {reason}"),
                        "",
                    );
                }
            }
        }
        for (ix, property) in declared {
            if property.required
                && given.get(&property.name).is_none_or(|v| v.is_null())
                && !admitted.iter().any(|(a, _)| *a == ix)
            {
                self.refuse_field(
                    i,
                    &property.name,
                    RefusalCode::Missing,
                    format!("`{of}` lacks the required property `{}`", property.name),
                    &format!("add it: {}", property.description),
                );
            }
        }
        admitted.sort_by_key(|(ix, _)| *ix);
        admitted
    }

    pub(super) fn admit_source_text(
        &mut self,
        i: usize,
        of: &str,
        draft: &SourceTextDraft,
    ) -> Option<SourceText> {
        let before = self.refusals.len();
        let mut bad = |what: &str, help: &str| {
            self.refuse(i, RefusalCode::BadValue, format!("`text.{what}` of `{of}` is not one"), help);
        };
        let hex = |s: &str| s.len() == 64 && s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if draft.sha256.as_deref().is_some_and(|s| !hex(s)) {
            bad("sha256", "write 64 lower-case hex digits, or let `throughline check --write` do it");
        }
        if draft
            .file
            .as_deref()
            .is_some_and(|f| f.is_empty() || f.starts_with('.') || f.contains(['/', '\\']))
        {
            bad("file", "write a plain file name; its folder is given on the command line");
        }
        let status = draft.status.as_deref().map(QuoteStatus::parse);
        if status == Some(None) {
            bad("status", "write VERIFIED, NOT_FOUND, SOURCE_UNAVAILABLE or URL_ONLY");
        }
        let checked = draft.checked.as_deref().map(|day| day.parse().ok());
        if checked == Some(None) {
            bad("checked", "write a day as YYYY-MM-DD");
        }
        (self.refusals.len() == before).then(|| SourceText {
            file: draft.file.as_deref().map(Arc::from),
            sha256: draft.sha256.as_deref().map(Arc::from),
            status: status.flatten(),
            checked: checked.flatten(),
        })
    }

    pub(super) fn admit_evidence(
        &mut self,
        i: usize,
        of: &dyn Display,
        drafts: &[EvidenceDraft],
        kind: Option<KindIx>,
    ) -> Vec<EvidenceRecord> {
        let ontology = self.ontology.clone();
        let mut admitted: Vec<EvidenceRecord> = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let before = self.refusals.len();
            let mut refuse = |what: String, help: &str| {
                self.refusals.push(Refusal {
                    change: i,
                    field: Some("evidence".to_owned()),
                    code: RefusalCode::BadEvidence,
                    what,
                    help: help.to_owned(),
                });
            };
            let mut text =
                |name: &str, text: &Option<String>| match text.as_deref().map(admit_text).transpose() {
                    Ok(text) => text,
                    Err(reason) => {
                        refuse(format!("`{name}` of evidence of `{of}`: {reason}"), "");
                        None
                    }
                };
            let quote = text("quote", &draft.quote);
            let fragment = text("fragment", &draft.fragment);
            let note = text("note", &draft.note);
            // What stands beside a quote is kept as it is, spaces too.
            let mut beside = |name: &str, text: &Option<String>| {
                let text = text.as_deref().filter(|t| !t.is_empty())?;
                if text.chars().any(char::is_control) {
                    let what = format!("`{name}` of evidence of `{of}` has control characters");
                    refuse(what, "quote the text view of the source: single spaces, no line breaks");
                    return None;
                }
                Some(Arc::from(text))
            };
            let (prefix, suffix) = (beside("prefix", &draft.prefix), beside("suffix", &draft.suffix));
            let url = match draft.url.as_deref().map(admit_url).transpose() {
                Ok(url) => url,
                Err(reason) => {
                    refuse(format!("`url` of evidence of `{of}`: {reason}"), "");
                    None
                }
            };
            if draft.quote.is_none() && draft.url.is_none() {
                refuse(
                    format!("evidence of `{of}` has neither quote nor url"),
                    "give the source's exact words, or the address that is the evidence",
                );
            }
            if draft.quote.is_none() && (prefix.is_some() || suffix.is_some()) {
                refuse(
                    format!("evidence of `{of}` has a prefix or suffix but no quote"),
                    "they stand right before and after the quote",
                );
            }
            let basis = Basis::parse(&draft.basis);
            if basis.is_none() {
                refuse(
                    format!("evidence of `{of}` has the basis `{}`", shorten(&draft.basis)),
                    "write STATED if the words say it, INFERRED if we conclude it",
                );
            }
            let mut seal_of = |name: &str, text: &Option<String>| {
                let seal = text.as_deref().map(seal_from_text);
                if seal == Some(None) {
                    refuse(
                        format!("`{name}` of evidence of `{of}` is no seal"),
                        "remove it; `throughline check --sources DIR --write` sets it",
                    );
                }
                seal.flatten()
            };
            let checked = match (seal_of("verified", &draft.verified), seal_of("notFound", &draft.not_found))
            {
                (Some(seal), _) => Some((seal, true)),
                (None, Some(seal)) => Some((seal, false)),
                (None, None) => None,
            };
            let mut properties = Vec::new();
            for name in &draft.properties {
                match kind.and_then(|kind| ontology.property_of(kind, name)) {
                    Some(ix) => properties.push(ix),
                    None => refuse(
                        format!("evidence of `{of}` supports the unknown property `{}`", shorten(name)),
                        if kind.is_some() {
                            "name properties of its kind"
                        } else {
                            "only an entity's evidence names properties"
                        },
                    ),
                }
            }
            properties.sort();
            properties.dedup();
            let source = self.find(&draft.source);
            match source.map(|s| self.kind_at(s)) {
                None => self.refuse_field(
                    i,
                    "evidence",
                    RefusalCode::Dangling,
                    format!("evidence of `{of}` quotes `{}`, which is not there", shorten(&draft.source)),
                    "add the source, or mend its id",
                ),
                Some(Some(kind)) if !ontology.kind(kind).is_source => self.refuse_field(
                    i,
                    "evidence",
                    RefusalCode::BadEvidence,
                    format!(
                        "evidence of `{of}` quotes `{}`, which is of kind {}",
                        draft.source,
                        ontology.kind(kind).name
                    ),
                    &format!("quote an entity of kind {}", ontology.kind(ontology.source_kind()).name),
                ),
                Some(_) => {}
            }
            let (Some(source), Some(basis)) = (source, basis) else { continue };
            if self.refusals.len() > before {
                continue;
            }
            let mut evidence = EvidenceRecord {
                source,
                quote,
                prefix,
                suffix,
                url,
                fragment,
                basis,
                note,
                properties: properties.into(),
                checked,
                status: QuoteStatus::SourceUnavailable,
            };
            evidence.status = evidence.status_under(self.sha_of(source));
            if admitted.iter().any(|e| e.same_words(&evidence)) {
                self.refuse_field(
                    i,
                    "evidence",
                    RefusalCode::BadEvidence,
                    format!("`{of}` has the same evidence twice"),
                    "remove one",
                );
            } else {
                admitted.push(evidence);
            }
        }
        admitted
    }
}

/// Bytes of the texts of evidence.
pub(super) fn weight(evidence: &[EvidenceRecord]) -> usize {
    let texts = evidence.iter().flat_map(|e| [&e.quote, &e.prefix, &e.suffix, &e.url, &e.fragment, &e.note]);
    texts.flatten().map(|text| text.len()).sum()
}
