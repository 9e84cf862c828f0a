//! The grants as a script that whoever owns the tables reads and runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{Live, Needs, RelationNeeds, rows, suggested_role};
use crate::gate::catalog::{Catalog, Function};
use crate::gate::lower::is_plain_name;
use crate::gate::policy::bound::BoundPolicy;

/// The whole script: one transaction, and the same afterwards when it is run twice.
pub(super) fn write(needs: &Needs<'_>, policy: &BoundPolicy, catalog: &Catalog, live: &Live<'_>) -> String {
    let suggested = suggested_role(&policy.policy().name);
    let role = policy.policy().role.as_deref().unwrap_or(&suggested);
    let mut out = opening(policy, catalog, role);
    if role == live.login {
        out += "BEGIN;\n\n-- The role that pgwicket logs in as has the grants itself.\n";
    } else {
        out += "BEGIN;\n\n-- Nobody logs in as this role: pgwicket sets it for each transaction.\n";
        let quoted = name_of(role).replace('\'', "''");
        let (role, login) = (name_of(role), name_of(live.login));
        let _ = writeln!(
            out,
            "DO 'BEGIN CREATE ROLE {quoted} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END';\nGRANT {role} TO {login};",
        );
    }
    let (named, role) = (role, name_of(role));
    revoke(&mut out, catalog, &role);
    out += "\n-- Names are looked up in these schemas.\n";
    for schema in &needs.schemas {
        let _ = writeln!(out, "GRANT USAGE ON SCHEMA {} TO {role};", name_of(schema));
    }
    out += "\n-- Columns that the policy opens, and those that its masks and row filters read.\n";
    for ((schema, name), granted) in &needs.relations {
        granted.write(&mut out, &format!("{}.{}", name_of(schema), name_of(name)), &role);
    }
    for sequence in &needs.sequences {
        let _ = writeln!(out, "GRANT USAGE ON SEQUENCE {sequence} TO {role};");
    }
    if needs.foreign {
        let _ = writeln!(
            out,
            "-- Foreign tables are read with a user mapping of the role: CREATE USER MAPPING FOR {} SERVER …",
            comment(&role)
        );
    }
    functions(&mut out, needs, catalog, live, &role);
    if live.row_security {
        rows::write(&mut out, policy, catalog, named);
    }
    out += "\nCOMMIT;\n";
    out
}

fn opening(policy: &BoundPolicy, catalog: &Catalog, role: &str) -> String {
    let policy = policy.policy();
    let mut out = format!(
        "-- What the policy `{}` needs in the database `{}`, and nothing else.\n-- Run it as the owner of the tables, and \
         again when the policy or the tables change.\n",
        comment(&policy.name),
        comment(&catalog.parts().database)
    );
    if policy.role.is_none() {
        let key = comment(&format!("role = {role:?}"));
        let _ = writeln!(out, "-- The policy names no role: add `{key}` to it, or these grants hold nothing back.");
    }
    out
}

fn revoke(out: &mut String, catalog: &Catalog, role: &str) {
    let schemas: BTreeSet<String> = catalog.parts().schemas.iter().map(|schema| name_of(schema)).collect();
    if schemas.is_empty() {
        return;
    }
    *out += "\n-- What was granted to it before and is no longer needed.\n";
    let schemas = schemas.into_iter().collect::<Vec<_>>().join(", ");
    for what in [
        "SCHEMA",
        "ALL TABLES IN SCHEMA",
        "ALL SEQUENCES IN SCHEMA",
        "ALL FUNCTIONS IN SCHEMA",
        "ALL PROCEDURES IN SCHEMA",
    ] {
        let _ = writeln!(out, "REVOKE ALL ON {what} {schemas} FROM {role};");
    }
}

/// EXECUTE: for what the policy allows by name always, since PUBLIC may lose it any day; for what is called beside it
/// where PUBLIC has lost it.
fn functions(out: &mut String, needs: &Needs<'_>, catalog: &Catalog, live: &Live<'_>, role: &str) {
    let line = |out: &mut String, function: &Function| {
        let (schema, name) = (name_of(&function.schema), name_of(&function.name));
        let _ = writeln!(out, "GRANT EXECUTE ON FUNCTION {schema}.{name}({}) TO {role};", function.argument_names);
    };
    let found = |oid| catalog.function(oid);
    let sorted = |oids: &mut dyn Iterator<Item = &Function>| -> BTreeMap<(String, String), Function> {
        oids.map(|one| ((one.schema.clone(), one.signature()), one.clone())).collect()
    };
    let allowed = sorted(&mut needs.allowed.keys().copied().filter_map(found));
    if !allowed.is_empty() {
        *out += "\n-- Functions that the policy allows. What they read themselves isn't looked at: one that runs with its \
                 caller's\n-- rights needs grants on that, too.\n";
        allowed.values().for_each(|one| line(out, one));
    }
    let closed = |oid: &&_| live.closed.contains(*oid) && !needs.allowed.contains_key(*oid);
    let called = sorted(&mut needs.called.iter().filter(closed).copied().filter_map(found));
    if !called.is_empty() {
        *out += "\n-- Functions that PUBLIC may not call: PostgreSQL's own, of trusted extensions, of views, and what writing \
                 a row runs.\n";
        called.values().for_each(|one| line(out, one));
    }
}

impl RelationNeeds<'_> {
    fn write(&self, out: &mut String, relation: &str, role: &str) {
        let list =
            |columns: &BTreeMap<usize, &str>| columns.values().map(|name| name_of(name)).collect::<Vec<_>>().join(", ");
        if !self.inner.is_empty() {
            let names: Vec<String> = self.inner.iter().map(|name| comment(name)).collect();
            let _ = writeln!(out, "-- Of these only for row filters and masks: {}.", names.join(", "));
        }
        for (privilege, columns) in [("SELECT", &self.select), ("INSERT", &self.insert), ("UPDATE", &self.update)] {
            if !columns.is_empty() {
                let _ = writeln!(out, "GRANT {privilege} ({}) ON {relation} TO {role};", list(columns));
            }
        }
        if self.delete {
            let _ = writeln!(out, "GRANT DELETE ON {relation} TO {role};");
        }
    }
}

/// A name as PostgreSQL reads it, quoted where it has to be.
pub(crate) fn name_of(name: &str) -> String {
    if is_plain_name(name) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A text that can't end a comment's line.
pub(crate) fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_postgres_needs_it() {
        for (name, expected) in [
            ("customers", "customers"),
            ("user", "\"user\""),
            ("Mixed", "\"Mixed\""),
            ("a\"b", "\"a\"\"b\""),
            ("x; DROP", "\"x; DROP\""),
            ("1st", "\"1st\""),
            ("left", "\"left\""),
            ("values", "\"values\""),
        ] {
            assert_eq!(name_of(name), expected);
        }
        assert_eq!(comment("a\nDROP TABLE x"), "a?DROP TABLE x");
    }
}
