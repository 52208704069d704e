//! Random batches against a naive model: maps and sets, rules written out longhand. Whatever the
//! batch, both accept or both refuse, and afterwards both hold the same.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;
use crate::ontology::Ontology;

fn garden() -> Arc<Ontology> {
    let sdl = include_str!("../../tests/fixtures/garden.graphql");
    Arc::new(Ontology::read(&[("garden.graphql".into(), sdl.into())]).expect("the fixture is sound"))
}

/// A change over a small world, so that changes meet.
#[derive(Clone, Debug)]
enum Step {
    Add(u8),
    Put(u8, u8),
    Update(u8, u8),
    Remove(u8),
    Link(u8, u8, u8, u8),
    Unlink(u8, u8, u8),
    Merge(u8, u8),
    Say(u8, u8),
    /// Only in a batch of its own: it names evidence by its id, which the batch before decides.
    Retract(u8, u8, u8, u8),
}

const RELATIONS: [&str; 4] = ["growsIn", "partOf", "near", "mentions"];

/// Ids 0-3 are plants, 4-7 beds, 8-9 books.
fn id(n: u8) -> String {
    match n {
        0..4 => format!("plant/{n}"),
        4..8 => format!("bed/{n}"),
        _ => format!("book/{n}"),
    }
}
fn kind(id: &str) -> &'static str {
    match id.split('/').next() {
        Some("plant") => "Plant",
        Some("bed") => "Bed",
        _ => "Book",
    }
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let n = 0..10u8;
    let step = prop_oneof![
        6 => n.clone().prop_map(Step::Add),
        2 => (n.clone(), any::<u8>()).prop_map(|(n, v)| Step::Put(n, v)),
        2 => (n.clone(), any::<u8>()).prop_map(|(n, v)| Step::Update(n, v)),
        1 => n.clone().prop_map(Step::Remove),
        8 => (n.clone(), 0..4u8, n.clone(), 0..3u8).prop_map(|(a, r, b, q)| Step::Link(a, r, b, q)),
        1 => (n.clone(), 0..4u8, n.clone()).prop_map(|(a, r, b)| Step::Unlink(a, r, b)),
        1 => (n.clone(), n.clone()).prop_map(|(a, b)| Step::Merge(a, b)),
        1 => (n.clone(), 0..3u8).prop_map(|(a, c)| Step::Say(a, c)),
    ];
    // Half of the histories begin with everything there, so that links and merges find their ends.
    let all: Vec<Step> = (0..10).map(Step::Add).collect();
    let batch = prop::collection::vec(step, 1..4);
    let retract = (n.clone(), 0..4u8, n, 0..3u8).prop_map(|(a, r, b, q)| vec![Step::Retract(a, r, b, q)]);
    let batches = prop::collection::vec(prop_oneof![9 => batch, 1 => retract], 1..30);
    (any::<bool>(), batches).prop_map(move |(full, mut batches)| {
        if full {
            batches.insert(0, all.clone());
        }
        batches
    })
}

fn evidence(quote: u8) -> EvidenceDraft {
    EvidenceDraft {
        source: "book/9".into(),
        quote: Some(format!("words {quote}")),
        basis: "STATED".into(),
        ..Default::default()
    }
}

fn change(graph: &Graph, step: &Step) -> Change {
    let draft = |n: u8, name: String| {
        let id = id(n);
        let properties = Map::from_iter([("name".to_owned(), json!(name))]);
        Box::new(EntityDraft { kind: kind(&id).into(), id, properties, ..Default::default() })
    };
    let word = |c: u8| Completeness::ALL[c as usize].1.to_owned();
    match step {
        Step::Add(n) => Change::AddEntity(draft(*n, format!("thing {n}"))),
        Step::Put(n, v) => Change::PutEntity(draft(*n, format!("thing {v}"))),
        Step::Remove(n) => Change::RemoveEntity { id: id(*n) },
        Step::Link(a, r, b, q) => Change::AddLink(Box::new(LinkDraft {
            from: id(*a),
            relation: RELATIONS[*r as usize].into(),
            to: id(*b),
            evidence: vec![evidence(*q)],
            ..Default::default()
        })),
        Step::Unlink(a, r, b) => {
            Change::RemoveLink { from: id(*a), relation: RELATIONS[*r as usize].into(), to: id(*b) }
        }
        Step::Merge(a, b) => Change::Merge { from: id(*a), into: id(*b) },
        Step::Update(n, v) => {
            let properties = Map::from_iter([("name".to_owned(), json!(format!("thing {v}")))]);
            Change::UpdateEntity(Box::new(EntityPatch { id: id(*n), properties, ..Default::default() }))
        }
        Step::Retract(a, r, b, q) => {
            let words = format!("words {q}");
            let end = |n: u8| graph.find(&id(n)).map(|ix| graph.entity(ix).id().to_owned());
            let ends = [end(*a), end(*b)];
            let joins = |ix: &LinkIx| {
                let (from, to) = graph.ends(*ix);
                let found = [from, to].map(|ix| Some(graph.entity(ix).id().to_owned()));
                let relation = graph.ontology().relation(graph.link(*ix).relation());
                let back = [ends[1].clone(), ends[0].clone()];
                relation.name == RELATIONS[*r as usize]
                    && (found == ends || relation.symmetric && found == back)
            };
            let link = graph.links().find(joins);
            let piece = link.and_then(|ix| {
                let found = graph.link(ix).evidence().iter().find(|e| e.quote() == Some(&words))?;
                Some(graph.evidence_id(Owner::Link(ix), found))
            });
            Change::RemoveEvidence { id: piece.unwrap_or("evidence/none".into()) }
        }
        Step::Say(a, c) => Change::StateCompleteness {
            entity: id(*a),
            relation: "near".into(),
            completeness: word(*c),
            evidence: vec![evidence(0)],
        },
    }
}

