//! Everything that a client or a person can send, with canaries in it.

use serde_json::{Value, json};

use super::canary::Nest;
use super::setup::Scene;
use crate::mcp::SLOW;

/// What came out, by where.
#[derive(Debug, Default)]
pub struct Answers {
    /// To the client, or to the person at the command line.
    pub replies: String,
    /// Standard error of the servers.
    pub log: String,
    /// What `pgwicket history` prints.
    pub history: String,
}

/// Statements with a literal of each kind, admitted, refused at each stage, and failing in the database.
fn statements(nest: &mut Nest) -> Vec<String> {
    let mut all = Vec::new();
    let forms: [(&str, &str); 21] = [
        ("a literal", "SELECT id FROM vault WHERE name = '@'"),
        ("a literal beside a hidden column", "SELECT ssn FROM vault WHERE name = '@'"),
        ("a literal of an unknown table", "SELECT * FROM nowhere WHERE name = '@'"),
        ("an escape string", "SELECT E'@\\n'"),
        ("a dollar quote", "SELECT $$@$$ AS x"),
        ("a tagged dollar quote", "SELECT $t$@$t$ AS x"),
        ("a line comment", "SELECT 1 -- @"),
        ("a block comment", "SELECT /* @ /* nested @ */ */ 1"),
        ("a unicode string", "SELECT U&'@'"),
        ("a national string", "SELECT N'@'"),
        ("a pattern", "SELECT id FROM vault WHERE name LIKE '%@%'"),
        ("a cast that fails", "SELECT '@'::int FROM vault"),
        ("a cast that fails without a table", "SELECT '@'::int"),
        ("a date that is none", "SELECT DATE '@'"),
        ("a JSON text", "SELECT '{\"a\": \"@\"}'::jsonb ->> 'a'"),
        ("a broken JSON text", "SELECT '{@'::jsonb"),
        ("a regular expression", "SELECT id FROM vault WHERE name ~ '[@'"),
        ("an array", "SELECT id FROM vault WHERE name = ANY(ARRAY['@', 'b'])"),
        ("an IN list", "SELECT id FROM vault WHERE name IN ('@', 'b')"),
        ("an interval", "SELECT INTERVAL '@'"),
        ("a format", "SELECT to_char(now(), '\"@\"')"),
    ];
    for (put, form) in forms {
        all.push(form.replace('@', &nest.word(put)));
    }
    let more: [(&str, &str); 23] = [
        ("a notice", "SELECT noisy('@')"),
        ("an exception", "SELECT failing('@')"),
        ("a function that isn't there", "SELECT nothing_here('@')"),
        ("a function that isn't allowed", "SELECT pg_read_file('@')"),
        (
            "a statement that isn't allowed",
            "MERGE INTO vault USING vault AS b ON true WHEN MATCHED THEN UPDATE SET name = '@'",
        ),
        ("an unknown statement", "SELEKT '@'"),
        ("DDL", "CREATE ROLE x PASSWORD '@'"),
        ("ALTER ROLE", "ALTER ROLE wicket PASSWORD '@'"),
        ("SET", "SET pgcrypto.key = '@'"),
        ("COPY", "COPY vault FROM PROGRAM '@'"),
        ("DO", "DO $$ BEGIN PERFORM '@'; END $$"),
        ("NOTIFY", "NOTIFY x, '@'"),
        ("a missing quote", "SELECT id FROM vault WHERE name = 'it's @'"),
        ("a quote too many", "SELECT id FROM vault WHERE name = 'O'@', 'x'"),
        ("quotes that come in pairs", "SELECT id FROM vault WHERE name = 'it's @, isn't it'"),
        ("an open quote", "SELECT id FROM vault WHERE name = 'open @"),
        ("an open dollar quote", "SELECT $x$ @"),
        ("an open comment", "SELECT 1 /* @"),
        ("the wrong quotes", "SELECT id FROM vault WHERE name = \"@\""),
        ("a second statement", "SELECT 1; SELECT '@'"),
        ("EXPLAIN", "EXPLAIN SELECT id FROM vault WHERE name = '@'"),
        ("a write", "UPDATE scratch.safe SET name = '@' WHERE id = 1"),
        ("a write that fails", "INSERT INTO scratch.safe (id, name) VALUES (1, '@')"),
    ];
    for (put, form) in more {
        all.push(form.replace('@', &nest.word(put)));
    }
    let numbers: [(&str, &str); 9] = [
        ("a number", "SELECT id FROM vault WHERE id = @"),
        ("a decimal number", "SELECT @.5::numeric"),
        ("an exponent", "SELECT @e300 * 1e300"),
        ("a number out of range", "SELECT id FROM vault WHERE id = @::int"),
        ("a limit", "SELECT id FROM vault LIMIT @"),
        ("a hexadecimal number", "SELECT 0x@"),
        ("a number glued to a word", "SELECT @abc"),
        ("a check", "UPDATE scratch.safe SET n = 1000 + @ WHERE id = 1"),
        ("a typed number", "SELECT interval '@ days', timestamp '@-01-01'"),
    ];
    for (put, form) in numbers {
        all.push(form.replace('@', &nest.number(put)));
    }
    // Beyond the bounds.
    all.push(format!("SELECT '{}{}'", nest.word("a text that is too long"), "x".repeat(300_000)));
    all.push(format!("SELECT '{}'{}", nest.word("too many tokens"), " || 'x'".repeat(15_000)));
    all.push(format!("SELECT {}'{}'{}", "(".repeat(150), nest.word("too deep"), ")".repeat(150)));
    all
}

