//! Queries, their clauses and set operations.

use super::*;
use crate::gate::ir::{
    Distinct, Expr, ExprKind, GroupBy, GroupElement, Limit, Literal, OrderBy, OutputColumn, Projection, Select,
    SetExpr, SetOperator, Target,
};
use crate::gate::lower::repeated;

impl Trees<'_, '_> {
    /// A query of so many columns, or of any number.
    pub(super) fn query(&mut self, outer: &Scope, width: Option<usize>) -> Query {
        let mut outer = outer.clone();
        let (ctes, recursive) = self.with(&mut outer);
        let width = width.unwrap_or_else(|| 1 + self.choices.below(3));
        let (body, columns, scope) = self.body(&outer, width);
        self.clauses(ctes, recursive, body, columns, &scope)
    }

    /// A subquery among operators: for the parser it has to begin with SELECT or WITH.
    pub(super) fn subquery(&mut self, scope: &Scope, width: usize) -> Query {
        let query = self.query(scope, Some(width));
        if !query.ctes.is_empty() || begins_with_select(&query.body) {
            return query;
        }
        let (select, inside) = self.select(scope, width);
        let columns = output(&select);
        self.clauses(Vec::new(), false, SetExpr::Select(Box::new(select)), columns, &inside)
    }

    /// A query without columns, as in EXISTS (SELECT FROM …).
    pub(super) fn query_without_columns(&mut self, outer: &Scope) -> Query {
        let (mut select, mut scope) = self.select(outer, 0);
        if select.from.is_empty() {
            // The parser takes `SELECT` alone for an unfinished statement.
            let (relation, item) = self.relation();
            select.from.push(FromItem::Relation(relation));
            scope = scope.with(&[item]);
        }
        self.clauses(Vec::new(), false, SetExpr::Select(Box::new(select)), Vec::new(), &scope)
    }

    fn clauses(
        &mut self,
        ctes: Vec<Cte>,
        recursive: bool,
        body: SetExpr,
        columns: Vec<OutputColumn>,
        scope: &Scope,
    ) -> Query {
        let order_by = if self.choices.one_in(3) { self.order(&body, columns.len(), scope) } else { Vec::new() };
        let limit = self.choices.one_in(3).then(|| self.limit(!order_by.is_empty()));
        let offset = self.choices.one_in(4).then(|| Box::new(self.bound()));
        Query { ctes, recursive, body, order_by, limit, offset, columns, origin: Origin::default() }
    }

    /// CTEs, which the scope has afterwards.
    pub(super) fn with(&mut self, scope: &mut Scope) -> (Vec<Cte>, bool) {
        if self.spent() || !self.choices.one_in(4) {
            return (Vec::new(), false);
        }
        let recursive = self.choices.one_in(2);
        let mut ctes = Vec::new();
        for _ in 0..=self.choices.below(2) {
            self.ctes += 1;
            let id = CteId(self.ctes);
            let materialized = *self.choices.pick(&[None, Some(true), Some(false)]);
            let query =
                if recursive && self.choices.one_in(2) { self.recursive(scope, id) } else { self.query(scope, None) };
            scope.ctes.push((id, query.columns.len()));
            ctes.push(Cte { id, materialized, query });
        }
        (ctes, recursive)
    }

    /// `first UNION then`, where `then` may name the CTE.
    fn recursive(&mut self, scope: &Scope, id: CteId) -> Query {
        let width = 1 + self.choices.below(2);
        let (left, columns) = self.operand(scope, width);
        let mut inside = scope.clone();
        inside.ctes.push((id, width));
        let (right, _) = self.operand(&inside, width);
        let all = self.choices.one_in(2);
        let body = SetExpr::SetOperation { op: SetOperator::Union, all, left: Box::new(left), right: Box::new(right) };
        self.clauses(Vec::new(), false, body, columns, &Scope::default())
    }

    /// A body that isn't in parentheses, with what ORDER BY can name besides the output.
    fn body(&mut self, outer: &Scope, width: usize) -> (SetExpr, Vec<OutputColumn>, Scope) {
        if self.spent() {
            let (select, scope) = self.select(outer, width);
            let columns = output(&select);
            return (SetExpr::Select(Box::new(select)), columns, scope);
        }
        match self.choices.below(8) {
            6 => {
                let (body, columns) = self.values(outer, width);
                (body, columns, Scope::default())
            }
            7 => {
                let (body, columns) = self.set_operation(outer, width);
                (body, columns, Scope::default())
            }
            _ => {
                let (select, scope) = self.select(outer, width);
                let columns = output(&select);
                (SetExpr::Select(Box::new(select)), columns, scope)
            }
        }
    }

    pub(super) fn values(&mut self, scope: &Scope, width: usize) -> (SetExpr, Vec<OutputColumn>) {
        let rows = (0..=self.choices.below(3)).map(|_| (0..width).map(|_| self.expr(scope)).collect()).collect();
        (SetExpr::Values(rows), (1..=width).map(|at| named(format!("column{at}"))).collect())
    }

    fn set_operation(&mut self, outer: &Scope, width: usize) -> (SetExpr, Vec<OutputColumn>) {
        let op = *self.choices.pick(&[SetOperator::Union, SetOperator::Intersect, SetOperator::Except]);
        let all = self.choices.one_in(2);
        let (left, columns) = self.operand(outer, width);
        let (right, _) = self.operand(outer, width);
        (SetExpr::SetOperation { op, all, left: Box::new(left), right: Box::new(right) }, columns)
    }

