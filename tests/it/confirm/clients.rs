//! Each way to ask: a request of ours, an answer that asks, and the command line.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use super::{Scene, pending_id, told};
use crate::support::{HttpServer, PATIENCE};

pub(super) const UPDATE: &str = "UPDATE notes SET note = upper(note) WHERE id <= 3";
pub(super) const NOTES: &str = "SELECT string_agg(note, ',' ORDER BY id) FROM desk.notes WHERE id <= 4";
pub(super) const BEFORE: &str = "note 1,note 2,note 3,note 4";
const AFTER: &str = "NOTE 1,NOTE 2,NOTE 3,note 4";

/// The answer of a client to a question of the server's.
pub(super) fn said(question: &Value, action: &str) -> String {
    json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": action, "content": {} } }).to_string()
}

#[tokio::test]
async fn a_client_that_can_ask_is_asked_while_nothing_is_open() {
    let scene = Scene::new().await;
    let beside = scene.beside().await;
    let mut mcp = scene.asking().await;
    for (action, after, expected) in [
        ("decline", BEFORE, Err("not_approved")),
        ("cancel", BEFORE, Err("confirmation_required")),
        ("accept", AFTER, Ok(3)),
    ] {
        let call = mcp.start_call("query_execute", json!({ "sql": UPDATE })).await;
        let question = mcp.next_other(PATIENCE).await.unwrap();
        assert_eq!(question["method"], "elicitation/create", "{question}");
        let message = question["params"]["message"].as_str().unwrap();
        assert!(message.starts_with("ana wants to UPDATE 3 rows of desk.notes.\n"), "{message}");
        for part in [UPDATE, "Rows (all), as they would be:", "\"note\": \"NOTE 2\"", "policy.toml:11"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        let open = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgwicket/%' \
            AND datname = current_database() AND (xact_start IS NOT NULL OR state <> 'idle')";
        assert_eq!(told(&beside, open).await, "0", "a transaction is open");
        assert_eq!(told(&beside, NOTES).await, BEFORE);
        mcp.send(&said(&question, action)).await;
        let result = call.tool_result().await;
        match expected {
            Ok(rows) => assert_eq!(result.json()["affected_rows"], rows),
            Err(reason) => assert!(result.refusal().contains(reason), "{}", result.text),
        }
        assert_eq!(told(&beside, NOTES).await, after);
    }
    assert_eq!(scene.waiting(), 0);
    // Two answers are on record, and the run names the one that let it be.
    let approvals = scene.records("approval");
    let of = |record: &Value| (record["detail"]["approved"].clone(), record["detail"]["asked"].clone());
    assert_eq!(
        approvals.iter().map(of).collect::<Vec<_>>(),
        [(json!(false), json!("client")), (json!(true), json!("client"))]
    );
    let outcomes = scene.records("outcome");
    let ended: Vec<_> = outcomes.iter().map(|record| record["result"]["status"].as_str().unwrap()).collect();
    assert_eq!(ended, ["rehearsed", "rehearsed", "rehearsed", "ok"]);
    assert_eq!(outcomes[3]["decision"]["approval"], approvals[1]["id"]);
    assert!(outcomes[..3].iter().all(|outcome| outcome["decision"].get("approval").is_none()));
}

#[tokio::test]
async fn a_client_that_can_not_ask_is_told_what_a_person_approves_on_the_command_line() {
    let scene = Scene::new().await;
    let beside = scene.beside().await;
    let mut mcp = scene.mute().await;
    let id = pending_id(mcp.query(UPDATE).await.refusal());
    // Asked again it is the same question.
    assert_eq!(pending_id(mcp.query(UPDATE).await.refusal()), id);
    let list = scene.approve(&[]).await;
    assert_eq!((list.code, list.stdout.lines().count()), (Some(0), 1), "{list:?}");
    assert!(list.stdout.starts_with(&id) && list.stdout.ends_with("ana: update 3 of desk.notes\n"), "{list:?}");
    let unasked = scene.approve(&[&id]).await;
    assert_eq!(unasked.code, Some(2), "{unasked:?}");
    assert!(unasked.stderr.contains("ana wants to UPDATE 3 rows") && unasked.stderr.contains("--yes"), "{unasked:?}");
    let declined = scene.approve(&[&id, "--decline"]).await;
    assert_eq!((declined.code, declined.stdout), (Some(0), format!("declined {id}\n")));
    assert_eq!(scene.approve(&[&id, "--yes"]).await.code, Some(1));
    assert_eq!(scene.approve(&[]).await.stderr, "nothing waits for an approval\n");

    assert_eq!(pending_id(mcp.query(UPDATE).await.refusal()), id);
    let approved = scene.approve(&[&id, "--yes"]).await;
    assert_eq!(approved.code, Some(0), "{approved:?}");
    assert_eq!(told(&beside, NOTES).await, BEFORE, "an approval alone writes nothing");
    // Another statement, or the same one in other words, isn't what was approved.
    pending_id(mcp.query(&format!("{UPDATE} ")).await.refusal());
    assert_eq!(mcp.query(UPDATE).await.json()["affected_rows"], 3);
    assert_eq!(told(&beside, NOTES).await, AFTER);
    let approvals = scene.records("approval");
    assert_eq!(approvals.iter().map(|one| &one["detail"]["approved"]).collect::<Vec<_>>(), [false, true]);
    assert!(approvals.iter().all(|one| one["detail"]["asked"] == "command_line" && one["detail"]["asker"] == "ana"));
    let ran = scene.records("outcome").pop().unwrap();
    assert_eq!(ran["decision"]["approval"], approvals[1]["id"]);
}

#[tokio::test]
async fn an_approval_is_for_what_was_seen_and_once() {
    let scene = Scene::new().await;
    let beside = scene.beside().await;
    let mut mcp = scene.mute().await;
    // The data changes between the question and the write: other rows, other values, more rows.
    for change in [
        "UPDATE desk.notes SET note = 'changed' WHERE id = 2",
        "DELETE FROM desk.notes WHERE id = 3",
        "INSERT INTO desk.notes (id, note) VALUES (-1, 'new')",
    ] {
        let id = pending_id(mcp.query(UPDATE).await.refusal());
        assert_eq!(scene.approve(&[&id, "--yes"]).await.code, Some(0));
        beside.batch_execute(change).await.unwrap();
        let before = told(&beside, "SELECT string_agg(note, ',' ORDER BY id) FROM desk.notes").await;
        let other = pending_id(mcp.query(UPDATE).await.refusal());
        assert_ne!(other, id, "{change}");
        assert_eq!(told(&beside, "SELECT string_agg(note, ',' ORDER BY id) FROM desk.notes").await, before);
    }
    // An INSERT does the same each time, and yet an approval is good for one.
    let insert = "INSERT INTO notes (note) VALUES ('again')";
    let id = pending_id(mcp.query(insert).await.refusal());
    assert_eq!(scene.approve(&[&id, "--yes"]).await.code, Some(0));
    assert_eq!(mcp.query(insert).await.json()["affected_rows"], 1);
    assert_eq!(pending_id(mcp.query(insert).await.refusal()), id);
    assert_eq!(told(&beside, "SELECT count(*) FROM desk.notes WHERE note = 'again'").await, "1");
    // And of two at once one has it.
    assert_eq!(scene.approve(&[&id, "--yes"]).await.code, Some(0));
    let first = mcp.start_call("query_execute", json!({ "sql": insert })).await;
    let second = mcp.start_call("query_execute", json!({ "sql": insert })).await;
    let results = [first.tool_result().await, second.tool_result().await];
    assert_eq!(results.iter().filter(|result| !result.is_error).count(), 1, "{results:?}");
    assert_eq!(told(&beside, "SELECT count(*) FROM desk.notes WHERE note = 'again'").await, "2");
}

#[tokio::test]
async fn the_data_that_changes_while_a_person_thinks_is_noticed() {
    let scene = Scene::new().await;
    let beside = scene.beside().await;
    let mut mcp = scene.asking().await;
    let call = mcp.start_call("query_execute", json!({ "sql": "DELETE FROM notes WHERE id <= 3" })).await;
    let question = mcp.next_other(PATIENCE).await.unwrap();
    assert!(question["params"]["message"].as_str().unwrap().contains("Rows (all), as they are:"), "{question}");
    beside
        .batch_execute("UPDATE desk.notes SET id = -id WHERE id = 3; DELETE FROM desk.notes WHERE id = 2")
        .await
        .unwrap();
    mcp.send(&said(&question, "accept")).await;
    let result = call.tool_result().await;
    assert!(
        result.refusal().contains("not_as_approved") && result.text.contains("2 rows, and 3 were approved"),
        "{}",
        result.text
    );
    // As many rows, but others.
    let call = mcp.start_call("query_execute", json!({ "sql": "DELETE FROM notes WHERE id <= 1" })).await;
    let question = mcp.next_other(PATIENCE).await.unwrap();
    beside.batch_execute("UPDATE desk.notes SET id = -7 WHERE id = 1").await.unwrap();
    mcp.send(&said(&question, "accept")).await;
    let result = call.tool_result().await;
    assert!(result.refusal().contains("not_as_approved") && result.text.contains("other rows"), "{}", result.text);
    assert_eq!(told(&beside, "SELECT count(*) FROM desk.notes").await, "19");
}

#[tokio::test]
async fn who_cancels_the_call_withdraws_the_question() {
    let scene = Scene::new().await;
    let beside = scene.beside().await;
    let mut mcp = scene.asking().await;
    let call = mcp.start_call("query_execute", json!({ "sql": UPDATE })).await;
    let question = mcp.next_other(PATIENCE).await.unwrap();
    assert_eq!(scene.waiting(), 1);
    mcp.cancel(&call).await;
    let gone = async {
        while scene.waiting() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, gone).await.is_ok());
    mcp.send(&said(&question, "accept")).await;
    assert!(mcp.query("SELECT 1").await.json()["rows"].is_array());
    assert_eq!(told(&beside, NOTES).await, BEFORE);
}

