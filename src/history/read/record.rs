//! A record as a reader sees it: its kind is a word, so that kinds which came later are read, too.

use super::super::lines::LineHash;
use super::super::record::{Decision, Outcome, What, Where, Who, nanosecond_time};
use jiff::Timestamp;
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// A record, read back. The fields are those of [`super::super::Record`], where they are described.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "the same fields as in `Stamp` and `Entry`")]
pub struct ReadRecord {
    pub v: u32,
    pub seq: u64,
    pub prev: LineHash,
    #[serde(with = "nanosecond_time")]
    pub time: Timestamp,
    pub mono_ns: u64,
    pub instance: String,
    pub key_id: String,
    pub kind: String,
    pub id: Uuid,
    #[serde(default)]
    pub intent: Option<Uuid>,
    #[serde(default)]
    pub who: Who,
    #[serde(default, rename = "where")]
    pub place: Where,
    #[serde(default)]
    pub what: What,
    #[serde(default)]
    pub decision: Decision,
    #[serde(default)]
    pub result: Outcome,
    #[serde(default)]
    pub detail: Option<serde_json::Value>,
}

impl ReadRecord {
    /// What the call was refused or failed for: the end's reason before the decision's.
    pub fn reason(&self) -> Option<&str> {
        self.result.reason.as_deref().or(self.decision.reason.as_deref())
    }
}

/// Where a line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The chain.
    pub instance: Arc<str>,
    /// The segment's number.
    pub segment: u64,
    /// The line's first byte in the segment, before any compression.
    pub offset: u64,
}

/// A record, its exact bytes and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Where it stands.
    pub place: Place,
    /// The line's exact bytes, without its line feed.
    pub line: Vec<u8>,
    /// What it says.
    pub record: ReadRecord,
}

impl Found {
    /// The record in a line; `None` if it is none.
    pub(super) fn of(place: Place, line: Vec<u8>) -> Option<Found> {
        let record = serde_json::from_slice(&line).ok()?;
        Some(Found { place, line, record })
    }

    /// SHA-256 of the line's exact bytes.
    pub fn hash(&self) -> LineHash {
        LineHash::of(&self.line)
    }
}
