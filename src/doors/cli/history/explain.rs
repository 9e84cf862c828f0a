//! A record in words: every field that says something, with what it means. The meanings are data.

use std::fmt::Write;

use serde_json::Value;

use crate::doors::cli::draw::printable;
use crate::history::find::Neighbours;
use crate::history::read::{Found, ReadRecord};

/// The sections of a record, in their order, with their titles; the fields outside of them come first.
const SECTIONS: [(&str, &str); 7] = [
    ("", "record"),
    ("who", "who asked"),
    ("where", "where"),
    ("what", "what was asked"),
    ("decision", "what was decided"),
    ("result", "what came of it"),
    ("detail", "detail"),
];

/// What each field means.
const FIELDS: &[(&str, &str)] = &[
    ("v", "version of the record's format"),
    ("seq", "number of the record in its chain, from 1 without gaps"),
    ("prev", "SHA-256 of the line before it; zeros in a chain's first record"),
    ("time", "when it was written, by the system's clock, UTC"),
    ("mono_ns", "nanoseconds since the process opened the history, by a clock that is never set back"),
    ("instance", "the chain; one process at a time writes it"),
    ("key_id", "which key signs this ledger"),
    ("kind", "what kind of record it is"),
    ("id", "the record's own id"),
    ("intent", "id of the intent that this outcome closes"),
    ("who.principal", "who asked"),
    ("who.authentication", "how that was proven; never the proof"),
    ("who.client_name", "the client program, as it says itself"),
    ("who.client_version", "its version, as it says itself"),
    ("who.on_behalf_of", "on whose behalf the principal asked"),
    ("who.address", "the client's network address, or who started us on this machine"),
    ("who.session", "id of the record that opened its session"),
    ("where.door", "how the call came in"),
    ("where.server", "the database server"),
    ("where.database", "the database"),
    ("where.role", "the database role in force"),
    ("where.backend_pid", "process id of PostgreSQL's backend"),
    ("what.tool", "the tool, resource or command"),
    ("what.statement", "the kind of statement"),
    ("what.writes", "whether the statement writes"),
    ("what.fingerprint", "equal for statements that differ only in literals"),
    ("what.form", "redacted: literals are placeholders; full: everything as it was sent"),
    ("what.sql", "the client's statement, in that form"),
    ("what.rewritten", "the statement that PostgreSQL got, in that form"),
    ("what.sql_bytes", "length of the client's text, in bytes"),
    ("what.sql_digest", "keyed digest of the client's text"),
    ("what.literals_digest", "keyed digest of its literals"),
    ("what.parameters_digest", "keyed digest of its parameters"),
    ("what.parameters", "its parameters, in clear"),
    ("what.relations", "the relations that it reaches"),
    ("what.masked", "the columns that it saw through a mask"),
    ("what.filters", "the row filters that were applied"),
    ("what.functions", "the functions that it calls"),
    ("what.truncated", "whether something in this record was cut to fit"),
    ("decision.verdict", "admitted or rejected"),
    ("decision.reason", "the true reason of a rejection"),
    ("decision.told", "the reason that the client was told instead"),
    ("decision.rule", "the rule that decided: file, line, key"),
    ("decision.violations", "all violations"),
    ("decision.policy", "the policy"),
    ("decision.policy_digest", "digest of the policy in force"),
    ("decision.catalog_version", "the database's structure that the decision was made on"),
    ("result.status", "how the call ended"),
    ("result.reason", "why an admitted call gave no answer"),
    ("result.rows", "rows returned"),
    ("result.affected", "rows inserted, updated or deleted"),
    ("result.bytes", "size of the result, in bytes"),
    ("result.sqlstate", "PostgreSQL's error code"),
    ("result.error", "PostgreSQL's error text"),
    ("result.duration_ns", "from the call's arrival to its answer, in nanoseconds"),
    ("result.truncated", "whether a limit cut the result"),
];

/// One record with its place in the chain.
pub(super) fn record(found: &Found, fits: Neighbours) -> String {
    let mut text = format!("{} {}\n", printable(&found.record.kind), found.record.id);
    let whole: Value = serde_json::from_slice(&found.line).unwrap_or_default();
    for (section, title) in SECTIONS {
        let value = if section.is_empty() { Some(&whole) } else { whole.get(section) };
        let Some(Value::Object(fields)) = value else { continue };
        let said = fields.iter().filter(|(name, value)| {
            !value.is_null() && (!section.is_empty() || SECTIONS.iter().all(|(section, _)| section != name))
        });
        let mut said: Vec<_> = said.map(|(name, value)| (known(section, name), name, value)).collect();
        // In the order of the format; what isn't known of old comes last.
        said.sort_by_key(|(known, ..)| known.map_or(FIELDS.len(), |(at, _)| at));
        let lines: String = said.into_iter().map(|(known, name, value)| field(known, name, value)).collect();
        if !lines.is_empty() {
            // Writing into a String can't fail.
            let _ = write!(text, "\n  {title}\n{lines}");
        }
    }
    let place = &found.place;
    let _ = write!(
        text,
        "\n  place in the chain\n    segment {} of chain {}, from byte {}\n    hash {}\n    {}\n    {}\n\n",
        place.segment,
        place.instance,
        place.offset,
        found.hash(),
        match fits.before {
            Some(true) => "it continues the record before it",
            Some(false) => "it does NOT continue the record before it: one of the two was changed",
            None => "no record stands before it",
        },
        match fits.after {
            Some(true) => "the record after it continues it",
            Some(false) => "the record after it does NOT continue it: one of the two was changed",
            None => "no record stands after it: nothing holds it yet",
        },
    );
    text
}

/// A field's place in the format, and what it means.
fn known(section: &str, name: &str) -> Option<(usize, &'static str)> {
    let path = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
    FIELDS.iter().enumerate().find(|(_, (known, _))| *known == path).map(|(at, (_, meaning))| (at, *meaning))
}

fn field(known: Option<(usize, &str)>, name: &str, value: &Value) -> String {
    let value = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let value = printable(&value).replace('\n', "\n        ");
    match known {
        Some((_, meaning)) => format!("    {name:<18} {value}\n    {:<18} ({meaning})\n", ""),
        None => format!("    {:<18} {value}\n", printable(name)),
    }
}

/// What the pair, or its lack, means.
pub(super) fn pairing(records: &[&ReadRecord]) -> &'static str {
    match records {
        [one] if one.kind == "intent" && one.what.writes == Some(true) => {
            "No outcome is on record: the statement may have been executed.\n"
        }
        [one] if one.kind == "intent" => {
            "No outcome is on record: the statement may have been executed, and gave no answer.\n"
        }
        [one] if one.intent.is_some() => {
            "The intent is not on record here: it was never written, or retention deleted it.\n"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Entry, What, Where, Who};

    #[test]
    fn every_field_has_a_meaning_and_every_meaning_a_field() {
        let entry = Entry::intent(Who::default(), Where::default(), What::default());
        let Value::Object(entry) = serde_json::to_value(entry).unwrap() else { panic!() };
        let mut paths: Vec<String> =
            ["v", "seq", "prev", "time", "mono_ns", "instance", "key_id", "kind", "id", "intent"]
                .map(str::to_owned)
                .into();
        for section in ["who", "where", "what", "decision", "result"] {
            paths.extend(entry[section].as_object().unwrap().keys().map(|name| format!("{section}.{name}")));
        }
        let known: Vec<&str> = FIELDS.iter().map(|(path, _)| *path).collect();
        let (mut paths, mut sorted) = (paths, known.clone());
        paths.sort();
        sorted.sort();
        assert_eq!(paths, sorted);
    }
}
