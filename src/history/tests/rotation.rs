use super::*;
use crate::keys::PublicKey;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

fn small_segments() -> Settings {
    Settings { sync: SyncMode::None, segment_bytes: 4096, ..Settings::default() }
}

async fn write_calls(directory: &Path, settings: Settings, calls: usize) -> History {
    let history = History::open(options_with(directory, settings)).unwrap();
    for call in 0..calls {
        history.append(query("ana", &format!("SELECT {call}"))).await.unwrap();
    }
    history
}

fn names(directory: &Path) -> Vec<String> {
    let all = segments::segments(&directory.join("i0001")).unwrap();
    all.iter().map(|one| one.path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

/// All lines of the chain, whatever form its segments have.
fn all_lines(directory: &Path) -> Vec<String> {
    let mut text = String::new();
    for segment in segments::segments(&directory.join("i0001")).unwrap() {
        segment.open().unwrap().read_to_string(&mut text).unwrap();
    }
    text.lines().map(str::to_owned).collect()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < patience, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn all_compressed(directory: &Path) -> bool {
    let names = names(directory);
    names.split_last().is_some_and(|(_, closed)| closed.iter().all(|name| name.ends_with(".gz")))
}

#[tokio::test]
async fn a_full_segment_is_followed_by_another_on_the_same_chain() {
    let home = tempfile::tempdir().unwrap();
    let history = write_calls(home.path(), small_segments(), 40).await;
    until("the closed segments are compressed", || all_compressed(home.path()));
    history.close().await;
    let names = names(home.path());
    assert!(names.len() > 5 && names.last().unwrap().ends_with(".jsonl"), "{names:?}");
    // One log_open, the calls, log_close and its checkpoint: nothing else, and nothing lost.
    let lines = all_lines(home.path());
    assert_eq!(lines.len(), 43);
    let report = intact(home.path());
    assert_eq!(report.records, 43);
    for entry in fs::read_dir(home.path().join("i0001")).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        assert!(!entry.path().to_str().unwrap().ends_with(".tmp"));
    }
    assert!(has_records(home.path()).unwrap());
}

#[tokio::test]
async fn an_old_segment_is_closed_before_the_next_record() {
    let home = tempfile::tempdir().unwrap();
    let settings = Settings { segment_age: Duration::from_millis(30), ..Settings::default() };
    let history = write_calls(home.path(), settings.clone(), 2).await;
    assert_eq!(names(home.path()).len(), 1);
    std::thread::sleep(Duration::from_millis(40));
    history.append(query("ana", "SELECT 'later'")).await.unwrap();
    assert_eq!(names(home.path()).len(), 2);
    history.close().await;
    // The next process knows how old the segment is that it goes on with.
    std::thread::sleep(Duration::from_millis(40));
    abandon(&History::open(options_with(home.path(), settings)).unwrap()).await;
    assert_eq!(names(home.path()).len(), 3);
    intact(home.path());
}

#[tokio::test]
async fn a_process_goes_on_behind_compressed_segments_and_finishes_what_was_cut_short() {
    let home = tempfile::tempdir().unwrap();
    let history = write_calls(home.path(), small_segments(), 20).await;
    until("the closed segments are compressed", || all_compressed(home.path()));
    abandon(&history).await;
    let chain = home.path().join("i0001");
    // Both forms of one segment, and a draft: what a crash leaves between the steps.
    let packed = segments::Segment::compressed(&chain, 1);
    let mut plain = Vec::new();
    packed.open().unwrap().read_to_end(&mut plain).unwrap();
    fs::write(segments::Segment::of(&chain, 1).path, plain).unwrap();
    fs::write(chain.join("segment-00000002.jsonl.gz.tmp"), "half").unwrap();
    let before = all_lines(home.path());
    let history = write_calls(home.path(), small_segments(), 1).await;
    until("the plain twin is gone", || all_compressed(home.path()));
    history.close().await;
    assert_eq!(all_lines(home.path())[..before.len()], before);
    intact(home.path());
}

#[tokio::test]
async fn a_chain_whose_newest_segment_is_gone_is_not_written_behind() {
    let home = tempfile::tempdir().unwrap();
    let history = write_calls(home.path(), small_segments(), 20).await;
    until("the closed segments are compressed", || all_compressed(home.path()));
    abandon(&history).await;
    fs::remove_file(home.path().join("i0001").join(names(home.path()).last().unwrap())).unwrap();
    let error = History::open(options_with(home.path(), small_segments())).unwrap_err();
    assert!(error.to_string().contains("the segment behind it is missing"), "{error}");
}

#[tokio::test]
async fn what_is_too_much_is_deleted_and_that_is_on_record() {
    let home = tempfile::tempdir().unwrap();
    let settings = Settings { keep_bytes: Some(12_000), ..small_segments() };
    let history = write_calls(home.path(), settings, 120).await;
    let chain = home.path().join("i0001");
    until("old segments are deleted", || !names(home.path())[0].contains("00000001"));
    history.close().await;
    let records: Vec<Record> = all_lines(home.path()).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let deleted: Vec<Deleted> = records
        .iter()
        .filter_map(|record| match &record.entry.detail {
            Some(Detail::Retention(retention)) => Some(retention.deleted.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    let last = deleted.last().unwrap();
    assert_eq!((records[0].stamp.seq, records[0].stamp.prev), (last.last_seq + 1, last.last_hash));
    let report = intact(home.path());
    assert_eq!((report.first, report.records), (last.last_seq + 1, records.len() as u64));
    // Somebody else deletes one more.
    fs::remove_file(chain.join(&names(home.path())[0])).unwrap();
    assert_eq!(verified(home.path()).worst(), Some(Severity::Tampered));
}

#[tokio::test]
async fn old_segments_are_deleted_and_young_ones_are_not() {
    for (keep, deleted) in [(Duration::from_millis(20), true), (Duration::from_hours(1), false)] {
        let home = tempfile::tempdir().unwrap();
        abandon(&write_calls(home.path(), small_segments(), 30).await).await;
        std::thread::sleep(Duration::from_millis(30));
        let settings = Settings { keep: Some(keep), ..small_segments() };
        let history = write_calls(home.path(), settings, 1).await;
        until("closed segments are tidied up", || {
            if deleted { names(home.path()).len() <= 2 } else { all_compressed(home.path()) }
        });
        history.close().await;
        assert_eq!(intact(home.path()).first == 1, !deleted);
    }
}

#[tokio::test]
async fn checkpoints_are_signed_by_count_by_time_and_at_the_end_and_handed_over() {
    let home = tempfile::tempdir().unwrap();
    let elsewhere = home.path().join("elsewhere");
    let settings = Settings {
        checkpoint_records: 10,
        checkpoint_every: Duration::from_millis(300),
        checkpoint_to: Some(CheckpointPlace::File(elsewhere.clone())),
        ..Settings::default()
    };
    let directory = home.path().join("history");
    let history = write_calls(&directory, settings, 25).await;
    let notes = || Checkpoint::parse_all(&fs::read_to_string(&elsewhere).unwrap_or_default()).unwrap_or_default();
    // The last few records are signed although nobody writes any more.
    until("a checkpoint is signed in time", || notes().last().is_some_and(|last| last.seq > 25));
    history.close().await;
    let (lines, key) = (all_lines(&directory), PublicKey::parse(signer().public_key()).unwrap());
    let signed: Vec<Checkpoint> = lines
        .iter()
        .filter_map(|line| match serde_json::from_str::<Record>(line).unwrap().entry.detail {
            Some(Detail::Checkpoint(signed)) => Some(Checkpoint::parse(&signed.note).unwrap()),
            _ => None,
        })
        .collect();
    assert_eq!(signed, notes());
    assert!(signed.len() >= 4, "{signed:?}");
    for checkpoint in &signed {
        assert!(checkpoint.is_signed_by(&key));
        assert_eq!(checkpoint.hash, LineHash::of(lines[checkpoint.seq as usize - 1].as_bytes()));
    }
    assert_eq!(signed.last().unwrap().seq, lines.len() as u64 - 1);
}

#[tokio::test]
async fn statements_without_outcome_are_said_to_may_have_executed() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    let (done, left) = (intent("ana", "SELECT 1"), write("ana", "UPDATE t"));
    let left = Entry::intent(left.who, left.place, left.what);
    for entry in [done.clone(), left.clone(), done.outcome(Outcome::default())] {
        history.append(entry).await.unwrap();
    }
    abandon(&history).await;
    let gap = |at_end: &Path| {
        let records = records(at_end, "i0001");
        let from = records.iter().rposition(|record| record.entry.kind == Kind::LogOpen).unwrap();
        records[from..].iter().find_map(|record| match &record.entry.detail {
            Some(Detail::Gap(gap)) => Some(gap.clone()),
            _ => None,
        })
    };
    abandon(&open(home.path())).await;
    let said = gap(home.path()).unwrap();
    assert_eq!((said.gap, said.count, said.complete), (GapKind::MayHaveExecuted, Some(1), Some(true)));
    let named = &said.unpaired[0];
    assert_eq!((named.id, named.seq, named.writes), (left.id, 3, true));
    // It is said once.
    abandon(&open(home.path())).await;
    assert_eq!(gap(home.path()), None);
    // An orderly end that leaves none open needs no look back; one that does is looked at.
    let history = open(home.path());
    history.append(left.clone()).await.unwrap();
    history.close().await;
    abandon(&open(home.path())).await;
    assert_eq!(gap(home.path()).unwrap().unpaired[0].id, left.id);
}

#[tokio::test]
async fn a_checkpoint_in_the_chain_that_does_not_hold_is_found() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("history");
    write_calls(&directory, Settings::default(), 2).await.close().await;
    let lines = lines(&directory, "i0001");
    // The last record is a checkpoint: nothing behind it holds it but its own signature.
    let mut record: Record = serde_json::from_str(lines.last().unwrap()).unwrap();
    let Some(Detail::Checkpoint(signed)) = &mut record.entry.detail else { panic!("{record:?}") };
    signed.note = signed.note.replacen("\n20", "\n21", 1);
    let mut text: String = lines[..lines.len() - 1].iter().map(|line| format!("{line}\n")).collect();
    text += &format!("{}\n", serde_json::to_string(&record).unwrap());
    fs::write(segment(&directory, "i0001"), text).unwrap();
    let damage: Vec<_> = verified(&directory).findings.into_iter().map(|found| found.damage).collect();
    assert_eq!(damage, [verify::Damage::WrongCheckpoint("its signature does not verify")]);
}