/// Calls with parameters and arguments.
fn calls(nest: &mut Nest) -> Vec<(&'static str, Value)> {
    let mut word = |put: &str| nest.word(put);
    vec![
        ("query_execute", json!({ "sql": "SELECT $1::text AS x", "params": [word("a parameter")] })),
        (
            "query_execute",
            json!({ "sql": "SELECT id FROM vault WHERE name = $1", "params": [word("a compared parameter")] }),
        ),
        ("query_execute", json!({ "sql": "SELECT $1::int AS x", "params": [word("a parameter of another type")] })),
        (
            "query_execute",
            json!({ "sql": "SELECT id FROM vault WHERE id = $1", "params": [word("an id that is none")] }),
        ),
        ("query_execute", json!({ "sql": "SELECT 1", "params": [word("a superfluous parameter")] })),
        ("query_execute", json!({ "sql": "SELECT $2::text", "params": [word("too few parameters")] })),
        ("query_execute", json!({ "sql": "SELECT $1::jsonb AS x", "params": [{ "a": [word("an object")] }] })),
        ("query_execute", json!({ "sql": "SELECT $1::int[] AS x", "params": [[word("a list")]] })),
        ("query_execute", json!({ "sql": "SELECT $1::text AS x", "params": word("no list") })),
        ("query_execute", json!({ "sql": [word("SQL that is no text")] })),
        ("query_execute", json!({ "sql": "SELECT noisy($1)", "params": [word("a notice's parameter")] })),
        ("query_execute", json!({ "sql": "SELECT failing($1)", "params": [word("an exception's parameter")] })),
        ("query_execute", json!({ "sql": "SELECT 1", word("an argument's name"): 1 })),
        (
            "query_execute",
            json!({ "sql": "SELECT ssn FROM vault WHERE name = $1", "params": [word("beside a hidden column")] }),
        ),
        ("check_query", json!({ "sql": format!("SELECT id FROM vault WHERE name = '{}'", word("a checked literal")) })),
        (
            "check_query",
            json!({ "sql": "SELECT ssn FROM vault WHERE name = $1", "params": [word("a checked parameter")] }),
        ),
        (
            "explain_query",
            json!({ "sql": format!("SELECT id FROM vault WHERE name = '{}'", word("an explained literal")) }),
        ),
        (
            "explain_query",
            json!({ "sql": "SELECT id FROM vault WHERE name = $1", "params": [word("an explained parameter")] }),
        ),
        (
            "explain_query",
            json!({ "sql": format!("DELETE FROM vault WHERE name = '{}'", word("not to be explained")) }),
        ),
        ("search_objects", json!({ "query": word("words to look for") })),
        ("search_objects", json!({ "query": "x", "detail": word("a detail") })),
        ("get_tables", json!({ "pattern": word("a pattern of names") })),
        ("get_tables", json!({ "schema": word("a schema") })),
        ("get_tables", json!({ "schema": { "x": word("a schema that is no text") } })),
        ("get_table_schema", json!({ "table": [["x", word("a name that is no text")]] })),
        ("get_table_schema", json!({ "table": "hr.employees", "x": word("another argument") })),
        ("insert_data", json!({ "table": "scratch.safe", "rows": [{ "id": 7, "name": word("an inserted value") }] })),
        (
            "insert_data",
            json!({ "table": "scratch.safe", "rows": [{ "id": word("an inserted value of another type") }] }),
        ),
        ("insert_data", json!({ "table": "scratch.safe", "rows": [{ "id": 1, "name": word("a taken key") }] })),
        ("insert_data", json!({ "table": "sales.vault", "rows": [{ "id": 9, "name": word("not writable") }] })),
        ("insert_data", json!({ "table": "scratch.safe", "rows": [{ word("a column"): 1 }] })),
        ("insert_data", json!({ "table": "scratch.safe", "rows": word("rows that are none") })),
        (
            "update_data",
            json!({ "table": "scratch.safe", "values": { "name": word("an updated value") }, "where": { "id": 7 } }),
        ),
        (
            "update_data",
            json!({ "table": "scratch.safe", "values": { "n": 1 }, "where": { "name": word("a filter's value") } }),
        ),
        (
            "update_data",
            json!({ "table": "scratch.safe", "values": { "n": 1 }, "where": { "name": { "op": word("an operator"), "value": 1 } } }),
        ),
        (
            "update_data",
            json!({ "table": "scratch.safe", "values": { "name": "taken" }, "where": { "name": { "op": "like", "value": word("a pattern's value") } } }),
        ),
        ("delete_data", json!({ "table": "scratch.safe", "where": { "name": word("a deleted value") } })),
        (
            "delete_data",
            json!({ "table": "scratch.safe", "where": { "name": { "op": "in", "value": [word("one of several")] } } }),
        ),
        ("delete_data", json!({ "table": "scratch.safe", "where": { "id": word("an id to delete") } })),
    ]
}

