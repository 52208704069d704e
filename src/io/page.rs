//! From a page as it came over the wire to a text that is kept as a source.
//!
//! Blocks become lines: headings `# `, items `- `, rows of tables with ` | `; links are kept as
//! Markdown, which the text view of a source reads as their words. What every page of a site
//! repeats is kept apart, in its order, and not lost: a mistaken judgement costs nobody a quote.

mod boilerplate;
mod lines;
mod reader;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer};
use url::Url;

use super::words::fold;
use lines::Line;
use reader::{Outcome, Reader};

/// With fewer characters in it, a main element is not believed to hold the main text.
const LEAST_MAIN: usize = 200;
/// So many links one under another, with nothing between, are a menu where no element says what
/// the main text is.
const MENU: usize = 5;
/// How many bytes are looked at for a declared encoding, as browsers do.
const DECLARATION: usize = 1024;

/// The text of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its title, as it gives it.
    pub title: Option<String>,
    /// The address it calls its own.
    pub canonical: Option<String>,
    /// Its language, such as `en-US`.
    pub language: Option<String>,
    /// What it says, line by line.
    pub main: String,
    /// What stands around that: menus, banners, footers; each piece under a line in brackets that
    /// tells what it was and before which line of `main` it stood.
    pub boilerplate: String,
}

/// The text of HTML. Never fails, whatever the text is. Cost: linear, but for tags of thousands of
/// attributes.
///
/// ```
/// let html = "<title>T</title><nav>Menu</nav><h1>A &amp; B</h1><p>See <a href='/c'>C</a>.";
/// let page = throughline::io::page::text_of_html(html);
/// assert_eq!(page.main, "# A & B\nSee [C](/c).\n");
/// assert_eq!(page.boilerplate, "[nav, before line 1]\nMenu\n");
/// ```
pub fn text_of_html(html: &str) -> Page {
    text_of_html_at(html, None)
}

/// The same for a page whose address is known: its links become absolute.
pub fn text_of_html_at(html: &str, address: Option<&Url>) -> Page {
    let input = BufferQueue::default();
    // A byte order mark is none of the text.
    input.push_back(StrTendril::from(html.trim_start_matches('\u{feff}')));
    let tokenizer = Tokenizer::new(Reader::new(address.cloned()), Default::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    page_of(tokenizer.sink.outcome())
}

/// The text of plain text: its lines, without white space at their ends.
pub fn text_of_plain(text: &str) -> Page {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim_end);
    let mut main = String::with_capacity(text.len());
    for line in lines {
        main.extend(line.chars().filter(|c| !c.is_control() || *c == '\t'));
        main.push('\n');
    }
    Page { main, ..Page::default() }
}

/// The text of bytes, of which a `Content-Type` may be known: HTML or plain text, in whatever
/// encoding. Bytes that fit no encoding become replacement characters.
///
/// ```
/// let page = throughline::io::page::text_of_bytes(b"<p>Caf\xe9</p>", Some("text/html; charset=iso-8859-1"), None);
/// assert_eq!(page.main, "Café\n");
/// ```
pub fn text_of_bytes(bytes: &[u8], content_type: Option<&str>, address: Option<&Url>) -> Page {
    let (text, _, _) = encoding_of(bytes, content_type).decode(bytes);
    let said = content_type.unwrap_or_default().to_ascii_lowercase();
    let is_html = said.contains("html") || !said.contains("text/plain") && looks_like_html(&text);
    if is_html { text_of_html_at(&text, address) } else { text_of_plain(&text) }
}

/// The encoding, by what is surest: a byte order mark (which decoding heeds itself), the sender's
/// word, the page's own, a guess.
fn encoding_of(bytes: &[u8], content_type: Option<&str>) -> &'static Encoding {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION)]).to_ascii_lowercase();
    let declared = |text: &str| {
        let value = text.split_once("charset=")?.1.trim_start_matches(['"', '\'', ' ']);
        Encoding::for_label(value.split(['"', '\'', ' ', ';', '>', '/']).next()?.as_bytes())
    };
    if std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0x1b) {
        // Valid UTF-8 that is meant otherwise does not occur; wrong declarations do.
        return UTF_8;
    }
    let said = content_type.and_then(|t| declared(&t.to_ascii_lowercase()));
    said.or_else(|| declared(&head)).unwrap_or_else(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
        detector.feed(bytes, true);
        detector.guess(None, Utf8Detection::Allow)
    })
}

fn looks_like_html(text: &str) -> bool {
    let head: String = text.trim_start().chars().take(DECLARATION).collect::<String>().to_lowercase();
    ["<!doctype html", "<html", "<head", "<body", "<div", "<p>", "<p ", "<h1", "<title", "<table", "<a href"]
        .iter()
        .any(|mark| head.contains(mark))
}

fn page_of(outcome: Outcome) -> Page {
    let Outcome { writer, regions, title, shown_title, canonical, shown_address, language } = outcome;
    // Parents stand before their children, so one pass tells what each region stands in.
    let mut labels: Vec<Option<String>> = vec![None; regions.len()];
    let mut mains = vec![false; regions.len()];
    for i in 1..regions.len() {
        let region = &regions[i];
        mains[i] = region.is_main || mains[region.parent];
        labels[i] = labels[region.parent].clone().or_else(|| region.why.map(|_| region.label.clone()));
    }
    let of_main = writer.lines.iter().filter(|l| mains[l.region] && labels[l.region].is_none());
    let has_main = of_main.map(|l| l.text.len()).sum::<usize>() >= LEAST_MAIN;
    let menus = if has_main { vec![false; writer.lines.len()] } else { menus(&writer.lines) };
    let place = |(line, is_menu): (&Line, &bool)| match &labels[line.region] {
        Some(label) => Some(label.clone()),
        None if has_main && !mains[line.region] => Some("outside the main element".to_owned()),
        None if *is_menu => Some("list of links".to_owned()),
        None => None,
    };
    let mut places: Vec<Option<String>> = writer.lines.iter().zip(&menus).map(place).collect();
    if places.iter().all(Option::is_some) {
        // Whatever the page calls its parts, it has no others.
        places.fill(None);
    }
    let mut page = Page { canonical: canonical.or(shown_address), language, ..Page::default() };
    page.title = [title, shown_title].iter().map(|t| fold(t)).find(|t| !t.is_empty());
    let (mut count, mut last) = (1, None);
    for (line, place) in writer.lines.iter().zip(&places) {
        let part = match place {
            None => {
                count += 1;
                &mut page.main
            }
            Some(label) => {
                let here = Some((label, count));
                if last != here {
                    page.boilerplate.push_str(&format!("[{label}, before line {count}]\n"));
                    last = here;
                }
                &mut page.boilerplate
            }
        };
        part.push_str(&line.text);
        part.push('\n');
    }
    page
}

/// Which lines are part of a long run of lines that are links and nothing else.
fn menus(lines: &[Line]) -> Vec<bool> {
    let mut menus = Vec::with_capacity(lines.len());
    for run in lines.chunk_by(|a, b| a.is_link && b.is_link) {
        menus.extend(run.iter().map(|line| line.is_link && run.len() >= MENU));
    }
    menus
}

#[cfg(test)]
mod page_test;
