use super::faulty::Faulty;
use super::*;

fn open_faulty(directory: &Path, sync: SyncMode) -> (Faulty, History) {
    let disk = Faulty::default();
    let history = History::open_on(Arc::new(disk.clone()), options(directory, sync)).unwrap();
    disk.syncs();
    (disk, history)
}

fn sqls(directory: &Path) -> Vec<String> {
    records(directory, "i0001").into_iter().filter_map(|record| record.entry.what.sql).collect()
}

async fn refused(history: &History, sql: &str) -> String {
    let HistoryError::Unavailable { cause } = history.append(write("ana", sql)).await.unwrap_err();
    cause
}

async fn intact(directory: &Path, history: History) {
    abandon(&history).await;
    super::intact(directory);
    // The next process agrees, and finds nothing to repair.
    let next = open(directory);
    assert_eq!(opening(records(directory, "i0001").last().unwrap()).repaired, None);
    abandon(&next).await;
}

#[tokio::test]
async fn a_full_disk_stops_everything_until_there_is_room_again() {
    for room in [0, 1, 100, 700] {
        let home = tempfile::tempdir().unwrap();
        let (disk, history) = open_faulty(home.path(), SyncMode::None);
        history.append(query("ana", "SELECT 'before'")).await.unwrap();
        let whole = fs::read(segment(home.path(), "i0001")).unwrap();
        disk.leave_room_for(Some(room));
        assert_eq!(refused(&history, "SELECT 'lost'").await, "no storage space");
        assert_eq!(refused(&history, "SELECT 'lost, too'").await, "no storage space");
        let left = fs::read(segment(home.path(), "i0001")).unwrap();
        assert!(left.starts_with(&whole) && left.len() <= whole.len() + room);
        disk.leave_room_for(None);
        history.append(query("ana", "SELECT 'after'")).await.unwrap();
        assert_eq!(sqls(home.path()), ["SELECT 'before'", "SELECT 'after'"]);
        intact(home.path(), history).await;
    }
}

#[tokio::test]
async fn whole_records_before_a_failure_in_the_same_batch_stand() {
    let home = tempfile::tempdir().unwrap();
    let (disk, history) = open_faulty(home.path(), SyncMode::None);
    disk.leave_room_for(Some(2500));
    let mut answers = Vec::new();
    for call in 0..8 {
        answers.push(queued(&history, query("ana", &format!("SELECT {call}"))).await);
    }
    let mut written = Vec::new();
    for (call, answer) in answers.into_iter().enumerate() {
        written.extend(answer.written().await.ok().map(|_| format!("SELECT {call}")));
    }
    assert!(!written.is_empty() && written.len() < 8, "{written:?}");
    disk.leave_room_for(None);
    history.append(query("ana", "SELECT 'after'")).await.unwrap();
    written.push("SELECT 'after'".into());
    assert_eq!(sqls(home.path()), written);
    intact(home.path(), history).await;
}

#[tokio::test]
async fn a_failed_sync_refuses_and_the_record_is_written_once_more() {
    let home = tempfile::tempdir().unwrap();
    let (disk, history) = open_faulty(home.path(), SyncMode::Writes);
    disk.fail_sync(true);
    assert_eq!(refused(&history, "UPDATE 1").await, "the disk gave up");
    assert_eq!(refused(&history, "UPDATE 2").await, "the disk gave up");
    // Reads wait for the disk to heal, too: what was promised as synced isn't.
    assert!(history.append(query("ana", "SELECT 1")).await.is_err());
    // The system may have dropped its copy of the page that it failed to write.
    let path = segment(home.path(), "i0001");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("UPDATE 1", "\0\0\0\0\0\0\0\0")).unwrap();
    disk.fail_sync(false);
    history.append(write("ana", "UPDATE 3")).await.unwrap();
    // An append-only ledger takes no record back: the first stands, although it was refused, as an intent without outcome.
    assert_eq!(sqls(home.path()), ["UPDATE 1", "UPDATE 3"]);
    intact(home.path(), history).await;
}

