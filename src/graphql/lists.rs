//! Pages of lists: everything of a kind, everything along a relation, links. Without a filter or an
//! order of its own a page costs what it holds, however long its list is.

use std::sync::Arc;

use super::arguments::{Arguments, ListRequest};
use super::error::GraphqlError;
use super::found::Found;
use super::resolvers::{Answer, Context, Object, Resolved};
use super::support;
use crate::graph::{EntityIx, Graph, LinkIx, Linked};
use crate::ontology::{Common, Direction, KindIx, RelationIx};
use crate::query::Exhausted;
use crate::query::filter::{Evaluation, LinkFilter};
use crate::query::group::Item;
use crate::query::order::Keyed;
use crate::query::page::{OrderTag, Page, cursor, paginate};
use crate::query::quality::quality;

/// A page of a list, with the list it is of.
#[derive(Debug)]
pub struct Connection {
    items: Items,
    /// Where it stands in the whole list.
    pub(super) page: Page,
    tag: OrderTag,
    /// What made the list, where links along one relation did.
    pub(super) list: Option<(EntityIx, RelationIx, Direction)>,
    /// What else is told of its items.
    pub(super) told: Told,
}

/// What a list tells of its items beside themselves.
#[derive(Debug)]
pub(super) enum Told {
    /// Nothing.
    Nothing,
    /// They lack what a gap names.
    Gap(usize),
    /// Words were found in them.
    Found(Box<Found>),
}

/// All items that pass; those that the graph holds in this order already are not copied.
#[derive(Debug)]
enum Items {
    /// Every entity.
    All,
    OfKind(KindIx),
    Entities(Vec<EntityIx>),
    /// Every link of the list that made it.
    Along,
    Linked(Vec<Linked>),
    AllLinks,
    Links(Vec<LinkIx>),
}

impl Connection {
    /// The hits of a search: those of the page are among those found.
    pub(super) fn of_hits(page: Page, tag: OrderTag, found: Found) -> Connection {
        let items = Items::Entities(found.hits.iter().map(|hit| hit.entity).collect());
        Connection { items, page, tag, list: None, told: Told::Found(Box::new(found)) }
    }

    /// The entity of an item of the page.
    pub(super) fn entity(&self, graph: &Graph, i: usize) -> Option<EntityIx> {
        self.item(graph, self.page.range.start + i).0
    }

    /// How many items the page has.
    pub(super) fn len(&self) -> usize {
        self.page.range.len()
    }

    /// The item at `at` of the whole list.
    fn item(&self, graph: &Graph, at: usize) -> Item {
        let linked = |linked: Option<Linked>| (linked.map(|l| l.to), linked.map(|l| l.link));
        match &self.items {
            Items::All => (Some(EntityIx(at as u32)), None),
            Items::OfKind(kind) => (graph.of_kind(*kind).get(at).copied(), None),
            Items::Entities(all) => (all.get(at).copied(), None),
            Items::Along => linked(self.list.and_then(|(entity, relation, direction)| {
                graph.along(entity, relation, direction).get(at).copied()
            })),
            Items::Linked(all) => linked(all.get(at).copied()),
            Items::AllLinks => (None, Some(LinkIx(at as u32))),
            Items::Links(all) => (None, all.get(at).copied()),
        }
    }

    /// The whole list.
    pub(super) fn items<'c>(&'c self, graph: &'c Graph) -> impl Iterator<Item = Item> + 'c {
        (0..self.page.total).map(|at| self.item(graph, at))
    }

    /// The entities at some places of the whole list.
    pub(super) fn entities_at<'c>(
        &'c self,
        graph: &'c Graph,
        places: &'c [u32],
    ) -> impl Iterator<Item = EntityIx> + 'c {
        places.iter().filter_map(|at| self.item(graph, *at as usize).0)
    }

    /// Whether its items are entities, and whether links are among what it knows of them.
    pub(super) fn holds(&self) -> (bool, bool) {
        match self.items {
            Items::All | Items::OfKind(_) | Items::Entities(_) => (true, false),
            Items::Along | Items::Linked(_) => (true, true),
            Items::AllLinks | Items::Links(_) => (false, true),
        }
    }

    /// The node of an item of the page.
    pub(super) fn node(&self, graph: &Graph, i: usize) -> Resolved<'static> {
        match self.item(graph, self.page.range.start + i) {
            (Some(entity), _) => Resolved::Object(Object::Entity(entity)),
            (None, Some(link)) => Resolved::Object(Object::Link(link)),
            (None, None) => Resolved::Null,
        }
    }

    /// The link that led to an item of the page.
    pub(super) fn link(&self, graph: &Graph, i: usize) -> Option<LinkIx> {
        self.item(graph, self.page.range.start + i).1
    }

    /// The cursor of an item of the page.
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
    told(items, page, tag, list, Told::Nothing)
}

