//! Small random graphs for the property tests of this room: an ontology with everything that
//! algorithms here ask of one, and graphs that came about through the only door for writes.

use std::fmt;
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use serde_json::{Map, json};

use crate::graph::{
    Change, EntityDraft, EntityIx, EvidenceDraft, Graph, LinkDraft, LinkIx, SourceTextDraft, seal,
    seal_to_text,
};
use crate::ontology::{Direction, Flow, KindIx, Ontology, RelationIx};
use crate::query::grade::Grade;

const SDL: &str = r#"
extend schema
  @ontology(title: "Causes", iri: "https://causes.example/#", version: "1")
  @namespace(prefix: "c", iri: "https://causes.example/#")
  @namespace(prefix: "skos", iri: "http://www.w3.org/2004/02/skos/core#")
  @relation(name: "causes", inverse: "causedBy", from: ["Item", "Text", "Crossing"], to: ["Item", "Aim", "Crossing"], flow: FORWARD, sentence: "{from} causes {to}", describe: "What it brings about.")
  @relation(name: "restsOn", inverse: "carries", from: ["Item", "Aim"], to: ["Item", "Aim", "Text"], flow: BACKWARD, sentence: "{from} rests on {to}", describe: "What it rests on.")
  @relation(name: "lies", inverse: "holds", from: ["Item", "Aim", "Text", "Crossing"], to: ["Crossing"], throughHub: false, sentence: "{from} lies at {to}", describe: "Where it lies.")
  @relation(name: "notes", inverse: "notedBy", from: ["Item", "Aim", "Text"], to: ["Item", "Aim"], sentence: "{from} notes {to}", describe: "What it notes.")
  @relation(name: "alike", inverse: "alike", from: ["Item", "Aim", "Crossing"], to: ["Item", "Aim", "Crossing"], iri: "skos:closeMatch", symmetric: true, sentence: "{from} is like {to}", describe: "What is nearly the same.")
  @relation(name: "cites", inverse: "citedBy", from: ["Text"], to: ["Text"], flow: BACKWARD, sentence: "{from} cites {to}", describe: "What a text takes from another.")

"Anything."
interface Entity @kind(iri: "c:Thing") {
  "Its name."
  name: String! @property(iri: "c:name", search: 5)
  "Its other names."
  aliases: [String!]! @property(iri: "c:alias", search: 3)
  "What it is."
  description: String @property(iri: "c:description", search: 1)
  "Its address."
  url: URL @property(iri: "c:url")
  "When it was."
  date: FuzzyDate @property(iri: "c:date")
}

"A text."
type Text implements Entity @kind(iri: "c:Text", role: SOURCE, layer: 0)

"An item."
type Item implements Entity @kind(iri: "c:Item", layer: 2)

"An aim."
type Aim implements Entity @kind(iri: "c:Aim")

"Where much comes together."
type Crossing implements Entity @kind(iri: "c:Crossing", layer: 1, hub: true)
"#;

const KINDS: [(&str, &str); 4] =
    [("Text", "text"), ("Item", "item"), ("Aim", "aim"), ("Crossing", "crossing")];
const RELATIONS: [&str; 6] = ["causes", "restsOn", "lies", "notes", "alike", "cites"];
const SHA: [&str; 2] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "1111111111111111111111111111111111111111111111111111111111111111",
];
const DATES: [&str; 9] =
    ["2020", "2021-03", "2021-03-15", "2021/2022", "2021/..", "../2020-06", "2022~", "2021", "2021-12-31"];
/// How many texts there are; the first two were read, the third was not.
const TEXTS: usize = 3;

/// What a piece of evidence is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Verified,
    NotFound,
    Unchecked,
    Url,
    Concluded,
}

const PIECES: [Piece; 5] = [Piece::Verified, Piece::NotFound, Piece::Unchecked, Piece::Url, Piece::Concluded];

/// The grade that such a piece is written to have.
pub(super) fn of_quality(piece: Piece) -> Grade {
    match piece {
        Piece::Verified => Grade::QuotedVerified,
        Piece::NotFound | Piece::Unchecked => Grade::Quoted,
        Piece::Url => Grade::UrlOnly,
        Piece::Concluded => Grade::Inferred,
    }
}

/// A graph, and of each of its links what its evidence was written to be and which texts it quotes.
pub(super) struct Case {
    pub(super) graph: Graph,
    pub(super) pieces: Vec<Vec<Piece>>,
    pub(super) quoted: Vec<Vec<EntityIx>>,
}

