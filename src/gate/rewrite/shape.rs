//! Rewrites of the whole statement: the row cap, and the form whose output is text.

use super::{cast, number};
use crate::gate::catalog::Catalog;
use crate::gate::ir::{
    ColumnRef, Distinct, Expr, ExprKind, FromItem, ItemId, Limit, Literal, OutputColumn, Projection, Query, Select,
    SetExpr, SpecialForm, Statement, TypeRef,
};
use crate::gate::source::Origin;

/// Asks for one row more than the cap, so that a truncated result can be told from a whole one, behind so many rows that are
/// left out.
pub(super) fn cap(query: &mut Query, rows: u64, skip: u64) {
    let most = rows.saturating_add(1);
    if skip > 0 {
        // The query's own limit and offset say which rows there are at all.
        if query.limit.is_some() || query.offset.is_some() {
            wrap(query, most);
        } else {
            query.limit = Some(Limit { count: Box::new(number(most)), with_ties: false });
        }
        query.offset = Some(Box::new(number(skip)));
        return;
    }
    match &mut query.limit {
        None => query.limit = Some(Limit { count: Box::new(number(most)), with_ties: false }),
        Some(limit) if limit.with_ties => wrap(query, most),
        Some(limit) => match &limit.count.kind {
            ExprKind::Literal(Literal::Number(digits)) if digits.parse::<u64>().is_ok_and(|asked| asked <= most) => {}
            // LEAST ignores NULL, and LIMIT NULL is no limit.
            _ => {
                let asked = std::mem::replace(&mut *limit.count, number(most));
                *limit.count =
                    Expr::new(ExprKind::Special { form: SpecialForm::Least, arguments: vec![asked, number(most)] });
            }
        },
    }
}

/// `SELECT c1 AS name, … FROM (query) LIMIT most`. The inner order is kept: PostgreSQL reads a subquery with ORDER BY
/// and LIMIT in its order.
fn wrap(query: &mut Query, most: u64) {
    let columns = query.columns.clone();
    let item = ItemId(u32::MAX);
    let mut inner = std::mem::replace(query, outer(item, &columns, |column| column));
    // Those that write can't go inside.
    if inner.ctes.iter().any(|cte| cte.write().is_some()) {
        query.ctes = std::mem::take(&mut inner.ctes);
        query.recursive = std::mem::take(&mut inner.recursive);
    }
    put_inside(query, item, inner);
    query.limit = Some(Limit { count: Box::new(number(most)), with_ties: false });
}

/// The statement with every output column cast to text: what runs where a type has no binary output. `None` for
/// EXPLAIN, which gives text anyway. The last columns, which are the gate's own, stay as they are.
pub(in crate::gate) fn text_form(statement: &Statement, catalog: &Catalog, helpers: usize) -> Option<Statement> {
    let text = catalog.type_named("pg_catalog", "text")?;
    let to_text = |expr: Expr| {
        let to = TypeRef {
            oid: text.oid,
            schema: text.schema.clone(),
            name: text.name.clone(),
            modifiers: Vec::new(),
            shape: None,
            interval: None,
            array: false,
        };
        cast(expr, to)
    };
    let mut form = statement.clone();
    match &mut form {
        // MERGE returns nothing.
        Statement::Explain(_) | Statement::Merge(_) => return None,
        // One whose CTEs write is a SELECT over them already, and can't be put into another.
        Statement::Query(Query { ctes, body: SetExpr::Select(select), .. })
            if ctes.iter().any(|cte| cte.write().is_some()) =>
        {
            cast_all(&mut select.projection, helpers, to_text);
        }
        Statement::Query(query) => {
            let columns = query.columns.clone();
            let item = ItemId(u32::MAX);
            let inner = std::mem::replace(query, outer(item, &columns, to_text));
            put_inside(query, item, inner);
        }
        Statement::Insert(insert) => cast_all(&mut insert.returning, helpers, to_text),
        Statement::Update(update) => cast_all(&mut update.returning, helpers, to_text),
        Statement::Delete(delete) => cast_all(&mut delete.returning, helpers, to_text),
    }
    Some(form)
}

fn cast_all(returning: &mut [Projection], helpers: usize, to_text: impl Fn(Expr) -> Expr) {
    let count = returning.len().saturating_sub(helpers);
    for projection in returning.iter_mut().take(count) {
        let expr = std::mem::replace(&mut projection.expr, number(0));
        projection.expr = to_text(expr);
    }
}

/// A query over one derived table that is still to be put inside.
fn outer(item: ItemId, columns: &[OutputColumn], each: impl Fn(Expr) -> Expr) -> Query {
    let projection = columns.iter().enumerate().map(|(at, column)| Projection {
        expr: each(Expr::new(ExprKind::Column(ColumnRef { item, column: at as u32, name: None })).typed(column.ty)),
        name: column.name.clone(),
    });
    Query { columns: columns.to_vec(), ..select(projection.collect(), Vec::new()) }
}

/// `SELECT projection FROM from`.
pub(super) fn select(projection: Vec<Projection>, from: Vec<FromItem>) -> Query {
    let columns = projection.iter().map(|one| OutputColumn { name: one.name.clone(), ty: one.expr.ty }).collect();
    let select = Select {
        distinct: Distinct::All,
        projection,
        from,
        filter: None,
        group_by: None,
        having: None,
        origin: Origin::default(),
    };
    Query { columns, ..query(SetExpr::Select(Box::new(select))) }
}

/// A query that is this and nothing more; its columns are still to be said.
pub(super) fn query(body: SetExpr) -> Query {
    Query {
        ctes: Vec::new(),
        recursive: false,
        body,
        order_by: Vec::new(),
        limit: None,
        offset: None,
        columns: Vec::new(),
        origin: Origin::default(),
    }
}

fn put_inside(query: &mut Query, item: ItemId, inner: Query) {
    if let SetExpr::Select(select) = &mut query.body {
        select.from.push(FromItem::Derived { id: item, lateral: false, query: Box::new(inner) });
    }
}
