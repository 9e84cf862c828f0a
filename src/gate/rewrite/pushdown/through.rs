//! Conditions on what a subquery or CTE shows, passed on to what it reads.
//!
//! **The result stays the same.** A row of the subquery that isn't good may be left out like one of a relation, and
//! where a column is plainly a column of an item of the subquery's own FROM, leaving it out there is adding the condition
//! to the subquery's WHERE. That is the same if each of the subquery's rows comes from one row of its FROM and whether it
//! comes doesn't depend on other rows: without GROUP BY, HAVING, aggregates, windows, functions that give sets,
//! DISTINCT ON, LIMIT and OFFSET. DISTINCT only drops copies, which are good or not like each other, and UNION asks each
//! side by itself, where the column has the type of the whole. What is said of a CTE holds for every place that names it,
//! so there must be one only; a recursive CTE is named in itself, too.

use std::collections::BTreeMap;

use super::{Pushdown, Reach};
use crate::gate::catalog::FunctionKind;
use crate::gate::ir::{
    Call, ColumnRef, CteId, Distinct, Expr, ExprKind, FromItem, Node, NodeMut, Query, Select, SetExpr, SetOperator,
    Statement, Ty, own_ctes, walk,
};

/// The queries of the CTEs that one item of FROM names.
pub(super) fn named_once(statement: &Statement) -> BTreeMap<CteId, &Query> {
    let mut queries: BTreeMap<CteId, &Query> = BTreeMap::new();
    let mut places: BTreeMap<CteId, usize> = BTreeMap::new();
    queries.extend(own_ctes(statement).iter().map(|cte| (cte.id, &cte.query)));
    walk(statement, &mut |node| match node {
        Node::Query(query) => queries.extend(query.ctes.iter().map(|cte| (cte.id, &cte.query))),
        Node::From(FromItem::Cte { cte, .. }) => *places.entry(*cte).or_default() += 1,
        Node::From(_) | Node::Select(_) | Node::Target(_) | Node::Expr(_) => {}
    });
    queries.retain(|cte, _| places.get(cte) == Some(&1));
    queries
}

impl<'a> Pushdown<'a> {
    /// A condition on a column of the query.
    pub(super) fn through(&mut self, condition: &Expr, column: &ColumnRef, query: &'a Query) {
        let whole = query.limit.is_none() && query.offset.is_none();
        let ty = query.columns.get(column.column as usize).and_then(|column| column.ty);
        if whole && !query.order_by.iter().filter_map(|one| one.target.expr()).any(|expr| self.gathers(expr)) {
            self.through_body(condition, column, &query.body, ty);
        }
    }

    fn through_body(&mut self, condition: &Expr, column: &ColumnRef, body: &'a SetExpr, ty: Ty) {
        match body {
            SetExpr::Select(select) => self.through_select(condition, column, select, ty),
            SetExpr::Query(query) => self.through(condition, column, query),
            SetExpr::SetOperation { op: SetOperator::Union, all: _, left, right } => {
                self.through_body(condition, column, left, ty);
                self.through_body(condition, column, right, ty);
            }
            SetExpr::SetOperation { op: SetOperator::Intersect | SetOperator::Except, .. }
            | SetExpr::Values(_)
            | SetExpr::Write(_) => {}
        }
    }

    fn through_select(&mut self, condition: &Expr, column: &ColumnRef, select: &'a Select, ty: Ty) {
        let row_by_row = select.group_by.is_none()
            && select.having.is_none()
            && matches!(select.distinct, Distinct::All | Distinct::Distinct)
            && !select.projection.iter().any(|one| self.gathers(&one.expr));
        let Some(shown) = select.projection.get(column.column as usize).filter(|_| row_by_row) else { return };
        let ExprKind::Column(inner) = &shown.expr.kind else { return };
        if ty.is_none() || shown.expr.ty != ty {
            return;
        }
        let mut condition = condition.clone();
        condition.walk_mut(&mut |node| {
            if let NodeMut::Expr(expr) = node
                && matches!(expr.kind, ExprKind::Column(_))
            {
                expr.kind = ExprKind::Column(inner.clone());
            }
        });
        self.conjuncts(&condition, &Reach { sides: &[&select.from], whole: &[&select.from] });
    }

    /// Whether there is anything in it that makes of several rows one, of one several, or looks at other rows.
    fn gathers(&self, expr: &Expr) -> bool {
        let mut gathers = false;
        expr.walk(&mut |node| {
            if let Node::Expr(Expr { kind: ExprKind::Call(call), .. }) = node {
                gathers |= self.is_gathering(call);
            }
        });
        gathers
    }

    fn is_gathering(&self, call: &Call) -> bool {
        let plain = |function: &crate::gate::catalog::Function| {
            function.kind == FunctionKind::Function && !function.returns_set
        };
        call.over.is_some()
            || !call.function.candidates.iter().all(|oid| self.catalog.function(*oid).is_some_and(plain))
    }
}
