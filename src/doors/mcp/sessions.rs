//! A client's session, as the history knows it: on record before anything is served in it, and when it ends.

use std::sync::{Arc, MutexGuard, PoisonError};

use rmcp::service::{Peer, RoleServer};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::changes::{self, Ear, Followed};
use crate::gate::diagnostic::Rejection;
use crate::gateway::{Caller, Gateway, Session, Watch};
use crate::history::SessionEnd;

/// The session that a connection is in, or the one that an HTTP session is.
pub(super) struct Sessions {
    gateway: Arc<Gateway>,
    begins: Begins,
    current: Mutex<Option<Arc<Session>>>,
    /// What its client is told of from its handshake on.
    followed: Followed,
    /// Until the client is told of changes: for whom, and from when on.
    unfollowed: std::sync::Mutex<Option<(String, Watch)>>,
    /// Cancelled when it has ended.
    ended: CancellationToken,
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
        let (followed, unfollowed) = (Followed::default(), std::sync::Mutex::default());
        Self { gateway, begins, current: Mutex::default(), followed, unfollowed, ended: CancellationToken::new() }
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
        if self.followed.is_empty() {
            // From before anything is answered in it.
            let watch = self.gateway.watch();
            self.followed.see_lists(&self.gateway, &caller.principal);
            *self.unfollowed() = Some((caller.principal.clone(), watch));
        }
        Ok(())
    }

    fn unfollowed(&self) -> MutexGuard<'_, Option<(String, Watch)>> {
        self.unfollowed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What its client is told of.
    pub fn followed(&self) -> &Followed {
        &self.followed
    }

    /// From here on the client is told of changes, until the session ends.
    pub fn follow(&self, client: Peer<RoleServer>) {
        // A client that says again that it is ready is told nothing twice.
        let Some((principal, watch)) = self.unfollowed().take() else { return };
        let (gateway, followed, ended) = (Arc::clone(&self.gateway), self.followed.clone(), self.ended.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = changes::follow(&gateway, &principal, watch, &followed, Ear::Session(client)) => {}
                () = ended.cancelled() => {}
            }
        });
    }

    /// Puts the end on record, if there is a session.
    pub async fn end(&self, ended: SessionEnd) {
        self.ended.cancel();
        if let Some(session) = self.current.lock().await.take() {
            self.gateway.close_session(&session, ended).await;
        }
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        self.ended.cancel();
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
