//! From the tokens of HTML to lines and regions.
//!
//! Only html5ever's tokenizer, not its tree: building a tree looks up the whole chain of open
//! elements at each tag, which is quadratic where elements nest deeply, and text needs no tree.
//! What is kept of HTML's rules is which tags end which elements.

use std::cell::RefCell;
use std::collections::HashMap;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::{Attribute, LocalName};
use url::Url;

use super::boilerplate::{Seen, Why, judge};
use super::lines::{Writer, address};

/// Elements that have no end.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];
/// Elements that stand inside lines.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font",
    "i", "ins", "kbd", "label", "mark", "nobr", "output", "q", "rp", "rt", "ruby", "s", "samp", "small",
    "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
];
/// Elements whose content is no text of the page.
const DROPPED: &[&str] = &[
    "audio", "canvas", "iframe", "noembed", "noframes", "noscript", "object", "script", "style", "svg",
    "template", "video",
];
/// How far an end tag looks for its element among others that stand inside lines.
const INLINE_REACH: usize = 64;

/// A part of the page: what stands in one outermost piece of boilerplate, or in none.
#[derive(Debug)]
pub(super) struct Region {
    pub(super) parent: usize,
    /// What it is, for a reader; empty for what is no boilerplate by itself.
    pub(super) label: String,
    pub(super) why: Option<Why>,
    pub(super) is_main: bool,
    /// Whether it is known what it holds.
    is_cleared: bool,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) writer: Writer,
    pub(super) regions: Vec<Region>,
    pub(super) title: String,
    pub(super) shown_title: String,
    pub(super) canonical: Option<String>,
    pub(super) shown_address: Option<String>,
    pub(super) language: Option<String>,
}

#[derive(Debug)]
struct Open {
    name: LocalName,
    region: usize,
    in_main: bool,
    in_part: bool,
}

/// Positions in the stack of the open elements of one sort, innermost last.
#[derive(Debug, Default)]
struct Positions {
    lists: Vec<usize>,
    items: Vec<usize>,
    tables: Vec<usize>,
    rows: Vec<usize>,
    cells: Vec<usize>,
    headings: Vec<usize>,
    paragraphs: Vec<usize>,
    dropped: Vec<usize>,
    pres: Vec<usize>,
}

impl Positions {
    fn of(&mut self, name: &str) -> Option<&mut Vec<usize>> {
        Some(match name {
            "ul" | "ol" | "dl" => &mut self.lists,
            "li" | "dt" | "dd" => &mut self.items,
            "table" => &mut self.tables,
            "tr" => &mut self.rows,
            "td" | "th" => &mut self.cells,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => &mut self.headings,
            "p" => &mut self.paragraphs,
            "pre" => &mut self.pres,
            name if DROPPED.contains(&name) => &mut self.dropped,
            _ => return None,
        })
    }
}

#[derive(Debug, Default)]
struct State {
    stack: Vec<Open>,
    at: Positions,
    /// How many elements of each name are open inside the innermost cell, or outside all cells;
    /// one table of counts per open cell.
    counts: Vec<HashMap<LocalName, usize>>,
    in_title: bool,
    base: Option<Url>,
    outcome: Outcome,
}

/// Takes tokens, keeps lines.
pub(super) struct Reader(RefCell<State>);

impl Reader {
    pub(super) fn new(base: Option<Url>) -> Reader {
        let root = Region { parent: 0, label: String::new(), why: None, is_main: false, is_cleared: true };
        let outcome = Outcome { regions: vec![root], ..Outcome::default() };
        let counts = vec![HashMap::new()];
        Reader(RefCell::new(State { base, outcome, counts, ..State::default() }))
    }

    pub(super) fn outcome(self) -> Outcome {
        let mut state = self.0.into_inner();
        state.cut(0);
        let region = state.region();
        state.outcome.writer.flush(region);
        state.outcome
    }
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => state.start(&tag),
            Token::TagToken(tag) => {
                state.end(&tag.name);
                TokenSinkResult::Continue
            }
            Token::CharacterTokens(text) => {
                state.text(&text);
                TokenSinkResult::Continue
            }
            _ => TokenSinkResult::Continue,
        }
    }
}

impl State {
    fn region(&self) -> usize {
        self.stack.last().map_or(0, |open| open.region)
    }

