//! Expressions, in every notation.

use super::words::{FUNCTIONS, INFIX, LITERALS, LOOKUPS, ODD_FUNCTIONS, ODD_INFIX, ODD_LITERALS, ODD_TYPES, TYPES};
use super::*;

impl Grammar<'_, '_> {
    /// An expression.
    pub(super) fn expr(&mut self) {
        if self.spent() {
            return self.leaf();
        }
        match self.choices.below(25) {
            0..=6 => self.leaf(),
            7..=9 => self.infix(),
            10 => self.in_parentheses(Self::expr),
            11..=13 => self.function_call(),
            14 => self.test(),
            15 => self.cast(),
            16 => self.case(),
            17 | 18 => self.over_query(),
            19 => {
                self.one_of(&["NOT (", "- (", "@ (", "~ (", "|/ (", "!! (", "+ ("], &["NOT", "- -", "!", "@ - ("]);
                self.expr();
                if self.out.matches('(').count() > self.out.matches(')').count() {
                    self.join(")");
                }
            }
            20 => {
                self.in_parentheses(Self::expr);
                self.one_of(&["[1]", "[1:2]", "[:]", "[$1][2]"], &[".ssn", ".*", "[id]", ".id", "[1:2:3]"]);
            }
            21 => {
                self.put("(");
                self.list(2, Self::expr);
                self.join(")");
                self.plain(&["=", "IN", "<"]);
                self.in_parentheses(|grammar| grammar.list(2, Self::expr));
            }
            22 => self.syntax(),
            23 => self.whole_row(),
            _ => {
                self.put("ARRAY[");
                self.list(2, Self::expr);
                self.join("]");
            }
        }
    }

    /// What rows are looked up by, or anything.
    pub(super) fn condition(&mut self) {
        let has_columns = self.levels.iter().flatten().any(|item| !item.columns.is_empty());
        if !has_columns || self.choices.below(3) == 2 {
            return self.expr();
        }
        self.column();
        self.plain(LOOKUPS);
        if !self.spent() && self.choices.one_in(2) {
            self.put("AND");
            self.in_parentheses(Self::condition);
        }
    }

    /// Operands in parentheses, so that the operator's precedence doesn't matter; in trouble it does.
    fn infix(&mut self) {
        if self.in_trouble() {
            self.expr();
            let of = if self.choices.one_in(2) { ODD_INFIX } else { INFIX };
            self.plain(of);
            self.expr();
        } else {
            self.in_parentheses(|grammar| {
                grammar.in_parentheses(Self::expr);
                grammar.plain(INFIX);
                grammar.in_parentheses(Self::expr);
            });
        }
    }

    fn leaf(&mut self) {
        if self.levels.iter().all(Vec::is_empty) || self.choices.below(5) > 2 {
            return self.one_of(LITERALS, ODD_LITERALS);
        }
        self.column();
    }

    /// A column of some level, or what looks like one.
    fn column(&mut self) {
        let items: Vec<Item> = self.levels.iter().rev().flatten().cloned().collect();
        let item = self.choices.pick(&items).clone();
        if self.in_trouble() {
            let name = match self.choices.below(5) {
                0 => self.hidden().to_owned(),
                1 => self.name(),
                2 => item.name.clone(),
                3 => format!("{}.ctid", item.name),
                _ => format!("{}.{}", item.name, self.hidden()),
            };
            return self.put(&name);
        }
        if item.columns.is_empty() {
            return self.put("1");
        }
        let column = self.choices.pick(&item.columns).clone();
        match self.choices.below(8) {
            0 if self.trouble > 0 || items.iter().filter(|one| one.columns.contains(&column)).count() == 1 => {
                self.put(&column)
            }
            7 if self.trouble > 0 => self.put(&format!("sales.{}.{column}", item.name)),
            _ => self.put(&format!("{}.{column}", item.name)),
        }
    }

    /// The whole row of an item in scope, or a field of one.
    fn whole_row(&mut self) {
        let items: Vec<Item> = self.levels.iter().rev().flatten().cloned().collect();
        let Some(item) = items.iter().find(|item| !item.columns.is_empty()) else { return self.leaf() };
        let column = self.choices.pick(&item.columns).clone();
        let column = if self.in_trouble() { self.hidden().to_owned() } else { column };
        let name = item.name.clone();
        let text = match self.choices.below(6) {
            0 => format!("to_jsonb({name})"),
            1 => format!("({name} IS NOT NULL)"),
            2 => format!("({name}::text)"),
            3 => format!("({name}).{column}"),
            4 => format!("row_to_json({name}.*)"),
            _ => format!("(to_jsonb({name}) -> '{column}')"),
        };
        self.put(&text);
    }

