//! What may follow a value: subscripts in brackets and fields after a dot.

use sqlparser::ast::{self, AccessExpr, Ident};

use super::{Lowering, not_supported};
use crate::gate::catalog::TypeKind;
use crate::gate::diagnostic::Rejection;
use crate::gate::ir::{Expr, ExprKind, Subscript, Ty};
use crate::gate::source::Span;

impl Lowering<'_> {
    /// `root` with a chain of `.field`, `[index]` and `[low:high]`.
    pub(super) fn access(&mut self, root: &ast::Expr, chain: &[AccessExpr]) -> Result<Expr, Rejection> {
        let mut path: Vec<Ident> = Vec::new();
        match root {
            ast::Expr::Identifier(ident) => path.push(ident.clone()),
            ast::Expr::CompoundIdentifier(parts) => path.extend(parts.iter().cloned()),
            _ => {}
        }
        let mut rest = chain;
        // Dots behind a name belong to the name, as in `t.tags[1]`.
        while let ([AccessExpr::Dot(ast::Expr::Identifier(ident)), more @ ..], false) = (rest, path.is_empty()) {
            path.push(ident.clone());
            rest = more;
        }
        let mut base = if path.is_empty() { self.expr(root)? } else { self.resolve_column(&path, self.span(root))? };
        let mut subscripts = Vec::with_capacity(rest.len());
        for access in rest {
            match access {
                AccessExpr::Subscript(subscript) => subscripts.push(self.subscript(subscript)?),
                AccessExpr::Dot(ast::Expr::Identifier(name)) => {
                    base =
                        self.field(self.subscripted(base, std::mem::take(&mut subscripts)), name, self.span(access))?;
                }
                AccessExpr::Dot(_) => {
                    return Err(not_supported("a function call written after a dot", self.span(access))
                        .help("write `function(value)`"));
                }
            }
        }
        Ok(self.subscripted(base, subscripts))
    }

    /// The value with its subscripts, if there are any.
    fn subscripted(&self, base: Expr, subscripts: Vec<Subscript>) -> Expr {
        if subscripts.is_empty() {
            return base;
        }
        let ty = self.subscripted_type(base.ty, &subscripts);
        let span = base.origin.0;
        Expr::new(ExprKind::Subscript { base: Box::new(base), subscripts }).typed(ty).at(span)
    }

    fn subscript(&mut self, subscript: &ast::Subscript) -> Result<Subscript, Rejection> {
        match subscript {
            ast::Subscript::Index { index } => Ok(Subscript::Index(self.expr(index)?)),
            ast::Subscript::Slice { lower_bound, upper_bound, stride } => {
                if stride.is_some() {
                    return Err(not_supported("a slice with a step", Span::default()));
                }
                let low = lower_bound.as_ref().map(|low| self.expr(low)).transpose()?;
                let high = upper_bound.as_ref().map(|high| self.expr(high)).transpose()?;
                Ok(Subscript::Slice(low, high))
            }
        }
    }

    /// The type of a subscripted array: with a slice the array's, else its element's.
    fn subscripted_type(&self, base: Ty, subscripts: &[Subscript]) -> Ty {
        let base = self.catalog.below_domain(base?);
        let TypeKind::Array { element } = self.catalog.type_(base)?.kind else { return None };
        let sliced = subscripts.iter().any(|one| matches!(one, Subscript::Slice(..)));
        Some(if sliced { base } else { element })
    }
}
