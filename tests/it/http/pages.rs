//! Web pages: the browser is told that they may call where they may, and nothing where they may not.

use serde_json::json;

use super::Scene;
use crate::support::{HttpClient, Reply};

const PAGE: &str = "https://app.example.org";

async fn preflight(client: &HttpClient, origin: &str) -> Reply {
    let asked = client.clone().with("Authorization", "").with("Origin", origin);
    let asked = asked.with("Access-Control-Request-Method", "POST");
    asked.with("Access-Control-Request-Headers", "authorization,content-type").send("OPTIONS", "/mcp", "").await
}

/// Of what browsers look at.
fn told(reply: &Reply) -> Vec<&str> {
    let mut names: Vec<&str> = reply.headers.keys().map(String::as_str).collect();
    names.retain(|name| name.starts_with("access-control-"));
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_page_that_is_allowed_may_ask_and_read() {
    let scene = Scene::with("[doors.http]\nallowed_origins = ['https://app.example.org:443']").await;
    let server = scene.serve().await;
    let ana = server.client_of(&scene.ana);
    let reply = preflight(&ana, PAGE).await;
    assert_eq!((reply.status, reply.body.as_str()), (204, ""), "{reply:?}");
    assert_eq!(reply.headers["access-control-allow-origin"], PAGE);
    assert_eq!(reply.headers["access-control-allow-methods"], "GET, POST, DELETE");
    assert_eq!(reply.headers["vary"], "Origin");
    let may_send = reply.headers["access-control-allow-headers"].to_ascii_lowercase();
    for header in [
        "authorization",
        "content-type",
        "accept",
        "last-event-id",
        "mcp-session-id",
        "mcp-protocol-version",
        "mcp-method",
        "mcp-name",
        "pgwicket-on-behalf-of",
    ] {
        assert!(may_send.split(", ").any(|one| one == header), "{header}: {may_send}");
    }
    // Cookies and the like are not asked for.
    assert!(!reply.headers.contains_key("access-control-allow-credentials"));

    // A session as a page has it, with what it has to read; and a refusal that it can read, too.
    let page = ana.clone().with("Origin", PAGE);
    let hello = page.hello("2025-11-25").await;
    assert!(hello.status == 200 && hello.headers.contains_key("mcp-session-id"), "{hello:?}");
    let refused = page.clone().with("Authorization", "Bearer pgw_no_one").hello("2025-11-25").await;
    assert!(refused.status == 401 && refused.headers.contains_key("www-authenticate"), "{refused:?}");
    for reply in [&hello, &refused] {
        assert_eq!(reply.headers["access-control-allow-origin"], PAGE);
        let exposed = &reply.headers["access-control-expose-headers"];
        assert_eq!(exposed, "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After");
    }
    let mut page = page;
    assert_eq!(page.query("SELECT 1").await.json()["rows"], json!([[1]]));

    // Another page gets nothing, and neither does anyone who isn't one.
    for origin in ["https://evil.example.org", "http://app.example.org", "https://app.example.org:8443", "null"] {
        let asked = preflight(&ana, origin).await;
        assert!(asked.status >= 400 && told(&asked).is_empty(), "{origin}: {asked:?}");
        let reply = ana.clone().with("Origin", origin).hello("2025-06-18").await;
        assert!(reply.status == 403 && told(&reply).is_empty(), "{origin}: {reply:?}");
    }
    let plain = ana.hello("2025-06-18").await;
    assert!(plain.status == 200 && told(&plain).is_empty() && !plain.headers.contains_key("vary"), "{plain:?}");
}

#[tokio::test]
async fn where_no_page_is_allowed_none_is_answered() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let ana = server.client_of(&scene.ana);
    for origin in [PAGE, "http://localhost:3000", &format!("http://{}", server.address)] {
        let asked = preflight(&ana, origin).await;
        assert!(asked.status >= 400 && told(&asked).is_empty(), "{origin}: {asked:?}");
        assert_eq!(ana.clone().with("Origin", origin).hello("2025-06-18").await.status, 403, "{origin}");
    }
}

#[tokio::test]
async fn no_authorization_server_is_pretended() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let refused = server.client().hello("2025-11-25").await;
    assert_eq!((refused.status, refused.headers["www-authenticate"].as_str()), (401, "Bearer realm=\"pgwicket\""));
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/register",
    ] {
        assert_eq!(server.client().send("GET", path, "").await.status, 404, "{path}");
    }
}
