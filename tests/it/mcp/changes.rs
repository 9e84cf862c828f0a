//! Changes told over standard input and output: to a session, and on streams of the revision without sessions.

use std::time::Duration;

use serde_json::{Value, json};

use super::READER;
use super::robust::signal;
use crate::support::{Database, Mcp, PATIENCE, Wicket};

const IN_FORCE: &str = "the configuration was read anew and is in force";
const QUIET: Duration = Duration::from_millis(1600);
const CUSTOMERS: &str = "pgwicket://schema/sales/customers";

async fn change(mcp: &Mcp, database: &Database, sql: &str) {
    database.script(sql).await;
    let before = mcp.stderr().matches(IN_FORCE).count();
    signal(mcp, "HUP");
    while mcp.stderr().matches(IN_FORCE).count() == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_session_is_told_what_it_sees_differently() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(READER, &["tenant=1"]).await;
    let answer = mcp.request("resources/subscribe", json!({ "uri": CUSTOMERS })).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
    change(&mcp, &database, "CREATE TABLE hr.more (a int)").await;
    assert_eq!(mcp.next_other(QUIET).await, None);
    change(&mcp, &database, "ALTER TABLE sales.customers ADD COLUMN since date").await;
    let told = mcp.next_other(PATIENCE).await.unwrap();
    assert_eq!(told["method"], "notifications/resources/updated", "{told}");
    assert_eq!(told["params"], json!({ "uri": CUSTOMERS }));
    mcp.request("resources/unsubscribe", json!({ "uri": CUSTOMERS })).await;
    change(&mcp, &database, "ALTER TABLE sales.customers DROP COLUMN since").await;
    assert_eq!(mcp.next_other(QUIET).await, None);
    mcp.close().await;
}

fn stateless(mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "pgwicket tests", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    params
}

#[tokio::test]
async fn a_stream_is_told_until_it_is_cancelled() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    wicket.write("policy.toml", READER);
    let mut mcp = Mcp::start(wicket.command(&["serve", "--policy", "policy.toml", "--attribute", "tenant=1"]));
    let wanted = json!({ "resourceSubscriptions": [CUSTOMERS, "pgwicket://schema/hr/employees"] });
    let listening = mcp.start_request("subscriptions/listen", stateless(json!({ "notifications": wanted }))).await;
    let granted = mcp.next_other(PATIENCE).await.unwrap();
    assert_eq!(granted["params"]["notifications"], json!({ "resourceSubscriptions": [CUSTOMERS] }), "{granted}");
    let id = granted["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].clone();
    change(&mcp, &database, "CREATE TABLE hr.more (a int)").await;
    assert_eq!(mcp.next_other(QUIET).await, None);
    change(&mcp, &database, "ALTER TABLE sales.customers ADD COLUMN since date").await;
    let told = mcp.next_other(PATIENCE).await.unwrap();
    assert_eq!(
        (&told["params"]["uri"], &told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"]),
        (&json!(CUSTOMERS), &id)
    );
    // Requests go on beside it.
    let listed = mcp.request("tools/list", stateless(json!({}))).await;
    assert!(listed["result"]["tools"].is_array(), "{listed}");
    mcp.cancel(&listening).await;
    change(&mcp, &database, "ALTER TABLE sales.customers DROP COLUMN since").await;
    assert_eq!(mcp.next_other(QUIET).await, None);
    assert!(listening.stays_unanswered(Duration::from_millis(50)).await);
    let (status, stderr) = mcp.close().await;
    assert!(status.success(), "{stderr}");
}
