//! `pgwicket doctor`: what is too wide, broken or better done otherwise, with what mends it.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::json;
use tracing::Level;

use super::policy_check::{read, tell};
use super::{Exit, Failure, draw, output};
use crate::config::{Config, Database, Environment, Fault, Place, Source, database, no_database, state_history};
use crate::doctor::{self, Finding, Subject};
use crate::gate::policy::{BoundPolicy, Policy};
use crate::{app, telemetry};

const EXAMPLES: &str = "Examples:
  pgwicket doctor --config /etc/pgwicket/pgwicket.toml
  pgwicket doctor --policy policies/analyst.toml --format json";

/// Look for what is too wide or broken: rights of the roles, sessions, history, files
///
/// Logs in as pgwicket does, holds what the roles may do against what the policy needs, and tells for each finding why it
/// matters and what mends it. Changes nothing. The exit code is 0 where nothing was found, 1 where something was, and
/// 2, 3 or 4 where it could not look.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: SourceArguments,
    /// Only the policy of this principal of the configuration
    #[arg(long, value_name = "NAME", requires = "config")]
    principal: Option<String>,
    /// Also tell what PostgreSQL itself lets everyone do, as calling pg_sleep
    #[arg(long)]
    strict: bool,
    /// How the findings are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct SourceArguments {
    /// A configuration file, pgwicket.toml: every policy of its principals
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A policy alone: the database comes from POSTGRES_*
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object with a list `findings`
    Json,
}

/// What is looked at.
struct Patient {
    policies: Vec<Arc<Policy>>,
    database: Database,
    history: Option<PathBuf>,
    /// Files that hold a password, or may.
    secrets: Vec<PathBuf>,
}

pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let environment = Environment::of_process();
    let patient = match (arguments.source.config, arguments.source.policy) {
        (Some(path), _) => configured(path, arguments.principal.as_deref(), &environment)?,
        (None, Some(path)) => {
            let policy = match read(&path) {
                Ok(policy) => policy,
                Err(fault) => {
                    fault.tell()?;
                    return Ok(Exit::Configuration);
                }
            };
            let database = database(None, &environment)?.ok_or_else(no_database)?;
            Patient { policies: vec![policy], database, history: state_history(&environment), secrets: Vec::new() }
        }
        (None, None) => return Err(Fault::new(Place::Argument("--config"), "no configuration is named").into()),
    };
    telemetry::start(telemetry::LogFormat::Text, Level::WARN, &environment)?;
    let secrets: Vec<_> =
        patient.secrets.iter().map(PathBuf::as_path).chain(patient.database.password_file()).collect();
    let mut findings = doctor::examine_files(patient.history.as_deref(), &secrets);
    let (pool, catalog) = app::connect(&patient.database).await?;
    let catalog = catalog.current();
    for policy in &patient.policies {
        let bound = policy.catalog(&catalog).and_then(|catalog| {
            let bound = BoundPolicy::bind(Arc::clone(policy), &catalog)?;
            Ok((catalog, bound))
        });
        let (catalog, bound) = match bound {
            Ok(bound) => bound,
            Err(errors) => {
                tell(&errors.into());
                return Ok(Exit::Configuration);
            }
        };
        let login = patient.database.config.user();
        let subject = Subject { policy: &bound, catalog: &catalog, login, strict: arguments.strict };
        let found = doctor::examine(&pool, subject).await;
        findings.extend(found.map_err(|error| Failure::new(Exit::Database, error.to_string()))?);
    }
    pool.close();
    findings.sort();
    findings.dedup();
    output::result(&match arguments.format {
        Format::Text => text(&findings),
        Format::Json => format!("{}\n", json!({ "findings": findings })),
    })?;
    Ok(if findings.is_empty() { Exit::Done } else { Exit::Refused })
}

fn configured(path: PathBuf, principal: Option<&str>, environment: &Environment) -> Result<Patient, Failure> {
    let dotenv = path.with_file_name(".env");
    let config = Config::load(&Source::File(path), environment)?;
    let chosen = match principal {
        Some(_) => Some(config.principal(principal)?.to_owned()),
        None => None,
    };
    let mut policies: Vec<Arc<Policy>> = Vec::new();
    for (name, member) in config.principals.iter() {
        if chosen.as_ref().is_none_or(|chosen| chosen == name)
            && policies.iter().all(|known| known.digest != member.policy.digest)
        {
            policies.push(Arc::clone(&member.policy));
        }
    }
    Ok(Patient { policies, database: config.database, history: Some(config.history), secrets: vec![dotenv] })
}

fn text(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "nothing was found\n".to_owned();
    }
    let mut out = String::new();
    for one in findings {
        out += &format!("{}: {}\n  why:  {}\n", one.severity.word(), draw::printable(&one.what), one.why);
        for mend in &one.mend {
            out += &format!("  mend: {}\n", draw::printable(mend));
        }
    }
    let count = findings.len();
    out += &format!("{count} {}\n", if count == 1 { "finding" } else { "findings" });
    out
}
