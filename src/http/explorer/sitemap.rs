//! `/sitemap.xml`: the addresses that a search engine may want: pages of their own, entities and links. Of more
//! than one file may hold, an index of files.

use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::response::Response;

use super::Visit;
use crate::app::export::escaped;

/// Pages of their own.
const READABLE: &[&str] = &[
    "/",
    "/search",
    "/q",
    "/path",
    "/compare",
    "/matrix",
    "/gaps",
    "/timeline",
    "/overview",
    "/schema",
    "/quality",
    "/about",
    "/developers",
];

/// Addresses of one file, by the protocol of sitemaps.org.
const ADDRESSES: usize = 50_000;

pub(super) async fn page(visit: Visit) -> Response {
    let view = visit.shared.app.view();
    let site = visit.site();
    let all = READABLE.len() + view.entity_count() + view.link_count();
    let files = all.div_ceil(ADDRESSES);
    let pages = READABLE.iter().map(|path| (*path).to_owned());
    let entities = view.entities().map(|ix| format!("/entity/{}", super::encode_path(view.entity(ix).id())));
    let links = view.links().map(|ix| format!("/{}", view.link_id(ix)));
    let part = visit.get("part").map(str::parse::<usize>);
    let body = match part {
        None if files > 1 => {
            list("sitemapindex", "sitemap", (0..files).map(|part| format!("{site}/sitemap.xml?part={part}")))
        }
        None => list("urlset", "url", pages.chain(entities).chain(links).map(|path| format!("{site}{path}"))),
        Some(Ok(part)) if part < files => {
            let some = pages.chain(entities).chain(links).skip(part * ADDRESSES).take(ADDRESSES);
            list("urlset", "url", some.map(|path| format!("{site}{path}")))
        }
        Some(_) => return visit.missing("sitemap.xml"),
    };
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/xml; charset=utf-8")], body).into_response()
}

fn list(outer: &str, inner: &str, addresses: impl Iterator<Item = String>) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{outer} xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
    );
    for address in addresses {
        xml += &format!("<{inner}><loc>{}</loc></{inner}>\n", escaped(&address));
    }
    xml + &format!("</{outer}>\n")
}
