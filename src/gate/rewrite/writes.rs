//! Writes to filtered relations. The target of a write can't be a derived table, so the row filter goes into the
//! statement itself:
//!
//! - UPDATE and DELETE get `WHERE filter AND safe AND CASE WHEN filter THEN rest ELSE false END`. PostgreSQL may evaluate
//!   the conjuncts of a WHERE in any order, but `rest`, which may raise an error, is reached only for rows that the filter
//!   shows. *Safe* conjuncts stay outside, so that they can use an index or make a join fast
//!   ([`pushdown::beside_filter`] says which).
//! - DO UPDATE of ON CONFLICT gets the same, so it leaves a row alone that the principal doesn't see.
//! - Every write returns, behind what the client asked for, whether the filter is true of the row as it was written: the
//!   executor rolls back if it isn't true of one. So no row can be made that the principal wouldn't see, and none be moved
//!   out of sight.

use super::{Rewriter, pushdown};
use crate::gate::diagnostic::{Rejection, Rule};
use crate::gate::ir::{
    Conflict, Delete, Expr, ExprKind, Insert, IsTest, Literal, OutputColumn, Projection, RelationItem, Statement,
    Update,
};

/// What the check is called in the emitted text; it reaches no client.
const CHECK: &str = "visible";

/// Puts the target's row filter into a write. Gives the filter's rule if each row that comes back brings, in its last
/// column, whether the filter is true of it. `safe` tells which conjuncts of the WHERE may stand outside the CASE.
pub(super) fn guard(
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
    let Some(filter) = rewriter.target_filter(target)? else { return Ok(None) };
    let rule = rewriter.policy.rights(target.relation.oid).and_then(|rights| rights.filter.as_ref()?.rules.first());
    let rule = rule.cloned().ok_or_else(|| super::internal("a row filter without a rule"))?;
    let kind = ExprKind::Is { expr: Box::new(filter), test: IsTest::True, negated: false };
    returning.push(Projection { expr: Expr::new(kind), name: CHECK.to_owned() });
    let boolean = rewriter.catalog.type_named("pg_catalog", "bool").map(|one| one.oid);
    output.push(OutputColumn { name: CHECK.to_owned(), ty: boolean });
    Ok(Some(rule))
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
