//! Every field of a record, after real calls: who, where, what, why, and what came of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::of_kind;
use crate::mcp::{READER, SLOW, STATE, WRITER, records};
use crate::support::{Database, Wicket};

/// The newest record of one kind.
fn last(wicket: &Wicket, kind: &str) -> Value {
    (*of_kind(&records(&wicket.path(STATE)), kind).last().unwrap_or_else(|| panic!("no {kind}"))).clone()
}

fn is_digest(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[tokio::test]
async fn every_record_has_its_place_time_and_pair() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(READER, &["tenant=1"]).await;
    for _ in 0..3 {
        mcp.query("SELECT count(*) FROM customers").await.rows();
    }
    mcp.query("SELECT nothing").await.refusal();
    mcp.close().await;
    let seen = records(&wicket.path(STATE));
    let public_key = seen[0]["detail"]["public_key"].as_str().unwrap();
    let key: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&public_key[2 * at..2 * at + 2], 16).unwrap()).collect();
    let hash = pgwicket::history::LineHash::of(&key).to_string();
    let (mut before, mut mono) = (String::new(), 0);
    let mut ids = std::collections::HashSet::new();
    for (number, record) in seen.iter().enumerate() {
        assert_eq!(
            (&record["v"], &record["seq"], &record["instance"]),
            (&json!(1), &json!(number + 1), &json!("i0001"))
        );
        assert_eq!(record["key_id"], hash[..32]);
        let time = record["time"].as_str().unwrap();
        // 2026-01-01T00:00:00.000000000Z, so that times compare as text.
        assert!(time.len() == 30 && time.ends_with('Z') && time.as_bytes()[19] == b'.', "{time}");
        let time_read: jiff::Timestamp = time.parse().unwrap();
        assert!(jiff::Timestamp::now().duration_since(time_read).as_secs() < 120);
        assert!(time >= before.as_str() && record["mono_ns"].as_u64().unwrap() >= mono, "{record}");
        (before, mono) = (time.to_owned(), record["mono_ns"].as_u64().unwrap());
        assert!(ids.insert(record["id"].as_str().unwrap()) && record["id"].as_str().unwrap().len() == 36);
        // Every field is there, null where it has nothing to say.
        for section in ["who", "where", "what", "decision", "result"] {
            assert!(record[section].is_object(), "{record}");
        }
    }
    let intents: Vec<&Value> = of_kind(&seen, "intent").iter().map(|one| &one["id"]).collect();
    let closed: Vec<&Value> = of_kind(&seen, "outcome").iter().map(|one| &one["intent"]).collect();
    assert_eq!((intents.len(), &intents), (3, &closed));
}

#[tokio::test]
async fn who_asked_is_on_record_by_every_door() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    wicket.write("policy.toml", READER);
    let whom = ["--policy", "policy.toml", "--attribute", "tenant=1", "--on-behalf-of", "eve@a.example"];
    let mut mcp = wicket.serve_with(&[&["serve"][..], &whom].concat()).await;
    mcp.query("SELECT 1 AS one").await.rows();
    let uid = std::fs::metadata(wicket.directory()).map(|about| std::os::unix::fs::MetadataExt::uid(&about)).unwrap();
    let address = format!("local:uid={uid},pid={}", std::process::id());
    let seen = records(&wicket.path(STATE));
    let session = &of_kind(&seen, "session_open")[0]["id"];
    let who = json!({
        "principal": "local", "authentication": "local", "client_name": "pgwicket tests", "client_version": "1",
        "on_behalf_of": "eve@a.example", "address": address, "session": session,
    });
    for kind in ["session_open", "intent", "outcome"] {
        assert_eq!(of_kind(&seen, kind)[0]["who"], who, "{kind}");
    }
    mcp.query("SELECT nothing").await.refusal();
    assert_eq!(last(&wicket, "rejection")["who"], who);
    mcp.call("get_tables", json!({})).await.json();
    assert_eq!(last(&wicket, "outcome")["who"], who);
    mcp.close().await;
    assert_eq!(last(&wicket, "session_close")["who"], who);

    for command in ["query", "check"] {
        wicket.run(&[&[command, "SELECT 1 AS one"][..], &whom].concat()).await;
        let who = last(&wicket, "outcome")["who"].clone();
        let expected = json!({
            "principal": "local", "authentication": "local", "client_name": null, "client_version": null,
            "on_behalf_of": "eve@a.example", "address": address, "session": null,
        });
        assert_eq!(who, expected);
    }
}

