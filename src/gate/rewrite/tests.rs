//! What an admitted statement becomes.

use crate::gate::check::desk::Desk;

const POLICY: &str = "
[statements]
allow = [\"select\", \"insert\", \"update\", \"delete\"]
[search_path]
schemas = [\"sales\", \"scratch\"]
[schemas.sales]
access = \"read\"
[schemas.scratch]
access = \"write\"
[tables.\"scratch.notes\"]
rows = \"id < :tenant\"
[tables.\"sales.customers\"]
mask = { phone = \"hash\" }
[functions]
allow = [\"@builtin\", \"sales.fx_rate(text, date)\"]
";

fn text(desk: &Desk, sql: &str) -> String {
    desk.admitted(sql).sql().replace("\"pg_catalog\".", "").replace('"', "")
}

/// What the executor is told behind the client's columns: how many rows are the client's, and for each write how many it
/// touched and, where rows are filtered, how many of them are seen.
#[track_caller]
fn counts(sql: &str, client: &str, counts: &[&str], behind: &str) {
    let text = text(&Desk::new(POLICY), sql);
    let all = counts.iter().map(|one| format!("(SELECT count(*){one}) AS count"));
    let list: Vec<String> = (!client.is_empty()).then(|| client.to_owned()).into_iter().chain(all).collect();
    let end = format!(" SELECT {} FROM (SELECT 1 AS one) AS {behind}", list.join(", "));
    let text = text.replace(" AS count FROM q", " FROM q");
    assert!(text.ends_with(&end), "{text}\nhas to end with\n{end}");
}

#[test]
fn every_write_of_a_statement_is_counted() {
    counts(
        "WITH gone AS (DELETE FROM notes WHERE id = 1 RETURNING id) SELECT id FROM gone",
        "t7.c1 AS id",
        &[" FROM q2 AS t3", " FROM q1 AS t4", " FILTER (WHERE t5.c2) FROM q1 AS t5"],
        "t6(c1) LEFT JOIN q2 AS t7 ON TRUE",
    );
    // The client asked for no columns of a write: none of its rows are the client's.
    counts(
        "WITH gone AS (DELETE FROM notes WHERE id = 1) UPDATE \"Odd Name\" SET \"select\" = 'a' WHERE \"Id\" = 2",
        "",
        &[
            " FILTER (WHERE FALSE) FROM q2 AS t3",
            " FROM q1 AS t4",
            " FILTER (WHERE t5.c1) FROM q1 AS t5",
            " FROM q2 AS t6",
        ],
        "t7(c1) LEFT JOIN q2 AS t8 ON TRUE",
    );
    // Whether a row is seen is no column of the client's.
    counts(
        "WITH gone AS (DELETE FROM \"Odd Name\") UPDATE notes SET title = 'a' WHERE id = 2 RETURNING id, title",
        "t8.c1 AS id, t8.c2 AS title",
        &[" FROM q2 AS t3", " FROM q1 AS t4", " FROM q2 AS t5", " FILTER (WHERE t6.c3) FROM q2 AS t6"],
        "t7(c1) LEFT JOIN q2 AS t8 ON TRUE",
    );
    // Rows without columns are rows.
    counts(
        "WITH gone AS (DELETE FROM \"Odd Name\") SELECT FROM orders",
        "",
        &[" FROM q2 AS t3", " FROM q1 AS t4"],
        "t5(c1) LEFT JOIN q2 AS t6 ON TRUE",
    );
}

/// A query that stands beside writes is worked out once, also where its rows are counted; a write always is.
#[test]
fn what_is_counted_gives_rows_and_runs_once() {
    let desk = Desk::new(POLICY);
    let read = text(&desk, "WITH gone AS (DELETE FROM \"Odd Name\") SELECT id FROM orders");
    assert!(read.contains("q1(c1) AS (DELETE FROM scratch.Odd Name AS t1 RETURNING 1 AS count)"), "{read}");
    assert!(read.contains("q2(c1) AS MATERIALIZED (SELECT"), "{read}");
    let write = text(&desk, "WITH gone AS (DELETE FROM \"Odd Name\") DELETE FROM notes WHERE id = 1 RETURNING title");
    assert!(write.contains("q2(c1, c2) AS (DELETE FROM") && !write.contains("MATERIALIZED"), "{write}");
    assert!(desk.admitted("DELETE FROM notes WHERE id = 1").sql().starts_with("DELETE"));
}

#[test]
fn the_key_of_hashes_is_a_parameter_where_one_is_shown() {
    let desk = Desk::new(POLICY);
    // Which parameters have the key, once it is put in.
    let keyed = |sql: &str| -> Vec<bool> {
        let admitted = desk.admitted(sql).with_mask_key(b"key");
        admitted.parameters().iter().map(|value| value.as_ref().is_some_and(|value| value.starts_with("\\x"))).collect()
    };
    assert_eq!(keyed("SELECT phone FROM customers WHERE id = 1"), [true]);
    assert_eq!(keyed("SELECT c.phone FROM notes AS n JOIN customers AS c ON n.id = c.id"), [false, true]);
    assert!(keyed("SELECT name FROM customers").is_empty());
    assert_eq!(keyed("SELECT title FROM notes"), [false]);
}

#[test]
fn a_function_of_users_in_from_is_fenced_with_the_columns_that_are_named() {
    let desk = Desk::new(POLICY);
    assert_eq!(
        text(&desk, "SELECT f.x FROM orders, sales.fx_rate('EUR', placed_on) AS f (x) WHERE f.x > 1"),
        "SELECT t2.c1 AS x FROM sales.orders AS t1, LATERAL (SELECT CASE WHEN (now() IS NULL) THEN t3.c1 ELSE t3.c1 END \
         AS column FROM sales.fx_rate('EUR', t1.placed_on) AS t3(c1) OFFSET 0) AS t2(c1) WHERE (t2.c1 > 1) LIMIT 1001"
    );
    let unnamed = text(&desk, "SELECT 1 FROM sales.fx_rate('EUR', '2024-01-01')");
    assert!(unnamed.contains("LATERAL (SELECT 1 AS one FROM sales.fx_rate"), "{unnamed}");
    let builtin = text(&desk, "SELECT x FROM generate_series(1, 3) AS x");
    assert!(!builtin.contains("OFFSET"), "{builtin}");
    // Two of them don't share a name.
    let two = text(
        &desk,
        "SELECT f.x, g.y FROM sales.fx_rate('EUR', '2024-01-01') AS f (x), sales.fx_rate('USD', '2024-01-01') AS g (y)",
    );
    for name in ["t1", "t2", "t3", "t4"] {
        assert_eq!(two.matches(&format!(" AS {name}(c1)")).count(), 1, "{two}");
    }
}

#[test]
fn what_is_kept_for_people_has_no_literal() {
    let desk = Desk::new(POLICY);
    let admitted = desk.admitted("SELECT 'hush', 1 FROM orders WHERE note = 'secret' AND total < 2.5");
    for kept in [admitted.redacted_sql(), admitted.redacted_rewritten_sql()] {
        assert!(kept.starts_with("SELECT ?") && kept.contains("FROM \"sales\".\"orders\" AS t1 WHERE"), "{kept}");
        assert!(
            kept.matches('?').count() >= 4 && !["hush", "secret", "2.5"].iter().any(|one| kept.contains(one)),
            "{kept}"
        );
    }
    assert!(admitted.redacted_rewritten_sql().ends_with(" LIMIT ?") && !admitted.redacted_sql().contains("LIMIT"));
}

/// The WHERE of an UPDATE of a filtered table, `F` for the filter.
fn guarded(filter: &str, condition: &str) -> String {
    let desk = Desk::new(&POLICY.replace("id < :tenant", filter));
    let sql = format!("UPDATE notes SET title = 'a' FROM orders AS o WHERE {condition}");
    let text = text(&desk, &sql);
    let (_, whole) = text.split_once(" WHERE ").unwrap();
    let (whole, _) = whole.split_once(" RETURNING ").unwrap();
    let filter = ["(t1.id < CAST($1 AS int8))", "((10 / t1.score) > 0)"].into_iter().find(|one| whole.contains(one));
    whole.replace(filter.unwrap_or_else(|| panic!("{whole}")), "F")
}

/// What can't raise on a hidden row stands beside the filter, where an index can serve it; the rest is asked of visible rows
/// only, whatever PostgreSQL evaluates first.
#[test]
fn only_what_tells_nothing_stands_beside_the_filter_of_a_write() {
    let beside = |condition: &str| guarded("id < :tenant", condition);
    assert_eq!(beside("notes.id = 2"), "(F AND (t1.id = 2))");
    assert_eq!(beside("notes.id = o.id"), "(F AND (t1.id = t2.id))");
    assert_eq!(beside("o.id = 2"), "(F AND (t2.id = 2))");
    assert_eq!(beside("10 / notes.score = 2"), "(F AND CASE WHEN F THEN ((10 / t1.score) = 2) ELSE FALSE END)");
    assert_eq!(
        beside("notes.id = o.id AND 10 / notes.score = 2"),
        "(F AND (t1.id = t2.id) AND CASE WHEN F THEN ((10 / t1.score) = 2) ELSE FALSE END)"
    );
    // Beside a filter that may raise itself, nothing is.
    let raising = |condition: &str| guarded("10 / score > 0", condition);
    assert_eq!(raising("notes.id = 2"), "(F AND CASE WHEN F THEN (t1.id = 2) ELSE FALSE END)");
}
