//! Numbers of items and CTEs, which say nothing: two that differ only in them say the same.

use std::collections::HashMap;

use super::walk::{Node, NodeMut, walk, walk_mut};
use super::{Cte, CteId, Delete, Expr, ExprKind, FromItem, Insert, ItemId, Merge, Statement, Update};

/// Where the numbers begin that an expression's own items are compared under; no statement has as many items.
const DETACHED: u32 = 1 << 31;

/// The number that each item and CTE gets.
struct Numbers {
    first: u32,
    items: HashMap<ItemId, ItemId>,
    ctes: HashMap<CteId, CteId>,
}

/// Gives items and CTEs the numbers 1, 2, … in the order in which a reading walk meets them, so that statements that
/// say the same are equal.
pub fn renumber(statement: &mut Statement) {
    let mut numbers = Numbers::from(1);
    for cte in own_ctes(statement) {
        numbers.cte(cte.id);
    }
    walk(statement, &mut |node| numbers.meet(node));
    match statement {
        Statement::Query(_) | Statement::Explain(_) => {}
        Statement::Insert(Insert { ctes, .. })
        | Statement::Update(Update { ctes, .. })
        | Statement::Delete(Delete { ctes, .. })
        | Statement::Merge(Merge { ctes, .. }) => ctes.iter_mut().for_each(|cte| numbers.change_cte(&mut cte.id)),
    }
    walk_mut(statement, &mut |node| numbers.change(node));
}

impl Expr {
    /// Whether both say the same, whatever the items of their subqueries are called.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self == other || self.has_subquery() && other.has_subquery() && self.detached() == other.detached()
    }

    /// Whether there is a subquery in it.
    pub fn has_subquery(&self) -> bool {
        let mut found = false;
        self.walk(&mut |node| found |= matches!(node, Node::Query(_)));
        found
    }

    /// The highest numbers of the items and CTEs that it brings.
    pub fn highest(&self) -> (u32, u32) {
        let mut highest = Highest::default();
        self.walk(&mut |node| highest.meet(node));
        (highest.item, highest.cte)
    }

    /// Adds to the numbers of the items and CTEs that it brings, so that they are nobody else's; `outer` is an item that
    /// it doesn't bring.
    pub fn shift(&mut self, items: u32, ctes: u32, outer: ItemId) {
        let item = |id: &mut ItemId| {
            if *id != outer {
                id.0 += items;
            }
        };
        self.walk_mut(&mut |node| match node {
            NodeMut::Query(query) => query.ctes.iter_mut().for_each(|cte| cte.id.0 += ctes),
            NodeMut::From(from) => {
                if let FromItem::Cte { cte, .. } = from {
                    cte.0 += ctes;
                }
                if let Some(id) = from.id_mut() {
                    item(id);
                }
            }
            NodeMut::Target(target) => item(&mut target.id),
            NodeMut::Expr(Expr { kind: ExprKind::Column(column), .. }) => item(&mut column.item),
            NodeMut::Expr(Expr { kind: ExprKind::WholeRow { item: id, fields: _ }, .. }) => item(id),
            NodeMut::Expr(_) | NodeMut::Select(_) => {}
        });
    }

    /// The same with numbers of the items and CTEs that it brings from a range of their own, so that they say nothing.
    pub fn detached(&self) -> Self {
        let mut numbers = Numbers::from(DETACHED);
        self.walk(&mut |node| numbers.meet(node));
        let mut detached = self.clone();
        detached.walk_mut(&mut |node| numbers.change(node));
        detached
    }
}

/// The highest numbers of a statement's items and CTEs.
pub fn highest(statement: &Statement) -> (u32, u32) {
    let mut highest = Highest::default();
    own_ctes(statement).iter().for_each(|cte| highest.cte = highest.cte.max(cte.id.0));
    walk(statement, &mut |node| highest.meet(node));
    (highest.item, highest.cte)
}

#[derive(Default)]
struct Highest {
    item: u32,
    cte: u32,
}

impl Highest {
    fn meet(&mut self, node: Node<'_>) {
        match node {
            Node::Query(query) => query.ctes.iter().for_each(|cte| self.cte = self.cte.max(cte.id.0)),
            Node::Target(target) => self.item = self.item.max(target.id.0),
            Node::From(item) => self.item = self.item.max(item.id().map_or(0, |id| id.0)),
            Node::Select(_) | Node::Expr(_) => {}
        }
    }
}

impl Numbers {
    fn from(first: u32) -> Self {
        Self { first, items: HashMap::new(), ctes: HashMap::new() }
    }

    /// Numbers what the node brings.
    fn meet(&mut self, node: Node<'_>) {
        match node {
            Node::Query(query) => query.ctes.iter().for_each(|cte| self.cte(cte.id)),
            Node::Target(target) => self.item(target.id),
            Node::From(item) => {
                if let Some(id) = item.id() {
                    self.item(id);
                }
            }
            Node::Select(_) | Node::Expr(_) => {}
        }
    }

    fn item(&mut self, id: ItemId) {
        let next = ItemId(self.first + self.items.len() as u32);
        self.items.entry(id).or_insert(next);
    }

    fn cte(&mut self, id: CteId) {
        let next = CteId(self.first + self.ctes.len() as u32);
        self.ctes.entry(id).or_insert(next);
    }

    /// Gives the node its numbers; what was never met keeps its own.
    fn change(&self, node: NodeMut<'_>) {
        match node {
            NodeMut::Query(query) => query.ctes.iter_mut().for_each(|cte| self.change_cte(&mut cte.id)),
            NodeMut::Target(target) => self.change_item(&mut target.id),
            NodeMut::From(FromItem::Cte { id, cte, .. }) => {
                self.change_item(id);
                self.change_cte(cte);
            }
            NodeMut::From(item) => {
                if let Some(id) = item.id_mut() {
                    self.change_item(id);
                }
            }
            NodeMut::Expr(Expr { kind: ExprKind::Column(column), .. }) => self.change_item(&mut column.item),
            NodeMut::Expr(Expr { kind: ExprKind::WholeRow { item, fields: _ }, .. }) => self.change_item(item),
            NodeMut::Expr(_) | NodeMut::Select(_) => {}
        }
    }

    fn change_item(&self, id: &mut ItemId) {
        *id = self.items.get(id).copied().unwrap_or(*id);
    }

    fn change_cte(&self, id: &mut CteId) {
        *id = self.ctes.get(id).copied().unwrap_or(*id);
    }
}

/// The CTEs of a write's own WITH; a query's are its own, which a walk meets.
pub fn own_ctes(statement: &Statement) -> &[Cte] {
    match statement {
        Statement::Query(_) | Statement::Explain(_) => &[],
        Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_) => statement.ctes(),
    }
}
