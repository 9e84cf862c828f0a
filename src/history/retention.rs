//! Which closed segments a chain keeps no longer, and deleting them. What is deleted is on record, and on disk, before.

use super::detail::{Deleted, Retention};
use super::lines::{LineHash, MAX_RECORD_BYTES};
use super::segments::{Segment, segments};
use super::settings::Settings;
use super::storage::Storage;
use jiff::Timestamp;
use serde::Deserialize;
use std::fs;
use std::io::{self, BufRead, ErrorKind, Read};
use std::path::Path;

/// More than this in one record would make a long line; the rest comes with the next.
const AT_ONCE: usize = 256;

/// The oldest closed segments that are too old, or too many; `None` if there are none. A segment's last record is known
/// from the first of the next one, which names its hash.
pub(super) fn due(
    instance: &Path,
    settings: &Settings,
    public_key: &str,
    now: Timestamp,
) -> io::Result<Option<Retention>> {
    if settings.keep.is_none() && settings.keep_bytes.is_none() {
        return Ok(None);
    }
    let all = segments(instance)?;
    let sizes: Vec<u64> = all.iter().map(|one| Ok(fs::metadata(&one.path)?.len())).collect::<io::Result<_>>()?;
    let mut total: u64 = sizes.iter().sum();
    let mut deleted = Vec::new();
    let mut first = None;
    for ((segment, next), bytes) in all.iter().zip(all.iter().skip(1)).zip(sizes).take(AT_ONCE) {
        let Some(here) = first.take().map_or_else(|| First::of(segment), |first| Ok(Some(first)))? else { break };
        let Some(there) = First::of(next)? else { break };
        let age = now.duration_since(there.time);
        let old = settings.keep.is_some_and(|keep| age.is_positive() && age.unsigned_abs() > keep);
        if !old && settings.keep_bytes.is_none_or(|most| total <= most) {
            break;
        }
        total -= bytes;
        deleted.push(Deleted {
            segment: segment.number,
            first_seq: here.seq,
            last_seq: there.seq.saturating_sub(1),
            last_hash: there.prev,
            bytes,
        });
        first = Some(there);
    }
    let keep_seconds = settings.keep.map(|keep| keep.as_secs());
    let public_key = public_key.to_owned();
    let retention = Retention { deleted, keep_seconds, keep_bytes: settings.keep_bytes, public_key };
    Ok((!retention.deleted.is_empty()).then_some(retention))
}

/// Deletes them, oldest first, so that what is left is always without a hole, and what was set aside from their ends.
pub(super) fn delete(instance: &Path, retention: &Retention, storage: &dyn Storage) -> io::Result<()> {
    for deleted in &retention.deleted {
        let prefix = format!("segment-{:08}.", deleted.segment);
        for entry in fs::read_dir(instance)? {
            let name = entry?.file_name();
            if name.to_str().is_some_and(|name| name.starts_with(&prefix)) {
                match storage.remove(&instance.join(&name)) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        storage.sync_directory(instance)?;
    }
    Ok(())
}

/// What a segment's first record says of its place.
#[derive(Deserialize)]
struct First {
    seq: u64,
    prev: LineHash,
    time: Timestamp,
}

impl First {
    fn of(segment: &Segment) -> io::Result<Option<First>> {
        let mut line = Vec::new();
        segment.open()?.take(MAX_RECORD_BYTES as u64).read_until(b'\n', &mut line)?;
        Ok(serde_json::from_slice(&line).ok())
    }
}
