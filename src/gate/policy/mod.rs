//! Policy: what a principal may do, read from TOML (raw), turned into meaning (model) and bound to a catalog
//! (rights). Default deny; deny overrides allow.

pub mod attributes;
pub mod bind;
pub mod bound;
pub mod error;
#[cfg(test)]
pub mod fixture;
pub mod grants;
pub mod keys;
mod layer;
mod literals;
pub mod mask;
pub mod matching;
mod merge;
pub mod model;
mod names;
mod parse;
pub(crate) mod raw;
pub mod reference;
pub(crate) mod suggest;
mod tree;
mod trust;
pub(crate) mod types;
mod values;

pub use bound::{BoundPolicy, ColumnRights, RelationRights, RowFilter, Visibility};
pub use error::{Diagnostics, PolicyError};
pub use model::Policy;
pub use parse::Load;
pub(crate) use suggest::nearest;
