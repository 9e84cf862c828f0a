//! The statements of `tests/corpus`, attacks and questions alike, and made-up ones.

use std::fs;
use std::path::{Path, PathBuf};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// The hostile statements: a line `--! ` begins one, `--#` is for readers.
pub fn hostile() -> Vec<String> {
    let entries = fs::read_dir(directory().join("hostile")).expect("the corpus is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("the corpus can be listed").path()).collect();
    paths.sort();
    let mut all: Vec<String> = Vec::new();
    for path in paths {
        let mut current: Option<String> = None;
        for line in read(&path).lines().filter(|line| !line.starts_with("--#")) {
            if line.starts_with("--! ") {
                all.extend(current.replace(String::new()));
            } else if let Some(text) = &mut current {
                text.push_str(line);
                text.push('\n');
            }
        }
        all.extend(current);
    }
    all.into_iter().map(|text| text.trim_end().to_owned()).collect()
}

/// What analysts ask: a semicolon ends a statement at the end of a line, `--` begins a comment. And each expression.
pub fn asked() -> Vec<String> {
    let mut all = Vec::new();
    for name in ["analyst", "star", "tpch", "keys", "protected"] {
        let text = read(&directory().join(format!("{name}.sql")));
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        let statements = code.join("\n");
        let statements = statements.split(";\n").map(|one| one.trim().to_owned());
        all.extend(statements.filter(|one| !one.is_empty()));
    }
    all
}

/// The bytes that make up the statement of that number: a splitmix64 sequence, the same on each run.
pub fn bytes(number: u64) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x6f72_6163_6c65;
    let mut all = Vec::with_capacity(160);
    while all.len() < 160 {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        all.extend((mixed ^ (mixed >> 31)).to_le_bytes());
    }
    all
}
