//! Calls of whatever may be called.

use std::collections::BTreeSet;

use super::*;
use crate::gate::catalog::builtin::{self, Size, Verdict};
use crate::gate::catalog::{Catalog, Function, FunctionKind};
use crate::gate::ir::{Call, Expr, ExprKind, Frame, FrameBound, FrameUnits, Literal, OrderBy, Target, Window};

/// A function by name and number of arguments, all of whose overloads may be called.
#[derive(Debug)]
struct Callable {
    name: String,
    arity: usize,
    kind: FunctionKind,
    ordered_set: bool,
    /// Arguments that make the result big, from 0: small numbers stand there.
    sizes: BTreeSet<usize>,
    /// How many columns it has in FROM; `None` where FROM can't have it.
    columns: Option<usize>,
}

/// What may be called in a catalog under a policy that allows what is built in.
#[derive(Debug)]
pub struct Callables(Vec<Callable>);

impl Callables {
    /// The functions of `pg_catalog`.
    pub fn of(catalog: &Catalog) -> Self {
        let names: BTreeSet<&str> = catalog
            .parts()
            .functions
            .iter()
            .filter(|one| one.schema == "pg_catalog")
            .map(|one| one.name.as_str())
            .collect();
        let each = |name| (0..=4).filter_map(move |arity| callable(catalog, name, arity));
        Self(names.into_iter().flat_map(each).collect())
    }
}

fn callable(catalog: &Catalog, name: &str, arity: usize) -> Option<Callable> {
    let all: Vec<&Function> =
        catalog.functions_named(name).filter(|one| one.schema == "pg_catalog" && one.accepts(arity)).collect();
    let first = all.first()?;
    let uniform = all.iter().all(|one| one.kind == first.kind && one.ordered_set == first.ordered_set);
    // One argument and a type of that name: a cast.
    let cast = arity == 1 && catalog.type_named("pg_catalog", name).is_some();
    let names_objects =
        |one: &&Function| one.argument_names.contains("regconfig") || one.argument_names.contains("regdictionary");
    if !uniform || cast || all.iter().any(names_objects) || !all.iter().all(|one| one.is_curated()) {
        return None;
    }
    let mut sizes = BTreeSet::new();
    for one in &all {
        let Verdict::Allowed { function, .. } = builtin::verdict(&one.name, &one.argument_names) else { return None };
        match function.size {
            Some(Size::Length(at) | Size::Times(at)) => drop(sizes.insert(usize::from(at) - 1)),
            Some(Size::Corners(_) | Size::Dimensions(_) | Size::Widths(_)) => return None,
            Some(Size::Series | Size::Product(..) | Size::Program(_)) | None => {}
        }
    }
    let columns = match first.kind {
        FunctionKind::Function if name != "unnest" => columns_in_from(catalog, &all),
        _ => None,
    };
    let (kind, ordered_set) = (first.kind, first.ordered_set);
    Some(Callable { name: name.to_owned(), arity, kind, ordered_set, sizes, columns })
}

fn columns_in_from(catalog: &Catalog, all: &[&Function]) -> Option<usize> {
    let shape = all.first()?.out_columns.clone();
    let record = |one: &&Function| {
        one.out_columns.is_empty() && catalog.type_(one.returns).is_none_or(|one| one.name == "record")
    };
    if all.iter().any(|one| one.out_columns != shape) || all.iter().any(record) {
        return None;
    }
    Some(shape.len().max(1))
}

impl Trees<'_, '_> {
    /// A call of a function, aggregate or window function with all that can stand around it.
    pub(super) fn call(&mut self, scope: &Scope) -> Expr {
        if self.choices.one_in(12) {
            return self.call_by_name(scope);
        }
        let callables = self.callables;
        // Aggregates and window functions are few, and all the clauses are theirs.
        let few: Vec<&Callable> = callables.0.iter().filter(|one| one.kind != FunctionKind::Function).collect();
        let one = match self.choices.below(8) {
            0 => few.iter().copied().find(|one| one.name == "count" && one.arity == 0).unwrap_or(&callables.0[0]),
            1..4 => *self.choices.pick(&few),
            _ => self.choices.pick(&callables.0),
        };
        let within = if one.ordered_set { one.arity.min(1) } else { 0 };
        let mut call = self.bare_call(one, one.arity - within, scope);
        if one.kind == FunctionKind::Function {
            return Expr::new(ExprKind::Call(Box::new(call)));
        }
        call.within_group = (0..within).map(|_| self.order_expr(scope)).collect();
        call.star = call.arguments.is_empty() && one.kind == FunctionKind::Aggregate && within == 0;
        if !call.arguments.is_empty() && one.kind == FunctionKind::Aggregate {
            call.distinct = self.choices.one_in(4);
            call.order_by = (0..self.choices.below(3)).map(|_| self.order_expr(scope)).collect();
        }
        if one.kind == FunctionKind::Aggregate && self.choices.one_in(4) {
            call.filter = Some(self.expr(scope));
        }
        if one.kind == FunctionKind::Window || self.choices.one_in(4) {
            call.over = Some(self.window(scope));
        }
        Expr::new(ExprKind::Call(Box::new(call)))
    }

