//! What holds for an admitted text: it reads back as itself, its parameters are those of the plan, it calls only what is
//! allowed, and protected relations enter it only through their masks and filters. The expected masks and filters are
//! written from the policy's templates, not taken from rewrite.

use std::collections::BTreeSet;

use super::copies::Said;
use super::world::World;
use crate::gate::admit::{Admitted, AttributeValue, Submission};
use crate::gate::catalog::{Catalog, Function};
use crate::gate::emit::emit;
use crate::gate::ir::{
    Distinct, Expr, ExprKind, FromItem, ItemId, Literal, Node, NodeMut, Projection, Query, RelationItem, Select,
    SetExpr, SpecialForm, Statement, renumber, walk,
};
use crate::gate::lower::{Lowering, Mode};
use crate::gate::parse::parse_emitted;
use crate::gate::policy::model::StatementKind;
use crate::gate::policy::{BoundPolicy, ColumnRights, RelationRights};
use crate::gate::source::{Origin, Source};
use crate::gate::stack::on_big_stack;

/// An admitted statement and what it was admitted under.
pub(super) struct Admission<'a> {
    pub world: &'a World,
    pub name: &'a str,
    pub policy: &'a BoundPolicy,
    pub submission: &'a Submission,
    pub admitted: &'a Admitted,
}

/// A protected relation and the derived table that stands for it.
struct Behind<'s> {
    query: &'s Query,
    select: &'s Select,
    item: &'s RelationItem,
    rights: &'s RelationRights,
}

/// Reads emitted text as verification does; the error is a sentence.
///
/// # Errors
/// The text can't be read.
pub fn read_back(world: &World, policy: &BoundPolicy, text: &str, parameters: u32) -> Result<Statement, String> {
    read_emitted(&world.catalog, policy, text, parameters)
}

/// As [`read_back`], on any catalog.
pub(super) fn read_emitted(
    catalog: &Catalog,
    policy: &BoundPolicy,
    text: &str,
    parameters: u32,
) -> Result<Statement, String> {
    on_big_stack(|| {
        let source = Source::new(text);
        let parsed = parse_emitted(&source).map_err(|why| format!("{why:?}"))?;
        let mut lowering = Lowering::new(catalog, policy, &source, Mode::Verify, parameters);
        let mut statement = lowering.statement(&parsed.statement).map_err(|why| format!("{why:?}"))?;
        renumber(&mut statement);
        Ok(statement)
    })
}

pub(super) fn admission(this: &Admission<'_>) {
    let Admission { name, submission, admitted, .. } = this;
    for text in [Some(admitted.sql()), admitted.text_sql()].into_iter().flatten() {
        let parameters = admitted.parameters().len() as u32;
        let statement = read_back(this.world, this.policy, text, parameters)
            .unwrap_or_else(|why| panic!("under `{name}` {text} can't be read: {why}: {submission:?}"));
        assert_eq!(emit(&statement), text, "under `{name}` the text reads as another: {submission:?}");
        this.parameters(&statement, text);
        this.functions(&statement, text);
        this.relations(&statement, text);
        this.targets(&statement, text);
        this.kind(&statement, text);
        if text == admitted.sql() {
            this.row_cap(&statement, text);
        }
    }
    for redacted in [admitted.redacted_sql(), admitted.redacted_rewritten_sql()] {
        let outside = redacted.split('"').step_by(2).any(|outside| outside.contains('\''));
        assert!(!outside, "a literal stays in {redacted}: {submission:?}");
    }
}

