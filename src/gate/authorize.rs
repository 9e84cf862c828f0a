//! Authorize: IR × policy gives what the statement touches and why it may, or every violation at once. Names were
//! already checked where lower resolved them; here the IR is checked again, so that a slip there is no leak.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::admit::{RelationAccess, RelationUse, Values, Verification};
use super::catalog::{Catalog, Oid, Relation};
use super::diagnostic::{Reason, Rejection, Rule};
use super::ir::{
    Call, ColumnRef, Conflict, Expr, ExprKind, FromItem, FunctionColumns, Insert, ItemId, Node, RelationItem,
    Statement, walk,
};
use super::policy::model::StatementKind;
use super::policy::{BoundPolicy, ColumnRights, RelationRights, Visibility};
use super::source::Span;

mod beside;
mod confirm;
mod effects;
mod explain;
mod restriction;
mod source;
mod stamps;
#[cfg(test)]
mod tests;
mod together;
mod writes;

pub use confirm::{CHANGING, Confirm};
pub use explain::plan_shape;

/// What an authorized statement touches: the basis of rewrite, verification and the history record.
#[derive(Debug)]
pub struct Authorized {
    /// What policies call it.
    pub kind: StatementKind,
    /// The columns of each relation item that the statement names.
    pub columns: BTreeMap<ItemId, BTreeSet<u32>>,
    /// Every relation that the statement reads or writes, descendants included.
    pub relations: BTreeMap<Oid, RelationUse>,
    /// `schema.table.column` of every masked column that is used, and its mask's name.
    pub masked_columns: BTreeSet<(String, &'static str)>,
    /// `schema.table` and rule of every row filter that applies.
    pub filters: BTreeSet<(String, Rule)>,
    /// Functions called, `schema.name`.
    pub functions: BTreeSet<String>,
    /// For each write in it, in the order of [`Statement::writes`], how many rows may be touched, and the rule that says so.
    pub max_affected_rows: Vec<Option<(u64, Rule)>>,
    /// A person has to confirm the write.
    pub confirm: Option<Confirm>,
    /// What has to be in the executing transaction as it was in the catalog.
    pub verification: Verification,
    /// PostgreSQL's error texts may tell what is hidden.
    pub opaque_errors: bool,
    /// Of a plan only the shape may leave, and nothing is decided by its estimates. For an EXPLAIN, and where the policy
    /// bounds costs.
    pub only_shape: bool,
    /// Relations that row filters and views read, which a plan doesn't name.
    pub behind: BTreeSet<Oid>,
}

/// Checks the whole statement. What comes of it is no permission: only [`admit`](super::admit::admit) gives one.
///
/// # Errors
/// Everything in the statement that the policy doesn't allow.
pub fn authorize(
    statement: &Statement,
    catalog: &Catalog,
    policy: &BoundPolicy,
    values: Values<'_>,
) -> Result<Authorized, Rejection> {
    let mut check = Check {
        catalog,
        policy,
        values,
        violations: Vec::new(),
        judged: BTreeSet::new(),
        confirm: None,
        authorized: Authorized {
            kind: kind_of(statement),
            columns: BTreeMap::new(),
            relations: BTreeMap::new(),
            masked_columns: BTreeSet::new(),
            filters: BTreeSet::new(),
            functions: BTreeSet::new(),
            max_affected_rows: Vec::new(),
            confirm: None,
            verification: Verification::default(),
            opaque_errors: kind_of(statement).writes(),
            only_shape: false,
            behind: BTreeSet::new(),
        },
    };
    check.statement_kind(statement);
    check.nodes(statement);
    statement.writes().into_iter().for_each(|write| check.write(write));
    check.confirmed(statement);
    check.writes_beside(statement);
    check.foreign_objects();
    match Rejection::join(check.violations) {
        Some(rejection) => Err(rejection),
        None => Ok(check.authorized),
    }
}

/// The kind that policies speak of. A query with a CTE that writes is of the kind of the first of these.
pub(in crate::gate) fn kind_of(statement: &Statement) -> StatementKind {
    match statement {
        Statement::Query(_) => statement.writes().first().map_or(StatementKind::Select, |write| kind_of(write)),
        Statement::Explain(explain) if explain.analyze => StatementKind::ExplainAnalyze,
        Statement::Explain(_) => StatementKind::Explain,
        Statement::Insert(_) => StatementKind::Insert,
        Statement::Update(_) => StatementKind::Update,
        Statement::Delete(_) => StatementKind::Delete,
        Statement::Merge(_) => StatementKind::Merge,
    }
}

/// What has to be allowed for a statement, its CTEs left out.
fn needed_kinds(statement: &Statement) -> &'static [StatementKind] {
    match statement {
        // A plan tells of the data what a query would, so explaining needs both.
        Statement::Explain(explain) if explain.analyze => &[StatementKind::ExplainAnalyze, StatementKind::Select],
        Statement::Explain(_) => &[StatementKind::Explain, StatementKind::Select],
        Statement::Query(_) => &[StatementKind::Select],
        Statement::Insert(Insert { conflict: Some(Conflict { update: Some(_), .. }), .. }) => {
            &[StatementKind::Insert, StatementKind::Update]
        }
        Statement::Insert(_) => &[StatementKind::Insert],
        Statement::Update(_) => &[StatementKind::Update],
        Statement::Delete(_) => &[StatementKind::Delete],
        Statement::Merge(_) => &[StatementKind::Merge],
    }
}

