//! Records as CSV after RFC 4180, for spreadsheets: one line a record, the columns as data. A text that a spreadsheet
//! would run as a formula gets an apostrophe before it.

use super::summary::word;
use crate::doors::layout::field;
use crate::history::read::ReadRecord;

/// What a column takes from a record.
enum Value<'r> {
    /// Ours: a number, a time, a hash, a word of the format.
    Plain(Option<String>),
    /// Somebody else may have chosen it.
    Text(Option<&'r str>),
    /// A list of such texts.
    Texts(Vec<String>),
}

type Column = (&'static str, fn(&ReadRecord) -> Value<'_>);

const COLUMNS: &[Column] = &[
    ("time", |r| Value::Plain(Some(format!("{:.9}", r.time)))),
    ("instance", |r| Value::Text(Some(&r.instance))),
    ("seq", |r| plain(Some(r.seq))),
    ("kind", |r| Value::Text(Some(&r.kind))),
    ("id", |r| plain(Some(r.id))),
    ("intent", |r| plain(r.intent)),
    ("principal", |r| Value::Text(r.who.principal.as_deref())),
    ("authentication", |r| Value::Text(r.who.authentication.as_deref())),
    ("client_name", |r| Value::Text(r.who.client_name.as_deref())),
    ("client_version", |r| Value::Text(r.who.client_version.as_deref())),
    ("on_behalf_of", |r| Value::Text(r.who.on_behalf_of.as_deref())),
    ("address", |r| Value::Text(r.who.address.as_deref())),
    ("door", |r| Value::Text(r.place.door.as_deref())),
    ("server", |r| Value::Text(r.place.server.as_deref())),
    ("database", |r| Value::Text(r.place.database.as_deref())),
    ("role", |r| Value::Text(r.place.role.as_deref())),
    ("tool", |r| Value::Text(r.what.tool.as_deref())),
    ("statement", |r| Value::Text(r.what.statement.as_deref())),
    ("fingerprint", |r| Value::Text(r.what.fingerprint.as_deref())),
    ("sql", |r| Value::Text(r.what.sql.as_deref())),
    ("relations", |r| {
        let relations = r.what.relations.iter().flatten();
        Value::Texts(relations.map(|used| format!("{} {}", word(&used.access), used.relation)).collect())
    }),
    ("verdict", |r| Value::Plain(r.decision.verdict.as_ref().map(word))),
    ("reason", |r| Value::Text(r.reason())),
    ("told", |r| Value::Text(r.decision.told.as_deref())),
    ("rule", |r| Value::Text(r.decision.rule.as_deref())),
    ("policy", |r| Value::Text(r.decision.policy.as_deref())),
    ("policy_digest", |r| Value::Text(r.decision.policy_digest.as_deref())),
    ("status", |r| Value::Plain(r.result.status.as_ref().map(word))),
    ("rows", |r| plain(r.result.rows)),
    ("affected", |r| plain(r.result.affected)),
    ("bytes", |r| plain(r.result.bytes)),
    ("sqlstate", |r| Value::Text(r.result.sqlstate.as_deref())),
    ("duration_ns", |r| plain(r.result.duration_ns)),
    ("truncated", |r| plain(r.result.truncated)),
    ("prev", |r| plain(Some(r.prev))),
];

fn plain(value: Option<impl ToString>) -> Value<'static> {
    Value::Plain(value.map(|value| value.to_string()))
}

/// The names of the columns.
pub(super) fn header() -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    names.join(",") + "\r\n"
}

/// One record.
pub(super) fn row(record: &ReadRecord) -> String {
    let fields = COLUMNS.iter().map(|(_, value)| match value(record) {
        Value::Plain(text) => field(text.as_deref()),
        Value::Text(text) => field(text.map(harmless).as_deref()),
        Value::Texts(texts) if texts.is_empty() => String::new(),
        Value::Texts(texts) => field(Some(&harmless(&texts.join("; ")))),
    });
    fields.collect::<Vec<_>>().join(",") + "\r\n"
}

/// A spreadsheet takes what begins with these for a formula, blanks before it or not; an apostrophe makes it text. The
/// full-width forms count in some languages' spreadsheets.
fn harmless(text: &str) -> String {
    let begins = text.trim_start().chars().next().or_else(|| text.chars().next());
    let formula =
        |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠' | '|' | '%');
    if begins.is_some_and(formula) || text.starts_with(['\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_made_text() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\rx",
            "\nx",
            "  =cmd|'/c calc'!A0",
            "＝1",
            "\u{a0}=1",
            "%0A",
            "|x",
        ] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        for text in ["", "SELECT 1", "a=b", "a-b", "1", "'x", " x"] {
            assert_eq!(harmless(text), text);
        }
    }
}
