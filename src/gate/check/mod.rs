//! Properties that the gate has for every statement, whatever it says: checked on made-up statements by the fuzz
//! targets and by unit tests. A property that doesn't hold panics with what was submitted.

mod choices;
mod copies;
#[cfg(test)]
pub mod desk;
mod emitted;
mod grammar;
mod guarded;
mod lowered;
mod nodes;
mod policies;
mod queries;
mod statement;
#[cfg(test)]
mod tests;
mod tree;
mod world;

pub use emitted::{read_back, shown};
pub use grammar::submission;
pub use lowered::lowered;
pub use nodes::{READ_NODES, count_nodes};
pub use policies::check_policies;
pub use queries::{Made, Schema, Seen, query, write};
pub use statement::{Worlds, parameters};
pub use tree::{Callables, PARAMETERS, reads_back};
pub use world::{World, hidden_names};
