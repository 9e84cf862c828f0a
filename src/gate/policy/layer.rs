//! One policy file by itself: what it says and what it leaves open, before `extends` and defaults. Knows nothing of
//! other files.

mod checks;

use std::collections::BTreeMap;
use std::time::Duration;

use self::checks::{access, condition, exact_names, extensions, functions, name, role};
use super::error::{Diagnostics, PolicyError};
use super::keys;
use super::model::{Access, AttributeType, ColumnRule, Glob, Mask, Ruled, StatementKind};
use super::names;
use super::raw::{Document, Entry, Section};
use super::values::Pace;
use crate::gate::diagnostic::Rule;

/// What one file says.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    pub name: Option<Ruled<String>>,
    pub description: Option<Ruled<String>>,
    pub extends: Vec<Ruled<String>>,
    pub role: Option<Ruled<String>>,
    pub reveal_denied: Option<Ruled<bool>>,
    pub attributes: BTreeMap<String, Ruled<AttributeType>>,
    pub statements: AllowList<StatementKind>,
    pub search_path: AllowList<String>,
    pub columns: Vec<ColumnRule>,
    pub schemas: BTreeMap<String, SchemaLayer>,
    pub tables: BTreeMap<(String, String), TableLayer>,
    pub functions: AllowList<FunctionEntry>,
    pub trusted_extensions: AllowList<String>,
    pub limits: LimitsLayer,
    pub history: HistoryLayer,
}

/// A list of what is allowed and what is added to the extended files' list.
#[derive(Debug, Clone)]
pub struct AllowList<T> {
    /// The list, and where it is written; `None` where it isn't.
    pub allow: Option<(Rule, Vec<Ruled<T>>)>,
    /// The `add_…` list.
    pub add: Vec<Ruled<T>>,
}

impl<T> Default for AllowList<T> {
    fn default() -> Self {
        Self { allow: None, add: Vec::new() }
    }
}

/// One entry of `[functions] allow`.
#[derive(Debug, Clone, PartialEq)]
pub enum FunctionEntry {
    /// `@builtin`.
    Builtin,
    /// Schema and signature.
    Named(String, String),
}

/// `[schemas.…]` of one file.
#[derive(Debug, Clone)]
pub struct SchemaLayer {
    pub rule: Rule,
    pub access: Option<Ruled<Access>>,
    pub deny: Vec<Ruled<Glob>>,
}

/// `[tables."…"]` of one file.
#[derive(Debug, Clone)]
pub struct TableLayer {
    pub rule: Rule,
    pub access: Option<Ruled<Access>>,
    pub columns: AllowList<String>,
    pub deny_columns: Vec<Ruled<String>>,
    pub masks: BTreeMap<String, Ruled<Mask>>,
    pub rows: Vec<Ruled<String>>,
    pub require_where: Option<Ruled<bool>>,
    pub max_affected_rows: Option<Ruled<u64>>,
    pub confirm: Option<Ruled<bool>>,
    pub side_effects: Option<Ruled<bool>>,
}

/// `[limits]` of one file.
#[derive(Debug, Clone, Default)]
pub struct LimitsLayer {
    pub rows: Option<Ruled<u64>>,
    pub bytes: Option<Ruled<u64>>,
    pub timeout: Option<Ruled<Duration>>,
    pub cost: Option<Ruled<u64>>,
    pub pace: Option<Ruled<Pace>>,
    pub burst: Option<Ruled<u64>>,
    pub concurrency: Option<Ruled<u64>>,
}

/// `[history]` of one file.
#[derive(Debug, Clone, Default)]
pub struct HistoryLayer {
    /// `record = "full"`.
    pub full: Option<bool>,
    /// `read = "all"`.
    pub read_all: Option<bool>,
}

impl Layer {
    /// Reads a file. Faults are reported; what is faulty is left out.
    pub fn read(file: &str, text: &str, errors: &mut Diagnostics) -> Self {
        let document = Document::new(file, text, keys::ALL);
        let Some(tree) = document.parse(errors) else { return Self::default() };
        let mut top = document.top(&tree);
        let mut layer = Self::default();
        match top.entry(&keys::VERSION) {
            Some(entry) => {
                entry.count(errors);
            }
            None => {
                let rule = Rule { key: "version".to_owned(), ..top.rule() };
                errors.push(
                    PolicyError::new(rule, "`version` is missing").help("write `version = 1` at the top of the file"),
                );
            }
        }
        layer.name = top.entry(&keys::NAME).and_then(|entry| name(&entry, errors));
        layer.description = top.entry(&keys::DESCRIPTION).and_then(|entry| entry.text(errors));
        layer.extends = top.entry(&keys::EXTENDS).and_then(|entry| entry.texts(errors)).unwrap_or_default();
        layer.role = top.entry(&keys::ROLE).and_then(|entry| role(&entry, errors));
        layer.reveal_denied = top.entry(&keys::REVEAL_DENIED).and_then(|entry| entry.bool(errors));
        layer.read_attributes(&mut top, errors);
        layer.read_statements(&mut top, errors);
        layer.read_search_path(&mut top, errors);
        layer.read_columns(&mut top, errors);
        layer.read_schemas(&mut top, errors);
        layer.read_tables(&mut top, errors);
        layer.read_functions(&mut top, errors);
        layer.limits = LimitsLayer::read(&mut top, errors);
        layer.history = HistoryLayer::read(&mut top, errors);
        top.finish(errors);
        layer
    }

