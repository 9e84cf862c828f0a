//! Expressions with subqueries that are written twice where PostgreSQL has to find that they say the same. It doesn't find
//! it in what is emitted, where the items of each copy have names of their own.

use super::{Lowering, Mode, not_yet};
use crate::gate::diagnostic::Rejection;
use crate::gate::ir::{Expr, GroupElement, Node, OrderBy, Projection, Select, Target};
use crate::gate::source::Span;

impl Lowering<'_> {
    /// Refuses what repeats a key of GROUP BY that has a subquery: below another expression it can't be emitted as the
    /// number of an output column.
    pub(super) fn refuse_repeated_keys<'e>(
        &self,
        select: &Select,
        exprs: impl IntoIterator<Item = &'e Expr>,
    ) -> Result<(), Rejection> {
        let keys = self.keys_with_subqueries(select);
        if keys.is_empty() {
            return Ok(());
        }
        exprs.into_iter().try_for_each(|expr| refuse(expr, &keys))
    }

    /// As [`Lowering::refuse_repeated_keys`], for the list and HAVING of the SELECT itself.
    pub(super) fn refuse_own_repeated_keys(&self, select: &Select) -> Result<(), Rejection> {
        let keys = self.keys_with_subqueries(select);
        if keys.is_empty() {
            return Ok(());
        }
        let is_key = |number: u32| targets(select).any(|target| *target == Target::Output(number));
        for (number, Projection { expr, name: _ }) in (1..).zip(&select.projection) {
            if !is_key(number) {
                refuse(expr, &keys)?;
            }
        }
        select.having.iter().try_for_each(|having| refuse(having, &keys))
    }

    fn keys_with_subqueries<'s>(&self, select: &'s Select) -> Vec<&'s Expr> {
        if self.mode != Mode::Client {
            return Vec::new();
        }
        let resolved = |target: &'s Target| match target {
            Target::Output(number) => Some(&select.projection.get((*number as usize).checked_sub(1)?)?.expr),
            Target::Expr(expr) => Some(expr),
        };
        targets(select).filter_map(resolved).filter(|key| brings_items(key)).collect()
    }

    /// Refuses an aggregate of distinct values that is ordered by one of them, which has a subquery.
    pub(super) fn refuse_repeated_order(
        &self,
        arguments: &[Expr],
        order_by: &[OrderBy],
        span: Span,
    ) -> Result<(), Rejection> {
        let mut ordered = order_by.iter().filter_map(|one| one.target.expr());
        let is_repeated = |expr: &Expr| brings_items(expr) && arguments.iter().any(|one| one.says_the_same(expr));
        if self.mode == Mode::Client && ordered.any(is_repeated) {
            return Err(not_yet("a subquery that is written twice in an aggregate of DISTINCT values", span)
                .help("put it into FROM: … FROM (SELECT …, (SELECT …) AS x FROM …) AS q, and name it twice"));
        }
        Ok(())
    }
}

/// The output column that says the same, else the expression.
pub(in crate::gate) fn repeated(expr: Expr, projection: &[Projection]) -> Target {
    if expr.has_subquery()
        && let Some((number, _)) = (1..).zip(projection).find(|(_, one)| one.expr.says_the_same(&expr))
    {
        return Target::Output(number);
    }
    Target::Expr(expr)
}

fn targets(select: &Select) -> impl Iterator<Item = &Target> {
    let elements = select.group_by.iter().flat_map(|group| &group.elements);
    elements.flat_map(|element| match element {
        GroupElement::Target(target) => vec![target],
        GroupElement::Rollup(all) | GroupElement::Cube(all) | GroupElement::Sets(all) => all.iter().flatten().collect(),
        GroupElement::Empty => Vec::new(),
    })
}

fn refuse(expr: &Expr, keys: &[&Expr]) -> Result<(), Rejection> {
    let mut found = None;
    expr.walk(&mut |node| {
        if let Node::Expr(inner) = node
            && found.is_none()
            && keys.iter().any(|key| inner.says_the_same(key))
        {
            found = Some(inner.origin.0);
        }
    });
    match found {
        None => Ok(()),
        Some(span) => Err(not_yet("a subquery of GROUP BY that is written again", span)
            .help("put it into FROM: … FROM (SELECT …, (SELECT …) AS x FROM …) AS q GROUP BY x")),
    }
}

/// Whether there is a subquery in it that reads from something.
fn brings_items(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |node| found |= matches!(node, Node::From(_)));
    found
}
