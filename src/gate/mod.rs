//! The gate: a pure compiler from untrusted SQL to admitted SQL.
//!
//! `parse → lower → authorize → rewrite → emit → verify`, in that order, in [`admit`](admit::admit). Nothing here
//! knows of tokio, clocks, files, sockets or logs, and nothing here panics: bad input of any kind is a
//! [`Rejection`](diagnostic::Rejection).

pub mod admit;
pub mod authorize;
pub(crate) mod cache;
pub mod catalog;
#[cfg(any(test, feature = "check"))]
#[doc(hidden)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a property that doesn't hold ends the test or the fuzzer's run; no other build has this"
)]
pub mod check;
pub mod describe;
pub mod diagnostic;
pub mod emit;
pub mod information;
pub mod ir;
pub mod lower;
mod order;
pub mod parse;
pub mod plan;
pub mod policy;
pub mod rewrite;
pub mod source;
pub mod stack;
pub mod value;
