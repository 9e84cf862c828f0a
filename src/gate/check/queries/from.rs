//! FROM: relations, CTEs, subqueries, functions, lists of values, and every join.

use super::*;

/// A function in FROM: its call as a template, and what it brings.
const FUNCTIONS: &[(&str, &[Kind])] = &[
    ("generate_series(1, 3)", &[Kind::Int]),
    ("generate_series(0, 4, 2)", &[Kind::Int]),
    ("unnest({I})", &[Kind::Int]),
    ("unnest({T})", &[Kind::Text]),
    ("unnest('{1,2,3}'::int[], '{a,NULL}'::text[])", &[Kind::Int, Kind::Text]),
    ("unnest(ARRAY[{i}, 2]::int[], CAST('{x}' AS text[]), ARRAY[{d}]::date[])", &[Kind::Int, Kind::Text, Kind::Date]),
    ("jsonb_each('{\"a\": 1, \"b\": [2]}'::jsonb)", &[Kind::Text, Kind::Jsonb]),
    ("jsonb_each_text(jsonb_build_object('k', {i}))", &[Kind::Text, Kind::Text]),
    ("jsonb_array_elements(jsonb_build_array({i}, {t}))", &[Kind::Jsonb]),
    ("jsonb_object_keys('{\"x\": 1, \"y\": 2}'::jsonb)", &[Kind::Text]),
    ("regexp_split_to_table({t}, ',')", &[Kind::Text]),
    ("generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '1 day')", &[Kind::Timestamp]),
    ("pg_catalog.generate_subscripts({I}, 1)", &[Kind::Int]),
    ("LATERAL unnest({I}, {T})", &[Kind::Int, Kind::Text]),
    ("/*ext*/each({h})", &[Kind::Text, Kind::Text]),
    ("/*ext*/skeys({h})", &[Kind::Text]),
];

/// Views of `information_schema`: what is asked of them, and its kinds.
const INFORMATION: &[(&str, &str, &[Kind])] = &[
    ("tables", "table_schema::text AS i1, table_name::text AS i2", &[Kind::Text, Kind::Text]),
    (
        "columns",
        "table_name::text AS i1, column_name::text AS i2, ordinal_position::int AS i3, data_type::text AS i4",
        &[Kind::Text, Kind::Text, Kind::Int, Kind::Text],
    ),
    ("columns", "column_name::text AS i1, is_nullable::text AS i2", &[Kind::Text, Kind::Text]),
];

impl Maker<'_, '_> {
    /// The FROM list; what it brings joins the innermost level.
    pub(super) fn from(&mut self) -> String {
        let mut text = self.element();
        if self.items() < MOST_ITEMS && !self.spent() && self.choices.below(6) == 5 {
            text = format!("{text}, {}", self.element());
        }
        text
    }

    fn items(&self) -> usize {
        self.levels.last().map_or(0, |level| level.items.len())
    }

    /// One element of the list: a factor and what is joined to it.
    fn element(&mut self) -> String {
        let first = self.items();
        let mut text = self.factor(true);
        while self.items() < MOST_ITEMS && !self.spent() && self.choices.one_in(2) {
            text = self.joined(text, first);
        }
        text
    }

    /// `left` joined with one more; its own items are those from `first` on.
    fn joined(&mut self, left: String, first: usize) -> String {
        let middle = self.items();
        let kind = self.plain(&[
            "JOIN",
            "LEFT JOIN",
            "RIGHT JOIN",
            "FULL JOIN",
            "CROSS JOIN",
            "INNER JOIN",
            "LEFT OUTER JOIN",
        ]);
        let sees_left = !matches!(kind, "RIGHT JOIN" | "FULL JOIN");
        // Outer joins add rows of NULLs, which no key tells apart.
        if kind != "CROSS JOIN" && !kind.ends_with("INNER JOIN") && kind != "JOIN" {
            self.forget_keys(first);
        }
        if kind != "CROSS JOIN" && self.choices.below(9) == 8 {
            return self.natural(&left, kind, first);
        }
        let right = if self.choices.below(7) == 6 && middle + 1 < MOST_ITEMS && sees_left {
            let inner = self.factor(sees_left);
            format!("({})", self.joined(inner, middle))
        } else {
            self.factor(sees_left)
        };
        if kind.contains("LEFT") || kind.contains("RIGHT") || kind.contains("FULL") {
            self.forget_keys(first);
        }
        if kind == "CROSS JOIN" {
            return format!("{left} CROSS JOIN {right}");
        }
        if self.choices.one_in(3)
            && let Some(name) = self.common_column(first, middle)
        {
            self.merge(name.clone());
            return format!("{left} {kind} {right} USING ({})", name.name);
        }
        let on = self.on(kind, first, middle);
        format!("{left} {kind} {right} ON {on}")
    }

