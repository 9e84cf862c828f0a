//! The tools that run nothing of the client's: verdicts, plans and searches, and that they tell no more than the others.

use serde_json::{Value, json};

use super::{STATE, reader, records, writer};
use crate::support::{Database, Mcp};

async fn refusal(mcp: &mut Mcp, tool: &str, arguments: Value) -> Value {
    serde_json::from_str::<Value>(mcp.call(tool, arguments).await.refusal()).unwrap()["error"].clone()
}

#[tokio::test]
async fn a_verdict_is_the_one_of_running_it_and_runs_nothing() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = reader(&database).await;
    let sql = "SELECT c.name, c.email, o.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = $1";
    let verdict = mcp.call("check_query", json!({ "sql": sql, "params": [4] })).await.json();
    assert_eq!(
        verdict,
        json!({
            "verdict": "admitted", "statement": "select", "relations": ["sales.customers", "sales.orders"],
            "masked_columns": { "sales.customers.email": "email" }, "rows_filtered": ["sales.customers"], "row_limit": 500,
        })
    );
    // Refusals are those of running it, byte for byte; hidden names are missing ones.
    for arguments in [
        json!({ "sql": "SELECT ssn FROM customers" }),
        json!({ "sql": "SELECT * FROM payroll_2024" }),
        json!({ "sql": "DELETE FROM customers" }),
        json!({ "sql": "SELECT pg_sleep(1)" }),
        json!({ "sql": "SELECT 1; SELECT 2" }),
        json!({ "sql": "SELECT $1::int", "params": ["x", "y"] }),
    ] {
        let checked = refusal(&mut mcp, "check_query", arguments.clone()).await;
        assert_eq!(checked, refusal(&mut mcp, "query_execute", arguments.clone()).await, "{arguments}");
    }
    mcp.close().await;
    let all = records(&wicket.path(STATE));
    let checks: Vec<&Value> = all.iter().filter(|record| record["what"]["tool"] == "check_query").collect();
    assert_eq!(checks.len(), 7, "{checks:#?}");
    assert_eq!(checks.iter().filter(|record| record["kind"] == "rejection").count(), 6);

    let (_wicket, mut mcp) = writer(&database).await;
    let insert = json!({ "sql": "INSERT INTO scratch.notes (author, body) VALUES ('eve', 'checked')" });
    let verdict = mcp.call("check_query", insert).await.json();
    assert_eq!((&verdict["verdict"], &verdict["statement"]), (&json!("admitted"), &json!("insert")));
    let count = "SELECT count(*) FROM scratch.notes WHERE body = 'checked'";
    let there: i64 = database.connect().await.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(there, 0);
}

