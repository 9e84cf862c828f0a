//! Names in scope: query levels, FROM items, merged columns, CTEs, named windows, as PostgreSQL's namespaces have them.
//! A hidden column is in scope like any other: who resolves to it judges it, so that a hidden name shadows and
//! collides exactly as it does for PostgreSQL.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use crate::gate::catalog::{Relation, RelationKind};
use crate::gate::diagnostic::Rule;
use crate::gate::ir::{ColumnRef, CteId, Expr, ExprKind, ItemId, OutputColumn, Ty, Window};
use crate::gate::policy::bound::{ColumnRights, RelationRights};
use crate::gate::source::Span;

/// The scopes of the statement being lowered: the innermost query level and those around it.
#[derive(Debug, Default)]
pub struct Scopes<'a> {
    innermost: Level<'a>,
    outer: Vec<Level<'a>>,
}

/// The names of one query level.
#[derive(Debug, Default)]
pub(super) struct Level<'a> {
    /// FROM items in the order of the text; a join comes after its two sides.
    items: Vec<ScopeItem<'a>>,
    /// Where each bare name is found in `items`, once it has been asked for.
    index: OnceCell<Index>,
    /// CTEs of this level's WITH.
    pub ctes: Vec<CteScope>,
    /// `WINDOW w AS (…)`, lowered.
    pub windows: Vec<(String, Window)>,
    /// A LATERAL subquery or a function in FROM is being lowered, so items to the left may be named.
    pub lateral_active: bool,
}

/// For each name the items and columns that it may mean without qualifier.
type Index = HashMap<String, Vec<(usize, usize)>>;

/// A FROM item as a name.
#[derive(Debug)]
pub(super) struct ScopeItem<'a> {
    /// Its identity; `None` for a join, which has none of its own.
    pub id: Option<ItemId>,
    /// What qualifies its columns; `None` for a join without alias.
    pub alias: Option<Cow<'a, str>>,
    /// An alias was written, so the relation's own name no longer counts.
    pub aliased: bool,
    /// The relation, for relations.
    pub relation: Option<&'a Relation>,
    /// Every real column, hidden ones included.
    pub columns: Vec<ScopeColumn<'a>>,
    /// Its columns may be named without qualifier: false for a side of a join, whose columns the join shows.
    pub columns_visible: bool,
    /// A function that gives one value a row: its name alone means that value.
    pub scalar: bool,
    /// Whether it may be named right now.
    pub reach: Reach,
}

/// Whether a FROM item may be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// By everything at its level and below.
    Open,
    /// By LATERAL subqueries and functions only: FROM is still being read.
    Lateral,
    /// Naming it from a LATERAL subquery or function is an error: it is the left side of a RIGHT or FULL JOIN, or the
    /// target of a write.
    Forbidden,
}

/// A column of a FROM item.
#[derive(Debug, Clone)]
pub(super) struct ScopeColumn<'a> {
    /// Its name, after alias column lists.
    pub name: Cow<'a, str>,
    /// What it stands for.
    pub source: ColumnSource<'a>,
}

/// What a column in scope stands for.
#[derive(Debug, Clone)]
pub(super) enum ColumnSource<'a> {
    /// A column of a relation.
    Relation {
        /// The FROM item.
        item: ItemId,
        /// Position in the relation's columns.
        index: u32,
        /// The relation.
        relation: &'a Relation,
        /// What the principal may see of it; `None` where visibility doesn't apply.
        rights: Option<&'a RelationRights>,
    },
    /// An output column of a subquery, CTE or function.
    Output {
        /// The FROM item.
        item: ItemId,
        /// Position in the output.
        index: u32,
        /// Its type where it is known.
        ty: Ty,
        /// The name that a column definition list gives it.
        defined: Option<String>,
    },
    /// The merged column of USING or NATURAL.
    Merged(Box<Expr>),
}

/// Whether a column may be seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sight<'a> {
    /// It may, maybe through a mask.
    Visible,
    /// It doesn't exist for the principal.
    Hidden(&'a Relation, Option<&'a Rule>),
    /// Its type isn't governed; the sentence says why.
    Ungoverned(&'a str),
}

/// A CTE in scope.
#[derive(Debug)]
pub(super) struct CteScope {
    /// Its name.
    pub name: String,
    /// Its identity.
    pub id: CteId,
    /// How far its lowering is.
    pub state: CteState,
}

