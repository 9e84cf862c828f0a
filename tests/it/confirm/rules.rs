//! Which writes have to be approved, and what of their rows a person is shown.

use serde_json::json;

use super::{Scene, pending_id, told};
use crate::support::{Mcp, PATIENCE};

/// Runs a statement whose question is answered with yes; the question and the result.
async fn approved(mcp: &mut Mcp, tool: &str, arguments: serde_json::Value) -> (String, crate::support::ToolResult) {
    let call = mcp.start_call(tool, arguments).await;
    let question = mcp.next_other(PATIENCE).await.unwrap();
    let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "accept" } });
    mcp.send(&answer.to_string()).await;
    (question["params"]["message"].as_str().unwrap().to_owned(), call.tool_result().await)
}

#[tokio::test]
async fn every_way_to_write_is_asked_about_and_then_done() {
    let scene = Scene::new().await;
    let beside = scene.beside().await;
    let mut mcp = scene.asking().await;
    let sql = |sql: &str| json!({ "sql": sql });
    for (tool, arguments, asked, rows) in [
        ("query_execute", sql("INSERT INTO notes (note) SELECT b FROM plain RETURNING id, note"), "INSERT 5 rows", 5),
        ("query_execute", sql("INSERT INTO notes DEFAULT VALUES"), "INSERT 1 row", 1),
        ("query_execute", sql("INSERT INTO notes (note, at) VALUES ('x', now())"), "INSERT 1 row", 1),
        (
            "query_execute",
            sql(
                "INSERT INTO notes (id, note) VALUES (1, 'c'), (99, 'n') ON CONFLICT (id) DO UPDATE SET note = EXCLUDED.note, at = now()",
            ),
            "INSERT 2 rows",
            2,
        ),
        (
            "query_execute",
            sql("UPDATE notes n SET note = p.b, mood = 'bad' FROM plain p WHERE n.id = p.a"),
            "UPDATE 5 rows",
            5,
        ),
        ("query_execute", sql("UPDATE notes SET id = id + 1000 WHERE id = 7 RETURNING *"), "UPDATE 1 row", 1),
        (
            "query_execute",
            sql("WITH old AS (SELECT a FROM plain WHERE a < 3) DELETE FROM notes WHERE id IN (SELECT a FROM old)"),
            "DELETE 2 rows",
            2,
        ),
        ("insert_data", json!({ "table": "desk.notes", "rows": [{ "note": "tool" }] }), "INSERT 1 row", 1),
        (
            "update_data",
            json!({ "table": "desk.notes", "values": { "note": "tool 2" }, "where": { "note": "tool" } }),
            "UPDATE 1 row",
            1,
        ),
        ("delete_data", json!({ "table": "desk.notes", "where": { "note": "tool 2" } }), "DELETE 1 row", 1),
    ] {
        let (question, result) = approved(&mut mcp, tool, arguments.clone()).await;
        assert!(question.starts_with(&format!("ana wants to {asked} of desk.notes.\n")), "{arguments}\n{question}");
        let said = result.json();
        assert_eq!(said["affected_rows"], rows, "{arguments}\n{said}");
        // The client gets what it asked for, and nothing of what was shown to the person.
        let columns: Vec<&str> = said["columns"]
            .as_array()
            .map_or(Vec::new(), |all| all.iter().map(|one| one["name"].as_str().unwrap()).collect());
        let wanted: &[&str] = match arguments["sql"].as_str().and_then(|sql| sql.split_once("RETURNING ")) {
            Some((_, "*")) => &["id", "note", "at", "mood"],
            Some(_) => &["id", "note"],
            None => &[],
        };
        assert_eq!(columns, wanted, "{arguments}");
    }
    assert_eq!(told(&beside, "SELECT count(*) FROM desk.notes WHERE id > 1000 AND note = 'note 7'").await, "1");
    // What touches nothing is nothing to ask about.
    assert_eq!(mcp.query("DELETE FROM notes WHERE id = -5").await.json()["affected_rows"], 0);
    // What PostgreSQL refuses isn't asked about either.
    assert!(mcp.query("INSERT INTO notes (id) VALUES (5)").await.refusal().contains("database_error"));
    // Tables without the rule are written at once.
    assert_eq!(mcp.query("UPDATE plain SET b = 'z'").await.json()["affected_rows"], 5);
    assert_eq!(mcp.next_other(std::time::Duration::from_millis(50)).await, None);
}

