//! A layered drawing as SVG: within a page, where it can be walked through by keyboard, and as a file of its own,
//! which looks the same without any style sheet.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::Visit;
use super::layout::{self, BETWEEN, Graph, HEAD, Layout, NODE};
use super::parts::{look, titled};

/// Letters of a line of a name; in shapes with slanted sides.
const LINE: (usize, usize) = (24, 20);
/// Letters of the name of a link, and their width in pixels.
const LABEL: usize = 20;
const LETTER: f64 = 5.8;
/// Kinds that the head of a column names.
const KINDS_NAMED: usize = 2;
/// Where along a curve the name of a link may stand, best first.
const ALONG: &[f64] = &[0.5, 0.36, 0.64, 0.25, 0.75];

/// Colours of a drawing without a style sheet: lines, ground of columns, and the outlines by tone.
const LINES: &str = "#5b6770";
const GROUND: &str = "#f4f5f3";
const INK: &str = "#1c242b";
const TONES: &[(&str, &str)] = &[
    ("source", "#0b5563"),
    ("work", "#2b4c7e"),
    ("agent", "#6a3d7c"),
    ("endeavour", "#1f6b45"),
    ("claim", "#8a5a00"),
];
const OTHER_TONE: &str = "#5c5f66";

/// What is drawn.
pub(super) struct Drawing {
    pub(super) title: String,
    /// What it shows, in one sentence.
    pub(super) description: String,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// Columns there may be.
    pub(super) columns: usize,
    /// The node it is drawn around.
    pub(super) origin: Option<usize>,
}

pub(super) struct Node {
    /// What tells it from the others.
    pub(super) id: String,
    /// Its page; none for a place where nothing is recorded.
    pub(super) href: Option<String>,
    pub(super) kind: String,
    /// What stands above its name.
    pub(super) caption: String,
    pub(super) name: String,
    pub(super) column: usize,
    /// Whether the drawing ends here although more hangs on it.
    pub(super) stops: bool,
}

pub(super) struct Edge {
    pub(super) href: Option<String>,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: String,
    pub(super) sentence: String,
    pub(super) sort: Sort,
}

/// How a link is drawn: solid, dashed, dotted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    Stated,
    Inferred,
    Absent,
}

impl Sort {
    fn class(self) -> &'static str {
        ["basis-stated", "basis-inferred", "basis-absent"][self as usize]
    }

    fn phrase(self) -> &'static str {
        ["basis.STATED", "basis.INFERRED", "graph.absent"][self as usize]
    }

    fn dashes(self) -> Option<&'static str> {
        [None, Some("5 4"), Some("1 4")][self as usize]
    }
}

/// The keys that move through a drawing, and the phrases that tell what they do.
const KEYS: &[(&str, &str)] = &[
    ("Tab", "graph.key.tab"),
    ("→", "graph.key.right"),
    ("←", "graph.key.left"),
    ("↑ ↓", "graph.key.updown"),
    ("Home", "graph.key.home"),
    ("Enter", "graph.key.enter"),
    ("+ − 0", "graph.key.zoom"),
    ("Esc", "graph.key.escape"),
    ("/", "graph.key.search"),
    ("?", "graph.key.help"),
];

impl Drawing {
    /// The drawing in a page, with what its signs mean and the keys that move through it. The page has an element
    /// `view-title` that names it.
    pub(super) fn figure(&self, visit: &Visit) -> Markup {
        let text = visit.text;
        let sorts: BTreeSet<Sort> = self.edges.iter().map(|edge| edge.sort).collect();
        let kinds: BTreeSet<&str> = self.nodes.iter().map(|node| node.kind.as_str()).collect();
        html! {
            figure class="graph" data-graph {
                div class="graph-frame" id="graph-frame" role="group" aria-labelledby="view-title" aria-describedby="graph-help" {
                    (self.svg(visit, None))
                }
                figcaption {
                    ul class="legend" aria-label=(text.say("graph.legend")) {
                        @for sort in sorts {
                            li { svg class="swatch" width="32" height="12" aria-hidden="true" { path class={ "edge-line " (sort.class()) } d="M1 6H31" stroke=(LINES) stroke-width="1.5" stroke-dasharray=[sort.dashes()] {} } " " (text.say(sort.phrase())) }
                        }
                        @for kind in kinds {
                            li class={ "tone-" (look(kind).tone) } {
                                svg class="swatch" width="34" height="18" viewBox="-1 -1 34 18" aria-hidden="true" { path class="node-shape" d=(outline(&look(kind).shape, 32.0, 16.0)) stroke-width="1.5" {} }
                                " " (titled(kind))
                            }
                        }
                    }
                    details class="graph-keys" id="graph-help" {
                        summary { (text.say("graph.keys")) }
                        dl class="keys" { @for (key, phrase) in KEYS { div { dt { kbd { (key) } } dd { (text.say(phrase)) } } } }
                    }
                }
                p class="visually-hidden" role="status" data-graph-status {}
            }
        }
    }

