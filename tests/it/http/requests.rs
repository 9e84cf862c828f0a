//! Requests as they shouldn't be: each gets its answer.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Scene;

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
    for (body, code) in [("{", -32700), ("", -32700), ("nonsense", -32700), (&*format!("[{list}]"), -32600)] {
        let reply = ana.send("POST", "/mcp", body).await;
        assert_eq!((reply.status, &reply.answer()["error"]["code"]), (400, &json!(code)), "{body}: {reply:?}");
    }
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
    // What says one thing is there once: whoever stands in between might go by the other.
    let session = ana.clone().handshake("2025-06-18").await;
    for (header, two) in [
        ("Host", "localhost\r\nHost: evil.example.org"),
        ("Host", "user@localhost"),
        ("Origin", "http://localhost\r\nOrigin: http://evil.example.org"),
        ("MCP-Protocol-Version", "2025-06-18\r\nMCP-Protocol-Version: 2025-11-25"),
        ("Accept-Language", "en\r\nMcp-Session-Id: another"),
    ] {
        let reply = session.clone().with(header, two).send("POST", "/mcp", &list).await;
        assert_eq!(reply.status, 400, "{header}: {two}: {reply:?}");
    }
    assert_eq!(session.send("POST", "http://evil.example.org/mcp", &list).await.status, 400);
    let own = format!("http://{}/mcp", server.address);
    assert_eq!(session.send("POST", &own, &list).await.status, 200);
    let long = ana.clone().with("X-Long", &"x".repeat(200_000)).send("POST", "/mcp", &list).await;
    assert_eq!(long.status, 431, "{long:?}");
    // Health is told to everyone, and nothing else with it.
    let health = server.client().send("GET", "/healthz", "").await;
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    assert_eq!(asked.post(&message).await.status, 200);
}

#[tokio::test]
async fn an_id_is_one_requests_only_until_it_is_answered() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let beside = scene.database.connect().await;
    let mut ana = server.client_of(&scene.ana).handshake("2025-06-18").await;
    let (asked, message) = ana.message("tools/call", super::long());
    let hanging = asked.begin("POST", "/mcp", &message.to_string()).await;
    scene.wait_for_running(&beside, 1).await;
    let id = &message["id"];
    let list = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" });
    let again = ana.post(&list).await;
    assert!(again.status == 400 && again.body.contains("same id"), "{again:?}");
    // Text isn't the number that it looks like, and another session's numbers are its own.
    let text = json!({ "jsonrpc": "2.0", "id": id.to_string(), "method": "tools/list" });
    assert_eq!(ana.post(&text).await.status, 200);
    let other = server.client_of(&scene.ana).handshake("2025-06-18").await;
    assert_eq!(other.post(&list).await.status, 200);
    assert_eq!(scene.running(&beside).await, 1);
    drop(hanging);
    scene.wait_for_running(&beside, 0).await;
    let answered = tokio::time::timeout(crate::support::PATIENCE, async {
        while ana.post(&list).await.status != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    answered.await.expect("the id is never free again");
    // One after another they may have the same.
    assert_eq!(ana.post(&list).await.status, 200);
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
