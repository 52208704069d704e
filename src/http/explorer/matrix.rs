//! `/matrix?rows=&columns=`: entities of one kind against those of another: in each cell the links between the two, and
//! empty cells as plain as full ones.

use std::collections::{BTreeSet, HashMap};

use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::ask::{Answer, items, number, words};
use super::parts::{self, titled};
use super::text::grouped;
use super::views::{self, Controls};
use super::{Answered, Page, Visit};
use crate::ontology::{Flow, KindIx, Ontology, RelationIx, upper_snake};

/// Rows and columns of a page, and links of a relation that one row may have.
const ROWS: u64 = 25;
const COLUMNS: u64 = 50;
const LINKS: u64 = 60;

/// Links of a cell from which it is drawn darker.
const STEPS: &[u64] = &[1, 2, 3, 6];

pub(super) async fn page(visit: Visit) -> Answered {
    let text = visit.text;
    let view = visit.shared.app.view();
    let ontology = view.ontology();
    let (rows, columns) =
        chosen(&visit, ontology, |kind| view.of_kind(kind).len(), |relation| view.count_of(relation))?;
    let (first, after, last, before) = parts::page_of(&visit, ROWS);
    let names = [rows, columns].map(|kind| upper_snake(&ontology.kind(kind).name));
    let variables = json!({
        "rows": [names[0]], "columns": [names[1]], "links": visit.at_most(LINKS), "of": visit.at_most(COLUMNS),
        "first": first, "after": after, "last": last, "before": before,
    });
    let answer = visit.ask(&query(ontology, rows, columns), variables).await?;
    let cells = Cells::of(&answer);
    let shown = [rows, columns].map(|kind| titled(&ontology.kind(kind).plural));
    let title = text.tell("matrix.title.of", &[("rows", &shown[0]), ("columns", &shown[1].to_lowercase())]);
    let all = number(&answer["rows"]["totalCount"]);
    let main = html! {
        header class="page-head" {
            p class="eyebrow" { (parts::icon("view-matrix")) " " (text.say("matrix.title")) }
            h1 { (title) }
            p class="lead" { (text.say("matrix.lead")) }
            p class="summary" { (text.tell("matrix.counted", &[("empty", &grouped(cells.empty())), ("all", &grouped(cells.all()))])) }
        }
        (controls(&visit, &names))
        (views::place(&title, &html! {
            (table(&visit, &cells))
            @if number(&answer["columns"]["totalCount"]) > cells.columns.len() as u64 { p class="note" { (text.tell("matrix.columns.more", &[("shown", &cells.columns.len()), ("count", &grouped(number(&answer["columns"]["totalCount"])))])) } }
            @if all > cells.rows.len() as u64 { p class="note" { (text.tell("matrix.rows.more", &[("shown", &cells.rows.len()), ("count", &grouped(all))])) } }
            @if cells.cut { p class="note" { (text.tell("matrix.cut", &[("count", &visit.at_most(LINKS))])) } }
            (parts::pager(&visit, &answer["rows"]["pageInfo"]))
        }))
    };
    let exports = visit.formats(&["json", "csv-links", "csv-evidence", "graphml", "markdown"]);
    let about = text.say("matrix.lead");
    Ok(visit
        .show(&Page { title: &title, about, main, answers: &[&answer], exports, ..Page::default() })
        .await)
}

/// The kinds that the address names; without, those with the most entities that the relation with the most links
/// joins, of the relations along which support flows.
fn chosen(
    visit: &Visit,
    ontology: &Ontology,
    entities: impl Fn(KindIx) -> usize,
    links: impl Fn(RelationIx) -> usize,
) -> Result<(KindIx, KindIx), Response> {
    let most = |kinds: &[KindIx]| kinds.iter().copied().max_by_key(|kind| entities(*kind));
    let all = (0..).map(RelationIx).zip(&ontology.relations);
    let joining = all.filter(|(_, relation)| relation.flow != Flow::None && relation.from != relation.to);
    let best = joining.max_by_key(|(ix, _)| links(*ix)).map(|(_, relation)| relation);
    let pair = best.and_then(|relation| Some((most(&relation.from)?, most(&relation.to)?)));
    let (rows, columns) = pair.unwrap_or((KindIx(0), KindIx(0)));
    let named =
        |parameter, usual| visit.kinds(parameter).map(|kinds| kinds.first().copied().unwrap_or(usual));
    Ok((named("rows", rows)?, named("columns", columns)?))
}

