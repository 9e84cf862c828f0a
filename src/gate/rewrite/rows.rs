//! Whole rows. The row of an item of FROM becomes one more column of the item, made where the item is read: so it is
//! NULL exactly where an outer join has no row of it, and goes wherever a column can go. The row of a write's target,
//! which is always there, is made where it is named.

use std::collections::{BTreeMap, BTreeSet};

use super::shape::select;
use crate::gate::ir::{
    ColumnRef, CteId, Expr, ExprKind, FromItem, ItemId, Node, NodeMut, Projection, SpecialForm, Statement, walk,
    walk_mut,
};
use crate::gate::source::Origin;

/// A column of an item as it was before: its position and the relation's own name.
type Old = (u32, Option<String>);

/// An item whose row is asked for.
struct Asked {
    /// The row's fields, over the item's columns as they were before.
    fields: Vec<Projection>,
    /// The columns that are named beside the row; their order is that of the new columns. The row comes behind them.
    columns: Vec<Old>,
    /// What the item is called inside.
    inner: ItemId,
}

/// Where a whole row was, until the columns beside it are known.
const ROW: u32 = u32::MAX;

/// Makes every whole row of the statement. New items are numbered from `next_item` on.
pub(super) fn make(statement: &mut Statement, next_item: &mut u32) {
    let mut asked = take_rows(statement, next_item);
    if asked.is_empty() {
        return;
    }
    let mut named: BTreeSet<(ItemId, Old)> = BTreeSet::new();
    walk(statement, &mut |node| {
        if let Node::Expr(Expr { kind: ExprKind::Column(column), .. }) = node
            && column.column != ROW
        {
            named.insert((column.item, (column.column, column.name.clone())));
        }
    });
    for (item, old) in named {
        if let Some(asked) = asked.get_mut(&item) {
            asked.columns.push(old);
        }
    }
    walk_mut(statement, &mut |node| match node {
        NodeMut::From(item) => {
            if let Some(asked) = item.id().and_then(|id| asked.get(&id)) {
                wrap(item, asked);
            }
        }
        NodeMut::Expr(Expr { kind: ExprKind::Column(column), .. }) => {
            if let Some(asked) = asked.get(&column.item) {
                column.column = asked.position(column);
                column.name = None;
            }
        }
        NodeMut::Expr(_) | NodeMut::Query(_) | NodeMut::Select(_) | NodeMut::Target(_) => {}
    });
}

/// The items whose whole rows the statement asks for.
pub(super) fn asked(statement: &Statement) -> BTreeSet<ItemId> {
    let mut items = BTreeSet::new();
    walk(statement, &mut |node| {
        if let Node::Expr(Expr { kind: ExprKind::WholeRow { item, fields: _ }, .. }) = node {
            items.insert(*item);
        }
    });
    items
}

impl Asked {
    /// The new position of a column, or of the row.
    fn position(&self, column: &ColumnRef) -> u32 {
        let same = |(at, _): &Old| *at == column.column;
        self.columns.iter().position(same).unwrap_or(self.columns.len()) as u32
    }
}

/// Puts a column [`ROW`] in the place of each whole row of an item, and the record itself where it is a target's.
fn take_rows(statement: &mut Statement, next_item: &mut u32) -> BTreeMap<ItemId, Asked> {
    let mut targets = BTreeSet::new();
    walk(statement, &mut |node| {
        if let Node::Target(target) = node {
            targets.insert(target.id);
        }
    });
    let mut asked = BTreeMap::new();
    walk_mut(statement, &mut |node| {
        let NodeMut::Expr(expr) = node else { return };
        if let ExprKind::InList { list, .. } = &mut expr.kind {
            list.first_mut().into_iter().for_each(begin_as_a_value);
        }
        let ExprKind::WholeRow { item, fields } = &mut expr.kind else { return };
        let (item, fields) = (*item, std::mem::take(fields));
        if targets.contains(&item) {
            expr.kind = ExprKind::Record(fields);
            return;
        }
        asked.entry(item).or_insert_with(|| {
            *next_item += 1;
            Asked { fields, columns: Vec::new(), inner: ItemId(*next_item) }
        });
        expr.kind = ExprKind::Column(ColumnRef { item, column: ROW, name: None });
    });
    asked
}

/// A list that begins with a record is taken for a subquery by the parser, so the row of a target is put into COALESCE
/// there, which changes nothing.
fn begin_as_a_value(first: &mut Expr) {
    if let ExprKind::Record(_) = first.kind {
        let row = first.clone();
        first.kind = ExprKind::Special { form: SpecialForm::Coalesce, arguments: vec![row] };
    }
}

/// `(SELECT t2.a, …, the row of t2 FROM item AS t2) AS t1`.
fn wrap(item: &mut FromItem, asked: &Asked) {
    let Some(id) = item.id_mut() else { return };
    let outer = std::mem::replace(id, asked.inner);
    let lateral = match item {
        FromItem::Derived { lateral, .. } => *lateral,
        // A function in FROM may name what stands to its left without a word.
        FromItem::Function { .. } => true,
        FromItem::Relation(_) | FromItem::Cte { .. } | FromItem::Join { .. } => false,
    };
    let mut projection: Vec<Projection> = Vec::with_capacity(asked.columns.len() + 1);
    for (column, name) in &asked.columns {
        let column = ColumnRef { item: asked.inner, column: *column, name: name.clone() };
        let name = name.clone().unwrap_or_else(|| "column".to_owned());
        projection.push(Projection { expr: Expr::new(ExprKind::Column(column)), name });
    }
    let mut fields = asked.fields.clone();
    for Projection { expr, name: _ } in &mut fields {
        if let ExprKind::Column(column) = &mut expr.kind {
            column.item = asked.inner;
        }
    }
    projection.push(Projection { expr: Expr::new(ExprKind::Record(fields)), name: "row".to_owned() });
    let placeholder = FromItem::Cte { id: outer, cte: CteId(0), origin: Origin::default() };
    let inside = std::mem::replace(item, placeholder);
    *item = FromItem::Derived { id: outer, lateral, query: Box::new(select(projection, vec![inside])) };
}

