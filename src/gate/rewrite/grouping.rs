//! Functional dependency: `GROUP BY c.id` with `c.name` in the list is good SQL where `id` is the primary key of `c`, but
//! PostgreSQL sees that of a table only, not of the derived table that stands for a protected one. So what the key
//! determines is said: its columns are grouped by, too.
//!
//! **The result stays the same.** The key's columns are, as they are stored, in every grouping set, so the rows of a group
//! are one row of the relation (or all null-extended), joined to whatever. Its other columns have one value in the group,
//! and joining them to every set splits no group. A column whose type PostgreSQL can't group by, and a whole row, is taken
//! from the group's first row instead, `(array_agg(x))[1]`: outside of aggregates and grouping expressions, as PostgreSQL itself looks
//! for ungrouped columns (`check_ungrouped_columns_walker`).
//!
//! **Nothing leaks.** What is added are columns that the statement names anyway, out of the derived table: filtered and
//! masked. A masked key determines nothing. That the key is one is looked up in the catalog, so its stamp is verified in
//! the executing transaction.
//!
//! What isn't determined by a key stays as it is: PostgreSQL refuses it.

use std::collections::{BTreeMap, BTreeSet};

use crate::gate::catalog::builtin::grouping;
use crate::gate::catalog::{Catalog, Oid, Relation, RelationKind, TypeKind};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{
    ColumnRef, Distinct, Expr, ExprKind, FromItem, GroupElement, ItemId, NodeMut, OrderBy, Query, RelationItem, Select,
    SetExpr, Statement, Target, walk_mut,
};
use crate::gate::policy::{BoundPolicy, ColumnRights, RelationRights};
use crate::gate::source::Span;

mod search;
#[cfg(test)]
mod tests;

use super::rows;
use search::{Search, Sets};

/// A column of a FROM item, by its place in the relation, or its whole row, by [`ROW`].
type Place = (ItemId, u32);

/// The place of a whole row.
const ROW: u32 = u32::MAX;

/// Groups by what a primary key determines, in every query of the statement. Gives the relations on whose keys the result
/// rests. Comes before protected relations are replaced.
///
/// # Errors
/// A key that is masked or doesn't hold for all rows, or a column whose type can be neither grouped by nor carried along.
pub(super) fn group_by_determined(
    statement: &mut Statement,
    catalog: &Catalog,
    policy: &BoundPolicy,
) -> Result<BTreeSet<Oid>, Rejection> {
    let with_rows = rows::asked(statement);
    let mut grouping = Grouping { catalog, policy, with_rows, keys: BTreeSet::new(), failure: None };
    walk_mut(statement, &mut |node| {
        if let NodeMut::Query(Query { body, order_by, .. }) = node {
            grouping.body(body, order_by);
        }
    });
    grouping.failure.map_or(Ok(grouping.keys), Err)
}

struct Grouping<'a> {
    catalog: &'a Catalog,
    policy: &'a BoundPolicy,
    /// Items whose rows are asked for, which become derived tables, too.
    with_rows: BTreeSet<ItemId>,
    keys: BTreeSet<Oid>,
    failure: Option<Rejection>,
}

/// A relation in a FROM list that becomes a derived table: a protected one, or one whose row is asked for.
struct Protected<'a> {
    relation: &'a Relation,
    rights: &'a RelationRights,
    only: bool,
    span: Span,
}

