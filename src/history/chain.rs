//! One chain and its only writer: numbers, hashes, writes and syncs records, and knows when it can't. After a failure
//! each later append first tries to get the file back into a known state, so that the ledger heals by itself.

use super::fit::Body;
use super::instance::Instance;
use super::lines::LineHash;
use super::record::{FORMAT_VERSION, Stamp};
use super::segments::Segment;
use super::storage::{Storage, StorageFile};
use super::tail::{Tail, write_all_at, write_at};
use super::{Appended, HistoryError, SyncMode};
use jiff::Timestamp;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Arc;
use std::time::Instant;

#[derive(Debug)]
pub(super) struct Chain {
    /// Holds the lock as long as the chain may be written.
    instance: Instance,
    storage: Arc<dyn Storage>,
    sync: SyncMode,
    key_id: String,
    opened: Instant,
    segment: Segment,
    file: Box<dyn StorageFile>,
    /// Number of the last record in the file.
    seq: u64,
    /// Its hash, and where its line begins.
    head: LineHash,
    head_start: Option<u64>,
    /// Up to here the file holds whole records.
    len: u64,
    /// Why nothing can be written now.
    fault: Option<Fault>,
    reported: Reported,
}

#[derive(Debug)]
struct Fault {
    cause: String,
    /// A write failed: the file may hold bytes behind `len` that are part of no record.
    torn: bool,
    /// Records whose sync failed, and where they stand: the system may have dropped its copy of them.
    unsynced: Option<(u64, Vec<u8>)>,
}

/// The cause that was logged last, until a record is written again: a thousand refused calls are one line.
#[derive(Debug, Default)]
struct Reported(Option<String>);

impl Reported {
    fn is_news(&mut self, cause: &str) -> bool {
        let news = self.0.as_deref() != Some(cause);
        self.0 = Some(cause.to_owned());
        news
    }

    fn ends(&mut self) -> bool {
        self.0.take().is_some()
    }
}

/// A record that was given its place, before it is known to be written.
#[derive(Debug)]
struct Placed {
    appended: Appended,
    start: usize,
    end: usize,
    sync: bool,
}

impl Chain {
    pub fn new(instance: Instance, tail: Tail, storage: Arc<dyn Storage>, sync: SyncMode, key_id: String) -> Chain {
        let Tail { seq, head, head_start, segment, file, len, repaired: _ } = tail;
        let opened = Instant::now();
        Chain {
            instance,
            storage,
            sync,
            key_id,
            opened,
            segment,
            file,
            seq,
            head,
            head_start,
            len,
            fault: None,
            reported: Reported::default(),
        }
    }

    /// Appends the records in their order, synced as far as the mode asks for. One answer each.
    pub fn append(&mut self, batch: &[Body]) -> Vec<Result<Appended, HistoryError>> {
        let composed = self.ready().and_then(|()| self.compose(batch).map_err(|error| error.to_string()));
        let (bytes, placed) = match composed {
            Ok(composed) => composed,
            Err(cause) => {
                return batch.iter().map(|_| Err(HistoryError::Unavailable { cause: cause.clone() })).collect();
            }
        };
        let start = self.len;
        let (written, write_failure) = write_at(self.file.as_mut(), &bytes, start);
        let kept = placed.iter().take_while(|placed| placed.end <= written).count();
        if let Some(last) = placed.iter().take(kept).next_back() {
            (self.seq, self.head) = (last.appended.seq, last.appended.hash);
            (self.head_start, self.len) = (Some(start + last.start as u64), start + last.end as u64);
        }
        let sync_failure = match placed.iter().take(kept).any(|placed| placed.sync) {
            true => self.file.sync_data().err(),
            false => None,
        };
        let sync_failed = sync_failure.is_some();
        let torn = write_failure.is_some();
        let unsynced = sync_failed.then(|| {
            let len = usize::try_from(self.len - start).unwrap_or(bytes.len());
            (start, bytes.get(..len).unwrap_or_default().to_vec())
        });
        let cause = write_failure.or(sync_failure).map(|error| error.to_string());
        match cause.clone() {
            Some(cause) => self.fail(Fault { cause, torn, unsynced }),
            None => self.healed(),
        }
        let answer = |(at, placed): (usize, Placed)| match &cause {
            Some(cause) if at >= kept || (sync_failed && placed.sync) => {
                Err(HistoryError::Unavailable { cause: cause.clone() })
            }
            _ => Ok(placed.appended),
        };
        placed.into_iter().enumerate().map(answer).collect()
    }

    /// Syncs what was written without, at an orderly end.
    pub fn close(mut self) {
        if self.sync != SyncMode::None
            && self.fault.is_none()
            && let Err(error) = self.file.sync_data()
        {
            tracing::error!(segment = %self.segment.path.display(), %error, "could not sync the history at its end");
        }
    }

