//! The name that PostgreSQL gives an output column which has no alias: its `FigureColname`, by server version.

use sqlparser::ast::{self, AccessExpr, FunctionArguments, ObjectNamePart, TrimWhereField};

use super::Lowering;
use crate::gate::ir::{Expr, ExprKind};
use crate::gate::source::Span;

/// What PostgreSQL writes where it finds no name.
const NO_NAME: &str = "?column?";

/// How good a name is: a weak one gives way to a better one further out.
enum Name {
    None,
    Weak(String),
    Strong(String),
}

impl Lowering<'_> {
    /// The name of the output column that `expr` makes. `lowered` is the same expression as IR: it knows the columns
    /// of a subquery.
    pub(super) fn figure_name(&self, expr: &ast::Expr, lowered: &Expr) -> String {
        match self.figure(expr, Some(lowered)) {
            Name::Weak(name) | Name::Strong(name) => name,
            Name::None => NO_NAME.to_owned(),
        }
    }

    fn figure(&self, expr: &ast::Expr, lowered: Option<&Expr>) -> Name {
        let strong = |name: &str| Name::Strong(name.to_owned());
        match expr {
            ast::Expr::Nested(inner) => self.figure(inner, lowered),
            ast::Expr::Identifier(ident) => self.strong(ident),
            ast::Expr::CompoundIdentifier(parts) => parts.last().map_or(Name::None, |last| self.strong(last)),
            ast::Expr::CompoundFieldAccess { root, access_chain } => self.figure_access(root, access_chain, lowered),
            ast::Expr::Function(function) => self.figure_function(function),
            ast::Expr::Cast { kind: _, expr, data_type, format: _ } => {
                match self.figure(expr, lowered.and_then(inner)) {
                    Name::Strong(name) => Name::Strong(name),
                    Name::Weak(_) | Name::None => self.weak_type(data_type),
                }
            }
            ast::Expr::TypedString(typed) => self.weak_type(&typed.data_type),
            ast::Expr::Interval(_) => Name::Weak("interval".to_owned()),
            ast::Expr::Value(value) => match value.value {
                // Before PostgreSQL 15, TRUE was a cast of a constant.
                ast::Value::Boolean(_) if self.catalog.server_version() < 150_000 => Name::Weak("bool".to_owned()),
                _ => Name::None,
            },
            ast::Expr::Collate { expr, collation: _ } => self.figure(expr, lowered.and_then(inner)),
            ast::Expr::Case { else_result, .. } => {
                let otherwise = else_result.as_deref().map(|inner| self.figure(inner, lowered.and_then(otherwise)));
                match otherwise {
                    Some(Name::Strong(name)) => Name::Strong(name),
                    Some(Name::Weak(_) | Name::None) | None => Name::Weak("case".to_owned()),
                }
            }
            ast::Expr::Subquery(_) => match lowered.map(|lowered| &lowered.kind) {
                Some(ExprKind::Scalar(query)) => {
                    query.columns.first().map_or(Name::None, |column| Name::Strong(column.name.clone()))
                }
                _ => Name::None,
            },
            ast::Expr::Exists { subquery: _, negated: false } => strong("exists"),
            ast::Expr::Array(_) => strong("array"),
            ast::Expr::Tuple(_) => strong("row"),
            ast::Expr::Extract { .. } => strong(self.extract_name()),
            ast::Expr::AtTimeZone { .. } => strong("timezone"),
            ast::Expr::Position { .. } => strong("position"),
            ast::Expr::Substring { shorthand: true, .. } => strong("substr"),
            ast::Expr::Substring { shorthand: false, .. } => strong("substring"),
            ast::Expr::Overlay { .. } => strong("overlay"),
            ast::Expr::Ceil { .. } => strong("ceil"),
            ast::Expr::Floor { .. } => strong("floor"),
            ast::Expr::Trim { trim_where, .. } => strong(trim_name(trim_where.as_ref())),
            ast::Expr::BinaryOp { op: ast::BinaryOperator::Overlaps, .. } => strong("overlaps"),
            // Operators and tests have no name.
            _ => Name::None,
        }
    }

    fn strong(&self, ident: &ast::Ident) -> Name {
        self.name(ident, super::name::Position::Label).map_or(Name::None, Name::Strong)
    }

    /// The type's own name, as the grammar has it: `int4` for `integer`.
    fn weak_type(&self, data_type: &ast::DataType) -> Name {
        self.type_name(data_type, Span::default()).map_or(Name::None, |one| Name::Weak(one.name))
    }

    /// The last field that is named, else what the subscripts are applied to.
    fn figure_access(&self, root: &ast::Expr, chain: &[AccessExpr], lowered: Option<&Expr>) -> Name {
        let field = chain.iter().rev().find_map(|access| match access {
            AccessExpr::Dot(ast::Expr::Identifier(ident)) => Some(ident),
            AccessExpr::Dot(_) | AccessExpr::Subscript(_) => None,
        });
        field.map_or_else(|| self.figure(root, lowered.and_then(inner)), |ident| self.strong(ident))
    }

    fn figure_function(&self, function: &ast::Function) -> Name {
        // ARRAY(SELECT …) is syntax, and called `array` all the same.
        if let FunctionArguments::Subquery(_) = function.args {
            return Name::Strong("array".to_owned());
        }
        match function.name.0.last() {
            Some(ObjectNamePart::Identifier(ident)) => self.strong(ident),
            Some(ObjectNamePart::Function(_)) | None => Name::None,
        }
    }

    /// The function that EXTRACT stands for.
    pub(super) fn extract_name(&self) -> &'static str {
        if self.catalog.server_version() >= 140_000 { "extract" } else { "date_part" }
    }
}

/// The function that TRIM stands for.
pub(super) fn trim_name(side: Option<&TrimWhereField>) -> &'static str {
    match side {
        None | Some(TrimWhereField::Both) => "btrim",
        Some(TrimWhereField::Leading) => "ltrim",
        Some(TrimWhereField::Trailing) => "rtrim",
    }
}

/// What a cast, a collation or subscripts are applied to.
fn inner(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Cast { expr, to: _ }
        | ExprKind::Collate { expr, collation: _ }
        | ExprKind::Subscript { base: expr, subscripts: _ } => Some(expr),
        _ => None,
    }
}

fn otherwise(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Case { operand: _, arms: _, otherwise } => otherwise.as_deref(),
        _ => None,
    }
}
