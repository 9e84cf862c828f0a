//! INSERT, UPDATE and DELETE.

use sqlparser::ast::{
    self, Assignment, AssignmentTarget, Expr as AstExpr, FromTable, Ident, ObjectName, SelectItem, TableFactor,
    TableWithJoins, UpdateTableFromKind,
};

use super::from::{plain_table, refuse_only, refuse_present};
use super::relation::Found;
use super::resolve::ungoverned;
use super::scope::{Reach, ScopeColumn, ScopeItem, Sight};
use super::statement::invalid;
use super::unknown::Truth;
use super::{Lowering, not_supported, not_yet};
use crate::gate::diagnostic::{Place, Rejection};
use crate::gate::ir::{
    Delete, Expr, ExprKind, FromItem, OutputColumn, Projection, RelationItem, Statement, TargetColumn, Update,
};
use crate::gate::source::{Origin, Span};

impl<'a> Lowering<'a> {
    /// A value that a write sets, DEFAULT included.
    pub(super) fn value_or_default(&mut self, value: &AstExpr) -> Result<Expr, Rejection> {
        match value {
            AstExpr::Identifier(Ident { value, quote_style: None, span }) if value.eq_ignore_ascii_case("default") => {
                Ok(Expr::new(ExprKind::Default).at(self.convert(*span)))
            }
            other => self.expr(other),
        }
    }

    /// UPDATE on the innermost level.
    pub(super) fn update(&mut self, update: &ast::Update, with: Option<&ast::With>) -> Result<Statement, Rejection> {
        let ast::Update {
            update_token,
            optimizer_hints,
            table,
            assignments,
            from,
            selection,
            returning,
            output: output_clause,
            or,
            order_by,
            limit,
        } = update;
        let span = self.convert(update_token.0.span);
        refuse_present(
            &[
                (!optimizer_hints.is_empty(), "an optimizer hint"),
                (output_clause.is_some(), "OUTPUT"),
                (or.is_some(), "UPDATE OR …"),
                (!order_by.is_empty(), "ORDER BY in UPDATE"),
                (limit.is_some(), "LIMIT in UPDATE"),
            ],
            span,
        )?;
        let (ctes, recursive) = with.map(|with| self.with(with)).transpose()?.unwrap_or_default();
        let (target, scope) = self.table_target(table, span)?;
        let from = match from {
            None => &[],
            Some(UpdateTableFromKind::AfterSet(list)) => list.as_slice(),
            Some(UpdateTableFromKind::BeforeSet(_)) => return Err(not_supported("FROM before SET", span)),
        };
        let from = self.write_from(scope, from)?;
        let assignments = self.assignments(assignments)?;
        let filter = selection.as_ref().map(|filter| self.expr(filter)).transpose()?;
        let items = std::mem::take(self.scope.level_mut().items_mut());
        let (returning, output) = self.returning(returning.as_deref(), items, span)?;
        Ok(Statement::Update(Update { ctes, recursive, target, assignments, from, filter, returning, output }))
    }

    /// SET of the innermost level, whose first item is the target.
    pub(super) fn assignments(&mut self, assignments: &[Assignment]) -> Result<Vec<(TargetColumn, Expr)>, Rejection> {
        let mut all: Vec<(TargetColumn, Expr)> = Vec::new();
        for Assignment { target, value } in assignments {
            match target {
                AssignmentTarget::ColumnName(name) => self.assign(name, value, &mut all)?,
                AssignmentTarget::Tuple(names) => {
                    let span = self.span(target);
                    for (name, value) in names.iter().zip(row_of_values(names.len(), value, span)?) {
                        self.assign(name, value, &mut all)?;
                    }
                }
            }
        }
        Ok(all)
    }

    /// One column and its value, behind those that were set before.
    fn assign(
        &mut self,
        name: &ObjectName,
        value: &AstExpr,
        all: &mut Vec<(TargetColumn, Expr)>,
    ) -> Result<(), Rejection> {
        let set: Vec<TargetColumn> = all.iter().map(|(column, _)| column.clone()).collect();
        let Some(scope) = self.scope.level().items().first() else {
            return Err(invalid("UPDATE has no target", self.span(name)));
        };
        let column = self.written_column(name, scope, &set)?;
        let value = self.value_or_default(value)?;
        all.push((column, value));
        Ok(())
    }

    /// DELETE on the innermost level.
    pub(super) fn delete(&mut self, delete: &ast::Delete, with: Option<&ast::With>) -> Result<Statement, Rejection> {
        let ast::Delete {
            delete_token,
            optimizer_hints,
            tables,
            from,
            using,
            selection,
            returning,
            output: output_clause,
            order_by,
            limit,
        } = delete;
        let span = self.convert(delete_token.0.span);
        refuse_present(
            &[
                (!optimizer_hints.is_empty(), "an optimizer hint"),
                (!tables.is_empty(), "a table list before FROM in DELETE"),
                (output_clause.is_some(), "OUTPUT"),
                (!order_by.is_empty(), "ORDER BY in DELETE"),
                (limit.is_some(), "LIMIT in DELETE"),
            ],
            span,
        )?;
        let (ctes, recursive) = with.map(|with| self.with(with)).transpose()?.unwrap_or_default();
        let FromTable::WithFromKeyword(from) = from else {
            return Err(not_supported("DELETE without FROM", span));
        };
        let [table] = from.as_slice() else {
            return Err(not_supported("DELETE from several tables", span));
        };
        let (target, scope) = self.table_target(table, span)?;
        let using = self.write_from(scope, using.as_deref().unwrap_or_default())?;
        let filter = selection.as_ref().map(|filter| self.expr(filter)).transpose()?;
        let items = std::mem::take(self.scope.level_mut().items_mut());
        let (returning, output) = self.returning(returning.as_deref(), items, span)?;
        Ok(Statement::Delete(Delete { ctes, recursive, target, using, filter, returning, output }))
    }

