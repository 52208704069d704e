//! YAML: documents, or the elements of one.

use std::io::BufRead;

use jaq_json::Val;

use super::{Broken, Next, Row, rows_of};

/// Nodes, and events, of a document: far beyond any real one, and not without end, for aliases multiply.
const NODES: usize = 50_000_000;

pub(super) fn read(
    mut reader: &mut dyn BufRead,
    path: &[String],
    give: &mut dyn FnMut(Row) -> Next,
) -> Result<(), Broken> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_reader_input_bytes: None,
            max_events: NODES,
            max_nodes: NODES,
            max_documents: usize::MAX,
            max_total_scalar_bytes: usize::MAX,
        },
        // `no` is a word, and 007 no number.
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    };
    for document in serde_saphyr::read_with_options::<_, Val>(&mut reader, options) {
        let document = document.map_err(|e| broken(&e))?;
        let next = rows_of(document, path, give)
            .map_err(|what| Broken::at(0, 0, what).help("name a path that is there by --rows"))?;
        if next == Next::Enough {
            break;
        }
    }
    Ok(())
}

fn broken(e: &serde_saphyr::Error) -> Broken {
    let place = e.location();
    let part = |part: u64| usize::try_from(part).unwrap_or(0);
    let (line, column) = place.map_or((0, 0), |l| (part(l.line()), part(l.column())));
    let message = e.to_string();
    let what = message.lines().next().unwrap_or_default().to_owned();
    Broken::at(line, column, what)
}
