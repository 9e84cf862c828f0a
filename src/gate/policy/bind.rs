//! Binding: a policy meets a catalog. Works out the rights on every relation, and finds everything in the policy that
//! doesn't fit the database: missing tables and columns, masks that don't fit a type, filters that don't lower.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::bound::{BoundPolicy, ColumnRights, RelationRights, RowFilter, Visibility};
use super::mask::{is_total, mask_expression};
use super::model::{Access, ColumnEffect, Mask, Policy, TableRule};
use super::tree;
use crate::gate::catalog::{Catalog, Column, Relation, RelationKind};
use crate::gate::diagnostic::Rule;
use crate::gate::ir::{ColumnRef, Expr, ExprKind};
use crate::gate::lower::policy_expression;

/// Something in a policy that doesn't fit the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindError {
    /// The rule at fault.
    pub rule: Rule,
    /// One plain sentence.
    pub message: String,
    /// What to do instead.
    pub help: Option<String>,
}

impl std::fmt::Display for BindError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {} ({})", self.rule.file, self.rule.line, self.message, self.rule.key)?;
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl BoundPolicy {
    /// Binds a policy to a catalog, or tells everything that doesn't fit.
    pub fn bind(policy: Arc<Policy>, catalog: &Catalog) -> Result<BoundPolicy, Vec<BindError>> {
        let mut binder = Binder { policy: &policy, catalog, errors: Vec::new() };
        binder.names();
        let functions = binder.functions();
        let mut relations = HashMap::new();
        for relation in &catalog.parts().relations {
            relations.insert(relation.oid, binder.rights(relation));
        }
        if !binder.errors.is_empty() {
            return Err(binder.errors);
        }
        tree::protect(catalog, &policy, &mut relations, &functions);
        Ok(BoundPolicy { policy, relations, functions })
    }

    /// A policy that knows no relation: what row filters and masks are lowered against.
    pub fn unbound(policy: Arc<Policy>) -> BoundPolicy {
        BoundPolicy { policy, relations: HashMap::new(), functions: HashSet::new() }
    }
}

struct Binder<'a> {
    policy: &'a Arc<Policy>,
    catalog: &'a Catalog,
    errors: Vec<BindError>,
}