#[tokio::test]
async fn the_mode_says_what_is_synced() {
    for (mode, expected) in [(SyncMode::All, [1, 1, 1, 1]), (SyncMode::Writes, [0, 1, 1, 0]), (SyncMode::None, [0; 4])]
    {
        let home = tempfile::tempdir().unwrap();
        let (disk, history) = open_faulty(home.path(), mode);
        let (read, intent) = (query("ana", "SELECT 1"), write("ana", "UPDATE 1"));
        let outcome = intent.outcome(Outcome::default());
        let rejection = Entry::rejection(who("ana"), Where::default(), intent.what.clone(), "no_where");
        let mut syncs = Vec::new();
        for entry in [read, intent, outcome, rejection] {
            history.append(entry).await.unwrap();
            syncs.push(disk.syncs());
        }
        assert_eq!(syncs, expected, "{mode:?}");
        history.close().await;
        let at_end = [(SyncMode::All, 3), (SyncMode::Writes, 1), (SyncMode::None, 0)];
        assert!(at_end.contains(&(mode, disk.syncs())), "the orderly end of {mode:?}");
    }
}

#[tokio::test]
async fn short_writes_and_a_file_that_can_not_be_reopened() {
    let home = tempfile::tempdir().unwrap();
    let (disk, history) = open_faulty(home.path(), SyncMode::All);
    disk.dribble(7);
    history.append(query("ana", "SELECT 1")).await.unwrap();
    disk.leave_room_for(Some(50));
    assert_eq!(refused(&history, "UPDATE 1").await, "no storage space");
    disk.leave_room_for(None);
    disk.fail_open(true);
    assert_eq!(refused(&history, "UPDATE 2").await, "permission denied");
    disk.fail_open(false);
    history.append(query("ana", "SELECT 2")).await.unwrap();
    assert_eq!(sqls(home.path()), ["SELECT 1", "SELECT 2"]);
    intact(home.path(), history).await;
}

#[tokio::test]
async fn a_file_that_is_gone_stops_everything_until_it_is_back() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    history.append(query("ana", "SELECT 1")).await.unwrap();
    let (path, away) = (segment(home.path(), "i0001"), home.path().join("away"));
    fs::rename(&path, &away).unwrap();
    refused(&history, "UPDATE 1").await;
    // An empty one in its place is no chain.
    fs::write(&path, "").unwrap();
    assert_eq!(refused(&history, "UPDATE 2").await, "the file is shorter than what was written to it");
    fs::copy(&away, &path).unwrap();
    history.append(query("ana", "SELECT 2")).await.unwrap();
    assert_eq!(sqls(home.path()), ["SELECT 1", "SELECT 2"]);
    intact(home.path(), history).await;
}

#[tokio::test]
async fn a_file_that_somebody_else_changed_is_not_written_to() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    history.append(query("ana", "SELECT 1")).await.unwrap();
    let path = segment(home.path(), "i0001");
    let whole = fs::read_to_string(&path).unwrap();
    let changed = [
        (format!("{whole}x\n"), "the file has more bytes than were written to it"),
        (whole.replace("SELECT 1", ""), "the file is shorter than what was written to it"),
    ];
    for (text, cause) in changed {
        fs::write(&path, &text).unwrap();
        assert_eq!(refused(&history, "UPDATE 1").await, cause);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    // Replaced by another of the same length.
    fs::remove_file(&path).unwrap();
    fs::write(&path, whole.replace("SELECT 1", "SELECT 2")).unwrap();
    assert_eq!(refused(&history, "UPDATE 1").await, "the last record in the file is not the one that was written");
    fs::write(&path, &whole).unwrap();
    history.append(query("ana", "SELECT 3")).await.unwrap();
    intact(home.path(), history).await;
}

#[test]
fn an_opening_that_can_not_be_written_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    let disk = Faulty::default();
    disk.leave_room_for(Some(200));
    let error = History::open_on(Arc::new(disk), options(home.path(), SyncMode::None)).unwrap_err();
    assert!(matches!(error, OpenError::Unwritable { .. }), "{error}");
    // The torn opening is set aside by the next start.
    drop(open(home.path()));
    assert_eq!(opening(&records(home.path(), "i0001")[0]).repaired.as_ref().map(|repair| repair.bytes), Some(200));
}
