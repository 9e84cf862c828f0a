//! The gate: a pure compiler from untrusted SQL to admitted SQL.
//!
//! `parse → lower → authorize → rewrite → emit → verify`, in that order, in [`admit`](admit::admit). Nothing here
//! knows of tokio, clocks, files, sockets or logs, and nothing here panics: bad input of any kind is a
//! [`Rejection`](diagnostic::Rejection).

pub mod admit;
mod authorize;
pub mod catalog;
pub mod describe;
pub mod diagnostic;
pub mod emit;
pub mod ir;
pub mod lower;
pub mod parse;
pub mod policy;
mod rewrite;
pub mod source;
pub mod stack;
pub mod value;
