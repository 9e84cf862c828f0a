//! How statements end: whoever doesn't want the answer any more, or isn't there, and pgwicket's own end.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{LONG, Scene, long};
use crate::support::{HttpClient, PATIENCE, read};

/// Clients of both kinds: in a session, and without one.
pub async fn clients(scene: &Scene, server: &crate::support::HttpServer) -> [HttpClient; 2] {
    [server.client_of(&scene.ana).handshake("2025-06-18").await, server.client_of(&scene.ana)]
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_its_statement() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let beside = scene.database.connect().await;
    for mut client in clients(&scene, &server).await {
        let (asked, message) = client.message("tools/call", long());
        let hanging = asked.begin("POST", "/mcp", &message.to_string()).await;
        scene.wait_for_running(&beside, 1).await;
        drop(hanging);
        scene.wait_for_running(&beside, 0).await;
    }
    outcomes(&scene, 2, "cancelled").await;
}

#[tokio::test]
async fn a_client_that_hangs_up_at_any_moment_leaves_nothing_running() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let beside = scene.database.connect().await;
    for mut client in clients(&scene, &server).await {
        for step in 0..15 {
            let (asked, message) = client.message("tools/call", long());
            let hanging = asked.begin("POST", "/mcp", &message.to_string()).await;
            tokio::time::sleep(Duration::from_millis(step * 3)).await;
            drop(hanging);
        }
    }
    // Where the client was gone before the request was read, there is no record of it.
    let found = tokio::time::timeout(PATIENCE / 2, async {
        while scene.records_of("intent").len() != scene.records_of("outcome").len() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(found.await.is_ok(), "some statements go on");
    scene.wait_for_running(&beside, 0).await;
    outcomes(&scene, 2, "cancelled").await;
    // Whoever reads the log isn't alarmed by what clients do all day.
    let log = server.stderr();
    assert!(!log.contains("ERROR") && !log.contains("WARN"), "{log}");
}

#[tokio::test]
async fn a_cancelled_request_ends_its_statement() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let beside = scene.database.connect().await;
    let mut client = server.client_of(&scene.ana).handshake("2025-11-25").await;
    let (asked, message) = client.message("tools/call", long());
    let hanging = asked.begin("POST", "/mcp", &message.to_string()).await;
    scene.wait_for_running(&beside, 1).await;
    let cancel = json!({ "requestId": message["id"], "reason": "changed my mind" });
    // Somebody else's request of the same number isn't meant.
    let other = server.client_of(&scene.ben).handshake("2025-11-25").await;
    other.post(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel })).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(scene.running(&beside).await, 1);
    let told = client.post(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel })).await;
    assert_eq!(told.status, 202);
    scene.wait_for_running(&beside, 0).await;
    outcomes(&scene, 1, "cancelled").await;
    drop(hanging);
}

#[tokio::test]
async fn a_session_that_is_ended_ends_its_statements() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let beside = scene.database.connect().await;
    let mut client = server.client_of(&scene.ana).handshake("2025-06-18").await;
    let (asked, message) = client.message("tools/call", long());
    let hanging = asked.begin("POST", "/mcp", &message.to_string()).await;
    scene.wait_for_running(&beside, 1).await;
    assert_eq!(client.send("DELETE", "/mcp", "").await.status, 202);
    scene.wait_for_running(&beside, 0).await;
    outcomes(&scene, 1, "cancelled").await;
    drop(hanging);
}

#[tokio::test]
async fn a_deadline_is_told_to_who_waits() {
    let scene = Scene::new().await;
    scene.wicket.write("ana.toml", &super::ANA.replace("50s", "300ms"));
    let server = scene.serve().await;
    for mut client in clients(&scene, &server).await {
        let reply = client.query(LONG).await;
        assert_eq!(reply.json()["error"]["code"], "deadline_exceeded", "{reply:?}");
    }
}

