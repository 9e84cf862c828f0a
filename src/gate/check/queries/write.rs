//! Writes. What a write leaves behind has to be the same whatever the plan, so an UPDATE takes its values from the row that it
//! changes, or from an item of one row.

use super::*;

impl Maker<'_, '_> {
    /// INSERT, UPDATE, DELETE or MERGE, some of the first three behind a CTE that writes, too; `None` where no table may be written.
    pub(super) fn write(&mut self) -> Option<String> {
        let all: Vec<&Table> = self.schema.tables.iter().filter(|table| table.is_writable).collect();
        if all.is_empty() {
            return None;
        }
        let table = (*self.choices.pick(&all)).clone();
        self.is_protected |= table.is_protected;
        let known = self.ctes.len();
        let others: Vec<&Table> = all.into_iter().filter(|other| other.name != table.name).collect();
        let with = match self.choices.below(7) {
            5 => self.with(),
            // Of another table: which of two writes of one row counts, PostgreSQL doesn't say.
            6 if !others.is_empty() => {
                let other = (*self.choices.pick(&others)).clone();
                self.is_protected |= other.is_protected;
                let write = self.write_of(&other);
                format!("WITH {} AS ({write}) ", self.new_name())
            }
            _ => String::new(),
        };
        let text = match with.is_empty() && self.schema.version >= 15 && self.choices.below(5) == 4 {
            true => self.merge_into(&table),
            false => self.write_of(&table),
        };
        self.ctes.truncate(known);
        Some(format!("{with}{text}"))
    }

    fn write_of(&mut self, table: &Table) -> String {
        match self.choices.below(3) {
            0 => self.insert(table),
            1 => self.update(table),
            _ => self.delete(table),
        }
    }

    fn insert(&mut self, table: &Table) -> String {
        let columns: Vec<Column> = table.columns.iter().filter(|one| one.kind != Kind::Other).cloned().collect();
        let kept = columns.len() - self.choices.below(2).min(columns.len() - 1);
        let columns: Vec<Column> = columns.into_iter().take(kept).collect();
        let kinds: Vec<Kind> = columns.iter().map(|column| column.kind).collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let arbiter = table.key.clone().filter(|_| self.choices.one_in(2));
        let rows = match self.choices.below(3) {
            // Which of two rows with one key comes first, a query leaves open.
            0 if arbiter.is_none() => {
                let (query, _, _) = self.select(Some(&kinds), true);
                query
            }
            _ => {
                let count = 1 + self.choices.below(2);
                let rows = self.list(count, |maker| {
                    let mut at = 0;
                    let row = maker.list(kinds.len(), |maker| {
                        at += 1;
                        match maker.choices.below(6) {
                            0 => "DEFAULT".to_owned(),
                            1 => maker.value(kinds[at - 1]),
                            _ if at == 1 && kinds[0] == Kind::Int && arbiter.is_some() => {
                                format!("{}", 1 + maker.choices.below(20))
                            }
                            // Most keys are new.
                            _ if at == 1 && kinds[0] == Kind::Int => format!("{}", 100 + maker.choices.below(200)),
                            _ => maker.literal(kinds[at - 1]),
                        }
                    });
                    format!("({row})")
                });
                format!("VALUES {rows}")
            }
        };
        let name = self.new_name();
        let conflict = arbiter.map(|key| self.on_conflict(&name, table, &key)).unwrap_or_default();
        let returning = self.returning(&name, &table.columns, Vec::new());
        format!(
            "INSERT INTO {}.{} AS {name} ({}) {rows}{conflict}{returning}",
            table.schema,
            table.name,
            names.join(", ")
        )
    }

    fn on_conflict(&mut self, name: &str, table: &Table, key: &[String]) -> String {
        let arbiter = key.join(", ");
        if self.choices.one_in(3) {
            return format!(" ON CONFLICT ({arbiter}) DO NOTHING");
        }
        self.levels.push(Level::default());
        self.push(name.to_owned(), table.columns.clone(), None, true);
        self.push("excluded".to_owned(), table.columns.clone(), None, false);
        let set = self.assignments(table);
        let filter = if self.choices.one_in(2) { format!(" WHERE {}", self.condition()) } else { String::new() };
        self.levels.pop();
        format!(" ON CONFLICT ({arbiter}) DO UPDATE SET {set}{filter}")
    }

    /// MERGE, from rows of which no two have the same key.
    fn merge_into(&mut self, table: &Table) -> String {
        let name = self.target(table);
        let (from, source) = self.source();
        let key = table.columns.iter().find(|column| column.kind == Kind::Int).map_or("NULL", |one| one.name.as_str());
        let on = format!(
            "{name}.{key} = {}.{}",
            source.name,
            source.key.iter().flatten().next().map_or("k", String::as_str)
        );
        if let Some(level) = self.levels.last_mut() {
            level.items.push(source.clone());
        }
        let mut clauses = String::new();
        for _ in 0..1 + self.choices.below(2) {
            let filter = if self.choices.one_in(2) { format!(" AND {}", self.condition()) } else { String::new() };
            let action = match self.choices.below(4) {
                0 => "DELETE".to_owned(),
                1 => "DO NOTHING".to_owned(),
                _ => format!("UPDATE SET {}", self.assignments(table)),
            };
            clauses.push_str(&format!(" WHEN MATCHED{filter} THEN {action}"));
        }
        // A row that isn't there can't be named.
        if let Some(level) = self.levels.last_mut() {
            level.items.retain(|item| item.name == source.name);
        }
        if self.choices.below(3) < 2 {
            let columns: Vec<&Column> = table.columns.iter().filter(|one| one.kind != Kind::Other).collect();
            let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            let values: Vec<String> = columns.iter().map(|column| self.value(column.kind)).collect();
            clauses.push_str(&format!(
                " WHEN NOT MATCHED THEN INSERT ({}) VALUES ({})",
                names.join(", "),
                values.join(", ")
            ));
        }
        self.levels.pop();
        format!("MERGE INTO {}.{} AS {name} USING {from} ON {on}{clauses}", table.schema, table.name)
    }

