//! The corpus as it lies in `tests/corpus/hostile`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

/// One statement of the corpus.
#[derive(Debug, Clone)]
pub struct Case {
    /// The file's name without its ending.
    pub family: String,
    /// Its place in the file, from 1.
    pub number: usize,
    /// What it would gain.
    pub gain: String,
    pub sql: String,
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} ({}): {:.300}", self.family, self.number, self.gain, self.sql)
    }
}

/// The statements of a file: `--! gain` begins one, `--#` is for readers.
pub fn cases_of(family: &str, text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("--#")) {
        if let Some(gain) = line.strip_prefix("--! ") {
            let number = cases.len() + 1;
            cases.push(Case { family: family.to_owned(), number, gain: gain.trim().to_owned(), sql: String::new() });
        } else if let Some(case) = cases.last_mut() {
            case.sql.push_str(line);
            case.sql.push('\n');
        } else {
            assert!(line.trim().is_empty(), "{family}: `{line}` belongs to no statement");
        }
    }
    for case in &mut cases {
        case.sql.truncate(case.sql.trim_end().len());
    }
    cases
}

/// All hostile statements, by family.
pub fn hostile() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/hostile");
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for entry in std::fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let family = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert_eq!(path.extension().unwrap(), "sql", "{}", path.display());
        files.insert(family, std::fs::read_to_string(&path).unwrap());
    }
    files.iter().flat_map(|(family, text)| cases_of(family, text)).collect()
}

#[test]
fn a_case_may_have_several_lines_and_comments_of_its_own() {
    let cases = cases_of("f", "--# about\n--! one\nSELECT 1 --! no\n\n-- more\n--! two\nSELECT\n2\n\n");
    let read: Vec<_> = cases.iter().map(|case| (case.number, case.gain.as_str(), case.sql.as_str())).collect();
    assert_eq!(read, [(1, "one", "SELECT 1 --! no\n\n-- more"), (2, "two", "SELECT\n2")]);
}

#[test]
fn every_hostile_statement_says_what_it_alone_would_gain() {
    let mut gains = BTreeMap::new();
    for case in hostile() {
        if let Some(other) = gains.insert(case.gain.clone(), case.to_string()) {
            panic!("{case} says no more than {other}");
        }
        assert!(case.gain.split_whitespace().count() >= 2, "{case} says too little");
        assert!(!case.sql.is_empty(), "{case} is empty");
    }
}

/// The figures of `docs/proof.md` that can be counted here.
#[test]
fn the_proof_counts_right() {
    let cases = hostile();
    let families: BTreeSet<&str> = cases.iter().map(|case| case.family.as_str()).collect();
    let legitimate = super::matrix::legitimate().len();
    let proof = include_str!("../../../docs/proof.md");
    for told in [
        format!("{} in {} families and {} bombs,", grouped(cases.len()), families.len(), super::bombs::bombs().len()),
        format!("| {legitimate} statements of "),
        format!("| {} statements under four policies,", grouped(cases.len() + legitimate)),
        format!("all of it but the bombs, and {} statements more", super::shadows::cases().count()),
    ] {
        assert!(proof.contains(&told), "docs/proof.md doesn't say `{told}`");
    }
}

/// A number below a million as it is written there: 1,516.
fn grouped(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}
