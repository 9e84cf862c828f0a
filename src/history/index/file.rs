//! The index's file: where it lies, who may read it, what is in it, and how it is replaced while others use it.

use super::Trouble;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file's name in the history's directory.
pub(super) const FILE: &str = "index.sqlite";
/// Held shared by whoever uses the index, alone by whoever replaces it.
const LOCK: &str = "index.lock";
/// The tables' version; an index of another is made anew.
const VERSION: i64 = 2;
/// How long to wait for another process that fills the index.
const PATIENCE: Duration = Duration::from_secs(60);

/// Records are numbered as they come in, nearly by time; a block is a row of them, see [`super::fill::BLOCK_BITS`]. The
/// text table holds no text, only what is needed to find words. A record's names are its id and that of its intent, which
/// begin with the time: so new ones come at the end.
const SCHEMA: &str = "
CREATE TABLE chains (id INTEGER PRIMARY KEY, instance TEXT NOT NULL UNIQUE, segment INTEGER NOT NULL,
    offset INTEGER NOT NULL, last_segment INTEGER NOT NULL, last_offset INTEGER NOT NULL, last_hash TEXT NOT NULL,
    first_segment INTEGER NOT NULL);
CREATE TABLE records (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, chain INTEGER NOT NULL, seq INTEGER NOT NULL,
    segment INTEGER NOT NULL, offset INTEGER NOT NULL, hash BLOB NOT NULL);
CREATE TABLE names (name BLOB, record INTEGER, PRIMARY KEY (name, record)) WITHOUT ROWID;
CREATE TABLE blocks (id INTEGER PRIMARY KEY, oldest INTEGER NOT NULL, newest INTEGER NOT NULL);
CREATE VIRTUAL TABLE texts USING fts5 (terms, sql, relations, principal, reason, content='', columnsize=0,
    tokenize=\"ascii tokenchars '_'\");
";

/// An open index.
pub(super) struct File {
    pub db: Connection,
    path: PathBuf,
    _lock: fs::File,
}

/// Which file it is: device and inode.
pub(super) type Identity = Option<(u64, u64)>;

impl File {
    /// Opens the index, or makes it. One that was found unfit is replaced first, if nobody else did.
    pub fn open(directory: &Path, unfit: Option<&Identity>) -> Result<File, Trouble> {
        let path = directory.join(FILE);
        let unusable = |error: io::Error| Trouble::Unusable(error.to_string());
        let lock = private(&directory.join(LOCK)).map_err(unusable)?;
        if let Some(unfit) = unfit {
            replace(&lock, &path, unfit).map_err(unusable)?;
        }
        lock.lock_shared().map_err(unusable)?;
        let db = match open(&path) {
            Err(Trouble::Unfit(_)) => {
                lock.unlock().map_err(unusable)?;
                replace(&lock, &path, &identity(&path)).map_err(unusable)?;
                lock.lock_shared().map_err(unusable)?;
                open(&path)?
            }
            other => other?,
        };
        Ok(File { db, path, _lock: lock })
    }

    pub fn identity(&self) -> Identity {
        identity(&self.path)
    }
}

fn identity(path: &Path) -> Identity {
    fs::metadata(path).ok().map(|data| (data.dev(), data.ino()))
}

/// Waits until nobody uses the index, and takes it away if it is still the one that was found unfit.
fn replace(lock: &fs::File, path: &Path, unfit: &Identity) -> io::Result<()> {
    lock.lock()?;
    if identity(path) == *unfit {
        for end in ["", "-wal", "-shm", "-journal"] {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            match fs::remove_file(&name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    lock.unlock()
}

/// A file that only its owner may read, made if it isn't there.
fn private(path: &Path) -> io::Result<fs::File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn open(path: &Path) -> Result<Connection, Trouble> {
    // SQLite gives its own files the mode of this one.
    private(path).map_err(|error| Trouble::Unusable(error.to_string()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(PATIENCE)?;
    db.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384; PRAGMA journal_size_limit = 67108864;",
    )?;
    let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (version, tables) {
        (VERSION, _) => {}
        (0, 0) => transaction.execute_batch(&format!("{SCHEMA} PRAGMA user_version = {VERSION};"))?,
        _ => return Err(Trouble::Unfit(format!("the index has version {version}"))),
    }
    transaction.commit()?;
    Ok(db)
}
