//! What it takes to reach the database, checked once. Where a setting was written (environment, file, flag) is the
//! business of `crate::config`; here it only has a name.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::pins;

const DEFAULT_PORT: u16 = 5432;
const DEFAULT_POOL_SIZE: usize = 5;
const DEFAULT_MAX_OVERFLOW: usize = 10;
/// More than any PostgreSQL is set up for; a larger number is a typing error.
const MOST_CONNECTIONS: usize = 1_000;

/// The settings as they were given, each still unchecked; absent ones get their default.
#[derive(Clone, Debug, Default)]
pub struct DatabaseSettings {
    /// Host name, address, or the directory of a Unix socket (starts with `/`); default `localhost`.
    pub host: Option<String>,
    /// TCP port, also part of the socket's name; default 5432.
    pub port: Option<u16>,
    /// Database name; required.
    pub db: Option<String>,
    /// Login role; required.
    pub user: Option<String>,
    /// Password, if the server asks for one.
    pub password: Option<SecretString>,
    /// One of the names in [`SslMode::NAMES`].
    pub ssl_mode: Option<String>,
    /// PEM file with the authorities to trust instead of the system's.
    pub ssl_root_cert: Option<PathBuf>,
    /// PEM file with the client certificate and its chain.
    pub ssl_cert: Option<PathBuf>,
    /// PEM file with the client certificate's key.
    pub ssl_key: Option<PathBuf>,
    /// Connections kept open.
    pub pool_size: Option<usize>,
    /// Connections opened beyond `pool_size` under load and closed on return.
    pub max_overflow: Option<usize>,
    /// One of the names in [`Pooler::NAMES`].
    pub pooler: Option<String>,
}

/// One setting that can't be used, named so that the configuration layer can say where it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingError {
    /// The setting's key in `[database]`, for example `ssl_mode`.
    pub setting: &'static str,
    /// What is wrong, as one plain sentence part.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl SettingError {
    pub(crate) fn new(setting: &'static str, message: impl Into<String>) -> Self {
        Self { setting, message: message.into(), help: None }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The environment variable of the setting, for example `POSTGRES_SSL_MODE`.
    pub fn variable(&self) -> String {
        format!("POSTGRES_{}", self.setting.to_ascii_uppercase())
    }
}

/// How the connection is protected; the names and meanings are libpq's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
    /// Never TLS.
    Disable,
    /// TLS if the server offers it, unverified.
    Prefer,
    /// Always TLS; the chain is verified only if a root certificate is given.
    Require,
    /// Always TLS with a verified chain; the host name isn't compared.
    VerifyCa,
    /// Always TLS with a verified chain and host name.
    VerifyFull,
}

impl SslMode {
    /// Every accepted name, from weakest to strongest.
    pub const NAMES: [&str; 5] = ["disable", "prefer", "require", "verify-ca", "verify-full"];
}

impl fmt::Display for SslMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        })
    }
}

impl FromStr for SslMode {
    type Err = SettingError;

    fn from_str(name: &str) -> Result<Self, SettingError> {
        match name {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            "allow" => Err(SettingError::new("ssl_mode", "the TLS mode `allow` is not supported")
                .with_help("use `prefer`: TLS if the server offers it")),
            other => Err(SettingError::new("ssl_mode", format!("`{other}` is not a TLS mode"))
                .with_help(format!("use one of {}", Self::NAMES.join(", ")))),
        }
    }
}

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A host name or address, reached by TCP.
    Tcp(String),
    /// The directory of a Unix socket.
    Socket(PathBuf),
}

impl Host {
    fn parse(text: &str) -> Result<Self, SettingError> {
        if text.starts_with('/') {
            return Ok(Self::Socket(PathBuf::from(text)));
        }
        let name = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if name.is_empty() {
            return Err(SettingError::new("host", "the host is empty"));
        }
        if name.contains([',', '/', '@', ' ']) || (name.contains(':') && name.parse::<IpAddr>().is_err()) {
            return Err(SettingError::new("host", format!("`{text}` is not one host name or address"))
                .with_help("write the name alone; the port has a setting of its own"));
        }
        Ok(Self::Tcp(name.to_owned()))
    }

    /// Whether the traffic stays on this machine.
    fn is_local(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Tcp(name) if name.eq_ignore_ascii_case("localhost") => true,
            Self::Tcp(name) => name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(name) => formatter.write_str(name),
            Self::Socket(directory) => write!(formatter, "{}", directory.display()),
        }
    }
}

/// What stands between pgwicket and PostgreSQL. A statement's transaction has to find what was prepared on its own session
/// of the server, which only whoever runs the pooler can promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing that isn't transparent: a connection is a session of the server.
    None,
    /// A pooler that gives each of its clients a session of the server for as long as it is connected.
    Session,
}

impl Pooler {
    /// How they are written.
    pub const NAMES: [&str; 2] = ["none", "session"];
}

