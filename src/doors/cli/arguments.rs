//! The arguments that several commands share: who asks under which policy, and the statement.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::Value;
use tracing::Level;

use super::Failure;
use crate::app::App;
use crate::config::{Config, Environment, Fault, Faults, Place, Source};
use crate::gate::admit::Submission;
use crate::gateway::{Caller, Gateway, local_address};
use crate::telemetry;

/// Who asks, under which policy.
#[derive(Debug, Args)]
pub(super) struct Whom {
    #[command(flatten)]
    source: SourceArguments,
    /// The principal of the configuration that asks; needed where it has several
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// With --policy: a value for an attribute that the policy declares; lists are written `a,b`
    #[arg(long = "attribute", value_name = "NAME=VALUE", conflicts_with = "config")]
    attributes: Vec<String>,
    /// On whose behalf the principal asks, for the history: recorded as it is given, and never checked
    #[arg(long, value_name = "NAME")]
    on_behalf_of: Option<String>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct SourceArguments {
    /// A configuration file, pgwicket.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A policy alone: the database comes from POSTGRES_*, the principal is `local`, and the history lies in
    /// $XDG_STATE_HOME/pgwicket, or ~/.local/state/pgwicket
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

/// A gateway that is running for one principal.
pub(super) struct Running {
    pub gateway: Arc<Gateway>,
    pub principal: String,
    pub on_behalf_of: Option<String>,
    pub app: App,
    pub origin: Origin,
}

/// Where a configuration was read, to be read there again.
#[derive(Clone)]
pub(super) struct Origin {
    source: Source,
    environment: Environment,
}

impl Origin {
    /// What it says now. Waits for the disk.
    pub fn read(&self) -> Result<Config, Faults> {
        Config::load(&self.source, &self.environment)
    }
}

impl Whom {
    /// Reads the configuration, starts the log at a usual level, and then the gateway.
    pub async fn start(self, usual: Level) -> Result<Running, Failure> {
        let (principal, on_behalf_of) = (self.principal.clone(), self.on_behalf_of.clone());
        let (config, origin) = self.read(usual)?;
        let principal = config.principal(principal.as_deref())?.to_owned();
        let app = App::start(config, Some(&principal)).await?;
        Ok(Running { gateway: Arc::clone(&app.gateway), principal, on_behalf_of, app, origin })
    }

    /// Whether it is said who asks: by a name, or by a policy alone, which knows one principal only.
    pub fn is_one(&self) -> bool {
        self.principal.is_some() || self.source.policy.is_some()
    }

    /// The principal that is named.
    pub fn principal(&self) -> Option<&str> {
        self.principal.as_deref()
    }

    /// Reads the configuration, and starts the log at a usual level.
    pub fn read(self, usual: Level) -> Result<(Config, Origin), Failure> {
        let environment = Environment::of_process();
        let source = match (self.source.config, self.source.policy) {
            (Some(path), _) => Source::File(path),
            (None, Some(path)) => Source::Policy { path, attributes: self.attributes },
            (None, None) => return Err(Fault::new(Place::Argument("--config"), "no configuration is named").into()),
        };
        let origin = Origin { source, environment };
        let config = origin.read()?;
        telemetry::start(config.log, usual, &origin.environment)?;
        for note in &config.notes.overruled {
            tracing::info!("{note}");
        }
        for fault in &config.notes.misspelt {
            tracing::warn!(help = fault.help, "{fault}");
        }
        Ok((config, origin))
    }
}

/// One statement.
#[derive(Debug, Args)]
pub(super) struct Statement {
    /// One SQL statement, with $1, $2, … for parameters
    #[arg(value_name = "SQL")]
    pub sql: String,
    /// A value for the next parameter, as JSON; what isn't JSON is taken as text
    #[arg(long = "param", value_name = "JSON", allow_hyphen_values = true)]
    pub parameters: Vec<String>,
}

impl Statement {
    /// As the gateway takes it.
    pub fn submission(&self) -> Submission {
        let value = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()));
        Submission::Sql { text: self.sql.clone(), parameters: self.parameters.iter().map(value).collect() }
    }
}

/// A person at the command line.
pub(super) fn caller(running: &Running, tool: &'static str) -> Caller {
    let on_behalf_of = running.on_behalf_of.clone();
    Caller { on_behalf_of, address: Some(local_address()), ..Caller::local(&running.principal, "cli", tool) }
}
