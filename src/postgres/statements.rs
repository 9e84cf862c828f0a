//! The few statements that are ours: constants with bound parameters. Nothing here is put together from parts, and
//! outside this module and the executor nothing sends SQL at all.
#![expect(clippy::disallowed_methods, reason = "this module prepares its own constants, and nothing else")]

pub(crate) mod catalog;
pub(crate) mod rights;
mod stamp;
mod verify;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

pub use verify::{Stamped, Verifier, VerifyError};

/// The text of a statement of our own. Only this module makes one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnStatement(&'static str);

/// READ COMMITTED is said each time: under REPEATABLE READ the verification would see an older catalog than the
/// statement's own planning.
const BEGIN_READ: OwnStatement = OwnStatement("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY");
const BEGIN_WRITE: OwnStatement = OwnStatement("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
const COMMIT: OwnStatement = OwnStatement("COMMIT");
const ROLLBACK: OwnStatement = OwnStatement("ROLLBACK");
/// What differs by principal and seldom changes from one statement to the next: it stays with the session, unless the
/// transaction fails. No role does.
const SET_FOR_SESSION: OwnStatement = OwnStatement(
    "SELECT pg_catalog.set_config('statement_timeout', $1, false), \
            pg_catalog.set_config('application_name', $2, false), \
            pg_catalog.set_config('role', 'none', false)",
);
/// The principal's role; it ends with the transaction.
const SET_ROLE: OwnStatement = OwnStatement("SELECT pg_catalog.set_config('role', $1, true)");
/// What [`SET_FOR_SESSION`] set is as it was when the session was opened.
pub(crate) const RESET_TIMEOUT: OwnStatement = OwnStatement("RESET statement_timeout");
pub(crate) const RESET_NAME: OwnStatement = OwnStatement("RESET application_name");

/// Takes away what code of users' can leave in a session, whether its transaction was committed or not: what `DISCARD ALL`
/// does, but for our own prepared statements. `RESET ALL` brings back the startup packet's settings.
const CLEAN: [OwnStatement; 8] = [
    OwnStatement("CLOSE ALL"),
    OwnStatement("SET SESSION AUTHORIZATION DEFAULT"),
    OwnStatement("RESET ROLE"),
    OwnStatement("RESET ALL"),
    OwnStatement("UNLISTEN *"),
    OwnStatement("SELECT pg_catalog.pg_advisory_unlock_all()"),
    OwnStatement("DISCARD SEQUENCES"),
    OwnStatement("DISCARD TEMP"),
];
/// What can't be taken away: whether the session has prepared statements that somebody wrote in SQL.
const PREPARED_IN_SQL: OwnStatement =
    OwnStatement("SELECT EXISTS (SELECT FROM pg_catalog.pg_prepared_statements s WHERE s.from_sql)");

/// Cleans a session behind code of users', in one flight. `false` means that something is left.
///
/// # Errors
/// What the server answers, or a lost connection.
pub(crate) async fn clean(client: &Client) -> Result<bool, Error> {
    // Sent in this order, since each is sent when it is first polled.
    let cleaned = futures_util::future::try_join_all(CLEAN.map(|one| one.rows(client)));
    let (_, prepared) = tokio::try_join!(biased; cleaned, PREPARED_IN_SQL.rows(client))?;
    let row = prepared.first();
    Ok(row.map(|row| row.try_get::<_, bool>(0)).transpose()? == Some(false))
}

/// The search path where the policy trusts extensions; it ends with the transaction.
const SET_PATH: OwnStatement = OwnStatement("SELECT pg_catalog.set_config('search_path', $1, true)");

/// Whether the login role is a member of the role `$1`; no row if there is no such role.
pub(crate) const ROLE_STANDING: OwnStatement = OwnStatement(
    "SELECT pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER') FROM pg_catalog.pg_roles r WHERE r.rolname = $1",
);

/// What a COMMIT would check, checked now: for a write that is rolled back.
pub(crate) const CHECK_DEFERRED: OwnStatement = OwnStatement("SET CONSTRAINTS ALL IMMEDIATE");

/// The principal's attributes, for native policies; they end with the transaction.
const SET_ATTRIBUTES: OwnStatement = OwnStatement(
    "SELECT pg_catalog.set_config(a.name, a.value, true) FROM unnest($1::text[], $2::text[]) AS a(name, value)",
);

impl OwnStatement {
    /// Prepares the constant on this connection.
    ///
    /// # Errors
    /// What the server answers, or a lost connection.
    pub(crate) async fn prepare(self, client: &Client) -> Result<Statement, Error> {
        client.prepare(self.0).await
    }

    /// Runs the constant, which takes no parameters, without preparing it for another time. It is sent when the future
    /// is first polled.
    ///
    /// # Errors
    /// What the server answers, or a lost connection.
    pub(crate) async fn rows(self, client: &Client) -> Result<Vec<Row>, Error> {
        client.query_typed(self.0, &[]).await
    }
}

/// The statements around every other one, prepared once a session.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) begin_read: Statement,
    pub(crate) begin_write: Statement,
    pub(crate) set_for_session: Statement,
    pub(crate) set_role: Statement,
    pub(crate) set_path: Statement,
    pub(crate) set_attributes: Statement,
    pub(crate) commit: Statement,
    pub(crate) rollback: Statement,
    pub(crate) verifier: Verifier,
}

impl Frame {
    /// Prepares all of them in one flight.
    ///
    /// # Errors
    /// What the server answers, or a lost connection.
    pub(crate) async fn prepare(client: &Client) -> Result<Self, Error> {
        let (begin_read, begin_write, set_for_session, set_role, set_path, set_attributes, commit, rollback, verifier) =
            tokio::try_join!(
                BEGIN_READ.prepare(client),
                BEGIN_WRITE.prepare(client),
                SET_FOR_SESSION.prepare(client),
                SET_ROLE.prepare(client),
                SET_PATH.prepare(client),
                SET_ATTRIBUTES.prepare(client),
                COMMIT.prepare(client),
                ROLLBACK.prepare(client),
                Verifier::prepare(client),
            )?;
        Ok(Self {
            begin_read,
            begin_write,
            set_for_session,
            set_role,
            set_path,
            set_attributes,
            commit,
            rollback,
            verifier,
        })
    }
}

/// Runs one of the statements prepared here and gives its rows.
///
/// # Errors
/// What the server answers, or a lost connection.
pub(crate) async fn ask(
    client: &Client,
    statement: &Statement,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, Error> {
    client.query(statement, parameters).await
}

/// Runs one of the statements prepared here that takes no parameters and gives no rows.
///
/// # Errors
/// What the server answers, or a lost connection.
pub(crate) async fn run(client: &Client, statement: &Statement) -> Result<(), Error> {
    client.execute(statement, &[]).await.map(|_| ())
}
