//! Paths against a model that walks every path there is, and what a search may cost.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;
use crate::graph::{
    Basis, Change, EntityDraft, EvidenceDraft, LinkDraft, SourceTextDraft, seal, seal_to_text,
};
use crate::ontology::{Flow, Ontology};

static ONTOLOGY: LazyLock<Arc<Ontology>> = LazyLock::new(|| {
    let sdl = r#"
extend schema
  @ontology(title: "Pipes", iri: "https://pipes.example/#", version: "1")
  @namespace(prefix: "p", iri: "https://pipes.example/#")
  @relation(name: "feeds", inverse: "fedBy", from: ["Entity"], to: ["Entity"], flow: FORWARD, sentence: "{from} feeds {to}", describe: "Onward.")
  @relation(name: "heeds", inverse: "heededBy", from: ["Entity"], to: ["Entity"], flow: BACKWARD, sentence: "{from} heeds {to}", describe: "Back.")
  @relation(name: "near", inverse: "near", from: ["Entity"], to: ["Entity"], symmetric: true, sentence: "{from} is near {to}", describe: "Beside.")
  @relation(name: "joins", inverse: "joins", from: ["Pipe"], to: ["Pipe"], symmetric: true, flow: BACKWARD, sentence: "{from} joins {to}", describe: "Both ways.")
  @relation(name: "lists", inverse: "listedBy", from: ["Entity"], to: ["Entity"], throughHub: false, flow: FORWARD, sentence: "{from} lists {to}", describe: "Says little.")

"Anything."
interface Entity @kind(iri: "p:Thing") {
  "Its name."
  name: String! @property(iri: "p:name", search: 5)
  "Its other names."
  aliases: [String!]! @property(iri: "p:alias", search: 3)
  "What it is."
  description: String @property(iri: "p:description", search: 1)
  "Its address."
  url: URL @property(iri: "p:url")
}
"A pipe."
type Pipe implements Entity @kind(iri: "p:Pipe")
"A basin, which many pipes meet in."
type Basin implements Entity @kind(iri: "p:Basin", hub: true)
"A book."
type Book implements Entity @kind(iri: "p:Book", role: SOURCE)
"#;
    Arc::new(Ontology::read(&[("pipes.graphql".into(), sdl.into())]).expect("it is sound"))
});
const RELATIONS: [&str; 5] = ["feeds", "heeds", "near", "joins", "lists"];
const SHA: &str = "03dbfc3862060356d5e6cf25087437ba861e81471d1e126b4605541da2a8d970";

/// Subject, relation, object, and which grades its pieces of evidence give.
type Drawn = (u32, usize, u32, Vec<usize>);

fn id(n: u32, kind: &str) -> String {
    format!("{}/{n}", kind.to_lowercase())
}

fn evidence(n: usize, grade: usize) -> EvidenceDraft {
    let words = format!("words {n} {grade}");
    let verified = seal_to_text(&seal(SHA, [Some(&words), None, None, None]));
    EvidenceDraft {
        source: "book/0".into(),
        url: (grade == 1).then(|| format!("https://pipes.example/{n}")),
        quote: (grade != 1).then_some(words),
        basis: Basis::ALL[usize::from(grade == 0)].1.into(),
        verified: (grade == 3).then_some(verified),
        ..Default::default()
    }
}

/// A graph of a book, and further entities of these kinds, with those links that it admits.
fn build(kinds: &[&str], links: &[Drawn]) -> Graph {
    let all: Vec<&str> = ["Book"].into_iter().chain(kinds.iter().copied()).collect();
    let mut changes = Vec::new();
    for (n, kind) in all.iter().enumerate() {
        changes.push(Change::AddEntity(Box::new(EntityDraft {
            id: id(n as u32, kind),
            kind: (*kind).into(),
            properties: Map::from_iter([("name".to_owned(), json!(format!("thing {n}")))]),
            text: (n == 0).then(|| SourceTextDraft { sha256: Some(SHA.into()), ..Default::default() }),
            ..Default::default()
        })));
    }
    for (n, (a, relation, b, grades)) in links.iter().enumerate() {
        let (from, to) = (all[*a as usize], all[*b as usize]);
        let relation = if *relation == 3 && (from, to) != ("Pipe", "Pipe") { 2 } else { *relation };
        if a != b {
            changes.push(Change::AddLink(Box::new(LinkDraft {
                from: id(*a, from),
                relation: RELATIONS[relation].into(),
                to: id(*b, to),
                evidence: grades.iter().map(|grade| evidence(n, *grade)).collect(),
                ..Default::default()
            })));
        }
    }
    Graph::empty(ONTOLOGY.clone()).apply(changes).expect("it admits them")
}

