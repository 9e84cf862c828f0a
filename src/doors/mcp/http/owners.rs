//! Whose each HTTP session is: the library takes a session's id from whoever knows it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use rmcp::model::RequestId;
use rmcp::transport::common::server_side_http::SessionId;
use rmcp::transport::streamable_http_server::SessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

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

/// The owners of sessions.
pub(super) struct Owners {
    manager: Arc<LocalSessionManager>,
    owners: Mutex<HashMap<SessionId, Owned>>,
}

/// A session that is somebody's.
struct Owned {
    owner: Owner,
    asked: Ids,
    /// Cancelled when the token doesn't let its owner in any more that it was begun with.
    valid_until: CancellationToken,
    _room: Room,
}

/// Whose a session is.
pub(super) enum Whose {
    /// Of who asks, though it may have ended.
    Callers,
    /// Of somebody else.
    Others,
    /// There is none.
    Nobodys,
}

/// The ids of the requests that are being answered in a session.
type Ids = Arc<std::sync::Mutex<HashSet<RequestId>>>;

/// A request that is being answered, until this is dropped.
pub(super) struct Asked(Ids, RequestId);

impl Asked {
    /// None if there is one of this id already. The library would give it the other's answer, and nobody's to the other.
    fn new(ids: &Ids, id: RequestId) -> Option<Self> {
        let is_new = ids.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        is_new.then(|| Self(Arc::clone(ids), id))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let Self(ids, id) = self;
        ids.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

impl Owners {
    pub fn new(manager: Arc<LocalSessionManager>) -> Self {
        Self { manager, owners: Mutex::default() }
    }

    /// Whose a session is, as this caller sees it.
    pub async fn whose(&self, session: &str, caller: &Caller) -> Whose {
        let owners = self.owners.lock().await;
        match owners.get(session) {
            Some(owned) if owned.owner == Owner::of(caller) => Whose::Callers,
            Some(_) => Whose::Others,
            // Between its beginning and its being known here nobody has been told of it.
            None if self.manager.sessions.read().await.contains_key(session) => Whose::Others,
            None => Whose::Nobodys,
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
    pub async fn add(&self, session: &str, caller: &Caller, room: Room, valid_until: CancellationToken) {
        let owned = Owned { owner: Owner::of(caller), asked: Ids::default(), valid_until, _room: room };
        self.owners.lock().await.insert(session.into(), owned);
    }

    /// Ends the sessions of whoever isn't let in any more.
    pub async fn turn_out(&self) {
        let mut owners = self.owners.lock().await;
        let out: Vec<SessionId> =
            owners.extract_if(|_, owned| owned.valid_until.is_cancelled()).map(|(session, _)| session).collect();
        drop(owners);
        for session in out {
            self.end(&session).await;
        }
    }

    /// That a request is asked in a session, if there is such a session.
    ///
    /// # Errors
    /// There is a request of this id in it that isn't answered yet.
    pub async fn ask(&self, session: &str, id: RequestId) -> Result<Option<Asked>, ()> {
        let owners = self.owners.lock().await;
        owners.get(session).map(|owned| Asked::new(&owned.asked, id).ok_or(())).transpose()
    }

    /// Ends a session that nobody knows of.
    pub async fn end(&self, session: &str) {
        if let Err(error) = self.manager.close_session(&session.into()).await {
            tracing::warn!(%error, "a session could not be ended");
        }
    }
}
