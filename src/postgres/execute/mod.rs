//! Executes what the gate admitted, and nothing else: the only way in takes an [`Admitted`] by value.
//!
//! ```compile_fail
//! // A text that the gate didn't emit can't be executed: there is no function that takes one.
//! async fn run(pool: &pgwicket::postgres::Pool, context: pgwicket::postgres::execute::Context) {
//!     let _ = pgwicket::postgres::execute::execute(pool, "SELECT 1", context).await;
//! }
//! ```

mod effect;
mod error;
mod flight;
mod parameters;
mod prepared;
mod progress;

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_postgres::Error;
use tokio_util::sync::CancellationToken;

pub use effect::{Confirming, Effect};
pub(crate) use error::is_about_prepared_names;
pub use error::{DatabaseError, ErrorObject, ExecuteError, StopReason};
pub(crate) use prepared::Prepared;
use progress::Progress;

use super::cancel::Canceller;
use super::pool::{Lease, Pool};
use super::rows::ResultSet;
use super::session::{Kept, Session, Settings};
use super::statements;
use super::verify::Expectation;
use crate::gate::admit::{Admitted, Permit};
use crate::gate::policy::model::StatementKind;

/// How long a stopped statement may take to end, and a COMMIT on its way to be answered.
const GRACE: Duration = Duration::from_secs(5);
/// How long a stopped statement is given to end before the server is asked once more; then twice as long, and so on.
const CANCEL_PAUSE: Duration = Duration::from_millis(20);
/// The server's own limit lies this much behind ours: it only matters if we are no longer there to cancel.
const SERVER_MARGIN: Duration = Duration::from_secs(1);
/// The pool's own "all in use" says more than a deadline, so it gets this much more time to be told.
const POOL_MARGIN: Duration = Duration::from_millis(50);
/// The longest `statement_timeout` that the server takes, in milliseconds.
const LONGEST_TIMEOUT: u128 = 2_147_483_647;
/// Attempts at a round trip after a cancel request; the first may be what the request hits.
const SETTLE_ATTEMPTS: usize = 2;

/// What a statement brings along beside what the gate decided.
#[derive(Clone, Debug)]
pub struct Context {
    /// When it has to be done, the wait for a session included. The permit's timeout holds as well.
    pub deadline: Instant,
    /// Cancelled when the client cancels or is gone. Dropping the future of [`execute`] does the same.
    pub cancel: CancellationToken,
    /// What `pg_stat_activity` shows; no secret.
    pub application_name: String,
    /// Told which backend it ran on.
    pub backend: Backend,
    /// How a write runs that a person has to confirm. Without, such a write doesn't run.
    pub confirming: Option<Confirming>,
}

/// The PostgreSQL backend that a statement ran on, or the last one that it was tried on.
#[derive(Clone, Debug, Default)]
pub struct Backend(Arc<AtomicI32>);

impl Backend {
    /// Its process id; none if no session could be had.
    pub fn pid(&self) -> Option<i32> {
        Some(self.0.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }
}

/// A statement that was executed and verified; a write is committed as well, but for one that was only tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its rows; for a write without RETURNING none, and no columns.
    pub result: ResultSet,
    /// Rows that a write changed; `None` for a read.
    pub affected_rows: Option<u64>,
    /// Whether more of its rows can be asked for, where it has pages at all.
    pub pages: Option<Pages>,
    /// Of a write that was tried and rolled back: what it would do. Its result are some of the rows that it would write.
    pub rehearsed: Option<Effect>,
}

/// How the pages of a query fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// Its ORDER BY decides the order of all rows.
    Ordered,
    /// It doesn't, so pages may overlap, and miss rows.
    Unordered,
}

impl Pages {
    fn of(permit: &Permit) -> Option<Self> {
        let is_query = permit.kind == StatementKind::Select && permit.writes.is_empty();
        is_query.then_some(if permit.total_order { Self::Ordered } else { Self::Unordered })
    }
}

