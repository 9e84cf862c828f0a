//! Whether the login role may become the database role that a policy names, asked once at start: in a transaction the
//! same question could only be answered by a failed statement.

use std::time::Duration;

use super::pool::{Pool, PoolError};
use super::statements::{self, ROLE_STANDING};

/// How long the question waits for a connection.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What the login role is to another role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A member: it may set the role.
    Member,
    /// No member.
    Stranger,
    /// There is no such role.
    Missing,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    /// No connection.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The server refused, or went away.
    #[error("the database can't tell about its roles: {0}")]
    Database(#[from] tokio_postgres::Error),
}

/// What the login role is to `role`.
///
/// # Errors
/// No connection, or one that was lost.
pub async fn standing(pool: &Pool, role: &str) -> Result<Standing, StandingError> {
    let mut lease = pool.lease(PATIENCE).await?;
    let session = lease.session().ok_or(PoolError::Closed)?;
    let client = session.for_own_work().await?;
    let statement = ROLE_STANDING.prepare(client).await?;
    let rows = statements::ask(client, &statement, &[&role]).await?;
    let member = rows.first().map(|row| row.try_get::<_, bool>(0)).transpose()?;
    lease.release();
    Ok(match member {
        Some(true) => Standing::Member,
        Some(false) => Standing::Stranger,
        None => Standing::Missing,
    })
}
