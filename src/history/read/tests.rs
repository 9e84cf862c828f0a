use super::super::tests::{ledger, open, query, segment};
use super::*;
use std::fs;
use std::io::Write;

fn seqs(records: impl IntoIterator<Item = Found>) -> Vec<(String, u64)> {
    records.into_iter().map(|found| (found.record.instance, found.record.seq)).collect()
}

fn all(mut forward: Forward) -> Vec<Found> {
    let mut all = Vec::new();
    while let Some(found) = forward.next().unwrap() {
        all.push(found);
    }
    all
}

#[tokio::test]
async fn chains_are_merged_by_time_in_both_directions() {
    let home = tempfile::tempdir().unwrap();
    let (first, second) = (open(home.path()), open(home.path()));
    for call in 0..20 {
        let history = if call % 3 == 0 { &second } else { &first };
        history.append(query("ana", &format!("SELECT {call}"))).await.unwrap();
    }
    let forward = all(Forward::open(home.path()).unwrap());
    assert_eq!(forward.len(), 22);
    assert!(forward.is_sorted_by_key(|found| found.record.time));
    let (newest, _) = newest(home.path(), &Filter::default(), 100, &mut |_| ()).unwrap();
    assert_eq!(seqs(newest), seqs(forward.clone()));
    for found in &forward {
        let file = fs::read(segment(home.path(), &found.place.instance)).unwrap();
        let offset = found.place.offset as usize;
        assert_eq!(file[offset..offset + found.line.len() + 1], [&found.line[..], b"\n"].concat());
    }
}

#[tokio::test]
async fn a_reader_goes_on_where_the_ledger_has_grown() {
    let home = tempfile::tempdir().unwrap();
    let first = open(home.path());
    first.append(query("ana", "SELECT 1")).await.unwrap();
    let (last, ends) = newest(home.path(), &Filter::default(), 1, &mut |_| ()).unwrap();
    assert_eq!(seqs(last), [("i0001".to_owned(), 2)]);
    let mut forward = Forward::open_at(home.path(), &ends).unwrap();
    assert_eq!(forward.next().unwrap(), None);
    first.append(query("ana", "SELECT 2")).await.unwrap();
    let second = open(home.path());
    forward.look_again().unwrap();
    let found = [forward.next().unwrap().unwrap(), forward.next().unwrap().unwrap()];
    assert_eq!(seqs(found), [("i0001".to_owned(), 3), ("i0002".to_owned(), 1)]);
    assert_eq!(forward.next().unwrap(), None);

    // Half a line is no record until it is whole.
    let mut file = fs::OpenOptions::new().append(true).open(segment(home.path(), "i0001")).unwrap();
    let line = forward_line(home.path());
    file.write_all(&line[..line.len() / 2]).unwrap();
    forward.look_again().unwrap();
    assert_eq!(forward.next().unwrap(), None);
    file.write_all(&line[line.len() / 2..]).unwrap();
    file.write_all(b"\n").unwrap();
    forward.look_again().unwrap();
    assert_eq!(forward.next().unwrap().unwrap().line, line);
    drop((first, second));
}

fn forward_line(home: &Path) -> Vec<u8> {
    Forward::open(home).unwrap().next().unwrap().unwrap().line
}

#[tokio::test]
async fn lines_that_are_no_records_are_passed_over_and_counted() {
    let home = ledger(3).await;
    let path = segment(home.path(), "i0001");
    let whole = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = whole.lines().collect();
    let long = "x".repeat(super::super::MAX_RECORD_BYTES + 100);
    lines.insert(2, "no record");
    lines.insert(3, &long);
    lines.insert(4, "");
    fs::write(&path, lines.join("\n") + "\n{\"half").unwrap();
    let mut forward = Forward::open(home.path()).unwrap();
    let mut seen = Vec::new();
    while let Some(found) = forward.next().unwrap() {
        seen.push(found.record.seq);
    }
    assert_eq!((seen.as_slice(), forward.skipped()), (&[1, 2, 3, 4][..], 3));
    assert_eq!(newest(home.path(), &Filter::default(), 9, &mut |_| ()).unwrap().0.len(), 4);
}

#[tokio::test]
async fn segments_follow_each_other() {
    let home = ledger(5).await;
    let path = segment(home.path(), "i0001");
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    fs::write(&path, lines[..2].concat()).unwrap();
    fs::write(path.with_file_name("segment-00000002.jsonl"), "").unwrap();
    fs::write(path.with_file_name("segment-00000004.jsonl"), lines[2..].concat()).unwrap();
    let forward = all(Forward::open(home.path()).unwrap());
    assert_eq!(forward.iter().map(|found| found.record.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!((forward[2].place.segment, forward[2].place.offset), (4, 0));
    assert_eq!(seqs(newest(home.path(), &Filter::default(), 9, &mut |_| ()).unwrap().0), seqs(forward));
}
