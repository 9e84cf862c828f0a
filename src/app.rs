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
use crate::gateway::{Gateway, Member, Members, Parts, PolicySet};
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

/// A gateway that runs, and what it takes to put another configuration in force.
pub struct App {
    /// The gateway.
    pub gateway: Arc<Gateway>,
    /// What is in force.
    config: Config,
    /// The only principal that may ask, if it is only one.
    only: Option<String>,
    pool: Pool,
    catalog: CatalogWatch,
    history: History,
    keys: Arc<Keys>,
    place: Where,
}

/// What became of a configuration that was read anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reloaded {
    /// Principals that may ask, and could not before.
    pub new: Vec<String>,
    /// Those that are under another policy, or have other attributes.
    pub changed: Vec<String>,
    /// Those that may not ask any more.
    pub out: Vec<String>,
    /// Settings that are others and take a restart.
    pub restart: Vec<String>,
}

impl App {
    /// Starts the gateway for one principal of the configuration, or for all of them.
    ///
    /// # Errors
    /// What is wrong with the database and with the history, both if both are; then what in the policy doesn't fit the
    /// database.
    pub async fn start(config: Config, only: Option<&str>) -> Result<Self, StartError> {
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
        warn_of_login(&pool, &config.database).await;
        // Before the history is opened, which begins with a record.
        for policy in policies(&config, only) {
            fit(&policy, &pool, &catalog.current()).await?;
        }
        let members = Members::bind(members(&config, only), &catalog.current()).map_err(unfit)?;
        let history = open(&config.history, config.ledger.clone(), &keys).await?;
        let quota = Quota::new();
        quota.keep_tidy();
        let (server, login) = (config.database.config.address(), config.database.config.user().to_owned());
        let place = Where {
            server: Some(server.clone()),
            database: Some(catalog.current().parts().database.clone()),
            ..Where::default()
        };
        put_on_record(&history, &config, &keys, &place).await?;
        let approvals = Approvals::new(approvals::directory_beside(&config.history), Arc::clone(&keys));
        let parts = Parts {
            members,
            catalog: catalog.clone(),
            pool: pool.clone(),
            history: history.clone(),
            quota,
            keys: Arc::clone(&keys),
            approvals,
            server,
            login,
        };
        let gateway = Arc::new(Gateway::new(parts));
        Ok(Self { gateway, config, only: only.map(str::to_owned), pool, catalog, history, keys, place })
    }

    /// What is in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Puts the principals and policies of a configuration in force that was read later. It is on record before it holds.
    /// Statements of principals that aren't the same under the same policy any more are cancelled.
    ///
    /// # Errors
    /// The policies don't fit the database, or it can't be put on record: nothing has changed then.
    pub async fn reload(&mut self, read: Config) -> Result<Reloaded, StartError> {
        let (config, restart) = self.config.with_principals_of(read);
        let only = self.only.as_deref();
        // They may speak of what is new in the database. One that can't be reached keeps nobody from being kept out.
        if let Err(error) = self.catalog.reload().await {
            tracing::warn!(%error, "the policies are held against what was known of the database before");
        }
        let catalog = self.catalog.current();
        for policy in policies(&config, only) {
            match fit(&policy, &self.pool, &catalog).await {
                Err(error) if error.part == Part::Database => tracing::warn!("{error}"),
                fitted => drop(fitted?),
            }
        }
        let (before, after) = (members(&self.config, only), members(&config, only));
        let is_there = |all: &PolicySet, name: &str| all.contains_key(name);
        let differs = |name: &str, member: &Member| before.get(name).is_some_and(|old| !old.is_same(member));
        let new = after.keys().filter(|name| !is_there(&before, name)).cloned().collect();
        let changed =
            after.iter().filter(|(name, member)| differs(name, member)).map(|(name, _)| name.clone()).collect();
        let out = before.keys().filter(|name| !is_there(&after, name)).cloned().collect();
        let members = Members::bind(after, &catalog).map_err(unfit)?;
        put_on_record(&self.history, &config, &self.keys, &self.place).await?;
        self.gateway.replace_members(members);
        self.config = config;
        Ok(Reloaded { new, changed, out, restart })
    }
}

/// The principals that may ask.
fn members(config: &Config, only: Option<&str>) -> PolicySet {
    let wanted = |name: &str| only.is_none_or(|only| only == name) && !config.disabled.contains(name);
    config.principals.iter().filter(|(name, _)| wanted(name)).map(|(n, m)| (n.clone(), m.clone())).collect()
}

/// The different policies of all principals, those of disabled ones, too: they have to fit when they are let in again.
fn policies(config: &Config, only: Option<&str>) -> Vec<Arc<Policy>> {
    let wanted = config.principals.iter().filter(|(name, _)| only.is_none_or(|only| only == *name));
    let different: BTreeMap<&str, &Arc<Policy>> =
        wanted.map(|(_, member)| (member.policy.digest.as_str(), &member.policy)).collect();
    different.into_values().cloned().collect()
}

async fn put_on_record(history: &History, config: &Config, keys: &Keys, place: &Where) -> Result<(), StartError> {
    let recorded = in_force::record(history, config, keys, place).await;
    recorded.map_err(|error| StartError::new(Part::History, unrecordable(error)))
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
