//! Configuration: `pgwicket.toml`, `.env`, the environment and the command line become one checked [`Config`], or every
//! fault at once. Opens no connection and writes nothing.
//!
//! Precedence, lowest first: `DATABASE_URL`, `pgwicket.toml`, `.env` beside it, the environment, the command line.
//! Nothing is ever read from the working directory: that of an agent is not to be trusted.

#[cfg(any(test, feature = "check"))]
pub mod check;
mod database;
mod environment;
mod fault;
mod file;
mod http;
mod in_force;
pub mod keys;
mod principals;
#[cfg(test)]
mod tests;
mod url;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use database::Layer;
pub use database::{Database, Notes};
pub use environment::Environment;
pub use fault::{Fault, Faults, Place};
use file::File;
pub use http::HttpSettings;
pub use in_force::{FileRead, Loaded, Setting};
use principals::Policies;
pub use principals::{PolicyFileError, read_policy};

use crate::auth::Tokens;
use crate::gateway::PolicySet;
use crate::history::Settings;
use crate::telemetry::LogFormat;

/// The name of the principal where only a policy is given.
pub const LOCAL: &str = "local";

/// What says who asks and under which policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `--config FILE`.
    File(PathBuf),
    /// `--policy FILE` with `--attribute NAME=VALUE`.
    Policy {
        /// The policy.
        path: PathBuf,
        /// Attributes as they were given.
        attributes: Vec<String>,
    },
}

/// What the MCP door is like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct McpSettings {
    /// In which form it gives results.
    pub results: Results,
    /// Who is asked about writes.
    pub questions: Questions,
}

/// Who is asked whether a write may be that a person has to approve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Questions {
    /// The person behind the client, if the client can ask.
    #[default]
    Client,
    /// Whoever runs pgwicket, and nobody else: a client isn't believed in what its user says.
    Operator,
}

/// In which form the MCP door gives results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Results {
    /// JSON as text.
    #[default]
    Text,
    /// Structured content and a short text; schemas of results are listed.
    Structured,
}

/// A configuration that was checked as far as can be told without the database.
#[derive(Debug, Clone)]
pub struct Config {
    /// The database.
    pub database: Database,
    /// Everyone who may ask.
    pub principals: PolicySet,
    /// Those of them that are kept out for now.
    pub disabled: BTreeSet<String>,
    /// What proves who asks over the network.
    pub tokens: Tokens,
    /// The MCP door.
    pub mcp: McpSettings,
    /// The door over HTTP, if it is opened.
    pub http: HttpSettings,
    /// The policies that they are under, by the path that the configuration names.
    pub policies: BTreeMap<PathBuf, Loaded>,
    /// Where the history lies; the keys lie beside it.
    pub history: PathBuf,
    /// How it is kept.
    pub ledger: Settings,
    /// How the log is written.
    pub log: LogFormat,
    /// What is worth saying once there is a log.
    pub notes: Notes,
}

impl Config {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// Every fault.
    pub fn load(source: &Source, environment: &Environment) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut notes = Notes::default();
        let mut policies = Policies::default();
        let (file, dotenv, history) = match source {
            Source::File(path) => {
                let (file, dotenv) = beside(path, &mut faults)?;
                let history = history_of(path, &file);
                (file, dotenv, Some(history))
            }
            Source::Policy { .. } => {
                (File::default(), Environment::default(), state_directory(environment, &mut faults))
            }
        };
        let principals = match source {
            Source::File(path) => {
                let found = file.principals.iter().filter_map(|(name, written)| {
                    policies.configured(name, written, &mut faults).map(|one| (name.clone(), one))
                });
                let found: PolicySet = found.collect();
                if file.principals.is_empty() && faults.0.is_empty() {
                    let message = format!("`{}` names no principal", path.display());
                    faults.push(Fault::new(Place::Nowhere, message).help("add `[principals.NAME]` with a `policy`"));
                }
                found
            }
            Source::Policy { path, attributes } => {
                let one = policies.local(path, attributes, &mut faults);
                one.into_iter().map(|one| (LOCAL.to_owned(), one)).collect()
            }
        };
        let tokens = tokens(&file, &mut faults);
        let disabled = file.principals.iter().filter(|(_, written)| written.disabled).map(|(name, _)| name.clone());
        let disabled = disabled.collect();
        let database = join(file.database, &dotenv, environment, &mut notes, &mut faults);
        if database.is_none() && faults.0.is_empty() {
            faults.push(no_database());
        }
        match (database, history) {
            (Some(database), Some(history)) if faults.0.is_empty() => Ok(Self {
                database,
                principals,
                disabled,
                tokens,
                mcp: file.mcp,
                http: file.http,
                policies: policies.loaded,
                history,
                ledger: file.ledger,
                log: file.log,
                notes,
            }),
            _ => {
                faults.0.extend(notes.misspelt);
                Err(faults)
            }
        }
    }

    /// The principal that asks: the one that is named, or the only one.
    ///
    /// # Errors
    /// An unknown name, or several principals and none named.
    pub fn principal(&self, named: Option<&str>) -> Result<&str, Fault> {
        let place = Place::Argument("--principal");
        let found = self.found(place.clone(), named)?;
        if self.disabled.contains(found) {
            let fault = Fault::new(place, format!("the principal `{found}` is disabled"));
            return Err(fault.help("its section says `disabled = true`"));
        }
        Ok(found)
    }

    /// Whether there is somebody to serve: the only principal that is served, or else anyone.
    ///
    /// # Errors
    /// The principal is disabled, or not there.
    pub fn principal_that_asks(&self, only: Option<&str>) -> Result<(), Fault> {
        only.map_or(Ok(()), |only| self.principal(Some(only)).map(drop))
    }

    fn found(&self, place: Place, named: Option<&str>) -> Result<&str, Fault> {
        let served = self.principals.keys().filter(|name| !self.disabled.contains(*name));
        let known = served.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { "none, since all are disabled".to_owned() } else { known };
        match named {
            Some(name) => self.principals.get_key_value(name).map(|(name, _)| name.as_str()).ok_or_else(|| {
                Fault::new(place, format!("there is no principal `{name}`")).help(format!("there is {known}"))
            }),
            None => match (self.principals.keys().next(), self.principals.len()) {
                (Some(name), 1) => Ok(name),
                _ => Err(Fault::new(place, "the configuration has several principals")
                    .help(format!("choose one of {known} with `--principal`"))),
            },
        }
    }
}

