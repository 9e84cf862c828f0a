//! Rewrite: the obligations of the policy applied on the IR, where a relation enters the query. A protected relation
//! becomes a derived table with an explicit column list: masked columns by their mask, denied ones absent, the row
//! filter inside and fenced, and beside it copies of the statement's own conditions that can't leak ([`pushdown`]). What
//! PostgreSQL knew of the relation itself and no longer sees, its primary key, is said ([`grouping`]).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::admit::{AttributeValue, Principal, WriteCheck};
use super::authorize::Authorized;
use super::catalog::{Catalog, Oid};
use super::diagnostic::{Reason, Rejection};
use super::ir::{
    ColumnRef, CteId, Distinct, ExplainFormat, Expr, ExprKind, FromItem, ItemId, Literal, NodeMut, OutputColumn,
    Projection, Query, RelationItem, Select, SetExpr, Statement, TypeRef, highest, walk_mut,
};
use super::policy::{BoundPolicy, ColumnRights, RelationRights, mask};
use super::source::Origin;
use super::value;

mod counted;
mod fence;
mod grouping;
mod pushdown;
mod rows;
mod shape;
mod writes;

#[cfg(test)]
mod tests;

use pushdown::Copies;
use shape::cap;
pub(super) use shape::text_form;

/// The parameter plan: the client's values keep 1..n, attributes follow, one for each attribute.
#[derive(Debug, Default)]
pub struct ParameterPlan {
    client: usize,
    /// Values behind the client's, in text format; `None` is NULL.
    pub own_values: Vec<Option<String>>,
    attributes: BTreeMap<String, Expr>,
    mask_key: Option<u32>,
    /// Rows that are left out, since they came before.
    pub skip: u64,
}

impl ParameterPlan {
    /// A plan that begins with so many values of the client's.
    pub fn new(client: usize) -> Self {
        Self { client, ..Self::default() }
    }

    /// Whether the plan needs the key for hash masks, and as which parameter.
    pub fn mask_key(&self) -> Option<u32> {
        self.mask_key
    }

    /// The number of all values, which is that of the last parameter.
    pub fn count(&self) -> u32 {
        (self.client + self.own_values.len()) as u32
    }

    fn push(&mut self, value: Option<String>) -> u32 {
        self.own_values.push(value);
        self.count()
    }
}

/// What the rewritten statement needs beside its text.
pub struct Rewritten {
    /// The relations on whose primary keys the result rests.
    pub keys: BTreeSet<Oid>,
    /// What each write is held to.
    pub writes: Vec<WriteCheck>,
    /// How many columns behind the client's are the gate's own: see [`Permit::counted`](super::admit::Permit::counted).
    pub helpers: usize,
}

/// Applies masks, row filters and the row cap.
///
/// # Errors
/// An attribute that a row filter or mask needs and the principal doesn't have, or of the wrong type; a GROUP BY of a
/// primary key that the policy masks.
pub fn rewrite(
    statement: &mut Statement,
    authorized: &Authorized,
    catalog: &Catalog,
    policy: &BoundPolicy,
    principal: &Principal,
    plan: &mut ParameterPlan,
) -> Result<Rewritten, Rejection> {
    let skip = plan.skip;
    let keys = grouping::group_by_determined(statement, catalog, policy)?;
    let (mut next_item, next_cte) = highest(statement);
    let copies = match authorized.filters.is_empty() {
        true => Copies::default(),
        false => pushdown::copies(statement, catalog, policy, &mut next_item),
    };
    let beside = pushdown::beside_filters(statement, catalog, policy);
    let mut rewriter = Rewriter {
        catalog,
        policy,
        principal,
        plan,
        authorized,
        copies,
        next_item,
        next_cte,
        functions: fence::opened_functions(statement, catalog),
        replaced: BTreeMap::new(),
        failure: None,
    };
    walk_mut(statement, &mut |node| {
        if let NodeMut::From(item) = node {
            rewriter.replace(item);
        }
    });
    let replaced = std::mem::take(&mut rewriter.replaced);
    if let Some(failure) = rewriter.failure.take() {
        return Err(failure);
    }
    if !replaced.is_empty() {
        rename(statement, &replaced);
    }
    // Behind the walk, so that what a filter reads isn't taken for what the statement reads.
    let writes = writes::guard_all(&mut rewriter, statement, &beside)?;
    let (mut next_item, next_cte) = (rewriter.next_item, rewriter.next_cte);
    rows::make(statement, &mut next_item);
    if let Statement::Explain(explain) = statement
        && authorized.only_shape
    {
        explain.format = ExplainFormat::Shape;
    }
    if let Statement::Query(query) = statement {
        cap(query, policy.policy().limits.rows, skip);
    }
    let helpers = if statement.ctes().iter().any(|cte| cte.write().is_some()) {
        counted::count(statement, &writes, catalog, next_item, next_cte)?
    } else {
        writes.iter().filter(|write| write.row_check.is_some()).count()
    };
    Ok(Rewritten { keys, writes, helpers })
}

