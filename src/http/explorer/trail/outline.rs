//! A trail as nested steps that read as prose, each with its words: what screen readers, paper and browsers
//! without scripts get, and the first view for everyone.

use std::collections::{HashMap, HashSet};

use maud::{Markup, html};
use serde_json::Value as Json;

use super::super::Visit;
use super::super::ask::{items, words};
use super::super::parts;
use super::gaps::{Gap, Missing};

/// Which way a branch leads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Way {
    /// The ends of a link of a trail: the one it is reached from, and the one it leads to.
    fn ends(self, link: &Json) -> (&Json, &Json) {
        match self {
            Way::Up => (&link["downstream"], &link["upstream"]),
            Way::Down => (&link["upstream"], &link["downstream"]),
        }
    }
}

/// The trail up and down from its beginning.
pub(super) fn told(visit: &Visit, trail: &Json, missing: &Missing) -> Markup {
    let own = words(&trail["of"]["id"]);
    let asked = visit.get("dir");
    let links = items(&trail["links"]);
    let mut outline = Outline {
        visit,
        links,
        missing: missing.by_entity(),
        steps: 0,
        told: HashMap::new(),
        links_told: HashSet::new(),
    };
    html! {
        @for (way, part) in [(Way::Up, "up"), (Way::Down, "down")] {
            @if asked.is_none_or(|asked| asked == part || !["up", "down"].contains(&asked)) {
                section class="direction" aria-labelledby=(part) {
                    h3 id=(part) { (visit.text.say(&format!("trail.{part}"))) }
                    @if links.iter().any(|link| words(&way.ends(link).0["id"]) == own) {
                        (outline.branch(way, own, true, &mut HashSet::new()))
                    } @else {
                        ul class="slots" { li class="slot" { (parts::icon("absent")) " " (visit.text.say(&format!("trail.{part}.none"))) } }
                    }
                }
            }
        }
        (outline.others())
    }
}

struct Outline<'a> {
    visit: &'a Visit,
    links: &'a [Json],
    missing: HashMap<&'a str, Vec<Gap<'a>>>,
    /// Steps told so far: each has a number.
    steps: usize,
    /// The step at which what follows an entity was told, by its id.
    told: HashMap<&'a str, usize>,
    /// The ids of the links that have been told.
    links_told: HashSet<&'a str>,
}

impl<'a> Outline<'a> {
    /// The links from an entity that way, each with what follows it. What has been told before is pointed at.
    fn branch(&mut self, way: Way, from: &'a str, first: bool, seen: &mut HashSet<&'a str>) -> Markup {
        let is_new = seen.insert(from);
        let all = self.links;
        let here: Vec<&Json> =
            all.iter().filter(|link| is_new && words(&way.ends(link).0["id"]) == from).collect();
        html! {
            @if !here.is_empty() {
                ol class=[first.then_some("outline")] { @for found in here { (self.step(way, found, seen)) } }
            }
        }
    }

    fn step(&mut self, way: Way, found: &'a Json, seen: &mut HashSet<&'a str>) -> Markup {
        let (visit, link, to) = (self.visit, &found["link"], way.ends(found).1);
        let id = words(&to["id"]);
        self.steps += 1;
        self.links_told.insert(words(&link["id"]));
        let step = self.steps;
        let before = seen.contains(id).then(|| self.told.get(id).copied()).flatten();
        self.told.entry(id).or_insert(step);
        let (basis, tone) = (words(&link["basis"]), &parts::look(words(&to["kind"]["name"])).tone);
        html! {
            li class={ "step basis-" (parts::kebab(basis)) " tone-" (tone) } id={ "step-" (step) } {
                p class="say" {
                    (parts::entity(visit, to)) " "
                    span class="why" { (words(&link["sentence"])) } " "
                    a class="ref" href=(visit.link(words(&link["id"]))) { span class="visually-hidden" { (visit.text.say("trail.evidence")) " " (words(&link["sentence"])) " " } (step) }
                    @if basis == "INFERRED" { " " (parts::basis(visit, basis)) }
                }
                (parts::best_quote(visit, link))
                @if let Some(before) = before { p class="say again" { a href={ "#step-" (before) } { (visit.text.say("trail.told")) } } }
                (self.branch(way, id, false, seen))
                @if before.is_none() { (self.slots(id)) }
            }
        }
    }

    /// Links between what has been told that lead neither to the beginning nor away from it.
    fn others(&mut self) -> Markup {
        let all = self.links;
        let untold: Vec<&Json> =
            all.iter().filter(|found| !self.links_told.contains(words(&found["link"]["id"]))).collect();
        // What leads on from these stands above.
        let mut seen = self.told.keys().copied().collect();
        html! {
            @if !untold.is_empty() {
                section class="direction" aria-labelledby="others" {
                    h3 id="others" { (self.visit.text.say("trail.others")) }
                    ol class="outline" { @for found in untold { (self.step(Way::Down, found, &mut seen)) } }
                }
            }
        }
    }

    /// What ought to follow and is not recorded: each once.
    fn slots(&mut self, id: &str) -> Markup {
        let gaps = self.missing.remove(id).unwrap_or_default();
        html! {
            @if !gaps.is_empty() {
                ul class="slots" { @for gap in gaps { li class="slot" { (parts::icon("absent")) " " (gap.description) } } }
            }
        }
    }
}
