//! FROM: relations, CTEs, subqueries and functions become items with identities, and what may name them.

use sqlparser::ast::{
    Ident, ObjectName, ObjectNamePart, Query, TableAlias, TableAliasColumnDef, TableFactor, TableFunctionArgs,
    TableSampleKind, TableWithJoins,
};

use super::from_function::Written;
use super::scope::{CteState, Reach, ScopeItem};
use super::{Lowering, not_supported, not_yet};
use crate::gate::diagnostic::{Place, Reason, Rejection};
use crate::gate::ir::{CteId, FromItem, RelationItem};
use crate::gate::source::{Origin, Span};

/// A lowered FROM element and the names it brings, in PostgreSQL's order. One of the items shows its columns to
/// unqualified names.
pub(super) type Scoped<'a> = (FromItem, Vec<ScopeItem<'a>>);

/// An alias with its column list.
#[derive(Debug, Default)]
pub(super) struct Alias {
    /// `AS name`.
    pub name: Option<String>,
    /// `AS name (a, b)`.
    pub columns: Vec<String>,
    span: Span,
}

impl<'a> Lowering<'a> {
    /// The elements of a FROM list. Their names are added to the innermost level.
    pub(super) fn list_in_from(&mut self, list: &[TableWithJoins]) -> Result<Vec<FromItem>, Rejection> {
        let mut all = Vec::new();
        for element in list {
            let (item, mut names) = self.table_with_joins(element)?;
            self.no_conflict(self.scope.level().items(), &names, self.factor_span(&element.relation))?;
            names.iter_mut().for_each(|name| name.reach = Reach::Lateral);
            self.scope.level_mut().items_mut().extend(names);
            all.push(item);
        }
        self.scope.level_mut().set_reach(Reach::Open);
        Ok(all)
    }

