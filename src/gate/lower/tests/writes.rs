//! INSERT, UPDATE, DELETE.

use super::*;

#[test]
fn inserts() {
    understood(&[
        (
            "insert into scratch.notes (id, title) values (1, default), (2, 'x') returning id, title as t",
            r#"INSERT INTO "scratch"."notes" AS t1 ("id", "title") VALUES (1, DEFAULT), (2, 'x') RETURNING t1."id" AS "id", t1."title" AS "t""#,
        ),
        // Without a list the first columns are meant, and named.
        (
            "insert into scratch.notes values (1, 'x')",
            r#"INSERT INTO "scratch"."notes" AS t1 ("id", "title") VALUES (1, 'x')"#,
        ),
        ("insert into scratch.notes default values", r#"INSERT INTO "scratch"."notes" AS t1 DEFAULT VALUES"#),
        (
            "insert into scratch.notes as n (id) select id from sales.orders where id = 1 returning n.*",
            r#"INSERT INTO "scratch"."notes" AS t1 ("id") SELECT t2."id" AS "id" FROM "sales"."orders" AS t2 WHERE (t2."id" = 1) RETURNING t1."id" AS "id", t1."title" AS "title", t1."body" AS "body", t1."tags" AS "tags", t1."score" AS "score", t1."meta" AS "meta", t1."label" AS "label", t1."status" AS "status", t1."home" AS "home", t1."day" AS "day""#,
        ),
        (
            "insert into scratch.notes (id) values (1) on conflict do nothing",
            r#"INSERT INTO "scratch"."notes" AS t1 ("id") VALUES (1) ON CONFLICT DO NOTHING"#,
        ),
        (
            "insert into scratch.notes (id, title) values (1, 'x') on conflict (title, id, title) do nothing returning id",
            r#"INSERT INTO "scratch"."notes" AS t1 ("id", "title") VALUES (1, 'x') ON CONFLICT ("title", "id") DO NOTHING RETURNING t1."id" AS "id""#,
        ),
        (
            "with q as (select 1 as one) insert into scratch.notes as n (id, title) select id, note from sales.orders
             on conflict (id) do update set title = excluded.title || n.title, score = default
             where n.id = (select one from q) and excluded.score is null returning id",
            r#"WITH q1(c1) AS (SELECT 1 AS "one") INSERT INTO "scratch"."notes" AS t1 ("id", "title") SELECT t2."id" AS "id", t2."note" AS "note" FROM "sales"."orders" AS t2 ON CONFLICT ("id") DO UPDATE SET "title" = (excluded."title" || t1."title"), "score" = DEFAULT WHERE ((t1."id" = (SELECT t4.c1 AS "one" FROM q1 AS t4)) AND (excluded."score" IS NULL)) RETURNING t1."id" AS "id""#,
        ),
        // A CTE of the target's name is no target.
        (
            "with orders as (select 1 as id) insert into orders (id) select id from orders",
            r#"WITH q1(c1) AS (SELECT 1 AS "id") INSERT INTO "sales"."orders" AS t1 ("id") SELECT t2.c1 AS "id" FROM q1 AS t2"#,
        ),
    ]);
    refused(&[
        ("insert into scratch.notes (id, id) values (1, 2)", "invalid_statement", "set more than once"),
        ("insert into scratch.notes (nope) values (1)", "unknown_column", "`nope`"),
        ("insert into scratch.notes (notes.id) values (1)", "invalid_statement", "without its table's name"),
        ("insert into scratch.notes (id) values (1, 2)", "invalid_statement", "more values than columns"),
        ("insert into scratch.notes (id, title) values (1)", "invalid_statement", "more columns than values"),
        ("insert into scratch.notes (id) values (notes.id)", "unknown_relation", "`notes`"),
        ("insert into scratch.notes (id) select notes.id", "unknown_relation", "`notes`"),
        ("insert into nope (id) values (1)", "unknown_relation", "`nope`"),
        ("insert into scratch.notes n (id) values (1)", "invalid_statement", "needs AS"),
        (
            "insert into scratch.notes (id) values (1) on conflict on constraint notes_pkey do nothing",
            "not_supported",
            "ON CONFLICT ON CONSTRAINT",
        ),
        (
            "insert into scratch.notes (id) values (1) on duplicate key update id = 2",
            "not_supported",
            "ON DUPLICATE KEY UPDATE",
        ),
        (
            "insert into scratch.notes (id) values (1) on conflict do update set title = 'x'",
            "invalid_statement",
            "columns of a unique key",
        ),
        ("insert into scratch.notes (id) values (1) on conflict (nope) do nothing", "unknown_column", "`nope`"),
        // PostgreSQL shows the columns of both rows.
        (
            "insert into scratch.notes (id) values (1) on conflict (id) do update set title = title || 'x'",
            "ambiguous_name",
            "`title`",
        ),
        (
            "insert into scratch.notes as excluded (id) values (1) on conflict (id) do update set title = 'x'",
            "invalid_statement",
            "called `excluded`",
        ),
        (
            "insert into scratch.notes (id) values (1) on conflict (id) do update set title = 'x' returning excluded.id",
            "unknown_relation",
            "`excluded`",
        ),
        (
            "insert into scratch.notes (id) values (1) on conflict (id) do update set title = 'x', title = 'y'",
            "invalid_statement",
            "set more than once",
        ),
        (
            "insert into scratch.notes (id) select id from sales.orders o on conflict (id) do update set title = o.note",
            "unknown_relation",
            "`o`",
        ),
        ("insert or replace into scratch.notes (id) values (1)", "not_supported", "INSERT OR"),
        ("insert scratch.notes (id) values (1)", "not_supported", "without INTO"),
        ("insert into scratch.notes (id) select 1 from sales.orders for update", "not_supported", "FOR UPDATE"),
        (
            "insert into scratch.notes (id) with q as (insert into scratch.notes (id) values (1) returning id) select id from q",
            "not_supported",
            "a CTE that writes",
        ),
    ]);
}

#[test]
fn ctes_that_write() {
    understood(&[(
        "with gone as (delete from scratch.notes where id = 1 returning id, title as t), n as (select 1) \
         insert into sales.orders (id) select id from gone where t > 'a'",
        r#"WITH q1(c1, c2) AS (DELETE FROM "scratch"."notes" AS t1 WHERE (t1."id" = 1) RETURNING t1."id" AS "id", t1."title" AS "t"), q2(c1) AS (SELECT 1 AS "?column?") INSERT INTO "sales"."orders" AS t2 ("id") SELECT t3.c1 AS "id" FROM q1 AS t3 WHERE (t3.c2 > 'a')"#,
    )]);
    refused(&[
        ("with a as (with b as (select 1) delete from scratch.notes) select 1", "not_yet_supported", "WITH inside"),
        ("with a (x) as (delete from scratch.notes) select 1", "invalid_statement", "more columns than"),
        ("with a as materialized (delete from scratch.notes) select 1", "not_supported", "MATERIALIZED"),
        (
            "with a as (delete from scratch.notes) merge into scratch.notes n using (select 1 as id) s on s.id = n.id \
             when matched then delete",
            "not_yet_supported",
            "before MERGE",
        ),
    ]);
}

#[test]
fn merges() {
    understood(&[
        (
            "with q as (select 1 as id) merge into scratch.notes n using (select o.id, o.note from sales.orders o) s on s.id = n.id
             when matched and n.score > 1 then update set title = s.note, score = default
             when matched then delete
             when not matched and s.id > (select id from q) then insert (id, title) values (s.id, default)
             when not matched by target then do nothing",
            r#"WITH q1(c1) AS (SELECT 1 AS "id") MERGE INTO "scratch"."notes" AS t1 USING (SELECT t3."id" AS "id", t3."note" AS "note" FROM "sales"."orders" AS t3) AS t2(c1, c2) ON (t2.c1 = t1."id") WHEN MATCHED AND (t1."score" > 1) THEN UPDATE SET "title" = t2.c2, "score" = DEFAULT WHEN MATCHED THEN DELETE WHEN NOT MATCHED AND (t2.c1 > (SELECT t4.c1 AS "id" FROM q1 AS t4)) THEN INSERT ("id", "title") VALUES (t2.c1, DEFAULT) WHEN NOT MATCHED THEN DO NOTHING"#,
        ),
        // Where nothing matched there is no target, so its names mean the source's.
        (
            "merge into scratch.notes n using sales.orders o on n.id = o.id when not matched then insert (id) values (id)",
            r#"MERGE INTO "scratch"."notes" AS t1 USING "sales"."orders" AS t2 ON (t1."id" = t2."id") WHEN NOT MATCHED THEN INSERT ("id") VALUES (t2."id")"#,
        ),
    ]);
    let on = "merge into scratch.notes n using sales.orders o on n.id = o.id";
    let told =
        |rest: &str, code: &'static str, message: &'static str| refused(&[(&*format!("{on} {rest}"), code, message)]);
    told("when not matched then insert (id) values (n.id)", "unknown_relation", "`n`");
    told("when not matched and n.id = 1 then do nothing", "unknown_relation", "`n`");
    told("when matched then update set id = id", "ambiguous_name", "`id`");
    told("when matched then update set title = 'x', title = 'y'", "invalid_statement", "set more than once");
    told("when not matched then insert (id, title) values (1)", "invalid_statement", "other columns than values");
    told("when not matched then insert (id) values (1), (2)", "invalid_statement", "one row of values");
    told("when not matched by source then delete", "not_yet_supported", "NOT MATCHED BY SOURCE");
    refused(&[
        (
            "merge into scratch.notes using scratch.notes on true when matched then delete",
            "invalid_statement",
            "`notes`",
        ),
        (
            "merge into scratch.notes n using lateral (select n.id) s on true when matched then delete",
            "invalid_statement",
            "the target of the write",
        ),
    ]);
}

#[test]
fn updates() {
    understood(&[
        (
            "update scratch.notes set title = 'x', score = default where id = 1",
            r#"UPDATE "scratch"."notes" AS t1 SET "title" = 'x', "score" = DEFAULT WHERE (t1."id" = 1)"#,
        ),
        (
            "update scratch.notes set (title, score) = (upper(title), default) where id = 1",
            r#"UPDATE "scratch"."notes" AS t1 SET "title" = "pg_catalog"."upper"(t1."title"), "score" = DEFAULT WHERE (t1."id" = 1)"#,
        ),
        (
            "update scratch.notes n set title = o.note from sales.orders o where o.id = n.id returning title, o.id",
            r#"UPDATE "scratch"."notes" AS t1 SET "title" = t2."note" FROM "sales"."orders" AS t2 WHERE (t2."id" = t1."id") RETURNING t1."title" AS "title", t2."id" AS "id""#,
        ),
        (
            "with q as (select 1 as x) update scratch.notes set score = (select x from q) where score = 2",
            r#"WITH q1(c1) AS (SELECT 1 AS "x") UPDATE "scratch"."notes" AS t1 SET "score" = (SELECT t2.c1 AS "x" FROM q1 AS t2) WHERE (t1."score" = 2)"#,
        ),
    ]);
    refused(&[
        ("update scratch.notes set id = o.id from sales.orders o where id = 1", "ambiguous_name", "`id`"),
        ("update scratch.notes n set id = 1 from scratch.notes n where true", "invalid_statement", "more than once"),
        ("update scratch.notes n set n.id = 1", "invalid_statement", "without its table's name"),
        ("update scratch.notes set id = 1, id = 2", "invalid_statement", "set more than once"),
        ("update scratch.notes set (id, score) = (1, 2, 3)", "invalid_statement", "2 columns and gives 3 values"),
        ("update scratch.notes set (id, score) = (select 1, 2)", "not_yet_supported", "SET (a, b)"),
        ("update scratch.notes set (id, id) = (1, 2)", "invalid_statement", "set more than once"),
        ("update scratch.notes set score = 1, (id, score) = (1, 2)", "invalid_statement", "set more than once"),
        ("update scratch.notes set (id, nope) = (1, 2)", "unknown_column", "`nope`"),
        ("update scratch.notes set nope = 1", "unknown_column", "`nope`"),
        ("update scratch.notes n set id = 1 from lateral (select n.id) x", "invalid_statement", "`n` can't be named"),
        ("update scratch.notes n set id = 1 from (select n.id) x", "unknown_relation", "`n`"),
        ("update scratch.notes as n(a) set a = 1", "invalid_statement", "no column aliases"),
        ("update scratch.notes join sales.orders on true set id = 1", "not_supported", "a join as the target"),
        ("update (select 1) x set id = 1", "not_supported", "anything but a table"),
    ]);
}

#[test]
fn deletes() {
    understood(&[
        ("delete from scratch.notes where id = 1", r#"DELETE FROM "scratch"."notes" AS t1 WHERE (t1."id" = 1)"#),
        (
            "delete from scratch.notes n using sales.orders o where o.id = n.id returning n.id",
            r#"DELETE FROM "scratch"."notes" AS t1 USING "sales"."orders" AS t2 WHERE (t2."id" = t1."id") RETURNING t1."id" AS "id""#,
        ),
        (
            "with q as (select 1 as x) delete from scratch.notes where id = (select x from q)",
            r#"WITH q1(c1) AS (SELECT 1 AS "x") DELETE FROM "scratch"."notes" AS t1 WHERE (t1."id" = (SELECT t2.c1 AS "x" FROM q1 AS t2))"#,
        ),
    ]);
    refused(&[
        ("delete from scratch.notes, sales.orders", "not_supported", "several tables"),
        ("delete notes from scratch.notes", "not_supported", "before FROM"),
        ("delete from scratch.notes order by id", "not_supported", "ORDER BY in DELETE"),
        ("delete from scratch.notes limit 1", "not_supported", "LIMIT in DELETE"),
        ("delete from scratch.notes where orders.id = 1", "unknown_relation", "`orders`"),
    ]);
}
