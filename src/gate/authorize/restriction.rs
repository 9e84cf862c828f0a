//! Whether a WHERE really restricts the rows of a write's target: what `require_where` asks for. A condition that is
//! true of every row, in whatever disguise, doesn't; one that merely happens to be true of all the rows there are can't
//! be told from one that isn't (for that there is `max_affected_rows`).

use std::collections::BTreeMap;

use crate::gate::admit::Values;
use crate::gate::catalog::{Catalog, Oid};
use crate::gate::ir::{Expr, ExprKind, IsTest, ItemId, Literal};

/// What a condition on the rows of a write's target is judged by.
pub(super) struct Restriction<'a> {
    pub target: ItemId,
    pub catalog: &'a Catalog,
    pub values: Values<'a>,
}

impl Restriction<'_> {
    /// True if a conjunct compares a column of the target with something that doesn't depend on the target, in a way
    /// that some value of the column's type fails.
    pub(super) fn restricts(&self, filter: &Expr) -> bool {
        match &filter.kind {
            ExprKind::And(all) => all.iter().any(|one| self.restricts(one)),
            // Every alternative has to restrict, and together they may not leave nothing out.
            ExprKind::Or(all) => all.iter().all(|one| self.restricts(one)) && !self.may_cover(all),
            ExprKind::Operator { symbol, left: Some(left), right } => match symbol.as_str() {
                "=" => self.compares(left, right) || self.compares(right, left),
                "<" | "<=" | ">" | ">=" => self.bounds(left, symbol, right) || self.bounds(right, flip(symbol), left),
                "~~" | "~~*" => self.column(left).is_some() && self.is_selective(right),
                _ => false,
            },
            ExprKind::Between { expr, low, high, negated: false } => {
                let independent = !low.mentions(self.target) && !high.mentions(self.target);
                independent && (self.bounds(expr, ">=", low) || self.bounds(expr, "<=", high))
            }
            ExprKind::InList { expr, list, negated: false } => list.iter().all(|one| self.compares(expr, one)),
            ExprKind::QuantifiedArray { left, symbol, all: false, array } => {
                symbol == "=" && self.compares(left, array)
            }
            ExprKind::InQuery { expr, query, negated: false } => {
                self.column(expr).is_some() && !query.mentions(self.target)
            }
            ExprKind::Is { expr, negated: false, .. } => self.column(expr).is_some(),
            // A column of type boolean by itself is a comparison with true.
            ExprKind::Column(_) => self.column(filter).is_some(),
            ExprKind::Not(inner) => matches!(inner.kind, ExprKind::Column(_)) && self.column(inner).is_some(),
            _ => false,
        }
    }

    /// Whether alternatives on one column may be true of all its values: those below something or above something else,
    /// true and false.
    fn may_cover(&self, alternatives: &[Expr]) -> bool {
        let mut covered: BTreeMap<u32, (bool, bool)> = BTreeMap::new();
        for (column, low, high) in alternatives.iter().filter_map(|one| self.ends(one)) {
            let seen = covered.entry(column).or_default();
            *seen = (seen.0 | low, seen.1 | high);
        }
        covered.values().any(|(low, high)| *low && *high)
    }

    /// The column of an alternative, and whether it leaves in the low or the high end of its values.
    fn ends(&self, one: &Expr) -> Option<(u32, bool, bool)> {
        match &one.kind {
            ExprKind::Operator { symbol, left: Some(left), right } => {
                let (column, symbol) = match (self.column(left), self.column(right)) {
                    (Some(column), None) => (column, symbol.as_str()),
                    (None, Some(column)) => (column, flip(symbol)),
                    (Some(_), Some(_)) | (None, None) => return None,
                };
                Some((column, matches!(symbol, "<" | "<="), matches!(symbol, ">" | ">=")))
            }
            // Of the two values that a boolean has, each is an end.
            ExprKind::Column(_) => Some((self.column(one)?, false, true)),
            ExprKind::Not(inner) => Some((self.column(inner)?, true, false)),
            ExprKind::Is { expr, test: IsTest::True, .. } => Some((self.column(expr)?, false, true)),
            ExprKind::Is { expr, test: IsTest::False, .. } => Some((self.column(expr)?, true, false)),
            _ => None,
        }
    }

    /// Whether it compares a column of the target with something that doesn't depend on the target.
    fn compares(&self, column: &Expr, other: &Expr) -> bool {
        self.column(column).is_some() && !other.mentions(self.target)
    }

    /// Whether it bounds a column of the target by something that isn't the end of the column's type.
    fn bounds(&self, column: &Expr, symbol: &str, bound: &Expr) -> bool {
        // Behind a cast the values have other ends.
        if !matches!(column.kind, ExprKind::Column(_)) || !self.compares(column, bound) {
            return false;
        }
        if self.constant(bound).is_some_and(is_end) || matches!(bound.kind, ExprKind::Literal(Literal::Bool(_))) {
            return false;
        }
        let (Some((least, most)), Some(value)) = (self.range_of(column), self.integer(bound)) else { return true };
        match symbol {
            "<" => value <= most,
            "<=" => value < most,
            ">" => value >= least,
            ">=" => value > least,
            _ => false,
        }
    }

    /// The least and the largest value of an integer type.
    fn range_of(&self, column: &Expr) -> Option<(i128, i128)> {
        let name = |oid: Oid| Some(self.catalog.type_(self.catalog.below_domain(oid))?.name.as_str());
        match column.ty.and_then(name)? {
            "int2" => Some((i16::MIN.into(), i16::MAX.into())),
            "int4" => Some((i32::MIN.into(), i32::MAX.into())),
            "int8" => Some((i64::MIN.into(), i64::MAX.into())),
            _ => None,
        }
    }

    /// The whole number that a constant is; a fraction is cut off, one out of range is the last.
    fn integer(&self, expr: &Expr) -> Option<i128> {
        match &expr.kind {
            ExprKind::Operator { symbol, left: None, right } if symbol == "-" => {
                self.integer(right).and_then(i128::checked_neg)
            }
            _ => {
                let text = self.constant(expr)?.trim();
                let (whole, _) = text.split_once('.').unwrap_or((text, ""));
                let digits = whole.strip_prefix('-').unwrap_or(whole);
                let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                let last = if whole.starts_with('-') { i128::MIN } else { i128::MAX };
                all_digits.then(|| whole.parse().unwrap_or(last))
            }
        }
    }

    /// Whether a LIKE pattern has a character that a text may lack: what it has beside `%` and `_`.
    fn is_selective(&self, pattern: &Expr) -> bool {
        self.constant(pattern).is_some_and(|text| text.chars().any(|one| !matches!(one, '%' | '_')))
    }

    /// The text of a literal or of a parameter whose value is known, casts looked through.
    fn constant<'e>(&'e self, expr: &'e Expr) -> Option<&'e str> {
        match &expr.kind {
            ExprKind::Literal(Literal::Number(text) | Literal::String(text)) => Some(text),
            ExprKind::Parameter(number) => self.values.get(*number),
            ExprKind::Cast { expr, .. } => self.constant(expr),
            _ => None,
        }
    }

    /// The column of the target that it is, casts looked through.
    fn column(&self, expr: &Expr) -> Option<u32> {
        match &expr.kind {
            ExprKind::Column(column) => (column.item == self.target).then_some(column.column),
            ExprKind::Cast { expr, .. } => self.column(expr),
            _ => None,
        }
    }
}

/// Whether a text is what no value of some type is below or above.
fn is_end(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let word = text.trim_start_matches(['-', '+']);
    word.is_empty()
        || matches!(word, "infinity" | "inf" | "nan" | "t" | "true" | "f" | "false")
        || (text.len() >= 32 && text.bytes().all(|byte| matches!(byte, b'0' | b'-')))
        || (text.len() >= 32 && text.bytes().all(|byte| matches!(byte, b'f' | b'-')))
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
            "score::bigint >= -2147483648",
            "title >= ''",
            "day >= '-infinity'",
            "day <= 'Infinity'::date",
            "score::text >= ' '",
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
