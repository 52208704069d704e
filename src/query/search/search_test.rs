//! Search and resolution over the embedded seed: tables of what must be found, and a naive search
//! beside which the index is held.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::graph::Datum;
use crate::ontology::Direction;
use crate::query::filter::{Evaluation, TextOp, TextTest};
use crate::query::{Budget, Exhausted};

static SEED: LazyLock<(Graph, SearchIndex)> = LazyLock::new(|| {
    let graph = crate::app::load(&crate::app::Origin::default()).expect("the seed is good");
    let index = SearchIndex::build(&graph);
    (graph, index)
});

fn budget() -> Budget {
    Budget::new(u64::MAX)
}

fn run(request: &SearchRequest<'_>) -> Hits {
    let (graph, index) = &*SEED;
    index.search(graph, request, &budget()).expect("there is no limit")
}

fn ids(hits: &Hits) -> Vec<&'static str> {
    hits.hits.iter().map(|h| SEED.0.entity(h.entity).id()).collect()
}

fn typed(text: &str) -> SearchRequest<'_> {
    SearchRequest { prefix_last: true, ..SearchRequest::new(text, 10) }
}

fn mistyped(text: &str) -> SearchRequest<'_> {
    SearchRequest { fuzzy: true, ..SearchRequest::new(text, 10) }
}

/// The first hits of a request are these, in order.
fn check(request: &SearchRequest<'_>, expected: &[&str]) {
    let hits = run(request);
    let found = ids(&hits);
    assert!(
        found.starts_with(expected),
        "{:?} found {:?}",
        request.text,
        hits.hits.iter().zip(found).collect::<Vec<_>>()
    );
}

#[test]
fn the_best_comes_first() {
    // Names, aliases, acronyms, short forms, case, accents.
    check(&SearchRequest::new("Department of Public Health", 10), &["agency/massachusetts-dph"]);
    check(&SearchRequest::new("dept of public health", 10), &["agency/massachusetts-dph"]);
    check(&SearchRequest::new("DPH", 10), &["agency/massachusetts-dph"]);
    check(&SearchRequest::new("Dépt. of PUBLIC health!", 10), &["agency/massachusetts-dph"]);
    check(&SearchRequest::new("HHS", 10), &["agency/hhs"]);
    check(&SearchRequest::new("EOHHS", 10), &["agency/massachusetts-eohhs"]);
    check(&SearchRequest::new("ohece", 10), &["agency/massachusetts-ohece"]);
    check(&SearchRequest::new("AHEM", 10), &["initiative/ahem"]);
    check(&SearchRequest::new("Gov. Healey", 10), &["person/healey"]);
    check(
        &SearchRequest::new("Executive Office of Health & Human Services", 10),
        &["agency/massachusetts-eohhs"],
    );
    // A whole name before one that has more words.
    check(&SearchRequest::new("health equity", 10), &["topic/health-equity"]);
    check(&SearchRequest::new("equity", 10), &["topic/equity"]);
    check(
        &SearchRequest::new("commonwealth of massachusetts", 10),
        &["agency/commonwealth-of-massachusetts", "place/massachusetts"],
    );
    check(
        &SearchRequest::new("section 504 of the Rehabilitation Act of 1973", 10),
        &["law/rehabilitation-act-1973-section-504"],
    );
    // Words in another order, and as somebody types.
    check(&SearchRequest::new("disease heart", 10), &["topic/heart-disease"]);
    check(&typed("xav"), &["person/xavier-becerra"]);
    check(&typed("public health emerg"), &["topic/public-health-emergencies"]);
    check(&typed("rural comm"), &["population/rural-communities"]);
    check(&typed("department of"), &["agency/massachusetts-dph", "agency/hhs"]);
    // Mistyped: letters changed, left out, in the wrong order.
    check(&mistyped("becera"), &["person/xavier-becerra"]);
    check(&mistyped("medciaid"), &["agency/cms"]);
    check(&mistyped("rehabilitaton act"), &["law/rehabilitation-act-1973"]);
    check(&mistyped("Masachusets"), &["place/massachusetts"]);
    // No entity has both: those with one.
    check(&SearchRequest::new("Becerra zzz", 10), &["person/xavier-becerra"]);
}

