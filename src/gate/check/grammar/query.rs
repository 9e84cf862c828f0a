//! Queries and their clauses.

use super::*;

impl Grammar<'_, '_> {
    /// A query; gives the names of its columns.
    pub(super) fn query(&mut self, width: Option<usize>) -> Vec<String> {
        let ctes = self.ctes.len();
        self.levels.push(Vec::new());
        if !self.spent() && self.choices.one_in(5) {
            self.with();
        }
        let columns = self.body(width);
        self.clauses(&columns);
        self.levels.pop();
        self.ctes.truncate(ctes);
        columns
    }

    fn with(&mut self) {
        self.put("WITH");
        let recursive = self.choices.one_in(2);
        if recursive {
            self.put("RECURSIVE");
        }
        let count = 1 + self.choices.below(2);
        self.list(count, |grammar| {
            let name = grammar.name();
            grammar.put(&name);
            let renamed = grammar.choices.one_in(3).then(|| grammar.name());
            if let Some(column) = &renamed {
                grammar.join(&format!("({column})"));
            }
            grammar.put("AS");
            grammar.plain(&["", "", "MATERIALIZED", "NOT MATERIALIZED"]);
            let mut columns = grammar.in_parentheses(|grammar| {
                if recursive && grammar.choices.one_in(2) {
                    let columns = grammar.query_operand(Some(2));
                    grammar.one_of(&["UNION ALL", "UNION"], &["EXCEPT"]);
                    grammar.ctes.push(Item { name: name.clone(), columns: columns.clone() });
                    grammar.query_operand(Some(2));
                    grammar.ctes.pop();
                    columns
                } else {
                    grammar.query(None)
                }
            });
            if let (Some(column), Some(first)) = (renamed, columns.first_mut()) {
                *first = column;
            }
            grammar.ctes.push(Item { name, columns });
        });
    }

    fn body(&mut self, width: Option<usize>) -> Vec<String> {
        if self.spent() {
            return self.select(width);
        }
        match self.choices.below(10) {
            // The parser knows no subquery among operators that begins with VALUES.
            7 if width != Some(1) => {
                let width = width.unwrap_or_else(|| 1 + self.choices.below(3));
                self.values(width);
                (1..=width).map(|at| format!("column{at}")).collect()
            }
            8 => {
                let width = width.unwrap_or_else(|| 1 + self.choices.below(3));
                let columns = self.query_operand(Some(width));
                self.plain(&["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL", "UNION DISTINCT"]);
                self.query_operand(Some(width));
                columns
            }
            9 if width != Some(1) => self.in_parentheses(|grammar| grammar.query(width)),
            _ => self.select(width),
        }
    }

    pub(super) fn values(&mut self, width: usize) {
        self.put("VALUES");
        let rows = 1 + self.choices.below(2);
        self.list(rows, |grammar| grammar.in_parentheses(|grammar| grammar.list(width, Self::expr)));
    }

    /// One side of a set operation.
    fn query_operand(&mut self, width: Option<usize>) -> Vec<String> {
        if self.choices.one_in(3) {
            return self.in_parentheses(|grammar| grammar.query(width));
        }
        self.levels.push(Vec::new());
        let columns = self.body(width);
        self.levels.pop();
        columns
    }

    fn select(&mut self, width: Option<usize>) -> Vec<String> {
        self.put("SELECT");
        // FROM is made first, so that the list can name what it brings, and then put behind.
        let before = std::mem::take(&mut self.out);
        if self.choices.below(8) > 0 {
            self.put("FROM");
            let count = 1 + self.choices.below(2);
            self.list(count, Self::item_in_from);
        }
        let from = std::mem::replace(&mut self.out, before);
        let distinct = self.choices.below(8);
        if distinct == 6 {
            self.put("DISTINCT");
        } else if distinct == 7 {
            self.put("DISTINCT ON");
            self.in_parentheses(Self::expr);
        }
        let columns = self.select_list(width);
        self.put(&from);
        if self.choices.one_in(3) {
            self.put("WHERE");
            self.condition();
        }
        if self.choices.one_in(5) {
            self.group_by(&columns);
        }
        if self.choices.one_in(8) {
            self.put("HAVING");
            self.expr();
        }
        if self.choices.one_in(12) {
            self.put("WINDOW w AS (PARTITION BY");
            self.expr();
            self.join(")");
        }
        columns
    }

