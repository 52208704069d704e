//! Import: lines made of other people's rows are judged as one batch of changes over what is there, and
//! written whole or not at all.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Origin, load};
use crate::graph::{Change, Graph, Refusal};
use crate::io::import::{Made, Mapping, at_row, map, shape};
use crate::io::{self, Input, json_lines};
use crate::ontology::{Direction, Fault, Faults, Location};

/// How often lines that rest on refused lines are looked for: a chain of them that is longer is no data.
const ROUNDS: usize = 100;

/// What is imported, over what, and where to.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// The files and their mapping.
    pub files: Vec<PathBuf>,
    /// How they become lines.
    pub mapping: Mapping,
    /// The data that are there already: what lines may name, and what they are compared with.
    pub base: Origin,
    /// The file for the lines; none prints them.
    pub output: Option<PathBuf>,
    /// The file of lines to which all is added; it is the base, and written anew.
    pub into: Option<PathBuf>,
    /// A file for what is made, where it has no file of its own to stand beside.
    pub scratch: PathBuf,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// Whether lines are only made, and what they mean is left to whoever loads them.
    pub stream: bool,
}

/// What an import did, or would do.
#[derive(Debug, Default)]
pub struct Imported {
    /// What came of the rows.
    pub made: Made,
    /// Entities and links that were not there, by kind or relation.
    pub added: BTreeMap<String, usize>,
    /// Entities and links that are otherwise now.
    pub changed: usize,
    /// Entities and links that were there and are as before; their lines are left out, so that what is
    /// written can be loaded beside the data.
    pub unchanged: usize,
    /// Lines refused: where, and why.
    pub refused: Vec<Fault>,
    /// How many for each reason, names and numbers aside.
    pub by_reason: BTreeMap<String, usize>,
}

impl Import {
    /// Does it. `print` takes the lines where no file does.
    ///
    /// # Errors
    /// Every fault; nothing is written then, unless refused lines are to be left out.
    pub fn run(&self, print: &mut (dyn Write + Send)) -> Result<Imported, Faults> {
        let target = self.output.as_ref().or(self.into.as_ref());
        let staged = target.map_or_else(|| self.scratch.clone(), |target| io::beside(target, ".partial"));
        let done = self.staged(&staged, print);
        io::discard(&staged);
        done
    }

