//! Import: rows of other people's data become our lines by a small program.
//!
//! Rows are read, mapped and written one after the other, so that memory does not grow with the file;
//! what is kept of each entity is two hashes, to tell a repetition from a contradiction. What the lines
//! mean is judged later, where any lines are: by a [`Transaction`](crate::graph::Transaction).

mod decode;
mod documents;
mod rows;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use encoding_rs::Encoding;
use jaq_json::Val;
use serde_json::Value as Json;

pub use rows::Format;

pub use documents::at_row;

use self::documents::{Documents, Stated};
use self::rows::{Broken, Layout, Next};
use super::program::{Compiled, Purpose, object, text, words};
use super::words::fold;
use super::{fault_of_file, json_lines, read_text, stratml};
use crate::graph::{Change, EvidenceDraft};
use crate::ontology::{Fault, Location, Ontology};

/// Refused rows that are kept with their reasons; beyond, they are only counted.
const REFUSED_KEPT: usize = 10_000;

/// Rows that are mapped together: enough that a thread is worth starting for them.
const BATCH: usize = 512;

/// Files, and how they become lines.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// The program: what faults call it, and its text. Without one, rows are our lines already.
    pub program: Option<(String, String)>,
    /// What the files are made of; by the endings of their names if absent.
    pub format: Option<Format>,
    /// Where rows stand within a document.
    pub path: Vec<String>,
    /// What stands between cells.
    pub delimiter: Option<u8>,
    /// How the bytes are to be read; told from them if absent.
    pub encoding: Option<&'static Encoding>,
    /// What the program finds in `$args`.
    pub args: Vec<(String, String)>,
    /// Whether a refused row is left out; else the first ends it.
    pub keep_going: bool,
}

/// The programs that come with us, under the ontology that does: by name, what faults call it and its text.
const BUILT_IN: [(&str, (&str, &str)); 1] = [("stratml", stratml::READ)];

impl Mapping {
    /// A program by its file, or one of ours by its name: what faults call it, and its text.
    ///
    /// # Errors
    /// A fault with the system's reason.
    pub fn program(path: &Path) -> Result<(String, String), Fault> {
        let built_in = BUILT_IN.iter().find(|(name, _)| path == Path::new(name) && !path.exists());
        match built_in {
            Some((_, (file, code))) => Ok(((*file).to_owned(), (*code).to_owned())),
            None => read_text(path),
        }
    }

