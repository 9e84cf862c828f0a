//! Joins: USING and NATURAL as ON.

use super::*;

#[test]
fn using_merges_columns_and_puts_them_first() {
    understood(&[
        (
            "select * from (select 1 as a, 2 as b) x join (select 1 as a, 3 as c) y using (a)",
            r#"SELECT t1.c1 AS "a", t1.c2 AS "b", t2.c2 AS "c" FROM (SELECT 1 AS "a", 2 AS "b") AS t1(c1, c2) INNER JOIN (SELECT 1 AS "a", 3 AS "c") AS t2(c1, c2) ON (t1.c1 = t2.c1)"#,
        ),
        (
            "select id, o.id, p.id from hr.employees o left join sales.products p using (id)",
            r#"SELECT t1."id" AS "id", t1."id" AS "id", t2."id" AS "id" FROM "hr"."employees" AS t1 LEFT JOIN "sales"."products" AS t2 ON (t1."id" = t2."id")"#,
        ),
        (
            "select id from hr.employees right join sales.products using (id)",
            r#"SELECT t2."id" AS "id" FROM "hr"."employees" AS t1 RIGHT JOIN "sales"."products" AS t2 ON (t1."id" = t2."id")"#,
        ),
        (
            "select id from hr.employees full join sales.products using (id)",
            r#"SELECT COALESCE(t1."id", t2."id") AS "id" FROM "hr"."employees" AS t1 FULL JOIN "sales"."products" AS t2 ON (t1."id" = t2."id")"#,
        ),
        // Of two types PostgreSQL takes the wider one, without a cast if it can.
        (
            "select id from sales.products join sales.orders using (id)",
            r#"SELECT t2."id" AS "id" FROM "sales"."products" AS t1 INNER JOIN "sales"."orders" AS t2 ON (t1."id" = t2."id")"#,
        ),
        (
            "select id from sales.products left join sales.orders using (id)",
            r#"SELECT COALESCE(t1."id", t2."id") AS "id" FROM "sales"."products" AS t1 LEFT JOIN "sales"."orders" AS t2 ON (t1."id" = t2."id")"#,
        ),
        (
            "select id from sales.orders right join sales.products using (id)",
            r#"SELECT COALESCE(t2."id", t1."id") AS "id" FROM "sales"."orders" AS t1 RIGHT JOIN "sales"."products" AS t2 ON (t1."id" = t2."id")"#,
        ),
        (
            "select email from sales.customers join hr.employees using (email)",
            r#"SELECT t2."email" AS "email" FROM "sales"."customers" AS t1 INNER JOIN "hr"."employees" AS t2 ON (t1."email" = t2."email")"#,
        ),
        (
            "select id, name from hr.employees join sales.products using (id, name)",
            r#"SELECT t1."id" AS "id", t1."name" AS "name" FROM "hr"."employees" AS t1 INNER JOIN "sales"."products" AS t2 ON ((t1."id" = t2."id") AND (t1."name" = t2."name"))"#,
        ),
        // Merged columns merge again.
        (
            "select id from hr.employees full join sales.products using (id) full join hr.customers using (id)",
            r#"SELECT COALESCE(COALESCE(t1."id", t2."id"), t3."id") AS "id" FROM ("hr"."employees" AS t1 FULL JOIN "sales"."products" AS t2 ON (t1."id" = t2."id")) FULL JOIN "hr"."customers" AS t3 ON (COALESCE(t1."id", t2."id") = t3."id")"#,
        ),
        (
            "select j.* from (hr.customers e join (select id as id from sales.products) p using (id)) as j",
            r#"SELECT t1."id" AS "id", t1."secret" AS "secret" FROM "hr"."customers" AS t1 INNER JOIN (SELECT t3."id" AS "id" FROM "sales"."products" AS t3) AS t2(c1) ON (t1."id" = t2.c1)"#,
        ),
    ]);
    refused(&[
        ("select 1 from sales.orders join sales.products using (nope)", "unknown_column", "`nope`"),
        ("select 1 from sales.orders join sales.products using (note)", "unknown_column", "`note`"),
        ("select 1 from sales.orders join sales.products using (id, id)", "invalid_statement", "more than once"),
        (
            "select 1 from (select 1 as a, 2 as a) x join (select 1 as a) y using (a)",
            "ambiguous_name",
            "more than once on one side",
        ),
        ("select 1 from sales.orders o join sales.products p using (o.id)", "invalid_statement", "bare column names"),
        (
            "select 1 from (select tenant_id as t from sales.orders) x join (select note as t from sales.orders) y using (t)",
            "not_yet_supported",
            "whose types differ",
        ),
    ]);
}

