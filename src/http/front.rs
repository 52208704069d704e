//! The page for programs and who writes them: what is here, how much of it, how far it can be trusted, and three questions
//! to begin with. Complete without JavaScript.

use axum::http::Method;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::Address;
use crate::app::Overview;

/// Questions shown on the page; GraphiQL has them all.
const EXAMPLES_SHOWN: usize = 3;

/// Sources listed on the page; who has more asks the API.
const SOURCES_SHOWN: usize = 50;

/// The page.
///
/// `host` is what the client calls this server; it has been checked.
pub(super) fn page(overview: &Overview, host: &str, addresses: &[Address], examples: &[Json]) -> Markup {
    let text = |example: &Json, key: &str| example[key].as_str().unwrap_or_default().to_owned();
    let evidence: usize = overview.evidence.values().sum();
    let of = |status: &str| overview.evidence.get(status).copied().unwrap_or(0);
    html! {
        header class="page-head" {
            h1 { "For programs" }
            p class="lead" {
                "A graph of who does what, why and on what evidence, over GraphQL: every link carries the words that support it."
            }
            p class="actions" {
                a class="button" href="/graphiql" { "Ask in GraphiQL" }
                a href="/q" { "Questions with an address" }
                a href="/schema.graphql" { "Read the schema" }
            }
        }
        section aria-labelledby="questions" {
            h2 id="questions" { "Begin with a question" }
            ol class="questions" {
                @for example in examples.iter().take(EXAMPLES_SHOWN) {
                    li { a href={ "/graphiql?query=" (encode(&text(example, "query"))) } { (text(example, "title")) } }
                }
            }
            p { "From a terminal:" }
            pre tabindex="0" { code {
                "curl -H 'content-type: application/json' \\\n  -d '{\"query\":\"{ links(first: 3) { nodes { sentence evidence { quote source { name } } } } }\"}' \\\n  http://" (host) "/graphql"
            } }
        }
        section aria-labelledby="data" {
            h2 id="data" { "What it knows" }
            p {
                strong { (overview.entities) } " entities and " strong { (overview.links) } " links under the ontology “"
                (overview.title) "”. " (overview.links - overview.inferred) " links are stated by a source, " (overview.inferred)
                " rest on inference alone and say so."
            }
            p {
                "Of " (evidence) " pieces of evidence " strong { (of("VERIFIED")) } " are quotes found word for word in their source and "
                (of("URL_ONLY")) " are addresses that say it themselves."
                @if of("SOURCE_UNAVAILABLE") > 0 { " " (of("SOURCE_UNAVAILABLE")) " have not been checked against the source as it is now." }
                @if of("NOT_FOUND") > 0 { " " (of("NOT_FOUND")) " were looked for and not found." }
            }
            @if !overview.sources.is_empty() {
                h3 { "Sources" }
                ul class="sources" {
                    @for source in overview.sources.iter().take(SOURCES_SHOWN) {
                        li {
                            @if let Some(url) = &source.url { a href=(url) rel="noreferrer" { (source.name) } } @else { (source.name) }
                            " "
                            span class="note" {
                                @match (&source.status, &source.checked) {
                                    (Some(status), Some(day)) => { "quotes " (status.name().to_lowercase().replace('_', " ")) " on " (day) }
                                    _ => { "quotes not checked" }
                                }
                            }
                        }
                    }
                }
                @if overview.sources.len() > SOURCES_SHOWN {
                    p { "And " (overview.sources.len() - SOURCES_SHOWN) " more." }
                }
            }
            h3 { "Kinds" }
            div class="scroll" tabindex="0" role="region" aria-label="Kinds and how many entities each has" {
                table class="counts" {
                    thead { tr { th scope="col" { "Kind" } th scope="col" class="number" { "Entities" } th scope="col" { "What it is" } } }
                    tbody {
                        @for kind in &overview.kinds {
                            tr {
                                th scope="row" { a href={ "/graphiql?query=" (encode(&list_query(&kind.plural))) } { (kind.name) } }
                                td class="number" { (kind.count) }
                                td { (kind.description) }
                            }
                        }
                    }
                }
            }
        }
        section aria-labelledby="addresses" {
            h2 id="addresses" { "Addresses" }
            dl class="routes" {
                @for (path, methods, purpose) in addresses {
                    dt { code { (path.replace("{*path}", "…")) } }
                    dd { (purpose) " " span class="note" { (methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")) } }
                }
            }
        }
    }
}

fn list_query(plural: &str) -> String {
    let name: String =
        plural.chars().take(1).flat_map(char::to_uppercase).chain(plural.chars().skip(1)).collect();
    format!(
        "query {name} {{\n  {plural}(first: 20) {{\n    totalCount\n    nodes {{\n      id\n      name\n      description\n    }}\n  }}\n}}\n"
    )
}

/// Percent-encodes a query for an address.
pub(super) fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