#[cfg(test)]
mod tests {
    use crate::gate::admit::{Submission, admit};
    use crate::gate::check::World;

    /// The text under that policy, shorter; or the code of the refusal.
    fn admitted(policy: &str, sql: &str) -> String {
        let world = World::new();
        let submission = Submission::Sql { text: sql.to_owned(), parameters: Vec::new() };
        let (_, policy) = world.policies().into_iter().find(|(name, _)| *name == policy).unwrap();
        match admit(&world.catalog, policy, &world.principal, &submission) {
            Ok(admitted) => admitted.sql().replace("\"pg_catalog\".", "").replace('"', ""),
            Err(rejection) => rejection.to_json(None).to_string(),
        }
    }

    #[test]
    fn a_whole_row_is_a_column_of_its_item() {
        for (sql, expected) in [
            (
                "SELECT r FROM hr.departments AS r",
                "SELECT t1.c1 AS r FROM (SELECT (SELECT COALESCE(r.*) FROM (SELECT t2.id AS id, t2.name AS name) AS r) \
                 AS row FROM hr.departments AS t2) AS t1(c1) LIMIT 1001",
            ),
            (
                "SELECT d.name, to_jsonb(d) FROM (SELECT 1 AS r) AS x LEFT JOIN hr.departments AS d ON d.id = x.r",
                "SELECT t2.c2 AS name, to_jsonb(t2.c3) AS to_jsonb FROM (SELECT 1 AS r) AS t1(c1) LEFT JOIN (SELECT \
                 t3.id AS id, t3.name AS name, (SELECT COALESCE(r.*) FROM (SELECT t3.id AS id, t3.name AS name) AS r) \
                 AS row FROM hr.departments AS t3) AS t2(c1, c2, c3) ON (t2.c1 = t1.c1) LIMIT 1001",
            ),
            (
                "SELECT count(x.*) FROM (SELECT 1 AS r, 2 AS r) AS x",
                "SELECT count(t1.c1) AS count FROM (SELECT (SELECT COALESCE(r.*) FROM (SELECT t2.c1 AS r, t2.c2 AS r) \
                 AS r) AS row FROM (SELECT 1 AS r, 2 AS r) AS t2(c1, c2)) AS t1(c1) LIMIT 1001",
            ),
            (
                "SELECT to_jsonb(e) FROM hr.departments AS d, jsonb_each(to_jsonb(d)) AS e",
                "SELECT to_jsonb(t3.c1) AS to_jsonb FROM (SELECT (SELECT COALESCE(r.*) FROM (SELECT t2.id AS id, \
                 t2.name AS name) AS r) AS row FROM hr.departments AS t2) AS t1(c1), LATERAL (SELECT (SELECT \
                 COALESCE(r.*) FROM (SELECT t4.c1 AS key, t4.c2 AS value) AS r) AS row FROM jsonb_each(to_jsonb(t1.c1)) \
                 AS t4(c1, c2)) AS t3(c1) LIMIT 1001",
            ),
        ] {
            assert_eq!(admitted("open", sql), expected, "{sql}");
        }
    }

    #[test]
    fn the_row_of_a_protected_relation_has_its_masks_and_no_hidden_column() {
        let text = admitted("protected", "SELECT row_to_json(e) FROM hr.employees AS e WHERE e.id = 1");
        let row = text.split_once("COALESCE(r.*) FROM (SELECT ").unwrap().1.split_once(") AS r)").unwrap().0;
        assert_eq!(
            row,
            "t2.c1 AS id, t2.c2 AS name, t2.c3 AS email, t2.c4 AS salary, t2.c5 AS manager_id, t2.c6 AS department_id, \
             t2.c7 AS title, t2.c8 AS hired_on"
        );
        assert!(!text.contains("ssn") && text.contains("% CAST('1000' AS numeric)"), "{text}");
    }

    /// The parser takes what begins with a subquery for one.
    #[test]
    fn a_list_may_begin_with_the_row_of_a_target() {
        for list in ["n", "n, n", "n, NULL"] {
            let text = admitted(
                "writer",
                &format!("DELETE FROM scratch.\"Odd Name\" AS n WHERE n.\"Id\" = 1 AND n NOT IN ({list})"),
            );
            assert!(text.contains(" NOT IN (COALESCE((SELECT COALESCE(r.*)"), "{text}");
        }
        let text = admitted(
            "writer",
            "UPDATE scratch.\"Odd Name\" AS n SET \"select\" = 'x' WHERE n.\"Id\" = 1 RETURNING n IN (n), n IN (NULL, n)",
        );
        assert!(text.contains("IN (NULL, (SELECT COALESCE(r.*)"), "{text}");
    }

    #[test]
    fn the_row_of_a_target_is_made_where_it_is_named() {
        let text = admitted("writer", "DELETE FROM scratch.\"Odd Name\" AS n WHERE n.\"Id\" = 1 RETURNING to_jsonb(n)");
        assert!(text.contains("RETURNING to_jsonb((SELECT COALESCE(r.*) FROM (SELECT t1.Id AS Id, t1."), "{text}");
    }
}
