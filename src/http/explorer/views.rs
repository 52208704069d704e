//! Several views of one thing at one address: the tabs that lead from one to the other, the form that narrows
//! what they show, and the place where they stand. Scripts change the place alone; without them the page is
//! asked for anew.

use maud::{Markup, html};

use super::Visit;
use super::parts::icon;

/// The parameters that a form of controls sets anew; all others it keeps.
pub(super) struct Controls<'a> {
    pub(super) sets: &'a [&'a str],
    pub(super) fields: Markup,
}

/// One view of many: its name in the address, which is also that of its symbol and of its phrase.
pub(super) fn tabs(visit: &Visit, views: &[&str], shown: &str) -> Markup {
    let first = views.first().copied();
    html! {
        nav class="tabs" aria-label=(visit.text.say("views.label")) data-in-place="view" {
            ul {
                @for view in views {
                    @let value = (Some(*view) != first).then_some(*view);
                    li {
                        a href=(visit.here(&[("view", value), ("sort", None)])) aria-current=[(*view == shown).then_some("page")] {
                            (icon(&format!("view-{view}"))) " " (visit.text.say(&format!("view.{view}")))
                        }
                    }
                }
            }
        }
    }
}

/// The form that asks for the same page with other values.
pub(super) fn controls(visit: &Visit, controls: &Controls<'_>) -> Markup {
    let kept = |name: &str| !controls.sets.contains(&name) && !["after", "before", "format"].contains(&name);
    html! {
        form class="controls" method="get" action=(visit.path) data-in-place="view" {
            @for (name, value) in &visit.given { @if kept(name) && !value.is_empty() { input type="hidden" name=(name) value=(value); } }
            (controls.fields)
            button type="submit" { (visit.text.say("show")) }
        }
        p id="undo" class="undo" {}
    }
}

/// One of several values: what it is called in the address, and in words. The first is what is meant without any,
/// and is not written into the address.
pub(super) fn select(visit: &Visit, name: &str, label: &str, values: &[(String, String)]) -> Markup {
    let chosen = visit.get(name);
    html! {
        div class="field" {
            label for=(name) { (visit.text.say(label)) }
            select id=(name) name=(name) {
                @for (at, (value, words)) in values.iter().enumerate() {
                    @let value = if at == 0 { "" } else { value.as_str() };
                    option value=(value) selected[chosen == Some(value)] { (words) }
                }
                // What the address says and the form does not offer.
                @if let Some(other) = chosen.filter(|chosen| values.iter().all(|(value, _)| value != chosen)) {
                    option value=(other) selected { (other) }
                }
            }
        }
    }
}

/// The same as buttons, of which one is pressed.
pub(super) fn choices(visit: &Visit, name: &str, label: &str, values: &[(&str, &str)]) -> Markup {
    let chosen = visit.get(name).unwrap_or_default();
    html! {
        fieldset class="field choices" {
            legend { (visit.text.say(label)) }
            @for (value, words) in values {
                label { input type="radio" name=(name) value=(value) checked[chosen == *value]; " " (visit.text.say(words)) }
            }
        }
    }
}

/// A field for an entity: its id, or with scripts its name with suggestions.
pub(super) fn entity_field(
    visit: &Visit,
    id: &str,
    parameter: &str,
    label: &str,
    value: &str,
    name: &str,
) -> Markup {
    let name = (!name.is_empty()).then_some(name);
    html! {
        div class="field entity-field" data-combobox="id" {
            label for=(id) { (label) }
            input id=(id) type="text" name=(parameter) value=(value) data-name=[name] placeholder=(visit.text.say("field.id")) autocomplete="off" maxlength="500";
        }
    }
}

/// The place of what is shown.
pub(super) fn place(title: &str, main: &Markup) -> Markup {
    html! {
        section class="wide view" id="view" aria-labelledby="view-title" {
            h2 id="view-title" class="visually-hidden" { (title) }
            (main)
        }
    }
}
