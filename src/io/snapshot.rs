//! Snapshots: a graph in one file that opens several times faster than the lines it was read from.
//!
//! The file is [`MAGIC`], then [frames] of [pieces](Graph::image). It belongs to one
//! ontology and to one version of this format; JSON Lines are what lasts.

use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use super::{cannot_be_read, fault_of_file, frames};
use crate::graph::{Graph, ImageFault, Reopening};
use crate::ontology::{Fault, Ontology};

/// How a snapshot begins; the number is the version of the format.
pub const MAGIC: &[u8] = b"THROUGHLINE SNAPSHOT 2\n";

/// The part of [`MAGIC`] that every version has.
const NAME: &[u8] = b"THROUGHLINE SNAPSHOT ";

/// Pieces that wait between the thread that reads and the one that takes.
const PIECES: usize = 8;

/// Whether a file is a snapshot, of whatever version. A file that cannot be read is none, and so is a
/// pipe: looking at how it begins would take that away from whoever reads it.
pub fn is_snapshot(path: &Path) -> bool {
    let mut head = [0; NAME.len()];
    let regular = std::fs::metadata(path).is_ok_and(|file| file.is_file());
    regular
        && std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok()
        && head == NAME
}

/// Writes a graph to `path`: to another file first, which takes its name once it is on the disk.
/// Gives how many bytes there are.
///
/// # Errors
/// The system's; `path` is as it was then. Cost: linear in the graph.
pub fn write(graph: &Graph, path: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    super::replace(path, |out| write_to(graph, out).map(|written| bytes = written))?;
    Ok(bytes)
}

fn write_to(graph: &Graph, out: &mut dyn Write) -> std::io::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, out);
    out.write_all(MAGIC)?;
    let mut bytes = MAGIC.len() as u64;
    for piece in graph.image().chain([Vec::new()]) {
        bytes += frames::put(&mut out, &piece)?;
    }
    out.flush()?;
    Ok(bytes)
}

/// Opens a snapshot under the ontology it was written under.
///
/// # Errors
/// What is wrong with it, and the way out. Cost: linear in the file; nothing is parsed or admitted.
pub fn open(path: &Path, ontology: Arc<Ontology>) -> Result<Graph, Fault> {
    let fault = |what: &str| {
        let help = "write it again from its data: throughline snapshot --data FILE… -o SNAPSHOT";
        fault_of_file(path.display(), what, help)
    };
    let of_image = |fault_of: ImageFault| match fault_of {
        ImageFault::OtherOntology => fault("is a snapshot under another ontology"),
        ImageFault::Damaged => fault("is damaged: its content is not what was written"),
    };
    let of_file = |e: std::io::Error| match e.kind() {
        ErrorKind::UnexpectedEof => fault("is damaged: it ends too early"),
        ErrorKind::InvalidData => fault(&format!("is damaged: {e}")),
        _ => cannot_be_read(path.display(), &e),
    };
    let mut file = BufReader::with_capacity(1 << 20, std::fs::File::open(path).map_err(of_file)?);
    let mut head = vec![0; MAGIC.len()];
    file.read_exact(&mut head).map_err(of_file)?;
    if head != MAGIC {
        return Err(fault("is a snapshot of another version of this program"));
    }
    let mut reopening = Reopening::under(ontology);
    std::thread::scope(|scope| {
        let (send, pieces) = sync_channel::<std::io::Result<Vec<u8>>>(PIECES);
        scope.spawn(move || {
            loop {
                let piece = frames::take(&mut file, u32::MAX);
                let more = piece.as_ref().is_ok_and(|piece| !piece.is_empty());
                if send.send(piece).is_err() || !more {
                    return;
                }
            }
        });
        for piece in pieces {
            let piece = piece.map_err(of_file)?;
            if !piece.is_empty() {
                reopening.take(&piece).map_err(of_image)?;
            }
        }
        Ok(())
    })?;
    reopening.finish().map_err(of_image)
}
