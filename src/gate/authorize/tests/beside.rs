//! Several writes in one statement, and a row filter that asks another table.

use crate::gate::catalog::{ForeignAction, ForeignKey};
use crate::gate::check::desk::{Desk, relation};
use crate::gate::diagnostic::Reason;

const POLICY: &str = "
[statements]
allow = [\"select\", \"insert\", \"update\", \"delete\"]
[search_path]
schemas = [\"scratch\", \"sales\"]
[schemas.scratch]
access = \"write\"
[schemas.sales]
access = \"write\"
[tables.\"scratch.notes\"]
rows = \"EXISTS (SELECT 1 FROM scratch.\\\"Odd Name\\\" AS o WHERE o.\\\"Id\\\" = notes.id)\"
";

const WORDS: &str = "whose row filter asks what that changes";

#[test]
fn no_write_changes_what_the_row_filter_of_another_asks() {
    let desk = Desk::new(POLICY);
    let gone = "WITH gone AS (DELETE FROM \"Odd Name\" WHERE \"Id\" = 1)";
    for write in ["UPDATE notes SET title = 'a' WHERE id = 2", "INSERT INTO notes (id, title) VALUES (1, 'a')"] {
        desk.refuses(&format!("{gone} {write}"), Reason::NotSupported, WORDS);
        desk.admitted(write);
        // The other way round it is the same.
        let odd = "UPDATE \"Odd Name\" SET \"Id\" = 3 WHERE \"Id\" = 1";
        desk.refuses(&format!("WITH written AS ({write}) {odd}"), Reason::NotSupported, WORDS);
        // What the filter doesn't ask may be written beside.
        desk.admitted(&format!("WITH gone AS (DELETE FROM orders WHERE id = 1) {write}"));
    }
    // A row that is gone is in nobody's sight.
    desk.admitted(&format!("{gone} DELETE FROM notes WHERE id = 2"));
}

#[test]
fn what_a_cascade_changes_is_changed() {
    let policy = format!("{POLICY}[tables.\"sales.orders\"]\nside_effects = true\n");
    let both = "WITH gone AS (DELETE FROM orders WHERE id = 1) UPDATE notes SET title = 'a' WHERE id = 2";
    let with = |on_delete| {
        Desk::with(&policy, |parts| {
            let target = relation(parts, "sales", "orders").oid;
            relation(parts, "scratch", "Odd Name").foreign_keys.push(ForeignKey {
                name: "key".to_owned(),
                columns: vec![1],
                target,
                target_columns: vec![1],
                on_update: ForeignAction::NoAction,
                on_delete,
            });
        })
    };
    with(ForeignAction::NoAction).admitted(both);
    with(ForeignAction::Cascade).refuses(both, Reason::NotSupported, WORDS);
}
