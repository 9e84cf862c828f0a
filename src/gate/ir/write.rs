//! Writes of the IR: INSERT, UPDATE, DELETE, MERGE.

use super::{Cte, Expr, FromItem, OutputColumn, Projection, Query, RelationItem};
use crate::gate::source::Origin;

/// A column that a write sets.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetColumn {
    /// Position in the relation's columns, from 0.
    pub column: u32,
    /// Its name.
    pub name: String,
    /// Where it was written.
    pub origin: Origin,
}

/// ON CONFLICT of INSERT.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The columns of the unique index that decides; empty for any.
    pub arbiter: Vec<TargetColumn>,
    /// What becomes of the row that is there already; `None` for DO NOTHING.
    pub update: Option<ConflictUpdate>,
}

/// DO UPDATE of ON CONFLICT.
#[derive(Debug, Clone, PartialEq)]
pub struct ConflictUpdate {
    /// `EXCLUDED`: the row that was proposed, an item with the target's columns.
    pub excluded: RelationItem,
    /// SET column = value.
    pub assignments: Vec<(TargetColumn, Expr)>,
    /// WHERE.
    pub filter: Option<Expr>,
}

/// INSERT.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// WITH; read-only CTEs.
    pub ctes: Vec<Cte>,
    /// WITH RECURSIVE was said.
    pub recursive: bool,
    /// The target.
    pub target: RelationItem,
    /// The columns set, always explicit; empty for DEFAULT VALUES.
    pub columns: Vec<TargetColumn>,
    /// The rows; `None` for DEFAULT VALUES. [`super::ExprKind::Default`] may stand in VALUES at the top.
    pub source: Option<Box<Query>>,
    /// ON CONFLICT.
    pub conflict: Option<Conflict>,
    /// RETURNING.
    pub returning: Vec<Projection>,
    /// Name and type of each returned column.
    pub output: Vec<OutputColumn>,
}

/// UPDATE.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// WITH; read-only CTEs.
    pub ctes: Vec<Cte>,
    /// WITH RECURSIVE was said.
    pub recursive: bool,
    /// The target.
    pub target: RelationItem,
    /// SET column = value.
    pub assignments: Vec<(TargetColumn, Expr)>,
    /// FROM.
    pub from: Vec<FromItem>,
    /// WHERE.
    pub filter: Option<Expr>,
    /// RETURNING.
    pub returning: Vec<Projection>,
    /// Name and type of each returned column.
    pub output: Vec<OutputColumn>,
}

/// DELETE.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// WITH; read-only CTEs.
    pub ctes: Vec<Cte>,
    /// WITH RECURSIVE was said.
    pub recursive: bool,
    /// The target.
    pub target: RelationItem,
    /// USING.
    pub using: Vec<FromItem>,
    /// WHERE.
    pub filter: Option<Expr>,
    /// RETURNING.
    pub returning: Vec<Projection>,
    /// Name and type of each returned column.
    pub output: Vec<OutputColumn>,
}

/// MERGE.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// WITH; read-only CTEs.
    pub ctes: Vec<Cte>,
    /// WITH RECURSIVE was said.
    pub recursive: bool,
    /// The target.
    pub target: RelationItem,
    /// USING.
    pub source: FromItem,
    /// ON.
    pub on: Expr,
    /// WHEN …, tried in this order.
    pub clauses: Vec<MergeClause>,
}

/// WHEN \[NOT\] MATCHED of MERGE.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeClause {
    /// Behind AND.
    pub condition: Option<Expr>,
    /// What is done.
    pub action: MergeAction,
}

/// What a clause of MERGE does, for a row of the target that has a row of the source (*matched*) or a row of the source
/// that has none of the target.
#[derive(Debug, Clone, PartialEq)]
pub enum MergeAction {
    /// WHEN MATCHED THEN UPDATE SET column = value.
    Update(Vec<(TargetColumn, Expr)>),
    /// WHEN MATCHED THEN DELETE.
    Delete,
    /// WHEN NOT MATCHED THEN INSERT, one value for each column.
    Insert(Vec<(TargetColumn, Expr)>),
    /// WHEN \[NOT\] MATCHED THEN DO NOTHING.
    Nothing {
        /// Without NOT.
        matched: bool,
    },
}
