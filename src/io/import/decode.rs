//! Other people's bytes as text: unpacked, and decoded to UTF-8 on the way.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes read at once.
const BUFFER: usize = 1 << 16;

/// A file as UTF-8, without a byte order mark.
pub(super) struct Text {
    /// The text, as it is read.
    pub reader: Box<dyn BufRead>,
    /// The name of the encoding it was decoded from.
    pub encoding: &'static str,
    /// Whether the encoding was guessed from the bytes, with nothing that says so.
    pub guessed: bool,
}

/// Opens a file: unpacks it where its name ends in `.gz`, and decodes it from `encoding`, or, where none
/// is given, from what a byte order mark tells, from UTF-8 if the whole file is that, and from what its
/// bytes look like otherwise. Cost: without `encoding`, the file is read twice. Memory: constant.
///
/// # Errors
/// The system's, also while reading; bytes that a *given* encoding does not have are an error of kind
/// `InvalidData` that tells where they are.
pub(super) fn open(path: &Path, encoding: Option<&'static Encoding>) -> io::Result<Text> {
    let (encoding, guessed) = match encoding {
        Some(given) => (given, false),
        None => detect(bytes(path)?)?,
    };
    let decoded = Decoded {
        bytes: bytes(path)?,
        decoder: encoding.new_decoder_with_bom_removal(),
        strict: !guessed,
        name: encoding.name(),
        offset: 0,
        text: String::with_capacity(3 * BUFFER),
        at: 0,
        ended: false,
    };
    Ok(Text { reader: Box::new(decoded), encoding: encoding.name(), guessed })
}

fn bytes(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let file = BufReader::with_capacity(BUFFER, File::open(path)?);
    let packed = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    Ok(if packed {
        Box::new(BufReader::with_capacity(BUFFER, flate2::bufread::MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}

/// The encoding of bytes, and whether that is a guess.
fn detect(mut bytes: Box<dyn BufRead>) -> io::Result<(&'static Encoding, bool)> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut utf8 = UTF_8.new_decoder_without_bom_handling();
    let mut is_utf8 = true;
    let mut scratch = String::with_capacity(BUFFER * 3 + 16);
    let mut first = true;
    loop {
        let chunk = bytes.fill_buf()?;
        let length = chunk.len();
        if std::mem::take(&mut first) {
            if let Some((encoding, _)) = Encoding::for_bom(chunk) {
                return Ok((encoding, false));
            }
            if let Some(wide) = wide(chunk) {
                return Ok((wide, true));
            }
        }
        if is_utf8 {
            scratch.clear();
            let (result, ..) = utf8.decode_to_string_without_replacement(chunk, &mut scratch, length == 0);
            is_utf8 = !matches!(result, encoding_rs::DecoderResult::Malformed(..));
        }
        detector.feed(chunk, length == 0);
        if length == 0 {
            break;
        }
        bytes.consume(length);
    }
    if is_utf8 {
        return Ok((UTF_8, false));
    }
    Ok((detector.guess(None, Utf8Detection::Deny), true))
}

/// UTF-16 without a byte order mark: nearly every second byte of what is written in Latin letters is zero.
fn wide(chunk: &[u8]) -> Option<&'static Encoding> {
    let sample = &chunk[..chunk.len().min(1024) & !1];
    let zeros = |odd: usize| sample.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, most) = (zeros(0), zeros(1), sample.len() / 2 * 3 / 4);
    match () {
        () if sample.len() < 8 => None,
        () if odd >= most && even == 0 => Some(UTF_16LE),
        () if even >= most && odd == 0 => Some(UTF_16BE),
        () => None,
    }
}

struct Decoded {
    bytes: Box<dyn BufRead>,
    decoder: Decoder,
    /// Whether what the encoding does not have is an error, and not a replacement character.
    strict: bool,
    name: &'static str,
    offset: u64,
    text: String,
    at: usize,
    ended: bool,
}

impl Decoded {
    fn refill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.at = 0;
        while self.text.is_empty() && !self.ended {
            let chunk = self.bytes.fill_buf()?;
            let last = chunk.is_empty();
            let (result, read, replaced) = self.decoder.decode_to_string(chunk, &mut self.text, last);
            if replaced && self.strict {
                let what = format!("not {} in the {} bytes from byte {}", self.name, read, self.offset);
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            self.offset += read as u64;
            self.bytes.consume(read);
            self.ended = last && result == CoderResult::InputEmpty;
        }
        Ok(())
    }
}

impl BufRead for Decoded {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.text.len() {
            self.refill()?;
        }
        Ok(&self.text.as_bytes()[self.at..])
    }
    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
    }
}

impl Read for Decoded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let length = bytes.len().min(out.len());
        out[..length].copy_from_slice(&bytes[..length]);
        self.consume(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_other_encodings_is_read_and_told() {
        let wide = |little: bool, bom: bool| -> Vec<u8> {
            let units = bom.then_some(0xFEFF).into_iter().chain("naïve – ok then".encode_utf16());
            units.flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect()
        };
        let western = b"na\xEFve \x96 caf\xE9, d\xE9j\xE0 vu, r\xE9sum\xE9".to_vec();
        let cases: Vec<(&str, Vec<u8>, &str, bool, &str)> = vec![
            ("plain.csv", b"a,b".to_vec(), "UTF-8", false, "a,b"),
            ("mark.csv", b"\xEF\xBB\xBFa,b".to_vec(), "UTF-8", false, "a,b"),
            ("le.csv", wide(true, true), "UTF-16LE", false, "naïve – ok then"),
            ("be.csv", wide(false, true), "UTF-16BE", false, "naïve – ok then"),
            ("le-bare.csv", wide(true, false), "UTF-16LE", true, "naïve – ok then"),
            ("western.csv", western, "windows-1252", true, "naïve – café, déjà vu, résumé"),
            ("empty.csv", Vec::new(), "UTF-8", false, ""),
        ];
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes, encoding, guessed, text) in cases {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let mut opened = open(&path, None).unwrap();
            let mut read = String::new();
            opened.reader.read_to_string(&mut read).unwrap();
            assert_eq!((opened.encoding, opened.guessed, &*read), (encoding, guessed, text), "{name}");
        }
    }

    #[test]
    fn a_given_encoding_is_taken_at_its_word() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mac.txt");
        std::fs::write(&path, b"caf\x8E").unwrap();
        let read = |label: &str| {
            let mut text = String::new();
            let encoding = Encoding::for_label(label.as_bytes());
            open(&path, encoding).unwrap().reader.read_to_string(&mut text).map(|_| text)
        };
        assert_eq!(read("macintosh").unwrap(), "café");
        assert!(read("utf-8").unwrap_err().to_string().contains("not UTF-8"), "{:?}", read("utf-8"));
    }

    #[test]
    fn a_character_across_two_reads_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.txt.gz");
        let text = "é".repeat(100_001);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut packed, format!("a{text}").as_bytes()).unwrap();
        std::fs::write(&path, packed.finish().unwrap()).unwrap();
        let mut read = String::new();
        open(&path, None).unwrap().reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, format!("a{text}"));
    }
}
