//! Mutation testing in minutes instead of hours.
//!
//! cargo-mutants builds and tests each mutant by itself, which takes hours here. Its list of mutants is taken as it is;
//! but all of them are written into one copy of the sources, each behind a switch, and built once ([`switch`],
//! [`compile`]). The unit tests then run against each, with the switch in the environment ([`run`]). What can't be
//! switched is left to cargo-mutants itself. Whatever survives has to be in a list with its reason, and nothing else may
//! be in it ([`survivors`]). `scripts/mutants` is how to call it.

mod compile;
mod edits;
mod list;
mod run;
mod survivors;
mod switch;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["build", list, tree, rest] => build(list.as_ref(), tree.as_ref(), rest.as_ref()),
        ["run", list, binary, rest, results] => {
            run::all(list.as_ref(), binary.as_ref(), rest.as_ref(), results.as_ref())
        }
        ["judge", list, results, outcomes, survivors] => {
            survivors::judge(list.as_ref(), results.as_ref(), outcomes.as_ref(), survivors.as_ref())
        }
        _ => {
            Err("usage: build LIST TREE REST | run LIST BINARY REST RESULTS | judge LIST RESULTS OUTCOMES SURVIVORS"
                .into())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Switches the mutants of the list on in the tree, where the sources are as they are; builds its tests; prints where
/// they are; and writes the names of the mutants that it had to leave out, a line each, into `rest`.
fn build(list: &Path, tree: &Path, rest: &Path) -> Result<(), String> {
    let mutants = list::read(list)?;
    let sources = switch::Sources::read(tree, &mutants)?;
    let mut left_out = Default::default();
    // What doesn't compile is found in rounds: types first, then borrows.
    for _ in 0..40 {
        let switched = sources.switched(&mutants, &mut left_out)?;
        switched.write(tree)?;
        let failed = match compile::tests(tree)? {
            compile::Built::Binary(binary) => {
                let names: String = left_out.iter().map(|at: &usize| format!("{}\n", mutants[*at].name)).collect();
                std::fs::write(rest, names).map_err(|error| error.to_string())?;
                eprintln!("{} mutants, {} of them not switched", mutants.len(), left_out.len());
                println!("{binary}");
                return Ok(());
            }
            compile::Built::Errors(errors) => errors,
        };
        let before = left_out.len();
        for error in &failed {
            left_out.extend(switched.blamed(error));
        }
        eprintln!("{} errors, {} mutants left out", failed.len(), left_out.len());
        if left_out.len() == before {
            return Err(format!("errors that no mutant explains, the first: {:?}", failed.first()));
        }
    }
    Err("it doesn't compile after 40 rounds".into())
}
