//! What answers the messages of MCP, whichever way they come. Who asks, the connection says, or each request by itself;
//! what may be done is the gateway's business.

use std::borrow::Cow;
use std::pin::pin;
use std::sync::Arc;

use rmcp::ServerHandler;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult,
    DiscoverResult, ErrorData, Extensions, GetPromptRequestParams, GetPromptResponse, Implementation,
    InitializeRequestParams, InitializeResult, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse,
    ServerCapabilities, ServerConfig, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{NotificationContext, RequestContext, RoleServer, SubscriptionContext};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::changes::Accepted;
use super::results::Reply;
use super::seal::Seal;
use super::sessions::Sessions;
use super::tools::Running;
use super::{
    INSTRUCTIONS, LIST_TTL_MS, asking, completions, printable_name, progress, prompts, refused, resources, tools,
    unserved,
};
use crate::config::{McpSettings, Results};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gateway::{Caller, Gateway};
use crate::postgres::execute::Backend;

/// The revisions of the protocol that are spoken. The one of 2024-11-05 isn't: over HTTP it was another transport.
static REVISIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// Who asks, and how to learn that it is gone.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    /// Without what the session and its calls add.
    pub caller: Arc<Caller>,
    /// Cancelled when whoever waits for the answer is gone, as far as the protocol doesn't tell it.
    pub gone: CancellationToken,
    /// Streams of changes that it may still have at once.
    pub listening: Arc<Semaphore>,
}

/// Where it is said who asks.
#[derive(Debug, Clone)]
enum Said {
    /// All that comes over one connection is asked by the same one.
    ByConnection(Asker),
    /// Each request brings it along, proven, in its HTTP head. Beside it, who the one request is from that this server is
    /// for, if it is for one.
    ByRequest(Option<Asker>),
}

/// The server of one connection, session or, where there is neither, request.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) gateway: Arc<Gateway>,
    asker: Said,
    pub(super) sessions: Arc<Sessions>,
    form: Form,
    /// Filters of streams that are about to begin.
    pub(super) accepted: Accepted,
}

/// In which form results leave, and whom questions go to.
#[derive(Clone)]
pub(super) struct Form {
    pub settings: McpSettings,
    /// What keeps large results aside.
    pub seal: Seal,
}

impl Server {
    /// Of one connection, which is one principal's.
    pub fn of_connection(asker: Asker, sessions: Arc<Sessions>, form: Form) -> Self {
        Self::new(Said::ByConnection(asker), sessions, form)
    }

    /// Of an HTTP session or request. `only`: who asks, if it is for one request only.
    pub fn of_requests(only: Option<Asker>, sessions: Arc<Sessions>, form: Form) -> Self {
        Self::new(Said::ByRequest(only), sessions, form)
    }

    fn new(asker: Said, sessions: Arc<Sessions>, form: Form) -> Self {
        let gateway = Arc::clone(sessions.gateway());
        Self { gateway, asker, sessions, form, accepted: Accepted::default() }
    }

    /// A reply in its form. `gone`: when it is cancelled, nobody waits for it any more.
    fn leaving(&self, reply: Reply, context: &RequestContext<RoleServer>, gone: &CancellationToken) -> CallToolResult {
        let mut result = reply.result(self.structured(context));
        // Of a connection's, it isn't known before it leaves whether it does.
        if let Said::ByRequest(_) = self.asker {
            self.form.seal.put_on(&mut result, Some(gone));
        }
        result
    }

