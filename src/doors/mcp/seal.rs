//! Large texts leave without passing through the protocol's library. It would keep several copies of them at once, and hold
//! structured content as values, which round numbers and take many times the memory. So the library is handed short marks, and
//! what they stand for is put in their place while the messages leave, a piece at a time.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use aws_lc_rs::rand;
use bytes::{Buf, Bytes};
use rmcp::model::{CallToolResult, ContentBlock, JsonRpcMessage, ServerResult};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::Value;
use tokio::io::AsyncWrite;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Bytes of a mark, as random as a key: what stands in the data can't know it.
const MARK_BYTES: usize = 16;
/// Texts that are shorter go through the library: that costs less.
const SHORTEST: usize = 64 * 1024;
/// What leaves in the place of a text that nobody waited for.
const GIVEN_UP: &[u8] = b"\"the result was given up\"";
/// Bytes that leave at once.
const STEP: usize = 64 * 1024;

/// What is kept aside for the messages of one door.
#[derive(Clone)]
pub(super) struct Seal(Arc<Kept>);

struct Kept {
    /// What a mark begins with where it leaves: a quote, and this. The quote is nowhere else in it.
    opening: Vec<u8>,
    next: AtomicU64,
    texts: Mutex<HashMap<u64, Text>>,
    /// How many there are: asked for every message.
    count: AtomicUsize,
}

struct Text {
    content: String,
    /// It is JSON, and not the content of a JSON string.
    is_json: bool,
    /// Dropped with it: whoever waits for that learns that it was taken.
    _taken: Option<oneshot::Sender<()>>,
}

impl Seal {
    /// # Errors
    /// No random numbers: a sentence.
    pub fn new() -> Result<Self, String> {
        let mut bytes = [0; MARK_BYTES];
        rand::fill(&mut bytes).map_err(|_| "the operating system gives no random numbers".to_owned())?;
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let opening = format!("\"sealed:{digits}:").into_bytes();
        Ok(Self(Arc::new(Kept {
            opening,
            next: AtomicU64::new(0),
            texts: Mutex::default(),
            count: AtomicUsize::new(0),
        })))
    }

    /// Keeps what is large in a result aside. A text as structured content is JSON that leaves as it is, however short.
    /// `unwanted`: when it is cancelled, nobody waits for the result any more; without it, it surely leaves.
    pub fn put_on(&self, result: &mut CallToolResult, unwanted: Option<&CancellationToken>) {
        for block in &mut result.content {
            if let ContentBlock::Text(text) = block
                && text.text.len() >= SHORTEST
            {
                text.text = self.keep(std::mem::take(&mut text.text), false, unwanted);
            }
        }
        if let Some(Value::String(json)) = &mut result.structured_content {
            *json = self.keep(std::mem::take(json), true, unwanted);
        }
    }

    /// Keeps a text; gives its mark.
    fn keep(&self, content: String, is_json: bool, unwanted: Option<&CancellationToken>) -> String {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let taken = unwanted.cloned().map(|unwanted| {
            let (sender, taken) = oneshot::channel();
            let seal = self.clone();
            tokio::spawn(async move {
                tokio::select! {
                    () = unwanted.cancelled() => drop(seal.take(number)),
                    _ = taken => {}
                }
            });
            sender
        });
        let mut texts = self.0.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.insert(number, Text { content, is_json, _taken: taken });
        self.0.count.store(texts.len(), Ordering::Relaxed);
        let opening = String::from_utf8_lossy(self.0.opening.get(1..).unwrap_or_default());
        format!("{opening}{number}")
    }

    fn take(&self, number: u64) -> Option<Text> {
        let mut texts = self.0.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let text = texts.remove(&number);
        self.0.count.store(texts.len(), Ordering::Relaxed);
        text
    }

    /// Whether no message can have a mark: one that has was made after its text was kept, and leaves before that is taken.
    pub fn is_idle(&self) -> bool {
        self.0.count.load(Ordering::Relaxed) == 0
    }
}

/// One stream of messages on its way out.
pub(super) struct Unsealing {
    seal: Seal,
    place: Place,
    parts: VecDeque<Part>,
}

enum Place {
    /// Bytes of the opening that came last.
    Outside { matched: usize },
    /// Behind an opening, in the number.
    Number(u64),
}

enum Part {
    Plain(Bytes),
    Kept { text: Text, done: usize },
}

impl Unsealing {
    pub fn new(seal: Seal) -> Self {
        Self { seal, place: Place::Outside { matched: 0 }, parts: VecDeque::new() }
    }

