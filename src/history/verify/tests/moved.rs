//! Lines, segments, chains and keys that were taken, doubled, moved, cut off, or brought from elsewhere.

use super::*;

fn damage(directory: &Path) -> (Option<Place>, Damage) {
    let found = verified(directory).findings.into_iter().next().expect("damage is found");
    (found.place, found.damage)
}

fn place(segment: u64, before: &[String]) -> Option<Place> {
    let byte = before.iter().map(|line| line.len() as u64).sum();
    Some(Place { segment, line: before.len() as u64 + 1, byte })
}

#[tokio::test]
async fn lines_that_were_moved_doubled_taken_or_brought_are_found() {
    let home = ledger(7, 3).await;
    let path = segment(home.path(), "i0001");
    let all = lines(&path);
    let kept = with(vec![noted(home.path(), 7, "i0001")]);
    let same_key = lines(&segment(ledger(7, 3).await.path(), "i0001"));
    let other_key = lines(&segment(ledger(8, 3).await.path(), "i0001"));
    let change = |act: &dyn Fn(&mut Vec<String>)| {
        let mut lines = all.clone();
        act(&mut lines);
        fs::write(&path, lines.concat()).unwrap();
        (worst(home.path()), checked(home.path(), &kept).worst())
    };
    let tampered = (Some(Severity::Tampered), Some(Severity::Tampered));
    for at in 0..all.len() - 1 {
        assert_eq!(change(&|lines| drop(lines.remove(at))), tampered, "without line {at}");
        assert_eq!(change(&|lines| lines.insert(at, lines[at].clone())), tampered, "line {at} twice");
        assert_eq!(change(&|lines| lines.insert(at, lines[0].clone())), tampered, "the first line before line {at}");
        assert_eq!(change(&|lines| lines.swap(at, at + 1)), tampered, "lines {at} and the next");
        assert_eq!(change(&|lines| lines[at] = same_key[at].clone()), tampered, "line {at} of another ledger");
        assert_eq!(change(&|lines| lines[at] = other_key[at].clone()), tampered, "line {at} under another key");
        assert_eq!(change(&|lines| lines.truncate(at)).1, Some(Severity::Truncated), "line {at} and behind");
        assert_eq!(change(&|lines| lines.splice(at.., same_key[at..].to_vec()).for_each(drop)).1, tampered.1);
        assert_eq!(change(&|lines| lines.splice(at.., other_key[at..].to_vec()).for_each(drop)).1, tampered.1);
    }
    let last = all.len() - 1;
    // The last line is held by its own signature, being a checkpoint.
    assert_eq!(change(&|lines| lines[last] = same_key[last].clone()), tampered);
    assert_eq!(change(&|lines| lines[last] = other_key[last].clone()), tampered);
    assert_eq!(change(&|lines| lines.push(lines[last].clone())), tampered);
    assert_eq!(change(&|lines| lines.insert(3, "no record\n".to_owned())), tampered);
    assert_eq!(change(&|lines| lines.insert(3, format!("{}\n", "x".repeat(2 << 20)))), tampered);
    assert_eq!(change(&|_| ()), (None, None));
}

#[tokio::test]
async fn the_first_finding_says_where_and_what() {
    let home = ledger(7, 2).await;
    let path = segment(home.path(), "i0001");
    let all = lines(&path);
    let of = |lines: &[&String]| {
        fs::write(&path, lines.iter().map(|line| line.as_str()).collect::<String>()).unwrap();
        damage(home.path())
    };
    let [a, b, c, d, ..] = all.as_slice() else { panic!() };
    assert_eq!(of(&[a, b, d]), (place(1, &all[..2]), Damage::WrongNumber(3)));
    assert_eq!(of(&[b, c]), (place(1, &[]), Damage::Unexplained));
    assert_eq!(of(&[a, b, b, c]), (place(1, &all[..2]), Damage::WrongNumber(3)));
    let changed = b.replace("SELECT 0", "SELECT 7");
    assert_eq!(of(&[a, &changed, c]), (place(1, &all[..2]), Damage::WrongPrevious(2)));
    let second = c.replacen("\"seq\":3", "\"seq\":1", 1);
    assert_eq!(of(&[&second]), (place(1, &[]), Damage::NotABeginning));
    assert_eq!(of(&[a, &"\n".to_owned()]).0, place(1, &all[..1]));
    let told = verified(home.path()).findings[0].to_string();
    assert!(
        told.starts_with("i0001: a line is no record: ") && told.contains("(segment 1, line 2, from byte "),
        "{told}"
    );
}

