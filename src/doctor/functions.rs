//! Functions: those that a role may execute and the policy doesn't allow, and those that would find other things than
//! their author means.

use std::collections::{BTreeMap, BTreeSet};

use super::roles::by_membership;
use super::{Finding, GRANTS, Severity, Subject};
use crate::gate::catalog::Oid;
use crate::gate::policy::grants::{Needs, name_of};
use crate::postgres::rights::{FunctionPrivileges, Rights};

/// Extensions that reach outside of the database by functions that everyone may execute.
const REACHING: &[&str] = &["dblink", "adminpack", "pg_background", "http", "pg_net", "plsh"];

/// Functions of PostgreSQL's own that everyone may execute and no policy allows: they do something.
const ACTING: &str = "pg_catalog.pg_sleep(double precision), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea), \
    pg_catalog.lo_creat(integer), pg_catalog.pg_advisory_lock(bigint), pg_catalog.pg_notify(text, text), \
    pg_catalog.query_to_xml(text, boolean, boolean, text)";

/// Functions that the role may execute beyond the policy, and those that it may not.
pub(super) fn compare(rights: &Rights, needs: &Needs<'_>, role: &str, subject: Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let quoted = name_of(role);
    let member = by_membership(rights, role);
    for one in &rights.functions {
        let wanted = needs.allowed.contains_key(&one.oid);
        if (wanted || needs.called.contains(&one.oid)) && !one.executes {
            let what = format!("`{role}` may not execute {}", one.quoted);
            let why = "the policy allows it, or what it opens calls it: statements fail";
            findings.push(Finding::new(Severity::Broken, what, why).mend(GRANTS));
        }
        let trusted = subject.catalog.trust().has_function(one.oid);
        let why = match too_wide(one).filter(|_| one.executes && !wanted && !trusted) {
            Some(why) => why,
            None => continue,
        };
        let what = format!("`{role}` may execute {}", one.quoted);
        let everyone = if one.public { ", PUBLIC" } else { "" };
        let mend = format!("REVOKE EXECUTE ON FUNCTION {} FROM {quoted}{everyone};", one.quoted);
        let finding = Finding::new(Severity::Wide, what, why).mend(mend);
        findings.push(member.iter().cloned().fold(finding, Finding::mend));
    }
    if subject.strict {
        let what = format!("`{role}` may, as everyone may, execute {ACTING} and kin");
        let why = "the gate refuses them; without the gate they wait, lock, write or run SQL";
        findings.push(
            Finding::new(Severity::Advice, what, why).mend(format!("REVOKE EXECUTE ON FUNCTION {ACTING} FROM PUBLIC;")),
        );
    }
    findings
}

/// Why executing it is more than an ordinary role may do. What runs with its caller's rights in a trusted language may do no more than the role.
fn too_wide(one: &FunctionPrivileges) -> Option<&'static str> {
    if one.is_builtin {
        Some("PostgreSQL keeps it from everyone but superusers, and the gate refuses it")
    } else if one.is_definer {
        Some("it runs with its owner's rights, and the policy doesn't allow it")
    } else if one.extension.as_deref().is_some_and(|name| REACHING.contains(&name)) {
        Some("it reaches outside of this database, and the policy doesn't allow it")
    } else if !one.is_language_trusted && !["c", "internal"].contains(&one.language.as_str()) {
        Some("its language isn't confined to the database, and the policy doesn't allow it")
    } else {
        None
    }
}

/// Functions that statements of the policy reach and that find names by the session's `search_path`.
pub(super) fn paths(rights: &Rights, needs: &Needs<'_>, subject: Subject<'_>) -> Vec<Finding> {
    let mut reached: BTreeMap<Oid, BTreeSet<String>> = BTreeMap::new();
    for oid in needs.allowed.keys() {
        reached.entry(*oid).or_default().insert("the policy allows it".to_owned());
    }
    for relation in &subject.catalog.parts().relations {
        let needed = needs.relations.get(&(relation.schema.as_str(), relation.name.as_str()));
        let Some(needed) = needed.filter(|needed| needed.writes()) else { continue };
        let name = format!("{}.{}", name_of(&relation.schema), name_of(&relation.name));
        let defaults = relation.columns.iter().flat_map(|column| &column.default_calls);
        for oid in defaults.filter(|_| !needed.insert.is_empty()) {
            reached.entry(*oid).or_default().insert(format!("a default of {name}"));
        }
        for oid in &relation.write_calls {
            reached.entry(*oid).or_default().insert(format!("a constraint or index of {name}"));
        }
        for (_, oid) in rights.triggers.iter().filter(|(of, _)| *of == relation.oid) {
            reached.entry(*oid).or_default().insert(format!("a trigger of {name}"));
        }
    }
    let lost = |one: &&FunctionPrivileges| {
        !one.is_builtin && !one.has_path && one.language != "c" && one.language != "internal"
    };
    rights.functions.iter().filter(lost).filter_map(|one| Some((one, reached.get(&one.oid)?))).map(finding).collect()
}

fn finding((one, by): (&FunctionPrivileges, &BTreeSet<String>)) -> Finding {
    let by: Vec<&str> = by.iter().map(String::as_str).collect();
    let what = format!("{} has no `search_path` of its own ({})", one.quoted, by.join("; "));
    let why = "pgwicket's sessions look names up in `pg_catalog` and `pg_temp` only: what it names without a schema isn't \
               found, or is another thing";
    Finding::new(Severity::Advice, what, why)
        .mend(format!("ALTER FUNCTION {} SET search_path = pg_catalog, {}, pg_temp;", one.quoted, one.schema))
}
