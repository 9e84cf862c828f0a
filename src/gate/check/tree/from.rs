//! FROM: what each element may name of those before it.

use super::*;
use crate::gate::catalog::{Oid, TypeKind};
use crate::gate::ir::{ColumnDefinition, Expr, ExprKind, FunctionColumns, TypeRef};

impl Trees<'_, '_> {
    /// A FROM list, maybe empty, with what it brings.
    pub(super) fn list_in_from(&mut self, outer: &Scope) -> (Vec<FromItem>, Vec<Item>) {
        let (mut list, mut brought) = (Vec::new(), Vec::new());
        for _ in 0..self.choices.below(3) {
            let (item, items) = self.item_in_from(outer, &brought);
            list.push(item);
            brought.extend(items);
        }
        (list, brought)
    }

    /// One element. `before` is what LATERAL may name beside the outer queries.
    pub(super) fn item_in_from(&mut self, outer: &Scope, before: &[Item]) -> (FromItem, Vec<Item>) {
        if self.spent() {
            let (relation, item) = self.relation();
            return (FromItem::Relation(relation), vec![item]);
        }
        match self.choices.below(8) {
            2 if !outer.ctes.is_empty() => {
                let (cte, width) = *self.choices.pick(&outer.ctes);
                let id = self.item_id();
                (FromItem::Cte { id, cte, origin: Origin::default() }, vec![Item { id, columns: vec![None; width] }])
            }
            2 | 3 => {
                let query = self.query(outer, None);
                self.derived(query, false)
            }
            4 => {
                let query = self.query(&outer.with(before), None);
                self.derived(query, true)
            }
            5 => self.function(&outer.with(before)),
            6 | 7 => self.join(outer, before),
            _ => {
                let (relation, item) = self.relation();
                (FromItem::Relation(relation), vec![item])
            }
        }
    }

    fn derived(&mut self, query: Query, lateral: bool) -> (FromItem, Vec<Item>) {
        let id = self.item_id();
        let item = Item { id, columns: vec![None; query.columns.len()] };
        (FromItem::Derived { id, lateral, query: Box::new(query) }, vec![item])
    }

    fn join(&mut self, outer: &Scope, before: &[Item]) -> (FromItem, Vec<Item>) {
        let kinds = [JoinKind::Inner, JoinKind::Left, JoinKind::Right, JoinKind::Full, JoinKind::Cross];
        let kind = *self.choices.pick(&kinds);
        let (left, mut items) = self.item_in_from(outer, before);
        let mut seen = before.to_vec();
        if matches!(kind, JoinKind::Inner | JoinKind::Left | JoinKind::Cross) {
            seen.extend_from_slice(&items);
        }
        let (right, more) = self.item_in_from(outer, &seen);
        items.extend(more);
        let on = (kind != JoinKind::Cross).then(|| self.expr(&outer.with(&items)));
        (FromItem::Join { kind, left: Box::new(left), right: Box::new(right), on }, items)
    }

    /// A function in FROM; `unnest` of one array or several, too.
    fn function(&mut self, scope: &Scope) -> (FromItem, Vec<Item>) {
        let lateral = self.choices.one_in(3);
        if self.choices.one_in(4) {
            return self.defined(lateral, scope);
        }
        let ordinality = self.choices.one_in(2);
        let (calls, brought) = if self.choices.one_in(3) {
            let calls: Vec<Expr> = (0..=self.choices.below(2)).map(|_| self.unnest(scope)).collect();
            let brought = calls.len();
            (calls, brought)
        } else {
            let (call, brought) = self.call_in_from(scope);
            (vec![call], brought)
        };
        // The word says nothing before a function, and before `unnest` of several arrays the parser doesn't know it.
        let lateral = lateral && calls.len() == 1;
        let columns = brought + usize::from(ordinality);
        let id = self.item_id();
        let item = Item { id, columns: vec![None; columns] };
        (
            FromItem::Function { id, lateral, calls, ordinality, columns: FunctionColumns::Count(columns as u32) },
            vec![item],
        )
    }

    /// A function with a column definition list.
    fn defined(&mut self, lateral: bool, scope: &Scope) -> (FromItem, Vec<Item>) {
        let argument = self.expr(scope);
        let call = self.plain_call("jsonb_to_record", vec![argument]);
        let mut definitions: Vec<ColumnDefinition> = Vec::new();
        for _ in 0..=self.choices.below(3) {
            let name = self.name();
            if definitions.iter().all(|other| other.name != name) {
                definitions.push(ColumnDefinition { name, to: self.type_ref() });
            }
        }
        let id = self.item_id();
        let item = Item { id, columns: definitions.iter().map(|one| Some(one.name.clone())).collect() };
        let columns = FunctionColumns::Defined(definitions);
        (FromItem::Function { id, lateral, calls: vec![call], ordinality: false, columns }, vec![item])
    }

    /// `unnest` of something that is an array beyond doubt.
    fn unnest(&mut self, scope: &Scope) -> Expr {
        let inner = self.expr(scope);
        let to = self.array_type();
        let array = Expr::new(ExprKind::Cast { expr: Box::new(inner), to });
        self.plain_call("unnest", vec![array])
    }

    fn array_type(&mut self) -> TypeRef {
        let name = *self.choices.pick(&["text", "int4", "numeric", "jsonb"]);
        TypeRef { array: true, ..self.builtin_type(name) }
    }

    /// A type of `pg_catalog` by its `typname`.
    pub(super) fn builtin_type(&self, name: &str) -> TypeRef {
        self.type_named("pg_catalog", name)
    }

    pub(super) fn type_named(&self, schema: &str, name: &str) -> TypeRef {
        let found = self.world.catalog.type_named(schema, name).unwrap_or_else(|| panic!("no type {schema}.{name}"));
        let (oid, array): (Oid, bool) = match found.kind {
            TypeKind::Array { element } => (element, true),
            _ => (found.oid, false),
        };
        let element = self.world.catalog.type_(oid).unwrap_or(found);
        TypeRef {
            oid,
            schema: element.schema.clone(),
            name: element.name.clone(),
            modifiers: Vec::new(),
            shape: None,
            interval: None,
            array,
        }
    }
}
