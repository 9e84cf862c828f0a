//! Calls: what is written like a function call, syntax of its own included.

use sqlparser::ast::{
    self, DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, ObjectName,
};

use super::expr::bare_name;
use super::function::Callee;
use super::json::{self, Constructor};
use super::named::Arguments;
use super::special::is_syntax;
use super::{Lowering, not_supported, not_yet};
use crate::gate::catalog::{Function, FunctionKind, TypeKind};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Call, Expr, ExprKind, FunctionRef, OrderBy, Ty, Window};
use crate::gate::source::Span;

/// The columns that a function in FROM brings.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FromColumns {
    /// One column, named like the alias, else like the function.
    Scalar {
        /// The function's own name.
        name: String,
        /// Its type.
        ty: Ty,
    },
    /// The function's OUT or TABLE columns.
    Named(Vec<(String, Ty)>),
}

/// What a call says beside its function and arguments.
#[derive(Default)]
pub(super) struct Extras {
    pub(super) names: Vec<String>,
    pub(super) star: bool,
    pub(super) distinct: bool,
    pub(super) order_by: Vec<OrderBy>,
    pub(super) within_group: Vec<OrderBy>,
    pub(super) filter: Option<Expr>,
    pub(super) over: Option<Window>,
}

impl<'a> Lowering<'a> {
    /// A call of a function, aggregate or window function, or a form that looks like one.
    pub(super) fn call(&mut self, function: &ast::Function) -> Result<Expr, Rejection> {
        let ast::Function { name, uses_odbc_syntax, parameters, args, within_group, filter, null_treatment, over } =
            function;
        let span = self.span(name);
        if *uses_odbc_syntax {
            return Err(not_supported("a call in braces", span));
        }
        if null_treatment.is_some() {
            return Err(not_supported("IGNORE NULLS and RESPECT NULLS", span));
        }
        match parameters {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(_) | FunctionArguments::List(_) => {
                return Err(not_supported("a call with two lists of arguments", span));
            }
        }
        if let Some(answer) = self.answered_call(function, span) {
            return Ok(answer);
        }
        let word = bare_name(name);
        let list = match args {
            FunctionArguments::None => return self.word(word.as_deref(), span),
            FunctionArguments::Subquery(query) if word.as_deref() == Some("array") => return self.array_query(query),
            FunctionArguments::Subquery(_) => return Err(not_supported("a subquery as the list of arguments", span)),
            FunctionArguments::List(list) => list,
        };
        if let Some(constructor) = word.as_deref().and_then(|word| Constructor::of(word, &list.args)) {
            return self.json_constructor(constructor, function, list, span);
        }
        if let Some(form) = word.as_deref().and_then(json::path_form) {
            return self.json_path(form, function, list, span);
        }
        let ast::FunctionArgumentList { duplicate_treatment, args, clauses } = list;
        let order_by = self.order_clause(clauses, span)?;
        let distinct = matches!(duplicate_treatment, Some(DuplicateTreatment::Distinct));
        if let Some(word) = word.as_deref()
            && let Some(form) = self.special_form(word, args, span)?
        {
            let plain = duplicate_treatment.is_none() && clauses.is_empty() && within_group.is_empty();
            if !plain || filter.is_some() || over.is_some() {
                return Err(not_supported(&format!("a clause for {}", word.to_ascii_uppercase()), span));
            }
            return Ok(form);
        }
        // `count(*)` is a call without arguments.
        let count = if is_star(args) { 0 } else { args.len() };
        let callee = self.callee(name, count + within_group.len(), span)?;
        let (callee, Arguments { values, names, star }) = self.arguments_of(callee, args, span)?;
        if star && (distinct || !order_by.is_empty()) {
            let message = "`*` goes with neither DISTINCT nor ORDER BY";
            return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
        }
        let extras = Extras {
            names,
            star,
            distinct,
            order_by: self.order_list(order_by)?,
            within_group: self.order_list(within_group)?,
            filter: filter.as_ref().map(|filter| self.expr(filter)).transpose()?,
            over: over.as_ref().map(|over| self.over(over, span)).transpose()?,
        };
        self.finish(callee, values, extras, span)
    }

    /// A call of a built-in function that a form stands for.
    pub(super) fn builtin_call(&mut self, name: &str, arguments: Vec<Expr>) -> Result<Expr, Rejection> {
        let span = arguments.iter().fold(Span::default(), |span, one| span.to(one.origin.0));
        let callee = self.builtin_callee(name, arguments.len(), span)?;
        self.finish(callee, arguments, Extras::default(), span)
    }

