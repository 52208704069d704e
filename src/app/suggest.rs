//! What a new page may speak of: entities and links proposed from what is known, each with its quote, as
//! lines that people decide. Nothing is asserted: a proposal is no fact until somebody accepts it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use serde_json::{Map, Value as Json, json};

use crate::graph::{Change, EntityDraft, LinkDraft};
use crate::io::json_lines::ANSWERS;
use crate::io::page::text_of_bytes;
use crate::io::suggest::{EntityProposal, Example, Guide, Known, Pattern, Proposals};
use crate::io::words::{fold, plain_words, slug};
use crate::io::{self, Input};
use crate::ontology::{Direction, Fault, Faults, Ontology};

/// What stands in the place of a prefix that only a reader can tell.
const UNKNOWN: &str = "?";

/// Proposals for a page.
#[derive(Debug, Default)]
pub struct Suggested {
    /// Known entities whose names stand in the page: their ids, and the sentence.
    pub known: Vec<(String, String)>,
    /// Lines to decide: entities in the order of the page, then links, the likeliest first.
    pub lines: Vec<Json>,
    /// Links among them that the data have already.
    pub links_known: HashSet<[String; 3]>,
}

impl Suggested {
    /// Whether a line proposes a link that the data have.
    pub fn is_known(&self, line: &Json) -> bool {
        let ends = [0, 1, 2].map(|at| line["proposal"]["link"][at].as_str().unwrap_or_default().to_owned());
        self.links_known.contains(&ends)
    }
}

/// Entities and links as lines say them, whatever else is true of them.
#[derive(Debug, Default)]
struct Lines {
    entities: Vec<EntityDraft>,
    links: Vec<LinkDraft>,
}

impl Lines {
    fn read(inputs: Vec<Input>) -> Result<Lines, Faults> {
        let mut lines = Lines::default();
        let reading = io::read(inputs, |block, _| {
            for (_, change) in block {
                match change {
                    Change::AddEntity(draft) => lines.entities.push(*draft),
                    Change::AddLink(draft) => lines.links.push(*draft),
                    _ => {}
                }
            }
        });
        if reading.faults.is_empty() { Ok(lines) } else { Err(Faults(reading.faults)) }
    }
}