    /// The encoding of a name, as the web has them: `utf-8`, `windows-1252`, `macintosh`, …
    ///
    /// # Errors
    /// That there is none.
    pub fn encoding_of(label: &str) -> Result<&'static Encoding, String> {
        Encoding::for_label(label.as_bytes()).ok_or_else(|| {
            format!("`{label}` is no encoding; utf-8, utf-16le, windows-1252 and macintosh are")
        })
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Made {
    /// Rows read, of all files.
    pub rows: usize,
    /// Lines written.
    pub lines: usize,
    /// Repetitions of entities that were left out.
    pub repeated: usize,
    /// Rows refused.
    pub refused: usize,
    /// The first of them: where, and why.
    pub reasons: Vec<Fault>,
    /// How many were refused for each reason, names and numbers aside.
    pub by_reason: BTreeMap<String, usize>,
    /// What the user should know, such as the encoding that was found.
    pub notes: Vec<String>,
    /// The file and row of each line.
    pub places: RowPlaces,
}

/// Where lines come from: a few bytes a row.
#[derive(Debug, Default)]
pub struct RowPlaces {
    /// (first line, from 1; its file; its row), sorted.
    rows: Vec<(usize, Arc<str>, usize)>,
}

impl RowPlaces {
    /// The file and the row that a line was made of.
    pub fn get(&self, line: usize) -> Option<(&str, usize)> {
        let at = self.rows.partition_point(|(first, ..)| *first <= line).checked_sub(1)?;
        let (_, file, row) = &self.rows[at];
        Some((file, *row))
    }
}

/// Reads the files, maps their rows and writes the lines they make, in order. An entity that is made
/// again with the same content is written once; evidence that says it quotes its row must stand there.
/// Memory: constant but for 32 bytes an entity and 32 a row that made a line.
///
/// # Errors
/// The faults of the program and of documents that hold our entities and links already; a file that cannot be read or is not of its format; without `keep_going`,
/// the first refused row. What was written until then is worth nothing.
pub fn map(
    mapping: &Mapping,
    files: &[PathBuf],
    ontology: &Ontology,
    out: &mut dyn Write,
) -> Result<Made, Vec<Fault>> {
    let program = mapping.program.as_ref();
    let program = program.map(|(file, code)| Compiled::compile(file, code, Purpose::Rows)).transpose()?;
    let args = mapping.args.iter().map(|(k, v)| (text(k.as_str()), text(v.as_str())));
    let mapper = Mapper { program, args: Val::obj(args.collect()) };
    let mut work = Work {
        mapping,
        mapper: &mapper,
        out,
        made: Made::default(),
        seen: HashMap::new(),
        hasher: RandomState::new(),
    };
    let (documents, rows): (Vec<PathBuf>, Vec<PathBuf>) =
        files.iter().cloned().partition(|file| documents::is_document(mapping, file));
    work.documents(documents::read(mapping, &documents, ontology)?)?;
    for file in rows {
        work.file(&file)?;
    }
    Ok(work.made)
}

/// What makes lines of one row, whatever other rows say.
struct Mapper {
    program: Option<Compiled>,
    args: Val,
}

/// A line of a row, and the id of the entity that it makes.
struct Line {
    bytes: Vec<u8>,
    entity: Option<String>,
}

/// A row as it was read, with its number from 1.
type Numbered = (usize, Result<Val, String>);

/// What came of a row.
type Mapped = (usize, Result<Vec<Line>, String>);

impl Mapper {
    fn row(&self, name: &Val, number: usize, first: bool, row: Val) -> Result<Vec<Line>, String> {
        let values = match &self.program {
            Some(program) => {
                let given = [name.clone(), Val::from(number), Val::Bool(first), self.args.clone()];
                program.over_row(given, row.clone())?
            }
            None => vec![row.clone()],
        };
        let mut lines = Vec::with_capacity(values.len());
        let mut words = None;
        for (at, value) in values.iter().enumerate() {
            let mut bytes = Vec::with_capacity(256);
            let wrote = jaq_json::write::write(&mut bytes, &jaq_json::write::Pp::default(), 0, value);
            wrote.map_err(|e| e.to_string())?;
            let change =
                json_lines::parse_line(&bytes).map_err(|what| format!("output {}: {what}", at + 1))?;
            bytes.push(b'\n');
            if let (Some(change), Some(_)) = (&change, &self.program) {
                let here = format!("row={number}");
                for e in change.evidence().iter().filter(|e| e.fragment.as_deref() == Some(&here)) {
                    stands(e, words.get_or_insert_with(|| words_of(&row)))?;
                }
            }
            let entity = match change {
                Some(Change::AddEntity(draft)) => Some(draft.id),
                _ => None,
            };
            lines.push(Line { bytes, entity });
        }
        Ok(lines)
    }

    fn rows(&self, name: &Val, rows: Vec<Numbered>) -> Vec<Mapped> {
        let one = |(number, row): Numbered| (number, row.and_then(|row| self.row(name, number, false, row)));
        rows.into_iter().map(one).collect()
    }
}

struct Work<'a> {
    mapping: &'a Mapping,
    mapper: &'a Mapper,
    out: &'a mut dyn Write,
    made: Made,
    /// Of each entity by the hash of its id: the hash of its line, and the row and file it came from.
    seen: HashMap<u64, (u64, usize, Arc<str>)>,
    hasher: RandomState,
}

