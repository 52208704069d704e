//! The blocks of a source text: headings, items, paragraphs, each as it reads in the text view.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::io::words::fold;

/// So many blocks one after another that are links and nothing else are a menu.
const MENU: usize = 5;

/// Marks for what the text view drops; noncharacters, which no text may hold.
const LINK: char = '\u{fdd0}';
const WORDS: char = '\u{fdd1}';
const END: char = '\u{fdd2}';
const ALT: char = '\u{fdd3}';

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by every test")]
static MARKDOWN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(!?)\[([^\[\]]*)\]\(([^()\s]+)(?:\s+"[^"]*")?\)"#).unwrap());

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Heading(usize),
    Item,
    Paragraph,
}

/// A block of a source.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) sort: Sort,
    /// Its words; they stand in the text view of the source one for one.
    pub(crate) text: String,
    /// The words of each link in it, without those of pictures, and the address.
    pub(crate) links: Vec<(String, String)>,
    /// Whether it is links and pictures and nothing else.
    pub(crate) is_links: bool,
    /// Which block is the heading it stands under.
    pub(crate) heading: Option<usize>,
    /// Whether pages repeat such blocks: menus, what stands twice, what stands above the title.
    pub(crate) is_repeated: bool,
}

/// The blocks of a source text. Cost: linear in it, times the nesting of links in links.
pub(crate) fn blocks(source: &str) -> Vec<Block> {
    let (marked, addresses) = mark_links(source);
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_open = false;
    for line in marked.lines() {
        let (sort, rest) = sort_of(line.trim());
        let (text, links, loose) = read(rest, &addresses);
        if text.is_empty() {
            is_open &= !line.trim().is_empty();
            continue;
        }
        match blocks.last_mut() {
            // A line that goes on in the middle of a sentence belongs to the one before.
            Some(last) if is_open && sort == Sort::Paragraph && goes_on(&last.text, &text) => {
                last.text.push(' ');
                last.text.push_str(&text);
                last.is_links &= loose == 0 && !links.is_empty();
                last.links.extend(links);
            }
            _ => {
                let is_links = loose == 0 && !links.is_empty();
                blocks.push(Block { sort, text, links, is_links, heading: None, is_repeated: false });
            }
        }
        is_open = !matches!(sort, Sort::Heading(_));
    }
    place(&mut blocks);
    blocks
}

/// Replaces links by marks that survive the cutting into lines.
fn mark_links(source: &str) -> (String, Vec<String>) {
    let mut text: String = source.chars().filter(|c| !('\u{fdd0}'..='\u{fddf}').contains(c)).collect();
    let mut addresses = Vec::new();
    while MARKDOWN.is_match(&text) {
        let marked = MARKDOWN.replace_all(&text, |c: &Captures<'_>| {
            let words = c[2].replace(['\n', '\r'], " ");
            if &c[1] == "!" {
                return format!("{ALT}{words}{ALT}");
            }
            addresses.push(c[3].to_owned());
            format!("{LINK}{}{WORDS}{words}{END}", addresses.len() - 1)
        });
        text = marked.into_owned();
    }
    (text, addresses)
}

fn sort_of(line: &str) -> (Sort, &str) {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    if (1..=6).contains(&level) && line[level..].starts_with(' ') {
        return (Sort::Heading(level), &line[level..]);
    }
    match line
        .strip_prefix(['*', '-', '+', '•', '‣', '▪'])
        .filter(|rest| rest.starts_with(char::is_whitespace))
    {
        Some(rest) => (Sort::Item, rest),
        None => (Sort::Paragraph, line),
    }
}

