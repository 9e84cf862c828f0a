//! The secret scan: canaries in literals, parameters, comments, hidden rows, passwords and keys, sent through every door and
//! every way of failing, and afterwards looked for in the ledger, its index, the logs and the answers.

mod canary;
mod doors;
mod setup;

use serde_json::json;

use canary::Nest;
use setup::{Scene, key_texts};

/// Nothing was found; else all of it is told.
fn nothing(found: Vec<String>) {
    assert!(found.is_empty(), "{} leaks:\n{}", found.len(), found.join("\n"));
}

#[tokio::test]
async fn literals_rows_passwords_and_keys_are_nowhere() {
    let mut scene = Scene::new("text").await;
    let mut literals = Nest::default();
    let answers = doors::everything(&scene, &mut literals, "ana").await;
    // What was shown to whoever may see it isn't a leak, but no canary that nobody sees proves anything.
    assert!(answers.replies.contains(&scene.visible), "no row was ever shown");
    scene.passwords.canaries.extend(key_texts(&scene.wicket));
    let mut found = Vec::new();
    for nest in [&literals, &scene.rows, &scene.passwords] {
        found.extend(nest.found_below(&scene.wicket.path("history")));
        found.extend(nest.found_in("the log", answers.log.as_bytes()));
        found.extend(nest.found_in("what history prints", answers.history.as_bytes()));
    }
    for nest in [&scene.hidden, &scene.passwords] {
        found.extend(nest.found_in("an answer", answers.replies.as_bytes()));
    }
    nothing(found);
    assert!(answers.log.contains("TRACE") || answers.log.contains("DEBUG") || answers.log.contains("INFO"));
}

#[tokio::test]
async fn the_log_in_json_holds_no_more() {
    let mut scene = Scene::new("json").await;
    let mut literals = Nest::default();
    let answers = doors::everything(&scene, &mut literals, "ana").await;
    scene.passwords.canaries.extend(key_texts(&scene.wicket));
    let mut found = Vec::new();
    for nest in [&literals, &scene.rows, &scene.passwords] {
        found.extend(nest.found_in("the log", answers.log.as_bytes()));
    }
    nothing(found);
}

/// `record = "full"` has literals and parameters; rows, passwords and keys it hasn't.
#[tokio::test]
async fn a_full_record_holds_what_was_sent_and_no_more() {
    let mut scene = Scene::new("text").await;
    let mut literals = Nest::default();
    let answers = doors::everything(&scene, &mut literals, "fay").await;
    scene.passwords.canaries.extend(key_texts(&scene.wicket));
    let history = scene.wicket.path("history");
    let mut found = Vec::new();
    for nest in [&scene.rows, &scene.passwords] {
        found.extend(nest.found_below(&history));
        found.extend(nest.found_in("the log", answers.log.as_bytes()));
    }
    found.extend(literals.found_in("the log", answers.log.as_bytes()));
    for nest in [&scene.hidden, &scene.passwords] {
        found.extend(nest.found_in("an answer", answers.replies.as_bytes()));
    }
    nothing(found);
    assert!(literals.found_below(&history).len() > 20, "nothing was recorded in full");
}

/// Every way to name a database wrongly tells what is wrong and not what the password is.
#[tokio::test]
async fn a_faulty_configuration_tells_no_password() {
    let scene = Scene::new("text").await;
    let mut nest = Nest::default();
    let mut said = String::new();
    let mut wicket = crate::support::Wicket::without_database();
    wicket.env("PGWICKET_LOG", "trace").write("policy.toml", setup::WRITER);
    for (name, value) in setup::FAULTS {
        let word = nest.word(&format!("{name}={value}"));
        wicket.env(name, &value.replace("CANARY", &word));
        for command in [&["serve"][..], &["check", "SELECT 1"], &["query", "SELECT 1"], &["doctor"]] {
            let finished = wicket.run(&[command, &["--policy", "policy.toml"]].concat()).await;
            assert_ne!(finished.code, Some(0), "{name}={value}: {finished:?}");
            said += &(finished.stdout + &finished.stderr);
        }
        wicket.environment_without(name);
    }
    for (text, dotenv) in setup::FAULTY_FILES {
        let word = nest.word(&format!("{text}{dotenv}"));
        wicket.write("pgwicket.toml", &text.replace("CANARY", &word));
        wicket.write(".env", &dotenv.replace("CANARY", &word));
        for command in ["serve", "doctor"] {
            let finished = wicket.run(&[command, "--config", "pgwicket.toml"]).await;
            assert_ne!(finished.code, Some(0), "{text}{dotenv}: {finished:?}");
            said += &(finished.stdout + &finished.stderr);
        }
    }
    let mut found = nest.found_in("what is told", said.as_bytes());

    // A wrong password, and one in a file.
    let (mut wicket, wrong) = (scene.wicket, nest.word("a wrong password"));
    wicket.environment_without("POSTGRES_PASSWORD").write("secret", &wrong);
    wicket.write(".env", "");
    let toml = std::fs::read_to_string(wicket.path("pgwicket.toml")).unwrap();
    wicket.write("pgwicket.toml", &toml.replace("[database]\n", "[database]\npassword_file = \"secret\"\n"));
    for command in [&["serve"][..], &["check", "SELECT 1"], &["doctor"]] {
        let finished = wicket.run(&[command, &["--config", "pgwicket.toml", "--principal", "ana"]].concat()).await;
        assert_eq!(finished.code, Some(3), "{finished:?}");
        found.extend(nest.found_in("what is told", (finished.stdout + &finished.stderr).as_bytes()));
    }
    if wicket.path("history").is_dir() {
        found.extend(nest.found_below(&wicket.path("history")));
    }
    nothing(found);
}

