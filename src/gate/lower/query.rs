//! Queries: their clauses, set operations and VALUES.

use sqlparser::ast::{self, Fetch, LimitClause, OffsetRows, SetQuantifier};

use super::from::refuse_present;
use super::scope::CteState;
use super::select::is_bare_literal;
use super::with::Recursive;
use super::{Lowering, not_supported, not_yet};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, Limit, Literal, OutputColumn, Query, SetExpr, SetOperator};
use crate::gate::source::{Origin, Span};

/// The clauses of a query around its body. PostgreSQL hands clauses that follow a parenthesised query on to that
/// query, so `(SELECT … LIMIT 3) ORDER BY a` sorts before it limits.
struct Clauses<'q> {
    with: Option<&'q ast::With>,
    order_by: Option<&'q ast::OrderBy>,
    limit: Option<&'q ast::Expr>,
    offset: Option<&'q ast::Offset>,
    fetch: Option<&'q Fetch>,
    /// FETCH has its ORDER BY beside it or further in: PostgreSQL reads `(… FETCH …)` before an ORDER BY around it.
    fetch_is_ordered: bool,
    body: &'q ast::SetExpr,
}

impl<'a> Lowering<'a> {
    /// A query on a level of its own; levels around it are its outer queries.
    pub(super) fn query(&mut self, query: &ast::Query) -> Result<Query, Rejection> {
        self.query_of(query, None)
    }

    /// A query; with `recursive` the body of a CTE that may name itself.
    pub(super) fn query_of(&mut self, query: &ast::Query, recursive: Option<&Recursive>) -> Result<Query, Rejection> {
        let span = self.query_span(query);
        self.deeper(span, |lowering| {
            lowering.on_level(|lowering| {
                let clauses = clauses(query, span)?;
                lowering.query_on_level(&clauses, recursive, span)
            })
        })
    }

    /// Where a query begins. Its whole span would have to be put together from everything in it.
    pub(super) fn query_span(&self, query: &ast::Query) -> Span {
        let mut query = query;
        loop {
            if let Some(with) = &query.with {
                return self.convert(with.with_token.0.span);
            }
            let mut body = query.body.as_ref();
            while let ast::SetExpr::SetOperation { left, .. } = body {
                body = left;
            }
            match body {
                ast::SetExpr::Select(select) => return self.convert(select.select_token.0.span),
                ast::SetExpr::Query(inner) => query = inner,
                ast::SetExpr::Values(values) => return self.span(values),
                ast::SetExpr::SetOperation { .. }
                | ast::SetExpr::Table(_)
                | ast::SetExpr::Insert(_)
                | ast::SetExpr::Update(_)
                | ast::SetExpr::Delete(_)
                | ast::SetExpr::Merge(_) => return Span::default(),
            }
        }
    }

