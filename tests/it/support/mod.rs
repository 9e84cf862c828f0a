//! What the tests stand on: a PostgreSQL, a database each, the real binary, and a client that speaks MCP to it.

pub mod cell;
mod corpus;
mod database;
mod direct;
mod http;
mod library;
mod mcp;
mod process;
pub mod schema;

pub use corpus::statements;
pub use database::{Database, server_version};
pub use direct::{Asker, Direct, is_ordered};
pub use http::{Events, HANDSHAKES, HttpClient, HttpServer, Reply, STATELESS, read};
pub use library::{Library, sql_of};
pub use mcp::{Mcp, Pending, ToolResult};
pub use process::{Finished, Wicket};

/// How long anything may take before a test calls it a hang. Generous: two cores may be busy compiling.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