    /// The drawing as a file; addresses begin with that of the site.
    pub(super) fn file(&self, visit: &Visit) -> String {
        let site = visit.site();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n",
            self.svg(visit, Some(&site)).into_string()
        )
    }

    fn svg(&self, visit: &Visit, site: Option<&str>) -> Markup {
        let graph = Graph {
            nodes: self.nodes.iter().map(|node| (node.id.as_str(), node.column)).collect(),
            columns: self.columns,
            links: self.edges.iter().map(|edge| (edge.from, edge.to)).collect(),
            origin: self.origin,
        };
        let placed = layout::layout(&graph);
        let (width, height) = (placed.width, placed.height);
        let labels = self.labels(&placed);
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_key(|node| (placed.places[*node].column, placed.places[*node].row));
        html! {
            svg class="graph-svg" xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } font-family="system-ui, sans-serif" role="group" aria-labelledby="graph-title graph-desc" {
                title id="graph-title" { (self.title) }
                desc id="graph-desc" { (self.description) }
                defs {
                    marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto" { path class="arrow" d="M0 .5 7.500 4 0 7.500Z" fill=(LINES) {} }
                    @if site.is_some() { (self.symbols()) }
                }
                @if site.is_some() { rect width="100%" height="100%" fill="#fff" {} }
                g class="columns" {
                    @for (at, left) in placed.columns.iter().enumerate() {
                        g class="column" {
                            rect class="column-ground" x=(left - 12.0) y="4" width=(NODE.0 + 24.0) height=(height - 8.0) rx="6" fill=(GROUND) {}
                            text class="column-name" x=(left) y=(HEAD - 14.0) font-size="12" font-weight="600" fill=(LINES) { (self.column_name(&placed, at)) }
                        }
                    }
                }
                g class="edges" { @for (at, edge) in self.edges.iter().enumerate() { (self.edge(visit, site, at, edge, &placed.routes[at], labels[at])) } }
                g class="nodes" { @for node in order { (self.node(visit, site, node, &placed)) } }
            }
        }
    }

    fn column_name(&self, placed: &Layout, column: usize) -> String {
        let mut kinds: Vec<&str> = Vec::new();
        for (node, place) in self.nodes.iter().zip(&placed.places) {
            if place.column == column && !kinds.contains(&node.kind.as_str()) {
                kinds.push(&node.kind);
            }
        }
        kinds.sort_unstable();
        let more = if kinds.len() > KINDS_NAMED { " · …" } else { "" };
        kinds.truncate(KINDS_NAMED);
        kinds.into_iter().map(titled).collect::<Vec<_>>().join(" · ") + more
    }

    fn edge(
        &self,
        visit: &Visit,
        site: Option<&str>,
        at: usize,
        edge: &Edge,
        route: &[(f64, f64)],
        label: Option<(f64, f64)>,
    ) -> Markup {
        let path = path(route);
        let basis = visit.text.say(edge.sort.phrase());
        let inner = html! {
            title { (edge.sentence) }
            path class="edge-hit" d=(path) fill="none" stroke="transparent" stroke-width="14" {}
            path class="edge-line" d=(path) fill="none" stroke=(LINES) stroke-width="1.5" stroke-dasharray=[edge.sort.dashes()] marker-end="url(#arrow)" {}
            @if let Some((x, y)) = label { text class="edge-label" x=(x) y=(y) text-anchor="middle" font-size="11" fill=(LINES) { (shortened(&edge.label, LABEL)) } }
        };
        html! {
            @if let Some(href) = &edge.href {
                a class={ "edge " (edge.sort.class()) } id={ "e" (at) } href={ (site.unwrap_or_default()) (href) } data-from={ "n" (edge.from) } data-to={ "n" (edge.to) }
                    aria-label={ (edge.label) ": " (edge.sentence) " (" (basis) ")" } { (inner) }
            } @else {
                g class={ "edge " (edge.sort.class()) } { (inner) }
            }
        }
    }

    fn node(&self, visit: &Visit, site: Option<&str>, at: usize, placed: &Layout) -> Markup {
        let (node, place) = (&self.nodes[at], placed.places[at]);
        let look = look(&node.kind);
        let is_origin = self.origin == Some(at);
        let slanted = matches!(look.shape.as_str(), "hexagon" | "pill");
        let (icon_at, text_at) = if slanted { (20.0, 48.0) } else { (12.0, 40.0) };
        let lines = lines(&node.name, if slanted { LINE.1 } else { LINE.0 });
        let (above, first) = if lines.len() > 1 { (15.0, 31.0) } else { (23.0, 40.0) };
        let tone = TONES.iter().find(|(tone, _)| *tone == look.tone).map_or(OTHER_TONE, |(_, colour)| colour);
        let sprite = if site.is_some() { "" } else { "/assets/icons.svg" };
        let (out, back) = (
            self.edges.iter().filter(|edge| edge.from == at).count(),
            self.edges.iter().filter(|edge| edge.to == at).count(),
        );
        let (fill, ink) = if is_origin { (tone, "#fff") } else { ("#fff", INK) };
        let dashes = node.href.is_none().then_some("1 4");
        let inner = html! {
            title { (node.caption) ": " (node.name) }
            path class="node-shape" d=(outline(&look.shape, NODE.0, NODE.1)) fill=(fill) stroke=(tone) stroke-width="1.5" stroke-dasharray=[dashes] {}
            svg class="node-icon" x=(icon_at) y=((NODE.1 - 20.0) / 2.0) width="20" height="20" color=(if is_origin { "#fff" } else { tone }) { use href={ (sprite) "#" (look.icon) } {} }
            text class="node-kind" x=(text_at) y=(above) font-size="11" fill=(ink) { (node.caption) }
            " "
            text class="node-name" x=(text_at) y=(first) font-size="13" font-weight="600" fill=(ink) {
                @for (nth, line) in lines.iter().enumerate() { @if nth > 0 { " " } tspan x=(text_at) dy=(nth * 16) { (line) } }
            }
        };
        let role = match (is_origin, node.stops) {
            (true, _) => " is-origin",
            (false, true) => " stop",
            _ => "",
        };
        let told = visit.text.tell("graph.links", &[("out", &out), ("in", &back)]);
        html! {
            @if let Some(href) = &node.href {
                a class={ "node tone-" (look.tone) (role) } id={ "n" (at) } href={ (site.unwrap_or_default()) (href) } data-column=(place.column) data-row=(place.row)
                    transform={ "translate(" (place.x) " " (place.y) ")" } aria-label={ (node.caption) ": " (node.name) ". " (told) } { (inner) }
            } @else {
                g class={ "node slot tone-" (look.tone) } transform={ "translate(" (place.x) " " (place.y) ")" } { (inner) }
            }
        }
    }

    /// The symbols that the nodes use, from the sprite.
    fn symbols(&self) -> Markup {
        let sprite = include_str!("../web/icons.svg");
        let used: BTreeSet<&str> = self.nodes.iter().map(|node| look(&node.kind).icon.as_str()).collect();
        let symbol = |name: &str| {
            let from = sprite.find(&format!("<symbol id=\"{name}\""))?;
            let to = sprite[from..].find("</symbol>")? + "</symbol>".len();
            Some(&sprite[from..from + to])
        };
        maud::PreEscaped(used.into_iter().filter_map(symbol).collect())
    }

    /// Where the names of links stand: on their curves, apart from one another and from nodes; none where
    /// there is no room.
    fn labels(&self, placed: &Layout) -> Vec<Option<(f64, f64)>> {
        let mut taken: Vec<[f64; 4]> = placed
            .places
            .iter()
            .map(|place| [place.x, place.y, place.x + NODE.0, place.y + NODE.1])
            .collect();
        let mut free = |boxed: [f64; 4]| {
            let apart = |other: &[f64; 4]| {
                boxed[2] <= other[0] || boxed[0] >= other[2] || boxed[3] <= other[1] || boxed[1] >= other[3]
            };
            let free = taken.iter().all(apart) && boxed[0] >= 0.0 && boxed[2] <= placed.width;
            if free {
                taken.push(boxed);
            }
            free
        };
        let place = |(edge, route): (&Edge, &Vec<(f64, f64)>)| {
            let width = shortened(&edge.label, LABEL).chars().count() as f64 * LETTER;
            let curves = [route.len().saturating_sub(2), 0];
            let spots = ALONG.iter().flat_map(|t| curves.iter().map(move |curve| (*curve, *t)));
            spots
                .map(|(curve, t)| point(route[curve], route[curve + 1], t, width))
                .find(|(x, y)| free([x - width / 2.0, y - 11.0, x + width / 2.0, y + 2.0]))
        };
        self.edges.iter().zip(&placed.routes).map(place).collect()
    }
}

