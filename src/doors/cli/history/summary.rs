//! A record as a line of a table, for people.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

use crate::doors::cli::draw::printable;
use crate::history::Verdict;
use crate::history::read::ReadRecord;

/// The columns: a title, whether it is a number, and how wide it is where lines come one by one.
const COLUMNS: [(&str, bool, usize); 9] = [
    ("time (UTC)", false, 23),
    ("record", false, 10),
    ("kind", false, 9),
    ("principal", false, 12),
    ("what", false, 14),
    ("came of it", false, 20),
    ("rows", true, 6),
    ("ms", true, 9),
    ("statement", false, 0),
];
/// A statement is shown up to this many characters; `show` has the whole.
const SQL: usize = 120;

fn cells(record: &ReadRecord) -> [String; 9] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let result = &record.result;
    [
        format!("{:.3}", record.time).replace('T', " ").trim_end_matches('Z').to_owned(),
        format!("{}/{}", record.instance, record.seq),
        record.kind.clone(),
        text(&record.who.principal),
        what(record).unwrap_or_default().to_owned(),
        ended(record),
        count(result.rows.or(result.affected)),
        result.duration_ns.map(|ns| format!("{:.1}", ns as f64 / 1e6)).unwrap_or_default(),
        short(record.what.sql.as_deref().unwrap_or_default()),
    ]
    .map(|cell| printable(&cell))
}

/// The kind of the statement, the tool, or the token that didn't let in.
fn what(record: &ReadRecord) -> Option<&str> {
    let asked = record.what.statement.as_deref().or(record.what.tool.as_deref());
    asked.or_else(|| told(record, "token"))
}

/// The reason, the end, or the verdict: the last of them that is known. Of an `auth_failure`, what was wrong.
fn ended(record: &ReadRecord) -> String {
    if let Some(reason) = record.reason() {
        return reason.to_owned();
    }
    match (record.result.status, record.decision.verdict) {
        (Some(status), _) => word(&status),
        (None, Some(Verdict::Admitted)) => "admitted".to_owned(),
        (None, Some(Verdict::Rejected)) => "rejected".to_owned(),
        (None, None) => told(record, "failed").unwrap_or_default().to_owned(),
    }
}

/// A word of what is particular to the record's kind.
fn told<'r>(record: &'r ReadRecord, name: &str) -> Option<&'r str> {
    record.detail.as_ref()?.get(name)?.as_str()
}

/// A unit variant as it is written in the ledger.
pub(super) fn word(variant: &impl serde::Serialize) -> String {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(word)) => word,
        other => other.map(|value| value.to_string()).unwrap_or_default(),
    }
}

fn short(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SQL) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Records as a table.
pub(super) fn table<'r>(records: impl IntoIterator<Item = &'r ReadRecord>) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(COLUMNS.map(|(title, _, _)| title));
    for record in records {
        table.add_row(cells(record).into_iter().zip(COLUMNS).map(|(cell, (_, number, _))| {
            Cell::new(cell).set_alignment(if number { CellAlignment::Right } else { CellAlignment::Left })
        }));
    }
    format!("{}\n", table.trim_fmt())
}

/// The header for lines that come one by one.
pub(super) fn header() -> String {
    line(COLUMNS.map(|(title, _, _)| title.to_owned()))
}

/// A record as one such line.
pub(super) fn row(record: &ReadRecord) -> String {
    line(cells(record))
}

fn line(cells: [String; 9]) -> String {
    let padded = cells
        .into_iter()
        .zip(COLUMNS)
        .map(|(cell, (_, number, width))| if number { format!("{cell:>width$}") } else { format!("{cell:<width$}") });
    format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
}
