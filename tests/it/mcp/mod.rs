//! The MCP server through the real binary over its standard streams: tools, resources, refusals, what an ill-behaved or
//! vanishing client meets, and the history that every call leaves.

mod advice;
mod bombs;
mod changes;
mod completions;
mod formats;
mod history;
mod pages;
mod progress;
mod reload;
mod resources;
mod revisions;
mod robust;
mod structured;
mod tools;

use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::support::{Database, Mcp, Wicket};

/// Reads sales; the hidden column is in the tenants' filter, too, and in no answer.
pub const READER: &str = r#"
version = 1
name = "reader"
attributes = { tenant = "int" }
[statements]
allow = ["select", "explain"]
[search_path]
schemas = ["sales"]
[columns]
"*.ssn" = "deny"
[schemas.sales]
access = "read"
deny = ["payroll_*"]
[tables."sales.customers"]
rows = "tenant_id = :tenant"
mask = { email = "email", phone = "last4" }
[limits]
rows = 500
concurrency = 16
"#;

/// Writes notes, and reads the rest.
pub const WRITER: &str = r#"
version = 1
name = "writer"
[statements]
allow = ["select", "insert", "update", "delete"]
[schemas.sales]
access = "read"
[schemas.scratch]
access = "listed"
[tables."scratch.notes"]
access = "write"
require_where = true
max_affected_rows = 10
"#;

/// Counts for some seconds on any machine.
pub const SLOW: &str = "SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b";

async fn reader(database: &Database) -> (Wicket, Mcp) {
    let wicket = Wicket::on(database);
    let mcp = wicket.serve(READER, &["tenant=1"]).await;
    (wicket, mcp)
}

async fn writer(database: &Database) -> (Wicket, Mcp) {
    let wicket = Wicket::on(database);
    let mcp = wicket.serve(WRITER, &[]).await;
    (wicket, mcp)
}

/// Where the history lies with `--policy` alone.
pub const STATE: &str = "home/.local/state/pgwicket/history";

/// Every record of every chain, chain by chain; of the one that is being written, the whole ones.
pub fn records(history: &Path) -> Vec<Value> {
    let mut files: Vec<_> = std::fs::read_dir(history)
        .unwrap()
        .flat_map(|instance| std::fs::read_dir(instance.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl" || extension == "gz"))
        .collect();
    files.sort();
    let lines = files.iter().map(|file| {
        let bytes = std::fs::read(file).unwrap();
        let mut text = String::new();
        let read = match file.extension().is_some_and(|extension| extension == "gz") {
            true => flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text),
            false => bytes.as_slice().read_to_string(&mut text),
        };
        read.map(|_| text).unwrap()
    });
    lines
        .flat_map(|text| {
            let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            whole.map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
        })
        .collect()
}