impl FromStr for Pooler {
    type Err = SettingError;

    fn from_str(name: &str) -> Result<Self, SettingError> {
        match name {
            "none" => Ok(Self::None),
            "session" => Ok(Self::Session),
            "transaction" | "statement" => Err(SettingError::new(
                "pooler",
                format!("a pooler in {name} mode gives one client's statements to sessions that others use"),
            )
            .with_help("set the pooler to session mode and write `session`, or connect to PostgreSQL itself")),
            other => Err(SettingError::new("pooler", format!("`{other}` is not known here"))
                .with_help(format!("one of: {}", Self::NAMES.join(", ")))),
        }
    }
}

/// A database that can be connected to, as far as can be told without trying.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) db: String,
    pub(crate) user: String,
    pub(crate) password: Option<SecretString>,
    pub(crate) ssl_mode: SslMode,
    pub(crate) ssl_root_cert: Option<PathBuf>,
    /// Certificate and key, always both.
    pub(crate) ssl_identity: Option<(PathBuf, PathBuf)>,
    pub(crate) pool_size: usize,
    pub(crate) max_overflow: usize,
    pub(crate) pooler: Pooler,
}

impl DatabaseConfig {
    /// How long one connection attempt may take, from name resolution to the end of authentication.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

    /// Checks the settings and fills in defaults.
    ///
    /// # Errors
    /// Every setting that can't be used, not only the first.
    pub fn new(settings: DatabaseSettings) -> Result<Self, Vec<SettingError>> {
        let mut errors = Vec::new();
        let host = keep(Host::parse(settings.host.as_deref().unwrap_or("localhost")), &mut errors);
        let db = keep(required("db", settings.db), &mut errors);
        let user = keep(required("user", settings.user), &mut errors);
        let ssl_mode = keep(settings.ssl_mode.as_deref().map(SslMode::from_str).transpose(), &mut errors);
        let pooler = keep(settings.pooler.as_deref().map_or(Ok(Pooler::None), Pooler::from_str), &mut errors);
        let port = settings.port.unwrap_or(DEFAULT_PORT);
        if port == 0 {
            errors.push(SettingError::new("port", "`0` is not a port"));
        }
        let ssl_identity = keep(identity(settings.ssl_cert, settings.ssl_key), &mut errors);
        let pool_size = settings.pool_size.unwrap_or(DEFAULT_POOL_SIZE);
        let max_overflow = settings.max_overflow.unwrap_or(DEFAULT_MAX_OVERFLOW);
        check_pool(pool_size, max_overflow, &mut errors);
        let (Some(host), Some(db), Some(user), Some(ssl_mode), Some(ssl_identity), Some(pooler)) =
            (host, db, user, ssl_mode, ssl_identity, pooler)
        else {
            return Err(errors);
        };
        if !errors.is_empty() {
            return Err(errors);
        }
        let ssl_mode = ssl_mode.unwrap_or(if host.is_local() { SslMode::Prefer } else { SslMode::VerifyFull });
        Ok(Self {
            host,
            port,
            db,
            user,
            password: settings.password.filter(|password| !password.expose_secret().is_empty()),
            ssl_mode,
            ssl_root_cert: settings.ssl_root_cert,
            ssl_identity,
            pool_size,
            max_overflow,
            pooler,
        })
    }

    /// The TLS mode in force, after defaults.
    pub fn ssl_mode(&self) -> SslMode {
        self.ssl_mode
    }

    /// The database's name.
    pub fn db(&self) -> &str {
        &self.db
    }

    /// The login role.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Whether the password is that of another one.
    pub fn has_password_of(&self, other: &Self) -> bool {
        let known = |config: &Self| config.password.as_ref().map(|password| password.expose_secret().to_owned());
        known(self) == known(other)
    }

    /// Host and port, or the socket's path: for people and the history.
    pub fn address(&self) -> String {
        match &self.host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]:{}", self.port),
            Host::Tcp(name) => format!("{name}:{}", self.port),
            Host::Socket(directory) => format!("{}/.s.PGSQL.{}", directory.display(), self.port),
        }
    }

    /// The most connections that are ever open at once.
    pub fn max_connections(&self) -> usize {
        self.pool_size.saturating_add(self.max_overflow)
    }

    /// The client library's form, with the pins in the startup packet. Host and port are left out: the socket is
    /// opened by [`super::connect`], which remembers the address so that a cancel request reaches the same server.
    pub(crate) fn to_client(&self) -> tokio_postgres::Config {
        let mut client = tokio_postgres::Config::new();
        client
            .user(&self.user)
            .dbname(&self.db)
            .options(pins::startup_options())
            .application_name("pgwicket")
            .ssl_mode(match (&self.host, self.ssl_mode) {
                // PostgreSQL offers no TLS on Unix sockets, and libpq ignores the mode there as well.
                (Host::Socket(_), _) | (Host::Tcp(_), SslMode::Disable) => tokio_postgres::config::SslMode::Disable,
                (Host::Tcp(_), SslMode::Prefer) => tokio_postgres::config::SslMode::Prefer,
                (Host::Tcp(_), SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => {
                    tokio_postgres::config::SslMode::Require
                }
            });
        if let Some(password) = &self.password {
            client.password(password.expose_secret());
        }
        client
    }
}

