use super::*;
use std::time::Duration;

async fn sqls(history: &History, principal: &str, limit: usize) -> Vec<String> {
    let recent = history.recent(principal, limit).await.unwrap();
    assert!(recent.complete);
    recent.calls.into_iter().filter_map(|call| call.sql).collect()
}

#[tokio::test]
async fn an_intent_and_its_outcome_are_one_call() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    let intent = query("ana", "SELECT 1");
    let mut result = Outcome::new(Status::Ok, Duration::from_millis(3));
    (result.rows, result.truncated) = (Some(7), Some(true));
    let outcome = intent.outcome(result);
    let id = intent.id;
    let written = history.append(intent).await.unwrap();
    history.append(outcome).await.unwrap();
    let recent = history.recent("ana", 10).await.unwrap();
    let expected = Summary {
        time: written.time,
        id,
        principal: Some("ana".into()),
        door: Some("mcp".into()),
        tool: Some("query_execute".into()),
        sql: Some("SELECT 1".into()),
        verdict: Some(Verdict::Admitted),
        reason: None,
        status: Some(Status::Ok),
        rows: Some(7),
        affected: None,
        duration_ns: Some(3_000_000),
        truncated: Some(true),
    };
    assert_eq!(recent, Recent { calls: vec![expected], complete: true });
}

#[tokio::test]
async fn calls_of_all_chains_are_merged_newest_first() {
    let home = tempfile::tempdir().unwrap();
    let (first, second) = (open(home.path()), open(home.path()));
    for call in 0..6 {
        let history = if call % 2 == 0 { &first } else { &second };
        let intent = query("ana", &format!("SELECT {call}"));
        let outcome = intent.outcome(Outcome::new(Status::Ok, Duration::ZERO));
        history.append(intent).await.unwrap();
        history.append(query("bob", "SELECT 'secret'")).await.unwrap();
        history.append(outcome).await.unwrap();
    }
    assert_eq!(sqls(&first, "ana", 4).await, ["SELECT 5", "SELECT 4", "SELECT 3", "SELECT 2"]);
    assert_eq!(sqls(&second, "ana", 100).await.len(), 6);
    assert_eq!(sqls(&second, "bob", 100).await.len(), 6);
    assert!(sqls(&first, "eve", 100).await.is_empty());
    assert!(sqls(&first, "ana", 0).await.is_empty());
}

#[tokio::test]
async fn an_intent_whose_outcome_came_after_others_is_still_found() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    let slow = query("ana", "SELECT 'slow'");
    let outcome = slow.outcome(Outcome::new(Status::TimedOut, Duration::from_secs(30)));
    history.append(slow).await.unwrap();
    for call in 0..20 {
        history.append(query("ana", &format!("SELECT {call}"))).await.unwrap();
    }
    history.append(outcome).await.unwrap();
    let calls = history.recent("ana", 2).await.unwrap().calls;
    assert_eq!(
        calls.iter().map(|call| call.sql.as_deref().unwrap()).collect::<Vec<_>>(),
        ["SELECT 19", "SELECT 'slow'"]
    );
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [None, Some(Status::TimedOut)]);
}

#[tokio::test]
async fn a_principal_sees_what_it_was_told() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    let mut hidden = Entry::rejection(who("ana"), Where::default(), What::default(), "denied_column");
    hidden.decision.told = Some("unknown_column".into());
    hidden.decision.rule = Some("policies/a.toml:3 columns".into());
    history.append(hidden).await.unwrap();
    let recent = history.recent("ana", 1).await.unwrap();
    assert_eq!(recent.calls[0].reason.as_deref(), Some("unknown_column"));
    let shown = serde_json::to_string(&recent).unwrap();
    assert!(!shown.contains("denied") && !shown.contains("policies"), "{shown}");
}

#[tokio::test]
async fn damage_and_torn_ends_are_passed_over() {
    let home = ledger(3).await;
    let path = segment(home.path(), "i0001");
    let text = fs::read_to_string(&path).unwrap().replacen("\"sql\":\"SELECT 1\"", "\"sql\":SELECT 1", 1);
    fs::write(&path, text + "{\"v\":1,").unwrap();
    let found = recent::read(home.path(), &"ana".into(), 10).unwrap();
    assert_eq!(
        found.calls.iter().map(|call| call.sql.as_deref().unwrap()).collect::<Vec<_>>(),
        ["SELECT 2", "SELECT 0"]
    );
    assert!(recent::read(&home.path().join("nowhere"), &"ana".into(), 10).unwrap().calls.is_empty());
}

#[tokio::test]
async fn the_search_ends_at_its_bound_and_says_so() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    history.append(query("ana", "SELECT 1")).await.unwrap();
    for _ in 0..75 {
        history.append(query("bob", &"x".repeat(900 << 10))).await.unwrap();
    }
    let recent = history.recent("ana", 5).await.unwrap();
    assert_eq!(recent, Recent { calls: vec![], complete: false });
}

#[test]
fn lines_come_back_last_first_whatever_the_chunks() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("lines");
    for length in [0, 1, 100, 65_534, 65_535, 65_536, 65_537, 200_000] {
        for torn in ["", "torn"] {
            let texts = ["first".to_owned(), "x".repeat(length), String::new(), "last".to_owned()];
            fs::write(&path, texts.iter().map(|text| format!("{text}\n")).collect::<String>() + torn).unwrap();
            let mut back = lines::LinesBack::of(fs::File::open(&path).unwrap(), None).unwrap();
            let (mut seen, mut end) = (Vec::new(), fs::metadata(&path).unwrap().len());
            while let Some(line) = back.next().unwrap() {
                assert_eq!(line.end, end);
                end = line.start;
                seen.push(line.bytes.map(|bytes| String::from_utf8(bytes).unwrap()));
            }
            assert_eq!(end, 0);
            let expected = texts.into_iter().rev().map(Some);
            let expected: Vec<_> = (!torn.is_empty()).then_some(None).into_iter().chain(expected).collect();
            assert_eq!(seen, expected);
        }
    }
}

#[tokio::test]
async fn everyones_calls_are_read_only_when_everyone_is_meant() {
    let home = tempfile::tempdir().unwrap();
    let history = open(home.path());
    for (principal, sql) in [("ana", "SELECT 1"), ("ben", "SELECT 2"), ("ana2", "SELECT 3"), ("", "SELECT 4")] {
        history.append(query(principal, sql)).await.unwrap();
    }
    assert_eq!(sqls(&history, "ana", 10).await, ["SELECT 1"]);
    assert_eq!(sqls(&history, "", 10).await, ["SELECT 4"]);
    let all = history.recent(Whose::Everyone, 3).await.unwrap();
    let who: Vec<&str> = all.calls.iter().filter_map(|call| call.principal.as_deref()).collect();
    assert_eq!(who, ["", "ana2", "ben"]);
}
