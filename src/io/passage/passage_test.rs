//! Passages found, told apart and found again, case by case.

use super::*;

const PAGE: &str = "# Overview As part of its ongoing commitment to equity, the Administration laid out its \
    plan. \
    This initiative, led by the Office of Health, is starting with two key focuses: maternal health and \
    social determinants of health. The plan was made in July. The plan was read in June; the plan was \
    kept. “Nobody in this country should be left out,” said the Secretary. Health care – for all, \
    including persons with disabilities – stays a priority. More and more and more.";

fn text() -> Text {
    Text::new(PAGE)
}

#[test]
fn exact_words_are_found_between_their_surroundings() {
    let cases: &[(&str, &str, &str, usize)] = &[
        ("plan was", "", "", 3),
        ("The plan was", "", "", 2),
        ("plan was", "The ", "", 2),
        ("plan was", "The ", " read", 1),
        ("plan was", "A ", "", 0),
        ("PLAN", "", "", 0),
        ("", "", "", 0),
        ("more and more", "", "", 1),
        ("More and more and more.", "a priority. ", "", 1),
    ];
    for (quote, prefix, suffix, expected) in cases {
        let found = text().find(quote, prefix, suffix);
        assert_eq!(found.len(), *expected, "{prefix:?} {quote:?} {suffix:?}");
        assert!(found.iter().all(|r| &text().as_str()[r.clone()] == *quote));
    }
    assert_eq!(Text::new("aaaa").find("aa", "", "").len(), 3, "overlapping ones too");
}

#[test]
fn a_context_is_no_longer_than_tells_the_place() {
    let cases: &[(&str, usize, usize, &str, &str)] = &[
        ("plan was", 0, 0, "", " made"),
        ("plan was", 1, 0, "", " read"),
        ("plan was", 2, 0, "the ", ""),
        ("laid out", 0, 0, "", ""),
        ("laid out", 0, 20, "the Administration ", " its plan. This"),
        ("# Overview", 0, 60, "", " As part of its ongoing commitment to equity, the"),
    ];
    for (quote, nth, least, prefix, suffix) in cases {
        let text = text();
        let range = text.find(quote, "", "")[*nth].clone();
        let context = text.context(range, *least);
        assert_eq!((context.0.as_str(), context.1.as_str()), (*prefix, *suffix), "{quote:?}");
        assert!(text.is_unique(quote, prefix, suffix), "{quote:?}");
    }
    let same = Text::new(&"the same words again ".repeat(40));
    let (prefix, suffix) = same.context(same.find("words", "", "")[20].clone(), 0);
    assert!(prefix.len() <= LONGEST_CONTEXT && suffix.len() <= LONGEST_CONTEXT && !prefix.is_empty());
    assert_eq!(text().context(3..99_999, 0), Default::default(), "no range of this text");
}

#[test]
fn every_context_finds_its_own_passage() {
    let text = text();
    for window in text.words.windows(4) {
        let range = window[0].start..window[3].end;
        for least in [0, USUAL_CONTEXT] {
            let (prefix, suffix) = text.context(range.clone(), least);
            let found = text.find(&text.as_str()[range.clone()], &prefix, &suffix);
            assert_eq!(found, std::slice::from_ref(&range));
        }
    }
}

#[test]
fn a_users_words_give_the_texts_own() {
    let cases: &[(&str, &[&str])] = &[
        ("NOBODY in this   country", &["Nobody in this country"]),
        ("\"nobody in this country should be left out,\"", &["“Nobody in this country should be left out,”"]),
        ("health care - for all", &["Health care – for all"]),
        ("health care for all", &["Health care – for all"]),
        ("the plan was", &["The plan was", "The plan was", "the plan was"]),
        ("care ... priority", &["care – for all, including persons with disabilities – stays a priority"]),
        ("Nobody … Secretary", &["Nobody in this country should be left out,” said the Secretary"]),
        ("Nobody … priority", &[]),
        ("heal", &[]),
        ("never said", &[]),
        ("...", &[]),
        ("", &[]),
    ];
    for (words, expected) in cases {
        let text = text();
        let found: Vec<&str> = text.locate(words).into_iter().map(|f| &text.as_str()[f.words]).collect();
        assert_eq!(&found, expected, "{words:?}");
    }
    let text = text();
    let wide = text.locate("read in june").remove(0).sentence;
    assert_eq!(&text.as_str()[wide], "The plan was read in June; the plan was kept.");
}

