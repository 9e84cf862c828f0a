//! Whose each HTTP session is: the library takes a session's id from whoever knows it.

use std::collections::HashMap;
use std::sync::Arc;

use rmcp::transport::common::server_side_http::SessionId;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use tokio::sync::Mutex;

use crate::gateway::Caller;

/// Sessions at once, and of one principal: each takes some memory until it has rested for a while.
const MOST_SESSIONS: usize = 1_024;
const MOST_OF_ONE: usize = 128;

/// Whose a session is: principal, and how it proved to be it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owner(String, String);

impl Owner {
    fn of(caller: &Caller) -> Self {
        Self(caller.principal.clone(), caller.authentication.clone().into_owned())
    }
}

/// The owners of sessions.
pub(super) struct Owners {
    manager: Arc<LocalSessionManager>,
    owners: Mutex<HashMap<SessionId, Owner>>,
}

impl Owners {
    pub fn new(manager: Arc<LocalSessionManager>) -> Self {
        Self { manager, owners: Mutex::default() }
    }

    /// Whether a session is this caller's, or nobody's, which the library tells.
    pub async fn may_use(&self, session: &str, caller: &Caller) -> bool {
        let owners = self.owners.lock().await;
        match owners.get(session) {
            Some(owner) => *owner == Owner::of(caller),
            // Between its beginning and its being known here nobody has been told of it.
            None => !self.manager.sessions.read().await.contains_key(session),
        }
    }

    /// Whether the caller may have one more.
    pub async fn has_room(&self, caller: &Caller) -> bool {
        let mut owners = self.owners.lock().await;
        let alive = self.manager.sessions.read().await;
        owners.retain(|session, _| alive.contains_key(session));
        let own = Owner::of(caller);
        owners.len() < MOST_SESSIONS && owners.values().filter(|owner| owner.0 == own.0).count() < MOST_OF_ONE
    }

    /// A session that was begun for this caller.
    pub async fn add(&self, session: &str, caller: &Caller) {
        self.owners.lock().await.insert(session.into(), Owner::of(caller));
    }
}
