//! Changes as lines: what a store keeps of a batch. Additions, links, statements and merges are lines of our
//! [format](super::json_lines); what that format has no line for is an object of one key:
//! `{"put": line}`, `{"update": …}`, `{"remove": id}`, `{"unlink": [from, relation, to]}`, `{"retract": id}`.

use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::json_lines::{EvidenceShape, TextShape, parse_line};
use crate::graph::{Change, EntityDraft, EntityPatch, EvidenceDraft, LinkDraft};

/// One change on a line, without the line's end. What is read back is the same change.
pub fn line(change: &Change) -> String {
    let json = match change {
        Change::AddEntity(draft) => entity(draft),
        Change::PutEntity(draft) => json!({"put": entity(draft)}),
        Change::UpdateEntity(patch) => json!({"update": PatchShape::of(patch)}),
        Change::RemoveEntity { id } => json!({"remove": id}),
        Change::AddLink(draft) => link(draft),
        Change::RemoveLink { from, relation, to } => json!({"unlink": [from, relation, to]}),
        Change::RemoveEvidence { id } => json!({"retract": id}),
        Change::StateCompleteness { entity, relation, completeness, evidence } => json!({
            "about": [entity, relation], "completeness": completeness, "evidence": pieces(evidence),
        }),
        Change::Merge { from, into } => json!({"merged": from, "into": into}),
    };
    json.to_string()
}

/// Lines of changes, each with its end.
pub fn lines(changes: &[Change]) -> Vec<u8> {
    let mut out = Vec::new();
    for change in changes {
        // Writing into memory does not fail.
        let _ = writeln!(out, "{}", line(change));
    }
    out
}

/// The change of a line.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn read(text: &str) -> Result<Change, String> {
    const OURS: [&str; 5] = ["{\"put\":", "{\"update\":", "{\"remove\":", "{\"unlink\":", "{\"retract\":"];
    if !OURS.iter().any(|start| text.starts_with(start)) {
        return parse_line(text.as_bytes())?.ok_or_else(|| "the line changes nothing".to_owned());
    }
    let shape: Shape = serde_json::from_str(text).map_err(|e| e.to_string())?;
    Ok(match shape {
        Shape::Put(line) => match parse_line(Json::Object(line).to_string().as_bytes())? {
            Some(Change::AddEntity(draft)) => Change::PutEntity(draft),
            _ => return Err("`put` holds no entity".to_owned()),
        },
        Shape::Update(patch) => Change::UpdateEntity(Box::new(patch.into())),
        Shape::Remove(id) => Change::RemoveEntity { id },
        Shape::Unlink([from, relation, to]) => Change::RemoveLink { from, relation, to },
        Shape::Retract(id) => Change::RemoveEvidence { id },
    })
}

/// What our format has no line for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Shape {
    Put(Map<String, Json>),
    Update(PatchShape),
    Remove(String),
    Unlink([String; 3]),
    Retract(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PatchShape {
    id: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    properties: Map<String, Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identifiers: Option<Vec<(String, String)>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<EvidenceShape>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<TextShape>,
}

impl PatchShape {
    fn of(patch: &EntityPatch) -> PatchShape {
        PatchShape {
            id: patch.id.clone(),
            properties: patch.properties.clone(),
            identifiers: patch.identifiers.clone(),
            evidence: patch.evidence.iter().cloned().map(EvidenceShape::from).collect(),
            text: patch.text.clone().map(TextShape::from),
        }
    }
}

impl From<PatchShape> for EntityPatch {
    fn from(shape: PatchShape) -> EntityPatch {
        EntityPatch {
            id: shape.id,
            properties: shape.properties,
            identifiers: shape.identifiers,
            evidence: shape.evidence.into_iter().map(EvidenceDraft::from).collect(),
            text: shape.text.map(Into::into),
        }
    }
}

fn entity(draft: &EntityDraft) -> Json {
    let mut map = Map::new();
    map.insert("entity".into(), json!(draft.id));
    map.insert("kind".into(), json!(draft.kind));
    if !draft.identifiers.is_empty() {
        let pairs = draft.identifiers.iter().map(|(scheme, value)| json!({"scheme": scheme, "value": value}));
        map.insert("identifiers".into(), pairs.collect());
    }
    map.extend(draft.properties.clone());
    if let Some(text) = &draft.text {
        map.insert("text".into(), json!(TextShape::from(text.clone())));
    }
    if !draft.evidence.is_empty() {
        map.insert("evidence".into(), pieces(&draft.evidence));
    }
    Json::Object(map)
}

fn link(draft: &LinkDraft) -> Json {
    let mut map = Map::new();
    map.insert("link".into(), json!([draft.from, draft.relation, draft.to]));
    let dates = [("date", &draft.date), ("validFrom", &draft.valid_from), ("validUntil", &draft.valid_until)];
    for (key, date) in dates {
        if let Some(date) = date {
            map.insert(key.into(), date.clone());
        }
    }
    if !draft.properties.is_empty() {
        map.insert("properties".into(), Json::Object(draft.properties.clone()));
    }
    map.insert("evidence".into(), pieces(&draft.evidence));
    Json::Object(map)
}

fn pieces(evidence: &[EvidenceDraft]) -> Json {
    evidence.iter().cloned().map(|piece| json!(EvidenceShape::from(piece))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: Change) {
        let text = line(&change);
        assert!(!text.contains('\n'), "{text}");
        assert_eq!(read(&text), Ok(change), "{text}");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let evidence = EvidenceDraft {
            source: "book/1".into(),
            quote: Some("two\nlines".into()),
            url: Some("https://x.example/".into()),
            basis: "STATED".into(),
            properties: vec!["name".into()],
            verified: Some("00".into()),
            ..EvidenceDraft::default()
        };
        let properties = Map::from_iter([("name".to_owned(), json!("a")), ("gone".to_owned(), Json::Null)]);
        let text = crate::graph::SourceTextDraft { sha256: Some("x".into()), ..Default::default() };
        let draft = EntityDraft {
            id: "book/1".into(),
            kind: "Book".into(),
            identifiers: vec![("isbn".into(), "1".into())],
            properties: Map::from_iter([("name".to_owned(), json!("a"))]),
            evidence: vec![evidence.clone()],
            text: Some(text.clone()),
        };
        let id = || "book/1".to_owned();
        let ends = || (id(), "mentions".to_owned(), "bed/2".to_owned());
        check(Change::AddEntity(Box::new(draft.clone())));
        check(Change::PutEntity(Box::new(draft)));
        check(Change::RemoveEntity { id: id() });
        check(Change::RemoveEvidence { id: "evidence/x".into() });
        check(Change::Merge { from: id(), into: "book/2".into() });
        let (from, relation, to) = ends();
        check(Change::RemoveLink { from, relation, to });
        let (from, relation, to) = ends();
        check(Change::AddLink(Box::new(LinkDraft {
            from,
            relation,
            to,
            date: Some(json!("2023")),
            valid_from: Some(json!({"edtf": "2023-01", "kind": "EFFECTIVE"})),
            valid_until: None,
            properties: Map::from_iter([("depth".to_owned(), json!(3))]),
            evidence: vec![evidence.clone()],
        })));
        let entity = id();
        check(Change::StateCompleteness {
            entity,
            relation: "mentions".into(),
            completeness: "COMPLETE".into(),
            evidence: vec![evidence.clone()],
        });
        check(Change::UpdateEntity(Box::new(EntityPatch {
            id: id(),
            properties,
            identifiers: Some(vec![("isbn".into(), "2".into())]),
            evidence: vec![evidence],
            text: Some(text),
        })));
    }
}
