//! What a plan may tell. PostgreSQL's own text names, counts and compares what it reads, so of a plan that reads anything
//! restricted only the shape leaves: see [`PlanShape`].

use std::collections::{BTreeMap, BTreeSet};

use super::{Authorized, Check};
use crate::gate::catalog::{Catalog, Oid, Relation, RelationKind};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{ExplainFormat, FromItem, Node, Statement, walk};
use crate::gate::plan::PlanShape;
use crate::gate::policy::model::StatementKind;
use crate::gate::policy::types::has_hidden_name;
use crate::gate::policy::{BoundPolicy, RelationRights, Visibility};
use crate::gate::source::Span;

impl Check<'_> {
    /// A relation whose reading is explained.
    pub(super) fn explained(&mut self, relation: &Relation, place: Span) {
        if self.reads_foreign(relation) {
            self.violations.push(
                Rejection::new(
                    Reason::NotYetSupported,
                    format!("EXPLAIN of `{}.{}` is not supported yet", relation.schema, relation.name),
                )
                .at(place)
                .help("it reads a foreign table, whose source a plan would tell; run the query without EXPLAIN"),
            );
        } else if !self.plan_is_open(relation) {
            self.only_the_shape(&format!("`{}.{}`", relation.schema, relation.name), place);
        }
    }

    /// Of a plan with this in it only the shape may leave; nothing is run that would be counted.
    pub(super) fn only_the_shape(&mut self, what: &str, place: Span) {
        self.authorized.only_shape = true;
        if self.authorized.kind == StatementKind::ExplainAnalyze {
            self.violations.push(
                Rejection::new(Reason::NotSupported, format!("EXPLAIN ANALYZE of {what} is not supported"))
                    .at(place)
                    .help("it would count what the policy restricts; EXPLAIN shows the plan's shape"),
            );
        }
    }

    /// Whether the relation, or what a view behind it reads, has its rows from elsewhere.
    fn reads_foreign(&self, relation: &Relation) -> bool {
        self.catalog.read_by_plan(relation.oid).iter().any(|one| one.kind == RelationKind::ForeignTable)
    }

    /// Whether a plan that reads the relation names and counts only what the principal may see whole: PostgreSQL
    /// explains a view by what it reads, and a tree by its children.
    pub(super) fn plan_is_open(&self, relation: &Relation) -> bool {
        let is_hidden = |oid: Oid| has_hidden_name(self.catalog, self.policy.policy(), oid);
        self.catalog.read_by_plan(relation.oid).into_iter().all(|one| {
            // The plan of a foreign table tells of its source: a file's name, another database's tables.
            let foreign = one.kind == RelationKind::ForeignTable;
            // That of a table with row-level security counts the rows that are hidden, and quotes their conditions.
            if foreign || one.row_security || self.policy.rights(one.oid).is_none_or(RelationRights::is_protected) {
                return false;
            }
            // What a view does with a column isn't known.
            if relation.view.is_some() && one.columns.iter().any(|column| is_hidden(column.type_oid)) {
                return false;
            }
            if one.kind != RelationKind::View {
                return true;
            }
            let Some(reads) = &one.view else { return false };
            let all_held = reads.relations.iter().all(|read| self.catalog.relation(*read).is_some());
            let types_open = !reads.types.iter().copied().any(is_hidden);
            // A function in SQL is explained by its body.
            all_held && types_open && reads.functions.iter().all(|function| function.is_builtin())
        })
    }
}

/// What may leave of the plan, if not all of it.
pub fn plan_shape(
    statement: &Statement,
    authorized: &Authorized,
    catalog: &Catalog,
    policy: &BoundPolicy,
) -> Option<PlanShape> {
    let Statement::Explain(explain) = statement else { return None };
    if !authorized.only_shape {
        return None;
    }
    let mut named: BTreeSet<Oid> = BTreeSet::new();
    walk(statement, &mut |node| {
        if let Node::From(FromItem::Relation(item)) = node {
            named.extend(catalog.tree(item.relation.oid).iter().map(|one| one.oid));
        }
    });
    let mut relations = BTreeMap::new();
    for oid in named.difference(&authorized.behind) {
        let Some((relation, rights)) = catalog.relation(*oid).zip(policy.rights(*oid)) else { continue };
        if rights.visibility == Visibility::Readable {
            relations.insert((relation.schema.clone(), relation.name.clone()), open_indexes(relation, rights));
        }
    }
    Some(PlanShape { text: explain.format == ExplainFormat::Text, relations })
}

/// The indexes that are known and whose columns the principal sees, all of them.
fn open_indexes(relation: &Relation, rights: &RelationRights) -> BTreeSet<String> {
    let visible = |number: &i16| {
        let at = relation.columns.iter().position(|column| column.number == *number);
        at.is_some_and(|at| rights.column_visible(at))
    };
    let keys = relation.primary_key.iter().chain(&relation.unique_keys);
    keys.filter(|key| key.columns.iter().all(visible)).map(|key| key.name.clone()).collect()
}
