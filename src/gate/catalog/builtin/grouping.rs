//! Types that PostgreSQL sorts, and so groups by whatever the plan: those with a default B-tree operator class in
//! PostgreSQL 12 to 18 alike. A test holds the table against the server at hand.

use crate::gate::catalog::{Catalog, Oid, TypeKind};

/// Built-in base types by `typname`. Leaving one out costs time, not truth.
pub const SORTABLE: &[&str] = &[
    "bit",
    "bool",
    "bpchar",
    "bytea",
    "char",
    "cidr",
    "date",
    "float4",
    "float8",
    "inet",
    "int2",
    "int4",
    "int8",
    "interval",
    "jsonb",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "oid",
    "oidvector",
    "pg_lsn",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsquery",
    "tsvector",
    "uuid",
    "varbit",
    "varchar",
];

/// Types nest a few levels at most; the bound is for a snapshot that lies.
const MAX_NESTING: u32 = 32;

/// Whether GROUP BY takes values of the type.
pub fn can_be_grouped(catalog: &Catalog, oid: Oid) -> bool {
    let mut next = oid;
    for _ in 0..MAX_NESTING {
        let Some(one) = catalog.type_(catalog.below_domain(next)) else { return false };
        match &one.kind {
            TypeKind::Base => {
                return one.oid.is_builtin() && one.schema == "pg_catalog" && SORTABLE.contains(&one.name.as_str());
            }
            TypeKind::Enum { .. } => return true,
            TypeKind::Array { element: part }
            | TypeKind::Range { subtype: part }
            | TypeKind::Multirange { range: part } => {
                next = *part;
            }
            TypeKind::Composite { .. } | TypeKind::Domain { .. } | TypeKind::Pseudo => return false,
        }
    }
    false
}
