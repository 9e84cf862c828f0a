//! How a ledger is kept: what is synced, when a segment ends, how long closed ones are kept, how often it is signed and
//! where the signatures go.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Which records are synced to disk before their append returns. All records are handed to the operating system first,
/// whatever the mode: a crash of this process loses none, a power cut those that weren't synced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncMode {
    /// Every record.
    All,
    /// The intents and outcomes of statements that write.
    #[default]
    Writes,
    /// None.
    None,
}

/// How a ledger is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Which records are synced.
    pub sync: SyncMode,
    /// A segment that has this many bytes is closed before the next record.
    pub segment_bytes: u64,
    /// So is one whose first record is this old.
    pub segment_age: Duration,
    /// Closed segments whose last record is older than this are deleted.
    pub keep: Option<Duration>,
    /// The oldest closed segments are deleted while the chain's segments have more bytes than this, as they lie on disk.
    pub keep_bytes: Option<u64>,
    /// A checkpoint is signed when so many records came since the last.
    pub checkpoint_records: u64,
    /// And when a record came since the last, and the last is this old.
    pub checkpoint_every: Duration,
    /// Where checkpoints go beside the ledger.
    pub checkpoint_to: Option<CheckpointPlace>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            sync: SyncMode::Writes,
            segment_bytes: 64 << 20,
            segment_age: Duration::from_hours(24),
            keep: None,
            keep_bytes: None,
            checkpoint_records: 1000,
            checkpoint_every: Duration::from_mins(1),
            checkpoint_to: None,
        }
    }
}

/// A second place for checkpoints, out of reach, one hopes, of whoever can write the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckpointPlace {
    /// Appended to a file (mode 0600).
    File(PathBuf),
    /// Sent to the system's log by its socket, `/dev/log`.
    Syslog,
    /// A line on standard error, whatever the log's level is. Standard output may be a protocol's.
    Stderr,
}
