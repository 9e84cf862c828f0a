//! The way of one request: who asks, whose session it is, then the protocol, and an eye on who waits for the answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use rmcp::model::RequestId;
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, SessionConfig};
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::{Answer, Content, Held, Leaving, no_such_session, plain, refusal, too_often};
use super::claim::{Claims, Refused};
use super::door::Door;
use super::head::{self, SESSION};
use super::message::{MOST_BYTES, Message, whole};
use super::owners::{Asked, Owners, Whose};
use super::pages::{self, Pages};
use super::shares::{Room, Shares};
use super::{Client, LEAVING_PATIENCE, PATH};
use crate::doors::mcp::seal::Seal;
use crate::doors::mcp::server::{Asker, Form, Server};
use crate::doors::mcp::sessions::{Begins, Sessions};
use crate::gateway::{Caller, Gateway};

/// Whether pgwicket is up; asks nobody who they are, and tells nothing else.
const HEALTH: &str = "/healthz";
/// How long a session may rest before it ends.
const SESSION_PATIENCE: Duration = Duration::from_secs(30 * 60);

type Mcp = StreamableHttpService<Server, LocalSessionManager>;

/// What makes the servers of sessions and requests.
#[derive(Clone)]
struct Servers {
    gateway: Arc<Gateway>,
    sessions: TaskTracker,
    form: Form,
}

impl Servers {
    /// `asker`: who asks, where that has to be known before the request is looked at.
    fn server(&self, asker: Option<Asker>) -> Server {
        let sessions = Sessions::new(Arc::clone(&self.gateway), Begins::ByHandshake(self.sessions.token()));
        Server::of_requests(asker, Arc::new(sessions), self.form.clone())
    }
}

/// What all connections share.
pub(super) struct Service {
    gateway: Arc<Gateway>,
    claims: Claims,
    shares: Shares,
    owners: Arc<Owners>,
    mcp: Mcp,
    servers: Servers,
    pages: Pages,
    manager: Arc<LocalSessionManager>,
    /// Requests that are being answered.
    in_flight: TaskTracker,
    /// Sessions whose end isn't on record yet.
    sessions: TaskTracker,
    /// Ends sessions and the streams that nothing else ends.
    end: CancellationToken,
    /// What keeps large results aside.
    seal: Seal,
}

impl Service {
    pub fn new(gateway: Arc<Gateway>, door: Door) -> Self {
        let end = CancellationToken::new();
        let pages = Pages::new(&door.origins);
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
        let servers = Servers { gateway: Arc::clone(&gateway), sessions: sessions.clone(), form: door.form.clone() };
        let of_anyone = servers.clone();
        let mcp = StreamableHttpService::new(move || Ok(of_anyone.server(None)), Arc::clone(&manager), config);
        Self {
            gateway,
            claims: Claims::new(door.access, door.behind_proxy),
            shares: Shares::new(door.connections),
            owners: Arc::new(Owners::new(Arc::clone(&manager))),
            mcp,
            servers,
            pages,
            manager,
            in_flight: TaskTracker::new(),
            sessions,
            end,
            seal: door.form.seal,
        }
    }

    /// Answers one request.
    pub async fn answer(&self, client: &Client, request: Request<Incoming>) -> Answer {
        match request.uri().path() {
            PATH => {}
            HEALTH if self.gateway.is_stopping() => return plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
            HEALTH => return plain(StatusCode::OK, "ok\n"),
            _ => return refusal(StatusCode::NOT_FOUND, format!("MCP is served at `{PATH}`")),
        }
        let Some(origin) = self.pages.allowed(request.headers()) else {
            return self.mcp(client, request).await.unwrap_or_else(|refused| *refused);
        };
        if pages::is_preflight(&request) {
            return pages::may_ask(&origin);
        }
        // Refusals, too: or the page couldn't say why.
        pages::may_read(self.mcp(client, request).await.unwrap_or_else(|refused| *refused), &origin)
    }

