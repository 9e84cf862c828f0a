//! Who asks: by a token on every request, and nothing that was offered for one ends up anywhere.

use serde_json::json;

use super::{Scene, token};
use crate::support::{HANDSHAKES, HttpServer, PATIENCE, STATELESS};

#[tokio::test]
async fn each_token_is_its_principal_in_every_revision() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    for revision in HANDSHAKES.into_iter().chain([STATELESS]) {
        let (mut ana, mut ben) = (server.client_of(&scene.ana), server.client_of(&scene.ben));
        if revision != STATELESS {
            (ana, ben) = (ana.handshake(revision).await, ben.handshake(revision).await);
        }
        // What one may read, the other may not, and the other way round.
        assert_eq!(ana.query("SELECT count(*) FROM sales.regions").await.json()["rows"][0][0], 4, "{revision}");
        let refused = ben.query("SELECT count(*) FROM sales.regions").await.json();
        assert_eq!(refused["error"]["code"], "unknown_relation", "{revision}: {refused}");
        let refused = ana.query("SELECT email FROM sales.customers").await.json();
        assert_eq!(refused["error"]["code"], "unknown_column", "{revision}: {refused}");
        assert!(ben.query("SELECT email FROM sales.customers LIMIT 1").await.json()["rows"][0][0].is_string());
        // Tools are listed for who asks.
        let names = |answer: serde_json::Value| {
            let tools = answer["result"]["tools"].as_array().unwrap().clone();
            tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let of_ana = names(ana.request("tools/list", json!({})).await.answer());
        let of_ben = names(ben.request("tools/list", json!({})).await.answer());
        assert!(!of_ana.iter().any(|name| name == "update_data"), "{revision}: {of_ana:?}");
        assert!(of_ben.iter().any(|name| name == "update_data"), "{revision}: {of_ben:?}");
    }
    let intents = scene.records_of("intent");
    assert_eq!(intents.len(), 8);
    for intent in intents {
        let (principal, authentication) = (&intent["who"]["principal"], &intent["who"]["authentication"]);
        let expected = if principal == "ana" { "token:ana-laptop" } else { "token:ben-phone" };
        assert_eq!(authentication, expected);
        assert_eq!(intent["who"]["client_name"], "pgwicket tests");
        assert!(intent["who"]["address"].as_str().unwrap().starts_with("127.0.0.1:"), "{intent}");
        // Of the revision without sessions nothing is made up.
        assert_eq!(intent["who"]["session"].is_null(), intent["who"]["client_version"] == "2", "{intent}");
    }
}

