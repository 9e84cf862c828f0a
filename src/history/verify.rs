//! Whether a chain is what was written, from its first byte and by itself. What that proves: no record in the middle was
//! changed, removed, added or moved. That the end is still the end, and that nobody rewrote it all, takes something from
//! elsewhere: see [`super::audit`].

mod chain;

pub use chain::verify_chain;

use super::detail::{Head, Repair, Unpaired};
use std::io;
use std::path::PathBuf;

/// A chain that is intact as far as one can tell from itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChainReport {
    /// How many records it has.
    pub records: u64,
    /// The last of them.
    pub head: Option<Head>,
    /// Number of its first record: 1, unless retention deleted what was before.
    pub first: u64,
    /// The torn ends that were set aside on the way.
    pub repairs: Vec<Repair>,
    /// Intents without outcome, oldest first: what they say may have been executed. Of a process that still runs, the
    /// newest may just be running.
    pub unpaired: Vec<Unpaired>,
    /// How many checkpoints were signed, each of which fits.
    pub checkpoints: u64,
    /// The last record that a checkpoint in the chain vouches for.
    pub signed_until: Option<u64>,
    /// The public key of the process that wrote last.
    pub public_key: Option<String>,
    /// Whether the last process ended in order.
    pub closed: bool,
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
    /// A compressed segment can't be unpacked.
    #[error("the segment can't be unpacked: {0}")]
    Unreadable(String),
    /// The first record isn't the first of the chain, and no `retention` says why.
    #[error("the chain begins with record {0}, and no retention on record explains that")]
    Unexplained(u64),
    /// A checkpoint doesn't fit the record before it, or its signature doesn't verify.
    #[error("the checkpoint does not hold: {0}")]
    WrongCheckpoint(&'static str),
    /// Another key than the one that the chain was begun with.
    #[error("the chain is written under key `{found}`, not `{expected}`")]
    WrongKey {
        /// The fingerprint that should stand there.
        expected: String,
        /// The one that does.
        found: String,
    },
    /// Chains begin with `log_open`.
    #[error("the chain does not begin with `log_open`")]
    NoOpening,
}
