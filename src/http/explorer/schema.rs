//! `/schema`: what may exist, drawn from the ontology in force: kinds by their column in a trail, with their
//! properties, and relations read from both ends, with which kinds they join and how many links there are.

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{items, number, words};
use super::parts::{self, spaced, titled};
use super::text::grouped;
use super::{Answered, Page, Visit, schema_drawing};

const QUERY: &str = "
query Schema {
  ontology {
    title
    kinds {
      name enumName description iri layer hub isSource count
      properties { name description type }
    }
    relations {
      name inverse description inverseDescription sentence inverseSentence
      iri flow symmetric count
      from { name }
      to { name }
      properties { name description type }
    }
  }
}";

pub(super) async fn page(visit: Visit) -> Answered {
    let text = visit.text;
    let answer = visit.ask(QUERY, json!({})).await?;
    let ontology = &answer["ontology"];
    let (kinds, relations) = (items(&ontology["kinds"]), items(&ontology["relations"]));
    let shared = shared(kinds);
    let names: Vec<&str> = kinds.iter().map(|kind| words(&kind["name"])).collect();
    let one = visit.one_of("kind", &names)?.and_then(|name| kinds.iter().find(|kind| kind["name"] == name));
    let drawing = match one {
        Some(kind) => schema_drawing::of_kind(&visit, kinds, relations, kind),
        None => schema_drawing::of_support(&visit, kinds, relations),
    };
    let title = text.say("schema.title");
    let main = html! {
        header class="page-head" {
            p class="eyebrow" { (words(&ontology["title"])) }
            h1 { (title) }
            p class="lead" { (text.say("schema.lead")) }
        }
        (columns(&visit, kinds))
        section class="wide view" id="view" aria-labelledby="view-title" data-in-place="view" {
            h2 id="view-title" { (drawing.title) }
            p class="note" {
                (text.say("schema.drawing.why"))
                @if one.is_some() { " " a href=(visit.here(&[("kind", None)])) { (text.say("schema.drawing.all")) } }
            }
            (drawing.figure(&visit))
        }
        section aria-labelledby="kinds" {
            h2 id="kinds" { (text.say("schema.kinds")) }
            p { (text.say("schema.shared")) }
            (properties(shared.iter().copied()))
            @for kind in kinds { (kind_part(&visit, kind, relations, &shared)) }
        }
        section aria-labelledby="relations" {
            h2 id="relations" { (text.say("schema.relations")) }
            @for relation in relations { (relation_part(&visit, relation)) }
        }
    };
    let mut exports = vec![("GraphQL SDL", "/schema.graphql".to_owned())];
    exports.extend(visit.formats(&["svg", "json"]));
    let about = text.say("schema.lead");
    Ok(visit
        .show(&Page {
            title,
            about,
            main,
            answers: &[&answer],
            exports,
            drawing: Some(&drawing),
            ..Page::default()
        })
        .await)
}

