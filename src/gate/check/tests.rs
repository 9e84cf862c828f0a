//! The properties on what analysts ask, and on small made-up statements.

use super::*;

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
            let submission = crate::gate::admit::Submission::Sql { text: text.clone(), parameters: parameters(text) };
            match crate::gate::admit::admit(&worlds.world.catalog, policy, &worlds.world.principal, &submission) {
                Ok(_) => *count += 1,
                Err(rejection) => println!("{text}\n    {rejection}"),
            }
        }
    }
    println!("{admitted:?} of {}", all.len());
    assert!(admitted[0] * 100 >= all.len() * 95 && admitted[1] * 100 >= all.len() * 80, "{admitted:?}");
}
