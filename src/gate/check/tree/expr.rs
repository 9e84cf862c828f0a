//! Expressions of every kind.

use super::*;
use crate::gate::ir::{
    Clock, ColumnRef, Expr, ExprKind, IsTest, JsonKind, JsonPathForm, Literal, Projection, SpecialForm, Subscript,
    TypeRef,
};

/// Infix operators, one of every symbol.
const INFIX: &[&str] = &[
    "=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "^", "||", "|", "&", "#", "<<", ">>", "~", "!~", "~*",
    "!~*", "~~", "!~~", "~~*", "!~~*", "^@", "~<~", "~>=~", "->", "->>", "#>", "#>>", "#-", "@>", "<@", "@?", "@@",
    "?", "?|", "?&", "&&", "-|-", "&<", "&>", "<->", "##", "<<|", "|>>", "&<|", "|&>", "<^", ">^", "?#", "?-", "?-|",
    "?||", "~=",
];

/// Prefix operators.
const PREFIX: &[&str] = &["-", "+", "~", "@", "|/", "||/", "!!", "#", "@@", "@-@", "?-", "?|"];

/// What a cast can be to: schema, type, modifiers, fields of an interval.
const TYPES: &[(&str, &str, &[i32], Option<&str>)] = &[
    ("pg_catalog", "int4", &[], None),
    ("pg_catalog", "text", &[], None),
    ("pg_catalog", "numeric", &[10, 2], None),
    ("pg_catalog", "numeric", &[5], None),
    ("pg_catalog", "varchar", &[20], None),
    ("pg_catalog", "bpchar", &[1], None),
    ("pg_catalog", "bpchar", &[], None),
    ("pg_catalog", "char", &[], None),
    ("pg_catalog", "name", &[], None),
    ("pg_catalog", "bit", &[3], None),
    ("pg_catalog", "varbit", &[], None),
    ("pg_catalog", "float8", &[], None),
    ("pg_catalog", "date", &[], None),
    ("pg_catalog", "time", &[3], None),
    ("pg_catalog", "timestamptz", &[0], None),
    ("pg_catalog", "timestamp", &[], None),
    ("pg_catalog", "interval", &[], None),
    ("pg_catalog", "interval", &[3], None),
    ("pg_catalog", "interval", &[], Some("DAY TO SECOND")),
    ("pg_catalog", "interval", &[6], Some("DAY TO SECOND")),
    ("pg_catalog", "interval", &[2], Some("SECOND")),
    ("pg_catalog", "interval", &[], Some("YEAR TO MONTH")),
    ("pg_catalog", "interval", &[], Some("HOUR")),
    ("pg_catalog", "jsonb", &[], None),
    ("pg_catalog", "uuid", &[], None),
    ("pg_catalog", "bytea", &[], None),
    ("pg_catalog", "inet", &[], None),
    ("pg_catalog", "daterange", &[], None),
    ("pg_catalog", "tsvector", &[], None),
    ("sales", "order_status", &[], None),
    ("scratch", "label", &[], None),
];

const NUMBERS: &[&str] = &["0", "1", "42", "1.5", ".5", "1.", "1e10", "1.5E-3", "2147483648", "99999999999999999999.5"];

impl Trees<'_, '_> {
    /// An expression.
    pub(super) fn expr(&mut self, scope: &Scope) -> Expr {
        Expr::new(if self.spent() { self.leaf(scope) } else { self.kind(scope) })
    }

    fn boxed(&mut self, scope: &Scope) -> Box<Expr> {
        Box::new(self.expr(scope))
    }

    /// At least so many expressions.
    fn some(&mut self, scope: &Scope, least: usize) -> Vec<Expr> {
        (0..least + self.choices.below(2)).map(|_| self.expr(scope)).collect()
    }

    fn leaf(&mut self, scope: &Scope) -> ExprKind {
        match self.choices.below(6) {
            0 | 1 => self.column(scope).unwrap_or(ExprKind::Literal(Literal::Number("1".to_owned()))),
            2 => ExprKind::Literal(Literal::String(self.text())),
            3 => ExprKind::Literal(Literal::Number((*self.choices.pick(NUMBERS)).to_owned())),
            4 => ExprKind::Literal(
                self.choices.pick(&[Literal::Null, Literal::Bool(true), Literal::Bool(false)]).clone(),
            ),
            _ => ExprKind::Parameter(1 + self.choices.below(PARAMETERS as usize) as u32),
        }
    }