/// A point of the curve from `a` to `b`, for the foot of a text of that width.
fn point(a: (f64, f64), b: (f64, f64), t: f64, width: f64) -> (f64, f64) {
    let along = t * t * (3.0 - 2.0 * t);
    let y = a.1 + (b.1 - a.1) * along + 4.0;
    let x = if a.0 == b.0 { a.0 + 10.0 + width / 2.0 } else { a.0 + (b.0 - a.0) * t };
    (x.round(), y.round())
}

/// The line through the points of a link: curves between columns, straight through lanes; a bow between two
/// nodes of one column.
fn path(route: &[(f64, f64)]) -> String {
    let mut path = format!("M{} {}", route[0].0, route[0].1);
    for (at, pair) in route.windows(2).enumerate() {
        let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
        path += &if at % 2 == 1 {
            format!("H{x2}")
        } else if x1 == x2 {
            format!("C{} {y1} {} {y2} {x2} {y2}", x1 + BETWEEN.0 / 2.5, x2 + BETWEEN.0 / 2.5)
        } else {
            let half = (x2 - x1) / 2.0;
            format!("C{} {y1} {} {y2} {x2} {y2}", x1 + half, x2 - half)
        };
    }
    path
}

/// The outline of a shape of that width and height.
fn outline(shape: &str, w: f64, h: f64) -> String {
    let (c, r, m) = ((h / 4.5).round(), (h / 7.0).round(), h / 2.0);
    match shape {
        "document" => format!("M0 0H{0}L{w} {c}V{h}H0ZM{0} 0V{c}H{w}", w - c),
        "pill" => format!("M{m} 0H{0}A{m} {m} 0 0 1 {0} {h}H{m}A{m} {m} 0 0 1 {m} 0Z", w - m),
        "arrow" => format!("M0 0H{0}L{w} {m}L{0} {h}H0Z", w - c),
        "hexagon" => format!("M{c} 0H{0}L{w} {m}L{0} {h}H{c}L0 {m}Z", w - c),
        "notched" => format!("M{c} 0H{0}L{w} {c}V{1}L{0} {h}H{c}L0 {1}V{c}Z", w - c, h - c),
        "stacked" => format!("M0 4H{0}V{h}H0ZM4 4V0H{w}V{1}H{0}", w - 4.0, h - 4.0),
        _ => format!(
            "M{r} 0H{0}Q{w} 0 {w} {r}V{1}Q{w} {h} {0} {h}H{r}Q0 {h} 0 {1}V{r}Q0 0 {r} 0Z",
            w - r,
            h - r
        ),
    }
}

