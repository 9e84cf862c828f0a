//! SQL/JSON gives what PostgreSQL itself gives from version 16 on; before, both refuse it.

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
    "'{}'::jsonb IS JSON OBJECT",
];

const STATEMENTS: &[&str] = &[
    "SELECT json_arrayagg(code ORDER BY code DESC)::text, json_arrayagg(NULLIF(code, 'eu') ORDER BY code NULL ON NULL RETURNING jsonb) FROM sales.regions",
    "SELECT json_objectagg(code: name)::text FROM (SELECT code, name FROM sales.regions ORDER BY code) r",
    "SELECT json_objectagg(code VALUE NULLIF(name, 'Japan') ABSENT ON NULL RETURNING jsonb) FILTER (WHERE code <> 'us') FROM sales.regions",
    "SELECT code, json_arrayagg(code) OVER (ORDER BY code) FROM sales.regions ORDER BY code",
    "SELECT json_arrayagg(code) FROM sales.regions WHERE false",
    "SELECT region, json_object('loyalty': loyalty, 'n': count(*)) FROM sales.customers GROUP BY region, loyalty ORDER BY region, loyalty",
    "SELECT id, json_array(name, phone, birth_date, credit_limit)::text FROM sales.customers ORDER BY id LIMIT 30",
    "SELECT count(*) FROM sales.orders WHERE comment IS NOT JSON OR comment IS NULL",
];

#[tokio::test]
async fn sql_json_gives_what_postgresql_gives() {
    let database = Database::sample().await;
    let library = Library::open(&database, POLICY, &[]).await;
    let direct = database.connect_pinned().await;
    let version = library.catalog.current().server_version();
    let expressions = EXPRESSIONS.iter().map(|expression| format!("SELECT {expression}"));
    let mut wrong = Vec::new();
    for sql in expressions.chain(STATEMENTS.iter().map(|sql| (*sql).to_owned())) {
        let known = direct.prepare(&sql).await.is_ok();
        match library.query(&sql).await {
            Ok(result) if known => {
                let difference = Direct::ask(&direct, &sql).await.difference(&result, true);
                wrong.extend(difference.map(|how| format!("{sql}\n    {how}")));
            }
            Ok(result) => wrong.push(format!("{sql}\n    PostgreSQL refuses it, and pgwicket gives {result}")),
            Err(rejection) if known => wrong.push(format!("{sql}\n    {}", rejection.to_json(None))),
            Err(rejection) if version < SINCE && rejection.message.contains("before PostgreSQL 16") => {}
            Err(rejection) => wrong.push(format!("{sql}\n    unknown here: {}", rejection.to_json(None))),
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(version < SINCE || direct.prepare("SELECT JSON_ARRAY(1)").await.is_ok());
}
