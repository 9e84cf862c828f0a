//! Expressions: the parser's AST becomes IR. One arm for each kind of node; the larger kinds have files of their own.

use sqlparser::ast::{self, CastKind, Ident, ObjectNamePart};

use super::precedence;
use super::type_name::TypeName;
use super::{Lowering, not_supported, not_yet};
use crate::gate::diagnostic::{Place, Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, IsTest, Literal, Query, Ty};
use crate::gate::source::Span;

impl Lowering<'_> {
    /// An expression.
    pub(super) fn expr(&mut self, expr: &ast::Expr) -> Result<Expr, Rejection> {
        // Spans of the parser's tree cost a walk, so the place is looked up only for a rejection.
        self.deeper(Span::default(), |lowering| lowering.node(expr)).map_err(|rejection| match rejection.place {
            Place::Nowhere => rejection.at(self.span(expr)),
            Place::Sql(_) | Place::Json(_) => rejection,
        })
    }

    /// Several expressions.
    pub(super) fn exprs(&mut self, all: &[ast::Expr]) -> Result<Vec<Expr>, Rejection> {
        all.iter().map(|one| self.expr(one)).collect()
    }

    fn boxed(&mut self, expr: &ast::Expr) -> Result<Box<Expr>, Rejection> {
        self.expr(expr).map(Box::new)
    }

    fn node(&mut self, mut expr: &ast::Expr) -> Result<Expr, Rejection> {
        while let ast::Expr::Nested(inner) = expr {
            expr = inner;
        }
        self.agree_on_grouping(expr)?;
        match expr {
            ast::Expr::Identifier(ident) => self.column_or_word(ident),
            ast::Expr::CompoundIdentifier(parts) => self.resolve_column(parts, self.span(expr)),
            ast::Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            ast::Expr::Value(value) => self.value(value),
            ast::Expr::TypedString(typed) => self.typed_string(typed),
            ast::Expr::Interval(interval) => self.interval(interval),
            ast::Expr::Cast { kind, expr, data_type, format } => match (kind, format) {
                (CastKind::Cast | CastKind::DoubleColon, None) => self.written_cast(expr, data_type),
                (CastKind::TryCast, _) => Err(not_supported("TRY_CAST", Span::default()).help("write CAST")),
                (CastKind::SafeCast, _) => Err(not_supported("SAFE_CAST", Span::default()).help("write CAST")),
                (CastKind::Cast | CastKind::DoubleColon, Some(_)) => {
                    Err(not_supported("CAST … FORMAT", Span::default()).help("use to_char or to_date"))
                }
            },
            ast::Expr::BinaryOp { left, op, right } => self.binary(expr, left, op, right),
            ast::Expr::UnaryOp { op, expr } => self.unary(*op, expr),
            ast::Expr::Function(function) => self.call(function),
            ast::Expr::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            ast::Expr::Exists { subquery, negated } => self.exists(subquery, *negated),
            ast::Expr::Subquery(query) => self.scalar(query),
            ast::Expr::Tuple(elements) => Ok(Expr::new(ExprKind::Row(self.exprs(elements)?))),
            ast::Expr::Array(array) => self.array(array),
            ast::Expr::Collate { expr, collation } => self.collate(expr, collation),
            predicate => self.predicate(predicate),
        }
    }

    /// Tests and comparisons with words of their own.
    fn predicate(&mut self, expr: &ast::Expr) -> Result<Expr, Rejection> {
        match expr {
            ast::Expr::IsNull(inner) => self.is(inner, IsTest::Null, false),
            ast::Expr::IsNotNull(inner) => self.is(inner, IsTest::Null, true),
            ast::Expr::IsTrue(inner) => self.is(inner, IsTest::True, false),
            ast::Expr::IsNotTrue(inner) => self.is(inner, IsTest::True, true),
            ast::Expr::IsFalse(inner) => self.is(inner, IsTest::False, false),
            ast::Expr::IsNotFalse(inner) => self.is(inner, IsTest::False, true),
            ast::Expr::IsUnknown(inner) => self.is(inner, IsTest::Unknown, false),
            ast::Expr::IsNotUnknown(inner) => self.is(inner, IsTest::Unknown, true),
            ast::Expr::IsJson { expr, kind, unique_keys, negated } => {
                self.is_json(expr, kind.as_ref(), unique_keys.as_ref(), *negated)
            }
            ast::Expr::IsDistinctFrom(left, right) => self.is_distinct(left, right, false),
            ast::Expr::IsNotDistinctFrom(left, right) => self.is_distinct(left, right, true),
            ast::Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated),
            ast::Expr::InSubquery { expr, subquery, negated } => self.in_query(expr, subquery, *negated),
            ast::Expr::Between { expr, negated, low, high } => self.between(expr, low, high, *negated),
            ast::Expr::Like { negated, any, expr, pattern, escape_char } => {
                let symbol = if *negated { "!~~" } else { "~~" };
                self.like(symbol, *any, expr, pattern, escape_char.as_deref())
            }
            ast::Expr::ILike { negated, any, expr, pattern, escape_char } => {
                let symbol = if *negated { "!~~*" } else { "~~*" };
                self.like(symbol, *any, expr, pattern, escape_char.as_deref())
            }
            ast::Expr::SimilarTo { negated, expr, pattern, escape_char } => {
                self.similar_to(expr, pattern, escape_char.as_deref(), *negated)
            }
            ast::Expr::AnyOp { left, compare_op, right, is_some: _ } => self.quantified(left, compare_op, right, false),
            ast::Expr::AllOp { left, compare_op, right } => self.quantified(left, compare_op, right, true),
            form => self.form(form),
        }
    }

    /// What looks like a function call and has syntax of its own.
    fn form(&mut self, expr: &ast::Expr) -> Result<Expr, Rejection> {
        match expr {
            ast::Expr::AtTimeZone { timestamp, time_zone } => self.at_time_zone(timestamp, time_zone),
            ast::Expr::Extract { field, syntax, expr } => self.extract(field, syntax, expr),
            ast::Expr::Ceil { expr, field } => self.rounded("ceil", expr, field),
            ast::Expr::Floor { expr, field } => self.rounded("floor", expr, field),
            ast::Expr::Position { expr, r#in } => self.position(expr, r#in),
            ast::Expr::Substring { expr, substring_from, substring_for, special, shorthand } => {
                let (from, length) = (substring_from.as_deref(), substring_for.as_deref());
                self.substring(expr, from, length, *special, *shorthand)
            }
            ast::Expr::Trim { trim_where, trim_what, expr, trim_characters } => {
                self.trim(trim_where.as_ref(), trim_what.as_deref(), expr, trim_characters.as_deref())
            }
            ast::Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                self.overlay(expr, overlay_what, overlay_from, overlay_for.as_deref())
            }
            refused => Err(self.refuse(refused)),
        }
    }

    /// What is refused, by name.
    fn refuse(&self, expr: &ast::Expr) -> Rejection {
        let span = Span::default();
        match expr {
            ast::Expr::IsNormalized { .. } => not_yet("IS NORMALIZED", span),
            ast::Expr::Wildcard(_) => not_supported("`*` in this place", span),
            ast::Expr::QualifiedWildcard(..) => not_yet("`t.*` as a value", span).help("write `t`, the whole row"),
            ast::Expr::GroupingSets(_) | ast::Expr::Cube(_) | ast::Expr::Rollup(_) => {
                not_supported("GROUPING SETS, CUBE or ROLLUP outside of GROUP BY", span)
            }
            ast::Expr::JsonAccess { .. } => {
                not_supported("JSON access with a colon", span).help("write `value -> 'key'` or `value ->> 'key'`")
            }
            ast::Expr::InUnnest { .. } => not_supported("IN UNNEST", span).help("write `= ANY (array)`"),
            ast::Expr::RLike { .. } => not_supported("RLIKE and REGEXP", span).help("write `~` or `~*`"),
            ast::Expr::Convert { .. } => not_supported("CONVERT", span).help("write CAST"),
            ast::Expr::Prefixed { .. } => not_supported("a string with a character set", span),
            ast::Expr::Struct { .. } => not_supported("STRUCT", span).help("write ROW(…)"),
            ast::Expr::Named { .. } => not_supported("a name for an argument", span),
            ast::Expr::Dictionary(_) | ast::Expr::Map(_) => {
                not_supported("a map in braces", span).help("use jsonb_build_object")
            }
            ast::Expr::MatchAgainst { .. } => not_supported("MATCH … AGAINST", span).help("use to_tsvector and `@@`"),
            ast::Expr::OuterJoin(_) => not_supported("an outer join with (+)", span).help("write LEFT JOIN"),
            ast::Expr::Prior(_) => not_supported("PRIOR", span).help("use WITH RECURSIVE"),
            ast::Expr::Lambda(_) => not_supported("a lambda", span),
            ast::Expr::MemberOf(_) => not_supported("MEMBER OF", span).help("write `= ANY (array)`"),
            // Lowered before; a new kind of node ends here, too.
            _ => not_supported("this expression", span),
        }
    }

    /// The parser and PostgreSQL must take the same operands for the same operator.
    pub(super) fn agree_on_grouping(&self, expr: &ast::Expr) -> Result<(), Rejection> {
        if precedence::agrees(expr) {
            return Ok(());
        }
        Err(Rejection::new(
            Reason::InvalidStatement,
            "PostgreSQL would group these operators differently, or not at all",
        )
        .at(self.span(expr))
        .help("put parentheses around what belongs together"))
    }

    /// A column, or one of the words that PostgreSQL reads as a function without parentheses.
    fn column_or_word(&mut self, ident: &Ident) -> Result<Expr, Rejection> {
        let span = self.convert(ident.span);
        if ident.quote_style.is_none() {
            let word = ident.value.to_ascii_lowercase();
            if let Some(answer) = self.answered_word(&word, span) {
                return Ok(answer);
            }
            if let Some(rejection) = self.session_word(&word, span) {
                return Err(rejection);
            }
        }
        self.resolve_column(std::slice::from_ref(ident), span)
    }

    /// `DATE '…'` and its like: a cast of the string, without the default length that the type has elsewhere.
    fn typed_string(&mut self, typed: &ast::TypedString) -> Result<Expr, Rejection> {
        let ast::TypedString { data_type, value, uses_odbc_syntax } = typed;
        let span = self.convert(value.span);
        if *uses_odbc_syntax {
            return Err(not_supported("a literal in braces", span).help("write `DATE '…'` or `TIMESTAMP '…'`"));
        }
        let text = self.string_literal(value)?;
        let name = self.type_name(data_type, span)?.without_default_length();
        let to = self.lookup_type(&name, span)?;
        self.cast(Expr::new(ExprKind::Literal(Literal::String(text))).at(span), to, span)
    }

    /// INTERVAL '…' with optional fields behind it.
    fn interval(&mut self, interval: &ast::Interval) -> Result<Expr, Rejection> {
        let ast::Interval { value, leading_field, leading_precision, last_field, fractional_seconds_precision } =
            interval;
        let value = match value.as_ref() {
            ast::Expr::Value(value) if !matches!(value.value, ast::Value::Number(..) | ast::Value::Placeholder(_)) => {
                value
            }
            other => {
                return Err(not_supported("INTERVAL with anything but a string", self.span(other))
                    .help("write `INTERVAL '3 days'`, or multiply: `n * INTERVAL '1 day'`"));
            }
        };
        let span = self.convert(value.span);
        let text = self.string_literal(value)?;
        let precision = (*leading_precision, *fractional_seconds_precision);
        let name = TypeName::interval(leading_field.as_ref(), last_field.as_ref(), precision, span)?;
        let to = self.lookup_type(&name, span)?;
        self.cast(Expr::new(ExprKind::Literal(Literal::String(text))).at(span), to, span)
    }

    fn written_cast(&mut self, expr: &ast::Expr, data_type: &ast::DataType) -> Result<Expr, Rejection> {
        let inner = self.expr(expr)?;
        let span = inner.origin.0;
        let to = match self.search_object_type(&inner, data_type) {
            Some(to) => {
                self.stray_search_objects += 1;
                to
            }
            None => self.type_ref(data_type, span)?,
        };
        self.cast(inner, to, span)
    }

    fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        conditions: &[ast::CaseWhen],
        otherwise: Option<&ast::Expr>,
    ) -> Result<Expr, Rejection> {
        let operand = operand.map(|operand| self.boxed(operand)).transpose()?;
        if operand.is_some() {
            self.may_use_operator("=", false)?;
        }
        let mut arms = Vec::with_capacity(conditions.len());
        for ast::CaseWhen { condition, result } in conditions {
            arms.push((self.expr(condition)?, self.expr(result)?));
        }
        let otherwise = otherwise.map(|otherwise| self.boxed(otherwise)).transpose()?;
        let ty = self.common_type(arms.iter().map(|(_, then)| then).chain(otherwise.as_deref()));
        Ok(Expr::new(ExprKind::Case { operand, arms, otherwise }).typed(ty))
    }

    fn exists(&mut self, subquery: &ast::Query, negated: bool) -> Result<Expr, Rejection> {
        let bool_ = self.builtin_type("bool");
        let exists = Expr::new(ExprKind::Exists(Box::new(self.query(subquery)?))).typed(bool_);
        if !negated {
            return Ok(exists);
        }
        Ok(Expr::new(ExprKind::Not(Box::new(exists))).typed(bool_))
    }

    /// A subquery of one column.
    pub(super) fn scalar(&mut self, query: &ast::Query) -> Result<Expr, Rejection> {
        if let Some(record) = self.record(query)? {
            return Ok(record);
        }
        let query = self.query(query)?;
        let ty = the_column(&query)?;
        Ok(Expr::new(ExprKind::Scalar(Box::new(query))).typed(ty))
    }

    /// ARRAY(SELECT …).
    pub(super) fn array_query(&mut self, query: &ast::Query) -> Result<Expr, Rejection> {
        let query = self.query(query)?;
        let ty = the_column(&query)?.and_then(|element| self.array_of(element));
        Ok(Expr::new(ExprKind::ArrayQuery(Box::new(query))).typed(ty))
    }

    /// ARRAY[…]; inside, brackets alone are a further dimension.
    fn array(&mut self, array: &ast::Array) -> Result<Expr, Rejection> {
        let ast::Array { elem, named } = array;
        if !named {
            return Err(not_supported("an array without the word ARRAY", Span::default()).help("write ARRAY[…]"));
        }
        self.array_of_elements(elem)
    }

    fn array_of_elements(&mut self, elements: &[ast::Expr]) -> Result<Expr, Rejection> {
        let mut lowered = Vec::with_capacity(elements.len());
        for element in elements {
            lowered.push(match element {
                ast::Expr::Array(ast::Array { elem, named: false }) => {
                    self.deeper(Span::default(), |lowering| lowering.array_of_elements(elem))?
                }
                other => self.expr(other)?,
            });
        }
        let ty = self.array_type(&lowered);
        Ok(Expr::new(ExprKind::Array(lowered)).typed(ty))
    }

    fn collate(&mut self, expr: &ast::Expr, collation: &ast::ObjectName) -> Result<Expr, Rejection> {
        let inner = self.boxed(expr)?;
        let span = self.span(collation);
        // A collation's name may be any word behind a dot, but alone it is a name like a column's.
        let parts = self.object_name(collation)?;
        let name = match parts.as_slice() {
            [name] => {
                self.only_clients_write("a collation without its schema", span)?;
                name
            }
            [schema, name] if schema == "pg_catalog" => name,
            _ => return Err(not_yet("a collation outside of `pg_catalog`", span)),
        };
        if !self.catalog.parts().collations.contains(name) {
            return Err(not_yet(&format!("the collation `{name}`"), span)
                .help("collations of `pg_catalog` are supported, as in COLLATE \"C\""));
        }
        let (ty, collation) = (inner.ty, name.clone());
        Ok(Expr::new(ExprKind::Collate { expr: inner, collation }).typed(ty))
    }

    /// The type that CASE, COALESCE and the like give, where it is beyond doubt.
    pub(super) fn common_type<'e>(&self, all: impl Iterator<Item = &'e Expr>) -> Ty {
        let (mut common, mut literals) = (None, false);
        for one in all {
            match one.ty {
                None if is_untyped(one) => literals = true,
                None => return None,
                Some(ty) if common.is_none_or(|common| common == ty) => common = Some(ty),
                Some(_) => return None,
            }
        }
        // PostgreSQL keeps a domain only where everything is of that domain.
        if literals { common.map(|ty| self.catalog.below_domain(ty)) } else { common }
    }

    fn array_type(&self, elements: &[Expr]) -> Ty {
        let all_strings = |one: &Expr| matches!(one.kind, ExprKind::Literal(Literal::String(_)));
        if !elements.is_empty() && elements.iter().all(all_strings) {
            return self.builtin_type("text").and_then(|text| self.array_of(text));
        }
        let common = self.common_type(elements.iter())?;
        if self.is_array(common) { Some(common) } else { self.array_of(common) }
    }
}

/// The type of a subquery's one column.
fn the_column(query: &Query) -> Result<Ty, Rejection> {
    match query.columns.as_slice() {
        [column] => Ok(column.ty),
        _ => Err(Rejection::new(Reason::InvalidStatement, "a subquery used as a value must have one column")
            .at(query.origin.0)),
    }
}

/// A literal or parameter whose type PostgreSQL takes from its surroundings.
pub(super) fn is_untyped(expr: &Expr) -> bool {
    expr.ty.is_none()
        && matches!(expr.kind, ExprKind::Literal(Literal::String(_) | Literal::Null) | ExprKind::Parameter(_))
}

/// The name of a function or type as it is written without quotes, in lower case.
pub(super) fn bare_name(name: &ast::ObjectName) -> Option<String> {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(Ident { value, quote_style: None, span: _ })] => Some(value.to_ascii_lowercase()),
        _ => None,
    }
}
