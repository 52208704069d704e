//! `/entity/<id>`: what is said of one entity, each with the words that say it: its properties, then its links
//! by relation and direction, read from its end; then what nobody says. `list=` shows one relation alone, page by
//! page, however long it is.

use axum::extract::Path;
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{items, number, words};
use super::parts::{self, titled};
use super::{Answered, Page, Visit, encode_path};
use crate::ontology::{Datatype, Direction, KindIx, Ontology, Property, Relation};

/// Links of a relation that the page of an entity shows; and the page of that relation.
const LINKS_SHOWN: u64 = 5;
const LINKS_LISTED: u64 = 30;

/// Properties that the head of the page shows.
const IN_HEAD: &[&str] = &["name", "aliases", "description", "url"];

pub(super) async fn page(Path(id): Path<String>, visit: Visit) -> Answered {
    let view = visit.shared.app.view();
    let ontology = view.ontology();
    let Some(kind) = view.find(&id).map(|ix| view.entity(ix).kind()) else { return Err(visit.missing(&id)) };
    let fields: Vec<Field<'_>> = Field::all(ontology, kind).collect();
    let only = visit.get("list").and_then(|name| fields.iter().find(|field| field.name() == name));
    let answer = match only {
        None => visit.ask(&query(ontology, kind, &fields), json!({ "id": id })).await?,
        Some(field) => {
            let (first, after, last, before) = parts::page_of(&visit, LINKS_LISTED);
            let variables =
                json!({ "id": id, "first": first, "after": after, "last": last, "before": before });
            visit.ask(&query_of_one(ontology, kind, field), variables).await?
        }
    };
    let found = &answer["entity"];
    let name = words(&found["name"]);
    let main = html! {
        (head(&visit, found))
        @match only {
            Some(field) => {
                p { a href=(visit.entity(words(&found["id"]))) { (visit.text.say("entity.all")) } }
                (field.section(&visit, found, true))
            }
            None => {
                (facts(&visit, ontology, kind, found)) (links(&visit, found, &fields)) (own_evidence(&visit, found)) }
        }
    };
    let about = words(&found["description"]);
    let exports = visit.formats(&[
        "json",
        "json-ld",
        "turtle",
        "graphml",
        "csv-links",
        "csv-evidence",
        "markdown",
        "bibtex",
        "ris",
    ]);
    let json_ld = Some(json_ld(found));
    Ok(visit
        .show(&Page { title: name, about, main, answers: &[&answer], exports, json_ld, ..Page::default() })
        .await)
}

// -- the query -----------------------------------------------------------------------------------

