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

use super::ir::{CteId, ItemId, Statement};

mod expr;
mod query;
mod write;

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

/// The text being written.
struct Writer {
    out: String,
    redact: bool,
    /// The item that PostgreSQL calls `excluded`.
    excluded: Option<ItemId>,
}

impl Writer {
    fn new(redact: bool) -> Self {
        Self { out: String::with_capacity(256), redact, excluded: None }
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