/// Whether the transaction may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
}

impl Purpose {
    /// EXPLAIN is a read, whatever it explains: READ ONLY holds it to that.
    fn of(kind: StatementKind) -> Self {
        match kind {
            StatementKind::Select | StatementKind::Explain | StatementKind::ExplainAnalyze => Self::Read,
            StatementKind::Insert | StatementKind::Update | StatementKind::Delete | StatementKind::Merge => Self::Write,
        }
    }
}

/// Executes an admitted statement in a transaction of its own.
///
/// Dropping the future stops the statement; the session is then brought back in order, or closed, by a task of its own.
///
/// # Errors
/// See [`ExecuteError`]; only after [`ExecuteError::Unknown`] may something have been changed.
pub async fn execute(pool: &Pool, admitted: Admitted, context: Context) -> Result<Outcome, ExecuteError> {
    let own = Instant::now().checked_add(admitted.permit().timeout);
    let deadline = own.map_or(context.deadline, |own| own.min(context.deadline));
    let context = Context { deadline, cancel: context.cancel.child_token(), ..context };
    // Dropped with this future, and then seen by the task as a cancel.
    let _gone = context.cancel.clone().drop_guard();
    let admitted = Arc::new(admitted);
    loop {
        let lease = lease(pool, &context).await?;
        let was_reused = lease.was_reused();
        let task = tokio::spawn(supervise(lease, Arc::clone(&admitted), context.clone()));
        let ended = task.await.map_err(|error| ExecuteError::Unexpected(error.to_string()))?;
        match ended {
            // A kept session may have died unseen; a fresh one decides. Nothing was executed, or nothing that changes.
            Ended { result: Err(ExecuteError::Lost), repeatable: true } if was_reused => {}
            Ended { result: Err(ExecuteError::StalePlan), repeatable: true } => {}
            Ended { result, .. } => return result,
        }
    }
}

async fn lease(pool: &Pool, context: &Context) -> Result<Lease, ExecuteError> {
    let wait = context.deadline.saturating_duration_since(Instant::now());
    let patient = Context { deadline: context.deadline + POOL_MARGIN, ..context.clone() };
    tokio::select! {
        biased;
        // First, so that a session at hand costs no timer.
        lease = pool.lease(wait) => Ok(lease?),
        reason = stop(&patient) => Err(ExecuteError::Stopped(reason)),
    }
}

/// Resolves when the statement has to stop.
async fn stop(context: &Context) -> StopReason {
    tokio::select! {
        biased;
        () = context.cancel.cancelled() => StopReason::Cancelled,
        () = sleep_until(context.deadline) => StopReason::Deadline,
    }
}

/// What the flights need to know.
struct Plan<'a> {
    admitted: &'a Admitted,
    expectation: Expectation<'a>,
    settings: Settings,
    confirming: Option<&'a Confirming>,
}

impl<'a> Plan<'a> {
    fn new(admitted: &'a Admitted, context: &'a Context) -> Self {
        let permit = admitted.permit();
        // The principal's limit and not what is left of it, so that it is the same for the next statement.
        let limit = permit.timeout.saturating_add(SERVER_MARGIN).as_millis().min(LONGEST_TIMEOUT);
        Self {
            admitted,
            expectation: Expectation::new(admitted.verification(), Purpose::of(permit.kind), permit.role.as_deref()),
            settings: Settings {
                statement_timeout: format!("{limit}ms"),
                application_name: context.application_name.clone(),
            },
            confirming: context.confirming.as_ref(),
        }
    }

