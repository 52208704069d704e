//! Our own format: JSON Lines, one entity, link, statement or merge a line, evidence inside.
//! `seed/` holds examples; the README there tells how to read one.

use std::fmt;
use std::io::{self, BufRead, Read as _};

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::Batch;
use crate::graph::{
    Change, Datum, EntityDraft, EntityIx, Evidence, EvidenceDraft, EvidenceList, Graph, Identifier,
    LinkDraft, LinkIx, Owner, SourceText, SourceTextDraft, seal_to_text,
};
use crate::ontology::{Fault, FuzzyDate, Location, describe, suggest};

/// Bytes a line may have; far beyond any entity with its evidence, far below memory.
const LINE_BYTES: usize = 4 << 20;

/// The first key of a line says what the line is.
const LINE_KINDS: [&str; 7] = ["source", "entity", "link", "about", "merged", "match", "proposal"];

/// What a reviewer may have decided of two entities that look like one.
pub const DECISIONS: [&str; 3] = ["SAME", "DIFFERENT", "UNDECIDED"];

/// What a reviewer may have decided of a proposal; the first makes it a fact.
pub const ANSWERS: [&str; 3] = ["ACCEPTED", "REJECTED", "UNDECIDED"];

/// One line as it was read.
#[derive(Debug)]
pub enum Line {
    /// Its number, from 1, and what it says.
    Change(usize, Change),
    /// What is wrong with it, and what it would have defined (none where not even that shows).
    Fault(Fault, Option<Option<String>>),
}

/// Reads a text in memory. `path` is what faults call it.
pub fn read(path: &str, bytes: &[u8]) -> Batch {
    let (mut batch, file) = (Batch::default(), path.into());
    let taken = read_from(path, &mut &*bytes, &mut |line| match line {
        Line::Change(at, change) => {
            batch.changes.push(change);
            batch.reading.places.push(&file, at);
        }
        Line::Fault(fault, unread) => {
            batch.reading.faults.push(fault);
            batch.reading.unread.extend(unread);
        }
    });
    // Memory can be read.
    drop(taken);
    batch
}

/// Reads lines and gives each. Blank lines are skipped; a UTF-8 byte order mark and CR before LF
/// are taken. Every line that is not of the format becomes a fault, with line and column; what the
/// others mean is for [`Transaction`](crate::graph::Transaction) to judge. Memory: one line.
///
/// # Errors
/// What `input` gives.
pub fn read_from(path: &str, input: &mut impl BufRead, give: &mut impl FnMut(Line)) -> io::Result<()> {
    let at = |line: usize, column: usize| Location { file: path.to_owned(), line, column };
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let bytes = input.by_ref().take(LINE_BYTES as u64 + 2).read_until(b'\n', &mut line)?;
        if bytes == 0 {
            break;
        }
        if number == 1 && (line.starts_with(&[0xFF, 0xFE]) || line.starts_with(&[0xFE, 0xFF])) {
            let help = "save the file as UTF-8".to_owned();
            let fault = Fault { place: at(1, 1), what: "the file is in UTF-16".to_owned(), help };
            give(Line::Fault(fault, Some(None)));
            break;
        }
        let mut beyond = 0;
        if !line.ends_with(b"\n") && line.len() > LINE_BYTES {
            beyond = skip_line(input)?;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let text = if number == 1 { text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text) } else { text };
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        give(match parse_bytes(text, beyond) {
            Ok(Some(change)) => Line::Change(number, change),
            Ok(None) => continue,
            Err((column, what, help)) => {
                Line::Fault(Fault { place: at(number, column), what, help }, defined(text))
            }
        });
    }
    Ok(())
}

