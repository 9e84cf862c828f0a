//! ORDER BY, DISTINCT ON and GROUP BY: what a name or a number in them means.

use sqlparser::ast::{
    self, Expr as AstExpr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments,
    GroupByExpr, Ident, ObjectNamePart, OrderByExpr, OrderByKind, OrderByOptions, OrderBySort, UnaryOperator, Value,
};

use super::from::refuse_present;
use super::repeated::repeated;
use super::{Lowering, not_supported, not_yet};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{GroupBy, GroupElement, OrderBy, OutputColumn, Projection, SetExpr, Target};
use crate::gate::source::Span;

/// What an element can name.
enum Outputs<'p> {
    /// The columns of a SELECT list; other expressions are over its FROM.
    Projection(&'p [Projection]),
    /// The columns of VALUES.
    Values(&'p [OutputColumn]),
    /// The columns of a set operation, and nothing else.
    Columns(&'p [OutputColumn]),
}

/// Sets of one GROUPING SETS at most, as in PostgreSQL.
const MAX_GROUPING_SETS: usize = 4_096;

const OVER_SUBQUERY: &str = "put the query into FROM as a subquery and order that";

impl<'a> Lowering<'a> {
    /// ORDER BY of a query whose body is lowered.
    pub(super) fn order_by(
        &mut self,
        order_by: &ast::OrderBy,
        body: &SetExpr,
        columns: &[OutputColumn],
    ) -> Result<Vec<OrderBy>, Rejection> {
        let ast::OrderBy { kind, interpolate } = order_by;
        let span = self.span(order_by);
        refuse_present(&[(interpolate.is_some(), "INTERPOLATE")], span)?;
        let list = match kind {
            OrderByKind::Expressions(list) => list,
            OrderByKind::All(_) => return Err(not_supported("ORDER BY ALL", span)),
        };
        let outputs = match body {
            SetExpr::Select(select) => Outputs::Projection(&select.projection),
            SetExpr::Values(_) => Outputs::Values(columns),
            SetExpr::SetOperation { .. } | SetExpr::Query(_) | SetExpr::Write(_) => Outputs::Columns(columns),
        };
        let mut all = Vec::new();
        for OrderByExpr { expr, options, with_fill } in list {
            let span = self.span(expr);
            refuse_present(&[(with_fill.is_some(), "WITH FILL")], span)?;
            let OrderByOptions { sort, nulls_first } = options;
            let descending = match sort {
                None | Some(OrderBySort::Asc) => false,
                Some(OrderBySort::Desc) => true,
                Some(OrderBySort::Using(_)) => return Err(not_supported("ORDER BY … USING", span)),
            };
            let target = self.named_or_numbered(expr, &outputs, "ORDER BY", span)?;
            if let (SetExpr::Select(select), Some(expr)) = (body, target.expr()) {
                self.refuse_repeated_keys(select, [expr])?;
            }
            all.push(OrderBy { target, descending, nulls_first: *nulls_first });
        }
        Ok(all)
    }

    /// The list of DISTINCT ON.
    pub(super) fn distinct_on(
        &mut self,
        list: &[AstExpr],
        projection: &[Projection],
    ) -> Result<Vec<Target>, Rejection> {
        let outputs = Outputs::Projection(projection);
        list.iter()
            .map(|expr| {
                let span = self.span(expr);
                self.named_or_numbered(expr, &outputs, "DISTINCT ON", span)
            })
            .collect()
    }

    /// An output column by name or number, else an expression.
    fn named_or_numbered(
        &mut self,
        expr: &AstExpr,
        outputs: &Outputs<'_>,
        clause: &str,
        span: Span,
    ) -> Result<Target, Rejection> {
        if let Some(ident) = bare_name(expr) {
            self.only_clients_write("a result's column by name", span)?;
            let name = self.identifier(ident)?;
            if let Some(number) = outputs.named(&name, clause, span)? {
                return Ok(Target::Output(number));
            }
        }
        if let Some(number) = ordinal(expr, outputs.count(), clause, span)? {
            return Ok(Target::Output(number));
        }
        match outputs {
            Outputs::Projection(all) => Ok(repeated(self.expr(expr)?, all)),
            Outputs::Values(_) => Err(not_yet("an expression in ORDER BY of VALUES", span).help(OVER_SUBQUERY)),
            Outputs::Columns(_) => {
                let message =
                    "ORDER BY of UNION, INTERSECT and EXCEPT takes the result's column names and numbers only";
                Err(Rejection::new(Reason::InvalidStatement, message).at(span).help(OVER_SUBQUERY))
            }
        }
    }

    /// GROUP BY; `None` where there is none.
    pub(super) fn group_by(
        &mut self,
        group_by: &GroupByExpr,
        projection: &[Projection],
        span: Span,
    ) -> Result<Option<GroupBy>, Rejection> {
        let (list, modifiers) = match group_by {
            GroupByExpr::Expressions(list, modifiers) => (list, modifiers),
            GroupByExpr::All(_) => {
                return Err(not_supported("GROUP BY ALL", span).help("list the columns to group by"));
            }
        };
        refuse_present(&[(!modifiers.is_empty(), "WITH ROLLUP, CUBE or TOTALS")], span)?;
        if list.is_empty() {
            return Ok(None);
        }
        let mut elements = Vec::new();
        for element in list {
            match element {
                AstExpr::Rollup(sets) => elements.push(GroupElement::Rollup(self.sets(sets, projection, false, span)?)),
                AstExpr::Cube(sets) => elements.push(GroupElement::Cube(self.sets(sets, projection, false, span)?)),
                AstExpr::GroupingSets(sets) => {
                    elements.push(GroupElement::Sets(self.sets(sets, projection, true, span)?));
                }
                AstExpr::Tuple(list) if list.is_empty() => elements.push(GroupElement::Empty),
                // `(a, b)` is no row here but two elements.
                AstExpr::Tuple(list) => {
                    for one in list {
                        elements.push(GroupElement::Target(self.group_target(one, projection)?));
                    }
                }
                other => elements.push(GroupElement::Target(self.group_target(other, projection)?)),
            }
        }
        Ok(Some(GroupBy { distinct: false, elements }))
    }

    fn sets(
        &mut self,
        sets: &[Vec<AstExpr>],
        projection: &[Projection],
        empty_allowed: bool,
        span: Span,
    ) -> Result<Vec<Vec<Target>>, Rejection> {
        let mut all = Vec::new();
        for set in sets {
            if set.is_empty() && !empty_allowed {
                let message = "ROLLUP and CUBE take no empty list";
                return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
            }
            match set.as_slice() {
                [one] if empty_allowed => match nested(one) {
                    Some((kind, lists)) => {
                        let lists = self.lists(kind, lists, projection, span)?;
                        let more = kind.unfolded(&lists);
                        for set in &more {
                            self.count_unfolded(set.len(), span)?;
                            self.count_copied(set.iter().filter_map(Target::expr), span)?;
                        }
                        all.extend(more);
                    }
                    None => all.push(vec![self.group_target(one, projection)?]),
                },
                many => all.push(self.group_targets(many, projection)?),
            }
            if all.len() > MAX_GROUPING_SETS {
                let message = format!("GROUPING SETS holds more than {MAX_GROUPING_SETS} sets");
                return Err(Rejection::new(Reason::LimitExceeded, message).at(span));
            }
        }
        Ok(all)
    }

    fn group_targets(&mut self, list: &[AstExpr], projection: &[Projection]) -> Result<Vec<Target>, Rejection> {
        list.iter().map(|one| self.group_target(one, projection)).collect()
    }

    /// The lists of a ROLLUP or CUBE inside GROUPING SETS, which the parser takes for a function's arguments.
    fn lists(
        &mut self,
        kind: Nested,
        arguments: &[FunctionArg],
        projection: &[Projection],
        span: Span,
    ) -> Result<Vec<Vec<Target>>, Rejection> {
        let mut lists = Vec::new();
        for argument in arguments {
            lists.push(match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(AstExpr::Tuple(list))) if !list.is_empty() => {
                    self.group_targets(list, projection)?
                }
                FunctionArg::Unnamed(FunctionArgExpr::Expr(one)) => vec![self.group_target(one, projection)?],
                _ => return Err(not_supported("this in ROLLUP or CUBE", span)),
            });
        }
        match (lists.len(), kind) {
            (0, _) => Err(Rejection::new(Reason::InvalidStatement, "ROLLUP and CUBE take no empty list").at(span)),
            (13.., Nested::Cube) => {
                Err(Rejection::new(Reason::LimitExceeded, "CUBE takes 12 elements at most").at(span))
            }
            _ => Ok(lists),
        }
    }

    /// An input column before an output column of that name, a number, else an expression.
    fn group_target(&mut self, expr: &AstExpr, projection: &[Projection]) -> Result<Target, Rejection> {
        let span = self.span(expr);
        let outputs = Outputs::Projection(projection);
        if let Some(ident) = bare_name(expr) {
            self.only_clients_write("a result's column by name", span)?;
            let name = self.identifier(ident)?;
            if !self.is_input_column(&name)
                && let Some(number) = outputs.named(&name, "GROUP BY", span)?
            {
                return Ok(Target::Output(number));
            }
        }
        match ordinal(expr, outputs.count(), "GROUP BY", span)? {
            Some(number) => Ok(Target::Output(number)),
            None => Ok(repeated(self.expr(expr)?, projection)),
        }
    }
}

