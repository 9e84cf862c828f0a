//! The columns of a grouped query that are named outside of what it groups by and of its aggregates, as PostgreSQL looks for
//! them (`check_ungrouped_columns_walker`).

use std::collections::BTreeSet;

use super::{Place, ROW};
use crate::gate::catalog::{Catalog, FunctionKind, Oid};
use crate::gate::ir::{
    Call, Expr, ExprKind, GroupElement, ItemId, Literal, Node, NodeMut, Projection, Subscript, Target,
};

/// What a query is grouped by.
pub(super) struct Sets {
    /// Columns in every grouping set.
    pub(super) common: BTreeSet<Place>,
    /// Columns in some grouping set.
    columns: BTreeSet<Place>,
    /// Everything else in some grouping set.
    expressions: Vec<Expr>,
}

impl Sets {
    pub(super) fn of(elements: &[GroupElement], projection: &[Projection], catalog: &Catalog) -> Self {
        let mut sets = Self { common: BTreeSet::new(), columns: BTreeSet::new(), expressions: Vec::new() };
        let column = |target: &Target| place(resolved(target, projection)?);
        for element in elements {
            match element {
                // A set of the whole is one of each element, so what is in every set of one is in every set.
                GroupElement::Target(target) => sets.common.extend(column(target)),
                GroupElement::Sets(all) => {
                    let mut all = all.iter().map(|set| set.iter().filter_map(column).collect::<BTreeSet<_>>());
                    let first = all.next().unwrap_or_default();
                    sets.common.extend(all.fold(first, |common, set| &common & &set));
                }
                GroupElement::Empty | GroupElement::Rollup(_) | GroupElement::Cube(_) => {}
            }
            let targets: Vec<&Target> = match element {
                GroupElement::Target(target) => vec![target],
                GroupElement::Rollup(all) | GroupElement::Cube(all) | GroupElement::Sets(all) => {
                    all.iter().flatten().collect()
                }
                GroupElement::Empty => Vec::new(),
            };
            for expr in targets.into_iter().filter_map(|target| resolved(target, projection)) {
                match place(without_idle_casts(expr, catalog)) {
                    Some(place) => drop(sets.columns.insert(place)),
                    None => sets.expressions.push(expr.clone()),
                }
            }
        }
        sets
    }
}

fn resolved<'e>(target: &'e Target, projection: &'e [Projection]) -> Option<&'e Expr> {
    match target {
        Target::Output(number) => projection.get((*number as usize).checked_sub(1)?).map(|one| &one.expr),
        Target::Expr(expr) => Some(expr),
    }
}

/// PostgreSQL drops a cast of a column to its own type, and so groups by the column. Where it doesn't, because of a type
/// modifier, it refuses what isn't found to be ungrouped here.
fn without_idle_casts<'e>(expr: &'e Expr, catalog: &Catalog) -> &'e Expr {
    let mut inner = expr;
    while let ExprKind::Cast { expr: below, .. } = &inner.kind {
        inner = below;
    }
    let (ExprKind::Column(_), Some(own)) = (&inner.kind, inner.ty) else { return expr };
    let mut outer = expr;
    while let ExprKind::Cast { expr: below, to } = &outer.kind {
        let named = catalog.type_(to.oid).map(|one| if to.array { one.array } else { one.oid });
        if to.oid != own && named != Some(own) {
            return expr;
        }
        outer = below;
    }
    inner
}

/// Looks for ungrouped columns as PostgreSQL does: not inside what is grouped by, not in what an aggregate of the same
/// query aggregates, but in subqueries.
pub(super) struct Search<'a> {
    catalog: &'a Catalog,
    pub(super) sets: Sets,
    /// The items whose columns are looked for.
    items: BTreeSet<ItemId>,
    /// Items of subqueries in the expression at hand.
    below: BTreeSet<ItemId>,
    /// How many subqueries deep the search is.
    depth: u32,
    /// What was found.
    pub(super) ungrouped: BTreeSet<Place>,
    /// What GROUPING is asked of.
    pub(super) in_grouping: BTreeSet<Place>,
    /// What is taken out of an array where it is found.
    carried: BTreeSet<Place>,
}

impl<'a> Search<'a> {
    pub(super) fn new(catalog: &'a Catalog, sets: Sets, items: BTreeSet<ItemId>) -> Self {
        Self {
            catalog,
            sets,
            items,
            below: BTreeSet::new(),
            depth: 0,
            ungrouped: BTreeSet::new(),
            in_grouping: BTreeSet::new(),
            carried: BTreeSet::new(),
        }
    }

