//! Predicate pushdown: which conditions of a statement are copied inside the fence of a filtered relation, beside its
//! row filter, so that PostgreSQL can look them up in an index. Without a copy it would read the whole relation.
//!
//! **The result stays the same.** The condition stays where it was written; the copy only leaves rows out early. A
//! condition is copied if it is a conjunct of the WHERE of the very SELECT in whose FROM the relation stands, however
//! joined, or of the ON of a join that can't null-extend because of it: either side of an inner join, the null-extended
//! side of a LEFT or RIGHT one. It compares one column with constants and isn't true of NULL. So call a row of the
//! relation *good* where the copy is true. Leaving out one that isn't good changes none of a join's output rows that
//! hold a good one: whether two rows match, and whether a good row finds a match on the other side, doesn't depend on it.
//! Every other output row, null-extended ones included, the condition itself rejects, before GROUP BY, aggregates,
//! windows, DISTINCT and LIMIT are looked at. `IS NULL` is true of a null-extended row, so it isn't copied; nor is a
//! condition of HAVING, of an outer query's row, or of a FULL JOIN's ON. A column of a subquery or CTE that is plainly a
//! column of what it reads passes the condition on ([`through`]), and equal columns of a join share theirs ([`joins`]):
//! both modules say why.
//!
//! **Nothing leaks.** What comes out of the fence depends on the filter's rows and on columns that the principal sees as
//! they are. But inside, PostgreSQL may evaluate the copy on rows that the filter hides, and needn't evaluate the filter
//! on rows that the copy rejects. So neither may raise, or an error would tell of hidden rows: the copy is a comparison
//! from a table of LEAKPROOF ones between an open, stored column and a constant whose type is settled when PostgreSQL
//! analyses or binds the statement, never converted while rows are read; and the filter is one that is known to be total.
//! How long it takes to find no row remains, as with any index, a residual channel.

use std::collections::{BTreeMap, BTreeSet};
use std::slice::from_ref;

use crate::gate::catalog::builtin::leakproof;
use crate::gate::catalog::{Catalog, Column, Oid, RelationKind, TypeKind};
use crate::gate::ir::{
    ColumnRef, CteId, Expr, ExprKind, FromItem, ItemId, JoinKind, Literal, Node, Query, RelationItem, Statement,
    TypeRef, walk,
};
use crate::gate::policy::mask::is_total;
use crate::gate::policy::{BoundPolicy, ColumnRights};

mod joins;
#[cfg(test)]
mod tests;
mod through;

use joins::Equality;

/// What is copied.
#[derive(Debug, Default)]
pub(super) struct Copies {
    /// The conditions, by the FROM item that they restrict: over the relation's own columns. Some read other relations,
    /// as items that the statement doesn't have; these have conditions of their own.
    pub conditions: BTreeMap<ItemId, Vec<Expr>>,
    /// The columns of the items that the statement doesn't have.
    pub columns: BTreeMap<ItemId, BTreeSet<u32>>,
}

/// The conditions to copy. New items are numbered behind `next_item`.
pub(super) fn copies(statement: &Statement, catalog: &Catalog, policy: &BoundPolicy, next_item: &mut u32) -> Copies {
    let mut pushdown = Pushdown::new(statement, catalog, policy);
    walk(statement, &mut |node| match node {
        Node::Select(select) => {
            if let Some(filter) = &select.filter {
                pushdown.conjuncts(filter, &Reach { sides: &[&select.from], whole: &[&select.from] });
            }
        }
        Node::From(FromItem::Join { kind, left, right, on: Some(on) }) => {
            let (left, right) = (from_ref(left.as_ref()), from_ref(right.as_ref()));
            let sides: &[&[FromItem]] = match kind {
                JoinKind::Inner | JoinKind::Cross => &[left, right],
                JoinKind::Left => &[right],
                JoinKind::Right => &[left],
                JoinKind::Full => &[],
            };
            pushdown.conjuncts(on, &Reach { sides, whole: &[left, right] });
        }
        Node::Query(_) | Node::From(_) | Node::Target(_) | Node::Expr(_) => {}
    });
    for write in statement.writes() {
        match write {
            Statement::Update(update) => pushdown.optional(update.filter.as_ref(), &update.from),
            Statement::Delete(delete) => pushdown.optional(delete.filter.as_ref(), &delete.using),
            Statement::Query(_) | Statement::Explain(_) | Statement::Insert(_) | Statement::Merge(_) => {}
        }
    }
    pushdown.share();
    pushdown.finish(next_item)
}