/// What fails is shown as the links in words.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.graph.entities().map(|ix| self.graph.entity(ix).id()).collect();
        writeln!(f, "{names:?}")?;
        for ix in self.graph.links() {
            let at = ix.0 as usize;
            writeln!(f, "  {at}: {} {:?} {:?}", self.graph.sentence(ix), self.pieces[at], self.quoted[at])?;
        }
        Ok(())
    }
}

pub(super) fn ontology() -> Arc<Ontology> {
    static ONTOLOGY: OnceLock<Arc<Ontology>> = OnceLock::new();
    let read = || Arc::new(Ontology::read(&[("causes.graphql".into(), SDL.into())]).expect("it is sound"));
    ONTOLOGY.get_or_init(read).clone()
}

pub(super) fn relation(name: &str) -> RelationIx {
    ontology().relation_named(name).expect("it is there").0
}

pub(super) fn kind(name: &str) -> KindIx {
    ontology().kind_named(name).expect("it is there")
}

fn entity(id: String, kind: &str, date: Option<usize>) -> EntityDraft {
    let mut properties = Map::from_iter([("name".to_owned(), json!(id))]);
    if let Some(date) = date {
        properties.insert("date".into(), json!({ "edtf": DATES[date % DATES.len()], "kind": "OCCURRED" }));
    }
    let text = |at: usize| SourceTextDraft {
        sha256: Some(SHA[at].into()),
        status: (at == 0).then(|| "VERIFIED".into()),
        ..Default::default()
    };
    let read = ["text/0", "text/1"].iter().position(|read| *read == id).map(text);
    EntityDraft { id, kind: kind.into(), properties, text: read, ..Default::default() }
}

fn evidence(piece: Piece, text: usize, number: usize) -> EvidenceDraft {
    let quote = format!("words {number}");
    let url = "https://causes.example/where".to_owned();
    let mark = |sha: &str| seal_to_text(&seal(sha, [Some(&quote), None, None, None]));
    let mut draft =
        EvidenceDraft { source: format!("text/{text}"), basis: "STATED".into(), ..Default::default() };
    match piece {
        Piece::Verified => draft.verified = Some(mark(SHA[text])),
        Piece::NotFound => draft.not_found = Some(mark(SHA[text])),
        Piece::Url => draft.url = Some(url),
        Piece::Concluded => {
            draft.basis = "INFERRED".into();
            draft.note = Some("so it follows".into());
        }
        Piece::Unchecked => {}
    }
    if piece != Piece::Url {
        draft.quote = Some(quote);
    }
    draft
}

fn link(
    from: &str,
    relation: &str,
    to: &str,
    evidence: Vec<EvidenceDraft>,
    date: Option<usize>,
) -> LinkDraft {
    LinkDraft {
        from: from.into(),
        relation: relation.into(),
        to: to.into(),
        date: date.map(|at| json!({ "edtf": DATES[at % DATES.len()], "kind": "OCCURRED" })),
        evidence,
        ..Default::default()
    }
}

fn texts() -> impl Iterator<Item = Change> {
    (0..TEXTS).map(|at| Change::AddEntity(Box::new(entity(format!("text/{at}"), "Text", None))))
}

/// `item/0` causes `item/1`, with such evidence out of the first text.
pub(super) fn one_link(pieces: &[Piece]) -> Graph {
    let items = (0..2).map(|at| Change::AddEntity(Box::new(entity(format!("item/{at}"), "Item", None))));
    let pieces = pieces.iter().enumerate().map(|(at, piece)| evidence(*piece, 0, at)).collect();
    let link = Change::AddLink(Box::new(link("item/0", "causes", "item/1", pieces, None)));
    Graph::empty(ontology()).apply(texts().chain(items).chain([link]).collect()).expect("it is sound")
}

/// The graph of links in words, such as `item/0 causes aim/1`, between whatever they name.
pub(super) fn graph_of(links: &[&str]) -> Graph {
    let words: Vec<Vec<&str>> = links.iter().map(|l| l.split_whitespace().collect()).collect();
    let mut ids: Vec<&str> = Vec::new();
    for id in words.iter().flat_map(|w| [w[0], w[2]]) {
        if !ids.contains(&id) && !id.starts_with("text/") {
            ids.push(id);
        }
    }
    let name = |id: &str| KINDS.iter().find(|(_, p)| id.starts_with(p)).expect("a kind").0;
    let entities = ids.iter().map(|id| Change::AddEntity(Box::new(entity((*id).into(), name(id), None))));
    let links = words.iter().enumerate().map(|(at, w)| {
        Change::AddLink(Box::new(link(w[0], w[1], w[2], vec![evidence(Piece::Verified, 0, at)], None)))
    });
    Graph::empty(ontology()).apply(texts().chain(entities).chain(links).collect()).expect("it is sound")
}

