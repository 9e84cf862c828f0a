//! MCP over streamable HTTP, for many clients at once, each its own principal: who asks is proven on every request
//! before anything else is looked at. The protocol itself is the library's.

mod answer;
mod claim;
mod door;
mod head;
mod message;
mod owners;
mod pages;
mod places;
mod service;
mod shares;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use door::{Access, Door, Encryption};
#[cfg(any(test, feature = "check"))]
pub(super) use message::values as count_of_values;
use places::Places;
use service::Service;

use crate::config::{Fault, Place};
use crate::gateway::Gateway;

/// Where MCP is served.
pub const PATH: &str = "/mcp";

/// How long a client may take to begin a request, its head included: also how long an idle connection is kept.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// How long a client may take for the handshake of TLS.
const TLS_PATIENCE: Duration = Duration::from_secs(10);
/// How long a client may take none of an answer that is ready.
const TAKING_PATIENCE: Duration = Duration::from_secs(30);
/// Header fields of a request at most, and bytes of its head.
const MOST_HEADERS: usize = 64;
const MOST_HEAD_BYTES: usize = 64 << 10;
/// How long the loop rests when a connection can't be accepted, as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long answers may take to leave once everything has ended.
const LEAVING_PATIENCE: Duration = Duration::from_secs(2);

/// A door that listens.
pub struct Open {
    listener: TcpListener,
    door: Door,
}

impl Door {
    /// Begins to listen; nobody is answered yet.
    ///
    /// # Errors
    /// The address can't be had.
    pub async fn open(self) -> Result<Open, Fault> {
        match TcpListener::bind(self.address).await {
            Ok(listener) => Ok(Open { listener, door: self }),
            Err(error) => {
                let message = format!("pgwicket can't listen at {}: {error}", self.address);
                Err(Fault::new(Place::Argument("--http"), message))
            }
        }
    }
}

impl Open {
    /// The address to give to clients on this machine.
    pub fn url(&self) -> String {
        let scheme = if self.door.tls.is_some() { "https" } else { "http" };
        let address = self.listener.local_addr().unwrap_or(self.door.address);
        format!("{scheme}://{address}{PATH}")
    }

    /// Serves until `shutdown` is cancelled: then nobody is let in any more, statements may go on for a while, and what
    /// runs longer, or until `hurry` is cancelled, is cancelled. The gateway has stopped when this ends.
    pub async fn serve(self, gateway: Arc<Gateway>, shutdown: CancellationToken, hurry: CancellationToken) {
        let Self { listener, door } = self;
        let (grace, places) = (door.grace, Places::new(door.connections));
        let tls = door.tls.clone();
        let replaced = match &door.access {
            Access::Tokens(register) => Some(register.subscribe()),
            Access::Anyone(_) => None,
        };
        let service = Arc::new(Service::new(Arc::clone(&gateway), door));
        let connections = TaskTracker::new();
        let turning_out = tokio::spawn(turn_out(Arc::clone(&service), replaced));
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = shutdown.cancelled() => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let place = tokio::select! {
                place = places.take() => place,
                () = shutdown.cancelled() => break,
            };
            // A listener of IPv6 may have clients of IPv4.
            let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
            let client = Client { peer, place: Arc::clone(&place) };
            let tls = tls.as_ref().map(|tls| tls.current());
            let (service, shutdown) = (Arc::clone(&service), shutdown.clone());
            connections.spawn(async move {
                tokio::select! {
                    () = connection(stream, client, service, tls, shutdown) => {}
                    () = place.sent_away() => tracing::debug!(%peer, "a connection made way for another one"),
                }
            });
        }
        drop(listener);
        turning_out.abort();
        // Where nobody asks for anything any more, this many are what is left behind.
        tracing::debug!(tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks(), "the door closes");
        service.finish(grace, hurry).await;
        connections.close();
        let _ = timeout(LEAVING_PATIENCE, connections.wait()).await;
    }
}

/// Ends sessions as soon as others are let in than before.
async fn turn_out(service: Arc<Service>, replaced: Option<watch::Receiver<()>>) {
    let Some(mut replaced) = replaced else { return };
    while replaced.changed().await.is_ok() {
        service.turn_out().await;
    }
}

/// Who is at the other end of a connection, as far as the connection tells.
#[derive(Clone)]
struct Client {
    peer: SocketAddr,
    place: Arc<places::Place>,
}

async fn connection(
    stream: TcpStream,
    client: Client,
    service: Arc<Service>,
    tls: Option<Arc<rustls::ServerConfig>>,
    shutdown: CancellationToken,
) {
    // Small answers shall leave at once. A socket that can't be told so works, too.
    let _ = stream.set_nodelay(true);
    let peer = client.peer;
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(TAKING_PATIENCE));
    let stream = Box::pin(stream);
    match tls {
        None => requests(stream, client, service, shutdown).await,
        Some(tls) => {
            let handshake = tokio_rustls::TlsAcceptor::from(tls).accept(stream);
            match timeout(TLS_PATIENCE, handshake).await {
                Ok(Ok(stream)) => requests(stream, client, service, shutdown).await,
                Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS connection came about"),
                Err(_) => tracing::debug!(%peer, "no TLS connection came about in time"),
            }
        }
    }
}

async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    client: Client,
    service: Arc<Service>,
    shutdown: CancellationToken,
) {
    let peer = client.peer;
    let answer = service_fn(move |request| {
        let (service, client) = (Arc::clone(&service), client.clone());
        async move { Ok::<_, std::convert::Infallible>(service.answer(&client, request).await) }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_headers(MOST_HEADERS)
        .max_buf_size(MOST_HEAD_BYTES);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), answer));
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // The words of the library, which knows nothing of what was said in the requests.
        tracing::debug!(%peer, %error, "a connection broke");
    }
}