/// What a condition of a WHERE or ON may speak of.
struct Reach<'r, 'a> {
    /// The FROM items whose rows it rejects where it isn't true.
    sides: &'r [&'a [FromItem]],
    /// All FROM items at hand.
    whole: &'r [&'a [FromItem]],
}

/// Which conjuncts of a write's WHERE may stand beside its target's row filter, by their place.
pub(super) type Beside = BTreeSet<usize>;

/// For each write of the statement, in the order of [`Statement::writes`], the conjuncts of the WHERE of UPDATE and DELETE that
/// PostgreSQL may evaluate before the row filter of the target, or instead of it. None, if the filter may raise or does
/// more than look at its row.
///
/// A row of the target leaves its scan only if the filter is true of it, since such a filter concerns no other relation.
/// So a condition on columns of other items is evaluated for their rows and for visible rows of the target, and tells of
/// no hidden one. What does mention it may be evaluated on hidden rows: it has to be a comparison that can't
/// raise, of an open column with constants, as above, or with a column of another item, as joins are written.
pub(super) fn beside_filters(statement: &Statement, catalog: &Catalog, policy: &BoundPolicy) -> Vec<Beside> {
    let writes = statement.writes();
    if writes.is_empty() {
        return Vec::new();
    }
    // Of the whole statement: what type a parameter has may be said anywhere in it.
    let mut pushdown = Pushdown::new(statement, catalog, policy);
    writes.into_iter().map(|write| beside_filter(write, &mut pushdown)).collect()
}

fn beside_filter(write: &Statement, pushdown: &mut Pushdown<'_>) -> Beside {
    let (target, filter) = match write {
        Statement::Update(update) => (&update.target, &update.filter),
        Statement::Delete(delete) => (&delete.target, &delete.filter),
        Statement::Query(_) | Statement::Explain(_) | Statement::Insert(_) | Statement::Merge(_) => {
            return Beside::new();
        }
    };
    let Some(filter) = filter else { return Beside::new() };
    if !pushdown.takes_copies(target.relation.oid) {
        return Beside::new();
    }
    let conjuncts = match &filter.kind {
        ExprKind::And(all) => all.as_slice(),
        _ => from_ref(filter),
    };
    let safe = conjuncts.iter().enumerate().filter(|(_, one)| pushdown.is_safe_beside(one, target));
    safe.map(|(at, _)| at).collect()
}

/// How a statement uses a parameter: PostgreSQL takes its type from the first place that tells one.
enum Use {
    /// In one place, not directly under a cast.
    Bare,
    /// Everywhere directly under a cast to the same type.
    Cast,
    /// In several places that needn't agree.
    Mixed,
}

/// A column beside constants.
struct Comparison<'e> {
    column: &'e ColumnRef,
    constants: Vec<&'e Expr>,
    /// The constant is an array of what the column is compared with.
    array: bool,
}

/// What is known of a constant's type.
enum ConstantType {
    /// A string literal or parameter that takes the type of the other side.
    Untyped,
    /// This type; in an array, of its elements.
    Known(Oid),
}

struct Pushdown<'a> {
    catalog: &'a Catalog,
    policy: &'a BoundPolicy,
    parameters: BTreeMap<u32, Use>,
    /// The CTEs that are named in one place only.
    ctes: BTreeMap<CteId, &'a Query>,
    /// Whether conditions can be copied beside the row filter of a relation.
    relations: BTreeMap<Oid, bool>,
    /// The relations that conditions were found for.
    items: BTreeMap<ItemId, &'a RelationItem>,
    /// Safe comparisons with constants that reject rows of an item, filtered or not.
    constants: BTreeMap<ItemId, Vec<Expr>>,
    /// Safe comparisons of two items' columns.
    equalities: Vec<Equality>,
}

