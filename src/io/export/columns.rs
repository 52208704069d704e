//! Entities and links as rows of cells: what tables and graph formats have in common.

use std::collections::HashMap;
use std::sync::Arc;

use crate::graph::{Datum, EntityIx, Graph, Link, LinkIx};
use crate::io::json_lines::{identifiers, text_parts, value_text};
use crate::io::tables::{ENTITY, IDENTIFIERS, LINK, Named, kind_of_date, text_part};
use crate::ontology::{Datatype, DateKind, FuzzyDate, Property, PropertyIx, RelationIx};

use super::Selection;

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Text,
    Integer,
    Number,
    Truth,
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) sort: Sort,
    /// Whether a cell holds several values.
    pub(super) list: bool,
    pub(super) description: String,
}

const KIND_OF_DATE: &str = "What kind of date the other column has.";

/// A cell; several values of a list stand one after the other.
pub(super) type Cell = Option<Vec<String>>;

/// The columns of a selection: only those that some entity or link of it fills.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) of_entities: Vec<Column>,
    pub(super) of_links: Vec<Column>,
    by_property: HashMap<PropertyIx, usize>,
    by_attribute: HashMap<(RelationIx, u16), usize>,
}

fn fixed(columns: &[Named]) -> Vec<Column> {
    let one = |(name, description): &Named| Column {
        name: (*name).to_owned(),
        sort: if *name == "evidence" { Sort::Integer } else { Sort::Text },
        list: false,
        description: (*description).to_owned(),
    };
    columns.iter().map(one).collect()
}

impl Columns {
    /// Cost: linear in the properties of the selection.
    pub(super) fn of(graph: &Graph, selection: &Selection) -> Columns {
        let ontology = graph.ontology();
        let mut columns = Columns {
            of_entities: fixed(&ENTITY),
            of_links: fixed(&LINK),
            by_property: HashMap::new(),
            by_attribute: HashMap::new(),
        };
        for ix in &selection.entities {
            let entity = graph.entity(*ix);
            for (property, value) in entity.properties() {
                let of = ontology.property(property);
                columns
                    .by_property
                    .entry(property)
                    .or_insert_with(|| place(&mut columns.of_entities, ENTITY.len(), &of.name, of));
                if kind_of(value).is_some() {
                    extra(&mut columns.of_entities, kind_of_date(&of.name), KIND_OF_DATE, false);
                }
            }
            for (part, _) in entity.text().into_iter().flat_map(text_parts) {
                extra(&mut columns.of_entities, text_part(part), "Of the text of the source.", false);
            }
            if identifiers(graph, *ix).next().is_some() {
                extra(
                    &mut columns.of_entities,
                    IDENTIFIERS.to_owned(),
                    "Identifiers, each behind its scheme.",
                    true,
                );
            }
        }
        for ix in &selection.links {
            let link = graph.link(*ix);
            for (name, date) in dates(&link) {
                if date.kind().is_some() {
                    extra(&mut columns.of_links, kind_of_date(name), KIND_OF_DATE, false);
                }
            }
            for (at, value) in link.properties() {
                let of = &ontology.relation(link.relation()).properties[usize::from(at)];
                columns
                    .by_attribute
                    .entry((link.relation(), at))
                    .or_insert_with(|| place(&mut columns.of_links, LINK.len(), &of.name, of));
                if kind_of(value).is_some() {
                    extra(&mut columns.of_links, kind_of_date(&of.name), KIND_OF_DATE, false);
                }
            }
        }
        columns
    }

    /// The cells of an entity, one for each column.
    pub(super) fn entity(&self, graph: &Graph, ix: EntityIx) -> Vec<Cell> {
        let entity = graph.entity(ix);
        let mut cells: Vec<Cell> = vec![None; self.of_entities.len()];
        let kind = &graph.ontology().kind(entity.kind()).name;
        for (cell, text) in cells.iter_mut().zip([entity.id(), kind, entity.name()]) {
            *cell = Some(vec![text.to_owned()]);
        }
        for (property, value) in entity.properties() {
            if let Some(at) = self.by_property.get(&property) {
                cells[*at] = Some(texts(graph, value));
            }
            if let Some(kind) = kind_of(value) {
                let name = kind_of_date(&graph.ontology().property(property).name);
                put(&mut cells, &self.of_entities, &name, vec![kind.name().to_owned()]);
            }
        }
        for (part, text) in entity.text().into_iter().flat_map(text_parts) {
            put(&mut cells, &self.of_entities, &text_part(part), vec![text]);
        }
        let others: Vec<String> =
            identifiers(graph, ix).map(|id| format!("{}:{}", id.scheme, id.value)).collect();
        if !others.is_empty() {
            put(&mut cells, &self.of_entities, IDENTIFIERS, others);
        }
        cells
    }

