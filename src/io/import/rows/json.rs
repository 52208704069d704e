//! JSON: the elements of an array as they come, however long it is, and documents a line.

use std::fmt;
use std::io::BufRead;

use jaq_json::Val;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Broken, Next, Row, absent, member, rows_of, text};

/// What stands in an error to say that it is none.
const ENOUGH: &str = "enough rows";

pub(super) fn read(
    reader: &mut dyn BufRead,
    path: &[String],
    give: &mut dyn FnMut(Row) -> Next,
) -> Result<(), Broken> {
    let mut document = serde_json::Deserializer::from_reader(reader);
    let mut missing = None;
    let rows = Rows { path, inside: !path.is_empty(), give, missing: &mut missing };
    let done = rows.deserialize(&mut document).and_then(|()| document.end());
    match (done, missing) {
        (Err(e), None) if e.to_string().starts_with(ENOUGH) => Ok(()),
        (_, Some(missing)) => Err(Broken::at(0, 0, missing).help("name a path that is there by --rows")),
        (Err(e), None) => Err(broken(&e)),
        (Ok(()), None) => Ok(()),
    }
}

fn broken(e: &serde_json::Error) -> Broken {
    let message = e.to_string();
    let what = message.split(" at line ").next().unwrap_or(&message).to_owned();
    if e.is_io() {
        return Broken::at(0, 0, format!("cannot be read: {what}"));
    }
    Broken::at(e.line(), e.column(), what)
}

pub(super) fn read_lines(
    reader: &mut dyn BufRead,
    path: &[String],
    give: &mut dyn FnMut(Row) -> Next,
) -> Result<(), Broken> {
    let mut line = Vec::new();
    let mut number = 0;
    // A line break cannot stand within a string, so that either character ends a line; of the two
    // together the second ends a blank one.
    let mut after_return = false;
    loop {
        line.clear();
        let (bytes, end) = take_line(reader, &mut line)?;
        if bytes == 0 {
            return Ok(());
        }
        if !(after_return && line.is_empty() && end == Some(b'\n')) {
            number += 1;
        }
        after_return = end == Some(b'\r');
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let given = match serde_json::from_slice::<Val>(&line) {
            Ok(document) if path.is_empty() => Ok(give(Ok(document))),
            Ok(document) => rows_of(document, path, give),
            Err(e) => Err(e.to_string().replace(" at line 1 column", " at column")),
        };
        let next = given.unwrap_or_else(|what| give(Err(format!("{what} (line {number})"))));
        if next == Next::Enough {
            return Ok(());
        }
    }
}

/// Takes bytes up to a line break: how many were read, and what ended the line.
fn take_line(reader: &mut dyn BufRead, line: &mut Vec<u8>) -> std::io::Result<(usize, Option<u8>)> {
    let mut read = 0;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok((read, None));
        }
        match buffer.iter().position(|b| matches!(b, b'\n' | b'\r')) {
            Some(end) => {
                line.extend_from_slice(&buffer[..end]);
                let ended = buffer[end];
                reader.consume(end + 1);
                return Ok((read + end + 1, Some(ended)));
            }
            None => {
                line.extend_from_slice(buffer);
                read += buffer.len();
                let length = buffer.len();
                reader.consume(length);
            }
        }
    }
}

/// Follows a path into a document and gives the rows that stand there, as they are parsed.
struct Rows<'a> {
    path: &'a [String],
    /// Whether a path led here: then an object is rows and not a row.
    inside: bool,
    give: &'a mut dyn FnMut(Row) -> Next,
    missing: &'a mut Option<String>,
}

impl Rows<'_> {
    fn give<E: serde::de::Error>(&mut self, row: Val) -> Result<(), E> {
        match (self.give)(Ok(row)) {
            Next::More => Ok(()),
            Next::Enough => Err(E::custom(ENOUGH)),
        }
    }

    fn one<E: serde::de::Error>(mut self, row: Val) -> Result<(), E> {
        match self.path.first() {
            None => self.give(row),
            Some(key) => {
                *self.missing = Some(format!("there is no `{key}` where an object was expected"));
                Ok(())
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        if !self.path.is_empty() {
            while elements.next_element::<IgnoredAny>()?.is_some() {}
            return self.one(Val::Null);
        }
        while let Some(element) = elements.next_element::<Val>()? {
            self.give(element)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let Some((key, rest)) = self.path.split_first() else {
            if !self.inside {
                let all = std::iter::from_fn(|| members.next_entry().transpose());
                let row = Val::obj(all.collect::<Result<_, A::Error>>()?);
                return self.give(row);
            }
            while let Some((key, value)) = members.next_entry::<String, Val>()? {
                self.give(member(text(key), value))?;
            }
            return Ok(());
        };
        let mut seen = Vec::new();
        let mut found = false;
        while let Some(name) = members.next_key::<String>()? {
            if name == *key && !found {
                found = true;
                let within =
                    Rows { path: rest, inside: true, give: &mut *self.give, missing: &mut *self.missing };
                members.next_value_seed(within)?;
            } else {
                seen.push(name);
                members.next_value::<IgnoredAny>()?;
            }
        }
        if !found {
            *self.missing = Some(absent(key, seen.into_iter()));
        }
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.one(Val::Null)
    }
    fn visit_bool<E: serde::de::Error>(self, truth: bool) -> Result<(), E> {
        self.one(Val::Bool(truth))
    }
    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.one(scalar(number)?)
    }
    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        self.one(scalar(number)?)
    }
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        self.one(scalar(number)?)
    }
    fn visit_str<E: serde::de::Error>(self, words: &str) -> Result<(), E> {
        self.one(text(words))
    }
}

fn scalar<E: serde::de::Error, T: serde::de::IntoDeserializer<'static, E>>(value: T) -> Result<Val, E> {
    serde::Deserialize::deserialize(value.into_deserializer())
}
