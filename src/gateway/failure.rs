//! What may be told of a failure. PostgreSQL's DETAIL, HINT, CONTEXT and QUERY never leave; where its message could
//! tell what is hidden, only the SQLSTATE and a plain sentence do.

use std::time::Duration;

use super::Failure;
use crate::gate::diagnostic::{Reason, Rejection};
use crate::history::{HistoryError, Status};
use crate::postgres::execute::{DatabaseError, Outcome, StopReason};
use crate::postgres::{ExecuteError, PoolError};

/// The history can't be written, so nothing is answered.
pub(super) fn history(error: HistoryError) -> Rejection {
    // The chain has told the log when it began.
    tracing::debug!(%error, "a call is refused");
    Rejection::new(Reason::HistoryUnavailable, error.to_string())
        .help("nothing is answered that can't be recorded; try again when whoever runs pgwicket has made room")
}

/// What is told of a statement that ran and of which a record is missing. Its answer doesn't leave; that a write was
/// committed, or may have been, has to.
pub(super) fn not_recorded(
    result: &Result<Outcome, Failure>,
    writes: bool,
    timeout: Duration,
    error: HistoryError,
) -> Rejection {
    match result {
        Ok(outcome) if writes && outcome.rehearsed.is_none() => committed_not_recorded(&error),
        Err(Failure::Execution { error: unknown @ ExecuteError::Unknown, opaque }) => {
            tracing::error!(%error, "a write may have been committed, and its outcome could not be recorded");
            execution(unknown, *opaque, timeout)
        }
        Ok(_) | Err(_) => history(error),
    }
}

fn committed_not_recorded(error: &HistoryError) -> Rejection {
    tracing::error!(%error, "a write was committed but its outcome could not be recorded");
    Rejection::new(
        Reason::CommittedNotRecorded,
        "the write was committed, but its outcome could not be written to the history",
    )
    .help("do not repeat it; read the data to see the change")
}

/// The history can't be read.
pub(super) fn unreadable_history(error: &std::io::Error) -> Rejection {
    tracing::error!(%error, "the history can't be read");
    Rejection::new(Reason::HistoryUnavailable, "the history can't be read right now")
}

/// The stable reason of an execution's failure.
pub(super) fn reason(error: &ExecuteError) -> Reason {
    match error {
        ExecuteError::Pool(_) | ExecuteError::Lost | ExecuteError::SessionAltered { .. } => Reason::DatabaseUnavailable,
        ExecuteError::Database(error) if error.by_row_security => Reason::RowNotVisible,
        ExecuteError::Database(_) | ExecuteError::Undecodable(_) => Reason::DatabaseError,
        ExecuteError::CatalogChanged => Reason::CatalogChanged,
        ExecuteError::UnforeseenColumn { .. } | ExecuteError::Unexpected(_) | ExecuteError::StalePlan => {
            Reason::InternalError
        }
        ExecuteError::NotAsText(why) => why.reason,
        ExecuteError::TooManyAffected { .. } => Reason::TooManyRowsAffected,
        ExecuteError::NotAsApproved { .. } => Reason::NotAsApproved,
        ExecuteError::RowNotVisible { .. } => Reason::RowNotVisible,
        ExecuteError::TooCostly { .. } => Reason::TooCostly,
        ExecuteError::RowTooLarge { .. } => Reason::LimitExceeded,
        ExecuteError::Stopped(StopReason::Deadline) => Reason::DeadlineExceeded,
        ExecuteError::Stopped(StopReason::Cancelled) => Reason::Cancelled,
        ExecuteError::Unknown => Reason::OutcomeUnknown,
    }
}

/// How the history calls it.
pub(super) fn status(error: &ExecuteError) -> Status {
    match error {
        ExecuteError::Stopped(StopReason::Deadline) => Status::TimedOut,
        ExecuteError::Stopped(StopReason::Cancelled) => Status::Cancelled,
        ExecuteError::Unknown => Status::Unknown,
        ExecuteError::Pool(_)
        | ExecuteError::Lost
        | ExecuteError::SessionAltered { .. }
        | ExecuteError::Database(_)
        | ExecuteError::Undecodable(_)
        | ExecuteError::CatalogChanged
        | ExecuteError::UnforeseenColumn { .. }
        | ExecuteError::Unexpected(_)
        | ExecuteError::StalePlan
        | ExecuteError::RowTooLarge { .. }
        | ExecuteError::NotAsText(_)
        | ExecuteError::TooManyAffected { .. }
        | ExecuteError::TooCostly { .. }
        | ExecuteError::NotAsApproved { .. }
        | ExecuteError::RowNotVisible { .. } => Status::Failed,
    }
}

