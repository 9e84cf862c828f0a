//! One chain and its only writer: numbers, hashes, writes, syncs and signs records, begins new segments, and knows when
//! it can't. After a failure each later append first tries to get the file back into a known state, so that the ledger
//! heals by itself.

mod recover;

use super::detail::LogClose;
use super::fit::{self, Body, Pair};
use super::instance::Instance;
use super::lines::LineHash;
use super::note::Checkpoint;
use super::record::{Entry, FORMAT_VERSION, Stamp};
use super::segments::Segment;
use super::settings::{Settings, SyncMode};
use super::storage::{Storage, StorageFile};
use super::tail::{Tail, write_at};
use super::tidy::News;
use super::{Appended, HistoryError};
use crate::keys::Signer;
use jiff::Timestamp;
use std::collections::HashSet;
use std::io::{self, ErrorKind};
use std::sync::{Arc, mpsc};
use std::time::Instant;
use uuid::Uuid;

#[derive(Debug)]
pub(super) struct Chain {
    /// Holds the lock as long as the chain may be written.
    instance: Arc<Instance>,
    storage: Arc<dyn Storage>,
    settings: Settings,
    signer: Signer,
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
    /// When the segment's first record was written.
    begun: Option<Timestamp>,
    /// Intents of this process whose outcome isn't written.
    open_intents: HashSet<Uuid>,
    /// Records since the last checkpoint, and when that was signed.
    unsigned: u64,
    signed: Instant,
    /// Tells whoever tidies up of closed segments and of checkpoints.
    news: mpsc::Sender<News>,
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
    /// The sync of the whole segment failed.
    rewrite: bool,
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
    pub fn new(
        instance: Arc<Instance>,
        tail: Tail,
        storage: Arc<dyn Storage>,
        settings: Settings,
        signer: Signer,
        news: mpsc::Sender<News>,
    ) -> Chain {
        let Tail { seq, head, head_start, begun, segment, file, len, repaired: _ } = tail;
        let opened = Instant::now();
        Chain {
            instance,
            storage,
            settings,
            signer,
            opened,
            begun,
            open_intents: HashSet::new(),
            unsigned: 0,
            signed: opened,
            news,
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

    /// Appends the records in their order, synced as far as the mode asks for. One answer each. Begins a new segment
    /// before them, and signs a checkpoint behind them, where that is due.
    pub fn append(&mut self, batch: &[Body]) -> Vec<Result<Appended, HistoryError>> {
        let answers = self.write(batch);
        self.sign_if_due();
        answers
    }

    fn write(&mut self, batch: &[Body]) -> Vec<Result<Appended, HistoryError>> {
        let ready = self.ready().and_then(|()| self.rotate_if_due());
        let composed = ready.and_then(|()| self.compose(batch).map_err(|error| error.to_string()));
        let (bytes, placed) = match composed {
            Ok(composed) => composed,
            Err(cause) => {
                if self.reported.is_news(&cause) {
                    tracing::error!(segment = %self.segment.path.display(), %cause, "the history can't be written");
                }
                return batch.iter().map(|_| Err(HistoryError::Unavailable { cause: cause.clone() })).collect();
            }
        };
        let start = self.len;
        let (written, write_failure) = write_at(self.file.as_mut(), &bytes, start);
        let kept = placed.iter().take_while(|placed| placed.end <= written).count();
        if let Some(last) = placed.iter().take(kept).next_back() {
            (self.seq, self.head) = (last.appended.seq, last.appended.hash);
            (self.head_start, self.len) = (Some(start + last.start as u64), start + last.end as u64);
            self.unsigned += kept as u64;
            self.begun = self.begun.or(placed.first().map(|placed| placed.appended.time));
            batch.iter().take(kept).for_each(|body| self.note_pair(body.pair));
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
            Some(cause) => self.fail(Fault { cause, torn, unsynced, rewrite: false }),
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

    /// Writes that this is an orderly end, signs it, and syncs what was written without.
    pub fn close(mut self) {
        let left = self.open_intents.len() as u64;
        let closing = fit::body(Entry::log_close(LogClose { intents_left_open: left }));
        if closing.is_ok_and(|body| self.write(&[body]).iter().all(Result::is_ok)) {
            self.sign();
        }
        if self.settings.sync != SyncMode::None
            && self.fault.is_none()
            && let Err(error) = self.file.sync_data()
        {
            tracing::error!(segment = %self.segment.path.display(), %error, "could not sync the history at its end");
        }
    }

    /// Signs a checkpoint when the last is old enough. For a chain that nobody writes to now.
    pub fn tick(&mut self) {
        self.sign_if_due();
    }

    fn sign_if_due(&mut self) {
        let records = self.unsigned >= self.settings.checkpoint_records;
        if records || (self.unsigned > 0 && self.signed.elapsed() >= self.settings.checkpoint_every) {
            self.sign();
        }
    }

    /// Signs the chain's head, and writes that down behind it.
    fn sign(&mut self) {
        if self.fault.is_some() {
            return;
        }
        let checkpoint = Checkpoint::sign(&self.signer, &self.instance.name, self.seq, self.head, Timestamp::now());
        let Ok(body) = fit::body(Entry::checkpoint(checkpoint.note.clone())) else { return };
        // A failure is logged, and stands in the way of the next append.
        if self.write(&[body]).iter().all(Result::is_ok) {
            (self.unsigned, self.signed) = (0, Instant::now());
            // Nobody listens in the last moments of a process.
            let _ = self.news.send(News::Signed(checkpoint));
        }
    }

    fn note_pair(&mut self, pair: Pair) {
        match pair {
            Pair::Opens(intent) => drop(self.open_intents.insert(intent)),
            Pair::Closes(intent) => drop(self.open_intents.remove(&intent)),
            Pair::Neither => {}
        }
    }

    /// Begins a new segment when this one is long or old enough. The chain goes on over exact bytes.
    fn rotate_if_due(&mut self) -> Result<(), String> {
        let old = |begun: Timestamp| {
            let age = Timestamp::now().duration_since(begun).unsigned_abs();
            age >= self.settings.segment_age && begun < Timestamp::now()
        };
        if self.len == 0 || (self.len < self.settings.segment_bytes && !self.begun.is_some_and(old)) {
            return Ok(());
        }
        // A segment is on disk as a whole before the next one is begun.
        if let Err(error) = self.file.sync_data() {
            let cause = error.to_string();
            self.fail(Fault { cause: cause.clone(), torn: false, unsynced: None, rewrite: true });
            return Err(cause);
        }
        match self.begin_next() {
            Ok((segment, file)) => {
                (self.segment, self.file) = (segment, file);
                (self.head_start, self.len, self.begun) = (None, 0, None);
                let _ = self.news.send(News::Closed);
                Ok(())
            }
            Err(error) => {
                let cause = format!("the next segment can't be begun: {error}");
                self.fail(Fault { cause: cause.clone(), torn: false, unsynced: None, rewrite: false });
                Err(cause)
            }
        }
    }

    fn begin_next(&self) -> io::Result<(Segment, Box<dyn StorageFile>)> {
        let next = Segment::of(&self.instance.path, self.segment.number + 1);
        let file = match self.storage.create(&next.path) {
            // Of an attempt that failed half way.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let file = self.storage.open(&next.path)?;
                match file.metadata()?.len() {
                    0 => file,
                    _ => return Err(error),
                }
            }
            other => other?,
        };
        self.storage.sync_directory(&self.instance.path)?;
        Ok((next, file))
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
                key_id: self.signer.key_id().to_owned(),
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
        match self.settings.sync {
            _ if body.always => true,
            SyncMode::All => true,
            SyncMode::Writes => body.writes,
            SyncMode::None => false,
        }
    }

    /// Whether the last append went well; else the next one begins by repairing.
    pub fn is_sound(&self) -> bool {
        self.fault.is_none()
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
