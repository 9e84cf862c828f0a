//! What ill-behaved, impatient and vanishing clients meet.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_postgres::Client;

use super::{READER, SLOW, STATE, reader, records};
use crate::support::{Database, Mcp, PATIENCE, Wicket};

/// Backends of the role that pgwicket logs in as, in this state.
async fn backends(client: &Client, state: &str) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND usename = 'wicket' AND state LIKE $1";
    client.query_one(sql, &[&state]).await.unwrap().get(0)
}

/// Waits until so many backends are in that state.
async fn wait_for(client: &Client, state: &str, count: i64) {
    let deadline = Instant::now() + PATIENCE;
    while backends(client, state).await != count {
        assert!(Instant::now() < deadline, "never {count} backends {state}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Starts a statement that takes long, and waits until it runs.
pub async fn run_slowly(mcp: &mut Mcp, beside: &Client) -> crate::support::Pending {
    let pending = mcp.start_call("query_execute", json!({ "sql": SLOW })).await;
    wait_for(beside, "active", 1).await;
    pending
}

/// The status of the only outcome of a slow statement in the history.
fn outcome_status(wicket: &Wicket) -> Value {
    let records = records(&wicket.path(STATE));
    let intent = records.iter().find(|one| one["kind"] == "intent").unwrap();
    let outcome = records.iter().find(|one| one["intent"] == intent["id"]).expect("the outcome is on record");
    outcome["result"]["status"].clone()
}

#[tokio::test]
async fn what_is_no_message_is_survived() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = reader(&database).await;
    for line in
        ["not json", "{", "\u{0}\u{1}", "[]", "null", "\"text\"", "{\"jsonrpc\":\"2.0\"}", "{\"id\":1}", "", "[[[[[["]
    {
        mcp.send(line).await;
    }
    mcp.send(&format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))).await;
    assert_eq!(mcp.query("SELECT 1 AS one").await.rows(), [json!([1])]);
    // Whatever was answered to these is a message of the protocol.
    while let Some(message) = mcp.next_other(Duration::from_millis(100)).await {
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_or_dropped_and_the_next_call_works() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = reader(&database).await;
    let large = mcp.query(&format!("SELECT '{}'", "x".repeat(300 << 10))).await;
    assert!(large.refusal().contains("limit_exceeded"), "{:.300}", large.text);
    let many: Vec<Value> = (0..70_000).map(Value::from).collect();
    let params = json!({ "sql": "SELECT 1", "params": many });
    let large = mcp.call("query_execute", params).await;
    assert!(large.is_error, "{:.300}", large.text);

    // A line beyond any message is dropped unread; whoever sent it gets no answer.
    let line = json!({ "jsonrpc": "2.0", "id": 9_999, "method": "tools/call",
                       "params": { "name": "query_execute", "arguments": { "sql": "x".repeat(20 << 20) } } });
    mcp.send(&line.to_string()).await;
    assert_eq!(mcp.query("SELECT 2 AS two").await.rows(), [json!([2])]);
    mcp.close().await;
    // The statement that was too large isn't in the history in full.
    let longest = records(&wicket.path(STATE)).iter().map(|record| record.to_string().len()).max().unwrap();
    assert!(longest < 100_000, "a record has {longest} bytes");
}

#[tokio::test]
async fn many_calls_at_once_share_few_connections() {
    let database = Database::sample().await;
    let mut wicket = Wicket::on(&database);
    wicket.env("POSTGRES_POOL_SIZE", "2").env("POSTGRES_MAX_OVERFLOW", "1");
    let mut mcp = wicket.serve(READER, &["tenant=1"]).await;
    let beside = database.connect().await;
    let mut calls = Vec::new();
    for number in 0..16 {
        let sql = "SELECT $1::int AS n, count(*) FROM generate_series(1, 200000)";
        calls.push(mcp.start_call("query_execute", json!({ "sql": sql, "params": [number] })).await);
    }
    let mut most = 0;
    for (number, call) in calls.into_iter().enumerate() {
        most = most.max(backends(&beside, "%").await);
        assert_eq!(call.tool_result().await.rows(), [json!([number, 200_000])]);
    }
    assert!((1..=3).contains(&most), "{most} connections");
    wait_for(&beside, "idle%", 2).await;
}

#[tokio::test]
async fn a_cancelled_call_ends_on_the_server_and_is_on_record() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = reader(&database).await;
    let beside = database.connect().await;
    let pending = run_slowly(&mut mcp, &beside).await;
    mcp.cancel(&pending).await;
    wait_for(&beside, "active", 0).await;
    assert!(pending.stays_unanswered(Duration::from_millis(200)).await, "a cancelled request is not answered");
    // The session is in order again, or was replaced.
    for _ in 0..3 {
        assert_eq!(mcp.query("SELECT 1").await.rows(), [json!([1])]);
    }
    assert_eq!(outcome_status(&wicket), "cancelled");
}