#[tokio::test]
async fn where_it_ran_is_on_record_with_the_backend() {
    let database = Database::sample().await;
    let mut wicket = Wicket::on(&database);
    wicket.env("POSTGRES_POOL_SIZE", "1").env("POSTGRES_MAX_OVERFLOW", "0");
    let policy = READER.replace("[limits]", "[limits]\ntimeout = \"1s\"");
    let mut mcp = wicket.serve(&policy, &["tenant=1"]).await;
    let environment = database.environment();
    let value = |name: &str| environment.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    let server = match value("POSTGRES_HOST") {
        host if host.starts_with('/') => format!("{host}/.s.PGSQL.{}", value("POSTGRES_PORT")),
        host => format!("{host}:{}", value("POSTGRES_PORT")),
    };
    let place = |role: &str, pid: Option<i32>| json!({ "door": "mcp", "server": server, "database": database.name(), "role": role, "backend_pid": pid });
    let beside = database.connect().await;
    let backend = async || -> i32 {
        let ours = "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND usename = 'wicket' ORDER BY backend_start DESC LIMIT 1";
        beside.query_one(ours, &[&database.name()]).await.unwrap().get(0)
    };
    mcp.query("SELECT count(*) FROM customers").await.rows();
    let pid = backend().await;
    assert_eq!(last(&wicket, "outcome")["where"], place("wicket", Some(pid)));
    // Not known yet when the intent is written, and no business of a refusal or of a metadata call.
    assert_eq!(last(&wicket, "intent")["where"], place("wicket", None));
    mcp.query("SELECT nothing").await.refusal();
    assert_eq!(last(&wicket, "rejection")["where"], place("wicket", None));
    mcp.call("get_tables", json!({})).await.json();
    assert_eq!(last(&wicket, "outcome")["where"], place("wicket", None));
    // Statements that fail, or run out of time, name it too.
    mcp.query("SELECT 1 / (count(*) - count(*)) FROM orders").await.refusal();
    assert_eq!(last(&wicket, "outcome")["where"], place("wicket", Some(pid)));
    mcp.query(SLOW).await.refusal();
    let timed_out = last(&wicket, "outcome");
    assert_eq!(
        (&timed_out["result"]["status"], &timed_out["where"]["backend_pid"]),
        (&json!("timed_out"), &json!(pid))
    );
    mcp.close().await;

    // The role that the policy names, and a write.
    let policy = format!("role = \"wicket_reader\"\n{READER}");
    let mut mcp = wicket.serve(&policy, &["tenant=1"]).await;
    mcp.query("SELECT count(*) FROM orders").await.rows();
    assert_eq!(last(&wicket, "outcome")["where"]["role"], "wicket_reader");
    assert_eq!(last(&wicket, "session_open")["where"]["role"], "wicket_reader");
    mcp.close().await;
    let mut mcp = wicket.serve(WRITER, &[]).await;
    mcp.call("insert_data", json!({ "table": "scratch.notes", "rows": [{ "author": "eve", "body": "x" }] }))
        .await
        .json();
    let pid = backend().await;
    assert_eq!(last(&wicket, "outcome")["where"], place("wicket", Some(pid)));
    mcp.close().await;
}

