//! The MCP door: tools and resources over stdio. Knows the protocol; what may be done is the gateway's business.

use std::borrow::Cow;
use std::sync::Arc;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData,
    GetPromptRequestParams, GetPromptResponse, Implementation, InitializeRequestParams, InitializeResult,
    ListPromptsResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig,
};
use rmcp::service::{QuitReason, RequestContext, RoleServer, ServerInitializeError};
use rmcp::{ServerHandler, ServiceExt};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::gate::diagnostic::{Reason, Rejection};
use crate::gateway::{Caller, Gateway, Session, local_address};
use crate::history::SessionEnd;

mod arguments;
mod prompts;
mod resources;
mod stdio;
mod tools;

/// How long a client may keep a list of tools or resources, in milliseconds. Short, since a policy can be changed.
const LIST_TTL_MS: u64 = 60_000;

/// Characters that are recorded of a name that the client made up.
const LONGEST_NAME: usize = 128;

const INSTRUCTIONS: &str = "A guarded gate to a PostgreSQL database. Every statement is checked against a policy: some \
    tables, columns and rows may not exist for you, some values are masked, and results are capped. Begin with \
    get_tables or search_objects, and get_table_schema; then query_execute takes one PostgreSQL statement with $1 \
    parameters. A refusal has a reason code and says what would be allowed instead.";

/// The server of one connection: one principal.
#[derive(Clone)]
pub struct Server {
    gateway: Arc<Gateway>,
    /// Who asks, without what a session and its calls add.
    caller: Arc<Caller>,
    session: Arc<Mutex<Option<Arc<Session>>>>,
}

/// Serves one principal over standard input and output until the client closes it or `shutdown` is cancelled; then the
/// gateway has stopped, too.
///
/// # Errors
/// When the handshake fails or the connection breaks: a sentence.
pub async fn serve_stdio(
    gateway: Arc<Gateway>,
    principal: &str,
    on_behalf_of: Option<String>,
    shutdown: CancellationToken,
) -> Result<(), String> {
    let caller = Caller { on_behalf_of, address: Some(local_address()), ..Caller::local(principal, "mcp", "") };
    let server = Server { gateway: Arc::clone(&gateway), caller: Arc::new(caller), session: Arc::default() };
    let session = Arc::clone(&server.session);
    let (ended, result) = until_its_end(server, &shutdown).await;
    // What still runs belongs to the session, so its outcome comes first.
    gateway.stop().await;
    if let Some(session) = session.lock().await.take() {
        gateway.close_session(&session, ended).await;
    }
    result
}

async fn until_its_end(server: Server, shutdown: &CancellationToken) -> (SessionEnd, Result<(), String>) {
    let transport = (stdio::input(), stdio::output());
    let running = tokio::select! {
        running = server.serve_with_ct(transport, shutdown.clone()) => running,
        () = shutdown.cancelled() => return (SessionEnd::Shutdown, Ok(())),
    };
    let running = match running {
        Ok(running) => running,
        // Also a client that hangs up at once, or doesn't speak MCP.
        Err(error) => {
            return (SessionEnd::Broken, Err(format!("no MCP connection came about: {}", said(&error))));
        }
    };
    match running.waiting().await {
        Ok(QuitReason::Cancelled) => (SessionEnd::Shutdown, Ok(())),
        Ok(QuitReason::Closed) => (SessionEnd::ClientClosed, Ok(())),
        Ok(_) => (SessionEnd::Broken, Ok(())),
        Err(error) => (SessionEnd::Broken, Err(format!("the MCP connection broke: {error}"))),
    }
}

/// Why there was no handshake. Other than the library says it: that prints the message that came instead, in which a
/// statement may stand.
fn said(error: &ServerInitializeError) -> String {
    match error {
        ServerInitializeError::ConnectionClosed(_) => "the client hung up before it said `initialize`".to_owned(),
        ServerInitializeError::ExpectedInitializeRequest(_) => {
            "the client said something else before `initialize`".to_owned()
        }
        ServerInitializeError::InitializeFailed(error) => error.message.to_string(),
        ServerInitializeError::TransportError { error, .. } => error.to_string(),
        _ => "the handshake failed".to_owned(),
    }
}

impl Server {
    /// Who calls, as far as the protocol tells; counts the call.
    ///
    /// # Errors
    /// The session can't be put on record.
    async fn caller(
        &self,
        tool: impl Into<Cow<'static, str>>,
        context: &RequestContext<RoleServer>,
    ) -> Result<Caller, Rejection> {
        let session = self.session(context).await?;
        session.count();
        Ok(Caller { tool: tool.into(), session: Some(session.id()), ..self.client(context.client_info()) })
    }

    fn client(&self, client: Option<Implementation>) -> Caller {
        Caller {
            client_name: client.as_ref().map(|client| client.name.clone()),
            client_version: client.map(|client| client.version),
            ..Caller::clone(&self.caller)
        }
    }

    /// The session, which begins with the first request where the client's revision of the protocol has no handshake.
    async fn session(&self, context: &RequestContext<RoleServer>) -> Result<Arc<Session>, Rejection> {
        let mut current = self.session.lock().await;
        if let Some(session) = &*current {
            return Ok(Arc::clone(session));
        }
        let protocol = context.protocol_version().map(|version| version.to_string());
        let session = self.gateway.open_session(&self.client(context.client_info()), protocol).await.map(Arc::new)?;
        *current = Some(Arc::clone(&session));
        Ok(session)
    }

