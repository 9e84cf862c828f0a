//! Holds the verdicts against the list of mutants that may survive.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::{list, run};

#[derive(Deserialize)]
struct Survivors {
    #[serde(default)]
    survivors: Vec<Group>,
}

/// Mutants that survive for one reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    reason: String,
    /// By their keys ([`list::keys`]).
    mutants: Vec<String>,
}

/// Fails if a mutant has no verdict, if one survives that isn't listed, or if one is listed that doesn't survive.
pub fn judge(list: &Path, results: &Path, outcomes: &Path, survivors: &Path) -> Result<(), String> {
    let mutants = list::read(list)?;
    let keys = list::keys(&mutants)?;
    let mut verdicts: BTreeMap<String, String> =
        run::verdicts(results, None)?.into_iter().map(|(name, one)| (name, one.verdict)).collect();
    verdicts.extend(of_cargo_mutants(outcomes)?);
    let listed = std::fs::read_to_string(survivors).map_err(|error| format!("{}: {error}", survivors.display()))?;
    let listed: Survivors = toml::from_str(&listed).map_err(|error| format!("{}: {error}", survivors.display()))?;
    if listed.survivors.iter().any(|group| group.reason.trim().is_empty()) {
        return Err("a group of survivors has no reason".into());
    }
    let mut listed: BTreeSet<String> = listed.survivors.into_iter().flat_map(|group| group.mutants).collect();
    let (mut table, mut wrong) = (BTreeMap::<&str, BTreeMap<&str, usize>>::new(), Vec::new());
    for (mutant, key) in mutants.iter().zip(&keys) {
        let verdict = verdicts.get(&mutant.name).map_or("not run", String::as_str);
        let verdict = match (verdict, listed.remove(key)) {
            ("missed", true) => "listed",
            (verdict @ ("caught" | "timeout" | "unviable"), false) => verdict,
            (verdict, true) => {
                wrong.push(format!("listed as a survivor, and {verdict}: {key}"));
                verdict
            }
            (verdict, false) => {
                wrong.push(format!("{verdict}: {key}"));
                verdict
            }
        };
        for row in [mutant.file.as_str(), "all"] {
            *table.entry(row).or_default().entry(verdict).or_default() += 1;
        }
    }
    wrong.extend(listed.into_iter().map(|key| format!("listed as a survivor, and there is no such mutant: {key}")));
    for (file, counts) in &table {
        println!(
            "{file}: {}",
            counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect::<Vec<_>>().join(", ")
        );
    }
    for one in &wrong {
        println!("{one}");
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("{} mutants are not as they should be", wrong.len())),
    }
}

/// The verdicts of cargo-mutants itself, in its `outcomes.json`.
fn of_cargo_mutants(outcomes: &Path) -> Result<Vec<(String, String)>, String> {
    let text = std::fs::read(outcomes).map_err(|error| format!("{}: {error}", outcomes.display()))?;
    let outcomes: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    let all = outcomes["outcomes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let one = |outcome: &Value| {
        let name = outcome["scenario"]["Mutant"]["name"].as_str()?.to_owned();
        let verdict = match outcome["summary"].as_str()? {
            "CaughtMutant" => "caught",
            "MissedMutant" => "missed",
            "Unviable" => "unviable",
            "Timeout" => "timeout",
            _ => "not run",
        };
        Some((name, verdict.to_owned()))
    };
    Ok(all.iter().filter_map(one).collect())
}