impl Binder<'_> {
    fn error(&mut self, rule: &Rule, message: String, help: Option<String>) {
        self.errors.push(BindError { rule: rule.clone(), message, help });
    }

    /// Schemas and tables that the policy names have to exist.
    fn names(&mut self) {
        let policy = Arc::clone(self.policy);
        let known: BTreeSet<&str> = self.catalog.parts().schemas.iter().map(String::as_str).collect();
        for (schema, rule) in &policy.schemas {
            if !known.contains(schema.as_str()) {
                self.error(
                    &rule.access.rule,
                    format!("schema `{schema}` does not exist in database `{}`", self.catalog.parts().database),
                    nearest(schema, known.iter().copied()).map(|name| format!("did you mean `{name}`?")),
                );
            }
        }
        for (schema, name) in policy.tables.keys() {
            if known.contains(schema.as_str()) && self.catalog.relation_named(schema, name).is_none() {
                let names = self.catalog.parts().relations.iter().filter(|relation| relation.schema == *schema);
                let help = nearest(name, names.map(|relation| relation.name.as_str()));
                if let Some(table) = policy.tables.get(&(schema.clone(), name.clone())) {
                    self.error(
                        &table.rule,
                        format!("table `{schema}.{name}` does not exist in the database"),
                        help.map(|name| format!("did you mean `{schema}.{name}`?")),
                    );
                }
            }
        }
        for schema in &policy.search_path {
            if !known.contains(schema.as_str()) {
                let rule = Rule { file: self.file(), line: 1, key: "search_path.schemas".to_owned() };
                self.error(&rule, format!("schema `{schema}` does not exist in the database"), None);
            }
        }
    }

    fn file(&self) -> String {
        let first = self.policy.statements.values().next();
        first.map_or_else(|| self.policy.name.clone(), |rule| rule.file.clone())
    }

    fn functions(&mut self) -> HashSet<crate::gate::catalog::Oid> {
        let policy = Arc::clone(self.policy);
        let mut allowed = HashSet::new();
        for ruled in &policy.functions.allow {
            let (schema, signature) = &ruled.value;
            let name = signature.split('(').next().unwrap_or_default();
            let wanted: String = signature.split_whitespace().collect();
            let found = self.catalog.functions_named(name).find(|function| {
                function.schema == *schema && function.signature().split_whitespace().collect::<String>() == wanted
            });
            match found {
                Some(function) => {
                    allowed.insert(function.oid);
                }
                None => {
                    let have: Vec<String> = self
                        .catalog
                        .functions_named(name)
                        .filter(|function| function.schema == *schema)
                        .map(|function| format!("`{schema}.{}`", function.signature()))
                        .collect();
                    let help = (!have.is_empty()).then(|| format!("the database has {}", have.join(", ")));
                    let message = format!("function `{schema}.{signature}` does not exist in the database");
                    self.error(&ruled.rule, message, help);
                }
            }
        }
        allowed
    }

    /// The rights on one relation by the rules that name it; trees and views come later.
    fn rights(&mut self, relation: &Relation) -> RelationRights {
        let policy = Arc::clone(self.policy);
        let table = policy.tables.get(&(relation.schema.clone(), relation.name.clone()));
        if let Some(table) = table {
            self.columns_exist(relation, table);
        }
        let (visibility, write) = self.access(relation, table);
        let columns = (0..relation.columns.len()).map(|at| self.column_rights(relation, at, table)).collect();
        RelationRights {
            visibility,
            write,
            columns,
            filter: table.and_then(|table| self.row_filter(relation, table)),
            require_where: table.and_then(|table| table.require_where.clone()),
            max_affected_rows: table
                .and_then(|table| table.max_affected_rows.as_ref())
                .map(|ruled| (ruled.value, ruled.rule.clone())),
            side_effects: table.is_some_and(|table| table.side_effects),
        }
    }

    fn access(&self, relation: &Relation, table: Option<&TableRule>) -> (Visibility, Option<Rule>) {
        let hidden = |rule: Option<Rule>| (Visibility::Hidden(rule), None);
        let Some(schema) = self.policy.schemas.get(&relation.schema) else { return hidden(None) };
        if let Some(deny) = schema.deny.iter().find(|glob| glob.value.matches(&relation.name)) {
            return hidden(Some(deny.rule.clone()));
        }
        let access = match (table.map(|table| table.access.as_ref()), schema.access.value) {
            (None, Access::Listed) => return hidden(None),
            (Some(Some(own)), _) => own.clone(),
            (Some(None), Access::Listed) => super::model::Ruled { value: Access::Read, rule: schema.access.rule.clone() },
            (Some(None) | None, Access::Read | Access::Write) => schema.access.clone(),
        };
        match relation.kind {
            RelationKind::Table | RelationKind::PartitionedTable => {}
            RelationKind::View | RelationKind::MaterializedView => {}
            RelationKind::ForeignTable | RelationKind::Sequence if table.is_none() => return hidden(None),
            RelationKind::ForeignTable => {
                return (Visibility::Unsupported("a foreign table can't be read yet".to_owned()), None);
            }
            RelationKind::Sequence => {
                return (Visibility::Unsupported("a sequence can't be read yet".to_owned()), None);
            }
        }
        let write = (access.value == Access::Write).then(|| access.rule.clone());
        (Visibility::Readable, write)
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
                self.error(
                    rule,
                    format!("column `{name}` does not exist in `{}.{}`", relation.schema, relation.name),
                    nearest(name, columns).map(|name| format!("did you mean `{name}`?")),
                );
            }
        }
    }

    fn column_rights(&mut self, relation: &Relation, at: usize, table: Option<&TableRule>) -> ColumnRights {
        let Some(column) = relation.columns.get(at) else { return ColumnRights::Denied(None) };
        let policy = Arc::clone(self.policy);
        if let Some(denied) =
            table.and_then(|table| table.deny_columns.iter().find(|denied| denied.value == column.name))
        {
            return ColumnRights::Denied(Some(denied.rule.clone()));
        }
        let mut masks: Vec<(&Mask, &Rule)> = Vec::new();
        for rule in policy.columns.iter().filter(|rule| fits(rule, relation, column)) {
            match &rule.effect {
                ColumnEffect::Deny => return ColumnRights::Denied(Some(rule.rule.clone())),
                ColumnEffect::Mask(mask) => masks.push((mask, &rule.rule)),
            }
        }
        if let Some(allowed) = table.and_then(|table| table.columns.as_ref())
            && !allowed.value.contains(&column.name)
        {
            return ColumnRights::Denied(Some(allowed.rule.clone()));
        }
        if let Some(mask) = table.and_then(|table| table.masks.get(&column.name)) {
            masks.insert(0, (&mask.value, &mask.rule));
        }
        if let Some((first, first_rule)) = masks.first() {
            if let Some((_, other)) = masks.iter().find(|(mask, _)| mask != first) {
                let message = format!(
                    "column `{}` of `{}.{}` has two different masks",
                    column.name, relation.schema, relation.name
                );
                self.error(other, message, Some(format!("the other one is at {first_rule}")));
            }
            return self.masked(relation, at, column, first, first_rule);
        }
        match self.catalog.governed(column.type_oid) {
            Ok(()) => ColumnRights::Open,
            Err(why) => ColumnRights::Ungoverned(format!("type `{}`: {why}", column.type_name)),
        }
    }

    fn masked(&mut self, relation: &Relation, at: usize, column: &Column, mask: &Mask, rule: &Rule) -> ColumnRights {
        // Even NULL is cast to the declared type, so a type that can't be cast to can't be masked.
        if let Err(why) = self.catalog.governed(column.type_oid) {
            return ColumnRights::Ungoverned(format!("type `{}`: {why}", column.type_name));
        }
        let column_ref = Expr::new(ExprKind::Column(ColumnRef {
            item: BoundPolicy::SELF,
            column: at as u32,
            name: Some(column.name.clone()),
        }))
        .typed(Some(column.type_oid));
        let expression = match mask {
            Mask::Sql(sql) => self.sql_mask(relation, column, sql),
            other => mask_expression(other, column, column_ref, self.catalog),
        };
        match expression {
            Ok(expr) => ColumnRights::Masked { mask: expr, name: mask.name(), rule: rule.clone() },
            Err(why) => {
                let message =
                    format!("mask on `{}.{}.{}`: {why}", relation.schema, relation.name, column.name);
                self.error(rule, message, None);
                ColumnRights::Denied(Some(rule.clone()))
            }
        }
    }

    fn sql_mask(&self, relation: &Relation, column: &Column, sql: &str) -> Result<Expr, String> {
        let expr = policy_expression(self.catalog, self.policy, relation, sql).map_err(|why| why.message)?;
        is_total(&expr)?;
        super::mask::cast_to_column(expr, column, self.catalog)
    }

    fn row_filter(&mut self, relation: &Relation, table: &TableRule) -> Option<RowFilter> {
        let mut conditions = Vec::new();
        let mut rules = Vec::new();
        for ruled in &table.rows {
            match policy_expression(self.catalog, self.policy, relation, &ruled.value) {
                Ok(condition) => {
                    conditions.push(condition);
                    rules.push(ruled.rule.clone());
                }
                Err(why) => self.error(&ruled.rule, format!("row filter: {}", why.message), why.help),
            }
        }
        let condition = match conditions.len() {
            0 => return None,
            1 => conditions.pop()?,
            _ => Expr::new(ExprKind::And(conditions)),
        };
        Some(RowFilter { condition, rules })
    }
}

fn fits(rule: &super::model::ColumnRule, relation: &Relation, column: &Column) -> bool {
    rule.schema.as_ref().is_none_or(|schema| schema.matches(&relation.schema))
        && rule.table.matches(&relation.name)
        && rule.column.matches(&column.name)
}

/// The name with the smallest edit distance, if it is near enough to be a typing error.
pub(crate) fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let limit = (wanted.chars().count() / 3).clamp(1, 3);
    names
        .map(|name| (distance(wanted, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for (j, r) in right.iter().enumerate() {
            let replace = row.get(j).copied().unwrap_or(usize::MAX - 1) + usize::from(l != *r);
            let delete = row.get(j + 1).copied().unwrap_or(usize::MAX - 1) + 1;
            let insert = next.get(j).copied().unwrap_or(usize::MAX - 1) + 1;
            next.push(replace.min(delete).min(insert));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_a_typing_error_away() {
        assert_eq!(nearest("custmers", ["customers", "orders"].into_iter()), Some("customers"));
        assert_eq!(nearest("salary", ["customers", "orders"].into_iter()), None);
    }
}
