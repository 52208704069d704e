//! The JSON Schema (draft 2020-12) of a line of our format, generated from an ontology: what editors
//! complete and other programs validate with. It says all that one line tells; what lines say of one
//! another (ids that are there, identifiers that are unique) is for `throughline check`.

use serde_json::{Map, Value as Json, json};

use super::json_lines::{ANSWERS, DECISIONS};
use crate::graph::Basis;
use crate::ontology::{Datatype, DateKind, Kind, Ontology, Property};

/// How long an id may be, and of what: a kind's prefix, a slash, a slug.
const SLUG: &str = "[a-z0-9~_-]+";

/// The schema of one line. Cost: linear in the ontology.
pub fn line_schema(ontology: &Ontology) -> Json {
    let kinds = ontology.kinds.iter().map(|kind| json!({"$ref": format!("#/$defs/{}", kind.name)}));
    let mut shapes: Vec<Json> = kinds.collect();
    shapes.extend(
        ["link", "about", "merged", "match", "proposal"]
            .map(|name| json!({"$ref": format!("#/$defs/{name}")})),
    );
    let mut defs = Map::new();
    for kind in &ontology.kinds {
        defs.insert(kind.name.clone(), of_kind(ontology, kind));
    }
    let prefixes: Vec<&str> = ontology.kinds.iter().map(|kind| kind.prefix.as_str()).collect();
    defs.insert("id".into(), text(&format!("^({})/{SLUG}$", prefixes.join("|"))));
    let sources = &ontology.kind(ontology.source_kind()).prefix;
    defs.insert("evidence".into(), evidence(&format!("^{sources}/{SLUG}$")));
    defs.insert("date".into(), date());
    let relations: Vec<Json> = ontology.relations.iter().map(|relation| json!(relation.name)).collect();
    let both = ontology.relations.iter().flat_map(|r| [&r.name, &r.inverse]);
    let both: std::collections::BTreeSet<&String> = both.collect();
    defs.insert(
        "link".into(),
        object(
            &["link", "evidence"],
            json!({
                "link": {
                    "prefixItems": [{"$ref": "#/$defs/id"}, {"enum": relations}, {"$ref": "#/$defs/id"}],
                    "type": "array", "minItems": 3, "maxItems": 3,
                    "description": "Subject, relation, object."
                },
                "date": {"$ref": "#/$defs/date"},
                "validFrom": {"$ref": "#/$defs/date"},
                "validUntil": {"$ref": "#/$defs/date"},
                "properties": {"type": ["object", "null"]},
                "evidence": list(1),
            }),
        ),
    );
    defs.insert(
        "about".into(),
        object(
            &["about", "completeness", "evidence"],
            json!({
                "about": {
                    "prefixItems": [{"$ref": "#/$defs/id"}, {"enum": both}],
                    "type": "array", "minItems": 2, "maxItems": 2,
                    "description": "An entity, and the list of it that is spoken of."
                },
                "completeness": {"enum": ["COMPLETE", "AT_LEAST", "NOT_STATED"]},
                "evidence": list(0),
            }),
        ),
    );
    defs.insert(
        "merged".into(),
        object(
            &["merged", "into"],
            json!({"merged": {"$ref": "#/$defs/id"}, "into": {"$ref": "#/$defs/id"}, "note": {}}),
        ),
    );
    defs.insert(
        "match".into(),
        object(
            &["match", "decision"],
            json!({
                "match": {"type": "array", "items": {"$ref": "#/$defs/id"}, "minItems": 2, "maxItems": 2},
                "decision": {"enum": DECISIONS},
                "by": {}, "note": {}, "score": {}, "reasons": {},
            }),
        ),
    );
    let mut proposal = object(
        &["proposal", "decision"],
        json!({
            "proposal": {"type": "object", "not": {"required": ["proposal"]}},
            "decision": {"enum": ANSWERS},
            "by": {}, "note": {}, "score": {}, "reads": {},
        }),
    );
    // Only what is accepted must be a line of ours.
    proposal["if"] = json!({"properties": {"decision": {"const": ANSWERS[0]}}});
    proposal["then"] = json!({"properties": {"proposal": {"$ref": "#"}}});
    defs.insert("proposal".into(), proposal);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of Throughline's format",
        "oneOf": shapes,
        "$defs": defs,
    })
}

