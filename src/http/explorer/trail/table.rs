//! A trail as a table: a row for each link, in the order of a column.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::super::Visit;
use super::super::ask::{items, words};
use super::super::parts::{self, spaced};

/// The columns: their names in the address, which are also those of their phrases.
const COLUMNS: &[&str] = &["from", "relation", "to", "words", "source", "standing"];

/// Grades, the weakest first.
const GRADES: &[&str] = &["INFERRED", "URL_ONLY", "QUOTED", "QUOTED_VERIFIED"];

/// The links of a trail.
///
/// # Errors
/// The page that tells which columns there are, if the address sorts by none of them.
pub(super) fn rows(visit: &Visit, trail: &Json) -> Result<Markup, Response> {
    let text = visit.text;
    let (column, falling) = order(visit)?;
    let mut links: Vec<&Json> = items(&trail["links"]).iter().collect();
    links.sort_by_cached_key(|found| key(column, found));
    if falling {
        links.reverse();
    }
    Ok(html! {
        div class="scroll" role="group" aria-labelledby="view-title" tabindex="0" data-in-place="view" {
            table class="grid" {
                thead { tr { @for name in COLUMNS {
                    @let sorted = (*name == column).then_some(if falling { "descending" } else { "ascending" });
                    @let next = if *name == column && !falling { format!("-{name}") } else { (*name).to_owned() };
                    th scope="col" aria-sort=[sorted] {
                        a id={ "by-" (name) } href=(visit.here(&[("sort", Some(&next))])) {
                            (text.say(&format!("table.{name}")))
                            @if sorted.is_some() { " " (parts::icon(if falling { "sort-down" } else { "sort-up" })) }
                        }
                    }
                } } }
                tbody { @for found in links { (row(visit, found)) } }
            }
        }
    })
}

/// The column that the address sorts by, and whether from the last to the first.
fn order(visit: &Visit) -> Result<(&str, bool), Response> {
    let known: Vec<String> =
        COLUMNS.iter().flat_map(|name| [(*name).to_owned(), format!("-{name}")]).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let asked = visit.one_of("sort", &known)?.unwrap_or(COLUMNS[0]);
    Ok(asked.strip_prefix('-').map_or((asked, false), |name| (name, true)))
}

fn key(column: &str, found: &Json) -> String {
    let link = &found["link"];
    let first = &link["evidence"][0];
    let told = match column {
        "relation" => words(&link["relation"]["name"]),
        "to" => words(&link["to"]["name"]),
        "words" => words(&first["quote"]),
        "source" => words(&first["source"]["name"]),
        "standing" => {
            let grade = GRADES.iter().position(|grade| found["grade"] == *grade).unwrap_or_default();
            return grade.to_string();
        }
        _ => words(&link["from"]["name"]),
    };
    told.to_lowercase()
}

fn row(visit: &Visit, found: &Json) -> Markup {
    let link = &found["link"];
    let first = &link["evidence"][0];
    html! {
        tr class={ "basis-" (parts::kebab(words(&link["basis"]))) } {
            th scope="row" { (parts::entity(visit, &link["from"])) }
            td class="verb" { a href=(visit.link(words(&link["id"]))) { (spaced(words(&link["relation"]["name"]))) } }
            td { (parts::entity(visit, &link["to"])) }
            td class="words" { @match first["quote"].as_str() { Some(quote) => { q { (quote) } } None => { span class="address" { (words(&first["url"])) } } } }
            td { a href=(visit.source(words(&first["source"]["id"]))) { (words(&first["source"]["name"])) } }
            td { (parts::grade(visit, words(&found["grade"]))) }
        }
    }
}
