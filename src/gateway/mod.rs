//! The one path, in order: quota → gate → intent → execute → outcome → answer. A read's intent is written while the
//! server works. Every door calls it; no door talks to the gate, the pool or the history by another way.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::approvals::Approvals;
use crate::catalog::CatalogWatch;
use crate::gate::admit::{Admitted, Compiled, Submission};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::policy::Policy;
use crate::gate::policy::model::Limits;
use crate::history::{Access, Entry, History, Outcome, What, Where};
use crate::keys::{Keys, Purpose};
use crate::postgres::execute::{Backend, Confirming, Context, Outcome as Answer};
use crate::postgres::{ExecuteError, Pool, execute};
use crate::quota::{Exceeded, Permit, Quota};

mod confirm;
mod failure;
mod metadata;
mod pages;
mod record;
mod request;
mod session;
mod sight;
mod world;

pub(crate) use confirm::detail as approval_record;
use record::Home;
pub use request::{
    Ask, Asking, Caller, Checked, DatabaseInfo, LimitsInfo, Plan, Reply, Request, Verdict, local_address,
};
pub use session::Session;
use sight::Changes;
pub use sight::{Sight, Watch, Watched};
pub use world::{Member, Members, PolicySet};
use world::{Snapshot, World};

/// How long a call waits for a principal's other calls to end before it is refused.
const CONCURRENCY_PATIENCE: Duration = Duration::from_secs(1);
const CONCURRENCY_POLL: Duration = Duration::from_millis(5);

/// How long closing waits for cancelled statements to end: longer than the executor takes to end one.
const STOPPING_PATIENCE: Duration = Duration::from_secs(15);

/// The gateway. Cheap to share behind an [`Arc`].
pub struct Gateway {
    world: World,
    catalog: CatalogWatch,
    pool: Pool,
    history: History,
    quota: Quota,
    keys: Arc<Keys>,
    approvals: Approvals,
    home: Home,
    changes: Changes,
    /// Statements that run.
    work: TaskTracker,
    /// Cancelled when the gateway is closed.
    stopping: CancellationToken,
}

/// What a gateway is made of.
pub struct Parts {
    /// Principals and their policies.
    pub members: Members,
    /// The catalog and its reloads.
    pub catalog: CatalogWatch,
    /// The database's sessions.
    pub pool: Pool,
    /// The ledger.
    pub history: History,
    /// Rates and concurrency.
    pub quota: Quota,
    /// The deployment's keys.
    pub keys: Arc<Keys>,
    /// Writes that wait for a person.
    pub approvals: Approvals,
    /// `host:port` of the database, for the history only.
    pub server: String,
    /// The role that the pool logs in as, for the history only.
    pub login: String,
}

impl Gateway {
    /// Joins the parts.
    pub fn new(parts: Parts) -> Self {
        let Parts { members, catalog, pool, history, quota, keys, approvals, server, login } = parts;
        let world = World::new(members);
        let (work, stopping) = (TaskTracker::new(), CancellationToken::new());
        let (home, changes) = (Home { server, login }, Changes::new());
        Self { world, catalog, pool, history, quota, keys, approvals, home, changes, work, stopping }
    }

    /// Others may ask from here on, under other policies. Statements of whoever isn't the same under the same policy any
    /// more are cancelled: what they were admitted by doesn't hold. Has to be on record before.
    pub fn replace_members(&self, members: Members) {
        self.world.replace(members);
        self.changes.of_members();
    }

    /// Executes one statement.
    ///
    /// The work goes on in a task of its own, so that a caller who is gone (the future is dropped) cancels the
    /// statement and still gets its outcome recorded.
    ///
    /// # Errors
    /// A [`Rejection`] in the form that may leave: hidden names look like missing ones unless the policy reveals them.
    pub async fn execute(self: &Arc<Self>, request: Request) -> Result<Answer, Rejection> {
        let gateway = Arc::clone(self);
        let guard: DropGuard = request.cancel.clone().drop_guard();
        let work = self.work.spawn(async move {
            let cancel = request.cancel.clone();
            let mut run = pin!(gateway.run(request));
            tokio::select! {
                biased;
                answer = &mut run => answer,
                () = gateway.stopping.cancelled() => {
                    cancel.cancel();
                    run.await
                }
            }
        });
        let answer = work.await.unwrap_or_else(|_| {
            Err(Rejection::new(Reason::InternalError, "the statement's task ended without an answer"))
        });
        guard.disarm();
        answer
    }

