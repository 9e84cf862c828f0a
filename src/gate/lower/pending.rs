//! Stands in for lowering until its halves are joined: refuses everything.

use super::{Lowering, not_yet};
use crate::gate::admit::Change;
use crate::gate::catalog::{Catalog, Relation};
use crate::gate::diagnostic::Rejection;
use crate::gate::ir::{Expr, Statement};
use crate::gate::policy::Policy;
use crate::gate::source::Span;

impl Lowering<'_> {
    /// Refuses.
    pub fn statement(&mut self, _: &sqlparser::ast::Statement) -> Result<Statement, Rejection> {
        Err(not_yet("this statement", Span::default()))
    }

    /// Refuses.
    pub fn change(&mut self, _: &Change) -> Result<(Statement, Vec<Option<String>>), Rejection> {
        Err(not_yet("this change", Span::default()))
    }
}

/// Refuses.
pub fn policy_expression(_: &Catalog, _: &Policy, _: &Relation, _: &str) -> Result<Expr, Rejection> {
    Err(not_yet("an expression in a policy", Span::default()))
}
