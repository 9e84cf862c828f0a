//! One chain, line by line.

use super::super::detail::{Head, LogOpen, Retention, Signed, Unpaired};
use super::super::lines::{LineHash, MAX_RECORD_BYTES};
use super::super::note::Checkpoint;
use super::super::record::{FORMAT_VERSION, nanosecond_time};
use super::super::segments::{Segment, segments};
use super::{ChainReport, Damage, DamageKind, VerifyError};
use crate::keys::PublicKey;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::HashMap;
use std::io::{self, BufRead, ErrorKind, Read};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Checks the chain in one instance directory, by itself.
///
/// # Errors
/// The first damage found, or the operating system's error.
pub fn verify_chain(instance: &Path) -> Result<ChainReport, VerifyError> {
    let failed = |cause| VerifyError::Io { path: instance.to_path_buf(), cause };
    let name = instance.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let all = segments(instance).map_err(failed)?;
    let mut walk = Walk::new(name);
    let first = all.first().map_or(1, |segment| segment.number);
    for (segment, number) in all.iter().zip(first..) {
        if segment.number != number {
            let missing = Segment::of(instance, number).path;
            return Err(Damage { segment: missing, line: 0, offset: 0, kind: DamageKind::MissingSegment }.into());
        }
        walk.segment(segment)?;
    }
    walk.finish(first, instance)
}

/// A record as far as it concerns a verifier; of a kind that came later, too.
#[derive(Deserialize)]
struct Line {
    v: u32,
    seq: u64,
    prev: LineHash,
    #[serde(with = "nanosecond_time")]
    time: Timestamp,
    instance: String,
    key_id: String,
    kind: String,
    id: Uuid,
    intent: Option<Uuid>,
    what: What,
    #[serde(default)]
    detail: serde_json::Value,
}

#[derive(Deserialize)]
struct What {
    writes: Option<bool>,
}

struct Walk<'a> {
    instance: &'a str,
    /// The key of the last `log_open`.
    key: Option<PublicKey>,
    report: ChainReport,
    seq: u64,
    head: LineHash,
    /// Where the first record that is left begins, and what it continues.
    begins: Option<(u64, LineHash)>,
    /// What the deletions on record say of the first record that is left.
    explained: bool,
    open: HashMap<Uuid, Unpaired>,
    last_kinds: [bool; 2],
}

impl<'a> Walk<'a> {
    fn new(instance: &'a str) -> Self {
        Walk {
            instance,
            key: None,
            report: ChainReport::default(),
            seq: 0,
            head: LineHash::default(),
            begins: None,
            explained: false,
            open: HashMap::new(),
            last_kinds: [false; 2],
        }
    }

