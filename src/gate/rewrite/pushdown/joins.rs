//! What an equality of two items' columns says of one item when something is known of the other: `c.id = o.customer_id`
//! and `o.id = 5`.
//!
//! **The result stays the same.** Let E be an equality of a column of an item c and one of an item o of the same FROM,
//! and P conditions on o; each is a conjunct where it rejects the rows of its own item, as the parent module says, E
//! those of c. Call a row of o good if P is true of it, and a row r of c good if some good row s of o has E(r, s).
//!
//! *Above the place of P, o's part of a row is good or null-extended*, since a WHERE or ON there let no other through.
//! *At the place of E*, a row of c that isn't good matches no good row of o, and no null-extended one either, because E
//! isn't true of NULL. So leaving it out changes no match of a good row of o, and whether one is null-extended; within
//! c's own side it changes no row that holds a good row of c. What it changes has a part of o that is neither good nor
//! null-extended, and can't be there, or comes to P, which rejects it. Null-extended rows of o that appear instead are
//! rejected by P, too, or by the outer join whose ON it is they are what was there before. This holds for every subset of
//! what isn't good, and leaves the conditions as they are, so one such step may follow another.
//!
//! Two copies follow. *Equal columns share constants*: if E and P compare the same column of o, and E, P and the copy
//! are of one family of B-tree operators, then E(r, s) and P(s) make P(r); it is the original condition over the other
//! column. *A lookup by a key*: the condition that defines a good row, `c.id IN (SELECT o.customer_id FROM o WHERE P)`, is
//! copied where P finds o's rows by a unique key, so that it costs little, and c's column is the first of a key. A
//! filtered o stands there behind its own filter and fence, like everywhere.
//!
//! **Nothing leaks.** E is a comparison from the table of LEAKPROOF ones between open, stored columns of one collation,
//! so the argument of the parent module holds for `IN`, as well; P is one of its conditions, and so can't raise.

use std::collections::{BTreeMap, BTreeSet};

use super::super::shape::select;
use super::{ConstantType, Copies, Pushdown, Reach, comparison, find};
use crate::gate::catalog::builtin::leakproof;
use crate::gate::catalog::{Key, Relation};
use crate::gate::ir::{
    ColumnRef, Expr, ExprKind, FromItem, ItemId, Node, NodeMut, Projection, Query, RelationItem, SetExpr,
};

/// Constants in a condition that is written down more than once, at most.
const MOST_CONSTANTS: usize = 100;

/// Conditions on one item that equal columns give it, at most.
const MOST_SHARED: usize = 8;

/// How many lookups may stand in each other.
const MOST_NESTED: u32 = 4;

/// A column of an item.
type Side = (ItemId, u32);

/// `a.x = b.y`: both are open columns that are compared without a leak.
#[derive(Debug, Clone, Copy)]
pub(super) struct Equality {
    sides: [Side; 2],
    /// Whether it rejects the rows of each.
    rejects: [bool; 2],
}

impl Equality {
    /// From each side to the other whose rows it rejects.
    fn directions(self) -> impl Iterator<Item = (Side, Side)> {
        let [left, right] = self.sides;
        let [rejects_left, rejects_right] = self.rejects;
        [rejects_right.then_some((left, right)), rejects_left.then_some((right, left))].into_iter().flatten()
    }
}

impl<'a> Pushdown<'a> {
    /// Takes note of the condition if it compares two columns; whether it does.
    pub(super) fn equality(&mut self, condition: &Expr, reach: &Reach<'_, 'a>) -> bool {
        let ExprKind::Operator { symbol, left: Some(left), right } = &condition.kind else { return false };
        let (ExprKind::Column(left), ExprKind::Column(right)) = (&left.kind, &right.kind) else { return false };
        let relation = |column: &ColumnRef| match reach.whole.iter().find_map(|side| find(side, column.item)) {
            Some(FromItem::Relation(item)) => Some(item),
            _ => None,
        };
        let rejects = |column: &ColumnRef| reach.sides.iter().any(|side| find(side, column.item).is_some());
        if symbol == "="
            && left.item != right.item
            && let (Some(one), Some(other)) = (relation(left), relation(right))
            && self.is_safe_equality((one, left.column), (other, right.column))
        {
            self.items.extend([(one.id, one), (other.id, other)]);
            self.equalities.push(Equality {
                sides: [(one.id, left.column), (other.id, right.column)],
                rejects: [rejects(left), rejects(right)],
            });
        }
        true
    }

    fn is_safe_equality(&self, left: (&RelationItem, u32), right: (&RelationItem, u32)) -> bool {
        let columns = (self.open_column(left.0, left.1), self.open_column(right.0, right.1));
        let (Some(left), Some(right)) = columns else { return false };
        let names = (self.builtin(left.type_oid), self.builtin(right.type_oid));
        let (Some(one), Some(other)) = names else { return false };
        leakproof::are_comparable(one, other) && left.collation == right.collation
    }