/// A name in two lines at most; what is longer ends in “…”.
fn lines(name: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in name.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            word.clone_into(line);
        } else if line.chars().count() + 1 + word.chars().count() <= letters {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    if lines.len() > 2 {
        let rest = lines.split_off(1);
        lines.push(rest.join(" "));
    }
    lines.iter().map(|line| shortened(line, letters)).collect()
}

fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(letters - 1).collect();
    // A word is not cut where one before it can stand alone.
    let ends = text[kept.len()..].starts_with(|next: char| !next.is_alphanumeric());
    let whole = kept.rfind(' ').filter(|_| !ends).map_or(kept.as_str(), |at| &kept[..at]);
    whole.trim_end_matches([' ', ',']).to_owned() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_two_lines_at_most() {
        for (name, letters, expected) in [
            ("maternal health", 24, &["maternal health"][..]),
            ("Severe Maternal Morbidity Report", 24, &["Severe Maternal", "Morbidity Report"]),
            (
                "Number of unexpected complications in newborns rose",
                20,
                &["Number of unexpected", "complications in…"],
            ),
            ("Donaudampfschifffahrtsgesellschaftskapitän", 20, &["Donaudampfschifffah…"]),
            ("", 24, &[""]),
        ] {
            assert_eq!(lines(name, letters), expected, "{name}");
        }
    }
}
