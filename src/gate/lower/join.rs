//! Joins: USING and NATURAL become ON with merged columns, and each side is in scope where PostgreSQL has it.

use std::borrow::Cow;
use std::collections::HashSet;

use sqlparser::ast::{Join, JoinConstraint, JoinOperator, ObjectName, TableAlias};

use super::from::{Scoped, refuse_present};
use super::resolve::ungoverned;
use super::scope::{ColumnSource, Reach, ScopeColumn, ScopeItem, Sight};
use super::unknown::{Truth, conceal};
use super::{Lowering, not_supported, not_yet};
use crate::gate::catalog::Oid;
use crate::gate::diagnostic::{Reason, Rejection};
use crate::gate::ir::{Expr, ExprKind, FromItem, JoinKind, Literal, SpecialForm};
use crate::gate::source::Span;

impl<'a> Lowering<'a> {
    /// `left JOIN …`.
    pub(super) fn join(&mut self, left: Scoped<'a>, join: &Join) -> Result<Scoped<'a>, Rejection> {
        let Join { relation, global, join_operator } = join;
        let span = self.factor_span(relation);
        refuse_present(&[(*global, "GLOBAL JOIN")], span)?;
        let (kind, constraint) = kind_of(join_operator, span)?;
        let (left_item, left_names) = left;
        let (right_item, mut left_names, mut right_names) = self.right_side(kind, left_names, relation)?;
        self.no_conflict(&left_names, &right_names, span)?;
        let (kind, on, columns) = match constraint {
            JoinConstraint::None => {
                let mut columns = take_shown(&mut left_names);
                columns.extend(take_shown(&mut right_names));
                (kind, None, columns)
            }
            JoinConstraint::On(condition) => {
                let condition = self.on(condition, &mut left_names, &mut right_names)?;
                let mut columns = take_shown(&mut left_names);
                columns.extend(take_shown(&mut right_names));
                (kind, Some(condition), columns)
            }
            JoinConstraint::Using(list) => {
                self.only_clients_write("USING", span)?;
                let sides = Sides { left: take_shown(&mut left_names), right: take_shown(&mut right_names) };
                let common = self.using_names(list)?;
                let (conditions, columns) = self.merge(kind, &sides, &common, false)?;
                self.count_merged(&conditions, span)?;
                (kind, Some(all_of(conditions)), columns)
            }
            JoinConstraint::Natural => {
                self.only_clients_write("NATURAL", span)?;
                let sides = Sides { left: take_shown(&mut left_names), right: take_shown(&mut right_names) };
                let common = sides.common(span);
                let (conditions, columns) = self.merge(kind, &sides, &common, true)?;
                self.count_merged(&conditions, span)?;
                match kind {
                    JoinKind::Inner if conditions.is_empty() => (JoinKind::Cross, None, columns),
                    _ => (kind, Some(all_of(conditions)), columns),
                }
            }
        };
        let mut names = left_names;
        names.extend(right_names);
        names.push(shown(None, columns));
        let item = FromItem::Join { kind, left: Box::new(left_item), right: Box::new(right_item), on };
        Ok((item, names))
    }

    /// Lowers the right side, where LATERAL may name the left one if the join is CROSS, INNER or LEFT.
    fn right_side(
        &mut self,
        kind: JoinKind,
        mut left: Vec<ScopeItem<'a>>,
        relation: &sqlparser::ast::TableFactor,
    ) -> Result<(FromItem, Vec<ScopeItem<'a>>, Vec<ScopeItem<'a>>), Rejection> {
        let reach = match kind {
            JoinKind::Cross | JoinKind::Inner | JoinKind::Left => Reach::Lateral,
            JoinKind::Right | JoinKind::Full => Reach::Forbidden,
        };
        left.iter_mut().for_each(|item| item.reach = reach);
        let before = self.scope.level().items().len();
        self.scope.level_mut().items_mut().extend(left);
        let lowered = self.table_factor(relation);
        let left = self.scope.level_mut().items_mut().split_off(before);
        let (item, right) = lowered?;
        Ok((item, left, right))
    }

    /// The condition of ON: it sees the two sides and outer levels, not the elements of FROM to the left.
    fn on(
        &mut self,
        condition: &sqlparser::ast::Expr,
        left: &mut Vec<ScopeItem<'a>>,
        right: &mut Vec<ScopeItem<'a>>,
    ) -> Result<Expr, Rejection> {
        let split = left.len();
        let mut both = std::mem::take(left);
        both.append(right);
        both.iter_mut().for_each(|item| item.reach = Reach::Open);
        let siblings = std::mem::replace(self.scope.level_mut().items_mut(), both);
        let lowered = self.expr(condition);
        let mut both = std::mem::replace(self.scope.level_mut().items_mut(), siblings);
        *right = both.split_off(split);
        *left = both;
        lowered
    }

    /// `(a JOIN b …) AS j`: the alias hides what is inside.
    pub(super) fn aliased_join(&mut self, scoped: Scoped<'a>, alias: &TableAlias) -> Result<Scoped<'a>, Rejection> {
        let (item, mut names) = scoped;
        let alias = self.alias(Some(alias))?;
        let columns = take_shown(&mut names);
        let mut named = shown(alias.name.clone(), columns);
        alias.rename(&mut named)?;
        Ok((item, vec![named]))
    }

    fn using_names(&self, list: &[ObjectName]) -> Result<Vec<(String, Span)>, Rejection> {
        let mut names: Vec<(String, Span)> = Vec::new();
        for one in list {
            let span = self.span(one);
            let parts = self.object_name(one)?;
            let [name] = parts.as_slice() else {
                return Err(Rejection::new(Reason::InvalidStatement, "USING takes bare column names").at(span));
            };
            if names.iter().any(|(known, _)| known == name) {
                let message = format!("column `{name}` appears more than once in USING");
                return Err(Rejection::new(Reason::InvalidStatement, message).at(span));
            }
            names.push((name.clone(), span));
        }
        Ok(names)
    }

    /// Joins the common columns by equality and puts each merged one first.
    fn merge(
        &self,
        kind: JoinKind,
        sides: &Sides<'a>,
        common: &[(String, Span)],
        natural: bool,
    ) -> Result<(Vec<Expr>, Vec<ScopeColumn<'a>>), Rejection> {
        let mut conditions = Vec::new();
        let mut columns = Vec::new();
        for (name, span) in common {
            let span = *span;
            let left = self.key_column(&sides.left, sides, name, span, natural)?;
            let right = self.key_column(&sides.right, sides, name, span, natural)?;
            let equal = self.infix_operator("=".to_owned(), left.expr(span), right.expr(span));
            conditions.push(equal.map_err(|why| why.at(span))?);
            let source = self.merged_source(kind, left, right, name, span)?;
            columns.push(ScopeColumn { name: Cow::Owned(name.clone()), source });
        }
        let rest = sides.left.iter().chain(&sides.right);
        columns.extend(rest.filter(|column| !common.iter().any(|(name, _)| *name == column.name)).cloned());
        Ok((conditions, columns))
    }

    /// The one column of that name on one side.
    fn key_column<'s>(
        &self,
        side: &'s [ScopeColumn<'a>],
        sides: &Sides<'a>,
        name: &str,
        span: Span,
        natural: bool,
    ) -> Result<&'s ScopeColumn<'a>, Rejection> {
        let found: Vec<_> = side.iter().filter(|column| column.name == name).collect();
        let is_hidden = |column: &&&ScopeColumn<'a>| matches!(column.sight(), Sight::Hidden(..));
        if found.iter().filter(|column| !is_hidden(column)).count() > 1 {
            let message = format!("column `{name}` appears more than once on one side of the join");
            return Err(Rejection::new(Reason::AmbiguousName, message).at(span).help("use ON instead"));
        }
        let truth = found.iter().find_map(|column| match column.sight() {
            Sight::Hidden(relation, rule) => Some(Truth::hidden_column(relation, &column.name, rule)),
            Sight::Visible | Sight::Ungoverned(_) => None,
        });
        match (found.as_slice(), truth) {
            ([column], None) => match column.sight() {
                Sight::Ungoverned(why) => Err(ungoverned(name, why).at(span)),
                Sight::Visible | Sight::Hidden(..) => Ok(column),
            },
            // The client didn't write the name, so it may not be told here.
            (_, truth) if natural => {
                let message = "the columns that NATURAL JOIN would use can't be worked out";
                let rejection = Rejection::new(Reason::UnknownColumn, message).at(span);
                Err(conceal(rejection.help("name the columns with USING or ON"), truth))
            }
            (_, truth) => {
                let mut columns = sides.left.clone();
                columns.extend(sides.right.iter().cloned());
                Err(self.unknown_column(&[name.to_owned()], span, &[shown(None, columns)], truth))
            }
        }
    }

