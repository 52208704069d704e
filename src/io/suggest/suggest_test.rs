//! Suggestions over small texts, and over odd ones.

use super::*;
use crate::io::words::fold;

fn known(id: &str, kind: &str, names: &[&str]) -> Known {
    Known { id: id.to_owned(), kind: kind.to_owned(), names: names.iter().map(|n| (*n).to_owned()).collect() }
}

fn pattern(relation: &str, from: &[&str], to: &[&str], sentences: [&str; 2]) -> Pattern {
    let owned = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect();
    Pattern {
        relation: relation.to_owned(),
        from_kinds: owned(from),
        to_kinds: owned(to),
        sentence: sentences[0].to_owned(),
        inverse_sentence: Some(sentences[1].to_owned()),
    }
}

fn guide(examples: &[Example]) -> Guide {
    let names = vec![
        known("body/parks", "Body", &["Department of Parks", "DOP"]),
        known("body/roads", "Body", &["Office of Roads"]),
        known("paper/trees", "Paper", &["Tree Report"]),
        known("paper/paths", "Paper", &["Path Report"]),
        known("aim/shade", "Aim", &["improve the shade of streets"]),
        known("matter/shade", "Matter", &["shade"]),
        known("matter/light", "Matter", &["street light", "light"]),
        known("aim/light", "Aim", &["protect all street light"]),
    ];
    let patterns = [
        pattern(
            "published",
            &["Body"],
            &["Paper"],
            ["{from} published {to}", "{to} was published by {from}"],
        ),
        pattern(
            "pays",
            &["Body"],
            &["Body", "Paper"],
            ["{from} pays for {to}", "{to} is paid for by {from}"],
        ),
        pattern("addresses", &["Aim"], &["Matter"], ["{from} addresses {to}", "{to} is addressed by {from}"]),
    ];
    Guide::new(names, &patterns, examples)
}

#[test]
fn links_are_proposed_where_a_verb_or_a_name_says_so() {
    let cases: &[(&str, &[&str])] = &[
        ("In May, the Department of Parks published its Tree Report.", &["body/parks published paper/trees"]),
        ("The Tree Report was published by the DOP.", &["body/parks published paper/trees"]),
        ("The Office of Roads is paid for by the DOP.", &["body/parks pays body/roads"]),
        ("They will improve the shade of streets.", &["aim/shade addresses matter/shade"]),
        ("The Department of Parks and the Office of Roads met.", &[]),
        ("The Department of Parks met. It published. The Tree Report came.", &[]),
        ("Shade and light.", &[]),
    ];
    for (text, expected) in cases {
        let found = guide(&[]).propose(text);
        let id = |at: usize| found.entities[at].known.clone().unwrap_or_default();
        let links: Vec<String> =
            found.links.iter().map(|l| format!("{} {} {}", id(l.from), l.relation, id(l.to))).collect();
        assert_eq!(&links, expected, "{text}");
    }
}

#[test]
fn words_of_examples_are_learned() {
    let text = "The Path Report came from the Office of Roads.";
    let example = |from: &str, to: &str, quote: &str| Example {
        from: from.to_owned(),
        relation: "published".to_owned(),
        to: to.to_owned(),
        quote: quote.to_owned(),
    };
    let examples = [
        example("body/parks", "paper/trees", "A Tree Report came from the DOP."),
        example("body/roads", "paper/trees", "The Tree Report came from the Office of Roads too."),
    ];
    assert!(guide(&[]).propose(text).links.is_empty());
    let found = guide(&examples).propose(text);
    assert_eq!(found.links[0].relation, "published");
    assert_eq!(found.links[0].quote, text);
}

