//! `pgwicket policy grants`: the database grants that a policy needs, as SQL to read and run.

use std::sync::Arc;

use clap::Args;
use tracing::Level;

use super::policy_check::{Files, read, tell};
use super::{Exit, Failure, output};
use crate::config::{Environment, database, no_database};
use crate::gate::policy::BoundPolicy;
use crate::gate::policy::grants::{self, Live};
use crate::postgres::rights;
use crate::{app, telemetry};

const EXAMPLES: &str = "Examples:
  pgwicket policy grants policies/analyst.toml --config pgwicket.toml
  pgwicket policy grants policies/analyst.toml --config pgwicket.toml --rls
  pgwicket policy grants policies/analyst.toml --config pgwicket.toml | psql -v ON_ERROR_STOP=1 shop";

/// Print the database grants that a policy needs, and no others
///
/// SQL for the owner of the tables: a role (the policy's `role`), membership for the role that pgwicket logs in as, and
/// GRANTs column by column. Needs a database, from the environment or --config, and changes nothing in it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: Files,
    /// Also write row filters as native row-level security policies, which concern every role of the database: read it
    #[arg(long)]
    rls: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let environment = Environment::of_process();
    let policy = match read(&arguments.files.policy) {
        Ok(policy) => policy,
        Err(fault) => return fault.tell(),
    };
    telemetry::start(telemetry::LogFormat::Text, Level::WARN, &environment)?;
    let database = database(arguments.files.config.as_deref(), &environment)?.ok_or_else(no_database)?;
    let (pool, catalog) = app::connect(&database).await?;
    let catalog = catalog.current();
    let closed =
        rights::closed_functions(&pool).await.map_err(|error| Failure::new(Exit::Database, error.to_string()))?;
    pool.close();
    let bound = policy.catalog(&catalog).and_then(|catalog| {
        let bound = BoundPolicy::bind(Arc::clone(&policy), &catalog)?;
        Ok((catalog, bound))
    });
    match bound {
        Ok((catalog, bound)) => {
            let live = Live { login: database.config.user(), closed, row_security: arguments.rls };
            output::result(&grants::grants(&bound, &catalog, &live))?;
            Ok(Exit::Done)
        }
        Err(errors) => Ok(tell(&errors.into())),
    }
}