#[test]
fn nothing_is_found_where_nothing_is_asked() {
    for text in ["", "  ", "?!", "zzzzzz", "\u{0}", "¿"] {
        let hits = run(&SearchRequest { prefix_last: true, fuzzy: true, ..SearchRequest::new(text, 10) });
        assert_eq!((hits.total, hits.hits.len(), hits.facets.len()), (0, 0, 0), "{text:?}");
    }
    assert!(run(&SearchRequest::new("becerra", 10)).all_words);
    assert!(!run(&SearchRequest::new("becerra zzz", 10)).all_words);
    assert!(run(&SearchRequest::new("the", 10)).total > 0, "a stop word alone is a word");
    assert!(run(&SearchRequest::new("health", 0)).total > 0, "the total does not depend on the limit");
    assert!(!run(&SearchRequest::new("2024 equity action plan", 10)).all_words);
    assert_eq!(
        run(&mistyped("2024 zzz")).total,
        run(&SearchRequest::new("2024", 10)).total,
        "numbers have no typos"
    );
}

#[test]
fn an_empty_graph_holds_nothing() {
    let graph = Graph::empty(SEED.0.ontology().clone());
    let index = SearchIndex::build(&graph);
    assert_eq!(index.search(&graph, &mistyped("health"), &budget()).expect("no limit").total, 0);
    assert_eq!(index.resolve(&graph, "HHS", None, 5, &budget()), Ok(Vec::new()));
}

#[test]
fn kinds_filters_and_facets_agree() {
    let (graph, index) = &*SEED;
    let all = run(&SearchRequest::new("health", usize::MAX));
    assert_eq!(all.total, all.hits.len());
    assert_eq!(all.total, all.facets.iter().map(|(_, n)| n).sum::<usize>());
    assert!(all.facets.is_sorted_by(|a, b| a.1 >= b.1));
    for (kind, count) in &all.facets {
        let kinds = [*kind];
        let of_kind = run(&SearchRequest { kinds: Some(&kinds), ..SearchRequest::new("health", 3) });
        assert_eq!((of_kind.total, &of_kind.facets), (*count, &all.facets));
        let expected = all.hits.iter().filter(|h| graph.entity(h.entity).kind() == *kind).take(3);
        assert_eq!(of_kind.hits, expected.copied().collect::<Vec<_>>());
    }
    let filter = EntityFilter::Name(TextTest { op: TextOp::Contains("maternal".into()), ignore_case: false });
    let filtered = run(&SearchRequest { filter: Some(&filter), ..SearchRequest::new("health", usize::MAX) });
    let budget = Budget::new(1_000_000);
    let evaluation = Evaluation::new(graph, &budget);
    let passes = |h: &&Hit| evaluation.holds(&filter, h.entity).unwrap();
    let expected: Vec<Hit> = all.hits.iter().filter(passes).copied().collect();
    assert_eq!(filtered.hits, expected);
    assert_eq!(filtered.total, filtered.facets.iter().map(|(_, n)| n).sum::<usize>());
    let nothing = SearchRequest { kinds: Some(&[]), ..SearchRequest::new("health", 3) };
    assert_eq!(run(&nothing).total, 0);
    // What is spent is bounded, and brief budgets are refused.
    let request = SearchRequest::new("health", 3);
    assert_eq!(index.search(graph, &request, &Budget::brief(1_000_000)), Err(Exhausted::Steps));
    assert_eq!(index.search(graph, &request, &Budget::new(2)), Err(Exhausted::Steps));
}

#[test]
fn two_indexes_of_one_graph_are_one() {
    let (graph, index) = &*SEED;
    for shards in [1, 2, 5, 1_000] {
        let again = SearchIndex::in_shards(graph, shards);
        assert_eq!(again.version(), graph.version());
        for text in ["health equity", "dept", "maternal care massachusetts", "DPH"] {
            let request = SearchRequest { fuzzy: true, prefix_last: true, ..SearchRequest::new(text, 500) };
            assert_eq!(index.search(graph, &request, &budget()), again.search(graph, &request, &budget()));
            let resolved = |index: &SearchIndex| index.resolve(graph, text, None, 9, &budget());
            assert_eq!(resolved(index), resolved(&again));
        }
    }
}

/// What is highlighted, as places and the words in brackets.
fn shown(id: &str, request: &SearchRequest<'_>) -> Vec<(FoundIn, String)> {
    let (graph, index) = &*SEED;
    let entity = graph.find(id).expect("it is there");
    let mark = |highlight: Highlight| {
        let mut out = String::new();
        let mut at = 0;
        for (from, to) in highlight.ranges {
            out += &format!("{}[{}]", &highlight.text[at..from], &highlight.text[from..to]);
            at = to;
        }
        (highlight.found_in, out + &highlight.text[at..])
    };
    index.highlights(graph, entity, request).into_iter().map(mark).collect()
}

