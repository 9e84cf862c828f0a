//! One connection with what belongs to it: our own statements prepared, a small cache of admitted ones, and the
//! address for a cancel request.

use std::sync::Arc;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Client;

use super::cancel::Canceller;
use super::connect::{ConnectError, Connector};
use super::execute::Prepared;
use super::frames::MessageBound;
use super::statements::Frame;
use crate::gate::cache::StatementCache;

/// A connection between statements or in the middle of one; [`super::pool`] owns it, one lease at a time.
pub(crate) struct Session {
    /// Dropping it ends the connection at once, whatever the server is doing.
    client: ClientWrapper,
    frame: Frame,
    /// Dropping an entry closes its statement on the server.
    cache: StatementCache<Arc<Prepared>>,
    canceller: Arc<Canceller>,
    bound: Arc<MessageBound>,
}

impl Session {
    pub(crate) async fn open(connector: &Connector) -> Result<Self, ConnectError> {
        let connected = connector.connect().await?;
        let canceller = Arc::new(Canceller::new(connector, &connected));
        let bound = connected.bound;
        let client = ClientWrapper::new(connected.client, connected.driver);
        let frame = Frame::prepare(&client).await.map_err(|error| ConnectError::from_first_use(&error))?;
        Ok(Self { client, frame, cache: StatementCache::default(), canceller, bound })
    }

    /// The connection and our own statements on it.
    pub(crate) fn parts(&self) -> (&Client, &Frame) {
        (&self.client, &self.frame)
    }

    /// What was prepared for admitted texts.
    pub(crate) fn cache(&mut self) -> &mut StatementCache<Arc<Prepared>> {
        &mut self.cache
    }

    pub(crate) fn canceller(&self) -> Arc<Canceller> {
        Arc::clone(&self.canceller)
    }

    /// How large a message from the server may be.
    pub(crate) fn message_bound(&self) -> &MessageBound {
        &self.bound
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether the server answers an empty request; asked of sessions that lay idle for long.
    pub(crate) async fn answers(&self) -> bool {
        self.client.check_connection().await.is_ok()
    }
}