    /// Sets what this statement needs and the session doesn't have; sent at the first poll. The role comes last, since
    /// another role may not be allowed to set the rest.
    async fn set(&self, session: &Session) -> Result<(), Error> {
        let (client, frame) = session.parts();
        let for_session = async {
            if matches!(session.settings(), Kept::Set(kept) if *kept == self.settings) {
                return Ok(());
            }
            let Settings { statement_timeout, application_name } = &self.settings;
            statements::ask(client, &frame.set_for_session, &[statement_timeout, application_name]).await.map(|_| ())
        };
        let role = async {
            match self.admitted.permit().role.as_deref() {
                Some(role) => statements::ask(client, &frame.set_role, &[&role]).await.map(|_| ()),
                None => Ok(()),
            }
        };
        let path = async {
            match &self.admitted.verification().search_path {
                Some(path) => statements::ask(client, &frame.set_path, &[path]).await.map(|_| ()),
                None => Ok(()),
            }
        };
        let attributes = async {
            let attributes = self.admitted.native_attributes();
            if attributes.is_empty() {
                return Ok(());
            }
            let (names, values): (Vec<&str>, Vec<&str>) =
                attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).unzip();
            statements::ask(client, &frame.set_attributes, &[&names, &values]).await.map(|_| ())
        };
        let (for_session, path, attributes, role) = tokio::join!(biased; for_session, path, attributes, role);
        for_session.and(path).and(attributes).and(role)
    }
}

struct Ended {
    result: Result<Outcome, ExecuteError>,
    /// Doing it once more can't do it twice.
    repeatable: bool,
}

/// Runs the statement, stops it when it has to stop, and gives the session back only if it is known to be in order.
async fn supervise(mut lease: Lease, admitted: Arc<Admitted>, context: Context) -> Ended {
    let purpose = Purpose::of(admitted.permit().kind);
    let progress = Progress::default();
    let plan = Plan::new(&admitted, &context);
    let Some(session) = lease.session() else {
        return Ended { result: Err(ExecuteError::Lost), repeatable: false };
    };
    context.backend.0.store(session.pid(), Ordering::Relaxed);
    session.wire().set_for_result(admitted.permit().byte_cap);
    let (result, in_doubt) = run(session, &plan, purpose, &progress, &context).await;
    // What a transaction set ends with it, unless it was committed. A request to cancel that came too late for the statement
    // may have hit the COMMIT of a read, whose answer nobody waited for.
    session.remember((result.is_ok() && !progress.is_stopped()).then(|| plan.settings.clone()));
    if session.wire().is_exceeded() {
        // Known, so not tried again; a COMMIT's answer is small, so it was never on its way.
        let most = session.wire().most();
        return Ended { result: Err(ExecuteError::RowTooLarge { most }), repeatable: false };
    }
    session.wire().reset();
    let repeatable = purpose == Purpose::Read || progress.is_preparing();
    let result = match result {
        Ok(outcome) if !in_doubt => {
            if !progress.is_stopped() || settle(session).await {
                give_back(lease, &admitted);
            }
            return Ended { result: Ok(outcome), repeatable };
        }
        // What was set for the session outlives the transaction.
        Err(error @ ExecuteError::SessionAltered { .. }) => Err(error),
        Err(error) if !in_doubt => match settle(session).await {
            true => {
                let error = Box::pin(explain(error, session, &plan, purpose)).await;
                give_back(lease, &admitted);
                Err(error)
            }
            false => Err(error),
        },
        result => result,
    };
    Ended { result, repeatable }
}

/// Gives the session back. Behind a read for which only PostgreSQL's own code and a trusted extension's ran, nothing is
/// left in it but what the next statement sets anyway, so nothing is done. Behind code of users', and behind writes, which
/// move sequences, it is cleaned first, while the answer is on its way.
fn give_back(mut lease: Lease, admitted: &Admitted) {
    if !admitted.verification().foreign_code && Purpose::of(admitted.permit().kind) == Purpose::Read {
        return lease.release();
    }
    tokio::spawn(async move {
        if let Some(session) = lease.session()
            && session.clean().await
        {
            lease.release();
        }
    });
}

