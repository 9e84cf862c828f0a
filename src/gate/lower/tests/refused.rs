//! Statements and clauses that are refused by name.

use super::*;

#[test]
fn other_statements_are_refused_by_name() {
    refused(&[
        ("drop table sales.orders", "not_supported", "DROP"),
        ("create table x (a int)", "not_supported", "CREATE"),
        ("alter table sales.orders drop column id", "not_supported", "ALTER"),
        ("truncate sales.orders", "not_supported", "TRUNCATE"),
        ("begin", "not_supported", "BEGIN: transaction control"),
        ("commit", "not_supported", "COMMIT"),
        ("rollback", "not_supported", "ROLLBACK"),
        ("savepoint a", "not_supported", "SAVEPOINT"),
        ("set role admin", "not_supported", "SET"),
        ("set search_path = public", "not_supported", "SET"),
        ("reset all", "not_supported", "RESET"),
        ("show search_path", "not_supported", "SHOW"),
        ("copy sales.orders to stdout", "not_supported", "COPY"),
        ("call f()", "not_supported", "CALL"),
        ("listen x", "not_supported", "LISTEN"),
        ("notify x", "not_supported", "NOTIFY"),
        ("vacuum", "not_supported", "VACUUM"),
        ("analyze sales.orders", "not_supported", "ANALYZE"),
        ("grant select on sales.orders to public", "not_supported", "GRANT"),
        ("lock table sales.orders", "not_supported", "LOCK"),
        ("prepare p as select 1", "not_supported", "PREPARE"),
        ("execute p", "not_supported", "EXECUTE"),
        ("discard all", "not_supported", "DISCARD"),
        ("comment on table sales.orders is 'x'", "not_supported", "COMMENT"),
        ("/* a */ -- b\n drop table x", "not_supported", "DROP"),
    ]);
}

