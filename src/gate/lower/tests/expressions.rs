//! Expressions: what the gate understands of each form.

use super::*;
use crate::gate::diagnostic::Reason;

#[test]
fn literals_are_unescaped_and_typed() {
    understood(&[
        (
            r"select 'it''s', $$a'b$$, E'\x41\n', B'101', X'fF', 1.50, 1e3, true, null",
            "SELECT 'it''s' AS \"?column?\", 'a''b' AS \"?column?\", 'A\n' AS \"?column?\", CAST('b101' AS \"pg_catalog\".\"bit\") AS \"?column?\", CAST('xfF' AS \"pg_catalog\".\"bit\") AS \"?column?\", 1.50 AS \"?column?\", 1e3 AS \"?column?\", TRUE AS \"?column?\", NULL AS \"?column?\"",
        ),
        (
            "select date '2024-01-01', char 'abc', bit '101', interval '1' day, interval '1.5' second(2)",
            r#"SELECT CAST('2024-01-01' AS "pg_catalog"."date") AS "date", CAST('abc' AS "pg_catalog"."bpchar") AS "bpchar", CAST('101' AS "pg_catalog"."bit") AS "bit", CAST('1' AS INTERVAL DAY) AS "interval", CAST('1.5' AS INTERVAL SECOND(2)) AS "interval""#,
        ),
    ]);
}

#[test]
fn casts_name_types_of_the_catalog() {
    understood(&[
        (
            "select '1'::int, cast('1' as numeric(10, 2)), 'a'::char, 'a'::char(3), 'a'::varchar(5), '{1}'::int[], '1'::_int4, '1'::bit, '1'::pg_catalog.int4",
            r#"SELECT CAST('1' AS "pg_catalog"."int4") AS "int4", CAST('1' AS "pg_catalog"."numeric"(10, 2)) AS "numeric", CAST('a' AS "pg_catalog"."bpchar"(1)) AS "bpchar", CAST('a' AS "pg_catalog"."bpchar"(3)) AS "bpchar", CAST('a' AS "pg_catalog"."varchar"(5)) AS "varchar", CAST('{1}' AS "pg_catalog"."int4"[]) AS "int4", CAST('1' AS "pg_catalog"."int4"[]) AS "_int4", CAST('1' AS "pg_catalog"."bit"(1)) AS "bit", CAST('1' AS "pg_catalog"."int4") AS "int4""#,
        ),
        (
            "select '1'::interval day to second(3), '1'::timestamp(0) with time zone, '1'::timetz, '1'::float(3), '1'::real",
            r#"SELECT CAST('1' AS INTERVAL DAY TO SECOND(3)) AS "interval", CAST('1' AS "pg_catalog"."timestamptz"(0)) AS "timestamptz", CAST('1' AS "pg_catalog"."timetz") AS "timetz", CAST('1' AS "pg_catalog"."float4") AS "float4", CAST('1' AS "pg_catalog"."float4") AS "float4""#,
        ),
        (
            "select 'open'::order_status, '{open}'::sales.order_status[], 'x'::scratch.label",
            r#"SELECT CAST('open' AS "sales"."order_status") AS "order_status", CAST('{open}' AS "sales"."order_status"[]) AS "order_status", CAST('x' AS "scratch"."label") AS "label""#,
        ),
    ]);
}

#[test]
fn operators_keep_their_grouping() {
    understood(&[
        (
            "select 1 + 2 * 3, -(-1), 1 >= -1, 1 <> 2, 'a' || 'b', 'a' OPERATOR(pg_catalog.||) 'b'",
            r#"SELECT (1 + (2 * 3)) AS "?column?", (- (- 1)) AS "?column?", (1 >= (- 1)) AS "?column?", (1 <> 2) AS "?column?", ('a' || 'b') AS "?column?", ('a' || 'b') AS "?column?""#,
        ),
        (
            "select a and b and (c and d) or not e from (select true as a, true as b, true as c, true as d, true as e) s",
            r#"SELECT ((t1.c1 AND t1.c2 AND (t1.c3 AND t1.c4)) OR (NOT t1.c5)) AS "?column?" FROM (SELECT TRUE AS "a", TRUE AS "b", TRUE AS "c", TRUE AS "d", TRUE AS "e") AS t1(c1, c2, c3, c4, c5)"#,
        ),
    ]);
}

