//! Completions of prompts' and templates' arguments: from what the principal may see and nothing else, and on record.

use serde_json::{Value, json};

use super::{READER, STATE, records};
use crate::support::{Database, Mcp, Wicket};

fn template() -> Value {
    json!({ "type": "ref/resource", "uri": "pgwicket://schema/{schema}/{table}" })
}

fn prompt(name: &str) -> Value {
    json!({ "type": "ref/prompt", "name": name })
}

async fn asked(mcp: &mut Mcp, of: Value, argument: &str, typed: &str, chosen: Value) -> Value {
    let argument = json!({ "name": argument, "value": typed });
    let asked = json!({ "ref": of, "argument": argument, "context": { "arguments": chosen } });
    mcp.request("completion/complete", asked).await
}

/// The names, all of which have to be there.
async fn names(mcp: &mut Mcp, of: Value, argument: &str, typed: &str, chosen: Value) -> Vec<String> {
    let answer = asked(mcp, of, argument, typed, chosen).await;
    let completion = &answer["result"]["completion"];
    let names = completion["values"].as_array().unwrap_or_else(|| panic!("{answer}"));
    if !names.is_empty() {
        assert_eq!((&completion["total"], &completion["hasMore"]), (&json!(names.len()), &json!(false)));
    }
    names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn arguments_are_completed_from_what_may_be_seen() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = super::reader(&database).await;
    for (argument, typed, chosen, expected) in [
        ("schema", "", json!({}), vec!["sales"]),
        ("schema", "AL", json!({}), vec!["sales"]),
        ("schema", "h", json!({}), vec![]),
        ("table", "Ord", json!({ "schema": "sales" }), vec!["order_items", "order_totals", "orders"]),
        ("table", "ord", json!({}), vec!["order_items", "order_totals", "orders"]),
        ("table", "payroll", json!({}), vec![]),
        ("table", "", json!({ "schema": "hr" }), vec![]),
        ("table", "", json!({ "schema": "none" }), vec![]),
    ] {
        assert_eq!(
            names(&mut mcp, template(), argument, typed, chosen.clone()).await,
            expected,
            "{argument} {typed} {chosen}"
        );
    }
    assert_eq!(names(&mut mcp, prompt("explore_database"), "schema", "s", json!({})).await, ["sales"]);
    assert_eq!(names(&mut mcp, prompt("review_table"), "table", "cust", json!({})).await, ["sales.customers"]);
    // What begins so comes before what only contains it.
    let tables = names(&mut mcp, prompt("review_table"), "table", "o", json!({})).await;
    assert!(
        tables.starts_with(&["sales.order_items".into(), "sales.order_totals".into(), "sales.orders".into()]),
        "{tables:?}"
    );
    assert!(tables.contains(&"sales.customers".to_owned()) && !tables.iter().any(|name| name.contains("payroll")));
    let described = mcp.call("get_table_schema", json!({ "table": "customers" })).await.json();
    let columns: Vec<&str> =
        described["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
    for table in ["sales.customers", "customers"] {
        assert_eq!(names(&mut mcp, prompt("review_table"), "column", "", json!({ "table": table })).await, columns);
    }
    for table in ["sales.payroll_export", "payroll_export", "hr.employees", "sales.nothing", ""] {
        let of = prompt("review_table");
        assert_eq!(names(&mut mcp, of, "column", "", json!({ "table": table })).await, [""; 0], "{table}");
    }
    let columns = names(&mut mcp, prompt("review_table"), "column", "s", json!({ "table": "customers" })).await;
    assert!(!columns.contains(&"ssn".to_owned()), "{columns:?}");
    // Nothing is known of these.
    assert_eq!(names(&mut mcp, prompt("answer_question"), "question", "who", json!({})).await, [""; 0]);
    assert_eq!(names(&mut mcp, prompt("review_table"), "column", "", json!({})).await, [""; 0]);
    for (of, argument, message) in [
        (prompt("drop_table"), "table", "unknown prompt `drop_table`"),
        (prompt("review_table"), "tabel", "the prompt `review_table` has no argument `tabel`"),
        (template(), "column", "the template has no argument `column`"),
        (
            json!({ "type": "ref/resource", "uri": "file:///{path}" }),
            "path",
            "unknown resource template `file:///{path}`",
        ),
    ] {
        let answer = asked(&mut mcp, of, argument, "", json!({})).await;
        assert_eq!((&answer["error"]["code"], &answer["error"]["message"]), (&json!(-32602), &json!(message)));
    }
    mcp.close().await;
    let all = records(&wicket.path(STATE));
    let of = |kind: &str| {
        all.iter().filter(|one| one["kind"] == kind && one["what"]["tool"] == "completion/complete").count()
    };
    assert_eq!((of("outcome"), of("rejection")), (19, 4));
    let about = |name: &str| all.iter().any(|one| one["what"]["relations"][0]["relation"] == name);
    assert!(about("hr.employees") && about("sales.nothing"));
}

#[tokio::test]
async fn many_names_are_cut_and_counted() {
    let database = Database::sample().await;
    let script: String = (0..150).map(|n| format!("CREATE TABLE sales.many_{n:03} (a int);")).collect();
    database.script(&(script + "GRANT SELECT ON ALL TABLES IN SCHEMA sales TO wicket")).await;
    let wicket = Wicket::on(&database);
    let limited = READER.replace("concurrency = 16", "concurrency = 16\nrate = \"2/min\"");
    let mut mcp = wicket.serve(&limited, &["tenant=1"]).await;
    let answer = asked(&mut mcp, template(), "table", "many", json!({ "schema": "sales" })).await;
    let completion = &answer["result"]["completion"];
    assert_eq!(completion["values"].as_array().unwrap().len(), 100);
    assert_eq!((&completion["total"], &completion["hasMore"]), (&json!(150), &json!(true)));
    asked(&mut mcp, template(), "schema", "", json!({})).await;
    let over = asked(&mut mcp, template(), "schema", "", json!({})).await;
    assert_eq!(over["error"]["data"]["code"], "rate_limited", "{over}");
}
