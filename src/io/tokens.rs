//! Who may do what: a file of tokens, each kept as its hash alone. A token is 160 random bits, so that a plain
//! hash is as good as a slow one: there is nothing to guess.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{cannot_be_read, cannot_be_written, fault_of_file};
use crate::ontology::Fault;

/// The name of the file in the data folder.
pub const FILE: &str = "tokens.json";

/// How a token begins: what finds one in a log or a repository knows what it found.
pub const PREFIX: &str = "throughline_";

/// Random bytes of a token.
const BYTES: usize = 20;

/// Letters that a name may have.
const NAME: usize = 100;

/// What is kept of a token. Moments are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Whose it is: what stands beside changes made with it.
    pub name: String,
    /// How far it reaches, in the words of the command.
    pub scope: String,
    /// SHA-256 of its text, in hex.
    pub sha256: String,
    /// When it was made.
    pub created: u64,
    /// From when it is worth nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<u64>,
}

impl Token {
    /// Whether it is worth anything at that moment.
    pub fn is_good(&self, at: u64) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|end| at < end)
    }
}

/// One state of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp([i64; 4]);

/// The tokens of a file, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    tokens: Vec<Token>,
}

impl Tokens {
    /// Reads a file; none are there where it is not.
    ///
    /// # Errors
    /// The system's reason, or what is wrong with the file.
    pub fn read(path: &Path) -> Result<Tokens, Fault> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| {
                let help = "mend it, or move it away and make the tokens anew with throughline token create";
                fault_of_file(path.display(), format!("is no file of tokens: {e}"), help)
            }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Tokens::default()),
            Err(e) => Err(cannot_be_read(path.display(), &e)),
        }
    }

    /// What tells the file as it is now from what it was before: it is replaced as a whole. None where it is not there.
    pub fn stamp(path: &Path) -> Option<Stamp> {
        let file = std::fs::metadata(path).ok()?;
        Some(Stamp([file.mtime(), file.mtime_nsec(), file.ino() as i64, file.len() as i64]))
    }

    /// All of them.
    pub fn all(&self) -> &[Token] {
        &self.tokens
    }

    /// The token of that text. What is compared are hashes: how long it takes tells nothing of the text.
    pub fn of(&self, text: &str) -> Option<&Token> {
        let hash = hash_of(text);
        self.tokens.iter().find(|token| token.sha256 == hash)
    }

    /// Makes a token in a file, and gives its text, which is kept nowhere.
    ///
    /// # Errors
    /// A name that is taken or none, the system's reason.
    pub fn create(
        path: &Path,
        name: &str,
        scope: &str,
        at: u64,
        expires: Option<u64>,
    ) -> Result<String, Fault> {
        let failed = |e: std::io::Error| cannot_be_written(path.display(), &e);
        let folder: PathBuf = path.parent().map(Path::to_path_buf).unwrap_or_default();
        if !folder.as_os_str().is_empty() {
            std::fs::create_dir_all(&folder).map_err(failed)?;
        }
        let _alone = lock(path)?;
        let mut tokens = Tokens::read(path)?;
        if name.trim().is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
            let help = format!("a name has 1 to {NAME} letters");
            return Err(fault_of_file(path.display(), "cannot hold a token of that name", &help));
        }
        if tokens.tokens.iter().any(|token| token.name == name && token.is_good(at)) {
            let what = format!("has a token named `{name}`");
            return Err(fault_of_file(
                path.display(),
                what,
                "revoke it first, or give this one another name",
            ));
        }
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|e| {
            fault_of_file(
                path.display(),
                format!("cannot hold a new token: the system gave no random bytes: {e}"),
                "try again",
            )
        })?;
        let text = format!("{PREFIX}{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase());
        tokens.tokens.push(Token {
            name: name.to_owned(),
            scope: scope.to_owned(),
            sha256: hash_of(&text),
            created: at,
            expires,
            revoked: None,
        });
        tokens.write(path)?;
        Ok(text)
    }

    /// Takes back the good tokens of a name, and says how many there were.
    ///
    /// # Errors
    /// A name that no good token has, the system's reason.
    pub fn revoke(path: &Path, name: &str, at: u64) -> Result<usize, Fault> {
        // Nothing is made beside a file that is not there.
        let _alone = if path.exists() { Some(lock(path)?) } else { None };
        let mut tokens = Tokens::read(path)?;
        let mut revoked = 0;
        for token in tokens.tokens.iter_mut().filter(|token| token.name == name && token.is_good(at)) {
            token.revoked = Some(at);
            revoked += 1;
        }
        if revoked == 0 {
            let what = format!("has no good token named `{name}`");
            return Err(fault_of_file(path.display(), what, "see throughline token list"));
        }
        tokens.write(path)?;
        Ok(revoked)
    }

    fn write(&self, path: &Path) -> Result<(), Fault> {
        super::replace_private(path, |out| {
            serde_json::to_writer_pretty(&mut *out, self)?;
            out.write_all(b"\n")
        })
        .map_err(|e| cannot_be_written(path.display(), &e))
    }
}