#[test]
fn predicates_become_operators_and_tests() {
    understood(&[
        (
            "select 1 = 1 is true, 1 is not distinct from 2, 1 between 2 and 3, 1 not in (1, 2), (1, 2) = (3, 4)",
            r#"SELECT ((1 = 1) IS TRUE) AS "?column?", (1 IS NOT DISTINCT FROM 2) AS "?column?", (1 BETWEEN 2 AND 3) AS "?column?", (1 NOT IN (1, 2)) AS "?column?", (ROW(1, 2) = ROW(3, 4)) AS "?column?""#,
        ),
        (
            "select 'a' like 'b', 'a' not ilike 'b' escape 'c', 'a' similar to 'b', 'a' not similar to 'b' escape 'c', 'a' ~ 'b'",
            r#"SELECT ('a' ~~ 'b') AS "?column?", ('a' !~~* "pg_catalog"."like_escape"('b', 'c')) AS "?column?", ('a' ~ "pg_catalog"."similar_to_escape"('b')) AS "?column?", ('a' !~ "pg_catalog"."similar_to_escape"('b', 'c')) AS "?column?", ('a' ~ 'b') AS "?column?""#,
        ),
        (
            "select 1 = any (array[1]), 1 <> all ((select 1)), 'a' like any (array['b']), 1 < some (select 2)",
            r#"SELECT (1 = ANY (ARRAY[1])) AS "?column?", (1 <> ALL (SELECT 1 AS "?column?")) AS "?column?", ('a' ~~ ANY (ARRAY['b'])) AS "?column?", (1 < ANY (SELECT 2 AS "?column?")) AS "?column?""#,
        ),
    ]);
}

#[test]
fn forms_become_the_calls_that_postgresql_makes_of_them() {
    understood(&[
        (
            "select case 1 when 1 then 'a' end, case when true then 1 else 2 end, coalesce(1, 2), nullif(1, 2), greatest(1, 2), least(1, 2)",
            r#"SELECT CASE 1 WHEN 1 THEN 'a' END AS "case", CASE WHEN TRUE THEN 1 ELSE 2 END AS "case", COALESCE(1, 2) AS "coalesce", NULLIF(1, 2) AS "nullif", GREATEST(1, 2) AS "greatest", LEAST(1, 2) AS "least""#,
        ),
        (
            "select extract(year from now()), extract('EPOCH' from now()), now() at time zone 'UTC', position('a' in 'b')",
            r#"SELECT "pg_catalog"."extract"('year', "pg_catalog"."now"()) AS "extract", "pg_catalog"."extract"('EPOCH', "pg_catalog"."now"()) AS "extract", "pg_catalog"."timezone"('UTC', "pg_catalog"."now"()) AS "timezone", "pg_catalog"."position"('b', 'a') AS "position""#,
        ),
        (
            "select substring('a' from 2), substring('a' for 2), substring('a', 1, 2), trim(leading 'x' from 'y'), trim('y'), overlay('a' placing 'b' from 1 for 2), ceil(1.5), floor(1.5)",
            r#"SELECT "pg_catalog"."substring"('a', 2) AS "substring", "pg_catalog"."substring"('a', 1, CAST(2 AS "pg_catalog"."int4")) AS "substring", "pg_catalog"."substring"('a', 1, 2) AS "substring", "pg_catalog"."ltrim"('y', 'x') AS "ltrim", "pg_catalog"."btrim"('y') AS "btrim", "pg_catalog"."overlay"('a', 'b', 1, 2) AS "overlay", "pg_catalog"."ceil"(1.5) AS "ceil", "pg_catalog"."floor"(1.5) AS "floor""#,
        ),
        (
            "select current_date, current_timestamp(3), localtime, current_timestamp",
            r#"SELECT CURRENT_DATE AS "current_date", CURRENT_TIMESTAMP(3) AS "current_timestamp", LOCALTIME AS "localtime", CURRENT_TIMESTAMP AS "current_timestamp""#,
        ),
    ]);
}

