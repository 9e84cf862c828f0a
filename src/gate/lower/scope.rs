//! Names in scope: query levels, FROM items, merged columns, CTEs.

/// The scopes of the statement being lowered.
#[derive(Debug, Default)]
pub struct Scopes {}
