//! The way of one request: who asks, whose session it is, then the protocol, and an eye on who waits for the answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, SessionConfig};
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::{Answer, Held, Leaving, plain, refusal};
use super::claim::{Claims, Refused};
use super::door::Door;
use super::owners::Owners;
use super::{LEAVING_PATIENCE, PATH};
use crate::doors::mcp::seal::Seal;
use crate::doors::mcp::server::{Asker, Server};
use crate::doors::mcp::sessions::{Begins, Sessions};
use crate::gateway::{Caller, Gateway};

/// Whether pgwicket is up; asks nobody who they are, and tells nothing else.
const HEALTH: &str = "/healthz";
const SESSION: &str = "mcp-session-id";

/// Bytes of a request's body, and how long it may take to come.
const MOST_BYTES: usize = 4 << 20;
const BODY_PATIENCE: Duration = Duration::from_secs(30);
/// How long a session may rest before it ends.
const SESSION_PATIENCE: Duration = Duration::from_secs(30 * 60);

/// What all connections share.
pub(super) struct Service {
    gateway: Arc<Gateway>,
    claims: Claims,
    owners: Owners,
    mcp: StreamableHttpService<Server, LocalSessionManager>,
    /// Requests that are being answered.
    in_flight: TaskTracker,
    /// Sessions whose end isn't on record yet.
    sessions: TaskTracker,
    /// Ends sessions and the streams that nothing else ends.
    end: CancellationToken,
    /// For structured results, if they are.
    seal: Option<Seal>,
}

impl Service {
    pub fn new(gateway: Arc<Gateway>, door: Door) -> Self {
        let end = CancellationToken::new();
        let config = StreamableHttpServerConfig::default()
            .with_allowed_hosts(door.hosts)
            .with_allowed_origins(door.origins)
            .enforce_origin_validation()
            .with_json_response(true)
            .with_max_request_body_bytes(MOST_BYTES)
            .with_cancellation_token(end.clone());
        let mut manager = LocalSessionManager::default();
        let mut rules = SessionConfig::default();
        rules.keep_alive = Some(SESSION_PATIENCE);
        manager.session_config = rules;
        let manager = Arc::new(manager);
        let sessions = TaskTracker::new();
        let (counted, served, seal) = (sessions.clone(), Arc::clone(&gateway), door.seal.clone());
        let server = move || {
            let sessions = Sessions::new(Arc::clone(&served), Begins::ByHandshake(counted.token()));
            Ok(Server::of_requests(Arc::new(sessions), seal.clone()))
        };
        Self {
            gateway,
            claims: Claims::new(door.access, door.behind_proxy),
            owners: Owners::new(Arc::clone(&manager)),
            mcp: StreamableHttpService::new(server, manager, config),
            in_flight: TaskTracker::new(),
            sessions,
            end,
            seal: door.seal,
        }
    }

    /// Answers one request.
    pub async fn answer(&self, peer: SocketAddr, request: Request<Incoming>) -> Answer {
        match request.uri().path() {
            PATH => {}
            HEALTH if self.gateway.is_stopping() => return plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
            HEALTH => return plain(StatusCode::OK, "ok\n"),
            _ => return refusal(StatusCode::NOT_FOUND, format!("MCP is served at `{PATH}`")),
        }
        self.mcp(peer, request).await.unwrap_or_else(|refused| *refused)
    }

    async fn mcp(&self, peer: SocketAddr, request: Request<Incoming>) -> Result<Answer, Box<Answer>> {
        let caller = self.claims.proven(&self.gateway, peer, request.headers()).await?;
        if !self.owns_session(&caller, request.headers()).await {
            let refused = self.claims.refused(&self.gateway, peer, request.headers(), Refused::by_session(caller));
            return Err(Box::new(refused.await));
        }
        let is_call = request.method() == Method::POST;
        let (mut head, body) = request.into_parts();
        let body = if is_call { whole(body).await? } else { Bytes::new() };
        let begins = is_call && !head.headers.contains_key(SESSION);
        if begins && !self.owners.has_room(&caller).await && is_handshake(&body) {
            let message = "there are as many sessions as there may be; end one (`DELETE`), or try again later";
            return Err(Box::new(refusal(StatusCode::SERVICE_UNAVAILABLE, message)));
        }
        // Nobody behind here has any use for it.
        head.headers.remove(AUTHORIZATION);
        let gone = CancellationToken::new();
        let held = Held::new(gone.clone().drop_guard(), is_call.then(|| self.in_flight.token()));
        head.extensions.insert(Asker { caller: Arc::new(caller.clone()), gone });
        let answer = self.mcp.handle(Request::from_parts(head, Full::new(body))).await;
        if let Some(session) = answer.headers().get(SESSION).and_then(|id| id.to_str().ok()) {
            self.owners.add(session, &caller).await;
        }
        Ok(answer.map(|content| Leaving::new(content, Some(held), self.seal.as_ref())))
    }

    /// Whether the session that a request names, if it does, is the caller's.
    async fn owns_session(&self, caller: &Caller, headers: &HeaderMap) -> bool {
        for session in headers.get_all(SESSION) {
            // What isn't text is no session's id, as the library says, too.
            if let Ok(session) = session.to_str()
                && !self.owners.may_use(session, caller).await
            {
                return false;
            }
        }
        true
    }

    /// The door's end: requests may be answered for a while, then their statements are cancelled, and then all sessions
    /// and streams end.
    pub async fn finish(&self, grace: Duration) {
        self.in_flight.close();
        let _ = timeout(grace, self.in_flight.wait()).await;
        self.gateway.stop().await;
        // What was cancelled is told to whoever waits for it.
        let _ = timeout(LEAVING_PATIENCE, self.in_flight.wait()).await;
        self.end.cancel();
        self.sessions.close();
        if timeout(LEAVING_PATIENCE, self.sessions.wait()).await.is_err() {
            tracing::warn!("the ends of some sessions are not on record");
        }
    }
}

/// The body of a request, which only who has proven who they are can make us read.
async fn whole(body: Incoming) -> Result<Bytes, Box<Answer>> {
    let refused = |status, message: String| Err(Box::new(refusal(status, message)));
    match timeout(BODY_PATIENCE, Limited::new(body, MOST_BYTES).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            refused(StatusCode::PAYLOAD_TOO_LARGE, format!("a request has {MOST_BYTES} bytes at most"))
        }
        Ok(Err(_)) => refused(StatusCode::BAD_REQUEST, "the request broke off".to_owned()),
        Err(_) => refused(StatusCode::REQUEST_TIMEOUT, "the request took too long to come".to_owned()),
    }
}

/// Whether a message may ask for a session; what can't be read here may.
fn is_handshake(body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Message<'m> {
        #[serde(borrow)]
        method: std::borrow::Cow<'m, str>,
    }
    serde_json::from_slice::<Message<'_>>(body).map_or(true, |message| message.method == "initialize")
}