#[tokio::test]
async fn at_the_end_statements_may_finish_within_the_grace_period() {
    let scene = Scene::with("[doors.http]\ngrace = \"30s\"").await;
    let server = scene.serve().await;
    let beside = scene.database.connect().await;
    // They wait for a lock, and so run until it is given up.
    let holder = scene.database.connect().await;
    holder.batch_execute("BEGIN; LOCK TABLE sales.orders IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let short = "SELECT count(*) FROM sales.orders";
    let mut waiting = Vec::new();
    for mut client in clients(&scene, &server).await {
        let (asked, message) =
            client.message("tools/call", json!({ "name": "query_execute", "arguments": { "sql": short } }));
        waiting.push(asked.begin("POST", "/mcp", &message.to_string()).await);
    }
    scene.wait_for_running(&beside, 2).await;
    server.signal("TERM");
    server.wait_until_closed().await;
    holder.batch_execute("COMMIT").await.unwrap();
    for mut stream in waiting {
        let reply = read(&mut stream).await;
        assert!(reply.json()["rows"][0][0].is_number(), "{reply:?}");
    }
    let (status, stderr) = server.ended().await;
    assert!(status.success(), "{stderr}");
    outcomes(&scene, 2, "ok").await;
    let closed = scene.records_of("session_close");
    assert_eq!((closed.len(), &closed[0]["detail"]["ended"]), (1, &json!("shutdown")));
    assert_eq!(scene.records_of("log_close")[0]["detail"]["intents_left_open"], 0);
}

#[tokio::test]
async fn what_runs_longer_than_the_grace_period_is_cancelled_and_told() {
    let scene = Scene::with("[doors.http]\ngrace = \"200ms\"").await;
    let server = scene.serve().await;
    let beside = scene.database.connect().await;
    let mut waiting = Vec::new();
    for mut client in clients(&scene, &server).await {
        let (asked, message) = client.message("tools/call", long());
        waiting.push(asked.begin("POST", "/mcp", &message.to_string()).await);
    }
    // A stream that nothing but the end ends.
    let listening = server.client_of(&scene.ana).handshake("2025-06-18").await;
    let _listens = listening.begin("GET", "/mcp", "").await;
    scene.wait_for_running(&beside, 2).await;
    let begun = Instant::now();
    server.signal("TERM");
    for mut stream in waiting {
        let reply = read(&mut stream).await;
        assert_eq!(reply.json()["error"]["code"], "cancelled", "{reply:?}");
    }
    let (status, stderr) = server.ended().await;
    assert!(status.success() && begun.elapsed() < PATIENCE, "{stderr}");
    scene.wait_for_running(&beside, 0).await;
    outcomes(&scene, 2, "cancelled").await;
}

#[tokio::test]
async fn a_second_signal_cuts_the_grace_period_short() {
    let scene = Scene::with("[doors.http]\ngrace = \"10min\"").await;
    let server = scene.serve().await;
    let beside = scene.database.connect().await;
    let mut waiting = Vec::new();
    for mut client in clients(&scene, &server).await {
        let (asked, message) = client.message("tools/call", long());
        waiting.push(asked.begin("POST", "/mcp", &message.to_string()).await);
    }
    scene.wait_for_running(&beside, 2).await;
    server.signal("TERM");
    server.wait_until_closed().await;
    scene.wait_for_running(&beside, 2).await;
    server.signal("INT");
    for mut stream in waiting {
        let reply = read(&mut stream).await;
        assert_eq!(reply.json()["error"]["code"], "cancelled", "{reply:?}");
    }
    let (status, stderr) = server.ended().await;
    assert!(status.success(), "{stderr}");
    scene.wait_for_running(&beside, 0).await;
    outcomes(&scene, 2, "cancelled").await;
}

/// Waits until so many outcomes are on record, and holds all of them against a status.
pub async fn outcomes(scene: &Scene, count: usize, status: &str) {
    let found = tokio::time::timeout(PATIENCE, async {
        while scene.records_of("outcome").len() < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(found.await.is_ok(), "there never were {count} outcomes");
    for outcome in scene.records_of("outcome") {
        assert_eq!(outcome["result"]["status"], status, "{outcome}");
    }
}
