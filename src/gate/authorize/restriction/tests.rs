//! Conditions that restrict, and those that only look so.

use std::sync::{Arc, LazyLock};

use crate::gate::admit::{Principal, Submission, admit};
use crate::gate::catalog::fixture;
use crate::gate::check::desk::Desk;
use crate::gate::diagnostic::Reason;
use crate::gate::policy::{BoundPolicy, Policy};

const POLICY: &str = r#"version = 1
name = "careful"
[statements]
allow = ["select", "update", "delete"]
[search_path]
schemas = ["scratch"]
[schemas.scratch]
access = "write"
[tables."scratch.notes"]
require_where = true
[schemas.sales]
access = "read"
"#;

/// Whether `DELETE FROM notes WHERE …` is one that restricts.
fn restricts(condition: &str) -> bool {
    admits(&format!("DELETE FROM notes WHERE {condition}"))
}

/// Whether the statement is admitted; if not, then because its WHERE doesn't restrict.
fn admits(text: &str) -> bool {
    static BOUND: LazyLock<BoundPolicy> = LazyLock::new(|| {
        let policy = Policy::parse("test.toml", POLICY, &mut |_| Err(String::new())).unwrap();
        BoundPolicy::bind(Arc::new(policy), fixture::complete()).unwrap_or_else(|errors| panic!("{errors}"))
    });
    let principal = Principal { name: "test".into(), attributes: Default::default() };
    let values = text.matches('$').count();
    let submission = Submission::Sql { text: text.to_owned(), parameters: vec!["x".into(); values] };
    match admit(fixture::complete(), &BOUND, &principal, &submission) {
        Ok(_) => true,
        Err(why) if why.reason == Reason::WhereRequired => false,
        Err(why) => panic!("{text}: {why}"),
    }
}

