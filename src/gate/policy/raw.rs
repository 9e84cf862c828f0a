//! A policy or configuration file as it was typed: TOML with places. Reads sections and plain values by a registry of
//! keys and reports every fault; what isn't read is a fault too. Knows nothing of what the keys mean.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Diagnostics, PolicyError};
use super::keys::{Form, Key, Registry, Status};
use super::model::Ruled;
use super::names::key_path;
use super::suggest::nearest;
use crate::gate::diagnostic::Rule;
use crate::gate::source::Source;

/// A file's name and text.
pub struct Document<'t> {
    file: &'t str,
    source: Source<'t>,
    registry: Registry,
}

impl<'t> Document<'t> {
    /// A document; nothing is read yet.
    pub fn new(file: &'t str, text: &'t str, registry: Registry) -> Self {
        Self { file, source: Source::new(text), registry }
    }

    /// The TOML tree. Every fault of syntax is reported; with one, there is no tree.
    pub fn parse(&self, errors: &mut Diagnostics) -> Option<DeTable<'t>> {
        let (table, faults) = DeTable::parse_recoverable(self.source.text());
        for fault in &faults {
            let (rule, column) = self.place(fault.span().map_or(0, |span| span.start), "");
            let message = fault.message().trim().replace('\n', "; ");
            errors.push(PolicyError::new(rule, message).at_column(column));
        }
        faults.is_empty().then(|| table.into_inner())
    }

    /// The top section of the tree.
    pub fn top<'a>(&'a self, table: &'a DeTable<'t>) -> Section<'a> {
        Section { document: self.view(), table, pattern: "", path: String::new(), at: 0, taken: BTreeSet::new() }
    }

    fn view<'a>(&'a self) -> View<'a> {
        View { file: self.file, source: &self.source, registry: self.registry }
    }

    fn place(&self, offset: usize, path: &str) -> (Rule, u32) {
        self.view().place(offset, path)
    }
}

/// A document, borrowed.
#[derive(Clone, Copy)]
struct View<'a> {
    file: &'a str,
    source: &'a Source<'a>,
    registry: Registry,
}

impl View<'_> {
    fn place(&self, offset: usize, path: &str) -> (Rule, u32) {
        let position = self.source.position(u32::try_from(offset).unwrap_or(u32::MAX));
        (Rule { file: self.file.to_owned(), line: position.line, key: path.to_owned() }, position.column)
    }
}

/// A TOML table that is read key by key. [`finish`](Self::finish) reports what wasn't read.
#[must_use = "a section must be finished, or its unknown keys are ignored"]
pub struct Section<'a> {
    document: View<'a>,
    table: &'a DeTable<'a>,
    /// The section's path in the registry, as in `tables.<table>`.
    pattern: &'static str,
    /// The section's path in the file, as in `tables."sales.customers"`.
    path: String,
    /// Where its header begins.
    at: usize,
    taken: BTreeSet<String>,
}

impl<'a> Section<'a> {
    /// The place of the section's header.
    pub fn rule(&self) -> Rule {
        self.document.place(self.at, &self.path).0
    }

