//! Which revisions of the protocol are spoken over standard input and output.

use serde_json::{Value, json};

use super::READER;
use crate::support::{Database, Mcp, Wicket};

fn stateless(revision: &str) -> Value {
    json!({ "_meta": {
        "io.modelcontextprotocol/protocolVersion": revision,
        "io.modelcontextprotocol/clientInfo": { "name": "pgwicket tests", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    } })
}

#[tokio::test]
async fn a_client_finds_out_what_is_spoken_and_then_speaks_it() {
    let database = Database::sample().await;
    let wicket = Wicket::on(&database);
    wicket.write("policy.toml", READER);
    let start = || Mcp::start(wicket.command(&["serve", "--policy", "policy.toml", "--attribute", "tenant=1"]));
    let mut mcp = start();
    let found = mcp.request("server/discover", stateless("2026-07-28")).await;
    let result = &found["result"];
    assert_eq!(result["supportedVersions"], json!(["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]), "{found}");
    assert_eq!((&result["cacheScope"], &result["ttlMs"]), (&json!("private"), &json!(60_000)));
    assert_eq!(result["capabilities"]["tools"], json!({ "listChanged": true }));
    assert_eq!(result["capabilities"]["prompts"], json!({}));
    // A revision that isn't spoken is refused, and the ones that are, are named.
    let refused = mcp.request("tools/list", stateless("2024-11-05")).await;
    assert_eq!(refused["error"]["data"]["supported"][0], "2025-03-26", "{refused}");
    let listed = mcp.request("tools/list", stateless("2026-07-28")).await;
    assert_eq!(
        (&listed["result"]["cacheScope"], &listed["result"]["resultType"]),
        (&json!("private"), &json!("complete"))
    );
    mcp.close().await;

    for (asked, answered) in [("2024-11-05", "2025-11-25"), ("2025-03-26", "2025-03-26"), ("2026-07-28", "2025-11-25")]
    {
        let mut mcp = start();
        let client = json!({ "name": "pgwicket tests", "version": "1" });
        let hello = json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": client });
        let answer = mcp.request("initialize", hello).await;
        assert_eq!(answer["result"]["protocolVersion"], answered, "{answer}");
        mcp.close().await;
    }
}
