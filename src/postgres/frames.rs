//! A bound on the size of one message from the server. The client library keeps a message in memory until it is whole,
//! and PostgreSQL makes values of up to a gigabyte: without a bound, one value fills our memory, and the connection
//! keeps it. Knows of the protocol only that a message is a byte, its length and so many bytes, and where the server's
//! process stands in its greeting (BackendKeyData), which the client library keeps to itself.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// Bytes of one message where no statement said otherwise: for what we ask the server ourselves.
const LARGEST: u32 = 256 << 20;
/// A statement's bound is never below this.
const SMALLEST: u32 = 2 << 20;

/// How large a message of one connection may be, whether one was larger, and who greeted us. Shared by the connection's reader and
/// whoever runs statements on it.
#[derive(Debug)]
pub(crate) struct Wire {
    most: AtomicU32,
    exceeded: AtomicBool,
    /// 0 before the greeting.
    greeted_as: AtomicI32,
}

impl Wire {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            most: AtomicU32::new(LARGEST),
            exceeded: AtomicBool::new(false),
            greeted_as: AtomicI32::new(0),
        })
    }

    /// From here on a message may have half as many bytes as a result: it is kept whole, in a buffer that grows by doubling,
    /// beside the result that it becomes a row of and that one's layout, and all together may take four times what the
    /// result may have.
    pub(crate) fn set_for_result(&self, bytes: u64) {
        let most = u32::try_from(bytes / 2).unwrap_or(u32::MAX);
        self.most.store(most.max(SMALLEST), Ordering::Relaxed);
    }

    /// What we ask the server ourselves has a bound of its own.
    pub(crate) fn reset(&self) {
        self.most.store(LARGEST, Ordering::Relaxed);
    }

    /// Whether the connection ended because a message was larger.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    /// The process id in the server's greeting. A pooler sends a number of its own.
    pub(crate) fn greeted_as(&self) -> Option<i32> {
        Some(self.greeted_as.load(Ordering::Relaxed)).filter(|process| *process != 0)
    }

    /// The bound in force.
    pub(crate) fn most(&self) -> u32 {
        self.most.load(Ordering::Relaxed)
    }
}

/// Where in the server's stream of messages we are.
#[derive(Debug)]
enum Place {
    /// Before the one byte that answers the request for TLS.
    Answer,
    /// TLS began, so what follows isn't messages at this layer.
    Opaque,
    /// In a message's head: its kind and its length.
    Head { bytes: [u8; 5], filled: usize },
    /// In the body of the greeting's message whose first four bytes are the process id.
    Process { bytes: [u8; 4], filled: usize, left: u32 },
    /// In a message's body.
    Body { left: u32 },
}

/// The kind of the message that names the server's process: BackendKeyData.
const PROCESS: u8 = b'K';

const HEAD: Place = Place::Head { bytes: [0; 5], filled: 0 };

/// A stream whose messages are held to a bound while they are read.
#[derive(Debug)]
pub(crate) struct Bounded<S> {
    stream: S,
    place: Place,
    wire: Arc<Wire>,
}

impl<S> Bounded<S> {
    /// A socket; `asks_for_tls` if the client library will.
    pub(crate) fn socket(stream: S, wire: Arc<Wire>, asks_for_tls: bool) -> Self {
        Self { stream, place: if asks_for_tls { Place::Answer } else { HEAD }, wire }
    }

