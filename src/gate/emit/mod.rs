//! Emit: IR becomes text. Deterministic, fully parenthesised, every identifier quoted, every FROM item and CTE under a
//! generated name, so that any disagreement about scope is an unknown column for PostgreSQL and not a leak.
//!
//! | IR | emitted form |
//! |---|---|
//! | item, CTE, derived column | `t1`, `q1`, `c1` |
//! | operator | `(a + b)`, `(- a)` |
//! | argument by name | `"pg_catalog"."make_interval"("days" => 10)` |
//! | record with named fields | `(SELECT COALESCE(r.*) FROM (SELECT a AS "x", b AS "y") AS r)` |
//! | field of a composite value | `(a)."x"` |
//! | join | `(a LEFT JOIN b ON …)`, never USING or NATURAL |
//! | the row that ON CONFLICT proposes | `excluded` |
//! | function | `"pg_catalog"."lower"(…)`; `unnest(a, b)` in FROM, which exists only unqualified |
//! | output reference in GROUP BY, ORDER BY, DISTINCT ON | its ordinal |
//! | cast | `CAST(x AS "pg_catalog"."int4"[])`; `INTERVAL DAY TO SECOND(3)` for interval fields |

use std::collections::BTreeMap;

use super::ir::{CteId, Expr, ItemId, Statement};
use super::policy::BoundPolicy;
use super::policy::model::AttributeType;

mod expr;
mod query;
mod write;

#[cfg(test)]
mod tests;

/// The statement as SQL text.
pub fn emit(statement: &Statement) -> String {
    let mut writer = Writer::new(false);
    writer.statement(statement);
    writer.out
}

/// The statement with every literal replaced by `?`: for people and records, never for PostgreSQL.
pub fn emit_redacted(statement: &Statement) -> String {
    let mut writer = Writer::new(true);
    writer.statement(statement);
    writer.out
}

/// A condition of the policy on a relation's rows as the condition of a native policy of that relation: its own columns by
/// the relation's full name, which nothing inside can hide, and attributes from settings, `pgwicket.NAME`, which are NULL
/// where nothing has set them.
pub(crate) fn emit_native_condition(
    condition: &Expr,
    schema: &str,
    relation: &str,
    attributes: &BTreeMap<String, AttributeType>,
) -> String {
    let mut writer = Writer::new(false);
    writer.native = Some(Native {
        relation: (schema.to_owned(), relation.to_owned()),
        attributes: attributes.iter().map(|(name, ty)| (name.clone(), (ty.name.clone(), ty.list))).collect(),
    });
    writer.expr(condition);
    writer.out
}

/// What a native policy's condition names otherwise.
struct Native {
    /// The relation of [`BoundPolicy::SELF`].
    relation: (String, String),
    /// The type of each attribute, and whether it is a list.
    attributes: BTreeMap<String, (String, bool)>,
}

/// The text being written.
struct Writer {
    out: String,
    redact: bool,
    native: Option<Native>,
    /// The item that PostgreSQL calls `excluded`.
    excluded: Option<ItemId>,
}

impl Writer {
    fn new(redact: bool) -> Self {
        Self { out: String::with_capacity(256), redact, native: None, excluded: None }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// A quoted identifier.
    fn identifier(&mut self, name: &str) {
        self.out.push('"');
        for c in name.chars() {
            if c == '"' {
                self.out.push('"');
            }
            self.out.push(c);
        }
        self.out.push('"');
    }

    /// A quoted identifier with its schema.
    fn qualified(&mut self, schema: &str, name: &str) {
        self.identifier(schema);
        self.out.push('.');
        self.identifier(name);
    }

    /// A string literal under `standard_conforming_strings = on`, which every session has pinned.
    fn string(&mut self, value: &str) {
        self.out.push('\'');
        for c in value.chars() {
            if c == '\'' {
                self.out.push('\'');
            }
            self.out.push(c);
        }
        self.out.push('\'');
    }

    fn item(&mut self, id: ItemId) {
        if self.excluded == Some(id) {
            self.out.push_str("excluded");
            return;
        }
        if let Some(Native { relation: (schema, name), .. }) = &self.native
            && id == BoundPolicy::SELF
        {
            let (schema, name) = (schema.clone(), name.clone());
            self.qualified(&schema, &name);
            return;
        }
        self.out.push('t');
        self.out.push_str(&id.0.to_string());
    }

    fn cte(&mut self, id: CteId) {
        self.out.push('q');
        self.out.push_str(&id.0.to_string());
    }

    /// `(c1, c2, …)`; nothing for no columns.
    fn column_list(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        self.push("(");
        for number in 1..=count {
            if number > 1 {
                self.push(", ");
            }
            self.push("c");
            self.out.push_str(&number.to_string());
        }
        self.push(")");
    }

    /// The elements with `separator` between them.
    fn list<T>(&mut self, all: &[T], separator: &str, mut one: impl FnMut(&mut Self, &T)) {
        for (at, element) in all.iter().enumerate() {
            if at > 0 {
                self.push(separator);
            }
            one(self, element);
        }
    }
}
