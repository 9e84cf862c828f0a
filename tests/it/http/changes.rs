//! Changes are told to whom they concern, and to nobody else: in sessions, and on streams of their own.

use std::time::Duration;

use serde_json::{Value, json};

use super::reload::{IN_FORCE, hangup};
use super::{BEN, Scene};
use crate::support::{Events, HANDSHAKES, HttpClient, HttpServer};

/// Long enough for a change to be told, one second behind another one.
const QUIET: Duration = Duration::from_millis(1600);
const CUSTOMERS: &str = "pgwicket://schema/sales/customers";
const ORDERS: &str = "pgwicket://schema/sales/orders";
const HIDDEN: &str = "pgwicket://schema/hr/employees";
const MISSING: &str = "pgwicket://schema/hr/nobody";
const HISTORY: &str = "pgwicket://query_history";

async fn listen(client: &mut HttpClient, notifications: Value) -> Events {
    let (asked, message) = client.message("subscriptions/listen", json!({ "notifications": notifications }));
    Events::of(asked.begin("POST", "/mcp", &message.to_string()).await)
}

/// What a stream says next, without what each message of it has; that is held against the stream's id.
async fn said(events: &mut Events, id: u64) -> (String, Value) {
    let mut message = events.message().await;
    let tag = message["params"]["_meta"].take();
    assert_eq!(tag["io.modelcontextprotocol/subscriptionId"], id, "{message}");
    message["params"].as_object_mut().unwrap().remove("_meta");
    (message["method"].as_str().unwrap().to_owned(), message["params"].take())
}

fn of(method: &str, params: Value) -> (String, Value) {
    (format!("notifications/{method}"), params)
}

async fn change(scene: &Scene, server: &HttpServer, sql: &str) {
    scene.database.script(sql).await;
    hangup(server, IN_FORCE).await;
}

impl Scene {
    /// The principals whose streams are on record, in order.
    fn who_asked_for_streams(&self) -> Vec<Value> {
        let listening = |record: &Value| record["what"]["tool"] == "subscriptions/listen";
        let asked = self.records_of("outcome").into_iter().filter(listening);
        asked.map(|record| record["who"]["principal"].clone()).collect()
    }
}

#[tokio::test]
async fn a_stream_tells_what_its_principal_sees_differently_and_nothing_else() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let all = json!({
        "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true,
        "resourceSubscriptions": [CUSTOMERS, ORDERS, HIDDEN, MISSING, HISTORY, "pgwicket://database_info", "x:y"],
    });
    let mut ana = listen(&mut server.client_of(&scene.ana), all.clone()).await;
    let granted = |uris: &[&str]| {
        of(
            "subscriptions/acknowledged",
            json!({ "notifications": {
                "toolsListChanged": true, "resourcesListChanged": true, "resourceSubscriptions": uris,
            } }),
        )
    };
    assert_eq!(said(&mut ana, 1).await, granted(&[CUSTOMERS, ORDERS, "pgwicket://database_info"]));
    let mut ben = listen(&mut server.client_of(&scene.ben), all).await;
    assert_eq!(said(&mut ben, 1).await, granted(&[CUSTOMERS, "pgwicket://database_info"]));
    let mut tools = listen(&mut server.client_of(&scene.ben), json!({ "toolsListChanged": true })).await;
    let only_tools = json!({ "notifications": { "toolsListChanged": true } });
    assert_eq!(said(&mut tools, 1).await, of("subscriptions/acknowledged", only_tools));

    // What neither sees, one of them sees, both of them see.
    change(&scene, &server, "CREATE TABLE hr.more (a int); ALTER TABLE sales.orders SET (fillfactor = 90)").await;
    assert_eq!((ana.next(QUIET).await, ben.next(QUIET).await), (None, None));
    change(&scene, &server, "CREATE TABLE sales.fresh (a int); GRANT SELECT ON sales.fresh TO wicket").await;
    assert_eq!(said(&mut ana, 1).await, of("resources/list_changed", json!({})));
    change(&scene, &server, "ALTER TABLE sales.customers ADD COLUMN since date").await;
    assert_eq!(said(&mut ana, 1).await, of("resources/updated", json!({ "uri": CUSTOMERS })));
    assert_eq!(said(&mut ben, 1).await, of("resources/updated", json!({ "uri": CUSTOMERS })));
    // A column that ana may not see, though ben may.
    change(&scene, &server, "COMMENT ON COLUMN sales.customers.email IS 'to write to'").await;
    assert_eq!(said(&mut ben, 1).await, of("resources/updated", json!({ "uri": CUSTOMERS })));
    assert_eq!(ana.next(QUIET).await, None);

    // Another policy: ben writes no more.
    scene.wicket.write("ben.toml", &BEN.replace(", \"update\"", "").replace("\"write\"", "\"read\""));
    hangup(&server, IN_FORCE).await;
    assert_eq!(said(&mut tools, 1).await, of("tools/list_changed", json!({})));
    let mut told = vec![said(&mut ben, 1).await.0, said(&mut ben, 1).await.0, said(&mut ben, 1).await.0];
    told.sort();
    assert_eq!(
        told,
        ["notifications/resources/updated", "notifications/resources/updated", "notifications/tools/list_changed"]
    );
    assert_eq!((ana.next(QUIET).await, tools.next(Duration::from_millis(50)).await), (None, None));

    // Whoever is kept out hears nothing more.
    scene.edit("policy = \"ben.toml\"", "policy = \"ben.toml\"\ndisabled = true");
    hangup(&server, IN_FORCE).await;
    ben.ended().await;
    tools.ended().await;

    // The door's end is told at once, however long it would wait for statements.
    server.signal("TERM");
    let last = ana.message().await;
    assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!(1), &json!("complete")), "{last}");
    assert_eq!(last["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 1);
    ana.ended().await;
    let (status, stderr) = server.ended().await;
    assert!(status.success(), "{stderr}");
    assert_eq!(scene.who_asked_for_streams(), ["ana", "ben", "ben"]);
}

#[tokio::test]
async fn a_session_is_told_of_lists_and_of_what_it_follows() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let mut sessions = Vec::new();
    for revision in HANDSHAKES {
        let mut client = server.client_of(&scene.ana).handshake(revision).await;
        let stream = client.clone().with("Accept", "text/event-stream").begin("GET", "/mcp", "").await;
        let mut events = Events::of(stream);
        // It is there when something of it has come.
        assert_eq!(events.next(Duration::from_millis(100)).await, None);
        let subscribed = client.request("resources/subscribe", json!({ "uri": CUSTOMERS })).await.answer();
        assert_eq!(subscribed["result"], json!({}), "{subscribed}");
        let mut refusals = Vec::new();
        for uri in [HIDDEN, MISSING] {
            let refused = client.request("resources/subscribe", json!({ "uri": uri })).await.answer();
            assert_eq!(refused["error"]["code"], -32002, "{refused}");
            refusals.push(refused["error"].to_string().replace(uri, "@"));
        }
        assert_eq!(refusals[0], refusals[1]);
        let refused = client.request("resources/subscribe", json!({ "uri": HISTORY })).await.answer();
        assert!(refused["error"]["message"].as_str().unwrap().contains("changes with every call"), "{refused}");
        let refused = client.request("subscriptions/listen", json!({ "notifications": {} })).await.answer();
        assert_eq!(refused["error"]["code"], -32601, "{refused}");
        sessions.push((client, events));
    }
    change(&scene, &server, "CREATE TABLE hr.more (a int)").await;
    change(&scene, &server, "ALTER TABLE sales.customers ADD COLUMN since date").await;
    for (client, events) in &mut sessions {
        let message = events.message().await;
        assert_eq!(message["method"], "notifications/resources/updated", "{message}");
        assert_eq!(message["params"], json!({ "uri": CUSTOMERS }));
        let ended = client.request("resources/unsubscribe", json!({ "uri": CUSTOMERS })).await.answer();
        assert_eq!(ended["result"], json!({}), "{ended}");
    }
    change(&scene, &server, "ALTER TABLE sales.customers DROP COLUMN since; DROP TABLE sales.orders CASCADE").await;
    for (_, events) in &mut sessions {
        assert_eq!(events.message().await["method"], "notifications/resources/list_changed");
        assert_eq!(events.next(Duration::from_millis(100)).await, None);
    }
}

