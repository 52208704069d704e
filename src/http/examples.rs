//! Questions to begin with, on the front page and in GraphiQL: those of `web/graphiql/examples.json`
//! that the ontology in force can be asked, and whose ids are there.

use serde_json::Value as Json;

use crate::app::App;

const EXAMPLES: &str = include_str!("web/graphiql/examples.json");

/// The examples that fit, in the order of the file; each has `title`, `query` and perhaps
/// `variables`. Cost: a validation each.
pub(super) fn fitting(app: &App) -> Vec<Json> {
    // Our own file, read by every test of the front page.
    let all: Vec<Json> = serde_json::from_str(EXAMPLES).unwrap_or_default();
    let view = app.view();
    let fits = |example: &Json| {
        let id = example["variables"]["id"].as_str();
        app.api().accepts(example["query"].as_str().unwrap_or_default())
            && id.is_none_or(|id| view.find(id).is_some())
    };
    all.into_iter().filter(fits).collect()
}
