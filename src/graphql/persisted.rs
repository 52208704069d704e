//! Automatic persisted queries: a client sends the SHA-256 of a document in the place of its text, and
//! the text with it where the server does not know it yet
//! (<https://www.apollographql.com/docs/apollo-server/performance/apq>).

use data_encoding::HEXLOWER;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::error::{Code, GraphqlError};

/// The hash that a request names, by `{"persistedQuery": {"version": 1, "sha256Hash": "…"}}` in its
/// extensions; none where it names none.
///
/// # Errors
/// Another version, or what is no hash.
pub(super) fn hash(extensions: &Map<String, Json>) -> Result<Option<[u8; 32]>, GraphqlError> {
    let Some(persisted) = extensions.get("persistedQuery").filter(|p| !p.is_null()) else { return Ok(None) };
    if persisted.get("version").and_then(Json::as_u64) != Some(1) {
        let message = "PersistedQueryNotSupported: this server knows version 1 of persisted queries";
        return Err(GraphqlError::new(Code::PersistedQueryNotSupported, message));
    }
    let hash = persisted.get("sha256Hash").and_then(Json::as_str);
    let bytes = hash.and_then(|hash| HEXLOWER.decode(hash.to_ascii_lowercase().as_bytes()).ok());
    match bytes.and_then(|bytes| bytes.try_into().ok()) {
        Some(hash) => Ok(Some(hash)),
        None => {
            let message =
                "`sha256Hash` of a persisted query is 64 hex digits: the SHA-256 of its text in UTF-8";
            Err(GraphqlError::new(Code::BadRequest, message))
        }
    }
}

/// # Errors
/// A hash that is of another text.
pub(super) fn check(hash: &[u8; 32], text: &str) -> Result<(), GraphqlError> {
    if <[u8; 32]>::from(Sha256::digest(text.as_bytes())) == *hash {
        return Ok(());
    }
    let message = "`sha256Hash` is not the SHA-256 of `query`; hash the very bytes that are sent";
    Err(GraphqlError::new(Code::BadRequest, message))
}

/// What a client is told whose document is not known (any more): it sends the text with the hash.
pub(super) fn not_found() -> GraphqlError {
    // Clients look for this very word.
    GraphqlError::new(Code::PersistedQueryNotFound, "PersistedQueryNotFound")
}