#[test]
fn arrays_rows_and_subqueries() {
    understood(&[
        (
            "select array[1, 2], array[[1], [2]], array(select 1), (array[1, 2])[1], (array[1])[1:2], (array[1])[:], row(1, 2), (1, 2), row(), exists (select 1), not exists (select 1), (select 1)",
            r#"SELECT ARRAY[1, 2] AS "array", ARRAY[ARRAY[1], ARRAY[2]] AS "array", ARRAY(SELECT 1 AS "?column?") AS "array", (ARRAY[1, 2])[1] AS "array", (ARRAY[1])[1 : 2] AS "array", (ARRAY[1])[ : ] AS "array", ROW(1, 2) AS "row", ROW(1, 2) AS "row", ROW() AS "row", EXISTS (SELECT 1 AS "?column?") AS "exists", (NOT EXISTS (SELECT 1 AS "?column?")) AS "?column?", (SELECT 1 AS "?column?") AS "?column?""#,
        ),
        (
            "select tags[1], c.tags[1:2] from sales.customers c",
            r#"SELECT (t1."tags")[1] AS "tags", (t1."tags")[1 : 2] AS "tags" FROM "sales"."customers" AS t1"#,
        ),
        (
            r#"select 'a' collate "C", name collate pg_catalog."en_US" from sales.products"#,
            r#"SELECT ('a' COLLATE "pg_catalog"."C") AS "?column?", (t1."name" COLLATE "pg_catalog"."en_US") AS "name" FROM "sales"."products" AS t1"#,
        ),
    ]);
}

#[test]
fn calls_aggregates_and_windows() {
    understood(&[
        (
            "select count(*), count(distinct id), string_agg(name, ',' order by name desc nulls last), count(*) filter (where id > 1), percentile_cont(0.5) within group (order by price) from sales.products",
            r#"SELECT "pg_catalog"."count"(*) AS "count", "pg_catalog"."count"(DISTINCT t1."id") AS "count", "pg_catalog"."string_agg"(t1."name", ',' ORDER BY t1."name" DESC NULLS LAST) AS "string_agg", "pg_catalog"."count"(*) FILTER (WHERE (t1."id" > 1)) AS "count", "pg_catalog"."percentile_cont"(0.5) WITHIN GROUP (ORDER BY t1."price") AS "percentile_cont" FROM "sales"."products" AS t1"#,
        ),
        (
            "select row_number() over (partition by category order by id rows between 1 preceding and current row), sum(id) over w, sum(id) over (w), rank() over (w range unbounded preceding) from sales.products window w as (order by id)",
            r#"SELECT "pg_catalog"."row_number"() OVER (PARTITION BY t1."category" ORDER BY t1."id" ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS "row_number", "pg_catalog"."sum"(t1."id") OVER ( ORDER BY t1."id") AS "sum", "pg_catalog"."sum"(t1."id") OVER ( ORDER BY t1."id") AS "sum", "pg_catalog"."rank"() OVER ( ORDER BY t1."id" RANGE UNBOUNDED PRECEDING) AS "rank" FROM "sales"."products" AS t1"#,
        ),
        (
            "select sum(id) over (order by id range between '1 day' preceding and interval '1' day following), sum(id) over (order by id groups 2 preceding) from sales.products",
            r#"SELECT "pg_catalog"."sum"(t1."id") OVER ( ORDER BY t1."id" RANGE BETWEEN '1 day' PRECEDING AND CAST('1' AS INTERVAL DAY) FOLLOWING) AS "sum", "pg_catalog"."sum"(t1."id") OVER ( ORDER BY t1."id" GROUPS 2 PRECEDING) AS "sum" FROM "sales"."products" AS t1"#,
        ),
        (
            "select attributes -> 'a' ->> 'b', attributes ? 'a', attributes @> '{}' from sales.products",
            r#"SELECT ((t1."attributes" -> 'a') ->> 'b') AS "?column?", (t1."attributes" ? 'a') AS "?column?", (t1."attributes" @> '{}') AS "?column?" FROM "sales"."products" AS t1"#,
        ),
        (
            "select to_tsvector('english', 'a'), to_tsvector('english'::regconfig, name) from sales.products",
            r#"SELECT "pg_catalog"."to_tsvector"('english', 'a') AS "to_tsvector", "pg_catalog"."to_tsvector"(CAST('english' AS "pg_catalog"."regconfig"), t1."name") AS "to_tsvector" FROM "sales"."products" AS t1"#,
        ),
        (
            "select * from generate_series(1, 2) g",
            r#"SELECT t1.c1 AS "g" FROM "pg_catalog"."generate_series"(1, 2) AS t1(c1)"#,
        ),
        (
            "select * from jsonb_each('{}') with ordinality",
            r#"SELECT t1.c1 AS "key", t1.c2 AS "value", t1.c3 AS "ordinality" FROM "pg_catalog"."jsonb_each"('{}') WITH ORDINALITY AS t1(c1, c2, c3)"#,
        ),
    ]);
}