    /// From now on, what is found of these columns is replaced.
    pub(super) fn carry(&mut self, places: BTreeSet<Place>) {
        self.carried = places;
    }

    pub(super) fn expr(&mut self, expr: &mut Expr) {
        self.below = items_within(expr);
        self.depth = 0;
        expr.walk_in_and_out(&mut |node, entering| self.visit(node, entering));
    }

    fn visit(&mut self, node: NodeMut<'_>, entering: bool) -> bool {
        match node {
            NodeMut::Query(_) => {
                self.depth = if entering { self.depth + 1 } else { self.depth.saturating_sub(1) };
                true
            }
            NodeMut::Expr(expr) if entering => self.enter(expr),
            NodeMut::Expr(_) | NodeMut::Select(_) | NodeMut::From(_) | NodeMut::Target(_) => true,
        }
    }

    /// Whether to look below the expression.
    fn enter(&mut self, expr: &mut Expr) -> bool {
        if self.depth == 0 && self.sets.expressions.contains(expr) {
            return false;
        }
        if let Some(place) = place(expr) {
            if self.items.contains(&place.0) && !self.sets.columns.contains(&place) {
                self.ungrouped.insert(place);
                if self.carried.contains(&place) {
                    *expr = first_of(self.catalog, expr.clone());
                }
            }
            return false;
        }
        if let ExprKind::Grouping(arguments) = &mut expr.kind {
            for argument in arguments {
                argument.walk_mut(&mut |node| {
                    if let NodeMut::Expr(Expr { kind: ExprKind::Column(column), .. }) = node {
                        self.in_grouping.insert((column.item, column.column));
                    }
                });
            }
            return false;
        }
        if let ExprKind::Call(call) = &mut expr.kind
            && self.aggregates_here(call)
        {
            // An ordered-set aggregate's own arguments are said once a group.
            if !call.within_group.is_empty() {
                for argument in &mut call.arguments {
                    argument.walk_in_and_out(&mut |node, entering| self.visit(node, entering));
                }
            }
            return false;
        }
        true
    }

    /// Whether the call is an aggregate over the rows of the query at hand or of one around it, not of a subquery in it:
    /// PostgreSQL takes the innermost query whose columns are aggregated.
    fn aggregates_here(&self, call: &Call) -> bool {
        let is_aggregate =
            |oid: &Oid| self.catalog.function(*oid).is_some_and(|one| one.kind == FunctionKind::Aggregate);
        if call.over.is_some() || !call.function.candidates.iter().any(is_aggregate) {
            return false;
        }
        let ordered = call.order_by.iter().chain(&call.within_group).filter_map(|order| order.target.expr());
        let plain = if call.within_group.is_empty() { call.arguments.as_slice() } else { &[] };
        let (mut named, mut within) = (BTreeSet::new(), BTreeSet::new());
        for expr in plain.iter().chain(ordered).chain(&call.filter) {
            expr.walk(&mut |node| match node {
                Node::Expr(Expr { kind: ExprKind::Column(column), .. }) => drop(named.insert(column.item)),
                Node::From(item) => within.extend(item.id()),
                Node::Expr(_) | Node::Query(_) | Node::Select(_) | Node::Target(_) => {}
            });
        }
        named.difference(&within).all(|item| !self.below.contains(item))
    }
}

/// The place of a column, or of a whole row.
fn place(expr: &Expr) -> Option<Place> {
    match &expr.kind {
        ExprKind::Column(column) => Some((column.item, column.column)),
        ExprKind::WholeRow { item, fields: _ } => Some((*item, ROW)),
        _ => None,
    }
}

/// The FROM items of subqueries in an expression.
fn items_within(expr: &Expr) -> BTreeSet<ItemId> {
    let mut items = BTreeSet::new();
    expr.walk(&mut |node| {
        if let Node::From(item) = node {
            items.extend(item.id());
        }
    });
    items
}

/// `(array_agg(column))[1]`.
fn first_of(catalog: &Catalog, column: Expr) -> Expr {
    let ty = column.ty;
    let named = catalog.functions_named("array_agg").filter(|one| one.schema == "pg_catalog" && one.accepts(1));
    let call = Call::of_builtin("array_agg", named.map(|one| one.oid).collect(), vec![column]);
    let one = Expr::new(ExprKind::Literal(Literal::Number("1".to_owned())));
    let base = Box::new(Expr::new(ExprKind::Call(Box::new(call))));
    Expr::new(ExprKind::Subscript { base, subscripts: vec![Subscript::Index(one)] }).typed(ty)
}