#[test]
fn natural_uses_every_common_column() {
    understood(&[
        (
            "select * from (select 1 as a, 2 as b) x natural left join (select 1 as b, 2 as a, 3 as c) y",
            r#"SELECT t1.c1 AS "a", t1.c2 AS "b", t2.c3 AS "c" FROM (SELECT 1 AS "a", 2 AS "b") AS t1(c1, c2) LEFT JOIN (SELECT 1 AS "b", 2 AS "a", 3 AS "c") AS t2(c1, c2, c3) ON ((t1.c1 = t2.c2) AND (t1.c2 = t2.c1))"#,
        ),
        // Nothing in common: all pairs.
        (
            "select * from (select 1 as a) x natural join (select 2 as b) y",
            r#"SELECT t1.c1 AS "a", t2.c1 AS "b" FROM (SELECT 1 AS "a") AS t1(c1) CROSS JOIN (SELECT 2 AS "b") AS t2(c1)"#,
        ),
        (
            "select * from (select 1 as a) x natural left join (select 2 as b) y",
            r#"SELECT t1.c1 AS "a", t2.c1 AS "b" FROM (SELECT 1 AS "a") AS t1(c1) LEFT JOIN (SELECT 2 AS "b") AS t2(c1) ON TRUE"#,
        ),
    ]);
}

#[test]
fn joins_nest_as_they_are_written() {
    understood(&[
        (
            "select 1 from hr.customers a cross join hr.employees b, sales.products c",
            r#"SELECT 1 AS "?column?" FROM "hr"."customers" AS t1 CROSS JOIN "hr"."employees" AS t2, "sales"."products" AS t3"#,
        ),
        (
            "select 1 from hr.customers a left join (hr.employees b join sales.products c on b.id = c.id) on a.id = b.id",
            r#"SELECT 1 AS "?column?" FROM "hr"."customers" AS t1 LEFT JOIN ("hr"."employees" AS t2 INNER JOIN "sales"."products" AS t3 ON (t2."id" = t3."id")) ON (t1."id" = t2."id")"#,
        ),
        // Without parentheses the conditions close from the inside.
        (
            "select 1 from hr.customers a left join hr.employees b join sales.products c on b.id = c.id on a.id = b.id",
            r#"SELECT 1 AS "?column?" FROM "hr"."customers" AS t1 LEFT JOIN ("hr"."employees" AS t2 INNER JOIN "sales"."products" AS t3 ON (t2."id" = t3."id")) ON (t1."id" = t2."id")"#,
        ),
        (
            "select j.id from ((hr.customers a join (select 1 as x) b on true)) j",
            r#"SELECT t1."id" AS "id" FROM "hr"."customers" AS t1 INNER JOIN (SELECT 1 AS "x") AS t2(c1) ON TRUE"#,
        ),
    ]);
    refused(&[
        ("select 1 from hr.customers a join hr.employees b", "invalid_statement", "JOIN needs ON or USING"),
        ("select 1 from hr.customers a semi join hr.employees b on true", "not_supported", "SEMI JOIN"),
        ("select 1 from hr.customers a cross apply hr.employees b", "not_supported", "APPLY"),
    ]);
}