/// Every path, walked one by one, in order.
fn model(graph: &Graph, request: &PathRequest<'_>) -> Vec<Path> {
    fn walk(graph: &Graph, request: &PathRequest<'_>, path: &mut Path, out: &mut Vec<Path>) {
        let (at, ontology) = (path.end(), graph.ontology());
        if !path.hops.is_empty() && request.to.contains(&at) && request.via.iter().all(|v| path.enters(*v)) {
            let grade = path.hops.iter().map(|hop| Grade::of_link(graph, hop.link)).min().expect("has a hop");
            out.push(Path { grade, ..path.clone() });
        }
        let kind = ontology.kind(graph.entity(at).kind());
        let free = request.through_hubs || request.via.contains(&at);
        if path.hops.len() == request.max_hops
            || !path.hops.is_empty() && (kind.hub || kind.is_source) && !free
        {
            return;
        }
        for link in graph.links() {
            let (a, b) = graph.ends(link);
            let relation = ontology.relation(graph.link(link).relation());
            let to = if at == a { b } else { a };
            let with = |flow| {
                relation.flow == flow && (at == a || relation.symmetric)
                    || relation.flow != flow && relation.flow != Flow::None && (at == b || relation.symmetric)
            };
            let way = match request.direction {
                Traversal::Any => true,
                Traversal::Forward => at == a || relation.symmetric,
                Traversal::Downstream => with(Flow::Forward),
                Traversal::Upstream => with(Flow::Backward),
            };
            let asked = match request.relations {
                Some(all) => all.contains(&graph.link(link).relation()),
                None => relation.name != "lists" || request.through_hubs,
            };
            let basis = LinkFilter::passes(request.links, graph, link);
            if (at == a || at == b)
                && way
                && asked
                && basis
                && !path.enters(to)
                && !request.except.contains(&to)
            {
                let direction =
                    if at == a || relation.symmetric { Direction::Forward } else { Direction::Inverse };
                path.hops.push(Hop { link, to, direction });
                walk(graph, request, path, out);
                path.hops.pop();
            }
        }
    }
    let mut out = Vec::new();
    for start in graph.entities().filter(|ix| request.from.contains(ix) && !request.except.contains(ix)) {
        let mut path = Path { start, hops: Vec::new(), grade: Grade::QuotedVerified };
        walk(graph, request, &mut path, &mut out);
    }
    out.sort_by(|a, b| {
        let by_length = a.hops.len().cmp(&b.hops.len());
        let by_grade = b.grade.cmp(&a.grade);
        let first = match request.order {
            PathOrder::Shortest => by_length.then(by_grade),
            PathOrder::BestEvidenced => by_grade.then(by_length),
        };
        first.then_with(|| (a.start, &a.hops).cmp(&(b.start, &b.hops)))
    });
    out
}

fn entities(least: usize, most: usize) -> impl Strategy<Value = Vec<EntityIx>> {
    prop::collection::vec((0..8u32).prop_map(EntityIx), least..=most)
}

/// A request that owns what it names.
#[derive(Clone, Debug)]
struct Asked {
    from: Vec<EntityIx>,
    to: Vec<EntityIx>,
    via: Vec<EntityIx>,
    except: Vec<EntityIx>,
    relations: Option<Vec<RelationIx>>,
    by_basis: [LinkFilter; 2],
    rest: (usize, usize, usize, Option<usize>, bool, usize),
}

