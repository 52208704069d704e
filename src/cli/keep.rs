//! The commands about what is kept: tokens, backups, and what is made of them.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};

use super::args::{BackupArgs, CompactArgs, OntologyArgs, RestoreArgs, TokenArgs, TokenCommand, VerifyArgs};
use super::{print, say, with_progress};
use crate::app::{Origin, Timestamp};
use crate::http::now;
use crate::io::tokens::Tokens;
use crate::ontology::{Faults, Ontology};
use crate::store::backup::{self, Part};
use crate::store::{Disk, Journal, StoreError};

/// Milliseconds of a day.
const DAY: u64 = 86_400_000;

fn ontology_of(args: &OntologyArgs) -> Result<Arc<Ontology>> {
    Ok(Arc::new(Origin { schema: args.schema.clone(), data: Vec::new() }.ontology()?))
}

pub(super) fn token(args: &TokenArgs) -> Result<ExitCode> {
    let fault = |fault| Faults(vec![fault]);
    match &args.command {
        TokenCommand::Create(create) => {
            let at = now().0;
            let expires = create.expires.map(|days| at.saturating_add(days * DAY));
            let word = create.scope.name().unwrap_or_default();
            let path = create.place.path();
            let text = Tokens::create(&path, &create.name, word, at, expires).map_err(fault)?;
            say(&format!(
                "a token of scope {word} for `{}`, kept as its hash in {}; it is shown once:",
                create.name,
                path.display()
            ));
            print(format!("{text}\n").as_bytes())?;
        }
        TokenCommand::List(place) => {
            let tokens = Tokens::read(&place.path()).map_err(fault)?;
            let at = now().0;
            let mut out = String::new();
            for token in tokens.all() {
                let state = match (token.revoked, token.expires) {
                    (Some(when), _) => format!("revoked {}", Timestamp(when)),
                    (None, Some(end)) if !token.is_good(at) => format!("ended {}", Timestamp(end)),
                    (None, Some(end)) => format!("until {}", Timestamp(end)),
                    (None, None) => "good".to_owned(),
                };
                out += &format!(
                    "{:<20} {:<8} made {}  {state}\n",
                    token.name,
                    token.scope,
                    Timestamp(token.created)
                );
            }
            print(out.as_bytes())?;
        }
        TokenCommand::Revoke(revoke) => {
            let count = Tokens::revoke(&revoke.place.path(), &revoke.name, now().0).map_err(fault)?;
            say(&format!("{count} revoked"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn backup(args: &BackupArgs) -> Result<ExitCode> {
    let store = Disk::open_to_read(&args.data_dir)?;
    let mut keys = Ok(0);
    let written = with_progress("writing", || {
        crate::io::replace(&args.output, |out| {
            keys = backup::write(&store, &mut std::io::BufWriter::with_capacity(1 << 20, out));
            keys.as_ref().map(drop).map_err(|e| std::io::Error::other(e.to_string()))
        })
    });
    let keys = keys?;
    let file = args.output.display();
    written.with_context(|| format!("{file} cannot be written"))?;
    say(&format!("{keys} keys in {file}; throughline verify {file} replays it"));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(args: &RestoreArgs) -> Result<ExitCode> {
    let ontology = ontology_of(&args.ontology)?;
    let from = backup::open(&args.from)?;
    let part = Part { until: args.until, salvage: args.salvage };
    let restored = with_progress("restoring", || backup::restore(&*from, &ontology, &args.data_dir, part))?;
    if let Some(damage) = restored.damage {
        say(&format!("taken up to there: {damage}"));
    }
    let graph = restored.graph;
    let (entities, links, version) = (graph.entity_count(), graph.link_count(), graph.version());
    print(format!("{entities} entities, {links} links, version {version}\n").as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn verify(args: &VerifyArgs) -> Result<ExitCode> {
    let ontology = ontology_of(&args.ontology)?;
    let store = backup::open(&args.place)?;
    let opened = with_progress("replaying", || Journal::replay(store, &ontology))?;
    let opened =
        opened.ok_or_else(|| StoreError::Unfit(format!("{} holds no history", args.place.display())))?;
    let ((oldest, newest), graph) = (opened.journal.extent(), &opened.graph);
    let said = format!(
        "versions {oldest} to {newest}, every one of them as it was made\n{} entities, {} links, version {}\n",
        graph.entity_count(),
        graph.link_count(),
        graph.version()
    );
    print(said.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn compact(args: &CompactArgs) -> Result<ExitCode> {
    let ontology = ontology_of(&args.ontology)?;
    let disk = Disk::open(&args.data_dir)?;
    let opened = with_progress("opening", || Journal::open(Box::new(disk), &ontology))?;
    let opened =
        opened.ok_or_else(|| StoreError::Unfit(format!("{} holds no history", args.data_dir.display())))?;
    let graph = opened.graph;
    let journal = with_progress("compacting", || opened.journal.compacted(&graph, args.forget))?;
    let (oldest, newest) = journal.extent();
    print(format!("versions {oldest} to {newest}, version {}\n", graph.version()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
