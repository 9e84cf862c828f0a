//! MCP over standard input and output, which are read and written without threads in between: the runtime reads and writes files and terminals on threads of
//! their own, which costs a short call two changes of threads each way; pipes and sockets, which is what MCP clients
//! use, can be waited for like any connection.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream as Socket;
use std::sync::Arc;

use rmcp::ServiceExt;
use rmcp::service::{QuitReason, ServerInitializeError};
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::changes::LISTENING_OF_ONE;
use super::seal::{Seal, Sealing, Unsealed};
use super::server::{Asker, Form, Server};
use super::sessions::{Begins, Sessions};
use crate::config::McpSettings;
use crate::gateway::{Caller, Gateway, local_address};
use crate::history::SessionEnd;

/// Serves one principal over standard input and output until the client closes it or `shutdown` is cancelled; then the
/// gateway has stopped, too.
///
/// # Errors
/// When the handshake fails or the connection breaks: a sentence.
pub async fn serve(
    gateway: Arc<Gateway>,
    principal: &str,
    on_behalf_of: Option<String>,
    settings: McpSettings,
    shutdown: CancellationToken,
) -> Result<(), String> {
    let seal = Seal::new()?;
    let caller = Caller { on_behalf_of, address: Some(local_address()), ..Caller::local(principal, "mcp", "") };
    let sessions = Arc::new(Sessions::new(Arc::clone(&gateway), Begins::AtOnce));
    let listening = Arc::new(Semaphore::new(LISTENING_OF_ONE));
    let asker = Asker { caller: Arc::new(caller), gone: CancellationToken::new(), listening };
    let server = Server::of_connection(asker, Arc::clone(&sessions), Form { settings, seal: seal.clone() });
    let (ended, result) = until_its_end(server, seal, &shutdown).await;
    // What still runs belongs to the session, so its outcome comes first.
    gateway.stop().await;
    sessions.end(ended).await;
    result
}

async fn until_its_end(server: Server, seal: Seal, shutdown: &CancellationToken) -> (SessionEnd, Result<(), String>) {
    let transport = AsyncRwTransport::new_server(input(), Unsealed::new(output(), seal.clone()));
    let transport = Sealing::new(transport, seal);
    let running = tokio::select! {
        running = server.serve_with_ct(transport, shutdown.clone()) => running,
        () = shutdown.cancelled() => return (SessionEnd::Shutdown, Ok(())),
    };
    let running = match running {
        Ok(running) => running,
        // Also a client that hangs up at once, or doesn't speak MCP.
        Err(error) => {
            return (SessionEnd::Broken, Err(format!("no MCP connection came about: {}", said(&error))));
        }
    };
    match running.waiting().await {
        Ok(QuitReason::Cancelled) => (SessionEnd::Shutdown, Ok(())),
        Ok(QuitReason::Closed) => (SessionEnd::ClientClosed, Ok(())),
        Ok(_) => (SessionEnd::Broken, Ok(())),
        Err(error) => (SessionEnd::Broken, Err(format!("the MCP connection broke: {error}"))),
    }
}

/// Why there was no handshake. Other than the library says it: that prints the message that came instead, in which a
/// statement may stand.
fn said(error: &ServerInitializeError) -> String {
    match error {
        ServerInitializeError::ConnectionClosed(_) => "the client hung up before it said `initialize`".to_owned(),
        ServerInitializeError::ExpectedInitializeRequest(_) => {
            "the client said something else before `initialize`".to_owned()
        }
        ServerInitializeError::InitializeFailed(error) => error.message.to_string(),
        ServerInitializeError::TransportError { error, .. } => error.to_string(),
        _ => "the handshake failed".to_owned(),
    }
}

/// Where the client's messages come from.
type Input = Box<dyn AsyncRead + Send + Unpin>;
/// Where ours go.
type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// Standard input. Has to be called in the runtime.
fn input() -> Input {
    // Opened anew, a pipe can be made not to block without changing it for whoever else has it open.
    if let Ok(pipe) = pipe::OpenOptions::new().open_receiver("/proc/self/fd/0") {
        return Box::new(pipe);
    }
    match socket(io::stdin().as_fd()) {
        Ok(socket) => Box::new(socket),
        Err(_) => Box::new(tokio::io::stdin()),
    }
}

/// Standard output. Has to be called in the runtime.
fn output() -> Output {
    if let Ok(pipe) = pipe::OpenOptions::new().open_sender("/proc/self/fd/1") {
        return Box::new(pipe);
    }
    match socket(io::stdout().as_fd()) {
        Ok(socket) => Box::new(socket),
        Err(_) => Box::new(tokio::io::stdout()),
    }
}

/// A socket that standard error doesn't share: a socket can't be opened anew, and the log is written by what takes "try
/// again" for a failure.
fn socket(stream: BorrowedFd<'_>) -> io::Result<UnixStream> {
    let stream: OwnedFd = stream.try_clone_to_owned()?;
    if identity(stream.as_fd())? == identity(io::stderr().as_fd())? {
        return Err(io::Error::other("standard error is the same socket"));
    }
    let socket = Socket::from(stream);
    // Fails for whatever isn't a socket of this kind.
    socket.local_addr()?;
    socket.set_nonblocking(true)?;
    UnixStream::from_std(socket)
}

fn identity(stream: BorrowedFd<'_>) -> io::Result<(u64, u64)> {
    let about = File::from(stream.try_clone_to_owned()?).metadata()?;
    Ok((about.dev(), about.ino()))
}
