//! Aggregates and window functions.

use super::*;

impl Maker<'_, '_> {
    /// An aggregate of a kind, or an expression without one where the kind has none.
    pub(super) fn aggregate(&mut self, kind: Kind) -> String {
        // Its arguments name the columns before grouping, and of this level only: else it would be an outer query's.
        let lowest = std::mem::replace(&mut self.lowest, self.levels.len().saturating_sub(1));
        let grouped = self.levels.last_mut().and_then(|level| level.grouped.take());
        let text = self.plainly(|maker| maker.aggregate_of_columns(kind));
        if let Some(level) = self.levels.last_mut() {
            level.grouped = grouped;
        }
        self.lowest = lowest;
        text.unwrap_or_else(|| self.leaf(kind))
    }

    fn aggregate_of_columns(&mut self, kind: Kind) -> Option<String> {
        let row = if self.choices.below(6) == 5 { self.row() } else { None };
        let call = match (kind, row) {
            (Kind::Bigint, Some(item)) => format!("count({})", item.name),
            (Kind::Jsonb, Some(item)) => format!("jsonb_agg({0} ORDER BY {0})", item.name),
            (Kind::Text, Some(item)) => format!("string_agg({0}::text, ',' ORDER BY {0}::text)", item.name),
            _ => self.plain_aggregate(kind)?,
        };
        Some(if self.choices.one_in(4) { format!("{call} FILTER (WHERE {})", self.condition()) } else { call })
    }

    fn plain_aggregate(&mut self, kind: Kind) -> Option<String> {
        Some(match kind {
            Kind::Ints | Kind::Texts | Kind::Jsonb => self.ordered_aggregate(kind),
            Kind::Text if self.choices.one_in(2) => self.ordered_aggregate(kind),
            _ => {
                let templates = templates::aggregates(kind);
                if kind.has_extremes() && (templates.is_empty() || self.choices.one_in(3)) {
                    let name = self.plain(&["max", "min", "pg_catalog.max", "MIN"]);
                    format!("{name}({})", self.typed_value(kind))
                } else if templates.is_empty() {
                    return None;
                } else {
                    self.filled(kind, templates)
                }
            }
        })
    }

    /// What depends on the order of its rows, with that order.
    fn ordered_aggregate(&mut self, kind: Kind) -> String {
        let element = match kind {
            Kind::Ints => Kind::Int,
            Kind::Texts | Kind::Text => Kind::Text,
            _ => *self.choices.pick(KINDS),
        };
        let value = match (element, self.value(element)) {
            (Kind::Text, value) => format!("({value})::text"),
            (_, value) => value,
        };
        // A subquery that is written twice isn't the same twice once its items have names of their own.
        let distinct = if value.contains("SELECT") { "" } else { self.plain(&["", "", "DISTINCT "]) };
        let direction = self.plain(&["", " DESC", " NULLS FIRST", " DESC NULLS LAST"]);
        match kind {
            Kind::Text => format!("string_agg({distinct}{value}, ',' ORDER BY {value}{direction})"),
            Kind::Jsonb => format!("jsonb_agg({distinct}{value} ORDER BY {value}{direction})"),
            _ => format!("array_agg({distinct}{value} ORDER BY {value}{direction})"),
        }
    }

    /// A window function of a kind, or an aggregate over a window.
    pub(super) fn over_window(&mut self, kind: Kind) -> String {
        let before = std::mem::replace(&mut self.may_window, false);
        let text = self.window_call(kind);
        self.may_window = before;
        text
    }

    fn window_call(&mut self, kind: Kind) -> String {
        let total = self.levels.last().and_then(Level::key);
        let choice = self.choices.below(6);
        if let Some(total) = total.filter(|_| choice >= 2) {
            let total = total.join(", ");
            let call = match kind {
                Kind::Bigint if choice == 2 => "row_number()".to_owned(),
                Kind::Int if choice == 2 => "ntile(3)".to_owned(),
                _ => {
                    let value = self.typed_value(kind);
                    match choice {
                        3 => format!("lag({value})"),
                        4 => format!("lead({value}, 2)"),
                        5 => format!("nth_value({value}, 2)"),
                        _ => format!("{}({value})", self.plain(&["first_value", "last_value"])),
                    }
                }
            };
            let partition = self.partition();
            let frame = self.plain(&[
                "",
                "",
                " ROWS 2 PRECEDING",
                " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
                " ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING",
                " ROWS UNBOUNDED PRECEDING",
                " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
            ]);
            return format!("{call} OVER {}", self.window(format!("{partition}ORDER BY {total}{frame}")));
        }
        let call = match kind {
            Kind::Bigint => self.plain(&["rank()", "dense_rank()", "count(*)"]).to_owned(),
            Kind::Float => self.plain(&["percent_rank()", "cume_dist()"]).to_owned(),
            Kind::Numeric => format!("avg({})", self.value(Kind::Int)),
            Kind::Bool => format!("bool_or({})", self.value(Kind::Bool)),
            _ if kind.has_extremes() => format!("{}({})", self.plain(&["max", "min"]), self.typed_value(kind)),
            _ => return self.leaf(kind),
        };
        let partition = self.partition();
        let order = self.kind();
        let order = self.value(order);
        let direction = self.plain(&["", " DESC", " NULLS FIRST", " DESC NULLS LAST"]);
        let frame = self.plain(&[
            "",
            "",
            " RANGE UNBOUNDED PRECEDING",
            " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
            " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
            " GROUPS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
            " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
        ]);
        let specification = match self.choices.below(5) {
            0 => partition.trim_end().to_owned(),
            1 => {
                let by = self.value(Kind::Int);
                format!("{partition}ORDER BY {by} RANGE BETWEEN 1 PRECEDING AND 2 FOLLOWING")
            }
            _ => format!("{partition}ORDER BY {order}{direction}{frame}"),
        };
        format!("{call} OVER {}", self.window(specification))
    }

    fn partition(&mut self) -> String {
        if self.choices.one_in(2) {
            return String::new();
        }
        let kind = self.kind();
        format!("PARTITION BY {} ", self.value(kind))
    }

    /// The window in place, or by a name that the SELECT defines.
    fn window(&mut self, specification: String) -> String {
        if self.choices.one_in(3) {
            self.windows.push(format!("w{} AS ({specification})", self.windows.len() + 1));
            return format!("w{}", self.windows.len());
        }
        format!("({specification})")
    }

    pub(super) fn typed_value(&mut self, kind: Kind) -> String {
        let value = self.value(kind);
        if kind == Kind::Text { format!("({value})::text") } else { value }
    }
}
