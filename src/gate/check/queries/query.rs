//! Queries: WITH, set operations, lists of values, SELECT.

use super::*;

impl Maker<'_, '_> {
    /// A query, its columns, and whether its order is total.
    pub(super) fn query(&mut self, want: Option<&[Kind]>, top: bool) -> (String, Vec<Column>, bool) {
        let known = self.ctes.len();
        let with =
            if !self.spent() && self.choices.one_in(if top { 5 } else { 12 }) { self.with() } else { String::new() };
        let (body, columns, is_ordered) = self.body(want);
        self.ctes.truncate(known);
        (format!("{with}{body}"), columns, is_ordered)
    }

    fn body(&mut self, want: Option<&[Kind]>) -> (String, Vec<Column>, bool) {
        if self.spent() {
            return self.select(want, true);
        }
        match self.choices.below(14) {
            9 => {
                let kinds: Vec<Kind> = match want {
                    Some(kinds) => kinds.to_vec(),
                    None => (0..2).map(|_| *self.choices.pick(KINDS)).collect(),
                };
                // The parser knows no subquery among operators that begins with VALUES.
                if kinds.len() == 1 {
                    return self.select(want, true);
                }
                let text = self.plainly(|maker| maker.values(&kinds));
                let columns =
                    kinds.iter().zip(1..).map(|(kind, at)| Column { name: format!("column{at}"), kind: *kind });
                (text, columns.collect(), false)
            }
            10 | 11 => self.set_operation(want),
            12 if want.is_none() => {
                let (text, columns, _) = self.select(want, true);
                (format!("({text})"), columns, false)
            }
            13 if want.is_none() && self.choices.one_in(3) => {
                let table = self.choices.pick(&self.schema.tables);
                self.is_protected |= table.is_protected;
                (format!("TABLE {}.{}", table.schema, table.name), table.columns.clone(), false)
            }
            _ => self.select(want, true),
        }
    }

    fn set_operation(&mut self, want: Option<&[Kind]>) -> (String, Vec<Column>, bool) {
        let kinds: Vec<Kind> = match want {
            Some(kinds) => kinds.to_vec(),
            None => (0..1 + self.choices.below(3)).map(|_| self.kind()).filter(|kind| *kind != Kind::Other).collect(),
        };
        let kinds = if kinds.is_empty() { vec![Kind::Int] } else { kinds };
        let (mut text, columns, _) = self.operand(&kinds);
        for _ in 0..1 + self.choices.below(2) {
            let operator = self.plain(&[
                "UNION ALL",
                "UNION",
                "EXCEPT",
                "INTERSECT",
                "EXCEPT ALL",
                "INTERSECT ALL",
                "UNION DISTINCT",
            ]);
            let (right, _, _) = self.operand(&kinds);
            text = format!("{text} {operator} {right}");
        }
        if self.choices.one_in(2) {
            return (text, columns, false);
        }
        let all = self.every_column(&columns);
        let limit = self.limit();
        (format!("{text} ORDER BY {all}{limit}"), columns, true)
    }

    fn operand(&mut self, kinds: &[Kind]) -> (String, Vec<Column>, bool) {
        match self.choices.below(6) {
            4 if !self.spent() => {
                let (text, columns, _) = self.query(Some(kinds), false);
                (format!("({text})"), columns, false)
            }
            5 if kinds.len() > 1 => {
                let text = self.plainly(|maker| maker.values(kinds));
                let columns =
                    kinds.iter().zip(1..).map(|(kind, at)| Column { name: format!("column{at}"), kind: *kind });
                (text, columns.collect(), false)
            }
            _ => self.select(Some(kinds), false),
        }
    }

    /// VALUES of these kinds.
    pub(super) fn values(&mut self, kinds: &[Kind]) -> String {
        let rows = 1 + self.choices.below(3);
        let rows = self.list(rows, |maker| {
            let mut kinds = kinds.iter();
            let row = maker.list(kinds.len(), |maker| match kinds.next() {
                Some(kind) if maker.choices.one_in(4) => maker.value(*kind),
                Some(kind) => maker.literal(*kind),
                None => String::new(),
            });
            format!("({row})")
        });
        format!("VALUES {rows}")
    }

    pub(super) fn with(&mut self) -> String {
        let recursive = self.choices.one_in(3);
        let count = 1 + self.choices.below(2);
        let all = self.list(count, |maker| {
            let table = maker.choices.pick(&maker.schema.tables).name.clone();
            // Some are called like a table.
            let is_new = maker.ctes.iter().all(|cte| cte.name != table);
            let name = if is_new && maker.choices.one_in(4) { table } else { maker.new_name() };
            let materialized = maker.plain(&["", "", "MATERIALIZED ", "NOT MATERIALIZED "]);
            let (query, mut columns) = if recursive && maker.choices.below(3) < 2 {
                maker.recursive(&name)
            } else {
                let (query, columns, _) = maker.plainly(|maker| maker.query(None, false));
                (query, columns)
            };
            let mut renamed = String::new();
            if columns
                .iter()
                .enumerate()
                .any(|(at, one)| columns.iter().skip(at + 1).any(|other| other.name == one.name))
                || (!query.contains(" AS g ") && maker.choices.one_in(4))
            {
                let names: Vec<String> = (1..=columns.len()).map(|at| format!("m{at}")).collect();
                columns.iter_mut().zip(&names).for_each(|(column, name)| column.name.clone_from(name));
                renamed = format!(" ({})", names.join(", "));
            }
            maker.ctes.push(Item { name: name.clone(), columns, key: None, has_row: false });
            format!("{name}{renamed} AS {materialized}({query})")
        });
        format!("WITH {}{all} ", if recursive { "RECURSIVE " } else { "" })
    }

    /// A query that names itself; it ends, since its number grows.
    fn recursive(&mut self, name: &str) -> (String, Vec<Column>) {
        let kind = *self.choices.pick(&[Kind::Text, Kind::Int, Kind::Ints, Kind::Date]);
        let type_name = kind.names()[0];
        let first = self.plainly(|maker| maker.literal(kind));
        let step = match kind {
            Kind::Text => "g.v || 'x'",
            Kind::Int => "g.v + 2",
            Kind::Ints => "g.v || g.n",
            _ => "g.v + 1",
        };
        let union = self.plain(&["UNION ALL", "UNION"]);
        let last = self.plain(&["3", "5", "8"]);
        let (n, v) = ("n".to_owned(), "v".to_owned());
        let columns = vec![Column { name: n, kind: Kind::Int }, Column { name: v, kind }];
        let text = format!(
            "SELECT 1 AS n, ({first})::{type_name} AS v {union} SELECT g.n + 1, {step} FROM {name} AS g WHERE g.n < {last}"
        );
        (text, columns)
    }
}