    /// Follows the messages through what was just read.
    fn follow(&mut self, mut read: &[u8]) -> io::Result<()> {
        while let Some((first, rest)) = read.split_first() {
            match &mut self.place {
                Place::Opaque => return Ok(()),
                Place::Answer => {
                    self.place = if *first == b'S' { Place::Opaque } else { HEAD };
                    read = rest;
                }
                Place::Head { bytes, filled } => {
                    if let Some(byte) = bytes.get_mut(*filled) {
                        *byte = *first;
                    }
                    *filled += 1;
                    read = rest;
                    if *filled == bytes.len() {
                        let [kind, length @ ..] = *bytes;
                        // The length counts itself.
                        let left = u32::from_be_bytes(length).saturating_sub(4);
                        if left > self.wire.most() {
                            self.wire.exceeded.store(true, Ordering::Relaxed);
                            return Err(io::Error::other("a message of the server is larger than allowed"));
                        }
                        self.place = match (kind, left) {
                            (_, 0) => HEAD,
                            (PROCESS, 4..) => Place::Process { bytes: [0; 4], filled: 0, left },
                            _ => Place::Body { left },
                        };
                    }
                }
                Place::Process { bytes, filled, left } => {
                    if let Some(byte) = bytes.get_mut(*filled) {
                        *byte = *first;
                    }
                    *filled += 1;
                    *left -= 1;
                    read = rest;
                    if *filled == bytes.len() {
                        self.wire.greeted_as.store(i32::from_be_bytes(*bytes), Ordering::Relaxed);
                        self.place = if *left == 0 { HEAD } else { Place::Body { left: *left } };
                    }
                }
                Place::Body { left } => {
                    let step = read.len().min(*left as usize);
                    *left -= step as u32;
                    if *left == 0 {
                        self.place = HEAD;
                    }
                    read = read.get(step..).unwrap_or_default();
                }
            }
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        Poll::Ready(this.follow(buffer.filled().get(before..).unwrap_or_default()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Bounded<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

/// Makes TLS streams whose messages are held to the bound.
pub(crate) struct BoundedTls<T> {
    connect: T,
    wire: Arc<Wire>,
}

impl<T> BoundedTls<T> {
    pub(crate) fn new(connect: T, wire: Arc<Wire>) -> Self {
        Self { connect, wire }
    }
}

impl<S, T> TlsConnect<S> for BoundedTls<T>
where
    T: TlsConnect<S>,
    T::Future: Send + 'static,
{
    type Stream = Bounded<T::Stream>;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let Self { connect, wire } = self;
        let connecting = connect.connect(stream);
        Box::pin(async move { Ok(Bounded { stream: connecting.await?, place: HEAD, wire }) })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    /// Reads all of `sent`, that many bytes at once.
    async fn read(sent: &[u8], at_once: usize, asks_for_tls: bool, most: u32) -> io::Result<usize> {
        let (mut server, client) = duplex(1 << 20);
        server.write_all(sent).await.unwrap();
        drop(server);
        let wire = Wire::new();
        wire.most.store(most, Ordering::Relaxed);
        let mut stream = Bounded::socket(client, Arc::clone(&wire), asks_for_tls);
        let mut space = vec![0; at_once];
        let mut total = 0;
        let result = loop {
            match stream.read(&mut space).await {
                Ok(0) => break Ok(total),
                Ok(count) => total += count,
                Err(error) => break Err(error),
            }
        };
        assert_eq!(wire.is_exceeded(), result.is_err());
        result
    }

    fn message(kind: u8, body: usize) -> Vec<u8> {
        let mut message = vec![kind];
        message.extend((body as u32 + 4).to_be_bytes());
        message.extend(std::iter::repeat_n(b'x', body));
        message
    }

    #[tokio::test]
    async fn the_process_of_the_greeting_is_seen_however_it_is_cut() {
        let greeting = [message(b'R', 4), vec![b'K', 0, 0, 0, 12, 0, 1, 2, 3, 9, 9, 9, 9], message(b'Z', 1)].concat();
        for at_once in 1..=greeting.len() {
            let (mut server, client) = duplex(1 << 10);
            server.write_all(&greeting).await.unwrap();
            drop(server);
            let wire = Wire::new();
            let mut stream = Bounded::socket(client, Arc::clone(&wire), false);
            assert_eq!(wire.greeted_as(), None);
            let mut space = vec![0; at_once];
            while stream.read(&mut space).await.unwrap() > 0 {}
            assert_eq!(wire.greeted_as(), Some(0x0001_0203), "{at_once} at once");
        }
    }

    #[tokio::test]
    async fn messages_within_the_bound_pass_however_they_are_cut() {
        let sent = [message(b'R', 4), message(b'Z', 0), message(b'D', 100), message(b'Z', 1)].concat();
        for at_once in 1..sent.len() {
            assert_eq!(read(&sent, at_once, false, 100).await.unwrap(), sent.len());
            assert_eq!(
                read(&[b"N".to_vec(), sent.clone()].concat(), at_once, true, 100).await.unwrap(),
                sent.len() + 1
            );
        }
    }

    #[tokio::test]
    async fn a_message_beyond_the_bound_ends_the_connection_at_its_head() {
        let sent = [message(b'R', 4), message(b'D', 101)].concat();
        for at_once in 1..sent.len() {
            assert!(read(&sent, at_once, false, 100).await.is_err());
        }
    }

    #[tokio::test]
    async fn what_is_encrypted_is_not_taken_for_messages() {
        let sent = [b"S".to_vec(), vec![0xff; 50]].concat();
        assert_eq!(read(&sent, 7, true, 10).await.unwrap(), sent.len());
    }
}