    /// Whether results are structured, and the client's revision knows such.
    fn structured(&self, context: &RequestContext<RoleServer>) -> bool {
        let knows = context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2025_06_18);
        knows && self.form.settings.results == Results::Structured
    }

    /// Who asks, as far as it is known before there is a request.
    pub(super) fn known_asker(&self) -> Option<&Asker> {
        match &self.asker {
            Said::ByConnection(asker) => Some(asker),
            Said::ByRequest(only) => only.as_ref(),
        }
    }

    /// Who asks. A request that doesn't say it has come around the proof, so nothing is done for it.
    pub(super) fn asker(&self, extensions: &Extensions) -> Result<Asker, Rejection> {
        match &self.asker {
            Said::ByConnection(asker) => Ok(asker.clone()),
            Said::ByRequest(_) => {
                let head = extensions.get::<http::request::Parts>();
                let asker = head.and_then(|head| head.extensions.get::<Asker>()).cloned();
                asker.ok_or_else(|| Rejection::new(Reason::InternalError, "the request doesn't say who asks"))
            }
        }
    }

    /// Who calls, as far as the protocol tells; counts the call.
    ///
    /// # Errors
    /// The session can't be put on record.
    pub(super) async fn caller(
        &self,
        tool: impl Into<Cow<'static, str>>,
        context: &RequestContext<RoleServer>,
    ) -> Result<(Caller, CancellationToken), Rejection> {
        let asker = self.asker(&context.extensions)?;
        let caller = with_client(&asker.caller, context.client_info());
        let session = self.sessions.of_call(&caller, protocol(context)).await?;
        let session = session.inspect(|session| session.count()).map(|session| session.id());
        Ok((Caller { tool: tool.into(), session, ..caller }, asker.gone))
    }

    /// For a request that is no call: who asks, in a session that is on record.
    async fn principal(&self, context: &RequestContext<RoleServer>) -> Result<String, ErrorData> {
        let asker = self.asker(&context.extensions).map_err(|rejection| unserved(&rejection))?;
        let caller = with_client(&asker.caller, context.client_info());
        self.sessions.of_call(&caller, protocol(context)).await.map_err(|rejection| unserved(&rejection))?;
        Ok(caller.principal)
    }
}

fn with_client(caller: &Caller, client: Option<Implementation>) -> Caller {
    // A request that names no client comes with an empty one.
    let client = client.filter(|client| !client.name.is_empty());
    Caller {
        client_name: client.as_ref().map(|client| client.name.clone()),
        client_version: client.map(|client| client.version),
        ..caller.clone()
    }
}

fn protocol(context: &RequestContext<RoleServer>) -> Option<String> {
    context.protocol_version().map(|version| version.to_string())
}

