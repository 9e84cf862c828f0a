//! From a configuration to a running gateway: the only place that knows all parts and the order in which they start.
//! Every command that asks the database starts here.

mod in_force;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use crate::approvals::{self, Approvals};
use crate::catalog::refresh::{INTERVAL, RefreshError};
use crate::catalog::{CatalogWatch, LoadError};
use crate::config::{Config, Database, Fault, Faults, Place};
use crate::gate::catalog::Catalog;
use crate::gate::policy::{BoundPolicy, Diagnostics, Policy};
use crate::gateway::{Gateway, Parts, PolicySet};
use crate::history::{self, History, Settings, Where};
use crate::keys::{self, Keys};
use crate::postgres::rights;
use crate::postgres::role::{self, Standing};
use crate::postgres::{ConnectError, Pool, PoolError};
use crate::quota::Quota;

/// What didn't start. Decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What was configured can't be used, or doesn't fit the database.
    Configuration,
    /// The database can't be reached, or refuses us.
    Database,
    /// The history or its keys.
    History,
}

/// Why there is no gateway: everything that was found.
#[derive(Debug, thiserror::Error)]
#[error("{faults}")]
pub struct StartError {
    /// What didn't start, the first of several.
    pub part: Part,
    /// Why.
    pub faults: Faults,
}

impl StartError {
    fn new(part: Part, fault: Fault) -> Self {
        Self { part, faults: Faults::from(fault) }
    }
}

/// Starts the gateway for one principal of the configuration, or for all of them.
///
/// # Errors
/// What is wrong with the database and with the history, both if both are; then what in the policy doesn't fit the
/// database.
pub async fn start(config: &Config, only: Option<&str>) -> Result<Arc<Gateway>, StartError> {
    let (database, ledger) = tokio::join!(connect(&config.database), ledger(&config.history));
    let ((pool, catalog), keys) = match (database, ledger) {
        (Ok(database), Ok(keys)) => (database, keys),
        (Err(mut error), Err(other)) => {
            error.faults.0.extend(other.faults.0);
            return Err(error);
        }
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => return Err(error),
    };
    let keys = Arc::new(keys);
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let policies: PolicySet =
        config.principals.iter().filter(|(name, _)| wanted(name)).map(|(n, m)| (n.clone(), m.clone())).collect();
    warn_of_login(&pool, &config.database).await;
    // Before the history is opened, which begins with a record.
    let different: BTreeMap<&str, &Arc<Policy>> =
        policies.values().map(|member| (member.policy.digest.as_str(), &member.policy)).collect();
    for policy in different.values() {
        fit(policy, &pool, &catalog.current()).await?;
    }
    let history = open(&config.history, config.ledger.clone(), &keys).await?;
    let quota = Quota::new();
    quota.keep_tidy();
    let (server, login) = (config.database.config.address(), config.database.config.user().to_owned());
    let place = Where {
        server: Some(server.clone()),
        database: Some(catalog.current().parts().database.clone()),
        ..Where::default()
    };
    if let Err(error) = in_force::record(&history, config, &keys, &place).await {
        return Err(StartError::new(Part::History, unrecordable(error)));
    }
    let approvals = Approvals::new(approvals::directory_beside(&config.history), Arc::clone(&keys));
    Gateway::new(Parts { policies, catalog, pool, history, quota, keys, approvals, server, login })
        .map(Arc::new)
        .map_err(unfit)
}

/// The pool and the first snapshot of the catalog.
///
/// # Errors
/// The database can't be used.
pub async fn connect(database: &Database) -> Result<(Pool, CatalogWatch), StartError> {
    let pool = Pool::new(database.config.clone())
        .map_err(|error| StartError::new(Part::Configuration, database.fault(error)))?;
    match CatalogWatch::start(pool.clone(), INTERVAL).await {
        Ok(catalog) => Ok((pool, catalog)),
        Err(error) => Err(StartError::new(Part::Database, unreachable(&error))),
    }
}

