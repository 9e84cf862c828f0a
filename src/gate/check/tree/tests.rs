//! The emitter's proof: what it writes reads back as what it was given, for every kind of node.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};

use super::*;
use crate::gate::ir::{
    Distinct, Expr, ExprKind, FunctionColumns, GroupElement, Literal, Node, SetExpr, Subscript, walk,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_emitted_reads_back(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        thread_local! {
            static WORLD: (World, Callables) = {
                let world = World::new();
                let callables = Callables::of(&world.catalog);
                (world, callables)
            };
        }
        WORLD.with(|(world, callables)| reads_back(world, callables, &bytes)).map_err(TestCaseError::fail)?;
    }
}

/// A proof over trees that lack a kind of node proves nothing about it.
#[test]
fn every_kind_of_node_is_made_often() {
    let world = World::new();
    let callables = Callables::of(&world.catalog);
    let mut counts: BTreeMap<&str, u32> = KINDS.iter().map(|kind| (*kind, 0)).collect();
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    for _ in 0..3_000 {
        let mut bytes = [0; 300];
        random.fill_bytes(&mut bytes);
        let statement = statement(&world, &callables, &bytes);
        let mut count = |kind: &'static str| *counts.entry(kind).or_default() += 1;
        count(match &statement {
            Statement::Query(_) => "query",
            Statement::Explain(_) => "explain",
            Statement::Insert(_) => "insert",
            Statement::Update(_) => "update",
            Statement::Delete(_) => "delete",
            Statement::Merge(_) => "merge",
        });
        walk(&statement, &mut |node| {
            for kind in kinds(node) {
                count(kind);
            }
        });
    }
    let rare: Vec<_> = counts.iter().filter(|(_, count)| **count < 20).collect();
    assert!(rare.is_empty(), "{rare:?}");
}

const KINDS: &[&str] = &[
    "query",
    "explain",
    "merge",
    "insert",
    "update",
    "delete",
    "cte",
    "recursive",
    "materialized",
    "values",
    "set operation",
    "query in parentheses",
    "limit",
    "ties",
    "offset",
    "distinct",
    "distinct on",
    "group by",
    "rollup",
    "cube",
    "sets",
    "having",
    "relation",
    "cte item",
    "derived",
    "lateral",
    "function",
    "unnest of several",
    "ordinality",
    "defined columns",
    "cross",
    "inner",
    "left",
    "right",
    "full",
    "column",
    "json array",
    "json object",
    "json path",
    "is json",
    "null",
    "bool",
    "number",
    "string",
    "parameter",
    "cast",
    "array type",
    "interval fields",
    "call",
    "star",
    "by name",
    "distinct call",
    "ordered call",
    "within group",
    "filter",
    "over",
    "frame",
    "infix",
    "prefix",
    "and",
    "or",
    "not",
    "is",
    "is distinct",
    "between",
    "in list",
    "in query",
    "any array",
    "any query",
    "exists",
    "scalar",
    "array query",
    "case",
    "special",
    "clock",
    "array",
    "row",
    "record",
    "field",
    "index",
    "slice",
    "collate",
    "grouping",
    "default",
];

fn kinds(node: Node<'_>) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    let mut add = |when: bool, kind: &'static str| {
        if when {
            kinds.push(kind);
        }
    };
    match node {
        Node::Query(query) => {
            add(!query.ctes.is_empty(), "cte");
            add(query.recursive, "recursive");
            add(query.ctes.iter().any(|cte| cte.materialized.is_some()), "materialized");
            add(matches!(query.body, SetExpr::Values(_)), "values");
            if let SetExpr::SetOperation { left, right, .. } = &query.body {
                add(true, "set operation");
                add(
                    [left, right].iter().any(|side| matches!(side.as_ref(), SetExpr::Query(_))),
                    "query in parentheses",
                );
            }
            add(query.limit.is_some(), "limit");
            add(query.limit.as_ref().is_some_and(|limit| limit.with_ties), "ties");
            add(query.offset.is_some(), "offset");
        }
        Node::Select(select) => {
            add(select.distinct == Distinct::Distinct, "distinct");
            add(matches!(select.distinct, Distinct::On(_)), "distinct on");
            for element in select.group_by.iter().flat_map(|group| &group.elements) {
                add(true, "group by");
                add(matches!(element, GroupElement::Rollup(_)), "rollup");
                add(matches!(element, GroupElement::Cube(_)), "cube");
                add(matches!(element, GroupElement::Sets(_)), "sets");
            }
            add(select.having.is_some(), "having");
        }
        Node::From(item) => match item {
            FromItem::Relation(_) => add(true, "relation"),
            FromItem::Cte { .. } => add(true, "cte item"),
            FromItem::Derived { lateral, .. } => {
                add(true, "derived");
                add(*lateral, "lateral");
            }
            FromItem::Function { calls, ordinality, columns, .. } => {
                add(matches!(columns, FunctionColumns::Defined(_)), "defined columns");
                add(true, "function");
                add(calls.len() > 1, "unnest of several");
                add(*ordinality, "ordinality");
            }
            FromItem::Join { kind, .. } => add(
                true,
                match kind {
                    JoinKind::Cross => "cross",
                    JoinKind::Inner => "inner",
                    JoinKind::Left => "left",
                    JoinKind::Right => "right",
                    JoinKind::Full => "full",
                },
            ),
        },
        Node::Target(_) => {}
        Node::Expr(expr) => kinds.extend(kinds_of(expr)),
    }
    kinds
}

