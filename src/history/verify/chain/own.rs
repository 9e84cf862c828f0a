//! What the ledger's own records say, of keys, other chains, torn ends, deletions and signatures, and whether it holds.

use super::super::super::detail::{Head, LogOpen, Repair, Retention, Signed};
use super::super::super::lines::LineHash;
use super::super::super::note::Checkpoint;
use super::super::super::read::ReadRecord;
use super::super::claims::Claim;
use super::super::{Damage, Finding, MOST_WAITING, Place};
use super::Walk;
use crate::keys::PublicKey;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};

impl Walk<'_, '_> {
    /// What only some kinds have to hold, or tell.
    pub(super) fn kind(&mut self, record: &ReadRecord, place: Place) {
        let [_, before] = self.closing;
        self.closing = [before, record.kind == "log_close"];
        let none = serde_json::Value::Null;
        let detail = record.detail.as_ref().unwrap_or(&none);
        let done = match record.kind.as_str() {
            "intent" if self.open.len() < MOST_WAITING => {
                self.open.insert(record.id, record.seq);
                Ok(())
            }
            "intent" => {
                self.more_open += 1;
                Ok(())
            }
            "outcome" => {
                record.intent.and_then(|intent| self.open.remove(&intent));
                Ok(())
            }
            "log_open" => LogOpen::deserialize(detail).map(|opening| self.opening(opening, record, place)),
            "checkpoint" => Signed::deserialize(detail).map(|signed| self.checkpoint(&signed, record, place)),
            "retention" => Retention::deserialize(detail).map(|retention| {
                self.named_key(&retention.public_key, record, place);
                self.deleted.extend(retention.deleted.iter().map(|one| (one.last_seq, one.last_hash)));
                self.deleted_until = retention.deleted.iter().map(|one| one.segment).fold(self.deleted_until, u64::max);
            }),
            _ => Ok(()),
        };
        if let Err(error) = done {
            self.find(None, Some(place), Damage::NotARecord(error.to_string()));
        }
    }

    fn opening(&mut self, opening: LogOpen, record: &ReadRecord, place: Place) {
        // The process before is gone, and with it the hope for outcomes.
        self.lost();
        self.named_key(&opening.public_key, record, place);
        for Head { instance, seq, hash } in opening.heads {
            let by = format!("the record {}/{}", self.name, record.seq);
            self.to.claims.add(&instance, seq, Claim { hash, by, anchor: false });
        }
        if let Some(repair) = opening.repaired {
            self.report.repairs += 1;
            self.set_aside(repair, record, place);
        }
    }

    /// The key that a record names is the one that it was written with.
    fn named_key(&mut self, public_key: &str, record: &ReadRecord, place: Place) {
        match PublicKey::parse(public_key) {
            Some(key) if key.key_id() == record.key_id => drop(self.to.keys.known.insert(key.key_id(), key)),
            Some(key) => {
                let damage = Damage::WrongKey { expected: key.key_id(), found: record.key_id.clone() };
                self.find(Some(record.seq), Some(place), damage);
            }
            None => self.find(None, Some(place), Damage::NotARecord("`public_key` is no key".to_owned())),
        }
    }

    /// What was set aside from a torn end is as it was. Whether it may be gone is known at the end: it is deleted with its
    /// segment.
    fn set_aside(&mut self, repair: Repair, record: &ReadRecord, place: Place) {
        let damage = match File::open(self.path.join(&repair.file)) {
            // A name that leads elsewhere was not written by pgwicket.
            _ if repair.file.contains('/') => Some(Damage::TornFileGone(repair.file)),
            Ok(file) => match hash(file) {
                Ok(found) if found == (repair.bytes, repair.sha256) => None,
                _ => Some(Damage::TornFileChanged(repair.file)),
            },
            Err(_) => {
                let segment = repair.file.strip_prefix("segment-").and_then(|rest| rest.get(..8)?.parse().ok());
                self.gone.push((segment, record.seq, place, repair.file));
                None
            }
        };
        if let Some(damage) = damage {
            self.find(Some(record.seq), Some(place), damage);
        }
    }

    fn checkpoint(&mut self, signed: &Signed, record: &ReadRecord, place: Place) {
        let wrong = |text| Damage::WrongCheckpoint(text);
        let damage = match Checkpoint::parse(&signed.note) {
            Err(_) => Some(wrong("it is none")),
            Ok(note) if note.instance != *self.name => Some(wrong("it names another chain")),
            // The first record that is left has none before it to compare with.
            Ok(note) if self.last.is_some_and(|last| last != (note.seq, note.hash)) => {
                Some(wrong("it names another record than the one before it"))
            }
            Ok(note) => {
                let key = self.to.kept.key.as_ref().or_else(|| self.to.keys.known.get(&record.key_id));
                let unsigned = wrong("its signature does not verify");
                match key {
                    Some(key) if !note.is_signed_by(key) => Some(unsigned),
                    Some(_) => {
                        self.report.checkpoints += 1;
                        self.report.checkpointed = note.seq;
                        None
                    }
                    None if self.to.keys.waiting.len() < MOST_WAITING => {
                        let chain = self.name.to_owned();
                        let finding = Finding { chain, record: Some(record.seq), place: Some(place), damage: unsigned };
                        self.to.keys.waiting.push((finding, note, record.key_id.clone()));
                        None
                    }
                    None => {
                        self.to.keys.dropped += 1;
                        None
                    }
                }
            }
        };
        if let Some(damage) = damage {
            self.find(Some(record.seq), Some(place), damage);
        }
    }
}

/// Length and SHA-256 of a file.
fn hash(mut file: File) -> io::Result<(u64, LineHash)> {
    let (mut digest, mut length, mut buffer) = (Sha256::new(), 0, vec![0; 64 << 10]);
    loop {
        let read = file.read(&mut buffer)?;
        let chunk = buffer.get(..read).unwrap_or_default();
        if chunk.is_empty() {
            return Ok((length, LineHash::finish(digest)));
        }
        digest.update(chunk);
        length += read as u64;
    }
}