/// All of it, by MCP and by the command line.
pub async fn everything(scene: &Scene, nest: &mut Nest, principal: &str) -> Answers {
    let mut answers = Answers::default();
    by_mcp(scene, nest, principal, &mut answers).await;
    by_command_line(scene, nest, principal, &mut answers).await;
    answers
}

async fn by_mcp(scene: &Scene, nest: &mut Nest, principal: &str, answers: &mut Answers) {
    let mut mcp = scene.serve(principal).await;
    let mut say = |text: &str| {
        answers.replies.push_str(text);
        answers.replies.push('\n');
    };
    for sql in ["SELECT * FROM vault", "SELECT count(*), min(phone) FROM vault", "TABLE vault"] {
        say(&mcp.query(sql).await.text);
    }
    for sql in statements(nest) {
        say(&mcp.query(&sql).await.text);
    }
    for (tool, arguments) in calls(nest) {
        say(&mcp.request("tools/call", json!({ "name": tool, "arguments": arguments })).await.to_string());
    }
    // The time is up, and the client has lost patience.
    let slow = |word: String| SLOW.replace("count(*)", &format!("count(*), '{word}'"));
    say(&mcp.query(&slow(nest.word("a statement that takes too long"))).await.text);
    let cancelled = json!({ "sql": slow(nest.word("a statement that is cancelled")) });
    let running = mcp.start_call("query_execute", cancelled).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let reason = nest.word("a reason to cancel");
    mcp.notify("notifications/cancelled", json!({ "requestId": running.id, "reason": reason })).await;
    mcp.tools().await;
    mcp.resources().await;
    for uri in ["pgwicket://database_info", "pgwicket://query_history"] {
        // Under `record = "full"` the history has the literals; rows it never has.
        let shown = mcp.resource(uri).await.to_string();
        if principal == "ana" {
            answers.history.push_str(&shown);
        }
        say(&shown);
    }
    // The database structure changes beneath it.
    let sql = format!("SELECT id, '{}' FROM vault", nest.word("a statement that is admitted anew"));
    scene.database.script("ALTER TABLE sales.vault ADD COLUMN extra text").await;
    say(&mcp.query(&sql).await.text);
    // The backend is gone beneath it.
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'wicket_canary' \
        AND datname = current_database()";
    let running = mcp.start_call("query_execute", json!({ "sql": slow(nest.word("a lost connection")) })).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    scene.database.connect().await.execute(kill, &[]).await.unwrap();
    say(&running.tool_result().await.text);
    let (_, log) = mcp.close().await;
    answers.log.push_str(&log);
}