fn told(
    items: Items,
    page: Page,
    tag: OrderTag,
    list: Option<(EntityIx, RelationIx, Direction)>,
    told: Told,
) -> Answer<'static> {
    Ok(Resolved::Object(Object::Connection(Arc::new(Connection { items, page, tag, list, told }))))
}

/// How many items are looked at between two looks at the clock's flag.
const STRIDE: usize = 1024;

/// The items that pass. Takes from the budget for each item as it is looked at, `tests` steps a
/// piece, so that a walk over many stops soon after it is told to.
fn keep<T: Copy>(
    c: &Context,
    tests: u64,
    items: impl Iterator<Item = T>,
    passes: impl Fn(&T) -> Result<bool, Exhausted>,
) -> Result<Vec<T>, Box<GraphqlError>> {
    c.budget.begin_walk()?;
    let mut kept = Vec::new();
    for (i, item) in items.enumerate() {
        if i.is_multiple_of(STRIDE) {
            c.budget.spend(0)?;
        }
        c.budget.spend(tests)?;
        if passes(&item)? {
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
        c.budget.spend(page.range.len() as u64)?;
        return connection(Items::All, page, request.tag, None);
    }
    entity_list(c, |_| true, all, request, Told::Nothing)
}

/// A page of the entities of one kind.
pub(super) fn of_kind<'c>(c: &'c Context, kind: KindIx, arguments: &Arguments) -> Answer<'c> {
    let all = c.graph.of_kind(kind);
    let name = &c.ontology().kind(kind).plural;
    let request = arguments.list(|a| a.entity_list(c.ontology(), c.page_max, Common::Kind(kind), name))?;
    if request.is_plain() {
        let position = |id: &str| all.binary_search(&c.graph.find(id)?).ok();
        let page = paginate(&request.page, request.tag, all.len(), position)?;
        c.budget.spend(page.range.len() as u64)?;
        return connection(Items::OfKind(kind), page, request.tag, None);
    }
    let is_one = |ix: &EntityIx| c.graph.entity(*ix).kind() == kind;
    entity_list(c, is_one, all.iter().copied(), request, Told::Nothing)
}

/// A page of what a gap names: entities without any link of those that are missed.
pub(super) fn gap_list<'c>(c: &'c Context, at: usize, arguments: &Arguments) -> Answer<'c> {
    let (graph, gap) = (&c.graph, &c.ontology().gaps[at]);
    let of = Common::Family(c.ontology().root);
    let request = arguments.list(|a| a.entity_list(c.ontology(), c.page_max, of, "gap entities"))?;
    let any = |ix: EntityIx, all: &[(RelationIx, Direction)]| {
        all.iter().any(|(relation, direction)| !graph.along(ix, *relation, *direction).is_empty())
    };
    let lacks = |ix: &EntityIx| {
        gap.of.contains(&graph.entity(*ix).kind())
            && !any(*ix, &gap.missing)
            && (gap.having.is_empty() || any(*ix, &gap.having))
    };
    let mut all: Vec<EntityIx> = gap.of.iter().flat_map(|kind| graph.of_kind(*kind)).copied().collect();
    all.sort_unstable();
    entity_list(c, lacks, all.into_iter(), request, Told::Gap(at))
}

