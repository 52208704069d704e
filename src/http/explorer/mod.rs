//! The explorer: pages for readers, rendered here and complete without JavaScript. Every page is made of
//! GraphQL answers, shows the query it asked, and has its whole state in its address.

mod about;
mod ask;
mod choose;
mod compare;
mod crosswalk;
mod drawing;
mod entity;
mod gaps;
mod home;
mod layout;
mod link;
mod matrix;
mod oembed;
mod overview;
mod parts;
mod path;
mod quality;
mod question;
mod schema;
mod schema_drawing;
mod search;
mod sitemap;
mod source;
mod source_text;
mod taken;
mod text;
mod timeline;
mod trail;
mod views;

use std::convert::Infallible;
use std::fmt::Display;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value as Json;

use super::front::encode;
use super::{READ, Route, Shared, document, layers, shorten};
use crate::graphql::Request;
use crate::ontology::{KindIx, Ontology, upper_snake};
use ask::Answer;
use drawing::Drawing;
use text::Text;

/// What these pages may load and do: our style sheet, icons and scripts; scripts may ask us.
pub(super) const CSP: &str = "frame-ancestors 'none'; default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'";

/// What [`CSP`] begins with; pages that others may show within theirs go without it.
const NOT_FRAMED: &str = "frame-ancestors 'none'; ";

/// What the addresses of pages begin with that others may show within theirs.
const EMBED: &str = "/embed/";

/// Letters of the content hash that stand in a permalink.
const VERSION_LETTERS: usize = 8;

/// The addresses of the explorer.
pub(super) const PAGES: &[Route] = &[
    page("/", "What is here", |m| on(m, home::page)),
    page("/search", "What is found by words, or of a kind", |m| on(m, search::page)),
    page("/entity/{*id}", "One entity: its facts and links, each with its words", |m| on(m, entity::page)),
    page("/link/{id}", "One link: its evidence, how far that is checked, how to cite it", |m| {
        on(m, link::page)
    }),
    page("/source/{*slug}", "One source: its quotes and what rests on them", |m| on(m, source::page)),
    page("/trail/{*id}", "The chain of evidence of an entity, link by link", |m| on(m, trail::page)),
    page("/embed/trail/{*id}", "The chain of evidence, to be shown within another page", |m| {
        on(m, trail::page)
    }),
    page("/path", "How two entities are connected", |m| on(m, path::page)),
    page("/compare", "What several entities are linked to, side by side", |m| on(m, compare::page)),
    page("/crosswalk", "Which items of one plan answer to which of another", |m| on(m, crosswalk::page)),
    page("/matrix", "One kind against another, empty cells and all", |m| on(m, matrix::page)),
    page("/gaps", "What ought to be there and is not recorded", |m| on(m, gaps::page)),
    page("/embed/entity/{*id}", "One entity, to be shown within another page", |m| on(m, entity::page)),
    page("/embed/link/{id}", "One link, to be shown within another page", |m| on(m, link::page)),
    page("/embed/path", "How two entities are connected, to be shown within another page", |m| {
        on(m, path::page)
    }),
    page("/overview", "All entities on one map, with a list beside it", |m| on(m, overview::page)),
    page("/overview.json", "What the map draws", |m| on(m, overview::data)),
    page("/oembed", "How a page is shown within others: oEmbed 1.0", |m| on(m, oembed::answer)),
    page("/timeline", "What came about when", |m| on(m, timeline::page)),
    page("/schema", "What may exist: kinds and relations", |m| on(m, schema::page)),
    page("/quality", "How far it can be trusted, counted", |m| on(m, quality::page)),
    page("/about", "Which data these are, and how to cite them", |m| on(m, about::page)),
    page("/sitemap.xml", "The addresses of all pages", |m| on(m, sitemap::page)),
];

/// What is asked for pages that count all there is: dear where there is much, and kept once it is answered.
pub(super) fn costly(ontology: &Ontology) -> Vec<Request> {
    let kinds = parts::kind_values(ontology);
    let kinds: Vec<&str> = kinds.iter().map(|(kind, _)| kind.as_str()).collect();
    let timeline = timeline::asked(&kinds);
    [(quality::COUNTS.to_owned(), Json::Null), timeline]
        .into_iter()
        .map(|(query, variables)| ask::request(&query, variables))
        .collect()
}

const fn page(
    path: &'static str,
    purpose: &'static str,
    handler: fn(MethodFilter) -> MethodRouter<Shared>,
) -> Route {
    Route { path, methods: READ, purpose, handler }
}

