//! One suite for every store, and for the history that a journal tells over each.

use std::sync::Arc;

use serde_json::{Map, json};

use super::*;
use crate::graph::{Change, EntityDraft, Graph};
use crate::ontology::Ontology;

pub(super) fn garden() -> Arc<Ontology> {
    let sdl = include_str!("../../tests/fixtures/garden.graphql");
    Arc::new(Ontology::read(&[("garden.graphql".into(), sdl.into())]).expect("the fixture is sound"))
}

pub(super) fn signature() -> Signature {
    Signature { by: Some("Ada".into()), at: Timestamp(1_700_000_000_000), reason: Some("because".into()) }
}

/// A plant.
pub(super) fn add(n: usize) -> Change {
    let properties = Map::from_iter([("name".to_owned(), json!(format!("plant {n}")))]);
    let draft =
        EntityDraft { id: format!("plant/{n}"), kind: "Plant".into(), properties, ..Default::default() };
    Change::AddEntity(Box::new(draft))
}

/// Every store, empty.
fn each(check: impl Fn(Box<dyn Store>)) {
    check(Box::<Memory>::default());
    check(Box::new(Disk::over(redb::backends::InMemoryBackend::new()).expect("opens")));
    let dir = tempfile::tempdir().expect("a folder");
    check(Box::new(Disk::create(dir.path()).expect("opens")));
}

fn value(table: Table, key: &str, value: &str) -> Put {
    Put::Value(table, key.into(), value.into())
}

fn all(store: &dyn Store, table: Table, from: &str) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let mut found = Vec::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        found.push((text(key), text(value)));
        true
    };
    store.scan(table, from.as_bytes(), &mut visit).expect("readable");
    found
}

#[test]
fn a_store_keeps_what_it_was_given_in_order_of_keys() {
    each(|store| {
        assert_eq!(store.get(Table::Meta, b"a").expect("readable"), None, "nothing is there yet");
        assert_eq!(all(&*store, Table::Meta, ""), []);
        let puts = [
            value(Table::Meta, "b", "2"),
            value(Table::Meta, "a", "1"),
            value(Table::Keys, "a", "another table"),
            value(Table::Meta, "c", ""),
        ];
        store.commit(&puts).expect("takes it");
        assert_eq!(store.get(Table::Meta, b"b").expect("readable"), Some(b"2".to_vec()));
        assert_eq!(store.get(Table::Meta, b"c").expect("readable"), Some(Vec::new()));
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(all(&*store, Table::Meta, ""), [pair("a", "1"), pair("b", "2"), pair("c", "")]);
        assert_eq!(all(&*store, Table::Meta, "aa"), [pair("b", "2"), pair("c", "")], "from a key on");
        let mut seen = 0;
        let mut once = |_: &[u8], _: &[u8]| {
            seen += 1;
            false
        };
        store.scan(Table::Meta, b"", &mut once).expect("readable");
        assert_eq!(seen, 1, "until the visitor has seen enough");
        store
            .commit(&[value(Table::Meta, "a", "x"), Put::Nothing(Table::Meta, b"b".to_vec())])
            .expect("takes it");
        assert_eq!(all(&*store, Table::Meta, ""), [pair("a", "x"), pair("c", "")]);
        store.commit(&[Put::Clear(Table::Meta), value(Table::Meta, "z", "in order")]).expect("takes it");
        assert_eq!(all(&*store, Table::Meta, ""), [pair("z", "in order")]);
        assert_eq!(all(&*store, Table::Keys, ""), [pair("a", "another table")]);
    });
}

