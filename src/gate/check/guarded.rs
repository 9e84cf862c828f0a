//! What holds for a write to a protected table, said anew from the policy's templates: the filter stands before
//! everything that could tell of a hidden row, every row that comes back brings the filter's answer, and no column is
//! used that isn't seen as it is.

use std::collections::BTreeSet;

use super::copies::compared_column;
use super::emitted::{Admission, shown};
use crate::gate::admit::WriteCheck;
use crate::gate::ir::{
    Conflict, Expr, ExprKind, IsTest, ItemId, Literal, Node, NodeMut, Projection, RelationItem, Statement, walk,
};
use crate::gate::policy::{BoundPolicy, ColumnRights, RelationRights};

impl Admission<'_> {
    pub(super) fn targets(&self, statement: &Statement, text: &str) {
        let (writes, checks) = (statement.writes(), &self.admitted.permit().writes);
        assert_eq!(writes.len(), checks.len(), "{}", self.told(text));
        for (write, check) in writes.into_iter().zip(checks) {
            assert_eq!(write.target().map(|target| target.relation.oid), Some(check.target), "{}", self.told(text));
            self.target(write, check, text);
        }
    }

    fn target(&self, statement: &Statement, check: &WriteCheck, text: &str) {
        let (target, returning) = match statement {
            Statement::Query(_) | Statement::Explain(_) => panic!("no write {}", self.told(text)),
            Statement::Insert(insert) => {
                if let Some(Conflict { arbiter, update: Some(update) }) = &insert.conflict {
                    assert!(!arbiter.is_empty(), "{}", self.told(text));
                    self.condition(&insert.target, update.filter.as_ref(), false, text);
                    self.columns(statement, &update.excluded, &insert.target, text);
                }
                (&insert.target, &insert.returning)
            }
            Statement::Merge(merge) => {
                assert!(self.filter(&merge.target).is_none(), "{}", self.told(text));
                self.columns(statement, &merge.target, &merge.target, text);
                return;
            }
            Statement::Update(update) => {
                self.condition(&update.target, update.filter.as_ref(), true, text);
                (&update.target, &update.returning)
            }
            Statement::Delete(delete) => {
                self.condition(&delete.target, delete.filter.as_ref(), true, text);
                (&delete.target, &delete.returning)
            }
        };
        let told = || self.told(text);
        self.columns(statement, target, target, text);
        let filter = self.filter(target);
        assert_eq!(filter.is_some(), check.row_check.is_some(), "{}", told());
        let Some(filter) = filter else { return };
        let last = returning.last().map(|Projection { expr, name: _ }| &expr.kind);
        match last {
            Some(ExprKind::Is { expr, test: IsTest::True, negated: false }) => {
                assert_eq!(shown(expr), filter, "the check {}", told());
            }
            _ => panic!("no check {}", told()),
        }
    }

    fn rights(&self, target: &RelationItem) -> &RelationRights {
        self.policy.rights(target.relation.oid).unwrap_or_else(|| panic!("no rights: {:?}", self.submission))
    }

    fn filter(&self, target: &RelationItem) -> Option<String> {
        self.rights(target).filter.as_ref().map(|filter| self.instance(&filter.condition, target.id))
    }

    /// The filter, conjuncts that tell nothing of a row that it hides, and a CASE that has the filter before the rest.
    fn condition(&self, target: &RelationItem, condition: Option<&Expr>, may_stand_beside: bool, text: &str) {
        let Some(filter) = self.filter(target) else { return };
        let told = || self.told(text);
        let condition = condition.unwrap_or_else(|| panic!("no filter {}", told()));
        if shown(condition) == filter {
            return;
        }
        let ExprKind::And(all) = &condition.kind else { panic!("no filter {}", told()) };
        let (first, rest) = all.split_first().unwrap_or_else(|| panic!("nothing {}", told()));
        assert_eq!(shown(first), filter, "the filter {}", told());
        for one in rest {
            let guarded = match &one.kind {
                ExprKind::Case { operand: None, arms, otherwise: Some(otherwise) } => {
                    let never = otherwise.kind == ExprKind::Literal(Literal::Bool(false));
                    never && matches!(arms.as_slice(), [(when, _)] if shown(when) == filter)
                }
                _ => false,
            };
            assert!(guarded || may_stand_beside && self.is_harmless(one, target), "{} {}", shown(one), told());
        }
    }

    fn is_harmless(&self, one: &Expr, target: &RelationItem) -> bool {
        if !names(one, target.id) {
            // On columns of others, and nothing that could be volatile.
            let (mut columns, mut calls) = (false, false);
            one.walk(&mut |node| match node {
                Node::Expr(Expr { kind: ExprKind::Column(_), .. }) => columns = true,
                Node::Expr(Expr { kind: ExprKind::Call(_) | ExprKind::Special { .. }, .. }) | Node::Query(_) => {
                    calls = true;
                }
                _ => {}
            });
            return columns && !calls;
        }
        if let Some(name) = compared_column(&self.world.catalog, target, one) {
            let relation = self.world.catalog.relation(target.relation.oid);
            let at = relation.and_then(|relation| relation.column(&name)).map(|(at, _)| at);
            return at.is_some_and(|at| self.rights(target).columns.get(at) == Some(&ColumnRights::Open));
        }
        // A join of two columns.
        let ExprKind::Operator { symbol, left: Some(left), right } = &one.kind else { return false };
        let columns = [left, right].map(|side| match &side.kind {
            ExprKind::Column(column) => Some(column),
            _ => None,
        });
        let [Some(left), Some(right)] = columns else { return false };
        matches!(symbol.as_str(), "=" | "<" | "<=" | ">" | ">=") && left.item != right.item
    }

    /// Columns of the item are open ones, or the filter's own.
    fn columns(&self, statement: &Statement, item: &RelationItem, target: &RelationItem, text: &str) {
        let rights = self.rights(target);
        let mut of_filter = BTreeSet::new();
        if let (Some(filter), true) = (&rights.filter, item.id == target.id) {
            let mut condition = filter.condition.clone();
            condition.walk_mut(&mut |node| {
                if let NodeMut::Expr(Expr { kind: ExprKind::Column(column), .. }) = node
                    && column.item == BoundPolicy::SELF
                {
                    of_filter.insert(column.column);
                }
            });
        }
        walk(statement, &mut |node| {
            let Node::Expr(Expr { kind: ExprKind::Column(column), .. }) = node else { return };
            let open = rights.columns.get(column.column as usize) == Some(&ColumnRights::Open);
            let seen = column.item != item.id || open || of_filter.contains(&column.column);
            assert!(seen, "column {:?} {}", column.name, self.told(text));
        });
    }
}

fn names(expr: &Expr, item: ItemId) -> bool {
    let mut found = false;
    expr.walk(&mut |node| {
        if let Node::Expr(Expr { kind: ExprKind::Column(column), .. }) = node {
            found |= column.item == item;
        }
    });
    found
}