/// ROLLUP or CUBE inside GROUPING SETS.
#[derive(Clone, Copy)]
enum Nested {
    Rollup,
    Cube,
}

impl Nested {
    /// The sets that it stands for: GROUPING SETS inside GROUPING SETS are as good as side by side.
    fn unfolded(self, lists: &[Vec<Target>]) -> Vec<Vec<Target>> {
        let chosen: Vec<Vec<&Vec<Target>>> = match self {
            Self::Rollup => (0..=lists.len()).rev().map(|many| lists.iter().take(many).collect()).collect(),
            Self::Cube => {
                let numbers = (0..1_u32 << lists.len()).rev();
                let of = |number: u32| lists.iter().enumerate().filter(move |(at, _)| number & (1 << at) != 0);
                numbers.map(|number| of(number).map(|(_, list)| list).collect()).collect()
            }
        };
        chosen.into_iter().map(|lists| lists.into_iter().flatten().cloned().collect()).collect()
    }
}

/// ROLLUP and CUBE as the parser reads them inside GROUPING SETS: as functions.
fn nested(expr: &AstExpr) -> Option<(Nested, &[FunctionArg])> {
    let AstExpr::Function(Function {
        name,
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group,
    }) = expr
    else {
        return None;
    };
    let [ObjectNamePart::Identifier(Ident { value, quote_style: None, span: _ })] = name.0.as_slice() else {
        return None;
    };
    let kind = match value.to_ascii_lowercase().as_str() {
        "rollup" => Nested::Rollup,
        "cube" => Nested::Cube,
        _ => return None,
    };
    (within_group.is_empty() && clauses.is_empty()).then_some((kind, args))
}

