//! Standard input and output without threads in between. The runtime reads and writes files and terminals on threads of
//! their own, which costs a short call two changes of threads each way; pipes and sockets, which is what MCP clients
//! use, can be waited for like any connection.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream as Socket;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;

/// Where the client's messages come from.
pub(super) type Input = Box<dyn AsyncRead + Send + Unpin>;
/// Where ours go.
pub(super) type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// Standard input. Has to be called in the runtime.
pub(super) fn input() -> Input {
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
pub(super) fn output() -> Output {
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