/// PostgreSQL's code, if it said one.
pub(super) fn sqlstate(error: &ExecuteError) -> Option<String> {
    match error {
        ExecuteError::Database(error) => Some(error.sqlstate.clone()),
        _ => None,
    }
}

/// The rejection that may leave. `opaque`: PostgreSQL's message may not.
pub(super) fn execution(error: &ExecuteError, opaque: bool, timeout: Duration) -> Rejection {
    let reason = reason(error);
    match error {
        ExecuteError::Database(error) if error.by_row_security => out_of_sight(),
        ExecuteError::Database(error) => database(error, opaque),
        ExecuteError::Pool(PoolError::Busy { connections }) => {
            tracing::warn!(connections, "all connections were in use for as long as a statement could wait");
            Rejection::new(reason, format!("no connection to the database was free within {} s", timeout.as_secs_f64()))
                .help("try again in a moment")
        }
        ExecuteError::Pool(cause) => {
            tracing::error!(%cause, "no session could be had");
            Rejection::new(reason, "the database can't be reached right now").help("try again in a moment")
        }
        ExecuteError::Lost => Rejection::new(reason, "the connection to the database was lost; nothing was changed")
            .help("try again in a moment"),
        ExecuteError::SessionAltered { settings } => {
            tracing::error!(
                ?settings,
                "a pooler between pgwicket and PostgreSQL drops the session's settings; connect to the server itself"
            );
            Rejection::new(reason, "the database session is not as pgwicket set it up, so nothing was answered")
                .help("whoever runs pgwicket finds the cause in its log")
        }
        ExecuteError::Stopped(StopReason::Deadline) => Rejection::new(
            reason,
            format!("the statement ran longer than {} s and was cancelled", timeout.as_secs_f64()),
        )
        .help("read less: add a WHERE, aggregate in SQL, or use an indexed column"),
        ExecuteError::Stopped(StopReason::Cancelled) => Rejection::new(reason, "the statement was cancelled"),
        ExecuteError::NotAsText(why) => (**why).clone(),
        ExecuteError::TooManyAffected { affected, most, rule } => Rejection::new(
            reason,
            format!(
                "the statement would have changed {affected} rows, more than the {most} allowed; it was rolled back"
            ),
        )
        .by(Some((**rule).clone()))
        .help("narrow its WHERE"),
        ExecuteError::TooCostly { most, rule } => Rejection::new(
            reason,
            format!("PostgreSQL estimates that the query costs more than the {most} allowed; it was not run"),
        )
        .by(Some((**rule).clone()))
        .help("read less: add a WHERE on an indexed column, or aggregate fewer rows; EXPLAIN shows what is costly"),
        ExecuteError::NotAsApproved { approved, now } => {
            let what = match now == approved {
                true => "other rows than those approved, or other values".to_owned(),
                false => format!("{now} rows, and {approved} were approved"),
            };
            Rejection::new(
                reason,
                format!(
                    "the data has changed since it was approved: the statement would write {what}; it was rolled back"
                ),
            )
            .help("submit it again, and ask again")
        }
        ExecuteError::RowNotVisible { rule } => out_of_sight().by(Some((**rule).clone())),
        ExecuteError::RowTooLarge { .. } => Rejection::new(
            reason,
            "a row of the result takes more than half of what a result may have; nothing was changed",
        )
        .help("cut long values with left() or substring(), or read fewer columns"),
        ExecuteError::CatalogChanged => {
            Rejection::new(reason, "the database's structure changed while the statement was on its way")
                .help("try again")
        }
        ExecuteError::Unknown => {
            Rejection::new(reason, "the connection was lost while committing: whether the change took place is unknown")
                .help("read the data to find out before you repeat it")
        }
        ExecuteError::Undecodable(cause) => {
            tracing::error!(%cause, "a value could not be read");
            Rejection::new(reason, "a value of the result could not be read").help("cast the column to text")
        }
        ExecuteError::UnforeseenColumn { .. } | ExecuteError::Unexpected(_) | ExecuteError::StalePlan => {
            tracing::error!(%error, "the executor refused the statement");
            Rejection::new(reason, "pgwicket's own check failed, so nothing was answered")
                .help("this is a defect of pgwicket: please report the statement")
        }
    }
}