/// Where one goes from everywhere: address and key of its name.
const PLACES: &[(&str, &str)] = &[
    ("/q", "nav.questions"),
    ("/path", "nav.path"),
    ("/compare", "nav.compare"),
    ("/matrix", "nav.matrix"),
    ("/gaps", "nav.gaps"),
    ("/timeline", "nav.timeline"),
    ("/schema", "nav.schema"),
    ("/quality", "nav.quality"),
    ("/about", "nav.about"),
];

/// A page, or the page that tells why there is none.
type Answered = Result<Response, Response>;

/// A request for a page: what was asked, in which language, of which data.
pub(super) struct Visit {
    shared: Shared,
    text: &'static Text,
    /// The language, where the address names it: then every link of the page does.
    lang: Option<String>,
    path: String,
    given: Vec<(String, String)>,
    headers: HeaderMap,
    /// The version of the data, as permalinks carry it.
    version: String,
    /// Whether it is shown within a page of others.
    embedded: bool,
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Visit, Infallible> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let given: Vec<(String, String)> = url::form_urlencoded::parse(query).into_owned().collect();
        let lang = given.iter().find(|(name, _)| name == "lang").map(|(_, lang)| lang.clone());
        let mut version = shared.app.version().content_hex();
        version.truncate(VERSION_LETTERS);
        Ok(Visit {
            shared: shared.clone(),
            text: text::chosen(lang.as_deref(), &parts.headers),
            lang,
            path: parts.uri.path().to_owned(),
            given,
            headers: parts.headers.clone(),
            version,
            embedded: parts.uri.path().starts_with(EMBED),
        })
    }
}