#[tokio::test]
async fn what_was_asked_is_on_record_and_comparable() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(READER, &["tenant=1"]).await;
    let mut asked = async |sql: &str, params: Value| {
        mcp.call("query_execute", json!({ "sql": sql, "params": params })).await.rows();
        last(&wicket, "intent")["what"].clone()
    };
    let sql = "SELECT c.email, lower(c.name) FROM customers AS c JOIN orders AS o ON o.customer_id = c.id \
               WHERE o.status = 'new' AND c.name <> $1";
    let what = asked(sql, json!(["one"])).await;
    assert_eq!(
        (&what["tool"], &what["statement"], &what["writes"], &what["form"]),
        (&json!("query_execute"), &json!("select"), &json!(false), &json!("redacted"))
    );
    assert_eq!((&what["sql_bytes"], &what["parameters"]), (&json!(sql.len()), &Value::Null));
    let text = what["sql"].as_str().unwrap();
    assert!(text.contains("\"sales\".\"orders\"") && text.contains("= ?") && text.contains("$1"), "{text}");
    assert!(!text.contains("tenant_id"), "the client's own statement: {text}");
    let rewritten = what["rewritten"].as_str().unwrap();
    assert!(rewritten.contains("tenant_id") && !rewritten.contains("'new'"), "{rewritten}");
    let used: Vec<(&str, &str)> = what["relations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["relation"].as_str().unwrap(), one["access"].as_str().unwrap()))
        .collect();
    assert!(used.contains(&("sales.customers", "read")) && used.contains(&("sales.orders", "read")), "{used:?}");
    assert_eq!(what["masked"], json!([{ "column": "sales.customers.email", "mask": "email" }]));
    let filter = &what["filters"][0];
    assert_eq!(filter["relation"], "sales.customers");
    assert!(filter["rule"].as_str().unwrap().contains("tables.\"sales.customers\".rows"), "{filter}");
    assert!(what["functions"].as_array().unwrap().contains(&json!("pg_catalog.lower")), "{}", what["functions"]);
    assert!(
        is_digest(&what["sql_digest"]) && is_digest(&what["literals_digest"]) && is_digest(&what["parameters_digest"])
    );

    // Another literal: the same fingerprint, another digest. Another value: another digest of parameters alone.
    let other = asked(&sql.replace("'new'", "'paid'"), json!(["one"])).await;
    assert_eq!((&other["fingerprint"], &other["sql"]), (&what["fingerprint"], &what["sql"]));
    assert_eq!(other["parameters_digest"], what["parameters_digest"]);
    assert!(other["literals_digest"] != what["literals_digest"] && other["sql_digest"] != what["sql_digest"]);
    let again = asked(sql, json!(["two"])).await;
    assert_eq!((&again["literals_digest"], &again["sql_digest"]), (&what["literals_digest"], &what["sql_digest"]));
    assert_ne!(again["parameters_digest"], what["parameters_digest"]);
    let another = asked("SELECT 1 AS one", json!([])).await;
    assert_ne!(another["fingerprint"], what["fingerprint"]);
    assert_eq!((&another["parameters_digest"], &another["relations"]), (&Value::Null, &json!([])));

    // What was refused: from its tokens, if it can be read.
    mcp.query("SELECT ssn FROM customers WHERE id = 7 -- why not").await.refusal();
    let refused = last(&wicket, "rejection")["what"].clone();
    assert_eq!(refused["sql"], "SELECT ssn FROM customers WHERE id = ?");
    assert!(is_digest(&refused["sql_digest"]) && refused["fingerprint"].as_str().unwrap().len() == 32);
    mcp.query("SELEKT 7").await.refusal();
    let unread = last(&wicket, "rejection")["what"].clone();
    assert_eq!((&unread["sql"], &unread["sql_bytes"]), (&Value::Null, &json!(8)));
    assert!(is_digest(&unread["sql_digest"]));
    // Nor may a hidden table's name be asked for, or written to, without leaving its name.
    mcp.call("get_table_schema", json!({ "table": "hr.employees" })).await.refusal();
    let about = last(&wicket, "rejection")["what"].clone();
    assert_eq!(about["relations"], json!([{ "relation": "hr.employees", "access": "read" }]));
    mcp.close().await;
    let mut mcp = wicket.serve(WRITER, &[]).await;
    mcp.call("delete_data", json!({ "table": "sales.orders", "where": { "id": 1 } })).await.refusal();
    let about = last(&wicket, "rejection")["what"].clone();
    assert_eq!(about["relations"], json!([{ "relation": "sales.orders", "access": "delete" }]));
    mcp.query("UPDATE scratch.notes SET done = true WHERE author IN (SELECT name FROM sales.regions)").await.json();
    let used = last(&wicket, "intent")["what"]["relations"].clone();
    assert!(used.as_array().unwrap().contains(&json!({ "relation": "scratch.notes", "access": "update" })), "{used}");
    assert!(used.as_array().unwrap().contains(&json!({ "relation": "sales.regions", "access": "read" })), "{used}");
    mcp.close().await;
}