#[tokio::test]
async fn who_proves_nothing_gets_nothing_and_is_recorded_without_what_was_offered() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let secret = "c4n4ry-of-a-secret";
    let hello = async |header: &str| {
        let reply = server.client().with("Authorization", header).hello("2025-06-18").await;
        (reply.status, reply.headers.get("www-authenticate").cloned().unwrap_or_default())
    };
    let challenge = |more: &str| (401, format!("Bearer realm=\"pgwicket\"{more}"));
    let invalid = || challenge(", error=\"invalid_token\"");
    assert_eq!(hello("").await, challenge(""));
    assert_eq!(hello(&format!("Basic {secret}")).await, invalid());
    assert_eq!(hello(&format!("Bearer {secret}")).await, invalid());
    assert_eq!(hello(&format!("Bearer pgw_{secret}_{secret}")).await, invalid());
    assert_eq!(hello(&format!("Bearer pgw_ana-laptop_{secret}")).await, invalid());
    // Two at once, of which one is right.
    let two = format!("Bearer {}\r\nAuthorization: Bearer {secret}", scene.ana);
    assert_eq!(hello(&two).await, invalid());
    // The right one without its end, and with more.
    assert_eq!(hello(&format!("Bearer {}", &scene.ana[..scene.ana.len() - 1])).await, invalid());
    assert_eq!(hello(&format!("Bearer {}x", scene.ana)).await, invalid());

    let failures = scene.records_of("auth_failure");
    let told: Vec<_> = failures
        .iter()
        .map(|one| {
            (one["detail"]["failed"].as_str().unwrap(), one["detail"]["token"].as_str(), &one["who"]["principal"])
        })
        .collect();
    let nobody = &serde_json::Value::Null;
    assert_eq!(
        told,
        [
            ("missing", None, nobody),
            ("malformed", None, nobody),
            ("malformed", None, nobody),
            ("unknown_token", None, nobody),
            ("wrong_secret", Some("ana-laptop"), nobody),
            ("malformed", None, nobody),
            ("wrong_secret", Some("ana-laptop"), nobody),
            ("wrong_secret", Some("ana-laptop"), nobody),
        ]
    );
    // The tenth and those behind it: told so, and counted in the next one that is on record.
    for _ in 0..2 {
        assert_eq!(hello("").await.0, 401);
    }
    let late = server.client().hello("2025-06-18").await;
    assert_eq!(late.status, 429, "{late:?}");
    assert!(late.headers["retry-after"].parse::<u64>().unwrap() >= 1);
    assert_eq!(scene.records_of("auth_failure").len(), 10);
    // Who can prove it is let in all the same.
    let mut ana = server.client_of(&scene.ana).handshake("2025-06-18").await;
    assert_eq!(ana.query("SELECT 1 AS one").await.json()["rows"][0][0], 1);

    let tail = scene.ana.rsplit('_').next().unwrap();
    for text in [server.stderr(), scene.records().iter().map(ToString::to_string).collect::<String>()] {
        assert!(!text.contains(secret) && !text.contains(tail) && !text.contains("pgw_"), "{text}");
    }
}

#[tokio::test]
async fn behind_a_proxy_one_clients_failures_hide_nobody_elses() {
    let scene = Scene::new().await;
    let server = scene.serve_with(&["--behind-proxy"]).await;
    let hello = async |from: &str| server.client().with("X-Forwarded-For", from).hello("2025-06-18").await.status;
    for _ in 0..10 {
        // What the client itself says stands before the proxy's word.
        assert_eq!(hello("203.0.113.7, 203.0.113.8").await, 401);
    }
    assert_eq!(hello("198.51.100.1, 203.0.113.8").await, 429);
    assert_eq!(hello("203.0.113.9").await, 401);
    let failures = scene.records_of("auth_failure");
    let address = failures.last().unwrap()["who"]["address"].as_str().unwrap().to_owned();
    assert!(failures.len() == 11 && address.starts_with("203.0.113.9 via 127.0.0.1:"), "{address}");
}

#[tokio::test]
async fn a_session_is_its_principals_only() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let ana = server.client_of(&scene.ana).handshake("2025-06-18").await;
    let mut thief = ana.clone().with("Authorization", &format!("Bearer {}", scene.ben));
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let anothers = thief.query("SELECT 1").await;
    assert_eq!(anothers.status, 404, "{anothers:?}");
    for (method, body) in [("GET", String::new()), ("DELETE", String::new()), ("POST", list.to_string())] {
        assert_eq!(thief.send(method, "/mcp", &body).await.status, 404, "{method}");
    }
    let failures = scene.records_of("auth_failure");
    assert_eq!(failures.len(), 4);
    assert_eq!(failures[0]["detail"]["failed"], "anothers_session");
    assert_eq!(
        (&failures[0]["detail"]["token"], &failures[0]["who"]["principal"]),
        (&json!("ben-phone"), &json!("ben"))
    );
    // One that nobody has looks just the same.
    let nobodys = ana.clone().with("Mcp-Session-Id", "6762f404-ef75-4a05-b8be-59c6e708984b");
    let nobodys = nobodys.post(&list).await;
    assert_eq!((nobodys.status, nobodys.headers.get("content-type")), (404, anothers.headers.get("content-type")));
    assert_eq!(nobodys.body, anothers.body);
    // It still is whose it was, until that one ends it.
    assert_eq!(ana.post(&list).await.status, 200);
    assert_eq!(ana.send("DELETE", "/mcp", "").await.status, 202);
    assert_eq!(ana.post(&list).await.status, 404);
    // On record soon after: nobody waits for it.
    let closed = tokio::time::timeout(PATIENCE, async {
        loop {
            match scene.records_of("session_close").as_slice() {
                [] => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
                closed => break closed.to_vec(),
            }
        }
    });
    let closed = closed.await.expect("the session's end is not on record");
    assert_eq!((closed.len(), &closed[0]["detail"]["ended"]), (1, &json!("ended")));
}

