use super::*;
use serde_json::json;
use std::sync::Barrier;

struct Home {
    directory: tempfile::TempDir,
    approvals: Approvals,
}

impl Home {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let keys = Arc::new(Keys::open(&directory.path().join("keys"), false).unwrap());
        let approvals = Approvals::new(directory.path().join("approvals"), keys);
        Self { directory, approvals }
    }

    fn file(&self, id: &str, state: &str) -> PathBuf {
        self.directory.path().join(format!("approvals/{id}.{state}"))
    }
}

fn bound<'a>() -> Bound<'a> {
    Bound { principal: "ana", policy_digest: "p", submission: "DELETE", rows: 1, digest: "d" }
}

fn question(id: &str) -> Question {
    Question {
        id: id.to_owned(),
        principal: "ana".into(),
        on_behalf_of: None,
        client: Some("agent".into()),
        policy: "writer".into(),
        policy_digest: "p".into(),
        rule: "p.toml:1".into(),
        kind: "delete".into(),
        relation: "s.t".into(),
        statement: "DELETE FROM s.t\nWHERE id = $1".into(),
        parameters: vec![json!(1)],
        rows: 1,
        digest: "d".into(),
        sample: json!({ "columns": [], "rows": [] }),
        asked: Timestamp::now(),
    }
}

fn approval(question: Question) -> Approval {
    Approval { question, by: "local:uid=0".into(), at: Timestamp::now(), record: Uuid::now_v7() }
}

#[test]
fn an_id_stands_for_all_that_is_approved() {
    let home = Home::new();
    let id = |bound: Bound<'_>| home.approvals.id(&bound);
    assert_eq!(id(bound()), id(bound()));
    assert!(is_id(&id(bound())));
    let others = [
        Bound { principal: "ben", ..bound() },
        Bound { policy_digest: "q", ..bound() },
        Bound { submission: "DELETE ", ..bound() },
        Bound { rows: 2, ..bound() },
        Bound { digest: "e", ..bound() },
        Bound { principal: "anap", policy_digest: "", ..bound() },
    ];
    for other in others {
        assert_ne!(id(other), id(bound()), "{other:?}");
    }
    assert_ne!(Home::new().approvals.id(&bound()), id(bound()), "of another deployment");
}

#[test]
fn a_question_is_answered_once_and_an_approval_is_good_for_one_write() {
    let home = Home::new();
    let id = home.approvals.id(&bound());
    assert!(matches!(home.approvals.pending(&id), Err(ApprovalError::Unknown { .. })));
    assert_eq!(home.approvals.take_approved(&id).unwrap(), None);
    assert_eq!(home.approvals.all_pending().unwrap().0, []);

    let asked = question(&id);
    home.approvals.ask(&asked).unwrap();
    // Asked again it waits on as it is.
    home.approvals.ask(&Question { rows: 1, asked: Timestamp::now(), ..asked.clone() }).unwrap();
    assert_eq!(home.approvals.all_pending().unwrap().0, std::slice::from_ref(&asked));
    assert_eq!(home.approvals.take_pending(&id).unwrap(), asked);
    assert!(matches!(home.approvals.take_pending(&id), Err(ApprovalError::Unknown { .. })));

    let approved = approval(asked);
    home.approvals.approve(&approved).unwrap();
    assert_eq!(home.approvals.all_pending().unwrap().0, []);
    assert_eq!(home.approvals.take_approved(&id).unwrap(), Some(approved));
    assert_eq!(home.approvals.take_approved(&id).unwrap(), None);
    let left: Vec<_> = fs::read_dir(home.directory.path().join("approvals")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn of_many_at_once_one_gets_the_approval() {
    let home = Home::new();
    let id = home.approvals.id(&bound());
    home.approvals.ask(&question(&id)).unwrap();
    for _ in 0..20 {
        home.approvals.approve(&approval(question(&id))).unwrap();
        let start = Arc::new(Barrier::new(8));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (start, approvals, id) = (Arc::clone(&start), home.approvals.clone(), id.clone());
                std::thread::spawn(move || {
                    start.wait();
                    approvals.take_approved(&id).unwrap().is_some()
                })
            })
            .collect();
        let got = threads.into_iter().map(|thread| thread.join().unwrap());
        assert_eq!(got.filter(|got| *got).count(), 1);
    }
}

