//! Who a token makes somebody: the file of tokens, read again when it has changed, or an identity provider.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::identity::Provider;
use crate::graphql::{Caller, Scope};
use crate::io::tokens::{Stamp, Tokens};
use crate::store::Timestamp;

/// The tokens in force.
#[derive(Debug, Default)]
pub struct Access {
    path: Option<PathBuf>,
    provider: Option<Arc<Provider>>,
    known: Mutex<(Option<Stamp>, Tokens)>,
}

impl Access {
    /// The tokens of a file, which may come later.
    pub fn by(path: PathBuf) -> Access {
        Access { path: Some(path), ..Access::default() }
    }

    /// The same, and whoever that provider vouches for.
    pub fn and(self, provider: Arc<Provider>) -> Access {
        Access { provider: Some(provider), ..self }
    }

    /// Whether a token has named a key that its provider had not, since this was asked last.
    pub fn wants_keys(&self) -> bool {
        self.provider.as_ref().is_some_and(|provider| provider.wants_keys())
    }

    /// Whoever brings that token; none where it is worth nothing. Cost: a look at the file's name, or the check of a
    /// signature.
    pub fn caller(&self, token: &str, at: Timestamp) -> Option<Caller> {
        match &self.provider {
            // Tokens of our own have no dots, those of providers two.
            Some(provider) if token.contains('.') => provider.caller(token, at),
            _ => self.of_file(token, at),
        }
    }

    fn of_file(&self, token: &str, at: Timestamp) -> Option<Caller> {
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
