//! Answers as a person reads them in a terminal.

use serde_json::Value;

/// How many rows are shown of a longer result.
const SHOWN: usize = 3;
/// Where lines are broken, in characters.
const WIDTH: usize = 108;

/// A result's rows as a table, the first few of many.
pub(super) fn rows(result: &Value) -> Vec<String> {
    let list = |key: &str| result.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let header: Vec<String> =
        list("columns").iter().map(|column| cell(column.get("name").unwrap_or(&Value::Null))).collect();
    let rows = list("rows");
    match (header.as_slice(), rows) {
        (_, []) => return vec!["no rows".to_owned()],
        ([name], [Value::Array(row)]) => {
            return vec![format!("{name}: {}", row.first().map(cell).unwrap_or_default())];
        }
        _ => {}
    }
    let truncated = result.get("truncated") == Some(&Value::Bool(true));
    let mut table = vec![header];
    let shown = if truncated { 1 } else { SHOWN };
    table.extend(rows.iter().take(shown).map(|row| row.as_array().into_iter().flatten().map(cell).collect()));
    let mut lines = aligned(&table);
    let count = rows.len();
    match (count > SHOWN, truncated) {
        (_, true) => lines.push(format!("… {count} rows, cut off there by the policy's limit")),
        (true, false) => lines.push(format!("… {count} rows")),
        (false, false) => {}
    }
    lines
}

/// A refusal: its code, its sentence, and the beginning of what would be allowed.
pub(super) fn refusal(result: &Value, help: bool) -> Vec<String> {
    let error = result.get("error").unwrap_or(result);
    let text = |key: &str| error.get(key).and_then(Value::as_str);
    let mut lines =
        wrapped("refused  ", &format!("{}: {}", text("code").unwrap_or("?"), text("message").unwrap_or("?")));
    if let Some(help) = text("help").filter(|_| help) {
        let help = wrapped("   help  ", help);
        lines.extend(help.first().map(|line| if help.len() > 1 { format!("{line} …") } else { line.clone() }));
    }
    lines
}

/// Columns under each other, the first line as a header.
pub(super) fn aligned(table: &[Vec<String>]) -> Vec<String> {
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|at| table.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let rule = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  ");
    let mut lines: Vec<String> = table.iter().map(line).collect();
    lines.insert(1.min(lines.len()), rule);
    lines
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        other => other.to_string(),
    }
}

/// A text broken at blanks; the first line begins with `first`, the others with as many blanks and two more.
pub(super) fn wrapped(first: &str, text: &str) -> Vec<String> {
    let indent = " ".repeat(first.chars().count() + 2);
    let mut lines: Vec<String> = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn results_are_tables() {
        let result = json!({
            "columns": [{ "name": "id" }, { "name": "name" }], "rows": [[1, "A***"], ["20", null]], "truncated": false,
        });
        assert_eq!(rows(&result), ["id  name", "--  ----", "1   A***", "20  NULL"]);
        let one = |rows: Value| json!({ "columns": [{ "name": "count" }], "rows": rows, "truncated": false });
        assert_eq!(
            (rows(&one(json!([[150]]))), rows(&one(json!([])))),
            (vec!["count: 150".into()], vec!["no rows".into()])
        );
        let result = json!({ "columns": [{ "name": "id" }], "rows": [[1], [2], [3], [4], [5]], "truncated": true });
        assert_eq!(rows(&result).last().unwrap(), "… 5 rows, cut off there by the policy's limit");
    }

    #[test]
    fn refusals_tell_code_sentence_and_help() {
        let error = json!({ "error": { "code": "unknown_column", "message": "m", "help": "h" } });
        assert_eq!(refusal(&error, true), ["refused  unknown_column: m", "   help  h"]);
        assert_eq!(refusal(&error, false).len(), 1);
    }

    #[test]
    fn long_lines_are_broken_at_blanks() {
        let lines = wrapped("- ", "word ".repeat(40).trim());
        assert!(lines.len() == 2 && lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        assert!(lines[1].starts_with("    word"));
    }
}