    fn having(&self, name: &str) -> usize {
        self.levels.last().map_or(0, |level| level.having(name))
    }

    fn forget_keys(&mut self, first: usize) {
        if let Some(level) = self.levels.last_mut() {
            level.items.iter_mut().skip(first).for_each(|item| item.key = None);
        }
    }

    /// The condition of a join: it sees only what is joined. FULL JOIN wants equality.
    fn on(&mut self, kind: &str, first: usize, middle: usize) -> String {
        let Some(level) = self.levels.last_mut() else { return "true".to_owned() };
        let (whole, merged) = (level.items.clone(), std::mem::take(&mut level.merged));
        level.items.drain(..first);
        let (left, right) = level.items.split_at((middle - first).min(level.items.len()));
        let pairs: Vec<String> = left
            .iter()
            .flat_map(|one| right.iter().map(move |other| (one, other)))
            .flat_map(|(one, other)| {
                one.columns.iter().flat_map(move |a| other.columns.iter().map(move |b| (one, a, other, b)))
            })
            .filter(|(_, a, _, b)| a.kind == b.kind && !matches!(a.kind, Kind::Other | Kind::Bool))
            .map(|(one, a, other, b)| format!("{}.{} = {}.{}", one.name, a.name, other.name, b.name))
            .collect();
        let on = if pairs.is_empty() {
            if kind == "FULL JOIN" { "true".to_owned() } else { self.plainly(Self::condition) }
        } else {
            let pair = self.choices.pick(&pairs).clone();
            if kind != "FULL JOIN" && self.choices.one_in(4) {
                format!("{pair} AND {}", self.plainly(Self::condition))
            } else {
                pair
            }
        };
        if let Some(level) = self.levels.last_mut() {
            (level.items, level.merged) = (whole, merged);
        }
        on
    }

    /// A column that one item on each side has, in the same kind; USING can merge it.
    fn common_column(&mut self, first: usize, middle: usize) -> Option<Column> {
        let level = self.levels.last()?;
        let (left, right) = (level.items.get(first..middle)?, level.items.get(middle..)?);
        let once = |items: &[Item], name: &str| {
            items.iter().flat_map(|item| &item.columns).filter(|column| column.name == name).count() == 1
        };
        let all: Vec<Column> = left
            .iter()
            .flat_map(|item| &item.columns)
            .filter(|column| once(left, &column.name) && once(right, &column.name) && level.having(&column.name) == 2)
            .filter(|column| right.iter().flat_map(|item| &item.columns).any(|other| other == *column))
            .filter(|column| column.kind != Kind::Other)
            .cloned()
            .collect();
        (!all.is_empty()).then(|| self.choices.pick(&all).clone())
    }

    fn merge(&mut self, column: Column) {
        if let Some(level) = self.levels.last_mut() {
            level.merged.retain(|one| one.name != column.name);
            level.merged.push(column);
        }
    }

