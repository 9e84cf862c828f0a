//! `pgwicket policy check`: every fault of a policy, drawn on its line, and what of it doesn't fit the database.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tracing::Level;

use super::draw::{self, To};
use super::{Exit, Failure, output};
use crate::app::{self, Part};
use crate::config::{Environment, Fault, Faults, Place, PolicyFileError, database, read_policy};
use crate::gate::policy::Policy;
use crate::telemetry;

const EXAMPLES: &str = "Examples:
  pgwicket policy check policies/analyst.toml
  pgwicket policy check policies/analyst.toml --config pgwicket.toml";

/// Tell everything that is wrong with a policy
///
/// Where the environment or --config names a database, the policy is also held against what is in it. The exit code is
/// 0 for a sound policy, 1 for a faulty one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: Files,
}

/// A policy, and what names the database that it is for.
#[derive(Debug, Args)]
pub(super) struct Files {
    /// The policy
    #[arg(value_name = "FILE")]
    pub policy: PathBuf,
    /// A configuration file that names the database
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let environment = Environment::of_process();
    let policy = match read(&arguments.files.policy) {
        Ok(policy) => policy,
        Err(fault) => return fault.tell(),
    };
    telemetry::start(telemetry::LogFormat::Text, Level::WARN, &environment)?;
    let database = database(arguments.files.config.as_deref(), &environment)?;
    let Some(database) = database else {
        let name = draw::printable(&policy.name);
        output::result(&format!("`{name}` is sound by itself; no database was named to hold it against\n"))?;
        return Ok(Exit::Done);
    };
    let (pool, catalog) = app::connect(&database).await?;
    app::warn_of_login(&pool, &database).await;
    let bound = app::fit(&policy, &pool, &catalog.current()).await;
    pool.close();
    match bound {
        Ok(_) => {
            let (name, db) = (draw::printable(&policy.name), database.config.db());
            output::result(&format!("`{name}` is sound, and fits the database `{db}`\n"))?;
            Ok(Exit::Done)
        }
        Err(error) if error.part == Part::Configuration => Ok(tell(&error.faults)),
        Err(error) => Err(error.into()),
    }
}

/// Why there is no policy.
pub(super) enum PolicyFault {
    Unreadable(Failure),
    Faulty(Faults),
}

impl PolicyFault {
    /// Ends the command with it.
    pub fn tell(self) -> Result<Exit, Failure> {
        match self {
            Self::Unreadable(failure) => Err(failure),
            Self::Faulty(faults) => Ok(tell(&faults)),
        }
    }
}

pub(super) fn read(path: &std::path::Path) -> Result<Arc<Policy>, PolicyFault> {
    read_policy(path).map(Arc::new).map_err(|error| match error {
        PolicyFileError::Unreadable { file, why } => {
            let fault = Fault::new(Place::Nowhere, format!("the policy `{file}` can't be read: {why}"));
            PolicyFault::Unreadable(fault.into())
        }
        PolicyFileError::Faulty(errors) => PolicyFault::Faulty(errors.into()),
    })
}

/// Draws the faults of a policy on its files' lines.
pub(super) fn tell(faults: &Faults) -> Exit {
    let mut texts: BTreeMap<&str, Option<String>> = BTreeMap::new();
    for fault in &faults.0 {
        let text = match &fault.place {
            Place::File { file, .. } => {
                texts.entry(file).or_insert_with(|| std::fs::read_to_string(file).ok()).as_deref()
            }
            _ => None,
        };
        output::message(&format!("{}\n", draw::fault(fault, text, To::Stderr)));
    }
    let count = faults.0.len();
    let found = if count == 1 { "fault was" } else { "faults were" };
    output::message(&format!("error: {count} {found} found"));
    Exit::Refused
}
