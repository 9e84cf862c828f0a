//! FROM: relations, hidden ones too, subqueries, functions and every join.

use super::*;
use crate::gate::catalog::{Relation, RelationKind};

impl Grammar<'_, '_> {
    /// An element of FROM; what it brings joins the innermost level.
    pub(super) fn item_in_from(&mut self) {
        self.factor();
        while !self.spent() && self.choices.one_in(3) {
            self.joined();
        }
    }

    fn joined(&mut self) {
        let kind = self.choices.below(9);
        self.put(match kind {
            0 => "JOIN",
            1 => "LEFT JOIN",
            2 => "RIGHT OUTER JOIN",
            3 => "FULL JOIN",
            4 => "CROSS JOIN",
            5 => "NATURAL JOIN",
            6 => "NATURAL FULL JOIN",
            7 => "INNER JOIN",
            _ => "NATURAL LEFT JOIN",
        });
        let before = self.levels.last().map_or(0, Vec::len);
        if self.choices.one_in(5) {
            self.in_parentheses(|grammar| {
                grammar.factor();
                grammar.joined();
            });
        } else {
            self.factor();
        }
        match kind {
            4 | 5 | 6 | 8 => {}
            _ if self.choices.one_in(3) => {
                let level = self.levels.last().cloned().unwrap_or_default();
                let (left, right) = level.split_at(before.min(level.len()));
                let right: Vec<&String> = right.iter().flat_map(|item| &item.columns).collect();
                let common: Vec<String> =
                    left.iter().flat_map(|item| &item.columns).filter(|name| right.contains(name)).cloned().collect();
                if self.in_trouble() {
                    let name = self.hidden();
                    self.put(&format!("USING ({name})"));
                } else if common.is_empty() {
                    self.put("ON true");
                } else {
                    let name = self.choices.pick(&common).clone();
                    self.put(&format!("USING ({name})"));
                }
            }
            _ => {
                self.put("ON");
                self.expr();
            }
        }
    }

    fn factor(&mut self) {
        if self.spent() {
            return self.relation();
        }
        match self.choices.below(10) {
            5 if !self.ctes.is_empty() => {
                let cte = self.choices.pick(&self.ctes).clone();
                self.put(&cte.name.clone());
                self.aliased(cte.name, cte.columns, true);
            }
            6 => {
                let lateral = self.choices.one_in(2);
                if lateral {
                    self.put("LATERAL");
                }
                // Only LATERAL sees what stands to the left.
                let level = (!lateral).then(|| self.levels.last_mut().map(std::mem::take)).flatten();
                let columns = self.in_parentheses(|grammar| grammar.query(None));
                if let (Some(level), Some(innermost)) = (level, self.levels.last_mut()) {
                    *innermost = level;
                }
                self.aliased("\"\"".to_owned(), columns, false);
            }
            7 => self.function(),
            8 if self.in_trouble() => self.troublesome(),
            _ => self.relation(),
        }
    }

    fn relation(&mut self) {
        let all = self.world.catalog.parts().relations.iter();
        let readable = |one: &&Relation| {
            let hidden =
                hidden_names().any(|hidden| one.name == hidden) || (one.schema == "hr" && one.name == "customers");
            one.schema != "private" && one.kind != RelationKind::Sequence && !hidden
        };
        let all: Vec<&Relation> = if self.in_trouble() { all.collect() } else { all.filter(readable).collect() };
        let one = *self.choices.pick(&all);
        let (schema, name) = (one.schema.clone(), one.name.clone());
        let columns = self.columns_of(&schema, &name);
        match self.choices.below(6) {
            4 if schema != "tpch" => self.put(&quoted(&name)),
            5 => self.put(&format!("shop.{}.{}", quoted(&schema), quoted(&name))),
            _ => self.put(&format!("{}.{}", quoted(&schema), quoted(&name))),
        }
        self.aliased(quoted(&name), columns, true);
    }

    /// Names that are hidden, missing, another's or not a relation.
    fn troublesome(&mut self) {
        let hidden = self.hidden();
        match self.choices.below(6) {
            0 => self.put(&format!("hr.{hidden}")),
            1 => self.put(&format!("private.{hidden}")),
            2 => self.put(hidden),
            3 => self.plain(&[
                "pg_catalog.pg_class",
                "information_schema.tables",
                "pg_stat_activity",
                "other.sales.orders",
            ]),
            4 => self.plain(&[
                "ONLY sales.orders",
                "only orders",
                "sales.orders *",
                "sales.orders TABLESAMPLE SYSTEM (1)",
            ]),
            _ => self.plain(&[
                "sales.custmers",
                "Sales.Customers",
                "\"Sales\".customers",
                "sales.\"customers\"",
                "customers",
            ]),
        }
        let columns = self.columns_of("sales", "customers");
        self.aliased("customers".to_owned(), columns, true);
    }

    fn function(&mut self) {
        self.plain(&["", "", "LATERAL"]);
        const PLAIN: &[(&str, &[&str])] = &[
            ("generate_series(1, 3)", &["generate_series"]),
            ("unnest(ARRAY[1, 2])", &["unnest"]),
            ("unnest(ARRAY[1, 2], '{a,b}'::text[])", &["unnest"]),
            ("jsonb_each('{\"a\": 1}')", &["key", "value"]),
            ("pg_catalog.jsonb_array_elements('[1]')", &["value"]),
            ("unnest(to_tsvector('english', 'a b'))", &["lexeme", "positions", "weights"]),
            ("lower('X')", &["lower"]),
        ];
        const TROUBLE: &[(&str, &[&str])] = &[
            ("sales.fx_rate('x', CURRENT_DATE)", &["fx_rate"]),
            ("private.leak('x')", &["leak"]),
            ("pg_ls_dir('/')", &["pg_ls_dir"]),
            ("json_to_record('{}')", &["a"]),
        ];
        let of = if self.in_trouble() { TROUBLE } else { PLAIN };
        let (text, columns) = *self.choices.pick(of);
        self.put(text);
        let mut columns: Vec<String> = columns.iter().map(|one| (*one).to_owned()).collect();
        if self.choices.one_in(3) {
            self.put("WITH ORDINALITY");
            columns.push("ordinality".to_owned());
        }
        self.aliased("f".to_owned(), columns, false);
    }

    /// Maybe an alias, maybe with names for columns; a subquery always has one.
    fn aliased(&mut self, name: String, mut columns: Vec<String>, optional: bool) {
        let number: usize = self.levels.iter().map(Vec::len).sum();
        let name = match self.choices.below(8) {
            0 | 1 if optional => name,
            7 if self.trouble > 0 => {
                let alias = self.name();
                self.put("AS");
                self.put(&alias);
                alias
            }
            _ => {
                let alias = format!("r{number}");
                self.put("AS");
                self.put(&alias);
                if self.choices.one_in(8) {
                    let names: Vec<String> = (0..1 + self.choices.below(2)).map(|_| self.name()).collect();
                    self.join(&format!("({})", names.join(", ")));
                    for (column, name) in columns.iter_mut().zip(names) {
                        *column = name;
                    }
                }
                alias
            }
        };
        if let Some(level) = self.levels.last_mut() {
            level.push(Item { name, columns });
        }
    }
}