/// Reads a page (HTML, or the text of a source as it is kept) with what data teach: names, relations in
/// words, and how links were quoted. `source` is what the quotes are said to stand in. Cost: linear in data
/// and page, but for the names that one sentence has.
///
/// # Errors
/// What cannot be read.
pub fn suggest(
    ontology: &Ontology,
    data: Vec<Input>,
    file: &Path,
    source: &str,
) -> Result<Suggested, Faults> {
    let bytes = io::read_bytes(file).map_err(|fault: Fault| Faults(vec![fault]))?;
    let lines = Lines::read(data)?;
    let guide = Guide::new(known(&lines), &patterns(ontology), &examples(&lines, source));
    // A text that is kept has its Markdown; only pages are taken apart.
    let is_page = file
        .extension()
        .is_some_and(|ending| ending.to_ascii_lowercase().to_string_lossy().starts_with("htm"));
    let text = if is_page {
        text_of_bytes(&bytes, None, None).main
    } else {
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let mut found = guide.propose(&text);
    // A page names itself, but which sources there are is for whoever keeps them.
    let sources = &ontology.kind(ontology.source_kind()).name;
    for entity in found.entities.iter_mut().filter(|entity| entity.known.is_none()) {
        entity.kind = entity.kind.take().filter(|kind| kind != sources);
    }
    Ok(written(ontology, &lines, found, source))
}

fn texts(value: Option<&Json>) -> impl Iterator<Item = &str> {
    let members = match value {
        Some(Json::Array(members)) => members.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    members.iter().filter_map(Json::as_str)
}

/// What an entity is called, and, `loosely`, how sources refer to it.
fn names(draft: &EntityDraft, loosely: bool) -> Vec<String> {
    let keys: &[&str] = if loosely { &["name", "aliases", "mentions"] } else { &["name", "aliases"] };
    keys.iter().flat_map(|key| texts(draft.properties.get(*key))).map(str::to_owned).collect()
}

fn known(lines: &Lines) -> Vec<Known> {
    let one = |draft: &EntityDraft| Known {
        id: draft.id.clone(),
        kind: draft.kind.clone(),
        names: names(draft, false),
    };
    lines.entities.iter().map(one).collect()
}

fn patterns(ontology: &Ontology) -> Vec<Pattern> {
    let kinds =
        |of: &[crate::ontology::KindIx]| of.iter().map(|ix| ontology.kind(*ix).name.clone()).collect();
    let one = |relation: &crate::ontology::Relation| Pattern {
        relation: relation.name.clone(),
        from_kinds: kinds(relation.targets(Direction::Inverse)),
        to_kinds: kinds(relation.targets(Direction::Forward)),
        sentence: relation.say(Direction::Forward, "{from}", "{to}"),
        inverse_sentence: Some(relation.say(Direction::Inverse, "{from}", "{to}")),
    };
    ontology.relations.iter().map(one).collect()
}

/// What links taught elsewhere. What was drawn from this source before teaches nothing: the pairs of names
/// in it that nobody has joined yet would count as told apart.
fn examples(lines: &Lines, source: &str) -> Vec<Example> {
    let one = |link: &LinkDraft| {
        let elsewhere = link.evidence.iter().filter(|e| e.source != source);
        let quotes = elsewhere.filter_map(|e| e.quote.clone());
        let example = |quote| Example {
            from: link.from.clone(),
            relation: link.relation.clone(),
            to: link.to.clone(),
            quote,
        };
        quotes.map(example).collect::<Vec<_>>()
    };
    lines.links.iter().flat_map(one).collect()
}

fn written(ontology: &Ontology, lines: &Lines, found: Proposals, source: &str) -> Suggested {
    let mut taken: HashSet<String> = lines.entities.iter().map(|draft| draft.id.clone()).collect();
    let mut suggested = Suggested::default();
    let known: HashSet<[&str; 3]> = lines.links.iter().map(|l| [&*l.from, &*l.relation, &*l.to]).collect();
    let mut ids: Vec<String> = Vec::with_capacity(found.entities.len());
    for entity in &found.entities {
        if let Some(id) = &entity.known {
            suggested.known.push((id.clone(), entity.quote.clone()));
            ids.push(id.clone());
            continue;
        }
        let id = free_id(ontology, entity, &mut taken);
        suggested.lines.push(proposal(entity_line(&id, entity, source), entity.score, None));
        ids.push(id);
    }
    for link in &found.links {
        let (from, to) = (&found.entities[link.from], &found.entities[link.to]);
        let reads = ontology
            .relation_named(&link.relation)
            .map(|(ix, direction)| ontology.relation(ix).say(direction, &bare(&from.name), &bare(&to.name)));
        let mut line = Map::new();
        let ends = [&*ids[link.from], &*link.relation, &*ids[link.to]];
        if known.contains(&ends) {
            suggested.links_known.insert(ends.map(str::to_owned));
        }
        line.insert("link".into(), json!(ends));
        line.insert("evidence".into(), json!([evidence(source, &link.quote)]));
        suggested.lines.push(proposal(line, link.score, reads));
    }
    suggested
}

/// An id that no entity has: of the kind where one is told, else of none, for the reader to fill in.
fn free_id(ontology: &Ontology, entity: &EntityProposal, taken: &mut HashSet<String>) -> String {
    let kind = entity.kind.as_deref().and_then(|name| ontology.kind_named(name));
    let prefix = kind.map_or(UNKNOWN, |ix| &ontology.kind(ix).prefix);
    let base = format!("{prefix}/{}", slug(&entity.name));
    let mut id = base.clone();
    for number in 2.. {
        if taken.insert(id.clone()) {
            break;
        }
        id = format!("{base}-{number}");
    }
    id
}

fn entity_line(id: &str, entity: &EntityProposal, source: &str) -> Map<String, Json> {
    let mut line = Map::new();
    line.insert("entity".into(), json!(id));
    line.insert("kind".into(), json!(entity.kind.as_deref().unwrap_or(UNKNOWN)));
    line.insert("name".into(), json!(bare(&entity.name)));
    if let Some(acronym) = &entity.acronym {
        line.insert("aliases".into(), json!([acronym]));
    }
    if let Some(address) = entity.address.as_ref().filter(|address| address.starts_with("http")) {
        line.insert("url".into(), json!(address));
    }
    line.insert("evidence".into(), json!([evidence(source, &entity.quote)]));
    line
}

/// A name without the marks that make its words bold.
fn bare(name: &str) -> String {
    fold(&name.replace("**", ""))
}

fn evidence(source: &str, quote: &str) -> Json {
    json!({"source": source, "quote": fold(quote), "basis": "STATED"})
}

fn proposal(line: Map<String, Json>, score: f64, reads: Option<String>) -> Json {
    let mut map = Map::new();
    map.insert("proposal".into(), Json::Object(line));
    map.insert("decision".into(), json!(ANSWERS[2]));
    map.insert("score".into(), json!((score * 100.0).round() / 100.0));
    if let Some(reads) = reads {
        map.insert("reads".into(), json!(reads));
    }
    Json::Object(map)
}

/// How many proposals are right, and how much of what there is they find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Proposals that are right.
    pub right: usize,
    /// Proposals.
    pub proposed: usize,
    /// What was found of what there is.
    pub found: usize,
    /// What there is.
    pub there: usize,
}

/// Proposals beside what people drew from the same page.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Entities, known ones and new ones: the same id, or a name in the same words.
    pub entities: Rate,
    /// Links from each score on: the same ends and relation. Symmetric ones either way round.
    pub links: BTreeMap<&'static str, Rate>,
}

