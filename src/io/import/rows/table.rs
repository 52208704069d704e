//! Tables: records of cells under a header.

use std::collections::HashSet;
use std::io::BufRead;

use jaq_json::Val;

use super::{Broken, Next, Row, text};

pub(super) fn read(
    reader: &mut dyn BufRead,
    delimiter: u8,
    give: &mut dyn FnMut(Row) -> Next,
) -> Result<(), Broken> {
    let mut table = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(reader);
    let header = table.headers().map_err(broken)?.clone();
    if header.is_empty() {
        return Err(Broken::at(1, 0, "the table has no header").help("the first line names the columns"));
    }
    let columns = columns(&header);
    let mut record = csv::StringRecord::new();
    while table.read_record(&mut record).map_err(broken)? {
        let row = if record.len() == columns.len() {
            let cells = columns.iter().zip(&record).map(|(column, cell)| (column.clone(), text(cell)));
            Ok(Val::obj(cells.collect()))
        } else {
            let cells = match record.len() {
                1 => "1 cell".to_owned(),
                n => format!("{n} cells"),
            };
            let line = record.position().map_or(0, csv::Position::line);
            Err(format!("the row has {cells} and the header {} (line {line})", columns.len()))
        };
        if give(row) == Next::Enough {
            break;
        }
    }
    Ok(())
}

/// A name for each column: a second one of a name gets a number, one without a name its place.
fn columns(header: &csv::StringRecord) -> Vec<Val> {
    let mut taken = HashSet::new();
    let name = |(at, cell): (usize, &str)| {
        let cell = cell.trim();
        let name = if cell.is_empty() { format!("column {}", at + 1) } else { cell.to_owned() };
        let numbered = (2..).map(|n| format!("{name} ({n})"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|n| !taken.contains(n));
        let free = free.unwrap_or(name);
        taken.insert(free.clone());
        text(free)
    };
    header.iter().enumerate().map(name).collect()
}

fn broken(e: csv::Error) -> Broken {
    let line = e.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
    match e.into_kind() {
        csv::ErrorKind::Io(e) => e.into(),
        other => Broken::at(line, 0, format!("{other:?}")),
    }
}
