//! From text to meaning: reads a policy and all that it extends, joins them, fills in the defaults and checks what can
//! be checked without a database. Reads no file itself: the caller's loader does.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::{Diagnostics, PolicyError};
use super::layer::{AllowList, FunctionEntry, Layer, LimitsLayer};
use super::model::{FunctionRules, HistoryRules, Limits, Policy, Rate, Ruled, SchemaRule, TableRule};
use crate::gate::diagnostic::Rule;

/// Gives the text of an extended file: from its path to the name that errors show, and the text. The error is a
/// sentence.
pub type Load<'l> = dyn FnMut(&str) -> Result<(String, String), String> + 'l;

/// How many files may extend each other in a row.
const MOST_DEPTH: usize = 8;

/// How many files a policy may be made of.
const MOST_FILES: usize = 64;

/// The longest text of a policy file, in bytes.
const MOST_TEXT: usize = 1 << 20;

impl Policy {
    /// Reads a policy. `file` is the name that errors and rules show, and paths in `extends` are taken from its
    /// directory; `load` reads an extended file by such a joined path.
    ///
    /// # Errors
    /// Every fault of the policy and of the files it extends.
    pub fn parse(file: &str, text: &str, load: &mut Load<'_>) -> Result<Policy, Diagnostics> {
        let mut reader = Reader { load, errors: Diagnostics::default(), hash: Sha256::new(), files: 0 };
        let layer = reader.read(file, text, &mut Vec::new());
        let Reader { mut errors, hash, .. } = reader;
        layer.check_masks(&mut errors);
        let mut policy = settle(layer, file, &mut errors);
        policy.digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        errors.result(policy)
    }
}

struct Reader<'r, 'l> {
    load: &'r mut Load<'l>,
    errors: Diagnostics,
    hash: Sha256,
    files: usize,
}

impl Reader<'_, '_> {
    /// Reads one file and what it extends; `path` holds the files on the way to it.
    fn read(&mut self, file: &str, text: &str, path: &mut Vec<String>) -> Layer {
        self.files += 1;
        // The length keeps two files from being hashed like one.
        self.hash.update((text.len() as u64).to_be_bytes());
        self.hash.update(text.as_bytes());
        if text.len() > MOST_TEXT {
            let rule = Rule { file: file.to_owned(), line: 1, key: String::new() };
            self.errors.push(PolicyError::new(rule, format!("the file is larger than {MOST_TEXT} bytes")));
            return Layer::default();
        }
        let mut own = Layer::read(file, text, &mut self.errors);
        path.push(file.to_owned());
        let mut base: Option<Layer> = None;
        for extended in std::mem::take(&mut own.extends) {
            let Some(layer) = self.extended(file, &extended, path) else { continue };
            base = Some(match base {
                Some(others) => layer.join(others, &mut self.errors),
                None => layer,
            });
        }
        path.pop();
        own.join(base.unwrap_or_default(), &mut self.errors)
    }

    fn extended(&mut self, from: &str, extended: &Ruled<String>, path: &mut Vec<String>) -> Option<Layer> {
        let fault = |message: String| Some(PolicyError::new(extended.rule.clone(), message));
        let directory = Path::new(from).parent().unwrap_or(Path::new(""));
        let joined = directory.join(&extended.value).to_string_lossy().into_owned();
        let error = if path.len() > MOST_DEPTH {
            fault(format!("more than {MOST_DEPTH} files extend each other in a row"))
        } else if self.files >= MOST_FILES {
            fault(format!("the policy is made of more than {MOST_FILES} files"))
        } else {
            match (self.load)(&joined) {
                Err(why) => fault(format!("`{joined}` can't be read: {why}")),
                Ok((name, _)) if path.contains(&name) => {
                    let round: Vec<&str> = path.iter().map(String::as_str).chain([name.as_str()]).collect();
                    fault(format!("the files extend each other in a circle: {}", round.join(" → ")))
                }
                Ok((name, text)) => return Some(self.read(&name, &text, path)),
            }
        };
        self.errors.0.extend(error);
        None
    }
}

