//! What several policy files say together. Allow-lists intersect unless a file adds with `add_…`; denies add up; row
//! filters are ANDed; limits and switches take the stricter; what can't be joined is a fault. Knows nothing of files or
//! defaults.

use std::collections::BTreeMap;

use super::error::{Diagnostics, PolicyError};
use super::layer::{AllowList, FunctionEntry, HistoryLayer, Layer, LimitsLayer, SchemaLayer, TableLayer};
use super::model::{ColumnEffect, Mask, Ruled};

impl Layer {
    /// What this file says on top of what the files that it extends say together.
    #[must_use]
    pub fn join(self, base: Layer, errors: &mut Diagnostics) -> Layer {
        let mut columns = base.columns;
        columns.extend(self.columns);
        Layer {
            // Who the policy is: the extending file's own word, if it has one.
            name: self.name.or(base.name),
            description: self.description.or(base.description),
            extends: Vec::new(),
            role: same(base.role, self.role, errors, |role| format!("another role than `{role}` is set")),
            reveal_denied: both(base.reveal_denied, self.reveal_denied),
            attributes: union(base.attributes, self.attributes, |name, base, own| {
                if base.value != own.value {
                    errors.push(
                        PolicyError::new(own.rule.clone(), format!("the attribute `{name}` has two different types"))
                            .help(format!("the other is at {}", base.rule)),
                    );
                }
                own
            }),
            statements: self.statements.join(base.statements, Vec::new),
            search_path: self.search_path.join(base.search_path, Vec::new),
            columns,
            schemas: union(base.schemas, self.schemas, |_, base, own| own.join(base)),
            tables: join_tables(base.tables, self.tables, errors),
            functions: self.functions.join(base.functions, || vec![FunctionEntry::Builtin]),
            trusted_extensions: self.trusted_extensions.join(base.trusted_extensions, Vec::new),
            limits: self.limits.join(base.limits),
            history: HistoryLayer {
                full: lesser(base.history.full, self.history.full),
                read_all: lesser(base.history.read_all, self.history.read_all),
            },
        }
    }

    /// Reports columns that two rules mask differently, as far as names alone tell; patterns that meet only in the
    /// database are compared when the policy is bound to it.
    pub fn check_masks(&self, errors: &mut Diagnostics) {
        let masks: Vec<_> = self
            .columns
            .iter()
            .filter_map(|rule| match &rule.effect {
                ColumnEffect::Mask(mask) => Some((rule, mask)),
                ColumnEffect::Deny => None,
            })
            .collect();
        for (at, (rule, mask)) in masks.iter().enumerate() {
            let alike = |other: &super::model::ColumnRule| {
                (&other.schema, &other.table, &other.column) == (&rule.schema, &rule.table, &rule.column)
            };
            if let Some((other, _)) = masks.iter().take(at).find(|(other, theirs)| alike(other) && theirs != mask) {
                errors.push(two_masks(&rule.column.0, &rule.rule, &other.rule));
            }
        }
        for ((schema, table), section) in &self.tables {
            for (column, mask) in &section.masks {
                for (rule, other) in &masks {
                    if **other != mask.value && rule.matches(schema, table, column) {
                        errors.push(two_masks(column, &mask.rule, &rule.rule));
                    }
                }
            }
        }
    }
}

fn two_masks(column: &str, rule: &crate::gate::diagnostic::Rule, other: &crate::gate::diagnostic::Rule) -> PolicyError {
    PolicyError::new(rule.clone(), format!("the column `{column}` has two different masks"))
        .help(format!("the other is at {other}; keep one of them, or deny the column"))
}

impl<T: Clone + PartialEq> AllowList<T> {
    /// The intersection where both files have a list, then what this one adds. `default` is what an absent list means
    /// when something is added to it.
    fn join(self, base: Self, default: impl FnOnce() -> Vec<T>) -> Self {
        let allow = match (base.allow, self.allow) {
            (None, own) => own,
            (base, None) => base,
            (Some((_, base)), Some((rule, own))) => {
                let in_base = |one: &Ruled<T>| base.iter().any(|other| other.value == one.value);
                Some((rule, own.into_iter().filter(in_base).collect()))
            }
        };
        let Some(first) = self.add.first() else { return Self { allow, add: Vec::new() } };
        let (rule, mut list) = allow.unwrap_or_else(|| {
            let ruled = |value| Ruled { value, rule: first.rule.clone() };
            (first.rule.clone(), default().into_iter().map(ruled).collect())
        });
        for one in self.add {
            if !list.iter().any(|other| other.value == one.value) {
                list.push(one);
            }
        }
        Self { allow: Some((rule, list)), add: Vec::new() }
    }
}

