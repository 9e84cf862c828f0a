//! Whose each HTTP session is: the library takes a session's id from whoever knows it.

use std::collections::HashMap;
use std::sync::Arc;

use rmcp::transport::common::server_side_http::SessionId;
use rmcp::transport::streamable_http_server::SessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use tokio::sync::Mutex;

use super::shares::{Room, Shares};
use crate::gateway::Caller;

/// Whose a session is: principal, and how it proved to be it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owner(String, String);

impl Owner {
    fn of(caller: &Caller) -> Self {
        Self(caller.principal.clone(), caller.authentication.clone().into_owned())
    }
}

/// The owners of sessions, and the room that these take.
pub(super) struct Owners {
    manager: Arc<LocalSessionManager>,
    owners: Mutex<HashMap<SessionId, (Owner, Room)>>,
}

impl Owners {
    pub fn new(manager: Arc<LocalSessionManager>) -> Self {
        Self { manager, owners: Mutex::default() }
    }

    /// Whether a session is this caller's, or nobody's, which the library tells.
    pub async fn may_use(&self, session: &str, caller: &Caller) -> bool {
        let owners = self.owners.lock().await;
        match owners.get(session) {
            Some((owner, _)) => *owner == Owner::of(caller),
            // Between its beginning and its being known here nobody has been told of it.
            None => !self.manager.sessions.read().await.contains_key(session),
        }
    }

    /// Room for one more session of the caller's, if it may have one.
    pub async fn room(&self, caller: &Caller, shares: &Shares) -> Option<Room> {
        let mut owners = self.owners.lock().await;
        let alive = self.manager.sessions.read().await;
        owners.retain(|session, _| alive.contains_key(session));
        shares.session(&caller.principal)
    }

    /// A session that was begun for this caller.
    pub async fn add(&self, session: &str, caller: &Caller, room: Room) {
        self.owners.lock().await.insert(session.into(), (Owner::of(caller), room));
    }

    /// Ends a session that nobody knows of.
    pub async fn end(&self, session: &str) {
        if let Err(error) = self.manager.close_session(&session.into()).await {
            tracing::warn!(%error, "a session could not be ended");
        }
    }
}
