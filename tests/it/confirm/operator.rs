//! Where clients aren't believed, no client is asked, and none is heard.

use std::time::Duration;

use serde_json::json;

use super::clients::{BEFORE, NOTES, UPDATE, over_http, said, serve_http, stateless};
use super::{Scene, pending_id, told};
use crate::support::PATIENCE;

const OPERATOR: &str = "\n[doors.mcp]\nquestions = \"operator\"\n";

impl Scene {
    /// Has only whoever runs pgwicket asked.
    fn ask_the_operator(&self) {
        let text = std::fs::read_to_string(self.wicket.path("pgwicket.toml")).unwrap();
        self.wicket.write("pgwicket.toml", &format!("{text}{OPERATOR}"));
    }
}

#[tokio::test]
async fn no_client_is_asked_about_writes_where_the_operator_is() {
    let scene = Scene::new().await;
    let beside = scene.beside().await;
    scene.ask_the_operator();
    let mut mcp = scene.asking().await;
    let id = pending_id(mcp.query(UPDATE).await.refusal());
    assert_eq!(mcp.next_other(Duration::from_millis(100)).await, None);
    assert_eq!(told(&beside, NOTES).await, BEFORE);
    assert_eq!(scene.approve(&[&id, "--yes"]).await.code, Some(0));
    assert_eq!(mcp.query(UPDATE).await.json()["affected_rows"], 3);
    let asked: Vec<_> = scene.records("approval").into_iter().map(|one| one["detail"]["asked"].clone()).collect();
    assert_eq!(asked, ["command_line"]);
    mcp.close().await;
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_not_heard() {
    let scene = Scene::new().await;
    let beside = scene.beside().await;
    // Without sessions a client brings the answer along: here to a question that another client was asked.
    let (server, token) = over_http(&scene).await;
    let asked = stateless(&server, &token, UPDATE, json!({})).await;
    let state = asked["result"]["requestState"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    drop(server);
    scene.ask_the_operator();
    let server = serve_http(&scene).await;
    let answer = json!({ "action": "accept", "content": {} });
    let brought = json!({ "requestState": state, "inputResponses": { "approval": answer } });
    let refused = stateless(&server, &token, UPDATE, brought).await;
    let text = refused["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{refused}"));
    assert!(text.contains("confirmation_required"), "{text}");
    assert_eq!(told(&beside, NOTES).await, BEFORE);
    assert!(scene.records("approval").is_empty());
}

#[tokio::test]
async fn progress_says_that_a_person_is_waited_for() {
    let scene = Scene::new().await;
    let mut mcp = scene.asking().await;
    let params = json!({
        "name": "query_execute", "arguments": { "sql": UPDATE }, "_meta": { "progressToken": "mine" },
    });
    let call = mcp.start_request("tools/call", params).await;
    let question = mcp.next_other(PATIENCE).await.unwrap();
    assert_eq!(question["method"], "elicitation/create", "{question}");
    let progress = mcp.next_other(PATIENCE).await.unwrap();
    let message = progress["params"]["message"].as_str().unwrap_or_else(|| panic!("{progress}"));
    assert!(message.starts_with("waiting for a person's answer, "), "{message}");
    mcp.send(&said(&question, "accept")).await;
    assert_eq!(call.tool_result().await.json()["affected_rows"], 3);
    mcp.close().await;
}
