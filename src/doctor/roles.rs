//! What a role is and what it is a member of, and what it may create.

use std::collections::BTreeSet;

use super::{Finding, GRANTS, Severity};
use crate::gate::policy::grants::{Needs, name_of};
use crate::postgres::rights::{Rights, RoleRights};

/// Why an attribute is more than any policy needs.
fn attribute(word: &str) -> &'static str {
    match word {
        "SUPERUSER" => {
            "no privilege and no row-level security holds it, and it may run programs and read files on the server"
        }
        "BYPASSRLS" => "no row-level security holds it",
        "CREATEROLE" => "it may make roles and give itself the membership of others",
        "CREATEDB" => "it may make databases",
        _ => "it may copy the whole server and read the write-ahead log",
    }
}

/// Why a predefined role is more than any policy needs.
fn predefined(name: &str) -> &'static str {
    match name {
        "pg_read_all_data" => "it reads every table, whatever is granted",
        "pg_write_all_data" => "it writes every table, whatever is granted",
        "pg_read_server_files" => "it reads the server's files",
        "pg_write_server_files" => "it writes the server's files",
        "pg_execute_server_program" => "it runs programs on the server",
        "pg_monitor" | "pg_read_all_settings" | "pg_read_all_stats" | "pg_stat_scan_tables" => {
            "it sees other sessions' statements, with the values in them, or the server's settings"
        }
        "pg_signal_backend" | "pg_signal_autovacuum_worker" => "it ends other sessions and their statements",
        "pg_checkpoint" => "it makes the server write everything to disk at will",
        "pg_maintain" => "it locks any table for maintenance",
        "pg_create_subscription" | "pg_use_reserved_connections" => "no statement of a policy needs it",
        "pg_database_owner" => "it has the rights of whoever owns the database",
        _ => "it is a role of PostgreSQL's own with rights that no policy needs",
    }
}

/// What to do about a right that REVOKE leaves, where the role is a member of others; none where it isn't.
pub(super) fn by_membership(rights: &Rights, role: &str) -> Option<String> {
    let all: BTreeSet<&String> =
        rights.roles.iter().filter(|one| !one.is_itself).flat_map(|one| &one.through).collect();
    let names: Vec<String> = all.into_iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty())
        .then(|| format!("what is left then comes with {}, of which `{role}` is a member", names.join(", ")))
}

/// Whether the role itself is a superuser.
pub(super) fn is_superuser(rights: &Rights) -> bool {
    rights.roles.iter().any(|one| one.is_itself && one.attributes.contains(&"SUPERUSER"))
}

/// Attributes and memberships of the role under which statements run.
pub(super) fn wide(roles: &[RoleRights], role: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let quoted = name_of(role);
    for one in roles {
        if one.is_predefined && !one.is_itself {
            let what = format!("`{role}` is a member of `{}`", one.name);
            let finding = Finding::new(Severity::Wide, what, predefined(&one.name));
            findings.push(
                one.through
                    .iter()
                    .fold(finding, |finding, by| finding.mend(format!("REVOKE {} FROM {quoted};", name_of(by)))),
            );
        }
        findings.extend(attributes(one, role));
    }
    findings
}

fn attributes<'a>(one: &'a RoleRights, role: &'a str) -> impl Iterator<Item = Finding> + 'a {
    one.attributes.iter().map(move |word| {
        let (what, mend) = if one.is_itself {
            (format!("`{role}` has the attribute {word}"), vec![format!("ALTER ROLE {} NO{word};", name_of(role))])
        } else {
            let revoke = |by: &String| format!("REVOKE {} FROM {};", name_of(by), name_of(role));
            let what = format!("`{role}` may become `{}`, which has the attribute {word}", one.name);
            (what, one.through.iter().map(revoke).collect())
        };
        mend.into_iter().fold(Finding::new(Severity::Wide, what, attribute(word)), Finding::mend)
    })
}

/// What the login role is and owns beside the policy's role, which it may set back. What it has by that role alone is told of
/// that role.
pub(super) fn login(rights: &Rights, login: &str, role: &str) -> Vec<Finding> {
    let mut own = rights.roles.clone();
    own.retain(|one| !one.is_predefined || one.through.iter().any(|by| by != role));
    let mut findings = wide(&own, login);
    if is_superuser(rights) {
        return findings;
    }
    let named = |owned: bool| -> Vec<&(String, String, bool)> {
        rights.own.iter().filter(|(_, _, owns)| *owns == owned).collect()
    };
    for (held, verb) in [(named(true), "owns"), (named(false), "has grants of its own on")] {
        if held.is_empty() {
            continue;
        }
        let names: Vec<String> = held.iter().map(|(schema, name, _)| format!("{schema}.{name}")).collect();
        let what = format!("the login role `{login}` {verb} {}", names.join(", "));
        let why = "the policy's role is set for each transaction, and the login role's own rights are what is left should \
                   that be got around";
        let mut finding = Finding::new(Severity::Wide, what, why);
        for name in names {
            finding = finding.mend(if verb == "owns" {
                format!("ALTER TABLE {name} OWNER TO …;")
            } else {
                format!("REVOKE ALL ON {name} FROM {};", name_of(login))
            });
        }
        findings.push(finding);
    }
    for one in rights.schemas.iter().filter(|one| one.owns) {
        findings.push(owned(one.schema.as_deref(), login));
    }
    findings
}

fn owned(schema: Option<&str>, role: &str) -> Finding {
    let (what, alter) = match schema {
        Some(schema) => (format!("the schema `{schema}`"), format!("ALTER SCHEMA {}", name_of(schema))),
        None => ("the database".to_owned(), "ALTER DATABASE …".to_owned()),
    };
    let why = "an owner may do everything with it, and grant that to others";
    Finding::new(Severity::Wide, format!("`{role}` owns {what}"), why).mend(format!("{alter} OWNER TO …;"))
}

/// What the role may make in schemas and in the database, and which schemas it may not use.
pub(super) fn schemas(rights: &Rights, needs: &Needs<'_>, role: &str, strict: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let quoted = name_of(role);
    for one in &rights.schemas {
        if one.owns {
            findings.push(owned(one.schema.as_deref(), role));
        } else if one.creates {
            let (what, on) = match &one.schema {
                Some(schema) => (format!("the schema `{schema}`"), format!("SCHEMA {}", name_of(schema))),
                None => ("the database".to_owned(), "DATABASE …".to_owned()),
            };
            let why = "what it creates there may be found in place of what a function or a person means";
            findings.push(
                Finding::new(Severity::Wide, format!("`{role}` may create objects in {what}"), why)
                    .mend(format!("REVOKE CREATE ON {on} FROM {quoted}, PUBLIC;")),
            );
        }
        match &one.schema {
            None if strict && one.uses => {
                let what = format!("`{role}` may create temporary tables in the database, as everyone may");
                findings.push(
                    Finding::new(Severity::Advice, what, "no policy needs them")
                        .mend(format!("REVOKE TEMPORARY ON DATABASE … FROM PUBLIC, {quoted};")),
                );
            }
            Some(schema) if !one.uses && needs.schemas.contains(schema.as_str()) => {
                let what = format!("`{role}` may not use the schema `{schema}`");
                findings.push(
                    Finding::new(Severity::Broken, what, "statements on it fail, and operators there are not found")
                        .mend(GRANTS),
                );
            }
            _ => {}
        }
    }
    findings
}
