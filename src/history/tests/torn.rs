use super::*;
use std::os::unix::fs::PermissionsExt;

/// Continues the chain after `damage` was done to the file's bytes; the ledger's home and the new opening record.
async fn reopened_after(damage: impl FnOnce(&mut Vec<u8>)) -> (tempfile::TempDir, Vec<u8>, LogOpen, u64) {
    let home = ledger(3).await;
    let path = segment(home.path(), "i0001");
    let whole = fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    damage(&mut bytes);
    fs::write(&path, bytes).unwrap();
    let history = open(home.path());
    history.append(query("ana", "SELECT 'after'")).await.unwrap();
    abandon(&history).await;
    let all = records(home.path(), "i0001");
    let opened = all.iter().rfind(|record| record.entry.kind == Kind::LogOpen).unwrap().clone();
    // What was set aside is a gap, and said so behind the opening.
    let gaps: Vec<_> = all.iter().filter(|record| record.entry.kind == Kind::Gap).collect();
    let repaired = opening(&opened).repaired.clone();
    assert_eq!(gaps.len(), usize::from(repaired.is_some()));
    for gap in gaps {
        let Some(Detail::Gap(gap)) = &gap.entry.detail else { panic!("{gap:?}") };
        assert_eq!((gap.gap, &gap.repaired), (GapKind::TornEnd, &repaired));
    }
    intact(home.path());
    (home, whole, opening(&opened).clone(), opened.stamp.seq)
}

fn set_aside(home: &tempfile::TempDir, opening: &LogOpen) -> Vec<u8> {
    let repair = opening.repaired.as_ref().unwrap();
    assert!(repair.file.starts_with("segment-00000001.torn-20") && repair.file.ends_with('Z'), "{}", repair.file);
    let path = home.path().join("i0001").join(&repair.file);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(path).unwrap();
    assert_eq!((repair.bytes, repair.sha256), (bytes.len() as u64, LineHash::of(&bytes)));
    bytes
}

#[tokio::test]
async fn a_sound_end_needs_no_repair() {
    let (_home, _, opening, seq) = reopened_after(|_| {}).await;
    assert_eq!((opening.repaired, seq), (None, 5));
}

#[tokio::test]
async fn a_torn_line_is_set_aside_and_noted() {
    for kept in [1, 40, 200] {
        let (home, whole, opening, seq) = reopened_after(|bytes| {
            let torn = bytes[..kept].to_vec();
            bytes.extend(torn);
        })
        .await;
        assert_eq!(set_aside(&home, &opening), whole[..kept]);
        assert_eq!(seq, 5);
        assert!(fs::read(segment(home.path(), "i0001")).unwrap().starts_with(&whole));
    }
}

#[tokio::test]
async fn a_last_record_without_its_line_feed_was_never_acknowledged_whole() {
    let (home, whole, opening, seq) = reopened_after(|bytes| bytes.truncate(bytes.len() - 1)).await;
    let aside = set_aside(&home, &opening);
    assert!(whole.ends_with(&[aside.as_slice(), b"\n"].concat()));
    assert_eq!(seq, 4);
}

#[tokio::test]
async fn zeros_that_a_power_cut_leaves_are_set_aside() {
    let (home, _, opening, seq) = reopened_after(|bytes| bytes.extend(vec![0; 5000])).await;
    assert_eq!((set_aside(&home, &opening), seq), (vec![0; 5000], 5));
    // Longer than any record, and without a line feed.
    let (home, _, opening, seq) = reopened_after(|bytes| bytes.extend(vec![0; 3 << 20])).await;
    assert_eq!((set_aside(&home, &opening).len(), seq), (3 << 20, 5));
}

#[tokio::test]
async fn whole_records_behind_a_hole_go_with_it() {
    let (home, whole, opening, seq) = reopened_after(|bytes| {
        let lines: Vec<usize> =
            bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).collect();
        bytes[lines[1] + 1..lines[2]].fill(0);
    })
    .await;
    let aside = set_aside(&home, &opening);
    let last = whole.rsplit(|byte| *byte == b'\n').nth(1).unwrap();
    assert!(aside.starts_with(&[0; 100]) && aside.ends_with(&[last, b"\n"].concat()));
    assert_eq!(seq, 3);
}

#[tokio::test]
async fn a_first_start_that_was_cut_short_begins_anew() {
    let (home, whole, opening, seq) = reopened_after(|bytes| bytes.truncate(17)).await;
    assert_eq!((set_aside(&home, &opening), seq), (whole[..17].to_vec(), 1));
    let (_home, _, opening, seq) = reopened_after(Vec::clear).await;
    assert_eq!((opening.repaired, seq), (None, 1));
}

#[tokio::test]
async fn whole_records_that_do_not_fit_together_are_not_written_behind() {
    let home = ledger(3).await;
    let path = segment(home.path(), "i0001");
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = whole.lines().collect();
    let joined = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let cases = [
        whole.replace("SELECT 1", "SELECT 9"),
        joined(&[lines[0], lines[1], lines[3]]),
        joined(&[lines[0], lines[1], lines[2], lines[3], lines[3]]),
        joined(&lines[1..2]),
        whole.replace("i0001", "i0002"),
    ];
    for case in cases {
        fs::write(&path, &case).unwrap();
        let error = History::open(options(home.path(), SyncMode::Writes)).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), case, "damage is kept as it is");
    }
}