    /// What is merged: a table by its key, or a list of rows.
    fn source(&mut self) -> (String, Item) {
        let name = self.new_name();
        let is_int =
            |table: &&Table, key: &str| table.columns.iter().any(|one| one.name == key && one.kind == Kind::Int);
        let keyed = |table: &&Table| matches!(table.key.as_deref(), Some([key]) if is_int(table, key));
        let tables: Vec<&Table> = self.schema.tables.iter().filter(|one| !one.is_writable && keyed(one)).collect();
        if !tables.is_empty() && self.choices.one_in(2) {
            let table = (*self.choices.pick(&tables)).clone();
            self.is_protected |= table.is_protected;
            let text = format!("{}.{} AS {name}", table.schema, table.name);
            return (text, Item { name, columns: table.columns, key: table.key, has_row: true });
        }
        let first = self.choices.below(15);
        let count = 1 + self.choices.below(3);
        let mut at = first;
        let rows = self.list(count, |maker| {
            at += 1;
            format!("({at}, {}::text)", maker.literal(Kind::Text))
        });
        let column = |name: &str, kind| Column { name: name.to_owned(), kind };
        let columns = vec![column("k", Kind::Int), column("v", Kind::Text)];
        let text = format!("(VALUES {rows}) AS {name} (k, v)");
        (text, Item { name, columns, key: Some(vec!["k".to_owned()]), has_row: false })
    }

    fn update(&mut self, table: &Table) -> String {
        let name = self.target(table);
        let from = if self.choices.one_in(2) { self.one_row() } else { None };
        let set = self.assignments(table);
        // What only decides which rows are changed may come from many.
        let many = if self.choices.below(4) == 3 { Some(self.other_item()) } else { None };
        let all: Vec<String> = [from.map(|(text, _)| text), many].into_iter().flatten().collect();
        let from = if all.is_empty() { String::new() } else { format!(" FROM {}", all.join(", ")) };
        let filter = self.condition();
        let item = self.levels.pop().map(|level| level.items).unwrap_or_default();
        let others = item.into_iter().filter(|item| item.key.as_ref().is_some_and(Vec::is_empty)).collect();
        let returning = self.returning(&name, &table.columns, others);
        format!("UPDATE {}.{} AS {name} SET {set}{from} WHERE {filter}{returning}", table.schema, table.name)
    }

    fn delete(&mut self, table: &Table) -> String {
        let name = self.target(table);
        let using = if self.choices.one_in(2) { format!(" USING {}", self.other_item()) } else { String::new() };
        let filter = self.condition();
        self.levels.pop();
        let returning = self.returning(&name, &table.columns, Vec::new());
        format!("DELETE FROM {}.{} AS {name}{using} WHERE {filter}{returning}", table.schema, table.name)
    }

    fn assignments(&mut self, table: &Table) -> String {
        let columns: Vec<Column> = table.columns.iter().filter(|one| one.kind != Kind::Other).cloned().collect();
        let first = self.choices.below(columns.len());
        let count = (1 + self.choices.below(2)).min(columns.len() - first);
        let mut at = first;
        self.list(count, |maker| {
            let column = &columns[at];
            at += 1;
            if maker.choices.below(7) == 6 {
                return format!("{} = DEFAULT", column.name);
            }
            format!("{} = {}", column.name, maker.value(column.kind))
        })
    }

    /// A level with the target alone.
    fn target(&mut self, table: &Table) -> String {
        let name = self.new_name();
        self.levels.push(Level::default());
        self.push(name.clone(), table.columns.clone(), None, true);
        name
    }

    /// An item of FROM with one row; it can't name the target, so that is put away meanwhile.
    fn one_row(&mut self) -> Option<(String, Item)> {
        let kind = *self.choices.pick(&[Kind::Int, Kind::Text, Kind::Date]);
        let away = self.levels.pop();
        let query = self.one_aggregate(kind);
        self.levels.extend(away);
        let name = self.new_name();
        let columns = vec![Column { name: "m".to_owned(), kind }];
        // An empty key: there is one row.
        let item = Item { name: name.clone(), columns, key: Some(Vec::new()), has_row: true };
        self.levels.last_mut()?.items.push(item.clone());
        Some((format!("({query}) AS {name} (m)"), item))
    }

    /// A relation beside the target.
    fn other_item(&mut self) -> String {
        let away = self.levels.last_mut().map(std::mem::take).unwrap_or_default();
        let text = self.plainly(|maker| maker.factor(false));
        if let Some(level) = self.levels.last_mut() {
            let brought = std::mem::replace(level, away);
            level.items.extend(brought.items);
        }
        text
    }

    fn returning(&mut self, name: &str, columns: &[Column], others: Vec<Item>) -> String {
        if self.choices.one_in(3) {
            return String::new();
        }
        self.levels.push(Level::default());
        self.push(name.to_owned(), columns.to_vec(), None, true);
        if let Some(level) = self.levels.last_mut() {
            level.items.extend(others);
        }
        let count = 1 + self.choices.below(3);
        let list = match self.choices.below(5) {
            0 => format!("{name}.*"),
            1 => format!("to_jsonb({name}) AS o1"),
            _ => {
                let mut at = 0;
                self.list(count, |maker| {
                    at += 1;
                    let kind = maker.kind();
                    format!("{} AS o{at}", maker.value(kind))
                })
            }
        };
        self.levels.pop();
        format!(" RETURNING {list}")
    }
}
