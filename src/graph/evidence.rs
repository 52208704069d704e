//! Evidence: the words of a source that support a link or an entity, and how far they have been
//! checked. The model is the W3C Web Annotation `TextQuoteSelector`
//! (<https://www.w3.org/TR/annotation-model/#text-quote-selector>).

use std::sync::Arc;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};

use crate::ontology::Date;

/// Whether a source says something or only lets one conclude it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Basis {
    /// The source says so.
    Stated,
    /// We conclude it from what the source says; the note tells how.
    Inferred,
}

impl Basis {
    /// The words of the format and the API.
    pub const ALL: [(Basis, &str); 2] = [(Basis::Stated, "STATED"), (Basis::Inferred, "INFERRED")];

    /// The word.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
    /// The basis of that word.
    pub fn parse(word: &str) -> Option<Basis> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(basis, _)| *basis)
    }
}

/// How far a quote has been checked against its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuoteStatus {
    /// Found word for word in the text whose hash the source carries.
    Verified,
    /// Looked for in that text and not found.
    NotFound,
    /// Not checked against the text that the source carries now, or there is none.
    SourceUnavailable,
    /// There are no words to find: the address itself is the evidence.
    UrlOnly,
}

impl QuoteStatus {
    /// The words of the API.
    pub const ALL: [(QuoteStatus, &str); 4] = [
        (QuoteStatus::Verified, "VERIFIED"),
        (QuoteStatus::NotFound, "NOT_FOUND"),
        (QuoteStatus::SourceUnavailable, "SOURCE_UNAVAILABLE"),
        (QuoteStatus::UrlOnly, "URL_ONLY"),
    ];

    /// The word.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
    /// The status of that word.
    pub fn parse(word: &str) -> Option<QuoteStatus> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(status, _)| *status)
    }
}

/// The text of a source as it was when its quotes were last checked.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SourceText {
    /// The name of the file in the sources folder.
    pub file: Option<Arc<str>>,
    /// SHA-256 of the file, in hex.
    pub sha256: Option<Arc<str>>,
    /// The outcome over all its quotes.
    pub status: Option<QuoteStatus>,
    /// The day of that check.
    pub checked: Option<Date>,
}

/// The mark that a check leaves on a piece of evidence: eight bytes of a hash over the text's
/// hash and the words, so that the mark falls off when either changes.
pub type Seal = [u8; 8];

/// Percent-encodes what a text fragment may not carry.
pub(super) fn text_directive(quote: &str) -> String {
    let mut out = String::with_capacity(quote.len() * 3 / 2);
    for byte in quote.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'.'
            | b'_'
            | b'~'
            | b'!'
            | b'\''
            | b'('
            | b')'
            | b'*' => {
                out.push(byte as char);
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The seal of a piece of evidence, given as quote, prefix, suffix and url, under a text with the
/// hash `sha256`.
pub fn seal(sha256: &str, words: [Option<&str>; 4]) -> Seal {
    first(&digest([sha256].into_iter().chain(words.map(Option::unwrap_or_default))))
}

/// A seal as it is written in files.
pub fn seal_to_text(seal: &Seal) -> String {
    HEXLOWER.encode(seal)
}

/// A seal from its text; none if it is not sixteen hex digits.
pub fn seal_from_text(text: &str) -> Option<Seal> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// The ten bytes that a link's or a piece of evidence's id is made of.
pub type Fingerprint = [u8; 10];

/// The last part of an id made of a fingerprint: 16 characters of lower-case base32.
pub fn fingerprint_to_text(fingerprint: &Fingerprint) -> String {
    BASE32_NOPAD.encode(fingerprint).to_ascii_lowercase()
}

/// The fingerprint in the last part of an id.
pub fn fingerprint_from_text(text: &str) -> Option<Fingerprint> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).ok()?.try_into().ok()
}

/// The fingerprint of parts, each closed off from the next. 80 bits: among 20 million links two
/// are alike with a chance of about one in five billion.
pub(crate) fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a str>) -> Fingerprint {
    first(&digest(parts))
}

fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

fn first<const N: usize>(digest: &[u8; 32]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&digest[..N]);
    out
}
