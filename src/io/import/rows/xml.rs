//! XML: elements as values. External entities and document types are not
//! followed; only XML's own five entities and characters by number are known.

use std::io::{self, BufRead, Read};

use jaq_json::Val;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use super::{Broken, Next, Row, text};

/// Elements within elements; deeper is no document but an attack.
const DEPTH: usize = 1_000;

/// Where each line begins, so that a place in bytes can be told as line and column.
struct Lines<'r> {
    reader: &'r mut dyn BufRead,
    read: u64,
    starts: std::collections::VecDeque<(u64, usize)>,
    line: usize,
}

/// Lines that are remembered: an error is told at once, and a tag hardly goes over more.
const LINES: usize = 100_000;

impl Lines<'_> {
    fn note(&mut self, bytes: usize, breaks: impl Iterator<Item = usize>) {
        for at in breaks {
            self.line += 1;
            self.starts.push_back((self.read + at as u64 + 1, self.line));
        }
        while self.starts.len() > LINES {
            self.starts.pop_front();
        }
        self.read += bytes as u64;
    }
}

impl Read for Lines<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(out)?;
        let breaks: Vec<usize> = (0..length).filter(|at| out[*at] == b'\n').collect();
        self.note(length, breaks.into_iter());
        Ok(length)
    }
}

impl BufRead for Lines<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }
    fn consume(&mut self, bytes: usize) {
        let breaks: Vec<usize> = match self.reader.fill_buf() {
            Ok(buffer) => {
                let taken = buffer.iter().take(bytes).enumerate();
                taken.filter(|(_, b)| **b == b'\n').map(|(at, _)| at).collect()
            }
            Err(_) => Vec::new(),
        };
        self.note(bytes, breaks.into_iter());
        self.reader.consume(bytes);
    }
}

type Reader<'r> = quick_xml::Reader<Lines<'r>>;

fn place(reader: &Reader<'_>, offset: u64, what: impl Into<String>) -> Broken {
    let starts = &reader.get_ref().starts;
    let at = starts.partition_point(|(start, _)| *start <= offset);
    let (start, line) = at.checked_sub(1).and_then(|at| starts.get(at)).copied().unwrap_or((0, 1));
    Broken::at(line, usize::try_from(offset - start).unwrap_or(0) + 1, what)
}

pub(super) fn read(
    reader: &mut dyn BufRead,
    path: &[String],
    give: &mut dyn FnMut(Row) -> Next,
) -> Result<(), Broken> {
    let lines = Lines { reader, read: 0, starts: std::collections::VecDeque::new(), line: 1 };
    let mut reader = quick_xml::Reader::from_reader(lines);
    let config = reader.config_mut();
    config.check_end_names = true;
    config.expand_empty_elements = false;
    let mut buffer = Vec::new();
    // The names of the elements that are open, and the values of those that are read.
    let mut open: Vec<String> = Vec::new();
    let mut values: Vec<Element> = Vec::new();
    let (mut roots, mut found) = (0, false);
    loop {
        let before = reader.buffer_position();
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        let event = match event {
            Ok(event) => event,
            Err(quick_xml::Error::Io(e)) => {
                return Err(Broken::from(io::Error::new(e.kind(), e.to_string())));
            }
            Err(e) => return Err(place(&reader, reader.error_position(), sentence(&e))),
        };
        let mut closed = None;
        match event {
            Event::Start(start) | Event::Empty(start) if open.is_empty() && roots == 1 => {
                drop(start);
                return Err(place(&reader, before, "a second root element"));
            }
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                roots += usize::from(open.is_empty());
                open.push(name);
                if open.len() > DEPTH {
                    return Err(place(
                        &reader,
                        before,
                        format!("more than {DEPTH} elements within each other"),
                    ));
                }
                if !values.is_empty() || is_at(&open, path) {
                    values.push(element(&start).map_err(|what| place(&reader, before, what))?);
                }
            }
            Event::Empty(start) => {
                roots += usize::from(open.is_empty());
                open.push(start.name().as_ref().to_owned());
                if !values.is_empty() || is_at(&open, path) {
                    let element = element(&start).map_err(|what| place(&reader, before, what))?;
                    closed = Some(element);
                }
                open.pop();
            }
            Event::End(_) => {
                open.pop();
                closed = values.pop();
            }
            Event::Text(words) => push_text(&mut values, &words.xml10_content()),
            Event::CData(words) => push_text(&mut values, &words.xml10_content()),
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content().into_owned();
                let character = reference.resolve_char_ref().ok().flatten().map(String::from);
                match character.or_else(|| resolve_predefined_entity(&name).map(str::to_owned)) {
                    Some(words) => push_text(&mut values, &words),
                    None => {
                        let what = format!("the entity `&{name};` is not one of XML's own");
                        return Err(place(&reader, before, what).help("write the character itself"));
                    }
                }
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
        if let Some(element) = closed {
            match values.last_mut() {
                Some(parent) => {
                    parent.flush();
                    parent.children.push(element.value());
                }
                None => {
                    found = true;
                    if give(Ok(element.value())) == Next::Enough {
                        return Ok(());
                    }
                }
            }
        }
    }
    match (open.last(), roots, found) {
        (Some(name), ..) => {
            Err(place(&reader, reader.buffer_position(), format!("the document ends within `<{name}>`")))
        }
        (None, 0, _) => Err(Broken::at(1, 1, "the document has no element")),
        (None, _, false) => {
            let what = format!("there is no element `{}`", path.join("/"));
            Err(Broken::at(0, 0, what).help("name the elements from the root on by --rows"))
        }
        _ => Ok(()),
    }
}

fn sentence(e: &quick_xml::Error) -> String {
    let message = e.to_string();
    if message.contains('&') || message.contains("reference not closed") {
        return "a bare `&`; write `&amp;`".to_owned();
    }
    message.split_once(": ").map_or(message.as_str(), |(_, rest)| rest).to_owned()
}

fn is_at(open: &[String], path: &[String]) -> bool {
    if path.is_empty() { open.len() == 1 } else { open == path }
}

struct Element {
    name: String,
    attributes: Vec<(Val, Val)>,
    children: Vec<Val>,
    /// Text that may go on.
    words: String,
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| e.to_string())?;
        let value =
            attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|e| e.to_string())?;
        attributes.push((text(attribute.key.as_ref()), text(value)));
    }
    let name = start.name().as_ref().to_owned();
    Ok(Element { name, attributes, children: Vec::new(), words: String::new() })
}

impl Element {
    fn value(mut self) -> Val {
        self.flush();
        let mut members = vec![(text("t"), text(&self.name))];
        if !self.attributes.is_empty() {
            members.push((text("a"), Val::obj(self.attributes.into_iter().collect())));
        }
        if !self.children.is_empty() {
            members.push((text("c"), self.children.into_iter().collect()));
        }
        Val::obj(members.into_iter().collect())
    }
    fn flush(&mut self) {
        if !self.words.is_empty() {
            self.children.push(text(std::mem::take(&mut self.words)));
        }
    }
}

fn push_text(values: &mut [Element], words: &str) {
    if let Some(element) = values.last_mut() {
        element.words.push_str(words);
    }
}
