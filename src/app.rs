//! The composition root: an ontology, the graph under it and the API over both. Opens files,
//! hands out views, and is all that a transport needs to know.

pub mod access;
pub mod export;
mod history;
pub mod identity;
pub mod import;
pub mod live;
pub mod matches;
mod passages;
pub mod reconcile;
pub mod suggest;
pub mod tools;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use history::History;
pub use passages::Passage;
use passages::Texts;

use crate::graph::{Change, DataVersion, Datum, Graph, QuoteStatus, Transaction};
use crate::graphql::{Api, Ledger, Limits, Request, Response, SavedQuery};
use crate::io::sources::SourceView;
use crate::io::{self, Batch, Input, Reading};
use crate::ontology::{Fault, Faults, KindIx, Location, Ontology};
pub use crate::query::Budget;
pub use crate::store::Timestamp;
use crate::store::{self, Disk, Journal, Signature, StoreError};

/// The ontology that is used when no other is named.
pub const ONTOLOGY: (&str, &str) = ("schema/ontology.graphql", include_str!("../schema/ontology.graphql"));

/// The data that are loaded when neither ontology nor data are named: a file a source document, in
/// the order in which `seed/*.jsonl` names them, so that both have one version.
pub const SEED: &[(&str, &str)] = &[
    ("seed/hhs-eap-2023.jsonl", include_str!("../seed/hhs-eap-2023.jsonl")),
    ("seed/mass-gov-ahem.jsonl", include_str!("../seed/mass-gov-ahem.jsonl")),
];

/// The questions that come with the program: by name, what is asked. Those that the ontology in force
/// cannot be asked are left out.
pub const QUERIES: &[(&str, &str)] = &[
    ("compare", include_str!("../seed/queries/compare.graphql")),
    ("coverage", include_str!("../seed/queries/coverage.graphql")),
    ("crosswalk", include_str!("../seed/queries/crosswalk.graphql")),
    ("efforts-without-evidence", include_str!("../seed/queries/efforts-without-evidence.graphql")),
    (
        "goals-without-effort-or-measure",
        include_str!("../seed/queries/goals-without-effort-or-measure.graphql"),
    ),
    ("how-two-are-connected", include_str!("../seed/queries/how-two-are-connected.graphql")),
    ("populations-without-target", include_str!("../seed/queries/populations-without-target.graphql")),
    ("progress-toward-a-goal", include_str!("../seed/queries/progress-toward-a-goal.graphql")),
    (
        "recommendations-without-action",
        include_str!("../seed/queries/recommendations-without-action.graphql"),
    ),
    (
        "reports-behind-a-recommendation",
        include_str!("../seed/queries/reports-behind-a-recommendation.graphql"),
    ),
    ("status-of-recommendations", include_str!("../seed/queries/status-of-recommendations.graphql")),
    ("timeline", include_str!("../seed/queries/timeline.graphql")),
    ("weak-links", include_str!("../seed/queries/weak-links.graphql")),
    ("what-a-person-committed-to", include_str!("../seed/queries/what-a-person-committed-to.graphql")),
    ("what-addresses-a-population", include_str!("../seed/queries/what-addresses-a-population.graphql")),
    ("what-falls-with", include_str!("../seed/queries/what-falls-with.graphql")),
    ("what-followed", include_str!("../seed/queries/what-followed.graphql")),
    ("who-recommended-what", include_str!("../seed/queries/who-recommended-what.graphql")),
    ("who-stands-behind-an-effort", include_str!("../seed/queries/who-stands-behind-an-effort.graphql")),
    ("who-works-on-the-same", include_str!("../seed/queries/who-works-on-the-same.graphql")),
    ("why-an-initiative-exists", include_str!("../seed/queries/why-an-initiative-exists.graphql")),
    ("words-behind-a-link", include_str!("../seed/queries/words-behind-a-link.graphql")),
];

/// Which ontology and which data.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// SDL files, taken together; the embedded ontology if empty.
    pub schema: Vec<PathBuf>,
    /// JSON Lines files, taken together; the first may be a snapshot to which the others are added. If
    /// empty, the embedded seed under the embedded ontology, and nothing under another.
    pub data: Vec<PathBuf>,
}