impl Admission<'_> {
    pub(super) fn told(&self, text: &str) -> String {
        format!("under `{}`: {text}: {:?}", self.name, self.submission)
    }

    /// Every value of the plan is used, and nothing else.
    fn parameters(&self, statement: &Statement, text: &str) {
        let mut used = BTreeSet::new();
        walk(statement, &mut |node| {
            if let Node::Expr(Expr { kind: ExprKind::Parameter(number), .. }) = node {
                used.insert(*number);
            }
        });
        let wanted: BTreeSet<u32> = (1..=self.admitted.parameters().len() as u32).collect();
        assert_eq!(used, wanted, "parameters {}", self.told(text));
    }

    fn functions(&self, statement: &Statement, text: &str) {
        walk(statement, &mut |node| {
            let Node::Expr(Expr { kind: ExprKind::Call(call), .. }) = node else { return };
            let candidates: Vec<_> =
                call.function.candidates.iter().filter_map(|oid| self.world.catalog.function(*oid)).collect();
            let of_extension = |one: &Function| {
                let curated = one.schema == "ext" && self.world.catalog.trust().has_function(one.oid);
                curated && one.name != "set_limit" && one.name != "replace"
            };
            let allowed = candidates
                .iter()
                .all(|one| one.is_curated() || self.policy.allows_function(one.oid) || of_extension(one));
            assert!(allowed && !candidates.is_empty(), "calls `{}` {}", call.function.name, self.told(text));
        });
    }

    fn kind(&self, statement: &Statement, text: &str) {
        let kind = match statement {
            Statement::Query(_) if !statement.writes().is_empty() => {
                return statement.writes().into_iter().take(1).for_each(|write| self.kind(write, text));
            }
            Statement::Query(_) => StatementKind::Select,
            Statement::Explain(explain) if explain.analyze => StatementKind::ExplainAnalyze,
            Statement::Explain(_) => StatementKind::Explain,
            Statement::Insert(_) => StatementKind::Insert,
            Statement::Update(_) => StatementKind::Update,
            Statement::Delete(_) => StatementKind::Delete,
            Statement::Merge(_) => StatementKind::Merge,
        };
        assert_eq!(kind, self.admitted.permit().kind, "{}", self.told(text));
        assert!(!kind.writes() || self.name == "writer", "a write {}", self.told(text));
        if let Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_) | Statement::Merge(_) = statement {
            walk(statement, &mut |node| {
                let Node::Target(target) = node else { return };
                assert_eq!(target.relation.schema, "scratch", "{}", self.told(text));
            });
        }
    }

    /// One row more than the policy allows is asked for, at most.
    fn row_cap(&self, statement: &Statement, text: &str) {
        let Statement::Query(query) = statement else { return };
        let mut query = query;
        if !statement.writes().is_empty() {
            // What the client asked for is the last CTE; a write's rows are capped while they are read.
            match statement.ctes().last() {
                Some(main) if main.write().is_none() => query = &main.query,
                _ => return,
            }
        }
        let most = self.policy.policy().limits.rows + 1;
        let bounded = |expr: &Expr| match &expr.kind {
            ExprKind::Literal(Literal::Number(digits)) => digits.parse::<u64>().is_ok_and(|rows| rows <= most),
            _ => false,
        };
        let capped = query.limit.as_ref().is_some_and(|limit| {
            let least = match &limit.count.kind {
                ExprKind::Special { form: SpecialForm::Least, arguments } => arguments.iter().any(bounded),
                _ => bounded(&limit.count),
            };
            least && !limit.with_ties
        });
        assert!(capped, "no row cap {}", self.told(text));
    }

    /// Protected relations stand in derived tables of their own, whose columns are open ones and masks.
    fn relations(&self, statement: &Statement, text: &str) {
        let mut guarded: BTreeSet<ItemId> = BTreeSet::new();
        let mut behinds = Vec::new();
        let mut read_by_the_policy: BTreeSet<ItemId> = BTreeSet::new();
        walk(statement, &mut |node| {
            if let Node::From(FromItem::Derived { query, .. }) = node
                && let SetExpr::Select(select) = &query.body
                && let [FromItem::Relation(item)] = select.from.as_slice()
                && let Some(rights) = self.policy.rights(item.relation.oid)
                && rights.is_protected()
            {
                let behind = Behind { query, select, item, rights };
                self.guard(&behind, text);
                if let Some((filter, _)) = self.filter_and_copies(&behind) {
                    read_by_the_policy.extend(relations_in(filter));
                }
                guarded.insert(item.id);
                behinds.push(behind);
            }
        });
        let said = Said::of(statement, &self.world.catalog, &guarded);
        behinds.iter().for_each(|behind| self.copies(behind, &said, text));
        walk(statement, &mut |node| {
            let (item, is_target) = match node {
                Node::From(FromItem::Relation(item)) => (item, false),
                Node::Target(item) => (item, true),
                Node::From(_) | Node::Query(_) | Node::Select(_) | Node::Expr(_) => return,
            };
            let rights = self.policy.rights(item.relation.oid);
            let open = rights.is_some_and(|rights| !rights.is_protected());
            let guarded = guarded.contains(&item.id) || read_by_the_policy.contains(&item.id);
            assert!(open || is_target || guarded, "`{}` unguarded {}", item.relation.name, self.told(text));
            let listed = self.admitted.permit().relations.iter().any(|used| used.oid == item.relation.oid);
            assert!(listed, "`{}` is not in the permit {}", item.relation.name, self.told(text));
        });
    }

    fn guard(&self, behind: &Behind<'_>, text: &str) {
        let Behind { query, select, item, rights, .. } = behind;
        let told = || self.told(text);
        assert!(query.ctes.is_empty() && query.order_by.is_empty() && query.limit.is_none(), "{}", told());
        assert!(select.group_by.is_none() && select.having.is_none(), "{}", told());
        assert_eq!(select.distinct, Distinct::All, "{}", told());
        let relation = self.world.catalog.relation(item.relation.oid).unwrap_or_else(|| panic!("{}", told()));
        for Projection { expr, name } in &select.projection {
            // What leaves a fence is no plain column, and nothing that the planner could take for one.
            let by_author = |at: usize| matches!(rights.columns[at], ColumnRights::Masked { name: "sql", .. });
            let is_open = |at: usize| rights.columns[at] == ColumnRights::Open;
            let has_statistics = relation.column(name).is_some_and(|(at, _)| is_open(at) || by_author(at));
            let expr = match rights.is_fenced() && has_statistics {
                true => unfenced(expr).unwrap_or_else(|| panic!("`{name}` has statistics {}", told())),
                false => expr,
            };
            let expected = match (relation.column(name).map(|(at, _)| &rights.columns[at]), &expr.kind) {
                (Some(ColumnRights::Open), ExprKind::Column(column)) => {
                    assert_eq!((column.item, column.name.as_deref()), (item.id, Some(name.as_str())), "{}", told());
                    continue;
                }
                (Some(ColumnRights::Masked { mask, .. }), _) => self.instance(mask, item.id),
                // `count(*)` needs a column, whichever.
                (None, ExprKind::Literal(_)) => continue,
                _ => panic!("`{name}` comes out unmasked {}", told()),
            };
            assert_eq!(shown(expr), expected, "the mask of `{name}` {}", told());
        }
        let expected = rights.filter.as_ref().map(|filter| self.instance(&filter.condition, item.id));
        let filter = self.filter_and_copies(behind).map(|(filter, _)| shown(&filter.detached()));
        assert_eq!(filter, expected, "the row filter {}", told());
        assert_eq!(query.offset.is_some(), rights.is_fenced(), "the fence {}", told());
    }

    /// The row filter as it stands in the text, and what stands beside it.
    fn filter_and_copies<'s>(&self, behind: &Behind<'s>) -> Option<(&'s Expr, &'s [Expr])> {
        let whole = behind.select.filter.as_ref()?;
        let expected = self.instance(&behind.rights.filter.as_ref()?.condition, behind.item.id);
        match &whole.kind {
            ExprKind::And(all) if shown(&whole.detached()) != expected => all.split_first(),
            _ => Some((whole, &[])),
        }
    }

    /// What stands beside a row filter tells nothing of hidden rows, and the statement says it outside, too.
    fn copies(&self, behind: &Behind<'_>, said: &Said<'_>, text: &str) {
        let Behind { item, rights, .. } = *behind;
        let Some((_, copies)) = self.filter_and_copies(behind) else { return };
        for copy in copies {
            let told = || format!("the copy {} {}", shown(copy), self.told(text));
            let name =
                super::copies::compared_column(&self.world.catalog, item, copy).unwrap_or_else(|| panic!("{}", told()));
            let relation = self.world.catalog.relation(item.relation.oid).unwrap_or_else(|| panic!("{}", told()));
            let at = relation.column(&name).map(|(at, _)| at).unwrap_or_else(|| panic!("{}", told()));
            assert_eq!(rights.columns[at], ColumnRights::Open, "{}", told());
            assert!(said.says(copy), "isn't said outside: {}", told());
        }
    }

    /// A mask or filter as it has to stand in the text.
    pub(super) fn instance(&self, template: &Expr, item: ItemId) -> String {
        let mut expr = template.clone();
        // Subqueries of its own have numbers of their own.
        expr.shift(1 << 20, 1 << 20, BoundPolicy::SELF);
        expr.walk_mut(&mut |node| {
            if let NodeMut::Expr(Expr { kind: ExprKind::Column(column), .. }) = node
                && column.item == BoundPolicy::SELF
            {
                column.item = item;
            }
        });
        let mut text = shown(&expr.detached());
        for (name, value) in &self.world.principal.attributes {
            let (value, ty) = match value {
                AttributeValue::Scalar(value) => (value.clone(), "int8"),
                AttributeValue::List(all) => (list(all), "text"),
            };
            let array = if ty == "text" { "[]" } else { "" };
            let bound = format!("CAST(${} AS \"pg_catalog\".\"{ty}\"{array})", self.bound(Some(value)));
            text = text.replace(&format!(":\"{name}\""), &bound);
        }
        text.replace(":mask_key", &format!("CAST(${} AS \"pg_catalog\".\"bytea\")", self.bound(None)))
    }

    /// The number of the parameter that brings the value, behind the client's own; 0 if there is none.
    fn bound(&self, value: Option<String>) -> usize {
        let own = match self.submission {
            Submission::Sql { parameters, .. }
            | Submission::Page { parameters, .. }
            | Submission::Explain { parameters, .. } => parameters.len(),
            Submission::Change(_) => 0,
        };
        let behind = self.admitted.parameters().iter().enumerate().skip(own);
        behind.into_iter().find(|(_, bound)| **bound == value).map_or(0, |(at, _)| at + 1)
    }
}

