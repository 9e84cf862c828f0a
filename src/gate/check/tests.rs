//! The properties on what analysts ask, and on small made-up statements.

use super::*;
use crate::gate::admit::{Submission, admit};

/// The statements of a corpus: one ends with a semicolon at the end of a line, `--` begins a comment.
fn corpus(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    code.join("\n").split(";\n").map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
}

#[test]
fn what_analysts_ask() {
    let worlds = Worlds::new();
    let mut admitted = [0; 2];
    let mut all = corpus(include_str!("../../../tests/corpus/analyst.sql"));
    all.extend(corpus(include_str!("../../../tests/corpus/tpch.sql")));
    for text in &all {
        worlds.check_text(text);
        for (count, policy) in admitted.iter_mut().zip([&worlds.world.open, &worlds.world.protected]) {
            let submission = Submission::Sql { text: text.clone(), parameters: parameters(text) };
            if admit(&worlds.world.catalog, policy, &worlds.world.principal, &submission).is_ok() {
                *count += 1;
            }
        }
    }
    assert!(admitted.iter().all(|count| count * 100 >= all.len() * 90), "{admitted:?} of {}", all.len());
}