    /// Counts the merged columns that the conditions of a join repeat.
    fn count_merged(&mut self, conditions: &[Expr], span: Span) -> Result<(), Rejection> {
        let operands = conditions.iter().filter_map(|condition| match &condition.kind {
            ExprKind::Operator { left, right, .. } => Some([left.as_deref(), Some(right.as_ref())]),
            _ => None,
        });
        self.count_copied(operands.flatten().flatten(), span)
    }

    /// What the merged column is, as PostgreSQL chooses: the side that is never null-extended, of two such sides the one
    /// that already has the common type. Where that side would be cast, COALESCE with the other makes PostgreSQL
    /// find the type; the other one counts only where both are NULL.
    fn merged_source(
        &self,
        kind: JoinKind,
        left: &ScopeColumn<'a>,
        right: &ScopeColumn<'a>,
        name: &str,
        span: Span,
    ) -> Result<ColumnSource<'a>, Rejection> {
        let coalesce = |ty| {
            let mut arguments = vec![left.expr(span), right.expr(span)];
            if kind == JoinKind::Right {
                arguments.reverse();
            }
            let both = ExprKind::Special { form: SpecialForm::Coalesce, arguments };
            ColumnSource::Merged(Box::new(Expr::new(both).typed(ty).at(span)))
        };
        let (Some(l), Some(r)) = (left.ty(), right.ty()) else { return Ok(coalesce(None)) };
        let left_is_wider = if l == r {
            None
        } else {
            match (self.width(l), self.width(r)) {
                // Of two that convert to each other unasked, the left one's is the common type.
                (Some(l), Some(r)) if l.family == STRINGS && r.family == STRINGS && l.rank != r.rank && l.is_base => {
                    if kind == JoinKind::Right {
                        let name = if l.rank == 0 { "varchar" } else { "text" };
                        let cast = self.builtin_cast(right.expr(span), name, false);
                        return Ok(ColumnSource::Merged(Box::new(cast)));
                    }
                    Some(true)
                }
                (Some(l), Some(r)) if l.family == r.family && (l.family != STRINGS || l.rank == r.rank) => Some(l >= r),
                _ => {
                    return Err(not_yet(&format!("merging `{name}`, whose types differ on the two sides,"), span)
                        .help("use ON instead of USING or NATURAL"));
                }
            }
        };
        Ok(match (kind, left_is_wider) {
            (JoinKind::Full, None | Some(true)) => coalesce(Some(l)),
            (JoinKind::Full | JoinKind::Left, Some(false)) => coalesce(Some(r)),
            (JoinKind::Right, Some(true)) => coalesce(Some(l)),
            (JoinKind::Right, None | Some(false)) | (JoinKind::Inner | JoinKind::Cross, Some(false)) => {
                right.source.clone()
            }
            (JoinKind::Left, None | Some(true)) | (JoinKind::Inner | JoinKind::Cross, None | Some(true)) => {
                left.source.clone()
            }
        })
    }

    /// Where a type stands among those that PostgreSQL casts to each other unasked.
    fn width(&self, oid: Oid) -> Option<Width> {
        const FAMILIES: [&[&str]; 3] = [
            &["int2", "int4", "int8", "numeric", "float4", "float8"],
            &["varchar", "text"],
            &["date", "timestamp", "timestamptz"],
        ];
        let base = self.catalog.below_domain(oid);
        let one = self.catalog.type_(base).filter(|one| one.schema == "pg_catalog")?;
        FAMILIES.iter().enumerate().find_map(|(family, names)| {
            let rank = names.iter().position(|name| *name == one.name)?;
            Some(Width { family, rank, is_base: base == oid })
        })
    }
}