impl Server {
    /// A call of what isn't there for the principal: a protocol error, and a record like every other call, since who asks
    /// for a tool that the policy keeps from it is worth knowing. `recorded`: as what.
    pub(super) async fn unknown(
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
            Ok((caller, _)) => self.gateway.misread(&caller, rejection).await,
            Err(unrecordable) => unrecordable,
        };
        error(Cow::Owned(told.message), None)
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(
            ServerCapabilities::builder()
                .enable_tools()
                .enable_tool_list_changed()
                .enable_resources()
                .enable_resources_list_changed()
                .enable_resources_subscribe()
                .enable_prompts()
                .enable_completions()
                .build(),
        )
        .with_server_info(
            Implementation::new("pgwicket", env!("CARGO_PKG_VERSION")).with_title("pgwicket: guarded PostgreSQL"),
        )
        .with_instructions(INSTRUCTIONS)
    }

    /// Those with the messages that there are answers to.
    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(&REVISIONS)
    }

    async fn discover(&self, _context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        let mut result = DiscoverResult::from_server_info(versions, self.get_info());
        result.cache_scope = CacheScope::Private;
        result.ttl_ms = LIST_TTL_MS;
        Ok(result)
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.sessions.follow(context.peer);
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(self.accept(requested))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.tell_changes(context).await
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.begin_following(request.uri, &context).await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.principal(&context).await?;
        self.sessions.followed().remove(&request.uri);
        Ok(())
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let answer = self.negotiate_initialize(&request)?;
        let protocol = answer.protocol_version.to_string();
        let begun = async {
            let asker = self.asker(&context.extensions)?;
            self.sessions.begin(&with_client(&asker.caller, Some(request.client_info.clone())), protocol).await
        };
        begun.await.map_err(|rejection| unserved(&rejection))?;
        context.peer.set_peer_info(request);
        Ok(answer)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let principal = self.principal(&context).await?;
        let structured = self.structured(&context);
        let mut result = ListToolsResult::with_all_items(tools::list(self.gateway.may_write(&principal), structured));
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
        let asker = self.asker(&context.extensions).map_err(|rejection| unserved(&rejection))?;
        let Some(tool) = tools::find(&request.name, self.gateway.may_write(&asker.caller.principal)) else {
            let recorded = printable_name(&request.name);
            let name = request.name.into_owned();
            return Err(self.unknown("tool", name, recorded, &context, ErrorData::invalid_params).await);
        };
        let (caller, gone) = match self.caller(tool.name, &context).await {
            Ok(found) => found,
            Err(rejection) => return Ok(refused(&rejection.to_json(None)).into()),
        };
        let (asking, mut questions) = asking::of_call(&request, &context, self.form.settings.questions);
        let arguments = request.arguments.unwrap_or_default();
        let cancel = CancellationToken::new();
        let backend = Backend::default();
        let running = Running { cancel: cancel.clone(), backend: backend.clone(), asking };
        let call = tools::call(&self.gateway, tool, caller, arguments, running);
        let mut call = pin!(progress::told(call, &context, &backend, questions.pending()));
        let unwanted = async {
            tokio::select! {
                () = context.ct.cancelled() => {}
                () = gone.cancelled() => {}
            }
        };
        let reply = tokio::select! {
            biased;
            reply = &mut call => Some(reply),
            never = questions.answer_all() => match never {},
            () = unwanted => None,
        };
        let reply = match reply {
            Some(reply) => reply,
            None => {
                cancel.cancel();
                return Ok(self.leaving(call.await, &context, &gone).into());
            }
        };
        Ok(questions.asked().map_or_else(|| self.leaving(reply, &context, &gone).into(), Into::into))
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.principal(&context).await?;
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
        self.principal(&context).await?;
        let text = prompt.text(&request.arguments.unwrap_or_default());
        text.map(Into::into).map_err(|message| ErrorData::invalid_params(message, None))
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        // It names tables, so it is a call like get_tables.
        let called = self.caller("resources/list", &context).await;
        let (caller, _) = called.map_err(|rejection| unserved(&rejection))?;
        let cursor = request.and_then(|request| request.cursor);
        let mut result = resources::list(&self.gateway, &caller, cursor.as_deref()).await?;
        result.cache_scope = Some(CacheScope::Private);
        result.ttl_ms = Some(LIST_TTL_MS);
        Ok(result)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let called = self.caller("completion/complete", &context).await;
        let (caller, _) = called.map_err(|rejection| unserved(&rejection))?;
        match completions::find(&request.r#ref, &request.argument.name) {
            Ok(names) => {
                let chosen = |name: &str| request.context.as_ref()?.get_argument(name).cloned();
                completions::complete(&self.gateway, &caller, names, &request.argument.value, chosen).await
            }
            Err(message) => {
                let rejection = Rejection::new(Reason::InvalidParameter, message);
                Err(ErrorData::invalid_params(self.gateway.misread(&caller, rejection).await.message, None))
            }
        }
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.principal(&context).await?;
        let mut result = ListResourceTemplatesResult::with_all_items(resources::templates());
        result.cache_scope = Some(CacheScope::Private);
        result.ttl_ms = Some(LIST_TTL_MS);
        Ok(result)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let Some(found) = resources::find(&request.uri) else {
            let recorded = printable_name(&request.uri);
            // Which resource, the protocol wants told as data, too.
            let data = serde_json::json!({ "uri": &request.uri });
            let error = |message, _| ErrorData::resource_not_found(message, Some(data));
            return Err(self.unknown("resource", request.uri, recorded, &context, error).await);
        };
        let called = self.caller(found.definition.name, &context).await;
        let (caller, _) = called.map_err(|rejection| unserved(&rejection))?;
        resources::read(&self.gateway, &found, &request.uri, &caller).await.map(Into::into)
    }
}