impl Work<'_> {
    fn file(&mut self, path: &Path) -> Result<(), Vec<Fault>> {
        let shown: Arc<str> = path.display().to_string().into();
        let whole = |what: String, help: &str| vec![fault_of_file(&shown, what, help)];
        let format = self.mapping.format.or_else(|| Format::of(path));
        // Our own lines need no format to be named.
        let format =
            format.or(self.mapping.program.is_none().then_some(Format::JsonLines)).ok_or_else(|| {
                whole(
                    "its ending tells no format".to_owned(),
                    &format!("name one by --format: {}", Format::names()),
                )
            })?;
        let opened = decode::open(path, self.mapping.encoding);
        let mut opened = opened.map_err(|e| whole(format!("cannot be read: {e}"), "check the path"))?;
        if opened.guessed {
            self.made.notes.push(format!(
                "{shown}: read as {}, as its bytes look; --encoding names another",
                opened.encoding
            ));
        } else if self.mapping.encoding.is_none() && opened.encoding != "UTF-8" {
            self.made.notes.push(format!("{shown}: read as {}, as its first bytes say", opened.encoding));
        }
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let name = text(&name);
        let layout = Layout { format, path: self.mapping.path.clone(), delimiter: self.mapping.delimiter };
        let mapper = self.mapper;
        let read = std::thread::scope(|scope| {
            let mut batches = Batches::new(|rows: Vec<Numbered>, done: SyncSender<Vec<Mapped>>| {
                let name = &name;
                // Nobody waits any more only where the reading has ended early.
                scope.spawn(move || drop(done.send(mapper.rows(name, rows))));
            });
            let (mut number, mut rows) = (0, Vec::new());
            // Which row is the first that gives anything depends on all before it.
            let mut first = true;
            let read = rows::read(&layout, &mut *opened.reader, &mut |row| {
                number += 1;
                if first {
                    let before = self.made.lines;
                    let mapped = row.and_then(|row| mapper.row(&name, number, true, row));
                    let next = self.take(&shown, vec![(number, mapped)]);
                    first = self.made.lines == before;
                    return next;
                }
                rows.push((number, row));
                if rows.len() < BATCH {
                    return Next::More;
                }
                match batches.start(std::mem::take(&mut rows)) {
                    Some(mapped) => self.take(&shown, mapped),
                    None => Next::More,
                }
            });
            for mapped in batches.rest().chain(std::iter::once_with(|| mapper.rows(&name, rows))) {
                if self.is_stopped() || self.take(&shown, mapped) == Next::Enough {
                    break;
                }
            }
            read
        });
        if self.is_stopped() {
            let mut fault = self.made.reasons.remove(0);
            fault.help = "mend the program or the row; --keep-going leaves refused rows out".to_owned();
            return Err(vec![fault]);
        }
        if let Err(Broken { line, column, what, help }) = read {
            let place = Location { file: shown.to_string(), line, column };
            return Err(vec![Fault { place, what, help }]);
        }
        Ok(())
    }

    /// Writes what documents say.
    fn documents(&mut self, documents: Documents) -> Result<(), Vec<Fault>> {
        self.made.rows += documents.rows;
        self.made.notes.extend(documents.notes);
        for Stated { file, row, line } in documents.lines {
            let id = ["source", "entity"].iter().find_map(|key| line.get(*key)?.as_str().map(str::to_owned));
            let mut bytes = Json::Object(line).to_string().into_bytes();
            let written = json_lines::parse_line(&bytes).and_then(|_| {
                bytes.push(b'\n');
                self.write(&file, row, vec![Line { bytes, entity: id }])
            });
            if let Err(what) = written {
                self.refuse(fault_of_file(&file, at_row(row, &what), ""));
            }
        }
        if self.is_stopped() { Err(std::mem::take(&mut self.made.reasons)) } else { Ok(()) }
    }

    /// Whether a refused row has ended it all.
    fn is_stopped(&self) -> bool {
        !self.mapping.keep_going && self.made.refused > 0
    }

    /// Takes what came of rows, in their order.
    fn take(&mut self, file: &Arc<str>, mapped: Vec<Mapped>) -> Next {
        for (number, lines) in mapped {
            self.made.rows += 1;
            if let Err(what) = lines.and_then(|lines| self.write(file, number, lines)) {
                self.refuse(fault_of_file(file, format!("row {number}: {what}"), ""));
                if self.is_stopped() {
                    return Next::Enough;
                }
            }
        }
        Next::More
    }

    fn refuse(&mut self, fault: Fault) {
        self.made.refused += 1;
        let reason = fault.what.split_once(": ").map_or(fault.what.as_str(), |(_, why)| why);
        *self.made.by_reason.entry(shape(reason)).or_default() += 1;
        if self.made.reasons.len() < REFUSED_KEPT {
            self.made.reasons.push(fault);
        }
    }

    /// Writes the lines of a row, all or none.
    fn write(&mut self, file: &Arc<str>, number: usize, lines: Vec<Line>) -> Result<(), String> {
        let mut fresh: Vec<Vec<u8>> = Vec::with_capacity(lines.len());
        for Line { bytes, entity } in lines {
            if let Some(id) = entity {
                let entity = self.hasher.hash_one(&id);
                let now = self.hasher.hash_one(&bytes);
                match self.seen.get(&entity) {
                    Some((before, ..)) if *before == now => {
                        self.made.repeated += 1;
                        continue;
                    }
                    Some((_, row, in_file)) => {
                        return Err(format!(
                            "`{id}` was made with other content by row {row} of {in_file}; give it the same in \
                             both, or another id, and what only one row says to its links"
                        ));
                    }
                    None => {}
                }
                self.seen.insert(entity, (now, number, file.clone()));
            }
            fresh.push(bytes);
        }
        if fresh.is_empty() {
            return Ok(());
        }
        self.made.places.rows.push((self.made.lines + 1, file.clone(), number));
        for line in fresh {
            self.out.write_all(&line).map_err(|e| format!("cannot be written: {e}"))?;
            self.made.lines += 1;
        }
        Ok(())
    }
}

