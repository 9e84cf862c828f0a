//! The rules on a write's target.

use super::restriction::{self, Restriction};
use super::source::Sources;
use super::{Check, effects, is_open, together};
use crate::gate::catalog::{Relation, RelationKind};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{
    ColumnRef, Conflict, ConflictUpdate, Expr, FromItem, Merge, MergeAction, RelationItem, Statement, TargetColumn,
};
use crate::gate::policy::model::StatementKind;
use crate::gate::policy::{ColumnRights, RelationRights};
use crate::gate::source::Span;

/// What a statement writes.
struct Written<'s> {
    target: &'s RelationItem,
    /// The columns that it sets or looks for conflicts by.
    columns: Vec<&'s TargetColumn>,
    /// What happens to rows.
    kinds: Vec<StatementKind>,
    /// Its WHERE, if its kind has one.
    restricted_by: Option<Option<&'s Expr>>,
    /// What stands beside the target.
    from: Vec<&'s FromItem>,
}

/// What happens to rows of a write's target.
pub(super) fn kinds(statement: &Statement) -> Vec<StatementKind> {
    Written::of(statement).map(|written| written.kinds).unwrap_or_default()
}

impl<'s> Written<'s> {
    fn of(statement: &'s Statement) -> Option<Self> {
        match statement {
            Statement::Query(_) | Statement::Explain(_) => None,
            Statement::Insert(insert) => {
                let mut columns: Vec<&TargetColumn> = insert.columns.iter().collect();
                let mut kinds = vec![StatementKind::Insert];
                if let Some(Conflict { arbiter, update }) = &insert.conflict {
                    columns.extend(arbiter);
                    if let Some(ConflictUpdate { assignments, .. }) = update {
                        columns.extend(assignments.iter().map(|(column, _)| column));
                        kinds.push(StatementKind::Update);
                    }
                }
                Some(Self { target: &insert.target, columns, kinds, restricted_by: None, from: Vec::new() })
            }
            Statement::Update(update) => Some(Self {
                target: &update.target,
                columns: update.assignments.iter().map(|(column, _)| column).collect(),
                kinds: vec![StatementKind::Update],
                restricted_by: Some(update.filter.as_ref()),
                from: update.from.iter().collect(),
            }),
            Statement::Merge(merge) => Some(Self::of_merge(merge)),
            Statement::Delete(delete) => Some(Self {
                target: &delete.target,
                columns: Vec::new(),
                kinds: vec![StatementKind::Delete],
                restricted_by: Some(delete.filter.as_ref()),
                from: delete.using.iter().collect(),
            }),
        }
    }

    fn of_merge(merge: &'s Merge) -> Self {
        let mut written = Self {
            target: &merge.target,
            columns: Vec::new(),
            kinds: Vec::new(),
            restricted_by: None,
            from: vec![&merge.source],
        };
        for clause in &merge.clauses {
            let kind = match &clause.action {
                MergeAction::Nothing { matched: _ } => continue,
                MergeAction::Insert(values) => {
                    written.columns.extend(values.iter().map(|(column, _)| column));
                    StatementKind::Insert
                }
                MergeAction::Update(assignments) => {
                    written.columns.extend(assignments.iter().map(|(column, _)| column));
                    StatementKind::Update
                }
                MergeAction::Delete => StatementKind::Delete,
            };
            if kind != StatementKind::Insert {
                written.restricted_by = Some(Some(&merge.on));
            }
            written.kinds.push(kind);
        }
        written
    }
}

