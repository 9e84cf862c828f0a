//! `pgwicket history show`: one record in full, with the other half of its call, explained.

use std::path::Path;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::explain;
use super::ledger::{Ledger, Progress, blocking, note_unused_index, unreadable};
use crate::doors::cli::{Exit, Failure, output};
use crate::history::find::{Answer, Call, Neighbours, Wanted, find};
use crate::history::read::Found;

const EXAMPLES: &str = "Examples:
  pgwicket history show 0198c0de-7a6b-7cc4-8000-3d1f2a5b6c7d --config pgwicket.toml
  pgwicket history show i0001/42 --format json --history /var/lib/pgwicket/history";

/// Show one record with its intent or outcome, every field explained, and its place in the chain
///
/// The exit code is 1 where there is no such record.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::doors::cli) struct Arguments {
    /// The record's id, or its chain and number (`i0001/42`, as the other commands print it)
    #[arg(value_name = "ID", value_parser = wanted)]
    wanted: Wanted,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Read the whole history instead of the index, and leave the index alone
    #[arg(long)]
    no_index: bool,
    #[command(flatten)]
    ledger: Ledger,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object: `record`, `other` (its intent or outcome, or null), and the `place` of each
    Json,
}

fn wanted(text: &str) -> Result<Wanted, String> {
    Wanted::parse(text).ok_or_else(|| "write a UUID, or chain and number as in `i0001/42`".to_owned())
}

pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { wanted, format, no_index, ledger } = arguments;
    let directory = ledger.directory()?;
    blocking(move || show(&directory, &wanted, !no_index, format)).await
}

fn show(directory: &Path, wanted: &Wanted, index: bool, format: Format) -> Result<Exit, Failure> {
    let failed = |error| unreadable(directory, error);
    let mut progress = Progress::new();
    let found = find(directory, wanted, index, &mut |found| progress.read(found));
    drop(progress);
    let Answer { call, without_index } = found.map_err(failed)?;
    note_unused_index(without_index.as_deref());
    let Some(Call { record, other }) = call else {
        return Err(Failure::new(Exit::Refused, "there is no such record in the history"));
    };
    let mut halves = vec![(record, "record")];
    halves.extend(other.map(|other| (other, "other")));
    let mut fits = Vec::new();
    for (found, _) in &halves {
        fits.push(Neighbours::of(directory, found).map_err(failed)?);
    }
    let text = match format {
        Format::Json => {
            let half = |at: usize| halves.get(at).zip(fits.get(at)).map_or((Value::Null, Value::Null), json_of);
            let ((record, place), (other, other_place)) = (half(0), half(1));
            format!("{}\n", json!({ "record": record, "place": place, "other": other, "other_place": other_place }))
        }
        Format::Text => {
            // The intent first, whichever was asked for.
            let mut order: Vec<_> = halves.iter().zip(&fits).collect();
            order.sort_by_key(|((found, _), _)| found.record.kind != "intent");
            let mut text = String::new();
            for ((found, _), fits) in &order {
                text += &explain::record(found, **fits);
            }
            text += explain::pairing(&halves.iter().map(|(found, _)| &found.record).collect::<Vec<_>>());
            text
        }
    };
    output::result(&text)?;
    Ok(Exit::Done)
}

fn json_of(((found, _), fits): (&(Found, &str), &Neighbours)) -> (Value, Value) {
    let record = serde_json::from_slice(&found.line).unwrap_or(Value::Null);
    let place = json!({
        "chain": *found.place.instance, "seq": found.record.seq, "segment": found.place.segment,
        "offset": found.place.offset, "hash": found.hash(), "prev": found.record.prev,
        "continues_the_record_before": fits.before, "is_continued_by_the_record_after": fits.after,
    });
    (record, place)
}