/// What stands in both arms of `CASE WHEN now() IS NULL THEN … ELSE … END`.
pub(super) fn unfenced(expr: &Expr) -> Option<&Expr> {
    let ExprKind::Case { operand: None, arms, otherwise: Some(otherwise) } = &expr.kind else { return None };
    let [(never, value)] = arms.as_slice() else { return None };
    let never = shown(never) == "SELECT (\"pg_catalog\".\"now\"() IS NULL) AS \"x\"";
    (never && shown(&value.detached()) == shown(&otherwise.detached())).then_some(otherwise)
}

fn relations_in(filter: &Expr) -> BTreeSet<ItemId> {
    let mut items = BTreeSet::new();
    filter.walk(&mut |node| {
        if let Node::From(FromItem::Relation(item)) = node {
            items.insert(item.id);
        }
    });
    items
}

fn list(all: &[String]) -> String {
    let quoted = |one: &String| format!("\"{}\"", one.replace('\\', "\\\\").replace('"', "\\\""));
    format!("{{{}}}", all.iter().map(quoted).collect::<Vec<_>>().join(","))
}

/// An expression alone, as text.
pub fn shown(expr: &Expr) -> String {
    let select = Select {
        distinct: Distinct::All,
        projection: vec![Projection { expr: expr.clone(), name: "x".to_owned() }],
        from: Vec::new(),
        filter: None,
        group_by: None,
        having: None,
        origin: Origin::default(),
    };
    emit(&Statement::Query(Query {
        ctes: Vec::new(),
        recursive: false,
        body: SetExpr::Select(Box::new(select)),
        order_by: Vec::new(),
        limit: None,
        offset: None,
        columns: Vec::new(),
        origin: Origin::default(),
    }))
}
