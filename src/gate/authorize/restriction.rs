//! Whether a WHERE really restricts the rows of a write's target: what `require_where` asks for. A condition that is
//! true of every row, in whatever disguise, doesn't; one that merely happens to be true of all the rows there are can't
//! be told from one that isn't (for that there is `max_affected_rows`).

use std::collections::BTreeMap;

use crate::gate::catalog::{Catalog, Oid};
use crate::gate::ir::{Expr, ExprKind, IsTest, ItemId, Literal, Node};

/// True if a conjunct compares a column of the target with something that doesn't depend on the target, in a way that
/// some value of the column's type fails.
pub(super) fn restricts(filter: &Expr, target: ItemId, catalog: &Catalog) -> bool {
    match &filter.kind {
        ExprKind::And(all) => all.iter().any(|one| restricts(one, target, catalog)),
        // Every alternative has to restrict, and together they may not leave nothing out.
        ExprKind::Or(all) => all.iter().all(|one| restricts(one, target, catalog)) && !may_cover(all, target),
        ExprKind::Operator { symbol, left: Some(left), right } => match symbol.as_str() {
            "=" => compares(left, right, target) || compares(right, left, target),
            "<" | "<=" => bounds(left, symbol, right, target, catalog) || bounds(right, flip(symbol), left, target, catalog),
            ">" | ">=" => bounds(left, symbol, right, target, catalog) || bounds(right, flip(symbol), left, target, catalog),
            "~~" | "~~*" => is_column(left, target) && is_selective_pattern(right),
            _ => false,
        },
        ExprKind::Between { expr, low, high, negated: false } => {
            let either = |symbol, bound| bounds(expr, symbol, bound, target, catalog);
            is_independent(low, target) && is_independent(high, target) && (either(">=", low) || either("<=", high))
        }
        ExprKind::InList { expr, list, negated: false } => list.iter().all(|one| compares(expr, one, target)),
        ExprKind::QuantifiedArray { left, symbol, all: false, array } => symbol == "=" && compares(left, array, target),
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

/// Whether alternatives on one column may be true of all its values: those below something or above something else, true
/// and false.
fn may_cover(alternatives: &[Expr], target: ItemId) -> bool {
    /// What an alternative leaves in of a column: its low end, its high end, both or neither.
    fn ends(one: &Expr, target: ItemId) -> Option<(u32, bool, bool)> {
        match &one.kind {
            ExprKind::Operator { symbol, left: Some(left), right } => {
                let (column, symbol) = match (column_of(left, target), column_of(right, target)) {
                    (Some(column), None) => (column, symbol.as_str()),
                    (None, Some(column)) => (column, flip(symbol)),
                    (Some(_), Some(_)) | (None, None) => return None,
                };
                Some((column, matches!(symbol, "<" | "<="), matches!(symbol, ">" | ">=")))
            }
            // Of the two values that a boolean has, each is an end.
            ExprKind::Column(_) => Some((column_of(one, target)?, false, true)),
            ExprKind::Not(inner) => Some((column_of(inner, target)?, true, false)),
            ExprKind::Is { expr, test: IsTest::True, .. } => Some((column_of(expr, target)?, false, true)),
            ExprKind::Is { expr, test: IsTest::False, .. } => Some((column_of(expr, target)?, true, false)),
            _ => None,
        }
    }
    let mut covered: BTreeMap<u32, (bool, bool)> = BTreeMap::new();
    for (column, low, high) in alternatives.iter().filter_map(|one| ends(one, target)) {
        let seen = covered.entry(column).or_default();
        *seen = (seen.0 | low, seen.1 | high);
    }
    covered.values().any(|(low, high)| *low && *high)
}

/// Whether it compares a column of the target with something that doesn't depend on the target.
fn compares(column: &Expr, other: &Expr, target: ItemId) -> bool {
    is_column(column, target) && is_independent(other, target)
}

/// Whether it bounds a column of the target by something that isn't the end of the column's type.
fn bounds(column: &Expr, symbol: &str, bound: &Expr, target: ItemId, catalog: &Catalog) -> bool {
    if !compares(column, bound, target) {
        return false;
    }
    let (Some((least, most)), Some(value)) = (range_of(column, catalog), integer(bound)) else { return true };
    match symbol {
        "<" => value <= most,
        "<=" => value < most,
        ">" => value >= least,
        ">=" => value > least,
        _ => false,
    }
}

/// The least and the largest value of an integer type.
fn range_of(column: &Expr, catalog: &Catalog) -> Option<(i128, i128)> {
    let name = |oid: Oid| Some(catalog.type_(catalog.below_domain(oid))?.name.as_str());
    match column.ty.and_then(name)? {
        "int2" => Some((i16::MIN.into(), i16::MAX.into())),
        "int4" => Some((i32::MIN.into(), i32::MAX.into())),
        "int8" => Some((i64::MIN.into(), i64::MAX.into())),
        _ => None,
    }
}

/// The whole number that a constant is; one with a fraction counts as the one below, one out of range as the last.
fn integer(expr: &Expr) -> Option<i128> {
    match &expr.kind {
        ExprKind::Literal(Literal::Number(digits) | Literal::String(digits)) => {
            let digits = digits.trim();
            let (whole, _) = digits.split_once('.').unwrap_or((digits, ""));
            let all_digits = !whole.is_empty() && whole.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
            let sign = if whole.starts_with('-') { i128::MIN } else { i128::MAX };
            all_digits.then(|| whole.parse().unwrap_or(sign))
        }
        ExprKind::Operator { symbol, left: None, right } if symbol == "-" => integer(right).and_then(i128::checked_neg),
        ExprKind::Cast { expr, .. } => integer(expr),
        _ => None,
    }
}

/// Whether a LIKE pattern has a character that a text may lack: what it has beside `%` and `_`. Of a parameter that isn't
/// known.
fn is_selective_pattern(pattern: &Expr) -> bool {
    match &pattern.kind {
        ExprKind::Literal(Literal::String(text)) => text.chars().any(|one| !matches!(one, '%' | '_')),
        ExprKind::Cast { expr, .. } => is_selective_pattern(expr),
        _ => false,
    }
}

/// The comparison with its sides exchanged.
fn flip(symbol: &str) -> &'static str {
    match symbol {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        _ => "=",
    }
}

/// A column of the target, casts looked through.
fn is_column(expr: &Expr, target: ItemId) -> bool {
    column_of(expr, target).is_some()
}

fn column_of(expr: &Expr, target: ItemId) -> Option<u32> {
    match &expr.kind {
        ExprKind::Column(column) => (column.item == target).then_some(column.column),
        ExprKind::Cast { expr, .. } => column_of(expr, target),
        _ => None,
    }
}

fn is_independent(expr: &Expr, target: ItemId) -> bool {
    let mut depends = false;
    expr.walk(&mut |node| depends |= mentions(node, target));
    !depends
}

fn mentions(node: Node<'_>, target: ItemId) -> bool {
    match node {
        Node::Expr(Expr { kind: ExprKind::Column(column), .. }) => column.item == target,
        Node::Expr(Expr { kind: ExprKind::WholeRow { item, fields: _ }, .. }) => *item == target,
        Node::Expr(_) | Node::Query(_) | Node::Select(_) | Node::From(_) | Node::Target(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::gate::admit::{Principal, Submission, admit};
    use crate::gate::catalog::{Catalog, fixture};
    use crate::gate::diagnostic::Reason;
    use crate::gate::policy::{BoundPolicy, Policy};

    const POLICY: &str = r#"version = 1
name = "careful"
[statements]
allow = ["select", "update", "delete"]
[search_path]
schemas = ["scratch"]
[schemas.scratch]
access = "write"
[tables."scratch.notes"]
require_where = true
[schemas.sales]
access = "read"
"#;

    /// Whether `DELETE FROM notes WHERE …` is one that restricts.
    fn restricts(condition: &str) -> bool {
        let catalog = Catalog::new(fixture::with_every_builtin(fixture::parts()));
        let policy = Policy::parse("test.toml", POLICY, &mut |_| Err(String::new())).unwrap();
        let policy = BoundPolicy::bind(Arc::new(policy), &catalog).unwrap_or_else(|errors| panic!("{errors}"));
        let principal = Principal { name: "test".into(), attributes: Default::default() };
        let text = format!("DELETE FROM notes WHERE {condition}");
        let values = condition.matches('$').count();
        let submission = Submission::Sql { text: text.clone(), parameters: vec!["x".into(); values] };
        match admit(&catalog, &policy, &principal, &submission) {
            Ok(_) => true,
            Err(why) if why.reason == Reason::WhereRequired => false,
            Err(why) => panic!("{text}: {why}"),
        }
    }

    #[test]
    fn a_comparison_with_something_else_restricts() {
        for condition in [
            "id = 1",
            "1 = id",
            "id = $1::int8",
            "id IN (1, 2)",
            "id = ANY(ARRAY[1, 2])",
            "score < 5",
            "5 > score",
            "score BETWEEN 1 AND 5",
            "score BETWEEN -2147483648 AND 5",
            "score > -2147483648",
            "title LIKE 'a%'",
            "title ILIKE '%a%'",
            "day < '2024-01-01'",
            "tags IS NULL",
            "id = (SELECT max(id) FROM sales.orders)",
            "id IN (SELECT id FROM notes WHERE score = 1 LIMIT 10)",
            "true AND id = 1",
            "id = 1 OR score = 2",
            "id = 1 OR id = 2 OR id IS NULL",
            "id < 5 OR id = 9",
            "score < 1 OR id > 5",
        ] {
            assert!(restricts(condition), "{condition}");
        }
    }

    #[test]
    fn a_condition_that_is_true_of_every_row_does_not() {
        for condition in [
            "true",
            "NOT false",
            "1 = 1",
            "'a' LIKE 'a'",
            "$1::int = $2::int",
            "id = id",
            "id = id + 0",
            "notes.id = id",
            "id <> 0",
            "NOT id = 0",
            "id IS NOT NULL",
            "id IS NULL OR id IS NOT NULL",
            "id IS NULL OR true",
            "id = 1 OR 1 = 1",
            "id = 1 OR score IS NOT NULL",
            "coalesce(score, 0) >= 0",
            "abs(score) >= 0",
            "length(title) >= 0",
            "CASE WHEN true THEN true END",
            "EXISTS (SELECT 1)",
            "EXISTS (SELECT FROM sales.orders)",
            "(SELECT true)",
            "id = (SELECT notes.id)",
            "id IN (SELECT o.id FROM sales.orders o WHERE o.id = notes.id)",
            "id IN (id, 1)",
            "id = ANY(ARRAY[id])",
            "id BETWEEN id AND 5",
            "id NOT IN (1)",
            "title LIKE '%'",
            "title LIKE '%%'",
            "title ILIKE '_%'",
            "title LIKE $1",
            "title NOT LIKE 'a%'",
            "title ~ ''",
            "title ~ '.*'",
            "tags @> '{}'",
            "'{}' <@ tags",
            "score >= -2147483648",
            "-2147483648 <= score",
            "score <= 2147483647",
            "score < 2147483648",
            "score > -2147483649",
            "score > -99999999999999999999999999",
            "score > '-99999999999999999999999999'::numeric",
            "score BETWEEN -2147483648 AND 2147483647",
            "id >= -9223372036854775808",
            "score < 5 OR score >= 5",
            "score < 5 OR score > 4 OR score IS NULL",
            "5 > score OR 4 < score",
            "score BETWEEN 0 AND 5 OR score IS NULL OR true",
            "score <= 0 OR (id = 1 AND title LIKE 'a%') OR score > 0",
        ] {
            assert!(!restricts(condition), "{condition}");
        }
    }
}