/// The family of the types of text, in which each converts to the other.
const STRINGS: usize = 1;

/// A type's place in its family: the common type of two is the wider one, and a domain gives way to its base type.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Width {
    family: usize,
    rank: usize,
    is_base: bool,
}

/// The columns that the two sides of a join show.
struct Sides<'a> {
    left: Vec<ScopeColumn<'a>>,
    right: Vec<ScopeColumn<'a>>,
}

impl Sides<'_> {
    /// Names that both sides have, in the left side's order.
    fn common(&self, span: Span) -> Vec<(String, Span)> {
        let right: HashSet<&str> = self.right.iter().map(|column| column.name.as_ref()).collect();
        let mut seen = HashSet::new();
        let left = self.left.iter().map(|column| column.name.as_ref());
        left.filter(|name| right.contains(name) && seen.insert(*name)).map(|name| (name.to_owned(), span)).collect()
    }
}

/// A join as a name: what it shows to unqualified references, and under its alias if it has one.
fn shown<'a>(alias: Option<String>, columns: Vec<ScopeColumn<'a>>) -> ScopeItem<'a> {
    ScopeItem {
        id: None,
        alias: alias.map(Cow::Owned),
        aliased: true,
        relation: None,
        columns,
        columns_visible: true,
        scalar: false,
        reach: Reach::Open,
    }
}