async fn by_command_line(scene: &Scene, nest: &mut Nest, principal: &str, answers: &mut Answers) {
    let whom = ["--config", "pgwicket.toml", "--principal", principal];
    let run = async |arguments: &[&str]| scene.wicket.run(&[arguments, &whom].concat()).await;
    let forms = ["SELECT id FROM vault WHERE name = '@'", "SELECT ssn FROM vault WHERE name = '@'", "SELEKT '@'"];
    for command in ["check", "query"] {
        for form in forms {
            let sql = form.replace('@', &nest.word("the command line"));
            let finished = run(&[command, &sql]).await;
            answers.replies += &(finished.stdout + &log_apart(&finished.stderr, &mut answers.log));
        }
        let word = nest.word("a parameter at the command line");
        let finished = run(&[command, "SELECT $1::int", "--param", &word]).await;
        answers.replies += &(finished.stdout + &log_apart(&finished.stderr, &mut answers.log));
    }
    for arguments in [
        &["policy", "check", "reader.toml", "--config", "pgwicket.toml"][..],
        &["policy", "grants", "reader.toml", "--config", "pgwicket.toml"],
        &["doctor", "--config", "pgwicket.toml", "--principal", principal],
        &["doctor", "--config", "pgwicket.toml", "--principal", principal, "--format", "json"],
    ] {
        let finished = scene.wicket.run(arguments).await;
        answers.replies += &(finished.stdout + &log_apart(&finished.stderr, &mut answers.log));
    }
    let directory = ["--history", "history"];
    for arguments in [
        &["tail", "-n", "1000"][..],
        &["tail", "-n", "1000", "--format", "jsonl"],
        &["search", "vault", "--limit", "1000"],
        &["search", "vault", "--limit", "1000", "--no-index"],
        &["stats"],
        &["stats", "--format", "json"],
        &["export", "--format", "csv"],
        &["export", "--format", "jsonl"],
        &["show", "i0001/10"],
        &["verify"],
    ] {
        let finished = scene.wicket.run(&[&["history"], arguments, &directory].concat()).await;
        if principal == "ana" {
            answers.history += &finished.stdout;
        }
        answers.log += &finished.stderr;
    }
    let word = nest.word("what was searched for");
    scene.wicket.run(&[&["history", "search", word.as_str()][..], &directory].concat()).await;
}

/// Adds the lines of the log to the log, and gives the rest: what the person is told.
fn log_apart(stderr: &str, log: &mut String) -> String {
    let is_log =
        |line: &&str| line.starts_with('{') || line.get(..4).is_some_and(|start| start == "2026" || start == "2027");
    for line in stderr.lines().filter(is_log) {
        log.push_str(line);
        log.push('\n');
    }
    stderr.lines().filter(|line| !is_log(line)).map(|line| format!("{line}\n")).collect()
}