fn kinds_of(expr: &Expr) -> Vec<&'static str> {
    let when = |when: bool, kind: &'static str| when.then_some(kind);
    match &expr.kind {
        ExprKind::Column(_) => vec!["column"],
        ExprKind::Literal(Literal::Null) => vec!["null"],
        ExprKind::Literal(Literal::Bool(_)) => vec!["bool"],
        ExprKind::Literal(Literal::Number(_)) => vec!["number"],
        ExprKind::Literal(Literal::String(_)) => vec!["string"],
        ExprKind::Parameter(_) => vec!["parameter"],
        // Rewrite turns them into parameters.
        ExprKind::Attribute(_) | ExprKind::MaskKey => Vec::new(),
        ExprKind::Cast { to, .. } => {
            let more = [when(to.array, "array type"), when(to.interval.is_some(), "interval fields")];
            ["cast"].into_iter().chain(more.into_iter().flatten()).collect()
        }
        ExprKind::Call(call) => {
            let more = [
                when(call.star, "star"),
                when(!call.names.is_empty(), "by name"),
                when(call.distinct, "distinct call"),
                when(!call.order_by.is_empty(), "ordered call"),
                when(!call.within_group.is_empty(), "within group"),
                when(call.filter.is_some(), "filter"),
                when(call.over.is_some(), "over"),
                when(call.over.as_ref().is_some_and(|over| over.frame.is_some()), "frame"),
            ];
            ["call"].into_iter().chain(more.into_iter().flatten()).collect()
        }
        ExprKind::Operator { left: Some(_), .. } => vec!["infix"],
        ExprKind::Operator { left: None, .. } => vec!["prefix"],
        ExprKind::And(_) => vec!["and"],
        ExprKind::Or(_) => vec!["or"],
        ExprKind::Not(_) => vec!["not"],
        ExprKind::Is { .. } => vec!["is"],
        ExprKind::IsDistinct { .. } => vec!["is distinct"],
        ExprKind::Between { .. } => vec!["between"],
        ExprKind::InList { .. } => vec!["in list"],
        ExprKind::InQuery { .. } => vec!["in query"],
        ExprKind::QuantifiedArray { .. } => vec!["any array"],
        ExprKind::QuantifiedQuery { .. } => vec!["any query"],
        ExprKind::Exists(_) => vec!["exists"],
        ExprKind::Scalar(_) => vec!["scalar"],
        ExprKind::ArrayQuery(_) => vec!["array query"],
        ExprKind::Case { .. } => vec!["case"],
        ExprKind::Special { .. } => vec!["special"],
        ExprKind::Clock(_) => vec!["clock"],
        ExprKind::Array(_) => vec!["array"],
        ExprKind::Row(_) => vec!["row"],
        // Rewrite makes a column of it.
        ExprKind::WholeRow { .. } => Vec::new(),
        ExprKind::Record(_) => vec!["record"],
        ExprKind::Field { .. } => vec!["field"],
        ExprKind::Subscript { subscripts, .. } => {
            let each = |one: &Subscript| if matches!(one, Subscript::Index(_)) { "index" } else { "slice" };
            subscripts.iter().map(each).collect()
        }
        ExprKind::Collate { .. } => vec!["collate"],
        ExprKind::Grouping(_) => vec!["grouping"],
        ExprKind::JsonAbsent { object: false, .. } => vec!["json array"],
        ExprKind::JsonAbsent { object: true, .. } => vec!["json object"],
        ExprKind::JsonPath { .. } => vec!["json path"],
        ExprKind::IsJson { .. } => vec!["is json"],
        ExprKind::Default => vec!["default"],
    }
}
