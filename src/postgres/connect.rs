//! Opening one connection: resolve, connect, TLS, authenticate, all under one timeout, and one plain message for each
//! way in which that fails.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::config::{DatabaseConfig, Host, Pooler, SettingError};
use super::execute::is_about_prepared_names;
use super::frames::{Bounded, BoundedTls, Wire};
use super::tls;
use super::transport::{Peer, Transport};

/// Opens connections to the configured server.
pub(crate) struct Connector {
    config: DatabaseConfig,
    client: tokio_postgres::Config,
    tls: MakeRustlsConnect,
}

/// One open connection, with the address that a cancel request has to go to.
pub(crate) struct Connected {
    pub(crate) client: Client,
    pub(crate) driver: JoinHandle<()>,
    pub(crate) peer: Peer,
    /// What is known of its messages.
    pub(crate) wire: Arc<Wire>,
}

impl Connector {
    /// # Errors
    /// Certificate files that can't be used.
    pub(crate) fn new(config: DatabaseConfig) -> Result<Self, SettingError> {
        let tls = tls::connector(&config)?;
        Ok(Self { client: config.to_client(), config, tls })
    }

    pub(crate) fn tls_for_cancel(&self) -> (MakeRustlsConnect, String) {
        (self.tls.clone(), self.server_name())
    }

    pub(crate) fn pooler(&self) -> Pooler {
        self.config.pooler
    }

    pub(crate) async fn connect(&self) -> Result<Connected, ConnectError> {
        let limit = DatabaseConfig::CONNECT_TIMEOUT;
        timeout(limit, self.connect_to_any()).await.unwrap_or_else(|_| Err(self.timed_out(limit)))
    }

    async fn connect_to_any(&self) -> Result<Connected, ConnectError> {
        let mut last = None;
        for peer in self.peers().await? {
            match peer.open().await {
                Ok(socket) => return self.log_in(peer, socket).await,
                Err(error) => last = Some(error),
            }
        }
        Err(match last {
            Some(error) => self.unreachable(&error),
            None => ConnectError::UnknownHost { host: self.config.host.to_string() },
        })
    }

    async fn peers(&self) -> Result<Vec<Peer>, ConnectError> {
        match &self.config.host {
            Host::Socket(directory) => Ok(vec![Peer::Socket(directory.join(format!(".s.PGSQL.{}", self.config.port)))]),
            Host::Tcp(name) => {
                let found = tokio::net::lookup_host((name.as_str(), self.config.port)).await;
                let found: Vec<SocketAddr> =
                    found.map_err(|_| ConnectError::UnknownHost { host: name.clone() })?.collect();
                Ok(found.into_iter().map(Peer::Tcp).collect())
            }
        }
    }

    async fn log_in(&self, peer: Peer, socket: Transport) -> Result<Connected, ConnectError> {
        let mut make = self.tls.clone();
        let Ok(tls) = MakeTlsConnect::<Bounded<Transport>>::make_tls_connect(&mut make, &self.server_name());
        let wire = Wire::new();
        let asks_for_tls = self.client.get_ssl_mode() != tokio_postgres::config::SslMode::Disable;
        let socket = Bounded::socket(socket, Arc::clone(&wire), asks_for_tls);
        let tls = BoundedTls::new(tls, Arc::clone(&wire));
        let (client, mut connection) =
            self.client.connect_raw(socket, tls).await.map_err(|error| self.explain(&error))?;
        let driver = tokio::spawn(async move {
            // Notices may quote data, so they are neither logged nor kept.
            while let Some(Ok(_)) = std::future::poll_fn(|context| connection.poll_message(context)).await {}
        });
        Ok(Connected { client, driver, peer, wire })
    }

    /// The name in the certificate; sockets have none and do no TLS.
    fn server_name(&self) -> String {
        match &self.config.host {
            Host::Tcp(name) => name.clone(),
            Host::Socket(_) => String::new(),
        }
    }

    fn timed_out(&self, limit: Duration) -> ConnectError {
        ConnectError::Timeout { address: self.config.address(), seconds: limit.as_secs() }
    }

