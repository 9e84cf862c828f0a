//! A principal's last calls, or everyone's, read from the ends of all chains of a directory. An intent and its outcome are one call.
//! Shows only what the principal was told at the time, never the true reason where that was hidden.

use super::read::{Backward, ReadRecord};
use super::record::{Status, Verdict, nanosecond_time};
use jiff::Timestamp;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use uuid::Uuid;

/// The most calls that are given at once.
pub const MAX_LIMIT: usize = 1000;
/// How much of the ledger is read for one answer, over all chains.
const MAX_SCAN_BYTES: u64 = 64 << 20;

/// The last calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Recent {
    /// Newest first.
    pub calls: Vec<Summary>,
    /// False when the search ended, before `limit` calls were found, at the bound on what is read for one answer:
    /// there may be older ones.
    pub complete: bool,
}

/// Whose calls are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// One principal's.
    Principal(String),
    /// Everyone's: only for whom the policy grants it.
    Everyone,
}

impl Whose {
    fn has(&self, record: &ReadRecord) -> bool {
        match self {
            Whose::Principal(principal) => record.who.principal.as_ref() == Some(principal),
            Whose::Everyone => true,
        }
    }
}

impl From<&str> for Whose {
    fn from(principal: &str) -> Self {
        Whose::Principal(principal.to_owned())
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// When it was recorded first.
    #[serde(with = "nanosecond_time")]
    pub time: Timestamp,
    /// Id of the intent, or of the only record.
    pub id: Uuid,
    /// Who asked.
    pub principal: Option<String>,
    /// The door.
    pub door: Option<String>,
    /// The tool.
    pub tool: Option<String>,
    /// The statement, as the policy lets it be recorded.
    pub sql: Option<String>,
    /// Admitted or rejected.
    pub verdict: Option<Verdict>,
    /// The reason code that the principal was told, whoever reads it now.
    pub reason: Option<String>,
    /// How it ended; none while it runs, or if that was never recorded.
    pub status: Option<Status>,
    /// Rows returned.
    pub rows: Option<u64>,
    /// Rows written.
    pub affected: Option<u64>,
    /// From the request's arrival to its answer, in nanoseconds.
    pub duration_ns: Option<u64>,
    /// Whether a cap cut the result.
    pub truncated: Option<bool>,
}

impl Summary {
    fn of(record: ReadRecord) -> Summary {
        let ReadRecord { time, id, intent, who, place, what, decision, result, .. } = record;
        Summary {
            time,
            id: intent.unwrap_or(id),
            principal: who.principal,
            door: place.door,
            tool: what.tool,
            sql: what.sql,
            verdict: decision.verdict,
            reason: result.reason.or(decision.told).or(decision.reason),
            status: result.status,
            rows: result.rows,
            affected: result.affected,
            duration_ns: result.duration_ns,
            truncated: result.truncated,
        }
    }

    /// Adds what only the intent says.
    fn complete(&mut self, intent: ReadRecord) {
        self.time = intent.time;
        self.sql = intent.what.sql;
    }
}

/// Reads the last calls. Blocks on the disk.
pub(super) fn read(directory: &Path, whose: &Whose, limit: usize) -> io::Result<Recent> {
    let mut records = Backward::from_now(directory)?;
    let mut found = Found { limit: limit.min(MAX_LIMIT), ..Found::default() };
    let mut complete = true;
    while !found.enough() {
        if records.read > MAX_SCAN_BYTES {
            complete = false;
            break;
        }
        match records.next()? {
            Some(one) if whose.has(&one.record) => found.add(one.record),
            Some(_) => {}
            None => break,
        }
    }
    found.calls.sort_by_key(|call| Reverse(call.time));
    Ok(Recent { calls: found.calls, complete })
}

/// The calls found so far. Records come newest first, so an outcome before its intent.
#[derive(Default)]
struct Found {
    limit: usize,
    calls: Vec<Summary>,
    /// The outcomes whose intent is still to come, by the intent's id: where they stand in `calls`.
    open: HashMap<Uuid, usize>,
}

impl Found {
    fn enough(&self) -> bool {
        self.calls.len() >= self.limit && self.open.is_empty()
    }

    fn add(&mut self, record: ReadRecord) {
        if let Some(at) = self.open.remove(&record.id) {
            if let Some(call) = self.calls.get_mut(at) {
                call.complete(record);
            }
            return;
        }
        if self.calls.len() < self.limit
            && ["intent", "outcome", "rejection", "log_read"].contains(&record.kind.as_str())
        {
            self.open.extend(record.intent.map(|intent| (intent, self.calls.len())));
            self.calls.push(Summary::of(record));
        }
    }
}
