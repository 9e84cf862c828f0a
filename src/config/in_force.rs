//! What of a configuration goes on record: every setting in force by its name, and what each policy is made of. A
//! password is named by where it comes from, nothing else of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Config, Questions, Results};
use crate::gate::admit::AttributeValue;
use crate::gate::policy::Policy;
use crate::history::CheckpointPlace;
use crate::telemetry::LogFormat;

/// What a setting is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// May stand in the history as it is.
    Clear(String),
    /// Goes on record as a keyed digest only.
    Keyed(String),
}

/// A policy as it was read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What it says.
    pub policy: Arc<Policy>,
    /// Its file, and then those that it extends.
    pub files: Vec<FileRead>,
    /// Who is under it.
    pub principals: Vec<String>,
}

/// One file of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRead {
    /// Its path.
    pub file: String,
    /// SHA-256 of its text, in hexadecimal digits.
    pub sha256: String,
    /// SHA-256 of what each section says: without comments, and whatever the layout. Not for the history as it is: what
    /// a section says can be guessed.
    pub sections: BTreeMap<String, [u8; 32]>,
}

/// What the names of all settings of principals begin with.
const PRINCIPALS: &str = "principals.";

/// Sections whose entries are sections of their own.
const NESTED: [&str; 2] = ["schemas", "tables"];

impl FileRead {
    pub(super) fn new(file: &str, text: &str) -> Self {
        let sha256 = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let hash = |value: &Value| Sha256::digest(value.to_string().as_bytes()).into();
        let mut sections = BTreeMap::new();
        // A text that is no policy is told elsewhere.
        if let Ok(Value::Object(top)) = toml::from_str::<Value>(text) {
            for (name, value) in top {
                match value {
                    Value::Object(inner) if NESTED.contains(&name.as_str()) => {
                        sections.extend(inner.iter().map(|(one, value)| (format!("{name}.{one}"), hash(value))));
                    }
                    value => drop(sections.insert(name, hash(&value))),
                }
            }
        }
        Self { file: absolute(Path::new(file)), sha256, sections }
    }
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).to_string_lossy().into_owned()
}

impl Config {
    /// This configuration with the principals, tokens and policies of one that was read later, and the names of what else
    /// that one says otherwise: it takes a restart.
    pub fn with_principals_of(&self, later: Self) -> (Self, Vec<String>) {
        let (before, after) = (self.settings(), later.settings());
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let differ = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
        let mut restart: Vec<String> = differ.filter(|name| !name.starts_with(PRINCIPALS)).cloned().collect();
        // Where it comes from is a setting; that it is another one isn't.
        let password = "database.password".to_owned();
        if !self.database.config.has_password_of(&later.database.config) && !restart.contains(&password) {
            restart.push(password);
        }
        let Self { principals, disabled, tokens, policies, .. } = later;
        (Self { principals, disabled, tokens, policies, ..self.clone() }, restart)
    }

    /// Every setting in force.
    pub fn settings(&self) -> BTreeMap<String, Setting> {
        let mut all = BTreeMap::new();
        let mut say = |name: String, value: String| drop(all.insert(name, Setting::Clear(value)));
        for (name, value) in self.database.said() {
            say(format!("database.{name}"), value.clone());
        }
        let config = &self.database.config;
        say("database.server".into(), config.address());
        say("database.db".into(), config.db().to_owned());
        say("database.user".into(), config.user().to_owned());
        say("database.ssl_mode".into(), config.ssl_mode().to_string());
        say("database.connections".into(), config.max_connections().to_string());
        let password = match (self.database.password_file(), self.database.password_place()) {
            (Some(file), _) => format!("from the file {}", absolute(file)),
            (None, Some(place)) => format!("from {place}"),
            (None, None) => "none".to_owned(),
        };
        say("database.password".into(), password);
        let ledger = &self.ledger;
        say("history.directory".into(), absolute(&self.history));
        say("history.sync".into(), format!("{:?}", ledger.sync).to_lowercase());
        say("history.segment_bytes".into(), ledger.segment_bytes.to_string());
        say("history.segment_age".into(), seconds(ledger.segment_age));
        say("history.keep".into(), ledger.keep.map_or("for ever".into(), seconds));
        say("history.keep_bytes".into(), ledger.keep_bytes.map_or("no bound".into(), |bytes| bytes.to_string()));
        say("history.checkpoint_records".into(), ledger.checkpoint_records.to_string());
        say("history.checkpoint_every".into(), seconds(ledger.checkpoint_every));
        let place = match &ledger.checkpoint_to {
            Some(CheckpointPlace::File(file)) => absolute(file),
            Some(CheckpointPlace::Syslog) => "syslog".into(),
            Some(CheckpointPlace::Stderr) => "stderr".into(),
            None => "none".into(),
        };
        say("history.checkpoint_to".into(), place);
        let format = match self.log {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        say("log.format".into(), format.into());
        let results = match self.mcp.results {
            Results::Text => "text",
            Results::Structured => "structured",
        };
        say("doors.mcp.results".into(), results.into());
        let questions = match self.mcp.questions {
            Questions::Client => "client",
            Questions::Operator => "operator",
        };
        say("doors.mcp.questions".into(), questions.into());
        let http = &self.http;
        if let Some((cert, key)) = &http.tls {
            say("doors.http.tls_cert".into(), absolute(cert));
            say("doors.http.tls_key".into(), absolute(key));
        }
        say("doors.http.allowed_hosts".into(), http.allowed_hosts.join(", "));
        say("doors.http.allowed_origins".into(), http.allowed_origins.join(", "));
        say("doors.http.connections".into(), http.connections.to_string());
        say("doors.http.grace".into(), seconds(http.grace));
        for (principal, tokens) in self.tokens.ids() {
            say(format!("{PRINCIPALS}{principal}.tokens"), tokens.join(", "));
        }
        for principal in &self.disabled {
            say(format!("{PRINCIPALS}{principal}.disabled"), "true".into());
        }
        for (path, loaded) in &self.policies {
            for principal in &loaded.principals {
                say(format!("{PRINCIPALS}{principal}.policy"), absolute(path));
            }
        }
        for (name, member) in &self.principals {
            for (attribute, value) in &member.principal.attributes {
                let value = match value {
                    AttributeValue::Scalar(text) => Value::from(text.as_str()),
                    AttributeValue::List(all) => Value::from(all.clone()),
                };
                all.insert(format!("{PRINCIPALS}{name}.attributes.{attribute}"), Setting::Keyed(value.to_string()));
            }
        }
        // Another token of the same name is another token.
        for (principal, token) in self.tokens.all() {
            all.insert(format!("{PRINCIPALS}{principal}.tokens.{}", token.id()), Setting::Keyed(token.to_string()));
        }
        all
    }
}

fn seconds(span: std::time::Duration) -> String {
    format!("{} s", span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_differs_by_its_sections() {
        let one = FileRead::new("a.toml", "version = 1\n[tables.\"s.t\"]\naccess = \"read\"\n[limits]\nrows = 5\n");
        let other = FileRead::new("a.toml", "# new\nversion=1\n[limits]\nrows = 6\n[tables.'s.t']\naccess = 'read'\n");
        assert_ne!(one.sha256, other.sha256);
        let names: Vec<&str> = one.sections.keys().map(String::as_str).collect();
        assert_eq!(names, ["limits", "tables.s.t", "version"]);
        let differ = names.iter().filter(|name| one.sections.get(**name) != other.sections.get(**name));
        assert_eq!(differ.collect::<Vec<_>>(), [&"limits"]);
    }
}
