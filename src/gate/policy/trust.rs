//! The catalog as a policy sees it: with the extensions that it trusts.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::{Diagnostics, PolicyError};
use super::model::Policy;
use crate::gate::catalog::{Catalog, Untrusted};
use crate::gate::diagnostic::Rule;

impl Policy {
    /// The catalog for everything that happens under this policy; the given one where it trusts no extension.
    ///
    /// # Errors
    /// Every extension that it names and that can't be trusted in this database.
    pub fn catalog(&self, catalog: &Arc<Catalog>) -> Result<Arc<Catalog>, Diagnostics> {
        let names = &self.functions.trusted_extensions;
        if names.is_empty() {
            return Ok(Arc::clone(catalog));
        }
        catalog.trusting(names.iter().map(|one| one.value.as_str())).map(Arc::new).map_err(|faults| {
            let error = |fault: Untrusted| {
                let rule = names.iter().find(|one| one.value == fault.name).map(|one| one.rule.clone());
                PolicyError::new(rule.unwrap_or_else(nowhere), fault.message).help(fault.help)
            };
            Diagnostics(faults.into_iter().map(error).collect())
        })
    }

    /// That the catalog is the one of [`Policy::catalog`]: with another, the gate would admit what its sessions don't
    /// understand alike.
    pub(super) fn check_catalog(&self, catalog: &Catalog) -> Result<(), PolicyError> {
        let named: BTreeSet<&str> = self.functions.trusted_extensions.iter().map(|one| one.value.as_str()).collect();
        let trusted: BTreeSet<&str> = catalog.trust().extensions().iter().map(|one| one.name.as_str()).collect();
        if named == trusted {
            return Ok(());
        }
        let rule = self.functions.trusted_extensions.first().map_or_else(nowhere, |one| one.rule.clone());
        Err(PolicyError::new(rule, "the catalog was made for a policy that trusts other extensions"))
    }
}

fn nowhere() -> Rule {
    Rule { file: String::new(), line: 0, key: "functions.trusted_extensions".to_owned() }
}
