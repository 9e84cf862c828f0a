//! Statements of the IR made up directly, every kind of node in every place where it can stand: for the proof that what
//! emit writes reads back as what it was given.

use super::choices::Choices;
use super::emitted::read_back;
use super::world::World;
use crate::gate::emit::emit;
use crate::gate::ir::{
    Cte, CteId, Explain, ExplainFormat, FromItem, ItemId, JoinKind, Query, RelationItem, RelationRef, Sample,
    SampleMethod, Statement, renumber,
};
use crate::gate::source::Origin;

mod call;
mod expr;
mod from;
mod query;
mod write;

pub use call::Callables;

/// Parameters that a made-up statement may use.
pub const PARAMETERS: u32 = 3;

/// A statement made up by the bytes, with its items numbered as reading numbers them.
pub fn statement(world: &World, callables: &Callables, bytes: &[u8]) -> Statement {
    let choices = Choices::new(bytes);
    let mut trees = Trees { world, callables, choices, items: 0, ctes: 0, fuel: 120 };
    let mut statement = trees.statement();
    renumber(&mut statement);
    statement
}

/// Makes a statement up, writes it and reads it back.
///
/// # Errors
/// What it wrote, and how it reads instead.
pub fn reads_back(world: &World, callables: &Callables, bytes: &[u8]) -> Result<Statement, String> {
    let statement = statement(world, callables, bytes);
    let text = emit(&statement);
    let read = read_back(world, &world.open, &text, PARAMETERS).map_err(|why| format!("{text}\n{why}"))?;
    if read == statement {
        Ok(statement)
    } else {
        Err(format!("{text}\nreads as\n{}\n{statement:#?}\n{read:#?}", emit(&read)))
    }
}

/// What makes the trees.
struct Trees<'w, 'b> {
    world: &'w World,
    callables: &'w Callables,
    choices: Choices<'b>,
    items: u32,
    ctes: u32,
    /// Nodes that may still be made.
    fuel: u32,
}

/// An item that can be named, with the names of its columns: `None` for those of a subquery, CTE or function.
#[derive(Debug, Clone)]
struct Item {
    id: ItemId,
    columns: Vec<Option<String>>,
}

/// What can be named at some place.
#[derive(Debug, Clone, Default)]
struct Scope {
    items: Vec<Item>,
    /// CTEs and how many columns each has.
    ctes: Vec<(CteId, usize)>,
}

impl Scope {
    fn with(&self, items: &[Item]) -> Self {
        let mut wider = self.clone();
        wider.items.extend_from_slice(items);
        wider
    }
}

impl Trees<'_, '_> {
    fn statement(&mut self) -> Statement {
        let scope = Scope::default();
        match self.choices.below(9) {
            8 => self.merge(),
            5 => self.insert(),
            6 => self.update(),
            7 => self.delete(),
            4 => {
                let format = *self.choices.pick(&[ExplainFormat::Text, ExplainFormat::Json, ExplainFormat::Shape]);
                let analyze = *self.choices.pick(&[false, false, true]);
                Statement::Explain(Explain { query: self.query(&scope, None), format, analyze })
            }
            _ => Statement::Query(self.query(&scope, None)),
        }
    }

    fn item_id(&mut self) -> ItemId {
        self.items += 1;
        ItemId(self.items)
    }

    /// Whether only the smallest is made from here on.
    fn spent(&mut self) -> bool {
        self.fuel = self.fuel.saturating_sub(1);
        self.fuel == 0 || self.choices.exhausted()
    }

    /// A text for literals, with what could be mistaken for something else.
    fn text(&mut self) -> String {
        const TEXTS: &[&str] = &[
            "x",
            "",
            "it's",
            "''",
            "\\",
            "\\'",
            "--",
            "/*",
            "*/",
            "$$",
            "$1",
            "\n",
            "\r\n",
            "é",
            "😀",
            "'; DROP TABLE x; --",
            "\"",
            ":a",
            "?",
            "{1,NULL}",
            "NULL",
            "\u{1}",
            "\t",
            "' UNION SELECT 1 --",
            "E'",
            "1 day",
            "a\u{300}",
        ];
        if self.choices.one_in(4) { self.choices.text() } else { (*self.choices.pick(TEXTS)).to_owned() }
    }

    /// A name for an output column.
    fn name(&mut self) -> String {
        const NAMES: &[&str] = &[
            "a",
            "id",
            "?column?",
            "select",
            "t1",
            "c1",
            "q1",
            "Weird Name",
            "a\"b",
            "\"",
            "a.b",
            "é",
            "--",
            "/*",
            "'",
            "$1",
            ";",
            "\\",
            "*",
            " ",
            "from",
            "\n",
            "count",
            "default",
            "sixty_three_bytes_are_the_longest_name_that_postgresql_keeps_wh",
        ];
        if self.choices.one_in(6) {
            let mut name = self.choices.text();
            while name.len() > 63 {
                name.pop();
            }
            if name.is_empty() { "a".to_owned() } else { name }
        } else {
            (*self.choices.pick(NAMES)).to_owned()
        }
    }

    /// A relation as an item.
    fn relation(&mut self) -> (RelationItem, Item) {
        let all = &self.world.catalog.parts().relations;
        let readable: Vec<_> =
            all.iter().filter(|one| one.kind != crate::gate::catalog::RelationKind::Sequence).collect();
        let relation = *self.choices.pick(&readable);
        let (item, names) = self.relation_item(relation);
        let sample = self.choices.one_in(8).then(|| Sample {
            method: *self.choices.pick(&[SampleMethod::Bernoulli, SampleMethod::System]),
            percent: (*self.choices.pick(&["0", "10", "99.5"])).to_owned(),
            seed: self.choices.one_in(2).then(|| "7".to_owned()),
        });
        (RelationItem { sample, ..item }, names)
    }

    fn relation_item(&mut self, relation: &crate::gate::catalog::Relation) -> (RelationItem, Item) {
        let id = self.item_id();
        let reference = RelationRef { oid: relation.oid, schema: relation.schema.clone(), name: relation.name.clone() };
        let columns = relation.columns.iter().map(|one| Some(one.name.clone())).collect();
        let item = RelationItem { id, relation: reference, only: false, sample: None, origin: Origin::default() };
        (item, Item { id, columns })
    }
}

#[cfg(test)]
mod flips;
#[cfg(test)]
mod tests;
