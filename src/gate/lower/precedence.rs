//! Whether PostgreSQL would group an expression as the parser did. The parser's precedences differ here and there
//! (`- 2 ^ 2`, `a ~ b || c`, `@ a + b`); where they do, parentheses are asked for, so that nobody gets an answer to
//! another question than the one that was written.

use sqlparser::ast::{BinaryOperator, CastKind, Expr, UnaryOperator};

/// How tightly an operator binds, from PostgreSQL's `gram.y`; higher binds tighter.
type Level = u8;

const OR: Level = 1;
const AND: Level = 2;
const NOT: Level = 3;
const IS: Level = 4;
const COMPARISON: Level = 5;
const BETWEEN_IN_LIKE: Level = 6;
/// Every operator that has no level of its own, prefix or infix.
const OTHER: Level = 8;
const ADD: Level = 9;
const MULTIPLY: Level = 10;
const POWER: Level = 11;
const AT_TIME_ZONE: Level = 12;
const COLLATE: Level = 13;
const SIGN: Level = 14;
const SUBSCRIPT: Level = 15;
const TYPE_CAST: Level = 17;

/// An expression as a parser of operators sees it. What is in parentheses, or a form of its own, is an atom.
enum Shape<'e> {
    Atom,
    Prefix { level: Level, operand: &'e Expr },
    Infix { level: Level, left: &'e Expr, right: &'e Expr },
    Postfix { level: Level, left: &'e Expr },
}

/// Whether PostgreSQL, too, would take these operands for the expression's outermost operator.
pub(super) fn agrees(expr: &Expr) -> bool {
    if let Expr::Like { pattern, escape_char: Some(_), .. }
    | Expr::ILike { pattern, escape_char: Some(_), .. }
    | Expr::SimilarTo { pattern, escape_char: Some(_), .. } = expr
        && !right_agrees(pattern, BETWEEN_IN_LIKE)
    {
        return false;
    }
    match shape(expr) {
        Shape::Atom => true,
        Shape::Prefix { level, operand } => right_agrees(operand, level),
        Shape::Infix { level, left, right } => left_agrees(left, level) && right_agrees(right, level),
        Shape::Postfix { level, left } => left_agrees(left, level),
    }
}

/// Everything at the right edge of a left operand must have ended before the operator came.
fn left_agrees(mut edge: &Expr, level: Level) -> bool {
    loop {
        let (inner, next) = match shape(edge) {
            Shape::Atom | Shape::Postfix { .. } => return true,
            Shape::Prefix { level, operand } => (level, operand),
            Shape::Infix { level, left: _, right } => (level, right),
        };
        if !(inner > level || inner == level && is_left_associative(level)) {
            return false;
        }
        edge = next;
    }
}

/// Everything at the left edge of a right operand must bind tighter than the operator.
fn right_agrees(mut edge: &Expr, level: Level) -> bool {
    loop {
        let (inner, next) = match shape(edge) {
            Shape::Atom | Shape::Prefix { .. } => return true,
            Shape::Infix { level, left, right: _ } | Shape::Postfix { level, left } => (level, left),
        };
        if inner <= level {
            return false;
        }
        edge = next;
    }
}

/// Tests and comparisons don't associate at all: `a = b = c` is an error.
fn is_left_associative(level: Level) -> bool {
    !matches!(level, NOT | IS | COMPARISON | BETWEEN_IN_LIKE)
}

fn shape(expr: &Expr) -> Shape<'_> {
    match expr {
        Expr::BinaryOp { left, op, right } => Shape::Infix { level: infix_level(op), left, right },
        Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
            Shape::Infix { level: IS, left, right }
        }
        Expr::Between { expr, high, .. } => Shape::Infix { level: BETWEEN_IN_LIKE, left: expr, right: high },
        Expr::Like { any: true, expr, .. } | Expr::ILike { any: true, expr, .. } => {
            Shape::Postfix { level: BETWEEN_IN_LIKE, left: expr }
        }
        Expr::Like { expr, pattern, escape_char, .. }
        | Expr::ILike { expr, pattern, escape_char, .. }
        | Expr::SimilarTo { expr, pattern, escape_char, .. } => {
            Shape::Infix { level: BETWEEN_IN_LIKE, left: expr, right: escape_char.as_ref().unwrap_or(pattern) }
        }
        Expr::AtTimeZone { timestamp, time_zone } => {
            Shape::Infix { level: AT_TIME_ZONE, left: timestamp, right: time_zone }
        }
        Expr::UnaryOp { op: UnaryOperator::PGPostfixFactorial, expr } => Shape::Postfix { level: OTHER, left: expr },
        Expr::UnaryOp { op, expr } => Shape::Prefix { level: prefix_level(*op), operand: expr },
        // The parser makes one node of NOT EXISTS.
        Expr::Exists { negated: true, .. } => Shape::Prefix { level: NOT, operand: &ATOM },
        Expr::IsFalse(left)
        | Expr::IsNotFalse(left)
        | Expr::IsTrue(left)
        | Expr::IsNotTrue(left)
        | Expr::IsNull(left)
        | Expr::IsNotNull(left)
        | Expr::IsUnknown(left)
        | Expr::IsNotUnknown(left)
        | Expr::IsJson { expr: left, .. } => Shape::Postfix { level: IS, left },
        Expr::InList { expr, .. } | Expr::InSubquery { expr, .. } => {
            Shape::Postfix { level: BETWEEN_IN_LIKE, left: expr }
        }
        Expr::AnyOp { left, compare_op, .. } | Expr::AllOp { left, compare_op, .. } => {
            Shape::Postfix { level: infix_level(compare_op), left }
        }
        Expr::Cast { kind: CastKind::DoubleColon, expr, .. } => Shape::Postfix { level: TYPE_CAST, left: expr },
        Expr::Collate { expr, .. } => Shape::Postfix { level: COLLATE, left: expr },
        Expr::CompoundFieldAccess { root, .. } => Shape::Postfix { level: SUBSCRIPT, left: root },
        // Forms of their own; and what lowering refuses anyway.
        _ => Shape::Atom,
    }
}

