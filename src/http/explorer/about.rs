//! `/about`: which data these are, how much of what, how to cite them, and where to have them whole.

use maud::html;
use serde_json::json;

use super::ask::{items, number, words};
use super::parts::{self, spaced, titled};
use super::text::grouped;
use super::{Answered, Page, Visit};
use crate::app::export::FORMATS;

const QUERY: &str = "
query About {
  version { label contentHash ontologyHash sequence }
  entities(first: 0) { totalCount }
  links(first: 0) { totalCount }
  ontology {
    title iri version
    kinds { name enumName count }
    relations { name count }
  }
}";

pub(super) async fn page(visit: Visit) -> Answered {
    let text = visit.text;
    let answer = visit.ask(QUERY, json!({})).await?;
    let (ontology, version) = (&answer["ontology"], &answer["version"]);
    let counted =
        |list: &'static str| items(&ontology[list]).iter().filter(|item| number(&item["count"]) > 0);
    let title = text.say("about.title");
    let name = format!("{} · {}", text.say("site.name"), words(&ontology["title"]));
    let cited = format!(
        "{name}. {} {}. {}{}",
        text.say("foot.version"),
        words(&version["label"]),
        visit.site(),
        visit.href("/", &[("v", &visit.version)])
    );
    let main = html! {
        header class="page-head" { h1 { (title) } p class="lead" { (text.say("about.lead")) } }
        section aria-labelledby="version" {
            h2 id="version" { (text.say("foot.version")) }
            dl {
                div { dt { (text.say("foot.version")) } dd { code { (words(&version["label"])) } } }
                div { dt { (text.say("about.content")) } dd { code class="hash" { (words(&version["contentHash"])) } } }
                div { dt { (text.say("about.ontology")) } dd { code class="hash" { (words(&version["ontologyHash"])) } } }
                div { dt { (words(&ontology["title"])) } dd { (words(&ontology["version"])) " · " code { (words(&ontology["iri"])) } " · " a href=(visit.href("/schema", &[])) { (text.say("schema.title")) } } }
            }
        }
        section aria-labelledby="counts" {
            h2 id="counts" { (text.count("count.entities", number(&answer["entities"]["totalCount"]))) ", " (text.count("count.links", number(&answer["links"]["totalCount"]))) }
            p { a href=(visit.href("/quality", &[])) { (text.say("quality.title")) } }
            table class="counts" {
                thead { tr { th scope="col" { (text.say("about.kind")) } th scope="col" class="number" { (text.say("about.entities")) } } }
                tbody { @for kind in counted("kinds") {
                    tr { th scope="row" { a href=(visit.href("/search", &[("kind", words(&kind["enumName"]))])) { (titled(words(&kind["name"]))) } } td class="number" { (grouped(number(&kind["count"]))) } }
                } }
            }
            table class="counts" {
                thead { tr { th scope="col" { (text.say("about.relation")) } th scope="col" class="number" { (text.say("quality.links")) } } }
                tbody { @for relation in counted("relations") {
                    tr { th scope="row" { a href={ (visit.href("/schema", &[])) "#" (words(&relation["name"])) } { (spaced(words(&relation["name"]))) } } td class="number" { (grouped(number(&relation["count"]))) } }
                } }
            }
        }
        section aria-labelledby="cite" { h2 id="cite" { (text.say("cite.title")) } (parts::code(&cited)) }
        section aria-labelledby="licence" { h2 id="licence" { (text.say("about.licence")) } p { (text.say("about.licence.text")) } }
        section aria-labelledby="access" { h2 id="access" { (text.say("about.access")) } p { (text.say("about.access.text")) } }
    };
    let whole = FORMATS.iter().filter(|format| !format.is_folder() && format.takes_selection());
    let exports = whole.map(|format| (format.name, format!("/export?format={}", format.name))).collect();
    let json_ld = json!({
        "@context": "https://schema.org", "@type": "Dataset", "name": name, "description": text.say("home.lead"),
        "version": version["label"], "url": format!("{}/", visit.site()), "isAccessibleForFree": true,
    });
    let about = text.say("about.lead");
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
