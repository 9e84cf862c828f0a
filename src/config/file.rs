//! `pgwicket.toml` as it was typed, with places. Knows nothing of what its policies and attributes mean.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::DeValue;

use super::database::{Layer, Password};
use super::fault::{Faults, Place};
use super::http::{self, HttpSettings};
use super::keys;
use super::{McpSettings, Questions, Results};
use crate::auth::{StoredToken, TokenError};
use crate::gate::policy::attributes::AttributeInput;
use crate::gate::policy::model::Ruled;
use crate::gate::policy::raw::{Document, Entry, Section, integer};
use crate::gate::policy::{Diagnostics, PolicyError};
use crate::history::{CheckpointPlace, Settings, SyncMode};
use crate::telemetry::LogFormat;

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct File {
    pub database: Layer,
    pub principals: Vec<(String, Written)>,
    pub history: Option<PathBuf>,
    pub ledger: Settings,
    pub log: LogFormat,
    pub mcp: McpSettings,
    pub http: HttpSettings,
}

/// One `[principals.…]` section.
#[derive(Debug)]
pub(super) struct Written {
    /// Where its header stands.
    pub place: Place,
    /// The policy's path, joined to the file's directory, and where it is written.
    pub policy: Option<(PathBuf, Place)>,
    pub attributes: BTreeMap<String, AttributeInput>,
    /// Where each attribute is written.
    pub places: BTreeMap<String, Place>,
    /// Its tokens, each with where it is written.
    pub tokens: Vec<(StoredToken, Place)>,
    /// Kept out for now.
    pub disabled: bool,
}

/// The longest name of a principal, in bytes.
const LONGEST_NAME: usize = 63;

impl File {
    /// Reads the file's text. `path` is its path as it was named.
    pub fn read(path: &Path, text: &str, faults: &mut Faults) -> Self {
        let name = path.to_string_lossy();
        let directory = path.parent().unwrap_or(Path::new(""));
        let mut errors = Diagnostics::default();
        let document = Document::new(&name, text, keys::ALL);
        let mut file = Self::default();
        if let Some(tree) = document.parse(&mut errors) {
            let mut top = document.top(&tree);
            file.read_top(&mut top, directory, &mut errors);
            top.finish(&mut errors);
        }
        if let Err(errors) = errors.result(()) {
            faults.take_in(errors);
        }
        file
    }

    fn read_top(&mut self, top: &mut Section<'_>, directory: &Path, errors: &mut Diagnostics) {
        match top.entry(&keys::VERSION) {
            Some(entry) => drop(entry.count(errors)),
            None => {
                let error = PolicyError::new(top.rule(), "`version` is missing");
                errors.push(error.help("write `version = 1` at the top of the file"));
            }
        }
        self.read_database(top, directory, errors);
        if let Some(mut section) = top.section("principals", "principals", errors) {
            for (name, entry) in section.all(None) {
                let written = Written::read(&name, &entry, directory, errors);
                self.principals.extend(written.map(|written| (name, written)));
            }
            section.finish(errors);
        }
        if let Some(mut section) = top.section("history", "history", errors) {
            let path = section.entry(&keys::HISTORY_DIRECTORY).and_then(|entry| text(&entry, errors));
            self.history = path.map(|path| directory.join(path.value));
            self.ledger = ledger(&mut section, directory, errors);
            section.finish(errors);
        }
        if let Some(mut section) = top.section("log", "log", errors) {
            let format = section.entry(&keys::LOG_FORMAT).and_then(|entry| entry.word(errors));
            self.log = if format.is_some_and(|word| word.value == "json") { LogFormat::Json } else { LogFormat::Text };
            section.finish(errors);
        }
        if let Some(mut doors) = top.section("doors", "doors", errors) {
            if let Some(mut section) = doors.section("mcp", "doors.mcp", errors) {
                let results = section.entry(&keys::MCP_RESULTS).and_then(|entry| entry.word(errors));
                let structured = results.is_some_and(|word| word.value == "structured");
                self.mcp.results = if structured { Results::Structured } else { Results::Text };
                let questions = section.entry(&keys::MCP_QUESTIONS).and_then(|entry| entry.word(errors));
                let operator = questions.is_some_and(|word| word.value == "operator");
                self.mcp.questions = if operator { Questions::Operator } else { Questions::Client };
                section.finish(errors);
            }
            if let Some(mut section) = doors.section("http", "doors.http", errors) {
                self.http = http::read(&mut section, directory, errors);
                section.finish(errors);
            }
            doors.finish(errors);
        }
    }

