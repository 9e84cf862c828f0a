//! Every tool and both resources, and what a refusal says.

use serde_json::{Value, json};

use super::{reader, writer};
use crate::support::{Database, Mcp};

fn names(list: &[Value]) -> Vec<&str> {
    list.iter().map(|one| one["name"].as_str().unwrap()).collect()
}

/// The `error` of a refusal.
async fn refused(mcp: &mut Mcp, tool: &str, arguments: Value) -> Value {
    let result = mcp.call(tool, arguments).await;
    assert_eq!(result.whole.get("structuredContent"), None);
    serde_json::from_str::<Value>(result.refusal()).unwrap()["error"].clone()
}

#[tokio::test]
async fn the_handshake_and_the_lists() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = reader(&database).await;
    assert_eq!(
        names(&mcp.tools().await),
        ["query_execute", "check_query", "explain_query", "search_objects", "get_tables", "get_table_schema"]
    );
    assert_eq!(names(&mcp.resources().await)[..3], ["database_info", "query_history", "sales.customers"]);
    for tool in mcp.tools().await {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
        assert_eq!(tool.get("outputSchema"), None);
        assert!(tool["description"].as_str().unwrap().len() > 10);
    }
    mcp.close().await;
    let mut again =
        crate::support::Mcp::start(wicket.command(&["serve", "--policy", "policy.toml", "--attribute", "tenant=1"]));
    let hello = again.initialize().await;
    assert_eq!(hello["serverInfo"]["name"], "pgwicket");
    assert!(hello["capabilities"]["tools"].is_object() && hello["capabilities"]["resources"].is_object());
    assert!(hello["instructions"].as_str().unwrap().contains("get_tables"));

    let (_wicket, mut mcp) = writer(&database).await;
    let tools = mcp.tools().await;
    assert_eq!(
        names(&tools),
        [
            "query_execute",
            "check_query",
            "explain_query",
            "search_objects",
            "get_tables",
            "get_table_schema",
            "insert_data",
            "update_data",
            "delete_data"
        ]
    );
    let hint = |name: &str| {
        let tool = tools.iter().find(|tool| tool["name"] == name).unwrap();
        (tool["annotations"]["readOnlyHint"].clone(), tool["annotations"]["destructiveHint"].clone())
    };
    assert_eq!(hint("query_execute"), (json!(false), json!(true)));
    assert_eq!(hint("insert_data"), (json!(false), json!(false)));
    assert_eq!(hint("delete_data"), (json!(false), json!(true)));
    assert_eq!(hint("get_tables"), (json!(true), json!(false)));
}

#[tokio::test]
async fn query_execute_gives_compact_exact_json() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = reader(&database).await;
    let result = mcp.query("SELECT id, name, email, phone, credit_limit FROM customers WHERE id < 5 ORDER BY id").await;
    assert_eq!(
        result.text,
        r#"{"columns":[{"name":"id","type":"integer"},{"name":"name","type":"text"},{"name":"email","type":"text"},{"name":"phone","type":"text"},{"name":"credit_limit","type":"numeric"}],"rows":[[2,"Olga Kowalski","o***@example.com","***0174","500.00"],[4,"Ines Hansen","i***@example.com","***0148","1000.00"]],"row_count":2,"truncated":false}"#
    );
    assert_eq!(result.whole.get("structuredContent"), None);

    let call = json!({ "sql": "SELECT $1::bigint + 1 AS n, $2::text AS t, $3::int[] AS a, $4::jsonb AS j",
                       "params": ["9007199254740993", "it's; --", [1, null], { "k": [true] }] });
    let result = mcp.call("query_execute", call).await;
    assert_eq!(result.rows(), [json!(["9007199254740994", "it's; --", [1, null], { "k": [true] }])]);

    let result = mcp.query("SELECT id FROM orders").await.json();
    assert_eq!(
        (&result["row_count"], &result["truncated"], &result["truncated_by"]),
        (&json!(500), &json!(true), &json!("rows"))
    );
    let explained = mcp.query("EXPLAIN (FORMAT JSON) SELECT * FROM regions").await;
    assert!(explained.text.contains("Seq Scan"), "{}", explained.text);
}

#[tokio::test]
async fn the_metadata_tools_show_what_may_be_seen() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = reader(&database).await;
    let all = mcp.call("get_tables", json!({})).await.json();
    let all = names(all["tables"].as_array().unwrap()).join(" ");
    assert!(all.contains("customers") && all.contains("orders") && all.contains("order_totals"), "{all}");
    assert!(!all.contains("payroll") && !all.contains("employees") && !all.contains("notes"), "{all}");
    let some = mcp.call("get_tables", json!({ "schema": "sales", "pattern": "order*" })).await.json();
    assert_eq!(names(some["tables"].as_array().unwrap()), ["order_items", "order_totals", "orders"]);
    assert_eq!(mcp.call("get_tables", json!({ "schema": "hr" })).await.json()["tables"], json!([]));

    for table in [json!("sales.customers"), json!("customers"), json!(["sales", "customers"])] {
        let described = mcp.call("get_table_schema", json!({ "table": table })).await.json();
        assert!(!described.to_string().to_lowercase().contains("ssn"), "{described}");
        assert_eq!(described["primary_key"], json!(["id"]));
        assert_eq!(described["rows_filtered"], true);
        assert_eq!(described.get("estimated_rows"), None);
        let columns = described["columns"].as_array().unwrap();
        let email = columns.iter().find(|column| column["name"] == "email").unwrap();
        assert_eq!(
            (&email["type"], &email["masked"], &email["nullable"]),
            (&json!("sales.email_address"), &json!(true), &json!(false))
        );
        assert_eq!(described["foreign_keys"][0]["references"], "sales.regions");
    }
}

