//! INSERT.

use sqlparser::ast::{
    self, ConflictTarget, DoUpdate, ObjectName, OnConflict, OnConflictAction, OnInsert, SelectItem,
    TableAliasWithoutColumns, TableObject,
};

use super::from::refuse_present;
use super::scope::{Reach, ScopeItem, Sight};
use super::statement::invalid;
use super::unknown::{Truth, conceal};
use super::write::target_column;
use super::{Lowering, not_supported};
use crate::gate::diagnostic::{Place, Reason, Rejection};
use crate::gate::ir::{
    Conflict, ConflictUpdate, Insert, OutputColumn, Query, RelationItem, SetExpr, Statement, TargetColumn,
};
use crate::gate::source::{Origin, Span};

/// The parts of INSERT.
struct Parts<'i> {
    table: &'i ObjectName,
    alias: Option<&'i TableAliasWithoutColumns>,
    columns: &'i [ObjectName],
    source: Option<&'i ast::Query>,
    conflict: Option<&'i OnConflict>,
    returning: Option<&'i [SelectItem]>,
}

impl<'a> Lowering<'a> {
    /// INSERT on the innermost level.
    pub(super) fn insert(&mut self, insert: &ast::Insert, with: Option<&ast::With>) -> Result<Statement, Rejection> {
        let span = self.convert(insert.insert_token.0.span);
        let Parts { table, alias, columns, source, conflict, returning } = parts(insert, span)?;
        let (ctes, recursive) = with.map(|with| self.with(with)).transpose()?.unwrap_or_default();
        let alias = match alias {
            None => {
                self.only_clients_write("an item without an alias", span)?;
                None
            }
            Some(TableAliasWithoutColumns { explicit: true, alias }) => Some(self.identifier(alias)?),
            Some(TableAliasWithoutColumns { explicit: false, alias }) => {
                return Err(invalid("the alias of INSERT's table needs AS", self.convert(alias.span)));
            }
        };
        let (target, scope) = self.target(table, alias)?;
        let columns = self.insert_columns(columns, &scope)?;
        let (columns, source) = self.insert_source(columns, source, &scope, span)?;
        let (conflict, scope) = match conflict {
            Some(conflict) => {
                let (conflict, scope) = self.conflict(conflict, &target, scope, span)?;
                (Some(conflict), scope)
            }
            None => (None, scope),
        };
        let (returning, output) = self.returning(returning, vec![scope], span)?;
        let source = source.map(Box::new);
        Ok(Statement::Insert(Insert { ctes, recursive, target, columns, source, conflict, returning, output }))
    }

    /// ON CONFLICT. Gives the target's names back.
    fn conflict(
        &mut self,
        conflict: &OnConflict,
        target: &RelationItem,
        scope: ScopeItem<'a>,
        span: Span,
    ) -> Result<(Conflict, ScopeItem<'a>), Rejection> {
        let arbiter = match &conflict.conflict_target {
            None => Vec::new(),
            Some(ConflictTarget::Columns(names)) => {
                let mut all: Vec<TargetColumn> = Vec::new();
                for name in names {
                    let span = self.convert(name.span);
                    let name = self.identifier(name)?;
                    let column = self.target_column(&name, &scope, Place::from(span), span)?;
                    // An index has a column once, however often it is named.
                    if all.iter().all(|other| other.column != column.column) {
                        all.push(column);
                    }
                }
                all
            }
            Some(ConflictTarget::OnConstraint(name)) => {
                return Err(not_supported("ON CONFLICT ON CONSTRAINT", self.span(name))
                    .help("name the columns of the key: ON CONFLICT (a, b) …"));
            }
        };
        let update = match &conflict.action {
            OnConflictAction::DoNothing => return Ok((Conflict { arbiter, update: None }, scope)),
            OnConflictAction::DoUpdate(update) => update,
        };
        if arbiter.is_empty() {
            return Err(invalid("ON CONFLICT DO UPDATE needs the columns of a unique key", span)
                .help("name them: ON CONFLICT (a, b) DO UPDATE …"));
        }
        let (update, scope) = self.conflict_update(update, target, scope, span)?;
        Ok((Conflict { arbiter, update: Some(update) }, scope))
    }