    /// A call in FROM, with the columns that it brings.
    pub(super) fn call_in_from(
        &mut self,
        name: &ObjectName,
        args: &[FunctionArg],
        span: Span,
    ) -> Result<(Expr, FromColumns), Rejection> {
        if let Some(word) = bare_name(name)
            && is_syntax(&word)
        {
            return Err(not_supported(&format!("{} in FROM", word.to_ascii_uppercase()), span)
                .help("put it into a subquery: (SELECT …) AS x"));
        }
        let (callee, Arguments { values, names, star: _ }) = self.callee_in_from(name, args, span)?;
        let shapes =
            callee.candidates.iter().map(|one| self.columns_in_from(one, span)).collect::<Result<Vec<_>, _>>()?;
        let name = callee.name.clone();
        let call = self.finish(callee, values, Extras { names, ..Extras::default() }, span)?;
        let mut shapes = shapes.into_iter();
        let first = shapes.next().flatten();
        if shapes.any(|shape| shape != first) {
            return Err(not_yet(&format!("`{name}` in FROM, whose overloads have different columns,"), span));
        }
        let columns = match first {
            Some(columns) => FromColumns::Named(columns),
            None => FromColumns::Scalar { name, ty: call.ty },
        };
        Ok((call, columns))
    }

    /// A call in FROM with a column definition list.
    pub(super) fn record_call(
        &mut self,
        name: &ObjectName,
        args: &[FunctionArg],
        span: Span,
    ) -> Result<Expr, Rejection> {
        let (callee, Arguments { values, names, star: _ }) = self.callee_in_from(name, args, span)?;
        let gives_records = |one: &Function| {
            let record =
                self.catalog.type_(one.returns).is_some_and(|one| one.name == "record" && one.oid.is_builtin());
            record && one.out_columns.is_empty()
        };
        if !callee.candidates.iter().all(|one| gives_records(one)) {
            let message = format!("`{}` takes no column definition list: it knows its columns itself", callee.written);
            return Err(Rejection::new(Reason::InvalidStatement, message).at(span).help("leave the types out"));
        }
        self.finish(callee, values, Extras { names, ..Extras::default() }, span)
    }

    fn callee_in_from(
        &mut self,
        name: &ObjectName,
        args: &[FunctionArg],
        span: Span,
    ) -> Result<(Callee<'a>, Arguments), Rejection> {
        let callee = self.callee(name, args.len(), span)?;
        let (callee, arguments) = self.arguments_of(callee, args, span)?;
        let callee = self.settle(callee, &arguments.values.iter().collect::<Vec<_>>(), span)?;
        if arguments.star || callee.candidates.iter().any(|one| one.kind != FunctionKind::Function) {
            let message = format!("`{}` is an aggregate or window function, which FROM can't have", callee.written);
            return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
        }
        Ok((callee, arguments))
    }

    /// The named columns that a function brings to FROM; `None` for one value without a name.
    fn columns_in_from(&self, function: &Function, span: Span) -> Result<Option<Vec<(String, Ty)>>, Rejection> {
        // One OUT column of a composite type is the result itself, and FROM shows its fields.
        let returned = self.catalog.type_(self.catalog.below_domain(function.returns));
        if returned.is_some_and(|one| matches!(one.kind, TypeKind::Composite { .. })) {
            let what = format!("`{}` in FROM, which gives rows of a composite type,", function.name);
            return Err(not_yet(&what, span));
        }
        if !function.out_columns.is_empty() {
            let column =
                |(name, ty): &(String, _)| (name.clone(), Some(*ty).filter(|ty| self.catalog.is_concrete(*ty)));
            return Ok(Some(function.out_columns.iter().map(column).collect()));
        }
        match returned {
            Some(one) if one.name == "record" && one.oid.is_builtin() => {
                let message = format!("`{}` in FROM needs a column definition list", function.name);
                Err(Rejection::new(Reason::InvalidStatement, message)
                    .at(span)
                    .help(format!("say the columns and their types, as in {}(…) AS x(a int, b text)", function.name)))
            }
            Some(_) => Ok(None),
            None => Err(not_yet(&format!("`{}` in FROM", function.name), span)),
        }
    }

