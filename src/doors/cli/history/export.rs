//! `pgwicket history export`: records for other programs, as CSV or as the ledger's own lines.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tokio_util::sync::CancellationToken;

use super::csv;
use super::ledger::{Ledger, Progress, Which, blocking, note_skipped, unreadable};
use crate::doors::cli::output::{self, Flow, Stream};
use crate::doors::cli::serve::on_signals;
use crate::doors::cli::{Exit, Failure};
use crate::history::read::{Filter, Forward};

const EXAMPLES: &str = "Examples:
  pgwicket history export --format csv --since 2026-11-01 --until 2026-12-01 --output november.csv \\
    --config pgwicket.toml
  pgwicket history export --format jsonl --principal ana --history /var/lib/pgwicket/history | gzip > ana.jsonl.gz";

/// Write records to a file or to standard output, for other programs
///
/// All chains, merged by time. A file is put in its place when it is whole, with mode 0600; one that is there is
/// replaced.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::doors::cli) struct Arguments {
    /// What is written
    #[arg(long, value_enum)]
    format: Format,
    /// The file; without it, standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    ledger: Ledger,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// RFC 4180 with a header, one line a record, the fields that fit in cells. A text that a spreadsheet would run as a
    /// formula gets an apostrophe before it
    Csv,
    /// The ledger's own lines, byte for byte
    Jsonl,
}

pub(super) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let Arguments { format, output, which, ledger } = arguments;
    let (directory, filter) = (ledger.directory()?, which.filter(None));
    let stop = CancellationToken::new();
    let export = match output {
        Some(file) => {
            // The unfinished file is to be taken away.
            on_signals([stop.clone()])?;
            Export { directory, filter, format, stop, out: Stream::file(&file)? }
        }
        None => Export { directory, filter, format, stop, out: Stream::stdout() },
    };
    blocking(move || export.run()).await
}

struct Export {
    directory: PathBuf,
    filter: Filter,
    format: Format,
    stop: CancellationToken,
    out: Stream,
}

impl Export {
    fn run(mut self) -> Result<Exit, Failure> {
        let failed = |error| unreadable(&self.directory, error);
        let mut records = Forward::open(&self.directory).map_err(failed)?;
        let (mut progress, mut written) = (Progress::new(), 0_u64);
        if matches!(self.format, Format::Csv) && self.out.write(csv::header().as_bytes())? == Flow::ReaderGone {
            return Ok(Exit::Done);
        }
        while let Some(found) = records.next().map_err(failed)? {
            if self.stop.is_cancelled() {
                return Ok(Exit::Interrupted);
            }
            progress.read(&found);
            if !self.filter.matches(&found.record) {
                continue;
            }
            written += 1;
            let flow = match self.format {
                Format::Csv => self.out.write(csv::row(&found.record).as_bytes())?,
                Format::Jsonl => {
                    self.out.write(&found.line)?;
                    self.out.write(b"\n")?
                }
            };
            if flow == Flow::ReaderGone {
                return Ok(Exit::Done);
            }
        }
        drop(progress);
        note_skipped(records.skipped());
        if let Some(file) = self.out.finish()? {
            tell_written(written, &file);
        }
        Ok(Exit::Done)
    }
}

fn tell_written(records: u64, file: &Path) {
    output::message(&format!(
        "{records} {} written to `{}`",
        if records == 1 { "record" } else { "records" },
        file.display()
    ));
}
