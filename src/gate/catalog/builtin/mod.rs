//! `@builtin`: what of PostgreSQL's own `pg_catalog` a statement may use, as data in groups, each group with its reason.
//! Knows names and signatures only; whether an object *is* the built-in one (schema `pg_catalog`, OID below 16384) is
//! for the caller to know.

pub mod types;

/// What a group says of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ruling {
    /// May be used.
    Allowed,
    /// May not.
    Refused,
}