impl Asked {
    fn request(&self) -> PathRequest<'_> {
        let (direction, max_hops, k, basis, through_hubs, order) = self.rest;
        PathRequest {
            from: &self.from,
            to: &self.to,
            via: &self.via,
            except: &self.except,
            relations: self.relations.as_deref(),
            direction: Traversal::ALL[direction].0,
            max_hops,
            k,
            links: basis.map(|basis| &self.by_basis[basis]),
            through_hubs,
            order: PathOrder::ALL[order].0,
        }
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    let some = |most: usize| prop_oneof![3 => Just(Vec::new()), 1 => entities(1, most)];
    let relations = prop::collection::vec((0..5u16).prop_map(RelationIx), 1..4);
    let relations = prop_oneof![3 => Just(None), 1 => relations.prop_map(Some)];
    let basis = prop_oneof![2 => Just(None), 1 => (0..2usize).prop_map(Some)];
    let direction = prop_oneof![2 => Just(0usize), 1 => 0..4usize];
    let rest = (direction, 0..8usize, 0..16usize, basis, any::<bool>(), 0..2usize);
    (entities(0, 3), entities(1, 3), some(2), some(2), relations, rest).prop_map(
        |(from, to, via, except, relations, rest)| {
            let by_basis = Basis::ALL.map(|(basis, _)| LinkFilter::Basis(vec![basis]));
            Asked { from, to, via, except, relations, by_basis, rest }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2048), ..ProptestConfig::default() })]
    #[test]
    fn finds_what_a_walk_over_all_paths_finds(
        links in prop::collection::vec((1..8u32, 0..5usize, 0..8u32, prop::collection::vec(0..4usize, 1..3)), 0..24),
        requests in prop::collection::vec(asked(), 8),
    ) {
        let links: Vec<Drawn> = links
            .into_iter()
            .map(|(a, relation, b, mut grades)| { grades.sort(); grades.dedup(); (a, relation, b, grades) })
            .collect();
        let graph = build(&["Pipe", "Pipe", "Pipe", "Pipe", "Pipe", "Basin", "Basin"], &links);
        for asked in requests {
            let request = asked.request();
            let all = model(&graph, &request);
            let found = paths(&graph, &request, &Budget::new(10_000_000)).expect("small enough");
            let first = all.len().min(request.k);
            prop_assert_eq!(&found.paths[..], &all[..first], "of {} paths, for {:?}", all.len(), request);
            prop_assert!(found.more || all.len() <= request.k, "there are {} paths", all.len());
            prop_assert!(request.k == 0 || !found.more || found.paths.len() == request.k);
        }
    }
}

const PLAIN: PathRequest<'_> = PathRequest {
    from: &[],
    to: &[],
    via: &[],
    except: &[],
    relations: None,
    direction: Traversal::Any,
    max_hops: 20,
    k: 10,
    links: None,
    through_hubs: false,
    order: PathOrder::Shortest,
};

/// So many pipes, entities 1 to n, and the `feeds` links between them.
fn pipes(n: usize, links: impl Iterator<Item = (u32, u32)>, others: &[&str]) -> Graph {
    let kinds: Vec<&str> = std::iter::repeat_n("Pipe", n).chain(others.iter().copied()).collect();
    build(&kinds, &links.map(|(a, b)| (a, 0, b, vec![2])).collect::<Vec<_>>())
}

#[test]
fn a_link_has_the_grade_of_its_best_evidence() {
    let of = |n: usize, grades: &[usize]| (1, 0, 2 + n as u32, grades.to_vec());
    let links = [of(0, &[0]), of(1, &[1]), of(2, &[2]), of(3, &[3]), of(4, &[0, 1]), of(5, &[0, 2, 3])];
    let graph = build(&["Pipe"; 7], &links);
    let grades: Vec<_> = graph.links().map(|link| Grade::of_link(&graph, link).name()).collect();
    let words = ["INFERRED", "URL_ONLY", "QUOTED", "QUOTED_VERIFIED", "URL_ONLY", "QUOTED_VERIFIED"];
    assert_eq!(grades, words);
    assert!(Grade::ALL.is_sorted() && Grade::ALL.iter().all(|(g, word)| Grade::parse(word) == Some(*g)));
}

