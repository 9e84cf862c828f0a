//! Values of a policy file that are checked beyond their kind: names, lists of names, roles, row filters, functions.

use std::collections::BTreeSet;

use super::FunctionEntry;
use crate::gate::catalog::Untrusted;
use crate::gate::catalog::extension::curated;
use crate::gate::policy::error::{Diagnostics, PolicyError};
use crate::gate::policy::model::{Access, Ruled};
use crate::gate::policy::names;
use crate::gate::policy::raw::Entry;

/// The longest row filter, in bytes.
const MOST_SQL: usize = 10_000;

pub(super) fn access(entry: &Entry<'_>, errors: &mut Diagnostics) -> Option<Ruled<Access>> {
    let word = entry.word(errors)?;
    let value = match word.value {
        "read" => Access::Read,
        "write" => Access::Write,
        "listed" => Access::Listed,
        _ => return None,
    };
    Some(Ruled { value, rule: word.rule })
}

/// Names in a list, exact; each at most once.
pub(super) fn exact_names(entry: &Entry<'_>, errors: &mut Diagnostics) -> Option<Vec<Ruled<String>>> {
    let list = entry.texts(errors)?;
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for one in list {
        match names::checked(one.value.clone(), &one.value) {
            Ok(name) if !seen.insert(name.clone()) => {
                errors.push(PolicyError::new(one.rule, format!("`{name}` is in the list twice")));
            }
            Ok(_) => names.push(one),
            Err(message) => errors.push(PolicyError::new(one.rule, message)),
        }
    }
    Some(names)
}

pub(super) fn name(entry: &Entry<'_>, errors: &mut Diagnostics) -> Option<Ruled<String>> {
    let name = entry.text(errors)?;
    if name.value.is_empty() || name.value.len() > names::NAME_BYTES || name.value.chars().any(char::is_control) {
        errors.push(entry.error("a name is between 1 and 63 bytes long and has no control characters"));
        return None;
    }
    Some(name)
}

pub(super) fn role(entry: &Entry<'_>, errors: &mut Diagnostics) -> Option<Ruled<String>> {
    let role = entry.text(errors)?;
    if let Err(message) = names::checked(role.value.clone(), &role.value) {
        errors.push(entry.error(message));
        return None;
    }
    // `SET role = 'none'` means the session's own role, `GRANT … TO "public"` everyone, and names that begin with pg_ are
    // PostgreSQL's.
    if role.value.eq_ignore_ascii_case("none") || role.value == "public" || role.value.starts_with("pg_") {
        errors.push(
            entry
                .error(format!("`{}` can't be a policy's role", role.value))
                .help("name a role made for this policy; `pgwicket policy grants` prints the statements that make it"),
        );
        return None;
    }
    Some(role)
}

pub(super) fn condition(entry: &Entry<'_>, errors: &mut Diagnostics) -> Option<Ruled<String>> {
    let text = entry.text(errors)?;
    if text.value.trim().is_empty() {
        errors.push(entry.error("the row filter is empty").help("leave the key out to show every row"));
        return None;
    }
    if text.value.len() > MOST_SQL {
        errors.push(entry.error(format!("the row filter is longer than {MOST_SQL} bytes")));
        return None;
    }
    Some(text)
}

pub(super) fn functions(entry: &Entry<'_>, errors: &mut Diagnostics) -> Option<Vec<Ruled<FunctionEntry>>> {
    let mut list = Vec::new();
    for element in entry.elements(errors)? {
        let Some(text) = element.text(errors) else { continue };
        if text.value == "@builtin" {
            list.push(element.ruled(FunctionEntry::Builtin));
        } else if text.value.starts_with('@') {
            errors.push(element.error(format!("unknown group `{}`", text.value)).help("the only group is `@builtin`"));
        } else {
            match names::signature(&text.value) {
                Ok((schema, signature)) => list.push(element.ruled(FunctionEntry::Named(schema, signature))),
                Err(message) => {
                    errors.push(
                        element.error(message).help(
                            "`@builtin`, or schema, name and argument types as in `\"sales.fx_rate(text, date)\"`",
                        ),
                    );
                }
            }
        }
    }
    Some(list)
}

/// Extensions of which there is a list; whether they are in the database is for later to say.
pub(super) fn extensions(entry: &Entry<'_>, errors: &mut Diagnostics) -> Option<Vec<Ruled<String>>> {
    let mut list = exact_names(entry, errors)?;
    list.retain(|one| match curated(&one.value) {
        Some(_) => true,
        None => {
            let fault = Untrusted::unlisted(&one.value);
            errors.push(PolicyError::new(one.rule.clone(), fault.message).help(fault.help));
            false
        }
    });
    Some(list)
}
