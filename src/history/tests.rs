//! What the ledger promises, tried on real files; failures of the disk come from `faulty`.

mod appending;
mod faults;
mod faulty;
mod newest;
mod replay;
mod rotation;
mod sharing;
mod torn;

use super::verify::{ChainReport, Kept, Report, Severity, verify};
use super::*;
use std::fs;
use std::time::Duration;

/// A directory for a ledger, and a key that needs no file.
fn options(directory: &Path, sync: SyncMode) -> Options {
    options_with(directory, Settings { sync, ..Settings::default() })
}

fn options_with(directory: &Path, settings: Settings) -> Options {
    Options { directory: directory.to_path_buf(), settings, signer: signer() }
}

fn signer() -> Signer {
    Signer::from_seed(&[7; 32]).unwrap()
}

pub(super) fn open(directory: &Path) -> History {
    History::open(options(directory, SyncMode::Writes)).unwrap()
}

pub(super) fn who(principal: &str) -> Who {
    Who { principal: Some(principal.into()), ..Who::default() }
}

/// Hands a record to the thread, as an append does that can't write by itself, and doesn't wait.
async fn queued(history: &History, entry: Entry) -> queue::Pending {
    history.queue.submit(body(entry).unwrap()).await.unwrap()
}

pub(super) fn query(principal: &str, sql: &str) -> Entry {
    let place = Where { door: Some("mcp".into()), ..Where::default() };
    let what = What { tool: Some("query_execute".into()), sql: Some(sql.into()), ..What::default() };
    Entry::call(who(principal), place, what)
}

fn write(principal: &str, sql: &str) -> Entry {
    let mut entry = query(principal, sql);
    entry.what.writes = Some(true);
    entry
}

/// Ends the ledger as a crash would: without a record of it.
pub(super) async fn abandon(history: &History) {
    history.queue.abandon().await;
    // A process that another test starts at this moment holds a copy of the lock until its program begins.
    let lock = fs::File::open(history.directory.join(history.instance()).join("lock")).unwrap();
    while lock.try_lock_shared().is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub(super) fn intent(principal: &str, sql: &str) -> Entry {
    let query = query(principal, sql);
    Entry::intent(query.who, query.place, query.what)
}

pub(super) fn segment(directory: &Path, instance: &str) -> PathBuf {
    directory.join(instance).join("segment-00000001.jsonl")
}

fn lines(directory: &Path, instance: &str) -> Vec<String> {
    fs::read_to_string(segment(directory, instance)).unwrap().lines().map(str::to_owned).collect()
}

fn records(directory: &Path, instance: &str) -> Vec<Record> {
    lines(directory, instance).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn opening(record: &Record) -> &LogOpen {
    let Some(Detail::LogOpen(opening)) = &record.entry.detail else { panic!("not a log_open: {record:?}") };
    opening
}

/// What verification finds, with nothing kept elsewhere.
pub(super) fn verified(directory: &Path) -> Report {
    verify(directory, &Kept::default(), &mut |_| ()).unwrap()
}

/// The chain `i0001`, in which nothing is damaged; statements may be without outcome.
fn intact(directory: &Path) -> ChainReport {
    let report = verified(directory);
    assert!(report.worst().is_none_or(|worst| worst == Severity::Unpaired), "{:?}", report.findings);
    report.chain("i0001").unwrap().clone()
}

/// A closed ledger with one `log_open` and `calls` intents.
pub(super) async fn ledger(calls: usize) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    for call in 0..calls {
        history.append(query("ana", &format!("SELECT {call}"))).await.unwrap();
    }
    abandon(&history).await;
    home
}