#[test]
fn highlights_show_the_words() {
    let check = |id: &str, request: &SearchRequest<'_>, place: FoundIn, expected: &str| {
        let shown = shown(id, request);
        assert!(shown.contains(&(place, expected.to_owned())), "{shown:?}");
    };
    let dph = "agency/massachusetts-dph";
    check(dph, &SearchRequest::new("dept health", 1), FoundIn::Name, "[Department] of Public [Health]");
    check(dph, &SearchRequest::new("dph", 1), FoundIn::Name, "[D]epartment of [P]ublic [H]ealth");
    check(dph, &SearchRequest::new("dph", 1), FoundIn::Alias, "[DPH]");
    check(dph, &typed("public hea"), FoundIn::Name, "Department of [Public] [Health]");
    check(dph, &mistyped("pulbic"), FoundIn::Name, "Department of [Public] Health");
    let law = SearchRequest::new("rehabilitation", 1);
    check("law/rehabilitation-act-1973", &law, FoundIn::Name, "[Rehabilitation] Act of 1973");
    let quotes = shown("initiative/ahem", &SearchRequest::new("equity", 1));
    let quotes = quotes.iter().filter(|(place, _)| matches!(place, FoundIn::Quote(..)));
    assert_eq!(quotes.clone().count(), 3);
    assert!(quotes.clone().all(|(_, text)| text.to_lowercase().contains("[equity]")));
    assert_eq!(shown(dph, &SearchRequest::new("zzz", 1)), []);
}

/// The first candidates of a name: id, reason, certain.
fn check_resolve(name: &str, expected: &[(&str, Reason, bool)]) {
    let (graph, index) = &*SEED;
    let found = index.resolve(graph, name, None, 5, &budget()).expect("there is no limit");
    let first: Vec<(&str, Reason, bool)> = found
        .iter()
        .map(|c| (graph.entity(c.entity).id(), c.reason, c.certain))
        .take(expected.len())
        .collect();
    assert_eq!(first, expected, "{name}: {found:?}");
}

#[test]
fn names_are_resolved() {
    use Reason::*;
    let dph = "agency/massachusetts-dph";
    check_resolve(dph, &[(dph, Id, true)]);
    check_resolve("Department of Public Health", &[(dph, ExactName, true)]);
    check_resolve("DPH", &[(dph, Alias, true)]);
    check_resolve("dph", &[(dph, Normalized, true)]);
    check_resolve("dept of public health", &[(dph, Normalized, true)]);
    check_resolve("The Dept. Of Public  Health", &[(dph, Normalized, true)]);
    check_resolve("D.P.H.", &[(dph, Acronym, false)]);
    check_resolve("Departmnt of Public Heath", &[(dph, Similar, false)]);
    check_resolve("Public Health Department", &[(dph, Similar, false)]);
    check_resolve("HHS", &[("agency/hhs", Alias, true), ("topic/health-and-human-services", Acronym, false)]);
    check_resolve("EOHHS", &[("agency/massachusetts-eohhs", Acronym, false)]);
    check_resolve("Health & Human Services", &[("topic/health-and-human-services", Normalized, true)]);
    check_resolve("Ctrs for Medicare & Medicaid Svcs", &[("agency/cms", Normalized, true)]);
    check_resolve(
        "Equity Action Plan",
        &[("plan/hhs-eap-2022", Alias, false), ("plan/hhs-eap-2023", Alias, false)],
    );
    check_resolve(
        "Commonwealth of Massachusetts",
        &[("agency/commonwealth-of-massachusetts", ExactName, true), ("place/massachusetts", Alias, false)],
    );
    check_resolve("Gov. Healey", &[("person/healey", Normalized, true)]);
    let (graph, index) = &*SEED;
    for nobody in ["", "?!", "Ministry of Silly Walks"] {
        assert_eq!(index.resolve(graph, nobody, None, 5, &budget()), Ok(Vec::new()), "{nobody:?}");
    }
    // HHS and EOHHS are kept apart.
    let found = |name| index.resolve(graph, name, None, 50, &budget()).expect("no limit");
    let of = |id| graph.find(id).expect("it is there");
    assert!(found("HHS").iter().all(|c| c.entity != of("agency/massachusetts-eohhs")));
    assert!(found("EOHHS").iter().all(|c| c.entity != of("agency/hhs")));
    // By kind, and by budget.
    let place = [graph.entity(of("place/massachusetts")).kind()];
    let found = index.resolve(graph, "Commonwealth of Massachusetts", Some(&place), 5, &budget());
    let found = found.expect("no limit");
    assert_eq!(
        (found[0].entity, found[0].reason, found[0].certain),
        (of("place/massachusetts"), Alias, true)
    );
    assert_eq!(index.resolve(graph, "HHS", None, 5, &Budget::brief(1_000)), Err(Exhausted::Steps));
}

