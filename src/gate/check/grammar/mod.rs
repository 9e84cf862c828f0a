//! Statements made up as text from a grammar that knows the schema. Some are plain, so that they are admitted; the
//! others have trouble in them: hidden names, look-alikes, what could be resolved in two ways, what is refused.

use super::choices::Choices;
use super::world::{World, hidden_names};
use crate::gate::admit::Submission;

mod change;
mod expr;
mod from;
mod query;
mod words;
mod write;

/// A submission made up by the bytes: mostly a text, now and then a structured change.
pub fn submission(world: &World, bytes: &[u8]) -> Submission {
    let mut choices = Choices::new(bytes);
    if choices.one_in(16) {
        return Submission::Change(change::change(world, &mut choices));
    }
    // A third has its types right, and so comes further.
    if choices.below(3) == 2 {
        let made = super::queries::query(&world.schema, choices.left());
        return Submission::Sql { text: made.sql, parameters: made.parameters };
    }
    let trouble = *choices.pick(&[0, 0, 0, 1, 2, 5, 100]);
    let mut grammar =
        Grammar { world, choices, out: String::new(), levels: Vec::new(), ctes: Vec::new(), fuel: 60, trouble };
    grammar.statement();
    let parameters = super::parameters(&grammar.out);
    Submission::Sql { text: grammar.out, parameters }
}

/// What writes the text.
struct Grammar<'w, 'b> {
    world: &'w World,
    choices: Choices<'b>,
    out: String,
    /// FROM items that can be named, by query level.
    levels: Vec<Vec<Item>>,
    /// CTEs with their columns.
    ctes: Vec<Item>,
    /// Nodes that may still be made.
    fuel: u32,
    /// Pieces of trouble that may still be made.
    trouble: u32,
}

/// Something that can be named in FROM.
#[derive(Debug, Clone)]
struct Item {
    name: String,
    columns: Vec<String>,
}

/// Names for what is new: those of columns, those that emit makes, and odd ones.
const NAMES: &[&str] = &[
    "a",
    "b",
    "n",
    "id",
    "name",
    "region",
    "t1",
    "c1",
    "q1",
    "email",
    "status",
    "x",
    "total",
    "\"Id\"",
    "\"a\"\"b\"",
    "\"select\"",
    "\"it's\"",
    "\"--\"",
    "\"?column?\"",
    "\"é\"",
    "column1",
    "ordinality",
    "value",
    "key",
    "\"SSN\"",
];

/// Names that are hidden somewhere, or reserved.
const TROUBLESOME: &[&str] =
    &["ssn", "tenant_id", "secret", "secrets", "department", "only", "new", "ctid", "user", "\"\"", "sales"];

impl Grammar<'_, '_> {
    fn statement(&mut self) {
        match self.choices.below(16) {
            10 => {
                self.put("EXPLAIN");
                self.one_of(&["", "(FORMAT JSON)", "(FORMAT TEXT)"], &["(ANALYZE)", "VERBOSE"]);
                self.query(None);
            }
            11 => self.insert(),
            12 | 13 => self.update(),
            14 => self.delete(),
            15 if self.in_trouble() => self.other(),
            15 => self.merge(),
            _ => {
                self.query(None);
            }
        }
        self.one_of(&["", "", "", ";", "-- end", "/* end */"], &["; SELECT 1"]);
    }

    /// Whether to make trouble here.
    fn in_trouble(&mut self) -> bool {
        let now = self.trouble > 0 && self.choices.one_in(6);
        self.trouble -= u32::from(now);
        now
    }

    fn other(&mut self) {
        self.plain(&[
            "TABLE sales.regions",
            "TABLE hr.customers",
            "SET search_path = hr",
            "SHOW ALL",
            "COPY sales.customers TO STDOUT",
            "CREATE TABLE x (a int)",
            "DROP TABLE scratch.notes",
            "BEGIN",
            "DO $$ $$",
            "CALL x()",
            "LISTEN x",
            "MERGE INTO scratch.notes n USING sales.orders o ON n.id = o.id WHEN MATCHED THEN DELETE",
            "SELECT 1 INTO x",
            "TRUNCATE scratch.notes",
            "GRANT ALL ON sales.customers TO public",
            "PREPARE x AS SELECT 1",
        ]);
    }

    /// Whether only the smallest is made from here on.
    fn spent(&mut self) -> bool {
        self.fuel = self.fuel.saturating_sub(1);
        self.fuel == 0 || self.choices.exhausted()
    }

    /// Writes with a blank before, where there is none.
    fn put(&mut self, text: &str) {
        if !self.out.is_empty() && !self.out.ends_with([' ', '(', '.', '[']) {
            self.out.push(' ');
        }
        self.out.push_str(text);
    }

    /// Writes without a blank before.
    fn join(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// One of the plain texts, or one that makes trouble.
    fn one_of(&mut self, plain: &[&str], trouble: &[&str]) {
        let of = if self.in_trouble() { trouble } else { plain };
        self.plain(of);
    }

    fn plain(&mut self, texts: &[&str]) {
        let text = *self.choices.pick(texts);
        if !text.is_empty() {
            self.put(text);
        }
    }

    /// Runs `one` so many times, with commas between.
    fn list(&mut self, count: usize, mut one: impl FnMut(&mut Self)) {
        for at in 0..count {
            if at > 0 {
                self.join(", ");
            }
            one(self);
        }
    }

    fn in_parentheses<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        self.put("(");
        let result = inner(self);
        self.join(")");
        result
    }

    /// A name for something new.
    fn name(&mut self) -> String {
        let of = if self.in_trouble() { TROUBLESOME } else { NAMES };
        (*self.choices.pick(of)).to_owned()
    }

    /// A relation's columns as they have to be written, without those that no statement may name.
    fn columns_of(&self, schema: &str, name: &str) -> Vec<String> {
        let found = self.world.catalog.relation_named(schema, name);
        let readable = |name: &&str| *name != "badge" && !hidden_names().any(|hidden| *name == hidden);
        let columns = found.iter().flat_map(|one| &one.columns).map(|column| column.name.as_str());
        columns.filter(readable).map(quoted).collect()
    }

    /// A name that the protected policy hides.
    fn hidden(&mut self) -> &'static str {
        let all: Vec<&'static str> = hidden_names().collect();
        all[self.choices.below(all.len())]
    }
}

/// The name as it has to be written: quoted unless it is plain.
pub(super) fn quoted(name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if plain && !["select", "order"].contains(&name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}
