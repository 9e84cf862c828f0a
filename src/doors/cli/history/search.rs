//! `pgwicket history search`: records by what they say, newest first, in pages.

use std::path::Path;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::ledger::{Ledger, Progress, Which, blocking, note_unused_index, unreadable};
use super::summary;
use crate::doors::cli::{Exit, Failure, output};
use crate::history::read::Words;
use crate::history::search::{Cursor, MAX_PAGE, Page, Query, search};

const EXAMPLES: &str = "Examples:
  pgwicket history search customers ssn --since 7d --config pgwicket.toml
  pgwicket history search --principal ana --verdict rejected --since 2026-11-01 --until 2026-12-01
  pgwicket history search 'sales.orders' --kind intent --limit 200 --format json";

/// Search in the records, newest first
///
/// TEXT is words of the recorded SQL, of relations, principals and reasons, in any order; all have to be there. Letter
/// case doesn't count (in ASCII). `cust*` is the beginning of a word, and `sales.orders` two words that follow each
/// other. Served by an index in the history's directory (index.sqlite), which is brought up to date first; each hit is
/// read from the history itself.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::doors::cli) struct Arguments {
    /// Words
    #[arg(value_name = "TEXT")]
    text: Vec<String>,
    #[command(flatten)]
    which: Which,
    /// How many records a page has
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=MAX_PAGE as u64))]
    limit: u64,
    /// The next page, as the page before names it
    #[arg(long, value_name = "CURSOR", value_parser = cursor)]
    page: Option<Cursor>,
    /// Read the whole history instead of the index, and leave the index alone
    #[arg(long)]
    no_index: bool,
    /// How they are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    ledger: Ledger,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One object: `records`, and `next`, the cursor of the next page or null
    Json,
}

fn cursor(text: &str) -> Result<Cursor, String> {
    Cursor::parse(text).ok_or_else(|| "it is no cursor that a search has printed".to_owned())
}

pub(in crate::doors::cli) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { text, which, limit, page, no_index, format, ledger } = arguments;
    let text = text.join(" ");
    let words = Words::parse(&text);
    if words.is_none() && !text.trim().is_empty() {
        return Err(Failure::new(Exit::Configuration, format!("there is no word in `{text}`")));
    }
    let directory = ledger.directory()?;
    let query = Query { filter: which.filter(words), limit: usize::try_from(limit).unwrap_or(MAX_PAGE), before: page };
    blocking(move || {
        let page = find(&directory, &query, !no_index)?;
        output::result(&match format {
            Format::Table => table(&page),
            Format::Json => json(&page),
        })?;
        Ok(Exit::Done)
    })
    .await
}

fn find(directory: &Path, query: &Query, index: bool) -> Result<Page, Failure> {
    let mut progress = Progress::new();
    let page = search(directory, query, index, &mut |found| progress.read(found));
    drop(progress);
    let page = page.map_err(|error| unreadable(directory, error))?;
    note_unused_index(page.without_index.as_deref());
    Ok(page)
}

fn table(page: &Page) -> String {
    let mut text = summary::table(page.records.iter().map(|found| &found.record));
    let count = page.records.len();
    text += &match (count, &page.next) {
        (1, None) => "(1 record)\n".to_owned(),
        (_, None) => format!("({count} records)\n"),
        (_, Some(next)) => format!("({count} records; more with --page {next})\n"),
    };
    text
}

fn json(page: &Page) -> String {
    let records: Vec<Value> =
        page.records.iter().map(|found| serde_json::from_slice(&found.line).unwrap_or_default()).collect();
    format!("{}\n", json!({ "records": records, "next": page.next.as_ref().map(ToString::to_string) }))
}
