//! Structured changes, as the tools bring them.

use serde_json::{Map, Value, json};

use super::*;
use crate::gate::admit::Change;

/// A change made up by the decisions.
pub(super) fn change(world: &World, choices: &mut Choices<'_>) -> Change {
    let (schema, name) = *choices.pick(&[
        ("scratch", "notes"),
        ("scratch", "Odd Name"),
        ("sales", "customers"),
        ("hr", "payroll_2024"),
        ("scratch", "missing"),
    ]);
    let found = world.catalog.relation_named(schema, name);
    let mut columns: Vec<String> =
        found.map(|one| one.columns.iter().map(|column| column.name.clone()).collect()).unwrap_or_default();
    columns.extend(["ssn", "missing"].map(str::to_owned));
    let table = match choices.below(4) {
        3 => vec![name.to_owned()],
        _ => vec![schema.to_owned(), name.to_owned()],
    };
    match choices.below(3) {
        0 => Change::Insert { table, rows: rows(&columns, choices) },
        1 => Change::Update {
            table,
            values: object(&columns, choices, value),
            filter: object(&columns, choices, condition),
        },
        _ => Change::Delete { table, filter: object(&columns, choices, condition) },
    }
}

fn rows(columns: &[String], choices: &mut Choices<'_>) -> Vec<Map<String, Value>> {
    let first = object(columns, choices, value);
    let more = choices.below(3);
    let mut rows = vec![first.clone()];
    for _ in 0..more {
        rows.push(first.keys().map(|name| (name.clone(), value(choices))).collect());
    }
    rows
}

fn object(columns: &[String], choices: &mut Choices<'_>, one: fn(&mut Choices<'_>) -> Value) -> Map<String, Value> {
    (0..choices.below(4)).map(|_| (choices.pick(columns).clone(), one(choices))).collect()
}

fn value(choices: &mut Choices<'_>) -> Value {
    match choices.below(9) {
        0 => json!(1),
        1 => json!("it's \\ \"x\""),
        2 => json!(null),
        3 => json!(true),
        4 => json!([1, null, "a"]),
        5 => json!({"a": [1, {}]}),
        6 => json!(1.5),
        7 => json!(choices.text()),
        _ => json!([["x"], ["y"]]),
    }
}

fn condition(choices: &mut Choices<'_>) -> Value {
    let operator = *choices.pick(&["=", "<>", "<", "<=", ">", ">=", "in", "like", "is_null", "=-", ""]);
    match choices.below(3) {
        0 => value(choices),
        1 => json!({"op": operator, "value": value(choices)}),
        _ => json!({"op": operator, "value": value(choices), "more": 1}),
    }
}
