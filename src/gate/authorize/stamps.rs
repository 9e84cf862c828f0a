//! What has to be in the executing transaction as it was in the catalog: relations, functions and types by their stamps.

use super::Check;
use crate::gate::catalog::{Oid, TypeKind};
use crate::gate::ir::{Expr, ExprKind, Node};
use crate::gate::policy::types::has_hidden_name;

impl Check<'_> {
    /// What a row filter or mask calls and casts to has to be as it was, like what the statement itself does.
    pub(super) fn policy_expression(&mut self, expression: &Expr) {
        expression.walk(&mut |node| match node {
            Node::Expr(Expr { kind: ExprKind::Call(call), .. }) => {
                call.function.candidates.iter().for_each(|oid| self.function_stamp(*oid));
            }
            Node::Expr(Expr { kind: ExprKind::Cast { to, .. }, .. }) => self.type_stamp(to.oid),
            Node::Expr(_) | Node::Query(_) | Node::Select(_) | Node::From(_) | Node::Target(_) => {}
        });
    }

    pub(super) fn function_stamp(&mut self, oid: Oid) {
        let known = self.authorized.verification.functions.iter().any(|(have, _)| *have == oid);
        if !oid.is_builtin()
            && !known
            && let Some(function) = self.catalog.function(oid)
        {
            self.authorized.opaque_errors = true;
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
            match &one.kind {
                TypeKind::Array { element } => waiting.push(*element),
                TypeKind::Domain { base, .. } => waiting.push(*base),
                TypeKind::Range { subtype } => waiting.push(*subtype),
                TypeKind::Multirange { range } => waiting.push(*range),
                TypeKind::Composite { fields, .. } => waiting.extend(fields.iter().map(|(_, field)| *field)),
                TypeKind::Base | TypeKind::Enum { .. } | TypeKind::Pseudo => {}
            }
        }
    }

    /// A relation that the statement doesn't name and that a cascade reaches: a foreign key or trigger that is new
    /// there would make it reach further.
    pub(super) fn relation_stamp(&mut self, oid: Oid) {
        let known = self.authorized.verification.relations.iter().any(|(have, _)| *have == oid);
        if !known && let Some(relation) = self.catalog.relation(oid) {
            self.authorized.verification.relations.push((oid, relation.stamp.clone()));
        }
    }

    /// Stamps of the statement's relations, and of the types of their columns that aren't built in.
    pub(super) fn foreign_objects(&mut self) {
        let relations: Vec<(Oid, String)> =
            self.authorized.relations.values().map(|used| (used.oid, used.stamp.clone())).collect();
        for (oid, stamp) in relations {
            if !self.authorized.verification.relations.iter().any(|(have, _)| *have == oid) {
                self.authorized.verification.relations.push((oid, stamp));
            }
            let types: Vec<Oid> = self
                .catalog
                .relation(oid)
                .map(|relation| relation.columns.iter().map(|column| column.type_oid).collect())
                .unwrap_or_default();
            for one in types {
                // PostgreSQL's messages name a column's type in full.
                self.authorized.opaque_errors |= has_hidden_name(self.catalog, self.policy.policy(), one);
                self.type_stamp(one);
            }
        }
        self.authorized.verification.relations.sort();
        self.authorized.verification.functions.sort();
        self.authorized.verification.types.sort();
    }
}
