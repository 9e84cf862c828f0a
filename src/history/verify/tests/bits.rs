//! One bit of one file is another.

use super::*;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

/// Flips every bit of a file, one at a time and in place, since rewriting a file thousands of times makes some file systems
/// sync each time.
fn each_bit(path: &Path, mut look: impl FnMut(usize, u8)) {
    let whole = fs::read(path).unwrap();
    let file = OpenOptions::new().write(true).open(path).unwrap();
    for (at, byte) in whole.iter().enumerate() {
        for bit in 0..8 {
            file.write_all_at(&[byte ^ (1 << bit)], at as u64).unwrap();
            look(at, bit);
        }
        file.write_all_at(&[*byte], at as u64).unwrap();
    }
}

#[tokio::test]
async fn every_bit_of_a_ledger_counts() {
    let home = ledger(7, 0).await;
    let kept = with(vec![noted(home.path(), 7, "i0001")]);
    let path = segment(home.path(), "i0001");
    let all = lines(&path);
    let last = all[..all.len() - 1].concat().len();
    let (mut by_itself, mut by_what_was_kept) = (0, 0);
    each_bit(&path, |at, bit| {
        if worst(home.path()).is_some() {
            by_itself += 1;
        } else {
            assert!(at >= last, "bit {bit} of byte {at} of {last} went unseen");
            assert!(checked(home.path(), &kept).worst().is_some(), "bit {bit} of byte {at} went unseen");
            by_what_was_kept += 1;
        }
    });
    // The last record is held by nothing but itself: the checkpoint in it by its signature, the rest of it not.
    assert!(by_itself > 8 * last && by_what_was_kept > 0, "{by_itself} {by_what_was_kept}");
    assert_eq!(checked(home.path(), &kept).worst(), None);
}

#[tokio::test]
async fn every_bit_of_a_compressed_segment_counts_that_says_anything() {
    let home = packed().await;
    let intact = verified(home.path());
    assert_eq!(intact.findings, []);
    let (mut found, mut silent) = (0, 0);
    each_bit(&home.path().join("i0001/segment-00000002.jsonl.gz"), |at, bit| {
        let report = verified(home.path());
        match report.worst() {
            Some(worst) => {
                assert_eq!(worst, Severity::Tampered);
                // What stands in other segments is still checked.
                assert!(report.chains[0].last == intact.chains[0].last);
                found += 1;
            }
            // Time and hints in gzip's header, or the same bytes copied from another place: the records are the same.
            None => {
                assert_eq!(report, intact, "bit {bit} of byte {at} went unseen");
                silent += 1;
            }
        }
    });
    assert!(found > 2000 && silent < found / 10, "{found} {silent}");
}

#[tokio::test]
async fn a_cut_compressed_segment_is_damage_and_no_failure_of_the_disk() {
    let home = packed().await;
    let path = home.path().join("i0001/segment-00000001.jsonl.gz");
    let whole = fs::read(&path).unwrap();
    for left in (0..whole.len()).step_by(13).chain(whole.len() - 9..whole.len()) {
        fs::write(&path, &whole[..left]).unwrap();
        assert_eq!(worst(home.path()), Some(Severity::Tampered), "{left}");
    }
}

#[tokio::test]
async fn every_bit_of_a_checkpoint_that_was_kept_counts() {
    let home = ledger(7, 1).await;
    let file = home.path().join("checkpoints");
    fs::write(&file, format!("{}\n", noted(home.path(), 7, "i0001").note)).unwrap();
    for key in [None, key(7)] {
        let (mut found, mut none) = (0, 0);
        each_bit(&file, |at, bit| {
            let notes = fs::read(&file).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let notes = notes.and_then(|text| Checkpoint::parse_all(&text).ok()).filter(|notes| !notes.is_empty());
            match notes {
                Some(checkpoints) => {
                    let report = checked(home.path(), &Kept { key: key.clone(), checkpoints: checkpoints.clone() });
                    // The line feeds behind the note belong to no note.
                    let same = checkpoints == [noted(home.path(), 7, "i0001")];
                    assert!(report.worst().is_some() || same, "bit {bit} of byte {at} went unseen");
                    found += 1;
                }
                // The command says that the file holds no checkpoints.
                None => none += 1,
            }
        });
        assert!(found > 400 && none > 400, "{found} {none}");
    }
}

#[tokio::test]
async fn every_bit_of_what_was_set_aside_counts() {
    let home = ledger(7, 1).await;
    let path = segment(home.path(), "i0001");
    fs::write(&path, [&fs::read(&path).unwrap()[..], b"{\"v\":1,\"seq\""].concat()).unwrap();
    open(home.path()).close().await;
    let report = verified(home.path());
    assert_eq!((report.findings.as_slice(), report.chains[0].repairs), (&[][..], 1));
    let chain = home.path().join("i0001");
    let mut names = fs::read_dir(&chain).unwrap().map(|entry| entry.unwrap().path());
    let torn: PathBuf = names.find(|path| path.to_str().unwrap().contains(".torn-")).unwrap();
    each_bit(&torn, |at, bit| {
        let report = verified(home.path());
        assert!(matches!(report.findings[0].damage, Damage::TornFileChanged(_)), "bit {bit} of byte {at}");
    });
    fs::write(&torn, "").unwrap();
    assert_eq!(worst(home.path()), Some(Severity::Tampered));
    fs::remove_file(&torn).unwrap();
    assert_eq!(worst(home.path()), Some(Severity::Truncated));
}
