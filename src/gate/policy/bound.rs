//! A policy bound to a catalog: for every relation what the principal may see and do, worked out once, so that a
//! statement only looks up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::model::Policy;
use crate::gate::catalog::Oid;
use crate::gate::diagnostic::Rule;
use crate::gate::ir::Expr;

/// A policy bound to a catalog. Valid for that catalog only.
#[derive(Debug)]
pub struct BoundPolicy {
    pub(crate) policy: Arc<Policy>,
    pub(crate) relations: HashMap<Oid, RelationRights>,
    pub(crate) functions: HashSet<Oid>,
}

/// Whether a relation exists for the principal.
#[derive(Debug, Clone, PartialEq)]
pub enum Visibility {
    /// It may be read.
    Readable,
    /// It doesn't exist for the principal; the rule that hides it, or `None` for default deny.
    Hidden(Option<Rule>),
    /// It is visible by name but this version can't protect it yet; the sentence says why.
    Unsupported(String),
}

/// What a principal may see and do with one relation.
#[derive(Debug, Clone, PartialEq)]
pub struct RelationRights {
    /// Whether it exists for the principal.
    pub visibility: Visibility,
    /// Writing is allowed by the policy; the rule says so.
    pub write: Option<Rule>,
    /// One entry for each column of the relation, in catalog order.
    pub columns: Vec<ColumnRights>,
    /// The row filter, all rules ANDed.
    pub filter: Option<RowFilter>,
    /// A view over what isn't fully readable, or by functions of users': PostgreSQL makes one query of it and a statement.
    pub view_of_hidden: bool,
    /// `require_where`.
    pub require_where: Option<Rule>,
    /// `max_affected_rows`.
    pub max_affected_rows: Option<(u64, Rule)>,
    /// `confirm`.
    pub confirm: Option<Rule>,
    /// `side_effects = true`.
    pub side_effects: bool,
}

impl RelationRights {
    /// Not fully readable: something is denied, masked, filtered, or hidden by a view. Such a relation enters a query
    /// only as a derived table.
    pub fn is_protected(&self) -> bool {
        self.visibility != Visibility::Readable
            || self.is_fenced()
            || self.columns.iter().any(|column| *column != ColumnRights::Open)
    }

    /// Whether rows are hidden, so that nothing of a statement's own may be evaluated beside what hides them.
    pub fn is_fenced(&self) -> bool {
        self.filter.is_some() || self.view_of_hidden
    }

    /// Whether the column at that position exists for the principal.
    pub fn column_visible(&self, column: usize) -> bool {
        self.visibility == Visibility::Readable
            && matches!(self.columns.get(column), Some(ColumnRights::Open | ColumnRights::Masked { .. }))
    }
}

/// What a principal may see of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnRights {
    /// The value as it is.
    Open,
    /// It doesn't exist for the principal; the rule that hides it, or `None` where an allow-list leaves it out.
    Denied(Option<Rule>),
    /// Only the mask's value.
    Masked {
        /// The mask over the relation's own columns: every [`ColumnRef::item`](crate::gate::ir::ColumnRef) in it is
        /// [`BoundPolicy::SELF`]. Casts to the column's declared type are part of it.
        mask: Expr,
        /// The mask's name, for the history.
        name: &'static str,
        /// The rule that masks.
        rule: Rule,
    },
    /// Its type is not governed, so it can't be read; the sentence says why.
    Ungoverned(String),
}

/// A row filter over the relation's own columns ([`BoundPolicy::SELF`]).
#[derive(Debug, Clone, PartialEq)]
pub struct RowFilter {
    /// The condition.
    pub condition: Expr,
    /// The rules it comes from.
    pub rules: Vec<Rule>,
}

impl BoundPolicy {
    /// The identity that masks and row filters use for the relation they belong to.
    pub const SELF: crate::gate::ir::ItemId = crate::gate::ir::ItemId(0);

    /// The policy.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// The rights on a relation; `None` for one that the catalog doesn't hold.
    pub fn rights(&self, relation: Oid) -> Option<&RelationRights> {
        self.relations.get(&relation)
    }

    /// Whether a function that isn't built in is allowed by the policy.
    pub fn allows_function(&self, function: Oid) -> bool {
        self.functions.contains(&function)
    }
}