    /// The handshake begins a session, and ends the one before it if there is one.
    async fn begin(&self, client: Implementation, protocol: String) -> Result<(), Rejection> {
        let mut current = self.session.lock().await;
        if let Some(session) = current.take() {
            self.gateway.close_session(&session, SessionEnd::Replaced).await;
        }
        *current = Some(Arc::new(self.gateway.open_session(&self.client(Some(client)), Some(protocol)).await?));
        Ok(())
    }
}

impl Server {
    /// A call of what isn't there for the principal: a protocol error, and a record like every other call, since who asks
    /// for a tool that the policy keeps from it is worth knowing. `recorded`: as what.
    async fn unknown(
        &self,
        what: &str,
        name: String,
        recorded: String,
        context: &RequestContext<RoleServer>,
        error: impl FnOnce(Cow<'static, str>, Option<serde_json::Value>) -> ErrorData,
    ) -> ErrorData {
        let message = format!("unknown {what} `{name}`");
        let rejection = Rejection::new(Reason::InvalidParameter, message);
        let told = match self.caller(recorded, context).await {
            Ok(caller) => self.gateway.misread(&caller, rejection).await,
            Err(unrecordable) => unrecordable,
        };
        error(Cow::Owned(told.message), None)
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build())
            .with_server_info(
                Implementation::new("pgwicket", env!("CARGO_PKG_VERSION")).with_title("pgwicket: guarded PostgreSQL"),
            )
            .with_instructions(INSTRUCTIONS)
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let answer = self.negotiate_initialize(&request)?;
        let protocol = answer.protocol_version.to_string();
        self.begin(request.client_info.clone(), protocol).await.map_err(|rejection| unserved(&rejection))?;
        context.peer.set_peer_info(request);
        Ok(answer)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.session(&context).await.map_err(|rejection| unserved(&rejection))?;
        let mut result = ListToolsResult::with_all_items(tools::list(self.gateway.may_write(&self.caller.principal)));
        // The list depends on the principal's policy.
        result.cache_scope = Some(CacheScope::Private);
        result.ttl_ms = Some(LIST_TTL_MS);
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = tools::find(&request.name, self.gateway.may_write(&self.caller.principal)) else {
            let recorded = printable_name(&request.name);
            let name = request.name.into_owned();
            return Err(self.unknown("tool", name, recorded, &context, ErrorData::invalid_params).await);
        };
        let caller = match self.caller(tool.name, &context).await {
            Ok(caller) => caller,
            Err(rejection) => return Ok(refused(&rejection.to_json(None)).into()),
        };
        let arguments = request.arguments.unwrap_or_default();
        Ok(tools::call(&self.gateway, tool, caller, arguments, context.ct).await.into())
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.session(&context).await.map_err(|rejection| unserved(&rejection))?;
        let mut result = ListPromptsResult::with_all_items(prompts::list());
        result.cache_scope = Some(CacheScope::Private);
        result.ttl_ms = Some(LIST_TTL_MS);
        Ok(result)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let Some(prompt) = prompts::find(&request.name) else {
            // Prompts are no secret, and no policy keeps them from anyone: the name says nothing.
            let recorded = "prompts/get".to_owned();
            return Err(self.unknown("prompt", request.name, recorded, &context, ErrorData::invalid_params).await);
        };
        self.session(&context).await.map_err(|rejection| unserved(&rejection))?;
        let text = prompt.text(&request.arguments.unwrap_or_default());
        text.map(Into::into).map_err(|message| ErrorData::invalid_params(message, None))
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.session(&context).await.map_err(|rejection| unserved(&rejection))?;
        let mut result = ListResourcesResult::with_all_items(resources::list());
        result.cache_scope = Some(CacheScope::Private);
        result.ttl_ms = Some(LIST_TTL_MS);
        Ok(result)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let Some(resource) = resources::find(&request.uri) else {
            let recorded = printable_name(&request.uri);
            return Err(self.unknown("resource", request.uri, recorded, &context, ErrorData::resource_not_found).await);
        };
        let caller = self.caller(resource.name, &context).await.map_err(|rejection| unserved(&rejection))?;
        resources::read(&self.gateway, resource, &caller).await.map(Into::into)
    }
}

/// A name that the client made up, as it is recorded: up to the first character that names of tools and addresses of
/// resources hardly have, since what comes behind it may be anything.
fn printable_name(name: &str) -> String {
    let odd = |char: char| !char.is_ascii_alphanumeric() && !"_-.:/".contains(char);
    match name.char_indices().enumerate().find(|(count, (_, char))| *count >= LONGEST_NAME || odd(*char)) {
        Some((_, (at, _))) => format!("{}…", name.get(..at).unwrap_or_default()),
        None => name.to_owned(),
    }
}

/// What isn't a tool's result has no `isError`: the refusal travels as the protocol error's data.
fn unserved(rejection: &Rejection) -> ErrorData {
    ErrorData::internal_error(rejection.message.clone(), Some(rejection.to_json(None)))
}

/// A tool result that failed: the JSON block that an agent can act on.
fn refused(error: &serde_json::Value) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(serde_json::json!({ "error": error }).to_string())])
}
