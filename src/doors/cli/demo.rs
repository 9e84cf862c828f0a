//! `pgwicket demo`: pgwicket at work on a throwaway database.

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::serve::on_signals;
use super::{Exit, Failure, output};
use crate::config::{Fault, Place};
use crate::demo::{self, DemoError};

const EXAMPLES: &str = "Examples:
  pgwicket demo
  pgwicket demo --serve

Environment:
  PGWICKET_PG_BIN names the directory of PostgreSQL's `initdb` and `postgres`, where they aren't found by themselves.";

/// See pgwicket at work on a throwaway database
///
/// Starts a PostgreSQL of its own with a small shop in it, lets an agent loose on it through the real MCP server, and
/// removes everything at the end.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Keep the database up until Ctrl-C, and print how an MCP client connects to it
    #[arg(long)]
    serve: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let cancel = CancellationToken::new();
    on_signals([cancel.clone()])?;
    // What the demo shows is worth nothing where nobody sees it, and no reason to leave the server behind.
    let mut say = |line: &str| drop(output::result(&format!("{line}\n")));
    let done = if arguments.serve { demo::serve(&mut say, &cancel).await } else { demo::show(&mut say, &cancel).await };
    done.map(|()| Exit::Done).map_err(|error| failure(&error))
}

fn failure(error: &DemoError) -> Failure {
    let exit = match error {
        DemoError::Server(_) => Exit::Database,
        DemoError::Io { .. } | DemoError::Answer(_) => Exit::Configuration,
    };
    let fault = Fault::new(Place::Nowhere, error.to_string());
    let fault = match error.help() {
        Some(help) => fault.help(help),
        None => fault,
    };
    Failure { exit, faults: fault.into() }
}