/// What the index does, done naively: words by hand, every text read for every question.
mod naive {
    use super::*;

    pub(super) fn words(text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
    }

    fn long(graph: &Graph, word: &str) -> Vec<String> {
        let of = graph.ontology().abbreviations.iter().filter(|a| a.forms.iter().any(|f| f == word));
        let long: Vec<String> = of.flat_map(|a| words(&a.of)).collect();
        if long.is_empty() { vec![word.to_owned()] } else { long }
    }

    fn texts(graph: &Graph, ix: EntityIx) -> Vec<String> {
        let entity = graph.entity(ix);
        let mut texts = vec![entity.name().to_owned()];
        for (property, value) in entity.properties() {
            if graph.ontology().property(property).search > 0.0 {
                texts.extend(value.members().filter_map(Datum::as_text).map(str::to_owned));
            }
        }
        let ends = [Direction::Forward, Direction::Inverse];
        let links = ends.iter().flat_map(|d| graph.links_of(ix, *d)).map(|l| Owner::Link(l.link));
        for owner in links.chain([Owner::Entity(ix)]) {
            texts.extend(graph.evidence(owner).iter().filter_map(|e| e.quote()).map(str::to_owned));
        }
        texts
    }

    /// What stands in an entity: its words, written out, and its acronyms.
    pub(super) fn held(graph: &Graph, ix: EntityIx) -> (BTreeSet<String>, BTreeSet<String>) {
        let words_of = |t: &String| words(t).iter().flat_map(|w| long(graph, w)).collect::<Vec<_>>();
        let held = texts(graph, ix).iter().flat_map(words_of).collect();
        let aliases = graph.entity(ix).property(graph.ontology().aliases_property());
        let names = aliases.into_iter().flat_map(Datum::members).filter_map(Datum::as_text);
        let mut acronyms = BTreeSet::new();
        for name in names.chain([graph.entity(ix).name()]) {
            let mut words = words(name);
            words.retain(|w| !graph.ontology().stop_words.contains(w));
            if (2..=8).contains(&words.len()) {
                acronyms.insert(words.iter().filter_map(|w| w.chars().next()).collect());
            }
        }
        (held, acronyms)
    }

    /// Whether one word that is asked stands there.
    pub(super) fn answers(
        graph: &Graph,
        (held, acronyms): &(BTreeSet<String>, BTreeSet<String>),
        word: &str,
        prefix: bool,
        fuzzy: bool,
    ) -> bool {
        let long = long(graph, word);
        let errors = match word.chars().count() {
            _ if !fuzzy || long != [word] || word.chars().any(char::is_numeric) => 0,
            0..4 => 0,
            4..8 => 1,
            _ => 2,
        };
        acronyms.contains(word)
            || held.iter().any(|h| {
                long.contains(h) || prefix && h.starts_with(word) || strsim::osa_distance(word, h) <= errors
            })
    }
}

/// Everything that stands in the seed, by entity.
static HELD: LazyLock<Vec<(BTreeSet<String>, BTreeSet<String>)>> =
    LazyLock::new(|| SEED.0.entities().map(|ix| naive::held(&SEED.0, ix)).collect());

/// Words of the seed, short forms, acronyms, and words that stand nowhere.
fn vocabulary() -> Vec<String> {
    let mut all: BTreeSet<String> =
        HELD.iter().flat_map(|(words, acronyms)| words.iter().chain(acronyms)).cloned().collect();
    all.extend(["dept", "comm", "org", "sec", "gov", "zzz", "qqqqqqqq"].map(str::to_owned));
    all.into_iter().filter(|w| w.is_ascii()).collect()
}

fn entity() -> impl Strategy<Value = EntityIx> {
    any::<Index>().prop_map(|at| EntityIx(at.index(SEED.0.entity_count()) as u32))
}