    /// The batch as bytes, each record behind the one before it.
    fn compose(&self, batch: &[Body]) -> serde_json::Result<(Vec<u8>, Vec<Placed>)> {
        let mut bytes = Vec::with_capacity(batch.iter().map(|body| body.json.len() + 512).sum());
        let mut placed = Vec::with_capacity(batch.len());
        let (mut seq, mut prev) = (self.seq, self.head);
        for body in batch {
            seq += 1;
            let (start, time) = (bytes.len(), Timestamp::now());
            let stamp = Stamp {
                v: FORMAT_VERSION,
                seq,
                prev,
                time,
                mono_ns: u64::try_from(self.opened.elapsed().as_nanos()).unwrap_or(u64::MAX),
                instance: self.instance.name.clone(),
                key_id: self.key_id.clone(),
            };
            write_line(&mut bytes, &stamp, body)?;
            prev = LineHash::of(bytes.get(start..).unwrap_or_default());
            bytes.push(b'\n');
            let sync = self.syncs(body);
            let appended = Appended { instance: self.instance.name.clone(), seq, hash: prev, time };
            placed.push(Placed { appended, start, end: bytes.len(), sync });
        }
        Ok((bytes, placed))
    }

    /// Whether the record has to be synced before it counts as written.
    pub fn syncs(&self, body: &Body) -> bool {
        match self.sync {
            SyncMode::All => true,
            SyncMode::Writes => body.writes,
            SyncMode::None => false,
        }
    }

    /// Whether the last append went well; else the next one begins by repairing.
    pub fn is_sound(&self) -> bool {
        self.fault.is_none()
    }

    /// Makes sure that the file is what this chain wrote, and is writable as far as one knows.
    fn ready(&mut self) -> Result<(), String> {
        if self.fault.is_none() {
            match self.unchanged() {
                Ok(()) => return Ok(()),
                Err(cause) => self.fail(Fault { cause, torn: false, unsynced: None }),
            }
        }
        let Some(mut fault) = self.fault.take() else { return Ok(()) };
        match self.recover(&mut fault) {
            Ok(()) => Ok(()),
            Err(cause) => {
                let refused = cause.clone();
                self.fail(Fault { cause, ..fault });
                Err(refused)
            }
        }
    }

    /// Somebody may have removed, replaced, cut or lengthened the file: writing on would lose records, or bury damage.
    fn unchanged(&self) -> Result<(), String> {
        let here = self.file.metadata().map_err(|error| error.to_string())?;
        let there = fs::metadata(&self.segment.path).map_err(|error| error.to_string())?;
        let identity = |file: &Metadata| (file.dev(), file.ino());
        if identity(&here) != identity(&there) {
            return Err("the file was replaced by another".into());
        }
        self.check_length(there.len())
    }

    fn check_length(&self, len: u64) -> Result<(), String> {
        match len.cmp(&self.len) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Less => Err("the file is shorter than what was written to it".into()),
            std::cmp::Ordering::Greater => Err("the file has more bytes than were written to it".into()),
        }
    }

    /// Opens the file anew, cuts what a failed write left behind, makes sure that the last record is the one that was
    /// written, and writes and syncs once more what a failed sync may have lost.
    fn recover(&mut self, fault: &mut Fault) -> Result<(), String> {
        let text = |error: io::Error| error.to_string();
        let mut file = self.storage.open(&self.segment.path).map_err(text)?;
        let len = file.metadata().map_err(text)?.len();
        if fault.torn && len > self.len {
            file.set_len(self.len).map_err(text)?;
        }
        self.check_length(file.metadata().map_err(text)?.len())?;
        if let Some((offset, bytes)) = &fault.unsynced {
            write_all_at(file.as_mut(), bytes, *offset).map_err(text)?;
            file.sync_data().map_err(text)?;
        }
        self.check_head().map_err(text)?;
        self.file = file;
        Ok(())
    }

    fn check_head(&self) -> io::Result<()> {
        let Some(start) = self.head_start else { return Ok(()) };
        let line = self.len.saturating_sub(start + 1);
        let mut bytes = vec![0; usize::try_from(line).unwrap_or(0)];
        File::open(&self.segment.path)?.read_exact_at(&mut bytes, start)?;
        match LineHash::of(&bytes) == self.head {
            true => Ok(()),
            false => Err(io::Error::other("the last record in the file is not the one that was written")),
        }
    }

    /// Remembers why nothing can be written, and logs it when it is news.
    fn fail(&mut self, fault: Fault) {
        if self.reported.is_news(&fault.cause) {
            tracing::error!(segment = %self.segment.path.display(), cause = %fault.cause, "the history can't be written");
        }
        self.fault = Some(fault);
    }

    fn healed(&mut self) {
        if self.reported.ends() {
            tracing::info!(segment = %self.segment.path.display(), "the history can be written again");
        }
    }
}

/// The stamp's fields, then the entry's, as one object: what [`super::Record`] reads back.
fn write_line(to: &mut Vec<u8>, stamp: &Stamp, body: &Body) -> serde_json::Result<()> {
    serde_json::to_writer(&mut *to, stamp)?;
    to.pop_if(|last| *last == b'}');
    to.push(b',');
    to.extend_from_slice(body.json.strip_prefix('{').unwrap_or(&body.json).as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_news_once_and_so_is_its_end() {
        let mut reported = Reported::default();
        assert!(!reported.ends());
        let news = ["full", "full", "denied", "denied", "full"].map(|cause| reported.is_news(cause));
        assert_eq!(news, [true, false, true, false, true]);
        assert_eq!([reported.ends(), reported.ends()], [true, false]);
        assert!(reported.is_news("full"));
    }
}
