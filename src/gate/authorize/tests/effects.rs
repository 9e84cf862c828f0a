//! What a write runs besides, and whom it would reach.

use crate::gate::catalog::{CatalogParts, ForeignAction, ForeignKey, Looks};
use crate::gate::check::desk::{Desk, function, number, relation};
use crate::gate::diagnostic::Reason;

const POLICY: &str = "
[statements]
allow = [\"select\", \"insert\", \"update\", \"delete\", \"merge\"]
[search_path]
schemas = [\"sales\"]
[schemas.sales]
access = \"write\"
[schemas.scratch]
access = \"read\"
";

const INSERT: &str = "INSERT INTO orders (id, note) VALUES (1, 'a')";
const UPDATE: &str = "UPDATE orders SET note = 'a' WHERE id = 1";
const DELETE: &str = "DELETE FROM orders WHERE id = 1";

/// Which of the three are refused for side effects in these words.
#[track_caller]
fn refused(desk: &Desk, words: &str) -> [bool; 3] {
    [INSERT, UPDATE, DELETE].map(|sql| match desk.ask(sql) {
        Ok(_) => false,
        Err(rejection) => {
            assert_eq!(rejection.reason, Reason::SideEffects, "{sql}: {}", rejection.to_json(None));
            assert!(rejection.to_json(None).to_string().contains(words), "{sql}: {}", rejection.to_json(None));
            true
        }
    })
}

/// Whatever the effect, the table's rule can allow it.
fn can_be_allowed(change: impl Fn(&mut CatalogParts) + Copy) {
    let allowed = Desk::with(&format!("{POLICY}[tables.\"sales.orders\"]\nside_effects = true\n"), change);
    for sql in [INSERT, UPDATE, DELETE] {
        allowed.admitted(sql);
    }
}

#[test]
fn a_plain_table_has_no_effects() {
    assert_eq!(refused(&Desk::new(POLICY), ""), [false; 3]);
}

#[test]
fn rules_and_triggers_run_with_every_write() {
    let rules = |parts: &mut CatalogParts| relation(parts, "sales", "orders").has_rules = true;
    assert_eq!(refused(&Desk::with(POLICY, rules), "rewrite rules"), [true; 3]);
    can_be_allowed(rules);
    let triggers = |parts: &mut CatalogParts| relation(parts, "sales", "orders").triggers.push("fires".into());
    assert_eq!(refused(&Desk::with(POLICY, triggers), "triggers"), [true; 3]);
    can_be_allowed(triggers);
}

#[test]
fn functions_of_users_run_where_a_row_comes_in() {
    let defaults = |parts: &mut CatalogParts| {
        let leak = function(parts, "private", "leak");
        relation(parts, "sales", "orders").columns[0].default_calls = vec![leak];
    };
    assert_eq!(refused(&Desk::with(POLICY, defaults), "defaults that call"), [true, true, false]);
    can_be_allowed(defaults);
    let checks = |parts: &mut CatalogParts| {
        let leak = function(parts, "private", "leak");
        relation(parts, "sales", "orders").write_calls = vec![leak];
    };
    assert_eq!(refused(&Desk::with(POLICY, checks), "checks or indexes"), [true, true, false]);
    can_be_allowed(checks);
}

/// Rows of `from` refer to rows of `to`.
fn refers(parts: &mut CatalogParts, from: (&str, &str), to: (&str, &str), actions: (ForeignAction, ForeignAction)) {
    let target = relation(parts, to.0, to.1).oid;
    let referring = relation(parts, from.0, from.1);
    let columns = vec![referring.columns[0].number];
    referring.foreign_keys.push(ForeignKey {
        name: "key".to_owned(),
        columns,
        target,
        target_columns: vec![1],
        on_update: actions.0,
        on_delete: actions.1,
    });
}

#[test]
fn what_foreign_keys_pass_on_has_to_be_writable_too() {
    use ForeignAction::{Cascade, NoAction, Restrict, SetDefault, SetNull};
    let words = "cascades into tables that may not be written";
    let from = |schema: &'static str, name: &'static str, actions: (ForeignAction, ForeignAction)| {
        Desk::with(POLICY, move |parts| refers(parts, (schema, name), ("sales", "orders"), actions))
    };
    // Notes may only be read.
    for (on_update, on_delete, expected) in [
        (NoAction, NoAction, [false, false, false]),
        (Restrict, Restrict, [false, false, false]),
        (Cascade, NoAction, [false, true, false]),
        (NoAction, Cascade, [false, false, true]),
        (SetNull, SetDefault, [false, true, true]),
    ] {
        assert_eq!(refused(&from("scratch", "notes", (on_update, on_delete)), words), expected);
    }
    // Products may be written.
    assert_eq!(refused(&from("sales", "products", (Cascade, Cascade)), words), [false; 3]);
    // Of which a column is hidden, they may not be written by the way.
    let masked = format!("{POLICY}[tables.\"sales.products\"]\nmask = {{ name = \"redact\" }}\n");
    let desk = Desk::with(&masked, |parts| {
        refers(parts, ("sales", "products"), ("sales", "orders"), (Cascade, Cascade));
    });
    assert_eq!(refused(&desk, words), [false, true, true]);
}

#[test]
fn cascades_are_followed_to_the_end() {
    use ForeignAction::{Cascade, NoAction, SetNull};
    let words = "cascades into tables that may not be written";
    // A delete that deletes further down, and there sets a column to NULL.
    let chain = |first: ForeignAction, second: (ForeignAction, ForeignAction)| {
        Desk::with(POLICY, move |parts| {
            refers(parts, ("sales", "products"), ("sales", "orders"), (NoAction, first));
            refers(parts, ("scratch", "notes"), ("sales", "products"), second);
        })
    };
    assert_eq!(refused(&chain(Cascade, (NoAction, Cascade)), words), [false, false, true]);
    assert_eq!(refused(&chain(SetNull, (Cascade, NoAction)), words), [false, false, true]);
    assert_eq!(refused(&chain(NoAction, (Cascade, Cascade)), words), [false, false, false]);
    // Two tables that refer to each other.
    let circle = Desk::with(POLICY, |parts| {
        refers(parts, ("sales", "products"), ("sales", "orders"), (Cascade, Cascade));
        refers(parts, ("sales", "orders"), ("sales", "products"), (Cascade, Cascade));
    });
    assert_eq!(refused(&circle, words), [false; 3]);
    let verified = circle.admitted(DELETE);
    assert!(circle.names(verified.verification().relations.iter().map(|(oid, _)| oid)).contains(&"products"));
    assert!(!verified.verification().foreign_code);
}

#[test]
fn triggers_run_where_a_cascade_arrives() {
    use ForeignAction::Cascade;
    let change = |parts: &mut CatalogParts| {
        refers(parts, ("sales", "products"), ("sales", "orders"), (Cascade, Cascade));
        relation(parts, "sales", "products").triggers.push("fires".into());
    };
    assert_eq!(refused(&Desk::with(POLICY, change), "triggers"), [false, true, true]);
    let allowed = Desk::with(&format!("{POLICY}[tables.\"sales.products\"]\nside_effects = true\n"), change);
    assert_eq!(refused(&allowed, ""), [false; 3]);
}

const HIDING: &str = "[tables.\"sales.orders\"]\ndeny_columns = [\"total\"]\nmask = { status = \"null\" }\n";

fn looking(policy: &str, looks: impl Fn(i16, i16, i16) -> Looks) -> Desk {
    Desk::with(&format!("{POLICY}{policy}"), |parts| {
        let orders = relation(parts, "sales", "orders");
        let columns = ["note", "total", "customer_id"].map(|name| number(orders, name));
        orders.together.push(looks(columns[0], columns[1], columns[2]));
    })
}

/// Who may write the one column and not read the other asks about it by whether the write is refused.
#[test]
fn what_joins_a_written_column_with_a_hidden_one_is_a_side_effect() {
    let words = "join a column which is written with one which can't be read";
    let hiding = |looks: fn(i16, i16, i16) -> Looks| refused(&looking(HIDING, looks), words);
    assert_eq!(hiding(|note, total, _| Looks::Row(vec![note, total])), [false, true, false]);
    assert_eq!(hiding(|_, _, _| Looks::Row(vec![0])), [false, true, false]);
    assert_eq!(hiding(|note, total, _| Looks::Unique(vec![note, total])), [true, true, false]);
    assert_eq!(hiding(|note, total, _| Looks::Excludes(vec![note, total])), [true, true, false]);
    // A new row looks for its like among the hidden values by whatever it has there.
    assert_eq!(hiding(|_, total, _| Looks::Unique(vec![total])), [true, false, false]);
    assert_eq!(hiding(|note, total, _| Looks::Generates { column: total, from: vec![note] }), [false, false, false]);
    assert_eq!(
        hiding(|note, total, id| Looks::Generates { column: id, from: vec![note, total] }),
        [false, true, false]
    );
    // Nothing hidden, or nothing written.
    assert_eq!(hiding(|note, _, id| Looks::Row(vec![note, id])), [false; 3]);
    assert_eq!(hiding(|_, total, id| Looks::Row(vec![total, id])), [false; 3]);
    assert_eq!(refused(&looking("", |note, total, _| Looks::Row(vec![note, total])), words), [false; 3]);
}

#[test]
fn what_is_generated_from_a_written_column_is_written() {
    let desk = Desk::with(&format!("{POLICY}{HIDING}"), |parts| {
        let orders = relation(parts, "sales", "orders");
        let columns = ["note", "total", "customer_id"].map(|name| number(orders, name));
        orders.together.push(Looks::Generates { column: columns[2], from: vec![columns[0]] });
        orders.together.push(Looks::Row(vec![columns[1], columns[2]]));
    });
    assert_eq!(refused(&desk, "join a column"), [false, true, false]);
}

#[test]
fn an_exclusion_constraint_compares_with_rows_that_are_filtered_out() {
    let words = "compares rows with those which are filtered out";
    let filtered = "[tables.\"sales.orders\"]\nrows = \"tenant_id = :tenant\"\n";
    let of = |policy: &str, looks: fn(i16, i16, i16) -> Looks| refused(&looking(policy, looks), words);
    assert_eq!(of(filtered, |note, _, id| Looks::Excludes(vec![note, id])), [true, true, false]);
    assert_eq!(of(filtered, |_, _, id| Looks::Excludes(vec![id])), [true, false, false]);
    assert_eq!(of(filtered, |note, _, id| Looks::Unique(vec![note, id])), [false; 3]);
    assert_eq!(of(filtered, |note, _, id| Looks::Row(vec![note, id])), [false; 3]);
    assert_eq!(of("", |note, _, id| Looks::Excludes(vec![note, id])), [false; 3]);
}

#[test]
fn columns_that_are_not_seen_are_not_written() {
    let desk = Desk::new(&format!("{POLICY}{HIDING}"));
    desk.refuses("UPDATE orders SET status = 'open' WHERE id = 1", Reason::WriteNotAllowed, "`status`");
    desk.refuses("UPDATE orders SET note = status::text WHERE id = 1", Reason::WriteNotAllowed, "`status`");
    desk.refuses("UPDATE orders SET total = 1 WHERE id = 1", Reason::UnknownColumn, "`total`");
    desk.refuses("DELETE FROM orders WHERE status = 'open'", Reason::WriteNotAllowed, "`status`");
    desk.admitted("UPDATE orders SET note = customer_id::text WHERE id = 1");
    let reading = Desk::new(&POLICY.replace("\"write\"", "\"read\""));
    reading.refuses(UPDATE, Reason::WriteNotAllowed, "read access");
}

#[test]
fn a_filtered_table_takes_no_merge() {
    let merge = "MERGE INTO orders AS o USING scratch.notes AS n ON o.id = n.id WHEN MATCHED THEN DELETE";
    Desk::new(POLICY).admitted(merge);
    let filtered = Desk::new(&format!("{POLICY}[tables.\"sales.orders\"]\nrows = \"tenant_id = :tenant\"\n"));
    filtered.refuses(merge, Reason::NotSupported, "whose rows are filtered");
}

#[test]
fn a_merge_that_changes_rows_restricts_them() {
    let rule = format!("{POLICY}[tables.\"sales.orders\"]\nrequire_where = true\n");
    let desk = Desk::new(&rule);
    let merge =
        |on: &str, action: &str| format!("MERGE INTO orders AS o USING scratch.notes AS n ON {on} WHEN {action}");
    let insert = "NOT MATCHED THEN INSERT (id) VALUES (n.id)";
    desk.admitted(&merge("o.id = n.id", "MATCHED THEN DELETE"));
    desk.refuses(&merge("true", "MATCHED THEN DELETE"), Reason::WhereRequired, "needs a WHERE");
    desk.refuses(&merge("true", "MATCHED THEN UPDATE SET note = 'a'"), Reason::WhereRequired, "needs a WHERE");
    desk.admitted(&merge("true", insert));
    desk.admitted(&merge("true", "MATCHED THEN DO NOTHING"));
}
