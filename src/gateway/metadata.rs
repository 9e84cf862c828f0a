//! Calls that execute nothing: what there is, what the gate says of a statement, what was asked lately. One record each.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;

use super::request::{Checked, DatabaseInfo, LimitsInfo, Plan, Request, Verdict};
use super::world::Snapshot;
use super::{Asked, Call, Caller, Gateway, failure, record};
use crate::gate::admit::{Compiled, Submission};
use crate::gate::describe::{self, Completions, Findings, Search, TableDescription, TableSummary, Wanted};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::plan::PlanSummary;
use crate::history::{Entry, LogRead, Outcome, Recent, Status, What, Whose};

/// Why a plan has neither costs nor rows.
const ONLY_STEPS: &str =
    "it reads something that the policy restricts, so estimates of cost and rows, and conditions, aren't told";

/// A refusal in both its forms.
struct Refused {
    /// For whoever runs pgwicket.
    truth: Rejection,
    /// For the principal.
    told: Rejection,
}

impl Gateway {
    /// Runs the gate alone, for whoever runs pgwicket.
    ///
    /// # Errors
    /// The rejection with its truth.
    pub async fn check(&self, caller: &Caller, submission: Submission) -> Result<Checked, Rejection> {
        self.judged(caller, &submission, |_, admitted| {
            let permit = admitted.permit();
            Checked {
                rewritten: admitted.sql().to_owned(),
                relations: permit.relations.iter().map(|used| format!("{}.{}", used.schema, used.name)).collect(),
                masked_columns: permit.masked_columns.clone(),
                filters: permit.filters.iter().map(|(name, rule)| (name.clone(), rule.to_string())).collect(),
                row_cap: permit.row_cap,
                cost_cap: permit.cost_cap.as_ref().map(|(most, _)| *most),
            }
        })
        .await
        .map_err(|refused| refused.truth)
    }

    /// Runs the gate alone, for the principal itself.
    ///
    /// # Errors
    /// The rejection that running the statement would give.
    pub async fn verdict(&self, caller: &Caller, submission: &Submission) -> Result<Verdict, Rejection> {
        self.judged(caller, submission, |snapshot, admitted| Verdict::of(admitted.permit(), snapshot.policy()))
            .await
            .map_err(|refused| refused.told)
    }

    async fn judged<T>(
        &self,
        caller: &Caller,
        submission: &Submission,
        say: impl FnOnce(&Snapshot, &Compiled) -> T,
    ) -> Result<T, Refused> {
        let same = |rejection: Rejection| Refused { truth: rejection.clone(), told: rejection };
        let call = Call { caller, asked: Asked::Statement(submission), arrived: Instant::now() };
        let (snapshot, _permit) = self.enter(&call).await.map_err(same)?;
        match self.gate(&snapshot, submission).await {
            Ok(admitted) => {
                let what = record::admitted(caller, submission, &admitted, &self.keys, snapshot.full());
                self.told(&snapshot, &call, what, None).await.map_err(same)?;
                Ok(say(&snapshot, admitted.compiled()))
            }
            Err(rejection) => {
                let truth = rejection.revealed();
                let told = self.refuse(Some(&snapshot), &call, rejection).await;
                Err(if told.reason == Reason::HistoryUnavailable { same(told) } else { Refused { truth, told } })
            }
        }
    }

    /// The relations that the principal may see.
    ///
    /// # Errors
    /// Quota and history.
    pub async fn tables(
        &self,
        caller: &Caller,
        schema: Option<&str>,
        pattern: Option<&str>,
    ) -> Result<Vec<TableSummary>, Rejection> {
        let call = Call { caller, asked: Asked::Nothing, arrived: Instant::now() };
        self.metadata(call, |snapshot| Ok(describe::tables(snapshot.catalog(), snapshot.policy(), schema, pattern)))
            .await
    }

    /// One relation.
    ///
    /// # Errors
    /// A missing or hidden relation, quota and history.
    pub async fn table(&self, caller: &Caller, name: &[String]) -> Result<TableDescription, Rejection> {
        let call = Call { caller, asked: Asked::Relation(name), arrived: Instant::now() };
        self.metadata(call, |snapshot| describe::table(snapshot.catalog(), snapshot.policy(), name)).await
    }

    /// The resource `database_info`.
    ///
    /// # Errors
    /// Quota and history.
    pub async fn database(&self, caller: &Caller) -> Result<DatabaseInfo, Rejection> {
        let call = Call { caller, asked: Asked::Nothing, arrived: Instant::now() };
        self.metadata(call, |snapshot| Ok(database(snapshot))).await
    }

