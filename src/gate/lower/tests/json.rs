//! SQL/JSON constructors and IS JSON, by version.

use super::*;

fn catalog_of(version: u32) -> Catalog {
    let mut parts = fixture::with_every_builtin(fixture::parts());
    parts.server_version = version;
    Catalog::new(parts)
}

/// What the gate understands on PostgreSQL 16, without the schema; and that, read again, is the same statement.
fn on_16(sql: &str) -> Result<String, Rejection> {
    let catalog = catalog_of(160_000);
    let policy = policies::open(&catalog);
    let mut statement = lower(&catalog, &policy, sql)?;
    renumber(&mut statement);
    let text = emit(&statement);
    let mut again = reread(&catalog, &policy, &text).unwrap_or_else(|why| panic!("{text}: {why}"));
    renumber(&mut again);
    assert_eq!(again, statement, "{text}");
    Ok(text.replace("\"pg_catalog\".", "").replace('"', ""))
}

#[test]
fn constructors_are_what_postgresql_evaluates_them_by() {
    for (sql, expected) in [
        ("json_array(1, 'a')", "JSON_ARRAY(1, 'a' ABSENT ON NULL RETURNING json) AS json_array"),
        ("JSON_ARRAY(1 RETURNING jsonb)", "JSON_ARRAY(1 ABSENT ON NULL RETURNING jsonb) AS json_array"),
        ("json_array(1, NULL NULL ON NULL)", "json_build_array(1, NULL) AS json_array"),
        ("json_array(1 null on null returning JSONB)", "jsonb_build_array(1) AS json_array"),
        (
            "json_array(attributes, 1) from sales.products",
            "JSON_ARRAY(t1.attributes, 1 ABSENT ON NULL RETURNING jsonb) AS json_array FROM sales.products AS t1",
        ),
        (
            "json_object('a': attributes returning json) from sales.products",
            "json_build_object('a', t1.attributes) AS json_object FROM sales.products AS t1",
        ),
        ("json_array()", "json_build_array() AS json_array"),
        ("json_array(returning jsonb)", "jsonb_build_array() AS json_array"),
        ("json_object()", "json_build_object() AS json_object"),
        (
            "json_object('a': 1, 'b' || 'c' VALUE 2 returning json)",
            "json_build_object('a', 1, ('b' || 'c'), 2) AS json_object",
        ),
        (
            "json_object('a': 1, 'b' VALUE NULL absent on null returning jsonb)",
            "JSON_OBJECT('a' VALUE 1, 'b' VALUE NULL ABSENT ON NULL RETURNING jsonb) AS json_object",
        ),
        ("json_object('{a,b}')", "json_object('{a,b}') AS json_object"),
        (
            "json_arrayagg(id order by name) from sales.products",
            "json_agg_strict(t1.id ORDER BY t1.name) AS json_arrayagg FROM sales.products AS t1",
        ),
        (
            "json_arrayagg(id null on null returning jsonb) from sales.products",
            "jsonb_agg(t1.id) AS json_arrayagg FROM sales.products AS t1",
        ),
        (
            "json_objectagg(name: id) filter (where id > 1) from sales.products",
            "json_object_agg(t1.name, t1.id) FILTER (WHERE (t1.id > 1)) AS json_objectagg FROM sales.products AS t1",
        ),
        (
            "json_objectagg(name value id absent on null returning jsonb) over () from sales.products",
            "jsonb_object_agg_strict(t1.name, t1.id) OVER () AS json_objectagg FROM sales.products AS t1",
        ),
        ("name is json from sales.products", "(t1.name IS JSON VALUE) AS ?column? FROM sales.products AS t1"),
        ("'a' is not json object with unique keys", "('a' IS NOT JSON OBJECT WITH UNIQUE KEYS) AS ?column?"),
        ("'a' is json array without unique", "('a' IS JSON ARRAY) AS ?column?"),
    ] {
        match on_16(&format!("select {sql}")) {
            Ok(text) => assert_eq!(text, format!("SELECT {expected}"), "{sql}"),
            Err(why) => panic!("{sql}: {why}"),
        }
    }
}

