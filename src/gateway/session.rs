//! A client's sessions on record: none is served before its beginning is written, and its end says how it came and how
//! many calls there were.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use super::{Caller, Gateway, failure, record};
use crate::gate::diagnostic::Rejection;
use crate::history::{AuthFailure, Entry, SessionEnd, SessionOpen, Who};

/// A session that is on record.
#[derive(Debug)]
pub struct Session {
    opened: Entry,
    calls: AtomicU64,
}

impl Session {
    /// What the records of its calls name it by.
    pub fn id(&self) -> Uuid {
        self.opened.id
    }

    /// Counts a call of a tool or resource.
    pub fn count(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }
}

impl Gateway {
    /// Puts a session's beginning on record. Its end has to be told by [`Gateway::close_session`].
    ///
    /// # Errors
    /// The history can't be written: then the session may not be served.
    pub async fn open_session(&self, caller: &Caller, protocol: Option<String>) -> Result<Session, Rejection> {
        let mut opened = Entry::session_open(record::who(caller), self.place(None, caller), SessionOpen { protocol });
        self.decided_by(&mut opened, None, caller);
        self.history.append(opened.clone()).await.map_err(failure::history)?;
        Ok(Session { opened, calls: AtomicU64::new(0) })
    }

    /// Puts on record that somebody at an address couldn't prove who they are. If that fails, the log says so: nothing is
    /// done for them anyway. `principal`: whose proof it would have been, as far as that is certain.
    pub async fn unproven(&self, door: &'static str, address: String, principal: Option<String>, failure: AuthFailure) {
        let who = Who { principal, address: Some(address), ..Who::default() };
        let place = self.home.place(door, &self.catalog.current(), None);
        if let Err(error) = self.history.append(Entry::auth_failure(who, place, failure)).await {
            tracing::error!(%error, "a failure to prove who asks could not be recorded");
        }
    }

    /// Puts a session's end on record. If that fails, the log says so: nothing depends on it any more.
    pub async fn close_session(&self, session: &Session, ended: SessionEnd) {
        let closed = session.opened.session_close(ended, session.calls.load(Ordering::Relaxed));
        if let Err(error) = self.history.append(closed).await {
            tracing::error!(%error, "the end of a session could not be recorded");
        }
    }
}