/// How far the lowering of a CTE is.
#[derive(Debug, Clone)]
pub(super) enum CteState {
    /// Not begun: WITH RECURSIVE shows it to the CTEs before it.
    Ahead,
    /// Inside its own text where it may not be named: before UNION, or where there is no UNION.
    Opening,
    /// It writes and gives no rows, so it can't be named.
    Silent,
    /// It may be named: done, or inside its recursive term.
    Known(Vec<OutputColumn>),
}

impl<'a> Scopes<'a> {
    /// Begins a query level.
    pub(super) fn push(&mut self) {
        self.outer.push(std::mem::take(&mut self.innermost));
    }

    /// Ends the innermost level.
    pub(super) fn pop(&mut self) {
        self.innermost = self.outer.pop().unwrap_or_default();
    }

    /// The innermost level.
    pub(super) fn level(&self) -> &Level<'a> {
        &self.innermost
    }

    /// The innermost level, to change it.
    pub(super) fn level_mut(&mut self) -> &mut Level<'a> {
        &mut self.innermost
    }

    /// The levels, innermost first.
    pub(super) fn levels(&self) -> impl Iterator<Item = &Level<'a>> {
        std::iter::once(&self.innermost).chain(self.outer.iter().rev())
    }

    /// The nearest CTE of that name.
    pub(super) fn cte(&self, name: &str) -> Option<&CteScope> {
        self.levels().find_map(|level| level.ctes.iter().find(|cte| cte.name == name))
    }

    /// Moves a CTE on to another state.
    pub(super) fn set_cte(&mut self, id: CteId, state: CteState) {
        let levels = std::iter::once(&mut self.innermost).chain(&mut self.outer);
        if let Some(cte) = levels.flat_map(|level| &mut level.ctes).find(|cte| cte.id == id) {
            cte.state = state;
        }
    }

    /// The window that `WINDOW name AS` defines at the innermost level; outer levels' windows are not seen.
    pub(super) fn window(&self, name: &str) -> Option<&Window> {
        self.innermost.windows.iter().find(|(defined, _)| defined == name).map(|(_, window)| window)
    }
}

impl<'a> Level<'a> {
    /// The items.
    pub(super) fn items(&self) -> &[ScopeItem<'a>] {
        &self.items
    }

    /// The items, to change them.
    pub(super) fn items_mut(&mut self) -> &mut Vec<ScopeItem<'a>> {
        self.index.take();
        &mut self.items
    }

    /// The columns that a bare name may mean right now, with their items.
    pub(super) fn columns_named(&self, name: &str) -> Vec<(&ScopeItem<'a>, &ScopeColumn<'a>)> {
        let index = self.index.get_or_init(|| self.indexed());
        let found = index.get(name).map_or(&[][..], Vec::as_slice).iter();
        let found = found.filter_map(|(item, column)| {
            let item = self.items.get(*item)?;
            Some((item, item.columns.get(*column)?))
        });
        found.filter(|(item, _)| self.is_reachable(item)).collect()
    }

    fn indexed(&self) -> Index {
        let mut index = Index::new();
        for (at, item) in self.items.iter().enumerate().filter(|(_, item)| item.columns_visible) {
            for (number, column) in item.columns.iter().enumerate() {
                // Most names are in the index already when many tables are joined, so ask before making a key.
                match index.get_mut(column.name.as_ref()) {
                    Some(found) => found.push((at, number)),
                    None => {
                        index.insert(column.name.to_string(), vec![(at, number)]);
                    }
                }
            }
        }
        index
    }

    fn is_reachable(&self, item: &ScopeItem<'a>) -> bool {
        item.reach == Reach::Open || self.lateral_active
    }

    /// The items that may be named right now.
    pub(super) fn reachable(&self) -> impl Iterator<Item = &ScopeItem<'a>> {
        self.items.iter().filter(|item| self.is_reachable(item))
    }

    /// Sets the reach of every item.
    pub(super) fn set_reach(&mut self, reach: Reach) {
        self.items_mut().iter_mut().for_each(|item| item.reach = reach);
    }
}

/// Names of PostgreSQL's system columns.
const SYSTEM_COLUMNS: &[&str] = &["tableoid", "cmax", "xmax", "cmin", "xmin", "ctid"];

