//! What has to be in the executing transaction as it was in the catalog: relations, functions, types and trusted extensions
//! by their stamps.

use std::collections::BTreeMap;

use super::Check;
use crate::gate::admit::{RelationAccess, RelationUse};
use crate::gate::catalog::{Oid, Relation, ViewReads};
use crate::gate::ir::{ColumnRef, Expr, ExprKind, FromItem, FunctionColumns, Node};
use crate::gate::policy::BoundPolicy;
use crate::gate::policy::model::StatementKind;
use crate::gate::policy::types::has_hidden_name;
use crate::gate::source::Span;

impl Check<'_> {
    /// What a relation's row filter or mask reads, calls and casts to has to be as it was, like what the statement
    /// itself does.
    pub(super) fn policy_expression(&mut self, expression: &Expr, relation: &Relation) {
        let catalog = self.catalog;
        let mut items = BTreeMap::from([(BoundPolicy::SELF, relation)]);
        let mut columns: Vec<&ColumnRef> = Vec::new();
        expression.walk(&mut |node| match node {
            Node::Expr(Expr { kind: ExprKind::Call(call), .. }) => {
                call.function.candidates.iter().for_each(|oid| self.function_stamp(*oid));
            }
            Node::Expr(Expr { kind: ExprKind::Cast { to, .. }, .. }) => self.type_stamp(to.oid),
            Node::Expr(Expr { kind: ExprKind::Column(column), .. }) => columns.push(column),
            Node::From(FromItem::Relation(item)) => {
                if let Some(read) = catalog.relation(item.relation.oid) {
                    items.insert(item.id, read);
                    self.read_by_the_policy(read);
                }
            }
            Node::From(FromItem::Function { columns: FunctionColumns::Defined(definitions), .. }) => {
                definitions.iter().for_each(|definition| self.type_stamp(definition.to.oid));
            }
            Node::Expr(_) | Node::Query(_) | Node::Select(_) | Node::From(_) | Node::Target(_) => {}
        });
        for column in columns {
            let found = items.get(&column.item).and_then(|relation| relation.columns.get(column.column as usize));
            if let Some(found) = found {
                self.type_stamp(found.type_oid);
            }
        }
    }

    /// A relation that a row filter reads belongs to the statement like one that it names; but nothing of it comes out.
    fn read_by_the_policy(&mut self, relation: &Relation) {
        for one in self.catalog.tree(relation.oid) {
            self.authorized.behind.insert(one.oid);
            self.list(RelationUse {
                oid: one.oid,
                schema: one.schema.clone(),
                name: one.name.clone(),
                access: RelationAccess::Read,
                protected: true,
                open_columns: Vec::new(),
                stamp: one.stamp.clone(),
            });
        }
    }

    /// What a view reads has to be as it was, too, trees with all their descendants; nothing of it is named by the
    /// statement.
    pub(super) fn view(&mut self, reads: &ViewReads) {
        let catalog = self.catalog;
        for relation in reads.relations.iter().flat_map(|oid| catalog.tree(*oid)) {
            self.authorized.behind.insert(relation.oid);
            if self.relation_stamp(relation.oid)
                && let Some(reads) = &relation.view
            {
                self.view(reads);
            }
        }
        reads.functions.iter().for_each(|oid| self.function_stamp(*oid));
        reads.types.iter().for_each(|oid| self.type_stamp(*oid));
    }

    pub(super) fn function_stamp(&mut self, oid: Oid) {
        let known = self.authorized.verification.functions.iter().any(|(have, _)| *have == oid);
        if !oid.is_builtin()
            && !known
            && let Some(function) = self.catalog.function(oid)
        {
            let foreign = !self.catalog.trust().has_function(oid);
            self.authorized.opaque_errors |= foreign;
            self.authorized.verification.foreign_code |= foreign;
            self.authorized.verification.functions.push((oid, function.stamp.clone()));
        }
    }

    /// The type, and the types that it is made of: a new check on a domain doesn't change an array of the domain.
    pub(super) fn type_stamp(&mut self, oid: Oid) {
        let mut waiting = vec![oid];
        while let Some(oid) = waiting.pop() {
            let known = self.authorized.verification.types.iter().any(|(have, _)| *have == oid);
            let Some(one) = self.catalog.type_(oid).filter(|_| !oid.is_builtin() && !known) else { continue };
            self.authorized.verification.types.push((oid, one.stamp.clone()));
            waiting.extend(one.parts());
        }
    }

    /// A relation that the statement doesn't name: a view reads it, or a cascade reaches it, and a foreign key or trigger
    /// that is new there would make it reach further. Whether it is one more.
    pub(super) fn relation_stamp(&mut self, oid: Oid) -> bool {
        let known = self.authorized.verification.relations.iter().any(|(have, _)| *have == oid);
        match self.catalog.relation(oid).filter(|_| !known) {
            Some(relation) => {
                self.authorized.verification.relations.push((oid, relation.stamp.clone()));
                self.authorized.verification.foreign_code |= relation.row_security
                    || relation.source_stamp.is_some()
                    || self.catalog.is_foreign(&relation.write_calls);
                if let Some(stamp) = &relation.source_stamp {
                    // A foreign server has words of its own.
                    self.authorized.opaque_errors = true;
                    self.authorized.verification.sources.push((oid, stamp.clone()));
                }
                true
            }
            None => false,
        }
    }

    /// The type of a column that the statement uses.
    pub(super) fn column_type(&mut self, relation: &Relation, at: u32) {
        if let Some(column) = relation.columns.get(at as usize) {
            // PostgreSQL's messages and plans name a column's type in full.
            let hidden = has_hidden_name(self.catalog, self.policy.policy(), column.type_oid);
            self.authorized.opaque_errors |= hidden;
            if hidden && matches!(self.authorized.kind, StatementKind::Explain | StatementKind::ExplainAnalyze) {
                self.only_the_shape(&format!("what uses column `{}`", column.name), Span::default());
            }
            self.type_stamp(column.type_oid);
        }
    }

    /// Stamps of the statement's relations. A write also checks the columns that it doesn't name, in its target and in
    /// what cascades reach: a domain's checks hold for the null, default or key that goes in there.
    pub(super) fn foreign_objects(&mut self) {
        let relations: Vec<Oid> = self.authorized.relations.keys().copied().collect();
        for oid in relations {
            self.relation_stamp(oid);
        }
        if self.authorized.kind.writes() {
            let catalog = self.catalog;
            let stamped = self.authorized.verification.relations.iter();
            let written: Vec<&Relation> = stamped.filter_map(|(oid, _)| catalog.relation(*oid)).collect();
            for relation in &written {
                (0..).zip(&relation.columns).for_each(|(at, _)| self.column_type(relation, at));
            }
            self.authorized.verification.indexes =
                written.iter().map(|one| (one.oid, one.index_stamp.clone())).collect();
        }
        // Any operator may be one of a trusted extension's.
        let trust = self.catalog.trust();
        self.authorized.verification.search_path = trust.search_path();
        let stamps = trust.extensions().iter().map(|one| (one.oid, one.stamp.clone()));
        self.authorized.verification.extensions = stamps.collect();
        self.authorized.verification.relations.sort();
        self.authorized.verification.indexes.sort();
        self.authorized.verification.sources.sort();
        self.authorized.verification.functions.sort();
        self.authorized.verification.types.sort();
    }
}

#[cfg(test)]
mod tests {
    use crate::gate::admit::{Submission, admit};
    use crate::gate::check::World;

    /// The names of the types that the statement's transaction verifies.
    fn verified(world: &World, policy: &str, text: &str) -> Vec<String> {
        let submission = Submission::Sql { text: text.to_owned(), parameters: Vec::new() };
        let (_, policy) = world.policies().into_iter().find(|(name, _)| *name == policy).unwrap();
        let admitted = admit(&world.catalog, policy, &world.principal, &submission).unwrap();
        let types = &admitted.verification().types;
        types.iter().filter_map(|(oid, _)| world.catalog.type_(*oid)).map(|one| one.name.clone()).collect()
    }

    #[test]
    fn a_read_verifies_the_types_of_the_columns_that_it_uses() {
        let world = World::new();
        assert_eq!(verified(&world, "open", "SELECT id FROM sales.customers"), [""; 0]);
        assert_eq!(verified(&world, "open", "SELECT email FROM sales.customers"), ["email_address"]);
        assert_eq!(verified(&world, "open", "SELECT id FROM sales.customers ORDER BY email"), ["email_address"]);
        assert_eq!(verified(&world, "protected", "SELECT email FROM sales.customers"), ["email_address"]);
    }
}
