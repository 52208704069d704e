//! Search by words, and which entity a name means.

use std::sync::{Arc, OnceLock};

use super::arguments::Arguments;
use super::error::GraphqlError;
use super::lists::{Connection, Told};
use super::records::{CANDIDATE, HIGHLIGHT, KIND_COUNT, NAME_RESOLUTION, TEXT_PART, list};
use super::resolvers::{Answer, Context, Object, Resolved, edge_of, entity, float, int, mismatch};
use crate::graph::EntityIx;
use crate::ontology::{Common, KindIx};
use crate::query::filter::EntityFilter;
use crate::query::page::{OrderTag, PageRequest, paginate};
use crate::query::search::{FoundIn, Highlight, Hit, Hits, Reason, SearchRequest};

/// Letters of the text of a search, and of a name.
const LETTERS: usize = 500;
/// Names that `resolve` takes at once.
pub(super) const NAMES: usize = 100;
/// Entities that one name may mean.
pub(super) const CANDIDATES: usize = 10;
/// Texts of one entity in which words are shown.
pub(super) const HIGHLIGHTS: usize = 10;
/// Words that are shown in one text.
const MARKED: usize = 20;
/// Pieces that a text falls into: each word and what is before it, and the rest.
pub(super) const PARTS: usize = 2 * MARKED + 1;

/// What a search found, beside the entities.
#[derive(Debug)]
pub(super) struct Found {
    asked: Asked,
    /// The best, as many as the page needed.
    pub(super) hits: Vec<Hit>,
    facets: Vec<(KindIx, usize)>,
    all_words: bool,
    /// All of them, once they have been asked for.
    whole: OnceLock<Arc<Connection>>,
}

/// What is asked of the words.
#[derive(Clone, Debug)]
struct Asked {
    text: String,
    kinds: Option<Vec<KindIx>>,
    filter: Option<EntityFilter>,
    prefix: bool,
    fuzzy: bool,
    tag: OrderTag,
}

impl Asked {
    fn request(&self, limit: usize) -> SearchRequest<'_> {
        SearchRequest {
            text: &self.text,
            kinds: self.kinds.as_deref(),
            filter: self.filter.as_ref(),
            prefix_last: self.prefix,
            fuzzy: self.fuzzy,
            limit,
        }
    }

    fn run(&self, c: &Context, limit: usize) -> Result<Hits, Box<GraphqlError>> {
        c.budget.begin_walk()?;
        Ok(c.whole().search(&c.graph)?.search(&c.graph, &self.request(limit), &c.budget)?)
    }
}

/// What is longer is no name, and no words that anybody looks for.
fn short_enough(argument: &str, text: &str) -> Result<(), Box<GraphqlError>> {
    let letters = text.chars().count();
    if letters <= LETTERS {
        return Ok(());
    }
    let what = format!("letters of `{argument}`");
    Err(GraphqlError::limit(&what, letters as u64, LETTERS as u64, "ask for the words that matter").into())
}

/// A page of the entities that hold the words, best first.
pub(super) fn search<'c>(c: &'c Context, _: &Object, arguments: &Arguments) -> Answer<'c> {
    let text = arguments.text("text").unwrap_or_default();
    short_enough("text", &text)?;
    let (prefix, fuzzy) = (arguments.flag("prefix", true), arguments.flag("fuzzy", true));
    let name = format!("search {text} {prefix} {fuzzy}");
    let of = Common::Family(c.ontology().root);
    let request = arguments.list(|a| a.entity_list(c.ontology(), c.page_max, of, &name))?;
    let (kinds, filter) = (request.kinds.clone(), request.entities.clone());
    let asked = Asked { text, kinds, filter, prefix, fuzzy, tag: request.tag };
    Ok(Resolved::Object(Object::Connection(Arc::new(page(c, asked, &request.page)?))))
}

/// Without a cursor only the best are put in order, as many as the page has.
fn page(c: &Context, asked: Asked, page: &PageRequest) -> Result<Connection, Box<GraphqlError>> {
    let begins = page.after.is_none() && page.before.is_none() && page.last.is_none();
    let limit = page.first.filter(|_| begins).unwrap_or(usize::MAX);
    let Hits { total, hits, facets, all_words } = asked.run(c, limit)?;
    let position = |id: &str| {
        let ix = c.graph.find(id)?;
        hits.iter().position(|hit| hit.entity == ix)
    };
    let tag = asked.tag;
    let page = paginate(page, tag, total, position)?;
    c.budget.spend(page.range.len() as u64)?;
    Ok(Connection::of_hits(page, tag, Found { asked, hits, facets, all_words, whole: OnceLock::new() }))
}

/// The list with all its items at hand.
pub(super) fn whole(c: &Context, of: &Arc<Connection>) -> Result<Arc<Connection>, Box<GraphqlError>> {
    let Told::Found(found) = &of.told else { return Ok(of.clone()) };
    if found.hits.len() == of.page.total {
        return Ok(of.clone());
    }
    if let Some(whole) = found.whole.get() {
        return Ok(whole.clone());
    }
    let all = PageRequest { first: None, after: None, last: None, before: None };
    let made = Arc::new(page(c, found.asked.clone(), &all)?);
    Ok(found.whole.get_or_init(|| made).clone())
}

