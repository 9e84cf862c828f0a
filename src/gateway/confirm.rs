//! Writes that a person has to approve. Such a write is tried and rolled back first, to learn what it would do; a person is
//! asked while no transaction is open; then it runs again, and is committed if it does exactly that. What is approved is the
//! statement of one principal under one policy with one effect, once.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answer, Asked, Call, Caller, Gateway, Permit, Reply, Run, Snapshot, failure, over_quota, record};
use crate::approvals::{Approval, ApprovalError, Approvals, Bound, Question};
use crate::gate::admit::{Admitted, Change, Submission};
use crate::gate::authorize::Confirm;
use crate::gate::diagnostic::{Reason, Rejection};
use crate::history::{self, AskedBy, Entry};
use crate::keys::{Purpose, hex};
use crate::postgres::execute::{Confirming, Effect};

use super::request::Asking;

/// How long a person is waited for. Later the question waits without us.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

impl Gateway {
    /// Carries out a write that a person has to approve.
    pub(super) async fn with_confirmation(
        &self,
        run: Run<'_>,
        snapshot: Snapshot,
        admitted: Admitted,
        asking: Asking,
        counted: Permit,
    ) -> Result<Answer, Rejection> {
        let permit = admitted.permit();
        let Some(confirm) = permit.confirm.clone() else {
            return Err(Rejection::new(Reason::InternalError, "nobody has to approve this"));
        };
        let (kind, policy_digest) = (permit.kind.name(), permit.policy_digest.clone());
        let foreign_code = admitted.verification().foreign_code;
        let key = self.keys.subkey(Purpose::Approval).hmac();
        let only_try = Confirming { key: key.clone(), approved: None };
        let answer = self.carry_out(&run, &snapshot, admitted, Some(only_try)).await?;
        let Some(effect) = answer.rehearsed else {
            return Err(Rejection::new(Reason::InternalError, "it is not known what the statement would do"));
        };
        // Nothing is written, and no trigger runs: there is nothing to ask.
        if effect.rows == 0 && !foreign_code {
            return self.for_good(run, &policy_digest, Confirming { key, approved: Some(effect) }).await;
        }
        let (policy, limits) = (snapshot.policy().policy().name.clone(), snapshot.policy().policy().limits.clone());
        // While a person thinks nothing runs, and nothing old is kept.
        drop((snapshot, counted));
        let tried =
            Tried { confirm, kind, policy, policy_digest: policy_digest.clone(), effect, sample: &answer.result.json };
        let question = self.question(&run, tried).map_err(|why| Rejection::new(Reason::InternalError, why))?;
        let approval = self.approval(&run, question, asking).await?;
        let _counted = match self.permit(&run.caller.principal, &limits).await {
            Ok(counted) => counted,
            Err(exceeded) => {
                // The answer holds for the next time.
                self.kept("", move |approvals, _| approvals.approve(&approval)).await?;
                let call = Call { caller: run.caller, asked: Asked::Statement(run.submission), arrived: run.arrived };
                return Err(self.refuse(None, &call, over_quota(&exceeded)).await);
            }
        };
        let run = Run { arrived: Instant::now(), approved: Some(approval.record), ..run };
        let confirming = Confirming { key, approved: Some(effect) };
        self.for_good(run, &policy_digest, confirming).await
    }

    /// Runs it again, under the same policy, and commits it if it does what was approved.
    async fn for_good(&self, run: Run<'_>, policy_digest: &str, confirming: Confirming) -> Result<Answer, Rejection> {
        // Time has passed: policy and catalog may be others.
        let current = self.world.snapshot(&self.catalog.current(), &run.caller.principal);
        let call = Call { caller: run.caller, asked: Asked::Statement(run.submission), arrived: run.arrived };
        let snapshot = match current {
            Ok(snapshot) => snapshot,
            Err(rejection) => return Err(self.refuse(None, &call, rejection).await),
        };
        let admitted = match self.gate(&snapshot, run.submission).await {
            Ok(admitted) if admitted.permit().policy_digest != policy_digest => Err(another_policy()),
            other => other,
        };
        match admitted {
            Ok(admitted) => self.carry_out(&run, &snapshot, admitted, Some(confirming)).await,
            Err(rejection) => Err(self.refuse(Some(&snapshot), &call, rejection).await),
        }
    }

