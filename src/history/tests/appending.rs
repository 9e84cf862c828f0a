use super::*;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// The field names and their order are the format: a change here breaks every reader.
#[tokio::test]
async fn a_line_has_every_field_of_the_format_in_its_order() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    let written = history.append(Entry::intent(Who::default(), Where::default(), What::default())).await.unwrap();
    let line = lines(home.path(), "i0001").pop().unwrap();
    let record: Record = serde_json::from_str(&line).unwrap();
    let expected = format!(
        concat!(
            r#"{{"v":1,"seq":2,"prev":"{prev}","time":"{time:.9}","mono_ns":{mono},"instance":"i0001","#,
            r#""key_id":"{key}","kind":"intent","id":"{id}","intent":null,"#,
            r#""who":{{"principal":null,"authentication":null,"client_name":null,"client_version":null,"#,
            r#""on_behalf_of":null,"address":null,"session":null}},"#,
            r#""where":{{"door":null,"server":null,"database":null,"role":null,"backend_pid":null}},"#,
            r#""what":{{"tool":null,"statement":null,"writes":null,"fingerprint":null,"form":null,"sql":null,"#,
            r#""rewritten":null,"sql_bytes":null,"sql_digest":null,"literals_digest":null,"#,
            r#""parameters_digest":null,"parameters":null,"relations":null,"masked":null,"filters":null,"#,
            r#""functions":null,"truncated":false}},"#,
            r#""decision":{{"verdict":"admitted","reason":null,"told":null,"rule":null,"violations":null,"#,
            r#""policy":null,"policy_digest":null,"catalog_version":null}},"#,
            r#""result":{{"status":null,"reason":null,"rows":null,"affected":null,"bytes":null,"sqlstate":null,"#,
            r#""error":null,"duration_ns":null,"truncated":null}},"detail":null}}"#
        ),
        prev = record.stamp.prev,
        time = written.time,
        mono = record.stamp.mono_ns,
        key = signer().key_id(),
        id = record.entry.id,
    );
    assert_eq!(line, expected);
    // The spliced line is what the types would write.
    assert_eq!(line, serde_json::to_string(&record).unwrap());
    assert_eq!(written.hash, LineHash::of(line.as_bytes()));
    assert_eq!(record.stamp.prev, LineHash::of(lines(home.path(), "i0001")[0].as_bytes()));
    assert!(written.time.to_string().ends_with('Z'));
    assert_eq!(record.stamp.time, written.time);
}

#[tokio::test]
async fn the_first_record_opens_the_chain() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    let record = records(home.path(), "i0001").remove(0);
    assert_eq!((record.stamp.seq, record.stamp.prev), (1, LineHash::default()));
    assert_eq!(record.entry.kind, Kind::LogOpen);
    let opening = opening(&record);
    assert_eq!(opening.sync, SyncMode::Writes);
    assert_eq!(opening.public_key, signer().public_key());
    assert!(opening.heads.is_empty() && opening.repaired.is_none());
    assert_eq!(history.instance(), "i0001");
}

#[tokio::test]
async fn files_and_directories_are_their_owners_alone() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("state/history");
    abandon(&open(&directory)).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for path in [home.path().join("state"), directory.clone(), directory.join("i0001")] {
        assert_eq!(mode(&path), 0o700, "{}", path.display());
    }
    for path in [segment(&directory, "i0001"), directory.join("i0001/lock")] {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn an_outcome_names_its_intent_and_repeats_only_what_is_short() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    let mut intent = write("ana", "UPDATE t SET a = 1");
    intent.what.relations = Some(vec![RelationUse { relation: "s.t".into(), access: Access::Update }]);
    intent.decision.policy_digest = Some("d1".into());
    let mut result = Outcome::new(Status::Ok, Duration::from_micros(7));
    result.affected = Some(3);
    let outcome = intent.outcome(result.clone());
    history.append(intent.clone()).await.unwrap();
    history.append(outcome).await.unwrap();
    let [_, first, second] = records(home.path(), "i0001").try_into().unwrap();
    assert_eq!(first.entry, intent);
    assert_eq!((second.entry.kind, second.entry.intent), (Kind::Outcome, Some(intent.id)));
    assert_ne!(second.entry.id, intent.id);
    assert_eq!((&second.entry.who, &second.entry.place), (&intent.who, &intent.place));
    assert_eq!(second.entry.decision, intent.decision);
    assert_eq!(
        (second.entry.what.writes, second.entry.what.sql, second.entry.what.relations),
        (Some(true), None, None)
    );
    assert_eq!(second.entry.result, result);
    assert_eq!(result.duration_ns, Some(7000));
    assert!(second.stamp.mono_ns >= first.stamp.mono_ns);
}

#[tokio::test]
async fn rejections_and_lone_calls_need_no_intent() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    history.append(Entry::rejection(who("ana"), Where::default(), What::default(), "denied_column")).await.unwrap();
    history.append(Entry::call(who("ana"), Where::default(), What::default())).await.unwrap();
    let [_, rejection, call] = records(home.path(), "i0001").try_into().unwrap();
    assert_eq!((rejection.entry.kind, rejection.entry.intent), (Kind::Rejection, None));
    assert_eq!(rejection.entry.decision.verdict, Some(Verdict::Rejected));
    assert_eq!(rejection.entry.decision.reason.as_deref(), Some("denied_column"));
    assert_eq!((call.entry.kind, call.entry.intent), (Kind::Outcome, None));
}

