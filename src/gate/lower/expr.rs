//! Expressions: the parser's AST becomes IR.

use sqlparser::ast::{self, FunctionArg, ObjectName};

use super::{Lowering, not_yet};
use crate::gate::diagnostic::Rejection;
use crate::gate::ir::{Expr, Ty};
use crate::gate::source::Span;

/// The columns that a function in FROM brings.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FromColumns {
    /// One column, named like the alias, else like the function.
    Scalar {
        /// The function's own name.
        name: String,
        /// Its type.
        ty: Ty,
    },
    /// The function's OUT or TABLE columns.
    Named(Vec<(String, Ty)>),
}

impl Lowering<'_> {
    /// An expression.
    pub(super) fn expr(&mut self, expr: &ast::Expr) -> Result<Expr, Rejection> {
        Err(not_yet("this expression", self.span(expr)))
    }

    /// A call in FROM, with the columns that it brings.
    pub(super) fn call_in_from(
        &mut self,
        name: &ObjectName,
        args: &[FunctionArg],
        span: Span,
    ) -> Result<(Expr, FromColumns), Rejection> {
        let _ = (name, args);
        Err(not_yet("a function in FROM", span))
    }
}