fn found_of(of: &Connection) -> Result<&Found, Box<GraphqlError>> {
    match &of.told {
        Told::Found(found) => Ok(found),
        _ => mismatch(),
    }
}

/// Whether every word was found in each.
pub(super) fn all_words(of: &Connection) -> Answer<'static> {
    Ok(Resolved::Boolean(found_of(of)?.all_words))
}

/// How many there are of each kind.
pub(super) fn kinds(of: &Connection) -> Answer<'static> {
    let count =
        |(kind, count): &(KindIx, usize)| KIND_COUNT.of([Resolved::Object(Object::Kind(*kind)), int(*count)]);
    Ok(list(found_of(of)?.facets.iter().map(count)))
}

/// How well an item answers.
pub(super) fn score<'c>(_: &'c Context, object: &'c Object, _: &Arguments) -> Answer<'c> {
    let (connection, i) = edge_of(object)?;
    let hit = found_of(connection)?.hits.get(connection.page.range.start + i);
    hit.map_or_else(mismatch, |hit| Ok(rounded(hit.score)))
}

/// A score as far as it means something: six digits.
fn rounded(score: f32) -> Resolved<'static> {
    float(Some((f64::from(score) * 1e6).round() / 1e6))
}

/// Where the words stand in an item.
pub(super) fn highlights<'c>(c: &'c Context, object: &'c Object, _: &Arguments) -> Answer<'c> {
    let (connection, i) = edge_of(object)?;
    let asked = &found_of(connection)?.asked;
    let Some(ix) = connection.entity(&c.graph, i) else { return mismatch() };
    c.budget.spend(1)?;
    let all = c.whole().search(&c.graph)?.highlights(&c.graph, ix, &asked.request(1));
    Ok(list(all.iter().take(HIGHLIGHTS).map(|highlight| shown(c, highlight))))
}

fn shown(c: &Context, highlight: &Highlight) -> Resolved<'static> {
    let ontology = c.ontology();
    let name = |ix| Resolved::Made(ontology.property(ix).name.clone());
    let (field, evidence) = match highlight.found_in {
        FoundIn::Name => (name(ontology.name_property()), Resolved::Null),
        FoundIn::Alias => (name(ontology.aliases_property()), Resolved::Null),
        FoundIn::Property(ix) => (name(ix), Resolved::Null),
        FoundIn::Quote(owner, at) => {
            (Resolved::Text("quote"), Resolved::Object(Object::Evidence(owner, at as u32)))
        }
    };
    let text = &highlight.text;
    let mut parts = Vec::new();
    let mut part = |text: &str, matched: bool| {
        if !text.is_empty() {
            parts.push(TEXT_PART.of([Resolved::Made(text.to_owned()), Resolved::Boolean(matched)]));
        }
    };
    let mut end = 0;
    for (from, to) in highlight.ranges.iter().take(MARKED) {
        part(&text[end..*from], false);
        part(&text[*from..*to], true);
        end = *to;
    }
    part(&text[end..], false);
    HIGHLIGHT.of([field, evidence, list(parts)])
}

/// Which entity each name means.
pub(super) fn resolve<'c>(c: &'c Context, _: &Object, arguments: &Arguments) -> Answer<'c> {
    let names = arguments.texts("names").unwrap_or_default();
    if names.len() > NAMES {
        let (asked, most) = (names.len() as u64, NAMES as u64);
        return Err(GraphqlError::limit("`names`", asked, most, "ask for fewer at a time").into());
    }
    names.iter().try_for_each(|name| short_enough("names", name))?;
    c.budget.begin_walk()?;
    let kinds = arguments.kinds(c.ontology());
    let whole = c.whole();
    let index = whole.search(&c.graph)?;
    let mut all = Vec::new();
    for name in names {
        let found = index.resolve(&c.graph, &name, kinds.as_deref(), CANDIDATES, &c.budget)?;
        let meant: Option<EntityIx> = found.iter().find(|one| one.certain).map(|one| one.entity);
        let candidates = found.into_iter().map(|one| {
            CANDIDATE.of([
                entity(Some(one.entity)),
                rounded(one.score),
                Resolved::Plain(word(one.reason)),
                Resolved::Boolean(one.certain),
                Resolved::Made(one.matched),
            ])
        });
        all.push(NAME_RESOLUTION.of([Resolved::Made(name), entity(meant), list(candidates)]));
    }
    Ok(list(all))
}

/// The words of the API.
fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Id => "ID",
        Reason::Identifier => "IDENTIFIER",
        Reason::ExactName => "EXACT_NAME",
        Reason::Alias => "ALIAS",
        Reason::Normalized => "NORMALIZED",
        Reason::Acronym => "ACRONYM",
        Reason::Similar => "SIMILAR",
    }
}