/// Batches of rows that threads are at work on, in their order: one more than there are processors, so that
/// none waits while the next is read.
struct Batches<F> {
    start: F,
    under_way: VecDeque<Receiver<Vec<Mapped>>>,
    most: usize,
}

impl<F: FnMut(Vec<Numbered>, SyncSender<Vec<Mapped>>)> Batches<F> {
    fn new(start: F) -> Batches<F> {
        let most = 1 + std::thread::available_parallelism().map_or(1, usize::from);
        Batches { start, under_way: VecDeque::new(), most }
    }

    /// Starts a batch; gives what came of the oldest where enough are under way.
    fn start(&mut self, rows: Vec<Numbered>) -> Option<Vec<Mapped>> {
        let oldest = if self.under_way.len() < self.most { None } else { self.under_way.pop_front() };
        let (send, done) = sync_channel(1);
        (self.start)(rows, send);
        self.under_way.push_back(done);
        oldest.and_then(|done| done.recv().ok())
    }

    /// What came of all that are under way.
    fn rest(&mut self) -> impl Iterator<Item = Vec<Mapped>> + '_ {
        self.under_way.drain(..).filter_map(|done| done.recv().ok())
    }
}

/// A reason without the names and numbers of the one row, so that alike reasons count as one.
pub fn shape(reason: &str) -> String {
    let mut out = String::with_capacity(reason.len());
    for (at, part) in reason.split('`').enumerate() {
        if at % 2 == 1 {
            out.push_str("`…`");
            continue;
        }
        for (at, part) in part.split('"').enumerate() {
            if at % 2 == 1 {
                out.push_str("\"…\"");
                continue;
            }
            let mut digits = false;
            for c in part.chars() {
                if c.is_ascii_digit() {
                    if !digits {
                        out.push('N');
                    }
                    digits = true;
                } else {
                    digits = false;
                    out.push(c);
                }
            }
        }
    }
    out
}

/// The texts of a row, white space folded.
fn words_of(row: &Val) -> Vec<String> {
    let mut words = Vec::new();
    let mut open = vec![row];
    while let Some(value) = open.pop() {
        match value {
            Val::TStr(bytes) => words.push(fold(&String::from_utf8_lossy(bytes))),
            Val::Arr(members) => open.extend(members.iter()),
            Val::Obj(members) => open.extend(members.values()),
            Val::Num(_) | Val::Bool(_) => words.push(value.to_string()),
            _ => {}
        }
    }
    words
}

fn stands(e: &EvidenceDraft, words: &[String]) -> Result<(), String> {
    match &e.quote {
        Some(quote) if !words.iter().any(|text| text.contains(quote.as_str())) => {
            Err(format!("the quote {quote:?} does not stand in the row"))
        }
        _ => Ok(()),
    }
}