impl SchemaLayer {
    fn join(self, base: Self) -> Self {
        let mut deny = base.deny;
        deny.extend(self.deny);
        Self { rule: self.rule, access: least(base.access, self.access), deny }
    }
}

fn join_tables(
    base: BTreeMap<(String, String), TableLayer>,
    own: BTreeMap<(String, String), TableLayer>,
    errors: &mut Diagnostics,
) -> BTreeMap<(String, String), TableLayer> {
    let mut tables = base;
    for (key, own) in own {
        let base = tables.remove(&key);
        let joined = own.join(base, errors);
        tables.insert(key, joined);
    }
    tables
}

impl TableLayer {
    fn join(self, base: Option<Self>, errors: &mut Diagnostics) -> Self {
        let listed = self.columns.allow.is_some() || base.as_ref().is_some_and(|base| base.columns.allow.is_some());
        if let Some(first) = self.columns.add.first()
            && !listed
        {
            errors.push(
                PolicyError::new(first.rule.clone(), "there is no `columns` list to add to, so every column is open")
                    .help("write `columns` instead"),
            );
        }
        let Some(base) = base else {
            return Self { columns: self.columns.join(AllowList::default(), Vec::new), ..self };
        };
        let mut deny_columns = base.deny_columns;
        deny_columns.extend(self.deny_columns);
        let mut rows = base.rows;
        // The same condition twice is the same condition.
        rows.extend(
            self.rows.into_iter().filter(|own| !rows.iter().any(|other| other.value == own.value)).collect::<Vec<_>>(),
        );
        Self {
            rule: self.rule,
            access: least(base.access, self.access),
            columns: self.columns.join(base.columns, Vec::new),
            deny_columns,
            masks: union(base.masks, self.masks, |column, base: Ruled<Mask>, own| {
                if base.value != own.value {
                    errors.push(two_masks(column, &own.rule, &base.rule));
                }
                own
            }),
            rows,
            require_where: either(base.require_where, self.require_where),
            max_affected_rows: least(base.max_affected_rows, self.max_affected_rows),
            confirm: either(base.confirm, self.confirm),
            side_effects: both(base.side_effects, self.side_effects),
        }
    }
}

impl LimitsLayer {
    fn join(self, base: Self) -> Self {
        let pace = match (base.pace, self.pace) {
            (Some(base), Some(own)) if own.value.stricter(base.value) == own.value => Some(own),
            (base, own) => base.or(own),
        };
        Self {
            rows: least(base.rows, self.rows),
            bytes: least(base.bytes, self.bytes),
            timeout: least(base.timeout, self.timeout),
            cost: least(base.cost, self.cost),
            pace,
            burst: least(base.burst, self.burst),
            concurrency: least(base.concurrency, self.concurrency),
        }
    }
}

/// The smaller of two values, where both are said.
fn least<T: PartialOrd>(base: Option<Ruled<T>>, own: Option<Ruled<T>>) -> Option<Ruled<T>> {
    match (base, own) {
        (Some(base), Some(own)) => Some(if own.value <= base.value { own } else { base }),
        (base, own) => base.or(own),
    }
}

/// A switch that loosens: on only if every file that speaks of it turns it on.
fn both(base: Option<Ruled<bool>>, own: Option<Ruled<bool>>) -> Option<Ruled<bool>> {
    least(base, own)
}

/// The same without a place.
fn lesser(base: Option<bool>, own: Option<bool>) -> Option<bool> {
    match (base, own) {
        (Some(base), Some(own)) => Some(base && own),
        (base, own) => base.or(own),
    }
}

/// A switch that tightens: on if any file turns it on.
fn either(base: Option<Ruled<bool>>, own: Option<Ruled<bool>>) -> Option<Ruled<bool>> {
    match (base, own) {
        (Some(base), Some(own)) => Some(if base.value { base } else { own }),
        (base, own) => base.or(own),
    }
}

/// A value that all files must agree on.
fn same(
    base: Option<Ruled<String>>,
    own: Option<Ruled<String>>,
    errors: &mut Diagnostics,
    message: impl FnOnce(&str) -> String,
) -> Option<Ruled<String>> {
    if let (Some(base), Some(own)) = (&base, &own)
        && base.value != own.value
    {
        let error = PolicyError::new(own.rule.clone(), message(&base.value));
        errors.push(error.help(format!("the other is at {}", base.rule)));
    }
    own.or(base)
}

/// All entries of both; `join` makes one of two with the same key.
fn union<K: Ord, V>(base: BTreeMap<K, V>, own: BTreeMap<K, V>, mut join: impl FnMut(&K, V, V) -> V) -> BTreeMap<K, V> {
    let mut all = base;
    for (key, own) in own {
        let value = match all.remove(&key) {
            Some(base) => join(&key, base, own),
            None => own,
        };
        all.insert(key, value);
    }
    all
}
