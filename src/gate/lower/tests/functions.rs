//! Functions, operators and casts: which ones a statement may use.

use super::*;
use crate::gate::catalog::{Function, Oid, UserCast};
use crate::gate::diagnostic::Reason;

#[test]
fn functions_are_governed() {
    refused(&[
        ("select pg_sleep(1)", "function_not_allowed", "pg_sleep(double precision)"),
        ("select pg_catalog.pg_read_file('x')", "function_not_allowed", "pg_read_file(text)"),
        ("select version() over ()", "function_not_allowed", "version()"),
        ("select nothing(1)", "unknown_function", "`nothing` does not exist"),
        ("select sales.nothing(1)", "unknown_function", "`sales.nothing` does not exist"),
        ("select fx_rate('USD', '2024-01-01')", "function_not_allowed", "the policy doesn't allow it"),
        ("select private.leak('x')", "unknown_function", "`private.leak` does not exist"),
        ("select private.leak()", "unknown_function", "`private.leak` does not exist"),
        ("select leak('x')", "unknown_function", "`leak` does not exist"),
        ("select sales.lower('x')", "function_not_allowed", "the policy doesn't allow it"),
        ("select a.b.lower('x')", "not_supported", "two parts"),
        ("select lower('a', 'b')", "unknown_function", "doesn't take 2 arguments"),
        ("select percentile_cont(0.5) from sales.products", "unknown_function", "WITHIN GROUP"),
        ("select row_number()", "invalid_statement", "needs OVER"),
        ("select lower('x') over ()", "invalid_statement", "takes no OVER"),
        ("select count(distinct *)", "invalid_statement", "neither DISTINCT"),
        ("select now(*)", "invalid_statement", "only an aggregate"),
        ("select string_agg(*, ',')", "not_supported", "among other arguments"),
        ("select lower(a => 'x')", "unknown_function", "parameters of these names"),
        ("select coalesce(a => 1)", "not_supported", "by name in this place"),
        ("select make_interval(days => 1, 2)", "invalid_statement", "behind one with a name"),
        ("select make_interval(1, years => 2)", "unknown_function", "parameters of these names"),
        ("select make_interval(days => 1, days => 2)", "invalid_statement", "more than once"),
        ("select make_interval(\"Days\" => 1)", "unknown_function", "parameters of these names"),
        ("select make_interval(fortnights => 1)", "unknown_function", "parameters of these names"),
        ("select make_interval(days: 1)", "not_supported", "this form"),
        ("select make_interval(days := 1)", "not_supported", "`:=`"),
        ("select lower('x' as a)", "not_supported", "name for an argument"),
        ("select string_agg(name, ',' limit 1) from sales.products", "not_supported", "LIMIT"),
        ("select lag(id) ignore nulls over () from sales.products", "not_supported", "IGNORE NULLS"),
        ("select coalesce(distinct 1)", "not_supported", "a clause for COALESCE"),
        ("select xmlconcat('a')", "not_yet_supported", "XMLCONCAT"),
        ("select position('a', 'b')", "not_supported", "POSITION"),
        ("select ifnull(1, 2)", "unknown_function", "ifnull"),
        ("select sum(id) over nowhere from sales.products", "invalid_statement", "nowhere"),
        (
            "select sum(id) over (w partition by id) from sales.products window w as ()",
            "invalid_statement",
            "PARTITION BY",
        ),
        (
            "select sum(id) over (w rows unbounded preceding) from sales.products window w as (rows current row)",
            "invalid_statement",
            "frame",
        ),
        ("select to_tsvector('mine', 'x')", "not_yet_supported", "text search configuration"),
        ("select to_tsvector(id, name) from sales.products", "not_yet_supported", "text search configuration"),
        ("select repeat('x', 100000000)", "limit_exceeded", "bigger"),
        ("select repeat('0123456789', 1000000)", "limit_exceeded", "bigger"),
        ("select format('%2000000s', 'x')", "limit_exceeded", "bigger"),
        ("select format('%*s', 1, 'x')", "not_yet_supported", "width"),
        ("select format(name) from sales.products", "not_yet_supported", "template"),
        ("select * from count(1)", "invalid_statement", "aggregate or window"),
        ("select * from coalesce(1)", "not_supported", "COALESCE in FROM"),
        ("select * from jsonb_to_record('{}')", "invalid_statement", "column definition list"),
    ]);
}

/// Every overload that could take the call must be allowed, and what a user puts into `pg_catalog` isn't built in.
#[test]
fn overloads_are_allowed_together_or_not_at_all() {
    let mut parts = fixture::parts();
    let fx_rate = parts.functions.iter().find(|one| one.name == "fx_rate").unwrap().clone();
    let text = fx_rate.arguments[0];
    let overload = Function {
        oid: Oid(50_000),
        arguments: vec![text, text],
        argument_names: "text, text".into(),
        ..fx_rate.clone()
    };
    let planted = Function {
        oid: Oid(50_001),
        schema: "pg_catalog".into(),
        name: "upper".into(),
        arguments: vec![text],
        argument_names: "text".into(),
        ..fx_rate.clone()
    };
    parts.functions.extend([overload.clone(), planted]);
    let mut operator = parts.operators.iter().find(|one| one.name == "%").unwrap().clone();
    operator.oid = Oid(50_002);
    operator.function = Oid(50_001);
    parts.operators.push(operator);
    let catalog = Catalog::new(parts);
    let mut policy = policies::open(&catalog);
    policy.functions.insert(fx_rate.oid);
    let reason = |policy: &BoundPolicy, sql: &str| lower(&catalog, policy, sql).map_err(|why| why.reason).err();
    assert_eq!(reason(&policy, "select fx_rate('USD', '2024-01-01')"), Some(Reason::FunctionNotAllowed));
    assert_eq!(reason(&policy, "select upper('x')"), Some(Reason::FunctionNotAllowed));
    assert_eq!(reason(&policy, "select 5 % 3"), Some(Reason::OperatorNotAllowed));
    assert_eq!(reason(&policy, "select lower('x')"), None);
    policy.functions.insert(overload.oid);
    assert_eq!(reason(&policy, "select fx_rate('USD', '2024-01-01')"), None);
}

