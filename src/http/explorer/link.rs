//! `/link/<id>`: one link, which is what all of this is made of: both ends, the sentence, every piece of evidence
//! in what stands around it, how far that is checked, what is weak about it, and how to cite it.

use axum::extract::Path;
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{items, number, words};
use super::parts::{self, spaced};
use super::{Answered, Page, Visit};

const QUERY: &str = "
query Link($id: ID!) {
  link: node(id: $id) {
    ... on Link {
      ...Card
      relation { description flow symmetric }
      quality { grade singleSourced stale unverified independentSources }
      date { ...When }
      validFrom { ...When }
      validUntil { ...When }
      properties { property { name description } value }
    }
  }
}
fragment When on FuzzyDate { edtf kind approximate }";

pub(super) async fn page(Path(id): Path<String>, visit: Visit) -> Answered {
    let id = format!("link/{id}");
    let query = [QUERY, parts::LINK, parts::ENTITY, parts::WORDS].concat();
    let answer = visit.ask(&query, json!({ "id": id })).await?;
    let link = &answer["link"];
    if link["id"].is_null() {
        return Err(visit.missing(&id));
    }
    let text = visit.text;
    let (sentence, stated) = (words(&link["sentence"]), words(&link["basis"]));
    let evidence = items(&link["evidence"]);
    let main = html! {
        header class="page-head" {
            p class="eyebrow" { (text.say("link.eyebrow")) }
            h1 { (sentence) }
            p { (parts::basis(&visit, stated)) " " (text.say(&format!("basis.{stated}.why"))) }
        }
        div class={ "link-ends basis-" (stated.to_lowercase()) } {
            (end(&visit, "link.from", &link["from"]))
            p class="verb" { (spaced(words(&link["relation"]["name"]))) span class="note" { (words(&link["relation"]["description"])) } }
            (end(&visit, "link.to", &link["to"]))
        }
        section aria-labelledby="evidence" {
            h2 id="evidence" { (text.count("link.evidence", evidence.len() as u64)) }
            @for piece in evidence { (parts::quote_of(&visit, piece, Some(link), true)) }
        }
        (standing(&visit, link))
        (more(&visit, link))
        section class="cite" aria-labelledby="cite" {
            h2 id="cite" { (text.say("cite.title")) }
            (parts::code(&citation(&visit, link)))
        }
    };
    let (from, to) = (words(&link["from"]["id"]), words(&link["to"]["id"]));
    let exports = visit.formats(&["json", "json-ld", "trig", "bibtex", "ris", "csl-json", "markdown"]);
    let json_ld = Some(json!({
        "@context": "https://schema.org", "@type": "Claim", "name": sentence, "identifier": link["id"], "about": [from, to],
        "appearance": evidence.iter().map(|piece| json!({
            "@type": "Quotation", "text": piece["quote"], "url": piece["href"], "isPartOf": piece["source"]["name"],
        })).collect::<Vec<_>>(),
    }));
    Ok(visit
        .show(&Page {
            title: sentence,
            about: quoted(evidence),
            main,
            answers: &[&answer],
            exports,
            json_ld,
            ..Page::default()
        })
        .await)
}

fn end(visit: &Visit, role: &str, named: &Json) -> Markup {
    html! { div class="end" { p class="role" { (visit.text.say(role)) } p { (parts::entity(visit, named)) " " span class="note" aria-hidden="true" { (parts::titled(words(&named["kind"]["name"]))) } } } }
}

/// How well it stands, in sentences.
fn standing(visit: &Visit, link: &Json) -> Markup {
    let (text, quality) = (visit.text, &link["quality"]);
    let is = |weakness: &str| quality[weakness] == true;
    html! {
        section class="standing" aria-labelledby="standing" {
            h2 id="standing" { (text.say("standing.title")) }
            ul {
                li { (text.say(&format!("grade.{}", words(&quality["grade"])))) }
                li { (text.count("standing.sources", number(&quality["independentSources"]))) }
                @if is("stale") { li { (text.say("weakness.STALE")) } }
                @if is("unverified") { li { (text.say("weakness.UNVERIFIED")) } }
            }
        }
    }
}

/// When it holds, and what its relation lets it say.
fn more(visit: &Visit, link: &Json) -> Markup {
    let dates = [("date", "link.date"), ("validFrom", "link.validFrom"), ("validUntil", "link.validUntil")];
    html! {
        section class="facts" aria-labelledby="facts" {
            h2 id="facts" { (visit.text.say("facts.title")) }
            dl {
                @for (field, name) in dates {
                    div {
                        dt { (visit.text.say(name)) }
                        dd { @if link[field].is_null() { span class="absent" { (visit.text.say("absent")) } } @else { (parts::date(visit, &link[field])) } }
                    }
                }
                @for property in items(&link["properties"]) {
                    div { dt title=(words(&property["property"]["description"])) { (parts::titled(words(&property["property"]["name"]))) } dd { (words(&property["value"])) } }
                }
            }
        }
    }
}

/// The first words it rests on.
fn quoted(evidence: &[Json]) -> &str {
    evidence.iter().find_map(|piece| piece["quote"].as_str()).unwrap_or_default()
}

/// What stands in a footnote: the sentence, whether it is said or concluded, the words with their source, and
/// where and in which data it was read.
fn citation(visit: &Visit, link: &Json) -> String {
    let text = visit.text;
    let basis = text.say(&format!("basis.{}", words(&link["basis"]))).to_owned();
    let mut cited = format!("{} ({basis}).", words(&link["sentence"]));
    for piece in items(&link["evidence"]) {
        let words_or_address = piece["quote"].as_str().map(|quote| format!("“{quote}”"));
        let words_or_address = words_or_address.unwrap_or_else(|| words(&piece["url"]).to_owned());
        cited += &format!("\n{words_or_address} {}.", words(&piece["source"]["name"]));
        if let Some(href) = piece["href"].as_str() {
            cited += &format!(" {href}");
        }
    }
    let place = format!("{}{}", visit.site(), visit.here(&[("v", Some(&visit.version))]));
    cited
        + "\n"
        + &text.tell(
            "cite.place",
            &[("site", &text.say("site.name")), ("version", &visit.shared.app.version()), ("place", &place)],
        )
}
