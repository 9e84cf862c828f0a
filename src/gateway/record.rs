//! What a call says in the history: from the gateway's values to the ledger's fields. Never a result row, password or
//! token; literals and parameters in clear only where the policy says so.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::{Caller, Failure, failure};
use crate::gate::admit::{Change, Compiled, Permit, RelationAccess, Submission};
use crate::gate::catalog::{Catalog, Oid};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::parse::redact_refused;
use crate::gate::policy::Policy;
use crate::gate::policy::model::StatementKind;
use crate::gate::source::Source;
use crate::history::{
    Access, Entry, FilterUse, Form, MaskUse, Outcome, RelationUse, Status, Violation, What, Where, Who,
};
use crate::keys::{Keys, Purpose};
use crate::postgres::execute::Outcome as Answer;

/// Bytes of a relation's name.
const LONGEST_NAME: usize = 63;

pub(super) fn who(caller: &Caller) -> Who {
    Who {
        principal: Some(caller.principal.clone()),
        authentication: Some(caller.authentication.clone().into_owned()),
        client_name: caller.client_name.clone(),
        client_version: caller.client_version.clone(),
        on_behalf_of: caller.on_behalf_of.clone(),
        address: caller.address.clone(),
        session: caller.session,
    }
}

/// Where statements of this process run.
#[derive(Debug)]
pub(super) struct Home {
    /// `host:port` of the database, or its socket.
    pub server: String,
    /// The role that pgwicket logs in as: the one in force where a policy names none.
    pub login: String,
}

impl Home {
    /// `policy`: the one in force, as far as it is known.
    pub fn place(&self, door: &str, catalog: &Catalog, policy: Option<&Policy>) -> Where {
        let role = policy.and_then(|policy| policy.role.clone());
        Where {
            door: Some(door.to_owned()),
            server: Some(self.server.clone()),
            database: Some(catalog.parts().database.clone()),
            role: Some(role.unwrap_or_else(|| self.login.clone())),
            backend_pid: None,
        }
    }
}

/// A call without a statement.
pub(super) fn called(caller: &Caller) -> What {
    What { tool: Some(caller.tool.clone().into_owned()), ..What::default() }
}

/// A call about one relation, by the name that the client gave it: whether there is one is another question.
pub(super) fn called_about(caller: &Caller, name: &[String], access: Access) -> What {
    // PostgreSQL cuts longer names; and nothing is known of what this one really is.
    let parts = name.iter().map(|part| part.get(..part.floor_char_boundary(LONGEST_NAME)).unwrap_or_default());
    let used = RelationUse { relation: parts.collect::<Vec<_>>().join("."), access };
    What { relations: Some(vec![used]), ..called(caller) }
}

/// What the statement's writes do to a relation: each kind once.
fn written(permit: &Permit, relation: Oid) -> Vec<Access> {
    let writes = permit.writes.iter().filter(|one| one.target == relation || one.descendants.contains(&relation));
    let mut accesses: Vec<Access> = writes
        .map(|one| match one.kind {
            StatementKind::Insert => Access::Insert,
            StatementKind::Update => Access::Update,
            StatementKind::Delete => Access::Delete,
            StatementKind::Merge => Access::Merge,
            StatementKind::Select | StatementKind::Explain | StatementKind::ExplainAnalyze => Access::Read,
        })
        .collect();
    accesses.sort_unstable();
    accesses.dedup();
    accesses
}

/// An admitted statement.
pub(super) fn admitted(caller: &Caller, submission: &Submission, admitted: &Compiled, keys: &Keys, full: bool) -> What {
    let permit = admitted.permit();
    let digest = keys.subkey(Purpose::LiteralDigest);
    let relations = permit.relations.iter().flat_map(|used| {
        let accesses = match used.access {
            RelationAccess::Read => vec![Access::Read],
            RelationAccess::Write => written(permit, used.oid),
        };
        accesses.into_iter().map(|access| RelationUse { relation: format!("{}.{}", used.schema, used.name), access })
    });
    let (rewritten, sql) = if full {
        (admitted.sql().to_owned(), text(submission).map(ToOwned::to_owned))
    } else {
        (admitted.redacted_rewritten_sql().to_owned(), None)
    };
    What {
        statement: Some(permit.kind.name().to_owned()),
        writes: Some(permit.kind.writes()),
        fingerprint: Some(fingerprint(admitted.redacted_sql())),
        sql: Some(sql.unwrap_or_else(|| admitted.redacted_sql().to_owned())),
        rewritten: Some(rewritten),
        literals_digest: Some(digest.digest(admitted.literals().iter().map(String::as_bytes))),
        relations: Some(relations.collect()),
        masked: Some(
            permit
                .masked_columns
                .iter()
                .map(|(column, mask)| MaskUse { column: column.clone(), mask: (*mask).to_owned() })
                .collect(),
        ),
        filters: Some(
            permit
                .filters
                .iter()
                .map(|(relation, rule)| FilterUse { relation: relation.clone(), rule: rule.to_string() })
                .collect(),
        ),
        functions: Some(permit.functions.clone()),
        ..submitted(caller, submission, keys, full)
    }
}

/// A call that was refused: the statement from its tokens, where they can be told apart.
pub(super) fn refused(caller: &Caller, submission: &Submission, catalog: &Catalog, keys: &Keys, full: bool) -> What {
    let what = submitted(caller, submission, keys, full);
    let text = match submission {
        Submission::Sql { text, .. } | Submission::Page { text, .. } | Submission::Explain { text, .. } => text,
        Submission::Change(change) => {
            let (table, access) = changed(change);
            return What { relations: called_about(caller, table, access).relations, writes: Some(true), ..what };
        }
    };
    let names = OnceCell::new();
    let redacted = redact_refused(&Source::new(text), &|name| names.get_or_init(|| known(catalog)).contains(name));
    let fingerprint = redacted.as_deref().map(fingerprint);
    let sql = if full { Some(text.clone()) } else { redacted };
    What { sql, fingerprint, ..what }
}