impl<'a> Grouping<'a> {
    fn body(&mut self, body: &mut SetExpr, order_by: &mut [OrderBy]) {
        match body {
            SetExpr::Select(select) => {
                if let Err(rejection) = self.select(select, order_by) {
                    self.failure.get_or_insert(rejection);
                }
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left, &mut []);
                self.body(right, &mut []);
            }
            // A query in it is visited by itself.
            SetExpr::Values(_) | SetExpr::Query(_) | SetExpr::Write(_) => {}
        }
    }

    fn select(&mut self, select: &mut Select, order_by: &mut [OrderBy]) -> Result<(), Rejection> {
        let Some(group_by) = &select.group_by else { return Ok(()) };
        let mut items = BTreeMap::new();
        select.from.iter().for_each(|item| self.protected(item, &mut items));
        if items.is_empty() {
            return Ok(());
        }
        let sets = Sets::of(&group_by.elements, &select.projection, self.catalog);
        let mut search = Search::new(self.catalog, sets, items.keys().copied().collect());
        each_grouped(select, order_by, &mut |expr| search.expr(expr));
        let mut carried = BTreeSet::new();
        let mut added = Vec::new();
        for (id, item) in &items {
            let columns: Vec<u32> =
                search.ungrouped.iter().filter(|(item, _)| item == id).map(|(_, column)| *column).collect();
            if columns.is_empty() || !self.determines(item, *id, &search.sets.common)? {
                continue;
            }
            for at in columns {
                if at != ROW && self.can_be_grouped(item, at)? {
                    added.push(GroupElement::Target(Target::Expr(reference(item, *id, at)?)));
                } else {
                    carried.insert((*id, at));
                }
                if search.in_grouping.contains(&(*id, at)) {
                    let message = "what GROUPING is asked of has to be an expression of GROUP BY";
                    return Err(Rejection::new(Reason::InvalidStatement, message).at(select.origin.0));
                }
            }
        }
        if !carried.is_empty() {
            search.carry(carried);
            each_grouped(select, order_by, &mut |expr| search.expr(expr));
        }
        if let Some(group_by) = &mut select.group_by {
            group_by.elements.extend(added);
        }
        Ok(())
    }

    /// The relations of a FROM item that become derived tables, and of what it joins, subqueries left out.
    fn protected(&self, item: &FromItem, items: &mut BTreeMap<ItemId, Protected<'a>>) {
        match item {
            FromItem::Relation(RelationItem { id, relation, only, origin, .. }) => {
                let found = self.catalog.relation(relation.oid).zip(self.policy.rights(relation.oid));
                if let Some((relation, rights)) =
                    found.filter(|(_, rights)| self.with_rows.contains(id) || rights.is_protected())
                {
                    items.insert(*id, Protected { relation, rights, only: *only, span: origin.0 });
                }
            }
            FromItem::Join { left, right, .. } => {
                self.protected(left, items);
                self.protected(right, items);
            }
            FromItem::Cte { .. } | FromItem::Derived { .. } | FromItem::Function { .. } => {}
        }
    }

    /// Whether the relation's primary key is in every grouping set, so that PostgreSQL would let its other columns be
    /// named. It counts no deferrable key.
    fn determines(&mut self, item: &Protected<'_>, id: ItemId, common: &BTreeSet<Place>) -> Result<bool, Rejection> {
        let Protected { relation, rights, only, span } = item;
        let Some(key) = relation.primary_key.as_ref().filter(|key| !key.deferrable) else { return Ok(false) };
        let place = |number: &i16| relation.columns.iter().position(|column| column.number == *number);
        let places: Option<Vec<usize>> = key.columns.iter().map(place).collect();
        let Some(places) = places.filter(|places| places.iter().all(|at| common.contains(&(id, *at as u32)))) else {
            return Ok(false);
        };
        let refused = |why: String| {
            let name = format!("{}.{}", relation.schema, relation.name);
            let message = format!("GROUP BY the primary key of `{name}` doesn't determine its other columns: {why}");
            Err(Rejection::new(Reason::NotSupported, message)
                .at(*span)
                .help("put the columns that you select into GROUP BY, or into an aggregate"))
        };
        for at in places {
            let name = relation.columns.get(at).map_or("?", |column| column.name.as_str());
            match rights.columns.get(at) {
                Some(ColumnRights::Open) => {}
                Some(ColumnRights::Masked { .. }) => return refused(format!("the policy masks `{name}`")),
                Some(ColumnRights::Denied(_) | ColumnRights::Ungoverned(_)) | None => return Ok(false),
            }
        }
        // PostgreSQL accepts it, and takes any row of those that share a key.
        if relation.kind == RelationKind::Table && !relation.children.is_empty() && !only {
            return refused("rows of the tables that inherit from it needn't keep to it".to_owned());
        }
        self.keys.insert(relation.oid);
        Ok(true)
    }

    /// Whether PostgreSQL groups by the column's type; if not, it is carried along in an array.
    fn can_be_grouped(&self, item: &Protected<'_>, at: u32) -> Result<bool, Rejection> {
        let Some(column) = item.relation.columns.get(at as usize) else { return Ok(true) };
        if grouping::can_be_grouped(self.catalog, column.type_oid) {
            return Ok(true);
        }
        let base = self.catalog.type_(self.catalog.below_domain(column.type_oid));
        // An array of arrays is one array of more dimensions, whose first element isn't the first array.
        if base.is_none_or(|one| matches!(one.kind, TypeKind::Array { .. })) {
            let message = format!(
                "`{}` beside GROUP BY the primary key of `{}.{}` is not supported yet",
                column.name, item.relation.schema, item.relation.name
            );
            return Err(Rejection::new(Reason::NotYetSupported, message)
                .at(item.span)
                .help("its elements can't be compared; read it in a query without GROUP BY"));
        }
        Ok(false)
    }
}

/// The expressions of a SELECT that may name only what is grouped.
fn each_grouped(select: &mut Select, order_by: &mut [OrderBy], visit: &mut dyn FnMut(&mut Expr)) {
    select.projection.iter_mut().for_each(|one| visit(&mut one.expr));
    select.having.iter_mut().for_each(&mut *visit);
    let orders = order_by.iter_mut().map(|order| &mut order.target);
    let distinct = match &mut select.distinct {
        Distinct::On(targets) => targets.as_mut_slice(),
        Distinct::All | Distinct::Distinct => &mut [],
    };
    for target in orders.chain(distinct) {
        match target {
            Target::Expr(expr) => visit(expr),
            Target::Output(_) => {}
        }
    }
}

fn reference(item: &Protected<'_>, id: ItemId, at: u32) -> Result<Expr, Rejection> {
    let column =
        item.relation.columns.get(at as usize).ok_or_else(|| super::internal("no such column is grouped by"))?;
    let kind = ExprKind::Column(ColumnRef { item: id, column: at, name: Some(column.name.clone()) });
    Ok(Expr::new(kind).typed(Some(column.type_oid)))
}
