//! From the input of a mutation, as JSON after coercion, to changes. What the types allow and the meaning does not
//! is collected, each with its path into the input.

use serde_json::{Map, Value as Json};

use super::arguments::{given, items, text};
use super::filters::relation_of_word;
use crate::graph::{Change, EntityDraft, EntityPatch, EvidenceDraft, Graph, LinkDraft, Owner};
use crate::ontology::{KindIx, Ontology, lower_first};

/// What is wrong with an input.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Of which sort: a word of `ChangeFaultCode`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: String,
    /// From `input` on.
    pub path: Vec<String>,
}

/// The keys of the input of an entity that are no properties.
const OF_ENTITIES: [&str; 4] = ["id", "identifiers", "evidence", "commit"];

/// A reader of inputs over the graph that they are about.
pub struct Drafts<'a> {
    graph: &'a Graph,
    /// Everything that is wrong so far.
    pub faults: Vec<Fault>,
}

impl<'a> Drafts<'a> {
    /// A reader with no faults yet.
    pub fn over(graph: &'a Graph) -> Drafts<'a> {
        Drafts { graph, faults: Vec::new() }
    }

    fn ontology(&self) -> &'a Ontology {
        self.graph.ontology()
    }

    fn fault(&mut self, message: impl Into<String>, help: impl Into<String>, path: &[&str]) {
        let path = path.iter().map(|step| (*step).to_owned()).collect();
        self.faults.push(Fault { code: "BAD_INPUT", message: message.into(), help: help.into(), path });
    }

    /// The change of one item of `changes`, which stands at `path`.
    pub fn change(&mut self, item: &Json, path: &[&str]) -> Option<Change> {
        let (key, value) = self.one_of(item, path)?;
        let at: Vec<&str> = path.iter().copied().chain([key]).collect();
        match key {
            "create" | "update" => {
                let (kind, value) = self.one_of(value, &at)?;
                let ix = self.kind_of_field(kind)?;
                let at: Vec<&str> = at.iter().copied().chain([kind]).collect();
                let map = value.as_object()?;
                if given(map, "commit").is_some() {
                    let at: Vec<&str> = at.iter().copied().chain(["commit"]).collect();
                    self.fault(
                        "`commit` stands in a change of a batch",
                        "give the batch its own options",
                        &at,
                    );
                }
                Some(if key == "create" { self.create(ix, map) } else { self.update(map) })
            }
            "link" => self.link(value.as_object()?),
            "unlink" => self.unlink(value.as_object()?),
            "merge" => Some(self.merge(value.as_object()?)),
            "retract" => self.retract(&text(value.get("id")?), &at),
            _ => self.state(value.as_object()?),
        }
    }

