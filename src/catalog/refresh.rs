//! Keeps the snapshot fresh: on a timer where something changed, and whenever someone finds it stale.
//!
//! A reload that fails leaves the old snapshot in place: no statement is believed without the verification in its own
//! transaction, so an old snapshot refuses, but never admits, what has changed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_postgres::Client;

use super::load::{LoadError, Snapshot, fingerprint, load_snapshot};
use crate::gate::catalog::Catalog;
use crate::postgres::{Pool, PoolError};

/// How often the timer looks whether something changed.
pub const INTERVAL: Duration = Duration::from_secs(60);
/// The shortest interval: a look costs the database a few milliseconds.
const SHORTEST: Duration = Duration::from_millis(10);
/// How long a reload waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a load may take, on a database with very many relations, before its connection is given up.
const LIMIT: Duration = Duration::from_secs(120);

/// Why there is no new snapshot.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RefreshError {
    /// No connection.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The load failed.
    #[error(transparent)]
    Load(Arc<LoadError>),
    /// The load took too long.
    #[error("loading the database's catalog took longer than {} s", LIMIT.as_secs())]
    TimedOut,
    /// Nobody loads any more: pgwicket is stopping.
    #[error("the catalog is no longer refreshed")]
    Stopped,
}

/// The snapshot in force. Cheap to clone; the refreshing ends when the last clone is gone.
#[derive(Debug, Clone)]
pub struct CatalogWatch {
    current: watch::Receiver<Arc<Catalog>>,
    wanted: Arc<watch::Sender<u64>>,
    served: watch::Receiver<Served>,
}

/// The last reload that someone asked for.
#[derive(Debug, Clone)]
struct Served {
    /// The last request that was there before it began.
    request: u64,
    outcome: Result<(), RefreshError>,
}

impl CatalogWatch {
    /// Loads the first snapshot, then refreshes it in a task of its own.
    ///
    /// # Errors
    /// Whatever keeps the first snapshot from being loaded.
    pub async fn start(pool: Pool, interval: Duration) -> Result<Self, RefreshError> {
        let source = Source { pool };
        let Snapshot { parts, fingerprint } = source.load().await?;
        let (publish, current) = watch::channel(Arc::new(Catalog::new(parts)));
        let (wanted, requests) = watch::channel(0);
        let (serve, served) = watch::channel(Served { request: 0, outcome: Ok(()) });
        let refresher = Refresher { source, fingerprint, publish, requests, serve };
        tokio::spawn(refresher.run(interval));
        Ok(Self { current, wanted: Arc::new(wanted), served })
    }

    /// The snapshot in force.
    pub fn current(&self) -> Arc<Catalog> {
        Arc::clone(&self.current.borrow())
    }

    /// Follows the snapshots.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Catalog>> {
        self.current.clone()
    }

    /// Waits for a load that began after this call, and gives its snapshot. Calls at the same time share one. Don't
    /// hold a connection meanwhile: the load needs one from the same pool.
    ///
    /// # Errors
    /// The load failed; the old snapshot stays in force.
    pub async fn reload(&self) -> Result<Arc<Catalog>, RefreshError> {
        let mut served = self.served.clone();
        let mut ticket = 0;
        self.wanted.send_modify(|request| {
            *request += 1;
            ticket = *request;
        });
        let outcome = match served.wait_for(|served| served.request >= ticket).await {
            Ok(served) => served.outcome.clone(),
            Err(_) => Err(RefreshError::Stopped),
        };
        outcome.map(|()| self.current())
    }
}

/// The task behind a [`CatalogWatch`].
struct Refresher {
    source: Source,
    fingerprint: String,
    publish: watch::Sender<Arc<Catalog>>,
    requests: watch::Receiver<u64>,
    serve: watch::Sender<Served>,
}

impl Refresher {
    async fn run(mut self, interval: Duration) {
        let interval = interval.max(SHORTEST);
        let mut timer = interval_at(Instant::now() + interval, interval);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                request = self.requests.changed() => {
                    if request.is_err() {
                        return;
                    }
                    let request = *self.requests.borrow_and_update();
                    let outcome = self.reload().await;
                    self.serve.send_replace(Served { request, outcome });
                }
                _ = timer.tick() => self.look().await,
            }
        }
    }

    /// Reloads if the database's fingerprint isn't that of the snapshot. Errors are logged; the next tick tries again.
    async fn look(&mut self) {
        match self.source.fingerprint().await {
            Ok(now) if now == self.fingerprint => {}
            Ok(_) => drop(self.reload().await),
            Err(error) => tracing::warn!(%error, "can't tell whether the database's structure changed"),
        }
    }

    async fn reload(&mut self) -> Result<(), RefreshError> {
        let started = Instant::now();
        let snapshot = self.source.load().await;
        let Snapshot { parts, fingerprint } = snapshot.inspect_err(|error| {
            tracing::warn!(%error, "can't reload the database's catalog; the old snapshot stays in force");
        })?;
        let catalog = Catalog::new(parts);
        let relations = catalog.parts().relations.len();
        tracing::info!(version = catalog.version(), relations, elapsed = ?started.elapsed(), "catalog reloaded");
        self.fingerprint = fingerprint;
        self.publish.send_replace(Arc::new(catalog));
        Ok(())
    }
}

/// Where snapshots come from.
struct Source {
    pool: Pool,
}

impl Source {
    async fn load(&self) -> Result<Snapshot, RefreshError> {
        self.with_client(async |client| load_snapshot(client).await).await
    }

    async fn fingerprint(&self) -> Result<String, RefreshError> {
        self.with_client(async |client| fingerprint(client).await).await
    }

    /// Lends a session. It goes back to the pool only if all went well. One that died unseen while the pool kept it is
    /// replaced once.
    async fn with_client<T>(&self, work: impl AsyncFn(&Client) -> Result<T, LoadError>) -> Result<T, RefreshError> {
        let mut replaced = false;
        loop {
            let mut lease = self.pool.lease(PATIENCE).await?;
            let reused = lease.was_reused();
            let session = lease.session().ok_or(RefreshError::Pool(PoolError::Closed))?;
            let own = async {
                let client = session.for_own_work().await?;
                work(client).await
            };
            let done = timeout(LIMIT, own).await.map_err(|_| RefreshError::TimedOut)?;
            match done {
                Ok(done) => {
                    lease.release();
                    return Ok(done);
                }
                Err(_) if reused && !replaced && session.is_closed() => replaced = true,
                Err(error) => return Err(RefreshError::Load(Arc::new(error))),
            }
        }
    }
}
