//! Cancel requests. One is per backend, not per statement, so a session whose statement was cancelled is fit for reuse
//! only after the request's own socket was closed by the server (the signal is sent by then) and a round trip answered.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::CancelToken;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connect::{Connected, Connector};
use super::transport::{ClosedByServer, Peer, Transport};

/// How long a cancel request may take, from connecting to the server's closing the socket.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// What it takes to cancel the statement that one session runs.
pub(crate) struct Canceller {
    token: CancelToken,
    peer: Peer,
    tls: MakeRustlsConnect,
    server_name: String,
}

impl Canceller {
    pub(crate) fn new(connector: &Connector, connected: &Connected) -> Self {
        let (tls, server_name) = connector.tls_for_cancel();
        Self { token: connected.client.cancel_token(), peer: connected.peer.clone(), tls, server_name }
    }

    /// Sends the request and waits until the server has closed its socket. `false` leaves the session in doubt.
    pub(crate) async fn cancel(&self) -> bool {
        timeout(CANCEL_TIMEOUT, self.request()).await.unwrap_or(false)
    }

    async fn request(&self) -> bool {
        let Ok(socket) = self.peer.open().await else { return false };
        let mut make = self.tls.clone();
        let Ok(tls) = MakeTlsConnect::<ClosedByServer<Transport>>::make_tls_connect(&mut make, &self.server_name);
        self.token.cancel_query_raw(ClosedByServer(socket), tls).await.is_ok()
    }
}