    /// FROM of UPDATE and USING of DELETE: the target is in scope beside it, but not for its LATERAL items.
    fn write_from(&mut self, mut target: ScopeItem<'a>, list: &[TableWithJoins]) -> Result<Vec<FromItem>, Rejection> {
        target.reach = Reach::Forbidden;
        self.scope.level_mut().items_mut().push(target);
        self.list_in_from(list)
    }

    /// The target of UPDATE and DELETE.
    fn table_target(&mut self, table: &TableWithJoins, span: Span) -> Result<(RelationItem, ScopeItem<'a>), Rejection> {
        let TableWithJoins { relation, joins } = table;
        refuse_present(&[(!joins.is_empty(), "a join as the target of a write")], span)?;
        self.factor_target(relation, span)
    }

    /// The target of UPDATE, DELETE and MERGE.
    pub(super) fn factor_target(
        &mut self,
        table: &TableFactor,
        span: Span,
    ) -> Result<(RelationItem, ScopeItem<'a>), Rejection> {
        let table = plain_table(table, span)?;
        let function = (table.args.is_some(), "a function as the target of a write");
        let ordinality = (table.ordinality, "WITH ORDINALITY on a table");
        let sample = (table.sample.is_some(), "TABLESAMPLE of the target of a write");
        refuse_present(&[function, ordinality, sample], span)?;
        let alias = self.alias(table.alias)?;
        if !alias.columns.is_empty() {
            return Err(invalid("the target of a write takes no column aliases", span));
        }
        self.target(table.name, alias.name)
    }

    /// The relation that a write changes. CTEs don't count: PostgreSQL looks for a table.
    pub(super) fn target(
        &mut self,
        name: &ObjectName,
        alias: Option<String>,
    ) -> Result<(RelationItem, ScopeItem<'a>), Rejection> {
        let span = self.span(name);
        refuse_only(name, span)?;
        let parts = self.object_name(name)?;
        self.count_node(span)?;
        let found = self.relation(&parts, Place::from(span))?;
        Ok(self.target_item(found, alias, span))
    }

    /// A write's target with an identity.
    pub(super) fn target_item(
        &mut self,
        found: Found<'a>,
        alias: Option<String>,
        span: Span,
    ) -> (RelationItem, ScopeItem<'a>) {
        let id = self.item_id();
        let scope = ScopeItem::relation(id, alias, found.relation, found.rights);
        (RelationItem { id, relation: found.reference(), only: false, sample: None, origin: Origin(span) }, scope)
    }

    /// A column that a write sets, by its bare name.
    pub(super) fn written_column(
        &self,
        name: &ObjectName,
        target: &ScopeItem<'a>,
        set: &[TargetColumn],
    ) -> Result<TargetColumn, Rejection> {
        let span = self.span(name);
        let parts = self.object_name(name)?;
        let [name] = parts.as_slice() else {
            return Err(invalid("the column that a write sets stands without its table's name", span));
        };
        let column = self.target_column(name, target, Place::from(span), span)?;
        if set.iter().any(|other| other.column == column.column) {
            return Err(invalid(format!("column `{name}` is set more than once"), span));
        }
        Ok(column)
    }

    /// The column of that name of a write's target, if the principal may see it.
    pub(super) fn target_column(
        &self,
        name: &str,
        target: &ScopeItem<'a>,
        place: Place,
        span: Span,
    ) -> Result<TargetColumn, Rejection> {
        let Some((at, column)) = target.columns.iter().enumerate().find(|(_, column)| column.name == name) else {
            return Err(self.unknown_target_column(name, place, target, None));
        };
        match column.sight() {
            Sight::Visible => Ok(target_column(at, column, span)),
            Sight::Hidden(relation, rule) => {
                let truth = Truth::hidden_column(relation, name, rule);
                Err(self.unknown_target_column(name, place, target, Some(truth)))
            }
            Sight::Ungoverned(why) => Err(ungoverned(name, why).at(place)),
        }
    }

    /// RETURNING over the items given.
    pub(super) fn returning(
        &mut self,
        list: Option<&[SelectItem]>,
        items: Vec<ScopeItem<'a>>,
        span: Span,
    ) -> Result<(Vec<Projection>, Vec<OutputColumn>), Rejection> {
        *self.scope.level_mut().items_mut() = items;
        let returning = match list {
            Some(list) => self.projection(list, span)?,
            None => Vec::new(),
        };
        let columns = self.output(&returning);
        Ok((returning, columns))
    }
}

pub(super) fn target_column(at: usize, column: &ScopeColumn<'_>, span: Span) -> TargetColumn {
    TargetColumn { column: at as u32, name: column.name.to_string(), origin: Origin(span) }
}

/// The values of `SET (a, b) = (1, 2)`: PostgreSQL, too, takes a row that is written out as that many assignments.
fn row_of_values(columns: usize, value: &AstExpr, span: Span) -> Result<&[AstExpr], Rejection> {
    let AstExpr::Tuple(values) = value else {
        return Err(not_yet("SET (a, b) = … with anything but a list of values", span).help("write SET a = …, b = …"));
    };
    if values.len() != columns {
        return Err(invalid(format!("SET names {columns} columns and gives {} values", values.len()), span));
    }
    Ok(values)
}