#[test]
fn new_names_are_proposed_and_a_kind_only_by_habit() {
    use Shape::{Begun, Common, Item, LinkWords, Proper};
    let source = "# Streets\nThe Department of Bridges (DOB) and Jane Roe wrote the \
        [Bridge Report](https://x.gov/b), about iron railings. It is to protect all old bridges.\n\
        * Improve the roads of towns\n\
        * Widen the paths of towns\n* Mend the walls of towns\nPlease send your Bridge Money.\n";
    let found = guide(&[]).propose(source);
    let expected: &[(&str, Shape, Option<&str>)] = &[
        ("Department of Bridges", Proper, Some("Body")),
        ("Jane Roe", Proper, None),
        ("iron railings", Common, None),
        ("Bridge Report", LinkWords, Some("Paper")),
        ("protect all old bridges", Begun, Some("Aim")),
        ("Bridge Money", Proper, None),
        ("Improve the roads of towns", Begun, Some("Aim")),
        ("Widen the paths of towns", Item, Some("Aim")),
        ("Mend the walls of towns", Item, Some("Aim")),
    ];
    let names: Vec<&str> = found.entities.iter().map(|e| e.name.as_str()).collect();
    for (name, shape, kind) in expected {
        let entity =
            found.entities.iter().find(|e| e.name == *name).unwrap_or_else(|| panic!("{name}: {names:?}"));
        assert_eq!((entity.shape, entity.kind.as_deref()), (Some(*shape), *kind), "{name}");
        assert!((0.0..=1.0).contains(&entity.score));
    }
    assert_eq!(
        found.entities.iter().find(|e| e.acronym.is_some()).map(|e| e.name.as_str()),
        Some("Department of Bridges")
    );
    assert_eq!(
        found.entities.iter().filter_map(|e| e.address.as_deref()).collect::<Vec<_>>(),
        ["https://x.gov/b"]
    );
}

/// The text view of a source, as `SourceView` makes it.
fn view(source: &str) -> String {
    let link = regex::Regex::new(r#"!?\[([^\[\]]*)\]\(([^()\s]+)(?:\s+"[^"]*")?\)"#).unwrap();
    let mut text = source.to_owned();
    while link.is_match(&text) {
        text = link.replace_all(&text, "$1").into_owned();
    }
    fold(&text)
}

#[test]
fn every_quote_stands_in_the_text_view() {
    const PARTS: &[&str] = &[
        "The Department of Parks ",
        "published the [Tree Report](https://x.gov/t) ",
        "![alt words](i.png)",
        "\n",
        "\n\n",
        "* ",
        "# ",
        "[![a](b) Office of Roads](c \"T\") ",
        "improve the shade of streets. ",
        "U.S. law, e.g. ",
        "**light** ",
        "[",
        "](",
        "“Quoted.” ",
        "\u{a0}",
        "é— ",
        "Rehabilitation Act of 1973 ",
        "| ",
        "- ",
        "健康。",
    ];
    let guide = guide(&[]);
    let mut state = 7u64;
    for _ in 0..600 {
        let mut source = String::new();
        for _ in 0..14 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            source.push_str(PARTS[(state % PARTS.len() as u64) as usize]);
        }
        let (found, view) = (guide.propose(&source), view(&source));
        let quotes = found.entities.iter().map(|e| &e.quote).chain(found.links.iter().map(|l| &l.quote));
        for quote in quotes {
            assert!(view.contains(quote.as_str()), "{quote:?} of {view:?}");
        }
    }
}

#[test]
fn long_and_odd_texts_come_to_an_end() {
    let n = 20_000;
    let cases = [
        (
            "many sentences",
            "The Department of Parks published the Tree Report on iron railings. ".repeat(n / 4),
        ),
        ("one sentence of names", "Department of Parks, Tree Report, ".repeat(n)),
        ("one sentence of capitals", "Great ".repeat(n)),
        ("one sentence of aims", "and improve ".repeat(n)),
        ("many links in a line", "[Some Name](u) ".repeat(n)),
        ("many items", "* Improve the roads of towns\n".repeat(n)),
        ("different items", (0..n).map(|i| format!("* Improve the roads of town{i}\n")).collect()),
        ("brackets", "[".repeat(n)),
    ];
    let guide = guide(&[]);
    for (name, source) in cases {
        assert!(guide.propose(&source).links.len() < source.len(), "{name}");
    }
}