impl Outputs<'_> {
    fn count(&self) -> usize {
        match self {
            Self::Projection(all) => all.len(),
            Self::Values(all) | Self::Columns(all) => all.len(),
        }
    }

    /// The number of the output column of that name. Several are ambiguous unless they are the same expression.
    fn named(&self, name: &str, clause: &str, span: Span) -> Result<Option<u32>, Rejection> {
        let ambiguous = || {
            let message = format!("`{name}` in {clause} could mean more than one column of the result");
            Err(Rejection::new(Reason::AmbiguousName, message).at(span))
        };
        match self {
            Self::Projection(all) => {
                let mut same = (1..).zip(*all).filter(|(_, one)| one.name == name);
                let Some((number, first)) = same.next() else { return Ok(None) };
                if same.any(|(_, other)| other.expr != first.expr) { ambiguous() } else { Ok(Some(number)) }
            }
            Self::Values(all) | Self::Columns(all) => {
                let mut same = (1..).zip(*all).filter(|(_, one)| one.name == name);
                let Some((number, _)) = same.next() else { return Ok(None) };
                if same.next().is_some() { ambiguous() } else { Ok(Some(number)) }
            }
        }
    }
}

/// The expression without parentheses around it: for PostgreSQL they are gone after parsing.
fn bare(mut expr: &AstExpr) -> &AstExpr {
    while let AstExpr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

fn bare_name(expr: &AstExpr) -> Option<&Ident> {
    match bare(expr) {
        AstExpr::Identifier(ident) => Some(ident),
        _ => None,
    }
}

/// A number with minus signs before it: PostgreSQL folds them into the constant, so that `- -1` is a number of an output
/// column, too. It folds nothing into a parameter or a text.
fn is_signed_number(expr: &AstExpr) -> bool {
    let AstExpr::UnaryOp { op: UnaryOperator::Minus, expr } = expr else { return false };
    match bare(expr) {
        AstExpr::Value(value) => matches!(value.value, Value::Number(..)),
        inner => is_signed_number(inner),
    }
}

/// A number of an output column. Any other constant is refused, as PostgreSQL does.
fn ordinal(expr: &AstExpr, count: usize, clause: &str, span: Span) -> Result<Option<u32>, Rejection> {
    let invalid = |message: String| Err(Rejection::new(Reason::InvalidStatement, message).at(span));
    let value = match bare(expr) {
        AstExpr::Value(value) => &value.value,
        signed if is_signed_number(signed) => {
            return invalid(format!("a number with a sign in {clause} is no column of the result"));
        }
        _ => return Ok(None),
    };
    match value {
        Value::Placeholder(_) => Ok(None),
        Value::Number(digits, false) => match digits.parse::<u32>() {
            Ok(number) if number >= 1 && (number as usize) <= count => Ok(Some(number)),
            _ => invalid(format!("{clause} position {digits} is not in the select list")),
        },
        _ => invalid(format!("a constant that isn't a whole number in {clause}")),
    }
}
