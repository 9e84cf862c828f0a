//! The rules on a write's target.

use super::{Check, effects, is_open, restriction};
use crate::gate::catalog::{Relation, RelationKind};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{RelationItem, Statement, TargetColumn};
use crate::gate::policy::RelationRights;

impl Check<'_> {
    /// The rules on a write's target.
    pub(super) fn write(&mut self, statement: &Statement) {
        let (target, set, filter, filtered_kind) = match statement {
            Statement::Query(_) | Statement::Explain(_) => return,
            Statement::Insert(insert) => (&insert.target, insert.columns.iter().collect(), None, false),
            Statement::Update(update) => {
                let set: Vec<&TargetColumn> = update.assignments.iter().map(|(column, _)| column).collect();
                (&update.target, set, update.filter.as_ref(), true)
            }
            Statement::Delete(delete) => (&delete.target, Vec::new(), delete.filter.as_ref(), true),
        };
        let found = self.catalog.relation(target.relation.oid).zip(self.policy.rights(target.relation.oid));
        let Some((relation, rights)) = found else { return };
        if let Err(violation) = self.writable(target, relation, rights) {
            self.violations.push(violation);
        }
        for column in set {
            if !is_open(rights, column.column as usize) {
                self.violations.push(
                    Rejection::new(Reason::UnknownColumn, format!("column `{}` does not exist", column.name))
                        .at(column.origin.0),
                );
            }
        }
        if filtered_kind
            && let Some(rule) = &rights.require_where
            && !filter.is_some_and(|filter| restriction::restricts(filter, target.id))
        {
            self.violations.push(
                Rejection::new(
                    Reason::WhereRequired,
                    format!("writing `{}.{}` needs a WHERE that restricts its rows", relation.schema, relation.name),
                )
                .at(target.origin.0)
                .by(Some(rule.clone()))
                .help("compare a column of the table with a value, as in `WHERE id = $1`"),
            );
        }
        self.authorized.max_affected_rows.clone_from(&rights.max_affected_rows);
    }

    fn writable(
        &mut self,
        target: &RelationItem,
        relation: &Relation,
        rights: &RelationRights,
    ) -> Result<(), Rejection> {
        let name = format!("{}.{}", relation.schema, relation.name);
        let place = target.origin.0;
        if rights.write.is_none() {
            return Err(Rejection::new(Reason::WriteNotAllowed, format!("writing `{name}` is not allowed"))
                .at(place)
                .help("the policy gives read access to it only"));
        }
        if rights.is_protected() {
            return Err(Rejection::new(
                Reason::NotYetSupported,
                format!("writing `{name}`, of which the policy restricts rows or columns, is not supported yet"),
            )
            .at(place));
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
        let (effects, reached) = effects::of(self.catalog, self.policy, self.authorized.kind, relation);
        for oid in reached {
            self.relation_stamp(oid);
        }
        if !effects.is_empty() && !rights.side_effects {
            return Err(Rejection::new(
                Reason::SideEffects,
                format!("writing `{name}` would also run {}", effects.join(", ")),
            )
            .at(place)
            .help("the policy's author can allow this with `side_effects = true` on the table"));
        }
        Ok(())
    }
}
