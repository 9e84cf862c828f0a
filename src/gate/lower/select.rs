//! SELECT: its list with stars expanded and names derived, FROM, WHERE, GROUP BY, HAVING, named windows.

use sqlparser::ast::{
    self, GroupByExpr, NamedWindowDefinition, NamedWindowExpr, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, TableWithJoins, WildcardAdditionalOptions,
};

use super::from::refuse_present;
use super::scope::{ScopeItem, Sight};
use super::{Lowering, MAX_OUTPUT_COLUMNS, not_supported, not_yet};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Distinct, Expr, ExprKind, Literal, OutputColumn, Projection, Select};
use crate::gate::source::{Origin, Span};

/// The clauses of SELECT.
struct Clauses<'s> {
    distinct: Option<&'s ast::Distinct>,
    list: &'s [SelectItem],
    from: &'s [TableWithJoins],
    filter: Option<&'s ast::Expr>,
    group_by: &'s GroupByExpr,
    having: Option<&'s ast::Expr>,
    windows: &'s [NamedWindowDefinition],
}

impl<'a> Lowering<'a> {
    /// SELECT on the innermost level, which afterwards holds its FROM items for ORDER BY.
    pub(super) fn select(&mut self, select: &ast::Select) -> Result<(Select, Vec<OutputColumn>), Rejection> {
        let span = self.convert(select.select_token.0.span);
        let Clauses { distinct, list, from, filter, group_by, having, windows } = clauses(select, span)?;
        let from = self.list_in_from(from)?;
        self.named_windows(windows)?;
        let projection = self.projection(list, span)?;
        let filter = filter.map(|filter| self.expr(filter)).transpose()?;
        let group_by = self.group_by(group_by, &projection, span)?;
        let having = having.map(|having| self.expr(having)).transpose()?;
        let distinct = match distinct {
            None | Some(ast::Distinct::All) => Distinct::All,
            Some(ast::Distinct::Distinct) => Distinct::Distinct,
            Some(ast::Distinct::On(list)) => Distinct::On(self.distinct_on(list, &projection)?),
        };
        let columns = self.output(&projection);
        let select = Select { distinct, projection, from, filter, group_by, having, origin: Origin(span) };
        self.refuse_own_repeated_keys(&select)?;
        Ok((select, columns))
    }

    /// `WINDOW w AS (…)`: kept at this level, where calls find them.
    fn named_windows(&mut self, windows: &[NamedWindowDefinition]) -> Result<(), Rejection> {
        for NamedWindowDefinition(name, definition) in windows {
            let span = self.convert(name.span);
            let name = self.identifier(name)?;
            if self.scope.window(&name).is_some() {
                let message = format!("the window `{name}` is defined more than once");
                return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
            }
            let window = match definition {
                NamedWindowExpr::WindowSpec(spec) => self.window_spec(spec)?,
                NamedWindowExpr::NamedWindow(_) => {
                    return Err(not_supported("a window named without parentheses", span));
                }
            };
            self.scope.level_mut().windows.push((name, window));
        }
        Ok(())
    }