impl Origin {
    /// Reads the ontology.
    ///
    /// # Errors
    /// Every fault of its files.
    pub fn ontology(&self) -> Result<Ontology, Faults> {
        if self.schema.is_empty() {
            return Ontology::read(&[(ONTOLOGY.0.to_owned(), ONTOLOGY.1.to_owned())]);
        }
        let texts: Vec<Result<(String, String), Fault>> =
            self.schema.iter().map(|p| io::read_text(p)).collect();
        let faults: Vec<Fault> = texts.iter().filter_map(|t| t.as_ref().err().cloned()).collect();
        if !faults.is_empty() {
            return Err(Faults(faults));
        }
        Ontology::read(&texts.into_iter().flatten().collect::<Vec<_>>())
    }

    /// The data, in order.
    pub fn inputs(&self) -> Vec<Input> {
        if self.data.is_empty() && self.schema.is_empty() {
            return SEED.iter().map(|(path, text)| Input::Text(path, text)).collect();
        }
        self.data.iter().cloned().map(Input::File).collect()
    }

    /// Reads the data into memory, without judging what they mean. What is not of the format is among
    /// the faults of reading.
    pub fn batch(&self) -> Batch {
        Batch::read(self.inputs())
    }
}

/// Reads and admits all, line by line: the graph, or every fault of ontology and data at once.
///
/// # Errors
/// As for [`admit`].
pub fn load(origin: &Origin) -> Result<Graph, Faults> {
    load_with(origin, |_, _, _| {})
}

/// The same, showing each change and its place to `look` on the way.
///
/// # Errors
/// As for [`admit`].
pub fn load_with(origin: &Origin, mut look: impl FnMut(&Change, &str, usize)) -> Result<Graph, Faults> {
    let ontology = origin.ontology().map(Arc::new);
    let mut inputs = origin.inputs();
    let begun = match inputs.first() {
        Some(Input::File(first)) if io::snapshot::is_snapshot(first) => {
            let opened = ontology.and_then(|it| io::snapshot::open(first, it).map_err(|f| Faults(vec![f])));
            inputs.remove(0);
            opened
        }
        _ => ontology.map(Graph::empty),
    };
    let mut transaction = begun.map(|graph| graph.begin());
    let reading = io::read(inputs, |block, file| {
        block.iter().for_each(|(line, change)| look(change, file, *line));
        if let Ok(transaction) = &mut transaction {
            transaction.look_ahead(block.iter().map(|(_, change)| change));
            block.into_iter().for_each(|(_, change)| transaction.push(change));
        }
    });
    outcome(transaction, reading)
}

/// The graph of a batch under an ontology. Data count as read even where the ontology is faulty, and
/// are admitted even where a line could not be read, so that all faults show together.
///
/// # Errors
/// Every fault of the ontology, of reading, and of what the data mean.
pub fn admit(ontology: Result<Ontology, Faults>, batch: Batch) -> Result<Graph, Faults> {
    let mut transaction = ontology.map(|ontology| Graph::empty(Arc::new(ontology)).begin());
    if let Ok(transaction) = &mut transaction {
        batch.changes.into_iter().for_each(|change| transaction.push(change));
    }
    outcome(transaction, batch.reading)
}

fn outcome(transaction: Result<Transaction, Faults>, reading: Reading) -> Result<Graph, Faults> {
    match transaction.map(Transaction::commit) {
        Err(of_ontology) => Err(Faults([of_ontology.0, reading.faults].concat())),
        Ok(Ok(graph)) if reading.faults.is_empty() => Ok(graph),
        Ok(Ok(_)) => Err(Faults(reading.faults)),
        Ok(Err(refusals)) => Err(Faults(reading.all_faults(refusals))),
    }
}

/// What the front page and `check` say about the data.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The ontology's title.
    pub title: String,
    /// Kinds that have entities: (name, plural, description, count).
    pub kinds: Vec<KindCount>,
    /// Relations that have links: (name, count).
    pub relations: Vec<(String, usize)>,
    /// How many entities.
    pub entities: usize,
    /// How many links, and how many of them rest on inference alone.
    pub links: usize,
    /// Links without any evidence that states them.
    pub inferred: usize,
    /// Pieces of evidence by status.
    pub evidence: BTreeMap<&'static str, usize>,
    /// The sources.
    pub sources: Vec<SourceLine>,
    /// Which data.
    pub version: DataVersion,
}

/// One kind and how many entities it has.
#[derive(Clone, Debug)]
pub struct KindCount {
    /// The type's name.
    pub name: String,
    /// The root field.
    pub plural: String,
    /// What it is.
    pub description: String,
    /// How many.
    pub count: usize,
}

/// One source.
#[derive(Clone, Debug)]
pub struct SourceLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: Option<String>,
    /// The outcome of the last check.
    pub status: Option<QuoteStatus>,
    /// The day of the last check.
    pub checked: Option<String>,
}

