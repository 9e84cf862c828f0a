//! One transaction a statement, its messages sent together: what can travel in one flight isn't awaited one by one.
//!
//! A **read** is BEGIN, settings, execute, verification and COMMIT in one flight; its rows are released only if the
//! verification, which ran after the statement had taken its locks, holds. They don't wait for the answer to COMMIT: it
//! ends a transaction that changed nothing. A text that is new to the session is prepared in a flight of its own before,
//! inside the same transaction; so is the question what it would cost, where that is bounded, for every execution.
//!
//! A **write** is prepared afresh, so that parsing takes its locks, and verified before execute is sent; verified once
//! more behind execute, since a descendant may have appeared while it was planned; then its affected rows are
//! compared with their cap, every row that came back has to be one that the principal sees, and only then COMMIT is sent.
#![expect(clippy::disallowed_methods, reason = "executes what was prepared from admitted text, and nothing else")]

use std::error::Error;
use std::pin::{Pin, pin};
use std::sync::Arc;

use futures_util::future::{Either, select};
use futures_util::{FutureExt, TryStreamExt};
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Client, Row, RowStream};

use super::effect::{Digester, Effect};
use super::error::{ExecuteError, StopReason, ends_the_connection};
use super::parameters::TextParameter;
use super::prepared::{Columns, Helpers, Prepared};
use super::progress::Progress;
use super::{Outcome, Pages, Plan};
use crate::gate::admit::Permit;
use crate::gate::plan::{PlanShape, total_cost};
use crate::postgres::rows::{Form, Malformed, OutputColumn, RowWriter, Undecodable};
use crate::postgres::session::Session;
use crate::postgres::statements;

/// Executes a read. Whatever the outcome, the transaction's end was asked for, unless a flight before it failed.
pub(super) async fn read(session: &mut Session, plan: &Plan<'_>, progress: &Progress) -> Result<Outcome, ExecuteError> {
    let text = plan.admitted.sql();
    let known = session.cache().find(text).map(Arc::clone);
    let (client, frame) = session.parts();
    let begin = async { tokio::join!(biased; statements::run(client, &frame.begin_read), plan.set(session)) };
    let is_new = known.is_none();
    let of_kept_plan = |error: ExecuteError| if is_new { error } else { error.of_kept_plan() };
    let (outcome, prepared) = match known {
        Some(prepared) if prepared.estimate().is_none() => {
            prepared.check_origins(plan.admitted.permit())?;
            go_on(progress.may_execute())?;
            let ((begun, set), outcome) =
                tokio::join!(biased; begin, execute_and_commit(client, session, plan, &prepared));
            begun?;
            set?;
            (outcome.map_err(of_kept_plan), prepared)
        }
        known => {
            let prepared = async {
                match known {
                    Some(prepared) => Ok(prepared),
                    None => Prepared::prepare(client, plan.admitted).await.map(Arc::new),
                }
            };
            let ((begun, set), prepared) = tokio::join!(biased; begin, prepared);
            begun?;
            set?;
            let prepared = prepared?;
            prepared.check_origins(plan.admitted.permit())?;
            go_on(progress.may_execute())?;
            let outcome = match within_cost(client, plan, &prepared).await {
                Ok(()) => execute_and_commit(client, session, plan, &prepared).await,
                Err(error) => Err(error),
            };
            (outcome.map_err(of_kept_plan), prepared)
        }
    };
    match &outcome {
        Ok(_) if is_new => session.cache().keep(text, prepared),
        // The plan may be stale, and preparing again is cheap next to failing.
        Err(_) => session.cache().forget(text),
        Ok(_) => {}
    }
    outcome
}

/// Asks the planner what the statement would cost with its values, where that is bounded.
async fn within_cost(client: &Client, plan: &Plan<'_>, prepared: &Prepared) -> Result<(), ExecuteError> {
    let (Some(estimate), Some((most, rule))) = (prepared.estimate(), &plan.admitted.permit().cost_cap) else {
        return Ok(());
    };
    let parameters = plan.admitted.parameters().iter().map(|value| TextParameter(value.as_deref()));
    let said = document(pin!(client.query_raw(estimate, parameters.collect::<Vec<_>>()).await?)).await?;
    let cost = said.as_deref().and_then(total_cost);
    let cost = cost.ok_or_else(|| ExecuteError::Unexpected("EXPLAIN gave no cost".to_owned()))?;
    // Whole numbers of this size are exact enough for an estimate.
    if cost > *most as f64 {
        return Err(ExecuteError::TooCostly { most: *most, rule: Box::new(rule.clone()) });
    }
    Ok(())
}

