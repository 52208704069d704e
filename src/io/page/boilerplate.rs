//! Which elements of a page hold what every page of a site repeats. Tables of names, no judgement
//! of content.

/// Elements that hold none of the page's own text wherever they stand.
const ELEMENTS: &[&str] = &["aside", "button", "datalist", "dialog", "menu", "nav", "select", "textarea"];
/// Elements that do so unless they are part of something: an article's header is its own.
const OF_THE_PAGE: &[&str] = &["footer", "header"];
/// Roles that say as much.
const ROLES: &[&str] = &[
    "alertdialog",
    "banner",
    "complementary",
    "contentinfo",
    "dialog",
    "menu",
    "menubar",
    "navigation",
    "search",
    "toolbar",
];
/// Words of a class or id that say as much anywhere.
const WORDS: &[&str] = &[
    "breadcrumb",
    "breadcrumbs",
    "consent",
    "cookie",
    "cookies",
    "gdpr",
    "pagination",
    "skiplink",
    "skiplinks",
];
/// Words of a class or id that say as much outside the main element; inside it a card has a footer.
const WORDS_OUTSIDE: &[&str] = &[
    "advert",
    "ads",
    "feedback",
    "footer",
    "masthead",
    "megamenu",
    "menu",
    "nav",
    "navbar",
    "navigation",
    "newsletter",
    "pager",
    "sidebar",
    "skip",
    "subnav",
    "topbar",
    "usa-banner",
];
/// Two words of one class: "social" alone is as often about society.
const PAIRS: &[(&str, &[&str])] = &[
    ("share", &["bar", "buttons", "links", "this", "tools"]),
    ("social", &["bar", "buttons", "follow", "icons", "links", "media", "share"]),
    ("usa", &["banner", "identifier"]),
];
/// Elements whose classes speak of the page as a whole.
const WHOLE: &[&str] = &["article", "body", "form", "h1", "html", "main"];

/// What is known of an element when it opens.
pub(super) struct Seen<'a> {
    pub(super) name: &'a str,
    pub(super) role: &'a str,
    pub(super) class: &'a str,
    pub(super) id: &'a str,
    pub(super) hidden: bool,
    /// Whether it stands in the main element or an article.
    pub(super) in_main: bool,
    /// Whether it stands in an article, section or the main element.
    pub(super) in_part: bool,
}

/// Why an element is boilerplate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It says so itself.
    Said,
    /// Its class, its being hidden, or its standing at the top lets one guess so: what holds the
    /// main text or its title is none after all.
    Guessed,
}

/// Whether and why an element is boilerplate. Cost: linear in its class and id.
pub(super) fn judge(seen: &Seen<'_>) -> Option<Why> {
    if seen.name == "main" || seen.role == "main" || matches!(seen.name, "html" | "body") {
        return None;
    }
    if ELEMENTS.contains(&seen.name) || ROLES.contains(&seen.role) {
        return Some(Why::Said);
    }
    if OF_THE_PAGE.contains(&seen.name) && !seen.in_part {
        return Some(if seen.name == "header" { Why::Guessed } else { Why::Said });
    }
    let hidden = seen.hidden && !seen.in_main;
    let named =
        !WHOLE.contains(&seen.name) && (by_name(seen.class, seen.in_main) || by_name(seen.id, seen.in_main));
    (hidden || named).then_some(Why::Guessed)
}

fn by_name(names: &str, in_main: bool) -> bool {
    names.split_whitespace().any(|name| {
        let small = name.to_lowercase();
        let words: Vec<&str> = small.split(['-', '_', ':', '.']).filter(|w| !w.is_empty()).collect();
        // "has-sidebar", "no-nav", "with-menu" speak of another element.
        if matches!(words.first(), Some(&("has" | "no" | "with" | "is" | "not"))) {
            return false;
        }
        words.iter().any(|w| WORDS.contains(w) || !in_main && WORDS_OUTSIDE.contains(w))
            || PAIRS.iter().any(|(a, b)| words.contains(a) && b.iter().any(|b| words.contains(b)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_roles_and_classes_tell_boilerplate() {
        let (said, guessed) = (Some(Why::Said), Some(Why::Guessed));
        let cases = [
            ("nav", "", "", false, said),
            ("nav", "", "", true, said),
            ("header", "", "", false, guessed),
            ("header", "", "", true, None),
            ("footer", "", "", false, said),
            ("footer", "", "", true, None),
            ("div", "navigation", "", true, said),
            ("div", "main", "nav", false, None),
            ("div", "", "cookie-banner", true, guessed),
            ("div", "", "site_footer", false, guessed),
            ("div", "", "card-footer", true, None),
            ("div", "", "social-determinants", false, None),
            ("div", "", "social-links", false, guessed),
            ("div", "", "has-sidebar", false, None),
            ("body", "", "nav-open cookie", false, None),
            ("div", "", "navigate", false, None),
            ("div", "", "content", false, None),
        ];
        for (name, role, class, inside, expected) in cases {
            let seen = Seen { name, role, class, id: "", hidden: false, in_main: inside, in_part: inside };
            assert_eq!(judge(&seen), expected, "{name} {role} {class} {inside}");
        }
    }
}