#[test]
fn a_history_is_told_as_it_was_made() {
    each(|store| {
        let ontology = garden();
        let mut graph = Graph::empty(ontology.clone()).apply(vec![add(0)]).expect("sound");
        let journal = Journal::begin(store, &graph, signature()).expect("begins");
        let mut versions = vec![graph.version()];
        for n in 1..6 {
            graph = graph.apply(vec![add(n)]).expect("sound");
            versions.push(graph.version());
            let batch = Batch {
                sequence: graph.version().sequence,
                signature: signature(),
                key: None,
                proposal: None,
                changes: vec![add(n)],
                content: graph.version().content,
            };
            journal.append(&batch, &[format!("plant/{n}"), "plant/0".into()], None).expect("takes it");
        }
        assert_eq!(journal.extent(), (1, 6));
        assert_eq!(journal.touching("plant/0").expect("readable"), [2, 3, 4, 5, 6]);
        assert_eq!(journal.touching("plant/3").expect("readable"), [4]);
        assert_eq!(journal.touching("plant").expect("readable"), [0; 0], "no id by half");
        for version in &versions {
            let view = journal.view(version.sequence, None, &ontology).expect("readable").expect("there");
            assert_eq!(view.version(), *version);
        }
        let near = journal.view(3, None, &ontology).expect("readable");
        let view = journal.view(5, near.as_ref(), &ontology).expect("readable").expect("there");
        assert_eq!(view.version(), versions[4], "from a version nearby");
        assert!(journal.view(0, None, &ontology).expect("readable").is_none());
        assert!(journal.view(7, None, &ontology).expect("readable").is_none());
        let proposal = Proposal {
            number: 0,
            signature: signature(),
            changes: vec![add(9)],
            decision: Decision::Pending,
        };
        let filed = journal.propose(proposal.clone()).expect("takes it");
        assert_eq!((filed.number, journal.propose(proposal).expect("takes it").number), (1, 2));
        let decided = Proposal { decision: Decision::Rejected(signature()), ..filed };
        journal.decide(&decided).expect("takes it");
        let mut found = Vec::new();
        journal
            .proposals(1, &mut |one| {
                found.push(one);
                true
            })
            .expect("readable");
        assert_eq!((found.len(), &found[0]), (2, &decided));
        // Without what came before, it goes on.
        let journal = journal.compacted(&graph, true).expect("compacts");
        assert_eq!(journal.extent(), (6, 6));
        assert_eq!(
            journal.view(6, None, &ontology).expect("readable").expect("there").version(),
            graph.version()
        );
        assert!(journal.view(5, None, &ontology).expect("readable").is_none());
    });
}

#[test]
fn a_folder_is_opened_again_and_tells_the_same() {
    let dir = tempfile::tempdir().expect("a folder");
    let open = || Journal::open(Box::new(Disk::open(dir.path()).expect("opens")), &garden()).expect("opens");
    assert!(Disk::open(dir.path()).is_err_and(|e| e.to_string().contains("holds no store")));
    let graph = Graph::empty(garden()).apply(vec![add(0)]).expect("sound");
    drop(Disk::create(dir.path()).expect("one that is left unfinished"));
    assert!(!is_there(dir.path()));
    drop(create(dir.path(), &graph, signature()).expect("begins"));
    assert!(create(dir.path(), &graph, signature()).is_err(), "once");
    let next = graph.apply(vec![add(1)]).expect("sound");
    let opened = open().expect("it was begun");
    assert_eq!((opened.graph.version(), opened.replayed), (graph.version(), 0));
    let (sequence, content) = (2, next.version().content);
    let batch =
        Batch { sequence, signature: signature(), key: None, proposal: None, changes: vec![add(1)], content };
    opened.journal.append(&batch, &[], None).expect("takes it");
    let two = Disk::open(dir.path()).map(drop);
    assert!(two.is_err_and(|e| e.to_string().contains("in use by another")), "one writes at a time");
    let reader = Disk::open_to_read(dir.path()).expect("others read meanwhile");
    let replayed = Journal::replay(Box::new(reader), &garden()).expect("opens").expect("is there");
    assert_eq!(replayed.graph.version(), next.version());
    drop((opened, replayed));
    let again = open().expect("it was begun");
    assert_eq!((again.graph.version(), again.replayed), (next.version(), 1));
    assert_eq!(again.journal.batch(2).expect("readable"), Some(batch));
}

/// Changes one value of a history of three batches and opens it.
fn altered(alter: impl Fn(&dyn Store)) -> String {
    let mut graph = Graph::empty(garden()).apply(vec![add(0)]).expect("sound");
    let store = Arc::new(Disk::over(redb::backends::InMemoryBackend::new()).expect("opens"));
    let journal = Journal::begin(Box::new(Shared(store.clone())), &graph, signature()).expect("begins");
    for n in 1..4 {
        graph = graph.apply(vec![add(n)]).expect("sound");
        let (sequence, content) = (graph.version().sequence, graph.version().content);
        let changes = vec![add(n)];
        let batch = Batch { sequence, signature: signature(), key: None, proposal: None, changes, content };
        journal.append(&batch, &[], None).expect("takes it");
    }
    alter(&*store);
    match Journal::open(Box::new(Shared(store)), &garden()) {
        Ok(_) => "opened".to_owned(),
        Err(e) => e.to_string(),
    }
}

/// A store that two hold.
#[derive(Debug)]
struct Shared<S>(Arc<S>);

