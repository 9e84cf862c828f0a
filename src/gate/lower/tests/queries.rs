//! Queries: select lists, grouping, ordering, limits, set operations, VALUES.

use super::*;

#[test]
fn select_lists() {
    understood(&[
        ("select 1, 'a' as x, null y", r#"SELECT 1 AS "?column?", 'a' AS "x", NULL AS "y""#),
        (
            "select * from (values (1, 'a')) v",
            r#"SELECT t1.c1 AS "column1", t1.c2 AS "column2" FROM (VALUES (1, 'a')) AS t1(c1, c2)"#,
        ),
        (
            "select o.*, 1 from hr.customers o, sales.regions",
            r#"SELECT t1."id" AS "id", t1."secret" AS "secret", 1 AS "?column?" FROM "hr"."customers" AS t1, "sales"."regions" AS t2"#,
        ),
        (
            "select hr.customers.* from hr.customers",
            r#"SELECT t1."id" AS "id", t1."secret" AS "secret" FROM "hr"."customers" AS t1"#,
        ),
        ("select from hr.customers", r#"SELECT FROM "hr"."customers" AS t1"#),
        ("select distinct id from hr.customers", r#"SELECT DISTINCT t1."id" AS "id" FROM "hr"."customers" AS t1"#),
        ("select all id from hr.customers", r#"SELECT t1."id" AS "id" FROM "hr"."customers" AS t1"#),
        (
            "select distinct on (secret, 1) id as secret from hr.customers order by secret, 1",
            r#"SELECT DISTINCT ON (1, 1) t1."id" AS "secret" FROM "hr"."customers" AS t1 ORDER BY 1, 1"#,
        ),
    ]);
    refused(&[
        ("select *", "invalid_statement", "needs a FROM"),
        ("select x.* from hr.customers", "unknown_relation", "`x`"),
        ("select * as x from hr.customers", "not_supported", "an alias for `*`"),
        ("select top 3 id from hr.customers", "not_supported", "TOP"),
        ("select id into x from hr.customers", "not_supported", "SELECT INTO"),
        ("select id from hr.customers qualify true", "not_supported", "QUALIFY"),
        ("select id from hr.customers c cluster by id", "not_supported", "CLUSTER BY"),
        ("select id from hr.customers c sort by id", "not_supported", "SORT BY"),
        ("select id from hr.customers lateral view explode(x) y", "not_supported", "LATERAL VIEW"),
    ]);
}

#[test]
fn grouping_prefers_input_columns_and_ordering_prefers_output_columns() {
    understood(&[
        (
            "select id as region from sales.customers group by region, id order by region",
            r#"SELECT t1."id" AS "region" FROM "sales"."customers" AS t1 GROUP BY t1."region", t1."id" ORDER BY 1"#,
        ),
        (
            "select id as x from sales.customers group by x",
            r#"SELECT t1."id" AS "x" FROM "sales"."customers" AS t1 GROUP BY 1"#,
        ),
        (
            "select id from sales.customers group by 1 order by (1) desc nulls last",
            r#"SELECT t1."id" AS "id" FROM "sales"."customers" AS t1 GROUP BY 1 ORDER BY 1 DESC NULLS LAST"#,
        ),
        (
            "select id from sales.customers order by name asc nulls first, (id)",
            r#"SELECT t1."id" AS "id" FROM "sales"."customers" AS t1 ORDER BY t1."name" NULLS FIRST, 1"#,
        ),
        // An expression is over the input, whatever the output is called.
        (
            "select id as tenant_id from sales.customers order by tenant_id + 1",
            r#"SELECT t1."id" AS "tenant_id" FROM "sales"."customers" AS t1 ORDER BY (t1."tenant_id" + 1)"#,
        ),
        // A parameter with a sign is an expression like any other.
        (
            "select count(*) from sales.customers group by - $1, rollup (- $1) order by (- $1)",
            r#"SELECT "pg_catalog"."count"(*) AS "count" FROM "sales"."customers" AS t1 GROUP BY (- $1), ROLLUP (((- $1))) ORDER BY (- $1)"#,
        ),
        // What the list says, too, however its items are called.
        (
            "select exists (select 1 from sales.products p where p.id = o.id) from sales.orders o \
             group by exists (select 1 from sales.products q where q.id = o.id)",
            r#"SELECT EXISTS (SELECT 1 AS "?column?" FROM "sales"."products" AS t1 WHERE (t1."id" = t2."id")) AS "exists" FROM "sales"."orders" AS t2 GROUP BY 1"#,
        ),
        (
            "select exists (select 1 from sales.products p where p.id = o.id) from sales.orders o \
             group by exists (select 1 from sales.products q where q.id = o.tenant_id), o.id",
            r#"SELECT EXISTS (SELECT 1 AS "?column?" FROM "sales"."products" AS t1 WHERE (t1."id" = t2."id")) AS "exists" FROM "sales"."orders" AS t2 GROUP BY EXISTS (SELECT 1 AS "?column?" FROM "sales"."products" AS t3 WHERE (t3."id" = t2."tenant_id")), t2."id""#,
        ),
        // The name in GROUP BY means this query's input, before an outer one's.
        (
            "select (select 1 as note from sales.products group by note) from sales.orders",
            r#"SELECT (SELECT 1 AS "note" FROM "sales"."products" AS t1 GROUP BY 1) AS "note" FROM "sales"."orders" AS t2"#,
        ),
        (
            "select id as x, id as x from sales.customers order by x",
            r#"SELECT t1."id" AS "x", t1."id" AS "x" FROM "sales"."customers" AS t1 ORDER BY 1"#,
        ),
        (
            "select region, count(*) from sales.customers group by (region, id), () having true",
            r#"SELECT t1."region" AS "region", "pg_catalog"."count"(*) AS "count" FROM "sales"."customers" AS t1 GROUP BY t1."region", t1."id", () HAVING TRUE"#,
        ),
        (
            "select region from sales.customers group by grouping sets (Rollup (1, (id, name)), cube (id, 1), name)",
            r#"SELECT t1."region" AS "region" FROM "sales"."customers" AS t1 GROUP BY GROUPING SETS ((1, t1."id", t1."name"), (1), (), (t1."id", 1), (1), (t1."id"), (), (t1."name"))"#,
        ),
        (
            "select region from sales.customers group by rollup (1, (id, name)), cube (id), grouping sets ((1, id), name, ())",
            r#"SELECT t1."region" AS "region" FROM "sales"."customers" AS t1 GROUP BY ROLLUP ((1), (t1."id", t1."name")), CUBE ((t1."id")), GROUPING SETS ((1, t1."id"), (t1."name"), ())"#,
        ),
    ]);
    refused(&[
        ("select id from sales.customers order by 2", "invalid_statement", "position 2"),
        ("select id from sales.customers order by 0", "invalid_statement", "position 0"),
        ("select id from sales.customers order by -1", "invalid_statement", "sign"),
        ("select id from sales.customers order by - (- 1)", "invalid_statement", "sign"),
        ("select id from sales.customers group by (-(-(1)))", "invalid_statement", "sign"),
        ("select id from sales.customers order by 'a'", "invalid_statement", "constant"),
        ("select id from sales.customers order by null", "invalid_statement", "constant"),
        ("select id from sales.customers order by 1.5", "invalid_statement", "position 1.5"),
        ("select id from sales.customers group by 2", "invalid_statement", "position 2"),
        ("select id as x, name as x from sales.customers order by x", "ambiguous_name", "`x` in ORDER BY"),
        ("select id as x, name as x from sales.customers group by x", "ambiguous_name", "`x` in GROUP BY"),
        ("select id as x from sales.customers order by x + 1", "unknown_column", "`x`"),
        ("select id from sales.customers group by all", "not_supported", "GROUP BY ALL"),
        (
            "select id from sales.customers group by grouping sets ((cube (id)))",
            "parse_error",
            "parentheses of its own",
        ),
        (
            "select id from sales.customers group by grouping sets (id, ( /* */ Rollup (id)))",
            "parse_error",
            "parentheses",
        ),
        ("select id from sales.customers group by grouping sets ((id, cube (id)))", "unknown_function", "cube"),
        ("select id from sales.customers group by grouping sets (\"cube\" (id))", "unknown_function", "cube"),
        ("select id from sales.customers group by grouping sets (rollup ())", "invalid_statement", "empty list"),
        ("select id from sales.customers group by grouping sets (rollup (distinct id))", "unknown_function", "rollup"),
        (
            "select id from sales.customers group by grouping sets (cube (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1))",
            "limit_exceeded",
            "12",
        ),
        (
            "select id from sales.customers group by grouping sets (cube (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 1)",
            "limit_exceeded",
            "4096 sets",
        ),
        ("select id from sales.customers group by rollup (())", "invalid_statement", "empty list"),
        ("select id from sales.customers order by id using <", "not_supported", "USING"),
        ("select id from sales.orders, hr.employees group by id", "ambiguous_name", "`id`"),
    ]);
}

#[test]
fn limits() {
    understood(&[
        ("select 1 limit 3 offset 2", r#"SELECT 1 AS "?column?" LIMIT 3 OFFSET 2"#),
        ("select 1 offset 2 rows fetch next 3 rows only", r#"SELECT 1 AS "?column?" LIMIT 3 OFFSET 2"#),
        ("select 1 offset (1 + 1) rows", r#"SELECT 1 AS "?column?" OFFSET (1 + 1)"#),
        ("select 1 offset '1'::int", r#"SELECT 1 AS "?column?" OFFSET CAST('1' AS "pg_catalog"."int4")"#),
        ("select 1 fetch first row only", r#"SELECT 1 AS "?column?" LIMIT 1"#),
        (
            "select 1 order by 1 fetch first 3 rows with ties",
            r#"SELECT 1 AS "?column?" ORDER BY 1 FETCH FIRST 3 ROWS WITH TIES"#,
        ),
        (
            "(select 1 order by 1) fetch first 3 rows with ties",
            r#"SELECT 1 AS "?column?" ORDER BY 1 FETCH FIRST 3 ROWS WITH TIES"#,
        ),
        ("select 1 limit all", r#"SELECT 1 AS "?column?""#),
        ("select 1 limit null offset null", r#"SELECT 1 AS "?column?""#),
        ("select 1 limit (select 2)", r#"SELECT 1 AS "?column?" LIMIT (SELECT 2 AS "?column?")"#),
    ]);
    refused(&[
        ("select 1 limit 3 fetch first 2 rows only", "invalid_statement", "LIMIT is given more than once"),
        ("select 1 fetch first 3 rows with ties", "invalid_statement", "WITH TIES needs ORDER BY"),
        ("select 1 fetch first row with ties", "invalid_statement", "WITH TIES needs ORDER BY"),
        ("(select 1 fetch first 3 rows with ties) order by 1", "invalid_statement", "WITH TIES needs ORDER BY"),
        ("select 1 union (select 2 fetch first 3 rows with ties)", "invalid_statement", "WITH TIES needs ORDER BY"),
        ("select 1 offset '1'::int rows", "invalid_statement", "with ROWS, OFFSET takes a number"),
        ("select 1 offset 1 + 1 row", "invalid_statement", "with ROWS, OFFSET takes a number"),
        ("select 1 fetch first 10 percent rows only", "not_supported", "PERCENT"),
        ("select 1 order by 1 fetch first null rows with ties", "invalid_statement", "needs a number"),
        ("select 1 from sales.orders for update", "not_supported", "FOR UPDATE"),
        ("select 1 from sales.orders for share of orders nowait", "not_supported", "FOR UPDATE and FOR SHARE"),
    ]);
}

/// Clauses behind a parenthesised query are that query's own for PostgreSQL.
#[test]
fn clauses_behind_parentheses_join_those_inside() {
    understood(&[
        (
            "(select id from hr.customers limit 2) order by secret",
            r#"SELECT t1."id" AS "id" FROM "hr"."customers" AS t1 ORDER BY t1."secret" LIMIT 2"#,
        ),
        ("((select 1)) limit 1", r#"SELECT 1 AS "?column?" LIMIT 1"#),
        (
            "with q as (select 1 as x) (select x from q)",
            r#"WITH q1(c1) AS (SELECT 1 AS "x") SELECT t1.c1 AS "x" FROM q1 AS t1"#,
        ),
    ]);
    refused(&[
        ("(select 1 limit 2) limit 3", "invalid_statement", "LIMIT is given more than once"),
        ("(select 1 order by 1) order by 1", "invalid_statement", "ORDER BY is given more than once"),
        ("with q as (select 1) (with r as (select 2) select 1)", "invalid_statement", "WITH is given more than once"),
    ]);
}

#[test]
fn set_operations() {
    understood(&[
        (
            "select 1 as a union select 2 intersect all select 3 order by a limit 1",
            r#"SELECT 1 AS "a" UNION (SELECT 2 AS "?column?" INTERSECT ALL SELECT 3 AS "?column?") ORDER BY 1 LIMIT 1"#,
        ),
        (
            "select 1 except select 2 union all select 3 order by (1)",
            r#"SELECT 1 AS "?column?" EXCEPT SELECT 2 AS "?column?" UNION ALL SELECT 3 AS "?column?" ORDER BY 1"#,
        ),
        ("(select 1 limit 1) union distinct (values (2))", r#"(SELECT 1 AS "?column?" LIMIT 1) UNION VALUES (2)"#),
        (
            "select 1 union (select 2 union select 3)",
            r#"SELECT 1 AS "?column?" UNION (SELECT 2 AS "?column?" UNION SELECT 3 AS "?column?")"#,
        ),
        // Each side has its own scope.
        (
            "select id from sales.orders o union select id from sales.customers o where o.id = 1",
            r#"SELECT t1."id" AS "id" FROM "sales"."orders" AS t1 UNION SELECT t2."id" AS "id" FROM "sales"."customers" AS t2 WHERE (t2."id" = 1)"#,
        ),
        (
            "select 1, 'a' union table hr.customers",
            r#"SELECT 1 AS "?column?", 'a' AS "?column?" UNION SELECT t1."id" AS "id", t1."secret" AS "secret" FROM "hr"."customers" AS t1"#,
        ),
        ("values (1, 'a'), (2, null) order by column1, 2 desc", r"VALUES (1, 'a'), (2, NULL) ORDER BY 1, 2 DESC"),
    ]);
    refused(&[
        ("select 1 union select 1, 2", "invalid_statement", "same number of columns"),
        ("select 1 as a union select 2 order by a + 1", "invalid_statement", "column names and numbers only"),
        ("select 1 as a union select 2 as b order by b", "invalid_statement", "column names and numbers only"),
        ("select 1 as a, 2 as a union select 3, 4 order by a", "ambiguous_name", "`a`"),
        ("select o.id from sales.orders o union select o.id", "unknown_relation", "`o`"),
        ("values (1), (2, 3)", "invalid_statement", "differ in length"),
        ("values (1) order by column1 + 1", "not_yet_supported", "VALUES"),
        ("select 1 minus select 2", "not_supported", "MINUS"),
        ("select 1 union by name select 2", "not_supported", "BY NAME"),
        ("select 1 union table sales.orders", "invalid_statement", "same number of columns"),
        ("value (1)", "parse_error", ""),
    ]);
}

#[test]
fn named_windows_are_inlined() {
    understood(&[
        (
            "select rank() over w, rank() over (w order by id) from hr.customers window w as (partition by secret)",
            r#"SELECT "pg_catalog"."rank"() OVER (PARTITION BY t1."secret") AS "rank", "pg_catalog"."rank"() OVER (PARTITION BY t1."secret" ORDER BY t1."id") AS "rank" FROM "hr"."customers" AS t1"#,
        ),
        (
            "select rank() over v from hr.customers window w as (partition by secret), v as (w order by id desc)",
            r#"SELECT "pg_catalog"."rank"() OVER (PARTITION BY t1."secret" ORDER BY t1."id" DESC) AS "rank" FROM "hr"."customers" AS t1"#,
        ),
    ]);
    refused(&[
        ("select rank() over w from hr.customers", "invalid_statement", "`w`"),
        ("select 1 from hr.customers window w as (), w as ()", "invalid_statement", "`w` is defined more than once"),
        ("select (select rank() over w) from hr.customers window w as ()", "invalid_statement", "`w`"),
        ("select 1 from hr.customers window w as (order by nope)", "unknown_column", "`nope`"),
    ]);
}

#[test]
fn functions_in_from() {
    understood(&[
        (
            "select * from generate_series(1, 3)",
            r#"SELECT t1.c1 AS "generate_series" FROM "pg_catalog"."generate_series"(1, 3) AS t1(c1)"#,
        ),
        (
            "select g, g.g from generate_series(1, 3) as g",
            r#"SELECT t1.c1 AS "g", t1.c1 AS "g" FROM "pg_catalog"."generate_series"(1, 3) AS t1(c1)"#,
        ),
        (
            "select g.n, o from generate_series(1, 3) with ordinality as g(n, o)",
            r#"SELECT t1.c1 AS "n", t1.c2 AS "o" FROM "pg_catalog"."generate_series"(1, 3) WITH ORDINALITY AS t1(c1, c2)"#,
        ),
        (
            "select n, ordinality from lateral generate_series(1, 3) with ordinality as g(n)",
            r#"SELECT t1.c1 AS "n", t1.c2 AS "ordinality" FROM LATERAL "pg_catalog"."generate_series"(1, 3) WITH ORDINALITY AS t1(c1, c2)"#,
        ),
        // OUT columns keep their names, whatever the alias.
        (
            "select e.key, e.value from sales.products p, jsonb_each(p.attributes) as e",
            r#"SELECT t2.c1 AS "key", t2.c2 AS "value" FROM "sales"."products" AS t1, "pg_catalog"."jsonb_each"(t1."attributes") AS t2(c1, c2)"#,
        ),
        (
            "select a.value from sales.products p, jsonb_array_elements(p.attributes) as a",
            r#"SELECT t2.c1 AS "value" FROM "sales"."products" AS t1, "pg_catalog"."jsonb_array_elements"(t1."attributes") AS t2(c1)"#,
        ),
        (
            "select x, y from sales.customers c, unnest(c.tags, array[1, 2]) as u(x, y)",
            r#"SELECT t2.c1 AS "x", t2.c2 AS "y" FROM "sales"."customers" AS t1, unnest(t1."tags", ARRAY[1, 2]) AS t2(c1, c2)"#,
        ),
        (
            "select x, y from sales.customers c cross join lateral \"unnest\"(c.tags, array[1, 2]) as u(x, y)",
            r#"SELECT t2.c1 AS "x", t2.c2 AS "y" FROM "sales"."customers" AS t1 CROSS JOIN LATERAL unnest(t1."tags", ARRAY[1, 2]) AS t2(c1, c2)"#,
        ),
        (
            "select u.lexeme from sales.products p, unnest(p.document) as u",
            r#"SELECT t2.c1 AS "lexeme" FROM "sales"."products" AS t1, "pg_catalog"."unnest"(t1."document") AS t2(c1, c2, c3)"#,
        ),
    ]);
    refused(&[
        ("select unnest from unnest(array[1], array[2])", "ambiguous_name", "`unnest`"),
        ("select 1 from pg_catalog.unnest(array[1], array[2])", "unknown_function", "doesn't take 2 arguments"),
        ("select 1 from generate_series(1, 3) as g(a, b)", "invalid_statement", "more columns than there are"),
        ("select 1 from sales.orders with ordinality", "invalid_statement", "needs a function"),
        ("select 1 from unnest(coalesce(null, null)) x", "not_yet_supported", "`unnest`"),
        ("select 1 from sales.orders tablesample bernoulli (101)", "invalid_statement", "0 to 100"),
        ("select 1 from sales.orders tablesample bernoulli (id)", "invalid_statement", "0 to 100"),
        ("select 1 from sales.orders tablesample bernoulli ((select 1))", "invalid_statement", "0 to 100"),
        ("select 1 from sales.orders tablesample system (1) repeatable (-1)", "parse_error", ""),
        ("select 1 from sales.orders tablesample block (1)", "not_supported", "sampling"),
        ("select 1 from sales.orders tablesample (1 rows)", "not_supported", "sampling"),
        ("with c as (select 1) select 1 from c tablesample bernoulli (1)", "not_supported", "TABLESAMPLE"),
        ("select 1 from (select 1) as c tablesample bernoulli (1)", "not_supported", "TABLESAMPLE"),
        ("select 1 from information_schema.tables tablesample bernoulli (1)", "not_supported", "TABLESAMPLE"),
        ("update sales.orders tablesample bernoulli (1) set id = 1", "not_supported", "TABLESAMPLE"),
        ("select 1 from xmltable('/a' passing '<a/>' columns x int) t", "not_yet_supported", "XMLTABLE"),
    ]);
}

#[test]
fn samples_are_read_as_they_are_written() {
    understood(&[
        (
            "select 1 from sales.orders as o tablesample bernoulli (10)",
            "SELECT 1 AS \"?column?\" FROM \"sales\".\"orders\" AS t1 TABLESAMPLE BERNOULLI (10)",
        ),
        (
            "select 1 from sales.orders tablesample system (0.5) repeatable (7) join sales.regions on true",
            "SELECT 1 AS \"?column?\" FROM \"sales\".\"orders\" AS t1 TABLESAMPLE SYSTEM (0.5) REPEATABLE (7) \
             INNER JOIN \"sales\".\"regions\" AS t2 ON TRUE",
        ),
        // The parser takes OFFSET for a part of the sample.
        (
            "select 1 from sales.orders tablesample bernoulli (10) limit all offset 5",
            "SELECT 1 AS \"?column?\" FROM \"sales\".\"orders\" AS t1 TABLESAMPLE BERNOULLI (10) LIMIT ALL OFFSET 5",
        ),
    ]);
}

#[test]
fn a_column_definition_list_names_and_types_the_columns() {
    understood(&[
        (
            "select x.a, b from jsonb_to_record('{}') as x(a int, b text[]) where \"a\" > 1",
            r#"SELECT t1."a" AS "a", t1."b" AS "b" FROM "pg_catalog"."jsonb_to_record"('{}') AS t1("a" "pg_catalog"."int4", "b" "pg_catalog"."text"[]) WHERE (t1."a" > 1)"#,
        ),
        (
            "select * from sales.products p, jsonb_to_record(p.attributes) as x(\"A b\" numeric(10, 2), c sales.order_status, d interval day to second (3), e char)",
            r#"SELECT t1."id" AS "id", t1."name" AS "name", t1."price" AS "price", t1."category" AS "category", t1."attributes" AS "attributes", t1."document" AS "document", t2."A b" AS "A b", t2."c" AS "c", t2."d" AS "d", t2."e" AS "e" FROM "sales"."products" AS t1, "pg_catalog"."jsonb_to_record"(t1."attributes") AS t2("A b" "pg_catalog"."numeric"(10, 2), "c" "sales"."order_status", "d" INTERVAL DAY TO SECOND(3), "e" "pg_catalog"."bpchar"(1))"#,
        ),
    ]);
    refused(&[
        ("select 1 from jsonb_to_record('{}') as x(a int, a text)", "invalid_statement", "more than once"),
        ("select 1 from jsonb_to_record('{}') as x(a int, b)", "invalid_statement", "`b` has no type"),
        ("select 1 from jsonb_to_record('{}') with ordinality as x(a int)", "invalid_statement", "WITH ORDINALITY"),
        ("select 1 from jsonb_each('{}') as x(key text, value jsonb)", "invalid_statement", "knows its columns"),
        ("select 1 from generate_series(1, 2) as x(a int)", "invalid_statement", "knows its columns"),
        ("select 1 from unnest(array[1]) as x(a int)", "invalid_statement", "only with a function"),
        ("select 1 from (select 1) as x(a int)", "invalid_statement", "only with a function"),
        ("select 1 from sales.orders as x(a int)", "invalid_statement", "only with a function"),
        ("select 1 from jsonb_to_record('{}') as x(a regclass)", "type_not_allowed", "regclass"),
        ("select 1 from jsonb_to_record('{}') as x(a sales.orders)", "type_not_allowed", "sales.orders"),
        ("select 1 from jsonb_to_record('{}') as x(a sales.address)", "not_yet_supported", "composite"),
        ("select 1 from jsonb_to_record('{}') as x(a sales.email_address)", "not_yet_supported", "constraints"),
        ("select 1 from jsonb_to_record('{}') as x(a private.handle)", "type_not_allowed", "handle"),
        ("select 1 from jsonb_to_record('{}') as x(a xid)", "type_not_allowed", "xid"),
        ("select 1 from jsonb_to_record('{}') as x(a record)", "type_not_allowed", "record"),
        ("select x.b from jsonb_to_record('{}') as x(a int)", "unknown_column", "x.b"),
    ]);
}

/// PostgreSQL would have to find that both copies say the same, under other names of their items.
#[test]
fn a_subquery_is_not_written_twice_where_both_have_to_be_the_same() {
    refused(&[
        (
            "select upper((select max(label) from sales.regions)) from sales.orders group by (select max(label) from sales.regions)",
            "not_yet_supported",
            "a subquery of GROUP BY",
        ),
        (
            "select (select 1 from sales.regions), (select 1 from sales.regions) from sales.orders group by 1",
            "not_yet_supported",
            "a subquery of GROUP BY",
        ),
        (
            "select 1 from sales.orders group by (select max(label) from sales.regions) having (select max(label) from sales.regions) = 'x'",
            "not_yet_supported",
            "a subquery of GROUP BY",
        ),
        (
            "select 1 from sales.orders group by (select max(label) from sales.regions) order by (select max(label) from sales.regions)",
            "not_yet_supported",
            "a subquery of GROUP BY",
        ),
        (
            "select array_agg(distinct (select max(label) from sales.regions) order by (select max(label) from sales.regions)) from sales.orders",
            "not_yet_supported",
            "a subquery that is written twice",
        ),
    ]);
    for sql in [
        "select (select max(label) from sales.regions) from sales.orders group by 1 order by 1",
        "select upper((select r.label)) from sales.regions r group by (select r.label)",
        "select array_agg(distinct (select r.label) order by (select r.label)) from sales.regions r",
        "select array_agg((select max(label) from sales.regions) order by (select max(label) from sales.regions)) from sales.orders",
        "select (select max(label) from sales.regions), 1 + max(2) from sales.orders group by (select max(label) from sales.regions)",
    ] {
        open(sql).expect(sql);
    }
}