/// Every name that the database has, hidden ones included: whether a word is a name at all isn't told to anyone but the
/// history's reader.
fn known(catalog: &Catalog) -> HashSet<&str> {
    let relations = catalog.parts().relations.iter();
    let of_relations = relations.flat_map(|one| {
        let columns = one.columns.iter().map(|column| column.name.as_str());
        [one.schema.as_str(), one.name.as_str()].into_iter().chain(columns)
    });
    of_relations.chain(catalog.parts().functions.iter().map(|one| one.name.as_str())).collect()
}

/// The table of a structured change, as the client named it.
fn changed(change: &Change) -> (&[String], Access) {
    match change {
        Change::Insert { table, .. } => (table, Access::Insert),
        Change::Update { table, .. } => (table, Access::Update),
        Change::Delete { table, .. } => (table, Access::Delete),
    }
}

fn submitted(caller: &Caller, submission: &Submission, keys: &Keys, full: bool) -> What {
    let digest = keys.subkey(Purpose::LiteralDigest);
    let values = values(submission);
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    let parameters_digest = (!texts.is_empty()).then(|| digest.digest(texts.iter().map(String::as_bytes)));
    What {
        form: Some(if full { Form::Full } else { Form::Redacted }),
        sql_bytes: text(submission).map(|text| text.len() as u64),
        sql_digest: text(submission).map(|text| digest.digest([text.as_bytes()])),
        parameters_digest,
        parameters: full.then_some(values),
        ..called(caller)
    }
}

fn text(submission: &Submission) -> Option<&str> {
    match submission {
        Submission::Sql { text, .. } | Submission::Page { text, .. } | Submission::Explain { text, .. } => Some(text),
        Submission::Change(_) => None,
    }
}

fn values(submission: &Submission) -> Vec<serde_json::Value> {
    match submission {
        Submission::Sql { parameters, .. }
        | Submission::Page { parameters, .. }
        | Submission::Explain { parameters, .. } => parameters.clone(),
        Submission::Change(Change::Insert { rows, .. }) => {
            rows.iter().cloned().map(serde_json::Value::Object).collect()
        }
        Submission::Change(Change::Update { values, filter, .. }) => {
            vec![serde_json::Value::Object(values.clone()), serde_json::Value::Object(filter.clone())]
        }
        Submission::Change(Change::Delete { filter, .. }) => vec![serde_json::Value::Object(filter.clone())],
    }
}

/// Roughly how much work the gate has with it, in bytes.
pub(super) fn size(submission: &Submission) -> usize {
    match submission {
        Submission::Sql { text, .. } | Submission::Page { text, .. } | Submission::Explain { text, .. } => text.len(),
        Submission::Change(Change::Insert { rows, .. }) => rows.iter().map(|row| 64 * row.len()).sum(),
        Submission::Change(Change::Update { values, filter, .. }) => 64 * (values.len() + filter.len()),
        Submission::Change(Change::Delete { filter, .. }) => 64 * filter.len(),
    }
}

/// Equal for statements that differ only in literals: the canonical redacted text, hashed.
fn fingerprint(redacted: &str) -> String {
    Sha256::digest(redacted.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn decided_by(entry: &mut Entry, catalog: &Catalog, policy: Option<&Policy>) {
    entry.decision.policy = policy.map(|policy| policy.name.clone());
    entry.decision.policy_digest = policy.map(|policy| policy.digest.clone());
    entry.decision.catalog_version = Some(catalog.version().to_owned());
}

/// The true reason and rule, what the client was told where that differs, and every violation.
pub(super) fn decide(entry: &mut Entry, told: &Rejection, truth: &Rejection) {
    entry.decision.rule = truth.rule.as_ref().map(ToString::to_string);
    entry.decision.told = (told.concealed.is_some()).then(|| told.reason.code().to_owned());
    if !truth.also.is_empty() {
        let all = std::iter::once(truth).chain(&truth.also).map(|one| Violation {
            reason: one.reason.code().to_owned(),
            rule: one.rule.as_ref().map(ToString::to_string),
            subject: None,
        });
        entry.decision.violations = Some(all.collect());
    }
}

/// How an execution ended.
pub(super) fn outcome(result: &Result<Answer, Failure>, took: Duration, full: bool) -> Outcome {
    match result {
        Ok(answer) => Outcome {
            rows: Some(answer.result.row_count),
            affected: answer.affected_rows,
            bytes: Some(answer.result.json.len() as u64),
            truncated: Some(answer.result.truncated.is_some()),
            ..match answer.rehearsed {
                None => Outcome::new(Status::Ok, took),
                Some(_) => Outcome {
                    reason: Some(Reason::ConfirmationRequired.code().to_owned()),
                    ..Outcome::new(Status::Rehearsed, took)
                },
            }
        },
        Err(Failure::Rejected(rejection)) => Outcome {
            reason: Some(rejection.revealed().reason.code().to_owned()),
            ..Outcome::new(Status::Failed, took)
        },
        Err(Failure::Execution { error, opaque: _ }) => Outcome {
            reason: Some(failure::reason(error).code().to_owned()),
            sqlstate: failure::sqlstate(error),
            error: full.then(|| error.to_string()),
            ..Outcome::new(failure::status(error), took)
        },
    }
}