    fn read_attributes(&mut self, top: &mut Section<'_>, errors: &mut Diagnostics) {
        let Some(mut section) = top.section("attributes", "attributes", errors) else { return };
        for (name, entry) in section.all(Some(&keys::ATTRIBUTES)) {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if !name.starts_with(|c: char| c.is_ascii_lowercase())
                || !name.chars().all(plain)
                || name.len() > names::NAME_BYTES
            {
                errors.push(
                    entry
                        .error(format!("`{name}` can't name an attribute"))
                        .help("lower-case letters, digits and underscores, a letter first"),
                );
            } else if let Some(ty) = entry.attribute_type(errors) {
                self.attributes.insert(name, ty);
            }
        }
        section.finish(errors);
    }

    fn read_statements(&mut self, top: &mut Section<'_>, errors: &mut Diagnostics) {
        let Some(mut section) = top.section("statements", "statements", errors) else { return };
        let kinds = |entry: &Entry<'_>, errors: &mut Diagnostics| {
            let words = entry.words(errors)?;
            let kind =
                |word: Ruled<&str>| StatementKind::named(word.value).map(|value| Ruled { value, rule: word.rule });
            Some(words.into_iter().filter_map(kind).collect::<Vec<_>>())
        };
        if let Some(entry) = section.entry(&keys::STATEMENTS_ALLOW) {
            self.statements.allow = kinds(&entry, errors).map(|list| (entry.rule.clone(), list));
        }
        if let Some(entry) = section.entry(&keys::STATEMENTS_ADD) {
            self.statements.add = kinds(&entry, errors).unwrap_or_default();
        }
        section.finish(errors);
    }

    fn read_search_path(&mut self, top: &mut Section<'_>, errors: &mut Diagnostics) {
        let Some(mut section) = top.section("search_path", "search_path", errors) else { return };
        if let Some(entry) = section.entry(&keys::SEARCH_PATH) {
            self.search_path.allow = exact_names(&entry, errors).map(|list| (entry.rule.clone(), list));
        }
        if let Some(entry) = section.entry(&keys::SEARCH_PATH_ADD) {
            self.search_path.add = exact_names(&entry, errors).unwrap_or_default();
        }
        section.finish(errors);
    }

    fn read_columns(&mut self, top: &mut Section<'_>, errors: &mut Diagnostics) {
        let Some(mut section) = top.section("columns", "columns", errors) else { return };
        for (pattern, entry) in section.all(Some(&keys::COLUMNS)) {
            let parts = names::dotted(&pattern);
            let Some(effect) = entry.column_effect(errors) else { continue };
            let glob = |name: &String| Glob(name.clone());
            let (schema, table, column) = match parts.as_deref() {
                Ok([table, column]) => (None, glob(table), glob(column)),
                Ok([schema, table, column]) => (Some(glob(schema)), glob(table), glob(column)),
                Ok(_) => {
                    errors.push(
                        entry
                            .error(format!("`{pattern}` is not a pattern of columns"))
                            .help(format!("`table.column` or `schema.table.column`, as in `\"*.{pattern}\"`")),
                    );
                    continue;
                }
                Err(message) => {
                    errors.push(entry.error(message.clone()));
                    continue;
                }
            };
            self.columns.push(ColumnRule { schema, table, column, effect: effect.value, rule: effect.rule });
        }
        section.finish(errors);
    }

    fn read_schemas(&mut self, top: &mut Section<'_>, errors: &mut Diagnostics) {
        let Some(mut section) = top.section("schemas", "schemas", errors) else { return };
        for (name, entry) in section.all(None) {
            let Some(mut schema) = entry.section("schemas.<schema>", errors) else { continue };
            if let Err(message) = names::checked(name.clone(), &name) {
                errors.push(entry.error(message));
            } else if names::is_system_schema(&name) {
                errors
                    .push(entry.error(format!("the schema `{name}` belongs to PostgreSQL and can't be opened")).help(
                    "tables and columns are listed by `information_schema.tables` and `information_schema.columns`, \
                         which pgwicket answers from what the policy makes visible",
                ));
            }
            let access = schema.entry(&keys::SCHEMA_ACCESS).and_then(|entry| access(&entry, errors));
            let deny =
                schema.entry(&keys::SCHEMA_DENY).and_then(|entry| exact_names(&entry, errors)).unwrap_or_default();
            let deny = deny.into_iter().map(|one| Ruled { value: Glob(one.value), rule: one.rule }).collect();
            self.schemas.insert(name, SchemaLayer { rule: schema.rule(), access, deny });
            schema.finish(errors);
        }
        section.finish(errors);
    }

    fn read_tables(&mut self, top: &mut Section<'_>, errors: &mut Diagnostics) {
        let Some(mut section) = top.section("tables", "tables", errors) else { return };
        for (name, entry) in section.all(None) {
            let Some(table) = entry.section("tables.<table>", errors) else { continue };
            let parts = names::dotted(&name);
            match parts.as_deref() {
                Ok([schema, relation]) => {
                    let key = (schema.clone(), relation.clone());
                    let layer = TableLayer::read(table, errors);
                    if let Some(other) = self.tables.insert(key, layer) {
                        errors.push(entry.error(format!(
                            "the table `{name}` has two sections; the other is on line {}",
                            other.rule.line
                        )));
                    }
                }
                Ok(_) => errors.push(
                    entry
                        .error(format!("`{name}` doesn't name exactly a schema and a table"))
                        .help("write `[tables.\"schema.table\"]`, both names inside one pair of quotes"),
                ),
                Err(message) => errors.push(entry.error(message.clone())),
            }
        }
        section.finish(errors);
    }

    fn read_functions(&mut self, top: &mut Section<'_>, errors: &mut Diagnostics) {
        let Some(mut section) = top.section("functions", "functions", errors) else { return };
        if let Some(entry) = section.entry(&keys::FUNCTIONS_ALLOW) {
            self.functions.allow = functions(&entry, errors).map(|list| (entry.rule.clone(), list));
        }
        if let Some(entry) = section.entry(&keys::FUNCTIONS_ADD) {
            self.functions.add = functions(&entry, errors).unwrap_or_default();
        }
        if let Some(entry) = section.entry(&keys::TRUSTED_EXTENSIONS) {
            self.trusted_extensions.allow = extensions(&entry, errors).map(|list| (entry.rule.clone(), list));
        }
        section.finish(errors);
    }
}

