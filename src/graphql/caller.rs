//! Who asks: a name to write beside what is changed, and how far the caller may go.

/// How far a caller may go; each scope holds those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Nothing: a server that is closed to whoever it does not know.
    Nothing,
    /// Queries and subscriptions.
    #[default]
    Read,
    /// Proposals, which somebody else accepts or rejects.
    Suggest,
    /// Changes.
    Write,
    /// Backups, and what else is about the server and not about the data.
    Admin,
}

impl Scope {
    /// The words of tokens, the command and claims.
    pub const ALL: [(Scope, &str); 4] = [
        (Scope::Read, "read"),
        (Scope::Suggest, "suggest"),
        (Scope::Write, "write"),
        (Scope::Admin, "admin"),
    ];

    /// The word; none for nothing.
    pub fn name(self) -> Option<&'static str> {
        Self::ALL.iter().find(|(scope, _)| *scope == self).map(|(_, word)| *word)
    }
    /// The scope of that word.
    pub fn parse(word: &str) -> Option<Scope> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(scope, _)| *scope)
    }
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// As a token or an identity provider calls it; none for whoever brings no token.
    pub name: Option<String>,
    /// How far it may go.
    pub scope: Scope,
}