/// A stateless request of a client that can ask, with what it brings.
pub(super) async fn stateless(server: &HttpServer, token: &str, sql: &str, more: Value) -> Value {
    let mut client = server.client_of(token);
    let mut params = json!({ "name": "query_execute", "arguments": { "sql": sql } });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (client, mut message) = client.message("tools/call", params);
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({ "elicitation": { "form": {} } });
    client.post(&message).await.answer()
}

pub(super) async fn over_http(scene: &Scene) -> (HttpServer, String) {
    let made = scene.wicket.run(&["token", "new", "laptop", "--json"]).await;
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    let stored = made["stored"].as_str().unwrap();
    scene.wicket.write(
        "pgwicket.toml",
        &format!("version = 1\n[principals.ana]\npolicy = \"policy.toml\"\ntokens = [\"{stored}\"]\n"),
    );
    (serve_http(scene).await, made["token"].as_str().unwrap().to_owned())
}

pub(super) async fn serve_http(scene: &Scene) -> HttpServer {
    HttpServer::start(scene.wicket.command(&["serve", "--config", "pgwicket.toml", "--http", "127.0.0.1:0"])).await
}

#[tokio::test]
async fn without_sessions_the_answer_asks_and_the_next_request_brings_what_was_said() {
    let scene = Scene::new().await;
    let beside = scene.beside().await;
    let (server, token) = over_http(&scene).await;
    let asked = stateless(&server, &token, UPDATE, json!({})).await;
    let result = &asked["result"];
    assert_eq!(result["resultType"], "input_required", "{asked}");
    let request = &result["inputRequests"]["approval"];
    assert_eq!(request["method"], "elicitation/create");
    assert!(request["params"]["message"].as_str().unwrap().contains("UPDATE 3 rows of desk.notes"), "{asked}");
    let state = result["requestState"].clone();
    let bring = |action: &str, state: &Value| json!({ "requestState": state, "inputResponses": { "approval": { "action": action, "content": {} } } });
    // With another statement, a made-up state, or an answer that is none, it is asked anew.
    let other = stateless(&server, &token, "DELETE FROM notes", bring("accept", &state)).await;
    assert_eq!(other["result"]["resultType"], "input_required", "{other}");
    for (action, state) in [("accept", &json!("0123456789abcdef")), ("perhaps", &state)] {
        let again = stateless(&server, &token, UPDATE, bring(action, state)).await;
        assert_eq!(again["result"]["resultType"], "input_required", "{action}: {again}");
    }
    // Who puts the question aside isn't asked again at once: there are libraries that would go on with it by themselves.
    let aside = stateless(&server, &token, UPDATE, bring("cancel", &state)).await;
    assert!(aside["result"]["content"][0]["text"].as_str().unwrap().contains("confirmation_required"), "{aside}");
    assert_eq!(told(&beside, NOTES).await, BEFORE);
    let done = stateless(&server, &token, UPDATE, bring("accept", &state)).await;
    assert_eq!(done["result"]["isError"], false, "{done}");
    assert_eq!(told(&beside, NOTES).await, AFTER);
    // The same once more finds the rows as they are now, and that was never asked.
    let insert = "INSERT INTO notes (note) VALUES ('x')";
    let state = stateless(&server, &token, insert, json!({})).await["result"]["requestState"].clone();
    assert_eq!(stateless(&server, &token, insert, bring("accept", &state)).await["result"]["isError"], false);
    let replayed = stateless(&server, &token, insert, bring("accept", &state)).await;
    assert_eq!(replayed["result"]["resultType"], "input_required", "{replayed}");
    let declined = stateless(&server, &token, insert, bring("decline", &state)).await;
    assert!(declined["result"]["content"][0]["text"].as_str().unwrap().contains("not_approved"), "{declined}");
    assert_eq!(told(&beside, "SELECT count(*) FROM desk.notes WHERE note = 'x'").await, "1");
}