    fn question(&self, run: &Run<'_>, tried: Tried<'_>) -> Result<Question, String> {
        let Run { caller, submission, .. } = run;
        let Tried { confirm, kind, policy, policy_digest, effect, sample } = tried;
        let (statement, parameters) = said(submission);
        let digest = hex(&effect.digest);
        let submission = json!([statement, parameters]).to_string();
        let bound = Bound {
            principal: &caller.principal,
            policy_digest: &policy_digest,
            submission: &submission,
            rows: effect.rows,
            digest: &digest,
        };
        let sample: Value = serde_json::from_str(sample).map_err(|error| error.to_string())?;
        let version = caller.client_version.as_deref().unwrap_or_default();
        Ok(Question {
            id: self.approvals.id(&bound),
            principal: caller.principal.clone(),
            on_behalf_of: caller.on_behalf_of.clone(),
            client: caller.client_name.as_ref().map(|name| format!("{name} {version}").trim_end().to_owned()),
            policy,
            rule: confirm.rule.to_string(),
            kind: kind.to_owned(),
            relation: confirm.relation,
            statement,
            parameters,
            rows: effect.rows,
            sample: json!({ "columns": sample.get("columns"), "rows": sample.get("rows") }),
            asked: Timestamp::now(),
            digest,
            policy_digest,
        })
    }

    /// Gets the approval: one that was given meanwhile, one that the client brings, or one that a person gives now.
    async fn approval(&self, run: &Run<'_>, question: Question, asking: Asking) -> Result<Approval, Rejection> {
        let Asking { ask, brought, by } = asking;
        if let Some(approval) = self.kept(&question.id, Approvals::take_approved).await? {
            return Ok(approval);
        }
        // Only what was asked before can be answered now, and only once.
        let brought = brought.filter(|(id, _)| *id == question.id);
        if let Some((_, reply)) = brought
            && self.kept(&question.id, Approvals::pending).await.is_ok()
        {
            return match reply {
                // Whoever has put the question aside isn't asked over and over.
                Reply::Nothing => Err(waits(&question)),
                reply => self.answered(run.caller, question, reply, by).await,
            };
        }
        let asked = question.clone();
        self.kept(&question.id, move |approvals, _| approvals.ask(&asked)).await?;
        let Some(ask) = ask else { return Err(waits(&question)) };
        let answer = async { tokio::time::timeout(PATIENCE, ask(question.clone())).await.unwrap_or(Reply::Nothing) };
        let reply = tokio::select! {
            biased;
            () = run.cancel.cancelled() => {
                // Whoever doesn't wait for the answer doesn't want the write any more.
                drop(self.kept(&question.id, Approvals::take_pending).await);
                return Err(Rejection::new(Reason::Cancelled, "the statement was cancelled"));
            }
            reply = answer => reply,
        };
        match reply {
            Reply::Nothing => Err(waits(&question)),
            reply => self.answered(run.caller, question, reply, by).await,
        }
    }

    /// A person has answered. The answer is on record before anything comes of it.
    async fn answered(
        &self,
        caller: &Caller,
        question: Question,
        reply: Reply,
        by: AskedBy,
    ) -> Result<Approval, Rejection> {
        let question = match self.kept(&question.id, Approvals::take_pending).await {
            Ok(question) => question,
            // Somebody has answered it elsewhere.
            Err(_) => {
                let approval = self.kept(&question.id, Approvals::take_approved).await?;
                return approval.ok_or_else(|| not_approved(&question));
            }
        };
        let approved = reply == Reply::Approved;
        let entry = Entry::approval(
            record::who(caller),
            self.place(None, caller),
            record::called(caller),
            detail(&question, approved, by),
        );
        let record = entry.id;
        self.history.append(entry).await.map_err(failure::history)?;
        match approved {
            true => Ok(Approval {
                by: caller.client_name.clone().unwrap_or_else(|| caller.door.to_owned()),
                at: Timestamp::now(),
                question,
                record,
            }),
            false => Err(not_approved(&question)),
        }
    }

