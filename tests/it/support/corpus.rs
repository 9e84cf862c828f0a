//! Statements in files.

/// The statements of a corpus: each ends with a semicolon at the end of a line; comments have lines of their own.
pub fn statements(corpus: &str) -> Vec<String> {
    let lines: Vec<&str> = corpus.lines().filter(|line| !line.starts_with("--")).collect();
    let text = lines.join("\n");
    text.split(";\n").map(|one| one.trim().trim_end_matches(';').to_owned()).filter(|one| !one.is_empty()).collect()
}

#[test]
fn a_statement_may_have_several_lines() {
    assert_eq!(statements("-- a\nSELECT 1;\n\n-- b\nSELECT\n2;\n"), ["SELECT 1", "SELECT\n2"]);
}
