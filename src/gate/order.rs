//! Whether a query's ORDER BY leaves nothing to chance: then its pages neither overlap nor miss a row, as long as the data stays.

use std::collections::BTreeSet;

use super::catalog::{Catalog, RelationKind};
use super::ir::{
    Distinct, Expr, ExprKind, FromItem, GroupElement, ItemId, OrderBy, Query, RelationItem, Select, SetExpr, Target,
};
use super::policy::{BoundPolicy, ColumnRights};

/// Whether the order of all rows is decided: by a unique key of everything in FROM, by what is grouped by, or by all output
/// columns, since rows that are equal in all of them may change places unseen. What isn't sure counts as no.
pub(super) fn is_total(query: &Query, catalog: &Catalog, policy: &BoundPolicy) -> bool {
    if query.order_by.is_empty() {
        return false;
    }
    match &query.body {
        SetExpr::Select(select) => {
            let ordered = Ordered::of(&query.order_by, select);
            ordered.has_all(select.projection.iter().map(|one| &one.expr))
                || ordered.has_groups(select)
                || (select.group_by.is_none()
                    && matches!(select.distinct, Distinct::All)
                    && !select.from.is_empty()
                    && select.from.iter().all(|item| ordered.has_key_of(item, catalog, policy)))
        }
        SetExpr::Values(_) | SetExpr::SetOperation { .. } | SetExpr::Query(_) => {
            let ordered: BTreeSet<u32> = query.order_by.iter().filter_map(output).collect();
            (1..=query.columns.len() as u32).all(|number| ordered.contains(&number))
        }
        SetExpr::Write(_) => false,
    }
}

fn output(order: &OrderBy) -> Option<u32> {
    match order.target {
        Target::Output(number) => Some(number),
        Target::Expr(_) => None,
    }
}

/// What a SELECT's rows are ordered by.
struct Ordered<'q>(Vec<&'q Expr>);

impl<'q> Ordered<'q> {
    fn of(order_by: &'q [OrderBy], select: &'q Select) -> Self {
        Self(order_by.iter().filter_map(|one| meant(&one.target, select)).collect())
    }

    fn has(&self, expr: &Expr) -> bool {
        self.0.iter().any(|one| same(one, expr))
    }

    fn has_all<'e>(&self, mut exprs: impl Iterator<Item = &'e Expr>) -> bool {
        exprs.all(|expr| self.has(expr))
    }

    /// Whether the groups are told apart. Of several grouping sets they may not be.
    fn has_groups(&self, select: &'q Select) -> bool {
        let Some(group_by) = &select.group_by else { return false };
        group_by.elements.iter().all(|element| match element {
            GroupElement::Target(target) => meant(target, select).is_some_and(|expr| self.has(expr)),
            GroupElement::Empty => true,
            GroupElement::Rollup(_) | GroupElement::Cube(_) | GroupElement::Sets(_) => false,
        })
    }

    /// Whether a unique key of everything in the item is among it. Where an outer join gives no row of one side, the other
    /// side's key still tells the rows apart.
    fn has_key_of(&self, item: &FromItem, catalog: &Catalog, policy: &BoundPolicy) -> bool {
        match item {
            FromItem::Relation(relation) => self.has_key(relation, catalog, policy),
            FromItem::Join { left, right, .. } => {
                self.has_key_of(left, catalog, policy) && self.has_key_of(right, catalog, policy)
            }
            FromItem::Cte { .. } | FromItem::Derived { .. } | FromItem::Function { .. } => false,
        }
    }

    fn has_key(&self, item: &RelationItem, catalog: &Catalog, policy: &BoundPolicy) -> bool {
        let found = catalog.relation(item.relation.oid).zip(policy.rights(item.relation.oid));
        let Some((relation, rights)) = found else { return false };
        // A key of a table isn't one of its children, but for partitions.
        let alone =
            item.only || relation.kind == RelationKind::PartitionedTable || catalog.tree(relation.oid).len() == 1;
        let unique = relation.primary_key.iter().chain(&relation.unique_keys);
        alone
            && unique.filter(|key| !key.deferrable).any(|key| {
                key.columns.iter().all(|number| {
                    let at = relation.columns.iter().position(|column| column.number == *number);
                    at.is_some_and(|at| {
                        relation.columns.get(at).is_some_and(|column| column.not_null)
                            // Masked values may be equal where the key's aren't.
                            && rights.columns.get(at) == Some(&ColumnRights::Open)
                            && self.has_column(item.id, at as u32)
                    })
                })
            })
    }

    fn has_column(&self, item: ItemId, at: u32) -> bool {
        self.0
            .iter()
            .any(|expr| matches!(&expr.kind, ExprKind::Column(column) if column.item == item && column.column == at))
    }
}