/// Asks for rows, columns and the links from the one to the other.
fn query(ontology: &Ontology, rows: KindIx, columns: KindIx) -> String {
    let fields = ontology.relations_of(rows).filter_map(|(ix, direction)| {
        let relation = ontology.relation(ix);
        relation.targets(direction).contains(&columns).then(|| relation.name_in(direction))
    });
    let fields: String = fields
        .map(|field| {
            format!("\n        {field}(first: $links) {{ totalCount edges {{ node {{ id }} link {{ id basis sentence }} }} }}")
        })
        .collect();
    let own = match fields.is_empty() {
        true => String::new(),
        false => format!("\n      ... on {} {{{fields}\n      }}", ontology.kind(rows).name),
    };
    let links = if fields.is_empty() { "" } else { ", $links: Int!" };
    format!(
        "query Matrix($rows: [KindName!], $columns: [KindName!], $of: Int!{links}, $first: Int, $after: String, $last: Int, $before: String) {{
  rows: entities(kinds: $rows, orderBy: [{{ field: NAME }}], first: $first, after: $after, last: $last, before: $before) {{
    totalCount
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
    nodes {{
      ...Named{own}
    }}
  }}
  columns: entities(kinds: $columns, orderBy: [{{ field: NAME }}], first: $of) {{ totalCount nodes {{ ...Named }} }}
}}{}",
        parts::ENTITY
    )
}

/// Who is linked to whom.
struct Cells<'a> {
    rows: Vec<&'a Json>,
    columns: Vec<&'a Json>,
    /// Links by the ids of row and column.
    links: HashMap<(&'a str, &'a str), Vec<&'a Json>>,
    /// Whether a row has more links than were asked for.
    cut: bool,
}

impl<'a> Cells<'a> {
    fn of(answer: &'a Answer) -> Cells<'a> {
        let (rows, columns) = (items(&answer["rows"]["nodes"]), items(&answer["columns"]["nodes"]));
        let wanted: BTreeSet<&str> = columns.iter().map(|column| words(&column["id"])).collect();
        let mut links: HashMap<(&str, &str), Vec<&Json>> = HashMap::new();
        let mut cut = false;
        for row in rows {
            for list in row.as_object().into_iter().flatten().map(|(_, value)| value) {
                let edges = items(&list["edges"]);
                cut |= number(&list["totalCount"]) > edges.len() as u64;
                for edge in edges {
                    let column = words(&edge["node"]["id"]);
                    if wanted.contains(column) {
                        links.entry((words(&row["id"]), column)).or_default().push(&edge["link"]);
                    }
                }
            }
        }
        Cells { rows: rows.iter().collect(), columns: columns.iter().collect(), links, cut }
    }

    fn all(&self) -> u64 {
        (self.rows.len() * self.columns.len()) as u64
    }

    fn empty(&self) -> u64 {
        self.all() - self.links.len() as u64
    }

    fn between(&self, row: &'a Json, column: &'a Json) -> &[&'a Json] {
        self.links.get(&(words(&row["id"]), words(&column["id"]))).map_or(&[], Vec::as_slice)
    }
}

fn controls(visit: &Visit, [rows, columns]: &[String; 2]) -> Markup {
    let kinds = parts::kind_values(visit.shared.app.view().ontology());
    let select = |name: &str, label: &str, chosen: &str| {
        html! {
            div class="field" {
                label for=(name) { (visit.text.say(label)) }
                select id=(name) name=(name) { @for (value, words) in &kinds { option value=(value) selected[value == chosen] { (words) } } }
            }
        }
    };
    let fields = html! {
        (select("rows", "matrix.rows", rows))
        (select("columns", "matrix.columns", columns))
        div class="field choices" { label { input type="checkbox" name="only" value="1" checked[visit.get("only").is_some()]; " " (visit.text.say("matrix.only")) } }
    };
    views::controls(visit, &Controls { sets: &["rows", "columns", "only"], fields })
}

fn table(visit: &Visit, cells: &Cells<'_>) -> Markup {
    let text = visit.text;
    let only = visit.get("only").is_some();
    let rows = cells
        .rows
        .iter()
        .filter(|row| !only || cells.columns.iter().any(|column| !cells.between(row, column).is_empty()));
    let columns: Vec<_> = cells
        .columns
        .iter()
        .filter(|column| !only || cells.rows.iter().any(|row| !cells.between(row, column).is_empty()))
        .collect();
    html! {
        div class="scroll" role="group" aria-labelledby="view-title" tabindex="0" {
            table class="matrix" {
                thead { tr { td {} @for column in &columns { th scope="col" { (parts::entity(visit, column)) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" { (parts::entity(visit, row)) }
                            @for column in &columns { (cell(visit, row, column, cells.between(row, column))) }
                        }
                    }
                }
            }
        }
        ul class="legend" {
            li { "– " (text.say("matrix.empty")) }
            li { (text.say("matrix.legend")) }
        }
    }
}

fn cell(visit: &Visit, row: &Json, column: &Json, links: &[&Json]) -> Markup {
    let text = visit.text;
    let count = links.len() as u64;
    let shade = STEPS.iter().filter(|least| count >= **least).count();
    let href = match links {
        [link] => visit.link(words(&link["id"])),
        _ => visit.href("/path", &[("from", words(&row["id"])), ("to", words(&column["id"])), ("hops", "1")]),
    };
    html! {
        @if links.is_empty() {
            td class="cell empty" { "–" }
        } @else {
            td class={ "cell n-" (shade) } {
                a href=(href) {
                    span class="count" aria-hidden="true" { (count) }
                    span class="visually-hidden" { (text.tell("matrix.cell", &[("row", &words(&row["name"])), ("column", &words(&column["name"])), ("links", &text.count("count.links", count))])) }
                }
            }
        }
    }
}