impl<'a> ScopeItem<'a> {
    /// A relation with all its columns.
    pub(super) fn relation(
        item: ItemId,
        alias: Option<String>,
        relation: &'a Relation,
        rights: Option<&'a RelationRights>,
    ) -> Self {
        let columns = (0..).zip(&relation.columns).map(|(index, column)| ScopeColumn {
            name: Cow::Borrowed(column.name.as_str()),
            source: ColumnSource::Relation { item, index, relation, rights },
        });
        Self {
            id: Some(item),
            aliased: alias.is_some(),
            alias: Some(alias.map_or(Cow::Borrowed(relation.name.as_str()), Cow::Owned)),
            relation: Some(relation),
            columns: columns.collect(),
            columns_visible: true,
            scalar: false,
            reach: Reach::Open,
        }
    }

    /// A subquery, CTE or function with its output columns.
    pub(super) fn output(item: ItemId, alias: Option<String>, columns: impl IntoIterator<Item = OutputColumn>) -> Self {
        let columns = (0..).zip(columns).map(|(index, column)| ScopeColumn {
            name: Cow::Owned(column.name),
            source: ColumnSource::Output { item, index, ty: column.ty, defined: None },
        });
        Self {
            id: Some(item),
            aliased: true,
            alias: alias.map(Cow::Owned),
            relation: None,
            columns: columns.collect(),
            columns_visible: true,
            scalar: false,
            reach: Reach::Open,
        }
    }

    /// A function with a column definition list.
    pub(super) fn defined(item: ItemId, alias: String, columns: impl IntoIterator<Item = OutputColumn>) -> Self {
        let mut names = Self::output(item, Some(alias), columns);
        for column in &mut names.columns {
            if let ColumnSource::Output { defined, .. } = &mut column.source {
                *defined = Some(column.name.to_string());
            }
        }
        names
    }

    /// The columns of that name; several make it ambiguous.
    pub(super) fn named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s ScopeColumn<'a>> {
        self.columns.iter().filter(move |column| column.name == name)
    }

    /// Whether that name is a system column here. Views have none.
    pub(super) fn has_system_column(&self, name: &str) -> bool {
        SYSTEM_COLUMNS.contains(&name) && self.relation.is_some_and(|relation| relation.kind != RelationKind::View)
    }
}

impl<'a> ScopeColumn<'a> {
    /// Whether it may be seen.
    pub(super) fn sight(&self) -> Sight<'a> {
        match &self.source {
            ColumnSource::Relation { index, relation, rights: Some(rights), .. } => {
                match rights.columns.get(*index as usize) {
                    Some(ColumnRights::Open | ColumnRights::Masked { .. }) => Sight::Visible,
                    Some(ColumnRights::Denied(rule)) => Sight::Hidden(relation, rule.as_ref()),
                    Some(ColumnRights::Ungoverned(why)) => Sight::Ungoverned(why),
                    None => Sight::Hidden(relation, None),
                }
            }
            ColumnSource::Relation { rights: None, .. } | ColumnSource::Output { .. } | ColumnSource::Merged(_) => {
                Sight::Visible
            }
        }
    }

    /// The same column of another item of the same relation.
    pub(super) fn of_item(&self, other: ItemId) -> Self {
        let mut column = self.clone();
        match &mut column.source {
            ColumnSource::Relation { item, .. } | ColumnSource::Output { item, .. } => *item = other,
            ColumnSource::Merged(_) => {}
        }
        column
    }

    /// Its type where it is known.
    pub(super) fn ty(&self) -> Ty {
        match &self.source {
            ColumnSource::Relation { index, relation, .. } => {
                relation.columns.get(*index as usize).map(|column| column.type_oid)
            }
            ColumnSource::Output { ty, .. } => *ty,
            ColumnSource::Merged(expr) => expr.ty,
        }
    }

    /// The reference to it.
    pub(super) fn expr(&self, span: Span) -> Expr {
        let column = match &self.source {
            ColumnSource::Merged(expr) => return expr.as_ref().clone().at(span),
            ColumnSource::Output { item, index, defined, .. } => {
                ColumnRef { item: *item, column: *index, name: defined.clone() }
            }
            ColumnSource::Relation { item, index, relation, .. } => ColumnRef {
                item: *item,
                column: *index,
                name: relation.columns.get(*index as usize).map(|column| column.name.clone()),
            },
        };
        Expr::new(ExprKind::Column(column)).typed(self.ty()).at(span)
    }
}
