//! The MCP door: tools, resources and prompts, over standard input and output or over HTTP. Knows the protocol; what may
//! be done is the gateway's business.

use rmcp::model::{CallToolResult, ContentBlock, ErrorData};

use crate::gate::diagnostic::Rejection;

mod arguments;
mod asking;
mod changes;
#[cfg(any(test, feature = "check"))]
pub mod check;
mod completions;
pub mod http;
mod progress;
mod prompts;
mod resources;
mod results;
mod schemas;
mod seal;
mod server;
mod sessions;
mod stdio;
mod tools;

pub use stdio::serve as serve_stdio;

/// How long a client may keep a list of tools or resources, in milliseconds. Short, since a policy can be changed.
const LIST_TTL_MS: u64 = 60_000;

/// Characters that are recorded of a name that the client made up.
const LONGEST_NAME: usize = 128;

const INSTRUCTIONS: &str = "A guarded gate to a PostgreSQL database. Every statement is checked against a policy: some \
    tables, columns and rows may not exist for you, some values are masked, and results are capped. Begin with \
    get_tables or search_objects, and get_table_schema; then query_execute takes one PostgreSQL statement with $1 \
    parameters. A refusal has a reason code and says what would be allowed instead.";

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