/// A page of what passes, in its order: a walk over all, or over those that an index tells, of which
/// only what is `one` of the list counts.
fn entity_list<'c>(
    c: &'c Context,
    is_one: impl Fn(&EntityIx) -> bool,
    all: impl Iterator<Item = EntityIx>,
    request: &ListRequest,
    tells: Told,
) -> Answer<'c> {
    // The first look-up of a name builds an index.
    c.budget.begin_walk()?;
    let graph = &c.graph;
    let ListRequest { entities: filter, kinds, sorts, .. } = request;
    let evaluation = Evaluation::new(graph, &c.budget);
    let passes = |ix: &EntityIx| {
        let of = graph.entity(*ix).kind();
        let wanted = is_one(ix) && kinds.as_ref().is_none_or(|k| k.contains(&of));
        match filter {
            Some(filter) => Ok(wanted && evaluation.holds(filter, *ix)?),
            None => Ok(wanted),
        }
    };
    let kept = match filter.as_ref().and_then(|filter| filter.candidates(graph)) {
        Some(found) => keep(c, 1, found.into_iter(), passes)?,
        None => keep(c, 1, all, passes)?,
    };
    let (kept, page) = if sorts.is_empty() {
        let position = |id: &str| kept.binary_search(&graph.find(id)?).ok();
        let page = paginate(&request.page, request.tag, kept.len(), position)?;
        (kept, page)
    } else {
        let keyed = Keyed::of(graph, sorts, kept, |ix| *ix, &c.budget)?;
        let position = |id: &str| keyed.position(graph.find(id)?);
        let page = paginate(&request.page, request.tag, keyed.len(), position)?;
        (keyed.arranged(page.range.clone()), page)
    };
    c.budget.spend(page.range.len() as u64)?;
    told(Items::Entities(kept), page, request.tag, None, tells)
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
    let ListRequest { entities: filter, links, sorts, basis, .. } = request;
    let all = graph.along(from, relation, direction);
    let plain = request.is_plain();
    let mut kept = Vec::new();
    if !plain {
        let tests = 1 + links.as_ref().map_or(0, LinkFilter::size);
        let evaluation = Evaluation::new(graph, &c.budget);
        kept = keep(c, tests, all.iter().copied(), |linked| {
            let by_link = basis.is_none_or(|b| graph.link(linked.link).basis() == b)
                && links.as_ref().is_none_or(|f| f.holds(graph, linked.link));
            match filter {
                Some(filter) => Ok(by_link && evaluation.holds(filter, linked.to)?),
                None => Ok(by_link),
            }
        })?;
    }
    let list = if plain { all } else { &kept };
    if !sorts.is_empty() {
        let keyed = Keyed::of(graph, sorts, kept, |linked| linked.to, &c.budget)?;
        let position = |id: &str| keyed.position(graph.find(id)?);
        let page = paginate(&request.page, request.tag, keyed.len(), position)?;
        c.budget.spend(page.range.len() as u64)?;
        let items = Items::Linked(keyed.arranged(page.range.clone()));
        return connection(items, page, request.tag, Some((from, relation, direction)));
    }
    let position = |id: &str| {
        let ix = graph.find(id)?;
        // Insertion order is that of the links, and the item's own list tells which link it is.
        let symmetric = c.ontology().relation(relation).symmetric;
        let back = if symmetric { direction } else { direction.opposite() };
        let link = graph.along(ix, relation, back).iter().find(|linked| linked.to == from)?.link;
        list.binary_search_by_key(&link, |linked| linked.link).ok()
    };
    let page = paginate(&request.page, request.tag, list.len(), position)?;
    c.budget.spend(page.range.len() as u64)?;
    let items = if plain { Items::Along } else { Items::Linked(kept) };
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
            c.budget.spend(page.range.len() as u64)?;
            return connection(Items::AllLinks, page, tag, None);
        }
        None => keep(c, tests, graph.links(), |ix| Ok(passes(ix)))?,
        Some(ix) => {
            let mut list = Vec::new();
            for direction in [Direction::Forward, Direction::Inverse] {
                if wanted.is_none_or(|w| w == direction) {
                    let links = graph.links_of(ix, direction).iter().map(|linked| linked.link);
                    list.extend(keep(c, tests, links, |ix| Ok(passes(ix)))?);
                }
            }
            // A symmetric link is both ways; it is listed forward, and incoming shows it too.
            if *wanted == Some(Direction::Inverse) {
                let forward = graph.links_of(ix, Direction::Forward).iter().map(|linked| linked.link);
                let symmetric = |l: &LinkIx| c.ontology().relation(graph.link(*l).relation()).symmetric;
                list.extend(keep(c, tests, forward, |l| Ok(symmetric(l) && passes(l)))?);
            }
            list.sort_unstable();
            list
        }
    };
    let position = |id: &str| list.binary_search(&graph.find_link(id)?).ok();
    let page = paginate(&request.page, tag, list.len(), position)?;
    c.budget.spend(page.range.len() as u64)?;
    connection(Items::Links(list), page, tag, None)
}

/// A page of the links about whose evidence something is weak.
pub(super) fn weak_links<'c>(c: &'c Context, arguments: &Arguments) -> Answer<'c> {
    let graph = &c.graph;
    let request = arguments.list(|a| a.link_list(c.ontology(), c.page_max, "weakLinks"))?;
    let ListRequest { links: filter, relations, basis, tag, .. } = request;
    let wanted = arguments.texts("weakness");
    c.budget.begin_walk()?;
    let whole = c.whole();
    let sources = whole.sources(graph, &c.budget)?;
    let tests = 2 + filter.as_ref().map_or(0, LinkFilter::size);
    let list = keep(c, tests, graph.links(), |ix| {
        let asked = relations.as_ref().is_none_or(|r| r.contains(&graph.link(*ix).relation()))
            && basis.is_none_or(|b| graph.link(*ix).basis() == b)
            && filter.as_ref().is_none_or(|f| f.holds(graph, *ix));
        Ok(asked && support::is_weak(quality(graph, sources, *ix), wanted.as_deref()))
    })?;
    let position = |id: &str| list.binary_search(&graph.find_link(id)?).ok();
    let page = paginate(&request.page, *tag, list.len(), position)?;
    c.budget.spend(page.range.len() as u64)?;
    connection(Items::Links(list), page, *tag, None)
}