#[tokio::test]
async fn a_plan_says_what_it_reads_and_of_restricted_tables_its_steps_only() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = reader(&database).await;
    let sql = "SELECT * FROM orders WHERE id = $1";
    let plan = mcp.call("explain_query", json!({ "sql": sql, "params": [7] })).await.json();
    assert!(plan["estimated_cost"].as_f64().unwrap() > 0.0 && plan["estimated_rows"] == 1, "{plan}");
    let steps = plan["steps"].to_string();
    assert!(steps.contains("orders") && steps.contains("Index Cond") && plan.get("only_steps").is_none(), "{plan}");

    let sql = "SELECT name FROM customers WHERE name = 'Olga Kowalski'";
    let plan = mcp.call("explain_query", json!({ "sql": sql })).await.json();
    assert_eq!(plan["only_steps"], true);
    let keys: Vec<&String> = plan.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["notes", "only_steps", "steps"], "{plan}");
    assert!(plan["notes"][0].as_str().unwrap().contains("restricts"), "{plan}");
    assert!(!plan.to_string().contains("Olga") && !plan.to_string().contains("tenant"), "{plan}");

    for (sql, code) in [
        ("DELETE FROM customers WHERE id = 1", "not_yet_supported"),
        ("EXPLAIN SELECT 1", "not_yet_supported"),
        ("EXPLAIN ANALYZE SELECT 1", "not_yet_supported"),
        ("ANALYZE SELECT 1", "parse_error"),
        ("SELECT ssn FROM customers", "unknown_column"),
        ("SELECT 1; DROP TABLE orders", "parse_error"),
    ] {
        let error = refusal(&mut mcp, "explain_query", json!({ "sql": sql })).await;
        assert_eq!(error["code"], code, "{sql}: {error}");
        assert!(
            !sql.starts_with("EXPLAIN") || error["help"].as_str().unwrap().contains("leave out EXPLAIN"),
            "{error}"
        );
    }
    let error = refusal(&mut mcp, "explain_query", json!({ "sql": "SELECT id,\n ssn FROM customers" })).await;
    assert_eq!((&error["span"]["line"], &error["span"]["text"]), (&json!(2), &json!("ssn")));
    mcp.close().await;
    let all = records(&wicket.path(STATE));
    let intent = all.iter().find(|one| one["kind"] == "intent" && one["what"]["tool"] == "explain_query").unwrap();
    assert_eq!(intent["what"]["statement"], "explain");

    // Who may not explain isn't told a plan by another name.
    let (_wicket, mut mcp) = writer(&database).await;
    let error = refusal(&mut mcp, "explain_query", json!({ "sql": "SELECT 1" })).await;
    assert_eq!(error["code"], "statement_not_allowed", "{error}");
}

#[tokio::test]
async fn a_search_finds_what_may_be_seen_and_nothing_else() {
    let database = Database::sample().await;
    database.script("COMMENT ON COLUMN sales.customers.name IS 'full name, see the ssn column'").await;
    let (_wicket, mut mcp) = reader(&database).await;
    let found = mcp.call("search_objects", json!({ "query": "customer", "detail": "names" })).await.json();
    assert_eq!(found["found"][0]["relation"], "sales.customers");
    let orders = found["found"].as_array().unwrap().iter().find(|one| one["relation"] == "sales.orders").unwrap();
    assert_eq!(orders["columns"], json!(["customer_id"]));

    let found = mcp.call("search_objects", json!({ "query": "customers EMAIL" })).await.json();
    assert_eq!(found["found"].as_array().unwrap().len(), 1, "{found}");
    let column = &found["found"][0]["columns"][0];
    assert_eq!((&column["name"], &column["masked"]), (&json!("email"), &json!(true)));
    assert_eq!(found["found"][0]["access"], "read");

    let found = mcp.call("search_objects", json!({ "query": "customers", "detail": "full", "limit": 1 })).await.json();
    assert_eq!(found["found"][0]["primary_key"], json!(["id"]));
    assert!(found["more"].is_null() || found["more"].as_u64().unwrap() > 0, "{found}");

    // By type.
    let found = mcp.call("search_objects", json!({ "query": "jsonb", "detail": "names" })).await.json();
    assert!(!found["found"].as_array().unwrap().is_empty(), "{found}");

    for hidden in ["ssn", "payroll", "employees", "notes", "pg_class", "full name"] {
        let found = mcp.call("search_objects", json!({ "query": hidden, "detail": "full" })).await.json();
        assert_eq!(found, json!({ "found": [] }), "{hidden}");
    }
    for (arguments, pointer) in [
        (json!({}), "/query"),
        (json!({ "query": " \t" }), "/query"),
        (json!({ "query": "x", "detail": "all" }), "/detail"),
        (json!({ "query": "x", "limit": 0 }), "/limit"),
        (json!({ "query": "x", "limit": -1 }), "/limit"),
        (json!({ "query": "x", "like": "y" }), "/like"),
    ] {
        let error = refusal(&mut mcp, "search_objects", arguments.clone()).await;
        assert_eq!(
            (&error["code"], &error["pointer"]),
            (&json!("invalid_parameter"), &json!(pointer)),
            "{arguments}: {error}"
        );
    }
}