#[test]
fn explain_has_two_formats_and_analyze() {
    understood(&[
        ("explain select 1", r#"EXPLAIN (FORMAT TEXT) SELECT 1 AS "?column?""#),
        ("explain (format json) select 1", r#"EXPLAIN (FORMAT JSON) SELECT 1 AS "?column?""#),
        ("explain (FORMAT 'text') select 1", r#"EXPLAIN (FORMAT TEXT) SELECT 1 AS "?column?""#),
        (
            "explain with q as (select 1 as a) select a from q",
            r#"EXPLAIN (FORMAT TEXT) WITH q1(c1) AS (SELECT 1 AS "a") SELECT t1.c1 AS "a" FROM q1 AS t1"#,
        ),
        ("explain analyze select 1", r#"EXPLAIN (ANALYZE TRUE, FORMAT TEXT) SELECT 1 AS "?column?""#),
        ("explain (analyze) select 1", r#"EXPLAIN (ANALYZE TRUE, FORMAT TEXT) SELECT 1 AS "?column?""#),
        ("explain (analyze false) select 1", r#"EXPLAIN (FORMAT TEXT) SELECT 1 AS "?column?""#),
        (
            "explain (\"analyze\" 'ON', format json) select 1",
            r#"EXPLAIN (ANALYZE TRUE, FORMAT JSON) SELECT 1 AS "?column?""#,
        ),
    ]);
    refused(&[
        ("explain (analyze 2) select 1", "invalid_statement", "TRUE or FALSE"),
        ("explain analyze delete from scratch.notes", "not_yet_supported", "EXPLAIN of anything but a query"),
        ("explain verbose select 1", "not_yet_supported", "EXPLAIN VERBOSE"),
        ("explain (costs off) select 1", "not_yet_supported", "`costs`"),
        ("explain (format yaml) select 1", "not_yet_supported", "format"),
        ("explain format json select 1", "not_supported", "EXPLAIN FORMAT"),
        ("explain delete from scratch.notes", "not_yet_supported", "EXPLAIN of anything but a query"),
        ("explain with q as (select 1) delete from scratch.notes", "not_yet_supported", "EXPLAIN of anything"),
        ("explain sales.orders", "not_supported", "EXPLAIN"),
        ("describe sales.orders", "not_supported", "DESCRIBE"),
    ]);
}

#[test]
fn only_is_never_read_as_a_name() {
    refused(&[
        ("select 1 from only sales.orders", "not_supported", "ONLY"),
        ("select 1 from only orders", "not_supported", "ONLY"),
        ("select 1 from ONLY (orders)", "not_supported", "ONLY"),
        ("update only notes set id = 1", "not_supported", "ONLY"),
        ("delete from only notes", "not_supported", "ONLY"),
        ("select 1 from orders cross", "parse_error", ""),
    ]);
}

#[test]
fn depth_and_number_are_bounded() {
    let nested = |depth: usize| format!("select {}1{}", "(select ".repeat(depth), ")".repeat(depth));
    assert!(open(&nested(40)).is_ok());
    assert_eq!(open(&nested(150)).unwrap_err().reason.code(), "limit_exceeded");
    let unions = |count: usize| format!("select 1{}", " union all select 1".repeat(count));
    assert!(open(&unions(50)).is_ok());
    assert_eq!(open(&unions(400)).unwrap_err().reason.code(), "limit_exceeded");
    let joins = |count: usize| format!("select 1 from hr.customers{}", " cross join (values (1)) v".repeat(count));
    assert_eq!(open(&joins(200)).unwrap_err().reason.code(), "limit_exceeded");
    // As deep as CTEs are that PostgreSQL puts into one another.
    let chain = |count: usize, inner: &str| {
        let ctes: Vec<String> =
            (1..count).map(|at| format!("c{at} as ({})", inner.replace("$", &format!("c{}", at - 1)))).collect();
        format!("with c0 as (select 1 as x), {} select x from c{}", ctes.join(", "), count - 1)
    };
    assert!(open(&chain(90, "select x from $")).is_ok());
    for (count, inner) in [
        (150, "select x from $"),
        (60, "select x from (select x from $) s"),
        (150, "select (select max(x) from $) as x"),
        (150, "select 1 as x union all select x from $"),
        (40, "with n as (select x from $) select x from (select x from n) s"),
    ] {
        assert_eq!(open(&chain(count, inner)).unwrap_err().reason.code(), "limit_exceeded", "{inner}");
    }
    // What is copied wherever it is read counts each time.
    let doubling = |count: usize, how: &str| {
        let ctes: Vec<String> =
            (1..count).map(|at| format!("c{at} as {how} (select a.x from c{0} a, c{0} b)", at - 1)).collect();
        format!("with c0 as {how} (select 1 as x), {} select x from c{}", ctes.join(", "), count - 1)
    };
    assert!(open(&doubling(40, "")).is_ok() && open(&doubling(8, "not materialized")).is_ok());
    assert_eq!(open(&doubling(12, "not materialized")).unwrap_err().reason.code(), "limit_exceeded");
    // Side by side they aren't nested.
    let beside: Vec<String> = (0..300).map(|at| format!("c{at} as (select 1 as x)")).collect();
    assert!(open(&format!("with {} select c7.x from c7, c299", beside.join(", "))).is_ok());
    let windows = |count: usize, same: bool| {
        let calls: Vec<String> =
            (0..count).map(|at| format!("count(*) over (partition by id + {})", if same { 1 } else { at })).collect();
        format!("select {} from hr.customers", calls.join(", "))
    };
    assert!(open(&windows(100, false)).is_ok() && open(&windows(300, true)).is_ok());
    assert_eq!(open(&windows(101, false)).unwrap_err().reason.code(), "limit_exceeded");
    let items: Vec<String> = (0..2_100).map(|at| format!("hr.customers t{at}")).collect();
    assert_eq!(open(&format!("select 1 from {}", items.join(", "))).unwrap_err().reason.code(), "limit_exceeded");
}
