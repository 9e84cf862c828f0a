//! PostgreSQL from our side of the wire: configuration and TLS, the pool, sessions, our own statements, the executor,
//! cancellation, and rows as JSON. It may not know policies, doors or principals; what it executes is admitted text.

mod cancel;
pub mod config;
pub mod connect;
pub mod ephemeral;
pub mod execute;
mod frames;
pub mod pins;
pub mod pool;
pub mod rights;
pub mod role;
pub mod rows;
mod session;
pub(crate) mod statements;
mod tls;
mod transport;
mod verify;

pub use config::{DatabaseConfig, DatabaseSettings, SettingError, SslMode};
pub use connect::ConnectError;
pub use execute::{ExecuteError, execute};
pub use pool::{Pool, PoolError};
pub use rows::{ResultSet, Truncation};
pub use statements::{Stamped, Verifier, VerifyError};

#[cfg(test)]
pub(crate) mod test_server;
#[cfg(test)]
mod tests;
