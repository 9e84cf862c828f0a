//! What a role may do with relations, against what the policy needs.

use std::collections::BTreeMap;

use super::roles::by_membership;
use super::{Finding, GRANTS, Severity};
use crate::gate::catalog::{Catalog, Relation, RelationKind};
use crate::gate::policy::grants::{Needs, RelationNeeds, name_of};
use crate::postgres::rights::{RelationPrivileges, Rights};

/// Every relation of which the role may do more or less than the policy needs.
pub(super) fn compare(rights: &Rights, needs: &Needs<'_>, role: &str, catalog: &Catalog) -> Vec<Finding> {
    let nothing = RelationNeeds::default();
    let mut findings = Vec::new();
    let member = by_membership(rights, role);
    for live in &rights.relations {
        // One that was made since the catalog was loaded is told by the next run.
        let Some(relation) = catalog.relation(live.oid) else { continue };
        let needed = needs.relations.get(&(relation.schema.as_str(), relation.name.as_str())).unwrap_or(&nothing);
        if live.owns {
            let what = format!("`{role}` owns {}", live.quoted);
            let why = "an owner reads and writes all of it, past row-level security, and may change what it is";
            findings
                .push(Finding::new(Severity::Wide, what, why).mend(format!("ALTER TABLE {} OWNER TO …;", live.quoted)));
        }
        let compared = Compared::of(live, needed, relation, needs.sequences.contains(&live.quoted));
        if !live.owns {
            let too_much = compared.too_much(live, role);
            findings.extend(too_much.map(|finding| member.iter().cloned().fold(finding, Finding::mend)));
        }
        findings.extend(compared.too_little(live, role));
        if !needed.select.is_empty() && live.row_security {
            findings.extend(row_security(live, role));
        }
    }
    findings
}

/// Rights that are held and not needed, and the other way round, by their word.
#[derive(Default)]
struct Compared {
    wide: Vec<String>,
    missing: Vec<String>,
}

impl Compared {
    fn of(live: &RelationPrivileges, needed: &RelationNeeds<'_>, relation: &Relation, sequence: bool) -> Self {
        let mut compared = Self::default();
        for (word, held, wanted) in [
            ("SELECT", &live.select, &needed.select),
            ("INSERT", &live.insert, &needed.insert),
            ("UPDATE", &live.update, &needed.update),
        ] {
            compared.columns(word, held, wanted, relation);
        }
        for word in &live.table {
            if !(*word == "DELETE" && needed.delete) {
                compared.wide.push((*word).to_owned());
            }
        }
        if needed.delete && !live.table.contains(&"DELETE") {
            compared.missing.push("DELETE".to_owned());
        }
        if relation.kind == RelationKind::Sequence {
            for (held, wanted, word) in [(live.uses_sequence, sequence, "USAGE"), (live.sets_sequence, false, "UPDATE")]
            {
                if held && !wanted {
                    compared.wide.push(word.to_owned());
                } else if wanted && !held {
                    compared.missing.push(word.to_owned());
                }
            }
        }
        compared
    }

    fn columns(&mut self, word: &str, held: &[i16], wanted: &BTreeMap<usize, &str>, relation: &Relation) {
        let (mut wide, mut missing) = (Vec::new(), Vec::new());
        for (at, column) in relation.columns.iter().enumerate() {
            match (held.contains(&column.number), wanted.contains_key(&at)) {
                (true, false) => wide.push(name_of(&column.name)),
                (false, true) => missing.push(name_of(&column.name)),
                (true, true) | (false, false) => {}
            }
        }
        for (which, into) in [(wide, &mut self.wide), (missing, &mut self.missing)] {
            if which.len() == relation.columns.len() && !which.is_empty() {
                into.push(word.to_owned());
            } else if !which.is_empty() {
                into.push(format!("{word} ({})", which.join(", ")));
            }
        }
    }

    fn too_much(&self, live: &RelationPrivileges, role: &str) -> Option<Finding> {
        if self.wide.is_empty() {
            return None;
        }
        let what = format!("`{role}` has {} on {}", self.wide.join(", "), live.quoted);
        let everyone = if live.public { ", PUBLIC" } else { "" };
        let why = "the policy doesn't open that";
        let revoke = format!("REVOKE ALL ON {} FROM {}{everyone};", live.quoted, name_of(role));
        Some(Finding::new(Severity::Wide, what, why).mend(revoke).mend(format!("then {GRANTS}")))
    }

    fn too_little(&self, live: &RelationPrivileges, role: &str) -> Option<Finding> {
        if self.missing.is_empty() {
            return None;
        }
        let what = format!("`{role}` lacks {} on {}", self.missing.join(", "), live.quoted);
        Some(
            Finding::new(Severity::Broken, what, "the policy admits statements that need it, and they fail")
                .mend(GRANTS),
        )
    }
}

/// Row-level security that is on, and doesn't hold the role or leaves it nothing.
fn row_security(live: &RelationPrivileges, role: &str) -> Option<Finding> {
    if live.owns && !live.forced {
        let what = format!("row-level security of {} doesn't hold `{role}`, which owns it", live.quoted);
        let why = "whoever turned it on means rows to be hidden";
        let mend = format!("ALTER TABLE {} FORCE ROW LEVEL SECURITY;", live.quoted);
        return Some(Finding::new(Severity::Wide, what, why).mend(mend));
    }
    if !live.has_policy {
        let what = format!("row-level security of {} has no permissive policy for `{role}`", live.quoted);
        let why = "the policy opens the table, and PostgreSQL shows no row of it";
        let mend = "`pgwicket policy grants --rls` prints policies";
        return Some(Finding::new(Severity::Broken, what, why).mend(mend));
    }
    None
}