    fn function_call(&mut self) {
        if self.in_trouble() {
            self.plain(ODD_FUNCTIONS);
            self.join("(");
            match self.choices.below(6) {
                0 => self.join("*"),
                1 => {
                    self.plain(&["VARIADIC", "a =>", "ALL", "a :="]);
                    self.expr();
                }
                count => self.list(count - 2, Self::expr),
            }
            self.join(")");
            return self.plain(&[
                "",
                "",
                "IGNORE NULLS OVER ()",
                "OVER w",
                "OVER (w ROWS 1 PRECEDING)",
                "WITHIN GROUP (ORDER BY 1)",
            ]);
        }
        let (name, arity) = *self.choices.pick(FUNCTIONS);
        self.put(name);
        self.join("(");
        let aggregate =
            ["count", "sum", "max", "min", "array_agg", "string_agg", "jsonb_agg", "bool_and"].contains(&name);
        if aggregate && self.choices.one_in(4) {
            self.join("DISTINCT");
        }
        if matches!(name, "repeat" | "lpad" | "left") {
            self.join("'ab', 3");
        } else {
            self.list(arity, Self::expr);
        }
        if aggregate && self.choices.one_in(4) {
            self.put("ORDER BY");
            self.expr();
        }
        self.join(")");
        if aggregate && self.choices.one_in(4) {
            self.put("FILTER (WHERE");
            self.expr();
            self.join(")");
        }
        if aggregate && self.choices.one_in(3) {
            self.put("OVER (PARTITION BY");
            self.expr();
            self.put("ORDER BY");
            self.expr();
            self.one_of(
                &[
                    "",
                    "ROWS 1 PRECEDING",
                    "RANGE BETWEEN '1 day' PRECEDING AND CURRENT ROW",
                    "GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING",
                ],
                &["ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE TIES", "ROWS UNBOUNDED FOLLOWING"],
            );
            self.join(")");
        }
    }

    fn test(&mut self) {
        self.in_parentheses(Self::tested);
    }

    fn tested(&mut self) {
        self.in_parentheses(Self::expr);
        match self.choices.below(6) {
            0 => self.one_of(
                &[
                    "IS NULL",
                    "IS NOT NULL",
                    "IS NOT TRUE",
                    "IS UNKNOWN",
                    "IS JSON",
                    "IS NOT JSON OBJECT WITH UNIQUE KEYS",
                ],
                &["ISNULL", "IS JSON ANY", "NOTNULL"],
            ),
            1 => {
                self.plain(&["IN", "NOT IN"]);
                self.in_parentheses(|grammar| grammar.list(2, Self::expr));
            }
            2 => {
                self.one_of(&["BETWEEN", "NOT BETWEEN"], &["BETWEEN SYMMETRIC"]);
                self.in_parentheses(Self::expr);
                self.put("AND");
                self.in_parentheses(Self::expr);
            }
            3 => {
                self.one_of(&["= ANY", "<> ALL", "LIKE ANY", "= SOME", "~ ANY"], &["@> ANY", "LIKE ALL", "-> ANY"]);
                self.in_parentheses(Self::expr);
            }
            4 => {
                self.put("LIKE");
                self.in_parentheses(Self::expr);
                self.put("ESCAPE '!'");
            }
            _ => {
                self.plain(&["IN", "= ANY", "NOT IN", "< ALL"]);
                self.in_parentheses(|grammar| grammar.query(Some(1)));
            }
        }
    }

    fn cast(&mut self) {
        let of = if self.in_trouble() { ODD_TYPES } else { TYPES };
        let ty = *self.choices.pick(of);
        if self.choices.one_in(2) {
            self.put("CAST(");
            self.expr();
            self.put(&format!("AS {ty})"));
        } else {
            self.in_parentheses(Self::expr);
            self.join(&format!("::{ty}"));
        }
    }

    fn case(&mut self) {
        self.put("CASE");
        if self.choices.one_in(2) {
            self.expr();
        }
        self.put("WHEN");
        self.expr();
        self.put("THEN");
        self.expr();
        if self.choices.one_in(2) {
            self.put("ELSE");
            self.expr();
        }
        self.put("END");
    }

    fn over_query(&mut self) {
        match self.choices.below(4) {
            1 => {
                self.one_of(&["EXISTS"], &["NOT EXISTS"]);
                self.in_parentheses(|grammar| grammar.query(None));
            }
            2 => {
                self.put("ARRAY");
                self.in_parentheses(|grammar| grammar.query(Some(1)));
            }
            3 => {
                self.in_parentheses(|grammar| grammar.in_parentheses(|grammar| grammar.query(Some(1))));
            }
            _ => {
                self.in_parentheses(|grammar| grammar.query(Some(1)));
            }
        }
    }

    /// What looks like a function and has a grammar of its own.
    fn syntax(&mut self) {
        const PLAIN: &[(&str, &str, &str)] = &[
            ("EXTRACT(year FROM", "", ")"),
            ("EXTRACT('epoch' FROM", "", ")"),
            ("TRIM(BOTH", "FROM", ")"),
            ("TRIM(", "", ")"),
            ("POSITION(", "IN", ")"),
            ("SUBSTRING(", "FROM", ")"),
            ("SUBSTRING(", "FOR", ")"),
            ("OVERLAY(", "PLACING", "FROM 2 FOR 1)"),
            ("GROUPING(", "", ")"),
            ("CEIL(", "", ")"),
        ];
        const TROUBLE: &[(&str, &str, &str)] = &[
            ("INTERVAL", "", ""),
            ("TREAT(", "AS", ")"),
            ("COLLATION FOR (", "", ")"),
            ("XMLELEMENT(NAME a,", "", ")"),
        ];
        let of = if self.in_trouble() { TROUBLE } else { PLAIN };
        let (before, between, after) = *self.choices.pick(of);
        self.put(before);
        self.in_parentheses(Self::expr);
        if !between.is_empty() {
            self.put(between);
            self.in_parentheses(Self::expr);
        }
        self.put(after);
    }
}
