//! What a ledger may be like without being damaged: cut by retention, being written, or both.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};

fn small(keep_bytes: Option<u64>) -> Settings {
    Settings { sync: SyncMode::None, segment_bytes: 4096, keep_bytes, checkpoint_records: 5, ..Settings::default() }
}

#[tokio::test]
async fn retention_may_delete_the_opening_and_names_the_key_itself() {
    let home = tempfile::tempdir().unwrap();
    let history = write(home.path(), 7, small(Some(12_000)), 60).await;
    let patience = Instant::now() + Duration::from_secs(20);
    while verified(home.path()).chains[0].first == 1 {
        assert!(Instant::now() < patience, "old segments are deleted");
        std::thread::sleep(Duration::from_millis(5));
    }
    let old = Checkpoint::sign(&signer(7), "i0001", 2, LineHash::default(), Timestamp::UNIX_EPOCH);
    history.close().await;
    let report = verified(home.path());
    assert_eq!((report.findings.as_slice(), report.unchecked.as_slice()), (&[][..], &[][..]));
    assert!(report.chains[0].checkpoints > 1, "{report:?}");
    // Of a record that was deleted nothing is claimed.
    let report = checked(home.path(), &Kept { key: key(7), checkpoints: vec![old] });
    assert_eq!(report.findings, []);
    assert!(report.chains[0].checkpoints > 1 && report.chains[0].anchored + 1 == report.chains[0].last, "{report:?}");
    assert_eq!(report.unchecked, ["1 mentions of records that retention deleted"]);
    // Under another key the signatures don't hold.
    write(home.path(), 7, small(None), 0).await.close().await;
    let report = verified(home.path());
    assert_eq!((report.findings.as_slice(), report.unchecked.as_slice()), (&[][..], &[][..]));
    assert!(report.chains[0].checkpoints > 1);
    assert_eq!(checked(home.path(), &Kept { key: key(8), checkpoints: Vec::new() }).worst(), Some(Severity::Tampered));
}

/// Segments are begun, compressed and deleted, and half a line may stand at the end, while the check goes on.
#[test]
fn a_ledger_that_is_being_written_is_intact() {
    let home = tempfile::tempdir().unwrap();
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|number| {
                let (home, end) = (home.path(), &end);
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    runtime.block_on(async {
                        while !end.load(Ordering::Relaxed) {
                            write(home, 7, small((number == 0).then_some(20_000)), 40).await.close().await;
                        }
                    });
                })
            })
            .collect();
        let until = Instant::now() + Duration::from_secs(3);
        let (mut checks, mut records) = (0, 0);
        while Instant::now() < until {
            let report = verified(home.path());
            let found: Vec<_> = report.findings.iter().map(Finding::to_string).collect();
            if !found.is_empty() {
                end.store(true, Ordering::Relaxed);
            }
            assert_eq!(found, [""; 0]);
            checks += 1;
            records = records.max(report.chains.iter().map(|chain| chain.last).sum());
        }
        end.store(true, Ordering::Relaxed);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        assert!(checks > 3 && records > 500, "{checks} {records}");
    });
    assert_eq!(worst(home.path()), None);
}
