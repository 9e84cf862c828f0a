//! Which statements need their text form: those with an output column whose type may have no binary output.

use crate::gate::catalog::{Catalog, Oid, TypeKind};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::Statement;

/// Built-in types that come in binary format without loss; every other type may need PostgreSQL's own text.
const BINARY_TYPES: &[&str] = &[
    "bit",
    "bool",
    "bpchar",
    "bytea",
    "char",
    "cidr",
    "date",
    "daterange",
    "float4",
    "float8",
    "inet",
    "int2",
    "int4",
    "int4range",
    "int8",
    "int8range",
    "interval",
    "json",
    "jsonb",
    "macaddr",
    "macaddr8",
    "name",
    "numeric",
    "numrange",
    "oid",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsrange",
    "tstzrange",
    "uuid",
    "varbit",
    "varchar",
];

/// What runs in place of a statement of which some output column has no binary format that the executor reads.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TextForm {
    /// Nothing: by the gate's types every column has one, or everything is text already.
    NotNeeded,
    /// The same with every output column cast to text.
    Emitted(String),
    /// Nothing: those casts might run a user's function. The statement itself may, if PostgreSQL says before it runs that
    /// every column has a binary format after all.
    Refused(Box<Rejection>),
}

/// Whether some output column may have a type without binary output, as far as the gate can tell.
pub(super) fn may_need_text(statement: &Statement, catalog: &Catalog) -> bool {
    statement.output().iter().any(|column| !column.ty.is_some_and(|oid| comes_in_binary(catalog, oid)))
}

/// Whether some output column certainly has such a type.
pub(super) fn needs_text(statement: &Statement, catalog: &Catalog) -> bool {
    statement.output().iter().any(|column| column.ty.is_some_and(|oid| !comes_in_binary(catalog, oid)))
}

/// Rendering casts every output column to text, which must not run a function that a user made.
pub(super) fn may_render(statement: &Statement, catalog: &Catalog) -> Result<(), Rejection> {
    let text = catalog.type_named("pg_catalog", "text").map(|text| text.oid);
    match statement.output().iter().find(|column| catalog.has_user_cast(column.ty, text)) {
        Some(column) => Err(Rejection::new(
            Reason::NotYetSupported,
            format!("reading column `{}` of this result as text might run a user-defined cast function", column.name),
        )
        .help("cast the result's columns to types of PostgreSQL's own, or leave out those that come as text only")),
        None => Ok(()),
    }
}

fn comes_in_binary(catalog: &Catalog, oid: Oid) -> bool {
    let Some(one) = catalog.type_(oid) else { return false };
    match &one.kind {
        TypeKind::Base | TypeKind::Range { .. } => {
            one.oid.is_builtin() && BINARY_TYPES.binary_search(&one.name.as_str()).is_ok()
        }
        TypeKind::Array { element } => comes_in_binary(catalog, *element),
        TypeKind::Enum { .. } => true,
        // A result names the type below the domain (`SendRowDescriptionMessage`).
        TypeKind::Domain { base, .. } => comes_in_binary(catalog, *base),
        TypeKind::Multirange { .. } | TypeKind::Composite { .. } | TypeKind::Pseudo => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_types_are_sorted() {
        assert!(BINARY_TYPES.is_sorted());
    }
}