/// The database alone, for commands that read a policy of their own; `None` where none is named.
///
/// # Errors
/// Every fault of the database's settings, and of the configuration file if there is one.
pub fn database(file: Option<&Path>, environment: &Environment) -> Result<Option<Database>, Faults> {
    let (mut faults, mut notes) = (Faults::default(), Notes::default());
    let (file, dotenv) = match file {
        Some(path) => beside(path, &mut faults)?,
        None => (File::default(), Environment::default()),
    };
    let database = join(file.database, &dotenv, environment, &mut notes, &mut faults);
    if faults.0.is_empty() {
        return Ok(database);
    }
    faults.0.extend(notes.misspelt);
    Err(faults)
}

/// That no database is named at all, and how to name one.
pub fn no_database() -> Fault {
    Fault::new(Place::Nowhere, "no database is named").help(
        "set POSTGRES_HOST, POSTGRES_DB, POSTGRES_USER and POSTGRES_PASSWORD, or DATABASE_URL, or write `[database]` \
         in a configuration file",
    )
}

/// Every token with the principal that it proves.
fn tokens(file: &File, faults: &mut Faults) -> Tokens {
    let mut tokens = Tokens::default();
    for (name, written) in &file.principals {
        for (token, place) in &written.tokens {
            if let Err(owner) = tokens.add(token.clone(), name) {
                let message = format!("the token `{}` is already one of the principal `{owner}`", token.id());
                faults.push(
                    Fault::new(place.clone(), message).help("make one of another name: `pgwicket token new NAME`"),
                );
            }
        }
    }
    tokens
}

/// The configuration file, and the `.env` beside it.
fn beside(path: &Path, faults: &mut Faults) -> Result<(File, Environment), Faults> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let message = format!("`{}` can't be read: {}", path.display(), principals::plain(&error));
        Faults::from(Fault::new(Place::Argument("--config"), message))
    })?;
    let file = File::read(path, &text, faults);
    let dotenv = Environment::read(&path.with_file_name(".env"), faults);
    Ok((file, dotenv))
}

fn join(
    file: Layer,
    dotenv: &Environment,
    environment: &Environment,
    notes: &mut Notes,
    faults: &mut Faults,
) -> Option<Database> {
    let layers = vec![
        Layer::of_url(dotenv, faults),
        Layer::of_url(environment, faults),
        file,
        Layer::of_variables(dotenv, notes, faults),
        Layer::of_variables(environment, notes, faults),
    ];
    database::join(layers, notes, faults)
}

/// Where the history lies by a configuration file, which needs no sound policies or database for that.
///
/// # Errors
/// Every fault of the file.
pub fn history_directory(file: &Path) -> Result<PathBuf, Faults> {
    let mut faults = Faults::default();
    let (written, _) = beside(file, &mut faults)?;
    if faults.0.is_empty() { Ok(history_of(file, &written)) } else { Err(faults) }
}

fn history_of(path: &Path, file: &File) -> PathBuf {
    file.history.clone().unwrap_or_else(|| path.parent().unwrap_or(Path::new("")).join("history"))
}

/// Where the history lies if no configuration says so; `None` if there is no such place.
pub fn state_history(environment: &Environment) -> Option<PathBuf> {
    state_directory(environment, &mut Faults::default())
}

/// The history in the person's own state directory, as the XDG base directories have it.
fn state_directory(environment: &Environment, faults: &mut Faults) -> Option<PathBuf> {
    let absolute = |name: &str| environment.raw(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    if state.is_none() {
        let message = "there is no place for the history: neither HOME nor XDG_STATE_HOME is an absolute path";
        let help = "set one of them, or use `--config` with a `directory` in `[history]`";
        faults.push(Fault::new(Place::Nowhere, message).help(help));
    }
    state.map(|state| state.join("pgwicket").join("history"))
}
