//! INSERT, UPDATE and DELETE as text.

use super::Writer;
use crate::gate::ir::{Conflict, Delete, Expr, Insert, Projection, TargetColumn, Update};

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

    fn returning(&mut self, projections: &[Projection]) {
        if !projections.is_empty() {
            self.push(" RETURNING ");
            self.projections(projections);
        }
    }
}