    async fn run(&self, request: Request) -> Result<Answer, Rejection> {
        let arrived = Instant::now();
        let Request { caller, submission, timeout, cancel, backend, asking } = request;
        let call = Call { caller: &caller, asked: Asked::Statement(&submission), arrived };
        let (snapshot, counted) = self.enter(&call).await?;
        let admitted = match self.gate(&snapshot, &submission).await {
            Ok(admitted) => admitted,
            Err(rejection) => return Err(self.refuse(Some(&snapshot), &call, rejection).await),
        };

        let (holds_until, stop) = (snapshot.holds_until.clone(), cancel.clone());
        let run = Run { caller: &caller, submission: &submission, timeout, cancel, backend, arrived, approved: None };
        let mut answer = pin!(async {
            if admitted.permit().confirm.is_some() {
                return Box::pin(self.with_confirmation(run, snapshot, admitted, asking, counted)).await;
            }
            let answer = self.carry_out(&run, &snapshot, admitted, None).await;
            drop(counted);
            answer
        });
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            () = holds_until.cancelled() => {
                stop.cancel();
                answer.await.map_err(|rejection| self.overtaken(&caller, rejection))
            }
        }
    }

    /// What is told of a statement that was cancelled because what it was admitted by doesn't hold any more.
    fn overtaken(&self, caller: &Caller, rejection: Rejection) -> Rejection {
        if rejection.reason != Reason::Cancelled {
            return rejection;
        }
        match self.world.policy(&caller.principal) {
            None => world::not_admitted(),
            Some(_) => Rejection::new(
                Reason::PolicyChanged,
                "the policy changed while the statement ran, so it was cancelled; nothing of it was kept",
            )
            .help("submit it again: it is judged by the new policy"),
        }
    }

    /// Executes what was admitted, and puts it on record before and behind.
    async fn carry_out(
        &self,
        run: &Run<'_>,
        snapshot: &Snapshot,
        admitted: Admitted,
        confirming: Option<Confirming>,
    ) -> Result<Answer, Rejection> {
        let Run { caller, submission, arrived, .. } = run;
        let compiled = Arc::clone(admitted.compiled());
        let permit = compiled.permit();
        let writes = permit.kind.writes();
        let timeout = run.timeout.map_or(permit.timeout, |asked| asked.min(permit.timeout));
        let context = Context {
            deadline: (*arrived + timeout).into(),
            cancel: run.cancel.clone(),
            application_name: caller.application_name(),
            backend: run.backend.clone(),
            confirming,
        };
        let intend = async || {
            let mut intent = self.intent(snapshot, caller, submission, &compiled);
            intent.decision.approval = run.approved;
            let written = self.history.append(intent.clone()).await;
            (intent, written)
        };
        // A write waits for its intent, and everything does while the history can't be written. A read runs meanwhile:
        // nothing of it leaves before both records are written.
        let (intent, intended, mut result) = if writes || !self.history.is_sound() {
            let (intent, intended) = intend().await;
            let intended = intended.map_err(failure::history)?;
            (intent, Ok(intended), self.perform(admitted, &context).await)
        } else {
            let meanwhile = async {
                // Resumes when all that is ready has run: the statement is on its way to the server then.
                tokio::task::yield_now().await;
                intend().await
            };
            let (result, (intent, intended)) = tokio::join!(biased; self.perform(admitted, &context), meanwhile);
            (intent, intended, result)
        };
        let mut anew = None;
        if matches!(result, Err(Failure::Execution { error: ExecuteError::CatalogChanged, .. })) {
            (anew, result) = Box::pin(self.once_more(caller, submission, &context, &permit.policy_digest)).await;
        }

        let mut outcome = intent.outcome(record::outcome(&result, arrived.elapsed(), snapshot.full()));
        if let Some(anew) = anew {
            (outcome.what, outcome.decision) = (anew.what, anew.decision);
        }
        outcome.place.backend_pid = context.backend.pid();
        let recorded = self.history.append(outcome).await;
        if let Err(error) = intended.and(recorded) {
            return Err(failure::not_recorded(&result, writes, timeout, error));
        }
        result.map_err(|failed| match failed {
            Failure::Rejected(rejection) => self.presentable(snapshot, *rejection),
            Failure::Execution { error, opaque } => failure::execution(&error, opaque, timeout),
        })
    }

    async fn perform(&self, admitted: Admitted, context: &Context) -> Result<Answer, Failure> {
        let admitted = admitted.with_mask_key(self.keys.subkey(Purpose::HashMask).expose());
        let opaque = admitted.permit().opaque_errors;
        execute(&self.pool, admitted, context.clone()).await.map_err(|error| Failure::Execution { error, opaque })
    }

    /// The catalog had changed: reload it, admit against the new one and try once more, then fail closed. The intent
    /// stands: the same principal asked for the same text. What it would say now, if the gate admitted the statement
    /// again, is for the outcome.
    async fn once_more(
        &self,
        caller: &Caller,
        submission: &Submission,
        context: &Context,
        policy_digest: &str,
    ) -> (Option<Entry>, Result<Answer, Failure>) {
        if let Err(error) = self.catalog.reload().await {
            tracing::warn!(%error, "the catalog could not be reloaded");
            return (None, Err(Failure::Execution { error: ExecuteError::CatalogChanged, opaque: true }));
        }
        let again = async {
            let snapshot = self.world.snapshot(&self.catalog.current(), &caller.principal)?;
            let admitted = self.gate(&snapshot, submission).await?;
            if context.confirming.is_some() && admitted.permit().policy_digest != policy_digest {
                return Err(confirm::another_policy());
            }
            Ok((snapshot, admitted))
        };
        match again.await {
            Ok((snapshot, admitted)) => {
                let intent = self.intent(&snapshot, caller, submission, admitted.compiled());
                (Some(intent), self.perform(admitted, context).await)
            }
            Err(rejection) => (None, Err(Failure::Rejected(Box::new(rejection)))),
        }
    }

    /// A call whose arguments the door can't read: counted and recorded like every other. Gives what may leave.
    pub async fn misread(&self, caller: &Caller, rejection: Rejection) -> Rejection {
        let call = Call { caller, asked: Asked::Nothing, arrived: Instant::now() };
        match self.enter(&call).await {
            Ok((snapshot, _permit)) => self.refuse(Some(&snapshot), &call, rejection).await,
            Err(refused) => refused,
        }
    }

    /// Whether the principal's policy allows any writing: decides which tools a door lists.
    pub fn may_write(&self, principal: &str) -> bool {
        self.world.policy(principal).is_some_and(|policy| policy.statements.keys().any(|kind| kind.writes()))
    }

    /// The policy of a principal.
    pub fn policy(&self, principal: &str) -> Option<Arc<Policy>> {
        self.world.policy(principal)
    }

    /// Cancels what still runs, and ends when its outcome is on record. No statement is taken afterwards.
    pub async fn stop(&self) {
        self.changes.close();
        self.stopping.cancel();
        self.pool.close();
        self.work.close();
        if tokio::time::timeout(STOPPING_PATIENCE, self.work.wait()).await.is_err() {
            tracing::warn!("a statement that was cancelled has not ended; its outcome will not be on record");
        }
    }

    /// Whether it was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// As [`Gateway::stop`], and ends when everything is on disk as the mode says. The gateway takes nothing afterwards.
    pub async fn close(&self) {
        self.stop().await;
        self.history.close().await;
    }

    /// Quota and snapshot: what every call begins with.
    async fn enter(&self, call: &Call<'_>) -> Result<(Snapshot, Permit), Rejection> {
        let principal = &call.caller.principal;
        let snapshot = match self.world.snapshot(&self.catalog.current(), principal) {
            Ok(snapshot) => snapshot,
            Err(rejection) => return Err(self.refuse(None, call, rejection).await),
        };
        match self.permit(principal, &snapshot.policy().policy().limits).await {
            Ok(permit) => Ok((snapshot, permit)),
            Err(exceeded) => {
                let rejection = over_quota(&exceeded);
                Err(self.refuse(Some(&snapshot), call, rejection).await)
            }
        }
    }

    /// A permit to begin. Agents ask several things at once: over the limit of calls at once, a call waits a moment for
    /// the others before it is refused.
    async fn permit(&self, principal: &str, limits: &Limits) -> Result<Permit, Exceeded> {
        let patience = Instant::now() + CONCURRENCY_PATIENCE;
        loop {
            match self.quota.enter(principal, limits) {
                Err(Exceeded::Concurrency { .. }) if Instant::now() < patience => {
                    tokio::time::sleep(CONCURRENCY_POLL).await;
                }
                result => return result,
            }
        }
    }

    /// The gate, off the runtime's threads when the text is long.
    async fn gate(&self, snapshot: &Snapshot, submission: &Submission) -> Result<Admitted, Rejection> {
        const LONG: usize = 8 * 1024;
        if record::size(submission) < LONG {
            return snapshot.gate.admit(submission);
        }
        let (gate, submission) = (Arc::clone(&snapshot.gate), submission.clone());
        tokio::task::spawn_blocking(move || gate.admit(&submission))
            .await
            .unwrap_or_else(|_| Err(Rejection::new(Reason::InternalError, "the gate's task ended without a verdict")))
    }

    fn intent(&self, snapshot: &Snapshot, caller: &Caller, submission: &Submission, compiled: &Compiled) -> Entry {
        let what = record::admitted(caller, submission, compiled, &self.keys, snapshot.full());
        let mut entry = Entry::intent(record::who(caller), self.place(Some(snapshot), caller), what);
        self.decided_by(&mut entry, Some(snapshot), caller);
        entry
    }

    /// Where a call is decided; without a snapshot, where its policy doesn't fit the catalog.
    fn place(&self, snapshot: Option<&Snapshot>, caller: &Caller) -> Where {
        let current = self.catalog.current();
        let catalog = snapshot.map_or(&*current, Snapshot::catalog);
        self.home.place(caller.door, catalog, self.deciding(snapshot, caller).as_deref())
    }

    /// The policy that decides a call: that of its snapshot, or else the principal's of the moment.
    fn deciding(&self, snapshot: Option<&Snapshot>, caller: &Caller) -> Option<Arc<Policy>> {
        let of_snapshot = snapshot.map(|snapshot| Arc::clone(snapshot.policy().policy()));
        of_snapshot.or_else(|| self.world.policy(&caller.principal))
    }

    fn decided_by(&self, entry: &mut Entry, snapshot: Option<&Snapshot>, caller: &Caller) {
        let current = self.catalog.current();
        let catalog = snapshot.map_or(&*current, Snapshot::catalog);
        record::decided_by(entry, catalog, self.deciding(snapshot, caller).as_deref());
    }

    /// Records a rejection and gives it the form that may leave.
    async fn refuse(&self, snapshot: Option<&Snapshot>, call: &Call<'_>, rejection: Rejection) -> Rejection {
        let Call { caller, asked, arrived } = call;
        let policy = self.deciding(snapshot, caller);
        let full = policy.as_ref().is_some_and(|policy| policy.history.full);
        let current = self.catalog.current();
        let catalog = snapshot.map_or(&*current, Snapshot::catalog);
        let what = match asked {
            Asked::Statement(submission) => record::refused(caller, submission, catalog, &self.keys, full),
            Asked::Relation(_) | Asked::Nothing => call.what(),
        };
        let truth = rejection.revealed();
        let mut entry = Entry::rejection(record::who(caller), self.place(snapshot, caller), what, truth.reason.code());
        self.decided_by(&mut entry, snapshot, caller);
        record::decide(&mut entry, &rejection, &truth);
        entry.result = Outcome::took(arrived.elapsed());
        if let Err(error) = self.history.append(entry).await {
            return failure::history(error);
        }
        match policy {
            Some(policy) if policy.reveal_denied => rejection.revealed(),
            _ => rejection,
        }
    }

    /// The form of a rejection that may leave.
    fn presentable(&self, snapshot: &Snapshot, rejection: Rejection) -> Rejection {
        if snapshot.policy().policy().reveal_denied { rejection.revealed() } else { rejection }
    }
}