    /// Checks and puts together.
    pub(super) fn finish(
        &mut self,
        callee: Callee<'a>,
        arguments: Vec<Expr>,
        extras: Extras,
        span: Span,
    ) -> Result<Expr, Rejection> {
        let Extras { names, star, distinct, order_by, within_group, filter, over } = extras;
        self.count_node(span)?;
        if distinct {
            self.refuse_repeated_order(&arguments, &order_by, span)?;
        }
        let given: Vec<&Expr> =
            arguments.iter().chain(within_group.iter().filter_map(|one| one.target.expr())).collect();
        let callee = self.settle(callee, &given, span)?;
        let callee = self.of_kind(callee, star, !within_group.is_empty(), over.is_some(), span)?;
        let mut arguments = arguments;
        let aggregated: Vec<&Expr> = within_group.iter().filter_map(|one| one.target.expr()).collect();
        let callee = self.govern(callee, &arguments, &aggregated, span)?;
        self.search_objects_taken(&callee, &arguments);
        self.bound_sizes(&callee, &mut arguments, span)?;
        let ty = self.call_type(&callee, arguments.iter().chain(aggregated));
        let Callee { schema, name, candidates, .. } = callee;
        let candidates = candidates.iter().map(|one| one.oid).collect();
        let function = FunctionRef { schema, name, candidates };
        let variadic = false;
        let call = Call { function, arguments, names, star, variadic, distinct, order_by, within_group, filter, over };
        Ok(Expr::new(ExprKind::Call(Box::new(call))).typed(ty).at(span))
    }

    /// Keeps the candidates that the call's clauses fit, and refuses a call that fits none.
    fn of_kind(
        &self,
        mut callee: Callee<'a>,
        star: bool,
        within_group: bool,
        over: bool,
        span: Span,
    ) -> Result<Callee<'a>, Rejection> {
        let name = callee.written.clone();
        let invalid = |message: String| Err(Rejection::new(Reason::InvalidStatement, message).at(span));
        callee.candidates.retain(|one| one.kind != FunctionKind::Procedure);
        if callee.candidates.is_empty() {
            return invalid(format!("`{name}` is a procedure, which a query can't call"));
        }
        callee.candidates.retain(|one| one.ordered_set == within_group);
        if callee.candidates.is_empty() {
            return if within_group {
                invalid(format!("`{name}` takes no WITHIN GROUP"))
            } else {
                invalid(format!("`{name}` needs WITHIN GROUP (ORDER BY …)"))
            };
        }
        let any = |kind: FunctionKind| callee.candidates.iter().any(|one| one.kind == kind);
        let (aggregate, window) = (any(FunctionKind::Aggregate), any(FunctionKind::Window));
        if star && !aggregate {
            return invalid(format!("`{name}(*)`: only an aggregate takes `*`"));
        }
        if over && !aggregate && !window {
            return invalid(format!("`{name}` is neither a window function nor an aggregate, so it takes no OVER"));
        }
        if window && !over && !aggregate {
            return invalid(format!("the window function `{name}` needs OVER"));
        }
        Ok(callee)
    }

    pub(super) fn arguments(&mut self, args: &[FunctionArg]) -> Result<(Vec<Expr>, bool), Rejection> {
        if is_star(args) {
            return Ok((Vec::new(), true));
        }
        let mut arguments = Vec::with_capacity(args.len());
        for arg in args {
            arguments.push(match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.expr(expr)?,
                FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => {
                    let qualifier = self.object_name(name)?;
                    let row = self.whole_row(&qualifier, self.span(name))?;
                    self.count_copied([&row], self.span(name))?;
                    row
                }
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_)) => {
                    return Err(not_supported("`*` among other arguments", self.span(arg)));
                }
                FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => {
                    let what = "an argument by name in this place";
                    return Err(not_supported(what, self.span(arg)).help("write the arguments in order"));
                }
            });
        }
        Ok((arguments, false))
    }

    /// ORDER BY inside the parentheses; every other clause is another system's or not built.
    fn order_clause<'c>(
        &self,
        clauses: &'c [FunctionArgumentClause],
        span: Span,
    ) -> Result<&'c [ast::OrderByExpr], Rejection> {
        let mut order: &[ast::OrderByExpr] = &[];
        for clause in clauses {
            let what = match clause {
                FunctionArgumentClause::OrderBy(list) if order.is_empty() => {
                    order = list;
                    continue;
                }
                FunctionArgumentClause::OrderBy(_) => "a second ORDER BY in a call",
                FunctionArgumentClause::IgnoreOrRespectNulls(_) => "IGNORE NULLS and RESPECT NULLS",
                FunctionArgumentClause::Where(_) => "WHERE in a call",
                FunctionArgumentClause::Limit(_) => "LIMIT in a call",
                FunctionArgumentClause::OnOverflow(_) => "ON OVERFLOW",
                FunctionArgumentClause::Having(_) => "HAVING in a call",
                FunctionArgumentClause::Separator(_) => "SEPARATOR",
                FunctionArgumentClause::JsonNullClause(_) => "NULL ON NULL and ABSENT ON NULL",
                FunctionArgumentClause::JsonReturningClause(_) => "RETURNING in a call",
            };
            return Err(not_supported(what, span));
        }
        Ok(order)
    }
}

fn is_star(args: &[FunctionArg]) -> bool {
    matches!(args, [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)])
}