/// The pairs that are decided DIFFERENT: they load as nothing, but whoever suggests matches asks no
/// second time. Lines that are no such match are passed over.
///
/// # Errors
/// What `input` gives.
pub(super) fn told_apart(input: &mut impl BufRead, give: &mut impl FnMut([String; 2])) -> io::Result<()> {
    #[derive(Deserialize)]
    struct Match {
        r#match: [String; 2],
        decision: String,
    }
    const KEY: &[u8] = b"\"match\"";
    for line in input.split(b'\n') {
        let line = line?;
        // Most lines are none: what cannot be one is not parsed.
        if !line.windows(KEY.len()).any(|window| window == KEY) {
            continue;
        }
        match serde_json::from_slice::<Match>(&line) {
            Ok(pair) if pair.decision == DECISIONS[1] => give(pair.r#match),
            _ => {}
        }
    }
    Ok(())
}

/// Skips what is left of a line, and tells how much that was.
fn skip_line(input: &mut impl BufRead) -> io::Result<usize> {
    let mut skipped = 0;
    loop {
        let buffer = input.fill_buf()?;
        let end = buffer.iter().position(|b| *b == b'\n');
        let bytes = end.unwrap_or(buffer.len());
        skipped += bytes;
        let consumed = bytes + usize::from(end.is_some());
        input.consume(consumed);
        if end.is_some() || consumed == 0 {
            return Ok(skipped);
        }
    }
}

/// What a line that cannot be read would have defined: an id, something unknown (none), or, for a
/// line that defines nothing, no item at all.
fn defined(line: &[u8]) -> Option<Option<String>> {
    let Ok(map) = serde_json::from_slice::<Map<String, Json>>(line) else {
        // The first key still tells whether the line would have defined anything.
        let inside = line.trim_ascii_start().strip_prefix(b"{").unwrap_or(line).trim_ascii_start();
        let defines = ![&b"\"link\""[..], b"\"about\"", b"\"match\"", b"\"proposal\""]
            .iter()
            .any(|key| inside.starts_with(key));
        return defines.then_some(None);
    };
    let id = ["source", "entity", "merged"].iter().find_map(|key| map.get(*key));
    id.map(|id| id.as_str().map(str::to_owned))
}

/// The change of a line; none for a match or proposal that nobody has decided, or that is decided against.
fn parse_bytes(line: &[u8], beyond: usize) -> Result<Option<Change>, LineFault> {
    if line.len() + beyond > LINE_BYTES {
        let what = format!("the line has {} bytes; at most {LINE_BYTES} are read", line.len() + beyond);
        return Err((0, what, "is a line break missing?".to_owned()));
    }
    let text = std::str::from_utf8(line).map_err(|e| {
        (e.valid_up_to() + 1, "the line is not UTF-8".to_owned(), "save the file as UTF-8".to_owned())
    })?;
    // Most lines are links, and most links are right: only the others need the reading that can say
    // what is wrong.
    if text.starts_with("{\"link\"")
        && let Ok(link) = serde_json::from_str::<LinkShape>(text)
    {
        return Ok(Some(Change::AddLink(Box::new(link.into()))));
    }
    parse(text)
}

/// The change that a line of ours says.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn parse_line(line: &[u8]) -> Result<Option<Change>, String> {
    parse_bytes(line, 0)
        .map_err(|(_, what, help)| if help.is_empty() { what } else { format!("{what}; {help}") })
}

/// Column (0 for the whole line), what, help.
type LineFault = (usize, String, String);

fn parse(text: &str) -> Result<Option<Change>, LineFault> {
    let Object(map) = serde_json::from_str(text).map_err(syntax)?;
    if map.contains_key("proposal") { proposal(map) } else { change(map) }
}

/// What a proposal proposes, if somebody has accepted it.
fn proposal(mut map: Map<String, Json>) -> Result<Option<Change>, LineFault> {
    let fault = |what: String, help: &str| (0, what, help.to_owned());
    let mut take = |key: &str| map.shift_remove(key).filter(|v| !v.is_null());
    let (proposed, decision) = (take("proposal"), take("decision"));
    ["score", "reads", "by", "note"].iter().for_each(|key| drop(take(key)));
    if let Some(key) = map.keys().next() {
        let known = ["proposal", "decision", "score", "reads", "by", "note"];
        return Err(fault(format!("unknown key `{key}` in a `proposal` line"), &suggest(key, known)));
    }
    let Some(Json::Object(line)) = proposed.filter(|line| line.get("proposal").is_none()) else {
        return Err(fault(
            "`proposal` holds no line".to_owned(),
            "it is an entity or link as other lines have it",
        ));
    };
    match decision.as_ref().and_then(Json::as_str).filter(|word| ANSWERS.contains(word)) {
        Some(word) if word == ANSWERS[0] => change(line),
        Some(_) => Ok(None),
        None => {
            let shown = decision.map_or("none".to_owned(), |other| format!("`{}`", describe(&other)));
            Err(fault(format!("the decision is {shown}"), &format!("write {}", ANSWERS.join(", "))))
        }
    }
}

