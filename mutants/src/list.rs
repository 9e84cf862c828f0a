//! The mutants, as `cargo mutants --list --json` tells them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

#[derive(Deserialize, Clone, Debug)]
pub struct Mutant {
    pub file: String,
    pub genre: String,
    pub name: String,
    pub replacement: String,
    pub span: Span,
}

#[derive(Deserialize, Clone, Copy, Debug)]
pub struct Span {
    pub start: Position,
    pub end: Position,
}

/// Both from 1; columns count characters.
#[derive(Deserialize, Clone, Copy, Debug)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Mutant {
    /// What is changed in which function: the name without the place.
    fn what(&self) -> &str {
        self.name.splitn(4, ':').nth(3).unwrap_or(&self.name).trim_start()
    }
}

pub fn read(list: &Path) -> Result<Vec<Mutant>, String> {
    let text = std::fs::read(list).map_err(|error| format!("{}: {error}", list.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", list.display()))
}

/// A name for each mutant that stays when lines move: the file, what is changed, and the line's text. Where that is the
/// same twice, a number.
pub fn keys(mutants: &[Mutant]) -> Result<Vec<String>, String> {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut keys = Vec::new();
    for mutant in mutants {
        if !files.contains_key(mutant.file.as_str()) {
            let text = std::fs::read_to_string(&mutant.file).map_err(|error| format!("{}: {error}", mutant.file))?;
            files.insert(&mutant.file, text);
        }
        let line = files[mutant.file.as_str()].lines().nth(mutant.span.start.line - 1).unwrap_or_default();
        let key = format!("{}: {} | {}", mutant.file, mutant.what(), line.trim());
        let count = seen.entry(key.clone()).or_default();
        *count += 1;
        keys.push(if *count == 1 { key } else { format!("{key} #{count}") });
    }
    Ok(keys)
}