    /// Gives each item the constants that equal columns are compared with.
    pub(super) fn share(&mut self) {
        let equalities = self.equalities.clone();
        for _ in 0..=equalities.len().min(MOST_SHARED) {
            let mut news = Vec::new();
            for (from, to) in equalities.iter().flat_map(|one| one.directions()) {
                let known = self.constants.get(&from.0).map_or(&[][..], Vec::as_slice);
                let of_column = known.iter().filter(|one| comparison(one).is_some_and(|it| it.column.column == from.1));
                news.extend(of_column.filter_map(|one| Some((to.0, self.carried(one, from, to)?))));
            }
            let mut added = false;
            for (item, condition) in news {
                let known = self.constants.entry(item).or_default();
                if known.len() < MOST_SHARED && !known.contains(&condition) {
                    known.push(condition);
                    added = true;
                }
            }
            if !added {
                return;
            }
        }
    }

    /// The condition over the other column, if it says the same and is safe there.
    fn carried(&self, condition: &Expr, from: Side, to: Side) -> Option<Expr> {
        let (from_item, to_item) = (self.items.get(&from.0)?, self.items.get(&to.0)?);
        let from_type = self.open_column(from_item, from.1)?.type_oid;
        let to_column = self.open_column(to_item, to.1)?;
        let of_one_type = from_type == to_column.type_oid;
        let constants = comparison(condition)?;
        // A literal without a type would be read as one of the other column's.
        let settled = |one: &Expr| matches!(self.constant(one, constants.array), Some(ConstantType::Known(_)));
        if constants.constants.len() > MOST_CONSTANTS
            || !(of_one_type || constants.constants.iter().all(|one| settled(one)))
        {
            return None;
        }
        let name = Some(to_column.name.clone());
        let carried = over(condition, from.0, &ColumnRef { item: to.0, column: to.1, name });
        let safe = comparison(&carried).is_some_and(|comparison| self.is_safe(to_item, &comparison));
        safe.then_some(carried)
    }

    /// All that goes inside the fences.
    pub(super) fn finish(mut self, next_item: &mut u32) -> Copies {
        let mut copies = Copies::default();
        let items: Vec<&RelationItem> = self.items.values().copied().collect();
        for item in items {
            if !self.takes_copies(item.relation.oid) {
                continue;
            }
            let mut all = self.constants.get(&item.id).cloned().unwrap_or_default();
            if self.by_key(item.id).is_none() {
                let mut lookups =
                    Lookups { pushdown: &mut self, next_item, copies: &mut copies, on_the_way: vec![item.id] };
                all.extend(lookups.of(item, is_first_of_a_key));
            }
            if !all.is_empty() {
                copies.conditions.insert(item.id, all);
            }
        }
        copies
    }

    /// The conditions that find the item's rows by a unique key, if there are such.
    fn by_key(&self, item: ItemId) -> Option<Vec<Expr>> {
        let relation = self.catalog.relation(self.items.get(&item)?.relation.oid)?;
        let mut found: BTreeMap<u32, &Expr> = BTreeMap::new();
        for condition in self.constants.get(&item)? {
            if is_equality(condition)
                && let Some(comparison) = comparison(condition)
                && comparison.constants.len() <= MOST_CONSTANTS
            {
                found.entry(comparison.column.column).or_insert(condition);
            }
        }
        keys(relation)
            .find_map(|key| positions(relation, key)?.map(|at| found.get(&at).map(|one| (*one).clone())).collect())
    }
}

/// Makes lookups of items in other items.
struct Lookups<'p, 'a> {
    pushdown: &'p mut Pushdown<'a>,
    next_item: &'p mut u32,
    copies: &'p mut Copies,
    /// The items that are being looked up.
    on_the_way: Vec<ItemId>,
}

impl Lookups<'_, '_> {
    /// `column IN (SELECT other FROM … WHERE …)`, where that is cheap: `fits` says which columns of the item help.
    fn of(&mut self, item: &RelationItem, fits: impl Fn(&Relation, u32) -> bool) -> Option<Expr> {
        let relation = self.pushdown.catalog.relation(item.relation.oid)?;
        let equalities = self.pushdown.equalities.clone();
        let mut directions = equalities.iter().flat_map(|one| one.directions());
        directions.find_map(|(from, to)| {
            if to.0 != item.id || !fits(relation, to.1) || self.on_the_way.contains(&from.0) {
                return None;
            }
            let column = relation.columns.get(to.1 as usize)?;
            let query = self.rows(from)?;
            let left = ColumnRef { item: to.0, column: to.1, name: Some(column.name.clone()) };
            let left = Expr::new(ExprKind::Column(left)).typed(Some(column.type_oid));
            let bool_type = self.pushdown.catalog.type_named("pg_catalog", "bool").map(|one| one.oid);
            let kind = ExprKind::InQuery { expr: left.into(), query: Box::new(query), negated: false };
            Some(Expr::new(kind).typed(bool_type))
        })
    }

