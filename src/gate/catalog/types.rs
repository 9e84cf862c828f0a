//! Types, and which of them are governed: readable and castable without running a user's code.

use std::collections::{HashMap, HashSet};

use super::{Catalog, Oid};

/// What kind of type (`pg_type.typtype`, arrays apart).
#[derive(Debug, Clone, PartialEq)]
pub enum TypeKind {
    /// A base type.
    Base,
    /// An array of `element`.
    Array {
        /// The element type.
        element: Oid,
    },
    /// A composite type: a free-standing one or a relation's row type.
    Composite {
        /// `typrelid`.
        relation: Oid,
        /// The relation is a table, view or the like, not a free-standing composite type.
        is_relation: bool,
        /// Names and types of the fields.
        fields: Vec<(String, Oid)>,
    },
    /// A domain over `base`.
    Domain {
        /// The type below.
        base: Oid,
        /// Has CHECK constraints or NOT NULL.
        constrained: bool,
    },
    /// An enum.
    Enum {
        /// The labels in order.
        labels: Vec<String>,
    },
    /// A pseudo-type.
    Pseudo,
    /// A range over `subtype`.
    Range {
        /// The subtype.
        subtype: Oid,
    },
    /// A multirange over `range`.
    Multirange {
        /// The range type.
        range: Oid,
    },
}

/// A type.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    /// `pg_type.oid`.
    pub oid: Oid,
    /// Schema name.
    pub schema: String,
    /// `typname`, as in `int4` or `_int4`.
    pub name: String,
    /// Kind with its parts.
    pub kind: TypeKind,
    /// The array type over this one; zero where there is none.
    pub array: Oid,
    /// The extension it belongs to.
    pub extension: Option<String>,
    /// Changes whenever the type does; empty for built-in ones.
    pub stamp: String,
}

/// Works out for every type whether it is governed. A type is governed if it is a curated built-in type, or an array,
/// range, domain, enum or free-standing composite over such, and no cast or operator class that initdb did not make
/// is attached to it.
pub(super) fn governance(catalog: &Catalog) -> HashMap<Oid, Result<(), String>> {
    let mut tainted: HashMap<Oid, String> = HashMap::new();
    for cast in catalog.parts().user_casts.iter().filter(|cast| !cast.explicit_only) {
        for oid in [cast.source, cast.target] {
            tainted.insert(oid, "a user-defined cast is attached to it".to_owned());
        }
    }
    for oid in &catalog.parts().types_with_foreign_opclass {
        tainted.insert(*oid, "a user-defined default operator class is attached to it".to_owned());
    }
    let mut done = HashMap::new();
    for one in &catalog.parts().types {
        let verdict = judge(catalog, &tainted, one.oid, &mut HashSet::new());
        done.insert(one.oid, verdict);
    }
    done
}

fn judge(catalog: &Catalog, tainted: &HashMap<Oid, String>, oid: Oid, path: &mut HashSet<Oid>) -> Result<(), String> {
    if let Some(why) = tainted.get(&oid) {
        return Err(why.clone());
    }
    let Some(one) = catalog.type_(oid) else { return Err("it is not known to the catalog".to_owned()) };
    // Recursive composites can't exist in PostgreSQL; a snapshot that claims one is not believed.
    if !path.insert(oid) {
        return Err("it contains itself".to_owned());
    }
    let verdict = match &one.kind {
        TypeKind::Base => {
            if one.oid.is_builtin() && one.schema == "pg_catalog" && super::builtin::types::is_allowed(&one.name) {
                Ok(())
            } else if one.oid.is_builtin() {
                Err("it is an internal type of PostgreSQL".to_owned())
            } else {
                Err("it is neither built in nor of a trusted extension".to_owned())
            }
        }
        TypeKind::Array { element } => judge(catalog, tainted, *element, path),
        TypeKind::Domain { base, .. } => judge(catalog, tainted, *base, path),
        // A range that a user made may bring a canonical function of the user's.
        TypeKind::Range { .. } | TypeKind::Multirange { .. } if !one.oid.is_builtin() => {
            Err("it is a user-defined range".to_owned())
        }
        TypeKind::Range { subtype } => judge(catalog, tainted, *subtype, path),
        TypeKind::Multirange { range } => judge(catalog, tainted, *range, path),
        TypeKind::Enum { .. } => Ok(()),
        TypeKind::Composite { is_relation: true, .. } => Err("it is a relation's row type".to_owned()),
        TypeKind::Composite { fields, .. } => {
            fields.iter().try_for_each(|(_, field)| judge(catalog, tainted, *field, path))
        }
        TypeKind::Pseudo => Err("it is a pseudo-type".to_owned()),
    };
    path.remove(&oid);
    verdict
}
