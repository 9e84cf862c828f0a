//! Whether a WHERE really restricts the rows of a write's target: what `require_where` asks for.

use crate::gate::ir::{Expr, ExprKind, ItemId, Node};

/// True if one of the conjuncts compares a column of the target with something that doesn't depend on the target.
/// Constant conditions in any disguise (`true`, `1 = 1`, `id = id`, `id IS NULL OR true`) don't.
pub(super) fn restricts(filter: &Expr, target: ItemId) -> bool {
    match &filter.kind {
        ExprKind::And(all) => all.iter().any(|one| restricts(one, target)),
        // Every alternative has to restrict, or the whole doesn't.
        ExprKind::Or(all) => all.iter().all(|one| restricts(one, target)),
        ExprKind::Operator { symbol, left: Some(left), right } => {
            let comparison = matches!(symbol.as_str(), "=" | "<" | "<=" | ">" | ">=" | "~~" | "~~*" | "@>" | "<@");
            comparison
                && (is_column(left, target) && is_independent(right, target)
                    || is_column(right, target) && is_independent(left, target))
        }
        ExprKind::Between { expr, low, high, negated: false } => {
            is_column(expr, target) && is_independent(low, target) && is_independent(high, target)
        }
        ExprKind::InList { expr, list, negated: false } => {
            is_column(expr, target) && list.iter().all(|one| is_independent(one, target))
        }
        ExprKind::QuantifiedArray { left, symbol, all: false, array } => {
            symbol == "=" && is_column(left, target) && is_independent(array, target)
        }
        ExprKind::InQuery { expr, query, negated: false } => {
            let mut depends = false;
            query.walk(&mut |node| depends |= mentions(node, target));
            is_column(expr, target) && !depends
        }
        ExprKind::Is { expr, negated: false, .. } => is_column(expr, target),
        // A column of type boolean by itself is a comparison with true.
        ExprKind::Column(_) => is_column(filter, target),
        ExprKind::Not(inner) => matches!(inner.kind, ExprKind::Column(_)) && is_column(inner, target),
        _ => false,
    }
}

/// A column of the target, casts looked through.
fn is_column(expr: &Expr, target: ItemId) -> bool {
    match &expr.kind {
        ExprKind::Column(column) => column.item == target,
        ExprKind::Cast { expr, .. } => is_column(expr, target),
        _ => false,
    }
}

fn is_independent(expr: &Expr, target: ItemId) -> bool {
    let mut depends = false;
    expr.walk(&mut |node| depends |= mentions(node, target));
    !depends
}

fn mentions(node: Node<'_>, target: ItemId) -> bool {
    matches!(node, Node::Expr(Expr { kind: ExprKind::Column(column), .. }) if column.item == target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::ir::{ColumnRef, Literal};

    const TARGET: ItemId = ItemId(1);

    fn id() -> Expr {
        Expr::new(ExprKind::Column(ColumnRef { item: TARGET, column: 0, name: Some("id".into()) }))
    }

    fn number(digits: &str) -> Expr {
        Expr::new(ExprKind::Literal(Literal::Number(digits.into())))
    }

    fn equal(left: Expr, right: Expr) -> Expr {
        Expr::new(ExprKind::Operator { symbol: "=".into(), left: Some(left.into()), right: right.into() })
    }

    #[test]
    fn only_a_comparison_with_something_else_restricts() {
        assert!(restricts(&equal(id(), number("1")), TARGET));
        assert!(restricts(&equal(number("1"), id()), TARGET));
        assert!(!restricts(&equal(id(), id()), TARGET));
        assert!(restricts(&id(), TARGET));
        assert!(restricts(&Expr::new(ExprKind::Not(id().into())), TARGET));
        assert!(!restricts(&equal(number("1"), number("1")), TARGET));
        let truth = Expr::new(ExprKind::Literal(Literal::Bool(true)));
        assert!(!restricts(&truth, TARGET));
        assert!(!restricts(&Expr::new(ExprKind::Or(vec![equal(id(), number("1")), truth.clone()])), TARGET));
        assert!(restricts(&Expr::new(ExprKind::And(vec![truth, equal(id(), number("1"))])), TARGET));
    }
}
