//! The ledger's files as lines: how a line is hashed, and reading them forwards and backwards with bounded memory. Knows
//! nothing of what a line says.

pub(super) use super::segments::{Segment, instances, segments};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::fs::FileExt;

/// The longest line, line feed included. Longer statements are cut with the flag `truncated`.
pub const MAX_RECORD_BYTES: usize = 1 << 20;

const CHUNK_BYTES: u64 = 64 << 10;

/// SHA-256 over bytes of the ledger; hexadecimal digits in text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct LineHash([u8; 32]);

impl LineHash {
    /// The hash of a line's exact bytes, without its line feed.
    pub fn of(line: &[u8]) -> LineHash {
        LineHash(Sha256::digest(line).into())
    }

    /// The 32 bytes.
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash of these bytes.
    pub(super) fn from_bytes(bytes: [u8; 32]) -> LineHash {
        LineHash(bytes)
    }

    /// The hash of the bytes that were fed to `digest`.
    pub(super) fn finish(digest: Sha256) -> LineHash {
        LineHash(digest.finalize().into())
    }

    fn parse(text: &str) -> Option<LineHash> {
        let mut hash = [0; 32];
        if text.len() != 64 {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = (nibble(*high)? << 4) | nibble(*low)?;
        }
        Some(LineHash(hash))
    }
}

/// Lower-case digits only: each hash has one spelling.
fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for LineHash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LineHash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<LineHash, D::Error> {
        let text = String::deserialize(from)?;
        LineHash::parse(&text).ok_or_else(|| serde::de::Error::custom("not a SHA-256 in hexadecimal digits"))
    }
}

/// What one attempt to read a line forwards gave.
pub(super) enum Step {
    /// A line without its line feed.
    Line(Vec<u8>),
    /// A line that is longer than any record; so many bytes, line feed included.
    TooLong(u64),
    /// No whole line follows; so many bytes of one do.
    End(u64),
}

/// Reads the next line forwards.
pub(super) fn step(source: &mut impl BufRead) -> io::Result<Step> {
    let mut line = Vec::new();
    let taken = source.by_ref().take(MAX_RECORD_BYTES as u64).read_until(b'\n', &mut line)?;
    if line.pop_if(|last| *last == b'\n').is_some() {
        return Ok(Step::Line(line));
    }
    if taken < MAX_RECORD_BYTES {
        return Ok(Step::End(taken as u64));
    }
    let mut bytes = taken as u64;
    loop {
        let rest = source.fill_buf()?;
        if rest.is_empty() {
            return Ok(Step::End(bytes));
        }
        let feed = rest.iter().position(|byte| *byte == b'\n');
        let used = feed.map_or(rest.len(), |feed| feed + 1);
        source.consume(used);
        bytes += used as u64;
        if feed.is_some() {
            return Ok(Step::TooLong(bytes));
        }
    }
}

/// One line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Offset of its first byte.
    pub start: u64,
    /// Offset behind its last byte, line feed included.
    pub end: u64,
    /// Its bytes without the line feed; none if it has no line feed, or is longer than any record.
    pub bytes: Option<Vec<u8>>,
}

/// A file's lines, last first.
#[derive(Debug)]
pub(super) struct LinesBack {
    file: File,
    /// What lies before this offset is unread.
    unread: u64,
    /// The bytes from `unread` on that no line was made of yet.
    buffer: Vec<u8>,
}

impl LinesBack {
    /// The lines before an offset, of all there are if none is given.
    pub fn of(file: File, end: Option<u64>) -> io::Result<LinesBack> {
        let len = file.metadata()?.len();
        Ok(LinesBack { file, unread: end.map_or(len, |end| end.min(len)), buffer: Vec::new() })
    }

    /// The line before those already given.
    pub fn next(&mut self) -> io::Result<Option<Line>> {
        if self.buffer.is_empty() && !self.fill()? {
            return Ok(None);
        }
        let end = self.unread + self.buffer.len() as u64;
        let terminated = self.buffer.pop_if(|last| *last == b'\n').is_some();
        let mut too_long = false;
        let (start, bytes) = loop {
            if let Some(feed) = self.buffer.iter().rposition(|byte| *byte == b'\n') {
                break (self.unread + feed as u64 + 1, self.buffer.split_off(feed + 1));
            }
            if self.buffer.len() >= MAX_RECORD_BYTES {
                too_long = true;
                self.buffer.clear();
            }
            if !self.fill()? {
                break (self.unread, std::mem::take(&mut self.buffer));
            }
        };
        Ok(Some(Line { start, end, bytes: (terminated && !too_long).then_some(bytes) }))
    }

    /// Reads the chunk before the buffer into it; false at the file's beginning.
    fn fill(&mut self) -> io::Result<bool> {
        let size = self.unread.min(CHUNK_BYTES);
        if size == 0 {
            return Ok(false);
        }
        let mut chunk = vec![0; size as usize];
        self.file.read_exact_at(&mut chunk, self.unread - size)?;
        self.unread -= size;
        chunk.append(&mut self.buffer);
        self.buffer = chunk;
        Ok(true)
    }
}
