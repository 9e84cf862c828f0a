//! The kinds of record beside those of calls: sessions, policies, configuration, reading of the history.

use serde_json::{Value, json};

use super::of_kind;
use crate::mcp::{READER, SLOW, STATE, WRITER, records};
use crate::support::{Database, Mcp, Wicket};

fn kinds(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_session_is_on_record_from_its_beginning_to_its_end() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(READER, &["tenant=1"]).await;
    // Before the handshake was answered.
    let seen = records(&wicket.path(STATE));
    assert_eq!(kinds(&seen), ["log_open", "config_change", "policy_load", "session_open"]);
    let opened = &seen[3];
    assert_eq!(opened["who"]["principal"], "local");
    assert_eq!(
        (&opened["who"]["client_name"], &opened["who"]["client_version"]),
        (&json!("pgwicket tests"), &json!("1"))
    );
    assert_eq!(opened["who"]["session"], opened["id"]);
    assert_eq!((&opened["where"]["door"], &opened["detail"]), (&json!("mcp"), &json!({ "protocol": "2025-06-18" })));
    assert_eq!(opened["decision"]["policy"], "reader");

    mcp.query("SELECT 1").await.rows();
    mcp.query("SELECT nothing").await.refusal();
    mcp.call("get_tables", json!({})).await.json();
    mcp.request("tools/call", json!({ "name": "no_such_tool", "arguments": {} })).await;
    mcp.resource("pgwicket://database_info").await;
    mcp.tools().await;
    mcp.close().await;
    let seen = records(&wicket.path(STATE));
    let closed = of_kind(&seen, "session_close");
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0]["detail"], json!({ "session": opened["id"], "ended": "client_closed", "calls": 5 }));
    assert_eq!(closed[0]["who"], opened["who"]);
    let of_calls =
        seen.iter().filter(|one| ["intent", "outcome", "rejection"].contains(&one["kind"].as_str().unwrap()));
    let sessions: Vec<&Value> = of_calls.map(|one| &one["who"]["session"]).collect();
    assert!(sessions.len() == 6 && sessions.iter().all(|session| **session == opened["id"]), "{sessions:?}");
    assert_eq!(kinds(&seen)[seen.len() - 3..], ["session_close", "log_close", "checkpoint"]);
}

#[tokio::test]
async fn the_outcome_of_what_still_ran_comes_before_the_end_of_its_session() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(READER, &["tenant=1"]).await;
    let running = mcp.start_call("query_execute", json!({ "sql": SLOW })).await;
    while of_kind(&records(&wicket.path(STATE)), "intent").is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let pid = mcp.process_id().to_string();
    std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    mcp.ended().await;
    drop(running);
    let seen = records(&wicket.path(STATE));
    let tail = &kinds(&seen)[seen.len() - 4..];
    assert_eq!(tail, ["outcome", "session_close", "log_close", "checkpoint"]);
    assert_eq!(of_kind(&seen, "session_close")[0]["detail"]["ended"], "shutdown");
    assert_eq!(of_kind(&seen, "outcome")[0]["result"]["status"], "cancelled");
}

/// The revision of 2026 has no handshake: each request says who it is from.
#[tokio::test]
async fn a_session_without_handshake_begins_with_its_first_request() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    wicket.write("policy.toml", READER);
    let mut mcp = Mcp::start(wicket.command(&["serve", "--policy", "policy.toml", "--attribute", "tenant=1"]));
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "inline", "version": "7" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let call = json!({ "name": "query_execute", "arguments": { "sql": "SELECT 1 AS one" }, "_meta": meta });
    let answer = mcp.request("tools/call", call).await;
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("[1]"), "{answer}");
    let listed = mcp.request("tools/list", json!({ "_meta": meta })).await;
    assert!(listed["result"]["tools"].is_array(), "{listed}");
    mcp.close().await;
    let seen = records(&wicket.path(STATE));
    let opened = of_kind(&seen, "session_open");
    assert_eq!((opened.len(), &opened[0]["detail"]), (1, &json!({ "protocol": "2026-07-28" })));
    assert_eq!(opened[0]["who"]["client_name"], "inline");
    assert_eq!(of_kind(&seen, "session_close")[0]["detail"]["calls"], 1);
}

#[tokio::test]
async fn a_second_handshake_ends_the_session_before_it() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(READER, &["tenant=1"]).await;
    mcp.query("SELECT 1").await.rows();
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": { "name": "another", "version": "2" } });
    let answer = mcp.request("initialize", hello).await;
    assert!(answer.get("result").is_some(), "{answer}");
    mcp.query("SELECT 2").await.rows();
    mcp.close().await;
    let seen = records(&wicket.path(STATE));
    let (opened, closed) = (of_kind(&seen, "session_open"), of_kind(&seen, "session_close"));
    assert_eq!((opened.len(), closed.len()), (2, 2));
    assert_eq!(closed[0]["detail"], json!({ "session": opened[0]["id"], "ended": "replaced", "calls": 1 }));
    assert_eq!(closed[1]["detail"]["session"], opened[1]["id"]);
    assert_eq!(of_kind(&seen, "outcome")[1]["who"]["client_name"], "another");
    assert_eq!(of_kind(&seen, "outcome")[1]["who"]["session"], opened[1]["id"]);
}