impl Check<'_> {
    /// The rules on a write's target.
    pub(super) fn write(&mut self, statement: &Statement) {
        let Some(written) = Written::of(statement) else { return };
        let target = written.target;
        let sources = Sources::of(self.catalog, statement, target.relation.oid);
        let restriction = Restriction {
            target,
            from: written.from.clone(),
            sources: &sources,
            catalog: self.catalog,
            values: self.values,
        };
        let found = self.catalog.relation(target.relation.oid).zip(self.policy.rights(target.relation.oid));
        let Some((relation, rights)) = found else { return };
        if let Err(violation) = self.writable(relation, rights, &written) {
            self.violations.push(violation);
        }
        if let (Statement::Merge(_), Some(filter)) = (statement, &rights.filter) {
            self.violations.push(
                Rejection::new(
                    Reason::NotSupported,
                    format!(
                        "MERGE into `{}.{}`, whose rows are filtered, is not supported",
                        relation.schema, relation.name
                    ),
                )
                .at(target.origin.0)
                .by(filter.rules.first().cloned())
                .help("write INSERT … ON CONFLICT DO UPDATE, or UPDATE … FROM and INSERT … SELECT"),
            );
        }
        for column in written.columns {
            match rights.columns.get(column.column as usize) {
                Some(ColumnRights::Open) => {}
                Some(ColumnRights::Masked { .. }) => {
                    self.violations.push(masked(&column.name, column.origin.0, "written or looked for by ON CONFLICT"));
                }
                Some(ColumnRights::Denied(_) | ColumnRights::Ungoverned(_)) | None => self.violations.push(
                    Rejection::new(Reason::UnknownColumn, format!("column `{}` does not exist", column.name))
                        .at(column.origin.0),
                ),
            }
        }
        if let Some(filter) = written.restricted_by
            && let Some(rule) = &rights.require_where
            && !filter.is_some_and(|filter| restriction.restricts(filter))
        {
            self.violations.push(
                Rejection::new(
                    Reason::WhereRequired,
                    format!("writing `{}.{}` needs a WHERE that restricts its rows", relation.schema, relation.name),
                )
                .at(target.origin.0)
                .by(Some(rule.clone()))
                .help(restriction::HELP),
            );
        }
        self.confirm = self.confirm.take().or_else(|| rights.confirm.clone());
        self.authorized.max_affected_rows.push(rights.max_affected_rows.clone());
    }

    /// A column of a write's target, or of the row that it proposes. There is no derived table between the statement
    /// and them, so there is no mask either: the statement can do without the column, or isn't admitted.
    pub(super) fn column_of_target(&mut self, column: &ColumnRef, span: Span, rights: &RelationRights) {
        if !is_open(rights, column.column as usize) {
            let name = column.name.as_deref().unwrap_or("?");
            self.violations.push(masked(name, span, "used by a statement that writes its table"));
        }
    }

    fn writable(
        &mut self,
        relation: &Relation,
        rights: &RelationRights,
        written: &Written<'_>,
    ) -> Result<(), Rejection> {
        let name = format!("{}.{}", relation.schema, relation.name);
        let place = written.target.origin.0;
        if rights.write.is_none() {
            return Err(Rejection::new(Reason::WriteNotAllowed, format!("writing `{name}` is not allowed"))
                .at(place)
                .help("the policy gives read access to it only"));
        }
        match relation.kind {
            RelationKind::Table | RelationKind::PartitionedTable => {}
            RelationKind::View
            | RelationKind::MaterializedView
            | RelationKind::ForeignTable
            | RelationKind::Sequence => {
                return Err(Rejection::new(
                    Reason::NotYetSupported,
                    format!("writing `{name}`, which is not a table, is not supported yet"),
                )
                .at(place));
            }
        }
        if self.catalog.tree(relation.oid).iter().any(|one| one.kind == RelationKind::ForeignTable) {
            return Err(Rejection::new(
                Reason::NotYetSupported,
                format!("writing `{name}`, of which a partition or child is a foreign table, is not supported yet"),
            )
            .at(place));
        }
        let mut all = Vec::new();
        for kind in &written.kinds {
            let (effects, reached) = effects::of(self.catalog, self.policy, *kind, relation);
            for oid in reached {
                // Deleting here would delete there, unconfirmed.
                let theirs = self.policy.rights(oid).and_then(|rights| rights.confirm.as_ref());
                self.confirm = self.confirm.take().or_else(|| theirs.cloned());
                self.relation_stamp(oid);
            }
            all.extend(effects);
        }
        self.authorized.verification.foreign_code |= !all.is_empty();
        all.extend(together::with_hidden(
            self.catalog,
            self.policy,
            relation,
            rights,
            &written.kinds,
            &written.columns,
        ));
        all.sort_unstable();
        all.dedup();
        if !all.is_empty() && !rights.side_effects {
            return Err(Rejection::new(
                Reason::SideEffects,
                format!("writing `{name}` would also run {}", all.join(", ")),
            )
            .at(place)
            .help("the policy's author can allow this with `side_effects = true` on the table"));
        }
        Ok(())
    }
}

fn masked(column: &str, span: Span, what: &str) -> Rejection {
    Rejection::new(Reason::WriteNotAllowed, format!("column `{column}` is seen through a mask and can't be {what}"))
        .at(span)
        .help("leave it out; behind RETURNING name the columns instead of `*`")
}