/// What one link is made from: its ends, its relation, its evidence, its date.
type Row = (usize, usize, usize, Vec<(usize, usize)>, Option<usize>);

/// Graphs of three texts, up to eight other entities and up to forty links, circles among them.
pub(super) fn graphs() -> impl Strategy<Value = Case> {
    let kind = prop_oneof![3 => Just(1usize), 2 => Just(2), 1 => Just(3)];
    let entities = prop::collection::vec((kind, prop::option::of(0..DATES.len())), 1..9);
    let piece = (0..PIECES.len(), 0..TEXTS);
    let pieces = prop::collection::vec(piece, 1..3);
    let row = (0..12usize, 0..RELATIONS.len(), 0..12usize, pieces, prop::option::of(0..DATES.len()));
    (entities, prop::collection::vec(row, 0..40)).prop_map(|(entities, rows)| case(&entities, rows))
}

fn case(entities: &[(usize, Option<usize>)], rows: Vec<Row>) -> Case {
    let ontology = ontology();
    let mut all: Vec<(String, usize)> = (0..TEXTS).map(|at| (format!("text/{at}"), 0)).collect();
    let mut changes: Vec<Change> = texts().collect();
    for (at, (kind, date)) in entities.iter().enumerate() {
        let id = format!("{}/{at}", KINDS[*kind].1);
        changes.push(Change::AddEntity(Box::new(entity(id.clone(), KINDS[*kind].0, *date))));
        all.push((id, *kind));
    }
    let (mut taken, mut pieces, mut quoted) = (Vec::new(), Vec::new(), Vec::new());
    for (number, (from, along, to, of, date)) in rows.into_iter().enumerate() {
        let (from, to) = (from % all.len(), to % all.len());
        let ix = relation(RELATIONS[along]);
        let fits = |kinds: &[KindIx], at: usize| {
            kinds.contains(&ontology.kind_named(KINDS[all[at].1].0).expect("it is there"))
        };
        let says = ontology.relation(ix);
        let key = if says.symmetric && from > to { (to, along, from) } else { (from, along, to) };
        if from == to || !fits(&says.from, from) || !fits(&says.to, to) || taken.contains(&key) {
            continue;
        }
        taken.push(key);
        // What was not read cannot be checked.
        let of: Vec<(Piece, usize)> = of
            .iter()
            .map(|(piece, text)| (PIECES[*piece], *text))
            .map(|(piece, text)| {
                if text == 2 && matches!(piece, Piece::Verified | Piece::NotFound) {
                    (Piece::Unchecked, text)
                } else {
                    (piece, text)
                }
            })
            .collect();
        let written = of.iter().enumerate().map(|(at, (p, text))| evidence(*p, *text, number * 10 + at));
        let mut drafts: Vec<EvidenceDraft> = written.collect();
        drafts.dedup_by(|a, b| a.url.is_some() && a.url == b.url && a.source == b.source);
        changes.push(Change::AddLink(Box::new(link(
            &all[from].0,
            RELATIONS[along],
            &all[to].0,
            drafts,
            date,
        ))));
        quoted.push(of.iter().map(|(_, text)| EntityIx(*text as u32)).collect());
        pieces.push(of.into_iter().map(|(piece, _)| piece).collect());
    }
    let graph = Graph::empty(ontology).apply(changes).expect("what does not fit was left out");
    Case { graph, pieces, quoted }
}

/// Which way support goes along a link: from whom to whom.
pub(super) fn carries(graph: &Graph, link: LinkIx) -> Option<(EntityIx, EntityIx)> {
    let (from, to) = graph.ends(link);
    match graph.ontology().relation(graph.link(link).relation()).flow {
        Flow::Forward => Some((from, to)),
        Flow::Backward => Some((to, from)),
        Flow::None => None,
    }
}

/// The links of an entity along one relation, found by looking at every link.
pub(super) fn links_along(
    graph: &Graph,
    of: EntityIx,
    relation: RelationIx,
    direction: Direction,
) -> Vec<(LinkIx, EntityIx)> {
    let symmetric = graph.ontology().relation(relation).symmetric;
    let mut out = Vec::new();
    for ix in graph.links().filter(|ix| graph.link(*ix).relation() == relation) {
        let (from, to) = graph.ends(ix);
        match direction {
            Direction::Forward if from == of => out.push((ix, to)),
            Direction::Forward if to == of && symmetric => out.push((ix, from)),
            Direction::Inverse if to == of && !symmetric => out.push((ix, from)),
            _ => {}
        }
    }
    out
}
