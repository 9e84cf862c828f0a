//! How a column's type is told to a principal: with its schema only where that schema is open.

use super::model::Policy;
use crate::gate::catalog::{Catalog, Column, Oid, Type, TypeKind};

/// Whether the type is of a schema that the policy doesn't open, so that its full name would tell of the schema.
pub(crate) fn has_hidden_name(catalog: &Catalog, policy: &Policy, oid: Oid) -> bool {
    element(catalog, oid).is_some_and(|one| one.schema != "pg_catalog" && !policy.schemas.contains_key(&one.schema))
}

/// The column's type as PostgreSQL prints it, without a schema that is hidden.
pub(crate) fn told(catalog: &Catalog, policy: &Policy, column: &Column) -> String {
    match element(catalog, column.type_oid) {
        Some(one) if has_hidden_name(catalog, policy, column.type_oid) => {
            let array = if one.oid == column.type_oid { "" } else { "[]" };
            format!("{}{array}", one.name)
        }
        _ => column.type_name.clone(),
    }
}

/// The type itself, an array's element.
fn element(catalog: &Catalog, oid: Oid) -> Option<&Type> {
    let one = catalog.type_(oid)?;
    match one.kind {
        TypeKind::Array { element } => catalog.type_(element),
        _ => Some(one),
    }
}
