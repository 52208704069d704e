//! `/oembed?url=`: how a page of ours is shown within a page of others, for programs that turn a pasted address into
//! a frame (oEmbed 1.0, oembed.com).

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::html;
use serde_json::json;

use super::{EMBED, Visit};
use crate::graphql::Code;
use crate::http::{refusal, shorten};

/// Width and height of a frame, in pixels, if nobody says, and at least.
const SIZE: (u32, u32) = (960, 640);
const LEAST: u32 = 240;

/// The pages that may be shown within others.
const SHOWN: &[&str] = &["trail/", "entity/", "link/", "path"];

pub(super) async fn answer(visit: Visit) -> Response {
    // The protocol's own answer to a format that is not offered.
    if visit.get("format").is_some_and(|format| format != "json") {
        return refusal(StatusCode::NOT_IMPLEMENTED, Code::NotAcceptable, "oEmbed is answered in json");
    }
    let Some(given) = visit.get("url") else {
        return refusal(StatusCode::BAD_REQUEST, Code::BadArgument, "`url` is missing: the page to be shown");
    };
    let (site, size) = (visit.site(), |name: &str, usual: u32| {
        let most = visit.get(name).and_then(|pixels| pixels.parse().ok()).unwrap_or(usual);
        usual.min(most).max(LEAST)
    });
    let page = given.strip_prefix(&site).and_then(|rest| rest.strip_prefix('/'));
    let page = page.filter(|page| SHOWN.iter().any(|shown| page.starts_with(shown)));
    let Some((page, title)) = page.and_then(|page| Some((page, title(&visit, page)?))) else {
        let message = format!("there is no page of ours to be shown at {}", shorten(given));
        return refusal(StatusCode::NOT_FOUND, Code::NotFound, &message);
    };
    let (width, height) = (size("maxwidth", SIZE.0), size("maxheight", SIZE.1));
    let src = format!("{site}{EMBED}{page}");
    let frame = html! { iframe src=(src) width=(width) height=(height) title=(title) loading="lazy" {} };
    let body = json!({
        "type": "rich", "version": "1.0", "title": title, "provider_name": visit.text.say("site.name"),
        "provider_url": format!("{site}/"), "width": width, "height": height, "html": frame.into_string(),
    });
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}

/// What the page is called; none if nothing is there.
fn title(visit: &Visit, page: &str) -> Option<String> {
    let view = visit.shared.app.view();
    let path = page.split(['?', '#']).next().unwrap_or_default();
    let decoded = url::form_urlencoded::parse(path.replace('+', "%2B").as_bytes()).next()?.0.into_owned();
    if let Some(link) = view.find_link(&decoded) {
        return Some(view.sentence(link));
    }
    match decoded.split_once('/') {
        Some((_, id)) => view.find(id).map(|ix| view.entity(ix).name().to_owned()),
        None => Some(visit.text.say("path.title").to_owned()),
    }
}