    /// DO UPDATE. PostgreSQL shows it the target and `excluded`, which has the same columns.
    fn conflict_update(
        &mut self,
        update: &DoUpdate,
        target: &RelationItem,
        scope: ScopeItem<'a>,
        span: Span,
    ) -> Result<(ConflictUpdate, ScopeItem<'a>), Rejection> {
        const EXCLUDED: &str = "excluded";
        if scope.alias.as_deref() == Some(EXCLUDED) {
            return Err(invalid(
                "the target of ON CONFLICT DO UPDATE is called `excluded`, as is the row proposed",
                span,
            )
            .help("give it another alias: INSERT INTO … AS t …"));
        }
        let excluded = RelationItem { id: self.item_id(), ..target.clone() };
        let columns = scope.columns.iter().map(|column| column.of_item(excluded.id)).collect();
        let names = ScopeItem {
            id: Some(excluded.id),
            alias: Some(EXCLUDED.into()),
            aliased: true,
            relation: scope.relation,
            columns,
            columns_visible: true,
            scalar: false,
            reach: Reach::Open,
        };
        *self.scope.level_mut().items_mut() = vec![scope, names];
        let assignments = self.assignments(&update.assignments)?;
        let filter = update.selection.as_ref().map(|filter| self.expr(filter)).transpose()?;
        let mut items = std::mem::take(self.scope.level_mut().items_mut());
        items.truncate(1);
        match items.pop() {
            Some(scope) => Ok((ConflictUpdate { excluded, assignments, filter }, scope)),
            None => Err(invalid("INSERT has no target", span)),
        }
    }

    /// The column list of INSERT, if there is one.
    pub(super) fn insert_columns(
        &mut self,
        columns: &[ObjectName],
        target: &ScopeItem<'a>,
    ) -> Result<Vec<TargetColumn>, Rejection> {
        let mut all: Vec<TargetColumn> = Vec::new();
        for name in columns {
            all.push(self.written_column(name, target, &all)?);
        }
        Ok(all)
    }

    /// The source of INSERT, and its columns where the text doesn't name them.
    fn insert_source(
        &mut self,
        mut columns: Vec<TargetColumn>,
        source: Option<&ast::Query>,
        target: &ScopeItem<'a>,
        span: Span,
    ) -> Result<(Vec<TargetColumn>, Option<Query>), Rejection> {
        let Some(source) = source else {
            if columns.is_empty() {
                return Ok((columns, None));
            }
            return Err(invalid("DEFAULT VALUES takes no column list", span));
        };
        let query = match plain_values(source) {
            Some(values) => self.on_level(|lowering| lowering.insert_values(values, span))?,
            None => self.query(source)?,
        };
        let brought = query.columns.len();
        if columns.is_empty() {
            columns = self.implied_columns(brought, target, span)?;
        }
        if brought > columns.len() {
            return Err(invalid("INSERT has more values than columns", span));
        }
        if brought < columns.len() {
            return Err(invalid("INSERT has more columns than values", span));
        }
        Ok((columns, Some(query)))
    }

    /// The first columns of the table, as an INSERT without a column list sets them.
    pub(super) fn implied_columns(
        &self,
        count: usize,
        target: &ScopeItem<'a>,
        span: Span,
    ) -> Result<Vec<TargetColumn>, Rejection> {
        let unclear = |truth| {
            let message = "the columns that INSERT sets without a column list can't be worked out";
            let rejection = Rejection::new(Reason::UnknownColumn, message).at(span);
            Err(conceal(rejection.help("name the columns: INSERT INTO … (a, b) …"), truth))
        };
        let mut all = Vec::new();
        for (at, column) in target.columns.iter().take(count).enumerate() {
            match column.sight() {
                Sight::Visible => all.push(target_column(at, column, span)),
                Sight::Hidden(relation, rule) => {
                    return unclear(Some(Truth::hidden_column(relation, &column.name, rule)));
                }
                Sight::Ungoverned(_) => return unclear(None),
            }
        }
        // Whether there are too few columns would tell how many are hidden.
        if all.len() < count { unclear(None) } else { Ok(all) }
    }