#[tokio::test]
async fn a_statement_past_its_deadline_ends_on_the_server() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let policy = READER.replace("[limits]", "[limits]\ntimeout = \"500ms\"");
    let mut mcp = wicket.serve(&policy, &["tenant=1"]).await;
    let result = mcp.query(SLOW).await;
    assert!(result.refusal().contains("deadline_exceeded"), "{}", result.text);
    wait_for(&database.connect().await, "active", 0).await;
    assert_eq!(outcome_status(&wicket), "timed_out");
    assert_eq!(mcp.query("SELECT 1").await.rows(), [json!([1])]);
}

#[tokio::test]
async fn a_client_that_is_gone_ends_its_statement_and_the_server() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = reader(&database).await;
    let beside = database.connect().await;
    let _pending = run_slowly(&mut mcp, &beside).await;
    mcp.hang_up();
    wait_for(&beside, "active", 0).await;
    let (status, stderr) = mcp.ended().await;
    assert_eq!(status.code(), Some(0), "{stderr}");
    wait_for(&beside, "%", 0).await;
    assert_eq!(outcome_status(&wicket), "cancelled");
}

#[tokio::test]
async fn a_killed_server_leaves_no_statement_behind_for_long() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = reader(&database).await;
    let beside = database.connect().await;
    let _pending = run_slowly(&mut mcp, &beside).await;
    signal(&mcp, "TERM");
    let (status, stderr) = mcp.ended().await;
    assert_eq!(status.code(), Some(0), "{stderr}");
    wait_for(&beside, "%", 0).await;
    assert_eq!(outcome_status(&wicket), "cancelled");
}

#[tokio::test]
async fn it_ends_cleanly_when_told_to() {
    let database = Database::sample().await;
    for how in ["stdin", "TERM", "INT"] {
        let (_wicket, mut mcp) = reader(&database).await;
        assert_eq!(mcp.query("SELECT 1").await.rows(), [json!([1])]);
        if how == "stdin" {
            mcp.hang_up();
        } else {
            signal(&mcp, how);
        }
        let (status, stderr) = mcp.ended().await;
        assert_eq!(status.code(), Some(0), "{how}: {stderr}");
        assert!(!stderr.contains("panicked") && !stderr.contains("wicket's own"), "{how}: {stderr}");
    }
    wait_for(&database.connect().await, "%", 0).await;
}

#[tokio::test]
async fn standard_output_carries_messages_only() {
    let database = Database::sample().await;
    let mut wicket = Wicket::on(&database);
    wicket.env("PGWICKET_LOG", "debug");
    let mut mcp = wicket.serve(READER, &["tenant=1"]).await;
    mcp.query("SELECT 1").await.rows();
    mcp.query("SELECT nonsense").await.refusal();
    mcp.call("get_tables", json!({})).await.json();
    assert_eq!(mcp.next_other(Duration::from_millis(100)).await, None);
    let (_, stderr) = mcp.close().await;
    assert!(stderr.lines().count() >= 2, "the log goes to standard error: {stderr}");
    assert!(!stderr.contains("wicket's own"), "{stderr}");
}

pub fn signal(mcp: &Mcp, name: &str) {
    let id = mcp.process_id().to_string();
    let sent = std::process::Command::new("kill").args(["-s", name, &id]).status().unwrap();
    assert!(sent.success());
}
