//! Where the values come from that a write's WHERE compares the target with: another table's column or a list of
//! constants counts; what the target itself holds, or a function makes up, doesn't.

use super::restriction::Restriction;
use crate::gate::catalog::{Catalog, Oid};
use crate::gate::ir::{ColumnRef, Cte, CteId, Expr, ExprKind, FromItem, ItemId, Query, SetExpr, Statement};

/// The CTEs of a write and what of the database its target is.
pub(super) struct Sources<'a> {
    catalog: &'a Catalog,
    ctes: &'a [Cte],
    target: Oid,
}

impl<'a> Sources<'a> {
    pub(super) fn of(catalog: &'a Catalog, statement: &'a Statement, target: Oid) -> Self {
        Self { catalog, ctes: statement.ctes(), target }
    }

    /// Whether an output column of a query holds what another table does, or constants that the statement lists; or
    /// what the target does, but only in rows to which a condition of the query's own restricts it.
    pub(super) fn is_other(&self, query: &Query, column: usize, outer: &Restriction<'_>) -> bool {
        match &query.body {
            SetExpr::Values(rows) => rows.iter().all(|row| row.get(column).is_some_and(is_constant)),
            SetExpr::Query(inner) => self.is_other(inner, column, outer),
            SetExpr::SetOperation { .. } | SetExpr::Write(_) => false,
            SetExpr::Select(select) => {
                let Some(projection) = select.projection.get(column) else { return false };
                if select.from.is_empty() {
                    return is_constant(&projection.expr);
                }
                let ExprKind::Column(wanted) = &projection.expr.kind else { return false };
                if select.from.iter().any(|from| self.holds_other(from, wanted, outer)) {
                    return true;
                }
                let (Some(filter), [FromItem::Relation(inner)]) = (&select.filter, select.from.as_slice()) else {
                    return false;
                };
                inner.id == wanted.item
                    && inner.relation == outer.target.relation
                    && Restriction {
                        target: inner,
                        from: Vec::new(),
                        sources: self,
                        catalog: self.catalog,
                        values: outer.values,
                    }
                    .restricts(filter)
            }
        }
    }

    /// Whether the column is of this FROM item, and holds what [`Self::is_other`] says.
    pub(super) fn holds_other(&self, from: &FromItem, column: &ColumnRef, outer: &Restriction<'_>) -> bool {
        match from {
            FromItem::Relation(item) => {
                item.id == column.item && !self.catalog.reads_any([item.relation.oid], self.target)
            }
            FromItem::Cte { id, cte, .. } => *id == column.item && self.cte_is_other(*cte, column, outer),
            FromItem::Derived { id, query, .. } => {
                *id == column.item && self.is_other(query, column.column as usize, outer)
            }
            FromItem::Function { id, calls, .. } => {
                *id == column.item && calls.get(column.column as usize).is_some_and(is_unnested)
            }
            FromItem::Join { left, right, .. } => {
                self.holds_other(left, column, outer) || self.holds_other(right, column, outer)
            }
        }
    }

    fn cte_is_other(&self, cte: CteId, column: &ColumnRef, outer: &Restriction<'_>) -> bool {
        // Those before it only: one that reads itself goes round in a circle.
        let Some(at) = self.ctes.iter().position(|one| one.id == cte) else { return false };
        let (before, rest) = self.ctes.split_at(at);
        let earlier = Sources { catalog: self.catalog, ctes: before, target: self.target };
        rest.first().is_some_and(|one| earlier.is_other(&one.query, column.column as usize, outer))
    }
}

/// The items of a FROM item.
pub(super) fn items(from: &FromItem) -> Vec<ItemId> {
    match from {
        FromItem::Relation(item) => vec![item.id],
        FromItem::Cte { id, .. } | FromItem::Derived { id, .. } | FromItem::Function { id, .. } => vec![*id],
        FromItem::Join { left, right, .. } => [items(left), items(right)].concat(),
    }
}

/// A literal or parameter, casts looked through.
fn is_constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Parameter(_) => true,
        ExprKind::Cast { expr, .. } => is_constant(expr),
        ExprKind::Operator { symbol, left: None, right } => symbol == "-" && is_constant(right),
        _ => false,
    }
}

/// `unnest` of constants.
fn is_unnested(call: &Expr) -> bool {
    let ExprKind::Call(call) = &call.kind else { return false };
    let [argument] = call.arguments.as_slice() else { return false };
    call.function.schema == "pg_catalog" && call.function.name == "unnest" && is_list(argument)
}

fn is_list(array: &Expr) -> bool {
    match &array.kind {
        ExprKind::Array(all) => all.iter().all(is_constant),
        ExprKind::Cast { expr, .. } => is_list(expr),
        _ => is_constant(array),
    }
}
