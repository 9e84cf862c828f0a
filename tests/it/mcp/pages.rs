//! Results that are longer than may come at once, page by page.

use serde_json::{Value, json};

use super::{READER, reader, writer};
use crate::support::{Database, Mcp};

async fn page(mcp: &mut Mcp, sql: &str, more: Value) -> Value {
    let mut arguments = json!({ "sql": sql });
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    mcp.call("query_execute", arguments).await.json()
}

/// The first values of all rows of all pages, and how many rows each page had.
async fn pages(mcp: &mut Mcp, sql: &str, more: &Value) -> (Vec<i64>, Vec<usize>) {
    let (mut all, mut lengths, mut next) = (Vec::new(), Vec::new(), None);
    loop {
        let mut more = more.clone();
        if let Some(cursor) = next {
            more["cursor"] = cursor;
        }
        let said = page(mcp, sql, more).await;
        let rows = said["rows"].as_array().unwrap();
        let first = |row: &Value| row.get(0).or(row.get("i")).and_then(Value::as_i64).unwrap();
        all.extend(rows.iter().map(first));
        lengths.push(rows.len());
        assert_eq!(said["truncated"], said.get("cursor").is_some(), "{said}");
        match said.get("cursor") {
            Some(cursor) => next = Some(cursor.clone()),
            None => return (all, lengths),
        }
    }
}

#[tokio::test]
async fn all_rows_come_in_their_order_page_by_page() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = reader(&database).await;
    let whole = |range: std::ops::RangeInclusive<i64>| range.collect::<Vec<_>>();
    let none = json!({});
    for (sql, more, rows, lengths) in [
        ("SELECT i FROM generate_series(1, 1234) AS i ORDER BY i", &none, whole(1..=1234), vec![500, 500, 234]),
        ("SELECT i FROM generate_series(1, 1000) AS i ORDER BY 1", &none, whole(1..=1000), vec![500, 500]),
        (
            "SELECT i FROM generate_series(1, 9999) AS i ORDER BY i LIMIT 700 OFFSET 10",
            &none,
            whole(11..=710),
            vec![500, 200],
        ),
        (
            "SELECT i FROM generate_series(1, 9999) AS i WHERE i > $1 ORDER BY i FETCH FIRST 501 ROWS WITH TIES",
            &json!({ "params": [3], "format": "objects" }),
            whole(4..=504),
            vec![500, 1],
        ),
        (
            "WITH a AS (SELECT i FROM generate_series(1, 300) i), b AS (SELECT i + 300 AS i FROM a)
             SELECT i FROM a UNION SELECT i FROM b ORDER BY i",
            &none,
            whole(1..=600),
            vec![500, 100],
        ),
    ] {
        assert_eq!(pages(&mut mcp, sql, more).await, (rows, lengths), "{sql}");
    }
    // Where bytes are the bound, in whatever layout, nothing is left out either.
    let wide = "SELECT i, repeat('x', 20000) AS x FROM generate_series(1, 400) AS i ORDER BY i";
    for more in [json!({}), json!({ "format": "objects" })] {
        let (rows, lengths) = pages(&mut mcp, wide, &more).await;
        assert_eq!(rows, whole(1..=400), "{more}");
        assert!(lengths.len() == 2 && lengths[0] < 400, "{lengths:?}");
    }
    // What policy restricts is the same in pages: the filter's rows, each once.
    let sql = "SELECT o.id AS i FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.id, c.id";
    let (rows, lengths) = pages(&mut mcp, sql, &none).await;
    let shown =
        "SELECT count(*) FROM sales.orders o JOIN sales.customers c ON c.id = o.customer_id WHERE tenant_id = 1";
    let count: i64 = database.connect().await.query_one(shown, &[]).await.unwrap().get(0);
    assert!(rows.len() as i64 == count && rows.is_sorted() && lengths.len() > 1, "{count}: {lengths:?}");
}

#[tokio::test]
async fn it_is_told_where_pages_do_not_fit_together() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = reader(&database).await;
    for (sql, fits) in [
        ("SELECT id FROM orders ORDER BY id", true),
        ("SELECT id FROM orders", false),
        ("SELECT id FROM orders ORDER BY customer_id", false),
        ("SELECT customer_id FROM orders ORDER BY customer_id", true),
    ] {
        let said = page(&mut mcp, sql, json!({})).await;
        assert!(said["cursor"].is_string(), "{sql}: {}", said["row_count"]);
        assert_eq!(said.get("pages").is_none(), fits, "{sql}: {:?}", said.get("pages"));
    }
    // What comes whole has no next page.
    let said = page(&mut mcp, "SELECT 1", json!({})).await;
    assert!(said.get("cursor").is_none() && said.get("pages").is_none());
}

#[tokio::test]
async fn a_cursor_is_good_for_its_statement_and_nothing_else() {
    let database = Database::sample().await;
    let (wicket, mut mcp) = reader(&database).await;
    let sql = "SELECT i FROM generate_series(1, 2000) AS i WHERE i > $1 ORDER BY i";
    let first = page(&mut mcp, sql, json!({ "params": [0] })).await;
    let cursor = first["cursor"].as_str().unwrap();
    assert!(cursor.starts_with("500-"), "{cursor}");
    let (_, signature) = cursor.split_once('-').unwrap();
    for (sql, params, cursor) in [
        (sql, json!([1]), cursor.to_owned()),
        (sql, json!(["0"]), cursor.to_owned()),
        ("SELECT i FROM generate_series(1, 2000) AS i WHERE i > $1 ORDER BY i ", json!([0]), cursor.to_owned()),
        (sql, json!([0]), format!("1000-{signature}")),
        (sql, json!([0]), format!("0500-{signature}")),
        (sql, json!([0]), format!("{cursor}0")),
        (sql, json!([0]), cursor.to_uppercase()),
        (sql, json!([0]), "-".to_owned()),
        (sql, json!([0]), String::new()),
        (sql, json!([0]), "18446744073709551616-x".to_owned()),
    ] {
        let arguments = json!({ "sql": sql, "params": params, "cursor": cursor });
        let refused = mcp.call("query_execute", arguments).await;
        assert!(
            refused.refusal().contains("invalid_parameter") && refused.text.contains("/cursor"),
            "{}",
            refused.text
        );
    }
    // The server keeps nothing: another process goes on, the policy's change ends it.
    let (code, _) = mcp.close().await;
    assert!(code.success());
    let mut mcp = wicket.serve(READER, &["tenant=1"]).await;
    let next = page(&mut mcp, sql, json!({ "params": [0], "cursor": cursor })).await;
    assert_eq!(next["rows"][0], json!([501]));
    let mut mcp = wicket.serve(&format!("{READER}timeout = \"9s\"\n"), &["tenant=1"]).await;
    let refused = mcp.call("query_execute", json!({ "sql": sql, "params": [0], "cursor": cursor })).await;
    assert!(refused.refusal().contains("invalid_parameter"), "{}", refused.text);
}

#[tokio::test]
async fn writes_have_no_pages() {
    let database = Database::sample().await;
    let (_wicket, mut mcp) = writer(&database).await;
    let sql = "INSERT INTO scratch.notes (author, body) SELECT 'a', 'x' FROM generate_series(1, 5) RETURNING id";
    let said = mcp.query(sql).await;
    assert!(said.json().get("cursor").is_none(), "{}", said.text);
}
