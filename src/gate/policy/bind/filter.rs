//! Row filters: lowered, and checked for what PostgreSQL would refuse in a WHERE, so that a mistake is told at start and
//! not with every statement.

use std::collections::BTreeSet;

use super::Binder;
use crate::gate::catalog::{Catalog, FunctionKind, Oid, Relation, TypeKind};
use crate::gate::ir::{Call, Expr, ExprKind, FromItem, ItemId, Literal, Node, Query};
use crate::gate::lower::policy_expression;
use crate::gate::policy::bound::{BoundPolicy, RowFilter};
use crate::gate::policy::mask::ValueClass;
use crate::gate::policy::model::{StatementKind, TableRule};

impl Binder<'_> {
    /// All conditions of the policy on the relation's rows.
    pub(super) fn row_filter(&mut self, relation: &Relation, table: &TableRule) -> Option<RowFilter> {
        let mut conditions: Vec<Expr> = Vec::new();
        let mut rules = Vec::new();
        let (mut items, mut ctes) = (0, 0);
        for ruled in &table.rows {
            let lowered = policy_expression(self.catalog, self.policy, relation, &ruled.value)
                .map_err(|why| (why.message, why.help))
                .and_then(|condition| match is_condition(&condition, self.catalog) {
                    Ok(()) => Ok(condition),
                    Err(why) => Err((why, None)),
                });
            match lowered {
                Ok(mut condition) => {
                    // Each was lowered by itself, so their subqueries have the same numbers.
                    condition.shift(items, ctes, BoundPolicy::SELF);
                    let highest = condition.highest();
                    (items, ctes) = (items.max(highest.0), ctes.max(highest.1));
                    conditions.push(condition);
                    rules.push(ruled.rule.clone());
                }
                Err((why, help)) => self.error(&ruled.rule, format!("the row filter: {why}"), help),
            }
        }
        let condition = match conditions.len() {
            0 => return None,
            1 => conditions.pop()?,
            _ => Expr::new(ExprKind::And(conditions)),
        };
        Some(RowFilter { condition, rules })
    }

    /// A row that was written is checked by its filter as part of the statement that writes it, and what the filter's
    /// subqueries read is as it was before. So they may not read what is written.
    pub(super) fn filter_of_written(&mut self, relation: &Relation, filter: &RowFilter) {
        let writes = [StatementKind::Insert, StatementKind::Update, StatementKind::Delete, StatementKind::Merge];
        if !writes.iter().any(|kind| self.policy.statements.contains_key(kind)) {
            return;
        }
        let mut read: Vec<Oid> = Vec::new();
        filter.condition.walk(&mut |node| {
            if let Node::From(FromItem::Relation(item)) = node {
                read.push(item.relation.oid);
            }
        });
        if let (true, Some(rule)) = (self.catalog.reads_any(read, relation.oid), filter.rules.first()) {
            let message = format!(
                "the row filter of `{}.{}` asks that table itself, which can be written: rows would be checked by what \
                 the table held before the statement",
                relation.schema, relation.name
            );
            let help = "give read access to it only, allow no statement that writes, or ask another table";
            self.error(rule, message, Some(help.to_owned()));
        }
    }
}

/// Whether the expression can stand as a WHERE over its relation, as far as the gate can tell.
fn is_condition(expr: &Expr, catalog: &Catalog) -> Result<(), String> {
    if let Some(oid) = expr.ty.filter(|oid| !matches!(ValueClass::of(*oid, catalog), ValueClass::Bool)) {
        let name = catalog.type_(oid).map_or("another type", |one| one.name.as_str());
        return Err(format!("it is of the type `{name}` and not a condition"));
    }
    let mut outside: BTreeSet<*const Expr> = BTreeSet::new();
    let mut failure = Ok(());
    expr.walk(&mut |node| match node {
        // What stands in a subquery may aggregate the subquery's rows.
        Node::Query(query) => query.walk(&mut |node| {
            if let Node::Expr(inner) = node {
                outside.insert(std::ptr::from_ref(inner));
            }
        }),
        Node::Expr(one) if failure.is_ok() => {
            let in_subquery = outside.contains(&std::ptr::from_ref(one));
            failure = match &one.kind {
                ExprKind::Call(call) => of_rows(call, in_subquery, catalog),
                _ => comparable(one, catalog),
            };
        }
        Node::Expr(_) | Node::Select(_) | Node::From(_) | Node::Target(_) => {}
    });
    failure
}