#[test]
fn a_policy_without_builtin_allows_no_operator_either() {
    let catalog = fixture::catalog();
    let mut bound = policies::open(&catalog);
    let mut policy = policies::policy();
    policy.functions.explicit = true;
    bound.policy = std::sync::Arc::new(policy);
    for (sql, reason) in [
        ("select id from sales.products", None),
        ("select lower(name) from sales.products", Some(Reason::FunctionNotAllowed)),
        ("select trim(name) from sales.products", Some(Reason::FunctionNotAllowed)),
        ("select id + 1 from sales.products", Some(Reason::OperatorNotAllowed)),
        ("select id from sales.products where id in (1)", Some(Reason::OperatorNotAllowed)),
        ("select id from sales.products where id between 1 and 2", Some(Reason::OperatorNotAllowed)),
        ("select nullif(id, 1) from sales.products", Some(Reason::OperatorNotAllowed)),
        ("select case id when 1 then 2 end from sales.products", Some(Reason::OperatorNotAllowed)),
        ("select id is distinct from 1 from sales.products", Some(Reason::OperatorNotAllowed)),
    ] {
        assert_eq!(lower(&catalog, &bound, sql).map_err(|why| why.reason).err(), reason, "{sql}");
    }
}

/// A cast that a user made runs a user's function, even where it has to be asked for.
#[test]
fn casts_that_users_made_are_not_run() {
    let mut parts = fixture::parts();
    let (text, status) = (fixture::oid("text"), fixture::oid("sales.order_status"));
    parts.user_casts.push(UserCast {
        oid: Oid(60_000),
        source: text,
        target: status,
        function: Oid(60_001),
        implicit: false,
        explicit_only: true,
        extension: None,
    });
    let catalog = Catalog::new(parts);
    let policy = policies::open(&catalog);
    for (sql, reason) in [
        ("select 'open'::sales.order_status", None),
        ("select $1::sales.order_status", None),
        ("select name::sales.order_status from sales.products", Some(Reason::TypeNotAllowed)),
        ("select array[name]::sales.order_status[] from sales.products", Some(Reason::TypeNotAllowed)),
        (
            "select (case when id > 1 then name else category end)::sales.order_status from sales.products",
            Some(Reason::TypeNotAllowed),
        ),
        ("select id::sales.order_status from sales.products", None),
        ("select status::text from sales.orders", None),
    ] {
        assert_eq!(lower(&catalog, &policy, sql).map_err(|why| why.reason).err(), reason, "{sql}");
    }
}

#[test]
fn a_hidden_function_is_answered_like_a_missing_one() {
    let hidden = open("select private.leak('x')").unwrap_err();
    let missing = open("select private.gone('x')").unwrap_err();
    assert_eq!(hidden.message.replace("leak", "gone"), missing.message);
    assert_eq!((hidden.reason, hidden.place, hidden.help), (missing.reason, missing.place, missing.help));
    assert!(hidden.concealed.is_some() && missing.concealed.is_none());
}

#[test]
fn what_clients_ask_first_is_answered_from_the_snapshot() {
    understood(&[
        ("select version()", "SELECT CAST('PostgreSQL 15.18' AS \"pg_catalog\".\"text\") AS \"version\""),
        (
            "select pg_catalog.current_database(), current_catalog, current_schema, current_schema()",
            "SELECT CAST('shop' AS \"pg_catalog\".\"name\") AS \"current_database\", \
             CAST('shop' AS \"pg_catalog\".\"name\") AS \"current_catalog\", \
             CAST('sales' AS \"pg_catalog\".\"name\") AS \"current_schema\", \
             CAST('sales' AS \"pg_catalog\".\"name\") AS \"current_schema\"",
        ),
        (
            "select current_setting('server_version'), current_setting('server_version_num')",
            "SELECT CAST('15.18' AS \"pg_catalog\".\"text\") AS \"current_setting\", \
             CAST('150018' AS \"pg_catalog\".\"text\") AS \"current_setting\"",
        ),
    ]);
    // A schema that the policy doesn't open isn't named.
    let schema = restricted("select current_schema").unwrap();
    assert_eq!(schema, "SELECT CAST('sales' AS \"pg_catalog\".\"name\") AS \"current_schema\"");
}

#[test]
fn arguments_by_name_stay_by_name() {
    understood(&[
        (
            "select make_interval(days => 10), make_interval(1, hours => 2, months => 3)",
            r#"SELECT "pg_catalog"."make_interval"("days" => 10) AS "make_interval", "pg_catalog"."make_interval"(1, "hours" => 2, "months" => 3) AS "make_interval""#,
        ),
        (
            "select i from make_interval(weeks => (select 1)) as i",
            r#"SELECT t1.c1 AS "i" FROM "pg_catalog"."make_interval"("weeks" => (SELECT 1 AS "?column?")) AS t1(c1)"#,
        ),
    ]);
}
