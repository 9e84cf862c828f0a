//! Arguments by name, as in `make_interval(days => 10)`: of PostgreSQL's own functions, where one overload alone has
//! parameters of these names. They are emitted by name, too, since only PostgreSQL knows the defaults of those between.

use sqlparser::ast::{self, FunctionArg, FunctionArgExpr, FunctionArgOperator, Ident};

use super::function::Callee;
use super::name::Position;
use super::search::names_search_objects;
use super::{Lowering, not_supported, not_yet};
use crate::gate::catalog::builtin::{self, Size, Verdict};
use crate::gate::catalog::{Function, FunctionKind};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::Expr;
use crate::gate::source::Span;

/// The arguments of a call as they are written.
#[derive(Default)]
pub(super) struct Arguments {
    /// Their values.
    pub values: Vec<Expr>,
    /// The names of the last ones.
    pub names: Vec<String>,
    /// `*` stands in their place.
    pub star: bool,
}

impl<'a> Lowering<'a> {
    /// The arguments of a call, by name or not, and what of the callee they leave.
    pub(super) fn arguments_of(
        &mut self,
        callee: Callee<'a>,
        args: &[FunctionArg],
        span: Span,
    ) -> Result<(Callee<'a>, Arguments), Rejection> {
        let by_name = |arg: &FunctionArg| matches!(arg, FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. });
        let first = args.iter().position(by_name).unwrap_or(args.len());
        let (in_order, rest) = args.split_at_checked(first).unwrap_or((args, &[]));
        let (mut values, star) = self.arguments(in_order)?;
        let mut names: Vec<String> = Vec::with_capacity(rest.len());
        for arg in rest {
            let (name, value) = self.named_argument(arg, span)?;
            let name = self.name(name, Position::FunctionOrType)?;
            if names.contains(&name) {
                let message = format!("the argument `{name}` is given more than once");
                return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
            }
            names.push(name);
            values.push(self.expr(value)?);
        }
        let callee = if names.is_empty() { callee } else { self.callee_by_name(callee, first, &names, span)? };
        Ok((callee, Arguments { values, names, star }))
    }

    fn named_argument<'e>(&self, arg: &'e FunctionArg, span: Span) -> Result<(&'e Ident, &'e ast::Expr), Rejection> {
        let (name, value, operator) = match arg {
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), operator } => (name, value, operator),
            FunctionArg::ExprNamed {
                name: ast::Expr::Identifier(name),
                arg: FunctionArgExpr::Expr(value),
                operator,
            } => (name, value, operator),
            FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => {
                return Err(not_supported("this form of an argument by name", span).help("write `name => value`"));
            }
            FunctionArg::Unnamed(_) => {
                let message = "an argument without name stands behind one with a name";
                return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
            }
        };
        match operator {
            // PostgreSQL's older `:=` is an infix operator to the parser, whose precedence isn't this.
            FunctionArgOperator::RightArrow => Ok((name, value)),
            _ => Err(not_supported("this form of an argument by name", span).help("write `name => value`")),
        }
    }

    /// The one overload whose parameters behind the first `in_order` have these names, and whose others have defaults.
    fn callee_by_name(
        &self,
        mut callee: Callee<'a>,
        in_order: usize,
        names: &[String],
        span: Span,
    ) -> Result<Callee<'a>, Rejection> {
        if callee.schema != "pg_catalog" || !callee.rivals.is_empty() {
            let what = "an argument by name for a function that isn't PostgreSQL's own";
            return Err(not_yet(what, span).help("write the arguments in order"));
        }
        let takes = |one: &Function| {
            let parameters = &one.parameter_names;
            let required = one.arguments.len().saturating_sub(usize::from(one.defaults));
            let behind = || parameters.iter().enumerate().skip(in_order);
            parameters.len() == one.arguments.len()
                && names.iter().all(|name| behind().any(|(_, parameter)| parameter == name))
                && behind().all(|(at, parameter)| at >= required || names.contains(parameter))
        };
        callee.candidates.retain(|one| takes(one));
        match callee.candidates.as_slice() {
            [] => {
                let message = format!("`{}` has no parameters of these names", callee.written);
                Err(Rejection::new(Reason::UnknownFunction, message).at(span))
            }
            [one] if self.needs_no_positions(one) => Ok(callee),
            [_, ..] => Err(not_yet(&format!("an argument by name for `{}`", callee.written), span)
                .help("write the arguments in order")),
        }
    }

    /// Whether no rule looks at an argument by its position.
    fn needs_no_positions(&self, function: &Function) -> bool {
        let sized = match builtin::verdict(&function.name, &function.argument_names) {
            Verdict::Allowed { function, .. } => match function.size {
                None | Some(Size::Series | Size::Product(..) | Size::Program(_)) => false,
                Some(Size::Length(_) | Size::Corners(_) | Size::Times(_) | Size::Dimensions(_) | Size::Widths(_)) => {
                    true
                }
            },
            Verdict::Refused(_) | Verdict::Unsorted => true,
        };
        let mut types = function.arguments.iter().filter_map(|oid| self.catalog.type_(*oid));
        function.kind == FunctionKind::Function
            && !function.variadic
            && !sized
            && types.all(|one| !names_search_objects(&one.name))
    }
}
