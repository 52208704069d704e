//! From arguments, as JSON after coercion, to orders, groups and pages (filters are read in
//! `filters`). What their types allow and their meaning does not is refused with the
//! argument's name.

use std::sync::OnceLock;

use serde_json::{Map, Value as Json};

use super::error::{Code, GraphqlError};
use super::filters::{entity_filter, kind_of_word, link_filter, properties, relation_of_word};
use crate::graph::{Basis, EntityIx, Graph};
use crate::ontology::{Common, Direction, KindIx, Ontology, PropertyIx, RelationIx, suggest, upper_snake};
use crate::query::filter::{EntityFilter, LinkFilter};
use crate::query::group::{DatePart, GroupBy};
use crate::query::order::{Sort, SortKey};
use crate::query::page::{OrderTag, PageRequest, order_tag};

/// Items a page has if nobody says.
pub const PAGE_DEFAULT: usize = 20;
/// Items a page may have, unless configured: what a reader scrolls through.
pub const PAGE_MAX: usize = 100;

/// The arguments of one field, and what they mean to a list once one has been asked for: a field
/// that is answered for many objects reads its arguments once.
#[derive(Debug, Default)]
pub struct Arguments {
    given: Map<String, Json>,
    list: OnceLock<Result<Box<ListRequest>>>,
}

/// What is asked of a list.
#[derive(Debug)]
pub struct ListRequest {
    /// Which part of it.
    pub page: PageRequest,
    /// Which entities, by `where`.
    pub entities: Option<EntityFilter>,
    /// Which links, by `where` of a list of links or `link` of a list along a relation.
    pub links: Option<LinkFilter>,
    /// Of which kinds.
    pub kinds: Option<Vec<KindIx>>,
    /// Along which relations.
    pub relations: Option<Vec<RelationIx>>,
    /// Which way.
    pub direction: Option<Direction>,
    /// On which basis.
    pub basis: Option<Basis>,
    /// In which order.
    pub sorts: Vec<Sort>,
    /// What a cursor is bound to: the list's name and its order.
    pub tag: OrderTag,
}

impl ListRequest {
    /// Whether everything is meant, in insertion order.
    pub fn is_plain(&self) -> bool {
        self.entities.is_none()
            && self.links.is_none()
            && self.kinds.is_none()
            && self.relations.is_none()
            && self.direction.is_none()
            && self.basis.is_none()
            && self.sorts.is_empty()
    }
}

pub(super) type Result<T> = std::result::Result<T, GraphqlError>;

pub(super) fn bad(message: String) -> GraphqlError {
    GraphqlError::new(Code::BadArgument, message)
}

/// Given and not null.
pub(super) fn given<'a>(map: &'a Map<String, Json>, key: &str) -> Option<&'a Json> {
    map.get(key).filter(|value| !value.is_null())
}

