//! What the ledger says, read from the files after real calls through the real binary: every kind of record and every
//! field, and nothing that must not be in it.

mod fields;
mod kinds;
mod secrets;

use serde_json::Value;

/// Records of one kind.
fn of_kind<'r>(records: &'r [Value], kind: &str) -> Vec<&'r Value> {
    records.iter().filter(|record| record["kind"] == kind).collect()
}
