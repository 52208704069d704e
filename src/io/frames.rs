//! Pieces of bytes in a file, each behind its length and its CRC-32 (IEEE), four bytes each in little-endian. A piece
//! of no bytes ends the file.

use std::io::{ErrorKind, Read, Result, Write};

/// Writes one piece; gives how many bytes that took.
///
/// # Errors
/// A piece of 4 GiB or more, or the system's.
pub fn put(out: &mut (impl Write + ?Sized), piece: &[u8]) -> Result<u64> {
    let length = u32::try_from(piece.len()).map_err(|_| ErrorKind::FileTooLarge)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&crc32fast::hash(piece).to_le_bytes())?;
    out.write_all(piece)?;
    Ok(8 + u64::from(length))
}

/// The next piece, which is what was written; empty at the end, after which nothing may come. One of more than `most`
/// bytes is none.
///
/// # Errors
/// `UnexpectedEof` where it ends too early, `InvalidData` where it is something else, or the system's.
pub fn take(from: &mut impl Read, most: u32) -> Result<Vec<u8>> {
    let damage = |what: &str| std::io::Error::new(ErrorKind::InvalidData, what.to_owned());
    let mut word = || {
        let mut bytes = [0; 4];
        from.read_exact(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    };
    let (length, sum) = (word()?, word()?);
    if length > most {
        return Err(damage("a length cannot be"));
    }
    let mut piece = Vec::new();
    // Read as it comes: a false length claims no memory that is not there.
    from.take(length.into()).read_to_end(&mut piece)?;
    if piece.len() < length as usize {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    if crc32fast::hash(&piece) != sum {
        return Err(damage("a checksum does not match"));
    }
    if piece.is_empty() && from.read(&mut [0])? > 0 {
        return Err(damage("something follows its end"));
    }
    Ok(piece)
}
