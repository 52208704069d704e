//! GraphML: nodes and edges whose data have the names of our columns.

use std::collections::HashMap;
use std::sync::Arc;

use jaq_json::Val;

use super::cells::Cells;
use crate::io::import::{text, words};
use crate::io::tables::BETWEEN_IN_GRAPHS;

/// Takes the nodes and edges of a document, which is one element of XML, as `{t, a, c}`.
///
/// # Errors
/// That it is no GraphML.
pub(super) fn read(document: &Val, file: &Arc<str>, cells: &mut Cells<'_>) -> Result<(), (usize, String)> {
    if name(document) != "graphml" {
        return Err((0, format!("the root is `{}`, not `graphml`", name(document))));
    }
    // What each key is called, by its id.
    let keys: HashMap<String, String> = children(document, "key")
        .filter_map(|key| Some((attribute(key, "id")?, attribute(key, "attr.name")?)))
        .collect();
    for graph in children(document, "graph") {
        for (element, ends) in children(graph, "node")
            .map(|node| (node, &NODE[..]))
            .chain(children(graph, "edge").map(|edge| (edge, &EDGE[..])))
        {
            let data = children(element, "data").filter_map(|data| {
                let key = attribute(data, "key")?;
                Some((keys.get(&key).cloned().unwrap_or(key), inner(data)))
            });
            let own = ends
                .iter()
                .filter_map(|(name, column)| Some(((*column).to_owned(), attribute(element, name)?)));
            let all = data.chain(own).filter(|(_, cell)| !cell.is_empty());
            cells.element(file, all.collect(), BETWEEN_IN_GRAPHS);
        }
    }
    Ok(())
}

/// Attributes of elements, and the columns that they are.
const NODE: [(&str, &str); 1] = [("id", "id")];
const EDGE: [(&str, &str); 3] = [("id", "id"), ("source", "from"), ("target", "to")];

fn member<'v>(element: &'v Val, key: &str) -> Option<&'v Val> {
    match element {
        Val::Obj(members) => members.get(&text(key)),
        _ => None,
    }
}

/// The name of an element, a prefix aside.
fn name(element: &Val) -> String {
    let name = member(element, "t").map(words).unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

fn attribute(element: &Val, name: &str) -> Option<String> {
    member(member(element, "a")?, name).map(words)
}

fn content(element: &Val) -> &[Val] {
    match member(element, "c") {
        Some(Val::Arr(content)) => content,
        _ => &[],
    }
}

fn children<'v>(element: &'v Val, of: &str) -> impl Iterator<Item = &'v Val> {
    content(element).iter().filter(move |child| name(child) == of)
}

fn inner(element: &Val) -> String {
    content(element).iter().filter(|part| !matches!(part, Val::Obj(_))).map(words).collect()
}