#[test]
fn what_this_deployment_did_not_write_is_no_approval() {
    let home = Home::new();
    let (id, other) = (home.approvals.id(&bound()), home.approvals.id(&Bound { rows: 2, ..bound() }));
    let forged = |state: &str| match state {
        PENDING => matches!(home.approvals.take_pending(&id), Err(ApprovalError::Forged { .. })),
        _ => matches!(home.approvals.take_approved(&id), Err(ApprovalError::Forged { .. })),
    };
    home.approvals.ask(&question(&id)).unwrap();
    let asked = fs::read(home.file(&id, PENDING)).unwrap();
    // A question under an approval's name, another question under this one's, and every bit changed.
    fs::write(home.file(&id, APPROVED), &asked).unwrap();
    assert!(forged(APPROVED));
    fs::write(home.file(&other, PENDING), &asked).unwrap();
    assert!(matches!(home.approvals.pending(&other), Err(ApprovalError::Forged { .. })));
    home.approvals.approve(&approval(question(&id))).unwrap();
    let approved = fs::read(home.file(&id, APPROVED)).unwrap();
    for at in 0..approved.len() - 1 {
        let mut changed = approved.clone();
        changed[at] ^= 1 << (at % 8);
        fs::write(home.file(&id, APPROVED), changed).unwrap();
        assert!(forged(APPROVED), "byte {at}");
    }
    for broken in [&b""[..], b"{}", b"\xff\xff\n\n", &approved[..approved.len() / 2]] {
        fs::write(home.file(&id, APPROVED), broken).unwrap();
        assert!(forged(APPROVED));
    }
    // Of another deployment.
    let elsewhere = Home::new();
    elsewhere.approvals.ask(&question(&id)).unwrap();
    fs::copy(elsewhere.file(&id, PENDING), home.file(&id, PENDING)).unwrap();
    assert_eq!(home.approvals.all_pending().unwrap().1.len(), 2);
    assert!(forged(PENDING));
}

#[test]
fn what_waited_too_long_is_neither_answered_nor_done() {
    let home = Home::new();
    let id = home.approvals.id(&bound());
    let long_ago = |lives: Duration| Timestamp::now() - lives - Duration::from_secs(1);
    home.approvals.ask(&Question { asked: long_ago(QUESTION_LIVES), ..question(&id) }).unwrap();
    assert!(matches!(home.approvals.pending(&id), Err(ApprovalError::Expired { .. })));
    assert!(matches!(home.approvals.take_pending(&id), Err(ApprovalError::Expired { .. })));
    for at in [long_ago(APPROVAL_LIVES), Timestamp::now() + Duration::from_secs(60)] {
        home.approvals.approve(&Approval { at, ..approval(question(&id)) }).unwrap();
        assert!(matches!(home.approvals.take_approved(&id), Err(ApprovalError::Expired { .. })));
    }
    // What is too old makes room when something new is asked.
    home.approvals.ask(&Question { asked: long_ago(QUESTION_LIVES), ..question(&id) }).unwrap();
    home.approvals.approve(&Approval { at: long_ago(APPROVAL_LIVES), ..approval(question(&id)) }).unwrap();
    let other = home.approvals.id(&Bound { rows: 2, ..bound() });
    home.approvals.ask(&question(&other)).unwrap();
    assert_eq!(fs::read_dir(home.directory.path().join("approvals")).unwrap().count(), 1);
}

#[test]
fn only_so_much_waits_at_a_time() {
    let home = Home::new();
    let id = home.approvals.id(&bound());
    home.approvals.ask(&question(&id)).unwrap();
    for number in 0..MOST_WAITING {
        fs::write(home.file(&format!("{number:016x}"), PENDING), "").unwrap();
    }
    let other = home.approvals.id(&Bound { rows: 2, ..bound() });
    assert!(matches!(home.approvals.ask(&question(&other)), Err(ApprovalError::TooMany { waiting: 1001 })));
    assert!(matches!(
        Home::new().approvals.ask(&Question { statement: "x".repeat(2 << 20), ..question(&id) }),
        Err(ApprovalError::TooLarge)
    ));
}

#[test]
fn what_one_principal_asks_keeps_no_other_from_asking() {
    let home = Home::new();
    let ask = |principal: &str, rows| {
        let id = home.approvals.id(&Bound { principal, rows, ..bound() });
        home.approvals.ask(&Question { principal: principal.to_owned(), ..question(&id) })
    };
    for rows in 0..100 {
        ask("ana", rows).unwrap();
    }
    assert!(matches!(ask("ana", 100), Err(ApprovalError::TooMany { waiting: 100 })));
    ask("ben", 100).unwrap();
    // What waits already may be asked once more.
    ask("ana", 7).unwrap();
}

#[test]
fn an_id_is_no_path() {
    let home = Home::new();
    fs::create_dir(home.directory.path().join("approvals")).unwrap();
    fs::write(home.directory.path().join("secret.pending"), "x").unwrap();
    for id in ["../secret", "", "0", "0123456789ABCDEF", "0123456789abcdeg", "0123456789abcde/", "0123456789abcdef0"] {
        assert!(matches!(home.approvals.pending(id), Err(ApprovalError::Unknown { .. })), "{id}");
        assert!(matches!(home.approvals.take_pending(id), Err(ApprovalError::Unknown { .. })), "{id}");
    }
}

#[test]
fn files_are_for_their_owner_alone() {
    let home = Home::new();
    let id = home.approvals.id(&bound());
    home.approvals.ask(&question(&id)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.file(&id, PENDING)), 0o600);
    assert_eq!(mode(&home.directory.path().join("approvals")), 0o700);
}
