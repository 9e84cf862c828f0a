//! How a column's type is told to a principal: with its schema only where that schema is open.

use std::collections::BTreeSet;

use super::model::Policy;
use crate::gate::catalog::{Catalog, Column, Oid, Type, TypeKind};

/// Whether the type, or one that it is made of, is of a schema that the policy doesn't open, and of no extension that it
/// trusts: PostgreSQL names these in
/// full in messages, plans and stored expressions, which would tell of the schema.
pub(crate) fn has_hidden_name(catalog: &Catalog, policy: &Policy, oid: Oid) -> bool {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![oid];
    while let Some(oid) = waiting.pop() {
        let Some(one) = catalog.type_(oid).filter(|_| seen.insert(oid)) else { continue };
        if is_hidden(catalog, policy, one) {
            return true;
        }
        waiting.extend(one.parts());
    }
    false
}

fn is_hidden(catalog: &Catalog, policy: &Policy, one: &Type) -> bool {
    let open = one.schema == "pg_catalog" || policy.schemas.contains_key(&one.schema);
    !open && !catalog.trusts_type(one.oid)
}

/// The column's type as PostgreSQL prints it, without a schema that is hidden.
pub(crate) fn told(catalog: &Catalog, policy: &Policy, column: &Column) -> String {
    match element(catalog, column.type_oid) {
        Some(one) if is_hidden(catalog, policy, one) => {
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