#[test]
fn what_is_no_constructor_is_refused() {
    for (sql, code) in [
        ("json_array('a': 1)", "invalid_statement"),
        ("json_array(distinct 1)", "not_supported"),
        ("json_array(1) filter (where true)", "not_supported"),
        ("json_array(1 returning text)", "not_yet_supported"),
        ("json_array(null on null)", "not_supported"),
        ("json_array(1 order by 1)", "not_supported"),
        ("json_array((select 1) order by 1)", "not_supported"),
        ("json_object('a': 1, 'b')", "invalid_statement"),
        ("json_object('a' => 1)", "invalid_statement"),
        ("json_arrayagg(1, 2)", "invalid_statement"),
        ("json_objectagg('a': 1, 'b': 2)", "invalid_statement"),
        ("json_objectagg('a', 1)", "invalid_statement"),
        ("json_arrayagg(*)", "invalid_statement"),
        ("json_array($1)", "not_yet_supported"),
        ("json_scalar(1)", "not_yet_supported"),
        ("json_value('{}', '$')", "not_supported"),
    ] {
        match on_16(&format!("select {sql}")) {
            Ok(text) => panic!("{sql}: {text}"),
            Err(why) => assert_eq!(why.reason.code(), code, "{sql}: {why}"),
        }
    }
}

#[test]
fn paths_are_asked_of_documents() {
    let catalog = catalog_of(170_000);
    let policy = policies::open(&catalog);
    for (sql, expected) in [
        ("JSON_VALUE(attributes, '$.a')", "JSON_VALUE(t1.\"attributes\", '$.a') AS \"json_value\""),
        (
            "json_query('[1]', '$[*]'::jsonpath)",
            "JSON_QUERY('[1]', CAST('$[*]' AS \"pg_catalog\".\"jsonpath\")) AS \"json_query\"",
        ),
        ("json_exists(attributes, '$.a')", "JSON_EXISTS(t1.\"attributes\", '$.a') AS \"json_exists\""),
    ] {
        let mut statement = lower(&catalog, &policy, &format!("select {sql} from sales.products")).unwrap();
        renumber(&mut statement);
        let text = emit(&statement);
        assert_eq!(text, format!("SELECT {expected} FROM \"sales\".\"products\" AS t1"), "{sql}");
        let mut again = reread(&catalog, &policy, &text).unwrap_or_else(|why| panic!("{text}: {why}"));
        renumber(&mut again);
        assert_eq!(again, statement, "{text}");
    }
    for (sql, code) in [
        ("json_value(attributes)", "invalid_statement"),
        ("json_value(attributes, '$', 1)", "invalid_statement"),
        ("json_value(*)", "invalid_statement"),
        ("json_value(attributes, '$' returning int)", "not_yet_supported"),
        ("json_value(attributes, '$') over ()", "not_supported"),
        ("json_value(distinct attributes, '$')", "not_supported"),
        ("json_value(a => attributes, '$')", "not_supported"),
    ] {
        let why = lower(&catalog, &policy, &format!("select {sql} from sales.products")).unwrap_err();
        assert_eq!(why.reason.code(), code, "{sql}: {why}");
    }
}

#[test]
fn older_servers_have_neither() {
    let catalog = catalog_of(150_018);
    let policy = policies::open(&catalog);
    for sql in [
        "select json_array(1)",
        "select json_object('a': 1)",
        "select json_object()",
        "select json_arrayagg(1)",
        "select json_objectagg('a': 1)",
        "select 'a' is json",
    ] {
        let why = lower(&catalog, &policy, sql).unwrap_err();
        assert!(why.reason.code() == "not_supported" && why.message.contains("before PostgreSQL 16"), "{sql}: {why}");
    }
    assert!(lower(&catalog, &policy, "select json_object('{a,1}')").is_ok());
}

/// Emit writes the function where there is one.
#[test]
fn constructors_of_clients_are_no_emitted_text() {
    let catalog = catalog_of(160_000);
    let policy = policies::open(&catalog);
    for text in [
        r#"SELECT JSON_ARRAY(1 NULL ON NULL) AS "a""#,
        r#"SELECT JSON_ARRAY() AS "a""#,
        r#"SELECT JSON_OBJECT('a' VALUE 1) AS "a""#,
        r#"SELECT JSON_ARRAYAGG(1) AS "a""#,
    ] {
        assert!(reread(&catalog, &policy, text).is_err(), "{text}");
    }
}
