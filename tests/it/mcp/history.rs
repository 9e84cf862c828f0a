//! What every call leaves in the history, and what happens when it can't.

use std::collections::BTreeMap;
use std::path::Path;

use pgwicket::history::verify::{Kept, Severity, verify};
use serde_json::{Value, json};

use super::{READER, STATE, WRITER, reader, records, writer};
use crate::support::{Database, Mcp, Wicket};

/// Records of one kind.
fn of_kind<'r>(records: &'r [Value], kind: &str) -> Vec<&'r Value> {
    records.iter().filter(|record| record["kind"] == kind).collect()
}

/// Every chain is whole, statements without outcome aside; the number of records.
fn verified(history: &Path) -> u64 {
    let report = verify(history, &Kept::default(), &mut |_| ()).unwrap();
    assert!(report.worst().is_none_or(|worst| worst == Severity::Unpaired), "{:?}", report.findings);
    report.chains.iter().map(|chain| chain.records).sum()
}

#[tokio::test]
async fn every_call_is_on_record_before_its_answer() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = reader(&database).await;
    let history = wicket.path(STATE);
    mcp.query("SELECT name FROM customers WHERE name <> 'a secret of mine' ORDER BY id LIMIT 3").await.rows();
    // Without closing: it was written when the answer came.
    let seen = records(&history);
    assert_eq!(
        seen.iter().map(|one| one["kind"].as_str().unwrap()).collect::<Vec<_>>(),
        ["log_open", "config_change", "policy_load", "session_open", "intent", "outcome"]
    );
    let (intent, outcome) = (&seen[4], &seen[5]);
    assert_eq!(outcome["intent"], intent["id"]);
    assert_eq!(intent["who"]["principal"], "local");
    assert_eq!(intent["who"]["client_name"], "pgwicket tests");
    assert_eq!((&intent["where"]["door"], &intent["where"]["database"]), (&json!("mcp"), &json!(database.name())));
    assert_eq!((&intent["what"]["tool"], &intent["what"]["statement"]), (&json!("query_execute"), &json!("select")));
    assert_eq!(intent["what"]["relations"], json!([{ "relation": "sales.customers", "access": "read" }]));
    assert_eq!(intent["what"]["filters"].as_array().unwrap().len(), 1);
    assert_eq!((&outcome["result"]["status"], &outcome["result"]["rows"]), (&json!("ok"), &json!(3)));
    assert!(
        outcome["result"]["bytes"].as_u64().unwrap() > 50 && outcome["result"]["duration_ns"].as_u64().unwrap() > 0
    );

    mcp.query("SELECT ssn FROM customers WHERE ssn = 'a secret of mine'").await.refusal();
    mcp.query("SELEKT 'a secret of mine'").await.refusal();
    mcp.query("SELECT 1 / 0").await.refusal();
    mcp.call("get_tables", json!({})).await.json();
    mcp.call("get_table_schema", json!({ "table": "hr.employees" })).await.refusal();
    mcp.call("query_execute", json!({ "sql": 7 })).await.refusal();
    mcp.call("get_tables", json!({ "patern": "a secret of mine" })).await.refusal();
    // Not listed for a reader, and not there at all.
    mcp.request("tools/call", json!({ "name": "delete_data", "arguments": {} })).await;
    mcp.request("resources/read", json!({ "uri": "pgwicket://nothing" })).await;
    mcp.resource("pgwicket://database_info").await;
    mcp.close().await;

    let seen = records(&history);
    let rejections = of_kind(&seen, "rejection");
    let tools: Vec<&str> = rejections.iter().filter_map(|one| one["what"]["tool"].as_str()).collect();
    let statements = ["query_execute", "query_execute", "get_table_schema", "query_execute", "get_tables"];
    assert_eq!(tools, [&statements[..], &["delete_data", "pgwicket://nothing"]].concat());
    // The history knows the truth that the client wasn't told.
    let denied = rejections[0];
    assert_eq!(
        (&denied["decision"]["reason"], &denied["decision"]["told"]),
        (&json!("unknown_column"), &json!("unknown_column"))
    );
    assert!(denied["decision"]["rule"].as_str().unwrap().contains("columns"), "{denied}");
    assert_eq!(rejections[1]["decision"]["reason"], "parse_error");
    let failed = of_kind(&seen, "outcome").into_iter().find(|one| one["result"]["status"] == "failed").unwrap();
    assert_eq!(
        (&failed["result"]["sqlstate"], &failed["result"]["reason"]),
        (&json!("22012"), &json!("database_error"))
    );
    let calls: Vec<&str> = of_kind(&seen, "outcome").iter().filter_map(|one| one["what"]["tool"].as_str()).collect();
    assert_eq!(calls, ["query_execute", "query_execute", "get_tables", "database_info"]);
    let text = seen.iter().map(Value::to_string).collect::<String>();
    assert!(!text.contains("a secret of mine") && !text.contains("wicket's own"), "a literal is in clear");
    assert_eq!(verified(&history), seen.len() as u64);
}

