//! INSERT, UPDATE, DELETE and MERGE as text.

use super::Writer;
use crate::gate::ir::{
    Conflict, Delete, Expr, FromItem, Insert, Merge, MergeAction, MergeClause, Projection, TargetColumn, Update,
};

impl Writer {
    pub(super) fn insert(&mut self, insert: &Insert) {
        self.with(&insert.ctes, insert.recursive);
        self.push("INSERT INTO ");
        self.relation(&insert.target);
        if !insert.columns.is_empty() {
            self.push(" (");
            self.target_columns(&insert.columns);
            self.push(")");
        }
        match &insert.source {
            Some(query) => {
                self.push(" ");
                self.query(query);
            }
            None => self.push(" DEFAULT VALUES"),
        }
        if let Some(conflict) = &insert.conflict {
            self.conflict(conflict);
        }
        self.returning(&insert.returning);
    }

    fn conflict(&mut self, conflict: &Conflict) {
        self.push(" ON CONFLICT");
        if !conflict.arbiter.is_empty() {
            self.push(" (");
            self.target_columns(&conflict.arbiter);
            self.push(")");
        }
        let Some(update) = &conflict.update else {
            self.push(" DO NOTHING");
            return;
        };
        self.excluded = Some(update.excluded.id);
        self.push(" DO UPDATE");
        self.assignments(&update.assignments);
        if let Some(filter) = &update.filter {
            self.push(" WHERE ");
            self.expr(filter);
        }
        self.excluded = None;
    }

    fn target_columns(&mut self, columns: &[TargetColumn]) {
        self.list(columns, ", ", |writer, column| writer.identifier(&column.name));
    }

    fn assignments(&mut self, assignments: &[(TargetColumn, Expr)]) {
        self.push(" SET ");
        self.list(assignments, ", ", |writer, (column, value)| {
            writer.identifier(&column.name);
            writer.push(" = ");
            writer.expr(value);
        });
    }

    pub(super) fn update(&mut self, update: &Update) {
        self.with(&update.ctes, update.recursive);
        self.push("UPDATE ");
        self.relation(&update.target);
        self.assignments(&update.assignments);
        if !update.from.is_empty() {
            self.push(" FROM ");
            self.list(&update.from, ", ", Self::emit_from_item);
        }
        if let Some(filter) = &update.filter {
            self.push(" WHERE ");
            self.expr(filter);
        }
        self.returning(&update.returning);
    }

    pub(super) fn delete(&mut self, delete: &Delete) {
        self.with(&delete.ctes, delete.recursive);
        self.push("DELETE FROM ");
        self.relation(&delete.target);
        if !delete.using.is_empty() {
            self.push(" USING ");
            self.list(&delete.using, ", ", Self::emit_from_item);
        }
        if let Some(filter) = &delete.filter {
            self.push(" WHERE ");
            self.expr(filter);
        }
        self.returning(&delete.returning);
    }

    pub(super) fn merge(&mut self, merge: &Merge) {
        self.with(&merge.ctes, merge.recursive);
        self.push("MERGE INTO ");
        self.relation(&merge.target);
        self.push(" USING ");
        if let FromItem::Join { .. } = &merge.source {
            self.push("(");
            self.emit_from_item(&merge.source);
            self.push(")");
        } else {
            self.emit_from_item(&merge.source);
        }
        self.push(" ON ");
        self.expr(&merge.on);
        for MergeClause { condition, action } in &merge.clauses {
            self.push(match action {
                MergeAction::Update(_) | MergeAction::Delete | MergeAction::Nothing { matched: true } => {
                    " WHEN MATCHED"
                }
                MergeAction::Insert(_) | MergeAction::Nothing { matched: false } => " WHEN NOT MATCHED",
            });
            if let Some(condition) = condition {
                self.push(" AND ");
                self.expr(condition);
            }
            self.push(" THEN ");
            match action {
                MergeAction::Update(assignments) => {
                    self.push("UPDATE");
                    self.assignments(assignments);
                }
                MergeAction::Delete => self.push("DELETE"),
                MergeAction::Insert(values) => {
                    self.push("INSERT (");
                    self.list(values, ", ", |writer, (column, _)| writer.identifier(&column.name));
                    self.push(") VALUES (");
                    self.list(values, ", ", |writer, (_, value)| writer.expr(value));
                    self.push(")");
                }
                MergeAction::Nothing { matched: _ } => self.push("DO NOTHING"),
            }
        }
    }

    fn returning(&mut self, projections: &[Projection]) {
        if !projections.is_empty() {
            self.push(" RETURNING ");
            self.projections(projections);
        }
    }
}
