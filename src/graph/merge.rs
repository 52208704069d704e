//! Two entities made one: names, identifiers, evidence, links and statements go over, and the old
//! id keeps resolving.

use std::collections::BTreeMap;

use super::apply::{Next, shorten, union};
use super::change::*;
use super::*;

impl Next {
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
        if self.kinds[from.0 as usize] != self.kinds[into.0 as usize] {
            self.refuse(
                i,
                RefusalCode::Conflict,
                format!("{of} joins two kinds"),
                "merge entities of one kind only",
            );
            return;
        }
        let (Some(old), Some(kept)) =
            (self.entities[from.0 as usize].clone(), self.entities[into.0 as usize].clone())
        else {
            return;
        };
        let mut one = (*kept).clone();
        let aliases_ix = self.ontology.aliases_property();
        let names = |e: &Entity| -> Vec<Value> {
            e.property(aliases_ix).map(|v| v.members().to_vec()).unwrap_or_default()
        };
        let mut aliases = names(&one);
        for alias in [Value::Text(old.name.clone())].into_iter().chain(names(&old)) {
            if alias != Value::Text(one.name.clone()) && !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
        let mut properties: BTreeMap<PropertyIx, Value> = old.properties.iter().cloned().collect();
        properties.extend(one.properties.iter().cloned());
        if !aliases.is_empty() {
            properties.insert(aliases_ix, Value::List(aliases.into()));
        }
        one.properties = properties.into_iter().collect();
        one.identifiers = one
            .identifiers
            .iter()
            .chain(old.identifiers.iter().filter(|id| !one.identifiers.contains(id)))
            .cloned()
            .collect();
        one.evidence = union(&one.evidence, &old.evidence);
        one.text = one.text.or_else(|| old.text.clone());
        one.merged_from =
            one.merged_from.iter().chain(old.merged_from.iter()).chain([&old.id]).cloned().collect();

        // What pointed at the old entity points at the kept one.
        let moved = |e: EntityIx| if e == from { into } else { e };
        let requote = |evidence: &[Evidence]| -> Box<[Evidence]> {
            evidence.iter().map(|e| Evidence { source: moved(e.source), ..e.clone() }).collect()
        };
        one.evidence = requote(&one.evidence);
        self.entities[from.0 as usize] = None;
        self.entities[into.0 as usize] = Some(Arc::new(one));
        self.touched_entities.insert(into, i);
        self.by_id.remove(&old.id);
        for target in self.merged.values_mut() {
            *target = moved(*target);
        }
        self.merged.insert(old.id.clone(), into);
        if self.kinds[from.0 as usize].is_some_and(|k| self.ontology.kind(k).is_source) {
            self.texts_changed = true;
            for entity in self.entities.iter_mut().flatten() {
                if entity.evidence.iter().any(|e| e.source == from) {
                    let requoted = requote(&entity.evidence);
                    Arc::make_mut(entity).evidence = requoted;
                }
            }
            for (_, _, link) in self.links.iter_mut().flatten() {
                if link.evidence.iter().any(|e| e.source == from) {
                    let requoted = requote(&link.evidence);
                    Arc::make_mut(link).evidence = requoted;
                }
            }
            for statement in self.completeness.values_mut() {
                statement.evidence = requote(&statement.evidence);
            }
        }
        let at_old: Vec<(RelationIx, Direction, CompletenessStatement)> = self
            .completeness
            .iter()
            .filter(|((e, ..), _)| *e == from)
            .map(|((_, r, d), s)| (*r, *d, s.clone()))
            .collect();
        for (relation, direction, statement) in at_old {
            self.completeness.remove(&(from, relation, direction));
            self.completeness.entry((into, relation, direction)).or_insert(statement);
        }
        for at in 0..self.links.len() {
            let Some((a, b, link)) = self.links[at].clone() else { continue };
            if a != from && b != from {
                continue;
            }
            let relation = link.relation;
            self.triples.remove(&self.triple(a, relation, b));
            self.links[at] = None;
            let (a, b) = (moved(a), moved(b));
            if a == b {
                if !self.ontology.relation(relation).symmetric {
                    let name = &self.ontology.relation(relation).name;
                    self.refuse(
                        i,
                        RefusalCode::Conflict,
                        format!("{of} would leave a link `{name}` from the entity to itself"),
                        "remove that link first",
                    );
                }
                continue;
            }
            match self.triples.get(&self.triple(a, relation, b)).copied() {
                Some(ix) => self.join_links(i, &of, ix, &link),
                None => {
                    let ix = LinkIx(at as u32);
                    self.links[at] = Some((a, b, link));
                    self.triples.insert(self.triple(a, relation, b), ix);
                    self.touch(ix, relation, i);
                }
            }
        }
    }

    /// An id that nothing has, and that resolves to `into` from now on: a merge whose old entity is
    /// no longer kept.
    pub(super) fn alias(&mut self, i: usize, old: &str, into: EntityIx) {
        self.check_id(i, old, self.kinds[into.0 as usize]);
        if let Some(entity) = self.entities[into.0 as usize].as_mut() {
            let id: Arc<str> = old.into();
            let entity = Arc::make_mut(entity);
            entity.merged_from = entity.merged_from.iter().chain([&id]).cloned().collect();
            self.merged.insert(id, into);
        }
    }
}