#[tokio::test]
async fn a_statement_that_is_admitted_anew_is_on_record_as_it_ran() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = reader(&database).await;
    database.script("ALTER TABLE sales.regions ADD extra text").await;
    mcp.query("SELECT code FROM regions WHERE code <> 'a secret of mine'").await.rows();
    mcp.close().await;
    let seen = records(&wicket.path(STATE));
    let (intent, outcome) = (of_kind(&seen, "intent")[0], of_kind(&seen, "outcome")[0]);
    assert_eq!(outcome["intent"], intent["id"]);
    assert_ne!(outcome["decision"]["catalog_version"], intent["decision"]["catalog_version"]);
    assert_eq!(outcome["what"]["relations"], json!([{ "relation": "sales.regions", "access": "read" }]));
    assert!(outcome["what"]["rewritten"].is_string() && !outcome.to_string().contains("a secret of mine"));
}

#[tokio::test]
async fn writes_are_on_record_with_what_they_changed() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = writer(&database).await;
    let rows = json!([{ "author": "eve", "body": "private words" }]);
    mcp.call("insert_data", json!({ "table": "scratch.notes", "rows": rows })).await.json();
    let sql = "UPDATE scratch.notes SET done = true WHERE id > 0";
    mcp.query(sql).await.json();
    mcp.close().await;
    let seen = records(&wicket.path(STATE));
    let (intents, outcomes) = (of_kind(&seen, "intent"), of_kind(&seen, "outcome"));
    assert_eq!((intents.len(), outcomes.len()), (2, 2));
    assert_eq!(intents[0]["what"]["relations"], json!([{ "relation": "scratch.notes", "access": "insert" }]));
    assert_eq!((&intents[0]["what"]["writes"], &outcomes[0]["result"]["affected"]), (&json!(true), &json!(1)));
    assert_eq!((&intents[1]["what"]["statement"], &outcomes[1]["result"]["affected"]), (&json!("update"), &json!(5)));
    assert!(!seen.iter().any(|one| one.to_string().contains("private words")));
}

#[tokio::test]
async fn a_policy_may_want_everything_in_full() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(&format!("{WRITER}\n[history]\nrecord = \"full\"\n"), &[]).await;
    let sql = "SELECT $1::text AS a, 'plain' AS b";
    mcp.call("query_execute", json!({ "sql": sql, "params": ["a parameter"] })).await.json();
    mcp.close().await;
    let seen = records(&wicket.path(STATE));
    let what = &of_kind(&seen, "intent")[0]["what"];
    assert_eq!(
        (&what["form"], &what["sql"], &what["parameters"]),
        (&json!("full"), &json!(sql), &json!(["a parameter"]))
    );
}