impl Visit {
    /// The value of a parameter; none if it is absent or empty.
    fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a parameter that are not empty.
    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.given
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty())
            .map(|(_, v)| v.as_str())
    }

    /// The value of a parameter that is one of some words.
    ///
    /// # Errors
    /// The page that tells which there are.
    fn one_of(&self, name: &str, known: &[&str]) -> Result<Option<&str>, Response> {
        match self.get(name) {
            Some(given) if !known.contains(&given) => {
                let places: [(&str, &dyn Display); 3] =
                    [("name", &name), ("given", &shorten(given)), ("known", &known.join(", "))];
                let why = self.text.tell("parameter.unknown", &places);
                Err(self.refuse(StatusCode::BAD_REQUEST, self.text.say("failed.title"), &why))
            }
            given => Ok(given),
        }
    }

    /// The number that a parameter gives, or what is meant without it.
    ///
    /// # Errors
    /// The page that tells that it is none.
    fn number(&self, name: &str, usual: u64) -> Result<u64, Response> {
        let Some(given) = self.get(name) else { return Ok(usual) };
        given.parse().map_err(|_| {
            let why = self.text.tell("parameter.number", &[("name", &name), ("given", &shorten(given))]);
            self.refuse(StatusCode::BAD_REQUEST, self.text.say("failed.title"), &why)
        })
    }

    /// So many items of a list, as far as this server gives so many at once.
    fn at_most(&self, items: u64) -> u64 {
        items.min(self.shared.app.api().limits().page as u64)
    }

    /// The kinds that a parameter names, as the API names them.
    ///
    /// # Errors
    /// The page that tells which there are.
    fn kinds(&self, name: &str) -> Result<Vec<KindIx>, Response> {
        let view = self.shared.app.view();
        let ontology = view.ontology();
        let names: Vec<String> = ontology.kinds.iter().map(|kind| upper_snake(&kind.name)).collect();
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        self.one_of(name, &known)?;
        let place = |given: &str| names.iter().position(|name| name == given);
        let given: Vec<usize> = self.all(name).filter_map(place).collect();
        Ok(ontology
            .kind_indexes()
            .enumerate()
            .filter(|(at, _)| given.contains(at))
            .map(|(_, ix)| ix)
            .collect())
    }

    /// An address of ours in the reader's language.
    fn href(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let lang = self.lang.iter().map(|lang| ("lang", lang.as_str()));
        address(path, parameters.iter().copied().chain(lang))
    }

    /// The page of an entity.
    fn entity(&self, id: &str) -> String {
        self.href(&format!("/entity/{}", encode_path(id)), &[])
    }

    /// The page of a link, by its id (`link/…`).
    fn link(&self, id: &str) -> String {
        self.href(&format!("/{}", encode_path(id)), &[])
    }

    /// The page of a source.
    fn source(&self, id: &str) -> String {
        self.href(&format!("/source/{}", parts::source_slug(id)), &[])
    }

    /// The kind whose entities evidence quotes, as the API names it.
    fn source_kind(&self) -> String {
        let view = self.shared.app.view();
        let ontology = view.ontology();
        upper_snake(&ontology.kind(ontology.source_kind()).name)
    }

    /// This page with other values of some parameters; those without a value go.
    fn here(&self, changes: &[(&str, Option<&str>)]) -> String {
        let stays = |name: &str| !changes.iter().any(|(changed, _)| *changed == name);
        let kept = self.given.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = kept.filter(|(name, value)| stays(name) && !value.is_empty());
        let changed = changes.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        address(&self.path, kept.chain(changed))
    }

    /// The language it is shown in.
    pub(super) fn language(&self) -> &'static str {
        self.text.lang
    }

    /// What the client calls this server.
    fn host(&self) -> &str {
        layers::host(&self.headers).unwrap_or("localhost:4000")
    }

    /// The beginning of this server's addresses, as its clients write them.
    fn site(&self) -> String {
        let forwarded = self.headers.get("x-forwarded-proto").and_then(|proto| proto.to_str().ok());
        let scheme = if forwarded == Some("https") { "https" } else { "http" };
        format!("{scheme}://{}", self.host())
    }

    /// The page in its frame, or in the format that the address asks for.
    async fn show(&self, page: &Page<'_>) -> Response {
        if let Some(format) = self.get("format") {
            return self.taken(format, page).await;
        }
        let csp = if self.embedded { &CSP[NOT_FRAMED.len()..] } else { CSP };
        let body = if self.embedded { self.bare(page) } else { self.framed(page) };
        self.sent(csp, body)
    }

    /// The page that says that there is none, and why.
    fn refuse(&self, status: StatusCode, title: &str, why: &str) -> Response {
        let main =
            html! { header class="page-head" { h1 { (title) } p class="lead" role="alert" { (why) } } };
        let page = self.framed(&Page { title, main, ..Page::default() }).into_string();
        let headers =
            [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, CSP)];
        (status, headers, page).into_response()
    }

    /// The page for an id of which there is nothing.
    fn missing(&self, id: &str) -> Response {
        let why = self.text.tell("missing.why", &[("id", &shorten(id))]);
        self.refuse(StatusCode::NOT_FOUND, self.text.say("missing.title"), &why)
    }

    /// The page for an address that is none of ours.
    pub(super) fn nothing_at(&self, path: &str) -> Response {
        let why = self.text.tell("nothing.why", &[("path", &path)]);
        self.refuse(StatusCode::NOT_FOUND, self.text.say("nothing.title"), &why)
    }

    /// What stands in the head of every page.
    fn head(&self, page: &Page<'_>) -> Markup {
        let text = self.text;
        let site = text.say("site.name");
        let place = format!("{}{}", self.site(), self.here(&[("lang", None)]));
        html! {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page.title) @if self.path != "/" { " · " (site) } }
                meta property="og:title" content=(page.title);
                meta property="og:site_name" content=(site);
                meta property="og:type" content="website";
                meta property="og:url" content=(place);
                meta property="og:locale" content=(text.lang);
                meta name="twitter:card" content="summary";
                @if !page.about.is_empty() {
                    meta name="description" content=(page.about);
                    meta property="og:description" content=(page.about);
                }
                @for other in &text::LANGUAGES {
                    link rel="alternate" hreflang=(other.lang) href={ (self.site()) (self.here(&[("lang", Some(other.lang)), ("v", None)])) };
                }
                @if page.embed && !self.embedded {
                    link rel="alternate" type="application/json+oembed" title=(page.title) href={ (self.site()) (address("/oembed", [("url", place.as_str())].into_iter())) };
                }
                @if self.embedded { base target="_blank"; }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/assets/explorer.css";
                script type="module" src="/assets/explorer.mjs" {}
                (data_block("application/json", Some("phrases"), &text.of_scripts()))
                @if let Some(json) = &page.json_ld { (data_block("application/ld+json", None, json)) }
            }
        }
    }

    /// A page within a page of others: what it shows, and the way to the whole of it.
    fn bare(&self, page: &Page<'_>) -> Markup {
        let text = self.text;
        let whole = self.here(&[]).replacen(EMBED, "/", 1);
        html! {
            (DOCTYPE)
            html lang=(text.lang) {
                (self.head(page))
                body class="embed" {
                    main id="main" tabindex="-1" { (page.main) }
                    footer class="embed-foot" {
                        a href=(whole) { (text.tell("embed.whole", &[("site", &text.say("site.name"))])) } " · "
                        (text.say("foot.version")) " " code { (self.shared.app.version()) }
                    }
                }
            }
        }
    }

    /// The page for programs and who writes them, which is in English.
    pub(super) fn for_programs(&self, main: Markup) -> Response {
        let title = self.text.say("foot.developers");
        let page = self.framed(&Page {
            title,
            main: html! { div lang="en" class="programs" { (main) } },
            ..Page::default()
        });
        self.sent(CSP, page)
    }

    fn sent(&self, csp: &str, page: Markup) -> Response {
        let mut response = document(&self.headers, "text/html; charset=utf-8", csp, page.into_string());
        response
            .headers_mut()
            .insert(header::VARY, HeaderValue::from_static("Accept-Encoding, Accept-Language"));
        response
    }

    fn framed(&self, page: &Page<'_>) -> Markup {
        let text = self.text;
        let stale = self.get("v").filter(|v| *v != self.version);
        let home = self.path == "/";
        let has_search = home || self.path == "/search";
        html! {
            (DOCTYPE)
            html lang=(text.lang) {
                (self.head(page))
                body {
                    a class="skip" href="#main" { (text.say("skip")) }
                    header class="site-head" {
                        a class="brand" href=(self.href("/", &[])) { (parts::icon("throughline")) " " (text.say("site.name")) }
                        @if !has_search { (parts::search_form(self, "site-search")) }
                        nav class="site-nav" aria-label=(text.say("nav.label")) {
                            @for (path, name) in PLACES {
                                a href=(self.href(path, &[])) aria-current=[(self.path == *path).then_some("page")] { (text.say(name)) }
                            }
                        }
                    }
                    main id="main" tabindex="-1" {
                        @if let Some(then) = stale {
                            p class="notice" role="status" {
                                (text.tell("stale", &[("then", &shorten(then)), ("now", &self.version)])) " "
                                a href=(self.here(&[("v", Some(&self.version))])) { (text.say("stale.now")) }
                            }
                        }
                        (page.main)
                        @if !page.exports.is_empty() { (parts::exports(self, &page.exports)) }
                        @if !page.answers.is_empty() { (parts::queries(self, page.answers)) }
                    }
                    (self.foot())
                }
            }
        }
    }

    fn foot(&self) -> Markup {
        let text = self.text;
        html! {
            footer class="site-foot" {
                p {
                    (text.say("foot.version")) " " code { (self.shared.app.version()) } " · "
                    a href=(self.here(&[("v", Some(&self.version))])) { (text.say("foot.permalink")) } " · "
                    a href=(self.href("/developers", &[])) { (text.say("foot.developers")) } " · "
                    a href="/graphiql" { "GraphiQL" }
                }
                p class="languages" {
                    @for other in &text::LANGUAGES {
                        a href=(self.here(&[("lang", Some(other.lang))])) lang=(other.lang) hreflang=(other.lang)
                            aria-current=[(other.lang == text.lang).then_some("true")] { (other.say("language")) }
                        " "
                    }
                }
            }
        }
    }
}

