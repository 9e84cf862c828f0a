//! The names of columns that have no alias are those of the server at hand: PostgreSQL's `FigureColname` changes with its
//! versions.

use crate::support::{Database, Library};

const POLICY: &str = r#"
version = 1
name = "everything"
[statements]
allow = ["select"]
[schemas.sales]
access = "read"
"#;

/// One of each form that can stand in a list.
const FORMS: &[&str] = &[
    "1",
    "'a'",
    "NULL",
    "true",
    "-1",
    "1 + 1",
    "NOT true",
    "c.id",
    "c.id::text",
    "CAST(c.id AS numeric(10, 2))",
    "1::int8",
    "'1'::\"char\"",
    "(1 + 1)::varchar(3)",
    "date '2024-01-01'",
    "interval '1 day'",
    "interval '1' day",
    "timestamp with time zone '2024-01-01'",
    "bool 't'",
    "true::text",
    "lower(c.name)",
    "pg_catalog.upper(c.name)",
    "coalesce(c.phone, 'x')",
    "nullif(1, 2)",
    "greatest(1, 2)",
    "least(1, 2)",
    "CASE WHEN true THEN 1 END",
    "CASE WHEN true THEN 1 ELSE c.id END",
    "CASE c.id WHEN 1 THEN 'a' ELSE lower(c.name) END",
    "CASE WHEN true THEN 1 ELSE 2 END::text",
    "(SELECT 1)",
    "(SELECT c.id AS other)",
    "(SELECT max(o.id) FROM sales.orders o)",
    "EXISTS (SELECT 1)",
    "NOT EXISTS (SELECT 1)",
    "ARRAY(SELECT 1)",
    "ARRAY[1, 2]",
    "ARRAY[1, 2][1]",
    "(ARRAY[c.id])[1]",
    "(ARRAY[1, 2])[1:2]",
    "ROW(1, 2)",
    "(1, 2)",
    "extract(year FROM c.created_at)",
    "c.created_at AT TIME ZONE 'UTC'",
    "position('a' IN 'ba')",
    "substring('abc' FROM 2)",
    "substring('abc' FROM 2 FOR 1)",
    "substring('abc', 2)",
    "substr('abc', 2)",
    "overlay('abc' PLACING 'x' FROM 2)",
    "trim(' a ')",
    "trim(LEADING 'x' FROM 'xa')",
    "trim(TRAILING FROM 'a ')",
    "ceil(1.5)",
    "ceiling(1.5)",
    "floor(1.5)",
    "(date '2024-01-01', date '2024-02-01') OVERLAPS (date '2024-01-01', date '2024-02-01')",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "CURRENT_TIMESTAMP(0)",
    "CURRENT_TIME",
    "LOCALTIME",
    "LOCALTIMESTAMP(2)",
    "now()",
    "c.name COLLATE \"C\"",
    "lower(c.name) COLLATE \"C\"",
    "c.name LIKE 'A%'",
    "c.name IS NULL",
    "c.id IN (1, 2)",
    "c.id BETWEEN 1 AND 2",
    "c.id = ANY (ARRAY[1])",
    "c.name ~ 'A'",
    "'{\"a\": 1}'::jsonb -> 'a'",
    "'{\"a\": 1}'::json ->> 'a'",
    "count(*) OVER ()",
    "row_number() OVER (ORDER BY c.id)",
    "max(c.id) OVER (PARTITION BY c.region)",
    "c.\"name\"",
    "(c.id)",
    "((c.id + 1))",
    "concat(c.name, 'x')",
    "'a' || 'b'",
    "json_build_object('a', 1)",
    "json_object('{a,1}')",
    "int4(1.5)",
    "text 'a'",
    "'{1}'::int[]",
    "'[1,2)'::int4range",
    "xmlcomment('a')",
    "normalize('a')",
    "version()",
    "current_database()",
];

const AGGREGATES: &[&str] = &[
    "count(*)",
    "sum(c.id)::int",
    "grouping(c.region)",
    "string_agg(c.name, ',')",
    "percentile_cont(0.5) WITHIN GROUP (ORDER BY c.id)",
    "max(c.id) FILTER (WHERE true)",
    "array_agg(c.id ORDER BY c.id)",
    "(array_agg(c.id))[1]",
];

#[tokio::test]
async fn columns_without_alias_are_named_as_the_server_names_them() {
    let database = Database::sample().await;
    let library = Library::open(&database, POLICY, &[]).await;
    let direct = database.connect_pinned().await;
    let plain = FORMS.iter().map(|form| format!("SELECT {form} FROM sales.customers c LIMIT 1"));
    let grouped =
        AGGREGATES.iter().map(|form| format!("SELECT {form} FROM sales.customers c GROUP BY c.region LIMIT 1"));
    let (mut compared, mut wrong) = (0, Vec::new());
    for sql in plain.chain(grouped) {
        let Ok(prepared) = direct.prepare(&sql).await else { continue };
        let expected: Vec<&str> = prepared.columns().iter().map(|column| column.name()).collect();
        compared += 1;
        match library.query(&sql).await {
            Ok(result) => {
                let named = result["columns"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap());
                let named: Vec<&str> = named.collect();
                if named != expected {
                    wrong.push(format!("{sql}\n    {named:?}, PostgreSQL's are {expected:?}"));
                }
            }
            Err(rejection) => wrong.push(format!("{sql}\n    {}", rejection.to_json(None))),
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared >= FORMS.len() + AGGREGATES.len() - 2, "only {compared} compared");
}