/// The statement against its deadline and its client. The second value says that nothing is known of the session.
async fn run(
    session: &mut Session,
    plan: &Plan<'_>,
    purpose: Purpose,
    progress: &Progress,
    context: &Context,
) -> (Result<Outcome, ExecuteError>, bool) {
    let canceller = session.canceller();
    let work = async {
        match purpose {
            Purpose::Read => flight::read(session, plan, progress).await,
            Purpose::Write => flight::write(session, plan, progress).await,
        }
    };
    let mut work = std::pin::pin!(work);
    let reason = tokio::select! {
        biased;
        result = &mut work => return (result, false),
        reason = stop(context) => reason,
    };
    // The work goes on until the server has answered all of it: only then are both in step again.
    let work = timeout(GRACE, work);
    let (cancelled, ended) =
        if progress.stop() { cancel_until_ended(&canceller, work).await } else { (true, work.await) };
    let in_doubt = !cancelled || ended.is_err();
    let result = match ended {
        // It was faster than the request, or its COMMIT was on its way.
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(error @ (ExecuteError::Unknown | ExecuteError::SessionAltered { .. }))) => Err(error),
        Err(_) if progress.is_committing() => Err(ExecuteError::Unknown),
        Ok(Err(_)) | Err(_) => Err(ExecuteError::Stopped(reason)),
    };
    (result, in_doubt)
}

/// Asks the server to cancel until the work has ended: what it is asked before it has begun with the statement is lost.
/// Gives whether every request has reached the server.
async fn cancel_until_ended<T>(canceller: &Canceller, work: impl Future<Output = T>) -> (bool, T) {
    let mut work = std::pin::pin!(work);
    let mut pause = CANCEL_PAUSE;
    loop {
        let mut request = std::pin::pin!(canceller.cancel());
        let mut ended = None;
        // To its end, even if the work has ended meanwhile: it would hit what the session does next.
        let arrived = loop {
            tokio::select! {
                biased;
                one = &mut work, if ended.is_none() => ended = Some(one),
                arrived = &mut request => break arrived,
            }
        };
        match ended {
            Some(ended) => return (arrived, ended),
            None if !arrived => return (false, work.await),
            None => {}
        }
        tokio::select! {
            biased;
            ended = &mut work => return (true, ended),
            () = sleep(pause) => pause *= 2,
        }
    }
}

/// Ends whatever transaction is open and waits for the answer. `false` means that the session can't be trusted.
async fn settle(session: &Session) -> bool {
    let (client, frame) = session.parts();
    for _ in 0..SETTLE_ATTEMPTS {
        match timeout(GRACE, statements::run(client, &frame.rollback)).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) if error.as_db_error().is_some() && !error::ends_the_connection(&error) => {}
            Ok(Err(_)) | Err(_) => return false,
        }
    }
    false
}

/// PostgreSQL's refusal may come from a catalog that isn't the admitted one, and then its words may quote what policy
/// hides; and what is too costly, or has no binary format, may be another relation than the admitted one. Stamps never return to an earlier value, so if they hold now, they held when it was refused.
async fn explain(error: ExecuteError, session: &Session, plan: &Plan<'_>, purpose: Purpose) -> ExecuteError {
    if !matches!(error, ExecuteError::Database(_) | ExecuteError::TooCostly { .. } | ExecuteError::NotAsText(_)) {
        return error;
    }
    let (client, frame) = session.parts();
    let begin = match purpose {
        Purpose::Read => &frame.begin_read,
        Purpose::Write => &frame.begin_write,
    };
    let (begun, set, verified, ended) = tokio::join!(
        biased;
        statements::run(client, begin),
        plan.set(session),
        plan.expectation.check(client, frame),
        statements::run(client, &frame.rollback),
    );
    match (begun, set, verified, ended) {
        (Ok(()), Ok(()), Ok(()), Ok(())) => error,
        (_, _, Err(change @ (ExecuteError::CatalogChanged | ExecuteError::SessionAltered { .. })), _) => change,
        _ => error,
    }
}

#[cfg(test)]
mod tests;
