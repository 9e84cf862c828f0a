//! SIGHUP for a server on standard input and output: the same as over HTTP, for its one principal.

use serde_json::{Value, json};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use super::READER;
use super::robust::{run_slowly, signal};
use crate::support::{Database, Mcp, Wicket};

const IN_FORCE: &str = "the configuration was read anew and is in force";

fn configuration(more: &str) -> String {
    format!(
        "version = 1\n[principals.ana]\npolicy = \"reader.toml\"\n{more}\n[principals.ana.attributes]\ntenant = 1\n\
         [principals.ben]\npolicy = \"reader.toml\"\n[principals.ben.attributes]\ntenant = 2\n"
    )
}

async fn served(wicket: &Wicket) -> Mcp {
    wicket.write("reader.toml", READER);
    wicket.write("pgwicket.toml", &configuration(""));
    wicket.serve_with(&["serve", "--config", "pgwicket.toml", "--principal", "ana"]).await
}

#[tokio::test]
async fn other_attributes_hold_from_then_on_and_end_what_runs() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = served(&wicket).await;
    let tenants = "SELECT DISTINCT tenant_id FROM customers";
    assert_eq!(mcp.query(tenants).await.json()["rows"], json!([[1]]));
    let running = run_slowly(&mut mcp, &database.connect().await).await;
    wicket.write("pgwicket.toml", &configuration("").replace("tenant = 1", "tenant = 2"));
    signal(&mcp, "HUP");
    let ended = running.tool_result().await;
    assert!(ended.refusal().contains("policy_changed"), "{}", ended.text);
    mcp.wait_for_stderr(IN_FORCE).await;
    assert_eq!(mcp.query(tenants).await.json()["rows"], json!([[2]]));
    mcp.close().await;
}

#[tokio::test]
async fn a_policy_by_itself_is_read_anew_too() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let mut mcp = wicket.serve(READER, &["tenant=1"]).await;
    let phone = "SELECT phone FROM customers WHERE phone IS NOT NULL LIMIT 1";
    assert!(mcp.query(phone).await.json()["rows"][0][0].as_str().unwrap().contains('*'));
    wicket.write("policy.toml", &READER.replace(", phone = \"last4\"", ""));
    signal(&mcp, "HUP");
    mcp.wait_for_stderr(IN_FORCE).await;
    assert!(!mcp.query(phone).await.json()["rows"][0][0].as_str().unwrap().contains('*'));
    mcp.close().await;
}

#[tokio::test]
async fn a_disabled_principals_server_ends() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    for (end, told) in [
        (configuration("disabled = true"), "the principal `ana` is disabled"),
        (configuration("").replace("principals.ana", "principals.cleo"), "there is no principal `ana`"),
    ] {
        let mut mcp = served(&wicket).await;
        let running = run_slowly(&mut mcp, &database.connect().await).await;
        wicket.write("pgwicket.toml", &end);
        signal(&mcp, "HUP");
        let ended = running.tool_result().await;
        assert!(ended.refusal().contains("principal_disabled"), "{}", ended.text);
        let (status, stderr) = mcp.ended().await;
        assert_eq!(status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(&format!("error: --principal: {told}")), "{stderr}");
    }
    let records = super::records(&wicket.path("history"));
    let statuses: Vec<&Value> =
        records.iter().filter(|one| one["kind"] == "outcome").map(|one| &one["result"]["status"]).collect();
    assert_eq!(statuses, ["cancelled", "cancelled"]);
    let closed = records.iter().filter(|one| one["kind"] == "session_close");
    assert!(closed.clone().count() == 2 && closed.clone().all(|one| one["detail"]["ended"] == "shutdown"));
}

#[tokio::test]
async fn a_person_isnt_asked_any_more_about_what_another_policy_decided() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    let policy = super::WRITER.replace("require_where", "confirm = true\nrequire_where");
    wicket.write("policy.toml", &policy);
    let mut mcp = Mcp::start(wicket.command(&["serve", "--policy", "policy.toml"]));
    mcp.initialize_as(json!({ "elicitation": {} })).await;
    let insert = "INSERT INTO scratch.notes (author, body) VALUES ('asked', 'x')";
    let asking = mcp.start_call("query_execute", json!({ "sql": insert })).await;
    let question = mcp.next_other(crate::support::PATIENCE).await.expect("nobody is asked");
    assert_eq!(question["method"], "elicitation/create");
    wicket.write("policy.toml", &policy.replace("max_affected_rows = 10", "max_affected_rows = 9"));
    signal(&mcp, "HUP");
    let ended = asking.tool_result().await;
    assert!(ended.refusal().contains("policy_changed"), "{}", ended.text);
    // An answer that comes late is an answer to nothing.
    let answer = json!({ "action": "accept", "content": { "approve": true } });
    mcp.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": answer }).to_string()).await;
    mcp.query("SELECT 1").await.json();
    let count = "SELECT count(*) FROM scratch.notes WHERE author = 'asked'";
    assert_eq!(database.connect().await.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(std::fs::read_dir(wicket.path(super::STATE).join("../approvals")).unwrap().count(), 0);
    mcp.close().await;
}

/// Someone who has to be kept out can't wait for the database.
#[tokio::test]
async fn a_database_that_is_gone_keeps_nobody_from_being_kept_out() {
    let database = Database::sample().await;
    let environment = database.environment();
    let said = |name: &str| environment.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    let server = format!("{}:{}", said("POSTGRES_HOST"), said("POSTGRES_PORT"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let between = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut server = TcpStream::connect(&server).await.unwrap();
            connections.spawn(async move { drop(copy_bidirectional(&mut client, &mut server).await) });
        }
    });
    let mut wicket = Wicket::on(&database);
    wicket.env("POSTGRES_HOST", "127.0.0.1").env("POSTGRES_PORT", &port.to_string());
    let role = "role = \"wicket_reader\"\n[statements]";
    wicket.write("ana.toml", &READER.replace("[statements]", role));
    let configuration = configuration("").replacen("reader.toml", "ana.toml", 1);
    wicket.write("reader.toml", READER);
    wicket.write("pgwicket.toml", &configuration);
    let mut mcp = wicket.serve_with(&["serve", "--config", "pgwicket.toml", "--principal", "ana"]).await;
    mcp.query("SELECT count(*) FROM customers").await.json();
    between.abort();
    let _ = between.await;
    // A policy that is sound as far as can be told; then the principal itself.
    wicket.write("ana.toml", &READER.replace("[statements]", role).replace("rows = 500", "rows = 400"));
    signal(&mcp, "HUP");
    mcp.wait_for_stderr(IN_FORCE).await;
    assert!(mcp.stderr().contains("held against what was known of the database before"), "{}", mcp.stderr());
    let info = mcp.resource("pgwicket://database_info").await;
    assert_eq!(info["limits"]["rows"], 400, "{info}");
    wicket.write("pgwicket.toml", &configuration.replace("ana.toml\"", "ana.toml\"\ndisabled = true"));
    signal(&mcp, "HUP");
    let (status, stderr) = mcp.ended().await;
    assert_eq!(status.code(), Some(2), "{stderr}");
}