#[tokio::test]
async fn an_oversized_statement_is_cut_and_flagged_in_a_line_that_fits() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    history.append(query("ana", &"\u{1}ü".repeat(1 << 20))).await.unwrap();
    let line = lines(home.path(), "i0001").pop().unwrap();
    assert!(line.len() < MAX_RECORD_BYTES);
    assert!(records(home.path(), "i0001").pop().unwrap().entry.what.truncated);
    abandon(&history).await;
    assert_eq!(intact(home.path()).records, 2);
    abandon(&open(home.path())).await;
}

#[tokio::test]
async fn many_at_once_are_all_written_and_answered_truly() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    let tasks: Vec<_> = (0..400)
        .map(|call| {
            let history = history.clone();
            tokio::spawn(async move {
                let entry = query("ana", &format!("SELECT {call}"));
                (entry.id, history.append(entry).await.unwrap())
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    let (lines, records) = (lines(home.path(), "i0001"), records(home.path(), "i0001"));
    assert_eq!(records.len(), 401);
    for (id, appended) in answers {
        let at = appended.seq as usize - 1;
        assert_eq!(records[at].entry.id, id);
        assert_eq!(LineHash::of(lines[at].as_bytes()), appended.hash);
    }
}

/// One sync covers all who wait for it: with 64 writers and a sync of 2 ms, at least 20 records a sync.
#[tokio::test]
async fn writers_who_wait_share_a_sync() {
    let (writers, each) = (64, 10);
    let home = tempfile::tempdir().unwrap();
    let disk = super::faulty::Faulty::default();
    let history = History::open_on(Arc::new(disk.clone()), options(home.path(), SyncMode::All)).unwrap();
    disk.slow_syncs(Duration::from_millis(2));
    disk.syncs();
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let history = history.clone();
            tokio::spawn(async move {
                for _ in 0..each {
                    history.append(write("ana", "UPDATE t")).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let syncs = disk.syncs();
    let records = writers * each;
    println!("{records} records, {syncs} syncs, {} records a sync", records / syncs);
    assert!(records >= 20 * syncs, "{records} records, {syncs} syncs");
}

#[tokio::test]
async fn a_submitted_record_is_written_even_if_nobody_waits() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    drop(queued(&history, query("ana", "SELECT 1")).await);
    history.append(query("ana", "SELECT 2")).await.unwrap();
    let sql: Vec<_> = records(home.path(), "i0001").into_iter().filter_map(|record| record.entry.what.sql).collect();
    assert_eq!(sql, ["SELECT 1", "SELECT 2"]);
}

#[tokio::test]
async fn a_closed_ledger_takes_nothing_more() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    history.close().await;
    history.close().await;
    let error = history.append(query("ana", "SELECT 1")).await.unwrap_err();
    assert_eq!(error.to_string(), "the history can't be written: it is closed");
    let kinds: Vec<_> = records(home.path(), "i0001").iter().map(|record| record.entry.kind).collect();
    assert_eq!(kinds, [Kind::LogOpen, Kind::LogClose, Kind::Checkpoint]);
}

#[tokio::test]
async fn records_exist_from_the_first_start_on() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("history");
    assert!(!has_records(&directory).unwrap());
    fs::create_dir_all(directory.join("i0001")).unwrap();
    fs::write(directory.join("i0001/lock"), "x").unwrap();
    fs::write(segment(&directory, "i0001"), "").unwrap();
    assert!(!has_records(&directory).unwrap());
    abandon(&open(&directory)).await;
    assert!(has_records(&directory).unwrap());
}

/// Where the disk can't keep up, those who bring records wait: no more of them are held than the queue has room for, and none is
/// lost.
#[tokio::test]
async fn a_full_queue_holds_its_callers_up_and_loses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let disk = super::faulty::Faulty::default();
    let history = History::open_on(Arc::new(disk.clone()), options(home.path(), SyncMode::All)).unwrap();
    disk.hold_syncs(true);
    let count = 900;
    let callers: Vec<_> = (0..count)
        .map(|number| {
            let history = history.clone();
            tokio::spawn(async move { history.append(write("ana", &format!("UPDATE {number}"))).await })
        })
        .collect();
    let (mut under_way, mut before) = (0, usize::MAX);
    while under_way != before {
        tokio::time::sleep(Duration::from_millis(50)).await;
        (before, under_way) = (under_way, history.queue.under_way().0);
    }
    let most = history.queue.under_way().1;
    assert!((1..=most).contains(&under_way), "{under_way} of {most}");
    assert!(callers.iter().all(|caller| !caller.is_finished()));
    disk.hold_syncs(false);
    let mut written = Vec::new();
    for caller in callers {
        written.push(caller.await.unwrap().unwrap().seq);
    }
    written.sort_unstable();
    assert_eq!(written, (2..count + 2).collect::<Vec<u64>>());
    assert_eq!(lines(home.path(), "i0001").len() as u64, count + 1);
    assert_eq!(history.queue.under_way().0, 0);
}
