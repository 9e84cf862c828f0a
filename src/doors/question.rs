//! What a person reads who is asked whether a write may be done. All that comes from the statement or the database stands in
//! JSON's quotes or behind a mark, a line each, so that no text in it can pass for a line of ours.

use std::fmt::Write;

use serde_json::Value;

use super::misleads;
use crate::approvals::Question;

/// Characters of the statement, and of each row, that are shown.
const LONGEST_STATEMENT: usize = 4000;
const LONGEST_LINE: usize = 400;

/// The question as text.
pub(super) fn text(question: &Question) -> String {
    let Question { principal, kind, relation, rows, policy, rule, .. } = question;
    let row = if *rows == 1 { "row" } else { "rows" };
    let mut text = format!("{principal} wants to {} {rows} {row} of {relation}.\n", kind.to_uppercase());
    let mut line = |name: &str, value: &str| {
        // Writing into a String can't fail.
        let _ = writeln!(text, "{name}: {value}");
    };
    if let Some(client) = &question.client {
        line("With", &shown(&Value::from(client.as_str()).to_string()));
    }
    if let Some(whom) = &question.on_behalf_of {
        line("On behalf of, as it says", &shown(&Value::from(whom.as_str()).to_string()));
    }
    line("Under the policy", &format!("{policy}, {rule}"));
    if !question.parameters.is_empty() {
        line("Parameters", &shown(&Value::from(question.parameters.clone()).to_string()));
    }
    text.push_str("Statement:\n");
    let statement = cut(&question.statement, LONGEST_STATEMENT);
    for line in statement.split(['\n', '\r']) {
        let _ = writeln!(text, "  | {}", printable(line));
    }
    let list = |name: &str| question.sample.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let names: Vec<&str> =
        list("columns").iter().filter_map(|column| column.get("name").and_then(Value::as_str)).collect();
    let sample = list("rows");
    if !sample.is_empty() {
        let some = if (sample.len() as u64) < *rows { format!("{} of {rows}", sample.len()) } else { "all".to_owned() };
        let _ = writeln!(text, "Rows ({some}), as {}:", if kind == "delete" { "they are" } else { "they would be" });
        for row in sample {
            let values = row.as_array().map(Vec::as_slice).unwrap_or_default();
            let pairs: Vec<String> =
                names.iter().zip(values).map(|(name, value)| format!("{}: {value}", Value::from(*name))).collect();
            let _ = writeln!(text, "  | {}", shown(&pairs.join(", ")));
        }
    }
    text
}

fn shown(text: &str) -> String {
    printable(&cut(text, LONGEST_LINE))
}

/// The text without what could make a person read something else.
fn printable(text: &str) -> String {
    let harmless = |char: char| match char {
        '\t' => ' ',
        char if char.is_control() || misleads(char) => '\u{fffd}',
        char => char,
    };
    text.chars().map(harmless).collect()
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((at, _)) => {
            format!("{} … (cut: {} characters in all)", text.get(..at).unwrap_or_default(), text.chars().count())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn question(statement: &str, sample: Value) -> Question {
        Question {
            id: "0123456789abcdef".into(),
            principal: "ana".into(),
            on_behalf_of: Some("bob\nParameters: []".into()),
            client: Some("agent 1".into()),
            policy: "writer".into(),
            policy_digest: String::new(),
            rule: "p.toml:6 (tables.\"s.t\".confirm)".into(),
            kind: "update".into(),
            relation: "s.t".into(),
            statement: statement.into(),
            parameters: vec![json!(7)],
            rows: 3,
            digest: String::new(),
            sample,
            asked: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_person_reads_who_wants_what_and_which_rows() {
        let sample = json!({ "columns": [{ "name": "id" }, { "name": "note" }], "rows": [[1, "a"], [2, null]] });
        assert_eq!(
            text(&question("UPDATE s.t SET note = 'x'\nWHERE id < $1", sample)),
            "ana wants to UPDATE 3 rows of s.t.\n\
             With: \"agent 1\"\n\
             On behalf of, as it says: \"bob\\nParameters: []\"\n\
             Under the policy: writer, p.toml:6 (tables.\"s.t\".confirm)\n\
             Parameters: [7]\n\
             Statement:\n  | UPDATE s.t SET note = 'x'\n  | WHERE id < $1\n\
             Rows (2 of 3), as they would be:\n  | \"id\": 1, \"note\": \"a\"\n  | \"id\": 2, \"note\": null\n"
        );
    }

    #[test]
    fn nothing_in_it_passes_for_a_line_of_ours() {
        let trap = "x\nana wants to read.\r\u{202e}yes\u{1b}[2J";
        let sample = json!({ "columns": [{ "name": "a\nRows: none" }], "rows": [[trap]] });
        let told = text(&question(&format!("UPDATE s.t SET note = '{trap}'"), sample));
        for line in told.lines().skip(1) {
            let ours =
                ["With: \"", "On behalf of", "Under the policy: ", "Parameters: [", "Statement:", "Rows (1 of 3)"];
            assert!(line.starts_with("  | ") || ours.iter().any(|one| line.starts_with(one)), "{line}");
        }
        assert!(!told.contains(['\u{202e}', '\u{1b}', '\r']), "{told}");
    }

    #[test]
    fn what_is_too_long_is_cut_and_told() {
        let told = text(&question(&"x".repeat(5000), json!({})));
        assert!(told.contains("(cut: 5000 characters in all)") && told.len() < 4500, "{}", told.len());
    }
}