    /// Asks the files of approvals, off the runtime's threads.
    async fn kept<T: Send + 'static>(
        &self,
        id: &str,
        work: impl FnOnce(&Approvals, &str) -> Result<T, ApprovalError> + Send + 'static,
    ) -> Result<T, Rejection> {
        let (approvals, id) = (self.approvals.clone(), id.to_owned());
        let done = tokio::task::spawn_blocking(move || work(&approvals, &id)).await;
        match done {
            Ok(done) => done.map_err(|error| unkept(&error)),
            Err(_) => Err(Rejection::new(Reason::InternalError, "the files of approvals could not be asked")),
        }
    }
}

/// A write that was tried.
struct Tried<'t> {
    confirm: Confirm,
    kind: &'static str,
    policy: String,
    policy_digest: String,
    effect: Effect,
    /// Some of its rows, as a result.
    sample: &'t str,
}

/// What the history says of an answer.
pub(crate) fn detail(question: &Question, approved: bool, asked: AskedBy) -> history::Approval {
    history::Approval {
        question: question.id.clone(),
        approved,
        asked,
        asker: question.principal.clone(),
        relation: question.relation.clone(),
        rows: question.rows,
        rows_digest: question.digest.clone(),
    }
}

/// What was submitted, for a person to read, and its parameters.
fn said(submission: &Submission) -> (String, Vec<Value>) {
    match submission {
        Submission::Sql { text, parameters }
        | Submission::Page { text, parameters, skip: _ }
        | Submission::Explain { text, parameters } => (text.clone(), parameters.clone()),
        Submission::Change(change) => {
            let said = match change {
                Change::Insert { table, rows } => json!({ "insert into": table.join("."), "rows": rows }),
                Change::Update { table, values, filter } => {
                    json!({ "update": table.join("."), "values": values, "where": filter })
                }
                Change::Delete { table, filter } => json!({ "delete from": table.join("."), "where": filter }),
            };
            (said.to_string(), Vec::new())
        }
    }
}

pub(super) fn another_policy() -> Rejection {
    Rejection::new(Reason::NotAsApproved, "the policy has changed since the statement was tried; nothing was written")
        .help("submit it again, and ask again")
}

fn waits(question: &Question) -> Rejection {
    let Question { id, relation, rows, kind, .. } = question;
    let row = if *rows == 1 { "row" } else { "rows" };
    Rejection::new(
        Reason::ConfirmationRequired,
        format!("a person has to approve this: it would {kind} {rows} {row} of `{relation}`; nothing was written"),
    )
    .help(format!(
        "ask whoever runs pgwicket for `pgwicket approve {id}`, then submit exactly the same statement again"
    ))
}

fn not_approved(question: &Question) -> Rejection {
    let message = format!("the write to `{}` was not approved; nothing was written", question.relation);
    Rejection::new(Reason::NotApproved, message).help("do not repeat it; ask the person what to do instead")
}

fn unkept(error: &ApprovalError) -> Rejection {
    match error {
        ApprovalError::Unknown { .. } | ApprovalError::Expired { .. } => {
            Rejection::new(Reason::ConfirmationRequired, error.to_string()).help("submit the statement again")
        }
        ApprovalError::TooMany { .. } | ApprovalError::TooLarge => {
            Rejection::new(Reason::LimitExceeded, error.to_string()).help("write less at once")
        }
        ApprovalError::Forged { .. } | ApprovalError::Io { .. } => {
            tracing::error!(%error, "an approval can't be kept or read");
            Rejection::new(
                Reason::ConfirmationRequired,
                "a person has to approve this, and nobody can be asked right now",
            )
            .help("whoever runs pgwicket finds the cause in its log")
        }
    }
}
