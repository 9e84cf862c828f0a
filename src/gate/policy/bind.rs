//! Binding: a policy meets a catalog. Works out the rights on every relation, and finds everything in the policy that
//! doesn't fit the database: missing tables and columns, masks that don't fit a type, filters that don't lower.

mod filter;
mod names;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::bound::{BoundPolicy, ColumnRights, RelationRights, Visibility};
use super::error::{Diagnostics, PolicyError};
use super::mask::{cast_to_column, is_total, mask_expression};
use super::matching::{ColumnOpening, RelationOpening};
use super::model::{Mask, Policy, TableRule};
use super::suggest::nearest;
use super::{tree, types};
use crate::gate::catalog::{Catalog, Column, Looks, Oid, Relation, RelationKind};
use crate::gate::diagnostic::Rule;
use crate::gate::ir::{ColumnRef, Expr, ExprKind};
use crate::gate::lower::policy_expression;

impl BoundPolicy {
    /// Binds a policy to a catalog, that of [`Policy::catalog`].
    ///
    /// # Errors
    /// Everything in the policy that doesn't fit the database.
    pub fn bind(policy: Arc<Policy>, catalog: &Catalog) -> Result<BoundPolicy, Diagnostics> {
        let mut binder = Binder { policy: &policy, catalog, errors: Diagnostics::default() };
        binder.names();
        if let Err(error) = policy.check_catalog(catalog) {
            binder.errors.push(error);
        }
        let functions = binder.functions();
        let mut relations = HashMap::new();
        for relation in &catalog.parts().relations {
            relations.insert(relation.oid, binder.rights(relation));
        }
        let errors = binder.errors;
        tree::protect(catalog, &policy, &mut relations, &functions);
        errors.result(BoundPolicy { policy, relations, functions })
    }
}

struct Binder<'a> {
    policy: &'a Policy,
    catalog: &'a Catalog,
    errors: Diagnostics,
}

impl<'a> Binder<'a> {
    fn error(&mut self, rule: &Rule, message: String, help: Option<String>) {
        let error = PolicyError::new(rule.clone(), message);
        self.errors.push(match help {
            Some(help) => error.help(help),
            None => error,
        });
    }

    fn functions(&mut self) -> HashSet<Oid> {
        let policy = self.policy;
        let mut allowed = HashSet::new();
        for ruled in &policy.functions.allow {
            let (schema, signature) = &ruled.value;
            let name = signature.split('(').next().unwrap_or_default();
            let wanted: String = signature.split_whitespace().collect();
            let have = || self.catalog.functions_named(name).filter(|function| function.schema == *schema);
            let found = have().find(|function| function.signature().split_whitespace().collect::<String>() == wanted);
            match found {
                Some(function) => {
                    allowed.insert(function.oid);
                }
                None => {
                    let all: Vec<String> =
                        have().map(|function| format!("`{schema}.{}`", function.signature())).collect();
                    let help = (!all.is_empty()).then(|| format!("the database has {}", all.join(", ")));
                    let message = format!("function `{schema}.{signature}` does not exist in the database");
                    self.error(&ruled.rule, message, help);
                }
            }
        }
        allowed
    }

    /// The rights on one relation by the rules that name it; trees and views come later.
    fn rights(&mut self, relation: &Relation) -> RelationRights {
        let policy = self.policy;
        let table = policy.tables.get(&(relation.schema.clone(), relation.name.clone()));
        if let Some(table) = table {
            self.columns_exist(relation, table);
        }
        let (visibility, write) = self.access(relation);
        let told = self.errors.0.len();
        let mut columns: Vec<_> = (0..relation.columns.len()).map(|at| self.column_rights(relation, at)).collect();
        self.hide_generated(relation, table, &mut columns);
        if table.is_none() && matches!(visibility, Visibility::Hidden(_)) {
            // A mask by a column's name that doesn't fit the column of a relation that nobody sees.
            self.errors.0.truncate(told);
        }
        let filter = table.and_then(|table| self.row_filter(relation, table));
        if let Some(filter) = filter.as_ref().filter(|_| write.is_some()) {
            self.filter_of_written(relation, filter);
        }
        RelationRights {
            visibility,
            write,
            columns,
            filter,
            view_of_hidden: false,
            require_where: table.and_then(|table| table.require_where.clone()),
            max_affected_rows: table
                .and_then(|table| table.max_affected_rows.as_ref())
                .map(|ruled| (ruled.value, ruled.rule.clone())),
            confirm: table.and_then(|table| table.confirm.clone()),
            side_effects: table.is_some_and(|table| table.side_effects),
        }
    }

    fn access(&self, relation: &Relation) -> (Visibility, Option<Rule>) {
        let (write, named) = match self.policy.relation_opening(&relation.schema, &relation.name) {
            RelationOpening::Hidden(rule) => return (Visibility::Hidden(rule.cloned()), None),
            RelationOpening::Open { write, named } => (write, named),
        };
        match relation.kind {
            RelationKind::Table
            | RelationKind::PartitionedTable
            | RelationKind::View
            | RelationKind::MaterializedView => (Visibility::Readable, write.cloned()),
            // Relations of their own: a schema's `access` doesn't cover them.
            RelationKind::ForeignTable | RelationKind::Sequence if !named => (Visibility::Hidden(None), None),
            RelationKind::ForeignTable | RelationKind::Sequence => (Visibility::Readable, write.cloned()),
        }
    }

