//! `pgwicket query`: one statement for a person, by the same path as every agent's.

use std::io::IsTerminal;

use clap::{Args, ValueEnum};
use tokio_util::sync::CancellationToken;
use tracing::Level;

use super::arguments::{Statement, Whom, caller};
use super::draw::{self, To};
use super::serve::on_signals;
use super::table::Rows;
use super::{Exit, Failure, approve, output};
use crate::approvals::Question;
use crate::doors::question;
use crate::gateway::{Ask, Asking, Reply, Request};
use crate::history::AskedBy;
use crate::postgres::execute::Backend;

const EXAMPLES: &str = "Examples:
  pgwicket query 'SELECT region, count(*) FROM sales.customers GROUP BY region' \\
    --config pgwicket.toml
  pgwicket query 'SELECT * FROM sales.orders WHERE id = $1' --param 42 --format json \\
    --config pgwicket.toml";

/// Run one statement under a policy and print its rows
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    statement: Statement,
    /// How the rows are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    whom: Whom,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// What an agent gets
    Json,
    /// RFC 4180; NULL is an empty field, an empty text is `""`
    Csv,
}

pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let cancel = CancellationToken::new();
    on_signals([cancel.clone()])?;
    let running = arguments.whom.start(Level::WARN).await?;
    let (caller, gateway) = (caller(&running, "query"), running.gateway);
    let submission = arguments.statement.submission();
    // Only a person at a terminal can be asked.
    let ask = std::io::stdin().is_terminal().then(|| -> Ask { Box::new(|question| Box::pin(ask(question))) });
    let asking = Asking { ask, brought: None, by: AskedBy::CommandLine };
    let request = Request { caller, submission, timeout: None, cancel, backend: Backend::default(), asking };
    let answer = gateway.execute(request).await;
    gateway.close().await;
    match answer {
        Ok(answer) => {
            let text = print(&answer.result.json, answer.affected_rows, arguments.format)?;
            output::result(&text)?;
            if answer.result.truncated.is_some() {
                let rows = answer.result.row_count;
                output::message(&format!("note: the result was cut off after {rows} rows by a limit"));
            }
            Ok(Exit::Done)
        }
        Err(rejection) => {
            output::message(&draw::rejection(&rejection, &arguments.statement.sql, To::Stderr));
            Ok(Exit::of(&rejection))
        }
    }
}

async fn ask(question: Question) -> Reply {
    output::message(&question::text(&question));
    match approve::ask().await {
        Ok(Some(true)) => Reply::Approved,
        Ok(Some(false)) => Reply::Declined,
        Ok(None) | Err(_) => Reply::Nothing,
    }
}

fn print(json: &str, affected: Option<u64>, format: Format) -> Result<String, Failure> {
    if matches!(format, Format::Json) {
        return Ok(format!("{json}\n"));
    }
    let rows = Rows::parse(json)
        .map_err(|error| Failure::new(Exit::Refused, format!("pgwicket's own result can't be read: {error}")))?;
    Ok(match format {
        Format::Csv => rows.csv(),
        Format::Json | Format::Table => match affected {
            Some(affected) if rows.is_empty() => format!("{affected} {} changed\n", plural(affected)),
            Some(affected) => format!("{}{affected} {} changed\n", rows.table(), plural(affected)),
            None => rows.table(),
        },
    })
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "row" } else { "rows" }
}