struct Rewriter<'a> {
    catalog: &'a Catalog,
    policy: &'a BoundPolicy,
    principal: &'a Principal,
    plan: &'a mut ParameterPlan,
    authorized: &'a Authorized,
    /// The statement's own conditions that go inside the fence of an item, over the relation's own columns.
    copies: Copies,
    next_item: u32,
    next_cte: u32,
    /// The functions in FROM that PostgreSQL would open, and their columns.
    functions: BTreeMap<ItemId, fence::Columns>,
    /// For each replaced item the position of each of the relation's columns in the derived table.
    replaced: BTreeMap<ItemId, BTreeMap<u32, u32>>,
    failure: Option<Rejection>,
}

impl Rewriter<'_> {
    fn replace(&mut self, item: &mut FromItem) {
        if let FromItem::Function { id, .. } = item
            && let Some(columns) = self.functions.remove(id)
        {
            if let Err(rejection) = self.fence_function(item, columns) {
                self.failure = Some(rejection);
            }
            return;
        }
        let FromItem::Relation(relation) = item else { return };
        let Some(rights) = self.policy.rights(relation.relation.oid) else {
            self.failure = Some(internal("a relation without rights reached rewrite"));
            return;
        };
        if !rights.is_protected() {
            return;
        }
        match self.protect(relation, rights) {
            Ok(derived) => *item = derived,
            Err(rejection) => self.failure = Some(rejection),
        }
    }

    /// The derived table that stands for a protected relation. It keeps the item's identity; the relation inside gets
    /// a new one.
    fn protect(&mut self, item: &RelationItem, rights: &RelationRights) -> Result<FromItem, Rejection> {
        let relation = self
            .catalog
            .relation(item.relation.oid)
            .ok_or_else(|| internal("a relation outside the catalog reached rewrite"))?;
        self.next_item += 1;
        let inner = ItemId(self.next_item);
        let empty = BTreeSet::new();
        let copied = self.copies.columns.remove(&item.id);
        let used = copied.as_ref().or_else(|| self.authorized.columns.get(&item.id)).unwrap_or(&empty);
        let mut projection = Vec::with_capacity(used.len());
        let mut columns = Vec::with_capacity(used.len());
        let mut positions = BTreeMap::new();
        for (position, at) in used.iter().enumerate() {
            let column = relation
                .columns
                .get(*at as usize)
                .ok_or_else(|| internal("a column outside the relation reached rewrite"))?;
            let mut may_be_plain = true;
            let expr = match rights.columns.get(*at as usize) {
                Some(ColumnRights::Open) => {
                    Expr::new(ExprKind::Column(ColumnRef { item: inner, column: *at, name: Some(column.name.clone()) }))
                }
                Some(ColumnRights::Masked { mask, name, .. }) => {
                    // One that the policy's author wrote may be the column after all.
                    may_be_plain = *name == mask::SQL;
                    self.instantiate(mask, inner)?
                }
                Some(ColumnRights::Denied(_) | ColumnRights::Ungoverned(_)) | None => {
                    return Err(internal("a denied column reached rewrite"));
                }
            };
            let expr = expr.typed(Some(column.type_oid));
            let expr = if rights.is_fenced() && may_be_plain { fence::opaque(expr, self.catalog)? } else { expr };
            projection.push(Projection { expr, name: column.name.clone() });
            columns.push(OutputColumn { name: column.name.clone(), ty: Some(column.type_oid) });
            positions.insert(*at, position as u32);
        }
        if projection.is_empty() {
            // `count(*)` names no column; a derived table without any is legal in PostgreSQL but not everywhere.
            projection.push(Projection { expr: number(1), name: "one".to_owned() });
            columns.push(OutputColumn { name: "one".to_owned(), ty: None });
        }
        let filter = match &rights.filter {
            Some(filter) => {
                let filter = self.instantiate(&filter.condition, inner)?;
                Some(self.with_copies(filter, item.id, inner))
            }
            None => None,
        };
        let fence = rights.is_fenced().then(|| Box::new(number(0)));
        self.replaced.insert(item.id, positions);
        let select = Select {
            distinct: Distinct::All,
            projection,
            from: vec![FromItem::Relation(RelationItem { id: inner, ..item.clone() })],
            filter,
            group_by: None,
            having: None,
            origin: Origin::default(),
        };
        Ok(FromItem::Derived {
            id: item.id,
            lateral: false,
            query: Box::new(Query {
                ctes: Vec::new(),
                recursive: false,
                body: SetExpr::Select(Box::new(select)),
                order_by: Vec::new(),
                limit: None,
                offset: fence,
                columns,
                origin: Origin::default(),
            }),
        })
    }

    /// Puts a function behind a fence.
    fn fence_function(&mut self, item: &mut FromItem, columns: fence::Columns) -> Result<(), Rejection> {
        let Some(id) = item.id_mut() else { return Ok(()) };
        self.next_item += 1;
        let outer = std::mem::replace(id, ItemId(self.next_item));
        let mut projection = Vec::with_capacity(columns.len().max(1));
        let mut positions = BTreeMap::new();
        for (position, (at, mut column)) in columns.into_iter().enumerate() {
            if let ExprKind::Column(column) = &mut column.kind {
                column.item = ItemId(self.next_item);
            }
            projection.push(Projection { expr: fence::opaque(column, self.catalog)?, name: "column".to_owned() });
            positions.insert(at, position as u32);
        }
        if projection.is_empty() {
            projection.push(Projection { expr: number(1), name: "one".to_owned() });
        }
        let placeholder = FromItem::Cte { id: outer, cte: CteId(0), origin: Origin::default() };
        let inside = std::mem::replace(item, placeholder);
        let fence = Some(Box::new(number(0)));
        let query = Query { offset: fence, ..shape::select(projection, vec![inside]) };
        // A function may name what stands to its left without a word.
        *item = FromItem::Derived { id: outer, lateral: true, query: Box::new(query) };
        self.replaced.insert(outer, positions);
        Ok(())
    }

    /// The row filter of a write's target, over that very item; `None` if it has none.
    fn target_filter(&mut self, target: &RelationItem) -> Result<Option<Expr>, Rejection> {
        let rights = self.policy.rights(target.relation.oid);
        let rights = rights.ok_or_else(|| internal("a target without rights reached rewrite"))?;
        rights.filter.as_ref().map(|filter| self.instantiate(&filter.condition, target.id)).transpose()
    }

    /// The row filter, and beside it the copies of the statement's own conditions on this item.
    fn with_copies(&mut self, filter: Expr, item: ItemId, inner: ItemId) -> Expr {
        let Some(copies) = self.copies.conditions.remove(&item) else { return filter };
        let mut all = vec![filter];
        all.extend(copies);
        for copy in all.iter_mut().skip(1) {
            copy.walk_mut(&mut |node| match node {
                NodeMut::Expr(Expr { kind: ExprKind::Column(column), .. }) if column.item == item => {
                    column.item = inner;
                }
                // A copy that reads another relation reads what the statement reads of it.
                NodeMut::From(from) => self.replace(from),
                _ => {}
            });
        }
        Expr::new(ExprKind::And(all))
    }

    /// A mask or row filter over this occurrence of its relation, attributes and key as parameters.
    fn instantiate(&mut self, template: &Expr, item: ItemId) -> Result<Expr, Rejection> {
        let mut expr = template.clone();
        let (items, ctes) = expr.highest();
        expr.shift(self.next_item, self.next_cte, BoundPolicy::SELF);
        self.next_item += items;
        self.next_cte += ctes;
        let mut failure = None;
        expr.walk_mut(&mut |node| {
            let NodeMut::Expr(expr) = node else { return };
            match &mut expr.kind {
                ExprKind::Column(column) if column.item == BoundPolicy::SELF => column.item = item,
                ExprKind::Attribute(name) => match self.attribute(&name.clone()) {
                    Ok(bound) => *expr = bound,
                    Err(rejection) => failure = Some(rejection),
                },
                ExprKind::MaskKey => *expr = self.mask_key(),
                _ => {}
            }
        });
        failure.map_or(Ok(expr), Err)
    }

    fn attribute(&mut self, name: &str) -> Result<Expr, Rejection> {
        if let Some(bound) = self.plan.attributes.get(name) {
            return Ok(bound.clone());
        }
        let missing = || {
            Rejection::new(
                Reason::AttributeMissing,
                format!("the principal `{}` has no attribute `{name}`, which the policy needs", self.principal.name),
            )
            .help("whoever runs pgwicket sets it in the principal's `attributes`")
        };
        let declared = self.policy.policy().attributes.get(name).ok_or_else(missing)?;
        let given = self.principal.attributes.get(name).ok_or_else(missing)?;
        let one = self.catalog.type_named("pg_catalog", &declared.name).ok_or_else(missing)?;
        let text = match (given, declared.list) {
            (AttributeValue::Scalar(text), false) => text.clone(),
            (AttributeValue::List(all), true) => {
                let list = Value::Array(all.iter().cloned().map(Value::String).collect());
                let unusable = |why| Rejection::new(Reason::AttributeMissing, format!("the attribute `{name}`: {why}"));
                value::to_text(&list, None).map_err(unusable)?.unwrap_or_default()
            }
            (AttributeValue::Scalar(_), true) | (AttributeValue::List(_), false) => return Err(missing()),
        };
        let number = self.plan.push(Some(text));
        let to = TypeRef {
            oid: one.oid,
            schema: one.schema.clone(),
            name: one.name.clone(),
            modifiers: Vec::new(),
            shape: None,
            interval: None,
            array: declared.list,
        };
        let ty = if declared.list { one.array } else { one.oid };
        let bound = cast(Expr::new(ExprKind::Parameter(number)), to).typed(Some(ty));
        self.plan.attributes.insert(name.to_owned(), bound.clone());
        Ok(bound)
    }

    fn mask_key(&mut self) -> Expr {
        let number = match self.plan.mask_key {
            Some(number) => number,
            None => {
                let number = self.plan.push(None);
                self.plan.mask_key = Some(number);
                number
            }
        };
        let bytea = self.catalog.type_named("pg_catalog", "bytea");
        let to = TypeRef {
            oid: bytea.map(|one| one.oid).unwrap_or_default(),
            schema: "pg_catalog".to_owned(),
            name: "bytea".to_owned(),
            modifiers: Vec::new(),
            shape: None,
            interval: None,
            array: false,
        };
        cast(Expr::new(ExprKind::Parameter(number)), to)
    }
}

fn cast(expr: Expr, to: TypeRef) -> Expr {
    let ty = Some(to.oid);
    Expr::new(ExprKind::Cast { expr: Box::new(expr), to }).typed(ty)
}

fn number(value: u64) -> Expr {
    Expr::new(ExprKind::Literal(Literal::Number(value.to_string())))
}

fn internal(message: &str) -> Rejection {
    Rejection::new(Reason::InternalError, message)
}

/// Columns of replaced items get their position in the derived table.
fn rename(statement: &mut Statement, replaced: &BTreeMap<ItemId, BTreeMap<u32, u32>>) {
    walk_mut(statement, &mut |node| {
        if let NodeMut::Expr(Expr { kind: ExprKind::Column(column), .. }) = node
            && let Some(positions) = replaced.get(&column.item)
        {
            // Every column was collected by authorize; one that wasn't keeps a name that the derived table lacks.
            if let Some(position) = positions.get(&column.column) {
                column.column = *position;
                column.name = None;
            }
        }
    });
}
