//! What may stand beside a row filter, said anew: a comparison of a column with constants that can't raise, which the
//! statement also says where it rejects rows of the item.

use std::collections::{BTreeMap, BTreeSet};

use super::emitted::{shown, unfenced};
use crate::gate::catalog::{Catalog, Function, FunctionKind, Oid};
use crate::gate::ir::{
    ColumnRef, Delete, Distinct, Expr, ExprKind, FromItem, ItemId, JoinKind, Literal, Node, NodeMut, Projection, Query,
    RelationItem, SetExpr, SetOperator, Statement, Update, walk,
};

/// Types whose comparisons raise on no value.
const TYPES: &[&str] =
    &["bool", "int2", "int4", "int8", "text", "varchar", "bpchar", "date", "timestamp", "timestamptz", "uuid"];

/// The one column that the copy compares with constants, if it is nothing else.
pub(super) fn compared_column(catalog: &Catalog, item: &RelationItem, copy: &Expr) -> Option<String> {
    let sides: Vec<&Expr> = match &copy.kind {
        // What the subquery reads is checked by itself, and that the statement says it.
        ExprKind::InQuery { expr, negated: false, .. } => vec![expr],
        ExprKind::Operator { symbol, left: Some(left), right } if is_comparison(symbol) => vec![left, right],
        ExprKind::Between { expr, low, high, negated: false } => vec![expr, low, high],
        ExprKind::InList { expr, list, negated: false } => std::iter::once(expr.as_ref()).chain(list).collect(),
        ExprKind::QuantifiedArray { left, symbol, all: false, array } if is_comparison(symbol) => vec![left, array],
        _ => return None,
    };
    let (columns, constants): (Vec<&Expr>, Vec<&Expr>) =
        sides.into_iter().partition(|one| matches!(one.kind, ExprKind::Column(_)));
    let [Expr { kind: ExprKind::Column(column), .. }] = columns.as_slice() else { return None };
    let relation = catalog.relation(item.relation.oid)?;
    let compared = relation.columns.get(column.column as usize)?;
    let good = column.item == item.id
        && is_listed(catalog, compared.type_oid)
        && constants.iter().all(|one| is_constant(catalog, one));
    good.then(|| compared.name.clone())
}

fn is_comparison(symbol: &str) -> bool {
    matches!(symbol, "=" | "<" | "<=" | ">" | ">=")
}

fn is_listed(catalog: &Catalog, oid: Oid) -> bool {
    catalog.type_(oid).is_some_and(|one| one.oid.is_builtin() && TYPES.contains(&one.name.as_str()))
}

fn is_constant(catalog: &Catalog, expr: &Expr) -> bool {
    let leaf = |expr: &Expr| {
        matches!(
            expr.kind,
            ExprKind::Parameter(_) | ExprKind::Literal(Literal::Bool(_) | Literal::Number(_) | Literal::String(_))
        )
    };
    match &expr.kind {
        ExprKind::Cast { expr, to } => {
            leaf(expr) && is_listed(catalog, to.oid) && to.modifiers.is_empty() && to.shape.is_none()
        }
        ExprKind::Operator { symbol, left: None, right } => {
            symbol == "-" && matches!(right.kind, ExprKind::Literal(Literal::Number(_)))
        }
        _ => leaf(expr),
    }
}

/// What a statement says of the columns of its relations where it rejects rows by it, put down to the relations: what a
/// derived table shows plainly is what it reads.
pub(super) struct Said<'a> {
    statement: &'a Statement,
    catalog: &'a Catalog,
    relations: BTreeMap<ItemId, Oid>,
    /// Conditions on one column, as text.
    conditions: BTreeSet<String>,
    /// Equal columns, the first of an item whose rows are rejected.
    equal: Vec<(Base, Base)>,
}

/// A column of a relation that is read.
type Base = (ItemId, String);

