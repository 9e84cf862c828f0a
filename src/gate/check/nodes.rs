//! What kinds of nodes an emitted statement has: what hardly ever occurs in a test's statements isn't shown by it.

use std::collections::BTreeMap;

use super::emitted::read_emitted;
use crate::gate::catalog::Catalog;
use crate::gate::ir::{
    Call, Clock, Distinct, ExprKind, FrameBound, FrameUnits, FromItem, GroupElement, IsTest, JoinKind, Literal, Node,
    Query, SampleMethod, Select, SetExpr, SetOperator, SpecialForm, Statement, Subscript, Target, walk,
};
use crate::gate::policy::BoundPolicy;

/// Every kind of node that a read can hold, as [`count_nodes`] calls it. `GROUP BY DISTINCT` is none: the parser doesn't
/// know it.
pub const READ_NODES: &[&str] = &[
    "query",
    "explain",
    "cte",
    "recursive",
    "materialized",
    "not materialized",
    "order by",
    "limit",
    "with ties",
    "offset",
    "nested query",
    "values",
    "union",
    "intersect",
    "except",
    "all of a set operation",
    "distinct",
    "distinct on",
    "where",
    "group by",
    "group key",
    "empty group",
    "rollup",
    "cube",
    "grouping sets",
    "having",
    "relation",
    "sample bernoulli",
    "sample system",
    "from cte",
    "derived",
    "lateral",
    "function in from",
    "ordinality",
    "several calls in from",
    "cross join",
    "inner join",
    "left join",
    "right join",
    "full join",
    "column",
    "null",
    "boolean",
    "number",
    "string",
    "parameter",
    "cast",
    "call",
    "star",
    "distinct arguments",
    "ordered arguments",
    "within group",
    "filter",
    "window",
    "partition by",
    "rows frame",
    "range frame",
    "groups frame",
    "unbounded preceding",
    "preceding",
    "current row",
    "following",
    "unbounded following",
    "prefix operator",
    "infix operator",
    "and",
    "or",
    "not",
    "is null",
    "is true",
    "is false",
    "is unknown",
    "is distinct",
    "between",
    "in list",
    "in query",
    "quantified array",
    "quantified query",
    "exists",
    "scalar query",
    "array query",
    "case",
    "case with operand",
    "coalesce",
    "nullif",
    "greatest",
    "least",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "array",
    "row",
    "index",
    "slice",
    "collate",
    "grouping",
    "record",
    "field",
    "json constructor",
    "json path",
    "is json",
];

/// Reads emitted text and adds its nodes to the counts, by kind.
///
/// # Errors
/// The text can't be read.
pub fn count_nodes(
    catalog: &Catalog,
    policy: &BoundPolicy,
    text: &str,
    parameters: u32,
    counts: &mut BTreeMap<&'static str, usize>,
) -> Result<(), String> {
    let statement = read_emitted(catalog, policy, text, parameters)?;
    let mut add = |name: &'static str| *counts.entry(name).or_default() += 1;
    if let Statement::Explain(_) = &statement {
        add("explain");
    }
    walk(&statement, &mut |node| match node {
        Node::Query(one) => query(one, &mut add),
        Node::Select(one) => select(one, &mut add),
        Node::From(one) => from(one, &mut add),
        Node::Target(_) => {}
        Node::Expr(one) => expr(&one.kind, &mut add),
    });
    Ok(())
}