/// What marks something that was removed in this batch.
const GONE: &str = "(gone)";

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    names: BTreeMap<String, (String, BTreeSet<String>)>,
    merged: BTreeMap<String, String>,
    links: BTreeMap<(String, String, String), BTreeSet<String>>,
    said: BTreeMap<String, String>,
}

impl Model {
    fn find(&self, id: &str) -> Option<String> {
        if self.names.contains_key(id) { Some(id.into()) } else { self.merged.get(id).cloned() }
    }

    fn key(&self, a: String, relation: &str, b: String) -> (String, String, String) {
        if relation == "near" && a > b { (b, relation.into(), a) } else { (a, relation.into(), b) }
    }

    fn apply(&self, steps: &[Step]) -> Option<Model> {
        let mut next = self.clone();
        // First, which ids there will be; then what links say; then whether the whole holds.
        for step in steps {
            match step {
                Step::Add(n) => {
                    if next.find(&id(*n)).is_some() {
                        return None;
                    }
                    next.names.insert(id(*n), (format!("thing {n}"), BTreeSet::new()));
                }
                Step::Put(n, v) => {
                    if next.merged.contains_key(&id(*n)) {
                        return None;
                    }
                    next.names.insert(id(*n), (format!("thing {v}"), BTreeSet::new()));
                }
                Step::Remove(n) => {
                    let quoted = next.find("book/9") == Some(id(*n));
                    next.names.remove(&id(*n))?;
                    next.merged.retain(|_, into| *into != id(*n));
                    next.bury(&id(*n), quoted);
                }
                _ => {}
            }
        }
        for step in steps {
            if let Step::Update(n, v) = step {
                let at = next.find(&id(*n))?;
                next.names.get_mut(&at)?.0 = format!("thing {v}");
            }
        }
        for step in steps {
            match step {
                Step::Retract(a, r, b, q) => {
                    let key = next.key(next.find(&id(*a))?, RELATIONS[*r as usize], next.find(&id(*b))?);
                    let words = next.links.get_mut(&key)?;
                    if !words.remove(&format!("words {q}")) || words.is_empty() {
                        return None;
                    }
                }
                Step::Link(a, r, b, q) => {
                    let (a, b, r) = (next.find(&id(*a))?, next.find(&id(*b))?, RELATIONS[*r as usize]);
                    next.find("book/9")?;
                    let fits = match r {
                        "growsIn" => kind(&a) == "Plant" && kind(&b) == "Bed",
                        "partOf" => kind(&a) == "Bed" && kind(&b) == "Bed",
                        "near" => kind(&a) == "Plant" && kind(&b) == "Plant",
                        _ => kind(&a) == "Book" && kind(&b) != "Book",
                    };
                    if !fits || a == b {
                        return None;
                    }
                    let key = next.key(a, r, b);
                    next.links.entry(key).or_default().insert(format!("words {q}"));
                }
                Step::Unlink(a, r, b) => {
                    let key = next.key(next.find(&id(*a))?, RELATIONS[*r as usize], next.find(&id(*b))?);
                    next.links.remove(&key)?;
                }
                Step::Merge(a, b) => {
                    let into = next.find(&id(*b))?;
                    match next.find(&id(*a)) {
                        None => {
                            if kind(&id(*a)) != kind(&into) {
                                return None;
                            }
                            next.merged.insert(id(*a), into);
                        }
                        Some(from) => {
                            if from == into || kind(&from) != kind(&into) {
                                return None;
                            }
                            next.merge(&from, &into)?;
                        }
                    }
                }
                Step::Say(a, c) => {
                    let a = next.find(&id(*a))?;
                    next.find("book/9")?;
                    if kind(&a) != "Plant" {
                        return None;
                    }
                    next.said.insert(a, Completeness::ALL[*c as usize].1.into());
                }
                _ => {}
            }
        }
        next.holds().then_some(next)
    }

