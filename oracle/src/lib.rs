//! The gate's opinion of a statement against that of PostgreSQL's own grammar, libpg_query, which shares no code with
//! the parser that the gate uses.
//!
//! - [`emitted`]: the text that would be executed. Its parse tree, written down again by [`render`] from nothing but the
//!   tree, has to be that very text: the same statements, relations, functions, operators, literals, in the same places.
//! - [`client`]: the text that the client sent. What the gate lowered from it names the same relations, functions,
//!   literals and parameters as PostgreSQL sees there: a text that two parsers read differently is an attack.

#![forbid(unsafe_code)]

pub mod client;
pub mod corpus;
pub mod emitted;
mod judge;
mod render;
mod render_expr;
mod render_from;
mod render_type;
mod render_write;

pub use judge::{Judge, Judged, Source, with_values};
