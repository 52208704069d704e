//! Tables of entities, links and evidence, as the formats of tables and GraphML have them: each row is told
//! by its columns, and rows of evidence are put to what they support.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jaq_json::Val;
use serde_json::{Map, Value as Json, json};

use super::{Stated, at_row, dated, typed};
use crate::io::import::words;
use crate::io::rdf::own::{DATES, TEXT};
use crate::io::tables::{
    BETWEEN, ENTITY, EVIDENCE, IDENTIFIERS, LINK, Named, kind_of_date, text_part, unguarded,
};
use crate::io::{fault_of_file, json_lines};
use crate::ontology::{Fault, Ontology, Property, suggest};

/// A row: its place, and its cells by column, the empty ones left out.
struct Row {
    file: Arc<str>,
    number: usize,
    cells: HashMap<String, String>,
    /// What stands between the values of a list.
    between: &'static str,
    /// Whether cells that are no property are left out; else they are refused.
    lenient: bool,
}

/// What a row supports, if it is evidence.
#[derive(PartialEq, Eq, Hash)]
enum Supports {
    Link(String),
    Entity(String),
    List(String, String),
}

/// Rows that are read until all are there.
pub(super) struct Cells<'a> {
    ontology: &'a Ontology,
    entities: Vec<Row>,
    links: Vec<Row>,
    lists: Vec<Row>,
    merged: Vec<Row>,
    evidence: HashMap<Supports, Vec<Row>>,
    count: usize,
    /// Columns that are no property of what has them, and how often.
    left: BTreeMap<String, usize>,
}

/// What all rows say.
type Lines = (Vec<Stated>, BTreeMap<String, usize>);

/// Why a row is refused.
type Refused = (Arc<str>, usize, String);