/// Held from reading a file to replacing it: of two commands at once the later would else write what the earlier
/// read, and a token that was taken back would be good again. Beside the file, which is replaced as a whole.
fn lock(path: &Path) -> Result<std::fs::File, Fault> {
    let beside = path.with_extension("lock");
    let open = std::fs::File::options().create(true).truncate(false).write(true).open(&beside);
    open.and_then(|file| file.lock().map(|()| file)).map_err(|e| cannot_be_written(beside.display(), &e))
}

fn hash_of(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_text_until_it_ends() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("new").join(FILE);
        assert_eq!(Tokens::read(&path), Ok(Tokens::default()));
        let text = Tokens::create(&path, "Ada", "write", 10, Some(20)).expect("made");
        assert!(text.starts_with(PREFIX) && text.len() == PREFIX.len() + 32, "{text}");
        let kept = std::fs::read_to_string(&path).expect("there");
        assert!(!kept.contains(&text[PREFIX.len()..]), "the text is kept nowhere");
        let tokens = Tokens::read(&path).expect("readable");
        let token = tokens.of(&text).expect("known");
        assert_eq!((token.name.as_str(), token.is_good(19), token.is_good(20)), ("Ada", true, false));
        assert!(tokens.of("throughline_other").is_none());
        let again = Tokens::create(&path, "Ada", "read", 11, None).expect_err("taken");
        assert!(again.to_string().contains("has a token named `Ada`"), "{again}");
        assert_eq!(Tokens::revoke(&path, "Ada", 12), Ok(1));
        assert!(!Tokens::read(&path).expect("readable").of(&text).expect("known").is_good(13));
        assert!(Tokens::revoke(&path, "Ada", 14).is_err(), "once");
        assert_ne!(Tokens::create(&path, "Ada", "read", 15, None).expect("free again"), text);
    }

    #[test]
    fn commands_at_the_same_moment_undo_nothing_of_one_another() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join(FILE);
        for n in 0..4 {
            Tokens::create(&path, &format!("old {n}"), "read", 1, None).expect("made");
        }
        std::thread::scope(|threads| {
            for n in 0..4 {
                let path = &path;
                threads.spawn(move || Tokens::revoke(path, &format!("old {n}"), 2).expect("taken back"));
                threads.spawn(move || {
                    for i in 0..8 {
                        Tokens::create(path, &format!("new {n} {i}"), "read", 2, None).expect("made");
                    }
                });
            }
        });
        let tokens = Tokens::read(&path).expect("readable");
        let good =
            |word: &str| tokens.all().iter().filter(|t| t.name.starts_with(word) && t.is_good(3)).count();
        assert_eq!((good("old"), good("new")), (0, 32));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join(FILE);
        Tokens::create(&path, "Ada", "write", 10, None).expect("made");
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
