//! Types, and which of them are governed: readable and castable without running a user's code.

use std::collections::{HashMap, HashSet};

use super::{Catalog, Oid, UserCast};

const JSON: Oid = Oid(114);
const JSONB: Oid = Oid(3802);

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
        /// Names and types of the fields; empty for the row types of system catalogs.
        fields: Vec<(String, Oid)>,
    },
    /// A domain over `base`.
    Domain {
        /// The type below.
        base: Oid,
        /// Has CHECK constraints or NOT NULL.
        constrained: bool,
        /// Functions that a CHECK constraint calls and that aren't built in or aren't in the curated list: casting to the
        /// domain runs them.
        check_calls: Vec<Oid>,
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

impl Type {
    /// The types that it is made of.
    pub fn parts(&self) -> Vec<Oid> {
        match &self.kind {
            TypeKind::Array { element } => vec![*element],
            TypeKind::Domain { base, .. } => vec![*base],
            TypeKind::Range { subtype } => vec![*subtype],
            TypeKind::Multirange { range } => vec![*range],
            TypeKind::Composite { fields, .. } => fields.iter().map(|(_, field)| *field).collect(),
            TypeKind::Base | TypeKind::Enum { .. } | TypeKind::Pseudo => Vec::new(),
        }
    }
}

/// Types nest a few levels at most; the bound is for a snapshot that lies.
const MAX_NESTING: usize = 32;

impl Catalog {
    /// Whether some cast that a user made leads from the one type to the other, also inside arrays and domains; those of
    /// trusted extensions are none. `None` is a type that isn't known, so it may be any.
    pub fn has_user_cast(&self, source: Option<Oid>, target: Option<Oid>) -> bool {
        let source = source.map(|oid| self.core_type(oid));
        let target = target.map(|oid| self.core_type(oid));
        self.untrusted_casts().any(|cast| {
            target.is_none_or(|target| self.core_type(cast.target) == target)
                && source.is_none_or(|source| self.core_type(cast.source) == source)
        })
    }

    /// The casts that neither initdb nor a trusted extension made.
    pub fn untrusted_casts(&self) -> impl Iterator<Item = &UserCast> {
        self.parts().user_casts.iter().filter(|cast| !self.trust().has_cast(cast))
    }

    /// Whether it is a type of a trusted extension, or an array of one.
    pub fn trusts_type(&self, oid: Oid) -> bool {
        match self.type_(oid).map(|one| &one.kind) {
            Some(TypeKind::Array { element }) => self.trust().has_type(*element),
            _ => self.trust().has_type(oid),
        }
    }

    /// The type of a trusted extension of that name.
    pub fn trusted_type_named(&self, name: &str) -> Option<&Type> {
        let found = self.trust().schemas().into_iter().filter_map(|schema| self.type_named(schema, name));
        found.into_iter().find(|one| self.trust().has_type(one.oid))
    }

    /// Whether PostgreSQL converts values of the one type to the other unasked.
    pub fn converts_unasked(&self, source: Oid, target: Oid) -> bool {
        let below = self.below_domain(source);
        source == target
            || below == target
            || self
                .parts()
                .user_casts
                .iter()
                .any(|cast| cast.implicit && cast.target == target && (cast.source == source || cast.source == below))
    }

    /// The type below a domain, and below the domain that that may be over.
    pub fn below_domain(&self, mut oid: Oid) -> Oid {
        for _ in 0..MAX_NESTING {
            match self.type_(oid).map(|one| &one.kind) {
                Some(TypeKind::Domain { base, .. }) => oid = *base,
                _ => break,
            }
        }
        oid
    }

    /// The type below arrays and domains.
    fn core_type(&self, mut oid: Oid) -> Oid {
        for _ in 0..MAX_NESTING {
            match self.type_(oid).map(|one| &one.kind) {
                Some(TypeKind::Array { element }) => oid = *element,
                Some(TypeKind::Domain { base, .. }) => oid = *base,
                _ => break,
            }
        }
        oid
    }
}

/// Works out for every type whether it is governed. A type is governed if it is a curated built-in type or one of a trusted
/// extension, or an array, range, domain, enum or free-standing composite over such, and no cast or operator class is
/// attached to it that neither initdb nor a trusted extension made.
pub(super) fn governance(catalog: &Catalog) -> HashMap<Oid, Result<(), String>> {
    let tainted = tainted(catalog);
    let mut done = HashMap::new();
    for one in &catalog.parts().types {
        let verdict = judge(catalog, &tainted, one.oid, &mut HashSet::new());
        done.insert(one.oid, verdict);
    }
    done
}

/// The types that a cast or operator class of a user's would be applied to unasked.
fn tainted(catalog: &Catalog) -> HashMap<Oid, String> {
    let mut tainted = HashMap::new();
    for cast in catalog.untrusted_casts() {
        // to_json and its kin look for a cast to json, explicit or not.
        if cast.explicit_only && cast.target != JSON && cast.target != JSONB {
            continue;
        }
        let why = "a user-defined cast is attached to it";
        // A cast between a built-in type and a user's is applied only where the user's type takes part, so it is that
        // one which must not.
        let between_builtin = cast.source.is_builtin() && cast.target.is_builtin();
        for oid in [cast.source, cast.target].into_iter().filter(|oid| between_builtin || !oid.is_builtin()) {
            tainted.insert(oid, why.to_owned());
        }
    }
    for class in catalog.parts().user_opclasses.iter().filter(|class| !catalog.trust().has_opclass(class)) {
        tainted.insert(class.type_oid, "a user-defined default operator class is attached to it".to_owned());
    }
    tainted
}

/// The extension that brought a base type which may not be used: more to the point than what is attached to it.
fn untrusted_extension<'c>(catalog: &Catalog, one: &'c Type) -> Option<&'c str> {
    one.extension.as_deref().filter(|_| one.kind == TypeKind::Base && !catalog.trust().has_type(one.oid))
}