    pub(super) fn table_with_joins(&mut self, element: &TableWithJoins) -> Result<Scoped<'a>, Rejection> {
        let TableWithJoins { relation, joins } = element;
        let mut scoped = self.table_factor(relation)?;
        if joins.len() > super::MAX_DEPTH as usize {
            return Err(
                Rejection::new(Reason::LimitExceeded, "too many joins in one chain").at(self.factor_span(relation))
            );
        }
        for join in joins {
            scoped = self.join(scoped, join)?;
        }
        Ok(scoped)
    }

    /// One element of FROM without joins around it.
    pub(super) fn table_factor(&mut self, factor: &TableFactor) -> Result<Scoped<'a>, Rejection> {
        let span = self.factor_span(factor);
        match factor {
            TableFactor::Table { .. } => self.table_or_function(factor, span),
            TableFactor::Derived { lateral, subquery, alias, sample: None } => {
                self.derived(subquery, *lateral, alias.as_ref())
            }
            TableFactor::Derived { sample: Some(_), .. } => Err(not_supported(SAMPLED, span)),
            TableFactor::Function { lateral, name, args, with_ordinality, alias } => {
                let (lateral, ordinality) = (*lateral, *with_ordinality);
                self.function_in_from(name, args, &Written { lateral, ordinality, alias: alias.as_ref(), span })
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset, with_offset_alias, with_ordinality } => {
                refuse_present(&[(*with_offset || with_offset_alias.is_some(), "WITH OFFSET")], span)?;
                let ordinality = *with_ordinality;
                let written = Written { lateral: false, ordinality, alias: alias.as_ref(), span };
                self.unnest_in_from(array_exprs, &written)
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                self.nested_join(table_with_joins, alias.as_ref(), span)
            }
            TableFactor::JsonTable { .. } => {
                Err(not_yet("JSON_TABLE", span)
                    .help("use jsonb_path_query or jsonb_to_recordset(…) AS x(a int, b text)"))
            }
            TableFactor::XmlTable { .. } => Err(not_yet("XMLTABLE", span)),
            TableFactor::TableFunction { .. } => Err(not_supported("TABLE (…) in FROM", span)),
            TableFactor::OpenJsonTable { .. } => Err(not_supported("OPENJSON", span)),
            TableFactor::Pivot { .. } => Err(not_supported("PIVOT", span)),
            TableFactor::Unpivot { .. } | TableFactor::UnpivotExpr { .. } => Err(not_supported("UNPIVOT", span)),
            TableFactor::MatchRecognize { .. } => Err(not_supported("MATCH_RECOGNIZE", span)),
            TableFactor::SemanticView { .. } => Err(not_supported("SEMANTIC_VIEW", span)),
        }
    }

    /// `name` or `name(…)`.
    fn table_or_function(&mut self, factor: &TableFactor, span: Span) -> Result<Scoped<'a>, Rejection> {
        let table = plain_table(factor, span)?;
        let alias = table.alias;
        match table.args {
            Some(TableFunctionArgs { args, settings }) => {
                refuse_present(&[(settings.is_some(), "SETTINGS"), (table.sample.is_some(), SAMPLED)], span)?;
                let written = Written { lateral: false, ordinality: table.ordinality, alias, span };
                self.function_in_from(table.name, args, &written)
            }
            None if table.ordinality => {
                Err(Rejection::new(Reason::InvalidStatement, "WITH ORDINALITY needs a function").at(span))
            }
            None => self.named_relation(table.name, alias, table.sample),
        }
    }

    /// A join in parentheses.
    fn nested_join(
        &mut self,
        inner: &TableWithJoins,
        alias: Option<&TableAlias>,
        span: Span,
    ) -> Result<Scoped<'a>, Rejection> {
        if inner.joins.is_empty() && matches!(inner.relation, TableFactor::NestedJoin { alias: Some(_), .. }) {
            let message = "a join with an alias stands in parentheses of its own";
            return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
        }
        let scoped = self.deeper(span, |lowering| lowering.table_with_joins(inner))?;
        match alias {
            Some(alias) => self.aliased_join(scoped, alias),
            None => Ok(scoped),
        }
    }

    /// Where an element of FROM is named, or begins.
    pub(super) fn factor_span(&self, factor: &TableFactor) -> Span {
        match factor {
            TableFactor::Derived { alias: Some(alias), .. } => self.convert(alias.name.span),
            TableFactor::Derived { alias: None, subquery, .. } => self.query_span(subquery),
            TableFactor::NestedJoin { table_with_joins, .. } => self.factor_span(&table_with_joins.relation),
            TableFactor::Function { name, .. } => self.span(name),
            other => self.span(other),
        }
    }

    /// A CTE or a relation.
    fn named_relation(
        &mut self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
        sample: Option<&TableSampleKind>,
    ) -> Result<Scoped<'a>, Rejection> {
        let span = self.span(name);
        let parts = self.object_name(name)?;
        self.count_node(span)?;
        if let [single] = parts.as_slice()
            && let Some(cte) = self.scope.cte(single)
        {
            refuse_present(&[(sample.is_some(), SAMPLED)], span)?;
            let (id, state) = (cte.id, cte.state.clone());
            return self.cte_item(single, id, state, alias, span);
        }
        if let Some(view) = self.information(&parts) {
            refuse_present(&[(sample.is_some(), SAMPLED)], span)?;
            return self.information_in_from(view, alias, span);
        }
        let found = self.relation(&parts, Place::from(span))?;
        self.count_unfolded(found.relation.columns.len(), span)?;
        let alias = self.alias(alias)?;
        let id = self.item_id();
        let mut names = ScopeItem::relation(id, alias.name.clone(), found.relation, found.rights);
        alias.rename(&mut names)?;
        let sample = sample.map(|sample| self.sample(sample, span)).transpose()?;
        let item = RelationItem { id, relation: found.reference(), only: false, sample, origin: Origin(span) };
        Ok((FromItem::Relation(item), vec![names]))
    }

    fn cte_item(
        &mut self,
        name: &str,
        cte: CteId,
        state: CteState,
        alias: Option<&TableAlias>,
        span: Span,
    ) -> Result<Scoped<'a>, Rejection> {
        let columns = match state {
            CteState::Known(columns) => columns,
            CteState::Silent => {
                return Err(Rejection::new(
                    Reason::InvalidStatement,
                    format!("the CTE `{name}` writes and gives no rows"),
                )
                .at(span)
                .help("add RETURNING to it"));
            }
            CteState::Ahead => {
                return Err(not_yet(&format!("naming the CTE `{name}` before it is defined"), span)
                    .help("put the CTE that is named before the one that names it"));
            }
            CteState::Opening => {
                return Err(Rejection::new(
                    Reason::InvalidStatement,
                    format!("the recursive CTE `{name}` may name itself only after UNION"),
                )
                .at(span)
                .help("write it as: first rows UNION ALL query that names the CTE"));
            }
        };
        self.reach_into(cte, span)?;
        self.count_unfolded(columns.len(), span)?;
        let alias = self.alias(alias)?;
        let id = self.item_id();
        let shown = alias.name.clone().unwrap_or_else(|| name.to_owned());
        let mut names = ScopeItem::output(id, Some(shown), columns);
        alias.rename(&mut names)?;
        Ok((FromItem::Cte { id, cte, origin: Origin(span) }, vec![names]))
    }

    fn derived(
        &mut self,
        subquery: &Query,
        lateral: bool,
        alias: Option<&TableAlias>,
    ) -> Result<Scoped<'a>, Rejection> {
        let query = self.while_lateral(lateral, |lowering| lowering.query(subquery))?;
        self.count_unfolded(query.columns.len(), query.origin.0)?;
        let alias = self.alias(alias)?;
        let id = self.item_id();
        let mut names = ScopeItem::output(id, alias.name.clone(), query.columns.iter().cloned());
        alias.rename(&mut names)?;
        Ok((FromItem::Derived { id, lateral, query: Box::new(query) }, vec![names]))
    }

    /// Runs `inner` where items to the left may be named, or may not.
    pub(super) fn while_lateral<T>(
        &mut self,
        lateral: bool,
        inner: impl FnOnce(&mut Self) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        let before = std::mem::replace(&mut self.scope.level_mut().lateral_active, lateral);
        let result = inner(self);
        self.scope.level_mut().lateral_active = before;
        result
    }

    /// An alias with its column list.
    pub(super) fn alias(&self, alias: Option<&TableAlias>) -> Result<Alias, Rejection> {
        let Some(TableAlias { explicit: _, name, columns, at }) = alias else {
            self.only_clients_write("an item without an alias", Span::default())?;
            return Ok(Alias::default());
        };
        let span = self.convert(name.span);
        refuse_present(&[(at.is_some(), "AT after an alias")], span)?;
        Ok(Alias { name: Some(self.identifier(name)?), columns: self.alias_columns(columns)?, span })
    }

    pub(super) fn alias_columns(&self, columns: &[TableAliasColumnDef]) -> Result<Vec<String>, Rejection> {
        let one = |TableAliasColumnDef { name, data_type }: &TableAliasColumnDef| match data_type {
            Some(_) => {
                let message = "a column definition list (`AS x(a int)`) goes only with a function that gives records";
                Err(Rejection::new(Reason::InvalidStatement, message).at(self.convert(name.span)))
            }
            None => self.identifier(name),
        };
        columns.iter().map(one).collect()
    }

    /// No two tables of one FROM may have the same name; two relations of different schemas without aliases may.
    pub(super) fn no_conflict(
        &self,
        left: &[ScopeItem<'a>],
        right: &[ScopeItem<'a>],
        span: Span,
    ) -> Result<(), Rejection> {
        for one in right {
            let Some(alias) = &one.alias else { continue };
            let same = |other: &&ScopeItem<'a>| {
                let both_bare = !one.aliased && !other.aliased;
                let different = one.relation.map(|one| one.oid) != other.relation.map(|other| other.oid);
                other.alias.as_ref() == Some(alias) && !(both_bare && different)
            };
            if left.iter().any(|other| same(&other)) {
                return Err(Rejection::new(
                    Reason::InvalidStatement,
                    format!("the table name `{alias}` is used more than once in FROM"),
                )
                .at(span)
                .help("give each use an alias of its own"));
            }
        }
        Ok(())
    }
}

