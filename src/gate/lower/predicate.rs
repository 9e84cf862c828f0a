//! Tests and comparisons with words of their own: IS, IN, BETWEEN, LIKE, SIMILAR TO, ANY, ALL.

use sqlparser::ast::{self, BinaryOperator};

use super::operator::{Infix, infix};
use super::{Lowering, not_supported, not_yet};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, IsTest, Literal, Query};
use crate::gate::source::Span;

impl Lowering<'_> {
    fn truth(&self, kind: ExprKind) -> Expr {
        Expr::new(kind).typed(self.builtin_type("bool"))
    }

    pub(super) fn is(&mut self, expr: &ast::Expr, test: IsTest, negated: bool) -> Result<Expr, Rejection> {
        let expr = Box::new(self.expr(expr)?);
        Ok(self.truth(ExprKind::Is { expr, test, negated }))
    }

    pub(super) fn is_distinct(
        &mut self,
        left: &ast::Expr,
        right: &ast::Expr,
        negated: bool,
    ) -> Result<Expr, Rejection> {
        self.may_use_operator("=", false)?;
        let (left, right) = (Box::new(self.expr(left)?), Box::new(self.expr(right)?));
        Ok(self.truth(ExprKind::IsDistinct { left, right, negated }))
    }

    pub(super) fn in_list(&mut self, expr: &ast::Expr, list: &[ast::Expr], negated: bool) -> Result<Expr, Rejection> {
        self.may_use_operator(if negated { "<>" } else { "=" }, false)?;
        let expr = Box::new(self.expr(expr)?);
        let list = self.exprs(list)?;
        if list.is_empty() {
            return Err(Rejection::new(Reason::InvalidStatement, "the list of IN is empty"));
        }
        Ok(self.truth(ExprKind::InList { expr, list, negated }))
    }

    pub(super) fn in_query(&mut self, expr: &ast::Expr, query: &ast::Query, negated: bool) -> Result<Expr, Rejection> {
        // NOT IN (subquery) is NOT (… = ANY …).
        self.may_use_operator("=", false)?;
        let expr = Box::new(self.expr(expr)?);
        let query = Box::new(self.query(query)?);
        same_width(&expr, &query)?;
        Ok(self.truth(ExprKind::InQuery { expr, query, negated }))
    }

    pub(super) fn between(
        &mut self,
        expr: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        negated: bool,
    ) -> Result<Expr, Rejection> {
        for symbol in if negated { ["<", ">"] } else { [">=", "<="] } {
            self.may_use_operator(symbol, false)?;
        }
        let expr = Box::new(self.expr(expr)?);
        let (low, high) = (Box::new(self.expr(low)?), Box::new(self.expr(high)?));
        Ok(self.truth(ExprKind::Between { expr, low, high, negated }))
    }

    /// LIKE and ILIKE are operators; ESCAPE is a function over the pattern.
    pub(super) fn like(
        &mut self,
        symbol: &str,
        any: bool,
        expr: &ast::Expr,
        pattern: &ast::Expr,
        escape: Option<&ast::Expr>,
    ) -> Result<Expr, Rejection> {
        if any {
            if escape.is_some() {
                return Err(not_supported("LIKE ANY with ESCAPE", Span::default()));
            }
            return self.quantified_by(expr, symbol.to_owned(), pattern, false);
        }
        if let ast::Expr::Function(function) = pattern
            && super::expr::bare_name(&function.name).is_some_and(|name| name == "all" || name == "some")
        {
            return Err(not_yet("LIKE with ALL or SOME", Span::default()).help("write the operator: `~~ ALL (…)`"));
        }
        let left = self.expr(expr)?;
        let pattern = self.expr(pattern)?;
        let right = match escape {
            None => pattern,
            Some(escape) => {
                let escape = self.expr(escape)?;
                self.builtin_call("like_escape", vec![pattern, escape])?
            }
        };
        self.infix_operator(symbol.to_owned(), left, right)
    }

    /// SIMILAR TO is a match of a regular expression that a function makes of the pattern.
    pub(super) fn similar_to(
        &mut self,
        expr: &ast::Expr,
        pattern: &ast::Expr,
        escape: Option<&ast::Expr>,
        negated: bool,
    ) -> Result<Expr, Rejection> {
        let left = self.expr(expr)?;
        let mut arguments = vec![self.expr(pattern)?];
        if let Some(escape) = escape {
            arguments.push(self.expr(escape)?);
        }
        let function = if self.catalog.server_version() >= 130_000 {
            "similar_to_escape"
        } else {
            if escape.is_none() {
                arguments.push(Expr::new(ExprKind::Literal(Literal::Null)));
            }
            "similar_escape"
        };
        let right = self.builtin_call(function, arguments)?;
        self.infix_operator(if negated { "!~" } else { "~" }.to_owned(), left, right)
    }

    /// `left op ANY|ALL (…)`.
    pub(super) fn quantified(
        &mut self,
        left: &ast::Expr,
        op: &BinaryOperator,
        right: &ast::Expr,
        all: bool,
    ) -> Result<Expr, Rejection> {
        match infix(op) {
            Infix::Symbol(symbol) => self.quantified_by(left, symbol, right, all),
            Infix::And | Infix::Or | Infix::Overlaps => Err(not_supported("ANY or ALL here", Span::default())),
            Infix::Refused(what, help) => Err(not_supported(what, Span::default()).help(help)),
        }
    }

    fn quantified_by(
        &mut self,
        left: &ast::Expr,
        symbol: String,
        right: &ast::Expr,
        all: bool,
    ) -> Result<Expr, Rejection> {
        self.may_use_operator(&symbol, false)?;
        let left = Box::new(self.expr(left)?);
        let mut inside = right;
        while let ast::Expr::Nested(inner) = inside {
            inside = inner;
        }
        // However many parentheses there are, a subquery in them is a set of rows for PostgreSQL, never an array.
        if let ast::Expr::Subquery(query) = inside {
            let query = Box::new(self.query(query)?);
            same_width(&left, &query)?;
            return Ok(self.truth(ExprKind::QuantifiedQuery { left, symbol, all, query }));
        }
        let array = Box::new(self.expr(inside)?);
        if let ExprKind::Row(_) = array.kind {
            return Err(not_supported("ANY or ALL over a list", Span::default()).help("write ARRAY[…] inside"));
        }
        Ok(self.truth(ExprKind::QuantifiedArray { left, symbol, all, array }))
    }
}

/// A row is compared with as many columns as it has fields, and a value with one.
fn same_width(left: &Expr, query: &Query) -> Result<(), Rejection> {
    let fields = match &left.kind {
        ExprKind::Row(fields) => fields.len(),
        _ => 1,
    };
    if query.columns.len() == fields {
        return Ok(());
    }
    let message = format!("the subquery has {} columns where {fields} are compared", query.columns.len());
    Err(Rejection::new(Reason::InvalidStatement, message).at(query.origin.0))
}
