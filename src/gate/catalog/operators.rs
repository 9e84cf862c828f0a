//! Which operators a statement may use. PostgreSQL chooses among the operators of one symbol by type, and the gate
//! doesn't repeat that: a symbol may be used if whatever PostgreSQL could choose may be used.

use std::collections::HashMap;

use super::builtin::{self, Verdict, types};
use super::{Catalog, Oid, Operator, TypeKind};

/// The operators of one symbol, infix or prefix, that are on a session's search path: those of `pg_catalog` and of trusted
/// extensions' schemas.
#[derive(Debug, Clone, PartialEq)]
pub struct OperatorSet {
    /// Whether each of them that a statement can reach is built in or a trusted extension's, and its function allowed;
    /// the error says which isn't.
    pub verdict: Result<(), String>,
    /// The type that all of them give.
    pub result: Option<Oid>,
}

/// Works out the sets, by symbol and whether the operator is a prefix.
pub(super) fn sets(catalog: &Catalog) -> HashMap<String, [Option<OperatorSet>; 2]> {
    let mut sets: HashMap<String, [Option<OperatorSet>; 2]> = HashMap::new();
    let operators = catalog.parts().operators.iter().filter(|one| catalog.is_on_path(&one.schema));
    // Operators without right operand can't be written since PostgreSQL 14, and not here either.
    let operators = operators.filter(|one| one.right != Oid(0));
    for one in operators.filter(|one| !is_refused(catalog, one.left) && !is_refused(catalog, one.right)) {
        let (verdict, result) = judge(catalog, one);
        let set = sets.entry(one.name.clone()).or_default();
        let [infix, prefix] = set;
        match if one.left == Oid(0) { prefix } else { infix } {
            Some(set) => {
                if set.verdict.is_ok() {
                    set.verdict = verdict;
                }
                if set.result != result {
                    set.result = None;
                }
            }
            empty => *empty = Some(OperatorSet { verdict, result }),
        }
    }
    sets
}

/// Whether it is a type that no column, cast, parameter or call of an admitted statement has: a built-in one such as
/// `xid`, or one of a trusted extension's for index keys. Nothing converts to these unasked but names and numbers of
/// objects, which have no operators of their own, so PostgreSQL never chooses an operator over one.
fn is_refused(catalog: &Catalog, oid: Oid) -> bool {
    if catalog.trust().is_key(oid) {
        return true;
    }
    let Some(one) = catalog.type_(oid).filter(|one| one.oid.is_builtin()) else { return false };
    match one.kind {
        TypeKind::Base => !types::is_allowed(&one.name),
        TypeKind::Array { element } => is_refused(catalog, element),
        TypeKind::Composite { .. }
        | TypeKind::Domain { .. }
        | TypeKind::Enum { .. }
        | TypeKind::Pseudo
        | TypeKind::Range { .. }
        | TypeKind::Multirange { .. } => false,
    }
}

impl Catalog {
    /// Whether operators of the schema are found without naming it.
    pub fn is_on_path(&self, schema: &str) -> bool {
        schema == "pg_catalog" || self.trust().extensions().iter().any(|one| one.schema == schema)
    }
}

fn judge(catalog: &Catalog, one: &Operator) -> (Result<(), String>, Option<Oid>) {
    let Some(function) = catalog.function(one.function) else {
        return (Err("its function is not known to the catalog".to_owned()), None);
    };
    let result = catalog.is_concrete(function.returns).then_some(function.returns);
    if catalog.trust().has_operator(one) {
        return (Ok(()), result);
    }
    if one.schema != "pg_catalog" {
        let why = match &one.extension {
            Some(extension) => {
                format!("`{}` behind one of the extension `{extension}` may not be called", function.name)
            }
            None => format!("one of that name in `{}` belongs to no trusted extension", one.schema),
        };
        return (Err(why), result);
    }
    if !one.oid.is_builtin() || !function.oid.is_builtin() || function.schema != "pg_catalog" {
        return (Err("one of that name in `pg_catalog` is not built in".to_owned()), result);
    }
    let verdict = match builtin::verdict(&function.name, &function.argument_names) {
        Verdict::Allowed { .. } => Ok(()),
        Verdict::Refused(group) => Err(format!("`{}` behind it: {}", function.signature(), group.reason)),
        Verdict::Unsorted => Err(format!("`{}` behind it is in no list of what is allowed", function.signature())),
    };
    (verdict, result)
}