/// No aggregate, window function or set of rows over the relation itself.
fn of_rows(call: &Call, in_subquery: bool, catalog: &Catalog) -> Result<(), String> {
    let name = &call.function.name;
    let functions = call.function.candidates.iter().filter_map(|oid| catalog.function(*oid));
    let (mut aggregates, mut set) = (call.over.is_some(), false);
    for function in functions {
        aggregates |= matches!(function.kind, FunctionKind::Aggregate | FunctionKind::Window);
        set |= function.returns_set;
    }
    if in_subquery {
        // PostgreSQL takes an aggregate over the row outside alone for one of the query outside.
        return if aggregates && call.over.is_none() && only_outside(call) {
            Err(format!("`{name}` aggregates nothing but the row outside the subquery"))
        } else {
            Ok(())
        };
    }
    if aggregates {
        return Err(format!("`{name}` is an aggregate or window function, which a condition on rows can't have"));
    }
    if set {
        return Err(format!("`{name}` gives several rows, which a condition can't have"));
    }
    Ok(())
}

/// Whether the call's arguments name columns, and only those of the filtered relation.
fn only_outside(call: &Call) -> bool {
    let mut items: BTreeSet<ItemId> = BTreeSet::new();
    let ordered = call.within_group.iter().chain(&call.order_by).filter_map(|one| one.target.expr());
    for expr in call.arguments.iter().chain(call.filter.as_ref()).chain(ordered) {
        expr.walk(&mut |node| {
            if let Node::Expr(Expr { kind: ExprKind::Column(column), .. }) = node {
                items.insert(column.item);
            }
        });
    }
    items.len() == 1 && items.contains(&BoundPolicy::SELF)
}

/// Whether what the expression compares has types that PostgreSQL compares.
fn comparable(expr: &Expr, catalog: &Catalog) -> Result<(), String> {
    let all = |left: &Expr, others: &mut dyn Iterator<Item = &Expr>| -> Result<(), String> {
        let mut others = others.filter(|other| !untyped(left) && !untyped(other));
        others.try_for_each(|other| types_go_together(left.ty, other.ty, catalog))
    };
    match &expr.kind {
        ExprKind::Operator { symbol, left: Some(left), right } if is_comparison(symbol) => {
            all(left, &mut std::iter::once(right.as_ref()))
        }
        ExprKind::IsDistinct { left, right, .. } => all(left, &mut std::iter::once(right.as_ref())),
        ExprKind::Between { expr, low, high, .. } => all(expr, &mut [low.as_ref(), high.as_ref()].into_iter()),
        ExprKind::InList { expr, list, .. } => all(expr, &mut list.iter()),
        ExprKind::InQuery { expr, query, .. } => with_columns(expr, query, catalog),
        ExprKind::QuantifiedQuery { left, symbol, query, .. } if is_comparison(symbol) => {
            with_columns(left, query, catalog)
        }
        ExprKind::QuantifiedArray { left, symbol, array, .. } if is_comparison(symbol) => {
            types_go_together(left.ty, element(array, catalog), catalog)
        }
        _ => Ok(()),
    }
}

fn element(array: &Expr, catalog: &Catalog) -> Option<Oid> {
    match catalog.type_(array.ty?)?.kind {
        TypeKind::Array { element } => Some(element),
        _ => None,
    }
}

/// A value, or each field of a row, beside the columns of a subquery.
fn with_columns(left: &Expr, query: &Query, catalog: &Catalog) -> Result<(), String> {
    let fields = match &left.kind {
        ExprKind::Row(fields) => fields.as_slice(),
        _ => std::slice::from_ref(left),
    };
    let mut pairs = fields.iter().zip(&query.columns).filter(|(field, _)| !untyped(field));
    pairs.try_for_each(|(field, column)| types_go_together(field.ty, column.ty, catalog))
}

fn is_comparison(symbol: &str) -> bool {
    matches!(symbol, "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=")
}

/// A literal that takes the type of the other side.
fn untyped(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::String(_) | Literal::Null))
}

/// Whether some operator compares the two; what isn't known may be anything.
fn types_go_together(left: Option<Oid>, right: Option<Oid>, catalog: &Catalog) -> Result<(), String> {
    let (Some(left), Some(right)) = (left, right) else { return Ok(()) };
    let [one, other] = [left, right].map(|oid| match ValueClass::of(oid, catalog) {
        ValueClass::Integer | ValueClass::Numeric | ValueClass::Float => ValueClass::Numeric,
        other => other,
    });
    let is_array = |oid: Oid| matches!(catalog.type_(oid).map(|one| &one.kind), Some(TypeKind::Array { .. }));
    let fit = match (one, other) {
        (ValueClass::Other, known) | (known, ValueClass::Other) if known != ValueClass::Other => {
            !is_array(left) && !is_array(right)
        }
        (ValueClass::Other, _) | (_, ValueClass::Other) => true,
        (ValueClass::Enum, ValueClass::Enum) => catalog.below_domain(left) == catalog.below_domain(right),
        _ => one == other,
    };
    if fit {
        return Ok(());
    }
    let name = |oid: Oid| catalog.type_(oid).map_or("?", |one| one.name.as_str());
    Err(format!("it compares a value of type `{}` with one of type `{}`", name(left), name(right)))
}

#[cfg(test)]
mod tests;
