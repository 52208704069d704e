//! Parts of what is there, changed: properties of an entity set or cleared, a piece of evidence taken back.

use std::collections::BTreeMap;

use super::apply::{Transaction, shorten};
use super::change::*;
use super::records::{EntityRecord, EvidenceRecord, union};
use super::*;
use crate::ontology::{PropertyIx, Value, admit_text};

impl Transaction {
    /// Sets and clears what the patch names; the rest stays as it is.
    pub(super) fn update_entity(&mut self, i: usize, patch: &EntityPatch) {
        let Some(slot) = self.end(i, &format_args!("the update of `{}`", shorten(&patch.id)), &patch.id)
        else {
            return;
        };
        let Some(record) = self.entity_now(slot) else { return };
        let Some(record) = self.patched(i, patch, record) else { return };
        if self.ontology.kind(record.kind).is_source && patch.text.is_some() {
            self.resealed.insert(slot);
        }
        self.touched_entities.insert(slot, i);
        self.edited_entities.insert(slot, Some(Box::new(record)));
    }

    fn patched(&mut self, i: usize, patch: &EntityPatch, mut record: EntityRecord) -> Option<EntityRecord> {
        let before = self.refusals.len();
        let ontology = self.ontology.clone();
        let (kind, name_ix) = (ontology.kind(record.kind), ontology.name_property());
        let given = |ix: &PropertyIx| patch.properties.contains_key(&ontology.property(*ix).name);
        // What is required and not given stays; given as null it is missed.
        let declared = kind.properties.iter().map(|ix| (*ix, ontology.property(*ix)));
        let declared = declared.filter(|(ix, property)| given(ix) || !property.required);
        let admitted = self.admit_properties(i, &patch.id, &patch.properties, declared);
        let explicit: Vec<Identifier> = match &patch.identifiers {
            Some(pairs) => self.identifiers_of(i, &patch.id, pairs),
            None => {
                let implied = implied(&ontology, &record.properties);
                record.identifiers.iter().filter(|one| !implied.contains(one)).cloned().collect()
            }
        };
        let mut properties: BTreeMap<PropertyIx, Value> =
            std::mem::take(&mut record.properties).into_iter().collect();
        properties.retain(|ix, _| !given(ix));
        for (ix, value) in admitted {
            match value {
                Value::Text(text) if ix == name_ix => record.name = text,
                value => drop(properties.insert(ix, value)),
            }
        }
        record.properties = properties.into_iter().collect();
        record.identifiers = explicit;
        for identifier in implied(&ontology, &record.properties) {
            if !record.identifiers.contains(&identifier) {
                record.identifiers.push(identifier);
            }
        }
        if let Some(text) = &patch.text {
            if kind.is_source {
                record.text = self.admit_source_text(i, &patch.id, text);
            } else {
                let help = format!("only {} has one", ontology.kind(ontology.source_kind()).name);
                self.refuse(i, RefusalCode::BadValue, format!("`{}` has a `text`", patch.id), &help);
            }
        }
        let more = self.admit_evidence(i, &patch.id, &patch.evidence, Some(record.kind));
        record.evidence = union(&record.evidence, &more);
        self.weigh_entity(i, &record);
        (self.refusals.len() == before).then_some(record)
    }

    pub(super) fn identifiers_of(
        &mut self,
        i: usize,
        of: &str,
        pairs: &[(String, String)],
    ) -> Vec<Identifier> {
        let mut identifiers = Vec::with_capacity(pairs.len());
        for (scheme, value) in pairs {
            match (admit_text(scheme), admit_text(value)) {
                (Ok(scheme), Ok(value)) => identifiers.push(Identifier { scheme, value }),
                (Err(reason), _) | (_, Err(reason)) => {
                    let what = format!("identifier of `{of}`: {reason}");
                    self.refuse(i, RefusalCode::BadValue, what, "write {\"scheme\": …, \"value\": …}");
                }
            }
        }
        identifiers
    }

    /// Takes a piece of evidence away from what it supports. A link keeps at least one.
    ///
    /// Cost: the first after a commit builds the index of evidence, linear in it.
    pub(super) fn retract_evidence(&mut self, i: usize, id: &str) {
        let Some((owner, at)) = self.base.find_evidence(id) else {
            let what = format!("no evidence has the id `{}`", shorten(id));
            return self.refuse(i, RefusalCode::Dangling, what, "ask for its owner's `evidence { id }`");
        };
        let base = self.base.clone();
        let gone = base.evidence(owner).records().swap_remove(at);
        let without = |evidence: &mut Vec<EvidenceRecord>| evidence.retain(|e| !e.same_words(&gone));
        let went = |this: &mut Transaction| {
            let what = format!("what `{}` supports goes in the same batch", shorten(id));
            this.refuse(i, RefusalCode::Dangling, what, "retract one or the other");
        };
        let last = |this: &mut Transaction, of: &str| {
            let what = format!("`{}` is the last evidence of {of}", shorten(id));
            this.refuse(i, RefusalCode::BadEvidence, what, "retract that instead, or add evidence first");
        };
        match owner {
            Owner::Entity(ix) => {
                let Some(mut record) = self.entity_now(ix) else { return went(self) };
                without(&mut record.evidence);
                self.edited_entities.insert(ix, Some(Box::new(record)));
            }
            Owner::Link(ix) => {
                let Some(mut record) = self.link_now(ix) else { return went(self) };
                without(&mut record.evidence);
                if record.evidence.is_empty() {
                    return last(self, &format!("`{}`", base.link_id(ix)));
                }
                self.edited_links.insert(ix, Some(Box::new(record)));
            }
            Owner::List(entity, relation, direction) => {
                let list = (self.now(entity), relation, direction);
                let Some(statement) = self.graph.completeness.get(&list).cloned() else { return went(self) };
                let mut evidence = statement.evidence.list().records();
                without(&mut evidence);
                if evidence.is_empty() && statement.completeness != Completeness::NotStated {
                    return last(self, "a statement of completeness");
                }
                let statement = CompletenessStatement { evidence: Block::of(&evidence), ..statement };
                Arc::make_mut(&mut self.graph.completeness).insert(list, statement);
            }
        }
    }
}

/// The identifiers that follow from properties.
pub(super) fn implied(ontology: &Ontology, properties: &[(PropertyIx, Value)]) -> Vec<Identifier> {
    let schemes = properties
        .iter()
        .filter_map(|(ix, value)| Some((ontology.property(*ix).identifier.as_deref()?, value)));
    let of = |(scheme, value): (&str, &Value)| {
        let texts: Vec<Arc<str>> = value.members().iter().filter_map(Value::as_text).map(Arc::from).collect();
        texts.into_iter().map(|value| Identifier { scheme: scheme.into(), value }).collect::<Vec<_>>()
    };
    schemes.flat_map(of).collect()
}