    /// A select list or RETURNING list over the innermost level's items.
    pub(super) fn projection(&mut self, list: &[SelectItem], span: Span) -> Result<Vec<Projection>, Rejection> {
        let mut all = Vec::new();
        for item in list {
            let before = all.len();
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    self.only_clients_write("a column without a name", span)?;
                    let lowered = self.expr(expr)?;
                    let name = self.figure_name(expr, &lowered);
                    all.push(Projection { expr: lowered, name });
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    all.push(Projection { expr: self.expr(expr)?, name: self.output_alias(alias)? });
                }
                SelectItem::ExprWithAliases { expr: _, aliases: _ } => {
                    return Err(not_supported("several aliases for one expression", self.span(item)));
                }
                SelectItem::Wildcard(options) => {
                    self.only_clients_write("`*`", span)?;
                    let at = self.star_span(options, span)?;
                    if self.scope.level().items().is_empty() {
                        let message = "`*` needs a FROM";
                        return Err(Rejection::new(Reason::InvalidStatement, message).at(at));
                    }
                    let items = self.scope.level().items().iter().filter(|item| item.columns_visible);
                    all.extend(star(items, "*", at)?);
                    self.count_copied(all.iter().skip(before).map(|one| &one.expr), at)?;
                }
                SelectItem::QualifiedWildcard(kind, options) => {
                    self.only_clients_write("`*`", span)?;
                    self.star_span(options, span)?;
                    let at = self.span(item);
                    let SelectItemQualifiedWildcardKind::ObjectName(name) = kind else {
                        return Err(not_yet("`(expression).*`", at));
                    };
                    let qualifier = self.object_name(name)?;
                    let item = self.qualifier(&qualifier, self.span(name))?;
                    all.extend(star([item], &format!("{}.*", qualifier.join(".")), at)?);
                    self.count_copied(all.iter().skip(before).map(|one| &one.expr), at)?;
                }
            }
            self.count_unfolded(all.len() - before, span)?;
            if all.len() > MAX_OUTPUT_COLUMNS {
                let message = format!("a select list has more than {MAX_OUTPUT_COLUMNS} columns");
                return Err(Rejection::new(Reason::LimitExceeded, message).at(span));
            }
        }
        Ok(all)
    }

    /// The output columns of a select list.
    pub(super) fn output(&self, projection: &[Projection]) -> Vec<OutputColumn> {
        let columns = projection.iter().map(|one| {
            // A literal that nothing gave a type becomes text on its way out.
            let ty = if is_bare_literal(&one.expr) { self.builtin_type("text") } else { one.expr.ty };
            OutputColumn { name: one.name.clone(), ty }
        });
        columns.collect()
    }

    /// The place of a star; options of other systems are refused by name.
    fn star_span(&self, options: &WildcardAdditionalOptions, whole: Span) -> Result<Span, Rejection> {
        let WildcardAdditionalOptions {
            wildcard_token,
            opt_ilike,
            opt_exclude,
            opt_except,
            opt_replace,
            opt_rename,
            opt_alias,
        } = options;
        let span = self.convert(wildcard_token.0.span);
        let span = if span == Span::default() { whole } else { span };
        let dialect = [
            (opt_ilike.is_some(), "`* ILIKE`"),
            (opt_exclude.is_some(), "`* EXCLUDE`"),
            (opt_except.is_some(), "`* EXCEPT`"),
            (opt_replace.is_some(), "`* REPLACE`"),
            (opt_rename.is_some(), "`* RENAME`"),
            (opt_alias.is_some(), "an alias for `*`"),
        ];
        refuse_present(&dialect, span)?;
        Ok(span)
    }
}

/// The clauses of SELECT that PostgreSQL has; those of other systems are refused by name.
fn clauses(select: &ast::Select, span: Span) -> Result<Clauses<'_>, Rejection> {
    let ast::Select {
        select_token: _,
        optimizer_hints,
        distinct,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection,
        exclude,
        into,
        from,
        lateral_views,
        prewhere,
        selection,
        connect_by,
        group_by,
        cluster_by,
        distribute_by,
        sort_by,
        having,
        named_window,
        qualify,
        window_before_qualify: _,
        value_table_mode,
        flavor,
    } = select;
    refuse_present(
        &[
            (!optimizer_hints.is_empty(), "an optimizer hint"),
            (select_modifiers.is_some(), "a modifier after SELECT"),
            (exclude.is_some(), "EXCLUDE"),
            (into.is_some(), "SELECT INTO"),
            (!lateral_views.is_empty(), "LATERAL VIEW"),
            (prewhere.is_some(), "PREWHERE"),
            (!connect_by.is_empty(), "CONNECT BY"),
            (!cluster_by.is_empty(), "CLUSTER BY"),
            (!distribute_by.is_empty(), "DISTRIBUTE BY"),
            (!sort_by.is_empty(), "SORT BY"),
            (value_table_mode.is_some(), "SELECT AS STRUCT or VALUE"),
            (!matches!(flavor, SelectFlavor::Standard), "FROM before SELECT"),
        ],
        span,
    )?;
    if top.is_some() {
        return Err(not_supported("TOP", span).help("use LIMIT"));
    }
    if qualify.is_some() {
        return Err(not_supported("QUALIFY", span).help("filter the window's value in an outer query"));
    }
    Ok(Clauses {
        distinct: distinct.as_ref(),
        list: projection,
        from,
        filter: selection.as_ref(),
        group_by,
        having: having.as_ref(),
        windows: named_window,
    })
}

/// A string or NULL without a type.
pub(super) fn is_bare_literal(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::String(_) | Literal::Null)) && expr.ty.is_none()
}

/// The visible columns of the items, in order.
pub(super) fn star<'s, 'a: 's>(
    items: impl IntoIterator<Item = &'s ScopeItem<'a>>,
    written: &str,
    span: Span,
) -> Result<Vec<Projection>, Rejection> {
    let columns = items.into_iter().flat_map(|item| &item.columns);
    let visible = columns.filter(|column| column.sight() == Sight::Visible);
    let all: Vec<_> =
        visible.map(|column| Projection { expr: column.expr(span), name: column.name.to_string() }).collect();
    if all.is_empty() {
        let message = format!("`{written}` has no visible columns");
        return Err(Rejection::new(Reason::UnknownColumn, message).at(span));
    }
    Ok(all)
}