/// What a page is made of, beside its frame.
#[derive(Default)]
struct Page<'a> {
    title: &'a str,
    /// One sentence for who sees only a card of it.
    about: &'a str,
    main: Markup,
    /// What was asked for it.
    answers: &'a [&'a Answer],
    /// The same for other tools: format and address.
    exports: Vec<(&'a str, String)>,
    /// The same in schema.org's words.
    json_ld: Option<Json>,
    /// Its drawing, to be had as a file.
    drawing: Option<&'a Drawing>,
    /// Whether pages of others may show it within them.
    embed: bool,
}

/// Data for machines. A browser runs no element of this type, and `<` cannot end it.
fn data_block(media_type: &str, id: Option<&str>, json: &Json) -> Markup {
    let json = json.to_string().replace('<', "\\u003c");
    html! { script type=(media_type) id=[id] { (PreEscaped(json)) } }
}

fn address<'a>(path: &str, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut address = path.to_owned();
    for (at, (name, value)) in parameters.enumerate() {
        address.push(if at == 0 { '?' } else { '&' });
        address.push_str(&encode(name));
        address.push('=');
        address.push_str(&encode(value));
    }
    address
}

/// An id as a part of a path: its slashes stay.
fn encode_path(id: &str) -> String {
    encode(id).replace("%2F", "/")
}