/// Binds a policy to the database: its names to the catalog, its role to the roles.
///
/// # Errors
/// Everything in the policy that doesn't fit the database.
pub async fn fit(policy: &Arc<Policy>, pool: &Pool, catalog: &Arc<Catalog>) -> Result<BoundPolicy, StartError> {
    let bound = policy.catalog(catalog).and_then(|catalog| BoundPolicy::bind(Arc::clone(policy), &catalog));
    let bound = bound.map_err(unfit);
    let Some(role) = &policy.role else { return bound };
    let what = match role::standing(pool, role).await {
        Ok(Standing::Member) => return bound,
        Ok(Standing::Stranger) => "of which the login role is no member",
        Ok(Standing::Missing) => "which does not exist in the database",
        Err(error) => return Err(StartError::new(Part::Database, Fault::new(Place::Nowhere, error.to_string()))),
    };
    let message = format!("the policy `{}` names the role `{role}`, {what}", policy.name);
    let fault =
        Fault::new(Place::Nowhere, message).help("`pgwicket policy grants` prints the statements that it takes");
    let mut faults = bound.err().map(|error| error.faults).unwrap_or_default();
    faults.0.push(fault);
    Err(StartError { part: Part::Configuration, faults })
}

/// Logs what makes the walls behind the gate useless: what the login role is, and a password that others may read.
pub async fn warn_of_login(pool: &Pool, database: &Database) {
    let login = database.config.user();
    // Whoever can't be asked fails elsewhere, with a reason.
    let risks = rights::risks_of_login(pool, login).await.unwrap_or_default();
    if !risks.is_empty() {
        tracing::warn!(
            "the login role `{login}` {}, so PostgreSQL's own privileges hold nothing back; `pgwicket doctor` tells more",
            risks.join(" and ")
        );
    }
    if let Some(file) = database.password_file()
        && std::fs::metadata(file).is_ok_and(|data| data.permissions().mode() & 0o007 != 0)
    {
        tracing::warn!("others on this machine may open the password file `{}`", file.display());
    }
}

/// The keys beside the history. Nothing is recorded yet.
async fn ledger(directory: &Path) -> Result<Keys, StartError> {
    let directory = directory.to_owned();
    let work = move || {
        let records_exist = history::has_records(&directory).map_err(|error| {
            unrecordable(format!("the history in `{}` can't be read: {error}", directory.display()))
        })?;
        Keys::open(&keys::directory_beside(&directory), records_exist).map_err(unrecordable)
    };
    on_a_thread(work).await
}

fn unrecordable(error: impl std::fmt::Display) -> Fault {
    Fault::new(Place::Nowhere, error.to_string()).help(
        "nothing is executed that can't be recorded; `[history] directory` says where the history lies, or with \
         --policy the variable XDG_STATE_HOME",
    )
}

async fn open(directory: &Path, settings: Settings, keys: &Arc<Keys>) -> Result<History, StartError> {
    let options = history::Options::new(directory, settings, keys);
    on_a_thread(move || History::open(options).map_err(unrecordable)).await
}

/// Work that waits for the disk.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, StartError> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.unwrap_or_else(|_| Err(Fault::new(Place::Nowhere, "the history could not be opened")));
    done.map_err(|fault| StartError::new(Part::History, fault))
}

fn unfit(errors: Diagnostics) -> StartError {
    StartError { part: Part::Configuration, faults: errors.into() }
}

/// Why the catalog could not be loaded, in words for whoever runs pgwicket.
fn unreachable(error: &RefreshError) -> Fault {
    match error {
        RefreshError::Pool(PoolError::Connect(error)) => refused(error),
        RefreshError::Load(error) => match error.as_ref() {
            // The library's own words are "db error".
            LoadError::Database(error) => {
                let said = error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned());
                Fault::new(Place::Nowhere, format!("the database's catalog can't be read: {said}"))
            }
            error => Fault::new(Place::Nowhere, error.to_string()),
        },
        error => Fault::new(Place::Nowhere, error.to_string()),
    }
}

fn refused(error: &ConnectError) -> Fault {
    let fault = Fault::new(Place::Nowhere, error.to_string());
    match error.help() {
        Some(help) => fault.help(help),
        None => fault,
    }
}