/// The joined layers with defaults filled in.
fn settle(layer: Layer, file: &str, errors: &mut Diagnostics) -> Policy {
    // A file that couldn't be parsed, or whose name is faulty, has been told so.
    let told = |error: &PolicyError| error.rule.file == file && (error.rule.key.is_empty() || error.rule.key == "name");
    if layer.name.is_none() && !errors.0.iter().any(told) {
        let rule = Rule { file: file.to_owned(), line: 1, key: "name".to_owned() };
        errors.push(PolicyError::new(rule, "`name` is missing").help("write `name = \"…\"` at the top of the file"));
    }
    check_tables(&layer, errors);
    check_search_path(&layer, errors);
    let mut schemas = BTreeMap::new();
    for (name, schema) in layer.schemas {
        match schema.access {
            Some(access) => drop(schemas.insert(name, SchemaRule { access, deny: schema.deny })),
            // There is one, it is faulty, and that has been told.
            None if errors.0.iter().any(|error| error.rule.key == format!("{}.access", schema.rule.key)) => {}
            None => errors.push(
                PolicyError::new(schema.rule, format!("`access` is missing for the schema `{name}`"))
                    .help("write `access = \"read\"`, `\"write\"` or `\"listed\"`"),
            ),
        }
    }
    let tables = layer.tables.into_iter().map(|(key, table)| {
        let rule = TableRule {
            rule: table.rule,
            access: table.access,
            columns: table
                .columns
                .allow
                .map(|(rule, list)| Ruled { value: list.into_iter().map(|one| one.value).collect(), rule }),
            deny_columns: table.deny_columns,
            masks: table.masks,
            rows: table.rows,
            require_where: table.require_where.filter(|wanted| wanted.value).map(|wanted| wanted.rule),
            max_affected_rows: table.max_affected_rows,
            confirm: table.confirm.filter(|wanted| wanted.value).map(|wanted| wanted.rule),
            side_effects: table.side_effects.is_some_and(|wanted| wanted.value),
        };
        (key, rule)
    });
    Policy {
        name: layer.name.map(|name| name.value).unwrap_or_default(),
        description: layer.description.map(|text| text.value).unwrap_or_default(),
        digest: String::new(),
        role: layer.role.map(|role| role.value),
        reveal_denied: layer.reveal_denied.is_some_and(|wanted| wanted.value),
        attributes: layer.attributes.into_iter().map(|(name, ty)| (name, ty.value)).collect(),
        statements: list(layer.statements).into_iter().map(|one| (one.value, one.rule)).collect(),
        search_path_rule: layer.search_path.allow.as_ref().map(|(rule, _)| rule.clone()),
        search_path: list(layer.search_path).into_iter().map(|one| one.value).collect(),
        columns: layer.columns,
        schemas,
        tables: tables.collect(),
        functions: functions(layer.functions, layer.trusted_extensions),
        limits: limits(layer.limits, errors),
        history: HistoryRules {
            full: layer.history.full.unwrap_or(false),
            read_all: layer.history.read_all.unwrap_or(false),
        },
    }
}

fn list<T>(list: AllowList<T>) -> Vec<Ruled<T>> {
    list.allow.map(|(_, list)| list).unwrap_or_default()
}

/// A table's section needs its schema's: a rule on something invisible would never be looked at.
fn check_tables(layer: &Layer, errors: &mut Diagnostics) {
    for ((schema, table), section) in &layer.tables {
        if !layer.schemas.contains_key(schema) {
            errors.push(
                PolicyError::new(
                    section.rule.clone(),
                    format!("the schema `{schema}` is not opened, so the rules for `{schema}.{table}` mean nothing"),
                )
                .help(format!("add `[schemas.{schema}]` with `access = \"listed\"` to open only the tables named")),
            );
        }
    }
}

/// A schema that is looked in without being opened is a slip of the pen.
fn check_search_path(layer: &Layer, errors: &mut Diagnostics) {
    let has_function = |schema: &str| {
        layer
            .functions
            .allow
            .iter()
            .flat_map(|(_, list)| list)
            .any(|entry| matches!(&entry.value, FunctionEntry::Named(of, _) if of == schema))
    };
    for one in layer.search_path.allow.iter().flat_map(|(_, list)| list) {
        if !layer.schemas.contains_key(&one.value) && !has_function(&one.value) {
            errors.push(
                PolicyError::new(one.rule.clone(), format!("the schema `{}` is not opened", one.value))
                    .help(format!("add `[schemas.{}]`, or leave it out of the search path", one.value)),
            );
        }
    }
}

fn functions(entries: AllowList<FunctionEntry>, extensions: AllowList<String>) -> FunctionRules {
    let (explicit, trusted_extensions) = (entries.allow.is_some(), list(extensions));
    let mut rules = FunctionRules { builtin: None, explicit, allow: Vec::new(), trusted_extensions };
    for entry in list(entries) {
        match entry.value {
            FunctionEntry::Builtin => rules.builtin = Some(entry.rule),
            FunctionEntry::Named(schema, signature) => {
                rules.allow.push(Ruled { value: (schema, signature), rule: entry.rule });
            }
        }
    }
    rules
}

fn limits(layer: LimitsLayer, errors: &mut Diagnostics) -> Limits {
    let default = Limits::default();
    if let (None, Some(burst)) = (&layer.pace, &layer.burst) {
        errors.push(PolicyError::new(burst.rule.clone(), "`burst` needs a `rate`").help("add `rate = \"60/min\"`"));
    }
    let narrow = |value: Ruled<u64>| u32::try_from(value.value).unwrap_or(u32::MAX);
    let burst = layer.burst.map(narrow);
    Limits {
        rows: layer.rows.map_or(default.rows, |value| value.value),
        bytes: layer.bytes.map_or(default.bytes, |value| value.value),
        timeout: layer.timeout.map_or(default.timeout, |value| value.value),
        cost: layer.cost,
        rate: layer.pace.map(|pace| Rate {
            count: pace.value.count,
            period: pace.value.period,
            burst: burst.unwrap_or(pace.value.count),
        }),
        concurrency: layer.concurrency.map_or(default.concurrency, narrow),
    }
}

#[cfg(test)]
mod tests;