    /// Runs `inner` on a new query level.
    pub(super) fn on_level<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        self.scope.push();
        let result = inner(self);
        self.scope.pop();
        result
    }

    fn query_on_level(
        &mut self,
        clauses: &Clauses<'_>,
        recursive: Option<&Recursive>,
        span: Span,
    ) -> Result<Query, Rejection> {
        let (ctes, is_recursive) = match clauses.with {
            Some(with) => self.with(with)?,
            None => (Vec::new(), false),
        };
        let (body, columns) = match clauses.body {
            ast::SetExpr::Select(select) => {
                let (select, columns) = self.select(select)?;
                (SetExpr::Select(Box::new(select)), columns)
            }
            ast::SetExpr::Values(values) => self.values(values, span)?,
            ast::SetExpr::SetOperation { left, op, set_quantifier, right } => {
                self.set_operation((left, right), *op, *set_quantifier, recursive, span)?
            }
            other @ (ast::SetExpr::Query(_)
            | ast::SetExpr::Table(_)
            | ast::SetExpr::Insert(_)
            | ast::SetExpr::Update(_)
            | ast::SetExpr::Delete(_)
            | ast::SetExpr::Merge(_)) => self.set_operand(other, span)?,
        };
        let order_by = match clauses.order_by {
            Some(order_by) => self.order_by(order_by, &body, &columns)?,
            None => Vec::new(),
        };
        // PostgreSQL wants the values of DISTINCT ON to lead ORDER BY, and says so itself.
        let limit = self.limit(clauses)?;
        let offset = match clauses.offset {
            Some(ast::Offset { value, rows: OffsetRows::None }) => self.row_bound(value)?,
            Some(ast::Offset { value, rows: OffsetRows::Row | OffsetRows::Rows }) if !stands_alone(value) => {
                let message = "with ROWS, OFFSET takes a number, a parameter or an expression in parentheses";
                return Err(Rejection::new(Reason::InvalidStatement, message).at(self.span(value)));
            }
            Some(ast::Offset { value, rows: OffsetRows::Row | OffsetRows::Rows }) => self.row_bound(value)?,
            None => None,
        };
        Ok(Query {
            ctes,
            recursive: is_recursive,
            body,
            order_by,
            limit,
            offset: offset.map(Box::new),
            columns,
            origin: Origin(span),
        })
    }

    fn limit(&mut self, clauses: &Clauses<'_>) -> Result<Option<Limit>, Rejection> {
        let (count, with_ties) = match (clauses.limit, clauses.fetch) {
            (Some(limit), _) => (self.row_bound(limit)?, false),
            (None, Some(Fetch { with_ties, percent, quantity })) => {
                let span = clauses.fetch.map_or(Span::default(), |fetch| self.span(fetch));
                refuse_present(&[(*percent, "FETCH … PERCENT")], span)?;
                let count = match quantity {
                    Some(quantity) => self.row_bound(quantity)?,
                    None => Some(Expr::new(ExprKind::Literal(Literal::Number("1".to_owned())))),
                };
                if *with_ties && self.catalog.server_version() < 130_000 {
                    return Err(not_supported("FETCH … WITH TIES before PostgreSQL 13", span)
                        .help("use rank() OVER (ORDER BY …) in a subquery"));
                }
                if *with_ties && count.is_none() {
                    let message = "FETCH FIRST … WITH TIES needs a number of rows";
                    return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
                }
                if *with_ties && !clauses.fetch_is_ordered {
                    let message = "FETCH FIRST … WITH TIES needs ORDER BY in the same query";
                    return Err(Rejection::new(Reason::InvalidStatement, message)
                        .at(span)
                        .help("ties are rows that ORDER BY finds equal; add it, or write ROWS ONLY"));
                }
                (count, *with_ties)
            }
            (None, None) => (None, false),
        };
        Ok(count.map(|count| Limit { count: Box::new(count), with_ties }))
    }

    /// The value of LIMIT or OFFSET; NULL is none.
    fn row_bound(&mut self, value: &ast::Expr) -> Result<Option<Expr>, Rejection> {
        let value = self.expr(value)?;
        Ok(if matches!(value.kind, ExprKind::Literal(Literal::Null)) { None } else { Some(value) })
    }

    /// One side of a set operation, on a level of its own.
    fn set_operand(&mut self, operand: &ast::SetExpr, span: Span) -> Result<(SetExpr, Vec<OutputColumn>), Rejection> {
        match operand {
            ast::SetExpr::Select(select) => self.on_level(|lowering| {
                let (select, columns) = lowering.select(select)?;
                Ok((SetExpr::Select(Box::new(select)), columns))
            }),
            ast::SetExpr::Values(values) => self.on_level(|lowering| lowering.values(values, span)),
            ast::SetExpr::SetOperation { left, op, set_quantifier, right } => {
                self.deeper(span, |lowering| lowering.set_operation((left, right), *op, *set_quantifier, None, span))
            }
            ast::SetExpr::Query(query) => {
                let query = self.query(query)?;
                let Query { ctes, recursive: _, body: _, order_by, limit, offset, columns: _, origin: _ } = &query;
                // Parentheses alone say nothing.
                if ctes.is_empty() && order_by.is_empty() && limit.is_none() && offset.is_none() {
                    return Ok((query.body, query.columns));
                }
                let columns = query.columns.clone();
                Ok((SetExpr::Query(Box::new(query)), columns))
            }
            // The parser drops the quotes of the name and the tokens that follow it.
            ast::SetExpr::Table(_) => Err(not_yet("TABLE as a query", span).help("write SELECT * FROM …")),
            ast::SetExpr::Insert(_) | ast::SetExpr::Update(_) | ast::SetExpr::Delete(_) | ast::SetExpr::Merge(_) => {
                Err(not_yet("writing inside a query", span))
            }
        }
    }

    fn set_operation(
        &mut self,
        sides: (&ast::SetExpr, &ast::SetExpr),
        op: ast::SetOperator,
        quantifier: SetQuantifier,
        recursive: Option<&Recursive>,
        span: Span,
    ) -> Result<(SetExpr, Vec<OutputColumn>), Rejection> {
        let op = match op {
            ast::SetOperator::Union => SetOperator::Union,
            ast::SetOperator::Intersect => SetOperator::Intersect,
            ast::SetOperator::Except => SetOperator::Except,
            ast::SetOperator::Minus => return Err(not_supported("MINUS", span).help("use EXCEPT")),
        };
        let all = match quantifier {
            SetQuantifier::All => true,
            SetQuantifier::Distinct | SetQuantifier::None => false,
            SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName => {
                return Err(not_supported("BY NAME", span).help("list the columns in the same order"));
            }
        };
        let (left, mut columns) = self.set_operand(sides.0, span)?;
        if let Some(recursive) = recursive.filter(|_| op == SetOperator::Union) {
            let named = recursive.columns(&columns)?;
            self.scope.set_cte(recursive.id, CteState::Known(named));
        }
        let (right, others) = self.set_operand(sides.1, span)?;
        if columns.len() != others.len() {
            let message = "both sides of UNION, INTERSECT and EXCEPT need the same number of columns";
            return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
        }
        for (column, other) in columns.iter_mut().zip(&others) {
            column.ty = column.ty.filter(|ty| other.ty == Some(*ty));
        }
        Ok((SetExpr::SetOperation { op, all, left: Box::new(left), right: Box::new(right) }, columns))
    }

    fn values(&mut self, values: &ast::Values, span: Span) -> Result<(SetExpr, Vec<OutputColumn>), Rejection> {
        let rows = self.value_rows(values, span, Self::expr)?;
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(Rejection::new(Reason::InvalidStatement, "the rows of VALUES differ in length").at(span));
        }
        let columns = (0..width).map(|at| OutputColumn {
            name: format!("column{}", at + 1),
            ty: {
                let values = || rows.iter().filter_map(|row| row.get(at));
                if values().all(is_bare_literal) { self.builtin_type("text") } else { self.common_type(values()) }
            },
        });
        let columns = columns.collect();
        Ok((SetExpr::Values(rows), columns))
    }

    /// The rows of VALUES, each value lowered by `one`.
    pub(super) fn value_rows(
        &mut self,
        values: &ast::Values,
        span: Span,
        mut one: impl FnMut(&mut Self, &ast::Expr) -> Result<Expr, Rejection>,
    ) -> Result<Vec<Vec<Expr>>, Rejection> {
        let ast::Values { explicit_row, value_keyword, rows } = values;
        refuse_present(&[(*explicit_row, "VALUES ROW (…)"), (*value_keyword, "VALUE instead of VALUES")], span)?;
        let mut all = Vec::new();
        for row in rows {
            if row.content.is_empty() {
                return Err(Rejection::new(Reason::InvalidStatement, "a row of VALUES is empty").at(span));
            }
            all.push(row.content.iter().map(|value| one(self, value)).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(all)
    }
}

/// Whether PostgreSQL takes the expression before ROW or ROWS: `OFFSET $1::int ROWS` is a syntax error to it.
fn stands_alone(value: &ast::Expr) -> bool {
    match value {
        ast::Expr::Value(_) | ast::Expr::Nested(_) | ast::Expr::Subquery(_) | ast::Expr::Function(_) => true,
        ast::Expr::Cast { kind, .. } => *kind == ast::CastKind::Cast,
        ast::Expr::UnaryOp { op: ast::UnaryOperator::Plus | ast::UnaryOperator::Minus, expr } => {
            matches!(expr.as_ref(), ast::Expr::Value(_))
        }
        _ => false,
    }
}

/// The clauses of a query, those of parenthesised queries around the same body joined to them.
fn clauses(query: &ast::Query, span: Span) -> Result<Clauses<'_>, Rejection> {
    let mut all = Clauses {
        with: None,
        order_by: None,
        limit: None,
        offset: None,
        fetch: None,
        fetch_is_ordered: false,
        body: &query.body,
    };
    let mut next = Some(query);
    while let Some(query) = next {
        let ast::Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        if !locks.is_empty() {
            return Err(not_supported("FOR UPDATE and FOR SHARE", span).help("reads don't lock rows here"));
        }
        let dialect = [
            (for_clause.is_some(), "FOR XML, JSON or BROWSE"),
            (settings.is_some(), "SETTINGS"),
            (format_clause.is_some(), "FORMAT"),
            (!pipe_operators.is_empty(), "the pipe operator"),
        ];
        refuse_present(&dialect, span)?;
        let (limit, offset) = limit_and_offset(limit_clause.as_ref(), span)?;
        once(&mut all.with, with.as_ref(), "WITH", span)?;
        once(&mut all.order_by, order_by.as_ref(), "ORDER BY", span)?;
        once(&mut all.limit, limit, "LIMIT", span)?;
        once(&mut all.offset, offset, "OFFSET", span)?;
        once(&mut all.fetch, fetch.as_ref(), "FETCH", span)?;
        all.fetch_is_ordered |= all.fetch.is_some() && order_by.is_some();
        all.body = body;
        next = match body.as_ref() {
            ast::SetExpr::Query(inner) => Some(inner),
            ast::SetExpr::Select(_)
            | ast::SetExpr::Values(_)
            | ast::SetExpr::SetOperation { .. }
            | ast::SetExpr::Table(_)
            | ast::SetExpr::Insert(_)
            | ast::SetExpr::Update(_)
            | ast::SetExpr::Delete(_)
            | ast::SetExpr::Merge(_) => None,
        };
    }
    if all.limit.is_some() && all.fetch.is_some() {
        return Err(twice("LIMIT", span));
    }
    Ok(all)
}

fn limit_and_offset(
    clause: Option<&LimitClause>,
    span: Span,
) -> Result<(Option<&ast::Expr>, Option<&ast::Offset>), Rejection> {
    match clause {
        None => Ok((None, None)),
        Some(LimitClause::LimitOffset { limit, offset, limit_by }) => {
            refuse_present(&[(!limit_by.is_empty(), "LIMIT … BY")], span)?;
            Ok((limit.as_ref(), offset.as_ref()))
        }
        Some(LimitClause::OffsetCommaLimit { offset: _, limit: _ }) => {
            Err(not_supported("LIMIT a, b", span).help("write LIMIT b OFFSET a"))
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: Option<T>, what: &str, span: Span) -> Result<(), Rejection> {
    match (slot.is_some(), value) {
        (true, Some(_)) => Err(twice(what, span)),
        (false, Some(value)) => {
            *slot = Some(value);
            Ok(())
        }
        (_, None) => Ok(()),
    }
}

fn twice(what: &str, span: Span) -> Rejection {
    Rejection::new(Reason::InvalidStatement, format!("{what} is given more than once")).at(span)
}