static ATOM: Expr = Expr::Tuple(Vec::new());

fn infix_level(op: &BinaryOperator) -> Level {
    match op {
        BinaryOperator::Or => OR,
        BinaryOperator::And => AND,
        BinaryOperator::Gt
        | BinaryOperator::Lt
        | BinaryOperator::GtEq
        | BinaryOperator::LtEq
        | BinaryOperator::Eq
        | BinaryOperator::NotEq => COMPARISON,
        BinaryOperator::Overlaps => BETWEEN_IN_LIKE,
        BinaryOperator::Plus | BinaryOperator::Minus => ADD,
        BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Modulo => MULTIPLY,
        BinaryOperator::PGExp => POWER,
        _ => OTHER,
    }
}

fn prefix_level(op: UnaryOperator) -> Level {
    match op {
        UnaryOperator::Not => NOT,
        UnaryOperator::Plus | UnaryOperator::Minus => SIGN,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use sqlparser::ast::{SelectItem, SetExpr, Statement};

    use super::*;
    use crate::gate::parse::parse;
    use crate::gate::source::Source;

    /// Whether the outermost expression of `SELECT {text}` is grouped alike.
    fn agree(text: &str) -> bool {
        let text = format!("select {text}");
        let parsed = parse(&Source::new(&text)).unwrap_or_else(|rejection| panic!("{text}: {rejection}"));
        let Statement::Query(query) = parsed.statement else { panic!("{text}") };
        let SetExpr::Select(select) = *query.body else { panic!("{text}") };
        match select.projection.into_iter().next() {
            Some(SelectItem::UnnamedExpr(expr)) => agrees(&expr),
            _ => panic!("{text}"),
        }
    }

    #[test]
    fn groupings_that_postgresql_shares() {
        for text in [
            "a + b * c",
            "a * b + c",
            "- a + b",
            "- a * b",
            "- a::int",
            "(- 2) ^ 2",
            "a || b || c",
            "a -> 'b' ->> 'c'",
            "a ->> 'b' = 'c'",
            "a + b -> c",
            "a = b and c or not d = e",
            "not a = b",
            "not a is null",
            "a = b is null",
            "a is null = b",
            "a is null is null",
            "a like '%' || b || '%'",
            "a like b escape c || d",
            "a not in (1) and b",
            "a between b + 1 and c - 1 and d",
            "a at time zone 'x' - b",
            "a + b at time zone 'x'",
            "a <-> b < 5",
            "a & b = 0",
            "a ~ b = c",
            "a = any(b) and c",
            "a = any (select 1) and c",
            "a = any (((select 1) + 1))",
            "not exists (select 1) and b",
            "a = not b",
            "a * - b + c",
            "a is distinct from b + 1",
            "a collate \"C\" || b",
            "a[1] + b[2]",
            "a in (1) = b in (2)",
        ] {
            assert!(agree(text), "{text}");
        }
    }

    #[test]
    fn groupings_that_postgresql_reads_otherwise_or_refuses() {
        for text in [
            "- 2 ^ 2",
            "- a at time zone 'x'",
            "- a collate \"C\"",
            "@ a + b",
            "a * @ b + c",
            "a ~ b || c",
            "a = b ~ c",
            "a < b < c",
            "a = b = c",
            "a like b like c",
            "a is distinct from b is null",
            "not exists (select 1) = true",
        ] {
            assert!(!agree(text), "{text}");
        }
    }
}
