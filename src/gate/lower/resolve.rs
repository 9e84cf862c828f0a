//! Columns by name: which FROM item of which query level a name means, as PostgreSQL would say, and only then whether
//! the principal may see it. A name that means a hidden column stops there: it never goes on to an outer level.

use sqlparser::ast::Ident;

use super::scope::{Reach, ScopeColumn, ScopeItem, Sight};
use super::unknown::Truth;
use super::{Lowering, Mode, not_supported};
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::Expr;
use crate::gate::source::Span;

/// What a name means at one query level.
enum Meaning<'s, 'a> {
    /// These columns with their items; several are ambiguous.
    Columns(Vec<(&'s ScopeItem<'a>, &'s ScopeColumn<'a>)>),
    /// A system column.
    System,
}

impl<'a> Lowering<'a> {
    /// The column that a name of one to four parts means.
    pub(super) fn resolve_column(&mut self, parts: &[Ident], span: Span) -> Result<Expr, Rejection> {
        let names = self.identifiers(parts)?;
        match names.as_slice() {
            [name] => {
                self.only_clients_write("a column without its item", span)?;
                let found = self.unqualified_column(name, span)?;
                self.count_copied([&found], span)?;
                Ok(found)
            }
            [.., _] if names.len() <= 4 => {
                let found = self.qualified_column(&names, span)?;
                self.count_copied([&found], span)?;
                Ok(found)
            }
            _ => Err(Rejection::new(Reason::InvalidStatement, "a column's name has too many parts").at(span)),
        }
    }

    /// Whether a bare name means a column of the innermost level's FROM, hidden or not. GROUP BY prefers such a column
    /// to an output column of that name.
    pub(super) fn is_input_column(&self, name: &str) -> bool {
        meaning(self.scope.level(), name).is_some()
    }

    fn unqualified_column(&self, name: &str, span: Span) -> Result<Expr, Rejection> {
        let written = [name.to_owned()];
        let mut levels = self.scope.levels().enumerate();
        if let Some((depth, meaning)) = levels.find_map(|(depth, level)| Some((depth, meaning(level, name)?))) {
            if self.mode == Mode::Policy && depth > 0 {
                return Err(outside_the_subquery(name, &meaning, span));
            }
            return match meaning {
                Meaning::System => Err(system_column(name, span)),
                Meaning::Columns(found) => self.judged(&written, span, &found, || self.every_item()),
            };
        }
        let same = |item: &ScopeItem<'a>| item.alias.as_deref() == Some(name);
        if self.scope.levels().any(|level| level.reachable().any(same)) {
            return self.whole_row(&written, span);
        }
        Err(self.unknown_column(&written, span, self.every_item(), None))
    }

    pub(super) fn qualified_column(&self, names: &[String], span: Span) -> Result<Expr, Rejection> {
        let Some((name, qualifier)) = names.split_last() else {
            return Err(Rejection::new(Reason::InvalidStatement, "an empty name").at(span));
        };
        let item = self.qualifier(qualifier, span)?;
        let found: Vec<_> = item.named(name).map(|column| (item, column)).collect();
        if found.is_empty() && item.has_system_column(name) {
            return Err(system_column(&names.join("."), span));
        }
        if found.is_empty() {
            return Err(self.unknown_column(names, span, [item], None));
        }
        self.judged(names, span, &found, || std::iter::once(item))
    }

    /// The FROM item that a qualifier of one to three parts means.
    pub(super) fn qualifier(&self, qualifier: &[String], span: Span) -> Result<&ScopeItem<'a>, Rejection> {
        let matches: Box<dyn Fn(&ScopeItem<'a>) -> bool + '_> = match qualifier {
            [alias] => Box::new(move |item| item.alias.as_deref() == Some(alias.as_str())),
            [schema, name] => Box::new(move |item| is_relation(item, schema, name)),
            [database, schema, name] => {
                if *database != self.catalog.parts().database {
                    return Err(self.other_database(span));
                }
                Box::new(move |item| is_relation(item, schema, name))
            }
            _ => return Err(Rejection::new(Reason::InvalidStatement, "a name has too many parts").at(span)),
        };
        let found: Option<Vec<_>> = self.scope.levels().find_map(|level| {
            let found: Vec<_> = level.reachable().filter(|item| matches(item)).collect();
            (!found.is_empty()).then_some(found)
        });
        match found.as_deref() {
            Some([item]) if item.reach == Reach::Forbidden => Err(unreachable_item(qualifier, span)),
            Some([item]) => Ok(item),
            Some(_) => Err(Rejection::new(
                Reason::AmbiguousName,
                format!("`{}` could mean more than one table of FROM", qualifier.join(".")),
            )
            .at(span)
            .help("give each an alias of its own")),
            None => Err(self.missing_item(qualifier, span)),
        }
    }

