//! Pages of a list, forward and backward, by the rules of the Relay Cursor Connections
//! specification (<https://relay.dev/graphql/connections.htm>).
//!
//! A cursor names an item by its id and is bound to the order it was given out under: used under
//! another, it is refused instead of landing somewhere.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

/// What part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so many from the start.
    pub first: Option<usize>,
    /// Only what follows this cursor.
    pub after: Option<String>,
    /// At most so many from the end.
    pub last: Option<usize>,
    /// Only what precedes this cursor.
    pub before: Option<String>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Which positions of the list, one after the other.
    pub range: std::ops::Range<usize>,
    /// How long the whole list is.
    pub total: usize,
    /// Whether more follow.
    pub has_next: bool,
    /// Whether some precede.
    pub has_previous: bool,
}

/// Why a page cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCursor {
    /// Not one of ours.
    #[error("`{0}` is no cursor of this API; pass on `endCursor` or `startCursor` of a page as it came")]
    NotOurs(String),
    /// Given out under another order.
    #[error(
        "the cursor `{0}` was given out under another field or order; begin again without it, or ask with the order it came from"
    )]
    OtherOrder(String),
    /// Its item is not in this list.
    #[error(
        "the item of the cursor `{0}` is not in this list; has the filter changed? Begin again without it"
    )]
    NotInList(String),
}

/// The four bytes that bind a cursor to an order, made of whatever defines that order.
pub type OrderTag = [u8; 4];

/// The tag of an order described by `parts`.
pub fn order_tag(parts: &str) -> OrderTag {
    let digest = Sha256::digest(parts.as_bytes());
    [digest[0], digest[1], digest[2], digest[3]]
}

/// The cursor of the item `id` under an order.
pub fn cursor(tag: OrderTag, id: &str) -> String {
    let mut bytes = tag.to_vec();
    bytes.extend_from_slice(id.as_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

fn id_of(tag: OrderTag, cursor: &str) -> Result<String, BadCursor> {
    let shown = || cursor.chars().take(60).filter(|c| !c.is_control()).collect::<String>();
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| BadCursor::NotOurs(shown()))?;
    let (theirs, id) = bytes.split_at_checked(tag.len()).ok_or_else(|| BadCursor::NotOurs(shown()))?;
    let id = std::str::from_utf8(id)
        .ok()
        .filter(|id| id.contains('/'))
        .ok_or_else(|| BadCursor::NotOurs(shown()))?;
    if theirs != tag {
        return Err(BadCursor::OtherOrder(shown()));
    }
    Ok(id.to_owned())
}

/// The page of a list of `total` items that `request` asks for; `position` finds an item by id.
///
/// # Errors
/// A cursor that is none, of another order, or of an item outside the list.
pub fn paginate(
    request: &PageRequest,
    tag: OrderTag,
    total: usize,
    position: impl Fn(&str) -> Option<usize>,
) -> Result<Page, BadCursor> {
    let find = |cursor: &String| {
        let id = id_of(tag, cursor)?;
        position(&id).ok_or_else(|| BadCursor::NotInList(cursor.clone()))
    };
    let mut start = request.after.as_ref().map(find).transpose()?.map_or(0, |at| at + 1);
    let mut end = request.before.as_ref().map(find).transpose()?.unwrap_or(total).max(start);
    if let Some(first) = request.first {
        end = end.min(start.saturating_add(first));
    }
    if let Some(last) = request.last {
        start = start.max(end.saturating_sub(last));
    }
    Ok(Page { range: start..end, total, has_next: end < total, has_previous: start > 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(request: PageRequest, expected: Result<(&str, bool, bool), &str>) {
        let items = ["i/a", "i/b", "i/c", "i/d", "i/e"];
        let page = paginate(&request, order_tag("x"), items.len(), |id| items.iter().position(|i| *i == id));
        let got = page.map(|p| {
            let letters: String = items[p.range.clone()].iter().map(|i| &i[2..]).collect();
            (letters, p.has_previous, p.has_next)
        });
        match (got, expected) {
            (Ok((letters, previous, next)), Ok(expected)) => {
                assert_eq!((letters.as_str(), previous, next), expected, "{request:?}");
            }
            (Err(e), Err(part)) => assert!(e.to_string().contains(part), "{e}"),
            (got, expected) => panic!("{request:?}: got {got:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn pages_follow_the_rules_of_relay() {
        let c = |letter: &str| Some(cursor(order_tag("x"), &format!("i/{letter}")));
        let page = |first, after: Option<String>, last, before: Option<String>| PageRequest {
            first,
            after,
            last,
            before,
        };
        check(page(None, None, None, None), Ok(("abcde", false, false)));
        check(page(Some(2), None, None, None), Ok(("ab", false, true)));
        check(page(Some(2), c("b"), None, None), Ok(("cd", true, true)));
        check(page(Some(9), c("c"), None, None), Ok(("de", true, false)));
        check(page(None, None, Some(2), None), Ok(("de", true, false)));
        check(page(None, None, Some(2), c("d")), Ok(("bc", true, true)));
        check(page(Some(0), None, None, None), Ok(("", false, true)));
        check(page(Some(3), None, Some(1), None), Ok(("c", true, true)));
        check(page(None, c("d"), None, c("b")), Ok(("", true, true)));
        check(page(None, c("z"), None, None), Err("not in this list"));
        check(page(None, Some("%%".into()), None, None), Err("no cursor of this API"));
        check(page(None, Some(cursor(order_tag("y"), "i/a")), None, None), Err("another field or order"));
    }
}