impl<'a> Cells<'a> {
    pub(super) fn new(ontology: &'a Ontology) -> Cells<'a> {
        let (entities, links, lists, merged) = Default::default();
        Cells {
            ontology,
            entities,
            links,
            lists,
            merged,
            evidence: HashMap::new(),
            count: 0,
            left: BTreeMap::new(),
        }
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Takes a row of a table.
    ///
    /// # Errors
    /// That its columns are of no table of ours.
    pub(super) fn row(&mut self, file: &Arc<str>, number: usize, row: &Val) -> Result<(), String> {
        let Val::Obj(members) = row else { return Err("a row is not a record".to_owned()) };
        // Neo4j's headers say behind a colon what a column is.
        let column = |name: &Val| words(name).split(':').next().unwrap_or_default().to_owned();
        let columns: Vec<String> = members.keys().map(column).collect();
        let filled = columns.iter().zip(members.values()).map(|(name, cell)| (name.clone(), words(cell)));
        let cells: HashMap<String, String> = filled
            .filter(|(_, cell)| !cell.is_empty())
            .map(|(name, cell)| (name, unguarded(&cell).to_owned()))
            .collect();
        let has = |all: &[&str]| all.iter().all(|name| columns.iter().any(|column| column == name));
        let row = Row { file: file.clone(), number, cells, between: BETWEEN, lenient: false };
        if has(&["from", "relation", "to"]) {
            self.links.push(row);
        } else if has(&["source", "link"]) || has(&["source", "entity"]) {
            self.piece(row)?;
        } else if has(&["entity", "relation", "completeness"]) {
            self.lists.push(row);
        } else if has(&["merged", "into"]) {
            self.merged.push(row);
        } else if has(&["id", "kind"]) {
            self.entities.push(row);
        } else {
            return Err(format!(
                "the columns {} are of no table of ours: entities have id, kind, name; links from, relation, to; evidence source and link or entity; a program makes lines of other tables: --map",
                columns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ));
        }
        self.count += 1;
        Ok(())
    }

    /// Takes an element of a graph: its columns as they are named there.
    pub(super) fn element(&mut self, file: &Arc<str>, cells: HashMap<String, String>, between: &'static str) {
        let of_link = cells.contains_key("from");
        let row = Row { file: file.clone(), number: 0, cells, between, lenient: true };
        if of_link {
            self.links.push(row);
        } else {
            self.entities.push(row);
        }
        self.count += 1;
    }

    fn piece(&mut self, row: Row) -> Result<(), String> {
        let cell = |name: &str| row.cells.get(name).cloned();
        let supports = match (cell("link"), cell("entity"), cell("relation")) {
            (Some(link), None, None) => Supports::Link(link),
            (None, Some(entity), None) => Supports::Entity(entity),
            (None, Some(entity), Some(relation)) => Supports::List(entity, relation),
            _ => {
                return Err(
                    "evidence supports one thing: a `link`, an `entity`, or the list of an `entity` \
                            along a `relation`"
                        .to_owned(),
                );
            }
        };
        self.evidence.entry(supports).or_default().push(row);
        Ok(())
    }

    /// The lines that the rows say: entities, links, lists, merges, each in the order of the rows; and the
    /// columns of graphs that are left out, since the ontology has none of that name, with how often.
    ///
    /// # Errors
    /// Every row that says none.
    pub(super) fn lines(mut self) -> Result<Lines, Vec<Fault>> {
        let (mut lines, mut refused) = (Vec::with_capacity(self.count), Vec::new());
        let all = [
            (std::mem::take(&mut self.entities), Cells::entity_line as Making<'a>),
            (std::mem::take(&mut self.links), Cells::link_line),
            (std::mem::take(&mut self.lists), Cells::list_line),
            (std::mem::take(&mut self.merged), Cells::merged_line),
        ];
        for (rows, line) in all {
            for row in rows {
                match line(&mut self, &row) {
                    Ok(line) => lines.push(Stated { file: row.file, row: row.number, line }),
                    Err(what) => refused.push((row.file, row.number, what)),
                }
            }
        }
        for row in self.evidence.into_values().flatten() {
            let what = "it supports nothing that these tables have".to_owned();
            refused.push((row.file, row.number, what));
        }
        if refused.is_empty() {
            return Ok((lines, self.left));
        }
        refused.sort();
        let fault = |(file, row, what): Refused| fault_of_file(&file, at_row(row, &what), "");
        Err(refused.into_iter().map(fault).collect())
    }

    fn entity_line(&mut self, row: &Row) -> Result<Map<String, Json>, String> {
        let ontology = self.ontology;
        let (id, kind) = (row.needs("id")?, row.needs("kind")?);
        let names = || ontology.kinds.iter().map(|kind| kind.name.as_str());
        let ix = ontology
            .kind_named(kind)
            .ok_or_else(|| format!("`{kind}` is no kind; {}", suggest(kind, names().collect::<Vec<_>>())))?;
        let kind = ontology.kind(ix);
        let mut line = Map::new();
        line.insert(if kind.is_source { "source" } else { "entity" }.to_owned(), json!(id));
        line.insert("kind".to_owned(), json!(kind.name));
        line.insert("name".to_owned(), json!(row.needs("name")?));
        let all: Vec<&Property> = kind.properties.iter().map(|ix| ontology.property(*ix)).collect();
        row.properties(&ENTITY, &all, &mut line, &mut self.left)?;
        if let Some(cell) = row.cells.get(IDENTIFIERS) {
            let pair = |text: &str| {
                let (scheme, value) = text.split_once(':')?;
                Some(json!({"scheme": scheme, "value": value}))
            };
            let pairs: Option<Vec<Json>> = cell.split(row.between).map(pair).collect();
            let pairs = pairs.ok_or("`identifiers` are each a scheme, a colon and a value")?;
            line.insert(IDENTIFIERS.to_owned(), pairs.into());
        }
        let part = |key: &&str| Some(((*key).to_owned(), json!(row.cells.get(&text_part(key))?)));
        let text: Map<String, Json> = TEXT.iter().filter_map(part).collect();
        if !text.is_empty() {
            line.insert("text".to_owned(), text.into());
        }
        self.put_evidence(&Supports::Entity(id.to_owned()), &mut line)?;
        Ok(line)
    }

    fn link_line(&mut self, row: &Row) -> Result<Map<String, Json>, String> {
        let name = row.needs("relation")?;
        let relation = self.ontology.relations.iter().find(|relation| relation.name == name);
        let relation = relation.ok_or_else(|| {
            let names: Vec<&str> = self.ontology.relations.iter().map(|r| r.name.as_str()).collect();
            format!("`{name}` is no relation; {}", suggest(name, names))
        })?;
        let mut line = Map::new();
        line.insert("link".to_owned(), json!([row.needs("from")?, name, row.needs("to")?]));
        for name in DATES {
            if let Some(edtf) = row.cells.get(name) {
                let kind = row.cells.get(&kind_of_date(name)).map(String::as_str);
                line.insert(name.to_owned(), dated(edtf.clone(), kind));
            }
        }
        let mut properties = Map::new();
        let all: Vec<&Property> = relation.properties.iter().collect();
        row.properties(&LINK, &all, &mut properties, &mut self.left)?;
        if !properties.is_empty() {
            line.insert("properties".to_owned(), properties.into());
        }
        // The tables of evidence say more than the link's own columns.
        let told = row.cells.get("id").is_some_and(|id| {
            let supports = Supports::Link(id.clone());
            self.evidence.contains_key(&supports) && self.put_evidence(&supports, &mut line).is_ok()
        });
        if !told {
            let own = ["source", "quote", "url", "basis", "note"];
            let own = own.iter().filter_map(|key| Some(((*key).to_owned(), json!(row.cells.get(*key)?))));
            line.insert("evidence".to_owned(), json!([own.collect::<Map<_, _>>()]));
        }
        Ok(line)
    }

    fn list_line(&mut self, row: &Row) -> Result<Map<String, Json>, String> {
        let (entity, relation) = (row.needs("entity")?, row.needs("relation")?);
        let mut line = Map::new();
        line.insert("about".to_owned(), json!([entity, relation]));
        line.insert("completeness".to_owned(), json!(row.needs("completeness")?));
        self.put_evidence(&Supports::List(entity.to_owned(), relation.to_owned()), &mut line)?;
        Ok(line)
    }

    fn merged_line(&mut self, row: &Row) -> Result<Map<String, Json>, String> {
        let cell = |key: &str| Ok::<_, String>((key.to_owned(), json!(row.needs(key)?)));
        ["merged", "into"].into_iter().map(cell).collect()
    }

    fn put_evidence(&mut self, supports: &Supports, line: &mut Map<String, Json>) -> Result<(), String> {
        let Some(rows) = self.evidence.remove(supports) else { return Ok(()) };
        let pieces = rows.iter().map(|row| {
            let kept = EVIDENCE.iter().map(|(name, _)| *name);
            let kept = kept.filter(|name| json_lines::EVIDENCE_KEYS.contains(name));
            let piece = kept.filter_map(|name| {
                let cell = row.cells.get(name)?;
                let list = || json!(cell.split(row.between).collect::<Vec<_>>());
                Some((name.to_owned(), if name == "properties" { list() } else { json!(cell) }))
            });
            Json::Object(piece.collect())
        });
        line.insert("evidence".to_owned(), pieces.collect());
        Ok(())
    }
}

/// Makes the line of a row.
type Making<'a> = fn(&mut Cells<'a>, &Row) -> Result<Map<String, Json>, String>;

impl Row {
    fn needs(&self, column: &str) -> Result<&str, String> {
        let cell = self.cells.get(column).map(String::as_str);
        cell.ok_or_else(|| format!("`{column}` is empty"))
    }

    /// Puts the cells that are properties into a line; `fixed` are the columns that are none.
    fn properties(
        &self,
        fixed: &[Named],
        all: &[&Property],
        line: &mut Map<String, Json>,
        left: &mut BTreeMap<String, usize>,
    ) -> Result<(), String> {
        let is_fixed = |name: &str| fixed.iter().any(|(fixed, _)| *fixed == name);
        let column = |property: &Property| {
            if is_fixed(&property.name) { format!("{}_", property.name) } else { property.name.clone() }
        };
        let columns: Vec<String> = all.iter().map(|property| column(property)).collect();
        for (property, column) in all.iter().zip(&columns).filter(|(_, column)| *column != "name_") {
            let Some(cell) = self.cells.get(column) else { continue };
            let values = if property.list {
                cell.split(self.between).map(str::to_owned).collect()
            } else {
                vec![cell.clone()]
            };
            let kind = self.cells.get(&kind_of_date(&property.name)).map(String::as_str);
            line.insert(property.name.clone(), typed(property, values, kind));
        }
        let known = |name: &&String| {
            is_fixed(name)
                || columns.contains(*name)
                || name.contains('.')
                || *name == IDENTIFIERS
                || DATES.contains(&name.as_str())
        };
        let mut unknown: Vec<&String> = self.cells.keys().filter(|name| !known(name)).collect();
        unknown.sort();
        if self.lenient {
            unknown.drain(..).for_each(|name| *left.entry(name.clone()).or_default() += 1);
        }
        match unknown.first() {
            Some(name) => Err(format!(
                "`{name}` is no property of it; {}",
                suggest(name, columns.iter().map(String::as_str).collect::<Vec<_>>())
            )),
            None => Ok(()),
        }
    }
}