impl<'a> Said<'a> {
    /// `guarded` are the relations whose WHERE is the policy's.
    pub(super) fn of(statement: &'a Statement, catalog: &'a Catalog, guarded: &BTreeSet<ItemId>) -> Self {
        let mut said =
            Self { statement, catalog, relations: BTreeMap::new(), conditions: BTreeSet::new(), equal: Vec::new() };
        match statement {
            Statement::Update(Update { from, filter, .. }) => said.add(filter.as_ref(), from),
            Statement::Delete(Delete { using, filter, .. }) => said.add(filter.as_ref(), using),
            Statement::Query(_) | Statement::Explain(_) | Statement::Insert(_) | Statement::Merge(_) => {}
        }
        walk(statement, &mut |node| match node {
            Node::From(FromItem::Relation(item)) => {
                said.relations.insert(item.id, item.relation.oid);
            }
            Node::Select(select) => {
                let is_guard =
                    matches!(select.from.as_slice(), [FromItem::Relation(item)] if guarded.contains(&item.id));
                if !is_guard {
                    said.add(select.filter.as_ref(), &select.from);
                }
            }
            Node::From(FromItem::Join { kind, left, right, on }) => {
                if matches!(kind, JoinKind::Inner | JoinKind::Right) {
                    said.add(on.as_ref(), std::slice::from_ref(left));
                }
                if matches!(kind, JoinKind::Inner | JoinKind::Left) {
                    said.add(on.as_ref(), std::slice::from_ref(right));
                }
            }
            _ => {}
        });
        said
    }

    fn add(&mut self, condition: Option<&Expr>, from: &[FromItem]) {
        let Some(condition) = condition else { return };
        if let ExprKind::And(terms) = &condition.kind {
            terms.iter().for_each(|term| self.add(Some(term), from));
            return;
        }
        let columns = columns(condition);
        let rejects = |column: &ColumnRef| from.iter().any(|one| holds(one, column.item));
        match columns.as_slice() {
            [only] if rejects(only) => {
                for base in self.bases(only) {
                    self.conditions.insert(shown(&over(condition, only, &base)));
                }
            }
            [one, other] if matches!(&condition.kind, ExprKind::Operator { symbol, .. } if symbol == "=") => {
                if let ([left], [right]) = (self.bases(one).as_slice(), self.bases(other).as_slice()) {
                    if rejects(one) {
                        self.equal.push((left.clone(), right.clone()));
                    }
                    if rejects(other) {
                        self.equal.push((right.clone(), left.clone()));
                    }
                }
            }
            _ => {}
        }
    }

    /// What a column of an item of FROM is a column of; several for a UNION.
    fn bases(&self, column: &ColumnRef) -> Vec<Base> {
        let mut found = Vec::new();
        let mut queries: BTreeMap<_, &Query> = BTreeMap::new();
        let mut item = None;
        walk(self.statement, &mut |node| match node {
            Node::Query(query) => queries.extend(query.ctes.iter().map(|cte| (cte.id, &cte.query))),
            Node::From(from) if from.id() == Some(column.item) => item = Some(from),
            _ => {}
        });
        match item {
            Some(FromItem::Relation(_)) => found.extend(column.name.clone().map(|name| (column.item, name))),
            Some(FromItem::Derived { query, .. }) => self.through(query, column.column, &mut found),
            Some(FromItem::Cte { cte, .. }) => {
                if let Some(query) = queries.get(cte) {
                    self.through(query, column.column, &mut found);
                }
            }
            _ => {}
        }
        found
    }

    fn through(&self, query: &Query, at: u32, found: &mut Vec<Base>) {
        // A fence cuts nothing off.
        let cuts = query.offset.as_ref().is_some_and(|offset| shown(offset) != "SELECT 0 AS \"x\"");
        if query.limit.is_some() || cuts {
            return;
        }
        let mut bodies = vec![&query.body];
        while let Some(body) = bodies.pop() {
            match body {
                SetExpr::Select(select) => {
                    let by_row = select.group_by.is_none()
                        && select.having.is_none()
                        && !select.projection.iter().any(|one| self.gathers(&one.expr));
                    if by_row
                        && !matches!(select.distinct, Distinct::On(_))
                        && let Some(Projection { expr, .. }) = select.projection.get(at as usize)
                        && let ExprKind::Column(inner) = &unfenced(expr).unwrap_or(expr).kind
                    {
                        found.extend(self.bases(inner));
                    }
                }
                SetExpr::SetOperation { op: SetOperator::Union, left, right, .. } => {
                    bodies.extend([left.as_ref(), right])
                }
                SetExpr::Query(query) => self.through(query, at, found),
                _ => {}
            }
        }
    }

