//! Queries, FROM items and their clauses as text.

use super::Writer;
use crate::gate::ir::{
    ColumnDefinition, Cte, Distinct, ExplainFormat, FromItem, FunctionColumns, GroupBy, GroupElement, JoinKind,
    OrderBy, Projection, Query, RelationItem, Sample, SampleMethod, Select, SetExpr, SetOperator, Statement, Target,
};

impl Writer {
    pub(super) fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Query(query) => self.query(query),
            Statement::Explain(explain) => {
                // Always with options: the parser takes the parenthesis of `EXPLAIN (SELECT …) UNION …` for theirs.
                self.push(if explain.analyze { "EXPLAIN (ANALYZE TRUE, " } else { "EXPLAIN (" });
                self.push(match explain.format {
                    ExplainFormat::Text => "FORMAT TEXT) ",
                    ExplainFormat::Json => "FORMAT JSON) ",
                    ExplainFormat::Shape => "VERBOSE TRUE, COSTS FALSE, FORMAT JSON) ",
                });
                self.query(&explain.query);
            }
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Merge(merge) => self.merge(merge),
        }
    }

    pub(super) fn query(&mut self, query: &Query) {
        self.with(&query.ctes, query.recursive);
        self.set_expr(&query.body);
        self.order_by(&query.order_by);
        match &query.limit {
            Some(limit) if !limit.with_ties => {
                self.push(" LIMIT ");
                self.expr(&limit.count);
            }
            Some(_) | None => {
                // The parser takes OFFSET behind a sample for a part of the sample.
                if query.offset.is_some() && query.order_by.is_empty() && ends_in_sample(&query.body) {
                    self.push(" LIMIT ALL");
                }
            }
        }
        if let Some(offset) = &query.offset {
            self.push(" OFFSET ");
            self.expr(offset);
        }
        // The grammar wants FETCH after OFFSET, and only FETCH can say WITH TIES.
        match &query.limit {
            Some(limit) if limit.with_ties => {
                self.push(" FETCH FIRST ");
                self.expr(&limit.count);
                self.push(" ROWS WITH TIES");
            }
            Some(_) | None => {}
        }
    }

    pub(super) fn with(&mut self, ctes: &[Cte], recursive: bool) {
        if ctes.is_empty() {
            return;
        }
        self.push(if recursive { "WITH RECURSIVE " } else { "WITH " });
        self.list(ctes, ", ", |writer, cte| {
            writer.cte(cte.id);
            writer.column_list(cte.query.columns.len());
            writer.push(match cte.materialized {
                None => " AS (",
                Some(true) => " AS MATERIALIZED (",
                Some(false) => " AS NOT MATERIALIZED (",
            });
            writer.query(&cte.query);
            writer.push(")");
        });
        self.push(" ");
    }

    fn set_expr(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Values(rows) => {
                self.push("VALUES ");
                self.list(rows, ", ", |writer, row| {
                    writer.push("(");
                    writer.list(row, ", ", Self::expr);
                    writer.push(")");
                });
            }
            SetExpr::SetOperation { op, all, left, right } => {
                self.left_operand(left, *op);
                self.push(match op {
                    SetOperator::Union => " UNION ",
                    SetOperator::Intersect => " INTERSECT ",
                    SetOperator::Except => " EXCEPT ",
                });
                if *all {
                    self.push("ALL ");
                }
                self.set_operand(right);
            }
            SetExpr::Write(write) => self.statement(write),
            SetExpr::Query(query) => {
                self.push("(");
                self.query(query);
                self.push(")");
            }
        }
    }

    /// Set operations group to the left. The parser takes no subquery that begins with a parenthesis, so there is none
    /// where the left side groups by itself.
    fn left_operand(&mut self, left: &SetExpr, op: SetOperator) {
        match (left, op) {
            // INTERSECT alone binds tighter than the others.
            (SetExpr::SetOperation { op: SetOperator::Intersect, .. }, _)
            | (SetExpr::SetOperation { .. }, SetOperator::Union | SetOperator::Except) => self.set_expr(left),
            _ => self.set_operand(left),
        }
    }

    /// Set operations inside set operations stand in parentheses, so that precedence doesn't matter.
    fn set_operand(&mut self, operand: &SetExpr) {
        match operand {
            SetExpr::SetOperation { .. } => {
                self.push("(");
                self.set_expr(operand);
                self.push(")");
            }
            SetExpr::Select(_) | SetExpr::Values(_) | SetExpr::Query(_) | SetExpr::Write(_) => self.set_expr(operand),
        }
    }

    fn select(&mut self, select: &Select) {
        self.push("SELECT");
        match &select.distinct {
            Distinct::All => {}
            Distinct::Distinct => self.push(" DISTINCT"),
            Distinct::On(targets) => {
                self.push(" DISTINCT ON (");
                self.list(targets, ", ", Self::target);
                self.push(")");
            }
        }
        if !select.projection.is_empty() {
            self.push(" ");
            self.projections(&select.projection);
        }
        if !select.from.is_empty() {
            self.push(" FROM ");
            self.list(&select.from, ", ", Self::emit_from_item);
        }
        if let Some(filter) = &select.filter {
            self.push(" WHERE ");
            self.expr(filter);
        }
        if let Some(group_by) = &select.group_by {
            self.group_by(group_by);
        }
        if let Some(having) = &select.having {
            self.push(" HAVING ");
            self.expr(having);
        }
    }

    pub(super) fn projections(&mut self, projections: &[Projection]) {
        self.list(projections, ", ", |writer, projection| {
            writer.expr(&projection.expr);
            writer.push(" AS ");
            writer.identifier(&projection.name);
        });
    }

    fn group_by(&mut self, group_by: &GroupBy) {
        self.push(if group_by.distinct { " GROUP BY DISTINCT " } else { " GROUP BY " });
        self.list(&group_by.elements, ", ", |writer, element| match element {
            GroupElement::Target(target) => writer.target(target),
            GroupElement::Empty => writer.push("()"),
            GroupElement::Rollup(sets) => writer.grouping("ROLLUP (", sets),
            GroupElement::Cube(sets) => writer.grouping("CUBE (", sets),
            GroupElement::Sets(sets) => writer.grouping("GROUPING SETS (", sets),
        });
    }

    fn grouping(&mut self, opening: &str, sets: &[Vec<Target>]) {
        self.push(opening);
        // In parentheses even where a set has one element: the parser takes those of a subquery for the set's.
        self.list(sets, ", ", |writer, set| {
            writer.push("(");
            writer.list(set, ", ", Self::target);
            writer.push(")");
        });
        self.push(")");
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Output(number) => self.push(&number.to_string()),
            Target::Expr(expr) => self.expr(expr),
        }
    }

    pub(super) fn order_by(&mut self, all: &[OrderBy]) {
        if all.is_empty() {
            return;
        }
        self.push(" ORDER BY ");
        self.order_list(all);
    }

    pub(super) fn order_list(&mut self, all: &[OrderBy]) {
        self.list(all, ", ", |writer, order| {
            writer.target(&order.target);
            if order.descending {
                writer.push(" DESC");
            }
            match order.nulls_first {
                None => {}
                Some(true) => writer.push(" NULLS FIRST"),
                Some(false) => writer.push(" NULLS LAST"),
            }
        });
    }

    pub(super) fn relation(&mut self, item: &RelationItem) {
        if item.only {
            self.push("ONLY ");
        }
        self.qualified(&item.relation.schema, &item.relation.name);
        self.push(" AS ");
        self.item(item.id);
        if let Some(Sample { method, percent, seed }) = &item.sample {
            self.push(match method {
                SampleMethod::Bernoulli => " TABLESAMPLE BERNOULLI (",
                SampleMethod::System => " TABLESAMPLE SYSTEM (",
            });
            self.push(percent);
            self.push(")");
            if let Some(seed) = seed {
                self.push(" REPEATABLE (");
                self.push(seed);
                self.push(")");
            }
        }
    }

    pub(super) fn emit_from_item(&mut self, item: &FromItem) {
        match item {
            FromItem::Relation(relation) => self.relation(relation),
            FromItem::Cte { id, cte, origin: _ } => {
                self.cte(*cte);
                self.push(" AS ");
                self.item(*id);
            }
            FromItem::Derived { id, lateral, query } => {
                self.push(if *lateral { "LATERAL (" } else { "(" });
                self.query(query);
                self.push(") AS ");
                self.item(*id);
                self.column_list(query.columns.len());
            }
            FromItem::Function { id, lateral, calls, ordinality, columns } => {
                if *lateral {
                    self.push("LATERAL ");
                }
                match calls.as_slice() {
                    [single] => self.expr(single),
                    // `unnest` of several arrays is syntax and has no qualified form.
                    several => {
                        self.push("unnest(");
                        self.list(several, ", ", |writer, call| writer.unnest_argument(call));
                        self.push(")");
                    }
                }
                if *ordinality {
                    self.push(" WITH ORDINALITY");
                }
                self.push(" AS ");
                self.item(*id);
                match columns {
                    FunctionColumns::Count(count) => self.column_list(*count as usize),
                    FunctionColumns::Defined(definitions) => {
                        self.push("(");
                        self.list(definitions, ", ", |writer, ColumnDefinition { name, to }| {
                            writer.identifier(name);
                            writer.push(" ");
                            writer.type_ref(to);
                        });
                        self.push(")");
                    }
                }
            }
            FromItem::Join { kind, left, right, on } => {
                self.join_operand(left);
                self.push(match kind {
                    JoinKind::Cross => " CROSS JOIN ",
                    JoinKind::Inner => " INNER JOIN ",
                    JoinKind::Left => " LEFT JOIN ",
                    JoinKind::Right => " RIGHT JOIN ",
                    JoinKind::Full => " FULL JOIN ",
                });
                self.join_operand(right);
                if let Some(on) = on {
                    self.push(" ON ");
                    self.expr(on);
                }
            }
        }
    }

    fn join_operand(&mut self, item: &FromItem) {
        match item {
            FromItem::Join { .. } => {
                self.push("(");
                self.emit_from_item(item);
                self.push(")");
            }
            FromItem::Relation(_) | FromItem::Cte { .. } | FromItem::Derived { .. } | FromItem::Function { .. } => {
                self.emit_from_item(item)
            }
        }
    }
}

/// Whether the text of a body ends with a sample.
fn ends_in_sample(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => {
            let last = select.filter.is_none() && select.group_by.is_none() && select.having.is_none();
            last && select.from.last().is_some_and(is_sampled_last)
        }
        SetExpr::SetOperation { right, .. } => ends_in_sample(right),
        SetExpr::Values(_) | SetExpr::Query(_) | SetExpr::Write(_) => false,
    }
}

fn is_sampled_last(item: &FromItem) -> bool {
    match item {
        FromItem::Relation(relation) => relation.sample.is_some(),
        FromItem::Join { right, on: None, .. } => is_sampled_last(right),
        FromItem::Join { on: Some(_), .. }
        | FromItem::Cte { .. }
        | FromItem::Derived { .. }
        | FromItem::Function { .. } => false,
    }
}
