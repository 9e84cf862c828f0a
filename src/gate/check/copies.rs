//! What may stand beside a row filter, said anew: a comparison of a column with constants that can't raise, which the
//! statement also says where it rejects rows of the item.

use std::collections::BTreeSet;

use super::emitted::shown;
use crate::gate::catalog::{Catalog, Oid};
use crate::gate::ir::{
    Delete, Expr, ExprKind, FromItem, ItemId, JoinKind, Literal, Node, RelationItem, Statement, Update, walk,
};

/// Types whose comparisons raise on no value.
const TYPES: &[&str] =
    &["bool", "int2", "int4", "int8", "text", "varchar", "bpchar", "date", "timestamp", "timestamptz", "uuid"];

/// The one column that the copy compares with constants, if it is nothing else.
pub(super) fn compared_column(catalog: &Catalog, item: &RelationItem, copy: &Expr) -> Option<String> {
    let sides: Vec<&Expr> = match &copy.kind {
        ExprKind::Operator { symbol, left: Some(left), right } if is_comparison(symbol) => vec![left, right],
        ExprKind::Between { expr, low, high, negated: false } => vec![expr, low, high],
        ExprKind::InList { expr, list, negated: false } => std::iter::once(expr.as_ref()).chain(list).collect(),
        ExprKind::QuantifiedArray { left, symbol, all: false, array } if is_comparison(symbol) => vec![left, array],
        _ => return None,
    };
    let (columns, constants): (Vec<&Expr>, Vec<&Expr>) =
        sides.into_iter().partition(|one| matches!(one.kind, ExprKind::Column(_)));
    let [Expr { kind: ExprKind::Column(column), .. }] = columns.as_slice() else { return None };
    let relation = catalog.relation(item.relation.oid)?;
    let compared = relation.columns.get(column.column as usize)?;
    let good = column.item == item.id
        && is_listed(catalog, compared.type_oid)
        && constants.iter().all(|one| is_constant(catalog, one));
    good.then(|| compared.name.clone())
}

fn is_comparison(symbol: &str) -> bool {
    matches!(symbol, "=" | "<" | "<=" | ">" | ">=")
}

fn is_listed(catalog: &Catalog, oid: Oid) -> bool {
    catalog.type_(oid).is_some_and(|one| one.oid.is_builtin() && TYPES.contains(&one.name.as_str()))
}

fn is_constant(catalog: &Catalog, expr: &Expr) -> bool {
    let leaf = |expr: &Expr| {
        matches!(
            expr.kind,
            ExprKind::Parameter(_) | ExprKind::Literal(Literal::Bool(_) | Literal::Number(_) | Literal::String(_))
        )
    };
    match &expr.kind {
        ExprKind::Cast { expr, to } => leaf(expr) && is_listed(catalog, to.oid) && to.modifiers.is_empty(),
        ExprKind::Operator { symbol, left: None, right } => {
            symbol == "-" && matches!(right.kind, ExprKind::Literal(Literal::Number(_)))
        }
        _ => leaf(expr),
    }
}

/// The conditions that reject rows of the item before anything else is made of them, as text.
pub(super) fn rejecting(statement: &Statement, item: ItemId) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut add = |condition: &Option<Expr>, from: &[FromItem]| {
        if let Some(condition) = condition
            && from.iter().any(|one| holds(one, item))
        {
            conjuncts(condition, &mut all);
        }
    };
    match statement {
        Statement::Update(Update { from, filter, .. }) => add(filter, from),
        Statement::Delete(Delete { using, filter, .. }) => add(filter, using),
        Statement::Query(_) | Statement::Explain(_) | Statement::Insert(_) => {}
    }
    walk(statement, &mut |node| match node {
        Node::Select(select) => add(&select.filter, &select.from),
        Node::From(FromItem::Join { kind, left, right, on }) => {
            if matches!(kind, JoinKind::Inner | JoinKind::Right) {
                add(on, std::slice::from_ref(left));
            }
            if matches!(kind, JoinKind::Inner | JoinKind::Left) {
                add(on, std::slice::from_ref(right));
            }
        }
        _ => {}
    });
    all
}

fn conjuncts(condition: &Expr, all: &mut BTreeSet<String>) {
    match &condition.kind {
        ExprKind::And(terms) => terms.iter().for_each(|term| conjuncts(term, all)),
        _ => {
            all.insert(shown(condition));
        }
    }
}

fn holds(from: &FromItem, item: ItemId) -> bool {
    match from {
        FromItem::Join { left, right, .. } => holds(left, item) || holds(right, item),
        other => other.id() == Some(item),
    }
}
