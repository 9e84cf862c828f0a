//! `pgwicket check`: the verdict on a statement, with its reasons and what would run. Executes nothing.

use std::fmt::Write;

use clap::Args;
use tracing::Level;

use super::arguments::{Statement, Whom, caller};
use super::draw::{self, To};
use super::{Exit, Failure, output};
use crate::gateway::Checked;

const EXAMPLES: &str = "Examples:
  pgwicket check 'SELECT name, ssn FROM sales.customers' --config pgwicket.toml --principal ana
  pgwicket check 'DELETE FROM scratch.notes' --policy policies/scratch-writer.toml";

/// Tell the verdict on one statement, and run nothing
///
/// The database is asked for its structure only. Reasons are told in full, hidden names included: this command is for
/// whoever runs pgwicket. The exit code is 0 for admitted, 1 for rejected.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    statement: Statement,
    #[command(flatten)]
    whom: Whom,
}

pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let running = arguments.whom.start(Level::WARN).await?;
    let (caller, gateway) = (caller(&running, "check"), running.gateway);
    let checked = gateway.check(&caller, arguments.statement.submission()).await;
    gateway.close().await;
    match checked {
        Ok(checked) => {
            output::result(&describe(&checked))?;
            Ok(Exit::Done)
        }
        Err(rejection) => {
            let drawn = draw::rejection(&rejection, &arguments.statement.sql, To::Stdout);
            output::result(&format!("rejected\n\n{drawn}\n"))?;
            Ok(Exit::of(&rejection))
        }
    }
}

fn describe(checked: &Checked) -> String {
    let mut text = "admitted\n\n".to_owned();
    let mut line = |what: &str, value: &str| {
        // Writing into a String can't fail.
        let _ = writeln!(text, "  {what:<10} {}", draw::printable(value));
    };
    for relation in &checked.relations {
        line("relation", relation);
    }
    for (column, mask) in &checked.masked_columns {
        line("mask", &format!("{column}: {mask}"));
    }
    for (table, rule) in &checked.filters {
        line("row filter", &format!("{table}: {rule}"));
    }
    line("rows", &format!("at most {}", checked.row_cap));
    if let Some(most) = checked.cost_cap {
        line("cost", &format!("at most {most}, by the planner's estimate"));
    }
    let _ = write!(text, "\n{}\n", draw::printable(&checked.rewritten));
    text
}
