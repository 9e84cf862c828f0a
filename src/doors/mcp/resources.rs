//! The resources: what the database is for this principal, and what this principal asked lately.

use rmcp::model::{ErrorData, ReadResourceResult, Resource, ResourceContents};
use serde_json::{Value, json};

use super::unserved;
use crate::gateway::{Caller, Gateway};
use crate::history::Summary;

/// How many calls the history resource shows.
const RECENT: usize = 50;

/// One resource as data.
pub(super) struct Definition {
    uri: &'static str,
    pub name: &'static str,
    title: &'static str,
    description: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    DatabaseInfo,
    QueryHistory,
}

const RESOURCES: &[Definition] = &[
    Definition {
        uri: "pgwicket://database_info",
        name: "database_info",
        title: "Database",
        description: "Version, database, schemas that you may see, limits in force.",
        kind: Kind::DatabaseInfo,
    },
    Definition {
        uri: "pgwicket://query_history",
        name: "query_history",
        title: "Recent statements",
        description: "Your recent statements (everyone's, if the policy says so): verdict, reason, rows, duration.",
        kind: Kind::QueryHistory,
    },
];

pub(super) fn list() -> Vec<Resource> {
    RESOURCES
        .iter()
        .map(|resource| {
            Resource::new(resource.uri, resource.name)
                .with_title(resource.title)
                .with_description(resource.description)
                .with_mime_type("application/json")
        })
        .collect()
}

pub(super) fn find(uri: &str) -> Option<&'static Definition> {
    RESOURCES.iter().find(|resource| resource.uri == uri)
}

pub(super) async fn read(
    gateway: &Gateway,
    resource: &Definition,
    caller: &Caller,
) -> Result<ReadResourceResult, ErrorData> {
    let value = match resource.kind {
        Kind::DatabaseInfo => gateway.database(caller).await.map(|info| json!(info)),
        Kind::QueryHistory => gateway.recent(caller, RECENT).await.map(|recent| {
            json!({ "calls": recent.calls.iter().map(shown).collect::<Vec<_>>(), "complete": recent.complete })
        }),
    };
    let value = value.map_err(|rejection| unserved(&rejection))?;
    let contents = ResourceContents::text(value.to_string(), resource.uri).with_mime_type("application/json");
    Ok(ReadResourceResult::new(vec![contents]))
}

fn shown(call: &Summary) -> Value {
    json!({
        "time": call.time.to_string(), "principal": call.principal, "tool": call.tool, "sql": call.sql, "verdict": call.verdict,
        "reason": call.reason, "status": call.status, "rows": call.rows, "affected": call.affected,
        "duration_ms": call.duration_ns.map(|ns| ns as f64 / 1e6), "truncated": call.truncated,
    })
}