    fn read_database(&mut self, top: &mut Section<'_>, directory: &Path, errors: &mut Diagnostics) {
        let Some(mut section) = top.section("database", "database", errors) else { return };
        for key in [&keys::HOST, &keys::DB, &keys::USER, &keys::SSL_MODE] {
            if let Some(value) = section.entry(key).and_then(|entry| text(&entry, errors)) {
                self.database.settings.insert(key.name(), placed(value));
            }
        }
        for key in [&keys::SSL_ROOT_CERT, &keys::SSL_CERT, &keys::SSL_KEY] {
            if let Some(value) = section.entry(key).and_then(|entry| text(&entry, errors)) {
                let (path, place) = placed(value);
                let joined = directory.join(path).to_string_lossy().into_owned();
                self.database.settings.insert(key.name(), (joined, place));
            }
        }
        for key in [&keys::PORT, &keys::POOL_SIZE, &keys::MAX_OVERFLOW] {
            if let Some(value) = section.entry(key).and_then(|entry| entry.count(errors)) {
                let text = Ruled { value: value.value.to_string(), rule: value.rule };
                self.database.settings.insert(key.name(), placed(text));
            }
        }
        let file = section.entry(&keys::PASSWORD_FILE).and_then(|entry| text(&entry, errors));
        self.database.password = file.map(placed).map(|(path, place)| (Password::File(directory.join(path)), place));
        section.finish(errors);
    }
}

/// How the history is kept.
fn ledger(section: &mut Section<'_>, directory: &Path, errors: &mut Diagnostics) -> Settings {
    let usual = Settings::default();
    let sync = section.entry(&keys::HISTORY_SYNC).and_then(|entry| entry.word(errors));
    let sync = match sync.map(|word| word.value) {
        Some("all") => SyncMode::All,
        Some("none") => SyncMode::None,
        _ => SyncMode::Writes,
    };
    let segment_bytes = section.entry(&keys::SEGMENT_BYTES).and_then(|entry| entry.bytes(errors));
    let segment_age = section.entry(&keys::SEGMENT_AGE).and_then(|entry| entry.span(errors));
    let keep = section.entry(&keys::KEEP).and_then(|entry| entry.span(errors));
    let keep_bytes = section.entry(&keys::KEEP_BYTES).and_then(|entry| entry.bytes(errors));
    let records = section.entry(&keys::CHECKPOINT_RECORDS).and_then(|entry| entry.count(errors));
    let every = section.entry(&keys::CHECKPOINT_EVERY).and_then(|entry| entry.span(errors));
    let to = section.entry(&keys::CHECKPOINT_TO).and_then(|entry| checkpoint_place(&entry, directory, errors));
    Settings {
        sync,
        segment_bytes: segment_bytes.map_or(usual.segment_bytes, |bytes| bytes.value),
        segment_age: segment_age.map_or(usual.segment_age, |age| age.value),
        keep: keep.map(|keep| keep.value),
        keep_bytes: keep_bytes.map(|bytes| bytes.value),
        checkpoint_records: records.map_or(usual.checkpoint_records, |count| count.value),
        checkpoint_every: every.map_or(usual.checkpoint_every, |every| every.value),
        checkpoint_to: to,
    }
}

/// A word, or else a path. Standard output is where answers go, to MCP clients above all.
fn checkpoint_place(entry: &Entry<'_>, directory: &Path, errors: &mut Diagnostics) -> Option<CheckpointPlace> {
    match text(entry, errors)?.value.as_str() {
        "syslog" => Some(CheckpointPlace::Syslog),
        "stderr" => Some(CheckpointPlace::Stderr),
        "stdout" => {
            let message = "checkpoints can't go to standard output: MCP and the commands answer there";
            errors.push(entry.error(message).help("name a file's path, `syslog`, or `stderr`"));
            None
        }
        path => Some(CheckpointPlace::File(directory.join(path))),
    }
}