#[tokio::test]
async fn a_disabled_principal_is_kept_out_of_every_door() {
    let scene = Scene::new().await;
    let (token, stored) = token(&scene.wicket, "cleo").await;
    let old = std::fs::read_to_string(scene.wicket.path("pgwicket.toml")).unwrap();
    let cleo = format!("[principals.cleo]\npolicy = \"ana.toml\"\ntokens = [\"{stored}\"]\ndisabled = true\n");
    scene.wicket.write("pgwicket.toml", &(old + &cleo));
    let server = scene.serve().await;
    assert_eq!(server.client_of(&token).hello("2025-06-18").await.status, 403);
    let failures = scene.records_of("auth_failure");
    assert_eq!(
        (&failures[0]["detail"]["failed"], &failures[0]["who"]["principal"]),
        (&json!("disabled"), &json!("cleo"))
    );
    let query = scene.wicket.run(&["query", "SELECT 1", "--config", "pgwicket.toml", "--principal", "cleo"]).await;
    assert_eq!((query.code, query.stderr.contains("is disabled")), (Some(2), true), "{}", query.stderr);
}

#[tokio::test]
async fn without_tokens_everyone_on_this_machine_is_the_principal_that_is_named() {
    let scene = Scene::new().await;
    let server = scene.serve_with(&["--principal", "ben"]).await;
    let mut anyone = server.client().handshake("2025-11-25").await;
    assert!(anyone.query("SELECT email FROM sales.customers LIMIT 1").await.json()["rows"][0][0].is_string());
    assert_eq!(scene.records_of("intent")[0]["who"]["authentication"], "loopback");
    assert!(server.stderr().contains("no token is asked for"), "{}", server.stderr());

    let arguments = ["serve", "--policy", "ana.toml", "--http", "127.0.0.1:0"];
    let server = HttpServer::start(scene.wicket.command(&arguments)).await;
    let mut anyone = server.client();
    assert_eq!(anyone.query("SELECT count(*) FROM sales.regions").await.json()["rows"][0][0], 4);
}

#[tokio::test]
async fn on_whose_behalf_is_recorded_and_told_to_postgresql() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let mut ana = server.client_of(&scene.ana).with("Pgwicket-On-Behalf-Of", "zoe@example.org");
    let beside = scene.database.connect().await;
    let (asked, message) =
        ana.message("tools/call", json!({ "name": "query_execute", "arguments": { "sql": super::LONG } }));
    let hanging = asked.begin("POST", "/mcp", &message.to_string()).await;
    scene.wait_for_running(&beside, 1).await;
    let sql = "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'pgwicket/%' \
        AND state = 'active' AND datname = current_database()";
    let name: String = beside.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(name, "pgwicket/ana pgwicket tests/2 for zoe@example.org");
    drop(hanging);
    scene.wait_for_running(&beside, 0).await;
    assert_eq!(scene.records_of("intent")[0]["who"]["on_behalf_of"], "zoe@example.org");
    let long = server.client_of(&scene.ana).with("Pgwicket-On-Behalf-Of", &"x".repeat(129)).hello("2025-06-18").await;
    assert_eq!(long.status, 400, "{long:?}");
}
