use super::*;
use std::os::unix::fs::FileExt;

fn verify(directory: &Path) -> Result<ChainReport, VerifyError> {
    verify_chain(&directory.join("i0001"))
}

fn damage(directory: &Path) -> Damage {
    match verify(directory) {
        Err(VerifyError::Damaged(damage)) => damage,
        other => panic!("{other:?}"),
    }
}

fn joined<'a>(lines: impl IntoIterator<Item = &'a String>) -> String {
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn every_bit_flip_is_found_or_shows_in_the_head() {
    let home = ledger(1).await;
    let path = segment(home.path(), "i0001");
    let whole = fs::read(&path).unwrap();
    let intact = verify(home.path()).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    // Bytes are changed in place: rewriting a file thousands of times makes some file systems sync each time.
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let (mut found, mut shown) = (0, 0);
    for at in 0..whole.len() {
        for bit in 0..8 {
            file.write_all_at(&[whole[at] ^ (1 << bit)], at as u64).unwrap();
            match verify(home.path()) {
                Err(VerifyError::Damaged(_)) => found += 1,
                Err(error) => panic!("{error}"),
                // A chain can't vouch for its last record; only a head noted elsewhere can.
                Ok(report) => {
                    assert!(at >= last, "bit {bit} of byte {at} went unseen");
                    assert_ne!(report.head, intact.head);
                    shown += 1;
                }
            }
        }
        file.write_all_at(&whole[at..=at], at as u64).unwrap();
    }
    assert!(found > 8 * last && shown > 0, "{found} {shown}");
}

#[tokio::test]
async fn a_deleted_doubled_or_swapped_line_is_found_where_it_is() {
    let home = ledger(4).await;
    let path = segment(home.path(), "i0001");
    let lines = lines(home.path(), "i0001");
    let place = |order: &[usize]| {
        fs::write(&path, joined(order.iter().map(|at| &lines[*at]))).unwrap();
        let damage = damage(home.path());
        let before: usize = order[..damage.line as usize - 1].iter().map(|at| lines[*at].len() + 1).sum();
        assert_eq!(damage.offset, before as u64);
        (damage.line, damage.kind)
    };
    let sequence = |expected, found| DamageKind::WrongSequence { expected, found };
    assert_eq!(place(&[0, 1, 3, 4]), (3, sequence(3, 4)));
    assert_eq!(place(&[1, 2, 3, 4]), (1, DamageKind::Unexplained(2)));
    assert_eq!(place(&[0, 1, 2, 2, 3, 4]), (4, sequence(4, 3)));
    assert_eq!(place(&[0, 1, 3, 2, 4]), (3, sequence(3, 4)));
    assert_eq!(place(&[0, 2, 3, 1, 4]), (2, sequence(2, 3)));
}

#[tokio::test]
async fn a_changed_field_breaks_the_chain_behind_it() {
    let home = ledger(3).await;
    let path = segment(home.path(), "i0001");
    let text = fs::read_to_string(&path).unwrap().replace("SELECT 1", "SELECT 7");
    fs::write(&path, text).unwrap();
    let damage = damage(home.path());
    assert_eq!((damage.line, &damage.kind), (4, &DamageKind::WrongPrevious));
    let shown = damage.to_string();
    assert!(shown.contains("segment-00000001.jsonl`, line 4 (byte ") && shown.ends_with("one of the two was changed"));
}

#[tokio::test]
async fn a_line_spliced_from_another_ledger_is_found() {
    let (home, other) = (ledger(3).await, ledger(3).await);
    let mut mixed = lines(home.path(), "i0001");
    mixed[2] = lines(other.path(), "i0001")[2].clone();
    fs::write(segment(home.path(), "i0001"), joined(&mixed)).unwrap();
    assert_eq!((damage(home.path()).line, damage(home.path()).kind), (3, DamageKind::WrongPrevious));
}

#[tokio::test]
async fn a_chain_under_another_name_is_found() {
    let home = ledger(1).await;
    fs::rename(home.path().join("i0001"), home.path().join("i0002")).unwrap();
    let Err(VerifyError::Damaged(damage)) = verify_chain(&home.path().join("i0002")) else { panic!() };
    assert_eq!((damage.line, damage.kind), (1, DamageKind::WrongInstance("i0001".into())));
}

#[tokio::test]
async fn a_torn_end_a_missing_segment_and_foreign_lines_are_named() {
    let home = ledger(2).await;
    let path = segment(home.path(), "i0001");
    let whole = fs::read(&path).unwrap();
    let after = |bytes: &[u8]| {
        fs::write(&path, [whole.as_slice(), bytes].concat()).unwrap();
        damage(home.path())
    };
    assert_eq!((after(b"{\"v\":1").kind, after(b"{\"v\":1").offset), (DamageKind::Torn, whole.len() as u64));
    assert!(matches!(after(b"hello\n").kind, DamageKind::NotARecord(_)));
    assert!(matches!(after(b"\n").kind, DamageKind::NotARecord(_)));
    assert_eq!(after(&vec![b'x'; 2 << 20]).kind, DamageKind::TooLong);
    fs::write(&path, &whole).unwrap();
    fs::rename(&path, path.with_file_name("segment-00000002.jsonl")).unwrap();
    assert_eq!((damage(home.path()).kind, damage(home.path()).segment), (DamageKind::MissingSegment, path));
}

#[tokio::test]
async fn a_chain_that_does_not_begin_with_an_opening_is_found() {
    let home = ledger(1).await;
    let path = segment(home.path(), "i0001");
    let mut record: Record = serde_json::from_str(&lines(home.path(), "i0001")[1]).unwrap();
    (record.stamp.seq, record.stamp.prev) = (1, LineHash::default());
    fs::write(&path, serde_json::to_string(&record).unwrap() + "\n").unwrap();
    assert_eq!(damage(home.path()).kind, DamageKind::NoOpening);
}

#[tokio::test]
async fn a_format_from_the_future_is_not_judged_intact() {
    let home = ledger(1).await;
    let path = segment(home.path(), "i0001");
    fs::write(&path, fs::read_to_string(&path).unwrap().replacen("\"v\":1", "\"v\":2", 1)).unwrap();
    assert_eq!(damage(home.path()).kind, DamageKind::NotARecord("format version 2 is not known".into()));
}

#[tokio::test]
async fn a_report_lists_the_repairs_on_the_way() {
    let home = ledger(2).await;
    let path = segment(home.path(), "i0001");
    fs::write(&path, [fs::read(&path).unwrap().as_slice(), b"torn"].concat()).unwrap();
    abandon(&open(home.path())).await;
    let report = verify(home.path()).unwrap();
    assert_eq!((report.records, report.repairs.len(), report.repairs[0].bytes), (5, 1, 4));
}
