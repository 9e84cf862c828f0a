//! Why a statement gave no result. PostgreSQL's words and code are kept apart from ours: what of them may leave is for
//! the gateway to decide.

use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::gate::diagnostic::{Rejection, Rule};
use crate::postgres::pool::PoolError;
use crate::postgres::rows::Undecodable;

/// Why execution ended without a result. Unless it is [`ExecuteError::Unknown`], nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// No session could be had.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// PostgreSQL refused the statement, while its catalog was the one that the statement was admitted for.
    #[error(transparent)]
    Database(Box<DatabaseError>),
    /// The catalog isn't the one that the statement was admitted for: load it and admit once more.
    #[error("the database's structure changed while the statement ran")]
    CatalogChanged,
    /// The session's settings aren't the pinned ones: something between here and the server dropped them.
    #[error("the session's settings are not as pinned: {}", .settings.join(", "))]
    SessionAltered {
        /// Names of the settings that differ.
        settings: Vec<String>,
    },
    /// PostgreSQL says that an output column comes from where the gate didn't foresee.
    #[error("an output column comes from a column that was not admitted")]
    UnforeseenColumn {
        /// OID of the relation.
        relation: u32,
        /// Attribute number in it.
        column: i16,
    },
    /// An output column has no binary format, as only PostgreSQL knew, and the gate refuses to read it as text; nothing was
    /// run.
    #[error("{}", .0.message)]
    NotAsText(Box<Rejection>),
    /// A write touched more rows than allowed and was rolled back.
    #[error("the statement would change {affected} rows, more than {most}")]
    TooManyAffected {
        /// Rows that it would have changed.
        affected: u64,
        /// The cap.
        most: u64,
        /// Where the cap is written.
        rule: Box<Rule>,
    },
    /// The planner estimates that the query costs more than allowed; it wasn't run.
    #[error("the query would cost more than {most}")]
    TooCostly {
        /// The cap.
        most: u64,
        /// Where the cap is written.
        rule: Box<Rule>,
    },
    /// A write that a person approved would do something else by now, and was rolled back.
    #[error("the statement would not do what was approved: {now} rows, {approved} were approved")]
    NotAsApproved {
        /// Rows that were approved.
        approved: u64,
        /// Rows that it would change now; if they are as many, they are others.
        now: u64,
    },
    /// A write left a row that the principal wouldn't see, and was rolled back.
    #[error("a row that the statement writes would not be visible")]
    RowNotVisible {
        /// The row filter's.
        rule: Box<Rule>,
    },
    /// Stopped before it was done; rolled back.
    #[error("{0}")]
    Stopped(StopReason),
    /// The plan of a text that was prepared earlier no longer fits; it is forgotten now. Never leaves the executor.
    #[error("a kept plan no longer fits")]
    StalePlan,
    /// The connection was lost before anything could be committed.
    #[error("the connection to the database was lost")]
    Lost,
    /// One row, or another message of the server, was larger than a result may be; the connection was closed on it.
    #[error("a row of the result is larger than {most} bytes")]
    RowTooLarge {
        /// Bytes that it may have on the wire.
        most: u32,
    },
    /// The connection was lost during COMMIT: whether the write took place can't be told.
    #[error("the connection to the database was lost while committing; whether the change took place is unknown")]
    Unknown,
    /// A value that isn't what its type promises, or text that isn't UTF-8.
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
    /// The executor met what it doesn't expect.
    #[error("the statement could not be executed: {0}")]
    Unexpected(String),
}

/// Who or what stopped a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StopReason {
    /// Its time was up.
    #[error("the statement took longer than allowed")]
    Deadline,
    /// The client cancelled it, or is gone.
    #[error("the statement was cancelled")]
    Cancelled,
}

/// What PostgreSQL said. The texts may quote data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DatabaseError {
    /// The five characters of the SQLSTATE.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// DETAIL.
    pub detail: Option<String>,
    /// HINT.
    pub hint: Option<String>,
    /// CONTEXT.
    pub context: Option<String>,
    /// Schema, table, column and constraint that it is about, as far as told.
    pub object: ErrorObject,
    /// A native policy of PostgreSQL's row-level security refused a row that is written. It has no SQLSTATE of its own
    /// (42501 is also a missing privilege), but comes from one place: `ExecWithCheckOptions` in `execMain.c`.
    pub by_row_security: bool,
}

/// What a database error is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorObject {
    /// Schema name.
    pub schema: Option<String>,
    /// Table name.
    pub table: Option<String>,
    /// Column name.
    pub column: Option<String>,
    /// Constraint name.
    pub constraint: Option<String>,
}

impl DatabaseError {
    fn new(error: &DbError) -> Self {
        let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
        Self {
            by_row_security: *error.code() == SqlState::INSUFFICIENT_PRIVILEGE
                && error.routine() == Some("ExecWithCheckOptions"),
            sqlstate: error.code().code().to_owned(),
            message: error.message().to_owned(),
            detail: owned(error.detail()),
            hint: owned(error.hint()),
            context: owned(error.where_()),
            object: ErrorObject {
                schema: owned(error.schema()),
                table: owned(error.table()),
                column: owned(error.column()),
                constraint: owned(error.constraint()),
            },
        }
    }
}

impl From<tokio_postgres::Error> for ExecuteError {
    fn from(error: tokio_postgres::Error) -> Self {
        if ends_the_connection(&error) {
            return Self::Lost;
        }
        match error.as_db_error() {
            // The session lost what was prepared on it: a pooler gave us another one.
            Some(refusal) if is_about_prepared_names(refusal) => {
                Self::SessionAltered { settings: vec!["prepared statements".to_owned()] }
            }
            Some(refusal) => Self::Database(Box::new(DatabaseError::new(refusal))),
            // The library's own errors say what went wrong without quoting values.
            None => Self::Unexpected(error.to_string()),
        }
    }
}

impl ExecuteError {
    /// What a plan that was kept means by "cached plan must not change result type": prepare again.
    pub(super) fn of_kept_plan(self) -> Self {
        match self {
            Self::Database(error) if error.sqlstate == SqlState::FEATURE_NOT_SUPPORTED.code() => Self::StalePlan,
            other => other,
        }
    }
}

/// A prepared statement that isn't there, or is there before we made it: with names of our own that means that the
/// connection isn't one session, as behind a pooler in transaction mode.
pub(crate) fn is_about_prepared_names(refusal: &DbError) -> bool {
    [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT].contains(refusal.code())
}

/// Whether the session is over: the socket failed, or the server said something fatal.
pub(crate) fn ends_the_connection(error: &tokio_postgres::Error) -> bool {
    match error.as_db_error() {
        Some(refusal) => matches!(refusal.parsed_severity(), Some(Severity::Fatal | Severity::Panic)),
        None => {
            error.is_closed() || std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
        }
    }
}
