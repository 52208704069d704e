//! What a client would like best: Accept and Accept-Encoding with quality values, by RFC 9110
//! section 12.5 and the GraphQL over HTTP specification.

use axum::http::{HeaderMap, HeaderName};

/// A media type a GraphQL answer can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: the status says how the request went.
    GraphqlResponse,
    /// `application/json`: for clients from before; well-formed requests are answered 200.
    Json,
}

impl Media {
    /// As it stands in Content-Type.
    pub fn content_type(self) -> &'static str {
        match self {
            Media::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Media::Json => "application/json; charset=utf-8",
        }
    }
}

/// The media type that `accept` likes best; `application/json` where it does not care, none where
/// it takes neither.
///
/// ```
/// use throughline::http::negotiate::{Media, negotiate};
/// assert_eq!(negotiate(Some("application/graphql-response+json, application/json;q=0.9")), Some(Media::GraphqlResponse));
/// assert_eq!(negotiate(Some("*/*")), Some(Media::Json));
/// assert_eq!(negotiate(Some("image/png")), None);
/// ```
pub fn negotiate(accept: Option<&str>) -> Option<Media> {
    let Some(accept) = accept.filter(|a| !a.trim().is_empty()) else { return Some(Media::Json) };
    let new = liking(accept, "application/graphql-response+json");
    let old = liking(accept, "application/json");
    match new.quality.cmp(&old.quality) {
        _ if new.quality == 0 && old.quality == 0 => None,
        std::cmp::Ordering::Greater => Some(Media::GraphqlResponse),
        std::cmp::Ordering::Less => Some(Media::Json),
        // As good as each other: the new one only for a client that knows it by name.
        std::cmp::Ordering::Equal if new.by == By::Name => Some(Media::GraphqlResponse),
        std::cmp::Ordering::Equal => Some(Media::Json),
    }
}

/// Whether a client would rather have a page than data.
pub fn prefers_html(accept: Option<&str>) -> bool {
    let Some(accept) = accept else { return false };
    let of = |media| liking(accept, media).quality;
    of("text/html") > of("application/json").max(of("application/graphql-response+json"))
}

/// How well a client likes a media type, in thousandths; 0 for not at all.
pub(super) fn likes(accept: &str, media: &str) -> u32 {
    liking(accept, media).quality
}

/// Whether a client takes this content coding. Without a header it takes none, since what it
/// cannot read helps nobody.
pub fn takes_coding(accept_encoding: Option<&str>, coding: &str) -> bool {
    accept_encoding.is_some_and(|accept| liking(accept, coding).quality > 0)
}

/// All values of a list header as one, none where there is no such header.
pub(super) fn list(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// How closely a range fits, the closest last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Nothing,
    Anything,
    Family,
    Name,
}

/// How much something is liked: in thousandths, and which range says so.
struct Liking {
    quality: u32,
    by: By,
}

/// What a list header says of `name`, a media type or a coding: the closest range decides.
fn liking(accept: &str, name: &str) -> Liking {
    let family = name.split_once('/').map(|(family, _)| format!("{family}/*"));
    let mut best = Liking { quality: 0, by: By::Nothing };
    for item in accept.split(',') {
        let mut parts = item.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let by = match range {
            r if r.eq_ignore_ascii_case(name) => By::Name,
            r if family.as_deref().is_some_and(|f| r.eq_ignore_ascii_case(f)) => By::Family,
            "*/*" | "*" => By::Anything,
            _ => continue,
        };
        if by > best.by {
            best = Liking { quality: parts.find_map(quality).unwrap_or(1000), by };
        }
    }
    best
}

/// `q=0.5` as thousandths; a malformed one is no liking at all.
pub(super) fn quality(parameter: &str) -> Option<u32> {
    let (name, value) = parameter.split_once('=')?;
    let read = || value.trim().parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q));
    name.trim().eq_ignore_ascii_case("q").then(|| read().map_or(0, |q| (q * 1000.0).round() as u32))
}

#[cfg(test)]
mod tests {
    use super::{Media, negotiate, prefers_html, takes_coding};

    #[test]
    fn the_media_type_that_is_liked_best_is_given() {
        let (new, old) = (Some(Media::GraphqlResponse), Some(Media::Json));
        for (accept, media) in [
            (None, old),
            (Some(""), old),
            (Some("*/*"), old),
            (Some("application/*"), old),
            (Some("application/json"), old),
            (Some("APPLICATION/JSON; charset=utf-8"), old),
            (Some("application/graphql-response+json"), new),
            (Some("application/json, application/graphql-response+json"), new),
            (Some("application/graphql-response+json;q=0.5, application/json;q=0.9"), old),
            (Some("application/graphql-response+json;Q=0.9 , application/json;q=0.5"), new),
            (Some("application/json;q=0, */*"), new),
            (Some("application/*;q=0.1, application/json;q=0.2"), old),
            (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), old),
            (Some("application/json;q=0"), None),
            (Some("application/json;q=much"), None),
            (Some("image/png"), None),
        ] {
            assert_eq!(negotiate(accept), media, "{accept:?}");
        }
    }

    #[test]
    fn a_page_is_for_those_who_like_it_better_than_data() {
        for (accept, page) in [
            (None, false),
            (Some("*/*"), false),
            (Some("text/html"), true),
            (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), true),
            (Some("application/json, text/html;q=0.1"), false),
        ] {
            assert_eq!(prefers_html(accept), page, "{accept:?}");
        }
    }

    #[test]
    fn a_coding_is_taken_where_it_is_named_and_not_refused() {
        for (accept, takes) in [
            (None, false),
            (Some("gzip, deflate, br"), true),
            (Some("gzip, br;q=0.0"), false),
            (Some("*"), true),
            (Some("gzip"), false),
        ] {
            assert_eq!(takes_coding(accept, "br"), takes, "{accept:?}");
        }
    }
}
