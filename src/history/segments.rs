//! Where a ledger's chains and their segments lie, and reading a segment's bytes whether it is compressed or not. Knows
//! nothing of what a line says.

use super::lines::LinesBack;
use flate2::read::MultiGzDecoder;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

/// No segment is longer than this, compressed or not: what unpacks to more was not written by pgwicket.
pub(super) const MAX_SEGMENT_BYTES: u64 = 2 << 30;

const PLAIN: &str = ".jsonl";
const COMPRESSED: &str = ".jsonl.gz";
const BUFFER_BYTES: usize = 64 << 10;

/// The instance directories of a ledger by name, ordered. A ledger that isn't there has none.
pub(super) fn instances(directory: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string()
            && is_instance_name(&name)
            && entry.path().is_dir()
        {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// `i0001` and so on.
pub(super) fn instance_name(number: u32) -> String {
    format!("i{number:04}")
}

fn is_instance_name(name: &str) -> bool {
    name.strip_prefix('i').is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// One segment of a chain: `segment-NNNNNNNN.jsonl`, or once it is closed and compressed `segment-NNNNNNNN.jsonl.gz`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Segment {
    /// From 1, without gaps, but for those that retention deleted.
    pub number: u64,
    /// The file.
    pub path: PathBuf,
    /// Whether the file is compressed (gzip). Only closed segments are.
    pub compressed: bool,
}

impl Segment {
    /// The plain segment of that number.
    pub fn of(instance: &Path, number: u64) -> Segment {
        Segment { number, path: instance.join(format!("segment-{number:08}{PLAIN}")), compressed: false }
    }

    /// The compressed segment of that number.
    pub fn compressed(instance: &Path, number: u64) -> Segment {
        Segment { number, path: instance.join(format!("segment-{number:08}{COMPRESSED}")), compressed: true }
    }

    fn named(instance: &Path, name: &str) -> Option<Segment> {
        let rest = name.strip_prefix("segment-")?;
        let (digits, suffix) = rest.split_at_checked(8)?;
        let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()?;
        let compressed = match suffix {
            PLAIN => false,
            COMPRESSED => true,
            _ => return None,
        };
        Some(Segment { number, path: instance.join(name), compressed })
    }

    /// The segment's lines as bytes, uncompressed, from its first byte on. A plain segment that was compressed since it
    /// was listed is read in its new form.
    pub fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
        match File::open(&self.path) {
            Ok(file) if self.compressed => Ok(Box::new(unpacked(file))),
            Ok(file) => Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, file))),
            Err(error) if error.kind() == ErrorKind::NotFound && !self.compressed => {
                match self.twin().map(File::open) {
                    Some(Ok(file)) => Ok(Box::new(unpacked(file))),
                    _ => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// A file with the segment's lines uncompressed, that may be read at any offset. A compressed segment is unpacked into
    /// a nameless file for that, which is gone with its handle.
    pub fn plain(&self) -> io::Result<File> {
        match File::open(&self.path) {
            Ok(file) if !self.compressed => Ok(file),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => {
                let mut plain = tempfile::tempfile()?;
                io::copy(&mut self.open()?, &mut plain)?;
                plain.rewind()?;
                Ok(plain)
            }
        }
    }

    /// The segment's lines, last first.
    pub fn lines_back(&self) -> io::Result<LinesBack> {
        LinesBack::of(self.plain()?, None)
    }

    /// As [`Segment::lines_back`], only the lines before an offset, if one is given.
    pub fn lines_back_until(&self, end: Option<u64>) -> io::Result<LinesBack> {
        LinesBack::of(self.plain()?, end)
    }

    /// The same segment in its compressed form.
    fn twin(&self) -> Option<PathBuf> {
        Some(Segment::compressed(self.path.parent()?, self.number).path)
    }
}

/// The bytes of a compressed segment. Longer than any segment is an error, not an end.
pub(super) fn unpacked(file: impl Read + Send + 'static) -> impl BufRead + Send + 'static {
    let packed = BufReader::with_capacity(BUFFER_BYTES, file);
    BufReader::with_capacity(BUFFER_BYTES, Bounded { inner: MultiGzDecoder::new(packed), left: MAX_SEGMENT_BYTES })
}

/// Fails where more comes than a segment holds, so that a small file can't fill a disk.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::new(ErrorKind::InvalidData, "it unpacks to more bytes than a segment may have")
        })?;
        Ok(read)
    }
}

/// The segments of a chain, oldest first. Where a segment lies there in both forms, because compressing it was cut short,
/// the plain one counts.
pub(super) fn segments(instance: &Path) -> io::Result<Vec<Segment>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(instance)? {
        found.extend(entry?.file_name().to_str().and_then(|name| Segment::named(instance, name)));
    }
    found.sort_by_key(|segment| (segment.number, segment.compressed));
    found.dedup_by_key(|segment| segment.number);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn text(segment: &Segment) -> io::Result<String> {
        let mut text = String::new();
        segment.open()?.read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn segments_are_listed_once_and_in_order_and_read_alike() {
        let home = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(home.path().join(name), bytes).unwrap();
        write("segment-00000010.jsonl", b"c\n");
        write("segment-00000002.jsonl", b"b\nb2\n");
        write("segment-00000002.jsonl.gz", b"not whole");
        write("segment-00000001.jsonl.gz", &packed(b"a\na2\n"));
        for other in ["lock", "segment-00000003.jsonl.gz.tmp", "segment-1.jsonl", "segment-00000002.torn-2026"] {
            write(other, b"x");
        }
        let all = segments(home.path()).unwrap();
        let shape: Vec<_> = all.iter().map(|one| (one.number, one.compressed, text(one).unwrap())).collect();
        assert_eq!(shape, [(1, true, "a\na2\n".into()), (2, false, "b\nb2\n".into()), (10, false, "c\n".into())]);
        for one in &all {
            let mut back = one.lines_back().unwrap();
            let mut lines = Vec::new();
            while let Some(line) = back.next().unwrap() {
                lines.insert(0, line.bytes.unwrap());
            }
            assert_eq!(lines.concat(), text(one).unwrap().replace('\n', "").into_bytes());
        }
    }

    #[test]
    fn a_segment_that_is_compressed_after_it_was_listed_is_read_all_the_same() {
        let home = tempfile::tempdir().unwrap();
        let plain = Segment::of(home.path(), 1);
        fs::write(Segment::compressed(home.path(), 1).path, packed(b"a\n")).unwrap();
        assert_eq!(text(&plain).unwrap(), "a\n");
        assert_eq!(plain.lines_back().unwrap().next().unwrap().unwrap().bytes.unwrap(), b"a");
        assert_eq!(text(&Segment::of(home.path(), 2)).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_cut_or_changed_compressed_segment_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        let segment = Segment::compressed(home.path(), 1);
        let whole = packed(&b"some lines\n".repeat(100));
        for (at, bit) in [(whole.len() - 5, 1), (whole.len() - 1, 4), (20, 1)] {
            let mut bytes = whole.clone();
            bytes[at] ^= bit;
            fs::write(&segment.path, bytes).unwrap();
            assert!(text(&segment).is_err(), "{at}");
        }
        fs::write(&segment.path, &whole[..whole.len() - 9]).unwrap();
        assert_eq!(text(&segment).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn what_unpacks_to_more_than_a_segment_is_an_error() {
        let mut bounded = Bounded { inner: io::repeat(7), left: 1000 };
        let error = io::copy(&mut bounded, &mut io::sink()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
}