/// What came as one value.
async fn document(mut stream: Pin<&mut RowStream>) -> Result<Option<String>, ExecuteError> {
    let mut said: Option<String> = None;
    while let Some(row) = stream.try_next().await? {
        let value = raw_value(&row, 0).ok().flatten().and_then(|raw| std::str::from_utf8(raw).ok());
        said = value.map(str::to_owned);
    }
    Ok(said)
}

async fn execute_and_commit(
    client: &Client,
    session: &Session,
    plan: &Plan<'_>,
    prepared: &Prepared,
) -> Result<Outcome, ExecuteError> {
    let (_, frame) = session.parts();
    let answers = async { tokio::join!(biased; rows(client, plan, prepared), plan.expectation.check(client, frame)) };
    // Sent behind the two; whoever has the session next is answered after it, and finds out if it failed.
    let (result, verified) = ahead_of(statements::run(client, &frame.commit), answers).await;
    let Executed { writer, .. } = result?;
    verified?;
    let pages = Pages::of(plan.admitted.permit());
    Ok(Outcome { result: writer.finish(None), affected_rows: None, pages, rehearsed: None })
}

/// The answers, as soon as they are there, without waiting for what is sent behind them. It is sent when it is first
/// polled, which has to happen even if the answers were there at once: the connection is another task, maybe on another
/// thread.
async fn ahead_of<T>(behind: impl Future, answers: impl Future<Output = T>) -> T {
    match select(pin!(answers), pin!(behind)).await {
        Either::Left((answers, behind)) => {
            let _ = behind.now_or_never();
            answers
        }
        Either::Right((_, answers)) => answers.await,
    }
}

/// Executes a write.
pub(super) async fn write(
    session: &mut Session,
    plan: &Plan<'_>,
    progress: &Progress,
) -> Result<Outcome, ExecuteError> {
    let (client, frame) = session.parts();
    let (begun, set, prepared, verified) = tokio::join!(
        biased;
        statements::run(client, &frame.begin_write),
        plan.set(session),
        Prepared::prepare(client, plan.admitted),
        plan.expectation.check(client, frame),
    );
    begun?;
    set?;
    let prepared = prepared?;
    verified?;
    prepared.check_origins(plan.admitted.permit())?;
    go_on(progress.may_execute())?;
    let (result, verified) = tokio::join!(biased; rows(client, plan, &prepared), plan.expectation.check(client, frame));
    let Executed { writer, written, digest } = result?;
    verified?;
    let affected = held_to(plan.admitted.permit(), &written)?;
    let effect = digest.map(|digest| Effect { rows: affected, digest });
    match (effect, plan.confirming.and_then(|confirming| confirming.approved)) {
        (None, None) => {}
        (Some(effect), None) => {
            // What only COMMIT would refuse is nothing to ask a person about.
            statements::CHECK_DEFERRED.rows(client).await?;
            statements::run(client, &frame.rollback).await?;
            let result = writer.finish(Some(affected));
            return Ok(Outcome { result, affected_rows: Some(affected), pages: None, rehearsed: Some(effect) });
        }
        (Some(effect), Some(approved)) if effect == approved => {}
        (effect, Some(approved)) => {
            let now = effect.map_or(affected, |effect| effect.rows);
            return Err(ExecuteError::NotAsApproved { approved: approved.rows, now });
        }
    }
    go_on(progress.may_commit())?;
    match statements::run(client, &frame.commit).await {
        Ok(()) => Ok(Outcome {
            result: writer.finish(Some(affected)),
            affected_rows: Some(affected),
            pages: None,
            rehearsed: None,
        }),
        Err(error) if ends_the_connection(&error) => Err(ExecuteError::Unknown),
        Err(error) => Err(error.into()),
    }
}