#[tokio::test]
async fn eight_processes_share_one_history() {
    let database = Database::sample().await;
    let mut wicket = Wicket::on(&database);
    wicket.env("POSTGRES_POOL_SIZE", "1");
    wicket.write("policy.toml", READER);
    wicket.write(
        "pgwicket.toml",
        "version = 1\n[principals.ana]\npolicy = \"policy.toml\"\nattributes = { tenant = 1 }\n\
         [principals.ben]\npolicy = \"policy.toml\"\nattributes = { tenant = 2 }\n[history]\ndirectory = \"shared\"\n",
    );
    let start = async |number: usize| {
        let name = if number.is_multiple_of(2) { "ana" } else { "ben" };
        wicket.serve_with(&["serve", "--config", "pgwicket.toml", "--principal", name]).await
    };
    let mut processes: Vec<Mcp> = futures(8, &start).await;
    for round in 0..3 {
        let mut calls = Vec::new();
        for (number, mcp) in processes.iter_mut().enumerate() {
            let sql = format!("SELECT {number} AS process, {round} AS round, min(tenant_id) FROM customers");
            calls.push((number, mcp.start_call("query_execute", json!({ "sql": sql })).await));
        }
        for (number, call) in calls {
            assert_eq!(call.tool_result().await.rows(), [json!([number, round, 1 + number % 2])]);
        }
    }
    // Each sees its principal's calls in all processes, and nobody else's.
    let seen = processes[0].resource("pgwicket://query_history").await;
    let queries = seen["calls"].as_array().unwrap().iter().filter(|call| call["tool"] == "query_execute").count();
    assert_eq!(queries, 12, "{seen}");
    for mcp in processes {
        assert_eq!(mcp.close().await.0.code(), Some(0));
    }
    let shared = wicket.path("shared");
    let records = records(&shared);
    let mut by_chain: BTreeMap<String, usize> = BTreeMap::new();
    for record in records.iter().filter(|record| record["kind"] == "intent") {
        *by_chain.entry(record["instance"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(by_chain.len(), 8, "{by_chain:?}");
    assert!(by_chain.values().all(|intents| *intents == 3), "{by_chain:?}");
    assert_eq!(verified(&shared), records.len() as u64);

    // A ninth takes a chain that is free and goes on with it.
    let mcp = start(0).await;
    mcp.close().await;
    assert_eq!(std::fs::read_dir(&shared).unwrap().count(), 8);
    // It opens the log, says which policies are in force, has a session, closes the log, and signs that.
    assert_eq!(verified(&shared), records.len() as u64 + 6);
}

/// As many processes, started at once.
async fn futures<F: Future<Output = Mcp>>(count: usize, start: &impl Fn(usize) -> F) -> Vec<Mcp> {
    let mut all = Vec::new();
    for pair in (0..count).collect::<Vec<_>>().chunks(2) {
        let (one, other) = tokio::join!(start(pair[0]), start(pair[1]));
        all.extend([one, other]);
    }
    all
}

#[tokio::test]
async fn what_can_not_be_recorded_is_not_executed() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    wicket.write("policy.toml", WRITER);
    // Files may grow to 16 blocks of 512 bytes, and writing more is an error instead of a signal.
    let shell = r#"trap '' XFSZ; ulimit -f 16; exec "$0" "$@""#;
    let mut mcp = Mcp::start(wicket.command_through(shell, &["serve", "--policy", "policy.toml"]));
    mcp.initialize().await;
    let mut written = 0;
    let refusal = loop {
        let sql = "INSERT INTO scratch.notes (author, body) VALUES ('eve', 'x')";
        let result = mcp.query(sql).await;
        if result.is_error {
            break result;
        }
        written += 1;
        assert!(written < 100, "the history never gets full");
    };
    let error: Value = serde_json::from_str(&refusal.text).unwrap();
    let code = error["error"]["code"].as_str().unwrap().to_owned();
    assert!(["history_unavailable", "committed_not_recorded"].contains(&code.as_str()), "{error}");
    let committed = written + i64::from(code == "committed_not_recorded");
    // Shorter records may still fit for a while.
    while !mcp.call("get_tables", json!({})).await.is_error {}
    for sql in ["SELECT 1", "INSERT INTO scratch.notes (author, body) VALUES ('eve', 'x')", "SELECT nonsense"] {
        assert!(mcp.query(sql).await.refusal().contains("history_unavailable"), "{sql}");
    }
    assert!(mcp.call("get_tables", json!({})).await.refusal().contains("history_unavailable"));
    let count = "SELECT count(*) FROM scratch.notes WHERE author = 'eve'";
    let stored: i64 = database.connect().await.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(stored, committed);
    mcp.close().await;
    // What was written is whole; a torn end is set aside by the next process.
    let mcp = wicket.serve(WRITER, &[]).await;
    mcp.close().await;
    verified(&wicket.path(STATE));
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_back() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let policy = READER.replace("[limits]", "[limits]\nrate = \"2/min\"\nburst = 3");
    let mut mcp = wicket.serve(&policy, &["tenant=1"]).await;
    for _ in 0..3 {
        mcp.query("SELECT 1").await.rows();
    }
    let result = mcp.query("SELECT 1").await;
    let error: Value = serde_json::from_str(result.refusal()).unwrap();
    assert_eq!(error["error"]["code"], "rate_limited");
    let help = error["error"]["help"].as_str().unwrap();
    let seconds: u64 = help.split(' ').find_map(|word| word.parse().ok()).unwrap_or_else(|| panic!("no time: {help}"));
    assert!((1..=31).contains(&seconds), "{help}");
    // Metadata counts, too; and the refusals are on record.
    assert!(mcp.call("get_tables", json!({})).await.refusal().contains("rate_limited"));
    mcp.close().await;
    let seen = records(&wicket.path(STATE));
    let refused = of_kind(&seen, "rejection");
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|one| one["decision"]["reason"] == "rate_limited"));
}

