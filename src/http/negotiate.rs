//! Which media type an answer has: Accept with quality values, by RFC 9110 section 12.5.1 and
//! the GraphQL over HTTP specification.

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

    fn subtype(self) -> &'static str {
        match self {
            Media::GraphqlResponse => "graphql-response+json",
            Media::Json => "json",
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
    // The quality of a media type is that of the most specific range that holds it.
    let quality = |media: Media| -> (u32, u8) {
        let mut best = (0, 0);
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let specific = match name.split_once('/') {
                Some(("application", subtype)) if subtype == media.subtype() => 3,
                Some(("application", "*")) => 2,
                Some(("*", "*")) => 1,
                _ => continue,
            };
            let q = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
            let q =
                q.map_or(1000, |q| (q.trim().parse::<f32>().unwrap_or(0.0).clamp(0.0, 1.0) * 1000.0) as u32);
            if specific > best.1 {
                best = (q, specific);
            }
        }
        best
    };
    let (new, old) = (quality(Media::GraphqlResponse), quality(Media::Json));
    match (new.0, old.0) {
        (0, 0) => None,
        (n, o) if n > o => Some(Media::GraphqlResponse),
        (n, o) if n < o => Some(Media::Json),
        _ if new.1 == 3 => Some(Media::GraphqlResponse),
        _ => Some(Media::Json),
    }
}

/// Whether a client would rather have a page than data.
pub fn prefers_html(accept: Option<&str>) -> bool {
    accept.is_some_and(|a| a.split(',').any(|r| r.trim().to_ascii_lowercase().starts_with("text/html")))
}
