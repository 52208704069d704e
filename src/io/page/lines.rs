//! Lines of a page, put together from its words, marks and links.

use url::Url;

/// How deep lists are indented: below that, depth says nothing to a reader.
const DEEPEST: usize = 8;

/// One line of the page.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) text: String,
    /// Which part of the page it stands in.
    pub(super) region: usize,
    /// Whether it is a link and nothing else.
    pub(super) is_link: bool,
}

/// A row of a table, while it is read.
#[derive(Debug, Default, Clone, Copy)]
struct Row {
    cells: usize,
    /// Whether a cell held a list, a heading or a table: then the table is for looks.
    is_layout: bool,
}

/// Puts lines together.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) lines: Vec<Line>,
    text: String,
    mark: String,
    space: bool,
    rows: Vec<Row>,
    link: Option<Link>,
    /// How many bytes of the line are in links.
    linked: usize,
    links: usize,
    has_heading: bool,
}

#[derive(Debug)]
struct Link {
    address: String,
    /// Where in the line its words begin.
    start: usize,
    /// Whether its words have brackets, which no link in Markdown can hold.
    has_brackets: bool,
}

impl Writer {
    /// Adds words; white space is folded, invisible characters are dropped.
    pub(super) fn words(&mut self, text: &str, region: usize, keeps_lines: bool) {
        for c in text.chars() {
            match c {
                '\n' if keeps_lines => self.flush(region),
                '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\0' => {}
                c if c.is_whitespace() => self.space = true,
                c if c.is_control() => {}
                c => self.push(c),
            }
        }
    }

    fn push(&mut self, c: char) {
        if self.space && !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
            if let Some(link) = &mut self.link
                && link.start + 1 == self.text.len()
            {
                link.start += 1;
            }
        }
        self.space = false;
        self.text.push(c);
        if let Some(link) = &mut self.link {
            link.has_brackets |= matches!(c, '[' | ']');
        }
    }

    /// A picture, by the words that stand for it.
    pub(super) fn picture(&mut self, alt: &str, address: &str, region: usize) {
        let alt = alt.replace('[', "(").replace(']', ")");
        if alt.trim().is_empty() {
            return;
        }
        self.space = true;
        let brackets = self.link.as_ref().is_some_and(|l| l.has_brackets);
        self.words("![", region, false);
        self.words(alt.trim(), region, false);
        self.words(&format!("]({address})"), region, false);
        if let Some(link) = &mut self.link {
            link.has_brackets = brackets;
        }
        self.space = true;
    }

    /// The words from here on are a link, until [`Writer::unlink`].
    pub(super) fn link(&mut self, address: String) {
        self.unlink();
        self.link = Some(Link { address, start: self.text.len(), has_brackets: false });
    }

    /// The link ends here.
    pub(super) fn unlink(&mut self) {
        let Some(link) = self.link.take() else { return };
        self.close(&link);
    }

    fn close(&mut self, link: &Link) {
        let end = self.text.trim_end().len();
        if link.start >= end {
            return;
        }
        self.space |= end < self.text.len();
        self.text.truncate(end);
        let start = self.text.len();
        self.linked += end - link.start;
        self.links += 1;
        if link.has_brackets {
            // An empty link after the words keeps both the words and the address readable.
            self.text.push_str(&format!("[]({})", link.address));
        } else {
            self.text.insert(link.start, '[');
            self.text.push_str(&format!("]({})", link.address));
        }
        self.linked += self.text.len() - start;
    }

    /// A block begins or ends: a new line, but in a cell of a table a space.
    pub(super) fn block(&mut self, region: usize) {
        match self.rows.last() {
            Some(row) if !row.is_layout && row.cells > 0 => self.space = true,
            _ => self.flush(region),
        }
    }

    /// What the next words are the beginning of.
    pub(super) fn heading(&mut self, level: usize, region: usize) {
        self.lay_out(region);
        self.mark = format!("{} ", "#".repeat(level));
        self.has_heading = true;
    }

    /// The same, for an item of a list in `depth` others.
    pub(super) fn item(&mut self, depth: usize, region: usize) {
        self.lay_out(region);
        self.mark = format!("{}- ", "  ".repeat(depth.min(DEEPEST)));
    }

    /// What follows cannot stand in a line with other cells.
    pub(super) fn lay_out(&mut self, region: usize) {
        if let Some(row) = self.rows.last_mut()
            && row.cells > 0
        {
            row.is_layout = true;
        }
        self.flush(region);
    }

    pub(super) fn open_row(&mut self, region: usize) {
        self.flush(region);
        self.rows.push(Row::default());
    }

    pub(super) fn cell(&mut self, region: usize) {
        let Some(row) = self.rows.last_mut() else { return self.block(region) };
        row.cells += 1;
        if row.is_layout {
            self.flush(region);
        } else if row.cells > 1 {
            let link = self.link.take();
            if let Some(link) = &link {
                self.close(link);
            }
            self.text.push_str(if self.text.is_empty() { "| " } else { " | " });
            self.link = link.map(|l| Link { start: self.text.len(), has_brackets: false, ..l });
        }
        self.space = false;
    }

    pub(super) fn close_row(&mut self, region: usize) {
        self.flush(region);
        self.rows.pop();
    }

    /// A line ends here, if it has words.
    pub(super) fn flush(&mut self, region: usize) {
        let link = self.link.take();
        if let Some(link) = &link {
            self.close(link);
        }
        self.space = false;
        self.link = link.map(|l| Link { start: 0, has_brackets: false, ..l });
        if self.text.chars().all(|c| c.is_whitespace() || c == '|') {
            self.text.clear();
            return;
        }
        let text = self.text.trim_end();
        // Between links there may be " | " and the like.
        let between = text.len().saturating_sub(self.linked);
        let is_link = self.links > 0 && !self.has_heading && between <= 3 * (self.links - 1);
        self.lines.push(Line { text: format!("{}{text}", self.mark), region, is_link });
        self.mark.clear();
        self.text.clear();
        (self.linked, self.links) = (0, 0);
        self.has_heading = false;
    }

    /// A heading or item ends: its mark is not for the words after it.
    pub(super) fn unmark(&mut self) {
        self.mark.clear();
        self.has_heading = false;
    }
}

/// The address of a link as it is to be kept: absolute where there is something to be relative to,
/// as written otherwise; `None` for what leads nowhere but this page.
pub(super) fn address(written: &str, base: Option<&Url>) -> Option<String> {
    let written: String = written.trim().chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let scheme = written.split(':').next().unwrap_or_default().to_lowercase();
    if written.is_empty() || written.starts_with('#') || matches!(scheme.as_str(), "javascript" | "data") {
        return None;
    }
    let joined = base.and_then(|base| base.join(&written).ok()).map(String::from);
    let mut kept = String::new();
    for c in joined.unwrap_or(written).chars() {
        match c {
            // What a link in Markdown cannot hold, or what readers of old captures undo.
            '(' => kept.push_str("%28"),
            ')' => kept.push_str("%29"),
            '<' => kept.push_str("%3C"),
            '>' => kept.push_str("%3E"),
            ' ' => kept.push_str("%20"),
            c if c.is_whitespace() || c.is_control() => {}
            c => kept.push(c),
        }
    }
    Some(kept)
}
