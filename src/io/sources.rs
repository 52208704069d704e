//! Source texts, and whether the words that evidence quotes stand in them.
//!
//! Two views of a text: the *raw view* folds white space; the *text view* also puts the words of
//! a Markdown link or image in the place of the link. Quotes are looked for in the text view,
//! word for word and case for case; addresses among the link targets of the raw one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use regex::Regex;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::Batch;
use super::page::{Page, text_of_bytes};
use super::passage::{Text, USUAL_CONTEXT};
use super::words::fold;
use crate::graph::{Change, EntityDraft, EvidenceDraft, Graph, QuoteStatus, seal, seal_to_text};
use crate::ontology::{Date, Fault, Location};

/// One source text, ready to be searched.
#[derive(Debug)]
pub struct SourceView {
    text: String,
    /// Where its lines begin in `text`.
    lines: Vec<usize>,
    targets: HashSet<String>,
    sha256: String,
}

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by every test")]
static LINK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"!?\[([^\[\]]*)\]\(([^()\s]+)(?:\s+"[^"]*")?\)"#).unwrap());
#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by every test")]
static TARGET: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\]\(([^()\s]+)|(https?://[^\s<>"')\]]+)"#).unwrap());

impl SourceView {
    /// Views of a text. Cost: linear in it, times the nesting of links in links.
    ///
    /// ```
    /// use throughline::io::sources::SourceView;
    /// let view = SourceView::new(b"DPH  released a\n[report](https://www.mass.gov/</news/smm>).");
    /// assert!(view.find(Some("DPH released a report."), None, None, None).is_ok());
    /// assert!(view.find(None, None, None, Some("https://www.mass.gov/news/smm")).is_ok());
    /// assert!(view.find(Some("DPH published a report."), None, None, None).is_err());
    /// ```
    pub fn new(bytes: &[u8]) -> SourceView {
        let whole = String::from_utf8_lossy(bytes);
        let mut text = whole.to_string();
        while LINK.is_match(&text) {
            text = LINK.replace_all(&text, "$1").into_owned();
        }
        let targets = TARGET
            .captures_iter(&whole)
            .filter_map(|c| c.get(1).or_else(|| c.get(2)))
            .map(|m| clean_address(m.as_str()))
            .collect();
        let (mut folded, mut lines) = (String::with_capacity(text.len()), Vec::new());
        for line in text.lines().map(fold).filter(|line| !line.is_empty()) {
            if !folded.is_empty() {
                folded.push(' ');
            }
            lines.push(folded.len());
            folded.push_str(&line);
        }
        SourceView { text: folded, lines, targets, sha256: HEXLOWER.encode(&Sha256::digest(bytes)) }
    }

    /// SHA-256 of the file, in hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The text as quotes are looked for in it: links by their words, one space for each run of white space.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where in [`SourceView::text`] the lines of the file that have words begin, in order.
    pub fn lines(&self) -> &[usize] {
        &self.lines
    }

    /// Where words stand in [`SourceView::text`], the first time between their prefix and suffix; none if they do
    /// not. Cost: linear in the text.
    ///
    /// ```
    /// use throughline::io::sources::SourceView;
    /// let view = SourceView::new(b"An office.\n\nAn  office.");
    /// let place = view.place("office.", "An office. An ", "").unwrap();
    /// assert_eq!((&view.text()[place.clone()], place.start, view.lines()), ("office.", 14, &[0, 11][..]));
    /// ```
    pub fn place(&self, quote: &str, prefix: &str, suffix: &str) -> Option<Range<usize>> {
        let at = self.text.find(&format!("{prefix}{quote}{suffix}"))? + prefix.len();
        Some(at..at + quote.len())
    }

    /// Whether the words, between their prefix and suffix, and the address stand here.
    ///
    /// # Errors
    /// A clause that says what was not found.
    pub fn find(
        &self,
        quote: Option<&str>,
        prefix: Option<&str>,
        suffix: Option<&str>,
        url: Option<&str>,
    ) -> Result<(), String> {
        if let Some(quote) = quote {
            if !self.text.contains(quote) {
                return Err(format!(
                    "the words {quote:?} do not stand in the source{}",
                    self.nearest_words(quote)
                ));
            }
            let (prefix, suffix) = (prefix.unwrap_or(""), suffix.unwrap_or(""));
            if self.place(quote, prefix, suffix).is_none() {
                return Err(format!(
                    "the words {quote:?} stand in the source, but not between {prefix:?} and {suffix:?}"
                ));
            }
        }
        match url {
            Some(url) if !self.targets.contains(url) => {
                Err(format!("the address {url} is not linked in the source"))
            }
            _ => Ok(()),
        }
    }

    /// How far the source agrees with a quote, as a hint for mending it.
    fn nearest_words(&self, quote: &str) -> String {
        let mut ends: Vec<usize> = quote.char_indices().map(|(i, _)| i).skip(1).collect();
        ends.push(quote.len());
        let agreed = ends.partition_point(|end| self.text.contains(&quote[..*end]));
        match agreed.checked_sub(1).map(|i| ends[i]) {
            Some(end) if end >= 12 => {
                let from = quote[..end].char_indices().rev().nth(24).map_or(0, |(i, _)| i);
                format!("; they agree up to {:?}", &quote[from..end])
            }
            _ => String::new(),
        }
    }
}

/// Undoes what scrapers do to addresses: `https://host/</path>` is `https://host/path`, and
/// `https://host/<https:/other/path>` is `https://other/path`.
pub fn clean_address(target: &str) -> String {
    let Some((base, rest)) = target.split_once('<') else { return target.to_owned() };
    let rest = rest.trim_end_matches('>');
    match rest.split_once(":/") {
        Some((scheme @ ("http" | "https"), path)) => format!("{scheme}://{}", path.trim_start_matches('/')),
        _ => format!("{}/{}", base.trim_end_matches('/'), rest.trim_start_matches('/')),
    }
}

/// A page or text that is to be kept as a source.
#[derive(Debug)]
pub struct Kept {
    /// What the page calls itself, says of itself, and says.
    pub page: Page,
    /// The name of the text in the sources folder.
    pub file: String,
    /// SHA-256 of the text, in hex.
    pub sha256: String,
}

/// Puts the text of a page into a sources folder under `slug`: `slug.txt` is what is quoted,
/// `slug.around.txt` what stands around it on the page, if anything, and `slug.original` the bytes as they
/// were. `address` makes the links of the page absolute.
///
/// # Errors
/// A fault with the system's reason; a text of that name with other words is not overwritten.
pub fn keep(file: &Path, dir: &Path, slug: &str, address: Option<&url::Url>) -> Result<Kept, Fault> {
    let bytes = super::read_bytes(file)?;
    let page = text_of_bytes(&bytes, None, address);
    let name = format!("{slug}.txt");
    let target = dir.join(&name);
    let failed = |e: std::io::Error| super::cannot_be_written(dir.display(), &e);
    if std::fs::read(&target).is_ok_and(|there| there != page.main.as_bytes()) {
        let what = "is there with another text";
        return Err(super::fault_of_file(target.display(), what, "give the new capture another id"));
    }
    std::fs::create_dir_all(dir).map_err(failed)?;
    let put = |name: &str, bytes: &[u8]| super::replace(&dir.join(name), |out| out.write_all(bytes));
    put(&name, page.main.as_bytes()).map_err(failed)?;
    put(&format!("{slug}.original"), &bytes).map_err(failed)?;
    if !page.boilerplate.is_empty() {
        put(&format!("{slug}.around.txt"), page.boilerplate.as_bytes()).map_err(failed)?;
    }
    let sha256 = HEXLOWER.encode(&Sha256::digest(page.main.as_bytes()));
    Ok(Kept { page, file: name, sha256 })
}

/// The evidence for each passage of a text that some words refer to, whatever their case and marks; the
/// whole sentence if `sentence`. Each is a piece of evidence as it stands in a line, with as much before
/// and after it as tells it from others.
///
/// # Errors
/// A fault with the system's reason.
pub fn quote(file: &Path, source: &str, words: &str, sentence: bool) -> Result<Vec<Json>, Fault> {
    let view = SourceView::new(&super::read_bytes(file)?);
    let text = Text::new(&view.text);
    let found = text.locate(words).into_iter().map(|found| {
        let range = if sentence { found.sentence } else { found.words };
        let (prefix, suffix) = text.context(range.clone(), USUAL_CONTEXT);
        let mut piece = Map::new();
        piece.insert("source".into(), source.into());
        piece.insert("quote".into(), text.as_str()[range].into());
        for (key, words) in [("prefix", prefix), ("suffix", suffix)] {
            if !words.is_empty() {
                piece.insert(key.into(), words.into());
            }
        }
        piece.insert("basis".into(), "STATED".into());
        Json::Object(piece)
    });
    let mut all: Vec<Json> = found.collect();
    all.dedup();
    Ok(all)
}

/// What a check of all quotes found.
#[derive(Debug, Default)]
pub struct Verification {
    /// How many pieces of evidence have each status.
    pub counts: BTreeMap<&'static str, usize>,
    /// Every piece that was not found, and every source that could not be read.
    pub faults: Vec<Fault>,
    /// Sources whose text is not the one that was recorded, with how many links rest on each.
    pub changed: BTreeMap<String, usize>,
    texts: HashMap<String, TextOutcome>,
}

#[derive(Debug)]
struct TextOutcome {
    file: String,
    sha256: Option<String>,
    status: QuoteStatus,
}

/// Looks for every quote of `batch` in the texts of the folder `dir`: for a source, the file its
/// line names, or `<slug>.txt`.
///
/// Nothing is changed; [`record`] writes the outcome into the files.
pub fn verify(batch: &Batch, dir: &Path) -> Verification {
    let mut verification = Verification::default();
    let mut views: HashMap<&str, Option<SourceView>> = HashMap::new();
    let places = &batch.reading.places;
    let sources = batch.changes.iter().enumerate().filter_map(|(i, change)| match change {
        Change::AddEntity(draft) | Change::PutEntity(draft) if draft.text.is_some() => Some((draft, i)),
        _ => None,
    });
    let mut recorded: Vec<(&str, &str)> = Vec::new();
    for (draft, i) in sources {
        recorded.extend(draft.text.as_ref().and_then(|t| t.sha256.as_deref()).map(|sha| (&*draft.id, sha)));
        let file = text_file(draft);
        let view = match std::fs::read(dir.join(&file)) {
            Ok(bytes) => Some(SourceView::new(&bytes)),
            Err(e) => {
                verification.faults.push(Fault {
                    place: places.get(i),
                    what: format!(
                        "the text of `{}` cannot be read from {}: {e}",
                        draft.id,
                        dir.join(&file).display()
                    ),
                    help: "put it there, or name another file in `text.file`".to_owned(),
                });
                None
            }
        };
        let sha256 = view.as_ref().map(|v| v.sha256.clone());
        let status = if view.is_some() { QuoteStatus::Verified } else { QuoteStatus::SourceUnavailable };
        verification.texts.insert(draft.id.clone(), TextOutcome { file, sha256, status });
        views.insert(&draft.id, view);
    }
    let mut texts: HashMap<&str, Text> = HashMap::new();
    for (i, change) in batch.changes.iter().enumerate() {
        for e in change.evidence() {
            let view = views.get(e.source.as_str()).and_then(Option::as_ref);
            let status = status_in(view, e).unwrap_or_else(|reason| {
                let became = view.and_then(|view| {
                    let text = texts.entry(e.source.as_str()).or_insert_with(|| Text::new(&view.text));
                    let [quote, prefix, suffix] =
                        [&e.quote, &e.prefix, &e.suffix].map(|t| t.as_deref().unwrap_or_default());
                    text.moved(quote, prefix, suffix)
                });
                verification.faults.push(Fault {
                    place: places.get(i),
                    what: format!("NOT_FOUND in `{}`: {reason}", e.source),
                    help: match became {
                        Some(it) => format!(
                            "it may have become {:?} (likeness {:.2}); quote the source word for word",
                            it.quote, it.score
                        ),
                        None => "quote the source word for word".to_owned(),
                    },
                });
                if let Some(outcome) = verification.texts.get_mut(&e.source) {
                    outcome.status = QuoteStatus::NotFound;
                }
                QuoteStatus::NotFound
            });
            *verification.counts.entry(status.name()).or_default() += 1;
        }
    }
    for (id, before) in recorded {
        let now = verification.texts.get(id).and_then(|outcome| outcome.sha256.as_deref());
        if now.is_some_and(|now| now != before) {
            let rests = |change: &&Change| matches!(change, Change::AddLink(link) if link.evidence.iter().any(|e| e.source == id));
            verification.changed.insert(id.to_owned(), batch.changes.iter().filter(rests).count());
        }
    }
    verification
}

fn status_in(view: Option<&SourceView>, e: &EvidenceDraft) -> Result<QuoteStatus, String> {
    let Some(view) = view else { return Ok(QuoteStatus::SourceUnavailable) };
    view.find(e.quote.as_deref(), e.prefix.as_deref(), e.suffix.as_deref(), e.url.as_deref())?;
    Ok(if e.quote.is_some() { QuoteStatus::Verified } else { QuoteStatus::UrlOnly })
}

fn text_file(draft: &EntityDraft) -> String {
    file_of(&draft.id, draft.text.as_ref().and_then(|text| text.file.as_deref()))
}

/// The file of a source's text: the one that it names, or `<slug>.txt`.
fn file_of(id: &str, named: Option<&str>) -> String {
    let slug = || format!("{}.txt", id.split_once('/').map_or(id, |(_, slug)| slug));
    named.map_or_else(slug, str::to_owned)
}

/// The texts of the sources of a graph that lie in the folder `dir`, by id. Those that do not are left out. Cost:
/// linear in the texts; they are held.
///
/// # Errors
/// The folder, if it cannot be read, with the system's reason.
pub fn texts(graph: &Graph, dir: &Path) -> Result<HashMap<String, SourceView>, Fault> {
    std::fs::read_dir(dir).map_err(|e| Fault {
        place: Location::default(),
        what: format!("the folder of sources {} cannot be read: {e}", dir.display()),
        help: "name the folder with the texts of the sources".to_owned(),
    })?;
    let sources = graph.of_kind(graph.ontology().source_kind()).iter().map(|ix| graph.entity(*ix));
    let read = |source: crate::graph::Entity<'_>| {
        let file = file_of(source.id(), source.text().and_then(|text| text.file.as_deref()));
        // Data name files of the folder, and none beside it.
        let inside = Path::new(&file).components().all(|part| matches!(part, Component::Normal(_)));
        let bytes = inside.then(|| std::fs::read(dir.join(&file)).ok())??;
        Some((source.id().to_owned(), SourceView::new(&bytes)))
    };
    Ok(sources.filter_map(read).collect())
}

/// Writes the outcome into the data files: hash, status and day on each source, a seal on each
/// piece of evidence. Lines that say the same as before keep their bytes; each file is replaced
/// whole or not at all. Gives the paths that changed.
///
/// # Errors
/// The file that could not be read or written, with the system's reason.
pub fn record(
    files: &[PathBuf],
    verification: &Verification,
    dir: &Path,
    today: Date,
) -> Result<Vec<PathBuf>, String> {
    let mut views: HashMap<&str, SourceView> = HashMap::new();
    for (id, outcome) in verification.texts.iter().filter(|(_, outcome)| outcome.sha256.is_some()) {
        let bytes = std::fs::read(dir.join(&outcome.file)).map_err(|e| format!("{}: {e}", outcome.file))?;
        views.insert(id, SourceView::new(&bytes));
    }
    let mut changed = Vec::new();
    for path in files {
        let failed = |e: std::io::Error| format!("{}: {e}", path.display());
        let before = std::fs::read_to_string(path).map_err(failed)?;
        let mut after = String::with_capacity(before.len());
        for line in before.split_inclusive('\n') {
            match serde_json::from_str::<Map<String, Json>>(line) {
                Ok(map) => {
                    let mut new = map.clone();
                    mark(&mut new, verification, &views, today);
                    if new == map {
                        after.push_str(line);
                    } else {
                        after.push_str(&Json::Object(new).to_string());
                        after.push_str(&line[line.trim_end_matches(['\r', '\n']).len()..]);
                    }
                }
                Err(_) => after.push_str(line),
            }
        }
        if after != before {
            super::replace(path, |out| out.write_all(after.as_bytes())).map_err(failed)?;
            changed.push(path.clone());
        }
    }
    Ok(changed)
}

/// Puts the outcome into one line.
fn mark(
    map: &mut Map<String, Json>,
    verification: &Verification,
    views: &HashMap<&str, SourceView>,
    today: Date,
) {
    let outcome = map.get("source").and_then(Json::as_str).and_then(|id| verification.texts.get(id));
    if let (Some(outcome), Some(Json::Object(text))) = (outcome, map.get_mut("text")) {
        let same = |key: &str, value: Option<&str>| text.get(key).and_then(Json::as_str) == value;
        if !(same("sha256", outcome.sha256.as_deref()) && same("status", Some(outcome.status.name()))) {
            text.insert("file".into(), outcome.file.clone().into());
            match &outcome.sha256 {
                Some(sha) => text.insert("sha256".into(), sha.clone().into()),
                None => text.shift_remove("sha256"),
            };
            text.insert("status".into(), outcome.status.name().into());
            text.insert("checked".into(), today.to_string().into());
        }
    }
    let Some(Json::Array(evidence)) = map.get_mut("evidence") else { return };
    for item in evidence.iter_mut().filter_map(Json::as_object_mut) {
        let text = |key: &str| item.get(key).and_then(Json::as_str);
        let Some(view) = text("source").and_then(|id| views.get(id)) else { continue };
        let words = [text("quote"), text("prefix"), text("suffix"), text("url")];
        let found = view.find(words[0], words[1], words[2], words[3]).is_ok();
        let seal = seal_to_text(&seal(view.sha256(), words));
        let (here, gone) = if found { ("verified", "notFound") } else { ("notFound", "verified") };
        item.shift_remove(gone);
        if item.get(here).and_then(Json::as_str) != Some(&seal) {
            item.insert(here.to_owned(), seal.into());
        }
    }
}

/// Looks for evidence whose words, or whose source's hash, changed since it was checked (the seal is
/// there and no longer fits), and for what is recorded as not found. Needs no sources.
#[derive(Debug, Default)]
pub struct Seals {
    /// The hash of each source's text.
    texts: HashMap<String, String>,
    /// Evidence with a seal whose source has not come yet.
    waiting: Vec<(EvidenceDraft, Location)>,
    faults: Vec<Fault>,
}

impl Seals {
    /// Looks at one change.
    pub fn look(&mut self, change: &Change, file: &str, line: usize) {
        if let Change::AddEntity(draft) | Change::PutEntity(draft) = change
            && let Some(sha) = draft.text.as_ref().and_then(|t| t.sha256.clone())
        {
            self.texts.insert(draft.id.clone(), sha);
        }
        for e in change.evidence().iter().filter(|e| e.verified.is_some() || e.not_found.is_some()) {
            let place = Location { file: file.to_owned(), line, column: 0 };
            match self.texts.get(&e.source) {
                Some(sha) => self.faults.extend(judge(e, Some(sha), place)),
                None => self.waiting.push((e.clone(), place)),
            }
        }
    }

    /// Everything that was found, once all changes have been looked at.
    pub fn faults(self) -> Vec<Fault> {
        let late = self.waiting.into_iter();
        let late = late.filter_map(|(e, place)| judge(&e, self.texts.get(&e.source), place));
        let mut faults: Vec<Fault> = self.faults.into_iter().chain(late).collect();
        faults.sort_by(|a, b| (&a.place.file, a.place.line).cmp(&(&b.place.file, b.place.line)));
        faults
    }
}

fn judge(e: &EvidenceDraft, sha: Option<&String>, place: Location) -> Option<Fault> {
    let words = [&e.quote, &e.prefix, &e.suffix, &e.url].map(Option::as_deref);
    let now = sha.map(|sha| seal_to_text(&seal(sha, words)));
    let (what, help) = if e.verified.is_some() && e.verified != now {
        (
            "was verified, and it or its source has changed since",
            "check it again with --sources DIR --write, or undo the change",
        )
    } else if e.not_found.is_some() && e.not_found == now {
        (
            "is recorded as NOT_FOUND",
            "quote the source word for word, then check again with --sources DIR --write",
        )
    } else {
        return None;
    };
    let shown: String =
        e.quote.as_deref().or(e.url.as_deref()).unwrap_or_default().chars().take(60).collect();
    Some(Fault { place, what: format!("{shown:?} {what}"), help: help.to_owned() })
}