fn change(mut map: Map<String, Json>) -> Result<Option<Change>, LineFault> {
    let fault = |what: String, help: &str| (0, what, help.to_owned());
    let Some(kind) = LINE_KINDS.into_iter().find(|k| map.contains_key(*k)) else {
        let known = LINE_KINDS.join(", ");
        return Err(fault("the line is none of ours".to_owned(), &format!("it has one of the keys {known}")));
    };
    let mut take = |key: &str| map.shift_remove(key).filter(|v| !v.is_null());
    let text_of = |key: &str, value: Option<Json>| match value {
        Some(Json::String(text)) => Ok(text),
        None => Err(fault(format!("`{key}` is missing"), "add it as text")),
        Some(other) => Err(fault(format!("`{key}` is {}", describe(&other)), "it is text")),
    };
    let mut undecided = false;
    let change = match kind {
        "source" | "entity" => {
            let mut draft = EntityDraft {
                id: text_of(kind, take(kind))?,
                kind: text_of("kind", take("kind"))?,
                ..EntityDraft::default()
            };
            for Pair { scheme, value } in
                shaped::<Vec<Pair>>("identifiers", take("identifiers"))?.unwrap_or_default()
            {
                draft.identifiers.push((scheme, value));
            }
            draft.evidence = evidence(take("evidence"))?;
            draft.text = shaped::<TextShape>("text", take("text"))?.map(SourceTextDraft::from);
            draft.properties = std::mem::take(&mut map);
            Change::AddEntity(Box::new(draft))
        }
        "link" => {
            let ends: Option<[String; 3]> = shaped("link", take("link"))?;
            let [from, relation, to] =
                ends.ok_or_else(|| fault("`link` is null".to_owned(), "write [subject, relation, object]"))?;
            let properties =
                shaped::<Map<String, Json>>("properties", take("properties"))?.unwrap_or_default();
            Change::AddLink(Box::new(LinkDraft {
                from,
                relation,
                to,
                date: take("date"),
                valid_from: take("validFrom"),
                valid_until: take("validUntil"),
                properties,
                evidence: evidence(take("evidence"))?,
            }))
        }
        "about" => {
            let about: Option<[String; 2]> = shaped("about", take("about"))?;
            let [entity, relation] =
                about.ok_or_else(|| fault("`about` is null".to_owned(), "write [entity, relation]"))?;
            Change::StateCompleteness {
                entity,
                relation,
                completeness: text_of("completeness", take("completeness"))?,
                evidence: evidence(take("evidence"))?,
            }
        }
        "merged" => {
            take("note");
            Change::Merge { from: text_of("merged", take("merged"))?, into: text_of("into", take("into"))? }
        }
        _ => {
            let pair: Option<[String; 2]> = shaped("match", take("match"))?;
            let [into, from] = pair
                .ok_or_else(|| fault("`match` is null".to_owned(), "write [id that stays, id that goes]"))?;
            let decision = text_of("decision", take("decision"))?;
            ["by", "note", "score", "reasons"].iter().for_each(|key| drop(take(key)));
            if !DECISIONS.contains(&decision.as_str()) {
                let what = format!("the decision `{decision}` is none");
                return Err(fault(what, &format!("write {}", DECISIONS.join(", "))));
            }
            undecided = decision != DECISIONS[0];
            Change::Merge { from, into }
        }
    };
    if let (Some(key), false) = (map.keys().next(), map.is_empty()) {
        let known: &[&str] = match kind {
            "link" => &["link", "date", "validFrom", "validUntil", "properties", "evidence"],
            "about" => &["about", "completeness", "evidence"],
            "match" => &["match", "decision", "by", "note", "score", "reasons"],
            _ => &["merged", "into", "note"],
        };
        return Err(fault(
            format!("unknown key `{key}` in a `{kind}` line"),
            &suggest(key, known.iter().copied()),
        ));
    }
    Ok((!undecided).then_some(change))
}

