//! SQL/JSON gives what PostgreSQL itself gives from version 16 or 17 on; before, both refuse it.

use crate::support::{Database, Direct, Library};

const POLICY: &str = r#"
version = 1
name = "everything"
[statements]
allow = ["select"]
[schemas.sales]
access = "read"
"#;

/// The first version with what is asked below.
const SINCE: u32 = 160_000;
const PATHS_SINCE: u32 = 170_000;

const EXPRESSIONS: &[&str] = &[
    "json_array()",
    "json_array(returning jsonb)",
    "json_array(1, 'two', NULL, true, 3.50, date '2024-01-01', ARRAY[1, NULL], '{\"a\": 1}'::json, '[2]'::jsonb)::text",
    "JSON_ARRAY(1, NULL, 'x' NULL ON NULL)::text",
    "json_array(NULL, NULL)::text",
    "json_array(1, NULL ABSENT ON NULL RETURNING jsonb)",
    "json_array(json_array(1), json_object('a': NULL) returning jsonb)",
    "json_object()",
    "json_object('a': 1, 'b' VALUE NULL, 'c': ARRAY['x'])::text",
    "json_object('a' : 1, 'b' : NULL ABSENT ON NULL)::text",
    "json_object(lower('A') VALUE -1, 2 VALUE 'two', true VALUE 1.0 ABSENT ON NULL RETURNING jsonb)",
    "json_object('a' VALUE (SELECT count(*) FROM sales.regions), CASE WHEN true THEN 'k' END VALUE 1 + 1 ABSENT ON NULL RETURNING json)::text",
    "json_array('{}'::jsonb)",
    "json_array('{}'::json, NULL NULL ON NULL)",
    "json_object('a': '{\"b\":  1}'::jsonb)::text",
    "json_object('{a,1,b,2}')::text",
    "json_object('{a,b}', '{1,2}')::text",
    "(json_array(1, 2 RETURNING jsonb) -> 0)",
    "'{\"a\": 1}' IS JSON",
    "'{\"a\": 1, \"a\": 2}' IS JSON OBJECT WITH UNIQUE KEYS",
    "'[1]' IS NOT JSON ARRAY",
    "'1' IS JSON SCALAR AND NOT '[' IS JSON VALUE WITHOUT UNIQUE KEYS",
    "NULL::text IS JSON",
    "json_exists('{\"a\": [1]}', '$.a[0]')",
    "json_exists(jsonb '{\"a\": [1]}', 'strict $.a[5]')",
    "json_exists(NULL::jsonb, '$')",
    "json_value('{\"a\": \"x\"}'::jsonb, '$.a')",
    "json_value('{\"a\": [1, 2]}', '$.a')",
    "json_value('[1, 2]'::json, '$[1]') || '!'",
    "json_value('no document', '$.a')",
    "json_query('{\"a\": [1, 2]}', '$.a')",
    "json_query('{\"a\": [1, 2]}'::jsonb, '$.b')",
    "json_query('[1, 2]', '$[*]')",
    "json_query('{\"a\": \"x\"}', '$.a'::jsonpath)",
    "json_value(1, '$')",
    "json_value('{}', 'no path')",
    "json_value('{}', '$' || '.a')",
    "'{}'::jsonb IS JSON OBJECT",
];

/// Values of types that become documents in ways of their own.
const VALUES: &[&str] = &[
    "'\\x00ff'::bytea",
    "'a'::\"char\"",
    "'ab'::char(4)",
    "timestamp '2024-01-01 12:00'",
    "timestamptz '2024-01-01 12:00Z'",
    "time '12:00'",
    "interval '1 day 2 hours'",
    "'NaN'::float8",
    "1e300::float8",
    "12345678901234567890.5::numeric",
    "'infinity'::date",
    "md5('a')::uuid",
    "'10.0.0.1'::inet",
    "'{1,2}'::int[]",
    "'{}'::text[]",
    "'[1,2)'::int4range",
    "'(1,2)'::point",
    "B'101'",
    "'a & b'::tsquery",
    "'<a/>'::xml",
    "'gold'::text::sales.loyalty",
    "(SELECT email FROM sales.customers WHERE id = 1)",
    "ROW(1, 'a')",
    "'{\"a\":  1}'::json",
    "'\"a\"'::jsonb",
    "NULL::text",
    "NULL::json",
    "''",
];