    fn text(&mut self, text: &str) {
        if self.in_title {
            self.outcome.title.push_str(text);
        } else if self.at.dropped.is_empty() {
            let (region, pre) = (self.region(), !self.at.pres.is_empty());
            self.outcome.writer.words(text, region, pre);
        }
    }

    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        self.imply_ends(name);
        if name == "title" && self.at.dropped.is_empty() {
            self.in_title = self.outcome.title.is_empty();
        }
        if !VOID.contains(&name) {
            self.open(tag);
        }
        self.effect(name, tag);
        match name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => TokenSinkResult::RawData(RawKind::Rawtext),
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }

    /// Ends what HTML lets authors leave open.
    fn imply_ends(&mut self, name: &str) {
        let last = |positions: &[usize]| positions.last().map_or(0, |at| at + 1);
        let (table, cell) = (last(&self.at.tables), last(&self.at.cells));
        let cut = match name {
            "li" | "dt" | "dd" => last(&self.at.items).filter_above(last(&self.at.lists).max(table)),
            "td" | "th" => cell.filter_above(table),
            "tr" | "tbody" | "thead" | "tfoot" => last(&self.at.rows).filter_above(table),
            name if is_block(name) => last(&self.at.paragraphs).filter_above(cell),
            _ => None,
        };
        if let Some(position) = cut {
            self.cut(position - 1);
        }
    }

    fn open(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        let parent = self.stack.last();
        let (mut region, in_main, in_part) =
            parent.map_or((0, false, false), |o| (o.region, o.in_main, o.in_part));
        let of = |key: &str| attribute(&tag.attrs, key);
        let (role, class, id) = (of("role"), of("class"), of("id"));
        let style: String = of("style").split_whitespace().collect();
        let hidden = of("aria-hidden") == "true"
            || tag.attrs.iter().any(|a| &*a.name.local == "hidden")
            || style.contains("display:none");
        let why = judge(&Seen { name, role, class, id, hidden, in_main, in_part });
        let is_main = name == "main" || role == "main";
        if is_main || matches!(name, "article" | "h1") {
            self.unguess(region);
        }
        let before = region;
        if why.is_some() || is_main {
            let label = if is_main { String::new() } else { label(name, role, class, id, of("aria-label")) };
            self.outcome.regions.push(Region { parent: region, label, why, is_main, is_cleared: false });
            region = self.outcome.regions.len() - 1;
            self.outcome.writer.flush(before);
        }
        if let Some(positions) = self.at.of(name) {
            positions.push(self.stack.len());
        }
        if matches!(name, "td" | "th") {
            self.counts.push(HashMap::new());
        } else if let Some(counts) = self.counts.last_mut() {
            *counts.entry(tag.name.clone()).or_default() += 1;
        }
        self.stack.push(Open {
            name: tag.name.clone(),
            region,
            in_main: in_main || is_main || name == "article",
            in_part: in_part || is_main || matches!(name, "article" | "section"),
        });
    }

    /// What holds the main text or the title of the page was guessed wrongly to be boilerplate.
    fn unguess(&mut self, mut region: usize) {
        while let Some(here) = self.outcome.regions.get_mut(region) {
            // Each region is passed once: what was cleared before has cleared all above it.
            if region == 0 || here.is_main || here.is_cleared {
                break;
            }
            here.is_cleared = true;
            if here.why == Some(Why::Guessed) {
                here.why = None;
            }
            region = here.parent;
        }
    }

    /// What a start tag does to the lines and to what is known of the page.
    fn effect(&mut self, name: &str, tag: &Tag) {
        let region = self.region();
        let of = |key: &str| attribute(&tag.attrs, key);
        let out = &mut self.outcome;
        match name {
            "html" if out.language.is_none() => {
                let language = Some(of("lang")).filter(|l| !l.trim().is_empty()).unwrap_or(of("xml:lang"));
                out.language = Some(language.trim().to_owned()).filter(|l| !l.is_empty());
            }
            "base" => {
                let base = self.base.as_ref().map_or_else(|| Url::parse(of("href")), |b| b.join(of("href")));
                self.base = base.ok().or(self.base.take());
            }
            "link" if of("rel").split_whitespace().any(|r| r.eq_ignore_ascii_case("canonical")) => {
                out.canonical = out.canonical.take().or_else(|| address(of("href"), self.base.as_ref()));
            }
            "meta" if of("property") == "og:title" => out.shown_title = of("content").to_owned(),
            "meta" if of("property") == "og:url" => {
                out.shown_address = address(of("content"), self.base.as_ref());
            }
            _ if !self.at.dropped.is_empty() => {}
            "a" => {
                out.writer.unlink();
                if let Some(address) = address(of("href"), self.base.as_ref()) {
                    out.writer.link(address);
                }
            }
            "img" => match address(of("src"), self.base.as_ref()) {
                Some(address) => out.writer.picture(of("alt"), &address, region),
                None => out.writer.words(of("alt"), region, false),
            },
            "br" if self.at.headings.is_empty() => out.writer.block(region),
            "br" => out.writer.words(" ", region, false),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                out.writer.heading(name[1..].parse().unwrap_or(6), region);
            }
            "li" | "dd" => out.writer.item(self.at.lists.len().saturating_sub(1), region),
            "ul" | "ol" | "dl" | "table" => out.writer.lay_out(region),
            "tr" => out.writer.open_row(region),
            "td" | "th" => out.writer.cell(region),
            name if is_block(name) => out.writer.block(region),
            _ => {}
        }
    }

    fn end(&mut self, name: &LocalName) {
        match &**name {
            "title" => self.in_title = false,
            "a" => self.outcome.writer.unlink(),
            "br" => {
                let region = self.region();
                self.outcome.writer.block(region);
            }
            _ => {}
        }
        let inline = INLINE.contains(&&**name);
        let position = match &**name {
            "table" => self.at.tables.last().copied(),
            "tr" => self.at.rows.last().copied(),
            "td" | "th" => self.at.cells.last().copied(),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.at.headings.last().copied(),
            _ if self.counts.last().and_then(|c| c.get(name)).is_none_or(|count| *count == 0) => None,
            _ if inline => {
                let near = self.stack.iter().enumerate().rev().take(INLINE_REACH);
                let mut near = near.take_while(|(_, open)| INLINE.contains(&&*open.name));
                near.find(|(_, open)| open.name == *name).map(|(at, _)| at)
            }
            // Counted, so it is there; and what is looked at here is closed here.
            _ => self.stack.iter().rposition(|open| open.name == *name),
        };
        if let Some(position) = position {
            self.cut(position);
        }
    }

    /// Closes the element at a position of the stack, and all that is open in it.
    fn cut(&mut self, position: usize) {
        while self.stack.len() > position {
            let Some(open) = self.stack.pop() else { break };
            let name: &str = &open.name;
            if let Some(positions) = self.at.of(name) {
                positions.pop();
            }
            if matches!(name, "td" | "th") {
                self.counts.pop();
            } else if let Some(count) = self.counts.last_mut().and_then(|c| c.get_mut(&open.name)) {
                *count = count.saturating_sub(1);
            }
            let out = &mut self.outcome.writer;
            match name {
                "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "li" | "dd" => {
                    out.block(open.region);
                    out.unmark();
                }
                "tr" => out.close_row(open.region),
                "td" | "th" => {}
                name if is_block(name) && self.at.dropped.is_empty() => out.block(open.region),
                _ => {}
            }
            if self.stack.last().map_or(0, |o| o.region) != open.region {
                out.flush(open.region);
            }
        }
    }
}

/// Whether an element stands on lines of its own.
fn is_block(name: &str) -> bool {
    let within =
        INLINE.contains(&name) || VOID.contains(&name) || DROPPED.contains(&name) || name == "button";
    !within || name == "hr"
}

trait Above {
    fn filter_above(self, floor: usize) -> Option<usize>;
}

impl Above for usize {
    fn filter_above(self, floor: usize) -> Option<usize> {
        (self > floor).then_some(self)
    }
}

fn attribute<'a>(attributes: &'a [Attribute], key: &str) -> &'a str {
    attributes.iter().find(|a| &*a.name.local == key).map_or("", |a| &a.value)
}

/// What a reader is told of a piece of boilerplate.
fn label(name: &str, role: &str, class: &str, id: &str, spoken: &str) -> String {
    let role = if role.is_empty() { String::new() } else { format!(" {role}") };
    let told = [(" ", spoken), ("#", id), (".", class.split_whitespace().next().unwrap_or_default())];
    let told = told.iter().find(|(_, value)| !value.is_empty()).map(|(mark, value)| format!("{mark}{value}"));
    let told = told.unwrap_or_default().replace(['[', ']', '\n'], " ");
    format!("{name}{role}{}", told.chars().take(60).collect::<String>())
}