impl Alias {
    /// Applies the column list; it counts real columns, hidden ones included.
    pub(super) fn rename(&self, item: &mut ScopeItem<'_>) -> Result<(), Rejection> {
        if self.columns.len() > item.columns.len() {
            let name = self.name.as_deref().unwrap_or_default();
            return Err(Rejection::new(
                Reason::InvalidStatement,
                format!("the alias `{name}` names more columns than there are"),
            )
            .at(self.span));
        }
        for (column, name) in item.columns.iter_mut().zip(&self.columns) {
            column.name = std::borrow::Cow::Owned(name.clone());
        }
        Ok(())
    }
}

/// A table as PostgreSQL writes it.
pub(super) struct PlainTable<'t> {
    /// Its name.
    pub name: &'t ObjectName,
    /// Its alias.
    pub alias: Option<&'t TableAlias>,
    /// Arguments, if it is a function.
    pub args: Option<&'t TableFunctionArgs>,
    /// WITH ORDINALITY.
    pub ordinality: bool,
    /// TABLESAMPLE.
    pub sample: Option<&'t TableSampleKind>,
}

/// What a message calls a sample where none can stand.
pub(super) const SAMPLED: &str = "TABLESAMPLE of what is no table";

/// The table; what other systems write around one is refused by name, and so is ONLY.
pub(super) fn plain_table(factor: &TableFactor, span: Span) -> Result<PlainTable<'_>, Rejection> {
    let TableFactor::Table {
        name,
        alias,
        args,
        with_hints,
        version,
        with_ordinality,
        partitions,
        json_path,
        sample,
        index_hints,
    } = factor
    else {
        return Err(not_supported("anything but a table here", span));
    };
    refuse_present(
        &[
            (!with_hints.is_empty() || !index_hints.is_empty(), "a table hint"),
            (version.is_some(), "a table version"),
            (!partitions.is_empty(), "PARTITION in FROM"),
            (json_path.is_some(), "a path after a table"),
        ],
        span,
    )?;
    refuse_only(name, span)?;
    let (alias, args, sample) = (alias.as_ref(), args.as_ref(), sample.as_ref());
    Ok(PlainTable { name, alias, args, ordinality: *with_ordinality, sample })
}

/// Refuses the first construct that is present, by name.
pub(super) fn refuse_present(constructs: &[(bool, &str)], span: Span) -> Result<(), Rejection> {
    match constructs.iter().find(|(present, _)| *present) {
        Some((_, what)) => Err(not_supported(what, span)),
        None => Ok(()),
    }
}

/// sqlparser reads `ONLY t` as a table `only` with the alias `t`, and `ONLY (t)` as a function.
pub(super) fn refuse_only(name: &ObjectName, span: Span) -> Result<(), Rejection> {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(Ident { value, quote_style: None, span: _ })]
            if value.eq_ignore_ascii_case("only") =>
        {
            Err(not_supported("ONLY", span)
                .help("a table is read with its partitions and children; name the one that you mean"))
        }
        _ => Ok(()),
    }
}