#[tokio::test]
async fn streams_and_what_they_follow_are_bounded_and_given_back() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let mut ana = server.client_of(&scene.ana);
    let mut streams = Vec::new();
    for _ in 0..32 {
        let mut events = listen(&mut ana, json!({ "toolsListChanged": true })).await;
        events.message().await;
        streams.push(events);
    }
    // The one too many is on its way before the last one has its place only if nothing is on record of that yet.
    while scene.who_asked_for_streams().len() < 32 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut refused = listen(&mut ana, json!({ "toolsListChanged": true })).await;
    refused.message().await;
    let refusal = refused.message().await;
    assert_eq!(refusal["error"]["data"]["code"], "concurrency_limited", "{refusal}");
    refused.ended().await;
    // Others aren't concerned, and neither is what ana asks.
    let mut ben = listen(&mut server.client_of(&scene.ben), json!({ "toolsListChanged": true })).await;
    ben.message().await;
    assert_eq!(ana.query("SELECT 1").await.json()["rows"], json!([[1]]));
    // A client that goes away gives its place back.
    drop(streams);
    let again = tokio::time::timeout(crate::support::PATIENCE, async {
        loop {
            let mut events = listen(&mut ana, json!({ "toolsListChanged": true })).await;
            events.message().await;
            if events.next(Duration::from_millis(200)).await.is_none() {
                return;
            }
        }
    });
    assert!(again.await.is_ok(), "no place is given back");

    // Of very many resources the first are followed, and of a session's no more.
    let tables: String = (0..70).map(|n| format!("CREATE TABLE sales.t{n} (a int);")).collect();
    change(&scene, &server, &format!("{tables} GRANT SELECT ON ALL TABLES IN SCHEMA sales TO wicket")).await;
    let uris: Vec<String> = (0..70).map(|n| format!("pgwicket://schema/sales/t{n}")).collect();
    let mut many = listen(&mut ana, json!({ "resourceSubscriptions": uris })).await;
    let granted = many.message().await["params"]["notifications"]["resourceSubscriptions"].take();
    assert_eq!(granted, json!(uris[..64]));
    let mut session = server.client_of(&scene.ana).handshake("2025-11-25").await;
    for (count, uri) in uris.iter().enumerate() {
        let answer = session.request("resources/subscribe", json!({ "uri": uri })).await.answer();
        assert_eq!(answer.get("result").is_some(), count < 64, "{answer}");
    }
}
