//! Who a token makes somebody: the file of tokens, read again when it has changed.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::graphql::{Caller, Scope};
use crate::io::tokens::{Stamp, Tokens};
use crate::store::Timestamp;

/// The tokens in force.
#[derive(Debug, Default)]
pub struct Access {
    path: Option<PathBuf>,
    known: Mutex<(Option<Stamp>, Tokens)>,
}

impl Access {
    /// The tokens of a file, which may come later.
    pub fn by(path: PathBuf) -> Access {
        Access { path: Some(path), known: Mutex::default() }
    }

    /// Whoever brings that token; none where it is worth nothing. Cost: a look at the file's name.
    pub fn caller(&self, token: &str, at: Timestamp) -> Option<Caller> {
        let path = self.path.as_ref()?;
        let stamp = Tokens::stamp(path);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 != stamp {
            let tokens = Tokens::read(path).unwrap_or_else(|fault| {
                // It lets nobody in, and whoever runs the server has to hear why: once for each state of the file.
                tracing::error!(target: "access", %fault, "no token is known until the file is mended");
                Tokens::default()
            });
            *known = (stamp, tokens);
        }
        let token = known.1.of(token).filter(|token| token.is_good(at.0))?;
        Some(Caller { name: Some(token.name.clone()), scope: Scope::parse(&token.scope)? })
    }
}