    fn columns_exist(&mut self, relation: &Relation, table: &TableRule) {
        let mut named: Vec<(&str, &Rule)> = Vec::new();
        if let Some(allowed) = &table.columns {
            named.extend(allowed.value.iter().map(|name| (name.as_str(), &allowed.rule)));
        }
        named.extend(table.deny_columns.iter().map(|ruled| (ruled.value.as_str(), &ruled.rule)));
        named.extend(table.masks.iter().map(|(name, ruled)| (name.as_str(), &ruled.rule)));
        for (name, rule) in named {
            if relation.column(name).is_none() {
                let columns = relation.columns.iter().map(|column| column.name.as_str());
                let help = nearest(name, columns).map(|name| format!("did you mean `{name}`?"));
                let message = format!("column `{name}` does not exist in `{}.{}`", relation.schema, relation.name);
                self.error(rule, message, help);
            }
        }
    }

    fn column_rights(&mut self, relation: &Relation, at: usize) -> ColumnRights {
        let Some(column) = relation.columns.get(at) else { return ColumnRights::Denied(None) };
        let opening = self.policy.column_opening(&relation.schema, &relation.name, &column.name);
        let (mask, rule) = match opening {
            Ok(ColumnOpening::Denied(rule)) => return ColumnRights::Denied(rule.cloned()),
            Ok(ColumnOpening::Open) => {
                return match self.catalog.governed(column.type_oid) {
                    Ok(()) => ColumnRights::Open,
                    Err(why) => ColumnRights::Ungoverned(format!(
                        "type `{}`: {why}",
                        types::told(self.catalog, self.policy, column)
                    )),
                };
            }
            Ok(ColumnOpening::Masked(mask, rule)) => (mask, rule),
            Err(error) => {
                self.errors.push(error);
                return ColumnRights::Denied(None);
            }
        };
        // Even NULL is cast to the declared type, so a type that can't be cast to can't be masked.
        if let Err(why) = self.catalog.governed(column.type_oid) {
            return ColumnRights::Ungoverned(format!(
                "type `{}`: {why}",
                types::told(self.catalog, self.policy, column)
            ));
        }
        match self.mask(relation, at, column, mask) {
            Ok(expr) => ColumnRights::Masked { mask: expr, name: mask.name(), rule: rule.clone() },
            Err(why) => {
                let message = format!("the mask on `{}.{}.{}`: {why}", relation.schema, relation.name, column.name);
                self.error(rule, message, None);
                ColumnRights::Denied(None)
            }
        }
    }

    /// A column that is generated from a hidden or masked one would show it. It doesn't exist, unless the policy names it:
    /// in the list of columns, or by a mask of its own. Children may generate it from other columns than their parent.
    fn hide_generated(&self, relation: &Relation, table: Option<&TableRule>, columns: &mut [ColumnRights]) {
        let hidden: Vec<Option<Option<Rule>>> = columns
            .iter()
            .map(|rights| match rights {
                ColumnRights::Denied(rule) => Some(rule.clone()),
                ColumnRights::Masked { rule, .. } => Some(Some(rule.clone())),
                ColumnRights::Open | ColumnRights::Ungoverned(_) => None,
            })
            .collect();
        let listed =
            |name: &str| table.and_then(|table| table.columns.as_ref()).is_some_and(|list| list.value.contains(name));
        for member in self.catalog.tree(relation.oid) {
            let name_of = |number: i16| member.columns.iter().find(|one| one.number == number).map(|one| &one.name);
            for looks in &member.together {
                let Looks::Generates { column, from } = looks else { continue };
                let Some(name) = name_of(*column).filter(|name| !listed(name)) else { continue };
                let sources = from.iter().filter_map(|number| relation.column(name_of(*number)?));
                let rule = sources.filter_map(|(at, _)| hidden.get(at)?.clone()).next();
                if let (Some(rule), Some((at, _))) = (rule, relation.column(name))
                    && let Some(rights) = columns.get_mut(at)
                    && matches!(rights, ColumnRights::Open)
                {
                    *rights = ColumnRights::Denied(rule);
                }
            }
        }
    }

    fn mask(&self, relation: &Relation, at: usize, column: &Column, mask: &Mask) -> Result<Expr, String> {
        if let Mask::Sql(sql) = mask {
            let expr = policy_expression(self.catalog, self.policy, relation, sql).map_err(|why| why.message)?;
            is_total(&expr, self.catalog)?;
            return cast_to_column(expr, column, self.catalog);
        }
        let column_ref = Expr::new(ExprKind::Column(ColumnRef {
            item: BoundPolicy::SELF,
            column: at as u32,
            name: Some(column.name.clone()),
        }));
        mask_expression(mask, column, column_ref.typed(Some(column.type_oid)), self.catalog)
    }
}