#[tokio::test]
async fn policies_are_on_record_with_what_changed_in_them() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    wicket.write("base.toml", "version = 1\nname = \"base\"\n[statements]\nallow = [\"select\"]\n");
    let own = "version = 1\nname = \"own\"\nextends = [\"base.toml\"]\n[limits]\nrows = 5\n";
    wicket.write("own.toml", own);
    wicket.write("other.toml", "version = 1\nname = \"other\"\n");
    let principals = |ben: &str| {
        format!("version = 1\n[principals.ana]\npolicy = \"own.toml\"\n[principals.ben]\npolicy = \"{ben}.toml\"\n")
    };
    wicket.write("pgwicket.toml", &principals("own"));
    let run = async |principal: &str| {
        let arguments = ["check", "SELECT 1", "--config", "pgwicket.toml", "--principal", principal];
        assert_eq!(wicket.run(&arguments).await.code, Some(0));
    };
    let load = || {
        let seen = records(&wicket.path("history"));
        let loads = of_kind(&seen, "policy_load");
        (loads.len(), (*loads.last().unwrap()).clone())
    };
    run("ana").await;
    let (count, first) = load();
    let policy = &first["detail"]["policies"][0];
    assert_eq!((count, first["detail"]["policies"].as_array().unwrap().len()), (1, 1));
    assert_eq!(
        (&policy["policy"], &policy["principals"], &policy["change"]),
        (&json!("own"), &json!(["ana", "ben"]), &json!("new"))
    );
    assert_eq!(first["detail"]["compared_with"], Value::Null);
    let files: Vec<&str> =
        policy["files"].as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap()).collect();
    assert!(files.len() == 2 && files[0].ends_with("/own.toml") && files[1].ends_with("/base.toml"), "{files:?}");
    // The digest of every decision by it.
    let seen = records(&wicket.path("history"));
    assert_eq!(of_kind(&seen, "outcome")[0]["decision"]["policy_digest"], policy["policy_digest"]);

    run("ben").await;
    let (_, second) = load();
    assert_eq!(second["detail"]["compared_with"], first["id"]);
    assert_eq!(second["detail"]["policies"][0]["change"], "unchanged");
    assert_eq!(second["detail"]["policies"][0]["changed"], json!([]));

    wicket.write("own.toml", &own.replace("rows = 5", "rows = 6"));
    wicket.write("base.toml", "# new\nversion = 1\nname = \"base\"\n[statements]\nallow = [\"select\"]\n");
    wicket.write("pgwicket.toml", &principals("other"));
    run("ana").await;
    let (_, third) = load();
    let policies = third["detail"]["policies"].as_array().unwrap();
    let own = policies.iter().find(|one| one["policy"] == "own").unwrap();
    assert_eq!((&own["change"], &own["digest_before"]), (&json!("changed"), &policy["policy_digest"]));
    let changed: Vec<&str> = own["changed"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(
        changed.len() == 2
            && changed[0].ends_with("/own.toml: limits")
            && changed[1].ends_with("/base.toml: comments or layout"),
        "{changed:?}"
    );
    assert_eq!(policies.iter().find(|one| one["policy"] == "other").unwrap()["change"], "new");
}

