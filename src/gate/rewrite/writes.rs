//! Writes to filtered relations. The target of a write can't be a derived table, so the row filter goes into the
//! statement itself:
//!
//! - UPDATE and DELETE get `WHERE filter AND safe AND CASE WHEN filter THEN rest ELSE false END`. PostgreSQL may evaluate
//!   the conjuncts of a WHERE in any order, but `rest`, which may raise an error, is reached only for rows that the filter
//!   shows. *Safe* conjuncts stay outside, so that they can use an index or make a join fast
//!   ([`pushdown::beside_filters`] says which).
//! - DO UPDATE of ON CONFLICT gets the same, so it leaves a row alone that the principal doesn't see.
//! - Every write returns, behind what the client asked for, whether the filter is true of the row as it was written: the
//!   executor rolls back if it isn't true of one. So no row can be made that the principal wouldn't see, and none be moved
//!   out of sight.

use super::{Rewriter, fence, pushdown};
use crate::gate::admit::WriteCheck;
use crate::gate::authorize::{Confirm, kind_of};
use crate::gate::diagnostic::{Rejection, Rule};
use crate::gate::ir::{
    ColumnRef, Conflict, Delete, Expr, ExprKind, Insert, IsTest, Literal, OutputColumn, Projection, RelationItem,
    SetExpr, Statement, Update,
};

/// What the check is called in the emitted text; it reaches no client.
const CHECK: &str = "visible";

/// Puts its target's row filter into each write, and tells what each is held to. `safe` tells for each which
/// conjuncts of its WHERE may stand outside the CASE.
pub(super) fn guard_all(
    rewriter: &mut Rewriter<'_>,
    statement: &mut Statement,
    safe: &[pushdown::Beside],
) -> Result<Vec<WriteCheck>, Rejection> {
    let mut checks = Vec::new();
    let mut most = rewriter.authorized.max_affected_rows.iter().cloned();
    let catalog = rewriter.catalog;
    let mut check = |write: &Statement, row_check| {
        let Some(target) = write.target().map(|target| target.relation.oid) else { return };
        let descendants = catalog.tree(target).iter().map(|one| one.oid).filter(|oid| *oid != target).collect();
        let max_affected_rows = most.next().flatten();
        checks.push(WriteCheck { kind: kind_of(write), target, descendants, max_affected_rows, row_check });
    };
    let none = pushdown::Beside::default();
    let mut safe = safe.iter();
    for cte in statement.ctes_mut() {
        if let SetExpr::Write(write) = &mut cte.query.body {
            hide_statistics(rewriter, write)?;
            let row_check = guard(rewriter, write, safe.next().unwrap_or(&none))?;
            check(write, row_check);
        }
    }
    let row_check = guard(rewriter, statement, safe.next().unwrap_or(&none))?;
    check(statement, row_check);
    Ok(checks)
}

/// What a CTE returns of a target with hidden rows has no statistics: PostgreSQL looks through a CTE's RETURNING as it does
/// through a subquery's columns (see [`super::fence`]).
fn hide_statistics(rewriter: &Rewriter<'_>, write: &mut Statement) -> Result<(), Rejection> {
    let fenced = write.target().and_then(|target| rewriter.policy.rights(target.relation.oid));
    if !fenced.is_none_or(|rights| rights.is_fenced()) {
        return Ok(());
    }
    let returning = match write {
        Statement::Insert(Insert { returning, .. })
        | Statement::Update(Update { returning, .. })
        | Statement::Delete(Delete { returning, .. }) => returning,
        Statement::Query(_) | Statement::Explain(_) | Statement::Merge(_) => return Ok(()),
    };
    for projection in returning.iter_mut().filter(|one| is_plain(&one.expr)) {
        projection.expr = fence::opaque(projection.expr.clone(), rewriter.catalog)?;
    }
    Ok(())
}

/// Whether PostgreSQL may see a plain column: a cast to a column's own type is none.
fn is_plain(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Column(_) => true,
        ExprKind::Cast { expr, to: _ } | ExprKind::Collate { expr, collation: _ } => is_plain(expr),
        _ => false,
    }
}