/// Whether each write touched only what it may; how many rows the statement touched in all.
fn held_to(permit: &Permit, written: &[Touched]) -> Result<u64, ExecuteError> {
    if permit.writes.len() != written.len() {
        return Err(ExecuteError::Unexpected("not every write says what it touched".to_owned()));
    }
    let checks = || permit.writes.iter().zip(written);
    for (check, _) in checks() {
        let Some((most, rule)) = &check.max_affected_rows else { continue };
        // A rule on a table counts what is written of its partitions and children, whatever name they are written by.
        let under_it = checks().filter(|(other, _)| {
            let by_the_rule = other.max_affected_rows.as_ref().is_some_and(|(_, other)| other == rule);
            by_the_rule || other.target == check.target || check.descendants.contains(&other.target)
        });
        let affected = under_it.fold(0_u64, |sum, (_, touched)| sum.saturating_add(touched.rows));
        if affected > *most {
            return Err(ExecuteError::TooManyAffected { affected, most: *most, rule: Box::new(rule.clone()) });
        }
    }
    for (check, touched) in checks() {
        if let Some(rule) = check.row_check.as_ref().filter(|_| touched.visible != Some(touched.rows)) {
            return Err(ExecuteError::RowNotVisible { rule: Box::new(rule.clone()) });
        }
    }
    Ok(written.iter().fold(0, |sum, touched| sum.saturating_add(touched.rows)))
}

/// Whoever stopped the statement replaces the reason by the true one.
fn go_on(may: bool) -> Result<(), ExecuteError> {
    if may { Ok(()) } else { Err(ExecuteError::Stopped(StopReason::Cancelled)) }
}

/// What came back, to the end.
struct Executed {
    writer: RowWriter,
    /// What each write touched.
    written: Vec<Touched>,
    /// Which rows, where a person has to confirm that.
    digest: Option<[u8; 32]>,
}

/// What one write touched.
struct Touched {
    rows: u64,
    /// How many of the rows came back as ones that the principal sees; `None` where nothing asks for it.
    visible: Option<u64>,
}

/// Of what a write would do a person is shown so many rows, in about so many bytes.
const SAMPLE_ROWS: u64 = 5;
const SAMPLE_BYTES: u64 = 8 * 1024;

/// Executes and reads to the end, past the caps as well: what follows on the connection has to be reached, and a write
/// has to be done.
async fn rows(client: &Client, plan: &Plan<'_>, prepared: &Prepared) -> Result<Executed, ExecuteError> {
    let permit = plan.admitted.permit();
    let (statement, form) = prepared.executable();
    let parameters = plan.admitted.parameters().iter().map(|value| TextParameter(value.as_deref()));
    let Columns { client: columns, shown, helpers } = prepared.columns(permit)?;
    // The executor's own wall: what has to be confirmed never runs as if it hadn't.
    let confirming = match (&permit.confirm, plan.confirming) {
        (None, _) => None,
        (Some(confirm), Some(confirming)) => Some((confirm, confirming)),
        (Some(_), None) => return Err(ExecuteError::Unexpected("a write that nobody confirmed".to_owned())),
    };
    let shown_from = columns.len();
    let rehearsing = confirming.is_some_and(|(_, confirming)| confirming.approved.is_none());
    let mut digester = confirming.map(|(_, confirming)| Digester::new(&confirming.key));
    let mut stream = pin!(client.query_raw(statement, parameters.collect::<Vec<_>>()).await?);
    if let Some(shape) = &permit.plan_shape {
        return shape_of_plan(stream, shape, permit).await;
    }
    // A write that returns nothing to the client has rows for the check only.
    let for_client = rehearsing || !columns.is_empty() || (matches!(helpers, Helpers::Absent) && shown.is_empty());
    let (first, mut writer) = match rehearsing {
        true => (shown_from, RowWriter::new(shown, form, SAMPLE_ROWS, SAMPLE_BYTES)),
        false => (0, RowWriter::new(columns, form, permit.row_cap, permit.byte_cap)),
    };
    let mut undecodable: Option<Undecodable> = None;
    let mut visible = 0;
    let mut counted = None;
    while let Some(row) = stream.try_next().await? {
        if let (Some(digester), Some((confirm, _))) = (&mut digester, confirming) {
            let values = confirm.identity.iter().map(|at| raw_value(&row, shown_from + at));
            let values = values.collect::<Result<Vec<_>, _>>();
            let values = values.map_err(|_| ExecuteError::Unexpected("a write does not show its rows".to_owned()))?;
            digester.row(values.into_iter());
        }
        let is_for_client = match &helpers {
            Helpers::Absent => for_client,
            Helpers::Visible(at) => {
                visible += u64::from(raw_value(&row, *at).is_ok_and(|value| value == Some(TRUE)));
                for_client
            }
            Helpers::Counts { rows, writes } => {
                if counted.is_none() {
                    counted = Some(counts(&row, writes)?);
                }
                count_at(&row, *rows)? > 0
            }
        };
        if undecodable.is_none() && is_for_client {
            undecodable = writer.push(|index| raw_value(&row, first + index)).err();
        }
    }
    let affected = stream.rows_affected().unwrap_or_default();
    let written = match &helpers {
        _ if permit.writes.is_empty() => Vec::new(),
        Helpers::Absent => vec![Touched { rows: affected, visible: None }],
        Helpers::Visible(_) => vec![Touched { rows: affected, visible: Some(visible) }],
        // Without a row nothing is known of them, which is noticed.
        Helpers::Counts { .. } => counted.unwrap_or_default(),
    };
    match undecodable {
        None => Ok(Executed { writer, written, digest: digester.map(|digester| digester.digest()) }),
        Some(error) => Err(error.into()),
    }
}