    async fn mcp(&self, client: &Client, request: Request<Incoming>) -> Result<Answer, Box<Answer>> {
        let (mut head, body) = request.into_parts();
        let (caller, valid_until) = self.claims.proven(&self.gateway, client.peer, &head.headers).await?;
        let busy = client.place.busy();
        let Some(taken) = self.shares.request(&caller.principal) else {
            let message = "this principal has as many requests and streams as it may have at once";
            return Err(Box::new(too_often(Duration::ZERO, message)));
        };
        head::fault(&head).map_err(|message| Box::new(refusal(StatusCode::BAD_REQUEST, message)))?;
        match self.whose(&caller, &head.headers).await {
            Whose::Callers => {}
            Whose::Others => {
                let refused = Refused::by_session(caller);
                return Err(Box::new(self.claims.refused(&self.gateway, client.peer, &head.headers, refused).await));
            }
            Whose::Nobodys => return Err(Box::new(no_such_session())),
        }
        let is_call = head.method == Method::POST;
        let (body, large) =
            if is_call { whole(body, &caller.principal, &self.shares).await? } else { (Bytes::new(), None) };
        let message = if is_call { Message::of(&body)? } else { None };
        let session = head::text(&head.headers, &SESSION);
        // What can't be read here may be one.
        let begins = is_call && session.is_none() && message.as_ref().is_none_or(Message::is_handshake);
        let session_of_none = session.is_none();
        let room = if begins { Some(self.room(&caller).await?) } else { None };
        let asked = match (session, message.as_ref().and_then(|message| message.id.clone())) {
            (Some(session), Some(id)) => self.ask(session, id).await?.map(Arc::new),
            _ => None,
        };
        // Nobody behind here has any use for it.
        head.headers.remove(AUTHORIZATION);
        // Whoever isn't let in any more is as good as gone.
        let gone = valid_until.child_token();
        let held = Held {
            _gone: gone.clone().drop_guard(),
            _in_flight: is_call.then(|| self.in_flight.token()),
            _busy: busy,
            _taken: (taken, large),
            _asked: asked.clone(),
        };
        // For as long as it is worked on, too.
        head.extensions.insert(asked);
        let asker =
            Asker { caller: Arc::new(caller.clone()), gone, listening: self.shares.listening(&caller.principal) };
        let listens = session_of_none && message.as_ref().is_some_and(Message::listens);
        let mcp = if listens { &self.listening_to(asker.clone()) } else { &self.mcp };
        head.extensions.insert(asker);
        let request = Request::from_parts(head, Full::new(body.clone()));
        let answer = match room {
            None => mcp.handle(request).await,
            Some(room) => self.begin(request, caller, room, valid_until.clone()).await?,
        };
        let ends = is_stream(&answer).then_some(valid_until);
        Ok(answer.map(|content| Leaving::new(content, Some((held, self.seal.clone()))).until(ends)))
    }

    /// For one request that asks for a stream: what is granted is told before the library shows who asks.
    fn listening_to(&self, asker: Asker) -> Mcp {
        let servers = self.servers.clone();
        let server = move || Ok(servers.server(Some(asker.clone())));
        Mcp::new(server, Arc::clone(&self.manager), self.mcp.config.clone())
    }

    /// Whose the session is that a request names; the caller's where it names none.
    async fn whose(&self, caller: &Caller, headers: &HeaderMap) -> Whose {
        match head::text(headers, &SESSION) {
            Some(session) => self.owners.whose(session, caller).await,
            // What isn't text is no session's id, as the library says.
            None => Whose::Callers,
        }
    }

    async fn ask(&self, session: &str, id: RequestId) -> Result<Option<Asked>, Box<Answer>> {
        self.owners.ask(session, id).await.map_err(|()| {
            let message = "a request with the same id is still being answered in this session";
            Box::new(refusal(StatusCode::BAD_REQUEST, message))
        })
    }

    async fn room(&self, caller: &Caller) -> Result<Room, Box<Answer>> {
        self.owners.room(caller, &self.shares).await.ok_or_else(|| {
            let message = "there are as many sessions as there may be; end one (`DELETE`), or try again later";
            Box::new(refusal(StatusCode::SERVICE_UNAVAILABLE, message))
        })
    }

    /// The answer to a handshake. It goes on without a client that went away: given up halfway, it would leave a session
    /// behind that nobody knows of, and that nothing counts.
    async fn begin(
        &self,
        request: Request<Full<Bytes>>,
        caller: Caller,
        room: Room,
        valid_until: CancellationToken,
    ) -> Result<Response<Content>, Box<Answer>> {
        let (mcp, owners) = (self.mcp.clone(), Arc::clone(&self.owners));
        let (tell, told) = oneshot::channel();
        tokio::spawn(async move {
            let answer = mcp.handle(request).await;
            let session = head::text(answer.headers(), &SESSION).map(str::to_owned);
            if let Some(session) = &session {
                owners.add(session, &caller, room, valid_until.clone()).await;
            }
            let is_wanted = tell.send(answer).is_ok() && !valid_until.is_cancelled();
            if let (false, Some(session)) = (is_wanted, session) {
                owners.end(&session).await;
            }
        });
        told.await.map_err(|_| Box::new(refusal(StatusCode::INTERNAL_SERVER_ERROR, "the session could not begin")))
    }

    /// Ends the sessions of whoever isn't let in any more; their streams and statements end by themselves.
    pub async fn turn_out(&self) {
        self.owners.turn_out().await;
    }

    /// The door's end: requests may be answered for a while, until there is a hurry, then their statements are cancelled,
    /// and then all sessions and streams end.
    pub async fn finish(&self, grace: Duration, hurry: CancellationToken) {
        self.in_flight.close();
        // Streams of changes would be there for as long as anybody listens.
        self.gateway.end_watches();
        let _ = timeout(grace, hurry.run_until_cancelled(self.in_flight.wait())).await;
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

/// Whether an answer is a stream of events: it leaves for as long as somebody listens.
fn is_stream(answer: &Response<Content>) -> bool {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}