    /// The recent calls, newest first: the principal's own, or everyone's if its policy says `read = "all"`, which is a
    /// record of its own kind.
    ///
    /// # Errors
    /// Quota and history.
    pub async fn recent(&self, caller: &Caller, limit: usize) -> Result<Recent, Rejection> {
        let call = Call { caller, asked: Asked::Nothing, arrived: Instant::now() };
        let (snapshot, _permit) = self.enter(&call).await?;
        let everyones = snapshot.policy().policy().history.read_all;
        let what = record::called(caller);
        let whose = if everyones {
            let detail = LogRead { whose: "everyone".to_owned(), newest: limit as u64 };
            let mut entry = Entry::log_read(record::who(caller), self.place(Some(&snapshot), caller), what, detail);
            self.decided_by(&mut entry, Some(&snapshot), caller);
            entry.result = Outcome::new(Status::Ok, call.arrived.elapsed());
            self.history.append(entry).await.map_err(failure::history)?;
            Whose::Everyone
        } else {
            self.told(&snapshot, &call, what, None).await?;
            Whose::Principal(caller.principal.clone())
        };
        let recent = self.history.recent(whose, limit).await;
        recent.map_err(|error| failure::unreadable_history(&error))
    }

    /// The plan of a query, which is made on the server and not run.
    ///
    /// # Errors
    /// As [`Gateway::execute`], which does the work, of a [`Submission::Explain`].
    pub async fn plan(self: &Arc<Self>, request: Request) -> Result<Plan, Rejection> {
        let principal = request.caller.principal.clone();
        let answer = self.execute(request).await?;
        let unreadable = || {
            Rejection::new(Reason::LimitExceeded, "the plan is larger than a result may be")
                .help("explain a part of the query")
        };
        let result: Value = serde_json::from_str(&answer.result.json).map_err(|_| unreadable())?;
        let mut summary = result.pointer("/rows/0/0").and_then(PlanSummary::of).ok_or_else(unreadable)?;
        let cost_limit = self.policy(&principal).and_then(|policy| policy.limits.cost.as_ref().map(|cost| cost.value));
        let only_steps = summary.estimated_cost.is_none();
        if only_steps {
            summary.notes.push(ONLY_STEPS.to_owned());
        }
        Ok(Plan { only_steps, summary, cost_limit })
    }

    /// Relations and columns by words.
    ///
    /// # Errors
    /// Quota and history.
    pub async fn search(&self, caller: &Caller, search: &Search) -> Result<Findings, Rejection> {
        let call = Call { caller, asked: Asked::Nothing, arrived: Instant::now() };
        self.metadata(call, |snapshot| Ok(describe::search(snapshot.catalog(), snapshot.policy(), search))).await
    }

    /// What a name that somebody types may become.
    ///
    /// # Errors
    /// Quota and history.
    pub async fn complete(
        &self,
        caller: &Caller,
        wanted: Wanted<'_>,
        typed: &str,
        most: usize,
    ) -> Result<Completions, Rejection> {
        let about: Vec<String> = match wanted {
            Wanted::Column { relation } => vec![relation.to_owned()],
            Wanted::Schema | Wanted::Relation { .. } | Wanted::Qualified => Vec::new(),
        };
        let asked = if about.is_empty() { Asked::Nothing } else { Asked::Relation(&about) };
        let call = Call { caller, asked, arrived: Instant::now() };
        self.metadata(call, |snapshot| {
            Ok(describe::complete(snapshot.catalog(), snapshot.policy(), wanted, typed, most))
        })
        .await
    }

    /// A call that executes nothing: one record.
    async fn metadata<T: Serialize>(
        &self,
        call: Call<'_>,
        work: impl FnOnce(&Snapshot) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        let (snapshot, _permit) = self.enter(&call).await?;
        match work(&snapshot) {
            Ok(answer) => {
                let bytes = serde_json::to_vec(&answer).map(|json| json.len() as u64);
                self.told(&snapshot, &call, call.what(), bytes.ok()).await?;
                Ok(answer)
            }
            Err(rejection) => Err(self.refuse(Some(&snapshot), &call, rejection).await),
        }
    }

    /// Records a call that executed nothing. `bytes`: of its answer.
    pub(super) async fn told(
        &self,
        snapshot: &Snapshot,
        call: &Call<'_>,
        what: What,
        bytes: Option<u64>,
    ) -> Result<(), Rejection> {
        let mut entry = Entry::call(record::who(call.caller), self.place(Some(snapshot), call.caller), what);
        self.decided_by(&mut entry, Some(snapshot), call.caller);
        entry.result = Outcome { bytes, ..Outcome::new(Status::Ok, call.arrived.elapsed()) };
        self.history.append(entry).await.map(|_| ()).map_err(failure::history)
    }
}

/// What is said of the database.
pub(super) fn database(snapshot: &Snapshot) -> DatabaseInfo {
    let policy = snapshot.policy().policy();
    let limits = &policy.limits;
    DatabaseInfo {
        version: snapshot.catalog().parts().version_text.clone(),
        database: snapshot.catalog().parts().database.clone(),
        schemas: describe::schemas(snapshot.catalog(), snapshot.policy()),
        search_path: policy.search_path.clone(),
        extensions: policy.functions.trusted_extensions.iter().map(|one| one.value.clone()).collect(),
        statements: policy.statements.keys().map(|kind| kind.name()).collect(),
        limits: LimitsInfo {
            rows: limits.rows,
            bytes: limits.bytes,
            timeout_seconds: limits.timeout.as_secs_f64(),
            cost: limits.cost.as_ref().map(|cost| cost.value),
            rate: limits.rate.map(|rate| rate.to_string()),
            concurrency: limits.concurrency,
        },
    }
}
