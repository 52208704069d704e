//! What suggestions know of English: the words that hold phrases together or apart, and the
//! shortest way from a form of a word to its stem. Small closed lists; nothing of any subject.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::io::words::plain;

/// Words that no phrase of ours begins or ends with: determiners, pronouns, prepositions,
/// conjunctions, auxiliaries, and adverbs that stand for no thing.
const FUNCTION: &str = "a about above across after again against ago all almost along already also \
    although always am among an and another any anyone are around as at away back be because been \
    before behind being below best better between both but by can cannot could did do does doing down \
    during each either else etc even ever every few first five for four from further had has have \
    having he hence her here hers him his how however i if in including indeed into is it its itself \
    just last later least less like ll many may me might more most much must my near neither never no \
    nobody nor not now of off often on once one only onto or other others otherwise our ours out \
    outside over own per perhaps quite rather re s same several shall she should since so some still \
    such t than that the their theirs them then there these they this those though three through \
    throughout thus to together too toward towards two under until up upon us various ve very via was \
    we well were what when where whether which while who whom whose why will with within without would \
    yet you your yours";
/// Verbs so common that a phrase is broken by any form of them; as stems.
const VERBS: &str = "accept account achiev add address advanc affect aim allow announc apply ask avoid \
    becom began begin believ bring build call came com compar comply consid contain continu contribut \
    creat decreas defin deliv describ determin develop eliminat enabl encourag engag ensur establish \
    examin expand explain explor fac face facilitat find focus follow forc gav get giv go got guid \
    happen help identify implement improv includ increas inform invit involv keep kept know launch lead \
    learn led let liv look mad mak mean meet mobiliz need not offer open pay plac prevent prioritiz \
    prohibit promot propos provid publish put reach receiv recommend reduc refer releas remain remov \
    requir result reveal rose said saw say see seek seem seen serv set shar show shown speak start stay \
    strengthen struggl suggest tak tell thriv told took tri try turn understand updat visit want went \
    work writ written wrot";

/// Verbs that aims and actions begin with; many are nouns elsewhere. As stems.
const AIMS: &str = "accelerat adopt advocat alleviat analyz assess assist boost combat coordinat \
    cultivat curb cut deepen diversify educat elevat embed empow enhanc equip evaluat expedit extend \
    fight foster fund grow hir integrat invest limit low maintain maximiz measur minimiz mitigat \
    moderniz monitor nurtur overcom partn pilot plan preserv protect pursu rais recruit reform regulat \
    restor retain safeguard scal secur simplify solv stabiliz streamlin study support sustain tackl \
    tail target track train transform treat uphold widen";
const DATES: &str = "January February March April May June July August September October November \
    December Monday Tuesday Wednesday Thursday Friday Saturday Sunday";

static FUNCTION_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| FUNCTION.split(' ').collect());
static AIM_STEMS: LazyLock<HashSet<&str>> = LazyLock::new(|| AIMS.split(' ').collect());
static VERB_STEMS: LazyLock<HashSet<&str>> = LazyLock::new(|| VERBS.split(' ').collect());

/// Whether a word holds phrases together or apart and names nothing.
pub(crate) fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.contains(plain(word).as_str())
}

/// Whether a word is a form of one of the commonest verbs. Nouns of the same form are mistaken.
pub(crate) fn is_common_verb(word: &str) -> bool {
    VERB_STEMS.contains(stem(word).as_str())
}

/// Whether a word at the start of a phrase is likely a verb: one of the commonest, one that aims
/// begin with, or one that its ending gives away.
pub(crate) fn is_verb(word: &str) -> bool {
    is_common_verb(word)
        || AIM_STEMS.contains(stem(word).as_str())
        || ["ize", "ise", "ify", "izes", "ized"].iter().any(|end| word.ends_with(end))
}

/// Whether a word is a month or a day of the week.
pub(crate) fn is_date_word(word: &str) -> bool {
    DATES.split(' ').any(|date| date == word)
}

/// Whether a word speaks to the reader, as notices of a site do and policies seldom.
pub(crate) fn is_address(word: &str) -> bool {
    matches!(plain(word).as_str(), "you" | "your" | "yours" | "please")
}

/// What forms of a word have in common: small letters, without the endings of number, tense and
/// participle. No dictionary: "led" and "leads" stay apart.
pub(crate) fn stem(word: &str) -> String {
    let mut stem = singular(word);
    for ending in ["ing", "ed", "er"] {
        if stem.len() >= ending.len() + 4 && stem.ends_with(ending) && stem.is_ascii() {
            stem.truncate(stem.len() - ending.len());
            let doubled = stem.as_bytes().windows(2).next_back().is_some_and(|w| w[0] == w[1]);
            if doubled && !stem.ends_with(['s', 'l']) {
                stem.pop();
            }
            break;
        }
    }
    if stem.len() > 3 && stem.ends_with('e') {
        stem.pop();
    }
    if stem.len() > 3 && stem.ends_with('i') {
        stem.pop();
        stem.push('y');
    }
    stem
}

/// A word as names are compared by: small letters, without the plural's ending.
pub(crate) fn singular(word: &str) -> String {
    let mut word = plain(word);
    if !word.is_ascii() || word.len() < 4 || !word.ends_with('s') {
        return word;
    }
    if word.ends_with("ies") && word.len() > 4 {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if ["sses", "shes", "ches", "xes"].iter().any(|end| word.ends_with(end)) {
        word.truncate(word.len() - 2);
    } else if !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        word.pop();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for forms in [
            &["publish", "published", "publishes", "publishing"][..],
            &["release", "released", "releases", "releasing"],
            &["fund", "funds", "funded", "funding"],
            &["carry", "carries", "carried"],
            &["plan", "plans", "planned", "planning"],
            &["community", "communities"],
            &["process", "processes"],
        ] {
            let stems: Vec<String> = forms.iter().map(|f| stem(f)).collect();
            assert!(stems.iter().all(|s| *s == stems[0]), "{stems:?}");
        }
        for (plural, expected) in
            [("Agencies", "agency"), ("status", "status"), ("gas", "gas"), ("areas", "area")]
        {
            assert_eq!(singular(plural), expected);
        }
    }

    #[test]
    fn function_words_name_nothing() {
        for (word, expected) in [("The", true), ("including", true), ("health", false), ("zeal", false)] {
            assert_eq!(is_function_word(word), expected, "{word}");
        }
    }
}