#[tokio::test]
async fn the_writing_tools_write() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = writer(&database).await;
    let rows = json!([{ "author": "eve", "body": "one" }, { "author": "eve", "body": "two" }]);
    let result = mcp.call("insert_data", json!({ "table": "scratch.notes", "rows": rows })).await.json();
    assert_eq!(result["affected_rows"], 2);
    let change = json!({ "table": ["scratch", "notes"], "values": { "done": true }, "where": { "body": "one" } });
    assert_eq!(mcp.call("update_data", change).await.json()["affected_rows"], 1);
    let condition = json!({ "author": "eve", "done": { "op": "=", "value": false } });
    let result = mcp.call("delete_data", json!({ "table": "scratch.notes", "where": condition })).await.json();
    assert_eq!(result["affected_rows"], 1);
    let sql = "UPDATE scratch.notes SET body = body || $1 WHERE author = $2 RETURNING body, done";
    let result = mcp.call("query_execute", json!({ "sql": sql, "params": ["!", "eve"] })).await;
    assert_eq!(result.rows(), [json!(["one!", true])]);
}

#[tokio::test]
async fn a_refusal_says_what_where_by_which_rule_and_what_instead() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = reader(&database).await;
    let error = refused(&mut mcp, "query_execute", json!({ "sql": "SELECT id,\n  ssn FROM customers" })).await;
    assert_eq!(error["code"], "unknown_column");
    assert_eq!(error["span"], json!({ "start": 13, "end": 16, "line": 2, "column": 3, "text": "ssn" }));
    assert!(error["help"].as_str().unwrap().contains(".email`") && error.get("rule").is_none(), "{error}");

    let error = refused(&mut mcp, "query_execute", json!({ "sql": "DELETE FROM customers WHERE id = 1" })).await;
    assert_eq!(error["code"], "statement_not_allowed");
    assert!(error["help"].as_str().unwrap().contains("select"), "{error}");

    for (tool, arguments, code, pointer) in [
        ("query_execute", json!({}), "invalid_parameter", "/sql"),
        ("query_execute", json!({ "sql": 7 }), "invalid_parameter", "/sql"),
        ("query_execute", json!({ "sql": "SELECT 1", "parameters": [] }), "invalid_parameter", "/parameters"),
        ("query_execute", json!({ "sql": "SELECT 1", "params": [1] }), "invalid_parameter", "/params/0"),
        ("get_table_schema", json!({ "table": "a.b.c" }), "invalid_parameter", "/table"),
        ("get_table_schema", json!({ "table": "sales.nothing" }), "unknown_relation", ""),
        ("get_tables", json!({ "patern": "x" }), "invalid_parameter", "/patern"),
    ] {
        let error = refused(&mut mcp, tool, arguments.clone()).await;
        assert_eq!(error["code"], code, "{tool} {arguments}: {error}");
        if !pointer.is_empty() {
            assert_eq!(error["pointer"], pointer, "{tool} {arguments}: {error}");
        }
        assert!(error["message"].as_str().unwrap().len() > 10);
    }
    let error = refused(&mut mcp, "query_execute", json!({ "sql": "SELECT 1 / (id - 2) FROM customers" })).await;
    assert_eq!(error["code"], "database_error");
    assert_eq!(error["message"], "division by zero (SQLSTATE 22012)");

    let (_wicket, mut mcp) = writer(&database).await;
    let change =
        json!({ "table": "scratch.notes", "values": { "done": true }, "where": { "id": { "op": ">", "value": 0 } } });
    assert_eq!(mcp.call("update_data", change).await.json()["affected_rows"], 4);
    let error = refused(&mut mcp, "query_execute", json!({ "sql": "DELETE FROM scratch.notes" })).await;
    assert_eq!(error["code"], "where_required");
    assert_eq!(error["rule"]["key"], "tables.\"scratch.notes\".require_where", "{error}");
    assert!(error["rule"]["line"].as_u64().is_some_and(|line| line > 1), "{error}");
    let error = refused(&mut mcp, "delete_data", json!({ "table": "scratch.notes", "where": { "nothing": 1 } })).await;
    assert_eq!((&error["code"], &error["pointer"]), (&json!("unknown_column"), &json!("/where/nothing")));
}