#[tokio::test]
async fn the_configuration_is_on_record_where_it_differs_and_without_secrets() {
    let database = Database::sample().await;
    let mut wicket = Wicket::on(&database);
    wicket.write("policy.toml", READER);
    let run = async |wicket: &Wicket, tenant: &str| {
        let arguments = ["check", "SELECT 1", "--policy", "policy.toml", "--attribute", &format!("tenant={tenant}")]
            .map(String::from);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let finished = wicket.run(&arguments).await;
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let seen = records(&wicket.path(STATE));
        of_kind(&seen, "config_change").into_iter().cloned().collect::<Vec<Value>>()
    };
    let first = run(&wicket, "771177").await;
    let settings = &first[0]["detail"]["settings"];
    assert_eq!((first.len(), &settings["history.sync"]), (1, &json!("writes")));
    assert_eq!(settings["database.password"], "from POSTGRES_PASSWORD");
    assert!(settings["principals.local.attributes.tenant"].as_str().unwrap().starts_with("digest "), "{settings}");
    assert_eq!((&first[0]["detail"]["differences"], &first[0]["detail"]["compared_with"]), (&json!([]), &Value::Null));
    assert_eq!(run(&wicket, "771177").await.len(), 1, "nothing differs");

    wicket.env("POSTGRES_POOL_SIZE", "3");
    let second = run(&wicket, "881188").await;
    let change = &second[1]["detail"];
    assert_eq!(change["compared_with"], first[0]["id"]);
    let differ: Vec<(&str, &Value, &Value)> = change["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["setting"].as_str().unwrap(), &one["before"], &one["after"]))
        .collect();
    let names: Vec<&str> = differ.iter().map(|one| one.0).collect();
    assert_eq!(names, ["database.connections", "principals.local.attributes.tenant", "database.pool_size"]);
    assert_eq!(differ[2], ("database.pool_size", &Value::Null, &json!("3")));
    let text = records(&wicket.path(STATE)).iter().map(Value::to_string).collect::<String>();
    let environment = database.environment();
    let password = environment.iter().find(|(name, _)| *name == "POSTGRES_PASSWORD").unwrap().1.as_str();
    for secret in [password, "771177", "881188"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn reading_everyones_calls_is_a_record_of_its_own() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(&format!("{WRITER}\n[history]\nread = \"all\"\n"), &[]).await;
    mcp.query("SELECT 1").await.json();
    let shown = mcp.resource("pgwicket://query_history").await;
    // The reading itself is a call, too.
    let tools: Vec<&Value> = shown["calls"].as_array().unwrap().iter().map(|call| &call["tool"]).collect();
    assert_eq!(tools, ["query_history", "query_execute"]);
    let seen = records(&wicket.path(STATE));
    let read = of_kind(&seen, "log_read");
    assert_eq!(read.len(), 1);
    assert_eq!(read[0]["detail"], json!({ "whose": "everyone", "newest": 50 }));
    assert_eq!(
        (&read[0]["who"]["principal"], &read[0]["what"]["tool"], &read[0]["decision"]["policy"]),
        (&json!("local"), &json!("query_history"), &json!("writer"))
    );
    mcp.close().await;
    let stats = wicket.run(&["history", "stats", "--format", "json", "--history", STATE]).await;
    let stats: Value = serde_json::from_str(&stats.stdout).unwrap();
    assert_eq!((&stats["total"]["calls"], &stats["total"]["failed"]), (&json!(2), &json!(0)));

    // One's own is a call like any other.
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(WRITER, &[]).await;
    mcp.resource("pgwicket://query_history").await;
    mcp.close().await;
    let seen = records(&wicket.path(STATE));
    assert!(of_kind(&seen, "log_read").is_empty());
    assert_eq!(of_kind(&seen, "outcome")[0]["what"]["tool"], "query_history");
}

/// The disk is full when the client says hello: it is told why, and no session is served.
#[tokio::test]
async fn no_session_is_served_before_its_beginning_is_on_record() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    wicket.write("policy.toml", READER);
    let arguments = ["serve", "--policy", "policy.toml", "--attribute", "tenant=1"];
    let start = || Mcp::start(wicket.command_through(r#"trap '' XFSZ; exec "$0" "$@""#, &arguments));
    let mut mcp = start();
    mcp.wait_for_stderr("serves MCP").await;
    let segment = wicket.path(STATE).join("i0001/segment-00000001.jsonl");
    let full = std::fs::metadata(&segment).unwrap().len();
    let limit = |mcp: &Mcp, bytes: &str| {
        let arguments = [format!("--pid={}", mcp.process_id()), format!("--fsize={bytes}:unlimited")];
        assert!(std::process::Command::new("prlimit").args(arguments).status().unwrap().success());
    };
    limit(&mcp, &full.to_string());
    let client = json!({ "name": "x", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    let refusal = mcp.request("initialize", hello.clone()).await;
    assert_eq!(refusal["error"]["data"]["code"], "history_unavailable", "{refusal}");
    assert!(refusal["error"]["message"].as_str().unwrap().contains("File too large"), "{refusal}");
    // The library ends a connection without a handshake; the next process finds everything in order.
    let (status, stderr) = mcp.ended().await;
    assert!(status.code() == Some(1) && stderr.contains("the history can't be written"), "{stderr}");
    let mut mcp = start();
    mcp.initialize().await;
    mcp.close().await;

    // Without a handshake each request is refused until there is room again.
    let mut mcp = start();
    mcp.wait_for_stderr("serves MCP").await;
    limit(&mcp, &std::fs::metadata(&segment).unwrap().len().to_string());
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": client,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let call = json!({ "name": "query_execute", "arguments": { "sql": "SELECT 1 AS one" }, "_meta": meta });
    let refusal = mcp.request("tools/call", call.clone()).await;
    assert!(refusal.to_string().contains("history_unavailable"), "{refusal}");
    let refusal = mcp.request("tools/list", json!({ "_meta": meta })).await;
    assert_eq!(refusal["error"]["data"]["code"], "history_unavailable", "{refusal}");
    limit(&mcp, "unlimited");
    let answer = mcp.request("tools/call", call).await;
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("[1]"), "{answer}");
    mcp.close().await;
    let seen = records(&wicket.path(STATE));
    assert_eq!((of_kind(&seen, "session_open").len(), of_kind(&seen, "session_close").len()), (2, 2));
}
