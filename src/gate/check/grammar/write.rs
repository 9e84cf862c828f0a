//! INSERT, UPDATE and DELETE.

use super::*;

impl Grammar<'_, '_> {
    /// The target with its columns, in scope afterwards.
    fn target(&mut self) -> Vec<String> {
        const PLAIN: &[(&str, &str, &str)] = &[
            ("scratch.notes", "scratch", "notes"),
            ("notes", "scratch", "notes"),
            ("scratch.\"Odd Name\"", "scratch", "Odd Name"),
        ];
        const TROUBLE: &[(&str, &str, &str)] =
            &[("sales.customers", "sales", "customers"), ("hr.payroll_2024", "hr", "payroll_2024")];
        let of = if self.in_trouble() { TROUBLE } else { PLAIN };
        let (text, schema, name) = *self.choices.pick(of);
        self.put(text);
        let columns = self.columns_of(schema, name);
        let alias = self.choices.one_in(3);
        if alias {
            self.put("AS n");
        }
        let shown = if alias { "n".to_owned() } else { quoted(name) };
        self.levels.push(vec![Item { name: shown, columns: columns.clone() }]);
        columns
    }

    /// Some columns of the target.
    fn some(&mut self, columns: &[String]) -> Vec<String> {
        let first = self.choices.below(columns.len().max(1));
        let count = 1 + self.choices.below(3);
        let mut some: Vec<String> = columns.iter().skip(first).take(count).cloned().collect();
        if some.is_empty() || self.in_trouble() {
            some.push(self.hidden().to_owned());
        }
        some
    }

    fn value(&mut self) {
        if self.choices.one_in(6) { self.put("DEFAULT") } else { self.expr() }
    }

    pub(super) fn insert(&mut self) {
        self.put("INSERT INTO");
        let columns = self.target();
        let some = self.some(&columns);
        let default_values = self.choices.one_in(6);
        if !default_values && !self.in_trouble() {
            self.put(&format!("({})", some.join(", ")));
        }
        // The target is not in scope of what is inserted.
        let level = self.levels.pop();
        match self.choices.below(6) {
            _ if default_values => self.put("DEFAULT VALUES"),
            4 => {
                self.query(Some(some.len()));
            }
            5 => self.values(some.len()),
            _ => {
                self.put("VALUES");
                let width = some.len();
                self.in_parentheses(|grammar| grammar.list(width, Self::value));
            }
        }
        self.levels.extend(level);
        match self.choices.below(3) {
            1 => self.put("ON CONFLICT DO NOTHING"),
            2 => self.conflict(&columns),
            _ => {}
        }
        self.returning();
    }

    fn conflict(&mut self, columns: &[String]) {
        let key = self.some(columns);
        self.put(&format!("ON CONFLICT ({})", key.join(", ")));
        if self.choices.one_in(4) {
            self.put("DO NOTHING");
            return;
        }
        self.put("DO UPDATE");
        if let Some(level) = self.levels.last_mut() {
            level.push(Item { name: "excluded".to_owned(), columns: columns.to_vec() });
        }
        if self.choices.one_in(2) {
            self.assignments(columns);
        } else {
            let column = self.some(columns).swap_remove(0);
            self.put(&format!("SET {column} = excluded.{column}"));
        }
        if self.choices.one_in(2) {
            self.put("WHERE");
            self.expr();
        }
        if let Some(level) = self.levels.last_mut() {
            level.pop();
        }
    }

    fn assignments(&mut self, columns: &[String]) {
        self.put("SET");
        let mut names = self.some(columns).into_iter();
        self.list(names.len(), |grammar| {
            grammar.put(&names.next().unwrap_or_default());
            grammar.put("=");
            grammar.value();
        });
    }

    pub(super) fn update(&mut self) {
        self.put("UPDATE");
        let columns = self.target();
        self.assignments(&columns);
        self.write_clauses("FROM");
    }

    pub(super) fn delete(&mut self) {
        self.put("DELETE FROM");
        self.target();
        self.write_clauses("USING");
    }

    pub(super) fn merge(&mut self) {
        self.put("MERGE INTO");
        let columns = self.target();
        self.put("USING");
        self.item_in_from();
        self.put("ON");
        self.expr();
        for _ in 0..=self.choices.below(2) {
            match self.choices.below(4) {
                0 => {
                    self.put("WHEN MATCHED THEN UPDATE");
                    self.assignments(&columns);
                }
                1 => self.put("WHEN MATCHED AND random() < 0.5 THEN DELETE"),
                2 => self.put("WHEN NOT MATCHED THEN DO NOTHING"),
                _ => {
                    let some = self.some(&columns);
                    self.put(&format!("WHEN NOT MATCHED THEN INSERT ({}) VALUES", some.join(", ")));
                    let width = some.len();
                    self.in_parentheses(|grammar| grammar.list(width, Self::value));
                }
            }
        }
        self.levels.clear();
    }

    fn write_clauses(&mut self, from: &str) {
        if self.choices.one_in(3) {
            self.put(from);
            self.item_in_from();
        }
        if self.choices.below(4) > 0 {
            self.put("WHERE");
            self.expr();
        }
        self.returning();
    }

    fn returning(&mut self) {
        if self.choices.one_in(3) {
            self.put("RETURNING");
            self.select_list(None);
        }
        self.levels.clear();
    }
}