#[tokio::test]
async fn a_tool_that_is_not_listed_does_not_exist() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = reader(&database).await;
    for tool in ["insert_data", "no_such_tool"] {
        let response = mcp.request("tools/call", json!({ "name": tool, "arguments": {} })).await;
        assert_eq!(response["error"]["code"], -32602, "{response}");
        assert_eq!(response["error"]["message"], format!("unknown tool `{tool}`"));
    }
    let response = mcp.request("resources/read", json!({ "uri": "pgwicket://nothing" })).await;
    assert!(response["error"]["code"].is_i64(), "{response}");
    let response = mcp.request("no/such/method", json!({})).await;
    assert_eq!(response["error"]["code"], -32601, "{response}");
}

#[tokio::test]
async fn hidden_and_missing_names_are_refused_byte_for_byte_alike() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = reader(&database).await;
    for (template, hidden, missing) in [
        ("SELECT @ FROM customers", "ssn", "xyz"),
        ("SELECT c.id FROM customers c WHERE c.@ = '1'", "ssn", "xyz"),
        ("SELECT * FROM sales.@", "payroll_export", "payroll_expert"),
        ("SELECT * FROM @", "payroll_export", "payroll_expert"),
        ("SELECT * FROM hr.@", "employees", "employers"),
        ("SELECT * FROM @.employees", "hr", "xx"),
    ] {
        let mut texts = Vec::new();
        for name in [hidden, missing] {
            let result = mcp.query(&template.replace('@', name)).await;
            texts.push(result.refusal().replace(name, "@"));
        }
        assert_eq!(texts[0], texts[1], "{template}");
    }
    for (hidden, missing) in [("sales.payroll_export", "sales.payroll_expert"), ("hr.employees", "hr.employers")] {
        let mut texts = Vec::new();
        for name in [hidden, missing] {
            let result = mcp.call("get_table_schema", json!({ "table": name })).await;
            texts.push(result.refusal().replace(name, "@"));
        }
        assert_eq!(texts[0], texts[1], "{hidden}");
    }
}

#[tokio::test]
async fn the_resources_tell_no_secret() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = reader(&database).await;
    let info = mcp.resource("pgwicket://database_info").await;
    assert_eq!(info["database"], database.name());
    assert_eq!(info["schemas"], json!(["sales"]));
    assert_eq!(info["limits"]["rows"], 500);
    assert!(info["version"].as_str().unwrap().contains('.'), "{info}");
    let text = info.to_string();
    for (name, value) in database.environment() {
        assert!(name == "POSTGRES_DB" || !text.contains(&value), "{name} is in {text}");
    }

    mcp.query("SELECT count(*) FROM orders WHERE comment = 'a literal'").await.json();
    mcp.query("SELECT ssn FROM customers").await.refusal();
    mcp.query("SELECT 1 / 0").await.refusal();
    let history = mcp.resource("pgwicket://query_history").await;
    let calls = history["calls"].as_array().unwrap();
    let queries: Vec<&Value> = calls.iter().filter(|call| call["tool"] == "query_execute").collect();
    assert_eq!(queries.len(), 3, "{history}");
    assert_eq!(
        (&queries[0]["verdict"], &queries[0]["status"], &queries[0]["reason"]),
        (&json!("admitted"), &json!("failed"), &json!("database_error"))
    );
    assert_eq!((&queries[1]["verdict"], &queries[1]["reason"]), (&json!("rejected"), &json!("unknown_column")));
    assert_eq!((&queries[2]["status"], &queries[2]["rows"]), (&json!("ok"), &json!(1)));
    assert!(queries[2]["duration_ms"].as_f64().unwrap() > 0.0);
    assert!(!history.to_string().contains("a literal"), "{history}");
}

#[tokio::test]
async fn prompts_are_listed_and_filled_in() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = reader(&database).await;
    let list = mcp.request("prompts/list", json!({})).await;
    let prompts = list["result"]["prompts"].as_array().unwrap();
    assert_eq!(names(prompts), ["explore_database", "answer_question", "review_table"]);
    assert_eq!(prompts[1]["arguments"][0]["required"], true);
    let asked = json!({ "name": "review_table", "arguments": { "table": "sales.orders" } });
    let prompt = mcp.request("prompts/get", asked).await;
    let message = &prompt["result"]["messages"][0];
    assert_eq!(message["role"], "user");
    assert!(message["content"]["text"].as_str().unwrap().contains("the table sales.orders behind"), "{prompt}");
    for (wrong, message) in [
        (json!({ "name": "review_table" }), "the argument `table` is missing"),
        (json!({ "name": "review_table", "arguments": { "tabel": "x" } }), "the prompt has no argument `tabel`"),
        (json!({ "name": "drop_table" }), "unknown prompt `drop_table`"),
    ] {
        let answer = mcp.request("prompts/get", wrong.clone()).await;
        assert_eq!(
            (&answer["error"]["code"], &answer["error"]["message"]),
            (&json!(-32602), &json!(message)),
            "{wrong}"
        );
    }
    mcp.close().await;
    // Who asks for what isn't there is on record.
    let all = super::records(&wicket.path(super::STATE));
    assert!(
        all.iter().any(|record| record["kind"] == "rejection" && record["what"]["tool"] == "prompts/get"),
        "{all:?}"
    );
}