/// The expression that is meant, which for an output column is the one that gives it.
fn meant<'q>(target: &'q Target, select: &'q Select) -> Option<&'q Expr> {
    match target {
        Target::Expr(expr) => Some(expr),
        Target::Output(number) => {
            select.projection.get((*number as usize).checked_sub(1)?).map(|projection| &projection.expr)
        }
    }
}

/// Two columns that are the same one, by whatever name, or two equal expressions without anything that changes.
fn same(one: &Expr, other: &Expr) -> bool {
    match (&one.kind, &other.kind) {
        (ExprKind::Column(one), ExprKind::Column(other)) => (one.item, one.column) == (other.item, other.column),
        _ => std::ptr::eq(one, other),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use crate::gate::admit::{Principal, Submission, admit};
    use crate::gate::catalog::fixture;
    use crate::gate::policy::{BoundPolicy, Policy};

    const POLICY: &str = "version = 1
name = \"reader\"
[statements]
allow = [\"select\"]
[search_path]
schemas = [\"sales\"]
[schemas.sales]
access = \"read\"
";

    fn total(more: &str, sql: &str) -> bool {
        let catalog = fixture::complete();
        let text = format!("{POLICY}{more}");
        let policy = Policy::parse("policy.toml", &text, &mut |_| Err("nothing to extend".to_owned())).unwrap();
        let policy = BoundPolicy::bind(Arc::new(policy), catalog).unwrap();
        let principal = Principal { name: "tester".to_owned(), attributes: BTreeMap::new() };
        let submission = Submission::Sql { text: sql.to_owned(), parameters: Vec::new() };
        admit(catalog, &policy, &principal, &submission)
            .unwrap_or_else(|why| panic!("{sql}: {why:?}"))
            .permit()
            .total_order
    }

    #[test]
    fn an_order_is_total_where_nothing_is_left_to_chance() {
        for sql in [
            "SELECT name FROM customers ORDER BY id",
            "SELECT id, name FROM customers ORDER BY name, 1 DESC",
            "SELECT DISTINCT name FROM customers ORDER BY name",
            "SELECT name, count(*) FROM customers GROUP BY name ORDER BY name",
            "SELECT name, count(*) FROM customers GROUP BY 1 ORDER BY 2, 1",
            "SELECT c.name, o.id FROM customers c JOIN orders o ON o.customer_id = c.id ORDER BY o.id, c.id",
            "SELECT c.name FROM customers c LEFT JOIN orders o ON o.customer_id = c.id ORDER BY c.id, o.id",
            "SELECT name FROM customers UNION SELECT 'x' ORDER BY 1",
            "SELECT name FROM customers UNION ALL SELECT 'x' ORDER BY 1",
            "VALUES (1, 2), (3, 4) ORDER BY 1, 2",
        ] {
            assert!(total("", sql), "{sql}");
        }
    }

    #[test]
    fn an_order_that_leaves_something_to_chance_is_none() {
        for sql in [
            "SELECT id FROM customers",
            "SELECT id, name FROM customers ORDER BY name",
            "SELECT name FROM customers ORDER BY id % 2",
            "SELECT name, count(*) FROM customers GROUP BY name ORDER BY 2",
            "SELECT name, count(*) FROM customers GROUP BY ROLLUP (name) ORDER BY name",
            "SELECT c.name, o.id FROM customers c JOIN orders o ON o.customer_id = c.id ORDER BY o.id",
            "SELECT name FROM customers, (SELECT 1 AS a) AS d ORDER BY id",
            "SELECT a, b FROM (VALUES (1, 2)) AS v (a, b) ORDER BY a",
            "VALUES (1, 2), (3, 4) ORDER BY 1",
            "SELECT DISTINCT ON (name) name, id FROM customers ORDER BY name",
        ] {
            assert!(!total("", sql), "{sql}");
        }
        let masked = "[tables.\"sales.customers\"]\nmask = { id = { round = 10 } }\n";
        assert!(!total(masked, "SELECT name FROM customers ORDER BY id"));
    }
}