/// What [`head`] reads; the selection is left open.
pub(super) const HEAD: &str = "
  entity(by: { id: $id }) {
    ...Named
    aliases description url
    kind { description }
    identifiers { scheme value }
    mergedFrom";

/// Everything that entities of the kind can say of themselves.
fn query(ontology: &Ontology, kind: KindIx, fields: &[Field<'_>]) -> String {
    let mut query = format!(
        "query Entity($id: ID!) {{{HEAD}\n    evidence {{ ...Words properties }}\n    ... on {} {{",
        ontology.kind(kind).name
    );
    query += &selected(ontology, kind);
    for field in fields {
        query += &format!("\n      {}(first: {LINKS_SHOWN}) {{ {LIST} }}", field.name());
    }
    query + "\n    }\n  }\n}" + parts::ENTITY + parts::WORDS
}

/// What [`facts`] reads: the properties of the kind, and of a source the state of its text.
pub(super) fn selected(ontology: &Ontology, kind: KindIx) -> String {
    let mut selected = String::new();
    for property in own_properties(ontology, kind) {
        let part = if property.datatype == Datatype::FuzzyDate { " { edtf kind approximate }" } else { "" };
        selected += &format!("\n      {}{part}", property.name);
    }
    if ontology.kind(kind).is_source {
        selected += "\n      text { sha256 status checked }";
    }
    selected
}

/// What is asked of each relation.
const LIST: &str = "totalCount completeness completenessEvidence { ...Words } edges { node { ...Named } link { id basis evidence { ...Words } } }";

fn query_of_one(ontology: &Ontology, kind: KindIx, field: &Field<'_>) -> String {
    let arguments = "first: $first, after: $after, last: $last, before: $before";
    let paging = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
    format!(
        "query Entity($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {{{HEAD}\n    ... on {} {{\n      {}({arguments}) {{ {paging} {LIST} }}\n    }}\n  }}\n}}{}{}",
        ontology.kind(kind).name,
        field.name(),
        parts::ENTITY,
        parts::WORDS
    )
}

fn own_properties(ontology: &Ontology, kind: KindIx) -> impl Iterator<Item = &Property> {
    let all = ontology.kind(kind).properties.iter().map(|ix| ontology.property(*ix));
    all.filter(|property| !IN_HEAD.contains(&property.name.as_str()))
}

// -- head and facts --------------------------------------------------------------------------------

/// What it is called, what it is, and which ids it has.
pub(super) fn head(visit: &Visit, found: &Json) -> Markup {
    let text = visit.text;
    let (kind, id) = (&found["kind"], words(&found["id"]));
    let aliases: Vec<&str> = items(&found["aliases"]).iter().map(words).collect();
    html! {
        header class="page-head" {
            p class="eyebrow" { (parts::kind_chip(words(&kind["name"]))) span class="visually-hidden" { ": " (words(&kind["description"])) } }
            h1 { (words(&found["name"])) }
            @if !aliases.is_empty() { p class="aliases" { (text.say("entity.aliases")) " " (aliases.join("; ")) } }
            @if let Some(description) = found["description"].as_str() { p class="lead" { (description) } }
            @if let Some(url) = found["url"].as_str() { p { a class="outward" href=(url) rel="noreferrer" { (url) } } }
            p class="id" {
                code { (words(&found["id"])) }
                @for name in items(&found["identifiers"]) { " · " (words(&name["scheme"])) " " code { (words(&name["value"])) } }
                @for id in items(&found["mergedFrom"]) { " · " (text.say("entity.merged")) " " code { (words(id)) } }
            }
            p class="actions" {
                a class="button" href=(visit.href(&format!("/trail/{}", encode_path(id)), &[])) { (parts::icon("trail")) " " (text.say("action.trail")) }
                a class="button plain" href=(visit.href("/path", &[("from", id)])) { (parts::icon("path")) " " (text.say("action.path")) }
                a class="button plain" href=(visit.href("/compare", &[("of", id)])) { (parts::icon("compare")) " " (text.say("action.compare")) }
            }
        }
    }
}

/// The properties that the kind declares: each with its value and the words that give it, or that nothing gives it.
pub(super) fn facts(visit: &Visit, ontology: &Ontology, kind: KindIx, found: &Json) -> Markup {
    let (given, absent): (Vec<&Property>, Vec<&Property>) =
        own_properties(ontology, kind).partition(|property| is_given(&found[&property.name]));
    let supports =
        |evidence: &&Json, name: &str| items(&evidence["properties"]).iter().any(|p| words(p) == name);
    html! {
        section class="facts" aria-labelledby="facts" {
            h2 id="facts" { (visit.text.say("facts.title")) }
            @if given.is_empty() { p class="note" { (visit.text.say("facts.none")) } }
            dl {
                @for property in &given {
                    div {
                        dt { (titled(&property.name)) }
                        dd {
                            (value(visit, property.datatype, &found[&property.name]))
                            @for evidence in items(&found["evidence"]).iter().filter(|e| supports(e, &property.name)) { (parts::quote(visit, evidence)) }
                        }
                    }
                }
            }
            @if !absent.is_empty() {
                p class="absent" {
                    (visit.text.say("facts.absent")) " "
                    @for (at, property) in absent.iter().enumerate() { @if at > 0 { ", " } span title=(property.description) { (parts::spaced(&property.name)) } }
                }
            }
        }
    }
}

fn is_given(value: &Json) -> bool {
    !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())
}

fn value(visit: &Visit, datatype: Datatype, json: &Json) -> Markup {
    html! {
        @match (datatype, json) {
            (_, Json::Array(list)) => { @for (at, item) in list.iter().enumerate() { @if at > 0 { "; " } (value(visit, datatype, item)) } }
            (Datatype::FuzzyDate, date) => { (parts::date(visit, date)) }
            (Datatype::Url, url) => { a class="outward" href=(words(url)) rel="noreferrer" { (words(url)) } }
            (Datatype::Enum(_), word) => { (parts::spaced(words(word))) }
            (_, Json::Bool(truth)) => { (visit.text.say(if *truth { "yes" } else { "no" })) }
            (_, Json::String(text)) => { (text) }
            (_, other) => { (other) }
        }
    }
}

// -- links -----------------------------------------------------------------------------------------

/// A relation as entities of a kind have it.
struct Field<'a> {
    relation: &'a Relation,
    direction: Direction,
}

