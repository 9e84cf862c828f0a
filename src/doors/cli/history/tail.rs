//! `pgwicket history tail`: the newest records, and those that follow.

use std::path::Path;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::ledger::{Ledger, Progress, Which, blocking, unreadable};
use super::summary;
use crate::doors::cli::output::{Flow, Stream};
use crate::doors::cli::{Exit, Failure};
use crate::history::read::{Filter, Forward, Found, newest};

const EXAMPLES: &str = "Examples:
  pgwicket history tail --config pgwicket.toml
  pgwicket history tail -n 100 --follow --verdict rejected --history /var/lib/pgwicket/history
  pgwicket history tail --follow --format jsonl --config pgwicket.toml | jq .decision";

/// How often `--follow` looks for more.
const LOOK: Duration = Duration::from_millis(250);
/// These many records are held at most.
const MOST: u64 = 10_000;

/// Print the newest records, and with --follow those that are written from now on
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::doors::cli) struct Arguments {
    /// How many records, oldest first
    #[arg(short = 'n', long = "lines", value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=MOST))]
    count: u64,
    /// Wait for more, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    ledger: Ledger,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// The ledger's own lines
    Jsonl,
}

pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { count, follow, format, which, ledger } = arguments;
    let (directory, filter) = (ledger.directory()?, which.filter(None));
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    blocking(move || tail(&directory, &filter, count, follow, format)).await
}

fn tail(directory: &Path, filter: &Filter, count: usize, follow: bool, format: Format) -> Result<Exit, Failure> {
    let failed = |error| unreadable(directory, error);
    let mut progress = Progress::new();
    let newest = newest(directory, filter, count, &mut |found| progress.read(found));
    drop(progress);
    let (found, ends) = newest.map_err(failed)?;
    let mut out = Stream::stdout();
    if !follow && format == Format::Table {
        out.write(summary::table(found.iter().map(|found| &found.record)).as_bytes())?;
        return Ok(Exit::Done);
    }
    if format == Format::Table && out.write(summary::header().as_bytes())? == Flow::ReaderGone {
        return Ok(Exit::Done);
    }
    for found in &found {
        if print(&mut out, found, format)? == Flow::ReaderGone {
            return Ok(Exit::Done);
        }
    }
    drop(found);
    if !follow || out.flush()? == Flow::ReaderGone {
        return Ok(Exit::Done);
    }
    let mut records = Forward::open_at(directory, &ends).map_err(failed)?;
    loop {
        while let Some(found) = records.next().map_err(failed)? {
            if filter.matches(&found.record) && print(&mut out, &found, format)? == Flow::ReaderGone {
                return Ok(Exit::Done);
            }
        }
        if out.flush()? == Flow::ReaderGone {
            return Ok(Exit::Done);
        }
        std::thread::sleep(LOOK);
        records.look_again().map_err(failed)?;
    }
}

fn print(out: &mut Stream, found: &Found, format: Format) -> Result<Flow, Failure> {
    match format {
        Format::Table => out.write(summary::row(&found.record).as_bytes()),
        Format::Jsonl => {
            out.write(&found.line)?;
            out.write(b"\n")
        }
    }
}
