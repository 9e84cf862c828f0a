//! Everything that the server says in a conversation on the newest revision, held against that revision's own schema.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::fetched;
use crate::support::{Database, Events, HttpServer, PATIENCE, Wicket};

const POLICY: &str = r#"
version = 1
name = "clerk"
[statements]
allow = ["select", "insert", "update", "delete", "explain"]
[schemas.sales]
access = "read"
[tables."sales.customers"]
mask = { email = "email" }
[schemas.scratch]
access = "listed"
[tables."scratch.notes"]
access = "write"
confirm = true
[limits]
timeout = "2s"
"#;
const CUSTOMERS: &str = "pgwicket://schema/sales/customers";
const STRUCTURED: &str = "[doors.mcp]\nresults = \"structured\"\n";

/// What is asked, and something that the answer has to hold: so that it is of the kind that is meant.
fn questions() -> Vec<(&'static str, Value, &'static str)> {
    let tool = |name: &str, arguments: Value| json!({ "name": name, "arguments": arguments });
    let orders = json!({ "type": "ref/resource", "uri": "pgwicket://schema/{schema}/{table}" });
    let insert = json!({ "table": "scratch.notes", "rows": [{ "author": "ana", "body": "a" }] });
    vec![
        ("server/discover", json!({}), "supportedVersions"),
        ("tools/list", json!({}), "query_execute"),
        ("tools/call", tool("query_execute", json!({ "sql": "SELECT * FROM sales.customers LIMIT 2" })), "loyalty"),
        ("tools/call", tool("query_execute", json!({ "sql": "SELECT nothing" })), "unknown_column"),
        ("tools/call", tool("query_execute", json!({ "sql": "SELECT 1", "format": "csv" })), "?column?"),
        ("tools/call", tool("check_query", json!({ "sql": "SELECT 1" })), "admitted"),
        ("tools/call", tool("explain_query", json!({ "sql": "SELECT id FROM sales.orders" })), "estimated"),
        ("tools/call", tool("search_objects", json!({ "query": "customers" })), "customers"),
        ("tools/call", tool("get_tables", json!({})), "orders"),
        ("tools/call", tool("get_table_schema", json!({ "table": ["sales", "orders"] })), "columns"),
        ("tools/call", tool("insert_data", insert), "input_required"),
        ("tools/call", tool("get_tables", json!({ "pattern": 1 })), "invalid_parameter"),
        ("tools/call", tool("nothing", json!({})), "unknown tool"),
        ("resources/list", json!({}), CUSTOMERS),
        ("resources/list", json!({ "cursor": "x" }), "cursor"),
        ("resources/templates/list", json!({}), "uriTemplate"),
        ("resources/read", json!({ "uri": CUSTOMERS }), "contents"),
        ("resources/read", json!({ "uri": "pgwicket://database_info" }), "contents"),
        ("resources/read", json!({ "uri": "pgwicket://query_history" }), "contents"),
        ("resources/read", json!({ "uri": "pgwicket://schema/hr/employees" }), "error"),
        ("prompts/list", json!({}), "review_table"),
        ("prompts/get", json!({ "name": "review_table", "arguments": { "table": "sales.orders" } }), "messages"),
        ("prompts/get", json!({ "name": "nothing" }), "unknown prompt"),
        ("completion/complete", json!({ "ref": orders, "argument": { "name": "schema", "value": "s" } }), "sales"),
        ("ping", json!({}), "error"),
        ("resources/subscribe", json!({ "uri": CUSTOMERS }), "error"),
    ]
}

#[tokio::test]
async fn everything_that_is_said_fits_the_schema_of_the_newest_revision() {
    let Some(clients) = fetched() else { return };
    let mut said = Vec::new();
    for settings in ["", STRUCTURED] {
        let database = Database::sample().await;
        let wicket = Wicket::on(&database);
        wicket.write("policy.toml", POLICY);
        wicket.write("pgwicket.toml", &format!("version = 1\n{settings}[principals.ana]\npolicy = \"policy.toml\"\n"));
        let serve = ["serve", "--config", "pgwicket.toml", "--principal", "ana", "--http", "127.0.0.1:0"];
        let server = HttpServer::start(wicket.command(&serve)).await;
        let mut client = server.client();
        for (method, params, expected) in questions() {
            let (asked, mut message) = client.message(method, params);
            let capabilities = &mut message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"];
            *capabilities = json!({ "elicitation": { "form": {} } });
            let reply = asked.post(&message).await;
            assert!(reply.body.contains(expected), "{message}: {reply:?}");
            said.extend(reply.messages().into_iter().map(|message| json!({ "request": method, "message": message })));
        }
        // Progress, a stream of changes from its beginning to its end.
        let slow = "SELECT count(*) FROM sales.orders a, sales.orders b, sales.orders c, sales.orders d";
        let arguments = json!({ "sql": slow });
        let (asked, mut message) =
            client.message("tools/call", json!({ "name": "query_execute", "arguments": arguments }));
        message["params"]["_meta"]["progressToken"] = json!("mine");
        let reply = asked.post(&message).await;
        assert!(reply.messages().len() > 1, "{reply:?}");
        said.extend(reply.messages().into_iter().map(|message| json!({ "request": "tools/call", "message": message })));
        let wanted = json!({ "notifications": {
            "toolsListChanged": true, "resourcesListChanged": true, "resourceSubscriptions": [CUSTOMERS] } });
        let (asked, message) = client.message("subscriptions/listen", wanted);
        let mut events = Events::of(asked.begin("POST", "/mcp", &message.to_string()).await);
        let mut heard = vec![events.message().await];
        let change = "ALTER TABLE sales.customers ADD COLUMN since date; CREATE TABLE sales.fresh (a int);
            GRANT SELECT ON sales.fresh TO wicket";
        database.script(change).await;
        wicket.write(
            "policy.toml",
            &POLICY
                .replace(", \"insert\", \"update\", \"delete\"", "")
                .replace("\"write\"\nconfirm = true", "\"read\""),
        );
        server.signal("HUP");
        for _ in 0..3 {
            heard.push(events.message().await);
        }
        server.signal("TERM");
        while let Some(message) = events.next(PATIENCE).await {
            heard.push(message);
        }
        assert!(heard.last().unwrap().get("result").is_some(), "{heard:?}");
        said.extend(heard.into_iter().map(|message| json!({ "request": "subscriptions/listen", "message": message })));
    }
    // What finds nothing has to find something.
    let broken =
        json!({ "request": "tools/list", "message": { "jsonrpc": "2.0", "id": 1, "result": { "tools": [{}] } } });
    let found = held_against_the_schema(&clients, &[broken]).await;
    assert!(found.contains("tools/list: ListToolsResult") && found.ends_with("\n1 messages\n"), "{found}");
    assert_eq!(held_against_the_schema(&clients, &said).await, format!("{} messages\n", said.len()));
}

async fn held_against_the_schema(clients: &std::path::Path, said: &[Value]) -> String {
    // Node looks for packages beside the program.
    let program = clients.join("node/wire.mjs");
    std::fs::write(&program, include_str!("../../clients/drive/wire.mjs")).unwrap();
    let mut command = Command::new(clients.join("node/run"));
    command.arg(program).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: String = said.iter().map(|one| format!("{one}\n")).collect();
    input.write_all(lines.as_bytes()).await.unwrap();
    drop(input);
    let done = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}