#[test]
fn a_hub_is_not_looked_into() {
    let graph = pipes(3000, (1..=3000).map(|n| (n, 3001)), &["Basin"]);
    let (from, to) = ([EntityIx(1)], [EntityIx(2)]);
    let request = PathRequest { from: &from, to: &to, ..PLAIN };
    let none = paths(&graph, &request, &Budget::new(20)).expect("two pipes, with a link each");
    assert_eq!(none, Paths { paths: Vec::new(), more: false });
    for request in
        [PathRequest { through_hubs: true, ..request }, PathRequest { via: &[EntityIx(3001)], ..request }]
    {
        let one = paths(&graph, &request, &Budget::new(100_000)).expect("that is enough");
        assert_eq!(one.paths.iter().map(|path| path.hops.len()).collect::<Vec<_>>(), [2]);
        assert_eq!(paths(&graph, &request, &Budget::new(20)), Err(Exhausted::Steps));
    }
    let ended = PathRequest { to: &[EntityIx(3001)], k: 1, ..request };
    assert_eq!(paths(&graph, &ended, &Budget::new(20)).expect("from the other end").paths.len(), 1);
    assert_eq!(paths(&graph, &request, &Budget::brief(1000)), Err(Exhausted::Steps));
}

/// Yen's way alone, with lengths for a bound, would look through all that hangs on the middle.
#[test]
fn what_cannot_lead_to_an_end_is_not_looked_through() {
    // 1 - 2 - 3, and on 2 a square grid of 50 by 50.
    let at = |x: u32, y: u32| 4 + x * 50 + y;
    let grid =
        (0..49).flat_map(|x| (0..49).flat_map(move |y| [(at(x, y), at(x + 1, y)), (at(x, y), at(x, y + 1))]));
    let graph = pipes(3 + 2500, [(1, 2), (2, 3), (2, at(25, 25))].into_iter().chain(grid), &[]);
    let request = PathRequest { from: &[EntityIx(1)], to: &[EntityIx(3)], ..PLAIN };
    let found = paths(&graph, &request, &Budget::new(100)).expect("that is enough");
    assert_eq!((found.paths.len(), found.more), (1, false));
    // From one corner region to another, many paths are equally short.
    let (from, to) = ([EntityIx(at(20, 20))], [EntityIx(at(24, 24))]);
    let request = PathRequest { from: &from, to: &to, ..PLAIN };
    let found = paths(&graph, &request, &Budget::new(20_000)).expect("that is enough");
    assert!(found.more && found.paths.len() == 10 && found.paths.iter().all(|path| path.hops.len() == 8));
}

/// "Both are in Massachusetts" is no answer.
#[test]
fn in_the_seed_no_path_leads_through_a_place() {
    let graph = crate::app::load(&crate::app::Origin::default()).expect("the seed is sound");
    let ontology = graph.ontology();
    let of = |kind: &str| graph.of_kind(ontology.kind_named(kind).expect("it is declared"));
    let request = PathRequest { from: of("Report"), to: of("Initiative"), max_hops: 6, k: 50, ..PLAIN };
    let inner = |found: &Paths, stops: bool| {
        let inner = found.paths.iter().flat_map(|path| &path.hops[..path.hops.len() - 1]);
        inner.filter(|hop| ontology.kind(graph.entity(hop.to).kind()).hub == stops).count()
    };
    let found = paths(&graph, &request, &Budget::new(1_000_000)).expect("that is enough");
    assert!(found.paths.len() == 50 && inner(&found, true) == 0 && inner(&found, false) > 0);
    let through = PathRequest { through_hubs: true, ..request };
    let found = paths(&graph, &through, &Budget::new(1_000_000)).expect("that is enough");
    assert!(inner(&found, true) > 0, "and with hubs they do");
}