    /// The value of a key, if it is written.
    pub fn entry(&mut self, key: &'static Key) -> Option<Entry<'a>> {
        debug_assert_eq!(key.section(), self.pattern);
        self.named(key.name(), key)
    }

    /// A section below this one, if it is written and is one.
    pub fn section(&mut self, name: &str, pattern: &'static str, errors: &mut Diagnostics) -> Option<Section<'a>> {
        let (key, value) = self.table.get_key_value(name)?;
        self.taken.insert(name.to_owned());
        let entry = self.made(name, key.span().start, value, None);
        entry.section(pattern, errors)
    }

    /// Everything in a section whose keys are named by the author, in the order of the file. `key` says what the values
    /// are, or is `None` if they are sections.
    pub fn all(&mut self, key: Option<&'static Key>) -> Vec<(String, Entry<'a>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        self.taken.extend(entries.iter().map(|(name, _)| name.get_ref().clone().into_owned()));
        entries
            .into_iter()
            .map(|(name, value)| {
                let start = name.span().start;
                (name.get_ref().clone().into_owned(), self.made(name.get_ref(), start, value, key))
            })
            .collect()
    }

    fn named(&mut self, name: &str, key: &'static Key) -> Option<Entry<'a>> {
        let (at, value) = self.table.get_key_value(name)?;
        self.taken.insert(name.to_owned());
        Some(self.made(name, at.span().start, value, Some(key)))
    }

    fn made(&self, name: &str, at: usize, value: &'a Spanned<DeValue<'a>>, key: Option<&'static Key>) -> Entry<'a> {
        let path = key_path(&self.path, name);
        let (rule, column) = self.document.place(at, &path);
        Entry { document: self.document, value: value.get_ref(), at: value.span().start, start: at, key, rule, column }
    }

    /// Reports every key that nobody asked for: unknown, or known and not enforced.
    pub fn finish(self, errors: &mut Diagnostics) {
        for (name, value) in self.table {
            if self.taken.contains(name.get_ref().as_ref()) {
                continue;
            }
            let entry = self.made(name.get_ref(), name.span().start, value, None);
            match self.document.registry.in_section(self.pattern).find(|key| key.name() == name.get_ref().as_ref()) {
                Some(key) if key.status == Status::Later && asks_for_nothing(value.get_ref()) => {}
                Some(key) => errors.push(
                    entry
                        .error(format!("`{}` is not enforced yet in this version", key.name()))
                        .help("leave it out; a rule that isn't enforced is refused, so that nobody relies on it"),
                ),
                None => errors.push(
                    entry.error(format!("unknown key `{}`", name.get_ref())).maybe_help(self.meant(name.get_ref())),
                ),
            }
        }
    }

    /// What the author of an unknown key may have meant.
    fn meant(&self, name: &str) -> Option<String> {
        let known = self.document.registry.names_in(self.pattern);
        if let Some(near) = nearest(name, known.iter().copied()) {
            return Some(format!("did you mean `{near}`?"));
        }
        let elsewhere = self.document.registry.sections_with(name);
        if !elsewhere.is_empty() {
            let sections: Vec<String> = elsewhere.iter().map(|section| header(section)).collect();
            return Some(format!("`{name}` belongs in {}", sections.join(" or ")));
        }
        let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        (!known.is_empty()).then(|| format!("known here: {}", known.join(", ")))
    }
}

/// A section's header as people write it.
fn header(section: &str) -> String {
    match section {
        "" => "the top of the file, before the first section".to_owned(),
        "tables.<table>" => "`[tables.\"schema.table\"]`".to_owned(),
        "principals.<principal>" => "`[principals.NAME]`".to_owned(),
        section => format!("`[{section}]`"),
    }
}

/// A value that demands nothing: then there is nothing to enforce.
fn asks_for_nothing(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Boolean(wanted) => !wanted,
        DeValue::Array(list) => list.is_empty(),
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
            false
        }
    }
}

/// A value with its place and what the registry says of it.
#[derive(Clone)]
pub struct Entry<'a> {
    document: View<'a>,
    pub(crate) value: &'a DeValue<'a>,
    /// Where the value begins.
    at: usize,
    /// Where the key begins.
    start: usize,
    key: Option<&'static Key>,
    /// The place of the key.
    pub rule: Rule,
    column: u32,
}

impl<'a> Entry<'a> {
    /// A fault at this entry.
    pub fn error(&self, message: impl Into<String>) -> PolicyError {
        PolicyError::new(self.rule.clone(), message).at_column(self.column)
    }

    /// A value with this entry's place.
    pub fn ruled<T>(&self, value: T) -> Ruled<T> {
        Ruled { value, rule: self.rule.clone() }
    }

    /// What the registry allows here.
    pub(crate) fn form(&self) -> Form {
        self.key.map_or(Form::Text, |key| key.form)
    }

    /// Reports that the value is of the wrong kind.
    pub(crate) fn expected(&self, what: &str, errors: &mut Diagnostics) {
        errors.push(self.error(format!("expected {what}, found {}", kind(self.value))));
    }