impl TableLayer {
    fn read(mut table: Section<'_>, errors: &mut Diagnostics) -> Self {
        let mut columns = AllowList::default();
        if let Some(entry) = table.entry(&keys::TABLE_COLUMNS) {
            columns.allow = exact_names(&entry, errors).map(|list| (entry.rule.clone(), list));
        }
        if let Some(entry) = table.entry(&keys::TABLE_COLUMNS_ADD) {
            columns.add = exact_names(&entry, errors).unwrap_or_default();
        }
        let mut masks = BTreeMap::new();
        if let Some(mut section) = table.section("mask", "tables.<table>.mask", errors) {
            for (column, entry) in section.all(Some(&keys::TABLE_MASK)) {
                if let Err(message) = names::checked(column.clone(), &column) {
                    errors.push(entry.error(message));
                } else if let Some(mask) = entry.mask(errors) {
                    masks.insert(column, mask);
                }
            }
            section.finish(errors);
        }
        let deny = table.entry(&keys::TABLE_DENY_COLUMNS).and_then(|entry| exact_names(&entry, errors));
        let layer = Self {
            rule: table.rule(),
            access: table.entry(&keys::TABLE_ACCESS).and_then(|entry| access(&entry, errors)),
            columns,
            deny_columns: deny.unwrap_or_default(),
            masks,
            rows: table.entry(&keys::TABLE_ROWS).and_then(|entry| condition(&entry, errors)).into_iter().collect(),
            require_where: table.entry(&keys::REQUIRE_WHERE).and_then(|entry| entry.bool(errors)),
            max_affected_rows: table.entry(&keys::MAX_AFFECTED_ROWS).and_then(|entry| entry.count(errors)),
            confirm: table.entry(&keys::CONFIRM).and_then(|entry| entry.bool(errors)),
            side_effects: table.entry(&keys::SIDE_EFFECTS).and_then(|entry| entry.bool(errors)),
        };
        table.finish(errors);
        layer
    }
}

impl LimitsLayer {
    fn read(top: &mut Section<'_>, errors: &mut Diagnostics) -> Self {
        let Some(mut section) = top.section("limits", "limits", errors) else { return Self::default() };
        let layer = Self {
            rows: section.entry(&keys::LIMIT_ROWS).and_then(|entry| entry.count(errors)),
            bytes: section.entry(&keys::LIMIT_BYTES).and_then(|entry| entry.bytes(errors)),
            timeout: section.entry(&keys::LIMIT_TIMEOUT).and_then(|entry| entry.span(errors)),
            cost: section.entry(&keys::LIMIT_COST).and_then(|entry| entry.count(errors)),
            pace: section.entry(&keys::LIMIT_RATE).and_then(|entry| entry.pace(errors)),
            burst: section.entry(&keys::LIMIT_BURST).and_then(|entry| entry.count(errors)),
            concurrency: section.entry(&keys::LIMIT_CONCURRENCY).and_then(|entry| entry.count(errors)),
        };
        section.finish(errors);
        layer
    }
}

impl HistoryLayer {
    fn read(top: &mut Section<'_>, errors: &mut Diagnostics) -> Self {
        let Some(mut section) = top.section("history", "history", errors) else { return Self::default() };
        let record = section.entry(&keys::HISTORY_RECORD).and_then(|entry| entry.word(errors));
        let read = section.entry(&keys::HISTORY_READ).and_then(|entry| entry.word(errors));
        section.finish(errors);
        Self { full: record.map(|word| word.value == "full"), read_all: read.map(|word| word.value == "all") }
    }
}
