//! Which item a name means.

use super::*;

#[test]
fn names_mean_the_nearest_item() {
    understood(&[
        ("select id from sales.orders", r#"SELECT t1."id" AS "id" FROM "sales"."orders" AS t1"#),
        ("select ORDERS.Id from Sales.Orders", r#"SELECT t1."id" AS "id" FROM "sales"."orders" AS t1"#),
        ("select sales.orders.id from sales.orders", r#"SELECT t1."id" AS "id" FROM "sales"."orders" AS t1"#),
        ("select shop.sales.orders.id from shop.sales.orders", r#"SELECT t1."id" AS "id" FROM "sales"."orders" AS t1"#),
        // Two tables of one name are told apart by their schemas.
        (
            "select sales.customers.id, hr.customers.secret from sales.customers, hr.customers",
            r#"SELECT t1."id" AS "id", t2."secret" AS "secret" FROM "sales"."customers" AS t1, "hr"."customers" AS t2"#,
        ),
        // The subquery's own item shadows the outer one.
        (
            "select (select o.id from sales.products o) from sales.orders o",
            r#"SELECT (SELECT t1."id" AS "id" FROM "sales"."products" AS t1) AS "id" FROM "sales"."orders" AS t2"#,
        ),
        // A name that the subquery doesn't have is the outer one's.
        (
            "select (select note from sales.products p) from sales.orders o",
            r#"SELECT (SELECT t2."note" AS "note" FROM "sales"."products" AS t1) AS "note" FROM "sales"."orders" AS t2"#,
        ),
        (
            r#"select "Id", "a.b", "select", "q""q" from scratch."Odd Name" "T" where "T"."Id" = 1"#,
            r#"SELECT t1."Id" AS "Id", t1."a.b" AS "a.b", t1."select" AS "select", t1."q""q" AS "q""q" FROM "scratch"."Odd Name" AS t1 WHERE (t1."Id" = 1)"#,
        ),
        ("select xmin from (select 1 as xmin) x", r#"SELECT t1.c1 AS "xmin" FROM (SELECT 1 AS "xmin") AS t1(c1)"#),
    ]);
}

#[test]
fn from_items_see_what_postgresql_lets_them_see() {
    understood(&[
        // LATERAL sees what stands to the left.
        (
            "select l.x from sales.orders o, lateral (select o.id as x) l",
            r#"SELECT t2.c1 AS "x" FROM "sales"."orders" AS t1, LATERAL (SELECT t1."id" AS "x") AS t2(c1)"#,
        ),
        // Without LATERAL the outer query's item is meant.
        (
            "select (select s.x from sales.products o, (select o.id as x) s) from sales.orders o",
            r#"SELECT (SELECT t2.c1 AS "x" FROM "sales"."products" AS t1, (SELECT t3."id" AS "x") AS t2(c1)) AS "x" FROM "sales"."orders" AS t3"#,
        ),
        (
            "select l.x from sales.orders o join lateral (select o.id as x) l on l.x = o.id",
            r#"SELECT t2.c1 AS "x" FROM "sales"."orders" AS t1 INNER JOIN LATERAL (SELECT t1."id" AS "x") AS t2(c1) ON (t2.c1 = t1."id")"#,
        ),
        // Functions are lateral anyway.
        (
            "select g from sales.orders o, generate_series(1, 3) g",
            r#"SELECT t2.c1 AS "g" FROM "sales"."orders" AS t1, "pg_catalog"."generate_series"(1, 3) AS t2(c1)"#,
        ),
        (
            "select t from sales.customers c cross join unnest(c.tags) as t",
            r#"SELECT t2.c1 AS "t" FROM "sales"."customers" AS t1 CROSS JOIN "pg_catalog"."unnest"(t1."tags") AS t2(c1)"#,
        ),
        // ON reaches outer queries.
        (
            "select (select count(*) from sales.products p join sales.regions r on r.label = o.note) from sales.orders o",
            r#"SELECT (SELECT "pg_catalog"."count"(*) AS "count" FROM "sales"."products" AS t1 INNER JOIN "sales"."regions" AS t2 ON (t2."label" = t3."note")) AS "count" FROM "sales"."orders" AS t3"#,
        ),
    ]);
    refused(&[
        ("select 1 from sales.orders o, (select o.id) l", "unknown_relation", "`o` is not a table or alias"),
        ("select 1 from lateral (select o.id) l, sales.orders o", "unknown_relation", "`o`"),
        (
            "select 1 from sales.orders o right join lateral (select o.id) l on true",
            "invalid_statement",
            "`o` can't be named here",
        ),
        (
            "select 1 from sales.orders o full join lateral (select note) l on true",
            "invalid_statement",
            "`o` can't be named here",
        ),
        // ON doesn't see the elements of FROM to the left.
        (
            "select 1 from sales.orders o, sales.products p join sales.regions r on r.label = o.note",
            "unknown_relation",
            "`o`",
        ),
        (
            "select 1 from sales.products p join sales.regions r on label = note, sales.orders",
            "unknown_column",
            "`note`",
        ),
    ]);
}

#[test]
fn aliases_hide_what_they_rename() {
    understood(&[
        (
            "select x.a, x.status from sales.orders as x(a, b)",
            r#"SELECT t1."id" AS "a", t1."status" AS "status" FROM "sales"."orders" AS t1"#,
        ),
        (
            "select j.a, b from (sales.orders o join sales.products p on o.id = p.id) as j(a, b)",
            r#"SELECT t1."id" AS "a", t1."customer_id" AS "b" FROM "sales"."orders" AS t1 INNER JOIN "sales"."products" AS t2 ON (t1."id" = t2."id")"#,
        ),
        (
            "select x.a, x.column2 from (values (1, 2)) as x(a)",
            r#"SELECT t1.c1 AS "a", t1.c2 AS "column2" FROM (VALUES (1, 2)) AS t1(c1, c2)"#,
        ),
        (
            "with q(a) as (select 1, 2 as b) select z.p, z.b from q as z(p)",
            r#"WITH q1(c1, c2) AS (SELECT 1 AS "?column?", 2 AS "b") SELECT t1.c1 AS "p", t1.c2 AS "b" FROM q1 AS t1"#,
        ),
    ]);
    refused(&[
        ("select orders.id from sales.orders o", "unknown_relation", "`orders`"),
        ("select sales.orders.id from sales.orders o", "unknown_relation", "`sales.orders`"),
        ("select sales.orders.id from sales.orders orders", "unknown_relation", "`sales.orders`"),
        ("select x.id from sales.orders as x(a)", "unknown_column", "`x.id`"),
        ("select o.id from (sales.orders o join sales.products p on true) as j", "unknown_relation", "`o`"),
        ("select j.id from (sales.orders o join sales.products p on true) as j", "ambiguous_name", "`j.id`"),
        ("select 1 from sales.orders o, sales.products o", "invalid_statement", "`o` is used more than once"),
        ("select 1 from sales.orders, sales.orders", "invalid_statement", "used more than once"),
        ("select 1 from sales.orders o join sales.products o on true", "invalid_statement", "used more than once"),
        ("select customers.id from sales.customers, hr.customers", "ambiguous_name", "`customers`"),
        ("select 1 from (values (1)) as x(a, b)", "invalid_statement", "more columns than there are"),
        ("select 1 from ((sales.orders o join sales.products p on true) j)", "invalid_statement", "parentheses"),
    ]);
}

#[test]
fn ctes_shadow_unqualified_names_only() {
    understood(&[
        (
            "with orders as (select 1 as a) select a from orders",
            r#"WITH q1(c1) AS (SELECT 1 AS "a") SELECT t1.c1 AS "a" FROM q1 AS t1"#,
        ),
        (
            "with orders as (select 1 as a) select id from sales.orders",
            r#"WITH q1(c1) AS (SELECT 1 AS "a") SELECT t1."id" AS "id" FROM "sales"."orders" AS t1"#,
        ),
        // Without RECURSIVE a CTE doesn't see itself, so the table is meant.
        (
            "with products as (select id from products) select id from products",
            r#"WITH q1(c1) AS (SELECT t1."id" AS "id" FROM "sales"."products" AS t1) SELECT t2.c1 AS "id" FROM q1 AS t2"#,
        ),
        (
            "with a as (select 1 as x), b as (select x from a) select x from b",
            r#"WITH q1(c1) AS (SELECT 1 AS "x"), q2(c1) AS (SELECT t1.c1 AS "x" FROM q1 AS t1) SELECT t2.c1 AS "x" FROM q2 AS t2"#,
        ),
        // An inner WITH shadows an outer one, for as long as it lasts.
        (
            "with a as (select 1 as x) select (with a as (select 2 as y) select y from a), x from a",
            r#"WITH q1(c1) AS (SELECT 1 AS "x") SELECT (WITH q2(c1) AS (SELECT 2 AS "y") SELECT t1.c1 AS "y" FROM q2 AS t1) AS "y", t2.c1 AS "x" FROM q1 AS t2"#,
        ),
        // A CTE may name the outer query's columns.
        (
            "select (with a as (select o.id as x) select x from a) from sales.orders o",
            r#"SELECT (WITH q1(c1) AS (SELECT t2."id" AS "x") SELECT t1.c1 AS "x" FROM q1 AS t1) AS "x" FROM "sales"."orders" AS t2"#,
        ),
        (
            "with a as materialized (select 1 as x), b as not materialized (select 2 as y) select x, y from a, b",
            r#"WITH q1(c1) AS MATERIALIZED (SELECT 1 AS "x"), q2(c1) AS NOT MATERIALIZED (SELECT 2 AS "y") SELECT t1.c1 AS "x", t2.c1 AS "y" FROM q1 AS t1, q2 AS t2"#,
        ),
        (
            "with recursive t(n) as (select 1 union all select n + 1 from t where n < 5) select n from t",
            r#"WITH RECURSIVE q1(c1) AS (SELECT 1 AS "?column?" UNION ALL SELECT (t1.c1 + 1) AS "?column?" FROM q1 AS t1 WHERE (t1.c1 < 5)) SELECT t2.c1 AS "n" FROM q1 AS t2"#,
        ),
        // With RECURSIVE the name means the CTE, not the table; one that doesn't name itself is an ordinary one.
        (
            "with recursive orders as (select 1 as a) select a from orders",
            r#"WITH RECURSIVE q1(c1) AS (SELECT 1 AS "a") SELECT t1.c1 AS "a" FROM q1 AS t1"#,
        ),
    ]);
    refused(&[
        ("with a as (select 1), a as (select 2) select 1", "invalid_statement", "`a` is defined more than once"),
        ("with a as (select 1 from b), b as (select 1) select 1", "unknown_relation", "`b`"),
        ("with recursive a as (select 1 from b), b as (select 1) select 1", "not_yet_supported", "`b`"),
        ("with recursive products as (select id from products) select 1", "invalid_statement", "only after UNION"),
        (
            "with recursive t as (select 1 as n from t union all select 2) select 1",
            "invalid_statement",
            "only after UNION",
        ),
        ("with recursive t as (select 1 intersect select 1 from t) select 1", "invalid_statement", "after UNION"),
        ("with a(x, y) as (select 1) select 1", "invalid_statement", "more columns"),
        (
            "select (with a as (delete from scratch.notes returning id) select id from a)",
            "not_supported",
            "a CTE that writes",
        ),
        ("with recursive a as (delete from scratch.notes returning id) select 1", "not_supported", "a CTE that writes"),
        ("with a as (delete from scratch.notes) select 1 from a", "invalid_statement", "gives no rows"),
        ("select (with a as (select 1 as x) select 1), x from a", "unknown_relation", "`a`"),
        ("with a as (select 1 as x) select sales.a.x from a", "unknown_relation", "`sales.a`"),
    ]);
}

#[test]
fn ambiguity_and_missing_names_are_told_apart() {
    refused(&[
        ("select id from sales.orders, sales.products", "ambiguous_name", "`id`"),
        ("select x from (select 1 as x, 2 as x) t", "ambiguous_name", "`x`"),
        ("select t.x from (select 1 as x, 2 as x) t", "ambiguous_name", "`t.x`"),
        ("select nope from sales.orders", "unknown_column", "`nope`"),
        ("select o.nope from sales.orders o", "unknown_column", "`o.nope`"),
        ("select nope.id from sales.orders o", "unknown_relation", "`nope`"),
        ("select a.b.c.d.e from sales.orders o", "invalid_statement", "too many parts"),
        ("select other.sales.orders.id from sales.orders", "invalid_statement", "another database"),
        ("select id from other.sales.orders", "invalid_statement", "another database"),
        ("select id from nope", "unknown_relation", "`nope`"),
        ("select id from sales.nope", "unknown_relation", "`sales.nope`"),
        ("select id from notes", "unknown_relation", "`notes`"),
        ("select id", "unknown_column", "`id`"),
    ]);
    let help = |sql: &str| open(sql).unwrap_err().help.unwrap_or_default();
    assert!(help("select statsu from sales.orders").starts_with("did you mean `orders.status`?"));
    assert!(help("select o.nothing from sales.orders o").starts_with("columns of `o`: `id`, `customer_id`"));
    assert!(help("select 1 from ordres").starts_with("did you mean `sales.orders`?"));
    assert!(help("select 1 from hr.orders").starts_with("did you mean `sales.orders`?"));
    assert!(help("select orders.id from sales.orders o").contains("in scope: `o`"));
}

/// What looks like a column and would be a function call, a row or a system column for PostgreSQL.
#[test]
fn what_is_no_column_is_refused() {
    refused(&[
        ("select o.row_to_json from sales.orders o", "unknown_column", "`o.row_to_json`"),
        ("select ctid from sales.orders", "not_supported", "the system column `ctid`"),
        ("select o.xmin from sales.orders o", "not_supported", "the system column `o.xmin`"),
        ("select tableoid from (select 1 as tableoid) x, sales.orders", "not_supported", "`tableoid`"),
        (
            "select 1 from (select 1 as ctid) x where exists (select 1 from sales.orders o join sales.products p on ctid = ctid)",
            "not_supported",
            "`ctid`",
        ),
        ("select ctid from sales.order_totals", "unknown_column", "`ctid`"),
    ]);
}

#[test]
fn system_relations_are_answered_like_missing_ones_with_the_tools_that_help() {
    for name in [
        "pg_class",
        "pg_catalog.pg_class",
        "information_schema.triggers",
        "pg_temp.x",
        "pg_toast.pg_toast_1",
        "pg_stat_activity",
    ] {
        let why = open(&format!("select 1 from {name}")).unwrap_err();
        assert_eq!(why.reason.code(), "unknown_relation", "{name}");
        assert_eq!(why.message, format!("relation `{name}` does not exist or is not visible"));
        assert!(why.help.unwrap().contains("get_table_schema"));
    }
}
