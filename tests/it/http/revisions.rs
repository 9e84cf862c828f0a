//! Which revisions of the protocol are spoken over HTTP, and what is said of that before anything else is.

use serde_json::json;

use super::Scene;

const SPOKEN: [&str; 4] = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];

#[tokio::test]
async fn a_server_says_what_it_speaks_and_can() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let mut seen = Vec::new();
    for token in [&scene.ana, &scene.ben] {
        let reply = server.client_of(token).request("server/discover", json!({})).await;
        let answer = reply.answer();
        let result = &answer["result"];
        assert_eq!(result["resultType"], "complete", "{answer}");
        assert_eq!(result["supportedVersions"], json!(SPOKEN));
        assert_eq!(
            result["capabilities"],
            json!({
                "tools": { "listChanged": true }, "resources": { "subscribe": true, "listChanged": true },
                "prompts": {}, "completions": {},
            })
        );
        assert!(result["instructions"].as_str().unwrap().starts_with("A guarded gate to a PostgreSQL database."));
        assert_eq!((&result["cacheScope"], &result["ttlMs"]), (&json!("private"), &json!(60_000)));
        assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "pgwicket", "{answer}");
        seen.push(answer);
    }
    assert_eq!(seen[0], seen[1]);
    // It is told to nobody who proves nothing.
    assert_eq!(server.client().request("server/discover", json!({})).await.status, 401);
    assert!(scene.records_of("session_open").is_empty());
}

#[tokio::test]
async fn another_revision_is_answered_with_one_that_is_spoken() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    for asked in ["2024-11-05", "2024-01-01", "2031-01-01", "2026-07-28", "", "x"] {
        let reply = server.client_of(&scene.ana).hello(asked).await;
        assert_eq!(reply.answer()["result"]["protocolVersion"], "2025-11-25", "{asked}: {reply:?}");
    }
    // Where each request says its own, it is refused, and told which there are.
    for asked in ["2024-11-05", "2031-01-01"] {
        let (client, mut message) = server.client_of(&scene.ana).message("tools/list", json!({}));
        message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(asked);
        let reply = client.with("MCP-Protocol-Version", asked).post(&message).await;
        assert_eq!(reply.status, 400, "{asked}: {reply:?}");
        assert!(reply.answer().get("result").is_none(), "{asked}: {reply:?}");
    }
    // And in a session that agreed on another one.
    let session = server.client_of(&scene.ana).handshake("2025-06-18").await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let reply = session.with("MCP-Protocol-Version", "2024-01-01").post(&list).await;
    assert_eq!(reply.status, 400, "{reply:?}");
}