    /// The value as a section.
    pub fn section(&self, pattern: &'static str, errors: &mut Diagnostics) -> Option<Section<'a>> {
        let DeValue::Table(table) = self.value else {
            self.expected("a section", errors);
            return None;
        };
        Some(Section {
            document: self.document,
            table,
            pattern,
            path: self.rule.key.clone(),
            at: self.start,
            taken: BTreeSet::new(),
        })
    }

    /// The value as text.
    pub fn text(&self, errors: &mut Diagnostics) -> Option<Ruled<String>> {
        match self.value {
            DeValue::String(text) => Some(self.ruled(text.clone().into_owned())),
            _ => {
                self.expected("text in quotes", errors);
                None
            }
        }
    }

    /// The value as yes or no.
    pub fn bool(&self, errors: &mut Diagnostics) -> Option<Ruled<bool>> {
        match self.value {
            DeValue::Boolean(value) => Some(self.ruled(*value)),
            _ => {
                self.expected("`true` or `false`", errors);
                None
            }
        }
    }

    /// The value as a whole number within the registry's bounds.
    pub fn count(&self, errors: &mut Diagnostics) -> Option<Ruled<u64>> {
        let (least, most) = match self.form() {
            Form::Count { least, most } | Form::Bytes { least, most } => (least, most),
            Form::Exactly(only) => (only, only),
            _ => (0, u64::MAX),
        };
        let Some(value) = integer(self.value) else {
            self.expected("a whole number", errors);
            return None;
        };
        match u64::try_from(value) {
            Ok(value) if (least..=most).contains(&value) => Some(self.ruled(value)),
            _ => {
                errors.push(self.error(format!("`{value}` is out of bounds")).help(between(least, most)));
                None
            }
        }
    }

    /// The value as one of the registry's words.
    pub fn word(&self, errors: &mut Diagnostics) -> Option<Ruled<&'static str>> {
        let Form::Word { known, later } = self.form() else { return None };
        let text = self.text(errors)?;
        self.known(&text.value, known, later, errors).map(|word| self.ruled(word))
    }

    /// The value as a list of the registry's words.
    pub fn words(&self, errors: &mut Diagnostics) -> Option<Vec<Ruled<&'static str>>> {
        let Form::Words { known, later } = self.form() else { return None };
        let elements = self.elements(errors)?;
        let word = |entry: &Entry<'_>, errors: &mut Diagnostics| {
            let text = entry.text(errors)?;
            entry.known(&text.value, known, later, errors).map(|word| entry.ruled(word))
        };
        Some(elements.iter().filter_map(|entry| word(entry, errors)).collect())
    }

    /// The value as a list of texts.
    pub fn texts(&self, errors: &mut Diagnostics) -> Option<Vec<Ruled<String>>> {
        let elements = self.elements(errors)?;
        Some(elements.iter().filter_map(|entry| entry.text(errors)).collect())
    }

    /// The elements of a list, each with its own line.
    pub fn elements(&self, errors: &mut Diagnostics) -> Option<Vec<Entry<'a>>> {
        let DeValue::Array(list) = self.value else {
            self.expected("a list in brackets", errors);
            return None;
        };
        let element = |value: &'a Spanned<DeValue<'a>>| {
            let at = value.span().start;
            let (rule, column) = self.document.place(at, &self.rule.key);
            Entry { value: value.get_ref(), at, start: at, rule, column, ..self.clone() }
        };
        Some(list.iter().map(element).collect())
    }

    /// The same entry with a value from inside its own.
    pub(crate) fn holding(&self, value: &'a Spanned<DeValue<'a>>) -> Self {
        Entry { value: value.get_ref(), at: value.span().start, ..self.clone() }
    }

    /// The same entry, placed at its value instead of its key: for faults inside the value.
    pub(crate) fn at_value(&self) -> Self {
        let (rule, column) = self.document.place(self.at, &self.rule.key);
        Entry { rule, column, ..self.clone() }
    }

    fn known(
        &self,
        word: &str,
        known: &'static [&'static str],
        later: &'static [&'static str],
        errors: &mut Diagnostics,
    ) -> Option<&'static str> {
        if let Some(found) = known.iter().find(|candidate| **candidate == word) {
            return Some(found);
        }
        if later.contains(&word) {
            errors.push(
                self.error(format!("`{word}` is not enforced yet in this version"))
                    .help("leave it out; a rule that isn't enforced is refused, so that nobody relies on it"),
            );
            return None;
        }
        let list: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
        let help = match nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of {}", list.join(", ")),
        };
        errors.push(self.error(format!("unknown word `{word}`")).help(help));
        None
    }
}

/// What kind of value it is, for people.
pub(crate) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

/// A whole number of TOML.
pub(crate) fn integer(value: &DeValue<'_>) -> Option<i64> {
    match value {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}

/// Bounds, for people.
pub(crate) fn between(least: u64, most: u64) -> String {
    if least == most { format!("only {least} is known") } else { format!("between {least} and {most}") }
}
