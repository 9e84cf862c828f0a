//! Queries made up with the types right, so that most are admitted, run and give rows; names and nesting make trouble
//! enough. What a query answers depends neither on the clock nor on chance nor on the plan: a LIMIT stands on a total
//! order, an aggregate that depends on an order brings one. So answers can be compared.

use serde_json::Value;

use super::choices::Choices;
use kind::{KINDS, Kind};
use schema::{Column, Table};

mod aggregate;
mod expr;
mod from;
mod kind;
mod query;
mod schema;
mod select;
mod templates;
mod write;

pub use schema::{Schema, Seen};

/// A query that was made up.
#[derive(Debug, Clone)]
pub struct Made {
    /// The text.
    pub sql: String,
    /// Values for `$1`, `$2`, …
    pub parameters: Vec<Value>,
    /// The same values as literals of SQL, without a type.
    pub literals: Vec<String>,
    /// Its order is told by ORDER BY to the last column; else its rows are a multiset.
    pub is_ordered: bool,
    /// It is an EXPLAIN.
    pub is_explain: bool,
    /// Names something of which the policy hides a part.
    pub is_protected: bool,
}

/// Nodes of a query at most.
const FUEL: u32 = 45;
/// FROM items of a level at most.
const MOST_ITEMS: usize = 3;
/// Names for what is new: plain ones, those that emit makes, and odd ones.
const NAMES: &[&str] = &[
    "a",
    "b",
    "id",
    "name",
    "t1",
    "c1",
    "q1",
    "total",
    "\"Id\"",
    "\"a\"\"b\"",
    "\"select\"",
    "\"--\"",
    "\"é\"",
    "value",
];

/// A query by these decisions. The schema must have a relation with a column.
pub fn query(schema: &Schema, bytes: &[u8]) -> Made {
    let mut maker = Maker::new(schema, bytes);
    let is_explain = maker.choices.below(25) == 24;
    let (text, _, is_ordered) = maker.query(None, true);
    let explain = match (is_explain, maker.choices.one_in(2)) {
        (true, true) => "EXPLAIN (FORMAT JSON) ",
        (true, false) => "EXPLAIN ",
        _ => "",
    };
    Made { is_ordered, is_explain, ..maker.made(format!("{explain}{text}")) }
}

/// A write by these decisions, to one of the tables that may be written; `None` where there is none.
pub fn write(schema: &Schema, bytes: &[u8]) -> Option<Made> {
    let mut maker = Maker::new(schema, bytes);
    let text = maker.write()?;
    Some(maker.made(text))
}

impl<'s, 'b> Maker<'s, 'b> {
    fn new(schema: &'s Schema, bytes: &'b [u8]) -> Self {
        Maker {
            schema,
            choices: Choices::new(bytes),
            levels: Vec::new(),
            ctes: Vec::new(),
            fuel: FUEL,
            lowest: 0,
            hidden: 0,
            may_aggregate: false,
            may_window: false,
            windows: Vec::new(),
            parameters: Vec::new(),
            named: 0,
            is_protected: false,
        }
    }

    fn made(self, sql: String) -> Made {
        let (parameters, literals) = self.parameters.into_iter().map(|one| (one.value, one.literal)).unzip();
        Made { sql, parameters, literals, is_ordered: false, is_explain: false, is_protected: self.is_protected }
    }
}

/// What writes the text.
struct Maker<'s, 'b> {
    schema: &'s Schema,
    choices: Choices<'b>,
    /// What can be named, by query level.
    levels: Vec<Level>,
    ctes: Vec<Item>,
    fuel: u32,
    /// Columns of levels below this one aren't named: an aggregate that names only those would be theirs.
    lowest: usize,
    /// Levels of which FROM items are put away for now.
    hidden: usize,
    /// Whether an aggregate may stand here, and a window function.
    may_aggregate: bool,
    may_window: bool,
    /// Definitions of the SELECT's named windows.
    windows: Vec<String>,
    parameters: Vec<Parameter>,
    /// FROM items and CTEs named so far.
    named: usize,
    is_protected: bool,
}

/// A level of the query: its FROM items, and what GROUP BY leaves of them.
#[derive(Debug, Clone, Default)]
struct Level {
    items: Vec<Item>,
    /// Columns that USING or NATURAL made of two, named without an item.
    merged: Vec<Column>,
    /// What was grouped by: all that can be named outside aggregates.
    grouped: Option<Vec<Column>>,
}

/// Something that can be named in FROM.
#[derive(Debug, Clone)]
struct Item {
    name: String,
    columns: Vec<Column>,
    /// Columns of which no two rows have the same values.
    key: Option<Vec<String>>,
    /// Its whole row may be named, and is the same whatever the plan.
    has_row: bool,
}

#[derive(Debug, Clone)]
struct Parameter {
    kind: Kind,
    value: Value,
    literal: String,
}

impl Maker<'_, '_> {
    /// Whether only the smallest is made from here on.
    fn spent(&mut self) -> bool {
        self.fuel = self.fuel.saturating_sub(1);
        self.fuel == 0 || self.choices.exhausted()
    }

    /// A name that nothing else has.
    fn new_name(&mut self) -> String {
        self.named += 1;
        format!("r{}", self.named)
    }

    fn plain(&mut self, texts: &[&'static str]) -> &'static str {
        let text: &'static str = texts[self.choices.below(texts.len())];
        text
    }

    /// A kind for something new: mostly one that a column at hand has.
    fn kind(&mut self) -> Kind {
        let innermost = self.levels.last();
        let at_hand: Vec<Kind> = innermost
            .iter()
            .flat_map(|level| level.columns())
            .map(|column| column.kind)
            .filter(|kind| *kind != Kind::Other)
            .collect();
        if !at_hand.is_empty() && self.choices.below(3) < 2 {
            return *self.choices.pick(&at_hand);
        }
        *self.choices.pick(KINDS)
    }

    /// The comma-separated texts that `one` makes.
    fn list(&mut self, count: usize, mut one: impl FnMut(&mut Self) -> String) -> String {
        let all: Vec<String> = (0..count).map(|_| one(self)).collect();
        all.join(", ")
    }

    /// Makes something inside which no aggregate and no window function may stand.
    fn plainly<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        let before = (self.may_aggregate, self.may_window);
        (self.may_aggregate, self.may_window) = (false, false);
        let made = make(self);
        (self.may_aggregate, self.may_window) = before;
        made
    }
}

impl Level {
    /// Everything that can be named, as it has to be written.
    fn columns(&self) -> Vec<Column> {
        if let Some(grouped) = &self.grouped {
            return grouped.clone();
        }
        let of = |item: &Item| -> Vec<Column> {
            item.columns
                .iter()
                .map(|column| Column { name: format!("{}.{}", item.name, column.name), kind: column.kind })
                .collect()
        };
        self.items.iter().flat_map(of).chain(self.merged.iter().cloned()).collect()
    }

    /// How many items have a column of this name.
    fn having(&self, name: &str) -> usize {
        self.items.iter().filter(|item| item.columns.iter().any(|column| column.name == name)).count()
    }

    /// What tells every row of the level from every other one, if that is known.
    fn key(&self) -> Option<Vec<String>> {
        let mut all = Vec::new();
        for item in &self.items {
            all.extend(item.key.as_ref()?.iter().map(|name| format!("{}.{name}", item.name)));
        }
        (!all.is_empty() && self.grouped.is_none()).then_some(all)
    }
}
