//! Comparisons of `pg_catalog` that tell nothing of their operands but their result: they raise on no values and their
//! functions are LEAKPROOF (`pg_proc.proleakproof`) in PostgreSQL 12 to 18 alike. A test holds the table against
//! `pg_operator` and `pg_proc` of the server at hand, and against the operators that PostgreSQL chooses.

/// The symbols of the comparisons, all of them B-tree operators.
pub const SYMBOLS: &[&str] = &["<", "<=", "=", ">", ">="];

/// Types by `typname`: each is compared with every one of its family, its own type included. `varchar` has no operators
/// of its own; PostgreSQL takes those of `text`, to which it is relabelled.
pub const FAMILIES: &[&[&str]] = &[
    &["bool"],
    &["bpchar"],
    &["date"],
    &["int2", "int4", "int8"],
    &["text", "varchar"],
    &["timestamp"],
    &["timestamptz"],
    &["uuid"],
];

/// Whether every comparison of the two types is in the table.
pub fn are_comparable(left: &str, right: &str) -> bool {
    FAMILIES.iter().any(|family| family.contains(&left) && family.contains(&right))
}
