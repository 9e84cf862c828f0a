//! SELECT with its groups, and the ORDER BY and LIMIT that know its columns.

use super::*;

impl Maker<'_, '_> {
    /// A SELECT of a level of its own; with ORDER BY and LIMIT where `clauses`. Gives its columns, and whether its order
    /// is total.
    pub(super) fn select(&mut self, want: Option<&[Kind]>, clauses: bool) -> (String, Vec<Column>, bool) {
        let outside = (self.may_aggregate, self.may_window);
        let windows = std::mem::take(&mut self.windows);
        let lowest = self.lowest;
        (self.may_aggregate, self.may_window) = (false, false);
        self.levels.push(Level::default());
        let made = self.select_in_level(want, clauses);
        self.levels.pop();
        self.lowest = lowest;
        self.windows = windows;
        (self.may_aggregate, self.may_window) = outside;
        made
    }

    /// A SELECT of one aggregate over a level of its own: one row.
    pub(super) fn one_aggregate(&mut self, kind: Kind) -> String {
        let outside = (self.may_aggregate, self.may_window);
        let windows = std::mem::take(&mut self.windows);
        (self.may_aggregate, self.may_window) = (false, false);
        self.levels.push(Level::default());
        let from = self.from();
        let filter = if self.choices.one_in(2) { format!(" WHERE {}", self.condition()) } else { String::new() };
        let lowest = std::mem::replace(&mut self.lowest, self.levels.len() - 1);
        let name = self.plain(&["max", "min"]);
        let text =
            format!("SELECT {name}({}){from}{filter}", self.typed_value(kind), from = format_args!(" FROM {from}"));
        self.lowest = lowest;
        self.levels.pop();
        self.windows = windows;
        (self.may_aggregate, self.may_window) = outside;
        text
    }

    fn select_in_level(&mut self, want: Option<&[Kind]>, clauses: bool) -> (String, Vec<Column>, bool) {
        let from = if self.choices.below(12) == 11 { String::new() } else { format!(" FROM {}", self.from()) };
        let filter = if !from.is_empty() && self.choices.one_in(3) {
            format!(" WHERE {}", self.condition())
        } else {
            String::new()
        };
        let grouping = self.choices.below(4) == 3 && !from.is_empty();
        let group = if grouping { self.group_by() } else { String::new() };
        self.may_aggregate = grouping;
        self.may_window = true;
        let distinct = if self.choices.below(7) == 6 { "DISTINCT " } else { "" };
        let (list, columns, stars) = self.select_list(want, grouping, distinct.is_empty());
        self.may_window = false;
        let having =
            if grouping && self.choices.one_in(4) { format!(" HAVING {}", self.condition()) } else { String::new() };
        let windows =
            if self.windows.is_empty() { String::new() } else { format!(" WINDOW {}", self.windows.join(", ")) };
        if stars || !clauses {
            return (format!("SELECT {distinct}{list}{from}{filter}{group}{having}{windows}"), columns, false);
        }
        let (on, order, is_total) = self.order_and_limit(&columns, distinct.is_empty() && !grouping);
        (format!("SELECT {on}{distinct}{list}{from}{filter}{group}{having}{windows}{order}"), columns, is_total)
    }

