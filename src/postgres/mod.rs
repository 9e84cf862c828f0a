//! PostgreSQL from our side of the wire: configuration and TLS, the pool, sessions, our own statements, the executor,
//! cancellation, and rows as JSON. It may not know policies, doors or principals; what it executes is admitted text.

#![allow(dead_code, reason = "the executor, which uses the rest, comes next")]
mod cancel;
pub mod config;
pub mod connect;
pub mod ephemeral;
pub mod pins;
pub mod pool;
pub mod rows;
mod session;
mod statement_cache;
mod statements;
mod tls;
mod transport;

pub use config::{DatabaseConfig, DatabaseSettings, SettingError, SslMode};
pub use connect::ConnectError;
pub use pool::{Lease, Pool, PoolError};
pub use statements::{Stamped, Verifier, VerifyError};

#[cfg(test)]
mod tests;
