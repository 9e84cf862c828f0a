//! placeholder until the curated list lands
pub mod types;