    /// The only key of a `@oneOf` input, with its value.
    fn one_of<'v>(&mut self, item: &'v Json, path: &[&str]) -> Option<(&'v str, &'v Json)> {
        let map = item.as_object()?;
        match map.iter().next() {
            Some((key, value)) if map.len() == 1 && !value.is_null() => Some((key, value)),
            _ => {
                let names: Vec<&str> = map.keys().map(String::as_str).collect();
                let found = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                self.fault(
                    format!("exactly one of its fields is to be given, and not null; this gives {found}"),
                    "make it several changes",
                    path,
                );
                None
            }
        }
    }

    /// The kind whose input a field of `EntityInput` is.
    fn kind_of_field(&self, field: &str) -> Option<KindIx> {
        let ontology = self.ontology();
        ontology.kind_indexes().find(|ix| lower_first(&ontology.kind(*ix).name) == field)
    }

    /// A new entity of a kind.
    pub fn create(&self, kind: KindIx, input: &Map<String, Json>) -> Change {
        Change::AddEntity(Box::new(EntityDraft {
            id: given(input, "id").map(text).unwrap_or_default(),
            kind: self.ontology().kind(kind).name.clone(),
            identifiers: given(input, "identifiers").map(pairs).unwrap_or_default(),
            properties: properties(input, |value| !value.is_null()),
            evidence: self.evidence(input),
            text: None,
        }))
    }

    /// Parts of an entity set; null clears.
    pub fn update(&self, input: &Map<String, Json>) -> Change {
        Change::UpdateEntity(Box::new(EntityPatch {
            id: given(input, "id").map(text).unwrap_or_default(),
            properties: properties(input, |_| true),
            identifiers: given(input, "identifiers").map(pairs),
            evidence: self.evidence(input),
            text: None,
        }))
    }

    /// A link.
    pub fn link(&self, input: &Map<String, Json>) -> Option<Change> {
        let [from, relation, to] = self.triple(input)?;
        let date = |key: &str| given(input, key).cloned();
        let properties = given(input, "properties").and_then(Json::as_object);
        let all = properties.into_iter().flatten().filter(|(_, value)| !value.is_null());
        Some(Change::AddLink(Box::new(LinkDraft {
            from,
            relation,
            to,
            date: date("date"),
            valid_from: date("validFrom"),
            valid_until: date("validUntil"),
            properties: all.map(|(name, value)| (name.clone(), value.clone())).collect(),
            evidence: self.evidence(input),
        })))
    }

    /// A link taken away.
    pub fn unlink(&self, input: &Map<String, Json>) -> Option<Change> {
        let [from, relation, to] = self.triple(input)?;
        Some(Change::RemoveLink { from, relation, to })
    }

    /// Two entities made one.
    pub fn merge(&self, input: &Map<String, Json>) -> Change {
        let id = |key: &str| given(input, key).map(text).unwrap_or_default();
        Change::Merge { from: id("from"), into: id("into") }
    }

    /// Whatever has that id taken back.
    pub fn retract(&mut self, id: &str, path: &[&str]) -> Option<Change> {
        let graph = self.graph;
        if let Some(ix) = graph.find_link(id) {
            let (from, to) = graph.ends(ix);
            let relation = graph.ontology().relation(graph.link(ix).relation()).name.clone();
            let of = |ix| graph.entity(ix).id().to_owned();
            return Some(Change::RemoveLink { from: of(from), relation, to: of(to) });
        }
        if graph.find_evidence(id).is_some() {
            return Some(Change::RemoveEvidence { id: id.to_owned() });
        }
        if graph.find(id).is_some() {
            return Some(Change::RemoveEntity { id: id.to_owned() });
        }
        let at: Vec<&str> = path.iter().copied().chain(["id"]).collect();
        self.fault(format!("nothing has the id `{id}`"), "name an entity, link or piece of evidence", &at);
        None
    }

    /// How complete a list is.
    pub fn state(&self, input: &Map<String, Json>) -> Option<Change> {
        let ontology = self.ontology();
        let relation = ontology.relation(relation_of_word(ontology, input.get("relation")?.as_str()?)?);
        let outgoing = given(input, "direction").and_then(Json::as_str) != Some("INCOMING");
        Some(Change::StateCompleteness {
            entity: given(input, "of").map(text).unwrap_or_default(),
            relation: if outgoing { relation.name.clone() } else { relation.inverse.clone() },
            completeness: given(input, "completeness").map(text).unwrap_or_default(),
            evidence: self.evidence(input),
        })
    }

    fn triple(&self, input: &Map<String, Json>) -> Option<[String; 3]> {
        let ontology = self.ontology();
        let relation = relation_of_word(ontology, input.get("relation")?.as_str()?)?;
        let id = |key: &str| input.get(key).map(text);
        Some([id("from")?, ontology.relation(relation).name.clone(), id("to")?])
    }

    fn evidence(&self, input: &Map<String, Json>) -> Vec<EvidenceDraft> {
        let one = |item: &Json| {
            let part = |key: &str| item.get(key).filter(|v| !v.is_null()).map(text);
            let names = item.get("properties").filter(|v| !v.is_null());
            EvidenceDraft {
                source: part("source").unwrap_or_default(),
                quote: part("quote"),
                prefix: part("prefix"),
                suffix: part("suffix"),
                url: part("url"),
                fragment: part("fragment"),
                basis: part("basis").unwrap_or_default(),
                note: part("note"),
                properties: names.map(|names| items(names).iter().map(text).collect()).unwrap_or_default(),
                verified: None,
                not_found: None,
            }
        };
        given(input, "evidence").map(|all| items(all).iter().map(one).collect()).unwrap_or_default()
    }
}

fn pairs(list: &Json) -> Vec<(String, String)> {
    let part = |item: &Json, key: &str| item.get(key).map(text).unwrap_or_default();
    items(list).iter().map(|item| (part(item, "scheme"), part(item, "value"))).collect()
}

fn properties(input: &Map<String, Json>, taken: impl Fn(&Json) -> bool) -> Map<String, Json> {
    let of = input.iter().filter(|(key, value)| !OF_ENTITIES.contains(&key.as_str()) && taken(value));
    of.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// What a change is about, as it is after it: an entity or a link.
pub fn subject(change: &Change, after: &Graph) -> Option<Owner> {
    let entity = |id: &str| after.find(id).map(Owner::Entity);
    match change {
        Change::AddEntity(draft) | Change::PutEntity(draft) => entity(&draft.id),
        Change::UpdateEntity(patch) => entity(&patch.id),
        Change::StateCompleteness { entity: id, .. } | Change::Merge { into: id, .. } => entity(id),
        Change::AddLink(draft) => {
            let (from, to) = (after.find(&draft.from)?, after.find(&draft.to)?);
            let (relation, way) = after.ontology().relation_named(&draft.relation)?;
            let found = after.along(from, relation, way).iter().find(|linked| linked.to == to)?;
            Some(Owner::Link(found.link))
        }
        Change::RemoveEntity { .. } | Change::RemoveLink { .. } | Change::RemoveEvidence { .. } => None,
    }
}