impl<'a> Field<'a> {
    fn all(ontology: &'a Ontology, kind: KindIx) -> impl Iterator<Item = Field<'a>> {
        ontology
            .relations_of(kind)
            .map(|(ix, direction)| Field { relation: ontology.relation(ix), direction })
    }

    fn name(&self) -> &'a str {
        self.relation.name_in(self.direction)
    }

    fn description(&self) -> &'a str {
        match self.direction {
            Direction::Forward => &self.relation.description,
            Direction::Inverse => &self.relation.inverse_description,
        }
    }

    /// Whether there is anything to tell: links, or that a source says how many there are.
    fn is_told(&self, found: &Json) -> bool {
        let list = &found[self.name()];
        number(&list["totalCount"]) > 0 || list["completeness"] != "NOT_STATED"
    }

    fn section(&self, visit: &Visit, found: &Json, whole: bool) -> Markup {
        let text = visit.text;
        let list = &found[self.name()];
        let (count, shown) = (number(&list["totalCount"]), items(&list["edges"]).len() as u64);
        let id = words(&found["id"]);
        html! {
            section class="relation" aria-labelledby=(self.name()) {
                h3 id=(self.name()) { (titled(self.name())) " " span class="count" { (super::text::grouped(count)) } }
                p class="note" { (self.description()) }
                (parts::completeness(visit, list))
                ol class="links" {
                    @for edge in items(&list["edges"]) { li { (self.line(visit, found, edge)) } }
                }
                @if whole { (parts::pager(visit, &list["pageInfo"])) }
                @else if count > shown {
                    p { a href=(visit.href(&format!("/entity/{}", encode_path(id)), &[("list", self.name())])) { (text.count("links.all", count)) } }
                }
            }
        }
    }

    /// One link, read from the end of the entity whose page it is on.
    fn line(&self, visit: &Visit, found: &Json, edge: &Json) -> Markup {
        let (here, there, link) = (words(&found["name"]), &edge["node"], &edge["link"]);
        let (from, to) = match self.direction {
            Direction::Forward => (here, words(&there["name"])),
            Direction::Inverse => (words(&there["name"]), here),
        };
        html! {
            div class={ "link-line basis-" (words(&link["basis"]).to_lowercase()) } {
                p {
                    (parts::entity(visit, there)) " " (parts::basis(visit, words(&link["basis"]))) " "
                    a class="to-link" href=(visit.link(words(&link["id"]))) { (self.relation.say(self.direction, from, to)) }
                }
                (parts::best_quote(visit, link))
            }
        }
    }
}

fn links(visit: &Visit, found: &Json, fields: &[Field<'_>]) -> Markup {
    let text = visit.text;
    let (told, untold): (Vec<&Field<'_>>, Vec<&Field<'_>>) =
        fields.iter().partition(|field| field.is_told(found));
    html! {
        section aria-labelledby="links" {
            h2 id="links" { (text.say("links.title")) }
            @if told.is_empty() { p { (text.say("links.none")) } }
            @if told.len() > 3 {
                nav class="contents" aria-label=(text.say("links.contents")) {
                    ul { @for field in &told { li { a href={ "#" (field.name()) } { (titled(field.name())) } " " span class="count" { (number(&found[field.name()]["totalCount"])) } } } }
                }
            }
            @for field in &told { (field.section(visit, found, false)) }
            @if !untold.is_empty() {
                details class="absent" {
                    summary { (text.count("links.absent", untold.len() as u64)) }
                    p class="note" { (text.say("links.absent.why")) }
                    dl { @for field in &untold { div { dt { (titled(field.name())) } dd { (field.description()) } } } }
                }
            }
        }
    }
}

/// The words that speak of the entity as a whole.
fn own_evidence(visit: &Visit, found: &Json) -> Markup {
    let whole: Vec<&Json> =
        items(&found["evidence"]).iter().filter(|e| items(&e["properties"]).is_empty()).collect();
    html! {
        @if !whole.is_empty() {
            section aria-labelledby="evidence" {
                h2 id="evidence" { (visit.text.say("entity.evidence")) }
                @for evidence in whole { (parts::quote(visit, evidence)) }
            }
        }
    }
}

fn json_ld(found: &Json) -> Json {
    let mut thing = json!({ "@context": "https://schema.org", "@type": "Thing", "identifier": found["id"], "name": found["name"] });
    for (term, field) in [("alternateName", "aliases"), ("description", "description"), ("url", "url")] {
        if is_given(&found[field]) {
            thing[term] = found[field].clone();
        }
    }
    thing
}