/// The words and links of a marked line, and how many letters and digits stand outside of links.
fn read(marked: &str, addresses: &[String]) -> (String, Vec<(String, String)>, usize) {
    let (mut text, mut links) = (String::new(), Vec::new());
    let mut open: Vec<(usize, String)> = Vec::new();
    let (mut number, mut in_number, mut in_alt, mut loose) = (String::new(), false, false, 0);
    for c in marked.chars() {
        match c {
            LINK => (number, in_number) = (String::new(), true),
            WORDS => {
                in_number = false;
                open.push((number.parse().unwrap_or(usize::MAX), String::new()));
            }
            END => {
                if let Some((at, words)) = open.pop()
                    && let Some(address) = addresses.get(at)
                    && words.contains(char::is_alphanumeric)
                {
                    links.push((fold(&words), address.clone()));
                }
            }
            ALT => in_alt = !in_alt,
            c if in_number => number.push(c),
            c => {
                text.push(c);
                loose += usize::from(!in_alt && open.is_empty() && c.is_alphanumeric());
                if !in_alt {
                    open.iter_mut().for_each(|(_, words)| words.push(c));
                }
            }
        }
    }
    (fold(&text), links, loose)
}

fn goes_on(before: &str, line: &str) -> bool {
    !before.ends_with(['.', '!', '?', ':', ';']) && line.starts_with(char::is_lowercase)
}

/// Says of each block where it stands and whether it is worth reading.
fn place(blocks: &mut [Block]) {
    let mut times: HashMap<String, usize> = HashMap::new();
    for block in blocks.iter() {
        *times.entry(block.text.clone()).or_default() += 1;
    }
    let title = blocks.iter().position(|b| b.sort == Sort::Heading(1)).unwrap_or(0);
    let is_link = |b: &Block| b.is_links && b.sort == Sort::Item;
    let mut at = 0;
    let runs: Vec<usize> = blocks.chunk_by(|a, b| is_link(a) && is_link(b)).map(<[Block]>::len).collect();
    for run in runs {
        for block in &mut blocks[at..at + run] {
            block.is_repeated = run >= MENU;
        }
        at += run;
    }
    let mut heading = None;
    for (i, block) in blocks.iter_mut().enumerate() {
        block.is_repeated |= i < title || times.get(&block.text).is_some_and(|n| *n > 1);
        block.heading = heading.filter(|_| !matches!(block.sort, Sort::Heading(_)));
        if let Sort::Heading(_) = block.sort {
            heading = Some(i);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_blocks_that_read_as_the_text_view_does() {
        let source = "nav\n#  The [title](https://x.gov/t) \nA [ ![alt text](i.png) linked\nname ]\
            (https://x.gov/n \"T\") and\nmore of it.\nNext.\n\n  * item **one**\n  - item [two](u)\n\nnav\n";
        let found: Vec<(Sort, String, usize, bool)> =
            blocks(source).into_iter().map(|b| (b.sort, b.text, b.links.len(), b.is_repeated)).collect();
        let expected = [
            (Sort::Paragraph, "nav", 0, true),
            (Sort::Heading(1), "The title", 1, false),
            (Sort::Paragraph, "A alt text linked name and more of it.", 1, false),
            (Sort::Paragraph, "Next.", 0, false),
            (Sort::Item, "item **one**", 0, false),
            (Sort::Item, "item two", 1, false),
            (Sort::Paragraph, "nav", 0, true),
        ];
        let expected: Vec<_> = expected.into_iter().map(|(s, t, n, r)| (s, t.to_owned(), n, r)).collect();
        assert_eq!(found, expected);
        assert_eq!(blocks(source)[2].links, [("linked name".to_owned(), "https://x.gov/n".to_owned())]);
        assert_eq!(blocks(source)[4].heading, Some(1));
    }

    #[test]
    fn menus_are_known_by_their_links() {
        let menu: String = (0..6).map(|i| format!("* [Topic {i}](/{i})\n")).collect();
        assert!(blocks(&menu).iter().all(|b| b.is_repeated));
        assert!(blocks("* [Topic](/1)\n* [Other](/2)\n").iter().all(|b| !b.is_repeated));
    }
}