#[test]
fn parameters_and_sizes() {
    understood(&[
        (
            "select $1, $2::int, $1 + 1",
            r#"SELECT $1 AS "?column?", CAST($2 AS "pg_catalog"."int4") AS "int4", ($1 + 1) AS "?column?""#,
        ),
        (
            "select repeat('a', 3), repeat('a', $1), repeat('a', id), repeat('a', least(id, 5)), lpad('a', 3, 'b') from sales.products",
            r#"SELECT "pg_catalog"."repeat"('a', 3) AS "repeat", "pg_catalog"."repeat"('a', "pg_catalog"."int4smaller"($1, 1000000)) AS "repeat", "pg_catalog"."repeat"('a', "pg_catalog"."int4smaller"(t1."id", 1000000)) AS "repeat", "pg_catalog"."repeat"('a', "pg_catalog"."int4smaller"(LEAST(t1."id", 5), 1000000)) AS "repeat", "pg_catalog"."lpad"('a', 3, 'b') AS "lpad" FROM "sales"."products" AS t1"#,
        ),
    ]);
}

/// The sentence and reason of a refusal where everything is open.
fn refusal(sql: &str) -> (Reason, String) {
    let rejection = open(sql).expect_err(sql);
    (rejection.reason, rejection.message)
}

#[test]
fn depth_is_bounded_and_chains_are_not_deep() {
    let nested = |depth: usize| format!("select {}1{}", "-(".repeat(depth), ")".repeat(depth));
    assert!(open(&nested(90)).is_ok());
    assert_eq!(refusal(&nested(110)).0, Reason::LimitExceeded);
    // Parentheses alone are no nesting for the gate.
    assert!(open(&format!("select {}1{}", "(".repeat(150), ")".repeat(150))).is_ok());
    // AND and OR may be as long as the statement.
    let terms = vec!["id = 1"; 3_000];
    assert!(open(&format!("select 1 from sales.products where {}", terms.join(" and "))).is_ok());
    assert!(open(&format!("select 1 from sales.products where {}", terms.join(" or "))).is_ok());
    // Other operators are as deep as their chain is long.
    assert!(open(&format!("select 'a'{}", " || 'b'".repeat(90))).is_ok());
    assert_eq!(refusal(&format!("select 'a'{}", " || 'b'".repeat(5_000))).0, Reason::LimitExceeded);
    let list = vec!["1"; 9_000].join(", ");
    assert!(open(&format!("select 1 from sales.products where id in ({list})")).is_ok());
}

#[test]
fn calls_are_counted() {
    let calls = vec!["random()"; 2_100].join(", ");
    assert_eq!(refusal(&format!("select {calls}")).0, Reason::LimitExceeded);
}