/// The kinds in the columns that trails have, from sources on; those without a column after them.
fn columns(visit: &Visit, kinds: &[Json]) -> Markup {
    let text = visit.text;
    let mut layers: Vec<Option<u64>> = kinds.iter().map(|kind| kind["layer"].as_u64()).collect();
    layers.sort_by_key(|layer| layer.unwrap_or(u64::MAX));
    layers.dedup();
    html! {
        nav class="schema-map" aria-label=(text.say("schema.map")) {
            ol {
                @for layer in layers {
                    li class={ "column" @if layer.is_none() { " beside" } } {
                        p class="layer" { @match layer { Some(layer) => { (text.tell("schema.layer", &[("layer", &layer)])) } None => { (text.say("schema.layer.none")) } } }
                        ul {
                            @for kind in kinds.iter().filter(|kind| kind["layer"].as_u64() == layer) {
                                li { a href={ "#" (words(&kind["name"])) } { (parts::kind_chip(words(&kind["name"]))) " " span class="count" { (grouped(number(&kind["count"]))) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn kind_part(visit: &Visit, kind: &Json, relations: &[Json], shared: &[&Json]) -> Markup {
    let text = visit.text;
    let own: Vec<&Json> =
        items(&kind["properties"]).iter().filter(|property| !shared.contains(property)).collect();
    let name = words(&kind["name"]);
    let joins = |relation: &&Json, end: &str| items(&relation[end]).iter().any(|kind| kind["name"] == name);
    html! {
        section class="schema-kind" aria-labelledby=(name) {
            h3 id=(name) { (parts::kind_chip(name)) " " a class="count" href=(visit.href("/search", &[("kind", words(&kind["enumName"]))])) { (text.count("count.entities", number(&kind["count"]))) } }
            p { (words(&kind["description"])) }
            p class="note" {
                a class="outward" href=(words(&kind["iri"])) rel="noreferrer" { (words(&kind["iri"])) }
                @if kind["isSource"] == true { " · " (text.say("schema.source")) }
                @if kind["hub"] == true { " · " (text.say("schema.hub")) }
            }
            @if !own.is_empty() { (properties(own.into_iter())) }
            ul class="verbs" {
                @for relation in relations.iter().filter(|relation| joins(relation, "from")) {
                    li { a href={ "#" (words(&relation["name"])) } { (spaced(words(&relation["name"]))) } }
                }
                @for relation in relations.iter().filter(|relation| joins(relation, "to") && relation["symmetric"] == false) {
                    li { a href={ "#" (words(&relation["name"])) } { (spaced(words(&relation["inverse"]))) } }
                }
            }
        }
    }
}

fn relation_part(visit: &Visit, relation: &Json) -> Markup {
    let text = visit.text;
    let name = words(&relation["name"]);
    let symmetric = relation["symmetric"] == true;
    html! {
        section class="schema-relation" aria-labelledby=(name) {
            h3 id=(name) {
                (titled(name)) @if !symmetric { " / " (spaced(words(&relation["inverse"]))) }
                " " span class="count" { (text.count("count.links", number(&relation["count"]))) }
            }
            p class="sentence" { (sentence(words(&relation["sentence"]))) span class="note" { " " (words(&relation["description"])) } }
            @if !symmetric { p class="sentence" { (sentence(words(&relation["inverseSentence"]))) span class="note" { " " (words(&relation["inverseDescription"])) } } }
            dl {
                div { dt { code { "{from}" } } dd { (kinds(&relation["from"])) } }
                div { dt { code { "{to}" } } dd { (kinds(&relation["to"])) } }
                @if let Some(iri) = relation["iri"].as_str() { div { dt { "IRI" } dd { a class="outward" href=(iri) rel="noreferrer" { (iri) } } } }
                div { dt { (text.say("schema.flow")) } dd { (text.say(&format!("flow.{}", words(&relation["flow"])))) } }
            }
            @if !items(&relation["properties"]).is_empty() { (properties(items(&relation["properties"]).iter())) }
        }
    }
}

fn kinds(list: &Json) -> Markup {
    html! {
        @for (at, kind) in items(list).iter().enumerate() {
            @if at > 0 { ", " }
            a href={ "#" (words(&kind["name"])) } { (titled(words(&kind["name"]))) }
        }
    }
}

/// A sentence with its places set apart.
fn sentence(sentence: &str) -> Markup {
    html! {
        @for part in sentence.split_inclusive('}') {
            @match part.split_once('{') {
                Some((before, place)) => { (before) span class="place" { (place.trim_end_matches('}')) } }
                None => { (part) }
            }
        }
    }
}

/// The properties that every kind has.
fn shared(kinds: &[Json]) -> Vec<&Json> {
    let has = |kind: &Json, property: &Json| items(&kind["properties"]).contains(property);
    let first = kinds.first().map_or(&[][..], |kind| items(&kind["properties"]));
    first.iter().filter(|property| kinds.iter().all(|kind| has(kind, property))).collect()
}

fn properties<'a>(list: impl Iterator<Item = &'a Json>) -> Markup {
    html! {
        dl class="properties" {
            @for property in list {
                div { dt { (spaced(words(&property["name"]))) " " code { (words(&property["type"])) } } dd { (words(&property["description"])) } }
            }
        }
    }
}