#[tokio::test]
async fn an_end_that_was_cut_at_any_byte_is_found_or_not_vouched_for() {
    let home = ledger(7, 1).await;
    let path = segment(home.path(), "i0001");
    let all = lines(&path);
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let kept = with(vec![noted(home.path(), 7, "i0001")]);
    let boundaries: Vec<usize> = (0..=all.len()).map(|lines| all[..lines].concat().len()).collect();
    for left in (0..all.concat().len()).rev() {
        file.set_len(left as u64).unwrap();
        let report = checked(home.path(), &kept);
        assert!(report.findings.iter().any(|found| matches!(found.damage, Damage::EndGone { .. })), "{left}");
        let alone = verified(home.path());
        assert_eq!(alone.chains[0].anchored, 0);
        match boundaries.contains(&left) {
            // Nothing of it is left; the report says how far the chain goes, and that nothing vouches for it.
            true => assert!(alone.worst().is_none_or(|worst| worst == Severity::Unpaired), "{left}: {alone:?}"),
            false => {
                let torn = left - boundaries.iter().filter(|at| **at < left).max().unwrap();
                let found = |one: &Finding| one.damage == Damage::TornEnd(torn as u64);
                assert!(alone.findings.iter().any(found), "{left}: {alone:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_segment_that_is_gone_is_found() {
    for taken in 0.. {
        let home = packed().await;
        let kept = with(vec![noted(home.path(), 7, "i0001")]);
        let all = segments(&home.path().join("i0001")).unwrap();
        let Some(segment) = all.get(taken) else { break };
        fs::remove_file(&segment.path).unwrap();
        let report = verified(home.path());
        let damage: Vec<_> = report.findings.iter().map(|found| &found.damage).collect();
        match taken {
            0 => assert_eq!(damage, [&Damage::Unexplained]),
            _ if taken + 1 == all.len() => {
                assert!(damage.contains(&&Damage::NoSegmentBehind(taken as u64)), "{damage:?}")
            }
            _ => assert!(damage.contains(&&Damage::MissingSegment(taken as u64 + 1)), "{damage:?}"),
        }
        assert!(checked(home.path(), &kept).worst().is_some());
        // All of them: only what was kept tells.
        all.iter().for_each(|one| drop(fs::remove_file(&one.path)));
        assert_eq!(verified(home.path()).chains[0].records, 0);
        assert_eq!(checked(home.path(), &kept).worst(), Some(Severity::Truncated));
    }
}

#[tokio::test]
async fn segments_under_other_numbers_are_found() {
    let home = ledger(7, 1).await;
    let path = segment(home.path(), "i0001");
    fs::rename(&path, path.with_file_name("segment-00000002.jsonl")).unwrap();
    assert_eq!(damage(home.path()).1, Damage::MissingSegment(1));
}

#[tokio::test]
async fn a_chain_that_is_gone_is_found_where_anybody_names_it() {
    let home = two_chains().await;
    let kept = with(vec![noted(home.path(), 7, "i0001"), noted(home.path(), 7, "i0002")]);
    for (gone, by_the_other) in [("i0002", true), ("i0001", true)] {
        let (from, to) = (home.path().join(gone), home.path().join("away"));
        fs::rename(&from, &to).unwrap();
        let found = verified(home.path()).findings;
        let named = found.iter().any(|one| matches!(&one.damage, Damage::ChainGone { chain, .. } if chain == gone));
        assert_eq!(named, by_the_other, "{gone}");
        let report = checked(home.path(), &kept);
        assert!(report.findings.iter().any(|one| matches!(one.damage, Damage::ChainGone { .. })), "{gone}");
        fs::rename(&to, &from).unwrap();
    }
    // Named by nobody, it leaves no trace; with checkpoints of it, it does.
    let alone = ledger(7, 1).await;
    let kept = with(vec![noted(alone.path(), 7, "i0001")]);
    fs::remove_dir_all(alone.path().join("i0001")).unwrap();
    assert_eq!((worst(alone.path()), verified(alone.path()).chains.len()), (None, 0));
    let told = checked(alone.path(), &kept).findings[0].to_string();
    assert!(
        told.starts_with("the chain i0001 is gone: a checkpoint that was kept elsewhere names its number "),
        "{told}"
    );
}

#[tokio::test]
async fn a_chain_under_another_name_is_found() {
    let home = ledger(7, 1).await;
    fs::rename(home.path().join("i0001"), home.path().join("i0002")).unwrap();
    assert_eq!(damage(home.path()), (place(1, &[]), Damage::WrongChain("i0001".into())));
}

#[tokio::test]
async fn a_replaced_key_is_found_or_not_vouched_for() {
    // Another key goes on in the same chain.
    let home = ledger(7, 1).await;
    let kept = Kept { key: key(7), checkpoints: vec![noted(home.path(), 7, "i0001")] };
    let after = lines(&segment(home.path(), "i0001"));
    write(home.path(), 8, Settings::default(), 1).await.close().await;
    assert!(matches!(damage(home.path()), (at, Damage::WrongKey { .. }) if at == place(1, &after)));
    assert_eq!(checked(home.path(), &kept).worst(), Some(Severity::Tampered));

    // The whole ledger was written anew under another key.
    let anew = ledger(8, 1).await;
    let report = verified(anew.path());
    assert_eq!((report.worst(), report.chains[0].anchored), (None, 0));
    for kept in [Kept { checkpoints: Vec::new(), ..kept.clone() }, Kept { key: None, ..kept.clone() }, kept] {
        assert_eq!(checked(anew.path(), &kept).worst(), Some(Severity::Tampered), "{kept:?}");
    }

    // Another chain beside those of this ledger.
    let home = two_chains().await;
    let path = segment(home.path(), "i0002");
    fs::rename(path.parent().unwrap(), home.path().join("i0003")).unwrap();
    fs::create_dir(path.parent().unwrap()).unwrap();
    let other = ledger(8, 1).await;
    fs::write(&path, fs::read_to_string(segment(other.path(), "i0001")).unwrap()).unwrap();
    let found = verified(home.path()).findings;
    assert!(found.iter().any(|one| matches!(one.damage, Damage::SeveralKeys { .. })), "{found:?}");
}