    /// VALUES of INSERT, where DEFAULT may stand for a value.
    fn insert_values(&mut self, values: &ast::Values, span: Span) -> Result<Query, Rejection> {
        let rows = self.value_rows(values, span, Self::value_or_default)?;
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(invalid("the rows of VALUES differ in length", span));
        }
        let columns = (1..=width).map(|at| OutputColumn { name: format!("column{at}"), ty: None }).collect();
        Ok(Query {
            ctes: Vec::new(),
            recursive: false,
            body: SetExpr::Values(rows),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            columns,
            origin: Origin(span),
        })
    }
}

/// The parts of INSERT that PostgreSQL has; those of other systems are refused by name.
fn parts(insert: &ast::Insert, span: Span) -> Result<Parts<'_>, Rejection> {
    let ast::Insert {
        insert_token: _,
        optimizer_hints,
        or,
        ignore,
        into,
        table,
        table_alias,
        columns,
        overwrite,
        source,
        assignments,
        partitioned,
        after_columns,
        has_table_keyword,
        on,
        returning,
        output,
        replace_into,
        priority,
        insert_alias,
        settings,
        format_clause,
        multi_table_insert_type,
        multi_table_into_clauses,
        multi_table_when_clauses,
        multi_table_else_clause,
    } = insert;
    let several = multi_table_insert_type.is_some()
        || !multi_table_into_clauses.is_empty()
        || !multi_table_when_clauses.is_empty()
        || multi_table_else_clause.is_some();
    refuse_present(
        &[
            (!optimizer_hints.is_empty(), "an optimizer hint"),
            (or.is_some(), "INSERT OR …"),
            (*ignore, "INSERT IGNORE"),
            (!into, "INSERT without INTO"),
            (*overwrite, "INSERT OVERWRITE"),
            (!assignments.is_empty(), "INSERT … SET"),
            (partitioned.is_some() || !after_columns.is_empty(), "PARTITION in INSERT"),
            (*has_table_keyword, "INSERT INTO TABLE"),
            (output.is_some(), "OUTPUT"),
            (*replace_into, "REPLACE"),
            (priority.is_some(), "a priority of INSERT"),
            (insert_alias.is_some(), "an alias for the inserted row"),
            (settings.is_some() || format_clause.is_some(), "SETTINGS and FORMAT"),
            (several, "INSERT into several tables"),
        ],
        span,
    )?;
    let conflict = match on {
        None => None,
        Some(OnInsert::OnConflict(conflict)) => Some(conflict),
        // The enum may grow.
        Some(_) => return Err(not_supported("ON DUPLICATE KEY UPDATE", span).help("write ON CONFLICT (…) DO UPDATE")),
    };
    match table {
        TableObject::TableName(table) => Ok(Parts {
            table,
            alias: table_alias.as_ref(),
            columns,
            source: source.as_deref(),
            conflict,
            returning: returning.as_deref(),
        }),
        TableObject::TableFunction(_) | TableObject::TableQuery(_) => {
            Err(not_supported("INSERT into anything but a table", span))
        }
    }
}

/// VALUES with no clause around it.
fn plain_values(query: &ast::Query) -> Option<&ast::Values> {
    let ast::Query {
        with: None,
        body,
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks,
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators,
    } = query
    else {
        return None;
    };
    match body.as_ref() {
        ast::SetExpr::Values(values) if locks.is_empty() && pipe_operators.is_empty() => Some(values),
        _ => None,
    }
}
