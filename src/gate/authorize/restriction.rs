//! Whether a WHERE really restricts the rows of a write's target: what `require_where` asks for. It fails closed: a few
//! forms of condition count, each because some value of the column's type makes it false, and nothing else does. A
//! condition that counts may still happen to be true of all the rows there are; for that there is `max_affected_rows`.

use std::collections::BTreeMap;

use super::source::Sources;
use crate::gate::admit::Values;
use crate::gate::catalog::{Catalog, Column, TypeKind};
use crate::gate::ir::{ColumnRef, Expr, ExprKind, FromItem, IsTest, Literal, Query, RelationItem};

/// What would count, for whoever was refused.
pub(super) const HELP: &str = "compare a column of the table as it is: `id = $1`, `id IN (1, 2)`, `id IN (SELECT …)` \
    with a column of another table, `created_at < '2024-01-31'`, `name LIKE 'a%'`, `IS NULL`";

/// What a condition on the rows of a write's target is judged by.
pub(super) struct Restriction<'a> {
    pub target: &'a RelationItem,
    /// What stands beside the target: FROM, USING.
    pub from: Vec<&'a FromItem>,
    pub sources: &'a Sources<'a>,
    pub catalog: &'a Catalog,
    pub values: Values<'a>,
}

/// An alternative that a condition leaves: the values of one column that make it true.
#[derive(Debug, Clone, Copy)]
struct Part {
    column: u32,
    reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Reach {
    /// At most so many values.
    Points(usize),
    /// One side of a value that isn't the end of the type.
    Range,
    /// What a table or list holds: so many values that they aren't counted, but not all of a type.
    Many,
    /// NULL, texts with certain characters: never all values of a type, whatever is added to it.
    Some,
}

impl<'a> Restriction<'a> {
    /// Whether the condition counts.
    pub(super) fn restricts(&self, filter: &Expr) -> bool {
        self.parts(filter).is_some()
    }

    /// The alternatives one of which is true where the condition is; together they leave something out. `None` where
    /// the condition doesn't count.
    fn parts(&self, filter: &Expr) -> Option<Vec<Part>> {
        let one = |column, reach| self.checked(vec![Part { column, reach }]);
        match &filter.kind {
            // One of the conjuncts is enough; points go better with other alternatives than ranges.
            ExprKind::And(all) => all
                .iter()
                .filter_map(|conjunct| self.parts(conjunct))
                .min_by_key(|parts| parts.iter().filter(|part| part.reach == Reach::Range).count()),
            ExprKind::Or(all) => {
                let parts: Option<Vec<Vec<Part>>> = all.iter().map(|one| self.parts(one)).collect();
                self.checked(parts?.concat())
            }
            ExprKind::Operator { symbol, left: Some(left), right } => match symbol.as_str() {
                "=" => self.equal(left, right).or_else(|| self.equal(right, left)),
                "<" | "<=" | ">" | ">=" => {
                    let column =
                        self.bounded(left, symbol, right).or_else(|| self.bounded(right, flip(symbol), left))?;
                    one(column, Reach::Range)
                }
                "~~" | "~~*" => one(self.matched(left, right)?, Reach::Some),
                _ => None,
            },
            ExprKind::IsDistinct { left, right, negated: true } => {
                self.equal(left, right).or_else(|| self.equal(right, left))
            }
            ExprKind::Between { expr, low, high, negated: false } => {
                let column = self.bounded(expr, ">=", low).or_else(|| self.bounded(expr, "<=", high))?;
                one(column, Reach::Range)
            }
            ExprKind::InList { expr, list, negated: false } => self.listed(expr, list),
            ExprKind::QuantifiedArray { left, symbol, all: false, array } if symbol == "=" => self.element(left, array),
            ExprKind::InQuery { expr, query, negated: false } => self.queried(expr, query),
            ExprKind::QuantifiedQuery { left, symbol, all: false, query } if symbol == "=" => self.queried(left, query),
            ExprKind::Is { expr, test, negated: false } => match test {
                IsTest::Null | IsTest::Unknown => one(self.plain(expr)?, Reach::Some),
                IsTest::True | IsTest::False => one(self.plain(expr)?, Reach::Points(1)),
            },
            // A column of type boolean by itself is a comparison with true.
            ExprKind::Column(_) => one(self.plain(filter)?, Reach::Points(1)),
            ExprKind::Not(inner) => one(self.plain(inner)?, Reach::Points(1)),
            _ => None,
        }
    }

