//! Answers of the door itself, and what is watched while an answer leaves.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use rmcp::model::{ErrorCode, ErrorData, JsonRpcError};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::owners::Asked;
use super::places::Busy;
use super::shares::Taken;
use crate::doors::mcp::seal::{Seal, Unsealing};

/// What stands in an answer.
pub(super) type Content = BoxBody<Bytes, Infallible>;

/// An answer that leaves.
pub(super) type Answer = Response<Leaving>;

/// The body of an answer. When it is dropped, whole or not, nobody waits for it any more.
pub(super) struct Leaving {
    content: Content,
    unsealing: Option<Unsealing>,
    /// Ends it before its end.
    ends: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    _held: Option<Held>,
}

/// What lasts as long as an answer is waited for, and is for its drop.
pub(super) struct Held {
    /// Tells whoever works for the answer that nobody waits for it.
    pub _gone: DropGuard,
    /// Tells the door's end that there is one less to wait for.
    pub _in_flight: Option<TaskTrackerToken>,
    /// Keeps the connection.
    pub _busy: Busy,
    /// What the principal has taken of its share.
    pub _taken: (Taken, Option<Taken>),
    /// Keeps the request's id from being used by another one.
    pub _asked: Option<Arc<Asked>>,
}

impl Leaving {
    /// `of_call`: what lasts as long, and what is kept aside for it; none for an answer of the door itself.
    pub fn new(content: Content, of_call: Option<(Held, Seal)>) -> Self {
        let (held, seal) = of_call.unzip();
        Self { content, unsealing: seal.map(Unsealing::new), ends: None, _held: held }
    }

    /// Ends when that is cancelled, if anything.
    pub fn until(self, ends: Option<CancellationToken>) -> Self {
        Self { ends: ends.map(|ends| Box::pin(ends.cancelled_owned())), ..self }
    }
}

impl Body for Leaving {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Self { content, unsealing, ends, .. } = &mut *self;
        if ends.as_mut().is_some_and(|ends| ends.as_mut().poll(context).is_ready()) {
            return Poll::Ready(None);
        }
        let Some(unsealing) = unsealing else { return Pin::new(content).poll_frame(context) };
        loop {
            if let Some(next) = unsealing.next() {
                return Poll::Ready(Some(Ok(Frame::data(next))));
            }
            match ready!(Pin::new(&mut *content).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => unsealing.feed(data),
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                None => return Poll::Ready(None),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream() && self.unsealing.as_ref().is_none_or(Unsealing::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.unsealing {
            // What is kept aside is longer than its mark.
            Some(unsealing) if !unsealing.is_empty() || !unsealing.seal().is_idle() => SizeHint::default(),
            _ => self.content.size_hint(),
        }
    }
}

/// An answer of the door itself: a sentence, in the form that MCP clients read.
pub(super) fn refusal(status: StatusCode, message: impl Into<String>) -> Answer {
    of_error(status, ErrorCode::INVALID_REQUEST, message.into())
}

/// That nobody has the session that is named, or somebody else.
pub(super) fn no_such_session() -> Answer {
    refusal(StatusCode::NOT_FOUND, "there is no such session")
}

/// That a request's body isn't JSON.
pub(super) fn unreadable(message: String) -> Answer {
    of_error(StatusCode::BAD_REQUEST, ErrorCode::PARSE_ERROR, message)
}

fn of_error(status: StatusCode, code: ErrorCode, message: String) -> Answer {
    let error = ErrorData::new(code, message, None);
    let text = serde_json::to_vec(&JsonRpcError::new(None, error)).unwrap_or_default();
    let mut answer = plain(status, text);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// Text as it is.
pub(super) fn plain(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Leaving::new(Full::new(text.into()).boxed(), None));
    *answer.status_mut() = status;
    answer
}

/// That a proof is asked for.
pub(super) fn unproven(challenge: &'static str, message: &str) -> Answer {
    let mut answer = refusal(StatusCode::UNAUTHORIZED, message);
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    answer
}

/// That it was tried too often.
pub(super) fn too_often(wait: Duration, message: &str) -> Answer {
    let mut answer = refusal(StatusCode::TOO_MANY_REQUESTS, message);
    // A whole second more than needed is friendlier than one too few.
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
    answer
}
