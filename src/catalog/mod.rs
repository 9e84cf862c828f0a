//! Fills the gate's catalog from a database and keeps it fresh. It may not know policies, doors or principals; what a
//! snapshot means is the gate's business.

mod expressions;
mod load;
mod node_tree;
pub mod refresh;
mod relations;
mod routines;
mod types;

pub use load::{LoadError, load};
pub use refresh::{CatalogWatch, RefreshError};