impl<'a> Pushdown<'a> {
    fn new(statement: &'a Statement, catalog: &'a Catalog, policy: &'a BoundPolicy) -> Self {
        Self {
            catalog,
            policy,
            parameters: uses_of_parameters(statement),
            ctes: through::named_once(statement),
            relations: BTreeMap::new(),
            items: BTreeMap::new(),
            constants: BTreeMap::new(),
            equalities: Vec::new(),
        }
    }

    fn optional(&mut self, condition: Option<&Expr>, from: &'a [FromItem]) {
        if let Some(condition) = condition {
            self.conjuncts(condition, &Reach { sides: &[from], whole: &[from] });
        }
    }

    /// Collects what can be copied of a condition.
    fn conjuncts(&mut self, condition: &Expr, reach: &Reach<'_, 'a>) {
        if let ExprKind::And(all) = &condition.kind {
            all.iter().for_each(|one| self.conjuncts(one, reach));
            return;
        }
        if self.equality(condition, reach) {
            return;
        }
        let Some(comparison) = comparison(condition) else { return };
        match reach.sides.iter().find_map(|side| find(side, comparison.column.item)) {
            Some(FromItem::Relation(item)) => {
                if self.is_safe(item, &comparison) {
                    self.items.insert(item.id, item);
                    self.constants.entry(item.id).or_default().push(condition.clone());
                }
            }
            Some(FromItem::Derived { query, .. }) => self.through(condition, comparison.column, query),
            Some(FromItem::Cte { cte, .. }) => {
                if let Some(query) = self.ctes.get(cte).copied() {
                    self.through(condition, comparison.column, query);
                }
            }
            Some(FromItem::Function { .. } | FromItem::Join { .. }) | None => {}
        }
    }

    fn is_safe_beside(&self, condition: &Expr, target: &RelationItem) -> bool {
        if !condition.mentions(target.id) {
            return concerns_others_alone(condition);
        }
        let of_target = |comparison: &Comparison<'_>| comparison.column.item == target.id;
        comparison(condition).is_some_and(|found| of_target(&found) && self.is_safe(target, &found))
            || self.is_safe_join(condition, target)
    }

    /// Whether the condition compares an open column of the target with a column of another item.
    fn is_safe_join(&self, condition: &Expr, target: &RelationItem) -> bool {
        let ExprKind::Operator { symbol, left: Some(left), right } = &condition.kind else { return false };
        let (ExprKind::Column(first), ExprKind::Column(second)) = (&left.kind, &right.kind) else { return false };
        let (own, other) = match (first.item == target.id, second.item == target.id) {
            (true, false) => (first, right),
            (false, true) => (second, left),
            (true, true) | (false, false) => return false,
        };
        let own = self.open_column(target, own.column).and_then(|column| self.builtin(column.type_oid));
        let other = other.ty.and_then(|oid| self.builtin(oid));
        let comparable = own.zip(other).is_some_and(|(own, other)| leakproof::are_comparable(own, other));
        // Two texts may come with collations that don't go together, which is an error of the first row compared.
        let has_collation = own.is_some_and(|own| matches!(own, "text" | "varchar" | "bpchar"));
        is_comparison(symbol) && comparable && !has_collation
    }

    /// Whether the comparison tells nothing of a row but its result, and can't raise.
    fn is_safe(&self, item: &RelationItem, comparison: &Comparison<'_>) -> bool {
        let Some(column) = self.open_column(item, comparison.column.column) else { return false };
        let Some(name) = self.builtin(column.type_oid) else { return false };
        comparison.constants.iter().all(|constant| match self.constant(constant, comparison.array) {
            Some(ConstantType::Untyped) => leakproof::are_comparable(name, name),
            Some(ConstantType::Known(oid)) => {
                self.builtin(oid).is_some_and(|constant| leakproof::are_comparable(name, constant))
            }
            None => false,
        })
    }