#[test]
fn a_comparison_with_something_else_restricts() {
    let all = [
        "id = 1",
        "1 = id",
        "id = $1::int8",
        "id IN (1, 2)",
        "id = ANY(ARRAY[1, 2])",
        "score < 5",
        "id BETWEEN id AND 5",
        "5 > score",
        "score BETWEEN 1 AND 5",
        "score BETWEEN -2147483648 AND 5",
        "score > -2147483648",
        "title LIKE 'a%'",
        "title ILIKE '%a%'",
        "day < '2024-01-01'",
        "tags IS NULL",
        "id = (SELECT max(id) FROM sales.orders)",
        "id IN (SELECT id FROM notes WHERE score = 1 LIMIT 10)",
        "true AND id = 1",
        "id = 1 OR score = 2",
        "id = 1 OR id = 2 OR id IS NULL",
        "score < 1 OR id > 5",
        "id = -1",
        "(id, score) IN ((1, 2), (3, 4))",
        "status = 'open'",
        "home IS NULL",
        "id::text = '5'",
        "id IN (SELECT id FROM sales.orders)",
        "id = ANY(ARRAY(SELECT id FROM sales.orders))",
        "id = ANY(SELECT id FROM sales.orders)",
        "score < 5 OR (score > 4 AND id = 1)",
        "id = ANY('{1,2}'::int8[])",
        "day < current_date - 30",
        "score IS NOT DISTINCT FROM 5",
    ];
    let wrong: Vec<&str> = all.into_iter().filter(|one| !restricts(one)).collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn a_condition_that_is_true_of_every_row_does_not() {
    let all = [
        "true",
        "NOT false",
        "1 = 1",
        "'a' LIKE 'a'",
        "$1::int = $2::int",
        "id = id",
        "id = id + 0",
        "notes.id = id",
        "id <> 0",
        "NOT id = 0",
        "id IS NOT NULL",
        "id IS NULL OR id IS NOT NULL",
        "id IS NULL OR true",
        "id = 1 OR 1 = 1",
        "id = 1 OR score IS NOT NULL",
        "coalesce(score, 0) >= 0",
        "abs(score) >= 0",
        "length(title) >= 0",
        "CASE WHEN true THEN true END",
        "EXISTS (SELECT 1)",
        "EXISTS (SELECT FROM sales.orders)",
        "(SELECT true)",
        "id = (SELECT notes.id)",
        "id IN (SELECT o.id FROM sales.orders o WHERE o.id = notes.id)",
        "id IN (id, 1)",
        "id = ANY(ARRAY[id])",
        "id NOT IN (1)",
        "id <> ANY(ARRAY[1, 2])",
        "id >= ANY(ARRAY[1, 2])",
        "id <> ANY(SELECT id FROM sales.orders)",
        "id <= ANY(SELECT id FROM sales.orders)",
        "title LIKE '%'",
        "title LIKE '%%'",
        "title ILIKE '_%'",
        "title LIKE $1",
        "title NOT LIKE 'a%'",
        "title ~ ''",
        "title ~ '.*'",
        "tags @> '{}'",
        "'{}' <@ tags",
        "score >= -2147483648",
        "-2147483648 <= score",
        "score <= 2147483647",
        "score < 2147483648",
        "score > -2147483649",
        "score > -99999999999999999999999999",
        "score > '-99999999999999999999999999'::numeric",
        "score BETWEEN -2147483648 AND 2147483647",
        "id >= -9223372036854775808",
        "score::bigint >= -2147483648",
        "title >= ''",
        "day >= '-infinity'",
        "day <= 'Infinity'::date",
        "score::text >= ' '",
        "score < 5 OR score >= 5",
        "score > -2147483648 OR score IN (SELECT -2147483648)",
        "score > -2147483648 OR score IN (VALUES (-2147483648))",
        "score > -2147483648 OR score = ANY($1)",
        "score > -2147483648 OR score = ANY('{-2147483648}')",
        "score >= 5 OR score IN (SELECT id::int FROM sales.orders)",
        "id < 5 OR id = 9",
        "score < 2147483647 OR score = 2147483647",
        "score < 5 OR (score > 4 AND id IS NOT NULL)",
        "score < 5 OR (score BETWEEN 5 AND 2147483647)",
        "score < 5 OR (id = 1 OR score >= 5)",
        "score > -2147483647 - 1 - 1",
        "score > (SELECT min(score) - 1 FROM notes)",
        "score > -1.0e30",
        "score > (-2147483647)::float4",
        "score > (-2147483647)::numeric(10, 2)",
        "score::bool = true",
        "(id::text) LIKE '%1%'",
        "id::text >= ''",
        "tags >= '{}'",
        "meta >= 'null'",
        "status >= 'open'",
        "status IN ('open', 'shipped', 'cancelled', 'a', 'b', 'c', 'd', 'e')",
        "tags = '{}' OR tags = '{a}'",
        "title >= ' '",
        "day > '4714-11-24 BC'",
        "day > 'epoch'",
        "day > current_date - interval '999999 years'",
        "id IN (SELECT id FROM notes)",
        "id IN (SELECT id FROM notes WHERE true)",
        "id IN (SELECT n.id FROM notes n JOIN sales.orders o ON true)",
        "id IN (SELECT o.id FROM notes o UNION SELECT id FROM sales.orders)",
        "id = ANY(ARRAY(SELECT id FROM notes))",
        "id IN (SELECT generate_series(1, 100000))",
        "EXISTS (SELECT FROM notes n WHERE n.id = notes.id)",
        "id = coalesce(notes.id, 1)",
        "id IN (1, notes.id)",
        "status IN (SELECT status FROM sales.orders)",
        "score < 5 OR score > 4 OR score IS NULL",
        "5 > score OR 4 < score",
        "score BETWEEN 0 AND 5 OR score IS NULL OR true",
        "score <= 0 OR (id = 1 AND title LIKE 'a%') OR score > 0",
    ];
    let wrong: Vec<&str> = all.into_iter().filter(|one| restricts(one)).collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn what_stands_beside_the_target_counts_by_where_it_comes_from() {
    let update = |rest: &str| admits(&format!("UPDATE notes SET body = 'x' FROM {rest}"));
    for one in [
        "sales.orders o WHERE notes.id = o.id",
        "(VALUES (1, 'a'), (2, 'b')) v(id, t) WHERE notes.id = v.id",
        "unnest(ARRAY[1, 2]::int8[]) u(id) WHERE notes.id = u.id",
        "(SELECT o.id FROM sales.orders o LIMIT 5) s WHERE notes.id = s.id",
        "(SELECT n.id FROM notes n WHERE n.score = 1 LIMIT 5) s WHERE notes.id = s.id",
    ] {
        assert!(update(one), "{one}");
    }
    for one in [
        "notes n WHERE notes.id = n.id",
        "(SELECT id FROM notes) n WHERE notes.id = n.id",
        "(SELECT id FROM notes LIMIT 5) n WHERE notes.id = n.id",
        "generate_series(1, 100) g(id) WHERE notes.id = g.id",
        "sales.orders o WHERE notes.status = o.status",
        "sales.orders o WHERE notes.id < o.id",
        "sales.orders o WHERE notes.id = o.id + 0",
        "sales.orders o WHERE o.id = 1",
    ] {
        assert!(!update(one), "{one}");
    }
    assert!(admits("WITH w AS (SELECT id FROM sales.orders) DELETE FROM notes USING w WHERE notes.id = w.id"));
    assert!(!admits("WITH w AS (SELECT id FROM notes) DELETE FROM notes USING w WHERE notes.id = w.id"));
}

#[test]
fn a_boolean_column_is_a_comparison_with_true() {
    let (_, policy) = POLICY.split_once("name = \"careful\"\n").unwrap();
    let desk = Desk::with(policy, |parts| {
        let changed = fixture::with_columns(std::mem::take(parts), "scratch", "notes", "done bool");
        *parts = changed;
    });
    for (condition, restricts) in [
        ("done", true),
        ("NOT done", true),
        ("done IS TRUE", true),
        ("done OR id = 1", true),
        ("done OR NOT done", false),
        ("done IS NOT TRUE", false),
        ("NOT (NOT done AND done)", false),
    ] {
        let answer = desk.ask(&format!("DELETE FROM notes WHERE {condition}"));
        let reason = answer.err().map(|rejection| rejection.reason);
        assert_eq!(reason, (!restricts).then_some(Reason::WhereRequired), "{condition}");
    }
}
