//! Expressions of a wanted kind.

use super::*;

impl Maker<'_, '_> {
    /// An expression of a kind.
    pub(super) fn value(&mut self, kind: Kind) -> String {
        if kind == Kind::Other || self.spent() {
            return self.leaf(kind);
        }
        match self.choices.below(21) {
            0..=8 => self.leaf(kind),
            20 => self.of_row(kind),
            9 => self.case(kind),
            10 => self.special(kind),
            11 => self.scalar(kind),
            12 => self.cast(kind),
            13 | 14 if self.may_aggregate => self.aggregate(kind),
            15 if self.may_window => self.over_window(kind),
            16 if kind == Kind::Bool => self.over_query(),
            17 if kind == Kind::Bool => self.comparison(),
            18 | 19 if kind == Kind::Bool => self.filled(kind, templates::TESTS),
            _ => self.filled(kind, templates::of(kind)),
        }
    }

    /// A column of the kind where there is one, else a literal or a parameter.
    pub(super) fn leaf(&mut self, kind: Kind) -> String {
        if self.choices.below(4) < 3
            && let Some(column) = self.column(kind)
        {
            return column;
        }
        if kind == Kind::Other {
            return self.column(kind).unwrap_or_else(|| "NULL".to_owned());
        }
        if self.choices.below(10) == 9 && !kind.names().is_empty() {
            return self.parameter(kind);
        }
        self.literal(kind)
    }

    /// A column that can be named here, of an inner level rather than of an outer one.
    pub(super) fn column(&mut self, kind: Kind) -> Option<String> {
        let mut levels: Vec<Vec<String>> = Vec::new();
        let innermost = self.levels.len();
        for (at, level) in self.levels.iter().enumerate().skip(self.lowest) {
            // What was grouped by and isn't a column can be named at its own level only.
            let can_be_named = |column: &Column| {
                column.kind == kind && (level.grouped.is_none() || at + 1 == innermost || !column.name.contains('('))
            };
            let here: Vec<String> = level
                .columns()
                .into_iter()
                .filter(can_be_named)
                .map(|column| self.shortened(at, column.name))
                .collect();
            if !here.is_empty() {
                levels.push(here);
            }
        }
        let at =
            if levels.len() > 1 && self.choices.one_in(4) { levels.len() - 2 } else { levels.len().checked_sub(1)? };
        let at = levels.get(at)?;
        Some(self.choices.pick(at).clone())
    }

    /// Without its item where only one column can be meant.
    fn shortened(&self, level: usize, name: String) -> String {
        let Some(bare) = self.levels[level].items.iter().find_map(|item| name.strip_prefix(&format!("{}.", item.name)))
        else {
            return name;
        };
        // What LATERAL would see is put away: it has its names, too.
        let is_told_apart = self.hidden == 0
            && self.levels[level].having(bare) == 1
            && self.levels.iter().skip(level + 1).all(|inner| inner.having(bare) == 0)
            && self.levels.iter().all(|any| any.items.iter().all(|item| item.name != bare));
        // Every third, so that both spellings are seen; without spending a decision on each.
        let turn = bare.len() + self.fuel as usize;
        let item = self.levels[level].items.iter().find(|item| name == format!("{}.{bare}", item.name));
        match item {
            _ if is_told_apart && turn.is_multiple_of(3) => bare.to_owned(),
            Some(item) if item.has_row && turn.is_multiple_of(7) => format!("({}).{bare}", item.name),
            _ => name,
        }
    }

    pub(super) fn literal(&mut self, kind: Kind) -> String {
        if let Kind::Enum(at) = kind {
            let one = &self.schema.enums[at];
            let label = self.choices.pick(&one.labels).replace('\'', "''");
            return format!("'{label}'::{}", one.name);
        }
        let value = *self.choices.pick(kind.values());
        let name = self.plain(kind.names());
        match (kind, self.choices.below(6)) {
            (_, 5) => format!("NULL::{name}"),
            (Kind::Bool, _) => value.to_owned(),
            (Kind::Int | Kind::Numeric, 0..=3) => value.to_owned(),
            (Kind::Text, 0..=2) => format!("'{value}'"),
            (Kind::Text, 3) if !value.contains(['\'', '\\', '$']) => format!("$x${value}$x$::text"),
            (Kind::Interval | Kind::Date | Kind::Timestamp | Kind::Timestamptz, 0 | 1) => format!("{name} '{value}'"),
            (_, 2) => format!("CAST('{value}' AS {name})"),
            _ => format!("'{value}'::{name}"),
        }
    }

