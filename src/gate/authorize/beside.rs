//! Several writes in one statement. PostgreSQL shows each of them what there was before the statement, so a row filter that
//! asks another table is checked by what that held before. Were it written by the same statement, a row could be made that
//! is out of its writer's sight when the statement ends, and in somebody else's.

use super::{Check, effects, writes};
use crate::gate::catalog::Oid;
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{FromItem, Node, RelationItem, Statement};
use crate::gate::policy::model::StatementKind;

impl Check<'_> {
    /// No write may change what another's row filter asks.
    pub(super) fn writes_beside(&mut self, statement: &Statement) {
        let writes = statement.writes();
        if writes.len() < 2 {
            return;
        }
        for write in &writes {
            let Some(target) = write.target() else { continue };
            let filter = self.policy.rights(target.relation.oid).and_then(|rights| rights.filter.as_ref());
            // A row that is gone is in nobody's sight.
            let leaves_rows = writes::kinds(write).iter().any(|kind| *kind != StatementKind::Delete);
            let Some(filter) = filter.filter(|_| leaves_rows) else { continue };
            let mut asked: Vec<Oid> = Vec::new();
            filter.condition.walk(&mut |node| {
                if let Node::From(FromItem::Relation(item)) = node {
                    asked.push(item.relation.oid);
                }
            });
            for other in &writes {
                let Some(changed) = other.target().filter(|changed| changed.id != target.id) else { continue };
                if self.changes(other, changed).into_iter().any(|oid| self.catalog.reads_any(asked.clone(), oid)) {
                    let (target, changed) = (&target.relation, changed);
                    let message = format!(
                        "writing `{}` beside `{}`, whose row filter asks what that changes, is not supported",
                        changed.relation.name, target.name
                    );
                    self.violations.push(
                        Rejection::new(Reason::NotSupported, message)
                            .at(changed.origin.0)
                            .by(filter.rules.first().cloned())
                            .help("write them in statements of their own, one after the other"),
                    );
                }
            }
        }
    }

    /// The relations whose rows a write changes, those that foreign keys pass it on to included.
    fn changes(&self, write: &Statement, target: &RelationItem) -> Vec<Oid> {
        let mut changed = vec![target.relation.oid];
        if let Some(relation) = self.catalog.relation(target.relation.oid) {
            for kind in writes::kinds(write) {
                changed.extend(effects::of(self.catalog, self.policy, kind, relation).1);
            }
        }
        changed
    }
}
