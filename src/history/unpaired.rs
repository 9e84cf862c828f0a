//! What the process before left open: intents without outcome. They may have been executed, and nobody knows.

use super::detail::{Gap, GapKind, Unpaired};
use super::record::nanosecond_time;
use super::segments::{Segment, segments};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::HashSet;
use std::io;
use std::path::Path;
use uuid::Uuid;

/// How much is read for it, at most. An outcome is written within minutes of its intent, so older ones don't lie open.
const MAX_SCAN_BYTES: u64 = 64 << 20;
/// How many are named.
const MAX_NAMED: usize = 1000;

/// The intents that the process before left open, oldest first.
#[derive(Debug)]
pub(super) struct Left {
    unpaired: Vec<Unpaired>,
    complete: bool,
}

impl Left {
    /// What is put on record of them, if there are any.
    pub fn gap(&self) -> Option<Gap> {
        let count = self.unpaired.len();
        let named = self.unpaired.iter().skip(count.saturating_sub(MAX_NAMED)).cloned().collect();
        (count > 0).then_some(Gap {
            gap: GapKind::MayHaveExecuted,
            repaired: None,
            unpaired: named,
            count: Some(count as u64),
            complete: Some(self.complete),
        })
    }

    /// Says so in the log.
    pub fn report(&self, chain: &Path) {
        let writes = self.unpaired.iter().filter(|one| one.writes).count();
        if let Some(last) = self.unpaired.last() {
            tracing::warn!(
                chain = %chain.display(),
                intents = self.unpaired.len(),
                writes,
                last = %last.id,
                "the process before left statements without outcome; they may have executed"
            );
        }
    }
}

/// The part of a record that pairs it.
#[derive(Deserialize)]
struct Pairing {
    seq: u64,
    #[serde(with = "nanosecond_time")]
    time: Timestamp,
    kind: String,
    id: Uuid,
    intent: Option<Uuid>,
    what: Writes,
    #[serde(default)]
    detail: serde_json::Value,
}

#[derive(Deserialize)]
struct Writes {
    writes: Option<bool>,
}

/// Looks back from the chain's end to the `log_open` of the process that wrote it last.
pub(super) fn left_open(last: &Segment, instance: &Path) -> io::Result<Left> {
    let mut left = Left { unpaired: Vec::new(), complete: true };
    let (mut closed, mut read) = (HashSet::new(), 0);
    for segment in segments(instance)?.iter().filter(|one| one.number <= last.number).rev() {
        let mut lines = segment.lines_back()?;
        while let Some(line) = lines.next()? {
            read += line.end - line.start;
            if read > MAX_SCAN_BYTES {
                left.complete = false;
                left.unpaired.reverse();
                return Ok(left);
            }
            let Some(one) = line.bytes.and_then(|bytes| serde_json::from_slice::<Pairing>(&bytes).ok()) else {
                continue;
            };
            let none_left = one.detail.get("intents_left_open").and_then(serde_json::Value::as_u64) == Some(0);
            match one.kind.as_str() {
                "log_open" => {
                    left.unpaired.reverse();
                    return Ok(left);
                }
                "log_close" if none_left => return Ok(left),
                "intent" if !closed.remove(&one.id) => {
                    let writes = one.what.writes == Some(true);
                    left.unpaired.push(Unpaired { id: one.id, seq: one.seq, time: one.time, writes });
                }
                _ => closed.extend(one.intent),
            }
        }
    }
    left.unpaired.reverse();
    Ok(left)
}