#[tokio::test]
async fn a_principal_sees_its_own_records_unless_its_policy_grants_all() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    wicket.write("own.toml", WRITER);
    wicket.write("auditor.toml", &format!("{WRITER}\n[history]\nread = \"all\"\n"));
    let principal = |name: &str, policy: &str| format!("[principals.{name}]\npolicy = \"{policy}.toml\"\n");
    let text = ["ana", "ben"].map(|name| principal(name, "own")).concat() + &principal("auditor", "auditor");
    wicket.write("pgwicket.toml", &format!("version = 1\n{text}"));
    let start =
        async |name: &str| wicket.serve_with(&["serve", "--config", "pgwicket.toml", "--principal", name]).await;
    let (mut ana, mut ben, mut auditor) = (start("ana").await, start("ben").await, start("auditor").await);
    for call in 0..3 {
        ana.query(&format!("SELECT {call} AS words_of_ana FROM sales.regions")).await.json();
    }
    ana.query("SELECT nothing FROM sales.regions").await.refusal();
    let before = ben.resource("pgwicket://query_history").await;
    // Not a count, not a name, not a trace.
    assert_eq!(before, json!({ "calls": before["calls"], "complete": true }));
    let own = before["calls"].as_array().unwrap();
    assert!(own.len() == 1 && own[0]["tool"] == "query_history" && own[0]["principal"] == "ben", "{before}");
    ana.query("SELECT 4 AS words_of_ana").await.json();
    let after = ben.resource("pgwicket://query_history").await;
    assert_eq!(after["calls"].as_array().unwrap().len(), 2);
    assert!(!after.to_string().contains("ana"), "{after}");

    let all = auditor.resource("pgwicket://query_history").await;
    let of = |name: &str| all["calls"].as_array().unwrap().iter().filter(|call| call["principal"] == name).count();
    assert_eq!((of("ana"), of("ben"), of("auditor")), (5, 2, 1), "{all}");
    for mcp in [ana, ben, auditor] {
        mcp.close().await;
    }
}
