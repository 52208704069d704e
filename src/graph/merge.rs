//! Two entities made one: names, identifiers, evidence, links and statements go over, and the old
//! id keeps resolving.

use std::collections::{BTreeMap, HashMap};

use super::apply::{Transaction, shorten};
use super::change::*;
use super::records::{EntityRecord, EvidenceRecord, LinkRecord, union};
use super::*;
use crate::ontology::{PropertyIx, Value};

impl Transaction {
    /// Cost: linear in the links of the entity that goes; where it is a source, in all evidence.
    pub(super) fn merge(&mut self, i: usize, from_id: &str, into_id: &str) {
        let of = format!("the merge of `{}` into `{}`", shorten(from_id), shorten(into_id));
        let Some(into) = self.end(i, &of, into_id) else { return };
        let Some(from) = self.find(from_id) else {
            return self.alias(i, from_id, into);
        };
        if from == into {
            self.refuse(i, RefusalCode::Conflict, format!("{of} joins an entity to itself"), "remove it");
            return;
        }
        if self.kind_at(from) != self.kind_at(into) {
            let help = "merge entities of one kind only";
            self.refuse(i, RefusalCode::Conflict, format!("{of} joins two kinds"), help);
            return;
        }
        let (Some(old), Some(kept)) = (self.entity_now(from), self.entity_now(into)) else { return };
        let one = self.one_of(&old, kept);
        self.edited_entities.insert(from, None);
        self.edited_entities.insert(into, Some(Box::new(one)));
        self.touched_entities.insert(into, i);
        self.graph.ids.remove(&old.id, from);
        Arc::make_mut(&mut self.graph.merged).insert(old.id.clone(), into);
        self.forwarded.insert(from, into);
        if self.ontology.kind(old.kind).is_source {
            self.requote(from, into);
        }
        let first = (from, RelationIx(0), Direction::Forward);
        let beyond = (EntityIx(from.0 + 1), RelationIx(0), Direction::Forward);
        let at_old: Vec<List> = self.graph.completeness.range(first..beyond).map(|(list, _)| *list).collect();
        for list in at_old {
            let completeness = Arc::make_mut(&mut self.graph.completeness);
            if let Some(statement) = completeness.remove(&list) {
                completeness.entry((into, list.1, list.2)).or_insert(statement);
            }
        }
        for ix in self.links_at(from) {
            let Some(link) = self.link_now(ix) else { continue };
            if link.from == from || link.to == from {
                self.move_link(i, &of, ix, link, from, into);
            }
        }
    }

