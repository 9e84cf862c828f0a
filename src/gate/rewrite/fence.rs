//! The fence around a relation with hidden rows. `OFFSET 0` keeps PostgreSQL from evaluating a statement's own
//! conditions beside the row filter. It doesn't keep the planner from estimating them: for a column that comes out of a
//! subquery, it looks up the statistics of the stored column (`examine_simple_variable` in `selfuncs.c`) and tries the
//! condition's operator on the most common values and the histogram's bounds, those of hidden rows among them. An
//! operator that raises on some values would tell of them, and so would the plan. An expression has no statistics, so
//! every column leaves the fence as one.

use std::collections::BTreeMap;

use crate::gate::catalog::Catalog;
use crate::gate::diagnostic::Rejection;
use crate::gate::ir::{Call, Expr, ExprKind, FromItem, IsTest, ItemId, Node, Statement, walk};

/// Columns of an item, by their position.
pub(super) type Columns = BTreeMap<u32, Expr>;

/// The functions in FROM that aren't PostgreSQL's own or a trusted extension's, with the columns that the statement names.
/// One in SQL PostgreSQL opens like a view (`inline_set_returning_function` in `clauses.c`): what the function's own
/// conditions reject would meet the statement's.
pub(super) fn opened_functions(statement: &Statement, catalog: &Catalog) -> BTreeMap<ItemId, Columns> {
    let in_c = |call: &Expr| match &call.kind {
        ExprKind::Call(call) => {
            call.function.candidates.iter().all(|oid| oid.is_builtin() || catalog.trust().has_function(*oid))
        }
        _ => true,
    };
    let mut opened: BTreeMap<ItemId, Columns> = BTreeMap::new();
    walk(statement, &mut |node| {
        if let Node::From(FromItem::Function { id, calls, .. }) = node
            && !calls.iter().all(in_c)
        {
            opened.insert(*id, Columns::new());
        }
    });
    if opened.is_empty() {
        return opened;
    }
    walk(statement, &mut |node| {
        if let Node::Expr(expr) = node
            && let ExprKind::Column(column) = &expr.kind
            && let Some(columns) = opened.get_mut(&column.item)
        {
            columns.entry(column.column).or_insert_with(|| expr.clone());
        }
    });
    opened
}

/// A call of one of PostgreSQL's own functions without arguments.
pub(super) fn builtin(catalog: &Catalog, name: &str) -> Result<Call, Rejection> {
    let own: Vec<_> = catalog
        .functions_named(name)
        .filter(|one| one.schema == "pg_catalog" && one.oid.is_builtin() && one.accepts(0))
        .map(|one| one.oid)
        .collect();
    if own.is_empty() {
        return Err(super::internal(&format!("the catalog lacks `{name}`, which the gate's own rewrites need")));
    }
    Ok(Call::of_builtin(name, own, Vec::new()))
}

/// `CASE WHEN now() IS NULL THEN value ELSE value END`: the value itself, with its type, modifiers and collation. The
/// condition is one that the planner can't settle: the clock stands still in a transaction, but not in a plan. A test of
/// the column would be settled where it is NOT NULL (from PostgreSQL 19 on).
pub(super) fn opaque(value: Expr, catalog: &Catalog) -> Result<Expr, Rejection> {
    let clock = Expr::new(ExprKind::Call(Box::new(builtin(catalog, "now")?)));
    let never = Expr::new(ExprKind::Is { expr: Box::new(clock), test: IsTest::Null, negated: false });
    let ty = value.ty;
    let otherwise = Some(Box::new(value.clone()));
    Ok(Expr::new(ExprKind::Case { operand: None, arms: vec![(never, value)], otherwise }).typed(ty))
}
