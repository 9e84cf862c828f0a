//! The ledger: an append-only, hash-chained record of who asked what, what was decided and what came of it. An append
//! returns only when its record is written, so that whoever waits for it answers nothing, and changes nothing, that
//! isn't on record.
//!
//! ```text
//! history/                 the directory that all processes of a deployment share (0700)
//!   i0001/                 one process's chain; who holds `lock` writes it
//!     lock
//!     segment-00000001.jsonl.gz    closed and compressed
//!     segment-00000002.jsonl       being written
//!     segment-00000002.torn-2026-01-01T00:00:00.000000000Z    what a crash left half written
//! keys/                    see [`crate::keys`]
//! ```
//!
//! Knows nothing of policies, SQL or doors: it writes down what it is told, and never decides.

mod chain;
#[cfg(any(test, feature = "check"))]
pub mod check;
mod compress;
mod detail;
mod elsewhere;
pub mod find;
mod fit;
#[cfg(feature = "history-index")]
mod index;
mod instance;
mod last;
mod lines;
mod note;
mod queue;
pub mod read;
mod recent;
mod record;
mod retention;
pub mod search;
mod segments;
mod settings;
mod storage;
mod tail;
#[cfg(test)]
mod tests;
mod tidy;
mod unpaired;
pub mod verify;

pub use detail::{
    Approval, AskedBy, AuthFailure, AuthFault, Change, ConfigChange, Deleted, Detail, Difference, Gap, GapKind, Head,
    LogClose, LogOpen, LogRead, PolicyFile, PolicyInForce, PolicyLoad, Repair, Retention, SessionClose, SessionEnd,
    SessionOpen, Signed, Unpaired,
};
pub use lines::{LineHash, MAX_RECORD_BYTES};
pub use note::{Checkpoint, NotACheckpoint, verifier_key};
pub use recent::{MAX_LIMIT as MAX_RECENT, Recent, Summary, Whose};
pub use record::{
    Access, Decision, Entry, FORMAT_VERSION, FilterUse, Form, Kind, MaskUse, Outcome, Record, RelationUse, Stamp,
    Status, Verdict, Violation, What, Where, Who,
};
pub use settings::{CheckpointPlace, Settings, SyncMode};
pub use storage::{Disk, Storage, StorageFile};

use crate::keys::{Keys, Signer};
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

/// What a ledger is opened with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory; made if it isn't there.
    pub directory: PathBuf,
    /// How it is kept.
    pub settings: Settings,
    /// Signs checkpoints.
    pub signer: Signer,
}

impl Options {
    /// A ledger in `directory`, with the keys of the deployment.
    pub fn new(directory: impl Into<PathBuf>, settings: Settings, keys: &Keys) -> Options {
        Options { directory: directory.into(), settings, signer: keys.signer().clone() }
    }
}

/// Why a ledger can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The operating system refused.
    #[error("could not {doing} `{}`: {cause}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The operating system's answer.
        cause: io::Error,
    },
    /// The end of the chain is damaged in a way that no crash explains.
    #[error("`{}` is damaged: {cause}; keep its directory for inspection and move it out of the history", path.display())]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// What doesn't fit.
        cause: String,
    },
    /// All chains of the directory are in use.
    #[error("`{}` is in use by too many processes", directory.display())]
    Full {
        /// The ledger's directory.
        directory: PathBuf,
    },
    /// The first record couldn't be written.
    #[error("could not write to the history in `{}`: {cause}", directory.display())]
    Unwritable {
        /// The ledger's directory.
        directory: PathBuf,
        /// Why.
        cause: String,
    },
}

impl OpenError {
    fn io(doing: &'static str, path: &Path, cause: io::Error) -> OpenError {
        OpenError::Io { doing, path: path.to_path_buf(), cause }
    }
}

/// Why a record isn't on record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// Nothing can be written now. The next append tries again.
    #[error("the history can't be written: {cause}")]
    Unavailable {
        /// The operating system's answer, or what was found to be wrong.
        cause: String,
    },
}

/// A record that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The chain.
    pub instance: String,
    /// Its number there.
    pub seq: u64,
    /// The hash of its exact bytes.
    pub hash: LineHash,
    /// When it was written.
    pub time: Timestamp,
}

/// A process's handle on the ledger. Clones write to the same chain.
#[derive(Debug, Clone)]
pub struct History {
    directory: Arc<Path>,
    instance: Arc<str>,
    queue: queue::Queue,
}

impl History {
    /// Takes a free chain in the directory, repairs its end, and writes its `log_open`, and what the process before it left
    /// torn or open. Blocks on the disk.
    ///
    /// # Errors
    /// When the directory can't be used, or the end of the chain is damaged in a way that no crash explains.
    pub fn open(options: Options) -> Result<History, OpenError> {
        History::open_on(Arc::new(Disk), options)
    }

