//! Lowering as tables: a statement and what the gate understood of it, as emit writes it, or why it was refused.

use super::{Lowering, Mode};
use crate::gate::catalog::{Catalog, fixture};
use crate::gate::diagnostic::Rejection;
use crate::gate::emit::emit;
use crate::gate::ir::{Statement, renumber};
use crate::gate::parse::{parse, parse_emitted};
use crate::gate::policy::{BoundPolicy, fixture as policies};
use crate::gate::source::Source;
use crate::gate::stack::on_big_stack;

mod change;
mod expressions;
mod extensions;
mod functions;
mod hidden;
mod joins;
mod json;
mod queries;
mod refused;
mod rows;
mod scopes;
mod spatial;
mod writes;

/// Parameters that the tests' statements may number.
const PARAMETERS: u32 = 9;

/// A client's statement.
fn lower(catalog: &Catalog, policy: &BoundPolicy, sql: &str) -> Result<Statement, Rejection> {
    on_big_stack(|| {
        let source = Source::new(sql);
        let parsed = parse(&source)?;
        Lowering::new(catalog, policy, &source, Mode::Client, PARAMETERS).statement(&parsed.statement)
    })
}

/// What emit wrote, read again.
fn reread(catalog: &Catalog, policy: &BoundPolicy, text: &str) -> Result<Statement, Rejection> {
    on_big_stack(|| {
        let source = Source::new(text);
        let parsed = parse_emitted(&source)?;
        Lowering::new(catalog, policy, &source, Mode::Verify, PARAMETERS).statement(&parsed.statement)
    })
}

/// What the gate understands where everything is open.
fn open(sql: &str) -> Result<String, Rejection> {
    let catalog = fixture::catalog();
    lower(&catalog, &policies::open(&catalog), sql).map(|statement| emit(&statement))
}

/// What the gate understands under the restricted policy.
fn restricted(sql: &str) -> Result<String, Rejection> {
    let catalog = fixture::catalog();
    lower(&catalog, &policies::restricted(&catalog), sql).map(|statement| emit(&statement))
}

/// Each statement is understood as the text beside it, where everything is open; and that text, read again, is the
/// same statement.
fn understood(table: &[(&str, &str)]) {
    let catalog = fixture::catalog();
    let policy = policies::open(&catalog);
    let wrong = table.iter().filter_map(|(sql, expected)| {
        let mut statement = match lower(&catalog, &policy, sql) {
            Ok(statement) => statement,
            Err(why) => return Some(format!("{sql}\n    {why} ({:?})", why.help)),
        };
        renumber(&mut statement);
        let text = emit(&statement);
        if text != *expected {
            return Some(format!("{sql}\n    {text}\n    {expected}"));
        }
        match reread(&catalog, &policy, &text) {
            Ok(mut again) => {
                renumber(&mut again);
                (again != statement).then(|| format!("{sql}\n    {text}\n    reads as {}", emit(&again)))
            }
            Err(why) => Some(format!("{sql}\n    {text}\n    reads as {why} ({:?})", why.help)),
        }
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each statement is refused with that code and a message that holds those words, where everything is open.
fn refused(table: &[(&str, &str, &str)]) {
    let catalog = fixture::catalog();
    let policy = policies::open(&catalog);
    let wrong = table.iter().filter_map(|(sql, code, words)| match lower(&catalog, &policy, sql) {
        Ok(statement) => Some(format!("{sql}\n    {}", emit(&statement))),
        Err(why) if why.reason.code() != *code || !why.message.contains(words) => Some(format!("{sql}\n    {why}")),
        Err(_) => None,
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
