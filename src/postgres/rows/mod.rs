//! Rows as JSON, from PostgreSQL's binary format straight to bytes: nothing lost, nothing guessed.
//!
//! | PostgreSQL | JSON |
//! |---|---|
//! | boolean | `true`, `false` |
//! | smallint, integer, oid, bigint up to 2^53 | number |
//! | bigint beyond 2^53, numeric | string |
//! | real, double precision | number, as PostgreSQL prints it; `NaN` and infinities as strings |
//! | json, jsonb | the document itself where every reader can take it (see `document.rs`), else its text as a string |
//! | arrays of these | nested arrays; a string in PostgreSQL's format if a lower bound isn't 1 |
//! | everything else | a string in PostgreSQL's format under the session's pins |
//!
//! `character(n)` comes without its padding, as from PostgreSQL's own cast to text.

mod array;
mod codec;
mod datetime;
mod document;
mod names;
mod network;
mod number;
mod range;
mod sink;
mod wire;
mod writer;

pub use names::type_name;
pub(crate) use wire::Malformed;
pub use wire::Undecodable;
pub(crate) use writer::{Form, OutputColumn, RowWriter};
pub use writer::{ResultSet, Truncation};
#[cfg(test)]
use {codec::Codec, sink::Sink};

#[cfg(test)]
mod tests;