/// By our own check, or by PostgreSQL's row-level security.
fn out_of_sight() -> Rejection {
    Rejection::new(
        Reason::RowNotVisible,
        "a row that the statement writes would be out of this principal's sight; it was rolled back",
    )
    .help("the policy's row filter has to hold for every row as it is written")
}

fn database(error: &DatabaseError, opaque: bool) -> Rejection {
    let (plain, help) = plain(&error.sqlstate);
    let message = if opaque {
        format!("{plain} (SQLSTATE {})", error.sqlstate)
    } else {
        format!("{} (SQLSTATE {})", error.message, error.sqlstate)
    };
    let rejection = Rejection::new(Reason::DatabaseError, message);
    match help {
        Some(help) => rejection.help(help),
        None => rejection,
    }
}

/// A sentence of our own for a SQLSTATE (PostgreSQL's documentation, appendix A), and advice where there is some.
fn plain(sqlstate: &str) -> (&'static str, Option<&'static str>) {
    match sqlstate {
        "21000" => ("a subquery gave more than one row", Some("add LIMIT 1, aggregate, or use IN")),
        "22003" => ("a number is out of range", Some("cast to a wider type, such as numeric")),
        "22007" | "22008" => ("a date or time is not valid", None),
        "22012" => ("division by zero", Some("divide by NULLIF(x, 0)")),
        "22023" => ("an argument is not valid", None),
        "22P02" => ("a value does not have the form of its type", Some("check the literal or parameter, or cast")),
        "23502" => ("a column that may not be null would be null", None),
        "23503" => ("a foreign key would be violated", None),
        "23505" => ("a unique key would be violated", None),
        "23514" => ("a check constraint would be violated", None),
        "42501" => (
            "the database role lacks a privilege",
            Some("whoever runs pgwicket finds the grants with `pgwicket policy grants`"),
        ),
        "42803" => (
            "a selected column must appear in GROUP BY or be used in an aggregate",
            Some("name every selected column in GROUP BY"),
        ),
        "42804" => ("types do not match", Some("cast one side")),
        "42883" => ("there is no such function or operator for these types", Some("cast the arguments")),
        "42P18" => ("a parameter's type can't be told", Some("cast it, as in `$1::int`")),
        "53100" | "53200" | "53300" | "53400" => {
            ("the database is short of resources", Some("try again, or ask for less"))
        }
        "54000" | "54001" | "54011" | "54023" => ("the statement is too complex for PostgreSQL", None),
        "57014" => ("the statement was cancelled in the database", None),
        _ => match sqlstate.get(..2) {
            Some("22") => ("a value is not valid for what is done with it", None),
            Some("23") => ("a constraint would be violated", None),
            Some("40") => ("the transaction collided with another", Some("try again")),
            Some("42") => ("PostgreSQL does not accept the statement", None),
            _ => ("PostgreSQL failed to run the statement", None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error() -> DatabaseError {
        DatabaseError {
            sqlstate: "22P02".into(),
            message: "invalid input syntax for type integer: \"123-45-6789\"".into(),
            detail: Some("secret detail".into()),
            hint: None,
            context: Some("secret context".into()),
            object: Default::default(),
            by_row_security: false,
        }
    }

    #[test]
    fn a_write_that_may_be_committed_is_told_even_if_it_is_not_recorded() {
        let told = |error: ExecuteError| {
            let result = Err(Failure::Execution { error, opaque: true });
            let full = HistoryError::Unavailable { cause: "the disk is full".into() };
            not_recorded(&result, true, Duration::from_secs(1), full).reason
        };
        assert_eq!(told(ExecuteError::Unknown), Reason::OutcomeUnknown);
        assert_eq!(told(ExecuteError::Lost), Reason::HistoryUnavailable);
    }

    #[test]
    fn a_pool_in_use_is_no_database_out_of_reach() {
        let told = execution(&PoolError::Busy { connections: 15 }.into(), false, Duration::from_millis(1500));
        assert_eq!(told.message, "no connection to the database was free within 1.5 s");
        let told = execution(&PoolError::Closed.into(), false, Duration::from_secs(1));
        assert_eq!(told.message, "the database can't be reached right now");
    }

    #[test]
    fn an_opaque_failure_quotes_nothing() {
        let told = database(&error(), true).to_json(None).to_string();
        assert!(told.contains("22P02") && !told.contains("6789"), "{told}");
    }

    #[test]
    fn detail_and_context_never_leave() {
        let told = database(&error(), false).to_json(None).to_string();
        assert!(told.contains("6789") && !told.contains("secret"), "{told}");
    }
}
