//! Files that are part of the binary. Vendored ones are kept compressed and are sent as they are
//! to whoever takes Brotli; the rest get them unpacked, once.

use std::sync::OnceLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::layers::AsItIs;
use super::negotiate::{list, takes_coding};
use super::{SITE_CSP, document};

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
    asset!("explorer.css", "text/css; charset=utf-8", "web/explorer.css"),
    asset!("icons.svg", "image/svg+xml", "web/icons.svg"),
    asset!("kinds.json", "application/json", "web/kinds.json"),
    asset!("explorer.mjs", "text/javascript; charset=utf-8", "web/explorer.mjs"),
    asset!("combobox.mjs", "text/javascript; charset=utf-8", "web/combobox.mjs"),
    asset!("copy.mjs", "text/javascript; charset=utf-8", "web/copy.mjs"),
    asset!("dom.mjs", "text/javascript; charset=utf-8", "web/dom.mjs"),
    asset!("graph-keys.mjs", "text/javascript; charset=utf-8", "web/graph-keys.mjs"),
    asset!("in-place.mjs", "text/javascript; charset=utf-8", "web/in-place.mjs"),
    asset!("pan-zoom.mjs", "text/javascript; charset=utf-8", "web/pan-zoom.mjs"),
    asset!("picture.mjs", "text/javascript; charset=utf-8", "web/picture.mjs"),
    asset!("overview.mjs", "text/javascript; charset=utf-8", "web/overview.mjs"),
    asset!("overview/overview.js", "text/javascript; charset=utf-8", "web/overview/dist/overview.js.br", br),
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

/// The file at `path` below `/assets/`; none if there is no such file.
pub(super) fn asset(path: &str, headers: &HeaderMap) -> Option<Response> {
    let at = ASSETS.iter().position(|a| a.path == path)?;
    let asset = &ASSETS[at];
    let csp = if asset.path.starts_with("graphiql/") { GRAPHIQL_CSP.trim() } else { SITE_CSP };
    if !asset.brotli {
        return Some(document(headers, asset.content_type, csp, asset.bytes));
    }
    let takes_brotli = takes_coding(list(headers, header::ACCEPT_ENCODING).as_deref(), "br");
    let bytes = if takes_brotli { asset.bytes } else { unpacked(at)? };
    let mut response = document(headers, asset.content_type, csp, bytes);
    if takes_brotli && response.status() == StatusCode::OK {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    // Megabytes: packing them anew for every client that takes gzip alone would be dear.
    response.extensions_mut().insert(AsItIs);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packed_file_unpacks_and_none_is_left_out() {
        for (at, asset) in ASSETS.iter().enumerate().filter(|(_, a)| a.brotli) {
            assert!(unpacked(at).is_some(), "{}", asset.path);
        }
        for bundle in ["graphiql", "overview"] {
            let dist = format!("{}/src/http/web/{bundle}/dist", env!("CARGO_MANIFEST_DIR"));
            for file in std::fs::read_dir(dist).expect("the folder is in the repository") {
                let name = file.expect("it can be read").file_name().to_string_lossy().into_owned();
                let Some(name) = name.strip_suffix(".br") else { continue };
                assert!(ASSETS.iter().any(|a| a.path == format!("{bundle}/{name}")), "{name} is served");
            }
        }
    }
}