fn syntax(error: serde_json::Error) -> LineFault {
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or(&message).to_owned();
    if what.ends_with("comes twice") {
        return (error.column(), what, "keep one".to_owned());
    }
    (error.column(), format!("no JSON object: {what}"), "a line holds one JSON object".to_owned())
}

/// Reads a part of a line whose shape is fixed.
fn shaped<T: for<'de> Deserialize<'de>>(key: &str, value: Option<Json>) -> Result<Option<T>, LineFault> {
    value
        .map(|value| T::deserialize(value))
        .transpose()
        .map_err(|e| (0, format!("`{key}`: {e}"), String::new()))
}

fn evidence(value: Option<Json>) -> Result<Vec<EvidenceDraft>, LineFault> {
    let shapes: Vec<EvidenceShape> = shaped("evidence", value)?.unwrap_or_default();
    Ok(shapes.into_iter().map(EvidenceDraft::from).collect())
}

/// JSON in which no object has a key twice, at any depth.
struct Strict(Json);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
                Ok(truth.into())
            }
            fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
                Ok(number.into())
            }
            fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
                Ok(number.into())
            }
            fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
                Ok(number.into())
            }
            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(text.into())
            }
            fn visit_string<E>(self, text: String) -> Result<Json, E> {
                Ok(text.into())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
                let mut items = Vec::new();
                while let Some(Strict(item)) = access.next_element()? {
                    items.push(item);
                }
                Ok(Json::Array(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Json, A::Error> {
                strict_map(access).map(Json::Object)
            }
        }
        deserializer.deserialize_any(Any).map(Strict)
    }
}

fn strict_map<'de, A: MapAccess<'de>>(mut access: A) -> Result<Map<String, Json>, A::Error> {
    let mut map = Map::new();
    while let Some((key, Strict(value))) = access.next_entry::<String, Strict>()? {
        if map.contains_key(&key) {
            return Err(serde::de::Error::custom(format!("the key `{key}` comes twice")));
        }
        map.insert(key, value);
    }
    Ok(map)
}

