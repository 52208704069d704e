//! Where in the texts of sources the words stand that links rest on.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::graph::{DataVersion, Graph, Owner};
use crate::io::sources::SourceView;

/// Words of a source that links rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Where they stand in the text.
    pub place: Range<usize>,
    /// The ids of the links, each once.
    pub links: Vec<String>,
}

/// The texts of sources, by id, and the passages of each, found at the first request after the data changed.
#[derive(Debug, Default)]
pub(super) struct Texts {
    texts: HashMap<String, SourceView>,
    found: Mutex<Option<(DataVersion, Arc<Passages>)>>,
}

/// In the order in which they stand, by the source's id.
type Passages = HashMap<String, Vec<Passage>>;

impl Texts {
    pub(super) fn of(texts: HashMap<String, SourceView>) -> Texts {
        Texts { texts, found: Mutex::default() }
    }

    pub(super) fn text(&self, source: &str) -> Option<&SourceView> {
        self.texts.get(source)
    }

    /// Linear in the graph where the data are new, and free after that.
    pub(super) fn passages(&self, graph: &Graph, source: &str) -> Vec<Passage> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let version = graph.version();
        let known = found.as_ref().filter(|(of, _)| *of == version).map(|(_, passages)| passages.clone());
        let passages = known.unwrap_or_else(|| {
            let all = Arc::new(self.find(graph));
            *found = Some((version, all.clone()));
            all
        });
        passages.get(source).cloned().unwrap_or_default()
    }

    fn find(&self, graph: &Graph) -> Passages {
        let mut found: HashMap<&str, BTreeMap<(usize, usize), Vec<String>>> = HashMap::new();
        for ix in graph.links() {
            for evidence in graph.evidence(Owner::Link(ix)).iter() {
                let source = graph.entity(evidence.source());
                let (Some(text), Some(quote)) = (self.texts.get(source.id()), evidence.quote()) else {
                    continue;
                };
                let around = |part: Option<&str>| part.unwrap_or_default().to_owned();
                let (prefix, suffix) = (around(evidence.prefix()), around(evidence.suffix()));
                let Some(place) = text.place(quote, &prefix, &suffix) else { continue };
                let links =
                    found.entry(source.id()).or_default().entry((place.start, place.end)).or_default();
                let id = graph.link_id(ix);
                if !links.contains(&id) {
                    links.push(id);
                }
            }
        }
        let passage = |((start, end), links)| Passage { place: start..end, links };
        found.into_iter().map(|(id, of)| (id.to_owned(), of.into_iter().map(passage).collect())).collect()
    }
}
