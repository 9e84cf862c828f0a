//! Structured changes, and expressions of the policy.

use serde_json::{Value, json};

use super::*;
use crate::gate::admit::Change;
use crate::gate::diagnostic::Place;
use crate::gate::ir::{ColumnRef, ExprKind};
use crate::gate::lower::policy_expression;

fn change(
    policy: &BoundPolicy,
    catalog: &Catalog,
    change: &Change,
) -> Result<(String, Vec<Option<String>>), Rejection> {
    let source = Source::new("");
    let (statement, bound) = Lowering::new(catalog, policy, &source, Mode::Client, u32::MAX).change(change)?;
    let text = emit(&statement);
    let again = reread_with(catalog, policy, &text, bound.len() as u32)?;
    let (mut statement, mut again) = (statement, again);
    crate::gate::ir::renumber(&mut statement);
    crate::gate::ir::renumber(&mut again);
    assert!(statement == again, "{text} reads as something else");
    Ok((text, bound))
}

fn reread_with(catalog: &Catalog, policy: &BoundPolicy, text: &str, count: u32) -> Result<Statement, Rejection> {
    on_big_stack(|| {
        let source = Source::new(text);
        let parsed = parse_emitted(&source)?;
        Lowering::new(catalog, policy, &source, Mode::Verify, count).statement(&parsed.statement)
    })
}