    fn parameter(&mut self, kind: Kind) -> String {
        let name = self.plain(kind.names());
        let known = self.parameters.iter().position(|one| one.kind == kind);
        let at = match known {
            Some(at) if self.choices.one_in(2) => at,
            _ => {
                let literal = *self.choices.pick(kind.values());
                let value = kind.parameter(literal);
                self.parameters.push(Parameter { kind, value, literal: format!("'{literal}'") });
                self.parameters.len() - 1
            }
        };
        if self.choices.one_in(3) { format!("CAST(${} AS {name})", at + 1) } else { format!("${}::{name}", at + 1) }
    }

    /// An expression whose type is known without what stands around it, and its kind.
    pub(super) fn typed(&mut self) -> String {
        let kind = self.kind();
        let text = self.value(kind);
        match (kind, text.starts_with('\'') || text.starts_with('(')) {
            (Kind::Text, true) => format!("({text})::text"),
            _ => text,
        }
    }

    /// Fills a template's places; a leaf where the kind has none.
    pub(super) fn filled(&mut self, kind: Kind, templates: &[&str]) -> String {
        let known: Vec<&str> = templates.iter().filter_map(|one| self.within_reach(one)).collect();
        if known.is_empty() {
            return self.leaf(kind);
        }
        let template = *self.choices.pick(&known);
        let mut made = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            made.push_str(before);
            let placeholder = after.split_once('}').filter(|(letter, _)| letter.len() == 1);
            let Some((letter, behind)) = placeholder else {
                // A brace of a literal of the template.
                made.push('{');
                rest = after;
                continue;
            };
            made.push_str(&match letter.chars().next().and_then(Kind::of_placeholder) {
                Some(kind) => self.value(kind),
                None if behind.starts_with([')', ',']) => self.typed(),
                None => format!("{{{letter}}}"),
            });
            rest = behind;
        }
        made + rest
    }

    /// The template without what it needs before it; `None` where that isn't there.
    pub(super) fn within_reach<'t>(&self, template: &'t str) -> Option<&'t str> {
        let Some((needs, rest)) = template.strip_prefix("/*").and_then(|rest| rest.split_once("*/")) else {
            return Some(template);
        };
        let is_there = match needs.parse::<u32>() {
            Ok(version) => self.schema.version >= version,
            Err(_) => self.schema.has_extensions,
        };
        is_there.then_some(rest)
    }

    /// A FROM item of the innermost level of which the whole row may be named.
    pub(super) fn row(&mut self) -> Option<Item> {
        let level = self.levels.last().filter(|level| level.grouped.is_none())?;
        let items: Vec<Item> = level.items.iter().filter(|item| item.has_row).cloned().collect();
        (!items.is_empty() && self.levels.len() > self.lowest).then(|| self.choices.pick(&items).clone())
    }

    /// An expression over a whole row.
    fn of_row(&mut self, kind: Kind) -> String {
        let templates = templates::of_rows(kind);
        if templates.is_empty() {
            return self.leaf(kind);
        }
        match self.row() {
            Some(item) => self.plain(templates).replace("{}", &item.name),
            None => self.leaf(kind),
        }
    }

    fn case(&mut self, kind: Kind) -> String {
        let operand = self.choices.one_in(3).then(|| self.kind());
        let mut text = "CASE".to_owned();
        if let Some(operand) = operand {
            text = format!("{text} {}", self.value(operand));
        }
        for _ in 0..1 + self.choices.below(2) {
            let when = self.value(operand.unwrap_or(Kind::Bool));
            text = format!("{text} WHEN {when} THEN {}", self.value(kind));
        }
        let otherwise = match self.choices.below(4) {
            0 => String::new(),
            1 => " ELSE NULL".to_owned(),
            _ => format!(" ELSE {}", self.value(kind)),
        };
        format!("{text}{otherwise} END")
    }

    fn special(&mut self, kind: Kind) -> String {
        let (one, other) = (self.value(kind), self.value(kind));
        match self.choices.below(5) {
            0 => format!("COALESCE({one}, {other})"),
            1 => format!("NULLIF({one}, {other})"),
            2 => format!("GREATEST({one}, {other})"),
            3 => format!("LEAST({one}, {other}, {})", self.leaf(kind)),
            _ => format!("COALESCE(NULL, {one}, {other})"),
        }
    }

    /// A subquery that gives one row at most.
    fn scalar(&mut self, kind: Kind) -> String {
        if kind.has_extremes() && self.choices.below(3) < 2 {
            let query = self.one_aggregate(kind);
            return format!("({query})");
        }
        let (element, is_array) = match kind {
            Kind::Ints => (Kind::Int, true),
            Kind::Texts => (Kind::Text, true),
            _ => (kind, false),
        };
        let (query, _, _) = self.query(Some(&[element]), false);
        if is_array {
            format!("ARRAY(SELECT * FROM ({query}) AS s ORDER BY 1)")
        } else {
            format!("(SELECT * FROM ({query}) AS s ORDER BY 1 LIMIT 1)")
        }
    }

    fn cast(&mut self, kind: Kind) -> String {
        let value = self.value(kind);
        let name = match kind {
            Kind::Enum(at) => self.schema.enums[at].name.clone(),
            _ => self.plain(kind.names()).to_owned(),
        };
        if self.choices.one_in(2) { format!("CAST({value} AS {name})") } else { format!("(({value})::text)::{name}") }
    }

    /// Two expressions of one kind, compared.
    pub(super) fn comparison(&mut self) -> String {
        let kind = self.kind();
        let one = self.value(kind);
        match self.choices.below(9) {
            0 => format!("({one} BETWEEN {} AND {})", self.value(kind), self.value(kind)),
            1 => format!("({one} NOT BETWEEN {} AND {})", self.leaf(kind), self.leaf(kind)),
            2 => format!("({one} IN ({}, {}))", self.value(kind), self.leaf(kind)),
            3 => format!("({one} NOT IN ({}))", self.literal(kind)),
            4 => format!("({one} {} {})", self.plain(&["IS DISTINCT FROM", "IS NOT DISTINCT FROM"]), self.value(kind)),
            5 => format!("({one} {})", self.plain(&["IS NULL", "IS NOT NULL"])),
            _ => {
                let operator = self.plain(&["=", "<>", "<", "<=", ">", ">=", "!="]);
                format!("({one} {operator} {})", self.value(kind))
            }
        }
    }

    /// EXISTS, IN and comparisons with a subquery.
    fn over_query(&mut self) -> String {
        let kind = self.kind();
        let form = self.choices.below(7);
        if form <= 1 {
            let (query, _, _) = self.query(None, false);
            return format!("({} ({query}))", if form == 0 { "EXISTS" } else { "NOT EXISTS" });
        }
        let one = self.value(kind);
        if form == 2 {
            let other = self.value(Kind::Int);
            let (query, _, _) = self.query(Some(&[kind, Kind::Int]), false);
            return format!("(({one}, {other}) IN ({query}))");
        }
        let (query, _, _) = self.query(Some(&[kind]), false);
        let operator = ["IN", "NOT IN", "= ANY", "<> ALL"][form - 3];
        format!("({one} {operator} ({query}))")
    }

    /// A condition that most rows meet.
    pub(super) fn condition(&mut self) -> String {
        match self.choices.below(6) {
            0 => self.value(Kind::Bool),
            1 => {
                let (one, other) = (self.comparison(), self.condition());
                let word = self.plain(&["AND", "OR"]);
                format!("({one} {word} {other})")
            }
            2 | 3 => {
                let kind = self.kind();
                let (column, literal) = (self.leaf(kind), self.literal(kind));
                let operator = self.plain(&["<>", ">=", "<=", "IS DISTINCT FROM", "="]);
                format!("({column} {operator} {literal})")
            }
            4 => format!("({} OR {})", self.value(Kind::Bool), self.comparison()),
            _ if self.choices.one_in(2) => self.filled(Kind::Bool, templates::TESTS),
            _ => {
                let kind = self.kind();
                format!("({} IS NOT NULL)", self.leaf(kind))
            }
        }
    }
}
