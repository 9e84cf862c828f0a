//! What verification can find: kinds of damage, how bad each is, and in which words it is told.

use super::super::lines::LineHash;
use serde::Serialize;
use std::fmt;

/// How bad a finding is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something is not what was written.
    Tampered,
    /// Something is gone.
    Truncated,
    /// Nothing that was kept elsewhere vouches for a chain.
    Unanchored,
    /// A statement may have been executed, and nobody knows.
    Unpaired,
}

impl Severity {
    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tampered => "tampered",
            Self::Truncated => "truncated",
            Self::Unanchored => "unanchored",
            Self::Unpaired => "unpaired",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The chain.
    pub chain: String,
    /// The record's number, where it is about a record.
    pub record: Option<u64>,
    /// The line, where it is about one that is there.
    pub place: Option<Place>,
    /// What was found.
    pub damage: Damage,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The segment's number.
    pub segment: u64,
    /// The line in it, from 1.
    pub line: u64,
    /// Offset of the line's first byte, before any compression.
    pub byte: u64,
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.damage.severity()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.damage, self.record) {
            (Damage::ChainGone { .. } | Damage::SeveralKeys { .. }, _) => {}
            (_, Some(record)) => write!(f, "{}/{record} ", self.chain)?,
            (_, None) => write!(f, "{}: ", self.chain)?,
        }
        write!(f, "{}", self.damage)?;
        match self.place {
            Some(Place { segment, line, byte }) => write!(f, " (segment {segment}, line {line}, from byte {byte})"),
            None => Ok(()),
        }
    }
}

/// Kinds of damage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// A segment between others is not there.
    #[error("segment {0} is missing")]
    MissingSegment(u64),
    /// A compressed segment can't be unpacked.
    #[error("the segment can't be unpacked, and its rest was not read: {0}")]
    Unreadable(String),
    /// A line without line feed where a whole one has to stand.
    #[error("the segment is closed and ends in half a line")]
    HalfALine,
    /// No record is that long.
    #[error("a line is longer than any record")]
    TooLong,
    /// The line isn't a record of this format.
    #[error("a line is no record: {0}")]
    NotARecord(String),
    /// The record says that it belongs to another chain.
    #[error("belongs to the chain {0}")]
    WrongChain(String),
    /// Records are missing, doubled or moved.
    #[error("stands where number {0} should: records are missing, doubled or moved")]
    WrongNumber(u64),
    /// This record or the one before it was changed.
    #[error("doesn't continue number {0}: one of the two was changed")]
    WrongPrevious(u64),
    /// Number 1, and not the beginning of a chain.
    #[error("doesn't begin a chain: what stood before it is gone, or it was changed")]
    NotABeginning,
    /// The first record isn't the first of the chain, and no `retention` says why.
    #[error("is the first, and no retention says that those before it were deleted")]
    Unexplained,
    /// A checkpoint doesn't fit the record before it, or its signature doesn't verify.
    #[error("is a checkpoint that does not hold: {0}")]
    WrongCheckpoint(&'static str),
    /// A record under another key than the one before it, or than the one that was kept elsewhere.
    #[error("was written with another key ({found}, not {expected})")]
    WrongKey {
        /// The fingerprint that should stand there.
        expected: String,
        /// The one that does.
        found: String,
    },
    /// The chains of a ledger are written with one key.
    #[error("{chain} was written with another key than {other}")]
    SeveralKeys {
        /// A chain.
        chain: String,
        /// One before it.
        other: String,
    },
    /// Somebody names another hash for the record.
    #[error("is not the record that {by} names ({named})")]
    NotTheRecord {
        /// Who.
        by: String,
        /// The hash that it should have.
        named: LineHash,
    },
    /// What was set aside from a torn end isn't what the record says.
    #[error("names a torn end that was set aside in `{0}`, which holds other bytes now")]
    TornFileChanged(String),
    /// A checkpoint that was kept elsewhere is none of the given key.
    #[error("has a checkpoint that was kept elsewhere and isn't signed by the ledger's key")]
    ForeignCheckpoint,
    /// What was set aside from a torn end is gone.
    #[error("names a torn end that was set aside in `{0}`, which is gone")]
    TornFileGone(String),
    /// The chain's last line has no line feed, and nobody is writing it.
    #[error(
        "it ends in half a line of {0} bytes: a crash left it, or the end was cut off; the next start sets it aside"
    )]
    TornEnd(u64),
    /// The last segment is compressed: there was another behind it.
    #[error("the segment behind segment {0} is missing")]
    NoSegmentBehind(u64),
    /// A chain that others name isn't there.
    #[error("the chain {chain} is gone: {by} names its number {seq}")]
    ChainGone {
        /// The chain.
        chain: String,
        /// The record that is named.
        seq: u64,
        /// Who names it.
        by: String,
    },
    /// The chain ends before a record that others name.
    #[error("it ends with number {last}: {by} names number {seq}")]
    EndGone {
        /// Number of the last record.
        last: u64,
        /// The record that is named.
        seq: u64,
        /// Who names it.
        by: String,
    },
    /// Nothing that was kept elsewhere vouches for any of it.
    #[error("no checkpoint vouches for a record of it")]
    Unanchored,
    /// A statement without outcome whose process has ended.
    #[error("has no outcome: it may have been executed")]
    Unpaired,
}

impl Damage {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::MissingSegment(_)
            | Self::Unreadable(_)
            | Self::HalfALine
            | Self::TooLong
            | Self::NotARecord(_)
            | Self::WrongChain(_)
            | Self::WrongNumber(_)
            | Self::WrongPrevious(_)
            | Self::NotABeginning
            | Self::Unexplained
            | Self::WrongCheckpoint(_)
            | Self::WrongKey { .. }
            | Self::SeveralKeys { .. }
            | Self::NotTheRecord { .. }
            | Self::TornFileChanged(_)
            | Self::ForeignCheckpoint => Severity::Tampered,
            Self::TornFileGone(_)
            | Self::TornEnd(_)
            | Self::NoSegmentBehind(_)
            | Self::ChainGone { .. }
            | Self::EndGone { .. } => Severity::Truncated,
            Self::Unanchored => Severity::Unanchored,
            Self::Unpaired => Severity::Unpaired,
        }
    }
}