    /// What is grouped by; from here on only that can be named outside aggregates.
    fn group_by(&mut self) -> String {
        let at_hand: Vec<Column> = self
            .levels
            .last()
            .map(Level::columns)
            .unwrap_or_default()
            .into_iter()
            .filter(|column| !matches!(column.kind, Kind::Other))
            .collect();
        let count = if at_hand.is_empty() { 0 } else { self.choices.below(4) };
        let mut keys: Vec<Column> = Vec::new();
        for _ in 0..count {
            let column = self.choices.pick(&at_hand).clone();
            let key = match (column.kind, self.choices.below(3)) {
                (Kind::Text, 2) => Column { name: format!("upper({})", column.name), ..column },
                (Kind::Int, 2) => Column { name: format!("({} % 3)", column.name), ..column },
                (Kind::Timestamp, 2) => Column { name: format!("date_trunc('month', {})", column.name), ..column },
                _ => column,
            };
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let names: Vec<String> = keys.iter().map(|key| key.name.clone()).collect();
        if let Some(level) = self.levels.last_mut() {
            level.grouped = Some(keys);
        }
        let all = names.join(", ");
        match (names.as_slice(), self.choices.below(9)) {
            ([], 0) => " GROUP BY ()".to_owned(),
            ([], _) => String::new(),
            (_, 1) => format!(" GROUP BY ROLLUP ({all})"),
            (_, 2) => format!(" GROUP BY CUBE ({all})"),
            ([first, rest @ ..], 3) => {
                let rest: String = rest.iter().map(|one| format!(", ({one}, {first})")).collect();
                format!(" GROUP BY GROUPING SETS (({first}){rest}, ())")
            }
            ([first, second, ..], 4) => format!(" GROUP BY {all}, ROLLUP (({first}, {second}))"),
            (_, 6) => format!(" GROUP BY {all}, ()"),
            _ => format!(" GROUP BY {all}"),
        }
    }

    /// The list with its columns; the last value says that a star's columns aren't all told.
    fn select_list(&mut self, want: Option<&[Kind]>, grouped: bool, may_repeat: bool) -> (String, Vec<Column>, bool) {
        let level = self.levels.last().cloned().unwrap_or_default();
        if want.is_none() && !grouped && !level.items.is_empty() && self.choices.below(8) == 7 {
            if level.merged.is_empty() && self.choices.one_in(2) {
                return ("*".to_owned(), unique(level.items.into_iter().flat_map(|item| item.columns)), false);
            }
            let item = self.choices.pick(&level.items).clone();
            return (format!("{}.*", item.name), unique(item.columns), false);
        }
        let kinds: Vec<Kind> = match want {
            Some(kinds) => kinds.to_vec(),
            None => (0..1 + self.choices.below(4)).map(|_| self.kind()).collect(),
        };
        let mut columns: Vec<Column> = Vec::new();
        let mut list = Vec::new();
        for (at, kind) in kinds.into_iter().enumerate() {
            let text = if want.is_none() && !grouped && may_repeat && kind == Kind::Int && self.choices.below(12) == 11
            {
                self.plain(&["generate_series(1, 2)", "unnest(ARRAY[1, 2])", "generate_series(1, 3)"]).to_owned()
            } else if grouped && kind == Kind::Bigint && self.choices.one_in(2) {
                "count(*)".to_owned()
            } else if grouped && kind == Kind::Int && self.choices.below(4) == 3 {
                "count(*)::int".to_owned()
            } else if grouped && kind == Kind::Int && self.choices.below(3) == 2 {
                self.grouping().unwrap_or_else(|| self.literal(kind))
            } else {
                self.value(kind)
            };
            let own = text.rsplit('.').next().unwrap_or_default();
            let is_name = level.items.iter().flat_map(|item| &item.columns).any(|column| column.name == own);
            let is_name =
                is_name && (text == own || level.items.iter().any(|item| text == format!("{}.{own}", item.name)));
            let is_new = |name: &str| columns.iter().all(|column| column.name != name);
            if is_name && is_new(own) && self.choices.one_in(2) {
                columns.push(Column { name: own.to_owned(), kind });
                list.push(text);
                continue;
            }
            let name = *self.choices.pick(NAMES);
            let name = if is_new(name) && self.choices.one_in(2) { name.to_owned() } else { format!("o{at}") };
            list.push(format!("{text} AS {name}"));
            columns.push(Column { name, kind });
        }
        (list.join(", "), columns, false)
    }

    fn grouping(&mut self) -> Option<String> {
        let keys = self.levels.last()?.grouped.clone().filter(|keys| !keys.is_empty())?;
        let key = self.choices.pick(&keys).name.clone();
        Some(format!("GROUPING({key})"))
    }

    /// DISTINCT ON, then ORDER BY with LIMIT, and whether the order is total.
    fn order_and_limit(&mut self, columns: &[Column], may_name_others: bool) -> (String, String, bool) {
        if columns.is_empty() || self.choices.one_in(2) {
            return (String::new(), String::new(), false);
        }
        let all = self.every_column(columns);
        let (mut on, mut first) = (String::new(), String::new());
        if may_name_others && self.choices.one_in(3) {
            let kind = self.kind();
            if let Some(column) = self.column(kind) {
                let direction = self.plain(&["", " DESC", " ASC NULLS FIRST", " DESC NULLS LAST"]);
                if self.choices.one_in(2) {
                    on = format!("DISTINCT ON ({column}) ");
                }
                first = format!("{column}{direction}, ");
            }
        }
        let limit = self.limit();
        (on, format!(" ORDER BY {first}{all}{limit}"), true)
    }

    /// Every column by name or number.
    pub(super) fn every_column(&mut self, columns: &[Column]) -> String {
        let mut at = 0;
        self.list(columns.len(), |maker| {
            at += 1;
            let direction = maker.plain(&["", "", "", " DESC", " ASC", " NULLS FIRST", " DESC NULLS LAST"]);
            let name = &columns[at - 1].name;
            let by_name = maker.choices.one_in(3) && columns.iter().filter(|one| one.name == *name).count() == 1;
            if by_name { format!("{name}{direction}") } else { format!("{at}{direction}") }
        })
    }

    pub(super) fn limit(&mut self) -> String {
        match self.choices.below(9) {
            0 if self.choices.one_in(4) => format!(" LIMIT {}", self.parameter_of_int()),
            0 => " LIMIT 3".to_owned(),
            1 => " LIMIT 10 OFFSET 1".to_owned(),
            2 => " OFFSET 2 ROWS".to_owned(),
            3 => " FETCH FIRST 5 ROWS ONLY".to_owned(),
            4 if self.schema.version >= 13 => " FETCH FIRST 4 ROWS WITH TIES".to_owned(),
            5 => " LIMIT ALL".to_owned(),
            _ => String::new(),
        }
    }

    fn parameter_of_int(&mut self) -> String {
        self.parameters.push(Parameter { kind: Kind::Int, value: serde_json::json!(2), literal: "'2'".to_owned() });
        format!("${}::int", self.parameters.len())
    }
}

/// The columns; those whose name another one has can't be named.
fn unique(columns: impl IntoIterator<Item = Column>) -> Vec<Column> {
    let all: Vec<Column> = columns.into_iter().collect();
    let is_alone = |column: &Column| all.iter().filter(|one| one.name == column.name).count() == 1;
    let kind = |column: &Column| if is_alone(column) { column.kind } else { Kind::Other };
    all.iter().map(|column| Column { name: column.name.clone(), kind: kind(column) }).collect()
}