    /// The alternatives, unless they may be all values of some column's type.
    fn checked(&self, parts: Vec<Part>) -> Option<Vec<Part>> {
        let mut by_column: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
        for part in &parts {
            let (points, ranges) = by_column.entry(part.column).or_default();
            match part.reach {
                Reach::Points(count) => *points = points.saturating_add(count),
                // Of a type with more values than can be counted only.
                Reach::Many => *points = points.saturating_add(1),
                Reach::Range => *ranges += 1,
                Reach::Some => {}
            }
        }
        // One alternative may be about what another column leaves out.
        let generated = |column: &u32| self.column_of(*column).is_none_or(|found| found.generated);
        if by_column.len() > 1 && by_column.keys().any(generated) {
            return None;
        }
        let leaves_some = by_column.iter().all(|(column, (points, ranges))| match ranges {
            0 => *points < self.size(*column),
            1 => *points == 0,
            _ => false,
        });
        leaves_some.then_some(parts)
    }

    /// `column = value`; rows by their first pair that counts.
    fn equal(&self, left: &Expr, right: &Expr) -> Option<Vec<Part>> {
        if let (ExprKind::Row(left), ExprKind::Row(right)) = (&left.kind, &right.kind) {
            return left.iter().zip(right).find_map(|(left, right)| self.equal(left, right));
        }
        let column = self.seen(left)?;
        if self.is_independent(right) {
            return self.checked(vec![Part { column, reach: Reach::Points(1) }]);
        }
        self.is_column_of_source(right).then_some(())?;
        self.of_many(column)
    }

    /// `column IN (values)`.
    fn listed(&self, left: &Expr, list: &[Expr]) -> Option<Vec<Part>> {
        let each: Option<Vec<Vec<Part>>> = list.iter().map(|one| self.equal(left, one)).collect();
        self.checked(each?.concat())
    }

    /// `column = ANY (array)`.
    fn element(&self, left: &Expr, array: &Expr) -> Option<Vec<Part>> {
        match &array.kind {
            ExprKind::Array(list) => self.listed(left, list),
            ExprKind::Cast { expr, .. } => self.element(left, expr),
            ExprKind::ArrayQuery(query) => self.queried(left, query),
            ExprKind::Parameter(_) => self.of_many(self.seen(left)?),
            ExprKind::Literal(Literal::String(text)) => {
                let reach = Reach::Points(text.matches(',').count() + 1);
                self.checked(vec![Part { column: self.seen(left)?, reach }])
            }
            _ => None,
        }
    }

    /// `column IN (SELECT …)`.
    fn queried(&self, left: &Expr, query: &Query) -> Option<Vec<Part>> {
        let column = self.seen(left)?;
        let outer = query.mentions(self.target.id) || self.beside().any(|item| query.mentions(item));
        if outer || !self.sources.is_other(query, 0, self) {
            return None;
        }
        self.of_many(column)
    }

    /// As many values as a statement or a table brings: too many to count, and more than a small type has.
    fn of_many(&self, column: u32) -> Option<Vec<Part>> {
        (self.size(column) == usize::MAX).then(|| vec![Part { column, reach: Reach::Many }])
    }

    /// `column LIKE pattern` with a character that a text may lack.
    fn matched(&self, left: &Expr, pattern: &Expr) -> Option<u32> {
        let column = self.plain(left)?;
        let text = matches!(self.type_name(column)?, "text" | "varchar" | "bpchar" | "citext");
        let pattern = self.text(pattern)?;
        let literal = pattern.chars().any(|one| !matches!(one, '%' | '_' | '\\') && !one.is_whitespace());
        (text && literal).then_some(column)
    }

    /// The text of a constant.
    fn text<'e>(&'e self, expr: &'e Expr) -> Option<&'e str> {
        match &expr.kind {
            ExprKind::Literal(Literal::String(text)) => Some(text),
            ExprKind::Parameter(number) => self.values.get(*number),
            ExprKind::Cast { expr, to } => {
                let keeps = matches!(to.name.as_str(), "text" | "varchar")
                    && to.schema == "pg_catalog"
                    && to.modifiers.is_empty()
                    && !to.array;
                keeps.then(|| self.text(expr))?
            }
            _ => None,
        }
    }