#[tokio::test]
async fn a_person_is_shown_no_more_than_the_principal_may_see() {
    let scene = Scene::new().await;
    let mut mcp = scene.asking().await;
    let (question, result) =
        approved(&mut mcp, "query_execute", json!({ "sql": "UPDATE guarded SET note = 'x'" })).await;
    assert!(question.contains("UPDATE 5 rows of desk.guarded") && question.contains("\"tenant\": 1"), "{question}");
    assert!(
        !question.contains("secret") && !question.contains("canary") && !question.contains("\"tenant\": 2"),
        "{question}"
    );
    assert_eq!(result.json()["affected_rows"], 5);
    let hidden = mcp.query("INSERT INTO guarded (id, tenant) VALUES (50, 2)").await;
    assert!(hidden.refusal().contains("row_not_visible"), "{}", hidden.text);
    let beside = scene.beside().await;
    assert_eq!(told(&beside, "SELECT count(*) FROM desk.guarded WHERE note = 'x'").await, "5");
}

#[tokio::test]
async fn what_can_not_be_shown_is_refused() {
    let scene = Scene::new().await;
    let beside = scene.beside().await;
    let mut mcp = scene.asking().await;
    for sql in [
        "MERGE INTO notes n USING plain p ON n.id = p.a WHEN MATCHED THEN DELETE",
        "WITH gone AS (DELETE FROM notes RETURNING id) SELECT * FROM gone",
        "WITH gone AS (DELETE FROM notes RETURNING id) DELETE FROM plain",
        "WITH gone AS (DELETE FROM plain RETURNING a) DELETE FROM notes",
    ] {
        let refused = mcp.query(sql).await;
        assert!(
            refused.refusal().contains("not_yet_supported") && refused.text.contains("policy.toml"),
            "{}",
            refused.text
        );
    }
    // A cascade deletes as surely as a DELETE.
    let (question, result) =
        approved(&mut mcp, "query_execute", json!({ "sql": "DELETE FROM parents WHERE id = 1" })).await;
    assert!(question.contains("DELETE 1 row of desk.parents"), "{question}");
    assert_eq!(result.json()["affected_rows"], 1);
    assert_eq!(told(&beside, "SELECT count(*) FROM desk.parts").await, "1");
    assert_eq!(told(&beside, "SELECT count(*) FROM desk.notes").await, "20");
}

#[tokio::test]
async fn code_that_runs_without_rows_is_asked_about_too() {
    let scene = Scene::new().await;
    let beside = scene.beside().await;
    let mut mcp = scene.mute().await;
    let id = pending_id(mcp.query("UPDATE audited SET what = 'x' WHERE id = 5").await.refusal());
    assert_eq!(told(&beside, "SELECT count(*) FROM desk.log").await, "0");
    assert_eq!(scene.approve(&[&id, "--yes"]).await.code, Some(0));
    assert_eq!(mcp.query("UPDATE audited SET what = 'x' WHERE id = 5").await.json()["affected_rows"], 0);
    assert_eq!(told(&beside, "SELECT count(*) FROM desk.log").await, "1");
}

#[tokio::test]
async fn a_description_says_that_writes_are_approved() {
    let scene = Scene::new().await;
    let mut mcp = scene.mute().await;
    assert_eq!(mcp.call("get_table_schema", json!({ "table": "desk.notes" })).await.json()["confirm"], true);
    assert_eq!(mcp.call("get_table_schema", json!({ "table": "desk.plain" })).await.json().get("confirm"), None);
}