/// A strict JSON object.
struct Object(Map<String, Json>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Object, A::Error> {
                strict_map(access).map(Object)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// A link as it stands in a line, where nothing is wrong with it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LinkShape {
    link: [String; 3],
    date: Option<Strict>,
    valid_from: Option<Strict>,
    valid_until: Option<Strict>,
    properties: Option<Object>,
    evidence: Option<Vec<EvidenceShape>>,
}

impl From<LinkShape> for LinkDraft {
    fn from(shape: LinkShape) -> LinkDraft {
        let [from, relation, to] = shape.link;
        LinkDraft {
            from,
            relation,
            to,
            date: shape.date.map(|d| d.0),
            valid_from: shape.valid_from.map(|d| d.0),
            valid_until: shape.valid_until.map(|d| d.0),
            properties: shape.properties.map(|p| p.0).unwrap_or_default(),
            evidence: shape.evidence.unwrap_or_default().into_iter().map(EvidenceDraft::from).collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    scheme: String,
    value: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextShape {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<String>,
}

impl From<TextShape> for SourceTextDraft {
    fn from(t: TextShape) -> SourceTextDraft {
        SourceTextDraft { file: t.file, sha256: t.sha256, status: t.status, checked: t.checked }
    }
}

impl From<SourceTextDraft> for TextShape {
    fn from(t: SourceTextDraft) -> TextShape {
        TextShape { file: t.file, sha256: t.sha256, status: t.status, checked: t.checked }
    }
}

/// The keys of evidence in a line.
pub(super) const EVIDENCE_KEYS: [&str; 11] = [
    "source",
    "quote",
    "prefix",
    "suffix",
    "url",
    "fragment",
    "basis",
    "note",
    "properties",
    "verified",
    "notFound",
];

/// Evidence as it stands in a line, keys in the order they are written.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct EvidenceShape {
    source: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    quote: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    suffix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    fragment: Option<String>,
    basis: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    note: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    properties: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    verified: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    not_found: Option<String>,
}

impl From<EvidenceShape> for EvidenceDraft {
    fn from(e: EvidenceShape) -> EvidenceDraft {
        EvidenceDraft {
            source: e.source,
            quote: e.quote,
            prefix: e.prefix,
            suffix: e.suffix,
            url: e.url,
            fragment: e.fragment,
            basis: e.basis,
            note: e.note,
            properties: e.properties,
            verified: e.verified,
            not_found: e.not_found,
        }
    }
}

impl From<EvidenceDraft> for EvidenceShape {
    fn from(e: EvidenceDraft) -> EvidenceShape {
        EvidenceShape {
            source: e.source,
            quote: e.quote,
            prefix: e.prefix,
            suffix: e.suffix,
            url: e.url,
            fragment: e.fragment,
            basis: e.basis,
            note: e.note,
            properties: e.properties,
            verified: e.verified,
            not_found: e.not_found,
        }
    }
}

/// Writes a graph as lines: entities, links, statements, merges, each in insertion order, so that equal graphs give equal bytes and `read` of what was written gives the graph.
///
/// # Errors
/// What `out` gives.
pub fn write(graph: &Graph, out: &mut impl io::Write) -> io::Result<()> {
    let ontology = graph.ontology();
    let mut line = |map: &Map<String, Json>| {
        serde_json::to_writer(&mut *out, map)?;
        out.write_all(b"\n")
    };
    for ix in graph.entities() {
        line(&entity_line(graph, ix))?;
    }
    for ix in graph.links() {
        line(&link_line(graph, ix))?;
    }
    for ((entity, relation, direction), completeness) in graph.completeness_statements() {
        let mut map = Map::new();
        let name = ontology.relation(relation).name_in(direction);
        map.insert("about".into(), json!([graph.entity(entity).id(), name]));
        map.insert("completeness".into(), json!(completeness.name()));
        put_evidence(graph, &mut map, graph.evidence(Owner::List(entity, relation, direction)));
        line(&map)?;
    }
    for ix in graph.entities() {
        for old in graph.entity(ix).merged_from() {
            let merged =
                [("merged".to_owned(), json!(**old)), ("into".to_owned(), json!(graph.entity(ix).id()))];
            line(&merged.into_iter().collect())?;
        }
    }
    Ok(())
}

/// An entity as its line.
pub fn entity_line(graph: &Graph, ix: EntityIx) -> Map<String, Json> {
    let ontology = graph.ontology();
    let entity = graph.entity(ix);
    let mut map = Map::new();
    let key = if entity.kind() == ontology.source_kind() { "source" } else { "entity" };
    map.insert(key.into(), json!(entity.id()));
    map.insert("kind".into(), json!(ontology.kind(entity.kind()).name));
    map.insert("name".into(), json!(entity.name()));
    let identifiers = identifiers(graph, ix).map(|i| json!({"scheme": *i.scheme, "value": *i.value}));
    let identifiers: Vec<Json> = identifiers.collect();
    if !identifiers.is_empty() {
        map.insert("identifiers".into(), Json::Array(identifiers));
    }
    for (property, value) in entity.properties() {
        map.insert(ontology.property(property).name.clone(), value_json(graph, value));
    }
    if let Some(text) = entity.text() {
        map.insert("text".into(), text_json(text));
    }
    put_evidence(graph, &mut map, entity.evidence());
    map
}

/// The identifiers of an entity that do not follow from its properties.
pub(super) fn identifiers(graph: &Graph, ix: EntityIx) -> impl Iterator<Item = &Identifier> {
    let entity = graph.entity(ix);
    let implied = move |id: &&Identifier| {
        entity.properties().any(|(property, value)| {
            graph.ontology().property(property).identifier.as_deref() == Some(&*id.scheme)
                && value.members().any(|member| member.as_text() == Some(&*id.value))
        })
    };
    entity.identifiers().iter().filter(move |id| !implied(id))
}

/// A link as its line.
pub fn link_line(graph: &Graph, ix: LinkIx) -> Map<String, Json> {
    let link = graph.link(ix);
    let (from, to) = link.ends();
    let relation = graph.ontology().relation(link.relation());
    let mut map = Map::new();
    map.insert("link".into(), json!([graph.entity(from).id(), relation.name, graph.entity(to).id()]));
    for (key, date) in
        [("date", link.date()), ("validFrom", link.valid_from()), ("validUntil", link.valid_until())]
    {
        if let Some(date) = date {
            map.insert(key.into(), date_json(date));
        }
    }
    if link.properties().len() > 0 {
        let properties = link.properties().map(|(at, value)| {
            let property = &relation.properties[at as usize];
            (property.name.clone(), value_json(graph, value))
        });
        map.insert("properties".into(), Json::Object(properties.collect()));
    }
    put_evidence(graph, &mut map, link.evidence());
    map
}

fn put_evidence(graph: &Graph, map: &mut Map<String, Json>, all: EvidenceList<'_>) {
    if !all.is_empty() {
        map.insert("evidence".into(), Json::Array(all.iter().map(|e| evidence_json(graph, e)).collect()));
    }
}

fn evidence_json(graph: &Graph, e: Evidence<'_>) -> Json {
    let text = |t: Option<&str>| t.map(str::to_owned);
    let seal = |found: bool| e.checked().filter(|(_, f)| *f == found).map(|(seal, _)| seal_to_text(&seal));
    json!(EvidenceShape {
        source: graph.entity(e.source()).id().to_owned(),
        quote: text(e.quote()),
        prefix: text(e.prefix()),
        suffix: text(e.suffix()),
        url: text(e.url()),
        fragment: text(e.fragment()),
        basis: e.basis().name().to_owned(),
        note: text(e.note()),
        properties: e.properties().iter().map(|p| graph.ontology().property(*p).name.clone()).collect(),
        verified: seal(true),
        not_found: seal(false),
    })
}

fn text_json(text: &SourceText) -> Json {
    Json::Object(text_parts(text).map(|(key, part)| (key.to_owned(), Json::String(part))).collect())
}

/// What is known of the text of a source: keys and values.
pub(super) fn text_parts(text: &SourceText) -> impl Iterator<Item = (&'static str, String)> {
    let parts = [
        ("file", text.file.as_deref().map(str::to_owned)),
        ("sha256", text.sha256.as_deref().map(str::to_owned)),
        ("status", text.status.map(|status| status.name().to_owned())),
        ("checked", text.checked.map(|day| day.to_string())),
    ];
    parts.into_iter().filter_map(|(key, part)| Some((key, part?)))
}

fn date_json(date: &FuzzyDate) -> Json {
    match date.kind() {
        Some(kind) => json!({"edtf": date.edtf(), "kind": kind.name()}),
        None => json!(date.edtf()),
    }
}

/// A value that is no list, as plain text: numbers as JSON has them, dates in EDTF.
pub(super) fn value_text(graph: &Graph, value: Datum<'_>) -> String {
    match value {
        Datum::Text(text) => text.to_owned(),
        Datum::FuzzyDate(date) => date.edtf().to_owned(),
        other => match value_json(graph, other) {
            Json::String(text) => text,
            json => json.to_string(),
        },
    }
}

fn value_json(graph: &Graph, value: Datum<'_>) -> Json {
    match value {
        Datum::Text(text) => json!(text),
        Datum::Int(number) => json!(number),
        Datum::Float(number) => json!(number),
        Datum::Boolean(truth) => json!(truth),
        Datum::Date(day) => json!(day.to_string()),
        Datum::FuzzyDate(date) => date_json(date),
        Datum::Symbol(ix, at) => json!(graph.ontology().enumeration(ix).words[at as usize].name),
        list @ Datum::List(_) => list.members().map(|v| value_json(graph, v)).collect(),
    }
}
