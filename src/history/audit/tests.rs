use super::super::tests::{abandon, intent, open, query, segment};
use super::super::{Outcome, Status};
use super::*;
use crate::keys::Signer;
use std::fs;
use std::time::Duration;

fn checked(directory: &Path, kept: &Kept) -> Audit {
    audit(directory, kept, &mut |_| ()).unwrap()
}

fn worst(directory: &Path) -> Option<Severity> {
    checked(directory, &Kept::default()).worst()
}

/// A closed ledger of two chains, with calls of both.
async fn two_chains() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let (first, second) = (open(home.path()), open(home.path()));
    for call in 0..4 {
        let asked = intent("ana", &format!("SELECT {call}"));
        first.append(asked.clone()).await.unwrap();
        second.append(query("ben", "SELECT 1")).await.unwrap();
        first.append(asked.outcome(Outcome::new(Status::Ok, Duration::ZERO))).await.unwrap();
    }
    first.close().await;
    second.close().await;
    // Its opening names the end of the other chain.
    open(home.path()).close().await;
    home
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().split_inclusive('\n').map(str::to_owned).collect()
}

/// A checkpoint of a chain's last record, as it would be kept elsewhere.
fn kept(directory: &Path, signer: &Signer, instance: &str) -> Checkpoint {
    let last = lines(&segment(directory, instance)).len() as u64;
    let line = lines(&segment(directory, instance)).pop().unwrap();
    let hash = LineHash::of(line.trim_end().as_bytes());
    Checkpoint::sign(signer, instance, last, hash, jiff::Timestamp::UNIX_EPOCH)
}

#[tokio::test]
async fn an_intact_ledger_is_intact() {
    let home = two_chains().await;
    let found = checked(home.path(), &Kept::default());
    assert_eq!((found.findings.as_slice(), found.worst()), (&[][..], None));
    let path = |name| segment(home.path(), name);
    let counts = ["i0001", "i0002"].map(|name| lines(&path(name)).len() as u64);
    assert_eq!(found.chains.iter().map(|chain| chain.records).collect::<Vec<_>>(), counts);
    assert!(found.chains.iter().all(|chain| chain.running == 0 && chain.anchored == 0));

    let signer = Signer::from_seed(&[7; 32]).unwrap();
    let key = PublicKey::parse(signer.public_key());
    let checkpoints = vec![kept(home.path(), &signer, "i0001"), kept(home.path(), &signer, "i0002")];
    for key in [None, key.clone()] {
        let found = checked(home.path(), &Kept { key, checkpoints: checkpoints.clone() });
        assert_eq!(found.findings, []);
        assert_eq!(found.chains.iter().map(|chain| chain.anchored).collect::<Vec<_>>(), counts);
    }
    let one = Kept { key: None, checkpoints: checkpoints[..1].to_vec() };
    assert_eq!(checked(home.path(), &one).worst(), Some(Severity::Unanchored));
    let stranger = PublicKey::parse(Signer::from_seed(&[8; 32]).unwrap().public_key());
    assert_eq!(checked(home.path(), &Kept { key: stranger, checkpoints }).worst(), Some(Severity::Tampered));
    assert_eq!(worst(&home.path().join("nowhere")), None);
}

#[tokio::test]
async fn every_changed_bit_before_the_last_line_is_found() {
    let home = two_chains().await;
    let path = segment(home.path(), "i0001");
    let (whole, all) = (fs::read(&path).unwrap(), lines(&path));
    let end = whole.len() - all.last().unwrap().len();
    // Every bit would take a minute; all lines and all bits get their turn.
    for (turn, at) in (0..end).step_by(7).enumerate() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (turn % 8);
        fs::write(&path, changed).unwrap();
        assert_eq!(worst(home.path()), Some(Severity::Tampered), "byte {at}");
    }
}

#[tokio::test]
async fn lines_that_were_moved_doubled_or_taken_are_found() {
    let home = two_chains().await;
    let path = segment(home.path(), "i0001");
    let all = lines(&path);
    let other = lines(&segment(two_chains().await.path(), "i0001"));
    let change = |act: &dyn Fn(&mut Vec<String>)| {
        let mut lines = all.clone();
        act(&mut lines);
        fs::write(&path, lines.concat()).unwrap();
        worst(home.path())
    };
    let tampered = Some(Severity::Tampered);
    for at in 0..all.len() - 1 {
        assert_eq!(change(&|lines| drop(lines.remove(at))), tampered, "without line {at}");
        assert_eq!(change(&|lines| lines.insert(at, lines[at].clone())), tampered, "line {at} twice");
        assert_eq!(change(&|lines| lines.swap(at, at + 1)), tampered, "lines {at} and the next");
        assert_eq!(change(&|lines| lines[at] = other[at].clone()), tampered, "line {at} of another ledger");
    }
    assert_eq!(change(&|lines| lines.insert(3, "no record\n".to_owned())), tampered);
    assert_eq!(change(&|_| ()), None);
}

#[tokio::test]
async fn an_end_that_is_gone_is_found_by_what_was_kept() {
    let home = two_chains().await;
    let signer = Signer::from_seed(&[7; 32]).unwrap();
    let kept = Kept { key: None, checkpoints: vec![kept(home.path(), &signer, "i0001")] };
    let path = segment(home.path(), "i0001");
    let all = lines(&path);
    for left in 0..all.len() {
        fs::write(&path, all[..left].concat()).unwrap();
        let found = checked(home.path(), &kept);
        assert!(found.findings.iter().any(|one| one.severity == Severity::Truncated), "{left}: {found:?}");
    }
    // A whole chain, named by the opening of the other.
    fs::write(&path, all.concat()).unwrap();
    fs::remove_dir_all(segment(home.path(), "i0002").parent().unwrap()).unwrap();
    let found = checked(home.path(), &Kept::default());
    assert_eq!(found.worst(), Some(Severity::Truncated));
    assert!(found.findings[0].text.starts_with("the chain i0002 is gone: "), "{found:?}");
}

#[tokio::test]
async fn statements_without_outcome_are_told_once_their_process_is_gone() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    history.append(intent("ana", "DELETE FROM t")).await.unwrap();
    let found = checked(home.path(), &Kept::default());
    assert_eq!((found.worst(), found.chains[0].running), (None, 1));
    abandon(&history).await;
    drop(history);
    let found = checked(home.path(), &Kept::default());
    let unpaired =
        Finding { severity: Severity::Unpaired, text: "i0001/2 has no outcome: it may have been executed".to_owned() };
    assert_eq!((found.findings.as_slice(), found.worst()), (&[unpaired.clone()][..], Some(Severity::Unpaired)));
    // The next process doesn't make it better.
    open(home.path()).close().await;
    assert_eq!(checked(home.path(), &Kept::default()).findings, [unpaired]);
}

#[tokio::test]
async fn a_beginning_that_is_gone_has_to_be_on_record() {
    let home = two_chains().await;
    let path = segment(home.path(), "i0001");
    let all = lines(&path);
    fs::write(path.with_file_name("segment-00000002.jsonl"), all[2..].concat()).unwrap();
    fs::remove_file(&path).unwrap();
    let found = checked(home.path(), &Kept::default());
    assert_eq!(found.worst(), Some(Severity::Tampered));
    assert!(found.findings.iter().any(|one| one.text.starts_with("i0001 begins with number 3")), "{found:?}");
}