fn query(query: &Query, add: &mut dyn FnMut(&'static str)) {
    add("query");
    if query.recursive {
        add("recursive");
    }
    for cte in &query.ctes {
        add("cte");
        match cte.materialized {
            Some(true) => add("materialized"),
            Some(false) => add("not materialized"),
            None => {}
        }
    }
    if !query.order_by.is_empty() {
        add("order by");
    }
    if let Some(limit) = &query.limit {
        add(if limit.with_ties { "with ties" } else { "limit" });
    }
    if query.offset.is_some() {
        add("offset");
    }
    body(&query.body, add);
}

fn body(of: &SetExpr, add: &mut dyn FnMut(&'static str)) {
    match of {
        SetExpr::Select(_) => {}
        SetExpr::Values(_) => add("values"),
        SetExpr::Query(_) => add("nested query"),
        SetExpr::Write(_) => add("cte that writes"),
        SetExpr::SetOperation { op, all, left, right } => {
            add(match op {
                SetOperator::Union => "union",
                SetOperator::Intersect => "intersect",
                SetOperator::Except => "except",
            });
            if *all {
                add("all of a set operation");
            }
            body(left, add);
            body(right, add);
        }
    }
}

fn select(select: &Select, add: &mut dyn FnMut(&'static str)) {
    match &select.distinct {
        Distinct::All => {}
        Distinct::Distinct => add("distinct"),
        Distinct::On(_) => add("distinct on"),
    }
    if select.filter.is_some() {
        add("where");
    }
    if select.having.is_some() {
        add("having");
    }
    let Some(group) = &select.group_by else { return };
    add(if group.distinct { "group by distinct" } else { "group by" });
    for element in &group.elements {
        add(match element {
            GroupElement::Target(Target::Output(_) | Target::Expr(_)) => "group key",
            GroupElement::Empty => "empty group",
            GroupElement::Rollup(_) => "rollup",
            GroupElement::Cube(_) => "cube",
            GroupElement::Sets(_) => "grouping sets",
        });
    }
}

fn from(item: &FromItem, add: &mut dyn FnMut(&'static str)) {
    match item {
        FromItem::Relation(relation) => {
            add("relation");
            match relation.sample.as_ref().map(|sample| sample.method) {
                Some(SampleMethod::Bernoulli) => add("sample bernoulli"),
                Some(SampleMethod::System) => add("sample system"),
                None => {}
            }
        }
        FromItem::Cte { .. } => add("from cte"),
        FromItem::Derived { lateral, .. } => add(if *lateral { "lateral" } else { "derived" }),
        FromItem::Function { calls, ordinality, .. } => {
            add(if calls.len() > 1 { "several calls in from" } else { "function in from" });
            if *ordinality {
                add("ordinality");
            }
        }
        FromItem::Join { kind, .. } => add(match kind {
            JoinKind::Cross => "cross join",
            JoinKind::Inner => "inner join",
            JoinKind::Left => "left join",
            JoinKind::Right => "right join",
            JoinKind::Full => "full join",
        }),
    }
}

fn expr(kind: &ExprKind, add: &mut dyn FnMut(&'static str)) {
    let name = match kind {
        ExprKind::Column(_) => "column",
        ExprKind::Literal(Literal::Null) => "null",
        ExprKind::Literal(Literal::Bool(_)) => "boolean",
        ExprKind::Literal(Literal::Number(_)) => "number",
        ExprKind::Literal(Literal::String(_)) => "string",
        ExprKind::Parameter(_) => "parameter",
        // Neither can be written by a client, nor is it emitted.
        ExprKind::Attribute(_) | ExprKind::MaskKey => "attribute",
        ExprKind::Default => "default",
        ExprKind::Cast { .. } => "cast",
        ExprKind::Call(one) => {
            call(one, add);
            "call"
        }
        ExprKind::Operator { left: None, .. } => "prefix operator",
        ExprKind::Operator { left: Some(_), .. } => "infix operator",
        ExprKind::And(_) => "and",
        ExprKind::Or(_) => "or",
        ExprKind::Not(_) => "not",
        ExprKind::Is { test, .. } => match test {
            IsTest::Null => "is null",
            IsTest::True => "is true",
            IsTest::False => "is false",
            IsTest::Unknown => "is unknown",
        },
        ExprKind::IsDistinct { .. } => "is distinct",
        ExprKind::Between { .. } => "between",
        ExprKind::InList { .. } => "in list",
        ExprKind::InQuery { .. } => "in query",
        ExprKind::QuantifiedArray { .. } => "quantified array",
        ExprKind::QuantifiedQuery { .. } => "quantified query",
        ExprKind::Exists(_) => "exists",
        ExprKind::Scalar(_) => "scalar query",
        ExprKind::ArrayQuery(_) => "array query",
        ExprKind::Case { operand: None, .. } => "case",
        ExprKind::Case { operand: Some(_), .. } => "case with operand",
        ExprKind::Special { form, .. } => match form {
            SpecialForm::Coalesce => "coalesce",
            SpecialForm::NullIf => "nullif",
            SpecialForm::Greatest => "greatest",
            SpecialForm::Least => "least",
        },
        ExprKind::Clock(clock) => match clock {
            Clock::CurrentDate => "current_date",
            Clock::CurrentTime(_) => "current_time",
            Clock::CurrentTimestamp(_) => "current_timestamp",
            Clock::LocalTime(_) => "localtime",
            Clock::LocalTimestamp(_) => "localtimestamp",
        },
        ExprKind::Array(_) => "array",
        ExprKind::Row(_) => "row",
        // Not every server has these.
        ExprKind::JsonAbsent { .. } => "json constructor",
        ExprKind::JsonPath { .. } => "json path",
        ExprKind::IsJson { .. } => "is json",
        // Rewrite makes a column of it.
        ExprKind::WholeRow { .. } => "whole row",
        ExprKind::Record(_) => "record",
        ExprKind::Field { .. } => "field",
        ExprKind::Subscript { subscripts, .. } => {
            for subscript in subscripts {
                add(match subscript {
                    Subscript::Index(_) => "index",
                    Subscript::Slice(_, _) => "slice",
                });
            }
            "subscript"
        }
        ExprKind::Collate { .. } => "collate",
        ExprKind::Grouping(_) => "grouping",
    };
    add(name);
}

fn call(call: &Call, add: &mut dyn FnMut(&'static str)) {
    for (is_there, name) in [
        (call.star, "star"),
        (call.distinct, "distinct arguments"),
        (!call.order_by.is_empty(), "ordered arguments"),
        (!call.within_group.is_empty(), "within group"),
        (call.filter.is_some(), "filter"),
        (call.over.is_some(), "window"),
        (call.over.as_ref().is_some_and(|over| !over.partition_by.is_empty()), "partition by"),
    ] {
        if is_there {
            add(name);
        }
    }
    let Some(frame) = call.over.as_ref().and_then(|over| over.frame.as_ref()) else { return };
    add(match frame.units {
        FrameUnits::Rows => "rows frame",
        FrameUnits::Range => "range frame",
        FrameUnits::Groups => "groups frame",
    });
    for bound in [Some(&frame.start), frame.end.as_ref()].into_iter().flatten() {
        add(match bound {
            FrameBound::UnboundedPreceding => "unbounded preceding",
            FrameBound::Preceding(_) => "preceding",
            FrameBound::CurrentRow => "current row",
            FrameBound::Following(_) => "following",
            FrameBound::UnboundedFollowing => "unbounded following",
        });
    }
}
