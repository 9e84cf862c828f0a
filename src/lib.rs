//! pgwicket is a small compiler from untrusted SQL to admitted SQL, with a pool behind it, a ledger beside it, and
//! several doors in front of it.
//!
//! ```text
//!  doors                 the one path                                               outside
//!  ─────                 ────────────                                               ───────
//!  mcp (stdio) ─┐
//!  mcp (http)  ─┤                ┌──────────── gate (pure) ─────────────┐
//!  cli         ─┴─ Request ─ gateway ─ parse ─ lower ─ authorize ─ rewrite ─ emit ─ Admitted
//!                principal,     │                                             │
//!                submission,    ├─ quota    (rate, concurrency)               ▼
//!                deadline       └─ history  (intent before, outcome after)  postgres: pool → session → execute → rows
//! ```
//!
//! Arrows point one way: doors → gateway → {postgres, quota, history, catalog} → gate. The gate knows nothing of
//! tokio, clocks, files or sockets; `cargo check --no-default-features` builds it alone.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::panic,
    clippy::todo,
    clippy::unimplemented,
    clippy::unreachable
)]

#[cfg(feature = "server")]
pub mod app;
#[cfg(feature = "server")]
pub mod approvals;
#[cfg(feature = "server")]
pub mod auth;
#[cfg(feature = "server")]
pub mod catalog;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod demo;
#[cfg(feature = "server")]
pub mod doctor;
#[cfg(feature = "server")]
pub mod doors;
pub mod gate;
#[cfg(feature = "server")]
pub mod gateway;
#[cfg(feature = "server")]
pub mod history;
#[cfg(feature = "server")]
pub mod keys;
#[cfg(feature = "server")]
pub mod postgres;
#[cfg(feature = "server")]
pub mod quota;
#[cfg(feature = "server")]
pub mod telemetry;