    fn missing_item(&self, qualifier: &[String], span: Span) -> Rejection {
        let message = format!("`{}` is not a table or alias in FROM", qualifier.join("."));
        let mut aliases: Vec<String> = Vec::new();
        for alias in self.scope.levels().flat_map(|level| level.reachable()).filter_map(|item| item.alias.as_ref()) {
            let alias = format!("`{alias}`");
            if aliases.len() < 12 && !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
        let rejection = Rejection::new(Reason::UnknownRelation, message).at(span);
        if aliases.is_empty() { rejection } else { rejection.help(format!("in scope: {}", aliases.join(", "))) }
    }

    /// The one column that a name means, if the principal may see it.
    pub(super) fn judged<'s, I>(
        &'s self,
        written: &[String],
        span: Span,
        found: &[(&'s ScopeItem<'a>, &'s ScopeColumn<'a>)],
        among: impl Fn() -> I,
    ) -> Result<Expr, Rejection>
    where
        I: Iterator<Item = &'s ScopeItem<'a>>,
    {
        if let [(item, column)] = found {
            return match column.sight() {
                Sight::Hidden(relation, rule) => {
                    let truth = Truth::hidden_column(relation, &column.name, rule);
                    Err(self.unknown_column(written, span, among(), Some(truth)))
                }
                _ if item.reach == Reach::Forbidden => {
                    Err(unreachable_item(&[item.alias.as_deref().unwrap_or_default().to_owned()], span))
                }
                Sight::Visible => Ok(column.expr(span)),
                Sight::Ungoverned(why) => Err(ungoverned(&written.join("."), why).at(span)),
            };
        }
        let visible = found.iter().filter(|(_, column)| !matches!(column.sight(), Sight::Hidden(..)));
        if visible.count() > 1 {
            return Err(Rejection::new(
                Reason::AmbiguousName,
                format!("column `{}` could mean more than one column", written.join(".")),
            )
            .at(span)
            .help("write the table or its alias before it"));
        }
        // PostgreSQL would call it ambiguous, which would tell that the hidden column exists.
        let hidden = found.iter().find_map(|(_, column)| match column.sight() {
            Sight::Hidden(relation, rule) => Some((relation, rule)),
            Sight::Visible | Sight::Ungoverned(_) => None,
        });
        let truth = hidden.map(|(relation, rule)| {
            let name = written.join(".");
            let table = format!("{}.{}", relation.schema, relation.name);
            Truth::new(format!("column `{name}` is ambiguous, and one that it could mean is hidden in `{table}`"), rule)
        });
        Err(self.unknown_column(written, span, among(), truth))
    }

    fn every_item(&self) -> impl Iterator<Item = &ScopeItem<'a>> {
        self.scope.levels().flat_map(|level| level.reachable()).filter(|item| item.columns_visible)
    }
}

/// A column that exists and whose type can't be read.
pub(super) fn ungoverned(name: &str, why: &str) -> Rejection {
    Rejection::new(Reason::TypeNotAllowed, format!("column `{name}` has a type that can't be used: {why}"))
}

fn meaning<'s, 'a>(level: &'s super::scope::Level<'a>, name: &str) -> Option<Meaning<'s, 'a>> {
    let mut items = level.reachable().filter(|item| item.columns_visible);
    if items.any(|item| item.has_system_column(name)) {
        return Some(Meaning::System);
    }
    let found = level.columns_named(name);
    (!found.is_empty()).then_some(Meaning::Columns(found))
}

/// A policy's author who writes `id IN (SELECT customer_id FROM …)` of a table that has no such column would compare the
/// row with itself, and so filter nothing.
fn outside_the_subquery(name: &str, meaning: &Meaning<'_, '_>, span: Span) -> Rejection {
    let message = format!("no table of the subquery has a column `{name}`");
    let rejection = Rejection::new(Reason::UnknownColumn, message).at(span);
    let alias = match meaning {
        Meaning::Columns(found) => found.first().and_then(|(item, _)| item.alias.as_deref()),
        Meaning::System => None,
    };
    match alias {
        Some(alias) => rejection.help(format!("if that of the row outside is meant, write `{alias}.{name}`")),
        None => rejection,
    }
}

fn is_relation(item: &ScopeItem<'_>, schema: &str, name: &str) -> bool {
    !item.aliased && item.relation.is_some_and(|relation| relation.schema == schema && relation.name == name)
}

fn system_column(name: &str, span: Span) -> Rejection {
    not_supported(&format!("the system column `{name}`"), span)
        .help("it tells of places and transactions, of hidden rows as well; a row is named by its key")
}

fn unreachable_item(qualifier: &[String], span: Span) -> Rejection {
    Rejection::new(
        Reason::InvalidStatement,
        format!(
            "`{}` can't be named here: it is the target of the write, or the join is not INNER or LEFT",
            qualifier.join(".")
        ),
    )
    .at(span)
}