fn text(pattern: &str) -> Json {
    json!({"type": "string", "pattern": pattern, "maxLength": 120})
}

fn list(least: usize) -> Json {
    json!({"type": "array", "items": {"$ref": "#/$defs/evidence"}, "minItems": least})
}

/// An object of these members, which must have the ones named.
fn object(required: &[&str], properties: Json) -> Json {
    json!({
        "type": "object", "required": required, "additionalProperties": false, "properties": properties
    })
}

fn of_kind(ontology: &Ontology, kind: &Kind) -> Json {
    let key = if kind.is_source { "source" } else { "entity" };
    let mut members = Map::new();
    members.insert(key.into(), text(&format!("^{}/{SLUG}$", kind.prefix)));
    members.insert("kind".into(), json!({"const": kind.name}));
    let mut required = vec![key, "kind"];
    for ix in &kind.properties {
        let property = ontology.property(*ix);
        members.insert(property.name.clone(), of_property(ontology, property));
        if property.required && !property.list {
            required.push(&property.name);
        }
    }
    members.insert(
        "identifiers".into(),
        json!({"type": "array", "items": object(
            &["scheme", "value"],
            json!({"scheme": {"type": "string"}, "value": {"type": "string"}}),
        )}),
    );
    members.insert("evidence".into(), list(0));
    if kind.is_source {
        let hash = json!({"type": "string", "pattern": "^[0-9a-f]{64}$"});
        let of_text = json!({
            "file": {"type": "string"}, "sha256": hash,
            "status": {"type": "string"}, "checked": {"type": "string", "format": "date"},
        });
        members.insert("text".into(), object(&[], of_text));
    }
    let mut schema = object(&required, Json::Object(members));
    schema["description"] = json!(kind.description);
    schema
}

fn of_property(ontology: &Ontology, property: &Property) -> Json {
    let one = match property.datatype {
        Datatype::String => json!({"type": "string"}),
        Datatype::Int => json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX}),
        Datatype::Float => json!({"type": "number"}),
        Datatype::Boolean => json!({"type": "boolean"}),
        Datatype::Url => json!({"type": "string", "format": "uri", "pattern": "^https?://"}),
        Datatype::Date => json!({"type": "string", "format": "date"}),
        Datatype::FuzzyDate => json!({"$ref": "#/$defs/date"}),
        Datatype::Enum(ix) => {
            let words = ontology.enumeration(ix).words.iter();
            json!({"enum": words.map(|word| word.name.as_str()).collect::<Vec<_>>()})
        }
    };
    let mut schema = match (property.list, property.required) {
        (true, _) => json!({"type": "array", "items": one}),
        (false, true) => return described(one, &property.description),
        (false, false) => json!({"anyOf": [one, {"type": "null"}]}),
    };
    schema["description"] = json!(property.description);
    schema
}

fn described(mut schema: Json, description: &str) -> Json {
    schema["description"] = json!(description);
    schema
}

fn date() -> Json {
    let kinds: Vec<&str> = DateKind::ALL.iter().map(|(_, name)| *name).collect();
    json!({
        "description": "Extended Date/Time Format, level 1, and what happened then.",
        "anyOf": [
            {"type": "string"},
            object(&["edtf"], json!({"edtf": {"type": "string"}, "kind": {"enum": kinds}})),
            {"type": "null"},
        ]
    })
}

fn evidence(source: &str) -> Json {
    let words = json!({"type": "string"});
    let bases: Vec<&str> = Basis::ALL.iter().map(|(_, name)| *name).collect();
    let mut schema = object(
        &["source", "basis"],
        json!({
            "source": text(source),
            "quote": words, "prefix": words, "suffix": words,
            "url": {"type": "string", "format": "uri"},
            "fragment": words,
            "basis": {"enum": bases},
            "note": words,
            "properties": {"type": "array", "items": words},
            "verified": words, "notFound": words,
        }),
    );
    schema["anyOf"] = json!([{"required": ["quote"]}, {"required": ["url"]}]);
    schema
}