    /// A bound of a column that isn't the end of its type.
    fn bounded(&self, left: &Expr, symbol: &str, bound: &Expr) -> Option<u32> {
        let column = self.plain(left)?;
        let inside = match self.type_name(column)? {
            "int2" => self.is_whole(bound, symbol, i16::MIN.into(), i16::MAX.into()),
            "int4" => self.is_whole(bound, symbol, i32::MIN.into(), i32::MAX.into()),
            "int8" => self.is_whole(bound, symbol, i64::MIN.into(), i64::MAX.into()),
            "numeric" => self.decimal_digits(bound)? < numeric_digits(self.column_of(column)?.typmod)?,
            // More digits than this are near the ends of neither.
            "float4" | "float8" => self.decimal_digits(bound)? <= 30,
            "date" | "timestamp" | "timestamptz" => self.is_moment(bound),
            _ => false,
        };
        inside.then_some(column)
    }

    fn is_whole(&self, bound: &Expr, symbol: &str, least: i128, most: i128) -> bool {
        let value = self.number(bound).and_then(|(negative, text)| {
            let value = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i128>().ok())??;
            Some(if negative { -value } else { value })
        });
        let Some(value) = value else { return false };
        match symbol {
            "<" => value <= most,
            "<=" => value < most,
            ">" => value >= least,
            ">=" => value > least,
            _ => false,
        }
    }

    /// How many digits a constant has before the point.
    fn decimal_digits(&self, bound: &Expr) -> Option<usize> {
        let (_, text) = self.number(bound)?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        (digits(whole) && digits(fraction)).then(|| whole.trim_start_matches('0').len())
    }