    /// NATURAL with a subquery that has one of the columns at hand, and no other.
    fn natural(&mut self, left: &str, kind: &str, first: usize) -> String {
        let items = self.levels.last().and_then(|level| level.items.get(first..)).unwrap_or_default();
        let once =
            |name: &str| items.iter().flat_map(|item| &item.columns).filter(|column| column.name == name).count() == 1;
        let all: Vec<Column> = items
            .iter()
            .flat_map(|item| &item.columns)
            .filter(|column| once(&column.name) && column.kind != Kind::Other && self.having(&column.name) == 1)
            .cloned()
            .collect();
        if all.is_empty() {
            return format!("{left} CROSS JOIN {}", self.relation());
        }
        let column = self.choices.pick(&all).clone();
        let name = self.new_name();
        let (one, other) = (self.literal(column.kind), self.literal(column.kind));
        let value = format!("SELECT {one} AS {} UNION SELECT {other}", column.name);
        if let Some(level) = self.levels.last_mut() {
            level.items.push(Item { name: name.clone(), columns: vec![column.clone()], key: None, has_row: false });
        }
        self.merge(column);
        format!("{left} NATURAL {kind} ({value}) AS {name}")
    }

    /// One thing to read from. `sees_left`: LATERAL may name what stands to the left.
    pub(super) fn factor(&mut self, sees_left: bool) -> String {
        if self.spent() {
            return self.relation();
        }
        match self.choices.below(16) {
            9 | 10 if !self.ctes.is_empty() => {
                let cte = self.choices.pick(&self.ctes).clone();
                self.aliased(cte.name, cte.columns, None, false)
            }
            11 | 12 => {
                let lateral = sees_left && self.choices.one_in(2);
                // Only LATERAL sees what stands to the left.
                let (query, columns, _) = self.seeing(lateral, |maker| maker.query(None, false));
                let name = self.new_name();
                let text = self.named_columns(format!("({query}) AS {name}"), name, columns, true);
                if lateral { format!("LATERAL {text}") } else { text }
            }
            13 => self.function(sees_left),
            14 if self.choices.below(4) == 3 => self.information(),
            14 => {
                let kinds: Vec<Kind> = (0..2).map(|_| *self.choices.pick(KINDS)).collect();
                let rows = self.seeing(false, |maker| maker.values(&kinds));
                let name = self.new_name();
                let columns =
                    kinds.iter().zip(1..).map(|(kind, at)| Column { name: format!("column{at}"), kind: *kind });
                let columns = columns.collect();
                self.named_columns(format!("({rows}) AS {name}"), name, columns, true)
            }
            _ => self.relation(),
        }
    }

    /// What `information_schema` tells of the schemas that a policy opens.
    fn information(&mut self) -> String {
        let (view, list, kinds) = *self.choices.pick(INFORMATION);
        let name = self.new_name();
        let columns = kinds.iter().zip(1..).map(|(kind, at)| Column { name: format!("i{at}"), kind: *kind }).collect();
        self.push(name.clone(), columns, None, true);
        format!(
            "(SELECT {list} FROM information_schema.{view} WHERE table_schema IN ('shop', 'Odd Schema') \
             AND table_name NOT IN ('secrets', 'contacts')) AS {name}"
        )
    }

    /// Makes what stands in FROM; unless it sees what stands to the left, that is put away meanwhile.
    fn seeing<T>(&mut self, left: bool, make: impl FnOnce(&mut Self) -> T) -> T {
        if left {
            return self.plainly(make);
        }
        let away = self.levels.last_mut().map(std::mem::take);
        self.hidden += 1;
        let made = self.plainly(make);
        self.hidden -= 1;
        if let (Some(away), Some(level)) = (away, self.levels.last_mut()) {
            *level = away;
        }
        made
    }

    fn relation(&mut self) -> String {
        let table: &Table = self.choices.pick(&self.schema.tables);
        self.is_protected |= table.is_protected;
        let text = format!("{}.{}", table.schema, table.name);
        let (columns, key) = (table.columns.clone(), table.key.clone());
        if table.can_be_sampled && self.choices.below(12) == 11 {
            let name = self.new_name();
            let method = self.plain(&["BERNOULLI (60)", "SYSTEM (90)", "bernoulli (75.5)"]);
            let seed = self.plain(&["1", "7", "0.5"]);
            self.push(name.clone(), columns, key, true);
            return format!("{text} AS {name} TABLESAMPLE {method} REPEATABLE ({seed})");
        }
        let cte_of_this_name = self.ctes.iter().any(|cte| cte.name == table.name);
        let text = if table.name_is_unique && !cte_of_this_name && self.choices.below(8) == 7 {
            table.name.clone()
        } else {
            text
        };
        // Without an alias it goes by its own name, unless something else does.
        let taken = self.levels.iter().any(|level| level.items.iter().any(|item| item.name == table.name));
        if !taken && self.choices.below(5) == 4 {
            self.push(table.name.clone(), columns, key, true);
            return text;
        }
        self.aliased(text, columns, key, true)
    }