fn object(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn open(one: &Change) -> Result<(String, Vec<Option<String>>), Rejection> {
    let catalog = fixture::catalog();
    change(&policies::open(&catalog), &catalog, one)
}

fn insert(table: &[&str], rows: Value) -> Change {
    let table = table.iter().map(|part| (*part).to_owned()).collect();
    Change::Insert { table, rows: rows.as_array().expect("rows").iter().cloned().map(object).collect() }
}

fn update(values: Value, filter: Value) -> Change {
    Change::Update { table: vec!["scratch".into(), "notes".into()], values: object(values), filter: object(filter) }
}

fn delete(filter: Value) -> Change {
    Change::Delete { table: vec!["scratch".into(), "notes".into()], filter: object(filter) }
}

#[test]
fn inserts_bind_every_value_to_its_columns_type() {
    let rows = json!([
        {"id": 1, "title": "a'b", "tags": ["x", null], "meta": {"k": [1]}, "label": "l", "status": "open", "day": null},
        {"id": "2", "title": "", "tags": [], "meta": [1], "label": null, "status": "paid", "day": "2024-02-29"},
    ]);
    let (text, bound) = open(&insert(&["scratch", "notes"], rows)).unwrap();
    assert_eq!(
        text,
        concat!(
            r#"INSERT INTO "scratch"."notes" AS t1 ("day", "id", "label", "meta", "status", "tags", "title") VALUES "#,
            r#"(CAST($1 AS "pg_catalog"."date"), CAST($2 AS "pg_catalog"."int8"), CAST($3 AS "pg_catalog"."text"), "#,
            r#"CAST($4 AS "pg_catalog"."jsonb"), CAST($5 AS "sales"."order_status"), "#,
            r#"CAST($6 AS "pg_catalog"."text"[]), CAST($7 AS "pg_catalog"."varchar")), "#,
            r#"(CAST($8 AS "pg_catalog"."date"), CAST($9 AS "pg_catalog"."int8"), CAST($10 AS "pg_catalog"."text"), "#,
            r#"CAST($11 AS "pg_catalog"."jsonb"), CAST($12 AS "sales"."order_status"), "#,
            r#"CAST($13 AS "pg_catalog"."text"[]), CAST($14 AS "pg_catalog"."varchar"))"#,
        )
    );
    let shown: Vec<_> = bound.iter().map(|value| value.as_deref().unwrap_or("NULL")).collect();
    assert_eq!(
        shown,
        [
            "NULL",
            "1",
            "l",
            r#"{"k":[1]}"#,
            "open",
            r#"{"x",NULL}"#,
            "a'b", //
            "2024-02-29",
            "2",
            "NULL",
            "[1]",
            "paid",
            "{}",
            "",
        ]
    );
}

#[test]
fn conditions() {
    let (text, bound) = open(&delete(json!({
        "id": 7, "title": null, "body": {"op": "like", "value": "a%"}, "score": {"op": ">=", "value": 3},
        "day": {"op": "is_null", "value": false}, "label": {"op": "in", "value": ["a", "b"]},
        "status": {"op": "<>", "value": "open"},
    })))
    .unwrap();
    assert_eq!(
        text,
        concat!(
            r#"DELETE FROM "scratch"."notes" AS t1 WHERE ((t1."body" ~~ CAST($1 AS "pg_catalog"."text")) AND "#,
            r#"(t1."day" IS NOT NULL) AND (t1."id" = CAST($2 AS "pg_catalog"."int8")) AND "#,
            r#"(t1."label" IN (CAST($3 AS "pg_catalog"."text"), CAST($4 AS "pg_catalog"."text"))) AND "#,
            r#"(t1."score" >= CAST($5 AS "pg_catalog"."int4")) AND "#,
            r#"(t1."status" <> CAST($6 AS "sales"."order_status")) AND (t1."title" IS NULL))"#,
        )
    );
    assert_eq!(bound.iter().flatten().collect::<Vec<_>>(), ["a%", "7", "a", "b", "3", "open"]);
    let (text, _) = open(&update(json!({"score": 1}), json!({"score": {"op": "<>", "value": null}}))).unwrap();
    assert_eq!(
        text,
        r#"UPDATE "scratch"."notes" AS t1 SET "score" = CAST($1 AS "pg_catalog"."int4") WHERE (t1."score" IS NOT NULL)"#
    );
}

#[test]
fn what_does_not_fit_is_refused_at_its_pointer() {
    let notes = ["scratch", "notes"];
    for (one, code, pointer) in [
        (insert(&notes, json!([])), "invalid_parameter", "/rows"),
        (insert(&notes, json!([{}])), "invalid_parameter", "/rows/0"),
        (insert(&notes, json!([{"id": 1}, {"title": "x"}])), "invalid_parameter", "/rows/1"),
        (insert(&notes, json!([{"id": 1, "nope": 2}])), "unknown_column", "/rows/0/nope"),
        (insert(&notes, json!([{"a/b~c": 2}])), "unknown_column", "/rows/0/a~1b~0c"),
        (insert(&notes, json!([{"id": 1}, {"id": [1]}])), "invalid_parameter", "/rows/1/id"),
        (insert(&notes, json!([{"home": "(a,b)"}])), "not_yet_supported", "/rows/0/home"),
        (insert(&["scratch", "nope"], json!([{"id": 1}])), "unknown_relation", "/table"),
        (insert(&["pg_class"], json!([{"id": 1}])), "unknown_relation", "/table"),
        (insert(&["a", "b", "c"], json!([{"id": 1}])), "invalid_parameter", "/table"),
        (update(json!({}), json!({"id": 1})), "invalid_parameter", "/values"),
        (update(json!({"id": 1}), json!({})), "invalid_parameter", "/where"),
        (update(json!({"nope": 1}), json!({"id": 1})), "unknown_column", "/values/nope"),
        (delete(json!({})), "invalid_parameter", "/where"),
        (delete(json!({"ctid": "(0,1)"})), "unknown_column", "/where/ctid"),
        (delete(json!({"id": [1]})), "invalid_parameter", "/where/id"),
        (delete(json!({"id": {"op": "~", "value": 1}})), "invalid_parameter", "/where/id/op"),
        (delete(json!({"id": {"op": "= 1 or true --", "value": 1}})), "invalid_parameter", "/where/id/op"),
        (delete(json!({"id": {"value": 1}})), "invalid_parameter", "/where/id"),
        (delete(json!({"id": {"op": "=", "value": 1, "x": 1}})), "invalid_parameter", "/where/id"),
        (delete(json!({"id": {"op": "in", "value": []}})), "invalid_parameter", "/where/id/value"),
        (delete(json!({"id": {"op": "in", "value": [1, null]}})), "invalid_parameter", "/where/id/value/1"),
        (delete(json!({"id": {"op": "<", "value": null}})), "invalid_parameter", "/where/id/value"),
        (delete(json!({"title": {"op": "like", "value": 1}})), "invalid_parameter", "/where/title/value"),
        (delete(json!({"id": {"op": "is_null", "value": "yes"}})), "invalid_parameter", "/where/id/value"),
    ] {
        let why = open(&one).expect_err(pointer);
        assert_eq!(why.reason.code(), code, "{pointer}: {why}");
        assert_eq!(why.place, Place::Json(pointer.to_owned()), "{why}");
    }
}

#[test]
fn hidden_columns_and_tables_are_answered_as_missing() {
    let customers = ["sales", "customers"];
    let worlds = [fixture::catalog(), {
        let parts = fixture::without_column(fixture::parts(), "sales", "customers", "ssn");
        Catalog::new(fixture::without_relation(parts, "private", "secrets"))
    }];
    for one in [
        insert(&customers, json!([{"id": 1, "ssn": "x"}])),
        insert(&["private", "secrets"], json!([{"id": 1}])),
        insert(&["secrets"], json!([{"id": 1}])),
        Change::Delete { table: vec!["customers".into()], filter: object(json!({"ssn": "x"})) },
        Change::Update {
            table: vec!["sales".into(), "customers".into()],
            values: object(json!({"ssn": "x"})),
            filter: object(json!({"id": 1})),
        },
    ] {
        let said = worlds.each_ref().map(|catalog| {
            change(&policies::restricted(catalog), catalog, &one).expect_err("a rejection").to_json(None).to_string()
        });
        assert_eq!(said[0], said[1]);
    }
}

#[test]
fn expressions_of_the_policy_are_over_one_relation() {
    let catalog = fixture::catalog();
    let customers = catalog.relation_named("sales", "customers").unwrap();
    let lower = |sql: &str| policy_expression(&catalog, &policies::policy(), customers, sql);
    let Ok(expr) = lower("ssn") else { panic!("hidden columns may be named") };
    let own = ColumnRef { item: BoundPolicy::SELF, column: 4, name: Some("ssn".to_owned()) };
    assert_eq!(expr.kind, ExprKind::Column(own));
    assert!(lower("tenant_id = :tenant and customers.region = 'eu'").is_ok());
    for (sql, code) in [
        ("nope = 1", "unknown_column"),
        ("id in (select 1, 2)", "invalid_statement"),
        ("exists (select 1 from orders)", "unknown_relation"),
        ("id in (select region from sales.orders)", "unknown_column"),
        ("id = 1; drop table x", "parse_error"),
        ("$1 = id", "invalid_parameter"),
    ] {
        assert_eq!(lower(sql).expect_err(sql).reason.code(), code, "{sql}");
    }
}