impl Written {
    fn read(name: &str, entry: &Entry<'_>, directory: &Path, errors: &mut Diagnostics) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.@".contains(c);
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
            let help = format!("up to {LONGEST_NAME} letters, digits and `_`, `-`, `.`, `@`");
            errors.push(entry.error(format!("`{name}` can't name a principal")).help(help));
            return None;
        }
        let mut section = entry.section("principals.<principal>", errors)?;
        let policy = section.entry(&keys::PRINCIPAL_POLICY);
        if policy.is_none() {
            let error = PolicyError::new(section.rule(), format!("the principal `{name}` has no `policy`"));
            errors.push(error.help("write `policy = \"policies/analyst.toml\"`"));
        }
        let policy = policy.and_then(|entry| text(&entry, errors)).map(placed);
        let mut written = Self {
            place: Place::from(section.rule()),
            policy: policy.map(|(path, place)| (directory.join(path), place)),
            attributes: BTreeMap::new(),
            places: BTreeMap::new(),
            tokens: section.entry(&keys::PRINCIPAL_TOKENS).map(|entry| tokens(&entry, errors)).unwrap_or_default(),
            disabled: section
                .entry(&keys::PRINCIPAL_DISABLED)
                .and_then(|entry| entry.bool(errors))
                .is_some_and(|disabled| disabled.value),
        };
        if let Some(mut attributes) = section.section("attributes", "principals.<principal>.attributes", errors) {
            for (name, entry) in attributes.all(Some(&keys::PRINCIPAL_ATTRIBUTES)) {
                if let Some(input) = attribute(entry.value) {
                    written.places.insert(name.clone(), Place::from(entry.rule.clone()));
                    written.attributes.insert(name, input);
                } else {
                    errors.push(entry.error(format!("`{name}` is a section, not a value")));
                }
            }
            attributes.finish(errors);
        }
        section.finish(errors);
        Some(written)
    }
}

/// What is kept of a principal's tokens.
fn tokens(entry: &Entry<'_>, errors: &mut Diagnostics) -> Vec<(StoredToken, Place)> {
    let mut tokens = Vec::new();
    for one in entry.elements(errors).unwrap_or_default() {
        let Some(text) = one.text(errors) else { continue };
        match text.value.parse() {
            Ok(token) => tokens.push((token, Place::from(text.rule))),
            // Not quoted: it may be a secret.
            Err(error) => {
                errors.push(one.error(TokenError::to_string(&error)).help("make one by `pgwicket token new`"))
            }
        }
    }
    tokens
}

pub(super) fn text(entry: &Entry<'_>, errors: &mut Diagnostics) -> Option<Ruled<String>> {
    let text = entry.text(errors)?;
    if text.value.is_empty() || text.value.contains('\0') {
        errors.push(entry.error("the value is empty, or holds the character of code zero").help("leave the key out"));
        return None;
    }
    Some(text)
}

fn placed(value: Ruled<String>) -> (String, Place) {
    (value.value, value.rule.into())
}

/// A value of TOML as an attribute; `None` for a section.
fn attribute(value: &DeValue<'_>) -> Option<AttributeInput> {
    Some(match value {
        DeValue::String(text) => AttributeInput::Text(text.clone().into_owned()),
        DeValue::Integer(number) => match integer(value) {
            Some(number) => AttributeInput::Integer(number),
            // Too large for what attributes can be; told by its type.
            None => AttributeInput::Text(number.as_str().to_owned()),
        },
        DeValue::Float(number) => AttributeInput::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => AttributeInput::Bool(*value),
        DeValue::Datetime(value) => AttributeInput::Date(*value),
        DeValue::Array(list) => {
            AttributeInput::List(list.iter().map(|one| attribute(one.get_ref())).collect::<Option<_>>()?)
        }
        DeValue::Table(_) => return None,
    })
}