    fn unreachable(&self, error: &io::Error) -> ConnectError {
        match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
                ConnectError::Refused { address: self.config.address() }
            }
            _ => ConnectError::Unreachable { address: self.config.address(), reason: error.to_string() },
        }
    }

    fn explain(&self, error: &tokio_postgres::Error) -> ConnectError {
        if let Some(refusal) = error.as_db_error() {
            return self.explain_refusal(refusal.code(), refusal.message());
        }
        let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        // The client library keeps the kind of its errors to itself; its words are all there is to go by.
        match (error.to_string().as_str(), source.as_str()) {
            ("invalid configuration", "password missing") => {
                ConnectError::PasswordMissing { user: self.config.user.clone() }
            }
            ("error performing TLS handshake", "server does not support TLS") => ConnectError::NoTls,
            ("error performing TLS handshake", reason) => ConnectError::Tls { reason: reason.to_owned() },
            ("authentication error", reason) => ConnectError::Other { sqlstate: None, message: reason.to_owned() },
            (message, "") => ConnectError::Other { sqlstate: None, message: message.to_owned() },
            (message, reason) => ConnectError::Other { sqlstate: None, message: format!("{message}: {reason}") },
        }
    }

    fn explain_refusal(&self, code: &SqlState, message: &str) -> ConnectError {
        let user = || self.config.user.clone();
        let db = || self.config.db.clone();
        if *code == SqlState::INVALID_PASSWORD {
            ConnectError::WrongPassword { user: user() }
        } else if *code == SqlState::INVALID_CATALOG_NAME {
            ConnectError::UnknownDatabase { db: db() }
        } else if [SqlState::INVALID_AUTHORIZATION_SPECIFICATION, SqlState::INSUFFICIENT_PRIVILEGE].contains(code) {
            ConnectError::NotAllowed { user: user(), db: db(), reason: message.to_owned() }
        } else if *code == SqlState::TOO_MANY_CONNECTIONS {
            ConnectError::TooManyConnections
        } else if *code == SqlState::CANNOT_CONNECT_NOW {
            ConnectError::NotReady { reason: message.to_owned() }
        } else if message.contains("startup parameter")
            || [SqlState::UNDEFINED_OBJECT, SqlState::INVALID_PARAMETER_VALUE, SqlState::CANT_CHANGE_RUNTIME_PARAM]
                .contains(code)
        {
            ConnectError::PinsRefused { reason: message.to_owned() }
        } else {
            ConnectError::Other { sqlstate: Some(code.code().to_owned()), message: message.to_owned() }
        }
    }
}