/// What a graph holds, counted. Cost: linear in it.
pub fn overview(graph: &Graph) -> Overview {
    let ontology = graph.ontology();
    let count = |ix: KindIx| {
        let kind = ontology.kind(ix);
        KindCount {
            name: kind.name.clone(),
            plural: kind.plural.clone(),
            description: kind.description.clone(),
            count: graph.of_kind(ix).len(),
        }
    };
    let mut evidence = BTreeMap::new();
    for piece in graph.owners().flat_map(|owner| graph.evidence(owner).iter()) {
        *evidence.entry(piece.status().name()).or_insert(0) += 1;
    }
    let source_kind = ontology.source_kind();
    let url = ontology.property_of(source_kind, "url");
    let source = |ix: &crate::graph::EntityIx| {
        let entity = graph.entity(*ix);
        SourceLine {
            id: entity.id().to_owned(),
            name: entity.name().to_owned(),
            url: url.and_then(|p| entity.property(p)).and_then(Datum::as_text).map(str::to_owned),
            status: entity.text().and_then(|t| t.status),
            checked: entity.text().and_then(|t| t.checked).map(|d| d.to_string()),
        }
    };
    Overview {
        title: ontology.title.clone(),
        kinds: ontology.kind_indexes().map(count).filter(|k| k.count > 0).collect(),
        relations: ontology
            .relation_indexes()
            .map(|ix| (ontology.relation(ix).name.clone(), graph.count_of(ix)))
            .filter(|(_, count)| *count > 0)
            .collect(),
        entities: graph.entity_count(),
        links: graph.link_count(),
        inferred: graph.links().filter(|ix| graph.link(*ix).basis() == crate::graph::Basis::Inferred).count(),
        evidence,
        sources: graph.of_kind(source_kind).iter().map(source).collect(),
        version: graph.version(),
    }
}

/// A running instance. Shared by all connections; each operation reads the view there was when
/// it began.
#[derive(Debug)]
pub struct App {
    api: Api,
    /// By name.
    saved: BTreeMap<String, SavedQuery>,
    /// The view there is, those there were, and the door for changes.
    history: Arc<History>,
    texts: Arc<Texts>,
}

impl App {
    /// Opens an instance.
    ///
    /// # Errors
    /// Every fault of ontology and data; names that the ontology and the API both want.
    pub fn open(origin: &Origin, limits: Limits) -> Result<App, Faults> {
        App::over(load(origin)?, limits)
    }

    /// Opens an instance whose data are kept in a folder: what the folder holds, where it holds a store; else the
    /// data of `origin`, which are written there first. `at` is now.
    ///
    /// # Errors
    /// Every fault of ontology and data; a store that cannot be opened; data named although the store has its own.
    pub fn durable(origin: &Origin, dir: &Path, limits: Limits, at: Timestamp) -> Result<App, Faults> {
        let fault = |what: String, help: &str| {
            Faults(vec![Fault { place: Location::default(), what, help: help.to_owned() }])
        };
        let unopened = |e: StoreError| fault(e.to_string(), "");
        if !store::is_there(dir) {
            let graph = Arc::new(load(origin)?);
            let signature =
                Signature { by: None, at, reason: Some("the data that the store was begun with".to_owned()) };
            let journal = store::create(dir, &graph, signature).map_err(unopened)?;
            return App::with_history(graph.clone(), History::new(graph, journal), limits);
        }
        if !origin.data.is_empty() {
            let what = format!("{} holds data already, which --data would not change", dir.display());
            return Err(fault(what, "leave --data out, or name a new folder"));
        }
        let ontology = Arc::new(origin.ontology()?);
        let disk = Disk::open(dir).map_err(unopened)?;
        let opened = Journal::open(Box::new(disk), &ontology).map_err(unopened)?;
        let Some(opened) = opened else {
            return Err(fault(
                format!("{} holds a store with no history", dir.display()),
                "name a new folder",
            ));
        };
        let graph = Arc::new(opened.graph);
        App::with_history(graph.clone(), History::new(graph, opened.journal), limits)
    }

    /// An instance over a graph.
    ///
    /// # Errors
    /// Names that the ontology and the API both want.
    pub fn over(graph: Graph, limits: Limits) -> Result<App, Faults> {
        let graph = Arc::new(graph);
        let journal = Journal::in_memory(graph.clone());
        App::with_history(graph.clone(), History::new(graph, journal), limits)
    }

