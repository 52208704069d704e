//! How well a link is supported, in one order: what one may rest on it.

use crate::graph::{Basis, Evidence, Graph, LinkIx, Owner, QuoteStatus};

/// How well a link is supported; the better is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grade {
    /// No source says so; it is concluded.
    Inferred,
    /// A source says so, at an address that is the evidence itself.
    UrlOnly,
    /// The words of a source say so; they have not been found in its text, or not been looked for.
    Quoted,
    /// The words of a source say so and stand in the text whose hash it carries.
    QuotedVerified,
}

impl Grade {
    /// The words of the API, the weakest first.
    pub const ALL: [(Grade, &str); 4] = [
        (Grade::Inferred, "INFERRED"),
        (Grade::UrlOnly, "URL_ONLY"),
        (Grade::Quoted, "QUOTED"),
        (Grade::QuotedVerified, "QUOTED_VERIFIED"),
    ];

    /// The word.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
    /// The grade of that word.
    pub fn parse(word: &str) -> Option<Grade> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(grade, _)| *grade)
    }

    /// The grade that one piece of evidence gives.
    pub fn of_evidence(evidence: Evidence<'_>) -> Grade {
        match (evidence.basis(), evidence.quote()) {
            (Basis::Inferred, _) => Grade::Inferred,
            (Basis::Stated, None) => Grade::UrlOnly,
            (Basis::Stated, Some(_)) if evidence.status() == QuoteStatus::Verified => Grade::QuotedVerified,
            (Basis::Stated, Some(_)) => Grade::Quoted,
        }
    }

    /// The best grade that any piece of a link's evidence gives it. Cost: linear in its pieces.
    pub fn of_link(graph: &Graph, link: LinkIx) -> Grade {
        let pieces = graph.evidence(Owner::Link(link));
        pieces.iter().map(Grade::of_evidence).max().unwrap_or(Grade::Inferred)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::random_graphs::{Piece, graphs, of_quality, one_link};

    #[test]
    fn words_read_back() {
        for (grade, word) in Grade::ALL {
            assert_eq!((grade.name(), Grade::parse(word)), (word, Some(grade)));
        }
        assert_eq!(Grade::parse("GOOD"), None);
        assert!(Grade::ALL.is_sorted_by_key(|(grade, _)| *grade));
    }

    #[test]
    fn each_piece_gives_its_grade_and_the_best_counts() {
        for (pieces, grade) in [
            (vec![Piece::Verified], Grade::QuotedVerified),
            (vec![Piece::Unchecked], Grade::Quoted),
            (vec![Piece::NotFound], Grade::Quoted),
            (vec![Piece::Url], Grade::UrlOnly),
            (vec![Piece::Concluded], Grade::Inferred),
            (vec![Piece::Concluded, Piece::Url, Piece::NotFound], Grade::Quoted),
        ] {
            let graph = one_link(&pieces);
            assert_eq!(Grade::of_link(&graph, LinkIx(0)), grade, "{pieces:?}");
        }
    }

    proptest! {
        #[test]
        fn a_grade_is_the_best_of_what_was_written(case in graphs()) {
            for ix in case.graph.links() {
                let grade = case.pieces[ix.0 as usize].iter().map(|piece| of_quality(*piece)).max();
                prop_assert_eq!(Some(Grade::of_link(&case.graph, ix)), grade);
            }
        }
    }

    #[test]
    fn every_link_of_the_seed_has_a_quote_that_was_found_or_is_inferred() {
        let graph = crate::app::load(&crate::app::Origin::default()).expect("the seed is sound");
        for ix in graph.links() {
            let grade = Grade::of_link(&graph, ix);
            assert_eq!(grade == Grade::Inferred, graph.link(ix).basis() == Basis::Inferred);
            assert!(grade != Grade::Quoted, "{}", graph.sentence(ix));
        }
    }
}