    /// The cells of a link, one for each column.
    pub(super) fn link(&self, graph: &Graph, ix: LinkIx) -> Vec<Cell> {
        let link = graph.link(ix);
        let (from, to) = link.ends();
        let basis = link.basis();
        // The piece that the link is as good as.
        let best = link.evidence().iter().find(|piece| piece.basis() == basis);
        let mut cells: Vec<Cell> = vec![None; self.of_links.len()];
        let edtf = |date: Option<&Arc<FuzzyDate>>| date.map(|d| d.edtf().to_owned());
        let fixed: [Option<String>; LINK.len()] = [
            Some(graph.link_id(ix)),
            Some(graph.entity(from).id().to_owned()),
            Some(graph.ontology().relation(link.relation()).name.clone()),
            Some(graph.entity(to).id().to_owned()),
            Some(graph.sentence(ix)),
            Some(basis.name().to_owned()),
            edtf(link.date()),
            edtf(link.valid_from()),
            edtf(link.valid_until()),
            best.and_then(|piece| piece.quote().map(str::to_owned)),
            best.map(|piece| graph.entity(piece.source()).id().to_owned()),
            best.and_then(|piece| piece.url().map(str::to_owned)),
            best.and_then(|piece| piece.note().map(str::to_owned)),
            Some(link.evidence().len().to_string()),
        ];
        for (cell, text) in cells.iter_mut().zip(fixed) {
            *cell = text.map(|text| vec![text]);
        }
        for (at, value) in link.properties() {
            if let Some(column) = self.by_attribute.get(&(link.relation(), at)) {
                cells[*column] = Some(texts(graph, value));
            }
            if let Some(kind) = kind_of(value) {
                let of = &graph.ontology().relation(link.relation()).properties[usize::from(at)];
                put(&mut cells, &self.of_links, &kind_of_date(&of.name), vec![kind.name().to_owned()]);
            }
        }
        for (name, date) in dates(&link) {
            if let Some(kind) = date.kind() {
                put(&mut cells, &self.of_links, &kind_of_date(name), vec![kind.name().to_owned()]);
            }
        }
        cells
    }
}

/// The column of that name, made if it is not there. Properties of one name and different datatypes share
/// one of text.
fn place(columns: &mut Vec<Column>, fixed: usize, name: &str, of: &Property) -> usize {
    let sort = match of.datatype {
        Datatype::Int => Sort::Integer,
        Datatype::Float => Sort::Number,
        Datatype::Boolean => Sort::Truth,
        _ => Sort::Text,
    };
    // A property may be called as a fixed column is; it has its own.
    let taken = columns[..fixed].iter().any(|column| column.name == name);
    let name = if taken { format!("{name}_") } else { name.to_owned() };
    if let Some(at) = columns.iter().position(|column| column.name == name) {
        let column = &mut columns[at];
        column.list |= of.list;
        column.sort = if column.sort == sort { sort } else { Sort::Text };
        return at;
    }
    columns.push(Column { name, sort, list: of.list, description: of.description.clone() });
    columns.len() - 1
}

/// A column that only some fill.
fn extra(columns: &mut Vec<Column>, name: String, description: &str, list: bool) {
    if !columns.iter().any(|column| column.name == name) {
        columns.push(Column { name, sort: Sort::Text, list, description: description.to_owned() });
    }
}

fn put(cells: &mut [Cell], columns: &[Column], name: &str, values: Vec<String>) {
    if let Some(at) = columns.iter().position(|column| column.name == name) {
        cells[at] = Some(values);
    }
}

/// What kind of date a value is, where that is told.
fn kind_of(value: Datum<'_>) -> Option<DateKind> {
    match value {
        Datum::FuzzyDate(date) => date.kind(),
        _ => None,
    }
}

fn dates<'g>(link: &Link<'g>) -> impl Iterator<Item = (&'static str, &'g Arc<FuzzyDate>)> {
    let all = [("date", link.date()), ("validFrom", link.valid_from()), ("validUntil", link.valid_until())];
    all.into_iter().filter_map(|(name, date)| Some((name, date?)))
}

fn texts(graph: &Graph, value: Datum<'_>) -> Vec<String> {
    value.members().map(|member| value_text(graph, member)).collect()
}
