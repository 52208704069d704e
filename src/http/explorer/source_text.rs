//! `/source/<id>?view=text`: the whole text of a source, part by part, with the words marked that links rest on,
//! and under it what rests on them.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{Answer, items, words};
use super::{Answered, Page, Visit, parts};
use crate::app::Passage;

/// Bytes of a text that a page shows, about: parts end with a line.
const PART: usize = 24_000;

/// Links that are asked for at once.
const LINKS: usize = 100;

const QUERY: &str = "
query Quoted($id: ID!, $links: [ID!]!) {
  entity(by: { id: $id }) { ...Named }
  nodes(ids: $links) { ... on Link { id sentence basis } }
}";

/// The page; none of the texts is there if the folder of sources has none for it.
pub(super) async fn page(visit: &Visit, id: &str) -> Answered {
    let text = visit.text;
    let Some(source) = visit.shared.app.source_text(id) else { return Err(visit.missing(id)) };
    let parts = parts_of(source.lines(), source.text().len());
    let asked = usize::try_from(visit.number("part", 1)?).unwrap_or(usize::MAX);
    let Some(part) = asked.checked_sub(1).and_then(|at| parts.get(at).cloned()) else {
        return Err(visit.missing(id));
    };
    let passages = visit.shared.app.passages(id);
    let numbered: Vec<(usize, &Passage)> = passages.iter().enumerate().map(|(at, it)| (at + 1, it)).collect();
    let here: Vec<(usize, &Passage)> = numbered
        .into_iter()
        .filter(|(_, it)| it.place.start < part.end && it.place.end > part.start)
        .collect();
    let answers = ask(visit, id, &here).await?;
    let named = &answers[0]["entity"];
    let links: Vec<&Json> = answers.iter().flat_map(|answer| items(&answer["nodes"])).collect();
    let title = text.tell("source.text.of", &[("name", &words(&named["name"]))]);
    let to = |part: usize| visit.here(&[("part", Some(&part.to_string()))]);
    let main = html! {
        header class="page-head" {
            p class="eyebrow" { (parts::icon("document")) " " (text.say("source.text")) }
            h1 { (parts::entity(visit, named)) }
            p class="lead" { (text.say("source.text.lead")) }
            @if parts.len() > 1 { p class="summary" { (text.tell("source.part", &[("part", &asked), ("parts", &parts.len())])) } }
            p class="actions" { (parts::permalink(visit)) a class="button plain" href=(visit.source(id)) { (text.say("source.about")) } }
        }
        section class="wide text" aria-labelledby="text" {
            h2 id="text" class="visually-hidden" { (title) }
            div class="source-text" tabindex="0" role="group" aria-labelledby="text" {
                @for line in lines(source.lines(), &part, source.text().len()) { p { (marked(source.text(), &line, &here)) } }
            }
            @if parts.len() > 1 {
                nav class="pager" aria-label=(text.say("pager.label")) {
                    @if asked > 1 { a rel="prev" href=(to(asked - 1)) { (text.say("pager.previous")) } }
                    @if asked < parts.len() { a rel="next" href=(to(asked + 1)) { (text.say("pager.next")) } }
                }
            }
        }
        section aria-labelledby="links" {
            h2 id="links" { (text.say("source.marked")) }
            @if here.is_empty() { p class="nothing" { (text.say("source.unmarked")) } }
            ol class="rests-on" { @for (nth, passage) in &here { (rests(visit, *nth, passage, &links)) } }
        }
    };
    let answers: Vec<&Answer> = answers.iter().collect();
    let exports = visit.formats(&["json", "csv-links", "markdown"]);
    let about = text.say("source.text.lead");
    Ok(visit.show(&Page { title: &title, about, main, answers: &answers, exports, ..Page::default() }).await)
}

/// Asks for the links that rest on the passages; at least once, for the source's name.
async fn ask(visit: &Visit, id: &str, here: &[(usize, &Passage)]) -> Result<Vec<Answer>, Response> {
    let mut ids: Vec<&str> = here.iter().flat_map(|(_, it)| it.links.iter().map(String::as_str)).collect();
    ids.sort_unstable();
    ids.dedup();
    let query = [QUERY, parts::ENTITY].concat();
    let none: &[&str] = &[];
    let mut answers = Vec::new();
    for some in ids.chunks(LINKS).chain(ids.is_empty().then_some(none)) {
        answers.push(visit.ask(&query, json!({ "id": id, "links": some })).await?);
    }
    Ok(answers)
}

