//! MERGE, as PostgreSQL 15 has it: a table, a source, and what is done with rows that match and rows that don't.

use sqlparser::ast::{self, MergeClauseKind, MergeInsertExpr, MergeInsertKind, MergeUpdateExpr, MergeUpdateKind};

use super::from::refuse_present;
use super::scope::{Reach, ScopeItem};
use super::statement::invalid;
use super::{Lowering, not_supported, not_yet};
use crate::gate::diagnostic::Rejection;
use crate::gate::ir::{Expr, Merge, MergeAction, MergeClause, Statement, TargetColumn};
use crate::gate::policy::model::StatementKind;
use crate::gate::source::Span;

/// The first version with MERGE.
const SINCE: u32 = 150_000;

impl<'a> Lowering<'a> {
    /// MERGE on the innermost level.
    pub(super) fn merge_into(&mut self, merge: &ast::Merge, with: Option<&ast::With>) -> Result<Statement, Rejection> {
        let ast::Merge { merge_token, optimizer_hints, into, table, source, on, clauses, output } = merge;
        let span = self.convert(merge_token.0.span);
        // Where the policy allows no MERGE, that is what is told, whatever the server.
        let is_allowed = self.policy.policy().statements.contains_key(&StatementKind::Merge);
        if is_allowed && self.catalog.server_version() < SINCE {
            return Err(not_supported("MERGE before PostgreSQL 15", span).help("write INSERT … ON CONFLICT DO UPDATE"));
        }
        refuse_present(&[(!optimizer_hints.is_empty(), "an optimizer hint"), (!into, "MERGE without INTO")], span)?;
        if output.is_some() {
            return Err(not_yet("RETURNING of MERGE", span).help("read the rows afterwards"));
        }
        let (ctes, recursive) = with.map(|with| self.with(with)).transpose()?.unwrap_or_default();
        let (target, mut scope) = self.factor_target(table, span)?;
        // The source doesn't see the target.
        scope.reach = Reach::Forbidden;
        self.scope.level_mut().items_mut().push(scope);
        let (source, names) = self.table_factor(source)?;
        self.no_conflict(self.scope.level().items(), &names, span)?;
        self.scope.level_mut().items_mut().extend(names);
        self.scope.level_mut().set_reach(Reach::Open);
        let on = self.expr(on)?;
        let clauses = clauses.iter().map(|clause| self.merge_clause(clause)).collect::<Result<Vec<_>, _>>()?;
        if clauses.is_empty() {
            return Err(invalid("MERGE has no WHEN", span));
        }
        Ok(Statement::Merge(Merge { ctes, recursive, target, source, on, clauses }))
    }

    fn merge_clause(&mut self, clause: &ast::MergeClause) -> Result<MergeClause, Rejection> {
        let ast::MergeClause { when_token, clause_kind, predicate, action } = clause;
        let span = self.convert(when_token.0.span);
        match clause_kind {
            MergeClauseKind::Matched => {
                let condition = predicate.as_ref().map(|one| self.expr(one)).transpose()?;
                let action = match action {
                    ast::MergeAction::Update(update) => MergeAction::Update(self.merge_update(update, span)?),
                    ast::MergeAction::Delete { .. } => MergeAction::Delete,
                    ast::MergeAction::DoNothing { .. } => MergeAction::Nothing { matched: true },
                    ast::MergeAction::Insert(_) => return Err(invalid("INSERT stands behind WHEN NOT MATCHED", span)),
                };
                Ok(MergeClause { condition, action })
            }
            MergeClauseKind::NotMatched | MergeClauseKind::NotMatchedByTarget => {
                let Some(target) = self.take_target() else { return Err(invalid("MERGE has no target", span)) };
                let clause = self.not_matched(predicate.as_ref(), action, &target, span);
                self.scope.level_mut().items_mut().insert(0, target);
                clause
            }
            MergeClauseKind::NotMatchedBySource => Err(not_yet("WHEN NOT MATCHED BY SOURCE", span)
                .help("write an UPDATE or DELETE with NOT EXISTS in its WHERE")),
        }
    }

    /// The target, which is the first item of the level; it is no longer in scope then.
    fn take_target(&mut self) -> Option<ScopeItem<'a>> {
        let items = self.scope.level_mut().items_mut();
        (!items.is_empty()).then(|| items.remove(0))
    }

    /// A clause that sees the source only: there is no row of the target.
    fn not_matched(
        &mut self,
        predicate: Option<&ast::Expr>,
        action: &ast::MergeAction,
        target: &ScopeItem<'a>,
        span: Span,
    ) -> Result<MergeClause, Rejection> {
        let condition = predicate.map(|one| self.expr(one)).transpose()?;
        let action = match action {
            ast::MergeAction::Insert(insert) => MergeAction::Insert(self.merge_insert(insert, target, span)?),
            ast::MergeAction::DoNothing { .. } => MergeAction::Nothing { matched: false },
            ast::MergeAction::Update(_) | ast::MergeAction::Delete { .. } => {
                return Err(invalid("UPDATE and DELETE stand behind WHEN MATCHED", span));
            }
        };
        Ok(MergeClause { condition, action })
    }

    fn merge_update(&mut self, update: &MergeUpdateExpr, span: Span) -> Result<Vec<(TargetColumn, Expr)>, Rejection> {
        let MergeUpdateExpr { update_token: _, kind, update_predicate, delete_predicate } = update;
        refuse_present(
            &[
                (update_predicate.is_some(), "WHERE in UPDATE of MERGE"),
                (delete_predicate.is_some(), "DELETE WHERE in UPDATE of MERGE"),
            ],
            span,
        )?;
        match kind {
            MergeUpdateKind::Set(assignments) => self.assignments(assignments),
            MergeUpdateKind::Wildcard => Err(not_supported("UPDATE * in MERGE", span)),
        }
    }

    fn merge_insert(
        &mut self,
        insert: &MergeInsertExpr,
        target: &ScopeItem<'a>,
        span: Span,
    ) -> Result<Vec<(TargetColumn, Expr)>, Rejection> {
        let MergeInsertExpr { insert_token: _, columns, kind_token: _, kind, insert_predicate } = insert;
        refuse_present(&[(insert_predicate.is_some(), "WHERE in INSERT of MERGE")], span)?;
        let values = match kind {
            MergeInsertKind::Values(values) => values,
            MergeInsertKind::Row => return Err(not_supported("INSERT ROW in MERGE", span)),
            MergeInsertKind::Wildcard => return Err(not_supported("INSERT * in MERGE", span)),
        };
        let mut rows = self.value_rows(values, span, Self::value_or_default)?;
        let (Some(row), true) = (rows.pop(), rows.is_empty()) else {
            return Err(invalid("INSERT of MERGE takes one row of values", span));
        };
        let columns = match columns.as_slice() {
            [] => self.implied_columns(row.len(), target, span)?,
            columns => self.insert_columns(columns, target)?,
        };
        if columns.len() != row.len() {
            return Err(invalid("INSERT of MERGE has other columns than values", span));
        }
        Ok(columns.into_iter().zip(row).collect())
    }
}