/// A statement on its way.
struct Run<'r> {
    caller: &'r Caller,
    submission: &'r Submission,
    timeout: Option<Duration>,
    cancel: CancellationToken,
    backend: Backend,
    arrived: Instant,
    /// The record of the approval by which it runs.
    approved: Option<Uuid>,
}

/// A call, as far as its record is concerned.
struct Call<'c> {
    caller: &'c Caller,
    asked: Asked<'c>,
    arrived: Instant,
}

/// What a call brings along.
enum Asked<'c> {
    Statement(&'c Submission),
    /// The relation that it is about, as the client named it.
    Relation(&'c [String]),
    Nothing,
}

impl Call<'_> {
    /// What it says without its statement.
    fn what(&self) -> What {
        match self.asked {
            Asked::Relation(name) => record::called_about(self.caller, name, Access::Read),
            Asked::Statement(_) | Asked::Nothing => record::called(self.caller),
        }
    }
}

/// Why an admitted statement gave no answer.
enum Failure {
    /// After a reload of the catalog it was admitted no more.
    Rejected(Box<Rejection>),
    /// It was executed, or tried to be.
    Execution {
        error: ExecuteError,
        /// PostgreSQL's words may not leave: as the permit said under which it ran, which after a reload isn't the
        /// first one.
        opaque: bool,
    },
}

fn over_quota(exceeded: &Exceeded) -> Rejection {
    let reason = match exceeded {
        Exceeded::Rate { .. } => Reason::RateLimited,
        Exceeded::Concurrency { .. } => Reason::ConcurrencyLimited,
    };
    let rejection = Rejection::new(reason, exceeded.to_string());
    match exceeded.retry_after() {
        // A whole second more than needed is friendlier than one too few.
        Some(wait) => rejection.help(format!("try again in {} s", wait.as_secs() + 1)),
        None => rejection.help("try again when one of the running calls has ended"),
    }
}
