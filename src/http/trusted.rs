//! Where only saved questions are executed: a document is one of them, by its text or by its SHA-256, or is refused.
//! Our own pages ask their own documents, in the process, and are not asked here.

use axum::http::StatusCode;
use axum::response::Response;

use super::{Shared, refusal};
use crate::graphql::{self, Code};

/// What is said of any other document.
const REFUSED: &str = "this server executes saved questions alone: /q lists them, /q/<name> answers one; their texts and the SHA-256 of those are taken here, too";

/// Puts the text of a saved question in the place of its hash.
///
/// # Errors
/// The answer to whatever is no saved question.
pub(super) fn admit(shared: &Shared, request: &mut graphql::Request) -> Result<(), graphql::Response> {
    if !shared.settings.only_saved_queries {
        return Ok(());
    }
    let hash = request.extensions.get("persistedQuery").and_then(|it| it.get("sha256Hash")?.as_str());
    let mut saved = shared.app.saved().values();
    let known = match (request.query.as_str(), hash) {
        ("", Some(hash)) => saved.find(|one| one.sha256.eq_ignore_ascii_case(hash)),
        (text, _) => saved.find(|one| one.text == text),
    };
    match known {
        Some(known) => {
            request.query.clone_from(&known.text);
            request.extensions.remove("persistedQuery");
            Ok(())
        }
        None => {
            shared.settings.metrics.refused(Code::NotAllowed.text());
            Err(graphql::Response::request_error(Code::NotAllowed, REFUSED))
        }
    }
}

/// The refusal of an address that would execute any document; none where it may.
pub(super) fn closed(shared: &Shared) -> Option<Response> {
    shared.settings.only_saved_queries.then(|| refusal(StatusCode::FORBIDDEN, Code::NotAllowed, REFUSED))
}
