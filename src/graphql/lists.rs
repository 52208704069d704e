//! Pages of lists: everything of a kind, everything along a relation, links. Without a filter or an
//! order of its own a page costs what it holds, however long its list is.

use std::sync::Arc;

use super::arguments::{Arguments, ListRequest};
use super::error::GraphqlError;
use super::resolvers::{Answer, Context, Object, Resolved};
use crate::graph::{EntityIx, Graph, LinkIx, Linked};
use crate::ontology::{Common, Direction, KindIx, RelationIx};
use crate::query::filter::{EntityFilter, LinkFilter};
use crate::query::order::compare;
use crate::query::page::{OrderTag, Page, cursor, paginate};

/// A page of a list with what its fields need.
#[derive(Debug)]
pub struct Connection {
    items: Items,
    /// Where it stands in the whole list.
    pub(super) page: Page,
    tag: OrderTag,
    /// The list this page is of, where links made it.
    pub(super) list: Option<(EntityIx, RelationIx, Direction)>,
}

/// The items of one page.
#[derive(Debug)]
enum Items {
    Entities(Vec<EntityIx>),
    /// A part of the list itself, as the graph holds it.
    Part,
    Linked(Vec<Linked>),
    Links(Vec<LinkIx>),
}

impl Connection {
    /// How many items the page has.
    pub(super) fn len(&self) -> usize {
        self.page.range.len()
    }

    /// The node of an item.
    pub(super) fn node(&self, graph: &Graph, i: usize) -> Resolved<'static> {
        Resolved::Object(match &self.items {
            Items::Entities(all) => Object::Entity(all[i]),
            Items::Links(all) => Object::Link(all[i]),
            Items::Linked(_) | Items::Part => match self.linked(graph, i) {
                Some(linked) => Object::Entity(linked.to),
                None => return Resolved::Null,
            },
        })
    }

    fn linked(&self, graph: &Graph, i: usize) -> Option<Linked> {
        match &self.items {
            Items::Linked(all) => all.get(i).copied(),
            Items::Part => {
                let (entity, relation, direction) = self.list?;
                graph.along(entity, relation, direction).get(self.page.range.start + i).copied()
            }
            Items::Entities(_) | Items::Links(_) => None,
        }
    }

    /// The link that led to an item.
    pub(super) fn link(&self, graph: &Graph, i: usize) -> Option<LinkIx> {
        self.linked(graph, i).map(|linked| linked.link)
    }

    /// The cursor of an item.
    pub(super) fn cursor(&self, graph: &Graph, i: usize) -> String {
        match self.node(graph, i) {
            Resolved::Object(Object::Entity(ix)) => cursor(self.tag, graph.entity(ix).id()),
            Resolved::Object(Object::Link(ix)) => cursor(self.tag, &graph.link_id(ix)),
            _ => String::new(),
        }
    }
}

fn connection(
    items: Items,
    page: Page,
    tag: OrderTag,
    list: Option<(EntityIx, RelationIx, Direction)>,
) -> Answer<'static> {
    Ok(Resolved::Object(Object::Connection(Arc::new(Connection { items, page, tag, list }))))
}

/// How many items are looked at between two looks at the clock's flag.
const STRIDE: usize = 1024;

/// The items that pass. Takes from the budget for each item as it is looked at, `tests` steps a
/// piece, so that a walk over many stops soon after it is told to.
fn keep<T: Copy>(
    c: &Context,
    tests: u64,
    items: impl Iterator<Item = T>,
    passes: impl Fn(&T) -> bool,
) -> Result<Vec<T>, Box<GraphqlError>> {
    c.budget.begin_walk()?;
    let mut kept = Vec::new();
    for (i, item) in items.enumerate() {
        if i.is_multiple_of(STRIDE) {
            c.budget.spend(0)?;
        }
        c.budget.spend(tests)?;
        if passes(&item) {
            kept.push(item);
        }
    }
    Ok(kept)
}

/// A page of everything.
pub(super) fn entities<'c>(c: &'c Context, _: &Object, arguments: &Arguments) -> Answer<'c> {
    let of = Common::Family(c.ontology().root);
    let all = c.graph.entities();
    let request = arguments.list(|a| a.entity_list(c.ontology(), c.page_max, of, "entities"))?;
    if request.is_plain() {
        let position = |id: &str| c.graph.find(id).map(|ix| ix.0 as usize);
        let page = paginate(&request.page, request.tag, all.len(), position)?;
        let items: Vec<EntityIx> = page.range.clone().map(|at| EntityIx(at as u32)).collect();
        c.budget.spend(items.len() as u64)?;
        return connection(Items::Entities(items), page, request.tag, None);
    }
    entity_list(c, all, request)
}

/// A page of the entities of one kind.
pub(super) fn of_kind<'c>(c: &'c Context, kind: KindIx, arguments: &Arguments) -> Answer<'c> {
    let all = c.graph.of_kind(kind);
    let name = &c.ontology().kind(kind).plural;
    let request = arguments.list(|a| a.entity_list(c.ontology(), c.page_max, Common::Kind(kind), name))?;
    if request.is_plain() {
        let position = |id: &str| all.binary_search(&c.graph.find(id)?).ok();
        let page = paginate(&request.page, request.tag, all.len(), position)?;
        let items = all[page.range.clone()].to_vec();
        c.budget.spend(items.len() as u64)?;
        return connection(Items::Entities(items), page, request.tag, None);
    }
    entity_list(c, all.iter().copied(), request)
}

