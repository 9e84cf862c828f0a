//! What a policy trusts of extensions, where PostgreSQL has something of the same name, and where it has not.

use super::*;
use crate::gate::catalog::{CatalogParts, Function, Oid};

fn trusting(change: impl Fn(&mut CatalogParts)) -> Catalog {
    let mut parts = fixture::with_extensions(fixture::parts());
    change(&mut parts);
    Catalog::new(parts).trusting(["citext", "pg_trgm"].into_iter()).unwrap()
}

/// As emit writes it and reads it again, or the code and message of the refusal.
pub(super) fn told(catalog: &Catalog, sql: &str) -> String {
    let policy = policies::open(catalog);
    let mut statement = match lower(catalog, &policy, sql) {
        Ok(statement) => statement,
        Err(why) => return format!("{}: {}", why.reason.code(), why.message),
    };
    renumber(&mut statement);
    let text = emit(&statement);
    let mut again = reread(catalog, &policy, &text).unwrap_or_else(|why| panic!("{text}: {why}"));
    renumber(&mut again);
    assert_eq!(again, statement, "{text}");
    text.split_once("SELECT ").unwrap().1.replace('"', "")
}

#[test]
fn a_name_of_both_is_decided_by_the_types() {
    let catalog = trusting(|_| {});
    for (sql, expected) in [
        ("max(email) from scratch.people", "ext.max(t1.email)"),
        ("max(name) from scratch.people", "pg_catalog.max(t1.name)"),
        ("max('x')", "pg_catalog.max('x')"),
        ("replace('abc', $1, 'x')", "pg_catalog.replace('abc', $1, 'x')"),
        ("max(x) from (select email as x from scratch.people) q", "ext.max(t1.c1)"),
        ("replace(name, 'a', 'b') from scratch.people", "pg_catalog.replace(t1.name, 'a', 'b')"),
        ("similarity(name, 'a') from scratch.people", "ext.similarity(t1.name, 'a')"),
        ("ext.similarity(name, 'a') from scratch.people", "ext.similarity(t1.name, 'a')"),
        ("email = 'a' from scratch.people", "(t1.email = 'a')"),
        ("name % 'a' from scratch.people", "(t1.name % 'a')"),
        ("'a'::citext", "CAST('a' AS ext.citext)"),
        ("'a'::ext.citext", "CAST('a' AS ext.citext)"),
        ("email::text from scratch.people", "CAST(t1.email AS pg_catalog.text)"),
        ("true::citext", "CAST(TRUE AS ext.citext)"),
    ] {
        let found = told(&catalog, &format!("select {sql}"));
        assert!(found.starts_with(&format!("{expected} AS ")), "{sql}: {found}");
    }
}

#[test]
fn what_is_not_safe_or_not_clear_is_refused() {
    let catalog = trusting(|_| {});
    for (sql, expected) in [
        ("replace(email, 'a', 'b') from scratch.people", "function_not_allowed: function `replace` may not be called"),
        ("set_limit(0.5)", "function_not_allowed: function `set_limit` may not be called"),
        (
            "max(x) from (select 'a' || random() as x) q",
            "ambiguous_name: whether `max` is PostgreSQL's own or an extension's",
        ),
        ("leak('x')", "unknown_function"),
        ("ext.nothing('x')", "unknown_function"),
    ] {
        let found = told(&catalog, &format!("select {sql}"));
        assert!(found.starts_with(expected), "{sql}: {found}");
    }
    let untrusting = Catalog::new(fixture::with_extensions(fixture::parts()));
    for (sql, expected) in [
        ("similarity('a', 'b')", "unknown_function"),
        ("ext.similarity('a', 'b')", "unknown_function"),
        ("'a'::citext", "type_not_allowed"),
        ("'a'::ext.citext", "type_not_allowed"),
    ] {
        let found = told(&untrusting, &format!("select {sql}"));
        assert!(found.starts_with(expected), "{sql}: {found}");
    }
}

/// An overload that a user puts beside an extension's could be the better match.
#[test]
fn an_overload_beside_an_extensions_function_is_not_trusted() {
    let catalog = trusting(|parts| {
        let own = parts.functions.iter().rev().find(|one| one.name == "similarity").unwrap().clone();
        let arguments = vec![fixture::oid("varchar"), fixture::oid("text")];
        parts.functions.push(Function { oid: Oid(60_000), arguments, extension: None, ..own });
    });
    let found = told(&catalog, "select similarity('a', 'b')");
    assert!(found.starts_with("unknown_function"), "{found}");
}
