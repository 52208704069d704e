//! Room 4: in and out. Each format is one file; wire shapes live here and nowhere below.

pub mod changes;
pub mod export;
pub mod frames;
pub mod import;
pub mod json_lines;
pub mod line_schema;
pub mod page;
pub mod passage;
mod program;
mod rdf;
pub mod sentences;
pub mod shacl;
pub mod snapshot;
pub mod sources;
pub mod stratml;
pub mod suggest;
mod tables;
pub mod tokens;
pub mod words;

use std::collections::HashSet;
use std::fmt;
use std::io::{BufRead as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use crate::graph::{Change, Refusal, RefusalCode, Refusals};
use crate::ontology::{Fault, Location};

/// The bytes of a file.
///
/// # Errors
/// A fault with the system's reason.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Fault> {
    std::fs::read(path).map_err(|e| cannot_be_read(path.display(), &e))
}

/// What is wrong with a file as a whole, and the way out.
fn fault_of_file(file: impl fmt::Display, what: impl Into<String>, help: &str) -> Fault {
    let place = Location { file: file.to_string(), line: 0, column: 0 };
    Fault { place, what: what.into(), help: help.to_owned() }
}

fn cannot_be_read(file: impl fmt::Display, e: &std::io::Error) -> Fault {
    fault_of_file(file, format!("cannot be read: {e}"), "check the path and its permissions")
}

/// That a file or folder cannot be written, with the system's reason.
pub fn cannot_be_written(file: impl fmt::Display, e: &std::io::Error) -> Fault {
    fault_of_file(file, format!("cannot be written: {e}"), "check the path and the room on the disk")
}

/// A file's path as it is shown, and its text.
///
/// # Errors
/// A fault with the system's reason, or the first place that is not UTF-8.
pub fn read_text(path: &Path) -> Result<(String, String), Fault> {
    let file = path.display().to_string();
    String::from_utf8(read_bytes(path)?).map(|text| (file.clone(), text)).map_err(|e| {
        let before = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
        Fault {
            place: Location { file, line, column },
            what: "not UTF-8".to_owned(),
            help: "save the file as UTF-8".to_owned(),
        }
    })
}

/// The files of a folder whose names end so, in order. Folders within it are not looked into.
///
/// # Errors
/// A fault with the system's reason.
pub fn files_in(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, Fault> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let entries = entries.map_err(|e| cannot_be_read(folder.display(), &e))?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.is_file() && path.extension().is_some_and(|found| found == ending));
    files.sort();
    Ok(files)
}

/// Where what is made for a file is put first: beside it, under its name and an ending of its own.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Makes a file, empty.
///
/// # Errors
/// The system's.
pub fn create(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::create(path)
}

/// Removes a file that may not be there.
pub fn discard(path: &Path) {
    drop(std::fs::remove_file(path));
}

/// Writes a file as a whole: to another one first, which takes its name.
///
/// # Errors
/// The system's, or what `write` gives; `path` is as it was then.
pub fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> std::io::Result<()> {
    replace_by(path, |staged| std::fs::File::create(staged), write)
}

/// The same for what only its owner may read, on the disk with its name when this is back.
///
/// # Errors
/// The system's; `path` is as it was then.
pub fn replace_private(
    path: &Path,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let owners = |staged: &Path| {
        discard(staged);
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(staged)
    };
    replace_by(path, owners, write)?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn replace_by(
    path: &Path,
    create: impl FnOnce(&Path) -> std::io::Result<std::fs::File>,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let staged = beside(path, ".new");
    let written = create(&staged)
        .and_then(|mut file| write(&mut file).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&staged, path));
    if written.is_err() {
        discard(&staged);
    }
    written
}

/// Copies the lines of a file but for some, by number from 1.
///
/// # Errors
/// The system's.
pub fn copy_lines(
    path: &Path,
    left_out: &HashSet<usize>,
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    let mut lines = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(path)?);
    let mut out = std::io::BufWriter::with_capacity(1 << 20, out);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if !left_out.contains(&number) {
            out.write_all(&line)?;
        }
    }
    out.flush()
}

/// One file of data, or a text that stands in the program.
#[derive(Clone, Debug)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// (What faults call it, the text.)
    Text(&'static str, &'static str),
}

/// What came of reading, besides the changes themselves.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The place of each change, by position.
    pub places: Places,
    /// Lines that are not of the format.
    pub faults: Vec<Fault>,
    /// What such lines would have defined, so that what names it is not called dangling; none for
    /// a line that does not even tell that.
    pub unread: Vec<Option<String>>,
}

/// The places that changes were read from: a few bytes for each run of lines that follow one another.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// (position of the first change, its file, its line), sorted by position.
    runs: Vec<(usize, Arc<str>, usize)>,
    count: usize,
}

impl Places {
    /// The place of the next change.
    pub fn push(&mut self, file: &Arc<str>, line: usize) {
        let follows = |(first, of, at): &(usize, Arc<str>, usize)| {
            Arc::ptr_eq(of, file) && at + (self.count - first) == line
        };
        if !self.runs.last().is_some_and(follows) {
            self.runs.push((self.count, file.clone(), line));
        }
        self.count += 1;
    }