    /// `has_row`: it may be named by its whole row.
    pub(super) fn push(&mut self, name: String, columns: Vec<Column>, key: Option<Vec<String>>, has_row: bool) {
        if let Some(level) = self.levels.last_mut() {
            // A merged column's name must mean one thing.
            level.merged.retain(|one| columns.iter().all(|column| column.name != one.name));
            level.items.push(Item { name, columns, key, has_row });
        }
    }

    fn aliased(&mut self, text: String, columns: Vec<Column>, key: Option<Vec<String>>, has_row: bool) -> String {
        let name = self.new_name();
        let word = self.plain(&["AS ", ""]);
        if columns.len() > 1 && self.choices.below(12) == 11 {
            return self.named_columns(format!("{text} {word}{name}"), name, columns, !has_row);
        }
        let has_row = has_row || is_same_in_every_plan(&columns);
        self.push(name.clone(), columns, key, has_row);
        format!("{text} {word}{name}")
    }

    /// Maybe with other names for the first columns.
    fn named_columns(&mut self, mut text: String, name: String, mut columns: Vec<Column>, has_row: bool) -> String {
        let has_row = has_row && is_same_in_every_plan(&columns);
        if self.choices.one_in(4) && !columns.is_empty() {
            let count = 1 + self.choices.below(columns.len().min(3));
            let names: Vec<String> = (1..=count).map(|at| format!("n{at}")).collect();
            text = format!("{text} ({})", names.join(", "));
            columns.iter_mut().zip(names).for_each(|(column, name)| column.name = name);
        }
        self.push(name, columns, None, has_row);
        text
    }

    fn function(&mut self, sees_left: bool) -> String {
        let all: Vec<_> = FUNCTIONS
            .iter()
            .filter(|(call, _)| self.within_reach(call).is_some() && (sees_left || !call.starts_with("LATERAL")))
            .collect();
        let (template, kinds) = **self.choices.pick(&all);
        let call = self.seeing(sees_left, |maker| maker.filled(Kind::Other, &[template]));
        let name = self.new_name();
        let mut columns: Vec<Column> =
            kinds.iter().zip(1..).map(|(kind, at)| Column { name: format!("f{at}"), kind: *kind }).collect();
        let mut text = call;
        if self.choices.one_in(3) {
            text = format!("{text} WITH ORDINALITY");
            columns.push(Column { name: "nth".to_owned(), kind: Kind::Bigint });
        }
        let is_syntax = text.starts_with("LATERAL ") || text.starts_with("unnest(") && columns.len() > 1;
        if sees_left && !is_syntax && self.choices.one_in(4) {
            text = format!("LATERAL {text}");
        }
        // A function of one column gives it its alias.
        let is_named_by_it = !text.starts_with("jsonb_array_elements") && !text.contains(" jsonb_array_elements");
        if columns.len() == 1 && is_named_by_it && self.choices.one_in(3) {
            columns[0].name = name.clone();
            self.push(name.clone(), columns, None, false);
            return format!("{text} AS {name}");
        }
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let text = format!("{text} AS {name} ({})", names.join(", "));
        let has_row = columns.len() > 1;
        self.push(name, columns, None, has_row);
        text
    }
}

/// Of equal numbers that are written differently a plan may keep either, and a row shows which.
fn is_same_in_every_plan(columns: &[Column]) -> bool {
    columns.iter().all(|column| !matches!(column.kind, Kind::Numeric | Kind::Other))
}
