//! The parts that masks are built of. Every name is PostgreSQL's own, looked up in the catalog; constants are typed
//! literals.

use super::target::Target;
use crate::gate::catalog::{Catalog, Oid};
use crate::gate::ir::{Call, Expr, ExprKind, IsTest, Literal, TypeRef};

/// Builds expressions over a catalog.
pub struct Builder<'c> {
    /// Where types and functions are looked up.
    pub catalog: &'c Catalog,
}

impl Builder<'_> {
    /// NULL of the target's type and collation.
    pub fn null(&self, target: &Target) -> Result<Expr, String> {
        self.collated(target, self.declared(target, Expr::new(ExprKind::Literal(Literal::Null))))
    }

    /// The constant in every row, of the target's type and collation.
    pub fn constant(&self, target: &Target, text: &str) -> Result<Expr, String> {
        self.collated(target, self.declared(target, string(text)))
    }

    /// The expression cast to the target's type.
    pub fn declared(&self, target: &Target, expr: Expr) -> Expr {
        let to = target.type_ref.clone();
        Expr::new(ExprKind::Cast { expr: Box::new(expr), to }).typed(Some(target.oid))
    }

    /// An expression that takes no collation from the column, with the column's collation.
    pub fn collated(&self, target: &Target, expr: Expr) -> Result<Expr, String> {
        let ty = expr.ty;
        match &target.collation {
            None => Ok(expr),
            Some(Some(name)) => {
                Ok(Expr::new(ExprKind::Collate { expr: Box::new(expr), collation: name.clone() }).typed(ty))
            }
            Some(None) => Err(format!(
                "this mask on `{}`, a column with a collation that is not PostgreSQL's own, is not supported yet: deny \
                 the column",
                target.column
            )),
        }
    }

    /// `expr COLLATE "C"`: functions that look for a text in another raise under some collations, never under this one.
    pub fn bytewise(&self, expr: Expr) -> Expr {
        let ty = expr.ty;
        Expr::new(ExprKind::Collate { expr: Box::new(expr), collation: "C".to_owned() }).typed(ty)
    }

    /// CAST to a built-in type.
    pub fn cast(&self, expr: Expr, to: &str) -> Result<Expr, String> {
        let oid = self.builtin(to)?;
        let to = TypeRef {
            oid,
            schema: "pg_catalog".to_owned(),
            name: to.to_owned(),
            modifiers: Vec::new(),
            shape: None,
            interval: None,
            array: false,
        };
        Ok(Expr::new(ExprKind::Cast { expr: Box::new(expr), to }).typed(Some(oid)))
    }

    /// The column as a value of the target's plain type: seen through its domain, without modifiers.
    pub fn value(&self, target: &Target, column: Expr) -> Result<Expr, String> {
        if target.domain { self.cast(column, &target.name) } else { Ok(column) }
    }

    /// A call of a built-in function whose result is of the built-in type `returns`.
    pub fn call(&self, name: &str, arguments: Vec<Expr>, returns: &str) -> Result<Expr, String> {
        let count = arguments.len();
        let candidates: Vec<Oid> = self
            .catalog
            .functions_named(name)
            .filter(|one| one.schema == "pg_catalog" && one.oid.is_builtin() && one.accepts(count))
            .map(|one| one.oid)
            .collect();
        if candidates.is_empty() {
            return Err(format!("PostgreSQL's function `{name}`, which the mask needs, is not in the catalog"));
        }
        let call = Call::of_builtin(name, candidates, arguments);
        Ok(Expr::new(ExprKind::Call(Box::new(call))).typed(Some(self.builtin(returns)?)))
    }

    /// An infix operator whose result is of the built-in type `returns`.
    pub fn operator(&self, left: Expr, symbol: &str, right: Expr, returns: &str) -> Result<Expr, String> {
        let kind = ExprKind::Operator { symbol: symbol.to_owned(), left: Some(Box::new(left)), right: Box::new(right) };
        Ok(Expr::new(kind).typed(Some(self.builtin(returns)?)))
    }

    /// Texts joined by `||`.
    pub fn joined(&self, parts: Vec<Expr>) -> Result<Expr, String> {
        let mut parts = parts.into_iter();
        let first = parts.next().unwrap_or_else(|| string(""));
        parts.try_fold(first, |left, right| self.operator(left, "||", right, "text"))
    }

    /// `low <= expr AND expr <= high`, all of the built-in type `of`.
    pub fn between(&self, expr: Expr, low: &str, high: &str, of: &str) -> Result<Expr, String> {
        let kind = ExprKind::Between {
            expr: Box::new(expr),
            low: Box::new(self.cast(string(low), of)?),
            high: Box::new(self.cast(string(high), of)?),
            negated: false,
        };
        Ok(Expr::new(kind).typed(Some(self.builtin("bool")?)))
    }

    /// CASE WHEN … THEN … END; what no arm takes is NULL.
    pub fn case(&self, arms: Vec<(Expr, Expr)>, otherwise: Option<Expr>, returns: &str) -> Result<Expr, String> {
        let kind = ExprKind::Case { operand: None, arms, otherwise: otherwise.map(Box::new) };
        Ok(Expr::new(kind).typed(Some(self.builtin(returns)?)))
    }

    /// `expr IS NOT NULL`.
    pub fn is_given(&self, expr: Expr) -> Result<Expr, String> {
        let kind = ExprKind::Is { expr: Box::new(expr), test: IsTest::Null, negated: true };
        Ok(Expr::new(kind).typed(Some(self.builtin("bool")?)))
    }

    fn builtin(&self, name: &str) -> Result<Oid, String> {
        let found = self.catalog.type_named("pg_catalog", name).filter(|one| one.oid.is_builtin());
        found
            .map(|one| one.oid)
            .ok_or_else(|| format!("PostgreSQL's type `{name}`, which the mask needs, is not in the catalog"))
    }
}

/// A string literal.
pub fn string(text: &str) -> Expr {
    Expr::new(ExprKind::Literal(Literal::String(text.to_owned())))
}

/// A whole number literal.
pub fn number(value: u32) -> Expr {
    Expr::new(ExprKind::Literal(Literal::Number(value.to_string())))
}