#[tokio::test]
async fn what_was_decided_is_on_record_with_rule_policy_and_catalog() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(READER, &["tenant=1"]).await;
    mcp.query("SELECT count(*) FROM customers").await.rows();
    let load = last(&wicket, "policy_load")["detail"]["policies"][0].clone();
    let admitted = last(&wicket, "outcome")["decision"].clone();
    assert_eq!((&admitted["verdict"], &admitted["policy"]), (&json!("admitted"), &json!("reader")));
    assert_eq!(admitted["policy_digest"], load["policy_digest"]);
    let version = admitted["catalog_version"].as_str().unwrap().to_owned();
    assert_eq!(last(&wicket, "intent")["decision"], admitted);

    mcp.query("SELECT ssn, nothing FROM customers").await.refusal();
    let refused = last(&wicket, "rejection")["decision"].clone();
    assert_eq!(
        (&refused["verdict"], &refused["reason"], &refused["told"]),
        (&json!("rejected"), &json!("unknown_column"), &json!("unknown_column"))
    );
    assert!(refused["rule"].as_str().unwrap().contains("columns.\"*.ssn\""), "{refused}");
    assert_eq!((&refused["policy_digest"], &refused["catalog_version"]), (&load["policy_digest"], &json!(version)));

    // The policy doesn't fit the database any more: nothing is executed, and that is on record like everything else.
    database.script("ALTER TABLE sales.customers RENAME COLUMN tenant_id TO somebody").await;
    let refusals = async |mcp: &mut crate::support::Mcp| mcp.query("SELECT count(*) FROM customers").await.text;
    let mut told = refusals(&mut mcp).await;
    for _ in 0..200 {
        if told.contains("policy_unusable") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        told = refusals(&mut mcp).await;
    }
    assert!(told.contains("policy_unusable"), "{told}");
    let before = of_kind(&records(&wicket.path(STATE)), "rejection").len();
    mcp.call("get_tables", json!({})).await.refusal();
    let seen = records(&wicket.path(STATE));
    let rejections = of_kind(&seen, "rejection");
    assert_eq!(rejections.len(), before + 1);
    let decision = &rejections[before]["decision"];
    assert_eq!((&decision["reason"], &decision["policy"]), (&json!("policy_unusable"), &json!("reader")));
    assert!(decision["catalog_version"].is_string() && decision["catalog_version"] != version);
    mcp.close().await;
}

#[tokio::test]
async fn what_came_of_it_is_on_record() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let policy = READER.replace("rows = 500", "rows = 3\ntimeout = \"1s\"");
    let mut mcp = wicket.serve(&policy, &["tenant=1"]).await;
    let answer = mcp.query("SELECT id FROM customers").await;
    assert_eq!(answer.rows().len(), 3);
    let result = last(&wicket, "outcome")["result"].clone();
    // What the door says of the next rows is none of the result's.
    let (own, _) = answer.text.split_once(",\"cursor\":").unwrap();
    let expected = json!({
        "status": "ok", "reason": null, "rows": 3, "affected": null, "bytes": own.len() + "}".len(), "sqlstate": null,
        "error": null, "duration_ns": result["duration_ns"], "truncated": true,
    });
    assert_eq!(result, expected);
    assert!((1_000..60_000_000_000_u64).contains(&result["duration_ns"].as_u64().unwrap()), "{result}");
    mcp.query("SELECT id FROM customers LIMIT 1").await.rows();
    assert_eq!(last(&wicket, "outcome")["result"]["truncated"], false);

    mcp.query("SELECT 1 / 0").await.refusal();
    let failed = last(&wicket, "outcome")["result"].clone();
    assert_eq!(
        (&failed["status"], &failed["reason"], &failed["sqlstate"], &failed["error"], &failed["rows"]),
        (&json!("failed"), &json!("database_error"), &json!("22012"), &Value::Null, &Value::Null)
    );
    mcp.query(SLOW).await.refusal();
    let late = last(&wicket, "outcome")["result"].clone();
    assert_eq!((&late["status"], &late["reason"]), (&json!("timed_out"), &json!("deadline_exceeded")));
    assert!(late["duration_ns"].as_u64().unwrap() >= 1_000_000_000, "{late}");

    let tables = mcp.call("get_tables", json!({})).await;
    let told = last(&wicket, "outcome")["result"].clone();
    let list = tables.json()["tables"].to_string();
    assert_eq!((&told["status"], &told["bytes"]), (&json!("ok"), &json!(list.len())));
    mcp.query("SELECT nothing").await.refusal();
    let refused = last(&wicket, "rejection")["result"].clone();
    assert!(refused["duration_ns"].as_u64().unwrap() > 0 && refused["status"].is_null(), "{refused}");
    mcp.close().await;
    let mut mcp = wicket.serve(WRITER, &[]).await;
    mcp.query("UPDATE scratch.notes SET done = true WHERE id < 3").await.json();
    let written = last(&wicket, "outcome")["result"].clone();
    assert_eq!((&written["status"], &written["affected"], &written["rows"]), (&json!("ok"), &json!(2), &json!(0)));
    mcp.close().await;
}
