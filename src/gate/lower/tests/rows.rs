//! Whole rows and fields: which item a name means, and what is no row.

use super::*;
use crate::gate::ir::{Expr, ExprKind, Node};

/// In the texts, `:row(t1)` is the whole row of `t1`, of which rewrite makes a column.
#[test]
fn a_whole_row_is_found_behind_every_column() {
    for (sql, expected) in [
        ("select r from sales.regions r", r#"SELECT :row(t1) AS "r" FROM "sales"."regions" AS t1"#),
        ("select regions from sales.regions", r#"SELECT :row(t1) AS "regions" FROM "sales"."regions" AS t1"#),
        ("select (r) from sales.regions r", r#"SELECT :row(t1) AS "r" FROM "sales"."regions" AS t1"#),
        // A column of that name comes first, also one further out.
        ("select region from sales.regions region", r#"SELECT t1."region" AS "region" FROM "sales"."regions" AS t1"#),
        (
            "select (select label from sales.orders label) from sales.regions",
            r#"SELECT (SELECT t2."label" AS "label" FROM "sales"."orders" AS t1) AS "label" FROM "sales"."regions" AS t2"#,
        ),
        (
            "select (select r from sales.orders) from sales.regions r",
            r#"SELECT (SELECT :row(t2) AS "r" FROM "sales"."orders" AS t1) AS "r" FROM "sales"."regions" AS t2"#,
        ),
        // GROUP BY knows output columns before whole rows, ORDER BY too.
        (
            "select label as r from sales.regions r group by r order by r",
            r#"SELECT t1."label" AS "r" FROM "sales"."regions" AS t1 GROUP BY 1 ORDER BY 1"#,
        ),
        (
            "select 1 from sales.regions r group by r order by r",
            r#"SELECT 1 AS "?column?" FROM "sales"."regions" AS t1 GROUP BY :row(t1) ORDER BY :row(t1)"#,
        ),
        // A function that gives one value has no other row.
        (
            "select s from generate_series(1, 2) s",
            r#"SELECT t1.c1 AS "s" FROM "pg_catalog"."generate_series"(1, 2) AS t1(c1)"#,
        ),
        // ROW unfolds.
        (
            "select row(r.*, 1), count(r.*) from sales.regions r",
            r#"SELECT ROW(t1."region", t1."label", t1."ship_to", 1) AS "row", "pg_catalog"."count"(:row(t1)) AS "count" FROM "sales"."regions" AS t1"#,
        ),
    ] {
        let mut statement = lower(&fixture::catalog(), &policies::open(&fixture::catalog()), sql).expect(sql);
        renumber(&mut statement);
        assert_eq!(emit(&statement), expected, "{sql}");
    }
}

#[test]
fn fields_are_those_of_the_type() {
    understood(&[
        (
            "select (ship_to).street, (r.ship_to).zip from sales.regions r",
            r#"SELECT (t1."ship_to")."street" AS "street", (t1."ship_to")."zip" AS "zip" FROM "sales"."regions" AS t1"#,
        ),
        (
            "select ((array[ship_to])[1]).zip from sales.regions",
            r#"SELECT ((ARRAY[t1."ship_to"])[1])."zip" AS "zip" FROM "sales"."regions" AS t1"#,
        ),
        // The field of a whole row is the column.
        ("select (r).label from sales.regions r", r#"SELECT t1."label" AS "label" FROM "sales"."regions" AS t1"#),
        (
            "select (r).ship_to.zip from sales.regions r",
            r#"SELECT (t1."ship_to")."zip" AS "zip" FROM "sales"."regions" AS t1"#,
        ),
        ("select (x).n from (select 1 as n) x", r#"SELECT t1.c1 AS "n" FROM (SELECT 1 AS "n") AS t1(c1)"#),
        (
            "select (row(1, label)).f2 || 'x', (row(1, 'a')).F1 from sales.regions",
            r#"SELECT ((ROW(1, t1."label"))."f2" || 'x') AS "?column?", (ROW(1, 'a'))."f1" AS "f1" FROM "sales"."regions" AS t1"#,
        ),
        (
            "select (jsonb_each(attributes)).key from sales.products",
            r#"SELECT ("pg_catalog"."jsonb_each"(t1."attributes"))."key" AS "key" FROM "sales"."products" AS t1"#,
        ),
    ]);
    refused(&[
        ("select ship_to.street from sales.regions", "unknown_relation", "ship_to"),
        ("select (ship_to).lower from sales.regions", "unknown_column", "no field `lower`"),
        ("select (ship_to).\"Zip\" from sales.regions", "unknown_column", "no field `Zip`"),
        ("select (r).pg_sleep from sales.regions r", "unknown_column", "`r.pg_sleep`"),
        ("select (r).ctid from sales.regions r", "not_supported", "ctid"),
        ("select (label).length from sales.regions", "not_yet_supported", "the field `length`"),
        ("select (row(1, 'a')).f2", "not_yet_supported", "a literal without a type"),
        ("select (row(1, 2)).f3", "unknown_column", "no field `f3`"),
        ("select (row(1, 2)).\"F1\"", "unknown_column", "no field `F1`"),
        ("select (x.r).f1 from (select row(1, 2) as r) x", "not_yet_supported", "the field `f1`"),
        ("select lower(r) from sales.regions r", "unknown_function", "`lower` doesn't take a row"),
        ("select lower(row(1, 2))", "unknown_function", "`lower` doesn't take a row"),
        ("select max(x) from (select r as x from sales.regions r) s", "unknown_function", "`max` doesn't take a row"),
        ("select sum(r.*) over () from sales.regions r", "unknown_function", "`sum` doesn't take a row"),
        ("select (x.r).label from (select r from sales.regions r) x", "not_yet_supported", "the field `label`"),
        ("select ('x').pg_sleep", "not_yet_supported", "the field `pg_sleep`"),
        ("select r.row_to_json from sales.regions r", "unknown_column", "`r.row_to_json`"),
        ("select label(r) from sales.regions r", "unknown_function", "label"),
    ]);
}

#[test]
fn what_has_no_row_is_refused() {
    refused(&[
        ("select j from (sales.regions r join sales.orders o on true) j", "not_yet_supported", "a join with an alias"),
        ("select r from sales.regions r(a)", "not_yet_supported", "other names"),
        ("select 1 from sales.regions r, sales.orders o right join (select r) x on true", "unknown_column", "`r`"),
        ("select 1 from sales.regions r right join lateral (select r) x on true", "invalid_statement", "`r`"),
        ("select r from sales.regions r, hr.customers r", "invalid_statement", "more than once"),
        ("values (1), (r.*)", "not_yet_supported", "`t.*`"),
        ("select 1 from sales.regions r where 1 in (r.*)", "not_yet_supported", "`t.*`"),
        ("select x from sales.regions r", "unknown_column", "`x`"),
        ("select r::sales.regions from sales.regions r", "type_not_allowed", "sales.regions"),
        ("update scratch.notes set title = 'x' from sales.regions r returning other", "unknown_column", "`other`"),
    ]);
}

/// A hidden column is answered like a missing one in every notation of a row.
#[test]
fn a_row_does_not_name_what_is_hidden() {
    for sql in [
        "select (c).ssn from sales.customers c",
        "select ((c)).ssn from sales.customers c",
        "select (customers).ssn from sales.customers",
        "select ssn(c) from sales.customers c",
        "select (x).ssn from (select * from sales.customers) x",
        "select (c).\"SSN\" from sales.customers c",
        "delete from sales.customers c returning (c).ssn",
    ] {
        let why = restricted(sql).expect_err(sql);
        assert!(matches!(why.reason.code(), "unknown_column" | "unknown_function"), "{sql}: {why}");
        assert!(!why.to_json(None).to_string().contains("hidden"), "{sql}");
    }
    let Statement::Query(query) =
        lower(&fixture::catalog(), &policies::restricted(&fixture::catalog()), "select c from sales.customers c")
            .unwrap()
    else {
        panic!("no query")
    };
    let mut names = Vec::new();
    query.walk(&mut |node| {
        if let Node::Expr(Expr { kind: ExprKind::WholeRow { fields, .. }, .. }) = node {
            names.extend(fields.iter().map(|field| field.name.clone()));
        }
    });
    assert_eq!(names, ["id", "name", "email", "phone", "region", "created_at", "tags"]);
}