    fn column(&mut self, scope: &Scope) -> Option<ExprKind> {
        let with_columns: Vec<&Item> = scope.items.iter().filter(|one| !one.columns.is_empty()).collect();
        if with_columns.is_empty() {
            return None;
        }
        let item = *self.choices.pick(&with_columns);
        let at = self.choices.below(item.columns.len());
        Some(ExprKind::Column(ColumnRef { item: item.id, column: at as u32, name: item.columns[at].clone() }))
    }

    fn kind(&mut self, scope: &Scope) -> ExprKind {
        match self.choices.below(35) {
            0..=4 => self.leaf(scope),
            5 => ExprKind::Cast { expr: self.boxed(scope), to: self.type_ref() },
            6..=8 => self.call(scope).kind,
            9 | 10 => {
                let symbol = (*self.choices.pick(INFIX)).to_owned();
                ExprKind::Operator { symbol, left: Some(self.boxed(scope)), right: self.boxed(scope) }
            }
            11 => {
                let symbol = (*self.choices.pick(PREFIX)).to_owned();
                ExprKind::Operator { symbol, left: None, right: self.boxed(scope) }
            }
            12 => ExprKind::And(self.some(scope, 2)),
            13 => ExprKind::Or(self.some(scope, 2)),
            14 => ExprKind::Not(self.boxed(scope)),
            15 => {
                let test = *self.choices.pick(&[IsTest::Null, IsTest::True, IsTest::False, IsTest::Unknown]);
                ExprKind::Is { expr: self.boxed(scope), test, negated: self.choices.one_in(2) }
            }
            16 => {
                let (left, right) = (self.boxed(scope), self.boxed(scope));
                ExprKind::IsDistinct { left, right, negated: self.choices.one_in(2) }
            }
            17 => {
                let (expr, low, high) = (self.boxed(scope), self.boxed(scope), self.boxed(scope));
                ExprKind::Between { expr, low, high, negated: self.choices.one_in(2) }
            }
            18 => self.in_list(scope),
            19 | 20 => self.over_query(scope),
            21 => self.quantified_array(scope),
            22 => self.case(scope),
            23 => self.special(scope),
            24 => ExprKind::Clock(self.clock()),
            25 => ExprKind::Array(self.some(scope, 0)),
            26 => ExprKind::Row(self.some(scope, 0)),
            27 => self.subscripts(scope),
            28 => {
                let collation = (*self.choices.pick(&["C", "default", "en_US", "und-x-icu"])).to_owned();
                ExprKind::Collate { expr: self.boxed(scope), collation }
            }
            29 => {
                let object = self.choices.one_in(2);
                let mut values = self.some(scope, 1);
                if object && values.len() % 2 == 1 {
                    values.push(self.expr(scope));
                }
                ExprKind::JsonAbsent { object, jsonb: self.choices.one_in(2), values }
            }
            33 => {
                let form = *self.choices.pick(&[JsonPathForm::Exists, JsonPathForm::Value, JsonPathForm::Query]);
                ExprKind::JsonPath { form, context: self.boxed(scope), path: self.boxed(scope) }
            }
            30 => {
                let kind = *self.choices.pick(&[JsonKind::Value, JsonKind::Scalar, JsonKind::Array, JsonKind::Object]);
                let (unique_keys, negated) = (self.choices.one_in(2), self.choices.one_in(2));
                ExprKind::IsJson { expr: self.boxed(scope), kind, unique_keys, negated }
            }
            31 => ExprKind::Record(self.fields(scope)),
            32 => ExprKind::Field { base: self.boxed(scope), name: self.name() },
            _ => ExprKind::Grouping(self.some(scope, 1)),
        }
    }

    fn fields(&mut self, scope: &Scope) -> Vec<Projection> {
        (0..=self.choices.below(3)).map(|_| Projection { expr: self.expr(scope), name: self.name() }).collect()
    }

    pub(super) fn type_ref(&mut self) -> TypeRef {
        let (schema, name, modifiers, interval) = *self.choices.pick(TYPES);
        let array = self.choices.one_in(4);
        let plain = self.type_named(schema, name);
        TypeRef { modifiers: modifiers.to_vec(), interval: interval.map(str::to_owned), array, ..plain }
    }

    fn in_list(&mut self, scope: &Scope) -> ExprKind {
        let expr = self.boxed(scope);
        let mut list = self.some(scope, 1);
        // The parser takes a list that begins with a subquery for a subquery.
        if list.first().is_some_and(begins_with_subquery) {
            list.insert(0, Expr::new(ExprKind::Literal(Literal::Null)));
        }
        ExprKind::InList { expr, list, negated: self.choices.one_in(2) }
    }