    /// A column that the principal sees as it is stored, under a collation that surely compares all texts.
    fn open_column(&self, item: &RelationItem, at: u32) -> Option<&'a Column> {
        let rights = self.policy.rights(item.relation.oid)?;
        let Some(ColumnRights::Open) = rights.columns.get(at as usize) else { return None };
        let column = self.catalog.relation(item.relation.oid)?.columns.get(at as usize)?;
        let plain = match &column.explicit_collation {
            None => true,
            Some((schema, name)) => schema == "pg_catalog" && matches!(name.as_str(), "C" | "POSIX"),
        };
        // A virtual column is an expression, on any relation of the tree.
        let stored = self.catalog.tree(item.relation.oid).iter().all(|one| {
            one.column(&column.name).is_some_and(|(_, own)| !own.generated && own.type_oid == column.type_oid)
        });
        (plain && stored).then_some(column)
    }

    /// Whether the relation is filtered, its filter raises on no row, and reading it by a condition runs nothing but
    /// that: no view's expressions, no foreign server, no user's function in an index or a partition key.
    fn takes_copies(&mut self, oid: Oid) -> bool {
        if let Some(known) = self.relations.get(&oid) {
            return *known;
        }
        let filter = self.policy.rights(oid).and_then(|rights| rights.filter.as_ref());
        let total = filter.is_some_and(|filter| is_total(&filter.condition, self.catalog).is_ok());
        let takes = total && self.is_stored(oid);
        *self.relations.entry(oid).or_insert(takes)
    }

    fn is_stored(&self, oid: Oid) -> bool {
        self.catalog.tree(oid).iter().all(|one| {
            one.write_calls.is_empty()
                && match one.kind {
                    RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView => true,
                    RelationKind::View | RelationKind::ForeignTable | RelationKind::Sequence => false,
                }
        })
    }

    /// The type of a constant that is one before the first row is read: PostgreSQL reads a literal when it analyses the
    /// statement, and a parameter when it is bound.
    fn constant(&self, expr: &Expr, array: bool) -> Option<ConstantType> {
        match &expr.kind {
            ExprKind::Literal(Literal::String(_)) => Some(ConstantType::Untyped),
            ExprKind::Literal(Literal::Number(_) | Literal::Bool(_)) if !array => expr.ty.map(ConstantType::Known),
            ExprKind::Operator { symbol, left: None, right } if symbol == "-" && !array => match right.kind {
                ExprKind::Literal(Literal::Number(_)) => right.ty.map(ConstantType::Known),
                _ => None,
            },
            ExprKind::Parameter(number) => match self.parameters.get(number) {
                Some(Use::Bare) => Some(ConstantType::Untyped),
                Some(Use::Cast | Use::Mixed) | None => None,
            },
            ExprKind::Cast { expr, to } if is_plain(to) && to.array == array => {
                let settled = match &expr.kind {
                    ExprKind::Literal(Literal::String(_)) => true,
                    ExprKind::Literal(Literal::Number(digits)) => self.holds(to, digits),
                    ExprKind::Parameter(number) => matches!(self.parameters.get(number), Some(Use::Cast)),
                    _ => false,
                };
                settled.then_some(ConstantType::Known(to.oid))
            }
            _ => None,
        }
    }

    /// Whether the cast of a number gives the same number.
    fn holds(&self, to: &TypeRef, digits: &str) -> bool {
        match self.builtin(to.oid) {
            Some("int2") => digits.parse::<i16>().is_ok(),
            Some("int4") => digits.parse::<i32>().is_ok(),
            Some("int8") => digits.parse::<i64>().is_ok(),
            Some(_) | None => false,
        }
    }

    /// The name of a base type of PostgreSQL's own.
    fn builtin(&self, oid: Oid) -> Option<&'a str> {
        let one = self.catalog.type_(oid)?;
        let builtin = one.oid.is_builtin() && one.schema == "pg_catalog" && one.kind == TypeKind::Base;
        builtin.then_some(one.name.as_str())
    }
}