    fn with_history(graph: Arc<Graph>, history: History, limits: Limits) -> Result<App, Faults> {
        let clash = |what| {
            Faults(vec![Fault {
                place: Location::default(),
                what,
                help: "rename the kind or relation".to_owned(),
            }])
        };
        let history = Arc::new(history);
        let api = Api::new(graph.ontology(), limits).map_err(clash)?.with_ledger(history.clone());
        let fitting = QUERIES.iter().filter_map(|(name, text)| api.saved(name, name, text).ok());
        let saved = fitting.map(|query| (query.name.clone(), query)).collect();
        Ok(App { api, saved, history, texts: Arc::default() })
    }

    /// Adds the saved queries of a folder, a file `name.graphql` each; one of a name that is there
    /// replaces it.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn with_queries(mut self, folder: &Path) -> Result<App, Faults> {
        let files = io::files_in(folder, "graphql").map_err(|fault| Faults(vec![fault]))?;
        let mut faults = Vec::new();
        for path in files {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let read = io::read_text(&path).map_err(|fault| vec![fault]);
            match read.and_then(|(file, text)| self.api.saved(&name, &file, &text)) {
                Ok(query) => drop(self.saved.insert(query.name.clone(), query)),
                Err(of_file) => faults.extend(of_file),
            }
        }
        if faults.is_empty() { Ok(self) } else { Err(Faults(faults)) }
    }

    /// Reads the texts of the sources from the folder where they lie, to be shown with the quotes in them.
    ///
    /// # Errors
    /// The folder, if it cannot be read.
    pub fn with_sources(mut self, folder: &Path) -> Result<App, Faults> {
        let texts = io::sources::texts(&self.view(), folder).map_err(|fault| Faults(vec![fault]))?;
        self.texts = Arc::new(Texts::of(texts));
        self.history.check_quotes_in(self.texts.clone());
        Ok(self)
    }

    /// The text of a source, by the source's id, if the folder of sources has it.
    pub fn source_text(&self, id: &str) -> Option<&SourceView> {
        self.texts.text(id)
    }

    /// The words of a source that links rest on, in the order in which they stand in its text. Cost: linear in the
    /// graph at the first call after the data changed.
    pub fn passages(&self, id: &str) -> Vec<Passage> {
        self.texts.passages(&self.view(), id)
    }

    /// The saved queries, by name.
    pub fn saved(&self) -> &BTreeMap<String, SavedQuery> {
        &self.saved
    }

    /// The view there is now. A reader keeps it as long as it likes.
    pub fn view(&self) -> Arc<Graph> {
        self.history.newest()
    }

    /// The past, and the door for changes: what is committed is the view of whoever asks next.
    pub fn ledger(&self) -> &dyn Ledger {
        &*self.history
    }

    /// Why nothing can be changed any more; none while all is well.
    pub fn failed(&self) -> Option<String> {
        self.history.failed()
    }

    /// Calls `tell` after each change, on the thread that made it: it must be quick.
    pub fn on_change(&self, tell: impl Fn() + Send + Sync + 'static) {
        self.history.on_change(Box::new(tell));
    }

    /// Batches that a start now would replay.
    pub fn unimaged(&self) -> u64 {
        self.history.unimaged()
    }

    /// Whether enough was added since the last image of the graph to write another.
    pub fn wants_image(&self) -> bool {
        self.history.wants_image()
    }

    /// Writes an image of the graph: the next start is quicker by it.
    /// Blocking; a failure costs nothing but the image.
    pub fn keep_image(&self) {
        self.history.keep_image();
    }

    /// Executes one request. Blocking and bound to the CPU: call it off the async threads.
    pub fn execute(&self, request: &Request, budget: &Arc<Budget>) -> Response {
        self.api.execute(&self.view(), request, budget)
    }

    /// Executes one request if that takes little: fast enough for an async thread.
    pub fn execute_briefly(&self, request: &Request, steps: u64) -> Option<Response> {
        self.api.execute_briefly(&self.view(), request, steps)
    }

    /// A budget as large as the limits allow.
    pub fn budget(&self) -> Arc<Budget> {
        Arc::new(Budget::new(self.api.limits().steps))
    }

    /// Which data answer now.
    pub fn version(&self) -> DataVersion {
        self.view().version()
    }

    /// The schema as SDL.
    pub fn sdl(&self) -> &str {
        self.api.sdl()
    }

    /// What the data hold, counted.
    pub fn overview(&self) -> Overview {
        overview(&self.view())
    }

    /// The API, for whoever walks its schema.
    pub fn api(&self) -> &Api {
        &self.api
    }
}