    fn staged(&self, staged: &Path, print: &mut dyn Write) -> Result<Imported, Faults> {
        let failed = |path: &Path, e: std::io::Error| Faults(vec![io::cannot_be_written(path.display(), &e)]);
        let file = io::create(staged).map_err(|e| failed(staged, e))?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        // What the lines are judged over is loaded while they are made.
        let ontology = self.base.ontology()?;
        let (made, base) = std::thread::scope(|scope| {
            let base = (!self.stream).then(|| scope.spawn(|| self.loaded()));
            let made = map(&self.mapping, &self.files, &ontology, &mut out).map_err(Faults);
            (made, base.map(|base| base.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
        });
        let made = made?;
        out.flush().map_err(|e| failed(staged, e))?;
        drop(out);
        let mut report = Imported { made, ..Imported::default() };
        let mut left_out = HashSet::new();
        if let Some(base) = base {
            let base = base?;
            let next = self.judge(&base, staged, &mut report, &mut left_out)?;
            if let (Some(into), false) = (&self.into, self.dry_run) {
                let write = |out: &mut dyn Write| {
                    let mut out = BufWriter::with_capacity(1 << 20, out);
                    json_lines::write(&next, &mut out).and_then(|()| out.flush())
                };
                io::replace(into, write).map_err(|e| failed(into, e))?;
            }
        }
        if self.dry_run || self.into.is_some() {
            return Ok(report);
        }
        let copy = |out: &mut dyn Write| io::copy_lines(staged, &left_out, out);
        match &self.output {
            Some(output) => io::replace(output, copy).map_err(|e| failed(output, e))?,
            None => copy(print).map_err(|e| failed(Path::new("standard output"), e))?,
        }
        Ok(report)
    }

    /// What is there already.
    fn loaded(&self) -> Result<Graph, Faults> {
        match &self.into {
            Some(into) if !into.exists() => Origin { data: Vec::new(), ..self.base.clone() }.empty(),
            Some(into) => load(&Origin { data: vec![into.clone()], ..self.base.clone() }),
            None if self.base.data.is_empty() => self.base.empty(),
            None => load(&self.base),
        }
    }

    /// The graph with all lines that can be admitted. What cannot is refused, or, with `keep_going`, left
    /// out together with all that rests on it.
    fn judge(
        &self,
        base: &Graph,
        staged: &Path,
        report: &mut Imported,
        left_out: &mut HashSet<usize>,
    ) -> Result<Graph, Faults> {
        for _ in 0..ROUNDS {
            let mut transaction = base.begin();
            let mut lines = Vec::new();
            let mut touched = Vec::new();
            let reading = io::read(vec![Input::File(staged.to_owned())], |block, _| {
                for (line, change) in block {
                    if left_out.contains(&line) {
                        continue;
                    }
                    lines.push(line);
                    touched.extend(thing(&change).map(|thing| (line, thing)));
                    transaction.push(over(base, change));
                }
            });
            debug_assert!(reading.faults.is_empty(), "the lines were parsed when they were made");
            let refusals = match transaction.commit() {
                Ok(graph) => {
                    left_out.extend(compare(base, &graph, &touched, report));
                    return Ok(graph);
                }
                Err(refusals) => refusals.0,
            };
            let faults: Vec<Fault> = refusals.iter().map(|r| self.fault(r, &lines, &report.made)).collect();
            if !self.mapping.keep_going {
                return Err(Faults(faults));
            }
            refusals.iter().for_each(|r| *report.by_reason.entry(shape(&r.what)).or_default() += 1);
            let before = left_out.len();
            left_out.extend(refusals.iter().filter_map(|r| lines.get(r.change)));
            report.refused.extend(faults);
            if left_out.len() == before {
                break;
            }
        }
        Err(Faults(std::mem::take(&mut report.refused)))
    }

    fn fault(&self, refusal: &Refusal, lines: &[usize], made: &Made) -> Fault {
        let place = lines.get(refusal.change).and_then(|line| made.places.get(*line));
        let (file, row) = place.unwrap_or(("", 0));
        let place = Location { file: file.to_owned(), line: 0, column: 0 };
        Fault { place, what: at_row(row, &refusal.what), help: refusal.help.clone() }
    }
}

impl Origin {
    /// The graph of its ontology with nothing in it.
    ///
    /// # Errors
    /// Every fault of the ontology.
    pub fn empty(&self) -> Result<Graph, Faults> {
        self.ontology().map(|ontology| Graph::empty(Arc::new(ontology)))
    }
}

/// What a change adds, so that it can be looked for afterwards.
enum Thing {
    Entity(String),
    Link([String; 3]),
}

fn thing(change: &Change) -> Option<Thing> {
    match change {
        Change::AddEntity(draft) => Some(Thing::Entity(draft.id.clone())),
        Change::AddLink(draft) => {
            Some(Thing::Link([draft.from.clone(), draft.relation.clone(), draft.to.clone()]))
        }
        _ => None,
    }
}

/// An entity that is there already is put in its own place.
fn over(base: &Graph, change: Change) -> Change {
    match change {
        Change::AddEntity(draft) if base.find(&draft.id).is_some() => Change::PutEntity(draft),
        other => other,
    }
}

/// Counts what is new and what is otherwise; gives the lines that say what is there word for word.
fn compare(base: &Graph, now: &Graph, touched: &[(usize, Thing)], report: &mut Imported) -> Vec<usize> {
    let mut same = Vec::new();
    let mut seen = HashSet::new();
    for (line, thing) in touched {
        let (name, before, after) = match thing {
            Thing::Entity(id) => {
                let Some(ix) = now.find(id) else { continue };
                if !seen.insert((true, ix.0)) {
                    continue;
                }
                let kind = now.ontology().kind(now.entity(ix).kind()).name.clone();
                let before = base.find(id).map(|ix| json_lines::entity_line(base, ix));
                (kind, before, json_lines::entity_line(now, ix))
            }
            Thing::Link(ends) => {
                let Some(ix) = link(now, ends) else { continue };
                if !seen.insert((false, ix.0)) {
                    continue;
                }
                let before = link(base, ends).map(|ix| json_lines::link_line(base, ix));
                (ends[1].clone(), before, json_lines::link_line(now, ix))
            }
        };
        match before {
            None => *report.added.entry(name).or_default() += 1,
            Some(before) if before == after => {
                report.unchanged += 1;
                same.push(*line);
            }
            Some(_) => report.changed += 1,
        }
    }
    same
}

fn link(graph: &Graph, [from, relation, to]: &[String; 3]) -> Option<crate::graph::LinkIx> {
    let (from, to) = (graph.find(from)?, graph.find(to)?);
    let (relation, _) = graph.ontology().relation_named(relation)?;
    let along = graph.along(from, relation, Direction::Forward);
    let found = along.iter().find(|linked| linked.to == to).map(|linked| linked.link);
    found.or_else(|| {
        // One that reads the same both ways may stand from the other end.
        let back = graph.along(to, relation, Direction::Forward);
        back.iter().find(|linked| linked.to == from).map(|linked| linked.link)
    })
}

/// Entities and links of one graph against another, by id.
#[derive(Debug, Default)]
pub struct Difference {
    /// Lines of what only the second has.
    pub added: Vec<String>,
    /// Lines of what only the first has.
    pub gone: Vec<String>,
    /// Lines of what both have, and not alike: before and after.
    pub changed: Vec<(String, String)>,
}

/// What is otherwise in `now` than in `before`, evidence and all, in the order of each. Cost: linear in
/// both graphs.
pub fn difference(before: &Graph, now: &Graph) -> Difference {
    let lines = |graph: &Graph| -> Vec<(String, String)> {
        let entities = graph.entities().map(|ix| {
            let line = json_lines::entity_line(graph, ix);
            (graph.entity(ix).id().to_owned(), line)
        });
        let links = graph.links().map(|ix| {
            let line = json_lines::link_line(graph, ix);
            (line["link"].to_string(), line)
        });
        let all = entities.chain(links);
        all.map(|(key, line)| (key, serde_json::Value::Object(line).to_string())).collect()
    };
    let (first, second) = (lines(before), lines(now));
    let of: HashMap<&str, &str> = first.iter().map(|(k, l)| (k.as_str(), l.as_str())).collect();
    let there: HashSet<&str> = second.iter().map(|(k, _)| k.as_str()).collect();
    let mut difference = Difference::default();
    for (key, line) in &second {
        match of.get(key.as_str()) {
            None => difference.added.push(line.clone()),
            Some(old) if *old != line.as_str() => difference.changed.push(((*old).to_owned(), line.clone())),
            Some(_) => {}
        }
    }
    let gone = first.iter().filter(|(key, _)| !there.contains(key.as_str()));
    difference.gone = gone.map(|(_, line)| line.clone()).collect();
    difference
}