    fn over_query(&mut self, scope: &Scope) -> ExprKind {
        match self.choices.below(6) {
            0 => ExprKind::Scalar(Box::new(self.subquery(scope, 1))),
            1 => ExprKind::Exists(Box::new(self.query(scope, None))),
            2 => ExprKind::Exists(Box::new(self.query_without_columns(scope))),
            3 => ExprKind::ArrayQuery(Box::new(self.query(scope, Some(1)))),
            4 => {
                let (expr, width) = self.compared(scope);
                let query = Box::new(self.query(scope, Some(width)));
                ExprKind::InQuery { expr, query, negated: self.choices.one_in(2) }
            }
            _ => {
                let (left, width) = self.compared(scope);
                let symbol = (*self.choices.pick(&["=", "<>", "<", ">=", "~~", "!~~*", "!~*"])).to_owned();
                let query = Box::new(self.subquery(scope, width));
                ExprKind::QuantifiedQuery { left, symbol, all: self.choices.one_in(2), query }
            }
        }
    }

    /// What a subquery is compared with: a value, or a row of as many fields as the subquery has columns.
    fn compared(&mut self, scope: &Scope) -> (Box<Expr>, usize) {
        let expr =
            if self.choices.one_in(3) { Expr::new(ExprKind::Row(self.some(scope, 2))) } else { self.expr(scope) };
        match &expr.kind {
            ExprKind::Row(fields) if fields.is_empty() => (Box::new(Expr::new(ExprKind::Literal(Literal::Null))), 1),
            ExprKind::Row(fields) => {
                let width = fields.len();
                (Box::new(expr), width)
            }
            _ => (Box::new(expr), 1),
        }
    }

    fn quantified_array(&mut self, scope: &Scope) -> ExprKind {
        let symbol = (*self.choices.pick(&["=", "<>", "<", ">=", "~~", "!~~*", "~"])).to_owned();
        let left = self.boxed(scope);
        let mut array = self.boxed(scope);
        // A subquery in there is a set of rows, however many parentheses there are; a row is a mistake.
        if matches!(array.kind, ExprKind::Scalar(_) | ExprKind::Record(_) | ExprKind::Row(_)) {
            array = Box::new(Expr::new(ExprKind::Array(vec![*array])));
        }
        ExprKind::QuantifiedArray { left, symbol, all: self.choices.one_in(2), array }
    }

    fn case(&mut self, scope: &Scope) -> ExprKind {
        let operand = self.choices.one_in(2).then(|| self.boxed(scope));
        let arms = (0..=self.choices.below(2)).map(|_| (self.expr(scope), self.expr(scope))).collect();
        let otherwise = self.choices.one_in(2).then(|| self.boxed(scope));
        ExprKind::Case { operand, arms, otherwise }
    }

    fn special(&mut self, scope: &Scope) -> ExprKind {
        let forms = [SpecialForm::Coalesce, SpecialForm::NullIf, SpecialForm::Greatest, SpecialForm::Least];
        let form = *self.choices.pick(&forms);
        let arguments = match form {
            SpecialForm::NullIf => vec![self.expr(scope), self.expr(scope)],
            SpecialForm::Coalesce | SpecialForm::Greatest | SpecialForm::Least => self.some(scope, 1),
        };
        ExprKind::Special { form, arguments }
    }

    fn clock(&mut self) -> Clock {
        let precision = *self.choices.pick(&[None, Some(0), Some(3), Some(6)]);
        match self.choices.below(5) {
            0 => Clock::CurrentDate,
            1 => Clock::CurrentTime(precision),
            2 => Clock::CurrentTimestamp(precision),
            3 => Clock::LocalTime(precision),
            _ => Clock::LocalTimestamp(precision),
        }
    }

    fn subscripts(&mut self, scope: &Scope) -> ExprKind {
        let base = self.boxed(scope);
        let mut subscripts = Vec::new();
        for _ in 0..=self.choices.below(2) {
            subscripts.push(match self.choices.below(5) {
                1 => Subscript::Slice(Some(self.expr(scope)), Some(self.expr(scope))),
                2 => Subscript::Slice(None, Some(self.expr(scope))),
                3 => Subscript::Slice(Some(self.expr(scope)), None),
                4 => Subscript::Slice(None, None),
                _ => Subscript::Index(self.expr(scope)),
            });
        }
        ExprKind::Subscript { base, subscripts }
    }
}

/// Whether the text begins with a subquery in parentheses.
fn begins_with_subquery(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Scalar(_) | ExprKind::Record(_) => true,
        ExprKind::Subscript { base, .. } | ExprKind::Field { base, .. } => begins_with_subquery(base),
        _ => false,
    }
}
