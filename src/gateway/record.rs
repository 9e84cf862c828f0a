//! What a call says in the history: from the gateway's values to the ledger's fields. Never a result row, password or
//! token; literals and parameters in clear only where the policy says so.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::world::Snapshot;
use super::{Caller, Failure, failure};
use crate::gate::admit::{Change, Compiled, RelationAccess, Submission};
use crate::gate::diagnostic::Rejection;
use crate::gate::parse::redact_tokens;
use crate::gate::policy::model::StatementKind;
use crate::gate::source::Source;
use crate::history::{
    Access, Entry, FilterUse, Form, MaskUse, Outcome, RelationUse, Status, Violation, What, Where, Who,
};
use crate::keys::{Keys, Purpose};
use crate::postgres::execute::Outcome as Answer;

pub(super) fn who(caller: &Caller) -> Who {
    Who {
        principal: Some(caller.principal.clone()),
        authentication: Some(caller.authentication.to_owned()),
        client_name: caller.client_name.clone(),
        client_version: caller.client_version.clone(),
        on_behalf_of: None,
        address: None,
    }
}

pub(super) fn place(caller: &Caller, server: &str, snapshot: &Snapshot) -> Where {
    Where {
        door: Some(caller.door.to_owned()),
        server: Some(server.to_owned()),
        database: Some(snapshot.catalog().parts().database.clone()),
        role: snapshot.policy().policy().role.clone(),
        backend_pid: None,
    }
}

/// A call without a statement.
pub(super) fn called(caller: &Caller) -> What {
    What { tool: Some(caller.tool.clone().into_owned()), ..What::default() }
}

/// An admitted statement.
pub(super) fn admitted(caller: &Caller, submission: &Submission, admitted: &Compiled, keys: &Keys, full: bool) -> What {
    let permit = admitted.permit();
    let digest = keys.subkey(Purpose::LiteralDigest);
    let written = match permit.kind {
        StatementKind::Insert => Access::Insert,
        StatementKind::Update => Access::Update,
        StatementKind::Delete => Access::Delete,
        StatementKind::Merge => Access::Merge,
        StatementKind::Select | StatementKind::Explain | StatementKind::ExplainAnalyze => Access::Read,
    };
    let relations = permit.relations.iter().map(|used| RelationUse {
        relation: format!("{}.{}", used.schema, used.name),
        access: match used.access {
            RelationAccess::Read => Access::Read,
            RelationAccess::Write => written,
        },
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

/// A call that was refused: the statement from its tokens, if it has any.
pub(super) fn refused(caller: &Caller, submission: Option<&Submission>, keys: &Keys, full: bool) -> What {
    let Some(submission) = submission else { return called(caller) };
    let what = submitted(caller, submission, keys, full);
    let sql =
        text(submission).and_then(|text| if full { Some(text.to_owned()) } else { redact_tokens(&Source::new(text)) });
    What { sql, ..what }
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
        Submission::Sql { text, .. } => Some(text),
        Submission::Change(_) => None,
    }
}

fn values(submission: &Submission) -> Vec<serde_json::Value> {
    match submission {
        Submission::Sql { parameters, .. } => parameters.clone(),
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
        Submission::Sql { text, .. } => text.len(),
        Submission::Change(Change::Insert { rows, .. }) => rows.iter().map(|row| 64 * row.len()).sum(),
        Submission::Change(Change::Update { values, filter, .. }) => 64 * (values.len() + filter.len()),
        Submission::Change(Change::Delete { filter, .. }) => 64 * filter.len(),
    }
}

/// Equal for statements that differ only in literals: the canonical redacted text, hashed.
fn fingerprint(redacted: &str) -> String {
    Sha256::digest(redacted.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn decided_by(entry: &mut Entry, snapshot: &Snapshot) {
    let policy = snapshot.policy().policy();
    entry.decision.policy = Some(policy.name.clone());
    entry.decision.policy_digest = Some(policy.digest.clone());
    entry.decision.catalog_version = Some(snapshot.catalog().version().to_owned());
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
            ..Outcome::new(Status::Ok, took)
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
