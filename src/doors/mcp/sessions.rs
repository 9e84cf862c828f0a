//! A client's session, as the history knows it: on record before anything is served in it, and when it ends.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::gate::diagnostic::Rejection;
use crate::gateway::{Caller, Gateway, Session};
use crate::history::SessionEnd;

/// The session that a connection is in, or the one that an HTTP session is.
pub(super) struct Sessions {
    gateway: Arc<Gateway>,
    begins: Begins,
    current: Mutex<Option<Arc<Session>>>,
}

/// With what a session begins.
#[derive(Debug)]
pub(super) enum Begins {
    /// With the first request, if not with a handshake: there are revisions of the protocol without one.
    AtOnce,
    /// With a handshake only. Where there is none, each request stands for itself. The session ends when nothing knows
    /// it any more; the token is kept until that is on record.
    ByHandshake(TaskTrackerToken),
}

impl Sessions {
    pub fn new(gateway: Arc<Gateway>, begins: Begins) -> Self {
        Self { gateway, begins, current: Mutex::default() }
    }

    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// The session that a request comes in; none where requests stand for themselves.
    ///
    /// # Errors
    /// Its beginning can't be recorded.
    pub async fn of_call(&self, caller: &Caller, protocol: Option<String>) -> Result<Option<Arc<Session>>, Rejection> {
        let mut current = self.current.lock().await;
        if let (None, Begins::AtOnce) = (&*current, &self.begins) {
            *current = Some(Arc::new(self.gateway.open_session(caller, protocol).await?));
        }
        Ok(current.clone())
    }

    /// The handshake begins a session, and ends the one before it if there is one.
    ///
    /// # Errors
    /// Its beginning can't be recorded.
    pub async fn begin(&self, caller: &Caller, protocol: String) -> Result<(), Rejection> {
        let mut current = self.current.lock().await;
        if let Some(session) = current.take() {
            self.gateway.close_session(&session, SessionEnd::Replaced).await;
        }
        *current = Some(Arc::new(self.gateway.open_session(caller, Some(protocol)).await?));
        Ok(())
    }

    /// Puts the end on record, if there is a session.
    pub async fn end(&self, ended: SessionEnd) {
        if let Some(session) = self.current.lock().await.take() {
            self.gateway.close_session(&session, ended).await;
        }
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        let Begins::ByHandshake(waited_for) = &self.begins else { return };
        let Some(session) = self.current.get_mut().take() else { return };
        let (gateway, waited_for) = (Arc::clone(&self.gateway), waited_for.clone());
        let ended = if gateway.is_stopping() { SessionEnd::Shutdown } else { SessionEnd::Ended };
        // Outside of the runtime nothing runs any more, so there is nothing to wait for a record.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                gateway.close_session(&session, ended).await;
                drop(waited_for);
            });
        }
    }
}