    /// An id that is removed and added again is another entity: what named the old one names
    /// nothing any more, and what quoted it quotes nothing.
    fn bury(&mut self, gone: &str, quoted: bool) {
        let mark = |id: String| if id == gone { format!("{id} {GONE}") } else { id };
        let unquote = |words: String| if quoted { format!("{words} {GONE}") } else { words };
        let links = std::mem::take(&mut self.links).into_iter();
        self.links = links
            .map(|((a, r, b), words)| ((mark(a), r, mark(b)), words.into_iter().map(unquote).collect()))
            .collect();
        self.said =
            std::mem::take(&mut self.said).into_iter().map(|(a, said)| (mark(a), unquote(said))).collect();
    }

    fn merge(&mut self, from: &str, into: &str) -> Option<()> {
        let (name, aliases) = self.names.remove(from)?;
        let kept = self.names.get_mut(into)?;
        kept.1.extend(aliases.into_iter().chain([name]).filter(|a| *a != kept.0));
        self.merged.values_mut().filter(|v| *v == from).for_each(|v| *v = into.into());
        self.merged.insert(from.into(), into.into());
        if let Some(said) = self.said.remove(from) {
            self.said.entry(into.into()).or_insert(said);
        }
        for ((a, r, b), words) in std::mem::take(&mut self.links) {
            let moved = |id: String| if id == from { into.to_owned() } else { id };
            let (a, b) = (moved(a), moved(b));
            if a == b {
                if r != "near" {
                    return None;
                }
                continue;
            }
            let key = self.key(a, &r, b);
            self.links.entry(key).or_default().extend(words);
        }
        Some(())
    }

    fn holds(&self) -> bool {
        let gone = |text: &String| text.ends_with(GONE);
        let dangling =
            self.links.iter().any(|((a, _, b), words)| gone(a) || gone(b) || words.iter().any(gone))
                || self.said.iter().any(|(a, said)| gone(a) || gone(said));
        let crowded = self
            .links
            .keys()
            .filter(|(_, r, _)| r == "growsIn")
            .any(|(a, ..)| self.links.keys().filter(|(b, r, _)| r == "growsIn" && a == b).count() > 1);
        let circular = self.names.keys().any(|start| {
            let mut seen = BTreeSet::new();
            let mut open = vec![start.clone()];
            while let Some(at) = open.pop() {
                for ((_, _, b), _) in self.links.iter().filter(|((a, r, _), _)| r == "partOf" && *a == at) {
                    if b == start {
                        return true;
                    }
                    if seen.insert(b.clone()) {
                        open.push(b.clone());
                    }
                }
            }
            false
        });
        !(dangling || crowded || circular)
    }
}