#[tokio::test]
async fn in_a_session_over_http_the_question_comes_in_the_stream_of_its_call() {
    let scene = Scene::new().await;
    let beside = scene.beside().await;
    let (server, token) = over_http(&scene).await;
    let client = server.client_of(&token);
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": { "elicitation": {} },
        "clientInfo": { "name": "pgwicket tests", "version": "1" } } });
    let reply = client.post(&hello).await;
    let client =
        client.with("Mcp-Session-Id", &reply.headers["mcp-session-id"]).with("MCP-Protocol-Version", "2025-06-18");
    assert_eq!(client.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await.status, 202);
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "query_execute", "arguments": { "sql": UPDATE } } });
    let mut stream = client.begin("POST", "/mcp", &call.to_string()).await;
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    let question = loop {
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(read > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        let asked = text
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .find(|line| line.contains("elicitation/create"));
        if let Some(question) = asked.and_then(|line| serde_json::from_str::<Value>(line).ok()) {
            break question;
        }
    };
    assert_eq!(told(&beside, NOTES).await, BEFORE);
    let answer = serde_json::from_str(&said(&question, "accept")).unwrap();
    assert_eq!(client.post(&answer).await.status, 202);
    let mut rest = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&rest).contains("affected_rows"), "{}", String::from_utf8_lossy(&rest));
    assert_eq!(told(&beside, NOTES).await, AFTER);
}