    /// The place of a change.
    pub fn get(&self, change: usize) -> Location {
        let run = self.runs.partition_point(|(first, ..)| *first <= change).checked_sub(1);
        run.map_or_else(Location::default, |run| {
            let (first, file, line) = &self.runs[run];
            Location { file: file.to_string(), line: line + (change - first), column: 0 }
        })
    }
}

/// Changes read from files.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// In the order of the files.
    pub changes: Vec<Change>,
    /// Where they come from, and what else was read.
    pub reading: Reading,
}

/// Lines that go from the thread that reads to the one that takes.
struct Block {
    file: Arc<str>,
    changes: Vec<(usize, Change)>,
    faults: Vec<Fault>,
    unread: Vec<Option<String>>,
}

/// Lines of a block, and blocks that may wait: enough that neither thread waits for single lines,
/// few enough that drafts never fill the memory.
const BLOCK_LINES: usize = 512;
const BLOCKS: usize = 8;

/// Reads files one after the other, on a thread of its own, and gives changes to `take`, some hundreds
/// at a time, each with its line in the file. A file that cannot be read is a fault like any other.
pub fn read(inputs: Vec<Input>, mut take: impl FnMut(Vec<(usize, Change)>, &Arc<str>)) -> Reading {
    let mut reading = Reading::default();
    std::thread::scope(|scope| {
        let (send, blocks) = sync_channel::<Block>(BLOCKS);
        scope.spawn(move || inputs.into_iter().for_each(|input| read_one(input, &send)));
        for block in blocks {
            reading.faults.extend(block.faults);
            reading.unread.extend(block.unread);
            block.changes.iter().for_each(|(line, _)| reading.places.push(&block.file, *line));
            take(block.changes, &block.file);
        }
    });
    reading
}

fn read_one(input: Input, send: &SyncSender<Block>) {
    let file: Arc<str> = match &input {
        Input::File(path) => path.display().to_string().into(),
        Input::Text(name, _) => (*name).into(),
    };
    let empty = || Block { file: file.clone(), changes: Vec::new(), faults: Vec::new(), unread: Vec::new() };
    let mut block = empty();
    let mut give = |read: json_lines::Line| {
        match read {
            json_lines::Line::Change(line, change) => block.changes.push((line, change)),
            json_lines::Line::Fault(fault, unread) => {
                block.faults.push(fault);
                block.unread.extend(unread);
            }
        }
        if block.changes.len() == BLOCK_LINES {
            // Nobody takes any more only where the taker has panicked, and then nothing matters.
            drop(send.send(std::mem::replace(&mut block, empty())));
        }
    };
    let done = match &input {
        Input::File(path) if snapshot::is_snapshot(path) => {
            let help =
                "name it first, before the data to add to it; to verify, name the data it was written from";
            block.faults.push(fault_of_file(
                &file,
                "is a snapshot, which is no data to add or to verify",
                help,
            ));
            block.unread.push(None);
            Ok(())
        }
        Input::Text(_, text) => json_lines::read_from(&file, &mut text.as_bytes(), &mut give),
        Input::File(path) => std::fs::File::open(path).and_then(|opened| {
            let mut opened = std::io::BufReader::with_capacity(1 << 20, opened);
            json_lines::read_from(&file, &mut opened, &mut give)
        }),
    };
    if let Err(e) = done {
        block.faults.push(cannot_be_read(&file, &e));
        block.unread.push(None);
    }
    drop(send.send(block));
}

/// The pairs of ids that files tell apart for good. A file that cannot be read tells none.
pub fn told_apart(inputs: &[Input]) -> HashSet<[String; 2]> {
    let mut pairs = HashSet::new();
    let mut give = |pair| {
        pairs.insert(pair);
    };
    for input in inputs {
        let done = match input {
            Input::Text(_, text) => json_lines::told_apart(&mut text.as_bytes(), &mut give),
            Input::File(path) => std::fs::File::open(path)
                .and_then(|file| json_lines::told_apart(&mut std::io::BufReader::new(file), &mut give)),
        };
        // Whoever reads the lines themselves says what is wrong.
        drop(done);
    }
    pairs
}

impl Batch {
    /// Reads files.
    pub fn read(inputs: Vec<Input>) -> Batch {
        let mut changes = Vec::new();
        let reading = read(inputs, |block, _| changes.extend(block.into_iter().map(|(_, change)| change)));
        Batch { changes, reading }
    }
}

impl Reading {
    /// Every fault of reading and admitting, refusals at the places their changes were read from.
    /// What only follows from a line that could not be read is left out.
    pub fn all_faults(self, refusals: Refusals) -> Vec<Fault> {
        let any = self.unread.iter().any(Option::is_none);
        let ids: HashSet<&str> = self.unread.iter().flatten().map(String::as_str).collect();
        let follows = |refusal: &Refusal| {
            refusal.code == RefusalCode::Dangling
                && (any || refusal.what.split('`').any(|part| ids.contains(part)))
        };
        let refused = refusals.0.into_iter().filter(|refusal| !follows(refusal));
        let refused = refused.map(|r| Fault { place: self.places.get(r.change), what: r.what, help: r.help });
        self.faults.into_iter().chain(refused).collect()
    }
}
