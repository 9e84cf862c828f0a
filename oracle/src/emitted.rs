//! The text that would be executed, against PostgreSQL's parse tree of it.

use pgwicket::gate::emit::emit;
use pgwicket::gate::ir::{Expr, ExprKind, Literal, NodeMut, Query, SetExpr, Statement, walk_mut};

use crate::render::render;

/// Whether PostgreSQL's grammar reads the text as the IR that the gate reads it as.
///
/// # Errors
/// It doesn't; how.
pub fn agrees(text: &str, statement: &Statement) -> Result<(), String> {
    let tree = pg_query::parse(text, pg_query::ParserOptions::default())
        .map_err(|why| format!("PostgreSQL can't read it: {why}: {text}"))?;
    let seen = render(&tree.protobuf).map_err(|why| format!("{why}: {text}"))?;
    let mut meant = statement.clone();
    as_postgres_keeps_it(&mut meant);
    let (seen, meant) = (canonical(&seen), canonical(&emit(&meant)));
    if seen == meant { Ok(()) } else { Err(format!("PostgreSQL reads\n  {seen}\nand not\n  {meant}")) }
}

/// What PostgreSQL's grammar itself makes of a tree while reading, done to the IR: nothing that changes the meaning.
fn as_postgres_keeps_it(statement: &mut Statement) {
    walk_mut(statement, &mut |node| match node {
        NodeMut::Expr(expr) => {
            let kind = std::mem::replace(&mut expr.kind, ExprKind::Default);
            expr.kind = kept_expr(kind);
        }
        NodeMut::Query(query) => kept_query(query),
        NodeMut::Select(_) | NodeMut::From(_) | NodeMut::Target(_) => {}
    });
}

fn kept_expr(kind: ExprKind) -> ExprKind {
    let not = |kind| ExprKind::Not(Box::new(Expr::new(kind)));
    match kind {
        // `a AND b AND c` is one node, with or without parentheses around the first two.
        ExprKind::And(all) => match flat(all, |kind| match kind {
            ExprKind::And(inner) => Ok(inner),
            other => Err(other),
        }) {
            Ok(all) => ExprKind::And(all),
            Err(single) => single,
        },
        ExprKind::Or(all) => match flat(all, |kind| match kind {
            ExprKind::Or(inner) => Ok(inner),
            other => Err(other),
        }) {
            Ok(all) => ExprKind::Or(all),
            Err(single) => single,
        },
        // A minus before a number is the number's.
        ExprKind::Operator { symbol, left: None, right } if symbol == "-" => match right.kind {
            ExprKind::Literal(Literal::Number(digits)) => {
                let negated = match digits.strip_prefix('-') {
                    Some(digits) => digits.to_owned(),
                    None if digits.bytes().all(|digit| digit == b'0') => "0".to_owned(),
                    None => format!("-{}", without_zeros(&digits)),
                };
                ExprKind::Literal(Literal::Number(negated))
            }
            kind => ExprKind::Operator { symbol, left: None, right: Box::new(Expr::new(kind)) },
        },
        ExprKind::Operator { symbol, left, right } if symbol == "!=" => {
            ExprKind::Operator { symbol: "<>".to_owned(), left, right }
        }
        ExprKind::InQuery { expr, query, negated: true } => not(ExprKind::InQuery { expr, query, negated: false }),
        ExprKind::IsJson { expr, kind, unique_keys, negated: true } => {
            not(ExprKind::IsJson { expr, kind, unique_keys, negated: false })
        }
        other => other,
    }
}

/// The parts with the first one unfolded, if it is of the same kind; a single part as itself.
fn flat(mut all: Vec<Expr>, unfold: impl Fn(ExprKind) -> Result<Vec<Expr>, ExprKind>) -> Result<Vec<Expr>, ExprKind> {
    if all.len() == 1 {
        return Err(all.remove(0).kind);
    }
    let first = std::mem::replace(&mut all[0].kind, ExprKind::Default);
    match unfold(first) {
        Ok(inner) => {
            all.splice(0..1, inner);
        }
        Err(kind) => all[0].kind = kind,
    }
    Ok(all)
}

/// Parentheses around a query that has nothing of its own leave no trace.
fn kept_query(query: &mut Query) {
    kept_body(&mut query.body);
    if let SetExpr::Query(inner) = &query.body {
        let mut inner = inner.as_ref().clone();
        // The outer clauses become the inner query's. It is an error in PostgreSQL if both have the same.
        inner.ctes.splice(0..0, std::mem::take(&mut query.ctes));
        inner.recursive |= query.recursive;
        inner.order_by.append(&mut query.order_by);
        inner.limit = query.limit.take().or(inner.limit);
        inner.offset = query.offset.take().or(inner.offset);
        *query = inner;
    }
}

fn kept_body(body: &mut SetExpr) {
    match body {
        SetExpr::Query(query) => {
            let plain = query.ctes.is_empty() && query.order_by.is_empty();
            if plain && query.limit.is_none() && query.offset.is_none() {
                *body = query.body.clone();
                kept_body(body);
            }
        }
        SetExpr::SetOperation { left, right, .. } => {
            kept_body(left);
            kept_body(right);
        }
        SetExpr::Select(_) | SetExpr::Values(_) | SetExpr::Write(_) => {}
    }
}

/// The text with every name quoted and numbers without leading zeros: the tree doesn't keep either.
fn canonical(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' | '"' => end_of_quoted(rest, first),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(end);
        rest = after;
        match token {
            "ALL" if out.ends_with(" LIMIT ") => out.push_str("NULL"),
            "r" | "excluded" | "unnest" => out.push_str(&format!("\"{token}\"")),
            _ if is_generated(token) => out.push_str(&format!("\"{token}\"")),
            _ if !out.ends_with(['.', '$']) => out.push_str(without_zeros(token)),
            _ => out.push_str(token),
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the literal or name ends that begins the text.
fn end_of_quoted(text: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(found) = text[at..].find(quote) {
        at += found + 1;
        if !text[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// `t1`, `q1`, `c1`.
fn is_generated(word: &str) -> bool {
    let digits = word.strip_prefix(['t', 'q', 'c']).unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

fn without_zeros(digits: &str) -> &str {
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return digits;
    }
    let stripped = digits.trim_start_matches('0');
    if stripped.is_empty() { "0" } else { stripped }
}
