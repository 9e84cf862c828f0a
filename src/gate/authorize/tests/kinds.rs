//! Which kinds of statements, functions and operators a policy has to allow.

use crate::gate::catalog::fixture;
use crate::gate::check::desk::Desk;
use crate::gate::diagnostic::Reason;
use crate::gate::policy::model::StatementKind;

const SCHEMAS: &str = "
[search_path]
schemas = [\"sales\", \"scratch\"]
[schemas.sales]
access = \"read\"
[schemas.scratch]
access = \"write\"
";

fn allowing(kinds: &[&str], rest: &str) -> Desk {
    Desk::new(&format!("[statements]\nallow = {kinds:?}\n{SCHEMAS}{rest}"))
}

/// Each statement with every kind that it needs.
const STATEMENTS: &[(&str, StatementKind, &[&str])] = &[
    ("SELECT id FROM orders", StatementKind::Select, &["select"]),
    ("VALUES (1)", StatementKind::Select, &["select"]),
    ("EXPLAIN SELECT id FROM orders", StatementKind::Explain, &["explain", "select"]),
    ("EXPLAIN ANALYZE SELECT id FROM orders", StatementKind::ExplainAnalyze, &["explain_analyze", "select"]),
    ("INSERT INTO notes (id, title) VALUES (1, 'a')", StatementKind::Insert, &["insert"]),
    ("INSERT INTO notes (id, title) VALUES (1, 'a') ON CONFLICT (id) DO NOTHING", StatementKind::Insert, &["insert"]),
    (
        "INSERT INTO notes (id, title) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET title = 'b'",
        StatementKind::Insert,
        &["insert", "update"],
    ),
    ("UPDATE notes SET title = 'a' WHERE id = 1", StatementKind::Update, &["update"]),
    ("DELETE FROM notes WHERE id = 1", StatementKind::Delete, &["delete"]),
    (
        "MERGE INTO notes AS n USING orders AS o ON o.id = n.id WHEN MATCHED THEN DELETE",
        StatementKind::Merge,
        &["merge"],
    ),
    (
        "WITH gone AS (DELETE FROM notes WHERE id = 1 RETURNING id) SELECT id FROM gone",
        StatementKind::Delete,
        &["delete", "select"],
    ),
    (
        "WITH gone AS (DELETE FROM notes WHERE id = 1) UPDATE notes SET title = 'a' WHERE id = 2",
        StatementKind::Update,
        &["delete", "update"],
    ),
];

#[test]
fn a_statement_needs_each_of_its_kinds_and_no_other() {
    for (sql, kind, needs) in STATEMENTS {
        let enough = allowing(needs, "").admitted(sql);
        assert_eq!(enough.permit().kind, *kind, "{sql}");
        for left_out in *needs {
            let all = ["select", "insert", "update", "delete", "merge", "explain", "explain_analyze"];
            let others: Vec<&str> = all.into_iter().filter(|one| one != left_out).collect();
            let desk = allowing(&others, "");
            let said = format!("{} is not allowed by this policy", left_out.to_uppercase());
            desk.refuses(sql, Reason::StatementNotAllowed, &said);
            desk.refuses(sql, Reason::StatementNotAllowed, "this policy allows ");
        }
    }
}

#[test]
fn a_policy_that_allows_no_kind_says_so() {
    allowing(&[], "").refuses("SELECT 1", Reason::StatementNotAllowed, "this policy allows no statements");
}

#[test]
fn without_the_built_in_ones_there_is_no_operator_and_no_function() {
    let kinds = ["select"];
    // A server that has SQL/JSON.
    let asking = |functions: &str| {
        let policy = format!("[statements]\nallow = {kinds:?}\n{SCHEMAS}{functions}");
        Desk::with(&policy, |parts| {
            *parts = fixture::with_every_builtin(std::mem::take(parts));
            parts.server_version = 180_000;
        })
    };
    let (without, with) = (asking("[functions]\nallow = []\n"), asking(""));
    for (condition, reason) in [
        ("id = 1", Reason::OperatorNotAllowed),
        ("id = ANY (ARRAY[1, 2])", Reason::OperatorNotAllowed),
        ("id = ANY (SELECT 1)", Reason::OperatorNotAllowed),
        ("id BETWEEN 1 AND 2", Reason::OperatorNotAllowed),
        ("id IN (1, 2)", Reason::OperatorNotAllowed),
        ("id IN (SELECT 1)", Reason::OperatorNotAllowed),
        ("id IS DISTINCT FROM 1", Reason::OperatorNotAllowed),
        ("CASE id WHEN 1 THEN true END", Reason::OperatorNotAllowed),
        ("greatest(id, 1) IS NULL", Reason::OperatorNotAllowed),
        ("note IS JSON", Reason::FunctionNotAllowed),
        ("lower(note) IS NULL", Reason::FunctionNotAllowed),
    ] {
        let sql = format!("SELECT id FROM orders WHERE {condition}");
        with.admitted(&sql);
        without.refuses(&sql, reason, "allow");
    }
    // What chooses nothing needs nothing.
    without
        .admitted("SELECT id, CASE WHEN note IS NULL THEN 1 END FROM orders WHERE NOT (note IS NULL AND id IS NULL)");
}

#[test]
fn a_function_of_users_is_called_only_where_it_is_named() {
    let named = allowing(&["select"], "[functions]\nallow = [\"@builtin\", \"sales.fx_rate(text, date)\"]\n");
    let call = "SELECT sales.fx_rate('EUR', placed_on) FROM orders";
    assert_eq!(named.admitted(call).permit().functions, ["sales.fx_rate"]);
    named.refuses("SELECT sales.lower(note) FROM orders", Reason::FunctionNotAllowed, "lower");
    allowing(&["select"], "").refuses(call, Reason::FunctionNotAllowed, "fx_rate`");
    // One that is named doesn't open those that are built in.
    let alone = allowing(&["select"], "[functions]\nallow = [\"sales.fx_rate(text, date)\"]\n");
    alone.admitted(call);
    alone.refuses("SELECT lower(note) FROM orders", Reason::FunctionNotAllowed, "lower");
}