fn keep<T>(result: Result<T, SettingError>, errors: &mut Vec<SettingError>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

fn required(setting: &'static str, value: Option<String>) -> Result<String, SettingError> {
    match value {
        Some(value) if value.contains('\0') => Err(SettingError::new(setting, "a zero byte can't be part of a name")),
        Some(value) if !value.is_empty() => Ok(value),
        Some(_) | None => {
            let error = SettingError::new(setting, format!("the setting `{setting}` is missing"));
            let help = format!("set {} or `{setting}` in `[database]`", error.variable());
            Err(error.with_help(help))
        }
    }
}

fn identity(cert: Option<PathBuf>, key: Option<PathBuf>) -> Result<Option<(PathBuf, PathBuf)>, SettingError> {
    match (cert, key) {
        (Some(cert), Some(key)) => Ok(Some((cert, key))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(SettingError::new("ssl_key", "a client certificate is given without its key")),
        (None, Some(_)) => Err(SettingError::new("ssl_cert", "a client key is given without its certificate")),
    }
}

fn check_pool(pool_size: usize, max_overflow: usize, errors: &mut Vec<SettingError>) {
    if pool_size == 0 {
        errors.push(SettingError::new("pool_size", "at least one connection must be kept"));
    }
    if pool_size > MOST_CONNECTIONS {
        errors.push(SettingError::new(
            "pool_size",
            format!("`{pool_size}` connections are more than {MOST_CONNECTIONS}"),
        ));
    }
    if max_overflow > MOST_CONNECTIONS {
        let message = format!("`{max_overflow}` connections are more than {MOST_CONNECTIONS}");
        errors.push(SettingError::new("max_overflow", message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(host: &str) -> DatabaseSettings {
        DatabaseSettings {
            host: Some(host.to_owned()),
            db: Some("shop".to_owned()),
            user: Some("ana".to_owned()),
            ..DatabaseSettings::default()
        }
    }

    #[test]
    fn tls_is_verified_by_default_unless_the_traffic_stays_on_the_machine() {
        for (host, mode) in [
            ("localhost", SslMode::Prefer),
            ("127.0.0.9", SslMode::Prefer),
            ("::1", SslMode::Prefer),
            ("[::1]", SslMode::Prefer),
            ("/var/run/postgresql", SslMode::Prefer),
            ("db.example.com", SslMode::VerifyFull),
            ("10.0.0.7", SslMode::VerifyFull),
            ("localhost.example.com", SslMode::VerifyFull),
        ] {
            assert_eq!(DatabaseConfig::new(settings(host)).unwrap().ssl_mode(), mode, "{host}");
        }
    }

    #[test]
    fn allow_is_refused_with_a_suggestion() {
        let error = SslMode::from_str("allow").unwrap_err();
        assert_eq!(error.variable(), "POSTGRES_SSL_MODE");
        assert!(error.help.unwrap().contains("`prefer`"));
        for name in SslMode::NAMES {
            assert_eq!(SslMode::from_str(name).unwrap().to_string(), name);
        }
    }

    #[test]
    fn every_wrong_setting_is_told_at_once() {
        let wrong = DatabaseSettings {
            host: Some("a,b".to_owned()),
            port: Some(0),
            ssl_mode: Some("verify_full".to_owned()),
            ssl_cert: Some(PathBuf::from("client.pem")),
            pool_size: Some(0),
            max_overflow: Some(5_000),
            pooler: Some("transaction".to_owned()),
            ..DatabaseSettings::default()
        };
        let named: Vec<_> = DatabaseConfig::new(wrong).unwrap_err().into_iter().map(|error| error.setting).collect();
        assert_eq!(named, ["host", "db", "user", "ssl_mode", "pooler", "port", "ssl_key", "pool_size", "max_overflow"]);
    }

    #[test]
    fn the_password_is_not_in_debug() {
        let config =
            DatabaseConfig::new(DatabaseSettings { password: Some("s3cret-word".into()), ..settings("localhost") })
                .unwrap();
        assert!(!format!("{config:?}").contains("s3cret-word"));
        assert!(!format!("{:?}", config.to_client()).contains("s3cret-word"));
    }

    #[test]
    fn the_startup_packet_carries_the_pins() {
        let client = DatabaseConfig::new(settings("localhost")).unwrap().to_client();
        assert_eq!(client.get_options(), Some(pins::startup_options().as_str()));
        assert_eq!(client.get_dbname(), Some("shop"));
    }
}
