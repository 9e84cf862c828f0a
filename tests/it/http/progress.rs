//! Progress over HTTP, in a session and without one: events before the answer, and a client that hangs up between them ends
//! its statement.

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::{ANA, LONG, Scene};
use crate::support::PATIENCE;

fn long(sql: &str) -> Value {
    json!({ "name": "query_execute", "arguments": { "sql": sql } })
}

/// The same, with a wish to be told.
fn told(mut message: Value) -> Value {
    message["params"]["_meta"]["progressToken"] = json!("mine");
    message
}

#[tokio::test]
async fn progress_comes_before_the_answer() {
    let scene = Scene::new().await;
    scene.wicket.write("ana.toml", &ANA.replace("50s", "3500ms"));
    let server = scene.serve().await;
    for mut client in super::ends::clients(&scene, &server).await {
        let (asked, message) = client.message("tools/call", long(LONG));
        let reply = asked.post(&told(message)).await;
        assert_eq!(reply.headers["content-type"], "text/event-stream");
        let mut messages = reply.messages();
        let answer = messages.pop().unwrap();
        assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("deadline_exceeded"), "{answer}");
        assert!((1..=3).contains(&messages.len()), "{messages:?}");
        let mut before = 0.9;
        for message in &messages {
            assert_eq!(
                (&message["method"], &message["params"]["progressToken"]),
                (&json!("notifications/progress"), &json!("mine"))
            );
            let progress = message["params"]["progress"].as_f64().unwrap();
            assert!(progress > before, "{messages:?}");
            before = progress;
        }
        // Who doesn't ask gets the answer alone.
        let reply = client.query(LONG).await;
        assert_eq!(reply.messages().len(), 1, "{reply:?}");
    }
    // Where there is no session and nothing to tell, the answer is no stream.
    let (asked, message) = server.client_of(&scene.ana).message("tools/call", long("SELECT 1"));
    assert_eq!(asked.post(&told(message)).await.headers["content-type"], "application/json");
}

#[tokio::test]
async fn a_client_that_hangs_up_between_events_ends_its_statement() {
    let scene = Scene::new().await;
    let server = scene.serve().await;
    let beside = scene.database.connect().await;
    for mut client in super::ends::clients(&scene, &server).await {
        let (asked, message) = client.message("tools/call", long(LONG));
        let mut stream = asked.begin("POST", "/mcp", &told(message).to_string()).await;
        let mut read = String::new();
        while !read.contains("notifications/progress") {
            let mut some = [0; 4096];
            let count = timeout(PATIENCE, stream.read(&mut some)).await.expect("no progress is told").unwrap();
            assert!(count > 0, "{read}");
            read.push_str(&String::from_utf8_lossy(&some[..count]));
        }
        scene.wait_for_running(&beside, 1).await;
        drop(stream);
        scene.wait_for_running(&beside, 0).await;
    }
    super::ends::outcomes(&scene, 2, "cancelled").await;
}
