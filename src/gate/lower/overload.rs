//! What a function's name without schema means: PostgreSQL's own, a trusted extension's or a user's. PostgreSQL would look
//! for the best match among all on the path; here only PostgreSQL's own and extensions' compete, and what is emitted has a
//! schema.

use super::Lowering;
use super::expr::is_untyped;
use super::function::Callee;
use crate::gate::catalog::{Function, Oid};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::Expr;
use crate::gate::source::Span;

/// `smallint`, `integer`, `bigint`, `numeric`, `real`, `double precision`: each converts unasked to all behind it.
const NUMBERS: [Oid; 6] = [Oid(21), Oid(23), Oid(20), Oid(1700), Oid(700), Oid(701)];

impl<'a> Lowering<'a> {
    /// The schema of an unqualified function: `pg_catalog` before trusted extensions, and these before all others.
    pub(super) fn unqualified_function(
        &self,
        name: &str,
        count: usize,
        span: Span,
    ) -> Result<Option<String>, Rejection> {
        let named = || self.catalog.functions_named(name);
        let takes = |one: &Function| one.accepts(count);
        let is_own = |one: &&Function| one.schema == "pg_catalog";
        let is_brought = |one: &&Function| self.catalog.trust().brought(one);
        // PostgreSQL chooses among all of them by the number of arguments first.
        if named().any(|one| is_own(&one))
            && (named().any(|one| is_own(&one) && takes(one)) || !named().any(|one| is_brought(&one) && takes(one)))
        {
            return Ok(Some("pg_catalog".to_owned()));
        }
        let mut found = self.catalog.trust().schemas();
        found.retain(|schema| named().any(|one| one.schema == *schema && is_brought(&one)));
        if found.is_empty() {
            let path = self.policy.policy().search_path.iter().map(String::as_str);
            found = path.filter(|schema| named().any(|one| one.schema == *schema)).collect();
        }
        match found.as_slice() {
            [] => Ok(None),
            [schema] => Ok(Some((*schema).to_owned())),
            [..] => Err(Rejection::new(
                Reason::AmbiguousName,
                format!("function `{name}` is in more than one schema of the search path"),
            )
            .at(span)
            .help("write the schema before it")),
        }
    }

    /// Whether PostgreSQL prefers another overload, whatever else there is: one that takes more of the arguments as they
    /// are, and the others after a conversion that PostgreSQL makes unasked (`func_select_candidate`). Not for PostgreSQL's
    /// own functions, which are told apart by what they give.
    pub(super) fn outdone(&self, callee: &Callee<'_>, function: &Function, arguments: &[&Expr]) -> bool {
        let known = arguments.iter().all(|one| one.ty.is_some() || is_untyped(one));
        if callee.schema == "pg_catalog" || function.variadic || !known {
            return false;
        }
        // A domain counts as the type below it, but where all arguments are exactly what a function takes.
        let exact = |function: &Function, domains: bool| {
            let given = |one: &&Expr| one.ty.filter(|_| !is_untyped(one));
            let same = |wanted: Oid, ty: Oid| self.catalog.below_domain(ty) == wanted || domains && ty == wanted;
            let pairs = function.arguments.iter().zip(arguments);
            pairs.filter(|(wanted, one)| given(one).is_some_and(|ty| same(**wanted, ty))).count()
        };
        let own = exact(function, true);
        let better = |other: &Function| {
            let mut pairs = other.arguments.iter().zip(arguments);
            exact(other, false) > own && !other.variadic && pairs.all(|(wanted, one)| self.surely_takes(*wanted, one))
        };
        callee.candidates.iter().any(|other| better(other))
    }

    /// Whether PostgreSQL makes the argument into a value of the type without being asked.
    fn surely_takes(&self, wanted: Oid, argument: &Expr) -> bool {
        let Some(ty) = argument.ty.filter(|_| !is_untyped(argument)) else { return self.catalog.is_concrete(wanted) };
        let ty = self.catalog.below_domain(ty);
        let rank = |oid: Oid| NUMBERS.iter().position(|one| *one == oid);
        let widens = || rank(ty).zip(rank(wanted)).is_some_and(|(from, to)| from < to);
        self.catalog.converts_unasked(ty, wanted) || widens()
    }

    /// What trusted extensions' schemas have under that name for so many arguments, whoever made it.
    pub(super) fn rivals(&self, name: &str, count: usize) -> Vec<&'a Function> {
        let catalog = self.catalog;
        let path = catalog.trust().schemas();
        let named = catalog.functions_named(name).filter(|one| path.contains(&one.schema.as_str()));
        named.filter(|one| one.accepts(count)).collect()
    }

    /// Decides between PostgreSQL's own functions and a trusted extension's of the same name, as in `max(x)`: what is
    /// emitted has a schema. PostgreSQL prefers the overloads that take more arguments as they are, so an extension's
    /// that takes all of them so wins; for literals without type it prefers `text`.
    pub(super) fn settle(
        &self,
        mut callee: Callee<'a>,
        arguments: &[&Expr],
        span: Span,
    ) -> Result<Callee<'a>, Rejection> {
        let mut rivals = std::mem::take(&mut callee.rivals);
        // Of two with the same arguments PostgreSQL takes the one that comes first on the path.
        let in_catalog = |one: &Function| callee.candidates.iter().any(|own| own.arguments == one.arguments);
        let takes_literals = |one: &Function| {
            let pairs = one.arguments.iter().zip(arguments);
            let mut own = pairs.filter(|(wanted, _)| self.catalog.trust().has_type(**wanted)).peekable();
            own.peek().is_some() && own.all(|(_, given)| is_untyped(given))
        };
        rivals.retain(|one| !in_catalog(one) && !takes_literals(one) && !self.impossible(one, arguments));
        let Some(first) = rivals.first() else { return Ok(callee) };
        let takes_all = |one: &&&Function| {
            let as_it_is = |wanted: Oid, given: &Expr| {
                is_untyped(given) || given.ty.is_some_and(|ty| self.catalog.below_domain(ty) == wanted)
            };
            let pairs = || one.arguments.iter().zip(arguments);
            one.arguments.len() == arguments.len() && pairs().all(|(wanted, given)| as_it_is(*wanted, given))
        };
        let in_one_schema = rivals.iter().all(|one| one.schema == first.schema);
        if in_one_schema && rivals.iter().filter(takes_all).count() == 1 {
            return Ok(Callee { schema: first.schema.clone(), candidates: rivals, ..callee });
        }
        let message = format!(
            "whether `{}` is PostgreSQL's own or an extension's depends on types that are not known here",
            callee.written
        );
        let help = "cast the arguments, as in `x::text`, or write the schema before the function";
        Err(Rejection::new(Reason::AmbiguousName, message).at(span).help(help))
    }
}
