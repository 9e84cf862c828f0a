//! `pgwicket serve`: the MCP server over standard input and output, until the client closes it or a signal comes.

use clap::Args;
use tokio_util::sync::CancellationToken;
use tracing::Level;

use super::arguments::{Running, Whom};
use super::{Exit, Failure};
use crate::doors::mcp;

const EXAMPLES: &str = "Examples:
  pgwicket serve --config /etc/pgwicket/pgwicket.toml --principal ana
  POSTGRES_HOST=localhost POSTGRES_DB=shop POSTGRES_USER=agent \\
    POSTGRES_PASSWORD_FILE=/run/secrets/agent pgwicket serve --policy policies/agent-audited.toml \\
    --attribute tenant=7 --attribute regions=eu,us";

/// Serve MCP over standard input and output
///
/// An MCP client starts this command and speaks to it; a person has no use for it. The log goes to standard error.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    whom: Whom,
}

pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let shutdown = CancellationToken::new();
    on_signal(shutdown.clone())?;
    let running = tokio::select! {
        running = arguments.whom.start(Level::INFO) => running?,
        () = shutdown.cancelled() => return Ok(Exit::Done),
    };
    let Running { gateway, principal, on_behalf_of, config } = running;
    tracing::info!(
        principal,
        policy = gateway.policy(&principal).map(|policy| policy.name.clone()),
        database = config.database.config.db(),
        history = %std::path::absolute(&config.history).unwrap_or(config.history).display(),
        "pgwicket {} serves MCP on standard input and output",
        env!("CARGO_PKG_VERSION"),
    );
    let served = mcp::serve_stdio(gateway.clone(), &principal, on_behalf_of, shutdown.clone()).await;
    gateway.close().await;
    match served {
        Ok(()) => {
            tracing::info!("the client has closed the connection, or a signal came; pgwicket ends");
            Ok(Exit::Done)
        }
        Err(error) => Err(Failure::new(Exit::Refused, error)),
    }
}

/// Cancels the token at SIGINT or SIGTERM. A second signal ends the process at once.
pub(super) fn on_signal(token: CancellationToken) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |error| Failure::new(Exit::Configuration, format!("signals can't be handled: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    tokio::spawn(async move {
        for again in [false, true] {
            // What a shell says of a program that the signal ended.
            let code = tokio::select! {
                _ = interrupt.recv() => 130,
                _ = terminate.recv() => 143,
            };
            if again {
                std::process::exit(code);
            }
            token.cancel();
        }
    });
    Ok(())
}
