//! Files that are part of the binary. Vendored ones are kept compressed and are sent as they are
//! to whoever takes Brotli; the rest get them unpacked, once.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::not_modified;

/// What the GraphiQL page may load and do.
pub(super) const GRAPHIQL_CSP: &str = include_str!("web/graphiql/CSP.txt");
/// The GraphiQL page.
pub(super) const GRAPHIQL_PAGE: &str = include_str!("web/graphiql/index.html");

/// A file and how it is kept.
struct Asset {
    path: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    brotli: bool,
}

macro_rules! asset {
    ($path:literal, $type:literal, $file:literal) => {
        Asset { path: $path, content_type: $type, bytes: include_bytes!($file), brotli: false }
    };
    ($path:literal, $type:literal, $file:literal, br) => {
        Asset { path: $path, content_type: $type, bytes: include_bytes!($file), brotli: true }
    };
}

/// Every file there is below `/assets/`.
const ASSETS: &[Asset] = &[
    asset!("site.css", "text/css; charset=utf-8", "web/site.css"),
    asset!("graphiql/examples.json", "application/json", "web/graphiql/examples.json"),
    asset!("graphiql/graphiql.js", "text/javascript; charset=utf-8", "web/graphiql/dist/graphiql.js.br", br),
    asset!("graphiql/graphiql.css", "text/css; charset=utf-8", "web/graphiql/dist/graphiql.css.br", br),
    asset!(
        "graphiql/editor.worker.js",
        "text/javascript; charset=utf-8",
        "web/graphiql/dist/editor.worker.js.br",
        br
    ),
    asset!(
        "graphiql/graphql.worker.js",
        "text/javascript; charset=utf-8",
        "web/graphiql/dist/graphql.worker.js.br",
        br
    ),
    asset!(
        "graphiql/json.worker.js",
        "text/javascript; charset=utf-8",
        "web/graphiql/dist/json.worker.js.br",
        br
    ),
    asset!("graphiql/codicon.ttf", "font/ttf", "web/graphiql/dist/codicon.ttf.br", br),
];

static ETAGS: LazyLock<HashMap<&'static str, String>> = LazyLock::new(|| {
    ASSETS
        .iter()
        .map(|a| (a.path, format!("W/\"{}\"", data_encoding::HEXLOWER.encode(&Sha256::digest(a.bytes)[..8]))))
        .collect()
});

/// The file at `path` below `/assets/`; none if there is no such file.
pub(super) fn asset(path: &str, headers: &HeaderMap) -> Option<Response> {
    let at = ASSETS.iter().position(|a| a.path == path)?;
    let asset = &ASSETS[at];
    let etag = ETAGS.get(asset.path).cloned().unwrap_or_default();
    if not_modified(headers, &etag) {
        return Some((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let takes_brotli = accepted.split(',').any(|e| {
        matches!(e.trim().split(';').next(), Some("br")) && !e.contains("q=0,") && !e.trim().ends_with("q=0")
    });
    let mut response = match (asset.brotli, takes_brotli) {
        (true, true) => ([(header::CONTENT_ENCODING, "br")], Body::from(asset.bytes)).into_response(),
        (true, false) => Body::from(unpacked(at)?).into_response(),
        (false, _) => Body::from(asset.bytes).into_response(),
    };
    let csp = if asset.path.starts_with("graphiql/") { GRAPHIQL_CSP.trim() } else { super::SITE_CSP };
    for (name, value) in [
        (header::CONTENT_TYPE, asset.content_type),
        (header::ETAG, etag.as_str()),
        (header::CACHE_CONTROL, "public, no-cache"),
        (header::VARY, "Accept-Encoding"),
        (header::CONTENT_SECURITY_POLICY, csp),
    ] {
        response.headers_mut().insert(name, value.parse().ok()?);
    }
    Some(response)
}

/// The contents of a compressed asset, unpacked at the first call and kept.
fn unpacked(at: usize) -> Option<&'static [u8]> {
    static UNPACKED: [OnceLock<Vec<u8>>; ASSETS.len()] = [const { OnceLock::new() }; ASSETS.len()];
    let bytes = UNPACKED[at].get_or_init(|| {
        let mut out = Vec::new();
        let mut input = ASSETS[at].bytes;
        // Our own file, checked by a test: if it is damaged, nothing is sent.
        if brotli_decompressor::BrotliDecompress(&mut input, &mut out).is_err() {
            out.clear();
        }
        out
    });
    (!bytes.is_empty()).then_some(bytes)
}