/// A list; one value stands for a list of one, as in the coercion rules.
pub(super) fn items(value: &Json) -> &[Json] {
    match value {
        Json::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// Text; ids may come as numbers.
pub(super) fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Arguments {
    /// Arguments as JSON after coercion.
    pub fn new(given: Map<String, Json>) -> Arguments {
        Arguments { given, list: OnceLock::new() }
    }

    /// All that are given.
    pub fn given(&self) -> &Map<String, Json> {
        &self.given
    }

    /// What is asked of a list, read by `read` when first asked.
    ///
    /// # Errors
    /// What `read` gives, each time.
    pub fn list(&self, read: impl FnOnce(&Arguments) -> Result<ListRequest>) -> Result<&ListRequest> {
        let list = self.list.get_or_init(|| read(self).map(Box::new));
        list.as_deref().map_err(Clone::clone)
    }

    /// What is asked of a list of entities that is called `name`.
    ///
    /// # Errors
    /// Page sizes over `max` and values that say nothing.
    pub fn entity_list(
        &self,
        ontology: &Ontology,
        max: usize,
        of: Common,
        name: &str,
    ) -> Result<ListRequest> {
        let page = self.page(max)?;
        let entities = self.entity_filter(ontology, of)?;
        let links = self.object("link").map(|map| link_filter(ontology, map)).transpose()?;
        let sorts = self.sorts(ontology, of)?;
        let tag = order_tag(&format!("{name} {sorts:?}"));
        let (kinds, basis) = (self.kinds(ontology), self.basis());
        Ok(ListRequest { page, entities, links, kinds, relations: None, direction: None, basis, sorts, tag })
    }

    /// What is asked of a list of links that is called `name`.
    ///
    /// # Errors
    /// As for entities.
    pub fn link_list(&self, ontology: &Ontology, max: usize, name: &str) -> Result<ListRequest> {
        let page = self.page(max)?;
        let links = self.link_filter(ontology)?;
        let sorts = Vec::new();
        let tag = order_tag(&format!("{name} {sorts:?}"));
        let direction = direction_of(&self.given);
        let (relations, basis) = (self.relations(ontology), self.basis());
        Ok(ListRequest { page, entities: None, links, kinds: None, relations, direction, basis, sorts, tag })
    }

    /// The text of an argument.
    pub fn text(&self, name: &str) -> Option<String> {
        given(&self.given, name).map(text)
    }

    /// The texts of a list argument.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        given(&self.given, name).map(|v| items(v).iter().map(text).collect())
    }

    /// The object of an argument.
    pub fn object(&self, name: &str) -> Option<&Map<String, Json>> {
        given(&self.given, name).and_then(Json::as_object)
    }

    /// `first`, `after`, `last` and `before`; `max` is how many items a page may have.
    ///
    /// # Errors
    /// A negative or too large number of items.
    pub fn page(&self, max: usize) -> Result<PageRequest> {
        let count = |name: &str| -> Result<Option<usize>> {
            let Some(n) = given(&self.given, name).and_then(Json::as_i64) else { return Ok(None) };
            let n = usize::try_from(n).map_err(|_| bad(format!("`{name}` is {n}; give 0 to {max}")))?;
            if n > max {
                return Err(GraphqlError::limit(
                    &format!("`{name}`"),
                    n as u64,
                    max as u64,
                    "ask for pages, each with the `endCursor` of the one before as `after`",
                ));
            }
            Ok(Some(n))
        };
        let (first, last) = (count("first")?, count("last")?);
        let first = if first.is_none() && last.is_none() { Some(PAGE_DEFAULT.min(max)) } else { first };
        Ok(PageRequest { first, after: self.text("after"), last, before: self.text("before") })
    }

    /// A number of things, `otherwise` if it is not given.
    ///
    /// # Errors
    /// Fewer than `least`, more than `most`.
    pub fn count(&self, name: &str, least: usize, otherwise: usize, most: usize) -> Result<usize> {
        let Some(n) = given(&self.given, name).and_then(Json::as_i64) else { return Ok(otherwise) };
        match usize::try_from(n) {
            Ok(n) if n > most => {
                Err(GraphqlError::limit(&format!("`{name}`"), n as u64, most as u64, "ask for fewer"))
            }
            Ok(n) if n >= least => Ok(n),
            _ => Err(bad(format!("`{name}` is {n}; give {least} to {most}"))),
        }
    }

    /// Whether something is wanted, `otherwise` if it is not said.
    pub fn flag(&self, name: &str, otherwise: bool) -> bool {
        given(&self.given, name).and_then(Json::as_bool).unwrap_or(otherwise)
    }

    /// The word of an enum, among all its words.
    pub fn word<T: Copy>(&self, name: &str, all: &[(T, &str)]) -> Option<T> {
        let word = self.text(name)?;
        all.iter().find(|(_, text)| *text == word).map(|(value, _)| *value)
    }

    /// The entities of a list of ids, at most `most`; none where the argument is absent.
    ///
    /// # Errors
    /// Every id that is none, in one sentence.
    pub fn entities(&self, graph: &Graph, name: &str, most: usize) -> Result<Option<Vec<EntityIx>>> {
        let Some(ids) = self.texts(name) else { return Ok(None) };
        if ids.len() > most {
            let help = "ask for fewer at a time";
            return Err(GraphqlError::limit(&format!("`{name}`"), ids.len() as u64, most as u64, help));
        }
        let unknown: Vec<String> =
            ids.iter().filter(|id| graph.find(id).is_none()).map(|id| format!("`{}`", shown(id))).collect();
        if !unknown.is_empty() {
            let unknown = unknown.join(", ");
            return Err(bad(format!(
                "`{name}` names what is not there: {unknown}; `search` and `resolve` find ids by words"
            )));
        }
        Ok(Some(ids.iter().filter_map(|id| graph.find(id)).collect()))
    }

    /// `basis`.
    pub fn basis(&self) -> Option<Basis> {
        self.text("basis").and_then(|word| Basis::parse(&word))
    }

    /// `kinds`.
    pub fn kinds(&self, ontology: &Ontology) -> Option<Vec<KindIx>> {
        self.texts("kinds").map(|words| words.iter().filter_map(|w| kind_of_word(ontology, w)).collect())
    }

    /// `relations`.
    pub fn relations(&self, ontology: &Ontology) -> Option<Vec<RelationIx>> {
        self.texts("relations")
            .map(|words| words.iter().filter_map(|w| relation_of_word(ontology, w)).collect())
    }

    /// `where` of a list of entities.
    ///
    /// # Errors
    /// Values that say nothing: a pattern that does not compile, text that is no date.
    pub fn entity_filter(&self, ontology: &Ontology, of: Common) -> Result<Option<EntityFilter>> {
        self.object("where").map(|map| entity_filter(ontology, of, map)).transpose()
    }

    /// `where` of a list of links.
    ///
    /// # Errors
    /// As for entities.
    pub fn link_filter(&self, ontology: &Ontology) -> Result<Option<LinkFilter>> {
        self.object("where").map(|map| link_filter(ontology, map)).transpose()
    }

    /// `basis` and `link` of a walk, as one filter.
    ///
    /// # Errors
    /// As for entities.
    pub fn links(&self, ontology: &Ontology) -> Result<Option<LinkFilter>> {
        let basis = self.basis().map(|basis| LinkFilter::Basis(vec![basis]));
        let link = self.object("link").map(|map| link_filter(ontology, map)).transpose()?;
        Ok(match (basis, link) {
            (Some(basis), Some(link)) => Some(LinkFilter::And(vec![basis, link])),
            (one, other) => one.or(other),
        })
    }

    /// `orderBy`.
    ///
    /// # Errors
    /// Where not exactly one thing to order by is named, and where what is linked has no such property.
    pub fn sorts(&self, ontology: &Ontology, of: Common) -> Result<Vec<Sort>> {
        let Some(value) = given(&self.given, "orderBy") else { return Ok(Vec::new()) };
        let mut sorts: Vec<Sort> = Vec::new();
        for map in items(value).iter().filter_map(Json::as_object) {
            let links = given(map, "links").and_then(Json::as_object);
            let key = match (given(map, "field").map(text), links) {
                (Some(word), None) => match field_key(ontology, of, &word) {
                    Some(key) => key,
                    None => continue,
                },
                (None, Some(links)) => links_key(ontology, links)?,
                _ => return Err(bad("`orderBy` takes exactly one of field, links".to_owned())),
            };
            // A key that comes again can never change the order.
            if !sorts.iter().any(|s| s.key == key) {
                let descending = given(map, "direction").map(text).as_deref() == Some("DESC");
                sorts.push(Sort { key, descending });
            }
        }
        Ok(sorts)
    }

    /// `by` of groups: each thing to group by, with what it is called. `linked` where the list is of
    /// links, or of entities that links led to; `entities` where it is of entities.
    ///
    /// # Errors
    /// Names that say nothing, more than one thing at once, too many.
    pub fn groups(
        &self,
        ontology: &Ontology,
        linked: bool,
        entities: bool,
        most: usize,
    ) -> Result<Vec<(GroupBy, String)>> {
        let all = given(&self.given, "by").map(items).unwrap_or_default();
        if all.is_empty() || all.len() > most {
            return Err(bad(format!("`by` names {} things to group by; give 1 to {most}", all.len())));
        }
        let given = all.iter().filter_map(Json::as_object);
        given.map(|map| group_by(ontology, map, linked, entities)).collect()
    }
}

fn group_by(
    ontology: &Ontology,
    map: &Map<String, Json>,
    linked: bool,
    entities: bool,
) -> Result<(GroupBy, String)> {
    let part = match given(map, "datePart").map(text).as_deref() {
        Some("YEAR") => Some(DatePart::Year),
        Some("MONTH") => Some(DatePart::Month),
        _ => None,
    };
    let name = |what: String| match part {
        Some(DatePart::Year) => format!("{what} (year)"),
        Some(DatePart::Month) => format!("{what} (month)"),
        None => what,
    };
    let [property, relation, link] = ["property", "relation", "link"].map(|key| given(map, key).map(text));
    if [&property, &relation, &link].into_iter().flatten().count() > 1 {
        return Err(bad(
            "`by` takes one of property, relation, link at a time; give a list of several".to_owned()
        ));
    }
    if (property.is_some() || relation.is_some()) && !entities {
        return Err(bad("links are grouped by `link`, and by nothing else".to_owned()));
    }
    if let Some(word) = link {
        if !linked {
            return Err(bad(
                "`link` groups what links led to; this list is of entities by themselves".to_owned()
            ));
        }
        let by = match word.as_str() {
            "RELATION" => GroupBy::Relation,
            "BASIS" => GroupBy::Basis,
            "SOURCE" => GroupBy::Source,
            "STATUS" => GroupBy::Status,
            _ => GroupBy::LinkDate(part),
        };
        return Ok((by, name(format!("link {}", word.to_lowercase()))));
    }
    if relation.is_some() {
        let (relation, direction) = relation_and_direction(ontology, map)?;
        let name = ontology.relation(relation).name_in(direction);
        return Ok((GroupBy::Linked(relation, direction), name.to_owned()));
    }
    match property {
        Some(property) => {
            Ok((GroupBy::Property(properties_named(ontology, &property)?, part), name(property)))
        }
        None if entities => Ok((GroupBy::Kind, "kind".to_owned())),
        None => Err(bad("say by which attribute of the `link` to group".to_owned())),
    }
}

/// Every property of that name, whichever kind has it.
///
/// # Errors
/// Where no kind has one.
pub(super) fn properties_named(ontology: &Ontology, name: &str) -> Result<Vec<PropertyIx>> {
    let found: Vec<PropertyIx> = (0..ontology.properties.len())
        .map(|at| PropertyIx(at as u16))
        .filter(|ix| ontology.property(*ix).name == name)
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let mut known: Vec<&str> = ontology.properties.iter().map(|p| p.name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    Err(bad(format!("no kind has a property `{}`; {}", shown(name), suggest(name, known))))
}

/// A name as it appears in a message.
pub(super) fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

fn field_key(ontology: &Ontology, of: Common, word: &str) -> Option<SortKey> {
    if word == "ID" {
        return Some(SortKey::Id);
    }
    let (ix, _) = properties(ontology, of).find(|(_, p)| upper_snake(&p.name) == word)?;
    Some(property_key(ontology, vec![ix]))
}

fn property_key(ontology: &Ontology, properties: Vec<PropertyIx>) -> SortKey {
    if properties.contains(&ontology.name_property()) { SortKey::Name } else { SortKey::Property(properties) }
}

fn links_key(ontology: &Ontology, links: &Map<String, Json>) -> Result<SortKey> {
    let (relation, direction) = relation_and_direction(ontology, links)?;
    let Some(name) = given(links, "property").map(text) else {
        return Ok(SortKey::Links(relation, direction));
    };
    let key = match name.as_str() {
        "id" => SortKey::Id,
        name => property_key(ontology, properties_named(ontology, name)?),
    };
    Ok(SortKey::Linked(relation, direction, Box::new(key)))
}

/// `relation` and `direction` of an input; a symmetric relation is read forward from both ends.
fn relation_and_direction(ontology: &Ontology, map: &Map<String, Json>) -> Result<(RelationIx, Direction)> {
    let word = given(map, "relation").map(text).unwrap_or_default();
    let relation = relation_of_word(ontology, &word)
        .ok_or_else(|| bad(format!("there is no relation `{}`", shown(&word))))?;
    let direction = direction_of(map).filter(|_| !ontology.relation(relation).symmetric);
    Ok((relation, direction.unwrap_or(Direction::Forward)))
}

/// `direction`.
fn direction_of(map: &Map<String, Json>) -> Option<Direction> {
    match given(map, "direction").map(text).as_deref() {
        Some("OUTGOING") => Some(Direction::Forward),
        Some("INCOMING") => Some(Direction::Inverse),
        _ => None,
    }
}