/// A page of what passes, in its order: a walk over all.
fn entity_list<'c>(c: &'c Context, all: impl Iterator<Item = EntityIx>, request: &ListRequest) -> Answer<'c> {
    let graph = &c.graph;
    let ListRequest { entities: filter, kinds, sorts, .. } = request;
    let tests = 1 + filter.as_ref().map_or(0, EntityFilter::size) + sorts.len() as u64;
    let of_kind = |ix: &EntityIx| kinds.as_ref().is_none_or(|k| k.contains(&graph.entity(*ix).kind()));
    let passes = |ix: &EntityIx| of_kind(ix) && filter.as_ref().is_none_or(|f| f.holds(graph, *ix));
    let mut kept = keep(c, tests, all, passes)?;
    if !sorts.is_empty() {
        kept.sort_by(|a, b| compare(graph, sorts, *a, *b));
    }
    let position = |id: &str| {
        let ix = graph.find(id)?;
        if sorts.is_empty() { kept.binary_search(&ix).ok() } else { kept.iter().position(|i| *i == ix) }
    };
    let page = paginate(&request.page, request.tag, kept.len(), position)?;
    let items = kept[page.range.clone()].to_vec();
    c.budget.spend(items.len() as u64)?;
    connection(Items::Entities(items), page, request.tag, None)
}

/// A page of the entities along one relation, with the links that lead there.
pub(super) fn along<'c>(
    c: &'c Context,
    from: EntityIx,
    relation: RelationIx,
    direction: Direction,
    to: Common,
    arguments: &Arguments,
) -> Answer<'c> {
    let graph = &c.graph;
    let name = c.ontology().relation(relation).name_in(direction);
    let request = arguments.list(|a| a.entity_list(c.ontology(), c.page_max, to, name))?;
    let ListRequest { entities: filter, sorts, basis, .. } = request;
    let all = graph.along(from, relation, direction);
    let kept;
    let mut list = all;
    if !request.is_plain() {
        let tests = 1 + filter.as_ref().map_or(0, EntityFilter::size);
        let mut passing = keep(c, tests, all.iter().copied(), |linked| {
            basis.is_none_or(|b| graph.link(linked.link).basis() == b)
                && filter.as_ref().is_none_or(|f| f.holds(graph, linked.to))
        })?;
        if !sorts.is_empty() {
            passing.sort_by(|a, b| compare(graph, sorts, a.to, b.to));
        }
        kept = passing;
        list = &kept;
    }
    let position = |id: &str| {
        let ix = graph.find(id)?;
        if !sorts.is_empty() {
            return list.iter().position(|linked| linked.to == ix);
        }
        // Insertion order is that of the links, and the item's own list tells which link it is.
        let symmetric = c.ontology().relation(relation).symmetric;
        let back = if symmetric { direction } else { direction.opposite() };
        let link = graph.along(ix, relation, back).iter().find(|linked| linked.to == from)?.link;
        list.binary_search_by_key(&link, |linked| linked.link).ok()
    };
    let page = paginate(&request.page, request.tag, list.len(), position)?;
    c.budget.spend(page.range.len() as u64)?;
    let plain = request.is_plain();
    let items = if plain { Items::Part } else { Items::Linked(list[page.range.clone()].to_vec()) };
    connection(items, page, request.tag, Some((from, relation, direction)))
}

/// A page of all links, or of those of one entity.
pub(super) fn link_list<'c>(c: &'c Context, of: Option<EntityIx>, arguments: &Arguments) -> Answer<'c> {
    let graph = &c.graph;
    let name = if of.is_some() { "entity links" } else { "links" };
    let request = arguments.list(|a| a.link_list(c.ontology(), c.page_max, name))?;
    let ListRequest { links: filter, relations, basis, direction: wanted, .. } = request;
    let passes = |ix: &LinkIx| {
        relations.as_ref().is_none_or(|r| r.contains(&graph.link(*ix).relation()))
            && basis.is_none_or(|b| graph.link(*ix).basis() == b)
            && filter.as_ref().is_none_or(|f| f.holds(graph, *ix))
    };
    let tests = 1 + filter.as_ref().map_or(0, LinkFilter::size);
    let tag = request.tag;
    let list: Vec<LinkIx> = match of {
        None if request.is_plain() => {
            if request.page.after.is_some() || request.page.before.is_some() {
                c.budget.begin_walk()?;
            }
            let position = |id: &str| graph.find_link(id).map(|ix| ix.0 as usize);
            let page = paginate(&request.page, tag, graph.link_count(), position)?;
            let items: Vec<LinkIx> = page.range.clone().map(|at| LinkIx(at as u32)).collect();
            c.budget.spend(items.len() as u64)?;
            return connection(Items::Links(items), page, tag, None);
        }
        None => keep(c, tests, graph.links(), passes)?,
        Some(ix) => {
            let mut list = Vec::new();
            for direction in [Direction::Forward, Direction::Inverse] {
                if wanted.is_none_or(|w| w == direction) {
                    let links = graph.links_of(ix, direction).iter().map(|linked| linked.link);
                    list.extend(keep(c, tests, links, passes)?);
                }
            }
            // A symmetric link is both ways; it is listed forward, and incoming shows it too.
            if *wanted == Some(Direction::Inverse) {
                let forward = graph.links_of(ix, Direction::Forward).iter().map(|linked| linked.link);
                let symmetric = |l: &LinkIx| c.ontology().relation(graph.link(*l).relation()).symmetric;
                list.extend(keep(c, tests, forward, |l| symmetric(l) && passes(l))?);
            }
            list.sort_unstable();
            list
        }
    };
    let position = |id: &str| list.binary_search(&graph.find_link(id)?).ok();
    let page = paginate(&request.page, tag, list.len(), position)?;
    let items = list[page.range.clone()].to_vec();
    c.budget.spend(items.len() as u64)?;
    connection(Items::Links(items), page, tag, None)
}