/// Why no connection came about. The message is for the operator: it names host, user and database, never a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The name didn't resolve.
    #[error("the host `{host}` is not known")]
    UnknownHost {
        /// The configured host.
        host: String,
    },
    /// Nothing listens there.
    #[error("nothing accepts connections at `{address}`")]
    Refused {
        /// Host and port, or the socket's path.
        address: String,
    },
    /// The network says no.
    #[error("`{address}` can't be reached: {reason}")]
    Unreachable {
        /// Host and port, or the socket's path.
        address: String,
        /// The operating system's words.
        reason: String,
    },
    /// No answer in time.
    #[error("`{address}` didn't answer within {seconds} seconds")]
    Timeout {
        /// Host and port, or the socket's path.
        address: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The password was refused.
    #[error("the password for `{user}` is wrong")]
    WrongPassword {
        /// The login role.
        user: String,
    },
    /// The server wants a password and none is set.
    #[error("the server asks for a password for `{user}` and none is set")]
    PasswordMissing {
        /// The login role.
        user: String,
    },
    /// The server doesn't know that database.
    #[error("the database `{db}` does not exist")]
    UnknownDatabase {
        /// The configured database.
        db: String,
    },
    /// The server knows the role or the database, and refuses the two together, or this host.
    #[error("the server refuses `{user}` on `{db}`: {reason}")]
    NotAllowed {
        /// The login role.
        user: String,
        /// The configured database.
        db: String,
        /// The server's words.
        reason: String,
    },
    /// TLS is required and the server has none.
    #[error("the server does not offer TLS")]
    NoTls,
    /// The handshake failed.
    #[error("the TLS handshake failed: {reason}")]
    Tls {
        /// What the TLS library says.
        reason: String,
    },
    /// `max_connections` of the server or of the role.
    #[error("the server has no connection left")]
    TooManyConnections,
    /// The server is starting up, shutting down or in recovery.
    #[error("the server is not ready: {reason}")]
    NotReady {
        /// The server's words.
        reason: String,
    },
    /// A pooler in between doesn't pass the settings of the startup packet on.
    #[error("the session's settings were refused: {reason}")]
    PinsRefused {
        /// The server's words.
        reason: String,
    },
    /// Another process than the server's own answered, and nobody said that a pooler is there.
    #[error("a pooler answers at this address, not PostgreSQL itself")]
    Pooled,
    /// A pooler in between gives our statements to sessions that others use, too.
    #[error("the connection is not one session of the server: a pooler shares sessions between clients")]
    NotOneSession,
    /// Anything else.
    #[error("connecting failed: {message}")]
    Other {
        /// The server's code, if it was the server who refused.
        sqlstate: Option<String>,
        /// The server's or the client library's words.
        message: String,
    },
}

impl ConnectError {
    /// A connection that opened and failed at the first statements of our own.
    pub(crate) fn from_first_use(error: &tokio_postgres::Error) -> Self {
        if error.as_db_error().is_some_and(is_about_prepared_names) {
            return Self::NotOneSession;
        }
        let sqlstate = error.code().map(|code| code.code().to_owned());
        let message = error.as_db_error().map_or_else(|| error.to_string(), |refusal| refusal.message().to_owned());
        Self::Other { sqlstate, message }
    }

    /// Which setting to look at.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::UnknownHost { .. } => Some("check POSTGRES_HOST, or `host` under `[database]`"),
            Self::Refused { .. } => Some(
                "check POSTGRES_HOST and POSTGRES_PORT, or `host` and `port` under `[database]`, and that the server is running",
            ),
            Self::Unreachable { .. } | Self::Timeout { .. } => {
                Some("check POSTGRES_HOST and POSTGRES_PORT, and what lies between here and there")
            }
            Self::WrongPassword { .. } => {
                Some("check POSTGRES_USER and POSTGRES_PASSWORD, or `user` and `password_file` under `[database]`")
            }
            Self::PasswordMissing { .. } => {
                Some("set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, or `password_file` under `[database]`")
            }
            Self::UnknownDatabase { .. } => Some("check POSTGRES_DB, or `db` under `[database]`"),
            Self::NotAllowed { .. } => Some("check POSTGRES_USER and POSTGRES_DB, and the server's pg_hba.conf"),
            Self::NoTls => {
                Some("turn TLS on at the server, or loosen POSTGRES_SSL_MODE to `prefer` if the network may be trusted")
            }
            Self::Tls { .. } => Some(
                "check POSTGRES_SSL_ROOT_CERT; POSTGRES_SSL_MODE `verify-ca` skips the host name, `require` also the chain",
            ),
            Self::TooManyConnections => Some("lower POSTGRES_POOL_SIZE and POSTGRES_MAX_OVERFLOW"),
            Self::NotReady { .. } => Some("try again in a moment"),
            Self::PinsRefused { .. } => Some(
                "connect to PostgreSQL itself, or through a pooler in session mode; docs/configuration.md tells how",
            ),
            Self::Pooled => Some(
                "connect to PostgreSQL itself; if the pooler is in session mode, set POSTGRES_POOLER, or `pooler` under \
                 `[database]`, to `session`",
            ),
            Self::NotOneSession => {
                Some("connect to PostgreSQL itself, or set the pooler to session mode; docs/configuration.md tells how")
            }
            Self::Other { .. } => None,
        }
    }
}