#[test]
fn changed_words_are_found_again() {
    use How::{Between, Same, Spelling, Surroundings, Words};
    // Quote, prefix, suffix; then what it became and how that was found.
    let cases: &[(&str, &str, &str, &str, How)] = &[
        ("laid out its plan", "the Administration ", ".", "laid out its plan", Same),
        ("laid out its plan", "the Council ", " in May", "laid out its plan", Surroundings),
        ("led by the office of health", "", "", "led by the Office of Health", Spelling),
        ("Health care, for all - including", "", "", "Health care – for all, including", Spelling),
        (
            "As part of the Governor's ongoing commitment to health equity, the Administration laid out a \
             plan.",
            "# Overview ",
            " This initiative",
            "As part of its ongoing commitment to equity, the Administration laid out its plan.",
            Between,
        ),
        (
            "This initiative is starting with three key focuses: maternal health and social determinants.",
            "",
            "",
            "This initiative, led by the Office of Health, is starting with two key focuses: maternal health \
             and social determinants of health.",
            Words,
        ),
        (
            "Nobody in our country should be left behind,” said Secretary",
            "was kept. “",
            " of State.",
            "Nobody in this country should be left out,” said the Secretary",
            Words,
        ),
    ];
    for (quote, prefix, suffix, expected, how) in cases {
        let text = text();
        let found = text.moved(quote, prefix, suffix).unwrap_or_else(|| panic!("{quote:?} is not found"));
        assert_eq!((found.quote.as_str(), found.how), (*expected, *how), "{quote:?} {found:?}");
        assert!((LEAST_SCORE..=1.0).contains(&found.score));
        assert!(text.is_unique(&found.quote, &found.prefix, &found.suffix), "{found:?}");
    }
}

#[test]
fn what_was_never_there_is_not_found() {
    for quote in [
        "",
        " . ",
        "Transportation and staffing are particular challenges of rural areas.",
        "The budget was rejected in the autumn by the Senate.",
        "report",
        "is a of the and",
    ] {
        assert_eq!(text().moved(quote, "", ""), None, "{quote:?}");
        assert_eq!(text().moved(quote, "never there ", " nor that"), None, "{quote:?}");
    }
}

#[test]
fn a_long_text_takes_no_long_time() {
    let many: String =
        (0..60_000).map(|i| format!("Clause {i} of the plan was made by office {}. ", i % 97)).collect();
    let text = Text::new(&many);
    let begun = std::time::Instant::now();
    let quote = "Clause 31415 of the second plan was remade by office number 86.";
    let found = text.moved(quote, "by office 85. ", " Clause 31416");
    assert!(found.is_some_and(|f| f.quote.starts_with("Clause 31415 of")), "the right clause");
    assert_eq!(text.locate("of the plan was").len(), 60_000);
    let long: String = many.chars().take(60_000).collect::<String>().replace("Clause", "Article");
    text.moved(&long, "", "");
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn no_text_and_no_range_breaks_it() {
    for odd in ["", " ", "é", "“”", "健康公平計画", "a\u{301}\u{ad}b", "\u{0}\u{feff}"] {
        let text = Text::new(odd);
        for quote in ["", "é", "計画", "a b", "“", "\u{301}"] {
            text.locate(quote);
            text.moved(quote, "x", "y");
            for range in text.find(quote, "", "") {
                text.context(range, 10);
            }
        }
        text.context(1..2, 5);
    }
}
