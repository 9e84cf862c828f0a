//! The MCP door: tools and resources over stdio. Knows the protocol; what may be done is the gateway's business.

use std::borrow::Cow;
use std::sync::Arc;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, Implementation,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer, ServerInitializeError};
use rmcp::{ServerHandler, ServiceExt};
use tokio_util::sync::CancellationToken;

use crate::gate::diagnostic::{Reason, Rejection};
use crate::gateway::{Caller, Gateway};

mod arguments;
mod resources;
mod stdio;
mod tools;

/// How long a client may keep a list of tools or resources, in milliseconds. Short, since a policy can be changed.
const LIST_TTL_MS: u64 = 60_000;

const INSTRUCTIONS: &str = "A guarded gate to a PostgreSQL database. Every statement is checked against a policy: some \
    tables, columns and rows may not exist for you, some values are masked, and results are capped. Begin with \
    get_tables and get_table_schema; then query_execute takes one PostgreSQL statement with $1 parameters. A refusal \
    has a reason code and says what would be allowed instead.";

/// The server of one connection: one principal.
#[derive(Clone)]
pub struct Server {
    gateway: Arc<Gateway>,
    principal: Arc<str>,
}

/// Serves one principal over standard input and output until the client closes it or `shutdown` is cancelled.
///
/// # Errors
/// When the handshake fails or the connection breaks: a sentence.
pub async fn serve_stdio(gateway: Arc<Gateway>, principal: &str, shutdown: CancellationToken) -> Result<(), String> {
    let server = Server { gateway, principal: principal.into() };
    let transport = (stdio::input(), stdio::output());
    let running = tokio::select! {
        running = server.serve_with_ct(transport, shutdown.clone()) => {
            // Also a client that hangs up at once, or doesn't speak MCP.
            running.map_err(|error| format!("no MCP connection came about: {}", said(&error)))?
        }
        () = shutdown.cancelled() => return Ok(()),
    };
    running.waiting().await.map(|_| ()).map_err(|error| format!("the MCP connection broke: {error}"))
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
    /// Who calls, as far as the protocol tells.
    fn caller(&self, tool: impl Into<Cow<'static, str>>, context: &RequestContext<RoleServer>) -> Caller {
        let client = context.client_info();
        Caller {
            principal: self.principal.to_string(),
            authentication: "local",
            door: "mcp",
            tool: tool.into(),
            client_name: client.as_ref().map(|client| client.name.clone()),
            client_version: client.map(|client| client.version),
        }
    }
}

impl Server {
    /// A call of what isn't there for the principal: a protocol error, and a record like every other call, since who asks
    /// for a tool that the policy keeps from it is worth knowing.
    async fn unknown(
        &self,
        what: &str,
        name: String,
        context: &RequestContext<RoleServer>,
        error: impl FnOnce(Cow<'static, str>, Option<serde_json::Value>) -> ErrorData,
    ) -> ErrorData {
        let message = format!("unknown {what} `{name}`");
        let rejection = Rejection::new(Reason::InvalidParameter, message);
        let told = self.gateway.misread(&self.caller(name, context), rejection).await;
        error(Cow::Owned(told.message), None)
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().enable_resources().build())
            .with_server_info(
                Implementation::new("pgwicket", env!("CARGO_PKG_VERSION")).with_title("pgwicket: guarded PostgreSQL"),
            )
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut result = ListToolsResult::with_all_items(tools::list(self.gateway.may_write(&self.principal)));
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
        let Some(tool) = tools::find(&request.name, self.gateway.may_write(&self.principal)) else {
            return Err(self.unknown("tool", request.name.into_owned(), &context, ErrorData::invalid_params).await);
        };
        let caller = self.caller(tool.name, &context);
        let arguments = request.arguments.unwrap_or_default();
        Ok(tools::call(&self.gateway, tool, caller, arguments, context.ct).await.into())
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
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
            return Err(self.unknown("resource", request.uri, &context, ErrorData::resource_not_found).await);
        };
        let caller = self.caller(resource.name, &context);
        resources::read(&self.gateway, resource, &caller).await.map(Into::into)
    }
}

/// A tool result that failed: the JSON block that an agent can act on.
fn refused(error: &serde_json::Value) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(serde_json::json!({ "error": error }).to_string())])
}