/// The parts that a text is shown in: whole lines.
fn parts_of(lines: &[usize], end: usize) -> Vec<std::ops::Range<usize>> {
    let (mut parts, mut from) = (Vec::new(), 0);
    for line in lines.iter().copied() {
        if line - from >= PART {
            parts.push(from..line);
            from = line;
        }
    }
    parts.push(from..end);
    parts
}

/// The lines of a part, without the space that stands between them.
fn lines(starts: &[usize], part: &std::ops::Range<usize>, end: usize) -> Vec<std::ops::Range<usize>> {
    let ends = starts.iter().skip(1).map(|next| next - 1).chain(std::iter::once(end));
    let all = starts.iter().zip(ends).map(|(from, to)| *from..to);
    all.filter(|line| part.contains(&line.start)).collect()
}

/// A line, with the passages marked that it has a part of. Where passages overlap, the mark of the first goes on.
fn marked(text: &str, line: &std::ops::Range<usize>, here: &[(usize, &Passage)]) -> Markup {
    let mut cuts = vec![line.start, line.end];
    let inside = |at: &usize| line.contains(at);
    cuts.extend(here.iter().flat_map(|(_, it)| [it.place.start, it.place.end]).filter(inside));
    cuts.sort_unstable();
    cuts.dedup();
    html! {
        @for pair in cuts.windows(2) {
            @let piece = &text[pair[0]..pair[1]];
            @let over: Vec<_> = here.iter().filter(|(_, it)| it.place.contains(&pair[0])).collect();
            @if over.is_empty() { (piece) } @else {
                mark {
                    @for (nth, it) in over.iter().filter(|(_, it)| it.place.start == pair[0]) {
                        a class="ref" id={ "passage-" (nth) } href={ "#rests-" (nth) } title=(it.links.len()) { (nth) }
                    }
                    (piece)
                }
            }
        }
    }
}

fn rests(visit: &Visit, nth: usize, passage: &Passage, links: &[&Json]) -> Markup {
    let resting = links.iter().filter(|link| passage.links.iter().any(|id| link["id"] == id.as_str()));
    html! {
        li id={ "rests-" (nth) } value=(nth) {
            a class="note" href={ "#passage-" (nth) } { (visit.text.say("source.back")) }
            ul class="rests" { @for link in resting { li { a href=(visit.link(words(&link["id"]))) { (words(&link["sentence"])) } " " (parts::basis(visit, words(&link["basis"]))) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_lines_and_leave_nothing_out() {
        for (lines, end, begin) in [
            (vec![], 0, vec![0]),
            (vec![0], 10, vec![0]),
            (vec![0, PART - 1, PART, 2 * PART], 3 * PART, vec![0, PART, 2 * PART]),
            (vec![0, 3 * PART], 3 * PART + 5, vec![0, 3 * PART]),
        ] {
            let parts = parts_of(&lines, end);
            assert_eq!(parts.iter().map(|part| part.start).collect::<Vec<_>>(), begin, "{lines:?}");
            assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start), "{parts:?}");
            assert_eq!(parts.last().map(|part| part.end), Some(end), "{lines:?}");
        }
    }

    #[test]
    fn a_passage_is_marked_in_every_line_it_stands_in_and_numbered_once() {
        let (text, lines) = ("We found this. And that too.", [0, 15]);
        let passage = |place| Passage { place, links: vec!["link/x".to_owned()] };
        let (long, inner) = (passage(3..24), passage(9..13));
        let here = [(1, &long), (2, &inner)];
        let shown: Vec<String> = super::lines(&lines, &(0..text.len()), text.len())
            .iter()
            .map(|line| marked(text, line, &here).into_string())
            .collect();
        let first = "We <mark><a class=\"ref\" id=\"passage-1\" href=\"#rests-1\" title=\"1\">1</a>found </mark><mark><a class=\"ref\" id=\"passage-2\" href=\"#rests-2\" title=\"1\">2</a>this</mark><mark>.</mark>";
        assert_eq!(shown, [first, "<mark>And that </mark>too."]);
    }
}