/// A client that fills every field of the protocol with what it should keep to itself.
#[tokio::test]
async fn odd_messages_leave_nothing_in_the_log() {
    let scene = Scene::new("text").await;
    let mut nest = Nest::default();
    let mut mcp = scene.serve("ana").await;
    let id = |number: u64| 10_000 + number;
    let mut lines: Vec<String> = Vec::new();
    let mut word = |put: &str| nest.word(put);
    lines.push(format!("this is no JSON: {}", word("no JSON")));
    lines.push(format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{{\"name\":\"{}",
        word("half JSON")
    ));
    lines.push(json!([{ "jsonrpc": "2.0", "id": id(1), "method": word("a batch") }]).to_string());
    lines.push(json!({ "jsonrpc": word("a version"), "id": id(2), "method": "ping" }).to_string());
    lines.push(json!({ "jsonrpc": "2.0", "id": { "a": word("an id") }, "method": "ping" }).to_string());
    lines.push(json!({ "jsonrpc": "2.0", "id": word("a text as id"), "method": "ping" }).to_string());
    lines.push(json!({ "jsonrpc": "2.0", "id": id(3), "method": word("a method") }).to_string());
    lines.push(
        json!({ "jsonrpc": "2.0", "method": word("a notification"), "params": { "x": word("its params") } })
            .to_string(),
    );
    lines.push(
        json!({ "jsonrpc": "2.0", "id": id(4), "method": "tools/call", "params": word("params as text") }).to_string(),
    );
    lines.push(
        json!({ "jsonrpc": "2.0", "id": id(5), "method": "tools/call",
        "params": { "name": 7, "arguments": { "sql": word("a name that is no text") } } })
        .to_string(),
    );
    lines.push(
        json!({ "jsonrpc": "2.0", "id": id(6), "method": "tools/call",
        "params": { "name": "query_execute", "arguments": word("arguments as text") } })
        .to_string(),
    );
    lines.push(
        json!({ "jsonrpc": "2.0", "id": id(7), "method": "tools/call",
        "params": { "name": "query_execute", "arguments": [word("arguments as a list")] } })
        .to_string(),
    );
    lines.push(
        json!({ "jsonrpc": "2.0", "id": id(8), "method": "tools/call", "params": { "name": "query_execute",
        "arguments": { "sql": "SELECT 1" }, "_meta": { "progressToken": word("a token"), "x": word("meta") },
        "odd": word("an odd field") } })
        .to_string(),
    );
    lines.push(
        json!({ "jsonrpc": "2.0", "id": id(9), "method": "resources/read",
        "params": { "uri": format!("pgwicket://query_history?token={}", word("a resource's query")) } })
        .to_string(),
    );
    lines.push(
        json!({ "jsonrpc": "2.0", "id": id(10), "method": "tools/call",
        "params": { "name": format!("query_execute {}", word("behind a tool's name")), "arguments": {} } })
        .to_string(),
    );
    lines.push(json!({ "jsonrpc": "2.0", "id": id(11), "result": { "x": word("an answer to nothing") } }).to_string());
    lines.push(
        json!({ "jsonrpc": "2.0", "id": id(12), "error": { "code": 1, "message": word("an error") } }).to_string(),
    );
    lines.push(
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": { "requestId": word("a request's id"), "reason": word("a reason") } })
        .to_string(),
    );
    lines.push(json!({ "jsonrpc": "2.0", "id": id(13), "method": "completion/complete",
        "params": { "ref": { "type": "ref/prompt", "name": word("a prompt") }, "argument": { "name": "a", "value": word("a value") } } }).to_string());
    lines.push(json!({ "jsonrpc": "2.0", "id": id(14), "method": "prompts/get", "params": { "name": word("another prompt") } }).to_string());
    lines.push(
        json!({ "jsonrpc": "2.0", "id": id(15), "method": "logging/setLevel", "params": { "level": word("a level") } })
            .to_string(),
    );
    lines.push(
        json!({ "jsonrpc": "2.0", "id": id(16), "method": "tools/list", "params": { "cursor": word("a cursor") } })
            .to_string(),
    );
    for line in &lines {
        mcp.send(line).await;
    }
    // All of them are read when this is answered.
    mcp.query("SELECT 1 AS one").await.rows();
    let (_, log) = mcp.close().await;
    let mut found = nest.found_in("the log", log.as_bytes());
    found.extend(nest.found_below(&scene.wicket.path("history")));
    nothing(found);

    // What comes instead of a handshake is told to nobody.
    let mut nest = Nest::default();
    let first = json!({ "jsonrpc": "2.0", "method": "notifications/x", "params": { "sql": nest.word("before the handshake") } });
    let mut mcp = scene.start("ana");
    mcp.send(&first.to_string()).await;
    let (status, log) = mcp.ended().await;
    assert_eq!(status.code(), Some(1), "{log}");
    nothing(nest.found_in("the log", log.as_bytes()));
}