    fn one_of(&self, old: &EntityRecord, mut one: EntityRecord) -> EntityRecord {
        let aliases_ix = self.ontology.aliases_property();
        let names =
            |e: &EntityRecord| e.property(aliases_ix).map(|v| v.members().to_vec()).unwrap_or_default();
        let mut aliases = names(&one);
        for alias in [Value::Text(old.name.clone())].into_iter().chain(names(old)) {
            if alias != Value::Text(one.name.clone()) && !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
        let mut properties: BTreeMap<PropertyIx, Value> = old.properties.iter().cloned().collect();
        properties.extend(std::mem::take(&mut one.properties));
        if !aliases.is_empty() {
            properties.insert(aliases_ix, Value::List(aliases.into()));
        }
        one.properties = properties.into_iter().collect();
        for identifier in &old.identifiers {
            if !one.identifiers.contains(identifier) {
                one.identifiers.push(identifier.clone());
            }
        }
        one.evidence = union(&one.evidence, &old.evidence);
        one.text = one.text.or_else(|| old.text.clone());
        one.merged_from.extend(old.merged_from.iter().chain([&old.id]).cloned());
        one
    }

    /// What quoted the source that goes quotes the one that stays; the same words twice become one.
    fn requote(&mut self, from: EntityIx, into: EntityIx) {
        self.resealed.insert(into);
        let quotes = |evidence: &[EvidenceRecord]| evidence.iter().any(|e| e.source == from);
        let moved = |evidence: &mut Vec<EvidenceRecord>| {
            evidence.iter_mut().filter(|e| e.source == from).for_each(|e| e.source = into);
            *evidence = union(evidence, &[]);
        };
        let mut entities = Vec::new();
        let mut links = Vec::new();
        for (at, chunk) in self.graph.entity_chunks.iter().enumerate() {
            if chunk.evidence.rows.iter().any(|e| e.source == from) {
                entities.extend((0..chunk.rows.len()).map(|row| EntityIx((at * CHUNK_ROWS + row) as u32)));
            }
        }
        for (at, chunk) in self.graph.link_chunks.iter().enumerate() {
            if chunk.evidence.rows.iter().any(|e| e.source == from) {
                links.extend((0..chunk.rows.len()).map(|row| LinkIx((at * CHUNK_ROWS + row) as u32)));
            }
        }
        entities.extend(self.edited_entities.keys());
        links.extend(self.edited_links.keys());
        for ix in entities {
            if let Some(mut entity) = self.entity_now(ix).filter(|e| quotes(&e.evidence)) {
                moved(&mut entity.evidence);
                self.edited_entities.insert(ix, Some(Box::new(entity)));
            }
        }
        for ix in links {
            if let Some(mut link) = self.link_now(ix).filter(|l| quotes(&l.evidence)) {
                moved(&mut link.evidence);
                self.edited_links.insert(ix, Some(Box::new(link)));
            }
        }
        if self.graph.completeness.values().any(|s| s.evidence.rows.iter().any(|e| e.source == from)) {
            for statement in Arc::make_mut(&mut self.graph.completeness).values_mut() {
                let mut evidence = statement.evidence.list().records();
                moved(&mut evidence);
                statement.evidence = Block::of(&evidence);
            }
        }
    }

    /// Every link that may touch an entity, in insertion order.
    fn links_at(&mut self, entity: EntityIx) -> Vec<LinkIx> {
        let incident = self.incident.get_or_insert_with(|| {
            let mut incident: HashMap<EntityIx, Vec<LinkIx>> = HashMap::new();
            for ix in self.base.link_count..self.graph.link_count {
                let (from, to) = self.graph.link(LinkIx(ix)).ends();
                incident.entry(from).or_default().push(LinkIx(ix));
                incident.entry(to).or_default().push(LinkIx(ix));
            }
            incident
        });
        let mut links = incident.get(&entity).cloned().unwrap_or_default();
        if entity.0 < self.base.entity_count {
            let [forward, inverse] = [Direction::Forward, Direction::Inverse];
            let before = [self.base.links_of(entity, forward), self.base.links_of(entity, inverse)];
            links.extend(before.into_iter().flatten().map(|linked| linked.link));
        }
        links.sort_unstable();
        links.dedup();
        links
    }

    fn move_link(
        &mut self,
        i: usize,
        of: &str,
        ix: LinkIx,
        link: LinkRecord,
        from: EntityIx,
        into: EntityIx,
    ) {
        let moved = |e: EntityIx| if e == from { into } else { e };
        let (a, b, relation) = (moved(link.from), moved(link.to), link.relation);
        self.edited_links.insert(ix, None);
        if a == b {
            if !self.ontology.relation(relation).symmetric {
                let name = &self.ontology.relation(relation).name;
                let what = format!("{of} would leave a link `{name}` from the entity to itself");
                self.refuse(i, RefusalCode::Conflict, what, "remove that link first");
            }
            return;
        }
        match self.joined(a, relation, b) {
            Some(kept) => {
                let named = format!("{} of {of}", self.ontology.relation(relation).name);
                self.join_links(i, &named, kept, &link.details, &link.evidence);
            }
            None => {
                self.edited_links.insert(ix, Some(Box::new(LinkRecord { from: a, to: b, ..link })));
                self.index_triple(ix, a, relation, b);
                self.touch(ix, relation, i);
                if let Some(incident) = &mut self.incident {
                    incident.entry(into).or_default().push(ix);
                }
            }
        }
    }

    /// An id that nothing has, and that resolves to `into` from now on: a merge whose old entity is
    /// no longer kept.
    fn alias(&mut self, i: usize, old: &str, into: EntityIx) {
        let before = self.refusals.len();
        self.check_id(i, old, self.kind_at(into));
        let Some(mut entity) = self.entity_now(into).filter(|_| self.refusals.len() == before) else {
            return;
        };
        let id: Arc<str> = old.into();
        entity.merged_from.push(id.clone());
        self.edited_entities.insert(into, Some(Box::new(entity)));
        Arc::make_mut(&mut self.graph.merged).insert(id, into);
    }
}