    fn segment(&mut self, segment: &Segment) -> Result<(), VerifyError> {
        let path = || -> PathBuf { segment.path.clone() };
        let (mut number, mut offset, mut line) = (0, 0, Vec::new());
        let failed = |cause: io::Error, line, offset| match cause.kind() {
            ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::UnexpectedEof => {
                let kind = DamageKind::Unreadable(cause.to_string());
                VerifyError::Damaged(Damage { segment: path(), line, offset, kind })
            }
            _ => VerifyError::Io { path: path(), cause },
        };
        let mut reader = segment.open().map_err(|cause| failed(cause, 0, 0))?;
        loop {
            line.clear();
            let limit = MAX_RECORD_BYTES as u64 + 1;
            let taken = reader.by_ref().take(limit).read_until(b'\n', &mut line);
            let taken = taken.map_err(|cause| failed(cause, number + 1, offset))?;
            if taken == 0 {
                return Ok(());
            }
            number += 1;
            self.line(&line).map_err(|kind| Damage { segment: path(), line: number, offset, kind })?;
            offset += taken as u64;
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<(), DamageKind> {
        if line.len() > MAX_RECORD_BYTES {
            return Err(DamageKind::TooLong);
        }
        let line = line.strip_suffix(b"\n").ok_or(DamageKind::Torn)?;
        let record: Line = serde_json::from_slice(line).map_err(|error| DamageKind::NotARecord(error.to_string()))?;
        if record.v != FORMAT_VERSION {
            return Err(DamageKind::NotARecord(format!("format version {} is not known", record.v)));
        }
        if record.instance != self.instance {
            return Err(DamageKind::WrongInstance(record.instance));
        }
        self.follows(&record)?;
        self.kind(&record)?;
        self.seq = record.seq;
        self.head = LineHash::of(line);
        self.report.records += 1;
        self.report.head = Some(Head { instance: record.instance, seq: self.seq, hash: self.head });
        Ok(())
    }

    fn follows(&mut self, record: &Line) -> Result<(), DamageKind> {
        if self.begins.is_none() {
            self.report.first = record.seq;
            self.begins = Some((record.seq, record.prev));
            // What stands before the first record that is left is judged at the end, when the deletions are known.
            if record.seq > 1 {
                return Ok(());
            }
        }
        if record.seq != self.seq + 1 {
            return Err(DamageKind::WrongSequence { expected: self.seq + 1, found: record.seq });
        }
        if record.prev != self.head {
            return Err(DamageKind::WrongPrevious);
        }
        if self.seq == 0 && record.kind != "log_open" {
            return Err(DamageKind::NoOpening);
        }
        Ok(())
    }

    /// What only some kinds have to hold, or tell.
    fn kind(&mut self, record: &Line) -> Result<(), DamageKind> {
        let [_, before] = self.last_kinds;
        self.last_kinds = [before, record.kind == "log_close"];
        let detail = &record.detail;
        let malformed = |error: serde_json::Error| DamageKind::NotARecord(error.to_string());
        match record.kind.as_str() {
            "log_open" => self.opening(LogOpen::deserialize(detail).map_err(malformed)?, record)?,
            "checkpoint" => self.checkpoint(&Signed::deserialize(detail).map_err(malformed)?)?,
            "retention" => self.retention(&Retention::deserialize(detail).map_err(malformed)?),
            "intent" => {
                let writes = record.what.writes == Some(true);
                let unpaired = Unpaired { id: record.id, seq: record.seq, time: record.time, writes };
                self.open.insert(record.id, unpaired);
            }
            _ => {}
        }
        if let Some(intent) = record.intent {
            self.open.remove(&intent);
        }
        Ok(())
    }

    fn opening(&mut self, opening: LogOpen, record: &Line) -> Result<(), DamageKind> {
        self.report.repairs.extend(opening.repaired);
        let Some(key) = PublicKey::parse(&opening.public_key) else {
            return Err(DamageKind::NotARecord("`public_key` is no key".into()));
        };
        if key.key_id() != record.key_id {
            return Err(DamageKind::WrongKey { expected: key.key_id(), found: record.key_id.clone() });
        }
        if let Some(before) = self.key.as_ref().filter(|before| **before != key) {
            return Err(DamageKind::WrongKey { expected: before.key_id(), found: key.key_id() });
        }
        self.report.public_key = Some(key.hex());
        self.key = Some(key);
        Ok(())
    }

    fn checkpoint(&mut self, signed: &Signed) -> Result<(), DamageKind> {
        let Ok(checkpoint) = Checkpoint::parse(&signed.note) else {
            return Err(DamageKind::WrongCheckpoint("it is no checkpoint"));
        };
        // The first record that is left has none before it to compare with.
        let alone = self.report.records == 0;
        if !alone && (checkpoint.seq, checkpoint.hash) != (self.seq, self.head) {
            return Err(DamageKind::WrongCheckpoint("it speaks of another record than the one before it"));
        }
        if checkpoint.instance != self.instance {
            return Err(DamageKind::WrongCheckpoint("it speaks of another chain"));
        }
        // Where retention deleted the opening, the key isn't known yet.
        if let Some(key) = &self.key
            && !checkpoint.is_signed_by(key)
        {
            return Err(DamageKind::WrongCheckpoint("its signature does not verify"));
        }
        self.report.checkpoints += 1;
        self.report.signed_until = Some(checkpoint.seq);
        Ok(())
    }

    fn retention(&mut self, retention: &Retention) {
        let explains = |(seq, prev): (u64, LineHash)| {
            retention.deleted.iter().any(|one| one.last_seq.checked_add(1) == Some(seq) && one.last_hash == prev)
        };
        self.explained |= self.begins.is_some_and(explains);
    }

    fn finish(mut self, first: u64, instance: &Path) -> Result<ChainReport, VerifyError> {
        let damage = |kind| Damage { segment: Segment::of(instance, first).path, line: 1, offset: 0, kind };
        match self.begins {
            Some((seq, _)) if seq > 1 && !self.explained => return Err(damage(DamageKind::Unexplained(seq)).into()),
            None if first > 1 => return Err(damage(DamageKind::MissingSegment).into()),
            // Segment numbers and record numbers begin together.
            Some((1, _)) if first > 1 => {
                let missing = Segment::of(instance, 1).path;
                return Err(Damage { segment: missing, line: 0, offset: 0, kind: DamageKind::MissingSegment }.into());
            }
            _ => {}
        }
        self.report.unpaired = self.open.into_values().collect();
        self.report.unpaired.sort_by_key(|one| one.seq);
        self.report.closed = self.last_kinds.contains(&true);
        Ok(self.report)
    }
}
