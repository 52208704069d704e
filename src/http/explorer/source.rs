//! `/source/<id>`: a captured text: what is known of it, whether its quotes were found in it, and every link
//! that rests on it, under the words that say it.

use axum::extract::Path;
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{items, number, words};
use super::parts;
use super::text::grouped;
use super::{Answered, Page, Visit, entity, source_text};
use crate::ontology::Ontology;

/// Links a page shows.
const LINKS: u64 = 50;

const LINKS_QUERY: &str = "
  links(where: { source: { eq: $id } }, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    facets(by: [{ link: BASIS }, { link: STATUS }]) { groups { keys { value } count } }
    nodes { ...Card }
  }
  impact(of: $id, first: 1) { evidenceCount }
}";

pub(super) async fn page(Path(slug): Path<String>, visit: Visit) -> Answered {
    let view = visit.shared.app.view();
    let ontology = view.ontology();
    let source_kind = ontology.source_kind();
    let id = format!("{}/{slug}", ontology.kind(source_kind).prefix);
    let Some(kind) = view.find(&id).map(|ix| view.entity(ix).kind()) else { return Err(visit.missing(&id)) };
    if visit.one_of("view", &["text"])?.is_some() {
        return source_text::page(&visit, &id).await;
    }
    let (first, after, last, before) = parts::page_of(&visit, LINKS);
    let variables = json!({ "id": id, "first": first, "after": after, "last": last, "before": before });
    let answer = visit.ask(&query(ontology, &ontology.kind(kind).name), variables).await?;
    let (found, links) = (&answer["entity"], &answer["links"]);
    let text = visit.text;
    let count = number(&links["totalCount"]);
    let main = html! {
        (entity::head(&visit, found))
        (capture(&visit, &found["text"], &id))
        (entity::facts(&visit, ontology, kind, found))
        section aria-labelledby="links" {
            h2 id="links" { (text.count("source.links", count)) }
            p { (text.count("source.pieces", number(&answer["impact"]["evidenceCount"]))) }
            dl class="facets" {
                @for (name, facet) in ["BASIS", "STATUS"].iter().zip(items(&links["facets"])) {
                    div {
                        dt { (text.say(&format!("facet.{name}"))) }
                        dd { @for (at, group) in items(&facet["groups"]).iter().enumerate() {
                            @if at > 0 { ", " }
                            (text.say(&format!("{}.{}", name.to_lowercase(), words(&group["keys"][0]["value"])))) " " (grouped(number(&group["count"])))
                        } }
                    }
                }
            }
            ol class="passages" { @for passage in passages(&visit, items(&links["nodes"]), words(&found["id"])) { li { (told(&visit, &passage)) } } }
            (parts::pager(&visit, &links["pageInfo"]))
        }
    };
    let exports = visit.formats(&[
        "bibtex",
        "ris",
        "csl-json",
        "markdown",
        "json",
        "json-ld",
        "csv-links",
        "csv-evidence",
    ]);
    let json_ld = json!({
        "@context": "https://schema.org", "@type": "DigitalDocument", "identifier": found["id"], "name": found["name"],
        "description": found["description"], "url": found["url"], "sha256": found["text"]["sha256"],
    });
    let (title, about) = (words(&found["name"]), words(&found["description"]));
    Ok(visit
        .show(&Page {
            title,
            about,
            main,
            answers: &[&answer],
            exports,
            json_ld: Some(json_ld),
            ..Page::default()
        })
        .await)
}

fn query(ontology: &Ontology, kind: &str) -> String {
    let properties =
        ontology.kind_named(kind).map(|kind| entity::selected(ontology, kind)).unwrap_or_default();
    format!(
        "query Source($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {{{}\n    evidence {{ ...Words properties }}\n    ... on {kind} {{{properties}\n    }}\n  }}{LINKS_QUERY}{}{}{}",
        entity::HEAD,
        parts::LINK,
        parts::ENTITY,
        parts::WORDS
    )
}

/// The text as it was when its quotes were last looked for.
fn capture(visit: &Visit, capture: &Json, id: &str) -> Markup {
    let text = visit.text;
    html! {
        section class="capture" aria-labelledby="capture" {
            h2 id="capture" { (text.say("source.capture")) }
            dl {
                div { dt { (text.say("source.status")) } dd {
                    @match capture["status"].as_str() {
                        Some(status) => { (parts::verification(visit, status)) @if let Some(day) = capture["checked"].as_str() { " " (text.tell("source.checked", &[("day", &day)])) } }
                        None => { span class="absent" { (text.say("source.unchecked")) } }
                    }
                } }
                @if visit.shared.app.source_text(id).is_some() {
                    div { dt { (text.say("source.text")) } dd { a href=(visit.here(&[("view", Some("text")), ("after", None), ("before", None)])) { (text.say("source.text.lead")) } } }
                }
                div { dt { "SHA-256" } dd { @match capture["sha256"].as_str() { Some(hash) => { code class="hash" { (hash) } } None => { span class="absent" { (text.say("absent")) } } } } }
            }
        }
    }
}

/// Words of the source, and the links that rest on them.
struct Passage<'a> {
    evidence: &'a Json,
    links: Vec<&'a Json>,
}

/// The passages that links quote from a source: in the order of its text where that is there, those that are not
/// found in it last; otherwise in the order in which they were recorded.
fn passages<'a>(visit: &Visit, links: &'a [Json], source: &str) -> Vec<Passage<'a>> {
    let mut passages: Vec<Passage<'a>> = Vec::new();
    for link in links {
        for evidence in items(&link["evidence"]).iter().filter(|piece| piece["source"]["id"] == source) {
            let same = |known: &&mut Passage<'a>| {
                ["quote", "url", "prefix"].iter().all(|part| known.evidence[part] == evidence[part])
            };
            match passages.iter_mut().find(same) {
                Some(known) => known.links.push(link),
                None => passages.push(Passage { evidence, links: vec![link] }),
            }
        }
    }
    if let Some(text) = visit.shared.app.source_text(source) {
        let part = |passage: &Passage<'_>, name: &str| words(&passage.evidence[name]).to_owned();
        passages.sort_by_cached_key(|it| {
            let place = text.place(&part(it, "quote"), &part(it, "prefix"), &part(it, "suffix"));
            place.map_or(usize::MAX, |place| place.start)
        });
    }
    passages
}

fn told(visit: &Visit, passage: &Passage<'_>) -> Markup {
    html! {
        (parts::quote(visit, passage.evidence))
        ul class="rests" {
            @for link in &passage.links {
                li { a href=(visit.link(words(&link["id"]))) { (words(&link["sentence"])) } " " (parts::basis(visit, words(&link["basis"]))) }
            }
        }
    }
}