    /// As [`History::open`], on a storage of the caller's.
    ///
    /// # Errors
    /// As [`History::open`].
    pub fn open_on(storage: Arc<dyn Storage>, options: Options) -> Result<History, OpenError> {
        let Options { directory, settings, signer } = options;
        let instance = Arc::new(instance::take(&directory, storage.as_ref())?);
        let mut tail = tail::repair(&instance, storage.as_ref())?;
        let left = unpaired::left_open(&tail.segment, &instance.path)
            .map_err(|cause| OpenError::io("read", &instance.path, cause))?;
        let heads = tail::heads(&directory, &instance.name)
            .map_err(|cause| OpenError::io("list the chains of", &directory, cause))?;
        let repaired = tail.repaired.take();
        let opening = Entry::log_open(LogOpen {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            sync: settings.sync,
            public_key: signer.public_key().to_owned(),
            heads,
            repaired: repaired.clone(),
        });
        let gaps = [repaired.map(Gap::torn_end), left.gap()];
        let unwritable = |cause: String| OpenError::Unwritable { directory: directory.clone(), cause };
        let bodies = std::iter::once(opening).chain(gaps.into_iter().flatten().map(Entry::gap)).map(fit::body);
        let bodies: Vec<_> = bodies.collect::<Result<_, _>>().map_err(|error| unwritable(error.to_string()))?;
        let name = Arc::from(instance.name.as_str());
        let (teller, news) = mpsc::channel();
        let public_key = signer.public_key().to_owned();
        let mut chain =
            chain::Chain::new(Arc::clone(&instance), tail, Arc::clone(&storage), settings.clone(), signer, teller);
        if let Some(Err(error)) = chain.append(&bodies).into_iter().find(Result::is_err) {
            return Err(unwritable(error.to_string()));
        }
        left.report(&instance.path);
        let tidy = |queue| tidy::Tidy::start(instance, storage, settings, public_key, queue, news);
        let queue = queue::Queue::start(chain, tidy)
            .map_err(|cause| OpenError::io("start the writer of", &directory, cause))?;
        Ok(History { directory: directory.into(), instance: name, queue })
    }

    /// The chain that this process writes, `i0001` and so on.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Writes a record behind those that wait, and returns when it is written, and synced if the mode asks for it.
    ///
    /// # Errors
    /// When it couldn't be written or synced; then nothing that it says may happen, or leave.
    pub async fn append(&self, entry: Entry) -> Result<Appended, HistoryError> {
        self.queue.append(body(entry)?).await
    }

    /// Whether the last record could be written, as far as one knows.
    pub fn is_sound(&self) -> bool {
        self.queue.is_sound()
    }

    /// The last calls over all chains of the directory, newest first; at most `limit`, and no more than
    /// [`MAX_RECENT`].
    ///
    /// # Errors
    /// The operating system's.
    pub async fn recent(&self, whose: impl Into<Whose>, limit: usize) -> io::Result<Recent> {
        let (directory, whose) = (self.directory.clone(), whose.into());
        tokio::task::spawn_blocking(move || recent::read(&directory, &whose, limit)).await.map_err(io::Error::other)?
    }

    /// The newest record of this kind in this process's own chain, among the last 64 MiB of it.
    ///
    /// # Errors
    /// The operating system's.
    pub async fn last(&self, kind: Kind) -> io::Result<Option<Record>> {
        let chain = self.directory.join(&*self.instance);
        tokio::task::spawn_blocking(move || last::of_kind(&chain, kind)).await.map_err(io::Error::other)?
    }

    /// Writes what was submitted before and a `log_close`, signs and syncs it, and frees the chain for another process. Later
    /// appends fail.
    pub async fn close(&self) {
        self.queue.close().await;
    }
}

fn body(entry: Entry) -> Result<fit::Body, HistoryError> {
    fit::body(entry).map_err(|error| HistoryError::Unavailable { cause: error.to_string() })
}

/// The files of the directory that a server has to write to go on with the chains that are there, and can't: each with the
/// operating system's reason. Changes nothing.
///
/// # Errors
/// The directory can't be read.
pub fn unwritable_files(directory: &Path) -> io::Result<Vec<(PathBuf, io::Error)>> {
    let mut unwritable = Vec::new();
    for (_, instance) in segments::instances(directory)? {
        let newest = segments::segments(&instance)?.into_iter().rfind(|segment| !segment.compressed);
        let files = [Some(instance.join("lock")).filter(|lock| lock.exists()), newest.map(|segment| segment.path)];
        for path in files.into_iter().flatten() {
            if let Err(error) = std::fs::OpenOptions::new().append(true).open(&path) {
                unwritable.push((path, error));
            }
        }
    }
    Ok(unwritable)
}

/// Whether anything was ever recorded in the directory: then its keys must be there, too.
///
/// # Errors
/// The operating system's.
pub fn has_records(directory: &Path) -> io::Result<bool> {
    for (_, instance) in segments::instances(directory)? {
        for file in std::fs::read_dir(instance)? {
            let file = file?;
            if file.file_name().as_encoded_bytes().starts_with(b"segment-") && file.metadata()?.len() > 0 {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