fn judge(catalog: &Catalog, tainted: &HashMap<Oid, String>, oid: Oid, path: &mut HashSet<Oid>) -> Result<(), String> {
    if let Some(extension) = catalog.type_(oid).and_then(|one| untrusted_extension(catalog, one)) {
        return Err(format!("it belongs to the extension `{extension}`, which the policy doesn't trust for it"));
    }
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
            let listed = || one.schema == "pg_catalog" && super::builtin::types::is_allowed(&one.name);
            if catalog.trust().has_type(one.oid) || one.oid.is_builtin() && listed() {
                Ok(())
            } else if one.oid.is_builtin() {
                Err("it is an internal type of PostgreSQL".to_owned())
            } else {
                Err("it is neither built in nor of a trusted extension".to_owned())
            }
        }
        TypeKind::Array { element } => judge(catalog, tainted, *element, path),
        TypeKind::Domain { check_calls, .. } if catalog.is_foreign(check_calls) => {
            Err("it is a domain whose check calls a function that isn't built in".to_owned())
        }
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

#[cfg(test)]
mod tests {
    use super::super::{CatalogParts, UserOpclass};
    use super::*;

    const INT4: Oid = Oid(23);
    const TEXT: Oid = Oid(25);
    const MINE: Oid = Oid(16_400);
    const MINE_ARRAY: Oid = Oid(16_401);

    fn type_(oid: Oid, name: &str, kind: TypeKind) -> Type {
        let schema = if oid.is_builtin() { "pg_catalog" } else { "public" };
        let (schema, name) = (schema.to_owned(), name.to_owned());
        Type { oid, schema, name, kind, array: Oid(0), extension: None, stamp: String::new() }
    }

    /// Two built-in types, an enum and its array.
    fn parts() -> CatalogParts {
        let types = vec![
            type_(INT4, "int4", TypeKind::Base),
            type_(TEXT, "text", TypeKind::Base),
            type_(MINE, "mine", TypeKind::Enum { labels: Vec::new() }),
            type_(MINE_ARRAY, "_mine", TypeKind::Array { element: MINE }),
        ];
        CatalogParts { types, ..CatalogParts::default() }
    }

    fn governed(parts: CatalogParts) -> Vec<bool> {
        let catalog = Catalog::new(parts);
        [INT4, TEXT, MINE, MINE_ARRAY].iter().map(|oid| catalog.governed(*oid).is_ok()).collect()
    }

    fn with_cast(source: Oid, target: Oid, explicit_only: bool) -> Vec<bool> {
        let function = Oid(16_501);
        let cast =
            UserCast { oid: Oid(16_500), source, target, function, implicit: false, explicit_only, extension: None };
        governed(CatalogParts { user_casts: vec![cast], ..parts() })
    }

    #[test]
    fn a_cast_taints_the_side_that_the_user_made() {
        assert_eq!(governed(parts()), [true, true, true, true]);
        assert_eq!(with_cast(MINE, TEXT, false), [true, true, false, false]);
        assert_eq!(with_cast(TEXT, MINE, false), [true, true, false, false]);
        assert_eq!(with_cast(MINE_ARRAY, TEXT, false), [true, true, true, false]);
    }

    #[test]
    fn a_cast_between_built_in_types_taints_both() {
        assert_eq!(with_cast(INT4, TEXT, false), [false, false, true, true]);
    }

    #[test]
    fn a_cast_that_has_to_be_asked_for_taints_only_towards_json() {
        assert_eq!(with_cast(MINE, TEXT, true), [true, true, true, true]);
        assert_eq!(with_cast(MINE, JSON, true), [true, true, false, false]);
        assert_eq!(with_cast(MINE, JSONB, true), [true, true, false, false]);
    }

    #[test]
    fn a_default_operator_class_taints_its_type() {
        let class = UserOpclass { oid: Oid(16_500), type_oid: TEXT, extension: None };
        assert_eq!(governed(CatalogParts { user_opclasses: vec![class], ..parts() }), [true, false, true, true]);
    }

    #[test]
    fn a_domain_is_as_good_as_its_base_and_its_check() {
        let domain = |base, calls| {
            let check_calls = if calls { vec![Oid(16_600)] } else { Vec::new() };
            let kind = TypeKind::Domain { base, constrained: true, check_calls };
            let mut parts = parts();
            parts.types.push(type_(Oid(16_402), "domain", kind));
            Catalog::new(parts).governed(Oid(16_402)).is_ok()
        };
        assert!(domain(INT4, false) && domain(MINE, false));
        assert!(!domain(INT4, true) && !domain(Oid(16_999), false));
    }
}
