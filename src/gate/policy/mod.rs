//! Policy: what a principal may do, read from TOML (raw), turned into meaning (model) and bound to a catalog
//! (rights). Default deny; deny overrides allow.

pub mod bound;
pub mod model;

pub use bound::{BoundPolicy, ColumnRights, RelationRights, RowFilter, Visibility};
pub use model::Policy;
