//! Room 4: in and out. Each format is one file; wire shapes live here and nowhere below.

pub mod json_lines;
pub mod sources;

use std::collections::HashSet;
use std::path::Path;

use crate::graph::{Change, Refusal, RefusalCode, Refusals};
use crate::ontology::{Fault, Location};

/// The bytes of a file.
///
/// # Errors
/// A fault with the system's reason.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Fault> {
    std::fs::read(path).map_err(|e| Fault {
        place: Location { file: path.display().to_string(), line: 0, column: 0 },
        what: format!("cannot be read: {e}"),
        help: "check the path and its permissions".to_owned(),
    })
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

/// Changes read from files, each with the place it was read from.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// In the order of the files.
    pub changes: Vec<Change>,
    /// The place of each change, by position.
    pub places: Vec<Location>,
    /// Lines that are not of the format.
    pub faults: Vec<Fault>,
    /// What such lines would have defined, so that what names it is not called dangling; none for
    /// a line that does not even tell that.
    pub unread: Vec<Option<String>>,
}

impl Batch {
    /// Puts another batch behind this one.
    pub fn append(&mut self, mut other: Batch) {
        self.changes.append(&mut other.changes);
        self.places.append(&mut other.places);
        self.faults.append(&mut other.faults);
        self.unread.append(&mut other.unread);
    }

    /// Every fault of reading and admitting, refusals at the places their changes were read from.
    /// What only follows from a line that could not be read is left out.
    pub fn all_faults(
        faults: Vec<Fault>,
        unread: &[Option<String>],
        places: &[Location],
        refusals: Refusals,
    ) -> Vec<Fault> {
        let any = unread.iter().any(Option::is_none);
        let ids: HashSet<&str> = unread.iter().flatten().map(String::as_str).collect();
        let follows = |refusal: &Refusal| {
            refusal.code == RefusalCode::Dangling
                && (any || refusal.what.split('`').any(|part| ids.contains(part)))
        };
        let place = |change: usize| places.get(change).cloned().unwrap_or_default();
        let refused = refusals.0.into_iter().filter(|refusal| !follows(refusal));
        let refused = refused.map(|r| Fault { place: place(r.change), what: r.what, help: r.help });
        faults.into_iter().chain(refused).collect()
    }
}
