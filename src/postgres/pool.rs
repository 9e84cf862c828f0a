//! One total of connections: `pool_size` kept, `max_overflow` more under load and closed on return. A session comes
//! back only by [`Lease::release`]; whatever else happens to a lease closes the connection.

use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, QueueMode, RecycleError, RecycleResult};
use deadpool_postgres::{PoolConfig, Runtime, Timeouts};

use super::config::{DatabaseConfig, SettingError};
use super::connect::{ConnectError, Connector};
use super::session::Session;

/// A session that lay idle longer than this is asked whether it still lives before it is handed out.
const TRUSTED_IDLE: Duration = Duration::from_secs(30);
/// How long that question may take.
const RECYCLE_TIMEOUT: Duration = Duration::from_secs(3);

/// Connections to one database. Cheap to clone; all clones share the same connections.
#[derive(Clone)]
pub struct Pool {
    inner: managed::Pool<Manager>,
    pool_size: usize,
    max_connections: usize,
}

impl Pool {
    /// Makes the pool; no connection is opened yet.
    ///
    /// # Errors
    /// TLS files that can't be used.
    pub fn new(config: DatabaseConfig) -> Result<Self, SettingError> {
        let (pool_size, max_connections) = (config.pool_size, config.max_connections());
        let connector = Connector::new(config)?;
        let limits = PoolConfig {
            max_size: max_connections,
            timeouts: Timeouts { wait: None, create: None, recycle: Some(RECYCLE_TIMEOUT) },
            // The last one returned first: its plans are warm, and the ones not needed lie still.
            queue_mode: QueueMode::Lifo,
        };
        let inner = managed::Pool::builder(Manager { connector })
            .config(limits)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| SettingError::new("pool_size", format!("the pool can't be made: {error}")))?;
        Ok(Self { inner, pool_size, max_connections })
    }

    /// Takes a session, waiting at most `wait` for one to come free. Opening a connection has its own timeout.
    ///
    /// # Errors
    /// [`PoolError::Busy`] if all stay in use, [`PoolError::Connect`] if a new one can't be opened.
    pub(crate) async fn lease(&self, wait: Duration) -> Result<Lease, PoolError> {
        // A wait of zero would mean "don't wait at all" to the pool, which is also what it means here.
        let timeouts = Timeouts { wait: Some(wait), create: None, recycle: Some(RECYCLE_TIMEOUT) };
        match self.inner.timeout_get(&timeouts).await {
            Ok(object) => Ok(Lease { object: Some(object), pool: self.clone() }),
            Err(managed::PoolError::Backend(error)) => Err(PoolError::Connect(error)),
            Err(managed::PoolError::Timeout(_)) => Err(PoolError::Busy { connections: self.max_connections }),
            Err(managed::PoolError::Closed) => Err(PoolError::Closed),
            Err(managed::PoolError::NoRuntimeSpecified | managed::PoolError::PostCreateHook(_)) => {
                Err(PoolError::Closed)
            }
        }
    }

    /// Open connections: those in use and those kept.
    pub fn open_connections(&self) -> usize {
        self.inner.status().size
    }

    /// Closes what is idle and refuses new leases; sessions in use are closed when their statement ends.
    pub fn close(&self) {
        self.inner.close();
    }

    fn is_over_its_size(&self) -> bool {
        let status = self.inner.status();
        status.waiting == 0 && status.size > self.pool_size
    }
}

/// A session in use. Dropped without [`Lease::release`], its connection is closed.
pub(crate) struct Lease {
    object: Option<Object<Manager>>,
    pool: Pool,
}

impl Lease {
    /// The session; `None` never happens while the lease lives.
    pub(crate) fn session(&mut self) -> Option<&mut Session> {
        self.object.as_deref_mut()
    }

    /// Whether another statement had it before; a kept session may have died unseen.
    pub(crate) fn was_reused(&self) -> bool {
        self.object.as_ref().is_some_and(|object| Object::metrics(object).recycle_count > 0)
    }

    /// Gives the session back for the next statement. Only for a session that is known to be idle, outside a
    /// transaction and in step with its server.
    pub(crate) fn release(mut self) {
        if self.pool.is_over_its_size() {
            return;
        }
        // Dropping the pool's own object is what returns it.
        drop(self.object.take());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(object) = self.object.take() {
            drop(Object::take(object));
        }
    }
}

/// Why no session could be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PoolError {
    /// All connections stayed in use for as long as the statement could wait.
    #[error("all {connections} database connections are in use")]
    Busy {
        /// The total that may be open: `POSTGRES_POOL_SIZE` + `POSTGRES_MAX_OVERFLOW`.
        connections: usize,
    },
    /// A new connection failed.
    #[error(transparent)]
    Connect(ConnectError),
    /// The pool was closed: pgwicket is stopping.
    #[error("the connection pool is closed")]
    Closed,
}

struct Manager {
    connector: Connector,
}

impl managed::Manager for Manager {
    type Type = Session;
    type Error = ConnectError;

    async fn create(&self) -> Result<Session, ConnectError> {
        // Boxed, since it is rare and big: each future around it would carry its space along.
        Box::pin(Session::open(&self.connector)).await
    }

    async fn recycle(&self, session: &mut Session, metrics: &Metrics) -> RecycleResult<ConnectError> {
        if session.is_closed() {
            return Err(RecycleError::message("the server closed the connection"));
        }
        if metrics.last_used() > TRUSTED_IDLE && !session.answers().await {
            return Err(RecycleError::message("the server doesn't answer"));
        }
        Ok(())
    }
}
