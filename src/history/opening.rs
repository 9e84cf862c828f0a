//! What only a `log_open` says: who took the chain, with which key, what it saw of the other chains, and what it had to
//! repair.

use super::SyncMode;
use super::lines::LineHash;
use serde::{Deserialize, Serialize};

/// What only one kind of record has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Detail {
    /// Of a `log_open`.
    LogOpen(Box<LogOpen>),
}

/// The detail of a `log_open`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogOpen {
    /// pgwicket's version.
    pub program: String,
    /// The process's id.
    pub pid: u32,
    /// Which records are synced to disk before their append returns.
    pub sync: SyncMode,
    /// The ledger's Ed25519 public key, hexadecimal.
    pub public_key: String,
    /// The last record of each other chain in the directory, so that a chain that vanishes or is cut is seen.
    pub heads: Vec<Head>,
    /// What was set aside from the end of this chain, if its last bytes were no whole record.
    pub repaired: Option<Repair>,
}

/// The last record of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The chain.
    pub instance: String,
    /// Number of its last record.
    pub seq: u64,
    /// SHA-256 of that record's exact bytes.
    pub hash: LineHash,
}

/// What was set aside from a torn end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// The file, in the instance directory, that the bytes were moved to.
    pub file: String,
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of these bytes.
    pub sha256: LineHash,
}
