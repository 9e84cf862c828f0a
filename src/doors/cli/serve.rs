//! `pgwicket serve`: the MCP server, over standard input and output for one client, or over HTTP for many, until the
//! client closes it or a signal comes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use clap::Args;
use tokio_util::sync::CancellationToken;
use tracing::Level;

use super::arguments::{Running, Whom};
use super::reload::{Hangups, Reloading, entrants};
use super::{Exit, Failure};
use crate::app::App;
use crate::auth::Register;
use crate::config::Config;
use crate::doors::mcp;
use crate::doors::mcp::http::{Access, Door};

const EXAMPLES: &str = "Examples:
  pgwicket serve --config /etc/pgwicket/pgwicket.toml --principal ana
  POSTGRES_HOST=localhost POSTGRES_DB=shop POSTGRES_USER=agent \\
    POSTGRES_PASSWORD_FILE=/run/secrets/agent pgwicket serve --policy policies/agent-audited.toml \\
    --attribute tenant=7 --attribute regions=eu,us
  pgwicket serve --config /etc/pgwicket/pgwicket.toml --http 127.0.0.1:8440";

/// Serve MCP over standard input and output, or over HTTP
///
/// Over standard input and output an MCP client starts this command and speaks to it; a person has no use for it. Over
/// HTTP it serves many clients at once, each as the principal that its token proves (`pgwicket token new`). The log goes
/// to standard error.
///
/// SIGHUP has it read the configuration anew: principals, policies, tokens and the certificate hold without a restart.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    whom: Whom,
    /// Serve over streamable HTTP at this address, at the path /mcp. With --principal or --policy everyone on this
    /// machine is that principal, without a token
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address, conflicts_with = "on_behalf_of")]
    http: Option<SocketAddr>,
    /// With --http: a proxy stands before it that speaks TLS to clients, and says in X-Forwarded-For where they are
    #[arg(long, requires = "http")]
    behind_proxy: bool,
}

/// An address to listen at. The names of others would have to be looked up, and might be of several addresses.
fn address(text: &str) -> Result<SocketAddr, String> {
    let named = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    match (text.parse(), named) {
        (Ok(address), _) => Ok(address),
        (Err(_), Some(port)) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        (Err(_), None) => Err("it takes an IP address and a port, as 127.0.0.1:8440 or [::1]:8440".to_owned()),
    }
}

impl Arguments {
    /// Whether many clients are served at once.
    pub fn serves_many(&self) -> bool {
        self.http.is_some()
    }
}

pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let shutdown = CancellationToken::new();
    let Arguments { whom, http, behind_proxy } = arguments;
    let Some(address) = http else {
        on_signals([shutdown.clone()])?;
        return one(whom, Hangups::new()?, shutdown).await;
    };
    let hurry = CancellationToken::new();
    on_signals([shutdown.clone(), hurry.clone()])?;
    many(whom, address, behind_proxy, Hangups::new()?, shutdown, hurry).await
}

/// One client, at the other end of our standard streams.
async fn one(whom: Whom, hangups: Hangups, shutdown: CancellationToken) -> Result<Exit, Failure> {
    let running = tokio::select! {
        running = whom.start(Level::INFO) => running?,
        () = shutdown.cancelled() => return Ok(Exit::Done),
    };
    let Running { gateway, principal, on_behalf_of, app, origin } = running;
    let (config, only) = (app.config(), Some(principal.clone()));
    tracing::info!(
        principal,
        policy = gateway.policy(&principal).map(|policy| policy.name.clone()),
        database = config.database.config.db(),
        history = history(config),
        "pgwicket {} serves MCP on standard input and output",
        env!("CARGO_PKG_VERSION"),
    );
    let settings = config.mcp;
    let nobody_left = Reloading { app, origin, only, register: None, encryption: None }.at(hangups, shutdown.clone());
    let served = mcp::serve_stdio(gateway.clone(), &principal, on_behalf_of, settings, shutdown.clone()).await;
    gateway.close().await;
    if let Some(fault) = nobody_left.get() {
        return Err(fault.clone().into());
    }
    match served {
        Ok(()) => {
            tracing::info!("the client has closed the connection, or a signal came; pgwicket ends");
            Ok(Exit::Done)
        }
        Err(error) => Err(Failure::new(Exit::Refused, error)),
    }
}

/// Many clients over HTTP.
async fn many(
    whom: Whom,
    address: SocketAddr,
    behind_proxy: bool,
    hangups: Hangups,
    shutdown: CancellationToken,
    hurry: CancellationToken,
) -> Result<Exit, Failure> {
    let (is_one, named) = (whom.is_one(), whom.principal().map(str::to_owned));
    let (config, origin) = whom.read(Level::INFO)?;
    let (access, only, register) = if is_one {
        let principal = config.principal(named.as_deref())?.to_owned();
        (Access::Anyone(principal.clone()), Some(principal), None)
    } else {
        let register = Arc::new(Register::new(entrants(&config)));
        (Access::Tokens(Arc::clone(&register)), None, Some(register))
    };
    // All that can be wrong with the door is told before anything is started.
    let door = Door::new(&config, address, behind_proxy, access)?;
    let encryption = door.encryption();
    let started = async {
        let open = door.open().await?;
        Ok::<_, Failure>((App::start(config, only.as_deref()).await?, open))
    };
    let (app, open) = tokio::select! {
        started = started => started?,
        () = shutdown.cancelled() => return Ok(Exit::Done),
    };
    if let Some(principal) = &only {
        tracing::warn!(
            "everyone on this machine who reaches {address} is the principal `{principal}`: no token is asked for"
        );
    }
    let (gateway, config) = (Arc::clone(&app.gateway), app.config());
    tracing::info!(
        principals = only.is_none().then_some(config.principals.len()),
        database = config.database.config.db(),
        history = history(config),
        "pgwicket {} serves MCP at {}",
        env!("CARGO_PKG_VERSION"),
        open.url(),
    );
    let nobody_left = Reloading { app, origin, only, register, encryption }.at(hangups, shutdown.clone());
    open.serve(Arc::clone(&gateway), shutdown, hurry).await;
    gateway.close().await;
    if let Some(fault) = nobody_left.get() {
        return Err(fault.clone().into());
    }
    tracing::info!("a signal came; pgwicket ends");
    Ok(Exit::Done)
}

fn history(config: &Config) -> String {
    std::path::absolute(&config.history).unwrap_or_else(|_| config.history.clone()).display().to_string()
}

/// Each SIGINT or SIGTERM cancels the next of the tokens. One more ends the process at once.
pub(super) fn on_signals<const N: usize>(tokens: [CancellationToken; N]) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |error| Failure::new(Exit::Configuration, format!("signals can't be handled: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    tokio::spawn(async move {
        let mut tokens = tokens.into_iter();
        loop {
            // What a shell says of a program that the signal ended.
            let code = tokio::select! {
                _ = interrupt.recv() => 130,
                _ = terminate.recv() => 143,
            };
            match tokens.next() {
                Some(token) => token.cancel(),
                None => std::process::exit(code),
            }
        }
    });
    Ok(())
}