/// A word, whole, cut short, or with one letter doubled or left out, or two exchanged.
fn word() -> impl Strategy<Value = String> {
    (select(vocabulary()), 0..5u8, any::<Index>()).prop_map(|(word, how, at)| {
        let mut letters: Vec<char> = word.chars().collect();
        let at = at.index(letters.len());
        match how {
            0 => letters.truncate(at.max(1)),
            1 => letters.insert(at, letters[at]),
            2 if letters.len() > 1 => drop(letters.remove(at)),
            3 if at > 0 => letters.swap(at, at - 1),
            _ => {}
        }
        letters.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn an_entity_is_found_by_its_name(ix in entity(), prefix_last: bool, fuzzy: bool) {
        let (graph, index) = &*SEED;
        let name = graph.entity(ix).name();
        let hits = run(&SearchRequest { prefix_last, fuzzy, ..SearchRequest::new(name, 20) });
        let best = hits.hits.first().map_or(0.0, |h| h.score.floor());
        let own = hits.hits.iter().find(|h| h.entity == ix);
        prop_assert!(own.is_some_and(|h| h.score.floor() == best && best == 4.0), "{name}: {hits:?}");
        let found = index.resolve(graph, name, None, 20, &budget()).expect("no limit");
        let own = found.iter().find(|c| c.entity == ix);
        prop_assert!(own.is_some_and(|c| c.reason == Reason::ExactName), "{name}: {found:?}");
        let alone = found.iter().filter(|c| c.reason == Reason::ExactName).count() == 1;
        prop_assert_eq!(own.is_some_and(|c| c.certain), alone);
    }

    #[test]
    fn the_index_finds_what_a_naive_search_finds(
        words in prop::collection::vec(word(), 1..4),
        prefix_last: bool,
        fuzzy: bool,
    ) {
        let (graph, index) = &*SEED;
        let text = words.join(" ");
        let request = SearchRequest { prefix_last, fuzzy, ..SearchRequest::new(&text, usize::MAX) };
        let hits = run(&request);
        let stop = &graph.ontology().stop_words;
        let only_stop = words.iter().all(|w| stop.contains(w));
        let last = words.len() - 1;
        let matched = |ix: EntityIx| {
            let counts = |at: usize| only_stop || !stop.contains(&words[at]) || prefix_last && at == last;
            let asked: Vec<usize> = (0..=last).filter(|at| counts(*at)).collect();
            let answered = asked.iter().filter(|at| {
                let prefix = prefix_last && **at == last;
                naive::answers(graph, &HELD[ix.0 as usize], &words[**at], prefix, fuzzy)
            });
            (answered.count(), asked.len())
        };
        let with = |all: bool| -> BTreeSet<EntityIx> {
            graph.entities().filter(|ix| {
                let (answered, asked) = matched(*ix);
                if all { answered == asked } else { answered > 0 }
            }).collect()
        };
        let all = with(true);
        let expected = if all.is_empty() { with(false) } else { all };
        let found: BTreeSet<EntityIx> = hits.hits.iter().map(|h| h.entity).collect();
        prop_assert_eq!(&found, &expected, "{}", text);
        prop_assert!(hits.hits.is_sorted_by(|a, b| a.score > b.score || a.score == b.score && a.entity < b.entity));
        // More words are worth more than any place, and every hit can be shown.
        prop_assert!(hits.hits.windows(2).all(|w| w[1].score >= 2.0 || w[0].score >= 2.0
            || matched(w[0].entity).0 >= matched(w[1].entity).0));
        for hit in hits.hits.iter().take(20) {
            prop_assert!(!index.highlights(graph, hit.entity, &request).is_empty(), "{}: {:?}", text, hit);
        }
    }

    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,40}", prefix_last: bool, fuzzy: bool) {
        let (graph, index) = &*SEED;
        let request = SearchRequest { prefix_last, fuzzy, ..SearchRequest::new(&text, 5) };
        for hit in run(&request).hits {
            for highlight in index.highlights(graph, hit.entity, &request) {
                prop_assert!(highlight.ranges.iter().all(|(a, b)| highlight.text.get(*a..*b).is_some_and(|t| !t.is_empty())));
                prop_assert!(highlight.ranges.windows(2).all(|w| w[0].1 <= w[1].0));
            }
        }
        let found = index.resolve(graph, &text, None, 5, &budget()).expect("no limit");
        prop_assert!(found.iter().all(|c| (0.0..=1.0).contains(&c.score)));
    }
}

/// One word of 100,000 letters took 27 s and 6 GB, and 60,000 ambiguous short forms minutes.
#[test]
fn long_words_and_long_names_cost_what_they_are_long() {
    let (graph, index) = &*SEED;
    let budget = Budget::new(10_000_000);
    let word = "ab".repeat(50_000);
    let request = SearchRequest { fuzzy: true, prefix_last: true, ..SearchRequest::new(&word, 3) };
    assert_eq!(index.search(graph, &request, &budget).unwrap().total, 0);
    let name = "dept comm sec ".repeat(20_000);
    assert!(index.resolve(graph, &name, None, 3, &budget).is_ok_and(|found| found.is_empty()));
}