/// Takes the shown columns out of a side's names: the side itself stays as a qualifier, unless it is a join that
/// nothing can name any more.
fn take_shown<'a>(names: &mut Vec<ScopeItem<'a>>) -> Vec<ScopeColumn<'a>> {
    let Some(at) = names.iter().position(|item| item.columns_visible) else { return Vec::new() };
    if names.get(at).is_some_and(|item| item.alias.is_none() && item.relation.is_none()) {
        return names.remove(at).columns;
    }
    match names.get_mut(at) {
        Some(item) => {
            item.columns_visible = false;
            item.columns.clone()
        }
        None => Vec::new(),
    }
}

fn all_of(mut conditions: Vec<Expr>) -> Expr {
    let ty = conditions.first().and_then(|first| first.ty);
    match conditions.len() {
        0 => Expr::new(ExprKind::Literal(Literal::Bool(true))),
        1 => conditions.swap_remove(0),
        _ => Expr::new(ExprKind::And(conditions)).typed(ty),
    }
}

/// The kind of a join and its condition; joins of other systems are refused by name.
fn kind_of(operator: &JoinOperator, span: Span) -> Result<(JoinKind, &JoinConstraint), Rejection> {
    let (kind, constraint) = match operator {
        JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => (JoinKind::Inner, constraint),
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (JoinKind::Left, constraint),
        JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => (JoinKind::Right, constraint),
        JoinOperator::FullOuter(constraint) => (JoinKind::Full, constraint),
        JoinOperator::CrossJoin(constraint) => {
            return match constraint {
                JoinConstraint::None => Ok((JoinKind::Cross, constraint)),
                JoinConstraint::On(_) | JoinConstraint::Using(_) | JoinConstraint::Natural => {
                    Err(Rejection::new(Reason::InvalidStatement, "CROSS JOIN takes no condition").at(span))
                }
            };
        }
        JoinOperator::Semi(_) | JoinOperator::LeftSemi(_) | JoinOperator::RightSemi(_) => {
            return Err(not_supported("SEMI JOIN", span).help("use EXISTS"));
        }
        JoinOperator::Anti(_) | JoinOperator::LeftAnti(_) | JoinOperator::RightAnti(_) => {
            return Err(not_supported("ANTI JOIN", span).help("use NOT EXISTS"));
        }
        JoinOperator::CrossApply | JoinOperator::OuterApply => {
            return Err(not_supported("APPLY", span).help("use CROSS JOIN LATERAL or LEFT JOIN LATERAL … ON true"));
        }
        JoinOperator::AsOf { match_condition: _, constraint: _ } => return Err(not_supported("ASOF JOIN", span)),
        JoinOperator::StraightJoin(_) => return Err(not_supported("STRAIGHT_JOIN", span)),
        JoinOperator::ArrayJoin | JoinOperator::LeftArrayJoin | JoinOperator::InnerArrayJoin => {
            return Err(not_supported("ARRAY JOIN", span).help("use CROSS JOIN unnest(…)"));
        }
    };
    if matches!(constraint, JoinConstraint::None) {
        return Err(Rejection::new(Reason::InvalidStatement, "JOIN needs ON or USING").at(span));
    }
    Ok((kind, constraint))
}