    /// The select list; stars where any width is fine.
    pub(super) fn select_list(&mut self, width: Option<usize>) -> Vec<String> {
        let count = width.unwrap_or_else(|| 1 + self.choices.below(3));
        let mut columns = Vec::new();
        for at in 0..count {
            if at > 0 {
                self.join(", ");
            }
            if width.is_none() && self.choices.one_in(6) && (self.has_items() || self.trouble > 0) {
                self.star(&mut columns);
                continue;
            }
            self.expr();
            let written = self.out.rsplit([' ', '.', '(', ',']).next().unwrap_or_default();
            let is_name = written.starts_with(|c: char| c.is_ascii_lowercase() || c == '"') && !written.ends_with(')');
            if is_name && self.choices.one_in(2) {
                columns.push(written.to_owned());
            } else {
                let mut name = self.name();
                // The same name twice makes trouble only for who names it.
                if columns.contains(&name) && self.trouble == 0 {
                    name = format!("o{at}");
                }
                self.put("AS");
                self.put(&name);
                columns.push(name);
            }
        }
        columns
    }

    fn has_items(&self) -> bool {
        self.levels.last().is_some_and(|level| level.iter().any(|item| !item.columns.is_empty()))
    }

    fn star(&mut self, columns: &mut Vec<String>) {
        let items: Vec<Item> = self.levels.last().cloned().unwrap_or_default();
        if items.is_empty() || self.choices.one_in(2) {
            self.put("*");
            columns.extend(items.into_iter().flat_map(|item| item.columns));
        } else {
            let item = self.choices.pick(&items).clone();
            self.put(&format!("{}.*", item.name));
            columns.extend(item.columns);
        }
    }

    fn group_by(&mut self, columns: &[String]) {
        self.put("GROUP BY");
        let count = 1 + self.choices.below(2);
        self.list(count, |grammar| match grammar.choices.below(8) {
            3 => grammar.put("()"),
            2 if !columns.is_empty() => grammar.sort_key(columns),
            4 => {
                grammar.put("ROLLUP");
                grammar.in_parentheses(|grammar| grammar.list(2, Self::expr));
            }
            5 => {
                grammar.put("CUBE");
                grammar.in_parentheses(|grammar| {
                    grammar.list(2, |grammar| grammar.in_parentheses(|grammar| grammar.list(2, Self::expr)));
                });
            }
            6 => {
                grammar.put("GROUPING SETS ((),");
                grammar.in_parentheses(|grammar| grammar.list(2, Self::expr));
                grammar.join(", ");
                grammar.expr();
                grammar.join(")");
            }
            _ => grammar.sort_key(columns),
        });
    }

    fn sort_key(&mut self, columns: &[String]) {
        match self.choices.below(4) {
            1 => {
                let number = 1 + self.choices.below(columns.len() + usize::from(self.trouble > 0));
                self.put(&number.to_string());
            }
            2 if !columns.is_empty() => {
                let name = self.choices.pick(columns).clone();
                self.put(&name);
            }
            _ => {
                // No constant: it would be a number of a column, or refused.
                self.put("COALESCE(");
                self.expr();
                self.join(")");
            }
        }
    }

    fn clauses(&mut self, columns: &[String]) {
        let ordered = self.choices.one_in(4);
        if ordered {
            self.put("ORDER BY");
            let count = 1 + self.choices.below(2);
            self.list(count, |grammar| {
                grammar.sort_key(columns);
                grammar.plain(&["", "ASC", "DESC"]);
                grammar.plain(&["", "NULLS FIRST", "NULLS LAST"]);
            });
        }
        match self.choices.below(12) {
            7 => self.one_of(&["LIMIT 5", "LIMIT ALL", "LIMIT NULL", "LIMIT $1", "LIMIT 99999999999"], &["LIMIT 1, 2"]),
            8 => self.plain(&["OFFSET 2", "OFFSET $1 ROWS", "LIMIT 3 OFFSET 1 + 1", "OFFSET 1 LIMIT 2"]),
            9 if ordered || self.in_trouble() => self.plain(&["FETCH FIRST 3 ROWS WITH TIES", "FETCH NEXT ROW ONLY"]),
            9 => self.plain(&["FETCH NEXT ROW ONLY", "FETCH FIRST $1 ROWS ONLY"]),
            10 => {
                self.put("LIMIT");
                self.expr();
            }
            11 if self.in_trouble() => self.plain(&["FOR UPDATE", "FOR SHARE OF c", "LIMIT 1 FOR UPDATE SKIP LOCKED"]),
            _ => {}
        }
    }
}
