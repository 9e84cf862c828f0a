//! Requests as they shouldn't be, and more than there is room for: each gets its answer, and others are still served.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Scene;
use crate::support::PATIENCE;

#[tokio::test]
async fn only_names_and_pages_that_are_allowed_may_call() {
    let scene = Scene::with(
        "[doors.http]\nallowed_hosts = ['gate.example.org']\nallowed_origins = ['https://app.example.org:443']",
    )
    .await;
    let server = scene.serve().await;
    let ana = server.client_of(&scene.ana);
    for (host, origin, expected) in [
        ("gate.example.org", "", 200),
        ("gate.example.org:8440", "https://app.example.org", 200),
        ("GATE.example.org", "https://app.example.org:443", 200),
        ("localhost", "", 403),
        ("evil.example.org", "", 403),
        ("gate.example.org.evil.org", "", 403),
        ("gate.example.org", "http://app.example.org:443", 403),
        ("gate.example.org", "https://app.example.org:8443", 403),
        ("gate.example.org", "https://evil.example.org", 403),
        ("gate.example.org", "null", 403),
    ] {
        let reply = ana.clone().with("Host", host).with("Origin", origin).hello("2025-06-18").await;
        assert_eq!(reply.status, expected, "{host} {origin}: {reply:?}");
    }
    // Where nothing is said: this machine's own names, and no pages.
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let ana = server.client_of(&scene.ana);
    for (host, origin, expected) in [
        ("localhost", "", 200),
        ("[::1]:80", "", 200),
        ("gate.example.org", "", 403),
        ("localhost", "http://localhost:3000", 403),
    ] {
        let reply = ana.clone().with("Host", host).with("Origin", origin).hello("2025-06-18").await;
        assert_eq!(reply.status, expected, "{host} {origin}: {reply:?}");
    }
}

#[tokio::test]
async fn odd_requests_get_an_answer() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let mut ana = server.client_of(&scene.ana);
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    assert_eq!(ana.send("GET", "/", "").await.status, 404);
    assert_eq!(ana.send("POST", "/mcp/", &list).await.status, 404);
    assert_eq!(ana.send("PUT", "/mcp", &list).await.status, 405);
    assert_eq!(ana.send("GET", "/mcp", "").await.status, 400);
    assert_eq!(ana.send("POST", "/mcp", "{").await.status, 415);
    assert_eq!(ana.clone().with("Content-Type", "text/plain").send("POST", "/mcp", &list).await.status, 415);
    assert_eq!(ana.clone().with("Accept", "text/html").send("POST", "/mcp", &list).await.status, 406);
    let large = ana.send("POST", "/mcp", &" ".repeat((4 << 20) + 1)).await;
    assert_eq!(large.status, 413, "{large:?}");
    let chatty = (0..80).fold(ana.clone(), |client, at| client.with(&format!("X-{at}"), "x"));
    assert_eq!(chatty.send("POST", "/mcp", &list).await.status, 431);
    // The head and the body name different things.
    let (asked, message) = ana.message("tools/call", json!({ "name": "get_tables", "arguments": {} }));
    for (header, value) in [
        ("Mcp-Name", "query_execute"),
        ("Mcp-Method", "tools/list"),
        ("Mcp-Method", ""),
        ("MCP-Protocol-Version", "2025-06-18"),
    ] {
        assert_eq!(asked.clone().with(header, value).post(&message).await.status, 400, "{header}: {value}");
    }
    // Health is told to everyone, and nothing else with it.
    let health = server.client().send("GET", "/healthz", "").await;
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    assert_eq!(asked.post(&message).await.status, 200);
}

#[tokio::test]
async fn slow_and_many_connections_keep_nobody_out_for_long() {
    let scene = Scene::with("[doors.http]\nconnections = 4").await;
    let server = scene.serve().await;
    // They take all places, and say nothing.
    let mut silent = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"POST /mcp HTTP/1.1\r\nHost: loc").await.unwrap();
        silent.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut ana = server.client_of(&scene.ana);
    let waiting = tokio::spawn(async move { ana.query("SELECT 1 AS one").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished());
    drop(silent.pop());
    let reply = tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap();
    assert_eq!(reply.json()["rows"][0][0], 1);
    // The server hangs up on them by itself, some time.
    let mut byte = [0];
    let hung_up = tokio::time::timeout(2 * PATIENCE, silent[0].read(&mut byte)).await.expect("it waits for ever");
    assert!(matches!(hung_up, Ok(0 | 1) | Err(_)));
}

#[tokio::test]
async fn one_principal_has_sessions_up_to_a_bound_and_leaves_room_for_others() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let ana = server.client_of(&scene.ana);
    let mut sessions = Vec::new();
    for _ in 0..128 {
        let reply = ana.hello("2025-06-18").await;
        assert_eq!(reply.status, 200, "{reply:?}");
        sessions.push(reply.headers["mcp-session-id"].clone());
    }
    let refused = ana.hello("2025-06-18").await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.body.contains("as many sessions as there may be"), "{}", refused.body);
    // Whoever needs none is served, and so are others.
    assert_eq!(ana.clone().query("SELECT 1 AS one").await.json()["rows"][0][0], 1);
    let mut ben = server.client_of(&scene.ben).handshake("2025-06-18").await;
    assert!(ben.query("SELECT 1 AS one").await.status == 200);
    assert_eq!(ana.clone().with("Mcp-Session-Id", &sessions[0]).send("DELETE", "/mcp", "").await.status, 202);
    assert_eq!(ana.hello("2025-06-18").await.status, 200);
}

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    for _ in 0..3 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut buffer = [0; 1024];
        let read = stream.read(&mut buffer).await.unwrap();
        let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("ok\n"), "{text}");
    }
    server.signal("TERM");
    // An idle connection keeps nobody from ending.
    let (status, stderr) = server.ended().await;
    assert!(status.success(), "{stderr}");
}