const STATEMENTS: &[&str] = &[
    "SELECT json_arrayagg(code ORDER BY code DESC)::text, json_arrayagg(NULLIF(code, 'eu') ORDER BY code NULL ON NULL RETURNING jsonb) FROM sales.regions",
    "SELECT json_objectagg(code: name)::text FROM (SELECT code, name FROM sales.regions ORDER BY code) r",
    "SELECT json_objectagg(code VALUE NULLIF(name, 'Japan') ABSENT ON NULL RETURNING jsonb) FILTER (WHERE code <> 'us') FROM sales.regions",
    "SELECT code, json_arrayagg(code) OVER (ORDER BY code) FROM sales.regions ORDER BY code",
    "SELECT json_arrayagg(code) FROM sales.regions WHERE false",
    "SELECT region, json_object('loyalty': loyalty, 'n': count(*)) FROM sales.customers GROUP BY region, loyalty ORDER BY region, loyalty",
    "SELECT id, json_array(name, phone, birth_date, credit_limit)::text FROM sales.customers ORDER BY id LIMIT 30",
    "SELECT id, json_value(attributes, '$.colour'), json_query(attributes, '$.care'), json_exists(attributes, '$.grams ? (@ > 5000)') FROM sales.products ORDER BY id",
    "SELECT json_value(attributes, '$.colour') AS colour, count(*) FROM sales.products GROUP BY 1 ORDER BY 1",
    "SELECT count(*) FROM sales.orders WHERE comment IS NOT JSON OR comment IS NULL",
];

#[tokio::test]
async fn sql_json_gives_what_postgresql_gives() {
    let database = Database::sample().await;
    let library = Library::open(&database, POLICY, &[]).await;
    let direct = database.connect_pinned().await;
    let version = library.catalog.current().server_version();
    let expressions = EXPRESSIONS.iter().map(|expression| format!("SELECT {expression}"));
    let values = VALUES.iter().flat_map(|value| {
        [
            format!("SELECT json_array({value})::text"),
            format!("SELECT json_array({value} NULL ON NULL RETURNING jsonb)"),
            format!("SELECT json_object('k': {value})::text"),
            format!("SELECT json_object('k': {value} ABSENT ON NULL RETURNING json)::text"),
            format!("SELECT json_object({value}: 1 RETURNING json)::text"),
            format!("SELECT json_arrayagg({value})::text"),
            format!("SELECT json_objectagg('k': {value} ABSENT ON NULL)::text"),
            format!("SELECT {value} IS JSON"),
        ]
    });
    let mut wrong = Vec::new();
    for sql in expressions.chain(values).chain(STATEMENTS.iter().map(|sql| (*sql).to_owned())) {
        // A key can be of some types only, which is told when it is one.
        let known = direct.simple_query(&sql).await.is_ok();
        match library.query(&sql).await {
            Ok(result) if known => {
                let difference = Direct::ask(&direct, &sql).await.difference(&result, true);
                wrong.extend(difference.map(|how| format!("{sql}\n    {how}")));
            }
            Ok(result) => wrong.push(format!("{sql}\n    PostgreSQL refuses it, and pgwicket gives {result}")),
            Err(rejection) if known => wrong.push(format!("{sql}\n    {}", rejection.to_json(None))),
            Err(rejection) if version < SINCE && rejection.message.contains("before PostgreSQL 16") => {}
            Err(rejection) if version < PATHS_SINCE && rejection.message.contains("before PostgreSQL 17") => {}
            // Both refuse a type or a value.
            Err(rejection) if version >= SINCE && rejection.reason.code() == "database_error" => {}
            Err(rejection) => wrong.push(format!("{sql}\n    unknown here: {}", rejection.to_json(None))),
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(version < SINCE || direct.prepare("SELECT JSON_ARRAY(1)").await.is_ok());
}
