//! JSON that leaves as it was written. The protocol's library keeps structured content as values, which would round numbers
//! and take many times the memory. So it is handed a text that begins with a mark, and what it made of that is put right
//! while it leaves: the quotes and escapes around the JSON are taken off again.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aws_lc_rs::rand;
use serde_json::Value;
use tokio::io::AsyncWrite;

/// Bytes of a mark, as random as a key: what stands in the data can't know it.
const MARK_BYTES: usize = 16;

/// Bytes that are put right at once.
pub(super) const STEP: usize = 64 * 1024;

/// The mark of one door.
#[derive(Debug, Clone)]
pub(super) struct Seal(Arc<str>);

impl Seal {
    /// A mark that nobody knows.
    ///
    /// # Errors
    /// No random numbers: a sentence.
    pub fn new() -> Result<Self, String> {
        let mut bytes = [0; MARK_BYTES];
        rand::fill(&mut bytes).map_err(|_| "the operating system gives no random numbers".to_owned())?;
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(format!("sealed:{digits}:").into()))
    }

    /// For the library. `json` has to be JSON.
    pub fn put_on(&self, mut json: String) -> Value {
        json.insert_str(0, &self.0);
        Value::String(json)
    }

    /// For one stream of messages.
    pub fn breaker(&self) -> Breaker {
        Breaker { opening: format!("\"{}", self.0).into_bytes().into(), state: State::Outside { matched: 0 } }
    }
}

/// Puts one stream of messages right, however it is cut.
#[derive(Debug)]
pub(super) struct Breaker {
    /// What a sealed text begins with. Its first byte is nowhere else in it.
    opening: Arc<[u8]>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Bytes of the opening that came last, and aren't passed on yet.
    Outside { matched: usize },
    /// In a sealed text; behind a backslash, or not.
    Inside { escaped: bool },
}

impl Breaker {
    /// Passes bytes on.
    pub fn pass(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        while let Some((first, rest)) = bytes.split_first() {
            match &mut self.state {
                State::Outside { matched: 0 } => {
                    let plain = bytes.iter().position(|byte| *byte == b'"').unwrap_or(bytes.len());
                    let (before, from) = bytes.split_at(plain);
                    out.extend_from_slice(before);
                    bytes = from.get(1..).unwrap_or_default();
                    if !from.is_empty() {
                        self.state = State::Outside { matched: 1 };
                    }
                }
                State::Outside { matched } if self.opening.get(*matched) == Some(first) => {
                    *matched += 1;
                    bytes = rest;
                    if *matched == self.opening.len() {
                        self.state = State::Inside { escaped: false };
                    }
                }
                State::Outside { matched } => {
                    // It was something else; this byte is looked at once more.
                    out.extend_from_slice(self.opening.get(..*matched).unwrap_or_default());
                    *matched = 0;
                }
                State::Inside { escaped: true } => {
                    // JSON without space between its tokens has nothing else to escape than quotes and backslashes.
                    out.push(*first);
                    bytes = rest;
                    self.state = State::Inside { escaped: false };
                }
                State::Inside { escaped: false } => {
                    let plain = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(bytes.len());
                    let (before, from) = bytes.split_at(plain);
                    out.extend_from_slice(before);
                    self.state = match from.first() {
                        Some(b'"') => State::Outside { matched: 0 },
                        Some(_) => State::Inside { escaped: true },
                        None => State::Inside { escaped: false },
                    };
                    bytes = from.get(1..).unwrap_or_default();
                }
            }
        }
    }
}

/// Where messages are written that may be sealed.
pub(super) struct Unsealed<W> {
    writer: W,
    breaker: Breaker,
    /// What has to be written first.
    waiting: Vec<u8>,
    written: usize,
}

impl<W: AsyncWrite + Unpin> Unsealed<W> {
    pub fn new(writer: W, seal: &Seal) -> Self {
        Self { writer, breaker: seal.breaker(), waiting: Vec::new(), written: 0 }
    }

    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(left) = self.waiting.get(self.written..).filter(|left| !left.is_empty()) {
            match ready!(Pin::new(&mut self.writer).poll_write(context, left))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.written += count,
            }
        }
        self.waiting.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Unsealed<W> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_drain(context))?;
        let step = bytes.get(..STEP).unwrap_or(bytes);
        this.breaker.pass(step, &mut this.waiting);
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
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use tokio::io::AsyncWriteExt;

    use super::*;

    fn message(seal: &Seal, json: &str, text: &str) -> String {
        json!({ "a": text, "b": seal.put_on(json.to_owned()), "c": text }).to_string() + "\n"
    }

    fn broken(seal: &Seal, message: &str, at_once: usize) -> String {
        let (mut breaker, mut out) = (seal.breaker(), Vec::new());
        message.as_bytes().chunks(at_once).for_each(|part| breaker.pass(part, &mut out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_was_sealed_leaves_as_it_was_written() {
        let seal = Seal::new().unwrap();
        let json = r#"{"n":123456789012345678901234567890.10,"t":"a\"b\\c\u0001\n","e":"","x":["\\"]}"#;
        let text = "\"sealed:00112233\": \\";
        let two = message(&seal, json, text) + &message(&seal, "[]", text);
        let text = json!(text);
        let expected = format!("{{\"a\":{text},\"b\":{json},\"c\":{text}}}\n{{\"a\":{text},\"b\":[],\"c\":{text}}}\n");
        for at_once in 1..two.len() {
            assert_eq!(broken(&seal, &two, at_once), expected, "{at_once} at once");
        }
    }

    #[test]
    fn the_mark_of_another_door_is_text_like_any_other() {
        let (seal, other) = (Seal::new().unwrap(), Seal::new().unwrap());
        let message = message(&other, "[1]", "x");
        assert_eq!(broken(&seal, &message, 7), message);
    }

    #[tokio::test]
    async fn a_slow_reader_gets_all_of_it() {
        let seal = Seal::new().unwrap();
        let json = json!([{ "t": "\"\\ü".repeat(100_000) }]).to_string();
        let (writer, mut reader) = tokio::io::duplex(100);
        let text = message(&seal, &json, "x");
        let writing = async {
            let mut writer = Unsealed::new(writer, &seal);
            writer.write_all(text.as_bytes()).await.unwrap();
            writer.flush().await.unwrap();
        };
        let mut read = String::new();
        tokio::join!(writing, async { tokio::io::AsyncReadExt::read_to_string(&mut reader, &mut read).await.unwrap() });
        assert_eq!(read, format!("{{\"a\":\"x\",\"b\":{json},\"c\":\"x\"}}\n"));
    }

    proptest! {
        #[test]
        fn any_message_survives(texts in prop::collection::vec(any::<String>(), 1..5), other: String, at_once in 1_usize..40) {
            let seal = Seal::new().unwrap();
            let json = json!(texts).to_string();
            let other = other.as_str();
            let left: Value = serde_json::from_str(&broken(&seal, &message(&seal, &json, other), at_once)).unwrap();
            prop_assert_eq!(left, json!({ "a": other, "b": texts, "c": other }));
        }
    }
}