    fn gathers(&self, expr: &Expr) -> bool {
        let mut found = false;
        expr.walk(&mut |node| {
            let Node::Expr(Expr { kind: ExprKind::Call(call), .. }) = node else { return };
            let functions = call.function.candidates.iter().filter_map(|oid| self.catalog.function(*oid));
            let of_rows = |one: &Function| one.kind != FunctionKind::Function || one.returns_set;
            found |= call.over.is_some() || functions.into_iter().any(of_rows);
        });
        found
    }

    /// Whether the statement rejects what the copy rejects. Its columns are those of the relation that it restricts.
    pub(super) fn says(&self, copy: &Expr) -> bool {
        self.follows(copy, &mut Vec::new())
    }

    fn follows(&self, copy: &Expr, seen: &mut Vec<String>) -> bool {
        let text = shown(copy);
        if self.conditions.contains(&text) {
            return true;
        }
        if seen.contains(&text) {
            return false;
        }
        seen.push(text);
        let mut equal = self.equal.iter();
        if let ExprKind::InQuery { expr, query, negated: false } = &copy.kind {
            let ExprKind::Column(key) = &expr.kind else { return false };
            let SetExpr::Select(select) = &query.body else { return false };
            let Some(Expr { kind: ExprKind::Column(shown), .. }) = select.projection.first().map(|one| &one.expr)
            else {
                return false;
            };
            let bases = self.bases(shown);
            let (Some(filter), [(inside, column)]) = (&select.filter, bases.as_slice()) else { return false };
            let relation = self.relations.get(inside);
            return equal.any(|((one, name), (other, other_name))| {
                (*one, Some(name)) == (key.item, key.name.as_ref())
                    && other_name == column
                    && self.relations.get(other) == relation
                    && self.all_follow(filter, *other, seen)
            });
        }
        let columns = columns(copy);
        let [column] = columns.as_slice() else { return false };
        equal.any(|((one, name), other)| {
            (*one, Some(name)) == (column.item, column.name.as_ref()) && self.follows(&over(copy, column, other), seen)
        })
    }

    /// Whether all conditions of a lookup are said of the item whose relation it reads, too.
    fn all_follow(&self, condition: &Expr, item: ItemId, seen: &mut Vec<String>) -> bool {
        if let ExprKind::And(terms) = &condition.kind {
            return terms.iter().all(|term| self.all_follow(term, item, seen));
        }
        let left = match &condition.kind {
            ExprKind::InQuery { expr, .. } => columns(expr),
            _ => columns(condition),
        };
        let [column] = left.as_slice() else { return false };
        match self.bases(column).as_slice() {
            [(_, name)] => self.follows(&over(condition, column, &(item, name.clone())), seen),
            _ => false,
        }
    }
}

fn columns(expr: &Expr) -> Vec<ColumnRef> {
    let mut all = Vec::new();
    expr.walk(&mut |node| {
        if let Node::Expr(Expr { kind: ExprKind::Column(column), .. }) = node {
            all.push(column.clone());
        }
    });
    all
}

fn over(expr: &Expr, from: &ColumnRef, (item, name): &Base) -> Expr {
    let mut expr = expr.clone();
    expr.walk_mut(&mut |node| {
        if let NodeMut::Expr(Expr { kind: ExprKind::Column(column), .. }) = node
            && column == from
        {
            *column = ColumnRef { item: *item, column: 0, name: Some(name.clone()) };
        }
    });
    expr
}

fn holds(from: &FromItem, item: ItemId) -> bool {
    match from {
        FromItem::Join { left, right, .. } => holds(left, item) || holds(right, item),
        other => other.id() == Some(item),
    }
}