struct Check<'a> {
    catalog: &'a Catalog,
    policy: &'a BoundPolicy,
    values: Values<'a>,
    violations: Vec<Rejection>,
    authorized: Authorized,
    /// Relations that were judged before: one with thousands of partitions may be named thousands of times.
    judged: BTreeSet<(Oid, RelationAccess)>,
    /// The rule by which a person has to confirm what is written.
    confirm: Option<Rule>,
}

impl<'a> Check<'a> {
    fn statement_kind(&mut self, statement: &Statement) {
        let policy = self.policy.policy();
        let needed = statement.writes().into_iter().chain([statement]).flat_map(needed_kinds);
        if let Some(missing) = needed.into_iter().find(|one| !policy.statements.contains_key(one)) {
            let allowed: Vec<&str> = policy.statements.keys().map(|kind| kind.name()).collect();
            let help = if allowed.is_empty() {
                "this policy allows no statements".to_owned()
            } else {
                format!("this policy allows {}", allowed.join(", "))
            };
            self.violations.push(
                Rejection::new(
                    Reason::StatementNotAllowed,
                    format!("{} is not allowed by this policy", missing.name().to_uppercase()),
                )
                .help(help),
            );
        }
    }

    /// Every relation, column and function of the statement.
    fn nodes(&mut self, statement: &'a Statement) {
        let mut items: BTreeMap<ItemId, (&'a Relation, &'a RelationRights)> = BTreeMap::new();
        let mut targets: BTreeSet<ItemId> = BTreeSet::new();
        let mut columns: Vec<(&'a ColumnRef, Span)> = Vec::new();
        let explained = matches!(statement, Statement::Explain(_));
        walk(statement, &mut |node| match node {
            Node::From(FromItem::Relation(item)) => {
                if let Some(found) = self.relation(item, RelationAccess::Read, explained) {
                    items.insert(item.id, found);
                }
            }
            Node::Target(item) => {
                targets.insert(item.id);
                if let Some(found) = self.relation(item, RelationAccess::Write, false) {
                    items.insert(item.id, found);
                }
            }
            Node::Expr(expr) => {
                if let ExprKind::Column(column) = &expr.kind {
                    columns.push((column, expr.origin.0));
                }
                self.expression(expr, explained);
            }
            Node::From(FromItem::Function { columns: FunctionColumns::Defined(definitions), .. }) => {
                definitions.iter().for_each(|definition| self.type_stamp(definition.to.oid));
            }
            Node::From(_) | Node::Query(_) | Node::Select(_) => {}
        });
        for (column, span) in columns {
            if let Some((relation, rights)) = items.get(&column.item) {
                if targets.contains(&column.item) {
                    self.column_of_target(column, span, rights);
                }
                self.column(column.item, column.column, relation, rights);
            }
        }
    }

    fn relation(
        &mut self,
        item: &RelationItem,
        access: RelationAccess,
        explained: bool,
    ) -> Option<(&'a Relation, &'a RelationRights)> {
        let (catalog, policy) = (self.catalog, self.policy);
        let found = catalog.relation(item.relation.oid).zip(policy.rights(item.relation.oid));
        let Some((relation, rights)) = found.filter(|(_, rights)| rights.visibility == Visibility::Readable) else {
            self.violations.push(
                Rejection::new(
                    Reason::UnknownRelation,
                    format!("relation `{}` does not exist or is not visible", item.relation.name),
                )
                .at(item.origin.0),
            );
            return None;
        };
        // Which rows a sample takes depends on all rows, hidden ones included.
        let hides_rows = rights.is_protected() || catalog.tree(relation.oid).iter().any(|one| one.row_security);
        if item.sample.is_some() && hides_rows {
            self.violations.push(
                Rejection::new(
                    Reason::NotYetSupported,
                    format!("TABLESAMPLE of `{}.{}` is not supported yet", relation.schema, relation.name),
                )
                .at(item.origin.0)
                .help("its rows or columns are restricted; use `WHERE random() < 0.1` instead"),
            );
        }
        if !self.judged.insert((relation.oid, access)) {
            return Some((relation, rights));
        }
        if explained {
            self.explained(relation, item.origin.0);
        } else if self.policy.policy().limits.cost.is_some() && !self.plan_is_open(relation) {
            self.authorized.only_shape = true;
        }
        self.touch(relation, rights, access);
        Some((relation, rights))
    }

    /// Lists the relation and everything that reading it reads.
    fn touch(&mut self, relation: &'a Relation, rights: &'a RelationRights, access: RelationAccess) {
        if let Some(filter) = &rights.filter {
            self.policy_expression(&filter.condition, relation);
            for rule in &filter.rules {
                let name = format!("{}.{}", relation.schema, relation.name);
                self.authorized.filters.insert((name, rule.clone()));
            }
        }
        self.authorized.opaque_errors |= rights.is_protected() || relation.view.is_some();
        self.list(usage(relation, rights, access));
        for descendant in self.catalog.tree(relation.oid).into_iter().filter(|one| one.oid != relation.oid) {
            // What may come out of the parent may come out of its children, under the children's own numbers.
            let open = descendant
                .columns
                .iter()
                .filter(|column| relation.column(&column.name).is_some_and(|(at, _)| is_open(rights, at)))
                .map(|column| column.number)
                .collect();
            self.list(RelationUse {
                oid: descendant.oid,
                schema: descendant.schema.clone(),
                name: descendant.name.clone(),
                access,
                protected: rights.is_protected(),
                open_columns: open,
                stamp: descendant.stamp.clone(),
            });
        }
        if let Some(reads) = &relation.view {
            self.view(reads);
        }
    }

    /// Lists a relation. One that is read by itself and as a part of another is listed as all that it is read as: it may
    /// have columns that the other doesn't.
    fn list(&mut self, used: RelationUse) {
        match self.authorized.relations.entry(used.oid) {
            Entry::Vacant(free) => drop(free.insert(used)),
            Entry::Occupied(mut listed) => {
                let listed = listed.get_mut();
                listed.access = listed.access.max(used.access);
                listed.protected |= used.protected;
                listed.open_columns.extend(used.open_columns);
                listed.open_columns.sort_unstable();
                listed.open_columns.dedup();
            }
        }
    }

    fn column(&mut self, item: ItemId, at: u32, relation: &Relation, rights: &RelationRights) {
        let name = relation.columns.get(at as usize).map_or("?", |column| column.name.as_str());
        match rights.columns.get(at as usize) {
            Some(ColumnRights::Open) => {}
            Some(ColumnRights::Masked { mask: expression, name: mask, .. }) => {
                self.policy_expression(expression, relation);
                let column = format!("{}.{}.{name}", relation.schema, relation.name);
                self.authorized.masked_columns.insert((column, *mask));
            }
            Some(ColumnRights::Denied(_) | ColumnRights::Ungoverned(_)) | None => {
                self.violations.push(Rejection::new(
                    Reason::UnknownColumn,
                    format!("column `{name}` does not exist or is not visible"),
                ));
            }
        }
        if self.authorized.columns.entry(item).or_default().insert(at) {
            self.column_type(relation, at);
        }
    }

    fn expression(&mut self, expr: &Expr, explained: bool) {
        let builtin_allowed = self.policy.policy().functions.allows_builtin();
        match &expr.kind {
            ExprKind::Call(call) => self.call(call, expr.origin.0, explained),
            ExprKind::Operator { symbol, .. }
            | ExprKind::QuantifiedArray { symbol, .. }
            | ExprKind::QuantifiedQuery { symbol, .. }
                if !builtin_allowed =>
            {
                self.violations.push(
                    Rejection::new(
                        Reason::OperatorNotAllowed,
                        format!("operator `{symbol}` is not allowed by this policy"),
                    )
                    .at(expr.origin.0)
                    .help("the policy's `[functions] allow` leaves out `@builtin`"),
                );
            }
            ExprKind::Between { .. }
            | ExprKind::InList { .. }
            | ExprKind::InQuery { .. }
            | ExprKind::IsDistinct { .. }
            | ExprKind::Case { operand: Some(_), .. }
            | ExprKind::Special { .. }
                if !builtin_allowed =>
            {
                self.violations.push(
                    Rejection::new(Reason::OperatorNotAllowed, "comparisons are not allowed by this policy")
                        .at(expr.origin.0)
                        .help("the policy's `[functions] allow` leaves out `@builtin`"),
                );
            }
            ExprKind::JsonAbsent { .. } | ExprKind::JsonPath { .. } | ExprKind::IsJson { .. } if !builtin_allowed => {
                self.violations.push(
                    Rejection::new(Reason::FunctionNotAllowed, "SQL/JSON is not allowed by this policy")
                        .at(expr.origin.0)
                        .help("the policy's `[functions] allow` leaves out `@builtin`"),
                );
            }
            ExprKind::Cast { to, .. } => self.type_stamp(to.oid),
            // These consist of what is checked by itself, and choose no operator or function of their own.
            ExprKind::Column(_)
            | ExprKind::Literal(_)
            | ExprKind::Parameter(_)
            | ExprKind::Attribute(_)
            | ExprKind::MaskKey
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::Is { .. }
            | ExprKind::Exists(_)
            | ExprKind::Scalar(_)
            | ExprKind::ArrayQuery(_)
            | ExprKind::Clock(_)
            | ExprKind::Array(_)
            | ExprKind::Row(_)
            | ExprKind::WholeRow { .. }
            | ExprKind::Record(_)
            | ExprKind::Field { .. }
            | ExprKind::Subscript { .. }
            | ExprKind::Collate { .. }
            | ExprKind::Grouping(_)
            | ExprKind::Default
            // With `@builtin`, which the arms above ask for.
            | ExprKind::Operator { .. }
            | ExprKind::QuantifiedArray { .. }
            | ExprKind::QuantifiedQuery { .. }
            | ExprKind::Between { .. }
            | ExprKind::InList { .. }
            | ExprKind::InQuery { .. }
            | ExprKind::IsDistinct { .. }
            | ExprKind::JsonAbsent { .. }
            | ExprKind::JsonPath { .. }
            | ExprKind::IsJson { .. }
            | ExprKind::Case { .. }
            | ExprKind::Special { .. } => {}
        }
    }

    fn call(&mut self, call: &Call, span: Span, explained: bool) {
        let builtin_allowed = self.policy.policy().functions.allows_builtin();
        let function = &call.function;
        self.authorized.functions.insert(format!("{}.{}", function.schema, function.name));
        let is_allowed = |oid: &Oid| match oid.is_builtin() {
            true => builtin_allowed,
            false => self.catalog.trust().has_function(*oid) || self.policy.allows_function(*oid),
        };
        // A call of nothing that the catalog knows is allowed by nothing.
        if function.candidates.is_empty() || !function.candidates.iter().all(is_allowed) {
            let message = format!("function `{}` is not allowed by this policy", function.name);
            self.violations.push(Rejection::new(Reason::FunctionNotAllowed, message).at(span));
        }
        function.candidates.iter().for_each(|oid| self.function_stamp(*oid));
        let in_c = |oid: &Oid| oid.is_builtin() || self.catalog.trust().has_function(*oid);
        if !function.candidates.iter().all(in_c) {
            // PostgreSQL may show, and estimate, what is inside the function.
            match explained {
                true => self.only_the_shape(&format!("a call of `{}`", function.name), span),
                false => self.authorized.only_shape = true,
            }
        }
    }
}

fn is_open(rights: &RelationRights, at: usize) -> bool {
    matches!(rights.columns.get(at), Some(ColumnRights::Open))
}

fn usage(relation: &Relation, rights: &RelationRights, access: RelationAccess) -> RelationUse {
    let open = relation.columns.iter().enumerate().filter(|(at, _)| is_open(rights, *at));
    RelationUse {
        oid: relation.oid,
        schema: relation.schema.clone(),
        name: relation.name.clone(),
        access,
        protected: rights.is_protected(),
        open_columns: open.map(|(_, column)| column.number).collect(),
        stamp: relation.stamp.clone(),
    }
}