#[test]
fn forms_follow_the_server_version() {
    let mut parts = fixture::parts();
    parts.server_version = 120_022;
    let catalog = Catalog::new(parts);
    let policy = policies::open(&catalog);
    let read = |sql: &str| lower(&catalog, &policy, sql).map(|statement| emit(&statement));
    assert_eq!(
        read("select extract(year from now()), true").unwrap(),
        r#"SELECT "pg_catalog"."date_part"('year', "pg_catalog"."now"()) AS "date_part", TRUE AS "bool""#
    );
    // The function that SIMILAR TO stands for before 13 isn't in this catalog.
    assert!(read("select 'a' similar to 'b'").unwrap_err().message.contains("similar_escape"));
}

#[test]
fn what_is_refused_is_refused_by_name() {
    refused(&[
        ("select try_cast('1' as int)", "not_supported", "TRY_CAST"),
        ("select 1 <=> 2", "operator_not_allowed", "<=>"),
        ("select 1 xor 2", "not_supported", "XOR"),
        ("select [1, 2]", "not_supported", "ARRAY"),
        ("select {d '2024-01-01'}", "not_supported", "braces"),
        ("select n'abc'", "not_supported", "N'"),
        ("select u&'abc'", "not_supported", "U&"),
        ("select 0x1f", "not_supported", "number"),
        ("select x'1g'", "not_supported", "number"),
        ("select interval 1 day", "not_supported", "INTERVAL"),
        ("select interval '1' week", "not_supported", "fields of an interval"),
        ("select interval '1' second(2, 2)", "not_supported", "fields of an interval"),
        ("select date \"x\" from sales.products", "invalid_statement", "name, not a string"),
        ("select date 5", "invalid_statement", "string in single quotes"),
        ("select - 2 ^ 2", "invalid_statement", "group"),
        ("select 1 = 1 = 1", "invalid_statement", "group"),
        ("select ceil(1.5, 2)", "not_supported", "second argument"),
        ("select '1'::datetime", "type_not_allowed", "does not exist"),
        ("select '1'::nothing", "type_not_allowed", "`nothing` does not exist or may not be used"),
        ("select '1'::private.handle", "type_not_allowed", "`private.handle` does not exist or may not be used"),
        ("select '1'::regclass", "type_not_allowed", "regclass"),
        ("select 'mine'::regconfig", "type_not_allowed", "regconfig"),
        ("select '1'::any", "invalid_statement", "any"),
        ("select 'a@b'::sales.email_address", "not_yet_supported", "constraints"),
        ("select '(a,b)'::sales.address", "not_yet_supported", "composite"),
        ("select '1'::numeric(3, -1)", "not_yet_supported", "negative"),
        ("select '1'::varchar(99999999999)", "invalid_statement", "out of range"),
        ("select '1'::interval day(3)", "invalid_statement", "SECOND"),
        ("select '1'::int(3)", "invalid_statement", "no size"),
        ("select 'a' collate \"nowhere\"", "not_yet_supported", "nowhere"),
        ("select 'a' collate sales.\"C\"", "not_yet_supported", "outside"),
        ("select 1 operator(sales.+) 2", "not_supported", "OPERATOR()"),
        ("select 1 <<<>>> 2", "operator_not_allowed", "<<<>>>"),
        ("select @ 1", "operator_not_allowed", "prefix operator `@`"),
        ("select current_user", "function_not_allowed", "current_user"),
        ("select ship_to.street from sales.regions", "unknown_relation", "ship_to"),
        ("select ('x').pg_sleep", "not_yet_supported", "field"),
        ("select (1).abs(1)", "not_supported", "after a dot"),
        ("select tags[1:2:3] from sales.customers", "not_supported", "step"),
        ("select $10", "invalid_parameter", "$10"),
        ("select $0", "invalid_parameter", "$0"),
        ("select $01", "invalid_parameter", "$01"),
        ("select :tenant", "invalid_parameter", ":tenant"),
        ("select (select 1, 2)", "invalid_statement", "one column"),
        ("select 1 in (select 1, 2)", "invalid_statement", "2 columns where 1"),
        ("select (1, 2) = any (select 1)", "invalid_statement", "1 columns where 2"),
    ]);
}
