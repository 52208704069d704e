//! Entities and links as rows of cells: what tables and graph formats have in common.

use std::collections::HashMap;

use crate::graph::{Datum, EntityIx, Graph, LinkIx};
use crate::io::json_lines::value_text;
use crate::ontology::{Datatype, Property, PropertyIx, RelationIx};

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

/// Columns that every entity has, and every link.
const ENTITY: [(&str, &str); 3] = [
    ("id", "Where the entity is found for ever."),
    ("kind", "Which kind of the ontology it is."),
    ("name", "What the sources call it."),
];
const LINK: [(&str, &str); 12] = [
    ("id", "Where the link is found for ever."),
    ("from", "The id of its subject."),
    ("relation", "Which relation of the ontology it is."),
    ("to", "The id of its object."),
    ("sentence", "The link in words."),
    ("basis", "STATED if any piece of evidence states it, else INFERRED."),
    ("date", "When it came about, in EDTF."),
    ("validFrom", "From when it holds, in EDTF."),
    ("validUntil", "Until when it holds, in EDTF."),
    ("quote", "The words of the piece of evidence that carries the basis."),
    ("source", "The id of the source that they stand in."),
    ("evidence", "How many pieces of evidence it has."),
];

fn fixed(columns: &[(&str, &str)]) -> Vec<Column> {
    let one = |(name, description): &(&str, &str)| Column {
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
        let name = ontology.name_property();
        for ix in &selection.entities {
            for (property, _) in graph.entity(*ix).properties().filter(|(property, _)| *property != name) {
                columns.by_property.entry(property).or_insert_with(|| {
                    let of = ontology.property(property);
                    place(&mut columns.of_entities, ENTITY.len(), &of.name, of)
                });
            }
        }
        for ix in &selection.links {
            let link = graph.link(*ix);
            for (at, _) in link.properties() {
                let key = (link.relation(), at);
                columns.by_attribute.entry(key).or_insert_with(|| {
                    let of = &ontology.relation(link.relation()).properties[usize::from(at)];
                    place(&mut columns.of_links, LINK.len(), &of.name, of)
                });
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
        let edtf =
            |date: Option<&std::sync::Arc<crate::ontology::FuzzyDate>>| date.map(|d| d.edtf().to_owned());
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
            Some(link.evidence().len().to_string()),
        ];
        for (cell, text) in cells.iter_mut().zip(fixed) {
            *cell = text.map(|text| vec![text]);
        }
        for (at, value) in link.properties() {
            if let Some(column) = self.by_attribute.get(&(link.relation(), at)) {
                cells[*column] = Some(texts(graph, value));
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

fn texts(graph: &Graph, value: Datum<'_>) -> Vec<String> {
    value.members().map(|member| value_text(graph, member)).collect()
}