    /// A side of a set operation. A query in parentheses has a clause of its own, else the parentheses would say
    /// nothing.
    fn operand(&mut self, outer: &Scope, width: usize) -> (SetExpr, Vec<OutputColumn>) {
        if self.spent() || !self.choices.one_in(3) {
            let (body, columns, _) = self.body(outer, width);
            return (body, columns);
        }
        let mut query = self.query(outer, Some(width));
        if query.ctes.is_empty() && query.order_by.is_empty() && query.offset.is_none() && query.limit.is_none() {
            query.limit = Some(self.limit(false));
        }
        let columns = query.columns.clone();
        (SetExpr::Query(Box::new(query)), columns)
    }

    fn select(&mut self, outer: &Scope, width: usize) -> (Select, Scope) {
        let (from, items) = self.list_in_from(outer);
        let scope = outer.with(&items);
        let projection: Vec<Projection> =
            (0..width).map(|_| Projection { expr: self.expr(&scope), name: self.name() }).collect();
        let filter = self.choices.one_in(3).then(|| self.expr(&scope));
        let group_by = self.choices.one_in(5).then(|| self.group_by(&scope, &projection));
        let having = self.choices.one_in(6).then(|| self.expr(&scope));
        let distinct = match self.choices.below(6) {
            4 => Distinct::Distinct,
            5 => Distinct::On(self.targets(&scope, &projection)),
            _ => Distinct::All,
        };
        (Select { distinct, projection, from, filter, group_by, having, origin: Origin::default() }, scope)
    }

    fn group_by(&mut self, scope: &Scope, projection: &[Projection]) -> GroupBy {
        let elements = (0..=self.choices.below(2)).map(|_| match self.choices.below(6) {
            2 => GroupElement::Empty,
            3 => GroupElement::Rollup(self.sets(scope, projection)),
            4 => GroupElement::Cube(self.sets(scope, projection)),
            5 => {
                let mut sets = self.sets(scope, projection);
                if self.choices.one_in(2) {
                    sets.push(Vec::new());
                }
                GroupElement::Sets(sets)
            }
            _ => GroupElement::Target(self.target(scope, projection)),
        });
        GroupBy { distinct: false, elements: elements.collect() }
    }

    fn sets(&mut self, scope: &Scope, projection: &[Projection]) -> Vec<Vec<Target>> {
        (0..=self.choices.below(2)).map(|_| self.targets(scope, projection)).collect()
    }

    fn targets(&mut self, scope: &Scope, projection: &[Projection]) -> Vec<Target> {
        (0..=self.choices.below(2)).map(|_| self.target(scope, projection)).collect()
    }

    /// An output column, or an expression that isn't a constant: a constant would be a number of an output column, or
    /// refused.
    fn target(&mut self, scope: &Scope, projection: &[Projection]) -> Target {
        if !projection.is_empty() && self.choices.one_in(2) {
            return Target::Output(1 + self.choices.below(projection.len()) as u32);
        }
        let mut expr = self.expr(scope);
        if is_constant(&expr) || matches!(expr.kind, ExprKind::Row(_) | ExprKind::Grouping(_)) {
            expr = Expr::new(ExprKind::Array(vec![expr]));
        }
        repeated(expr, projection)
    }

    fn order(&mut self, body: &SetExpr, width: usize, scope: &Scope) -> Vec<OrderBy> {
        let projection = match body {
            SetExpr::Select(select) => Some(&select.projection),
            _ if width == 0 => return Vec::new(),
            _ => None,
        };
        let one = |trees: &mut Self| {
            let target = match projection {
                Some(projection) => trees.target(scope, projection),
                None => Target::Output(1 + trees.choices.below(width) as u32),
            };
            trees.ordered(target)
        };
        (0..=self.choices.below(2)).map(|_| one(self)).collect()
    }

    pub(super) fn ordered(&mut self, target: Target) -> OrderBy {
        let descending = self.choices.one_in(2);
        let nulls_first = *self.choices.pick(&[None, Some(true), Some(false)]);
        OrderBy { target, descending, nulls_first }
    }

    /// Only what is ordered has ties.
    fn limit(&mut self, ordered: bool) -> Limit {
        if ordered && self.choices.one_in(3) {
            // The parser takes only a number or a parameter there.
            let count = self.choices.below(3).to_string();
            let count = Box::new(Expr::new(ExprKind::Literal(Literal::Number(count))));
            return Limit { count, with_ties: true };
        }
        Limit { count: Box::new(self.bound()), with_ties: false }
    }

    /// The value of LIMIT or OFFSET, which is never NULL.
    fn bound(&mut self) -> Expr {
        let expr = self.expr(&Scope::default());
        match expr.kind {
            ExprKind::Literal(Literal::Null) => Expr::new(ExprKind::Literal(Literal::Number("7".to_owned()))),
            _ => expr,
        }
    }
}

fn begins_with_select(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(_) => true,
        SetExpr::Values(_) | SetExpr::Query(_) | SetExpr::Write(_) => false,
        SetExpr::SetOperation { op, left, .. } => match left.as_ref() {
            SetExpr::SetOperation { op: inner, .. } => {
                (*inner == SetOperator::Intersect || *op != SetOperator::Intersect) && begins_with_select(left)
            }
            other => begins_with_select(other),
        },
    }
}

fn output(select: &Select) -> Vec<OutputColumn> {
    select.projection.iter().map(|one| named(one.name.clone())).collect()
}

pub(super) fn named(name: String) -> OutputColumn {
    OutputColumn { name, ty: None }
}

/// What GROUP BY and ORDER BY take for a number of an output column, or refuse.
fn is_constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Operator { left: None, right, .. } => is_constant(right),
        _ => false,
    }
}