/// What each write touched, as every row says it.
fn counts(row: &Row, writes: &[(usize, Option<usize>)]) -> Result<Vec<Touched>, ExecuteError> {
    let touched = |(rows, visible): &(usize, Option<usize>)| {
        let visible = visible.map(|at| count_at(row, at)).transpose()?;
        Ok(Touched { rows: count_at(row, *rows)?, visible })
    };
    writes.iter().map(touched).collect()
}

/// A count in PostgreSQL's binary format.
fn count_at(row: &Row, at: usize) -> Result<u64, ExecuteError> {
    let raw = raw_value(row, at).ok().flatten().and_then(|raw| <[u8; 8]>::try_from(raw).ok());
    let count = raw.and_then(|raw| u64::try_from(i64::from_be_bytes(raw)).ok());
    count.ok_or_else(|| ExecuteError::Unexpected("a write does not say how many rows it touched".to_owned()))
}

/// The shape of a plan, which comes as one value.
async fn shape_of_plan(
    stream: Pin<&mut RowStream>,
    shape: &PlanShape,
    permit: &Permit,
) -> Result<Executed, ExecuteError> {
    let no_plan = || ExecuteError::Unexpected("EXPLAIN gave no plan".to_owned());
    let lines = document(stream).await?.and_then(|said| shape.of(&said)).ok_or_else(no_plan)?;
    let column = OutputColumn::new("QUERY PLAN", if shape.text { &Type::TEXT } else { &Type::JSON });
    let mut writer = RowWriter::new([column].into(), Form::Binary, permit.row_cap, permit.byte_cap);
    for line in &lines {
        writer.push(|_| Ok(Some(line.as_bytes())))?;
    }
    Ok(Executed { writer, written: Vec::new(), digest: None })
}

/// PostgreSQL's binary format of `true`.
const TRUE: &[u8] = &[1];

struct RawValue<'a>(&'a [u8]);

impl<'a> FromSql<'a> for RawValue<'a> {
    fn from_sql(_type: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_type: &Type) -> bool {
        true
    }
}

fn raw_value(row: &Row, index: usize) -> Result<Option<&[u8]>, Malformed> {
    let value: Option<RawValue<'_>> = row.try_get(index).map_err(|_| Malformed("its column is missing"))?;
    Ok(value.map(|raw| raw.0))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn what_is_sent_behind_answers_is_sent_even_if_they_were_there_at_once() {
        let sent = Cell::new(false);
        let behind = async {
            sent.set(true);
            pending::<()>().await;
        };
        assert_eq!(ahead_of(behind, ready(1)).await, 1);
        assert!(sent.get());
        // And nobody waits for it, nor gives up the answers once it is there.
        let later = async {
            tokio::task::yield_now().await;
            2
        };
        assert_eq!(ahead_of(pending::<()>(), later).await, 2);
        let later = async {
            tokio::task::yield_now().await;
            3
        };
        assert_eq!(ahead_of(ready(()), later).await, 3);
    }
}