/// The comparison that a condition is. None of these is true of NULL.
fn comparison(condition: &Expr) -> Option<Comparison<'_>> {
    let column = |expr: &'_ Expr| matches!(expr.kind, ExprKind::Column(_));
    let (tested, constants, array): (&Expr, Vec<&Expr>, bool) = match &condition.kind {
        ExprKind::Operator { symbol, left: Some(left), right } if is_comparison(symbol) => {
            if column(left) {
                (left, vec![right], false)
            } else {
                (right, vec![left], false)
            }
        }
        ExprKind::Between { expr, low, high, negated: false } => (expr, vec![low, high], false),
        ExprKind::InList { expr, list, negated: false } => (expr, list.iter().collect(), false),
        ExprKind::QuantifiedArray { left, symbol, all: false, array } if is_comparison(symbol) => {
            (left, vec![array], true)
        }
        _ => return None,
    };
    match &tested.kind {
        ExprKind::Column(column) => Some(Comparison { column, constants, array }),
        _ => None,
    }
}

/// Whether a condition that doesn't mention the target surely isn't evaluated where the target is read: it looks at a
/// column of another item, and nothing in it could be volatile. PostgreSQL puts a volatile condition without any column
/// wherever rows come from, and may evaluate it before a row filter that costs more.
fn concerns_others_alone(condition: &Expr) -> bool {
    let (mut columns, mut plain) = (false, true);
    condition.walk(&mut |node| match node {
        Node::Expr(expr) => match &expr.kind {
            ExprKind::Column(_) => columns = true,
            ExprKind::Literal(_)
            | ExprKind::Parameter(_)
            | ExprKind::Operator { .. }
            | ExprKind::Cast { .. }
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::Is { .. }
            | ExprKind::IsDistinct { .. }
            | ExprKind::Between { .. }
            | ExprKind::InList { .. }
            | ExprKind::Array(_)
            | ExprKind::QuantifiedArray { .. } => {}
            _ => plain = false,
        },
        Node::Query(_) | Node::Select(_) | Node::From(_) | Node::Target(_) => plain = false,
    });
    columns && plain
}

fn is_comparison(symbol: &str) -> bool {
    leakproof::SYMBOLS.contains(&symbol)
}

/// Whether the type is named without modifiers, which would convert.
fn is_plain(to: &TypeRef) -> bool {
    to.modifiers.is_empty() && to.interval.is_none()
}

/// The item of that identity among FROM items and what they join, subqueries left out.
fn find(from: &[FromItem], id: ItemId) -> Option<&FromItem> {
    from.iter().find_map(|item| match item {
        FromItem::Join { left, right, .. } => {
            find(from_ref(left.as_ref()), id).or_else(|| find(from_ref(right.as_ref()), id))
        }
        other => (other.id() == Some(id)).then_some(other),
    })
}

fn uses_of_parameters(statement: &Statement) -> BTreeMap<u32, Use> {
    let mut places: BTreeMap<u32, (usize, Vec<&TypeRef>)> = BTreeMap::new();
    walk(statement, &mut |node| {
        let Node::Expr(expr) = node else { return };
        match &expr.kind {
            ExprKind::Parameter(number) => places.entry(*number).or_default().0 += 1,
            ExprKind::Cast { expr, to } => {
                if let ExprKind::Parameter(number) = expr.kind {
                    places.entry(number).or_default().1.push(to);
                }
            }
            _ => {}
        }
    });
    places.into_iter().map(|(number, (count, casts))| (number, use_of(count, &casts))).collect()
}

fn use_of(places: usize, casts: &[&TypeRef]) -> Use {
    match casts {
        [] if places == 1 => Use::Bare,
        [first, rest @ ..] if casts.len() == places && rest.iter().all(|one| one == first) => Use::Cast,
        _ => Use::Mixed,
    }
}