    /// What comes next, however it is cut. Where a message ends, nothing is held back.
    pub fn feed(&mut self, mut bytes: Bytes) {
        if matches!(self.place, Place::Outside { matched: 0 }) && self.seal.is_idle() {
            return self.parts.push_back(Part::Plain(bytes));
        }
        let mut plain = Vec::with_capacity(bytes.len());
        while let Some(first) = bytes.first().copied() {
            let opening = &self.seal.0.opening;
            match self.place {
                Place::Outside { matched: 0 } => {
                    let quote = bytes.iter().position(|byte| *byte == b'"');
                    plain.extend_from_slice(&bytes.split_to(quote.unwrap_or(bytes.len())));
                    if quote.is_some() {
                        bytes.advance(1);
                        self.place = Place::Outside { matched: 1 };
                    }
                }
                Place::Outside { matched } if opening.get(matched) == Some(&first) => {
                    bytes.advance(1);
                    let whole = matched + 1 == opening.len();
                    self.place = if whole { Place::Number(0) } else { Place::Outside { matched: matched + 1 } };
                }
                Place::Outside { matched } => {
                    // It was something else; this byte is looked at once more.
                    plain.extend_from_slice(opening.get(..matched).unwrap_or_default());
                    self.place = Place::Outside { matched: 0 };
                }
                Place::Number(number) if first.is_ascii_digit() => {
                    bytes.advance(1);
                    self.place = Place::Number(number.wrapping_mul(10).wrapping_add(u64::from(first - b'0')));
                }
                Place::Number(number) => {
                    // The quote behind it.
                    bytes.advance(1);
                    self.place = Place::Outside { matched: 0 };
                    match self.seal.take(number) {
                        Some(text) => {
                            self.parts.push_back(Part::Plain(std::mem::take(&mut plain).into()));
                            self.parts.push_back(Part::Kept { text, done: 0 });
                        }
                        None => plain.extend_from_slice(GIVEN_UP),
                    }
                }
            }
        }
        if !plain.is_empty() {
            self.parts.push_back(Part::Plain(plain.into()));
        }
    }

    /// What leaves next, if there is something.
    pub fn next(&mut self) -> Option<Bytes> {
        match self.parts.front_mut()? {
            Part::Plain(bytes) if bytes.len() <= STEP => {
                let bytes = std::mem::take(bytes);
                self.parts.pop_front();
                Some(bytes)
            }
            Part::Plain(bytes) => Some(bytes.split_to(STEP)),
            Part::Kept { text, done } => {
                let all = text.content.as_bytes();
                let rest = all.get(*done..).unwrap_or_default();
                let step = rest.get(..STEP).unwrap_or(rest);
                let (first, last) = (*done == 0, step.len() == rest.len());
                let mut out = Vec::with_capacity(step.len() + 2);
                if text.is_json {
                    out.extend_from_slice(step);
                } else {
                    out.extend(first.then_some(b'"'));
                    step.iter().for_each(|byte| escape(*byte, &mut out));
                    out.extend(last.then_some(b'"'));
                }
                *done += step.len();
                if last {
                    self.parts.pop_front();
                }
                Some(out.into())
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub fn seal(&self) -> &Seal {
        &self.seal
    }
}

/// A byte of a text as it stands in a JSON string.
fn escape(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        _ => out.push(byte),
    }
}

/// The library's way to and from one client, for messages that are sealed when it is certain that they leave.
pub(super) struct Sealing<T> {
    transport: T,
    seal: Seal,
}

impl<T> Sealing<T> {
    /// What the transport writes has to go through [`Unsealed`].
    pub fn new(transport: T, seal: Seal) -> Self {
        Self { transport, seal }
    }
}

impl<T: Transport<RoleServer>> Transport<RoleServer> for Sealing<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        mut item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        if let JsonRpcMessage::Response(response) = &mut item
            && let ServerResult::CallToolResult(result) = &mut response.result
        {
            self.seal.put_on(result, None);
        }
        self.transport.send(item)
    }

    fn receive(&mut self) -> impl Future<Output = Option<RxJsonRpcMessage<RoleServer>>> + Send {
        self.transport.receive()
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.transport.close()
    }
}

/// Where messages are written that may be sealed.
pub(super) struct Unsealed<W> {
    writer: W,
    unsealing: Unsealing,
    /// What has to be written first.
    waiting: Bytes,
}

impl<W: AsyncWrite + Unpin> Unsealed<W> {
    pub fn new(writer: W, seal: Seal) -> Self {
        Self { writer, unsealing: Unsealing::new(seal), waiting: Bytes::new() }
    }

    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while !self.waiting.is_empty() {
                match ready!(Pin::new(&mut self.writer).poll_write(context, &self.waiting))? {
                    0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    count => drop(self.waiting.split_to(count)),
                }
            }
            match self.unsealing.next() {
                Some(next) => self.waiting = next,
                None => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Unsealed<W> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(context))?;
        let step = bytes.get(..STEP).unwrap_or(bytes);
        this.unsealing.feed(Bytes::copy_from_slice(step));
        Poll::Ready(Ok(step.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(context))?;
        Pin::new(&mut this.writer).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_drain(context))?;
        Pin::new(&mut this.writer).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