    /// The sign and text of a numeric constant. Only casts that keep it are looked through.
    fn number<'e>(&'e self, expr: &'e Expr) -> Option<(bool, &'e str)> {
        let text = match &expr.kind {
            ExprKind::Operator { symbol, left: None, right } if symbol == "-" => {
                let (negative, text) = self.number(right)?;
                return Some((!negative, text));
            }
            ExprKind::Cast { expr, to } => {
                let keeps = matches!(to.name.as_str(), "int2" | "int4" | "int8" | "numeric")
                    && to.schema == "pg_catalog"
                    && to.modifiers.is_empty()
                    && !to.array;
                return keeps.then(|| self.number(expr))?;
            }
            ExprKind::Literal(Literal::Number(text) | Literal::String(text)) => text.trim(),
            ExprKind::Parameter(number) => self.values.get(*number)?.trim(),
            _ => return None,
        };
        let digits = text.strip_prefix('-').unwrap_or(text);
        (!digits.is_empty()).then_some((digits.len() < text.len(), digits))
    }

    /// A moment of the years 0000 to 9999, or some time from now.
    fn is_moment(&self, bound: &Expr) -> bool {
        match &bound.kind {
            ExprKind::Literal(Literal::String(text)) => is_date(text),
            ExprKind::Parameter(number) => self.values.get(*number).is_some_and(is_date),
            ExprKind::Cast { expr, to } => {
                matches!(to.name.as_str(), "date" | "timestamp" | "timestamptz")
                    && to.schema == "pg_catalog"
                    && !to.array
                    && self.is_moment(expr)
            }
            ExprKind::Operator { symbol, left: Some(left), right } => {
                matches!(symbol.as_str(), "+" | "-") && is_now(left) && is_span(right)
            }
            _ => is_now(bound),
        }
    }

    /// Whether it says the same for every row of the target, and brings one value.
    fn is_independent(&self, expr: &Expr) -> bool {
        !expr.mentions(self.target.id) && !self.beside().any(|item| expr.mentions(item))
    }

    /// Whether it is a column that holds what another table does, or what the statement lists.
    fn is_column_of_source(&self, expr: &Expr) -> bool {
        let ExprKind::Column(column) = &expr.kind else { return false };
        self.from.iter().any(|from| self.sources.holds_other(from, column, self))
    }

    fn beside(&self) -> impl Iterator<Item = crate::gate::ir::ItemId> + '_ {
        self.from.iter().flat_map(|from| super::source::items(from))
    }

    /// The column of the target that it is, as it is.
    fn plain(&self, expr: &Expr) -> Option<u32> {
        match &expr.kind {
            ExprKind::Column(ColumnRef { item, column, .. }) => (*item == self.target.id).then_some(*column),
            _ => None,
        }
    }

    /// The column of the target that it is, also seen as a type with as many values.
    fn seen(&self, expr: &Expr) -> Option<u32> {
        match &expr.kind {
            ExprKind::Cast { expr, to } => {
                let large = matches!(
                    to.name.as_str(),
                    "int4" | "int8" | "numeric" | "text" | "varchar" | "date" | "timestamp" | "timestamptz" | "uuid"
                );
                (large && to.schema == "pg_catalog" && to.modifiers.is_empty() && !to.array).then(|| self.seen(expr))?
            }
            _ => self.plain(expr),
        }
    }

    fn column_of(&self, column: u32) -> Option<&'a Column> {
        self.catalog.relation(self.target.relation.oid)?.columns.get(column as usize)
    }

    fn type_name(&self, column: u32) -> Option<&'a str> {
        let ty = self.catalog.below_domain(self.column_of(column)?.type_oid);
        Some(self.catalog.type_(ty)?.name.as_str())
    }

    /// How many values the column's type has; two where that isn't known, so that only a single one counts.
    fn size(&self, column: u32) -> usize {
        let Some(found) = self.column_of(column) else { return 0 };
        let Some(ty) = self.catalog.type_(self.catalog.below_domain(found.type_oid)) else { return 0 };
        if let TypeKind::Enum { labels } = &ty.kind {
            return labels.len().max(2);
        }
        match ty.name.as_str() {
            "int2" => 1 << 16,
            "varchar" | "bpchar" if found.typmod >= 0 && found.typmod < 4 + 4 => 2,
            "numeric" if found.typmod >= 0 && numeric_digits(found.typmod).is_none_or(|digits| digits < 5) => 2,
            "int4" | "int8" | "numeric" | "float4" | "float8" | "text" | "varchar" | "bpchar" | "citext" | "uuid"
            | "date" | "timestamp" | "timestamptz" => usize::MAX,
            _ => 2,
        }
    }
}

/// How many digits before the point a numeric column has room for.
fn numeric_digits(typmod: i32) -> Option<usize> {
    let Some(packed) = typmod.checked_sub(4).filter(|packed| *packed >= 0) else { return Some(usize::MAX) };
    let (precision, scale) = (packed >> 16, packed & 0x7ff);
    usize::try_from(precision - scale).ok()
}

/// `2024-01-31`, and a time behind it.
fn is_date(text: &str) -> bool {
    let text = text.trim();
    let shape = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() >= 10
        && text.bytes().enumerate().take(10).all(shape)
        && text.bytes().skip(10).all(|byte| byte.is_ascii_digit() || b" :.+-TtZz".contains(&byte))
}

fn is_now(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Clock(_) => true,
        ExprKind::Call(call) => {
            call.function.schema == "pg_catalog" && call.function.name == "now" && call.arguments.is_empty()
        }
        _ => false,
    }
}

/// An interval or a number of days, short enough to stay far from the ends of time.
fn is_span(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Number(text)) => text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit()),
        ExprKind::Cast { expr, to } if to.name == "interval" && to.schema == "pg_catalog" && !to.array => {
            let ExprKind::Literal(Literal::String(text)) = &expr.kind else { return false };
            let (digits, unit) = text.trim().split_once(' ').unwrap_or(("", ""));
            let unit = unit.trim().trim_end_matches('s');
            digits.len() <= 4
                && digits.parse::<u16>().is_ok()
                && matches!(unit, "second" | "minute" | "min" | "hour" | "day" | "week" | "month" | "mon" | "year")
        }
        _ => false,
    }
}

/// The comparison with its sides exchanged.
fn flip(symbol: &str) -> &'static str {
    match symbol {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        _ => "<=",
    }
}

#[cfg(test)]
mod tests;
