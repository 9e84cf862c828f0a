//! INSERT, UPDATE, DELETE and MERGE.

use super::query::named;
use super::*;
use crate::gate::ir::{
    Conflict, ConflictUpdate, Delete, Expr, ExprKind, Insert, Merge, MergeAction, MergeClause, OutputColumn,
    Projection, SetExpr, TargetColumn, Update,
};

impl Trees<'_, '_> {
    fn written(&mut self) -> (RelationItem, Item) {
        let name = *self.choices.pick(&["notes", "Odd Name"]);
        let relation =
            self.world.catalog.relation_named("scratch", name).unwrap_or_else(|| panic!("no scratch.{name}"));
        self.relation_item(relation)
    }

    /// Some columns of the target, each once.
    fn columns(&mut self, item: &Item) -> Vec<TargetColumn> {
        let first = self.choices.below(item.columns.len());
        let count = 1 + self.choices.below(item.columns.len() - first);
        let some = item.columns.iter().enumerate().skip(first).take(count);
        let column = |(at, name): (usize, &Option<String>)| TargetColumn {
            column: at as u32,
            name: name.clone().unwrap_or_default(),
            origin: Origin::default(),
        };
        let mut all: Vec<TargetColumn> = some.map(column).collect();
        if self.choices.one_in(2) {
            all.reverse();
        }
        all
    }

    fn value_or_default(&mut self, scope: &Scope) -> Expr {
        if self.choices.one_in(5) { Expr::new(ExprKind::Default) } else { self.expr(scope) }
    }

    pub(super) fn insert(&mut self) -> Statement {
        let mut scope = Scope::default();
        let (ctes, recursive) = self.with(&mut scope);
        let (target, item) = self.written();
        let columns = self.columns(&item);
        let (columns, source) = match self.choices.below(4) {
            2 => (Vec::new(), None),
            3 => {
                let query = self.query(&scope, Some(columns.len()));
                (columns, Some(query))
            }
            _ => {
                let width = columns.len();
                let rows = (0..=self.choices.below(2))
                    .map(|_| (0..width).map(|_| self.value_or_default(&scope)).collect())
                    .collect();
                let names = (1..=width).map(|at| named(format!("column{at}"))).collect();
                (columns, Some(plain(SetExpr::Values(rows), names)))
            }
        };
        let conflict = self.choices.one_in(3).then(|| self.conflict(&target, &item, &scope));
        let (returning, output) = self.returning(&Scope { items: vec![item], ..scope });
        let source = source.map(Box::new);
        Statement::Insert(Insert { ctes, recursive, target, columns, source, conflict, returning, output })
    }

    fn conflict(&mut self, target: &RelationItem, item: &Item, scope: &Scope) -> Conflict {
        if self.choices.one_in(3) {
            let arbiter = if self.choices.one_in(2) { self.columns(item) } else { Vec::new() };
            return Conflict { arbiter, update: None };
        }
        let arbiter = self.columns(item);
        let excluded = RelationItem { id: self.item_id(), ..target.clone() };
        let proposed = Item { id: excluded.id, ..item.clone() };
        let scope = scope.with(&[item.clone(), proposed]);
        let assignments = self.columns(item).into_iter();
        let assignments = assignments.map(|column| (column, self.value_or_default(&scope))).collect();
        let filter = self.choices.one_in(2).then(|| self.expr(&scope));
        Conflict { arbiter, update: Some(ConflictUpdate { excluded, assignments, filter }) }
    }

    pub(super) fn update(&mut self) -> Statement {
        let mut outer = Scope::default();
        let (ctes, recursive) = self.with(&mut outer);
        let (target, item) = self.written();
        let (from, mut items) = self.list_in_from(&outer);
        items.insert(0, item.clone());
        let scope = outer.with(&items);
        let assignments =
            self.columns(&item).into_iter().map(|column| (column, self.value_or_default(&scope))).collect();
        let filter = self.choices.one_in(2).then(|| self.expr(&scope));
        let (returning, output) = self.returning(&scope);
        Statement::Update(Update { ctes, recursive, target, assignments, from, filter, returning, output })
    }

    pub(super) fn delete(&mut self) -> Statement {
        let mut outer = Scope::default();
        let (ctes, recursive) = self.with(&mut outer);
        let (target, item) = self.written();
        let (using, mut items) = self.list_in_from(&outer);
        items.insert(0, item);
        let scope = outer.with(&items);
        let filter = self.choices.one_in(2).then(|| self.expr(&scope));
        let (returning, output) = self.returning(&scope);
        Statement::Delete(Delete { ctes, recursive, target, using, filter, returning, output })
    }

    pub(super) fn merge(&mut self) -> Statement {
        let mut outer = Scope::default();
        let (ctes, recursive) = self.with(&mut outer);
        let (target, item) = self.written();
        let (source, items) = self.item_in_from(&outer, &[]);
        let not_matched = outer.with(&items);
        let matched = not_matched.with(std::slice::from_ref(&item));
        let on = self.expr(&matched);
        let count = 1 + self.choices.below(3);
        let clauses = (0..count).map(|_| self.merge_clause(&item, &matched, &not_matched)).collect();
        Statement::Merge(Merge { ctes, recursive, target, source, on, clauses })
    }

    fn merge_clause(&mut self, item: &Item, matched: &Scope, not_matched: &Scope) -> MergeClause {
        let kind = self.choices.below(5);
        let scope = if matches!(kind, 3 | 4) { not_matched } else { matched };
        let condition = self.choices.one_in(3).then(|| self.expr(scope));
        let columns = if matches!(kind, 1 | 3) { self.columns(item) } else { Vec::new() };
        let values = columns.into_iter().map(|column| (column, self.value_or_default(scope))).collect();
        let action = match kind {
            1 => MergeAction::Update(values),
            2 => MergeAction::Delete,
            3 => MergeAction::Insert(values),
            4 => MergeAction::Nothing { matched: false },
            _ => MergeAction::Nothing { matched: true },
        };
        MergeClause { condition, action }
    }

    fn returning(&mut self, scope: &Scope) -> (Vec<Projection>, Vec<OutputColumn>) {
        let count = self.choices.below(3);
        let returning: Vec<Projection> =
            (0..count).map(|_| Projection { expr: self.expr(scope), name: self.name() }).collect();
        let output = returning.iter().map(|one| named(one.name.clone())).collect();
        (returning, output)
    }
}

/// A query without any clause.
fn plain(body: SetExpr, columns: Vec<OutputColumn>) -> Query {
    Query {
        ctes: Vec::new(),
        recursive: false,
        body,
        order_by: Vec::new(),
        limit: None,
        offset: None,
        columns,
        origin: Origin::default(),
    }
}
