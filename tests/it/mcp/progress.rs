//! Progress over standard input and output: told while a statement runs, if the client asked, and nothing but time and phase.

use std::time::Duration;

use serde_json::{Value, json};

use super::{READER, SLOW, reader};
use crate::support::{Database, Mcp, PATIENCE, Pending, Wicket};

async fn start(mcp: &mut Mcp, token: &Value) -> Pending {
    let call = json!({ "name": "query_execute", "arguments": { "sql": SLOW }, "_meta": { "progressToken": token } });
    mcp.start_request("tools/call", call).await
}

/// The next notification of progress: its number and message.
async fn next(mcp: &mut Mcp, token: &Value) -> (f64, String) {
    let told = mcp.next_other(PATIENCE).await.expect("no progress is told");
    assert_eq!(
        (&told["method"], &told["params"]["progressToken"]),
        (&json!("notifications/progress"), token),
        "{told}"
    );
    let keys: Vec<&String> = told["params"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["message", "progress", "progressToken"]);
    (told["params"]["progress"].as_f64().unwrap(), told["params"]["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_long_statement_is_told_of_until_it_ends() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = reader(&database).await;
    for token in [json!("one"), json!(7)] {
        let pending = start(&mut mcp, &token).await;
        let mut before = 0.9;
        for _ in 0..3 {
            let (progress, message) = next(&mut mcp, &token).await;
            assert!(progress > before && message.starts_with("running for "), "{progress} {message}");
            before = progress;
        }
        mcp.cancel(&pending).await;
        // What was on its way may still come; then the statement has ended.
        while mcp.next_other(Duration::from_millis(700)).await.is_some() {}
        assert_eq!(mcp.next_other(Duration::from_millis(2500)).await, None);
    }
    // Who doesn't ask isn't told.
    let pending = mcp.start_call("query_execute", json!({ "sql": SLOW })).await;
    assert_eq!(mcp.next_other(Duration::from_millis(2500)).await, None);
    mcp.cancel(&pending).await;
    // What is done soon is not told of.
    let call = json!({ "name": "query_execute", "arguments": { "sql": "SELECT 1" }, "_meta": { "progressToken": 1 } });
    assert!(mcp.request("tools/call", call).await["result"].is_object());
    assert_eq!(mcp.next_other(Duration::from_millis(1500)).await, None);
}

#[tokio::test]
async fn who_waits_for_a_connection_is_told_so() {
    let database = Database::sample().await;
    let mut wicket = Wicket::on(&database);
    wicket.env("POSTGRES_POOL_SIZE", "1");
    wicket.env("POSTGRES_MAX_OVERFLOW", "0");
    let mut mcp = wicket.serve(READER, &["tenant=1"]).await;
    let first = mcp.start_call("query_execute", json!({ "sql": SLOW })).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let token = json!("second");
    let second = start(&mut mcp, &token).await;
    let (_, message) = next(&mut mcp, &token).await;
    assert!(message.starts_with("waiting for a connection to the database for "), "{message}");
    mcp.cancel(&first).await;
    while !next(&mut mcp, &token).await.1.starts_with("running for ") {}
    mcp.cancel(&second).await;
}