    /// The function of the fixture whose parameters have names, all of them with defaults.
    fn call_by_name(&mut self, scope: &Scope) -> Expr {
        let all: [&[&str]; 3] = [&["days"], &["secs", "weeks"], &["mins", "hours", "days"]];
        let names = *self.choices.pick(&all);
        let in_order = self.choices.below(2);
        let arguments = (0..in_order + names.len()).map(|_| self.expr(scope)).collect();
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Expr::new(ExprKind::Call(Box::new(Call { names, ..call_of("make_interval", arguments) })))
    }

    /// A call in FROM and how many columns it brings.
    pub(super) fn call_in_from(&mut self, scope: &Scope) -> (Expr, usize) {
        let callables = self.callables;
        let some: Vec<&Callable> = callables.0.iter().filter(|one| one.columns.is_some()).collect();
        // Those with columns of their own are few.
        let named: Vec<&Callable> = some.iter().copied().filter(|one| one.columns > Some(1)).collect();
        let of = if self.choices.one_in(2) && !named.is_empty() { named } else { some };
        let one = *self.choices.pick(&of);
        let call = self.bare_call(one, one.arity, scope);
        (Expr::new(ExprKind::Call(Box::new(call))), one.columns.unwrap_or(1))
    }

    /// A call of a function of `pg_catalog` without anything around it.
    pub(super) fn plain_call(&self, name: &str, arguments: Vec<Expr>) -> Expr {
        Expr::new(ExprKind::Call(Box::new(call_of(name, arguments))))
    }

    fn bare_call(&mut self, one: &Callable, count: usize, scope: &Scope) -> Call {
        let mut arguments = Vec::new();
        for at in 0..count {
            arguments.push(if one.sizes.contains(&at) {
                Expr::new(ExprKind::Literal(Literal::Number("3".to_owned())))
            } else if !one.sizes.is_empty() && at == 0 {
                // What is repeated is short, then.
                Expr::new(ExprKind::Literal(Literal::String("ab".to_owned())))
            } else {
                self.expr(scope)
            });
        }
        call_of(&one.name, arguments)
    }

    /// ORDER BY of calls and windows takes any expression, constants too.
    fn order_expr(&mut self, scope: &Scope) -> OrderBy {
        let target = Target::Expr(self.expr(scope));
        self.ordered(target)
    }

    fn window(&mut self, scope: &Scope) -> Window {
        let partition_by = (0..self.choices.below(3)).map(|_| self.expr(scope)).collect();
        let order_by = (0..self.choices.below(3)).map(|_| self.order_expr(scope)).collect();
        let frame = self.choices.one_in(2).then(|| self.frame(scope));
        Window { partition_by, order_by, frame }
    }

    fn frame(&mut self, scope: &Scope) -> Frame {
        let units = *self.choices.pick(&[FrameUnits::Rows, FrameUnits::Range, FrameUnits::Groups]);
        let start = self.frame_bound(scope, FrameBound::UnboundedPreceding);
        let end = self.choices.one_in(2).then(|| self.frame_bound(scope, FrameBound::UnboundedFollowing));
        Frame { units, start, end }
    }

    fn frame_bound(&mut self, scope: &Scope, unbounded: FrameBound) -> FrameBound {
        match self.choices.below(4) {
            1 => FrameBound::Preceding(Box::new(self.expr(scope))),
            2 => FrameBound::Following(Box::new(self.expr(scope))),
            3 => unbounded,
            _ => FrameBound::CurrentRow,
        }
    }
}

fn call_of(name: &str, arguments: Vec<Expr>) -> Call {
    // Which overloads there are takes no part in equality.
    Call::of_builtin(name, Vec::new(), arguments)
}
