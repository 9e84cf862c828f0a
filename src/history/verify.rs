//! Reads a chain from its first byte and checks that each record continues the one before it. What that proves: no
//! record in the middle was changed, removed, added or moved. It doesn't prove that the end is still the end: for that,
//! compare the head with one that was noted elsewhere.

use super::detail::{Detail, Head, Repair};
use super::lines::{LineHash, MAX_RECORD_BYTES};
use super::record::{FORMAT_VERSION, Kind, Record};
use super::segments::{Segment, segments};
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

/// A chain that is intact as far as one can tell from itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChainReport {
    /// How many records it has.
    pub records: u64,
    /// The last of them.
    pub head: Option<Head>,
    /// The torn ends that were set aside on the way.
    pub repairs: Vec<Repair>,
}

/// Why a chain isn't known to be intact.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It can't be read.
    #[error("could not read `{}`: {cause}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The operating system's answer.
        cause: io::Error,
    },
    /// It is damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
}

/// The first damage in a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}`, line {line} (byte {offset}): {kind}", segment.display())]
pub struct Damage {
    /// The segment.
    pub segment: PathBuf,
    /// The line in it, from 1.
    pub line: u64,
    /// Offset of the line's first byte.
    pub offset: u64,
    /// What is wrong.
    pub kind: DamageKind,
}

/// Kinds of damage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DamageKind {
    /// The segment is not there.
    #[error("the segment is missing")]
    MissingSegment,
    /// The last line has no line feed.
    #[error("the line is torn")]
    Torn,
    /// No record is that long.
    #[error("the line is longer than any record")]
    TooLong,
    /// The line isn't a record of this format.
    #[error("not a record: {0}")]
    NotARecord(String),
    /// The record says that it belongs to another chain.
    #[error("the record belongs to chain `{0}`")]
    WrongInstance(String),
    /// Records are missing, doubled or moved.
    #[error("record {expected} should stand here, not record {found}")]
    WrongSequence {
        /// The number that should follow.
        expected: u64,
        /// The number that stands there.
        found: u64,
    },
    /// This record or the one before it was changed.
    #[error("the record does not continue the one before it: one of the two was changed")]
    WrongPrevious,
    /// Chains begin with `log_open`.
    #[error("the chain does not begin with `log_open`")]
    NoOpening,
}

/// Checks the chain in one instance directory.
///
/// # Errors
/// The first damage found, or the operating system's error.
pub fn verify_chain(instance: &Path) -> Result<ChainReport, VerifyError> {
    let failed = |cause| VerifyError::Io { path: instance.to_path_buf(), cause };
    let name = instance.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut walk = Walk { instance: name, report: ChainReport::default(), seq: 0, head: LineHash::default() };
    for (segment, number) in segments(instance).map_err(failed)?.iter().zip(1..) {
        if segment.number != number {
            let missing = Segment::of(instance, number).path;
            return Err(Damage { segment: missing, line: 0, offset: 0, kind: DamageKind::MissingSegment }.into());
        }
        walk.segment(segment)?;
    }
    Ok(walk.report)
}

struct Walk<'a> {
    instance: &'a str,
    report: ChainReport,
    seq: u64,
    head: LineHash,
}

impl Walk<'_> {
    fn segment(&mut self, segment: &Segment) -> Result<(), VerifyError> {
        let failed = |cause| VerifyError::Io { path: segment.path.clone(), cause };
        let mut reader = segment.open().map_err(failed)?;
        let (mut number, mut offset, mut line) = (0, 0, Vec::new());
        loop {
            line.clear();
            let limit = MAX_RECORD_BYTES as u64 + 1;
            let taken = reader.by_ref().take(limit).read_until(b'\n', &mut line).map_err(failed)?;
            if taken == 0 {
                return Ok(());
            }
            number += 1;
            self.line(&line).map_err(|kind| Damage { segment: segment.path.clone(), line: number, offset, kind })?;
            offset += taken as u64;
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), DamageKind> {
        if line.len() > MAX_RECORD_BYTES {
            return Err(DamageKind::TooLong);
        }
        let line = line.strip_suffix(b"\n").ok_or(DamageKind::Torn)?;
        let record: Record = serde_json::from_slice(line).map_err(|error| DamageKind::NotARecord(error.to_string()))?;
        let Record { stamp, entry } = record;
        if stamp.v != FORMAT_VERSION {
            return Err(DamageKind::NotARecord(format!("format version {} is not known", stamp.v)));
        }
        if stamp.instance != self.instance {
            return Err(DamageKind::WrongInstance(stamp.instance));
        }
        if stamp.seq != self.seq + 1 {
            return Err(DamageKind::WrongSequence { expected: self.seq + 1, found: stamp.seq });
        }
        if stamp.prev != self.head {
            return Err(DamageKind::WrongPrevious);
        }
        if self.seq == 0 && entry.kind != Kind::LogOpen {
            return Err(DamageKind::NoOpening);
        }
        self.seq = stamp.seq;
        self.head = LineHash::of(line);
        self.report.records += 1;
        self.report.head = Some(Head { instance: stamp.instance, seq: self.seq, hash: self.head });
        if let Some(Detail::LogOpen(opening)) = entry.detail {
            self.report.repairs.extend(opening.repaired);
        }
        Ok(())
    }
}
