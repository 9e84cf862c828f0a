//! Whatever is done to a ledger is found, or isn't claimed.

mod bits;
mod live;
mod moved;

use super::super::tests::{abandon, intent, open, query, segment, verified};
use super::super::{Entry, History, Options, Outcome, Settings, Status, SyncMode};
use super::super::{lines::LineHash, segments::segments};
use super::*;
use crate::keys::Signer;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn signer(seed: u8) -> Signer {
    Signer::from_seed(&[seed; 32]).unwrap()
}

fn key(seed: u8) -> Option<PublicKey> {
    PublicKey::parse(signer(seed).public_key())
}

fn checked(directory: &Path, kept: &Kept) -> Report {
    verify(directory, kept, &mut |_| ()).unwrap()
}

fn worst(directory: &Path) -> Option<Severity> {
    verified(directory).worst()
}

fn done(asked: &Entry) -> Entry {
    asked.outcome(Outcome::new(Status::Ok, Duration::ZERO))
}

/// A ledger of so many calls under that key, ended in order: `log_open`, the calls, `log_close`, its checkpoint.
async fn ledger(seed: u8, calls: usize) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), seed, Settings { sync: SyncMode::None, ..Settings::default() }, calls).await.close().await;
    home
}

async fn write(directory: &Path, seed: u8, settings: Settings, calls: usize) -> History {
    let history = History::open(Options { directory: directory.into(), settings, signer: signer(seed) }).unwrap();
    for call in 0..calls {
        let asked = intent("ana", &format!("SELECT {call}"));
        history.append(asked.clone()).await.unwrap();
        history.append(done(&asked)).await.unwrap();
    }
    history
}

/// A closed ledger of several segments, all but the last compressed.
async fn packed() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let settings = Settings { sync: SyncMode::None, segment_bytes: 4096, ..Settings::default() };
    write(home.path(), 7, settings.clone(), 5).await.close().await;
    // Whoever takes the chain next compresses what the end left plain.
    let history = write(home.path(), 7, settings, 0).await;
    let patience = Instant::now() + Duration::from_secs(20);
    let chain = home.path().join("i0001");
    while segments(&chain).unwrap().iter().filter(|one| !one.compressed).count() > 1 {
        assert!(Instant::now() < patience, "closed segments are compressed");
        std::thread::sleep(Duration::from_millis(5));
    }
    abandon(&history).await;
    home
}

/// A closed ledger of two chains, with calls of both; the first one's last opening names the end of the other.
async fn two_chains() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let (first, second) = (open(home.path()), open(home.path()));
    for call in 0..4 {
        let asked = intent("ana", &format!("SELECT {call}"));
        first.append(asked.clone()).await.unwrap();
        second.append(query("ben", "SELECT 1")).await.unwrap();
        first.append(done(&asked)).await.unwrap();
    }
    first.close().await;
    second.close().await;
    open(home.path()).close().await;
    home
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().split_inclusive('\n').map(str::to_owned).collect()
}

/// A checkpoint of a chain's last record, as it would be kept elsewhere.
fn noted(directory: &Path, seed: u8, instance: &str) -> Checkpoint {
    let report = verified(directory);
    let head = report.chain(instance).unwrap().head.clone().unwrap();
    Checkpoint::sign(&signer(seed), instance, head.seq, head.hash, Timestamp::UNIX_EPOCH)
}

fn with(checkpoints: Vec<Checkpoint>) -> Kept {
    Kept { key: None, checkpoints }
}

#[tokio::test]
async fn an_intact_ledger_is_intact() {
    let home = two_chains().await;
    let report = verified(home.path());
    assert_eq!((report.findings.as_slice(), report.worst(), report.unchecked.as_slice()), (&[][..], None, &[][..]));
    let counts = ["i0001", "i0002"].map(|name| lines(&segment(home.path(), name)).len() as u64);
    assert_eq!(report.chains.iter().map(|chain| chain.records).collect::<Vec<_>>(), counts);
    assert!(
        report.chains.iter().all(|chain| (chain.running, chain.anchored, chain.first) == (0, 0, 1) && chain.closed)
    );

    let checkpoints = vec![noted(home.path(), 7, "i0001"), noted(home.path(), 7, "i0002")];
    for key in [None, key(7)] {
        let report = checked(home.path(), &Kept { key, checkpoints: checkpoints.clone() });
        assert_eq!((report.findings.as_slice(), report.unchecked.as_slice()), (&[][..], &[][..]));
        assert_eq!(report.chains.iter().map(|chain| chain.anchored).collect::<Vec<_>>(), counts);
    }
    // The key alone vouches up to the last checkpoint in the chain.
    let report = checked(home.path(), &Kept { key: key(7), checkpoints: Vec::new() });
    assert_eq!(report.chains.iter().map(|chain| chain.anchored).collect::<Vec<_>>(), counts.map(|count| count - 1));
    assert_eq!(checked(home.path(), &with(checkpoints[..1].to_vec())).worst(), Some(Severity::Unanchored));
    assert_eq!(worst(&home.path().join("nowhere")), None);
}

#[tokio::test]
async fn statements_without_outcome_are_told_once_their_process_is_gone() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    history.append(intent("ana", "DELETE FROM t")).await.unwrap();
    let report = verified(home.path());
    assert_eq!((report.worst(), report.chains[0].running), (None, 1));
    abandon(&history).await;
    drop(history);
    let report = verified(home.path());
    let told: Vec<String> = report.findings.iter().map(Finding::to_string).collect();
    assert_eq!(told, ["i0001/2 has no outcome: it may have been executed"]);
    assert_eq!(report.worst(), Some(Severity::Unpaired));
    // The next process doesn't make it better.
    open(home.path()).close().await;
    assert_eq!(verified(home.path()).findings, report.findings);
}

#[tokio::test]
async fn what_is_a_record_of_another_format_is_not_judged_intact() {
    let home = ledger(7, 1).await;
    let path = segment(home.path(), "i0001");
    fs::write(&path, fs::read_to_string(&path).unwrap().replacen("\"v\":1", "\"v\":2", 1)).unwrap();
    let report = verified(home.path());
    assert_eq!(report.findings[0].damage, Damage::NotARecord("format version 2 is not known".into()));
}