/// Puts the target's row filter into a write. Gives the filter's rule if each row that comes back brings, in its last
/// column, whether the filter is true of it. `safe` tells which conjuncts of the WHERE may stand outside the CASE.
fn guard(
    rewriter: &mut Rewriter<'_>,
    statement: &mut Statement,
    safe: &pushdown::Beside,
) -> Result<Option<Rule>, Rejection> {
    let (target, returning, output) = match statement {
        // MERGE into a filtered table isn't admitted.
        Statement::Query(_) | Statement::Explain(_) | Statement::Merge(_) => return Ok(None),
        Statement::Insert(Insert { target, conflict, returning, output, .. }) => {
            if let Some(Conflict { arbiter: _, update: Some(update) }) = conflict {
                restrict(rewriter, target, &mut update.filter, &pushdown::Beside::default())?;
            }
            (&*target, returning, output)
        }
        Statement::Update(Update { target, filter, returning, output, .. })
        | Statement::Delete(Delete { target, filter, returning, output, .. }) => {
            restrict(rewriter, target, filter, safe)?;
            (&*target, returning, output)
        }
    };
    if let Some(confirm) = &rewriter.authorized.confirm {
        show(rewriter, confirm, target, returning, output)?;
    }
    let Some(filter) = rewriter.target_filter(target)? else { return Ok(None) };
    let rule = rewriter.policy.rights(target.relation.oid).and_then(|rights| rights.filter.as_ref()?.rules.first());
    let rule = rule.cloned().ok_or_else(|| super::internal("a row filter without a rule"))?;
    let kind = ExprKind::Is { expr: Box::new(filter), test: IsTest::True, negated: false };
    returning.push(Projection { expr: Expr::new(kind), name: CHECK.to_owned() });
    let boolean = rewriter.catalog.type_named("pg_catalog", "bool").map(|one| one.oid);
    output.push(OutputColumn { name: CHECK.to_owned(), ty: boolean });
    Ok(Some(rule))
}

/// Behind what the client asked for stand the columns that a person is shown who has to confirm the write.
fn show(
    rewriter: &Rewriter<'_>,
    confirm: &Confirm,
    target: &RelationItem,
    returning: &mut Vec<Projection>,
    output: &mut Vec<OutputColumn>,
) -> Result<(), Rejection> {
    let relation = rewriter.catalog.relation(target.relation.oid);
    for at in &confirm.columns {
        let column = relation.and_then(|relation| relation.columns.get(*at as usize));
        let column = column.ok_or_else(|| super::internal("a column outside the relation is to be shown"))?;
        let reference = ColumnRef { item: target.id, column: *at, name: Some(column.name.clone()) };
        let expr = Expr::new(ExprKind::Column(reference)).typed(Some(column.type_oid));
        returning.push(Projection { expr, name: column.name.clone() });
        output.push(OutputColumn { name: column.name.clone(), ty: Some(column.type_oid) });
    }
    Ok(())
}

fn restrict(
    rewriter: &mut Rewriter<'_>,
    target: &RelationItem,
    condition: &mut Option<Expr>,
    safe: &pushdown::Beside,
) -> Result<(), Rejection> {
    let Some(filter) = rewriter.target_filter(target)? else { return Ok(()) };
    let conjuncts = match condition.take() {
        None => Vec::new(),
        Some(Expr { kind: ExprKind::And(all), .. }) => all,
        Some(one) => vec![one],
    };
    let (outside, mut inside): (Vec<_>, Vec<_>) =
        conjuncts.into_iter().enumerate().partition(|(at, _)| safe.contains(at));
    let mut all = vec![filter];
    all.extend(outside.into_iter().map(|(_, one)| one));
    let rest = match inside.len() {
        0 => None,
        1 => inside.pop().map(|(_, one)| one),
        _ => Some(Expr::new(ExprKind::And(inside.into_iter().map(|(_, one)| one).collect()))),
    };
    if let (Some(rest), Some(filter)) = (rest, rewriter.target_filter(target)?) {
        let otherwise = Expr::new(ExprKind::Literal(Literal::Bool(false)));
        all.push(Expr::new(ExprKind::Case {
            operand: None,
            arms: vec![(filter, rest)],
            otherwise: Some(Box::new(otherwise)),
        }));
    }
    *condition = match all.len() {
        1 => all.pop(),
        _ => Some(Expr::new(ExprKind::And(all))),
    };
    Ok(())
}
