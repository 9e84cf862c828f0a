//! One connection with what belongs to it: our own statements prepared, a small cache of admitted ones, and the
//! address for a cancel request.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use tokio::time::timeout;
use tokio_postgres::{Client, Error};

use super::cancel::Canceller;
use super::config::Pooler;
use super::connect::{ConnectError, Connector};
use super::execute::Prepared;
use super::frames::Wire;
use super::statements::{self, Frame, RESET_NAME, RESET_TIMEOUT};
use crate::gate::cache::StatementCache;

/// How long cleaning may take; then the connection is closed.
const CLEANING: Duration = Duration::from_secs(5);

/// What a statement sets for its session; the next one with the same needn't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `statement_timeout` with its unit.
    pub(crate) statement_timeout: String,
    /// What `pg_stat_activity` shows.
    pub(crate) application_name: String,
}

/// What is known of a session's [`Settings`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Those that the connection was opened with.
    AsOpened,
    /// What a committed transaction set.
    Set(Settings),
    /// What some earlier statement set, or the one that failed since.
    Unknown,
}

/// A connection between statements or in the middle of one; [`super::pool`] owns it, one lease at a time.
pub(crate) struct Session {
    /// Dropping it ends the connection at once, whatever the server is doing.
    client: ClientWrapper,
    frame: Frame,
    /// Dropping an entry closes its statement on the server.
    cache: StatementCache<Arc<Prepared>>,
    settings: Kept,
    canceller: Arc<Canceller>,
    wire: Arc<Wire>,
}

impl Session {
    pub(crate) async fn open(connector: &Connector) -> Result<Self, ConnectError> {
        let connected = connector.connect().await?;
        let canceller = Arc::new(Canceller::new(connector, &connected));
        let wire = connected.wire;
        let client = ClientWrapper::new(connected.client, connected.driver);
        let frame = Frame::prepare(&client).await.map_err(|error| ConnectError::from_first_use(&error))?;
        // A pooler speaks for itself in its greeting.
        if connector.pooler() == Pooler::None && wire.greeted_as() != Some(frame.verifier.backend_pid()) {
            return Err(ConnectError::Pooled);
        }
        Ok(Self { client, frame, cache: StatementCache::default(), settings: Kept::AsOpened, canceller, wire })
    }

    /// The connection and our own statements on it.
    pub(crate) fn parts(&self) -> (&Client, &Frame) {
        (&self.client, &self.frame)
    }

    /// What was prepared for admitted texts.
    pub(crate) fn cache(&mut self) -> &mut StatementCache<Arc<Prepared>> {
        &mut self.cache
    }

    /// What statements left.
    pub(crate) fn settings(&self) -> &Kept {
        &self.settings
    }

    /// Remembers what a committed transaction set, or with `None` that nothing is known of it.
    pub(crate) fn remember(&mut self, settings: Option<Settings>) {
        self.settings = settings.map_or(Kept::Unknown, Kept::Set);
    }

    /// Takes away what code of users' left. `false` means that the session can't be used again.
    pub(crate) async fn clean(&mut self) -> bool {
        let cleaned = timeout(CLEANING, statements::clean(&self.client)).await;
        self.settings = Kept::AsOpened;
        matches!(cleaned, Ok(Ok(true)))
    }

    /// The connection for work of our own, under the settings that it was opened with.
    ///
    /// # Errors
    /// A lost connection.
    pub(crate) async fn for_own_work(&mut self) -> Result<&Client, Error> {
        if self.settings != Kept::AsOpened {
            tokio::try_join!(biased; RESET_TIMEOUT.rows(&self.client), RESET_NAME.rows(&self.client))?;
            self.settings = Kept::AsOpened;
        }
        Ok(&self.client)
    }

    /// The process id of the server's backend.
    pub(crate) fn pid(&self) -> i32 {
        self.frame.verifier.backend_pid()
    }

    pub(crate) fn canceller(&self) -> Arc<Canceller> {
        Arc::clone(&self.canceller)
    }

    /// What is known of its messages.
    pub(crate) fn wire(&self) -> &Wire {
        &self.wire
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether the server answers an empty request; asked of sessions that lay idle for long.
    pub(crate) async fn answers(&self) -> bool {
        self.client.check_connection().await.is_ok()
    }
}
