//! Resources of tables: listed page by page, read by address, told as the metadata tools tell them, and on record.

use serde_json::{Value, json};

use super::{READER, STATE, reader, records};
use crate::support::{Database, Mcp, Wicket};

async fn refused(mcp: &mut Mcp, uri: &str) -> Value {
    let response = mcp.request("resources/read", json!({ "uri": uri })).await;
    assert!(response.get("result").is_none(), "{response}");
    response["error"].clone()
}

#[tokio::test]
async fn a_table_is_read_by_its_address() {
    let database = Database::sample().await;
    database
        .script(
            "CREATE TABLE sales.\"Größe / 100%?\" (a int); COMMENT ON TABLE sales.\"Größe / 100%?\" IS 'odd';
             GRANT SELECT ON ALL TABLES IN SCHEMA sales TO wicket",
        )
        .await;
    let (wicket, mut mcp) = reader(&database).await;
    let templates = mcp.request("resources/templates/list", json!({})).await;
    let templates = templates["result"]["resourceTemplates"].as_array().unwrap();
    assert_eq!(templates.len(), 1);
    assert_eq!(templates[0]["uriTemplate"], "pgwicket://schema/{schema}/{table}");

    let listed = mcp.resources().await;
    let tables = mcp.call("get_tables", json!({})).await.json()["tables"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 2 + tables.len());
    for (resource, table) in listed[2..].iter().zip(&tables) {
        let (schema, name) = (table["schema"].as_str().unwrap(), table["name"].as_str().unwrap());
        assert_eq!(resource["name"], format!("{schema}.{name}"));
        let by_tool = mcp.call("get_table_schema", json!({ "table": [schema, name] })).await.json();
        assert_eq!(mcp.resource(resource["uri"].as_str().unwrap()).await, by_tool);
    }
    let odd = listed.iter().find(|one| one["description"] == "odd").unwrap();
    assert_eq!(odd["uri"], "pgwicket://schema/sales/Gr%C3%B6%C3%9Fe%20%2F%20100%25%3F");

    // Hidden ones are told like missing ones.
    for (hidden, missing) in [("sales/payroll_export", "sales/payroll_expert"), ("hr/employees", "hr/employers")] {
        let mut told = Vec::new();
        for name in [hidden, missing] {
            let error = refused(&mut mcp, &format!("pgwicket://schema/{name}")).await;
            assert_eq!(
                (&error["code"], &error["data"]["code"]),
                (&json!(-32002), &json!("unknown_relation")),
                "{error}"
            );
            told.push(error.to_string().replace(&name.replace('/', "."), "@"));
        }
        assert_eq!(told[0], told[1]);
    }
    for wrong in ["pgwicket://schema/sales", "pgwicket://schema/sales/orders/id", "pgwicket://schema/sales/%ff"] {
        assert_eq!(refused(&mut mcp, wrong).await["message"], format!("unknown resource `{wrong}`"));
    }
    mcp.close().await;

    let all = records(&wicket.path(STATE));
    let of = |tool: &str, kind: &str| {
        all.iter().filter(|one| one["what"]["tool"] == tool && one["kind"] == kind).cloned().collect::<Vec<_>>()
    };
    assert_eq!(of("resources/list", "outcome").len(), 1);
    assert_eq!(of("table_schema", "outcome").len(), tables.len());
    let refused = of("table_schema", "rejection");
    let about: Vec<&Value> = refused.iter().map(|one| &one["what"]["relations"][0]["relation"]).collect();
    assert_eq!(about, ["sales.payroll_export", "sales.payroll_expert", "hr.employees", "hr.employers"]);
    assert!(refused[0]["decision"]["rule"].is_string() && refused[1]["decision"]["rule"].is_null(), "{refused:?}");
}

#[tokio::test]
async fn many_tables_come_in_pages() {
    let database = Database::sample().await;
    let script: String = (0..230).map(|n| format!("CREATE TABLE sales.many_{n:03} (a int);")).collect();
    database.script(&(script + "GRANT SELECT ON ALL TABLES IN SCHEMA sales TO wicket")).await;
    let wicket = Wicket::on(&database);
    let mut mcp =
        wicket.serve(&READER.replace("concurrency = 16", "concurrency = 16\nrate = \"7/min\""), &["tenant=1"]).await;
    let (mut names, mut cursor, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let asked = if cursor.is_null() { json!({}) } else { json!({ "cursor": cursor }) };
        let result = mcp.request("resources/list", asked).await["result"].clone();
        let page = result["resources"].as_array().unwrap();
        assert!(page.len() <= 100);
        names.extend(page.iter().map(|one| one["name"].as_str().unwrap().to_owned()));
        pages += 1;
        match result.get("nextCursor") {
            Some(next) if !next.is_null() => cursor = next.clone(),
            _ => break,
        }
    }
    let tables = mcp.call("get_tables", json!({})).await.json()["tables"].as_array().unwrap().len();
    assert_eq!((pages, names.len()), (3, tables + 2));
    assert!(names[2..].is_sorted() && names.contains(&"sales.many_229".to_owned()));
    for wrong in ["-1", "x"] {
        let response = mcp.request("resources/list", json!({ "cursor": wrong })).await;
        assert_eq!(response["error"]["code"], -32602, "{response}");
    }
    let beyond = mcp.request("resources/list", json!({ "cursor": "100000" })).await;
    assert_eq!(beyond["result"]["resources"], json!([]));
    // It is a call like any other.
    let over = mcp.request("resources/list", json!({})).await;
    assert_eq!(over["error"]["data"]["code"], "rate_limited", "{over}");
}