/// From which scores on links are compared.
const LEAST: [(&str, f64); 3] = [("0.10", 0.1), ("0.25", 0.25), ("0.60", 0.6)];

/// Compares proposals with the lines that people made of the same page.
///
/// # Errors
/// What cannot be read.
pub fn compare(ontology: &Ontology, suggested: &Suggested, drawn: Vec<Input>) -> Result<Comparison, Faults> {
    let drawn = Lines::read(drawn)?;
    let key = |name: &str| plain_words(name).join(" ");
    let ends = drawn.links.iter().flat_map(|link| [link.from.as_str(), link.to.as_str()]);
    let all: BTreeSet<&str> = drawn.entities.iter().map(|draft| draft.id.as_str()).chain(ends).collect();
    let mut called: HashMap<String, Vec<&str>> = HashMap::new();
    for draft in &drawn.entities {
        names(draft, true).iter().for_each(|name| called.entry(key(name)).or_default().push(&draft.id));
    }
    // Which of the drawn ones a proposed id may be.
    let mut stands_for: HashMap<&str, Vec<&str>> =
        suggested.known.iter().map(|(id, _)| (id.as_str(), vec![id.as_str()])).collect();
    for line in &suggested.lines {
        if let (Some(id), Some(name)) =
            (line["proposal"]["entity"].as_str(), line["proposal"]["name"].as_str())
        {
            stands_for.insert(id, called.get(&key(name)).cloned().unwrap_or_default());
        }
    }
    let hits = |id: &str| stands_for.get(id).into_iter().flatten().filter(|id| all.contains(**id)).copied();
    let found: BTreeSet<&str> = stands_for.keys().flat_map(|id| hits(id)).collect();
    let mut comparison = Comparison {
        entities: Rate {
            right: stands_for.keys().filter(|id| hits(id).next().is_some()).count(),
            proposed: stands_for.len(),
            found: found.len(),
            there: all.len(),
        },
        ..Comparison::default()
    };
    let same = |link: &LinkDraft, [from, relation, to]: [&str; 3]| {
        let symmetric =
            ontology.relation_named(relation).is_some_and(|(ix, _)| ontology.relation(ix).symmetric);
        let is = |proposed: &str, id: &str| hits(proposed).any(|hit| hit == id);
        link.relation == relation
            && (is(from, &link.from) && is(to, &link.to)
                || symmetric && is(to, &link.from) && is(from, &link.to))
    };
    for (name, least) in LEAST {
        let mut rate = Rate { there: drawn.links.len(), ..Rate::default() };
        let mut found = BTreeSet::new();
        for line in suggested.lines.iter().filter(|line| line["score"].as_f64() >= Some(least)) {
            let proposed = &line["proposal"]["link"];
            let [Some(from), Some(relation), Some(to)] = [0, 1, 2].map(|at| proposed[at].as_str()) else {
                continue;
            };
            let matching =
                drawn.links.iter().enumerate().filter(|(_, link)| same(link, [from, relation, to]));
            let matching: Vec<usize> = matching.map(|(at, _)| at).collect();
            rate.proposed += 1;
            rate.right += usize::from(!matching.is_empty());
            found.extend(matching);
        }
        rate.found = found.len();
        comparison.links.insert(name, rate);
    }
    Ok(comparison)
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
        write!(
            f,
            "precision {:.2} ({}/{}), recall {:.2} ({}/{})",
            share(self.right, self.proposed),
            self.right,
            self.proposed,
            share(self.found, self.there),
            self.found,
            self.there
        )
    }
}