    /// `SELECT column FROM item WHERE …` of few rows.
    fn rows(&mut self, (id, at): Side) -> Option<Query> {
        let item = *self.pushdown.items.get(&id)?;
        let relation = self.pushdown.catalog.relation(item.relation.oid)?;
        let filtered = self.pushdown.policy.rights(relation.oid).is_none_or(|rights| rights.filter.is_some());
        let cheap = self.pushdown.is_stored(relation.oid) && (!filtered || self.pushdown.takes_copies(relation.oid));
        if item.sample.is_some() || !cheap || self.on_the_way.len() as u32 > MOST_NESTED {
            return None;
        }
        let conditions = match self.pushdown.by_key(id) {
            Some(conditions) => conditions,
            None => {
                self.on_the_way.push(id);
                let lookup = self.of(item, is_unique);
                self.on_the_way.pop();
                vec![lookup?]
            }
        };
        *self.next_item += 1;
        let inner = ItemId(*self.next_item);
        let column = relation.columns.get(at as usize)?;
        let own = |one: &Expr| over_item(one, id, inner);
        let conditions: Vec<Expr> = conditions.iter().map(own).collect();
        self.take_note(inner, at, &conditions);
        let shown = ColumnRef { item: inner, column: at, name: Some(column.name.clone()) };
        let shown = Expr::new(ExprKind::Column(shown)).typed(Some(column.type_oid));
        let from = FromItem::Relation(RelationItem { id: inner, ..item.clone() });
        let mut query = select(vec![Projection { expr: shown, name: column.name.clone() }], vec![from]);
        if let SetExpr::Select(select) = &mut query.body {
            let mut conditions = conditions;
            select.filter = match conditions.len() {
                1 => conditions.pop(),
                _ => Some(Expr::new(ExprKind::And(conditions))),
            };
        }
        Some(query)
    }

    /// A new item has columns, and conditions behind its own fence.
    fn take_note(&mut self, inner: ItemId, shown: u32, conditions: &[Expr]) {
        let mut columns = BTreeSet::from([shown]);
        for condition in conditions {
            condition.walk(&mut |node| {
                if let Node::Expr(Expr { kind: ExprKind::Column(column), .. }) = node
                    && column.item == inner
                {
                    columns.insert(column.column);
                }
            });
        }
        self.copies.columns.insert(inner, columns);
        let of_constants = conditions.iter().filter(|one| comparison(one).is_some()).cloned().collect::<Vec<_>>();
        if !of_constants.is_empty() {
            self.copies.conditions.insert(inner, of_constants);
        }
    }
}

/// Whether it gives the column one of few values.
fn is_equality(condition: &Expr) -> bool {
    match &condition.kind {
        ExprKind::Operator { symbol, .. } | ExprKind::QuantifiedArray { symbol, .. } => symbol == "=",
        ExprKind::InList { .. } => true,
        _ => false,
    }
}

fn keys(relation: &Relation) -> impl Iterator<Item = &Key> {
    relation.primary_key.iter().chain(&relation.unique_keys)
}

/// The positions of a key's columns in the relation.
fn positions<'r>(relation: &'r Relation, key: &'r Key) -> Option<impl Iterator<Item = u32> + 'r> {
    let at = |number: &i16| relation.columns.iter().position(|column| column.number == *number);
    let all: Option<Vec<usize>> = key.columns.iter().map(at).collect();
    Some(all?.into_iter().map(|at| at as u32))
}

fn is_first_of_a_key(relation: &Relation, column: u32) -> bool {
    keys(relation).any(|key| positions(relation, key).and_then(|mut all| all.next()) == Some(column))
}

fn is_unique(relation: &Relation, column: u32) -> bool {
    keys(relation).any(|key| positions(relation, key).is_some_and(|all| all.eq([column])))
}

/// The condition over another column instead of the one of that item.
fn over(condition: &Expr, item: ItemId, column: &ColumnRef) -> Expr {
    let mut condition = condition.clone();
    condition.walk_mut(&mut |node| {
        if let NodeMut::Expr(Expr { kind: ExprKind::Column(one), .. }) = node
            && one.item == item
        {
            *one = column.clone();
        }
    });
    condition
}

/// The condition over another item of the same relation.
fn over_item(condition: &Expr, item: ItemId, inner: ItemId) -> Expr {
    let mut condition = condition.clone();
    condition.walk_mut(&mut |node| {
        if let NodeMut::Expr(Expr { kind: ExprKind::Column(one), .. }) = node
            && one.item == item
        {
            one.item = inner;
        }
    });
    condition
}