impl<S: Store> Store for Shared<S> {
    fn commit(&self, puts: &[Put]) -> Result<(), StoreError> {
        self.0.commit(puts)
    }
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(table, key)
    }
    fn scan(&self, table: Table, from: &[u8], visit: Visit<'_>) -> Result<(), StoreError> {
        self.0.scan(table, from, visit)
    }
    fn compact(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[test]
fn what_is_not_as_it_was_written_is_refused_by_name() {
    let put = |store: &dyn Store, put: Put| store.commit(&[put]).expect("takes it");
    let edit = |store: &dyn Store, table: Table, key: Vec<u8>, edit: &dyn Fn(&mut Vec<u8>)| {
        let mut value = store.get(table, &key).expect("readable").expect("there");
        edit(&mut value);
        store.commit(&[Put::Value(table, key, value)]).expect("takes it");
    };
    for (said, found) in [
        ("opened", altered(|_| {})),
        (
            "version 3: it is not there; the next one is 4",
            altered(|s| put(s, Put::Nothing(Table::Batches, key_of(3)))),
        ),
        (
            "version 3: its hash does not follow",
            altered(|s| edit(s, Table::Batches, key_of(3), &|v| v[60] ^= 1)),
        ),
        (
            "version 4: its hash does not follow",
            altered(|s| {
                let of_3 = s.get(Table::Batches, &key_of(3)).expect("readable").expect("there");
                put(s, Put::Value(Table::Batches, key_of(4), of_3));
            }),
        ),
        (
            "version 1: the hash of where it begins",
            altered(|s| edit(s, Table::Base, key_of(0), &|v| v[5] ^= 1)),
        ),
        ("its format is not told", altered(|s| put(s, value(Table::Meta, "format", "new")))),
        ("format 2, and this program knows 1", altered(|s| put(s, value(Table::Meta, "format", "2")))),
        ("opened", altered(|s| edit(s, Table::Image, key_of(0), &|v| v[9] ^= 1))),
        ("opened", altered(|s| put(s, Put::Clear(Table::Image)))),
    ] {
        assert!(found.contains(said), "{said:?} in {found:?}");
    }
}

#[test]
fn a_number_is_ordered_as_its_key() {
    assert!([0, 1, 255, 256, u64::MAX].map(key_of).is_sorted());
    assert_eq!(number_of(&key_of(77)), Some(77));
    assert_eq!(number_of(b"seven"), None);
}

#[test]
fn a_moment_reads_as_rfc_3339_has_it() {
    assert_eq!(Timestamp(1_700_000_000_123).to_string(), "2023-11-14T22:13:20.123Z");
}

/// A backup tells the same history, in another folder too; one that is cut short or altered is refused.
#[test]
fn a_backup_is_the_history_or_is_refused() {
    let ontology = garden();
    let mut graph = Graph::empty(ontology.clone()).apply(vec![add(0)]).expect("sound");
    let store = Arc::new(Memory::default());
    let journal = Journal::begin(Box::new(Shared(store.clone())), &graph, signature()).expect("begins");
    for n in 1..4 {
        graph = graph.apply(vec![add(n)]).expect("sound");
        let (sequence, content) = (graph.version().sequence, graph.version().content);
        let proposal = (n == 2).then_some(1);
        let batch =
            Batch { sequence, signature: signature(), key: None, proposal, changes: vec![add(n)], content };
        journal.append(&batch, &[], None).expect("takes it");
    }
    let changes = vec![add(9)];
    let proposal = Proposal { number: 0, signature: signature(), changes, decision: Decision::Pending };
    journal.propose(proposal).expect("takes it");
    let mut bytes = Vec::new();
    backup::write(&*store, &mut bytes).expect("memory takes it");
    let dir = tempfile::tempdir().expect("a folder");
    let restored = |until: Option<u64>, name: &str| {
        let from = backup::read(&bytes[..]).expect("as it was written");
        let part = backup::Part { until, salvage: false };
        backup::restore(&from, &ontology, &dir.path().join(name), part)
            .map(|restored| restored.graph.version())
    };
    assert_eq!(restored(None, "whole").expect("restores"), graph.version());
    assert_eq!(restored(Some(2), "older").expect("restores").sequence, 2);
    assert!(restored(Some(9), "newer").is_err_and(|e| e.to_string().contains("there is no version 9")));
    let open =
        |name: &str| Journal::open(Box::new(Disk::open(&dir.path().join(name)).expect("opens")), &ontology);
    let opened = open("whole").expect("opens").expect("is there");
    assert_eq!(opened.graph.version(), graph.version());
    assert_eq!(opened.journal.touching("plant/2").expect("readable"), [3], "what is not in it is made anew");
    let mut decisions = Vec::new();
    let mut take = |one: Proposal| {
        decisions.push(one.decision);
        true
    };
    opened.journal.proposals(1, &mut take).expect("readable");
    assert_eq!(decisions, [Decision::Accepted(3, signature())], "a batch says what it accepted");
    for length in (0..bytes.len()).step_by(7) {
        assert!(backup::read(&bytes[..length]).is_err(), "cut at {length}");
    }
    for at in (0..bytes.len()).step_by(11) {
        let mut altered = bytes.clone();
        altered[at] ^= 4;
        assert!(backup::read(&altered[..]).is_err(), "altered at {at}");
    }
    assert!(backup::read(&[&bytes[..], b"x"].concat()[..]).is_err(), "something behind its end");
}