/// What the graph holds, in the model's words; also asks every index for what it holds.
fn observed(graph: &Graph) -> Model {
    let ontology = graph.ontology();
    let mut model = Model::default();
    for ix in graph.entities() {
        let entity = graph.entity(ix);
        let aliases = entity.property(ontology.aliases_property());
        let aliases = aliases
            .into_iter()
            .flat_map(Datum::members)
            .filter_map(Datum::as_text)
            .map(str::to_owned)
            .collect();
        model.names.insert(entity.id().to_string(), (entity.name().to_string(), aliases));
        model
            .merged
            .extend(entity.merged_from().iter().map(|old| (old.to_string(), entity.id().to_string())));
        assert_eq!(graph.find(entity.id()), Some(ix));
        assert!(entity.merged_from().iter().all(|old| graph.find(old) == Some(ix)));
        assert!(graph.named(entity.name()).contains(&ix));
        assert!(graph.of_kind(entity.kind()).contains(&ix));
    }
    let mut walked = BTreeSet::new();
    for ix in graph.links() {
        let (from, to) = graph.ends(ix);
        let relation = ontology.relation(graph.link(ix).relation());
        let (mut a, mut b) = (graph.entity(from).id().to_string(), graph.entity(to).id().to_string());
        if relation.symmetric && a > b {
            std::mem::swap(&mut a, &mut b);
        }
        let words = graph.link(ix).evidence().iter().filter_map(|e| e.quote()).map(str::to_owned).collect();
        assert!(model.links.insert((a, relation.name.clone(), b), words).is_none(), "one link a triple");
        assert_eq!(graph.find_link(&graph.link_id(ix)), Some(ix));
        for (at, evidence) in graph.link(ix).evidence().iter().enumerate() {
            let found = graph.find_evidence(&graph.evidence_id(Owner::Link(ix), evidence));
            assert_eq!(found, Some((Owner::Link(ix), at)));
        }
        let back = if relation.symmetric { Direction::Forward } else { Direction::Inverse };
        assert!(
            graph
                .along(from, graph.link(ix).relation(), Direction::Forward)
                .contains(&Linked { link: ix, to })
        );
        assert!(graph.along(to, graph.link(ix).relation(), back).contains(&Linked { link: ix, to: from }));
        walked.insert(ix);
    }
    for ix in graph.entities() {
        for direction in [Direction::Forward, Direction::Inverse] {
            assert!(graph.links_of(ix, direction).iter().all(|l| walked.contains(&l.link)));
        }
    }
    for ((entity, ..), said) in graph.completeness_statements() {
        model.said.insert(graph.entity(entity).id().to_string(), said.name().to_owned());
    }
    model
}

/// The same content, written and read again, is the same graph.
fn read_back(graph: &Graph) -> Graph {
    let mut bytes = Vec::new();
    crate::io::json_lines::write(graph, &mut bytes).expect("memory takes it");
    let batch = crate::io::json_lines::read("written", &bytes);
    Graph::empty(graph.ontology().clone()).apply(batch.changes).expect("and admit it")
}

/// The same graph from its image.
fn reopened(graph: &Graph) -> Graph {
    let mut reopening = Reopening::under(graph.ontology().clone());
    graph.image().for_each(|piece| reopening.take(&piece).expect("as it was written"));
    reopening.finish().expect("as it was written")
}

/// Sends a history to both and compares them after each batch.
fn check(batches: Vec<Vec<Step>>) -> Result<(), TestCaseError> {
    let mut graph = Graph::empty(garden());
    let mut model = Model::default();
    for batch in batches {
        let before = graph.version();
        let outcome = graph.apply(batch.iter().map(|step| change(&graph, step)).collect());
        match (outcome, model.apply(&batch)) {
            (Ok(next), Some(expected)) => {
                prop_assert_eq!(observed(&next), expected.clone());
                prop_assert_eq!(next.version().sequence, before.sequence + 1);
                graph = next;
                model = expected;
            }
            (Err(refusals), None) => {
                prop_assert!(!refusals.0.is_empty());
                prop_assert_eq!(observed(&graph), model.clone());
            }
            (Ok(_), None) => prop_assert!(false, "the graph took what the model refuses: {:?}", batch),
            (Err(refusals), Some(_)) => prop_assert!(false, "the graph refused {:?}: {}", batch, refusals),
        }
    }
    let opened = reopened(&graph);
    prop_assert_eq!(&observed(&opened), &model);
    prop_assert_eq!(opened.version(), graph.version());
    prop_assert_eq!(read_back(&opened).version().content, graph.version().content, "and says the same");
    let again = read_back(&graph);
    prop_assert_eq!(observed(&again), model);
    prop_assert_eq!(again.version().content, graph.version().content, "the same content has the same hash");
    Ok(())
}

/// Removing twice is refused, and then nothing can be asked of the whole: a link still named what was
/// gone, and its place was looked up behind the last entity.
#[test]
fn what_is_removed_twice_while_a_link_names_it_is_refused() {
    let all = (0..10).map(Step::Add).collect();
    check(vec![all, vec![Step::Link(9, 3, 0, 0)], vec![Step::Remove(9), Step::Remove(9)]])
        .expect("as the model");
}

/// The model once took only book/9 itself for the quoted source, and not what it was merged into.
#[test]
fn what_quotes_a_source_that_was_merged_and_removed_dangles() {
    let all = (0..10).map(Step::Add).collect();
    check(vec![all, vec![Step::Link(2, 2, 0, 0)], vec![Step::Merge(9, 8)], vec![Step::Remove(8)]])
        .expect("as the model");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(512), ..ProptestConfig::default() })]
    #[test]
    fn random_batches_do_what_the_model_does(batches in steps()) {
        check(batches)?;
    }
}
