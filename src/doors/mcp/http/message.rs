//! The message in a request's body, as far as has to be known before the protocol's library reads it.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use rmcp::model::RequestId;
use serde::Deserialize;
use tokio::time::timeout;

use super::answer::{Answer, refusal, unreadable};
use super::shares::{Shares, Taken};

/// Bytes of a request's body, and how long it may take to come.
pub(super) const MOST_BYTES: usize = 4 << 20;
const BODY_PATIENCE: Duration = Duration::from_secs(30);
/// Values in a message: twice as many as a statement of PostgreSQL's can have parameters. Each takes up to a hundred times its
/// bytes while it is read.
const MOST_VALUES: usize = 1 << 17;
/// A message of more bytes is a large one.
const SMALL_BYTES: u64 = 16 << 10;

/// The body of a request, which only who has proven who they are can make us read; with what a large one takes.
pub(super) async fn whole(
    body: Incoming,
    principal: &str,
    shares: &Shares,
) -> Result<(Bytes, Option<Taken>), Box<Answer>> {
    let refused = |status, message: String| Err(Box::new(refusal(status, message)));
    let is_small = body.size_hint().upper().is_some_and(|most| most <= SMALL_BYTES);
    let whole = async {
        // Waits its turn before anything of it is in memory.
        let taken = if is_small { None } else { shares.large(principal).await };
        Limited::new(body, MOST_BYTES).collect().await.map(|body| (body.to_bytes(), taken))
    };
    match timeout(BODY_PATIENCE, whole).await {
        Ok(Ok((body, _))) if values(&body) > MOST_VALUES => {
            refused(StatusCode::PAYLOAD_TOO_LARGE, format!("a request has {MOST_VALUES} values at most"))
        }
        Ok(Ok(whole)) => Ok(whole),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            refused(StatusCode::PAYLOAD_TOO_LARGE, format!("a request has {MOST_BYTES} bytes at most"))
        }
        Ok(Err(_)) => refused(StatusCode::BAD_REQUEST, "the request broke off".to_owned()),
        Err(_) => refused(StatusCode::REQUEST_TIMEOUT, "the request took too long to come".to_owned()),
    }
}

/// How many values a text has if it is JSON; no more of a text that isn't are read.
pub(in crate::doors::mcp) fn values(text: &[u8]) -> usize {
    let (mut count, mut quoted, mut escaped) = (1, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b'[' | b'{' if !quoted => count += 1,
            _ => {}
        }
    }
    count
}

/// A message that asks for something, or tells something.
#[derive(Deserialize)]
pub(super) struct Message<'m> {
    #[serde(borrow)]
    method: Cow<'m, str>,
    /// Where an answer is expected.
    pub id: Option<RequestId>,
}

impl<'m> Message<'m> {
    /// What a body says; none where it is an answer, or isn't a message. No body is more than one message: a batch, which
    /// only revision 2025-03-26 has, would be answered at no time in particular.
    pub fn of(body: &'m [u8]) -> Result<Option<Self>, Box<Answer>> {
        if body.trim_ascii_start().starts_with(b"[") {
            let message = "batches aren't taken; send each message in a request of its own";
            return Err(Box::new(refusal(StatusCode::BAD_REQUEST, message)));
        }
        match serde_json::from_slice(body) {
            Ok(message) => Ok(Some(message)),
            Err(error) if error.is_data() => Ok(None),
            Err(error) => Err(Box::new(unreadable(format!("the request isn't JSON: {error}")))),
        }
    }

    /// Whether it asks for a session.
    pub fn is_handshake(&self) -> bool {
        self.method == "initialize"
    }

    /// Whether it asks for a stream of changes.
    pub fn listens(&self) -> bool {
        self.method == "subscriptions/listen"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_where_they_are() {
        for (text, count) in [
            ("{}", 2),
            ("[1, 2]", 3),
            (r#"{"a": [1, "[,{"], "b": 2}"#, 5),
            (r#"["\",[", "\\", 1]"#, 4),
            (r#"["\\\",,"]"#, 2),
        ] {
            assert_eq!(values(text.as_bytes()), count, "{text}");
        }
    }
}
