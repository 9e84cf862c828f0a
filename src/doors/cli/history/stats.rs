//! `pgwicket history stats`: what the calls add up to.

use std::collections::BTreeMap;
use std::path::Path;

use clap::{Args, ValueEnum};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use jiff::Timestamp;
use serde_json::json;

use super::ledger::{Ledger, Progress, blocking, note_skipped, unreadable};
use super::when;
use crate::doors::cli::draw::printable;
use crate::doors::cli::{Exit, Failure, output};
use crate::history::read::{Filter, Forward, Stats, Tally};

const EXAMPLES: &str = "Examples:
  pgwicket history stats --since 7d --config pgwicket.toml
  pgwicket history stats --principal ana --format json --history /var/lib/pgwicket/history";

/// Rows of one table.
const SHOWN: usize = 20;

/// Add up calls, rows and durations by principal, verdict, reason, relation and day
///
/// A call counts when it ends, at its outcome or rejection. Reads the whole history.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::doors::cli) struct Arguments {
    /// Calls that ended at this time or later: `2h` (ago), `2026-11-22`, …
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    since: Option<Timestamp>,
    /// Calls that ended before this time
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    until: Option<Timestamp>,
    /// Calls of this principal
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    ledger: Ledger,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people: of each kind the 20 with the most calls, or the newest days
    Table,
    /// One object, with all of them
    Json,
}

pub(in crate::doors::cli) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { since, until, principal, format, ledger } = arguments;
    let directory = ledger.directory()?;
    let filter = Filter { since, until, principal, ..Filter::default() };
    blocking(move || {
        let stats = add_up(&directory, &filter)?;
        output::result(&match format {
            Format::Table => tables(&stats),
            Format::Json => format!("{}\n", json!(stats)),
        })?;
        Ok(Exit::Done)
    })
    .await
}

fn add_up(directory: &Path, filter: &Filter) -> Result<Stats, Failure> {
    let failed = |error| unreadable(directory, error);
    let mut records = Forward::open(directory).map_err(failed)?;
    let (mut stats, mut progress) = (Stats::default(), Progress::new());
    while let Some(found) = records.next().map_err(failed)? {
        progress.read(&found);
        stats.take(&found.record, filter.matches(&found.record));
    }
    drop(progress);
    note_skipped(records.skipped());
    Ok(stats)
}

fn tables(stats: &Stats) -> String {
    let total = BTreeMap::from([("total".to_owned(), stats.total.clone())]);
    let parts = [
        ("", &total),
        ("principal", &stats.principals),
        ("verdict", &stats.verdicts),
        ("reason", &stats.reasons),
        ("relation", &stats.relations),
        ("day (UTC)", &stats.days),
    ];
    let mut text: String =
        parts.into_iter().filter(|(_, all)| !all.is_empty()).map(|(by, all)| table(by, all)).collect();
    match stats.without_outcome {
        0 => {}
        1 => text += "1 statement has no outcome on record: it runs, or was cut off and may have been executed\n",
        count => {
            text += &format!(
                "{count} statements have no outcome on record: they run, or were cut off and may have been executed\n"
            )
        }
    }
    text
}

fn table(by: &str, all: &BTreeMap<String, Tally>) -> String {
    let mut rows: Vec<_> = all.iter().collect();
    if by.starts_with("day") {
        rows.reverse();
    } else {
        rows.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.calls));
    }
    let left_out = rows.len().saturating_sub(SHOWN);
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header([
        by,
        "calls",
        "rejected",
        "failed",
        "rows",
        "affected",
        "mean ms",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "longest ms",
    ]);
    for (name, tally) in rows.into_iter().take(SHOWN) {
        let ms = |ns: f64| format!("{:.1}", ns / 1e6);
        let timed = tally.calls - tally.rejected;
        let mean = if timed == 0 { String::new() } else { ms(tally.duration_ns as f64 / timed as f64) };
        let percentile = |percent| tally.durations.percentile(percent).map_or_else(String::new, |ns| ms(ns as f64));
        let longest = if timed == 0 { String::new() } else { ms(tally.longest_ns as f64) };
        let counts =
            [tally.calls, tally.rejected, tally.failed, tally.rows, tally.affected].map(|count| count.to_string());
        let numbers = counts.into_iter().chain([mean, percentile(50), percentile(95), percentile(99), longest]);
        let numbers = numbers.map(|number| Cell::new(number).set_alignment(CellAlignment::Right));
        table.add_row(std::iter::once(Cell::new(printable(name))).chain(numbers));
    }
    match left_out {
        0 => format!("{}\n", table.trim_fmt()),
        more => format!("{}\n(and {more} more; --format json has all)\n", table.trim_fmt()),
    }
}
